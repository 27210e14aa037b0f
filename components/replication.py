"""Replication of every object of a bucket to another region."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import protect_options
from components.iam_role import IamRole
from components.policy_document import PolicyDocument, allow, document, trust_policy, via_s3

RULE_ID = "everything"
RTC_MINUTES = 15  # the only value that S3 Replication Time Control accepts


class ReplicationArgs(TypedDict):
    """The inputs of the replication. Both buckets must have versioning before it is created."""

    account: Account
    """The account, and the region of the source bucket."""
    replica_account: Account
    """The same account, and the region of the replica bucket."""
    source_bucket: str
    """The name of the source bucket."""
    replica_bucket: str
    """The name of the replica bucket."""
    key_arn: pulumi.Input[str]
    """The key that encrypts the source objects."""
    replica_key_arn: pulumi.Input[str]
    """The key of the replica's region that encrypts the replicas."""
    failure_topic_arn: pulumi.Input[str]
    """The topic for failed replications: in the source's region, where S3 publishes their number."""
    delay_topic_arn: pulumi.Input[str]
    """The topic for late replications: in the replica's region, where S3 publishes their latency."""
    provider: pulumi.ProviderResource
    """The provider of the replica's region."""
    keeps_data: bool
    """Whether the replication is protected, and retained on delete."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class Replication(pulumi.ComponentResource):
    """Replication of all objects and delete markers, encrypted, with alarms on failures and on delays.

    A replication is late after fifteen minutes.
    """

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Replication", name, None, opts)
        account, source_bucket, replica_bucket = args["account"], args["source_bucket"], args["replica_bucket"]
        role = IamRole(
            f"{name}-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-role"),
                "description": "S3 replicates objects to another region",
                "trust": replication_trust(account, account.bucket_arn(source_bucket)),
                "permissions": replication_permissions(args),
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.s3.BucketReplicationConfig(
            name,
            bucket=source_bucket,
            role=role.arn,
            rules=[
                {
                    "id": RULE_ID,
                    "status": "Enabled",
                    "priority": 0,
                    "filter": {},
                    "delete_marker_replication": {"status": "Enabled"},
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": account.bucket_arn(replica_bucket),
                        "encryption_configuration": {"replica_kms_key_id": args["replica_key_arn"]},
                        "replication_time": {"status": "Enabled", "time": {"minutes": RTC_MINUTES}},
                        "metrics": {"status": "Enabled", "event_threshold": {"minutes": RTC_MINUTES}},
                    },
                }
            ],
            opts=protect_options(self, args["keeps_data"]),
        )
        source_region = pulumi.ResourceOptions(parent=self)
        replica_region = pulumi.ResourceOptions(parent=self, provider=args["provider"])
        for purpose, metric, statistic, threshold, topic_arn, region in (
            ("failed", "OperationsFailedReplication", "Sum", 0, args["failure_topic_arn"], source_region),
            ("late", "ReplicationLatency", "Maximum", RTC_MINUTES * 60, args["delay_topic_arn"], replica_region),
        ):
            # The region of each metric: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
            aws.cloudwatch.MetricAlarm(
                f"{name}-{purpose}",
                name=account.name(f"{name}-{purpose}"),
                alarm_description=f"{metric} of {source_bucket} is above {threshold}",
                namespace="AWS/S3",
                metric_name=metric,
                dimensions={"SourceBucket": source_bucket, "DestinationBucket": replica_bucket, "RuleId": RULE_ID},
                statistic=statistic,
                period=300,
                evaluation_periods=1,
                threshold=threshold,
                comparison_operator="GreaterThanThreshold",
                treat_missing_data="notBreaching",
                alarm_actions=[topic_arn],
                opts=region,
            )

        self.register_outputs({})


def replication_trust(account: Account, source_bucket_arn: str) -> PolicyDocument:
    """Return a trust policy for S3, on behalf of the source bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    for_source = {"StringEquals": {"aws:SourceAccount": account.id}, "ArnLike": {"aws:SourceArn": source_bucket_arn}}
    return trust_policy({"Service": "s3.amazonaws.com"}, for_source)


def replication_permissions(args: ReplicationArgs) -> PolicyDocument:
    """Return permissions to read versions and their locks, to write replicas, and to use each key through S3.

    The encryption context is the bucket's ARN if an object was written with a Bucket Key, and its own ARN if not.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    account, replica_account = args["account"], args["replica_account"]
    source_arn = account.bucket_arn(args["source_bucket"])
    replica_arn = replica_account.bucket_arn(args["replica_bucket"])
    return document(
        allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source_arn),
        allow(
            [
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            f"{source_arn}/*",
        ),
        allow(["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], f"{replica_arn}/*"),
        allow(["kms:Decrypt"], args["key_arn"], via_s3(account, source_arn, f"{source_arn}/*")),
        # A Bucket Key at the destination needs kms:GenerateDataKey.
        allow(
            ["kms:Encrypt", "kms:GenerateDataKey"],
            args["replica_key_arn"],
            via_s3(replica_account, replica_arn, f"{replica_arn}/*"),
        ),
    )
