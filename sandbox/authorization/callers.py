"""Finds the caller that an access key belongs to, in moto's IAM and STS.

Moto doesn't store a user's permissions boundary, so none applies. Its GetSessionToken returns the same key to every
caller, so that key belongs to none of them here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from hipaa_controls.evaluator import Principal
from sandbox.authorization.decision import Caller, ConditionKeys
from sandbox.environment import ACCESS_KEY, ACCOUNT, ROOT_ACCESS_KEY

_ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def administrator_account(access_key: str | None) -> str | None:
    """Return the account that an access key administers, if any: the sandbox's, or the one whose ID is the key."""
    if access_key in (ACCESS_KEY, ROOT_ACCESS_KEY):
        return ACCOUNT
    return access_key if re.fullmatch(r"\d{12}", access_key or "") else None


def find_caller(access_key: str | None) -> Caller | None:
    """Return the caller with this access key, or None if there is none. Without a key the caller is anonymous."""
    if access_key is None:
        return Caller(
            Principal("Anonymous"),
            condition_keys={"aws:PrincipalType": "Anonymous", "aws:MultiFactorAuthPresent": None},
        )
    if access_key == ROOT_ACCESS_KEY:
        arn = f"arn:aws:iam::{ACCOUNT}:root"
        return _with_long_term_key(arn, ACCOUNT, ACCOUNT, (_ALLOW_ALL,), principal_type="Account")
    if account := administrator_account(access_key):
        user_id, arn, _ = sts_backends[account]["aws"].get_caller_identity(access_key, "us-east-1")
        return _with_long_term_key(arn, account, user_id, (_ALLOW_ALL,))
    for account in list(iam_backends):
        iam = iam_backends[account]["aws"]
        if session := sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key):
            return _session(session, iam)
        for user in list(iam.users.values()):
            if any((key.access_key_id, key.status) == (access_key, "Active") for key in user.access_keys):
                holders = [user, *iam.get_groups_for_user(user.name)]
                policies = tuple(policy for holder in holders for policy in _policies(holder))
                caller = _with_long_term_key(user.arn, account, user.id, policies)
                condition_keys = {**caller.condition_keys, "aws:username": user.name, **_tags(user.tags)}
                return Caller(
                    caller.principal, account, condition_keys, policies, mfa_devices=frozenset(user.mfa_devices)
                )
    return None


def _with_long_term_key(
    arn: str, account: str, user_id: str, policies: tuple[str, ...], principal_type: str = "User"
) -> Caller:
    no_mfa = {"aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None}
    condition_keys = {**_principal_keys(arn, account, user_id, principal_type), **no_mfa}
    return Caller(Principal("AWS", arn, account), account, condition_keys, policies)


def _session(session: Any, iam: Any) -> Caller | None:
    """Return the caller of a role session. Its MFA keys are left unknown, because AWS's pages disagree about them."""
    try:
        role = iam.get_role_by_arn(session.role_arn)
    except NotFoundException:
        return None
    principal_keys = _principal_keys(role.arn, role.account_id, session.user_id, "AssumedRole")
    condition_keys = {**principal_keys, **_tags(role.tags)}
    limits = {"session policy": session.policy} if session.policy else {}
    if boundary := role.permissions_boundary_arn:
        limits["permissions boundary"] = _document(iam.get_policy(boundary))
    principal = Principal("AWS", session.arn, role.account_id)
    return Caller(principal, role.account_id, condition_keys, tuple(_policies(role)), limits)


def _principal_keys(arn: str, account: str, user_id: str, principal_type: str) -> ConditionKeys:
    return {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalType": principal_type,
        "aws:userid": user_id,
        "aws:username": None,
    }


def _tags(tags: list[dict[str, str]] | None) -> ConditionKeys:
    return {f"aws:PrincipalTag/{tag['Key']}": tag["Value"] for tag in tags or []}


def _policies(holder: Any) -> Iterator[str]:
    """Yield the policy documents of a role, user or group: inline policies first, then attached ones."""
    yield from holder.policies.values()
    yield from map(_document, holder.managed_policies.values())


def _document(policy: Any) -> str:
    """Return the document of a managed policy's default version."""
    (document,) = (version.document for version in policy.versions if version.version_id == policy.default_version_id)
    return str(document)
