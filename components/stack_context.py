"""The names, ARNs and shared inputs of a stack, computed from its account and its settings.

Only `__main__.py` uses this module; components list their own inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi

from components.access import ApplicationRole, application_trust
from components.account import Account
from components.hardened_bucket import BucketProtection, ObjectLock
from components.phi_bucket import ObjectAccess, VersionLifecycle, resource_name
from phi_buckets.stack.settings import Settings, VersionSettings


@dataclass(frozen=True)
class StackContext:
    """One region of a stack. Names are known before the resources exist, so that policy documents can use them."""

    account: Account
    settings: Settings

    def in_region(self, region: str) -> StackContext:
        """Return the context of the same stack in another region."""
        return replace(self, account=replace(self.account, region=region))

    def check_names(self) -> None:
        """Check the buckets' names and those that contain one, before the first resource is declared.

        All others are shorter than a bucket's. In us-east-1, S3 accepts the creation of a bucket that the account has
        already, so two of one name would be one bucket, with the policy and the settings of whichever comes last.
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html

        Raises:
            pulumi.RunError: A name is too long, or the stack gives it to another bucket too.
        """
        names = [name for name, _ in self._buckets]
        for bucket in self.settings.buckets:
            if names.count(bucket.bucket_name or "") > 1:
                path = f"phi:buckets.{bucket.name}.bucketName"
                raise pulumi.RunError(
                    f"{path} is {bucket.bucket_name}, which is the name of another bucket of the stack; it must be "
                    "that of a bucket that existed before the stack. "
                    f"Remove it with: pulumi config rm --path '{path}'"
                )
        for role in self.application_roles:
            self.account.role_name(role.purpose)

    def check_trust(self) -> None:
        """Check the principals that may assume the application roles, before the first resource is declared.

        Raises:
            pulumi.RunError: The account can't trust a principal of the settings.
        """
        for role in self.application_roles:
            application_trust(self.account, role.trust, role.setting)

    @property
    def bucket_protection(self) -> BucketProtection:
        """The administrators are the deployer, the break-glass role and those in `phi:bucketAdministrators`."""
        administrators = (self.account.deployer, self.break_glass_role_arn, *self.settings.bucket_administrators)
        return BucketProtection(
            tuple(dict.fromkeys(administrators)), self.settings.organization_id, self.settings.keeps_data
        )

    @property
    def object_lock(self) -> ObjectLock:
        """The default retention of audit logs."""
        return object_lock(self.settings)

    @property
    def phi_bucket_names(self) -> dict[str, str]:
        """The physical name of each PHI bucket, by its name within the stack."""
        return {
            bucket.name: bucket.bucket_name or self.account.bucket_name(bucket.name) for bucket in self.settings.buckets
        }

    @property
    def phi_bucket_arns_by_name(self) -> dict[str, str]:
        """The ARN of each PHI bucket, by its name within the stack."""
        return {name: self.account.bucket_arn(bucket) for name, bucket in self.phi_bucket_names.items()}

    @property
    def phi_bucket_arns(self) -> list[str]:
        return list(self.phi_bucket_arns_by_name.values())

    @property
    def replica(self) -> StackContext | None:
        """The context of the replica's region, if there is one."""
        return self.in_region(self.settings.replica_region) if self.settings.replica_region else None

    @property
    def replica_bucket_names(self) -> dict[str, str]:
        """The physical name of each PHI bucket's replica, by the PHI bucket's name within the stack."""
        replica = self.replica
        return (
            {
                bucket.name: replica.account.bucket_name(resource_name(bucket.name, "replica"))
                for bucket in self.settings.buckets
            }
            if replica
            else {}
        )

    def object_access(self, bucket: str) -> ObjectAccess:
        """Return the limits of access to the objects of a PHI bucket and of its replica.

        Args:
            bucket: The PHI bucket's name within the stack.
        """
        settings, account = self.settings, self.account
        only_scanned = "malwareProtection" in settings.account_security_services
        replicated = settings.replica_region is not None
        service_roles = {
            f"{resource_name(bucket, 'replica')}-replication-role": replicated,
            "backup-role": settings.backup_enabled,
            "account-malware-scan-role": only_scanned,
            "replica-account-malware-scan-role": only_scanned and replicated,
        }
        return ObjectAccess(
            settings.networks,
            only_scanned,
            tuple(account.role_arn(account.name(name)) for name, is_declared in service_roles.items() if is_declared),
            (account.role_arn(account.name("batch-replication-role")),) if replicated else (),
            account.role_arn("aws-service-role/*"),
            self.break_glass_role_arn,
            account.role_arn(self.legal_hold_role_name),
        )

    @property
    def access_log_bucket_name(self) -> str:
        return self.account.bucket_name("access-logs")

    @property
    def access_log_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.access_log_bucket_name)

    @property
    def trail_bucket_name(self) -> str:
        return self.account.bucket_name("trail")

    @property
    def trail_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.trail_bucket_name)

    @property
    def query_results_bucket_name(self) -> str:
        """The name of the bucket for the results of Athena queries, which exists if Athena is enabled."""
        return self.account.bucket_name("query-results")

    @property
    def query_results_bucket_arn(self) -> str | None:
        """The ARN of that bucket, if Athena is enabled."""
        return self.account.bucket_arn(self.query_results_bucket_name) if self.settings.athena_enabled else None

    @property
    def access_log_source_arns(self) -> list[str]:
        """The ARNs of the buckets whose access logs the log bucket receives: all others in its region."""
        results = self.query_results_bucket_arn
        return [*self.phi_bucket_arns, self.trail_bucket_arn, *([results] if results else [])]

    @property
    def bucket_regions(self) -> dict[str, str]:
        """The region of every bucket of the stack, by its physical name.

        The auditor's permissions, the audit and the outputs follow from it.
        """
        return dict(sorted(self._buckets))  # as Pulumi sorts the output, from which the audit prints its policy

    @property
    def _buckets(self) -> list[tuple[str, str]]:
        """The physical name and the region of every bucket of the stack."""
        replica = self.replica
        replicas = (
            [
                *self.replica_bucket_names.values(),
                replica.replica_log_bucket_name,
                replica.trail_replica_bucket_name,
            ]
            if replica
            else []
        )
        results = [self.query_results_bucket_name] if self.settings.athena_enabled else []
        own = (*self.phi_bucket_names.values(), self.access_log_bucket_name, self.trail_bucket_name, *results)
        return [
            *((name, self.account.region) for name in own),
            *((name, replica.account.region) for name in replicas if replica),
        ]

    @property
    def replica_log_bucket_name(self) -> str:
        """The name of the bucket that receives the replicas' access logs, in this context's region."""
        return self.account.bucket_name("replica-logs")

    @property
    def replica_log_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.replica_log_bucket_name)

    @property
    def trail_replica_bucket_name(self) -> str:
        """The name of the replica of the trail's bucket, in this context's region."""
        return self.account.bucket_name("trail-replica")

    @property
    def trail_copy_arns(self) -> list[str]:
        """The ARN of the bucket with the copy of the trail, if there is a replica."""
        return [self.account.bucket_arn(self.replica.trail_replica_bucket_name)] if self.replica else []

    @property
    def bucket_arns(self) -> list[str]:
        """The ARNs of every bucket of the stack, in any region."""
        return [self.account.bucket_arn(name) for name in self.bucket_regions]

    @property
    def data_event_bucket_arns(self) -> list[str]:
        """The ARNs of the PHI buckets and of their replicas, whose object reads and writes are recorded."""
        return [*self.phi_bucket_arns, *map(self.account.bucket_arn, self.replica_bucket_names.values())]

    @property
    def application_roles(self) -> list[ApplicationRole]:
        """A role for each PHI bucket with its own trust, and one for all the others."""
        shared = [bucket.name for bucket in self.settings.buckets if bucket.application_trust is None]
        arns = {bucket: self.account.bucket_arn(name) for bucket, name in self.phi_bucket_names.items()}
        own = [
            ApplicationRole(
                f"{bucket.name}-application",
                bucket.application_trust,
                {bucket.name: arns[bucket.name]},
                f"buckets.{bucket.name}.applicationTrust",
            )
            for bucket in self.settings.buckets
            if bucket.application_trust
        ]
        common = {bucket: arns[bucket] for bucket in shared}
        return [*([ApplicationRole("application", self.settings.application_trust, common)] if shared else []), *own]

    @property
    def regions(self) -> list[str]:
        """The stack's region, then the replica's if there is a replica."""
        return [self.account.region, *([self.settings.replica_region] if self.settings.replica_region else [])]

    @property
    def trail_name(self) -> str:
        return self.account.name("trail")

    @property
    def trail_arn(self) -> str:
        return self.account.arn("cloudtrail", f"trail/{self.trail_name}")

    @property
    def trail_database_name(self) -> str:
        """The name of the trail's database, of characters that need no quotes in SQL."""
        return self.trail_name.replace("-", "_")

    @property
    def log_group_name(self) -> str:
        return f"/audit/{self.trail_name}"

    @property
    def log_group_arn(self) -> str:
        return self.account.arn("logs", f"log-group:{self.log_group_name}")

    @property
    def topic_name(self) -> str:
        return self.account.name("alerts")

    @property
    def topic_arn(self) -> str:
        return self.account.arn("sns", self.topic_name)

    @property
    def backup_lock_grace_days(self) -> int | None:
        """The days after which the vault's lock can't be removed; None for a lock in governance mode."""
        return self.settings.backup_lock_grace_days if self.settings.backup_lock_mode == "COMPLIANCE" else None

    @property
    def backup_copy_vault_arn(self) -> str | None:
        """The ARN of the vault that receives a copy of every backup, if there is one.

        Raises:
            pulumi.RunError: The vault is in the stack's own account and region, where a principal that can destroy
                the backups, or a failure of the region, also reaches the copies.
        """
        arn = self.settings.backup_copy_vault
        if arn and arn.startswith(self.account.arn("backup", "")):
            raise pulumi.RunError(
                f"phi:backupCopyVault is {arn}, in the stack's own account and region; it must be a vault in another "
                "account or region. Create one with the program in examples/backup-account, or remove the setting "
                "with: pulumi config rm phi:backupCopyVault"
            )
        return arn

    @property
    def auditor_role_arn(self) -> str:
        return self.account.role_arn(self.account.name("auditor"))

    @property
    def legal_hold_role_name(self) -> str:
        return self.account.name("legal-hold")

    @property
    def break_glass_role_name(self) -> str:
        return self.account.name("break-glass")

    @property
    def break_glass_role_arn(self) -> str:
        return self.account.role_arn(self.break_glass_role_name)


def object_lock(versions: VersionSettings) -> ObjectLock:
    """Return the default retention of new versions."""
    return ObjectLock(versions.object_lock_mode, versions.object_lock_days)


def lifecycle(versions: VersionSettings) -> VersionLifecycle:
    """Return the storage class and expiry of versions."""
    return VersionLifecycle(
        versions.noncurrent_archive_days, versions.noncurrent_retention_days, versions.intelligent_tiering
    )
