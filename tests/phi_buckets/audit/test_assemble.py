"""The facts of several services combined: references, data classes of buckets, and publishers of topics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from hipaa_controls.model.data_class import DataClass, DataClassTag
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.values import Document, Location, Ref, StackResource, Text, Unknown
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget, BackupVault
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from hipaa_controls.services.cloudwatch.facts import Alarm, Metric
from hipaa_controls.services.kms.facts import Key
from hipaa_controls.services.s3.bucket_types import (
    BucketType,
    SpecialBucket,
    SpecialBucketEncryption,
    TableSnapshots,
)
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    AccessPoint,
    Bucket,
    BucketPolicy,
    BucketSetting,
    DeclaredSetting,
    DefaultEncryption,
    Replication,
    ReplicationRule,
)
from hipaa_controls.services.sns.facts import Topic
from phi_buckets.audit import assemble
from phi_buckets.audit.assemble import resolve_references
from phi_buckets.audit.collected import Collected

ACCOUNT = "123456789012"
LOCATION = Location("aws", "us-east-1", ACCOUNT)
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ACCESS_POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
UNREAD = Unknown("it", reason="couldn't be read")
KEY_FACT = Key(KEY, KEY, "symmetric", True, None, None, LOCATION)


def arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def bucket(name: str, *settings: BucketSetting, tags: Any = None) -> Bucket:
    return Bucket(
        arn(name),
        arn(name),
        DataClass.OTHER,
        tuple(DeclaredSetting(arn(name), setting) for setting in settings),
        location=LOCATION,
        declared_here=True,
        tags={} if tags is None else tags,
    )


def build(*facts: Fact, data_class_tag: DataClassTag | None = None, **collected: Any) -> Stack:
    """Build a stack as if each fact came from another collector. `collected` holds the fields of one more result."""
    results = [*(Collected((fact,)) for fact in facts), Collected(**collected)]
    return assemble.build_stack(results, ACCOUNT, data_class_tag or DataClassTag())


def data_class_of(stack: Stack, name: str) -> DataClass:
    found = stack.fact(arn(name), Bucket)
    assert found
    return found.data_class


def test_build_stack_returns_a_complete_stack_with_the_account_as_resource():
    assert build().resource == ACCOUNT
    assert build().complete


# References.


@dataclass(frozen=True)
class Nested:
    ref: Ref
    text: Text = None


@dataclass(frozen=True)
class Holder:
    """A field of each shape in which facts hold references."""

    resource: str
    plain: Ref = None
    several: tuple[Ref, ...] | Unknown = ()
    by_name: Mapping[str, Ref] | Unknown | None = None
    several_by_name: Mapping[str, tuple[Ref, ...] | Unknown] | None = None
    nested: Nested | None = None
    nested_several: tuple[Nested, ...] | Unknown = ()
    text: Text = None
    texts: tuple[Text, ...] = ()
    texts_by_name: Mapping[str, str] | None = None


RESOLVED = StackResource(KEY)


@pytest.mark.parametrize(
    ("field", "value", "resolved"),
    [
        ("plain", KEY, RESOLVED),
        ("plain", "arn:other", "arn:other"),
        ("plain", None, None),
        ("plain", UNREAD, UNREAD),
        ("plain", RESOLVED, RESOLVED),
        ("several", (KEY, "arn:other", UNREAD), (RESOLVED, "arn:other", UNREAD)),
        ("several", UNREAD, UNREAD),
        ("by_name", {"key": KEY, "other": "arn:other"}, {"key": RESOLVED, "other": "arn:other"}),
        ("by_name", UNREAD, UNREAD),
        ("several_by_name", {"keys": (KEY, "arn:other")}, {"keys": (RESOLVED, "arn:other")}),
        ("nested", Nested(KEY, KEY), Nested(RESOLVED, KEY)),
        ("nested_several", (Nested(KEY), Nested("arn:other")), (Nested(RESOLVED), Nested("arn:other"))),
        ("nested_several", UNREAD, UNREAD),
        ("text", KEY, KEY),
        ("texts", (KEY,), (KEY,)),
        ("texts_by_name", {"key": KEY}, {"key": KEY}),
    ],
)
def test_resolve_references_replaces_only_the_arns_of_reference_fields(field: str, value: Any, resolved: Any):
    fact = Holder(KEY, **{field: value})
    assert resolve_references(fact, {KEY}) == Holder(KEY, **{field: resolved})


@pytest.mark.parametrize(
    "pattern", [FieldSelector("resources.ARN", {"startsWith": (KEY,)}), EventSelector("All", (KEY,))]
)
def test_resolve_references_keeps_the_patterns_of_event_selectors_as_text(pattern: EventSelector | FieldSelector):
    resolved = resolve_references(pattern, {KEY})
    assert resolved == pattern
    assert resolved is pattern


def test_reference_to_a_fact_of_another_service_is_resolved():
    encrypted = bucket("phi", DefaultEncryption("aws:kms", KEY))
    [with_key] = build(encrypted, KEY_FACT).facts_of_type(Bucket)
    assert with_key.settings_of(DefaultEncryption) == (DefaultEncryption("aws:kms", StackResource(KEY)),)
    [without_key] = build(encrypted).facts_of_type(Bucket)
    assert without_key.settings_of(DefaultEncryption) == (DefaultEncryption("aws:kms", KEY),)


def test_references_are_resolved_in_every_fact():
    rule = ReplicationRule(True, True, arn("copy"), None, KEY, True, "us-west-2", "us-east-1")
    denials = Metric("AWS/S3", "4xxErrors", {"BucketName": arn("copy"), "FilterId": "all"}, "Sum", 300, None, True)
    alarm = Alarm("alarm", (denials,), True, (TOPIC,), "errors", None, None, LOCATION)
    selection = BackupSelection(
        "selection", (arn("copy"), arn("*")), (), (), (), (BackupTarget("vault", 7),), "us-east-1"
    )
    vault = BackupVault("vault", KEY, (), LOCATION)
    topic = Topic(TOPIC, TOPIC, KEY, ())
    stack = build(bucket("phi", Replication((rule,))), bucket("copy"), alarm, selection, vault, topic, KEY_FACT)
    phi = stack.fact(arn("phi"), Bucket)
    assert phi
    assert phi.settings_of(Replication) == (
        Replication((replace(rule, destination=StackResource(arn("copy")), replica_kms_key=StackResource(KEY)),)),
    )
    [built_alarm] = stack.facts_of_type(Alarm)
    assert built_alarm.actions == (StackResource(TOPIC),)
    [metric] = built_alarm.metrics
    assert metric == replace(denials, dimensions={"BucketName": StackResource(arn("copy")), "FilterId": "all"})
    [built_selection] = stack.facts_of_type(BackupSelection)
    assert built_selection.resources == (StackResource(arn("copy")), arn("*"))
    assert built_selection.targets == (BackupTarget(StackResource("vault"), 7),)
    [built_topic] = stack.facts_of_type(Topic)
    assert built_topic.kms_key == StackResource(KEY)


def test_event_selectors_of_a_trail_stay_text():
    """They are prefixes: even a selector that equals the ARN of a bucket matches other resources too."""
    fields = (FieldSelector("resources.ARN", {"startsWith": (arn("phi"),)}),)
    selectors = (EventSelector("All", (arn("phi"),)), EventSelector(field_selectors=fields))
    trail = Trail("trail", True, True, True, True, KEY, None, selectors, LOCATION)
    [built] = build(trail, bucket("phi"), KEY_FACT).facts_of_type(Trail)
    assert built.kms_key == StackResource(KEY)
    assert built.selectors == selectors


def test_policy_documents_tags_and_unknowns_stay_as_they_are():
    policy = BucketPolicy(Document({"Statement": [{"Resource": arn("phi"), "Condition": {"x": KEY}}]}))
    tags = {"Key": KEY}
    unread = DefaultEncryption(UNREAD, UNREAD)
    [built] = build(bucket("phi", policy, unread, tags=tags), KEY_FACT).facts_of_type(Bucket)
    assert (built.resource, built.arn, built.tags) == (arn("phi"), arn("phi"), tags)
    assert built.settings_of(BucketPolicy)[0].document.content == policy.document.content
    assert built.settings_of(DefaultEncryption) == (unread,)


# Data classes of buckets.


@pytest.mark.parametrize(
    ("tags", "data_class", "tag_value"),
    [
        ({"DataClass": "Replica"}, DataClass.REPLICA, "Replica"),
        ({"DataClass": "secret"}, DataClass.PHI, "secret"),
        ({"Team": "billing"}, DataClass.PHI, None),
        (UNREAD, DataClass.PHI, UNREAD),
    ],
    ids=["recognised tag", "unrecognised tag", "no tag", "unread tags"],
)
def test_bucket_has_the_data_class_of_its_tag(tags: Any, data_class: DataClass, tag_value: Any):
    [built] = build(bucket("it", tags=tags)).facts_of_type(Bucket)
    assert (built.data_class, built.data_class_tag) == (data_class, tag_value)


def test_bucket_data_class_follows_the_configured_tag_and_untagged_class():
    tag = DataClassTag("Class", DataClass.OTHER)
    stack = build(bucket("it", tags={"Class": "PHI"}), bucket("other", tags={"DataClass": "PHI"}), data_class_tag=tag)
    assert [(built.data_class, built.data_class_tag) for built in stack.facts_of_type(Bucket)] == [
        (DataClass.PHI, "PHI"),
        (DataClass.OTHER, None),
    ]


def test_untagged_bucket_has_the_data_class_of_its_use():
    rule = ReplicationRule(True, True, arn("copies"), None, None, True, None, None)
    phi = bucket("phi", AccessLogging(arn("logs")), Replication((rule,)), tags={"DataClass": "PHI"})
    buckets = (phi, *map(bucket, ("logs", "copies", "files", "lists", "idle")))
    uses = ((arn("files"), DataClass.TRAIL_LOG), (arn("lists"), DataClass.INVENTORY), (arn("phi"), DataClass.TRAIL_LOG))
    stack = build(*buckets, bucket_uses=uses)
    assert {built.resource.rsplit(":", 1)[-1]: built.data_class for built in stack.facts_of_type(Bucket)} == {
        "phi": DataClass.PHI,  # its tag takes precedence over its use
        "logs": DataClass.ACCESS_LOG,
        "copies": DataClass.REPLICA,
        "files": DataClass.TRAIL_LOG,
        "lists": DataClass.INVENTORY,
        "idle": DataClass.PHI,
    }


def test_bucket_that_logs_to_itself_keeps_its_data_class():
    assert data_class_of(build(bucket("phi", AccessLogging(arn("phi")))), "phi") is DataClass.PHI


def test_unread_settings_of_another_bucket_leave_an_untagged_bucket_as_phi():
    stack = build(bucket("phi", AccessLogging(UNREAD), Replication(UNREAD)), bucket("logs"))
    assert data_class_of(stack, "logs") is DataClass.PHI


# Tables.


@pytest.mark.parametrize(
    ("bucket_class", "tags", "data_class"),
    [
        ("PHI", {}, DataClass.PHI),
        ("Internal", {}, DataClass.OTHER),
        ("PHI", {"DataClass": "Internal"}, DataClass.OTHER),
        ("Internal", {"DataClass": "PHI"}, DataClass.PHI),
        ("Internal", UNREAD, DataClass.PHI),
        (None, {}, None),
    ],
)
def test_table_has_the_data_class_of_its_tags_or_its_bucket(bucket_class: str | None, tags: Any, data_class: Any):
    tables = f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/records"
    table = f"{tables}/table/1"
    table_bucket = SpecialBucket(tables, BucketType.TABLE, tags={"DataClass": bucket_class}, location=LOCATION)
    stack = build(
        *([table_bucket] if bucket_class else []),
        SpecialBucketEncryption(table, BucketType.TABLE, tables, None, None, tags, LOCATION),
        TableSnapshots(table, tables, None, None, None, tags),
    )
    for fact_type in (SpecialBucketEncryption, TableSnapshots):
        [built] = stack.facts_of_type(fact_type)
        assert built.data_class is data_class


# Access points.


def access_point() -> AccessPoint:
    return AccessPoint(ACCESS_POINT, ACCESS_POINT, None, None, None, LOCATION)


@pytest.mark.parametrize(
    ("buckets", "data_class"),
    [
        ({ACCESS_POINT: (arn("site"),)}, DataClass.OTHER),
        ({ACCESS_POINT: (arn("of-another-account"),)}, DataClass.PHI),
        ({ACCESS_POINT: (arn("site"), arn("of-another-account"))}, DataClass.PHI),
        ({}, DataClass.PHI),
    ],
    ids=["bucket of this account", "bucket of another account", "buckets of both", "unknown bucket"],
)
def test_access_point_has_the_data_class_of_its_bucket_or_phi(
    buckets: dict[str, tuple[str, ...]], data_class: DataClass
):
    stack = build(bucket("site", tags={"DataClass": "Public"}), access_point(), access_point_buckets=buckets)
    [built] = stack.facts_of_type(AccessPoint)
    assert built.data_class is data_class


# Topics.


def test_topic_has_the_distinct_publishers_that_other_services_found():
    topic_in_another_region = TOPIC.replace("us-east-1", "us-west-2")
    publishers = (
        (TOPIC, "cloudwatch.amazonaws.com"),
        (TOPIC, "events.amazonaws.com"),
        (TOPIC, "cloudwatch.amazonaws.com"),
        (topic_in_another_region, "s3.amazonaws.com"),
    )
    [topic] = build(Topic(TOPIC, TOPIC, None, ()), publishers=publishers).facts_of_type(Topic)
    assert topic.publishers == ("cloudwatch.amazonaws.com", "events.amazonaws.com")


def test_unread_publisher_counts_for_every_topic_of_its_region():
    east, west = (Topic(arn_, arn_, None, ()) for arn_ in (TOPIC, TOPIC.replace("us-east-1", "us-west-2")))
    stack = build(east, west, publishers=((f"arn:aws:sns:us-east-1:{ACCOUNT}:*", UNREAD),))
    assert [topic.publishers for topic in stack.facts_of_type(Topic)] == [(UNREAD,), ()]
