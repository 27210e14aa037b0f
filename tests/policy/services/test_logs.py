"""CloudWatch Logs: which log groups hold audit logs, their keys and retention; policies; where log events are sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN

CUSTOMER_MANAGED_KEY, RETENTION = "logs-customer-managed-key", "logs-retention"
GROUP_ARN = "arn:aws:logs:us-east-1:111122223333:log-group:/audit/trail"


def group(resource: str = "group", data_class: str | None = "AuditLog", **inputs: Any) -> Resource:
    tags = {"tags": {"DataClass": data_class}} if data_class else {}
    return Resource("aws:cloudwatch/logGroup:LogGroup", resource, tags | inputs, account=ACCOUNT)


def trail(log_group_arn: str, *sources: str) -> Resource:
    comes_from = {"cloudWatchLogsGroupArn": sources}
    return Resource(
        "aws:cloudtrail/trail:Trail", "trail", {"cloudWatchLogsGroupArn": log_group_arn}, comes_from=comes_from
    )


@pytest.mark.parametrize("days", [None, 0, 2192, 3653, "2192"])
def test_sufficient_retention_passes(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group(retentionInDays=days)]) == set()


@pytest.mark.parametrize("days", [1, 365, 1827, "90"])
def test_short_retention_fails(pack: PackProcess, days):
    assert failed_resources(pack, RETENTION, [group("right"), group(retentionInDays=days)]) == {"group"}


@pytest.mark.parametrize("key", [None, "", "alias/aws/logs", "hunter2"])
def test_audit_log_group_without_customer_managed_key_fails(pack: PackProcess, key):
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [group("right", kmsKeyId=KEY_ARN), group(kmsKeyId=key)]) == {
        "group"
    }


def test_audit_log_group_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    referring_group = Resource(group().type, "group", group(kmsKeyId=UNKNOWN).inputs, comes_from={"kmsKeyId": ["key"]})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key, referring_group]) == set()


@pytest.mark.parametrize("data_class", ["AuditLog", "cloudtrail-log", "CloudTrailLog", "audit_log"])
def test_tagged_audit_log_group_is_checked_before_it_exists(pack: PackProcess, data_class):
    findings = pack.check_resource(group(data_class=data_class, retentionInDays=30))
    assert {finding.policy for finding in findings} == {CUSTOMER_MANAGED_KEY, RETENTION}


@pytest.mark.parametrize("data_class", [None, "PHI", "Internal"])
def test_other_log_group_is_not_checked(pack: PackProcess, data_class):
    for control in (CUSTOMER_MANAGED_KEY, RETENTION):
        assert failed_resources(pack, control, [group(data_class=data_class, retentionInDays=30)]) == set()


@pytest.mark.parametrize(
    ("name", "audit_trail"),
    [
        (None, trail(UNKNOWN, "group")),
        ("/audit/trail", trail(UNKNOWN, "group")),
        ("/audit/trail", trail(f"{GROUP_ARN}:*")),
        ("/audit/trail", trail(GROUP_ARN)),
        ("/audit/trail", trail("/audit/trail")),
    ],
)
def test_log_group_of_a_trail_is_checked(pack: PackProcess, name, audit_trail):
    audited = group(data_class=None, retentionInDays=30, **({"name": name} if name else {}))
    other = group("trail-app", data_class=None, retentionInDays=30, name="trail")
    for control in (CUSTOMER_MANAGED_KEY, RETENTION):
        assert failed_resources(pack, control, [audited, other, audit_trail]) == {"group"}


def test_log_group_named_like_the_end_of_a_trails_log_group_is_not_checked(pack: PackProcess):
    other = group(data_class=None, retentionInDays=30, name="trail")
    assert failed_resources(pack, RETENTION, [other, trail(GROUP_ARN)]) == set()


def test_unknown_key_or_retention_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, RETENTION, [group(retentionInDays=UNKNOWN)]) == {"group"}
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [group(kmsKeyId=UNKNOWN)]) == {"group"}


def test_possible_audit_log_group_is_unverified_only_if_noncompliant(pack: PackProcess):
    short, unlimited = group("one", None, retentionInDays=30), group("other", None)
    assert unverified_resources(pack, RETENTION, [short, unlimited, trail(UNKNOWN, "one", "other")]) == {"one"}
    for tags in (UNKNOWN, {"DataClass": UNKNOWN}):
        assert unverified_resources(pack, RETENTION, [group(tags=tags, retentionInDays=30)]) == {"group"}
        assert unverified_resources(pack, RETENTION, [group(tags=tags)]) == set()


# Policies.

ACCESS, DESTINATIONS = "logs-no-external-access", "logs-no-external-destinations"
OTHER_ACCOUNT = "444455556666"
FROM_OWN_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
DNS_LOGS = {
    "Effect": "Allow",
    "Principal": {"Service": "route53.amazonaws.com"},
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": "arn:aws:logs:us-east-1:111122223333:log-group:/aws/route53/*",
}
SUBSCRIBE = DNS_LOGS | {"Action": "logs:PutSubscriptionFilter", "Resource": "*"}
POLICY_TYPES = {
    "LogResourcePolicy": "policyDocument",
    "LogDestinationPolicy": "accessPolicy",
    "LogDeliveryDestinationPolicy": "deliveryDestinationPolicy",
}


def log_resource(type_name: str, name: str = "resource", *sources: str, **inputs: Any) -> Resource:
    token = f"aws:cloudwatch/{type_name[0].lower()}{type_name[1:]}:{type_name}"
    return Resource(token, name, inputs, comes_from=dict.fromkeys(inputs, sources), account=ACCOUNT)


def policy(type_name: str, name: str, statement: Any) -> Resource:
    text = statement if statement == UNKNOWN else json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return log_resource(type_name, name, **{POLICY_TYPES[type_name]: text})


@pytest.mark.parametrize("type_name", POLICY_TYPES)
@pytest.mark.parametrize(
    "statement",
    [
        DNS_LOGS,
        SUBSCRIBE | {"Principal": "*"},
        SUBSCRIBE | {"Principal": {"AWS": OTHER_ACCOUNT}},
        SUBSCRIBE | {"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}},
        {"Effect": "Allow"},
    ],
    ids=["a service for anyone", "everyone", "another account", "an organization", "malformed"],
)
def test_policy_for_an_external_principal_or_service_fails(pack: PackProcess, type_name, statement):
    right = policy(type_name, "right", DNS_LOGS | {"Condition": FROM_OWN_ACCOUNT})
    assert failed_resources(pack, ACCESS, [right, policy(type_name, "wrong", statement)]) == {"wrong"}


@pytest.mark.parametrize("type_name", POLICY_TYPES)
def test_unknown_policy_is_unverified(pack: PackProcess, type_name):
    assert unverified_resources(pack, ACCESS, [policy(type_name, "policy", UNKNOWN)]) == {"policy"}


# Destinations.

STREAM = Resource("aws:kinesis/stream:Stream", "stream", {"name": "logs"}, account=ACCOUNT)


def stream_arn(account: str) -> str:
    return f"arn:aws:kinesis:us-east-1:{account}:stream/logs"


def subscription_policy(target: Any) -> dict[str, Any]:
    document = UNKNOWN if target == UNKNOWN else json.dumps({"DestinationArn": target, "FilterPattern": ""})
    return {"policyType": "SUBSCRIPTION_FILTER_POLICY", "policyDocument": document}


def sent_to(target: Any, name: str, *sources: str) -> list[Resource]:
    """Return a resource of each type that sends log events to a target."""
    configuration = [{"destinationResourceArn": target}]
    return [
        log_resource("LogSubscriptionFilter", f"{name}-filter", *sources, destinationArn=target),
        log_resource("LogDestination", f"{name}-destination", *sources, targetArn=target),
        log_resource("LogAccountPolicy", f"{name}-account-policy", *sources, **subscription_policy(target)),
        log_resource(
            "LogDeliveryDestination", f"{name}-delivery", *sources, deliveryDestinationConfiguration=configuration
        ),
    ]


def names(resources: list[Resource]) -> set[str]:
    return {resource.name for resource in resources}


def test_destination_in_another_account_fails_even_if_a_stream_of_the_stack_has_its_name(pack: PackProcess):
    foreign = sent_to(stream_arn(OTHER_ACCOUNT), "foreign")
    stack = [STREAM, *sent_to(stream_arn(ACCOUNT), "own"), *foreign]
    assert failed_resources(pack, DESTINATIONS, stack) == names(foreign)


def test_unknown_destination_passes_only_if_it_is_a_stream_of_the_same_account(pack: PackProcess):
    own = sent_to(UNKNOWN, "own", "stream")
    assert [finding for finding in pack.check_stack([STREAM, *own], {}) if finding.policy == DESTINATIONS] == []
    elsewhere = replace(STREAM, account=OTHER_ACCOUNT, provider="other")
    assert unverified_resources(pack, DESTINATIONS, [elsewhere, *own]) == names(own)
    assert unverified_resources(pack, DESTINATIONS, sent_to(UNKNOWN, "own")) == names(own)


@pytest.mark.parametrize("target", ["", None, "logs", "arn:aws:s3:::elsewhere"])
def test_destination_without_an_account_is_unverified(pack: PackProcess, target):
    resources = sent_to(target, "own")
    assert unverified_resources(pack, DESTINATIONS, resources) == names(resources)


def test_log_delivery_to_a_bucket_of_the_stack_or_to_xray_passes(pack: PackProcess):
    bucket = Resource("aws:s3/bucket:Bucket", "bucket", {"bucket": "own-logs"}, account=ACCOUNT)
    to_bucket = log_resource(
        "LogDeliveryDestination",
        deliveryDestinationConfiguration=[{"destinationResourceArn": "arn:aws:s3:::own-logs"}],
    )
    to_xray = log_resource("LogDeliveryDestination", "xray", deliveryDestinationType="XRAY")
    findings = pack.check_stack([bucket, to_bucket, to_xray], {})
    assert [finding for finding in findings if finding.policy == DESTINATIONS] == []


def test_account_policy_of_another_type_is_not_checked(pack: PackProcess):
    data_protection = log_resource("LogAccountPolicy", policyType="DATA_PROTECTION_POLICY", policyDocument=UNKNOWN)
    assert findings_for(pack, DESTINATIONS, [data_protection]) == []
    unknown_type = log_resource("LogAccountPolicy", policyType=UNKNOWN, policyDocument=UNKNOWN)
    assert unverified_resources(pack, DESTINATIONS, [unknown_type]) == {"resource"}


def test_account_policy_that_is_no_document_is_unverified(pack: PackProcess):
    for text in ("{", "[]", "[" * 100_000):
        policy = log_resource("LogAccountPolicy", policyType="SUBSCRIPTION_FILTER_POLICY", policyDocument=text)
        assert unverified_resources(pack, DESTINATIONS, [policy]) == {"resource"}


def test_account_policy_with_two_destinations_is_unverified(pack: PackProcess):
    own, foreign = (f'"DestinationArn": "{stream_arn(account)}"' for account in (ACCOUNT, OTHER_ACCOUNT))
    for document in (f"{{{own}, {foreign}}}", f"{{{foreign}, {own}}}"):
        twice = log_resource("LogAccountPolicy", policyType="SUBSCRIPTION_FILTER_POLICY", policyDocument=document)
        assert unverified_resources(pack, DESTINATIONS, [twice]) == {"resource"}


def test_trusted_account_and_bucket_pass():
    with start_pack() as pack:
        pack.configure(
            logs_no_external_access={"accounts": [OTHER_ACCOUNT]},
            logs_no_external_destinations={"accounts": [OTHER_ACCOUNT], "buckets": ["central-logs"]},
        )
        trusted_policy = policy("LogDestinationPolicy", "policy", SUBSCRIBE | {"Principal": {"AWS": OTHER_ACCOUNT}})
        to_bucket = log_resource(
            "LogDeliveryDestination",
            deliveryDestinationConfiguration=[{"destinationResourceArn": "arn:aws:s3:::central-logs"}],
        )
        stack = [trusted_policy, to_bucket, *sent_to(stream_arn(OTHER_ACCOUNT), "trusted")]
        findings = pack.evaluate_stack(stack)
        assert [finding for finding in findings if finding.policy in (ACCESS, DESTINATIONS)] == []
