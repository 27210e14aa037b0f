"""How the policies about one request combine.

A Deny anywhere wins. In its own account a caller needs its own policies to allow, or a resource's policy that names it
and not only its account; in another account it needs both. Without a key's or a role's policy nothing goes at all.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
Stricter than AWS in one place: a boundary or session policy must allow, whomever the resource's policy names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from hipaa.evaluator import Decision, MalformedPolicy, Outcome, Policy, Principal, Request, Statement, evaluate, parse

ConditionKeys = dict[str, str | list[str] | None]
"""Condition keys and their values; None for one that is surely absent."""
_ACCOUNT = re.compile(r"arn:[^:]*:iam::\d{12}:root|\d{12}")
_RESOURCE, _IDENTITY = "resource-based policy", "identity-based policy"
_ANYTHING = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
_parse = lru_cache(maxsize=256)(parse)


@dataclass(frozen=True)
class Caller:
    """Who asks.

    keys: the condition keys about it.
    identity: its own policies; None for who can have none: a service, or anonymous.
    limits: by name a permissions boundary and a session policy, each of which must allow too.
    mfa: the serial numbers of its MFA devices.
    """

    principal: Principal
    account: str | None = None
    keys: ConditionKeys = field(default_factory=dict)
    identity_policies: tuple[str, ...] | None = None
    permission_limits: Mapping[str, str] = field(default_factory=dict)
    mfa_devices: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resource:
    """What is asked for. must_allow: whether nothing goes without its own policy."""

    arn: str
    owner: str
    policy: str | None
    policy_required: bool = False


def denial_reason(
    caller: Caller, action: str, resource: Resource, keys: ConditionKeys, *, closed: bool = False
) -> str | None:
    """None when the caller may; else why not in AWS's words, with the statement. closed: other keys are absent."""
    request = Request(action, resource.arn, caller.principal, {**keys, **caller.keys}, closed)
    texts = {_RESOURCE: (resource.policy,) if resource.policy else (), _IDENTITY: caller.identity_policies or ()}
    texts |= {kind: (text,) for kind, text in caller.permission_limits.items()}
    try:
        policies = {kind: [_parse(text) for text in several] for kind, several in texts.items()}
    except MalformedPolicy as error:
        why: str | None = f"because a policy can't be read: {error}"
    else:
        grants = {kind: evaluate(several, request) for kind, several in policies.items()}
        named = evaluate(map(_without_accounts, policies[_RESOURCE]), request).outcome is Outcome.ALLOWED
        missing = _missing(caller, resource, grants, named=named)
        why = _denied(policies, request) or (missing and _not_granted(missing, grants[missing], action))
    who = caller.principal.id or "anonymous"
    return why and f'User: {who} is not authorized to perform: {action} on resource: "{resource.arn}" {why}'


def service_denial_reason(
    name: str, action: str, resource_arn: str, policy: str | None, keys: ConditionKeys
) -> str | None:
    """None when a resource's policy lets this service principal, such as "logging.s3.amazonaws.com"; else why not.

    Services never call the emulator, so a test says all that is known of their request; it comes over TLS 1.2.
    """
    told = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name}
    over = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.2"}
    caller = Caller(Principal("Service", name))
    return denial_reason(caller, action, Resource(resource_arn, "", policy), {**told, **over, **keys}, closed=True)


def _denied(policies: Mapping[str, Sequence[Policy]], request: Request) -> str | None:
    """A Deny that is about the request, or may be: what isn't known is refused."""
    for kind, several in policies.items():
        alone = evaluate([_ANYTHING, *several], request)
        if alone.outcome is Outcome.EXPLICIT_DENY and alone.statement:
            return f"with an explicit deny in {_a(kind)} (statement {alone.statement.label})"
        if alone.outcome is Outcome.INDETERMINATE:
            return f"because the sandbox can't tell whether {_a(kind)} denies it ({'; '.join(alone.reasons)})"
    return None


def _not_granted(kind: str, grant: Decision, action: str) -> str:
    if grant.outcome is Outcome.INDETERMINATE:
        return f"because the sandbox can't tell whether {_a(kind)} allows it ({'; '.join(grant.reasons)})"
    return f"because no {kind} allows the {action} action"


def _missing(caller: Caller, resource: Resource, grants: Mapping[str, Decision], *, named: bool) -> str | None:
    """The kind of policy whose consent is wanting; `named` where the resource's policy allows the caller itself."""
    allows = {kind for kind, each in grants.items() if each.outcome is Outcome.ALLOWED}
    at_home = caller.account == resource.owner
    needed = [_RESOURCE] if resource.policy_required or not at_home or caller.identity_policies is None else []
    if caller.identity_policies is not None and not (at_home and named):
        needed.append(_IDENTITY)
    return next((kind for kind in [*needed, *caller.permission_limits] if kind not in allows), None)


def _without_accounts(policy: Policy) -> Policy:
    """The policy without what it grants to whole accounts: that only lets their own policies decide."""

    def named(statement: Statement) -> Statement:
        if statement.effect != "Allow" or statement.not_principals:
            return statement
        entries = tuple(entry for entry in statement.principals or () if not _ACCOUNT.fullmatch(entry[1]))
        return replace(statement, principals=entries)

    return Policy(tuple(map(named, policy.statements)))


def _a(kind: str) -> str:
    return f"an {kind}" if kind.startswith("i") else f"a {kind}"
