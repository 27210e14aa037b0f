"""The audit of a deployed stack: each manual change fails exactly its controls.

The emulator has no root MFA, GuardDuty, AWS Config or account-level Block Public Access, and there are no attestations.
Those controls fail from the start, so each audit is compared with the one of the unchanged stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS
from tests.aws import Aws
from tests.integration.deployed.stack import DeployedStack
from tests.integration.evidence import ACCOUNT_CONTROLS, outcomes

ATTESTATION_CONTROLS = {control.id for control in LIVE_CONTROLS if control.service == "attest"}


def failed_controls(evidence: dict[str, Any]) -> set[str]:
    return {control["id"] for control in evidence["controls"] if control["outcome"] == "fail"}


def test_unchanged_stack_fails_only_account_controls_and_attestations(initial_evidence):
    assert failed_controls(initial_evidence) == ACCOUNT_CONTROLS | ATTESTATION_CONTROLS
    assert initial_evidence["failed_calls"] == []
    assert "unverified" not in outcomes(initial_evidence).values()
    assert initial_evidence["collection"]["buckets"] == 3


def test_every_listed_resource_of_the_stack_is_judged(initial_evidence):
    coverage = initial_evidence["coverage"]
    counts = {entry["type"]: entry["count"] for entry in coverage["judged"]}
    assert (counts["AWS::S3::Bucket"], counts["AWS::KMS::Key"]) == (3, 3)
    assert coverage["not_judged"] == []
    assert [(source["source"], source["failed"]) for source in coverage["sources"]] == [
        ("AWS Config", False),
        ("Resource Groups Tagging API", False),
    ]


# Each generator below makes a change that a person might make by hand, yields, and then undoes the change. Its
# decorator names the controls that must fail in between.


class Target:
    """The stack's resources to change, by name, ID or ARN."""

    def __init__(self, aws: Aws, outputs: dict[str, Any]) -> None:
        self.aws = aws
        self.bucket = outputs["phi_bucket_name"]
        self.key_arn = outputs["phi_key_arn"]
        self.key_id = self.key_arn.rsplit("/")[-1]
        self.trail = outputs["trail_arn"]
        self.topic = outputs["alert_topic_arn"]
        self.log_group = "/audit/phi-dev-trail"
        self.audit_key_id = aws("cloudtrail.get_trail", Name=self.trail)["Trail"]["KmsKeyId"].rsplit("/")[-1]

    def bucket_policy(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.aws("s3.get_bucket_policy", Bucket=self.bucket)["Policy"])
        return document

    def put_bucket_policy(self, document: dict[str, Any]) -> None:
        self.aws("s3.put_bucket_policy", Bucket=self.bucket, Policy=json.dumps(document))


CHANGES: list[Any] = []
Change = Callable[[Aws, Target], Iterator[None]]


def fails(*controls: str) -> Callable[[Change], Change]:
    """Return a decorator that adds a change to CHANGES, with the controls that it must fail."""

    def register(change: Change) -> Change:
        CHANGES.append(pytest.param(change, set(controls), id=change.__name__))
        return change

    return register


@pytest.fixture(scope="module")
def target(aws: Aws, deployed_stack: DeployedStack) -> Target:
    return Target(aws, deployed_stack.outputs)


