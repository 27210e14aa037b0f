"""The callers that a policy may let in, and what AWS tells about each in the condition keys of a request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, and for the keys of a principal
"Principal key values" in https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import re
import string
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from hipaa_controls import evaluator
from hipaa_controls.access.addresses import PUBLIC_IPV4, PUBLIC_IPV6, Addresses
from hipaa_controls.access.request_space import AccountRange, Caller, Model, PrincipalKind, Variant
from hipaa_controls.access.text_search import Requirement, Segment, Template, pattern_set
from hipaa_controls.evaluator.patterns import STAR, UNKNOWN

_LOWER = string.ascii_lowercase + string.digits + "-"
_NAME = string.ascii_letters + string.digits + "+=,.@-_"
_ID = string.ascii_uppercase + string.digits

ACCOUNT = Segment("account", "210987654321", string.digits, length=12)
UNIQUE_ID = Segment("unique ID", "OUTSIDER000000000", _ID, minimum=1)
PATH = Segment("path", "", _NAME + "/", last="/")
NAME = Segment("name", "outsider", _NAME, minimum=1)
SESSION = Segment("session", "outsider", _NAME, minimum=1)
SERVICE = Segment("service", "any-service.amazonaws.com", minimum=1)
REGION = Segment("region", "us-east-1", _LOWER)
SOURCE_SERVICE = Segment("source service", "service", _LOWER, minimum=1)
SOURCE_REGION = Segment("source region", "us-east-1", _LOWER)
SOURCE_RESOURCE = Segment("source resource", "outsider", minimum=1)
ORGANIZATION = Segment("organization", "outsiders0", string.ascii_lowercase + string.digits, minimum=1)
ORGANIZATION_PATH = Segment("organization path", "r-0000/", _LOWER + "/", minimum=1, last="/")
ENDPOINT = Segment("endpoint", "0outsider", string.ascii_lowercase + string.digits, minimum=1)
NETWORK = Segment("network", "0outsider", string.ascii_lowercase + string.digits, minimum=1)
NETWORK_REGION = Segment("network region", "us-east-1", _LOWER)
NETWORK_ACCOUNT = replace(ACCOUNT, name="network account")
ACCESS_POINT_REGION = Segment("access point region", "us-east-1", _LOWER)
ACCESS_POINT_ACCOUNT = replace(ACCOUNT, name="access point account")
ACCESS_POINT = Segment("access point", "outsider", _LOWER + ".", minimum=1)
_CONTEXT = Segment("encryption context", "outsider", minimum=1)
_EXTERNAL_ID = Segment("external ID", "outsider", minimum=2)
_CERTIFICATE = Segment("certificate", "outsider", minimum=1)

# Most policies of a stack name the same parties, so they share their callers.
_CACHED = 256

# What AWS knows about a caller only if it has an identity.
_IDENTITY_KEYS = (
    "aws:principalaccount",
    "aws:principalarn",
    "aws:userid",
    "aws:username",
    "aws:principalservicename",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceowner",
    "kms:calleraccount",
)
_IDENTITY_PREFIXES = (
    *("aws:principaltag/", "aws:multifactorauth", "aws:tokenissuetime", "aws:sourceidentity", "aws:federatedprovider"),
    "aws:calledvia",
)
_NETWORK_KEYS = (
    *("aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount"),
    *("aws:vpceorgid", "aws:vpceorgpaths", "aws:viaawsservice"),
)


@dataclass(frozen=True)
class Scope:
    """Which of the outsiders are looked for.

    Attributes:
        accounts: Accounts that they aren't in.
        organizations: Organizations that they aren't in, without `o-`.
        endpoints: VPC endpoints and VPCs that they don't call through, as in `vpce-0a1b`.
        from_anywhere: Whether they may also call through the VPC endpoints of these accounts and organizations.
        ids: Unique IDs that they don't have, such as that of a role, and other principals that they aren't.
        own_names: Names that their resources don't have.
        networks: CIDR ranges that they don't call from.
        only_accounts: If given, the accounts one of which they are in.
        only_organizations: Likewise, the organizations.
    """

    accounts: frozenset[str] = frozenset()
    organizations: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    from_anywhere: bool = False
    ids: frozenset[str] = frozenset()
    own_names: frozenset[str] = frozenset()
    networks: frozenset[str] = frozenset()
    only_accounts: frozenset[str] | None = None
    only_organizations: frozenset[str] | None = None

    def account(self, segment: Segment) -> tuple[Requirement, ...]:
        """Return what is required of an account."""
        only = self.only_accounts if segment is ACCOUNT else None
        return (
            Requirement((segment,), pattern_set(sorted(self.accounts)), matches=False),
            *([Requirement((segment,), pattern_set(sorted(only)), matches=True)] if only is not None else []),
        )

    def excluded(self, template: Template, texts: Collection[str]) -> tuple[Requirement, ...]:
        patterns = pattern_set(sorted(texts))
        return (Requirement(template, patterns, matches=False),) if texts else ()


@lru_cache(maxsize=_CACHED)
def outsiders(partition: str, scope: Scope) -> tuple[Caller, ...]:
    """Return every kind of caller that signs its requests with an identity of an account."""
    return tuple(
        Caller(
            description,
            "AWS",
            principal,
            {
                "who": _with_optional_keys(_identity(identity, scope, segments)),
                "organization": _organizations("principal", scope),
                "network": networks(partition, scope),
                "access point": access_points(partition, scope),
            },
            accounts=AccountRange(scope.accounts, scope.only_accounts),
        )
        for description, principal, segments, identity in identities(partition)
    )


def identities(
    partition: str,
) -> tuple[tuple[str, Template, tuple[Segment, ...], Mapping[str, Model]], ...]:
    """Return each kind of identity of an account: its description, its ARN, the segments and the keys that tell it."""
    role = (f"arn:{partition}:iam::", ACCOUNT, ":role/", PATH, NAME)
    session = (f"arn:{partition}:sts::", ACCOUNT, ":assumed-role/", NAME, "/", SESSION)
    user = (f"arn:{partition}:iam::", ACCOUNT, ":user/", PATH, NAME)
    root = (f"arn:{partition}:iam::", ACCOUNT, ":root")
    federated = (f"arn:{partition}:sts::", ACCOUNT, ":federated-user/", SESSION)
    return (
        (
            "a role session",
            session,
            (ACCOUNT, PATH, NAME, UNIQUE_ID, SESSION),
            {
                "aws:principalarn": role,
                "aws:userid": ("AROA", UNIQUE_ID, ":", SESSION),
                "aws:username": None,
                "aws:principaltype": ("AssumedRole",),
            },
        ),
        (
            "a user",
            user,
            (ACCOUNT, PATH, NAME, UNIQUE_ID),
            {
                "aws:principalarn": user,
                "aws:userid": ("AIDA", UNIQUE_ID),
                "aws:username": (NAME,),
                "aws:principaltype": ("User",),
            },
        ),
        (
            "the root user",
            root,
            (ACCOUNT,),
            {
                "aws:principalarn": root,
                "aws:userid": (ACCOUNT,),
                "aws:username": None,
                "aws:principaltype": ("Account",),
            },
        ),
        (
            "a federated user",
            federated,
            (ACCOUNT, SESSION),
            {
                "aws:principalarn": federated,
                "aws:userid": (ACCOUNT, ":", SESSION),
                "aws:username": None,
                "aws:principaltype": ("FederatedUser",),
            },
        ),
    )


@lru_cache(maxsize=_CACHED)
def insiders(partition: str, account: str | None, spared: Scope) -> tuple[Caller, ...]:
    """Return every kind of identity of one account.

    Args:
        partition: The partition of the resource.
        account: The account; any if it isn't known.
        spared: The principals that aren't looked for, in `ids`: unique IDs, ARNs and user names. Root always is.
    """
    everywhere = Scope()
    of_account = Scope(only_accounts=frozenset({account}) if account else None)
    found = []
    for description, principal, segments, identity in identities(partition):
        named = tuple(
            replace(segment, default="administrator") if segment in (NAME, SESSION) else segment for segment in segments
        )
        variant = _identity(identity, replace(of_account, ids=spared.ids), named)
        requirements = variant.requirements
        arn = identity["aws:principalarn"]
        if PATH in segments and isinstance(arn, tuple):
            # Only AWS creates roles with these paths: service-linked roles, and those of IAM Identity Center.
            # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
            requirements += everywhere.excluded((PATH,), [f"aws-service-role/{STAR}", f"aws-reserved/{STAR}"])
            requirements += everywhere.excluded(arn, spared.ids)
        if identity["aws:username"]:
            requirements += everywhere.excluded((NAME,), spared.ids)
        found.append(
            Caller(
                description,
                "AWS",
                principal,
                {
                    "who": _with_optional_keys(replace(variant, requirements=requirements)),
                    "organization": _organizations("principal", everywhere),
                    "network": networks(partition, everywhere),
                    "access point": access_points(partition, everywhere),
                },
            )
        )
    return tuple(found)


@lru_cache(maxsize=_CACHED)
def anonymous(partition: str, scope: Scope) -> Caller:
    """Return callers that don't sign their requests. AWS's pages differ in which keys tell it, so any of them may."""
    no_identity: dict[str, Model] = {
        **dict.fromkeys((*_IDENTITY_KEYS, "aws:principalservicenameslist")),
        "aws:principaltype": ("Anonymous",),
    }
    variants = tuple(
        Variant(
            {
                **no_identity,
                "aws:principalaccount": account,
                "aws:userid": userid,
                "aws:principalisawsservice": is_service,
            }
        )
        for account in (("anonymous",), None)
        for userid in (("anonymous",), None)
        for is_service in (("false",), None)
    )
    groups = {
        "who": variants,
        "organization": (Variant({"aws:principalorgid": None, "aws:principalorgpaths": None, **_no_source_org()}),),
        "network": tuple(
            variant for variant in networks(partition, scope) if variant.keys["aws:viaawsservice"] == ("false",)
        ),
        "access point": access_points(partition, scope),
    }
    return Caller(
        "an anonymous caller", "Anonymous", ("",), groups, absent_prefixes=(*_IDENTITY_PREFIXES, "kms:viaservice")
    )


def named_principal(kind: str, id_: str, partition: str, scope: Scope) -> tuple[Caller, ...]:
    """Return callers that are a principal which its ID alone doesn't place in an account.

    Args:
        kind: `CanonicalUser`, `Federated`, or `AWS` for a unique ID or an origin access identity.
        id_: The ID, as the policy has it.
        partition: The partition of the resource.
        scope: Which outsiders are looked for.
    """
    principal_kind: PrincipalKind
    match kind:
        case "CanonicalUser":
            principal_kind, description = "CanonicalUser", "a canonical user"
        case "Federated":
            principal_kind, description = "Federated", "a user of an identity provider"
        case _:
            is_distribution = ":cloudfront:" in id_
            principal_kind = "AWS"
            description = "an origin access identity" if is_distribution else "a principal named by its unique ID"
    return tuple(
        replace(caller, description=description, principal_kind=principal_kind, principal=(id_,))
        for caller in outsiders(partition, scope)
    )


def with_external_id(caller: Caller, known: Iterable[str]) -> Caller:
    """Return callers that may send an external ID, but none of those that are known to somebody else."""
    known_in_full = [text for text in known if not re.search(rf"[*?${UNKNOWN}]", text)]
    key = "sts:externalid"
    chosen = Requirement((_EXTERNAL_ID,), pattern_set(known_in_full), matches=False)
    variants = (Variant({key: None}), Variant({key: (_EXTERNAL_ID,)}, (_EXTERNAL_ID,), (chosen,)))
    return replace(caller, groups={**caller.groups, "external ID": variants})


def certificates(
    service: str, partition: str, account: str | None, statements: Iterable[evaluator.Statement]
) -> Caller:
    """Return the holders of certificates for which nothing in a policy was written.

    Args:
        service: The service that presents the certificate.
        partition: The partition of the role.
        account: The role's account, which owns the trust anchors; any if it isn't known.
        statements: The trust policy. What it compares a certificate or a trust anchor with is somebody's own.
    """
    anchor = (f"arn:{partition}:rolesanywhere:", SOURCE_REGION, ":", ACCOUNT, ":trust-anchor/", SOURCE_RESOURCE)
    values = {
        (condition.key.casefold(), value)
        for statement in statements
        for condition in statement.conditions
        for value in condition.values
        if not re.search(rf"[*?${UNKNOWN}]", value)
    }
    tags = sorted({key for key, _ in values if key.startswith("aws:principaltag/x509")})
    keys: dict[str, Model] = {
        "aws:sourcearn": anchor,
        "aws:sourceaccount": (ACCOUNT,),
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (service,),
    }
    of_account = Scope(only_accounts=frozenset({account}) if account else None).account(ACCOUNT)
    requirements = (
        *of_account,
        *Scope().excluded(anchor, [value for key, value in values if key == "aws:sourcearn"]),
    )
    not_named = Scope().excluded((_CERTIFICATE,), [value for key, value in values if key in tags])
    groups = {
        "who": (Variant(keys, (SOURCE_REGION, ACCOUNT, SOURCE_RESOURCE), requirements),),
        "network": _service_networks(Scope()),
        # A certificate may lack any part of a name.
        **{tag: (Variant({tag: None}), Variant({tag: (_CERTIFICATE,)}, (_CERTIFICATE,), not_named)) for tag in tags},
    }
    return Caller("a holder of a certificate", "Service", (service,), groups)


@lru_cache(maxsize=_CACHED)
def services(partition: str, scope: Scope, encryption_context: tuple[str, ...] = ()) -> tuple[Caller, ...]:
    """Return the ways in which a service calls: on behalf of a resource or an account, or of nobody that it names.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Args:
        partition: The partition of the resource.
        scope: Which outsiders are looked for. A service acts for them.
        encryption_context: The condition keys on an encryption context, in lower case.
    """
    arn = (f"arn:{partition}:", SOURCE_SERVICE, ":", SOURCE_REGION, ":", ACCOUNT, ":", SOURCE_RESOURCE)
    # As those of buckets, hosted zones and REST APIs: nothing in them tells whose they are.
    without_account = (f"arn:{partition}:", SOURCE_SERVICE, ":", SOURCE_REGION, "::", SOURCE_RESOURCE)
    from_resource = ("a resource", {"aws:sourcearn": arn, "aws:sourceaccount": (ACCOUNT,)})
    from_global = ("a global resource", {"aws:sourcearn": without_account, "aws:sourceaccount": (ACCOUNT,)})
    from_account = ("an account", {"aws:sourcearn": None, "aws:sourceaccount": (ACCOUNT,)})
    from_nobody = ("no account that it names", {"aws:sourcearn": None, "aws:sourceaccount": None})
    # Each service decides which of the keys it sends.
    from_arn = ("a resource", {"aws:sourcearn": arn, "aws:sourceaccount": None})
    from_global_arn = ("a global resource", {"aws:sourcearn": without_account, "aws:sourceaccount": None})
    sources: tuple[tuple[str, Mapping[str, Model]], ...] = (
        *(from_resource, from_global, from_account, from_nobody, from_arn, from_global_arn),
    )
    return tuple(_service(partition, scope, description, source, encryption_context) for description, source in sources)


def _service(
    partition: str, scope: Scope, description: str, source: Mapping[str, Model], encryption_context: Sequence[str]
) -> Caller:
    arn = source["aws:sourcearn"]
    not_foreign = {*scope.own_names, f"arn:{partition}:s3:::{STAR}/{STAR}"}  # no bucket has a slash in its name
    keys: dict[str, Model] = {
        **dict.fromkeys(_IDENTITY_KEYS),
        **source,
        "aws:principaltype": None,
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (SERVICE,),
        "aws:sourceowner": source["aws:sourceaccount"],
        "kms:calleraccount": source["aws:sourceaccount"],
    }
    requirements = (
        *scope.account(ACCOUNT),
        *_no_trusted_account_inside(SOURCE_RESOURCE, scope),
        *(scope.excluded(arn, not_foreign) if isinstance(arn, tuple) and ACCOUNT not in arn else ()),
    )
    variant = Variant(keys, (SERVICE, SOURCE_SERVICE, SOURCE_REGION, ACCOUNT, SOURCE_RESOURCE), requirements)
    return Caller(
        f"a service on behalf of {description}",
        "Service",
        (SERVICE,),
        {
            "who": _with_optional_keys(variant),
            "organization": _organizations("source", scope),
            "network": _service_networks(scope),
            "access point": access_points(partition, scope),
            **{key: _encryption_contexts(key, scope) for key in encryption_context},
        },
        absent_prefixes=_IDENTITY_PREFIXES,
    )


def _encryption_contexts(key: str, scope: Scope) -> tuple[Variant, ...]:
    """Return what a service may put into an encryption context: an ARN or another name of an outsider's resource."""
    requirements = (
        *scope.excluded((_CONTEXT,), scope.own_names),
        *_no_trusted_account_inside(_CONTEXT, scope),
    )
    return (Variant({key: None}), Variant({key: (_CONTEXT,)}, (_CONTEXT,), requirements))


