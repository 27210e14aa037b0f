"""The AWS Config managed rules that keep checking the account, each with the HIPAA paragraph that it supports.

They find what a preview can't: manual changes, and resources of other stacks. Rules that the stack fails by design are
left out. Access logs have no Object Lock, no access logs of their own and no KMS key, so rules about those check PHI
only. The roles have inline policies, so iam-no-inline-policy-check is left out.

Each rule: https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

DATA_CLASS_TAG, PHI = "DataClass", "PHI"


@dataclass(frozen=True)
class ConfigRule:
    """A managed rule of AWS Config."""

    identifier: str
    paragraph: str
    """The paragraph of 45 CFR 164."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    phi_only: bool = False
    """Whether the rule checks only resources tagged as PHI, or as its replicas. AWS Config doesn't allow that for
    periodic rules."""


# For each region.
REGIONAL_RULES = (
    # Access to buckets.
    ConfigRule("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "312(a)(1)"),
    ConfigRule("S3_BUCKET_PUBLIC_READ_PROHIBITED", "312(a)(1)"),
    ConfigRule("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "312(a)(1)"),
    ConfigRule("S3_BUCKET_ACL_PROHIBITED", "312(a)(1)"),
    ConfigRule("S3_BUCKET_SSL_REQUESTS_ONLY", "312(e)(1)"),
    # Protection of objects and keys.
    ConfigRule("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "312(a)(2)(iv)"),
    ConfigRule("S3_DEFAULT_ENCRYPTION_KMS", "312(a)(2)(iv)", phi_only=True),
    ConfigRule("S3_BUCKET_VERSIONING_ENABLED", "312(c)(1)"),
    ConfigRule("S3_BUCKET_DEFAULT_LOCK_ENABLED", "312(c)(1)", phi_only=True),
    ConfigRule("CMK_BACKING_KEY_ROTATION_ENABLED", "312(a)(2)(iv)"),
    ConfigRule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "308(a)(7)(i)"),
    # Audit logs.
    ConfigRule("S3_BUCKET_LOGGING_ENABLED", "312(b)", phi_only=True),
    ConfigRule("CLOUDWATCH_LOG_GROUP_ENCRYPTED", "312(a)(2)(iv)"),
    # Alerts. An alarm needs no action for the state INSUFFICIENT_DATA, or for OK.
    ConfigRule(
        "CLOUDWATCH_ALARM_ACTION_CHECK",
        "308(a)(6)(ii)",
        {"alarmActionRequired": "true", "insufficientDataActionRequired": "false", "okActionRequired": "false"},
    ),
    ConfigRule("SNS_ENCRYPTED_KMS", "312(a)(2)(iv)"),
    ConfigRule("GUARDDUTY_ENABLED_CENTRALIZED", "308(a)(6)(ii)"),
    ConfigRule("GUARDDUTY_S3_PROTECTION_ENABLED", "308(a)(6)(ii)"),
)
# Once for the account. AWS recommends that for rules about global resources, which are recorded in one region.
# https://docs.aws.amazon.com/config/latest/developerguide/select-resources.html#select-resources-global-rules
ACCOUNT_RULES = (
    ConfigRule("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", "312(a)(1)"),
    # One trail, in the region of the account's rules, records every region.
    ConfigRule("MULTI_REGION_CLOUD_TRAIL_ENABLED", "312(b)"),
    ConfigRule("CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", "312(b)"),
    ConfigRule("CLOUD_TRAIL_ENCRYPTION_ENABLED", "312(a)(2)(iv)"),
    ConfigRule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "312(c)(2)"),
    # Identities and their permissions.
    ConfigRule("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "308(a)(4)(ii)(B)"),
    ConfigRule("IAM_ROOT_ACCESS_KEY_CHECK", "312(a)(2)(i)"),
    ConfigRule("IAM_USER_MFA_ENABLED", "312(d)"),
    ConfigRule("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "312(d)"),
    ConfigRule("ACCESS_KEYS_ROTATED", "312(d)", {"maxAccessKeyAge": "90"}),
    ConfigRule("IAM_USER_UNUSED_CREDENTIALS_CHECK", "308(a)(3)(ii)(C)", {"maxCredentialUsageAge": "90"}),
)
# AWS Config doesn't have these rules in GovCloud or in China.
COMMERCIAL_REGIONAL_RULES = (
    ConfigRule("KMS_KEY_POLICY_NO_PUBLIC_ACCESS", "312(a)(1)"),
    ConfigRule("SNS_TOPIC_NO_PUBLIC_ACCESS", "312(a)(1)"),
)
COMMERCIAL_ACCOUNT_RULES = (ConfigRule("ROOT_ACCOUNT_MFA_ENABLED", "312(d)"),)
# Pulumi can't enable Macie's automated sensitive data discovery. This rule reports an account where it isn't enabled.
MACIE_RULE = ConfigRule("MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK", "308(a)(1)(ii)(A)")
BACKUP_RULE = ConfigRule(
    "S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "308(a)(7)(ii)(A)", {"resourceTags": json.dumps({DATA_CLASS_TAG: PHI})}
)
REPLICATION_RULE = ConfigRule("S3_BUCKET_REPLICATION_ENABLED", "308(a)(7)(ii)(A)", phi_only=True)
# In days: the longest period under six years that CW_LOGGROUP_RETENTION_PERIOD_CHECK accepts; the next is ten years.
MIN_LOG_RETENTION_DAYS = 1827


def common_rules(
    partition: str, *, account_wide: bool, macie: bool, backup: bool, replication: bool
) -> list[ConfigRule]:
    """Return the rules for any account with PHI, in one region.

    Args:
        partition: The partition of the account; some rules exist only in `aws`.
        account_wide: Whether the region also checks what the account has once.
        macie: Whether Macie is enabled.
        backup: Whether PHI buckets have backups.
        replication: Whether PHI buckets are replicated.
    """
    commercial = partition == "aws"
    return [
        *REGIONAL_RULES,
        *(ACCOUNT_RULES if account_wide else ()),
        *(COMMERCIAL_REGIONAL_RULES if commercial else ()),
        *(COMMERCIAL_ACCOUNT_RULES if commercial and account_wide else ()),
        *([MACIE_RULE] if commercial and macie else []),
        *([BACKUP_RULE] if backup else []),
        *([REPLICATION_RULE] if replication else []),
    ]


def stack_rules(phi_buckets: Sequence[str], log_group_name: str | None) -> list[ConfigRule]:
    """Return the rules that name PHI buckets, or their replicas, and one log group, if the region has it.

    Without these names, the rules would check every bucket and every log group. They aren't for an organization, whose
    other accounts have other buckets and log groups.
    """
    rules = [ConfigRule("CLOUDTRAIL_S3_DATAEVENTS_ENABLED", "312(b)", {"S3BucketNames": ",".join(phi_buckets)})]
    if log_group_name is not None:
        log_retention = {"LogGroupNames": log_group_name, "MinRetentionTime": str(MIN_LOG_RETENTION_DAYS)}
        rules.append(ConfigRule("CW_LOGGROUP_RETENTION_PERIOD_CHECK", "316(b)(2)(i)", log_retention))
    return rules


def template(rules: Sequence[ConfigRule], data_class: str) -> str:
    """Return the template of a conformance pack with these rules. AWS Config requires YAML, and JSON is YAML.

    Args:
        rules: The rules.
        data_class: The value of the tag `DataClass` of the resources that the rules about PHI check.

    https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html
    """
    return json.dumps({"Resources": {_logical_id(rule): _resource(rule, data_class) for rule in rules}}, indent=1)


def _logical_id(rule: ConfigRule) -> str:
    return "".join(word.capitalize() for word in rule.identifier.split("_"))


def _resource(rule: ConfigRule, data_class: str) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ConfigRuleName": rule.identifier.lower().replace("_", "-"),
        "Description": f"45 CFR 164.{rule.paragraph}",
        "Source": {"Owner": "AWS", "SourceIdentifier": rule.identifier},
    }
    if rule.parameters:
        properties["InputParameters"] = dict(rule.parameters)
    if rule.phi_only:
        properties["Scope"] = {"TagKey": DATA_CLASS_TAG, "TagValue": data_class}
    return {"Type": "AWS::Config::ConfigRule", "Properties": properties}
