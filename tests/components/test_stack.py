"""The whole program on mocks, with the repository's stack files: its resources, their parents, and what is kept."""

from __future__ import annotations

import inspect
import json
from collections import Counter, defaultdict

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.account import Account
from components.alert_log_alarms import log_alarms
from components.alert_rules import event_rules
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, RegisteredResource, run_main
from tests.pulumi_engine.test_aws_schema import USED

SUBSCRIBERS = '["security@example.com", "https://alerts.example.com/hook?token=hunter2"]'
DOCUMENT_INPUTS = ("bucketPolicy", "keyPolicy", "trustPolicy", "identityPolicy")


@pytest.fixture(scope="module")
def dev():
    return run_main("dev")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod", alertSubscribers=SUBSCRIBERS)


@pytest.fixture(scope="module", params=["dev", "prod"])
def stack(request):
    """Return one of the stacks after an update."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=["dev", "prod"])
def applied_and_previewed(request):
    """Return one of the stacks after an update and at its first preview."""
    subscribers = {"alertSubscribers": SUBSCRIBERS} if request.param == "prod" else {}
    return request.getfixturevalue(request.param), run_main(request.param, preview=True, **subscribers)


# Resources by the component that is their parent. Components have their names.

BUCKET = (
    "Bucket, BucketLifecycleConfiguration, BucketOwnershipControls, BucketPolicy, BucketPublicAccessBlock, "
    "BucketServerSideEncryptionConfiguration, BucketVersioning"
)
LOCKED = f"{BUCKET}, BucketLogging, BucketObjectLockConfiguration"
PHI = f"{LOCKED}, BucketMetric, BucketNotification, Inventory"
ROLE = "Role, RolePolicy"
EAST, WEST = (Account(ACCOUNT_ID, region, "aws", "amazonaws.com", DEPLOYER) for region in ("us-east-1", "us-west-2"))
LOG_ALARMS = len(log_alarms("", [], ""))
SECURITY = (
    "Detector, DetectorFeature, MalwareProtectionPlan, Account, Recorder, DeliveryChannel, RecorderStatus, "
    "ConformancePack"
)
TREE = {
    "Stack": (
        "aws, CustomerKey phi-key, CustomerKey audit-key, AccessLogBucket access-logs, TrailBucket trail-files, "
        "PhiBucket phi, AuditTrail trail, TrailQueries trail-queries, Access access, Alerts alerts, Replica replica, "
        "BatchReplication batch-replication, Backup backup, AccountSecurity account, AccountSecurity replica-account"
    ),
    "CustomerKey phi-key": "Key, Alias",
    "CustomerKey audit-key": "Key, Alias",
    "AccessLogBucket access-logs": BUCKET,
    "TrailBucket trail-files": LOCKED,
    "PhiBucket phi": PHI,
    "AuditTrail trail": "LogGroup, Trail, IamRole trail-cloudtrail-logs-role",
    "IamRole trail-cloudtrail-logs-role": ROLE,
    "TrailQueries trail-queries": "QueryDefinition, QueryDefinition, QueryDefinition",
    "Access access": (
        "IamRole access-application, IamRole access-auditor, IamRole access-break-glass, IamRole access-legal-hold"
    ),
    "IamRole access-application": ROLE,
    "IamRole access-auditor": ROLE,
    "IamRole access-break-glass": ROLE,
    "IamRole access-legal-hold": ROLE,
    "Alerts alerts": ", ".join(
        ["Topic, TopicPolicy, TopicSubscription, TopicSubscription, Dashboard, IamRole alerts-role"]
        + ["MetricAlarm"] * 2
        + ["LogMetricFilter", "MetricAlarm"] * LOG_ALARMS
        + ["EventRule", "EventTarget", "MetricAlarm"] * len(event_rules(EAST, [], ""))
    ),
    "IamRole alerts-role": ROLE,
    "Replica replica": ", ".join(
        ["aws, ReplicaKey replica-key, AccessLogBucket replica-logs, PhiBucket replica"]
        + ["Replication replica-replication, ReplicaKey replica-alerts-key, IamRole replica-alerts-role"]
        + ["TrailReplicaBucket trail-replica, Replication trail-replica-replication"]
        + ["Topic, TopicPolicy, TopicSubscription, TopicSubscription"]
        + ["EventRule", "EventTarget", "MetricAlarm"] * len(event_rules(WEST, [], ""))
    ),
    "IamRole replica-alerts-role": ROLE,
    "ReplicaKey replica-alerts-key": "ReplicaKey, Alias",
    "ReplicaKey replica-key": "ReplicaKey, Alias",
    "AccessLogBucket replica-logs": BUCKET,
    "PhiBucket replica": PHI,
    "Replication replica-replication": (
        "BucketReplicationConfig, MetricAlarm, MetricAlarm, IamRole replica-replication-role"
    ),
    "IamRole replica-replication-role": ROLE,
    "BatchReplication batch-replication": "IamRole batch-replication-role",
    "IamRole batch-replication-role": ROLE,
    "TrailReplicaBucket trail-replica": LOCKED,
    "Replication trail-replica-replication": (
        "BucketReplicationConfig, MetricAlarm, MetricAlarm, IamRole trail-replica-replication-role"
    ),
    "IamRole trail-replica-replication-role": ROLE,
    "Backup backup": "CustomerKey backup-key, Vault, VaultLockConfiguration, Plan, Selection, IamRole backup-role",
    "CustomerKey backup-key": "Key, Alias",
    "AccountSecurity account": (
        f"AccountPublicAccessBlock, {SECURITY}, IamRole account-malware-scan-role, IamRole account-recorder"
    ),
    "AccountSecurity replica-account": (
        f"{SECURITY}, IamRole replica-account-malware-scan-role, IamRole replica-account-recorder"
    ),
    **{f"IamRole {region}-malware-scan-role": ROLE for region in ("account", "replica-account")},
    **{f"IamRole {region}-recorder": f"{ROLE}, RolePolicyAttachment" for region in ("account", "replica-account")},
    "IamRole backup-role": "Role, RolePolicyAttachment, RolePolicyAttachment",
}


def children_by_parent(stack: RecordingMonitor) -> dict[str, Counter[str]]:
    children: dict[str, Counter[str]] = defaultdict(Counter)
    for resource in stack.registered:
        parent_type = resource.parent_urn.split("::")[-2].rsplit(":", 1)[-1]
        parent = parent_type if parent_type == "Stack" else f"{parent_type} {resource.parent_name}"
        child = f"{resource.type_name} {resource.name}" if resource.is_component else resource.type_name
        children[parent][child] += 1
    return children


def test_program_declares_every_resource_with_its_parent(applied_and_previewed):
    applied, previewed = applied_and_previewed
    expected = {parent: Counter(children.split(", ")) for parent, children in TREE.items()}
    if not applied.resources_of_type("Replica"):
        for parent in [parent for parent in expected if "replica" in parent or " account" in parent]:
            del expected[parent]
        copies = ("Replica replica", "BatchReplication batch-replication")
        for component in (*copies, "AccountSecurity account", "AccountSecurity replica-account"):
            del expected["Stack"][component]
        del expected["Alerts alerts"]["TopicSubscription"]
    assert children_by_parent(applied) == expected
    assert children_by_parent(previewed) == expected


def test_prod_has_a_replica_and_dev_has_none(dev, prod):
    assert (len(dev.resources_of_type("Replica")), len(prod.resources_of_type("Replica"))) == (0, 1)
    assert dev.resources_of_type("Backup")
    assert prod.resources_of_type("Backup")


def test_disabled_backup_declares_no_backup_resources():
    stack = run_main("prod", backupEnabled="false")
    assert [resource.name for resource in stack.registered if "backup" in resource.type.casefold()] == []


def test_each_component_registers_its_outputs_once_and_last(monkeypatch):
    """A preview may not show what is declared after the component's outputs, or in an `apply`."""
    events: dict[pulumi.Resource | None, list[str]] = defaultdict(list)
    components = []
    create, register = pulumi.Resource.__init__, pulumi.ComponentResource.register_outputs

    def recording_create(self, *args, **kwargs):
        arguments = inspect.signature(create).bind(self, *args, **kwargs).arguments
        if arguments["opts"]:  # the stack has none
            events[arguments["opts"].parent].append(arguments["name"])
        if arguments["t"].startswith("phi:"):
            components.append(self)
        create(self, *args, **kwargs)

    def recording_register(self, outputs):
        events[self].append("outputs")
        register(self, outputs)

    monkeypatch.setattr(pulumi.Resource, "__init__", recording_create)
    monkeypatch.setattr(pulumi.ComponentResource, "register_outputs", recording_register)
    run_main("prod", preview=True)
    assert len(components) == len(TREE) - 1
    for component in components:
        assert events[component][-1:] == ["outputs"], component
        assert events[component].count("outputs") == 1, component
        assert len(events[component]) > 1, component