def _no_trusted_account_inside(segment: Segment, scope: Scope) -> tuple[Requirement, ...]:
    """Return that no trusted account follows an outsider's own in an ARN, where a `*` may match it."""
    accounts = scope.accounts if scope.only_accounts is None else scope.accounts - scope.only_accounts
    return scope.excluded((":", segment, ":"), [f"{STAR}:{account}:{STAR}" for account in accounts])


def _identity(identity: Mapping[str, Model], scope: Scope, segments: Sequence[Segment]) -> Variant:
    keys: dict[str, Model] = {
        **dict.fromkeys(_IDENTITY_KEYS),
        **identity,
        "aws:principalaccount": (ACCOUNT,),
        "aws:principalisawsservice": ("false",),
        "aws:principalservicenameslist": None,
        "kms:calleraccount": (ACCOUNT,),
        "aws:sourceowner": (ACCOUNT,),
    }
    requirements = scope.account(ACCOUNT)
    if UNIQUE_ID in segments:
        requirements += scope.excluded((UNIQUE_ID,), {id_[4:] for id_ in scope.ids if id_.startswith(("AROA", "AIDA"))})
    return Variant(keys, tuple(segments), requirements)


def _with_optional_keys(variant: Variant) -> tuple[Variant, ...]:
    """Return the variant, and one without the keys that only a few services send: Amazon SNS, and AWS KMS."""
    return variant, replace(variant, keys={**variant.keys, **dict.fromkeys(("aws:sourceowner", "kms:calleraccount"))})


