"""The role with which S3 Batch Operations replicates the objects that replication doesn't: existing and failed ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi

from components.account import Account
from components.iam_role import IamRole
from components.policy_document import PolicyDocument, allow, document, trust_policy

REPORT_PREFIX = "batch-replication"
"""The key prefix of the completion reports of jobs."""


class BatchReplicationArgs(TypedDict):
    """The inputs of the role of Batch Replication jobs."""

    account: Account
    """The account of the role."""
    source_bucket_arns: Sequence[str]
    """The ARNs of the buckets whose objects a job may replicate, by the replication configuration of their bucket."""
    report_bucket_arn: str
    """The ARN of the bucket that receives the completion reports. A report lists object keys."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class BatchReplication(pulumi.ComponentResource):
    """A role that starts the replication of objects, which the replication role then carries out.

    It is a role of its own because it needs permissions that live replication doesn't.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html
    """

    role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: BatchReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:BatchReplication", name, None, opts)
        account = args["account"]
        self.role_arn = IamRole(
            f"{name}-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-role"),
                "description": "S3 Batch Operations starts the replication of existing and failed objects",
                "trust": batch_operations_trust(),
                "permissions": batch_replication_permissions(args["source_bucket_arns"], args["report_bucket_arn"]),
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        ).arn
        self.register_outputs({"roleArn": self.role_arn})


def batch_operations_trust() -> PolicyDocument:
    """Return a trust policy for S3 Batch Operations.

    It has no condition, because AWS doesn't document that S3 Batch Operations passes a source account or ARN. A caller
    needs iam:PassRole, which works only within the account, to start a job with this role.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-iam-role-policies.html
    """
    return trust_policy({"Service": "batchoperations.s3.amazonaws.com"})


def batch_replication_permissions(source_bucket_arns: Sequence[str], report_bucket_arn: str) -> PolicyDocument:
    """Return permissions to start the replication of objects that S3 lists, and to write completion reports.

    S3 lists the objects itself (a generated manifest that isn't stored), so no permission to read objects is needed.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-batch-replication-policies.html
    """
    return document(
        allow(["s3:InitiateReplication"], [f"{bucket_arn}/*" for bucket_arn in source_bucket_arns]),
        allow(["s3:GetReplicationConfiguration", "s3:PutInventoryConfiguration"], list(source_bucket_arns)),
        allow(["s3:PutObject"], f"{report_bucket_arn}/{REPORT_PREFIX}/*"),
    )
