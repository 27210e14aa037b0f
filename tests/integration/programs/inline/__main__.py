"""A bucket with only inline settings. Settings that have no inline property are missing."""

import json

import pulumi
import pulumi_aws as aws

NAME = "records-123456789012"
ARN = f"arn:aws:s3:::{NAME}"
KEY = "arn:aws:kms:us-east-1:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"  # in another stack
BREAK_GLASS = "arn:aws:iam::123456789012:role/break-glass"


def deny(action, resource, **condition):
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


aws.s3.Bucket(
    "records",
    bucket=NAME,
    acl="public-read",  # fails
    tags={"DataClass": "PHI"},
    versioning={"enabled": True},
    server_side_encryption_configuration={
        "rule": {
            "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY},
            "bucket_key_enabled": True,
        }
    },
    object_lock_configuration={
        "object_lock_enabled": "Enabled",
        "rule": {"default_retention": {"mode": "COMPLIANCE", "years": 7}},
    },
    logging={"target_bucket": "access-logs-123456789012", "target_prefix": "records/"},
    lifecycle_rules=[
        {
            "enabled": True,
            "abort_incomplete_multipart_upload_days": 7,
            "expiration": {"days": 3650},  # fails
            "noncurrent_version_expiration": {"days": 2555},
        }
    ],
    cors_rules=[{"allowed_methods": ["GET"], "allowed_origins": ["*"]}],  # fails
    website={"index_document": "index.html"},  # fails
    policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                deny("s3:*", [ARN, f"{ARN}/*"], Bool={"aws:SecureTransport": "false"}),
                deny("s3:*", [ARN, f"{ARN}/*"], NumericLessThan={"s3:TlsVersion": "1.2"}),
                deny(
                    "s3:PutObject",
                    f"{ARN}/*",
                    Null={"s3:x-amz-server-side-encryption": "false"},
                    StringNotEquals={"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY},
                ),
                deny(
                    "s3:UpdateObjectEncryption",
                    f"{ARN}/*",
                    StringNotEquals={"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY},
                ),
                deny("s3:PutObject", f"{ARN}/*", Null={"s3:x-amz-server-side-encryption-customer-algorithm": "false"}),
                deny(
                    [
                        *("s3:PutBucket*", "s3:DeleteBucketPolicy", "s3:BypassGovernanceRetention"),
                        *("s3:PutEncryptionConfiguration", "s3:PutReplicationConfiguration"),
                        "s3:PutLifecycleConfiguration",
                    ],
                    [ARN, f"{ARN}/*"],
                    ArnNotEquals={"aws:PrincipalArn": BREAK_GLASS},
                ),
            ],
        }
    ),
    opts=pulumi.ResourceOptions(protect=True),
)
