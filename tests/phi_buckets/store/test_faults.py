"""Failures of the network and of S3 are retried or resumed, or raise the right exception and leave nothing behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig

from phi_buckets.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    PhiError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
    WrongKeyError,
)
from phi_buckets.object_keys import new_key
from phi_buckets.store import PhiStore, download_stream
from phi_buckets.store.bucket import MAX_ATTEMPTS
from tests.phi_buckets.store.proxy import (
    OTHER_ARN,
    Fault,
    Proxy,
    Request,
    Response,
    corrupt_last_bit,
    cut,
    error,
    other_kms_key,
    with_headers,
)
from tests.phi_buckets.store.store_helpers import (
    BUCKET,
    KEY_ARN,
    PART,
    PARTS,
    WHOLE,
    Interrupt,
    assert_nothing_stored,
    content,
)

KEY = new_key()
WRONG_SHA256 = "A" * 43 + "="


def all_reads(store: PhiStore, key: str, target: Path) -> list[Callable[[], Any]]:
    """Return one call for each way to read an object."""

    def read_stream() -> bytes:
        with store.open(key) as stream:
            return stream.read()

    return [lambda: store.download(key, target), lambda: store.download(key, io.BytesIO()), read_stream]


def assert_raises(error_type: type[PhiError], attempt: Callable[[], Any]) -> PhiError:
    """Return the exception, which must have exactly this type and show neither PHI nor botocore's own exception."""
    with pytest.raises(PhiError) as raised:
        attempt()
    assert type(raised.value) is error_type
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert "jane" not in str(raised.value)
    assert KEY not in str(raised.value)
    return raised.value


EMPTY_BODY = cut(0)


@pytest.mark.parametrize("fault", [error(503, "SlowDown"), error(500, "InternalError"), EMPTY_BODY])
@pytest.mark.parametrize("operation", ["PutObject", "CreateMultipartUpload", "UploadPart", "GetObject", "HeadObject"])
def test_request_that_fails_once_is_retried(
    operation: str, fault: Fault, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.on(operation, fault, times=1)
    for data in (WHOLE, PARTS):
        if operation == "CreateMultipartUpload" and fault is EMPTY_BODY and data is PARTS:
            assert_raises(UnavailableError, lambda: store.upload(PARTS))  # botocore accepts an empty body as a response
        key = store.upload(data).key
        store.download(key, tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == data


@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        (error(503, "SlowDown"), ThrottledError),
        (error(500, "InternalError"), UnavailableError),
        (error(403, "AccessDenied"), AccessDeniedError),
        (error(400, "BadDigest"), IntegrityError),
        (error(400, "KMS.DisabledException"), WrongKeyError),
        (error(400, "ExpiredToken"), AccessDeniedError),
        (error(400, "EntityTooLarge"), RequestRejectedError),
    ],
)
def test_upload_that_fails_stores_nothing_and_is_logged(
    fault: Fault, error_type: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any, log_lines: list[Any]
) -> None:
    for data, operation in ((WHOLE, "PutObject"), (PARTS, "CreateMultipartUpload"), (PARTS, "UploadPart")):
        proxy.faults.clear()
        proxy.on(operation, fault)
        raised = assert_raises(error_type, lambda data=data: store.upload(data, KEY))  # type: ignore[misc]
        assert raised.request_id == "REQUESTID"
        assert_nothing_stored(s3)
        assert (log_lines[-1]["outcome"], log_lines[-1]["request_id"]) == (error_type.__name__, "REQUESTID")


def test_upload_gives_up_after_max_attempts(store: PhiStore, proxy: Proxy) -> None:
    proxy.on("PutObject", error(503, "SlowDown"))
    assert_raises(ThrottledError, lambda: store.upload(WHOLE))
    assert proxy.operations.count("PutObject") == MAX_ATTEMPTS


