"""The check that a metric alarm goes off when the events happen that its metric counts.

An organization chooses its thresholds. So the check requires only that a number of events is certainly enough, and that
the alarm is off without any: an alarm notifies when its state changes, so one that is always on never does.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hipaa_controls.model.values import Number, Text, Unknown, iter_unknowns
from hipaa_controls.model.verdict import Finding, failed, passed, unverified
from hipaa_controls.services.cloudwatch.facts import Alarm, Metric, Trigger

MAX_DELAY_SECONDS = 86_400  # a day
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
}
_ANOMALY_COMPARISONS = ("GreaterThanUpperThreshold", "LessThanLowerOrGreaterThanUpperThreshold")


@dataclass(frozen=True)
class EventCounter:
    """The values of a metric that counts events.

    Attributes:
        value: The value for each event; None if that isn't a number.
        idle_value: The value while there are no events; None if the metric has none then.
        unit: The unit of the values.
    """

    value: Number
    idle_value: Number
    unit: Text


def check_goes_off(alarm: Alarm, metric: Metric, counter: EventCounter, events: int) -> Finding:
    """Check that a number of events certainly puts a metric alarm into the state ALARM.

    Args:
        alarm: The alarm.
        metric: The metric of the alarm that counts the events.
        counter: The values of that metric.
        events: The number of events, at least 1, that happen within the periods that the alarm evaluates.
    """
    name, trigger = alarm.resource.rsplit("::", 1)[-1], alarm.trigger
    if not isinstance(trigger, Trigger):
        return unverified(trigger or Unknown(name, reason="isn't a metric alarm"))
    unknowns = list(iter_unknowns([list(vars(setting).values()) for setting in (metric, trigger, counter)]))
    if unknowns:
        return unverified(*unknowns)
    if trigger.comparison not in (*_COMPARISONS, *_ANOMALY_COMPARISONS):
        return failed(f"the alarm {name} doesn't go off when its metric is greater than its threshold")
    if metric.unit not in (None, counter.unit):
        return failed(f"the alarm {name} watches a unit that its metric doesn't have")
    doubts = [(prop, reason) for certain, prop, reason in _certainties(metric, trigger, counter) if not certain]
    if doubts:
        return unverified(*(Unknown(f"{name}.{prop}", reason=reason) for prop, reason in doubts))
    problem = _threshold_problem(metric, trigger, counter, events)
    return failed(f"the alarm {name} {problem}") if problem else passed(f"the alarm {name} goes off")


def _certainties(metric: Metric, trigger: Trigger, counter: EventCounter) -> list[tuple[object, str, str]]:
    """Return what must be true so that only the events decide whether the alarm is on.

    Returns:
        Of each: whether it is true, the property, and what is wrong with the property if it isn't.
    """
    return [
        (metric.compared, "metricQueries", "compares a metric math expression, which no control evaluates"),
        (metric.statistic in ("Sum", "Maximum"), "statistic", "isn't Sum or Maximum, so other values count too"),
        (metric.period_seconds, "period", "isn't set"),
        (trigger.comparison in _COMPARISONS, "comparisonOperator", "compares with a band that AWS predicts"),
        (trigger.threshold is not None, "threshold", "isn't a number"),
        (trigger.evaluation_periods, "evaluationPeriods", "isn't set"),
        (trigger.missing_data != "breaching", "treatMissingData", "sets off the alarm while there is no event"),
        (counter.value is not None, "metricName", "has a value for each event that isn't a number"),
    ]


def _threshold_problem(metric: Metric, trigger: Trigger, counter: EventCounter, events: int) -> str | None:
    """Return why the events don't set off the alarm. All settings are known."""
    breaches, threshold = _COMPARISONS[str(trigger.comparison)], _known(trigger.threshold)
    periods = _known(trigger.datapoints_to_alarm) or _known(trigger.evaluation_periods)
    if counter.idle_value or breaches(0, threshold):
        return "is on without any event"
    if periods * _known(metric.period_seconds) > MAX_DELAY_SECONDS:
        return "goes off only after more than a day"
    events_per_period = events // periods if metric.statistic == "Sum" else min(events // periods, 1)
    if breaches(events_per_period * _known(counter.value), threshold):
        return None
    return f"doesn't go off after {events} such event{'s' if events > 1 else ''}"


def _known(value: Number) -> float:
    return value if isinstance(value, int | float) else 0
