"""Restore tests that copy versions from the PHI bucket or its replica, on moto over HTTP."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phi_buckets.errors import AccessDeniedError
from phi_buckets.object_keys import new_key
from phi_buckets.restore_test.bucket_access import full_object_sha256
from phi_buckets.restore_test.evidence import RestoreOutcome
from tests.phi_buckets.restore_test.harness import (
    PHI,
    PRINCIPAL,
    REPLICA,
    REPLICA_REGION,
    SCRATCH,
    fail_calls,
    moto_versions,
    without_locks,
)

MIB = 1024 * 1024
IDENTIFYING_KEY = "MRN-123456/Jörg Müller 1970-01-01/ä?&%+ *'\"\\…/.pdf"


def only_record(evidence: Any) -> Any:
    [record] = evidence.objects
    return record


def calls_of(stack: Any, operation: str) -> list[dict[str, Any]]:
    """Return the parameters of each recorded call of an operation."""
    return [params for _, name, params, _ in stack.calls if name == operation]


def log_messages(caplog: Any) -> list[str]:
    """Return the log messages, except moto's own."""
    return [record.message for record in caplog.records if record.name != "werkzeug"]


def replace_head(bucket: Any, head: Any) -> None:
    object.__setattr__(bucket, "head", head)


def test_versions_are_restored_and_verified(stack):
    versions = {stack.put("record", b"first"): b"first", stack.put("record", b"second, longer"): b"second, longer"}
    stack.s3.delete_object(Bucket=PHI, Key="record")
    evidence = stack.run_test(stack.restore_source())
    assert evidence.passed
    assert not evidence.failure_reasons
    assert (evidence.sampled, evidence.restored, evidence.failed) == (2, 2, 0)
    assert evidence.restored_bytes == evidence.eligible_bytes == 19
    assert {record.version_id for record in evidence.objects} == set(versions)
    assert all(record.outcome is RestoreOutcome.RESTORED and record.seconds > 0 for record in evidence.objects)
    assert (evidence.source, evidence.bucket, evidence.principal) == ("version", PHI, PRINCIPAL)
    assert evidence.started <= evidence.finished
    assert evidence.duration_seconds >= sum(record.seconds for record in evidence.objects)
    assert evidence.digest_matches


def test_copies_are_encrypted_and_locked_without_metadata_and_tags(stack, monkeypatch):
    stack.put("record", b"content", Metadata={"patient": "Doe"}, Tagging="mrn=1")
    copied = {}
    source = stack.restore_source()
    head = source.scratch.head

    def inspect_copy(key: str, version: str | None = None) -> Any:
        if version is None:
            copied["response"] = stack.s3.get_object(Bucket=PHI, Key=key)
            copied["content"] = copied["response"]["Body"].read()
            copied["tags"] = stack.s3.get_object_tagging(Bucket=PHI, Key=key)["TagSet"]
        return head(key, version)

    replace_head(source.scratch, inspect_copy)
    assert stack.run_test(source).passed
    assert copied["content"] == b"content"
    assert copied["response"]["SSEKMSKeyId"] == stack.outputs.phi_key_arn
    assert copied["response"]["ObjectLockMode"] == "GOVERNANCE"
    assert copied["response"]["ObjectLockRetainUntilDate"] - datetime.now(UTC) < timedelta(days=1)
    assert not copied["response"]["Metadata"]
    assert not copied["tags"]


@pytest.mark.parametrize("source", ["version", "replica"])
def test_identifying_object_keys_appear_neither_in_evidence_nor_in_logs(stack, source, caplog):
    version = stack.put(IDENTIFYING_KEY, b"content")
    stack.replicate(IDENTIFYING_KEY, version, b"content")
    with caplog.at_level(logging.INFO):
        evidence = stack.run_test(stack.restore_source(source))
    assert evidence.passed
    messages = log_messages(caplog)
    assert messages
    output = evidence.model_dump_json() + "".join(messages)
    assert not any(part in output for part in ("MRN", "Jörg", "M\\u00fcller", "1970", ".pdf"))
    assert hashlib.sha256(IDENTIFYING_KEY.encode()).hexdigest()[:16] not in output


