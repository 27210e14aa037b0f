"""Where S3 delivers a bucket's objects, inventories, analytics exports and event notifications."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    ACCOUNT,
    ACCOUNT_KEY,
    ALL_DATA_CLASSES,
    V6,
    bucket,
    companion,
    companion_by_reference,
)
from tests.policy.services.test_s3_replication import bucket as regional_bucket
from tests.policy.services.test_s3_replication import replicated_stack, replication_rule

CONTROL, REPLICATION = "s3-no-external-destinations", "s3-replication-or-backup"
FOREIGN = "999999999999"
ELSEWHERE = "arn:aws:s3:::elsewhere"
TARGET = bucket("lists", "Inventory")
TOPIC = Resource("aws:sns/topic:Topic", "topic", {"name": "alerts"})
QUEUE = Resource("aws:sqs/queue:Queue", "queue", {"name": "events"})
FUNCTION = Resource("aws:lambda/function:Function", "function", {"name": "scan"})


def inventory(target: Any = ELSEWHERE, **account: Any) -> Resource:
    return companion("Inventory", destination={"bucket": {"bucketArn": target, "format": "CSV"} | account})


def analytics(target: Any = ELSEWHERE, **account: Any) -> Resource:
    destination = {"s3BucketDestination": {"bucketArn": target} | account}
    return companion("AnalyticsConfiguration", storageClassAnalysis={"dataExport": {"destination": destination}})


def notification(**targets: Any) -> Resource:
    return companion("BucketNotification", **targets)


def replication(target: Any = ELSEWHERE, **account: Any) -> Resource:
    rule = replication_rule(to=target)
    return companion("BucketReplicationConfig", rules=[rule | {"destination": rule["destination"] | account}])


def to_account(account: Any) -> list[Resource]:
    """Return a resource of each kind that delivers to an account."""
    arn = f"arn:aws:{{}}:us-east-1:{account}:{{}}"
    return [
        inventory(accountId=account),
        analytics(bucketAccountId=account),
        replication(account=account),
        notification(topics=[{"topicArn": arn.format("sns", "alerts")}]),
        notification(queues=[{"queueArn": arn.format("sqs", "events")}]),
        notification(lambdaFunctions=[{"lambdaFunctionArn": arn.format("lambda", "function:scan")}]),
    ]


DELIVERIES = range(len(to_account(ACCOUNT)))


@pytest.mark.parametrize("position", DELIVERIES)
def test_destination_in_another_account_fails(pack: PackProcess, position):
    """A topic, queue or function of the stack that has the same name doesn't hide the account."""
    stack = [ACCOUNT_KEY, TOPIC, QUEUE, FUNCTION, bucket()]
    assert failed_resources(pack, CONTROL, [*stack, to_account(ACCOUNT)[position]]) == set()
    [finding] = findings_for(pack, CONTROL, [*stack, to_account(FOREIGN)[position]])
    assert finding.resource == "it"
    assert f"to account {FOREIGN}, which isn't trusted" in finding.message


@pytest.mark.parametrize("position", DELIVERIES)
def test_account_is_unverified_while_the_stacks_own_is_unknown(pack: PackProcess, position):
    assert unverified_resources(pack, CONTROL, [bucket(), to_account(FOREIGN)[position]]) == {"it"}


@pytest.mark.parametrize("position", DELIVERIES)
def test_trusted_account_passes(pack: PackProcess, position):
    pack.configure(s3_no_external_destinations={"accounts": [FOREIGN]})
    try:
        for stack in ([bucket()], [ACCOUNT_KEY, bucket()]):
            assert failed_resources(pack, CONTROL, [*stack, to_account(FOREIGN)[position]]) == set()
    finally:
        pack.configure()


@pytest.mark.parametrize("deliver", [inventory, analytics, replication])
def test_bucket_of_an_unnamed_account_is_unverified_unless_the_config_lists_it(pack: PackProcess, deliver):
    findings = findings_for(pack, CONTROL, [ACCOUNT_KEY, bucket(), deliver()])
    assert {finding.resource for finding in findings} == {"it"}
    assert all("Unverified" in finding.message and "option buckets" in finding.message for finding in findings)
    pack.configure(s3_no_external_destinations={"buckets": ["elsewhere"]})
    try:
        assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, bucket(), deliver()]) == set()
    finally:
        pack.configure()


