"""Alarms and EventBridge rules: that they tell somebody, can go off, and cover what puts PHI at risk."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

ACTS, FIRES, COVERAGE = "cloudwatch-alarm-action", "cloudwatch-alarm-metric-exists", "cloudwatch-alarm-coverage"
ALARM, COMPOSITE = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/compositeAlarm:CompositeAlarm"
TOPIC_ARN = "arn:aws:sns:us-east-1:111122223333:alerts"
STACK = Resource("pulumi:pulumi:Stack", "stack", {})
TOPIC = Resource("aws:sns/topic:Topic", "topic", {})


def alarm(name: str = "alarm", token: str = ALARM, comes_from: Any = None, **inputs: Any) -> Resource:
    return Resource(token, name, {"alarmActions": [TOPIC_ARN]} | inputs, comes_from=comes_from or {})


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
def test_an_alarm_that_tells_somebody_passes(pack: PackProcess, token, inputs):
    assert failed_resources(pack, ACTS, [alarm(token=token, **inputs)]) == set()


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
def test_an_alarm_that_tells_nobody_fails(pack: PackProcess, token, inputs):
    assert failed_resources(pack, ACTS, [alarm("right", token), alarm(token=token, **inputs)]) == {"alarm"}


def test_a_topic_of_the_stack_is_told(pack: PackProcess):
    joined = alarm(alarmActions=[UNKNOWN], comes_from={"alarmActions": ["topic"]})
    assert failed_resources(pack, ACTS, [TOPIC, joined]) == set()
    two = [TOPIC, Resource(TOPIC.type, "more", {})]
    assert unverified_resources(
        pack, ACTS, [*two, alarm(alarmActions=[UNKNOWN], comes_from={"alarmActions": ["topic", "more"]})]
    ) == {"alarm"}


@pytest.mark.parametrize(
    "inputs", [{"actionsEnabled": UNKNOWN}, {"alarmActions": UNKNOWN}, {"alarmActions": [UNKNOWN]}]
)
def test_an_alarm_that_may_tell_somebody_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, ACTS, [alarm(**inputs)]) == {"alarm"}


# cloudwatch-alarm-metric-exists


def bucket(name: str = "data", named: bool = True, **inputs: Any) -> Resource:
    given = {"tags": {"DataClass": "PHI"}} | ({"bucket": name} if named else {}) | inputs
    return Resource("aws:s3/bucket:Bucket", name, given)


def metrics(of: str = "data", *sources: str, name: str = "metrics", filter_id: Any = "every") -> Resource:
    given = {"bucket": of, "name": filter_id}
    return Resource("aws:s3/bucketMetric:BucketMetric", name, given, comes_from={"bucket": sources})


def on(namespace: Any, metric: Any, dimensions: Any = None) -> dict[str, Any]:
    return {"namespace": namespace, "metricName": metric, "dimensions": dimensions}


def requests(name: Any = "data", filter_id: Any = "every", metric: Any = "4xxErrors") -> dict[str, Any]:
    return on("AWS/S3", metric, {"BucketName": name, "FilterId": filter_id})


def queries(*given: dict[str, Any]) -> dict[str, Any]:
    asked = [{"id": f"m{at}", "metric": each} for at, each in enumerate(given)]
    return {"metricQueries": [*asked, {"id": "e", "expression": "m0 / 2", "returnData": True}]}


@pytest.mark.parametrize(
    "inputs",
    [
        requests(),
        requests(metric="AllRequests"),
        queries(requests()),
        on("AWS/S3", "BucketSizeBytes", {"BucketName": "data", "StorageType": "StandardStorage"}),
        on("AWS/Lambda", "Errors"),
        requests("of-another-stack"),
        {},
    ],
)
def test_an_alarm_on_a_metric_that_s3_publishes_passes(pack: PackProcess, inputs):
    assert failed_resources(pack, FIRES, [bucket(), metrics(), alarm(**inputs)]) == set()


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
@pytest.mark.parametrize("form", [dict, queries])
def test_an_alarm_without_both_dimensions_fails(pack: PackProcess, dimensions, form):
    given = form(on("AWS/S3", "4xxErrors", dimensions))
    assert failed_resources(pack, FIRES, [bucket(), metrics(), alarm("right", **requests()), alarm(**given)]) == {
        "alarm"
    }


@pytest.mark.parametrize("configured", [[], [metrics("other")], [metrics(filter_id="reports")]])
def test_an_alarm_on_a_configuration_that_the_bucket_has_not_fails(pack: PackProcess, configured):
    stack = [bucket(), bucket("other"), *configured, alarm(**requests())]
    assert failed_resources(pack, FIRES, stack) == {"alarm"}


def test_one_wrong_metric_of_two_fails(pack: PackProcess):
    assert failed_resources(
        pack, FIRES, [bucket(), metrics(), alarm(**queries(requests(), requests(filter_id="x")))]
    ) == {"alarm"}


def test_a_bucket_and_its_configuration_are_joined_by_reference(pack: PackProcess):
    given = metrics(UNKNOWN, "data", filter_id=UNKNOWN)
    joined = alarm(**requests(UNKNOWN, UNKNOWN), comes_from={"dimensions": ["data", "metrics"]})
    assert failed_resources(pack, FIRES, [bucket(named=False), given, joined]) == set()
    of_other = metrics(UNKNOWN, "other", filter_id=UNKNOWN)
    stack = [bucket(named=False), bucket("other", named=False), of_other, joined]
    assert failed_resources(pack, FIRES, stack) == {"alarm"}


def test_two_configurations_may_have_one_name(pack: PackProcess):
    both = [metrics("other", name="more"), metrics()]
    given = [alarm(**requests()), alarm("second", **requests("other"))]
    assert failed_resources(pack, FIRES, [bucket(), bucket("other"), *both, *given]) == set()


@pytest.mark.parametrize(
    "inputs",
    [
        {"metricQueries": UNKNOWN},
        {"metricQueries": [UNKNOWN]},
        on("AWS/S3", "4xxErrors", UNKNOWN),
        requests(UNKNOWN),
        requests(filter_id=UNKNOWN),
        requests(metric=UNKNOWN),
        on(UNKNOWN, "4xxErrors", {"BucketName": "data", "FilterId": "every"}),
    ],
)
def test_an_alarm_whose_metric_isnt_known_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, FIRES, [bucket(), metrics(), alarm(**inputs)]) == {"alarm"}


def test_a_configuration_whose_name_isnt_known_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, FIRES, [bucket(), metrics(filter_id=UNKNOWN), alarm(**requests())]) == {"alarm"}


def published(
    resource: str = "filter",
    pattern: Any = "",
    of: Any = "/audit",
    comes_from: Any = None,
    namespace: Any = "Audit",
    metric: Any = "Refused",
    dimensions: Any = None,
) -> Resource:
    transformation = {"namespace": namespace, "name": metric, "value": "1", "dimensions": dimensions}
    return filtering(resource, pattern, of, transformation, comes_from or {})


def filtering(resource: str, pattern: Any, of: Any, transformation: Any, comes_from: Any) -> Resource:
    given = {"logGroupName": of, "pattern": pattern, "metricTransformation": transformation}
    return Resource("aws:cloudwatch/logMetricFilter:LogMetricFilter", resource, given, comes_from=comes_from)


PATIENT = {"Patient": "$.patient"}


@pytest.mark.parametrize(
    ("filters", "metric"),
    [
        ([published()], on("Audit", "Refused")),
        ([published()], queries(on("Audit", "Refused"))),
        ([published(dimensions=PATIENT)], on("Audit", "Refused", {"Patient": "x"})),
        ([published(), published("more", metric="Other")], on("Audit", "Other")),
        ([published()], on("App", "Latency")),
        ([], on("Audit", "Refused")),
    ],
)
def test_an_alarm_on_a_metric_of_a_filter_passes(pack: PackProcess, filters, metric):
    assert failed_resources(pack, FIRES, [*filters, alarm(**metric)]) == set()


@pytest.mark.parametrize(
    ("filters", "metric"),
    [
        ([published()], on("Audit", "Refusd")),
        ([published()], on("Other", "Refused")),
        ([published()], on("audit", "Refused")),
        ([published()], on(None, "Refused")),
        ([published()], on("Audit", "Refused", {"Patient": "x"})),
        ([published(dimensions=PATIENT)], on("Audit", "Refused")),
        ([published(dimensions=PATIENT)], on("Audit", "Refused", {"User": "x"})),
        ([published(), published("more", namespace="More", metric="Other")], on("Audit", "Other")),
    ],
)
def test_an_alarm_on_a_metric_that_no_filter_publishes_fails(pack: PackProcess, filters, metric):
    assert failed_resources(pack, FIRES, [*filters, alarm(**metric)]) == {"alarm"}


@pytest.mark.parametrize(
    "given",
    [
        published(metric=UNKNOWN),
        published(namespace=UNKNOWN),
        published(dimensions=UNKNOWN),
        filtering("filter", "", "/audit", UNKNOWN, {}),
    ],
)
def test_a_filter_that_may_publish_it_is_unverified(pack: PackProcess, given):
    assert unverified_resources(pack, FIRES, [given, alarm(**on("Audit", "Refused"))]) == {"alarm"}


# cloudwatch-alarm-coverage

PATTERNS: dict[str, dict[str, Any]] = {
    "refused access": {"source": ["aws.s3"], "detail": {"errorCode": [{"prefix": "AccessDenied"}]}},
    "a key": {"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}},
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
    "root used": {"detail": {"userIdentity": {"type": ["Root"]}}},
}
FILTERS = {
    "refused access": '{ ($.eventSource = "s3.amazonaws.com") && ($.errorCode = "AccessDenied*") }',
    "a key": '{ ($.eventName = "DisableKey") || ($.eventName = "ScheduleKeyDeletion") }',
    "a bucket policy": '{ $.eventSource = "s3.amazonaws.com" && ($.eventName = "*BucketPolicy" '
    '|| $.eventName = "*BucketPublicAccessBlock") }',
    "a trail": '{ $.eventName = "StopLogging" || $.eventName = "DeleteTrail" || $.eventName = "UpdateTrail" }',
    "a break-glass role": '{ $.userIdentity.sessionContext.sessionIssuer.userName = "break-glass" }',
    "root used": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && '
    '$.eventType != "AwsServiceEvent" }',
}
RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
TRAIL = Resource("aws:cloudtrail/trail:Trail", "trail", {"cloudWatchLogsGroupArn": "/audit"})
PHI = [STACK, bucket()]


def watching(name: str, pattern: Any, region: str = "us-east-1", **inputs: Any) -> list[Resource]:
    """A rule and a target of it."""
    text = pattern if isinstance(pattern, str) else json.dumps(pattern)
    rule = Resource(RULE, name, {"name": name, "eventPattern": text} | inputs, region=region)
    return [rule, Resource(TARGET, f"{name}-target", {"rule": name, "arn": TOPIC_ARN})]


def counting(name: str, pattern: Any, of: Any = "/audit", **change: Any) -> list[Resource]:
    """A metric filter and an alarm on its metric."""
    return [published(name, pattern, of, metric=name), alarm(f"{name}-alarm", **on("Audit", name), **change)]


def rules(*but: str) -> list[Resource]:
    return [each for name, pattern in PATTERNS.items() if name not in but for each in watching(name, pattern)]


def filters(*but: str) -> list[Resource]:
    return [TRAIL, *(each for name, text in FILTERS.items() if name not in but for each in counting(name, text))]


def told(pack: PackProcess, stack: Sequence[Resource]) -> str:
    """What nothing raises an alert on."""
    findings = findings_for(pack, COVERAGE, stack)
    assert all(finding.resource == "stack" and "known yet" not in finding.message for finding in findings)
    return findings[0].message.splitlines()[1] if findings else ""


@pytest.mark.parametrize("stack", [rules(), filters()])
def test_what_watches_all_passes(pack: PackProcess, stack):
    assert told(pack, [*PHI, *stack]) == ""


@pytest.mark.parametrize("of", [rules, filters])
@pytest.mark.parametrize("subject", PATTERNS)
def test_what_nothing_watches_is_told_alone(pack: PackProcess, of, subject):
    text = told(pack, [*PHI, *of(subject)])
    assert [each for each in PATTERNS if each in text.split("alert on", 1)[1]] == [subject]


def test_a_stack_without_phi_isnt_asked(pack: PackProcess):
    assert told(pack, [STACK]) == ""
    assert told(pack, [STACK, bucket(tags={"DataClass": "Internal"})]) == ""
    assert all(subject in told(pack, PHI) for subject in PATTERNS)


@pytest.mark.parametrize(
    ("subject", "pattern", "missing"),
    [
        ("a key", {"detail": {"eventName": ["DisableKey"]}}, "(ScheduleKeyDeletion)"),
        ("a trail", {"detail": {"eventName": ["StopLogging", "DeleteTrail"]}}, "(UpdateTrail)"),
        ("a trail", {"source": ["aws.s3"], "detail": {"eventName": [{"exists": True}]}}, "(StopLogging, DeleteTrail,"),
        ("refused access", {"detail": {"errorCode": ["AccessDenied"], "eventName": ["GetObject"]}}, "(PutObject, Del"),
        (
            "refused access",
            {"detail": {"errorCode": ["AccessDenied"], "requestParameters": {"bucketName": ["other"]}}},
            "(GetObject, ",
        ),
        ("root used", {"detail-type": ["AWS Console Sign In via CloudTrail"]}, "(CreateAccessKey)"),
        ("root used", {"detail-type": ["AWS API Call via CloudTrail"], **PATTERNS["root used"]}, "(ConsoleLogin)"),
        (
            "a bucket policy",
            {"detail": {"eventName": [{"prefix": "PutBucket"}]}},
            "(DeleteBucketPolicy, DeleteBucketPub",
        ),
        ("a break-glass role", {"source": ["aws.s3"], "detail": {"eventName": ["PutObject"]}}, "(AssumeRole)"),
    ],
)
def test_a_pattern_that_leaves_something_out_fails(pack: PackProcess, subject, pattern, missing):
    assert missing in told(pack, [*PHI, *rules(subject), *watching("narrow", pattern)])


@pytest.mark.parametrize(
    ("subject", "patterns"),
    [
        ("a trail", [{"detail": {"eventName": ["StopLogging"]}}, {"detail": {"eventName": [{"suffix": "Trail"}]}}]),
        (
            "refused access",
            [{"detail": {"errorCode": ["AccessDenied"], "requestParameters": {"bucketName": ["data"]}}}],
        ),
        ("refused access", [{"detail": {"errorCode": ["AccessDenied"], "resources": {"ARN": ["arn:aws:s3:::data"]}}}]),
        ("a break-glass role", [{"detail": {"userIdentity": {"sessionContext": {"sessionIssuer": {"arn": ["x"]}}}}}]),
        ("a break-glass role", [{"source": ["aws.sts"], "detail": {"eventName": ["AssumeRole"]}}]),
    ],
)
def test_other_patterns_that_watch_it_pass(pack: PackProcess, subject, patterns):
    given = [each for at, pattern in enumerate(patterns) for each in watching(f"rule-{at}", pattern)]
    assert told(pack, [*PHI, *rules(subject), *given]) == ""


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
def test_a_rule_that_sees_nothing_counts_for_nothing(pack: PackProcess, inputs):
    given = watching("trail", PATTERNS["a trail"], **inputs)
    assert "a trail" in told(pack, [*PHI, *rules("a trail"), *given])
    assert "a trail" in told(pack, [*PHI, *rules("a trail"), watching("trail", PATTERNS["a trail"])[0]])


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
def test_a_rule_that_sees_events_counts(pack: PackProcess, inputs):
    assert told(pack, [*PHI, *rules("a trail"), *watching("trail", PATTERNS["a trail"], **inputs)]) == ""


def test_a_rule_sees_its_own_region(pack: PackProcess):
    """What is of no region is recorded in us-east-1."""
    given = watching("elsewhere", PATTERNS["root used"], region="us-west-2")
    assert "root used" in told(pack, [*PHI, *rules("root used"), *given])


def test_a_rule_and_its_target_are_joined_by_reference(pack: PackProcess):
    rule, _ = watching("trail", PATTERNS["a trail"])
    target = Resource(TARGET, "target", {"rule": UNKNOWN, "arn": TOPIC_ARN}, comes_from={"rule": ["trail"]})
    assert told(pack, [*PHI, *rules("a trail"), rule, target]) == ""


def test_an_alarm_on_s3s_own_count_watches_refused_access(pack: PackProcess):
    stack = [*PHI, metrics(), *rules("refused access")]
    assert told(pack, [*stack, alarm(**requests())]) == ""
    assert told(pack, [*stack, alarm(**queries(requests()))]) == ""
    for wrong_one in (
        alarm(**requests(filter_id="x")),
        alarm(**requests(metric="5xxErrors")),
        alarm(**requests("other")),
        alarm(**requests(), actionsEnabled=False),
        alarm(**requests(), alarmActions=[]),
    ):
        assert "refused access" in told(pack, [*stack, wrong_one])


@pytest.mark.parametrize(
    "change",
    [
        {"alarmActions": UNKNOWN},
        requests(filter_id=UNKNOWN),
        requests(UNKNOWN),
        requests(metric=UNKNOWN),
        on("AWS/S3", "4xxErrors", UNKNOWN),
        {"metricName": None, "metricQueries": UNKNOWN},
    ],
)
def test_an_alarm_that_may_watch_refused_access_is_unverified(pack: PackProcess, change):
    stack = [*PHI, metrics(), *rules("refused access"), alarm(**requests() | change)]
    assert unverified_resources(pack, COVERAGE, stack) == {"stack"}


def test_of_two_buckets_the_one_that_isnt_watched_is_told(pack: PackProcess):
    stack = [*PHI, bucket("more"), metrics(), alarm(**requests()), *rules("refused access")]
    assert "refused access" in told(pack, stack)
    more = [metrics("more", name="m2"), alarm("a2", **requests("more"))]
    assert told(pack, [*stack, *more]) == ""


@pytest.mark.parametrize(
    "given",
    [
        [published("trail", FILTERS["a trail"])],
        counting("trail", FILTERS["a trail"], alarmActions=[]),
        counting("trail", FILTERS["a trail"], actionsEnabled=False),
        counting("trail", FILTERS["a trail"], of="/app"),
        counting("trail", '{ $.eventName = "StopLogging" }'),
        [published("trail", FILTERS["a trail"]), alarm(**on("Audit", "Other"))],
    ],
)
def test_a_filter_that_alerts_nobody_counts_for_nothing(pack: PackProcess, given):
    assert "a trail" in told(pack, [*PHI, *filters("a trail"), *given])


def test_a_filter_is_joined_to_the_trails_log_group_by_reference(pack: PackProcess):
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "group", {})
    inputs = {"cloudWatchLogsGroupArn": UNKNOWN}
    trail = Resource(TRAIL.type, "own", inputs, comes_from={"cloudWatchLogsGroupArn": ["group"]})
    joined = published("trail", FILTERS["a trail"], UNKNOWN, {"logGroupName": ["group"]})
    stack = [*PHI, *rules("a trail"), group, joined, alarm(**on("Audit", "Refused"))]
    assert told(pack, [*stack, trail]) == ""
    assert "a trail" in told(pack, stack)


@pytest.mark.parametrize(
    "given",
    [
        watching("trail", UNKNOWN),
        watching("trail", PATTERNS["a trail"], state=UNKNOWN),
        watching("trail", PATTERNS["a trail"], isEnabled=UNKNOWN),
        watching("trail", PATTERNS["a trail"], eventBusName=UNKNOWN),
        watching("trail", {"detail": {"eventName": [{"some-new-operator": 1}]}}),
        watching("trail", {"source": ["aws.cloudtrail"], "detail": {"requestParameters": {"name": ["trail"]}}}),
        [TRAIL, *counting("trail", UNKNOWN)],
        [TRAIL, *counting("trail", "StopLogging")],
        [TRAIL, published("trail", FILTERS["a trail"]), alarm(metricQueries=UNKNOWN)],
        [TRAIL, *counting("trail", FILTERS["a trail"], of=UNKNOWN)],
        [TRAIL, *counting("trail", FILTERS["a trail"], alarmActions=UNKNOWN)],
        [TRAIL, published("trail", FILTERS["a trail"], metric=UNKNOWN), alarm(**on("Audit", "trail"))],
    ],
)
def test_what_may_watch_it_is_unverified(pack: PackProcess, given):
    assert unverified_resources(pack, COVERAGE, [*PHI, *rules("a trail"), *given]) == {"stack"}


def test_a_pattern_of_a_key_is_judged_by_the_keys_arn(pack: PackProcess):
    arn = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
    rule = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": arn}
    encrypted = bucket(serverSideEncryptionConfiguration={"rule": {"applyServerSideEncryptionByDefault": rule}})
    own = watching("key", PATTERNS["a key"] | {"detail": {**PATTERNS["a key"]["detail"], "resources": {"ARN": [arn]}}})
    other = watching("key", {"detail": {"resources": {"ARN": [arn[:-1] + "6"]}}})
    assert told(pack, [STACK, encrypted, *rules("a key"), *own]) == ""
    assert "a key" in told(pack, [STACK, encrypted, *rules("a key"), *other])
    assert unverified_resources(pack, COVERAGE, [*PHI, *rules("a key"), *own]) == {"stack"}


def test_what_an_alias_is_for_isnt_known(pack: PackProcess):
    rule = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/phi"}
    encrypted = bucket(serverSideEncryptionConfiguration={"rule": {"applyServerSideEncryptionByDefault": rule}})
    own = watching("key", {"source": ["aws.kms"], "detail": {"requestParameters": {"keyId": ["0a1b2c3d"]}}})
    assert unverified_resources(pack, COVERAGE, [STACK, encrypted, *rules("a key"), *own]) == {"stack"}


def test_patterns_arent_shown(pack: PackProcess):
    (finding,) = findings_for(
        pack, COVERAGE, [*PHI, *rules("a trail"), *watching("trail", {"detail": {"eventName": ["hunter2"]}})]
    )
    assert "hunter2" not in finding.message
