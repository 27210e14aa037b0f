"""Whose an access key is, by moto's IAM and STS.

moto keeps no boundary of a user, and its GetSessionToken gives everyone the same key, which is no one's here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends

from hipaa.evaluator import Principal
from sandbox.authorization.decision import Caller, Keys
from sandbox.environment import ACCESS_KEY, ACCOUNT

_ALL = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})


def account_of(access_key: str | None) -> str | None:
    """The account whose administrator a key is: the sandbox's own, or the one that the key is the number of."""
    if access_key == ACCESS_KEY:
        return ACCOUNT
    return access_key if re.fullmatch(r"\d{12}", access_key or "") else None


def caller_of(access_key: str | None) -> Caller | None:
    """None for a key that is no one's."""
    if access_key is None:
        return Caller(
            Principal("Anonymous"), keys={"aws:PrincipalType": "Anonymous", "aws:MultiFactorAuthPresent": None}
        )
    if account := account_of(access_key):
        user_id, arn, _ = sts_backends[account]["aws"].get_caller_identity(access_key, "us-east-1")
        return _with_long_term_key(arn, account, user_id, (_ALL,))
    for account in list(iam_backends):
        iam = iam_backends[account]["aws"]
        if session := sts_backends[account]["aws"].get_assumed_role_from_access_key(access_key):
            return _session(session, iam)
        for user in list(iam.users.values()):
            if any((key.access_key_id, key.status) == (access_key, "Active") for key in user.access_keys):
                holders = [user, *iam.get_groups_for_user(user.name)]
                policies = tuple(text for holder in holders for text in _policies(holder))
                caller = _with_long_term_key(user.arn, account, user.id, policies)
                keys = {**caller.keys, "aws:username": user.name, **_tags(user.tags)}
                return Caller(caller.principal, account, keys, policies, mfa=frozenset(user.mfa_devices))
    return None


def _with_long_term_key(arn: str, account: str, user_id: str, policies: tuple[str, ...]) -> Caller:
    keys = {**_about(arn, account, user_id, "User"), "aws:MultiFactorAuthPresent": None, "aws:MultiFactorAuthAge": None}
    return Caller(Principal("AWS", arn, account), account, keys, policies)


def _session(session: Any, iam: Any) -> Caller | None:
    """A role's session. Whether it has MFA is left open: AWS's pages say that a role's doesn't, and don't agree."""
    try:
        role = iam.get_role_by_arn(session.role_arn)
    except NotFoundException:
        return None
    keys = {**_about(role.arn, role.account_id, session.user_id, "AssumedRole"), **_tags(role.tags)}
    limits = {"session policy": session.policy} if session.policy else {}
    if boundary := role.permissions_boundary_arn:
        limits["permissions boundary"] = _document(iam.get_policy(boundary))
    principal = Principal("AWS", session.arn, role.account_id)
    return Caller(principal, role.account_id, keys, tuple(_policies(role)), limits)


def _about(arn: str, account: str, user_id: str, kind: str) -> Keys:
    return {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account,
        "aws:PrincipalType": kind,
        "aws:userid": user_id,
        "aws:username": None,
    }


def _tags(tags: list[dict[str, str]] | None) -> Keys:
    return {f"aws:PrincipalTag/{each['Key']}": each["Value"] for each in tags or []}


def _policies(holder: Any) -> Iterator[str]:
    """The policies of a role, a user or a group: inline, then attached."""
    yield from holder.policies.values()
    yield from map(_document, holder.managed_policies.values())


def _document(managed: Any) -> str:
    """The text of a managed policy."""
    (text,) = (each.document for each in managed.versions if each.version_id == managed.default_version_id)
    return str(text)
