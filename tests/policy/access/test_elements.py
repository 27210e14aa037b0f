"""What text must match for an element of a statement, against the evaluator's answer for that text."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from hipaa_controls import evaluator
from hipaa_controls.access.callers import anonymous, named_principal, outsiders
from hipaa_controls.access.elements import (
    ConditionElement,
    PrincipalElement,
    ResourceElement,
    elements_of,
    holds,
    require_principal,
    require_resource,
    require_text,
)
from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.service_callers import services
from hipaa_controls.access.text_search import Requirement
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.values import Unknown
from tests.policy.access.parties import ACCOUNT, PARTNER

ROLE, USER = f"arn:aws:iam::{PARTNER}:role/team/vendor", f"arn:aws:iam::{PARTNER}:user/nurse"
MODES = list(product((True, False), (True, False)))


def meets(requirement: Requirement, text: str) -> bool:
    return requirement.holds(requirement.patterns.advance(requirement.patterns.start, text))


def statement_of(**elements: Any) -> evaluator.Statement:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"} | elements
    for name in ("Principal", "Resource"):
        if f"Not{name}" in elements:
            del statement[name]
    return evaluator.parse({"Version": "2012-10-17", "Statement": [statement]}).statements[0]


# Conditions

OPERATORS = [
    f"{name}{suffix}"
    for name in (
        *("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"),
        *("StringLike", "StringNotLike", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
    )
    for suffix in ("", "IfExists")
]
VALUES: list[Any] = [
    ROLE,
    ROLE.upper(),
    "*",
    "a?c",
    "vendor",
    "Ä",
    "arn:aws:iam::*:role/*",
    "arn:*:root",
    "arn:aws:iam::?:role/team/vendor",
    "arn:aws:*",
    [USER, "arn:aws:iam::*:role/team/*"],
    Unknown("a value"),
    [Unknown("a value"), ROLE],
]
TEXTS = [
    *(ROLE, USER, f"arn:aws:iam::{PARTNER}:root", "arn:aws:iam::1:2:role/team/vendor", "vendor", "VENDOR", "abc", ""),
    "ä",
]


@pytest.mark.parametrize("operator", OPERATORS)
def test_require_text_agrees_with_the_evaluator(operator: str) -> None:
    # AWS doesn't say which letters outside ASCII it compares as equal, and the search chooses none there.
    texts = [text for text in TEXTS if text.isascii() or "IgnoreCase" not in operator]
    for value, text in product(VALUES, texts):
        statement = statement_of(Condition={operator: {"aws:PrincipalArn": value}})
        *_, element = elements_of(statement)
        assert isinstance(element, ConditionElement)
        match = element.match(text, lambda key: UNKNOWN)
        for wanted, certainly in MODES:
            requirement = require_text(element, (text,), lambda key: UNKNOWN, wanted=wanted, certainly=certainly)
            expected = holds(match, wanted=wanted, certainly=certainly)
            assert meets(requirement, text) is expected, (value, text, wanted, certainly)


# Resources

ARNS = [
    *("arn:aws:s3:::phi", "arn:aws:s3:::phi/a/b", "arn:aws:s3:::a:b", "arn:aws:s3:::x:::phi"),
    "arn:aws:sns:us-east-1:111122223333:alerts",
]
SHORT_PATTERNS = ["arn:aws:s3*", "arn:aws:s3", "arn:*:alerts"]
RESOURCE_PATTERNS: list[Any] = [
    *ARNS,
    "*",
    "arn:aws:s3:::*",
    *SHORT_PATTERNS,
    "arn:aws:s3:::phi/?/b",
    "arn:aws:*:*:*:alerts",
    "arn:aws:s?:::phi",
    "arn:aws:s*x:::phi",
    "arn:aws:${aws:PrincipalTag/service}:::phi",
    "arn:aws:s3:::${aws:PrincipalTag/bucket}",
    ["arn:aws:s3:::x", "arn:aws:s3:::phi"],
    Unknown("a resource"),
]


@pytest.mark.parametrize("element_name", ["Resource", "NotResource"])
def test_require_resource_agrees_with_the_evaluator(element_name: str) -> None:
    for pattern, arn in product(RESOURCE_PATTERNS, ARNS):
        statement = statement_of(**{element_name: pattern})
        (element,) = (element for element in elements_of(statement) if isinstance(element, ResourceElement))
        request = evaluator.Request("s3:GetObject", arn, evaluator.ANYONE, {"aws:PrincipalTag/bucket": UNKNOWN})
        match = evaluator.statement_matches(statement, request)
        for wanted, certainly in MODES:
            requirement = require_resource(element, (arn,), lambda key: UNKNOWN, wanted=wanted, certainly=certainly)
            expected = holds(match, wanted=wanted, certainly=certainly)
            met = meets(requirement, arn)
            if pattern in SHORT_PATTERNS:  # AWS doesn't document how they match, so they certainly match nothing
                assert not met or expected if certainly else met or not expected
            else:
                assert met is expected, (pattern, arn, match, wanted, certainly)


# Principals

CANONICAL_USER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"
PRINCIPALS: list[Any] = [
    "*",
    {"AWS": "*"},
    {"AWS": PARTNER},
    {"AWS": f"arn:aws:iam::{PARTNER}:root"},
    {"AWS": ACCOUNT},
    {"AWS": ROLE},
    {"AWS": USER},
    {"AWS": f"arn:aws:sts::{PARTNER}:assumed-role/vendor/session"},
    {"AWS": "AROAPARTNERROLE000001"},
    {"AWS": [ROLE, f"arn:aws:sts::{PARTNER}:assumed-role/vendor/session", PARTNER]},
    {"AWS": [USER, PARTNER]},
    {"AWS": Unknown("a principal")},
    {"AWS": [Unknown("a principal"), PARTNER]},
    {"Service": "s3.amazonaws.com"},
    {"Service": "*"},
    {"Service": ["s3.amazonaws.com", "sns.amazonaws.com"], "AWS": PARTNER},
    {"Federated": PROVIDER},
    {"CanonicalUser": CANONICAL_USER},
    {"CanonicalUser": Unknown("a canonical user")},
    Unknown("a principal"),
]
IDENTITIES = {
    "a role session": [
        f"arn:aws:sts::{PARTNER}:assumed-role/vendor/session",
        f"arn:aws:sts::{PARTNER}:assumed-role/other/session",
        f"arn:aws:sts::{ACCOUNT}:assumed-role/vendor/session",
    ],
    "a user": [USER, f"arn:aws:iam::{PARTNER}:user/other"],
    "the root user": [f"arn:aws:iam::{PARTNER}:root"],
    "a federated user": [f"arn:aws:sts::{PARTNER}:federated-user/nurse"],
    "a canonical user": [CANONICAL_USER, "0" * 64],
    "a user of an identity provider": [PROVIDER],
    "a service on behalf of an account": ["s3.amazonaws.com", "ec2.amazonaws.com"],
    "an anonymous caller": [""],
}
CALLERS: dict[str, Caller] = {
    caller.description: caller
    for caller in (
        *outsiders("aws", Scope()),
        *named_principal("CanonicalUser", CANONICAL_USER, "aws", Scope()),
        *named_principal("Federated", PROVIDER, "aws", Scope()),
        *services("aws", Scope()),
        anonymous("aws", Scope()),
    )
}


@pytest.mark.parametrize("element_name", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("description", IDENTITIES)
def test_require_principal_agrees_with_the_evaluator(description: str, element_name: str) -> None:
    caller = CALLERS[description]
    for principal, id_ in product(PRINCIPALS, IDENTITIES[description]):
        if element_name == "NotPrincipal" and principal in ("*", {"AWS": "*"}):
            continue
        statement = statement_of(**{element_name: principal, "Effect": "Deny"})
        element = next(iter(elements_of(statement)))
        assert isinstance(element, PrincipalElement)
        account = id_.split(":")[4] if caller.principal_kind == "AWS" else None
        request = evaluator.Request("s3:GetObject", "*", evaluator.Principal(caller.principal_kind, id_, account), {})
        match = evaluator.statement_matches(statement, request)
        for wanted, certainly in MODES:
            requirement = require_principal(element, caller, wanted=wanted, certainly=certainly)
            expected = holds(match, wanted=wanted, certainly=certainly)
            assert meets(requirement, id_) is expected, (principal, id_, match, wanted, certainly)
