"""Concrete outsiders of a resource policy: requests by callers that nobody trusts, with every condition key.

An outsider is put together from parts: a caller, an organization, a network, an access point, and what every caller
chooses. Some of each part come from the document: its literals, and its patterns with what an outsider controls filled
in. From the IAM User Guide, "AWS global condition context keys" (GLOBAL below):

- aws:userid and aws:PrincipalType have the values in the table of "IAM policy elements: Variables and tags", section
  "Principal key values". For an anonymous caller, aws:userid, aws:PrincipalType and aws:PrincipalAccount (GLOBAL) are
  "anonymous"; aws:PrincipalArn and aws:PrincipalIsAWSService are absent (GLOBAL).
- A service that calls for somebody sends no key of a principal's account, and not always a source (GLOBAL,
  aws:SourceAccount: "only when the call … is made directly by an AWS service principal"). Keys of the network are
  "redacted" then (GLOBAL, aws:SourceIp).
- aws:SourceIp is absent if the request comes through a VPC endpoint, which sends aws:SourceVpce, aws:SourceVpc and
  aws:VpcSourceIp (GLOBAL). Anybody can have an endpoint, a VPC and any private address. A service that calls on with
  the caller's credentials keeps the caller's aws:SourceIp, but neither VPC nor endpoint (GLOBAL, aws:SourceVpc).
- An access point of another account may be attached to a bucket (S3 User Guide, "Creating access points for buckets
  in another account"), so its account and ARN are an outsider's to choose.
- kms:CallerAccount is the account of the caller, kms:ViaService the service through which it calls, and the encryption
  context is free text in a direct call (KMS Developer Guide, "AWS KMS condition keys"). A service's is an ARN of the
  account for which it acts.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from random import Random
from typing import Any

from hipaa_controls.evaluator import Principal, Request
from tests.policy.access.generator import RESOURCE_KINDS, GeneratedDocument
from tests.policy.access.parties import (
    ACCESS_POINT,
    ACCOUNT,
    ORGANIZATION,
    ORGANIZATION_PATH,
    PLACED,
    TRUSTED_ACCOUNTS,
)
from tests.policy.access.second_evaluator import CompiledStatement

Keys = dict[str, list[str]]


class Standing(Enum):
    """How a document and an outsider are related.

    STRANGER: the document doesn't name it.
    NAMED: the document names its account or organization.
    SERVICE: a service that acts for somebody who isn't trusted, or doesn't say for whom.
    HOLDER: it holds what the document names without an account: a narrow range of addresses, an endpoint, a VPC, or a
        unique ID. Nobody has said that it is the owner's own.
    VISITOR: the document names its account or organization, and it calls from a network of the owner.
    """

    STRANGER = "stranger"
    NAMED = "named"
    SERVICE = "service"
    HOLDER = "holder"
    VISITOR = "visitor"


@dataclass(frozen=True)
class Part:
    """A part of a request.

    Attributes:
        keys: The condition keys that this part decides.
        standing: What it makes of the outsider.
        principal: The caller, if this is the part that says who calls.
        account: The caller's account, or the account that a service acts for.
    """

    keys: Mapping[str, list[str]] = field(default_factory=dict)
    standing: Standing = Standing.STRANGER
    principal: Principal | None = None
    account: str | None = None


@dataclass(frozen=True)
class Outsider:
    """A request of an outsider."""

    standing: Standing
    request: Request


def outsiders(
    generated: GeneratedDocument, statements: Sequence[CompiledStatement], count: int = 400
) -> Iterator[Outsider]:
    """Yield outsiders of a document. Three in four are chosen to meet the conditions of one of its Allows."""
    rng = Random(f"outsiders {generated.seed}")
    literals = Literals(generated.document)
    allows = [statement for statement in statements if statement.effect == "Allow"]
    callers = [caller for caller in _callers(rng, literals, generated.kind) if caller.account not in TRUSTED_ACCOUNTS]
    all_networks = list(_networks(rng, literals, generated.kind))
    access_points = list(_access_points(rng, literals, generated.kind))
    targets = _targets(rng, literals, generated.kind)
    groups = ((callers, _CALLER_KEYS), (all_networks, _NETWORK_KEYS), (access_points, _ACCESS_POINT_KEYS))
    everything = (None, [parts for parts, _ in groups])
    fitting = [(allow, [_fitting(parts, allow, group) for parts, group in groups]) for allow in allows]
    for number in range(count):
        allow, (callers, networks, access_points) = rng.choice(fitting) if fitting and number % 4 else everything
        caller, access_point = rng.choice(callers), rng.choice(access_points)
        network = rng.choice(_networks_open_to(caller, networks) or _networks_open_to(caller, all_networks))
        keys = {**caller.keys, **network.keys, **access_point.keys}
        keys |= _free_keys(rng, literals, generated.kind, caller, keys, allow)
        assert caller.principal is not None
        standing = _strongest(caller.standing, access_point.standing, network.standing)
        yield Outsider(standing, _request(rng, caller.principal, keys, targets, allow))


def _strongest(*standings: Standing) -> Standing:
    for standing in (Standing.SERVICE, Standing.VISITOR, Standing.NAMED, Standing.HOLDER):
        if standing in standings:
            return standing
    return Standing.STRANGER


def _fitting(parts: list[Part], allow: CompiledStatement, group: Collection[str]) -> list[Part]:
    """Return the parts that meet the Allow's conditions on the group of keys that they decide, or all if none does."""
    checks = [check for key, check in allow.conditions if key in group]
    fitting = []
    for part in parts:
        request = Request("", "", part.principal or Principal("Anonymous"), part.keys, context_is_complete=True)
        named = part.principal is None or allow.principal(request) is not False
        if named and all(check(request) is not False for check in checks):
            fitting.append(part)
    return fitting or parts


