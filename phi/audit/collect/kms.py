"""Customer managed keys, their policies, and the names that keys go by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa.model.stack import Fact
from hipaa.model.values import Document, Location, Text, Unknown
from hipaa.services.kms.facts import Key, KeyPolicy
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.audit.scope import Scope

LIST_KEYS = Call("kms", "list_keys", "kms:ListKeys", ResourceType.ANY)
LIST_ALIASES = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)
DESCRIBE_KEY = Call("kms", "describe_key", "kms:DescribeKey", ResourceType.KEY, not_found_errors=("NotFoundException",))
ROTATION = Call("kms", "get_key_rotation_status", "kms:GetKeyRotationStatus", ResourceType.KEY)
POLICY = Call("kms", "get_key_policy", "kms:GetKeyPolicy", ResourceType.KEY)
CALLS = (LIST_KEYS, LIST_ALIASES, DESCRIBE_KEY, ROTATION, POLICY)

AWS_ALIASES = "alias/aws/"
# What AWS rotates, and what a key is that doesn't say:
# https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
ROTATES = {"Origin": "AWS_KMS", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT"}


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """All customer managed keys, or those that an alias of the stack names."""
    account = reader.account
    listed = reader.map(account.regions, lambda region: _listed(reader, scope, region))
    unlisted = [
        fact
        for region, found in zip(account.regions, listed, strict=True)
        if isinstance(found, FailedCall)
        for fact in _unknown(account.arn("kms", region, "key/*"), found.unknown, account.location(region))
    ]
    arns = [arn for found in listed if not isinstance(found, FailedCall) for arn in found]
    keys = reader.map(arns, lambda arn: _key(reader, arn))
    return Collected((*(fact for facts in keys for fact in facts), *unlisted))


def _listed(reader: AccountReader, scope: Scope, region: str) -> list[str] | FailedCall:
    """The ARNs of a region's keys; those of AWS among them, which only DescribeKey tells apart."""
    if scope.prefix is None:
        keys = reader.pages(LIST_KEYS, "Keys", reader.account.arn("kms", region, "key/*"), region)
        return keys if isinstance(keys, FailedCall) else [each["KeyArn"] for each in keys]
    aliases = _aliases(reader, region)
    if isinstance(aliases, FailedCall):
        return aliases
    ids = dict.fromkeys(id_ for alias, id_ in aliases.items() if scope.has(alias))
    return [reader.account.arn("kms", region, f"key/{id_}") for id_ in ids]


def _key(reader: AccountReader, arn: str) -> tuple[Fact, ...]:
    region = arn.split(":")[3]
    place = reader.account.location(region)
    told = reader.call(DESCRIBE_KEY, arn, region, KeyId=arn)
    if isinstance(told, FailedCall):
        return _unknown(arn, told.unknown, place)
    if told is None or told["KeyMetadata"].get("KeyManager") == "AWS":
        return ()
    metadata = told["KeyMetadata"]
    rotation = reader.call(ROTATION, arn, region, KeyId=arn) if kind(metadata) == "symmetric" else {}
    policy = reader.call(POLICY, arn, region, KeyId=arn, PolicyName="default")
    document = policy.unknown if isinstance(policy, FailedCall) else (policy or {}).get("Policy", "")
    return key(metadata, rotation or {}, place), _policy(arn, document, place)


def key(metadata: Mapping[str, Any], rotation: Mapping[str, Any] | FailedCall, place: Location) -> Key:
    """From the answers of DescribeKey and GetKeyRotationStatus."""
    arn, state = metadata["Arn"], metadata.get("KeyState")
    if isinstance(rotation, FailedCall):
        return Key(arn, arn, kind(metadata), rotation.unknown, rotation.unknown, None, place, state)
    rotates, days = rotation.get("KeyRotationEnabled", False), rotation.get("RotationPeriodInDays")
    return Key(arn, arn, kind(metadata), rotates, days, None, place, state)


def kind(metadata: Mapping[str, Any]) -> str:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_KeyMetadata.html"""
    if metadata.get("Origin") == "EXTERNAL":
        return "imported"
    if metadata.get("MultiRegionConfiguration", {}).get("MultiRegionKeyType") == "REPLICA":
        return "replica"
    return "symmetric" if all(metadata.get(name, plain) == plain for name, plain in ROTATES.items()) else "other"


def _policy(arn: str, document: str | Unknown, place: Location) -> KeyPolicy:
    return KeyPolicy(arn, arn, arn, Document(document), None, place)


def _unknown(arn: str, unknown: Unknown, place: Location) -> tuple[Fact, ...]:
    return Key(arn, arn, unknown, unknown, unknown, None, place, unknown), _policy(arn, unknown, place)


# What keys are called.


def names(reader: AccountReader, scope: Scope, region: str) -> Mapping[str, str] | FailedCall:
    """Each alias of a region with the id of its key. Unread too where `collect` can't tell what keys there are."""
    if scope.prefix is None and isinstance(listed := _listed(reader, scope, region), FailedCall):
        return listed
    return _aliases(reader, region)


def _aliases(reader: AccountReader, region: str) -> dict[str, str] | FailedCall:
    aliases = reader.pages(LIST_ALIASES, "Aliases", reader.account.arn("kms", region, "alias/*"), region)
    if isinstance(aliases, FailedCall):
        return aliases
    return {each["AliasName"]: each["TargetKeyId"] for each in aliases if each.get("TargetKeyId")}


def known_as(name: Text, aliases: Mapping[str, str] | FailedCall, account: AuditedAccount, region: str) -> Text:
    """A key as the rules know it: by its ARN whatever it was called, and AWS's own by its alias.

    name: an id, an alias, or the ARN of either; a key of another account or region keeps it.
    """
    if not isinstance(name, str) or not name:
        return name or None
    short = name.removeprefix(account.arn("kms", region, ""))
    if short.startswith(("arn:", AWS_ALIASES)):
        return name
    if isinstance(aliases, FailedCall):
        return aliases.unknown
    id_ = aliases.get(short) if short.startswith("alias/") else short.removeprefix("key/")
    if id_ is None:
        return Unknown(name, reason="is the alias of no key")
    owned = (alias for alias, target in aliases.items() if target == id_ and alias.startswith(AWS_ALIASES))
    return next(owned, account.arn("kms", region, f"key/{id_}"))
