"""The replicas of the PHI bucket and of the trail, and the backups of the PHI bucket, on mocks."""

from __future__ import annotations

import json

import pulumi
import pytest

from tests.components.mocked_stack import ACCOUNT_ID, run_main
from tests.components.policy_requests import (
    ALLOWED,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    OTHER_ACCOUNT_ID,
    ROOT,
    request_outcome,
    role,
    service,
)

PHI, REPLICA = (f"phi-prod-phi-{ACCOUNT_ID}-us-east-1", f"phi-prod-replica-{ACCOUNT_ID}-us-west-2")
SOURCE_ARN, REPLICA_ARN = f"arn:aws:s3:::{PHI}", f"arn:aws:s3:::{REPLICA}"
PHI_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi-key"
BACKUP_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/backup-key"
REPLICA_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-key"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-prod-alerts"
REPLICATION_ROLE = role("phi-prod-replica-replication-role")
BACKUP_ROLE = role("phi-prod-backup-role")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


def trust_policy(stack, role_name: str):
    return stack.resource("IamRole", role_name).inputs["trustPolicy"]


# Replication.


def test_replication_covers_all_objects_encrypted_within_fifteen_minutes(prod):
    replication = prod.resource("BucketReplicationConfig", "replica-replication").inputs
    assert (replication["bucket"], replication["role"]) == (PHI, REPLICATION_ROLE.id)
    (rule,) = replication["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {})
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["destination"] == {
        "bucket": REPLICA_ARN,
        "encryptionConfiguration": {"replicaKmsKeyId": REPLICA_KEY},
        "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
        "metrics": {"status": "Enabled", "eventThreshold": {"minutes": 15}},
    }


def test_replication_waits_for_both_buckets_and_for_its_role(prod):
    settings = ("versioning", "policy", "encryption", "lock", "public-access-block")
    bucket_settings = {f"{bucket}-{setting}" for bucket in ("phi", "replica") for setting in settings}
    # The children of the component wait for the component.
    assert bucket_settings <= prod.resource("Replication", "replica-replication").dependencies
    replication = prod.resource("BucketReplicationConfig", "replica-replication")
    assert "replica-replication-role-permissions" in replication.dependencies


def test_alarms_report_failed_and_late_replications_in_the_region_of_the_metric(prod):
    inputs = [alarm.inputs for alarm in prod.resources_of_type("MetricAlarm", "replica-replication")]
    alarms = {alarm["metricName"]: alarm for alarm in inputs}
    assert alarms.keys() == {"OperationsFailedReplication", "ReplicationLatency"}
    (rule,) = prod.resource("BucketReplicationConfig", "replica-replication").inputs["rules"]
    for alarm in alarms.values():
        assert alarm["dimensions"] == {"SourceBucket": PHI, "DestinationBucket": REPLICA, "RuleId": rule["id"]}
        assert alarm["namespace"] == "AWS/S3"
        assert alarm["comparisonOperator"] == "GreaterThanThreshold"
        assert alarm["treatMissingData"] == "notBreaching"  # S3 publishes nothing when it replicates nothing
    failed, late = alarms["OperationsFailedReplication"], alarms["ReplicationLatency"]
    # S3 publishes failures in the source's region, and latency in the replica's.
    assert failed["alarmActions"] == [TOPIC]
    assert late["alarmActions"] == [TOPIC.replace("us-east-1", "us-west-2")]
    assert (failed["statistic"], failed["threshold"]) == ("Sum", 0)
    assert (late["statistic"], late["threshold"]) == ("Maximum", 15 * 60)  # seconds


FOR_SOURCE = {"aws:SourceArn": [SOURCE_ARN], "aws:SourceAccount": [ACCOUNT_ID]}


@pytest.mark.parametrize(
    ("principal", "context", "expected"),
    [
        (service("s3"), FOR_SOURCE, ALLOWED),
        (service("s3"), FOR_SOURCE | {"aws:SourceArn": [f"{SOURCE_ARN}-2"]}, IMPLICIT_DENY),
        (service("s3"), FOR_SOURCE | {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (service("s3"), {"aws:SourceArn": [SOURCE_ARN]}, IMPLICIT_DENY),
        (service("s3"), {}, IMPLICIT_DENY),
        (service("batchoperations.s3"), FOR_SOURCE, IMPLICIT_DENY),
        *((principal, FOR_SOURCE, IMPLICIT_DENY) for principal in (role("app"), ROOT, EXTERNAL_ROLE)),
    ],
)
def test_only_s3_assumes_the_replication_role_on_behalf_of_the_source(prod, principal, context, expected):
    document = trust_policy(prod, "replica-replication-role")
    assert request_outcome(document, principal, "sts:AssumeRole", REPLICATION_ROLE.id, context) is expected


def via_s3(region: str, bucket: str) -> dict[str, list[str]]:
    return {
        "kms:ViaService": [f"s3.{region}.amazonaws.com"],
        "kms:EncryptionContext:aws:s3:arn": [bucket],
        "kms:CallerAccount": [ACCOUNT_ID],
    }


SOURCE_CONTEXT, REPLICA_CONTEXT = via_s3("us-east-1", SOURCE_ARN), via_s3("us-west-2", REPLICA_ARN)
VERSION_READS = ("VersionForReplication", "VersionAcl", "VersionTagging", "Retention", "LegalHold")


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetReplicationConfiguration", SOURCE_ARN, {}, ALLOWED),
        ("s3:ListBucket", SOURCE_ARN, {}, ALLOWED),
        *((f"s3:GetObject{suffix}", f"{SOURCE_ARN}/object", {}, ALLOWED) for suffix in VERSION_READS),
        *((f"s3:GetObject{suffix}", f"{REPLICA_ARN}/object", {}, IMPLICIT_DENY) for suffix in VERSION_READS),
        *((f"s3:Replicate{kind}", f"{REPLICA_ARN}/object", {}, ALLOWED) for kind in ("Object", "Delete", "Tags")),
        *((f"s3:Replicate{kind}", f"{SOURCE_ARN}/object", {}, IMPLICIT_DENY) for kind in ("Object", "Delete", "Tags")),
        ("s3:ReplicateObject", "arn:aws:s3:::other/object", {}, IMPLICIT_DENY),
        ("s3:GetObject", f"{SOURCE_ARN}/object", {}, IMPLICIT_DENY),
        ("s3:PutObject", f"{REPLICA_ARN}/object", {}, IMPLICIT_DENY),
        ("s3:DeleteObjectVersion", f"{REPLICA_ARN}/object", {}, IMPLICIT_DENY),
        ("s3:ObjectOwnerOverrideToBucketOwner", f"{REPLICA_ARN}/object", {}, IMPLICIT_DENY),
        ("s3:PutReplicationConfiguration", SOURCE_ARN, {}, IMPLICIT_DENY),
        ("kms:Decrypt", PHI_KEY, SOURCE_CONTEXT, ALLOWED),
        ("kms:Decrypt", PHI_KEY, via_s3("us-east-1", f"{SOURCE_ARN}/object"), ALLOWED),
        ("kms:Decrypt", PHI_KEY, REPLICA_CONTEXT, IMPLICIT_DENY),
        ("kms:Decrypt", PHI_KEY, {}, IMPLICIT_DENY),
        ("kms:Encrypt", PHI_KEY, SOURCE_CONTEXT, IMPLICIT_DENY),
        ("kms:Encrypt", REPLICA_KEY, REPLICA_CONTEXT, ALLOWED),
        ("kms:GenerateDataKey", REPLICA_KEY, REPLICA_CONTEXT, ALLOWED),
        ("kms:Encrypt", REPLICA_KEY, SOURCE_CONTEXT, IMPLICIT_DENY),
        ("kms:Encrypt", REPLICA_KEY, via_s3("us-west-2", "arn:aws:s3:::other"), IMPLICIT_DENY),
        ("kms:Decrypt", REPLICA_KEY, REPLICA_CONTEXT, IMPLICIT_DENY),
    ],
)
def test_replication_role_may_replicate_and_nothing_else(prod, action, resource, context, expected):
    permissions = prod.resource("RolePolicy", "replica-replication-role-permissions").policy
    assert request_outcome(permissions, REPLICATION_ROLE, action, resource, context) is expected
    if resource in (PHI_KEY, REPLICA_KEY) and expected is ALLOWED:  # then the key policy must allow it too
        name = resource.rpartition("/")[2]
        (key,) = [key for key in prod.registered if key.name == name and key.type.startswith("aws:kms")]
        assert request_outcome(key.policy, REPLICATION_ROLE, action, resource, context) is ALLOWED


# The copy of the trail.

TRAIL, TRAIL_REPLICA = f"phi-prod-trail-{ACCOUNT_ID}-us-east-1", f"phi-prod-trail-replica-{ACCOUNT_ID}-us-west-2"
TRAIL_ARN, TRAIL_REPLICA_ARN = f"arn:aws:s3:::{TRAIL}", f"arn:aws:s3:::{TRAIL_REPLICA}"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit-key"
AUDIT_REPLICA_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-alerts-key"


def test_trail_is_replicated_with_the_replica_of_its_key_and_alarms(prod):
    replication = prod.resource("BucketReplicationConfig", "trail-replica-replication").inputs
    assert replication["bucket"] == TRAIL
    (rule,) = replication["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {})  # digest files too
    assert rule["destination"]["bucket"] == TRAIL_REPLICA_ARN
    assert rule["destination"]["encryptionConfiguration"] == {"replicaKmsKeyId": AUDIT_REPLICA_KEY}
    alarms = prod.resources_of_type("MetricAlarm", "trail-replica-replication")
    assert {alarm.inputs["metricName"]: alarm.inputs["alarmActions"] for alarm in alarms} == {
        "OperationsFailedReplication": [TOPIC],
        "ReplicationLatency": [TOPIC.replace("us-east-1", "us-west-2")],
    }
    settings = ("versioning", "policy", "encryption", "lock", "public-access-block")
    bucket_settings = {f"{bucket}-{setting}" for bucket in ("trail-files", "trail-replica") for setting in settings}
    assert bucket_settings <= prod.resource("Replication", "trail-replica-replication").dependencies


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetObjectVersionForReplication", f"{TRAIL_ARN}/file", {}, ALLOWED),
        ("s3:ReplicateObject", f"{TRAIL_REPLICA_ARN}/file", {}, ALLOWED),
        ("s3:ReplicateObject", f"{REPLICA_ARN}/file", {}, IMPLICIT_DENY),
        ("s3:GetObjectVersionForReplication", f"{SOURCE_ARN}/file", {}, IMPLICIT_DENY),
        # The encryption context of a log file is its own ARN.
        ("kms:Decrypt", AUDIT_KEY, via_s3("us-east-1", f"{TRAIL_ARN}/file"), ALLOWED),
        ("kms:Encrypt", AUDIT_REPLICA_KEY, via_s3("us-west-2", f"{TRAIL_REPLICA_ARN}/file"), ALLOWED),
        ("kms:GenerateDataKey", AUDIT_REPLICA_KEY, via_s3("us-west-2", f"{TRAIL_REPLICA_ARN}/file"), ALLOWED),
        ("kms:Decrypt", PHI_KEY, SOURCE_CONTEXT, IMPLICIT_DENY),
    ],
)
def test_role_and_keys_let_s3_replicate_the_trail_and_nothing_else(prod, action, resource, context, expected):
    permissions = prod.resource("RolePolicy", "trail-replica-replication-role-permissions").policy
    replication_role = role("phi-prod-trail-replica-replication-role")
    assert request_outcome(permissions, replication_role, action, resource, context) is expected
    if ":kms:" in resource and expected is ALLOWED:
        name = resource.rpartition("/")[2]
        (key,) = [key for key in prod.registered if key.name == name and key.type.startswith("aws:kms")]
        assert request_outcome(key.policy, replication_role, action, resource, context) is ALLOWED


