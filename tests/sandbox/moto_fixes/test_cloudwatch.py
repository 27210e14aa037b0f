from __future__ import annotations

import boto3


def rules() -> list[str]:
    cloudwatch = boto3.client("cloudwatch", "us-east-1")
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(one) OR ALARM(other)")
    told = cloudwatch.describe_alarms(AlarmNames=["any"], AlarmTypes=["CompositeAlarm"])
    return [alarm["AlarmRule"] for alarm in told["CompositeAlarms"]]


def test_a_composite_alarm_is_kept(both):
    assert both(rules) == (NotImplementedError, ["ALARM(one) OR ALARM(other)"])


def tags_of_the_next_alarm() -> list[str]:
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
        told = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
        cloudwatch.delete_alarms(AlarmNames=["one"])
    return [tag["Key"] for tag in told]


def test_an_alarms_tags_are_deleted_with_it(both):
    assert both(tags_of_the_next_alarm) == (["DataClass"], [])
