"""Restoring from versions in the bucket itself or in its replica: S3 copies them to the scratch bucket."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.s3.transfer import TransferConfig
from s3transfer.exceptions import S3CopyFailedError

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import AccessDeniedError, IntegrityError, PhiError, RequestRejectedError
from phi_buckets.object_keys import is_opaque_id, new_key
from phi_buckets.restore_test.bucket_access import RestoreTestBucket
from phi_buckets.restore_test.evidence import Leftover, SourceKind
from phi_buckets.restore_test.restore_source import Deadline, RestoreAttempt
from phi_buckets.restore_test.sample import SCRATCH_PREFIX, Version, Window
from phi_buckets.restore_test.scratch import Pseudonyms, ScratchEntry, delete_entries, list_entries

GIB = 1024**3
MAX_COPY_BYTES = 5 * GIB  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
PART_BYTES = GIB
LOCK_DURATION = timedelta(days=1)


@dataclass
class CopyRestoreSource:
    """A RestoreSource that copies versions within S3.

    Attributes:
        origin: The bucket to copy from. Version IDs are the same in a replica:
            https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html
        replica: The bucket that S3 replicates the scratch objects to, if any.
        max_copy_bytes: The largest size to copy with one request; larger objects are copied in parts.
    """

    source: SourceKind
    test_id: str
    origin: RestoreTestBucket
    reference: RestoreTestBucket
    scratch: RestoreTestBucket
    pseudonyms: Pseudonyms
    deadline: Deadline
    window: Window = field(default_factory=Window)
    replica: RestoreTestBucket | None = None
    max_copy_bytes: int = MAX_COPY_BYTES
    part_bytes: int = PART_BYTES

    def prepare(self) -> tuple[int, list[Leftover]]:
        """Delete the leftovers of earlier tests whose lock has expired.

        Newer copies may belong to a test that is still running.
        """
        expired_before = datetime.now(UTC) - LOCK_DURATION
        deleted, leftovers = 0, list[Leftover]()
        for bucket in [self.scratch, *([self.replica] if self.replica else [])]:
            earlier = [
                entry
                for entry in list_entries(bucket, SCRATCH_PREFIX)
                if entry.written < expired_before and _is_test_key(entry.key)
            ]
            bucket_deleted, bucket_leftovers = delete_entries(bucket, earlier, self.pseudonyms)
            deleted, leftovers = deleted + bucket_deleted, leftovers + bucket_leftovers
        return deleted, leftovers

    def restore(self, versions: Sequence[Version]) -> Iterator[RestoreAttempt]:
        """Restore the versions, archived ones last: S3 retrieves them in the meantime.

        With malware protection, a copy can't be read until it is scanned. GuardDuty scans several at a time, so all
        copies are made first.
        """
        archived: set[Version] = set()
        for version in versions:
            with suppress(PhiError):  # the copy will raise it again
                if self._retrieval_pending(version):
                    archived.add(version)
        ordered = sorted(versions, key=archived.__contains__)
        attempts = (self._attempt(version, version in archived) for version in ordered)
        if self.scratch.malware_protection:
            yield from map(self._wait_for_scan, list(attempts))
        else:
            yield from attempts

    def clean_up(self) -> list[Leftover]:
        """Delete this test's copies. Return what remains, including the replicas that S3 makes of them."""
        entries = list_entries(self.scratch, f"{SCRATCH_PREFIX}{self.test_id}/")
        _, leftovers = delete_entries(self.scratch, entries, self.pseudonyms)
        return [*leftovers, *self._replica_leftovers(entries, leftovers)]

    def _attempt(self, version: Version, archived: bool) -> RestoreAttempt:
        key = new_key(f"{SCRATCH_PREFIX}{self.test_id}")
        try:
            if archived:
                self.deadline.wait_until(lambda: not self._retrieval_pending(version), "the retrieval from the archive")
            start = time.monotonic()
            with self.origin.log_access("restore-test-copy", version.key) as access:
                access.version = version.id
                self._copy(version, key)
        except PhiError as error:
            return RestoreAttempt(version, error=error)
        return RestoreAttempt(version, key, time.monotonic() - start)

    def _wait_for_scan(self, attempt: RestoreAttempt) -> RestoreAttempt:
        if attempt.error is not None:
            return attempt
        try:
            self.deadline.wait_until(lambda: self.scratch.is_scanned(attempt.key), "the malware scan of the copy")
        except PhiError as error:
            return replace(attempt, error=error)
        return attempt

    def _retrieval_pending(self, version: Version) -> bool:
        buckets = [self.origin, *([self.reference] if self.reference != self.origin else [])]
        # A list, not a generator: each call may start a retrieval, so every bucket has to be checked.
        pending = [bucket.retrieval_pending(version.key, version.id) for bucket in buckets]
        return any(pending)

    def _copy(self, version: Version, key: str) -> None:
        """Copy a version with the shortest possible lock, or with the bucket's default lock if that is refused."""
        lock = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + LOCK_DURATION}
        try:
            self._copy_with_lock(version, key, lock)
        except (AccessDeniedError, RequestRejectedError):
            try:
                self._copy_with_lock(version, key, {})
            except AccessDeniedError as denied:
                raise self.origin.explain_denial(version.key, version.id, denied) from None

    def _copy_with_lock(self, version: Version, key: str, lock: dict[str, Any]) -> None:
        """Copy a version's content, without its metadata and tags: S3 doesn't encrypt them."""
        with translate_aws_errors("s3:GetObjectVersion or s3:PutObject"):
            try:
                self.scratch.s3.copy(
                    {"Bucket": self.origin.bucket, "Key": version.key, "VersionId": version.id},
                    self.scratch.bucket,
                    key,
                    ExtraArgs={
                        "ServerSideEncryption": "aws:kms",
                        "SSEKMSKeyId": self.scratch.key_arn,
                        "ChecksumAlgorithm": "SHA256",
                        "MetadataDirective": "REPLACE",
                        "TaggingDirective": "REPLACE",
                        **lock,
                    },
                    SourceClient=self.origin.s3,
                    Config=TransferConfig(multipart_threshold=self.max_copy_bytes, multipart_chunksize=self.part_bytes),
                )
            except S3CopyFailedError:  # its message contains the object key
                raise IntegrityError("the version changed while it was copied") from None

    def _replica_leftovers(self, entries: Sequence[ScratchEntry], leftovers: Sequence[Leftover]) -> list[Leftover]:
        """Return a leftover for the replicas of the scratch objects: replication doesn't delete versions."""
        if not (self.replica and entries):
            return []
        return [
            Leftover(
                bucket=self.replica.bucket,
                object="replicas of all objects that this test restored",
                version_id="",
                locked_until=max(
                    (leftover.locked_until for leftover in leftovers if leftover.locked_until), default=None
                ),
                hidden_by_delete_marker=False,
                reason="S3 replicates the scratch objects; the next restore test deletes them once their lock ends",
            )
        ]


def _is_test_key(key: str) -> bool:
    """Return whether a restore test made this key, as opposed to another user of the prefix."""
    return all(map(is_opaque_id, key.removeprefix(SCRATCH_PREFIX).split("/")))
