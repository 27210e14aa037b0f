"""Values that aren't known before the first deployment: documents with IDs, and settings from other resources."""

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("records", tags={"DataClass": "PHI"}, opts=pulumi.ResourceOptions(protect=True))
key = aws.kms.Key("key", enable_key_rotation=True)
unknown = key.key_id  # stands for any value from a resource that doesn't exist yet
unknown_flag = unknown.apply(lambda _: True)

aws.s3.BucketPublicAccessBlock(
    "closed",
    bucket=bucket.id,
    block_public_acls=unknown_flag,
    block_public_policy=unknown_flag,
    ignore_public_acls=unknown_flag,
    restrict_public_buckets=unknown_flag,
)
aws.s3.BucketOwnershipControls("owner", bucket=bucket.id, rule={"object_ownership": unknown.apply(str)})
aws.s3.BucketVersioning("versioning", bucket=bucket.id, versioning_configuration={"status": unknown.apply(str)})
aws.s3.BucketServerSideEncryptionConfiguration(
    "encryption",
    bucket=bucket.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": unknown, "kms_master_key_id": unknown}}],
)
aws.s3.BucketLifecycleConfiguration(
    "lifecycle",
    bucket=bucket.id,
    rules=[
        {
            "id": "earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": unknown.apply(len)},
        }
    ],
)
aws.s3.BucketLogging("logging", bucket=bucket.id, target_bucket=unknown, target_prefix="")
aws.s3.BucketPolicy(
    "policy",
    bucket=bucket.id,
    policy=pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    ),
)
role = aws.iam.Role("role", assume_role_policy=unknown)
aws.iam.RolePolicy("role-policy", role=role.id, policy=unknown)
aws.kms.KeyPolicy("key-policy", key_id=key.id, policy=unknown)
aws.cloudtrail.Trail(
    "trail",
    s3_bucket_name=unknown,
    enable_logging=unknown_flag,
    is_multi_region_trail=unknown_flag,
    enable_log_file_validation=unknown_flag,
    kms_key_id=unknown,
    cloud_watch_logs_group_arn=unknown,
    event_selectors=[
        {"read_write_type": unknown, "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
    ],
)
