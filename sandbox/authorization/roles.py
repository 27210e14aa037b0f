"""Authorizes sts:AssumeRole, by the role's trust policy and the caller's own policies."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends

from sandbox.authorization.context import connection_context
from sandbox.authorization.decision import Caller, ConditionKeys, Resource, denial_reason
from sandbox.authorization.http_request import HttpRequest

# Moto ignores these parameters, so its session would have more permissions than AWS's.
_UNSUPPORTED = ("Tags.", "TransitiveTagKeys.", "PolicyArns.", "SourceIdentity")


def assume_role_denial_reason(caller: Caller, request: HttpRequest, now: datetime) -> str | None:
    """Return why a call to STS is denied; None if it is allowed.

    AssumeRole is evaluated, federated variants such as AssumeRoleWithSAML are denied, and other calls are allowed: any
    caller may call GetCallerIdentity.
    """
    parameters = dict(parse_qsl(request.target.partition("?")[2] + "&" + request.body.decode()))
    action = parameters.get("Action", "")
    if not action.startswith("AssumeRole"):
        return None
    if action != "AssumeRole" or any(name.startswith(_UNSUPPORTED) for name in parameters):
        return f"{action} with these parameters is not authorized, because the sandbox doesn't support them"
    arn = parameters.get("RoleArn", "")
    account = (arn.split(":") + [""] * 6)[4]
    try:
        trust = iam_backends[account]["aws"].get_role_by_arn(arn).assume_role_policy_document if account else None
    except NotFoundException:
        trust = None  # AWS gives the same error for a missing role and for a role that doesn't trust the caller
    has_mfa = parameters.get("SerialNumber") in caller.mfa_devices and "TokenCode" in parameters
    keys: ConditionKeys = {
        **connection_context(request, now),
        "sts:ExternalId": parameters.get("ExternalId"),
        "sts:RoleSessionName": parameters.get("RoleSessionName"),
        "sts:SourceIdentity": None,
        "aws:TagKeys": None,
        "aws:ResourceAccount": account,
    }
    mfa_keys: ConditionKeys = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"} if has_mfa else {}
    caller = Caller(
        caller.principal,
        caller.account,
        {**caller.condition_keys, **mfa_keys},
        caller.identity_policies,
        caller.permission_limits,
    )
    return denial_reason(caller, "sts:AssumeRole", Resource(arn, account, trust, policy_required=True), keys)
