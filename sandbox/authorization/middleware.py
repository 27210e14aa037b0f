"""WSGI middleware in front of moto that authorizes requests to S3 and STS."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket

from sandbox.authorization import context
from sandbox.authorization.callers import administrator_account, find_caller
from sandbox.authorization.decision import Caller, Resource, denial_reason
from sandbox.authorization.http_request import HttpRequest, parse_request, read_body
from sandbox.authorization.kms_keys import find_bucket, key_uses, resolve_key
from sandbox.authorization.object_tags import existing_tags
from sandbox.authorization.operations import find_operation
from sandbox.authorization.required_permissions import OPERATIONS_READ_FROM_BODY, required_permissions
from sandbox.authorization.roles import assume_role_denial_reason
from sandbox.environment import ACCESS_KEY
from sandbox.retry_cache import RetryCache

# The root user of a bucket's account may always make these requests, even if the bucket policy denies them.
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
ROOT_POLICY_ACTIONS = ("s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def permit_all(_bucket: FakeBucket, _action: str, _resource: str) -> PermissionResult:
    """Replace moto's check of the bucket policy, which ignores every Condition; the middleware authorizes requests."""
    return PermissionResult.PERMITTED


class AuthorizationMiddleware:
    """Moto's application, with requests authorized by the policies that it stores."""

    def __init__(self, moto: Any) -> None:
        self._moto = moto
        self._retry_cache = RetryCache()
        FakeBucket.get_permission = permit_all  # type: ignore[assignment,method-assign]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = parse_request(environ)
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        if account := administrator_account(request.access_key):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        application = self._moto.get_application(environ)
        reason = _denial_reason(application.service, request, environ)
        if reason:
            read_body(environ)  # a client that is still sending doesn't read the response
            return _deny(start_response, application.service, reason)
        return self._retry_cache(application, environ, start_response)


def _denial_reason(service: str, request: HttpRequest, environ: dict[str, Any]) -> str | None:
    """Return why a request is denied; None if it is allowed or isn't checked here."""
    now = datetime.now(UTC)
    if service not in ("s3", "sts") or request.method == "OPTIONS":  # a CORS preflight isn't signed
        return None
    caller = find_caller(request.access_key)
    if caller is None:
        return f"The access key belongs to no user or session in this sandbox; the administrator's is {ACCESS_KEY}."
    try:
        if service == "sts":
            return assume_role_denial_reason(caller, replace(request, body=read_body(environ)), now)
        operation = find_operation(request)
        # If the host names the bucket, moto parses the path differently.
        if operation is None or request.headers.get("host", "").split(":")[0] not in ("127.0.0.1", "localhost"):
            return f"The sandbox can't determine the S3 operation of {request.method} with this path and host."
        if operation in OPERATIONS_READ_FROM_BODY:
            request = replace(request, body=read_body(environ))
        return _s3_denial_reason(caller, operation, request, now)
    except ValueError as error:
        return f"The sandbox can't determine what this request requires: {error}."


def _s3_denial_reason(caller: Caller, operation: str, request: HttpRequest, now: datetime) -> str | None:
    """Return why a request to S3 is denied; None if it is allowed.

    AWS denies DeleteObjects for single keys; the sandbox denies the whole request.
    """
    connection = context.connection_context(request, now)
    for permission in required_permissions(operation, request):
        bucket = find_bucket(permission.bucket)
        policy = bucket.policy.decode() if bucket and bucket.policy else None
        # A missing bucket has no owner: the caller's own policies decide, and moto reports that it is missing.
        owner = bucket.account_id if bucket else caller.account or ""
        keys = context.s3_context(operation, request, permission, owner, now)
        if bucket:
            documents = (policy or "", *(caller.identity_policies or ()), *caller.permission_limits.values())
            keys |= existing_tags(permission, bucket, documents)
        if permission.action in ROOT_POLICY_ACTIONS and caller.principal.id == f"arn:aws:iam::{owner}:root":
            policy = None
        resource = Resource(permission.resource, owner, policy)
        if reason := denial_reason(caller, permission.action, resource, connection | keys):
            return reason
    for use in key_uses(operation, request):
        key = resolve_key(use)
        if key is None:
            return f"The KMS key that {operation} would use doesn't exist or isn't enabled."
        keys = context.kms_context(use.bucket.region_name, caller.account, key.owner, use.context)
        if reason := denial_reason(caller, use.action, key, keys):
            return reason
    return None


def _deny(start_response: StartResponse, service: str, reason: str) -> Iterable[bytes]:
    error = f"<Code>AccessDenied</Code><Message>{escape(reason)}</Message>"
    if service == "sts":
        error = f"<Error><Type>Sender</Type>{error}</Error>"
    root = "ErrorResponse" if service == "sts" else "Error"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{error}<RequestId>sandbox</RequestId></{root}>'.encode()
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]
