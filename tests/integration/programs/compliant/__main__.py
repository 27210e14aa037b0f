"""A stack that meets every control: the pack reports nothing."""

import json

import pulumi
import pulumi_aws as aws
from audit import declare_alerts, declare_trail
from documents import (
    ACCOUNT,
    FROM_ACCOUNT,
    FROM_TRAIL,
    LOG_GROUP,
    TOPIC,
    allow_service,
    bucket_name,
    bucket_policy,
    deny_other_encryption,
    key_policy,
    policy_document,
    trust_policy,
)
from store import Store

USE_KEY = ["kms:Decrypt", "kms:GenerateDataKey*"]


def declare_key(name, *statements):
    policy = json.dumps(key_policy(*statements))
    opts = pulumi.ResourceOptions(protect=True)
    return aws.kms.Key(name, enable_key_rotation=True, deletion_window_in_days=30, policy=policy, opts=opts)


data_key = declare_key("data")
audit_key = declare_key(
    "audit-data",
    allow_service("cloudtrail", [*USE_KEY, "kms:DescribeKey"], FROM_TRAIL),
    allow_service(
        "logs.us-east-1", [*USE_KEY, "kms:Encrypt"], {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": LOG_GROUP}}
    ),
    allow_service("events", USE_KEY, {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC}}),
    allow_service("cloudwatch", USE_KEY, FROM_ACCOUNT),
)

log_delivery = allow_service("logging.s3", "s3:PutObject", FROM_ACCOUNT, f"arn:aws:s3:::{bucket_name('access-logs')}/*")
log_bucket = Store("access-logs", "S3AccessLog", bucket_policy("access-logs", log_delivery))
trail_bucket_arn = f"arn:aws:s3:::{bucket_name('trail')}"
trail_delivery = (
    allow_service("cloudtrail", "s3:GetBucketAcl", FROM_TRAIL, trail_bucket_arn),
    allow_service("cloudtrail", "s3:PutObject", FROM_TRAIL, f"{trail_bucket_arn}/AWSLogs/{ACCOUNT}/*"),
)
trail_bucket = Store(
    "trail", "CloudTrailLog", bucket_policy("trail", *trail_delivery), key_arn=audit_key.arn, log_bucket=log_bucket
)
charts = Store(
    "charts",
    "PHI",
    bucket_policy("charts", *deny_other_encryption("charts", data_key.arn)),
    key_arn=data_key.arn,
    log_bucket=log_bucket,
)
declare_trail(audit_key.arn, trail_bucket, charts)
declare_alerts(audit_key.arn, charts)

reader = aws.iam.Role("reader", assume_role_policy=json.dumps(trust_policy("ecs-tasks", FROM_ACCOUNT)))
reader_statements = (
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket_name('charts')}/*"},
    {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    },
)
aws.iam.RolePolicy("reader-policy", role=reader.id, policy=json.dumps(policy_document(*reader_statements)))

vault = aws.backup.Vault("vault", name="charts", kms_key_arn=declare_key("backups").arn)
aws.backup.VaultLockConfiguration("vault-lock", backup_vault_name=vault.name, min_retention_days=35)
daily_rule = {
    "rule_name": "daily",
    "target_vault_name": vault.name,
    "schedule": "cron(0 5 ? * * *)",
    "lifecycle": {"delete_after": 35},
}
plan = aws.backup.Plan("plan", name="charts", rules=[daily_rule])
backup_role = aws.iam.Role("backup-role", assume_role_policy=json.dumps(trust_policy("backup", FROM_ACCOUNT)))
managed_policy = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"
aws.iam.RolePolicyAttachment("backup-role-policy", role=backup_role.name, policy_arn=managed_policy)
aws.backup.Selection(
    "selection", name="charts", plan_id=plan.id, iam_role_arn=backup_role.arn, resources=[charts.bucket.arn]
)
