"""S3: configurations of a bucket that moto drops, changes, or doesn't know."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import xmltodict  # type: ignore[import-untyped]
from moto.core.responses import ActionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

# Those that a bucket has many of, each with an id, by the word of the query that names them.
MANY = ("analytics", "intelligent-tiering", "inventory", "metrics")
LIST_PARAMETERS = ("max-buckets", "prefix", "bucket-region", "continuation-token")
DECLARATION = re.compile(rb"^\s*<\?xml.*?\?>")

_bucket_response = S3Response._bucket_response
_key_response_put = S3Response._key_response_put
_get_bucket_notification = S3Response.get_bucket_notification
_get_bucket_replication = S3Response.get_bucket_replication
_logging_allowed = FakeBucket._log_permissions_enabled_policy
_serialized = S3Response.serialized


def bucket_response(self: Any, request: Any, full_url: str) -> Any:
    """Keeps a bucket's configurations of which it has many, and gives them back as they were put.

    Moto takes all but inventories for calls about the bucket itself: deleting one deletes the bucket, if it is empty.
    Of inventories it can't delete one, and changes their IncludedObjectVersions.
    """
    query = self._get_querystring(request, full_url)
    kind = next((each for each in MANY if each in query), None)
    if kind is None:
        return _bucket_response(self, request, full_url)
    kept = vars(self.backend.get_bucket(self.bucket_name)).setdefault(f"sandbox {kind}", {})
    if "id" not in query:
        listed = b"".join(DECLARATION.sub(b"", each) for each in kept.values())
        return 200, {}, b"<List><IsTruncated>false</IsTruncated>%b</List>" % listed
    name = query["id"][0]
    if request.method == "PUT":
        kept[name] = self.body
        return 200, {}, ""
    if name not in kept:
        raise S3ClientError("NoSuchConfiguration", "The specified configuration does not exist.")
    if request.method == "DELETE":
        del kept[name]
        return 204, {}, ""
    return 200, {}, kept[name]


def key_response_put(self: Any, query: dict[str, Any], key_name: str) -> Any:
    """Takes a copy into a bucket that locks by default. Only what brings a body needs a checksum of it.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    if "x-amz-copy-source" in self.headers and "uploadId" not in query:
        self._set_action("KEY", "PUT", query)
        return self.copy_object()
    return _key_response_put(self, query, key_name)


def get_bucket_notification(self: Any) -> Any:
    """Tells that a bucket's events go to EventBridge, which moto keeps and leaves out of its answer."""
    status, headers, body = _get_bucket_notification(self)
    kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if kept and kept.event_bridge is not None:
        ((root, told),) = xmltodict.parse(body).items()
        body = xmltodict.unparse({root: {**(told or {}), "EventBridgeConfiguration": None}})
    return status, headers, body


def get_bucket_replication(self: Any) -> Any:
    """Gives back all of a replication, of which moto keeps all and tells a part."""
    _get_bucket_replication(self)  # it says where there is none
    return (
        200,
        {},
        xmltodict.unparse({"ReplicationConfiguration": self.backend.get_bucket_replication(self.bucket_name)}),
    )


def logging_allowed(target_bucket: Any, target_prefix: str | None) -> bool:
    """Whether a bucket's policy lets S3 deliver access logs. Moto fails on a statement whose Principal is `"*"`."""
    if not target_bucket.policy:
        return False
    statements = json.loads(target_bucket.policy)["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    named = [statement for statement in statements if isinstance(statement.get("Principal"), dict)]
    policy = json.dumps({"Statement": named}).encode()
    readable: Any = SimpleNamespace(policy=policy, name=target_bucket.name, partition=target_bucket.partition)
    return _logging_allowed(readable, target_prefix)


def serialized(self: Any, action_result: ActionResult) -> Any:
    """GetBucketLogging tells the key format too, and ListBuckets regions, which moto keeps and leaves out.

    With any parameter it tells them: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
    """
    action = self.data.get("Action")
    told: Any = action_result.result
    if action == "GetBucketLogging" and isinstance(told, dict) and told.get("LoggingEnabled"):
        kept = self.backend.get_bucket_logging(self.bucket_name).get("TargetObjectKeyFormat")
        if kept:
            told["LoggingEnabled"]["TargetObjectKeyFormat"] = {name: value or {} for name, value in kept.items()}
    if action == "ListBuckets" and any(map(self._get_param, LIST_PARAMETERS)):
        for bucket in told["Buckets"]:
            bucket["BucketRegion"] = self.backend.get_bucket(bucket["Name"]).region_name
    return _serialized(self, action_result)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (S3Response, "_bucket_response", bucket_response),
    (S3Response, "_key_response_put", key_response_put),
    (S3Response, "get_bucket_notification", get_bucket_notification),
    (S3Response, "get_bucket_replication", get_bucket_replication),
    (FakeBucket, "_log_permissions_enabled_policy", staticmethod(logging_allowed)),
    (S3Response, "serialized", serialized),
)
