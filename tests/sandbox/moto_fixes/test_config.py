from __future__ import annotations

import boto3
from botocore.exceptions import ClientError


def records_everything() -> bool:
    config = boto3.client("config", "us-east-1")
    recorder = {
        "name": "all",
        "roleARN": "arn:aws:iam::123456789012:role/recorder",
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": True,
            "exclusionByResourceTypes": {},
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
    }
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    return config.describe_configuration_recorders()["ConfigurationRecorders"][0]["recordingGroup"]["allSupported"]


def test_recorder_without_exclusions_is_accepted(in_both):
    assert in_both(records_everything) == ("InvalidRecordingGroupException", True)


def counts_before_and_while_recording() -> list[dict[str, int]]:
    boto3.client("iam").create_role(RoleName="reader", AssumeRolePolicyDocument="{}")
    for number in range(101):
        boto3.client("s3", "us-east-1").create_bucket(Bucket=f"bucket-{number}")
    config = boto3.client("config", "us-east-1")
    config.put_configuration_recorder(
        ConfigurationRecorder={"name": "all", "roleARN": "arn:aws:iam::123456789012:role/recorder"}
    )
    config.put_delivery_channel(DeliveryChannel={"name": "all", "s3BucketName": "bucket-0"})
    before = config.get_discovered_resource_counts()
    config.start_configuration_recorder(ConfigurationRecorderName="all")
    return [
        {entry["resourceType"]: entry["count"] for entry in response["resourceCounts"]}
        for response in (before, config.get_discovered_resource_counts())
    ]


def test_recorded_resources_are_counted_over_all_pages(in_both):
    counts = [{}, {"AWS::S3::Bucket": 101, "AWS::IAM::Role": 1}]
    assert in_both(counts_before_and_while_recording) == (NotImplementedError, counts)


def conformance_pack_lifecycle() -> list[object]:
    config = boto3.client("config", "us-east-1")
    try:
        arn = config.put_conformance_pack(ConformancePackName="hipaa", TemplateBody="{}")["ConformancePackArn"]
        (pack,) = config.describe_conformance_packs(ConformancePackNames=["hipaa"])["ConformancePackDetails"]
        (status,) = config.describe_conformance_pack_status()["ConformancePackStatusDetails"]
        config.put_conformance_pack(ConformancePackName="hipaa", TemplateBody="{}")
        assert len(config.describe_conformance_packs()["ConformancePackDetails"]) == 1
        config.delete_conformance_pack(ConformancePackName="hipaa")
        config.describe_conformance_packs(ConformancePackNames=["hipaa"])
    except ClientError as error:
        return [pack["ConformancePackArn"] == arn, status["ConformancePackState"], error.response["Error"]["Code"]]
    except NotImplementedError:
        return ["not supported"]
    return []


def test_conformance_pack_is_kept_until_it_is_deleted(in_both):
    without_fix, with_fix = in_both(conformance_pack_lifecycle)
    assert without_fix == ["not supported"]
    assert with_fix == [True, "CREATE_COMPLETE", "NoSuchConformancePackException"]
