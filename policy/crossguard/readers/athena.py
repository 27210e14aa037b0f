"""Readers of Athena workgroups."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag, as_text, get_property
from crossguard.resource_types import BUCKET, KMS_KEYS, WORKGROUP
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Ref, Unknown, is_enabled
from hipaa_controls.services.athena.facts import Workgroup

S3_URL = re.compile(r"s3://([^/]+)(/.*)?", re.DOTALL)
KMS_ENCRYPTION = ("SSE_KMS", "CSE_KMS")


def _workgroup(workgroup: PulumiResource, graph: Graph) -> list[Fact]:
    configuration = workgroup.inputs.get("configuration")
    results = get_property(configuration, "resultConfiguration")
    return [
        Workgroup(
            workgroup.urn,
            as_flag(get_property(configuration, "enforceWorkgroupConfiguration")),
            _kms_key(workgroup, configuration, graph),
            _results_bucket(workgroup, get_property(results, "outputLocation"), graph),
            as_text(get_property(results, "expectedBucketOwner")),
            graph.data_class_tag.data_class_of(workgroup.own_tags, ()),
            workgroup.own_tags,
            graph.location_of(workgroup),
        )
    ]


def _kms_key(workgroup: PulumiResource, configuration: Any, graph: Graph) -> Ref:
    """Return the key of the results that Athena stores itself, or of those in a bucket."""
    managed = get_property(configuration, "managedQueryResultsConfiguration")
    managed_key = get_property(managed, "encryptionConfiguration", "kmsKey")
    encryption = get_property(configuration, "resultConfiguration", "encryptionConfiguration")
    option, bucket_key = get_property(encryption, "encryptionOption"), get_property(encryption, "kmsKeyArn")
    is_managed = is_enabled(as_flag(get_property(managed, "enabled")))
    if isinstance(is_managed, Unknown):
        return is_managed
    if not is_managed and isinstance(option, Unknown):
        return option
    key = managed_key if is_managed else bucket_key if option in KMS_ENCRYPTION else None
    return graph.resolve(workgroup, key, "configuration", KMS_KEYS, {BUCKET})


def _results_bucket(workgroup: PulumiResource, url: Any, graph: Graph) -> Ref:
    """Return the bucket of an S3 URL: one of the stack, or the name of another."""
    if isinstance(url, str):
        parts = S3_URL.fullmatch(url)
        url = parts[1] if parts else Unknown(f"{workgroup.name}.outputLocation", reason="isn't an s3:// URL")
    return graph.resolve(workgroup, url, "configuration", {BUCKET}, KMS_KEYS)


READERS: Mapping[str, FactReader] = {WORKGROUP: _workgroup}
