"""Athena workgroups: where the results of queries are stored, and with which key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Flag, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Workgroup:
    """A workgroup.

    Attributes:
        enforced: Whether its settings override those of a query. None for AWS's default, which is true.
        kms_key: The key of the results; None for results without SSE-KMS or CSE-KMS.
        results_bucket: The bucket of the results; None if Athena stores them itself, or if a query names the bucket.
        bucket_owner: The account that must own that bucket, or else Athena writes nothing.
        data_class: The data class of its results, by the data-class tag.
    """

    resource: str
    enforced: Flag
    kms_key: Ref
    results_bucket: Ref
    bucket_owner: Text
    data_class: DataClass = DataClass.PHI
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    location: Location = Location()
