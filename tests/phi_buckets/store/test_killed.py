"""A transfer whose process is killed or interrupted leaves neither a partial file nor a partial object."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from phi_buckets.object_keys import new_key
from phi_buckets.store import PhiStore
from tests.phi_buckets.store.proxy import Proxy, Request, Response
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN, PART, assert_nothing_stored, content

ROOT = Path(__file__).parents[3]
CHILD = f"""
import logging, sys
from pathlib import Path
from phi_buckets.store import PhiStore, upload
logging.basicConfig(format="%(message)s")
upload.MIN_PART_BYTES = 1
store = PhiStore("{BUCKET}", "{KEY_ARN}", part_size={PART}, max_concurrency=2)
action, path, key = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
store.upload(path, key) if action == "upload" else store.download(key, path)
"""
DATA = content(9 * PART)


@contextmanager
def start_child(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", CHILD, *arguments]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


class Blocker:
    """Faults that block a request until the client process has ended.

    Attributes:
        reached: Set when a request is blocked.
        ended: Set by the test to release the request.
    """

    def __init__(self) -> None:
        self.reached, self.ended = threading.Event(), threading.Event()

    def block_part(self, request: Request) -> Response:
        """Let the emulator store the part, but delay its response until `ended` is set."""
        response = request.forward()
        self.reached.set()
        self.ended.wait(60)
        return response

    def block_content(self, request: Request) -> Response:
        """Send half of the content, then hang until `ended` is set."""
        response = request.forward()
        self.reached.set()
        return replace(response, cut=len(response.body) // 2, until=self.ended)


@pytest.fixture
def blocker() -> Iterator[Blocker]:
    blocker = Blocker()
    yield blocker
    blocker.ended.set()


@pytest.mark.parametrize("previous_content", [None, b"earlier"])
def test_download_killed_leaves_target_unchanged(
    previous_content: bytes | None, store: PhiStore, proxy: Proxy, blocker: Blocker, tmp_path: Path
) -> None:
    key, target = store.upload(DATA).key, tmp_path / "target"
    if previous_content:
        target.write_bytes(previous_content)
    proxy.on("GetObject", blocker.block_content)
    with start_child("download", str(target), key) as process:
        assert blocker.reached.wait(60)
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob(".phi-*")):  # the partial download
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    assert (target.read_bytes() if target.exists() else None) == previous_content
    assert [path.name[:5] for path in tmp_path.iterdir() if path != target] == [".phi-"]


def test_upload_killed_stores_no_object(proxy: Proxy, blocker: Blocker, s3: Any, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", blocker.block_part, after=3)
    with start_child("upload", str(tmp_path / "source"), new_key()) as process:
        assert blocker.reached.wait(60)
        process.kill()
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)


def test_upload_killed_leaves_existing_object_unchanged(
    store: PhiStore, proxy: Proxy, blocker: Blocker, tmp_path: Path
) -> None:
    previous = store.upload(b"earlier")
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", blocker.block_part, after=3)
    with start_child("upload", str(tmp_path / "source"), previous.key) as process:
        assert blocker.reached.wait(60)
        process.kill()
    with store.open(previous.key) as stream:
        assert stream.read() == b"earlier"
    assert [version.version for version in store.versions(previous.key)] == [previous.version]


def test_upload_interrupted_leaves_no_part_and_is_logged(
    proxy: Proxy, blocker: Blocker, s3: Any, tmp_path: Path
) -> None:
    (tmp_path / "source").write_bytes(DATA)
    proxy.on("UploadPart", blocker.block_part, after=3)
    with start_child("upload", str(tmp_path / "source"), new_key()) as process:
        assert blocker.reached.wait(60)
        process.send_signal(signal.SIGINT)
        blocker.ended.set()
        _, stderr = process.communicate(timeout=60)
    assert '"outcome": "KeyboardInterrupt"' in stderr
    assert_nothing_stored(s3)


def test_download_interrupted_leaves_no_file_and_is_logged(
    store: PhiStore, proxy: Proxy, blocker: Blocker, tmp_path: Path
) -> None:
    key = store.upload(DATA).key
    proxy.on("GetObject", blocker.block_content, times=1)
    with start_child("download", str(tmp_path / "target"), key) as process:
        assert blocker.reached.wait(60)
        process.send_signal(signal.SIGINT)
        blocker.ended.set()
        _, stderr = process.communicate(timeout=60)
    assert '"outcome": "KeyboardInterrupt"' in stderr
    assert not list(tmp_path.iterdir())
