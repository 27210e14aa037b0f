"""CloudWatch alarms and EventBridge rules: their actions, their metrics, and the threats to PHI that they cover."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack

ALARM_ACTION, METRIC_EXISTS, ALARM_COVERAGE = (
    "cloudwatch-alarm-action",
    "cloudwatch-alarm-metric-exists",
    "cloudwatch-alarm-coverage",
)
ALARM, COMPOSITE = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC_ARN = "arn:aws:sns:us-east-1:111122223333:alerts"
STACK = Resource("pulumi:pulumi:Stack", "stack", {})
TOPIC = Resource("aws:sns/topic:Topic", "topic", {})


# An alarm that goes off at the first event of a period.
STATISTIC = {"statistic": "Sum", "period": 300}
THRESHOLD = {"comparisonOperator": "GreaterThanThreshold", "threshold": 0, "evaluationPeriods": 1}


def alarm(name: str = "alarm", token: str = ALARM, comes_from: Any = None, **inputs: Any) -> Resource:
    condition = {} if token == COMPOSITE else THRESHOLD | ({} if "metricQueries" in inputs else STATISTIC)
    return Resource(token, name, {"alarmActions": [TOPIC_ARN]} | condition | inputs, comes_from=comes_from or {})


# cloudwatch-alarm-action


@pytest.mark.parametrize("token", [ALARM, COMPOSITE])
@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"actionsEnabled": True},
        {"alarmActions": ["arn:aws:automate:us-east-1:ec2:stop", TOPIC_ARN]},
        {"alarmActions": [TOPIC_ARN + ".fifo"]},
        {"alarmActions": ["arn:aws-us-gov:sns:us-gov-west-1:111122223333:alerts"]},
    ],
)
def test_alarm_that_notifies_a_topic_passes(pack: PackProcess, token, inputs):
    assert failed_resources(pack, ALARM_ACTION, [alarm(token=token, **inputs)]) == set()


@pytest.mark.parametrize("token", [ALARM, COMPOSITE])
@pytest.mark.parametrize(
    "inputs",
    [
        {"actionsEnabled": False},
        {"actionsEnabled": "false"},
        {"actionsEnabled": False, "alarmActions": UNKNOWN},
        {"alarmActions": []},
        {"alarmActions": None},
        {"alarmActions": None, "okActions": [TOPIC_ARN]},
        {"alarmActions": ["arn:aws:automate:us-east-1:ec2:stop"]},
        {"alarmActions": ["arn:aws:lambda:us-east-1:111122223333:function:sns"]},
        {"alarmActions": [TOPIC_ARN + ":0a1b2c3d-0000-1111-2222-333344445555"]},
    ],
)
def test_alarm_that_notifies_no_topic_fails(pack: PackProcess, token, inputs):
    assert failed_resources(pack, ALARM_ACTION, [alarm("right", token), alarm(token=token, **inputs)]) == {"alarm"}


def test_alarm_action_may_refer_to_a_topic_of_the_stack(pack: PackProcess):
    referring_alarm = alarm(alarmActions=[UNKNOWN], comes_from={"alarmActions": ["topic"]})
    assert failed_resources(pack, ALARM_ACTION, [TOPIC, referring_alarm]) == set()
    two_topics = [TOPIC, Resource(TOPIC.type, "more", {})]
    assert unverified_resources(
        pack, ALARM_ACTION, [*two_topics, alarm(alarmActions=[UNKNOWN], comes_from={"alarmActions": ["topic", "more"]})]
    ) == {"alarm"}


@pytest.mark.parametrize(
    "inputs", [{"actionsEnabled": UNKNOWN}, {"alarmActions": UNKNOWN}, {"alarmActions": [UNKNOWN]}]
)
def test_alarm_with_unknown_action_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, ALARM_ACTION, [alarm(**inputs)]) == {"alarm"}


def composite(name: str, rule: Any, actions: Any = (TOPIC_ARN,), comes_from: Any = None, **inputs: Any) -> Resource:
    composite_inputs = {"alarmName": name, "alarmRule": rule, "alarmActions": list(actions)} | inputs
    return Resource(COMPOSITE, name, composite_inputs, comes_from={"alarmRule": comes_from or []})


CHILD = Resource(ALARM, "child", {"name": "bucket errors"})
BY_NAME, BY_ARN = 'ALARM("bucket errors")', 'ALARM("arn:aws:cloudwatch:us-east-1:111122223333:alarm:bucket errors")'


@pytest.mark.parametrize(
    "rule",
    [
        BY_NAME,
        BY_ARN,
        f"{BY_NAME} OR ALARM(other)",
        f"ALARM(other)\nOR\n({BY_NAME})",
        f"(ALARM(other) OR ({BY_NAME} OR OK(third)))",
        f"(ALARM(other) AND ALARM(third)) OR {BY_NAME}",
        f"(NOT ALARM(other)) OR {BY_NAME}",
    ],
)
def test_alarm_that_alone_sets_off_a_composite_alarm_passes(pack: PackProcess, rule):
    assert failed_resources(pack, ALARM_ACTION, [CHILD, composite("any", rule)]) == set()


@pytest.mark.parametrize(
    "rule",
    [
        f"{BY_NAME} AND ALARM(other)",
        f"({BY_NAME}) AND (ALARM(other))",
        f"({BY_NAME} OR ALARM(third)) AND (ALARM(other) OR ALARM(third))",
        f"ALARM(other) OR ({BY_NAME} AND ALARM(third))",
        f"{BY_NAME} OR ALARM(other) AND ALARM(third)",
        f"NOT {BY_NAME}",
        f"NOT ({BY_NAME} OR ALARM(other))",
        "OK(bucket errors)",
        'OK("bucket errors")',
        'INSUFFICIENT_DATA("bucket errors") OR ALARM("other")',
        'ALARM("other ALARM(bucket errors)")',
        'ALARM("bucket errors 2")',
        f"AT_LEAST(2, ALARM, ({BY_NAME}, ALARM(other)))",
        f"{BY_NAME} OR",
        f"({BY_NAME}",
        "TRUE",
        "",
        None,
        pytest.param("(OR " * 2000 + BY_NAME + ")" * 2000, id="parentheses without end"),
        pytest.param("(" * 4000 + BY_NAME + ")" * 4000, id="many parentheses"),
    ],
)
def test_alarm_that_does_not_alone_set_off_a_composite_alarm_fails(pack: PackProcess, rule):
    assert failed_resources(pack, ALARM_ACTION, [CHILD, composite("any", rule)]) == {"child"}


def test_composite_alarm_has_to_notify_a_topic_itself_or_through_another(pack: PackProcess):
    silent = composite("inner", BY_NAME, ())
    assert failed_resources(pack, ALARM_ACTION, [CHILD, silent]) == {"child", "inner"}
    assert failed_resources(pack, ALARM_ACTION, [CHILD, silent, composite("outer", "ALARM(inner)")]) == set()
    off = composite("outer", "ALARM(inner)", actionsEnabled=False)
    assert failed_resources(pack, ALARM_ACTION, [CHILD, silent, off]) == {"child", "inner", "outer"}
    cycle = [composite("inner", f"{BY_NAME} OR ALARM(outer)", ()), composite("outer", "ALARM(inner)", ())]
    assert failed_resources(pack, ALARM_ACTION, [CHILD, *cycle]) == {"child", "inner", "outer"}
    in_other_region = replace(composite("any", BY_NAME), region="us-west-2")
    assert failed_resources(pack, ALARM_ACTION, [CHILD, in_other_region]) == {"child"}


def test_many_composite_alarms_that_name_each_other_take_little_time(pack: PackProcess):
    """They have many paths, of which every one was followed."""
    names = [f"composite-{number}" for number in range(50)]
    mesh = [composite(name, " OR ".join(f"ALARM({other})" for other in names), ()) for name in names]
    assert failed_resources(pack, ALARM_ACTION, mesh) == set(names)
    last = composite("notifies", f"ALARM({names[-1]})")
    assert failed_resources(pack, ALARM_ACTION, [*mesh, last]) == set()


def test_long_chain_of_composite_alarms_notifies_through_the_last(pack: PackProcess):
    chain = [composite(f"composite-{number}", f"ALARM(composite-{number + 1})", ()) for number in range(200)]
    first = composite("composite-200", "ALARM(other)", ())
    assert len(failed_resources(pack, ALARM_ACTION, [*chain, first])) == 201
    assert failed_resources(pack, ALARM_ACTION, [*chain, first, composite("last", "ALARM(composite-0)")]) == set()


def test_rule_with_deeply_nested_parentheses_counts_for_no_alarm(pack: PackProcess):
    nested = "(ALARM(a) OR " * 2000 + BY_NAME + ")" * 2000
    assert failed_resources(pack, ALARM_ACTION, [CHILD, composite("any", nested)]) == {"child"}


def test_unknown_rule_of_a_composite_alarm_is_unverified_for_the_alarms_that_it_comes_from(pack: PackProcess):
    other = replace(CHILD, name="other", inputs=CHILD.inputs | {"name": "other"})
    stack = [CHILD, other, composite("any", UNKNOWN, comes_from=["child"])]
    findings = {finding.resource: finding.message for finding in findings_for(pack, ALARM_ACTION, stack)}
    assert set(findings) == {"child", "other"}
    assert "known yet" in findings["child"]
    assert "no actions" in findings["other"]
    assert unverified_resources(pack, ALARM_ACTION, [CHILD, composite("any", BY_NAME, [UNKNOWN])]) == {"child", "any"}


# cloudwatch-alarm-metric-exists


def bucket(name: str = "data", named: bool = True, **inputs: Any) -> Resource:
    bucket_inputs = {"tags": {"DataClass": "PHI"}} | ({"bucket": name} if named else {}) | inputs
    return Resource("aws:s3/bucket:Bucket", name, bucket_inputs)


def metrics(bucket_name: str = "data", *sources: str, name: str = "metrics", filter_id: Any = "every") -> Resource:
    inputs = {"bucket": bucket_name, "name": filter_id}
    return Resource("aws:s3/bucketMetric:BucketMetric", name, inputs, comes_from={"bucket": sources})


def metric_inputs(namespace: Any, metric: Any, dimensions: Any = None) -> dict[str, Any]:
    return {"namespace": namespace, "metricName": metric, "dimensions": dimensions}


def request_metric(name: Any = "data", filter_id: Any = "every", metric: Any = "4xxErrors") -> dict[str, Any]:
    """Return the inputs of an alarm on a request metric of S3."""
    return metric_inputs("AWS/S3", metric, {"BucketName": name, "FilterId": filter_id})


def metric_query(metric: dict[str, Any], metric_id: str = "m0", **query: Any) -> dict[str, Any]:
    return {"id": metric_id, "metric": {"stat": "Sum", "period": 300} | metric} | query


def as_metric_queries(*metrics: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs of an alarm on several metrics, with an expression over them."""
    metric_queries = [metric_query(metric, f"m{index}") for index, metric in enumerate(metrics)]
    return {"metricQueries": [*metric_queries, {"id": "e", "expression": "m0 / 2", "returnData": True}]}


