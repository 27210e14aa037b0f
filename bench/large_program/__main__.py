"""$BUCKETS PHI buckets with seven companion resources each, and one KMS key for all. The program is deterministic."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pulumi
import pulumi_aws as aws

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
from bench.large_program.bucket import KEY_NAME, LOG_BUCKET, bucket_name, policy


def declare(name: str, key: aws.kms.Key) -> None:
    """Declare a bucket, and companions that refer to it by its ID, which a first preview doesn't know."""
    bucket = aws.s3.Bucket(name, bucket=name, tags={"DataClass": "PHI"}, opts=pulumi.ResourceOptions(protect=True))
    aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access-block",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
    )
    aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
    )
    aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
                "bucket_key_enabled": True,
            }
        ],
    )
    aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=policy(name),
    )
    aws.s3.BucketLogging(
        f"{name}-logging",
        bucket=bucket.id,
        target_bucket=LOG_BUCKET,
        target_prefix=f"{name}/",
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[
            {
                "id": "keep-earlier-versions",
                "status": "Enabled",
                "filter": {},
                "noncurrent_version_expiration": {"noncurrent_days": 2555},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            }
        ],
    )


def main() -> None:
    key = aws.kms.Key(KEY_NAME, enable_key_rotation=True, deletion_window_in_days=30)
    for index in range(int(os.environ["BUCKETS"])):
        declare(bucket_name(index), key)


main()