def test_upload_stops_and_aborts_when_a_later_part_fails(store: PhiStore, proxy: Proxy, s3: Any) -> None:
    proxy.on("UploadPart", error(403, "AccessDenied"), after=4)
    assert_raises(AccessDeniedError, lambda: store.upload(content(50 * PART)))
    assert_nothing_stored(s3)
    assert proxy.operations.count("UploadPart") < 15  # no part is started after one has failed


def test_upload_warns_when_abort_fails(store: PhiStore, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    proxy.on("UploadPart", error(403, "AccessDenied"))
    proxy.on("AbortMultipartUpload", error(403, "AccessDenied"))
    assert_raises(AccessDeniedError, lambda: store.upload(PARTS))
    assert [record.levelname for record in caplog.records if record.name == "phi_buckets.store"] == ["WARNING"]


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
@pytest.mark.parametrize("position", [0, 1, 7])
def test_read_resumes_where_the_connection_broke(
    position: int, data: bytes, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    key = store.upload(data).key
    for read in all_reads(store, key, tmp_path / "target"):
        proxy.faults.clear()
        proxy.on("GetObject", cut(position), times=1)
        result = read()
        if isinstance(result, bytes):
            assert result == data
    assert (tmp_path / "target").read_bytes() == data
    if position:
        ranges = [request.headers.get("Range", "") for request in proxy.seen]
        assert any(range_.startswith(f"bytes={position}-") for range_ in ranges)


def test_download_resumes_a_range_where_the_connection_broke(store: PhiStore, proxy: Proxy, tmp_path: Path) -> None:
    key = store.upload(PARTS).key
    proxy.on("GetObject", cut(3), times=2, after=1)
    store.download(key, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == PARTS


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
def test_read_raises_unavailable_when_the_connection_always_breaks(
    data: bytes, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    (tmp_path / "target").write_bytes(b"earlier")
    key = store.upload(data).key
    proxy.on("GetObject", cut(1))
    for read in all_reads(store, key, tmp_path / "target"):
        assert_raises(UnavailableError, read)
    assert (tmp_path / "target").read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [tmp_path / "target"]
    assert proxy.operations.count("GetObject") <= 3 * (1 + 3 * download_stream.MAX_INTERRUPTIONS)


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        (corrupt_last_bit, IntegrityError),
        (with_headers(x_amz_checksum_sha256=WRONG_SHA256), IntegrityError),
        (with_headers(x_amz_checksum_sha256=f"{WRONG_SHA256}-6"), IntegrityError),
        (with_headers(x_amz_checksum_sha256=None), IntegrityError),
        (other_kms_key, WrongKeyError),
        (with_headers(x_amz_server_side_encryption="AES256"), WrongKeyError),
        (with_headers(x_amz_server_side_encryption=None), WrongKeyError),
        (with_headers(x_amz_server_side_encryption_aws_kms_key_id=None), WrongKeyError),
        (error(404, "NoSuchKey"), NotFoundError),
        (error(403, "InvalidObjectState"), RequestRejectedError),
        (error(403, "AccessDenied"), AccessDeniedError),
    ],
)
def test_read_of_faulty_response_raises_and_leaves_no_file(
    fault: Fault,
    error_type: type[PhiError],
    data: bytes,
    store: PhiStore,
    proxy: Proxy,
    tmp_path: Path,
    log_lines: list[Any],
) -> None:
    key = store.upload(data).key
    proxy.on("GetObject", fault)
    for read in all_reads(store, key, tmp_path / "target"):
        assert_raises(error_type, read)
        assert log_lines[-1]["outcome"] == error_type.__name__
        assert log_lines[-1]["request_id"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("operation", "fault", "error_type", "after"),
    [
        ("HeadObject", other_kms_key, WrongKeyError, 0),  # for the first part
        ("HeadObject", with_headers(content_length="999"), IntegrityError, 0),
        ("HeadObject", with_headers(content_length="400"), IntegrityError, 0),
        ("GetObject", other_kms_key, WrongKeyError, 1),  # for a range
        ("GetObject", corrupt_last_bit, IntegrityError, 1),
        ("GetObject", with_headers(content_range="bytes 0-999/5001"), IntegrityError, 1),
        ("GetObject", error(412, "PreconditionFailed"), RequestRejectedError, 1),
        ("GetObject", error(403, "AccessDenied"), AccessDeniedError, 1),
    ],
)
def test_download_in_ranges_with_faulty_response_raises_and_leaves_no_file(
    operation: str, fault: Fault, error_type: type[PhiError], after: int, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    key = store.upload(PARTS).key
    proxy.on(operation, fault, after=after)
    assert_raises(error_type, lambda: store.download(key, tmp_path / "target"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("operation", "after"), [("HeadObject", 0), ("GetObject", 1)])
def test_download_raises_when_object_is_replaced_meanwhile(
    operation: str, after: int, store: PhiStore, proxy: Proxy, s3: Any, tmp_path: Path
) -> None:
    key = store.upload(PARTS).key
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}

    def replace_object(_request: Request) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=PARTS[::-1], **encrypted)

    proxy.on(operation, replace_object, times=1, after=after)
    assert_raises(RequestRejectedError, lambda: store.download(key, tmp_path / "target"))
    assert not list(tmp_path.iterdir())


def test_download_withholds_last_bytes_of_corrupt_content(store: PhiStore, proxy: Proxy) -> None:
    key = store.upload(PARTS).key
    proxy.on("GetObject", corrupt_last_bit)
    target = io.BytesIO()
    assert_raises(IntegrityError, lambda: store.download(key, target))
    assert len(target.getvalue()) < len(PARTS)


@pytest.mark.parametrize(
    ("fault", "error_type"),
    [
        (other_kms_key, WrongKeyError),
        (with_headers(x_amz_server_side_encryption="AES256"), WrongKeyError),
        (with_headers(x_amz_checksum_sha256=WRONG_SHA256), IntegrityError),
        (with_headers(x_amz_checksum_sha256=None), IntegrityError),
    ],
)
def test_upload_in_one_request_with_faulty_response_raises_and_is_logged(
    fault: Fault, error_type: type[PhiError], store: PhiStore, proxy: Proxy, log_lines: list[Any]
) -> None:
    proxy.on("PutObject", fault)
    assert_raises(error_type, lambda: store.upload(WHOLE, KEY))
    assert log_lines[-1]["outcome"] == error_type.__name__


@pytest.mark.parametrize(
    ("operation", "fault", "error_type"),
    [
        ("CreateMultipartUpload", with_headers(x_amz_server_side_encryption=None), WrongKeyError),
        ("UploadPart", other_kms_key, WrongKeyError),
        ("UploadPart", with_headers(x_amz_checksum_sha256=WRONG_SHA256), IntegrityError),
        ("UploadPart", with_headers(x_amz_checksum_sha256=None), IntegrityError),
        ("CompleteMultipartUpload", error(400, "InvalidPart"), RequestRejectedError),
    ],
)
def test_upload_in_parts_with_faulty_response_raises_and_aborts(
    operation: str, fault: Fault, error_type: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any
) -> None:
    proxy.on(operation, fault)
    assert_raises(error_type, lambda: store.upload(PARTS, KEY))
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)
    if operation != "CreateMultipartUpload":
        assert_nothing_stored(s3)


@pytest.mark.parametrize(
    ("operation", "fault", "error_type"),
    [
        ("CompleteMultipartUpload", other_kms_key, WrongKeyError),
        ("HeadObject", with_headers(x_amz_checksum_sha256=WRONG_SHA256), IntegrityError),
        ("HeadObject", with_headers(x_amz_checksum_sha256=None), IntegrityError),
        ("HeadObject", with_headers(x_amz_version_id="a-later-one"), IntegrityError),
        ("HeadObject", other_kms_key, WrongKeyError),
    ],
)
def test_upload_with_faulty_completion_raises(
    operation: str, fault: Fault, error_type: type[PhiError], store: PhiStore, proxy: Proxy
) -> None:
    proxy.on(operation, fault)
    assert_raises(error_type, lambda: store.upload(PARTS, KEY))


def test_upload_uses_checksum_in_completion_response(store: PhiStore, proxy: Proxy) -> None:
    """AWS returns the checksum, the emulator doesn't. No other request is made for it."""

    def with_checksum(sha256: str) -> Fault:
        element = f"<ChecksumSHA256>{sha256}</ChecksumSHA256><ETag>".encode()

        def add_checksum(request: Request) -> Response:
            response = request.forward()
            body = response.body.replace(b"<ETag>", element)
            return replace(response, body=body).with_headers(content_length=None)

        return add_checksum

    correct = store.upload(PARTS).sha256
    proxy.seen.clear()
    proxy.on("CompleteMultipartUpload", with_checksum(correct), times=1)
    store.upload(PARTS)
    assert "HeadObject" not in proxy.operations
    proxy.on("CompleteMultipartUpload", with_checksum(f"{WRONG_SHA256}-6"))
    assert_raises(IntegrityError, lambda: store.upload(PARTS, KEY))


def test_download_rejects_object_without_sha256_or_stacks_kms_key(store: PhiStore, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY_ARN)
    assert_raises(IntegrityError, lambda: store.download(KEY, io.BytesIO()))
    s3.put_object(
        Bucket=BUCKET,
        Key=KEY,
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=OTHER_ARN,
        ChecksumAlgorithm="SHA256",
    )
    assert_raises(WrongKeyError, lambda: store.download(KEY, io.BytesIO()))
    s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"x", ChecksumAlgorithm="SHA256")
    assert_raises(WrongKeyError, lambda: store.download(KEY, io.BytesIO()))


