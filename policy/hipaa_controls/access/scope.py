"""Limits on the callers that are searched for, and the condition keys of an identity."""

from __future__ import annotations

import string
from collections.abc import Collection
from dataclasses import dataclass, replace

from hipaa_controls.access.request_space import Variant
from hipaa_controls.access.text_search import Requirement, Segment, Template, pattern_set

LOWER = string.ascii_lowercase + string.digits + "-"
ACCOUNT = Segment("account", "210987654321", string.digits, length=12)

# Most policies of a stack name the same parties, so they share their callers.
CACHED = 256

# What AWS knows about a caller only if it has an identity.
IDENTITY_KEYS = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:username",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "kms:calleraccount",
)
IDENTITY_PREFIXES = (
    *("aws:principaltag/", "aws:multifactorauth", "aws:tokenissuetime", "aws:sourceidentity", "aws:federatedprovider"),
    "aws:calledvia",
)


@dataclass(frozen=True)
class Scope:
    """Which of the outsiders are looked for.

    Attributes:
        accounts: Accounts that they aren't in.
        organizations: Organizations that they aren't in, without `o-`.
        endpoints: VPC endpoints and VPCs that they don't call through, as in `vpce-0a1b`.
        from_anywhere: Whether they may also call through the VPC endpoints of these accounts and organizations.
        ids: Unique IDs that they don't have, such as that of a role, and other principals that they aren't.
        own_names: Names that their resources don't have.
        networks: CIDR ranges that they don't call from.
        only_accounts: If given, the accounts one of which they are in.
        only_organizations: Likewise, the organizations.
    """

    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    from_anywhere: bool = False
    ids: frozenset[str] = frozenset()
    own_names: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    only_accounts: frozenset[str] | None = None
    only_organizations: frozenset[str] | None = None

    def account(self, segment: Segment) -> tuple[Requirement, ...]:
        """Return what is required of an account."""
        only = self.only_accounts if segment is ACCOUNT else None
        return (
            Requirement((segment,), pattern_set(sorted(self.accounts)), matches=False),
            *([Requirement((segment,), pattern_set(sorted(only)), matches=True)] if only is not None else []),
        )

    def excluded(self, template: Template, texts: Collection[str]) -> tuple[Requirement, ...]:
        patterns = pattern_set(sorted(texts))
        return (Requirement(template, patterns, matches=False),) if texts else ()


def with_optional_keys(variant: Variant) -> tuple[Variant, ...]:
    """Return the variant, and one without the keys that only a few services send: Amazon SNS, and AWS KMS."""
    return variant, replace(variant, keys={**variant.keys, **dict.fromkeys(("aws:sourceowner", "kms:calleraccount"))})
