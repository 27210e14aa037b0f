"""CloudWatch and EventBridge: alerts on what shouldn't happen."""

from hipaa.model.control import Control, Severity, addressed_by, required_by
from hipaa.model.rule import FactRule
from hipaa.model.stack import Stack
from hipaa.services.cloudwatch.facts import Alarm
from hipaa.services.cloudwatch.rules import alarms, coverage

CONTROLS = (
    Control(
        id="cloudwatch-alarm-action",
        title="Alarms tell somebody",
        statement="An alarm notifies a topic.",
        requirement="alarmActions has an SNS topic, and actionsEnabled isn't false",
        paragraphs=required_by("308(a)(6)(ii)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.cloudwatch.MetricAlarm(…, alarm_actions=[topic.arn])",
        rule=FactRule((Alarm,), alarms.alarm_action),
    ),
    Control(
        id="cloudwatch-alarm-metric-exists",
        title="Alarms can go off",
        statement="An alarm is on a metric that something publishes.",
        requirement="on a request metric of S3: the dimensions BucketName and FilterId, of a metrics configuration that "
        "the bucket has; on a metric from logs: the namespace, name and dimensions of a metric filter",
        paragraphs=required_by("308(a)(1)(ii)(D)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.cloudwatch.MetricAlarm(…, dimensions={"BucketName": bucket.bucket, "FilterId": metrics.name}) with '
        "an aws.s3.BucketMetric; or the namespace and name of an aws.cloudwatch.LogMetricFilter",
        rule=FactRule((Alarm,), alarms.alarm_metric_exists, needs_whole_stack=True),
    ),
    Control(
        id="cloudwatch-alarm-coverage",
        title="What threatens PHI raises an alert",
        statement="Where a stack keeps PHI, something raises an alert on each thing that puts it at risk.",
        requirement="an EventBridge rule with a target, or an alarm that acts on a metric filter of a trail's log group, "
        "for: refused access to PHI, a key disabled or scheduled for deletion, a bucket policy or public access block "
        "changed, a trail stopped or changed, a break-glass role used, root used",
        paragraphs=(
            *required_by("308(a)(6)(i)", own_mapping=True),
            *addressed_by("308(a)(5)(ii)(C)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation='aws.cloudwatch.EventRule(…, event_pattern=json.dumps({"source": ["aws.cloudtrail"], "detail": '
        '{"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}})) with an aws.cloudwatch.EventTarget',
        rule=FactRule((Stack,), coverage.alarm_coverage, needs_whole_stack=True),
    ),
)
