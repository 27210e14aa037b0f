from __future__ import annotations

import boto3
from botocore.exceptions import ClientError


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


def malware_plan_lifecycle() -> list[object]:
    guardduty = boto3.client("guardduty", "us-east-1")
    bucket, tagging = {"S3Bucket": {"BucketName": "phi"}}, {"Tagging": {"Status": "ENABLED"}}
    seen: list[object] = []
    try:
        plan = guardduty.create_malware_protection_plan(Role="arn:aws:iam::1:role/a", ProtectedResource=bucket)
        plan_id = plan["MalwareProtectionPlanId"]
        guardduty.update_malware_protection_plan(MalwareProtectionPlanId=plan_id, Actions=tagging)
        described = guardduty.get_malware_protection_plan(MalwareProtectionPlanId=plan_id)
        seen += [described["ProtectedResource"] == bucket, described["Actions"] == tagging, described["Status"]]
        guardduty.tag_resource(ResourceArn=described["Arn"], Tags={"a": "1", "b": "2"})
        guardduty.untag_resource(ResourceArn=described["Arn"], TagKeys=["b"])
        seen.append(guardduty.list_tags_for_resource(ResourceArn=described["Arn"])["Tags"])
        guardduty.delete_malware_protection_plan(MalwareProtectionPlanId=plan_id)
        guardduty.get_malware_protection_plan(MalwareProtectionPlanId=plan_id)
    except ClientError as error:
        seen.append(error.response["Error"]["Code"])
    return seen


def test_malware_protection_plan_is_kept_until_it_is_deleted(in_both):
    without_fix, with_fix = in_both(malware_plan_lifecycle)
    assert without_fix == ["404"]
    assert with_fix == [True, True, "ACTIVE", {"a": "1"}, "ResourceNotFoundException"]