@pytest.mark.parametrize(
    "inputs",
    [
        request_metric(),
        request_metric(metric="AllRequests"),
        as_metric_queries(request_metric()),
        metric_inputs("AWS/S3", "BucketSizeBytes", {"BucketName": "data", "StorageType": "StandardStorage"}),
        metric_inputs("AWS/Lambda", "Errors"),
        request_metric("of-another-stack"),
        {},
    ],
)
def test_alarm_on_a_metric_that_aws_publishes_passes(pack: PackProcess, inputs):
    assert failed_resources(pack, METRIC_EXISTS, [bucket(), metrics(), alarm(**inputs)]) == set()


@pytest.mark.parametrize(
    "dimensions",
    [
        None,
        {},
        {"BucketName": "data"},
        {"FilterId": "every"},
        {"BucketName": "data", "FilterId": ""},
        {"BucketName": UNKNOWN},
    ],
)
@pytest.mark.parametrize("form", [dict, as_metric_queries], ids=["metric", "metric queries"])
def test_request_metric_alarm_without_both_dimensions_fails(pack: PackProcess, dimensions, form):
    inputs = form(metric_inputs("AWS/S3", "4xxErrors", dimensions))
    assert failed_resources(
        pack, METRIC_EXISTS, [bucket(), metrics(), alarm("right", **request_metric()), alarm(**inputs)]
    ) == {"alarm"}


@pytest.mark.parametrize("configured", [[], [metrics("other")], [metrics(filter_id="reports")]])
def test_alarm_on_a_missing_metrics_configuration_fails(pack: PackProcess, configured):
    stack = [bucket(), bucket("other"), *configured, alarm(**request_metric())]
    assert failed_resources(pack, METRIC_EXISTS, stack) == {"alarm"}


