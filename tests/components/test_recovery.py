"""Copies of PHI on mocks: in another region as it is written, and in a locked vault every day."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from components.account import Account
from components.backup import Backup
from components.stack_context import StackContext
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, run_program, run_main
from tests.components.policy_requests import ALLOWED, IMPLICIT_DENY, OTHER_ACCOUNT_ID, EXTERNAL_ROLE, ROOT, request_outcome, role, service

PHI, REPLICA = (f"phi-prod-phi-{ACCOUNT_ID}-us-east-1", f"phi-prod-replica-{ACCOUNT_ID}-us-west-2")
SOURCE, COPIES = f"arn:aws:s3:::{PHI}", f"arn:aws:s3:::{REPLICA}"
PHI_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi-key"
REPLICA_KEY = f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-key"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-prod-alerts"
COPIER = role("phi-prod-replica-replication-copier")
KEEPER = role("phi-prod-backup-keeper")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod")


def trust(stack, name: str):
    (found,) = [each for each in stack.resources if (each.type, each.name) == ("phi:access:Role", name)]
    return found.inputs["trustPolicy"]


# Replication.


def test_everything_is_copied_and_encrypted_there_within_fifteen_minutes(prod):
    replication = prod.resource("BucketReplicationConfig", "replica-replication").inputs
    assert (replication["bucket"], replication["role"]) == (PHI, COPIER.id)
    (rule,) = replication["rules"]
    assert (rule["status"], rule["filter"]) == ("Enabled", {})
    assert rule["deleteMarkerReplication"] == {"status": "Enabled"}
    assert rule["sourceSelectionCriteria"] == {"sseKmsEncryptedObjects": {"status": "Enabled"}}
    assert rule["destination"] == {
        "bucket": COPIES,
        "encryptionConfiguration": {"replicaKmsKeyId": REPLICA_KEY},
        "replicationTime": {"status": "Enabled", "time": {"minutes": 15}},
        "metrics": {"status": "Enabled", "eventThreshold": {"minutes": 15}},
    }


def test_it_begins_once_both_buckets_are_guarded_and_the_role_may_copy(prod):
    guards = ("versioning", "policy", "encryption", "lock", "public-access-block")
    ready = {f"{bucket}-{each}" for bucket in ("phi", "replica") for each in guards}
    assert ready <= prod.resource("Replication", "replica-replication").dependencies  # its children wait for the component
    replication = prod.resource("BucketReplicationConfig", "replica-replication")
    assert "replica-replication-copier-permissions" in replication.dependencies


def test_who_is_told_of_copies_that_fail_or_are_late(prod):
    alarms = {each.inputs["metricName"]: each.inputs for each in prod.resources_of_type("MetricAlarm", "replica-replication")}
    assert alarms.keys() == {"OperationsFailedReplication", "ReplicationLatency"}
    (rule,) = prod.resource("BucketReplicationConfig", "replica-replication").inputs["rules"]
    for alarm in alarms.values():
        assert alarm["dimensions"] == {"SourceBucket": PHI, "DestinationBucket": REPLICA, "RuleId": rule["id"]}
        assert alarm["namespace"] == "AWS/S3"
        assert alarm["comparisonOperator"] == "GreaterThanThreshold"
        assert alarm["treatMissingData"] == "notBreaching"  # nothing is published where nothing is copied
    failed, late = alarms["OperationsFailedReplication"], alarms["ReplicationLatency"]
    # Each where S3 publishes it: what fails at the source, what is late at the copies.
    assert failed["alarmActions"] == [TOPIC]
    assert late["alarmActions"] == [TOPIC.replace("us-east-1", "us-west-2")]
    assert (failed["statistic"], failed["threshold"]) == ("Sum", 0)
    assert (late["statistic"], late["threshold"]) == ("Maximum", 15 * 60)  # seconds


FOR_SOURCE = {"aws:SourceArn": [SOURCE], "aws:SourceAccount": [ACCOUNT_ID]}


@pytest.mark.parametrize(
    ("principal", "context", "expected"),
    [
        (service("s3"), FOR_SOURCE, ALLOWED),
        (service("s3"), FOR_SOURCE | {"aws:SourceArn": [f"{SOURCE}-2"]}, IMPLICIT_DENY),
        (service("s3"), FOR_SOURCE | {"aws:SourceAccount": [OTHER_ACCOUNT_ID]}, IMPLICIT_DENY),
        (service("s3"), {"aws:SourceArn": [SOURCE]}, IMPLICIT_DENY),
        (service("s3"), {}, IMPLICIT_DENY),
        (service("batchoperations.s3"), FOR_SOURCE, IMPLICIT_DENY),
        *((each, FOR_SOURCE, IMPLICIT_DENY) for each in (role("app"), ROOT, EXTERNAL_ROLE)),
    ],
)
def test_s3_alone_takes_the_role_for_the_source(prod, principal, context, expected):
    document = trust(prod, "replica-replication-copier")
    assert request_outcome(document, principal, "sts:AssumeRole", COPIER.id, context) is expected


def through_s3(region: str, bucket: str) -> dict[str, list[str]]:
    return {
        "kms:ViaService": [f"s3.{region}.amazonaws.com"],
        "kms:EncryptionContext:aws:s3:arn": [bucket],
        "kms:CallerAccount": [ACCOUNT_ID],
    }


HERE, THERE = through_s3("us-east-1", SOURCE), through_s3("us-west-2", COPIES)
READS = ("VersionForReplication", "VersionAcl", "VersionTagging", "Retention", "LegalHold")


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetReplicationConfiguration", SOURCE, {}, ALLOWED),
        ("s3:ListBucket", SOURCE, {}, ALLOWED),
        *((f"s3:GetObject{each}", f"{SOURCE}/object", {}, ALLOWED) for each in READS),
        *((f"s3:GetObject{each}", f"{COPIES}/object", {}, IMPLICIT_DENY) for each in READS),
        *((f"s3:Replicate{each}", f"{COPIES}/object", {}, ALLOWED) for each in ("Object", "Delete", "Tags")),
        *((f"s3:Replicate{each}", f"{SOURCE}/object", {}, IMPLICIT_DENY) for each in ("Object", "Delete", "Tags")),
        ("s3:ReplicateObject", "arn:aws:s3:::other/object", {}, IMPLICIT_DENY),
        ("s3:GetObject", f"{SOURCE}/object", {}, IMPLICIT_DENY),
        ("s3:PutObject", f"{COPIES}/object", {}, IMPLICIT_DENY),
        ("s3:DeleteObjectVersion", f"{COPIES}/object", {}, IMPLICIT_DENY),
        ("s3:ObjectOwnerOverrideToBucketOwner", f"{COPIES}/object", {}, IMPLICIT_DENY),
        ("s3:PutReplicationConfiguration", SOURCE, {}, IMPLICIT_DENY),
        ("kms:Decrypt", PHI_KEY, HERE, ALLOWED),
        ("kms:Decrypt", PHI_KEY, through_s3("us-east-1", f"{SOURCE}/object"), ALLOWED),
        ("kms:Decrypt", PHI_KEY, THERE, IMPLICIT_DENY),
        ("kms:Decrypt", PHI_KEY, {}, IMPLICIT_DENY),
        ("kms:Encrypt", PHI_KEY, HERE, IMPLICIT_DENY),
        ("kms:Encrypt", REPLICA_KEY, THERE, ALLOWED),
        ("kms:GenerateDataKey", REPLICA_KEY, THERE, ALLOWED),
        ("kms:Encrypt", REPLICA_KEY, HERE, IMPLICIT_DENY),
        ("kms:Encrypt", REPLICA_KEY, through_s3("us-west-2", "arn:aws:s3:::other"), IMPLICIT_DENY),
        ("kms:Decrypt", REPLICA_KEY, THERE, IMPLICIT_DENY),
    ],
)
def test_the_role_copies_and_does_nothing_else(prod, action, resource, context, expected):
    permissions = prod.resource("RolePolicy", "replica-replication-copier-permissions").policy
    assert request_outcome(permissions, COPIER, action, resource, context) is expected
    if resource in (PHI_KEY, REPLICA_KEY) and expected is ALLOWED:  # and so does the key's own policy let it
        name = resource.rpartition("/")[2]
        (key,) = [each for each in prod.resources if each.name == name and each.type.startswith("aws:kms")]
        assert request_outcome(key.policy, COPIER, action, resource, context) is ALLOWED


# Backups.


def test_the_vault_is_encrypted_with_phis_key_and_nobody_shortens_its_days(prod):
    vault = prod.resource("Vault", "backup-vault").inputs
    assert (vault["name"], vault["kmsKeyArn"]) == ("phi-prod-backup-vault", PHI_KEY)
    assert prod.resource("VaultLockConfiguration", "backup-lock").inputs == {
        "backupVaultName": "phi-prod-backup-vault",
        "minRetentionDays": 35,
    }


def test_phi_is_backed_up_every_day(prod):
    (rule,) = prod.resource("Plan", "backup-plan").inputs["rules"]
    assert rule["targetVaultName"] == "phi-prod-backup-vault"
    assert rule["lifecycle"] == {"deleteAfter": 35}
    assert rule["schedule"] == "cron(0 5 ? * * *)"
    selection = prod.resource("Selection", "backup-selection")
    assert selection.inputs == {
        "name": "phi-prod-backup-selection",
        "planId": "backup-plan",
        "iamRoleArn": KEEPER.id,
        "resources": [SOURCE],
    }
    assert {"phi-versioning", "phi-policy", "backup-keeper-AWSBackupServiceRolePolicyForS3Backup"} <= selection.dependencies


def test_a_backup_is_kept_for_as_long_as_the_setting_says_and_locked_for_as_long():
    account = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
    site = StackContext(account, Settings("dev", "us-east-1", backup_days=90))
    phi = SimpleNamespace(ready=[])
    stack = run_program(lambda: Backup("backup", {"site": site, "phi": phi, "key_arn": PHI_KEY}))
    (rule,) = stack.resource("Plan", "backup-plan").inputs["rules"]
    assert rule["lifecycle"] == {"deleteAfter": 90}
    assert stack.resource("VaultLockConfiguration", "backup-lock").inputs["minRetentionDays"] == 90


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        (service("backup"), ALLOWED),
        *((each, IMPLICIT_DENY) for each in (service("s3"), role("app"), ROOT, EXTERNAL_ROLE)),
    ],
)
def test_aws_backup_alone_takes_the_role(prod, principal, expected):
    assert request_outcome(trust(prod, "backup-keeper"), principal, "sts:AssumeRole", KEEPER.id) is expected


def test_the_role_backs_s3_up_and_restores_it_and_does_nothing_else(prod):
    attached = {each.inputs["policyArn"] for each in prod.resources_of_type("RolePolicyAttachment", "backup-keeper")}
    does = ("Backup", "Restore")
    assert attached == {f"arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3{each}" for each in does}
    assert prod.resources_of_type("RolePolicy", "backup-keeper") == []
