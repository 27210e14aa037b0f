"""Random bucket policies that protect the bucket from its own administrators, and administrators whom they don't name.

The administrators of the account may do everything that the bucket policy doesn't deny. The only exception: the root
user may always change the bucket policy, whatever it denies
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

from hipaa_controls.evaluator import Request
from hipaa_controls.services.s3.protection_actions import BYPASS, DELETE_VERSION, REQUIRED_PROTECTION_ACTIONS
from tests.policy.access.generator import Condition, GeneratedDocument, Statement
from tests.policy.access.outsiders import (
    Keys,
    Literals,
    Outsider,
    Part,
    Standing,
    address_in,
    federated_user,
    role_session,
    root,
    user,
)
from tests.policy.access.parties import ACCOUNT, BUCKET, OBJECTS, ORGANIZATION, OWN_ROLE_ID, OWN_VPC
from tests.policy.access.second_evaluator import CompiledStatement

ADMINISTRATORS = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}
"""What the administrators' own policies allow, as if it were in a policy of the bucket."""
ACTIONS = (*REQUIRED_PROTECTION_ACTIONS, DELETE_VERSION)
_ALWAYS_OPEN_TO_ROOT = ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
_BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/break-glass"


def generate_tamper_protection(seed: int) -> GeneratedDocument:
    rng = Random(f"tamper protection {seed}")
    statements = [_deny(rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    return GeneratedDocument(seed, "protected bucket", {"Version": "2012-10-17", "Statement": statements})


def _deny(rng: Random) -> Statement:
    conditions = [_exception(rng) for _ in range(rng.choices((0, 1, 2), (15, 70, 15))[0])]
    block: dict[str, dict[str, Any]] = {}
    for operator, key, values in conditions:
        block.setdefault(operator, {})[key] = values
    principals: list[Statement] = [
        *[{"Principal": "*"}] * 12,
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}},
        {"NotPrincipal": {"AWS": [_BREAK_GLASS, f"arn:aws:iam::{ACCOUNT}:root"]}},
        {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}},
    ]
    statement = {"Effect": "Deny", **rng.choice(principals), **_actions(rng)}
    statement["Resource"] = rng.choices(([BUCKET, OBJECTS], "*", BUCKET, OBJECTS), (80, 10, 5, 5))[0]
    return statement | ({"Condition": block} if block else {})


