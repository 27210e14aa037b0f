"""From a stack's outputs to a way to restore."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3

from phi.errors import ConfigurationError, translate_aws_errors
from phi.restore_test.bucket_access import Place, default_key
from phi.restore_test.copies import Copies
from phi.restore_test.evidence import Source
from phi.restore_test.permissions import Scratch
from phi.restore_test.restore_source import Patience, Restoring
from phi.restore_test.sample import Window
from phi.restore_test.scratch import Names
from phi.restore_test.vault import RecoveryPoint, Vault, newest
from phi.stack.outputs import Outputs
from phi.store.bucket import client_of

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient

AT_ONCE = 10  # of the parts of a copy
REPLICATED_WITHIN = timedelta(minutes=15)  # by replication time control


@dataclass(frozen=True)
class Session:
    """Whose credentials they are, and where the stack is."""

    boto: boto3.Session
    principal: str
    outputs: Outputs
    _s3: dict[str, Any] = field(default_factory=dict, repr=False)

    def s3(self, region: str) -> Any:
        if region not in self._s3:
            self._s3[region] = client_of(self.boto, region, AT_ONCE)
        return self._s3[region]

    @property
    def backup(self) -> BackupClient:
        make: Callable[..., BackupClient] = self.boto.client
        return make("backup", region_name=self.outputs.region)

    def place(self, bucket: str, key_arn: str, region: str | None = None) -> Place:
        return Place(self.s3(region or self.outputs.region), bucket, key_arn, lambda: self.principal)


def check(outputs: Outputs, source: Source, scratch_bucket: str | None) -> None:
    """Raises ConfigurationError, with every fault, for what the stack hasn't got or the source can't do."""
    faults: list[str] = []
    if source == "replica" and not outputs.replica_bucket_name:
        faults.append("the stack has no replica: set phi:replicaRegion, or drill another --source")
    if source == "vault" and not (outputs.backup_vault_name and outputs.backup_role_arn):
        faults.append("the stack has no vault: set phi:backupEnabled, or drill another --source")
    if source == "vault" and not scratch_bucket:
        faults.append(
            "--source vault needs --scratch-bucket: AWS Backup restores objects under their own keys, and skips those "
            "that a bucket has. Name an empty, versioned one, as closed as the PHI bucket, with a key of its own"
        )
    if scratch_bucket in (outputs.phi_bucket_name, outputs.replica_bucket_name) and scratch_bucket:
        faults.append("--scratch-bucket must be another than the stack's own: leave it out for the PHI bucket")
    if faults:
        raise ConfigurationError("; ".join(faults))


def enter(boto: boto3.Session, outputs: Outputs) -> Session:
    """Raises ConfigurationError for credentials of another account, AccessDeniedError where there are none."""
    with translate_aws_errors("sts:GetCallerIdentity"):
        who = boto.client("sts", region_name=outputs.region).get_caller_identity()
    if who["Account"] != outputs.account:
        raise ConfigurationError(
            f"the credentials are of account {who['Account']} and the stack is in {outputs.account}: take the role "
            "that runs drills there"
        )
    return Session(boto, who["Arn"], outputs)


def scratch_of(session: Session, bucket: str) -> Scratch:
    """Raises RefusedError where the bucket doesn't encrypt with a key of the customer's."""
    return Scratch(bucket, default_key(session.s3(session.outputs.region), bucket, session.outputs.account))


def restoring(
    session: Session, source: Source, scratch: Scratch | None, *, drill: str, hours: float, names: Names
) -> Restoring:
    """drill: its id; hours: how long AWS is waited for. Raises NotFoundError where the vault has no backup."""
    outputs = session.outputs
    phi = session.place(outputs.phi_bucket_name, outputs.phi_key_arn)
    to = session.place(scratch.bucket, scratch.key_arn) if scratch else phi
    patience = Patience(hours * 3600)
    if source == "vault":
        role, point = _backed_up(session)
        return Vault(session.backup, point, role, drill, phi, to, names, patience)
    replica = None
    if outputs.replica_bucket_name:
        replica = session.place(outputs.replica_bucket_name, outputs.phi_key_arn, outputs.replica_region)
    origin = replica if source == "replica" and replica else phi
    window = Window(datetime.now(UTC) - REPLICATED_WITHIN) if source == "replica" else Window()
    return Copies(source, drill, origin, phi, to, names, patience, window, echo=None if scratch else replica)


def _backed_up(session: Session) -> tuple[str, RecoveryPoint]:
    outputs = session.outputs
    assert outputs.backup_vault_name
    assert outputs.backup_role_arn
    bucket_arn = f"arn:{outputs.partition}:s3:::{outputs.phi_bucket_name}"
    return outputs.backup_role_arn, newest(session.backup, outputs.backup_vault_name, bucket_arn)
