"""Random policy documents in the shapes in which people post them, each from a seed.

Half of the values that narrow a document are the owner's own, so that many documents should pass, or nearly do; the
others are a named partner's, patterns, or something that anybody has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.policy.access.parties import (
    ACCESS_POINT,
    ACCOUNT,
    BUCKET,
    KEY,
    OBJECTS,
    ORGANIZATION,
    ORGANIZATION_PATH,
    OTHER_ENDPOINT,
    OTHER_NETWORKS,
    OTHER_ROLE_ID,
    OTHER_USER_ID,
    OTHER_VPC,
    OWN_ENDPOINT,
    OWN_NETWORKS,
    OWN_ROLE_ID,
    OWN_USER_ID,
    OWN_VPC,
    PARTNER,
    PARTNER_ORGANIZATION,
    QUEUE,
    TOPIC,
    TRUSTED_ACCOUNT,
    VENDOR,
)

Statement = dict[str, Any]
Condition = tuple[str, str, Any]
"""An operator, a condition key, and a value or a list of values."""


@dataclass(frozen=True)
class ResourceKind:
    """A kind of resource with a policy.

    Attributes:
        resources: Its ARN and, for a bucket and an access point, the pattern of its objects.
        actions: What a caller of another account may be allowed to do, each with the position in `resources`.
        patterns: Patterns of actions that a statement may name.
        services: The services that call it.
    """

    resources: tuple[str, ...]
    actions: tuple[tuple[str, int], ...]
    patterns: tuple[str, ...]
    services: tuple[str, ...]


_ON_OBJECTS = tuple((f"s3:{name}", 1) for name in ("GetObject", "PutObject", "DeleteObject", "GetObjectVersion"))
_S3_PATTERNS = ("s3:*", "s3:Get*", "s3:GetObject*", "s3:*Object", "s3:?etObject", "*", "S3:getobject", "s3:List*")
_S3_SERVICES = (
    *("logging.s3.amazonaws.com", "cloudtrail.amazonaws.com", "delivery.logs.amazonaws.com", "s3.amazonaws.com"),
    *("config.amazonaws.com", "cloudfront.amazonaws.com", "serverlessrepo.amazonaws.com"),
)
RESOURCE_KINDS = {
    "bucket": ResourceKind(
        (BUCKET, OBJECTS), (*_ON_OBJECTS, ("s3:ListBucket", 0), ("s3:GetBucketLocation", 0)), _S3_PATTERNS, _S3_SERVICES
    ),
    "access point": ResourceKind(
        (ACCESS_POINT, f"{ACCESS_POINT}/object/*"),
        (*_ON_OBJECTS, ("s3:ListBucket", 0)),
        _S3_PATTERNS,
        ("s3.amazonaws.com", "cloudfront.amazonaws.com"),
    ),
    "key": ResourceKind(
        (KEY,),
        tuple((f"kms:{name}", 0) for name in ("Decrypt", "Encrypt", "GenerateDataKey", "CreateGrant")),
        ("kms:*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:*crypt", "*", "kms:Create*"),
        (
            "cloudtrail.amazonaws.com",
            "logs.us-east-1.amazonaws.com",
            "sns.amazonaws.com",
            "delivery.logs.amazonaws.com",
        ),
    ),
    "topic": ResourceKind(
        (TOPIC,),
        (("sns:Publish", 0), ("sns:Subscribe", 0)),
        ("sns:*", "SNS:Publish", "sns:Pub*", "sns:?ubscribe", "*"),
        ("cloudwatch.amazonaws.com", "events.amazonaws.com", "s3.amazonaws.com", "budgets.amazonaws.com"),
    ),
    "queue": ResourceKind(
        (QUEUE,),
        (("sqs:SendMessage", 0), ("sqs:ReceiveMessage", 0), ("sqs:DeleteMessage", 0)),
        ("sqs:*", "SQS:SendMessage", "sqs:*Message", "sqs:Receive*", "*"),
        ("sns.amazonaws.com", "s3.amazonaws.com", "events.amazonaws.com"),
    ),
}
_KIND_WEIGHTS = {"bucket": 60, "key": 14, "topic": 10, "queue": 8, "access point": 8}


@dataclass(frozen=True)
class GeneratedDocument:
    """A policy document of a resource, and the kind of resource."""

    seed: int
    kind: str
    document: dict[str, Any]


def generate_resource_policy(seed: int) -> GeneratedDocument:
    rng = Random(f"resource policy {seed}")
    (kind,) = rng.choices(list(_KIND_WEIGHTS), list(_KIND_WEIGHTS.values()))
    statements = [_allow(rng, kind) for _ in range(rng.choices((1, 2, 3, 5), (55, 30, 12, 3))[0])]
    for _ in range(rng.choices((0, 1, 2, 3), (45, 35, 15, 5))[0]):
        statements.insert(rng.randint(0, len(statements)), _deny(rng, kind))
    version = {} if rng.random() < 0.03 else {"Version": rng.choices(("2012-10-17", "2008-10-17"), (97, 3))[0]}
    return GeneratedDocument(seed, kind, version | {"Statement": statements})


# Statements


def _allow(rng: Random, kind: str) -> Statement:
    """Return an Allow for a principal, with the conditions that people give such a principal."""
    shape, _ = rng.choices(_ALLOW_SHAPES, [weight for _, weight in _ALLOW_SHAPES])[0]
    principal, conditions = shape(rng, kind)
    if rng.random() < 0.3:
        conditions = [*conditions, _any_condition(rng, kind)]
    statement = {"Effect": "Allow", **principal, **_actions(rng, kind), **_resources(rng, kind)}
    return _with_conditions(rng, statement, conditions)


def _deny(rng: Random, kind: str) -> Statement:
    shape, _ = rng.choices(_DENY_SHAPES, [weight for _, weight in _DENY_SHAPES])[0]
    principal, conditions = shape(rng, kind)
    what: Statement = {"Action": RESOURCE_KINDS[kind].patterns[0], "Resource": _all_resources(kind)}
    if rng.random() < 0.3:
        what = {**_actions(rng, kind), **_resources(rng, kind)}
    return _with_conditions(rng, {"Effect": "Deny", **principal, **what}, conditions)


def _with_conditions(rng: Random, statement: Statement, conditions: Sequence[Condition]) -> Statement:
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        key_as_written = key.lower() if rng.random() < 0.05 else key
        if key.casefold() in {other.casefold() for other in block.get(operator, {})}:
            continue
        listed = values if isinstance(values, list) else [values]
        block.setdefault(operator, {})[key_as_written] = listed if len(listed) > 1 or rng.random() < 0.3 else listed[0]
    return statement | ({"Condition": block} if block else {})


def _all_resources(kind: str) -> Any:
    resources = RESOURCE_KINDS[kind].resources
    return "*" if kind == "key" else list(resources) if len(resources) > 1 else resources[0]


def _actions(rng: Random, kind: str) -> Statement:
    resource_kind = RESOURCE_KINDS[kind]
    names = [name for name, _ in resource_kind.actions]
    if rng.random() < 0.06:
        return {"NotAction": rng.sample(names, min(2, len(names)))}
    pool = [*names, *names, *resource_kind.patterns]
    chosen = rng.sample(pool, rng.choices((1, 2, 3), (60, 25, 15))[0])
    return {"Action": chosen if len(chosen) > 1 else chosen[0]}


def _resources(rng: Random, kind: str) -> Statement:
    resources = RESOURCE_KINDS[kind].resources
    if rng.random() < 0.05:
        return {"NotResource": f"{resources[0]}/private/*"}
    if len(resources) == 1:
        return {"Resource": rng.choice((resources[0], "*"))}
    objects = resources[1].removesuffix("*")
    choices = [
        *[_all_resources(kind)] * 3,
        *[resources[1]] * 4,
        resources[0],
        f"{objects}public/*",
        f"{objects}${{aws:username}}/*",
        f"{objects}${{aws:PrincipalAccount}}/*",
        f"{objects}${{aws:PrincipalTag/team}}/*",
        f"{resources[0]}*",
        "arn:aws:s3:::*" if kind == "bucket" else "*",
    ]
    return {"Resource": rng.choice(choices)}


# Principals, each with what usually narrows it. Shapes without a narrowing condition are those that need none.

Shape = Callable[[Random, str], tuple[Statement, list[Condition]]]
EVERYONE: Statement = {"Principal": "*"}


def _for_own_principals(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    own = [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/app", TRUSTED_ACCOUNT]
    own += [f"arn:aws:iam::{ACCOUNT}:user/bob", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/one"]
    own += [f"arn:aws:iam::{TRUSTED_ACCOUNT}:role/team/reader"]
    return {"Principal": {"AWS": _some(rng, own)}}, []


def _for_a_partner(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    partners = [PARTNER, f"arn:aws:iam::{PARTNER}:root", f"arn:aws:iam::{PARTNER}:role/vendor"]
    partners += [f"arn:aws:iam::{VENDOR}:user/sync", f"arn:aws:sts::{PARTNER}:assumed-role/vendor/run"]
    conditions = [_any_condition(rng, kind) for _ in range(rng.choice((0, 1, 1, 2)))]
    return {"Principal": {"AWS": _some(rng, [*partners, ACCOUNT])}}, conditions


def _for_everyone_narrowed(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    principal = rng.choice((EVERYONE, EVERYONE, {"Principal": {"AWS": "*"}}, {"Principal": {"AWS": ["*"]}}))
    conditions = [_who_condition(rng)]
    if rng.random() < 0.35:
        conditions.append(rng.choice((_who_condition, _whence_condition))(rng))
    if rng.random() < 0.15:
        conditions.append(("Bool", "aws:PrincipalIsAWSService", "false"))
    return principal, conditions


def _for_everyone_somewhere(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    conditions = [_whence_condition(rng)]
    if rng.random() < 0.25:
        conditions.append(_any_condition(rng, kind))
    if rng.random() < 0.2:
        conditions.append(("Bool", "aws:PrincipalIsAWSService", "false"))
    return EVERYONE, conditions


def _for_a_service(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    services = RESOURCE_KINDS[kind].services
    principal = {"Principal": {"Service": _some(rng, services)}}
    conditions = [] if rng.random() < 0.08 else [_source_condition(rng)]
    if rng.random() < 0.3:
        conditions.append(_source_condition(rng))
    if kind == "key" and rng.random() < 0.4:
        conditions.append(_encryption_context_condition(rng))
    return principal, conditions


def _for_services_of_everyone(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    name = ("StringEquals", "aws:PrincipalServiceName", rng.choice(RESOURCE_KINDS[kind].services))
    service = ("Bool", "aws:PrincipalIsAWSService", "true")
    return EVERYONE, [rng.choice((name, service)), _source_condition(rng)]


def _through_an_access_point(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    return EVERYONE, [_access_point_condition(rng) if kind == "bucket" else _who_condition(rng)]


def _through_a_service(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    """Return the shape of the policies of AWS managed keys: each caller of one's own account, through a service."""
    if kind != "key":
        return _for_everyone_narrowed(rng, kind)
    service = f"{rng.choice(('s3', 'sns', 'backup', 'secretsmanager'))}.us-east-1.amazonaws.com"
    conditions: list[Condition] = [
        _text_condition(rng, "kms:ViaService", rng.choice((service, service, "*.amazonaws.com", "s3.*.amazonaws.com"))),
        _text_condition(rng, "kms:CallerAccount", _account(rng)),
    ]
    return EVERYONE, conditions if rng.random() < 0.8 else conditions[:1]


