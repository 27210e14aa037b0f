"""Backups of the PHI bucket in a locked vault."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.hardened_bucket import kept
from components.iam_role import Role
from components.phi_bucket import PhiBucket
from components.policy_document import PolicyDocument, trust_of
from components.stack_context import Site


class BackupArgs(TypedDict):
    site: Site
    phi: PhiBucket
    """What is backed up: it is versioned and tells EventBridge of its objects, as AWS Backup asks."""
    key_arn: pulumi.Input[str]
    """The customer managed key of the vault."""


class Backup(pulumi.ComponentResource):
    """A backup a day, kept in a vault whose lock lets none be deleted before its time."""

    vault: pulumi.Output[str]
    """The vault's name."""
    role_arn: pulumi.Output[str]
    """The role that AWS Backup copies and restores with."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Backup", name, None, opts)
        account, settings = args["site"].account, args["site"].settings
        data = kept(self, settings.keeps_data)
        vault = aws.backup.Vault(
            f"{name}-vault",
            name=account.name(f"{name}-vault"),
            kms_key_arn=args["key_arn"],
            opts=data,
        )
        # Without changeable_for_days it is in governance mode: IAM decides who may lift it.
        aws.backup.VaultLockConfiguration(
            f"{name}-lock", backup_vault_name=vault.name, min_retention_days=settings.backup_days, opts=data
        )
        plan = aws.backup.Plan(
            f"{name}-plan",
            name=account.name(f"{name}-plan"),
            rules=[
                {
                    "rule_name": "daily",
                    "target_vault_name": vault.name,
                    "schedule": "cron(0 5 ? * * *)",
                    "lifecycle": {"delete_after": settings.backup_days},
                }
            ],
            opts=data,
        )
        keeper = Role(
            f"{name}-keeper",
            {
                "account": account,
                "role_name": account.name(f"{name}-keeper"),
                "description": "AWS Backup copies the bucket and restores it",
                "trust": trust(),
                "permissions": None,
                # https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
                "managed_policies": [
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Restore",
                ],
                "permissions_boundary": settings.permissions_boundary,
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.backup.Selection(
            f"{name}-selection",
            name=account.name(f"{name}-selection"),
            plan_id=plan.id,
            iam_role_arn=keeper.arn,
            resources=[args["site"].phi_arn],
            opts=kept(self, settings.keeps_data, args["phi"].ready),
        )

        self.vault, self.role_arn = vault.name, keeper.arn
        self.register_outputs({"vault": self.vault, "roleArn": self.role_arn})


def trust() -> PolicyDocument:
    """AWS Backup takes the role. That it names a source account there isn't documented, so no condition binds it;
    whoever has AWS Backup use the role must be allowed to pass it on.

    https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """
    return trust_of({"Service": "backup.amazonaws.com"})
