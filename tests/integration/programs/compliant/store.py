"""A bucket with its companions, which refer to it."""

import pulumi
import pulumi_aws as aws
from documents import bucket_name


class Store(pulumi.ComponentResource):
    """A bucket with its companions. Without a key, it is a log bucket, which has SSE-S3 and no Object Lock."""

    def __init__(self, name, data_class, policy, *, key_arn=None, log_bucket=None):
        # As a structured input, the policy can be checked while a key's ARN in it isn't known.
        super().__init__("example:Store", name, {"bucketPolicy": policy})
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name(name),
            tags={"DataClass": data_class},
            object_lock_enabled=key_arn is not None,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        bucket_id = self.bucket.id
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        public_access_block = aws.s3.BucketPublicAccessBlock(
            f"{name}-closed", bucket=bucket_id, **dict.fromkeys(flags, True), opts=child
        )
        ownership = {"object_ownership": "BucketOwnerEnforced"}
        aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=bucket_id, rule=ownership, opts=child)
        versioning = {"status": "Enabled"}
        aws.s3.BucketVersioning(f"{name}-versioning", bucket=bucket_id, versioning_configuration=versioning, opts=child)
        default_encryption = (
            {"sse_algorithm": "aws:kms", "kms_master_key_id": key_arn} if key_arn else {"sse_algorithm": "AES256"}
        )
        encryption = {
            "apply_server_side_encryption_by_default": default_encryption,
            "bucket_key_enabled": key_arn is not None,
        }
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption", bucket=bucket_id, rules=[encryption], opts=child
        )
        after_block = pulumi.ResourceOptions(parent=self, depends_on=public_access_block)
        policy_json = pulumi.Output.json_dumps(policy)
        self.policy = aws.s3.BucketPolicy(f"{name}-policy", bucket=bucket_id, policy=policy_json, opts=after_block)
        aws.s3.BucketMetric(f"{name}-metrics", bucket=bucket_id, name="EntireBucket", opts=child)
        lifecycle = {
            "id": "earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": 2555},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
        aws.s3.BucketLifecycleConfiguration(f"{name}-lifecycle", bucket=bucket_id, rules=[lifecycle], opts=child)
        if key_arn:
            object_lock = {"default_retention": {"mode": "GOVERNANCE", "days": 2192}}
            aws.s3.BucketObjectLockConfiguration(f"{name}-lock", bucket=bucket_id, rule=object_lock, opts=child)
        if log_bucket:
            target = log_bucket.bucket.id
            after_policy = pulumi.ResourceOptions(parent=self, depends_on=log_bucket.policy)
            aws.s3.BucketLogging(
                f"{name}-logging", bucket=bucket_id, target_bucket=target, target_prefix=name, opts=after_policy
            )
