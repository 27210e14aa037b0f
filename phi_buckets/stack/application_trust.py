"""The setting `phi:applicationTrust`: the principal that may assume the application role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

PrincipalKind = Literal["service", "account", "oidc"]


@dataclass(frozen=True)
class TrustedService:
    """What an AWS service needs in the trust policy of a role that it assumes for an application."""

    session_actions: tuple[str, ...] = ()
    """The actions of STS that it calls in addition to `sts:AssumeRole`."""
    sends_account: bool = True
    """Whether it sends the account that it acts for, as `aws:SourceAccount`."""
    needs_instance_profile: bool = False


# EC2 doesn't pass aws:SourceAccount when it assumes a role for an instance, so a condition on it would deny every
# instance (https://github.com/prowler-cloud/prowler/issues/2810). iam:PassRole restricts the role instead: it controls
# who may give the role to an instance, within the account only.
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/iam-roles-for-amazon-ec2.html#ec2-instance-profile
_EC2 = TrustedService(sends_account=False, needs_instance_profile=True)

ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
SERVICES = {
    # https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
    "ecs-tasks.amazonaws.com": TrustedService(),
    "ec2.amazonaws.com": _EC2,
    "ec2.amazonaws.com.cn": _EC2,
    # https://docs.aws.amazon.com/lambda/latest/dg/permissions-managed-policies.html
    "lambda.amazonaws.com": TrustedService(),
    # https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
    "pods.eks.amazonaws.com": TrustedService(("sts:TagSession",)),
    # It is bound to a trust anchor: https://docs.aws.amazon.com/rolesanywhere/latest/userguide/trust-model.html
    ROLES_ANYWHERE: TrustedService(("sts:SetSourceIdentity", "sts:TagSession"), sends_account=False),
    # https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
    "codebuild.amazonaws.com": TrustedService(),
    # https://docs.aws.amazon.com/sagemaker/latest/dg/security-confused-deputy-prevention.html
    "sagemaker.amazonaws.com": TrustedService(),
    # https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
    "states.amazonaws.com": TrustedService(),
    # https://docs.aws.amazon.com/transfer/latest/userguide/confused-deputy.html
    "transfer.amazonaws.com": TrustedService(),
}
"""The services that can assume the application role, each with the page of AWS that shows its trust policy."""


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
        re.compile("|".join(map(re.escape, SERVICES))),
        f"one of {', '.join(SERVICES)}",
        {"service": "ecs-tasks.amazonaws.com"},
        optional=("trustAnchor",),
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


# A condition compares `*` literally, and replaces a policy variable such as `${sts:ExternalId}` by what the caller
# sends.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
_LITERAL = re.compile(r"[^*$]+")
# STS accepts no other: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
_VALUES = {
    "externalId": (_EXTERNAL_ID, "2 to 1224 letters, digits and characters of _+=,.@:/-"),
    "audience": (_LITERAL, "the complete audience, without * and $"),
    "subject": (_LITERAL, "the complete subject, without * and $"),
}
"""What the other values of a principal must match, and what is valid, as in "it must be …"."""

TRUST_ANCHOR = re.compile(r"arn:aws[\w-]*:rolesanywhere:[a-z0-9-]+:\d{12}:trust-anchor/[\w-]+", re.ASCII)
TRUST_ANCHOR_EXAMPLE = {
    "service": ROLES_ANYWHERE,
    "trustAnchor": "arn:aws:rolesanywhere:us-east-1:111122223333:trust-anchor/00000000-0000-0000-0000-000000000000",
}


class ApplicationTrustError(Exception):
    """Raised when the setting is invalid. The message completes a sentence that begins with the setting's name.

    Attributes:
        example: Properties that make a valid setting.
    """

    def __init__(self, problem: str, form: str = "service", *, example: Mapping[str, str] | None = None) -> None:
        super().__init__(problem)
        self.example = example or _FORMS[form].example


@dataclass(frozen=True)
class ApplicationTrust:
    """The principal that may assume the application role.

    It is an AWS service that acts for the stack's account, an AWS account, or one subject of an OIDC identity provider.
    """

    kind: PrincipalKind = "service"
    principal: str = "ecs-tasks.amazonaws.com"
    """A service principal, an account ID, or the URL of an identity provider in the stack's account (no https://)."""
    trust_anchor: str | None = None
    """The ARN of the trust anchor of IAM Roles Anywhere whose certificates are accepted; required for that service."""
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
        for key, (pattern, meaning) in _VALUES.items():
            if setting.get(key) and not pattern.fullmatch(setting[key]):
                raise ApplicationTrustError(f"has an invalid {key}; it must be {meaning}", name)
        if name == "service":
            _check_trust_anchor(setting)
        return cls(
            form.kind,
            setting[name],
            setting.get("trustAnchor"),
            setting.get("externalId"),
            setting.get("audience"),
            setting.get("subject"),
        )


def _check_trust_anchor(setting: Mapping[str, Any]) -> None:
    """Check that a service has a trust anchor if, and only if, it is IAM Roles Anywhere.

    Any certificate of any trust anchor in the account could assume the role otherwise.
    """
    anchor = setting.get("trustAnchor")
    if setting["service"] != ROLES_ANYWHERE:
        if anchor is not None:
            raise ApplicationTrustError(f"must have trustAnchor only together with the service {ROLES_ANYWHERE}")
    elif anchor is None:
        raise ApplicationTrustError(
            f"must have trustAnchor together with the service {ROLES_ANYWHERE}", example=TRUST_ANCHOR_EXAMPLE
        )
    elif not TRUST_ANCHOR.fullmatch(anchor):
        raise ApplicationTrustError(
            "has an invalid trustAnchor; it must be the ARN of a trust anchor of IAM Roles Anywhere",
            example=TRUST_ANCHOR_EXAMPLE,
        )
