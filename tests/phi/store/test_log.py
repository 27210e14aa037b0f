"""Whatever is done, nothing that is logged tells content, file, key, metadata or URL; and every access is logged."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from phi.object_keys import new_key
from phi.store import PhiStore
from tests.phi.store.proxy import Proxy, cut, error, spoiled
from tests.phi.store.store_helpers import PART, Enough

CONTENT = b"blood-group-of-jane-doe"
SECRETS = ("blood-group", "jane", "doe", "mrn-98765", "X-Amz-Signature", "X-Amz-Credential")
OF_THE_EMULATOR = ("werkzeug", "moto")  # in this process, so that its requests are logged here


class Everything(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(OF_THE_EMULATOR):
            self.records.append(record)

    @property
    def text(self) -> str:
        """All of each record, with what a handler may add to its message."""
        formatter = logging.Formatter("%(name)s %(message)s %(args)s")
        return "\n".join(formatter.format(record) + str(vars(record)) for record in self.records)


@pytest.fixture
def everything(store: PhiStore) -> Iterator[Everything]:
    """All loggers' records, as where an application sets the root logger to DEBUG after it has made its store."""
    handler, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler
    root.removeHandler(handler)
    root.setLevel(before)


def test_nothing_that_is_logged_tells_whose_it_is(
    store: PhiStore, proxy: Proxy, everything: Everything, tmp_path: Path, lines: list[dict[str, Any]]
) -> None:
    def enough(_count: int) -> None:
        raise Enough("jane doe")

    file = tmp_path / "jane-doe-98765.txt"
    file.write_bytes(CONTENT * PART)
    target = tmp_path / "of-jane-doe"
    with suppress(Exception):
        store.upload(CONTENT, "mrn-98765")
    with suppress(Exception):
        store.upload(CONTENT, metadata={"jane": "98765"})
    with suppress(Exception):
        store.upload(tmp_path / "jane-doe-that-is-not-there")
    with suppress(Enough):
        store.upload(file, progress=enough)
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
    for fault in (spoiled, cut(1), error(403, "AccessDenied"), error(503, "SlowDown"), error(400, "Jane")):
        proxy.faults.clear()
        for operation in ("GetObject", "PutObject", "UploadPart", "HeadObject", "ListObjectVersions"):
            if fault is not spoiled or operation == "GetObject":
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
    text = everything.text
    assert len(lines) > 40
    assert all(str(line["object"]) in text for line in lines)  # so that what is searched is all of it
    assert [secret for secret in SECRETS if secret.lower() in text.replace("REQUESTID", "").lower()] == []


def test_each_access_is_one_line(store: PhiStore, lines: list[dict[str, Any]], tmp_path: Path) -> None:
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
    told = [(line["action"], line["outcome"], line["version"], line["bytes"]) for line in lines]
    assert told == [
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
    assert {line["object"] for line in lines} == {stored.key, None}
    assert {line["principal"] for line in lines} == {"arn:aws:sts::123456789012:user/moto"}
    assert all(line["request_id"] for line in lines if not line["action"].startswith("presign"))


def test_each_of_many_is_one_line(store: PhiStore, lines: list[dict[str, Any]]) -> None:
    stored = [each for _, each in store.upload_many((b"x", new_key()) for _ in range(20))]
    assert sorted(line["object"] for line in lines) == sorted(each.key for each in stored)


def test_an_access_is_logged_though_nobody_knows_whose(
    store: PhiStore, proxy: Proxy, lines: list[dict[str, Any]]
) -> None:
    proxy.on("GetCallerIdentity", error(403, "AccessDenied"))
    store.upload(b"x")
    assert [(line["principal"], line["outcome"]) for line in lines] == [(None, "success")]
