"""Backups, messages, log events and events that leave the account, and policies that grant access to other accounts.

Beside each is one of the same kind that stays in the account, and has no finding.
"""

import json

import pulumi_aws as aws

OWN, FOREIGN = "123456789012", "444455556666"


def allow(principal: object, action: str, **condition: object) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | condition]})


def arn(service: str, account: str, resource: str) -> str:
    return f"arn:aws:{service}:us-east-1:{account}:{resource}"


of_own_account = {"Condition": {"StringEquals": {"aws:SourceAccount": OWN}}}
deny_plain_http = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
key = aws.kms.Key("key", enable_key_rotation=True)
queue = aws.sqs.Queue(
    "results", kms_master_key_id=key.arn, policy=json.dumps({"Version": "2012-10-17", "Statement": [deny_plain_http]})
)

vault = aws.backup.Vault("vault", name="neighbors", kms_key_arn=key.arn)
copies = aws.backup.Vault("copies", name="copies", kms_key_arn=key.arn, force_destroy=True)
for name, locked in (("lock", vault), ("copies-lock", copies)):
    aws.backup.VaultLockConfiguration(name, backup_vault_name=locked.name, min_retention_days=7)
aws.backup.VaultPolicy(
    "vault-policy", backup_vault_name=vault.name, policy=allow({"AWS": OWN}, "backup:CopyIntoBackupVault")
)
aws.backup.VaultPolicy(
    "vault-policy-wrong", backup_vault_name=copies.name, policy=allow("*", "backup:DeleteRecoveryPoint")
)
for name, destination in (("plan", copies.arn), ("plan-wrong", arn("backup", FOREIGN, "backup-vault:copies"))):
    rule = {
        "rule_name": "daily",
        "target_vault_name": "neighbors",
        "copy_actions": [{"destination_vault_arn": destination}],
    }
    aws.backup.Plan(name, name=name, rules=[rule])

topic = arn("sns", OWN, "alerts")
for name, protocol, endpoint in (
    ("email", "email", "security@example.com"),
    ("queue", "sqs", queue.arn),
    ("queue-wrong", "sqs", arn("sqs", FOREIGN, "results")),
    ("http-wrong", "http", "http://alerts.example.com/hunter2"),
    ("https-unknown", "https", "https://alerts.example.com/hunter2"),
):
    aws.sns.TopicSubscription(name, topic=topic, protocol=protocol, endpoint=endpoint)

logs = aws.cloudwatch.LogGroup("logs", name="/app/neighbors")
dns = {"Service": "route53.amazonaws.com"}
aws.cloudwatch.LogResourcePolicy(
    "dns", policy_name="dns", policy_document=allow(dns, "logs:PutLogEvents", **of_own_account)
)
aws.cloudwatch.LogResourcePolicy("dns-wrong", policy_name="dns-wrong", policy_document=allow(dns, "logs:PutLogEvents"))
for name, account in (("filter", OWN), ("filter-wrong", FOREIGN)):
    aws.cloudwatch.LogSubscriptionFilter(
        name, log_group=logs.name, filter_pattern="", destination_arn=arn("lambda", account, "function:archive")
    )

aws.cloudwatch.EventPermission("permission", principal=OWN, statement_id="own")
aws.cloudwatch.EventPermission("permission-wrong", principal=FOREIGN, statement_id="vendor")
uploads = aws.cloudwatch.EventRule("uploads", name="uploads", event_pattern='{"source": ["aws.s3"]}')
for name, target in (("target", queue.arn), ("target-wrong", arn("events", FOREIGN, "event-bus/default"))):
    aws.cloudwatch.EventTarget(name, rule=uploads.name, arn=target)
