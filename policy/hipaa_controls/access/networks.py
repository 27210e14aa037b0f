"""Whence a request comes: the organization of its caller, a network, and an access point."""

from __future__ import annotations

import string
from dataclasses import replace
from functools import lru_cache

from hipaa_controls import evaluator
from hipaa_controls.access.addresses import PUBLIC_IPV4, PUBLIC_IPV6, Addresses
from hipaa_controls.access.request_space import Caller, Model, Variant
from hipaa_controls.access.scope import ACCOUNT, CACHED, LOWER, Scope
from hipaa_controls.access.text_search import Requirement, Segment, Template, pattern_set

ORGANIZATION = Segment("organization", "outsiders0", string.ascii_lowercase + string.digits, minimum=1)
ORGANIZATION_PATH = Segment("organization path", "r-0000/", LOWER + "/", minimum=1, last="/")
ENDPOINT = Segment("endpoint", "0outsider", string.ascii_lowercase + string.digits, minimum=1)
NETWORK = Segment("network", "0outsider", string.ascii_lowercase + string.digits, minimum=1)
NETWORK_REGION = Segment("network region", "us-east-1", LOWER)
NETWORK_ACCOUNT = replace(ACCOUNT, name="network account")
ACCESS_POINT_REGION = Segment("access point region", "us-east-1", LOWER)
ACCESS_POINT_ACCOUNT = replace(ACCOUNT, name="access point account")
ACCESS_POINT = Segment("access point", "outsider", LOWER + ".", minimum=1)
_NETWORK_KEYS = (
    *("aws:sourceip", "aws:vpcsourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpceaccount"),
    *("aws:vpceorgid", "aws:vpceorgpaths", "aws:viaawsservice"),
)


@lru_cache(maxsize=CACHED)
def networks(partition: str, scope: Scope) -> tuple[Variant, ...]:
    """Return from where a caller may call: the internet, a VPC endpoint, or a service that it uses.

    The services that a call came through, aws:CalledVia, are any list of services: not all services add themselves.

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
    # An account may be in no organization, and not every service sends the owner of an endpoint.
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


@lru_cache(maxsize=CACHED)
def service_networks(scope: Scope) -> tuple[Variant, ...]:
    """Return from where a service calls. AWS doesn't say whether the request has its address."""
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


@lru_cache(maxsize=CACHED)
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


def organizations(of: str, scope: Scope) -> tuple[Variant, ...]:
    """Return that the account is in no organization, or in any."""
    template = ("o-", ORGANIZATION)
    keys: dict[str, Model] = {f"aws:{of}orgid": template, f"aws:{of}orgpaths": (*template, "/", ORGANIZATION_PATH)}
    requirements = scope.excluded((ORGANIZATION,), scope.organizations)
    if scope.only_organizations is not None:
        only = pattern_set(sorted(scope.only_organizations))
        requirements += (Requirement((ORGANIZATION,), only, matches=True),)
    member = Variant({**no_organization().keys, **keys}, (ORGANIZATION, ORGANIZATION_PATH), requirements)
    return (member,) if scope.only_organizations is not None else (no_organization(), member)


def no_organization() -> Variant:
    return Variant({"aws:principalorgid": None, "aws:principalorgpaths": None, **_no_source_org()})


def _no_source_org() -> dict[str, Model]:
    return {"aws:sourceorgid": None, "aws:sourceorgpaths": None}
