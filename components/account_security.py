"""Security services of the account in one region. It has one of each there, so nothing else may manage them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.config_delivery import CONFIG_PREFIX, config_object_arn
from components.conformance import common_rules, stack_rules, template
from components.hardened_bucket import protect_options
from components.iam_role import IamRole
from components.phi_bucket import resource_name
from components.policy_document import PolicyDocument, allow, document, objects_of, trust_policy, via_s3
from phi_buckets.stack.settings import AccountSecurityService

MALWARE_PROTECTION = "malware-protection-plan.guardduty.amazonaws.com"
FINDING_FREQUENCY = "FIFTEEN_MINUTES"
"""How often GuardDuty and Macie publish updated findings; by default only every few hours."""


class AccountSecurityArgs(TypedDict):
    """The inputs of the account's security services."""

    account: Account
    """The account and region in which to enable the services."""
    services: Collection[AccountSecurityService]
    """The services to enable."""
    account_wide: bool
    """Whether this is the region that records and checks what the account has once, such as IAM roles."""
    phi_buckets: Mapping[str, str]
    """The buckets to scan for malware: their physical names, by their names within the stack."""
    data_class: str
    """The value of those buckets' tag `DataClass`, by which AWS Config finds what to check."""
    phi_buckets_ready: Sequence[pulumi.Resource]
    """The resources that must exist before GuardDuty can write its test object to each bucket."""
    phi_key_arn: pulumi.Input[str]
    """The key that encrypts those buckets."""
    config_bucket: pulumi.Input[str]
    """The name of the bucket that AWS Config delivers to. It must not have Object Lock, which AWS Config can't use."""
    config_bucket_arn: str
    log_group_name: str | None
    """The name of the audit trail's log group, whose retention AWS Config checks; None in another region."""
    backup: bool
    """Whether PHI buckets have backups, so that AWS Config checks for them."""
    replication: bool
    """Whether PHI buckets are replicated, so that AWS Config checks for it."""
    keeps_data: bool
    """Whether the services are protected, and retained on delete."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary of the roles, if the account requires one."""


