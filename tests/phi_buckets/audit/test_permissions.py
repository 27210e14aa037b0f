"""The auditor's IAM policy: exactly the permissions that the audit's calls require."""

from __future__ import annotations

import pytest

from phi_buckets.audit import permissions
from phi_buckets.audit.calls import Call, ResourceType

GET_POLICY = Call("s3", "get_bucket_policy", "s3:GetBucketPolicy", ResourceType.BUCKET)
GET_TAGS = Call("s3", "get_bucket_tagging", "s3:GetBucketTagging", ResourceType.BUCKET)
DESCRIBE_KEY = Call("kms", "describe_key", "kms:DescribeKey", ResourceType.KEY)
LIST_ALIASES = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)
STACK_SCOPE = permissions.stack_scope("aws", "123456789012", "phi-dev-", ["arn:aws:s3:::phi-dev-phi"])


def test_statements_group_the_actions_by_resource_type():
    assert permissions.statements([GET_TAGS, GET_POLICY, GET_POLICY, LIST_ALIASES], STACK_SCOPE) == [
        {"Effect": "Allow", "Action": ["kms:ListAliases"], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketPolicy", "s3:GetBucketTagging"],
            "Resource": ["arn:aws:s3:::phi-dev-phi"],
        },
    ]


def test_statements_restrict_keys_to_the_stacks_aliases():
    [statement] = permissions.statements([DESCRIBE_KEY], STACK_SCOPE)
    assert statement["Condition"] == {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/phi-dev-*"}}
    [statement] = permissions.statements([DESCRIBE_KEY], permissions.account_scope("aws", "123456789012"))
    assert "Condition" not in statement


@pytest.mark.parametrize("resource_type", [member for member in ResourceType if member is not ResourceType.ANY])
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_account_scope_names_the_account_in_every_arn(resource_type, partition):
    arns = permissions.account_scope(partition, "123456789012").resources[resource_type]
    assert arns
    for arn in arns:
        assert arn.startswith(f"arn:{partition}:")
        assert ":123456789012:" in arn or resource_type in (ResourceType.BUCKET, ResourceType.TRAIL)


def test_only_account_scope_includes_the_trails_of_the_organization():
    """A member account requests the status of such a trail by its ARN, which names the management account."""
    trails = permissions.account_scope("aws", "123456789012").resources[ResourceType.TRAIL]
    assert trails == ["arn:aws:cloudtrail:*:*:trail/*"]
    assert STACK_SCOPE.resources[ResourceType.TRAIL] == ["arn:aws:cloudtrail:*:123456789012:trail/phi-dev-*"]
