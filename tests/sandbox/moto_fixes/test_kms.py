from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

EAST, WEST = "us-east-1", "us-west-2"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
TAGS = [{"TagKey": "DataClass", "TagValue": "Replica"}]


def rotation_period() -> int:
    kms = boto3.client("kms", EAST)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    return kms.get_key_rotation_status(KeyId=key).get("RotationPeriodInDays", 0)


def multi_region_key_id_has_aws_format() -> bool:
    key = boto3.client("kms", EAST).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    return re.fullmatch("mrk-[0-9a-f]{32}", key) is not None


def create_replica() -> str:
    """Create a key and a replica of it; return the key ID that they share."""
    kms = boto3.client("kms", EAST)
    key = kms.create_key(MultiRegion=True, Description="primary")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/primary", TargetKeyId=key)
    kms.replicate_key(KeyId=key, ReplicaRegion=WEST, Description="replica", Policy=POLICY, Tags=TAGS)
    return key


def key_types_of_replica_and_primary() -> list[str]:
    key = create_replica()
    described = [boto3.client("kms", region).describe_key(KeyId=key)["KeyMetadata"] for region in (WEST, EAST)]
    return [metadata["MultiRegionConfiguration"]["MultiRegionKeyType"] for metadata in described]


def properties_of_a_replica() -> dict[str, Any]:
    key = create_replica()
    kms = boto3.client("kms", WEST)
    return {
        "description": kms.describe_key(KeyId=key)["KeyMetadata"]["Description"],
        "policy": kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"] == POLICY,
        "aliases": len(kms.list_aliases(KeyId=key)["Aliases"]),
    }


def tags_of_a_replica() -> list[dict[str, str]]:
    return boto3.client("kms", WEST).list_resource_tags(KeyId=create_replica())["Tags"]


@pytest.mark.parametrize(
    ("behavior", "in_moto", "in_aws"),
    [
        (rotation_period, 0, 100),
        (multi_region_key_id_has_aws_format, False, True),
        (key_types_of_replica_and_primary, ["REPLICA", "REPLICA"], ["REPLICA", "PRIMARY"]),
        (
            properties_of_a_replica,
            {"description": "primary", "policy": False, "aliases": 1},
            {"description": "replica", "policy": True, "aliases": 0},
        ),
        (tags_of_a_replica, [], TAGS),
    ],
)
def test_fix_is_needed_and_works(in_both, behavior, in_moto, in_aws):
    assert in_both(behavior) == (in_moto, in_aws)


def test_every_related_key_reports_all_replicas(in_both):
    def replica_regions() -> list[list[str]]:
        key = create_replica()
        boto3.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        described = [boto3.client("kms", region).describe_key(KeyId=key)["KeyMetadata"] for region in (EAST, WEST)]
        return [
            [replica["Region"] for replica in metadata["MultiRegionConfiguration"]["ReplicaKeys"]]
            for metadata in described
        ]

    assert in_both(replica_regions)[1] == [[WEST, "eu-west-1"]] * 2


def test_region_with_a_replica_that_is_pending_deletion_accepts_no_other(in_both):
    def error_code() -> str | None:
        key = create_replica()
        boto3.client("kms", WEST).schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        try:
            boto3.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion=WEST)
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return None

    assert in_both(error_code) == (None, "AlreadyExistsException")
