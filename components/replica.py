"""The replica of a PHI bucket in another region, with its keys, access logs, alerts and replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import pulumi

from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.alert_topic import alert_topic
from components.customer_key import ReplicaKey
from components.hardened_bucket import BucketProtection, ObjectLock
from components.key_policy import allow_alert_publishers, phi_key_statements
from components.phi_bucket import PhiBucket, VersionLifecycle
from components.replication import Replication


class ReplicaArgs(TypedDict):
    """The inputs of a replica."""

    account: Account
    """The account, and the region of the source bucket."""
    replica_account: Account
    """The same account, and the region of the replica."""
    default_tags: Mapping[str, str]
    """The tags to add to every resource in the replica's region."""
    source_bucket: str
    """The name of the PHI bucket to replicate."""
    source_ready: Sequence[pulumi.Resource]
    """The resources that must exist before the source bucket can be replicated."""
    key_arn: pulumi.Input[str]
    """The multi-Region key of the source bucket. A replica of it encrypts the replica bucket."""
    protection: BucketProtection
    """The protection of the replica bucket and of its log bucket."""
    object_lock: ObjectLock
    lifecycle: VersionLifecycle
    log_retention_days: int
    """The days to keep noncurrent versions of access logs."""
    audit_key_arn: pulumi.Input[str]
    """The multi-Region key of alerts. A replica of it encrypts the topic in the replica's region."""
    topic_name: str
    """The physical name of the topic in the replica's region."""
    publisher_role_arn: str
    """The ARN of the only role that may publish to that topic. CloudWatch alarms may publish too."""
    subscribers: Sequence[str]
    """The email addresses and https URLs to send alerts to."""
    failure_topic_arn: pulumi.Input[str]
    """The topic for failed replications, in the source's region. Delays go to the topic in the replica's region."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the replication role, if the account requires one."""


class Replica(pulumi.ComponentResource):
    """A bucket in another region, protected like its source, to which S3 replicates every object."""

    bucket: pulumi.Output[str]
    """The replica bucket's name."""

    def __init__(self, name: str, args: ReplicaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Replica", name, None, opts)
        replica_account, protection = args["replica_account"], args["protection"]
        bucket_name = replica_account.bucket_name(name)
        bucket_arn = replica_account.bucket_arn(bucket_name)
        provider = replica_account.provider(f"{name}-region", args["default_tags"], pulumi.ResourceOptions(parent=self))
        in_replica_region = pulumi.ResourceOptions(parent=self, providers=[provider])
        key = ReplicaKey(
            f"{name}-key",
            {
                "account": replica_account,
                "data_class": "Replica",
                "statements": phi_key_statements(replica_account, bucket_arn),
                "keeps_data": protection.keeps_data,
                "primary_arn": args["key_arn"],
            },
            in_replica_region,
        )
        access_logs = AccessLogBucket(
            f"{name}-logs",
            {
                "account": replica_account,
                "source_bucket_arns": [bucket_arn],
                "receives_config": False,
                "protection": protection,
                "noncurrent_retention_days": args["log_retention_days"],
            },
            in_replica_region,
        )
        bucket = PhiBucket(
            name,
            {
                "account": replica_account,
                "data_class": "Replica",
                "key_arn": key.arn,
                "log_bucket": access_logs.bucket,
                "protection": protection,
                "object_lock": args["object_lock"],
                "lifecycle": args["lifecycle"],
            },
            in_replica_region,
        )
        topic_key = ReplicaKey(
            f"{name}-alerts-key",
            {
                "account": replica_account,
                "data_class": "AuditLog",
                "statements": allow_alert_publishers(replica_account, replica_account.arn("sns", args["topic_name"])),
                "keeps_data": protection.keeps_data,
                "primary_arn": args["audit_key_arn"],
            },
            in_replica_region,
        )
        topic = alert_topic(
            f"{name}-alerts",
            parent=self,
            account=replica_account,
            topic_name=args["topic_name"],
            key_arn=topic_key.arn,
            publisher_role_arn=args["publisher_role_arn"],
            subscribers=args["subscribers"],
            provider=provider,
        )
        Replication(
            f"{name}-replication",
            {
                "account": args["account"],
                "replica_account": replica_account,
                "source_bucket": args["source_bucket"],
                "replica_bucket": bucket_name,
                "key_arn": args["key_arn"],
                "replica_key_arn": key.arn,
                "failure_topic_arn": args["failure_topic_arn"],
                "delay_topic_arn": topic.arn,
                "provider": provider,
                "keeps_data": protection.keeps_data,
                "permissions_boundary": args["permissions_boundary"],
            },
            # S3 rejects a replication between buckets without versioning.
            pulumi.ResourceOptions(parent=self, depends_on=[*args["source_ready"], *bucket.ready]),
        )

        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})
