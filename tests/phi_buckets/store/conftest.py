"""Fixtures: a bucket as the stack creates it, a store that reaches it through a proxy, and the access log's lines."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import moto.s3.models
import pytest

from phi_buckets.store import PhiStore, upload
from tests.phi_buckets.store.proxy import Proxy, start_proxy
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN, PART


@pytest.fixture(autouse=True)
def _no_waits_and_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retry without waiting, and accept small parts."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None, time=time.time))
    monkeypatch.setattr(upload, "MIN_PART_BYTES", 1)
    monkeypatch.setattr(moto.s3.models, "S3_UPLOAD_PART_MIN_SIZE", 1)


@pytest.fixture
def s3(session: boto3.Session) -> Any:
    """Create the bucket, and return a client that reaches the emulator directly."""
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def proxy(s3: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """Start a proxy, and make it the endpoint of every client created from now on."""
    with start_proxy(endpoint) as started:
        monkeypatch.setenv("AWS_ENDPOINT_URL", started.address)
        yield started


@pytest.fixture
def store(proxy: Proxy) -> PhiStore:
    return PhiStore(BUCKET, KEY_ARN, session=boto3.Session(), part_size=PART, max_concurrency=3)


@pytest.fixture
def log_lines() -> Iterator[list[dict[str, Any]]]:
    """The lines of the access log. The list grows as they are written."""
    written: list[dict[str, Any]] = []
    handler = logging.Handler()
    handler.emit = lambda record: written.append(json.loads(record.getMessage()))  # type: ignore[method-assign]
    logger = logging.getLogger("phi_buckets.access")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)
