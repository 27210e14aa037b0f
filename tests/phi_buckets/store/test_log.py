"""Logging by the store: every access is logged, and no log contains content, file names, keys, metadata or URLs."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from phi_buckets.errors import IdentifyingValueError
from phi_buckets.object_keys import new_key
from phi_buckets.store import PhiStore
from tests.phi_buckets.store.proxy import Proxy, corrupt_last_bit, cut, error
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN, PART, Interrupt

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
    for line in log_lines:  # the emulator's request IDs are random letters, among which a short name occurs by chance
        text = text.replace(line["request_id"] or "REQUESTID", "")
    assert [secret for secret in SECRETS if secret.lower() in text.lower()] == []


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


# The person on whose behalf the application acts


def test_access_log_has_no_user_reference_by_default(store: PhiStore, log_lines: list[dict[str, Any]]) -> None:
    store.upload(b"x")
    assert [line["user_reference"] for line in log_lines] == [None]


def test_every_access_has_the_user_reference(store: PhiStore, log_lines: list[dict[str, Any]], tmp_path: Path) -> None:
    reference = new_key()
    bound = store.on_behalf_of(reference)
    stored = bound.upload(b"x" * (3 * PART))
    bound.download(stored.key, tmp_path / "target")
    with bound.open(stored.key) as stream:
        stream.read()
    list(bound.list())
    bound.versions(stored.key)
    bound.restore(stored.key, stored.version)
    bound.delete(stored.key)
    bound.presigned_url(stored.key)
    with suppress(Exception):
        bound.download(new_key(), tmp_path / "target")
    with suppress(Exception):
        bound.upload(b"x", "mrn-98765")
    assert len(log_lines) == 10
    assert {line["user_reference"] for line in log_lines} == {reference}


def test_store_can_be_made_for_one_user(s3: Any, log_lines: list[dict[str, Any]]) -> None:
    reference = new_key()
    PhiStore(BUCKET, KEY_ARN, user_reference=reference).upload(b"x")
    assert [line["user_reference"] for line in log_lines] == [reference]


@pytest.mark.parametrize("reference", ["", "jane", "jane.doe@hospital.example", "MRN-98765", "123-45-6789", "nurse"])
def test_identifying_user_reference_is_rejected_before_any_access(
    store: PhiStore, log_lines: list[dict[str, Any]], reference: str
) -> None:
    for make in (store.on_behalf_of, lambda text: PhiStore(BUCKET, KEY_ARN, user_reference=text)):
        with pytest.raises(IdentifyingValueError) as error:
            make(reference)
        assert not reference or reference not in str(error.value)
    assert log_lines == []


def test_user_reference_is_not_sent_to_aws(store: PhiStore, proxy: Proxy, tmp_path: Path) -> None:
    reference = new_key()
    bound = store.on_behalf_of(reference)
    stored = bound.upload(b"x" * (3 * PART), metadata={"content-kind": "lab-report"})
    bound.download(stored.key, tmp_path / "target")
    url = bound.presigned_url(stored.key)
    assert reference not in url + "".join(str(vars(request)) for request in proxy.seen)
    assert stored.metadata == {"content-kind": "lab-report"}


def test_user_references_stay_apart_in_threads_that_share_a_store(
    store: PhiStore, log_lines: list[dict[str, Any]]
) -> None:
    """Every thread names its user before the first one begins, and all uploads are in progress at the same time."""
    users = {new_key(): new_key() for _ in range(8)}
    together = threading.Barrier(len(users), timeout=30)

    def upload(reference: str) -> None:
        bound = store.on_behalf_of(reference)
        together.wait()
        bound.upload(b"x", users[reference], progress=lambda _: together.wait())

    with ThreadPoolExecutor(len(users)) as pool:
        list(pool.map(upload, users))
    assert {line["user_reference"]: line["object"] for line in log_lines} == users


def test_user_references_stay_apart_in_tasks_of_one_thread(store: PhiStore, log_lines: list[dict[str, Any]]) -> None:
    users = {new_key(): store.upload(b"x").key for _ in range(5)}
    log_lines.clear()

    async def read(reference: str) -> None:
        bound = store.on_behalf_of(reference)
        await asyncio.sleep(0)  # every other task names its user now
        with bound.open(users[reference]) as stream:
            await asyncio.sleep(0)  # and opens its object now
            stream.read()
            await asyncio.sleep(0)

    async def read_all() -> None:
        await asyncio.gather(*map(read, users))

    with ThreadPoolExecutor(1) as thread:  # a test in a browser leaves an event loop running in this one
        thread.submit(lambda: asyncio.run(read_all())).result()
    assert {line["user_reference"]: line["object"] for line in log_lines} == users


def test_user_reference_is_that_of_the_store_whose_listing_is_read(
    store: PhiStore, log_lines: list[dict[str, Any]]
) -> None:
    first, second = new_key(), new_key()
    listings = store.on_behalf_of(first).list(), store.on_behalf_of(second).list()
    for listing in reversed(listings):  # the second one is read, and logged, first
        list(listing)
    assert [line["user_reference"] for line in log_lines] == [second, first]


def test_batch_logs_the_user_reference_in_each_thread(
    store: PhiStore, log_lines: list[dict[str, Any]], tmp_path: Path
) -> None:
    reference = new_key()
    bound = store.on_behalf_of(reference)
    stored = [item for _, item in bound.upload_many((b"x", None) for _ in range(10))]
    list(bound.download_many((item.key, tmp_path / str(index)) for index, item in enumerate(stored)))
    assert [line["user_reference"] for line in log_lines] == [reference] * 20
    store.upload(b"x")
    assert log_lines[-1]["user_reference"] is None
