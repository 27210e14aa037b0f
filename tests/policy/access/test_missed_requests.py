"""Documents that once passed although they allow a concrete request by somebody whom nobody trusts.

Each request is decided by the evaluator first, so that the test shows that it does get in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from hipaa_controls.evaluator import Outcome, Principal, Request, evaluate, parse
from hipaa_controls.model.verdict import Status
from tests.policy.access.documents import (
    ACTION_OF,
    EVERYONE,
    RESOURCES,
    allow,
    deny,
    findings_for,
    statuses_for,
)
from tests.policy.access.generator import Statement
from tests.policy.access.harness import EXTERNAL, PUBLIC, SERVICES, TRUST
from tests.policy.access.parties import (
    ACCESS_POINT,
    ACCOUNT,
    BUCKET,
    ORGANIZATION,
    OWN_ENDPOINT,
)

STRANGER = "666666666666"
ROLE_SESSION = Principal("AWS", f"arn:aws:sts::{STRANGER}:assumed-role/reader/one", STRANGER)
ROLE_ID = "AROASTRANGERS00000001"
CANONICAL_USER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
ORIGIN_ACCESS_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2QWRUHAPOMQZL"

Context = Mapping[str, str | Sequence[str]]


def signed(**context: Any) -> dict[str, Any]:
    """Return what AWS tells about a request that the stranger's role session signs."""
    return {
        "aws:PrincipalArn": f"arn:aws:iam::{STRANGER}:role/reader",
        "aws:PrincipalAccount": STRANGER,
        "aws:userid": f"{ROLE_ID}:one",
        "aws:PrincipalType": "AssumedRole",
        "aws:PrincipalIsAWSService": "false",
        "aws:ViaAWSService": "false",
        "aws:SecureTransport": "true",
        "aws:SourceIp": "81.2.3.4",
        **context,
    }


def assert_found(
    *statements: Statement,
    principal: Principal = ROLE_SESSION,
    context: Context | None = None,
    kind: str = "bucket",
    action: str | None = None,
    resource: str | None = None,
) -> None:
    """Assert that the policy allows a request, and that a control doesn't pass it."""
    resource = resource or RESOURCES[kind].replace("*", "any")
    keys = signed() if context is None else context
    request = Request(action or ACTION_OF[kind], resource, principal, keys, context_is_complete=True)
    policy = parse({"Version": "2012-10-17", "Statement": list(statements)})
    assert evaluate([policy], request).outcome is Outcome.ALLOWED
    assert set(statuses_for(*statements, kind=kind).values()) != {Status.PASS}


# A document can't make a principal its own by naming it where the source of a service's request is compared

NAMED_PRINCIPALS = {
    "a canonical user": ({"CanonicalUser": CANONICAL_USER}, Principal("CanonicalUser", CANONICAL_USER)),
    "an origin access identity": ({"AWS": ORIGIN_ACCESS_IDENTITY}, Principal("AWS", ORIGIN_ACCESS_IDENTITY)),
}
NAMES_AS_SOURCES = deny(StringEquals={"aws:SourceArn": [CANONICAL_USER, ORIGIN_ACCESS_IDENTITY, ROLE_ID]}) | {
    "Resource": BUCKET
}


@pytest.mark.parametrize("name", NAMED_PRINCIPALS)
def test_external_principals_principal_named_as_a_source_too_is_found(name: str) -> None:
    element, principal = NAMED_PRINCIPALS[name]
    assert_found(allow(element), NAMES_AS_SOURCES, principal=principal)


def test_external_principals_unique_id_named_as_a_source_too_is_found() -> None:
    assert_found(allow(EVERYONE, StringLike={"aws:userid": f"{ROLE_ID}:*"}), NAMES_AS_SOURCES)


# Principals whose ID doesn't tell their account

