"""The generated documents, their outsiders and the second evaluator."""

from __future__ import annotations

from collections import Counter

import pytest

from hipaa_controls.evaluator import Principal, Request
from tests.policy.access.generator import generate_resource_policy
from tests.policy.access.harness import FAMILIES, check_all, impossible_outsider
from tests.policy.access.outsiders import outsiders
from tests.policy.access.parties import ACCOUNT
from tests.policy.access.second_evaluator import allows, compile_document

OUTSIDERS = 100


def test_generated_documents_and_outsiders_are_reproducible() -> None:
    first, second = generate_resource_policy(7), generate_resource_policy(7)
    assert first == second
    statements = compile_document(first.document)
    assert list(outsiders(first, statements, 20)) == list(outsiders(second, statements, 20))


def test_outsiders_of_every_standing_get_into_some_documents() -> None:
    standings: Counter[str] = Counter()
    for seed in range(60):
        generated = generate_resource_policy(seed)
        statements = compile_document(generated.document)
        for outsider in outsiders(generated, statements, OUTSIDERS):
            standings[outsider.standing.value] += allows(statements, outsider.request) is True
    assert min(standings[name] for name in ("stranger", "named", "service", "holder")) > 0, standings


@pytest.mark.parametrize("family", FAMILIES)
def test_evaluators_agree_on_every_outsider(family: str) -> None:
    problems = check_all(family, range(1000, 1030), OUTSIDERS).problems
    disagreements = [problem.text for problem in problems if problem.kind == "the evaluators disagree"]
    assert not disagreements, disagreements[0]


def test_impossible_outsider_of_a_trusted_account_is_reported() -> None:
    assert impossible_outsider(_request(ACCOUNT, "AROAZETA00000000000000:x")) == "its account is trusted"
    assert not impossible_outsider(_request("555555555555", "AROAZETA00000000000000:x"))
    assert "session" in impossible_outsider(_request("555555555555", "AIDAZETA00000000000000"))


def _request(account: str, user_id: str) -> Request:
    arn = f"arn:aws:iam::{account}:role/x"
    keys = {"aws:PrincipalArn": [arn], "aws:PrincipalAccount": [account], "aws:userid": [user_id]}
    principal = Principal("AWS", f"arn:aws:sts::{account}:assumed-role/x/x")
    return Request("s3:GetObject", "arn:aws:s3:::phi/x", principal, keys, context_is_complete=True)