@pytest.mark.parametrize("deliver", [inventory, analytics, replication])
def test_bucket_of_the_stack_passes(pack: PackProcess, deliver):
    assert failed_resources(pack, CONTROL, [bucket(), TARGET, deliver("arn:aws:s3:::lists")]) == set()
    delivery = deliver(UNKNOWN)
    prop = next(name for name in delivery.inputs if name != "bucket")
    assert failed_resources(pack, CONTROL, [bucket(), TARGET, replace(delivery, comes_from={prop: ["lists"]})]) == set()
    assert unverified_resources(pack, CONTROL, [bucket(), TARGET, delivery]) == {"it"}


@pytest.mark.parametrize(
    ("targets", "source"),
    [
        ({"topics": [{"topicArn": UNKNOWN}]}, TOPIC),
        ({"queues": [{"queueArn": UNKNOWN}]}, QUEUE),
        ({"lambdaFunctions": [{"lambdaFunctionArn": UNKNOWN}]}, FUNCTION),
    ],
)
def test_notification_target_of_the_stack_passes(pack: PackProcess, targets, source):
    [prop] = targets
    named = replace(notification(**targets), comes_from={prop: [source.name]})
    assert failed_resources(pack, CONTROL, [bucket(), source, named]) == set()
    assert unverified_resources(pack, CONTROL, [bucket(), source, notification(**targets)]) == {"it"}
    elsewhere = replace(source, account=FOREIGN, provider="other")
    assert unverified_resources(pack, CONTROL, [bucket(), elsewhere, replace(named, account=ACCOUNT)]) == {"it"}
    assert unverified_resources(pack, CONTROL, [bucket(), notification(**{prop: UNKNOWN})]) == {"it"}


@pytest.mark.parametrize(
    "delivery",
    [
        notification(eventbridge=True),
        notification(topics=[], queues=None),
        companion("AnalyticsConfiguration"),
        companion("BucketReplicationConfig", rules=[]),
        replace(replication(account=FOREIGN), inputs={"bucket": "data", "rules": [{"status": "Disabled"}]}),
    ],
)
def test_configuration_that_delivers_nothing_passes(pack: PackProcess, delivery):
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, bucket(), delivery]) == set()


@pytest.mark.parametrize("data_class", ALL_DATA_CLASSES)
def test_destinations_of_phi_replicas_and_logs_are_checked(pack: PackProcess, data_class):
    applies = data_class in ("PHI", "Replica", "S3AccessLog", "CloudTrailLog")
    stack = [ACCOUNT_KEY, bucket(data_class=data_class), inventory(accountId=FOREIGN)]
    assert failed_resources(pack, CONTROL, stack) == ({"it"} if applies else set())
    by_reference = companion_by_reference("Inventory", destination=inventory(accountId=FOREIGN).inputs["destination"])
    stack = [ACCOUNT_KEY, bucket(data_class=data_class, token=V6), by_reference]
    assert failed_resources(pack, CONTROL, stack) == ({"it"} if applies else set())


def test_foreign_destination_is_reported_before_it_exists(pack: PackProcess):
    """It would receive data as soon as it exists. The account is known by then from the resource's provider."""
    provided = replace(inventory(accountId=FOREIGN), account=ACCOUNT)
    pack.check_resource(bucket())
    assert CONTROL in {finding.policy for finding in pack.check_resource(provided)}
    trusted = replace(inventory(accountId=ACCOUNT), account=ACCOUNT)
    assert CONTROL not in {finding.policy for finding in pack.check_resource(trusted)}


def test_replication_to_another_account_is_no_safeguard(pack: PackProcess):
    rule = replication_rule(to=ELSEWHERE)
    to_foreign = rule | {"destination": rule["destination"] | {"account": FOREIGN}}
    *stack, config = replicated_stack(to_foreign)
    assert failed_resources(pack, REPLICATION, [ACCOUNT_KEY, *stack, config]) == {"data"}
    without_account = [replace(resource, account=None) for resource in (*stack, config)]
    assert unverified_resources(pack, REPLICATION, without_account) == {"data"}
    pack.configure(s3_replication_or_backup={"accounts": [FOREIGN]})
    try:
        assert failed_resources(pack, REPLICATION, [ACCOUNT_KEY, *stack, config]) == set()
    finally:
        pack.configure()


def test_inline_replication_to_another_account_fails(pack: PackProcess):
    rule = replication_rule(to=ELSEWHERE)
    destination = {"bucket": ELSEWHERE, "accountId": FOREIGN, "replicaKmsKeyId": "alias/copy"}
    replicated = {"replicationConfiguration": {"rules": [rule | {"destination": destination}]}}
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, regional_bucket(**replicated)]) == {"data"}
    v6 = {"replicationConfigurations": [{"rules": [rule | {"destinations": [destination], "destination": None}]}]}
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, regional_bucket(token=V6, **v6)]) == {"data"}
