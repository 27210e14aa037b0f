"""Restoring from a backup vault: AWS Backup restores objects to a scratch bucket, under their original keys.

It can't add a prefix to the keys and skips objects that already exist, so the PHI bucket can't be the scratch bucket:
https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-s3.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import NotFoundError, PhiError, RequestRejectedError
from phi_buckets.restore_test.bucket_access import RestoreTestBucket
from phi_buckets.restore_test.evidence import Leftover, SourceKind
from phi_buckets.restore_test.restore_source import Deadline, RestoreAttempt
from phi_buckets.restore_test.sample import Version, Window
from phi_buckets.restore_test.scratch import Pseudonyms, delete_entries, list_entries
from phi_buckets.store.bucket import response_time

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

MAX_ITEMS_PER_JOB = 5  # AWS Backup's limit for ItemsToRestore
FINAL_STATUSES = frozenset({"COMPLETED", "ABORTED", "FAILED"})


@dataclass(frozen=True)
class RecoveryPoint:
    """A backup of a bucket. It may or may not contain a version that was written between `started` and `finished`."""

    arn: str
    started: datetime
    finished: datetime


@dataclass
class VaultRestoreSource:
    """A RestoreSource that restores a recovery point of AWS Backup.

    Attributes:
        role_arn: The role that AWS Backup restores with.
        running_jobs: The IDs of the restore jobs that haven't ended.
    """

    backup: BackupClient
    recovery_point: RecoveryPoint
    role_arn: str
    test_id: str
    reference: RestoreTestBucket
    scratch: RestoreTestBucket
    pseudonyms: Pseudonyms
    deadline: Deadline
    source: SourceKind = "vault"
    running_jobs: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.window = Window(self.recovery_point.started, self.recovery_point.finished)
        self._empty_at: datetime | None = None
        self._requested_keys: list[str] = []

    def prepare(self) -> tuple[int, list[Leftover]]:
        """Check that the scratch bucket is empty. Raise RequestRejectedError if it isn't."""
        with translate_aws_errors("s3:ListBucket"):
            listing = self.scratch.s3.list_objects_v2(Bucket=self.scratch.bucket, MaxKeys=1)
        if listing.get("KeyCount"):
            raise RequestRejectedError(
                f"{self.scratch.bucket} contains objects, which AWS Backup would mix with the restored ones: empty it, "
                "or use a bucket that is reserved for restore tests"
            )
        self._empty_at = response_time(listing).replace(microsecond=0)
        return 0, []

    def restore(self, versions: Sequence[Version]) -> Iterator[RestoreAttempt]:
        for index in range(0, len(versions), MAX_ITEMS_PER_JOB):
            batch = versions[index : index + MAX_ITEMS_PER_JOB]
            start = time.monotonic()
            try:
                self._run_job(batch, f"{self.test_id}-{index}")
            except PhiError as error:
                yield from (RestoreAttempt(version, error=error) for version in batch)
            else:
                seconds = time.monotonic() - start
                yield from (RestoreAttempt(version, version.key, seconds) for version in batch)

    def clean_up(self) -> list[Leftover]:
        """Delete what was written under the requested keys since `prepare` found the bucket empty.

        That includes keys that begin with a requested key: AWS Backup also treats an item as a folder.
        """
        if self._empty_at is None or not self._requested_keys:
            return []
        restored = [
            entry
            for entry in list_entries(self.scratch, "")
            if entry.written >= self._empty_at and entry.key.startswith(tuple(self._requested_keys))
        ]
        _, leftovers = delete_entries(self.scratch, restored, self.pseudonyms)
        return [*leftovers, *(self._running_job_leftover(job) for job in self.running_jobs)]

    def _run_job(self, versions: Sequence[Version], idempotency_token: str) -> None:
        """Run a restore job until it ends.

        Raises:
            RequestRejectedError: The job failed. AWS Backup's own message is left out: it may contain object keys.
        """
        self._requested_keys += [version.key for version in versions]
        items = [f"s3://{self.reference.bucket}/{version.key}" for version in versions]
        with translate_aws_errors("backup:StartRestoreJob"):
            job = self.backup.start_restore_job(
                RecoveryPointArn=self.recovery_point.arn,
                IamRoleArn=self.role_arn,
                ResourceType="S3",
                IdempotencyToken=idempotency_token,
                Metadata={
                    "DestinationBucketName": self.scratch.bucket,
                    "EncryptionType": "SSE-KMS",
                    "KMSKey": self.scratch.key_arn,
                    "ItemsToRestore": json.dumps(items),
                },
            )["RestoreJobId"]
        self.running_jobs.append(job)
        self.deadline.wait_until(lambda: self._status(job) in FINAL_STATUSES, f"the restore job {job}")
        self.running_jobs.remove(job)
        if (status := self._status(job)) != "COMPLETED":
            raise RequestRejectedError(
                f"the restore job {job} ended with the status {status}; for details run: "
                f"aws backup describe-restore-job --restore-job-id {job}"
            )

    def _status(self, job: str) -> str:
        with translate_aws_errors("backup:DescribeRestoreJob"):
            return self.backup.describe_restore_job(RestoreJobId=job)["Status"]

    def _running_job_leftover(self, job: str) -> Leftover:
        return Leftover(
            bucket=self.scratch.bucket,
            object=f"objects that the restore job {job} restores",
            version_id="",
            locked_until=None,
            hidden_by_delete_marker=False,
            reason="AWS Backup can't cancel a restore job: wait until it ends, then empty the bucket",
        )


def latest_recovery_point(backup: BackupClient, vault: str, bucket_arn: str) -> RecoveryPoint:
    """Return the latest completed recovery point of a bucket.

    Continuous backups are left out: they restore to a point in time, and the stack's backup plan makes none.

    Raises:
        NotFoundError: The vault has no completed recovery point of the bucket.
    """
    recovery_points: list[Any] = []
    with translate_aws_errors("backup:ListRecoveryPointsByBackupVault"):
        paginator = backup.get_paginator("list_recovery_points_by_backup_vault")
        for page in paginator.paginate(BackupVaultName=vault, ByResourceArn=bucket_arn):
            recovery_points += page["RecoveryPoints"]
    completed = [
        recovery_point
        for recovery_point in recovery_points
        if recovery_point["Status"] == "COMPLETED" and ":continuous:" not in recovery_point["RecoveryPointArn"]
    ]
    if not completed:
        raise NotFoundError(f"the vault {vault} has no completed backup of the bucket: check its backup jobs")
    latest = max(completed, key=lambda recovery_point: recovery_point["CreationDate"])
    started = latest["CreationDate"]
    return RecoveryPoint(latest["RecoveryPointArn"], started, latest.get("CompletionDate", started))
