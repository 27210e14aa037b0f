"""What the pack's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policy.pack_process import Gate, running
from tests.policy.sample_stacks import BASIC


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A process that has seen nothing yet, heard on the controls that `stacks` is about."""
    with running() as gate:
        yield gate.about(*BASIC)


@pytest.fixture(scope="module")
def pack() -> Iterator[Gate]:
    """A process for all tests of a module, each of which judges a stack of its own, heard on every control."""
    with running() as gate:
        yield gate
