"""The SNS topics of a live account: the facts, the findings, and topics that can't be read."""

from __future__ import annotations

import json

import pytest

from hipaa_controls.model.values import Location, StackResource
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.sns.facts import Subscription, Topic, TopicPolicy
from phi_buckets.audit.calls import sns as calls
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    OTHER_REGION,
    REGION,
    TOPIC,
    TOPIC_ARN,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    document,
    new_key,
    responding,
    statement,
    topic_policy,
)

LOCATION = Location("aws", REGION, ACCOUNT)
CONTROLS = {"sns-customer-managed-key", "sns-private"}
SUBSCRIPTION_CONTROLS = {"sns-subscription-tls", "sns-no-external-subscriptions"}


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


def set_attribute(account: SampleAccount, name: str, value: str) -> None:
    account.client("sns").set_topic_attributes(TopicArn=TOPIC_ARN, AttributeName=name, AttributeValue=value)


def test_topic_is_collected_with_its_settings_and_policy(account):
    result = audit(account)
    publishers = ("cloudwatch.amazonaws.com",)
    assert result.fact(Topic, TOPIC_ARN) == Topic(
        TOPIC_ARN, TOPIC_ARN, StackResource(account.audit_key), publishers, LOCATION
    )
    policy = result.fact(TopicPolicy, TOPIC_ARN)
    assert (policy.topic, policy.arn, policy.location) == (StackResource(TOPIC_ARN), TOPIC_ARN, LOCATION)
    assert json.loads(policy.document.content) == json.loads(topic_policy())
    assert result.controls_with(Status.PASS) >= CONTROLS
    assert result.blocking == set()


EVERYONE = {"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": TOPIC_ARN}
OTHER_ACCOUNT = EVERYONE | {"Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
ANY_S3_SOURCE = EVERYONE | {"Principal": {"Service": "s3.amazonaws.com"}, "Action": "sns:Publish"}
PLAIN_HTTP = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "*",
    "Resource": TOPIC_ARN,
}


@pytest.mark.parametrize(
    ("attribute", "value", "control"),
    [
        ("KmsMasterKeyId", "alias/aws/sns", "sns-customer-managed-key"),
        ("KmsMasterKeyId", "", "sns-customer-managed-key"),
        ("Policy", topic_policy(EVERYONE), "sns-private"),
        ("Policy", topic_policy(OTHER_ACCOUNT), "sns-private"),
        ("Policy", topic_policy(ANY_S3_SOURCE), "sns-private"),
        ("Policy", document(PLAIN_HTTP), "sns-private"),
    ],
    ids=["AWS managed key", "no key", "everyone", "another account", "S3 for any account", "plain HTTP"],
)
def test_weak_setting_fails_only_its_control(account, attribute, value, control):
    set_attribute(account, attribute, value)
    result = audit(account)
    assert result.controls_with(Status.FAIL) == {control}
    assert result.controls_with(Status.UNVERIFIED) == set()


def test_default_topic_policy_fails_because_it_allows_plain_http(account):
    topic = account.client("sns").create_topic(Name="phi-dev-other", Attributes={"KmsMasterKeyId": account.audit_key})
    assert audit(account).statuses("sns-private") == {TOPIC_ARN: Status.PASS, topic["TopicArn"]: Status.FAIL}


def test_key_that_alarms_may_not_use_fails(account):
    """AWS drops the notifications of such an alarm."""
    policy = document(statement())
    account.client("kms").put_key_policy(KeyId=account.audit_key, PolicyName="default", Policy=policy)
    assert audit(account).controls_with(Status.FAIL) == {"sns-customer-managed-key"}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (calls.LIST_TOPICS, CONTROLS | SUBSCRIPTION_CONTROLS),
        (calls.GET_TOPIC_ATTRIBUTES, CONTROLS),
        (calls.LIST_SUBSCRIPTIONS_BY_TOPIC, SUBSCRIPTION_CONTROLS),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_denied_call_is_unverified_and_names_the_permission(account, call, controls):
    assert_unverified(audit(denying(account, call)), call, controls)


