"""Controls for CloudWatch alarms and EventBridge rules."""

from hipaa_controls.model.control import Control, Option, Severity, StricterWhen, addressed_by, required_by
from hipaa_controls.model.rule import FactRule
from hipaa_controls.model.stack import Stack
from hipaa_controls.services.cloudwatch.facts import Alarm
from hipaa_controls.services.cloudwatch.rules import alarms, coverage

CONTROLS = (
    Control(
        id="cloudwatch-alarm-action",
        title="CloudWatch alarms notify an SNS topic",
        statement=(
            "Every CloudWatch alarm notifies an SNS topic when it goes off, itself or through a composite alarm."
        ),
        rationale=(
            "An alarm without an action only changes its state in the console. The on-call team doesn't learn that "
            "someone is trying to read records, or that a key is about to be deleted."
        ),
        requirement=(
            "alarmActions has an SNS topic, and actionsEnabled is not false; or a composite alarm that notifies an SNS "
            "topic has a rule that this alarm alone satisfies, such as ALARM(a) OR ALARM(b)"
        ),
        paragraphs=required_by("308(a)(6)(ii)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="add to the alarm: alarm_actions=[topic.arn]",
        rule=FactRule((Alarm,), alarms.alarm_action, needs_whole_stack=True),
    ),
    Control(
        id="cloudwatch-alarm-metric-exists",
        title="CloudWatch alarms watch metrics that exist",
        statement="Every alarm on an S3 request metric or a metric from logs watches a metric that is published.",
        rationale=(
            "By default an alarm on a metric without data never goes off, yet looks like monitoring. A mistyped metric "
            "name or a bucket without request metrics leaves attempts to read PHI unnoticed."
        ),
        requirement=(
            "for S3 request metrics, the dimensions BucketName and FilterId of a metrics configuration that the bucket "
            "has, and no others; for metrics from logs, the namespace, name and dimensions of a metric filter; both "
            "in the region of the alarm"
        ),
        paragraphs=required_by("308(a)(1)(ii)(D)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'metrics = aws.s3.BucketMetric("phi", bucket=bucket.id, name="EntireBucket"), and in the alarm '
            'dimensions={"BucketName": bucket.id, "FilterId": metrics.name}; for a metric from logs, use the namespace '
            "and the name in the metric_transformation of its aws.cloudwatch.LogMetricFilter"
        ),
        rule=FactRule((Alarm,), alarms.alarm_metric_exists, needs_whole_stack=True),
    ),
    Control(
        id="cloudwatch-alarm-coverage",
        title="Security events affecting PHI raise alerts",
        statement=(
            "In a stack with PHI, an EventBridge rule or an alarm raises an alert on each event that puts PHI at risk."
        ),
        rationale=(
            "Guessing a password, changing a policy, disabling a key, opening a bucket and stopping a trail are steps "
            "of an attack on PHI. Without an alert the hospital learns of it from the damage, while the 60 days to "
            "notify patients may already be running."
        ),
        requirement=(
            "an EventBridge rule with a target, or an alarm that notifies an SNS topic on a metric filter of a trail's "
            "log group, for: denied access to PHI (here also an alarm on the bucket's 4xxErrors), a key disabled or "
            "scheduled for deletion, a key policy changed, a bucket policy or public access block changed, bucket "
            "versioning, replication or lifecycle changed, a trail stopped or changed, an IAM policy changed, a failed "
            "sign-in, a break-glass role used, root user activity. Such an alarm is on after one event, or after "
            "{deniedRequests} denied requests, all within a day, and off without any: statistic Sum or Maximum of the "
            "metric itself, and a threshold that the metric must be greater than (or equal to)"
        ),
        paragraphs=(
            *required_by("308(a)(6)(i)", own_mapping=True),
            *addressed_by("308(a)(5)(ii)(C)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation=(
            'rule = aws.cloudwatch.EventRule("cloudtrail-changed", event_pattern=json.dumps({"source": '
            '["aws.cloudtrail"], "detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}})), with '
            'aws.cloudwatch.EventTarget("cloudtrail-changed", rule=rule.name, arn=topic.arn, role_arn=role.arn) and a '
            "role that EventBridge may assume and that may publish to the topic; likewise for the other events"
        ),
        options=(
            Option(
                "deniedRequests",
                "The number of denied requests to PHI at which an alarm must be in the state ALARM. A few are normal; "
                "the default is the first number at which an alarm on more than 10 is.",
                11,
                StricterWhen.LOWER,
            ),
        ),
        rule=FactRule((Stack,), coverage.alarm_coverage, needs_whole_stack=True),
    ),
)