def _actions(rng: Random) -> Statement:
    choices: list[Statement] = [
        *[{"Action": list(ACTIONS)}] * 5,
        {"Action": "s3:*"},
        {"NotAction": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"]},
        {"Action": ["s3:Put*", "s3:Delete*", "s3:Bypass*"]},
        {"Action": ["s3:PutBucket*", DELETE_VERSION, BYPASS]},
        {"Action": rng.sample(ACTIONS, len(ACTIONS) - 1)},
    ]
    return rng.choice(choices)


def _exception(rng: Random) -> Condition:
    arns = [_BREAK_GLASS, f"arn:aws:iam::{ACCOUNT}:role/ops/break-glass"]
    wide = [f"arn:aws:iam::{ACCOUNT}:{name}" for name in ("root", "role/*/*", "role/*", "user/*", "user/*/admin", "*")]
    others = ("ArnNotLike", "ArnNotEquals", "StringNotEquals", "StringNotLike")
    own_sessions = f"{OWN_ROLE_ID}:*"
    choices: list[Callable[[], Condition]] = [
        *[lambda: (rng.choice(others), _ARN, _BREAK_GLASS)] * 6,
        lambda: ("ArnNotLike", _ARN, [rng.choice(arns), rng.choice(wide)]),
        lambda: ("ArnNotLikeIfExists", _ARN, arns),
        lambda: ("ForAllValues:ArnNotLike", _ARN, arns),
        lambda: (
            "StringNotLike",
            "aws:userid",
            [own_sessions, rng.choice((ACCOUNT, "AIDA*", f"{OWN_ROLE_ID}:x"))],
        ),
        lambda: ("StringNotLike", "aws:userid", own_sessions),
        lambda: ("StringNotLike", "aws:userid", rng.choice(("AROA*", "*:admin", "AIDA*"))),
        lambda: ("StringLike", "aws:username", "*"),
        lambda: ("StringNotEquals", "aws:username", "admin"),
        lambda: ("StringNotEquals", "aws:PrincipalType", rng.choice(("Account", "User", "AssumedRole"))),
        lambda: ("Null", rng.choice(("aws:username", _ARN, "aws:MultiFactorAuthAge")), rng.choice(("true", "false"))),
        lambda: ("BoolIfExists", "aws:MultiFactorAuthPresent", "false"),
        lambda: ("Bool", "aws:SecureTransport", "false"),
        lambda: ("BoolIfExists", "aws:ViaAWSService", "false"),
        lambda: ("Bool", "aws:PrincipalIsAWSService", "false"),
        lambda: ("NotIpAddress", "aws:SourceIp", rng.choice(("203.0.113.0/24", "0.0.0.0/1"))),
        lambda: ("StringNotEquals", "aws:SourceVpc", OWN_VPC),
        lambda: ("StringNotEquals", "aws:PrincipalTag/role", "custodian"),
        lambda: ("StringNotEquals", "aws:PrincipalOrgID", ORGANIZATION),
        lambda: ("StringEquals", "aws:PrincipalAccount", ACCOUNT),
        lambda: ("StringNotEquals", "aws:PrincipalAccount", ACCOUNT),
        lambda: ("DateLessThan", "aws:CurrentTime", rng.choice(("2031-01-01T00:00:00Z", "2024-01-01T00:00:00Z"))),
    ]
    return rng.choice(choices)()


_ARN = "aws:PrincipalArn"


def administrators(
    generated: GeneratedDocument, statements: Sequence[CompiledStatement], count: int = 400
) -> Iterator[Outsider]:
    """Yield requests of principals of the account that the document doesn't name."""
    rng = Random(f"administrators {generated.seed}")
    literals = Literals(generated.document)
    for _ in range(count):
        caller = _administrator(rng)
        assert caller.principal is not None
        is_root = caller.keys["aws:PrincipalType"] == ["Account"]
        action = rng.choice([name for name in ACTIONS if not (is_root and name in _ALWAYS_OPEN_TO_ROOT)])
        resource = f"{BUCKET}/zeta" if action in (BYPASS, DELETE_VERSION) else BUCKET
        keys: Keys = {**caller.keys, **_network(rng, literals), "aws:PrincipalOrgID": [ORGANIZATION]}
        keys |= {
            "aws:SecureTransport": ["true"],
            "aws:CurrentTime": [rng.choice(("2026-12-01T12:00:00Z", "2032-01-01T00:00:00Z"))],
        }
        if not is_root:
            tags = [None, "zeta", *literals.values("aws:PrincipalTag/role")]
            keys |= {"aws:PrincipalTag/role": [tag]} if (tag := rng.choice(tags)) else {}
        keys |= rng.choice(({}, {"aws:MultiFactorAuthPresent": ["true"], "aws:MultiFactorAuthAge": ["60"]}))
        request = Request(action, resource, caller.principal, keys, context_is_complete=True)
        yield Outsider(Standing.STRANGER, request)


def _administrator(rng: Random) -> Part:
    name = rng.choice(("zeta", "theta"))
    makers: list[Callable[[], Part]] = [
        lambda: role_session(rng, ACCOUNT, "role/", name, session=rng.choice(("zeta", "admin"))),
        lambda: role_session(rng, ACCOUNT, "role/team/", name),
        lambda: user(rng, ACCOUNT, "user/", name),
        lambda: user(rng, ACCOUNT, "user/team/", name),
        lambda: root(ACCOUNT),
        lambda: federated_user(ACCOUNT, name),
    ]
    return rng.choice(makers)()


def _network(rng: Random, literals: Literals) -> Keys:
    direct = {"aws:ViaAWSService": ["false"]}
    addresses = ["81.2.69.160", "2001:4860::17", *(address_in(rng, text) for text in literals.values("aws:SourceIp"))]
    endpoint = {"aws:SourceVpce": ["vpce-0123456789abcdef0"], "aws:VpcSourceIp": ["10.0.0.9"]}
    vpc = rng.choice(["vpc-0123456789abcdef0", *literals.values("aws:SourceVpc")])
    internet = {"aws:SourceIp": [rng.choice(addresses)]}
    through = {**internet, "aws:ViaAWSService": ["true"]}
    return rng.choice(({**direct, **internet}, {**direct, **endpoint, "aws:SourceVpc": [vpc]}, through))