# Protection and retention on delete.

# These neither store nor protect data, and can be created again without loss.
NOT_KEPT = {
    *("aws", "Role", "RolePolicy", "RolePolicyAttachment", "Topic", "TopicPolicy", "TopicSubscription"),
    *("Dashboard", "MetricAlarm", "LogMetricFilter", "EventRule", "EventTarget", "QueryDefinition"),
}
# Retained on delete in every stack, and not protected: components/backup.py has the reason.
RETAINED = "VaultLockConfiguration"


def aws_resources(stack: RecordingMonitor) -> list[RegisteredResource]:
    return [resource for resource in stack.registered if not resource.is_component]


def test_prod_keeps_all_resources_that_store_or_protect_data(prod):
    """If `pulumi destroy` kept a bucket but not its policy or key, the data would be exposed or lost."""
    resources = aws_resources(prod)
    kept = {resource.type_name for resource in resources if resource.protect and resource.retain_on_delete}
    not_kept = {resource.type_name for resource in resources if not resource.protect and not resource.retain_on_delete}
    assert not_kept == NOT_KEPT
    assert kept == {resource.type_name for resource in resources} - NOT_KEPT - {RETAINED}
    assert prod.resource(RETAINED, "backup-lock").retain_on_delete


def test_dev_keeps_no_resources(dev):
    """A retained Vault Lock goes with its vault."""
    resources = [resource for resource in dev.registered if resource.type_name != RETAINED]
    assert {(resource.protect, resource.retain_on_delete) for resource in resources} == {(False, False)}


