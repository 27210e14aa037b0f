"""Tasks side by side: so many at once, drawn as they are needed, and none runs on after the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from phi.store.concurrent import run_concurrently


def test_results_come_in_the_tasks_order() -> None:
    first_may_end = threading.Event()

    def first() -> int:
        assert first_may_end.wait(60)
        return 1

    def second() -> int:
        first_may_end.set()
        return 2

    assert list(run_concurrently([first, second], max_concurrency=2)) == [1, 2]


def test_so_many_run_at_once_and_no_more() -> None:
    together, most = threading.Barrier(3, timeout=60), [0]
    lock, running = threading.Lock(), [0]

    def task() -> None:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait()  # which three at a time pass, so that they do run side by side
        with lock:
            running[0] -= 1

    assert len(list(run_concurrently([task] * 9, max_concurrency=3))) == 9
    assert most[0] == 3


def test_tasks_are_drawn_as_results_are_taken() -> None:
    drawn: list[int] = []

    def tasks() -> Iterator[Callable[[], int]]:
        for number in range(100):
            drawn.append(number)
            yield lambda: 0

    taken = run_concurrently(tasks(), max_concurrency=2, prefetch=3)
    next(taken)
    assert len(drawn) == 5
    taken.close()


def test_a_failure_ends_it_once_no_task_runs() -> None:
    begun, failed, ended, drawn = threading.Event(), threading.Event(), threading.Event(), list[int]()

    def fails() -> None:
        assert begun.wait(60)
        failed.set()
        raise ZeroDivisionError

    def long() -> None:
        begun.set()
        assert failed.wait(60)
        ended.set()

    def tasks() -> Iterator[Callable[[], None]]:
        yield fails
        yield long
        drawn.append(1)
        yield long

    with pytest.raises(ZeroDivisionError):
        list(run_concurrently(tasks(), max_concurrency=2))
    assert ended.is_set()
    assert not drawn
