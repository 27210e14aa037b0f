"""A directory bucket and an Outposts bucket with PHI, and a Storage Lens export to another account.

The engine's provider doesn't serve S3 Tables, so tests/policy/services/test_s3_bucket_types.py has the table buckets.
"""

import json

import pulumi_aws as aws

OTHER_ACCOUNT = "999999999999"
OUTPOST = "op-0123456789abcdef0"
WARD = f"arn:aws:s3-outposts:us-east-1:123456789012:outpost/{OUTPOST}/bucket/ward"

scans = aws.s3.DirectoryBucket(
    "scans", bucket="scans--use1-az4--x-s3", location={"name": "use1-az4"}, force_destroy=True
)
aws.s3.BucketPolicy(
    "scans-policy",
    bucket=scans.bucket,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"},
                "Action": "s3express:CreateSession",
                "Resource": "*",
            },
        }
    ),
)
aws.s3.BucketServerSideEncryptionConfiguration(
    "scans-encryption",
    bucket=scans.bucket,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
)
aws.s3.BucketLifecycleConfiguration(
    "scans-lifecycle",
    bucket=scans.bucket,
    rules=[{"id": "old", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 30}}],
)

aws.s3control.Bucket("ward", bucket="ward", outpost_id=OUTPOST, tags={"DataClass": "PHI"})
aws.s3control.BucketPolicy(
    "ward-policy",
    bucket=WARD,
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3-outposts:GetObject",
                "Resource": f"{WARD}/object/*",
            },
        }
    ),
)

aws.s3control.StorageLensConfiguration(
    "lens",
    config_id="lens",
    storage_lens_configuration={
        "enabled": True,
        "account_level": {"bucket_level": {}},
        "data_export": {
            "s3_bucket_destination": {
                "account_id": OTHER_ACCOUNT,
                "arn": "arn:aws:s3:::metrics",
                "format": "CSV",
                "output_schema_version": "V_1",
            }
        },
    },
)