def test_download_accepts_boto3_upload_with_sha256(store: PhiStore, s3: Any) -> None:
    """boto3 uploads parts of one size, as the store does."""
    extra_args = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN, "ChecksumAlgorithm": "SHA256"}
    config = TransferConfig(multipart_threshold=1, multipart_chunksize=5 << 20)
    for data in (WHOLE, content((5 << 20) + 1)):
        s3.upload_fileobj(io.BytesIO(data), BUCKET, KEY, ExtraArgs=extra_args, Config=config)
        target = io.BytesIO()
        store.download(KEY, target)
        assert target.getvalue() == data


def test_every_method_raises_not_found_for_missing_object(store: PhiStore) -> None:
    for attempt in (
        lambda: store.download(KEY, io.BytesIO()),
        lambda: store.open(KEY).__enter__(),
        lambda: store.versions(KEY),
        lambda: store.restore(KEY, "v"),
        lambda: store.delete(KEY),
    ):
        assert_raises(NotFoundError, attempt)


def test_upload_raises_unavailable_without_network(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert_raises(UnavailableError, lambda: PhiStore(BUCKET, KEY_ARN, session=session).upload(WHOLE, KEY))


def test_upload_raises_access_denied_without_credentials(store: PhiStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert_raises(AccessDeniedError, lambda: PhiStore(BUCKET, KEY_ARN, session=boto3.Session()).upload(WHOLE, KEY))


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
def test_interrupted_transfer_leaves_nothing_and_is_logged(
    data: bytes, store: PhiStore, s3: Any, tmp_path: Path, log_lines: list[Any]
) -> None:
    def interrupt(_count: int) -> None:
        raise Interrupt

    key = store.upload(data).key
    with pytest.raises(Interrupt):
        store.download(key, tmp_path / "target", progress=interrupt)
    assert (log_lines[-1]["action"], log_lines[-1]["outcome"]) == ("download", "Interrupt")
    assert not list(tmp_path.iterdir())
    if data is PARTS:
        with pytest.raises(Interrupt):
            store.upload(data, KEY, progress=interrupt)
        assert (log_lines[-1]["action"], log_lines[-1]["outcome"]) == ("upload", "Interrupt")
        assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
        assert_raises(NotFoundError, lambda: store.versions(KEY))
