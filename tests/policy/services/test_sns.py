"""SNS topics: their keys, the access that their policies grant, and the endpoints that subscribe to them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack

ACCOUNT, OTHER_ACCOUNT = "111122223333", "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
CUSTOMER_MANAGED_KEY, PRIVATE = "sns-customer-managed-key", "sns-private"
CLOUDWATCH, EVENTBRIDGE, S3 = (f"{name}.amazonaws.com" for name in ("cloudwatch", "events", "s3"))


def key(*services: str, name: str = "key", **change: Any) -> Resource:
    """Return a key that these services may use. Its provider gives the stack's own account."""
    root = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}
    use = {"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Principal": {"Service": list(services)}} | change
    statements = [root, root | use] if services else [root]
    return Resource(
        "aws:kms/key:Key",
        name,
        {"policy": json.dumps({"Statement": statements})},
        provider_config={"allowedAccountIds": json.dumps([ACCOUNT])},
    )


def topic(name: str = "alerts", **inputs: Any) -> Resource:
    topic_inputs = {"kmsMasterKeyId": UNKNOWN} | inputs
    return Resource("aws:sns/topic:Topic", name, topic_inputs, comes_from={"kmsMasterKeyId": ["key"]}, account=ACCOUNT)


def alarm(prop: str = "alarmActions", *topics: str) -> Resource:
    names = list(topics or ["alerts"])
    inputs = {prop: [UNKNOWN for _ in names]}
    return Resource("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", inputs, comes_from={prop: names})


EVENT_TARGET = Resource(
    "aws:cloudwatch/eventTarget:EventTarget", "target", {"arn": UNKNOWN}, comes_from={"arn": ["alerts"]}
)
BUCKET_NOTIFICATION = Resource(
    "aws:s3/bucketNotification:BucketNotification",
    "uploads",
    {"bucket": "data", "topics": [{"topicArn": UNKNOWN, "events": ["s3:ObjectCreated:*"]}]},
    comes_from={"topics": ["alerts"]},
)
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"


@pytest.mark.parametrize(
    ("key_id", "fails"),
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
def test_topic_needs_a_customer_managed_key(pack: PackProcess, key_id, fails):
    inputs = {"kmsMasterKeyId": key_id} if key_id is not None else {}
    stack = [Resource("aws:sns/topic:Topic", "alerts", inputs, account=ACCOUNT)]
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, stack) == ({"alerts"} if fails else set())
    assert not any("hunter2" in finding.message for finding in pack.evaluate_stack(stack))


def test_unknown_key_is_unverified(pack: PackProcess):
    stack = [Resource("aws:sns/topic:Topic", "alerts", {"kmsMasterKeyId": UNKNOWN})]
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, stack) == {"alerts"}


@pytest.mark.parametrize(
    ("publishers", "services"),
    [
        ([], []),
        ([alarm()], [CLOUDWATCH]),
        ([alarm("okActions")], [CLOUDWATCH]),
        ([alarm("insufficientDataActions")], [CLOUDWATCH]),
        ([alarm("alarmActions", "alerts", "others")], [CLOUDWATCH]),
        ([EVENT_TARGET], [EVENTBRIDGE]),
        ([BUCKET_NOTIFICATION], [S3]),
        ([alarm(), EVENT_TARGET, BUCKET_NOTIFICATION], [CLOUDWATCH, EVENTBRIDGE, S3]),
    ],
)
def test_each_publishing_service_must_be_allowed_to_use_the_key(pack: PackProcess, publishers, services):
    others = Resource("aws:sns/topic:Topic", "others", {"kmsMasterKeyId": KEY_ARN})
    stack = [topic(), others, *publishers]
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(*services), *stack]) == set()
    for missing in services:
        allowed = [service for service in services if service != missing]
        assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(*allowed), *stack]) == {"alerts"}


def test_alarm_that_names_the_topics_arn_counts_as_publisher(pack: PackProcess):
    alarm_by_arn = Resource("aws:cloudwatch/metricAlarm:MetricAlarm", "alarm", {"alarmActions": [TOPIC]})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(), topic(name="alerts"), alarm_by_arn]) == set()
    named_topic = Resource(
        "aws:sns/topic:Topic",
        "alerts",
        {"name": "alerts", "kmsMasterKeyId": UNKNOWN},
        comes_from={"kmsMasterKeyId": ["key"]},
    )
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(), named_topic, alarm_by_arn]) == {"alerts"}


