"""Collects the GuardDuty detector of each region.

https://docs.aws.amazon.com/guardduty/latest/APIReference/API_GetDetector.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.services.guardduty.facts import GuardDutyDetector
from phi_buckets.audit.calls.guardduty import GET_DETECTOR, LIST_DETECTORS
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the detector of each region. An audit of one stack includes them, because they protect its resources."""
    return Collected(tuple(reader.map(reader.account.regions, lambda region: _detector(reader, region))))


def _detector(reader: AccountReader, region: str) -> GuardDutyDetector:
    all_detectors = reader.account.arn("guardduty", region, "detector/*")
    ids = reader.list_all(LIST_DETECTORS, "DetectorIds", all_detectors, region)
    if isinstance(ids, FailedCall):
        return GuardDutyDetector(all_detectors, ids.unknown, ids.unknown)
    if not ids:
        return GuardDutyDetector(all_detectors, enabled=False, s3_protection=False)
    arn = reader.account.arn("guardduty", region, f"detector/{ids[0]}")  # a region has at most one
    response = reader.call(GET_DETECTOR, arn, region, DetectorId=ids[0])
    if isinstance(response, FailedCall):
        return GuardDutyDetector(arn, response.unknown, response.unknown)
    return parse_detector(arn, response or {})


def parse_detector(arn: str, response: Mapping[str, Any]) -> GuardDutyDetector:
    """Return a detector from the response of GetDetector.

    `Features` takes precedence over `DataSources`, which older detectors return instead.
    """
    features = {feature.get("Name"): feature.get("Status") for feature in response.get("Features") or ()}
    data_source = ((response.get("DataSources") or {}).get("S3Logs") or {}).get("Status")
    s3_protection = features.get("S3_DATA_EVENTS", data_source)
    return GuardDutyDetector(arn, response.get("Status") == "ENABLED", s3_protection == "ENABLED")
