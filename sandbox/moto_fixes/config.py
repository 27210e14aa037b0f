"""AWS Config: accepts a recording group in the form in which AWS Config describes it, and counts resources."""

from __future__ import annotations

import json
from typing import Any

from moto.config.models import RESOURCE_MAP, ConfigBackend
from moto.config.responses import ConfigResponse

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


def get_discovered_resource_counts(self: Any) -> str:
    """Return the number of resources of each type that moto's AWS Config knows, while a recorder is on.

    Moto doesn't have this operation.
    https://docs.aws.amazon.com/config/latest/APIReference/API_GetDiscoveredResourceCounts.html
    """
    backend = self.config_backend
    recording = any(recorder.status.recording for recorder in backend.recorders.values())
    counts = {name: _count(backend, name) for name in RESOURCE_MAP} if recording else {}
    entries = [{"resourceType": name, "count": count} for name, count in counts.items() if count]
    return json.dumps({"totalDiscoveredResources": sum(counts.values()), "resourceCounts": entries})


def _count(backend: ConfigBackend, resource_type: str) -> int:
    count, token = 0, ""
    while True:
        page = backend.list_discovered_resources(resource_type, [], "", 0, token)
        count, token = count + len(page["resourceIdentifiers"]), page.get("nextToken", "")
        if not token:
            return count


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (ConfigBackend, "put_configuration_recorder", put_configuration_recorder),
    (ConfigResponse, "get_discovered_resource_counts", get_discovered_resource_counts),
)
