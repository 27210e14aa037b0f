"""The order of the tests, and the tests that one worker of pytest-xdist runs together."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

# These share one deployed stack.
DEPLOYED = "tests/integration/deployed/"
# These take longest, so they start first: otherwise one worker would still run when the others have finished.
LONGEST_FIRST = (
    DEPLOYED,
    "tests/integration/test_lifecycle.py",
    "tests/pulumi_engine/",
    "tests/integration/",
    "tests/components/test_contract.py",
    "tests/phi_buckets/evidence/test_html_browser.py",
    "tests/sandbox/test_sandbox.py",
)


class SchedulingByModule(LoadScopeScheduling):
    """Gives a worker all tests of a module or class at once, because they share fixtures, and of `DEPLOYED` as a whole.

    pytest-xdist's own groups aren't used: with pytest 9.2 they have no effect, without an error
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False  # keep the order of `start_order`

    def _split_scope(self, nodeid: str) -> str:
        """Return the name of the group that a test belongs to. Parameters, such as an ARN, may have `::` too."""
        return DEPLOYED if nodeid.startswith(DEPLOYED) else super()._split_scope(nodeid.partition("[")[0])


def start_order(item: pytest.Item) -> int:
    """Return a sort key by which the tests of `LONGEST_FIRST` come first, in that order."""
    return next(
        (index for index, prefix in enumerate(LONGEST_FIRST) if item.nodeid.startswith(prefix)), len(LONGEST_FIRST)
    )
