"""Collects the AWS Config recorder of each region, and the number of resources of each type that it has recorded.

https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html
https://docs.aws.amazon.com/config/latest/APIReference/API_GetDiscoveredResourceCounts.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.model.values import Unknown
from hipaa_controls.services.config.facts import ConfigurationRecorder
from phi_buckets.audit.calls.config import (
    DESCRIBE_CONFIGURATION_RECORDER_STATUS,
    DESCRIBE_CONFIGURATION_RECORDERS,
    GET_DISCOVERED_RESOURCE_COUNTS,
)
from phi_buckets.audit.collected import Collected, ResourceListing, merge
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

SOURCE = "AWS Config"


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the recorder of each region. An audit of one stack includes them, because they record its resources."""
    return merge(reader.map(reader.account.regions, lambda region: _collect_region(reader, region)))


def _collect_region(reader: AccountReader, region: str) -> Collected:
    recorder = _recorder(reader, region)
    return Collected((recorder,), listings=(_listing(reader, recorder, region),))


def _recorder(reader: AccountReader, region: str) -> ConfigurationRecorder:
    arn = reader.account.arn("config", region, "configuration-recorder/*")
    recorders = reader.list_all(DESCRIBE_CONFIGURATION_RECORDERS, "ConfigurationRecorders", arn, region)
    statuses = reader.list_all(DESCRIBE_CONFIGURATION_RECORDER_STATUS, "ConfigurationRecordersStatus", arn, region)
    all_types = recorders.unknown if isinstance(recorders, FailedCall) else any(map(records_all_types, recorders))
    if isinstance(statuses, FailedCall):
        return ConfigurationRecorder(arn, all_types, statuses.unknown, statuses.unknown)
    recording = any(status.get("recording") is True for status in statuses)
    return ConfigurationRecorder(arn, all_types, recording, any(map(delivery_failed, statuses)))


def _listing(reader: AccountReader, recorder: ConfigurationRecorder, region: str) -> ResourceListing:
    """Return what AWS Config has recorded. While a recorder is off, the counts are empty whatever there is."""
    if isinstance(recorder.recording, Unknown):
        return ResourceListing(SOURCE, region, recorder.recording)
    if not recorder.recording:
        return ResourceListing(SOURCE, region, None, "isn't recording")
    counts = reader.list_all(GET_DISCOVERED_RESOURCE_COUNTS, "resourceCounts", "", region)
    if isinstance(counts, FailedCall):
        return ResourceListing(SOURCE, region, counts.unknown)
    limit = "" if recorder.records_all_types is True else "isn't known to record every type that it supports"
    return ResourceListing(SOURCE, region, {entry["resourceType"]: entry["count"] for entry in counts}, limit)


def records_all_types(recorder: Mapping[str, Any]) -> bool:
    group = recorder.get("recordingGroup") or {}
    strategy = (group.get("recordingStrategy") or {}).get("useOnly")
    return group.get("allSupported") is True or strategy == "ALL_SUPPORTED_RESOURCE_TYPES"


def delivery_failed(status: Mapping[str, Any]) -> bool:
    return str(status.get("lastStatus", "")).casefold() == "failure"