def _request(
    rng: Random, principal: Principal, keys: Keys, targets: list[tuple[str, str]], allow: CompiledStatement | None
) -> Request:
    request = Request("", "", principal, keys, context_is_complete=True)
    for action, template in rng.sample(targets, len(targets)):
        resource = _VARIABLE.sub(lambda match: request.variable_value(match[1]) or "nobody", template)
        if allow is None or (allow.action(action) and allow.resource(resource, request) is not False):
            break
    return replace(request, action=action, resource=resource)


# What the document says

_VARIABLE = re.compile(r"\$\{([^},]*)[^}]*\}")
_ACCOUNT_NUMBER = re.compile(r"(?<![\w*?])\d{12}(?![\w*?])")
_ORGANIZATION_ID = re.compile(r"o-[a-z0-9]{10,32}")
_UNIQUE_ID = re.compile(r"(A(?:ROA|IDA)[A-Z0-9]{12,})(?::(.*))?")
_WORDS = ("app", "etl-loader", "svc-copy", "research", "zeta", "admin")


class Literals:
    """The values in a document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._values: dict[str, list[str]] = {key.casefold(): [] for key in _VARIABLE.findall(repr(document))}
        self.operators: dict[str, set[str]] = {}
        self.principals: list[tuple[str, str]] = []
        self.resources: list[str] = []
        for statement in document["Statement"]:
            for operator, block in statement.get("Condition", {}).items():
                for key, values in block.items():
                    texts = [] if operator == "Null" else map(str, _listed(values))
                    self._values.setdefault(key.casefold(), []).extend(texts)
                    self.operators.setdefault(key.casefold(), set()).add(operator)
            for element in ("Principal", "NotPrincipal"):
                entries = statement.get(element, {})
                for kind, ids in entries.items() if isinstance(entries, dict) else ():
                    self.principals += [(kind, id_) for id_ in _listed(ids)]
            self.resources += [
                text for name in ("Resource", "NotResource") for text in _listed(statement.get(name, []))
            ]
        text = repr(document)
        self.accounts = [number for number in _unique(_ACCOUNT_NUMBER.findall(text)) if number not in TRUSTED_ACCOUNTS]
        self.organizations = [id_ for id_ in _unique(_ORGANIZATION_ID.findall(text)) if id_ != ORGANIZATION]

    def values(self, *keys: str) -> list[str]:
        return [value for key in keys for value in self._values.get(key.casefold(), [])]

    @property
    def keys(self) -> list[str]:
        return sorted(self._values)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _unique(texts: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(texts))


def _is_pattern(text: str) -> bool:
    return "*" in text or "?" in text


def _fill(rng: Random, pattern: str, star: Callable[[], str] | None = None) -> str:
    """Return text that matches the pattern."""
    text = re.sub(r"\*+", lambda _: star() if star else rng.choice(_WORDS), pattern)
    return text.replace("?", rng.choice("0123456789"))


def _digits(rng: Random, count: int) -> str:
    return "".join(rng.choices("0123456789", k=count))


def _hexadecimal(rng: Random, count: int) -> str:
    return "".join(rng.choices("0123456789abcdef", k=count))


def _unique_id(rng: Random, prefix: str) -> str:
    return prefix + "".join(rng.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=17))


def _account_like(rng: Random, pattern: str) -> str | None:
    """Return an account that matches the pattern, or None if none can."""
    fixed = pattern.replace("*", "")
    if not re.fullmatch(r"[\d?*]*", pattern) or len(fixed) > 12 or ("*" not in pattern and len(fixed) != 12):
        return None
    missing = 12 - len(fixed)
    filled = pattern.replace("*", "\0", 1).replace("*", "").replace("\0", _digits(rng, missing))
    return filled.replace("?", rng.choice("456789"))


def _accounts(rng: Random, literals: Literals) -> list[tuple[str, Standing]]:
    """Return accounts that nobody trusts, named by the document or not."""
    texts = literals.values("aws:PrincipalAccount", "aws:SourceAccount", "kms:CallerAccount", "aws:userid")
    texts += [arn.split(":")[4] for arn in literals.values("aws:PrincipalArn", "aws:SourceArn") if arn.count(":") >= 5]
    texts += literals.values("s3:DataAccessPointAccount")
    similar = [_account_like(rng, text) for text in texts if _is_pattern(text)]
    unnamed = [f"5{_digits(rng, 11)}", f"8{_digits(rng, 11)}", *(account for account in similar if account)]
    named = [(account, Standing.NAMED) for account in literals.accounts]
    return [*((account, Standing.STRANGER) for account in unnamed if account not in TRUSTED_ACCOUNTS), *named]


# Callers

_CALLER_KEYS = frozenset(
    {
        *("aws:principalarn", "aws:principalaccount", "aws:userid", "aws:username", "aws:principaltype"),
        *("aws:principalorgid", "aws:principalorgpaths", "aws:principalisawsservice", "aws:principalservicename"),
        *("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths", "kms:calleraccount"),
        *("kms:encryptioncontext:aws:cloudtrail:arn", "kms:encryptioncontext:aws:logs:arn"),
    }
)


def _callers(rng: Random, literals: Literals, kind: str) -> Iterator[Part]:
    if kind != "key":  # KMS accepts no unsigned request
        keys = {key: ["anonymous"] for key in ("aws:userid", "aws:PrincipalAccount")}
        keys |= {"aws:PrincipalType": ["Anonymous"]}
        yield Part(keys, principal=Principal("Anonymous"))
    for account, standing in _accounts(rng, literals):
        for identity in _identities(rng, literals, account):
            yield from _in_organizations(rng, literals, identity, standing, kind)
    yield from _holders_of_ids(rng, literals, kind)
    yield from _services(rng, literals, kind)


def _in_organizations(rng: Random, literals: Literals, identity: Part, standing: Standing, kind: str) -> Iterator[Part]:
    """Yield the caller without an organization, and in some that aren't trusted."""
    by_caller = {"kms:CallerAccount": [identity.account or ""]} if kind == "key" else {}
    for organization, organization_standing in _organizations(rng, literals):
        keys = {**identity.keys, **by_caller, **organization_keys(rng, literals, organization, "Principal")}
        yield Part(
            keys, _strongest(standing, identity.standing, organization_standing), identity.principal, identity.account
        )


