"""Who takes the application's role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["service", "account", "oidc"]

SERVICE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?", re.ASCII)
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
PROVIDER = re.compile(r"[\w.-]+(/[\w./-]+)?", re.ASCII)
# What each kind needs, and may have besides.
KINDS: dict[str, Kind] = {"service": "service", "account": "account", "oidcProvider": "oidc"}
NEEDED: dict[str, tuple[str, ...]] = {"service": (), "account": (), "oidcProvider": ("audience", "subject")}
OPTIONAL: dict[str, tuple[str, ...]] = {"service": (), "account": ("externalId",), "oidcProvider": ()}
FORMS = {"service": SERVICE, "account": ACCOUNT, "oidcProvider": PROVIDER}


class TrustError(Exception):
    """What is wrong, as the rest of a sentence that the setting's name begins."""


@dataclass(frozen=True)
class Trust:
    """A service of AWS for the account's own resources, an account, or somebody of an identity provider."""

    kind: Kind = "service"
    principal: str = "ecs-tasks.amazonaws.com"
    """A service's name, an account's id, or the URL of an identity provider of the stack's account, without https://"""
    external_id: str | None = None
    """What another account says when it takes the role; needed there."""
    audience: str | None = None
    """Whom an identity provider's tokens are for; needed there."""
    subject: str | None = None
    """Whom they are about, in full; needed there."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Trust:
        """A setting such as {"account": "111122223333", "externalId": "…"}. Raises TrustError."""
        kinds = [each for each in KINDS if each in given]
        if len(kinds) != 1:
            raise TrustError(f"names one of {', '.join(KINDS)}")
        (kind,) = kinds
        known = {kind, *NEEDED[kind], *OPTIONAL[kind]}
        if wrong := [name for name in sorted(known & given.keys()) if not isinstance(given[name], str)]:
            raise TrustError(f"says {wrong[0]}, which is a text, in another way")
        if missing := [name for name in NEEDED[kind] if not given.get(name)]:
            raise TrustError(f"needs {' and '.join(missing)} beside {kind}")
        if given.keys() - known:
            raise TrustError(f"has more than {', '.join(sorted(known))}")
        if not FORMS[kind].fullmatch(given[kind]):
            raise TrustError(f"names no {kind}")
        return cls(
            KINDS[kind],
            given[kind],
            given.get("externalId"),
            given.get("audience"),
            given.get("subject"),
        )
