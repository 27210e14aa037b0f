"""Random trust policies of roles, and outsiders who might assume the role.

An outsider doesn't know the external ID of a trusted third party, but may send any other. Of an identity provider that
many tenants share, it has a tenant of its own: a GitHub owner, a GitLab group, a Terraform Cloud organization. Whatever
the tenant may call its repositories, branches and environments is the outsider's to choose, so only the tenant's own
name, or its ID, binds a subject. A Kubernetes cluster's subjects are its namespaces' service accounts. Sources:

- https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_common-scenarios_third-party.html (external IDs)
- https://docs.github.com/en/actions/reference/security/oidc (claims of GitHub)
- https://docs.gitlab.com/ci/secrets/id_token_authentication/ (claims of GitLab)
- https://developer.hashicorp.com/terraform/cloud-docs/workspaces/dynamic-provider-credentials/workload-identity-tokens
- https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from hipaa_controls.evaluator import Principal, Request
from tests.policy.access.generator import GeneratedDocument, Statement
from tests.policy.access.outsiders import (
    Keys,
    Literals,
    Outsider,
    Part,
    Standing,
    federated_user,
    role_session,
    root,
    user,
)
from tests.policy.access.parties import ACCOUNT, ORGANIZATION, PARTNER, TRUSTED_ACCOUNT, VENDOR
from tests.policy.access.second_evaluator import CompiledStatement

ROLE = f"arn:aws:iam::{ACCOUNT}:role/deploy"
EXTERNAL_ID = "e7c1-hospital"


@dataclass(frozen=True)
class Provider:
    """An OpenID Connect provider that many tenants share.

    Attributes:
        name: Its name in the ARN of the provider and in condition keys.
        audience: The audience that AWS's or the provider's instructions configure.
        subject: The form of a subject: {tenant}, {name}, {what}.
        subjects: Patterns in policies.
        whats: What may be at the end of a subject.
    """

    name: str
    audience: str
    subject: str
    subjects: tuple[str, ...]
    whats: tuple[str, ...]

    def spelled_tenants(self, patterns: Sequence[str]) -> set[str]:
        """Return the tenants that the patterns name in full."""
        before, after = self.subject.split("{tenant}")
        pattern = re.compile(re.escape(before) + "([^*?:/]+)" + re.escape(after[:1]))
        return {match[1] for text in patterns if (match := pattern.match(text))}


PROVIDERS = (
    Provider(
        "token.actions.githubusercontent.com",
        "sts.amazonaws.com",
        "repo:{tenant}/{name}:{what}",
        (
            *("repo:acme/app:ref:refs/heads/main", "repo:acme/app:*", "repo:acme/*", "repo:acme/app:environment:prod"),
            *("repo:acme/infra-*:ref:refs/heads/main", "repo:acme*", "repo:*/app:*", "repo:*", "repo:*:pull_request"),
            *("repo:*:environment:prod", "repo:*:ref:refs/heads/release", "repo:ac?e/app:*", "*"),
        ),
        ("ref:refs/heads/main", "ref:refs/heads/release", "pull_request", "environment:prod", "ref:refs/tags/v1"),
    ),
    Provider(
        "gitlab.com",
        "https://gitlab.com",
        "project_path:{tenant}/{name}:{what}",
        (
            *("project_path:acme/app:ref_type:branch:ref:main", "project_path:acme/*", "project_path:acme*"),
            *("project_path:*/app:ref_type:branch:ref:main", "project_path:acme/team/app:*"),
        ),
        ("ref_type:branch:ref:main", "ref_type:tag:ref:v1"),
    ),
    Provider(
        "app.terraform.io",
        "aws.workload.identity",
        "organization:{tenant}:project:{name}:workspace:{what}",
        (
            "organization:acme:project:phi:workspace:prod:run_phase:apply",
            "organization:acme:*",
            "organization:*:project:phi:workspace:prod:run_phase:*",
            "organization:acme*:project:*:workspace:*:run_phase:apply",
        ),
        ("prod:run_phase:apply", "dev:run_phase:plan"),
    ),
    Provider(
        "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF",
        "sts.amazonaws.com",
        "system:serviceaccount:{tenant}:{name}",
        (
            *("system:serviceaccount:phi:loader", "system:serviceaccount:phi:*", "system:serviceaccount:*:loader"),
            *("system:serviceaccount:*", "system:serviceaccount:phi*:loader"),
        ),
        ("",),
    ),
)


def generate_role_trust(seed: int) -> GeneratedDocument:
    rng = Random(f"role trust {seed}")
    statements = [_allow(rng) for _ in range(rng.choice((1, 1, 1, 2, 3)))]
    if rng.random() < 0.2:
        statements.append(_deny(rng))
    return GeneratedDocument(seed, "role", {"Version": "2012-10-17", "Statement": statements})


def _allow(rng: Random) -> Statement:
    shape = rng.choice((_for_a_service, _for_an_account, _for_an_account, _for_tokens, _for_tokens, _for_tokens, _saml))
    return {"Effect": "Allow", **shape(rng)}


def _for_a_service(rng: Random) -> Statement:
    statement: Statement = {"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    if rng.random() < 0.5:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    return statement


def _for_an_account(rng: Random) -> Statement:
    trusted = [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/ci", TRUSTED_ACCOUNT]
    foreign = [PARTNER, f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{VENDOR}:role/scan"]
    principal = rng.choice(trusted if rng.random() < 0.3 else foreign)
    condition: dict[str, dict[str, Any]] = {}
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        operator, key, value = rng.choice(
            (
                ("StringEquals", "sts:ExternalId", EXTERNAL_ID),
                ("StringEquals", "sts:ExternalId", EXTERNAL_ID),
                ("StringEquals", "aws:PrincipalOrgID", ORGANIZATION),
                ("StringLike", "sts:ExternalId", rng.choice(("*", "hospital-*", "?*"))),
                ("StringEqualsIfExists", "sts:ExternalId", EXTERNAL_ID),
                ("StringNotEquals", "sts:ExternalId", "none"),
                ("Null", "sts:ExternalId", rng.choice(("true", "false"))),
                ("ForAllValues:StringEquals", "sts:ExternalId", EXTERNAL_ID),
                ("StringEqualsIfExists", "aws:PrincipalOrgID", ORGANIZATION),
                ("Bool", "aws:MultiFactorAuthPresent", "true"),
                ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{PARTNER}:role/*"),
                ("StringLike", "sts:RoleSessionName", "*"),
            )
        )
        condition.setdefault(operator, {})[key] = value
    return {"Principal": {"AWS": principal}, "Action": "sts:AssumeRole"} | (
        {"Condition": condition} if condition else {}
    )


def _for_tokens(rng: Random) -> Statement:
    provider = rng.choices(PROVIDERS, (60, 15, 15, 10))[0]
    subjects = rng.sample(provider.subjects, rng.choice((1, 1, 2)))
    likes = any("*" in subject or "?" in subject for subject in subjects)
    operator = rng.choice(("StringLike", "StringLike", "ForAnyValue:StringLike", "StringLikeIfExists"))
    condition: dict[str, dict[str, Any]] = {"StringEquals": {f"{provider.name}:aud": provider.audience}}
    if rng.random() < 0.9:
        condition.setdefault(operator if likes else "StringEquals", {})[f"{provider.name}:sub"] = subjects
    if provider.name.startswith("token") and rng.random() < 0.25:
        claim, value = rng.choice(
            (("repository_owner_id", "4242"), ("repository_owner", "acme"), ("ref", "refs/heads/main"))
        )
        condition["StringEquals"][f"{provider.name}:{claim}"] = value
    return {
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider.name}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
    }


def _saml(rng: Random) -> Statement:
    audience = "https://signin.aws.amazon.com/saml"
    operator = rng.choice(("StringEquals", "StringEquals", "StringEquals", "StringEqualsIfExists"))
    return {
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"},
        "Action": "sts:AssumeRoleWithSAML",
        "Condition": {operator: {"SAML:aud": rng.choice((audience, audience, [audience, "https://*"]))}},
    }


def _deny(rng: Random) -> Statement:
    perimeter = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    conditions: list[dict[str, Any]] = [
        perimeter,
        {"StringNotEquals": {"sts:ExternalId": EXTERNAL_ID}},
        {"Null": {"sts:ExternalId": "true"}},
        {"StringNotLike": {f"{PROVIDERS[0].name}:sub": "repo:acme/*"}},
        {"Bool": {"aws:SecureTransport": "false"}},
    ]
    action = rng.choice(("sts:AssumeRole", "sts:AssumeRole*", "sts:*"))
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Condition": rng.choice(conditions)}


# Outsiders


def outsiders_of_role(
    generated: GeneratedDocument, statements: Sequence[CompiledStatement], count: int = 400
) -> Iterator[Outsider]:
    rng = Random(f"role outsiders {generated.seed}")
    literals = Literals(generated.document)
    federated = [id_ for kind, id_ in literals.principals if kind == "Federated"]
    for number in range(count):
        if federated and number % 4:
            yield _token(rng, literals, rng.choice(federated))
        else:
            yield _principal(rng, literals)


def _principal(rng: Random, literals: Literals) -> Outsider:
    account = rng.choice([f"5{rng.randrange(10**10):011d}", *literals.accounts])
    name = rng.choice(("scan", "app", "vendor"))
    makers = (role_session(rng, account, "role/", name), user(rng, account, "user/", name), root(account))
    caller: Part = rng.choice((*makers, federated_user(account, name)))
    assert caller.principal is not None
    keys: Keys = {**caller.keys, "aws:SourceIp": ["81.2.69.160"], "aws:SecureTransport": ["true"]}
    keys |= rng.choice(({}, {"aws:PrincipalOrgID": ["o-zeta000001"]}))
    patterns = [text for text in literals.values("sts:ExternalId") if "*" in text]
    guesses = ["zeta", *(text.replace("*", "zeta").replace("?", "z") for text in patterns)]
    keys |= rng.choice(({}, {"sts:ExternalId": [rng.choice(guesses)]}))
    keys |= {"sts:RoleSessionName": ["zeta"]}
    if caller.keys["aws:PrincipalType"] != ["Account"]:
        keys |= rng.choice(({}, {"aws:MultiFactorAuthPresent": [rng.choice(("true", "false"))]}))
    standing = Standing.NAMED if account in literals.accounts else Standing.STRANGER
    return Outsider(standing, _request("sts:AssumeRole", caller.principal, keys))


def _token(rng: Random, literals: Literals, provider_arn: str) -> Outsider:
    principal = Principal("Federated", provider_arn)
    if ":saml-provider/" in provider_arn:
        keys = {"SAML:aud": ["https://other.example/saml"], "SAML:sub": ["zeta"]}
        return Outsider(Standing.STRANGER, _request("sts:AssumeRoleWithSAML", principal, keys))
    provider = next(provider for provider in PROVIDERS if provider_arn.endswith(f"/{provider.name}"))
    patterns = literals.values(f"{provider.name}:sub")
    spelled = provider.spelled_tenants(patterns)
    words = [word for text in patterns for word in re.split(r"[:/*?]+", text) if word]
    tenants = ["zeta", *(f"{word}-zeta" for word in words), *(re.sub(r"\?", "z", word) for word in _parts(patterns))]
    tenants = [
        tenant for tenant in tenants if re.fullmatch(r"[A-Za-z0-9-]+", tenant) and tenant not in {*spelled, "acme"}
    ]
    names = ["zeta", *(word for word in words if re.fullmatch(r"[a-z-]+", word)), "infra-zeta"]
    tenant, name = rng.choice(tenants), rng.choice(names)
    what = rng.choice(provider.whats)
    subject = provider.subject.format(tenant=tenant, name=name, what=what)
    claims = {"sub": [subject], "aud": [rng.choice((provider.audience, provider.audience, "https://zeta.example"))]}
    if provider.name.startswith("token"):
        owner_id, ref = str(rng.randrange(10**7, 10**8)), what.removeprefix("ref:")
        claims |= {"repository_owner": [tenant], "repository_owner_id": [owner_id], "repository": [f"{tenant}/{name}"]}
        claims |= {"ref": [ref]} if ref.startswith("refs/") else {}
    keys = {f"{provider.name}:{claim}": values for claim, values in claims.items()}
    return Outsider(Standing.STRANGER, _request("sts:AssumeRoleWithWebIdentity", principal, keys))


def _parts(patterns: Sequence[str]) -> list[str]:
    return [word for text in patterns for word in re.split(r"[:/]", text) if "?" in word and "*" not in word]


def _request(action: str, principal: Principal, keys: Keys) -> Request:
    return Request(action, ROLE, principal, keys, context_is_complete=True)