def test_alarm_with_one_missing_metric_of_two_fails(pack: PackProcess):
    assert failed_resources(
        pack,
        METRIC_EXISTS,
        [bucket(), metrics(), alarm(**as_metric_queries(request_metric(), request_metric(filter_id="x")))],
    ) == {"alarm"}


def test_alarm_may_refer_to_bucket_and_metrics_configuration(pack: PackProcess):
    configuration = metrics(UNKNOWN, "data", filter_id=UNKNOWN)
    referring_alarm = alarm(**request_metric(UNKNOWN, UNKNOWN), comes_from={"dimensions": ["data", "metrics"]})
    assert failed_resources(pack, METRIC_EXISTS, [bucket(named=False), configuration, referring_alarm]) == set()
    configuration_of_other = metrics(UNKNOWN, "other", filter_id=UNKNOWN)
    stack = [bucket(named=False), bucket("other", named=False), configuration_of_other, referring_alarm]
    assert failed_resources(pack, METRIC_EXISTS, stack) == {"alarm"}


def test_metrics_configurations_of_two_buckets_may_share_a_name(pack: PackProcess):
    configurations = [metrics("other", name="more"), metrics()]
    alarms = [alarm(**request_metric()), alarm("second", **request_metric("other"))]
    assert failed_resources(pack, METRIC_EXISTS, [bucket(), bucket("other"), *configurations, *alarms]) == set()


@pytest.mark.parametrize(
    "inputs",
    [
        {"metricQueries": UNKNOWN},
        {"metricQueries": [UNKNOWN]},
        metric_inputs("AWS/S3", "4xxErrors", UNKNOWN),
        request_metric(UNKNOWN),
        request_metric(filter_id=UNKNOWN),
        request_metric(metric=UNKNOWN),
        metric_inputs(UNKNOWN, "4xxErrors", {"BucketName": "data", "FilterId": "every"}),
    ],
)
def test_alarm_with_unknown_metric_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, METRIC_EXISTS, [bucket(), metrics(), alarm(**inputs)]) == {"alarm"}


def test_alarm_on_metrics_configuration_of_unknown_name_is_unverified(pack: PackProcess):
    assert unverified_resources(
        pack, METRIC_EXISTS, [bucket(), metrics(filter_id=UNKNOWN), alarm(**request_metric())]
    ) == {"alarm"}


def metric_filter(
    resource: str = "filter",
    pattern: Any = "",
    log_group: Any = "/audit",
    comes_from: Any = None,
    namespace: Any = "Audit",
    metric: Any = "Refused",
    dimensions: Any = None,
) -> Resource:
    transformation = {"namespace": namespace, "name": metric, "value": "1", "dimensions": dimensions}
    return metric_filter_resource(resource, pattern, log_group, transformation, comes_from or {})


def metric_filter_resource(
    resource: str, pattern: Any, log_group: Any, transformation: Any, comes_from: Any
) -> Resource:
    inputs = {"logGroupName": log_group, "pattern": pattern, "metricTransformation": transformation}
    return Resource("aws:cloudwatch/logMetricFilter:LogMetricFilter", resource, inputs, comes_from=comes_from)


PATIENT_DIMENSION = {"Patient": "$.patient"}


@pytest.mark.parametrize(
    ("metric_filters", "metric"),
    [
        ([metric_filter()], metric_inputs("Audit", "Refused")),
        ([metric_filter()], as_metric_queries(metric_inputs("Audit", "Refused"))),
        ([metric_filter(dimensions=PATIENT_DIMENSION)], metric_inputs("Audit", "Refused", {"Patient": "x"})),
        ([metric_filter(), metric_filter("more", metric="Other")], metric_inputs("Audit", "Other")),
        ([metric_filter()], metric_inputs("App", "Latency")),
        ([], metric_inputs("Audit", "Refused")),
    ],
)
def test_alarm_on_a_metric_of_a_filter_passes(pack: PackProcess, metric_filters, metric):
    assert failed_resources(pack, METRIC_EXISTS, [*metric_filters, alarm(**metric)]) == set()


@pytest.mark.parametrize(
    ("metric_filters", "metric"),
    [
        ([metric_filter()], metric_inputs("Audit", "Refusd")),
        ([metric_filter()], metric_inputs("Other", "Refused")),
        ([metric_filter()], metric_inputs("audit", "Refused")),
        ([metric_filter()], metric_inputs(None, "Refused")),
        ([metric_filter()], metric_inputs("Audit", "Refused", {"Patient": "x"})),
        ([metric_filter(dimensions=PATIENT_DIMENSION)], metric_inputs("Audit", "Refused")),
        ([metric_filter(dimensions=PATIENT_DIMENSION)], metric_inputs("Audit", "Refused", {"User": "x"})),
        ([metric_filter(), metric_filter("more", namespace="More", metric="Other")], metric_inputs("Audit", "Other")),
    ],
)
def test_alarm_on_a_metric_that_differs_from_the_filters_fails(pack: PackProcess, metric_filters, metric):
    assert failed_resources(pack, METRIC_EXISTS, [*metric_filters, alarm(**metric)]) == {"alarm"}


@pytest.mark.parametrize(
    "unknown_filter",
    [
        metric_filter(metric=UNKNOWN),
        metric_filter(namespace=UNKNOWN),
        metric_filter(dimensions=UNKNOWN),
        metric_filter_resource("filter", "", "/audit", UNKNOWN, {}),
    ],
)
def test_alarm_on_a_metric_that_a_filter_may_publish_is_unverified(pack: PackProcess, unknown_filter):
    assert unverified_resources(pack, METRIC_EXISTS, [unknown_filter, alarm(**metric_inputs("Audit", "Refused"))]) == {
        "alarm"
    }


# cloudwatch-alarm-coverage

