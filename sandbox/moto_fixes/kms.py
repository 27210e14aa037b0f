"""KMS: stores the rotation period, and corrects the IDs and replicas of multi-Region keys."""

from __future__ import annotations

import json
from typing import Any

from moto.kms import models, utils
from moto.kms.exceptions import AlreadyExistsException
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

# KMS rotates a key every 365 days by default:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
DEFAULT_ROTATION_DAYS = 365

_generate_key_id = utils.generate_key_id
_validate_cmk_id = KmsResponse._validate_cmk_id
_enable_key_rotation = KmsResponse.enable_key_rotation
_get_key_rotation_status = KmsResponse.get_key_rotation_status
_replicate_key = KmsResponse.replicate_key


def generate_key_id(multi_region: bool = False) -> str:
    """Return a key ID; for a multi-Region key, `mrk-` and 32 hex digits without further dashes.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """
    key_id: str = _generate_key_id(multi_region)
    return f"mrk-{key_id[4:].replace('-', '')}" if multi_region else key_id


def validate_cmk_id(self: Any, key_id: str) -> None:
    """Accept the ID of a multi-Region key in AWS's format. Moto could look it up, but rejects the format."""
    _validate_cmk_id(self, self._display_arn(key_id) if key_id.startswith("mrk-") else key_id)


def enable_key_rotation(self: Any) -> str:
    """Store the rotation period. Moto drops it."""
    response = _enable_key_rotation(self)
    _key(self).rotation_period = self._get_param("RotationPeriodInDays") or DEFAULT_ROTATION_DAYS
    return response


def get_key_rotation_status(self: Any) -> str:
    """Return the rotation period too."""
    response = json.loads(_get_key_rotation_status(self))
    period = {"RotationPeriodInDays": getattr(_key(self), "rotation_period", DEFAULT_ROTATION_DAYS)}
    return json.dumps(response | (period if response["KeyRotationEnabled"] else {}))


def replicate_key(self: Any) -> str:
    """Give the replica its own key type, description, policy, tags, aliases and grants.

    Moto shares them with the primary key, which also makes the primary a replica, and replicas can't have tags. It also
    accepts a second replica in a region. One that is pending deletion still counts.
    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html#mrk-sync-properties
    https://docs.aws.amazon.com/kms/latest/APIReference/API_ReplicateKey.html#API_ReplicateKey_Errors
    """
    region = self._get_param("ReplicaRegion")
    backend: KmsBackend = kms_backends[self.current_account][region]
    key_id = self._get_param("KeyId").rpartition("/")[2]
    if key_id in backend.keys:
        raise AlreadyExistsException(f"A related multi-Region key {key_id} already exists in {region}.")
    response = json.loads(_replicate_key(self))
    replica = backend.keys[response["ReplicaKeyMetadata"]["KeyId"]]
    # The list of replicas in it stays shared: every related key reports all replicas.
    replica.multi_region_configuration = replica.multi_region_configuration | {"MultiRegionKeyType": "REPLICA"}
    replica.description = self._get_param("Description") or ""
    replica.policy = self._get_param("Policy") or replica.generate_default_policy()
    replica.aliases, replica.grants = {}, {}
    tags = self._get_param("Tags") or []
    backend.tagger.tag_resource(replica.id, tags)
    description = {"ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"], "ReplicaPolicy": replica.policy}
    return json.dumps(description | {"ReplicaTags": tags})


def _key(self: Any) -> Any:
    return self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (models, "generate_key_id", generate_key_id),
    (KmsResponse, "_validate_cmk_id", validate_cmk_id),
    (KmsResponse, "enable_key_rotation", enable_key_rotation),
    (KmsResponse, "get_key_rotation_status", get_key_rotation_status),
    (KmsResponse, "replicate_key", replicate_key),
)
