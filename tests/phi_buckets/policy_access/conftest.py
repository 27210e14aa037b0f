"""The command `phi access`, run in the test's process."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phi_buckets import cli


@dataclass(frozen=True)
class Result:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def access(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Result]:
    """Return a function that runs the command on a policy: its structure, the bytes of its file, or a path.

    Without bytes for it, stdin is closed.
    """

    def run(policy: dict[str, Any] | bytes | Path, *arguments: str, stdin: bytes | None = None) -> Result:
        path = policy if isinstance(policy, Path) else tmp_path / "policy.json"
        if not isinstance(policy, Path):
            path.write_bytes(policy if isinstance(policy, bytes) else json.dumps(policy).encode())
        monkeypatch.setattr(sys, "argv", ["phi", "access", str(path), *arguments])
        monkeypatch.setattr(sys, "stdin", stdin if stdin is None else io.TextIOWrapper(io.BytesIO(stdin)))
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as exit_:
            cli.main()
        output = capsys.readouterr()
        return Result(int(exit_.value.code or 0), output.out, output.err)

    return run
