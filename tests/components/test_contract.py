"""The contract of the program and the pack: removing a safeguard fails exactly its own controls.

Each case expects the findings that docs/controls.md describes for its controls, at the first preview. There the pack
evaluates some cases indirectly, such as a policy document by its component's input. These cases must also hold at a
later preview, where everything is known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from tests.components.mocked_stack import ACCOUNT_ID
from tests.components.preview_simulator import PreviewPack, Program, preview, running_preview_pack

Change = Callable[[Program], Program]


@dataclass(frozen=True)
class Case:
    """A change that removes a safeguard, and the findings that it causes."""

    safeguard: str
    change: Change
    findings: frozenset[str]
    """The findings, each as `control: resource`."""


def case(safeguard: str, change: Change, *findings: str) -> Case:
    return Case(safeguard, change, frozenset(findings))


def case_for_each(safeguard: str, change: Callable[[str], Change], names: Sequence[str], *findings: str) -> Case:
    """Return a case that makes a change for each name; `{}` in a finding stands for the name."""
    changes = [change(name) for name in names]
    all_findings = [finding.format(name) for finding in findings for name in names]
    return case(f"{safeguard} ({', '.join(names)})", combine(*changes), *all_findings)


def remove(*labels: str) -> Change:
    return lambda program: program.without_resources(*labels)


def set_input(label: str, path: str, value: Any) -> Change:
    return lambda program: program.with_input(label, path, value)


def set_key(label: str, path: str, key: str) -> Change:
    return lambda program: program.with_key(label, path, key)


def change_statement(label: str, statement: str | int, **elements: Any) -> Change:
    """Change elements of a statement; None removes one."""

    def change(original: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (original | elements).items() if value is not None}

    return lambda program: program.with_statement_changed(label, statement, change)


def drop_condition_keys(label: str, statement: str | int, operator: str, *keys: str) -> Change:
    """Remove condition keys of one operator from a statement."""

    def change(original: dict[str, Any]) -> dict[str, Any]:
        conditions = original["Condition"]
        remaining = {name: value for name, value in conditions[operator].items() if name not in keys}
        assert len(remaining) == len(conditions[operator]) - len(keys)
        others = {name: value for name, value in conditions.items() if name != operator}
        return original | {"Condition": others | ({operator: remaining} if remaining else {})}

    return lambda program: program.with_statement_changed(label, statement, change)


def remove_statement(label: str, statement: str | int) -> Change:
    return lambda program: program.without_statement(label, statement)


def add_allow_statement(label: str, **elements: Any) -> Change:
    return lambda program: program.with_added_statement(label, **elements)


def add_resource(type_: str, inputs: dict[str, Any], bucket: str = "") -> Change:
    return lambda program: program.with_resource(type_, "added", inputs, bucket)


def allow_document(principal: Any, action: str) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def combine(*changes: Change) -> Change:
    def change(program: Program) -> Program:
        for single_change in changes:
            program = single_change(program)
        return program

    return change


PHI_BUCKETS = ("phi", "replica")
LOCKED_BUCKETS = (*PHI_BUCKETS, "trail-files", "trail-replica")
PHI_AND_TRAIL = ("phi", "trail-files", "trail-replica")
LOG_BUCKETS = ("access-logs", "replica-logs")
BUCKETS = (*LOCKED_BUCKETS, *LOG_BUCKETS)
PUBLIC_ACCESS_FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
ALERTED_TWICE = ("kms-key-changed", "bucket-changed", "cloudtrail-changed", "break-glass-used")
KEY_LABELS = (
    "Key phi-key",
    "Key audit-key",
    "Key backup-key",
    "ReplicaKey replica-key",
    "ReplicaKey replica-alerts-key",
)
TOPICS = ("alerts", "replica-alerts")
ENCRYPTION_TYPE = "BucketServerSideEncryptionConfiguration"
DEFAULT_ENCRYPTION = "rules.0.applyServerSideEncryptionByDefault"
STACK = "pulumi:pulumi:Stack phi-prod"
EXTERNAL_ACCOUNT = {"AWS": "arn:aws:iam::444455556666:root"}
PHI = f"arn:aws:s3:::phi-prod-phi-{ACCOUNT_ID}-us-east-1"
ALERTS = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-prod-alerts"
EXPIRATION_DAYS = "rules.0.noncurrentVersionExpiration.noncurrentDays"

ACCESS = [
    case_for_each(
        "public access block",
        lambda name: remove(f"BucketPublicAccessBlock {name}-public-access-block"),
        BUCKETS,
        "s3-public-access-block: Bucket {}",
    ),
    case(
        "each flag of the public access block",
        combine(
            *(
                set_input(f"BucketPublicAccessBlock {name}-public-access-block", flag, False)
                for name, flag in zip(BUCKETS, PUBLIC_ACCESS_FLAGS, strict=False)
            )
        ),
        *(f"s3-public-access-block: BucketPublicAccessBlock {name}-public-access-block" for name in BUCKETS[:4]),
    ),
    case_for_each(
        "disabled ACLs",
        lambda name: remove(f"BucketOwnershipControls {name}-ownership"),
        BUCKETS,
        "s3-acls-disabled: Bucket {}",
    ),
    case_for_each(
        "no plain HTTP",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenyInsecureTransport"),
        BUCKETS,
        "s3-tls-only: BucketPolicy {}-policy",
    ),
    case_for_each(
        "no TLS before 1.2",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenyOutdatedTls"),
        BUCKETS,
        "s3-tls-1-2: BucketPolicy {}-policy",
    ),
    case(
        "phi: no plain HTTP to objects",
        change_statement("BucketPolicy phi-policy", "DenyInsecureTransport", Resource=PHI),
        "s3-tls-only: BucketPolicy phi-policy",
    ),
    case_for_each(
        "bucket policy",
        lambda name: remove(f"BucketPolicy {name}-policy"),
        PHI_BUCKETS,
        "s3-tls-only: Bucket {}",
        "s3-tls-1-2: Bucket {}",
        "s3-enforce-kms-key: Bucket {}",
        "s3-deny-sse-c: Bucket {}",
        "s3-tamper-protection: Bucket {}",
    ),
    case(
        "phi: no public ACL",
        add_resource("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}, "Bucket phi"),
        "s3-no-public-grant: BucketAcl added",
    ),
    case(
        "phi: no public grant, and external principals denied",
        combine(
            remove_statement("BucketPolicy phi-policy", "DenyExternalPrincipals"),
            add_allow_statement("BucketPolicy phi-policy", Principal="*", Action="s3:GetObject", Resource=f"{PHI}/*"),
        ),
        "s3-no-public-grant: BucketPolicy phi-policy",
        "s3-no-external-access: BucketPolicy phi-policy",
    ),
    # External principals are still denied, but not a service that acts on behalf of one.
    case(
        "phi: no public grant",
        add_allow_statement("BucketPolicy phi-policy", Principal="*", Action="s3:GetObject", Resource=f"{PHI}/*"),
        "s3-no-external-access: BucketPolicy phi-policy",
    ),
    case(
        "phi: no grant to an external account, and external principals denied",
        combine(
            remove_statement("BucketPolicy phi-policy", "DenyExternalPrincipals"),
            add_allow_statement(
                "BucketPolicy phi-policy", Principal=EXTERNAL_ACCOUNT, Action="s3:GetObject", Resource=f"{PHI}/*"
            ),
        ),
        "s3-no-external-access: BucketPolicy phi-policy",
    ),
    case_for_each(
        "access log delivery only for known buckets",
        lambda name: change_statement(f"BucketPolicy {name}-policy", "S3ServerAccessLogsPolicy", Condition=None),
        LOG_BUCKETS,
        "s3-no-external-access: BucketPolicy {}-policy",
    ),
    case_for_each(
        "inventory delivery only for known buckets",
        lambda name: change_statement(f"BucketPolicy {name}-policy", "S3InventoryPolicy", Condition=None),
        LOG_BUCKETS,
        "s3-no-external-access: BucketPolicy {}-policy",
    ),
    case_for_each(
        "inventory delivered to the account's own bucket",
        lambda name: set_input(
            f"Inventory {name}-inventory",
            "destination.bucket",
            {"bucketArn": "arn:aws:s3:::elsewhere", "accountId": "444455556666", "format": "Parquet"},
        ),
        PHI_BUCKETS,
        "s3-no-external-destinations: Inventory {}-inventory",
    ),
    case(
        "trail-files: delivery of one trail only",
        drop_condition_keys("BucketPolicy trail-files-policy", "AWSCloudTrailWrite", "StringEquals", "aws:SourceArn"),
        "s3-no-external-access: BucketPolicy trail-files-policy",
    ),
    case(
        "phi: no website",
        add_resource(
            "aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
            {"indexDocument": {"suffix": "index.html"}},
            "Bucket phi",
        ),
        "s3-no-website: BucketWebsiteConfiguration added",
    ),
    case(
        "phi: no CORS rule for any origin",
        add_resource(
            "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
            {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]},
            "Bucket phi",
        ),
        "s3-cors: BucketCorsConfiguration added",
    ),
    case(
        "phi: no public access point",
        add_resource(
            "aws:s3/accessPoint:AccessPoint",
            {"name": "ap", "publicAccessBlockConfiguration": {"blockPublicPolicy": False}},
            "Bucket phi",
        ),
        "s3-access-point-private: AccessPoint added",
    ),
    case(
        "no location of Access Grants for every bucket",
        add_resource("aws:s3control/accessGrantsLocation:AccessGrantsLocation", {"locationScope": "s3://"}),
        "s3-access-grants-location: AccessGrantsLocation added",
    ),
    case(
        "all flags of an account public access block",
        set_input("AccountPublicAccessBlock account-public-access-block", "blockPublicPolicy", value=False),
        "s3-account-public-access-block: AccountPublicAccessBlock account-public-access-block",
    ),
    case_for_each(
        "data class tag",
        lambda name: set_input(f"Bucket {name}", "tags.DataClass", None),
        [name for name in BUCKETS if name != "trail-replica"],
        "s3-data-class-tag: Bucket {}",
    ),
    case(
        "data class tag of the copy of the trail",  # without it, the copy counts as one of PHI
        set_input("Bucket trail-replica", "tags.DataClass", None),
        "s3-data-class-tag: Bucket trail-replica",
        f"s3-bucket-key: {ENCRYPTION_TYPE} trail-replica-encryption",
    ),
]

ENCRYPTION = [
    case_for_each(
        "default encryption",
        lambda name: remove(f"{ENCRYPTION_TYPE} {name}-encryption"),
        LOCKED_BUCKETS,
        "s3-customer-managed-key: Bucket {}",
    ),
    case_for_each(
        "an algorithm of S3",
        lambda name: set_input(f"{ENCRYPTION_TYPE} {name}-encryption", DEFAULT_ENCRYPTION, {"sseAlgorithm": "other"}),
        LOG_BUCKETS,
        f"s3-encryption-at-rest: {ENCRYPTION_TYPE} {{}}-encryption",
    ),
    case_for_each(
        "customer managed key",
        lambda name: set_input(f"{ENCRYPTION_TYPE} {name}-encryption", DEFAULT_ENCRYPTION, {"sseAlgorithm": "AES256"}),
        LOCKED_BUCKETS,
        f"s3-customer-managed-key: {ENCRYPTION_TYPE} {{}}-encryption",
    ),
    case_for_each(
        "Bucket Key",
        lambda name: set_input(f"{ENCRYPTION_TYPE} {name}-encryption", "rules.0.bucketKeyEnabled", False),
        PHI_BUCKETS,
        f"s3-bucket-key: {ENCRYPTION_TYPE} {{}}-encryption",
    ),
    case_for_each(
        "no other key",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenyWrongKmsKey"),
        PHI_BUCKETS,
        "s3-enforce-kms-key: BucketPolicy {}-policy",
    ),
    case_for_each(
        "no change to another key",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenyUpdateToWrongKmsKey"),
        PHI_BUCKETS,
        "s3-enforce-kms-key: BucketPolicy {}-policy",
    ),
    case_for_each(
        "no SSE-C",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenySseC"),
        PHI_BUCKETS,
        "s3-deny-sse-c: Bucket {}",
    ),
    case(
        "replica: default encryption with the key that its policy requires",
        set_key(f"{ENCRYPTION_TYPE} replica-encryption", f"{DEFAULT_ENCRYPTION}.kmsMasterKeyId", "Key phi-key"),
        "s3-enforce-kms-key: BucketPolicy replica-policy",
    ),
    case(
        "trail-files: another key than phi",
        set_key(f"{ENCRYPTION_TYPE} trail-files-encryption", f"{DEFAULT_ENCRYPTION}.kmsMasterKeyId", "Key phi-key"),
        "kms-key-separation: Bucket trail-files",
    ),
    case(
        "trail: another key than phi",
        set_key("Trail trail", "kmsKeyId", "Key phi-key"),
        "kms-key-separation: Trail trail",
    ),
    case(
        "log group: another key than phi",
        set_key("LogGroup trail-logs", "kmsKeyId", "Key phi-key"),
        "kms-key-separation: LogGroup trail-logs",
    ),
    case_for_each(
        "rotation",
        lambda name: set_input(f"Key {name}", "enableKeyRotation", False),
        ("phi-key", "audit-key", "backup-key"),
        "kms-rotation: Key {}",
    ),
    case(
        "phi-key: yearly rotation", set_input("Key phi-key", "rotationPeriodInDays", 730), "kms-rotation: Key phi-key"
    ),
    case_for_each(
        "deletion window of 30 days",
        lambda label: set_input(label, "deletionWindowInDays", 7),
        KEY_LABELS,
        "kms-deletion-window: {}",
    ),
    *(
        case(
            f"{label}: administrators",
            remove_statement(label, "AllowKeyAdministration"),
            f"kms-key-administrator: {label}",
        )
        for label in KEY_LABELS
    ),
    case(
        "phi-key: no public principal",
        change_statement("Key phi-key", "AllowUseViaS3", Principal="*", Condition=None),
        "kms-no-public-principal: Key phi-key",
        "kms-no-external-access: Key phi-key",
        "kms-confused-deputy: Key phi-key",
    ),
    case_for_each(
        "no external principal",
        lambda label: add_allow_statement(label, Principal=EXTERNAL_ACCOUNT, Action="kms:Decrypt", Resource="*"),
        KEY_LABELS,
        "kms-no-external-access: {}",
    ),
    # The stack has no grant, so this case adds one.
    case(
        "phi-key: no grant to an external account",
        add_resource(
            "aws:kms/grant:Grant",
            {"keyId": "phi-key", "granteePrincipal": EXTERNAL_ACCOUNT["AWS"], "operations": ["Decrypt"]},
        ),
        "kms-no-external-access: Grant added",
    ),
    *(
        case(
            f"audit-key: condition of {sid}",
            change_statement("Key audit-key", sid, Condition=None),
            "kms-confused-deputy: Key audit-key",
        )
        for sid in ("AllowCloudTrailEncrypt", "AllowCloudWatchLogs", "AllowCloudWatchAlarms")
    ),
]

RECOVERY = [
    case_for_each(
        "versioning", lambda name: remove(f"BucketVersioning {name}-versioning"), BUCKETS, "s3-versioning: Bucket {}"
    ),
    case(
        "phi: versioning not suspended",
        set_input("BucketVersioning phi-versioning", "versioningConfiguration.status", "Suspended"),
        "s3-versioning: BucketVersioning phi-versioning",
    ),
    case_for_each(
        "Object Lock",
        lambda name: remove(f"BucketObjectLockConfiguration {name}-lock"),
        PHI_AND_TRAIL,
        "s3-object-lock: Bucket {}",
    ),
    case_for_each(
        "Object Lock for six years",
        lambda name: set_input(f"BucketObjectLockConfiguration {name}-lock", "rule.defaultRetention.days", 365),
        PHI_AND_TRAIL,
        "s3-object-lock: BucketObjectLockConfiguration {}-lock",
    ),
    case_for_each(
        "no Object Lock, which prevents access log delivery",
        lambda name: set_input(f"Bucket {name}", "objectLockEnabled", True),
        LOG_BUCKETS,
        "s3-object-lock: Bucket {}",
    ),
    case_for_each(
        "protection changes denied",
        lambda name: remove_statement(f"BucketPolicy {name}-policy", "DenyProtectionChanges"),
        LOCKED_BUCKETS,
        "s3-tamper-protection: BucketPolicy {}-policy",
    ),
    case(
        "phi: protection changes denied to all other roles",
        change_statement(
            "BucketPolicy phi-policy",
            "DenyProtectionChanges",
            Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_ID}:role/*"}},
        ),
        "s3-tamper-protection: BucketPolicy phi-policy",
    ),
    case_for_each(
        "noncurrent versions kept for years",
        lambda name: set_input(f"BucketLifecycleConfiguration {name}-lifecycle", EXPIRATION_DAYS, 365),
        BUCKETS,
        "s3-retention: BucketLifecycleConfiguration {}-lifecycle",
    ),
    case_for_each(
        "no expiration of current versions",
        lambda name: set_input(f"BucketLifecycleConfiguration {name}-lifecycle", "rules.0.expiration", {"days": 9999}),
        PHI_BUCKETS,
        "s3-retention: BucketLifecycleConfiguration {}-lifecycle",
    ),
    case(
        "phi: incomplete multipart uploads aborted",
        set_input("BucketLifecycleConfiguration phi-lifecycle", "rules.0.abortIncompleteMultipartUpload", None),
        "s3-abort-multipart: BucketLifecycleConfiguration phi-lifecycle",
    ),
    case("phi: lifecycle", remove("BucketLifecycleConfiguration phi-lifecycle"), "s3-abort-multipart: Bucket phi"),
    case(
        "phi: replication and backup",
        remove("BucketReplicationConfig replica-replication", "Selection backup-selection"),
        "s3-replication-or-backup: Bucket phi",
    ),
    case(
        "phi: replication of KMS-encrypted objects, and backup",
        combine(
            remove("Selection backup-selection"),
            set_input(
                "BucketReplicationConfig replica-replication",
                "rules.0.sourceSelectionCriteria.sseKmsEncryptedObjects.status",
                "Disabled",
            ),
        ),
        "s3-replication-or-backup: Bucket phi",
    ),
    case(
        "phi: backup of this bucket, and replication",
        combine(
            remove("BucketReplicationConfig replica-replication"),
            set_input("Selection backup-selection", "resources", [f"{PHI}-other"]),
        ),
        "s3-replication-or-backup: Bucket phi",
    ),
    case_for_each(
        "no force_destroy",
        lambda name: set_input(f"Bucket {name}", "forceDestroy", True),
        PHI_AND_TRAIL,
        "s3-no-force-destroy: Bucket {}",
    ),
    case_for_each(
        "Pulumi protect",
        lambda name: lambda program: program.unprotected(f"Bucket {name}"),
        PHI_AND_TRAIL,
        "s3-no-force-destroy: Bucket {}",
    ),
    case(
        "vault: key",
        set_input("Vault backup-vault", "kmsKeyArn", None),
        "backup-vault-customer-managed-key: Vault backup-vault",
    ),
    case(
        "vault: a key of its own",
        set_key("Vault backup-vault", "kmsKeyArn", "Key phi-key"),
        "backup-vault-key-separation: Vault backup-vault",
    ),
    case("vault: Vault Lock", remove("VaultLockConfiguration backup-lock"), "backup-vault-lock: Vault backup-vault"),
    case(
        "vault: minimum retention of Vault Lock",
        set_input("VaultLockConfiguration backup-lock", "minRetentionDays", None),
        "backup-vault-lock: Vault backup-vault",
    ),
    case(
        "vault: no force_destroy",
        set_input("Vault backup-vault", "forceDestroy", True),
        "backup-vault-no-force-destroy: Vault backup-vault",
    ),
    # The stack's vault has no access policy, so this case adds one.
    case(
        "vault: no grant to an external account",
        add_resource(
            "aws:backup/vaultPolicy:VaultPolicy",
            {
                "backupVaultName": "phi-prod-backups",
                "policy": allow_document(EXTERNAL_ACCOUNT, "backup:CopyIntoBackupVault"),
            },
        ),
        "backup-no-external-access: VaultPolicy added",
    ),
    case(
        "backup plan: no copies in an external account",
        set_input(
            "Plan backup-plan",
            "rules.0.copyActions",
            [{"destinationVaultArn": "arn:aws:backup:us-west-2:444455556666:backup-vault:vault"}],
        ),
        "backup-no-external-copies: Plan backup-plan",
    ),
    # The stack shares nothing, so this case adds a principal to a share.
    case(
        "vault: not shared with an external account",
        add_resource(
            "aws:ram/principalAssociation:PrincipalAssociation",
            {
                "principal": "444455556666",
                "resourceShareArn": f"arn:aws:ram:us-east-1:{ACCOUNT_ID}:resource-share/7a3f0c52",
            },
        ),
        "ram-no-external-sharing: PrincipalAssociation added",
    ),
]

MONITORING = [
    case_for_each(
        "access logging",
        lambda name: remove(f"BucketLogging {name}-logging"),
        LOCKED_BUCKETS,
        "s3-access-logging: Bucket {}",
    ),
    case(
        "phi: request metrics",
        remove("BucketMetric phi-metrics"),
        "s3-request-metrics: Bucket phi",
        "cloudwatch-alarm-metric-exists: MetricAlarm alerts-4xxerrors",
        "cloudwatch-alarm-metric-exists: MetricAlarm alerts-5xxerrors",
    ),
    case("trail", remove("Trail trail"), f"cloudtrail-enabled: {STACK}", "cloudtrail-s3-data-events: Bucket phi"),
    case(
        "trail: logging",
        set_input("Trail trail", "enableLogging", False),
        "cloudtrail-enabled: Trail trail",
        "cloudtrail-s3-data-events: Bucket phi",
    ),
    case(
        "trail: all regions", set_input("Trail trail", "isMultiRegionTrail", False), "cloudtrail-enabled: Trail trail"
    ),
    case(
        "trail: global service events",
        set_input("Trail trail", "includeGlobalServiceEvents", False),
        "cloudtrail-enabled: Trail trail",
    ),
    case(
        "trail: log file validation",
        set_input("Trail trail", "enableLogFileValidation", False),
        "cloudtrail-log-validation: Trail trail",
    ),
    case(
        "trail: no topic of an external account",
        set_input("Trail trail", "snsTopicName", "arn:aws:sns:us-east-1:444455556666:trail"),
        "cloudtrail-no-external-destinations: Trail trail",
    ),
    case("trail: key", set_input("Trail trail", "kmsKeyId", None), "cloudtrail-customer-managed-key: Trail trail"),
    case(
        "trail: log group",
        set_input("Trail trail", "cloudWatchLogsGroupArn", None),
        "cloudtrail-cloudwatch-logs: Trail trail",
    ),
    case(
        "trail: data events of PHI objects",
        lambda program: program.with_input(
            "Trail trail", "advancedEventSelectors", program["Trail trail"].inputs["advancedEventSelectors"][:1]
        ),
        "cloudtrail-s3-data-events: Bucket phi",
    ),
    case(
        "trail: data events of all PHI objects",
        set_input("Trail trail", "advancedEventSelectors.1.fieldSelectors.2.startsWiths", [f"{PHI}/reports/"]),
        "cloudtrail-s3-data-events: Bucket phi",
    ),
    case(
        "log group: key",
        set_input("LogGroup trail-logs", "kmsKeyId", None),
        "logs-customer-managed-key: LogGroup trail-logs",
    ),
    case(
        "log group: retention",
        set_input("LogGroup trail-logs", "retentionInDays", 365),
        "logs-retention: LogGroup trail-logs",
    ),
    # The stack has no policy of CloudWatch Logs and no subscription filter, so these cases add one.
    case(
        "log group: no grant to a service for any account",
        add_resource(
            "aws:cloudwatch/logResourcePolicy:LogResourcePolicy",
            {
                "policyName": "dns",
                "policyDocument": allow_document({"Service": "route53.amazonaws.com"}, "logs:PutLogEvents"),
            },
        ),
        "logs-no-external-access: LogResourcePolicy added",
    ),
    case(
        "log group: no subscription of an external account",
        add_resource(
            "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter",
            {
                "logGroup": "/audit/phi-prod-trail",
                "destinationArn": "arn:aws:logs:us-east-1:444455556666:destination:logs",
            },
        ),
        "logs-no-external-destinations: LogSubscriptionFilter added",
    ),
    case(
        "4xx alarm: action",
        set_input("MetricAlarm alerts-4xxerrors", "alarmActions", []),
        "cloudwatch-alarm-action: MetricAlarm alerts-4xxerrors",
    ),
    case(
        "5xx alarm: enabled actions",
        set_input("MetricAlarm alerts-5xxerrors", "actionsEnabled", False),
        "cloudwatch-alarm-action: MetricAlarm alerts-5xxerrors",
    ),
    case(
        "root alarm: action",
        set_input("MetricAlarm alerts-root-used", "alarmActions", []),
        "cloudwatch-alarm-action: MetricAlarm alerts-root-used",
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case("root alarm", remove("MetricAlarm alerts-root-used"), f"cloudwatch-alarm-coverage: {STACK}"),
    case(
        "root alarm: threshold",
        set_input("MetricAlarm alerts-root-used", "threshold", 2),
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case(
        "root alarm: value of the metric filter",
        set_input("LogMetricFilter alerts-root-used", "metricTransformation.value", "0"),
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case(
        "root alarm: metric filter",
        remove("LogMetricFilter alerts-root-used"),
        "cloudwatch-alarm-metric-exists: MetricAlarm alerts-root-used",
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case(
        "IAM policies: alarm on the trail",
        remove("MetricAlarm alerts-iam-policy-changed"),
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case(
        "failed sign-ins: event rule and alarm",
        remove("EventTarget alerts-sign-in", "MetricAlarm alerts-sign-in-failed"),
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    case(
        "denied requests: alarm on S3 errors and alarm on the trail",
        remove("MetricAlarm alerts-4xxerrors", "MetricAlarm alerts-access-denied"),
        f"cloudwatch-alarm-coverage: {STACK}",
    ),
    *(
        case(
            f"{event}: event rule and alarm",
            remove(f"EventTarget alerts-{event}", f"MetricAlarm alerts-{event}"),
            f"cloudwatch-alarm-coverage: {STACK}",
        )
        for event in ALERTED_TWICE
    ),
    # The stack has no event bus of its own, so this case adds a permission.
    case(
        "default event bus: no grant to an external account",
        add_resource(
            "aws:cloudwatch/eventPermission:EventPermission", {"principal": "444455556666", "statementId": "vendor"}
        ),
        "events-no-external-access: EventPermission added",
    ),
    case(
        "event rules: no target in an external account",
        add_resource(
            "aws:cloudwatch/eventTarget:EventTarget",
            {"rule": "phi-prod-cloudtrail-changed", "arn": "arn:aws:sns:us-east-1:444455556666:alerts"},
        ),
        "events-no-external-targets: EventTarget added",
    ),
    case_for_each(
        "topic key",
        lambda name: set_input(f"Topic {name}", "kmsMasterKeyId", None),
        TOPICS,
        "sns-customer-managed-key: Topic {}",
    ),
    case(
        "alerts: key use by alarms",
        remove_statement("Key audit-key", "AllowCloudWatchAlarms"),
        "sns-customer-managed-key: Topic alerts",
    ),
    case(
        "replica-alerts: key use by alarms",
        remove_statement("ReplicaKey replica-alerts-key", "AllowCloudWatchAlarms"),
        "sns-customer-managed-key: Topic replica-alerts",
    ),
    case_for_each("topic policy", lambda name: remove(f"TopicPolicy {name}-policy"), TOPICS, "sns-private: Topic {}"),
    case_for_each(
        "no plain HTTP",
        lambda name: remove_statement(f"TopicPolicy {name}-policy", "DenyInsecureTransport"),
        TOPICS,
        "sns-private: TopicPolicy {}-policy",
    ),
    case_for_each(
        "publishing only by alarms of the account",
        lambda name: change_statement(f"TopicPolicy {name}-policy", "AllowCloudWatchAlarms", Condition=None),
        TOPICS,
        "sns-private: TopicPolicy {}-policy",
    ),
    case_for_each(
        "administration only by the account",
        lambda name: change_statement(
            f"TopicPolicy {name}-policy", "AllowAccountAdministration", Principal=EXTERNAL_ACCOUNT
        ),
        TOPICS,
        "sns-private: TopicPolicy {}-policy",
    ),
    # By default nobody subscribes to the stack's topics, so these cases add a subscription.
    case(
        "alerts: subscriptions over TLS",
        add_resource(
            "aws:sns/topicSubscription:TopicSubscription",
            {"topic": ALERTS, "protocol": "http", "endpoint": "http://alerts.example.com"},
        ),
        "sns-subscription-tls: TopicSubscription added",
        "sns-no-external-subscriptions: TopicSubscription added",
    ),
    case(
        "alerts: no subscription of an external account",
        add_resource(
            "aws:sns/topicSubscription:TopicSubscription",
            {"topic": ALERTS, "protocol": "sqs", "endpoint": "arn:aws:sqs:us-east-1:444455556666:queue"},
        ),
        "sns-no-external-subscriptions: TopicSubscription added",
    ),
]

APPLICATION = "RolePolicy access-application-permissions"
IAM = [
    case(
        "application: needed actions only",
        change_statement(APPLICATION, 0, Action="s3:*"),
        f"iam-least-privilege: {APPLICATION}",
    ),
    case(
        "application: no bucket administration",
        change_statement(APPLICATION, 1, Action=["s3:PutBucketPolicy"]),
        f"iam-least-privilege: {APPLICATION}",
    ),
    case(
        "application: named resources only",
        change_statement(APPLICATION, 0, Action="s3:*", Resource="*"),
        f"iam-least-privilege: {APPLICATION}",
        f"iam-no-admin: {APPLICATION}",
        f"iam-no-privilege-escalation: {APPLICATION}",
    ),
    case(
        "application: one key only",
        change_statement(APPLICATION, 2, Resource="*", Condition=None),
        f"iam-no-broad-decrypt: {APPLICATION}",
    ),
    case(
        "application: no way to more permissions",
        change_statement(APPLICATION, 1, Action=["iam:PassRole"], Resource="*"),
        f"iam-no-privilege-escalation: {APPLICATION}",
    ),
    case(
        "application: condition keys that apply",
        change_statement(APPLICATION, 1, Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
        f"iam-condition-keys-apply: {APPLICATION}",
    ),
    case(
        "backup role: no administrator policy",
        set_input(
            "RolePolicyAttachment backup-role-AWSBackupServiceRolePolicyForS3Backup",
            "policyArn",
            "arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        "iam-no-admin: RolePolicyAttachment backup-role-AWSBackupServiceRolePolicyForS3Backup",
        "iam-no-broad-decrypt: RolePolicyAttachment backup-role-AWSBackupServiceRolePolicyForS3Backup",
        "iam-no-privilege-escalation: RolePolicyAttachment backup-role-AWSBackupServiceRolePolicyForS3Backup",
    ),
    *(
        case(
            f"{name}: trusted principals",
            change_statement(f"Role {name}", 0, Principal=principal, Condition=None),
            f"iam-role-trust-policy: Role {name}",
        )
        for name, principal in (
            ("access-application", {"AWS": "*"}),
            ("access-auditor", EXTERNAL_ACCOUNT),
            ("access-break-glass", EXTERNAL_ACCOUNT),
            ("trail-cloudtrail-logs-role", "*"),
        )
    ),
    case(
        "no access keys",
        add_resource("aws:iam/accessKey:AccessKey", {"user": "user"}),
        "iam-no-users: AccessKey added",
    ),
]

DENY_INSECURE_TRANSPORT = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def add_queue(data_class: str, *statements: dict[str, Any], **inputs: Any) -> Change:
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    tags = {"DataClass": data_class}
    return add_resource("aws:sqs/queue:Queue", {"name": "added", "tags": tags, "policy": policy, **inputs})


# The stack has no queue, so these cases add one.
QUEUES = [
    case(
        "queue: encryption",
        add_queue("Internal", DENY_INSECURE_TRANSPORT, sqsManagedSseEnabled=False),
        "sqs-encryption: Queue added",
    ),
    case(
        "queue: customer managed key",
        add_queue("PHI", DENY_INSECURE_TRANSPORT),
        "sqs-customer-managed-key: Queue added",
    ),
    case("queue: no plain HTTP", add_queue("Internal"), "sqs-tls-only: Queue added"),
    case(
        "queue: no grant to an external account",
        add_queue(
            "Internal",
            DENY_INSECURE_TRANSPORT,
            {"Effect": "Allow", "Principal": EXTERNAL_ACCOUNT, "Action": "sqs:SendMessage", "Resource": "*"},
        ),
        "sqs-no-external-access: Queue added",
    ),
]

# The stack has a workgroup only with a setting, so these cases add one.
RESULTS = {
    "outputLocation": f"{PHI.replace('arn:aws:s3:::', 's3://')}/",
    "encryptionConfiguration": {"encryptionOption": "SSE_KMS", "kmsKeyArn": "alias/records"},
}


def add_workgroup(data_class: str, **configuration: Any) -> Change:
    inputs = {
        "name": "added",
        "tags": {"DataClass": data_class},
        "configuration": {"resultConfiguration": RESULTS} | configuration,
    }
    return add_resource("aws:athena/workgroup:Workgroup", inputs)


WORKGROUPS = [
    case(
        "workgroup: customer managed key",
        add_workgroup("AuditLog", resultConfiguration=RESULTS | {"encryptionConfiguration": None}),
        "athena-customer-managed-key: Workgroup added",
    ),
    case(
        "workgroup: enforced settings",
        add_workgroup("Internal", enforceWorkgroupConfiguration=False),
        "athena-settings-enforced: Workgroup added",
    ),
    case(
        "workgroup: results in a trusted account",
        add_workgroup(
            "Internal",
            resultConfiguration=RESULTS | {"outputLocation": "s3://theirs/", "expectedBucketOwner": "444455556666"},
        ),
        "athena-no-external-results: Workgroup added",
    ),
]

# The stack has only general purpose buckets, so this case adds one of another type.
BUCKET_TYPES = [
    case(
        "bucket types: PHI is in general purpose buckets",
        add_resource(
            "aws:s3tables/tableBucket:TableBucket",
            {
                "name": "added",
                "tags": {"DataClass": "PHI"},
                "encryptionConfiguration": {"sseAlgorithm": "aws:kms", "kmsKeyArn": "alias/records"},
            },
        ),
        "s3-recoverable-bucket-type: TableBucket added",
        "s3-no-force-destroy: TableBucket added",
    ),
]

SAFEGUARDS = [*ACCESS, *ENCRYPTION, *RECOVERY, *MONITORING, *IAM, *QUEUES, *WORKGROUPS, *BUCKET_TYPES]

# Another safeguard does the same, so removing only one of the two fails no control.
REDUNDANT = [
    case("phi: external principals denied", remove_statement("BucketPolicy phi-policy", "DenyExternalPrincipals")),
    case(
        "phi: no grant to an external account",
        add_allow_statement(
            "BucketPolicy phi-policy", Principal=EXTERNAL_ACCOUNT, Action="s3:GetObject", Resource=f"{PHI}/*"
        ),
    ),
    case(
        "access-logs: delivery for one account only",
        drop_condition_keys(
            "BucketPolicy access-logs-policy", "S3ServerAccessLogsPolicy", "StringEquals", "aws:SourceAccount"
        ),
    ),
    case(
        "access-logs: delivery for known buckets only",
        drop_condition_keys("BucketPolicy access-logs-policy", "S3ServerAccessLogsPolicy", "ArnLike", "aws:SourceArn"),
    ),
    case(
        "audit-key: alarms of the account only",
        drop_condition_keys("Key audit-key", "AllowCloudWatchAlarms", "StringEquals", "aws:SourceAccount"),
    ),
    case(
        "audit-key: alarms for the topic only",
        drop_condition_keys(
            "Key audit-key", "AllowCloudWatchAlarms", "StringEquals", "kms:EncryptionContext:aws:sns:topicArn"
        ),
    ),
    case("phi: replication", remove("BucketReplicationConfig replica-replication")),
    case("phi: backup", remove("Selection backup-selection")),
    case(
        "event rules, and the alarm on denied requests in the trail",
        remove("MetricAlarm alerts-access-denied", *(f"EventTarget alerts-{event}" for event in ALERTED_TWICE)),
    ),
    case(
        "alarms on the trail, and the alarm on S3 errors",
        remove("MetricAlarm alerts-4xxerrors", *(f"MetricAlarm alerts-{event}" for event in ALERTED_TWICE)),
    ),
]

# No control checks these. They are removed together.
NOT_CHECKED: dict[str, Change] = {
    "protection changes denied in buckets for access logs": combine(
        *(remove_statement(f"BucketPolicy {name}-policy", "DenyProtectionChanges") for name in LOG_BUCKETS)
    ),
    "Object Lock of the replica": remove("BucketObjectLockConfiguration replica-lock"),
    "no force_destroy for the replica and access logs": combine(
        *(set_input(f"Bucket {name}", "forceDestroy", True) for name in ("replica", *LOG_BUCKETS))
    ),
    "request metrics of the replica": remove("BucketMetric replica-metrics"),
    "inventories": remove("Inventory phi-inventory", "Inventory replica-inventory"),
    "alarms on sign-in without MFA and on deleted versions": remove(
        *(f"MetricAlarm alerts-{event}" for event in ("sign-in-without-mfa", "object-version-deleted"))
    ),
    "alerts on changed alerts": remove("MetricAlarm alerts-alerting-changed", "EventTarget alerts-alerting-changed"),
    "alerts on backups, findings, roles and security services": remove(
        *(
            f"EventTarget alerts-{event}"
            for event in (
                "backup-job-failed",
                "security-finding",
                "malware-found",
                "safeguard-changed",
                "iam-role-changed",
            )
        )
    ),
    "alerts in the replica's region": remove("EventTarget replica-alerts-kms-key-changed"),
    "alarm on an alert that failed to publish": remove("MetricAlarm alerts-kms-key-changed-delivery-failed"),
    "alarms on failed and late replications": remove(
        "MetricAlarm replica-replication-failed", "MetricAlarm replica-replication-late"
    ),
    "publishing only by alarms and rules": remove_statement("TopicPolicy alerts-policy", "DenyOtherPublishers"),
    "subscriptions only by https or email": remove_statement("TopicPolicy alerts-policy", "DenyInsecureProtocols"),
    "MFA": combine(
        *(change_statement(f"Role {name}", 0, Condition=None) for name in ("access-auditor", "access-break-glass"))
    ),
    "service roles assumed only on behalf of the account": combine(
        *(
            change_statement(f"Role {name}", 0, Condition=None)
            for name in ("access-application", "alerts-role", "replica-alerts-role", "replica-replication-role")
        )
    ),
    "data events of replica objects": set_input(
        "Trail trail", "advancedEventSelectors.1.fieldSelectors.2.startsWiths", [f"{PHI}/"]
    ),
    "data events of the trail's own bucket": combine(
        *(
            set_input("Trail trail", f"advancedEventSelectors.{index}.fieldSelectors.2.startsWiths", [f"{PHI}/"])
            for index in (2, 3)
        )
    ),
}


@pytest.fixture(scope="module")
def first_preview():
    """Yield the program at its first preview, and a pack that evaluates it and its changes."""
    with running_preview_pack() as pack:
        yield preview("prod", first=True), pack


@pytest.fixture(scope="module")
def later_preview():
    """Yield the program at a preview when all its resources exist, and another pack."""
    with running_preview_pack() as pack:
        yield preview("prod", first=False), pack


def findings(pack: PreviewPack, program: Program) -> set[str]:
    return {f"{control}: {resource}" for control, resource in pack.findings(program)}


def test_unchanged_program_has_no_findings(first_preview, later_preview):
    for program, pack in (first_preview, later_preview):
        assert findings(pack, program) == set()


def test_shortest_retention_that_the_program_accepts_has_no_findings(later_preview):
    """The settings and the controls have one minimum. The settings refuse a day less, as their own tests show."""
    settings = ("noncurrentRetentionDays", "logRetentionDays", "objectLockDays")
    _, pack = later_preview
    shortest = preview("prod", first=False, **dict.fromkeys(settings, str(MIN_RETENTION_DAYS)))
    assert findings(pack, shortest) == set()


def test_program_with_networks_and_malware_protection_has_no_findings(first_preview, later_preview):
    """Their statements deny some uploads with the right key, and some requests of named administrators."""
    settings = {
        "networks": json.dumps(["vpce-0a1b2c3d4e5f60718", "203.0.113.0/24"]),
        "organizationId": "o-abcdefghij",
        "accountSecurityServices": json.dumps(["guardDuty", "malwareProtection"]),
    }
    for first, (_, pack) in ((True, first_preview), (False, later_preview)):
        assert findings(pack, preview("prod", first=first, **settings)) == set()


def test_copies_of_backups_need_a_trusted_account_and_nothing_else(first_preview):
    _, pack = first_preview
    vault = "arn:aws:backup:us-east-1:444455556666:backup-vault:phi-copies"
    copied = preview("prod", first=True, backupCopyVault=vault)
    assert findings(pack, copied) == {"backup-no-external-copies: Plan backup-plan"}
    own = preview(
        "prod", first=True, backupCopyVault=vault.replace("us-east-1:444455556666", f"us-west-2:{ACCOUNT_ID}")
    )
    assert findings(pack, own) == set()


@pytest.mark.parametrize("case", [*SAFEGUARDS, *REDUNDANT], ids=lambda case: case.safeguard)
def test_removed_safeguard_fails_exactly_its_own_controls(first_preview, later_preview, case: Case):
    program, pack = first_preview
    changed = case.change(program)
    assert changed != program
    assert findings(pack, changed) == case.findings
    if changed.unknown_documents != program.unknown_documents or changed.key_references - program.key_references:
        program, pack = later_preview
        assert findings(pack, case.change(program)) == case.findings


def test_removed_safeguards_without_a_control_have_no_findings(first_preview):
    program, pack = first_preview
    changed = program
    for remove_safeguard in NOT_CHECKED.values():
        changed, before = remove_safeguard(changed), changed
        assert changed != before
    assert findings(pack, changed) == set()


def test_unchanged_program_has_no_findings_after_all_changes(first_preview, later_preview):
    """The same processes have evaluated all changed programs in between."""
    for program, pack in (first_preview, later_preview):
        assert findings(pack, program) == set()


def test_every_control_fails_without_some_safeguard(first_preview):
    _, pack = first_preview
    controls = {policy for policy in pack.policies() if not policy.startswith("pack-")}
    assert {finding.partition(":")[0] for case in SAFEGUARDS for finding in case.findings} == controls
