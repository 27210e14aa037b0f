"""The tokens with which another tenant may assume a role: those that an identity provider issues to other tenants.

A provider writes the tenant into the subject, so no other tenant has a token with it. The rest of the subject, such as
a repository, a branch or an environment, is any name that a tenant chooses.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator

from hipaa_controls import evaluator
from hipaa_controls.access.networks import networks
from hipaa_controls.access.request_space import Caller, Model, Variant
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.text_search import Requirement, Segment, pattern_set
from hipaa_controls.evaluator.patterns import STAR, UNKNOWN, compile_wildcards, names_in_full

# The claims that name the audience and the subject of a token. `amr` distinguishes guests of Cognito from users.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
AUDIENCE_CLAIMS = ("aud", "app_id", "azp", "oaud")
SUBJECT_CLAIMS = ("sub", "user_id", "id")
# Claims that name the tenant, and that only the tenant's tokens have.
# https://docs.github.com/en/actions/reference/security/oidc
# https://docs.gitlab.com/ci/secrets/id_token_authentication/
TENANT_CLAIMS = (
    *("repository_owner", "repository_owner_id", "repository", "repository_id", "enterprise", "enterprise_id"),
    *("namespace_path", "namespace_id", "project_path", "project_id"),
    "email",
)

# How subjects begin, with what ends the name of the tenant, unless it is the last:
# https://docs.github.com/en/actions/reference/security/oidc (the default, and customized subjects)
# https://docs.gitlab.com/ci/secrets/id_token_authentication/
# https://developer.hashicorp.com/terraform/cloud-docs/dynamic-provider-credentials/workload-identity-tokens
# https://buildkite.com/docs/pipelines/security/oidc
# https://www.pulumi.com/docs/administration/access-identity/oidc-provider/
# https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
# https://circleci.com/docs/openid-connect-tokens/
# https://vercel.com/docs/oidc/reference
_SUBJECTS = (
    ("repo:", "/"),
    *(("repository_owner:", ""), ("repository_owner:", ":")),
    *(("repository_owner_id:", ""), ("repository_owner_id:", ":")),
    ("repository:", "/"),
    *(("repository_id:", ""), ("repository_id:", ":")),
    *(("enterprise:", ""), ("enterprise:", ":")),
    *(("enterprise_id:", ""), ("enterprise_id:", ":")),
    ("project_path:", "/"),
    ("organization:", ":"),
    ("pulumi:deploy:org:", ":"),
    ("pulumi:environments:org:", ":"),
    ("system:serviceaccount:", ":"),
    ("org/", "/project/"),
    ("owner:", ":"),
    ("sc://", "/"),
)
# Providers that serve everybody, whose tenants may write any other text into their subjects: GitHub lets them choose
# the claims of a subject, so `environment:prod` is anybody's.
_OF_ALL_TENANTS = (
    *("token.actions.githubusercontent.com", "gitlab.com", "app.terraform.io", "agent.buildkite.com"),
    "api.pulumi.com/oidc",
)
# Providers whose subjects are IDs that they assign.
_OF_ALL_USERS = ("accounts.google.com", "www.amazon.com", "graph.facebook.com", "cognito-identity.amazonaws.com")
_TENANT = Segment("tenant", "outsider", string.ascii_letters + string.digits + "-_.", minimum=1)
_REST = Segment("rest of the subject", "any")
_SUBJECT = Segment("subject", "outsider", minimum=1)
_CLAIM = Segment("claim", "outsider", minimum=1)
_AUDIENCE = Segment("audience", "outsider", minimum=1)


def tokens(provider: str, partition: str, statements: Iterable[evaluator.Statement], claim: str) -> Caller:
    """Return the holders of tokens for another audience, or with the subject of another tenant.

    Args:
        provider: The identity provider, as the policy names it.
        partition: The partition of the role.
        statements: The trust policy. The tenants and audiences that it names in full are not another's.
        claim: `audience` or `subject`.
    """
    prefix = "saml" if ":saml-provider/" in provider else provider.rpartition(":oidc-provider/")[2]
    values = [
        (name.rpartition(":")[2], value)
        for statement in statements
        for condition in statement.conditions
        if (name := condition.key.casefold()).startswith(f"{prefix.casefold()}:")
        for value in condition.values
    ]
    variants = _of_another_audience(prefix, values) if claim == "audience" else _of_another_tenant(prefix, values)
    return Caller(
        f"a token for another {claim}",
        "Federated",
        (provider,),
        {"who": tuple(variants), "network": networks(partition, Scope())},
        absent_prefixes=("aws:principal", "aws:userid", "aws:username", "aws:source", "aws:multifactorauth"),
    )


def _of_another_audience(prefix: str, values: list[tuple[str, str]]) -> Iterator[Variant]:
    spelled = [value for name, value in values if name in AUDIENCE_CLAIMS and names_in_full(value)]
    keys: dict[str, Model] = {f"{prefix}:{name}".casefold(): (_AUDIENCE,) for name in AUDIENCE_CLAIMS}
    yield Variant(keys, (_AUDIENCE,), (Requirement((_AUDIENCE,), pattern_set(spelled), matches=False),))


def _of_another_tenant(prefix: str, values: list[tuple[str, str]]) -> Iterator[Variant]:
    subjects = [value for name, value in values if name in SUBJECT_CLAIMS]
    others = [value for name, value in values if name in TENANT_CLAIMS]
    claims = {f"{prefix}:{name}".casefold() for name, _ in values if name in TENANT_CLAIMS}
    guest: dict[str, Model] = {f"{prefix}:amr".casefold(): ("unauthenticated",)}
    # AWS passes on some of a provider's claims only.
    with_claims: dict[str, Model] = {**guest, **dict.fromkeys(sorted(claims), (_CLAIM,))}
    without_claims: dict[str, Model] = {**guest, **dict.fromkeys(sorted(claims))}
    not_named = Requirement((_CLAIM,), pattern_set(_named_values(others), ignore_case=True), matches=False)
    own = pattern_set(_own_subjects(prefix, subjects), ignore_case=True)
    unknown = {f"{prefix}:{name}".casefold(): (_SUBJECT,) for name in SUBJECT_CLAIMS}
    not_own = Requirement((_SUBJECT,), own, matches=False)
    for keys in (with_claims, without_claims):
        yield Variant({**keys, **unknown}, (_SUBJECT, _CLAIM), (not_own, not_named))
    for start, end in _SUBJECTS:
        tenants = pattern_set(_named_tenants(subjects, start), ignore_case=True)
        template = (start, _TENANT, end, _REST) if end else (start, _TENANT)
        named = {f"{prefix}:{name}".casefold(): template for name in SUBJECT_CLAIMS}
        another = Requirement((_TENANT,), tenants, matches=False)
        for keys in (with_claims, without_claims):
            yield Variant({**keys, **named}, (_TENANT, _REST, _CLAIM), (another, not_named))


def _own_subjects(prefix: str, subjects: Iterable[str]) -> Iterator[str]:
    """Yield patterns of the subjects that only one's own users have, of a form that isn't known."""
    for subject in subjects:
        beginning = _beginning(subject)
        if prefix in _OF_ALL_USERS:
            yield from (subject,) if beginning == subject else ()
        elif prefix in _OF_ALL_TENANTS:
            yield from (compile_wildcards(beginning + "*"),) if _names_tenant(subject) else ()
        elif beginning:
            # A policy that names the beginning of a subject means the subjects of a provider of one's own.
            yield compile_wildcards(beginning + "*")


def _names_tenant(subject: str) -> bool:
    """Return whether a subject has, before any wildcard, a tenant in one of the known forms."""
    beginning = f":{_beginning(subject)}{':' if names_in_full(subject) else ''}"
    return any(re.search(f":{re.escape(start)}[^:/]+[:/]", beginning) for start, _ in _SUBJECTS)


def _named_tenants(subjects: Iterable[str], start: str) -> list[str]:
    """Return the tenants that subjects of a form name in full."""
    form = re.compile(rf"{re.escape(start)}([^*?:/${UNKNOWN}]+)([:/].*)?", re.DOTALL)
    return [match[1] for subject in subjects if (match := form.fullmatch(subject))]


def _named_values(values: Iterable[str]) -> Iterator[str]:
    """Yield patterns of the values that only the tenants have that the claims name in full."""
    for value in values:
        tenant, slash, _ = value.partition("/")
        if slash and names_in_full(tenant):
            yield f"{tenant}/{STAR}"
        elif names_in_full(value):
            yield value


def _beginning(subject: str) -> str:
    """Return the text before the first wildcard, or all of it."""
    return re.split(rf"[*?${UNKNOWN}]", subject)[0]