UNTOLD_PRINCIPALS = {
    "an identity with twelve digits": (
        {"AWS": f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E{STRANGER}"},
        Principal("AWS", f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E{STRANGER}"),
    ),
    "a unique ID with twelve digits": ({"AWS": f"AROA{STRANGER}ABCDE"}, Principal("AWS", f"AROA{STRANGER}ABCDE")),
    "every canonical user": ({"CanonicalUser": "*"}, Principal("CanonicalUser", CANONICAL_USER)),
    "every identity provider": (
        {"Federated": "*"},
        Principal("Federated", f"arn:aws:iam::{STRANGER}:saml-provider/idp", STRANGER),
    ),
}


@pytest.mark.parametrize("name", UNTOLD_PRINCIPALS)
def test_external_principals_principal_of_an_untold_account_is_found(name: str) -> None:
    element, principal = UNTOLD_PRINCIPALS[name]
    assert_found(allow(element), principal=principal)


@pytest.mark.parametrize("name", NAMED_PRINCIPALS)
def test_external_principals_named_principal_through_a_trusted_endpoint_is_found(name: str) -> None:
    element, principal = NAMED_PRINCIPALS[name]
    endpoint = {"aws:SourceVpce": OWN_ENDPOINT}
    assert_found(allow(element, StringEquals=endpoint), principal=principal, context=signed(**endpoint))


def test_role_trust_unique_id_with_twelve_digits_fails() -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": f"AROA{STRANGER}ABCDE"}, "Action": "sts:AssumeRole"}
    assert statuses_for(statement, kind="role", family="trust") == {TRUST: Status.FAIL}


# Every request to an access point is through it

THROUGH_ACCESS_POINT = {
    "s3:DataAccessPointArn": ACCESS_POINT,
    "s3:DataAccessPointAccount": ACCOUNT,
    "s3:AccessPointNetworkOrigin": "Internet",
}
OWN_ACCESS_POINTS: dict[str, list[dict[str, Any]]] = {
    "by its account": [{"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}],
    "by its ARN": [{"ArnEquals": {"s3:DataAccessPointArn": ACCESS_POINT}}],
    "by a Deny of others": [{}, {"StringNotEquals": {"s3:DataAccessPointAccount": ACCOUNT}}],
}


@pytest.mark.parametrize("name", OWN_ACCESS_POINTS)
def test_public_access_point_bound_to_itself_is_found(name: str) -> None:
    allowed, *denied = OWN_ACCESS_POINTS[name]
    objects = {"Resource": f"{ACCESS_POINT}/object/*"}
    assert_found(
        allow(EVERYONE, **allowed) | objects,
        *(deny(**condition) for condition in denied),
        context=signed(**THROUGH_ACCESS_POINT),
        kind="access point",
        action="s3:GetObject",
        resource=f"{ACCESS_POINT}/object/any",
    )


# Keys with several values

SERVICES_BETWEEN = ["cloudformation.amazonaws.com", "dynamodb.amazonaws.com"]
THROUGH_SERVICES = {
    "aws:ViaAWSService": "true",
    "aws:CalledVia": SERVICES_BETWEEN,
    "aws:CalledViaFirst": SERVICES_BETWEEN[0],
    "aws:CalledViaLast": SERVICES_BETWEEN[1],
}


def without(*tag_keys: str) -> list[Statement]:
    """Return a Deny for each tag, of requests without it."""
    return [deny(ForAllValues__StringNotEquals={"s3:RequestObjectTagKeys": key}) for key in tag_keys]


def test_public_access_request_with_all_required_tags_is_found() -> None:
    context = signed(**{"s3:RequestObjectTagKeys": ["team", "project", "owner"]})
    assert_found(allow(EVERYONE), *without("team", "project", "owner"), context=context)


def test_public_access_request_with_a_forbidden_tag_besides_passes() -> None:
    only_team = deny(ForAnyValue__StringNotEquals={"s3:RequestObjectTagKeys": "team"})
    statuses = statuses_for(allow(EVERYONE), *without("team", "project"), only_team)
    assert set(statuses.values()) == {Status.PASS}


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:CalledViaFirst": SERVICES_BETWEEN[0], "aws:CalledViaLast": SERVICES_BETWEEN[1]}},
        {
            "ForAnyValue__StringEquals": {"aws:CalledVia": SERVICES_BETWEEN[0]},
            "ForAnyValue__StringLike": {"aws:CalledVia": "dynamodb.*"},
        },
        {"Bool": {"aws:ViaAWSService": "true"}, "ForAnyValue__StringEquals": {"aws:CalledVia": SERVICES_BETWEEN[1]}},
    ],
)
def test_public_access_caller_through_two_services_is_found(condition: dict[str, Any]) -> None:
    assert_found(allow(EVERYONE, "key", **condition), context=signed(**THROUGH_SERVICES), kind="key")


def test_public_access_caller_through_a_service_that_does_not_tell_itself_is_found() -> None:
    condition: dict[str, Any] = {"Bool": {"aws:ViaAWSService": "true"}, "Null": {"aws:CalledVia": "true"}}
    assert_found(allow(EVERYONE, "key", **condition), context=signed(**{"aws:ViaAWSService": "true"}), kind="key")


def test_service_access_service_with_a_regional_name_besides_is_found() -> None:
    names = ["ec2.amazonaws.com", "ec2.us-east-1.amazonaws.com"]
    condition: dict[str, Any] = {
        "StringEquals": {"aws:PrincipalServiceName": names[0]},
        "ForAnyValue__StringEquals": {"aws:PrincipalServiceNamesList": names[1]},
    }
    context = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": names[0]}
    assert_found(
        allow(EVERYONE, **condition),
        principal=Principal("Service", names[0]),
        context={**context, "aws:PrincipalServiceNamesList": names},
    )


# Sources of a service's request


def by_service(name: str, **context: Any) -> dict[str, Any]:
    service = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": name}
    return {"principal": Principal("Service", name), "context": {**service, **context}}


@pytest.mark.parametrize(
    ("service", "pattern", "arn"),
    [
        ("dnssec-route53.amazonaws.com", "arn:aws:route53:::hostedzone/*", "arn:aws:route53:::hostedzone/Z0STRANGER"),
        (
            "apigateway.amazonaws.com",
            "arn:aws:apigateway:us-east-1::/restapis/*",
            "arn:aws:apigateway:us-east-1::/restapis/stranger",
        ),
        ("s3.amazonaws.com", "arn:aws:s3:::*", "arn:aws:s3:::stranger"),
    ],
)
def test_service_access_any_source_without_an_account_is_found(service: str, pattern: str, arn: str) -> None:
    statement = allow({"Service": service}, "key", ArnLike={"aws:SourceArn": pattern})
    source = {"aws:SourceArn": arn, "aws:SourceAccount": STRANGER}
    assert_found(statement, kind="key", **by_service(service, **source))


def test_service_access_hosted_zone_of_the_document_passes() -> None:
    condition: dict[str, Any] = {"ArnEquals": {"aws:SourceArn": "arn:aws:route53:::hostedzone/Z0OWNZONE"}}
    statuses = statuses_for(allow({"Service": "dnssec-route53.amazonaws.com"}, "key", **condition), kind="key")
    assert set(statuses.values()) == {Status.PASS}


def test_service_access_source_that_tells_its_organization_only_is_found() -> None:
    condition: dict[str, Any] = {"Null": {"aws:SourceAccount": "true", "aws:SourceOrgID": "false"}}
    source = by_service("events.amazonaws.com", **{"aws:SourceOrgID": "o-stranger00"})
    assert_found(allow({"Service": "events.amazonaws.com"}, **condition), **source)


@pytest.mark.parametrize("key", ["aws:SourceOwner", "kms:CallerAccount"])
def test_public_access_key_that_the_service_does_not_send_is_found(key: str) -> None:
    condition: dict[str, Any] = {"StringEqualsIfExists": {key: ACCOUNT}, "Null": {"aws:PrincipalArn": "false"}}
    assert_found(allow(EVERYONE, **condition))


def test_service_access_many_encryption_contexts_are_decided_at_once() -> None:
    arns = {f"kms:EncryptionContext:name{number}": f"arn:aws:s3:::phi/{number}" for number in range(40)}
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    assert statuses_for(allow(service, "key", StringEquals=arns), kind="key")[SERVICES] is Status.PASS
    foreign = dict.fromkeys(arns, f"arn:aws:logs:us-east-1:{STRANGER}:*")
    assert statuses_for(allow(service, "key", StringLike=foreign), kind="key")[SERVICES] is Status.FAIL


# VPC endpoints

OF_ENDPOINT = {"aws:SourceVpce": "vpce-0stranger", "aws:SourceVpc": "vpc-0stranger", "aws:VpcSourceIp": "10.0.0.7"}


@pytest.mark.parametrize(
    ("key", "own", "told"),
    [("aws:VpceOrgID", ORGANIZATION, {"aws:VpceAccount": STRANGER}), ("aws:VpceAccount", ACCOUNT, {})],
)
def test_public_access_endpoint_that_does_not_tell_its_owner_is_found(key: str, own: str, told: Context) -> None:
    through_endpoint: dict[str, Any] = {
        "Null": {"aws:SourceVpce": "false"},
        "Bool": {"aws:PrincipalIsAWSService": "false"},
    }
    context = {**signed(), **OF_ENDPOINT, **told}
    del context["aws:SourceIp"]
    assert_found(allow(EVERYONE, StringEqualsIfExists={key: own}, **through_endpoint), context=context)


@pytest.mark.parametrize(("key", "own"), [("aws:VpceOrgID", ORGANIZATION), ("aws:VpceAccount", ACCOUNT)])
def test_everyone_through_endpoints_of_a_trusted_owner_passes(key: str, own: str) -> None:
    assert set(statuses_for(allow(EVERYONE, StringEquals={key: own})).values()) == {Status.PASS}


@pytest.mark.parametrize(("key", "other"), [("aws:VpceOrgID", "o-stranger00"), ("aws:VpceAccount", STRANGER)])
def test_everyone_through_endpoints_of_another_owner_does_not_pass(key: str, other: str) -> None:
    assert statuses_for(allow(EVERYONE, StringEquals={key: other}))[EXTERNAL] is not Status.PASS


@pytest.mark.parametrize("number", ["1e1000000", "-1e999999999", "1e-1000000", "0." + "0" * 100 + "1", "9" * 500])
@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "1e1000000", "any"])
def test_public_access_numbers_of_any_size_are_decided(number: str, text: str) -> None:
    key = "aws:MultiFactorAuthAge"
    condition: dict[str, Any] = {"NumericLessThan": {key: ["5", number]}, "StringNotEquals": {key: text}}
    assert statuses_for(allow(EVERYONE, **condition))[PUBLIC] is not Status.PASS


