"""A process that is killed or interrupted midway: nothing half-done shows under a target's name or an object's key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phi.object_keys import new_key
from phi.store import PhiStore
from tests.phi.store.proxy import Answer, Proxy, Request
from tests.phi.store.store_helpers import BUCKET, KEY_ARN, PART, assert_nothing_stored, content

ROOT = Path(__file__).parents[3]
CHILD = f"""
import logging, sys
from pathlib import Path
from phi.store import PhiStore, upload
logging.basicConfig(format="%(message)s")
upload.LEAST_PART = 1
store = PhiStore("{BUCKET}", "{KEY_ARN}", part_size={PART}, at_once=2)
action, path, key = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
store.upload(path, key) if action == "upload" else store.download(key, path)
"""
DATA = content(9 * PART)


@contextmanager
def child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", CHILD, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class Held:
    """A fault at which a request waits for its process's end."""

    def __init__(self) -> None:
        self.reached, self.ended = threading.Event(), threading.Event()

    def part(self, request: Request) -> Answer:
        """S3 has the part, and doesn't answer yet."""
        answer = request.forward()
        self.reached.set()
        self.ended.wait(60)
        return answer

    def content(self, request: Request) -> Answer:
        """Half of the content comes."""
        answer = request.forward()
        self.reached.set()
        return replace(answer, cut=len(answer.body) // 2, until=self.ended)


@pytest.fixture
def held() -> Iterator[Held]:
    found = Held()
    yield found
    found.ended.set()


@pytest.mark.parametrize("earlier", [None, b"earlier"])
def test_a_killed_download_leaves_the_target_as_it_was(
    earlier: bytes | None, store: PhiStore, proxy: Proxy, held: Held, tmp_path: Path
) -> None:
    key, target = store.upload(DATA).key, tmp_path / "target"
    if earlier:
        target.write_bytes(earlier)
    proxy.on("GetObject", held.content)
    with child("download", str(target), key) as process:
        assert held.reached.wait(60)
        process.kill()
    assert (target.read_bytes() if target.exists() else None) == earlier
    assert all(each.name.startswith(".phi-") for each in tmp_path.iterdir() if each != target)


def test_a_killed_upload_leaves_no_object(proxy: Proxy, held: Held, s3: Any, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", held.part, after=3)
    with child("upload", str(tmp_path / "source"), new_key()) as process:
        assert held.reached.wait(60)
        process.kill()
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)


def test_a_killed_upload_leaves_the_object_as_it_was(store: PhiStore, proxy: Proxy, held: Held, tmp_path: Path) -> None:
    earlier = store.upload(b"earlier")
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", held.part, after=3)
    with child("upload", str(tmp_path / "source"), earlier.key) as process:
        assert held.reached.wait(60)
        process.kill()
    with store.open(earlier.key) as stream:
        assert stream.read() == b"earlier"
    assert [each.version for each in store.versions(earlier.key)] == [earlier.version]


def test_an_interrupted_upload_leaves_no_part_and_is_logged(proxy: Proxy, held: Held, s3: Any, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", held.part, after=3)
    with child("upload", str(tmp_path / "source"), new_key()) as process:
        assert held.reached.wait(60)
        process.send_signal(signal.SIGINT)
        held.ended.set()
        _, said = process.communicate(timeout=60)
    assert '"outcome": "KeyboardInterrupt"' in said
    assert_nothing_stored(s3)


def test_an_interrupted_download_leaves_no_file_and_is_logged(
    store: PhiStore, proxy: Proxy, held: Held, tmp_path: Path
) -> None:
    key = store.upload(DATA).key
    proxy.on("GetObject", held.content, times=1)
    with child("download", str(tmp_path / "target"), key) as process:
        assert held.reached.wait(60)
        process.send_signal(signal.SIGINT)
        held.ended.set()
        _, said = process.communicate(timeout=60)
    assert '"outcome": "KeyboardInterrupt"' in said
    assert not list(tmp_path.iterdir())
