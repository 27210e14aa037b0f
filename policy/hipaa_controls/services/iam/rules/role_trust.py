"""Checks of trust policies: who may assume a role."""

from __future__ import annotations

from collections.abc import Iterator

from hipaa_controls import evaluator
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import Allowed, ParsedPolicy, Undetermined, may_allow, parse_resource_policy
from hipaa_controls.access.policy_size import TRUST_POLICY
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.verdict import Finding, failed, unverified, worst_finding
from hipaa_controls.services.iam.facts import IamRole

# The claims in which identity providers name a token's audience and its subject:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
AUDIENCE_CLAIMS = ("aud", "app_id")
SUBJECT_CLAIMS = ("sub", "user_id", "id")
FOREIGN = "foreign"
FOREIGN_ORGANIZATION = "o-0000000000"
# Subjects of another tenant, in the formats of identity providers that many tenants share.
FOREIGN_SUBJECTS = (
    "foreign",
    "repo:foreign/foreign:ref:refs/heads/main",
    "project_path:foreign/foreign:ref_type:branch:ref:main",
    "organization:foreign:project:foreign:workspace:foreign:run_phase:apply",
    "pulumi:deploy:org:foreign:project:foreign:stack:foreign:operation:update",
    "system:serviceaccount:foreign:foreign",
)


def role_trust_policy(role: IamRole, context: RuleContext) -> Finding:
    parsed = parse_resource_policy(role.trust_policy, TRUST_POLICY)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    trusted = TrustedParties.from_options(context.options, role.location, role.resource)
    return worst_finding(
        _findings(parsed, trusted), "each principal is named, and external principals are bound by conditions"
    )


def _findings(parsed: ParsedPolicy, trusted: TrustedParties) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        label = f"statement {statement.position}"
        names_everyone = statement.not_principals or ("AWS", "*") in (statement.principals or ())
        if statement.effect == "Allow" and names_everyone:
            yield failed(f"{label} grants access to any principal")
            continue
        for principal_type, principal in statement.principals or ():
            if principal_type == "Federated":
                yield from _federated_findings(parsed, principal, label)
            elif principal_type != "Service" and not trusted.trusts(evaluator.account_of(principal)):
                yield from _external_findings(parsed, principal, label, trusted)


def _external_findings(parsed: ParsedPolicy, principal: str, label: str, trusted: TrustedParties) -> Iterator[Finding]:
    """Yield a finding where a principal of another account may assume the role without being bound.

    The request has the binding keys absent or set to foreign values, and leaves every other key unspecified: if it is
    still allowed, nothing else binds the principal.
    """
    text = f"{label} grants access to another account without sts:ExternalId or an organization"
    for external_id in (None, FOREIGN):
        context = {
            "sts:ExternalId": external_id,
            "aws:PrincipalOrgID": FOREIGN_ORGANIZATION,
            "aws:PrincipalOrgPaths": f"{FOREIGN_ORGANIZATION}/r-0000/",
        }
        request = evaluator.Request("sts:AssumeRole", evaluator.ANY, evaluator.Principal("AWS", principal), context)
        match may_allow(parsed, request):
            case Undetermined(unknowns):
                yield unverified(*unknowns)
            case Allowed():
                yield trusted.untrusted_finding(evaluator.account_of(principal), text)


def _federated_findings(parsed: ParsedPolicy, provider: str, label: str) -> Iterator[Finding]:
    """Yield a finding where a token for another audience or subject may assume the role.

    A SAML assertion itself names the roles that its subject may assume, so its audience is enough:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_create_saml_assertions.html
    """
    is_saml = ":saml-provider/" in provider
    prefix = "saml" if is_saml else provider.rpartition(":oidc-provider/")[2]
    action = "sts:AssumeRoleWithSAML" if is_saml else "sts:AssumeRoleWithWebIdentity"
    foreign_contexts: dict[str, list[dict[str, str]]] = {
        "audience": [{f"{prefix}:{claim}": FOREIGN for claim in AUDIENCE_CLAIMS}],
        "subject": [] if is_saml else [_subject_context(prefix, subject) for subject in FOREIGN_SUBJECTS],
    }
    for claim, contexts in foreign_contexts.items():
        for context in contexts:
            request = evaluator.Request(action, evaluator.ANY, evaluator.Principal("Federated", provider), context)
            match may_allow(parsed, request):
                case Undetermined(unknowns):
                    yield unverified(*unknowns)
                case Allowed():
                    yield failed(f"{label} grants access to an identity provider's tokens of any {claim}")


def _subject_context(prefix: str, subject: str) -> dict[str, str]:
    """Return the condition keys of a token. Cognito also issues tokens to guests, who aren't authenticated."""
    return {f"{prefix}:{claim}": subject for claim in SUBJECT_CLAIMS} | {f"{prefix}:amr": "unauthenticated"}
