"""SNS: what encrypts a topic, and whom it lets in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.assertions import unverified_resources, failed_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

ACCOUNT, OTHER = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
ENCRYPTED, PRIVATE = "sns-customer-managed-key", "sns-private"
WATCH, EVENTS, STORE = (f"{name}.amazonaws.com" for name in ("cloudwatch", "events", "s3"))


def key(*services: str, name: str = "key", **change: Any) -> Resource:
    """A key that these services may use, and by which the account is told."""
    root = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    use = {"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Principal": {"Service": list(services)}} | change
    statements = [root, root | use] if services else [root]
    return Resource("aws:kms/key:Key", name, {"policy": json.dumps({"Statement": statements})})


def topic(name: str = "alerts", **inputs: Any) -> Resource:
    given = {"kmsMasterKeyId": UNKNOWN} | inputs
    return Resource("aws:sns/topic:Topic", name, given, comes_from={"kmsMasterKeyId": ["key"]})


def alarm(prop: str = "alarmActions", *topics: str) -> Resource:
    names = list(topics or ["alerts"])
    given = {prop: [UNKNOWN for _ in names]}
    return Resource("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", given, comes_from={prop: names})


TARGET = Resource("aws:cloudwatch/eventTarget:EventTarget", "target", {"arn": UNKNOWN}, comes_from={"arn": ["alerts"]})
UPLOADS = Resource(
    "aws:s3/bucketNotification:BucketNotification",
    "uploads",
    {"bucket": "data", "topics": [{"topicArn": UNKNOWN, "events": ["s3:ObjectCreated:*"]}]},
    comes_from={"topics": ["alerts"]},
)
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"


@pytest.mark.parametrize(
    ("id_", "fails"),
    [
        (KEY_ARN, False),
        ("alias/alerts", False),
        ("alias/aws/sns", True),
        (f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/aws/sns", True),
        ("", True),
        (None, True),
        ("hunter2", True),
    ],
)
def test_the_key_is_a_customers(pack: PackProcess, id_, fails):
    stack = [Resource("aws:sns/topic:Topic", "alerts", {"kmsMasterKeyId": id_} if id_ is not None else {})]
    assert failed_resources(pack, ENCRYPTED, stack) == ({"alerts"} if fails else set())
    assert not any("hunter2" in each.message for each in pack.evaluate_stack(stack))


def test_a_key_that_is_not_known_is_told(pack: PackProcess):
    stack = [Resource("aws:sns/topic:Topic", "alerts", {"kmsMasterKeyId": UNKNOWN})]
    assert unverified_resources(pack, ENCRYPTED, stack) == {"alerts"}


@pytest.mark.parametrize(
    ("publishers", "services"),
    [
        ([], []),
        ([alarm()], [WATCH]),
        ([alarm("okActions")], [WATCH]),
        ([alarm("insufficientDataActions")], [WATCH]),
        ([alarm("alarmActions", "alerts", "others")], [WATCH]),
        ([TARGET], [EVENTS]),
        ([UPLOADS], [STORE]),
        ([alarm(), TARGET, UPLOADS], [WATCH, EVENTS, STORE]),
    ],
)
def test_each_service_that_publishes_may_use_the_key(pack: PackProcess, publishers, services):
    others = Resource("aws:sns/topic:Topic", "others", {"kmsMasterKeyId": KEY_ARN})
    stack = [topic(), others, *publishers]
    assert failed_resources(pack, ENCRYPTED, [key(*services), *stack]) == set()
    for missing in services:
        left = [each for each in services if each != missing]
        assert failed_resources(pack, ENCRYPTED, [key(*left), *stack]) == {"alerts"}


def test_a_topic_by_its_known_arn_is_joined_too(pack: PackProcess):
    named = Resource("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", {"alarmActions": [TOPIC]})
    assert failed_resources(pack, ENCRYPTED, [key(), topic(name="alerts"), named]) == set()
    known = Resource(
        "aws:sns/topic:Topic",
        "alerts",
        {"name": "alerts", "kmsMasterKeyId": UNKNOWN},
        comes_from={"kmsMasterKeyId": ["key"]},
    )
    assert failed_resources(pack, ENCRYPTED, [key(), known, named]) == {"alerts"}


@pytest.mark.parametrize(
    "change",
    [
        {"Action": "kms:Decrypt"},
        {"Action": ["kms:GenerateDataKey*"]},
        {"Effect": "Deny"},
        {"Condition": {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC.replace("alerts", "other")}}},
    ],
)
def test_a_key_that_a_service_may_use_in_part_fails(pack: PackProcess, change):
    named = topic(name="alerts")
    known = Resource(named.type, named.name, {**named.inputs, "name": "alerts"}, comes_from=named.comes_from)
    assert failed_resources(pack, ENCRYPTED, [key(WATCH, **change), known, alarm()]) == {"alerts"}


def test_a_service_bound_to_the_account_may_use_the_key(pack: PackProcess):
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert failed_resources(pack, ENCRYPTED, [key(WATCH, Condition=condition), topic(), alarm()]) == set()


def test_a_policy_of_the_key_apart(pack: PackProcess):
    bare = Resource("aws:kms/key:Key", "key", {})
    policy = {"keyId": UNKNOWN, "policy": key(WATCH).inputs["policy"]}
    apart = Resource("aws:kms/keyPolicy:KeyPolicy", "apart", policy, comes_from={"keyId": ["key"]})
    assert failed_resources(pack, ENCRYPTED, [bare, topic(), alarm()]) == {"alerts"}
    assert failed_resources(pack, ENCRYPTED, [bare, apart, topic(), alarm()]) == set()
    unread = Resource("aws:kms/key:Key", "key", {"policy": UNKNOWN})
    assert unverified_resources(pack, ENCRYPTED, [unread, topic(), alarm()]) == {"alerts"}


TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sns:Publish", "sns:Subscribe"],
    "Resource": TOPIC,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
OWN = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": ["sns:Publish", "sns:Subscribe"], "Resource": TOPIC}
ALARM = OWN | {
    "Principal": {"Service": WATCH},
    "Action": "sns:Publish",
    "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}},
}


def declared(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def forms(policy: Any) -> list[list[Resource]]:
    """A policy of a topic's own, and one apart that names the topic by reference or by its ARN."""
    named = Resource("aws:sns/topic:Topic", "topic", {"name": "alerts"})
    token = "aws:sns/topicPolicy:TopicPolicy"
    return [
        [key(), Resource(named.type, "policy", {"name": "alerts", "policy": policy})],
        [key(), named, Resource(token, "policy", {"arn": UNKNOWN, "policy": policy}, comes_from={"arn": ["topic"]})],
        [key(), named, Resource(token, "policy", {"arn": TOPIC, "policy": policy})],
    ]


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    "statements",
    [
        [TLS],
        [TLS, OWN],
        [TLS, ALARM],
        [TLS | {"Resource": "*", "Action": "sns:*"}, OWN],
        [TLS | {"Action": "SNS:*", "Principal": {"AWS": "*"}}, OWN],
        [TLS, OWN | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}}],
        [TLS, ALARM | {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}],
        [
            TLS,
            ALARM
            | {"Principal": {"Service": STORE}, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::data"}}},
        ],
    ],
)
def test_a_private_topic_passes(pack: PackProcess, statements, at):
    assert failed_resources(pack, PRIVATE, forms(declared(*statements))[at]) == set()


