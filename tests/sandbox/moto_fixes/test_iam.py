from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

POLICY = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"


def policies_after_attaching(arn: str = POLICY) -> list[str]:
    iam = boto3.client("iam", "us-east-1")
    iam.create_role(RoleName="backup", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.attach_role_policy(RoleName="backup", PolicyArn=arn)
    attached = iam.list_attached_role_policies(RoleName="backup")["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in attached]


def test_aws_managed_policy_can_be_attached(in_both):
    assert in_both(policies_after_attaching) == ("NoSuchEntity", [POLICY])


def test_missing_aws_managed_policy_is_still_rejected(in_both):
    with pytest.raises(ClientError, match="NoSuchEntity"):
        in_both(lambda: policies_after_attaching(POLICY + "X"))


def description_after_updating_another_setting() -> str | None:
    iam = boto3.client("iam", "us-east-1")
    iam.create_role(
        RoleName="backup", Description="makes backups", AssumeRolePolicyDocument=json.dumps({"Statement": []})
    )
    iam.update_role(RoleName="backup", MaxSessionDuration=7200)
    return iam.get_role(RoleName="backup")["Role"].get("Description")


def test_update_keeps_the_description(in_both):
    assert in_both(description_after_updating_another_setting) == (None, "makes backups")
