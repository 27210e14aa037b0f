from __future__ import annotations

import contextlib
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
    "Role": "arn:aws:iam::123456789012:role/replication",
    "Rules": [
        {
            "ID": "everything",
            "Priority": 0,
            "Filter": {},
            "Status": "Enabled",
            "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            "Destination": {
                "Bucket": "arn:aws:s3:::replica",
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


def client_with_buckets(*buckets: str) -> Any:
    client = boto3.client("s3", REGION)
    for bucket in buckets:
        client.create_bucket(Bucket=bucket)
    return client


def bucket_logging(policy: dict[str, Any]) -> dict[str, Any]:
    client = client_with_buckets("phi-logs", "phi")
    client.put_bucket_policy(Bucket="phi-logs", Policy=json.dumps(policy))
    client.put_bucket_logging(Bucket="phi", BucketLoggingStatus={"LoggingEnabled": LOGGING})
    return client.get_bucket_logging(Bucket="phi")["LoggingEnabled"]


def logging_with_a_wildcard_principal() -> bool:
    return bool(bucket_logging(POLICY))


def logging_has_key_format() -> bool:
    return "TargetObjectKeyFormat" in bucket_logging({"Version": "2012-10-17", "Statement": POLICY["Statement"][1:]})


def copy_in_a_bucket_with_default_lock() -> bytes:
    client = client_with_buckets()
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket="locked", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )
    client.put_object(Bucket="locked", Key="one", Body=b"1")
    client.copy_object(Bucket="locked", Key="two", CopySource="locked/one")
    return bytes(client.get_object(Bucket="locked", Key="two")["Body"].read())


def regions_in_bucket_lists() -> list[list[str | None]]:
    """Return the regions in a list without parameters and in a list with one."""
    client = client_with_buckets("east")
    client.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    lists = [client.list_buckets(), client.list_buckets(MaxBuckets=10)]
    return [[bucket.get("BucketRegion") for bucket in response["Buckets"]] for response in lists]


def test_list_buckets_with_a_parameter_returns_regions(in_both):
    no_regions = [None, None]
    assert in_both(regions_in_bucket_lists) == ([no_regions, no_regions], [no_regions, [REGION, "us-west-2"]])


def test_copy_into_a_bucket_with_default_lock_needs_no_checksum(in_both):
    assert in_both(copy_in_a_bucket_with_default_lock) == ("MissingUploadObjectWithObjectLockHeaders", b"1")


def has_eventbridge_setting() -> list[bool]:
    """Return whether EventBridge is enabled when it is configured with a topic, and when nothing is configured."""
    client = client_with_buckets("phi")
    topic = boto3.client("sns", REGION).create_topic(Name="topic")["TopicArn"]
    enabled = []
    for configuration in (
        {
            "EventBridgeConfiguration": {},
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}],
        },
        {},
    ):
        client.put_bucket_notification_configuration(Bucket="phi", NotificationConfiguration=configuration)
        response = client.get_bucket_notification_configuration(Bucket="phi")
        enabled.append("EventBridgeConfiguration" in response)
        assert len(response.get("TopicConfigurations", [])) == len(configuration.get("TopicConfigurations", []))
    return enabled


def replication_is_unchanged() -> bool:
    """Return whether a replication configuration is returned as it was put."""
    client = client_with_buckets("phi")
    client.put_bucket_versioning(Bucket="phi", VersioningConfiguration={"Status": "Enabled"})
    client.put_bucket_replication(Bucket="phi", ReplicationConfiguration=REPLICATION)
    return client.get_bucket_replication(Bucket="phi")["ReplicationConfiguration"] == REPLICATION


