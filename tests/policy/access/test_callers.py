"""Each kind of caller, and each way to call, by a document that lets in only that one.

Elsewhere another kind gets in as well, so a search that has lost a kind would go unnoticed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.model.values import Document, Unknown
from tests.policy.access.documents import (
    CLOUDTRAIL,
    EVERYONE,
    FAIL,
    PARTNER_ROOT,
    PASS,
    SIGNED_BY_NO_SERVICE,
    UNVERIFIED,
    allow,
    deny,
    findings_for,
    statuses_for,
)
from tests.policy.access.generator import Statement
from tests.policy.access.harness import EXTERNAL, PUBLIC, SERVICES, TRUSTED
from tests.policy.access.parties import (
    ACCOUNT,
    OBJECTS,
    ORGANIZATION,
    OTHER_ENDPOINT,
    OTHER_ROLE_ID,
    OTHER_VPC,
    OWN_ENDPOINT,
    OWN_NETWORKS,
    OWN_ROLE_ID,
    PARTNER,
    PARTNER_ORGANIZATION,
    TRUSTED_ACCOUNT,
    VENDOR,
)


def present(*keys: str) -> list[Statement]:
    return [deny(Null={key: "true"}) for key in keys]


def absent(*keys: str) -> list[Statement]:
    return [deny(Null={key: "false"}) for key in keys]


# Principals that a statement names and that no account's number places

CANONICAL_USER = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"
IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1A2B3C4D5E6F7"
NAMED: dict[str, tuple[dict[str, str], str]] = {
    "canonical user": ({"CanonicalUser": CANONICAL_USER}, "a canonical user"),
    "origin access identity": ({"AWS": IDENTITY}, "an origin access identity"),
    "unique ID": ({"AWS": OTHER_ROLE_ID}, "a principal named by its unique ID"),
    "another account's identity provider": (
        {"Federated": f"arn:aws:iam::{PARTNER}:saml-provider/idp"},
        "a user of an identity provider",
    ),
    "a public identity provider": ({"Federated": "accounts.google.com"}, "a user of an identity provider"),
}


@pytest.mark.parametrize("name", NAMED)
def test_external_principals_principal_of_unknown_account_fails(name: str) -> None:
    principal, caller = NAMED[name]
    finding = findings_for(allow(principal))[EXTERNAL]
    assert finding.status is FAIL
    assert finding.witness is not None
    assert finding.witness.details["caller"] == caller
    assert "account" not in finding.witness.details or name == "another account's identity provider"


@pytest.mark.parametrize("principal", [{"AWS": OWN_ROLE_ID}, {"AWS": TRUSTED_ACCOUNT}])
def test_external_principals_trusted_principal_passes(principal: dict[str, str]) -> None:
    assert statuses_for(allow(principal))[EXTERNAL] is PASS


def test_external_principals_provider_of_a_trusted_account_passes() -> None:
    provider = {"Federated": f"arn:aws:iam::{TRUSTED_ACCOUNT}:saml-provider/idp"}
    assert statuses_for(allow(provider))[EXTERNAL] is PASS


def test_external_principals_canonical_user_beside_an_own_role_is_the_one_found() -> None:
    own_role = f"arn:aws:iam::{ACCOUNT}:role/app"
    finding = findings_for(allow({"CanonicalUser": CANONICAL_USER, "AWS": own_role}))[EXTERNAL]
    assert finding.witness is not None
    assert finding.witness.details["caller"] == "a canonical user"


# Anonymous callers. AWS's pages differ in which keys tell one.

ANONYMOUS = [allow(EVERYONE), *absent("aws:PrincipalArn", "aws:PrincipalServiceName")]


@pytest.mark.parametrize("key", ["aws:PrincipalAccount", "aws:userid", "aws:PrincipalIsAWSService"])
@pytest.mark.parametrize("restriction", [present, absent])
def test_public_access_anonymous_caller_with_or_without_a_key_fails(key: str, restriction: Any) -> None:
    finding = findings_for(*ANONYMOUS, *restriction(key))[PUBLIC]
    assert finding.status is FAIL
    assert finding.witness is not None
    assert finding.witness.details["caller"] == "an anonymous caller"


def test_public_access_anonymous_caller_through_an_access_point_fails() -> None:
    assert statuses_for(*ANONYMOUS, *present("s3:DataAccessPointArn"))[PUBLIC] is FAIL


@pytest.mark.parametrize(("kind", "status"), [("key", PASS), ("topic", FAIL)])
def test_public_access_anonymous_caller_of_a_service_that_needs_signatures_passes(kind: str, status: Any) -> None:
    _, *denied = ANONYMOUS
    assert statuses_for(allow(EVERYONE, kind), *denied, kind=kind)[PUBLIC] is status


# Services, by what they tell of whom they act for

BUCKET_ARN, SOURCE, SOURCE_ACCOUNT = "arn:aws:s3:::*", "aws:SourceArn", "aws:SourceAccount"
FROM_BUCKET, NOT_FROM_BUCKET = deny(ArnNotLike={SOURCE: BUCKET_ARN}), deny(ArnLike={SOURCE: BUCKET_ARN})
SERVICE_SOURCES: dict[str, list[Statement]] = {
    "a resource and its account": [*present(SOURCE, SOURCE_ACCOUNT), NOT_FROM_BUCKET],
    "a resource alone": [*present(SOURCE), *absent(SOURCE_ACCOUNT), NOT_FROM_BUCKET],
    "a bucket and its account": [*present(SOURCE, SOURCE_ACCOUNT), FROM_BUCKET],
    "a bucket alone": [*present(SOURCE), *absent(SOURCE_ACCOUNT), FROM_BUCKET],
    "an account alone": [*absent(SOURCE), *present(SOURCE_ACCOUNT)],
    "nobody": absent(SOURCE, SOURCE_ACCOUNT, "aws:SourceOrgID"),
    "an organization": present("aws:SourceOrgID"),
    "no organization": [*absent("aws:SourceOrgID"), *present(SOURCE_ACCOUNT)],
    "through a service or not": present("aws:ViaAWSService"),
    "without telling whether through a service": absent("aws:ViaAWSService"),
    "with an address": present("aws:SourceIp"),
    "without an address": absent("aws:SourceIp"),
    "through an access point": present("s3:DataAccessPointArn"),
}


@pytest.mark.parametrize("source", SERVICE_SOURCES)
def test_services_that_tell_only_this_fail(source: str) -> None:
    finding = findings_for(allow(CLOUDTRAIL), *SERVICE_SOURCES[source])[SERVICES]
    assert finding.status is FAIL
    assert finding.witness is not None
    assert finding.witness.details["caller"] == "AWS service cloudtrail.amazonaws.com"


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {SOURCE: "arn:aws:s3:::phi-inventory"}},
        {"StringLike": {SOURCE: f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}},
        {"StringEquals": {SOURCE_ACCOUNT: TRUSTED_ACCOUNT}},
    ],
)
def test_services_for_an_own_source_pass(condition: dict[str, Any]) -> None:
    assert statuses_for(allow(CLOUDTRAIL, **condition))[SERVICES] is PASS


@pytest.mark.parametrize(
    "condition",
    [
        {"ArnLike": {SOURCE: "arn:aws:s3:::phi-*"}},
        {"ArnLike": {SOURCE: "arn:aws-us-gov:cloudtrail:*:*:trail/*"}},
        {"StringEquals": {SOURCE_ACCOUNT: PARTNER}},
        {"StringEquals": {SOURCE: f"arn:aws:cloudtrail:us-east-1:{PARTNER}:trail/theirs"}},
    ],
)
def test_services_for_another_source_fail(condition: dict[str, Any]) -> None:
    assert statuses_for(allow(CLOUDTRAIL, **condition))[SERVICES] is FAIL


# Encryption contexts of services: a resource of the account that they act for, by its ARN or its name

CONTEXT = "kms:EncryptionContext:aws:cloudtrail:arn"
OTHERS_CONTEXTS = {
    "an ARN": [allow(CLOUDTRAIL, "key", ArnLike={CONTEXT: "arn:aws:cloudtrail:*:*:trail/*"})],
    "a bucket": [allow(CLOUDTRAIL, "key", StringLike={CONTEXT: "arn:aws:s3:::phi-*"})],
    "a name": [allow(CLOUDTRAIL, "key", StringLike={CONTEXT: "trail-*"})],
    "none": [allow(CLOUDTRAIL, "key"), *absent(CONTEXT)],
    "two": [allow(CLOUDTRAIL, "key", StringLike={CONTEXT: "trail-*", "kms:EncryptionContext:aws:s3:arn": BUCKET_ARN})],
}
OWN_CONTEXTS = {
    "an ARN": {CONTEXT: f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/phi"},
    "ARNs": {CONTEXT: f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"},
    "a bucket": {CONTEXT: "arn:aws:s3:::phi-trail"},
    "a name": {CONTEXT: "trail-phi"},
}


@pytest.mark.parametrize("context", OTHERS_CONTEXTS)
def test_services_for_anyones_encryption_context_fail(context: str) -> None:
    assert statuses_for(*OTHERS_CONTEXTS[context], kind="key")[SERVICES] is FAIL


@pytest.mark.parametrize("context", OWN_CONTEXTS)
def test_services_for_an_own_encryption_context_pass(context: str) -> None:
    statement = allow(CLOUDTRAIL, "key", StringLike=OWN_CONTEXTS[context])
    assert statuses_for(statement, kind="key")[SERVICES] is PASS


# From where callers call

THROUGH_SERVICE: dict[str, Any] = {"Bool": {"aws:ViaAWSService": "true", "aws:PrincipalIsAWSService": "false"}}
NETWORKS: dict[str, list[Statement]] = {
    "IPv4": [allow(EVERYONE, IpAddress={"aws:SourceIp": "0.0.0.0/0"}, **SIGNED_BY_NO_SERVICE)],
    "IPv6": [allow(EVERYONE, IpAddress={"aws:SourceIp": "2000::/3"}, **SIGNED_BY_NO_SERVICE)],
    "an endpoint over IPv4": [allow(EVERYONE, IpAddress={"aws:VpcSourceIp": "10.0.0.0/8"})],
    "an endpoint over IPv6": [allow(EVERYONE, IpAddress={"aws:VpcSourceIp": "fd00::/8"})],
    "an endpoint's organization": [allow(EVERYONE, StringLike={"aws:VpceOrgID": "o-*"})],
    "a service": [allow(EVERYONE, **THROUGH_SERVICE), *absent("aws:SourceIp")],
    "a service from an address": [allow(EVERYONE, **THROUGH_SERVICE), *present("aws:SourceIp")],
    "a named service": [allow(EVERYONE, StringEquals={"aws:CalledViaFirst": "athena.amazonaws.com"})],
    "an access point of the internet": [allow(EVERYONE, StringEquals={"s3:AccessPointNetworkOrigin": "Internet"})],
    "an access point of a VPC": [allow(EVERYONE, StringEquals={"s3:AccessPointNetworkOrigin": "VPC"})],
    "no access point": [allow(EVERYONE), *absent("s3:DataAccessPointArn")],
    "an organization": [allow(EVERYONE, **SIGNED_BY_NO_SERVICE), *present("aws:PrincipalOrgID")],
    "no organization": [
        allow(EVERYONE, Null={"aws:PrincipalOrgID": "true"}, **SIGNED_BY_NO_SERVICE),
        *present("aws:PrincipalArn"),
    ],
}


@pytest.mark.parametrize("network", NETWORKS)
def test_everyone_who_calls_this_way_fails(network: str) -> None:
    statuses = statuses_for(*NETWORKS[network])
    assert (statuses[PUBLIC], statuses[EXTERNAL]) == (FAIL, FAIL)


PLACES_OF_ONES_OWN: dict[str, dict[str, Any]] = {
    "endpoint": {"StringEquals": {"aws:SourceVpce": OWN_ENDPOINT}},
    "endpoint's account": {"StringEquals": {"aws:VpceAccount": ACCOUNT}},
    "endpoint's organization": {"StringEquals": {"aws:VpceOrgID": ORGANIZATION}},
    "network": {"IpAddress": {"aws:SourceIp": OWN_NETWORKS[0]}},
}


@pytest.mark.parametrize("place", PLACES_OF_ONES_OWN)
def test_external_principals_everyone_in_a_place_of_ones_own_passes(place: str) -> None:
    assert set(statuses_for(allow(EVERYONE, **PLACES_OF_ONES_OWN[place])).values()) == {PASS}


@pytest.mark.parametrize("place", PLACES_OF_ONES_OWN)
@pytest.mark.parametrize("whom", ["account", "organization"])
def test_external_principals_named_outsider_in_a_place_of_ones_own_fails(place: str, whom: str) -> None:
    condition = PLACES_OF_ONES_OWN[place]
    organization: dict[str, Any] = {"ForAnyValue__StringLike": {"aws:PrincipalOrgPaths": f"{PARTNER_ORGANIZATION}/*"}}
    statement = allow(PARTNER_ROOT, **condition) if whom == "account" else allow(EVERYONE, **condition, **organization)
    assert statuses_for(statement)[EXTERNAL] is FAIL


def test_external_principals_account_that_only_a_deny_names_isnt_let_in_by_a_place_of_ones_own() -> None:
    denied = deny({"AWS": VENDOR}, Bool={"aws:SecureTransport": "false"})
    assert statuses_for(allow(EVERYONE, **PLACES_OF_ONES_OWN["endpoint"]), denied)[EXTERNAL] is PASS


# Whom the policy names isn't the public

NAMED_PARTIES: dict[str, tuple[Statement, str]] = {
    "account": (allow({"AWS": PARTNER}), "a principal of an untrusted account"),
    "accounts of a condition": (
        allow(EVERYONE, StringEquals={"aws:PrincipalAccount": PARTNER}),
        "a principal of an untrusted account",
    ),
    "organization": (
        allow(EVERYONE, StringEquals={"aws:PrincipalOrgID": PARTNER_ORGANIZATION}),
        "an untrusted organization",
    ),
    "endpoint": (allow(EVERYONE, StringEquals={"aws:SourceVpce": OTHER_ENDPOINT}), "the VPC endpoint"),
    "VPC": (allow(EVERYONE, StringEquals={"aws:SourceVpc": OTHER_VPC}), "the VPC endpoint"),
    "network": (allow(EVERYONE, IpAddress={"aws:SourceIp": "192.0.2.0/24"}), "the network"),
    "access point": (
        allow(EVERYONE, StringEquals={"s3:DataAccessPointAccount": PARTNER}),
        "a principal of an untrusted account",
    ),
    "role's ID": (allow(EVERYONE, StringLike={"aws:userid": f"{OTHER_ROLE_ID}:*"}), "the unique ID"),
    "everyone but an account": (
        allow(EVERYONE, StringNotEquals={"aws:PrincipalAccount": PARTNER}),
        "anyone who meets its conditions",
    ),
    "everyone but an organization": (
        allow(EVERYONE, StringNotEquals={"aws:PrincipalOrgID": PARTNER_ORGANIZATION}),
        "anyone who meets its conditions",
    ),
}


@pytest.mark.parametrize("name", NAMED_PARTIES)
def test_external_principals_say_whom_the_policy_names(name: str) -> None:
    statement, words = NAMED_PARTIES[name]
    findings = findings_for(statement)
    assert words in findings[EXTERNAL].text
    assert (findings[PUBLIC].status is PASS) is not name.startswith("everyone but")


def test_external_principals_account_of_another_partition_fails() -> None:
    assert statuses_for(allow({"AWS": f"arn:aws-cn:iam::{PARTNER}:role/vendor"}))[EXTERNAL] is FAIL


# How many addresses a range needs for strangers to have one

SITES = [("3.0.0.0/16", UNVERIFIED), ("3.0.0.0/15", FAIL), ("2600::/48", UNVERIFIED), ("2600::/47", FAIL)]
PUBLIC_RANGES = [("3.0.0.0/8", PASS), ("2.0.0.0/7", FAIL), ("2600::/32", PASS), ("2600::/31", FAIL)]


@pytest.mark.parametrize(("network", "status"), SITES)
def test_external_principals_range_broader_than_a_site_fails(network: str, status: Any) -> None:
    assert statuses_for(allow(EVERYONE, IpAddress={"aws:SourceIp": network}))[EXTERNAL] is status


@pytest.mark.parametrize(("network", "status"), PUBLIC_RANGES)
def test_public_access_range_broader_than_aws_allows_fails(network: str, status: Any) -> None:
    assert statuses_for(allow(EVERYONE, IpAddress={"aws:SourceIp": network}))[PUBLIC] is status


def test_external_principals_narrow_ranges_that_add_up_fail() -> None:
    ranges = ["3.0.0.0/17", "5.0.0.0/17", "7.0.0.0/32"]
    assert statuses_for(allow(EVERYONE, IpAddress={"aws:SourceIp": ranges[:2]}))[EXTERNAL] is UNVERIFIED
    assert statuses_for(allow(EVERYONE, IpAddress={"aws:SourceIp": ranges}))[EXTERNAL] is FAIL


def test_external_principals_range_that_a_deny_narrows_to_a_site_is_unverified() -> None:
    statements = (
        allow(EVERYONE, IpAddress={"aws:SourceIp": "3.0.0.0/8"}),
        deny(NotIpAddress={"aws:SourceIp": "3.0.0.0/16"}),
    )
    assert statuses_for(*statements)[EXTERNAL] is UNVERIFIED
    outside = [f"3.{number}.0.0/16" for number in range(1, 256)]
    assert statuses_for(statements[0], deny(IpAddress={"aws:SourceIp": outside}))[EXTERNAL] is UNVERIFIED


def test_external_principals_range_that_isnt_all_trusted_fails() -> None:
    """A range of more than one site has strangers, however much of it the config trusts."""
    statement = allow(EVERYONE, IpAddress={"aws:SourceIp": "3.0.0.0/15"})
    parsed = parse_bucket_policy(Document({"Version": "2012-10-17", "Statement": [statement]}))
    assert isinstance(parsed, ParsedPolicy)
    trusted = replace(TRUSTED, networks=frozenset({"3.0.0.0/16"}))
    resources = [OBJECTS.replace("*", evaluator.ANY)]
    assert external_access.external_principals(parsed, resources, trusted).status is FAIL


def test_public_access_narrow_range_beside_what_isnt_known_is_unverified() -> None:
    narrow = allow(EVERYONE, IpAddress={"aws:SourceIp": "192.0.2.0/24"})
    unknown = allow(EVERYONE, StringEquals={"aws:Referer": Unknown("a page")})
    assert statuses_for(narrow, unknown)[PUBLIC] is UNVERIFIED


def test_services_in_a_narrow_range_are_unverified() -> None:
    """The range may be one of AWS's own, from which a service calls."""
    assert statuses_for(allow(CLOUDTRAIL, IpAddress={"aws:SourceIp": "198.51.100.0/24"}))[SERVICES] is UNVERIFIED


def test_public_access_range_that_a_deny_splits_for_some_fails() -> None:
    """Whoever sends a referer gets in from three quarters of the range. Each half has too few addresses by itself."""
    half, eighth = ["2.0.0.0/8", "3.0.0.0/32"], "2.0.0.0/9"
    statements = (
        allow(EVERYONE, IpAddress={"aws:SourceIp": "2.0.0.0/7"}),
        deny(NotIpAddress={"aws:SourceIp": half}, Null={"aws:Referer": "true"}),
        deny(IpAddress={"aws:SourceIp": eighth}, Null={"aws:UserAgent": "true"}),
        deny(IpAddress={"aws:SourceIp": eighth}, Null={"aws:UserAgent": "false"}),
    )
    assert statuses_for(*statements)[PUBLIC] is FAIL


@pytest.mark.parametrize("network", ["198.51.100.0/24", "192.0.2.0/24", "3.0.0.0/16"])
def test_everyone_that_a_deny_binds_to_a_narrow_range_is_unverified(network: str) -> None:
    statuses = statuses_for(allow(EVERYONE), deny(NotIpAddress={"aws:SourceIp": network}))
    assert (statuses[PUBLIC], statuses[EXTERNAL]) == (PASS, UNVERIFIED)