def test_destroy_deletes_objects_only_of_the_log_bucket_in_dev(dev, prod):
    """S3 keeps delivering access logs, so that bucket is never empty."""
    assert [bucket.name for bucket in dev.resources_of_type("Bucket") if bucket.inputs["forceDestroy"]] == [
        "access-logs"
    ]
    assert [resource.name for resource in prod.registered if resource.inputs.get("forceDestroy")] == []


# Outputs, names and tags.

OUTPUTS = {
    "resource_name_prefix": "phi-{stack}-",
    "phi_key_arn": "arn:aws:kms:us-east-1:111122223333:key/phi-key",
    "replica_region": "us-west-2",
    "access_log_bucket_name": "phi-{stack}-access-logs-111122223333-us-east-1",
    "trail_bucket_name": "phi-{stack}-trail-111122223333-us-east-1",
    "trail_log_group_name": "/audit/phi-{stack}-trail",
    "athena_workgroup_name": None,
    "trail_arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/phi-{stack}-trail",
    "auditor_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-auditor",
    "break_glass_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-break-glass",
    "legal_hold_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-legal-hold",
    "alert_topic_arn": "arn:aws:sns:us-east-1:111122223333:phi-{stack}-alerts",
    "backup_vault_name": "phi-{stack}-backups",
    "backup_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-backup-role",
    "batch_replication_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-batch-replication-role",
}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_stack_exports_its_outputs(request, name):
    exports = dict(request.getfixturevalue(name).exports)
    replica = f"phi-{name}-replica-111122223333-us-west-2" if name == "prod" else None
    bucket = {
        "phi_bucket_name": f"phi-{name}-phi-111122223333-us-east-1",
        "phi_bucket_arn": f"arn:aws:s3:::phi-{name}-phi-111122223333-us-east-1",
        "replica_bucket_name": replica,
        "application_role_arn": f"arn:aws:iam::111122223333:role/phi-{name}-application",
        "instance_profile_name": None,
    }
    expected = {key: value and value.format(stack=name) for key, value in OUTPUTS.items()} | bucket
    if not replica:
        expected |= dict.fromkeys(("replica_region", "batch_replication_role_arn"))
    del exports["bucket_regions"]  # compared with the buckets themselves below
    assert exports == expected | {"phi_buckets": {"phi": bucket}, "malware_protection": name == "prod"}


