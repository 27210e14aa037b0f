"""Collects CloudWatch alarms and the topics that they notify."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hipaa_controls.model.values import Location
from hipaa_controls.services.cloudwatch.facts import Alarm, Metric, Trigger
from phi_buckets.audit.calls.cloudwatch import DESCRIBE_ALARMS, DESCRIBE_LOG_ALARMS
from phi_buckets.audit.collected import Collected, Publisher, merge, unknown_publisher
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# For each alarm type: its call, its name, and the key of its alarms in the response.
ALARM_TYPES = (
    (DESCRIBE_ALARMS, "MetricAlarm", "MetricAlarms"),
    (DESCRIBE_ALARMS, "CompositeAlarm", "CompositeAlarms"),
    (DESCRIBE_LOG_ALARMS, "LogAlarm", "LogAlarms"),
)
ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")

Response = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    return merge(reader.map(reader.account.regions, lambda region: _alarms(reader, scope, region)))


def _alarms(reader: AccountReader, scope: Scope, region: str) -> Collected:
    all_alarms, location = reader.account.arn("cloudwatch", region, "alarm:*"), reader.account.location(region)
    results = [
        reader.list_all(call, result_key, all_alarms, region, AlarmTypes=[alarm_type])
        for call, alarm_type, result_key in ALARM_TYPES
    ]
    alarms = [
        alarm
        for result in results
        if not isinstance(result, FailedCall)
        for alarm in result
        if scope.includes(alarm["AlarmName"])
    ]
    publishers = tuple(publisher for alarm in alarms for publisher in _publishers(alarm))
    collected = Collected(tuple(parse_alarm(alarm, location) for alarm in alarms), publishers=publishers)
    failed = next((result for result in results if isinstance(result, FailedCall)), None)
    if failed is None:
        return collected
    unknown = failed.unknown
    unknown_alarm = Alarm(all_alarms, unknown, unknown, unknown, unknown, unknown, unknown, location)
    publisher = unknown_publisher(reader.account, region, failed)
    return merge([collected, Collected((unknown_alarm,), publishers=(publisher,))])


def parse_alarm(description: Response, location: Location) -> Alarm:
    """Return an alarm from an entry of DescribeAlarms. Only a composite alarm has a rule."""
    return Alarm(
        description["AlarmArn"],
        tuple(_metrics(description)),
        description.get("ActionsEnabled", True),
        tuple(description.get("AlarmActions") or ()),
        description["AlarmName"],
        description.get("AlarmRule"),
        None if "AlarmRule" in description else _trigger(description),
        location,
    )


def _trigger(description: Response) -> Trigger:
    return Trigger(
        description.get("ComparisonOperator"),
        description.get("Threshold"),
        description.get("EvaluationPeriods"),
        description.get("DatapointsToAlarm"),
        description.get("TreatMissingData"),
    )


def _metrics(description: Response) -> Iterator[Metric]:
    """Yield the metrics of an alarm. Only metric alarms have them: one, or several in a metric math expression."""
    if description.get("MetricName"):
        yield _metric(description, description, description.get("Statistic"), compared=True)
        return
    for query in description.get("Metrics") or ():
        if stat := query.get("MetricStat"):
            # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html
            yield _metric(stat["Metric"], stat, stat.get("Stat"), compared=query.get("ReturnData", True))


def _metric(metric: Response, stat: Response, statistic: str | None, *, compared: bool) -> Metric:
    """Return a metric.

    Args:
        metric: The object with its namespace, name and dimensions.
        stat: The object with the period and unit for which the statistic is computed.
        statistic: The statistic.
        compared: Whether the alarm compares it with the threshold.
    """
    dimensions = {dimension["Name"]: dimension["Value"] for dimension in metric.get("Dimensions") or ()}
    return Metric(
        metric.get("Namespace"),
        metric.get("MetricName"),
        dimensions,
        statistic,
        stat.get("Period"),
        stat.get("Unit"),
        compared,
    )


def _publishers(description: Response) -> list[Publisher]:
    return [(action, "cloudwatch.amazonaws.com") for name in ACTIONS for action in description.get(name) or ()]
