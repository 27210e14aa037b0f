"""Calls to EventBridge, which boto3 and IAM call `events`."""

from __future__ import annotations

from phi_buckets.audit.calls import Call, ResourceType

LIST_EVENT_BUSES = Call("events", "list_event_buses", "events:ListEventBuses", ResourceType.ANY)
LIST_RULES = Call("events", "list_rules", "events:ListRules", ResourceType.ANY)
LIST_TARGETS_BY_RULE = Call("events", "list_targets_by_rule", "events:ListTargetsByRule", ResourceType.EVENT_RULE)
LIST_API_DESTINATIONS = Call("events", "list_api_destinations", "events:ListApiDestinations", ResourceType.ANY)
CALLS = (LIST_EVENT_BUSES, LIST_RULES, LIST_TARGETS_BY_RULE, LIST_API_DESTINATIONS)