PATTERNS: dict[str, dict[str, Any]] = {
    "denied access": {"source": ["aws.s3"], "detail": {"errorCode": [{"prefix": "AccessDenied"}]}},
    "a key disabled": {"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}},
    "a key policy": {"source": ["aws.kms"], "detail": {"eventName": ["PutKeyPolicy"]}},
    "bucket versioning": {
        "source": ["aws.s3"],
        "detail": {"eventName": [{"suffix": part} for part in ("BucketVersioning", "Replication", "Lifecycle")]},
    },
    "an IAM policy": {
        "source": ["aws.iam"],
        "detail": {"eventName": [{"prefix": "Put"}, {"prefix": "Attach"}, "CreatePolicyVersion"]},
    },
    "a failed sign-in": {"detail": {"responseElements": {"ConsoleLogin": ["Failure"]}}},
    "a bucket policy": {
        "source": ["aws.s3"],
        "detail": {"eventName": [{"wildcard": "*BucketPolicy"}, {"wildcard": "*BucketPublicAccessBlock"}]},
    },
    "a trail": {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}},
    "a break-glass role": {
        "source": ["aws.sts"],
        "detail": {
            "eventName": ["AssumeRole"],
            "requestParameters": {"roleArn": ["arn:aws:iam::111122223333:role/break-glass"]},
        },
    },
    "root user": {"detail": {"userIdentity": {"type": ["Root"]}}},
}
FILTERS = {
    "denied access": '{ ($.eventSource = "s3.amazonaws.com") && ($.errorCode = "AccessDenied*") }',
    "a key disabled": '{ ($.eventName = "DisableKey") || ($.eventName = "ScheduleKeyDeletion") }',
    "a key policy": '{ $.eventName = "PutKeyPolicy" }',
    "bucket versioning": '{ ($.eventName = "*BucketVersioning") || ($.eventName = "*BucketReplication") '
    '|| ($.eventName = "*BucketLifecycle") }',
    "an IAM policy": '{ ($.eventSource = "iam.amazonaws.com") && (($.eventName = "Put*") '
    '|| ($.eventName = "Attach*") || ($.eventName = "CreatePolicyVersion")) }',
    "a failed sign-in": '{ ($.eventName = "ConsoleLogin") && ($.errorMessage = "Failed authentication") }',
    "a bucket policy": '{ $.eventSource = "s3.amazonaws.com" && ($.eventName = "*BucketPolicy" '
    '|| $.eventName = "*BucketPublicAccessBlock") }',
    "a trail": '{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" || $.eventName = "UpdateTrail" }',
    "a break-glass role": '{ $.userIdentity.sessionContext.sessionIssuer.userName = "break-glass" }',
    "root user": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType != "AwsServiceEvent" }',
}
CALLER_IS_KNOWN = {"a failed sign-in", "a break-glass role", "root user"}
EVENT_RULE, EVENT_TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TRAIL = Resource("aws:cloudtrail/trail:Trail", "trail", {"cloudWatchLogsGroupArn": "/audit"})
STACK_WITH_PHI = [STACK, bucket()]


def event_rule(name: str, pattern: Any, region: str = "us-east-1", **inputs: Any) -> list[Resource]:
    """Return a rule and its target."""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    rule = Resource(EVENT_RULE, name, {"name": name, "eventPattern": text} | inputs, region=region)
    return [rule, Resource(EVENT_TARGET, f"{name}-target", {"rule": name, "arn": TOPIC_ARN})]


def filter_with_alarm(name: str, pattern: Any, log_group: Any = "/audit", **change: Any) -> list[Resource]:
    """Return a metric filter and an alarm on its metric."""
    return [
        metric_filter(name, pattern, log_group, metric=name),
        alarm(f"{name}-alarm", **metric_inputs("Audit", name), **change),
    ]


def event_rules_except(*omitted: str) -> list[Resource]:
    """Return an EventBridge rule for each threat except these."""
    return [
        resource for name, pattern in PATTERNS.items() if name not in omitted for resource in event_rule(name, pattern)
    ]


def filters_except(*omitted: str) -> list[Resource]:
    """Return a trail, and a metric filter with an alarm for each threat except these."""
    alarmed = [filter_with_alarm(name, text) for name, text in FILTERS.items() if name not in omitted]
    return [TRAIL, *(resource for resources in alarmed for resource in resources)]


def uncovered_threats(pack: PackProcess, stack: Sequence[Resource]) -> str:
    """Return the line of the finding that lists the threats without an alert; empty if there is none."""
    findings = findings_for(pack, ALARM_COVERAGE, stack)
    assert all(finding.resource == "stack" and "known yet" not in finding.message for finding in findings)
    return findings[0].message.splitlines()[1] if findings else ""


@pytest.mark.parametrize("stack", [event_rules_except(), filters_except()])
def test_stack_with_an_alert_on_every_threat_passes(pack: PackProcess, stack):
    assert uncovered_threats(pack, [*STACK_WITH_PHI, *stack]) == ""


@pytest.mark.parametrize("alerts_except", [event_rules_except, filters_except])
@pytest.mark.parametrize("threat", PATTERNS)
def test_only_the_threat_without_an_alert_is_reported(pack: PackProcess, alerts_except, threat):
    text = uncovered_threats(pack, [*STACK_WITH_PHI, *alerts_except(threat)])
    assert [name for name in PATTERNS if name in text.split("alert on", 1)[1]] == [threat]


def test_stack_without_phi_needs_no_alerts(pack: PackProcess):
    assert uncovered_threats(pack, [STACK]) == ""
    assert uncovered_threats(pack, [STACK, bucket(tags={"DataClass": "Internal"})]) == ""
    assert all(threat in uncovered_threats(pack, STACK_WITH_PHI) for threat in PATTERNS)


@pytest.mark.parametrize(
    ("threat", "pattern", "missing"),
    [
        ("a key disabled", {"detail": {"eventName": ["DisableKey"]}}, "(ScheduleKeyDeletion)"),
        ("a trail", {"detail": {"eventName": ["StopLogging", "DeleteTrail"]}}, "(UpdateTrail)"),
        ("a trail", {"source": ["aws.s3"], "detail": {"eventName": [{"exists": True}]}}, "(StopLogging, DeleteTrail,"),
        ("denied access", {"detail": {"errorCode": ["AccessDenied"], "eventName": ["GetObject"]}}, "(PutObject, Del"),
        (
            "denied access",
            {"detail": {"errorCode": ["AccessDenied"], "requestParameters": {"bucketName": ["other"]}}},
            "(GetObject, ",
        ),
        ("root user", {"detail-type": ["AWS Console Sign In via CloudTrail"]}, "(CreateAccessKey)"),
        ("root user", {"detail-type": ["AWS API Call via CloudTrail"], **PATTERNS["root user"]}, "(ConsoleLogin)"),
        (
            "a bucket policy",
            {"detail": {"eventName": [{"prefix": "PutBucket"}]}},
            "(DeleteBucketPolicy, DeleteBucketPub",
        ),
        ("a break-glass role", {"source": ["aws.s3"], "detail": {"eventName": ["PutObject"]}}, "(AssumeRole)"),
    ],
)
def test_pattern_that_omits_an_event_fails(pack: PackProcess, threat, pattern, missing):
    assert missing in uncovered_threats(
        pack, [*STACK_WITH_PHI, *event_rules_except(threat), *event_rule("narrow", pattern)]
    )


