"""The requests that a resource's policy is about: the actions, each with the resources that it is an action on.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html and those of the other services
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from hipaa_controls import evaluator
from hipaa_controls.access.text_search import Segment, Template
from hipaa_controls.evaluator.patterns import UNKNOWN, Match, ascii_lower, compile_wildcards, match_pattern

_KEY = Segment("key", "any", minimum=1)
_RESOURCE = Segment("resource", "resource", minimum=1)

# The first actions are those that say most in a finding.
_OBJECT_ACTIONS = (
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:DeleteObjectVersion"),
    *(
        "s3:AbortMultipartUpload",
        "s3:BypassGovernanceRetention",
        "s3:DeleteObjectTagging",
        "s3:DeleteObjectVersionTagging",
    ),
    *("s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectLegalHold", "s3:GetObjectRetention"),
    *("s3:GetObjectTagging", "s3:GetObjectTorrent", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes"),
    *("s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging", "s3:GetObjectVersionTorrent"),
    *(
        "s3:InitiateReplication",
        "s3:ListMultipartUploadParts",
        "s3:ObjectOwnerOverrideToBucketOwner",
        "s3:PutObjectAcl",
    ),
    *("s3:PutObjectLegalHold", "s3:PutObjectRetention", "s3:PutObjectTagging", "s3:PutObjectVersionAcl"),
    *("s3:PutObjectVersionTagging", "s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags", "s3:RestoreObject"),
    "s3:UpdateObjectEncryption",
)
_BUCKET_ACTIONS = (
    *("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads", "s3:PutBucketPolicy"),
    *("s3:DeleteBucketPolicy", "s3:DeleteBucket", "s3:DeleteBucketWebsite", "s3:CreateBucket"),
    *("s3:CreateBucketMetadataTableConfiguration", "s3:DeleteBucketMetadataTableConfiguration"),
    *("s3:GetAccelerateConfiguration", "s3:GetAnalyticsConfiguration", "s3:GetBucketAbac", "s3:GetBucketAcl"),
    *("s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketMetadataTableConfiguration"),
    *("s3:GetBucketNotification", "s3:GetBucketObjectLockConfiguration", "s3:GetBucketOwnershipControls"),
    *("s3:GetBucketPolicy", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:GetBucketRequestPayment"),
    *("s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration"),
    *("s3:GetIntelligentTieringConfiguration", "s3:GetInventoryConfiguration", "s3:GetLifecycleConfiguration"),
    *("s3:GetMetricsConfiguration", "s3:GetReplicationConfiguration", "s3:ListTagsForResource"),
    *("s3:PutAccelerateConfiguration", "s3:PutAnalyticsConfiguration", "s3:PutBucketAbac", "s3:PutBucketAcl"),
    *("s3:PutBucketCORS", "s3:PutBucketLogging", "s3:PutBucketNotification", "s3:PutBucketObjectLockConfiguration"),
    *("s3:PutBucketOwnershipControls", "s3:PutBucketPublicAccessBlock", "s3:PutBucketRequestPayment"),
    *("s3:PutBucketTagging", "s3:PutBucketVersioning", "s3:PutBucketWebsite", "s3:PutEncryptionConfiguration"),
    *("s3:PutIntelligentTieringConfiguration", "s3:PutInventoryConfiguration", "s3:PutLifecycleConfiguration"),
    *("s3:PutMetricsConfiguration", "s3:PutReplicationConfiguration", "s3:TagResource", "s3:UntagResource"),
    *("s3:UpdateBucketMetadataInventoryTableConfiguration", "s3:UpdateBucketMetadataJournalTableConfiguration"),
)
# Those that a resource policy can allow come first.
_ACCESS_GRANTS_ACTIONS = (
    *("s3:GetDataAccess", "s3:ListAccessGrants", "s3:ListAccessGrantsLocations", "s3:ListCallerAccessGrants"),
    *("s3:GetAccessGrantsInstanceForPrefix", "s3:CreateAccessGrant", "s3:CreateAccessGrantsLocation"),
    *("s3:CreateAccessGrantsInstance", "s3:DeleteAccessGrant", "s3:DeleteAccessGrantsLocation"),
    *("s3:DeleteAccessGrantsInstance", "s3:DeleteAccessGrantsInstanceResourcePolicy", "s3:GetAccessGrant"),
    *("s3:GetAccessGrantsInstance", "s3:GetAccessGrantsInstanceResourcePolicy", "s3:GetAccessGrantsLocation"),
    *("s3:PutAccessGrantsInstanceResourcePolicy", "s3:UpdateAccessGrantsLocation"),
    *("s3:AssociateAccessGrantsIdentityCenter", "s3:DissociateAccessGrantsIdentityCenter"),
    *("s3:ListTagsForResource", "s3:TagResource", "s3:UntagResource"),
)
_ACTIONS = {
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3objectlambda.html
    "s3-object-lambda": (
        *("s3-object-lambda:GetObject", "s3-object-lambda:PutObject", "s3-object-lambda:DeleteObject"),
        *("s3-object-lambda:ListBucket", "s3-object-lambda:GetObjectVersion", "s3-object-lambda:DeleteObjectVersion"),
        *("s3-object-lambda:AbortMultipartUpload", "s3-object-lambda:DeleteObjectTagging"),
        *("s3-object-lambda:DeleteObjectVersionTagging", "s3-object-lambda:GetObjectAcl"),
        *("s3-object-lambda:GetObjectLegalHold", "s3-object-lambda:GetObjectRetention"),
        *("s3-object-lambda:GetObjectTagging", "s3-object-lambda:GetObjectVersionAcl"),
        *("s3-object-lambda:GetObjectVersionTagging", "s3-object-lambda:ListBucketMultipartUploads"),
        *("s3-object-lambda:ListBucketVersions", "s3-object-lambda:ListMultipartUploadParts"),
        *("s3-object-lambda:PutObjectAcl", "s3-object-lambda:PutObjectLegalHold"),
        *("s3-object-lambda:PutObjectRetention", "s3-object-lambda:PutObjectTagging"),
        *("s3-object-lambda:PutObjectVersionAcl", "s3-object-lambda:PutObjectVersionTagging"),
        *("s3-object-lambda:RestoreObject", "s3-object-lambda:WriteGetObjectResponse"),
    ),
    "backup": (
        *("backup:CopyIntoBackupVault", "backup:DeleteRecoveryPoint", "backup:StartRestoreJob"),
        *("backup:StartCopyJob", "backup:StartBackupJob", "backup:CopyFromBackupVault", "backup:DeleteBackupVault"),
        *("backup:PutBackupVaultAccessPolicy", "backup:DeleteBackupVaultAccessPolicy", "backup:DescribeBackupVault"),
        *(
            "backup:GetBackupVaultAccessPolicy",
            "backup:DescribeRecoveryPoint",
            "backup:ListRecoveryPointsByBackupVault",
        ),
        *("backup:GetRecoveryPointRestoreMetadata", "backup:UpdateRecoveryPointLifecycle"),
        *("backup:DeleteBackupVaultLockConfiguration", "backup:PutBackupVaultLockConfiguration"),
        *("backup:DeleteBackupVaultNotifications", "backup:GetBackupVaultNotifications"),
        *("backup:PutBackupVaultNotifications", "backup:DisassociateRecoveryPoint"),
    ),
    "events": (
        *("events:PutEvents", "events:PutRule", "events:PutTargets", "events:DeleteRule", "events:RemoveTargets"),
        *("events:DisableRule", "events:EnableRule", "events:DescribeRule", "events:ListTargetsByRule"),
        *("events:ListTagsForResource", "events:TagResource", "events:UntagResource"),
    ),
    "kms": (
        *("kms:Decrypt", "kms:GenerateDataKey", "kms:Encrypt", "kms:CreateGrant", "kms:PutKeyPolicy"),
        *("kms:ScheduleKeyDeletion", "kms:DisableKey", "kms:CancelKeyDeletion", "kms:ConnectCustomKeyStore"),
        *("kms:CreateAlias", "kms:DeleteAlias", "kms:DeleteImportedKeyMaterial", "kms:DeriveSharedSecret"),
        *("kms:DescribeKey", "kms:DisableKeyRotation", "kms:EnableKey", "kms:EnableKeyRotation"),
        *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext", "kms:GenerateDataKeyWithoutPlaintext"),
        *("kms:GenerateMac", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetParametersForImport"),
        *("kms:GetPublicKey", "kms:ImportKeyMaterial", "kms:ListGrants", "kms:ListKeyPolicies", "kms:ListKeyRotations"),
        *("kms:ListResourceTags", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:ReplicateKey", "kms:RetireGrant"),
        *("kms:RevokeGrant", "kms:RotateKeyOnDemand", "kms:Sign", "kms:SynchronizeMultiRegionKey", "kms:TagResource"),
        *("kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:UpdatePrimaryRegion", "kms:Verify"),
        "kms:VerifyMac",
    ),
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html
    "s3express": (
        *("s3express:CreateSession", "s3express:PutBucketPolicy", "s3express:DeleteBucketPolicy"),
        *("s3express:DeleteBucket", "s3express:CreateBucket", "s3express:GetBucketPolicy"),
        *("s3express:GetEncryptionConfiguration", "s3express:PutEncryptionConfiguration"),
        *("s3express:GetLifecycleConfiguration", "s3express:PutLifecycleConfiguration"),
    ),
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3tables.html
    "s3tables": (
        *("s3tables:GetTableData", "s3tables:PutTableData", "s3tables:DeleteTable", "s3tables:PutTablePolicy"),
        *("s3tables:PutTableBucketPolicy", "s3tables:DeleteTablePolicy", "s3tables:DeleteTableBucketPolicy"),
        *("s3tables:DeleteTableBucket", "s3tables:CreateTable", "s3tables:CreateNamespace"),
        *("s3tables:DeleteNamespace", "s3tables:RenameTable", "s3tables:UpdateTableMetadataLocation"),
        *("s3tables:GetTableMetadataLocation", "s3tables:GetTable", "s3tables:GetTableBucket"),
        *("s3tables:GetNamespace", "s3tables:GetTablePolicy", "s3tables:GetTableBucketPolicy"),
        *("s3tables:GetTableEncryption", "s3tables:GetTableBucketEncryption", "s3tables:ListTables"),
        *("s3tables:ListNamespaces", "s3tables:PutTableBucketEncryption", "s3tables:DeleteTableBucketEncryption"),
        *("s3tables:GetTableMaintenanceConfiguration", "s3tables:PutTableMaintenanceConfiguration"),
        *("s3tables:GetTableBucketMaintenanceConfiguration", "s3tables:PutTableBucketMaintenanceConfiguration"),
        "s3tables:GetTableMaintenanceJobStatus",
    ),
    # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3onoutposts.html
    "s3-outposts": (
        *("s3-outposts:GetObject", "s3-outposts:PutObject", "s3-outposts:DeleteObject", "s3-outposts:ListBucket"),
        *("s3-outposts:GetObjectVersion", "s3-outposts:DeleteObjectVersion", "s3-outposts:ListBucketVersions"),
        *("s3-outposts:PutBucketPolicy", "s3-outposts:DeleteBucketPolicy", "s3-outposts:DeleteBucket"),
        *("s3-outposts:GetBucketPolicy", "s3-outposts:GetObjectTagging", "s3-outposts:PutObjectTagging"),
        *("s3-outposts:GetLifecycleConfiguration", "s3-outposts:PutLifecycleConfiguration"),
        *("s3-outposts:GetReplicationConfiguration", "s3-outposts:PutReplicationConfiguration"),
    ),
    "logs": (
        *("logs:PutLogEvents", "logs:CreateLogStream", "logs:PutSubscriptionFilter", "logs:CreateDelivery"),
        "logs:PutDestinationPolicy",
    ),
    "sns": (
        *("sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes", "sns:SetTopicAttributes", "sns:AddPermission"),
        *("sns:RemovePermission", "sns:DeleteTopic", "sns:ListSubscriptionsByTopic", "sns:GetDataProtectionPolicy"),
        *("sns:PutDataProtectionPolicy", "sns:ListTagsForResource", "sns:TagResource", "sns:UntagResource"),
        *("sns:ConfirmSubscription", "sns:Receive"),
    ),
    "sqs": (
        *("sqs:SendMessage", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue", "sqs:SetQueueAttributes"),
        *("sqs:AddPermission", "sqs:RemovePermission", "sqs:DeleteQueue", "sqs:ChangeMessageVisibility"),
        *("sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ListDeadLetterSourceQueues", "sqs:ListQueueTags"),
        *("sqs:ListMessageMoveTasks", "sqs:StartMessageMoveTask", "sqs:CancelMessageMoveTask", "sqs:TagQueue"),
        "sqs:UntagQueue",
    ),
    "secretsmanager": (
        *("secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecret"),
        *("secretsmanager:DeleteSecret", "secretsmanager:DescribeSecret", "secretsmanager:ListSecretVersionIds"),
        *(
            "secretsmanager:PutResourcePolicy",
            "secretsmanager:DeleteResourcePolicy",
            "secretsmanager:GetResourcePolicy",
        ),
        *("secretsmanager:RestoreSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"),
        *("secretsmanager:UpdateSecretVersionStage", "secretsmanager:CancelRotateSecret"),
        *("secretsmanager:ReplicateSecretToRegions", "secretsmanager:RemoveRegionsFromReplication"),
        *("secretsmanager:StopReplicationToReplica", "secretsmanager:UntagResource"),
        "secretsmanager:ValidateResourcePolicy",
    ),
}


OTHER_ACTION = "AnyOtherAction"


@dataclass(frozen=True)
class Target:
    """Resources, and the actions on each of them.

    Attributes:
        template: The ARN of a resource.
        segments: The segments of the template.
        actions: The actions; the first is the one for a finding.
    """

    template: Template
    segments: tuple[Segment, ...]
    actions: tuple[str, ...]

    @staticmethod
    def of(template: Template, actions: tuple[str, ...]) -> Target:
        return Target(template, tuple(part for part in template if isinstance(part, Segment)), actions)


def targets(arns: Sequence[str], statements: Sequence[evaluator.Statement]) -> tuple[Target, ...]:
    """Return the resources that a policy controls access to.

    Args:
        arns: Their ARNs. evaluator.ANY in one stands for any text; one that is no more than that isn't known.
        statements: The policy. An action that only it names is added.
    """
    return tuple(
        Target.of(template, actions) for arn in arns for template, actions in _actions_by_template(arn, statements)
    )


def _actions_by_template(
    arn: str, statements: Sequence[evaluator.Statement]
) -> Iterator[tuple[Template, tuple[str, ...]]]:
    named = [action for statement in statements for action in statement.actions if UNKNOWN not in action]
    text, has_wildcard, rest = arn.partition(evaluator.ANY)
    service = text.split(":")[2] if text.startswith("arn:") else next(filter(None, map(_service, named)), "")
    if text:
        template: Template = (text, _KEY, *([rest] if rest else [])) if has_wildcard else (text,)
    else:
        template = (_RESOURCE,)
    if service != "s3":
        yield template, _with_new_actions(_ACTIONS.get(service, ()), (), service, named)
        return
    if ":access-grants/" in text + rest:
        yield template, _with_new_actions(_ACCESS_GRANTS_ACTIONS, (), service, named)
        return
    if not text or not has_wildcard:
        yield template, _with_new_actions(_BUCKET_ACTIONS, _OBJECT_ACTIONS, service, named)
    if not text or has_wildcard:
        yield template, _with_new_actions(_OBJECT_ACTIONS, _BUCKET_ACTIONS, service, named)


def _with_new_actions(
    known: tuple[str, ...], of_others: tuple[str, ...], service: str, named: Iterable[str]
) -> tuple[str, ...]:
    """Return the known actions, and those that only a newer AWS knows, as a policy names them or a pattern of it."""
    new = [
        instance
        for action in named
        if _service(action) == service and not any(_matches(action, other) for other in (*known, *of_others))
        if (instance := re.sub(r"\*+", "", action).replace("?", "x"))
    ]
    # AWS adds actions, and a policy that denies those above may allow the next one.
    return (*dict.fromkeys((*known, *new)), f"{service or 'any'}:{OTHER_ACTION}")


def _matches(pattern: str, action: str) -> bool:
    return match_pattern(ascii_lower(compile_wildcards(pattern)), ascii_lower(action)) is Match.YES


def _service(action: str) -> str:
    return ascii_lower(action.partition(":")[0]) if ":" in action else ""
