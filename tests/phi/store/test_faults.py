"""What fails on the way is taken up again where it can be, else it is told for what it is and leaves nothing behind."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig

from phi.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    PhiError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
    WrongKeyError,
)
from phi.object_keys import new_key
from phi.store import PhiStore, download_stream
from phi.store.bucket import MAX_ATTEMPTS
from tests.phi.store.proxy import (
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
from tests.phi.store.store_helpers import BUCKET, KEY_ARN, PART, PARTS, WHOLE, Interrupt, assert_nothing_stored, content

A_KEY = new_key()


def reads(store: PhiStore, key: str, target: Path) -> list[Callable[[], Any]]:
    def to_the_end() -> bytes:
        with store.open(key) as stream:
            return stream.read()

    return [lambda: store.download(key, target), lambda: store.download(key, io.BytesIO()), to_the_end]


def refused(kind: type[PhiError], attempt: Callable[[], Any]) -> PhiError:
    """The error, of exactly this kind, which must tell nothing of the object nor show botocore's own."""
    with pytest.raises(PhiError) as raised:
        attempt()
    assert type(raised.value) is kind
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert "jane" not in str(raised.value)
    assert A_KEY not in str(raised.value)
    return raised.value


BREAKS_OFF = cut(0)


@pytest.mark.parametrize("fault", [error(503, "SlowDown"), error(500, "InternalError"), BREAKS_OFF])
@pytest.mark.parametrize("operation", ["PutObject", "CreateMultipartUpload", "UploadPart", "GetObject", "HeadObject"])
def test_what_fails_once_is_tried_again(
    operation: str, fault: Fault, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    proxy.on(operation, fault, times=1)
    for data in (WHOLE, PARTS):
        if operation == "CreateMultipartUpload" and fault is BREAKS_OFF and data is PARTS:
            refused(UnavailableError, lambda: store.upload(PARTS))  # which botocore takes for an answer
        key = store.upload(data).key
        store.download(key, tmp_path / "target")
        assert (tmp_path / "target").read_bytes() == data


@pytest.mark.parametrize(
    ("fault", "kind"),
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
def test_an_upload_that_fails_leaves_nothing(
    fault: Fault, kind: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any, lines: list[Any]
) -> None:
    for data, operation in ((WHOLE, "PutObject"), (PARTS, "CreateMultipartUpload"), (PARTS, "UploadPart")):
        proxy.faults.clear()
        proxy.on(operation, fault)
        assert refused(kind, lambda data=data: store.upload(data, A_KEY)).request_id == "REQUESTID"  # type: ignore[misc]
        assert_nothing_stored(s3)
        assert (lines[-1]["outcome"], lines[-1]["request_id"]) == (kind.__name__, "REQUESTID")


def test_retries_end(store: PhiStore, proxy: Proxy) -> None:
    proxy.on("PutObject", error(503, "SlowDown"))
    refused(ThrottledError, lambda: store.upload(WHOLE))
    assert proxy.operations.count("PutObject") == MAX_ATTEMPTS


def test_a_part_that_fails_late_ends_the_upload(store: PhiStore, proxy: Proxy, s3: Any) -> None:
    proxy.on("UploadPart", error(403, "AccessDenied"), after=4)
    refused(AccessDeniedError, lambda: store.upload(content(50 * PART)))
    assert_nothing_stored(s3)
    assert proxy.operations.count("UploadPart") < 15  # none is begun once one has failed


def test_parts_that_cant_be_removed_are_told(store: PhiStore, proxy: Proxy, caplog: pytest.LogCaptureFixture) -> None:
    proxy.on("UploadPart", error(403, "AccessDenied"))
    proxy.on("AbortMultipartUpload", error(403, "AccessDenied"))
    refused(AccessDeniedError, lambda: store.upload(PARTS))
    assert [each.levelname for each in caplog.records if each.name == "phi.store"] == ["WARNING"]


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
@pytest.mark.parametrize("at", [0, 1, 7])
def test_a_stream_that_breaks_is_taken_up_where_it_broke(
    at: int, data: bytes, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    key = store.upload(data).key
    for read in reads(store, key, tmp_path / "target"):
        proxy.faults.clear()
        proxy.on("GetObject", cut(at), times=1)
        result = read()
        if isinstance(result, bytes):
            assert result == data
    assert (tmp_path / "target").read_bytes() == data
    if at:
        assert any(each.headers.get("Range", "").startswith(f"bytes={at}-") for each in proxy.seen)


def test_a_span_that_breaks_is_taken_up_where_it_broke(store: PhiStore, proxy: Proxy, tmp_path: Path) -> None:
    key = store.upload(PARTS).key
    proxy.on("GetObject", cut(3), times=2, after=1)
    store.download(key, tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == PARTS


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
def test_a_stream_that_always_breaks_is_unavailable(data: bytes, store: PhiStore, proxy: Proxy, tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"earlier")
    key = store.upload(data).key
    proxy.on("GetObject", cut(1))
    for read in reads(store, key, tmp_path / "target"):
        refused(UnavailableError, read)
    assert (tmp_path / "target").read_bytes() == b"earlier"
    assert list(tmp_path.iterdir()) == [tmp_path / "target"]
    assert proxy.operations.count("GetObject") <= 3 * (1 + 3 * download_stream.MAX_INTERRUPTIONS)


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
@pytest.mark.parametrize(
    ("operation", "fault", "kind"),
    [
        ("GetObject", corrupt_last_bit, IntegrityError),
        ("GetObject", with_headers(x_amz_checksum_sha256="A" * 43 + "="), IntegrityError),
        ("GetObject", with_headers(x_amz_checksum_sha256="A" * 43 + "=-6"), IntegrityError),
        ("GetObject", with_headers(x_amz_checksum_sha256=None), IntegrityError),
        ("GetObject", other_kms_key, WrongKeyError),
        ("GetObject", with_headers(x_amz_server_side_encryption="AES256"), WrongKeyError),
        ("GetObject", with_headers(x_amz_server_side_encryption=None), WrongKeyError),
        ("GetObject", with_headers(x_amz_server_side_encryption_aws_kms_key_id=None), WrongKeyError),
        ("GetObject", error(404, "NoSuchKey"), NotFoundError),
        ("GetObject", error(403, "InvalidObjectState"), RequestRejectedError),
        ("GetObject", error(403, "AccessDenied"), AccessDeniedError),
    ],
)
def test_what_isnt_right_isnt_had(
    operation: str,
    fault: Fault,
    kind: type[PhiError],
    data: bytes,
    store: PhiStore,
    proxy: Proxy,
    tmp_path: Path,
    lines: list[Any],
) -> None:
    key = store.upload(data).key
    proxy.on(operation, fault)
    for read in reads(store, key, tmp_path / "target"):
        refused(kind, read)
        assert lines[-1]["outcome"] == kind.__name__
        assert lines[-1]["request_id"]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("operation", "fault", "kind", "after"),
    [
        ("HeadObject", other_kms_key, WrongKeyError, 0),  # of the first part
        ("HeadObject", with_headers(content_length="999"), IntegrityError, 0),
        ("HeadObject", with_headers(content_length="400"), IntegrityError, 0),
        ("GetObject", other_kms_key, WrongKeyError, 1),  # of a span
        ("GetObject", corrupt_last_bit, IntegrityError, 1),
        ("GetObject", with_headers(content_range="bytes 0-999/5001"), IntegrityError, 1),
        ("GetObject", error(412, "PreconditionFailed"), RequestRejectedError, 1),
        ("GetObject", error(403, "AccessDenied"), AccessDeniedError, 1),
    ],
)
def test_no_part_that_isnt_right_is_had(
    operation: str, fault: Fault, kind: type[PhiError], after: int, store: PhiStore, proxy: Proxy, tmp_path: Path
) -> None:
    key = store.upload(PARTS).key
    proxy.on(operation, fault, after=after)
    refused(kind, lambda: store.download(key, tmp_path / "target"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("operation", "after"), [("HeadObject", 0), ("GetObject", 1)])
def test_an_object_that_is_replaced_meanwhile_isnt_mixed(
    operation: str, after: int, store: PhiStore, proxy: Proxy, s3: Any, tmp_path: Path
) -> None:
    key = store.upload(PARTS).key
    encrypted = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN}

    def replacing(_request: Request) -> None:
        s3.put_object(Bucket=BUCKET, Key=key, Body=PARTS[::-1], **encrypted)

    proxy.on(operation, replacing, times=1, after=after)
    refused(RequestRejectedError, lambda: store.download(key, tmp_path / "target"))
    assert not list(tmp_path.iterdir())


def test_the_last_bytes_arent_given_unless_all_is_right(store: PhiStore, proxy: Proxy) -> None:
    key = store.upload(PARTS).key
    proxy.on("GetObject", corrupt_last_bit)
    target = io.BytesIO()
    refused(IntegrityError, lambda: store.download(key, target))
    assert len(target.getvalue()) < len(PARTS)


@pytest.mark.parametrize(
    ("operation", "fault", "kind"),
    [
        ("PutObject", other_kms_key, WrongKeyError),
        ("PutObject", with_headers(x_amz_server_side_encryption="AES256"), WrongKeyError),
        ("PutObject", with_headers(x_amz_checksum_sha256="A" * 43 + "="), IntegrityError),
        ("PutObject", with_headers(x_amz_checksum_sha256=None), IntegrityError),
    ],
)
def test_a_whole_that_isnt_kept_right_is_no_success(
    operation: str, fault: Fault, kind: type[PhiError], store: PhiStore, proxy: Proxy, lines: list[Any]
) -> None:
    proxy.on(operation, fault)
    refused(kind, lambda: store.upload(WHOLE, A_KEY))
    assert lines[-1]["outcome"] == kind.__name__


@pytest.mark.parametrize(
    ("operation", "fault", "kind"),
    [
        ("CreateMultipartUpload", with_headers(x_amz_server_side_encryption=None), WrongKeyError),
        ("UploadPart", other_kms_key, WrongKeyError),
        ("UploadPart", with_headers(x_amz_checksum_sha256="A" * 43 + "="), IntegrityError),
        ("UploadPart", with_headers(x_amz_checksum_sha256=None), IntegrityError),
        ("CompleteMultipartUpload", error(400, "InvalidPart"), RequestRejectedError),
    ],
)
def test_parts_that_arent_kept_right_are_dropped(
    operation: str, fault: Fault, kind: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any
) -> None:
    proxy.on(operation, fault)
    refused(kind, lambda: store.upload(PARTS, A_KEY))
    assert "Versions" not in s3.list_object_versions(Bucket=BUCKET)
    if operation != "CreateMultipartUpload":
        assert_nothing_stored(s3)


@pytest.mark.parametrize(
    ("operation", "fault", "kind"),
    [
        ("CompleteMultipartUpload", other_kms_key, WrongKeyError),
        ("HeadObject", with_headers(x_amz_checksum_sha256="A" * 43 + "="), IntegrityError),
        ("HeadObject", with_headers(x_amz_checksum_sha256=None), IntegrityError),
        ("HeadObject", with_headers(x_amz_version_id="a-later-one"), IntegrityError),
        ("HeadObject", other_kms_key, WrongKeyError),
    ],
)
def test_a_whole_of_parts_that_isnt_kept_right_is_no_success(
    operation: str, fault: Fault, kind: type[PhiError], store: PhiStore, proxy: Proxy
) -> None:
    proxy.on(operation, fault)
    refused(kind, lambda: store.upload(PARTS, A_KEY))


def test_where_s3_tells_the_checksum_of_the_parts_that_is_it(store: PhiStore, proxy: Proxy) -> None:
    """As AWS does, and the emulator doesn't: no other request is made for it."""

    def telling(sha256: str) -> Fault:
        told = f"<ChecksumSHA256>{sha256}</ChecksumSHA256><ETag>".encode()

        def also(request: Request) -> Response:
            answer = request.forward()
            return replace(answer, body=answer.body.replace(b"<ETag>", told)).with_headers(content_length=None)

        return also

    right = store.upload(PARTS).sha256
    proxy.seen.clear()
    proxy.on("CompleteMultipartUpload", telling(right), times=1)
    store.upload(PARTS)
    assert "HeadObject" not in proxy.operations
    proxy.on("CompleteMultipartUpload", telling("A" * 43 + "=-6"))
    refused(IntegrityError, lambda: store.upload(PARTS, A_KEY))


def test_an_object_that_another_program_wrote_isnt_had_unverified(store: PhiStore, s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=A_KEY, Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY_ARN)
    refused(IntegrityError, lambda: store.download(A_KEY, io.BytesIO()))
    s3.put_object(
        Bucket=BUCKET,
        Key=A_KEY,
        Body=b"x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=OTHER_ARN,
        ChecksumAlgorithm="SHA256",
    )
    refused(WrongKeyError, lambda: store.download(A_KEY, io.BytesIO()))
    s3.put_object(Bucket=BUCKET, Key=A_KEY, Body=b"x", ChecksumAlgorithm="SHA256")
    refused(WrongKeyError, lambda: store.download(A_KEY, io.BytesIO()))


def test_what_boto3_sends_with_sha256_is_had(store: PhiStore, s3: Any) -> None:
    """Parts of the same size, as its own uploads have them too."""
    more = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": KEY_ARN, "ChecksumAlgorithm": "SHA256"}
    config = TransferConfig(multipart_threshold=1, multipart_chunksize=5 << 20)
    for data in (WHOLE, content((5 << 20) + 1)):
        s3.upload_fileobj(io.BytesIO(data), BUCKET, A_KEY, ExtraArgs=more, Config=config)
        target = io.BytesIO()
        store.download(A_KEY, target)
        assert target.getvalue() == data


def test_there_is_none(store: PhiStore) -> None:
    for attempt in (
        lambda: store.download(A_KEY, io.BytesIO()),
        lambda: store.open(A_KEY).__enter__(),
        lambda: store.versions(A_KEY),
        lambda: store.restore(A_KEY, "v"),
        lambda: store.delete(A_KEY),
    ):
        refused(NotFoundError, attempt)


def test_nobody_is_there(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    refused(UnavailableError, lambda: PhiStore(BUCKET, KEY_ARN, session=session).upload(WHOLE, A_KEY))


def test_nobody_asks(store: PhiStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    refused(AccessDeniedError, lambda: PhiStore(BUCKET, KEY_ARN, session=boto3.Session()).upload(WHOLE, A_KEY))


@pytest.mark.parametrize("data", [WHOLE, PARTS], ids=["whole", "parts"])
def test_who_interrupts_leaves_nothing(data: bytes, store: PhiStore, s3: Any, tmp_path: Path, lines: list[Any]) -> None:
    def enough(_count: int) -> None:
        raise Interrupt

    key = store.upload(data).key
    with pytest.raises(Interrupt):
        store.download(key, tmp_path / "target", progress=enough)
    assert (lines[-1]["action"], lines[-1]["outcome"]) == ("download", "Interrupt")
    assert not list(tmp_path.iterdir())
    if data is PARTS:
        with pytest.raises(Interrupt):
            store.upload(data, A_KEY, progress=enough)
        assert (lines[-1]["action"], lines[-1]["outcome"]) == ("upload", "Interrupt")
        assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")
        refused(NotFoundError, lambda: store.versions(A_KEY))
