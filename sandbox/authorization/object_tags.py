"""The tags of an object in moto, as condition keys."""

from __future__ import annotations

import re
from collections.abc import Iterable

from moto.s3.models import FakeBucket, FakeKey, s3_backends

from sandbox.authorization.decision import ConditionKeys
from sandbox.authorization.required_permissions import RequiredPermission

# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
_ACTIONS_WITH_TAGS = re.compile(
    r"s3:(GetObject(Version)?(Acl|Attributes|Tagging)?|PutObject(Version)?(Acl|Tagging)|DeleteObject(Version)?Tagging)"
)
_NAMED_TAG = re.compile(r's3:ExistingObjectTag/([^"]+)"', re.IGNORECASE)


def existing_tags(permission: RequiredPermission, bucket: FakeBucket, policies: Iterable[str]) -> ConditionKeys:
    """Return the condition keys of an object's tags, and of the tags that policies name and the object doesn't have.

    AWS ignores the case of names. A key is left out, and so is unknown, if two tags differ only in case.

    Args:
        permission: The permission that is being checked.
        bucket: The bucket of the object.
        policies: The policies that apply to the request.
    """
    keys: ConditionKeys = {name.lower(): None for policy in policies for name in _NAMED_TAG.findall(policy)}
    if _ACTIONS_WITH_TAGS.fullmatch(permission.action):
        tags = _tags(bucket, permission)
        keys |= {name.lower(): value for name, value in tags.items()}
        names = [name.lower() for name in tags]
        keys = {name: value for name, value in keys.items() if names.count(name) < 2}
    return {f"s3:ExistingObjectTag/{name}": value for name, value in keys.items()}


def _tags(bucket: FakeBucket, permission: RequiredPermission) -> dict[str, str]:
    versions = bucket.keys.getlist(permission.object_key) or []
    version = next((one for one in reversed(versions) if permission.version in (None, one.version_id)), None)
    if not isinstance(version, FakeKey):
        return {}
    backend = s3_backends[bucket.account_id][bucket.partition]
    tags: dict[str, str] = backend.tagger.get_tag_dict_for_resource(version.arn)
    return tags