@pytest.mark.parametrize(("name", "expected"), [("auditor", ALLOWED), ("application", IMPLICIT_DENY)])
def test_only_the_auditor_reads_the_copy_of_the_trail(prod, name, expected):
    permissions = prod.resource("RolePolicy", f"access-{name}-permissions").policy
    principal, file = role(f"phi-prod-{name}"), f"{TRAIL_REPLICA_ARN}/file"
    assert request_outcome(permissions, principal, "s3:GetObject", file) is expected
    assert request_outcome(permissions, principal, "s3:ListBucket", TRAIL_REPLICA_ARN) is expected
    context = via_s3("us-west-2", file)
    replica_key = AUDIT_KEY.replace("us-east-1", "us-west-2")  # a replica has the key ID of its primary
    assert request_outcome(permissions, principal, "kms:Decrypt", replica_key, context) is expected


def test_stack_without_a_replica_has_one_copy_of_the_trail():
    stack = run_main("dev")
    assert [bucket.name for bucket in stack.resources_of_type("Bucket") if "trail" in bucket.name] == ["trail-files"]


# Backups.


COPY_VAULT = f"arn:aws:backup:us-east-1:{OTHER_ACCOUNT_ID}:backup-vault:phi-copies"
COMPLIANCE = {"backupLockMode": "COMPLIANCE", "backupLockConfirmed": "permanent-35-days", "backupLockGraceDays": "7"}


