"""Restore tests from the vault.

Moto has no restore jobs. AWS Backup is stubbed with the responses that its API documents, and the test writes the
objects that a job would restore.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from phi_buckets.errors import AccessDeniedError, NotFoundError, RequestRejectedError
from phi_buckets.restore_test.evidence import RestoreOutcome
from phi_buckets.restore_test.vault import latest_recovery_point
from tests.phi_buckets.emulated_account import ACCOUNT, REGION
from tests.phi_buckets.restore_test.harness import PHI, PRINCIPAL, SCRATCH, fail_calls, moto_versions

BUCKET_ARN = f"arn:aws:s3:::{PHI}"
LIST_PARAMETERS = {"BackupVaultName": "vault", "ByResourceArn": BUCKET_ARN}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def make_recovery_point(name: str, hours: int, status: str = "COMPLETED") -> dict[str, Any]:
    """Return a recovery point that was started some hours after noon and took an hour."""
    started = NOON + timedelta(hours=hours)
    return {
        "RecoveryPointArn": f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:{name}",
        "Status": status,
        "CreationDate": started,
        "CompletionDate": started + timedelta(hours=1),
    }


def add_pages(stubber: Any, *pages: list[dict[str, Any]]) -> None:
    """Stub the listing of recovery points with these pages."""
    for number, page in enumerate(pages):
        token = {"NextToken": "t"} if number < len(pages) - 1 else {}
        parameters = LIST_PARAMETERS | ({"NextToken": "t"} if number else {})
        stubber.add_response("list_recovery_points_by_backup_vault", {"RecoveryPoints": page} | token, parameters)


def scratch_keys(stack: Any) -> list[str]:
    versions, _ = stack.list_versions(SCRATCH, "")
    return [version["Key"] for version in versions]


def test_latest_recovery_point_is_the_newest_completed_one_of_all_pages(backup):
    client, stubber = backup
    add_pages(
        stubber,
        [
            make_recovery_point("a", 0),
            make_recovery_point("running", 9, "CREATING"),
            make_recovery_point("partial", 8, "PARTIAL"),
        ],
        [make_recovery_point("b", 2), make_recovery_point("continuous:b", 7), make_recovery_point("c", 1)],
    )
    latest = latest_recovery_point(client, "vault", BUCKET_ARN)
    assert latest.arn.endswith(":b")
    assert (latest.started, latest.finished) == (NOON + timedelta(hours=2), NOON + timedelta(hours=3))


def test_latest_recovery_point_without_completed_backup_raises(backup):
    client, stubber = backup
    add_pages(stubber, [make_recovery_point("x", 1, "EXPIRED")])
    with pytest.raises(NotFoundError, match="no completed backup"):
        latest_recovery_point(client, "vault", BUCKET_ARN)


def test_latest_recovery_point_raises_if_the_listing_is_denied(backup):
    client, stubber = backup
    stubber.add_client_error("list_recovery_points_by_backup_vault", "AccessDeniedException", http_status_code=400)
    with pytest.raises(AccessDeniedError, match="backup:ListRecoveryPointsByBackupVault"):
        latest_recovery_point(client, "vault", BUCKET_ARN)


def test_objects_are_restored_to_scratch_verified_and_deleted(stack, vault):
    stack.put("record", b"earlier")
    version = stack.put("record", b"content")
    vault.expect_job(1, "PENDING", "RUNNING", "COMPLETED", "COMPLETED")
    vault.restore_on_start("record")
    evidence = stack.run_test(vault.source)
    assert evidence.passed, evidence.failure_reasons
    assert (evidence.source, evidence.scratch_bucket, evidence.principal) == ("vault", SCRATCH, PRINCIPAL)
    assert [record.version_id for record in evidence.objects] == [version]
    assert vault.requested_items == [[f"s3://{PHI}/record"]]
    assert evidence.estimated_full_restore_hours is None
    assert "AWS Backup restores a whole bucket in one job" in evidence.estimate_basis
    assert evidence.leftovers == ()
    assert stack.list_versions(SCRATCH, "") == ([], [])


def test_restore_job_has_at_most_five_items(stack, vault):
    keys = [f"record-{number}" for number in range(7)]
    for key in keys:
        stack.put(key, b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.expect_job(2, "COMPLETED", "COMPLETED")
    vault.restore_on_start(*keys)
    assert stack.run_test(vault.source, objects=10).restored == 7
    assert [len(items) for items in vault.requested_items] == [5, 2]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_unsuccessful_job_fails_its_objects(stack, vault, status):
    stack.put("record", b"content")
    vault.expect_job(1, status, status)
    evidence = stack.run_test(vault.source)
    assert not evidence.passed
    assert f"job-1 ended with the status {status}" in evidence.objects[0].reason


def test_object_that_a_completed_job_skipped_fails(stack, vault):
    """AWS Backup reports a job as completed even if it skipped objects."""
    stack.put("record", b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    evidence = stack.run_test(vault.source)
    assert not evidence.passed
    assert "not found" in evidence.objects[0].reason


def test_restored_object_with_other_content_fails(stack, vault):
    stack.put("record", b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.restore_on_start("record", content=b"CONTENT")
    assert "differ in their SHA-256" in stack.run_test(vault.source).objects[0].reason


def test_restored_object_encrypted_with_another_key_fails(stack, vault):
    stack.put("record", b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.restore_on_start("record", ServerSideEncryption="aws:kms", SSEKMSKeyId=stack.outputs.phi_key_arn)
    assert "isn't encrypted with the required KMS key" in stack.run_test(vault.source).objects[0].reason


def test_job_longer_than_the_rto_is_reported_as_a_leftover(stack, vault):
    stack.put("record", b"content")
    times = iter([0.0, 1.0, 2.0, 1e9, 1e9, 1e9])
    vault.source.deadline = type(vault.source.deadline)(3600, lambda _: None, lambda: next(times))
    vault.expect_job(1, "RUNNING", "RUNNING")
    evidence = stack.run_test(vault.source)
    assert not evidence.passed
    assert "didn't finish within the RTO" in evidence.objects[0].reason
    [leftover] = evidence.leftovers
    assert "job-1" in leftover.object
    assert "can't cancel a restore job" in leftover.reason


def test_interrupt_deletes_restored_objects_and_reports_the_running_job(stack, vault):
    stack.put("record", b"content")
    vault.expect_job(1, "RUNNING")
    vault.restore_on_start("record")

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    vault.source.deadline.sleep = interrupt
    evidence, error = stack.run_and_catch(vault.source)
    assert isinstance(error, KeyboardInterrupt)
    assert not evidence.passed
    assert evidence.objects[0].outcome is RestoreOutcome.NOT_TRIED
    assert ["job-1" in leftover.object for leftover in evidence.leftovers] == [True]
    assert stack.list_versions(SCRATCH, "") == ([], [])


def test_denied_job_fails_its_objects(stack, vault):
    stack.put("record", b"content")
    vault.stubber.add_client_error("start_restore_job", "AccessDeniedException", http_status_code=400)
    assert "backup:StartRestoreJob: AWS denied access" in stack.run_test(vault.source).objects[0].reason


def test_scratch_bucket_with_objects_is_rejected_and_unchanged(stack, vault):
    stack.put("record", b"content")
    stack.s3.put_object(Bucket=SCRATCH, Key="other object", Body=b"x")
    evidence, error = stack.run_and_catch(vault.source)
    assert isinstance(error, RequestRejectedError)
    assert "contains objects" in evidence.failure_reasons[0]
    assert scratch_keys(stack) == ["other object"]


def test_scratch_bucket_that_cannot_be_listed_is_unchanged(stack, vault):
    stack.s3.put_object(Bucket=SCRATCH, Key="other object", Body=b"x")
    fail_calls(vault.source.scratch.s3, "ListObjectsV2")
    _, error = stack.run_and_catch(vault.source)
    assert isinstance(error, AccessDeniedError)
    assert scratch_keys(stack) == ["other object"]


def test_versions_deleted_before_the_test_are_unchanged(stack, vault):
    earlier_version = stack.s3.put_object(Bucket=SCRATCH, Key="record", Body=b"x")["VersionId"]
    stack.s3.delete_object(Bucket=SCRATCH, Key="record")
    for moto_version in moto_versions(SCRATCH, "record"):
        moto_version.last_modified -= timedelta(hours=1)
    stack.put("record", b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.restore_on_start("record")
    assert stack.run_test(vault.source).passed
    versions, _ = stack.list_versions(SCRATCH, "")
    assert [version["VersionId"] for version in versions] == [earlier_version]


def test_other_objects_written_during_the_test_are_unchanged(stack, vault):
    stack.put("record", b"content")
    vault.expect_job(1, "COMPLETED", "COMPLETED")
    vault.restore_on_start("record", "other object")
    assert stack.run_test(vault.source).passed
    assert scratch_keys(stack) == ["other object"]


def test_object_keys_of_failed_jobs_appear_neither_in_evidence_nor_in_logs(stack, vault, caplog):
    stack.put("MRN-123456", b"content")
    vault.expect_job(1, "FAILED", "FAILED")
    evidence = stack.run_test(vault.source)
    messages = [record.message for record in caplog.records if record.name != "werkzeug"]
    assert "MRN" not in evidence.model_dump_json() + "".join(messages)