@pytest.mark.parametrize(
    "caller",
    [
        {"type": ["AssumedRole"]},
        {"type": ["IAMUser"]},
        {"sessionContext": {"attributes": {"mfaAuthenticated": ["false"]}}},
        {"sessionContext": {"attributes": {"mfaAuthenticated": ["true"]}}},
    ],
)
@pytest.mark.parametrize("threat", [name for name in PATTERNS if name not in CALLER_IS_KNOWN])
def test_pattern_of_some_callers_only_fails(pack: PackProcess, threat, caller):
    pattern = PATTERNS[threat] | {"detail": PATTERNS[threat]["detail"] | {"userIdentity": caller}}
    text = uncovered_threats(pack, [*STACK_WITH_PHI, *event_rules_except(threat), *event_rule("narrow", pattern)])
    assert threat in text


@pytest.mark.parametrize(
    ("threat", "patterns"),
    [
        ("a trail", [{"detail": {"eventName": ["StopLogging"]}}, {"detail": {"eventName": [{"suffix": "Trail"}]}}]),
        (
            "denied access",
            [{"detail": {"errorCode": ["AccessDenied"], "requestParameters": {"bucketName": ["data"]}}}],
        ),
        ("denied access", [{"detail": {"errorCode": ["AccessDenied"], "resources": {"ARN": ["arn:aws:s3:::data"]}}}]),
        ("a break-glass role", [{"detail": {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": ["x"]}}}}}]),
        ("a break-glass role", [{"source": ["aws.sts"], "detail": {"eventName": ["AssumeRole"]}}]),
    ],
)
def test_other_patterns_for_the_same_threat_pass(pack: PackProcess, threat, patterns):
    resources = [
        resource for index, pattern in enumerate(patterns) for resource in event_rule(f"rule-{index}", pattern)
    ]
    assert uncovered_threats(pack, [*STACK_WITH_PHI, *event_rules_except(threat), *resources]) == ""


@pytest.mark.parametrize(
    "inputs",
    [
        {"state": "DISABLED"},
        {"isEnabled": False},
        {"eventBusName": "own"},
        {"eventPattern": None, "scheduleExpression": "rate(1 day)"},
        {"eventPattern": "{"},
    ],
)
def test_rule_that_receives_no_events_does_not_count(pack: PackProcess, inputs):
    inactive_rule = event_rule("trail", PATTERNS["a trail"], **inputs)
    assert "a trail" in uncovered_threats(pack, [*STACK_WITH_PHI, *event_rules_except("a trail"), *inactive_rule])
    assert "a trail" in uncovered_threats(
        pack, [*STACK_WITH_PHI, *event_rules_except("a trail"), event_rule("trail", PATTERNS["a trail"])[0]]
    )


@pytest.mark.parametrize(
    "inputs",
    [
        {"state": "ENABLED"},
        {"state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"},
        {"isEnabled": True},
        {"eventBusName": "default"},
        {"eventBusName": "arn:aws:events:us-east-1:111122223333:event-bus/default"},
    ],
)
def test_enabled_rule_on_the_default_bus_counts(pack: PackProcess, inputs):
    assert (
        uncovered_threats(
            pack, [*STACK_WITH_PHI, *event_rules_except("a trail"), *event_rule("trail", PATTERNS["a trail"], **inputs)]
        )
        == ""
    )


def test_rule_receives_only_events_of_its_own_region(pack: PackProcess):
    """Global service events are recorded in us-east-1."""
    rule_in_other_region = event_rule("elsewhere", PATTERNS["root user"], region="us-west-2")
    assert "root user" in uncovered_threats(
        pack, [*STACK_WITH_PHI, *event_rules_except("root user"), *rule_in_other_region]
    )


def test_target_may_refer_to_its_rule(pack: PackProcess):
    rule, _ = event_rule("trail", PATTERNS["a trail"])
    target = Resource(EVENT_TARGET, "target", {"rule": UNKNOWN, "arn": TOPIC_ARN}, comes_from={"rule": ["trail"]})
    assert uncovered_threats(pack, [*STACK_WITH_PHI, *event_rules_except("a trail"), rule, target]) == ""


def test_alarm_on_4xx_errors_covers_denied_access(pack: PackProcess):
    partial = Resource(
        "aws:s3/bucketMetric:BucketMetric", "r", {"bucket": "data", "name": "reports", "filter": {"prefix": "reports/"}}
    )
    stack = [*STACK_WITH_PHI, metrics(), partial, *event_rules_except("denied access")]
    assert uncovered_threats(pack, [*stack, alarm(**request_metric())]) == ""
    assert (
        uncovered_threats(pack, [*stack, alarm(metricQueries=[metric_query(request_metric(), returnData=True)])]) == ""
    )
    for insufficient_alarm in (
        alarm(**request_metric(filter_id="x")),
        alarm(**request_metric(metric="5xxErrors")),
        alarm(**request_metric("other")),
        alarm(**metric_inputs("AWS/S3", "4xxErrors", {"BucketName": "data", "FilterId": "every", "Prefix": "a/"})),
        replace(alarm(**request_metric()), region="us-west-2"),
        alarm(**request_metric(filter_id="reports")),
        alarm(**request_metric(), actionsEnabled=False),
        alarm(**request_metric(), alarmActions=[]),
    ):
        assert "denied access" in uncovered_threats(pack, [*stack, insufficient_alarm])


@pytest.mark.parametrize(
    "change",
    [
        {"alarmActions": UNKNOWN},
        request_metric(filter_id=UNKNOWN),
        request_metric(UNKNOWN),
        request_metric(metric=UNKNOWN),
        metric_inputs("AWS/S3", "4xxErrors", UNKNOWN),
        {"metricName": None, "metricQueries": UNKNOWN},
        {"statistic": UNKNOWN},
        {"statistic": "Average", "threshold": 0.05},
        {"statistic": "Minimum"},
        {"statistic": "SampleCount"},
        {"statistic": None, "extendedStatistic": "p99"},
        {"threshold": UNKNOWN},
        {"threshold": None, "thresholdMetricId": "band", "comparisonOperator": "GreaterThanUpperThreshold"},
        {"comparisonOperator": UNKNOWN},
        {"evaluationPeriods": UNKNOWN},
        {"datapointsToAlarm": UNKNOWN},
        {"period": UNKNOWN},
        {"period": None},
        {"treatMissingData": UNKNOWN},
        {"treatMissingData": "breaching"},
        {"unit": UNKNOWN},
        {"metricName": None, "dimensions": None, **as_metric_queries(request_metric())},
        {"metricName": None, "dimensions": None, "metricQueries": [metric_query(request_metric(), returnData=UNKNOWN)]},
    ],
)
def test_alarm_that_may_cover_denied_access_is_unverified(pack: PackProcess, change):
    stack = [*STACK_WITH_PHI, metrics(), *event_rules_except("denied access"), alarm(**request_metric() | change)]
    assert unverified_resources(pack, ALARM_COVERAGE, stack) == {"stack"}


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 10},  # as in the guide that this project started from
        {"threshold": 11, "comparisonOperator": "GreaterThanOrEqualToThreshold"},
        {"threshold": 4, "evaluationPeriods": 2},
        {"threshold": 10, "evaluationPeriods": 5, "datapointsToAlarm": 1},
        {"statistic": "Maximum"},
        {"statistic": "Maximum", "evaluationPeriods": 11},
        {"period": 86400, "evaluationPeriods": 7, "datapointsToAlarm": 1},
        {"unit": "Count"},
        {"treatMissingData": "missing"},
        {"treatMissingData": "ignore"},
        {"treatMissingData": "notBreaching"},
        {"evaluationWindow": {"wallClockWindow": {"timezone": "UTC"}}},
    ],
)
def test_alarm_that_goes_off_at_some_denied_requests_covers_them(pack: PackProcess, change):
    stack = [*STACK_WITH_PHI, metrics(), *event_rules_except("denied access"), alarm(**request_metric() | change)]
    assert uncovered_threats(pack, stack) == ""


CANNOT_GO_OFF = [
    {"threshold": 1e12},
    {"comparisonOperator": "LessThanThreshold", "threshold": 0},
    {"comparisonOperator": "LessThanThreshold", "threshold": 1000},
    {"comparisonOperator": "LessThanOrEqualToThreshold"},
    {"comparisonOperator": "LessThanLowerThreshold", "threshold": None, "thresholdMetricId": "band"},
    {"comparisonOperator": "GreaterThanOrEqualToThreshold", "threshold": 0},
    {"threshold": -1},
    {"statistic": "Maximum", "threshold": 1},
    {"evaluationPeriods": 12},
    {"evaluationPeriods": 20, "datapointsToAlarm": 12},
    {"statistic": "Maximum", "evaluationPeriods": 12},
    {"period": 604800},
    {"period": 43200, "evaluationPeriods": 3},
    {"unit": "Bytes"},
]


@pytest.mark.parametrize("change", [*CANNOT_GO_OFF, {"threshold": 11}, {"threshold": 10, "evaluationPeriods": 2}])
def test_alarm_that_does_not_go_off_at_denied_requests_does_not_cover_them(pack: PackProcess, change):
    stack = [*STACK_WITH_PHI, metrics(), *event_rules_except("denied access"), alarm(**request_metric() | change)]
    text = uncovered_threats(pack, stack)
    assert "denied access" in text
    assert "; the alarm alarm " in text


def test_denied_requests_until_the_alarm_are_an_option():
    stack = [*STACK_WITH_PHI, metrics(), *event_rules_except("denied access")]
    five, six = (alarm(**request_metric(), threshold=threshold) for threshold in (4, 5))
    with start_pack() as strict:
        strict.configure(cloudwatch_alarm_coverage={"deniedRequests": 5})
        assert uncovered_threats(strict, [*stack, five]) == ""
        assert "doesn't go off after 5 such events" in uncovered_threats(strict, [*stack, six])


def test_each_bucket_needs_an_alarm_on_denied_access(pack: PackProcess):
    stack = [
        *STACK_WITH_PHI,
        bucket("more"),
        metrics(),
        alarm(**request_metric()),
        *event_rules_except("denied access"),
    ]
    assert "denied access" in uncovered_threats(pack, stack)
    more = [metrics("more", name="m2"), alarm("a2", **request_metric("more"))]
    assert uncovered_threats(pack, [*stack, *more]) == ""


@pytest.mark.parametrize(
    "resources",
    [
        [metric_filter("trail", FILTERS["a trail"])],
        filter_with_alarm("trail", FILTERS["a trail"], alarmActions=[]),
        filter_with_alarm("trail", FILTERS["a trail"], actionsEnabled=False),
        filter_with_alarm("trail", FILTERS["a trail"], log_group="/app"),
        filter_with_alarm("trail", '{ $.eventName = "StopLogging" }'),
        [metric_filter("trail", FILTERS["a trail"]), alarm(**metric_inputs("Audit", "Other"))],
    ],
)
def test_filter_without_effective_alarm_does_not_count(pack: PackProcess, resources):
    assert "a trail" in uncovered_threats(pack, [*STACK_WITH_PHI, *filters_except("a trail"), *resources])


@pytest.mark.parametrize(
    "change",
    [*CANNOT_GO_OFF, {"threshold": 1}, {"evaluationPeriods": 2}, {"evaluationPeriods": 3, "datapointsToAlarm": 2}],
)
def test_filter_whose_alarm_does_not_go_off_at_one_event_does_not_count(pack: PackProcess, change):
    """A key is disabled once, and a trail is stopped once."""
    resources = filter_with_alarm("trail", FILTERS["a trail"], **change)
    text = uncovered_threats(pack, [*STACK_WITH_PHI, *filters_except("a trail"), *resources])
    assert "a trail" in text
    assert "; the alarm trail-alarm " in text


@pytest.mark.parametrize(
    "change",
    [
        {"threshold": 1, "comparisonOperator": "GreaterThanOrEqualToThreshold"},
        {"statistic": "Maximum"},
        {"unit": "None"},
        {"evaluationPeriods": 3, "datapointsToAlarm": 1},
    ],
)
def test_filter_whose_alarm_goes_off_at_one_event_counts(pack: PackProcess, change):
    resources = filter_with_alarm("trail", FILTERS["a trail"], **change)
    assert uncovered_threats(pack, [*STACK_WITH_PHI, *filters_except("a trail"), *resources]) == ""


def test_filter_of_denied_requests_may_need_several_of_them(pack: PackProcess):
    stack = [*STACK_WITH_PHI, *filters_except("denied access")]
    few, many = (
        filter_with_alarm("denied access", FILTERS["denied access"], threshold=threshold) for threshold in (10, 11)
    )
    assert uncovered_threats(pack, [*stack, *few]) == ""
    assert "denied access" in uncovered_threats(pack, [*stack, *many])


def filter_that_publishes(**transformation: Any) -> Resource:
    published = {"namespace": "Audit", "name": "trail", "value": "1"} | transformation
    return metric_filter_resource("trail", FILTERS["a trail"], "/audit", published, {})


@pytest.mark.parametrize(
    ("transformation", "covered"),
    [
        ({"value": 1}, True),
        ({"value": "10"}, True),
        ({"defaultValue": "0"}, True),
        ({"unit": "Count"}, True),
        ({"value": "0"}, False),
        ({"value": "-1"}, False),
        ({"value": "0.5"}, True),
        ({"defaultValue": "1"}, False),
        ({"defaultValue": "-1000"}, False),
    ],
)
def test_values_of_a_filter_decide_whether_its_alarm_goes_off(pack: PackProcess, transformation, covered):
    resources = [filter_that_publishes(**transformation), alarm(**metric_inputs("Audit", "trail"))]
    text = uncovered_threats(pack, [*STACK_WITH_PHI, *filters_except("a trail"), *resources])
    assert ("a trail" not in text) is covered


def test_alarm_has_to_watch_the_unit_and_the_region_of_its_filter(pack: PackProcess):
    on_metric = alarm(**metric_inputs("Audit", "trail"))
    counted = replace(on_metric, inputs=on_metric.inputs | {"unit": "Count"})
    stack = [*STACK_WITH_PHI, *filters_except("a trail")]
    assert uncovered_threats(pack, [*stack, filter_that_publishes(unit="Count"), counted]) == ""
    assert "a trail" in uncovered_threats(pack, [*stack, filter_that_publishes(), counted])
    elsewhere = replace(on_metric, region="us-west-2")
    assert "a trail" in uncovered_threats(pack, [*stack, filter_that_publishes(), elsewhere])
    assert failed_resources(pack, METRIC_EXISTS, [filter_that_publishes(), elsewhere]) == {"alarm"}


def test_filter_may_refer_to_the_trails_log_group(pack: PackProcess):
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "group", {})
    inputs = {"cloudWatchLogsGroupArn": UNKNOWN}
    trail = Resource(TRAIL.type, "own", inputs, comes_from={"cloudWatchLogsGroupArn": ["group"]})
    referring_filter = metric_filter("trail", FILTERS["a trail"], UNKNOWN, {"logGroupName": ["group"]})
    stack = [
        *STACK_WITH_PHI,
        *event_rules_except("a trail"),
        group,
        referring_filter,
        alarm(**metric_inputs("Audit", "Refused")),
    ]
    assert uncovered_threats(pack, [*stack, trail]) == ""
    assert "a trail" in uncovered_threats(pack, stack)


