"""Drills from versions and from the replica, on moto over HTTP."""

from __future__ import annotations

import hashlib
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.phi.restore_test.conftest import PHI, PRINCIPAL, REPLICA, SCRATCH, THERE, refuse, stored, unlocked

from phi.errors import AccessDeniedError
from phi.object_keys import new_key
from phi.restore_test.bucket_access import full_object_sha256
from phi.restore_test.evidence import RestoreOutcome

MIB = 1024 * 1024
HOSTILE = "MRN-123456/Jörg Müller 1970-01-01/ä?&%+ *'\"\\…/.pdf"


def only(evidence: Any) -> Any:
    [record] = evidence.objects
    return record


def test_versions_are_restored_compared_and_told(stack):
    kept = {stack.put("record", b"first"): b"first", stack.put("record", b"second, longer"): b"second, longer"}
    stack.s3.delete_object(Bucket=PHI, Key="record")
    evidence = stack.drill(stack.restoring())
    assert evidence.passed
    assert not evidence.why
    assert (evidence.sampled, evidence.restored, evidence.failed) == (2, 2, 0)
    assert evidence.bytes == evidence.listed_bytes == 19
    assert {each.version for each in evidence.objects} == set(kept)
    assert all(each.outcome is RestoreOutcome.RESTORED and each.seconds > 0 for each in evidence.objects)
    assert (evidence.source, evidence.bucket, evidence.principal) == ("version", PHI, PRINCIPAL)
    assert evidence.started <= evidence.finished
    assert evidence.seconds >= sum(each.seconds for each in evidence.objects)
    assert evidence.intact


def test_the_copies_are_what_the_versions_are_under_the_key_and_tell_nothing(stack, monkeypatch):
    stack.put("record", b"content", Metadata={"patient": "Doe"}, Tagging="mrn=1")
    seen = {}
    way = stack.restoring()
    head = way.scratch.head

    def look(key: str, version: str | None = None) -> Any:
        if version is None:
            seen["answer"] = stack.s3.get_object(Bucket=PHI, Key=key)
            seen["content"] = seen["answer"]["Body"].read()
            seen["tags"] = stack.s3.get_object_tagging(Bucket=PHI, Key=key)["TagSet"]
        return head(key, version)

    object.__setattr__(way.scratch, "head", look)
    assert stack.drill(way).passed
    assert seen["content"] == b"content"
    assert seen["answer"]["SSEKMSKeyId"] == stack.outputs.phi_key_arn
    assert seen["answer"]["ObjectLockMode"] == "GOVERNANCE"
    assert seen["answer"]["ObjectLockRetainUntilDate"] - datetime.now(UTC) < timedelta(days=1)
    assert not seen["answer"]["Metadata"]
    assert not seen["tags"]


@pytest.mark.parametrize("source", ["version", "replica"])
def test_keys_of_any_form_are_restored_and_told_nowhere(stack, source, caplog):
    version = stack.put(HOSTILE, b"content")
    stack.replicate(HOSTILE, version, b"content")
    with caplog.at_level(logging.INFO):
        evidence = stack.drill(stack.restoring(source))
    assert evidence.passed
    ours = [record.message for record in caplog.records if record.name != "werkzeug"]  # which is moto's
    assert ours
    told = evidence.model_dump_json() + "".join(ours)
    assert not any(part in told for part in ("MRN", "Jörg", "M\\u00fcller", "1970", ".pdf"))
    assert hashlib.sha256(HOSTILE.encode()).hexdigest()[:16] not in told


def test_the_replica_is_restored_from_its_own_region(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"content")
    evidence = stack.drill(stack.restoring("replica"))
    assert (evidence.passed, evidence.restored, evidence.source) == (True, 1, "replica")
    [copy] = [params for _, name, params, _ in stack.calls if name == "CopyObject"]
    assert copy["CopySource"] == {"Bucket": REPLICA, "Key": "record", "VersionId": version}
    assert evidence.written_before


def test_what_the_replica_hasnt_got_isnt_restored(stack):
    stack.put("record", b"content")
    evidence = stack.drill(stack.restoring("replica"))
    assert not evidence.passed
    assert only(evidence).outcome is RestoreOutcome.FAILED
    assert "there is none" in only(evidence).why


def test_what_was_written_within_replications_time_isnt_drawn(stack):
    stack.put("record", b"content")
    way = stack.restoring("replica")
    way.window = type(way.window)(way.window.before - timedelta(hours=1))
    assert stack.drill(way).sampled == 0