@pytest.mark.parametrize(
    "change",
    [
        {"Action": "kms:Decrypt"},
        {"Action": ["kms:GenerateDataKey*"]},
        {"Effect": "Deny"},
        {"Condition": {"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": TOPIC.replace("alerts", "other")}}},
    ],
)
def test_key_that_a_service_may_use_only_in_part_fails(pack: PackProcess, change):
    unnamed_topic = topic(name="alerts")
    named_topic = replace(unnamed_topic, inputs={**unnamed_topic.inputs, "name": "alerts"})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(CLOUDWATCH, **change), named_topic, alarm()]) == {"alerts"}


def test_service_limited_to_the_account_may_use_the_key(pack: PackProcess):
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    assert (
        failed_resources(pack, CUSTOMER_MANAGED_KEY, [key(CLOUDWATCH, Condition=condition), topic(), alarm()]) == set()
    )


def test_key_policy_as_a_separate_resource_counts(pack: PackProcess):
    key_without_policy = Resource("aws:kms/key:Key", "key", {})
    policy = {"keyId": UNKNOWN, "policy": key(CLOUDWATCH).inputs["policy"]}
    key_policy = Resource("aws:kms/keyPolicy:KeyPolicy", "separate", policy, comes_from={"keyId": ["key"]})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key_without_policy, topic(), alarm()]) == {"alerts"}
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key_without_policy, key_policy, topic(), alarm()]) == set()
    key_with_unknown_policy = Resource("aws:kms/key:Key", "key", {"policy": UNKNOWN})
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [key_with_unknown_policy, topic(), alarm()]) == {"alerts"}


DENY_PLAIN_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ["sns:Publish", "sns:Subscribe"],
    "Resource": TOPIC,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
ALLOW_OWN_ACCOUNT = {
    "Effect": "Allow",
    "Principal": {"AWS": ROOT},
    "Action": ["sns:Publish", "sns:Subscribe"],
    "Resource": TOPIC,
}
ALLOW_CLOUDWATCH = ALLOW_OWN_ACCOUNT | {
    "Principal": {"Service": CLOUDWATCH},
    "Action": "sns:Publish",
    "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:*"}},
}


def policy_text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def in_every_form(policy: Any) -> list[list[Resource]]:
    """Return a stack for each way to declare a topic policy: on the topic, or separately by reference or by ARN."""
    named_topic = Resource("aws:sns/topic:Topic", "topic", {"name": "alerts"})
    token = "aws:sns/topicPolicy:TopicPolicy"
    return [
        [key(), Resource(named_topic.type, "policy", {"name": "alerts", "policy": policy})],
        [
            key(),
            named_topic,
            Resource(token, "policy", {"arn": UNKNOWN, "policy": policy}, comes_from={"arn": ["topic"]}),
        ],
        [key(), named_topic, Resource(token, "policy", {"arn": TOPIC, "policy": policy})],
    ]


@pytest.mark.parametrize("form", range(3))
@pytest.mark.parametrize(
    "statements",
    [
        [DENY_PLAIN_HTTP],
        [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP, ALLOW_CLOUDWATCH],
        [DENY_PLAIN_HTTP | {"Resource": "*", "Action": "sns:*"}, ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP | {"Action": "SNS:*", "Principal": {"AWS": "*"}}, ALLOW_OWN_ACCOUNT],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT
            | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}}},
        ],
        [DENY_PLAIN_HTTP, ALLOW_CLOUDWATCH | {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}],
        [
            DENY_PLAIN_HTTP,
            ALLOW_CLOUDWATCH
            | {"Principal": {"Service": S3}, "Condition": {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::data"}}},
        ],
    ],
)
def test_private_topic_policy_passes(pack: PackProcess, statements, form):
    assert failed_resources(pack, PRIVATE, in_every_form(policy_text(*statements))[form]) == set()


@pytest.mark.parametrize("form", range(3))
@pytest.mark.parametrize(
    "statements",
    [
        [ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP | {"Action": "sns:Publish"}, ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP | {"Principal": {"AWS": ROOT}}, ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP | {"Resource": TOPIC + "2"}, ALLOW_OWN_ACCOUNT],
        [DENY_PLAIN_HTTP | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, ALLOW_OWN_ACCOUNT],
        [
            DENY_PLAIN_HTTP
            | {"Condition": DENY_PLAIN_HTTP["Condition"] | {"StringEquals": {"aws:PrincipalTag/team": "x"}}},
            ALLOW_OWN_ACCOUNT,
        ],
        [DENY_PLAIN_HTTP | {"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}}],
        [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT | {"Action": "sns:*"}],
        [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT | {"Principal": "*"}],
        [DENY_PLAIN_HTTP, ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": OTHER_ACCOUNT}}],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT
            | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"AWS:SourceOwner": OTHER_ACCOUNT}}},
        ],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT
            | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        ],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT
            | {"Principal": {"AWS": "*"}, "Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::*"}}},
        ],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": "*"}, "Condition": {"StringEquals": {"sns:Protocol": "https"}}},
        ],
        [
            DENY_PLAIN_HTTP,
            ALLOW_OWN_ACCOUNT | {"Principal": "*", "Condition": {"Bool": {"aws:PrincipalIsAWSService": "false"}}},
        ],
        [DENY_PLAIN_HTTP, ALLOW_CLOUDWATCH | {"Condition": {}}],
        [
            DENY_PLAIN_HTTP,
            ALLOW_CLOUDWATCH | {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:*:alarm:*"}}},
        ],
        [DENY_PLAIN_HTTP, ALLOW_CLOUDWATCH | {"Condition": {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}}],
        [{name: value for name, value in ALLOW_OWN_ACCOUNT.items() if name != "Principal"}],
    ],
)
def test_topic_policy_that_allows_untrusted_principals_or_plain_http_fails(pack: PackProcess, statements, form):
    assert failed_resources(pack, PRIVATE, in_every_form(policy_text(*statements))[form]) == {"policy"}


