"""CloudWatch and EventBridge: alerts on what shouldn't happen."""

from hipaa.controls.model import Control, Severity, addressable, required

CONTROLS = (
    Control(
        id="alarm-acts",
        title="Alarms tell somebody",
        statement="An alarm notifies a topic.",
        required="alarmActions has an SNS topic, and actionsEnabled isn't false",
        paragraphs=required("308(a)(6)(ii)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.cloudwatch.MetricAlarm(…, alarm_actions=[topic.arn])",
    ),
    Control(
        id="alarm-can-fire",
        title="Alarms can go off",
        statement="An alarm is on a metric that something publishes.",
        required="on a request metric of S3: the dimensions BucketName and FilterId, of a metrics configuration that "
        "the bucket has; on a metric from logs: the namespace, name and dimensions of a metric filter",
        paragraphs=required("308(a)(1)(ii)(D)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.cloudwatch.MetricAlarm(…, dimensions={"BucketName": bucket.bucket, "FilterId": metrics.name}) with '
        "an aws.s3.BucketMetric; or the namespace and name of an aws.cloudwatch.LogMetricFilter",
    ),
    Control(
        id="alarm-coverage",
        title="What threatens PHI raises an alert",
        statement="Where a stack keeps PHI, something raises an alert on each thing that puts it at risk.",
        required="an EventBridge rule with a target, or an alarm that acts on a metric filter of a trail's log group, "
        "for: refused access to PHI, a key disabled or scheduled for deletion, a bucket policy or public access block "
        "changed, a trail stopped or changed, a break-glass role used, root used",
        paragraphs=(*required("308(a)(6)(i)", ours=True), *addressable("308(a)(5)(ii)(C)", ours=True)),
        severity=Severity.MEDIUM,
        remedy='aws.cloudwatch.EventRule(…, event_pattern=json.dumps({"source": ["aws.cloudtrail"], "detail": '
        '{"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}})) with an aws.cloudwatch.EventTarget',
    ),
)
