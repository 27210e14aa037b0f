"""Replicas of PHI buckets and of the audit trail in another region, with their keys, access logs and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi

from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.alert_rules import event_rules
from components.customer_key import ReplicaKey
from components.hardened_bucket import BucketProtection, ObjectLock
from components.key_policy import allow_alert_publishers, allow_via_s3, phi_key_statements
from components.phi_bucket import ObjectAccess, PhiBucket, VersionLifecycle
from components.regional_alerts import regional_alerts
from components.replication import Replication
from components.trail_bucket import TrailReplicaBucket


@dataclass(frozen=True)
class ReplicatedBucket:
    """A bucket to replicate."""

    name: str
    """The logical name of the replica bucket."""
    source_bucket: str
    """The physical name of the bucket."""
    source_ready: Sequence[pulumi.Resource]
    """The resources that must exist before the bucket can be replicated."""
    replica_bucket: str
    """The physical name of the replica bucket."""
    object_lock: ObjectLock


@dataclass(frozen=True)
class ReplicaSource(ReplicatedBucket):
    """A PHI bucket to replicate."""

    object_access: ObjectAccess
    lifecycle: VersionLifecycle


class ReplicaArgs(TypedDict):
    """The inputs of the replicas."""

    account: Account
    """The account, and the region of the source buckets."""
    replica_account: Account
    """The same account, and the region of the replicas."""
    default_tags: Mapping[str, str]
    """The tags to add to every resource in the replica's region."""
    sources: Sequence[ReplicaSource]
    trail: ReplicatedBucket
    """The bucket with the audit trail's files."""
    key_arn: pulumi.Input[str]
    """The multi-Region key of the source buckets. A replica of it encrypts the replica buckets."""
    protection: BucketProtection
    """The protection of the replica buckets and of their log bucket."""
    log_bucket_name: str
    """The physical name of the bucket that receives the replicas' access logs."""
    receives_config: bool
    """Whether AWS Config delivers to that bucket what it records in the replica's region."""
    log_retention_days: int
    """The days to keep noncurrent versions of access logs and of the trail's files."""
    audit_key_arn: pulumi.Input[str]
    """The multi-Region key of audit data. A replica of it encrypts the topic and the copy of the trail."""
    topic_name: str
    """The physical name of the topic in the replica's region."""
    break_glass_role_arn: str
    """The ARN of the role whose use raises an alert."""
    subscribers: Sequence[str]
    """The email addresses and https URLs to send alerts to."""
    failure_topic_arn: pulumi.Input[str]
    """The topic for failed replications, in the source's region. Delays go to the topic in the replica's region."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the roles, if the account requires one."""


