"""Fixtures: a moto server that is emptied for each test, and boto3 sessions that can reach nothing else."""

from __future__ import annotations

import functools
import logging
import re
from collections.abc import Iterator

import boto3
import moto.kms.models
import pytest
import requests
from moto.server import ThreadedMotoServer

from sandbox import moto_fixes
from tests.phi_buckets.emulated_account import REGION
from tests.service_models import share_service_models

# No log line may contain these, whatever a test does: a URL's signature, an email address, an SSN, a file's path, the
# names used in the tests, or the emulator's credentials.
FORBIDDEN = re.compile(
    r"x-amz-signature|https?://|[\w.+-]+@[\w-]+\.\w|\b\d{3}-\d\d-\d{4}\b|/tmp/|jane|secret", re.IGNORECASE
)

generate_private_key = functools.cache(moto.kms.models.generate_private_key)


@pytest.fixture(autouse=True)
def _assert_no_phi_is_logged() -> Iterator[None]:
    """Scan every message that phi logs while a test of this folder runs."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(f"{record.getMessage()} {record.exc_text or ''}")  # type: ignore[method-assign]
    logger = logging.getLogger("phi_buckets")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)
    assert [message for message in messages if FORBIDDEN.search(message)] == []


@pytest.fixture(autouse=True)
def _answer_every_call_of_the_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Add the calls to S3 Control and CloudWatch Logs that moto lacks, before its server reads the paths it serves."""
    for owner, name, addition in (*moto_fixes.s3control.FIXES, *moto_fixes.logs.FIXES):
        monkeypatch.setattr(owner, name, addition, raising=False)


@pytest.fixture(autouse=True)
def _share_what_is_slow_to_make(monkeypatch: pytest.MonkeyPatch) -> None:
    """Share AWS's service models, moto's constants, and one private key: moto makes an RSA key for each KMS key."""
    share_service_models(monkeypatch)
    for owner, name, cached in moto_fixes.core.FIXES:
        monkeypatch.setattr(owner, name, cached)
    monkeypatch.setattr(moto.kms.models, "generate_private_key", generate_private_key)


@pytest.fixture(scope="session")
def moto_server() -> Iterator[str]:
    """The address of the server, which is shared by all tests of this process."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line for each request
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    # A fix can add a route only until the first request to its service.
    with pytest.MonkeyPatch.context() as patch:
        for owner, name, value in moto_fixes.backup.FIXES:
            if name == "url_paths":
                patch.setattr(owner, name, value)
        credentials = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        boto3.client("backup", REGION, endpoint_url=address, **credentials).list_backup_vaults()
    yield address
    server.stop()


@pytest.fixture
def endpoint(moto_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Empty the server, and point every boto3 client of this process to it by environment variables."""
    requests.post(f"{moto_server}/moto-api/reset", timeout=30).raise_for_status()
    for name, value in {
        "AWS_ENDPOINT_URL": moto_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_CA_BUNDLE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    return moto_server


@pytest.fixture
def session(endpoint: str) -> boto3.Session:
    return boto3.Session(region_name=REGION)