def test_a_replica_that_differs_fails(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"CONTENT")
    evidence = stack.drill(stack.restoring("replica"))
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (0, 1)
    assert "by their SHA-256" in only(evidence).why
    assert only(evidence).seconds == 0


def test_a_replica_of_another_length_fails(stack):
    version = stack.put("record", b"content")
    stack.replicate("record", version, b"content and more")
    assert "as long as" in only(stack.drill(stack.restoring("replica"))).why


def test_a_copy_under_another_key_fails(stack):
    stack.put("record", b"content")
    way = stack.restoring()
    head = way.scratch.head

    def another(key: str, version: str | None = None) -> Any:
        return head(key, version) | ({"SSEKMSKeyId": "arn:aws:kms:us-east-1:1:key/other"} if version is None else {})

    object.__setattr__(way.scratch, "head", another)
    evidence = stack.drill(way)
    assert not evidence.passed
    assert "isn't encrypted with the key" in only(evidence).why


def test_without_a_stored_checksum_both_are_read(stack):
    """As of what was uploaded in parts: S3 has a checksum of its parts alone."""
    version = stack.put("record", b"content")
    assert stack.drill(stack.restoring()).passed
    read = [params["VersionId"] for _, name, params, _ in stack.calls if name == "GetObject"]
    assert len(read) == 2
    assert version in read


def test_a_stored_checksum_of_the_whole_spares_reading(stack):
    """It is S3's own of both, so that a copy that differs is still seen; moto leaves its kind out."""
    stack.put("record", b"content", ChecksumAlgorithm="SHA256")
    way = stack.restoring()
    head = way.scratch.head
    object.__setattr__(way.scratch, "head", lambda *of: head(*of) | {"ChecksumType": "FULL_OBJECT"})
    assert stack.drill(way).passed
    assert not [name for _, name, *_ in stack.calls if name == "GetObject"]


@pytest.mark.parametrize(
    ("head", "sha256"),
    [
        ({"ChecksumSHA256": "/wA=", "ChecksumType": "FULL_OBJECT"}, "ff00"),
        ({"ChecksumSHA256": "/wA=-2", "ChecksumType": "COMPOSITE"}, None),
        ({"ChecksumSHA256": "/wA="}, None),
        ({"ChecksumCRC64NVME": "AAAA", "ChecksumType": "FULL_OBJECT"}, None),
    ],
)
def test_a_checksum_of_parts_tells_nothing_of_the_whole(head, sha256):
    assert full_object_sha256(head) == sha256


