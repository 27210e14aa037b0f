"""The stack's own account: what gives it for each provider, and whether these sources agree.

A resource's input is never a source: a stack may name resources of other accounts. A call of getCallerIdentity is none
either, because the engine shows a pack neither the call nor where a value comes from (measured with engine 3.259). A
program that makes it can pass the account to its provider, as `allowedAccountIds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crossguard.providers import account_in_arn
from crossguard.resource_types import OWNED_BY_CALLER
from crossguard.resources import PulumiResource

OPTION_SOURCE = "the option account of pack-config"

AccountSources = Mapping[str, str]
"""Each account that a source gives, with the first source that gives it."""


def account_sources(resources: Iterable[PulumiResource], option: str | None) -> dict[str, AccountSources]:
    """Return the sources of each provider's account, by the provider's URN.

    Args:
        resources: The resources that are checked together.
        option: The account that the pack's config gives.
    """
    by_provider: dict[str, dict[str, str]] = {}
    for resource in resources:
        if resource.type.startswith("aws:"):
            sources = by_provider.setdefault(resource.provider.urn, {})
            for account, source in (*resource.provider.accounts.items(), *_account_of_created(resource)):
                sources.setdefault(account, source)
    if option:
        for sources in by_provider.values():
            sources.setdefault(option, OPTION_SOURCE)
    return dict(by_provider)


def known_account(sources: AccountSources) -> str | None:
    """Return the account that all sources give; None if there is no source, or two disagree."""
    return next(iter(sources)) if len(sources) == 1 else None


def disagreements(by_provider: Mapping[str, AccountSources]) -> list[str]:
    """Return an error for each provider whose sources give different accounts."""
    return [
        f"the stack's own account is {_enumeration(sources)}. Required: one account for each provider. "
        "Fix: correct the wrong source. If the stack deploys to several accounts, set allowedAccountIds in each "
        "provider, and remove the option account of pack-config"
        for sources in by_provider.values()
        if len(sources) > 1
    ]


def _account_of_created(resource: PulumiResource) -> Iterator[tuple[str, str]]:
    """Yield the account in the ARN that AWS gave a resource of the stack, and the source for messages.

    A resource without inputs may be one that the program only reads, such as another account's key. A saved state
    doesn't show the difference.
    """
    if resource.type in OWNED_BY_CALLER and resource.inputs and "arn" not in resource.inputs:
        account = account_in_arn(resource.output("arn"))
        if account:
            yield account, f"the ARN of {resource.name}"


def _enumeration(sources: AccountSources) -> str:
    return " and ".join(f"{account} according to {source}" for account, source in sources.items())