class Replica(pulumi.ComponentResource):
    """Buckets in another region, each protected like its source, to which S3 replicates every object."""

    provider: pulumi.ProviderResource
    """The provider of the replica's region."""
    key_arn: pulumi.Output[str]
    """The key that encrypts the replica buckets."""
    log_bucket: pulumi.Output[str]
    """The name of the bucket that receives their access logs."""
    ready: Sequence[pulumi.Resource]
    """The resources that must exist before anything is stored in the replica buckets."""

    def __init__(self, name: str, args: ReplicaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Replica", name, None, opts)
        replica_account, protection, trail = args["replica_account"], args["protection"], args["trail"]
        bucket_arns = [replica_account.bucket_arn(source.replica_bucket) for source in args["sources"]]
        provider = replica_account.provider(f"{name}-region", args["default_tags"], pulumi.ResourceOptions(parent=self))
        self._args, self.provider = args, provider
        in_replica_region = pulumi.ResourceOptions(parent=self, providers=[provider])
        key = ReplicaKey(
            f"{name}-key",
            {
                "account": replica_account,
                "data_class": "Replica",
                "statements": phi_key_statements(replica_account, bucket_arns),
                "keeps_data": protection.keeps_data,
                "primary_arn": args["key_arn"],
            },
            in_replica_region,
        )
        trail_bucket_arn = replica_account.bucket_arn(trail.replica_bucket)
        access_logs = AccessLogBucket(
            f"{name}-logs",
            {
                "account": replica_account,
                "bucket_name": args["log_bucket_name"],
                "source_bucket_arns": [*bucket_arns, trail_bucket_arn],
                "receives_config": args["receives_config"],
                "protection": protection,
                "noncurrent_retention_days": args["log_retention_days"],
            },
            in_replica_region,
        )
        audit_key = ReplicaKey(
            f"{name}-alerts-key",
            {
                "account": replica_account,
                "data_class": "AuditLog",
                "statements": [
                    *allow_alert_publishers(replica_account, replica_account.arn("sns", args["topic_name"])),
                    allow_via_s3(
                        replica_account, [trail_bucket_arn], ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"]
                    ),
                ],
                "keeps_data": protection.keeps_data,
                "primary_arn": args["audit_key_arn"],
            },
            in_replica_region,
        )
        self._topic_arn = regional_alerts(
            f"{name}-alerts",
            parent=self,
            account=replica_account,
            topic_name=args["topic_name"],
            key_arn=audit_key.arn,
            subscribers=args["subscribers"],
            rules=event_rules(
                replica_account, [source.replica_bucket for source in args["sources"]], args["break_glass_role_arn"]
            ),
            permissions_boundary=args["permissions_boundary"],
            provider=provider,
        )
        trail_replica = TrailReplicaBucket(
            trail.name,
            {
                "account": replica_account,
                "bucket_name": trail.replica_bucket,
                "key_arn": audit_key.arn,
                "log_bucket": access_logs.bucket,
                "protection": protection,
                "object_lock": trail.object_lock,
                "noncurrent_retention_days": args["log_retention_days"],
            },
            in_replica_region,
        )
        self._replicate(trail, args["audit_key_arn"], audit_key.arn, trail_replica.ready)
        ready: list[pulumi.Resource] = []
        for source in args["sources"]:
            bucket = PhiBucket(
                source.name,
                {
                    "account": replica_account,
                    "bucket_name": source.replica_bucket,
                    "data_class": "Replica",
                    "key_arn": key.arn,
                    "log_bucket": access_logs.bucket,
                    "protection": protection,
                    "object_access": source.object_access,
                    "object_lock": source.object_lock,
                    "lifecycle": source.lifecycle,
                },
                in_replica_region,
            )
            ready += bucket.ready
            self._replicate(source, args["key_arn"], key.arn, bucket.ready)

        self.key_arn, self.log_bucket, self.ready = key.arn, access_logs.bucket, ready
        self.register_outputs({})

    def _replicate(
        self,
        source: ReplicatedBucket,
        key_arn: pulumi.Input[str],
        replica_key_arn: pulumi.Input[str],
        replica_ready: Sequence[pulumi.Resource],
    ) -> None:
        """Declare the replication of a bucket.

        Args:
            source: The bucket.
            key_arn: The key that encrypts its objects.
            replica_key_arn: The key that encrypts the replicas.
            replica_ready: The resources that must exist before a replication to the replica bucket.
        """
        args = self._args
        Replication(
            f"{source.name}-replication",
            {
                "account": args["account"],
                "replica_account": args["replica_account"],
                "source_bucket": source.source_bucket,
                "replica_bucket": source.replica_bucket,
                "key_arn": key_arn,
                "replica_key_arn": replica_key_arn,
                "failure_topic_arn": args["failure_topic_arn"],
                "delay_topic_arn": self._topic_arn,
                "provider": self.provider,
                "keeps_data": args["protection"].keeps_data,
                "permissions_boundary": args["permissions_boundary"],
            },
            # S3 rejects a replication between buckets without versioning.
            pulumi.ResourceOptions(parent=self, depends_on=[*source.source_ready, *replica_ready]),
        )
