"""The auditor's policy: what the audit's calls take, and no more."""

from __future__ import annotations

import pytest

from phi.audit import permissions
from phi.audit.calls import Call, ResourceType

READ = Call("s3", "get_bucket_policy", "s3:GetBucketPolicy", ResourceType.BUCKET)
TAGS = Call("s3", "get_bucket_tagging", "s3:GetBucketTagging", ResourceType.BUCKET)
KEY = Call("kms", "describe_key", "kms:DescribeKey", ResourceType.KEY)
LIST = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)
STACK = permissions.stack_scope("aws", "123456789012", "phi-dev-", ["arn:aws:s3:::phi-dev-phi"])


def test_a_statement_for_each_kind_of_resource():
    assert permissions.statements([TAGS, READ, READ, LIST], STACK) == [
        {"Effect": "Allow", "Action": ["kms:ListAliases"], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["s3:GetBucketPolicy", "s3:GetBucketTagging"],
            "Resource": ["arn:aws:s3:::phi-dev-phi"],
        },
    ]


def test_a_stacks_keys_are_told_by_their_aliases():
    [statement] = permissions.statements([KEY], STACK)
    assert statement["Condition"] == {"ForAnyValue:StringLike": {"kms:ResourceAliases": "alias/phi-dev-*"}}
    [statement] = permissions.statements([KEY], permissions.account_scope("aws", "123456789012"))
    assert "Condition" not in statement


@pytest.mark.parametrize("on", [each for each in ResourceType if each is not ResourceType.ANY])
@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_every_kind_has_an_arn_of_the_account_or_of_its_buckets(on, partition):
    for arn in permissions.account_scope(partition, "123456789012").resources[on]:
        assert arn.startswith(f"arn:{partition}:")
        assert ":123456789012:" in arn or on in (ResourceType.BUCKET, ResourceType.TRAIL)


def test_an_account_may_read_its_organizations_trails_and_a_stack_its_own_alone():
    """A member account asks for the status of an organization's trail by its ARN, which is the management account's."""
    trails = permissions.account_scope("aws", "123456789012").resources[ResourceType.TRAIL]
    assert trails == ["arn:aws:cloudtrail:*:*:trail/*"]
    assert STACK.resources[ResourceType.TRAIL] == ["arn:aws:cloudtrail:*:123456789012:trail/phi-dev-*"]