@pytest.mark.parametrize("at", range(3))
@pytest.mark.parametrize(
    "statements",
    [
        [OWN],
        [TLS | {"Action": "sns:Publish"}, OWN],
        [TLS | {"Principal": {"AWS": ROOT}}, OWN],
        [TLS | {"Resource": TOPIC + "2"}, OWN],
        [TLS | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, OWN],
        [TLS | {"Condition": TLS["Condition"] | {"StringEquals": {"aws:PrincipalTag/team": "x"}}}, OWN],
        [TLS | {"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
        [TLS, OWN | {"Action": "sns:*"}],
        [TLS, OWN | {"Principal": "*"}],
        [TLS, OWN | {"Principal": {"AWS": OTHER}}],
        [TLS, OWN | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"AWS:SourceOwner": OTHER}}}],
        [TLS, OWN | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}],
        [TLS, OWN | {"Principal": {"AWS": "*"}, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}}],
        [TLS, OWN | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"sns:Protocol": "https"}}}],
        [TLS, OWN | {"Principal": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}}],
        [TLS, ALARM | {"Condition": {}}],
        [TLS, ALARM | {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:*"}}}],
        [TLS, ALARM | {"Condition": {"StringEquals": {"aws:SourceAccount": OTHER}}}],
        [{name: value for name, value in OWN.items() if name != "Principal"}],
    ],
)
def test_a_topic_that_is_not_private_fails(pack: PackProcess, statements, at):
    assert failed_resources(pack, PRIVATE, forms(declared(*statements))[at]) == {"policy"}