def test_what_is_larger_than_a_copy_may_be_is_copied_in_parts(stack):
    content = bytes(range(256)) * (6 * MIB // 256)
    stack.put("record", content)
    evidence = stack.drill(stack.restoring(largest_copy=5 * MIB, part=5 * MIB))
    assert evidence.passed
    assert evidence.bytes == 6 * MIB
    made = [name for _, name, *_ in stack.calls if "Copy" in name or "Multipart" in name]
    assert sorted(made) == ["CompleteMultipartUpload", "CreateMultipartUpload", "UploadPartCopy", "UploadPartCopy"]


def test_parts_that_fail_are_taken_back(stack):
    stack.put("record", b"x" * (6 * MIB))
    way = stack.restoring(largest_copy=5 * MIB, part=5 * MIB)
    refuse(way.scratch.s3, "UploadPartCopy")
    evidence = stack.drill(way)
    assert "AWS refuses it" in only(evidence).why
    assert not stack.s3.list_multipart_uploads(Bucket=PHI).get("Uploads")


def test_an_object_that_went_meanwhile_fails(stack):
    stack.put("stays", b"content")
    gone = stack.put("goes", b"content")
    way = stack.restoring()

    restore = way.restore

    def once_it_is_gone(drawn: Any) -> Any:
        stack.s3.delete_object(Bucket=PHI, Key="goes", VersionId=gone)
        return restore(drawn)

    way.restore = once_it_is_gone
    evidence = stack.drill(way)
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (1, 1)
    [failed] = [each for each in evidence.objects if each.outcome is RestoreOutcome.FAILED]
    assert failed.version == gone
    assert "there is none" in failed.why


@pytest.mark.parametrize(
    ("operation", "code", "why"),
    [("CopyObject", "AccessDenied", "AWS refuses it"), ("CopyObject", "SlowDown", "asks to go slower")],
)
def test_one_that_is_refused_or_throttled_doesnt_end_the_drill(stack, operation, code, why):
    stack.put("good", b"content")
    stack.put("bad", b"content")
    way = stack.restoring()
    refuse(way.scratch.s3, operation, when=lambda params: params["CopySource"]["Key"] == "bad", code=code)
    evidence = stack.drill(way)
    assert not evidence.passed
    assert (evidence.restored, evidence.failed) == (1, 1)
    assert [why in each.why for each in evidence.objects if each.outcome is RestoreOutcome.FAILED] == [True]
    assert evidence.why == ("1 of 2 versions weren't restored whole",)


def test_a_listing_that_is_refused_ends_it_and_is_told(stack):
    way = stack.restoring()
    refuse(way.reference.s3, "ListObjectVersions", when=lambda params: not params.get("Prefix"))
    evidence, error = stack.kept(way)
    assert isinstance(error, AccessDeniedError)
    assert not evidence.passed
    assert "s3:ListBucketVersions" in evidence.why[0]


def test_an_empty_bucket_proves_nothing(stack):
    stack.s3.delete_object(Bucket=PHI, Key="only a marker")
    evidence = stack.drill(stack.restoring())
    assert not evidence.passed
    assert evidence.sampled == 0
    assert "nothing is proven" in evidence.why[0]


def test_longer_than_the_objective_isnt_passed(stack):
    stack.put("record", b"content")
    evidence = stack.drill(stack.restoring(), hours=1e-9)
    assert evidence.restored == 1
    assert not evidence.passed
    assert "more than the objective" in evidence.why[0]


def test_the_estimate_is_told_as_one(stack):
    for number in range(4):
        stack.put(f"record-{number}", b"content")
    evidence = stack.drill(stack.restoring(), objects=2)
    each = sum(record.seconds for record in evidence.objects) / 2
    assert evidence.estimated_full_restore_hours == pytest.approx(4 * each / 3600)
    assert evidence.estimate_basis.startswith("an estimate, not measured: 4 versions")


@pytest.mark.parametrize("interrupt", [KeyboardInterrupt, lambda: SystemExit(143)])
def test_an_interrupt_is_cleared_up_after_and_told(stack, scratch, interrupt):
    for number in range(3):
        stack.put(f"record-{number}", b"content")

    def stop(step: str, done: int, _: int) -> None:
        if (step, done) == ("restoring", 1):
            raise interrupt()

    evidence, error = stack.kept(stack.restoring(scratch=scratch), say=stop)
    assert isinstance(error, (KeyboardInterrupt, SystemExit))
    assert not evidence.passed
    assert (evidence.sampled, evidence.restored) == (3, 1)
    assert [each.outcome for each in evidence.objects].count(RestoreOutcome.NOT_TRIED) == 2
    assert "ended by" in evidence.why[0]
    assert stack.left(SCRATCH, "") == ([], [])


def test_another_bucket_without_a_lock_is_left_empty(stack, scratch):
    stack.put("record", b"content")
    evidence = stack.drill(stack.restoring(scratch=scratch))
    assert evidence.passed
    assert evidence.scratch_bucket == SCRATCH
    assert evidence.left_behind == ()
    assert stack.left(SCRATCH, "") == ([], [])
    assert stack.left() == ([], [])


def test_another_bucket_may_be_without_versions(stack, scratch):
    stack.s3.delete_bucket(Bucket=SCRATCH)
    stack.s3.create_bucket(Bucket=SCRATCH)
    stack.put("record", b"content")
    evidence = stack.drill(stack.restoring(scratch=scratch))
    assert evidence.passed
    assert not stack.s3.list_objects_v2(Bucket=SCRATCH)["KeyCount"]


def test_a_lock_keeps_copies_which_are_hidden_and_told(stack):
    stack.put("record", b"content")
    evidence = stack.drill(stack.restoring())
    assert evidence.passed
    kept, replicated = evidence.left_behind
    [version], [marker] = stack.left()
    assert version["Key"] == marker["Key"]
    assert version["Key"].startswith(f"restore-test/{evidence.drill}/")
    assert marker["IsLatest"]
    assert (kept.bucket, kept.version, kept.hidden) == (PHI, version["VersionId"], True)
    assert timedelta(hours=23) < kept.until - datetime.now(UTC) < timedelta(hours=25)
    assert version["Key"] not in evidence.model_dump_json()
    assert (replicated.bucket, replicated.until) == (REPLICA, kept.until)


def test_who_may_not_set_a_lock_gets_the_buckets_own_and_that_is_told(stack):
    stack.s3.put_object_lock_configuration(
        Bucket=PHI,
        ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled",
            "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 2192}},
        },
    )
    stack.put("record", b"content")
    way = stack.restoring()
    refuse(way.scratch.s3, "CopyObject", when=lambda params: "ObjectLockMode" in params)
    evidence = stack.drill(way)
    assert evidence.passed
    assert evidence.left_until - datetime.now(UTC) > timedelta(days=2190)


