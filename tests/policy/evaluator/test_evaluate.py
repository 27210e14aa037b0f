"""Decisions for requests, and policies with values that aren't known yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hipaa_controls.evaluator import ANY, ANYONE, Principal, Request, evaluate, parse
from tests.policy.cpu_time import at_most_cpu_seconds
from tests.policy.policy_builders import (
    ACCOUNT,
    ALLOWED,
    BUCKET,
    EXPLICIT_DENY,
    IMPLICIT_DENY,
    INDETERMINATE,
    NO,
    OBJECTS,
    ROLE,
    ROOT,
    USER,
    USERNAME_CONTEXT,
    YES,
    UnknownValue,
    document,
    match_statement,
    outcome_of,
    request,
    statement,
)

# Decisions


def test_evaluate_deny_overrides_allow_and_names_statement() -> None:
    policy = parse(document(statement(), statement("Deny", Sid="Never", Action="s3:Put*")))
    put, get = evaluate([policy], request("s3:PutObject")), evaluate([policy], request("s3:GetObject"))
    assert (put.outcome, put.statement and put.statement.label) == (EXPLICIT_DENY, "statement Never")
    assert (get.outcome, get.statement and get.statement.label) == (ALLOWED, "statement 1")


def test_evaluate_several_policies_combines_them() -> None:
    allow, deny = parse(document(statement())), parse(document(statement("Deny")))
    assert evaluate([allow], request()).outcome is ALLOWED
    assert evaluate([allow, deny], request()).outcome is EXPLICIT_DENY
    assert evaluate([], request()).outcome is IMPLICIT_DENY


def test_evaluate_indeterminate_names_statements_and_reasons() -> None:
    policy = document(
        statement(),
        statement("Deny", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
        statement("Deny", Sid="Some", Action="s3:Get*", Resource=UnknownValue()),
        statement("Deny", Condition={"StringEquals": {"aws:TagKeys": ["a", "b"]}}),
    )
    decision = evaluate(
        [parse(policy)], request(f"s3:{ANY}", context={"aws:TagKeys": ["a", "c"]}, context_is_complete=False)
    )
    assert decision.outcome is INDETERMINATE
    assert decision.statement is None
    assert decision.reasons == (
        "statement 2: condition key aws:PrincipalOrgID is not specified",
        "statement Some: Action matches some of these requests, perhaps not all",
        "statement Some: Resource is not known yet",
        "statement 4: StringEquals aws:TagKeys is true for some of these requests, perhaps not all",
    )


def test_evaluate_allow_that_may_match_is_indeterminate_with_reason() -> None:
    policy = document(statement(Condition={"StringEquals": {"a:x": "1"}}))
    decision = evaluate([parse(policy)], request(context_is_complete=False))
    assert (decision.outcome, decision.reasons) == (INDETERMINATE, ("statement 1: condition key a:x is not specified",))


def test_evaluate_without_allow_is_implicit_deny_even_if_a_deny_may_match() -> None:
    policy = document(statement("Deny", Condition={"StringEquals": {"a:x": "1"}}))
    assert outcome_of(policy, request(context_is_complete=False)) is IMPLICIT_DENY


# Values that a preview doesn't know yet


@pytest.mark.parametrize(
    ("unknown_statement", "reason"),
    [
        (UnknownValue(), "statement 1: its Effect is not known yet"),
        (statement() | {"Effect": UnknownValue()}, "statement 1: its Effect is not known yet"),
        (statement(Principal=UnknownValue()), "statement 1: Principal is not known yet"),
        (statement(Principal={"AWS": UnknownValue()}), "statement 1: Principal is not known yet"),
        (statement(Principal={"AWS": [USER + "x", UnknownValue()]}), "statement 1: Principal is not known yet"),
        (statement(NotPrincipal={"AWS": UnknownValue()}), "statement 1: NotPrincipal is not known yet"),
        (statement(Action=["s3:Put*", UnknownValue()]), "statement 1: Action is not known yet"),
        (statement(NotAction=UnknownValue()), "statement 1: NotAction is not known yet"),
        (statement(Resource=UnknownValue()), "statement 1: Resource is not known yet"),
        (statement(NotResource=[UnknownValue()]), "statement 1: NotResource is not known yet"),
        (statement(Condition=UnknownValue()), "statement 1: Condition is not known yet"),
        (statement(Condition={"Bool": UnknownValue()}), "statement 1: Condition Bool is not known yet"),
        (statement(Condition={"Bool": {"a:x": UnknownValue()}}), "statement 1: Condition Bool a:x is not known yet"),
        (statement(Condition={"Null": {"a:x": UnknownValue()}}), "statement 1: Condition Null a:x is not known yet"),
        (
            statement(Condition={"StringNotEquals": {"a:x": ["no", UnknownValue()]}}),
            "statement 1: Condition StringNotEquals a:x is not known yet",
        ),
        (
            statement(Condition={"NumericLessThan": {"a:x": UnknownValue()}}),
            "statement 1: Condition NumericLessThan a:x is not known yet",
        ),
        (
            statement(Condition={"ArnLike": {"a:x": UnknownValue()}}),
            "statement 1: Condition ArnLike a:x is not known yet",
        ),
    ],
)
def test_evaluate_unknown_element_is_indeterminate(unknown_statement: Any, reason: str) -> None:
    decision = evaluate([parse(document(unknown_statement))], request(context={"a:x": ["1"]}))
    assert (decision.outcome, decision.reasons[0]) == (INDETERMINATE, reason)


def test_evaluate_unknown_document_or_statement_list_is_indeterminate() -> None:
    assert evaluate([parse(UnknownValue())], request()).outcome is INDETERMINATE
    assert evaluate([parse({"Version": "2012-10-17", "Statement": UnknownValue()})], request()).outcome is INDETERMINATE


def test_evaluate_unknown_effect_may_deny_allowed_request() -> None:
    assert outcome_of(document(statement(), statement() | {"Effect": UnknownValue()}), request()) is INDETERMINATE


def test_statement_matches_ignores_unknown_value_that_does_not_decide() -> None:
    absent = request(context={"a:x": None})
    assert match_statement(statement(Condition={"StringEquals": {"a:x": UnknownValue()}}), absent) is NO
    assert match_statement(statement(Condition={"StringNotEquals": {"a:x": UnknownValue()}}), absent) is YES
    assert match_statement(statement(Principal={"Service": UnknownValue()}), request()) is NO
    assert match_statement(statement(Resource=["*", UnknownValue()]), request()) is YES


def test_evaluate_variable_in_unknown_version_is_indeterminate() -> None:
    policy = document(statement(Resource=f"{BUCKET}/${{aws:username}}")) | {"Version": UnknownValue()}
    assert (
        outcome_of(policy, request(resource=f"{BUCKET}/${{aws:username}}", context=USERNAME_CONTEXT)) is INDETERMINATE
    )
    assert outcome_of(policy, request(resource=f"{BUCKET}/b*b", context=USERNAME_CONTEXT)) is INDETERMINATE
    assert outcome_of(policy, request(resource="arn:aws:s3:::other/x")) is IMPLICIT_DENY


# Known pitfalls

INSECURE: dict[str, Sequence[str] | None] = {"aws:SecureTransport": ["false"]}
OVER_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


def denies_plain_http(*statements: dict[str, Any]) -> bool:
    """Return whether every S3 request over plain HTTP is certain to be denied to everyone."""
    policy = parse(document(*statements))
    requests = (Request(f"s3:{ANY}", resource, ANYONE, INSECURE) for resource in (BUCKET, f"{BUCKET}/{ANY}"))
    return all(evaluate([policy], request).outcome is EXPLICIT_DENY for request in requests)


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([statement("Deny", Action="s3:*", Resource=[BUCKET, OBJECTS], Condition=OVER_HTTP)], True),
        ([statement("Deny", Resource=r, Condition=OVER_HTTP) for r in (BUCKET, OBJECTS)], True),
        ([statement(), statement("Deny", Principal={"AWS": "*"}, Condition=OVER_HTTP)], True),
        ([statement("Deny", Action="s3:PutObject", Resource=OBJECTS, Condition=OVER_HTTP)], False),
        ([statement("Deny", Action="s3:*", Resource=OBJECTS, Condition=OVER_HTTP)], False),
        ([statement("Deny", Action="s3:*", Resource=BUCKET, Condition=OVER_HTTP)], False),
        ([statement("Allow", Condition={"Bool": {"aws:SecureTransport": "true"}})], False),
        ([statement("Deny", Condition={"Bool": {"aws:SecureTransport": "true"}})], False),
        ([statement("Deny", Condition=OVER_HTTP | {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}})], False),
        ([statement("Deny", Principal={"AWS": ACCOUNT}, Condition=OVER_HTTP)], False),
        ([statement("Deny", NotPrincipal={"AWS": [ROLE, ROOT]}, Condition=OVER_HTTP)], False),
        ([statement("Deny", NotAction="s3:GetObject", Condition=OVER_HTTP)], False),
    ],
)
def test_evaluate_plain_http_is_denied_only_by_complete_deny(statements: list[dict[str, Any]], expected: bool) -> None:
    assert denies_plain_http(*statements) is expected


KMS_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/right"
SSE = "s3:x-amz-server-side-encryption"
KEY_ID = f"{SSE}-aws-kms-key-id"
UPLOADS: dict[str, dict[str, Sequence[str] | None]] = {
    "no header": {SSE: None, KEY_ID: None},
    "SSE-S3": {SSE: ["AES256"], KEY_ID: None},
    "KMS, no key": {SSE: ["aws:kms"], KEY_ID: None},
    "another key": {SSE: ["aws:kms"], KEY_ID: [KMS_KEY.replace("right", "wrong")]},
    "right key": {SSE: ["aws:kms"], KEY_ID: [KMS_KEY]},
}


@pytest.mark.parametrize(
    ("block", "denied"),
    [
        ({"StringNotEquals": {SSE: "aws:kms"}}, {"no header", "SSE-S3"}),
        ({"StringNotEqualsIfExists": {SSE: "aws:kms"}}, {"no header", "SSE-S3"}),
        ({"StringNotEquals": {SSE: "aws:kms"}, "Null": {SSE: "false"}}, {"SSE-S3"}),
        (
            {"StringNotEquals": {KEY_ID: KMS_KEY}, "Null": {SSE: "false"}},
            {"SSE-S3", "KMS, no key", "another key"},
        ),
    ],
)
def test_evaluate_encryption_condition_denies_listed_uploads(block: dict[str, Any], denied: set[str]) -> None:
    policy = document(statement(), statement("Deny", Action="s3:PutObject", Resource=OBJECTS, Condition=block))
    uploads = {name: Request("s3:PutObject", f"{BUCKET}/{ANY}", ANYONE, context) for name, context in UPLOADS.items()}
    outcomes = {name: outcome_of(policy, upload) for name, upload in uploads.items()}
    assert outcomes == {name: EXPLICIT_DENY if name in denied else ALLOWED for name in UPLOADS}


# Time


def numbered(text: str) -> list[str]:
    """Return the text with each number from 0 to 599 in place of `#`, four digits long."""
    return [text.replace("#", f"{number:04}") for number in range(600)]


@pytest.mark.parametrize(
    "elements",
    [
        {"Principal": {"AWS": numbered(f"arn:aws:iam::{ACCOUNT[:8]}#:role/app")}},
        {"Action": numbered("s3:GetObject#")},
        {"Resource": numbered(f"{BUCKET}/folder#/*")},
        {"Condition": {"StringEquals": {"aws:SourceVpce": numbered("vpce-0123456789abc#")}}},
        {"Condition": {"StringNotLike": {"aws:PrincipalArn": numbered("arn:aws:iam::11112222#:role/*")}}},
        {"Condition": {"ArnNotLike": {"aws:PrincipalArn": numbered("arn:aws:iam::11112222#:role/*")}}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": numbered("2001:db8:#::/48")}}},
    ],
    ids=["principals", "actions", "resources", "endpoints", "names", "arns", "networks"],
)
def test_evaluate_large_document_for_many_requests_is_quick(elements: dict[str, Any]) -> None:
    policy = parse(document(statement(**elements)))
    outcomes = set()
    with at_most_cpu_seconds(0.5):
        for number in range(100):
            context = {
                "aws:SourceVpce": [f"vpce-0123456789abc{number:04}"],
                "aws:PrincipalArn": [f"arn:aws:iam::11112222{number:04}:role/app"],
                "aws:SourceIp": [f"2001:db8:{number:04}::1"],
            }
            caller = Principal("AWS", f"arn:aws:iam::{ACCOUNT[:8]}{number:04}:role/app")
            concrete = request(f"s3:GetObject{number:04}", f"{BUCKET}/folder{number:04}/x", caller, context)
            outcomes.add(evaluate([policy], concrete).outcome)
    assert outcomes == {IMPLICIT_DENY if "Not" in str(elements) else ALLOWED}