def subscribe(account: SampleAccount, protocol: str, endpoint: str) -> str:
    response = account.client("sns").subscribe(TopicArn=TOPIC_ARN, Protocol=protocol, Endpoint=endpoint)
    return str(response["SubscriptionArn"])


def test_subscription_to_another_accounts_queue_or_over_plain_http_fails(account):
    foreign_queue = f"arn:aws:sqs:{REGION}:444455556666:results"
    own, foreign = (
        subscribe(account, "sqs", arn) for arn in (foreign_queue.replace("444455556666", ACCOUNT), foreign_queue)
    )
    email = subscribe(account, "email", "security@example.com")
    plain = subscribe(account, "http", "http://alerts.example.com")
    result = audit(account)
    assert result.statuses("sns-no-external-subscriptions") == {
        own: Status.PASS,
        foreign: Status.FAIL,
        email: Status.NOT_APPLICABLE,
        plain: Status.UNVERIFIED,
    }
    assert result.statuses("sns-subscription-tls")[plain] is Status.FAIL


def test_subscription_that_is_not_confirmed_is_left_out(account):
    entry = {"SubscriptionArn": "PendingConfirmation", "Protocol": "https", "Endpoint": "https://alerts.example.com"}
    result = audit(responding(account, {calls.LIST_SUBSCRIPTIONS_BY_TOPIC: [{"Subscriptions": [entry]}]}))
    assert result.resources(Subscription) == []


def test_each_region_has_its_own_topics_and_keys(account):
    other_topic = TOPIC_ARN.replace(REGION, OTHER_REGION)
    key = new_key(account.session, "alias/phi-dev-other", OTHER_REGION)
    attributes = {"KmsMasterKeyId": "alias/phi-dev-other", "Policy": topic_policy(arn=other_topic)}
    account.client("sns", OTHER_REGION).create_topic(Name=TOPIC, Attributes=attributes)
    result = audit(account, (REGION, OTHER_REGION))
    assert result.fact(Topic, other_topic).kms_key == StackResource(key)
    assert result.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS, other_topic: Status.PASS}
    result = audit(denying(account, calls.LIST_TOPICS, region=OTHER_REGION), (REGION, OTHER_REGION))
    all_topics = other_topic.replace(TOPIC, "*")
    assert result.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.PASS, all_topics: Status.UNVERIFIED}


def test_alias_without_a_key_is_unverified(account):
    set_attribute(account, "KmsMasterKeyId", "alias/missing")
    result = audit(account)
    assert result.statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.UNVERIFIED}


def test_key_of_another_account_fails(account):
    """Its owner can disable it. The option accounts trusts an account, as in a preview."""
    set_attribute(account, "KmsMasterKeyId", account.audit_key.replace(ACCOUNT, "444455556666"))
    assert audit(account).statuses("sns-customer-managed-key") == {TOPIC_ARN: Status.FAIL}


def test_all_pages_are_read_and_deleted_topics_are_left_out(account):
    pages = [{"Topics": [{"TopicArn": TOPIC_ARN.replace(TOPIC, "deleted")}], "NextToken": "more"}]
    pages += [{"Topics": [{"TopicArn": TOPIC_ARN}]}]
    result = audit(responding(account, {calls.LIST_TOPICS: pages}))
    assert result.resources(Topic) == [TOPIC_ARN]
    assert result.resources(TopicPolicy) == [TOPIC_ARN]
    assert result.failed_calls == ()


def test_stack_scope_includes_topics_by_name(account):
    account.client("sns").create_topic(Name="another")
    result = audit(account, (REGION,), Scope({}, "phi-dev-"))
    assert result.resources(Topic) == [TOPIC_ARN]
    assert result.call_counts[calls.GET_TOPIC_ATTRIBUTES] == 1
    assert result.blocking == set()


def test_aliases_are_not_listed_if_no_topic_has_a_key(account):
    set_attribute(account, "KmsMasterKeyId", "")
    assert {call.operation for call in audit(account).call_counts if call.service == "kms"} == {
        "list_keys",
        "describe_key",
        "get_key_rotation_status",
        "get_key_policy",
        "list_grants",
    }
