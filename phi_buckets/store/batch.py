"""Batches: every object is attempted, even if others fail."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial

from phi_buckets.errors import BatchError, PhiError
from phi_buckets.store.concurrent import run_concurrently
from phi_buckets.store.objects import StoredObject

PREFETCH = 64  # how many tasks to queue in addition to the running ones


def run_batch(tasks: Iterable[Callable[[], StoredObject]], max_concurrency: int) -> Iterator[tuple[int, StoredObject]]:
    """Run the tasks concurrently. Yield each successful result with its task's index from 0, in the tasks' order.

    Raises:
        BatchError: At the end, if any task failed.
    """
    failures: dict[int, PhiError] = {}
    index = -1
    safe_tasks = (partial(_catch, task) for task in tasks)
    with closing(run_concurrently(safe_tasks, max_concurrency, PREFETCH)) as results:
        for index, result in enumerate(results):
            if isinstance(result, PhiError):
                failures[index] = result
            else:
                yield index, result
    if failures:
        raise BatchError(failures, index + 1)


def _catch(task: Callable[[], StoredObject]) -> StoredObject | PhiError:
    try:
        return task()
    except PhiError as error:
        error.__context__ = None  # the context and traceback would keep the failed content in memory
        return error.with_traceback(None)
