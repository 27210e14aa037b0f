"""A customer managed key: administered by the account without use, used by those whom its policy names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import kept
from components.policy_document import PolicyDocument, Statement, document
from components.stack_context import Site

DELETION_WINDOW = 30  # days: the longest that KMS has, in which a mistake is undone


class CustomerKeyArgs(TypedDict):
    site: Site
    """Where the key lives."""
    uses: Sequence[Statement]
    """The statements of its policy that let somebody use it."""
    data_class: str
    """What it encrypts, by the tag DataClass."""


class CustomerKey(pulumi.ComponentResource):
    """A KMS key with its alias, rotated every year.

    A multi-region one, since a key can't become that later: its replica in another region comes and goes without it.
    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CustomerKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        site = args["site"]
        policy = key_policy(site.account, args["uses"])
        super().__init__("phi:encryption:CustomerKey", name, {"keyPolicy": policy}, opts)
        data = kept(self, site.settings.keeps_data)  # without its key the data is lost
        key = aws.kms.Key(
            name,
            description=f"Encrypts {args['data_class']} of {site.account.name(name)}",
            policy=pulumi.Output.json_dumps(policy),
            multi_region=True,
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=DELETION_WINDOW,
            tags={"DataClass": args["data_class"]},
            opts=data,
        )
        _alias(name, site, key, data)

        self.arn = key.arn
        self.register_outputs({"arn": key.arn})


class ReplicaKeyArgs(CustomerKeyArgs):
    primary_arn: pulumi.Input[str]
    """The multi-region key that this is a replica of: it rotates with that one."""


class ReplicaKey(pulumi.ComponentResource):
    """The replica of a multi-region key in another region, with a policy and an alias of its own."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: ReplicaKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        site = args["site"]
        policy = key_policy(site.account, args["uses"])
        super().__init__("phi:encryption:ReplicaKey", name, {"keyPolicy": policy}, opts)
        data = kept(self, site.settings.keeps_data)
        key = aws.kms.ReplicaKey(
            name,
            description=f"Encrypts {args['data_class']} of {site.account.name(name)}",
            primary_key_arn=args["primary_arn"],
            policy=pulumi.Output.json_dumps(policy),
            deletion_window_in_days=DELETION_WINDOW,
            tags={"DataClass": args["data_class"]},
            opts=data,
        )
        _alias(name, site, key, data)

        self.arn = key.arn
        self.register_outputs({"arn": key.arn})


def _alias(name: str, site: Site, key: aws.kms.Key | aws.kms.ReplicaKey, opts: pulumi.ResourceOptions) -> None:
    aws.kms.Alias(f"{name}-alias", name=f"alias/{site.account.name(name)}", target_key_id=key.key_id, opts=opts)


def key_policy(account: Account, uses: Sequence[Statement]) -> PolicyDocument:
    """Administration by the account, without use, and then its uses.

    The account's root keeps the key manageable: IAM policies decide who administers it.
    https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    """
    administer = {
        "Sid": "AllowKeyAdministration",
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
            "kms:ReplicateKey",
            "kms:RotateKeyOnDemand",
            "kms:ScheduleKeyDeletion",
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateAlias",
            "kms:UpdateKeyDescription",
        ],
        "Resource": "*",
    }
    return document(administer, *uses)
