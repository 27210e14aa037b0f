"""The actions that support each condition key of S3 and KMS.

In a request for any other action the key is absent, so `StringEquals` on it never matches.

From the Service Authorization Reference, as of April 2026:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
Keys that every action supports, and keys that describe the resource, are left out.
"""

from __future__ import annotations

_UPLOADS = ("s3:PutObject", "s3:BypassGovernanceRetention")
_SETS_ENCRYPTION = (*_UPLOADS, "s3:ReplicateObject", "s3:UpdateObjectEncryption")
_LISTS = ("s3:ListBucket", "s3:ListBucketVersions")
_SETS_RETENTION = ("s3:PutObject", "s3:PutObjectRetention")
_SETS_OBJECT_ACL = (*_UPLOADS, "s3:PutObjectAcl", "s3:PutObjectVersionAcl")
_SETS_ACL = (*_SETS_OBJECT_ACL, "s3:CreateBucket", "s3:PutBucketAcl")
_SETS_TAGS = (*_UPLOADS, "s3:PutObjectTagging", "s3:PutObjectVersionTagging")
_ON_TAGGED_OBJECTS = (
    *("s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectTagging"),
    *("s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging"),
    *("s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectVersionAcl", "s3:PutObjectVersionTagging"),
    *("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
)
_USES_KEY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")

# In lower case. A name that ends in `/` or `:` is the start of a key that ends in a tag key or a context key.
ACTIONS_BY_CONDITION_KEY = {
    "s3:x-amz-server-side-encryption": _SETS_ENCRYPTION,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _SETS_ENCRYPTION,
    "s3:x-amz-server-side-encryption-customer-algorithm": _SETS_ENCRYPTION[:3],
    "s3:prefix": _LISTS,
    "s3:delimiter": _LISTS,
    "s3:max-keys": _LISTS,
    "s3:x-amz-acl": (*_SETS_ACL, "s3:CreateAccessPoint"),
    "s3:x-amz-grant-full-control": _SETS_ACL,
    "s3:x-amz-grant-read": _SETS_ACL,
    "s3:x-amz-grant-read-acp": _SETS_ACL,
    "s3:x-amz-grant-write": _SETS_ACL,
    "s3:x-amz-grant-write-acp": _SETS_ACL,
    "s3:x-amz-storage-class": _SETS_OBJECT_ACL,
    "s3:x-amz-copy-source": _UPLOADS,
    "s3:x-amz-metadata-directive": _UPLOADS,
    "s3:x-amz-website-redirect-location": _UPLOADS,
    "s3:object-lock-mode": _SETS_RETENTION,
    "s3:object-lock-retain-until-date": _SETS_RETENTION,
    "s3:object-lock-remaining-retention-days": _SETS_RETENTION,
    "s3:object-lock-legal-hold": ("s3:PutObject", "s3:PutObjectLegalHold"),
    "s3:if-match": ("s3:PutObject", "s3:DeleteObject"),
    "s3:if-none-match": ("s3:PutObject",),
    "s3:requestobjecttag/": _SETS_TAGS,
    "s3:requestobjecttagkeys": _SETS_TAGS,
    "s3:existingobjecttag/": _ON_TAGGED_OBJECTS,
    "kms:encryptioncontext:": (*_USES_KEY, "kms:CreateGrant", "kms:RetireGrant"),
    "kms:encryptioncontextkeys": (*_USES_KEY, "kms:CreateGrant", "kms:RetireGrant"),
    "kms:grantisforawsresource": ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"),
    "kms:requestalias": (
        *(*_USES_KEY, "kms:DeriveSharedSecret", "kms:DescribeKey", "kms:GenerateMac", "kms:GetPublicKey"),
        *("kms:Sign", "kms:Verify", "kms:VerifyMac"),
    ),
    "kms:viaservice": ("kms:*",),
    "kms:calleraccount": ("kms:*",),
}


def actions_supporting(key: str) -> tuple[str, ...] | None:
    """Return patterns of the actions that support a condition key; None for a key that isn't listed."""
    key = key.casefold()
    return next((actions for name, actions in ACTIONS_BY_CONDITION_KEY.items() if _matches(key, name)), None)


def _matches(key: str, name: str) -> bool:
    return key == name or (name[-1] in "/:" and key.startswith(name))
