"""The check that every threat to PHI raises an alert.

Each threat is represented by the events that CloudTrail records for it. An EventBridge rule, or a metric filter with an
alarm, must match them. One event must be enough, except for denied access: some requests are denied every day, so there
the option `deniedRequests` says how many at most. AWS's own alarms on the log of a trail go off at one event too:
https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hipaa_controls.evaluator import Match
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Location, Number, Ref, StackResource, Text, Unknown, is_enabled, iter_unknowns
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.cloudwatch.event_patterns import Event, filter_matches, in_envelope, rule_matches
from hipaa_controls.services.cloudwatch.facts import Alarm, EventRule, Metric
from hipaa_controls.services.cloudwatch.rules.alarms import (
    alarm_action,
    check_metric_is_published,
    filter_publishes,
    metrics_configurations,
)
from hipaa_controls.services.cloudwatch.rules.threats import Threat, threats
from hipaa_controls.services.cloudwatch.rules.thresholds import EventCounter, check_goes_off
from hipaa_controls.services.logs.facts import LogGroup, MetricFilter
from hipaa_controls.services.s3.facts import Bucket, phi_buckets

# S3's metric of denied requests: https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html
DENIED_REQUESTS = EventCounter(1, 0, "Count")


@dataclass(frozen=True)
class AlarmedMetric:
    """A metric that has an alarm, and whether the alarm notifies a topic: True, or Unknown."""

    metric: Metric
    alarm: Alarm
    notifies: bool | Unknown


@dataclass(frozen=True)
class AlertSource:
    """An EventBridge rule or a metric filter that raises alerts on the events that match its pattern.

    Attributes:
        pattern: The event pattern or the filter pattern.
        raises_alert: Whether a match raises an alert.
        problems: Why it doesn't, where that is worth telling.
        matches: Compares a pattern with an event.
    """

    resource: str
    pattern: Text
    raises_alert: bool | Unknown
    problems: tuple[str, ...]
    matches: Callable[[str, Event], Match]

    def alerts_on(self, event: Event) -> bool | Unknown:
        if self.raises_alert is False or self.pattern is None:
            return False
        if isinstance(self.pattern, Unknown):
            return self.pattern
        match self.matches(self.pattern, event):
            case Match.NO:
                return False
            case Match.YES:
                return self.raises_alert
            case _:
                return Unknown(f"whether {self.resource.rsplit('::', 1)[-1]} matches {event['eventName']}")


def alarm_coverage(stack: Stack, context: RuleContext) -> Finding:
    buckets = phi_buckets(stack)
    if not buckets:
        return not_applicable("the stack holds no PHI")
    alarmed_metrics = list(_alarmed_metrics(stack, context))
    denied_requests = int(context.options["deniedRequests"])
    rules = list(_event_rules(stack))
    sources = [*rules, *_metric_filters(alarmed_metrics, 1, stack)]
    denial_sources = [*rules, *_metric_filters(alarmed_metrics, denied_requests, stack)]
    missing: dict[str, list[str]] = {}
    problems: list[str] = []
    unknowns: list[Unknown] = []
    for threat in threats(buckets, stack):
        threat_sources = denial_sources if threat.bucket else sources
        denials = list(_check_denial_alarms(threat.bucket, alarmed_metrics, denied_requests, stack))
        denials_alarmed = any_of(map(_as_answer, denials))
        answers = [_alerts(events, threat_sources) for events in threat.event_sets]
        if denials_alarmed is True or any(all(answer is True for _, answer in alerts) for alerts in answers):
            continue
        possible = [alerts for alerts in answers if all(answer is not False for _, answer in alerts)]
        undecided = list(iter_unknowns(possible))
        if undecided or isinstance(denials_alarmed, Unknown):
            unknowns += [*undecided, *iter_unknowns(denials_alarmed)]
        else:
            names = [name for name, answer in answers[0] if answer is False]
            missing.setdefault(threat.name, []).extend(names)
            problems += [*(finding.text for finding in denials), *_problems(threat, threat_sources)]
    if missing:
        texts = (f"{name} ({', '.join(dict.fromkeys(events))})" for name, events in missing.items())
        return failed("; ".join((f"nothing raises an alert on {'; '.join(texts)}", *dict.fromkeys(problems))))
    return unverified(*unknowns) if unknowns else passed("every threat raises an alert")


def _problems(threat: Threat, sources: list[AlertSource]) -> Iterator[str]:
    """Yield why sources raise no alert on events of a threat that they match."""
    events = [event for events in threat.event_sets for event in events]
    for source in sources:
        pattern = source.pattern
        if isinstance(pattern, str) and any(source.matches(pattern, event) is not Match.NO for event in events):
            yield from source.problems


def _alerts(events: tuple[Event, ...], sources: list[AlertSource]) -> list[tuple[str, bool | Unknown]]:
    """Return the name of each event, and whether any source raises an alert on it. Several may have the same name."""
    return [(str(event["eventName"]), any_of(source.alerts_on(event) for source in sources)) for event in events]


def _event_rules(stack: Stack) -> Iterator[AlertSource]:
    """Yield the EventBridge rules that are enabled and have a target."""
    for rule in stack.facts_of_type(EventRule):
        conditions = (rule.enabled, rule.has_targets, rule.on_default_bus)
        if False not in conditions and rule.pattern is not None:
            matches = _matches_at(rule.location)
            yield AlertSource(rule.resource, rule.pattern, next(iter_unknowns(conditions), True), (), matches)


def _matches_at(location: Location) -> Callable[[str, Event], Match]:
    """Return the `matches` of a rule. The rule receives only the events of its own account and region."""

    def matches(pattern: str, event: Event) -> Match:
        region, account = (
            value if isinstance(value, str) else None for value in (event["awsRegion"], event["recipientAccountId"])
        )
        origin = Location(region=region, account=account)
        is_elsewhere = location.in_other_region(origin) or location.in_other_account(origin)
        return Match.NO if is_elsewhere else rule_matches(pattern, in_envelope(event))

    return matches


def _metric_filters(alarmed_metrics: list[AlarmedMetric], events: int, stack: Stack) -> Iterator[AlertSource]:
    """Yield the metric filters on a trail's log group whose metric has an alarm that notifies a topic.

    Args:
        alarmed_metrics: The metrics that have an alarm.
        events: The number of events after which the alarm must be on.
        stack: The stack.
    """
    trail_groups = [trail.log_group for trail in stack.facts_of_type(Trail)]
    for metric_filter in stack.facts_of_type(MetricFilter):
        is_trail_group = _is_trail_log_group(metric_filter.log_group, trail_groups, stack)
        answers: list[bool | Unknown] = []
        problems: list[str] = []
        for alarmed in alarmed_metrics:
            publishes = filter_publishes(metric_filter, alarmed.metric, alarmed.alarm.location)
            if publishes is not False:
                finding = _check_filter_alarm(metric_filter, alarmed, events)
                answers.append(all_of((is_trail_group, publishes, alarmed.notifies, _as_answer(finding))))
                problems += [finding.text] if finding.status is Status.FAIL else []
        if is_trail_group is not False and answers:
            yield AlertSource(
                metric_filter.resource, metric_filter.pattern, any_of(answers), tuple(problems), filter_matches
            )


def _check_filter_alarm(metric_filter: MetricFilter, alarmed: AlarmedMetric, events: int) -> Finding:
    """Check that an alarm on the metric of a metric filter goes off after a number of events.

    The metric has no value while no log event matches, except with a default value.
    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html
    """
    dimensions = metric_filter.dimensions
    if dimensions:
        name = metric_filter.resource.rsplit("::", 1)[-1]
        separate = Unknown(f"{name}.dimensions", reason="make a metric of their own for each value")
        return unverified(dimensions if isinstance(dimensions, Unknown) else separate)
    unit = "None" if metric_filter.unit is None else metric_filter.unit
    counter = EventCounter(_number(metric_filter.value), _number(metric_filter.default_value), unit)
    return check_goes_off(alarmed.alarm, alarmed.metric, counter, events)


def _number(text: Text) -> Number:
    """Return the number that a text stands for; None for another text, such as `$.field`."""
    if text is None or isinstance(text, Unknown):
        return text
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_trail_log_group(group: Ref, trail_groups: list[Ref], stack: Stack) -> bool | Unknown:
    if isinstance(group, Unknown):
        return group
    if group is not None and group in trail_groups:
        return True
    fact = stack.fact(group.resource, LogGroup) if isinstance(group, StackResource) else None
    return (fact.holds_audit_logs or False) if fact else False


def _alarmed_metrics(stack: Stack, context: RuleContext) -> Iterator[AlarmedMetric]:
    """Yield the metrics of each alarm that notifies a topic or may notify one."""
    for alarm in stack.facts_of_type(Alarm):
        notifies = _as_answer(alarm_action(alarm, context))
        if notifies is not False:
            metrics = alarm.metrics
            if isinstance(metrics, Unknown):
                metrics = (Metric(metrics, metrics, metrics, metrics, metrics, metrics, metrics),)
            yield from (AlarmedMetric(metric, alarm, notifies) for metric in metrics)


def _check_denial_alarms(
    bucket: Bucket | None, alarmed_metrics: list[AlarmedMetric], denied_requests: int, stack: Stack
) -> Iterator[Finding]:
    """Check each alarm on S3's own metric of a bucket's denied requests: it notifies a topic after so many of them."""
    if bucket is None:
        return
    for alarmed in alarmed_metrics:
        answer = all_of((_counts_denied_requests(alarmed, bucket, stack), alarmed.notifies))
        if answer is not False:
            finding = check_goes_off(alarmed.alarm, alarmed.metric, DENIED_REQUESTS, denied_requests)
            is_unknown = isinstance(answer, Unknown) and finding.status is not Status.FAIL
            yield unverified(*iter_unknowns(answer)) if is_unknown else finding


def _counts_denied_requests(alarmed: AlarmedMetric, bucket: Bucket, stack: Stack) -> bool | Unknown:
    metric = alarmed.metric
    dimensions = metric.dimensions
    bucket_name = dimensions if isinstance(dimensions, Unknown) else dimensions.get("BucketName")
    accepted = (
        (metric.namespace, ("AWS/S3",)),
        (metric.name, ("4xxErrors",)),
        (bucket_name, (StackResource(bucket.resource), bucket.name)),
    )
    counts = all_of(value if isinstance(value, Unknown) else value in values for value, values in accepted)
    if counts is not True or isinstance(dimensions, Unknown):
        return counts
    published = _as_answer(check_metric_is_published(metric, alarmed.alarm.location, stack))
    return _counts_all_objects(bucket, dimensions["FilterId"]) if published is True else published


def _counts_all_objects(bucket: Bucket, filter_id: Ref) -> bool | Unknown:
    """Return whether a metrics configuration counts the requests for every object of the bucket."""
    configurations = metrics_configurations(bucket.settings, filter_id)
    return any_of(is_enabled(configuration.applies_to_all_objects) for configuration in configurations)


def _as_answer(finding: Finding) -> bool | Unknown:
    """Return the first Unknown of a finding, else whether the finding is a pass."""
    return next(iter(finding.unknowns), finding.status is Status.PASS)