def test_replica_source_copies_from_the_replica(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"content")
    evidence = stack.run_test(stack.restore_source("replica"))
    assert (evidence.passed, evidence.restored, evidence.source) == (True, 1, "replica")
    [copy] = calls_of(stack, "CopyObject")
    assert copy["CopySource"] == {"Bucket": REPLICA, "Key": "record", "VersionId": version}
    assert evidence.written_before


def test_version_missing_from_the_replica_fails(stack):
    stack.put("record", b"content")
    evidence = stack.run_test(stack.restore_source("replica"))
    assert not evidence.passed
    assert only_record(evidence).outcome is RestoreOutcome.FAILED
    assert "not found" in only_record(evidence).reason


def test_version_younger_than_the_replication_lag_is_not_sampled(stack):
    stack.put("record", b"content")
    source = stack.restore_source("replica")
    source.window = type(source.window)(source.window.written_before - timedelta(hours=1))
    assert stack.run_test(source).sampled == 0


def test_replica_with_other_content_fails(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"CONTENT")
    evidence = stack.run_test(stack.restore_source("replica"))
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (0, 1)
    assert "differ in their SHA-256" in only_record(evidence).reason
    assert only_record(evidence).seconds == 0


def test_replica_with_another_size_fails(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"content and more")
    assert "differ in size" in only_record(stack.run_test(stack.restore_source("replica"))).reason


def test_copy_encrypted_with_another_key_fails(stack):
    stack.put("record", b"content")
    source = stack.restore_source()
    head = source.scratch.head

    def head_with_other_key(key: str, version: str | None = None) -> Any:
        return head(key, version) | ({"SSEKMSKeyId": "arn:aws:kms:us-east-1:1:key/other"} if version is None else {})

    replace_head(source.scratch, head_with_other_key)
    evidence = stack.run_test(source)
    assert not evidence.passed
    assert "isn't encrypted with the required KMS key" in only_record(evidence).reason


def test_without_full_object_checksum_both_objects_are_read(stack):
    """A multipart upload, for example, only has a checksum of its parts."""
    version = stack.put("record", b"content")
    assert stack.run_test(stack.restore_source()).passed
    versions_read = [params["VersionId"] for params in calls_of(stack, "GetObject")]
    assert len(versions_read) == 2
    assert version in versions_read


def test_with_full_object_checksum_nothing_is_read(stack):
    """S3 computes the checksum of both objects, so it still detects a difference. Moto omits the checksum type."""
    stack.put("record", b"content", ChecksumAlgorithm="SHA256")
    source = stack.restore_source()
    head = source.scratch.head
    replace_head(source.scratch, lambda *args: head(*args) | {"ChecksumType": "FULL_OBJECT"})
    assert stack.run_test(source).passed
    assert not calls_of(stack, "GetObject")


@pytest.mark.parametrize(
    ("head", "sha256"),
    [
        ({"ChecksumSHA256": "/wA=", "ChecksumType": "FULL_OBJECT"}, "ff00"),
        ({"ChecksumSHA256": "/wA=-2", "ChecksumType": "COMPOSITE"}, None),
        ({"ChecksumSHA256": "/wA="}, None),
        ({"ChecksumCRC64NVME": "AAAA", "ChecksumType": "FULL_OBJECT"}, None),
    ],
)
def test_full_object_sha256_ignores_composite_checksums(head, sha256):
    assert full_object_sha256(head) == sha256


