"""Readers of event buses' policies and permissions, of targets and of API destinations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_text, get_property
from crossguard.resource_types import EVENT_TARGET, FIREHOSE, FUNCTION, KINESIS_STREAM, LOG_GROUP, QUEUE, TOPIC
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.events.facts import ApiDestination, EventBusPolicy, EventTarget

# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
TARGETS = frozenset(
    {
        *(FIREHOSE, FUNCTION, KINESIS_STREAM, LOG_GROUP, QUEUE, TOPIC),
        "aws:appsync/graphQLApi:GraphQLApi",
        "aws:batch/jobQueue:JobQueue",
        "aws:cloudwatch/eventApiDestination:EventApiDestination",
        "aws:cloudwatch/eventBus:EventBus",
        "aws:codebuild/project:Project",
        "aws:codepipeline/pipeline:Pipeline",
        "aws:ecs/cluster:Cluster",
        "aws:redshift/cluster:Cluster",
        "aws:sfn/stateMachine:StateMachine",
    }
)


def _bus_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    document = graph.policy_document(policy, "policy", "eventBusPolicy")
    return [EventBusPolicy(policy.urn, document, graph.location_of(policy))]


def _permission(permission: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the statement that EventBridge adds to the policy of the bus.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html
    """
    inputs = permission.inputs
    principal, condition = as_text(inputs.get("principal")), inputs.get("condition")
    statement = {
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal or ""},
        "Action": inputs.get("action") or "events:PutEvents",
        "Resource": "*",
    }
    if condition is not None:
        statement["Condition"] = _condition(condition)
    document = Document({"Version": "2012-10-17", "Statement": [statement]})
    return [EventBusPolicy(permission.urn, document, graph.location_of(permission))]


def _condition(condition: Any) -> Any:
    operator, key = get_property(condition, "type"), get_property(condition, "key")
    for value in (operator, key):
        if not isinstance(value, str):
            reason = "has an operator or a key that isn't text"
            return value if isinstance(value, Unknown) else Unknown("the condition of the permission", reason=reason)
    return {operator: {key: get_property(condition, "value")}}


def _target(target: PulumiResource, graph: Graph) -> list[Fact]:
    inputs = target.inputs
    destinations = [graph.resolve_arn(target, inputs.get("arn"), "arn", TARGETS)]
    queue = get_property(inputs.get("deadLetterConfig"), "arn")
    if queue not in (None, ""):
        destinations.append(graph.resolve_arn(target, queue, "deadLetterConfig", {QUEUE}))
    return [EventTarget(target.urn, tuple(destinations), graph.location_of(target))]


def _api_destination(destination: PulumiResource, _: Graph) -> list[Fact]:
    return [ApiDestination(destination.urn, as_text(destination.inputs.get("invocationEndpoint")))]


READERS: Mapping[str, FactReader] = {
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": _bus_policy,
    "aws:cloudwatch/eventPermission:EventPermission": _permission,
    EVENT_TARGET: _target,
    "aws:cloudwatch/eventApiDestination:EventApiDestination": _api_destination,
}
