"""The PHI bucket's counterpart in another region: key, access logs, bucket, and what copies objects there."""

from __future__ import annotations

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components import key_policy
from components.access_log_bucket import AccessLogBucket
from components.alert_topic import alert_topic
from components.customer_key import ReplicaKey
from components.phi_bucket import PhiBucket
from components.replication import Replication
from components.stack_context import Site


class ReplicaArgs(TypedDict):
    site: Site
    """Where the PHI bucket is."""
    there: Site
    """Where its copies are kept."""
    phi: PhiBucket
    key_arn: pulumi.Input[str]
    """The key of PHI, which is replicated."""
    audit_key_arn: pulumi.Input[str]
    """The key of alerts, which is replicated."""
    topic_arn: pulumi.Input[str]
    """Who is told when copies fail; that they are late is known in their region, which has a topic of its own."""


class Replica(pulumi.ComponentResource):
    """All that is written is copied to another region, into a bucket that is as guarded as its source."""

    bucket: pulumi.Output[str]
    """The replica bucket's name."""

    def __init__(self, name: str, args: ReplicaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:recovery:Replica", name, None, opts)
        site, there = args["site"], args["there"]
        region = aws.Provider(
            f"{name}-region",
            region=there.account.region,
            default_tags=aws.ProviderDefaultTagsArgs(tags=dict(site.settings.default_tags)),
            opts=pulumi.ResourceOptions(parent=self),
        )
        in_region = pulumi.ResourceOptions(parent=self, providers=[region])
        key = ReplicaKey(
            f"{name}-key",
            {
                "site": there,
                "data_class": "Replica",
                "uses": key_policy.of_phi(there, there.replica_arn),
                "primary_arn": args["key_arn"],
            },
            in_region,
        )
        access_logs = AccessLogBucket(f"{name}-logs", {"site": there, "sources": [there.replica_arn]}, in_region)
        bucket = PhiBucket(
            name,
            {
                "site": there,
                "data_class": "Replica",
                "key_arn": key.arn,
                "log_bucket": access_logs.bucket,
            },
            in_region,
        )
        topic_key = ReplicaKey(
            f"{name}-alerts-key",
            {
                "site": there,
                "data_class": "AuditLog",
                "uses": key_policy.by_publishers(there.account, there.topic_arn),
                "primary_arn": args["audit_key_arn"],
            },
            in_region,
        )
        topic = alert_topic(f"{name}-alerts", parent=self, provider=region, site=there, key_arn=topic_key.arn)
        Replication(
            f"{name}-replication",
            {
                "site": site,
                "there": there,
                "key_arn": args["key_arn"],
                "replica_key_arn": key.arn,
                "failure_topic_arn": args["topic_arn"],
                "delay_topic_arn": topic.arn,
                "provider": region,
            },
            # S3 refuses a replication between buckets that aren't versioned yet.
            pulumi.ResourceOptions(parent=self, depends_on=[*args["phi"].ready, *bucket.ready]),
        )

        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})
