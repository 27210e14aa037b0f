"""The access controls against brute force, with fixed seeds. `make access-search` runs more documents."""

from __future__ import annotations

from tests.policy.access.harness import check_all

DOCUMENTS = 300
OUTSIDERS = 100


def test_controls_on_generated_documents_miss_nobody() -> None:
    result = check_all(range(DOCUMENTS), OUTSIDERS, every=False)
    assert not result.problems, "\n".join(problem.text for problem in result.problems[:5])
    assert result.counts["pass"] >= DOCUMENTS // 4, result.counts
    assert result.counts["fail"] >= DOCUMENTS // 4, result.counts
