"""Setup of a restore test from a stack's outputs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import ConfigurationError
from phi_buckets.restore_test.bucket_access import RestoreTestBucket, default_kms_key
from phi_buckets.restore_test.copies import CopyRestoreSource
from phi_buckets.restore_test.evidence import SourceKind
from phi_buckets.restore_test.permissions import ScratchBucket
from phi_buckets.restore_test.restore_source import Deadline, RestoreSource
from phi_buckets.restore_test.sample import Window
from phi_buckets.restore_test.scratch import Pseudonyms
from phi_buckets.restore_test.vault import RecoveryPoint, VaultRestoreSource, latest_recovery_point
from phi_buckets.stack.outputs import Outputs
from phi_buckets.store.bucket import create_client
from phi_buckets.user_references import check_user_reference

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

MAX_CONCURRENCY = 10  # parts of a multipart copy
REPLICATION_LAG = timedelta(minutes=15)  # guaranteed by S3 Replication Time Control


@dataclass(frozen=True)
class RestoreTestSession:
    """The credentials, their principal and the stack's outputs.

    Attributes:
        outputs: With the one PHI bucket whose versions are restored.
        user_reference: The opaque reference of the person who runs the test, for the access log.
    """

    boto: boto3.Session
    principal: str
    outputs: Outputs
    user_reference: str | None = None
    _s3: dict[str, Any] = field(default_factory=dict, repr=False)

    def s3(self, region: str) -> Any:
        if region not in self._s3:
            self._s3[region] = create_client(self.boto, region, MAX_CONCURRENCY)
        return self._s3[region]

    @property
    def backup(self) -> BackupClient:
        create: Callable[..., BackupClient] = self.boto.client
        return create("backup", region_name=self.outputs.region)

    def bucket(self, name: str, key_arn: str, region: str | None = None) -> RestoreTestBucket:
        s3 = self.s3(region or self.outputs.region)
        is_scanned = self.outputs.malware_protection and name in self.outputs.bucket_regions
        return RestoreTestBucket(s3, name, key_arn, lambda: self.principal, self.user_reference, is_scanned)


def check_options(outputs: Outputs, source: SourceKind, scratch_bucket: str | None) -> None:
    """Check that the stack has the source, and that the source supports the scratch bucket.

    Raises:
        ConfigurationError: Lists every problem.
    """
    errors: list[str] = []
    if source == "replica" and not outputs.phi_bucket().replica_bucket_name:
        errors.append("the stack has no replica: set phi:replicaRegion, or use another --source")
    if source == "vault" and not (outputs.backup_vault_name and outputs.backup_role_arn):
        errors.append("the stack has no backup vault: set phi:backupEnabled, or use another --source")
    if source == "vault" and not scratch_bucket:
        errors.append(
            "--source vault requires --scratch-bucket: AWS Backup restores objects under their own keys and skips "
            "those that already exist. Use an empty, versioned bucket with its own KMS key and the same access "
            "restrictions as the PHI bucket"
        )
    if scratch_bucket in outputs.bucket_regions:
        errors.append(
            "--scratch-bucket must not be a bucket of the stack: omit the option to restore to the PHI bucket"
        )
    if errors:
        raise ConfigurationError("; ".join(errors))


def open_session(boto: boto3.Session, outputs: Outputs, user_reference: str | None = None) -> RestoreTestSession:
    """Return a session for the stack's account.

    Raises:
        IdentifyingValueError: The user reference may identify the person.
        ConfigurationError: The credentials belong to another account.
        AccessDeniedError: There are no valid credentials.
    """
    if user_reference is not None:
        user_reference = check_user_reference(user_reference)
    with translate_aws_errors("sts:GetCallerIdentity"):
        identity = boto.client("sts", region_name=outputs.region).get_caller_identity()
    if identity["Account"] != outputs.account:
        raise ConfigurationError(
            f"the credentials belong to account {identity['Account']}, but the stack is in {outputs.account}: "
            "assume the role for restore tests in that account"
        )
    return RestoreTestSession(boto, identity["Arn"], outputs, user_reference)


def find_scratch_bucket(session: RestoreTestSession, bucket: str) -> ScratchBucket:
    """Return a scratch bucket with its KMS key.

    Raises:
        RequestRejectedError: The bucket isn't encrypted with a customer managed key by default.
    """
    s3 = session.s3(session.outputs.region)
    return ScratchBucket(bucket, default_kms_key(s3, bucket, session.outputs.account))


def restore_source(
    session: RestoreTestSession,
    source: SourceKind,
    scratch: ScratchBucket | None,
    *,
    test_id: str,
    rto_hours: float,
    pseudonyms: Pseudonyms,
) -> RestoreSource:
    """Return the source of a restore test.

    Args:
        session: The session for the stack's account.
        source: What to restore from.
        scratch: The bucket to restore to; None for the PHI bucket.
        test_id: The ID of the test, part of the keys of its copies.
        rto_hours: The maximum time to wait for AWS.
        pseudonyms: Replace the object keys in the evidence.

    Raises:
        NotFoundError: The vault has no backup of the bucket.
    """
    outputs = session.outputs
    phi_bucket = session.bucket(outputs.phi_bucket().phi_bucket_name, outputs.phi_key_arn)
    scratch_bucket = session.bucket(scratch.bucket, scratch.key_arn) if scratch else phi_bucket
    deadline = Deadline(rto_hours * 3600)
    if source == "vault":
        role_arn, recovery_point = _latest_backup(session)
        return VaultRestoreSource(
            session.backup, recovery_point, role_arn, test_id, phi_bucket, scratch_bucket, pseudonyms, deadline
        )
    replica = None
    if replica_bucket := outputs.phi_bucket().replica_bucket_name:
        replica = session.bucket(replica_bucket, outputs.phi_key_arn, outputs.replica_region)
    return CopyRestoreSource(
        source,
        test_id,
        origin=replica if source == "replica" and replica else phi_bucket,
        reference=phi_bucket,
        scratch=scratch_bucket,
        pseudonyms=pseudonyms,
        deadline=deadline,
        window=Window(datetime.now(UTC) - REPLICATION_LAG) if source == "replica" else Window(),
        replica=None if scratch else replica,
    )


def _latest_backup(session: RestoreTestSession) -> tuple[str, RecoveryPoint]:
    """Return the ARN of the role that restores backups, and the latest backup of the PHI bucket."""
    outputs = session.outputs
    assert outputs.backup_vault_name
    assert outputs.backup_role_arn
    bucket_arn = f"arn:{outputs.partition}:s3:::{outputs.phi_bucket().phi_bucket_name}"
    return outputs.backup_role_arn, latest_recovery_point(session.backup, outputs.backup_vault_name, bucket_arn)
