"""Memory: uploading, downloading and restoring a large object needs no more of it than a small object does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.phi_buckets.store.proxy import Proxy
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN

ROOT = Path(__file__).parents[3]
MIB = 1 << 20
SMALL, LARGE = 32 * MIB, 128 * MIB
CHILD = f"""
import io, sys
from pathlib import Path
from phi_buckets.store import PhiStore

class Ones(io.RawIOBase):
    remaining = int(sys.argv[1])
    def read(self, size=-1):
        count = min(size, self.remaining)
        self.remaining -= count
        return b"1" * count  # zeros would use no memory

store = PhiStore("{BUCKET}", "{KEY_ARN}", part_size=8 << 20, max_concurrency=2)
key = store.upload(Ones()).key
store.download(key, Path(sys.argv[2]))
with store.open(key) as stream:
    while stream.read(1 << 20):
        pass
store.restore(key, store.versions(key)[0].version)
status = Path("/proc/self/status").read_text()
print(status.split("VmHWM:")[1].split()[0])
"""


def peak_memory(size: int, target: Path) -> int:
    """Return the peak resident memory of a child process, in bytes.

    getrusage isn't used, because its peak starts at the parent's.
    """
    command = [sys.executable, "-c", CHILD, str(size), str(target)]
    process = subprocess.run(
        command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False
    )
    assert process.returncode == 0, process.stderr
    assert target.stat().st_size == size
    return int(process.stdout) * 1024


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux reports the peak in /proc")
def test_peak_memory_does_not_grow_with_object_size(endpoint: str, proxy: Proxy, tmp_path: Path) -> None:
    os.environ["AWS_ENDPOINT_URL"] = endpoint  # bypass the proxy, which keeps bodies in memory; fixtures reset it
    assert peak_memory(LARGE, tmp_path / "large") - peak_memory(SMALL, tmp_path / "small") < 12 * MIB
