"""Files that are whole or not there at all, and that only their owner reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from phi.errors import ConfigurationError


def write(path: Path, text: str) -> None:
    """Replaces a file at once. Raises ConfigurationError where it can't be written."""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, delete=False) as file:
            unfinished = Path(file.name)
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
                unfinished.replace(path)
            except BaseException:
                unfinished.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise ConfigurationError(f"{path} can't be written: {error.strerror}") from None
