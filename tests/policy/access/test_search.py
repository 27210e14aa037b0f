"""The search over statements: which Deny to avoid and how, what isn't known, variables, and what is given up."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import pytest

from hipaa_controls import evaluator
from hipaa_controls.access import external_access, search
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.model.values import Document, Location, Unknown
from hipaa_controls.model.verdict import Finding, Status
from tests.policy.access.documents import (
    CLOUDTRAIL,
    EVERYONE,
    FAIL,
    PARTNER_ROOT,
    PASS,
    SIGNED_BY_NO_SERVICE,
    UNVERIFIED,
    allow,
    deny,
    findings_for,
    statuses_for,
)
from tests.policy.access.generator import Statement
from tests.policy.access.harness import EXTERNAL, SERVICES, TRUSTED
from tests.policy.access.parties import ACCOUNT, BUCKET, OBJECTS, ORGANIZATION, PARTNER, PARTNER_ORGANIZATION

RESOURCES = [BUCKET, OBJECTS.replace("*", evaluator.ANY)]
NO_SERVICES = deny(Null={"aws:PrincipalServiceName": "false"})
ABSENT_IDENTITY = [deny(Null={"aws:PrincipalArn": "true"})]


def parsed(*statements: Statement, version: Any = "2012-10-17") -> ParsedPolicy:
    policy = parse_bucket_policy(Document({"Version": version, "Statement": list(statements)}))
    assert isinstance(policy, ParsedPolicy), policy
    return policy


def external(*statements: Statement, trusted: TrustedParties = TRUSTED) -> Finding:
    return external_access.external_principals(parsed(*statements), RESOURCES, trusted)


# Denies that together leave one way, or none

KEYS = ("aws:Referer", "aws:UserAgent", "s3:prefix")
COMBINATIONS = list(product("ab", repeat=len(KEYS)))


def deny_combination(texts: tuple[str, ...]) -> Statement:
    return deny(StringEquals=dict(zip(KEYS, texts, strict=True)))


@pytest.mark.parametrize("left", COMBINATIONS)
def test_denies_of_all_combinations_but_one_fail(left: tuple[str, ...]) -> None:
    opened = allow(EVERYONE, StringEquals={key: ["a", "b"] for key in KEYS})
    denied = [deny_combination(texts) for texts in COMBINATIONS if texts != left]
    finding = external_access.public_access(parsed(opened, *denied), RESOURCES)
    assert finding.status is FAIL
    assert finding.witness is not None
    context = finding.witness.request.context
    assert tuple(context[key.casefold()][0] for key in KEYS) == left


def test_denies_of_all_combinations_pass_and_are_found_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_NODES", 30)  # without what earlier branches ruled out, it takes more
    opened = allow(EVERYONE, StringEquals={key: ["a", "b"] for key in KEYS})
    policy = parsed(opened, *map(deny_combination, COMBINATIONS))
    assert external_access.public_access(policy, RESOURCES).status is PASS


@pytest.mark.parametrize("count", [1, 2])
def test_denies_that_leave_one_element_each_are_avoided_together(count: int) -> None:
    keys = ["aws:SourceVpce", "aws:Referer", "aws:PrincipalOrgID"]
    for present in combinations(keys, count):
        denies = [deny(Null={key: "true" if key in present else "false"}) for key in keys]
        finding = external(allow(EVERYONE, **SIGNED_BY_NO_SERVICE), *denies, *ABSENT_IDENTITY)
        assert finding.status is FAIL
        assert finding.witness is not None
        assert {key for key in keys if key.casefold() in finding.witness.request.context} == set(present)


def test_key_that_must_and_must_not_be_something_passes() -> None:
    opened = allow(EVERYONE, StringEquals={"aws:Referer": "a"})
    assert set(statuses_for(opened, deny(StringEquals={"aws:Referer": "a"})).values()) == {PASS}


# What isn't known yet

UNKNOWN = Unknown("some value")
MAYBE_OPEN: dict[str, list[Statement]] = {
    "an effect": [allow(EVERYONE) | {"Effect": UNKNOWN}],
    "the effect of what may be a Deny": [allow(EVERYONE), deny() | {"Effect": UNKNOWN}],
    "a principal": [allow(EVERYONE) | {"Principal": UNKNOWN}],
    "an ID": [allow({"AWS": UNKNOWN})],
    "an ID that may be everyone": [allow({"AWS": UNKNOWN}), deny(Null={"aws:PrincipalArn": "false"})],
    "whom a Deny spares": [
        allow(EVERYONE),
        {"Effect": "Deny", "NotPrincipal": {"AWS": UNKNOWN}, "Action": "*", "Resource": "*"},
    ],
    "an action": [allow(EVERYONE) | {"Action": UNKNOWN}],
    "a denied action": [allow(EVERYONE), deny() | {"Action": UNKNOWN}],
    "a resource": [allow(EVERYONE) | {"Resource": UNKNOWN}],
    "a denied resource": [allow(EVERYONE), deny() | {"Resource": UNKNOWN}],
    "an operator's conditions": [allow(EVERYONE, StringEquals=UNKNOWN)],
    "an account": [allow(EVERYONE, StringEquals={"aws:PrincipalAccount": UNKNOWN})],
    "another account": [
        allow(EVERYONE, StringNotEquals={"aws:PrincipalAccount": UNKNOWN}, **SIGNED_BY_NO_SERVICE),
        *ABSENT_IDENTITY,
    ],
    "a denied account": [allow(EVERYONE), deny(StringNotEquals={"aws:PrincipalAccount": UNKNOWN})],
    "a role": [allow(EVERYONE, ArnLike={"aws:PrincipalArn": UNKNOWN})],
    "a network": [allow(EVERYONE, IpAddress={"aws:SourceIp": UNKNOWN})],
    "one of two networks": [allow(EVERYONE, IpAddress={"aws:SourceIp": ["192.0.2.0/24", UNKNOWN]})],
    "a denied network": [allow(EVERYONE), deny(NotIpAddress={"aws:SourceIp": UNKNOWN})],
    "another network": [allow(EVERYONE, NotIpAddress={"aws:SourceIp": UNKNOWN}, Null={"aws:SourceIp": "false"})],
    "a text of the caller": [allow(EVERYONE, StringEquals={"aws:Referer": UNKNOWN})],
    "a number": [allow(EVERYONE, NumericLessThan={"s3:max-keys": UNKNOWN})],
    "whether a key is there": [allow(EVERYONE, Null={"aws:Referer": UNKNOWN})],
}


@pytest.mark.parametrize("name", MAYBE_OPEN)
def test_external_principals_policy_that_may_be_open_is_unverified(name: str) -> None:
    finding = external(*MAYBE_OPEN[name])
    assert finding.status is UNVERIFIED
    assert finding.witness is None
    assert "known" in finding.text


def test_external_principals_unknown_that_decides_nothing_fails() -> None:
    assert external(allow(EVERYONE), allow({"AWS": ACCOUNT}, StringEquals={"aws:Referer": UNKNOWN})).status is FAIL
    assert external(allow(EVERYONE), deny({"AWS": ACCOUNT}, StringEquals={"aws:Referer": UNKNOWN})).status is FAIL
    assert external(allow(EVERYONE, StringEquals={"aws:Referer": ["a", UNKNOWN]})).status is FAIL
    assert external(allow(EVERYONE, IpAddress={"aws:SourceIp": ["3.0.0.0/8", UNKNOWN]})).status is FAIL


def test_external_principals_unknown_that_lets_in_nobody_passes() -> None:
    assert external(allow({"AWS": ACCOUNT}, StringEquals={"aws:Referer": UNKNOWN})).status is PASS
    organization: dict[str, Any] = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}}
    assert external(allow(EVERYONE, **organization, IpAddress={"aws:SourceIp": UNKNOWN})).status is PASS
    assert external(allow(EVERYONE), deny(), deny() | {"Effect": UNKNOWN}).status is PASS


def test_external_principals_name_only_the_unknowns_that_matter() -> None:
    other = allow({"AWS": ACCOUNT}, StringEquals={"aws:Referer": Unknown("another value")})
    finding = external(other, allow(EVERYONE, StringEquals={"aws:PrincipalAccount": UNKNOWN}))
    assert finding.text == "some value isn't known yet"


def test_external_principals_resource_with_a_misplaced_variable_is_unverified() -> None:
    """AWS replaces variables only after the fifth colon, and doesn't document what it does with others."""
    resource = "arn:aws:${aws:PrincipalTag/service}:::other"
    finding = external(allow(EVERYONE) | {"Resource": resource})
    assert finding.status is UNVERIFIED
    assert "statement 1" in finding.text


