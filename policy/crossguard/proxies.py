"""Plain values in place of the SDK's proxies, with an Unknown for each value that isn't known yet.

The proxies raise UnknownValueError when an unknown property is read. Where a policy doesn't catch it, the SDK turns the
mandatory policy into an advisory note. So this module catches it, and no other module sees a proxy's value.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from hipaa_controls.model.values import Unknown


def unwrap(value: Any, path: str) -> Any:
    """Return a property's value without the SDK's proxies.

    Args:
        value: The value, which may be a proxy.
        path: The path that an Unknown in it has in messages, such as `phi-policy.policy`.
    """
    if isinstance(value, Mapping):
        return {key: unwrap_item(value, key, f"{path}.{key}") for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [unwrap_item(value, index, f"{path}[{index}]") for index in range(len(value))]
    return value


def unwrap_item(container: Any, key: Any, path: str) -> Any:
    try:
        return unwrap(container[key], path)
    except UnknownValueError:
        return Unknown(path)


def parse_json(value: Any) -> Any:
    """Return a provider's property. Pulumi passes every property of a provider that isn't a string as JSON text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
