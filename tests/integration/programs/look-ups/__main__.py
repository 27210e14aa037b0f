"""A bucket of another stack, looked up both ways: only what this stack configures on it is checked.

The policy documents come from the provider's data sources. The stack's config gives the account.
"""

import pulumi_aws as aws

account = aws.get_caller_identity().account_id
bucket_resource = aws.s3.Bucket.get("other-team", "other-team")
bucket_data = aws.s3.get_bucket_output(bucket="other-team")


def deny(arn, test, variable, value):
    return {
        "effect": "Deny",
        "principals": [{"type": "*", "identifiers": ["*"]}],
        "actions": ["s3:*"],
        "resources": [arn, arn.apply(lambda arn: f"{arn}/*")],
        "conditions": [{"test": test, "variable": variable, "values": [value]}],
    }


def allow_read(arn, principal):
    return {
        "effect": "Allow",
        "principals": [{"type": "AWS", "identifiers": [principal]}],
        "actions": ["s3:GetObject"],
        "resources": [arn.apply(lambda arn: f"{arn}/*")],
    }


tls_statements = [
    deny(bucket_data.arn, "Bool", "aws:SecureTransport", "false"),
    deny(bucket_data.arn, "NumericLessThan", "s3:TlsVersion", "1.2"),
]
external_grant = allow_read(bucket_data.arn, "arn:aws:iam::999999999999:root")  # fails

# Checked, because this stack declares them: the bucket policy, and a public access block without two of its flags.
aws.s3.BucketPolicy(
    "policy",
    bucket=bucket_data.id,
    policy=aws.iam.get_policy_document_output(statements=[*tls_statements, external_grant]).json,
)
aws.s3.BucketPublicAccessBlock("block", bucket=bucket_resource.id, block_public_acls=True, block_public_policy=True)

# A role whose documents come from a data source.
trust_policy = aws.iam.get_policy_document(
    statements=[
        {
            "actions": ["sts:AssumeRole"],
            "principals": [{"type": "AWS", "identifiers": [f"arn:aws:iam::{account}:role/deployer"]}],
        }
    ]
)
role = aws.iam.Role("reader", assume_role_policy=trust_policy.json)
all_of_s3 = aws.iam.get_policy_document(statements=[{"actions": ["s3:*"], "resources": ["*"]}])  # fails
aws.iam.RolePolicy("all-of-s3", role=role.id, policy=all_of_s3.json)
