"""A secret in everything that the pack checks: each resource fails, and the secret is never shown."""

import json

import pulumi
import pulumi_aws as aws

NOTES = "notes-123456789012"
secret = pulumi.Output.secret("hunter2")


def secret_document(**statement):
    """Return a policy document of one statement, with the secret as its ID."""
    return secret.apply(lambda sid: json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": sid} | statement]}))


key = aws.kms.Key(
    "key",
    description=secret,
    enable_key_rotation=True,
    policy=secret_document(
        Effect="Allow",
        Principal={"AWS": ["arn:aws:iam::123456789012:root", "*"]},
        Action="kms:*",
        Resource="*",
    ),
)
notes = aws.s3.Bucket("notes", bucket=NOTES, tags={"DataClass": secret, "Owner": secret})
aws.s3.BucketServerSideEncryptionConfiguration(
    "encryption",
    bucket=notes.id,
    rules=[
        {
            "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": secret},
            "bucket_key_enabled": True,
        }
    ],
)
aws.s3.BucketLogging("logging", bucket=notes.id, target_bucket=secret, target_prefix=secret)
aws.s3.BucketPolicy(
    "policy",
    bucket=notes.id,
    policy=secret_document(
        Effect="Allow",
        Principal={"AWS": "999999999999"},
        Action="s3:GetObject",
        Resource=f"arn:aws:s3:::{NOTES}/hunter2",
    ),
)
role = aws.iam.Role(
    "role", assume_role_policy=secret_document(Effect="Allow", Principal={"AWS": "*"}, Action="sts:AssumeRole")
)
aws.iam.RolePolicy("role-policy", role=role.id, policy=secret_document(Effect="Allow", Action="*", Resource="*"))
topic = aws.sns.Topic(
    "alerts",
    kms_master_key_id=secret,
    policy=secret_document(Effect="Allow", Principal="*", Action="sns:Publish", Resource="*"),
)
aws.cloudwatch.MetricAlarm(
    "alarm",
    comparison_operator="GreaterThanThreshold",
    evaluation_periods=1,
    namespace="AWS/S3",
    metric_name="4xxErrors",
    dimensions={"BucketName": NOTES, "FilterId": secret},
    period=300,
    statistic="Sum",
    threshold=1,
    alarm_actions=[topic.arn],
)
