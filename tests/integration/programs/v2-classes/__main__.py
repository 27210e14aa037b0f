"""The V2 classes of pulumi-aws 6, which 7 still has, for a bucket and each of its companions."""

import pulumi
import pulumi_aws as aws

images = aws.s3.BucketV2(
    "images", bucket="images-123456789012", force_destroy=True, opts=pulumi.ResourceOptions(protect=True)
)  # fails: it has no data class, so it counts as PHI, and it may be destroyed
logs = aws.s3.BucketV2("logs", bucket="logs-123456789012", tags={"DataClass": "S3AccessLog"})
key = aws.kms.Key("key", enable_key_rotation=True)

for name, bucket in {"images": images, "logs": logs}.items():
    aws.s3.BucketPublicAccessBlock(
        f"{name}-closed",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketVersioningV2(f"{name}-versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"})

aws.s3.BucketOwnershipControls("images-owner", bucket=images.id, rule={"object_ownership": "BucketOwnerEnforced"})
aws.s3.BucketServerSideEncryptionConfigurationV2(
    "images-encryption",
    bucket=images.id,
    rules=[
        {
            "apply_server_side_encryption_by_default": {
                "sse_algorithm": "aws:kms",
                "kms_master_key_id": key.arn,
            },
            "bucket_key_enabled": True,
        }
    ],
)
aws.s3.BucketServerSideEncryptionConfigurationV2(
    "logs-encryption",
    bucket=logs.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
)
aws.s3.BucketObjectLockConfigurationV2(
    "images-lock", bucket=images.id, rule={"default_retention": {"mode": "GOVERNANCE", "days": 2192}}
)
aws.s3.BucketLifecycleConfigurationV2(
    "images-lifecycle",
    bucket=images.id,
    rules=[
        {
            "id": "earlier-versions",
            "status": "Enabled",
            "noncurrent_version_expiration": {"noncurrent_days": 30},  # fails
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
    ],
)
aws.s3.BucketLoggingV2("images-logging", bucket=images.id, target_bucket=images.id, target_prefix="log/")  # fails
aws.s3.BucketAclV2("logs-acl", bucket=logs.id, acl="authenticated-read")  # fails
aws.s3.BucketWebsiteConfigurationV2("site", bucket=logs.id, index_document={"suffix": "index.html"})  # fails
aws.s3.BucketCorsConfigurationV2(
    "images-cors",
    bucket=images.id,
    cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["https://viewer.example.org"]}],
)
