"""Log groups and the metric filters on them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hipaa.model.data_class import normalize_data_class
from hipaa.model.stack import Fact
from hipaa.model.values import Flag, Ref, Text, Unknown
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.logs.facts import AUDIT_DATA_CLASSES, LogGroup, MetricFilter
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

GROUPS = Call("logs", "describe_log_groups", "logs:DescribeLogGroups", ResourceType.LOG_GROUP)
FILTERS = Call("logs", "describe_metric_filters", "logs:DescribeMetricFilters", ResourceType.LOG_GROUP)
# All tags of a region's groups in one call, where ListTagsForResource takes one for each group.
TAGS = Call("resourcegroupstaggingapi", "get_resources", "tag:GetResources", ResourceType.ANY)
CALLS = (GROUPS, FILTERS, TAGS)

TAG = "DataClass"


@dataclass(frozen=True)
class Audited:
    """What tells which log groups hold audit records: their tags, and the trails that write to them."""

    arns: frozenset[str]
    doubt: Unknown | None
    """Of any other group: that it may be one, since a trail or its tag couldn't be read."""

    def has(self, group: str) -> Flag:
        return group in self.arns or self.doubt or False


def collect(reader: AccountReader, scope: Scope, trails: Sequence[Trail]) -> Collected:
    """trails: all of the account, by which log groups are known to hold audit records."""
    every = reader.map(reader.account.regions, lambda region: tuple(_region(reader, scope, trails, region)))
    return Collected(tuple(fact for facts in every for fact in facts))


def _region(reader: AccountReader, scope: Scope, trails: Sequence[Trail], region: str) -> Iterator[Fact]:
    everything = reader.account.arn("logs", region, "log-group:*")
    groups = reader.pages(GROUPS, "logGroups", everything, region)
    filters = reader.pages(FILTERS, "metricFilters", everything, region)
    tags = reader.pages(
        TAGS,
        "ResourceTagMappingList",
        everything,
        region,
        ResourceTypeFilters=["logs"],
        TagFilters=[{"Key": TAG}],
    )
    audited = audits(trails, tags)
    if isinstance(groups, FailedCall):
        yield LogGroup(everything, groups.unknown, groups.unknown, groups.unknown)
    else:
        yield from (_group(each, audited) for each in groups if scope.has(each["logGroupName"]))
    if isinstance(filters, FailedCall):
        why = filters.unknown
        yield MetricFilter(f"{everything}:metric-filter:*", why, why, why, why, why)
        return
    written = {each.log_group for each in trails}
    for each in filters:
        if scope.has(each["logGroupName"]):
            arn = reader.account.arn("logs", region, f"log-group:{each['logGroupName']}")
            told = groups.unknown if isinstance(groups, FailedCall) and arn not in written else arn
            yield from metric_filters(each, arn, told)


def audits(trails: Sequence[Trail], tags: Sequence[Mapping[str, Any]] | FailedCall) -> Audited:
    """From the trails, and the answer of GetResources for the tag."""
    tagged = [] if isinstance(tags, FailedCall) else [each["ResourceARN"] for each in tags if _says_audit(each["Tags"])]
    written = [each.log_group for each in trails]
    doubts = [each for each in written if isinstance(each, Unknown)]
    doubts += [tags.unknown] if isinstance(tags, FailedCall) else []
    arns = [each for each in (*written, *tagged) if isinstance(each, str)]
    return Audited(frozenset(each.removesuffix(":*") for each in arns), next(iter(doubts), None))


def _says_audit(tags: Sequence[Mapping[str, str]]) -> bool:
    return any(each["Key"] == TAG and normalize_data_class(each["Value"]) in AUDIT_DATA_CLASSES for each in tags)


def _group(group: Mapping[str, Any], audited: Audited) -> LogGroup:
    arn = group["arn"].removesuffix(":*")
    return LogGroup(arn, audited.has(arn), group.get("kmsKeyId") or None, group.get("retentionInDays"))


def metric_filters(described: Mapping[str, Any], group: str, ref: Ref) -> list[MetricFilter]:
    """A filter of DescribeMetricFilters, once for each metric. group: its log group's ARN; ref: what is known of that.

    A filter has no ARN of its own. That of its group with its name stands for it.
    """
    pattern: Text = described.get("filterPattern") or ""
    if described.get("fieldSelectionCriteria"):
        pattern = Unknown(described["filterName"], reason="picks out records by what they are of, too")
    return [
        MetricFilter(
            f"{group}:metric-filter:{described['filterName']}",
            ref,
            pattern,
            metric["metricNamespace"],
            metric["metricName"],
            # https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricFilter.html
            (*(metric.get("dimensions") or ()), *(described.get("emitSystemFieldDimensions") or ())),
        )
        for metric in described["metricTransformations"]
    ]
