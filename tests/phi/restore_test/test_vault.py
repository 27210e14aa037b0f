"""Drills from the vault. moto has no restore jobs: AWS Backup is stubbed with the answers that its API documents, and
what a job restores is put there by the test."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber
from tests.phi.restore_test.conftest import PHI, PRINCIPAL, SCRATCH, refuse, stored

from phi.errors import AccessDeniedError, NotFoundError, RequestRejectedError
from phi.object_keys import new_key
from phi.restore_test.evidence import RestoreOutcome
from phi.restore_test.vault import RecoveryPoint, VaultRestoreSource, latest_recovery_point
from tests.phi.conftest import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/phi-test-backup-role"
POINT = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:0"
LIST = {"BackupVaultName": "vault", "ByResourceArn": f"arn:aws:s3:::{PHI}"}
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def backup(session: boto3.Session) -> Any:
    client = session.client("backup")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def point(name: str, hours: int, status: str = "COMPLETED") -> dict[str, Any]:
    begun = NOON + timedelta(hours=hours)
    arn = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:{name}"
    return {
        "RecoveryPointArn": arn,
        "Status": status,
        "CreationDate": begun,
        "CompletionDate": begun + timedelta(hours=1),
    }


def test_the_newest_whole_backup_is_taken_of_all_pages(backup):
    client, stubber = backup
    first = [point("a", 0), point("begun", 9, "CREATING"), point("partial", 8, "PARTIAL")]
    second = [point("b", 2), point("continuous:b", 7), point("c", 1)]
    stubber.add_response("list_recovery_points_by_backup_vault", {"RecoveryPoints": first, "NextToken": "t"}, LIST)
    stubber.add_response("list_recovery_points_by_backup_vault", {"RecoveryPoints": second}, LIST | {"NextToken": "t"})
    found = latest_recovery_point(client, "vault", f"arn:aws:s3:::{PHI}")
    assert found.arn.endswith(":b")
    assert (found.started, found.finished) == (NOON + timedelta(hours=2), NOON + timedelta(hours=3))


def test_without_a_backup_there_is_nothing_to_drill(backup):
    client, stubber = backup
    stubber.add_response("list_recovery_points_by_backup_vault", {"RecoveryPoints": [point("x", 1, "EXPIRED")]}, LIST)
    with pytest.raises(NotFoundError, match="no finished backup"):
        latest_recovery_point(client, "vault", f"arn:aws:s3:::{PHI}")


def test_a_vault_that_is_refused_is_told(backup):
    client, stubber = backup
    stubber.add_client_error("list_recovery_points_by_backup_vault", "AccessDeniedException", http_status_code=400)
    with pytest.raises(AccessDeniedError, match="backup:ListRecoveryPointsByBackupVault"):
        latest_recovery_point(client, "vault", f"arn:aws:s3:::{PHI}")


class Drilled:
    """A way to restore from a vault, where the test is AWS Backup."""

    def __init__(self, stack: Any, scratch: Any, backup: Any) -> None:
        client, self.stubber = backup
        self.stack, self.scratch = stack, scratch
        copies = stack.restoring(scratch=scratch)
        copies.patience.pause = lambda _: None
        now = datetime.now(UTC) + timedelta(minutes=1)  # so that what was written just now is in the backup
        self.way = VaultRestoreSource(
            client,
            RecoveryPoint(POINT, now, now),
            ROLE,
            new_key(),
            copies.reference,
            copies.scratch,
            copies.names,
            copies.patience,
        )

    def job(self, number: int, *statuses: str) -> None:
        asked = {
            "RecoveryPointArn": POINT,
            "IamRoleArn": ROLE,
            "ResourceType": "S3",
            "IdempotencyToken": ANY,
            "Metadata": {
                "DestinationBucketName": SCRATCH,
                "EncryptionType": "SSE-KMS",
                "KMSKey": self.scratch.key_arn,
                "ItemsToRestore": ANY,
            },
        }
        self.stubber.add_response("start_restore_job", {"RestoreJobId": f"job-{number}"}, asked)
        for status in statuses:
            self.stubber.add_response(
                "describe_restore_job", {"RestoreJobId": f"job-{number}", "Status": status}, {"RestoreJobId": ANY}
            )

    def restores(self, *keys: str, content: bytes = b"content", **how: Any) -> None:
        """What AWS Backup restores, once it is asked for."""
        self.asked: list[Any] = []

        def put(params: dict[str, Any], **_: Any) -> None:
            self.asked.append(json.loads(params["Metadata"]["ItemsToRestore"]))
            for key in keys:
                self.stack.s3.put_object(Bucket=SCRATCH, Key=key, Body=content, **how)

        self.way.backup.meta.events.register_first("provide-client-params.backup.StartRestoreJob", put)


@pytest.fixture
def drilled(stack: Any, scratch: Any, backup: Any) -> Drilled:
    return Drilled(stack, scratch, backup)


def test_objects_are_restored_to_scratch_compared_and_taken_away(stack, drilled):
    stack.put("record", b"earlier")
    version = stack.put("record", b"content")
    drilled.job(1, "PENDING", "RUNNING", "COMPLETED", "COMPLETED")
    drilled.restores("record")
    evidence = stack.drill(drilled.way)
    assert evidence.passed, evidence.why
    assert (evidence.source, evidence.scratch_bucket, evidence.principal) == ("vault", SCRATCH, PRINCIPAL)
    assert [each.version for each in evidence.objects] == [version]
    assert drilled.asked == [[f"s3://{PHI}/record"]]
    assert evidence.estimated_full_restore_hours is None
    assert "AWS Backup restores a bucket in one job" in evidence.estimate_basis
    assert evidence.left_behind == ()
    assert stack.left(SCRATCH, "") == ([], [])


def test_no_job_has_more_items_than_five(stack, drilled):
    keys = [f"record-{number}" for number in range(7)]
    for key in keys:
        stack.put(key, b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.job(2, "COMPLETED", "COMPLETED")
    drilled.restores(*keys)
    assert stack.drill(drilled.way, objects=10).restored == 7
    assert [len(items) for items in drilled.asked] == [5, 2]


@pytest.mark.parametrize("status", ["FAILED", "ABORTED"])
def test_a_job_that_fails_is_told(stack, drilled, status):
    stack.put("record", b"content")
    drilled.job(1, status, status)
    evidence = stack.drill(drilled.way)
    assert not evidence.passed
    assert f"job-1 ended in {status}" in evidence.objects[0].why


def test_a_job_that_is_done_without_the_object_is_a_failure(stack, drilled):
    """AWS Backup calls a job completed though it has skipped objects."""
    stack.put("record", b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    evidence = stack.drill(drilled.way)
    assert not evidence.passed
    assert "there is none" in evidence.objects[0].why


def test_other_content_is_a_failure(stack, drilled):
    stack.put("record", b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.restores("record", content=b"CONTENT")
    assert "by their SHA-256" in stack.drill(drilled.way).objects[0].why


def test_another_key_is_a_failure(stack, drilled):
    stack.put("record", b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.restores("record", ServerSideEncryption="aws:kms", SSEKMSKeyId=stack.outputs.phi_key_arn)
    assert "isn't encrypted with the key" in stack.drill(drilled.way).objects[0].why


def test_a_job_that_takes_longer_than_the_objective_is_told_as_under_way(stack, drilled):
    stack.put("record", b"content")
    times = iter([0.0, 1.0, 2.0, 1e9, 1e9, 1e9])
    drilled.way.patience = type(drilled.way.patience)(3600, lambda _: None, lambda: next(times))
    drilled.job(1, "RUNNING", "RUNNING")
    evidence = stack.drill(drilled.way)
    assert not evidence.passed
    assert "isn't done within the objective" in evidence.objects[0].why
    [left] = evidence.left_behind
    assert "job-1" in left.object
    assert "can't be told to stop" in left.why


def test_an_interrupt_leaves_nothing_but_what_is_told(stack, drilled):
    stack.put("record", b"content")
    drilled.job(1, "RUNNING")
    drilled.restores("record")

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    drilled.way.patience.pause = interrupt
    evidence, error = stack.kept(drilled.way)
    assert isinstance(error, KeyboardInterrupt)
    assert not evidence.passed
    assert evidence.objects[0].outcome is RestoreOutcome.NOT_TRIED
    assert ["job-1" in each.object for each in evidence.left_behind] == [True]
    assert stack.left(SCRATCH, "") == ([], [])


def test_a_job_that_may_not_be_started_is_told(stack, drilled):
    stack.put("record", b"content")
    drilled.stubber.add_client_error("start_restore_job", "AccessDeniedException", http_status_code=400)
    assert "backup:StartRestoreJob: AWS refuses it" in stack.drill(drilled.way).objects[0].why


def test_a_bucket_that_holds_something_is_no_scratch_and_stays_as_it_is(stack, drilled):
    stack.put("record", b"content")
    stack.s3.put_object(Bucket=SCRATCH, Key="of somebody else", Body=b"x")
    evidence, error = stack.kept(drilled.way)
    assert isinstance(error, RequestRejectedError)
    assert "holds objects" in evidence.why[0]
    assert [each["Key"] for each in stack.left(SCRATCH, "")[0]] == ["of somebody else"]


def test_a_bucket_that_cant_be_looked_into_stays_as_it_is(stack, drilled):
    stack.s3.put_object(Bucket=SCRATCH, Key="of somebody else", Body=b"x")
    refuse(drilled.way.scratch.s3, "ListObjectsV2")
    _, error = stack.kept(drilled.way)
    assert isinstance(error, AccessDeniedError)
    assert [each["Key"] for each in stack.left(SCRATCH, "")[0]] == ["of somebody else"]


def test_what_was_there_deleted_before_stays_as_it_is(stack, drilled):
    kept = stack.s3.put_object(Bucket=SCRATCH, Key="record", Body=b"x")["VersionId"]
    stack.s3.delete_object(Bucket=SCRATCH, Key="record")
    for each in stored(SCRATCH, "record"):
        each.last_modified -= timedelta(hours=1)
    stack.put("record", b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.restores("record")
    assert stack.drill(drilled.way).passed
    assert [each["VersionId"] for each in stack.left(SCRATCH, "")[0]] == [kept]


def test_what_others_put_there_meanwhile_stays_as_it_is(stack, drilled):
    stack.put("record", b"content")
    drilled.job(1, "COMPLETED", "COMPLETED")
    drilled.restores("record", "of somebody else")
    assert stack.drill(drilled.way).passed
    assert [each["Key"] for each in stack.left(SCRATCH, "")[0]] == ["of somebody else"]


def test_keys_of_failed_jobs_are_told_nowhere(stack, drilled, caplog):
    stack.put("MRN-123456", b"content")
    drilled.job(1, "FAILED", "FAILED")
    evidence = stack.drill(drilled.way)
    ours = [record.message for record in caplog.records if record.name != "werkzeug"]
    assert "MRN" not in evidence.model_dump_json() + "".join(ours)
