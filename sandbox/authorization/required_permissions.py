"""The permissions that a request to S3 requires.

They follow https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html, except that copying
an object doesn't require permission to read its tags.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

from sandbox.authorization.http_request import HttpRequest

S3_ARN_PREFIX = "arn:aws:s3:::"
OPERATIONS_READ_FROM_BODY = {"DeleteObjects", "PutObjectRetention", "PutObjectLegalHold"}

# Operations whose action has another name: the operations, a colon, their action.
_ACTION_NAMES = {
    operation: action
    for operations, action in (
        line.split(": ")
        for line in """
HeadBucket ListObjects ListObjectsV2: ListBucket
ListBuckets: ListAllMyBuckets
ListObjectVersions: ListBucketVersions
ListMultipartUploads: ListBucketMultipartUploads
ListParts: ListMultipartUploadParts
HeadObject SelectObjectContent: GetObject
CopyObject CreateMultipartUpload UploadPart UploadPartCopy CompleteMultipartUpload: PutObject
DeleteObjects: DeleteObject
GetBucketCors: GetBucketCORS
PutBucketCors DeleteBucketCors: PutBucketCORS
GetBucketEncryption: GetEncryptionConfiguration
PutBucketEncryption DeleteBucketEncryption: PutEncryptionConfiguration
DeleteBucketLifecycle: PutLifecycleConfiguration
GetBucketNotificationConfiguration: GetBucketNotification
PutBucketNotificationConfiguration: PutBucketNotification
GetObjectLockConfiguration: GetBucketObjectLockConfiguration
PutObjectLockConfiguration: PutBucketObjectLockConfiguration
DeleteBucketOwnershipControls: PutBucketOwnershipControls
GetPublicAccessBlock: GetBucketPublicAccessBlock
PutPublicAccessBlock DeletePublicAccessBlock: PutBucketPublicAccessBlock
GetBucketReplication: GetReplicationConfiguration
PutBucketReplication DeleteBucketReplication: PutReplicationConfiguration
DeleteBucketTagging: PutBucketTagging
""".strip().splitlines()
    )
    for operation in operations.split()
}
# The actions of other operations on a setting omit "Bucket", and deleting the setting requires permission to put it:
# DeleteBucketMetricsConfiguration requires PutMetricsConfiguration.
_SETTING = re.compile(r"(Get|List|Put|Delete)Bucket(\w+Configuration)s?")
_ACTIONS_WITH_VERSIONS = {
    *("GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "GetObjectTorrent"),
    *("PutObjectAcl", "PutObjectTagging", "DeleteObject", "DeleteObjectTagging"),
}
_LOCK_HEADERS = ("mode", "retain-until-date", "legal-hold")
_OBJECT_HEADERS = {
    "x-amz-acl": "PutObjectAcl",
    "x-amz-grant-": "PutObjectAcl",
    "x-amz-tagging": "PutObjectTagging",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "PutObjectRetention",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
}
_BYPASS_HEADER = {"x-amz-bypass-governance-retention": "BypassGovernanceRetention"}
# Further actions that a header requires, by operation. A name that ends in - matches every header with that prefix.
_ACTIONS_BY_HEADER = {
    **dict.fromkeys(("PutObject", "CopyObject", "CreateMultipartUpload"), _OBJECT_HEADERS),
    "CreateBucket": {
        "x-amz-acl": "PutBucketAcl",
        "x-amz-grant-": "PutBucketAcl",
        "x-amz-object-ownership": "PutBucketOwnershipControls",
        "x-amz-bucket-object-lock-enabled": "PutBucketObjectLockConfiguration PutBucketVersioning",
    },
    **dict.fromkeys(("DeleteObject", "DeleteObjects", "PutObjectRetention"), _BYPASS_HEADER),
}


@dataclass(frozen=True)
class RequiredPermission:
    """An action on a bucket, an object or one of its versions. An empty bucket means all buckets."""

    action: str
    bucket: str
    object_key: str = ""
    version: str | None = None

    @property
    def resource(self) -> str:
        if self.object_key:
            return f"{S3_ARN_PREFIX}{self.bucket}/{self.object_key}"
        return f"{S3_ARN_PREFIX}{self.bucket}" if self.bucket else "*"


def required_permissions(operation: str, request: HttpRequest) -> list[RequiredPermission]:
    """Return every permission that a request requires.

    Raises:
        ValueError: The body or the source of a copy can't be parsed.
    """
    permissions = []
    for object_key, version in _objects(operation, request):
        for action in _actions(operation, request):
            versioned = version is not None and action in _ACTIONS_WITH_VERSIONS
            name = action.replace("Object", "ObjectVersion", 1) if versioned else action
            permissions.append(RequiredPermission(f"s3:{name}", request.bucket, object_key, version))
    if source := copy_source_permission(request):
        permissions.append(source)
    return permissions


def copy_source_permission(request: HttpRequest) -> RequiredPermission | None:
    """Return the permission to read the object that the request copies from; None if it isn't a copy.

    Raises:
        ValueError: The source isn't a bucket and a key.
    """
    if "x-amz-copy-source" not in request.headers:
        return None
    path, _, version = request.headers["x-amz-copy-source"].partition("?versionId=")
    bucket, slash, object_key = unquote(path).removeprefix("/").partition("/")
    if not slash or ":" in bucket:
        raise ValueError("the source of the copy is not a bucket and key")
    return RequiredPermission("s3:GetObjectVersion" if version else "s3:GetObject", bucket, object_key, version or None)


def _actions(operation: str, request: HttpRequest) -> list[str]:
    setting = _SETTING.fullmatch(operation)
    default = f"{'Get' if setting[1] in ('Get', 'List') else 'Put'}{setting[2]}" if setting else operation
    action = _ACTION_NAMES.get(operation, default)
    further = ["GetObject"] if operation == "GetObjectAttributes" else []
    for header, actions in _ACTIONS_BY_HEADER.get(operation, {}).items():
        if any(name == header or (header.endswith("-") and name.startswith(header)) for name in request.headers):
            further += actions.split()
    return list(dict.fromkeys([action, *further]))


def _objects(operation: str, request: HttpRequest) -> Iterator[tuple[str, str | None]]:
    """Yield the object key and version ID of each object in the request. DeleteObjects lists them in its body."""
    if operation != "DeleteObjects":
        yield request.object_key, request.query.get("versionId")
        return
    for element in _parse_xml(request.body).iterfind("{*}Object"):
        yield element.findtext("{*}Key", ""), element.findtext("{*}VersionId")


def requested_lock(operation: str, request: HttpRequest) -> tuple[str | None, str | None, str | None]:
    """Return the Object Lock mode, retain-until date and legal hold that the request sets.

    Raises:
        ValueError: The body can't be parsed.
    """
    if operation in ("PutObjectRetention", "PutObjectLegalHold"):
        root = _parse_xml(request.body)
        return root.findtext("{*}Mode"), root.findtext("{*}RetainUntilDate"), root.findtext("{*}Status")
    mode, until, hold = (request.headers.get(f"x-amz-object-lock-{name}") for name in _LOCK_HEADERS)
    return mode, until, hold


def _parse_xml(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - hostile XML harms only the sender's own sandbox
    except ElementTree.ParseError as error:
        raise ValueError(f"the body is not valid XML ({error})") from None