def _for_others(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    others: list[Statement] = [
        {"Principal": {"Federated": f"arn:aws:iam::{rng.choice((ACCOUNT, PARTNER))}:saml-provider/idp"}},
        {"Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"}},
        {"Principal": {"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}},
        {"NotPrincipal": {"AWS": [PARTNER, f"arn:aws:iam::{PARTNER}:root"]}},
        {"Principal": {"AWS": ACCOUNT, "Service": rng.choice(RESOURCE_KINDS[kind].services)}},
    ]
    return rng.choice(others), [_any_condition(rng, kind)]


_ALLOW_SHAPES: list[tuple[Shape, int]] = [
    (_for_own_principals, 18),
    (_for_a_partner, 8),
    (_for_everyone_narrowed, 34),
    (_for_everyone_somewhere, 14),
    (_for_a_service, 14),
    (_for_services_of_everyone, 3),
    (_through_an_access_point, 4),
    (_through_a_service, 3),
    (_for_others, 2),
]


def _deny_plain_http(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    return EVERYONE, [("Bool", "aws:SecureTransport", "false")]


def _deny_other_organizations(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    """Return the Deny of AWS's data perimeter, with or without its exceptions."""
    organization = rng.choices((ORGANIZATION, PARTNER_ORGANIZATION, "${aws:ResourceOrgID}"), (70, 10, 20))[0]
    operator = rng.choice(("StringNotEquals", "StringNotEqualsIfExists", "StringNotEqualsIfExists"))
    conditions: list[Condition] = [(operator, "aws:PrincipalOrgID", organization)]
    if rng.random() < 0.3:
        conditions.append(("StringNotEqualsIfExists", "aws:PrincipalAccount", [ACCOUNT, TRUSTED_ACCOUNT]))
    if rng.random() < 0.7:
        conditions.append(("BoolIfExists", "aws:PrincipalIsAWSService", "false"))
    return EVERYONE, conditions


def _deny_other_networks(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    operator = rng.choice(("NotIpAddress", "NotIpAddressIfExists"))
    conditions: list[Condition] = [(operator, "aws:SourceIp", _networks(rng))]
    if rng.random() < 0.5:
        conditions.append(("StringNotEqualsIfExists", "aws:SourceVpc", _own_or(rng, OWN_VPC, [OTHER_VPC])))
    if rng.random() < 0.5:
        conditions.append(rng.choice((("BoolIfExists", "aws:ViaAWSService", "false"), _DIRECT)))
    if rng.random() < 0.4:
        conditions.append(("BoolIfExists", "aws:PrincipalIsAWSService", "false"))
    return EVERYONE, conditions


_DIRECT: Condition = ("Bool", "aws:ViaAWSService", "false")


def _deny_other_endpoints(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    operator = rng.choice(("StringNotEquals", "StringNotEqualsIfExists", "ForAllValues:StringNotEquals"))
    return EVERYONE, [(operator, "aws:SourceVpce", _own_or(rng, OWN_ENDPOINT, [OTHER_ENDPOINT]))]


def _deny_other_principals(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    operator = rng.choice(("ArnNotLike", "ArnNotEquals", "ArnNotLikeIfExists", "StringNotLike", "StringNotEquals"))
    conditions: list[Condition] = [(operator, "aws:PrincipalArn", _some(rng, [_principal_arn(rng) for _ in range(3)]))]
    if rng.random() < 0.3:
        conditions.append(("Bool", "aws:PrincipalIsAWSService", "false"))
    return EVERYONE, conditions


def _deny_other_ids(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    return EVERYONE, [("StringNotLike", "aws:userid", _some(rng, [_user_id(rng), _user_id(rng), ACCOUNT]))]


def _deny_other_accounts(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    keys = ["aws:PrincipalAccount", "aws:PrincipalAccount", "aws:SourceAccount"]
    key = rng.choice([*keys, "s3:DataAccessPointAccount"] if kind == "bucket" else keys)
    operator = rng.choice(("StringNotEquals", "StringNotEqualsIfExists", "StringNotLike"))
    return EVERYONE, [(operator, key, _some(rng, [ACCOUNT, ACCOUNT, TRUSTED_ACCOUNT, _account(rng)]))]


def _deny_some(rng: Random, kind: str) -> tuple[Statement, list[Condition]]:
    """Return a Deny of the named only: it removes some callers, and must not hide the others."""
    some: list[Condition] = [
        ("IpAddress", "aws:SourceIp", rng.choice(("203.0.113.0/24", "198.51.100.7/32", "0.0.0.0/1"))),
        ("ArnLike", "aws:PrincipalArn", "arn:aws:iam::*:root"),
        ("StringEquals", "aws:SourceVpc", "vpc-00000000000000000"),
        ("StringEquals", "aws:PrincipalOrgID", "o-0000000000"),
        ("StringEquals", "aws:PrincipalAccount", "000000000000"),
        ("Null", "aws:PrincipalArn", "true"),
        ("Null", "aws:PrincipalOrgID", "true"),
        ("StringEquals", "aws:PrincipalType", rng.choice(("User", "Account", "AssumedRole", "Anonymous"))),
        ("StringLike", "aws:userid", rng.choice(("AIDA*", "AROA*", "*:*", "anonymous"))),
        ("StringLike", "aws:username", "*"),
        ("Bool", "aws:PrincipalIsAWSService", "true"),
        ("Bool", "aws:ViaAWSService", "true"),
        _free_condition(rng, kind),
    ]
    principals: list[Statement] = [
        EVERYONE,
        EVERYONE,
        EVERYONE,
        {"Principal": {"AWS": rng.choice((PARTNER, f"arn:aws:iam::{PARTNER}:role/vendor"))}},
        {"NotPrincipal": {"AWS": [f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:iam::{ACCOUNT}:role/app"]}},
    ]
    return rng.choice(principals), [rng.choice(some) for _ in range(rng.choice((1, 1, 2)))]


_DENY_SHAPES: list[tuple[Shape, int]] = [
    (_deny_plain_http, 22),
    (_deny_other_organizations, 14),
    (_deny_other_networks, 14),
    (_deny_other_endpoints, 8),
    (_deny_other_principals, 12),
    (_deny_other_ids, 6),
    (_deny_other_accounts, 10),
    (_deny_some, 20),
]


# Conditions


def _any_condition(rng: Random, kind: str) -> Condition:
    choice = rng.random()
    if choice < 0.35:
        return _free_condition(rng, kind)
    if choice < 0.38 and kind == "bucket":
        return _access_point_condition(rng)
    return rng.choices((_who_condition, _whence_condition, _source_condition), (45, 30, 10))[0](rng)


def _who_condition(rng: Random) -> Condition:
    choose: Callable[[], Condition] = rng.choice(
        (
            lambda: _text_condition(rng, "aws:PrincipalOrgID", _organization(rng)),
            lambda: _text_condition(rng, "aws:PrincipalOrgID", _organization(rng)),
            lambda: _text_condition(rng, "aws:PrincipalAccount", _account(rng)),
            lambda: _text_condition(rng, "aws:PrincipalAccount", _account(rng)),
            lambda: _arn_condition(rng, "aws:PrincipalArn", _principal_arn(rng)),
            lambda: _arn_condition(rng, "aws:PrincipalArn", _principal_arn(rng)),
            lambda: _set_condition(rng, "aws:PrincipalOrgPaths", _organization_path(rng)),
            lambda: ("StringLike", "aws:userid", _user_id(rng)),
            lambda: _text_condition(rng, "aws:username", rng.choice(("bob", "*", "svc-*"))),
            lambda: ("Null", rng.choice(("aws:PrincipalArn", "aws:username", "aws:PrincipalOrgID")), _flag(rng)),
            lambda: ("StringNotEquals", "aws:PrincipalAccount", PARTNER),
            lambda: ("StringNotEquals", "aws:PrincipalOrgID", PARTNER_ORGANIZATION),
            lambda: ("StringEquals", "aws:PrincipalAccount", "${aws:ResourceAccount}"),
            lambda: ("StringEquals", "aws:PrincipalOrgID", "${aws:ResourceOrgID}"),
            lambda: ("StringEquals", "aws:PrincipalType", rng.choice(("User", "AssumedRole", "FederatedUser"))),
        )
    )
    return choose()


def _whence_condition(rng: Random) -> Condition:
    choose: Callable[[], Condition] = rng.choice(
        (
            lambda: (rng.choice(("IpAddress", "IpAddress", "IpAddressIfExists")), "aws:SourceIp", _networks(rng)),
            lambda: (rng.choice(("IpAddress", "IpAddress", "NotIpAddress")), "aws:SourceIp", _networks(rng)),
            lambda: ("IpAddress", "aws:VpcSourceIp", rng.choice(("10.0.0.0/8", "10.1.2.0/24", "172.16.0.0/12"))),
            lambda: _text_condition(rng, "aws:SourceVpce", _own_or(rng, OWN_ENDPOINT, [OTHER_ENDPOINT, "vpce-*"])),
            lambda: _text_condition(rng, "aws:SourceVpce", _own_or(rng, OWN_ENDPOINT, [OTHER_ENDPOINT, "vpce-*"])),
            lambda: _text_condition(rng, "aws:SourceVpc", _own_or(rng, OWN_VPC, [OTHER_VPC, "vpc-*"])),
            lambda: ("Null", rng.choice(("aws:SourceVpc", "aws:SourceVpce", "aws:SourceIp")), _flag(rng)),
            lambda: ("Bool", "aws:ViaAWSService", _flag(rng)),
        )
    )
    return choose()


def _source_condition(rng: Random) -> Condition:
    choose: Callable[[], Condition] = rng.choice(
        (
            lambda: _text_condition(rng, "aws:SourceAccount", _account(rng)),
            lambda: _text_condition(rng, "aws:SourceAccount", rng.choice((ACCOUNT, "${aws:ResourceAccount}"))),
            lambda: _arn_condition(rng, "aws:SourceArn", _source_arn(rng)),
            lambda: _arn_condition(rng, "aws:SourceArn", _source_arn(rng)),
            lambda: _text_condition(rng, "aws:SourceOrgID", _organization(rng)),
            lambda: _set_condition(rng, "aws:SourceOrgPaths", _organization_path(rng)),
            lambda: ("Null", rng.choice(("aws:SourceArn", "aws:SourceAccount")), _flag(rng)),
        )
    )
    return choose()


def _access_point_condition(rng: Random) -> Condition:
    if rng.random() < 0.6:
        return _text_condition(rng, "s3:DataAccessPointAccount", _account(rng))
    account = _own_or(rng, ACCOUNT, [PARTNER, "*"])
    return _arn_condition(rng, "s3:DataAccessPointArn", f"arn:aws:s3:us-east-1:{account}:accesspoint/*")


def _encryption_context_condition(rng: Random) -> Condition:
    account = _own_or(rng, ACCOUNT, [PARTNER, "*"])
    return rng.choice(
        (
            _arn_condition(
                rng, "kms:EncryptionContext:aws:cloudtrail:arn", f"arn:aws:cloudtrail:*:{account}:trail/*", like=True
            ),
            _arn_condition(rng, "kms:EncryptionContext:aws:logs:arn", f"arn:aws:logs:us-east-1:{account}:*"),
        )
    )


def _free_condition(rng: Random, kind: str) -> Condition:
    """Return a condition on what every caller chooses, or on what is the same for everyone."""
    conditions: list[Condition] = [
        ("Bool", "aws:SecureTransport", "true"),
        ("StringEquals", "aws:PrincipalTag/team", "research"),
        ("StringLike", "aws:PrincipalTag/team", "*"),
        ("DateLessThan", "aws:CurrentTime", "2031-01-01T00:00:00Z"),
        ("DateGreaterThan", "aws:CurrentTime", "2024-01-01T00:00:00Z"),
        ("NumericLessThan", "aws:MultiFactorAuthAge", "3600"),
        ("Bool", "aws:MultiFactorAuthPresent", "true"),
        ("StringEquals", "aws:RequestedRegion", "us-east-1"),
        ("StringLike", "aws:Referer", "https://portal.example/*"),
        ("StringLike", "aws:UserAgent", "*Console*"),
        ("StringEquals", "aws:ResourceAccount", ACCOUNT),
        ("ForAnyValue:StringEquals", "aws:CalledVia", "athena.amazonaws.com"),
    ]
    if kind in ("bucket", "access point"):
        conditions += [
            ("StringLike", "s3:prefix", rng.choice(("public/*", "${aws:username}/*", ["", "public/*"]))),
            ("NumericLessThanEquals", "s3:max-keys", "100"),
            ("NumericGreaterThanEquals", "s3:TlsVersion", "1.2"),
            ("StringEquals", "s3:x-amz-acl", "bucket-owner-full-control"),
            ("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
            ("StringEquals", "s3:ExistingObjectTag/class", "${aws:PrincipalTag/team}"),
            ("ForAllValues:StringEquals", "s3:RequestObjectTagKeys", ["team", "class"]),
        ]
    if kind == "key":
        conditions += [
            ("StringEquals", "kms:EncryptionContext:purpose", "phi"),
            ("StringLike", "kms:EncryptionContext:aws:s3:arn", f"{BUCKET}*"),
            ("ForAllValues:StringEquals", "kms:EncryptionContextKeys", ["purpose"]),
            ("Bool", "kms:GrantIsForAWSResource", "true"),
            ("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"),
        ]
    if kind == "topic":
        conditions += [("StringEquals", "sns:Protocol", "https"), ("StringLike", "sns:Endpoint", "*@hospital.example")]
    return rng.choice(conditions)


def _text_condition(rng: Random, key: str, value: str) -> Condition:
    operators = ["StringEquals", "StringEquals", "StringLike"]
    if "*" in value or "?" in value:
        operators = ["StringLike"]
    return _varied(rng, rng.choice(operators), key, value)


def _arn_condition(rng: Random, key: str, value: str, *, like: bool = False) -> Condition:
    operators = (
        ["ArnLike", "ArnEquals", "StringLike"] if like or "*" in value else ["ArnLike", "ArnEquals", "StringEquals"]
    )
    return _varied(rng, rng.choice(operators), key, value)


def _set_condition(rng: Random, key: str, value: str) -> Condition:
    prefix = rng.choices(("ForAnyValue", "ForAllValues"), (75, 25))[0]
    return (f"{prefix}:{'StringLike' if '*' in value else 'StringEquals'}", key, value)


def _varied(rng: Random, operator: str, key: str, value: str) -> Condition:
    """Return the condition, in one of eight with what lets an absent key pass."""
    variant = rng.random()
    if variant < 0.08:
        operator = f"{operator}IfExists"
    elif variant < 0.11:
        operator = f"ForAllValues:{operator}"
    elif variant < 0.13:
        operator = f"ForAnyValue:{operator}"
    return operator, key, value


# Values: the owner's own in half of the cases


def _own_or(rng: Random, own: str, others: Sequence[str]) -> str:
    return own if rng.random() < 0.6 else rng.choice(others)


def _account(rng: Random) -> str:
    return _own_or(
        rng, rng.choice((ACCOUNT, ACCOUNT, TRUSTED_ACCOUNT)), [PARTNER, VENDOR, "7777*", "*", "1111222233??"]
    )


def _organization(rng: Random) -> str:
    return _own_or(rng, ORGANIZATION, [PARTNER_ORGANIZATION, "o-*", "${aws:ResourceOrgID}"])


def _organization_path(rng: Random) -> str:
    own = rng.choice((f"{ORGANIZATION}/*", ORGANIZATION_PATH, f"{ORGANIZATION}/r-ab12/*"))
    return _own_or(
        rng, own, [f"{PARTNER_ORGANIZATION}/*", "o-*/r-ab12/*", f"{PARTNER_ORGANIZATION}/r-zz99/ou-zz99-1/*"]
    )


def _principal_arn(rng: Random) -> str:
    own = [f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("role/app", "role/*", "user/bob", "*", "role/team/*", "root")]
    own.append(f"arn:aws:iam::{TRUSTED_ACCOUNT}:role/reader")
    others = [f"arn:aws:iam::{PARTNER}:{name}" for name in ("role/vendor", "role/etl-*", "root", "*")]
    others += ["arn:aws:iam::*:role/app", "arn:aws:iam::*:user/*", "arn:aws:iam::7777*:role/*", "arn:aws:iam::*:root"]
    others += ["arn:aws:iam::${aws:ResourceAccount}:role/*", "arn:aws:sts::*:federated-user/*", "*"]
    return _own_or(rng, rng.choice(own), others)


def _user_id(rng: Random) -> str:
    own = [f"{OWN_ROLE_ID}:*", OWN_USER_ID, ACCOUNT]
    others = [f"{OTHER_ROLE_ID}:*", OTHER_USER_ID, PARTNER, "AIDA*", "AROA*", "*:admin", "*", "7777*", "anonymous"]
    return _own_or(rng, rng.choice(own), others)


def _source_arn(rng: Random) -> str:
    account = _own_or(rng, ACCOUNT, [PARTNER, "*"])
    return rng.choice(
        (
            f"arn:aws:cloudtrail:us-east-1:{account}:trail/phi",
            f"arn:aws:cloudtrail:*:{account}:trail/*",
            f"arn:aws:events:us-east-1:{account}:rule/*",
            f"arn:aws:cloudwatch:us-east-1:{account}:alarm:*",
            f"arn:aws:cloudfront::{account}:distribution/E1ABCDEF",
            f"arn:aws:logs:us-east-1:{account}:*",
            f"arn:aws:sns:us-east-1:{account}:alerts",
            f"arn:aws:*:*:{account}:*",
            rng.choice((BUCKET, BUCKET, "arn:aws:s3:::phi-*", "arn:aws:s3:::*")),
        )
    )


_WIDE_NETWORKS = (
    *("0.0.0.0/0", "0.0.0.0/1", "16.0.0.0/4", "3.0.0.0/8", "54.0.0.0/7", "2000::/3", "2600::/12", "::/0"),
    *("0.0.0.0/2", "128.0.0.0/1", "2a00::/16"),
)


def _networks(rng: Random) -> list[str]:
    networks = [rng.choice(OWN_NETWORKS) if rng.random() < 0.6 else rng.choice((*OTHER_NETWORKS, *_WIDE_NETWORKS))]
    if rng.random() < 0.3:
        networks.append(rng.choice((*OWN_NETWORKS, *OWN_NETWORKS, *OTHER_NETWORKS, *_WIDE_NETWORKS)))
    return networks


def _flag(rng: Random) -> str:
    return rng.choice(("true", "false"))


def _some(rng: Random, values: Sequence[str]) -> Any:
    chosen = rng.sample(list(values), min(len(values), rng.choices((1, 2, 3), (70, 20, 10))[0]))
    return chosen if len(chosen) > 1 else chosen[0]
