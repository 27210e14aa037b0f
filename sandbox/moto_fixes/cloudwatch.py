"""CloudWatch: adds PutCompositeAlarm, which moto implements under another name, and removes deleted alarms' tags."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

_delete_alarms = CloudWatchBackend.delete_alarms


def delete_alarms(self: Any, alarm_names: list[str]) -> None:
    """Delete an alarm's tags with it; otherwise the next alarm of that name would have them."""
    for alarm in self.get_alarms_by_alarm_names(alarm_names):
        self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
    _delete_alarms(self, alarm_names)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (CloudWatchBackend, "delete_alarms", delete_alarms),
    (CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm),
)
