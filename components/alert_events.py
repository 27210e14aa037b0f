"""The API calls that raise alerts, by the names under which CloudTrail records them."""

from __future__ import annotations

from collections.abc import Sequence

# The order is that of the CIS AWS Foundations Benchmark, because Security Hub and scanners compare a filter's text.
# https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html
TRAIL_CHANGING_EVENTS = (
    "CreateTrail",
    "UpdateTrail",
    "DeleteTrail",
    "StartLogging",
    "StopLogging",
    "PutEventSelectors",
    "PutInsightSelectors",
)
KEY_CHANGED = "A KMS key was disabled, scheduled for deletion or replicated, or its policy, grants or rotation changed"
KEY_CHANGING_EVENTS = (
    "DisableKey",
    "ScheduleKeyDeletion",
    "DeleteImportedKeyMaterial",
    "DisableKeyRotation",
    "PutKeyPolicy",
    "ReplicateKey",
    "UpdatePrimaryRegion",
)
# Services create and retire grants for their own work: AWS Backup does for every vault. So only those of other callers
# raise alerts. https://docs.aws.amazon.com/kms/latest/developerguide/ct-creategrant.html
GRANT_EVENTS = ("CreateGrant", "RetireGrant", "RevokeGrant")
BUCKET_CHANGING_EVENTS = (
    "PutBucketAcl",
    "PutBucketPolicy",
    "PutBucketCors",
    "PutBucketLifecycle",
    "PutBucketReplication",
    "DeleteBucketPolicy",
    "DeleteBucketCors",
    "DeleteBucketLifecycle",
    "DeleteBucketReplication",
)
IAM_POLICY_CHANGING_EVENTS = (
    "DeleteGroupPolicy",
    "DeleteRolePolicy",
    "DeleteUserPolicy",
    "PutGroupPolicy",
    "PutRolePolicy",
    "PutUserPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "CreatePolicyVersion",
    "DeletePolicyVersion",
    "AttachRolePolicy",
    "DetachRolePolicy",
    "AttachUserPolicy",
    "DetachUserPolicy",
    "AttachGroupPolicy",
    "DetachGroupPolicy",
    "SetDefaultPolicyVersion",
    "UpdateAssumeRolePolicy",
)
# What a call does to alarms, rules, topics and log groups is the same for all of them, so these names serve all four.
ALERTING_EVENTS_BY_SERVICE = {
    "monitoring": (
        "DeleteAlarms",
        "DisableAlarmActions",
        "PutAlarmMuteRule",
        "PutCompositeAlarm",
        "PutMetricAlarm",
        "SetAlarmState",
    ),
    "events": ("PutRule", "DeleteRule", "DisableRule", "PutTargets", "RemoveTargets"),
    "sns": (
        "AddPermission",
        "DeleteTopic",
        "PutDataProtectionPolicy",  # it can stop messages with an address
        "RemovePermission",
        "SetSubscriptionAttributes",
        "SetTopicAttributes",
        "Subscribe",
        "Unsubscribe",
    ),
    "logs": (
        "DeleteLogGroup",
        "DeleteLogStream",
        "DeleteMetricFilter",
        "DeleteRetentionPolicy",
        "DisassociateKmsKey",
        "PutDataProtectionPolicy",
        "PutMetricFilter",
        "PutRetentionPolicy",
        "PutSubscriptionFilter",
    ),
}
SAFEGUARD_EVENTS_BY_SERVICE = {
    "backup": (
        "DeleteBackupPlan",
        "DeleteBackupSelection",
        "DeleteBackupVault",
        "DeleteBackupVaultAccessPolicy",
        "DeleteBackupVaultLockConfiguration",
        "DeleteRecoveryPoint",
        "DisassociateRecoveryPoint",
        "PutBackupVaultAccessPolicy",
        "PutBackupVaultLockConfiguration",
        "StartCopyJob",  # plans copy without it, and a copy may go to another account
        "StopBackupJob",
        "UpdateBackupPlan",
        "UpdateGlobalSettings",
        "UpdateRecoveryPointLifecycle",
        "UpdateRegionSettings",
    ),
    "guardduty": (
        "CreateFilter",  # a filter can archive findings, unseen
        "CreateIPSet",  # the addresses of a trusted list raise no findings
        "CreateTrustedEntitySet",
        "DeleteDetector",
        "DeleteMalwareProtectionPlan",
        "DisassociateFromAdministratorAccount",
        "StopMonitoringMembers",
        "UpdateDetector",
        "UpdateFilter",
        "UpdateIPSet",
        "UpdateMalwareProtectionPlan",
        "UpdateMemberDetectors",
        "UpdateTrustedEntitySet",
    ),
    "macie2": ("CreateFindingsFilter", "DisableMacie", "UpdateFindingsFilter", "UpdateMacieSession"),
    "config": (
        "DeleteConfigRule",
        "DeleteConfigurationRecorder",
        "DeleteConformancePack",
        "DeleteDeliveryChannel",
        "DeleteOrganizationConformancePack",
        "PutConfigurationRecorder",
        "PutDeliveryChannel",
        "StopConfigurationRecorder",
    ),
    "s3": ("DeleteAccountPublicAccessBlock", "PutAccountPublicAccessBlock"),
}


def names_without_prefix(name_prefix: str, buckets: Sequence[str]) -> list[str]:
    """Return the buckets that have no name of the stack, because they existed before it."""
    return [name for name in buckets if not name.startswith(name_prefix)]
