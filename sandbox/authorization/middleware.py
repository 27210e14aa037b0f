"""The layer before moto: it asks who calls, what the request needs, and what the policies say."""

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
from sandbox.authorization.http_request import HttpRequest, read_body, parse_request
from sandbox.authorization.keys import find_bucket, resolve_key, key_uses
from sandbox.authorization.operations import find_operation
from sandbox.authorization.required_permissions import OPERATIONS_READ_FROM_BODY, required_permissions
from sandbox.authorization.roles import assume_role_denial_reason
from sandbox.retry_cache import RetryCache

StartResponse = Callable[[str, list[tuple[str, str]]], object]


def permit_all(_bucket: FakeBucket, _action: str, _resource: str) -> PermissionResult:
    """In place of moto's own look at the bucket policy, which ignores every Condition. What gets there is let in."""
    return PermissionResult.PERMITTED


class AuthorizationMiddleware:
    """moto's application behind the policies that it keeps."""

    def __init__(self, moto: Any) -> None:
        self._moto = moto
        self._once = RetryCache()
        FakeBucket.get_permission = permit_all  # type: ignore[assignment,method-assign]

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        request = parse_request(environ)
        environ.pop("HTTP_X_MOTO_ACCOUNT_ID", None)
        if account := administrator_account(request.access_key):
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = account
        application = self._moto.get_application(environ)
        why = _refusal(application.service, request, environ)
        if why:
            read_body(environ)  # a client that is still sending hears no answer
            return _refuse(start_response, application.service, why)
        return self._once(application, environ, start_response)


def _refusal(service: str, request: HttpRequest, environ: dict[str, Any]) -> str | None:
    """Why a request is refused; None where it is let in, or isn't judged here."""
    now = datetime.now(UTC)
    if service not in ("s3", "sts") or request.method == "OPTIONS":  # CORS asks before it signs
        return None
    caller = find_caller(request.access_key)
    if caller is None:
        return "The access key is no one's."
    try:
        if service == "sts":
            return assume_role_denial_reason(caller, replace(request, body=read_body(environ)), now)
        operation = find_operation(request)
        # Where the bucket is in the host, moto reads a path otherwise than it is read here.
        if operation is None or request.headers.get("host", "").split(":")[0] not in ("127.0.0.1", "localhost"):
            return f"The sandbox doesn't know what {request.method} of this path and host asks for."
        if operation in OPERATIONS_READ_FROM_BODY:
            request = replace(request, body=read_body(environ))
        return _refusal_of_s3(caller, operation, request, now)
    except ValueError as error:
        return f"The sandbox doesn't know what this request asks for: {error}."


def _refusal_of_s3(caller: Caller, operation: str, request: HttpRequest, now: datetime) -> str | None:
    """AWS refuses DeleteObjects key by key, the sandbox all of it."""
    connection = context.connection_context(request, now)
    for need in required_permissions(operation, request):
        bucket = find_bucket(need.bucket)
        policy = bucket.policy.decode() if bucket and bucket.policy else None
        # What isn't there is no one's yet: the caller's own policies decide, and moto says that it isn't there.
        owner = bucket.account_id if bucket else caller.account or ""
        keys = context.s3_context(operation, request, need, owner, now)
        if why := denial_reason(caller, need.action, Resource(need.resource, owner, policy), connection | keys):
            return why
    for use in key_uses(operation, request):
        key = resolve_key(use)
        if key is None:
            return f"The key that {operation} would use isn't there, or isn't enabled."
        keys = context.kms_context(use.bucket.region_name, caller.account, key.owner, use.context)
        if why := denial_reason(caller, use.action, key, keys):
            return why
    return None


def _refuse(start_response: StartResponse, service: str, why: str) -> Iterable[bytes]:
    error = f"<Code>AccessDenied</Code><Message>{escape(why)}</Message>"
    if service == "sts":
        error = f"<Error><Type>Sender</Type>{error}</Error>"
    name = "ErrorResponse" if service == "sts" else "Error"
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n<{name}>{error}<RequestId>sandbox</RequestId></{name}>'.encode()
    start_response("403 Forbidden", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [body]
