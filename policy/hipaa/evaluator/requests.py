"""What asks, for what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType
from typing import Literal

from hipaa.evaluator.patterns import ANY, UNKNOWN


@dataclass(frozen=True)
class Principal:
    """What makes a request.

    kind: as in a Principal element, or "Anonymous"; "Anyone" is ANYONE's own.
    id: an ARN, a service's or an identity provider's name, a canonical user id; may hold ANY. A role's ARN stands for
        every session of that role.
    account: 12 digits, ANY, or None when it is the one in the ARN or there is none.
    """

    kind: Literal["AWS", "Service", "Federated", "CanonicalUser", "Anonymous", "Anyone"]
    id: str = ""
    account: str | None = None


ANYONE = Principal("Anyone", ANY, ANY)
"""Every principal at once, anonymous callers included: only a statement for everyone surely matches it."""


class Unspecified(Enum):
    """What `Request.look` answers for a key that may be absent or have any value."""

    UNSPECIFIED = "open"


@dataclass(frozen=True)
class Request:
    """A request, or every request of a kind.

    action: such as "s3:GetObject"; resource: an ARN; both may hold ANY.
    context: condition keys, in any case, with their values, which may hold ANY; None for a key that is surely absent.
    closed: whether a key that `context` lacks is absent. Otherwise it is open: absent, or of any value.
    Raises ValueError when two keys differ only in case.
    """

    action: str
    resource: str
    principal: Principal
    context: Mapping[str, Sequence[str] | None]
    context_is_complete: bool = False

    def __post_init__(self) -> None:
        context = {
            key.casefold(): None
            if not values and values != ""
            else (values,)
            if isinstance(values, str)
            else tuple(values)
            for key, values in self.context.items()
        }
        if len(context) != len(self.context):
            raise ValueError("two condition keys of a request differ only in case")
        object.__setattr__(self, "context", MappingProxyType(context))

    def get(self, key: str) -> Sequence[str] | Unspecified | None:
        """The values of a condition key; None when it is absent."""
        return self.context.get(key.casefold(), None if self.context_is_complete else Unspecified.UNSPECIFIED)

    def variable_value(self, key: str) -> str | None:
        """What `${key}` stands for, None when the key is absent, with UNKNOWN for what is open.

        UNKNOWN too for an empty string or several values: AWS doesn't say what those do.
        """
        values = self.get(key)
        if values is None:
            return None
        return (values[0].replace(ANY, UNKNOWN) if values is not Unspecified.UNSPECIFIED and len(values) == 1 else "") or UNKNOWN
