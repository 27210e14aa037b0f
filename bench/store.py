"""Compares the client with boto3 on the same emulator: part of `make bench`.

boto3 transfers a large file with `upload_file` and `download_file`, and many small files with the same calls one after
the other, as a simple program would. The client also hashes the data, verifies the key and the checksum, and logs.
"""

from __future__ import annotations

import json
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from bench.process import run
from bench.run import SANDBOX, report
from phi_buckets.store import PhiStore

MIB = 1024 * 1024
LARGE_MIB = 256
SMALL_FILES, SMALL_BYTES = 300, 16 * 1024
ROUNDS = 5
BUCKET = "bench-store"
IN_SANDBOX = "--in-sandbox"
LARGE_UPLOAD, LARGE_DOWNLOAD = "upload of the large file", "download of the large file"
SMALL_UPLOADS, SMALL_DOWNLOADS = "upload of the small files", "download of the small files"
Figures = dict[str, list[float]]
"""Measurements in seconds by label, and the peak memory in MiB."""


def main() -> None:
    if IN_SANDBOX in sys.argv:
        print(json.dumps(measure()))
        return
    try:
        figures: Figures = json.loads(run([*SANDBOX, sys.executable, "-m", "bench.store", IN_SANDBOX], {}).output)
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)
    print(f"large: {LARGE_MIB} MiB; small: {SMALL_FILES} files of {SMALL_BYTES >> 10} KiB")
    for label in (LARGE_UPLOAD, LARGE_DOWNLOAD, SMALL_UPLOADS, SMALL_DOWNLOADS):
        boto3_seconds, phi_seconds = figures[f"{label}, boto3"], figures[f"{label}, phi"]
        report(f"{label}, boto3", boto3_seconds)
        report(f"{label}, phi", phi_seconds)
        report(f"{label}, phi ÷ boto3", [phi / other for phi, other in zip(phi_seconds, boto3_seconds, strict=True)])
    report("peak memory, MiB", figures["peak"])


class Boto3Client:
    """Transfers with boto3's own calls."""

    def __init__(self, client: Any, key: str) -> None:
        self.s3, self.encryption = client, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}

    def upload(self, file: Path) -> str:
        name = secrets.token_hex(8)
        self.s3.upload_file(str(file), BUCKET, name, ExtraArgs=self.encryption)
        return name

    def download(self, name: str, target: Path) -> None:
        self.s3.download_file(BUCKET, name, str(target))

    def upload_many(self, files: list[Path]) -> list[str]:
        return [self.upload(file) for file in files]

    def download_many(self, targets: list[tuple[str, Path]]) -> None:
        for name, target in targets:
            self.download(name, target)


class PhiClient:
    """Transfers with this project's client."""

    def __init__(self, key: str) -> None:
        self.store = PhiStore(BUCKET, key)

    def upload(self, file: Path) -> str:
        return self.store.upload(file).key

    def download(self, name: str, target: Path) -> None:
        self.store.download(name, target)

    def upload_many(self, files: list[Path]) -> list[str]:
        return [stored.key for _, stored in self.store.upload_many((file, None) for file in files)]

    def download_many(self, targets: list[tuple[str, Path]]) -> None:
        assert len(list(self.store.download_many(targets))) == len(targets)


def measure() -> Figures:
    """Run all transfers in the sandbox, alternating between the clients."""
    s3 = boto3.client("s3")
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket=BUCKET)
    clients: dict[str, Boto3Client | PhiClient] = {"boto3": Boto3Client(s3, key), "phi": PhiClient(key)}
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        large, files, targets = _create_files(Path(folder))
        for _ in range(ROUNDS):
            for name, client in clients.items():  # alternating, so that a temporary slowdown affects both
                object_key = _time(figures, f"{LARGE_UPLOAD}, {name}", partial(client.upload, large))
                _time(figures, f"{LARGE_DOWNLOAD}, {name}", partial(client.download, object_key, targets[0]))
                s3.delete_object(Bucket=BUCKET, Key=object_key)
                object_keys = _time(figures, f"{SMALL_UPLOADS}, {name}", partial(client.upload_many, files))
                pairs = list(zip(object_keys, targets, strict=True))
                _time(figures, f"{SMALL_DOWNLOADS}, {name}", partial(client.download_many, pairs))
            clients = dict(reversed(clients.items()))
        assert [target.read_bytes() for target in targets] == [file.read_bytes() for file in files]
    figures["peak"] = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
    return figures


def _create_files(folder: Path) -> tuple[Path, list[Path], list[Path]]:
    """Create the large file and the small ones; return them and the paths to download the small ones to."""
    large = folder / "large"
    with large.open("wb") as file:
        for _ in range(LARGE_MIB):
            file.write(secrets.token_bytes(MIB))
    files = [folder / f"small-{number}" for number in range(SMALL_FILES)]
    for path in files:
        path.write_bytes(secrets.token_bytes(SMALL_BYTES))
    return large, files, [path.with_name(f"downloaded-{path.name}") for path in files]


def _time(figures: Figures, label: str, call: Callable[[], Any]) -> Any:
    """Call a function, add its duration to the figures, and return its result."""
    start = time.perf_counter()
    result = call()
    figures.setdefault(label, []).append(time.perf_counter() - start)
    return result


if __name__ == "__main__":
    main()