@pytest.mark.parametrize(
    "resources",
    [
        event_rule("trail", UNKNOWN),
        event_rule("trail", PATTERNS["a trail"], state=UNKNOWN),
        event_rule("trail", PATTERNS["a trail"], isEnabled=UNKNOWN),
        event_rule("trail", PATTERNS["a trail"], eventBusName=UNKNOWN),
        event_rule("trail", {"detail": {"eventName": [{"some-new-operator": 1}]}}),
        event_rule("trail", {"source": ["aws.cloudtrail"], "detail": {"requestParameters": {"name": ["trail"]}}}),
        [TRAIL, *filter_with_alarm("trail", UNKNOWN)],
        [TRAIL, *filter_with_alarm("trail", "StopLogging")],
        [TRAIL, metric_filter("trail", FILTERS["a trail"]), alarm(metricQueries=UNKNOWN)],
        [TRAIL, *filter_with_alarm("trail", FILTERS["a trail"], log_group=UNKNOWN)],
        [TRAIL, *filter_with_alarm("trail", FILTERS["a trail"], alarmActions=UNKNOWN)],
        [TRAIL, metric_filter("trail", FILTERS["a trail"], metric=UNKNOWN), alarm(**metric_inputs("Audit", "trail"))],
        [
            TRAIL,
            metric_filter("trail", FILTERS["a trail"], dimensions=PATIENT_DIMENSION),
            alarm(**metric_inputs("Audit", "Refused", {"Patient": "x"})),
        ],
        *(
            [
                TRAIL,
                metric_filter_resource("trail", FILTERS["a trail"], "/audit", transformation, {}),
                alarm(**metric_inputs("Audit", "trail")),
            ]
            for transformation in (
                {"namespace": "Audit", "name": "trail", "value": UNKNOWN},
                {"namespace": "Audit", "name": "trail", "value": "$.bytes"},
                {"namespace": "Audit", "name": "trail", "value": "1e999"},
                {"namespace": "Audit", "name": "trail", "value": "1", "defaultValue": UNKNOWN},
                {"namespace": "Audit", "name": "trail", "value": "1", "unit": UNKNOWN},
            )
        ),
    ],
)
def test_possible_alert_is_unverified(pack: PackProcess, resources):
    assert unverified_resources(
        pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *event_rules_except("a trail"), *resources]
    ) == {"stack"}


