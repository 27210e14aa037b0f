"""The application, auditor, break-glass and legal hold roles.

The resources that each action accepts: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.iam_role import HOUR_SECONDS, IamRole
from components.policy_document import PolicyDocument, Statement, allow, document, objects_of, trust_policy, via_s3
from phi_buckets.audit import permissions
from phi_buckets.audit.calls.catalogue import STACK_CALLS
from phi_buckets.stack.application_trust import SERVICES, ApplicationTrust
from phi_buckets.stack.settings_reader import set_path_command


@dataclass(frozen=True)
class ApplicationRole:
    """A role for an application: who may assume it, and the PHI buckets that it may use."""

    purpose: str
    """The purpose in the role's name, such as `application`."""
    trust: ApplicationTrust
    """The principal that may assume the role."""
    bucket_arns: Mapping[str, str]
    """The ARNs of the PHI buckets, by their names within the stack."""
    setting: str = "applicationTrust"
    """The path of the setting that says who may assume the role, without the prefix `phi:`."""

    @property
    def needs_instance_profile(self) -> bool:
        """Whether EC2 instances assume the role, which they can only through an instance profile."""
        return self.trust.kind == "service" and SERVICES[self.trust.principal].needs_instance_profile


@dataclass(frozen=True)
class TrailReplica:
    """The copy of the audit trail's files in another region."""

    account: Account
    """The account, and the region of the copy."""
    bucket_arn: str
    key_arn: pulumi.Input[str]
    """The key that encrypts the copy."""


class AccessArgs(TypedDict):
    """The inputs of the roles."""

    account: Account
    """The account of the roles, and the region of the resources that they may use."""
    application_roles: Sequence[ApplicationRole]
    break_glass_role_name: str
    """The break-glass role's physical name, which alarms and bucket policies use before the role exists."""
    legal_hold_role_name: str
    """The legal hold role's physical name, which bucket policies use before the role exists."""
    held_bucket_arns: Sequence[str]
    """The ARNs of the buckets whose objects may get a legal hold: the PHI buckets, and their replicas in any region."""
    phi_bucket_arns: Sequence[str]
    phi_key_arn: pulumi.Input[str]
    """The key that encrypts the PHI buckets."""
    access_log_bucket_arn: str
    trail_bucket_arn: str
    bucket_arns: Sequence[str]
    """The ARNs of all buckets whose settings the auditor may read, in any region."""
    log_group_arn: str
    """The log group that receives the audit trail, without a trailing `:*`."""
    topic_arn: str
    """The topic that receives alerts."""
    audit_key_arn: pulumi.Input[str]
    """The key that encrypts the audit trail, its log group and the topic."""
    trail_replica: TrailReplica | None
    query_permissions: Sequence[Statement]
    """The statements that let the auditor run Athena queries of the trail; none without Athena."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of every role, if the account requires one."""


class Access(pulumi.ComponentResource):
    """The roles that people and applications assume.

    Applications use PHI. The auditor reads everything except PHI, the break-glass role recovers PHI in an
    emergency, and the legal hold role places legal holds.
    """

    application_role_arns: dict[str, pulumi.Output[str]]
    """The role that may use each PHI bucket, by the bucket's name within the stack."""
    instance_profile_names: dict[str, pulumi.Output[str]]
    """The instance profile of that role, by the same name, if EC2 instances assume it."""
    auditor_role_arn: pulumi.Output[str]
    break_glass_role_arn: pulumi.Output[str]
    legal_hold_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:access:Access", name, None, opts)
        account = args["account"]
        child = pulumi.ResourceOptions(parent=self)

        self.application_role_arns, self.instance_profile_names = {}, {}
        for application in args["application_roles"]:
            role = IamRole(
                f"{name}-{application.purpose}",
                {
                    "account": account,
                    "role_name": account.role_name(application.purpose),
                    "description": "The application reads, writes and deletes PHI",
                    "trust": application_trust(account, application.trust, application.setting),
                    "permissions": application_permissions(
                        account, list(application.bucket_arns.values()), args["phi_key_arn"]
                    ),
                    "permissions_boundary": args["permissions_boundary"],
                },
                child,
            )
            self.application_role_arns |= dict.fromkeys(application.bucket_arns, role.arn)
            if application.needs_instance_profile:
                profile = aws.iam.InstanceProfile(
                    f"{name}-{application.purpose}",
                    name=account.name(application.purpose),
                    role=account.role_name(application.purpose),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
                )
                self.instance_profile_names |= dict.fromkeys(application.bucket_arns, profile.name)
        self.auditor_role_arn = IamRole(
            f"{name}-auditor",
            {
                "account": account,
                "role_name": account.name("auditor"),
                "description": "Auditors read settings and audit logs, but no PHI",
                "trust": auditor_trust(account),
                "permissions": auditor_permissions(args),
                "permissions_boundary": args["permissions_boundary"],
            },
            child,
        ).arn
        self.break_glass_role_arn = IamRole(
            f"{name}-break-glass",
            {
                "account": account,
                "role_name": args["break_glass_role_name"],
                "description": "In an emergency, recovers noncurrent versions of PHI; every use raises an alert",
                "trust": recent_mfa_trust(account),
                "permissions": break_glass_permissions(args),
                "permissions_boundary": args["permissions_boundary"],
                "max_session_seconds": HOUR_SECONDS,
            },
            child,
        ).arn
        self.legal_hold_role_arn = IamRole(
            f"{name}-legal-hold",
            {
                "account": account,
                "role_name": args["legal_hold_role_name"],
                "description": "Places legal holds on PHI and removes them, without reading it",
                "trust": recent_mfa_trust(account),
                "permissions": legal_hold_permissions(args),
                "permissions_boundary": args["permissions_boundary"],
            },
            child,
        ).arn

        self.register_outputs(
            {
                "applicationRoleArns": self.application_role_arns,
                "auditorRoleArn": self.auditor_role_arn,
                "breakGlassRoleArn": self.break_glass_role_arn,
                "legalHoldRoleArn": self.legal_hold_role_arn,
            }
        )


