"""The actions that change the settings which protect a bucket.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html

Not s3:PutBucketNotification and s3:PutInventoryConfiguration: AWS Backup's own policies use them to back buckets up.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSBackupServiceRolePolicyForS3Backup.html
"""

from __future__ import annotations

BYPASS = "s3:BypassGovernanceRetention"
DELETE_VERSION = "s3:DeleteObjectVersion"

# A bucket policy that leaves one of these to everyone whom IAM allows fails s3-tamper-protection.
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
# The stack denies these as well. They aren't required, because another setting already makes each one harmless: S3
# deletes no bucket that holds versions, ACLs are off, and metrics protect nothing by themselves.
PROTECTION_ACTIONS = (
    *REQUIRED_PROTECTION_ACTIONS,
    "s3:DeleteBucket",
    "s3:PutBucketAcl",
    "s3:PutMetricsConfiguration",
)
