"""GuardDuty: updates a detector's features one at a time, and keeps malware protection plans."""

from __future__ import annotations

import json
import uuid
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.guardduty import urls
from moto.guardduty.models import Detector
from moto.guardduty.responses import GuardDutyResponse

_update = Detector.update


def update(self: Any, enable: Any, frequency: Any, data_sources: Any, features: list[dict[str, Any]] | None) -> None:
    """Update only the named features. Moto drops the others.

    https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
    """
    if features is not None:
        features = list({feature["name"]: feature for feature in (*self.features, *features)}.values())
    _update(self, enable, frequency, data_sources, features or self.features)


# Malware protection plans. Moto doesn't have them. Nothing is scanned.
# https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateMalwareProtectionPlan.html
PLAN_PATHS = ("/malware-protection-plan$", "/malware-protection-plan/(?P<plan_id>[^/]+)$", "/tags/(?P<arn>.+)$")
PLAN_PROPERTIES = ("role", "protectedResource", "actions")


def create_malware_protection_plan(self: Any) -> str:
    plan_id = uuid.uuid4().hex
    arn = f"arn:{self.partition}:guardduty:{self.region}:{self.current_account}:malware-protection-plan/{plan_id}"
    _plans(self)[plan_id] = {
        "arn": arn,
        "createdAt": unix_time(utcnow()),
        "status": "ACTIVE",
        "tags": self._get_param("tags") or {},
        **{name: self._get_param(name) for name in PLAN_PROPERTIES},
    }
    return json.dumps({"malwareProtectionPlanId": plan_id})


def get_malware_protection_plan(self: Any) -> str:
    return json.dumps(_plan(self))


def update_malware_protection_plan(self: Any) -> str:
    _plan(self).update({name: self._get_param(name) for name in PLAN_PROPERTIES if self._get_param(name)})
    return "{}"


def delete_malware_protection_plan(self: Any) -> str:
    del _plans(self)[_plan(self)["arn"].rpartition("/")[2]]
    return "{}"


def list_tags_for_resource(self: Any) -> str:
    return json.dumps({"tags": _plan(self)["tags"]})


def tag_resource(self: Any) -> str:
    _plan(self)["tags"].update(self._get_param("tags"))
    return "{}"


def untag_resource(self: Any) -> str:
    for key in self.querystring.get("tagKeys", []):
        _plan(self)["tags"].pop(key, None)
    return "{}"


def _plans(response: Any) -> dict[str, dict[str, Any]]:
    plans: dict[str, dict[str, Any]] = response.guardduty_backend.__dict__.setdefault("malware_protection_plans", {})
    return plans


def _plan(response: Any) -> dict[str, Any]:
    """Return the plan whose ID ends the path, as it ends the plan's ARN.

    Raises:
        JsonRESTError: It doesn't exist.
    """
    plan = _plans(response).get(unquote(response.path).rpartition("/")[2])
    if plan is None:
        raise JsonRESTError("ResourceNotFoundException", "The malware protection plan doesn't exist.")
    return plan


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (Detector, "update", update),
    (
        urls,
        "url_paths",
        urls.url_paths | {f"{{0}}{path}": GuardDutyResponse.dispatch for path in PLAN_PATHS},
    ),
    (GuardDutyResponse, "create_malware_protection_plan", create_malware_protection_plan),
    (GuardDutyResponse, "get_malware_protection_plan", get_malware_protection_plan),
    (GuardDutyResponse, "update_malware_protection_plan", update_malware_protection_plan),
    (GuardDutyResponse, "delete_malware_protection_plan", delete_malware_protection_plan),
    (GuardDutyResponse, "list_tags_for_resource", list_tags_for_resource),
    (GuardDutyResponse, "tag_resource", tag_resource),
    (GuardDutyResponse, "untag_resource", untag_resource),
)
