"""Checks of the policy of a resource: public access, untrusted principals, and services that act for them.

Each check is a search for a request by a caller that isn't trusted. If the policy can't allow one, whatever the
values that aren't known yet turn out to be, the answer is a pass. A request that it certainly allows is a failure, and
is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hipaa_controls.access.parties import TrustedParties, untrusted
from hipaa_controls.access.policy_queries import ParsedPolicy
from hipaa_controls.access.policy_search import Found, PolicySearch
from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.targets import targets
from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Finding, Status, passed, worst_finding

# AWS calls a policy public that allows a range broader than /8, or /32 for IPv6:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("The meaning of")
PUBLIC_ADDRESSES = {4: 2**24, 6: 2**96}
# A choice: a site gets a /48 at most (RFC 6177), and an IPv4 range broader than /16 is taken for that of a provider.
SITE_ADDRESSES = {4: 2**16, 6: 2**80}


def public_access(parsed: ParsedPolicy, resources: Sequence[str]) -> Finding:
    """Check that the policy allows neither anonymous callers nor callers of any account.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
    """
    trusted = TrustedParties(Location(), "", frozenset(), frozenset())
    policy = PolicySearch.of(parsed, targets(resources, parsed.statements), trusted)
    everyone = policy.unsigned_and_signed(policy.unnamed())
    possible = policy.find(everyone, PUBLIC_ADDRESSES, certainly=False)
    if possible is None:
        return passed("public access isn't allowed")
    found = policy.find(everyone, PUBLIC_ADDRESSES, certainly=True)
    return policy.finding(found, "allows public access") if isinstance(found, Found) else policy.undecided(possible)


def external_principals(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Check that the policy allows no principal, account or organization that isn't trusted.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
        trusted: The parties that may have access.
    """
    policy = PolicySearch.of(parsed, targets(resources, parsed.statements), trusted)
    scope = untrusted(trusted, policy.named)
    of_accounts, of_organizations = policy.named_outsiders()
    by_id = policy.named_principals(policy.from_anywhere())
    everyone = [*policy.unsigned_and_signed(scope), *of_accounts, *of_organizations, *by_id]
    possible = policy.find(everyone, {}, certainly=False)
    if possible is None:
        return passed("no untrusted principal is allowed")
    unnamed = policy.unsigned_and_signed(policy.unnamed())
    searches: tuple[tuple[list[Caller], Mapping[int, int], str], ...] = (
        # First, because a statement that allows anyone also allows the principals that another statement names.
        (unnamed, SITE_ADDRESSES, "allows {anyone}"),
        (of_accounts, {}, "allows a principal of an untrusted account"),
        (of_organizations, {}, "allows an untrusted organization"),
        (by_id, {}, "allows a principal whose account can't be determined"),
    )
    results = ((policy.find(callers, minimum, certainly=True), text) for callers, minimum, text in searches)
    finding = worst_finding((policy.finding(found, text) for found, text in results if isinstance(found, Found)), "")
    return policy.owned_or_undecided(everyone, possible) if finding.status is Status.PASS else finding


def service_access(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Check that the policy allows no AWS service to act on behalf of an account that isn't trusted.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
        trusted: The parties that services may act for.
    """
    policy = PolicySearch.of(parsed, targets(resources, parsed.statements), trusted)
    scope = untrusted(trusted, policy.named)
    callers = policy.services(scope)
    possible = policy.find(callers, {}, certainly=False)
    if possible is None:
        return passed("services are allowed only on behalf of trusted accounts")
    for acting in (policy.services(policy.unnamed()), callers):
        found = policy.find(acting, SITE_ADDRESSES, certainly=True)
        if isinstance(found, Found):
            return policy.finding(found, f"allows {found.service} on behalf of an untrusted account")
    return policy.owned_or_undecided(callers, possible)


def untrusted_access_findings(
    parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties
) -> tuple[Finding, ...]:
    """Return the findings about public access, untrusted principals, and services that act for untrusted accounts."""
    return (
        public_access(parsed, resources),
        external_principals(parsed, resources, trusted),
        service_access(parsed, resources, trusted),
    )


def only_trusted_access(
    parsed: ParsedPolicy | Finding,
    resources: Sequence[str],
    trusted: TrustedParties,
    success: str = "the policy grants access only to trusted accounts and their services",
) -> Finding:
    """Check that the policy grants access only to trusted principals, and to services that act for trusted accounts.

    Args:
        parsed: The policy, or what is wrong with it, which is the result then.
        resources: The ARNs that the policy controls access to.
        trusted: The parties that may have access.
        success: The finding's text if the policy passes.
    """
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    return worst_finding(untrusted_access_findings(parsed, resources, trusted), success)
