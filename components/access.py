"""Who reaches PHI, and who looks after those who do: an application, an auditor, and whoever breaks the glass.

Which action has a resource to name: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from typing import TypedDict

import pulumi

from components.account import Account
from components.iam_role import HOUR, Role
from components.policy_document import PolicyDocument, allow, document, through_s3, trust_of
from components.stack_context import Site
from phi.audit import permissions
from phi.audit.collectors import STACK_CALLS
from phi.stack.application_trust import Trust

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
        return trust_of({"Service": who}, source)
    if trust.kind == "account":
        if who != account.id and not trust.external_id:
            raise pulumi.RunError(
                f"the account {who} isn't the stack's own: it takes the role with an external id only"
            )
        said = {"StringEquals": {"sts:ExternalId": trust.external_id}} if trust.external_id else {}
        return trust_of({"AWS": f"arn:{account.partition}:iam::{who}:root"}, said)
    token = {"StringEquals": {f"{who}:aud": trust.audience, f"{who}:sub": trust.subject}}
    provider = f"arn:{account.partition}:iam::{account.id}:oidc-provider/{who}"
    return trust_of({"Federated": provider}, token, "sts:AssumeRoleWithWebIdentity")


def auditor_trust(account: Account) -> PolicyDocument:
    """Whom IAM lets in of the account, with a second factor.

    Not `BoolIfExists`: credentials without a session don't have the key.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    return trust_of({"AWS": account.root}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})


def break_glass_trust(account: Account) -> PolicyDocument:
    """The same, where the second factor was shown within the last hour."""
    shown = {"Bool": {"aws:MultiFactorAuthPresent": "true"}, "NumericLessThan": {"aws:MultiFactorAuthAge": str(HOUR)}}
    return trust_of({"AWS": account.root}, shown)


def application_permissions(args: AccessArgs) -> PolicyDocument:
    """Current objects: what is deleted or overwritten stays as an earlier version, out of its reach.

    It needs kms:Decrypt to upload in parts too:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    account, bucket = args["site"].account, args["site"].phi_arn
    return document(
        allow(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            f"{bucket}/*",
        ),
        allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], bucket),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], args["phi_key_arn"], through_s3(account, bucket)),
    )


def auditor_permissions(args: AccessArgs) -> PolicyDocument:
    """What `phi audit` reads, made from its own calls, and the audit logs' content.

    Of PHI neither an object nor the use of its key.
    """
    site = args["site"]
    account, group = site.account, site.log_group_arn
    logs, trails = site.access_log_arn, site.trail_bucket_arn
    reach = permissions.stack_scope(account.partition, account.id, account.name(""), site.bucket_arns)
    return document(
        *permissions.statements(STACK_CALLS, reach),
        allow(["s3:ListBucket", "s3:ListBucketVersions"], [logs, trails]),
        allow(["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"], [f"{logs}/*", f"{trails}/*"]),
        # A log file's encryption context is its own ARN, as its bucket has no Bucket Key.
        allow(["kms:Decrypt"], args["audit_key_arn"], through_s3(account, f"{trails}/*")),
        allow(
            ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
            [group, f"{group}:*"],
        ),
        allow(["cloudwatch:DescribeAlarmHistory"], account.arn("cloudwatch", "alarm:*")),
        allow(["sns:ListSubscriptionsByTopic"], site.topic_arn),
        allow(
            ["backup:GetBackupVaultAccessPolicy", "backup:ListRecoveryPointsByBackupVault"],
            account.arn("backup", f"backup-vault:{account.name('*')}"),
        ),
        # None of these has a resource to name.
        allow(
            [
                "backup:ListBackupJobs",
                "cloudtrail:ListPublicKeys",  # which the trail's files are signed with
                "cloudtrail:LookupEvents",
                "logs:GetQueryResults",
            ],
            "*",
        ),
    )


def break_glass_permissions(args: AccessArgs) -> PolicyDocument:
    """Earlier versions, putting one back, and locking them for longer; nothing that guards the bucket.

    Nor the bypass of its lock. `phi restore` copies, which takes reading the version and writing the object.
    An object may have been written without a Bucket Key, if its writer asked: its encryption context is then its own.
    """
    account, bucket = args["site"].account, args["site"].phi_arn
    return document(
        allow(["s3:ListBucketVersions"], bucket),
        allow(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObjectVersion",
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:PutObjectRetention",
                "s3:RestoreObject",
            ],
            f"{bucket}/*",
        ),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], args["phi_key_arn"], through_s3(account, bucket, f"{bucket}/*")),
    )
