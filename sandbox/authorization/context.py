"""The condition keys of a request. One that is left out is open: a policy that turns on it refuses, and says so.

Left out are the tags of buckets and objects, and what AWS's pages don't settle.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from urllib.parse import parse_qs

from sandbox.authorization.decision import Keys
from sandbox.authorization.http_request import HttpRequest
from sandbox.authorization.required_permissions import Need, lock
from sandbox.environment import REGION

# No request that reaches the emulator comes through a service, an endpoint of a VPC, or from an organization.
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
_HAVE_ENCRYPTION = ("s3:PutObject", "s3:BypassGovernanceRetention", "s3:UpdateObjectEncryption")


def of_connection(request: HttpRequest, now: datetime) -> Keys:
    """What every request has, whichever service it is for."""
    return {
        **dict.fromkeys(_ABSENT),
        "aws:SecureTransport": str(request.tls is not None).lower(),
        "aws:SourceIp": request.address,
        "aws:RequestedRegion": request.signed_for[1] if request.signed_for else REGION,
        "aws:UserAgent": request.headers.get("user-agent"),
        "aws:Referer": request.headers.get("referer"),
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:ViaAWSService": "false",
        "aws:PrincipalIsAWSService": "false",
    }


def of_s3(operation: str, request: HttpRequest, need: Need, owner: str, now: datetime) -> Keys:
    """What a request to S3 has besides; `owner` is the account of the bucket."""
    query, headers = request.query, request.headers
    encryption = headers if need.action in _HAVE_ENCRYPTION else {}
    listing = query if need.action in ("s3:ListBucket", "s3:ListBucketVersions") else {}
    keys: Keys = {
        **dict.fromkeys(_NO_ACCESS_POINT),
        **{f"s3:{name}": headers.get(name) for name in _SAME_AS_HEADER},
        **{f"s3:{name}": encryption.get(name) for name in _ENCRYPTION_HEADERS},
        **{f"s3:{name}": listing.get(name) for name in ("prefix", "delimiter", "max-keys")},
        **_lock(operation, request, now),
        **_signature(request, now),
        "s3:TlsVersion": request.tls,
        "s3:VersionId": need.version,
        "s3:ResourceAccount": owner,
        "aws:ResourceAccount": owner,
        "s3:RequestObjectTagKeys": list(tags := parse_qs(headers.get("x-amz-tagging", ""), keep_blank_values=True)),
        **{f"s3:RequestObjectTag/{name}": values for name, values in tags.items()},
    }
    if not encryption.get(_KEY_ID, "arn:").startswith("arn:"):
        del keys[f"s3:{_KEY_ID}"]  # AWS's pages don't say what a policy sees of a key that is named otherwise
    return keys


def of_key_use(region: str, account: str | None, owner: str, encryption_context: str) -> Keys:
    """What S3's use of a key has, on behalf of a caller of `account`; `owner` is the account of the key."""
    return {
        **dict.fromkeys(_ABSENT),
        "kms:ViaService": f"s3.{region}.amazonaws.com",
        "kms:CallerAccount": account,
        "kms:EncryptionContextKeys": ["aws:s3:arn"],
        "kms:EncryptionContext:aws:s3:arn": encryption_context,
        "aws:PrincipalIsAWSService": "false",
        "aws:ResourceAccount": owner,
    }


def _lock(operation: str, request: HttpRequest, now: datetime) -> Keys:
    mode, until, hold = lock(operation, request)
    keys: Keys = {"s3:object-lock-mode": mode, "s3:object-lock-retain-until-date": until}
    days = str((datetime.fromisoformat(until).astimezone(UTC) - now).days) if until else None
    return keys | {"s3:object-lock-legal-hold": hold, "s3:object-lock-remaining-retention-days": days}


def _signature(request: HttpRequest, now: datetime) -> Keys:
    """How the request is signed, and its age in milliseconds where AWS's pages promise one: of presigned URLs."""
    if request.access_key is None:
        return dict.fromkeys(("s3:authType", "s3:signatureversion", "s3:signatureAge"))
    query, header = request.query, request.headers.get("authorization", "")
    new = "X-Amz-Credential" in query or header.startswith("AWS4-")
    keys: Keys = {
        "s3:authType": "REST-QUERY-STRING" if request.presigned else "REST-HEADER",
        "s3:signatureversion": "AWS4-HMAC-SHA256" if new else "AWS",
    }
    if signed := query.get("X-Amz-Date"):
        age = now - datetime.strptime(signed, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        keys["s3:signatureAge"] = str(int(age.total_seconds() * 1000))
    return keys
