"""Collects customer managed KMS keys, their policies and their grants, and resolves the aliases of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Location, Text, Unknown
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls.kms import (
    DESCRIBE_KEY,
    GET_KEY_POLICY,
    GET_KEY_ROTATION_STATUS,
    LIST_ALIASES,
    LIST_GRANTS,
    LIST_KEYS,
)
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.audit.scope import Scope

AWS_ALIAS_PREFIX = "alias/aws/"
# The properties of a key that AWS rotates, which are also the defaults:
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATABLE = {"Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}

MAX_GRANTS_PER_PAGE = 100  # https://docs.aws.amazon.com/kms/latest/APIReference/API_ListGrants.html

Response = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect all customer managed keys or, in an audit of one stack, those with one of its aliases."""
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list_keys(reader, scope, region))
    unknown_facts = [
        fact
        for region, result in zip(account.regions, listed, strict=True)
        if isinstance(result, FailedCall)
        for fact in _unknown_facts(account.arn("kms", region, "key/*"), result.unknown, account.location(region))
    ]
    arns = [arn for result in listed if not isinstance(result, FailedCall) for arn in result]
    facts_by_key = reader.map(arns, lambda arn: _read_key(reader, arn))
    return Collected((*(fact for facts in facts_by_key for fact in facts), *unknown_facts))


def _list_keys(reader: AccountReader, scope: Scope, region: str) -> list[str] | FailedCall:
    """Return the ARNs of a region's keys, including AWS managed keys, which only DescribeKey identifies."""
    if scope.prefix is None:
        keys = reader.list_all(LIST_KEYS, "Keys", reader.account.arn("kms", region, "key/*"), region)
        return keys if isinstance(keys, FailedCall) else [key["KeyArn"] for key in keys]
    aliases = _list_aliases(reader, region)
    if isinstance(aliases, FailedCall):
        return aliases
    key_ids = dict.fromkeys(key_id for alias, key_id in aliases.items() if scope.includes(alias))
    return [reader.account.arn("kms", region, f"key/{key_id}") for key_id in key_ids]


def _read_key(reader: AccountReader, arn: str) -> tuple[Fact, ...]:
    """Return a key, its policy and its grants.

    Return nothing for an AWS managed key, or a key that was deleted since it was listed.
    """
    region = region_of(arn)
    location = reader.account.location(region)
    description = reader.call(DESCRIBE_KEY, arn, region, KeyId=arn)
    if isinstance(description, FailedCall):
        return _unknown_facts(arn, description.unknown, location)
    if description is None or description["KeyMetadata"].get("KeyManager") == "AWS":
        return ()
    metadata = description["KeyMetadata"]
    # For a key of any other type, GetKeyRotationStatus fails.
    symmetric = key_type(metadata) == "symmetric"
    rotation = reader.call(GET_KEY_ROTATION_STATUS, arn, region, KeyId=arn) if symmetric else {}
    policy = reader.call(GET_KEY_POLICY, arn, region, KeyId=arn, PolicyName="default")
    document = policy.unknown if isinstance(policy, FailedCall) else (policy or {}).get("Policy", "")
    return (
        parse_key(metadata, rotation or {}, location),
        _key_policy(arn, document, location),
        *_read_grants(reader, arn, location),
    )


def parse_key(metadata: Response, rotation: Response | FailedCall, location: Location) -> Key:
    """Return a key from the responses of DescribeKey and GetKeyRotationStatus."""
    arn, state = metadata["Arn"], metadata.get("KeyState")
    if isinstance(rotation, FailedCall):
        return Key(arn, arn, key_type(metadata), rotation.unknown, rotation.unknown, None, location, state)
    enabled, period_days = rotation.get("KeyRotationEnabled", False), rotation.get("RotationPeriodInDays")
    return Key(arn, arn, key_type(metadata), enabled, period_days, None, location, state)


def key_type(metadata: Response) -> str:
    """Return the key type for `Key.key_type`.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html
    """
    if metadata.get("Origin") == "EXTERNAL":
        return "imported"
    if metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
        return "replica"
    rotatable = all(metadata.get(name, value) == value for name, value in ROTATABLE.items())
    return "symmetric" if rotatable else "other"


def _key_policy(arn: str, document: str | Unknown, location: Location) -> KeyPolicy:
    return KeyPolicy(arn, arn, arn, Document(document), None, location)


