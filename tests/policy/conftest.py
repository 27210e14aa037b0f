"""Fixtures of the pack's tests: the pack in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policy.pack_process import PackProcess, start_pack
from tests.policy.sample_stacks import BASIC_CONTROLS


@pytest.fixture
def basic_pack() -> Iterator[PackProcess]:
    """A new process for each test, of which only the findings of BASIC_CONTROLS are returned."""
    with start_pack() as pack:
        yield pack.only_for(*BASIC_CONTROLS)


@pytest.fixture(scope="module")
def pack() -> Iterator[PackProcess]:
    """One process for all tests of a module, with the findings of every control."""
    with start_pack() as pack:
        yield pack
