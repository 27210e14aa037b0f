"""Logging by the store: every access is logged, and no log contains content, file names, keys, metadata or URLs."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from phi_buckets.object_keys import new_key
from phi_buckets.store import PhiStore
from tests.phi_buckets.store.proxy import Proxy, corrupt_last_bit, cut, error
from tests.phi_buckets.store.store_helpers import PART, Interrupt

CONTENT = b"blood-group-of-jane-doe"
SECRETS = ("blood-group", "jane", "doe", "mrn-98765", "X-Amz-Signature", "X-Amz-Credential")
EMULATOR_LOGGERS = ("werkzeug", "moto")  # the emulator runs in this process, so its logs are here too


class RecordCollector(logging.Handler):
    """Collects the records of all loggers except the emulator's."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(EMULATOR_LOGGERS):
            self.records.append(record)

    @property
    def text(self) -> str:
        """The records with all their attributes, which a handler may print."""
        formatter = logging.Formatter("%(name)s %(message)s %(args)s")
        return "\n".join(formatter.format(record) + str(vars(record)) for record in self.records)


@pytest.fixture
def all_records(store: PhiStore) -> Iterator[RecordCollector]:
    """Records of all loggers, in an application that sets the root logger to DEBUG after creating its store."""
    handler, root = RecordCollector(), logging.getLogger()
    previous_level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(previous_level)


def test_logs_at_debug_contain_no_phi(
    store: PhiStore, proxy: Proxy, all_records: RecordCollector, tmp_path: Path, log_lines: list[dict[str, Any]]
) -> None:
    def interrupt(_count: int) -> None:
        raise Interrupt("jane doe")

    file = tmp_path / "jane-doe-98765.txt"
    file.write_bytes(CONTENT * PART)
    target = tmp_path / "of-jane-doe"
    with suppress(Exception):
        store.upload(CONTENT, "mrn-98765")
    with suppress(Exception):
        store.upload(CONTENT, metadata={"jane": "98765"})
    with suppress(Exception):
        store.upload(tmp_path / "jane-doe-that-is-not-there")
    with suppress(Interrupt):
        store.upload(file, progress=interrupt)
    key = store.upload(file, metadata={"content-kind": "lab-report"}).key
    small = store.upload(CONTENT).key
    store.download(key, target)
    store.download(small, io.BytesIO())
    with suppress(Exception):
        store.download(key, tmp_path / "jane" / "mrn-98765")
    with suppress(Exception):
        store.download(small, target, version="jane-doe-98765")
    with store.open(key) as stream:
        stream.read(9)
    with suppress(ZeroDivisionError), store.open(key):
        raise ZeroDivisionError("jane doe")
    list(store.list())
    with suppress(Exception):
        list(store.list("jane"))
    store.presigned_url(small)
    store.presigned_url(small, method="put", sha256="A" * 43 + "=")
    store.restore(key, store.versions(key)[0].version)
    for fault in (corrupt_last_bit, cut(1), error(403, "AccessDenied"), error(503, "SlowDown"), error(400, "Jane")):
        proxy.faults.clear()
        for operation in ("GetObject", "PutObject", "UploadPart", "HeadObject", "ListObjectVersions"):
            if fault is not corrupt_last_bit or operation == "GetObject":
                proxy.on(operation, fault)
        for attempt in (
            lambda: store.download(small, target),
            lambda: store.upload(CONTENT, small),
            lambda: store.upload(file, key),
            lambda: store.versions(key),
            lambda: store.delete(key),
            lambda: list(store.upload_many([(CONTENT, None), (file, "jane")])),
        ):
            with suppress(Exception):
                attempt()
    text = all_records.text
    assert len(log_lines) > 40
    assert all(str(line["object"]) in text for line in log_lines)  # proves that the collected text is complete
    assert [secret for secret in SECRETS if secret.lower() in text.replace("REQUESTID", "").lower()] == []


def test_access_log_has_one_line_per_access(store: PhiStore, log_lines: list[dict[str, Any]], tmp_path: Path) -> None:
    stored = store.upload(b"x" * (3 * PART))
    store.download(stored.key, tmp_path / "target")
    with store.open(stored.key) as stream:
        stream.read()
    with store.open(stored.key):
        pass
    list(store.list())
    store.versions(stored.key)
    restored = store.restore(stored.key, stored.version)
    marker = store.delete(stored.key)
    store.presigned_url(stored.key)
    logged = [(line["action"], line["outcome"], line["version"], line["bytes"]) for line in log_lines]
    assert logged == [
        ("upload", "success", stored.version, 3 * PART),
        ("download", "success", stored.version, 3 * PART),
        ("open", "success", stored.version, 3 * PART),
        ("open", "unverified", stored.version, 0),
        ("list", "success", None, None),
        ("versions", "success", None, None),
        ("restore", "success", restored.version, 3 * PART),
        ("delete", "success", marker, None),
        ("presign-get", "success", None, None),
    ]
    assert {line["object"] for line in log_lines} == {stored.key, None}
    assert {line["principal"] for line in log_lines} == {"arn:aws:sts::123456789012:user/moto"}
    assert all(line["request_id"] for line in log_lines if not line["action"].startswith("presign"))


def test_access_log_has_one_line_per_object_of_a_batch(store: PhiStore, log_lines: list[dict[str, Any]]) -> None:
    stored = [item for _, item in store.upload_many((b"x", new_key()) for _ in range(20))]
    assert sorted(line["object"] for line in log_lines) == sorted(item.key for item in stored)


def test_access_is_logged_without_principal_when_sts_fails(
    store: PhiStore, proxy: Proxy, log_lines: list[dict[str, Any]]
) -> None:
    proxy.on("GetCallerIdentity", error(403, "AccessDenied"))
    store.upload(b"x")
    assert [(line["principal"], line["outcome"]) for line in log_lines] == [(None, "success")]
