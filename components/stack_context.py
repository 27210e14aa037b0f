"""What the components of a stack share: where it is, its settings, and what its resources are called."""

from __future__ import annotations

from dataclasses import dataclass, replace

from components.account import Account
from components.hardened_bucket import Guard, Lock
from phi.stack.settings import Settings


@dataclass(frozen=True)
class Site:
    """A region of the stack. What it names is known before it exists, so that policy documents can name it."""

    account: Account
    settings: Settings

    def elsewhere(self, region: str) -> Site:
        """The same stack in another region."""
        return replace(self, account=replace(self.account, region=region))

    @property
    def guard(self) -> Guard:
        """Who deploys the stack, who breaks the glass, and who is named besides administer its buckets."""
        administrators = (self.account.deployer, self.break_glass_arn, *self.settings.administrators)
        return Guard(tuple(dict.fromkeys(administrators)), self.settings.organization, self.settings.keeps_data)

    @property
    def lock(self) -> Lock:
        return Lock(self.settings.lock_mode, self.settings.lock_days)

    @property
    def records_config(self) -> bool:
        """Whether the stack has AWS Config record here: in its own region alone."""
        return "config" in self.settings.account_guards and self.account.region == self.settings.region

    @property
    def phi_bucket(self) -> str:
        return self.account.bucket_name("phi")

    @property
    def phi_arn(self) -> str:
        return self.account.bucket_arn(self.phi_bucket)

    @property
    def replica_bucket(self) -> str:
        return self.account.bucket_name("replica")

    @property
    def replica_arn(self) -> str:
        return self.account.bucket_arn(self.replica_bucket)

    @property
    def access_log_arn(self) -> str:
        return self.account.bucket_arn(self.account.bucket_name("access-logs"))

    @property
    def trail_bucket(self) -> str:
        return self.account.bucket_name("trail")

    @property
    def trail_bucket_arn(self) -> str:
        return self.account.bucket_arn(self.trail_bucket)

    @property
    def bucket_arns(self) -> list[str]:
        """Every bucket of the stack, the replica's in its own region among them."""
        region = self.settings.replica_region
        replica = [self.elsewhere(region).replica_arn] if region else []
        return [self.phi_arn, self.access_log_arn, self.trail_bucket_arn, *replica]

    @property
    def trail(self) -> str:
        return self.account.name("trail")

    @property
    def trail_arn(self) -> str:
        return self.account.arn("cloudtrail", f"trail/{self.trail}")

    @property
    def log_group(self) -> str:
        return f"/audit/{self.account.name('trail')}"

    @property
    def log_group_arn(self) -> str:
        return self.account.arn("logs", f"log-group:{self.log_group}")

    @property
    def topic(self) -> str:
        return self.account.name("alerts")

    @property
    def topic_arn(self) -> str:
        return self.account.arn("sns", self.topic)

    @property
    def alert_publisher(self) -> str:
        """The role that EventBridge takes to publish."""
        return self.account.name("alerts-publisher")

    @property
    def break_glass(self) -> str:
        return self.account.name("break-glass")

    @property
    def break_glass_arn(self) -> str:
        return self.account.role_arn(self.break_glass)
