"""CloudTrail: accepts trail ARNs, filters descriptions, and replaces selectors as AWS does."""

from __future__ import annotations

import json
from typing import Any

from moto.cloudtrail.models import CloudTrailBackend, Trail
from moto.cloudtrail.responses import CloudTrailResponse

_delete_trail = CloudTrailBackend.delete_trail
_describe_trails = CloudTrailResponse.describe_trails
_description = Trail.description
_put_event_selectors = Trail.put_event_selectors
_put_insight_selectors = Trail.put_insight_selectors


def delete_trail(self: Any, name: str) -> None:
    """Accept a trail's ARN too, and delete its tags. Moto ignores the ARN and keeps the tags."""
    trail = self.get_trail(name)
    self.tagging_service.delete_all_tags_for_resource(trail.arn)
    _delete_trail(self, trail.trail_name)


def describe_trails(self: Any) -> str:
    """Describe only the requested trails. Moto describes all of them."""
    requested = self._get_param("trailNameList")
    trails = json.loads(_describe_trails(self))["trailList"]
    return json.dumps(
        {
            "trailList": [
                trail for trail in trails if not requested or {trail["Name"], trail["TrailARN"]} & set(requested)
            ]
        }
    )


def description(self: Any, include_region: bool = False) -> dict[str, Any]:
    """Report whether a trail has custom selectors. Moto always reports false, so clients never request them."""
    return _description(self, include_region) | {
        "HasCustomEventSelectors": bool(self.event_selectors or self.advanced_event_selectors),
        "HasInsightSelectors": bool(self.insight_selectors),
    }


def put_event_selectors(self: Any, basic: list[Any], advanced: list[Any]) -> None:
    """Replace selectors of the other kind, because a trail has only one kind at a time.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html
    """
    if basic:
        self.advanced_event_selectors = []
    _put_event_selectors(self, basic, advanced)


def put_insight_selectors(self: Any, selectors: list[Any]) -> None:
    """Replace the existing selectors. Moto adds to them."""
    self.insight_selectors = []
    _put_insight_selectors(self, selectors)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (CloudTrailBackend, "delete_trail", delete_trail),
    (CloudTrailResponse, "describe_trails", describe_trails),
    (Trail, "description", description),
    (Trail, "put_event_selectors", put_event_selectors),
    (Trail, "put_insight_selectors", put_insight_selectors),
)