def test_pattern_with_a_key_arn_covers_only_that_key(pack: PackProcess):
    arn = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
    rule = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": arn}
    encrypted = bucket(serverSideEncryptionConfiguration={"rule": {"applyServerSideEncryptionByDefault": rule}})
    own_key_rule = event_rule(
        "key",
        PATTERNS["a key disabled"] | {"detail": {**PATTERNS["a key disabled"]["detail"], "resources": {"ARN": [arn]}}},
    )
    other_key_rule = event_rule("key", {"detail": {"resources": {"ARN": [arn[:-1] + "6"]}}})
    assert uncovered_threats(pack, [STACK, encrypted, *event_rules_except("a key disabled"), *own_key_rule]) == ""
    assert "a key disabled" in uncovered_threats(
        pack, [STACK, encrypted, *event_rules_except("a key disabled"), *other_key_rule]
    )
    assert unverified_resources(
        pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *event_rules_except("a key disabled"), *own_key_rule]
    ) == {"stack"}


@pytest.mark.parametrize("alerted", [0, 1])
def test_each_key_of_a_bucket_with_two_encryption_settings_needs_an_alert(pack: PackProcess, alerted):
    keys = [f"arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-33334444555{digit}" for digit in "56"]
    inline, separate = (
        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}} for key in keys
    )
    encrypted = [
        bucket(serverSideEncryptionConfiguration={"rule": inline}),
        Resource(
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "encryption",
            {"bucket": "data", "rules": [separate]},
        ),
    ]
    pattern = {"source": ["aws.kms"], "detail": {"resources": {"ARN": [keys[alerted]]}}}
    stack = [STACK, *encrypted, *event_rules_except("a key disabled"), *event_rule("key", pattern)]
    assert "a key disabled" in uncovered_threats(pack, stack)


