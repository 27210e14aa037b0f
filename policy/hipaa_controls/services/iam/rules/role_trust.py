"""Checks of trust policies: who may assume a role."""

from __future__ import annotations

from collections.abc import Iterator

from hipaa_controls.access.callers import outsiders, with_external_id
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_resource_policy
from hipaa_controls.access.policy_search import Found, PolicySearch, statement_label
from hipaa_controls.access.policy_size import TRUST_POLICY
from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.service_callers import certificates
from hipaa_controls.access.targets import Target
from hipaa_controls.access.tokens import tokens
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.verdict import Finding, failed, worst_finding
from hipaa_controls.services.iam.facts import IamRole

ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
ONLY_BOUND_PRINCIPALS = "each principal is named, and external principals are bound by conditions"


def role_trust_policy(role: IamRole, context: RuleContext) -> Finding:
    parsed = parse_resource_policy(role.trust_policy, TRUST_POLICY)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    trusted = TrustedParties.from_options(context.options, role.location, role.resource)
    return worst_finding(trust_findings(parsed, trusted), ONLY_BOUND_PRINCIPALS)


def trust_findings(parsed: ParsedPolicy, trusted: TrustedParties) -> Iterator[Finding]:
    """Yield the findings about the principals that a trust policy allows; some may be passes."""
    for statement in parsed.possible_allows:
        principals = statement.principals or ()
        if statement.effect == "Allow" and (statement.not_principals or ("AWS", "*") in principals):
            yield failed(f"{statement_label(statement)} grants access to any principal")
        if statement.effect == "Allow" and ("Service", "*") in principals:
            yield failed(f"{statement_label(statement)} grants access to any AWS service")
    yield from _external_findings(parsed, trusted)
    yield from _certificate_findings(parsed, trusted)
    for provider in _named(parsed, "Federated"):
        yield from _token_findings(parsed, trusted, provider)


def _external_findings(parsed: ParsedPolicy, trusted: TrustedParties) -> Iterator[Finding]:
    """Yield a finding where a principal of another account may assume the role without being bound.

    An external ID that the policy spells out is known only to the party that it was agreed with, and an organization
    that the policy names counts as agreed.
    """
    policy = _search(parsed, trusted, "sts:AssumeRole")
    partition = policy.partitions[0]
    unnamed = Scope(accounts=trusted.all_accounts, organizations=policy.unnamed().organizations)
    external_ids = [
        value
        for statement in parsed.statements
        for condition in statement.conditions
        if condition.key.casefold() == "sts:externalid"
        for value in condition.values
    ]
    by_id = [caller for caller in policy.named_principals(unnamed) if caller.principal_kind == "AWS"]
    text = "grants access to another account without sts:ExternalId or an organization"
    bound = [with_external_id(caller, external_ids) for caller in (*outsiders(partition, unnamed), *by_id)]
    yield _finding(policy, bound, text)


def _certificate_findings(parsed: ParsedPolicy, trusted: TrustedParties) -> Iterator[Finding]:
    """Yield a finding where the holder of a certificate from any trust anchor of the account may assume the role.

    https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    """
    if ROLES_ANYWHERE in _named(parsed, "Service"):
        policy = _search(parsed, trusted, "sts:AssumeRole")
        callers = [certificates(ROLES_ANYWHERE, policy.partitions[0], trusted.location.account, parsed.statements)]
        yield _finding(policy, callers, "grants access to every certificate that IAM Roles Anywhere accepts")


def _token_findings(parsed: ParsedPolicy, trusted: TrustedParties, provider: str) -> Iterator[Finding]:
    """Yield a finding where a token for another audience or subject may assume the role.

    A SAML assertion itself names the roles that its subject may assume, so its audience is enough:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    """
    is_saml = ":saml-provider/" in provider
    policy = _search(parsed, trusted, "sts:AssumeRoleWithSAML" if is_saml else "sts:AssumeRoleWithWebIdentity")
    for claim in ("audience",) if is_saml else ("audience", "subject"):
        caller = tokens(provider, policy.partitions[0], parsed.statements, claim)
        yield _finding(policy, [caller], f"grants access to an identity provider's tokens of any {claim}")


def _search(parsed: ParsedPolicy, trusted: TrustedParties, action: str) -> PolicySearch:
    return PolicySearch.of(parsed, [Target.of(("",), (action,))], trusted)


def _finding(policy: PolicySearch, callers: list[Caller], text: str) -> Finding:
    possible = policy.find(callers, {}, certainly=False)
    if possible is None:
        return worst_finding([], "")
    found = policy.find(callers, {}, certainly=True)
    if not isinstance(found, Found):
        return policy.undecided(possible)
    return policy.finding(found, text)


def _named(parsed: ParsedPolicy, kind: str) -> dict[str, None]:
    """Return the principals of a kind that Allow statements name, in their order."""
    return dict.fromkeys(
        id_
        for statement in parsed.possible_allows
        if not statement.not_principals
        for entry_kind, id_ in statement.principals or ()
        if UNKNOWN in entry_kind or entry_kind == kind
    )
