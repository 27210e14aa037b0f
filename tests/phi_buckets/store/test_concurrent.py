"""run_concurrently: results in order, bounded concurrency, and no task left running at the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from phi_buckets.store.concurrent import run_concurrently


def test_run_concurrently_yields_results_in_task_order() -> None:
    first_may_end = threading.Event()

    def first() -> int:
        assert first_may_end.wait(60)
        return 1

    def second() -> int:
        first_may_end.set()
        return 2

    assert list(run_concurrently([first, second], max_concurrency=2)) == [1, 2]


def test_run_concurrently_runs_exactly_max_concurrency_tasks_at_a_time() -> None:
    barrier, peak = threading.Barrier(3, timeout=60), [0]
    lock, running = threading.Lock(), [0]

    def task() -> None:
        with lock:
            running[0] += 1
            peak[0] = max(peak[0], running[0])
        barrier.wait()  # passes three threads at a time, so the test hangs unless three tasks run concurrently
        with lock:
            running[0] -= 1

    assert len(list(run_concurrently([task] * 9, max_concurrency=3))) == 9
    assert peak[0] == 3


def test_run_concurrently_reads_tasks_only_as_results_are_read() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[Callable[[], int]]:
        for number in range(100):
            taken.append(number)
            yield lambda: 0

    results = run_concurrently(tasks(), max_concurrency=2, prefetch=3)
    next(results)
    assert len(taken) == 5
    results.close()


def test_run_concurrently_raises_task_failure_after_running_tasks_end() -> None:
    started, failed, ended, taken = threading.Event(), threading.Event(), threading.Event(), list[int]()

    def fail() -> None:
        assert started.wait(60)
        failed.set()
        raise ZeroDivisionError

    def run_until_failure() -> None:
        started.set()
        assert failed.wait(60)
        ended.set()

    def tasks() -> Iterator[Callable[[], None]]:
        yield fail
        yield run_until_failure
        taken.append(1)
        yield run_until_failure

    with pytest.raises(ZeroDivisionError):
        list(run_concurrently(tasks(), max_concurrency=2))
    assert ended.is_set()
    assert not taken
