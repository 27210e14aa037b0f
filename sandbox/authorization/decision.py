"""Combines the policies that apply to a request into one decision.

An explicit deny in any policy wins. Within its own account a caller needs an allow from its own policies, or from a
resource policy that names the caller and not only its account. In another account it needs both. A KMS key or a role
also requires an allow from its own policy.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
One rule is stricter than AWS's: a permissions boundary or session policy must allow the request even if the resource
policy names the caller.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from hipaa_controls.evaluator import (
    Decision,
    MalformedPolicy,
    Outcome,
    Policy,
    Principal,
    Request,
    Statement,
    evaluate,
    parse,
)

ConditionKeys = dict[str, str | list[str] | None]
"""Condition keys and their values; None means that the request doesn't have the key."""
_ACCOUNT = re.compile(r"arn:[^:]*:iam::\d{12}:root|\d{12}")
_RESOURCE, _IDENTITY = "resource-based policy", "identity-based policy"
_ALLOW_ALL = parse({"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
_parse = lru_cache(maxsize=256)(parse)


@dataclass(frozen=True)
class Caller:
    """The caller of a request.

    Attributes:
        principal: The principal that policies name.
        account: Its account; None for a service and for an anonymous caller.
        condition_keys: The condition keys that describe it.
        identity_policies: Its own policies; None for a caller that can't have any: a service, or an anonymous caller.
        permission_limits: Its permissions boundary and session policy by name. Each of them must allow a request too.
        mfa_devices: The serial numbers of its MFA devices.
    """

    principal: Principal
    account: str | None = None
    condition_keys: ConditionKeys = field(default_factory=dict)
    identity_policies: tuple[str, ...] | None = None
    permission_limits: Mapping[str, str] = field(default_factory=dict)
    mfa_devices: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Resource:
    """The resource that a request is for.

    Attributes:
        arn: Its ARN.
        owner: The account that owns it.
        policy: Its resource-based policy, if it has one.
        policy_required: Whether every request needs an allow from that policy.
    """

    arn: str
    owner: str
    policy: str | None
    policy_required: bool = False


def denial_reason(
    caller: Caller, action: str, resource: Resource, condition_keys: ConditionKeys, *, context_is_complete: bool = False
) -> str | None:
    """Return why a request is denied, in AWS's words and with the deciding statement; None if it is allowed.

    Args:
        caller: The caller.
        action: The action, such as "s3:GetObject".
        resource: The resource.
        condition_keys: The condition keys of the request, without the caller's.
        context_is_complete: Whether the request has no other condition keys; otherwise they are unknown.
    """
    request = Request(
        action, resource.arn, caller.principal, {**condition_keys, **caller.condition_keys}, context_is_complete
    )
    documents = {_RESOURCE: (resource.policy,) if resource.policy else (), _IDENTITY: caller.identity_policies or ()}
    documents |= {kind: (document,) for kind, document in caller.permission_limits.items()}
    try:
        policies = {kind: [_parse(text) for text in texts] for kind, texts in documents.items()}
    except MalformedPolicy as error:
        reason: str | None = f"because a policy can't be read: {error}"
    else:
        decisions = {kind: evaluate(parsed, request) for kind, parsed in policies.items()}
        names_caller = evaluate(map(_without_accounts, policies[_RESOURCE]), request).outcome is Outcome.ALLOWED
        missing = _missing_allow(caller, resource, decisions, names_caller=names_caller)
        reason = _explicit_deny(policies, request) or (missing and _no_allow(missing, decisions[missing], action))
    user = caller.principal.id or "anonymous"
    return reason and f'User: {user} is not authorized to perform: {action} on resource: "{resource.arn}" {reason}'


def service_denial_reason(
    name: str, action: str, resource_arn: str, policy: str | None, condition_keys: ConditionKeys
) -> str | None:
    """Return why a resource's policy denies an AWS service access; None if it allows it.

    Services never call the emulator, so the caller supplies the condition keys of the request, which uses TLS 1.2.

    Args:
        name: The service principal, such as "logging.s3.amazonaws.com".
        action: The action, such as "s3:PutObject".
        resource_arn: The ARN of the resource.
        policy: The resource's policy, if it has one.
        condition_keys: All other condition keys of the request.
    """
    service_keys = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name}
    tls_keys = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.2"}
    caller = Caller(Principal("Service", name))
    return denial_reason(
        caller,
        action,
        Resource(resource_arn, "", policy),
        {**service_keys, **tls_keys, **condition_keys},
        context_is_complete=True,
    )


def _explicit_deny(policies: Mapping[str, Sequence[Policy]], request: Request) -> str | None:
    """Return the explicit deny that applies to the request, or that might: a deny that can't be evaluated counts."""
    for kind, parsed in policies.items():
        decision = evaluate([_ALLOW_ALL, *parsed], request)
        if decision.outcome is Outcome.EXPLICIT_DENY and decision.statement:
            return f"with an explicit deny in {_with_article(kind)} ({decision.statement.label})"
        if decision.outcome is Outcome.INDETERMINATE:
            reasons = "; ".join(decision.reasons)
            return f"because the sandbox can't determine whether {_with_article(kind)} denies it ({reasons})"
    return None


def _no_allow(kind: str, decision: Decision, action: str) -> str:
    """Return the reason for an implicit deny by this kind of policy."""
    if decision.outcome is Outcome.INDETERMINATE:
        reasons = "; ".join(decision.reasons)
        return f"because the sandbox can't determine whether {_with_article(kind)} allows it ({reasons})"
    return f"because no {kind} allows the {action} action"


def _missing_allow(
    caller: Caller, resource: Resource, decisions: Mapping[str, Decision], *, names_caller: bool
) -> str | None:
    """Return the kind of policy whose allow the request needs and doesn't have.

    Args:
        caller: The caller.
        resource: The resource.
        decisions: The decision of each kind of policy.
        names_caller: Whether the resource's policy allows the caller itself, not only its account.
    """
    allowing = {kind for kind, decision in decisions.items() if decision.outcome is Outcome.ALLOWED}
    same_account = caller.account == resource.owner
    needed = [_RESOURCE] if resource.policy_required or not same_account or caller.identity_policies is None else []
    if caller.identity_policies is not None and not (same_account and names_caller):
        needed.append(_IDENTITY)
    return next((kind for kind in [*needed, *caller.permission_limits] if kind not in allowing), None)


def _without_accounts(policy: Policy) -> Policy:
    """Return the policy without its allows for whole accounts: those only delegate to the accounts' own policies."""

    def without_accounts(statement: Statement) -> Statement:
        if statement.effect != "Allow" or statement.not_principals:
            return statement
        principals = tuple(entry for entry in statement.principals or () if not _ACCOUNT.fullmatch(entry[1]))
        return replace(statement, principals=principals)

    return Policy(tuple(map(without_accounts, policy.statements)))


def _with_article(kind: str) -> str:
    return f"an {kind}" if kind.startswith("i") else f"a {kind}"
