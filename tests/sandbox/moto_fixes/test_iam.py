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


def policies_for(resource: str) -> list[str]:
    iam = boto3.client("iam", "us-east-1")
    statement = {"Effect": "Allow", "Action": "s3:ListAccessGrants", "Resource": resource}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    iam.create_role(RoleName="auditor", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    iam.put_role_policy(RoleName="auditor", PolicyName="audit", PolicyDocument=document)
    return iam.list_role_policies(RoleName="auditor")["PolicyNames"]


def test_policy_may_name_an_access_grants_instance(in_both):
    instance = "arn:aws:s3:*:123456789012:access-grants/*"
    assert in_both(lambda: policies_for(instance)) == ("MalformedPolicyDocument", ["audit"])


def test_policy_that_names_a_bucket_with_a_region_is_still_rejected(in_both):
    with pytest.raises(ClientError, match="MalformedPolicyDocument"):
        in_both(lambda: policies_for("arn:aws:s3:us-east-1:123456789012:bucket"))
