"""CloudWatch: composite alarms, for which moto has all but the call's name."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse

FIXES: tuple[tuple[Any, str, Any], ...] = (
    (CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm),
)
