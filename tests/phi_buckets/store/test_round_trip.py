"""Content of any size and from any kind of source comes back byte for byte."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
from base64 import b64encode
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phi_buckets.errors import BatchError, ConfigurationError, IdentifyingValueError, IntegrityError
from phi_buckets.object_keys import is_opaque_id, new_key
from phi_buckets.store import PhiStore, Source, upload
from tests.phi_buckets.store.proxy import Proxy
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN, PART, assert_nothing_stored, content

SIZES = [0, 1, PART - 1, PART, PART + 1, 2 * PART, 7 * PART + 3]


class Pipe(io.RawIOBase):
    """A stream of unknown length that returns few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        return self._data.read(min(size, 333) if size > 0 else size)


def from_path(data: bytes, folder: Path) -> Source:
    path = folder / "source"
    path.write_bytes(data)
    return path


SOURCES: dict[str, Callable[[bytes, Path], Source]] = {
    "bytes": lambda data, _folder: data,
    "path": from_path,
    "open file": lambda data, _folder: io.BytesIO(data),
    "pipe": lambda data, _folder: Pipe(data),  # type: ignore[dict-item,return-value]
}


@pytest.mark.parametrize("source_type", SOURCES)
def test_download_returns_content_uploaded_from_any_source(source_type: str, store: PhiStore, tmp_path: Path) -> None:
    for size in SIZES:
        data, sent, received = content(size), list[int](), list[int]()
        stored = store.upload(SOURCES[source_type](data, tmp_path), progress=sent.append)
        fetched = store.download(stored.key, tmp_path / "target", progress=received.append)
        assert (tmp_path / "target").read_bytes() == data
        assert (sum(sent), sum(received), stored.size, fetched.size) == (size, size, size, size)
        assert (fetched.key, fetched.version, fetched.sha256) == (stored.key, stored.version, stored.sha256)
        assert is_opaque_id(stored.key)


def test_download_and_open_return_the_uploaded_content(store: PhiStore) -> None:
    for size in SIZES:
        key = store.upload(content(size)).key
        target = io.BytesIO()
        store.download(key, target)
        assert target.getvalue() == content(size)
        with store.open(key) as stream:
            assert stream.read() == content(size)
        with store.open(key) as stream:
            assert b"".join(iter(partial(stream.read, 7), b"")) == content(size)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.integers(0, 4),
    offset=st.integers(-2, 2),
    part_size=st.sampled_from([1, 3, 64, 5000]),
    max_concurrency=st.integers(1, 4),
)
def test_download_returns_content_of_sizes_around_part_boundaries(
    parts: int,
    offset: int,
    part_size: int,
    max_concurrency: int,
    store: PhiStore,
    session: boto3.Session,
    tmp_path: Path,
) -> None:
    data = content(max(0, parts * part_size + offset))
    other = PhiStore(BUCKET, KEY_ARN, session=session, part_size=part_size, max_concurrency=max_concurrency)
    key = other.upload(Pipe(data)).key  # type: ignore[arg-type]
    store.download(key, tmp_path / "target")  # `store` has another part size, which doesn't matter for reading
    assert (tmp_path / "target").read_bytes() == data


def test_upload_returns_checksum_in_s3_format(store: PhiStore) -> None:
    whole, parts = store.upload(content(10)), store.upload(content(2 * PART + 1))
    assert whole.sha256 == b64encode(hashlib.sha256(content(10)).digest()).decode()
    data = content(2 * PART + 1)
    digests = b"".join(hashlib.sha256(data[start : start + PART]).digest() for start in range(0, len(data), PART))
    assert parts.sha256 == f"{b64encode(hashlib.sha256(digests).digest()).decode()}-3"


def test_upload_sends_kms_key_and_checksum_headers(store: PhiStore, proxy: Proxy) -> None:
    for size in (10, 3 * PART):
        store.upload(content(size), metadata={"content-kind": "lab-report"})
    creations = [request for request in proxy.seen if request.operation in ("PutObject", "CreateMultipartUpload")]
    uploads = [request for request in proxy.seen if request.operation in ("PutObject", "UploadPart")]
    assert [creation.headers["x-amz-server-side-encryption-aws-kms-key-id"] for creation in creations] == [KEY_ARN] * 2
    assert [creation.headers["x-amz-server-side-encryption"] for creation in creations] == ["aws:kms"] * 2
    for request in uploads:
        assert request.headers["x-amz-checksum-sha256"] == b64encode(hashlib.sha256(request.body).digest()).decode()
        assert request.headers["x-amz-sdk-checksum-algorithm"] == "SHA256"


