from __future__ import annotations

from typing import Any

import boto3
import pytest

REGION = "us-east-1"
BASIC = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
ADVANCED = [{"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]


def client_with_trails(*names: str) -> Any:
    boto3.client("s3", REGION).create_bucket(Bucket="trail-logs")
    cloudtrail = boto3.client("cloudtrail", REGION)
    for name in names:
        cloudtrail.create_trail(Name=name, S3BucketName="trail-logs")
    return cloudtrail


def trails_after_deletion_by_arn() -> int:
    cloudtrail = client_with_trails("audit")
    cloudtrail.delete_trail(Name=cloudtrail.get_trail(Name="audit")["Trail"]["TrailARN"])
    return len(cloudtrail.describe_trails()["trailList"])


def tags_of_a_trail_with_a_reused_name() -> list[dict[str, str]]:
    cloudtrail = client_with_trails("audit")
    arn = cloudtrail.get_trail(Name="audit")["Trail"]["TrailARN"]
    cloudtrail.add_tags(ResourceId=arn, TagsList=[{"Key": "DataClass", "Value": "AuditLog"}])
    cloudtrail.delete_trail(Name="audit")
    cloudtrail.create_trail(Name="audit", S3BucketName="trail-logs")
    return cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]


def trails_described_by(key: str) -> list[str]:
    cloudtrail = client_with_trails("audit", "other")
    identifier = cloudtrail.get_trail(Name="audit")["Trail"][key]
    return [trail["Name"] for trail in cloudtrail.describe_trails(trailNameList=[identifier])["trailList"]]


def has_selectors() -> list[bool]:
    cloudtrail = client_with_trails("audit")
    descriptions = [cloudtrail.get_trail(Name="audit")["Trail"]]
    cloudtrail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=ADVANCED)
    cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": "ApiErrorRateInsight"}])
    descriptions.append(cloudtrail.get_trail(Name="audit")["Trail"])
    return [trail[f"Has{kind}Selectors"] for trail in descriptions for kind in ("CustomEvent", "Insight")]


def number_of_selector_kinds() -> int:
    cloudtrail = client_with_trails("audit")
    cloudtrail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=ADVANCED)
    cloudtrail.put_event_selectors(TrailName="audit", EventSelectors=BASIC)
    selectors = cloudtrail.get_event_selectors(TrailName="audit")
    return bool(selectors["EventSelectors"]) + bool(selectors["AdvancedEventSelectors"])


def insights_after_a_second_put() -> list[str]:
    cloudtrail = client_with_trails("audit")
    for insight in ("ApiCallRateInsight", "ApiErrorRateInsight"):
        cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": insight}])
    selectors = cloudtrail.get_insight_selectors(TrailName="audit")["InsightSelectors"]
    return [selector["InsightType"] for selector in selectors]


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (trails_after_deletion_by_arn, 1, 0),
        (tags_of_a_trail_with_a_reused_name, [{"Key": "DataClass", "Value": "AuditLog"}], []),
        pytest.param(lambda: trails_described_by("Name"), ["audit", "other"], ["audit"], id="trails_described_by_Name"),
        pytest.param(
            lambda: trails_described_by("TrailARN"), ["audit", "other"], ["audit"], id="trails_described_by_TrailARN"
        ),
        (has_selectors, [False] * 4, [False, False, True, True]),
        (number_of_selector_kinds, 2, 1),
        (insights_after_a_second_put, ["ApiCallRateInsight", "ApiErrorRateInsight"], ["ApiErrorRateInsight"]),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)
