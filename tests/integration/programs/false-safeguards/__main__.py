"""Buckets that comply, but for a public access block that isn't one, or may not be one, in AWS."""

import json

import pulumi
import pulumi_aws as aws

ALL_FLAGS_ON = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"), True
)


def guarded(name: str) -> aws.s3.Bucket:
    """Return a bucket with all its safeguards but the public access block."""
    bucket = aws.s3.Bucket(name, bucket=name, tags={"DataClass": "Internal"})
    ownership = {"object_ownership": "BucketOwnerEnforced"}
    aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=bucket.id, rule=ownership)
    default = {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=bucket.id, rules=[default])
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    deny["Resource"] = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    conditions = ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    statements = [deny | {"Condition": condition} for condition in conditions]
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    aws.s3.BucketPolicy(f"{name}-policy", bucket=bucket.id, policy=policy)
    return bucket


def block(name: str, bucket: pulumi.Input[str], provider: aws.Provider | None = None) -> None:
    opts = pulumi.ResourceOptions(provider=provider) if provider else None
    aws.s3.BucketPublicAccessBlock(name, bucket=bucket, **ALL_FLAGS_ON, opts=opts)


block("right-block", guarded("right").id)

# A component may have any type. It creates nothing in AWS, whatever its inputs and its provider.
guarded("posed")
west = aws.Provider("west", region="us-west-2")
inputs = {"bucket": "posed", **dict.fromkeys(("blockPublicAcls", "blockPublicPolicy"), True)}
inputs |= dict.fromkeys(("ignorePublicAcls", "restrictPublicBuckets"), True)
for name, provider in (("posing", None), ("posing-with-provider", west)):
    opts = pulumi.ResourceOptions(provider=provider) if provider else None
    pulumi.ComponentResource("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", name, inputs, opts)

# Another region has no bucket of this name, so its block isn't this bucket's.
block("far-block", guarded("far").id, west)

# Other credentials may belong to another account.
second = aws.Provider(
    "second",
    region="us-east-1",
    access_key="AKIAIOSFODNN7EXAMPLE",
    secret_key="example",
    skip_credentials_validation=True,
    skip_requesting_account_id=True,
)
block("uncertain-block", guarded("uncertain").id, second)

# Each of two blocks overwrites the other.
twice = guarded("twice")
block("first-block", twice.id)
block("second-block", "twice")

# Nothing but the block of this bucket is judged: the program only reads it. pack-notice says so.
block("read-block", aws.s3.Bucket.get("read", "other-team").id)
