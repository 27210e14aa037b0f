"""Customer managed keys: the account administers them, and their policies allow each use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import protect_options
from components.key_policy import key_policy
from components.policy_document import Statement

DELETION_WINDOW_DAYS = 30  # the longest that KMS allows: the time to undo a mistake


class CustomerKeyArgs(TypedDict):
    """The inputs of a customer managed key."""

    account: Account
    """The account and region of the key. `account.name` forms the name of the alias."""
    data_class: str
    """The class of the data that the key encrypts: the value of the tag `DataClass`."""
    statements: Sequence[Statement]
    """The statements of the key policy that allow uses of the key; see components/key_policy.py."""
    keeps_data: bool
    """Whether the key is protected, and retained on delete. Without its key, the data is lost."""


class CustomerKey(pulumi.ComponentResource):
    """A KMS key with an alias, rotated every year.

    The key is multi-Region because a single-Region key can't be changed into one. A stack can thus add and remove a
    replica without replacing the key.
    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CustomerKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account = args["account"]
        policy = key_policy(account, args["statements"])
        super().__init__("phi:encryption:CustomerKey", name, {"keyPolicy": policy}, opts)
        child = protect_options(self, args["keeps_data"])
        key = aws.kms.Key(
            name,
            description=f"Encrypts {args['data_class']} of {account.name(name)}",
            policy=pulumi.Output.json_dumps(policy),
            multi_region=True,
            enable_key_rotation=True,
            rotation_period_in_days=365,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            tags={"DataClass": args["data_class"]},
            opts=child,
        )
        _alias(name, account, key, child)

        self.arn = key.arn
        self.register_outputs({"arn": key.arn})

    def replica_arn(self, region: str) -> pulumi.Output[str]:
        """Return the ARN of the key's replica in another region: related multi-Region keys have the same key ID."""

        def in_region(arn: str) -> str:
            parts = arn.split(":")
            return ":".join([*parts[:3], region, *parts[4:]])

        return self.arn.apply(in_region)


class ReplicaKeyArgs(CustomerKeyArgs):
    """The inputs of a replica key; `account` has the region of the replica."""

    primary_arn: pulumi.Input[str]
    """The ARN of the multi-Region key to replicate. The replica rotates with it."""


class ReplicaKey(pulumi.ComponentResource):
    """A replica of a multi-Region key in another region, with its own policy and alias."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: ReplicaKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        account = args["account"]
        policy = key_policy(account, args["statements"])
        super().__init__("phi:encryption:ReplicaKey", name, {"keyPolicy": policy}, opts)
        child = protect_options(self, args["keeps_data"])
        key = aws.kms.ReplicaKey(
            name,
            description=f"Encrypts {args['data_class']} of {account.name(name)}",
            primary_key_arn=args["primary_arn"],
            policy=pulumi.Output.json_dumps(policy),
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            tags={"DataClass": args["data_class"]},
            opts=child,
        )
        _alias(name, account, key, child)

        self.arn = key.arn
        self.register_outputs({"arn": key.arn})


def _alias(name: str, account: Account, key: aws.kms.Key | aws.kms.ReplicaKey, opts: pulumi.ResourceOptions) -> None:
    aws.kms.Alias(f"{name}-alias", name=f"alias/{account.name(name)}", target_key_id=key.key_id, opts=opts)
