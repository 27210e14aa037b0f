"""Restoring from a vault: AWS Backup puts objects into a scratch bucket, under the keys that they had.

It has no prefix to put them under, and skips what a bucket has already, so that the PHI bucket can't be scratch:
https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-s3.html
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from phi.errors import NotFoundError, PhiError, RequestRejectedError, translate_aws_errors
from phi.restore_test.bucket_access import Place
from phi.restore_test.evidence import LeftBehind, Source
from phi.restore_test.restore_source import Attempt, Patience
from phi.restore_test.sample import Version, Window
from phi.restore_test.scratch import Names, entries, take_away
from phi.store.bucket import answered_at

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

ITEMS = 5  # of a job
ENDED = frozenset({"COMPLETED", "ABORTED", "FAILED"})


@dataclass(frozen=True)
class RecoveryPoint:
    """A backup of a bucket: begun, finished: between these what is written may be in it, or not."""

    arn: str
    begun: datetime
    finished: datetime


@dataclass
class Vault:
    """role_arn: what AWS Backup restores with."""

    backup: BackupClient
    point: RecoveryPoint
    role_arn: str
    drill: str
    reference: Place
    scratch: Place
    names: Names
    patience: Patience
    source: Source = "vault"
    jobs: list[str] = field(default_factory=list)
    """Those that haven't ended."""

    def __post_init__(self) -> None:
        self.window = Window(self.point.begun, self.point.finished)
        self._empty_at: datetime | None = None
        self._asked: list[str] = []

    def prepare(self) -> tuple[int, list[LeftBehind]]:
        with translate_aws_errors("s3:ListBucket"):
            listed = self.scratch.s3.list_objects_v2(Bucket=self.scratch.bucket, MaxKeys=1)
        if listed.get("KeyCount"):
            raise RequestRejectedError(
                f"{self.scratch.bucket} holds objects, and AWS Backup would mix what it restores with them: name a "
                "bucket that is for drills alone"
            )
        self._empty_at = answered_at(listed).replace(microsecond=0)
        return 0, []

    def restore(self, drawn: Sequence[Version]) -> Iterator[Attempt]:
        for start in range(0, len(drawn), ITEMS):
            group = drawn[start : start + ITEMS]
            began = time.monotonic()
            try:
                self._run(group, f"{self.drill}-{start}")
            except PhiError as error:
                yield from (Attempt(each, error=error) for each in group)
            else:
                took = time.monotonic() - began
                yield from (Attempt(each, each.key, took) for each in group)

    def clear(self) -> list[LeftBehind]:
        """Only what has come since the bucket was seen to be empty, under the keys that were asked for.

        Or under one that begins so: AWS Backup takes an item for a folder too.
        """
        if self._empty_at is None or not self._asked:
            return []
        found = entries(self.scratch, "")
        ours = [each for each in found if each.written >= self._empty_at and each.key.startswith(tuple(self._asked))]
        _, left = take_away(self.scratch, ours, self.names)
        return [*left, *(self._under_way(job) for job in self.jobs)]

    def _run(self, group: Sequence[Version], token: str) -> None:
        """Raises RefusedError where the job fails. What AWS says of it isn't told, as it may name keys."""
        self._asked += [each.key for each in group]
        with translate_aws_errors("backup:StartRestoreJob"):
            job = self.backup.start_restore_job(
                RecoveryPointArn=self.point.arn,
                IamRoleArn=self.role_arn,
                ResourceType="S3",
                IdempotencyToken=token,
                Metadata={
                    "DestinationBucketName": self.scratch.bucket,
                    "EncryptionType": "SSE-KMS",
                    "KMSKey": self.scratch.key_arn,
                    "ItemsToRestore": json.dumps([f"s3://{self.reference.bucket}/{each.key}" for each in group]),
                },
            )["RestoreJobId"]
        self.jobs.append(job)
        self.patience.until(lambda: self._status(job) in ENDED, f"the restore job {job}")
        self.jobs.remove(job)
        if (status := self._status(job)) != "COMPLETED":
            raise RequestRejectedError(f"the restore job {job} ended in {status}; see: aws backup describe-restore-job")

    def _status(self, job: str) -> str:
        with translate_aws_errors("backup:DescribeRestoreJob"):
            return self.backup.describe_restore_job(RestoreJobId=job)["Status"]

    def _under_way(self, job: str) -> LeftBehind:
        return LeftBehind(
            bucket=self.scratch.bucket,
            object=f"what the restore job {job} restores",
            version="",
            until=None,
            hidden=False,
            why="AWS Backup can't be told to stop: see how it ends, and empty the bucket then",
        )


def newest(backup: BackupClient, vault: str, bucket_arn: str) -> RecoveryPoint:
    """The newest that is whole. Raises NotFoundError where there is none.

    A continuous one is left out: it is restored to a point in time, and isn't what the stack's plan makes.
    """
    found: list[Any] = []
    with translate_aws_errors("backup:ListRecoveryPointsByBackupVault"):
        pages = backup.get_paginator("list_recovery_points_by_backup_vault")
        for page in pages.paginate(BackupVaultName=vault, ByResourceArn=bucket_arn):
            found += page["RecoveryPoints"]
    whole = [each for each in found if each["Status"] == "COMPLETED" and ":continuous:" not in each["RecoveryPointArn"]]
    if not whole:
        raise NotFoundError(f"the vault {vault} has no finished backup of the bucket: see its backup jobs")
    last = max(whole, key=lambda each: each["CreationDate"])
    begun = last["CreationDate"]
    return RecoveryPoint(last["RecoveryPointArn"], begun, last.get("CompletionDate", begun))
