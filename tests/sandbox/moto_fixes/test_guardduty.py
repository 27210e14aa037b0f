from __future__ import annotations

import boto3


def features_after_updates() -> dict[str, str]:
    guardduty = boto3.client("guardduty", "us-east-1")
    detector = guardduty.create_detector(Enable=True)["DetectorId"]
    for name, status in (
        ("S3_DATA_EVENTS", "ENABLED"),
        ("RDS_LOGIN_EVENTS", "ENABLED"),
        ("S3_DATA_EVENTS", "DISABLED"),
    ):
        guardduty.update_detector(DetectorId=detector, Features=[{"Name": name, "Status": status}])
    features = guardduty.get_detector(DetectorId=detector)["Features"]
    return {feature["Name"]: feature["Status"] for feature in features}


def test_update_keeps_features_that_are_not_named(in_both):
    assert in_both(features_after_updates) == (
        {"S3_DATA_EVENTS": "DISABLED"},
        {"S3_DATA_EVENTS": "DISABLED", "RDS_LOGIN_EVENTS": "ENABLED"},
    )
