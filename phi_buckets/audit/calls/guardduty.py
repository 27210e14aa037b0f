"""Calls to GuardDuty."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

LIST_DETECTORS = Call("guardduty", "list_detectors", "guardduty:ListDetectors", ResourceType.ANY)
GET_DETECTOR = Call("guardduty", "get_detector", "guardduty:GetDetector", ResourceType.DETECTOR)
CALLS = (LIST_DETECTORS, GET_DETECTOR)
