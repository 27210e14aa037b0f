"""The acts that destroy PHI, its copies, its keys or its records, and the permissions that each requires.

The actions and their resources: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from destruction.declared_stack import ACCOUNT, DeclaredStack
from hipaa_controls import evaluator
from hipaa_controls.evaluator import ANY
from hipaa_controls.services.s3.protection_actions import BYPASS, DELETE_VERSION, PROTECTION_ACTIONS

POLICY_CHANGES = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
_KEY_CHANGES = ("kms:DisableKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion")
_LOCK_REMOVAL = "backup:DeleteBackupVaultLockConfiguration"
_TRAIL_CHANGES = (
    *("cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail"),
)
_TRUST_CHANGE = "iam:UpdateAssumeRolePolicy"


@dataclass(frozen=True)
class Permission:
    """An action on a resource."""

    action: str
    resource: str
    """An ARN. ANY in it stands for any text, such as an object key."""
    policy_owner: str
    """The ARN of the resource whose policy decides about it, such as the bucket of an object."""

    @property
    def account(self) -> str:
        """The account of the resource. The ARNs of buckets have none, and all of them are in the stack's account."""
        return evaluator.account_of(self.policy_owner) or ACCOUNT


@dataclass(frozen=True)
class Act:
    """Something that an identity may be able to do."""

    id: str
    title: str
    ways: tuple[tuple[Permission, ...], ...]
    """The ways to do it, none if the stack lacks the resource. A way requires all of its permissions."""


def acts(stack: DeclaredStack, copies: DeclaredStack, administrators: Sequence[str]) -> list[Act]:
    """Return the acts on the resources of a stack.

    Args:
        stack: The stack.
        copies: The program of the account that receives copies of the backups.
        administrators: The ARNs of the roles that bucket policies exempt from their denials.
    """
    phi_buckets = stack.arns("Bucket", data_class="PHI")
    replicas = stack.arns("Bucket", data_class="Replica")
    trail_buckets = stack.arns("Bucket", data_class="CloudTrailLog")
    phi_keys = stack.arns("Key", data_class="PHI") + stack.arns("ReplicaKey", data_class="Replica")
    vaults = stack.arns("Vault")
    other_settings = [action for action in PROTECTION_ACTIONS if action not in (*POLICY_CHANGES, BYPASS)]
    return [
        Act(
            "object",
            "Overwrite or delete an object or its replica",
            _each(
                ["s3:PutObject", "s3:DeleteObject", "s3:ReplicateObject", "s3:ReplicateDelete"],
                [*phi_buckets, *replicas],
                "/",
            ),
        ),
        Act("version", "Delete a version that isn't locked", _each([DELETE_VERSION], phi_buckets, "/")),
        Act("locked-version", "Delete a locked version", _together([DELETE_VERSION, BYPASS], phi_buckets, "/")),
        Act("retention", "Shorten a retention", _together(["s3:PutObjectRetention", BYPASS], phi_buckets, "/")),
        Act("legal-hold", "End a legal hold", _each(["s3:PutObjectLegalHold"], phi_buckets, "/")),
        Act("bucket-policy", "Replace or delete the bucket policy", _each(POLICY_CHANGES, phi_buckets)),
        Act("bucket", "Weaken another setting of the bucket, or delete it", _each(other_settings, phi_buckets)),
        Act(
            "events",
            "Stop the bucket's events, and so its malware scans",
            _each(["s3:PutBucketNotification"], phi_buckets),
        ),
        Act("replica", "Delete a locked version of a replica", _together([DELETE_VERSION, BYPASS], replicas, "/")),
        Act("vault-lock", "Remove the lock of the vault", _each([_LOCK_REMOVAL], vaults)),
        Act(
            "recovery-point",
            "Delete a backup that no lock holds",
            tuple((_recovery_points(vault),) for vault in vaults),
        ),
        Act(
            "copy",
            "Delete a backup's copy in the backup account, or the copies' key",
            (
                *((_recovery_points(vault),) for vault in copies.arns("Vault")),
                *_each(_KEY_CHANGES, copies.arns("Key")),
            ),
        ),
        Act("key", "Disable or delete a key of PHI, or replace its policy", _each(_KEY_CHANGES, phi_keys)),
        Act("trail", "Stop, change or delete the trail", _each(_TRAIL_CHANGES, stack.arns("Trail"))),
        Act("trail-file", "Delete a locked trail file", _together([DELETE_VERSION, BYPASS], trail_buckets, "/")),
        Act(
            "alerts",
            "Silence alerts",
            (
                *_each(["cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions"], stack.arns("MetricAlarm")),
                *_each(["events:DeleteRule", "events:DisableRule", "events:RemoveTargets"], stack.arns("EventRule")),
                *_each(["logs:DeleteLogGroup", "logs:DeleteMetricFilter"], stack.arns("LogGroup")),
                *_each(["sns:DeleteTopic", "sns:SetTopicAttributes"], stack.arns("Topic")),
            ),
        ),
        Act("named", "Become one of the named administrators", _each([_TRUST_CHANGE], administrators)),
    ]


def _each(actions: Sequence[str], arns: Sequence[str], separator: str = "") -> tuple[tuple[Permission, ...], ...]:
    """Return a way for each action on each resource or, with a separator, on what each resource contains."""
    return tuple(way for action in actions for way in _together([action], arns, separator))


def _together(actions: Sequence[str], arns: Sequence[str], separator: str = "") -> tuple[tuple[Permission, ...], ...]:
    """Return a way for each resource, which requires all of the actions."""
    contents = f"{separator}{ANY}" if separator else ""
    return tuple(tuple(Permission(action, f"{arn}{contents}", arn) for action in actions) for arn in arns)


def _recovery_points(vault: str) -> Permission:
    prefix, _, _ = vault.partition(":backup-vault:")
    return Permission("backup:DeleteRecoveryPoint", f"{prefix}:recovery-point:{ANY}", vault)
