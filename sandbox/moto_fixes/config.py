"""AWS Config: a recorder's group, told as the recorder told it."""

from __future__ import annotations

from typing import Any

from moto.config.models import ConfigBackend

_put_configuration_recorder = ConfigBackend.put_configuration_recorder


def put_configuration_recorder(self: Any, config_recorder: dict[str, Any]) -> None:
    """Takes excluded types that are none for what they are, which moto refuses but for one spelling.

    AWS Config describes every recorder with them, so that a provider gives them back with a change.
    """
    group = config_recorder.get("recordingGroup") or {}
    others = {name: value for name, value in group.items() if name != "exclusionByResourceTypes"}
    if others and not (group.get("exclusionByResourceTypes") or {}).get("resourceTypes"):
        config_recorder = config_recorder | {"recordingGroup": others}
    _put_configuration_recorder(self, config_recorder)


FIXES: tuple[tuple[Any, str, Any], ...] = ((ConfigBackend, "put_configuration_recorder", put_configuration_recorder),)