# Documents that took minutes: the points of many patterns with stars, multiplied

MANY_PATTERNS = {
    "texts": [deny(StringNotLike={"aws:Referer": f"*a{'?' * number}b*"}) for number in range(40)],
    "lists": [deny(ForAllValues__StringNotLike={"aws:TagKeys": f"*tag-{number}*"}) for number in range(99)],
    "paths": [deny(ForAllValues__StringNotLike={"aws:PrincipalOrgPaths": f"*ou-{number}*"}) for number in range(60)],
}


@pytest.mark.parametrize("name", MANY_PATTERNS)
def test_public_access_many_patterns_with_stars_are_found_or_given_up(name: str) -> None:
    assert statuses_for(allow(EVERYONE), *MANY_PATTERNS[name])[PUBLIC] is not Status.PASS


# Trust policies: tokens that anybody gets, and certificates without a part of a name

GITHUB, GITLAB = "token.actions.githubusercontent.com", "gitlab.com"
GOOGLE, COGNITO = "accounts.google.com", "cognito-identity.amazonaws.com"


def trust(provider: str, subject: str, **condition: Any) -> Statement:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{provider}" if provider in (GITHUB, GITLAB) else provider
    conditions = {
        "StringEquals": {f"{provider}:aud": "own"},
        "StringLike": {f"{provider}:sub": subject},
        **{name.replace("__", ":"): block for name, block in condition.items()},
    }
    action = "sts:AssumeRoleWithWebIdentity"
    return {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": action, "Condition": conditions}


@pytest.mark.parametrize(
    "subject",
    [
        *("environment:*", "environment:prod", "repository_visibility:private", "ref:refs/heads/main", "workflow:x"),
        *("job_workflow_ref:*", "enterprise:*", "environment:prod:repo:*"),
    ],
)
def test_role_trust_subject_that_any_tenant_of_github_can_have_fails(subject: str) -> None:
    assert statuses_for(trust(GITHUB, subject), kind="role", family="trust") == {TRUST: Status.FAIL}


@pytest.mark.parametrize(
    "subject", ["environment:prod:repository_owner:acme", "enterprise:acme:*", "repository_owner_id:1234:ref:*"]
)
def test_role_trust_customized_subject_with_a_tenant_passes(subject: str) -> None:
    assert statuses_for(trust(GITHUB, subject), kind="role", family="trust") == {TRUST: Status.PASS}


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        (trust(GOOGLE, "1*"), Status.FAIL),
        (trust(GOOGLE, "10769150350006150715113082367"), Status.PASS),
        (trust(COGNITO, "us-east-1:*", ForAnyValue__StringLike={f"{COGNITO}:amr": "unauthenticated"}), Status.FAIL),
        (trust(COGNITO, "us-east-1:*", ForAnyValue__StringLike={f"{COGNITO}:amr": "authenticated"}), Status.PASS),
        (trust(GITLAB, "project_path:*", StringEqualsIfExists={f"{GITLAB}:user_login": "bob"}), Status.FAIL),
    ],
)
def test_role_trust_users_of_a_shared_provider(statement: Statement, status: Status) -> None:
    assert statuses_for(statement, kind="role", family="trust") == {TRUST: status}


