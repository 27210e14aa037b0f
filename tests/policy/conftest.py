"""Fixtures of the pack's tests: the pack in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.policy.pack_process import PackProcess, start_pack
from tests.policy.sample_stacks import BASIC_CONTROLS


@pytest.fixture(scope="module")
def pack() -> Iterator[PackProcess]:
    """One process for all tests of a module, with the findings of every control."""
    with start_pack() as pack:
        yield pack


@pytest.fixture(scope="module")
def basic_pack(pack: PackProcess) -> PackProcess:
    """The same process, with the findings of BASIC_CONTROLS only."""
    return pack.only_for(*BASIC_CONTROLS)


@pytest.fixture
def new_basic_pack() -> Iterator[PackProcess]:
    """A process for one test, in which no other test has shown resources to the pack."""
    with start_pack() as pack:
        yield pack.only_for(*BASIC_CONTROLS)