def _organizations(of: str, scope: Scope) -> tuple[Variant, ...]:
    """Return that the account is in no organization, or in any."""
    template = ("o-", ORGANIZATION)
    keys: dict[str, Model] = {f"aws:{of}orgid": template, f"aws:{of}orgpaths": (*template, "/", ORGANIZATION_PATH)}
    requirements = scope.excluded((ORGANIZATION,), scope.organizations)
    if scope.only_organizations is not None:
        only = pattern_set(sorted(scope.only_organizations))
        requirements += (Requirement((ORGANIZATION,), only, matches=True),)
    member = Variant({**_no_organization().keys, **keys}, (ORGANIZATION, ORGANIZATION_PATH), requirements)
    return (member,) if scope.only_organizations is not None else (_no_organization(), member)


def _no_organization() -> Variant:
    return Variant({"aws:principalorgid": None, "aws:principalorgpaths": None, **_no_source_org()})


def _no_source_org() -> dict[str, Model]:
    return {"aws:sourceorgid": None, "aws:sourceorgpaths": None}


@lru_cache(maxsize=_CACHED)
def networks(partition: str, scope: Scope) -> tuple[Variant, ...]:
    """Return from where a caller may call: the internet, a VPC endpoint, or a service that it uses.

    The services that a call came through, aws:CalledVia, are any list of services: not all services tell themselves.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
    """
    absent: dict[str, Model] = {**dict.fromkeys(_NETWORK_KEYS), "aws:viaawsservice": ("false",)}
    endpoint_keys: dict[str, Model] = {
        **absent,
        "aws:sourcevpce": ("vpce-", ENDPOINT),
        "aws:sourcevpc": ("vpc-", NETWORK),
        "aws:sourcevpcarn": (f"arn:{partition}:ec2:", NETWORK_REGION, ":", NETWORK_ACCOUNT, ":vpc/vpc-", NETWORK),
        "aws:vpceaccount": (NETWORK_ACCOUNT,),
        "aws:vpceorgid": ("o-", ORGANIZATION),
        "aws:vpceorgpaths": ("o-", ORGANIZATION, "/", ORGANIZATION_PATH),
    }
    owners = Scope() if scope.from_anywhere else scope
    endpoint_requirements = (
        *Scope(accounts=owners.accounts).account(NETWORK_ACCOUNT),
        *scope.excluded(("vpce-", ENDPOINT), scope.endpoints),
        *scope.excluded(("vpc-", NETWORK), scope.endpoints),
        *scope.excluded((ORGANIZATION,), owners.organizations),
    )
    endpoint_segments = (NETWORK_REGION, NETWORK_ACCOUNT, ENDPOINT, NETWORK, ORGANIZATION, ORGANIZATION_PATH)
    # An account may be in no organization, and not every service tells whose an endpoint is.
    organization_keys = dict.fromkeys(("aws:vpceorgid", "aws:vpceorgpaths"))
    owner_keys = dict.fromkeys(("aws:vpceaccount", "aws:sourcevpcarn"))
    endpoints = tuple(
        Variant(
            {**endpoint_keys, "aws:vpcsourceip": Addresses.all(version), **untold},
            endpoint_segments,
            endpoint_requirements,
        )
        for untold in ({}, organization_keys, {**organization_keys, **owner_keys})
        for version in (4, 6)
    )
    through_service = Variant({**absent, "aws:viaawsservice": ("true",)})
    return (
        *_from_internet(Variant(absent), scope),
        *endpoints,
        through_service,
        *_from_internet(through_service, scope),
    )


