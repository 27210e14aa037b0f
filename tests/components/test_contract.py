"""The contract of the program and the pack: each safeguard that is taken out fails its own controls and no other.

What a row expects is what docs/controls.md says of its controls. It holds at the first preview, and for what can only
be judged by other means there, as a document by its component's input, at a later one too, where all is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.components.mocked_stack import ACCOUNT_ID
from tests.components.preview_simulator import PreviewPack, Program, running_preview_pack, preview

Change = Callable[[Program], Program]


@dataclass(frozen=True)
class Row:
    """What is taken out, and what then fails: each as `control: resource`."""

    safeguard: str
    change: Change
    fails: frozenset[str]


def row(safeguard: str, change: Change, *fails: str) -> Row:
    return Row(safeguard, change, frozenset(fails))


def every(safeguard: str, change: Callable[[str], Change], names: Sequence[str], *fails: str) -> Row:
    """What several have, taken out of each of them; `{}` in what fails is its name."""
    told = [each.format(name) for each in fails for name in names]
    return row(f"{safeguard} of {', '.join(names)}", all_of(*(change(name) for name in names)), *told)


def gone(*labels: str) -> Change:
    return lambda program: program.without_resources(*labels)


def put(label: str, path: str, value: Any) -> Change:
    return lambda program: program.with_input(label, path, value)


def key(label: str, path: str, of: str) -> Change:
    return lambda program: program.with_key(label, path, of)


def stated(label: str, which: str | int, **changes: Any) -> Change:
    """A statement with elements changed; None takes one out."""

    def change(statement: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in (statement | changes).items() if value is not None}

    return lambda program: program.with_statement_changed(label, which, change)


def unbound(label: str, which: str | int, operator: str, *keys: str) -> Change:
    """A statement without some of an operator's conditions."""

    def change(statement: dict[str, Any]) -> dict[str, Any]:
        conditions = statement["Condition"]
        left = {name: value for name, value in conditions[operator].items() if name not in keys}
        assert len(left) == len(conditions[operator]) - len(keys)
        rest = {name: value for name, value in conditions.items() if name != operator}
        return statement | {"Condition": rest | ({operator: left} if left else {})}

    return lambda program: program.with_statement_changed(label, which, change)


def unstated(label: str, which: str | int) -> Change:
    return lambda program: program.without_statement(label, which)


def allowed(label: str, **statement: Any) -> Change:
    return lambda program: program.with_added_statement(label, **statement)


def added(type_: str, inputs: dict[str, Any], bucket: str = "") -> Change:
    return lambda program: program.with_resource(type_, "added", inputs, bucket)


def all_of(*changes: Change) -> Change:
    def change(program: Program) -> Program:
        for each in changes:
            program = each(program)
        return program

    return change


DATA = ("phi", "replica")
LOCKED = (*DATA, "trail-files")
PHI_AND_TRAIL = ("phi", "trail-files")
LOGS = ("access-logs", "replica-logs")
BUCKETS = (*LOCKED, *LOGS)
FLAGS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
TOLD_TWICE = ("kms-key-disabled", "bucket-access-changed", "cloudtrail-changed", "break-glass-used")
KEYS = ("Key phi-key", "Key audit-key", "ReplicaKey replica-key", "ReplicaKey replica-alerts-key")
TOPICS = ("alerts", "replica-alerts")
SSE = "BucketServerSideEncryptionConfiguration"
DEFAULT = "rules.0.applyServerSideEncryptionByDefault"
STACK = "pulumi:pulumi:Stack phi-prod"
STRANGER = {"AWS": "arn:aws:iam::444455556666:root"}
PHI = f"arn:aws:s3:::phi-prod-phi-{ACCOUNT_ID}-us-east-1"
EXPIRY = "rules.0.noncurrentVersionExpiration.noncurrentDays"

