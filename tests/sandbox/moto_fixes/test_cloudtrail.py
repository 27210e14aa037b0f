from __future__ import annotations

from typing import Any

import boto3
import pytest

REGION = "us-east-1"
BASIC = [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]
ADVANCED = [{"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]


def trails(*names: str) -> Any:
    boto3.client("s3", REGION).create_bucket(Bucket="trail-logs")
    cloudtrail = boto3.client("cloudtrail", REGION)
    for name in names:
        cloudtrail.create_trail(Name=name, S3BucketName="trail-logs")
    return cloudtrail


def left_after_deleting_one_by_its_arn() -> int:
    cloudtrail = trails("audit")
    cloudtrail.delete_trail(Name=cloudtrail.get_trail(Name="audit")["Trail"]["TrailARN"])
    return len(cloudtrail.describe_trails()["trailList"])


def tags_of_the_next() -> list[dict[str, str]]:
    cloudtrail = trails("audit")
    arn = cloudtrail.get_trail(Name="audit")["Trail"]["TrailARN"]
    cloudtrail.add_tags(ResourceId=arn, TagsList=[{"Key": "DataClass", "Value": "AuditLog"}])
    cloudtrail.delete_trail(Name="audit")
    cloudtrail.create_trail(Name="audit", S3BucketName="trail-logs")
    return cloudtrail.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"]


def described(key: str) -> list[str]:
    cloudtrail = trails("audit", "other")
    asked = cloudtrail.get_trail(Name="audit")["Trail"][key]
    return [trail["Name"] for trail in cloudtrail.describe_trails(trailNameList=[asked])["trailList"]]


def has_selectors() -> list[bool]:
    cloudtrail = trails("audit")
    told = [cloudtrail.get_trail(Name="audit")["Trail"]]
    cloudtrail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=ADVANCED)
    cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": "ApiErrorRateInsight"}])
    told.append(cloudtrail.get_trail(Name="audit")["Trail"])
    return [trail[f"Has{kind}Selectors"] for trail in told for kind in ("CustomEvent", "Insight")]


def kinds_of_selectors() -> int:
    cloudtrail = trails("audit")
    cloudtrail.put_event_selectors(TrailName="audit", AdvancedEventSelectors=ADVANCED)
    cloudtrail.put_event_selectors(TrailName="audit", EventSelectors=BASIC)
    told = cloudtrail.get_event_selectors(TrailName="audit")
    return bool(told["EventSelectors"]) + bool(told["AdvancedEventSelectors"])


def insights_after_the_second_put() -> list[str]:
    cloudtrail = trails("audit")
    for insight in ("ApiCallRateInsight", "ApiErrorRateInsight"):
        cloudtrail.put_insight_selectors(TrailName="audit", InsightSelectors=[{"InsightType": insight}])
    told = cloudtrail.get_insight_selectors(TrailName="audit")["InsightSelectors"]
    return [selector["InsightType"] for selector in told]


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (left_after_deleting_one_by_its_arn, 1, 0),
        (tags_of_the_next, [{"Key": "DataClass", "Value": "AuditLog"}], []),
        (lambda: described("Name"), ["audit", "other"], ["audit"]),
        (lambda: described("TrailARN"), ["audit", "other"], ["audit"]),
        (has_selectors, [False] * 4, [False, False, True, True]),
        (kinds_of_selectors, 2, 1),
        (insights_after_the_second_put, ["ApiCallRateInsight", "ApiErrorRateInsight"], ["ApiErrorRateInsight"]),
    ],
)
def test_a_fix_is_needed_and_works(both, ask, as_moto_has_it, as_aws_has_it):
    assert both(ask) == (as_moto_has_it, as_aws_has_it)
