"""Versions are listed and restored, and never deleted. Presigned URLs expire soon."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
import requests

from phi_buckets.errors import (
    AccessDeniedError,
    ConfigurationError,
    IntegrityError,
    NotFoundError,
    NotScannedError,
    PhiError,
    RequestRejectedError,
    UnavailableError,
    WrongKeyError,
)
from phi_buckets.object_keys import new_key
from phi_buckets.stack.outputs import Outputs, PhiBucketOutputs
from phi_buckets.store import PhiStore
from tests.phi_buckets.store.proxy import Fault, Proxy, cut, error, other_kms_key, with_headers
from tests.phi_buckets.store.store_helpers import BUCKET, KEY_ARN, PART, PARTS, WHOLE, content, content_id


def read_latest(store: PhiStore, key: str) -> bytes:
    with store.open(key) as stream:
        return stream.read()


def test_versions_lists_latest_first(store: PhiStore) -> None:
    key = store.upload(b"1").key
    second = store.upload(b"22", key)
    marker = store.delete(key)
    store.upload(b"other", new_key(key + "/"))  # the objects of a record are under its key
    versions = store.versions(key)
    assert [(version.size, version.latest, version.deleted) for version in versions] == [
        (0, True, True),
        (2, False, False),
        (1, False, False),
    ]
    assert (versions[0].version, versions[1].version) == (marker, second.version)
    assert {version.key for version in versions} == {key}
    assert all(abs(datetime.now(UTC) - version.modified) < timedelta(minutes=5) for version in versions)


def test_versions_reads_all_pages(store: PhiStore, s3: Any, proxy: Proxy) -> None:
    key = store.upload(b"x").key
    uploaded = {store.upload(str(number).encode(), key).version for number in range(9)} | {
        store.versions(key)[-1].version
    }

    def limit_page_to_two(request: Any) -> Any:
        return replace(request, target=request.target + "&max-keys=2").forward()

    proxy.on("ListObjectVersions", limit_page_to_two)
    assert {version.version for version in store.versions(key)} == uploaded
    assert proxy.operations.count("ListObjectVersions") > 4


def test_download_and_open_read_earlier_version(store: PhiStore) -> None:
    for data in (WHOLE, PARTS):
        first = store.upload(data)
        store.upload(b"later", first.key)
        target = io.BytesIO()
        assert store.download(first.key, target, version=first.version).version == first.version
        with store.open(first.key, version=first.version) as stream:
            assert stream.read() == target.getvalue() == data
        with pytest.raises(PhiError):
            store.download(first.key, target, version="")


@pytest.mark.parametrize("data", [b"", WHOLE, content(PART), PARTS], ids=["empty", "whole", "one-part", "parts"])
def test_restore_makes_earlier_version_latest(data: bytes, store: PhiStore, s3: Any) -> None:
    first = store.upload(data, metadata={"content-kind": "consent"})
    store.upload(b"later", first.key)
    store.delete(first.key)
    restored = store.restore(first.key, first.version)
    assert read_latest(store, first.key) == data
    assert (restored.sha256, restored.size, restored.metadata) == (first.sha256, len(data), {"content-kind": "consent"})
    assert len(store.versions(first.key)) == 4
    assert store.versions(first.key)[0].version == restored.version
    assert s3.head_object(Bucket=BUCKET, Key=first.key)["SSEKMSKeyId"] == KEY_ARN
    assert read_latest(store, first.key) == data
    store.restore(first.key, restored.version)
    assert read_latest(store, first.key) == data


@pytest.mark.parametrize(
    ("data", "operation", "fault", "error_type"),
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
    ids=content_id,
)
def test_failed_restore_leaves_latest_version_unchanged(
    data: bytes, operation: str, fault: Fault, error_type: type[PhiError], store: PhiStore, proxy: Proxy, s3: Any
) -> None:
    first = store.upload(data)
    store.upload(b"later", first.key)
    proxy.on(operation, fault)
    with pytest.raises(error_type):
        store.restore(first.key, first.version)
    proxy.faults.clear()
    if operation not in ("CopyObject", "CreateMultipartUpload"):  # these took effect, only their responses are faulty
        assert read_latest(store, first.key) == b"later"
        assert not s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


def test_restore_raises_if_copy_has_another_checksum(store: PhiStore, proxy: Proxy) -> None:
    other = store.upload(b"other").sha256
    for data, operation in ((WHOLE, "CopyObject"), (PARTS, "HeadObject")):
        first = store.upload(data)

        def replace_checksum(request: Any) -> Any:
            response = request.forward()
            sha256 = first.sha256.partition("-")[0].encode()  # noqa: B023 - called within the same iteration
            if "partNumber" in request.query:
                return response
            body = response.body.replace(sha256, other.encode())
            return replace(response, body=body).with_headers(x_amz_checksum_sha256=other)

        proxy.on(operation, replace_checksum)
        with pytest.raises(IntegrityError):
            store.restore(first.key, first.version)


def test_delete_only_adds_a_delete_marker(store: PhiStore, proxy: Proxy) -> None:
    first = store.upload(b"x")
    marker = store.delete(first.key)
    with pytest.raises(NotFoundError):
        read_latest(store, first.key)
    assert {version.version for version in store.versions(first.key)} == {first.version, marker}
    assert all("versionId" not in request.query for request in proxy.seen if request.operation == "DeleteObject")
    with pytest.raises(NotFoundError):
        store.delete(first.key)


def test_delete_raises_and_deletes_nothing_without_versioning(proxy: Proxy, s3: Any) -> None:
    s3.create_bucket(Bucket="phi-dev-unversioned")
    store = PhiStore("phi-dev-unversioned", KEY_ARN)
    key = store.upload(b"x").key
    with pytest.raises(RequestRejectedError, match="versions"):
        store.delete(key)
    assert read_latest(store, key) == b"x"
    assert "DeleteObject" not in proxy.operations


def test_delete_without_delete_marker_raises(store: PhiStore, proxy: Proxy) -> None:
    key = store.upload(b"x").key
    proxy.on("DeleteObject", with_headers(x_amz_delete_marker=None))
    with pytest.raises(RequestRejectedError, match="marker"):
        store.delete(key)


def test_list_leaves_out_keys_not_made_by_phi(store: PhiStore, s3: Any, caplog: pytest.LogCaptureFixture) -> None:
    keys = sorted(store.upload(b"x").key for _ in range(5))
    below = store.upload(b"xx", new_key(keys[0])).key
    restore_test = store.upload(b"xxx", new_key("restore-test")).key
    s3.put_object(Bucket=BUCKET, Key="jane-doe", Body=b"")
    assert [item.key for item in store.list()] == sorted([*keys, below, restore_test])
    assert [(item.key, item.size) for item in store.list(keys[0] + "/")] == [(below, 2)]
    assert [item.key for item in store.list("restore-test")] == [restore_test]
    assert [record.args for record in caplog.records if record.name == "phi_buckets.store"] == [(1,)]
    assert not any("jane" in record.getMessage() for record in caplog.records if record.name.startswith("phi_buckets"))


def test_list_reads_all_pages_and_raises_if_one_fails(store: PhiStore, proxy: Proxy) -> None:
    keys = sorted(store.upload(b"x").key for _ in range(5))
    paged = lambda request: replace(request, target=request.target + "&max-keys=2").forward()  # noqa: E731
    proxy.on("ListObjectsV2", paged)
    assert [item.key for item in store.list()] == keys
    proxy.faults.clear()
    proxy.on("ListObjectsV2", paged, times=1)
    proxy.on("ListObjectsV2", error(403, "AccessDenied"), after=0)
    listing = store.list()
    with pytest.raises(PhiError):
        list(listing)
    proxy.faults.clear()
    proxy.on("ListObjectsV2", cut(0))  # botocore accepts an empty body as an empty listing
    with pytest.raises(UnavailableError):
        list(store.list())


def test_presigned_url_gets_object_for_15_minutes(store: PhiStore) -> None:
    key = store.upload(WHOLE).key
    url = store.presigned_url(key)
    response = requests.get(url, timeout=30)
    assert response.content == WHOLE
    assert response.headers["Cache-Control"] == "private, no-store"
    query = parse_qs(urlsplit(url).query)
    assert (query["X-Amz-Algorithm"], query["X-Amz-Expires"]) == (["AWS4-HMAC-SHA256"], ["900"])


def test_presigned_url_for_put_requires_sha256(store: PhiStore) -> None:
    stored = store.upload(WHOLE)
    key = new_key()
    url = store.presigned_url(key, method="put", sha256=stored.sha256, expires=timedelta(minutes=5))
    assert parse_qs(urlsplit(url).query)["X-Amz-SignedHeaders"] == ["host;x-amz-checksum-sha256"]
    for sha256 in (None, "", "abc", stored.sha256 + "-2"):
        with pytest.raises(ConfigurationError, match="sha256"):
            store.presigned_url(key, method="put", sha256=sha256)


@pytest.mark.parametrize("seconds", [-1, 0, 0.5, 61, 10**9])
def test_presigned_url_rejects_lifetime_out_of_range(seconds: float, session: boto3.Session) -> None:
    store = PhiStore(BUCKET, KEY_ARN, session=session, max_url_lifetime=timedelta(minutes=1))
    with pytest.raises(ConfigurationError, match="max_url_lifetime"):
        store.presigned_url(new_key(), expires=timedelta(seconds=seconds))
    assert store.presigned_url(new_key(), expires=timedelta(seconds=60))


def test_store_reports_all_invalid_settings(session: boto3.Session) -> None:
    with pytest.raises(ConfigurationError) as error:
        PhiStore("", "alias/phi", session=session, max_url_lifetime=timedelta(days=8), max_concurrency=0, part_size=0)
    assert all(
        name in str(error.value) for name in ("bucket", "key_arn", "max_url_lifetime", "max_concurrency", "part_size")
    )


def stack_outputs(*buckets: str, **changes: Any) -> Outputs:
    """Return the outputs of a stack whose PHI buckets have these physical names, and the names phi0, phi1 …"""
    names: dict[str, Any] = {name: "x-name" for name, field in Outputs.model_fields.items() if field.is_required()}
    role_arn = "arn:aws:iam::123456789012:role/application"
    phi_buckets = {
        f"phi{number}": PhiBucketOutputs(phi_bucket_name=bucket, application_role_arn=role_arn)
        for number, bucket in enumerate(buckets)
    }
    return Outputs.model_construct(**names | {"phi_buckets": phi_buckets, "phi_key_arn": KEY_ARN} | changes)


def test_from_outputs_uses_bucket_key_and_owner_of_stack(store: PhiStore, proxy: Proxy) -> None:
    stack_store = PhiStore.from_outputs(stack_outputs(BUCKET), part_size=PART, max_concurrency=2)
    assert read_latest(store, stack_store.upload(PARTS).key) == PARTS
    assert proxy.seen[-1].path.startswith(f"/{BUCKET}/")
    assert "x-amz-expected-bucket-owner" not in proxy.seen[-1].headers  # sent by `store`, which has no owner
    assert {
        request.headers["x-amz-expected-bucket-owner"] for request in proxy.seen if request.operation == "UploadPart"
    } == {"123456789012"}


def test_from_outputs_uses_the_named_bucket_of_several(s3: Any, proxy: Proxy) -> None:
    outputs = stack_outputs("phi-dev-other", BUCKET)
    PhiStore.from_outputs(outputs, "phi1").upload(WHOLE)
    assert proxy.seen[-1].path.startswith(f"/{BUCKET}/")
    for name in (None, "phi2", BUCKET):
        with pytest.raises(ConfigurationError, match="phi0, phi1"):
            PhiStore.from_outputs(outputs, name)


@pytest.mark.parametrize("malware_protection", [True, False])
def test_from_outputs_explains_denials_if_the_stack_scans_for_malware(
    s3: Any, proxy: Proxy, malware_protection: bool
) -> None:
    store = PhiStore.from_outputs(stack_outputs(BUCKET, malware_protection=malware_protection))
    key = store.upload(WHOLE).key
    proxy.on("GetObject", error(403, "AccessDenied"))
    with pytest.raises(NotScannedError if malware_protection else AccessDeniedError) as raised:
        read_latest(store, key)
    assert isinstance(raised.value, NotScannedError) == malware_protection
