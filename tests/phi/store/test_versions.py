"""What was stored stays: versions are listed, restored and never deleted."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests

from phi.errors import (
    ConfigurationError,
    IntegrityError,
    NotFoundError,
    PhiError,
    RequestRejectedError,
    UnavailableError,
    WrongKeyError,
)
from phi.object_keys import new_key
from phi.stack.outputs import Outputs
from phi.store import PhiStore
from tests.phi.store.proxy import Fault, Proxy, cut, error, other_kms_key, with_headers
from tests.phi.store.store_helpers import BUCKET, KEY_ARN, PART, PARTS, WHOLE, content


def latest(store: PhiStore, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def test_versions_are_told_the_latest_first(store: PhiStore) -> None:
    key = store.upload(b"1").key
    second = store.upload(b"22", key)
    marker = store.delete(key)
    store.upload(b"other", new_key(key + "/"))  # a record's own objects stand under its key
    told = store.versions(key)
    assert [(each.size, each.latest, each.deleted) for each in told] == [
        (0, True, True),
        (2, False, False),
        (1, False, False),
    ]
    assert (told[0].version, told[1].version) == (marker, second.version)
    assert {each.key for each in told} == {key}
    assert all(abs(datetime.now(UTC) - each.modified) < timedelta(minutes=5) for each in told)


def test_versions_are_listed_to_the_end(store: PhiStore, s3: Any, proxy: Proxy) -> None:
    key = store.upload(b"x").key
    kept = {store.upload(str(number).encode(), key).version for number in range(9)} | {store.versions(key)[-1].version}

    def pages_of_two(request: Any) -> Any:
        return replace(request, _target=request.target + "&max-keys=2").forward()

    proxy.on("ListObjectVersions", pages_of_two)
    assert {each.version for each in store.versions(key)} == kept
    assert proxy.operations.count("ListObjectVersions") > 4


def test_an_earlier_version_is_read(store: PhiStore) -> None:
    for data in (WHOLE, PARTS):
        first = store.upload(data)
        store.upload(b"later", first.key)
        target = io.BytesIO()
        assert store.download(first.key, target, version=first.version).version == first.version
        with store.open(first.key, version=first.version) as stream:
            assert stream.read() == target.getvalue() == data
        with pytest.raises(PhiError):
            store.download(first.key, target, version="")


@pytest.mark.parametrize("data", [b"", WHOLE, content(PART), PARTS], ids=["empty", "whole", "a part", "parts"])
def test_an_earlier_version_is_restored(data: bytes, store: PhiStore, s3: Any) -> None:
    first = store.upload(data, metadata={"content-kind": "consent"})
    store.upload(b"later", first.key)
    store.delete(first.key)
    restored = store.restore(first.key, first.version)
    assert latest(store, first.key) == data
    assert (restored.sha256, restored.size, restored.metadata) == (first.sha256, len(data), {"content-kind": "consent"})
    assert len(store.versions(first.key)) == 4
    assert store.versions(first.key)[0].version == restored.version
    assert s3.head_object(Bucket=BUCKET, Key=first.key)["SSEKMSKeyId"] == KEY_ARN
    assert latest(store, first.key) == data
    store.restore(first.key, restored.version)
    assert latest(store, first.key) == data


@pytest.mark.parametrize(
    ("data", "operation", "fault", "kind"),
    [
        (WHOLE, "GetObject", other_kms_key, WrongKeyError),
        (WHOLE, "CopyObject", other_kms_key, WrongKeyError),
        (WHOLE, "CopyObject", cut(0), UnavailableError),
        (WHOLE, "CopyObject", error(403, "AccessDenied"), PhiError),
        (PARTS, "CreateMultipartUpload", other_kms_key, WrongKeyError),
        (PARTS, "UploadPartCopy", other_kms_key, WrongKeyError),
        (PARTS, "UploadPartCopy", cut(0), UnavailableError),
        (PARTS, "UploadPartCopy", error(403, "AccessDenied"), PhiError),
        (PARTS, "CompleteMultipartUpload", error(400, "InvalidPart"), RequestRejectedError),
    ],
)
def test_a_restore_that_fails_changes_nothing(
    data: bytes, operation: str, fault: Fault, kind: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any
) -> None:
    first = store.upload(data)
    store.upload(b"later", first.key)
    proxy.on(operation, fault)
    with pytest.raises(kind):
        store.restore(first.key, first.version)
    proxy.faults.clear()
    if operation not in ("CopyObject", "CreateMultipartUpload"):  # which were done, and answered wrongly
        assert latest(store, first.key) == b"later"
        assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_a_copy_with_another_checksum_is_no_success(store: PhiStore, proxy: Proxy) -> None:
    other = store.upload(b"other").sha256
    for data, operation in ((WHOLE, "CopyObject"), (PARTS, "HeadObject")):
        first = store.upload(data)

        def wrong(request: Any) -> Any:
            answer = request.forward()
            told = first.sha256.partition("-")[0].encode()  # noqa: B023 - asked within the loop's turn
            if "partNumber" in request.query:
                return answer
            return replace(answer, body=answer.body.replace(told, other.encode())).with_headers(
                x_amz_checksum_sha256=other
            )

        proxy.on(operation, wrong)
        with pytest.raises(IntegrityError):
            store.restore(first.key, first.version)


def test_only_a_marker_deletes(store: PhiStore, proxy: Proxy) -> None:
    first = store.upload(b"x")
    marker = store.delete(first.key)
    with pytest.raises(NotFoundError):
        latest(store, first.key)
    assert {each.version for each in store.versions(first.key)} == {first.version, marker}
    assert all("versionId" not in each.query for each in proxy.seen if each.operation == "DeleteObject")
    with pytest.raises(NotFoundError):
        store.delete(first.key)


def test_a_bucket_that_keeps_no_versions_isnt_deleted_from(proxy: Proxy, s3: Any) -> None:
    s3.create_bucket(Bucket="phi-dev-unversioned")
    store = PhiStore("phi-dev-unversioned", KEY_ARN)
    key = store.upload(b"x").key
    with pytest.raises(RequestRejectedError, match="versions"):
        store.delete(key)
    assert latest(store, key) == b"x"
    assert "DeleteObject" not in proxy.operations


def test_a_delete_without_a_marker_is_no_success(store: PhiStore, proxy: Proxy) -> None:
    key = store.upload(b"x").key
    proxy.on("DeleteObject", with_headers(x_amz_delete_marker=None))
    with pytest.raises(RequestRejectedError, match="marker"):
        store.delete(key)


def test_a_listing_is_of_what_phi_made(store: PhiStore, s3: Any, caplog: pytest.LogCaptureFixture) -> None:
    keys = sorted(store.upload(b"x").key for _ in range(5))
    below = store.upload(b"xx", new_key(keys[0])).key
    drill = store.upload(b"xxx", new_key("restore-test")).key
    s3.put_object(Bucket=BUCKET, Key="jane-doe", Body=b"")
    assert [each.key for each in store.list()] == sorted([*keys, below, drill])
    assert [(each.key, each.size) for each in store.list(keys[0] + "/")] == [(below, 2)]
    assert [each.key for each in store.list("restore-test")] == [drill]
    assert [each.args for each in caplog.records if each.name == "phi.store"] == [(1,)]
    assert not any("jane" in each.getMessage() for each in caplog.records if each.name.startswith("phi"))


def test_a_listing_comes_to_its_end_or_says_not(store: PhiStore, proxy: Proxy) -> None:
    keys = sorted(store.upload(b"x").key for _ in range(5))
    paged = lambda request: replace(request, _target=request.target + "&max-keys=2").forward()  # noqa: E731
    proxy.on("ListObjectsV2", paged)
    assert [each.key for each in store.list()] == keys
    proxy.faults.clear()
    proxy.on("ListObjectsV2", paged, times=1)
    proxy.on("ListObjectsV2", error(403, "AccessDenied"), after=0)
    listing = store.list()
    with pytest.raises(PhiError):
        list(listing)
    proxy.faults.clear()
    proxy.on("ListObjectsV2", cut(0))  # which botocore takes for an empty one
    with pytest.raises(UnavailableError):
        list(store.list())


def test_a_url_gets_the_object_and_is_short_lived(store: PhiStore) -> None:
    key = store.upload(WHOLE).key
    url = store.presigned_url(key)
    answer = requests.get(url, timeout=30)
    assert answer.content == WHOLE
    assert answer.headers["Cache-Control"] == "private, no-store"
    told = parse_qs(urlsplit(url).query)
    assert (told["X-Amz-Algorithm"], told["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["900"])


def test_a_url_puts_only_what_it_was_made_for(store: PhiStore) -> None:
    stored = store.upload(WHOLE)
    key = new_key()
    url = store.presigned_url(key, method="put", sha256=stored.sha256, expires=timedelta(minutes=5))
    assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["host;x-amz-checksum-sha256"]
    for sha256 in (None, "", "abc", stored.sha256 + "-2"):
        with pytest.raises(ConfigurationError, match="sha256"):
            store.presigned_url(key, method="put", sha256=sha256)


@pytest.mark.parametrize("seconds", [-1, 0, 0.5, 61, 10**9])
def test_a_url_lives_no_longer_than_the_limit(seconds: float, session: boto3.Session) -> None:
    store = PhiStore(BUCKET, KEY_ARN, session=session, max_url_lifetime=timedelta(minutes=1))
    with pytest.raises(ConfigurationError, match="url_limit"):
        store.presigned_url(new_key(), expires=timedelta(seconds=seconds))
    assert store.presigned_url(new_key(), expires=timedelta(seconds=60))


def test_settings_that_cant_be_are_told_all_at_once(session: boto3.Session) -> None:
    with pytest.raises(ConfigurationError) as refused:
        PhiStore("", "alias/phi", session=session, max_url_lifetime=timedelta(days=8), max_concurrency=0, part_size=0)
    assert all(name in str(refused.value) for name in ("bucket", "key_arn", "url_limit", "at_once", "part_size"))


def test_a_store_is_of_a_stacks_outputs(store: PhiStore, proxy: Proxy) -> None:
    names: dict[str, Any] = {name: "x-name" for name, field in Outputs.model_fields.items() if field.is_required()}
    outputs = Outputs.model_construct(**names | {"phi_bucket_name": BUCKET, "phi_key_arn": KEY_ARN})
    made = PhiStore.from_outputs(outputs, part_size=PART, at_once=2)
    assert latest(store, made.upload(PARTS).key) == PARTS
    assert proxy.seen[-1].path.startswith(f"/{BUCKET}/")
    assert "x-amz-expected-bucket-owner" not in proxy.seen[-1].headers  # store's, which isn't told
    assert {each.headers["x-amz-expected-bucket-owner"] for each in proxy.seen if each.operation == "UploadPart"} == {
        "123456789012"
    }
