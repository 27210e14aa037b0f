"""Daily backups of buckets in a vault with Vault Lock, and copies of them in a vault elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.customer_key import CustomerKey
from components.hardened_bucket import protect_options
from components.iam_role import IamRole
from components.key_policy import allow_via_backup
from components.phi_bucket import resource_name
from components.policy_document import PolicyDocument, allow, document, trust_policy


class BackupArgs(TypedDict):
    """The inputs of the backups."""

    account: Account
    """The account and region of the vault and the buckets."""
    bucket_arns: Mapping[str, str]
    """The buckets to back up: their ARNs, by their names within the stack.

    AWS Backup requires versioning, and object events to EventBridge.
    """
    buckets_ready: Sequence[pulumi.Resource]
    """The resources that must exist before AWS Backup can back up the buckets."""
    retention_days: int
    """The days to keep each backup and each copy of it. Vault Lock prevents an earlier deletion."""
    lock_grace_days: int | None
    """The days after which no one can remove the vault's lock (compliance mode); at least 3.

    None for a lock that a principal with permission can remove at any time (governance mode).
    """
    copy_vault_arn: str | None
    """The ARN of a vault in another account or region that receives a copy of every backup, if there is one."""
    keeps_data: bool
    """Whether the key, the vault and the plan are protected, and retained on delete."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class Backup(pulumi.ComponentResource):
    """One backup a day, in a vault whose lock prevents early deletion.

    The vault has a key of its own, so that the loss of the buckets' key isn't also the loss of the backups.
    """

    vault: pulumi.Output[str]
    """The vault's name."""
    role_arn: pulumi.Output[str]
    """The role that AWS Backup uses to back up, copy and restore."""

    def __init__(self, name: str, args: BackupArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Backup", name, None, opts)
        account, retention_days, copy_vault_arn = args["account"], args["retention_days"], args["copy_vault_arn"]
        child, kept = pulumi.ResourceOptions(parent=self), protect_options(self, args["keeps_data"])
        key = CustomerKey(
            f"{name}-key",
            {
                "account": account,
                "data_class": "PHI",
                "statements": allow_via_backup(account),
                "keeps_data": args["keeps_data"],
            },
            child,
        )
        vault = aws.backup.Vault(
            f"{name}-vault",
            # A vault keeps its key, and two vaults can't have one name. The vault of earlier versions of the stack,
            # encrypted with the PHI key, is called `backup-vault`, and stays until its last backup expires.
            name=account.name(f"{name}s"),
            kms_key_arn=key.arn,
            opts=kept,
        )
        lock = vault_lock(f"{name}-lock", vault.name, retention_days, args["lock_grace_days"], child)
        copy_actions: list[aws.backup.PlanRuleCopyActionArgsDict] = (
            [{"destination_vault_arn": copy_vault_arn, "lifecycle": {"delete_after": retention_days}}]
            if copy_vault_arn
            else []
        )
        # Backups contain ACLs by default, and AWS Backup restores a backup with ACLs only to a bucket that has ACLs:
        # https://docs.aws.amazon.com/aws-backup/latest/devguide/restoring-s3.html
        # All buckets of the stack have ACLs disabled, so they need none. The plan can't leave the ACLs out, because the
        # provider accepts no settings of S3: https://github.com/hashicorp/terraform-provider-aws/issues/45810
        plan = aws.backup.Plan(
            f"{name}-plan",
            name=account.name(f"{name}-plan"),
            rules=[
                {
                    "rule_name": "daily",
                    "target_vault_name": vault.name,
                    "schedule": "cron(0 5 ? * * *)",
                    "lifecycle": {"delete_after": retention_days},
                    "copy_actions": copy_actions,
                }
            ],
            # AWS refuses to change a permanent lock. With fewer days than the lock's, every backup would then fail.
            opts=protect_options(self, args["keeps_data"], [lock]),
        )
        role = IamRole(
            f"{name}-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-role"),
                "description": "AWS Backup backs up, copies and restores the buckets",
                "trust": backup_trust(),
                "permissions": copy_permissions(account, key.arn, copy_vault_arn) if copy_vault_arn else None,
                # https://docs.aws.amazon.com/aws-backup/latest/devguide/s3-backups.html
                "managed_policies": [
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup",
                    f"arn:{account.partition}:iam::aws:policy/AWSBackupServiceRolePolicyForS3Restore",
                ],
                "permissions_boundary": args["permissions_boundary"],
            },
            child,
        )
        for bucket, bucket_arn in args["bucket_arns"].items():
            # AWS Backup can't change a selection. One for all buckets would be replaced with each bucket that is added.
            selection_name = resource_name(bucket, f"{name}-selection")
            aws.backup.Selection(
                selection_name,
                name=account.name(selection_name),
                plan_id=plan.id,
                iam_role_arn=role.arn,
                resources=[bucket_arn],
                opts=protect_options(self, args["keeps_data"], args["buckets_ready"]),
            )

        self.vault, self.role_arn = vault.name, role.arn
        self.register_outputs({"vault": self.vault, "roleArn": self.role_arn})


def vault_lock(
    name: str,
    vault_name: pulumi.Input[str],
    min_retention_days: int,
    grace_days: int | None,
    opts: pulumi.ResourceOptions,
) -> aws.backup.VaultLockConfiguration:
    """Declare the Vault Lock of a vault, which no change of the program removes.

    Every change of a lock replaces the resource, and Pulumi deletes the old resource after it has created the new one.
    In AWS there is one lock on a vault: the creation overwrites it, and the deletion would remove it. So the resource
    is retained on delete, and isn't protected, because a protected resource can't be replaced. The creation of a lock
    that AWS refuses leaves the lock, and the resource, as they were.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/API_PutBackupVaultLockConfiguration.html

    Args:
        name: The logical name of the lock.
        vault_name: The vault's physical name.
        min_retention_days: The minimum days that each backup is kept.
        grace_days: The days after which no one can remove or change the lock; None for governance mode.
        opts: The parent or the provider of the lock.
    """
    return aws.backup.VaultLockConfiguration(
        name,
        backup_vault_name=vault_name,
        min_retention_days=min_retention_days,
        changeable_for_days=grace_days,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(retain_on_delete=True)),
    )


def copy_permissions(account: Account, key_arn: pulumi.Input[str], copy_vault_arn: str) -> PolicyDocument:
    """Return the permissions to copy backups to another vault, which the managed policies for S3 don't include.

    They are those of AWSBackupServiceRolePolicyForBackup, for these two vaults and this key only. The role needs no
    permission for the key of the other vault: AWS Backup re-encrypts backups of S3 itself, even with the key
    aws/backup, whose policy can't be changed.
    https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForBackup.html
    https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html

    Args:
        account: The account and region of the backups.
        key_arn: The key of the vault with the backups.
        copy_vault_arn: The ARN of the vault that receives the copies.
    """
    return document(
        allow(["backup:CopyFromBackupVault"], account.arn("backup", "recovery-point:*")),
        allow(["backup:CopyIntoBackupVault", "backup:DescribeBackupVault"], copy_vault_arn),
        allow(["kms:DescribeKey"], key_arn),
        allow(["kms:CreateGrant"], key_arn, {"Bool": {"kms:GrantIsForAWSResource": "true"}}),
    )


def backup_trust() -> PolicyDocument:
    """Return a trust policy for AWS Backup.

    It has no condition, because AWS doesn't document that AWS Backup passes a source account. A caller needs
    iam:PassRole to start a backup or a restore with this role.
    https://docs.aws.amazon.com/aws-backup/latest/devguide/iam-service-roles.html
    """
    return trust_policy({"Service": "backup.amazonaws.com"})
