"""AWS Config: accepts a recording group in the form in which AWS Config describes it."""

from __future__ import annotations

from typing import Any

from moto.config.models import ConfigBackend

_put_configuration_recorder = ConfigBackend.put_configuration_recorder


def put_configuration_recorder(self: Any, config_recorder: dict[str, Any]) -> None:
    """Accept an empty list of excluded resource types in any form. Moto accepts only one form.

    AWS Config returns the list for every recorder, so a provider sends it back when it changes one.
    """
    group = config_recorder.get("recordingGroup") or {}
    others = {name: value for name, value in group.items() if name != "exclusionByResourceTypes"}
    if others and not (group.get("exclusionByResourceTypes") or {}).get("resourceTypes"):
        config_recorder = config_recorder | {"recordingGroup": others}
    _put_configuration_recorder(self, config_recorder)


FIXES: tuple[tuple[Any, str, Any], ...] = ((ConfigBackend, "put_configuration_recorder", put_configuration_recorder),)