def test_object_larger_than_the_copy_limit_is_copied_in_parts(stack):
    content = bytes(range(256)) * (6 * MIB // 256)
    stack.put("record", content)
    evidence = stack.run_test(stack.restore_source(max_copy_bytes=5 * MIB, part_bytes=5 * MIB))
    assert evidence.passed
    assert evidence.restored_bytes == 6 * MIB
    operations = [name for _, name, *_ in stack.calls if "Copy" in name or "Multipart" in name]
    assert sorted(operations) == [
        "CompleteMultipartUpload",
        "CreateMultipartUpload",
        "UploadPartCopy",
        "UploadPartCopy",
    ]


def test_failed_multipart_copy_is_aborted(stack):
    stack.put("record", b"x" * (6 * MIB))
    source = stack.restore_source(max_copy_bytes=5 * MIB, part_bytes=5 * MIB)
    fail_calls(source.scratch.s3, "UploadPartCopy")
    evidence = stack.run_test(source)
    assert "AWS denied access" in only_record(evidence).reason
    assert not stack.s3.list_multipart_uploads(Bucket=PHI).get("Uploads")


def test_version_deleted_during_the_test_fails(stack):
    stack.put("kept", b"content")
    deleted_version = stack.put("deleted", b"content")
    source = stack.restore_source()
    restore = source.restore

    def delete_then_restore(versions: Any) -> Any:
        stack.s3.delete_object(Bucket=PHI, Key="deleted", VersionId=deleted_version)
        return restore(versions)

    source.restore = delete_then_restore
    evidence = stack.run_test(source)
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (1, 1)
    [failed] = [record for record in evidence.objects if record.outcome is RestoreOutcome.FAILED]
    assert failed.version_id == deleted_version
    assert "not found" in failed.reason


@pytest.mark.parametrize(("code", "reason"), [("AccessDenied", "AWS denied access"), ("SlowDown", "AWS throttled")])
def test_failed_copy_does_not_end_the_test(stack, code, reason):
    stack.put("good", b"content")
    stack.put("bad", b"content")
    source = stack.restore_source()
    fail_calls(source.scratch.s3, "CopyObject", when=lambda params: params["CopySource"]["Key"] == "bad", code=code)
    evidence = stack.run_test(source)
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (1, 1)
    [failed] = [record for record in evidence.objects if record.outcome is RestoreOutcome.FAILED]
    assert reason in failed.reason
    assert evidence.failure_reasons == ("1 of 2 versions weren't restored intact",)


def test_denied_listing_ends_the_test_with_evidence(stack):
    source = stack.restore_source()
    fail_calls(source.reference.s3, "ListObjectVersions", when=lambda params: not params.get("Prefix"))
    evidence, error = stack.run_and_catch(source)
    assert isinstance(error, AccessDeniedError)
    assert not evidence.passed
    assert "s3:ListBucketVersions" in evidence.failure_reasons[0]


def test_empty_bucket_does_not_pass(stack):
    stack.s3.delete_object(Bucket=PHI, Key="only a marker")
    evidence = stack.run_test(stack.restore_source())
    assert not evidence.passed
    assert evidence.sampled == 0
    assert "nothing is proven" in evidence.failure_reasons[0]


def test_restore_longer_than_the_rto_does_not_pass(stack):
    stack.put("record", b"content")
    evidence = stack.run_test(stack.restore_source(), hours=1e-9)
    assert evidence.restored == 1
    assert not evidence.passed
    assert "longer than the RTO" in evidence.failure_reasons[0]


def test_full_restore_estimate_scales_the_measured_time(stack):
    for number in range(4):
        stack.put(f"record-{number}", b"content")
    evidence = stack.run_test(stack.restore_source(), objects=2)
    mean_seconds = sum(record.seconds for record in evidence.objects) / 2
    assert evidence.estimated_full_restore_hours == pytest.approx(4 * mean_seconds / 3600)
    assert evidence.estimate_basis.startswith("an estimate, not a measurement: 4 versions")


@pytest.mark.parametrize(
    "interrupt", [KeyboardInterrupt, lambda: SystemExit(143)], ids=["KeyboardInterrupt", "SystemExit"]
)
def test_interrupted_test_is_cleaned_up_with_evidence(stack, scratch, interrupt):
    for number in range(3):
        stack.put(f"record-{number}", b"content")

    def interrupt_after_first(step: str, done: int, _: int) -> None:
        if (step, done) == ("restoring", 1):
            raise interrupt()

    source = stack.restore_source(scratch=scratch)
    evidence, error = stack.run_and_catch(source, report_progress=interrupt_after_first)
    assert isinstance(error, (KeyboardInterrupt, SystemExit))
    assert not evidence.passed
    assert (evidence.sampled, evidence.restored) == (3, 1)
    assert [record.outcome for record in evidence.objects].count(RestoreOutcome.NOT_TRIED) == 2
    assert "interrupted by" in evidence.failure_reasons[0]
    assert stack.list_versions(SCRATCH, "") == ([], [])


def test_separate_scratch_bucket_without_lock_is_left_empty(stack, scratch):
    stack.put("record", b"content")
    evidence = stack.run_test(stack.restore_source(scratch=scratch))
    assert evidence.passed
    assert evidence.scratch_bucket == SCRATCH
    assert evidence.leftovers == ()
    assert stack.list_versions(SCRATCH, "") == ([], [])
    assert stack.list_versions() == ([], [])


def test_separate_scratch_bucket_may_be_unversioned(stack, scratch):
    stack.s3.delete_bucket(Bucket=SCRATCH)
    stack.s3.create_bucket(Bucket=SCRATCH)
    stack.put("record", b"content")
    evidence = stack.run_test(stack.restore_source(scratch=scratch))
    assert evidence.passed
    assert not stack.s3.list_objects_v2(Bucket=SCRATCH)["KeyCount"]


def test_locked_copies_are_hidden_and_reported_as_leftovers(stack):
    stack.put("record", b"content")
    evidence = stack.run_test(stack.restore_source())
    assert evidence.passed
    copy, replicated = evidence.leftovers
    [version], [marker] = stack.list_versions()
    assert version["Key"] == marker["Key"]
    assert version["Key"].startswith(f"restore-test/{evidence.test_id}/")
    assert marker["IsLatest"]
    assert (copy.bucket, copy.version_id, copy.hidden_by_delete_marker) == (PHI, version["VersionId"], True)
    assert timedelta(hours=23) < copy.locked_until - datetime.now(UTC) < timedelta(hours=25)
    assert version["Key"] not in evidence.model_dump_json()
    assert (replicated.bucket, replicated.locked_until) == (REPLICA, copy.locked_until)


def test_copy_falls_back_to_the_default_lock_if_its_own_is_denied(stack):
    stack.s3.put_object_lock_configuration(
        Bucket=PHI,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2192}},
        },
    )
    stack.put("record", b"content")
    source = stack.restore_source()
    fail_calls(source.scratch.s3, "CopyObject", when=lambda params: "ObjectLockMode" in params)
    evidence = stack.run_test(source)
    assert evidence.passed
    assert evidence.leftovers_locked_until - datetime.now(UTC) > timedelta(days=2190)