def test_output_says_whether_objects_are_scanned_for_malware():
    """The client then says why a read is denied."""
    stack = run_main("prod", accountSecurityServices='["guardDuty"]')
    assert stack.exports["malware_protection"] is False


def test_outputs_name_every_bucket_with_its_region(stack):
    buckets = stack.resources_of_type("Bucket")
    assert stack.exports["bucket_regions"] == {
        bucket.inputs["bucket"]: bucket.inputs["bucket"].rpartition("111122223333-")[2] for bucket in buckets
    }


def test_preview_exports_the_same_output_names(applied_and_previewed):
    applied, previewed = applied_and_previewed
    assert list(previewed.exports) == list(applied.exports)


def test_resources_have_explicit_physical_names(stack):
    """Policies name resources before they exist, and Pulumi's own names would differ in each stack."""
    name_properties = {
        "Bucket": "bucket",
        "Dashboard": "dashboardName",
        **dict.fromkeys(("Alias", "EventRule", "LogGroup", "LogMetricFilter", "MetricAlarm", "Plan", "Role"), "name"),
        **dict.fromkeys(("Selection", "Topic", "Trail", "Vault"), "name"),
    }
    for type_name, name_property in name_properties.items():
        resources = stack.resources_of_type(type_name)
        names = [resource.inputs[name_property] for resource in resources]
        assert names, type_name
        # Each region has a topic, rules and alarms of the same names.
        assert len({(resource.provider, resource.inputs[name_property]) for resource in resources}) == len(names)
        assert all("phi-dev-" in name or "phi-prod-" in name for name in names), type_name


def test_data_stores_have_data_class_tags_and_each_region_has_default_tags(prod):
    tags = {resource.name: resource.inputs["tags"] for resource in aws_resources(prod) if "tags" in resource.inputs}
    assert {name: own_tags.pop("DataClass") for name, own_tags in tags.items()} == {
        "phi-key": "PHI",
        "audit-key": "AuditLog",
        "backup-key": "PHI",
        "replica-alerts-key": "AuditLog",
        "access-logs": "S3AccessLog",
        "trail-files": "CloudTrailLog",
        "phi": "PHI",
        "trail-logs": "AuditLog",
        "replica-key": "Replica",
        "replica-logs": "S3AccessLog",
        "replica": "Replica",
        "trail-replica": "CloudTrailLog",
    }
    assert not any(tags.values())
    for name, region in (("aws", "us-east-1"), ("replica-region", "us-west-2")):
        provider = prod.resource("aws", name).inputs
        expected = {"Compliance": "HIPAA", "Project": "phi", "Environment": "prod"}
        assert json.loads(provider["defaultTags"]) == {"tags": expected}
        assert provider["region"] == region


def test_every_resource_uses_a_provider_that_accepts_only_the_stacks_account(prod):
    """The default provider isn't bound to an account."""
    providers = {resource.name: resource.inputs for resource in prod.resources_of_type("aws")}
    assert {name: provider["allowedAccountIds"] for name, provider in providers.items()} == {
        "aws": f'["{ACCOUNT_ID}"]',
        "replica-region": f'["{ACCOUNT_ID}"]',
    }
    others = [resource for resource in aws_resources(prod) if resource.type_name != "aws"]
    assert {resource.provider.split("::")[-2] for resource in others} == set(providers)


