"""Calls to CloudTrail."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

DESCRIBE_TRAILS = Call("cloudtrail", "describe_trails", "cloudtrail:DescribeTrails", ResourceType.ANY)
GET_TRAIL_STATUS = Call("cloudtrail", "get_trail_status", "cloudtrail:GetTrailStatus", ResourceType.TRAIL)
GET_EVENT_SELECTORS = Call("cloudtrail", "get_event_selectors", "cloudtrail:GetEventSelectors", ResourceType.TRAIL)
CALLS = (DESCRIBE_TRAILS, GET_TRAIL_STATUS, GET_EVENT_SELECTORS)
