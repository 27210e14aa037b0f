"""The names, ARNs and shared inputs of a stack, computed from its account and its settings.

Only `__main__.py` uses this module; components list their own inputs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from components.account import Account
from components.hardened_bucket import BucketProtection, ObjectLock
from components.phi_bucket import VersionLifecycle
from phi_buckets.stack.settings import Settings


@dataclass(frozen=True)
class StackContext:
    """One region of a stack. Names are known before the resources exist, so that policy documents can use them."""

    account: Account
    settings: Settings

    def in_region(self, region: str) -> StackContext:
        """Return the context of the same stack in another region."""
        return replace(self, account=replace(self.account, region=region))

    @property
    def bucket_protection(self) -> BucketProtection:
        """The administrators are the deployer, the break-glass role and those in `phi:bucketAdministrators`."""
        administrators = (self.account.deployer, self.break_glass_role_arn, *self.settings.bucket_administrators)
        return BucketProtection(
            tuple(dict.fromkeys(administrators)), self.settings.organization_id, self.settings.keeps_data
        )

    @property
    def object_lock(self) -> ObjectLock:
        return ObjectLock(self.settings.object_lock_mode, self.settings.object_lock_days)

    @property
    def lifecycle(self) -> VersionLifecycle:
        return VersionLifecycle(
            self.settings.noncurrent_archive_days,
            self.settings.noncurrent_retention_days,
            self.settings.intelligent_tiering,
        )

    @property
    def phi_bucket_name(self) -> str:
        return self.account.bucket_name("phi")

    @property
    def phi_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.phi_bucket_name)

    @property
    def replica_bucket_name(self) -> str:
        return self.account.bucket_name("replica")

    @property
    def replica_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.replica_bucket_name)

    @property
    def access_log_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.account.bucket_name("access-logs"))

    @property
    def trail_bucket_name(self) -> str:
        return self.account.bucket_name("trail")

    @property
    def trail_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.trail_bucket_name)

    @property
    def phi_bucket_arns(self) -> list[str]:
        """The ARNs of the PHI bucket and of its replica, if there is one."""
        return [self.phi_bucket_arn, *map(self.account.bucket_arn, self._replica_bucket_names)]

    @property
    def bucket_arns(self) -> list[str]:
        """The ARNs of the stack's buckets, except the replica's bucket for access logs."""
        replica_arns = map(self.account.bucket_arn, self._replica_bucket_names)
        return [self.phi_bucket_arn, self.access_log_bucket_arn, self.trail_bucket_arn, *replica_arns]

    @property
    def watched_bucket_names(self) -> list[str]:
        """The names of the buckets whose denied requests and access changes raise alerts."""
        return [self.phi_bucket_name, self.trail_bucket_name, *self._replica_bucket_names]

    @property
    def _replica_bucket_names(self) -> list[str]:
        region = self.settings.replica_region
        return [self.in_region(region).replica_bucket_name] if region else []

    @property
    def trail_name(self) -> str:
        return self.account.name("trail")

    @property
    def trail_arn(self) -> str:
        return self.account.arn("cloudtrail", f"trail/{self.trail_name}")

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
    def publisher_role_name(self) -> str:
        """The physical name of the role that EventBridge assumes to publish alerts."""
        return self.account.name("alerts-role")

    @property
    def publisher_role_arn(self) -> str:
        return self.account.role_arn(self.publisher_role_name)

    @property
    def break_glass_role_name(self) -> str:
        return self.account.name("break-glass")

    @property
    def break_glass_role_arn(self) -> str:
        return self.account.role_arn(self.break_glass_role_name)
