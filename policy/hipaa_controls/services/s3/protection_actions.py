"""The actions that change the settings which protect a bucket.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

s3:PutBucketNotification and s3:PutInventoryConfiguration aren't included, because AWS Backup needs them to back up
buckets:
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForS3Backup.html
"""

from __future__ import annotations

BYPASS = "s3:BypassGovernanceRetention"
DELETE_VERSION = "s3:DeleteObjectVersion"

# s3-tamper-protection fails if a bucket policy doesn't deny each of these to administrators that it doesn't name.
REQUIRED_PROTECTION_ACTIONS = (
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    BYPASS,
    "s3:PutEncryptionConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutReplicationConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketLogging",
)
# The stack denies these as well, and iam-least-privilege fails for each. s3-tamper-protection doesn't require them,
# because another setting already makes them harmless: S3 deletes no bucket that holds versions, and ACLs are disabled.
PROTECTION_ACTIONS = (*REQUIRED_PROTECTION_ACTIONS, "s3:DeleteBucket", "s3:PutBucketAcl")
