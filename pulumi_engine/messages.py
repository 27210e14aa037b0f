"""What `bin/engine` tells its user: log lines and errors."""

import sys


class EngineError(Exception):
    """No engine is available; the message says why and how to get one."""


def log(message: str) -> None:
    print(f"engine: {message}", file=sys.stderr, flush=True)
