"""CloudWatch: composite alarms, for which moto has all but the call's name, and the tags of deleted alarms."""

from __future__ import annotations

from typing import Any

from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

_delete_alarms = CloudWatchBackend.delete_alarms


def delete_alarms(self: Any, alarm_names: list[str]) -> None:
    """Deletes an alarm's tags with it: the next of its name would have them."""
    for alarm in self.get_alarms_by_alarm_names(alarm_names):
        self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
    _delete_alarms(self, alarm_names)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (CloudWatchBackend, "delete_alarms", delete_alarms),
    (CloudWatchResponse, "put_composite_alarm", CloudWatchResponse.put_metric_alarm),
)
