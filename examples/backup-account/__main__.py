"""A vault for copies of a PHI stack's backups, in an AWS account that the stack's deployer can't reach."""

import re
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

sys.path.append(str(Path(__file__).resolve().parents[2]))  # the components are those of the PHI stack
sys.path.append(str(Path(__file__).resolve().parents[2] / "policy"))

from components.account import Account
from components.backup import vault_lock
from components.customer_key import CustomerKey
from components.key_policy import allow_via_backup
from components.policy_document import document
from phi_buckets.stack.settings import MAX_LOCK_GRACE_DAYS, MIN_LOCK_GRACE_DAYS

ROLE_ARN = re.compile(r"arn:(?P<partition>aws[\w-]*):iam::(?P<account>\d{12}):role/[\w+=,.@/-]+", re.ASCII)

config = pulumi.Config()
source_role_arn = config.require("sourceRoleArn")
source = ROLE_ARN.fullmatch(source_role_arn)
account = Account.current(pulumi.Config("aws").require("region"))
if source is None or source["account"] == account.id:
    problem = "isn't the ARN of an IAM role" if source is None else "belongs to the account of the vault"
    raise pulumi.RunError(
        f"sourceRoleArn {problem}; it must be the role of AWS Backup in the account of the PHI stack. In the folder of "
        "that stack run: pulumi stack output backup_role_arn"
    )
days = {"minRetentionDays": (1, 36_500), "lockGraceDays": (MIN_LOCK_GRACE_DAYS, MAX_LOCK_GRACE_DAYS)}
for name, (least, most) in days.items():
    # The AWS provider treats 0 as absent: the lock would be in governance mode, or without a minimum retention.
    if not least <= config.require_int(name) <= most:
        raise pulumi.RunError(
            f"{name} is {config.require_int(name)}; it must be a number of days from {least} to {most}. "
            f"Set it with: pulumi config set {name} {max(least, 14)}"
        )
in_account = pulumi.ResourceOptions(provider=account.provider("aws", {}))
kept = pulumi.ResourceOptions.merge(in_account, pulumi.ResourceOptions(protect=True, retain_on_delete=True))

key = CustomerKey(
    "key",
    # AWS Backup encrypts the copies through grants in this account. The account of the backups needs no permission.
    {"account": account, "data_class": "Replica", "statements": allow_via_backup(account), "keeps_data": True},
    in_account,
)
vault_name = account.name("copies")
vault = aws.backup.Vault("vault", name=vault_name, kms_key_arn=key.arn, opts=kept)
vault_lock("lock", vault.name, config.require_int("minRetentionDays"), config.require_int("lockGraceDays"), in_account)
aws.backup.VaultPolicy(
    "policy",
    backup_vault_name=vault.name,
    # The condition names the role, because AWS rejects a policy whose principal doesn't exist, or no longer does.
    # https://docs.aws.amazon.com/aws-backup/latest/devguide/create-cross-account-backup.html
    policy=pulumi.Output.json_dumps(
        document(
            {
                "Sid": "AllowCopiesBySourceRole",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:{source['partition']}:iam::{source['account']}:root"},
                "Action": "backup:CopyIntoBackupVault",
                "Resource": "*",
                "Condition": {"ArnEquals": {"aws:PrincipalArn": source_role_arn}},
            }
        )
    ),
    opts=kept,
)

pulumi.export("vault_arn", vault.arn)
