"""Many objects, side by side: each one is tried, whatever becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial

from phi.errors import PhiError, BatchError
from phi.store import concurrent
from phi.store.objects import StoredObject

AHEAD = 64  # objects drawn while earlier ones are on their way


def tried(tasks: Iterable[Callable[[], StoredObject]], at_once: int) -> Iterator[tuple[int, StoredObject]]:
    """What they give, in their order, each with its place from 0. Raises SomeFailedError at the end."""
    failed: dict[int, PhiError] = {}
    place = -1
    with closing(concurrent.results((partial(_outcome, task) for task in tasks), at_once, AHEAD)) as outcomes:
        for place, outcome in enumerate(outcomes):
            if isinstance(outcome, PhiError):
                failed[place] = outcome
            else:
                yield place, outcome
    if failed:
        raise BatchError(failed, place + 1)


def _outcome(task: Callable[[], StoredObject]) -> StoredObject | PhiError:
    try:
        return task()
    except PhiError as error:
        error.__context__ = None  # with its traceback it would keep the content that failed
        return error.with_traceback(None)
