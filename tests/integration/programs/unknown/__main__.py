"""What nobody knows before the first deployment: documents with ids in them, and settings that come from another."""

import pulumi
import pulumi_aws as aws

bucket = aws.s3.Bucket("records", tags={"DataClass": "PHI"}, opts=pulumi.ResourceOptions(protect=True))
key = aws.kms.Key("key", enable_key_rotation=True)
later = key.key_id  # stands for whatever comes from a resource that isn't there yet
alike = later.apply(lambda _: True)

aws.s3.BucketPublicAccessBlock(
    "closed",
    bucket=bucket.id,
    block_public_acls=alike,
    block_public_policy=alike,
    ignore_public_acls=alike,
    restrict_public_buckets=alike,
)
aws.s3.BucketOwnershipControls("owner", bucket=bucket.id, rule={"object_ownership": later.apply(str)})
aws.s3.BucketVersioning("versioning", bucket=bucket.id, versioning_configuration={"status": later.apply(str)})
aws.s3.BucketServerSideEncryptionConfiguration(
    "encryption",
    bucket=bucket.id,
    rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": later, "kms_master_key_id": later}}],
)
aws.s3.BucketLifecycleConfiguration(
    "lifecycle",
    bucket=bucket.id,
    rules=[
        {
            "id": "earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": later.apply(len)},
        }
    ],
)
aws.s3.BucketLogging("logging", bucket=bucket.id, target_bucket=later, target_prefix="")
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
role = aws.iam.Role("role", assume_role_policy=later)
aws.iam.RolePolicy("role-policy", role=role.id, policy=later)
aws.kms.KeyPolicy("key-policy", key_id=key.id, policy=later)
aws.cloudtrail.Trail(
    "trail",
    s3_bucket_name=later,
    enable_logging=alike,
    is_multi_region_trail=alike,
    enable_log_file_validation=alike,
    kms_key_id=later,
    cloud_watch_logs_group_arn=later,
    event_selectors=[
        {"read_write_type": later, "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3"]}]}
    ],
)
