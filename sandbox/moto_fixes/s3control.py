"""S3 Control: answers for Access Grants and Object Lambda, which moto lacks. An account has none of them."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.s3control import urls
from moto.s3control.responses import S3ControlResponse

# https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html
PATHS = ("accessgrantsinstances", "accesspointforobjectlambda")


def list_access_grants_instances(_: Any) -> ActionResult:
    return ActionResult({"AccessGrantsInstancesList": []})


def list_access_points_for_object_lambda(_: Any) -> ActionResult:
    return ActionResult({"ObjectLambdaAccessPointList": []})


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (
        urls,
        "url_paths",
        {
            **urls.url_paths,
            **{rf"{{0}}/v20180820/{path}$": S3ControlResponse.dispatch for path in PATHS},
            **{f"/v20180820/{path}": S3ControlResponse.dispatch for path in PATHS},
        },
    ),
    (S3ControlResponse, "list_access_grants_instances", list_access_grants_instances),
    (S3ControlResponse, "list_access_points_for_object_lambda", list_access_points_for_object_lambda),
)
