"""Copies of everything in another region, made as it is written."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.hardened_bucket import kept
from components.iam_role import Role
from components.policy_document import PolicyDocument, allow, document, through_s3, trust_of
from components.stack_context import Site

RULE = "everything"
WITHIN = 15  # minutes, all that replication time control knows


class ReplicationArgs(TypedDict):
    site: Site
    """Where the source is, the PHI bucket."""
    there: Site
    """Where the copies are, in the replica bucket."""
    key_arn: pulumi.Input[str]
    """The key of the source's objects."""
    replica_key_arn: pulumi.Input[str]
    """The key that the copies are encrypted with, in their region."""
    failure_topic_arn: pulumi.Input[str]
    """Who is told when copies fail: S3 counts that where the source is."""
    delay_topic_arn: pulumi.Input[str]
    """Who is told when copies are late: S3 measures that where the copies are."""
    provider: pulumi.ProviderResource
    """The provider of the region where the copies are."""


class Replication(pulumi.ComponentResource):
    """Every object of a bucket is copied to another region and encrypted there, deletion markers too.

    Within fifteen minutes, or somebody is told.
    """

    def __init__(self, name: str, args: ReplicationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Replication", name, None, opts)
        site, there = args["site"], args["there"]
        account = site.account
        copier = Role(
            f"{name}-copier",
            {
                "account": account,
                "role_name": account.name(f"{name}-copier"),
                "description": "S3 copies objects to another region",
                "trust": trust(account.id, site.phi_arn),
                "permissions": permissions(args),
                "permissions_boundary": site.settings.permissions_boundary,
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.s3.BucketReplicationConfig(
            name,
            bucket=site.phi_bucket,
            role=copier.arn,
            rules=[
                {
                    "id": RULE,
                    "status": "Enabled",
                    "priority": 0,
                    "filter": {},
                    "delete_marker_replication": {"status": "Enabled"},
                    "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
                    "destination": {
                        "bucket": there.replica_arn,
                        "encryption_configuration": {"replica_kms_key_id": args["replica_key_arn"]},
                        "replication_time": {"status": "Enabled", "time": {"minutes": WITHIN}},
                        "metrics": {"status": "Enabled", "event_threshold": {"minutes": WITHIN}},
                    },
                }
            ],
            opts=kept(self, site.settings.keeps_data),
        )
        copies = {"SourceBucket": site.phi_bucket, "DestinationBucket": there.replica_bucket, "RuleId": RULE}
        here = pulumi.ResourceOptions(parent=self)
        in_region = pulumi.ResourceOptions(parent=self, provider=args["provider"])
        for purpose, metric, statistic, limit, topic_arn, where in (
            ("failed", "OperationsFailedReplication", "Sum", 0, args["failure_topic_arn"], here),
            ("late", "ReplicationLatency", "Maximum", WITHIN * 60, args["delay_topic_arn"], in_region),
        ):
            # Which region each is published in: https://docs.aws.amazon.com/AmazonS3/latest/userguide/repl-metrics.html
            aws.cloudwatch.MetricAlarm(
                f"{name}-{purpose}",
                name=account.name(f"{name}-{purpose}"),
                alarm_description=f"{metric} of {site.phi_bucket} is above {limit}",
                namespace="AWS/S3",
                metric_name=metric,
                dimensions=copies,
                statistic=statistic,
                period=300,
                evaluation_periods=1,
                threshold=limit,
                comparison_operator="GreaterThanThreshold",
                treat_missing_data="notBreaching",
                alarm_actions=[topic_arn],
                opts=where,
            )

        self.register_outputs({})


def trust(account: str, bucket_arn: str) -> PolicyDocument:
    """S3 takes the role, for the one source.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html
    """
    source = {"StringEquals": {"aws:SourceAccount": account}, "ArnLike": {"aws:SourceArn": bucket_arn}}
    return trust_of({"Service": "s3.amazonaws.com"}, source)


def permissions(args: ReplicationArgs) -> PolicyDocument:
    """Read versions with their locks at the source, write copies at the destination, and use each key through S3.

    With a Bucket Key the encryption context is the bucket's ARN; objects written without one have their own.
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html
    """
    site, there = args["site"], args["there"]
    source, replica = site.phi_arn, there.replica_arn
    return document(
        allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], source),
        allow(
            [
                "s3:GetObjectLegalHold",
                "s3:GetObjectRetention",
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            f"{source}/*",
        ),
        allow(["s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"], f"{replica}/*"),
        allow(["kms:Decrypt"], args["key_arn"], through_s3(site.account, source, f"{source}/*")),
        # The second is for a Bucket Key at the destination, which a data key is made of.
        allow(
            ["kms:Encrypt", "kms:GenerateDataKey"],
            args["replica_key_arn"],
            through_s3(there.account, replica, f"{replica}/*"),
        ),
    )
