"""S3: stores and returns bucket configurations that moto drops, changes or lacks."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import xmltodict  # type: ignore[import-untyped]
from moto.core.responses import ActionResult
from moto.s3.exceptions import InvalidBucketState, S3ClientError
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response

# Query parameters of the kinds of configuration that have IDs. A bucket can have several of each kind.
LISTED_CONFIGURATIONS = ("analytics", "intelligent-tiering", "inventory", "metrics")
LIST_PARAMETERS = ("max-buckets", "prefix", "bucket-region", "continuation-token")
XML_DECLARATION = re.compile(rb"^\s*<\?xml.*?\?>")

_bucket_response = S3Response._bucket_response
_key_response_put = S3Response._key_response_put
_get_bucket_notification = S3Response.get_bucket_notification
_get_bucket_replication = S3Response.get_bucket_replication
_put_bucket_versioning = S3Backend.put_bucket_versioning
_logging_allowed = FakeBucket._log_permissions_enabled_policy
_serialized = S3Response.serialized


def bucket_response(self: Any, request: Any, full_url: str) -> Any:
    """Store a bucket's listed configurations, and return them unchanged.

    Moto treats these calls, except those for inventories, as calls for the bucket itself: deleting a configuration
    deletes an empty bucket. It can't delete an inventory, and changes the IncludedObjectVersions of inventories.
    """
    query = self._get_querystring(request, full_url)
    kind = next((kind for kind in LISTED_CONFIGURATIONS if kind in query), None)
    if kind is None:
        return _bucket_response(self, request, full_url)
    stored = vars(self.backend.get_bucket(self.bucket_name)).setdefault(f"sandbox {kind}", {})
    if "id" not in query:
        documents = b"".join(XML_DECLARATION.sub(b"", document) for document in stored.values())
        return 200, {}, b"<List><IsTruncated>false</IsTruncated>%b</List>" % documents
    configuration_id = query["id"][0]
    if request.method == "PUT":
        stored[configuration_id] = self.body
        return 200, {}, ""
    if configuration_id not in stored:
        raise S3ClientError("NoSuchConfiguration", "The specified configuration does not exist.")
    if request.method == "DELETE":
        del stored[configuration_id]
        return 204, {}, ""
    return 200, {}, stored[configuration_id]


def key_response_put(self: Any, query: dict[str, Any], key_name: str) -> Any:
    """Accept a copy into a bucket with a default lock: only a request with a body needs a checksum.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
    """
    if "x-amz-copy-source" in self.headers and "uploadId" not in query:
        self._set_action("KEY", "PUT", query)
        return self.copy_object()
    return _key_response_put(self, query, key_name)


def put_bucket_versioning(self: Any, bucket_name: str, status: str) -> None:
    """Refuse to suspend the versioning of a bucket with Object Lock. Moto then deletes objects with all their versions.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
    """
    if status != "Enabled" and self.get_bucket(bucket_name).object_lock_enabled:
        raise InvalidBucketState(
            "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        )
    _put_bucket_versioning(self, bucket_name, status)


def put_object_lock_configuration(self: Any, bucket_name: str, lock_enabled: bool, *default_retention: Any) -> None:
    """Enable Object Lock, or change the default retention, of a bucket that has objects too. Moto refuses both.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-configure.html
    """
    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise InvalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled  # Object Lock can't be disabled
    bucket.default_lock_mode, bucket.default_lock_days, bucket.default_lock_years = default_retention


def get_bucket_notification(self: Any) -> Any:
    """Return a bucket's EventBridge setting too. Moto stores it, but omits it from the response."""
    status, headers, body = _get_bucket_notification(self)
    stored = self.backend.get_bucket_notification_configuration(self.bucket_name)
    if stored and stored.event_bridge is not None:
        ((root, content),) = xmltodict.parse(body).items()
        body = xmltodict.unparse({root: {**(content or {}), "EventBridgeConfiguration": None}})
    return status, headers, body


def get_bucket_replication(self: Any) -> Any:
    """Return the complete replication configuration. Moto stores all of it, but returns only part."""
    _get_bucket_replication(self)  # raises an error if there is none
    return (
        200,
        {},
        xmltodict.unparse({"ReplicationConfiguration": self.backend.get_bucket_replication(self.bucket_name)}),
    )


def logging_allowed(target_bucket: Any, target_prefix: str | None) -> bool:
    """Return whether a bucket's policy lets S3 deliver access logs.

    Moto fails on a statement whose Principal is `"*"`.
    """
    if not target_bucket.policy:
        return False
    statements = json.loads(target_bucket.policy)["Statement"]
    if isinstance(statements, dict):
        statements = [statements]
    checkable = [statement for statement in statements if isinstance(statement.get("Principal"), dict)]
    policy = json.dumps({"Statement": checkable}).encode()
    simplified: Any = SimpleNamespace(policy=policy, name=target_bucket.name, partition=target_bucket.partition)
    return _logging_allowed(simplified, target_prefix)


def serialized(self: Any, action_result: ActionResult) -> Any:
    """Return GetBucketLogging's key format and ListBuckets' regions too. Moto stores them, but omits them.

    ListBuckets returns regions if it has any parameter: https://docs.aws.amazon.com/AmazonS3/latest/API/API_Bucket.html
    """
    action = self.data.get("Action")
    result: Any = action_result.result
    if action == "GetBucketLogging" and isinstance(result, dict) and result.get("LoggingEnabled"):
        key_format = self.backend.get_bucket_logging(self.bucket_name).get("TargetObjectKeyFormat")
        if key_format:
            formats = {name: value or {} for name, value in key_format.items()}
            result["LoggingEnabled"]["TargetObjectKeyFormat"] = formats
    if action == "ListBuckets" and any(map(self._get_param, LIST_PARAMETERS)):
        for bucket in result["Buckets"]:
            bucket["BucketRegion"] = self.backend.get_bucket(bucket["Name"]).region_name
    return _serialized(self, action_result)


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (S3Response, "_bucket_response", bucket_response),
    (S3Response, "_key_response_put", key_response_put),
    (S3Response, "get_bucket_notification", get_bucket_notification),
    (S3Response, "get_bucket_replication", get_bucket_replication),
    (S3Backend, "put_object_lock_configuration", put_object_lock_configuration),
    (S3Backend, "put_bucket_versioning", put_bucket_versioning),
    (FakeBucket, "_log_permissions_enabled_policy", staticmethod(logging_allowed)),
    (S3Response, "serialized", serialized),
)
