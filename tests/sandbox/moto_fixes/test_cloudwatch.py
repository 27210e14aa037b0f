from __future__ import annotations

import boto3


def rules() -> list[str]:
    cloudwatch = boto3.client("cloudwatch", "us-east-1")
    cloudwatch.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(one) OR ALARM(other)")
    told = cloudwatch.describe_alarms(AlarmNames=["any"], AlarmTypes=["CompositeAlarm"])
    return [alarm["AlarmRule"] for alarm in told["CompositeAlarms"]]


def test_a_composite_alarm_is_kept(both):
    assert both(rules) == (NotImplementedError, ["ALARM(one) OR ALARM(other)"])
