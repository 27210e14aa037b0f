"""The audit trail: what is done in the account, and every reading and writing of PHI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.hardened_bucket import kept
from components.iam_role import Role
from components.policy_document import PolicyDocument, allow, document, trust_of
from components.stack_context import Site
from components.trail_bucket import TrailBucket
from hipaa.model.retention import log_group_retention


class AuditTrailArgs(TypedDict):
    site: Site
    """The trail's home. It records all regions."""
    files: TrailBucket
    """The bucket that it is delivered to."""
    key_arn: pulumi.Input[str]
    """The customer managed key of audit data."""
    watched: Sequence[str]
    """The ARNs of the buckets of which every reading and writing of an object is recorded."""


class AuditTrail(pulumi.ComponentResource):
    """A trail of all regions that can't be changed unseen, and the same in a log group, for alarms."""

    arn: pulumi.Output[str]
    log_group: pulumi.Output[str]
    """The name of the log group that the trail goes to as well."""

    def __init__(self, name: str, args: AuditTrailArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:audit:AuditTrail", name, None, opts)
        site = args["site"]
        account, keeps_data = site.account, site.settings.keeps_data
        needed_days = site.settings.log_retention_days
        group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=site.log_group,
            kms_key_id=args["key_arn"],
            retention_in_days=log_group_retention(needed_days) or 0,
            tags={"DataClass": "AuditLog"},
            opts=kept(self, keeps_data),
        )
        writer = Role(
            f"{name}-writer",
            {
                "account": account,
                "role_name": account.name(f"{name}-writer"),
                "description": "CloudTrail writes the trail to its log group",
                "trust": trust(),
                "permissions": permissions(account, site.log_group),
                "permissions_boundary": site.settings.permissions_boundary,
            },
            pulumi.ResourceOptions(parent=self),
        )
        trail = aws.cloudtrail.Trail(
            name,
            name=site.trail,
            s3_bucket_name=args["files"].bucket,
            kms_key_id=args["key_arn"],
            cloud_watch_logs_group_arn=group.arn.apply(lambda arn: f"{arn}:*"),
            cloud_watch_logs_role_arn=writer.arn,
            is_multi_region_trail=True,
            include_global_service_events=True,
            enable_log_file_validation=True,
            enable_logging=True,
            advanced_event_selectors=selectors(args["watched"]),
            insight_selectors=[{"insight_type": "ApiCallRateInsight"}, {"insight_type": "ApiErrorRateInsight"}],
            # CloudTrail tries both when the trail is made, and refuses where it can't deliver.
            opts=kept(self, keeps_data, [*args["files"].ready, writer]),
        )

        self.arn = trail.arn
        self.log_group = group.name
        self.register_outputs({"arn": self.arn, "logGroup": self.log_group})


def selectors(watched: Sequence[str]) -> list[aws.cloudtrail.TrailAdvancedEventSelectorArgsDict]:
    """All management events, which insights need, and all events of the watched buckets' objects.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-data-events-with-cloudtrail.html
    """
    return [
        {
            "name": "Management events",
            "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}],
        },
        {
            "name": "Every reading and writing of PHI",
            "field_selectors": [
                {"field": "eventCategory", "equals": ["Data"]},
                {"field": "resources.type", "equals": ["AWS::S3::Object"]},
                {"field": "resources.ARN", "starts_withs": [f"{arn}/" for arn in watched]},
            ],
        },
    ]


def trust() -> PolicyDocument:
    """CloudTrail takes the role. It names no source there, so that no condition can bind it; what binds the role is
    that it may write to the one log group alone.

    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html
    """
    return trust_of({"Service": "cloudtrail.amazonaws.com"})


def permissions(account: Account, log_group_name: str) -> PolicyDocument:
    """The log streams that CloudTrail names by the account and its region."""
    stream = f"log-group:{log_group_name}:log-stream:{account.id}_CloudTrail_{account.region}*"
    return document(allow(["logs:CreateLogStream", "logs:PutLogEvents"], account.arn("logs", stream)))