def test_every_request_sends_expected_bucket_owner(proxy: Proxy) -> None:
    store = PhiStore(BUCKET, KEY_ARN, owner="123456789012", part_size=PART)
    key = store.upload(content(2 * PART)).key
    with store.open(key) as stream:
        stream.read()
    list(store.list())
    store.versions(key)
    store.restore(key, store.versions(key)[0].version)
    store.delete(key)
    requests = [request for request in proxy.seen if request.operation != "GetCallerIdentity"]
    assert {request.headers.get("x-amz-expected-bucket-owner") for request in requests} == {"123456789012"}


def test_download_returns_uploaded_metadata(store: PhiStore, tmp_path: Path) -> None:
    metadata = {"content-kind": "lab-report", "schema-version": "2"}
    for size in (10, 3 * PART):
        stored = store.upload(content(size), metadata=metadata)
        assert stored.metadata == metadata
        assert store.download(stored.key, tmp_path / "target").metadata == metadata


@pytest.mark.parametrize(
    "attempt",
    [
        lambda store, key, _target: store.upload(b"x", key),
        lambda store, key, target: store.download(key, target),
        lambda store, key, _target: store.open(key).__enter__(),
        lambda store, key, _target: store.versions(key),
        lambda store, key, _target: store.restore(key, "v"),
        lambda store, key, _target: store.delete(key),
        lambda store, key, _target: store.presigned_url(key),
        lambda store, key, _target: list(store.list(key or "x")),
    ],
    ids=["upload", "download", "open", "versions", "restore", "delete", "presigned_url", "list"],
)
def test_hostile_keys_are_rejected_before_any_request(
    attempt: Any, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    for key in ("", "mrn-12345", "jane.doe@example.com", "../../etc/passwd", "a" * 2000, "\ud800", "k\r\nx: y", "🩺"):
        with pytest.raises(IdentifyingValueError) as error:
            attempt(store, key, tmp_path / "target")
        assert not key or key not in str(error.value)
    assert set(proxy.operations) <= {"GetCallerIdentity"}
    assert not list(tmp_path.iterdir())


def test_hostile_metadata_is_rejected_before_any_request(store: PhiStore, proxy: Proxy) -> None:
    hostile_metadata = [
        {"mrn": "1"},
        {"content-kind": "jane doe"},
        {"content-kind": "other\r\nx-amz-acl: public-read"},
        {"": ""},
    ]
    for metadata in hostile_metadata:
        with pytest.raises(IdentifyingValueError):
            store.upload(b"x", metadata=metadata)
    assert "PutObject" not in proxy.operations


def test_upload_and_download_accept_hostile_file_names(store: PhiStore, tmp_path: Path) -> None:
    for name in ("jane doe; rm -rf", "new\nline", "-", "🩺"):
        (tmp_path / name).write_bytes(name.encode())
        key = store.upload(tmp_path / name).key
        store.download(key, tmp_path / name)
        assert (tmp_path / name).read_bytes() == name.encode()


def test_upload_reads_open_file_from_its_position(store: PhiStore) -> None:
    source = io.BytesIO(content(3 * PART))
    source.seek(PART + 1)
    with store.open(store.upload(source).key) as stream:
        assert stream.read() == content(3 * PART)[PART + 1 :]


@pytest.mark.parametrize("change", ["grows", "shrinks", "is rewritten"])
def test_upload_of_changed_file_raises_and_stores_nothing(
    change: str, store: PhiStore, s3: Any, tmp_path: Path
) -> None:
    path = tmp_path / "source"
    path.write_bytes(content(9 * PART))

    def change_file(_count: int) -> None:
        if change == "grows":
            with path.open("ab") as file:
                file.write(b"more")
        elif change == "shrinks":
            os.truncate(path, 8 * PART)
        else:
            os.utime(path, ns=(1, 1))

    with pytest.raises(IntegrityError, match="changed"):
        store.upload(path, progress=change_file)
    assert_nothing_stored(s3)


def test_upload_of_shrinking_short_file_raises_and_stores_nothing(store: PhiStore, s3: Any) -> None:
    class Shrinks(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            return b""

    with pytest.raises(IntegrityError, match="changed"):
        store.upload(Shrinks(b"ten bytes!"))
    assert_nothing_stored(s3)


@pytest.mark.parametrize("source", ["a string", io.StringIO("text"), Path("/nowhere/jane-doe"), Path("/")])
def test_upload_of_unreadable_source_raises_without_its_name(source: Any, store: PhiStore, s3: Any) -> None:
    with pytest.raises(ConfigurationError, match="the source") as error:
        store.upload(source)
    assert "jane" not in str(error.value)
    assert_nothing_stored(s3)


def test_upload_of_source_that_fails_midway_stores_nothing(store: PhiStore, s3: Any) -> None:
    class Fails(Pipe):
        def read(self, size: int = -1) -> bytes:
            if self._data.tell() > 2 * PART:
                raise OSError(5, "Input/output error", "/home/jane-doe")
            return super().read(size)

    with pytest.raises(ConfigurationError, match="Input/output error") as error:
        store.upload(Fails(content(5 * PART)))  # type: ignore[arg-type]
    assert "jane" not in str(error.value)
    assert_nothing_stored(s3)


def test_upload_reads_fifo_to_its_end(store: PhiStore, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(content(3 * PART + 1),))
    writer.start()
    stored = store.upload(fifo)
    writer.join()
    assert stored.size == 3 * PART + 1


def test_download_replaces_target_readable_only_by_owner(store: PhiStore, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_bytes(b"earlier")
    store.download(store.upload(b"later").key, target)
    assert target.read_bytes() == b"later"
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("target", [Path("/nowhere/jane-doe"), Path("/proc")])
def test_download_to_unwritable_target_raises_without_its_name(target: Path, store: PhiStore) -> None:
    with pytest.raises(ConfigurationError, match="the target") as error:
        store.download(store.upload(b"x").key, target)
    assert "jane" not in str(error.value)


def test_download_to_file_with_partial_writes_writes_everything(store: PhiStore) -> None:
    class Slow(io.RawIOBase):
        content = b""

        def write(self, data: Any) -> int:
            self.content += bytes(data[:5])
            return min(5, len(data))

    target = Slow()
    store.download(store.upload(content(PART + 9)).key, target)  # type: ignore[arg-type]
    assert target.content == content(PART + 9)


def test_upload_of_stream_longer_than_max_parts_raises(
    store: PhiStore, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MAX_PARTS", 3)
    with pytest.raises(ConfigurationError, match="part_size"):
        store.upload(Pipe(content(4 * PART)))  # type: ignore[arg-type]
    assert_nothing_stored(s3)
    assert store.upload(Pipe(content(3 * PART))).size == 3 * PART  # type: ignore[arg-type]


def test_fit_part_size_grows_only_for_more_than_max_parts() -> None:
    mib, tib = 1 << 20, 1 << 40
    assert upload.fit_part_size(8 * mib, None) == 8 * mib
    assert upload.fit_part_size(8 * mib, 8 * mib * 10_000) == 8 * mib
    assert upload.fit_part_size(8 * mib, 8 * mib * 10_000 + 1) == 9 * mib
    assert -(-48 * tib // upload.fit_part_size(8 * mib, 48 * tib)) <= 10_000
    assert upload.fit_part_size(8 * mib, 48 * tib) <= upload.MAX_PART_BYTES


def test_upload_many_keeps_order_and_reports_every_failure(store: PhiStore, tmp_path: Path) -> None:
    sources: list[Source] = [content(size) for size in range(0, 3 * PART, 97)]
    sources[4] = Path("/nowhere")
    keys: list[str | None] = [None for _ in sources]
    keys[7], keys[9] = new_key(), "jane-doe"
    stored: dict[int, str] = {}
    with pytest.raises(BatchError, match=f"2 of {len(sources)} failed: 1 Config.*1 Identifying") as error:
        stored.update((index, item.key) for index, item in store.upload_many(zip(sources, keys, strict=True)))
    assert set(error.value.failures) == {4, 9}
    assert list(stored) == [index for index in range(len(sources)) if index not in (4, 9)]
    assert stored[7] == keys[7]
    targets = [(key, tmp_path / str(index)) for index, key in stored.items()]
    assert [index for index, _ in store.download_many(targets)] == list(range(len(targets)))
    assert all((tmp_path / str(index)).read_bytes() == sources[index] for index in stored)


def test_upload_many_reads_sources_only_as_needed(store: PhiStore) -> None:
    taken: list[int] = []

    def sources() -> Any:
        for number in range(500):
            taken.append(number)
            yield b"x", None

    stored = store.upload_many(sources())
    next(iter(stored))
    assert len(taken) < 100
    stored.close()  # type: ignore[attr-defined]
    assert len(taken) < 100
