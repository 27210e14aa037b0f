"""What records the use of PHI, and what raises alerts on it."""

import json

import pulumi
import pulumi_aws as aws
from documents import ADMINISTRATORS, LOG_GROUP, OF_ACCOUNT, OF_TRAIL, TOPIC, deny, document, service, trust

ALERTS = {
    "keys": {"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion"]}},
    "buckets": {
        "source": ["aws.s3"],
        "detail": {"eventName": [{"wildcard": "*BucketPolicy"}, {"wildcard": "*BucketPublicAccessBlock"}]},
    },
    "trails": {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}},
    "break-glass": {"source": ["aws.sts"], "detail": {"requestParameters": {"roleArn": ADMINISTRATORS[1:]}}},
    "root": {"detail": {"userIdentity": {"type": ["Root"]}}},
}


def trail(key, files, phi):
    """Records every read and write of a bucket's objects, to files and to a log group."""
    group = aws.cloudwatch.LogGroup("audit", name="audit", kms_key_id=key, retention_in_days=2192)
    role = aws.iam.Role("trail-role", assume_role_policy=json.dumps(trust("cloudtrail", OF_TRAIL)))
    writes = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{LOG_GROUP}:*"}
    aws.iam.RolePolicy("trail-role-policy", role=role.id, policy=json.dumps(document(writes)))
    selected = {"eventCategory": "Data", "resources.type": "AWS::S3::Object"}
    fields = [{"field": name, "equals": [value]} for name, value in selected.items()]
    objects = {"field": "resources.ARN", "starts_withs": [pulumi.Output.concat(phi.bucket.arn, "/")]}
    management = [{"field": "eventCategory", "equals": ["Management"]}]
    aws.cloudtrail.Trail(
        "audit",
        name="audit",
        s3_bucket_name=files.bucket.bucket,
        kms_key_id=key,
        is_multi_region_trail=True,
        enable_log_file_validation=True,
        cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
        cloud_watch_logs_role_arn=role.arn,
        advanced_event_selectors=[{"field_selectors": management}, {"field_selectors": [*fields, objects]}],
        opts=pulumi.ResourceOptions(depends_on=files.policy),
    )


def alerts(key, phi):
    """A topic, an alarm on requests that are refused, and a rule for each thing that puts PHI at risk."""
    policy = document(
        service("events", "sns:Publish", OF_ACCOUNT, TOPIC),
        service("cloudwatch", "sns:Publish", OF_ACCOUNT, TOPIC),
        deny("sns:Publish", TOPIC, {"Bool": {"aws:SecureTransport": "false"}}),
    )
    topic = aws.sns.Topic("alerts", name="alerts", kms_master_key_id=key, policy=json.dumps(policy))
    for name, pattern in ALERTS.items():
        rule = aws.cloudwatch.EventRule(name, event_pattern=json.dumps(pattern))
        aws.cloudwatch.EventTarget(f"{name}-alert", rule=rule.name, arn=topic.arn)
    aws.cloudwatch.MetricAlarm(
        "refused",
        namespace="AWS/S3",
        metric_name="4xxErrors",
        dimensions={"BucketName": phi.bucket.bucket, "FilterId": "EntireBucket"},
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=0,
        alarm_actions=[topic.arn],
    )
