"""KMS: the rotation period, and the ids and replicas of multi-region keys."""

from __future__ import annotations

import json
from typing import Any

from moto.kms import models, utils
from moto.kms.models import KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

# KMS rotates every 365 days unless told otherwise:
# https://docs.aws.amazon.com/kms/latest/APIReference/API_EnableKeyRotation.html
ROTATION_PERIOD = 365

_generate_key_id = utils.generate_key_id
_validate_cmk_id = KmsResponse._validate_cmk_id
_enable_key_rotation = KmsResponse.enable_key_rotation
_get_key_rotation_status = KmsResponse.get_key_rotation_status
_replicate_key = KmsResponse.replicate_key


def generate_key_id(multi_region: bool = False) -> str:
    """The id of a multi-region key has no dashes but the first: mrk- and 32 hex digits.

    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
    """
    made: str = _generate_key_id(multi_region)
    return f"mrk-{made[4:].replace('-', '')}" if multi_region else made


def validate_cmk_id(self: Any, key_id: str) -> None:
    """Takes the id of a multi-region key as AWS makes it: moto would look it up, but refuses its form."""
    _validate_cmk_id(self, self._display_arn(key_id) if key_id.startswith("mrk-") else key_id)


def enable_key_rotation(self: Any) -> str:
    """Keeps the rotation period, which moto drops."""
    answer = _enable_key_rotation(self)
    _key(self).rotation_period = self._get_param("RotationPeriodInDays") or ROTATION_PERIOD
    return answer


def get_key_rotation_status(self: Any) -> str:
    """Tells the rotation period too."""
    answer = json.loads(_get_key_rotation_status(self))
    period = {"RotationPeriodInDays": getattr(_key(self), "rotation_period", ROTATION_PERIOD)}
    return json.dumps(answer | (period if answer["KeyRotationEnabled"] else {}))


def replicate_key(self: Any) -> str:
    """Gives the replica what isn't the primary's: its role, description, policy, tags, aliases and grants.

    Moto's replica shares them all with its primary, which thereby becomes a replica, and can't have tags.
    https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html#mrk-sync-properties
    """
    answer = json.loads(_replicate_key(self))
    backend: KmsBackend = kms_backends[self.current_account][self._get_param("ReplicaRegion")]
    replica = backend.keys[answer["ReplicaKeyMetadata"]["KeyId"]]
    # The list of replicas in it stays shared: each of the family tells all of it.
    replica.multi_region_configuration = replica.multi_region_configuration | {"MultiRegionKeyType": "REPLICA"}
    replica.description = self._get_param("Description") or ""
    replica.policy = self._get_param("Policy") or replica.generate_default_policy()
    replica.aliases, replica.grants = {}, {}
    tags = self._get_param("Tags") or []
    backend.tagger.tag_resource(replica.id, tags)
    told = {"ReplicaKeyMetadata": replica.to_dict()["KeyMetadata"], "ReplicaPolicy": replica.policy}
    return json.dumps(told | {"ReplicaTags": tags})


def _key(self: Any) -> Any:
    return self.kms_backend.keys[self.kms_backend.get_key_id(self._get_param("KeyId"))]


FIXES: tuple[tuple[Any, str, Any], ...] = (
    (models, "generate_key_id", generate_key_id),
    (KmsResponse, "_validate_cmk_id", validate_cmk_id),
    (KmsResponse, "enable_key_rotation", enable_key_rotation),
    (KmsResponse, "get_key_rotation_status", get_key_rotation_status),
    (KmsResponse, "replicate_key", replicate_key),
)
