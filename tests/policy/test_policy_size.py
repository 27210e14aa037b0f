"""Policy documents that AWS rejects for their size."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hipaa_controls.access.policy_queries import parse_bucket_policy
from hipaa_controls.access.policy_size import SizeLimit, check_size
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.model.verdict import Finding, Status
from tests.policy.assertions import findings_for
from tests.policy.cpu_time import at_most_cpu_seconds
from tests.policy.pack_process import PackProcess, Resource

LIMIT = SizeLimit("S3", 100, "bytes")


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def document_of(size: int, **elements: Any) -> dict[str, Any]:
    """Return a document whose compact JSON has this many characters."""
    document = {"Id": "", "Statement": elements}
    return document | {"Id": "x" * (size - len(compact(document)))}


def size_found(finding: Finding | None) -> str | None:
    return finding.text.split("at least ")[1].split(" without")[0] if finding else None


@pytest.mark.parametrize("form", [dict, compact, json.dumps, lambda value: json.dumps(value, indent=8)])
def test_check_size_is_independent_of_whitespace_and_form(form: Any) -> None:
    assert check_size(LIMIT, Document(form(document_of(100, a=[1, "b"], c={}, d=[])))) is None
    finding = check_size(LIMIT, Document(form(document_of(101, a=[1, "b"], c={}, d=[]))))
    assert finding == Finding(
        Status.FAIL,
        "S3 rejects the policy: it has at least 101 bytes without whitespace, and at most 100 are permitted",
    )


def test_check_size_counts_the_shortest_form() -> None:
    shortest = document_of(101, a="b", c='é\\"')
    longer = {"Id": shortest["Id"], "Statement": [{"a": ["b"], "c": ' é\n\\"'}]}
    assert size_found(check_size(LIMIT, Document(longer))) == "101 bytes"


def test_check_size_adds_documents() -> None:
    half = Document(compact(document_of(50)))
    assert check_size(LIMIT, half, half) is None
    assert size_found(check_size(LIMIT, half, Document(document_of(1051)))) == "1,101 bytes"


@pytest.mark.parametrize(
    "content", [Unknown("policy"), {"Statement": ["x" * 200, Unknown("policy")]}, "{" * 200, "[" * 100_000, "x" * 200]
)
def test_check_size_ignores_what_is_unknown_or_not_json(content: Any) -> None:
    assert check_size(LIMIT, Document(content)) is None


ALLOW_OWN_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
    "Action": "sts:AssumeRole",
    "Resource": "*",
}
ROLE = "aws:iam/role:Role"


def text_of(size: int) -> str:
    return compact(document_of(size, **ALLOW_OWN_ACCOUNT))


@pytest.mark.parametrize(
    ("control", "token", "prop", "maximum"),
    [
        ("s3-no-external-access", "aws:s3/bucketPolicy:BucketPolicy", "policy", 20_480),
        ("s3-access-point-private", "aws:s3/accessPoint:AccessPoint", "policy", 20_480),
        ("kms-no-public-principal", "aws:kms/key:Key", "policy", 32_768),
        ("sns-private", "aws:sns/topicPolicy:TopicPolicy", "policy", 30_720),
        ("sqs-no-external-access", "aws:sqs/queuePolicy:QueuePolicy", "policy", 8192),
        ("iam-role-trust-policy", ROLE, "assumeRolePolicy", 8192),
        ("iam-no-admin", "aws:iam/policy:Policy", "policy", 6144),
        ("iam-no-admin", "aws:iam/rolePolicy:RolePolicy", "policy", 10_240),
        ("iam-no-admin", "aws:iam/groupPolicy:GroupPolicy", "policy", 5120),
        ("iam-no-admin", "aws:iam/userPolicy:UserPolicy", "policy", 2048),
    ],
)
def test_policy_larger_than_its_limit_fails(
    pack: PackProcess, control: str, token: str, prop: str, maximum: int
) -> None:
    def messages(size: int) -> list[str]:
        found = findings_for(pack, control, [Resource(token, "it", {prop: text_of(size)})])
        return [finding.message for finding in found]

    message = f"at least {maximum + 1:,} "
    assert not any("rejects the policy: it has" in message for message in messages(maximum))
    assert any(message in found for found in messages(maximum + 1))


def test_inline_policies_of_a_role_are_limited_together(pack: PackProcess) -> None:
    def messages(*sizes: int) -> str:
        inline = [{"name": str(size), "policy": text_of(size)} for size in sizes]
        role = Resource(ROLE, "it", {"assumeRolePolicy": text_of(500), "inlinePolicies": inline})
        return "".join(finding.message for finding in findings_for(pack, "iam-no-admin", [role]))

    assert "rejects the policy: it has" not in messages(5120, 5120)
    assert "at least 10,241 characters" in messages(5120, 5121)


def test_parse_bucket_policy_rejects_a_large_document_before_parsing_it() -> None:
    with at_most_cpu_seconds(1):
        finding = parse_bucket_policy(Document(text_of(5_000_000)))
    assert isinstance(finding, Finding)
    assert size_found(finding) == "5,000,000 bytes"
