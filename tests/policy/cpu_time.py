"""A limit of CPU time, which other processes affect less than the wall time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_most_cpu_seconds(limit: float) -> Iterator[None]:
    """Fail if the block takes more CPU time than this. It isn't interrupted."""
    start = time.process_time()
    yield
    seconds = time.process_time() - start
    assert seconds <= limit, f"took {seconds:.1f} seconds of CPU time; at most {limit} are permitted"
