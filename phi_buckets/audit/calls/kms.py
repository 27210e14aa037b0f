"""Calls to KMS."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

LIST_KEYS = Call("kms", "list_keys", "kms:ListKeys", ResourceType.ANY)
LIST_ALIASES = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)
DESCRIBE_KEY = Call("kms", "describe_key", "kms:DescribeKey", ResourceType.KEY, not_found_errors=("NotFoundException",))
GET_KEY_ROTATION_STATUS = Call("kms", "get_key_rotation_status", "kms:GetKeyRotationStatus", ResourceType.KEY)
GET_KEY_POLICY = Call("kms", "get_key_policy", "kms:GetKeyPolicy", ResourceType.KEY)
LIST_GRANTS = Call("kms", "list_grants", "kms:ListGrants", ResourceType.KEY, not_found_errors=("NotFoundException",))
CALLS = (LIST_KEYS, LIST_ALIASES, DESCRIBE_KEY, GET_KEY_ROTATION_STATUS, GET_KEY_POLICY, LIST_GRANTS)
