"""A bucket of another stack, looked up both ways: what it lacks isn't told, what this stack puts on it is judged.

The documents are of the provider's making. The account is known by the stack's file.
"""

import pulumi_aws as aws

account = aws.get_caller_identity().account_id
read = aws.s3.Bucket.get("other-team", "other-team")
found = aws.s3.get_bucket_output(bucket="other-team")


def deny(arn, test, variable, value):
    return {
        "effect": "Deny",
        "principals": [{"type": "*", "identifiers": ["*"]}],
        "actions": ["s3:*"],
        "resources": [arn, arn.apply(lambda arn: f"{arn}/*")],
        "conditions": [{"test": test, "variable": variable, "values": [value]}],
    }


def let_in(arn, principal):
    return {
        "effect": "Allow",
        "principals": [{"type": "AWS", "identifiers": [principal]}],
        "actions": ["s3:GetObject"],
        "resources": [arn.apply(lambda arn: f"{arn}/*")],
    }


tls = [
    deny(found.arn, "Bool", "aws:SecureTransport", "false"),
    deny(found.arn, "NumericLessThan", "s3:TlsVersion", "1.2"),
]
stranger = let_in(found.arn, "arn:aws:iam::999999999999:root")  # wrong

# What this stack puts on that bucket is judged: the policy, and a block with a flag off.
aws.s3.BucketPolicy(
    "policy", bucket=found.id, policy=aws.iam.get_policy_document_output(statements=[*tls, stranger]).json
)
aws.s3.BucketPublicAccessBlock("block", bucket=read.id, block_public_acls=True, block_public_policy=True)

# A role by a document of the provider's.
trust = aws.iam.get_policy_document(
    statements=[
        {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "AWS", "identifiers": [f"arn:aws:iam::{account}:role/deployer"]}],
        }
    ]
)
role = aws.iam.Role("reader", assume_role_policy=trust.json)
everything = aws.iam.get_policy_document(statements=[{"actions": ["s3:*"], "resources": ["*"]}])  # wrong
aws.iam.RolePolicy("all-of-s3", role=role.id, policy=everything.json)