def _read_grants(reader: AccountReader, arn: str, location: Location) -> list[Grant]:
    grants = reader.list_all(LIST_GRANTS, "Grants", arn, location.region, KeyId=arn, Limit=MAX_GRANTS_PER_PAGE)
    if isinstance(grants, FailedCall):
        return [_unknown_grants(arn, grants.unknown, location)]
    return [parse_grant(arn, grant, location) for grant in grants]


def parse_grant(arn: str, grant: Response, location: Location) -> Grant:
    """Return a grant of a key from an entry of ListGrants. Pulumi identifies it by the same ID.

    A service principal is in either of two fields.
    https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
    """
    resource, constraints = _grant_id(arn, grant["GrantId"]), grant.get("Constraints") or {}
    grantee = grant.get("GranteePrincipal") or grant.get("GranteeServicePrincipal")
    return Grant(
        resource,
        arn,
        grantee or Unknown(f"the grantee of {resource}", reason="isn't in the response of ListGrants"),
        grant.get("RetiringPrincipal") or grant.get("RetiringServicePrincipal"),
        tuple(grant["Operations"]),
        {**constraints.get("EncryptionContextEquals", {}), **constraints.get("EncryptionContextSubset", {})},
        location,
    )


def _grant_id(arn: str, grant_id: str) -> str:
    return f"{arn}:{grant_id}"


def _unknown_grants(arn: str, unknown: Unknown, location: Location) -> Grant:
    return Grant(_grant_id(arn, "*"), arn, unknown, None, unknown, {}, location)


def _unknown_facts(arn: str, unknown: Unknown, location: Location) -> tuple[Fact, ...]:
    return (
        Key(arn, arn, unknown, unknown, unknown, None, location, unknown),
        _key_policy(arn, unknown, location),
        _unknown_grants(arn, unknown, location),
    )


# Aliases.


def key_ids_by_alias(reader: AccountReader, scope: Scope, region: str) -> Mapping[str, str] | FailedCall:
    """Return the key ID of each alias of a region; a FailedCall if the aliases can't be listed.

    In an audit of the whole account, also return a FailedCall if the keys can't be listed, because `collect` then has
    no facts about the keys that the aliases refer to.
    """
    if scope.prefix is None and isinstance(listed := _list_keys(reader, scope, region), FailedCall):
        return listed
    return _list_aliases(reader, region)


def aliases_by_region(
    reader: AccountReader, scope: Scope, regions: Iterable[str]
) -> Mapping[str, Mapping[str, str] | FailedCall]:
    """Return the result of `key_ids_by_alias` for each region. A region may be listed more than once."""
    distinct = sorted(set(regions))
    aliases = reader.map(distinct, lambda region: key_ids_by_alias(reader, scope, region))
    return dict(zip(distinct, aliases, strict=True))


def _list_aliases(reader: AccountReader, region: str) -> dict[str, str] | FailedCall:
    aliases = reader.list_all(LIST_ALIASES, "Aliases", reader.account.arn("kms", region, "alias/*"), region)
    if isinstance(aliases, FailedCall):
        return aliases
    return {alias["AliasName"]: alias["TargetKeyId"] for alias in aliases if alias.get("TargetKeyId")}


def canonical_key(name: Text, aliases: Mapping[str, str] | FailedCall, account: AuditedAccount, region: str) -> Text:
    """Return the name by which the rules identify a key: its ARN, or the alias of an AWS managed key.

    Args:
        name: A key ID, an alias, or the ARN of either. A key of another account or region keeps its name.
        aliases: The key ID of each alias of the region.
        account: The audited account.
        region: The region of the resource that uses the key.
    """
    if not isinstance(name, str) or not name:
        return name or None
    short_name = name.removeprefix(account.arn("kms", region, ""))
    if short_name.startswith(("arn:", AWS_ALIAS_PREFIX)):
        return name
    if isinstance(aliases, FailedCall):
        return aliases.unknown
    key_id = aliases.get(short_name) if short_name.startswith("alias/") else short_name.removeprefix("key/")
    if key_id is None:
        return Unknown(name, reason="is an alias without a key")
    aws_aliases = (
        alias for alias, target in aliases.items() if target == key_id and alias.startswith(AWS_ALIAS_PREFIX)
    )
    return next(aws_aliases, account.arn("kms", region, f"key/{key_id}"))
