"""What guards the whole account, where nobody else has switched it on: an account and region have one of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.config_delivery import CONFIG, delivered
from components.conformance import rules_of_account, rules_of_organization, template
from components.hardened_bucket import kept
from components.iam_role import Role
from components.phi_bucket import PhiBucket
from components.policy_document import PolicyDocument, allow, document, through_s3, trust_of
from components.stack_context import Site

MALWARE_PROTECTION = "malware-protection-plan.guardduty.amazonaws.com"
SOON = "FIFTEEN_MINUTES"
"""How often GuardDuty and Macie publish findings at most; by default hours pass."""


class AccountGuardsArgs(TypedDict):
    site: Site
    """The account and region, and which of its guards are switched on."""
    log_bucket: pulumi.Input[str]
    """The name of the bucket that AWS Config delivers to, which has no lock: AWS Config delivers to none that has."""
    phi: PhiBucket
    """What is searched for malware."""
    key_arn: pulumi.Input[str]
    """The key that encrypts what is searched."""


class AccountGuards(pulumi.ComponentResource):
    """No public access in the whole account, threats and malware looked for, every change of a setting recorded."""

    def __init__(self, name: str, args: AccountGuardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("phi:account:AccountGuards", name, None, opts)
        site = args["site"]
        guards: Collection[str] = site.settings.account_guards
        stays = kept(self, site.settings.keeps_data)
        if "publicAccessBlock" in guards:
            aws.s3.AccountPublicAccessBlock(
                f"{name}-public-access-block",
                block_public_acls=True,
                block_public_policy=True,
                ignore_public_acls=True,
                restrict_public_buckets=True,
                opts=stays,
            )
        if "guardDuty" in guards:
            detector = aws.guardduty.Detector(
                f"{name}-threats", enable=True, finding_publishing_frequency=SOON, opts=stays
            )
            aws.guardduty.DetectorFeature(
                f"{name}-s3-threats", detector_id=detector.id, name="S3_DATA_EVENTS", status="ENABLED", opts=stays
            )
        if "malwareProtection" in guards:
            self._search(name, args)
        if "macie" in guards:
            aws.macie2.Account(f"{name}-macie", status="ENABLED", finding_publishing_frequency=SOON, opts=stays)
        recording = self._record(name, args) if "config" in guards else []
        asked = kept(self, site.settings.keeps_data, recording)
        if "organizationConfig" in guards:  # by its management account, or by the one that AWS Config is delegated to
            aws.cfg.OrganizationConformancePack(
                f"{name}-conformance",
                name=site.account.name(f"{name}-conformance"),
                template_body=template(rules_of_organization(site)),
                opts=asked,
            )
        elif "config" in guards:
            aws.cfg.ConformancePack(
                f"{name}-conformance",
                name=site.account.name(f"{name}-conformance"),
                template_body=template(rules_of_account(site)),
                opts=asked,
            )

        self.register_outputs({})

    def _search(self, name: str, args: AccountGuardsArgs) -> None:
        """Each new version of an object is searched for malware and tagged with what was found."""
        site = args["site"]
        searcher = Role(
            f"{name}-malware",
            {
                "account": site.account,
                "role_name": site.account.name(f"{name}-malware"),
                "description": "GuardDuty searches new objects for malware",
                "trust": trust(MALWARE_PROTECTION, site.account),
                "permissions": malware_permissions(site.account, site.phi_arn, args["key_arn"]),
                "permissions_boundary": site.settings.permissions_boundary,
            },
            pulumi.ResourceOptions(parent=self),
        )
        aws.guardduty.MalwareProtectionPlan(
            f"{name}-malware-plan",
            role=searcher.arn,
            protected_resource={"s3_bucket": {"bucket_name": args["phi"].bucket}},
            actions=[{"taggings": [{"status": "ENABLED"}]}],
            # GuardDuty puts an object into the bucket, to see whether it can, when the plan is made.
            opts=kept(self, site.settings.keeps_data, [searcher, *args["phi"].ready]),
        )

    def _record(self, name: str, args: AccountGuardsArgs) -> list[pulumi.Resource]:
        """How each resource is configured, and was. Answers with what must stand before rules are asked."""
        site = args["site"]
        recorder_role = Role(
            f"{name}-recorder",
            {
                "account": site.account,
                "role_name": site.account.name(f"{name}-recorder"),
                "description": "AWS Config records how resources are configured",
                "trust": trust("config.amazonaws.com", site.account),
                "permissions": delivery_permissions(site.account, site.access_log_arn),
                "managed_policies": [f"arn:{site.account.partition}:iam::aws:policy/service-role/AWS_ConfigRole"],
                "permissions_boundary": site.settings.permissions_boundary,
            },
            pulumi.ResourceOptions(parent=self),
        )
        recorder = aws.cfg.Recorder(
            f"{name}-recorder",
            name=site.account.name(f"{name}-recorder"),
            role_arn=recorder_role.arn,
            recording_group={"all_supported": True, "include_global_resource_types": True},
            opts=kept(self, site.settings.keeps_data),
        )
        channel = aws.cfg.DeliveryChannel(
            f"{name}-channel",
            name=site.account.name(f"{name}-channel"),
            s3_bucket_name=args["log_bucket"],
            s3_key_prefix=CONFIG,
            snapshot_delivery_properties={"delivery_frequency": "TwentyFour_Hours"},
            opts=kept(self, site.settings.keeps_data, [recorder]),
        )
        recording = aws.cfg.RecorderStatus(
            f"{name}-recording",
            name=recorder.name,
            is_enabled=True,
            opts=kept(self, site.settings.keeps_data, [channel]),  # without a channel no recorder starts
        )
        return [recording]


def trust(service: str, account: Account) -> PolicyDocument:
    """A service takes the role, for this account alone.

    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
    """
    return trust_of({"Service": service}, {"StringEquals": {"aws:SourceAccount": account.id}})


def malware_permissions(account: Account, bucket_arn: str, key_arn: pulumi.Input[str]) -> PolicyDocument:
    """Hear of new objects by a rule of GuardDuty's own, read them, tag them, and put one object to try it all.

    With a Bucket Key the encryption context is the bucket's ARN; objects written without one have their own.
    https://docs.aws.amazon.com/guardduty/latest/ug/malware-protection-s3-iam-policy-prerequisite.html
    """
    rule = account.arn("events", "rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3*")
    return document(
        allow(
            ["events:DeleteRule", "events:PutRule", "events:PutTargets", "events:RemoveTargets"],
            rule,
            {"StringEquals": {"events:ManagedBy": MALWARE_PROTECTION}},
        ),
        allow(["events:DescribeRule", "events:ListTargetsByRule"], rule),
        allow(["s3:GetBucketNotification", "s3:ListBucket", "s3:PutBucketNotification"], bucket_arn),
        allow(
            [
                "s3:GetObject",
                "s3:GetObjectTagging",
                "s3:GetObjectVersion",
                "s3:GetObjectVersionTagging",
                "s3:PutObjectTagging",
                "s3:PutObjectVersionTagging",
            ],
            f"{bucket_arn}/*",
        ),
        allow(["s3:PutObject"], f"{bucket_arn}/malware-protection-resource-validation-object"),
        allow(["kms:Decrypt", "kms:GenerateDataKey"], key_arn, through_s3(account, bucket_arn, f"{bucket_arn}/*")),
    )


def delivery_permissions(account: Account, bucket_arn: str) -> PolicyDocument:
    """AWS Config delivers by the recorder's role within an account; AWS_ConfigRole lets it read alone.

    https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html
    """
    owned = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
    return document(
        allow(["s3:PutObject", "s3:PutObjectAcl"], delivered(account, bucket_arn), owned),
        allow(["s3:GetBucketAcl"], bucket_arn),
    )
