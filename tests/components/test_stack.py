"""The whole program on mocks, as the repository's stack files have it: what it declares, where, and what is kept."""

from __future__ import annotations

import inspect
import json
from collections import Counter, defaultdict

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN

from components.account import Account
from components.alert_patterns import log_alarms, event_rules
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RegisteredResource, RecordingMonitor, run_main
from tests.pulumi_engine.test_aws_schema import USED

SUBSCRIBERS = '["security@example.com", "https://alerts.example.com/hook?token=hunter2"]'
DOCUMENTS = ("bucketPolicy", "keyPolicy", "trustPolicy", "identityPolicy")


@pytest.fixture(scope="module")
def dev():
    return run_main("dev")


@pytest.fixture(scope="module")
def prod():
    return run_main("prod", subscribers=SUBSCRIBERS)


@pytest.fixture(scope="module", params=["dev", "prod"])
def stack(request):
    """Either, applied."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module", params=["dev", "prod"])
def both(request):
    """Either, applied and at its first preview."""
    subscribers = {"subscribers": SUBSCRIBERS} if request.param == "prod" else {}
    return request.getfixturevalue(request.param), run_main(request.param, preview=True, **subscribers)


# What is declared, by the component that it is a child of. Components have their names.

BUCKET = (
    "Bucket, BucketLifecycleConfiguration, BucketOwnershipControls, BucketPolicy, BucketPublicAccessBlock, "
    "BucketServerSideEncryptionConfiguration, BucketVersioning"
)
LOCKED = f"{BUCKET}, BucketLogging, BucketObjectLockConfiguration"
PHI = f"{LOCKED}, BucketMetric, BucketNotification, Inventory"
ROLE = "Role, RolePolicy"
ALARMS, RULES = len(log_alarms([], "")), len(event_rules([], ""))
TREE = {
    "Stack": (
        "CustomerKey phi-key, CustomerKey audit-key, AccessLogBucket access-logs, TrailBucket trail-files, "
        "PhiBucket phi, AuditTrail trail, Access access, Alerts alerts, Replica replica, Backup backup"
    ),
    "CustomerKey phi-key": "Key, Alias",
    "CustomerKey audit-key": "Key, Alias",
    "AccessLogBucket access-logs": BUCKET,
    "TrailBucket trail-files": LOCKED,
    "PhiBucket phi": PHI,
    "AuditTrail trail": "LogGroup, Trail, Role trail-writer",
    "Role trail-writer": ROLE,
    "Access access": "Role access-application, Role access-auditor, Role access-break-glass",
    "Role access-application": ROLE,
    "Role access-auditor": ROLE,
    "Role access-break-glass": ROLE,
    "Alerts alerts": ", ".join(
        ["Topic, TopicPolicy, TopicSubscription, TopicSubscription, Dashboard, Role alerts-publisher"]
        + ["MetricAlarm"] * (2 + ALARMS + RULES)
        + ["LogMetricFilter"] * ALARMS
        + ["EventRule", "EventTarget"] * RULES
    ),
    "Role alerts-publisher": ROLE,
    "Replica replica": (
        "aws, ReplicaKey replica-key, AccessLogBucket replica-logs, PhiBucket replica, "
        "Replication replica-replication, ReplicaKey replica-alerts-key, "
        "Topic, TopicPolicy, TopicSubscription, TopicSubscription"
    ),
    "ReplicaKey replica-alerts-key": "ReplicaKey, Alias",
    "ReplicaKey replica-key": "ReplicaKey, Alias",
    "AccessLogBucket replica-logs": BUCKET,
    "PhiBucket replica": PHI,
    "Replication replica-replication": (
        "BucketReplicationConfig, MetricAlarm, MetricAlarm, Role replica-replication-copier"
    ),
    "Role replica-replication-copier": ROLE,
    "Backup backup": "Vault, VaultLockConfiguration, Plan, Selection, Role backup-keeper",
    "Role backup-keeper": "Role, RolePolicyAttachment, RolePolicyAttachment",
}


def component(each: RegisteredResource) -> bool:
    return each.type.startswith("phi:")


def tree(stack: RecordingMonitor) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = defaultdict(Counter)
    for each in stack.resources:
        parent = each.parent_urn.split("::")[-2].rsplit(":", 1)[-1]
        of = parent if parent == "Stack" else f"{parent} {each.parent_name}"
        found[of][f"{each.type_name} {each.name}" if component(each) else each.type_name] += 1
    return found


def test_what_is_declared_and_its_parents(both):
    applied, previewed = both
    wanted = {of: Counter(children.split(", ")) for of, children in TREE.items()}
    if not applied.resources_of_type("Replica"):
        for lost in [of for of in wanted if "replica" in of]:
            del wanted[lost]
        del wanted["Stack"]["Replica replica"], wanted["Alerts alerts"]["TopicSubscription"]
    assert tree(applied) == wanted
    assert tree(previewed) == wanted


def test_prod_has_copies_in_another_region_and_dev_has_none(dev, prod):
    assert (len(dev.resources_of_type("Replica")), len(prod.resources_of_type("Replica"))) == (0, 1)
    assert dev.resources_of_type("Backup")
    assert prod.resources_of_type("Backup")


def test_without_backup_no_vault_is_declared():
    stack = run_main("prod", backup="false")
    assert [each.name for each in stack.resources if "backup" in each.type.casefold()] == []


def test_each_component_registers_its_outputs_once_and_last(monkeypatch):
    """What is declared after its component's outputs, or in an `apply`, is one that a preview may not show."""
    told: dict[pulumi.Resource | None, list[str]] = defaultdict(list)
    components = []
    create, register = pulumi.Resource.__init__, pulumi.ComponentResource.register_outputs

    def created(self, *args, **named):
        given = inspect.signature(create).bind(self, *args, **named).arguments
        if given["opts"]:  # the stack has none
            told[given["opts"].parent].append(given["name"])
        if given["t"].startswith("phi:"):
            components.append(self)
        create(self, *args, **named)

    def registered(self, outputs):
        told[self].append("its outputs")
        register(self, outputs)

    monkeypatch.setattr(pulumi.Resource, "__init__", created)
    monkeypatch.setattr(pulumi.ComponentResource, "register_outputs", registered)
    run_main("prod", preview=True)
    assert len(components) == len(TREE) - 1
    for each in components:
        assert told[each][-1:] == ["its outputs"], each
        assert told[each].count("its outputs") == 1, each
        assert len(told[each]) > 1, each


