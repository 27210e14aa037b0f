"""Alarms: whether they go off, and tell somebody."""

from __future__ import annotations

import re
from collections.abc import Mapping

from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.values import Ref, StackResource, Unknown, is_enabled, iter_unknowns
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.cloudwatch.facts import Alarm, Metric
from hipaa.services.logs.facts import MetricFilter
from hipaa.services.s3.facts import Bucket, DeclaredSetting, RequestMetrics

TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+(\.fifo)?", re.ASCII)
# Published only for a metrics configuration: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
REQUEST_METRICS = frozenset(
    {
        "AllRequests",
        "GetRequests",
        "PutRequests",
        "DeleteRequests",
        "HeadRequests",
        "PostRequests",
        "SelectRequests",
        "SelectBytesScanned",
        "SelectBytesReturned",
        "ListRequests",
        "BytesDownloaded",
        "BytesUploaded",
        "4xxErrors",
        "5xxErrors",
        "FirstByteLatency",
        "TotalRequestLatency",
    }
)


def alarm_action(alarm: Alarm, _: RuleContext) -> Finding:
    enabled = is_enabled(True if alarm.actions_enabled is None else alarm.actions_enabled)
    if enabled is False:
        return failed("actionsEnabled is false")
    if isinstance(alarm.actions, Unknown):
        return unverified(alarm.actions)
    if not alarm.actions:
        return failed("it has no actions")
    unknown = [each for each in (enabled, *alarm.actions) if isinstance(each, Unknown)]
    if any(_is_topic(each) for each in alarm.actions):
        return unverified(enabled) if isinstance(enabled, Unknown) else passed("it notifies a topic")
    return unverified(*unknown) if unknown else failed("none of its actions is a topic")


def _is_topic(action: Ref) -> bool:
    return isinstance(action, StackResource) or (isinstance(action, str) and TOPIC_ARN.fullmatch(action) is not None)


def alarm_metric_exists(alarm: Alarm, context: RuleContext) -> Finding:
    if isinstance(alarm.metrics, Unknown):
        return unverified(alarm.metrics)
    findings = [fires(each, context.stack) for each in alarm.metrics]
    for status in (Status.FAIL, Status.UNVERIFIED, Status.PASS):
        if found := [each for each in findings if each.status is status]:
            return found[0]
    return findings[0] if findings else not_applicable("it is on no metric of its own")


def fires(metric: Metric, stack: Stack) -> Finding:
    """Whether something publishes a metric, as far as the stack tells."""
    if isinstance(metric.namespace, Unknown):
        return unverified(metric.namespace)
    if isinstance(metric.name, Unknown):
        return unverified(metric.name)
    if metric.namespace == "AWS/S3" and metric.name in REQUEST_METRICS:
        return _measured(metric, stack)
    if (metric.namespace or "").startswith("AWS/"):
        return not_applicable("AWS publishes its metric by itself")
    return _filtered(metric, stack)


def _measured(metric: Metric, stack: Stack) -> Finding:
    if isinstance(metric.dimensions, Unknown):
        return unverified(metric.dimensions)
    missing = [name for name in ("BucketName", "FilterId") if not metric.dimensions.get(name)]
    if missing:
        return failed(f"its metric has no dimension {' and no dimension '.join(missing)}, so S3 publishes none such")
    name, filter_id = metric.dimensions["BucketName"], metric.dimensions["FilterId"]
    if isinstance(name, Unknown):
        return unverified(name)
    buckets = [each for each in stack.facts_of_type(Bucket) if name in (StackResource(each.resource), each.name)]
    declared = [each for bucket in buckets for each in bucket.settings]
    if any(_has(each, filter_id) for each in declared):
        return passed("the bucket has the metrics configuration that it names")
    if not any(each.declared_here for each in buckets):
        # Its configurations are of the other stack, which this one can't be judged by.
        return not_applicable("it is on a bucket of another stack")
    ids = [each.setting.id for each in declared if isinstance(each.setting, RequestMetrics)]
    unknown = [each for each in (filter_id, *ids) if isinstance(each, Unknown)]
    return unverified(*unknown) if unknown else failed("the bucket has no metrics configuration of its FilterId")


def _has(declared: DeclaredSetting, filter_id: Ref) -> bool:
    if not isinstance(declared.setting, RequestMetrics) or isinstance(filter_id, Unknown):
        return False
    return filter_id in (StackResource(declared.resource), declared.setting.id)


def _filtered(metric: Metric, stack: Stack) -> Finding:
    """A metric that a filter publishes, by its namespace or its name; another is some program's own."""
    filters = stack.facts_of_type(MetricFilter)
    answers = [publishes(each, metric) for each in filters]
    if any(each is True for each in answers):
        return passed("a metric filter publishes its metric")
    unknown = [each for each in answers if isinstance(each, Unknown)]
    if unknown:
        return unverified(*unknown)
    if any(metric.namespace == each.namespace or metric.name == each.metric_name for each in filters):
        return failed("no metric filter publishes its metric: namespace, name and dimensions must be the filter's")
    return not_applicable("its metric isn't of a metric filter of the stack")


def publishes(given: MetricFilter, metric: Metric) -> bool | Unknown:
    """Whether a filter publishes just this metric, with the dimensions that it has: none, if it has none."""
    names = tuple(metric.dimensions) if isinstance(metric.dimensions, Mapping) else metric.dimensions
    pairs = [(given.namespace, metric.namespace), (given.metric_name, metric.name), (_set(given.dimensions), _set(names))]
    if any(left != right for left, right in pairs if not isinstance(left, Unknown) and not isinstance(right, Unknown)):
        return False
    return next(iter_unknowns(pairs), True)


def _set(names: tuple[str, ...] | Unknown) -> frozenset[str] | Unknown:
    return names if isinstance(names, Unknown) else frozenset(names)
