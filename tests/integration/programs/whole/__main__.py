"""All that the controls ask for: nothing is told of it, and it is let through."""

import json

import pulumi
import pulumi_aws as aws
from audit import alerts, trail
from documents import (
    ACCOUNT,
    LOG_GROUP,
    OF_ACCOUNT,
    OF_TRAIL,
    TOPIC,
    document,
    named,
    of_bucket,
    of_key,
    service,
    trust,
    uploads,
)
from store import Store

USE = ["kms:Decrypt", "kms:GenerateDataKey*"]


def key(name, *statements):
    policy = json.dumps(of_key(*statements))
    opts = pulumi.ResourceOptions(protect=True)
    return aws.kms.Key(name, enable_key_rotation=True, deletion_window_in_days=30, policy=policy, opts=opts)


data = key("data")
audit = key(
    "audit-data",
    service("cloudtrail", [*USE, "kms:DescribeKey"], OF_TRAIL),
    service("logs.us-east-1", [*USE, "kms:Encrypt"], {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": LOG_GROUP}}),
    service("events", USE, {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC}}),
    service("cloudwatch", USE, OF_ACCOUNT),
)

delivered = service("logging.s3", "s3:PutObject", OF_ACCOUNT, f"arn:aws:s3:::{named('access-logs')}/*")
logs = Store("access-logs", "S3AccessLog", of_bucket("access-logs", delivered))
files = f"arn:aws:s3:::{named('trail')}"
recorded = (
    service("cloudtrail", "s3:GetBucketAcl", OF_TRAIL, files),
    service("cloudtrail", "s3:PutObject", OF_TRAIL, f"{files}/AWSLogs/{ACCOUNT}/*"),
)
records = Store("trail", "CloudTrailLog", of_bucket("trail", *recorded), key=audit.arn, logs=logs)
charts = Store("charts", "PHI", of_bucket("charts", *uploads("charts", data.arn)), key=data.arn, logs=logs)
trail(audit.arn, records, charts)
alerts(audit.arn, charts)

reader = aws.iam.Role("reader", assume_role_policy=json.dumps(trust("ecs-tasks", OF_ACCOUNT)))
reads = (
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{named('charts')}/*"},
    {
        "Effect": "Allow",
        "Action": "kms:Decrypt",
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}},
    },
)
aws.iam.RolePolicy("reader-policy", role=reader.id, policy=json.dumps(document(*reads)))

vault = aws.backup.Vault("vault", name="charts", kms_key_arn=data.arn)
aws.backup.VaultLockConfiguration("vault-lock", backup_vault_name=vault.name, min_retention_days=35)
daily = {
    "rule_name": "daily",
    "target_vault_name": vault.name,
    "schedule": "cron(0 5 ? * * *)",
    "lifecycle": {"delete_after": 35},
}
plan = aws.backup.Plan("plan", name="charts", rules=[daily])
role = aws.iam.Role("backup-role", assume_role_policy=json.dumps(trust("backup", OF_ACCOUNT)))
managed = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"
aws.iam.RolePolicyAttachment("backup-role-policy", role=role.name, policy_arn=managed)
aws.backup.Selection("selection", name="charts", plan_id=plan.id, iam_role_arn=role.arn, resources=[charts.bucket.arn])
