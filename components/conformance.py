"""What AWS Config goes on asking of the account: its managed rules, each with the paragraph that it answers.

They see what no preview does: what is changed by hand, and what other stacks of the account declare. None is asked
that the stack itself fails by what it is made of: access logs are neither locked, nor logged, nor under a KMS key, so
that such rules ask of PHI alone, and iam-no-inline-policy-check isn't asked, since its roles' policies are inline.

Each rule: https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from components.stack_context import Site

DATA_CLASS, PHI = "DataClass", "PHI"


@dataclass(frozen=True)
class Rule:
    identifier: str
    paragraph: str
    """Of 45 CFR 164."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    of_phi: bool = False
    """Whether it asks of what is tagged as PHI alone. AWS Config takes no such scope for a periodic rule."""


RULES = (
    # Who reaches a bucket.
    Rule("S3_ACCOUNT_LEVEL_PUBLIC_ACCESS_BLOCKS_PERIODIC", "312(a)(1)"),
    Rule("S3_BUCKET_LEVEL_PUBLIC_ACCESS_PROHIBITED", "312(a)(1)"),
    Rule("S3_BUCKET_PUBLIC_READ_PROHIBITED", "312(a)(1)"),
    Rule("S3_BUCKET_PUBLIC_WRITE_PROHIBITED", "312(a)(1)"),
    Rule("S3_BUCKET_ACL_PROHIBITED", "312(a)(1)"),
    Rule("S3_BUCKET_SSL_REQUESTS_ONLY", "312(e)(1)"),
    # What keeps its objects.
    Rule("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", "312(a)(2)(iv)"),
    Rule("S3_DEFAULT_ENCRYPTION_KMS", "312(a)(2)(iv)", of_phi=True),
    Rule("S3_BUCKET_VERSIONING_ENABLED", "312(c)(1)"),
    Rule("S3_BUCKET_DEFAULT_LOCK_ENABLED", "312(c)(1)", of_phi=True),
    Rule("CMK_BACKING_KEY_ROTATION_ENABLED", "312(a)(2)(iv)"),
    Rule("KMS_CMK_NOT_SCHEDULED_FOR_DELETION", "308(a)(7)(i)"),
    # What is recorded.
    Rule("S3_BUCKET_LOGGING_ENABLED", "312(b)", of_phi=True),
    Rule("MULTI_REGION_CLOUD_TRAIL_ENABLED", "312(b)"),
    Rule("CLOUD_TRAIL_CLOUD_WATCH_LOGS_ENABLED", "312(b)"),
    Rule("CLOUD_TRAIL_ENCRYPTION_ENABLED", "312(a)(2)(iv)"),
    Rule("CLOUD_TRAIL_LOG_FILE_VALIDATION_ENABLED", "312(c)(2)"),
    Rule("CLOUDWATCH_LOG_GROUP_ENCRYPTED", "312(a)(2)(iv)"),
    # Who is told. An alarm that has no data yet tells nobody.
    Rule(
        "CLOUDWATCH_ALARM_ACTION_CHECK",
        "308(a)(6)(ii)",
        {"alarmActionRequired": "true", "insufficientDataActionRequired": "false", "okActionRequired": "false"},
    ),
    Rule("SNS_ENCRYPTED_KMS", "312(a)(2)(iv)"),
    Rule("GUARDDUTY_ENABLED_CENTRALIZED", "308(a)(6)(ii)"),
    Rule("GUARDDUTY_S3_PROTECTION_ENABLED", "308(a)(6)(ii)"),
    # Who somebody is, and what they may do.
    Rule("IAM_POLICY_NO_STATEMENTS_WITH_ADMIN_ACCESS", "308(a)(4)(ii)(B)"),
    Rule("IAM_ROOT_ACCESS_KEY_CHECK", "312(a)(2)(i)"),
    Rule("IAM_USER_MFA_ENABLED", "312(d)"),
    Rule("MFA_ENABLED_FOR_IAM_CONSOLE_ACCESS", "312(d)"),
    Rule("ACCESS_KEYS_ROTATED", "312(d)", {"maxAccessKeyAge": "90"}),
    Rule("IAM_USER_UNUSED_CREDENTIALS_CHECK", "308(a)(3)(ii)(C)", {"maxCredentialUsageAge": "90"}),
)
# Those that AWS Config doesn't have in GovCloud or China.
COMMERCIAL = (
    Rule("KMS_KEY_POLICY_NO_PUBLIC_ACCESS", "312(a)(1)"),
    Rule("SNS_TOPIC_NO_PUBLIC_ACCESS", "312(a)(1)"),
    Rule("ROOT_ACCOUNT_MFA_ENABLED", "312(d)"),
)
# Macie's automated discovery isn't among what Pulumi can switch on: this tells where nobody did it otherwise.
MACIE = Rule("MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK", "308(a)(1)(ii)(A)")
BACKED_UP = Rule(
    "S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "308(a)(7)(ii)(A)", {"resourceTags": json.dumps({DATA_CLASS: PHI})}
)
REPLICATED = Rule("S3_BUCKET_REPLICATION_ENABLED", "308(a)(7)(ii)(A)", of_phi=True)
# These ask of every bucket and every log group, unless they are named.
DATA_EVENTS = Rule("CLOUDTRAIL_S3_DATAEVENTS_ENABLED", "312(b)")
LOG_RETENTION = Rule("CW_LOGGROUP_RETENTION_PERIOD_CHECK", "316(b)(2)(i)")
FIVE_YEARS = 1827  # days: below six years the most that the rule may ask for; the next that it knows is ten years


def rules_of_account(site: Site) -> tuple[Rule, ...]:
    """What is asked of the stack's own account. In an organisation the other accounts keep PHI, and logs, elsewhere."""
    return (
        *rules_of_organization(site),
        replace(DATA_EVENTS, parameters={"S3BucketNames": site.phi_bucket}),
        replace(LOG_RETENTION, parameters={"LogGroupNames": site.log_group, "MinRetentionTime": str(FIVE_YEARS)}),
    )


def rules_of_organization(site: Site) -> tuple[Rule, ...]:
    """What any account that keeps PHI answers: by what the stack's settings chose where there is a choice."""
    settings, commercial = site.settings, site.account.partition == "aws"
    return (
        *RULES,
        *(COMMERCIAL if commercial else ()),
        *([MACIE] if commercial and "macie" in settings.account_guards else []),
        *([BACKED_UP] if settings.backup else []),
        *([REPLICATED] if settings.replica_region else []),
    )


def template(rules: tuple[Rule, ...]) -> str:
    """The rules as a conformance pack's template, which is YAML; and JSON is.

    https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html
    """
    return json.dumps({"Resources": {_logical_id(rule): _declared(rule) for rule in rules}}, indent=1)


def _logical_id(rule: Rule) -> str:
    return "".join(word.capitalize() for word in rule.identifier.split("_"))


def _declared(rule: Rule) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "ConfigRuleName": rule.identifier.lower().replace("_", "-"),
        "Description": f"45 CFR 164.{rule.paragraph}",
        "Source": {"Owner": "AWS", "SourceIdentifier": rule.identifier},
    }
    if rule.parameters:
        properties["InputParameters"] = dict(rule.parameters)
    if rule.of_phi:
        properties["Scope"] = {"TagKey": DATA_CLASS, "TagValue": PHI}
    return {"Type": "AWS::Config::ConfigRule", "Properties": properties}