@lru_cache(maxsize=_CACHED)
def _service_networks(scope: Scope) -> tuple[Variant, ...]:
    """Return from where a service calls. AWS doesn't say whether its address is told."""
    absent = dict.fromkeys(_NETWORK_KEYS)
    return tuple(
        variant
        for via in (("false",), None)
        for unaddressed in (Variant({**absent, "aws:viaawsservice": via}),)
        for variant in (unaddressed, *_from_internet(unaddressed, scope))
    )


def _from_internet(variant: Variant, scope: Scope) -> tuple[Variant, ...]:
    return tuple(
        replace(variant, keys={**variant.keys, "aws:sourceip": public - Addresses.of(public.version, scope.networks)})
        for public in (PUBLIC_IPV4, PUBLIC_IPV6)
    )


@lru_cache(maxsize=_CACHED)
def access_points(partition: str, scope: Scope) -> tuple[Variant, ...]:
    """Return that a request names the bucket, or comes through an access point of an outsider.

    An access point of the resource's own account has a policy of its own, which is checked separately.
    """
    arn = (f"arn:{partition}:s3:", ACCESS_POINT_REGION, ":", ACCESS_POINT_ACCOUNT, ":accesspoint/", ACCESS_POINT)
    segments = (ACCESS_POINT_REGION, ACCESS_POINT_ACCOUNT, ACCESS_POINT)
    requirements = Scope(accounts=scope.accounts).account(ACCESS_POINT_ACCOUNT)
    through = _through_access_point(arn, (ACCESS_POINT_ACCOUNT,))
    return (
        Variant(dict.fromkeys(through[0].keys)),
        *(replace(variant, segments=segments, requirements=requirements) for variant in through),
    )


def through_access_point(caller: Caller, arn: str) -> Caller:
    """Return the same callers when they call through an access point: that of the policy."""
    return replace(
        caller, groups={**caller.groups, "access point": _through_access_point((arn,), (evaluator.account_of(arn),))}
    )


def _through_access_point(arn: Template, account: Template) -> tuple[Variant, ...]:
    return tuple(
        Variant(
            {
                "s3:dataaccesspointarn": arn,
                "s3:dataaccesspointaccount": account,
                "s3:accesspointnetworkorigin": (origin,),
            }
        )
        for origin in ("Internet", "VPC")
    )
