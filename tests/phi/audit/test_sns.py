"""Topics of a live account: what is read of them, what fails, and what can't be told."""

from __future__ import annotations

import json

import pytest

from hipaa.model.values import Location, StackResource
from hipaa.model.verdict import Status
from hipaa.services.sns.facts import Topic, TopicPolicy
from phi.audit.calls import sns as sns_calls
from phi.audit.collect import sns
from phi.audit.scope import Scope
from tests.phi.audit.sample_alert_pipeline import (
    ACCOUNT,
    REGION,
    TOPIC,
    TOPIC_ARN,
    SampleAccount,
    responding,
    assert_unverified,
    audit,
    document,
    new_key,
    denying,
    create_compliant_account,
    statement,
    topic_policy,
)

WEST = "us-west-2"
PLACE = Location("aws", REGION, ACCOUNT)
CONTROLS = {"sns-customer-managed-key", "sns-private"}


@pytest.fixture
def world(session) -> SampleAccount:
    return create_compliant_account(session)


def set_(world: SampleAccount, name: str, value: str) -> None:
    world.client("sns").set_topic_attributes(TopicArn=TOPIC_ARN, AttributeName=name, AttributeValue=value)


def test_a_topic_is_read_as_it_is_set(world):
    found = audit(world)
    publishers = ("cloudwatch.amazonaws.com",)
    assert found.fact(Topic, TOPIC_ARN) == Topic(TOPIC_ARN, TOPIC_ARN, StackResource(world.audit), publishers, PLACE)
    policy = found.fact(TopicPolicy, TOPIC_ARN)
    assert (policy.topic, policy.arn, policy.place) == (StackResource(TOPIC_ARN), TOPIC_ARN, PLACE)
    assert json.loads(policy.document.content) == json.loads(topic_policy())
    assert found.controls_with(Status.PASS) >= CONTROLS
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": TOPIC_ARN}
STRANGER = EVERYONE | {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
SERVICE = EVERYONE | {"Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"}
PLAIN = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "*", "Resource": TOPIC_ARN}


@pytest.mark.parametrize(
    ("attribute", "value", "control"),
    [
        ("KmsMasterKeyId", "alias/aws/sns", "sns-customer-managed-key"),
        ("KmsMasterKeyId", "", "sns-customer-managed-key"),
        ("Policy", topic_policy(EVERYONE), "sns-private"),
        ("Policy", topic_policy(STRANGER), "sns-private"),
        ("Policy", topic_policy(SERVICE), "sns-private"),
        ("Policy", document(PLAIN), "sns-private"),
    ],
    ids=["AWS's key", "no key", "everyone", "a stranger", "a service for anybody", "plain HTTP"],
)
def test_a_setting_that_is_wrong_fails_its_own_control(world, attribute, value, control):
    set_(world, attribute, value)
    found = audit(world)
    assert found.controls_with(Status.FAIL) == {control}
    assert found.controls_with(Status.UNVERIFIED) == set()


def test_a_topic_without_a_policy_of_its_own_has_awss_which_takes_plain_http(world):
    made = world.client("sns").create_topic(Name="phi-dev-other", Attributes={"KmsMasterKeyId": world.audit})
    assert audit(world).statuses("sns-private") == {TOPIC_ARN: Status.PASS, made["TopicArn"]: Status.FAIL}


def test_a_key_that_no_alarm_may_use_fails(world):
    """AWS drops what the alarm publishes."""
    policy = document(statement())
    world.client("kms").put_key_policy(KeyId=world.audit, PolicyName="default", Policy=policy)
    assert audit(world).controls_with(Status.FAIL) == {"sns-customer-managed-key"}


@pytest.mark.parametrize("call", sns_calls.CALLS, ids=lambda call: call.operation)
def test_what_is_refused_is_unverified(world, call):
    assert_unverified(audit(denying(world, call)), call, CONTROLS)


def test_each_region_has_topics_and_keys_of_its_own(world):
    there = TOPIC_ARN.replace(REGION, WEST)
    key = new_key(world.session, "alias/phi-dev-there", WEST)
    attributes = {"KmsMasterKeyId": "alias/phi-dev-there", "Policy": topic_policy(arn=there)}
    world.client("sns", WEST).create_topic(Name=TOPIC, Attributes=attributes)
    found = audit(world, (REGION, WEST))
    assert found.fact(Topic, there).key == StackResource(key)
    assert found.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS, there: Status.PASS}
    found = audit(denying(world, sns_calls.LIST_TOPICS, region=WEST), (REGION, WEST))
    everything = there.replace(TOPIC, "*")
    assert found.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS, everything: Status.UNVERIFIED}


def test_a_key_of_no_name_that_is_known_is_unverified(world):
    set_(world, "KmsMasterKeyId", "alias/gone")
    found = audit(world)
    assert found.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.UNVERIFIED}


def test_a_key_of_another_account_is_a_customers(world):
    """What its policy lets alarms do only that account can tell."""
    set_(world, "KmsMasterKeyId", world.audit.replace(ACCOUNT, "444455556666"))
    assert audit(world).statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS}


def test_all_pages_are_read_and_a_topic_that_is_gone_is_left_out(world):
    pages = [{"Topics": [{"TopicArn": TOPIC_ARN.replace(TOPIC, "gone")}], "NextToken": "more"}]
    pages += [{"Topics": [{"TopicArn": TOPIC_ARN}]}]
    found = audit(responding(world, {sns_calls.LIST_TOPICS: pages}))
    assert [each.resource for each in found.stack.facts_of_type(Topic)] == [TOPIC_ARN]
    assert [each.resource for each in found.stack.facts_of_type(TopicPolicy)] == [TOPIC_ARN]
    assert found.failed_calls == ()


def test_a_stacks_topics_are_told_by_their_names(world):
    world.client("sns").create_topic(Name="another")
    found = audit(world, (REGION,), Scope({}, "phi-dev-"))
    assert [each.resource for each in found.stack.facts_of_type(Topic)] == [TOPIC_ARN]
    assert found.call_counts[sns_calls.GET_TOPIC_ATTRIBUTES] == 1
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


def test_nobody_asks_for_the_names_of_keys_where_no_topic_has_one(world):
    set_(world, "KmsMasterKeyId", "")
    assert {each.operation for each in audit(world).call_counts if each.service == "kms"} == {
        "list_keys",
        "describe_key",
        "get_key_rotation_status",
        "get_key_policy",
    }
