"""Memory doesn't grow with an object's size: a process that sends and fetches it peaks at the same, large or small."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.phi.store.proxy import Proxy
from tests.phi.store.store_helpers import BUCKET, KEY_ARN

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
SMALL, LARGE = 32 * MIB, 128 * MIB
CHILD = f"""
import io, sys
from pathlib import Path
from phi.store import PhiStore

class Ones(io.RawIOBase):
    left = int(sys.argv[1])
    def read(self, size=-1):
        given = min(size, self.left)
        self.left -= given
        return b"1" * given  # zeros would take no memory

store = PhiStore("{BUCKET}", "{KEY_ARN}", part_size=8 << 20, at_once=2)
key = store.upload(Ones()).key
store.download(key, Path(sys.argv[2]))
with store.open(key) as stream:
    while stream.read(1 << 20):
        pass
store.restore(key, store.versions(key)[0].version)
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""


def peak(size: int, target: Path) -> int:
    """Of the process's resident memory, in bytes. Not by getrusage, whose peak begins with that of who started it."""
    command = [sys.executable, "-c", CHILD, str(size), str(target)]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert target.stat().st_size == size
    return int(done.stdout) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is Linux's to tell")
def test_memory_is_flat(endpoint: str, proxy: Proxy, tmp_path: Path) -> None:
    os.environ["AWS_ENDPOINT_URL"] = endpoint  # the fixtures set it back; the proxy would hold the bodies
    assert peak(LARGE, tmp_path / "large") - peak(SMALL, tmp_path / "small") < 12 * MIB
