"""The check that every threat to PHI raises an alert.

Each threat is represented by the events that CloudTrail records for it. An EventBridge rule, or a metric filter with an
alarm, must match them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hipaa_controls.evaluator import Match
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Flag, Location, Ref, StackResource, Text, Unknown, iter_unknowns
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.cloudwatch.event_patterns import Event, filter_matches, in_envelope, rule_matches
from hipaa_controls.services.cloudwatch.facts import Alarm, EventRule, Metric
from hipaa_controls.services.cloudwatch.rules.alarms import alarm_action, check_metric_is_published, filter_publishes
from hipaa_controls.services.cloudwatch.rules.threats import threats
from hipaa_controls.services.logs.facts import LogGroup, MetricFilter
from hipaa_controls.services.s3.facts import Bucket, phi_buckets


@dataclass(frozen=True)
class AlarmedMetric:
    """A metric that has an alarm, and whether the alarm notifies a topic: True, or Unknown."""

    metric: Metric
    notifies: bool | Unknown
    location: Location


@dataclass(frozen=True)
class AlertSource:
    """An EventBridge rule or a metric filter that raises alerts on the events that match its pattern.

    Attributes:
        pattern: The event pattern or the filter pattern.
        unknowns: Values that aren't known, and that decide whether a match raises an alert.
        matches: Compares a pattern with an event.
    """

    resource: str
    pattern: Text
    unknowns: tuple[Unknown, ...]
    matches: Callable[[str, Event], Match]

    def alerts_on(self, event: Event) -> bool | Unknown:
        if not isinstance(self.pattern, str):
            return self.pattern or False
        match self.matches(self.pattern, event):
            case Match.NO:
                return False
            case Match.YES:
                return next(iter(self.unknowns), True)
            case _:
                return Unknown(f"whether {self.resource.rsplit('::', 1)[-1]} matches {event['eventName']}")


def alarm_coverage(stack: Stack, context: RuleContext) -> Finding:
    buckets = phi_buckets(stack)
    if not buckets:
        return not_applicable("the stack holds no PHI")
    alarmed = list(_alarmed_metrics(stack, context))
    sources = [*_event_rules(stack), *_metric_filters(alarmed, stack)]
    missing: dict[str, list[str]] = {}
    unknowns: list[Unknown] = []
    for threat in threats(buckets, stack):
        denials_alarmed = _denied_requests_are_alarmed(threat.bucket, alarmed, stack) if threat.bucket else False
        answers = [_alerts(events, sources) for events in threat.event_sets]
        if denials_alarmed is True or any(all(answer is True for _, answer in alerts) for alerts in answers):
            continue
        possible = [alerts for alerts in answers if all(answer is not False for _, answer in alerts)]
        undecided = list(iter_unknowns(possible))
        if undecided or isinstance(denials_alarmed, Unknown):
            unknowns += [*undecided, *iter_unknowns(denials_alarmed)]
        else:
            names = [name for name, answer in answers[0] if answer is False]
            missing.setdefault(threat.name, []).extend(names)
    if missing:
        texts = (f"{name} ({', '.join(dict.fromkeys(events))})" for name, events in missing.items())
        return failed(f"nothing raises an alert on {'; '.join(texts)}")
    return unverified(*unknowns) if unknowns else passed("every threat raises an alert")


def _alerts(events: tuple[Event, ...], sources: list[AlertSource]) -> list[tuple[str, bool | Unknown]]:
    """Return the name of each event, and whether any source raises an alert on it. Several may have the same name."""
    return [(str(event["eventName"]), any_of(source.alerts_on(event) for source in sources)) for event in events]


def _event_rules(stack: Stack) -> Iterator[AlertSource]:
    """Yield the EventBridge rules that are enabled and have a target."""
    for rule in stack.facts_of_type(EventRule):
        conditions = (rule.enabled, rule.has_targets, rule.on_default_bus)
        if False not in conditions and rule.pattern is not None:
            matches = _matches_at(rule.location)
            yield AlertSource(rule.resource, rule.pattern, tuple(iter_unknowns(conditions)), matches)


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


def _metric_filters(alarmed: list[AlarmedMetric], stack: Stack) -> Iterator[AlertSource]:
    """Yield the metric filters on a trail's log group whose metric has an alarm that notifies a topic."""
    trail_groups = [trail.log_group for trail in stack.facts_of_type(Trail)]
    for metric_filter in stack.facts_of_type(MetricFilter):
        has_alarm = any_of(all_of((filter_publishes(metric_filter, alarm.metric), alarm.notifies)) for alarm in alarmed)
        conditions = (_is_trail_log_group(metric_filter.log_group, trail_groups, stack), has_alarm)
        if False not in conditions:
            unknowns = tuple(iter_unknowns(conditions))
            yield AlertSource(metric_filter.resource, metric_filter.pattern, unknowns, filter_matches)


def _is_trail_log_group(group: Ref, trail_groups: list[Ref], stack: Stack) -> Flag:
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
                metrics = (Metric(metrics, metrics, metrics),)
            yield from (AlarmedMetric(metric, notifies, alarm.location) for metric in metrics)


def _denied_requests_are_alarmed(bucket: Bucket, alarmed: list[AlarmedMetric], stack: Stack) -> bool | Unknown:
    """Return whether an alarm on S3's own 4xxErrors metric, which counts denied requests, notifies a topic.

    A metric exists only in its own region and account, and so does an alarm on it:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html
    """
    near = (
        alarm
        for alarm in alarmed
        if not alarm.location.in_other_region(bucket.location) and not alarm.location.in_other_account(bucket.location)
    )
    return any_of(all_of((_counts_denied_requests(alarm.metric, bucket, stack), alarm.notifies)) for alarm in near)


def _counts_denied_requests(metric: Metric, bucket: Bucket, stack: Stack) -> bool | Unknown:
    dimensions = metric.dimensions
    bucket_name = dimensions if isinstance(dimensions, Unknown) else dimensions.get("BucketName")
    accepted = (
        (metric.namespace, ("AWS/S3",)),
        (metric.name, ("4xxErrors",)),
        (bucket_name, (StackResource(bucket.resource), bucket.name)),
    )
    counts = all_of(value if isinstance(value, Unknown) else value in values for value, values in accepted)
    return _as_answer(check_metric_is_published(metric, stack)) if counts is True else counts


def _as_answer(finding: Finding) -> bool | Unknown:
    """Return the first Unknown of a finding, else whether the finding is a pass."""
    return next(iter(finding.unknowns), finding.status is Status.PASS)