def object_lock_of_a_bucket_with_objects() -> list[str]:
    """Enable Object Lock of a bucket with an object, then set its default retention. Return what is set."""
    client = client_with_buckets("phi")
    client.put_bucket_versioning(Bucket="phi", VersioningConfiguration={"Status": "Enabled"})
    client.put_object(Bucket="phi", Key="one", Body=b"1")
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    for configuration in ({"ObjectLockEnabled": "Enabled"}, {"ObjectLockEnabled": "Enabled", "Rule": rule}):
        client.put_object_lock_configuration(Bucket="phi", ObjectLockConfiguration=configuration)
    configuration = client.get_object_lock_configuration(Bucket="phi")["ObjectLockConfiguration"]
    return [configuration["ObjectLockEnabled"], configuration["Rule"]["DefaultRetention"]["Mode"]]


def versioning_of_a_bucket_with_object_lock() -> str:
    """Try to suspend the versioning of a bucket with Object Lock, and return its status."""
    client = client_with_buckets()
    client.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    with contextlib.suppress(client.exceptions.ClientError):
        client.put_bucket_versioning(Bucket="locked", VersioningConfiguration={"Status": "Suspended"})
    return str(client.get_bucket_versioning(Bucket="locked")["Status"])


def stored_configuration(kind: str, name: str, document: dict[str, Any]) -> list[Any]:
    """Put a configuration, read it, list it and delete it.

    Returns:
        Whether it was read unchanged, whether it was listed unchanged, the error code of reading it after its deletion,
        and the number of buckets that remain.
    """
    client = client_with_buckets("phi")
    getattr(client, f"put_bucket_{kind}_configuration")(Bucket="phi", Id="one", **{name: document})
    results = [
        getattr(client, f"get_bucket_{kind}_configuration")(Bucket="phi", Id="one").get(name) == document,
        getattr(client, f"list_bucket_{kind}_configurations")(Bucket="phi").get(f"{name}List") == [document],
    ]
    getattr(client, f"delete_bucket_{kind}_configuration")(Bucket="phi", Id="one")
    try:
        getattr(client, f"get_bucket_{kind}_configuration")(Bucket="phi", Id="one")
    except ClientError as error:
        results.append(error.response["Error"]["Code"])
    return [*results, len(client.list_buckets()["Buckets"])]


LOST = [False, False, "NoSuchBucket", 0]
STORED = [True, True, "NoSuchConfiguration", 1]


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (logging_with_a_wildcard_principal, AttributeError, True),
        (logging_has_key_format, False, True),
        (has_eventbridge_setting, [False, False], [True, False]),
        (replication_is_unchanged, False, True),
        (versioning_of_a_bucket_with_object_lock, "Suspended", "Enabled"),
        (object_lock_of_a_bucket_with_objects, "InvalidBucket", ["Enabled", "GOVERNANCE"]),
        pytest.param(
            lambda: stored_configuration("inventory", "InventoryConfiguration", INVENTORY), LOST, STORED, id="inventory"
        ),
        pytest.param(
            lambda: stored_configuration("metrics", "MetricsConfiguration", METRICS), LOST, STORED, id="metrics"
        ),
        pytest.param(
            lambda: stored_configuration("analytics", "AnalyticsConfiguration", ANALYTICS), LOST, STORED, id="analytics"
        ),
        pytest.param(
            lambda: stored_configuration("intelligent_tiering", "IntelligentTieringConfiguration", TIERING),
            LOST,
            STORED,
            id="intelligent_tiering",
        ),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)


def test_logging_target_without_a_policy_is_still_rejected(fix):
    fix()
    with mock_aws():
        client = client_with_buckets("phi-logs", "phi")
        with pytest.raises(ClientError, match="InvalidTargetBucket"):
            client.put_bucket_logging(Bucket="phi", BucketLoggingStatus={"LoggingEnabled": LOGGING})


def test_bucket_without_replication_still_reports_an_error(fix):
    fix()
    with mock_aws(), pytest.raises(ClientError, match="ReplicationConfigurationNotFoundError"):
        client_with_buckets("phi").get_bucket_replication(Bucket="phi")


def test_object_lock_without_versioning_is_still_rejected(fix):
    fix()
    with mock_aws(), pytest.raises(ClientError, match="InvalidBucketState"):
        client_with_buckets("phi").put_object_lock_configuration(
            Bucket="phi", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        )
