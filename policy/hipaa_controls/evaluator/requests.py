"""Requests, which may be symbolic, and the principals that make them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

from hipaa_controls.evaluator.patterns import ANY, UNKNOWN


@dataclass(frozen=True)
class Principal:
    """The principal that makes a request.

    Attributes:
        kind: The kind as in a Principal element, or "Anonymous". Only `ANYONE` has the kind "Anyone".
        id: An ARN, the name of a service or an identity provider, or a canonical user ID; may contain ANY. A role's ARN
            stands for every session of that role.
        account: 12 digits, or ANY; None if the ARN contains the account or the principal has none.
    """

    kind: Literal["AWS", "Service", "Federated", "CanonicalUser", "Anonymous", "Anyone"]
    id: str = ""
    account: str | None = None


ANYONE = Principal("Anyone", ANY, ANY)
"""Every principal, anonymous callers included. Only a statement for everyone is certain to match it."""


class Unspecified(Enum):
    """The result of `Request.get` for a condition key that may be absent or have any value."""

    UNSPECIFIED = "unspecified"


@dataclass(frozen=True)
class Request:
    """A request, or a symbolic one that stands for every request of a kind.

    Attributes:
        action: Such as "s3:GetObject"; may contain ANY.
        resource: An ARN; may contain ANY.
        principal: The caller.
        context: The condition keys, in any case, with their values, which may contain ANY. None stands for a key that
            is certainly absent.
        context_is_complete: Whether a key that `context` lacks is absent. Otherwise it is unspecified.

    Raises:
        ValueError: Two condition keys differ only in case.
    """

    action: str
    resource: str
    principal: Principal
    context: Mapping[str, Sequence[str] | None]
    context_is_complete: bool = False

    def __post_init__(self) -> None:
        context = {key.casefold(): _normalize_values(values) for key, values in self.context.items()}
        if len(context) != len(self.context):
            raise ValueError("two condition keys of a request differ only in case")
        object.__setattr__(self, "context", MappingProxyType(context))

    def get(self, key: str) -> Sequence[str] | Unspecified | None:
        """Return the values of a condition key, or None if it is absent."""
        return self.context.get(key.casefold(), None if self.context_is_complete else Unspecified.UNSPECIFIED)

    def variable_value(self, key: str) -> str | None:
        """Return the text that `${key}` stands for, or None if the key is absent.

        UNKNOWN stands for what isn't specified. An empty string and several values are UNKNOWN too, because AWS
        doesn't document what the variable stands for then.
        """
        values = self.get(key)
        if values is None:
            return None
        if values is Unspecified.UNSPECIFIED or len(values) != 1:
            return UNKNOWN
        return values[0].replace(ANY, UNKNOWN) or UNKNOWN


def _normalize_values(values: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the values as a tuple, a single string as one value, and no values as None."""
    if isinstance(values, str):
        return (values,)
    return tuple(values) if values else None
