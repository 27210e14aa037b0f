"""A bucket with its companions, each by reference."""

import pulumi
import pulumi_aws as aws
from documents import named


class Store(pulumi.ComponentResource):
    """Locked and encrypted with a key, unless it is where access logs are delivered to."""

    def __init__(self, name, data_class, policy, *, key=None, logs=None):
        # As an input with its structure, the policy can be judged while a key's ARN in it isn't known.
        super().__init__("example:Store", name, {"bucketPolicy": policy})
        own = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(
            name,
            bucket=named(name),
            tags={"DataClass": data_class},
            object_lock_enabled=key is not None,
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        of = self.bucket.id
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        closed = aws.s3.BucketPublicAccessBlock(f"{name}-closed", bucket=of, **dict.fromkeys(flags, True), opts=own)
        owner = {"object_ownership": "BucketOwnerEnforced"}
        aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=of, rule=owner, opts=own)
        status = {"status": "Enabled"}
        aws.s3.BucketVersioning(f"{name}-versioning", bucket=of, versioning_configuration=status, opts=own)
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": key} if key else {"sse_algorithm": "AES256"}
        encryption = {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": key is not None}
        aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-encryption", bucket=of, rules=[encryption], opts=own)
        after = pulumi.ResourceOptions(parent=self, depends_on=closed)
        text = pulumi.Output.json_dumps(policy)
        self.policy = aws.s3.BucketPolicy(f"{name}-policy", bucket=of, policy=text, opts=after)
        aws.s3.BucketMetric(f"{name}-metrics", bucket=of, name="EntireBucket", opts=own)
        lifecycle = {
            "id": "earlier-versions",
            "status": "Enabled",
            "filter": {},
            "noncurrent_version_expiration": {"noncurrent_days": 2555},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }
        aws.s3.BucketLifecycleConfiguration(f"{name}-lifecycle", bucket=of, rules=[lifecycle], opts=own)
        if key:
            lock = {"default_retention": {"mode": "GOVERNANCE", "days": 2192}}
            aws.s3.BucketObjectLockConfiguration(f"{name}-lock", bucket=of, rule=lock, opts=own)
        if logs:
            target = logs.bucket.id
            ready = pulumi.ResourceOptions(parent=self, depends_on=logs.policy)
            aws.s3.BucketLogging(f"{name}-logging", bucket=of, target_bucket=target, target_prefix=name, opts=ready)
