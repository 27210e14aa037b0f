from __future__ import annotations

import json
import re
from typing import Any

import boto3
import pytest

EAST, WEST = "us-east-1", "us-west-2"
STATEMENT = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [STATEMENT]})
TAGS = [{"TagKey": "DataClass", "TagValue": "Replica"}]


def rotation_period() -> int:
    kms = boto3.client("kms", EAST)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    return kms.get_key_rotation_status(KeyId=key).get("RotationPeriodInDays", 0)


def id_is_as_of_aws() -> bool:
    key = boto3.client("kms", EAST).create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
    return re.fullmatch("mrk-[0-9a-f]{32}", key) is not None


def replicated() -> str:
    """The id of a key and its replica."""
    kms = boto3.client("kms", EAST)
    key = kms.create_key(MultiRegion=True, Description="primary")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/primary", TargetKeyId=key)
    kms.replicate_key(KeyId=key, ReplicaRegion=WEST, Description="replica", Policy=POLICY, Tags=TAGS)
    return key


def roles() -> list[str]:
    key = replicated()
    described = [boto3.client("kms", region).describe_key(KeyId=key)["KeyMetadata"] for region in (WEST, EAST)]
    return [each["MultiRegionConfiguration"]["MultiRegionKeyType"] for each in described]


def replicas_own() -> dict[str, Any]:
    key = replicated()
    kms = boto3.client("kms", WEST)
    return {
        "description": kms.describe_key(KeyId=key)["KeyMetadata"]["Description"],
        "policy": kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"] == POLICY,
        "aliases": len(kms.list_aliases(KeyId=key)["Aliases"]),
    }


def tags_of_a_replica() -> list[dict[str, str]]:
    return boto3.client("kms", WEST).list_resource_tags(KeyId=replicated())["Tags"]


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (rotation_period, 0, 100),
        (id_is_as_of_aws, False, True),
        (roles, ["REPLICA", "REPLICA"], ["REPLICA", "PRIMARY"]),
        (
            replicas_own,
            {"description": "primary", "policy": False, "aliases": 1},
            {"description": "replica", "policy": True, "aliases": 0},
        ),
        (tags_of_a_replica, [], TAGS),
    ],
)
def test_a_fix_is_needed_and_works(both, ask, as_moto_has_it, as_aws_has_it):
    assert both(ask) == (as_moto_has_it, as_aws_has_it)


def test_each_of_a_family_tells_all_its_replicas(both):
    def families() -> list[list[str]]:
        key = replicated()
        boto3.client("kms", EAST).replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
        told = [boto3.client("kms", region).describe_key(KeyId=key)["KeyMetadata"] for region in (EAST, WEST)]
        return [[each["Region"] for each in one["MultiRegionConfiguration"]["ReplicaKeys"]] for one in told]

    assert both(families)[1] == [[WEST, "eu-west-1"]] * 2
