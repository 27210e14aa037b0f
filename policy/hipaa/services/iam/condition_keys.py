"""Which actions have a condition key of S3 or KMS: a key that a request doesn't have meets no `StringEquals`.

From the Service Authorization Reference, as of April 2026:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
A key that every action has, or that comes from the resource, isn't here.
"""

from __future__ import annotations

_UPLOAD = ("s3:PutObject", "s3:BypassGovernanceRetention")
_ENCRYPTED = (*_UPLOAD, "s3:ReplicateObject", "s3:UpdateObjectEncryption")
_LISTED = ("s3:ListBucket", "s3:ListBucketVersions")
_RETAINED = ("s3:PutObject", "s3:PutObjectRetention")
_OBJECT_ACL = (*_UPLOAD, "s3:PutObjectAcl", "s3:PutObjectVersionAcl")
_ACL = (*_OBJECT_ACL, "s3:CreateBucket", "s3:PutBucketAcl")
_TAGGED = (*_UPLOAD, "s3:PutObjectTagging", "s3:PutObjectVersionTagging")
_OF_TAGGED = (
    *("s3:GetObject", "s3:GetObjectAcl", "s3:GetObjectAttributes", "s3:GetObjectTagging"),
    *("s3:GetObjectVersion", "s3:GetObjectVersionAcl", "s3:GetObjectVersionAttributes", "s3:GetObjectVersionTagging"),
    *("s3:PutObjectAcl", "s3:PutObjectTagging", "s3:PutObjectVersionAcl", "s3:PutObjectVersionTagging"),
    *("s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
)
_CRYPTOGRAPHY = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*")

# Keys are in lower case; one with a part of the program's own is here without it.
ACTIONS_BY_CONDITION_KEY = {
    "s3:x-amz-server-side-encryption": _ENCRYPTED,
    "s3:x-amz-server-side-encryption-aws-kms-key-id": _ENCRYPTED,
    "s3:x-amz-server-side-encryption-customer-algorithm": _ENCRYPTED[:3],
    "s3:prefix": _LISTED,
    "s3:delimiter": _LISTED,
    "s3:max-keys": _LISTED,
    "s3:x-amz-acl": (*_ACL, "s3:CreateAccessPoint"),
    "s3:x-amz-grant-full-control": _ACL,
    "s3:x-amz-grant-read": _ACL,
    "s3:x-amz-grant-read-acp": _ACL,
    "s3:x-amz-grant-write": _ACL,
    "s3:x-amz-grant-write-acp": _ACL,
    "s3:x-amz-storage-class": _OBJECT_ACL,
    "s3:x-amz-copy-source": _UPLOAD,
    "s3:x-amz-metadata-directive": _UPLOAD,
    "s3:x-amz-website-redirect-location": _UPLOAD,
    "s3:object-lock-mode": _RETAINED,
    "s3:object-lock-retain-until-date": _RETAINED,
    "s3:object-lock-remaining-retention-days": _RETAINED,
    "s3:object-lock-legal-hold": ("s3:PutObject", "s3:PutObjectLegalHold"),
    "s3:if-match": ("s3:PutObject", "s3:DeleteObject"),
    "s3:if-none-match": ("s3:PutObject",),
    "s3:requestobjecttag/": _TAGGED,
    "s3:requestobjecttagkeys": _TAGGED,
    "s3:existingobjecttag/": _OF_TAGGED,
    "kms:encryptioncontext:": (*_CRYPTOGRAPHY, "kms:CreateGrant", "kms:RetireGrant"),
    "kms:encryptioncontextkeys": (*_CRYPTOGRAPHY, "kms:CreateGrant", "kms:RetireGrant"),
    "kms:grantisforawsresource": ("kms:CreateGrant", "kms:ListGrants", "kms:RevokeGrant"),
    "kms:requestalias": (
        *(*_CRYPTOGRAPHY, "kms:DeriveSharedSecret", "kms:DescribeKey", "kms:GenerateMac", "kms:GetPublicKey"),
        *("kms:Sign", "kms:Verify", "kms:VerifyMac"),
    ),
    "kms:viaservice": ("kms:*",),
    "kms:calleraccount": ("kms:*",),
}


def actions_supporting(key: str) -> tuple[str, ...] | None:
    """The actions that have a key, as patterns; None for a key that isn't here."""
    folded = key.casefold()
    return next((has for name, has in ACTIONS_BY_CONDITION_KEY.items() if folded == name or _of_the_program(folded, name)), None)


def _of_the_program(key: str, name: str) -> bool:
    return name[-1] in "/:" and key.startswith(name)
