"""The requests that callers of one kind can make: what each of their condition keys can contain.

The keys form groups that are independent of each other, such as all about the caller and all about its network.
A group has variants: from the internet, say, or through a VPC endpoint. In a variant each key is absent (None), has
text after a template, whose segments can be chosen, or is an IP address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from hipaa_controls.access.addresses import Addresses
from hipaa_controls.access.text_search import Requirement, Segment, Template

Model: TypeAlias = Template | Addresses | None
PrincipalKind: TypeAlias = Literal["AWS", "Service", "Federated", "CanonicalUser", "Anonymous"]


@dataclass(frozen=True)
class Variant:
    """What the keys of a group can contain together.

    Attributes:
        keys: The model of each key, in lower case. All variants of a group have the same keys.
        segments: The segments of the templates, in an order that is also their order in each template.
        requirements: What the templates must match in addition to what a policy requires.
    """

    keys: Mapping[str, Model]
    segments: tuple[Segment, ...] = ()
    requirements: tuple[Requirement, ...] = ()


@dataclass(frozen=True)
class AccountRange:
    """Accounts that a caller can be in: all but the excluded ones, or some."""

    excluded: frozenset[str] = frozenset()
    only: frozenset[str] | None = None

    def __contains__(self, account: str) -> bool:
        return account not in self.excluded and (self.only is None or account in self.only)


@dataclass(frozen=True)
class Caller:
    """Callers of one kind.

    Attributes:
        description: Such as `a role session`; the text of a witness begins with it.
        principal_kind: The kind as in a Principal element, or "Anonymous".
        principal: The template of the principal's ID, whose segments are those of the group `who`.
        groups: The variants of each group, by its name. The group `who` has the principal.
        absent_prefixes: Starts of condition keys that such a caller never has, in lower case.
        accounts: The accounts that the caller can be in.
    """

    description: str
    principal_kind: PrincipalKind
    principal: Template
    groups: Mapping[str, tuple[Variant, ...]]
    absent_prefixes: tuple[str, ...] = ()
    accounts: AccountRange = AccountRange()
    group_of_key: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        group_of_key = {key: name for name, variants in self.groups.items() for key in variants[0].keys}
        object.__setattr__(self, "group_of_key", group_of_key)

    def never_has(self, key: str) -> bool:
        """Return whether the key is absent from every request of such a caller."""
        if group := self.group_of_key.get(key):
            return all(variant.keys[key] is None for variant in self.groups[group])
        return key.startswith(self.absent_prefixes)

    def some_value(self, key: str) -> str | None:
        """Return a value that the key can have, or None if it is always absent."""
        models = [variant.keys[key] for variant in self.groups.get(self.group_of_key.get(key, ""), ())]
        present = [model for model in models if model is not None]
        if not present:
            return None if self.never_has(key) else "any"
        if isinstance(present[0], Addresses):
            return present[0].example()
        return "".join(part.default if isinstance(part, Segment) else part for part in present[0])
