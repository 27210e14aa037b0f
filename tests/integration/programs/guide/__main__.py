"""The guide's code in Pulumi: the resources that it creates, with exactly its settings."""

import json

import pulumi_aws as aws

ACCOUNT = "123456789012"
PHI, LOGS = "healthcare-phi-prod-2025", "healthcare-logs-2025"
KEY_ID = "0a1b2c3d-1111-2222-3333-444455556666"  # of a key that was created manually
OBJECTS = f"arn:aws:s3:::{PHI}/*"


def policy_document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow_service(service, *actions):
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions, "Resource": "*"}


# Step 1: the bucket.
phi = aws.s3.Bucket("phi", bucket=PHI, tags={"Environment": "Production", "Compliance": "HIPAA", "DataClass": "PHI"})
aws.s3.BucketPublicAccessBlock(
    "phi-closed",
    bucket=phi.id,
    block_public_acls=True,
    block_public_policy=True,
    ignore_public_acls=True,
    restrict_public_buckets=True,
)
aws.s3.BucketVersioning("phi-versioning", bucket=phi.id, versioning_configuration={"status": "Enabled"})

# Step 2: the key.
key = aws.kms.Key(
    "key",
    description="PHI Encryption Key for S3",
    policy=policy_document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
            "Action": "kms:*",
            "Resource": "*",
        },
        allow_service("s3.amazonaws.com", "kms:Decrypt", "kms:GenerateDataKey"),
        allow_service(
            "logs.amazonaws.com",
            *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*"),
            *("kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"),
        ),
    ),
)
aws.kms.Alias("alias", name="alias/healthcare-phi-s3", target_key_id=key.key_id)
aws.s3.BucketServerSideEncryptionConfiguration(
    "phi-encryption",
    bucket=phi.id,
    rules=[
        {
            "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
            "bucket_key_enabled": True,
        }
    ],
)
aws.s3.BucketLifecycleConfiguration(
    "phi-lifecycle",
    bucket=phi.id,
    rules=[
        {
            "id": "archive-old-versions",
            "status": "Enabled",
            "noncurrent_version_transitions": [{"noncurrent_days": 90, "storage_class": "GLACIER"}],
            "noncurrent_version_expiration": {"noncurrent_days": 2555},
        }
    ],
)

# Step 3: access.
app = aws.iam.Role(
    "app",
    name="HealthcareAppRole",
    assume_role_policy=policy_document(
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ),
)
aws.s3.BucketPolicy(
    "phi-policy",
    bucket=phi.id,
    policy=policy_document(
        {
            "Sid": "DenyUnencryptedObjectUploads",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": OBJECTS,
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        {
            "Sid": "DenyInsecureTransport",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{PHI}", OBJECTS],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "AllowAuthorizedUsersRead",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/HealthcareAppRole"},
            "Action": ["s3:GetObject", "s3:GetObjectVersion"],
            "Resource": OBJECTS,
        },
    ),
)
aws.iam.RolePolicy(
    "app-policy",
    role=app.id,
    policy=policy_document(
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            "Resource": OBJECTS,
            "Condition": {"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        },
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
            "Resource": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{KEY_ID}",
        },
    ),
)

# Step 4: logging and monitoring.
logs = aws.s3.Bucket("logs", bucket=LOGS)
delivery = {"type": "Group", "uri": "http://acs.amazonaws.com/groups/s3/LogDelivery"}
aws.s3.BucketAcl(
    "logs-acl",
    bucket=logs.id,
    access_control_policy={
        "owner": {"id": "0" * 64},
        "grants": [{"grantee": delivery, "permission": permission} for permission in ("WRITE", "READ_ACP")],
    },
)
aws.s3.BucketLogging("phi-logging", bucket=phi.id, target_bucket=logs.id, target_prefix="s3-access-logs/")
aws.cloudtrail.Trail(
    "trail",
    name="healthcare-phi-audit-trail",
    s3_bucket_name="healthcare-cloudtrail-logs-2025",
    is_multi_region_trail=True,
    enable_log_file_validation=True,
    enable_logging=False,  # the guide calls create_trail, but not start_logging
    event_selectors=[
        {
            "read_write_type": "All",
            "include_management_events": True,
            "data_resources": [{"type": "AWS::S3::Object", "values": [f"arn:aws:s3:::{PHI}/"]}],
        }
    ],
)
aws.cloudwatch.MetricAlarm(
    "alarm",
    name="UnauthorizedS3Access",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    metric_name="4xxErrors",
    namespace="AWS/S3",
    period=300,
    statistic="Sum",
    threshold=10,
    alarm_actions=[f"arn:aws:sns:us-east-1:{ACCOUNT}:security-alerts"],
    dimensions={"BucketName": PHI},
)