def _organizations(rng: Random, literals: Literals) -> list[tuple[str | None, Standing]]:
    similar = [
        f"o-{_hexadecimal(rng, 10)}"
        for text in literals.values(
            "aws:PrincipalOrgID", "aws:PrincipalOrgPaths", "aws:SourceOrgID", "aws:SourceOrgPaths"
        )
        if text.startswith(("o-*", "*"))
    ]
    unnamed = [None, f"o-{_hexadecimal(rng, 12)}", *similar[:1]]
    named = [(organization, Standing.NAMED) for organization in literals.organizations]
    return [*((organization, Standing.STRANGER) for organization in unnamed), *named]


def organization_keys(rng: Random, literals: Literals, organization: str | None, whose: str) -> Keys:
    """Return aws:PrincipalOrgID or aws:SourceOrgID, and the path within it: of the document, or another."""
    if organization is None:
        return {}
    paths = [f"{organization}/r-q9z9/ou-q9z9-{_hexadecimal(rng, 8)}/"]
    for pattern in literals.values(f"aws:{whose}OrgPaths"):
        identifier, slash, rest = pattern.partition("/")
        if slash and (identifier == organization or _is_pattern(identifier)):
            paths.append(f"{organization}/{_fill(rng, rest, lambda: 'r-q9z9/ou-q9z9-1')}".removesuffix("/") + "/")
    return {f"aws:{whose}OrgID": [organization], f"aws:{whose}OrgPaths": [rng.choice(paths)]}


