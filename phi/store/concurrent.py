"""Work done side by side, in bounded memory: tasks are drawn as they are needed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def results(tasks: Iterable[Callable[[], T]], at_once: int, ahead: int = 0) -> Generator[T]:
    """Each task's result, in their order. ahead: how many more are drawn than are done at once.

    Whatever ends it, a task's failure or the generator's close, no task runs any more once it has ended.
    """
    pool = ThreadPoolExecutor(at_once, thread_name_prefix="phi")
    drawn: deque[Future[T]] = deque()
    try:
        for task in tasks:
            drawn.append(pool.submit(task))
            if len(drawn) == at_once + ahead:
                yield drawn.popleft().result()
        while drawn:
            yield drawn.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
