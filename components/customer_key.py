"""The customer managed key that encrypts one bucket."""

from __future__ import annotations

import json
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.guarded_bucket import kept


class CustomerKeyArgs(TypedDict):
    account: Account
    """Where the key lives, and whose IAM policies decide who uses it."""
    bucket_arn: str
    """The one bucket whose objects the key may encrypt."""
    keeps_data: bool
    """Whether `pulumi destroy` is refused: without its key the data is lost."""


class CustomerKey(pulumi.ComponentResource):
    """A KMS key that S3 alone may use, for one bucket, on behalf of principals that IAM allows."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CustomerKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:encryption:CustomerKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description=f"Encrypts the objects of {args['bucket_arn']}",
            policy=json.dumps(key_policy(args["account"], args["bucket_arn"])),
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=30,
            tags={"DataClass": "PHI"},
            opts=kept(self, args["keeps_data"]),
        )
        aws.kms.Alias(
            f"{name}-alias",
            name=f"alias/{pulumi.get_project()}-{pulumi.get_stack()}-{name}",
            target_key_id=key.key_id,
            opts=kept(self, args["keeps_data"]),
        )

        self.arn = key.arn
        self.register_outputs({"arn": key.arn})


def key_policy(account: Account, bucket_arn: str) -> dict[str, Any]:
    """Administration by the account, without use; use through S3, for the bucket's objects only.

    The encryption context names the object's ARN, or the bucket's where a Bucket Key is on:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AdministerWithoutUse",
                "Effect": "Allow",
                "Principal": {"AWS": account.root},
                "Action": [
                    "kms:CancelKeyDeletion",
                    "kms:CreateAlias",
                    "kms:DeleteAlias",
                    "kms:DescribeKey",
                    "kms:DisableKey",
                    "kms:EnableKey",
                    "kms:EnableKeyRotation",
                    "kms:GetKeyPolicy",
                    "kms:GetKeyRotationStatus",
                    "kms:ListKeyPolicies",
                    "kms:ListKeyRotations",
                    "kms:ListResourceTags",
                    "kms:PutKeyPolicy",
                    "kms:RotateKeyOnDemand",
                    "kms:ScheduleKeyDeletion",
                    "kms:TagResource",
                    "kms:UntagResource",
                    "kms:UpdateAlias",
                    "kms:UpdateKeyDescription",
                ],
                "Resource": "*",
            },
            {
                "Sid": "UseThroughS3ForThisBucket",
                "Effect": "Allow",
                "Principal": {"AWS": account.root},
                "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
                "Resource": "*",
                "Condition": {
                    "StringEquals": {
                        "kms:CallerAccount": account.id,
                        "kms:ViaService": f"s3.{account.region}.{account.dns_suffix}",
                    },
                    "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [bucket_arn, f"{bucket_arn}/*"]},
                },
            },
        ],
    }
