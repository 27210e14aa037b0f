"""Facts of several services joined: references, what buckets are for, who publishes to topics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hipaa.model.data_class import DataClass, DataClassTag
from hipaa.model.stack import Fact, Stack
from hipaa.model.values import Document, Location, StackResource, Unknown
from hipaa.services.backup.facts import BackupSelection
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from hipaa.services.cloudwatch.facts import Alarm, Metric
from hipaa.services.kms.facts import Key
from hipaa.services.s3.facts import (
    AccessLogging,
    AccessPoint,
    Bucket,
    BucketPolicy,
    DeclaredSetting,
    DefaultEncryption,
    Replication,
    ReplicationRule,
    BucketSetting,
)
from hipaa.services.sns.facts import Topic
from phi.audit import assemble
from phi.audit.collected import Collected

PLACE = Location("aws", "us-east-1", "123456789012")
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
POINT = "arn:aws:s3:us-east-1:123456789012:accesspoint/point"
UNREAD = Unknown("it", reason="couldn't be read")
A_KEY = Key(KEY, KEY, "symmetric", True, None, None, PLACE)


def arn(name: str) -> str:
    return f"arn:aws:s3:::{name}"


def bucket(name: str, *settings: BucketSetting, tags: Any = None) -> Bucket:
    declared = tuple(DeclaredSetting(arn(name), each) for each in settings)
    return Bucket(
        arn(name),
        arn(name),
        DataClass.OTHER,
        declared,
        location=PLACE,
        declared_here=True,
        tags={} if tags is None else tags,
    )


def joined(*facts: Fact, data_class: DataClassTag | None = None, **told: Any) -> Stack:
    """Each fact told by another service."""
    return assemble.build_stack(
        [*(Collected((each,)) for each in facts), Collected(**told)], "123456789012", data_class or DataClassTag()
    )


def role(stack: Stack, name: str) -> DataClass:
    found = stack.fact(arn(name), Bucket)
    assert found
    return found.data_class


def test_the_account_stands_for_the_whole():
    assert joined().resource == "123456789012"
    assert joined().whole


# References.


def test_a_reference_to_what_another_service_told_is_here():
    encrypted = bucket("phi", DefaultEncryption("aws:kms", KEY))
    [found] = joined(encrypted, A_KEY).of(Bucket)
    assert found.declaring(DefaultEncryption) == (DefaultEncryption("aws:kms", StackResource(KEY)),)
    [alone] = joined(encrypted).of(Bucket)
    assert alone.declaring(DefaultEncryption) == (DefaultEncryption("aws:kms", KEY),)


def test_references_are_found_wherever_they_stand():
    copy = ReplicationRule(True, True, arn("copy"), KEY, True, "us-west-2", "us-east-1")
    alarm = Alarm(
        "alarm", (Metric("AWS/S3", "4xxErrors", {"BucketName": arn("copy"), "FilterId": "all"}),), True, (TOPIC,)
    )
    selection = BackupSelection("selection", (arn("copy"), arn("*")), (), (), (), ("vault",), "us-east-1")
    topic = Topic(TOPIC, TOPIC, KEY, ())
    stack = joined(bucket("phi", Replication((copy,))), bucket("copy"), alarm, selection, topic, A_KEY)
    phi = stack.fact(arn("phi"), Bucket)
    assert phi
    assert phi.settings_of(Replication) == (
        Replication((replace(copy, target=StackResource(arn("copy")), key=StackResource(KEY)),)),
    )
    [found] = stack.facts_of_type(Alarm)
    assert found.actions == (StackResource(TOPIC),)
    assert found.metrics == (
        Metric("AWS/S3", "4xxErrors", {"BucketName": StackResource(arn("copy")), "FilterId": "all"}),
    )
    [selected] = stack.facts_of_type(BackupSelection)
    assert selected.resources == (StackResource(arn("copy")), arn("*"))
    [told] = stack.facts_of_type(Topic)
    assert told.kms_key == StackResource(KEY)


def test_a_trails_selectors_stay_texts():
    """They are prefixes, of more than what has that very ARN."""
    fields = (FieldSelector("resources.ARN", {"startsWith": (arn("phi"),)}),)
    selectors = (EventSelector("All", (arn("phi"),)), EventSelector(field_selectors=fields))
    trail = Trail("trail", True, True, True, True, KEY, None, selectors, True, PLACE)
    [found] = joined(trail, bucket("phi"), A_KEY).of(Trail)
    assert found.key == StackResource(KEY)
    assert found.selectors == selectors


def test_what_isnt_a_reference_stays_as_it_is():
    policy = BucketPolicy(Document({"Statement": [{"Resource": arn("phi"), "Condition": {"x": KEY}}]}))
    tags = {"Key": KEY}
    [found] = joined(bucket("phi", policy, DefaultEncryption(UNREAD, UNREAD), tags=tags), A_KEY).of(Bucket)
    assert (found.resource, found.arn, found.tags) == (arn("phi"), arn("phi"), tags)
    assert found.declaring(BucketPolicy)[0].document.content == policy.document.content
    assert found.declaring(DefaultEncryption) == (DefaultEncryption(UNREAD, UNREAD),)


# What buckets are for.


@pytest.mark.parametrize(
    ("tags", "role_", "data_class"),
    [
        ({"DataClass": "Replica"}, DataClass.REPLICA, "Replica"),
        ({"DataClass": "secret"}, DataClass.PHI, "secret"),
        ({"Team": "billing"}, DataClass.PHI, None),
        (UNREAD, DataClass.PHI, UNREAD),
    ],
)
def test_its_tag_says_what_a_bucket_is_for(tags: Any, role_: DataClass, data_class: Any):
    [found] = joined(bucket("it", tags=tags)).of(Bucket)
    assert (found.role, found.data_class) == (role_, data_class)


def test_the_config_says_by_which_tag_and_what_a_bucket_without_it_is():
    by_class = DataClassTag("Class", DataClass.OTHER)
    stack = joined(bucket("it", tags={"Class": "PHI"}), bucket("other", tags={"DataClass": "PHI"}), data_class=by_class)
    assert [(each.data_class, each.data_class_tag) for each in stack.facts_of_type(Bucket)] == [
        (DataClass.PHI, "PHI"),
        (DataClass.OTHER, None),
    ]


def test_an_untagged_bucket_is_what_others_use_it_for():
    copy = ReplicationRule(True, True, arn("copies"), None, True, None, None)
    phi = bucket("phi", AccessLogging(arn("logs")), Replication((copy,)), tags={"DataClass": "PHI"})
    buckets = (phi, *map(bucket, ("logs", "copies", "files", "lists", "idle")))
    uses = ((arn("files"), DataClass.TRAIL_LOG), (arn("lists"), DataClass.INVENTORY), (arn("phi"), DataClass.TRAIL_LOG))
    stack = joined(*buckets, uses=uses)
    assert {each.resource.rsplit(":", 1)[-1]: each.data_class for each in stack.facts_of_type(Bucket)} == {
        "phi": DataClass.PHI,  # its tag says more than its use
        "logs": DataClass.ACCESS_LOG,
        "copies": DataClass.REPLICA,
        "files": DataClass.TRAIL_LOG,
        "lists": DataClass.INVENTORY,
        "idle": DataClass.PHI,
    }


def test_a_bucket_that_logs_to_itself_isnt_a_log_bucket_for_that():
    assert role(joined(bucket("phi", AccessLogging(arn("phi")))), "phi") is DataClass.PHI


def test_what_cant_be_read_makes_no_bucket_less_than_one_of_phi():
    stack = joined(bucket("phi", AccessLogging(UNREAD), Replication(UNREAD)), bucket("logs"))
    assert role(stack, "logs") is DataClass.PHI


# Access points.


def point(arn_: str = POINT) -> AccessPoint:
    return AccessPoint(arn_, arn_, None, None, None, PLACE)


@pytest.mark.parametrize(
    ("buckets_of", "role_"),
    [({POINT: arn("site")}, DataClass.OTHER), ({POINT: arn("of-another-account")}, DataClass.PHI), ({}, DataClass.PHI)],
)
def test_an_access_point_is_for_what_its_bucket_is_for_else_for_phi(buckets_of: dict[str, str], role_: DataClass):
    [found] = joined(bucket("site", tags={"DataClass": "Public"}), point(), buckets_of=buckets_of).of(AccessPoint)
    assert found.role is role_


# Topics.


def test_who_publishes_to_a_topic_is_told_by_others():
    other = TOPIC.replace("us-east-1", "us-west-2")
    publishers = (
        (TOPIC, "cloudwatch.amazonaws.com"),
        (TOPIC, "events.amazonaws.com"),
        (TOPIC, "cloudwatch.amazonaws.com"),
        (other, "s3.amazonaws.com"),
    )
    stack = joined(Topic(TOPIC, TOPIC, None, ()), publishers=publishers)
    [found] = stack.facts_of_type(Topic)
    assert found.publishers == ("cloudwatch.amazonaws.com", "events.amazonaws.com")


def test_what_cant_be_read_may_publish_to_every_topic_of_its_region():
    east, west = (Topic(each, each, None, ()) for each in (TOPIC, TOPIC.replace("us-east-1", "us-west-2")))
    publishers = (("arn:aws:sns:us-east-1:123456789012:*", UNREAD),)
    assert [each.publishers for each in joined(east, west, publishers=publishers).of(Topic)] == [(UNREAD,), ()]