def test_vault_is_encrypted_with_a_key_of_its_own(prod):
    vault = prod.resource("Vault", "backup-vault").inputs
    assert (vault["name"], vault["kmsKeyArn"]) == ("phi-prod-backups", BACKUP_KEY)
    uses = {resource.name for resource in prod.registered if BACKUP_KEY in json.dumps(resource.inputs)}
    assert uses == {"backup-vault"}


@pytest.mark.parametrize(
    ("settings", "lock"),
    [
        ({}, {"minRetentionDays": 35}),
        ({"backupDays": "90"}, {"minRetentionDays": 90}),
        (COMPLIANCE, {"minRetentionDays": 35, "changeableForDays": 7}),
        ({"backupLockGraceDays": "7"}, {"minRetentionDays": 35}),
    ],
    ids=["default", "days", "compliance", "grace days of no compliance"],
)
def test_vault_has_the_lock_of_the_settings(settings, lock):
    stack = run_main("prod", **settings)
    assert stack.resource("VaultLockConfiguration", "backup-lock").inputs == {
        "backupVaultName": "phi-prod-backups",
        **lock,
    }


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_vault_lock_can_be_replaced_and_is_never_removed(stack):
    """A protected resource can't be replaced; one that isn't retained is deleted after its replacement is created."""
    lock = run_main(stack).resource("VaultLockConfiguration", "backup-lock")
    assert (lock.protect, lock.retain_on_delete) == (False, True)


