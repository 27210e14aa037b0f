"""Facts about AWS that decide about the acts, whatever the policies say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fact:
    """Something that AWS's documentation says about acts."""

    acts: tuple[str, ...]
    """The IDs of the acts that it is about; none if it is about all of them."""
    text: str
    source: str


FACTS = (
    Fact(
        ("object",),
        "In a versioned bucket, an object that is overwritten or deleted stays as a noncurrent version.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeletingObjectVersions.html",
    ),
    Fact(
        ("locked-version", "retention", "replica", "trail-file"),
        "In compliance mode, no principal can delete a locked version or shorten its retention, not even the root "
        "user. The only way is to delete the AWS account.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
    ),
    Fact(
        ("locked-version", "legal-hold"),
        "In either mode, a version with a legal hold can't be deleted until the hold is ended.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html",
    ),
    Fact(
        ("bucket-policy",),
        "S3 always lets the root user of the bucket's account read, replace and delete the bucket policy, whatever the "
        "policy denies. Only a policy of the organization or of a VPC endpoint stops it.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html",
    ),
    Fact(
        ("bucket",),
        "S3 deletes only an empty bucket, so a locked version keeps its bucket.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucket.html",
    ),
    Fact(
        ("bucket",),
        "Object Lock can't be disabled, and the versioning of a bucket with Object Lock can't be suspended. A "
        "lifecycle rule doesn't delete a locked version. A change of the default retention affects new versions only.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html",
    ),
    Fact(
        ("vault-lock", "recovery-point", "copy"),
        "In governance mode, a principal that can remove the lock of a vault can then delete its backups. In "
        "compliance mode, after the grace time, no principal can remove the lock or delete a backup before its "
        "retention ends, not even AWS.",
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/vault-lock.html",
    ),
    Fact(
        ("key", "copy"),
        "KMS deletes a key 7 to 30 days after its deletion is scheduled, as the request says. Until then the deletion "
        "can be canceled. Locks keep the data, but without its key it can't be decrypted.",
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_ScheduleKeyDeletion.html",
    ),
    Fact(
        (),
        "The root user can close the account, and an administrator of the organization's management account can close "
        "every member account, the backup account too. AWS deletes its content 90 days later, despite all locks.",
        "https://docs.aws.amazon.com/organizations/latest/APIReference/API_CloseAccount.html",
    ),
    Fact(
        (),
        "A member account that the organization has created has the role OrganizationAccountAccessRole. With it, "
        "administrators of the management account are administrators of the member account, too.",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_access.html",
    ),
    Fact(
        (),
        "A service control policy limits every identity of a member account, even the root user, but none of "
        "the organization's management account.",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
    ),
)
