"""The kinds of callers that a policy may allow, each with the condition keys of its requests.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html, and for the keys of a principal
"Principal key values" in https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from hipaa_controls.access.networks import _no_source_org, access_points, networks, organizations
from hipaa_controls.access.request_space import AccountRange, Caller, Model, PrincipalKind, Variant
from hipaa_controls.access.scope import ACCOUNT, CACHED, IDENTITY_KEYS, IDENTITY_PREFIXES, Scope, with_optional_keys
from hipaa_controls.access.text_search import Requirement, Segment, Template, pattern_set
from hipaa_controls.evaluator.patterns import STAR, names_in_full

_NAME = string.ascii_letters + string.digits + "+=,.@-_"
_ID = string.ascii_uppercase + string.digits
UNIQUE_ID = Segment("unique ID", "OUTSIDER000000000", _ID, minimum=1)
PATH = Segment("path", "", _NAME + "/", last="/")
NAME = Segment("name", "outsider", _NAME, minimum=1)
SESSION = Segment("session", "outsider", _NAME, minimum=1)
_EXTERNAL_ID = Segment("external ID", "outsider", minimum=2)


@lru_cache(maxsize=CACHED)
def outsiders(partition: str, scope: Scope) -> tuple[Caller, ...]:
    """Return every kind of caller that signs its requests with an identity of an account."""
    return tuple(
        Caller(
            description,
            "AWS",
            principal,
            {
                "who": with_optional_keys(_identity(identity, scope, segments)),
                "organization": organizations("principal", scope),
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
    """Return each kind of identity of an account: its description, its ARN, its segments and its condition keys."""
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


@lru_cache(maxsize=CACHED)
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
                    "who": with_optional_keys(replace(variant, requirements=requirements)),
                    "organization": organizations("principal", everywhere),
                    "network": networks(partition, everywhere),
                    "access point": access_points(partition, everywhere),
                },
            )
        )
    return tuple(found)


@lru_cache(maxsize=CACHED)
def anonymous(partition: str, scope: Scope) -> Caller:
    """Return callers that don't sign their requests. AWS's pages differ in the keys that such a request has."""
    no_identity: dict[str, Model] = {
        **dict.fromkeys((*IDENTITY_KEYS, "aws:principalservicenameslist")),
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
        "an anonymous caller", "Anonymous", ("",), groups, absent_prefixes=(*IDENTITY_PREFIXES, "kms:viaservice")
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
    """Return callers that may send an external ID, but none of those that another party knows."""
    known_in_full = list(filter(names_in_full, known))
    key = "sts:externalid"
    chosen = Requirement((_EXTERNAL_ID,), pattern_set(known_in_full), matches=False)
    variants = (Variant({key: None}), Variant({key: (_EXTERNAL_ID,)}, (_EXTERNAL_ID,), (chosen,)))
    return replace(caller, groups={**caller.groups, "external ID": variants})


def _identity(identity: Mapping[str, Model], scope: Scope, segments: Sequence[Segment]) -> Variant:
    keys: dict[str, Model] = {
        **dict.fromkeys(IDENTITY_KEYS),
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
