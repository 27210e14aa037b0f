"""What the pinned moto gets wrong and a sandboxed program would stumble over.

Each fix wraps one method of moto; tests/sandbox/test_moto_fixes.py fails if a later moto needs it no more.
"""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.kms.responses import KmsResponse
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

# KMS rotates every 365 days unless told otherwise:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
ROTATION_PERIOD = 365

_logging_allowed = FakeBucket._log_permissions_enabled_policy
_serialized = S3Response.serialized
_enable_key_rotation = KmsResponse.enable_key_rotation
_get_key_rotation_status = KmsResponse.get_key_rotation_status


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
    """GetBucketLogging tells the key format too, which moto keeps and leaves out of its answer."""
    logging = action_result.result.get("LoggingEnabled") if isinstance(action_result.result, dict) else None
    if logging and self.data.get("Action") == "GetBucketLogging":
        kept = self.backend.get_bucket_logging(self.bucket_name).get("TargetObjectKeyFormat")
        if kept:
            logging["TargetObjectKeyFormat"] = {name: value or {} for name, value in kept.items()}
    return _serialized(self, action_result)


def enable_key_rotation(self: Any) -> str:
    """Keeps the rotation period, which moto drops."""
    answer = _enable_key_rotation(self)
    key = self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]
    key.rotation_period = self._get_param("RotationPeriodInDays") or ROTATION_PERIOD
    return answer


def get_key_rotation_status(self: Any) -> str:
    """Tells the rotation period too."""
    answer = json.loads(_get_key_rotation_status(self))
    key = self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]
    period = {"RotationPeriodInDays": getattr(key, "rotation_period", ROTATION_PERIOD)}
    return json.dumps(answer | (period if answer["KeyRotationEnabled"] else {}))


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (FakeBucket, "_log_permissions_enabled_policy", staticmethod(logging_allowed)),
    (S3Response, "serialized", serialized),
    (KmsResponse, "enable_key_rotation", enable_key_rotation),
    (KmsResponse, "get_key_rotation_status", get_key_rotation_status),
)


def apply() -> None:
    """Mend moto in this process."""
    for owner, name, method in FIXES:
        setattr(owner, name, method)
