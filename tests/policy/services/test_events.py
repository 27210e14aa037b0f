"""EventBridge: who may put events on a bus, and where events are sent."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import ACCOUNT

ACCESS, TARGETS = "events-no-external-access", "events-no-external-targets"
OTHER_ACCOUNT = "444455556666"
OF_ORGANIZATION = {"type": "StringEquals", "key": "aws:PrincipalOrgID", "value": "o-abcdefghij"}


def resource(type_name: str, name: str, *sources: str, **inputs: Any) -> Resource:
    token = f"aws:cloudwatch/{type_name[0].lower()}{type_name[1:]}:{type_name}"
    return Resource(token, name, inputs, comes_from=dict.fromkeys(inputs, sources), account=ACCOUNT)


def bus_policy(name: str = "policy", **elements: Any) -> Resource:
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"} | elements
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return resource("EventBusPolicy", name, policy=text)


def permission(principal: Any, name: str = "policy", **inputs: Any) -> Resource:
    return resource("EventPermission", name, principal=principal, statementId="one", **inputs)


RIGHT = (bus_policy("own", Principal={"AWS": ACCOUNT}), permission(ACCOUNT, "own-permission"))


@pytest.mark.parametrize(
    "policy",
    [
        bus_policy(Principal="*"),
        bus_policy(Principal={"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}),
        bus_policy(Principal="*", Condition={"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        bus_policy(Principal={"Service": "delivery.logs.amazonaws.com"}),
        bus_policy(
            Principal={"AWS": OTHER_ACCOUNT},
            Action=["events:PutRule", "events:PutTargets"],
            Resource="arn:aws:events:us-east-1:111122223333:rule/own/*",
        ),
        permission("*"),
        permission(OTHER_ACCOUNT),
        permission("*", condition=OF_ORGANIZATION),
        permission(None),
    ],
    ids=[
        "everyone",
        "another account",
        "an organization",
        "a service for anyone",
        "rules of another account",
        "permission for everyone",
        "permission for another account",
        "permission for an organization",
        "permission without a principal",
    ],
)
def test_only_the_policy_or_permission_for_an_external_principal_fails(pack: PackProcess, policy):
    assert failed_resources(pack, ACCESS, [*RIGHT, policy]) == {"policy"}


@pytest.mark.parametrize(
    "policy",
    [
        resource("EventBusPolicy", "policy", policy=UNKNOWN),
        permission(UNKNOWN),
        permission("*", condition=UNKNOWN),
        permission("*", condition=OF_ORGANIZATION | {"value": UNKNOWN}),
        permission("*", condition=OF_ORGANIZATION | {"key": UNKNOWN}),
        permission("*", condition=OF_ORGANIZATION | {"key": ["aws:PrincipalOrgID"]}),
        permission("*", condition=OF_ORGANIZATION | {"type": {}}),
    ],
)
def test_unknown_policy_or_permission_is_unverified(pack: PackProcess, policy):
    assert unverified_resources(pack, ACCESS, [*RIGHT, policy]) == {"policy"}


def test_trusted_account_and_organization_pass(trusting_pack: PackProcess):
    stack = [permission(OTHER_ACCOUNT), permission("*", "organization", condition=OF_ORGANIZATION)]
    assert findings_for(trusting_pack, ACCESS, stack) == []


# Targets.


def target(arn: Any, *sources: str, name: str = "target", **inputs: Any) -> Resource:
    return resource("EventTarget", name, *sources, rule="uploads", arn=arn, **inputs)


def queue_arn(account: str) -> str:
    return f"arn:aws:sqs:us-east-1:{account}:results"


QUEUE = Resource("aws:sqs/queue:Queue", "queue", {"name": "results"}, account=ACCOUNT)


@pytest.mark.parametrize(
    "arn",
    [
        queue_arn(OTHER_ACCOUNT),
        f"arn:aws:events:us-east-1:{OTHER_ACCOUNT}:event-bus/default",
        f"arn:aws:lambda:us-east-1:{OTHER_ACCOUNT}:function:results",
        f"arn:aws:execute-api:us-east-1:{OTHER_ACCOUNT}:api/*/POST/results",
    ],
)
def test_target_in_another_account_fails_even_if_a_resource_of_the_stack_has_its_name(pack: PackProcess, arn):
    own = target(arn.replace(OTHER_ACCOUNT, ACCOUNT), name="own")
    assert failed_resources(pack, TARGETS, [QUEUE, own, target(arn)]) == {"target"}


def test_dead_letter_queue_in_another_account_fails(pack: PackProcess):
    own, foreign = (
        target(queue_arn(ACCOUNT), name=name, deadLetterConfig={"arn": queue_arn(account)})
        for name, account in (("own", ACCOUNT), ("foreign", OTHER_ACCOUNT))
    )
    assert failed_resources(pack, TARGETS, [own, foreign]) == {"foreign"}


def test_unknown_target_passes_only_if_it_is_a_resource_of_the_same_account(pack: PackProcess):
    own = target(UNKNOWN, "queue", deadLetterConfig={"arn": UNKNOWN})
    assert [finding for finding in pack.check_stack([QUEUE, own], {}) if finding.policy == TARGETS] == []
    elsewhere = replace(QUEUE, account=OTHER_ACCOUNT, provider="other")
    for stack in ([elsewhere, own], [target(UNKNOWN)], [target(queue_arn(ACCOUNT), deadLetterConfig=UNKNOWN)]):
        assert unverified_resources(pack, TARGETS, stack) == {"target"}


@pytest.mark.parametrize("arn", ["", "results", None, "arn:aws:ssm:us-east-1::document/AWS-RunShellScript"])
def test_target_without_an_account_is_unverified(pack: PackProcess, arn):
    assert unverified_resources(pack, TARGETS, [target(arn)]) == {"target"}


def test_api_destination_passes_only_with_a_trusted_host(pack: PackProcess, trusting_pack: PackProcess):
    destination = resource("EventApiDestination", "api", invocationEndpoint="https://alerts.example.com/hook?hunter2")
    unknown = resource("EventApiDestination", "unknown", invocationEndpoint=UNKNOWN)
    assert unverified_resources(pack, TARGETS, [destination, unknown]) == {"api", "unknown"}
    assert "hunter2" not in findings_for(pack, TARGETS, [destination])[0].message
    assert findings_for(trusting_pack, TARGETS, [destination]) == []


def test_api_destination_over_plain_http_fails(trusting_pack: PackProcess):
    destination = resource("EventApiDestination", "api", invocationEndpoint="http://alerts.example.com/hook")
    assert failed_resources(trusting_pack, TARGETS, [destination]) == {"api"}


def test_target_in_a_trusted_account_passes(trusting_pack: PackProcess):
    assert findings_for(trusting_pack, TARGETS, [target(queue_arn(OTHER_ACCOUNT))]) == []


@pytest.fixture(scope="module")
def trusting_pack():
    """A pack that trusts another account, an organization and a host."""
    with start_pack() as pack:
        pack.configure(
            events_no_external_access={"accounts": [OTHER_ACCOUNT], "organizations": ["o-abcdefghij"]},
            events_no_external_targets={"accounts": [OTHER_ACCOUNT], "hosts": ["alerts.example.com"]},
        )
        yield pack
