"""AWS Config: accepts recording groups as AWS Config describes them, counts resources, and keeps conformance packs."""

from __future__ import annotations

import json
import uuid
from typing import Any

from moto.config.models import RESOURCE_MAP, ConfigBackend
from moto.config.responses import ConfigResponse
from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow

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


# Conformance packs. Moto doesn't have them. Their rules aren't created, and so nothing is evaluated.
# https://docs.aws.amazon.com/config/latest/APIReference/API_PutConformancePack.html


def put_conformance_pack(self: Any) -> str:
    name = self._get_param("ConformancePackName")
    pack_id = f"conformance-pack-{uuid.uuid4().hex[:9]}"
    arn = f"arn:{self.partition}:config:{self.region}:{self.current_account}:conformance-pack/{name}/{pack_id}"
    created = {"ConformancePackName": name, "ConformancePackArn": arn, "ConformancePackId": pack_id}
    pack = _conformance_packs(self).setdefault(name, created)
    optional = ("DeliveryS3Bucket", "DeliveryS3KeyPrefix", "ConformancePackInputParameters")
    pack |= {key: self._get_param(key) for key in optional if self._get_param(key)}
    pack["LastUpdateRequestedTime"] = unix_time(utcnow())
    return json.dumps({"ConformancePackArn": pack["ConformancePackArn"]})


def describe_conformance_packs(self: Any) -> str:
    return json.dumps({"ConformancePackDetails": _named_packs(self)})


def describe_conformance_pack_status(self: Any) -> str:
    """Return the status of every pack: its creation is complete, because no rule is created."""
    keys = ("ConformancePackName", "ConformancePackArn", "ConformancePackId", "LastUpdateRequestedTime")
    statuses = [
        {key: pack[key] for key in keys} | {"ConformancePackState": "CREATE_COMPLETE", "StackArn": "arn:aws:none"}
        for pack in _named_packs(self)
    ]
    return json.dumps({"ConformancePackStatusDetails": statuses})


def delete_conformance_pack(self: Any) -> str:
    for pack in _named_packs(self, [self._get_param("ConformancePackName")]):
        del _conformance_packs(self)[pack["ConformancePackName"]]
    return ""


def _conformance_packs(response: Any) -> dict[str, dict[str, Any]]:
    packs: dict[str, dict[str, Any]] = response.config_backend.__dict__.setdefault("conformance_packs", {})
    return packs


def _named_packs(response: Any, names: list[str] | None = None) -> list[dict[str, Any]]:
    """Return the packs with these names; by default, those of the request or, if it has none, all.

    Raises:
        JsonRESTError: A pack doesn't exist.
    """
    packs = _conformance_packs(response)
    names = names or response._get_param("ConformancePackNames") or list(packs)
    if unknown := [name for name in names if name not in packs]:
        raise JsonRESTError("NoSuchConformancePackException", f"Cannot find a conformance pack named {unknown[0]}.")
    return [packs[name] for name in names]


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (ConfigBackend, "put_configuration_recorder", put_configuration_recorder),
    (ConfigResponse, "get_discovered_resource_counts", get_discovered_resource_counts),
    (ConfigResponse, "put_conformance_pack", put_conformance_pack),
    (ConfigResponse, "describe_conformance_packs", describe_conformance_packs),
    (ConfigResponse, "describe_conformance_pack_status", describe_conformance_pack_status),
    (ConfigResponse, "delete_conformance_pack", delete_conformance_pack),
)
