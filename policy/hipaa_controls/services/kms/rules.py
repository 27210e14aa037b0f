"""Checks of customer managed keys: rotation, deletion, access, and separation of audit data from PHI."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import (
    Allowed,
    ParsedPolicy,
    Undetermined,
    condition_values,
    may_allow,
    parse_resource_policy,
)
from hipaa_controls.access.policy_size import KEY_POLICY
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.property_checks import at_least
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Document, Ref, StackResource, Unknown, is_enabled
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified, worst_finding
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from hipaa_controls.services.kms.key_separation import bucket_keys, separate_from_phi
from hipaa_controls.services.logs.facts import LogGroup
from hipaa_controls.services.s3.facts import Bucket

# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
DEFAULT_ROTATION_DAYS = 365
# https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
DEFAULT_DELETION_WINDOW_DAYS = 30
# https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
USABLE_STATES = ("Enabled", "Updating")

# The principals of a grant. One that is deleted is shown as its unique ID, which contains no account.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html (GranteePrincipal, GranteeServicePrincipal)
AWS_PRINCIPAL = re.compile(r"arn:[^:]+:(iam|sts)::\d{12}:[\w+=,.@:/-]+", re.ASCII)
SERVICE_PRINCIPAL = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}")
# The constraints of a grant don't apply to these operations.
# https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateGrant.html (Constraints)
_UNCONSTRAINED_ACTIONS = ("kms:DescribeKey", "kms:RetireGrant")

LOGS = (DataClass.TRAIL_LOG, DataClass.ACCESS_LOG)

# The condition keys of a call that a principal makes itself, as opposed to one by a service or a grant.
DIRECT_CALL_CONTEXT = {
    **dict.fromkeys(("aws:SourceAccount", "aws:SourceArn", "kms:ViaService", "kms:GrantIsForAWSResource")),
    "aws:PrincipalIsAWSService": "false",
    "aws:SecureTransport": "true",
    "kms:BypassPolicyLockoutSafetyCheck": "false",
}

deletion_window = at_least(
    "deletion_window_days",
    "days",
    "the key is deleted {value} days after its deletion is scheduled",
    default=DEFAULT_DELETION_WINDOW_DAYS,
)


def rotation(key: Key, context: RuleContext) -> Finding:
    if key.key_type == "other":
        return not_applicable("AWS doesn't rotate asymmetric keys, HMAC keys and keys in a custom key store")
    if key.key_type == "replica":
        return not_applicable("a replica key rotates with its primary key")
    if key.key_type == "imported":
        return failed("its key material is imported, which AWS doesn't rotate")
    enabled = is_enabled(key.rotation_enabled)
    days = DEFAULT_ROTATION_DAYS if key.rotation_period_days is None else key.rotation_period_days
    unknowns = [value for value in (key.key_type, enabled, days) if isinstance(value, Unknown)]
    if isinstance(key.key_type, Unknown) and enabled is not True:
        return unverified(*unknowns)
    if enabled is False:
        return failed("enableKeyRotation is not true")
    if not isinstance(days, Unknown) and days > context.options["days"]:
        # A key of a type that AWS doesn't rotate needs no shorter period.
        return unverified(*unknowns) if isinstance(key.key_type, Unknown) else failed(f"it rotates every {days:g} days")
    undecided = [value for value in (enabled, days) if isinstance(value, Unknown)]
    return unverified(*undecided) if undecided else passed("automatic rotation is enabled")


def key_enabled(key: Key, _: RuleContext) -> Finding:
    if not isinstance(key.state, str):
        return unverified(key.state or Unknown(f"the state of {key.resource.rsplit('::', 1)[-1]}"))
    return passed("the key is enabled") if key.state in USABLE_STATES else failed(f"its state is {key.state}")


def no_public_principal(policy: KeyPolicy, _: RuleContext) -> Finding:
    return _check_document(policy, lambda parsed: external_access.public_access(parsed, key_resources(policy)))


def confused_deputy(policy: KeyPolicy, context: RuleContext) -> Finding:
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    return _check_document(
        policy,
        lambda parsed: external_access.service_access(without_describe_key(parsed), key_resources(policy), trusted),
    )


def without_describe_key(parsed: ParsedPolicy) -> ParsedPolicy:
    """Return the policy without the Allow of kms:DescribeKey, which any service may have.

    It returns only metadata of the key. The policy that CloudTrail creates for a key allows it without a condition.
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/default-kms-key-policy.html
    https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
    """

    def without(statement: evaluator.Statement) -> evaluator.Statement | None:
        if statement.effect == "Deny" or statement.not_actions:
            return statement
        actions = tuple(action for action in statement.actions if action.casefold() != "kms:describekey")
        return replace(statement, actions=actions) if actions else None

    return replace(parsed, policy=evaluator.Policy(tuple(filter(None, map(without, parsed.statements)))))


def no_external_access(fact: KeyPolicy | Grant, context: RuleContext) -> Finding:
    trusted = TrustedParties.from_options(context.options, fact.location, fact.resource)
    if isinstance(fact, Grant):
        return _check_grant(fact, trusted)
    return _check_document(
        fact, lambda parsed: external_access.external_principals(parsed, key_resources(fact), trusted)
    )


def _check_grant(grant: Grant, trusted: TrustedParties) -> Finding:
    retire = [{"Action": "kms:RetireGrant"}]
    findings = (
        _check_principal(grant, "grantee principal", grant.grantee, grantee_permissions(grant), trusted),
        _check_principal(grant, "retiring principal", grant.retiring_principal, retire, trusted),
    )
    return worst_finding(findings, "no principal of the grant is untrusted")


def _check_principal(
    grant: Grant, label: str, principal: Ref, permissions: Sequence[Mapping[str, Any]], trusted: TrustedParties
) -> Finding:
    """Check one principal of a grant.

    Args:
        grant: The grant.
        label: The name of the principal in messages.
        principal: The principal.
        permissions: The Action and Condition elements of the statements that allow the principal what the grant does.
        trusted: The parties that may use the key.
    """
    if principal is None or isinstance(principal, StackResource):
        return passed("")
    if isinstance(principal, Unknown):
        return unverified(principal)
    if SERVICE_PRINCIPAL.fullmatch(principal):
        return passed("")
    if not AWS_PRINCIPAL.fullmatch(principal):
        reason = "can't be determined, because the principal isn't an ARN; if it was deleted, revoke the grant"
        return unverified(Unknown(f"the account of the {label}", reason=reason))
    account = evaluator.account_of(principal)
    if trusted.trusts(account):
        return passed("")
    # The grant allows what this policy does; the search gives the finding an example of a request.
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": principal}, "Resource": "*", **permission}
        for permission in permissions
    ]
    parsed = parse_resource_policy(Document({"Version": "2012-10-17", "Statement": statements}))
    witness = (
        external_access.external_principals(parsed, key_resources(grant), trusted).witness
        if isinstance(parsed, ParsedPolicy)
        else None
    )
    return trusted.untrusted_finding(account, f"the {label} belongs to an untrusted account", witness)


def grantee_permissions(grant: Grant) -> list[dict[str, Any]]:
    """Return the Action and Condition elements of the statements that allow the grantee what the grant does."""
    if isinstance(grant.operations, Unknown):
        return [{"Action": grant.operations}]
    actions = [f"kms:{operation}" if isinstance(operation, str) else operation for operation in grant.operations]
    unconstrained = [action for action in actions if action in _UNCONSTRAINED_ACTIONS]
    constrained = [action for action in actions if action not in _UNCONSTRAINED_ACTIONS]
    condition = {"StringEquals": _context_condition(grant.encryption_context)}
    return [
        *([{"Action": unconstrained}] if unconstrained else []),
        *([{"Action": constrained, "Condition": condition}] if constrained else []),
    ]


def _context_condition(encryption_context: Mapping[str, str]) -> dict[str, str]:
    """Return the condition keys and values that an encryption context has in a policy.

    In a policy `${` begins a variable; in a grant it doesn't.
    """
    return {f"kms:EncryptionContext:{key}": value.replace("${", "${$}{") for key, value in encryption_context.items()}


def key_administrator(policy: KeyPolicy, _: RuleContext) -> Finding:
    bypass = policy.bypass_lockout_check
    if is_enabled(bypass) is True:
        return failed("bypassPolicyLockoutSafetyCheck is true")
    finding = _check_document(policy, lambda parsed: _check_administrator(parsed, policy))
    return worst_finding([finding, *([unverified(bypass)] if isinstance(bypass, Unknown) else [])], finding.text)


def _check_administrator(parsed: ParsedPolicy, policy: KeyPolicy) -> Finding:
    """Check that some principal of the key's own account may change the policy. No other account's principal can.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_PutKeyPolicy.html ("Cross-account use: No")
    """
    undecided: list[Unknown] = []
    for principal, account in _named_principals(parsed):
        account_is_known = len(account) == 12
        if policy.location.account not in (None, account) and account_is_known:
            continue
        context = {
            "aws:PrincipalAccount": account,
            "kms:CallerAccount": account,
            "aws:PrincipalArn": principal,
            **DIRECT_CALL_CONTEXT,
        }
        request = evaluator.Request(
            "kms:PutKeyPolicy", key_resources(policy)[0], evaluator.Principal("AWS", principal), context
        )
        match may_allow(parsed, request):
            case Allowed():
                return passed("a named principal may change the key policy")
            case Undetermined(unknowns):
                undecided += unknowns
    return unverified(*undecided) if undecided else failed("no named principal is allowed kms:PutKeyPolicy")


def _named_principals(parsed: ParsedPolicy) -> Iterator[tuple[str, str]]:
    """Yield each principal that the policy names, with its account, and each account that a condition names."""
    for statement in parsed.possible_allows:
        for principal_type, principal in statement.principals or ():
            if principal != "*" and principal_type != "Service" and not statement.not_principals:
                yield principal, evaluator.account_of(principal)
    for account in sorted(condition_values(parsed, "kms:CallerAccount", "aws:PrincipalAccount")):
        yield account, account


def _check_document(policy: KeyPolicy, check: Callable[[ParsedPolicy], Finding]) -> Finding:
    if policy.document is None:
        return passed("AWS's default key policy grants access only to the account")
    parsed = parse_resource_policy(policy.document, KEY_POLICY)
    return check(parsed) if isinstance(parsed, ParsedPolicy) else parsed


def key_resources(fact: KeyPolicy | Grant) -> list[str]:
    """Return the key's ARN, or evaluator.ANY while it isn't known."""
    return [fact.arn if isinstance(fact.arn, str) else evaluator.ANY]


def key_separation(audit: Trail | LogGroup | Bucket, context: RuleContext) -> Finding:
    if isinstance(audit, Bucket) and audit.data_class not in LOGS:
        return not_applicable("it holds no audit logs")
    if isinstance(audit, LogGroup) and audit.holds_audit_logs is False:
        return not_applicable("it holds no audit logs")
    audit_keys = bucket_keys(audit) if isinstance(audit, Bucket) else [audit.kms_key]
    finding = separate_from_phi(audit_keys, context.stack)
    holds_audit_logs = audit.holds_audit_logs if isinstance(audit, LogGroup) else None
    if isinstance(holds_audit_logs, Unknown) and finding.status is Status.FAIL:
        return unverified(holds_audit_logs)
    return finding