def test_topic_policy_passes_although_the_topics_arn_is_unknown(pack: PackProcess):
    """The account and the name that Pulumi generates are unknown, but the policy names the topic."""
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy",
        "policy",
        {"arn": UNKNOWN, "policy": policy_text(DENY_PLAIN_HTTP)},
        comes_from={"arn": ["topic"]},
    )
    assert failed_resources(pack, PRIVATE, [Resource("aws:sns/topic:Topic", "topic", {}), policy]) == set()


@pytest.mark.parametrize("form", range(3))
def test_unknown_policy_is_unverified(pack: PackProcess, form):
    assert unverified_resources(pack, PRIVATE, in_every_form(UNKNOWN)[form]) == {"policy"}


@pytest.mark.parametrize(
    "statement",
    [
        DENY_PLAIN_HTTP | {"Resource": UNKNOWN},
        DENY_PLAIN_HTTP | {"Effect": UNKNOWN},
        UNKNOWN,
        ALLOW_OWN_ACCOUNT | {"Principal": {"AWS": UNKNOWN}},
    ],
)
def test_policy_with_unknown_element_is_unverified(pack: PackProcess, statement):
    statements = [statement] if statement == UNKNOWN or statement["Effect"] != "Allow" else [DENY_PLAIN_HTTP, statement]
    component = Resource("phi:x:Topic", "around", {"topicPolicy": {"Version": "2012-10-17", "Statement": statements}})
    role = Resource("aws:iam/role:Role", "role", {})
    inputs = {"arn": UNKNOWN, "policy": UNKNOWN}
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy", "policy", inputs, "around", {"arn": ["topic"], "policy": ["role"]}
    )
    stack = [key(), role, component, Resource("aws:sns/topic:Topic", "topic", {"name": "alerts"}), policy]
    assert unverified_resources(pack, PRIVATE, stack) == {"policy"}


def test_topic_without_policy_fails(pack: PackProcess):
    one, two = (Resource("aws:sns/topic:Topic", name, {"name": name}) for name in ("one", "two"))
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy",
        "policy",
        {"arn": UNKNOWN, "policy": policy_text(DENY_PLAIN_HTTP | {"Resource": TOPIC.replace("alerts", "one")})},
        comes_from={"arn": ["one"]},
    )
    assert failed_resources(pack, PRIVATE, [key(), one, two]) == {"one", "two"}
    assert failed_resources(pack, PRIVATE, [key(), one, two, policy]) == {"two"}


def test_topic_is_unverified_if_a_policys_topic_is_unknown(pack: PackProcess):
    topic = Resource("aws:sns/topic:Topic", "topic", {})
    policy = Resource(
        "aws:sns/topicPolicy:TopicPolicy", "policy", {"arn": UNKNOWN, "policy": policy_text(DENY_PLAIN_HTTP)}
    )
    assert unverified_resources(pack, PRIVATE, [key(), topic, policy]) == {"topic"}


# Subscriptions.

TLS, EXTERNAL_SUBSCRIPTIONS = "sns-subscription-tls", "sns-no-external-subscriptions"
HOOK = "https://alerts.example.com/hook?token=hunter2"
QUEUE = Resource("aws:sqs/queue:Queue", "queue", {"name": "results"}, account=ACCOUNT)


def subscription(protocol: Any, endpoint: Any, *sources: str, name: str = "subscription") -> Resource:
    return Resource(
        "aws:sns/topicSubscription:TopicSubscription",
        name,
        {"topic": TOPIC, "protocol": protocol, "endpoint": endpoint},
        comes_from={"endpoint": sources},
        account=ACCOUNT,
    )


def endpoint_arn(account: str, service: str = "sqs", resource: str = "results") -> str:
    return f"arn:aws:{service}:us-east-1:{account}:{resource}"


