"""The condition keys of a request.

A key that is left out is unknown: a policy that depends on it denies the request with that reason. The tags of buckets
are left out, and so are keys whose values AWS's pages don't specify. `object_tags` has the tags of objects.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

from sandbox.authorization.decision import ConditionKeys
from sandbox.authorization.http_request import HttpRequest
from sandbox.authorization.required_permissions import RequiredPermission, requested_lock
from sandbox.environment import REGION

# No request reaches the emulator through an AWS service or a VPC endpoint, or from an organization.
_ABSENT = re.findall(
    r"\S+",
    """
    aws:SourceArn aws:SourceAccount aws:SourceOrgID aws:SourceOrgPaths aws:PrincipalServiceName
    aws:PrincipalServiceNamesList aws:CalledVia aws:CalledViaFirst aws:CalledViaLast aws:SourceVpc aws:SourceVpcArn
    aws:SourceVpce aws:VpcSourceIp aws:PrincipalOrgID aws:PrincipalOrgPaths aws:ResourceOrgID aws:ResourceOrgPaths
    aws:FederatedProvider aws:SourceIdentity
    """,
)
_NO_ACCESS_POINT = ("s3:AccessPointNetworkOrigin", "s3:DataAccessPointAccount", "s3:DataAccessPointArn")
_SAME_AS_HEADER = re.findall(
    r"\S+",
    """
    x-amz-acl x-amz-content-sha256 x-amz-copy-source x-amz-grant-full-control x-amz-grant-read x-amz-grant-read-acp
    x-amz-grant-write x-amz-grant-write-acp x-amz-metadata-directive x-amz-object-ownership x-amz-storage-class
    x-amz-website-redirect-location if-match if-none-match
    """,
)
_ENCRYPTION = "x-amz-server-side-encryption"
_KEY_ID = f"{_ENCRYPTION}-aws-kms-key-id"
_ENCRYPTION_HEADERS = (_ENCRYPTION, _KEY_ID, f"{_ENCRYPTION}-customer-algorithm")
_ACTIONS_WITH_ENCRYPTION = ("s3:PutObject", "s3:BypassGovernanceRetention", "s3:UpdateObjectEncryption")


def connection_context(request: HttpRequest, now: datetime) -> ConditionKeys:
    """Return the condition keys that requests to every service have."""
    return {
        **dict.fromkeys(_ABSENT),
        "aws:SecureTransport": str(request.tls is not None).lower(),
        "aws:SourceIp": request.source_ip,
        "aws:RequestedRegion": request.signing_scope[1] if request.signing_scope else REGION,
        "aws:UserAgent": request.headers.get("user-agent"),
        "aws:Referer": request.headers.get("referer"),
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }


def s3_context(
    operation: str, request: HttpRequest, permission: RequiredPermission, owner: str, now: datetime
) -> ConditionKeys:
    """Return the condition keys specific to S3.

    Args:
        operation: The API operation, such as "PutObject".
        request: The HTTP request.
        permission: The permission that is being checked; a request may require several.
        owner: The account that owns the bucket.
        now: The time of the request.
    """
    query, headers = request.query, request.headers
    encryption = headers if permission.action in _ACTIONS_WITH_ENCRYPTION else {}
    listing = query if permission.action in ("s3:ListBucket", "s3:ListBucketVersions") else {}
    keys: ConditionKeys = {
        **dict.fromkeys(_NO_ACCESS_POINT),
        **{f"s3:{name}": headers.get(name) for name in _SAME_AS_HEADER},
        **{f"s3:{name}": encryption.get(name) for name in _ENCRYPTION_HEADERS},
        **{f"s3:{name}": listing.get(name) for name in ("prefix", "delimiter", "max-keys")},
        **_object_lock_keys(operation, request, now),
        **_signature_keys(request, now),
        "s3:TlsVersion": request.tls,
        "s3:VersionId": permission.version,
        "s3:ResourceAccount": owner,
        "aws:ResourceAccount": owner,
        "s3:RequestObjectTagKeys": list(tags := parse_qs(headers.get("x-amz-tagging", ""), keep_blank_values=True)),
        **{f"s3:RequestObjectTag/{name}": values for name, values in tags.items()},
    }
    if not encryption.get(_KEY_ID, "arn:").startswith("arn:"):
        del keys[f"s3:{_KEY_ID}"]  # AWS's pages don't specify the value for a key that isn't named by its ARN
    return keys


def kms_context(region: str, account: str | None, owner: str, encryption_context: str) -> ConditionKeys:
    """Return the condition keys of S3's use of a KMS key.

    Args:
        region: The bucket's region.
        account: The account of the caller that S3 acts for.
        owner: The account that owns the key.
        encryption_context: The ARN that S3 gives as the encryption context.
    """
    return {
        **dict.fromkeys(_ABSENT),
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:CallerAccount": account,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "kms:EncryptionContext:aws:s3:arn": encryption_context,
        "aws:PrincipalIsAWSService": "false",
        "aws:ResourceAccount": owner,
    }


def _object_lock_keys(operation: str, request: HttpRequest, now: datetime) -> ConditionKeys:
    mode, until, hold = requested_lock(operation, request)
    keys: ConditionKeys = {"s3:object-lock-mode": mode, "s3:object-lock-retain-until-date": until}
    days = str((datetime.fromisoformat(until).astimezone(UTC) - now).days) if until else None
    return keys | {"s3:object-lock-legal-hold": hold, "s3:object-lock-remaining-retention-days": days}


def _signature_keys(request: HttpRequest, now: datetime) -> ConditionKeys:
    """Return the kind of signature and, only for presigned URLs as AWS documents, its age in milliseconds."""
    if request.access_key is None:
        return dict.fromkeys(("s3:authType", "s3:signatureversion", "s3:signatureAge"))
    query, header = request.query, request.headers.get("authorization", "")
    version_4 = "X-Amz-Credential" in query or header.startswith("AWS4-")
    keys: ConditionKeys = {
        "s3:authType": "REST-QUERY-STRING" if request.presigned else "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256" if version_4 else "AWS",
    }
    if signed := query.get("X-Amz-Date"):
        age = now - datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        keys["s3:signatureAge"] = str(int(age.total_seconds() * 1000))
    return keys