def _identities(rng: Random, literals: Literals, account: str) -> Iterator[Part]:
    """Yield principals of an account: of each kind, and as in the document's patterns."""
    yield role_session(rng, account, rng.choice(("role/", "role/team/")), rng.choice(_WORDS))
    yield user(rng, account, rng.choice(("user/", "user/team/")), rng.choice(_WORDS))
    yield root(account)
    yield federated_user(account, rng.choice(_WORDS))
    for pattern in literals.values("aws:userid"):
        if ":" in pattern and not _UNIQUE_ID.fullmatch(pattern):
            session = _fill(rng, pattern.split(":", 1)[1])
            yield role_session(rng, account, "role/", rng.choice(_WORDS), session=session)
            yield federated_user(account, session)
    for name in literals.values("aws:username"):
        yield user(rng, account, "user/", _fill(rng, name).replace("/", ""))
    for pattern in [*literals.values("aws:PrincipalArn"), *(id_ for kind, id_ in literals.principals if kind == "AWS")]:
        parts = pattern.split(":", 5)
        if len(parts) == 6 and _account_matches(parts[4], account):
            yield from _principals_like(rng, account, parts[5])


def _account_matches(pattern: str, account: str) -> bool:
    return (
        bool(re.fullmatch(pattern.replace("*", r"\d*").replace("?", r"\d"), account)) if "$" not in pattern else False
    )


def _principals_like(rng: Random, account: str, pattern: str) -> Iterator[Part]:
    filled = _fill(rng, _VARIABLE.sub("x", pattern))
    kind, _, rest = filled.partition("/")
    path, _, name = rest.rpartition("/")
    prefix = f"{kind}/{path}/" if path else f"{kind}/"
    match kind:
        case "role" if name:
            yield role_session(rng, account, prefix, name)
        case "user" if name:
            yield user(rng, account, prefix, name)
        case "assumed-role":
            yield role_session(rng, account, "role/", path or name, session=name)
        case "federated-user":
            yield federated_user(account, name)
        case "root":
            yield root(account)
        case _:
            return


