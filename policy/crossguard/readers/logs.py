"""Readers of CloudWatch Logs: log groups, metric filters, policies, and where log events are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_list, as_number, as_text, get_property
from crossguard.resource_types import (
    BUCKET,
    FIREHOSE,
    FUNCTION,
    KINESIS_STREAM,
    KMS_KEYS,
    LOG_GROUP,
    METRIC_FILTER,
    TRAIL,
)
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import normalize_data_class
from hipaa_controls.model.json_text import parse_object
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Flag, Ref, StackResource, Text, Unknown
from hipaa_controls.services.logs.facts import AUDIT_DATA_CLASSES, LogDestination, LogGroup, LogsPolicy, MetricFilter

LOG_DESTINATION = "aws:cloudwatch/logDestination:LogDestination"
TARGETS = frozenset({FUNCTION, FIREHOSE, KINESIS_STREAM, LOG_DESTINATION, LOG_GROUP})


def resolve_log_group(resource: PulumiResource, prop: str, graph: Graph, *, same_place: bool = False) -> Ref:
    """Return the log group that a property refers to, by ARN or name: one of this stack, or the name of another.

    The name is everything after `:log-group:` in the ARN, because it may contain slashes.
    """
    ref = graph.resolve(resource, resource.inputs.get(prop), prop, {LOG_GROUP}, same_place=same_place)
    return ref.removesuffix(":*").rpartition(":log-group:")[2] if isinstance(ref, str) else ref


def _log_group(log_group: PulumiResource, graph: Graph) -> list[Fact]:
    kms_key = graph.resolve(log_group, log_group.inputs.get("kmsKeyId"), "kmsKeyId", KMS_KEYS)
    retention_days = as_number(log_group.inputs.get("retentionInDays"))
    return [
        LogGroup(
            log_group.urn, _holds_audit_logs(log_group, graph), kms_key, retention_days, graph.location_of(log_group)
        )
    ]


def _holds_audit_logs(log_group: PulumiResource, graph: Graph) -> Flag:
    """Return whether the log group holds audit logs, by its tag or because a trail delivers to it."""
    tag = get_property(log_group.tags, "DataClass")
    if isinstance(tag, str) and normalize_data_class(tag) in AUDIT_DATA_CLASSES:
        return True
    trails = graph.by_type.get(TRAIL, [])
    targets = [resolve_log_group(trail, "cloudWatchLogsGroupArn", graph) for trail in trails]
    if StackResource(log_group.urn) in targets:
        return True
    possible_target = next(
        (target for target in targets if isinstance(target, Unknown) and log_group.urn in target.sources), None
    )
    return possible_target or (tag if isinstance(tag, Unknown) else False)


def _metric_filter(metric_filter: PulumiResource, graph: Graph) -> list[Fact]:
    metric = metric_filter.inputs.get("metricTransformation")
    dimensions = get_property(metric, "dimensions")
    if not isinstance(dimensions, Unknown):
        dimensions = tuple(dimensions) if isinstance(dimensions, Mapping) else ()
    return [
        MetricFilter(
            metric_filter.urn,
            resolve_log_group(metric_filter, "logGroupName", graph, same_place=True),
            as_text(metric_filter.inputs.get("pattern")),
            as_text(get_property(metric, "namespace")),
            as_text(get_property(metric, "name")),
            dimensions,
            _number_text(get_property(metric, "value")),
            _number_text(get_property(metric, "defaultValue")),
            as_text(get_property(metric, "unit")),
            graph.location_of(metric_filter),
        )
    ]


def _number_text(value: Any) -> Text:
    """Return a number as the text that pulumi-aws declares it to be. A saved state may have the number."""
    return value if value is None or isinstance(value, str | Unknown) else str(value)


def _policy_reader(prop: str, component_input: str) -> FactReader:
    """Return a reader of a policy.

    Args:
        prop: The property that holds its JSON.
        component_input: The input by which a component around it declares its structure.
    """

    def read(policy: PulumiResource, graph: Graph) -> list[Fact]:
        document = graph.policy_document(policy, prop, component_input)
        return [LogsPolicy(policy.urn, document, graph.location_of(policy))]

    return read


def _destination_reader(prop: str) -> FactReader:
    """Return a reader of a resource with a property that names where it sends log events."""

    def read(resource: PulumiResource, graph: Graph) -> list[Fact]:
        target = graph.resolve_arn(resource, resource.inputs.get(prop), prop, TARGETS)
        return [LogDestination(resource.urn, target, graph.location_of(resource))]

    return read


def _account_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    """Return the destination of a policy that subscribes to the log groups of the account.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
    """
    policy_type = as_text(policy.inputs.get("policyType"))
    if isinstance(policy_type, str) and policy_type != "SUBSCRIPTION_FILTER_POLICY":
        return []
    document = parse_object(policy.inputs.get("policyDocument"), f"{policy.name}.policyDocument")
    target = graph.resolve_arn(policy, get_property(document, "DestinationArn"), "policyDocument", TARGETS)
    return [LogDestination(policy.urn, target, graph.location_of(policy))]


def _delivery_destination(destination: PulumiResource, graph: Graph) -> list[Fact]:
    """Return where log delivery sends logs: a bucket, log group or stream; nothing for X-Ray, which is no resource."""
    prop = "deliveryDestinationConfiguration"
    configurations = as_list(destination.inputs.get(prop))
    arns = (
        [configurations]
        if isinstance(configurations, Unknown)
        else [get_property(configuration, "destinationResourceArn") for configuration in configurations]
    )
    location = graph.location_of(destination)
    return [LogDestination(destination.urn, _delivery_target(destination, arn, prop, graph), location) for arn in arns]


def _delivery_target(destination: PulumiResource, arn: object, prop: str, graph: Graph) -> Ref:
    if isinstance(arn, str) and ":s3:::" in arn:  # names no account, but no two buckets have the same name
        return graph.resolve(destination, arn, prop, {BUCKET})
    return graph.resolve_arn(destination, arn, prop, {BUCKET, *TARGETS})


READERS: Mapping[str, FactReader] = {
    LOG_GROUP: _log_group,
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": _policy_reader("policyDocument", "logsPolicy"),
    "aws:cloudwatch/logDestinationPolicy:LogDestinationPolicy": _policy_reader("accessPolicy", "destinationPolicy"),
    "aws:cloudwatch/logDeliveryDestinationPolicy:LogDeliveryDestinationPolicy": _policy_reader(
        "deliveryDestinationPolicy", "destinationPolicy"
    ),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": _destination_reader("destinationArn"),
    LOG_DESTINATION: _destination_reader("targetArn"),
    "aws:cloudwatch/logAccountPolicy:LogAccountPolicy": _account_policy,
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": _delivery_destination,
    METRIC_FILTER: _metric_filter,
}