def test_only_the_subscription_over_plain_http_fails(pack: PackProcess):
    stack = [
        subscription("https", HOOK, name="encrypted"),
        subscription("sqs", endpoint_arn(ACCOUNT), name="queue"),
        subscription("http", "http://alerts.example.com"),
    ]
    assert failed_resources(pack, TLS, stack) == {"subscription"}
    assert unverified_resources(pack, TLS, [subscription(UNKNOWN, HOOK)]) == {"subscription"}


@pytest.mark.parametrize(
    ("protocol", "service", "resource"),
    [
        ("sqs", "sqs", "results"),
        ("lambda", "lambda", "function:results"),
        ("firehose", "firehose", "deliverystream/results"),
        ("application", "sns", "endpoint/GCM/app/0a1b2c3d"),
    ],
)
def test_endpoint_in_another_account_fails_even_if_a_resource_of_the_stack_has_its_name(
    pack: PackProcess, protocol, service, resource
):
    stack = [
        QUEUE,
        subscription(protocol, endpoint_arn(ACCOUNT, service, resource), name="own"),
        subscription(protocol, endpoint_arn(OTHER_ACCOUNT, service, resource)),
    ]
    assert failed_resources(pack, EXTERNAL_SUBSCRIPTIONS, stack) == {"subscription"}


def test_unknown_endpoint_passes_only_if_it_is_a_queue_of_the_same_account(pack: PackProcess):
    own = subscription("sqs", UNKNOWN, "queue")
    assert [finding for finding in pack.check_stack([QUEUE, own], {}) if finding.policy == EXTERNAL_SUBSCRIPTIONS] == []
    elsewhere = replace(QUEUE, account=OTHER_ACCOUNT, provider="other")
    for stack in ([elsewhere, own], [subscription("sqs", UNKNOWN)], [subscription("https", UNKNOWN)]):
        assert unverified_resources(pack, EXTERNAL_SUBSCRIPTIONS, stack) == {"subscription"}


def test_unknown_url_that_is_built_from_a_queue_of_the_stack_is_unverified(pack: PackProcess):
    built = subscription("https", UNKNOWN, "queue")
    assert unverified_resources(pack, EXTERNAL_SUBSCRIPTIONS, [QUEUE, built]) == {"subscription"}


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [("email", "security@example.com"), ("email-json", "security@example.com"), ("sms", "+15550100")],
)
def test_address_of_a_person_passes(pack: PackProcess, protocol, endpoint):
    assert findings_for(pack, EXTERNAL_SUBSCRIPTIONS, [subscription(protocol, endpoint)]) == []


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [(UNKNOWN, "security@example.com"), ("https", HOOK), ("https", ""), ("sqs", "results"), ("new", "value")],
)
def test_endpoint_whose_owner_is_not_known_is_unverified(pack: PackProcess, protocol, endpoint):
    findings = findings_for(pack, EXTERNAL_SUBSCRIPTIONS, [subscription(protocol, endpoint)])
    assert ["Unverified" in finding.message for finding in findings] == [True]
    assert "hunter2" not in findings[0].message


@pytest.mark.parametrize(
    ("url", "trusted"),
    [
        (HOOK, True),
        ("https://Alerts.example.com:8443", True),
        ("https://user:hunter2@alerts.example.com/", True),
        ("https://alerts.example.com.attacker.example/", False),
        ("https://attacker.example/alerts.example.com", False),
        ("https://attacker.example?@alerts.example.com", False),
        ("https://attacker.example#@alerts.example.com", False),
        ("https://attacker.example\\@alerts.example.com", False),
        ("https://alerts.example.com@attacker.example", False),
        ("https://alerts.example.com\n.attacker.example", False),
    ],
)
def test_only_a_url_of_a_trusted_host_passes(trusting_pack: PackProcess, url, trusted):
    findings = findings_for(trusting_pack, EXTERNAL_SUBSCRIPTIONS, [subscription("https", url)])
    assert len(findings) == (0 if trusted else 1)


def test_endpoint_in_a_trusted_account_passes(trusting_pack: PackProcess):
    stack = [
        subscription("sqs", endpoint_arn(OTHER_ACCOUNT)),
        subscription("sqs", endpoint_arn("5" * 12), name="other"),
    ]
    assert failed_resources(trusting_pack, EXTERNAL_SUBSCRIPTIONS, stack) == {"other"}


@pytest.fixture(scope="module")
def trusting_pack():
    """A pack that trusts another account, and a host."""
    with start_pack() as pack:
        pack.configure(sns_no_external_subscriptions={"accounts": [OTHER_ACCOUNT], "hosts": ["alerts.example.com"]})
        yield pack