def test_role_trust_certificate_without_a_part_of_a_name_fails() -> None:
    common_name, unit = "aws:PrincipalTag/x509Subject/CN", "aws:PrincipalTag/x509Subject/OU"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "rolesanywhere.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringLike": {common_name: "*"}, "StringEqualsIfExists": {unit: "imports"}},
    }
    assert statuses_for(statement, kind="role", family="trust") == {TRUST: Status.FAIL}


# What no list of all others excludes


def test_public_access_name_outside_ascii_is_found() -> None:
    characters = [chr(code) for code in range(0x20, 0x7F)]
    escaped = {"*": "${*}", "?": "${?}", "$": "${$}"}
    named = [f"{BUCKET}/{escaped.get(character, character)}*" for character in characters]
    assert_found(allow(EVERYONE), deny() | {"Resource": named}, resource=f"{BUCKET}/élan")


def test_public_access_new_action_of_a_prefix_in_upper_case_is_found() -> None:
    statement = allow(EVERYONE) | {"Action": "S3:BrandNewAction"}
    assert_found(statement, action="s3:BrandNewAction")


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{STRANGER}", "arn:aws:iam"])
def test_external_principals_short_arn_that_aws_may_complete_does_not_pass(arn: str) -> None:
    statement = allow(EVERYONE, ArnLike={"aws:PrincipalArn": arn})
    assert statuses_for(statement)[EXTERNAL] is Status.UNVERIFIED


@pytest.mark.parametrize("network", ["::ffff:0:0/96", "::ffff:81.0.0.0/104"])
def test_public_access_ipv4_range_in_ipv6_does_not_pass(network: str) -> None:
    assert statuses_for(allow(EVERYONE, IpAddress={"aws:SourceIp": network}))[EXTERNAL] is Status.UNVERIFIED


def test_public_access_undecided_statement_is_named_by_its_position() -> None:
    statement = allow(EVERYONE, NumericEquals={"aws:userid": "7"}) | {"Sid": "RecordsOfJohnSmith"}
    finding = findings_for(statement)[PUBLIC]
    assert finding.status is Status.UNVERIFIED
    assert "John" not in finding.text
