"""Checks of alarms: they can fire, and they notify a topic."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Location, Ref, StackResource, Text, Unknown, is_enabled, iter_unknowns
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa_controls.services.cloudwatch.alarm_rules import sufficient_alarms
from hipaa_controls.services.cloudwatch.facts import Alarm, Metric
from hipaa_controls.services.logs.facts import MetricFilter
from hipaa_controls.services.s3.facts import Bucket, DeclaredSetting, RequestMetrics

REQUEST_METRIC_DIMENSIONS = ("BucketName", "FilterId")
TOPIC_ARN = re.compile(r"arn:[\w-]+:sns:[\w-]+:\d{12}:[\w-]+(\.fifo)?", re.ASCII)
# S3 publishes these only for a metrics configuration:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
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


def alarm_action(alarm: Alarm, context: RuleContext) -> Finding:
    """Check that an alarm notifies a topic, or that a composite alarm does so whenever this alarm goes off.

    AWS recommends actions only on the composite alarm, to reduce noise:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
    """
    own_action = _own_action(alarm)
    if own_action.status is Status.PASS:
        return own_action
    through_composite = _notifies_through_composite(alarm, context.stack)
    if through_composite is True:
        return passed("a composite alarm notifies a topic whenever this alarm goes off")
    return unverified(*iter_unknowns([through_composite]), *own_action.unknowns) if through_composite else own_action


def _notifies_through_composite(alarm: Alarm, stack: Stack) -> bool | Unknown:
    """Return whether a composite alarm notifies a topic whenever an alarm goes off, itself or through another one.

    Composite alarms may form a cycle, and many paths may lead to one. Each is followed at most twice: when it may go
    off with the alarm, and when it certainly does.
    """
    parents = _parents_by_name(stack, alarm.location.region)
    goes_off: dict[str, bool | Unknown] = {alarm.resource: True}
    reached = {alarm.resource: alarm}
    to_follow = [alarm]
    while to_follow:
        current = to_follow.pop()
        for parent in (*parents.get(current.name, ()), *parents.get(None, ())):
            answer = all_of((goes_off[current.resource], _goes_off_with(parent, current)))
            known = goes_off.get(parent.resource, False)
            if answer is not known and answer is not False and (answer is True or known is False):
                goes_off[parent.resource] = answer
                reached[parent.resource] = parent
                to_follow.append(parent)
    return any_of(
        all_of((goes_off[resource], _notifies_itself(composite)))
        for resource, composite in reached.items()
        if composite is not alarm
    )


def _parents_by_name(stack: Stack, region: str | None) -> Mapping[Text, list[Alarm]]:
    """Return the composite alarms of a region that each alarm sets off, by its name; None for an unknown rule."""
    parents: dict[Text, list[Alarm]] = {}
    for composite in stack.facts_of_type(Alarm):
        if composite.rule is not None and composite.location.region == region:
            names = sufficient_alarms(composite.rule) if isinstance(composite.rule, str) else (None,)
            for name in names:
                parents.setdefault(name, []).append(composite)
    return parents


def _goes_off_with(composite: Alarm, alarm: Alarm) -> bool | Unknown:
    """Return whether a composite alarm is in the state ALARM whenever another alarm is."""
    if isinstance(composite.rule, Unknown):
        may_name_alarm = not composite.rule.sources or alarm.resource in composite.rule.sources
        return composite.rule if may_name_alarm else False
    return alarm.name in sufficient_alarms(composite.rule or "")


def _notifies_itself(composite: Alarm) -> bool | Unknown:
    own_action = _own_action(composite)
    return next(iter(own_action.unknowns), own_action.status is Status.PASS)


def _own_action(alarm: Alarm) -> Finding:
    enabled = is_enabled(True if alarm.actions_enabled is None else alarm.actions_enabled)
    if enabled is False:
        return failed("actionsEnabled is false")
    if isinstance(alarm.actions, Unknown):
        return unverified(alarm.actions)
    if not alarm.actions:
        return failed("the alarm has no actions")
    if any(_is_topic(action) for action in alarm.actions):
        return unverified(enabled) if isinstance(enabled, Unknown) else passed("the alarm notifies a topic")
    unknowns = [value for value in (enabled, *alarm.actions) if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("none of its actions is an SNS topic")


def _is_topic(action: Ref) -> bool:
    return isinstance(action, StackResource) or (isinstance(action, str) and TOPIC_ARN.fullmatch(action) is not None)


def alarm_metric_exists(alarm: Alarm, context: RuleContext) -> Finding:
    if isinstance(alarm.metrics, Unknown):
        return unverified(alarm.metrics)
    findings = [check_metric_is_published(metric, alarm.location, context.stack) for metric in alarm.metrics]
    for status in (Status.FAIL, Status.UNVERIFIED, Status.PASS):
        for finding in findings:
            if finding.status is status:
                return finding
    return findings[0] if findings else not_applicable("the alarm has no metric of its own")


def check_metric_is_published(metric: Metric, location: Location, stack: Stack) -> Finding:
    """Check that a metric is published where an alarm watches it, judging by the resources of the stack.

    Args:
        metric: The metric.
        location: The location of the alarm.
        stack: The stack.
    """
    if isinstance(metric.namespace, Unknown):
        return unverified(metric.namespace)
    if isinstance(metric.name, Unknown):
        return unverified(metric.name)
    if metric.namespace == "AWS/S3" and metric.name in REQUEST_METRICS:
        return _check_request_metric(metric, location, stack)
    if (metric.namespace or "").startswith("AWS/"):
        return not_applicable("AWS publishes this metric without configuration")
    return _check_filter_metric(metric, location, stack)


def _check_request_metric(metric: Metric, location: Location, stack: Stack) -> Finding:
    if isinstance(metric.dimensions, Unknown):
        return unverified(metric.dimensions)
    missing = [name for name in REQUEST_METRIC_DIMENSIONS if not metric.dimensions.get(name)]
    if missing:
        return failed(
            f"its metric lacks the dimension{'s' if len(missing) > 1 else ''} {' and '.join(missing)}, so S3 doesn't "
            "publish it"
        )
    if len(metric.dimensions) > len(REQUEST_METRIC_DIMENSIONS):
        return failed("its metric has other dimensions than BucketName and FilterId, so S3 doesn't publish it")
    bucket_name, filter_id = metric.dimensions["BucketName"], metric.dimensions["FilterId"]
    if isinstance(bucket_name, Unknown):
        return unverified(bucket_name)
    buckets = [
        bucket for bucket in stack.facts_of_type(Bucket) if bucket_name in (StackResource(bucket.resource), bucket.name)
    ]
    if buckets and not any(_is_near(bucket.location, location) for bucket in buckets):
        return failed(
            "S3 publishes its metric in the region and account of the bucket, and the alarm is in another one"
        )
    settings = [declared for bucket in buckets for declared in bucket.settings]
    if metrics_configurations(settings, filter_id):
        return passed("the bucket has the metrics configuration that the alarm names")
    if not any(bucket.declared_here for bucket in buckets):
        # The other stack declares its metrics configurations, so this stack can't show that one is missing.
        return not_applicable("the alarm is on a bucket of another stack")
    ids = [declared.setting.id for declared in settings if isinstance(declared.setting, RequestMetrics)]
    unknowns = [value for value in (filter_id, *ids) if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("the bucket has no metrics configuration with its FilterId")


def metrics_configurations(settings: Iterable[DeclaredSetting], filter_id: Ref) -> list[RequestMetrics]:
    """Return the metrics configurations that a FilterId certainly refers to."""
    return [
        declared.setting
        for declared in settings
        if isinstance(declared.setting, RequestMetrics)
        and not isinstance(filter_id, Unknown)
        and filter_id in (StackResource(declared.resource), declared.setting.id)
    ]


def _check_filter_metric(metric: Metric, location: Location, stack: Stack) -> Finding:
    """Check a metric whose namespace or name a metric filter uses. Any other may be an application's own metric."""
    filters = stack.facts_of_type(MetricFilter)
    answers = [filter_publishes(metric_filter, metric, location) for metric_filter in filters]
    if any(answer is True for answer in answers):
        return passed("a metric filter publishes its metric")
    unknowns = [answer for answer in answers if isinstance(answer, Unknown)]
    if unknowns:
        return unverified(*unknowns)
    if any(
        metric.namespace == metric_filter.namespace or metric.name == metric_filter.metric_name
        for metric_filter in filters
    ):
        return failed(
            "no metric filter publishes its metric: its region, namespace, name and dimensions must be the filter's"
        )
    return not_applicable("its metric doesn't come from a metric filter of the stack")


def filter_publishes(metric_filter: MetricFilter, metric: Metric, location: Location) -> bool | Unknown:
    """Return whether a metric filter publishes exactly this metric, with the same dimensions and in the same place."""
    if not _is_near(metric_filter.location, location):
        return False
    names = tuple(metric.dimensions) if isinstance(metric.dimensions, Mapping) else metric.dimensions
    pairs = [
        (metric_filter.namespace, metric.namespace),
        (metric_filter.metric_name, metric.name),
        (_as_set(metric_filter.dimensions), _as_set(names)),
    ]
    if any(left != right for left, right in pairs if not isinstance(left, Unknown) and not isinstance(right, Unknown)):
        return False
    return next(iter_unknowns(pairs), True)


def _is_near(location: Location, other: Location) -> bool:
    """Return whether an alarm may see a metric of a location. A metric exists in its own region and account only.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
    """
    return not location.in_other_region(other) and not location.in_other_account(other)


def _as_set(names: tuple[str, ...] | Unknown) -> frozenset[str] | Unknown:
    return names if isinstance(names, Unknown) else frozenset(names)