def role_session(
    rng: Random, account: str, prefix: str, name: str, *, role_id: str | None = None, session: str | None = None
) -> Part:
    """Return a session of a role. Whoever assumes the role chooses the name of the session."""
    session = session or rng.choice(("run", "i-0abcdef1234567890", "me@example.com"))
    return _principal(
        f"arn:aws:sts::{account}:assumed-role/{name}/{session}",
        arn=f"arn:aws:iam::{account}:{prefix}{name}",
        user_id=f"{role_id or _unique_id(rng, 'AROA')}:{session}",
        kind="AssumedRole",
    )


def user(rng: Random, account: str, prefix: str, name: str, user_id: str | None = None) -> Part:
    arn = f"arn:aws:iam::{account}:{prefix}{name}"
    part = _principal(arn, arn=arn, user_id=user_id or _unique_id(rng, "AIDA"), kind="User")
    return Part({**part.keys, "aws:username": [name]}, part.standing, part.principal, part.account)


def root(account: str) -> Part:
    arn = f"arn:aws:iam::{account}:root"
    return _principal(arn, arn=arn, user_id=account, kind="Account")


def federated_user(account: str, name: str) -> Part:
    arn = f"arn:aws:sts::{account}:federated-user/{name}"
    return _principal(arn, arn=arn, user_id=f"{account}:{name}", kind="FederatedUser")


def _principal(id_: str, *, arn: str, user_id: str, kind: str) -> Part:
    account = arn.split(":")[4]
    keys = {
        "aws:PrincipalArn": [arn],
        "aws:PrincipalAccount": [account],
        "aws:userid": [user_id],
        "aws:PrincipalType": [kind],
        "aws:PrincipalIsAWSService": ["false"],
    }
    return Part(keys, principal=Principal("AWS", id_), account=account)


def _holders_of_ids(rng: Random, literals: Literals, kind: str) -> Iterator[Part]:
    """Yield the holders of unique and canonical IDs that nobody has placed, and callers of a provider of identities."""
    account = f"6{_digits(rng, 11)}"
    for text in literals.values("aws:userid"):
        if not (match := _UNIQUE_ID.fullmatch(text)) or match[1] in PLACED:
            continue
        session = _fill(rng, match[2]) if match[2] else None
        is_role = match[1].startswith("AROA")
        holder = (
            role_session(rng, account, "role/", "zeta", role_id=match[1], session=session)
            if is_role
            else user(rng, account, "user/", "zeta", match[1])
        )
        yield from _in_organizations(rng, literals, holder, Standing.HOLDER, kind)
    for principal_kind, id_ in literals.principals:
        if principal_kind == "CanonicalUser":
            caller = role_session(rng, account, "role/", "zeta")
            yield Part(caller.keys, Standing.HOLDER, Principal("CanonicalUser", id_), account)
        if principal_kind == "Federated" and (owner := id_.split(":")[4]) not in TRUSTED_ACCOUNTS:
            caller = role_session(rng, owner, "role/", "zeta")
            yield Part(caller.keys, Standing.NAMED, Principal("Federated", id_), owner)


# Services

_SOURCES = {
    "cloudtrail": "arn:aws:cloudtrail:us-east-1:{}:trail/zeta",
    "cloudfront": "arn:aws:cloudfront::{}:distribution/E9ZETA",
    "cloudwatch": "arn:aws:cloudwatch:us-east-1:{}:alarm:zeta",
    "events": "arn:aws:events:us-east-1:{}:rule/zeta",
    "logs": "arn:aws:logs:us-east-1:{}:log-group:zeta:*",
    "delivery": "arn:aws:logs:us-east-1:{}:delivery-source:zeta",
    "sns": "arn:aws:sns:us-east-1:{}:zeta",
}


