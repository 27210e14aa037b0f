"""Collects the AWS Config recorder of each region.

https://docs.aws.amazon.com/config/latest/APIReference/API_RecordingGroup.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.services.config.facts import ConfigurationRecorder
from phi_buckets.audit.calls.config import DESCRIBE_CONFIGURATION_RECORDER_STATUS, DESCRIBE_CONFIGURATION_RECORDERS
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the recorder of each region. An audit of one stack includes them, because they record its resources."""
    return Collected(tuple(reader.map(reader.account.regions, lambda region: _recorder(reader, region))))


def _recorder(reader: AccountReader, region: str) -> ConfigurationRecorder:
    arn = reader.account.arn("config", region, "configuration-recorder/*")
    recorders = reader.list_all(DESCRIBE_CONFIGURATION_RECORDERS, "ConfigurationRecorders", arn, region)
    statuses = reader.list_all(DESCRIBE_CONFIGURATION_RECORDER_STATUS, "ConfigurationRecordersStatus", arn, region)
    all_types = recorders.unknown if isinstance(recorders, FailedCall) else any(map(records_all_types, recorders))
    if isinstance(statuses, FailedCall):
        return ConfigurationRecorder(arn, all_types, statuses.unknown, statuses.unknown)
    recording = any(status.get("recording") is True for status in statuses)
    return ConfigurationRecorder(arn, all_types, recording, any(map(delivery_failed, statuses)))


def records_all_types(recorder: Mapping[str, Any]) -> bool:
    group = recorder.get("recordingGroup") or {}
    strategy = (group.get("recordingStrategy") or {}).get("useOnly")
    return group.get("allSupported") is True or strategy == "ALL_SUPPORTED_RESOURCE_TYPES"


def delivery_failed(status: Mapping[str, Any]) -> bool:
    return str(status.get("lastStatus", "")).casefold() == "failure"
