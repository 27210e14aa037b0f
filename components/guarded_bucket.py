"""What every bucket of the stack has, whatever it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

PolicyDocument = dict[str, Any]
LifecycleRule = aws.s3.BucketLifecycleConfigurationRuleArgsDict
Encryption = aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgsDict


def guarded_bucket(
    name: str,
    *,
    parent: pulumi.Resource,
    bucket_name: str,
    data_class: str,
    encryption: Encryption,
    policy: PolicyDocument,
    lifecycle: Sequence[LifecycleRule],
    keeps_data: bool,
    force_destroy: bool = False,
) -> tuple[aws.s3.Bucket, list[pulumi.Resource]]:
    """Declare a bucket that is closed, versioned, encrypted, reached over TLS alone and kept.

    Returns the bucket and the resources that must stand before anything is put into it.
    """

    def after(*resources: pulumi.Resource) -> pulumi.ResourceOptions:
        return kept(parent, keeps_data, resources)

    bucket = aws.s3.Bucket(
        name,
        bucket=bucket_name,
        tags={"DataClass": data_class},
        force_destroy=force_destroy,
        opts=after(),
    )
    closed = aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access-block",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=after(),
    )
    ownership = aws.s3.BucketOwnershipControls(
        f"{name}-ownership",
        bucket=bucket.id,
        rule={"object_ownership": "BucketOwnerEnforced"},
        opts=after(closed),  # S3 refuses changes of a bucket's access that come at once
    )
    versioning = aws.s3.BucketVersioning(
        f"{name}-versioning",
        bucket=bucket.id,
        versioning_configuration={"status": "Enabled"},
        opts=after(),
    )
    encrypted = aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption",
        bucket=bucket.id,
        rules=[
            {
                "apply_server_side_encryption_by_default": encryption,
                # One data key serves many objects: fewer KMS requests, the same protection.
                "bucket_key_enabled": encryption["sse_algorithm"] == "aws:kms",
            }
        ],
        opts=after(),
    )
    reached = aws.s3.BucketPolicy(
        f"{name}-policy",
        bucket=bucket.id,
        policy=pulumi.Output.json_dumps(policy),
        opts=after(ownership),
    )
    aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=lifecycle,
        opts=after(versioning),  # rules for versions of an unversioned bucket are refused
    )
    return bucket, [closed, ownership, versioning, encrypted, reached]


def tls_only(bucket_arn: str) -> list[PolicyDocument]:
    """Deny statements: every request of everyone over plain HTTP, or over TLS older than 1.2."""
    return [
        {
            "Sid": "DenyPlainHttp",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "DenyTlsBefore12",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
        },
    ]


def kept(
    parent: pulumi.Resource, keeps_data: bool, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """The options of a child that data hangs on: where data is kept, so is all that guards it and decrypts it."""
    return pulumi.ResourceOptions(parent=parent, depends_on=depends_on, protect=keeps_data, retain_on_delete=keeps_data)