def test_pattern_is_unverified_if_the_bucket_names_an_alias(pack: PackProcess):
    rule = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/phi"}
    encrypted = bucket(serverSideEncryptionConfiguration={"rule": {"applyServerSideEncryptionByDefault": rule}})
    own_key_rule = event_rule("key", {"source": ["aws.kms"], "detail": {"requestParameters": {"keyId": ["0a1b2c3d"]}}})
    assert unverified_resources(
        pack, ALARM_COVERAGE, [STACK, encrypted, *event_rules_except("a key disabled"), *own_key_rule]
    ) == {"stack"}


def test_finding_does_not_show_patterns(pack: PackProcess):
    (finding,) = findings_for(
        pack,
        ALARM_COVERAGE,
        [*STACK_WITH_PHI, *event_rules_except("a trail"), *event_rule("trail", {"detail": {"eventName": ["hunter2"]}})],
    )
    assert "hunter2" not in finding.message


OWN_ACCOUNT, OTHER_ACCOUNT = "111122223333", "999999999999"


def in_account(account: str, stack: Sequence[Resource]) -> list[Resource]:
    """Return the resources with a provider of this account."""
    return [replace(resource, provider=account, account=account) for resource in stack]


@pytest.mark.parametrize("account", [OWN_ACCOUNT, OTHER_ACCOUNT])
def test_event_rule_receives_only_the_events_of_its_own_account(pack: PackProcess, account):
    stack = [STACK, *in_account(OWN_ACCOUNT, [bucket()]), *in_account(account, event_rules_except())]
    assert bool(uncovered_threats(pack, stack)) is (account == OTHER_ACCOUNT)


@pytest.mark.parametrize(
    ("changes", "covered"),
    [({}, True), ({"region": "us-west-2"}, False), ({"provider": OTHER_ACCOUNT, "account": OTHER_ACCOUNT}, False)],
)
def test_alarm_on_a_request_metric_counts_only_in_the_buckets_account_and_region(pack: PackProcess, changes, covered):
    request_alarm = alarm(**request_metric())
    data = in_account(OWN_ACCOUNT, [bucket(), metrics(), *event_rules_except("denied access"), request_alarm])
    stack = [STACK, *data[:-1], replace(data[-1], **changes)]
    assert ("denied access" not in uncovered_threats(pack, stack)) is covered


# Guards of which another one has the name: AWS keeps only one of the two.


def named(resource: Resource, name: str = "guard", **changes: Any) -> Resource:
    return replace(resource, inputs=resource.inputs | {"name": name}, **changes)


RULE, RULE_TARGET = event_rule("guard", PATTERNS["a trail"])
RULES = [*event_rules_except("a trail"), RULE, RULE_TARGET]
FILTER, FILTER_ALARM = map(named, filter_with_alarm("trail", FILTERS["a trail"]))
WITH_FILTER = [TRAIL, *event_rules_except("a trail"), FILTER, FILTER_ALARM]
WITH_REQUEST_ALARM = [*event_rules_except("denied access"), metrics(), named(alarm(**request_metric()))]
POSING_RULE = replace(RULE, name="posing", inputs=RULE.inputs | {"eventPattern": '{"source": ["example"]}'})
POSING_FILTER = named(metric_filter("posing", "never", metric="Other"))
POSING_ALARM = named(alarm("posing", **metric_inputs("AWS/EC2", "CPUUtilization")))


@pytest.mark.parametrize(
    ("stack", "posing"),
    [
        (RULES, POSING_RULE),
        (WITH_FILTER, POSING_FILTER),
        (WITH_FILTER, POSING_ALARM),
        (WITH_REQUEST_ALARM, POSING_ALARM),
        (WITH_REQUEST_ALARM, replace(metrics(name="posing"), inputs=metrics().inputs | {"filter": {"prefix": "x"}})),
    ],
    ids=["rule", "metric filter", "alarm", "alarm on a request metric", "metrics configuration"],
)
def test_guard_of_which_another_has_the_name_does_not_count(pack: PackProcess, stack, posing):
    assert unverified_resources(pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *stack]) == set()
    assert unverified_resources(pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *stack, posing]) == {"stack"}
    elsewhere = replace(posing, region="us-west-2", provider="west")
    assert unverified_resources(pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *stack, elsewhere]) == set()


def test_rule_of_the_same_name_on_another_bus_replaces_none(pack: PackProcess):
    elsewhere = replace(POSING_RULE, inputs=POSING_RULE.inputs | {"eventBusName": "orders"})
    assert unverified_resources(pack, ALARM_COVERAGE, [*STACK_WITH_PHI, *RULES, elsewhere]) == set()


def test_target_of_another_regions_rule_does_not_count(pack: PackProcess):
    others = [*STACK_WITH_PHI, *event_rules_except("a trail"), RULE]
    for name in ("guard", UNKNOWN):
        target = replace(RULE_TARGET, inputs=RULE_TARGET.inputs | {"rule": name}, comes_from={"rule": ["guard"]})
        assert findings_for(pack, ALARM_COVERAGE, [*others, target]) == []
        assert findings_for(pack, ALARM_COVERAGE, [*others, replace(target, region="us-west-2", provider="west")])


def test_filter_of_another_regions_log_group_does_not_count(pack: PackProcess):
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "group", {"name": "/audit"})
    others = [*STACK_WITH_PHI, TRAIL, group, *event_rules_except("a trail")]
    for name in ("/audit", UNKNOWN):
        audit_filter, filter_alarm = filter_with_alarm("trail", FILTERS["a trail"], name)
        guards = [replace(audit_filter, comes_from={"logGroupName": ["group"]}), filter_alarm]
        assert findings_for(pack, ALARM_COVERAGE, [*others, *guards]) == []
        elsewhere = [replace(guard, region="us-west-2", provider="west") for guard in guards]
        assert findings_for(pack, ALARM_COVERAGE, [*others, *elsewhere])
