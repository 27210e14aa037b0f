"""Documents with a known verdict: those that once passed although they let a stranger in, and those once refused.

Each kind of outsider also has a document that only that kind gets into. Elsewhere another kind gets in as well, so a
search that has lost a kind would go unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hipaa_controls.evaluator import Request
from tests.policy.access.documents import (
    AUDIENCES,
    CLOUDTRAIL,
    CLUSTER,
    EVERYONE,
    FAIL,
    GITHUB,
    GITLAB,
    PARTNER_ROOT,
    PASS,
    RESOURCES,
    SIGNED_BY_NO_SERVICE,
    TERRAFORM,
    UNVERIFIED,
    allow,
    deny,
    findings_for,
    generated,
    protect,
    statuses_for,
    trust,
    trust_status,
    trust_tokens,
)
from tests.policy.access.generator import Statement
from tests.policy.access.harness import EXTERNAL, FAMILIES, PUBLIC, SERVICES, TAMPERING
from tests.policy.access.parties import (
    ACCOUNT,
    ORGANIZATION,
    OTHER_ENDPOINT,
    OTHER_NETWORKS,
    OTHER_ROLE_ID,
    OTHER_VPC,
    OWN_ENDPOINT,
    OWN_NETWORKS,
    OWN_ROLE_ID,
    OWN_VPC,
    PARTNER,
    PARTNER_ORGANIZATION,
)
from tests.policy.access.role_trusts import EXTERNAL_ID
from tests.policy.access.second_evaluator import allows, compile_document

# A named account or organization, narrowed in one more way

NARROWED_PARTNERS = {
    "from its office": [allow({"AWS": PARTNER}, IpAddress={"aws:SourceIp": "198.51.100.0/24"})],
    "bare": [allow({"AWS": PARTNER})],
    "some of its roles": [allow(PARTNER_ROOT, ArnLike={"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/etl-*"})],
    "in its organization": [allow(PARTNER_ROOT, StringEquals={"aws:PrincipalOrgID": PARTNER_ORGANIZATION})],
    "from an endpoint": [allow(PARTNER_ROOT, StringEquals={"aws:SourceVpce": OTHER_ENDPOINT})],
    "by its role's ARN": [allow(EVERYONE, ArnEquals={"aws:PrincipalArn": f"arn:aws:iam::{PARTNER}:role/vendor"})],
    "by its organization's path": [
        allow(EVERYONE, ForAnyValue__StringLike={"aws:PrincipalOrgPaths": f"{PARTNER_ORGANIZATION}/*"})
    ],
    "not its root": [allow(PARTNER_ROOT), deny(ArnLike={"aws:PrincipalArn": "arn:aws:iam::*:root"})],
}


@pytest.mark.parametrize("kind", ["key", "topic"])
def test_external_principals_path_of_another_organization_fails_for_every_resource(kind: str) -> None:
    paths = {"aws:PrincipalOrgPaths": f"{PARTNER_ORGANIZATION}/*"}
    assert statuses_for(allow(EVERYONE, kind, ForAnyValue__StringLike=paths), kind=kind)[EXTERNAL] is FAIL


@pytest.mark.parametrize("kind", RESOURCES)
def test_services_for_path_of_another_organization_fails(kind: str) -> None:
    paths = {"aws:SourceOrgPaths": f"{PARTNER_ORGANIZATION}/*"}
    service = {"Service": "cloudtrail.amazonaws.com"}
    assert statuses_for(allow(service, kind, ForAnyValue__StringLike=paths), kind=kind)[SERVICES] is FAIL


def test_external_principals_key_for_another_account_fails() -> None:
    statement = allow({"AWS": PARTNER}, "key") | {"Action": "kms:*", "Resource": "*"}
    assert statuses_for(statement, kind="key")[EXTERNAL] is FAIL


# Everyone, behind a condition that doesn't keep anybody out

OPEN_TO_EVERYONE = {
    "half of IPv4": allow(EVERYONE, IpAddress={"aws:SourceIp": "0.0.0.0/1"}),
    "a sixteenth of IPv4": allow(EVERYONE, IpAddress={"aws:SourceIp": "16.0.0.0/4"}),
    "all of IPv6": allow(EVERYONE, IpAddress={"aws:SourceIp": "2000::/3"}),
    "private addresses": allow(EVERYONE, IpAddress={"aws:VpcSourceIp": "10.0.0.0/8"}),
    "an endpoint if any": allow(EVERYONE, StringEqualsIfExists={"aws:SourceVpce": "vpce-0a"}, **SIGNED_BY_NO_SERVICE),
    "no endpoint": allow(EVERYONE, Null={"aws:SourceVpce": "true"}, **SIGNED_BY_NO_SERVICE),
    "all of no endpoints": allow(
        EVERYONE, ForAllValues__StringEquals={"aws:SourceVpce": OWN_ENDPOINT}, **SIGNED_BY_NO_SERVICE
    ),
    "all of no organizations": allow(
        EVERYONE, ForAllValues__StringLike={"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"}, **SIGNED_BY_NO_SERVICE
    ),
    "an access point if any": allow(EVERYONE, StringEqualsIfExists={"s3:DataAccessPointAccount": ACCOUNT}),
}
OPEN_TO_STRANGERS = {
    "a range of /8": allow(EVERYONE, IpAddress={"aws:SourceIp": "3.0.0.0/8"}),
    "IDs of users": allow(EVERYONE, StringLike={"aws:userid": "AIDA*"}),
    "names of sessions": allow(EVERYONE, StringLike={"aws:userid": "*:admin"}),
    "some accounts": allow(EVERYONE, StringLike={"aws:PrincipalAccount": "7777*"}),
    "roles of some accounts": allow(EVERYONE, ArnLike={"aws:PrincipalArn": "arn:aws:iam::7777*:role/*"}),
}
PROBES = {
    "nothing": (),
    "a documentation range": (deny(IpAddress={"aws:SourceIp": "203.0.113.0/24"}),),
    "a VPC of zeros": (deny(StringEquals={"aws:SourceVpc": "vpc-00000000000000000"}),),
    "an organization of zeros": (deny(StringEquals={"aws:PrincipalOrgID": "o-0000000000"}),),
    "an account of zeros": (deny(StringEquals={"aws:PrincipalAccount": "000000000000"}),),
}


@pytest.mark.parametrize("denied", PROBES)
@pytest.mark.parametrize("name", OPEN_TO_EVERYONE)
def test_public_access_open_condition_fails_whatever_is_denied(name: str, denied: str) -> None:
    assert statuses_for(OPEN_TO_EVERYONE[name], *PROBES[denied])[PUBLIC] is FAIL


@pytest.mark.parametrize("denied", PROBES)
@pytest.mark.parametrize("name", OPEN_TO_STRANGERS)
def test_public_or_external_pattern_that_strangers_match_fails_whatever_is_denied(name: str, denied: str) -> None:
    statuses = statuses_for(OPEN_TO_STRANGERS[name], *PROBES[denied])
    assert FAIL in (statuses[PUBLIC], statuses[EXTERNAL])


@pytest.mark.parametrize("denied", PROBES)
@pytest.mark.parametrize("name", NARROWED_PARTNERS)
def test_external_principals_narrowed_partner_fails_whatever_is_denied(name: str, denied: str) -> None:
    assert statuses_for(*NARROWED_PARTNERS[name], *PROBES[denied])[EXTERNAL] is FAIL


def test_external_principals_range_of_8_bits_fails() -> None:
    assert statuses_for(OPEN_TO_STRANGERS["a range of /8"])[EXTERNAL] is FAIL


def test_public_access_second_statement_is_the_one_named() -> None:
    root = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    finding = findings_for(allow(root, "key"), allow(EVERYONE, "key"), kind="key")[PUBLIC]
    assert finding.status is FAIL
    assert "statement 2" in finding.text
    assert "statement 1" not in finding.text


# What only its holder has: its own, or nobody knows whose

HELD = {
    "endpoint": ("StringEquals", "aws:SourceVpce", OWN_ENDPOINT, OTHER_ENDPOINT),
    "VPC": ("StringEquals", "aws:SourceVpc", OWN_VPC, OTHER_VPC),
    "network": ("IpAddress", "aws:SourceIp", OWN_NETWORKS[0], OTHER_NETWORKS[0]),
    "IPv6 network": ("IpAddress", "aws:SourceIp", OWN_NETWORKS[1], "2001:db8:ffff::/48"),
    "role": ("StringLike", "aws:userid", f"{OWN_ROLE_ID}:*", f"{OTHER_ROLE_ID}:*"),
}


@pytest.mark.parametrize("name", HELD)
def test_everyone_bound_to_what_the_config_lists_passes(name: str) -> None:
    operator, key, own, _ = HELD[name]
    condition: dict[str, Any] = {operator: {key: own}}
    assert set(statuses_for(allow(EVERYONE, **condition)).values()) == {PASS}


@pytest.mark.parametrize("name", HELD)
def test_everyone_bound_to_what_nobody_placed_is_unverified(name: str) -> None:
    operator, key, _, other = HELD[name]
    condition: dict[str, Any] = {operator: {key: other}}
    statuses = set(statuses_for(allow(EVERYONE, **condition)).values())
    assert UNVERIFIED in statuses
    assert FAIL not in statuses


# Right documents

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/phi"
RIGHT_DOCUMENTS: dict[str, tuple[str, list[Statement]]] = {
    "the resource's organization": (
        "bucket",
        [allow(EVERYONE, StringEquals={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"})],
    ),
    "the resource's account": (
        "bucket",
        [allow(EVERYONE, StringEquals={"aws:PrincipalAccount": "${aws:ResourceAccount}"})],
    ),
    "the resource's account as a source": (
        "bucket",
        [allow(CLOUDTRAIL, StringEquals={"aws:SourceAccount": "${aws:ResourceAccount}"})],
    ),
    "a Deny of other organizations": (
        "bucket",
        [
            allow(PARTNER_ROOT),
            deny(
                StringNotEqualsIfExists={"aws:PrincipalOrgID": "${aws:ResourceOrgID}"},
                BoolIfExists={"aws:PrincipalIsAWSService": "false"},
            ),
        ],
    ),
    "a trusted source organization": (
        "bucket",
        [allow(EVERYONE, StringEquals={"aws:SourceOrgID": ORGANIZATION})],
    ),
    "a trusted source organization of a service": (
        "bucket",
        [allow(CLOUDTRAIL, StringEquals={"aws:SourceOrgID": ORGANIZATION})],
    ),
    "CloudTrail's key": (
        "key",
        [
            allow(
                CLOUDTRAIL,
                "key",
                StringEquals={"aws:SourceArn": TRAIL},
                StringLike={"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
            )
            | {"Action": "kms:GenerateDataKey*"}
        ],
    ),
    "CloudTrail's key, by its encryption context": (
        "key",
        [
            allow(
                CLOUDTRAIL,
                "key",
                StringLike={"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
            )
            | {"Action": "kms:GenerateDataKey*"}
        ],
    ),
    "CloudWatch Logs' key": (
        "key",
        [
            allow(
                {"Service": "logs.us-east-1.amazonaws.com"},
                "key",
                ArnLike={"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:*"},
            )
        ],
    ),
    "an AWS managed key": (
        "key",
        [
            allow(
                EVERYONE,
                "key",
                StringEquals={"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT},
            )
        ],
    ),
    "the account's own identity provider": (
        "bucket",
        [allow({"Federated": f"arn:aws:iam::{ACCOUNT}:saml-provider/idp"})],
    ),
    "an access point of the account": (
        "bucket",
        [allow(EVERYONE, StringEquals={"s3:DataAccessPointAccount": ACCOUNT})],
    ),
    "a path of the organization": (
        "bucket",
        [allow(EVERYONE, ForAnyValue__StringLike={"aws:PrincipalOrgPaths": f"{ORGANIZATION}/*"})],
    ),
}


@pytest.mark.parametrize("name", RIGHT_DOCUMENTS)
def test_right_document_passes(name: str) -> None:
    kind, statements = RIGHT_DOCUMENTS[name]
    assert set(statuses_for(*statements, kind=kind).values()) == {PASS}


# Trust policies of roles

OPEN_SUBJECTS = [
    *((GITHUB, subject) for subject in ("repo:acme*", "repo:*/app:*", "repo:*:pull_request", "repo:*", "*")),
    *((GITHUB, subject) for subject in ("repo:*:environment:prod", "repo:*:ref:refs/heads/release", "repo:ac?e/*")),
    *((GITLAB, subject) for subject in ("project_path:acme*", "project_path:*/app:ref_type:branch:ref:main")),
    (TERRAFORM, "organization:acme*:project:phi:workspace:prod:run_phase:apply"),
    (TERRAFORM, "organization:*:project:phi:workspace:prod:run_phase:*"),
    (CLUSTER, "system:serviceaccount:*:loader"),
    (CLUSTER, "system:serviceaccount:*"),
]
BOUND_SUBJECTS = [
    *((GITHUB, subject) for subject in ("repo:acme/app:ref:refs/heads/main", "repo:acme/app:*", "repo:acme/*")),
    (GITLAB, "project_path:acme/app:ref_type:branch:ref:main"),
    (TERRAFORM, "organization:acme:project:phi:workspace:*:run_phase:*"),
    (CLUSTER, "system:serviceaccount:phi:loader"),
]


@pytest.mark.parametrize(("provider", "subject"), OPEN_SUBJECTS)
def test_role_trust_subject_of_other_tenants_fails(provider: str, subject: str) -> None:
    assert trust_status(trust_tokens(provider, subject)) is FAIL


@pytest.mark.parametrize(("provider", "subject"), BOUND_SUBJECTS)
def test_role_trust_subject_of_one_tenant_passes(provider: str, subject: str) -> None:
    assert trust_status(trust_tokens(provider, subject)) is PASS


@pytest.mark.parametrize("provider", AUDIENCES)
def test_role_trust_without_subject_fails(provider: str) -> None:
    assert trust_status(trust_tokens(provider, None)) is FAIL


@pytest.mark.parametrize("claim", ["repository_owner_id", "repository_id"])
@pytest.mark.parametrize("subject", [None, "repo:*:ref:refs/heads/main"])
def test_role_trust_github_bound_by_id_passes(claim: str, subject: str | None) -> None:
    assert trust_status(trust_tokens(GITHUB, subject, **{claim: "4242"})) is PASS


def test_role_trust_every_service_fails() -> None:
    assert trust_status(trust({"Service": "*"})) is FAIL


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"StringLike": {"sts:ExternalId": "*"}},
        {"StringLike": {"sts:ExternalId": "hospital-*"}},
        {"StringEqualsIfExists": {"sts:ExternalId": EXTERNAL_ID}},
        {"ForAllValues:StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        {"StringNotEquals": {"sts:ExternalId": "none"}},
        {"Null": {"sts:ExternalId": "false"}},
    ],
)
def test_role_trust_partner_without_a_secret_external_id_fails(condition: dict[str, Any]) -> None:
    assert trust_status(trust(PARTNER_ROOT, **condition)) is FAIL


def test_role_trust_partner_with_an_external_id_passes() -> None:
    assert trust_status(trust(PARTNER_ROOT, StringEquals={"sts:ExternalId": EXTERNAL_ID})) is PASS


def test_role_trust_partner_beside_a_deny_of_other_organizations_passes() -> None:
    perimeter = {
        "StringNotEqualsIfExists": {"aws:PrincipalOrgID": ORGANIZATION},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    denied = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole", "Condition": perimeter}
    assert trust_status(trust(PARTNER_ROOT), denied) is PASS


# Tamper protection

BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
SPARED: dict[str, dict[str, Any]] = {
    "the root user, by its ID": {"StringNotLike": {"aws:userid": ["AROAX0000000000000001:*", ACCOUNT]}},
    "the root user, by its ARN": {"ArnNotLike": {"aws:PrincipalArn": [BREAK_GLASS, f"arn:aws:iam::{ACCOUNT}:root"]}},
    "users, by their IDs": {"StringNotLike": {"aws:userid": ["AROAX0000000000000001:*", "AIDA*"]}},
    "roles, which have no username": {"StringLike": {"aws:username": "*"}},
    "roles with a path": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*/*"}},
    "roles": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/*"}},
    "sessions of some name": {"StringNotLike": {"aws:userid": "*:admin"}},
}
NAMED: dict[str, dict[str, Any]] = {
    "nobody": {},
    "a role, by its ARN": {"ArnNotEquals": {"aws:PrincipalArn": BREAK_GLASS}},
    "a role, by its ID": {"StringNotLike": {"aws:userid": "AROAX0000000000000001:*"}},
}


@pytest.mark.parametrize("name", SPARED)
def test_tamper_protection_that_spares_unnamed_administrators_fails(name: str) -> None:
    statuses = statuses_for(protect(SPARED[name]), kind="protected bucket", family="tampering")
    assert statuses[TAMPERING] is FAIL


@pytest.mark.parametrize("name", NAMED)
def test_tamper_protection_that_spares_the_named_passes(name: str) -> None:
    statuses = statuses_for(protect(NAMED[name]), kind="protected bucket", family="tampering")
    assert statuses[TAMPERING] is PASS


# Each kind of outsider by itself


def _has(key: str, value: str | None = None) -> Callable[[Request], bool]:
    def check(request: Request) -> bool:
        values: Any = request.get(key)
        return values is not None and value in (None, values[0])

    return check


def _is_service(request: Request) -> bool:
    return request.principal.kind == "Service"


def _source_is_a_bucket(request: Request) -> bool:
    values: Any = request.get("aws:SourceArn")
    return bool(values) and values[0].startswith("arn:aws:s3:::")


S3_SERVICE = {"Service": "s3.amazonaws.com"}
NO_SERVICE = deny(Bool={"aws:PrincipalIsAWSService": "true"})
ONLY: dict[str, tuple[list[Statement], Callable[[Request], bool]]] = {
    "anonymous caller": (
        [allow(EVERYONE), deny(Null={"aws:PrincipalArn": "false"}), NO_SERVICE],
        _has("aws:PrincipalType", "Anonymous"),
    ),
    "role session": (
        [allow(EVERYONE), deny(StringNotLike={"aws:userid": "AROA*"})],
        _has("aws:PrincipalType", "AssumedRole"),
    ),
    "user": (
        [allow(EVERYONE), deny(StringNotLike={"aws:userid": "AIDA*"})],
        _has("aws:PrincipalType", "User"),
    ),
    "root user": (
        [allow(EVERYONE), deny(StringLike={"aws:userid": ["A*", "*:*"]}), deny(Null={"aws:PrincipalArn": "true"})],
        _has("aws:PrincipalType", "Account"),
    ),
    "federated user": (
        [allow(EVERYONE), deny(StringNotLike={"aws:userid": "*:*"}), deny(StringLike={"aws:userid": "AROA*"})],
        _has("aws:PrincipalType", "FederatedUser"),
    ),
    "service with an ARN as its source": (
        [allow(CLOUDTRAIL), deny(Null={"aws:SourceArn": "true"}), deny(ArnLike={"aws:SourceArn": "arn:aws:s3:::*"})],
        lambda request: _has("aws:SourceArn")(request) and not _source_is_a_bucket(request),
    ),
    "service with a bucket as its source": (
        [allow(S3_SERVICE), deny(ArnNotLike={"aws:SourceArn": "arn:aws:s3:::*"})],
        _source_is_a_bucket,
    ),
    "service with an account as its source": (
        [allow(S3_SERVICE), deny(Null={"aws:SourceArn": "false"}), deny(Null={"aws:SourceAccount": "true"})],
        lambda request: _has("aws:SourceAccount")(request) and not _has("aws:SourceArn")(request),
    ),
    "service without a source": (
        [
            allow(S3_SERVICE),
            *(deny(Null={key: "false"}) for key in ("aws:SourceArn", "aws:SourceAccount", "aws:SourceOrgID")),
        ],
        lambda request: not any(_has(key)(request) for key in ("aws:SourceArn", "aws:SourceAccount")),
    ),
    "service through everyone": (
        [allow(EVERYONE), deny(Null={"aws:PrincipalServiceName": "true"})],
        _is_service,
    ),
    "own access point": (
        [
            allow(EVERYONE, Null={"s3:DataAccessPointAccount": "false"}),
            deny(StringEquals={"s3:DataAccessPointAccount": ACCOUNT}),
        ],
        _has("s3:DataAccessPointAccount"),
    ),
    "own endpoint": (
        [allow(EVERYONE), deny(Null={"aws:SourceVpce": "true"})],
        _has("aws:SourceVpce"),
    ),
    "through a service": (
        [allow(EVERYONE), NO_SERVICE, deny(Bool={"aws:ViaAWSService": "false"})],
        _has("aws:ViaAWSService", "true"),
    ),
    "IPv6": (
        [
            allow(EVERYONE, IpAddress={"aws:SourceIp": "2000::/3"}),
            deny(IpAddress={"aws:SourceIp": "0.0.0.0/0"}),
            deny(Null={"aws:SourceIp": "true"}),
        ],
        lambda request: ":" in _text(request, "aws:SourceIp"),
    ),
}


def _text(request: Request, key: str) -> str:
    values: Any = request.get(key)
    return values[0] if values else ""


@pytest.mark.parametrize("kind", ONLY)
def test_document_that_lets_in_one_kind_of_outsider_fails(kind: str) -> None:
    statuses = statuses_for(*ONLY[kind][0])
    assert FAIL in statuses.values(), statuses


@pytest.mark.parametrize("kind", ONLY)
def test_only_that_kind_of_outsider_gets_in_by_brute_force(kind: str) -> None:
    documents, is_of_kind = ONLY[kind]
    document = generated(tuple(documents), "bucket")
    statements = compile_document(document.document)
    candidates = FAMILIES["resource"].outsiders(document, statements, 1000)
    entrants = [outsider.request for outsider in candidates if allows(statements, outsider.request)]
    assert entrants
    assert all(map(is_of_kind, entrants))