CLOSED = [
    every("public access block", lambda name: gone(f"BucketPublicAccessBlock {name}-public-access-block"), BUCKETS,
          "s3-public-access-block: Bucket {}"),
    row("each flag of a public access block",
        all_of(*(put(f"BucketPublicAccessBlock {name}-public-access-block", flag, False)
                 for name, flag in zip(BUCKETS, FLAGS, strict=False))),
        *(f"s3-public-access-block: BucketPublicAccessBlock {name}-public-access-block" for name in BUCKETS[:4])),
    every("ownership", lambda name: gone(f"BucketOwnershipControls {name}-ownership"), BUCKETS,
          "s3-acls-disabled: Bucket {}"),
    every("no plain HTTP", lambda name: unstated(f"BucketPolicy {name}-policy", "DenyInsecureTransport"), BUCKETS,
          "s3-tls-only: BucketPolicy {}-policy"),
    every("no TLS before 1.2", lambda name: unstated(f"BucketPolicy {name}-policy", "DenyOutdatedTls"), BUCKETS,
          "s3-tls-1-2: BucketPolicy {}-policy"),
    row("phi: no plain HTTP to objects", stated("BucketPolicy phi-policy", "DenyInsecureTransport", Resource=PHI),
        "s3-tls-only: BucketPolicy phi-policy"),
    every("the policy", lambda name: gone(f"BucketPolicy {name}-policy"), DATA,
          "s3-tls-only: Bucket {}", "s3-tls-1-2: Bucket {}", "s3-enforce-kms-key: Bucket {}",
          "s3-deny-sse-c: Bucket {}", "s3-tamper-protection: Bucket {}"),
    row("phi: no ACL for everyone", added("aws:s3/bucketAcl:BucketAcl", {"acl": "public-read"}, "Bucket phi"),
        "s3-no-public-grant: BucketAcl added"),
    row("phi: nobody unknown is let in, and outsiders are denied", all_of(
            unstated("BucketPolicy phi-policy", "DenyExternalPrincipals"),
            allowed("BucketPolicy phi-policy", Principal="*", Action="s3:GetObject", Resource=f"{PHI}/*")),
        "s3-no-public-grant: BucketPolicy phi-policy", "s3-no-external-access: BucketPolicy phi-policy"),
    # Outsiders are denied still, but a service that acts for one isn't an outsider.
    row("phi: no service unknown is let in",
        allowed("BucketPolicy phi-policy", Principal="*", Action="s3:GetObject", Resource=f"{PHI}/*"),
        "s3-no-external-access: BucketPolicy phi-policy"),
    row("phi: no other account is let in, and outsiders are denied", all_of(
            unstated("BucketPolicy phi-policy", "DenyExternalPrincipals"),
            allowed("BucketPolicy phi-policy", Principal=STRANGER, Action="s3:GetObject", Resource=f"{PHI}/*")),
        "s3-no-external-access: BucketPolicy phi-policy"),
    every("S3 delivers access logs of known buckets alone", lambda name: stated(
              f"BucketPolicy {name}-policy", "S3ServerAccessLogsPolicy", Condition=None), LOGS,
          "s3-no-external-access: BucketPolicy {}-policy"),
    every("S3 delivers inventories of known buckets alone", lambda name: stated(
              f"BucketPolicy {name}-policy", "S3InventoryPolicy", Condition=None), LOGS,
          "s3-no-external-access: BucketPolicy {}-policy"),
    row("trail-files: CloudTrail delivers the one trail alone",
        unbound("BucketPolicy trail-files-policy", "AWSCloudTrailWrite", "StringEquals", "aws:SourceArn"),
        "s3-no-external-access: BucketPolicy trail-files-policy"),
    row("phi: no website", added("aws:s3/bucketWebsiteConfiguration:BucketWebsiteConfiguration",
            {"indexDocument": {"suffix": "index.html"}}, "Bucket phi"),
        "s3-no-website: BucketWebsiteConfiguration added"),
    row("phi: no CORS rule for any origin", added("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
            {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": ["*"]}]}, "Bucket phi"),
        "s3-cors: BucketCorsConfiguration added"),
    row("phi: no public access point", added("aws:s3/accessPoint:AccessPoint",
            {"name": "ap", "publicAccessBlockConfiguration": {"blockPublicPolicy": False}}, "Bucket phi"),
        "s3-access-point-private: AccessPoint added"),
    row("the account's public access block, where it is set",
        added("aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock", {"blockPublicAcls": True}),
        "s3-account-public-access-block: AccountPublicAccessBlock added"),
    every("the data class", lambda name: put(f"Bucket {name}", "tags.DataClass", None), BUCKETS,
          "s3-data-class-tag: Bucket {}"),
]  # fmt: skip

ENCRYPTED = [
    every("default encryption", lambda name: gone(f"{SSE} {name}-encryption"), DATA,
          "s3-encryption-at-rest: Bucket {}", "s3-customer-managed-key: Bucket {}", "s3-bucket-key: Bucket {}"),
    every("default encryption", lambda name: gone(f"{SSE} {name}-encryption"), ["trail-files"],
          "s3-encryption-at-rest: Bucket {}", "s3-customer-managed-key: Bucket {}"),
    every("default encryption", lambda name: gone(f"{SSE} {name}-encryption"), LOGS,
          "s3-encryption-at-rest: Bucket {}"),
    every("a key of one's own", lambda name: put(f"{SSE} {name}-encryption", DEFAULT, {"sseAlgorithm": "AES256"}),
          LOCKED, f"s3-customer-managed-key: {SSE} {{}}-encryption"),
    every("a Bucket Key", lambda name: put(f"{SSE} {name}-encryption", "rules.0.bucketKeyEnabled", False), DATA,
          f"s3-bucket-key: {SSE} {{}}-encryption"),
    every("no other key", lambda name: unstated(f"BucketPolicy {name}-policy", "DenyWrongKmsKey"), DATA,
          "s3-enforce-kms-key: BucketPolicy {}-policy"),
    every("no key that an uploader holds",
          lambda name: unstated(f"BucketPolicy {name}-policy", "DenySseC"), DATA,
          "s3-deny-sse-c: Bucket {}"),
    row("replica: encrypted with the key that its policy takes",
        key(f"{SSE} replica-encryption", f"{DEFAULT}.kmsMasterKeyId", "Key phi-key"),
        "s3-enforce-kms-key: BucketPolicy replica-policy"),
    row("trail-files: not with phi's key", key(f"{SSE} trail-files-encryption", f"{DEFAULT}.kmsMasterKeyId",
            "Key phi-key"),
        "kms-key-separation: Bucket trail-files"),
    row("trail: not with phi's key", key("Trail trail", "kmsKeyId", "Key phi-key"), "kms-key-separation: Trail trail"),
    row("the log group: not with phi's key", key("LogGroup trail-logs", "kmsKeyId", "Key phi-key"),
        "kms-key-separation: LogGroup trail-logs"),
    every("rotation", lambda name: put(f"Key {name}", "enableKeyRotation", False), ("phi-key", "audit-key"),
          "kms-rotation: Key {}"),
    row("phi-key: rotation every year", put("Key phi-key", "rotationPeriodInDays", 730), "kms-rotation: Key phi-key"),
    every("the deletion window", lambda label: put(label, "deletionWindowInDays", 7), KEYS, "kms-deletion-window: {}"),
    *(
        row(f"{label}: somebody administers it", unstated(label, "AllowKeyAdministration"), f"kms-key-administrator: {label}")
        for label in KEYS
    ),
    row("phi-key: nobody unknown uses it",
        stated("Key phi-key", "AllowUseViaS3", Principal="*", Condition=None),
        "kms-no-public-principal: Key phi-key", "kms-confused-deputy: Key phi-key"),
    *(
        row(f"audit-key: {sid} for the account alone", stated("Key audit-key", sid, Condition=None),
            "kms-confused-deputy: Key audit-key")
        for sid in ("AllowCloudTrailEncrypt", "AllowCloudTrailDescribeKey", "AllowCloudWatchLogs", "AllowCloudWatchAlarms")
    ),
]  # fmt: skip

KEPT = [
    every("versions", lambda name: gone(f"BucketVersioning {name}-versioning"), BUCKETS, "s3-versioning: Bucket {}"),
    row("phi: versions aren't suspended",
        put("BucketVersioning phi-versioning", "versioningConfiguration.status", "Suspended"),
        "s3-versioning: BucketVersioning phi-versioning"),
    every("a lock", lambda name: gone(f"BucketObjectLockConfiguration {name}-lock"), PHI_AND_TRAIL,
          "s3-object-lock: Bucket {}"),
    every("a lock for six years",
          lambda name: put(f"BucketObjectLockConfiguration {name}-lock", "rule.defaultRetention.days", 365),
          PHI_AND_TRAIL, "s3-object-lock: BucketObjectLockConfiguration {}-lock"),
    every("no lock, which keeps access logs out", lambda name: put(f"Bucket {name}", "objectLockEnabled", True), LOGS,
          "s3-object-lock: Bucket {}"),
    every("deletion and weakening denied", lambda name: unstated(f"BucketPolicy {name}-policy", "DenyProtectionChanges"),
          LOCKED, "s3-tamper-protection: BucketPolicy {}-policy"),
    row("phi: deletion denied to whoever isn't named",
        stated("BucketPolicy phi-policy", "DenyProtectionChanges",
               Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_ID}:role/*"}}),
        "s3-tamper-protection: BucketPolicy phi-policy"),
    every("earlier versions for years",
          lambda name: put(f"BucketLifecycleConfiguration {name}-lifecycle", EXPIRY, 365), BUCKETS,
          "s3-retention: BucketLifecycleConfiguration {}-lifecycle"),
    every("current versions stay",
          lambda name: put(f"BucketLifecycleConfiguration {name}-lifecycle", "rules.0.expiration", {"days": 9999}),
          DATA, "s3-retention: BucketLifecycleConfiguration {}-lifecycle"),
    row("phi: unfinished uploads are aborted",
        put("BucketLifecycleConfiguration phi-lifecycle", "rules.0.abortIncompleteMultipartUpload", None),
        "s3-abort-multipart: BucketLifecycleConfiguration phi-lifecycle"),
    row("phi: a lifecycle", gone("BucketLifecycleConfiguration phi-lifecycle"), "s3-abort-multipart: Bucket phi"),
    row("phi: copies and backups", gone("BucketReplicationConfig replica-replication", "Selection backup-selection"),
        "s3-replication-or-backup: Bucket phi"),
    row("phi: copies of what KMS encrypts, and backups", all_of(
            gone("Selection backup-selection"),
            put("BucketReplicationConfig replica-replication",
                "rules.0.sourceSelectionCriteria.sseKmsEncryptedObjects.status", "Disabled")),
        "s3-replication-or-backup: Bucket phi"),
    row("phi: backups of it, and copies", all_of(
            gone("BucketReplicationConfig replica-replication"),
            put("Selection backup-selection", "resources", [f"{PHI}-other"])),
        "s3-replication-or-backup: Bucket phi"),
    every("objects aren't destroyed", lambda name: put(f"Bucket {name}", "forceDestroy", True), PHI_AND_TRAIL,
          "s3-no-force-destroy: Bucket {}"),
    every("protected by Pulumi", lambda name: lambda program: program.unprotected(f"Bucket {name}"), PHI_AND_TRAIL,
          "s3-no-force-destroy: Bucket {}"),
    row("the vault's key", put("Vault backup-vault", "kmsKeyArn", None),
        "backup-vault-customer-managed-key: Vault backup-vault"),
    row("the vault's lock", gone("VaultLockConfiguration backup-lock"), "backup-vault-lock: Vault backup-vault"),
    row("the vault's lock for days", put("VaultLockConfiguration backup-lock", "minRetentionDays", None),
        "backup-vault-lock: Vault backup-vault"),
]  # fmt: skip

SEEN = [
    every("access logs", lambda name: gone(f"BucketLogging {name}-logging"), LOCKED, "s3-access-logging: Bucket {}"),
    row("phi: request metrics", gone("BucketMetric phi-metrics"),
        "s3-request-metrics: Bucket phi", "cloudwatch-alarm-metric-exists: MetricAlarm alerts-4xxerrors",
        "cloudwatch-alarm-metric-exists: MetricAlarm alerts-5xxerrors"),
    row("the trail", gone("Trail trail"), f"cloudtrail-enabled: {STACK}", "cloudtrail-s3-data-events: Bucket phi"),
    row("the trail logs", put("Trail trail", "enableLogging", False),
        "cloudtrail-enabled: Trail trail", "cloudtrail-s3-data-events: Bucket phi"),
    row("the trail is of all regions", put("Trail trail", "isMultiRegionTrail", False),
        "cloudtrail-enabled: Trail trail"),
    row("the trail is of global services", put("Trail trail", "includeGlobalServiceEvents", False),
        "cloudtrail-enabled: Trail trail"),
    row("the trail signs its files", put("Trail trail", "enableLogFileValidation", False),
        "cloudtrail-log-validation: Trail trail"),
    row("the trail's key", put("Trail trail", "kmsKeyId", None), "cloudtrail-customer-managed-key: Trail trail"),
    row("the trail goes to logs", put("Trail trail", "cloudWatchLogsGroupArn", None),
        "cloudtrail-cloudwatch-logs: Trail trail"),
    row("the trail records PHI's objects",
        lambda program: program.with_input("Trail trail", "advancedEventSelectors",
                                    program["Trail trail"].inputs["advancedEventSelectors"][:1]),
        "cloudtrail-s3-data-events: Bucket phi"),
    row("the trail records all of PHI's objects",
        put("Trail trail", "advancedEventSelectors.1.fieldSelectors.2.startsWiths", [f"{PHI}/reports/"]),
        "cloudtrail-s3-data-events: Bucket phi"),
    row("the log group's key", put("LogGroup trail-logs", "kmsKeyId", None), "logs-customer-managed-key: LogGroup trail-logs"),
    row("the log group is kept", put("LogGroup trail-logs", "retentionInDays", 365),
        "logs-retention: LogGroup trail-logs"),
    row("an alarm tells a topic", put("MetricAlarm alerts-4xxerrors", "alarmActions", []),
        "cloudwatch-alarm-action: MetricAlarm alerts-4xxerrors"),
    row("an alarm's actions are on", put("MetricAlarm alerts-5xxerrors", "actionsEnabled", False),
        "cloudwatch-alarm-action: MetricAlarm alerts-5xxerrors"),
    row("root's alarm tells a topic", put("MetricAlarm alerts-root-used", "alarmActions", []),
        "cloudwatch-alarm-action: MetricAlarm alerts-root-used", f"cloudwatch-alarm-coverage: {STACK}"),
    row("root's alarm", gone("MetricAlarm alerts-root-used"), f"cloudwatch-alarm-coverage: {STACK}"),
    row("root's filter", gone("LogMetricFilter alerts-root-used"),
        "cloudwatch-alarm-metric-exists: MetricAlarm alerts-root-used", f"cloudwatch-alarm-coverage: {STACK}"),
    row("refused access: the alarms on S3's count and on the trail's",
        gone("MetricAlarm alerts-4xxerrors", "MetricAlarm alerts-access-denied"), f"cloudwatch-alarm-coverage: {STACK}"),
    *(
        row(f"{what}: the rule's target and the alarm",
            gone(f"EventTarget alerts-{what}", f"MetricAlarm alerts-{what}"), f"cloudwatch-alarm-coverage: {STACK}")
        for what in TOLD_TWICE
    ),
    every("the key", lambda name: put(f"Topic {name}", "kmsMasterKeyId", None), TOPICS, "sns-customer-managed-key: Topic {}"),
    row("that alarms may use the key of alerts", unstated("Key audit-key", "AllowCloudWatchAlarms"),
        "sns-customer-managed-key: Topic alerts"),
    row("that alarms may use the key of replica-alerts", unstated("ReplicaKey replica-alerts-key", "AllowCloudWatchAlarms"),
        "sns-customer-managed-key: Topic replica-alerts"),
    every("the policy", lambda name: gone(f"TopicPolicy {name}-policy"), TOPICS, "sns-private: Topic {}"),
    every("no plain HTTP", lambda name: unstated(f"TopicPolicy {name}-policy", "DenyInsecureTransport"), TOPICS,
          "sns-private: TopicPolicy {}-policy"),
    every("alarms of the account alone", lambda name: stated(f"TopicPolicy {name}-policy", "AllowCloudWatchAlarms",
              Condition=None), TOPICS,
          "sns-private: TopicPolicy {}-policy"),
    every("administration by the account alone", lambda name: stated(f"TopicPolicy {name}-policy",
              "AllowAccountAdministration", Principal=STRANGER), TOPICS,
          "sns-private: TopicPolicy {}-policy"),
]  # fmt: skip

APPLICATION = "RolePolicy access-application-permissions"
REACHED = [
    row("the application may do what it needs", stated(APPLICATION, 0, Action="s3:*"),
        f"iam-least-privilege: {APPLICATION}"),
    row("the application doesn't administer the bucket", stated(APPLICATION, 1, Action=["s3:PutBucketPolicy"]),
        f"iam-least-privilege: {APPLICATION}"),
    row("the application may do it with what it names",
        stated(APPLICATION, 0, Action="s3:*", Resource="*"),
        f"iam-least-privilege: {APPLICATION}", f"iam-no-admin: {APPLICATION}"),
    row("the application uses one key", stated(APPLICATION, 2, Resource="*", Condition=None),
        f"iam-no-broad-decrypt: {APPLICATION}"),
    row("conditions that apply",
        stated(APPLICATION, 1, Condition={"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}),
        f"iam-condition-keys-apply: {APPLICATION}"),
    row("backups: no administrator's policy",
        put("RolePolicyAttachment backup-keeper-AWSBackupServiceRolePolicyForS3Backup", "policyArn",
            "arn:aws:iam::aws:policy/AdministratorAccess"),
        "iam-no-admin: RolePolicyAttachment backup-keeper-AWSBackupServiceRolePolicyForS3Backup",
        "iam-no-broad-decrypt: RolePolicyAttachment backup-keeper-AWSBackupServiceRolePolicyForS3Backup"),
    *(
        row(f"{name}: named who takes it", stated(f"Role {name}", 0, Principal=principal, Condition=None),
            f"iam-role-trust-policy: Role {name}")
        for name, principal in (("access-application", {"AWS": "*"}), ("access-auditor", STRANGER),
                                ("access-break-glass", STRANGER), ("trail-writer", "*"))
    ),
    row("nobody has an access key", added("aws:iam/accessKey:AccessKey", {"user": "somebody"}),
        "iam-no-users: AccessKey added"),
]  # fmt: skip

SAFEGUARDS = [*CLOSED, *ENCRYPTED, *KEPT, *SEEN, *REACHED]

# What another safeguard does as well: either of them alone is enough.
DOUBLED = [
    row("phi: outsiders denied", unstated("BucketPolicy phi-policy", "DenyExternalPrincipals")),
    row("phi: no other account let in", allowed("BucketPolicy phi-policy", Principal=STRANGER,
            Action="s3:GetObject", Resource=f"{PHI}/*")),
    row("access-logs: delivery for one account", unbound("BucketPolicy access-logs-policy", "S3ServerAccessLogsPolicy",
            "StringEquals", "aws:SourceAccount")),
    row("access-logs: delivery for known buckets", unbound("BucketPolicy access-logs-policy", "S3ServerAccessLogsPolicy",
            "ArnLike", "aws:SourceArn")),
    row("audit-key: alarms of the account alone", unbound("Key audit-key", "AllowCloudWatchAlarms", "StringEquals",
            "aws:SourceAccount")),
    row("audit-key: alarms for the topic alone", unbound("Key audit-key", "AllowCloudWatchAlarms", "StringEquals",
            "kms:EncryptionContext:aws:sns:topicArn")),
    row("phi: copies", gone("BucketReplicationConfig replica-replication")),
    row("phi: backups", gone("Selection backup-selection")),
    row("the rules, and the alarm on refused access in the trail",
        gone("MetricAlarm alerts-access-denied", *(f"EventTarget alerts-{what}" for what in TOLD_TWICE))),
    row("the alarms on the trail, and S3's count of refused access",
        gone("MetricAlarm alerts-4xxerrors", *(f"MetricAlarm alerts-{what}" for what in TOLD_TWICE))),
]  # fmt: skip

# What no control asks for; they are taken out together.
UNASKED: dict[str, Change] = {
    "deletion and weakening denied, of buckets for access logs": all_of(
        *(unstated(f"BucketPolicy {name}-policy", "DenyProtectionChanges") for name in LOGS)
    ),
    "a lock of the replica": gone("BucketObjectLockConfiguration replica-lock"),
    "that the replica and access logs aren't destroyed": all_of(
        *(put(f"Bucket {name}", "forceDestroy", True) for name in ("replica", *LOGS))
    ),
    "request metrics of the replica": gone("BucketMetric replica-metrics"),
    "inventories": gone("Inventory phi-inventory", "Inventory replica-inventory"),
    "an alarm on a sign-in without a second factor": gone("MetricAlarm alerts-sign-in-without-mfa"),
    "an alarm on an alert that wasn't published": gone("MetricAlarm alerts-kms-key-disabled-delivery-failed"),
    "alarms on copies that fail or are late": gone(
        "MetricAlarm replica-replication-failed", "MetricAlarm replica-replication-late"
    ),
    "that none but the alarms and rules publish": unstated("TopicPolicy alerts-policy", "DenyOtherPublishers"),
    "that subscribers are reached over TLS or email": unstated("TopicPolicy alerts-policy", "DenyInsecureProtocols"),
    "a second factor": all_of(
        *(stated(f"Role {name}", 0, Condition=None) for name in ("access-auditor", "access-break-glass"))
    ),
    "that a service takes a role for the account alone": all_of(
        *(
            stated(f"Role {name}", 0, Condition=None)
            for name in ("access-application", "alerts-publisher", "replica-replication-copier")
        )
    ),
    "that the trail records the replica's objects": put(
        "Trail trail", "advancedEventSelectors.1.fieldSelectors.2.startsWiths", [f"{PHI}/"]
    ),
}


@pytest.fixture(scope="module")
def first():
    """The program at its first preview, and a pack that judges it and what differs from it."""
    with running_preview_pack() as judge:
        yield preview("prod", first=True), judge


@pytest.fixture(scope="module")
def later():
    """The same at a preview once it stands."""
    with running_preview_pack() as judge:
        yield preview("prod", first=False), judge


def told(judge: PreviewPack, program: Program) -> set[str]:
    return {f"{control}: {resource}" for control, resource in judge.findings(program)}


def test_the_program_as_it_is_fails_nothing(first, later):
    for program, judge in (first, later):
        assert told(judge, program) == set()


@pytest.mark.parametrize("row", [*SAFEGUARDS, *DOUBLED], ids=lambda row: row.safeguard)
def test_what_is_taken_out_fails_its_own_controls_alone(first, later, row: Row):
    program, judge = first
    changed = row.change(program)
    assert changed != program
    assert told(judge, changed) == row.fails
    if changed.unknown_documents != program.documents or changed.key_references - program.keys:
        program, judge = later
        assert told(judge, row.change(program)) == row.fails


def test_what_no_control_asks_for_is_not_told(first):
    program, judge = first
    changed = program
    for take_out in UNASKED.values():
        changed, before = take_out(changed), changed
        assert changed != before
    assert told(judge, changed) == set()


def test_put_back_it_fails_nothing(first, later):
    """The same processes have judged all the others in between."""
    for program, judge in (first, later):
        assert told(judge, program) == set()


def test_every_control_is_failed_by_some_safeguard(first):
    controls = {name for name in first[1].controls() if not name.startswith("gate-")}
    assert {fails.partition(":")[0] for row in SAFEGUARDS for fails in row.fails} == controls
