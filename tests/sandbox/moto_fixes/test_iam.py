from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

POLICY = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"


def attached(arn: str = POLICY) -> list[str]:
    iam = boto3.client("iam", "us-east-1")
    iam.create_role(RoleName="keeper", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}))
    iam.attach_role_policy(RoleName="keeper", PolicyArn=arn)
    return [each["PolicyArn"] for each in iam.list_attached_role_policies(RoleName="keeper")["AttachedPolicies"]]


def test_a_policy_of_aws_can_be_attached(both):
    assert both(attached) == ("NoSuchEntity", [POLICY])


def test_one_that_there_is_not_is_refused_still(both):
    with pytest.raises(ClientError, match="NoSuchEntity"):
        both(lambda: attached(POLICY + "X"))


def description_after_another_change() -> str | None:
    iam = boto3.client("iam", "us-east-1")
    iam.create_role(RoleName="keeper", Description="keeps", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    iam.update_role(RoleName="keeper", MaxSessionDuration=7200)
    return iam.get_role(RoleName="keeper")["Role"].get("Description")


def test_a_description_that_is_not_changed_stays(both):
    assert both(description_after_another_change) == (None, "keeps")
