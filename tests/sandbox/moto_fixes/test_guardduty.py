from __future__ import annotations

import boto3


def features() -> dict[str, str]:
    guardduty = boto3.client("guardduty", "us-east-1")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    for name, status in (
        ("S3_DATA_EVENTS", "ENABLED"),
        ("RDS_LOGIN_EVENTS", "ENABLED"),
        ("S3_DATA_EVENTS", "DISABLED"),
    ):
        guardduty.update_detector(DetectorId=detector, Features=[{"Name": name, "Status": status}])
    return {each["Name"]: each["Status"] for each in guardduty.get_detector(DetectorId=detector)["Features"]}


def test_the_features_that_are_not_named_stay(both):
    assert both(features) == (
        {"S3_DATA_EVENTS": "DISABLED"},
        {"S3_DATA_EVENTS": "DISABLED", "RDS_LOGIN_EVENTS": "ENABLED"},
    )