# What is kept.

# What data doesn't hang on: it can be made again without loss.
UNKEPT = {
    *("aws", "Role", "RolePolicy", "RolePolicyAttachment", "Topic", "TopicPolicy", "TopicSubscription"),
    *("Dashboard", "MetricAlarm", "LogMetricFilter", "EventRule", "EventTarget"),
}


def children(stack: RecordingMonitor) -> list[RegisteredResource]:
    return [each for each in stack.resources if not component(each)]


def test_prod_keeps_all_that_data_hangs_on(prod):
    """A bucket that is left behind without its policy, or without its key, is worse than none."""
    kept = {each.type_name for each in children(prod) if each.protect and each.retain_on_delete}
    unkept = {each.type_name for each in children(prod) if not each.protect and not each.retain_on_delete}
    assert unkept == UNKEPT
    assert kept == {each.type_name for each in children(prod)} - UNKEPT


def test_dev_can_be_destroyed(dev):
    assert {(each.protect, each.retain_on_delete) for each in dev.resources} == {(False, False)}


def test_only_a_bucket_that_is_never_empty_is_emptied_and_in_dev_alone(dev, prod):
    assert [each.name for each in dev.resources_of_type("Bucket") if each.inputs["forceDestroy"]] == ["access-logs"]
    assert [each.name for each in prod.resources if each.inputs.get("forceDestroy")] == []


# Outputs, names and tags.

OUTPUTS = {
    "resource_name_prefix": "phi-{stack}-",
    "phi_bucket_name": "phi-{stack}-phi-111122223333-us-east-1",
    "phi_bucket_arn": "arn:aws:s3:::phi-{stack}-phi-111122223333-us-east-1",
    "phi_key_arn": "arn:aws:kms:us-east-1:111122223333:key/phi-key",
    "replica_bucket_name": "phi-{stack}-replica-111122223333-us-west-2",
    "replica_region": "us-west-2",
    "access_log_bucket_name": "phi-{stack}-access-logs-111122223333-us-east-1",
    "trail_bucket_name": "phi-{stack}-trail-111122223333-us-east-1",
    "trail_arn": "arn:aws:cloudtrail:us-east-1:111122223333:trail/phi-{stack}-trail",
    "application_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-application",
    "auditor_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-auditor",
    "break_glass_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-break-glass",
    "alert_topic_arn": "arn:aws:sns:us-east-1:111122223333:phi-{stack}-alerts",
    "backup_vault_name": "phi-{stack}-backup-vault",
    "backup_role_arn": "arn:aws:iam::111122223333:role/phi-{stack}-backup-keeper",
}


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_outputs(request, name):
    wanted = {key: value.format(stack=name) for key, value in OUTPUTS.items()}
    if name == "dev":
        for absent in ("replica_bucket_name", "replica_region"):
            wanted[absent] = None
    assert request.getfixturevalue(name).exports == wanted


def test_at_preview_the_outputs_have_their_names_too(both):
    applied, previewed = both
    assert list(previewed.exports) == list(applied.exports)


def test_no_name_is_left_to_chance(stack):
    """Policies name what they are about before it exists; and a name of Pulumi's own is another in each stack."""
    named = {
        "Bucket": "bucket",
        "Dashboard": "dashboardName",
        **dict.fromkeys(("Alias", "EventRule", "LogGroup", "LogMetricFilter", "MetricAlarm", "Plan", "Role"), "name"),
        **dict.fromkeys(("Selection", "Topic", "Trail", "Vault"), "name"),
    }
    for kind, key in named.items():
        found = [each.inputs[key] for each in stack.resources_of_type(kind) if not component(each)]
        assert found, kind
        assert len(set(found)) == len(found) or kind == "Topic", kind  # one in each region
        assert all("phi-dev-" in name or "phi-prod-" in name for name in found), kind