@fails("s3-public-access-block")
def public_policies_are_not_blocked(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("s3.get_public_access_block", Bucket=target.bucket)["PublicAccessBlockConfiguration"]
    put = "s3.put_public_access_block"
    aws(put, Bucket=target.bucket, PublicAccessBlockConfiguration=original | {"BlockPublicPolicy": False})
    yield
    aws(put, Bucket=target.bucket, PublicAccessBlockConfiguration=original)


@fails("s3-acls-disabled")
def acls_are_enabled(aws: Aws, target: Target) -> Iterator[None]:
    for ownership in ("ObjectWriter", "BucketOwnerEnforced"):
        rules = {"Rules": [{"ObjectOwnership": ownership}]}
        aws("s3.put_bucket_ownership_controls", Bucket=target.bucket, OwnershipControls=rules)
        if ownership == "ObjectWriter":
            yield


@fails("s3-tls-only", "s3-tls-1-2", "s3-enforce-kms-key", "s3-deny-sse-c", "s3-tamper-protection")
def bucket_policy_is_deleted(aws: Aws, target: Target) -> Iterator[None]:
    original = target.bucket_policy()
    aws("s3.delete_bucket_policy", Bucket=target.bucket)
    yield
    target.put_bucket_policy(original)


@fails("s3-no-external-destinations")
def inventory_is_delivered_to_another_account(aws: Aws, target: Target) -> Iterator[None]:
    destination = {"Bucket": "arn:aws:s3:::elsewhere", "AccountId": "444455556666", "Format": "CSV"}
    configuration = {
        "Id": "foreign",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Weekly"},
        "Destination": {"S3BucketDestination": destination},
    }
    identity = {"Bucket": target.bucket, "Id": "foreign"}
    aws("s3.put_bucket_inventory_configuration", **identity, InventoryConfiguration=configuration)
    yield
    aws("s3.delete_bucket_inventory_configuration", **identity)


def remove_statement(sid: str, *controls: str) -> None:
    """Add a change that removes a statement from the bucket policy."""

    def change(_: Aws, target: Target) -> Iterator[None]:
        original = target.bucket_policy()
        remaining = [statement for statement in original["Statement"] if statement.get("Sid") != sid]
        assert len(remaining) == len(original["Statement"]) - 1, [
            statement.get("Sid") for statement in original["Statement"]
        ]
        target.put_bucket_policy(original | {"Statement": remaining})
        yield
        target.put_bucket_policy(original)

    change.__name__ = f"bucket_policy_without_{sid}"
    fails(*controls)(change)


remove_statement("DenyInsecureTransport", "s3-tls-only")
remove_statement("DenyOutdatedTls", "s3-tls-1-2")
remove_statement("DenyProtectionChanges", "s3-tamper-protection")


def grant_read(principal: Any, name: str, *controls: str) -> None:
    """Add a change that grants read access, without the statement that would still deny external principals."""

    def change(_: Aws, target: Target) -> Iterator[None]:
        original = target.bucket_policy()
        grant = {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{target.bucket}/*",
        }
        others = [statement for statement in original["Statement"] if statement["Sid"] != "DenyExternalPrincipals"]
        assert len(others) == len(original["Statement"]) - 1
        target.put_bucket_policy(original | {"Statement": [*others, grant]})
        yield
        target.put_bucket_policy(original)

    change.__name__ = name
    fails(*controls)(change)


grant_read("*", "bucket_policy_grants_public_access", "s3-no-public-grant", "s3-no-external-access")
grant_read(
    {"AWS": "arn:aws:iam::210987654321:root"}, "bucket_policy_grants_another_account_access", "s3-no-external-access"
)


def change_encryption(name: str, changes: dict[str, Any], *controls: str) -> None:
    """Add a change of the bucket's default encryption."""

    def change(aws: Aws, target: Target) -> Iterator[None]:
        original = aws("s3.get_bucket_encryption", Bucket=target.bucket)["ServerSideEncryptionConfiguration"]
        put = "s3.put_bucket_encryption"
        changed = {"Rules": [original["Rules"][0] | changes]}
        aws(put, Bucket=target.bucket, ServerSideEncryptionConfiguration=changed)
        yield
        aws(put, Bucket=target.bucket, ServerSideEncryptionConfiguration=original)

    change.__name__ = name
    fails(*controls)(change)


SSE_S3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
AWS_MANAGED_KEY = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
change_encryption("encryption_uses_sse_s3", SSE_S3, "s3-customer-managed-key")
change_encryption("encryption_uses_the_aws_managed_key", AWS_MANAGED_KEY, "s3-customer-managed-key")
change_encryption("bucket_key_is_off", {"BucketKeyEnabled": False}, "s3-bucket-key")


@fails("s3-abort-multipart")
def lifecycle_is_deleted(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("s3.get_bucket_lifecycle_configuration", Bucket=target.bucket)["Rules"]
    aws("s3.delete_bucket_lifecycle", Bucket=target.bucket)
    yield
    put = "s3.put_bucket_lifecycle_configuration"
    aws(put, Bucket=target.bucket, LifecycleConfiguration={"Rules": original})


@fails("s3-retention")
def current_versions_expire(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("s3.get_bucket_lifecycle_configuration", Bucket=target.bucket)["Rules"]
    expiration = {"ID": "expire", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    put = "s3.put_bucket_lifecycle_configuration"
    aws(put, Bucket=target.bucket, LifecycleConfiguration={"Rules": [*original, expiration]})
    yield
    aws(put, Bucket=target.bucket, LifecycleConfiguration={"Rules": original})


@fails("s3-access-logging")
def access_logging_is_off(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("s3.get_bucket_logging", Bucket=target.bucket)["LoggingEnabled"]
    aws("s3.put_bucket_logging", Bucket=target.bucket, BucketLoggingStatus={})
    yield
    aws("s3.put_bucket_logging", Bucket=target.bucket, BucketLoggingStatus={"LoggingEnabled": original})


@fails("s3-no-website")
def website_hosting_is_on(aws: Aws, target: Target) -> Iterator[None]:
    website = {"IndexDocument": {"Suffix": "index.html"}}
    aws("s3.put_bucket_website", Bucket=target.bucket, WebsiteConfiguration=website)
    yield
    aws("s3.delete_bucket_website", Bucket=target.bucket)


@fails("s3-cors")
def cors_allows_any_origin(aws: Aws, target: Target) -> Iterator[None]:
    rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]
    aws("s3.put_bucket_cors", Bucket=target.bucket, CORSConfiguration={"CORSRules": rules})
    yield
    aws("s3.delete_bucket_cors", Bucket=target.bucket)


@fails("s3-request-metrics", "cloudwatch-alarm-metric-exists")
def request_metrics_are_off(aws: Aws, target: Target) -> Iterator[None]:
    configurations = aws("s3.list_bucket_metrics_configurations", Bucket=target.bucket)
    [original] = configurations["MetricsConfigurationList"]
    parameters = {"Bucket": target.bucket, "Id": original["Id"]}
    aws("s3.delete_bucket_metrics_configuration", **parameters)
    yield
    aws("s3.put_bucket_metrics_configuration", **parameters, MetricsConfiguration=original)


@fails("s3-data-class-tag")
def data_class_tag_is_removed(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("s3.get_bucket_tagging", Bucket=target.bucket)["TagSet"]
    others = [tag for tag in original if tag["Key"] != "DataClass"]
    assert len(others) == len(original) - 1
    aws("s3.put_bucket_tagging", Bucket=target.bucket, Tagging={"TagSet": others})
    yield
    aws("s3.put_bucket_tagging", Bucket=target.bucket, Tagging={"TagSet": original})


@fails("kms-rotation")
def key_rotation_is_off(aws: Aws, target: Target) -> Iterator[None]:
    aws("kms.disable_key_rotation", KeyId=target.key_id)
    yield
    aws("kms.enable_key_rotation", KeyId=target.key_id, RotationPeriodInDays=365)


@fails("kms-key-enabled")
def key_is_disabled(aws: Aws, target: Target) -> Iterator[None]:
    aws("kms.disable_key", KeyId=target.key_id)
    yield
    aws("kms.enable_key", KeyId=target.key_id)


@fails("kms-key-enabled")
def key_deletion_is_scheduled(aws: Aws, target: Target) -> Iterator[None]:
    aws("kms.schedule_key_deletion", KeyId=target.audit_key_id, PendingWindowInDays=30)
    yield
    aws("kms.cancel_key_deletion", KeyId=target.audit_key_id)
    aws("kms.enable_key", KeyId=target.audit_key_id)


def change_key_policy(name: str, change_statements: Callable[[list[Any]], list[Any]], *controls: str) -> None:
    """Add a change of the statements of the key's policy."""

    def change(aws: Aws, target: Target) -> Iterator[None]:
        parameters = {"KeyId": target.key_id, "PolicyName": "default"}
        original = aws("kms.get_key_policy", **parameters)["Policy"]
        document = json.loads(original)
        changed = document | {"Statement": change_statements(document["Statement"])}
        aws("kms.put_key_policy", **parameters, Policy=json.dumps(changed))
        yield
        aws("kms.put_key_policy", **parameters, Policy=original)

    change.__name__ = name
    fails(*controls)(change)


def allow_decrypt(principal: Any) -> Callable[[list[Any]], list[Any]]:
    """Return a function that adds a statement which lets a principal decrypt."""
    grant = {"Effect": "Allow", "Principal": principal, "Action": "kms:Decrypt", "Resource": "*"}
    return lambda statements: [*statements, grant]


def remove_administration(statements: list[Any]) -> list[Any]:
    """Return the statements without those that allow changes of the key's policy."""
    remaining = [
        statement
        for statement in statements
        if "kms:PutKeyPolicy" not in statement["Action"] and statement["Action"] != "kms:*"
    ]
    assert len(remaining) < len(statements)
    return remaining


change_key_policy(
    "key_policy_grants_public_access",
    allow_decrypt({"AWS": "*"}),
    "kms-no-public-principal",
    "kms-no-external-access",
    "kms-confused-deputy",
)
change_key_policy(
    "key_policy_grants_a_service_unconditional_access",
    allow_decrypt({"Service": "sns.amazonaws.com"}),
    "kms-confused-deputy",
)
change_key_policy(
    "key_policy_grants_an_external_account_access",
    allow_decrypt({"AWS": "arn:aws:iam::444455556666:root"}),
    "kms-no-external-access",
)
change_key_policy("key_policy_has_no_administrator", remove_administration, "kms-key-administrator")


@fails("kms-no-external-access")
def grant_gives_an_external_account_access(aws: Aws, target: Target) -> Iterator[None]:
    grantee = "arn:aws:iam::444455556666:role/vendor"
    grant = aws("kms.create_grant", KeyId=target.key_id, GranteePrincipal=grantee, Operations=["Decrypt"])
    yield
    aws("kms.revoke_grant", KeyId=target.key_id, GrantId=grant["GrantId"])


@fails("cloudtrail-enabled", "cloudtrail-s3-data-events")
def trail_is_stopped(aws: Aws, target: Target) -> Iterator[None]:
    aws("cloudtrail.stop_logging", Name=target.trail)
    yield
    aws("cloudtrail.start_logging", Name=target.trail)


@fails("cloudtrail-log-validation")
def log_file_validation_is_off(aws: Aws, target: Target) -> Iterator[None]:
    aws("cloudtrail.update_trail", Name=target.trail, EnableLogFileValidation=False)
    yield
    aws("cloudtrail.update_trail", Name=target.trail, EnableLogFileValidation=True)


@fails("cloudtrail-s3-data-events")
def trail_does_not_record_reads(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("cloudtrail.get_event_selectors", TrailName=target.trail)["AdvancedEventSelectors"]
    changed = json.loads(json.dumps(original))
    for selector in changed:
        if any(field.get("Equals") == ["Data"] for field in selector["FieldSelectors"]):
            selector["FieldSelectors"].append({"Field": "readOnly", "Equals": ["false"]})
    assert changed != original
    aws("cloudtrail.put_event_selectors", TrailName=target.trail, AdvancedEventSelectors=changed)
    yield
    aws("cloudtrail.put_event_selectors", TrailName=target.trail, AdvancedEventSelectors=original)


@fails("logs-retention")
def log_group_retention_is_30_days(aws: Aws, target: Target) -> Iterator[None]:
    aws("logs.put_retention_policy", logGroupName=target.log_group, retentionInDays=30)
    yield
    aws("logs.put_retention_policy", logGroupName=target.log_group, retentionInDays=2192)


@fails("kms-key-separation")
def trail_uses_the_phi_key(aws: Aws, target: Target) -> Iterator[None]:
    aws("cloudtrail.update_trail", Name=target.trail, KmsKeyId=target.key_arn)
    yield
    aws("cloudtrail.update_trail", Name=target.trail, KmsKeyId=target.audit_key_id)


@fails("cloudwatch-alarm-action")
def alarm_actions_are_disabled(aws: Aws, target: Target) -> Iterator[None]:
    name = "phi-dev-5xxerrors"  # no threat needs this alarm; the order of the alarms varies
    aws("cloudwatch.disable_alarm_actions", AlarmNames=[name])
    yield
    aws("cloudwatch.enable_alarm_actions", AlarmNames=[name])


@fails("cloudwatch-alarm-coverage", "cloudwatch-alarm-metric-exists")
def metric_filter_for_root_use_is_deleted(aws: Aws, target: Target) -> Iterator[None]:
    name = "phi-dev-root-used"
    filters = aws("logs.describe_metric_filters", logGroupName=target.log_group, filterNamePrefix=name)
    [original] = filters["metricFilters"]
    aws("logs.delete_metric_filter", logGroupName=target.log_group, filterName=name)
    yield
    settings = {field: original[field] for field in ("filterPattern", "metricTransformations")}
    aws("logs.put_metric_filter", logGroupName=target.log_group, filterName=name, **settings)


@fails("sns-customer-managed-key")
def topic_uses_the_aws_managed_key(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("sns.get_topic_attributes", TopicArn=target.topic)["Attributes"]["KmsMasterKeyId"]
    parameters = {"TopicArn": target.topic, "AttributeName": "KmsMasterKeyId"}
    aws("sns.set_topic_attributes", **parameters, AttributeValue="alias/aws/sns")
    yield
    aws("sns.set_topic_attributes", **parameters, AttributeValue=original)


@fails("sns-private")
def topic_policy_lets_anyone_subscribe(aws: Aws, target: Target) -> Iterator[None]:
    original = aws("sns.get_topic_attributes", TopicArn=target.topic)["Attributes"]["Policy"]
    document = json.loads(original)
    grant = {"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": target.topic}
    changed = json.dumps(document | {"Statement": [*document["Statement"], grant]})
    parameters = {"TopicArn": target.topic, "AttributeName": "Policy"}
    aws("sns.set_topic_attributes", **parameters, AttributeValue=changed)
    yield
    aws("sns.set_topic_attributes", **parameters, AttributeValue=original)


def grant_application(name: str, statement: dict[str, Any], *controls: str) -> None:
    """Add a change that gives the application role an additional policy."""

    def change(aws: Aws, target: Target) -> Iterator[None]:
        grant = json.loads(json.dumps(statement).replace("BUCKET", target.bucket))
        document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **grant}})
        parameters = {"RoleName": "phi-dev-application", "PolicyName": "additional"}
        aws("iam.put_role_policy", **parameters, PolicyDocument=document)
        yield
        aws("iam.delete_role_policy", **parameters)

    change.__name__ = name
    fails(*controls)(change)


ANY_ACTION = {"Action": "*", "Resource": "*"}
DECRYPT_WITH_ANY_KEY = {"Action": "kms:Decrypt", "Resource": "*"}
PASS_ANY_ROLE = {"Action": "iam:PassRole", "Resource": "*"}
CHANGE_BUCKET_POLICY = {"Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::BUCKET"}
grant_application(
    "application_has_admin_access",
    ANY_ACTION,
    *("iam-no-admin", "iam-no-broad-decrypt", "iam-no-privilege-escalation", "iam-least-privilege"),
)
grant_application("application_may_decrypt_with_any_key", DECRYPT_WITH_ANY_KEY, "iam-no-broad-decrypt")
grant_application("application_may_pass_any_role", PASS_ANY_ROLE, "iam-no-privilege-escalation")
grant_application("application_may_change_the_bucket_policy", CHANGE_BUCKET_POLICY, "iam-least-privilege")


@fails("iam-role-trust-policy")
def auditor_role_trusts_anyone(aws: Aws, target: Target) -> Iterator[None]:
    role = "phi-dev-auditor"
    original = aws("iam.get_role", RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    changed = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws("iam.update_assume_role_policy", RoleName=role, PolicyDocument=changed)
    yield
    aws("iam.update_assume_role_policy", RoleName=role, PolicyDocument=json.dumps(original))


@fails("backup-vault-lock")
def vault_lock_is_deleted(aws: Aws, target: Target) -> Iterator[None]:
    name = "phi-dev-backups"
    min_retention_days = aws("backup.describe_backup_vault", BackupVaultName=name)["MinRetentionDays"]
    aws("backup.delete_backup_vault_lock_configuration", BackupVaultName=name)
    yield
    aws("backup.put_backup_vault_lock_configuration", BackupVaultName=name, MinRetentionDays=min_retention_days)


FOREIGN_QUEUE = "arn:aws:sqs:us-east-1:444455556666:results"
FOREIGN_STREAM = "arn:aws:kinesis:us-east-1:444455556666:stream/logs"


def allow_everyone(action: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@fails("backup-no-external-access")
def vault_policy_lets_anyone_copy_into_the_vault(aws: Aws, target: Target) -> Iterator[None]:
    name = "phi-dev-backups"
    policy = allow_everyone("backup:CopyIntoBackupVault")
    aws("backup.put_backup_vault_access_policy", BackupVaultName=name, Policy=policy)
    yield
    aws("backup.delete_backup_vault_access_policy", BackupVaultName=name)


@fails("athena-customer-managed-key", "athena-settings-enforced", "athena-no-external-results")
def workgroup_stores_results_unencrypted_in_another_account(aws: Aws, target: Target) -> Iterator[None]:
    name = "phi-dev-reports"
    results = {"OutputLocation": "s3://theirs/", "ExpectedBucketOwner": "444455556666"}
    configuration = {"EnforceWorkGroupConfiguration": False, "ResultConfiguration": results}
    aws("athena.create_work_group", Name=name, Configuration=configuration)
    yield
    aws("athena.delete_work_group", WorkGroup=name)


@fails("sns-no-external-subscriptions")
def queue_of_another_account_subscribes_to_the_topic(aws: Aws, target: Target) -> Iterator[None]:
    subscription = aws("sns.subscribe", TopicArn=target.topic, Protocol="sqs", Endpoint=FOREIGN_QUEUE)
    yield
    aws("sns.unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])


@fails("logs-no-external-destinations", "logs-no-external-access")
def log_destination_is_of_another_account_and_open_to_anyone(aws: Aws, target: Target) -> Iterator[None]:
    name, role = "phi-dev-logs", "arn:aws:iam::123456789012:role/phi-dev-logs"
    aws("logs.put_destination", destinationName=name, targetArn=FOREIGN_STREAM, roleArn=role)
    policy = allow_everyone("logs:PutSubscriptionFilter")
    aws("logs.put_destination_policy", destinationName=name, accessPolicy=policy)
    yield
    aws("logs.delete_destination", destinationName=name)


@fails("events-no-external-targets", "events-no-external-access")
def events_go_to_another_account_and_come_from_it(aws: Aws, target: Target) -> Iterator[None]:
    rule, bus, vendor = "phi-dev-cloudtrail-changed", "phi-dev-bus", "444455556666"
    aws("events.put_targets", Rule=rule, Targets=[{"Id": "foreign", "Arn": FOREIGN_QUEUE}])
    aws("events.create_event_bus", Name=bus)
    aws("events.put_permission", EventBusName=bus, Action="events:PutEvents", Principal=vendor, StatementId="vendor")
    yield
    aws("events.delete_event_bus", Name=bus)
    aws("events.remove_targets", Rule=rule, Ids=["foreign"])


@fails("ram-no-external-sharing")
def resources_are_shared_with_another_account(aws: Aws, target: Target) -> Iterator[None]:
    parameters = {"name": "phi-dev-share", "allowExternalPrincipals": False, "principals": ["444455556666"]}
    share = aws("ram.create_resource_share", **parameters)["resourceShare"]
    yield
    aws("ram.delete_resource_share", resourceShareArn=share["resourceShareArn"])


@pytest.mark.parametrize(("change", "controls"), CHANGES)
def test_manual_change_fails_exactly_its_controls(aws, target, run_audit, initial_evidence, change, controls):
    applied = change(aws, target)
    next(applied)
    try:
        evidence = run_audit()
    finally:
        assert next(applied, None) is None
    assert failed_controls(evidence) - failed_controls(initial_evidence) == controls
    assert "unverified" not in outcomes(evidence).values()


def test_all_changes_were_undone(run_audit, initial_evidence):
    assert outcomes(run_audit()) == outcomes(initial_evidence)