def _services(rng: Random, literals: Literals, kind: str) -> Iterator[Part]:
    named = [id_ for principal_kind, id_ in literals.principals if principal_kind == "Service" and id_ != "*"]
    names = _unique([*named, *literals.values("aws:PrincipalServiceName"), rng.choice(RESOURCE_KINDS[kind].services)])
    for name in names:
        keys = {
            "aws:PrincipalIsAWSService": ["true"],
            "aws:PrincipalServiceName": [name],
            "aws:PrincipalServiceNamesList": [name],
        }
        principal = Principal("Service", name)
        for account, _ in [*_accounts(rng, literals), (None, None)]:
            for source in _sources_for(rng, literals, name, account):
                yield Part({**keys, **source}, Standing.SERVICE, principal, account)


def _sources_for(rng: Random, literals: Literals, service: str, account: str | None) -> Iterator[Keys]:
    if account is None:
        yield {}
        return
    arns = [_SOURCES.get(service.split(".", maxsplit=1)[0], f"arn:aws:s3:::zeta-{account}").format(account)]
    arns += [f"arn:aws:s3:::zeta-{account}"]
    for pattern in literals.values("aws:SourceArn"):
        arns += _arn_like(rng, pattern, account)
    for organization, _ in _organizations(rng, literals):
        keys = {"aws:SourceAccount": [account], **organization_keys(rng, literals, organization, "Source")}
        yield keys
        for arn in _unique(arns):
            contexts = {
                key: [made[0]]
                for key in literals.keys
                if key.startswith("kms:encryptioncontext:aws:")
                for pattern in literals.values(key)
                if (made := _arn_like(rng, pattern, account))
            }
            yield {**keys, **contexts, "aws:SourceArn": [arn]}
            yield {"aws:SourceArn": [arn]} if organization is None else {**keys, **contexts}


def _arn_like(rng: Random, pattern: str, account: str) -> list[str]:
    """Return an ARN of the account that the pattern matches, if there can be one.

    A bucket's ARN has no account. Who has the bucket that a document names in full is its author's business, but
    anybody may have a bucket that a pattern matches.
    """
    parts = _VARIABLE.sub("*", pattern).split(":", 5)
    if len(parts) < 6:
        return []
    if parts[2] == "s3" and not parts[4]:
        return [_fill(rng, pattern, lambda: f"zeta-{account}")] if _is_pattern(pattern) else []
    if "$" in pattern or not _account_matches(parts[4], account):
        return []
    region = "us-east-1" if parts[3] == "*" else parts[3]
    service = "events" if parts[2] == "*" else parts[2]
    return [":".join([*parts[:2], _fill(rng, service), _fill(rng, region), account, _fill(rng, parts[5])])]


# Networks and access points

_NETWORK_KEYS = frozenset(
    {
        *("aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:viaawsservice"),
        *("aws:calledvia", "kms:viaservice"),
    }
)
_NARROW = {4: 16, 6: 32}
"""From which prefix on a range of addresses identifies its holder, rather than a part of the internet."""


def _networks(rng: Random, literals: Literals, kind: str) -> Iterator[Part]:
    direct = {"aws:ViaAWSService": ["false"]}
    internet = list(_internet(rng, literals))
    yield from internet
    private = [address_in(rng, text) for text in ["10.0.0.0/8", *literals.values("aws:VpcSourceIp")]]
    endpoints = _ids_like(rng, literals, "aws:SourceVpce", "vpce-")
    vpcs = _ids_like(rng, literals, "aws:SourceVpc", "vpc-")
    for endpoint, endpoint_standing in endpoints:
        for vpc, vpc_standing in vpcs:
            keys = {"aws:SourceVpce": [endpoint], "aws:SourceVpc": [vpc], "aws:VpcSourceIp": [rng.choice(private)]}
            yield Part({**direct, **keys}, _strongest(endpoint_standing, vpc_standing))
    for service in ["athena.amazonaws.com", *literals.values("aws:CalledVia")]:
        for part in [Part(), *internet]:
            via = {"aws:ViaAWSService": ["true"], "aws:CalledVia": [service]}
            yield Part({**part.keys, **via}, part.standing)
    for pattern in ["s3.us-east-1.amazonaws.com", *literals.values("kms:ViaService")] if kind == "key" else []:
        service = _fill(rng, pattern, lambda: rng.choice(("us-east-1", "us-west-2")))
        service = "ec2.us-east-1.amazonaws.com" if pattern.startswith("*") else service
        for part in [Part(), rng.choice(internet)]:
            yield Part({**part.keys, "aws:ViaAWSService": ["true"], "kms:ViaService": [service]}, part.standing)


