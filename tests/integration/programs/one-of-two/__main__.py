"""Two buckets that Pulumi names, of which one is wrong: each finding is of that one, and none of its neighbour."""

import pulumi_aws as aws


def declare(name: str, *, restrict: bool, owner: str, encrypted: bool) -> None:
    bucket = aws.s3.Bucket(name, tags={"DataClass": "Internal"})
    aws.s3.BucketPublicAccessBlock(
        f"{name}-closed",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=restrict,
    )
    aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=bucket.id, rule={"object_ownership": owner})
    if encrypted:
        default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
        aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=bucket.id, rules=[default])
    # A name that Pulumi gives is known at preview, but not to the program: so the document holds for any bucket.
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

declare("right", restrict=True, owner="BucketOwnerEnforced", encrypted=True)
declare("wrong", restrict=False, owner="ObjectWriter", encrypted=False)
