"""The client beside plain boto3 on the same emulator: part of `make bench`.

One large file beside `upload_file` and `download_file`; many small ones beside the same calls one after the other, as
in a program that knows no better. The client also hashes, verifies the key and the checksum, and logs.
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
from phi.store import PhiStore

MIB = 1024 * 1024
LARGE = 256  # MiB
SMALL, EACH = 300, 16 * 1024  # how many, and bytes of each
ROUNDS = 5
BUCKET = "bench-store"
WITHIN = "--within-the-sandbox"
WHATS = ("upload of a large file", "download of it", "upload of many small files", "download of them")
Figures = dict[str, list[float]]


def main() -> None:
    if WITHIN in sys.argv:
        print(json.dumps(measured()))
        return
    try:
        figures: Figures = json.loads(run([*SANDBOX, sys.executable, "-m", "bench.store", WITHIN], {}).output)
    finally:
        subprocess.run([*SANDBOX, "--down"], check=False)
    print(f"large: {LARGE} MiB; small: {SMALL} of {EACH >> 10} KiB")
    for what in WHATS:
        plain, own = figures[f"{what}, boto3"], figures[f"{what}, phi"]
        report(f"{what}, boto3", plain)
        report(f"{what}, phi", own)
        report(f"{what}, phi ÷ boto3", [one / other for one, other in zip(own, plain, strict=True)])
    report("peak memory of all that, MiB", figures["peak"])


class Plain:
    def __init__(self, client: Any, key: str) -> None:
        self.s3, self.encrypted = client, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}

    def upload(self, file: Path) -> str:
        name = secrets.token_hex(8)
        self.s3.upload_file(str(file), BUCKET, name, ExtraArgs=self.encrypted)
        return name

    def download(self, name: str, target: Path) -> None:
        self.s3.download_file(BUCKET, name, str(target))

    def upload_many(self, files: list[Path]) -> list[str]:
        return [self.upload(file) for file in files]

    def download_many(self, targets: list[tuple[str, Path]]) -> None:
        for name, target in targets:
            self.download(name, target)


class Own:
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


def measured() -> Figures:
    s3 = boto3.client("s3")
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket=BUCKET)
    clients: dict[str, Plain | Own] = {"boto3": Plain(s3, key), "phi": Own(key)}
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as name:
        large, files, targets = _files(Path(name))
        for _ in range(ROUNDS):
            for who, client in clients.items():  # in turn, so that a slow spell of the machine meets both
                one, many = f"{WHATS[0]}, {who}", f"{WHATS[2]}, {who}"
                stored = _time(figures, one, partial(client.upload, large))
                _time(figures, f"{WHATS[1]}, {who}", partial(client.download, stored, targets[0]))
                s3.delete_object(Bucket=BUCKET, Key=stored)
                names = _time(figures, many, partial(client.upload_many, files))
                pairs = list(zip(names, targets, strict=True))
                _time(figures, f"{WHATS[3]}, {who}", partial(client.download_many, pairs))
            clients = dict(reversed(clients.items()))
        assert [each.read_bytes() for each in targets] == [each.read_bytes() for each in files]
    figures["peak"] = [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]
    return figures


def _files(folder: Path) -> tuple[Path, list[Path], list[Path]]:
    """The large file, the small ones, and where these are downloaded to."""
    large = folder / "large"
    with large.open("wb") as file:
        for _ in range(LARGE):
            file.write(secrets.token_bytes(MIB))
    files = [folder / f"small-{number}" for number in range(SMALL)]
    for each in files:
        each.write_bytes(secrets.token_bytes(EACH))
    return large, files, [each.with_name(f"back-{each.name}") for each in files]


def _time(figures: Figures, what: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    done = work()
    figures.setdefault(what, []).append(time.perf_counter() - start)
    return done


if __name__ == "__main__":
    main()