class AccountSecurity(pulumi.ComponentResource):
    """Blocked public access, GuardDuty, malware scans, Macie and AWS Config, for one region of the account.

    The public access block applies to every region, so only one region may have it.
    """

    def __init__(self, name: str, args: AccountSecurityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:account:AccountSecurity", name, None, opts)
        services = args["services"]
        child = protect_options(self, args["keeps_data"])
        if "publicAccessBlock" in services:
            aws.s3.AccountPublicAccessBlock(
                f"{name}-public-access-block",
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=child,
            )
        if "guardDuty" in services:
            detector = aws.guardduty.Detector(
                f"{name}-threats", enable=True, finding_publishing_frequency=FINDING_FREQUENCY, opts=child
            )
            aws.guardduty.DetectorFeature(
                f"{name}-s3-threats", detector_id=detector.id, name="S3_DATA_EVENTS", status="ENABLED", opts=child
            )
        if "malwareProtection" in services:
            self._malware_protection(name, args)
        if "macie" in services:
            aws.macie2.Account(
                f"{name}-macie", status="ENABLED", finding_publishing_frequency=FINDING_FREQUENCY, opts=child
            )
        recording = self._config_recorder(name, args) if "config" in services else []
        self._conformance_pack(name, args, recording)

        self.register_outputs({})

    def _malware_protection(self, name: str, args: AccountSecurityArgs) -> None:
        """Declare plans that scan each new object version for malware and tag it with the result."""
        account = args["account"]
        role = IamRole(
            f"{name}-malware-scan-role",
            {
                "account": account,
                "role_name": account.name(f"{name}-malware-scan-role"),
                "description": "GuardDuty scans new objects for malware",
                "trust": service_trust(MALWARE_PROTECTION, account),
                "permissions": malware_scan_permissions(
                    account,
                    [account.bucket_arn(bucket) for bucket in args["phi_buckets"].values()],
                    args["phi_key_arn"],
                ),
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        )
        for bucket, bucket_name in args["phi_buckets"].items():
            aws.guardduty.MalwareProtectionPlan(
                resource_name(bucket, f"{name}-malware-plan"),
                role=role.arn,
                protected_resource={"s3_bucket": {"bucket_name": bucket_name}},
                actions=[{"taggings": [{"status": "ENABLED"}]}],
                # When the plan is created, GuardDuty writes a test object to the bucket.
                opts=protect_options(self, args["keeps_data"], [role, *args["phi_buckets_ready"]]),
            )

    def _config_recorder(self, name: str, args: AccountSecurityArgs) -> list[pulumi.Resource]:
        """Declare the recorder of all resource configurations.

        Returns:
            The resources that must exist before rules can be evaluated.
        """
        account = args["account"]
        role = IamRole(
            f"{name}-recorder",
            {
                "account": account,
                "role_name": account.name(f"{name}-recorder"),
                "description": "AWS Config records how resources are configured",
                "trust": service_trust("config.amazonaws.com", account),
                "permissions": config_delivery_permissions(account, args["config_bucket_arn"]),
                "managed_policies": [f"arn:{account.partition}:iam::aws:policy/service-role/AWS_ConfigRole"],
                "permissions_boundary": args["permissions_boundary"],
            },
            pulumi.ResourceOptions(parent=self),
        )
        recorder = aws.cfg.Recorder(
            f"{name}-recorder",
            name=account.name(f"{name}-recorder"),
            role_arn=role.arn,
            # In a second region, AWS Config would record and bill the same IAM resources again.
            # https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html
            recording_group={"all_supported": True, "include_global_resource_types": args["account_wide"]},
            opts=protect_options(self, args["keeps_data"]),
        )
        channel = aws.cfg.DeliveryChannel(
            f"{name}-channel",
            name=account.name(f"{name}-channel"),
            s3_bucket_name=args["config_bucket"],
            s3_key_prefix=CONFIG_PREFIX,
            snapshot_delivery_properties={"delivery_frequency": "TwentyFour_Hours"},
            opts=protect_options(self, args["keeps_data"], [recorder]),
        )
        status = aws.cfg.RecorderStatus(
            f"{name}-recording",
            name=recorder.name,
            is_enabled=True,
            opts=protect_options(self, args["keeps_data"], [channel]),  # a recorder can't start without a channel
        )
        return [status]

    def _conformance_pack(self, name: str, args: AccountSecurityArgs, recording: list[pulumi.Resource]) -> None:
        """Declare the conformance pack of the organization, or else of the account, if AWS Config is enabled."""
        account, services = args["account"], args["services"]
        pack_name = account.name(f"{name}-conformance")
        child = protect_options(self, args["keeps_data"], recording)
        rules = common_rules(
            account.partition,
            account_wide=args["account_wide"],
            macie="macie" in services,
            backup=args["backup"],
            replication=args["replication"],
        )
        if "organizationConfig" in services:  # only for the management account, or AWS Config's delegated administrator
            aws.cfg.OrganizationConformancePack(
                f"{name}-conformance", name=pack_name, template_body=template(rules, args["data_class"]), opts=child
            )
        elif "config" in services:
            rules += stack_rules(list(args["phi_buckets"].values()), args["log_group_name"])
            aws.cfg.ConformancePack(
                f"{name}-conformance", name=pack_name, template_body=template(rules, args["data_class"]), opts=child
            )


def service_trust(service: str, account: Account) -> PolicyDocument:
    """Return a trust policy for an AWS service, only on behalf of this account.

    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
    """
    return trust_policy({"Service": service}, {"StringEquals": {"aws:SourceAccount": account.id}})


def malware_scan_permissions(
    account: Account, bucket_arns: Sequence[str], key_arn: pulumi.Input[str]
) -> PolicyDocument:
    """Return permissions to scan buckets for malware.

    GuardDuty manages an EventBridge rule that reports new objects, reads and tags them, and writes one test object to
    each bucket. The encryption context is the bucket's ARN if an object was written with a Bucket Key, and its own ARN
    if not.
    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    """
    rule_arn = account.arn("events", "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*")
    return document(
        allow(
            ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"],
            rule_arn,
            {"StringEquals": {"events:ManagedBy": MALWARE_PROTECTION}},
        ),
        allow(["events:DescribeRule", "events:ListTargetsByRule"], rule_arn),
        allow(["s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification"], bucket_arns),
        allow(
            [
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:GetObjectVersion",
                "s3:GetObjectVersionTagging",
                "s3:PutObjectTagging",
                "s3:PutObjectVersionTagging",
            ],
            objects_of(bucket_arns),
        ),
        allow(
            ["s3:PutObject"],
            [f"{bucket_arn}/malware-protection-resource-validation-object" for bucket_arn in bucket_arns],
        ),
        allow(
            ["kms:Decrypt", "kms:GenerateDataKey"],
            key_arn,
            via_s3(account, *bucket_arns, *objects_of(bucket_arns)),
        ),
    )


def config_delivery_permissions(account: Account, bucket_arn: str) -> PolicyDocument:
    """Return permissions to deliver to a bucket.

    Within an account, AWS Config delivers with the recorder's role. AWS_ConfigRole only lets it read.
    https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
    """
    with_owner_acl = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    return document(
        allow(["s3:PutObject", "s3:PutObjectAcl"], config_object_arn(account, bucket_arn), with_owner_acl),
        allow(["s3:GetBucketAcl"], bucket_arn),
    )
