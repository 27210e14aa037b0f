"""Properties that a control depends on, but that no rule judges: what would pass is unverified, and names them."""

import pulumi_aws as aws

key = aws.kms.Key("alerts", is_enabled=False, enable_key_rotation=True, deletion_window_in_days=30)
topic = aws.sns.Topic("alerts", kms_master_key_id=key.arn)
aws.cloudwatch.MetricAlarm(
    "errors",
    name="errors",
    namespace="AWS/S3",
    metric_name="NumberOfObjects",
    dimensions={"BucketName": "data", "StorageType": "AllStorageTypes"},
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    period=60,
    statistic="Sum",
    threshold=1,
)
aws.cloudwatch.CompositeAlarm(
    "errors-outside-maintenance",
    alarm_name="errors-outside-maintenance",
    alarm_rule="ALARM(errors)",
    alarm_actions=[topic.arn],
    actions_suppressor={"alarm": "maintenance", "extension_period": 10, "wait_period": 20},
)