# The account of the stack

NO_ACCOUNT = TrustedParties(Location("aws", "us-east-1", None), "phi", frozenset(), frozenset())


def test_external_principals_named_account_while_ones_own_is_unknown_is_unverified() -> None:
    finding = external(allow({"AWS": PARTNER}), trusted=NO_ACCOUNT)
    assert finding.status is UNVERIFIED
    assert "account of phi" in finding.text
    assert finding.witness is None


def test_external_principals_strangers_while_ones_own_account_is_unknown_fail() -> None:
    assert external(allow({"AWS": PARTNER}), allow(EVERYONE), trusted=NO_ACCOUNT).status is FAIL
    assert external(allow(EVERYONE), trusted=NO_ACCOUNT).status is FAIL


@pytest.mark.parametrize("variable", ["${aws:ResourceAccount}", "${s3:ResourceAccount}"])
def test_external_principals_resources_account_while_unknown_passes(variable: str) -> None:
    statement = allow(EVERYONE, StringEquals={"aws:PrincipalAccount": variable})
    assert external(statement, trusted=NO_ACCOUNT).status is PASS


def test_services_for_strangers_while_ones_own_account_is_unknown_fail() -> None:
    for_named = allow(CLOUDTRAIL, StringEquals={"aws:SourceAccount": PARTNER})
    strangers = allow(CLOUDTRAIL, StringLike={"aws:SourceAccount": [PARTNER, "8*"]})
    for statement, status in ((for_named, UNVERIFIED), (strangers, FAIL), (allow(CLOUDTRAIL), FAIL)):
        assert external_access.service_access(parsed(statement), RESOURCES, NO_ACCOUNT).status is status


