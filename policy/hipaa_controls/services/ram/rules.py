"""The check that resources are shared only with trusted accounts and organizations."""

from __future__ import annotations

import re

from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.evaluator import account_of
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa_controls.services.ram.facts import ResourceShare, SharedResource, SharePrincipal

# https://docs.aws.amazon.com/ram/latest/APIReference/API_AssociateResourceShare.html (principals)
ACCOUNT = re.compile(r"\d{12}|arn:[^:]+:iam::\d{12}:(role|user)/\S+", re.ASCII)
ORGANIZATION = re.compile(r"arn:[^:]+:organizations::\d{12}:(organization|ou)/(?P<id>o-[a-z0-9]+)(/\S+)?", re.ASCII)


def no_external_sharing(fact: ResourceShare | SharePrincipal | SharedResource, context: RuleContext) -> Finding:
    if isinstance(fact, SharePrincipal):
        return _check_principal(fact, context)
    if isinstance(fact, SharedResource):
        return _check_share(fact, context)
    if isinstance(fact.allows_external_principals, Unknown):
        return unverified(fact.allows_external_principals)
    if not fact.allows_external_principals:
        return passed("only principals of the organization can be added")
    if context.options["accounts"]:
        return passed("accounts outside the organization are trusted, and each principal is checked")
    return failed("allowExternalPrincipals is true, so any account can be added")


def _check_share(shared: SharedResource, context: RuleContext) -> Finding:
    """Check that the principals of the share are known: those of a share that the stack doesn't declare aren't."""
    if not context.stack.complete:
        return not_applicable("the share may be one of the stack")
    match shared.share:
        case StackResource():
            return passed("the stack declares the share, and each principal is checked")
        case Unknown() as unknown:
            return unverified(unknown)
        case _:
            reason = "isn't declared in this stack, so its principals aren't known"
            return unverified(Unknown("the share that the resource is added to", reason=reason))


def _check_principal(share: SharePrincipal, context: RuleContext) -> Finding:
    principal = share.principal
    if isinstance(principal, Unknown):
        return unverified(principal)
    if organization := ORGANIZATION.fullmatch(principal or ""):
        if organization["id"] in context.options["organizations"]:
            return passed("it is shared with a trusted organization")
        return failed(f"it is shared with the organization {organization['id']}, which isn't trusted")
    if not ACCOUNT.fullmatch(principal or ""):
        reason = "isn't an account, an organization, an organizational unit, a role or a user"
        return unverified(Unknown("the principal of the share", reason=reason))
    account = account_of(principal or "")
    trusted = TrustedParties.from_options(context.options, share.location, share.resource)
    if trusted.trusts(account):
        return passed("it is shared with a trusted account")
    return trusted.untrusted_finding(account, f"it is shared with account {account}, which isn't trusted")
