"""The audit trail of PHI, and the alerts."""

import json

import pulumi
import pulumi_aws as aws
from documents import (
    ADMINISTRATORS,
    FROM_ACCOUNT,
    FROM_TRAIL,
    LOG_GROUP,
    TOPIC,
    allow_service,
    deny,
    policy_document,
    trust_policy,
)

EVENT_PATTERNS = {
    "keys": {"source": ["aws.kms"], "detail": {"eventName": ["DisableKey", "ScheduleKeyDeletion", "PutKeyPolicy"]}},
    "buckets": {
        "source": ["aws.s3"],
        "detail": {"eventName": [{"prefix": "PutBucket"}, {"prefix": "DeleteBucket"}]},
    },
    "trails": {"source": ["aws.cloudtrail"], "detail": {"eventName": ["StopLogging", "DeleteTrail", "UpdateTrail"]}},
    "break-glass": {"source": ["aws.sts"], "detail": {"requestParameters": {"roleArn": ADMINISTRATORS[1:]}}},
    "iam": {
        "source": ["aws.iam"],
        "detail": {"eventName": [{"prefix": "Put"}, {"prefix": "Attach"}, {"prefix": "CreatePolicy"}]},
    },
    "sign-in": {"source": ["aws.signin"], "detail": {"responseElements": {"ConsoleLogin": ["Failure"]}}},
    "root": {"detail": {"userIdentity": {"type": ["Root"]}}},
}


def declare_trail(key_arn, trail_bucket, phi_bucket):
    """Declare a trail that records every read and write of a bucket's objects, in log files and a log group."""
    group = aws.cloudwatch.LogGroup("audit", name="audit", kms_key_id=key_arn, retention_in_days=2192)
    role = aws.iam.Role("trail-role", assume_role_policy=json.dumps(trust_policy("cloudtrail", FROM_TRAIL)))
    write_logs = {
        "Effect": "Allow",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{LOG_GROUP}:*",
    }
    aws.iam.RolePolicy("trail-role-policy", role=role.id, policy=json.dumps(policy_document(write_logs)))
    data_events = [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {"field": "resources.ARN", "starts_withs": [pulumi.Output.concat(phi_bucket.bucket.arn, "/")]},
    ]
    management_events = [{"field": "eventCategory", "equals": ["Management"]}]
    aws.cloudtrail.Trail(
        "audit",
        name="audit",
        s3_bucket_name=trail_bucket.bucket.bucket,
        kms_key_id=key_arn,
        is_multi_region_trail=True,
        enable_log_file_validation=True,
        cloud_watch_logs_group_arn=pulumi.Output.concat(group.arn, ":*"),
        cloud_watch_logs_role_arn=role.arn,
        advanced_event_selectors=[{"field_selectors": management_events}, {"field_selectors": data_events}],
        opts=pulumi.ResourceOptions(depends_on=trail_bucket.policy),
    )


def declare_alerts(key_arn, phi_bucket):
    """Declare a topic, an alarm on denied requests, and an event rule for each kind of event that puts PHI at risk."""
    policy = policy_document(
        allow_service("events", "sns:Publish", FROM_ACCOUNT, TOPIC),
        allow_service("cloudwatch", "sns:Publish", FROM_ACCOUNT, TOPIC),
        deny("sns:Publish", TOPIC, {"Bool": {"aws:SecureTransport": "false"}}),
    )
    topic = aws.sns.Topic("alerts", name="alerts", kms_master_key_id=key_arn, policy=json.dumps(policy))
    for name, pattern in EVENT_PATTERNS.items():
        rule = aws.cloudwatch.EventRule(name, event_pattern=json.dumps(pattern))
        aws.cloudwatch.EventTarget(f"{name}-alert", rule=rule.name, arn=topic.arn)
    aws.cloudwatch.MetricAlarm(
        "access-denied",
        namespace="AWS/S3",
        metric_name="4xxErrors",
        dimensions={"BucketName": phi_bucket.bucket.bucket, "FilterId": "EntireBucket"},
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=1,
        period=60,
        statistic="Sum",
        threshold=0,
        alarm_actions=[topic.arn],
    )
