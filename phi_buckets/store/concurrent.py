"""Concurrent execution in bounded memory: a task is read from its iterable only when it can be submitted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def run_concurrently(tasks: Iterable[Callable[[], T]], max_concurrency: int, prefetch: int = 0) -> Generator[T]:
    """Yield the tasks' results in the tasks' order.

    When the generator ends, is closed, or raises a task's exception, no task is still running.

    Args:
        tasks: The tasks, which may come from a generator.
        max_concurrency: How many tasks to run at a time.
        prefetch: How many more tasks to submit before the next result is read.
    """
    pool = ThreadPoolExecutor(max_concurrency, thread_name_prefix="phi")
    futures: deque[Future[T]] = deque()
    try:
        for task in tasks:
            futures.append(pool.submit(task))
            if len(futures) == max_concurrency + prefetch:
                yield futures.popleft().result()
        while futures:
            yield futures.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
