from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

REGION = "us-east-1"
ARN = "arn:aws:s3:::phi-logs"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ARN},
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{ARN}/*",
        },
    ],
}
LOGGING = {
    "TargetBucket": "phi-logs",
    "TargetPrefix": "x/",
    "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
}
REPLICATION = {
    "Role": "arn:aws:iam::123456789012:role/copier",
    "Rules": [
        {
            "ID": "everything",
            "Priority": 0,
            "Filter": {},
            "Status": "Enabled",
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": "arn:aws:s3:::copies",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:us-west-2:123456789012:key/one"},
                "ReplicationTime": {"Status": "Enabled", "Time": {"Minutes": 15}},
                "Metrics": {"Status": "Enabled", "EventThreshold": {"Minutes": 15}},
            },
            "DeleteMarkerReplication": {"Status": "Enabled"},
        }
    ],
}
INVENTORY = {
    "Destination": {"S3BucketDestination": {"Bucket": ARN, "Format": "Parquet", "Encryption": {"SSES3": {}}}},
    "IsEnabled": True,
    "Id": "one",
    "IncludedObjectVersions": "Current",
    "Schedule": {"Frequency": "Weekly"},
}
METRICS = {"Id": "one", "Filter": {"Prefix": "x/"}}
TIERING = {"Id": "one", "Status": "Enabled", "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}]}
ANALYTICS = {"Id": "one", "StorageClassAnalysis": {}}


def s3(*buckets: str) -> Any:
    client = boto3.client("s3", REGION)
    for bucket in buckets:
        client.create_bucket(Bucket=bucket)
    return client


def logging_set_up(policy: dict[str, Any]) -> dict[str, Any]:
    client = s3("phi-logs", "phi")
    client.put_bucket_policy(Bucket="phi-logs", Policy=json.dumps(policy))
    client.put_bucket_logging(Bucket="phi", BucketLoggingStatus={"LoggingEnabled": LOGGING})
    return client.get_bucket_logging(Bucket="phi")["LoggingEnabled"]


def logging_past_a_statement_about_everyone() -> bool:
    return bool(logging_set_up(POLICY))


def logging_key_format() -> bool:
    return "TargetObjectKeyFormat" in logging_set_up({"Version": "2012-10-17", "Statement": POLICY["Statement"][1:]})


def copied_under_a_lock() -> bytes:
    client = s3()
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    client.put_object(Bucket="locked", Key="one", Body=b"1")
    client.copy_object(Bucket="locked", Key="two", CopySource="locked/one")
    return bytes(client.get_object(Bucket="locked", Key="two")["Body"].read())


def regions_of_buckets() -> list[list[str | None]]:
    """As a list without a parameter tells them, and one with."""
    client = s3("east")
    client.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    lists = [client.list_buckets(), client.list_buckets(MaxBuckets=10)]
    return [[bucket.get("BucketRegion") for bucket in each["Buckets"]] for each in lists]


def test_a_list_of_buckets_with_a_parameter_tells_their_regions(both):
    nothing = [None, None]
    assert both(regions_of_buckets) == ([nothing, nothing], [nothing, [REGION, "us-west-2"]])


def test_a_copy_under_a_default_lock_needs_no_checksum(both):
    assert both(copied_under_a_lock) == ("MissingUploadObjectWithObjectLockHeaders", b"1")


def goes_to_eventbridge() -> list[bool]:
    """Whether events go to EventBridge, once they go there and to a topic, and once they go nowhere."""
    client = s3("phi")
    topic = boto3.client("sns", REGION).create_topic(Name="topic")["TopicArn"]
    told = []
    for configuration in (
        {
            "EventBridgeConfiguration": {},
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}],
        },
        {},
    ):
        client.put_bucket_notification_configuration(Bucket="phi", NotificationConfiguration=configuration)
        answer = client.get_bucket_notification_configuration(Bucket="phi")
        told.append("EventBridgeConfiguration" in answer)
        assert len(answer.get("TopicConfigurations", [])) == len(configuration.get("TopicConfigurations", []))
    return told


def replication() -> bool:
    """Whether it is given back as it was put."""
    client = s3("phi")
    client.put_bucket_versioning(Bucket="phi", VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_replication(Bucket="phi", ReplicationConfiguration=REPLICATION)
    return client.get_bucket_replication(Bucket="phi")["ReplicationConfiguration"] == REPLICATION


def configuration(kind: str, name: str, wanted: dict[str, Any]) -> list[Any]:
    """What is told of one and of all, then what is said after it is deleted, and whether the bucket is still there."""
    client = s3("phi")
    getattr(client, f"put_bucket_{kind}_configuration")(Bucket="phi", Id="one", **{name: wanted})
    answers = [
        getattr(client, f"get_bucket_{kind}_configuration")(Bucket="phi", Id="one").get(name) == wanted,
        getattr(client, f"list_bucket_{kind}_configurations")(Bucket="phi").get(f"{name}List") == [wanted],
    ]
    getattr(client, f"delete_bucket_{kind}_configuration")(Bucket="phi", Id="one")
    try:
        getattr(client, f"get_bucket_{kind}_configuration")(Bucket="phi", Id="one")
    except ClientError as error:
        answers.append(error.response["Error"]["Code"])
    return [*answers, len(client.list_buckets()["Buckets"])]


GONE = [False, False, "NoSuchBucket", 0]
KEPT = [True, True, "NoSuchConfiguration", 1]


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (logging_past_a_statement_about_everyone, AttributeError, True),
        (logging_key_format, False, True),
        (goes_to_eventbridge, [False, False], [True, False]),
        (replication, False, True),
        (lambda: configuration("inventory", "InventoryConfiguration", INVENTORY), GONE, KEPT),
        (lambda: configuration("metrics", "MetricsConfiguration", METRICS), GONE, KEPT),
        (lambda: configuration("analytics", "AnalyticsConfiguration", ANALYTICS), GONE, KEPT),
        (lambda: configuration("intelligent_tiering", "IntelligentTieringConfiguration", TIERING), GONE, KEPT),
    ],
)
def test_a_fix_is_needed_and_works(both, ask, as_moto_has_it, as_aws_has_it):
    assert both(ask) == (as_moto_has_it, as_aws_has_it)


def test_a_target_without_a_policy_is_refused_still(fix):
    fix()
    with mock_aws():
        client = s3("phi-logs", "phi")
        with pytest.raises(ClientError, match="InvalidTargetBucket"):
            client.put_bucket_logging(Bucket="phi", BucketLoggingStatus={"LoggingEnabled": LOGGING})


def test_a_bucket_without_replication_says_so_still(fix):
    fix()
    with mock_aws(), pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        s3("phi").get_bucket_replication(Bucket="phi")