def test_who_may_not_delete_versions_leaves_them_hidden(stack, scratch):
    stack.put("record", b"content")
    way = stack.restoring(scratch=scratch)
    refuse(way.scratch.s3, "DeleteObject", when=lambda params: "VersionId" in params)
    evidence = stack.drill(way)
    [left] = evidence.left_behind
    assert (left.hidden, left.until) == (True, None)
    assert "AWS refuses it" in left.why


def test_a_clean_up_that_fails_is_told(stack, scratch):
    stack.put("record", b"content")
    way = stack.restoring(scratch=scratch)
    refuse(way.scratch.s3, "ListObjectVersions", when=lambda params: params.get("Prefix", "").endswith(f"{way.drill}/"))
    evidence, error = stack.kept(way)
    assert isinstance(error, AccessDeniedError)
    assert not evidence.passed
    assert "isn't cleared away" in evidence.why[0]


def test_the_next_drill_takes_away_what_a_lock_had_kept_in_both_regions(stack, monkeypatch):
    stack.put("record", b"content")
    before = stack.drill(stack.restoring())
    [version], _ = stack.left()
    stack.replicate(version["Key"], version["VersionId"], b"content")
    for bucket in (PHI, REPLICA):
        for each in stored(bucket, version["Key"]):
            each.last_modified -= timedelta(days=2)
    with unlocked(PHI), unlocked(REPLICA):
        after = stack.drill(stack.restoring())
    assert after.taken_away == 2
    versions, markers = stack.left()
    assert not [each for each in versions + markers if before.drill in each["Key"]]
    assert stack.left(REPLICA) == ([], [])


def test_a_drill_that_is_under_way_isnt_disturbed(stack, scratch):
    stack.put("record", b"content")
    of_another = f"restore-test/{new_key()}/{new_key()}"
    stack.s3.put_object(Bucket=SCRATCH, Key=of_another, Body=b"content")
    assert stack.drill(stack.restoring(scratch=scratch)).taken_away == 0
    assert [each["Key"] for each in stack.left(SCRATCH)[0]] == [of_another]


def test_what_drills_have_put_into_the_bucket_isnt_drawn(stack):
    stack.put("record", b"content")
    stack.drill(stack.restoring())
    assert stack.left()[0]
    assert stack.drill(stack.restoring()).listed == 1


def test_what_no_drill_put_under_the_prefix_stays(stack):
    stack.put("record", b"content")
    stack.put("restore-test/notes", b"of somebody")
    [key] = stored(PHI, "restore-test/notes")
    key.last_modified -= timedelta(days=2)
    assert stack.drill(stack.restoring()).taken_away == 0
    assert [each["Key"] for each in stack.left(prefix="restore-test/notes")[0]] == ["restore-test/notes"]


def test_archived_versions_are_got_out_first(stack):
    stack.put("archived", b"content", StorageClass="GLACIER")
    stack.put("at hand", b"content")
    way = stack.restoring()
    way.patience.pause = lambda _: None
    evidence = stack.drill(way)
    assert evidence.passed
    names = [name for _, name, *_ in stack.calls]
    assert names.index("RestoreObject") < names.index("CopyObject")
    copied = [params["CopySource"]["Key"] for _, name, params, _ in stack.calls if name == "CopyObject"]
    assert copied == ["at hand", "archived"]


def test_an_archive_that_takes_too_long_fails(stack, monkeypatch):
    stack.put("archived", b"content", StorageClass="GLACIER")
    way = stack.restoring()
    times = iter(range(0, 10_000_000, 1800))
    way.patience.clock = lambda: next(times)
    way.patience.pause = lambda _: None
    monkeypatch.setattr(type(way), "_is_archived", lambda *_: True)
    evidence = stack.drill(way)
    assert "isn't done within the objective" in only(evidence).why
    assert evidence.waited_seconds > 0


def test_each_access_is_logged(stack, caplog):
    version = stack.put("record", b"content")
    with caplog.at_level(logging.INFO, "phi.access"):
        stack.drill(stack.restoring())
    lines = [json.loads(record.message) for record in caplog.records if record.name == "phi.access"]
    assert [(each["action"], each["outcome"]) for each in lines][:2] == [
        ("drill-copy", "success"),
        ("drill-compare", "success"),
    ]
    assert all(each["principal"] == PRINCIPAL for each in lines)
    assert {each["version"] for each in lines[:2]} == {version}
    assert "drill-clear" in {each["action"] for each in lines}


def test_each_region_is_asked_where_it_is(stack):
    assert stack.restoring("replica").origin.s3.meta.region_name == THERE