def test_copies_are_hidden_if_deleting_versions_is_denied(stack, scratch):
    stack.put("record", b"content")
    source = stack.restore_source(scratch=scratch)
    fail_calls(source.scratch.s3, "DeleteObject", when=lambda params: "VersionId" in params)
    evidence = stack.run_test(source)
    [leftover] = evidence.leftovers
    assert (leftover.hidden_by_delete_marker, leftover.locked_until) == (True, None)
    assert "AWS denied access" in leftover.reason


def test_failed_cleanup_is_in_the_evidence(stack, scratch):
    stack.put("record", b"content")
    source = stack.restore_source(scratch=scratch)
    fail_calls(
        source.scratch.s3,
        "ListObjectVersions",
        when=lambda params: params.get("Prefix", "").endswith(f"{source.test_id}/"),
    )
    evidence, error = stack.run_and_catch(source)
    assert isinstance(error, AccessDeniedError)
    assert not evidence.passed
    assert "weren't cleaned up" in evidence.failure_reasons[0]


def test_next_test_deletes_unlocked_leftovers_in_both_regions(stack, monkeypatch):
    stack.put("record", b"content")
    first = stack.run_test(stack.restore_source())
    [version], _ = stack.list_versions()
    assert first.test_id in version["Key"]
    stack.replicate(version["Key"], version["VersionId"], b"content")
    for bucket in (PHI, REPLICA):
        for moto_version in moto_versions(bucket, version["Key"]):
            moto_version.last_modified -= timedelta(days=2)
    with without_locks(PHI), without_locks(REPLICA):
        second = stack.run_test(stack.restore_source())
    assert second.earlier_leftovers_deleted == 2
    versions, markers = stack.list_versions()
    assert not [entry for entry in versions + markers if first.test_id in entry["Key"]]
    assert stack.list_versions(REPLICA) == ([], [])


