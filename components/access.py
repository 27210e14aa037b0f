"""Who reaches PHI, and who looks after those who do: an application, an auditor, and whoever breaks the glass.

Which action has a resource to name: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from components.account import Account
from components.role import HOUR, PolicyDocument, Role
from components.site import Site
from components.trust import Trust

Statement = dict[str, Any]

# EC2 takes a role for its instances without telling for whose: a condition on aws:SourceAccount would keep them all
# out. AWS documents none for it, as it does for ECS: https://github.com/prowler-cloud/prowler/issues/2810
# Who may pass the role on to instances then decides, and nobody passes a role on to another account's.
SOURCELESS = ("ec2.amazonaws.com", "ec2.amazonaws.com.cn")


class AccessArgs(TypedDict):
    site: Site
    """Where all of it is, and who takes the application's role."""
    phi_key_arn: pulumi.Input[str]
    audit_key_arn: pulumi.Input[str]
    """The key of the audit trail, its log group and the topic."""


class Access(pulumi.ComponentResource):
    """Three roles with nothing in common: one uses PHI, one sees all but PHI, and one saves PHI in an emergency."""

    application_role_arn: pulumi.Output[str]
    auditor_role_arn: pulumi.Output[str]
    break_glass_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:access:Access", name, None, opts)
        account, settings = args["site"].account, args["site"].settings
        child = pulumi.ResourceOptions(parent=self)

        self.application_role_arn = Role(
            f"{name}-application",
            {
                "account": account,
                "role_name": account.name("application"),
                "description": "The application reads, writes and deletes PHI",
                "trust": application_trust(account, settings.application_trust),
                "permissions": application_permissions(args),
                "permissions_boundary": settings.permissions_boundary,
            },
            child,
        ).arn
        self.auditor_role_arn = Role(
            f"{name}-auditor",
            {
                "account": account,
                "role_name": account.name("auditor"),
                "description": "Auditors read settings and audit logs, and no PHI",
                "trust": auditor_trust(account),
                "permissions": auditor_permissions(args),
                "permissions_boundary": settings.permissions_boundary,
            },
            child,
        ).arn
        self.break_glass_role_arn = Role(
            f"{name}-break-glass",
            {
                "account": account,
                "role_name": args["site"].break_glass,
                "description": "In an emergency somebody reaches earlier versions of PHI, and others are told",
                "trust": break_glass_trust(account),
                "permissions": break_glass_permissions(args),
                "permissions_boundary": settings.permissions_boundary,
                "max_session_seconds": HOUR,
            },
            child,
        ).arn

        self.register_outputs(
            {
                "applicationRoleArn": self.application_role_arn,
                "auditorRoleArn": self.auditor_role_arn,
                "breakGlassRoleArn": self.break_glass_role_arn,
            }
        )


def application_trust(account: Account, trust: Trust) -> PolicyDocument:
    """Raises pulumi.RunError where another account would take the role without an external id.

    Services: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    Accounts: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    Identity providers: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html
    """
    who = trust.principal
    if trust.kind == "service":
        source = {} if who in SOURCELESS else {"StringEquals": {"aws:SourceAccount": account.id}}
        return _trust({"Service": who}, source)
    if trust.kind == "account":
        if who != account.id and not trust.external_id:
            raise pulumi.RunError(
                f"the account {who} isn't the stack's own: it takes the role with an external id only"
            )
        said = {"StringEquals": {"sts:ExternalId": trust.external_id}} if trust.external_id else {}
        return _trust({"AWS": f"arn:{account.partition}:iam::{who}:root"}, said)
    token = {"StringEquals": {f"{who}:aud": trust.audience, f"{who}:sub": trust.subject}}
    provider = f"arn:{account.partition}:iam::{account.id}:oidc-provider/{who}"
    return _trust({"Federated": provider}, token, "sts:AssumeRoleWithWebIdentity")


def auditor_trust(account: Account) -> PolicyDocument:
    """Whom IAM lets in of the account, with a second factor.

    Not `BoolIfExists`: credentials without a session don't have the key.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    return _trust({"AWS": account.root}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})


def break_glass_trust(account: Account) -> PolicyDocument:
    """The same, where the second factor was shown within the last hour."""
    shown = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": str(HOUR)}}
    return _trust({"AWS": account.root}, shown)


def application_permissions(args: AccessArgs) -> PolicyDocument:
    """Current objects: what is deleted or overwritten stays as an earlier version, out of its reach.

    It needs kms:Decrypt to upload in parts too:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    account, bucket = args["site"].account, args["site"].phi_arn
    return _document(
        _allow(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            f"{bucket}/*",
        ),
        _allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], bucket),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], args["phi_key_arn"], _through_s3(account, [bucket])),
    )


