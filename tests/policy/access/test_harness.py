"""The generated documents, their outsiders and the second evaluator."""

from __future__ import annotations

from collections import Counter

from tests.policy.access.generator import generate_resource_policy
from tests.policy.access.harness import check_all
from tests.policy.access.outsiders import outsiders
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


def test_evaluators_agree_on_every_outsider() -> None:
    seeds = range(1000, 1040)
    disagreements = [
        problem.text for problem in check_all(seeds, OUTSIDERS).problems if problem.kind == "the evaluators disagree"
    ]
    assert not disagreements, disagreements[0]