def _internet(rng: Random, literals: Literals) -> Iterator[Part]:
    direct = {"aws:ViaAWSService": ["false"]}
    for text in ("81.0.0.0/8", "20.0.0.0/6", "190.0.0.0/7", "2001:4860::/32", "2a02:26f0::/32"):
        yield Part({**direct, "aws:SourceIp": [address_in(rng, text)]})
    for text in _unique(literals.values("aws:SourceIp")):
        network = ipaddress.ip_network(text, strict=False)
        standing = Standing.HOLDER if network.prefixlen >= _NARROW[network.version] else Standing.STRANGER
        standing = Standing.VISITOR if text in PLACED else standing
        for _ in range(2):
            yield Part({**direct, "aws:SourceIp": [address_in(rng, text)]}, standing)


def _ids_like(rng: Random, literals: Literals, key: str, prefix: str) -> list[tuple[str, Standing]]:
    """Return an outsider's own ID, and those of the document."""
    fixed = [text for text in _unique(literals.values(key)) if not _is_pattern(text) and "$" not in text]
    held = [(text, Standing.VISITOR if text in PLACED else Standing.HOLDER) for text in fixed]
    return [(prefix + _hexadecimal(rng, 17), Standing.STRANGER), *held]


def address_in(rng: Random, text: str) -> str:
    """Return an address in a range, outside the IPv4 addresses that nobody has on the internet."""
    network = ipaddress.ip_network(text, strict=False)
    for _ in range(50):
        address = network[rng.randrange(network.num_addresses)]
        if address.is_global or network.prefixlen >= 8:
            break
    if network.version == 6 and network.prefixlen < 3:
        return address_in(rng, "2001:4860::/32")
    return str(address)


def _networks_open_to(caller: Part, networks: list[Part]) -> list[Part]:
    """Return the networks of a caller. A service has none, and an unsigned request doesn't go through a service."""
    if caller.standing is Standing.SERVICE:
        return [Part({"aws:ViaAWSService": ["false"]})]
    assert caller.principal is not None
    if caller.standing is not Standing.NAMED:
        networks = [network for network in networks if network.standing is not Standing.VISITOR]
    if caller.principal.kind == "Anonymous":
        networks = [network for network in networks if network.keys["aws:ViaAWSService"] == ["false"]]
    return networks


_ACCESS_POINT_KEYS = frozenset({"s3:dataaccesspointaccount", "s3:dataaccesspointarn"})


def _access_points(rng: Random, literals: Literals, kind: str) -> Iterator[Part]:
    if kind == "access point":
        yield Part(_access_point(ACCOUNT, ACCESS_POINT))
        return
    yield Part()
    if kind == "bucket":
        for account, standing in _accounts(rng, literals):
            yield Part(_access_point(account, f"arn:aws:s3:us-east-1:{account}:accesspoint/zeta"), standing)


def _access_point(account: str, arn: str) -> Keys:
    return {"s3:DataAccessPointAccount": [account], "s3:DataAccessPointArn": [arn]}


# What every caller chooses, and what is the same for everyone