def test_condition_on_the_resources_account_is_about_ones_own() -> None:
    for key in ("aws:ResourceAccount", "s3:ResourceAccount"):
        assert external(allow(EVERYONE, StringEquals={key: PARTNER})).status is PASS
        assert external(allow(EVERYONE, StringEquals={key: ACCOUNT})).status is FAIL


# Variables

VARIABLES_THAT_ANYONE_HAS: dict[str, dict[str, Any]] = {
    "a username": {"StringLike": {"s3:prefix": "${aws:username}/*"}},
    "a user's ID": {"StringEquals": {"aws:Referer": "${aws:userid}"}},
    "a tag": {"StringEquals": {"aws:PrincipalTag/team": "${aws:RequestTag/team}"}},
    "a tag as a name": {"StringEquals": {"aws:username": "${aws:PrincipalTag/name}"}},
    "a default": {"StringEquals": {"aws:Referer": "${aws:PrincipalTag/none, 'x'}"}},
    "an address": {"StringEquals": {"aws:Referer": "${aws:SourceIp}"}},
    "an organization": {"StringEquals": {"aws:PrincipalTag/org": "${aws:PrincipalOrgID}"}},
    "two": {"StringEquals": {"aws:Referer": "${aws:username}", "aws:UserAgent": "${aws:PrincipalTag/team}"}},
}


@pytest.mark.parametrize("name", VARIABLES_THAT_ANYONE_HAS)
def test_external_principals_variable_that_anyone_has_fails(name: str) -> None:
    statement = allow(EVERYONE, **VARIABLES_THAT_ANYONE_HAS[name], **SIGNED_BY_NO_SERVICE)
    finding = external(statement, *ABSENT_IDENTITY)
    assert finding.status is FAIL, finding.text