def application_trust(account: Account, trust: ApplicationTrust, setting: str = "applicationTrust") -> PolicyDocument:
    """Return the trust policy of the application role.

    Services: phi_buckets/stack/application_trust.py has the page of each
    Accounts: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    Identity providers: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-idp_oidc.html

    Args:
        account: The role's account.
        trust: The principal that may assume the role.
        setting: The path of the setting that names it, without the prefix `phi:`.

    Raises:
        pulumi.RunError: Another account would assume the role without an external ID, or owns the trust anchor.
    """
    principal = trust.principal
    if trust.kind == "service":
        return _service_trust(account, principal, trust.trust_anchor, setting)
    if trust.kind == "account":
        if principal != account.id and not trust.external_id:
            raise pulumi.RunError(
                f"phi:{setting} has no external ID for account {principal}, which isn't the stack's own; "
                "another account must pass an external ID. Set it with: "
                f"{set_path_command(f'{setting}.externalId', 'acme-external-id')} --type string"
            )
        with_external_id = {"StringEquals": {"sts:ExternalId": trust.external_id}} if trust.external_id else None
        return trust_policy({"AWS": f"arn:{account.partition}:iam::{principal}:root"}, with_external_id)
    token_claims = {"StringEquals": {f"{principal}:aud": trust.audience, f"{principal}:sub": trust.subject}}
    provider_arn = f"arn:{account.partition}:iam::{account.id}:oidc-provider/{principal}"
    return trust_policy({"Federated": provider_arn}, token_claims, "sts:AssumeRoleWithWebIdentity")


def _service_trust(account: Account, principal: str, trust_anchor: str | None, setting: str) -> PolicyDocument:
    service = SERVICES[principal]
    actions = ["sts:AssumeRole", *service.session_actions] if service.session_actions else "sts:AssumeRole"
    if trust_anchor is not None:
        _, partition, _, _, owner, _ = trust_anchor.split(":", 5)
        if (partition, owner) != (account.partition, account.id):
            raise pulumi.RunError(
                f"phi:{setting} has the trust anchor {trust_anchor}; it must be one of account {account.id}, "
                "because IAM Roles Anywhere accepts only trust anchors of the role's account. Find yours with: "
                "aws rolesanywhere list-trust-anchors"
            )
        return trust_policy({"Service": principal}, {"ArnEquals": {"aws:SourceArn": trust_anchor}}, actions)
    for_account = {"StringEquals": {"aws:SourceAccount": account.id}}
    return trust_policy({"Service": principal}, for_account if service.sends_account else None, actions)


def auditor_trust(account: Account) -> PolicyDocument:
    """Return a trust policy for any principal of the account that IAM allows, with MFA.

    Not `BoolIfExists`: long-term credentials don't have the key.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html
    """
    return trust_policy({"AWS": account.root}, {"Bool": {"aws:MultiFactorAuthPresent": "true"}})


