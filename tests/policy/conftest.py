"""What the pack's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policy.gate import Gate, running


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A process that has seen nothing yet."""
    with running() as gate:
        yield gate
