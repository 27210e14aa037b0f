"""Daily backups of buckets in a vault with Vault Lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import protect_options
from components.iam_role import IamRole
from components.policy_document import PolicyDocument, trust_policy


class BackupArgs(TypedDict):
    """The inputs of the backups."""

    account: Account
    """The account and region of the vault and the buckets."""
    bucket_arns: Sequence[str]
    """The ARNs of the buckets to back up. AWS Backup requires versioning, and object events to EventBridge."""
    buckets_ready: Sequence[pulumi.Resource]
    """The resources that must exist before AWS Backup can back up the buckets."""
    key_arn: pulumi.Input[str]
    """The customer managed key that encrypts the vault."""
    retention_days: int
    """The days to keep each backup. Vault Lock prevents an earlier deletion."""
    keeps_data: bool
    """Whether the vault and the plan are protected, and retained on delete."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class Backup(pulumi.ComponentResource):
    """One backup a day, in a vault whose lock prevents early deletion."""

    vault: pulumi.Output[str]
    """The vault's name."""
    role_arn: pulumi.Output[str]
    """The role that AWS Backup uses to back up and restore."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Backup", name, None, opts)
        account, retention_days = args["account"], args["retention_days"]
        child = protect_options(self, args["keeps_data"])
        vault = aws.backup.Vault(
            f"{name}-vault",
            name=account.name(f"{name}-vault"),
            kms_key_arn=args["key_arn"],
            opts=child,
        )
        # Without changeable_for_days, the lock is in governance mode: IAM decides who may remove it.
        aws.backup.VaultLockConfiguration(
            f"{name}-lock", backup_vault_name=vault.name, min_retention_days=retention_days, opts=child
        )
        plan = aws.backup.Plan(
            f"{name}-plan",
            name=account.name(f"{name}-plan"),
            rules=[
                {
                    "rule_name": "daily",
                    "target_vault_name": vault.name,
                    "schedule": "cron(0 5 ? * * *)",
                    "lifecycle": {"delete_after": retention_days},
                }
            ],
            opts=child,
        )
        role = IamRole(
            f"{name}-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-role"),
                "description": "AWS Backup backs up and restores the buckets",
                "trust": backup_trust(),
                "permissions": None,
                # https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
                "managed_policies": [
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Restore",
                ],
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.backup.Selection(
            f"{name}-selection",
            name=account.name(f"{name}-selection"),
            plan_id=plan.id,
            iam_role_arn=role.arn,
            resources=args["bucket_arns"],
            opts=protect_options(self, args["keeps_data"], args["buckets_ready"]),
        )

        self.vault, self.role_arn = vault.name, role.arn
        self.register_outputs({"vault": self.vault, "roleArn": self.role_arn})


def backup_trust() -> PolicyDocument:
    """Return a trust policy for AWS Backup.

    It has no condition, because AWS doesn't document that AWS Backup passes a source account. A caller needs
    iam:PassRole to start a backup or a restore with this role.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """
    return trust_policy({"Service": "backup.amazonaws.com"})
