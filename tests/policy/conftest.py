"""What the pack's tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policy.pack_process import PackProcess, start_pack
from tests.policy.sample_stacks import BASIC_CONTROLS


@pytest.fixture
def basic_pack() -> Iterator[PackProcess]:
    """A process that has seen nothing yet, heard on the controls that `stacks` is about."""
    with start_pack() as gate:
        yield gate.only_for(*BASIC_CONTROLS)


@pytest.fixture(scope="module")
def pack() -> Iterator[PackProcess]:
    """A process for all tests of a module, each of which judges a stack of its own, heard on every control."""
    with start_pack() as gate:
        yield gate
