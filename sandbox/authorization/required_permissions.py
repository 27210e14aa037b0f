"""What a request needs: actions on resources.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html, save that the tags of a copy's
source are not asked about.
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

# Operations whose action isn't called as they are; after the colon the action.
_RENAMED = {
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
# Others lose their "Bucket", and who may set a setting may delete it: DeleteBucketMetricsConfiguration.
_SETTING = re.compile(r"(Get|List|Put|Delete)Bucket(\w+Configuration)s?")
_OF_VERSIONS = {
    *("GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectTagging", "GetObjectTorrent"),
    *("PutObjectAcl", "PutObjectTagging", "DeleteObject", "DeleteObjectTagging"),
}
_LOCK = ("mode", "retain-until-date", "legal-hold")
_OBJECT_HEADERS = {
    "x-amz-acl": "PutObjectAcl",
    "x-amz-grant-": "PutObjectAcl",
    "x-amz-tagging": "PutObjectTagging",
    "x-amz-object-lock-mode": "PutObjectRetention",
    "x-amz-object-lock-retain-until-date": "PutObjectRetention",
    "x-amz-object-lock-legal-hold": "PutObjectLegalHold",
}
_BYPASS_HEADER = {"x-amz-bypass-governance-retention": "BypassGovernanceRetention"}
# What a header asks for besides, by the operations that take it. A name that ends in - stands for all that start so.
_BY_HEADER = {
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
    """An action on a bucket or an object; the version that it is about."""

    action: str
    bucket: str
    key: str = ""
    version: str | None = None

    @property
    def resource(self) -> str:
        return (
            f"{S3_ARN_PREFIX}{self.bucket}/{self.key}"
            if self.key
            else f"{S3_ARN_PREFIX}{self.bucket}"
            if self.bucket
            else "*"
        )


def required_permissions(operation: str, request: HttpRequest) -> list[RequiredPermission]:
    """All that must be allowed. Raises ValueError if the body or the source of a copy can't be read."""
    found = []
    for key, version in _objects(operation, request):
        for action in _actions(operation, request):
            versioned = version is not None and action in _OF_VERSIONS
            name = action.replace("Object", "ObjectVersion", 1) if versioned else action
            found.append(RequiredPermission(f"s3:{name}", request.bucket, key, version))
    if source := copy_source_permission(request):
        found.append(source)
    return found


def copy_source_permission(request: HttpRequest) -> RequiredPermission | None:
    """Reading the object that is copied from."""
    if "x-amz-copy-source" not in request.headers:
        return None
    path, _, version = request.headers["x-amz-copy-source"].partition("?versionId=")
    bucket, slash, key = unquote(path).removeprefix("/").partition("/")
    if not slash or ":" in bucket:
        raise ValueError("the source of the copy is no bucket and key")
    return RequiredPermission("s3:GetObjectVersion" if version else "s3:GetObject", bucket, key, version or None)


def _actions(operation: str, request: HttpRequest) -> list[str]:
    setting = _SETTING.fullmatch(operation)
    plain = f"{'Get' if setting[1] in ('Get', 'List') else 'Put'}{setting[2]}" if setting else operation
    first = _RENAMED.get(operation, plain)
    also = ["GetObject"] if operation == "GetObjectAttributes" else []
    for start, actions in _BY_HEADER.get(operation, {}).items():
        if any(name == start or (start.endswith("-") and name.startswith(start)) for name in request.headers):
            also += actions.split()
    return list(dict.fromkeys([first, *also]))


def _objects(operation: str, request: HttpRequest) -> Iterator[tuple[str, str | None]]:
    """Keys and versions; DeleteObjects names them in its body."""
    if operation != "DeleteObjects":
        yield request.object_key, request.query.get("versionId")
        return
    for each in _xml(request.body).iterfind("{*}Object"):
        yield each.findtext("{*}Key", ""), each.findtext("{*}VersionId")


def requested_lock(operation: str, request: HttpRequest) -> tuple[str | None, str | None, str | None]:
    """The Object Lock that is asked for: mode, date, legal hold."""
    if operation in ("PutObjectRetention", "PutObjectLegalHold"):
        root = _xml(request.body)
        return root.findtext("{*}Mode"), root.findtext("{*}RetainUntilDate"), root.findtext("{*}Status")
    mode, until, hold = (request.headers.get(f"x-amz-object-lock-{name}") for name in _LOCK)
    return mode, until, hold


def _xml(body: bytes) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(body)  # noqa: S314 - it harms the sandbox of whoever sent it
    except ElementTree.ParseError as error:
        raise ValueError(f"the body is no XML ({error})") from None
