"""Collects CloudWatch Logs log groups and their filters, and the policies and destinations of CloudWatch Logs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hipaa_controls.model.data_class import normalize_data_class
from hipaa_controls.model.json_text import parse_object
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Flag, Location, Ref, Text, Unknown
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.logs.facts import AUDIT_DATA_CLASSES, LogDestination, LogGroup, LogsPolicy, MetricFilter
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls.logs import (
    DESCRIBE_ACCOUNT_POLICIES,
    DESCRIBE_DELIVERY_DESTINATIONS,
    DESCRIBE_DESTINATIONS,
    DESCRIBE_LOG_GROUPS,
    DESCRIBE_METRIC_FILTERS,
    DESCRIBE_RESOURCE_POLICIES,
    DESCRIBE_SUBSCRIPTION_FILTERS,
    GET_DELIVERY_DESTINATION_POLICY,
)
from phi_buckets.audit.calls.resourcegroupstaggingapi import GET_RESOURCES
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

DATA_CLASS_TAG = "DataClass"


@dataclass(frozen=True)
class AuditLogGroups:
    """The log groups that hold audit logs, according to their tags and the trails that deliver to them.

    Attributes:
        arns: Their ARNs.
        unknown: Set if a trail or the tags couldn't be read. Any other log group may then hold audit logs too.
    """

    arns: frozenset[str]
    unknown: Unknown | None

    def includes(self, arn: str) -> Flag:
        return arn in self.arns or self.unknown or False


def collect(reader: AccountReader, scope: Scope, trails: Sequence[Trail]) -> Collected:
    """Collect the log groups in scope with their filters, and the policies and destinations of CloudWatch Logs.

    Args:
        reader: The account's reader.
        scope: The scope of the audit.
        trails: All trails of the account, which identify the log groups that hold audit logs.
    """
    regions = reader.account.regions
    facts_by_region = reader.map(regions, lambda region: tuple(_region_facts(reader, scope, trails, region)))
    facts = [fact for region_facts in facts_by_region for fact in region_facts]
    groups = [fact for fact in facts if isinstance(fact, LogGroup)]
    subscriptions = reader.map(groups, lambda group: _subscription_filters(reader, group))
    deliveries = reader.map(regions, lambda region: tuple(_delivery_facts(reader, scope, region)))
    return Collected((*facts, *(fact for group_facts in (*subscriptions, *deliveries) for fact in group_facts)))


def _region_facts(reader: AccountReader, scope: Scope, trails: Sequence[Trail], region: str) -> Iterator[Fact]:
    all_groups, location = reader.account.arn("logs", region, "log-group:*"), reader.account.location(region)
    groups = reader.list_all(DESCRIBE_LOG_GROUPS, "logGroups", all_groups, region)
    filters = reader.list_all(DESCRIBE_METRIC_FILTERS, "metricFilters", all_groups, region)
    # The tags of all log groups of the region. ListTagsForResource would take one call per log group.
    tags = reader.list_all(
        GET_RESOURCES,
        "ResourceTagMappingList",
        all_groups,
        region,
        ResourceTypeFilters=["logs"],
        TagFilters=[{"Key": DATA_CLASS_TAG}],
    )
    audit_log_groups = find_audit_log_groups(trails, tags)
    if isinstance(groups, FailedCall):
        yield LogGroup(all_groups, groups.unknown, groups.unknown, groups.unknown, location)
    else:
        yield from (
            _log_group(group, audit_log_groups, location) for group in groups if scope.includes(group["logGroupName"])
        )
    if isinstance(filters, FailedCall):
        unknown = filters.unknown
        resource = f"{all_groups}:metric-filter:*"
        yield MetricFilter(resource, unknown, unknown, unknown, unknown, unknown, unknown, unknown, unknown, location)
        return
    trail_groups = {trail.log_group for trail in trails}
    for metric_filter in filters:
        if scope.includes(metric_filter["logGroupName"]):
            arn = reader.account.arn("logs", region, f"log-group:{metric_filter['logGroupName']}")
            # A trail names its log group, so that group is known even if the groups couldn't be listed.
            group_ref = groups.unknown if isinstance(groups, FailedCall) and arn not in trail_groups else arn
            yield from parse_metric_filters(metric_filter, arn, group_ref, location)


def find_audit_log_groups(trails: Sequence[Trail], tags: Sequence[Mapping[str, Any]] | FailedCall) -> AuditLogGroups:
    """Return the log groups that hold audit logs, from the trails and the response of GetResources for the tag."""
    tagged = (
        []
        if isinstance(tags, FailedCall)
        else [mapping["ResourceARN"] for mapping in tags if _has_audit_tag(mapping["Tags"])]
    )
    trail_groups = [trail.log_group for trail in trails]
    unknowns = [group for group in trail_groups if isinstance(group, Unknown)]
    if isinstance(tags, FailedCall):
        unknowns.append(tags.unknown)
    arns = [arn for arn in (*trail_groups, *tagged) if isinstance(arn, str)]
    return AuditLogGroups(frozenset(arn.removesuffix(":*") for arn in arns), next(iter(unknowns), None))


def _has_audit_tag(tags: Sequence[Mapping[str, str]]) -> bool:
    return any(
        tag["Key"] == DATA_CLASS_TAG and normalize_data_class(tag["Value"]) in AUDIT_DATA_CLASSES for tag in tags
    )


def _log_group(description: Mapping[str, Any], audit_log_groups: AuditLogGroups, location: Location) -> LogGroup:
    arn = description["arn"].removesuffix(":*")
    kms_key = description.get("kmsKeyId") or None
    return LogGroup(arn, audit_log_groups.includes(arn), kms_key, description.get("retentionInDays"), location)


def parse_metric_filters(
    description: Mapping[str, Any], group_arn: str, group_ref: Ref, location: Location
) -> list[MetricFilter]:
    """Return a metric filter, once for each metric that it publishes.

    A metric filter has no ARN, so it is identified by its log group's ARN followed by its name.

    Args:
        description: The entry of DescribeMetricFilters.
        group_arn: The ARN of its log group.
        group_ref: The reference to its log group; Unknown if it couldn't be read.
        location: The location of both.
    """
    pattern: Text = description.get("filterPattern") or ""
    if description.get("fieldSelectionCriteria"):
        pattern = Unknown(description["filterName"], reason="also selects log events by their system fields")
    return [
        MetricFilter(
            f"{group_arn}:metric-filter:{description['filterName']}",
            group_ref,
            pattern,
            metric["metricNamespace"],
            metric["metricName"],
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricFilter.html
            (*(metric.get("dimensions") or ()), *(description.get("emitSystemFieldDimensions") or ())),
            metric.get("metricValue"),
            str(metric["defaultValue"]) if metric.get("defaultValue") is not None else None,
            metric.get("unit"),
            location,
        )
        for metric in description["metricTransformations"]
    ]


def _subscription_filters(reader: AccountReader, group: LogGroup) -> list[LogDestination]:
    """Return where the subscription filters of a log group send its events.

    A subscription filter has no ARN, so it is identified by its log group's ARN followed by its name.
    """
    location, name = group.location, group.resource.partition(":log-group:")[2]
    if isinstance(group.retention_days, Unknown):
        return [LogDestination(f"{group.resource}:subscription-filter:*", group.retention_days, location)]
    filters = reader.list_all(
        DESCRIBE_SUBSCRIPTION_FILTERS, "subscriptionFilters", group.resource, location.region, logGroupName=name
    )
    if isinstance(filters, FailedCall):
        return [LogDestination(f"{group.resource}:subscription-filter:*", filters.unknown, location)]
    return [
        LogDestination(f"{group.resource}:subscription-filter:{entry['filterName']}", entry["destinationArn"], location)
        for entry in filters
    ]


def _delivery_facts(reader: AccountReader, scope: Scope, region: str) -> Iterator[Fact]:
    """Yield the resource policies of a region, and its destinations and delivery destinations."""
    location = reader.account.location(region)

    def listed(
        call: Call, result_key: str, kind: str, name_key: str
    ) -> Iterator[tuple[str, Mapping[str, Any] | Unknown]]:
        """Yield the ARN and the description of each resource in scope. A resource policy has no ARN."""
        entries = reader.list_all(call, result_key, reader.account.arn("logs", region, f"{kind}:*"), region)
        if isinstance(entries, FailedCall):
            yield entries.resource, entries.unknown
            return
        for entry in entries:
            if scope.includes(entry[name_key]):
                yield reader.account.arn("logs", region, f"{kind}:{entry[name_key]}"), entry

    for arn, policy in listed(DESCRIBE_RESOURCE_POLICIES, "resourcePolicies", "resource-policy", "policyName"):
        document = policy if isinstance(policy, Unknown) else policy["policyDocument"]
        yield LogsPolicy(arn, Document(document), location)
    for arn, destination in listed(DESCRIBE_DESTINATIONS, "destinations", "destination", "destinationName"):
        if isinstance(destination, Unknown):
            yield LogsPolicy(arn, Document(destination), location)
            yield LogDestination(arn, destination, location)
            continue
        yield LogDestination(arn, destination["targetArn"], location)
        if destination.get("accessPolicy"):
            yield LogsPolicy(arn, Document(destination["accessPolicy"]), location)
    for arn, delivery in listed(DESCRIBE_DELIVERY_DESTINATIONS, "deliveryDestinations", "delivery-destination", "name"):
        if isinstance(delivery, Unknown):
            yield LogDestination(arn, delivery, location)
            yield LogsPolicy(arn, Document(delivery), location)
            continue
        if target := (delivery.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn"):
            yield LogDestination(arn, target, location)
        if document := _delivery_policy(reader, arn, delivery["name"], region):
            yield LogsPolicy(arn, document, location)
    yield from _account_policies(reader, region)


def _delivery_policy(reader: AccountReader, arn: str, name: str, region: str) -> Document | None:
    response = reader.call(GET_DELIVERY_DESTINATION_POLICY, arn, region, deliveryDestinationName=name)
    if isinstance(response, FailedCall):
        return Document(response.unknown)
    text = ((response or {}).get("policy") or {}).get("deliveryDestinationPolicy")
    return Document(text) if text else None


def _account_policies(reader: AccountReader, region: str) -> Iterator[LogDestination]:
    """Yield where the subscription filter policies of the account send events: those of every log group of a region.

    So they are in the scope of each audit, whatever their name is.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutAccountPolicy.html
    """
    all_policies, location = reader.account.arn("logs", region, "account-policy:*"), reader.account.location(region)
    policies = reader.list_all(
        DESCRIBE_ACCOUNT_POLICIES, "accountPolicies", all_policies, region, policyType="SUBSCRIPTION_FILTER_POLICY"
    )
    if isinstance(policies, FailedCall):
        yield LogDestination(all_policies, policies.unknown, location)
        return
    for policy in policies:
        arn = reader.account.arn("logs", region, f"account-policy:{policy['policyName']}")
        document = parse_object(policy["policyDocument"], arn)
        target = document if isinstance(document, Unknown) else document.get("DestinationArn")
        yield LogDestination(arn, target, location)