def test_replica_resources_use_the_provider_of_their_region(prod):
    parents = {"replica-key", "replica-logs", "replica", "replica-alerts-key", "trail-replica"}
    in_replica_region = {
        resource.name
        for resource in aws_resources(prod)
        if (resource.parent_name in parents or resource.parent_name.startswith("replica-account"))
        and resource.type_name != "aws"
    }
    with_provider = {
        resource.name
        for resource in aws_resources(prod)
        if resource.provider and resource.provider.split("::")[-2] == "replica-region"
    }
    assert with_provider == in_replica_region | {"replica-replication-late", "trail-replica-replication-late"}


# Policy documents.


def documents(stack: RecordingMonitor) -> dict[tuple[str, str], dict[str, object]]:
    """Return the documents in the components' inputs, by URN and input."""
    return {
        (resource.urn, name): resource.inputs[name]
        for resource in stack.registered
        for name in DOCUMENT_INPUTS
        if name in resource.inputs
    }


def equal_except_unknowns(previewed: object, applied: object) -> bool:
    if isinstance(previewed, dict) and isinstance(applied, dict):
        return previewed.keys() == applied.keys() and all(
            equal_except_unknowns(previewed[key], applied[key]) for key in applied
        )
    if isinstance(previewed, list) and isinstance(applied, list):
        return len(previewed) == len(applied) and all(map(equal_except_unknowns, previewed, applied))
    return previewed in (applied, UNKNOWN)


def test_components_have_the_documents_of_their_children_as_inputs(stack):
    """The pack reads them there at the first preview, while a key's ARN and so any text with it is unknown."""
    declared = [json.dumps(document, sort_keys=True) for document in documents(stack).values()]
    inputs = [resource.inputs for resource in aws_resources(stack)]
    texts = [values.get("policy") or values.get("assumeRolePolicy") for values in inputs]
    # All of a topic policy is known at preview.
    topic_policies = [json.loads(policy.inputs["policy"]) for policy in stack.resources_of_type("TopicPolicy")]
    in_children = [json.loads(text) for text in texts if text]
    expected = [document for document in in_children if document not in topic_policies]
    assert sorted(declared) == sorted(json.dumps(document, sort_keys=True) for document in expected)


def test_documents_are_known_at_preview_except_for_key_arns(applied_and_previewed):
    applied, previewed = map(documents, applied_and_previewed)
    assert previewed.keys() == applied.keys()
    assert [key for key in applied if not equal_except_unknowns(previewed[key], applied[key])] == []
    assert UNKNOWN in json.dumps(list(previewed.values()))


# Types, partitions, and errors.


def test_every_type_and_function_is_checked_against_the_plugins_schema(stack):
    tokens = {resource.type for resource in stack.registered} | stack.aws.called_functions
    assert {token.removeprefix("aws:") for token in tokens if token.startswith("aws:")} <= set(USED)


@pytest.mark.parametrize(
    ("region", "partition", "replica_region"),
    [("us-gov-west-1", "aws-us-gov", "us-gov-east-1"), ("cn-north-1", "aws-cn", "cn-northwest-1")],
)
def test_program_contains_no_fixed_partition_or_region(region, partition, replica_region):
    boundary = f"arn:{partition}:iam::{ACCOUNT_ID}:policy/boundary"
    stack = run_main(
        "prod",
        region=region,
        partition=partition,
        replicaRegion=replica_region,
        permissionsBoundary=boundary,
        alertSubscribers=SUBSCRIBERS,
    )
    for resource in stack.registered:
        text = json.dumps(resource.inputs)
        assert "arn:aws:" not in text, resource.name
        assert "us-east-1" not in text, resource.name
        assert "us-west-2" not in text, resource.name
    assert {role.inputs["permissionsBoundary"] for role in stack.resources_of_type("Role")} == {boundary}


def test_program_reports_all_invalid_settings_together():
    with pytest.raises(pulumi.RunError, match=r"phi:objectLockMode is 'NONE'(.|\n)*phi:backupDays is 0"):
        run_main("dev", backupDays="0", objectLockMode="NONE")
