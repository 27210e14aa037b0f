"""Administrators of the own account whom a Deny spares, each kind by itself, and roles' other callers."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_controls import evaluator
from hipaa_controls.access.insiders import denied_to_unnamed_administrators
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.model.values import Document, Location, Unknown
from hipaa_controls.model.verdict import Finding
from tests.policy.access.documents import FAIL, PASS, UNVERIFIED, allow
from tests.policy.access.generator import Statement
from tests.policy.access.parties import ACCOUNT, BUCKET, ORGANIZATION, PARTNER

ACTION = "s3:DeleteObjectVersion"
ARN, ID = "aws:PrincipalArn", "aws:userid"


def spare(**condition: Any) -> Statement:
    conditions = {name.replace("__", ":"): block for name, block in condition.items()}
    statement = {"Effect": "Deny", "Principal": "*", "Action": ACTION, "Resource": f"{BUCKET}/*"}
    return statement | ({"Condition": conditions} if conditions else {})


def finding(*statements: Statement, account: str | None = ACCOUNT, partition: str = "aws") -> Finding:
    parsed = parse_bucket_policy(Document({"Version": "2012-10-17", "Statement": list(statements)}))
    assert isinstance(parsed, ParsedPolicy), parsed
    location = Location(partition, "us-east-1", account)
    return denied_to_unnamed_administrators(parsed, f"{BUCKET}/{evaluator.ANY}", [ACTION], location)


ROLES, USERS = f"arn:aws:iam::{ACCOUNT}:role/*", f"arn:aws:iam::{ACCOUNT}:user/*"
ONE_KIND: dict[str, tuple[dict[str, Any], str]] = {
    "role session": ({"ArnNotLike": {ARN: f"arn:aws:iam::{ACCOUNT}:role/adm*"}}, "role/adm"),
    "user": ({"ArnNotLike": {ARN: f"arn:aws:iam::{ACCOUNT}:user/adm*"}}, "user/adm"),
    "root user": ({"StringNotEquals": {ID: ACCOUNT}}, "the root user"),
    "federated user": ({"ArnNotLike": {ARN: f"arn:aws:sts::{ACCOUNT}:federated-user/*"}}, "federated-user/"),
    "someone in an organization": ({"Null": {"aws:PrincipalOrgID": "true"}}, ""),
    "someone in an organization that is named": ({"StringNotEquals": {"aws:PrincipalOrgID": ORGANIZATION}}, ""),
    "someone in no organization": ({"Null": {"aws:PrincipalOrgID": "false"}}, ""),
    "someone at an endpoint": ({"Null": {"aws:SourceVpce": "true"}}, ""),
    "someone at a named endpoint": ({"StringNotEquals": {"aws:SourceVpce": "vpce-0a1b2c3d4e5f60718"}}, ""),
    "someone on the internet": ({"Null": {"aws:SourceIp": "true"}}, ""),
    "someone at an access point": ({"Null": {"s3:DataAccessPointArn": "true"}}, ""),
    "someone with a tag": ({"StringNotEquals": {"aws:PrincipalTag/admin": "yes"}}, ""),
    "someone whose name begins so": ({"StringNotLike": {"aws:username": "adm*"}}, "user/"),
}
NAMED: dict[str, dict[str, Any]] = {
    "role": {"ArnNotEquals": {ARN: f"arn:aws:iam::{ACCOUNT}:role/ops/break-glass"}},
    "user": {"ArnNotEquals": {ARN: f"arn:aws:iam::{ACCOUNT}:user/break-glass"}},
    "user's name": {"StringNotEqualsIfExists": {"aws:username": "break-glass"}, "Null": {"aws:username": "false"}},
    "roles that only AWS creates": {
        "ArnNotLike": {
            ARN: [
                f"arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/*",
                f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/*",
            ]
        }
    },
    "role of another account": {"ArnNotLike": {ARN: f"arn:aws:iam::{PARTNER}:role/*"}},
    "role's ID": {"StringNotLike": {ID: "AROAX0000000000000001:*"}},
    "user's ID": {"StringNotEquals": {ID: "AIDAX0000000000000001"}},
}


@pytest.mark.parametrize("kind", ONE_KIND)
def test_denied_to_unnamed_administrators_that_spares_one_kind_fails(kind: str) -> None:
    condition, caller = ONE_KIND[kind]
    found = finding(spare(**condition))
    assert found.status is FAIL
    assert found.witness is not None
    assert str(found.witness.details["caller"]).startswith(caller)
    assert found.witness.details["account"] == ACCOUNT
    assert f"{ACTION} isn't denied to an administrator" in found.text


@pytest.mark.parametrize("name", NAMED)
def test_denied_to_unnamed_administrators_that_spares_the_named_passes(name: str) -> None:
    if name == "user's name":
        statements = [spare(StringNotEquals={"aws:username": "break-glass"}), spare(Null={"aws:username": "true"})]
    else:
        statements = [spare(**NAMED[name])]
    assert finding(*statements).status is PASS


def test_denied_to_unnamed_administrators_while_the_account_is_unknown() -> None:
    assert finding(spare(), account=None).status is PASS
    assert finding(spare(ArnNotLike={ARN: f"arn:aws:iam::{ACCOUNT}:role/*"}), account=None).status is FAIL


def test_denied_to_unnamed_administrators_of_another_partition_fails() -> None:
    condition = {"ArnNotLike": {ARN: f"arn:aws-us-gov:iam::{ACCOUNT}:role/adm*"}}
    assert finding(spare(**condition)).status is FAIL


def test_denied_to_unnamed_administrators_what_the_policy_allows_doesnt_matter() -> None:
    opened = allow({"AWS": PARTNER}, StringEquals={"aws:Referer": Unknown("a page")})
    assert finding(opened, spare(ArnNotLike={ARN: ROLES})).status is FAIL
    assert finding(opened, spare()).status is PASS


def test_denied_to_unnamed_administrators_unknown_is_unverified() -> None:
    assert finding(spare() | {"Effect": Unknown("an effect")}).status is UNVERIFIED
    exception = finding(spare(ArnNotLike={ARN: Unknown("a role")}))
    assert exception.status is UNVERIFIED
    assert "a role" in exception.text