def test_external_principals_variable_of_the_own_organization_passes() -> None:
    """Only the resource's organization equals the variable, and it is one's own."""
    assert external(allow(EVERYONE, StringEquals={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"})).status is PASS


def test_public_access_variable_that_anonymous_callers_lack_passes() -> None:
    statement = allow(EVERYONE, StringEquals={"aws:Referer": "${aws:username}"})
    assert (
        external_access.public_access(parsed(statement, deny(Null={"aws:PrincipalArn": "false"})), RESOURCES).status
        is PASS
    )


def test_external_principals_deny_with_a_variable_is_avoided() -> None:
    denied = deny(StringNotEquals={"aws:Referer": "${aws:PrincipalTag/page}"})
    assert external(allow(EVERYONE, **SIGNED_BY_NO_SERVICE), denied, *ABSENT_IDENTITY).status is FAIL


def test_external_principals_deny_with_a_variable_of_every_value_passes() -> None:
    denied = deny(StringLike={"aws:Referer": ["${aws:Referer}", "*"]})
    assert external(allow(EVERYONE, Null={"aws:Referer": "false"}), denied).status is PASS


# Actions and resources

REQUESTS: dict[str, tuple[dict[str, Any], Status]] = {
    "an object's action": ({"Action": "s3:GetObject", "Resource": OBJECTS}, FAIL),
    "an object's action on the bucket": ({"Action": "s3:GetObject", "Resource": BUCKET}, PASS),
    "a bucket's action": ({"Action": "s3:ListBucket", "Resource": BUCKET}, FAIL),
    "a bucket's action on objects": ({"Action": "s3:ListBucket", "Resource": OBJECTS}, PASS),
    "a new action": ({"Action": "s3:ReadMinds", "Resource": BUCKET}, FAIL),
    "new actions": ({"Action": "s3:ReadM*", "Resource": OBJECTS}, FAIL),
    "an action of another service": ({"Action": "sns:Publish", "Resource": "*"}, PASS),
    "another case": ({"Action": "S3:gETObject", "Resource": OBJECTS}, FAIL),
    "other actions": ({"NotAction": "s3:GetObject", "Resource": OBJECTS}, FAIL),
    "no other actions": ({"NotAction": "s3:*", "Resource": OBJECTS}, PASS),
    "another bucket": ({"Action": "s3:*", "Resource": "arn:aws:s3:::other/*"}, PASS),
    "other resources": ({"Action": "s3:*", "NotResource": "arn:aws:s3:::other/*"}, FAIL),
    "no other resources": ({"Action": "s3:GetObject", "NotResource": OBJECTS}, PASS),
    "some objects": ({"Action": "s3:GetObject", "Resource": f"{BUCKET}/public/*"}, FAIL),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_public_access_to_what_the_policy_controls_fails(name: str) -> None:
    elements, status = REQUESTS[name]
    statement = {"Effect": "Allow", "Principal": "*"} | elements
    assert external_access.public_access(parsed(statement), RESOURCES).status is status


def test_public_access_denied_on_some_objects_and_for_some_actions_fails() -> None:
    some = deny() | {"Resource": f"{BUCKET}/private/*"}
    reads = deny() | {"Action": ["s3:Get*", "s3:List*"]}
    policy = parsed(allow(EVERYONE) | {"Action": "s3:*", "Resource": "*"}, some, reads)
    finding = external_access.public_access(policy, RESOURCES)
    assert finding.witness is not None
    assert not finding.witness.request.action.startswith(("s3:Get", "s3:List"))
    assert not finding.witness.request.resource.startswith(f"{BUCKET}/private/")


@pytest.mark.parametrize(
    ("not_principal", "status"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, PASS),
        ({"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{PARTNER}:root"]}, FAIL),
        ({"AWS": f"arn:aws:iam::{PARTNER}:role/vendor"}, UNVERIFIED),
    ],
)
def test_external_principals_deny_for_all_but_some_principals(not_principal: dict[str, Any], status: Status) -> None:
    denied = {"Effect": "Deny", "NotPrincipal": not_principal, "Action": "*", "Resource": "*"}
    finding = external(allow(EVERYONE), denied)
    assert finding.status is status
    assert status is not FAIL or f"account {PARTNER}" in finding.text


@pytest.mark.parametrize(
    "condition",
    [
        {"StringNotEquals": {"aws:PrincipalAccount": [ACCOUNT, PARTNER]}},
        {"ArnNotLike": {"aws:PrincipalArn": [f"arn:aws:iam::{ACCOUNT}:*", f"arn:aws:iam::{PARTNER}:role/vendor"]}},
        {"StringNotEquals": {"aws:PrincipalOrgID": [ORGANIZATION, PARTNER_ORGANIZATION]}},
    ],
)
def test_external_principals_outsider_that_a_deny_spares_fails(condition: dict[str, Any]) -> None:
    finding = external(allow(EVERYONE), deny(**condition), NO_SERVICES)
    assert finding.status is FAIL, finding.text
    assert "untrusted" in finding.text


def test_external_principals_allow_for_all_but_some_principals_fails() -> None:
    allowed = {"Effect": "Allow", "NotPrincipal": {"AWS": PARTNER}, "Action": "s3:*", "Resource": "*"}
    assert external(allowed).status is FAIL


# What is given up, and the same answer each time


def test_search_that_takes_too_long_is_unverified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_NODES", 0)
    findings = findings_for(allow(EVERYONE))
    assert {finding.status for finding in findings.values()} == {UNVERIFIED}
    assert "the access granted by statement 1 isn't decided" in findings[EXTERNAL].text


def test_search_that_finds_somebody_before_it_is_given_up_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_NODES", 1)
    hard = [deny(StringEquals={"aws:Referer": "a"}, Null={"aws:UserAgent": "true"})]
    assert external(allow(PARTNER_ROOT), allow(EVERYONE, StringEquals={"aws:Referer": "a"}), *hard).status is FAIL


def test_findings_are_the_same_each_time() -> None:
    statements = [
        allow(EVERYONE, StringLike={"aws:Referer": ["a*", "b?"]}),
        deny(StringEquals={"aws:Referer": "ab"}, Null={"aws:UserAgent": "true"}),
        deny(ArnLike={"aws:PrincipalArn": ["arn:aws:iam::*:role/a*", "arn:aws:iam::*:user/*"]}),
    ]
    first = findings_for(*statements)
    assert all(findings_for(*statements) == first for _ in range(3))
    requests = [finding.witness.request for finding in first.values() if finding.witness]
    assert requests == [finding.witness.request for finding in findings_for(*statements).values() if finding.witness]
    assert first[SERVICES].status is FAIL or first[EXTERNAL].status is FAIL
