"""The setting `phi:applicationTrust`: the principal that may assume the application role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PrincipalKind = Literal["service", "account", "oidc"]


@dataclass(frozen=True)
class _Form:
    """One form of the setting, named by the property that holds the principal."""

    kind: PrincipalKind
    pattern: re.Pattern[str]
    meaning: str
    """The values that are valid for the principal, as in "it must be an AWS service principal"."""
    example: Mapping[str, str]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()


_FORMS = {
    "service": _Form(
        "service",
        re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?", re.ASCII),
        "an AWS service principal",
        {"service": "ecs-tasks.amazonaws.com"},
    ),
    "account": _Form(
        "account",
        re.compile(r"\d{12}", re.ASCII),
        "an AWS account ID of 12 digits",
        {"account": "444455556666", "externalId": "acme-external-id"},
        optional=("externalId",),
    ),
    "oidcProvider": _Form(
        "oidc",
        re.compile(r"[\w.-]+(/[\w./-]+)?", re.ASCII),
        "the URL of an identity provider, without https://",
        {
            "oidcProvider": "token.actions.githubusercontent.com",
            "audience": "sts.amazonaws.com",
            "subject": "repo:acme/records:environment:production",
        },
        required=("audience", "subject"),
    ),
}


class ApplicationTrustError(Exception):
    """Raised when the setting is invalid. The message completes a sentence that begins with the setting's name.

    Attributes:
        example: Properties that make a valid setting.
    """

    def __init__(self, problem: str, form: str = "service") -> None:
        super().__init__(problem)
        self.example = _FORMS[form].example


@dataclass(frozen=True)
class ApplicationTrust:
    """The principal that may assume the application role.

    It is an AWS service that acts for the stack's account, an AWS account, or one subject of an OIDC identity provider.
    """

    kind: PrincipalKind = "service"
    principal: str = "ecs-tasks.amazonaws.com"
    """A service principal, an account ID, or the URL of an identity provider in the stack's account (no https://)."""
    external_id: str | None = None
    """The external ID that another account must pass; required for an account other than the stack's own."""
    audience: str | None = None
    """The audience (`aud`) of the identity provider's tokens; required for an identity provider."""
    subject: str | None = None
    """The complete subject (`sub`) of the identity provider's tokens; required for an identity provider."""

    @classmethod
    def from_setting(cls, setting: Mapping[str, Any]) -> ApplicationTrust:
        """Return the trust that a setting such as `{"account": "111122223333", "externalId": "…"}` describes.

        Raises:
            ApplicationTrustError: The setting is invalid. The message contains none of its values.
        """
        names = [name for name in _FORMS if name in setting]
        if len(names) != 1:
            raise ApplicationTrustError(f"must have exactly one of {', '.join(_FORMS)}", *names[:1])
        (name,) = names
        form = _FORMS[name]
        allowed = {name, *form.required, *form.optional}
        not_strings = [key for key in sorted(allowed & setting.keys()) if not isinstance(setting[key], str)]
        if not_strings:
            raise ApplicationTrustError(f"has a value for {not_strings[0]} that isn't a string", name)
        if missing := [key for key in form.required if not setting.get(key)]:
            raise ApplicationTrustError(f"must have {' and '.join(missing)} together with {name}", name)
        if setting.keys() - allowed:
            raise ApplicationTrustError(f"must have no properties other than {', '.join(sorted(allowed))}", name)
        if not form.pattern.fullmatch(setting[name]):
            raise ApplicationTrustError(f"has an invalid {name}; it must be {form.meaning}", name)
        return cls(form.kind, setting[name], setting.get("externalId"), setting.get("audience"), setting.get("subject"))
