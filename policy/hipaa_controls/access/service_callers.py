"""The services that a policy may allow, each with the condition keys of its requests.

https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from hipaa_controls import evaluator
from hipaa_controls.access.networks import access_points, organizations, service_networks
from hipaa_controls.access.request_space import Caller, Model, Variant
from hipaa_controls.access.scope import (
    ACCOUNT,
    CACHED,
    IDENTITY_KEYS,
    IDENTITY_PREFIXES,
    LOWER,
    Scope,
    with_optional_keys,
)
from hipaa_controls.access.text_search import Requirement, Segment
from hipaa_controls.evaluator.patterns import STAR, names_in_full

SERVICE = Segment("service", "any-service.amazonaws.com", minimum=1)
SOURCE_SERVICE = Segment("source service", "service", LOWER, minimum=1)
SOURCE_REGION = Segment("source region", "us-east-1", LOWER)
SOURCE_RESOURCE = Segment("source resource", "outsider", minimum=1)
_CONTEXT = Segment("encryption context", "outsider", minimum=1)
_CERTIFICATE = Segment("certificate", "outsider", minimum=1)


@lru_cache(maxsize=CACHED)
def services(partition: str, scope: Scope, encryption_context: tuple[str, ...] = ()) -> tuple[Caller, ...]:
    """Return the ways in which a service calls: on behalf of a resource or an account, or with no source.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html

    Args:
        partition: The partition of the resource.
        scope: Which outsiders are looked for. A service acts for them.
        encryption_context: The condition keys on an encryption context, in lower case.
    """
    arn = (f"arn:{partition}:", SOURCE_SERVICE, ":", SOURCE_REGION, ":", ACCOUNT, ":", SOURCE_RESOURCE)
    # As those of buckets, hosted zones and REST APIs: they contain no account.
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
        **dict.fromkeys(IDENTITY_KEYS),
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
            "who": with_optional_keys(variant),
            "organization": organizations("source", scope),
            "network": service_networks(scope),
            "access point": access_points(partition, scope),
            **{key: _encryption_contexts(key, scope) for key in encryption_context},
        },
        absent_prefixes=IDENTITY_PREFIXES,
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


def certificates(
    service: str, partition: str, account: str | None, statements: Iterable[evaluator.Statement]
) -> Caller:
    """Return the holders of certificates for which nothing in a policy was written.

    Args:
        service: The service that presents the certificate.
        partition: The partition of the role.
        account: The role's account, which owns the trust anchors; any if it isn't known.
        statements: The trust policy. What it compares a certificate or a trust anchor with has an owner.
    """
    anchor = (f"arn:{partition}:rolesanywhere:", SOURCE_REGION, ":", ACCOUNT, ":trust-anchor/", SOURCE_RESOURCE)
    values = {
        (condition.key.casefold(), value)
        for statement in statements
        for condition in statement.conditions
        for value in condition.values
        if names_in_full(value)
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
        "network": service_networks(Scope()),
        # A certificate may lack any part of a name.
        **{tag: (Variant({tag: None}), Variant({tag: (_CERTIFICATE,)}, (_CERTIFICATE,), not_named)) for tag in tags},
    }
    return Caller("a holder of a certificate", "Service", (service,), groups)