def test_plan_keeps_its_retention_if_aws_refuses_the_lock_of_another(prod):
    """AWS refuses a change of a permanent lock. With fewer days in the plan alone, every backup would then fail."""
    assert "backup-lock" in prod.resource("Plan", "backup-plan").dependencies


@pytest.mark.parametrize("days", [35, 90])
def test_backup_plan_backs_up_the_phi_bucket_every_day(days):
    stack = run_main("prod", backupDays=str(days))
    (rule,) = stack.resource("Plan", "backup-plan").inputs["rules"]
    assert rule["targetVaultName"] == "phi-prod-backups"
    assert rule["lifecycle"] == {"deleteAfter": days}
    assert rule["schedule"] == "cron(0 5 ? * * *)"
    assert not rule["copyActions"]


def test_backup_selection_waits_for_the_bucket_and_the_roles_permissions(prod):
    selection = prod.resource("Selection", "backup-selection")
    assert selection.inputs == {
        "name": "phi-prod-backup-selection",
        "planId": "backup-plan",
        "iamRoleArn": BACKUP_ROLE.id,
        "resources": [SOURCE_ARN],
    }
    role_policy = "backup-role-AWSBackupServiceRolePolicyForS3Backup"
    assert {"phi-versioning", "phi-policy", role_policy} <= selection.dependencies


