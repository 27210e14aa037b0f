"""The access controls against brute force, with fixed seeds. `make access-search` runs more documents."""

from __future__ import annotations

import pytest

from tests.policy.access.harness import check_all

OUTSIDERS = 100


@pytest.mark.parametrize(("family", "documents"), [("resource", 300), ("trust", 100), ("tampering", 100)])
def test_controls_on_generated_documents_miss_nobody(family: str, documents: int) -> None:
    result = check_all(family, range(documents), OUTSIDERS, every=False)
    assert not result.problems, "\n".join(problem.text for problem in result.problems[:5])
    assert result.counts["pass"] >= documents // 5, result.counts
    assert result.counts["fail"] >= documents // 5, result.counts