def test_the_policy_of_a_topic_whose_arn_is_not_known(pack: PackProcess):
    """Nothing tells the account, nor the name that Pulumi gives: the policy names the topic."""
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy",
        "policy",
        {"arn": UNKNOWN, "policy": declared(TLS)},
        comes_from={"arn": ["topic"]},
    )
    assert failed_resources(pack, PRIVATE, [Resource("aws:sns/topic:Topic", "topic", {}), policy]) == set()


@pytest.mark.parametrize("at", range(3))
def test_a_policy_that_is_not_known_is_told(pack: PackProcess, at):
    assert unverified_resources(pack, PRIVATE, forms(UNKNOWN)[at]) == {"policy"}


@pytest.mark.parametrize(
    "statement",
    [TLS | {"Resource": UNKNOWN}, TLS | {"Effect": UNKNOWN}, UNKNOWN, OWN | {"Principal": {"AWS": UNKNOWN}}],
)
def test_a_policy_with_an_unknown_leaf_is_told(pack: PackProcess, statement):
    whole = [statement] if statement == UNKNOWN or statement["Effect"] != "Allow" else [TLS, statement]
    around = Resource("phi:x:Topic", "around", {"topicPolicy": {"Version": "2012-10-17", "Statement": whole}})
    role = Resource("aws:iam/role:Role", "role", {})
    given = {"arn": UNKNOWN, "policy": UNKNOWN}
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy", "policy", given, "around", {"arn": ["topic"], "policy": ["role"]}
    )
    stack = [key(), role, around, Resource("aws:sns/topic:Topic", "topic", {}), policy]
    assert unverified_resources(pack, PRIVATE, stack) == {"policy"}


def test_without_a_policy_a_topic_fails(pack: PackProcess):
    one, two = (Resource("aws:sns/topic:Topic", name, {"name": name}) for name in ("one", "two"))
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy",
        "policy",
        {"arn": UNKNOWN, "policy": declared(TLS | {"Resource": TOPIC.replace("alerts", "one")})},
        comes_from={"arn": ["one"]},
    )
    assert failed_resources(pack, PRIVATE, [key(), one, two]) == {"one", "two"}
    assert failed_resources(pack, PRIVATE, [key(), one, two, policy]) == {"two"}


def test_whose_policy_it_is_that_is_not_known_is_told(pack: PackProcess):
    topic = Resource("aws:sns/topic:Topic", "topic", {})
    policy = Resource("aws:sns/topicPolicy:TopicPolicy", "policy", {"arn": UNKNOWN, "policy": declared(TLS)})
    assert unverified_resources(pack, PRIVATE, [key(), topic, policy]) == {"topic"}