@pytest.mark.parametrize("vault", [COPY_VAULT, COPY_VAULT.replace("us-east-1", "eu-west-1")])
def test_every_backup_is_copied_to_the_vault_of_the_setting_for_as_long(vault):
    stack = run_main("prod", backupCopyVault=vault, backupDays="60")
    (rule,) = stack.resource("Plan", "backup-plan").inputs["rules"]
    assert rule["copyActions"] == [{"destinationVaultArn": vault, "lifecycle": {"deleteAfter": 60}}]


def test_copies_in_the_account_and_region_of_the_backups_are_refused():
    vault = COPY_VAULT.replace(OTHER_ACCOUNT_ID, ACCOUNT_ID)
    with pytest.raises(pulumi.RunError, match="in the stack's own account and region; it must be a vault in another"):
        run_main("prod", backupCopyVault=vault)
    run_main("prod", backupCopyVault=vault.replace("us-east-1", "us-west-2"))


RECOVERY_POINT = f"arn:aws:backup:us-east-1:{ACCOUNT_ID}:recovery-point:phi-20260101"
FOR_AWS_RESOURCE = {"kms:GrantIsForAWSResource": ["true"], "kms:ViaService": ["backup.us-east-1.amazonaws.com"]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("backup:CopyFromBackupVault", RECOVERY_POINT, {}, ALLOWED),
        ("backup:CopyIntoBackupVault", COPY_VAULT, {}, ALLOWED),
        ("backup:DescribeBackupVault", COPY_VAULT, {}, ALLOWED),
        ("backup:CopyIntoBackupVault", f"{COPY_VAULT}-2", {}, IMPLICIT_DENY),
        ("backup:CopyFromBackupVault", RECOVERY_POINT.replace("us-east-1", "us-west-2"), {}, IMPLICIT_DENY),
        ("backup:DeleteRecoveryPoint", RECOVERY_POINT, {}, IMPLICIT_DENY),
        ("backup:DeleteBackupVaultLockConfiguration", COPY_VAULT, {}, IMPLICIT_DENY),
        ("kms:CreateGrant", BACKUP_KEY, FOR_AWS_RESOURCE, ALLOWED),
        ("kms:CreateGrant", BACKUP_KEY, {}, IMPLICIT_DENY),
        ("kms:CreateGrant", PHI_KEY, FOR_AWS_RESOURCE, IMPLICIT_DENY),
        ("kms:Decrypt", BACKUP_KEY, FOR_AWS_RESOURCE, IMPLICIT_DENY),
    ],
)
def test_backup_role_may_copy_to_the_vault_of_the_setting_and_nothing_else(action, resource, context, expected):
    stack = run_main("prod", backupCopyVault=COPY_VAULT)
    permissions = stack.resource("RolePolicy", "backup-role-permissions").policy
    assert request_outcome(permissions, BACKUP_ROLE, action, resource, context) is expected
    if resource == BACKUP_KEY and expected is ALLOWED:  # then the key policy must allow it too
        key = stack.resource("Key", "backup-key")
        context = context | {"kms:CallerAccount": [ACCOUNT_ID]}
        assert request_outcome(key.policy, BACKUP_ROLE, action, resource, context) is ALLOWED


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (service("backup"), ALLOWED),
        *((principal, IMPLICIT_DENY) for principal in (service("s3"), role("app"), ROOT, EXTERNAL_ROLE)),
    ],
)
def test_only_aws_backup_assumes_the_backup_role(prod, principal, expected):
    document = trust_policy(prod, "backup-role")
    assert request_outcome(document, principal, "sts:AssumeRole", BACKUP_ROLE.id) is expected


def test_backup_role_has_only_the_aws_managed_policies_for_s3(prod):
    attachments = prod.resources_of_type("RolePolicyAttachment", "backup-role")
    assert {attachment.inputs["policyArn"] for attachment in attachments} == {
        f"arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3{operation}" for operation in ("Backup", "Restore")
    }
    assert prod.resources_of_type("RolePolicy", "backup-role") == []
