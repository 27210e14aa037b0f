"""The Principal and NotPrincipal elements."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from hipaa_controls.evaluator import ANY, ANYONE, Match, Principal
from hipaa_controls.evaluator.patterns import any_match
from tests.policy.policy_builders import (
    ACCOUNT,
    ANONYMOUS,
    EXTERNAL_ROLE,
    MAYBE,
    NO,
    OTHER_ACCOUNT,
    PATH_ROLE,
    ROLE,
    ROOT,
    SESSION,
    USER,
    YES,
    match_statement,
    request,
    statement,
)


@pytest.mark.parametrize(
    ("element", "principal", "expected"),
    [
        ("*", ANYONE, YES),
        ({"AWS": "*"}, ANYONE, YES),
        ({"AWS": ["*"]}, ANONYMOUS, YES),
        ("*", ANONYMOUS, YES),
        ("*", Principal("Service", "s3.amazonaws.com"), YES),
        ({"Service": "*"}, ANYONE, MAYBE),
        ({"AWS": ACCOUNT}, ANYONE, MAYBE),
        ({"AWS": ACCOUNT}, ANONYMOUS, NO),
        ({"AWS": ACCOUNT}, Principal("AWS", USER), YES),
        ({"AWS": ROOT}, Principal("AWS", SESSION), YES),
        ({"AWS": ROOT}, Principal("AWS", ROOT), YES),
        ({"AWS": ROOT}, Principal("AWS", ACCOUNT), YES),
        ({"AWS": ROOT}, Principal("AWS", EXTERNAL_ROLE), NO),
        ({"AWS": ROOT}, Principal("AWS", ANY, ACCOUNT), YES),
        ({"AWS": ROOT}, Principal("AWS", ANY, OTHER_ACCOUNT), NO),
        ({"AWS": ROOT}, Principal("AWS", ANY), MAYBE),
        ({"AWS": ROOT}, Principal("Service", "s3.amazonaws.com"), NO),
        ({"AWS": USER}, Principal("AWS", USER), YES),
        ({"AWS": USER}, Principal("AWS", USER.replace("bob", "Bob")), NO),
        ({"AWS": USER}, Principal("AWS", ANY, ACCOUNT), MAYBE),
        ({"AWS": USER}, Principal("AWS", ANY, OTHER_ACCOUNT), NO),
        ({"AWS": USER}, Principal("AWS", f"arn:aws:sts::{ACCOUNT}:federated-user/x"), MAYBE),
        ({"AWS": USER}, Principal("AWS", f"arn:aws:sts::{OTHER_ACCOUNT}:federated-user/x"), NO),
        ({"AWS": ROLE}, Principal("AWS", ROLE), YES),
        ({"AWS": ROLE}, Principal("AWS", SESSION), YES),
        ({"AWS": PATH_ROLE}, Principal("AWS", SESSION), YES),
        ({"AWS": ROLE}, Principal("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/{ANY}"), YES),
        ({"AWS": ROLE}, Principal("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/{ANY}"), MAYBE),
        ({"AWS": ROLE}, Principal("AWS", SESSION.replace("/app/", "/app2/")), NO),
        ({"AWS": ROLE}, Principal("AWS", EXTERNAL_ROLE), NO),
        ({"AWS": SESSION}, Principal("AWS", SESSION), YES),
        ({"AWS": SESSION}, Principal("AWS", SESSION.replace("/one", "/two")), NO),
        ({"AWS": SESSION}, Principal("AWS", ROLE), MAYBE),
        ({"AWS": SESSION}, Principal("AWS", PATH_ROLE), MAYBE),
        ({"AWS": SESSION}, Principal("AWS", ROLE + "2"), NO),
        ({"AWS": "AIDAJQABLZS4A3QDU576Q"}, Principal("AWS", USER), NO),  # The unique ID that remains of a deleted user.
        ({"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}, Principal("AWS", USER), NO),
        ({"Service": "s3.amazonaws.com"}, Principal("Service", "s3.amazonaws.com"), YES),
        ({"Service": "s3.amazonaws.com"}, Principal("Service", "sns.amazonaws.com"), NO),
        ({"Service": "s3.amazonaws.com"}, Principal("Service", ANY), MAYBE),
        ({"Service": "*"}, Principal("Service", ANY), YES),
        ({"Service": "s3.amazonaws.com"}, Principal("AWS", USER), NO),
        ({"Federated": "accounts.google.com"}, Principal("Federated", "accounts.google.com"), YES),
        ({"Federated": "accounts.google.com"}, Principal("Federated", "graph.facebook.com"), NO),
        ({"CanonicalUser": "79a5"}, Principal("CanonicalUser", "79a5"), YES),
        ({"CanonicalUser": "79a5"}, Principal("CanonicalUser", "79a6"), NO),
        ({"CanonicalUser": "79a5"}, Principal("AWS", USER), MAYBE),  # It may be the same account.
        ({"CanonicalUser": "79a5"}, ANONYMOUS, NO),
        ({"AWS": [USER, ROLE], "Service": "s3.amazonaws.com"}, Principal("AWS", SESSION), YES),
    ],
)
def test_principal_element_matches_included_principals(element: Any, principal: Principal, expected: Match) -> None:
    assert match_statement(statement(Principal=element), request(principal=principal)) is expected


@pytest.mark.parametrize(
    ("excluded", "principal", "expected"),
    [
        ([USER, ROOT], Principal("AWS", USER), NO),
        ([USER, ACCOUNT], Principal("AWS", USER), NO),
        ([USER], Principal("AWS", USER), MAYBE),  # The account isn't listed: "might deny".
        ([ROOT], Principal("AWS", USER), MAYBE),
        ([ROOT], Principal("AWS", ROOT), NO),
        ([ACCOUNT], Principal("AWS", ROOT), NO),
        ([USER, ROOT], Principal("AWS", EXTERNAL_ROLE), YES),
        ([SESSION, ROLE, ROOT], Principal("AWS", SESSION), NO),
        ([SESSION, ROOT], Principal("AWS", SESSION), MAYBE),
        ([ROLE, ROOT], Principal("AWS", SESSION), MAYBE),
        ([ROLE, ROOT], Principal("AWS", ROLE), MAYBE),
        ([USER, ROOT], ANONYMOUS, YES),
        ([USER, ROOT], ANYONE, MAYBE),
        (["*"], ANYONE, NO),
        (["*"], Principal("AWS", USER), NO),
    ],
)
def test_not_principal_element_matches_all_but_excluded_principals(
    excluded: list[str], principal: Principal, expected: Match
) -> None:
    deny = statement("Deny", NotPrincipal={"AWS": excluded})
    assert match_statement(deny, request(principal=principal)) is expected


def test_not_principal_element_with_service_excludes_only_that_service() -> None:
    deny = statement("Deny", NotPrincipal={"Service": "s3.amazonaws.com"})
    assert match_statement(deny, request(principal=Principal("Service", "s3.amazonaws.com"))) is NO
    assert match_statement(deny, request(principal=Principal("AWS", USER))) is YES


def test_principal_several_ids_match_as_each_alone() -> None:
    ids = ["*", "AIDAJQABLZS4A3QDU576Q", ACCOUNT, OTHER_ACCOUNT, ROOT, ROLE, PATH_ROLE, SESSION, USER, EXTERNAL_ROLE]
    own_arns = (ACCOUNT, ROOT, ROLE, SESSION, USER, EXTERNAL_ROLE, ANY, ROLE[:-1] + ANY, f"arn:aws:iam::{ANY}:root")
    principals = [ANYONE, ANONYMOUS, Principal("AWS", ANY, ACCOUNT), Principal("AWS", "AIDAJQABLZS4A3QDU576Q", ACCOUNT)]
    principals += [Principal("AWS", arn) for arn in own_arns]
    for several in combinations(ids, 2):
        for principal in principals:
            concrete = request(principal=principal)
            each = [match_statement(statement(Principal={"AWS": id_}), concrete) for id_ in several]
            assert match_statement(statement(Principal={"AWS": list(several)}), concrete) is any_match(each)
