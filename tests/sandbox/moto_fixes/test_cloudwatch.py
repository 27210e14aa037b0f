from __future__ import annotations

import boto3


def rules_of_composite_alarms() -> list[str]:
    cloudwatch = boto3.client("cloudwatch", "us-east-1")
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(one) OR ALARM(other)")
    alarms = cloudwatch.describe_alarms(AlarmNames=["any"], AlarmTypes=["CompositeAlarm"])
    return [alarm["AlarmRule"] for alarm in alarms["CompositeAlarms"]]


def test_composite_alarm_is_stored(in_both):
    assert in_both(rules_of_composite_alarms) == (NotImplementedError, ["ALARM(one) OR ALARM(other)"])


def tags_of_an_alarm_with_a_reused_name() -> list[str]:
    cloudwatch = boto3.client("cloudwatch", "us-east-1")
    for tags in ([{"Key": "DataClass", "Value": "PHI"}], []):
        cloudwatch.put_metric_alarm(
            AlarmName="one",
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="errors",
            Namespace="phi",
            Period=60,
            Statistic="Sum",
            Threshold=1,
            Tags=tags,
        )
        arn = cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmArn"]
        alarm_tags = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        cloudwatch.delete_alarms(AlarmNames=["one"])
    return [tag["Key"] for tag in alarm_tags]


def test_tags_are_deleted_with_the_alarm(in_both):
    assert in_both(tags_of_an_alarm_with_a_reused_name) == (["DataClass"], [])
