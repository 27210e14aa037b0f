"""The audit trail: all management events of the account, and every read and write of PHI objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import protect_options
from components.iam_role import IamRole
from components.policy_document import PolicyDocument, allow, document, trust_policy
from hipaa_controls.model.retention import log_group_retention


class AuditTrailArgs(TypedDict):
    """The inputs of an audit trail."""

    account: Account
    """The account, and the home region of the trail, which records all regions."""
    trail_name: str
    """The trail's physical name."""
    log_group_name: str
    """The physical name of the log group that receives the trail too."""
    bucket: pulumi.Input[str]
    """The name of the bucket that CloudTrail delivers to."""
    bucket_ready: Sequence[pulumi.Resource]
    """The resources that must exist before CloudTrail can deliver to the bucket."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""
    data_event_bucket_arns: Sequence[str]
    """The ARNs of the buckets whose object reads and writes are recorded."""
    trail_bucket_arn: str
    """The ARN of the bucket that CloudTrail delivers to, whose object reads and writes are recorded too, except
    CloudTrail's own."""
    trail_copy_arns: Sequence[str]
    """The ARNs of the buckets with a copy of its files, whose object reads are recorded too."""
    log_retention_days: int
    """The days to keep the log group's events. CloudWatch Logs has fixed periods, so it may keep them longer."""
    keeps_data: bool
    """Whether the trail and the log group are protected, and retained on delete."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the role, if the account requires one."""


class AuditTrail(pulumi.ComponentResource):
    """A multi-Region trail with log file validation, and a copy of it in a log group, for alarms."""

    arn: pulumi.Output[str]
    log_group: pulumi.Output[str]
    """The log group's name."""

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:audit:AuditTrail", name, None, opts)
        account, keeps_data = args["account"], args["keeps_data"]
        log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=args["log_group_name"],
            kms_key_id=args["key_arn"],
            retention_in_days=log_group_retention(args["log_retention_days"]) or 0,  # 0: forever
            tags={"DataClass": "AuditLog"},
            opts=protect_options(self, keeps_data),
        )
        role = IamRole(
            f"{name}-cloudtrail-logs-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-cloudtrail-logs-role"),
                "description": "CloudTrail writes the trail to its log group",
                "trust": cloudtrail_trust(),
                "permissions": log_delivery_permissions(account, args["log_group_name"]),
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        )
        trail = aws.cloudtrail.Trail(
            name,
            name=args["trail_name"],
            s3_bucket_name=args["bucket"],
            kms_key_id=args["key_arn"],
            cloud_watch_logs_group_arn=log_group.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=role.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            advanced_event_selectors=event_selectors(
                args["data_event_bucket_arns"], args["trail_bucket_arn"], args["trail_copy_arns"]
            ),
            insight_selectors=[{"insight_type": "ApiCallRateInsight"}, {"insight_type": "ApiErrorRateInsight"}],
            # CloudTrail tests both deliveries when it creates a trail, and fails if it can't deliver.
            opts=protect_options(self, keeps_data, [*args["bucket_ready"], role]),
        )

        self.arn = trail.arn
        self.log_group = log_group.name
        self.register_outputs({"arn": self.arn, "logGroup": self.log_group})


def event_selectors(
    bucket_arns: Sequence[str], trail_bucket_arn: str, trail_copy_arns: Sequence[str]
) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgsDict]:
    """Return selectors of all management events, which Insights needs, and of object events in the buckets.

    A record of CloudTrail's own delivery would cause the next delivery, without end. CloudTrail only writes to its
    bucket, and as a service it has no ARN. So the trail records all reads there, but writes and deletions only by
    callers with an ARN. S3 writes each copy as the replication role, so of the copies only reads are recorded.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html

    Args:
        bucket_arns: The ARNs of the buckets whose object events are all recorded.
        trail_bucket_arn: The ARN of the bucket that CloudTrail delivers to.
        trail_copy_arns: The ARNs of the buckets to which S3 replicates that bucket.
    """
    return [
        {
            "name": "Management events",
            "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}],
        },
        _object_events(
            "Every read and write of PHI",
            {"field": "resources.ARN", "starts_withs": [f"{arn}/" for arn in bucket_arns]},
        ),
        _object_events(
            "Every read of the trail",
            {"field": "resources.ARN", "starts_withs": [f"{arn}/" for arn in (trail_bucket_arn, *trail_copy_arns)]},
            {"field": "readOnly", "equals": ["true"]},
        ),
        _object_events(
            "Every write to the trail except by a service",
            {"field": "resources.ARN", "starts_withs": [f"{trail_bucket_arn}/"]},
            {"field": "readOnly", "equals": ["false"]},
            {"field": "userIdentity.arn", "starts_withs": ["arn:"]},
        ),
    ]


def _object_events(
    name: str, *fields: aws.cloudtrail.TrailAdvancedEventSelectorFieldSelectorArgsDict
) -> aws.cloudtrail.TrailAdvancedEventSelectorArgsDict:
    """Return a selector of object events of S3 for which all these fields hold."""
    return {
        "name": name,
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
            *fields,
        ],
    }


def cloudtrail_trust() -> PolicyDocument:
    """Return a trust policy for CloudTrail.

    CloudTrail passes no source when it assumes the role, so no condition can restrict it. The role's permissions do:
    it may only write to the one log group.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
    """
    return trust_policy({"Service": "cloudtrail.amazonaws.com"})


def log_delivery_permissions(account: Account, log_group_name: str) -> PolicyDocument:
    """Return permissions for the log streams that CloudTrail names after the account and its region."""
    stream = f"log-group:{log_group_name}:log-stream:{account.id}_CloudTrail_{account.region}*"
    return document(allow(["logs:CreateLogStream", "logs:PutLogEvents"], account.arn("logs", stream)))