def recent_mfa_trust(account: Account) -> PolicyDocument:
    """Return a trust policy for any principal of the account that IAM allows, with MFA within the last hour."""
    recent_mfa = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThan": {"aws:MultiFactorAuthAge": str(HOUR_SECONDS)},
    }
    return trust_policy({"AWS": account.root}, recent_mfa)


def application_permissions(account: Account, bucket_arns: Sequence[str], key_arn: pulumi.Input[str]) -> PolicyDocument:
    """Return permissions for current object versions only.

    Versions that the application deletes or overwrites remain as noncurrent versions, which it can't access.
    The tags of an object say what a scan for malware found, and so why a read is denied.
    A multipart upload needs kms:Decrypt too:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
    """
    return document(
        allow(
            [
                "s3:AbortMultipartUpload",
                "s3:DeleteObject",
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:ListMultipartUploadParts",
                "s3:PutObject",
            ],
            objects_of(bucket_arns),
        ),
        allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], bucket_arns),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, via_s3(account, *bucket_arns)),
    )


def auditor_permissions(args: AccessArgs) -> PolicyDocument:
    """Return permissions for every call of `phi audit`, and for the content of the audit logs.

    They include neither PHI objects nor the use of the PHI key.
    """
    account, log_group_arn = args["account"], args["log_group_arn"]
    trail_files, replica = args["trail_bucket_arn"], args["trail_replica"]
    audit_logs = [args["access_log_bucket_arn"], trail_files, *([replica.bucket_arn] if replica else [])]
    scope = permissions.stack_scope(account.partition, account.id, account.name(""), args["bucket_arns"])
    return document(
        *permissions.statements(STACK_CALLS, scope),
        allow(["s3:ListBucket", "s3:ListBucketVersions"], audit_logs),
        allow(["s3:GetObject", "s3:GetObjectRetention", "s3:GetObjectVersion"], objects_of(audit_logs)),
        # The encryption context of a log file is its own ARN, because its bucket has no Bucket Key.
        allow(["kms:Decrypt"], args["audit_key_arn"], via_s3(account, f"{trail_files}/*")),
        *(
            [allow(["kms:Decrypt"], replica.key_arn, via_s3(replica.account, f"{replica.bucket_arn}/*"))]
            if replica
            else []
        ),
        allow(
            ["logs:DescribeLogStreams", "logs:FilterLogEvents", "logs:GetLogEvents", "logs:StartQuery"],
            [log_group_arn, f"{log_group_arn}:*"],
        ),
        *args["query_permissions"],
        allow(["cloudwatch:DescribeAlarmHistory"], account.arn("cloudwatch", "alarm:*")),
        allow(["sns:ListSubscriptionsByTopic"], args["topic_arn"]),
        allow(
            ["backup:GetBackupVaultAccessPolicy", "backup:ListRecoveryPointsByBackupVault"],
            account.arn("backup", f"backup-vault:{account.name('*')}"),
        ),
        # These actions don't accept a resource.
        allow(
            [
                "backup:ListBackupJobs",
                "cloudtrail:ListPublicKeys",  # verifies the signatures of the trail's digest files
                "cloudtrail:LookupEvents",
                "logs:DescribeQueryDefinitions",
                "logs:GetQueryResults",
            ],
            "*",
        ),
    )


def break_glass_permissions(args: AccessArgs) -> PolicyDocument:
    """Return permissions to read, restore and delete noncurrent versions, and to extend their retention.

    They include neither changes to the bucket's protection settings nor the bypass of Object Lock. `phi restore` copies
    a version, so it reads the version and writes the object. An object whose writer opted out of the Bucket Key has its
    own ARN as encryption context.
    """
    bucket_arns = args["phi_bucket_arns"]
    return document(
        allow(["s3:ListBucketVersions"], bucket_arns),
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
            objects_of(bucket_arns),
        ),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            args["phi_key_arn"],
            via_s3(args["account"], *bucket_arns, *objects_of(bucket_arns)),
        ),
    )


def legal_hold_permissions(args: AccessArgs) -> PolicyDocument:
    """Return permissions to list versions, and to see, place and remove their legal holds, but not to read objects.

    S3 replicates a hold to the replica, and its removal. The role may change the replica's holds too, because the PHI
    bucket may be lost. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-for-metadata-changes.html
    """
    bucket_arns = args["held_bucket_arns"]
    return document(
        allow(["s3:ListBucketVersions"], list(bucket_arns)),
        allow(["s3:GetObjectLegalHold", "s3:PutObjectLegalHold"], objects_of(bucket_arns)),
    )
