"""Stacks for the tests of S3 controls: buckets and their companions, in the types of pulumi-aws 7 and 6."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
ACCOUNT = "111122223333"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
DATA = "arn:aws:s3:::data"
ALL_DATA_CLASSES = ("PHI", "Replica", "S3AccessLog", "CloudTrailLog", "Inventory", "Public", "Internal", "Other")

both_forms = pytest.mark.parametrize("form", [0, 1], ids=["by-name", "by-reference"])
both_versions = pytest.mark.parametrize("token", [V7, V6], ids=["v7", "v6"])


def policy_text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# Its ARN gives the stack's own account.
ACCOUNT_KEY = Resource(
    "aws:kms/key:Key",
    "account",
    {
        "policy": policy_text(
            {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"},
        )
    },
    outputs={"arn": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234"},
)


def bucket(name: str = "data", data_class: str = "PHI", token: str = V7, **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": name, "tags": {"DataClass": data_class}} | inputs)


def data_bucket(name: str = "bucket", token: str = V7, data_class: str = "PHI", **inputs: Any) -> Resource:
    """Return a bucket that is called `data` in AWS, whatever its name in the program."""
    return bucket(name, data_class, token, **{"bucket": "data"} | inputs)


def companion(type_name: str, name: str = "it", **inputs: Any) -> Resource:
    """Return a companion of the bucket `data`, unless `inputs` name another."""
    token = f"aws:s3/{type_name[0].lower()}{type_name[1:]}:{type_name}"
    return Resource(token, name, {"bucket": "data"} | inputs)


def companion_by_reference(type_name: str, bucket_resource: str = "data", **inputs: Any) -> Resource:
    """Return a companion whose bucket is known only from the resource that its value comes from."""
    unnamed = companion(type_name, bucket=UNKNOWN, **inputs)
    return replace(unnamed, comes_from={"bucket": [bucket_resource]})


def in_both_forms(
    type_name: str, v6_type_name: str = "", data_class: str = "PHI", **inputs: Any
) -> list[list[Resource]]:
    """Return two stacks of a bucket and a companion: one by name in pulumi-aws 7, one by reference in pulumi-aws 6."""
    return [
        [bucket(data_class=data_class), companion(type_name, **inputs)],
        [bucket(data_class=data_class, token=V6), companion_by_reference(v6_type_name or type_name, **inputs)],
    ]


def policy_in_component(
    document: Any, type_name: str = "BucketPolicy", component_input: str = "bucketPolicy"
) -> tuple[Resource, Resource]:
    """Return a component that declares the structure of a policy, and in it the policy, whose text isn't known yet."""
    component = Resource("example:x:Component", "around", {component_input: document})
    return component, replace(companion(type_name, policy=UNKNOWN), parent="around")


def failed_in_all(pack: PackProcess, control: str, stacks: list[list[Resource]]) -> set[str]:
    """Return the resources that fail, after checking that they are the same in every stack."""
    return _same_in_all(failed_resources, pack, control, stacks)


def unverified_in_all(pack: PackProcess, control: str, stacks: list[list[Resource]]) -> set[str]:
    """Return the unverified resources, after checking that they are the same in every stack."""
    return _same_in_all(unverified_resources, pack, control, stacks)


def _same_in_all(
    resources_of: Callable[..., set[str]], pack: PackProcess, control: str, stacks: list[list[Resource]]
) -> set[str]:
    found = [resources_of(pack, control, stack) for stack in stacks]
    assert found == found[:1] * len(stacks)
    return found[0]
