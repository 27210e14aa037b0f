"""sts:AssumeRole: whether the role's trust policy, and the caller's own, let the caller in."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from sandbox.authorization.context import connection_context
from sandbox.authorization.decision import Caller, ConditionKeys, Resource, denial_reason
from sandbox.authorization.http_request import HttpRequest

# moto makes a session without them, which would then be let in where AWS's wouldn't.
_NOT_KEPT = ("Tags.", "TransitiveTagKeys.", "PolicyArns.", "SourceIdentity")


def assume_role_denial_reason(caller: Caller, request: HttpRequest, now: datetime) -> str | None:
    """Why a call of STS is refused. The identity of a caller is for all to ask; federation is not judged here."""
    asked = dict(parse_qsl(request.target.partition("?")[2] + "&" + request.body.decode()))
    action = asked.get("Action", "")
    if not action.startswith("AssumeRole"):
        return None
    if action != "AssumeRole" or any(name.startswith(_NOT_KEPT) for name in asked):
        return f"{action} with these parameters is not authorized, because the sandbox doesn't keep what they mean"
    arn = asked.get("RoleArn", "")
    account = (arn.split(":") + [""] * 6)[4]
    try:
        trust = iam_backends[account]["aws"].get_role_by_arn(arn).assume_role_policy_document if account else None
    except NotFoundException:
        trust = None  # AWS doesn't tell a role that isn't there from one that trusts others
    verified = asked.get("SerialNumber") in caller.mfa_devices and "TokenCode" in asked
    keys: ConditionKeys = {
        **connection_context(request, now),
        "sts:ExternalId": asked.get("ExternalId"),
        "sts:RoleSessionName": asked.get("RoleSessionName"),
        "sts:SourceIdentity": None,
        "aws:TagKeys": None,
        "aws:ResourceAccount": account,
    }
    mfa: ConditionKeys = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if verified else {}
    known = Caller(
        caller.principal, caller.account, {**caller.keys, **mfa}, caller.identity_policies, caller.permission_limits
    )
    return denial_reason(known, "sts:AssumeRole", Resource(arn, account, trust, policy_required=True), keys)