def test_tags(prod):
    """And what the provider of another region gives to all, as Pulumi's own does by its configuration."""
    told = {each.name: each.inputs["tags"] for each in children(prod) if "tags" in each.inputs}
    assert {name: tags.pop("DataClass") for name, tags in told.items()} == {
        "phi-key": "PHI",
        "audit-key": "AuditLog",
        "replica-alerts-key": "AuditLog",
        "access-logs": "S3AccessLog",
        "trail-files": "CloudTrailLog",
        "phi": "PHI",
        "trail-logs": "AuditLog",
        "replica-key": "Replica",
        "replica-logs": "S3AccessLog",
        "replica": "Replica",
    }
    assert not any(told.values())
    provider = prod.resource("aws", "replica-region").inputs
    assert json.loads(provider["defaultTags"]) == {"tags": {"Project": "phi", "Environment": "prod"}}
    assert provider["region"] == "us-west-2"


def test_what_is_of_the_other_region_is_made_there(prod):
    parents = {"replica-key", "replica-logs", "replica", "replica-alerts-key"}
    of_replica = {each.name for each in children(prod) if each.parent_name in parents and each.type_name != "aws"}
    assert of_replica | {"replica-replication-late"} == {each.name for each in prod.resources if each.provider}
    assert {each.provider.split("::")[-2] for each in prod.resources if each.provider} == {"replica-region"}


# Documents.


def documents(stack: RecordingMonitor) -> dict[tuple[str, str], dict[str, object]]:
    return {(each.urn, key): each.inputs[key] for each in stack.resources for key in DOCUMENTS if key in each.inputs}


def agrees(previewed: object, applied: object) -> bool:
    """Whether they are the same but for what isn't known at preview."""
    if isinstance(previewed, dict) and isinstance(applied, dict):
        return previewed.keys() == applied.keys() and all(agrees(previewed[key], applied[key]) for key in applied)
    if isinstance(previewed, list) and isinstance(applied, list):
        return len(previewed) == len(applied) and all(map(agrees, previewed, applied))
    return previewed in (applied, UNKNOWN)


def test_a_component_tells_the_documents_of_its_children(stack):
    """The pack reads them there at the first preview, where a key's ARN isn't known and so no text with it is."""
    told = [json.dumps(each, sort_keys=True) for each in documents(stack).values()]
    texts = [each.inputs.get("policy") or each.inputs.get("assumeRolePolicy") for each in children(stack)]
    given = [json.loads(text) for text in texts if text]
    # Of a topic's policy all is known at preview.
    topics = [json.loads(each.inputs["policy"]) for each in stack.resources_of_type("TopicPolicy")]
    assert sorted(told) == sorted(json.dumps(each, sort_keys=True) for each in given if each not in topics)


def test_at_preview_only_keys_are_unknown_in_them(both):
    applied, previewed = map(documents, both)
    assert previewed.keys() == applied.keys()
    assert [key for key in applied if not agrees(previewed[key], applied[key])] == []
    assert UNKNOWN in json.dumps(list(previewed.values()))


# Types, partitions, and what can't be deployed.


def test_every_type_and_function_is_one_that_the_plugins_schema_is_held_to_wholly(stack):
    tokens = {each.type for each in stack.resources} | stack.aws.called_functions
    assert {each.removeprefix("aws:") for each in tokens if each.startswith("aws:")} <= set(USED)


@pytest.mark.parametrize(
    ("region", "partition", "replica"),
    [("us-gov-west-1", "aws-us-gov", "us-gov-east-1"), ("cn-north-1", "aws-cn", "cn-northwest-1")],
)
def test_no_partition_or_region_is_written_in(region, partition, replica):
    boundary = f"arn:{partition}:iam::{ACCOUNT_ID}:policy/boundary"
    stack = run_main(
        "prod",
        region=region,
        partition=partition,
        replicaRegion=replica,
        permissionsBoundary=boundary,
        subscribers=SUBSCRIBERS,
    )
    for each in stack.resources:
        text = json.dumps(each.inputs)
        assert "arn:aws:" not in text, each.name
        assert "us-east-1" not in text, each.name
        assert "us-west-2" not in text, each.name
    roles = [each for each in stack.resources_of_type("Role") if not component(each)]
    assert {each.inputs["permissionsBoundary"] for each in roles} == {boundary}


def test_settings_that_are_wrong_stop_the_program_with_all_of_them():
    with pytest.raises(pulumi.RunError, match=r"phi:backupDays is 0(.|\n)*phi:objectLockMode is 'NONE'"):
        run_main("dev", backupDays="0", lockMode="NONE")


def test_a_name_too_long_for_s3_is_told(monkeypatch):
    account = Account(ACCOUNT_ID, "ap-southeast-1", "aws", "amazonaws.com", DEPLOYER)
    monkeypatch.setattr("pulumi.get_stack", lambda: "a-stack-with-a-very-long-name")
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    with pytest.raises(pulumi.RunError, match="S3 allows 63; give the stack a shorter name"):
        account.bucket_name("access-logs")
