"""Two buckets with names from Pulumi, of which one fails: no finding names the other."""

import pulumi_aws as aws


def declare_bucket(name: str, *, restrict_public: bool, ownership: str) -> None:
    bucket = aws.s3.Bucket(name, tags={"DataClass": "Internal"})
    aws.s3.BucketPublicAccessBlock(
        f"{name}-closed",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=restrict_public,
    )
    aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=bucket.id, rule={"object_ownership": ownership})
    # The engine knows the name that Pulumi generates, but the program doesn't, so the document covers any bucket.
    aws.s3.BucketPolicy(f"{name}-policy", bucket=bucket.id, policy=DOCUMENT)


DOCUMENT = aws.iam.get_policy_document(
    statements=[
        {
            "effect": "Deny",
            "principals": [{"type": "*", "identifiers": ["*"]}],
            "actions": ["s3:*"],
            "resources": ["*"],
            "conditions": [condition],
        }
        for condition in (
            {"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]},
            {"test": "NumericLessThan", "variable": "s3:TlsVersion", "values": ["1.2"]},
        )
    ]
).json

declare_bucket("right", restrict_public=True, ownership="BucketOwnerEnforced")
declare_bucket("wrong", restrict_public=False, ownership="ObjectWriter")