def auditor_permissions(args: AccessArgs) -> PolicyDocument:
    """The settings of everything here, and the audit logs' content; of PHI neither an object nor the use of its key."""
    site = args["site"]
    account, group = site.account, site.log_group_arn
    phi, logs, trails = site.phi_arn, site.access_log_arn, site.trail_bucket_arn
    return _document(
        _allow(
            [
                "s3:GetBucketAcl",
                "s3:GetBucketCORS",
                "s3:GetBucketLocation",
                "s3:GetBucketLogging",
                "s3:GetBucketNotification",
                "s3:GetBucketObjectLockConfiguration",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketPolicy",
                "s3:GetBucketPolicyStatus",
                "s3:GetBucketPublicAccessBlock",
                "s3:GetBucketTagging",
                "s3:GetBucketVersioning",
                "s3:GetBucketWebsite",
                "s3:GetEncryptionConfiguration",
                "s3:GetIntelligentTieringConfiguration",
                "s3:GetInventoryConfiguration",
                "s3:GetLifecycleConfiguration",
                "s3:GetMetricsConfiguration",
                "s3:GetReplicationConfiguration",
            ],
            [phi, logs, trails],
        ),
        _allow(["s3:ListBucket", "s3:ListBucketVersions"], [logs, trails]),
        _allow(["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"], [f"{logs}/*", f"{trails}/*"]),
        # A log file's encryption context is its own ARN, as its bucket has no Bucket Key.
        _allow(["kms:Decrypt"], args["audit_key_arn"], _through_s3(account, [f"{trails}/*"])),
        _allow(
            [
                "kms:DescribeKey",
                "kms:GetKeyPolicy",
                "kms:GetKeyRotationStatus",
                "kms:ListKeyRotations",
                "kms:ListResourceTags",
            ],
            [args["phi_key_arn"], args["audit_key_arn"]],
        ),
        _allow(
            [
                "cloudtrail:GetEventSelectors",
                "cloudtrail:GetInsightSelectors",
                "cloudtrail:GetTrail",
                "cloudtrail:GetTrailStatus",
            ],
            site.trail_arn,
        ),
        _allow(
            [
                "logs:DescribeLogStreams",
                "logs:DescribeMetricFilters",
                "logs:FilterLogEvents",
                "logs:GetLogEvents",
                "logs:StartQuery",
            ],
            [group, f"{group}:*"],
        ),
        _allow(["logs:DescribeLogGroups"], account.arn("logs", "log-group:*")),
        _allow(["cloudwatch:DescribeAlarmHistory", "cloudwatch:DescribeAlarms"], account.arn("cloudwatch", "alarm:*")),
        _allow(["events:DescribeRule", "events:ListTargetsByRule"], account.arn("events", f"rule/{account.name('*')}")),
        _allow(["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic"], site.topic_arn),
        _allow(
            [
                "backup:DescribeBackupVault",
                "backup:GetBackupVaultAccessPolicy",
                "backup:ListRecoveryPointsByBackupVault",
            ],
            account.arn("backup", f"backup-vault:{account.name('*')}"),
        ),
        # AWS Backup gives a plan's ARN an id of its own making.
        _allow(
            ["backup:GetBackupPlan", "backup:GetBackupSelection", "backup:ListBackupSelections"],
            account.arn("backup", "backup-plan:*"),
        ),
        _allow(
            ["iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"],
            account.role_arn(account.name("*")),
        ),
        # None of these has a resource to name.
        _allow(
            [
                "backup:ListBackupJobs",
                "backup:ListBackupPlans",
                "backup:ListBackupVaults",
                "cloudtrail:DescribeTrails",
                "cloudtrail:ListPublicKeys",  # which the trail's files are signed with
                "cloudtrail:LookupEvents",
                "logs:GetQueryResults",
                "s3:GetAccountPublicAccessBlock",
            ],
            "*",
        ),
    )


def break_glass_permissions(args: AccessArgs) -> PolicyDocument:
    """Earlier versions, and locking them for longer; not what guards the bucket, as the bypass of its lock does.

    An object may have been written without a Bucket Key, if its writer asked: its encryption context is then its own.
    """
    account, bucket = args["site"].account, args["site"].phi_arn
    return _document(
        _allow(["s3:ListBucketVersions"], bucket),
        _allow(
            [
                "s3:DeleteObjectVersion",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObjectRetention",
                "s3:RestoreObject",
            ],
            f"{bucket}/*",
        ),
        _allow(["kms:Decrypt"], args["phi_key_arn"], _through_s3(account, [bucket, f"{bucket}/*"])),
    )


def _through_s3(account: Account, contexts: Sequence[str]) -> dict[str, Any]:
    """Through S3 alone, for what these ARNs are the encryption context of: the bucket's where it has a Bucket Key.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    """
    return {
        "StringEquals": {"kms:ViaService": f"s3.{account.region}.{account.dns_suffix}"},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": list(contexts)},
    }


def _trust(principal: dict[str, str], condition: dict[str, Any], action: str = "sts:AssumeRole") -> PolicyDocument:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action}
    return _document(statement | ({"Condition": condition} if condition else {}))


def _allow(
    actions: list[str],
    resources: pulumi.Input[str] | Sequence[pulumi.Input[str]],
    condition: dict[str, Any] | None = None,
) -> Statement:
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources}
    return statement | ({"Condition": condition} if condition else {})


def _document(*statements: Statement) -> PolicyDocument:
    return {"Version": "2012-10-17", "Statement": list(statements)}