_NOW = "2026-12-01T12:00:00Z"
_CONSTANT: Keys = {
    "aws:CurrentTime": [_NOW],
    "aws:ResourceAccount": [ACCOUNT],
    "aws:ResourceOrgID": [ORGANIZATION],
    "aws:ResourceOrgPaths": [ORGANIZATION_PATH],
    "aws:RequestedRegion": ["us-east-1"],
}


def _free_keys(
    rng: Random, literals: Literals, kind: str, caller: Part, keys: Keys, allow: CompiledStatement | None
) -> Keys:
    free: Keys = dict(_CONSTANT) | {"aws:SecureTransport": ["true" if rng.random() < 0.95 else "false"]}
    if kind in ("bucket", "access point"):
        free |= {"s3:TlsVersion": [rng.choice(("1.2", "1.3"))], "s3:ResourceAccount": [ACCOUNT]}
    decided = {name.casefold() for name in free} | _CALLER_KEYS | _NETWORK_KEYS | _ACCESS_POINT_KEYS
    for key in literals.keys:
        if key in decided or key == "kms:encryptioncontextkeys" or not _can_send(key, caller, keys):
            continue
        values = _choices(rng, literals, key)
        rng.shuffle(values)
        for value in values:
            if allow is None or value is None or _meets(allow, key, {**keys, **free, key: value}):
                break
        if value is not None:
            free[key] = value
    if contexts := [key.split(":", 2)[2] for key in {**keys, **free} if key.startswith("kms:encryptioncontext:")]:
        free["kms:EncryptionContextKeys"] = contexts
    return free


def _can_send(key: str, caller: Part, keys: Keys) -> bool:
    """Return whether such a caller can send a key at all."""
    kind = keys.get("aws:PrincipalType", ["Service"])[0]
    if key.startswith(("aws:principaltag/", "aws:multifactorauth")):
        return kind in ("User", "AssumedRole", "FederatedUser")
    if key.startswith("kms:encryptioncontext:"):
        return caller.standing is not Standing.SERVICE and "kms:ViaService" not in keys
    if key == "kms:grantisforawsresource":
        return keys["aws:ViaAWSService"] == ["true"]
    return key != "aws:epochtime"


def _choices(rng: Random, literals: Literals, key: str) -> list[list[str] | None]:
    if key in ("aws:multifactorauthpresent", "kms:grantisforawsresource"):
        return [["true"], ["false"], None]
    texts = [_fill(rng, _VARIABLE.sub("research", text)) for text in literals.values(key)]
    if any("Numeric" in operator for operator in literals.operators.get(key, ())):
        numbers = [int(text) for text in texts if text.isdecimal()]
        return [None, *([str(number + step)] for number in numbers for step in (-1, 0, 1))]
    choices: list[list[str] | None] = [None, ["zeta"], *([text] for text in texts if text)]
    if any(operator.startswith("For") for operator in literals.operators.get(key, ())):
        choices += [[*texts, "zeta"], texts]
    return choices


def _meets(allow: CompiledStatement, key: str, keys: Keys) -> bool:
    request = Request("", "", Principal("Anonymous"), keys, context_is_complete=True)
    return all(check(request) is not False for condition_key, check in allow.conditions if condition_key == key)


def _targets(rng: Random, literals: Literals, kind: str) -> list[tuple[str, str]]:
    """Return pairs of an action and a resource, which may contain variables."""
    resource_kind = RESOURCE_KINDS[kind]
    arns = list(resource_kind.resources)
    objects = (
        [f"{arns[1].removesuffix('*')}{name}" for name in ("zeta", "private/zeta", "public/zeta")]
        if len(arns) > 1
        else []
    )
    for text in literals.resources:
        if objects and text.startswith(f"{arns[1].removesuffix('*')}"):
            objects.append(re.sub(r"\*+", "zeta", text))
    return [
        (action, arn)
        for action, position in resource_kind.actions
        for arn in (_unique(objects) if position else arns[:1])
    ]
