"""A bucket as the stack makes it, a store of it that asks through a proxy, and the lines of its access log."""

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

from phi.store import PhiStore, upload
from tests.phi.store.proxy import Proxy, proxying
from tests.phi.store.store_helpers import BUCKET, KEY_ARN, PART


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries don't wait, and parts may be small."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None, time=time.time))
    monkeypatch.setattr(upload, "LEAST_PART", 1)
    monkeypatch.setattr(moto.s3.models, "S3_UPLOAD_PART_MIN_SIZE", 1)


@pytest.fixture
def s3(session: boto3.Session) -> Any:
    """A client that asks the emulator itself, of the bucket that is there."""
    client = session.client("s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    return client


@pytest.fixture
def proxy(s3: Any, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What the environment's endpoint is from here on."""
    with proxying(endpoint) as started:
        monkeypatch.setenv("AWS_ENDPOINT_URL", started.address)
        yield started


@pytest.fixture
def store(proxy: Proxy) -> PhiStore:
    return PhiStore(BUCKET, KEY_ARN, session=boto3.Session(), part_size=PART, max_concurrency=3)


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """The access log's lines, as they are written."""
    told: list[dict[str, Any]] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(json.loads(record.getMessage()))  # type: ignore[method-assign]
    logger = logging.getLogger("phi.access")
    logger.addHandler(handler)
    yield told
    logger.removeHandler(handler)