def test_copies_of_a_running_test_are_not_deleted(stack, scratch):
    stack.put("record", b"content")
    running_test_key = f"restore-test/{new_key()}/{new_key()}"
    stack.s3.put_object(Bucket=SCRATCH, Key=running_test_key, Body=b"content")
    assert stack.run_test(stack.restore_source(scratch=scratch)).earlier_leftovers_deleted == 0
    assert [version["Key"] for version in stack.list_versions(SCRATCH)[0]] == [running_test_key]


def test_leftovers_are_not_sampled(stack):
    stack.put("record", b"content")
    stack.run_test(stack.restore_source())
    assert stack.list_versions()[0]
    assert stack.run_test(stack.restore_source()).eligible == 1


def test_other_objects_under_the_scratch_prefix_are_not_deleted(stack):
    stack.put("record", b"content")
    stack.put("restore-test/notes", b"not a copy")
    [version] = moto_versions(PHI, "restore-test/notes")
    version.last_modified -= timedelta(days=2)
    assert stack.run_test(stack.restore_source()).earlier_leftovers_deleted == 0
    versions, _ = stack.list_versions(prefix="restore-test/notes")
    assert [version["Key"] for version in versions] == ["restore-test/notes"]


def test_archived_versions_are_retrieved_first_and_copied_last(stack):
    stack.put("archived", b"content", StorageClass="GLACIER")
    stack.put("not archived", b"content")
    source = stack.restore_source()
    source.deadline.sleep = lambda _: None
    evidence = stack.run_test(source)
    assert evidence.passed
    operations = [name for _, name, *_ in stack.calls]
    assert operations.index("RestoreObject") < operations.index("CopyObject")
    assert [copy["CopySource"]["Key"] for copy in calls_of(stack, "CopyObject")] == ["not archived", "archived"]


def test_retrieval_longer_than_the_rto_fails(stack, monkeypatch):
    stack.put("archived", b"content", StorageClass="GLACIER")
    source = stack.restore_source()
    times = iter(range(0, 10_000_000, 1800))
    source.deadline.clock = lambda: next(times)
    source.deadline.sleep = lambda _: None
    monkeypatch.setattr(type(source), "_retrieval_pending", lambda *_: True)
    evidence = stack.run_test(source)
    assert "didn't finish within the RTO" in only_record(evidence).reason
    assert evidence.waited_seconds > 0


def test_every_access_is_logged(stack, caplog):
    version = stack.put("record", b"content")
    with caplog.at_level(logging.INFO, "phi_buckets.access"):
        stack.run_test(stack.restore_source())
    lines = [json.loads(record.message) for record in caplog.records if record.name == "phi_buckets.access"]
    assert [(line["action"], line["outcome"]) for line in lines][:2] == [
        ("restore-test-copy", "success"),
        ("restore-test-compare", "success"),
    ]
    assert all(line["principal"] == PRINCIPAL for line in lines)
    assert {line["version"] for line in lines[:2]} == {version}
    assert "restore-test-delete" in {line["action"] for line in lines}


def test_replica_client_uses_the_replica_region(stack):
    assert stack.restore_source("replica").origin.s3.meta.region_name == REPLICA_REGION
