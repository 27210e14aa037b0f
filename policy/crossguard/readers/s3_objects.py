"""Readers of the objects that a program uploads to a bucket or copies there.

Their contents (`content`, `source` and the like) are never read.
"""

from __future__ import annotations

from typing import Any

from crossguard.graph import Graph
from crossguard.property_values import as_flag, as_list, as_text, get_property
from crossguard.readers.s3_bucket_types import any_bucket_of
from crossguard.resource_types import BUCKET, KMS_KEYS
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Flag, Ref, StackResource, Text, Unknown
from hipaa_controls.services.s3.facts import (
    Acl,
    BucketObject,
    DeliveryTarget,
    ObjectCopy,
    ObjectEncryption,
    ObjectUpload,
)

OBJECT_COPY = "aws:s3/objectCopy:ObjectCopy"
UPLOADS = frozenset({"aws:s3/bucketObject:BucketObject", "aws:s3/bucketObjectv2:BucketObjectv2"})
OBJECT_TYPES = UPLOADS | {OBJECT_COPY}
# Any of them makes it a copy with SSE-C.
CUSTOMER_KEY_PROPERTIES = ("customerAlgorithm", "customerKey", "customerKeyMd5")


def source_bucket(copy: PulumiResource, graph: Graph) -> PulumiResource | None:
    """Return the bucket from which an object is copied, if the graph has it."""
    source = copy.inputs.get("source")
    name = source.removeprefix("/").partition("/")[0] if isinstance(source, str) else source
    return graph.resource_for(graph.resolve(copy, name, "source", {BUCKET}, OBJECT_TYPES))


def read_object(resource: PulumiResource, data_class: DataClass, graph: Graph) -> list[Fact]:
    inputs, location = resource.inputs, graph.location_of(resource)
    uris, grantees = _grantees(inputs.get("grants"))
    encryption = ObjectEncryption(
        as_text(inputs.get("serverSideEncryption")),
        graph.resolve(resource, inputs.get("kmsKeyId"), "kmsKeyId", KMS_KEYS),
        _has_customer_key(resource),
    )
    lock_mode, retain_until = (as_text(inputs.get(name)) for name in ("objectLockMode", "objectLockRetainUntilDate"))
    if graph.inputs.get(resource.urn) is None:
        # A saved state also has a retention that the bucket's default gave.
        lock_mode = retain_until = None
    bucket_object = BucketObject(
        resource.urn,
        _bucket(resource, graph),
        data_class,
        Acl(as_text(inputs.get("acl")), uris),
        grantees,
        encryption,
        lock_mode,
        retain_until,
        as_flag(inputs.get("forceDestroy")),
        location,
    )
    if resource.type not in UPLOADS:
        return [bucket_object]
    return [bucket_object, ObjectUpload(resource.urn, data_class, (DeliveryTarget(bucket_object.bucket),), location)]


def _bucket(resource: PulumiResource, graph: Graph) -> Ref:
    """Return the bucket that an object is put into, or its name if the stack doesn't declare it."""
    bucket = any_bucket_of(resource, graph)
    return StackResource(bucket.urn) if bucket else as_text(resource.inputs.get("bucket")) or ""


def _grantees(value: Any) -> tuple[tuple[Text, ...], tuple[Text, ...]]:
    """Return the group URIs of an object's grants, and its canonical users and email addresses."""
    grants = as_list(value)
    if isinstance(grants, Unknown):
        return (grants,), (grants,)
    uris = [as_text(get_property(grant, "uri")) for grant in grants]
    others = [as_text(get_property(grant, name)) for grant in grants for name in ("id", "email")]
    return tuple(uri for uri in uris if uri), tuple(dict.fromkeys(other for other in others if other))


def _has_customer_key(resource: PulumiResource) -> Flag:
    values = [resource.inputs.get(name) for name in CUSTOMER_KEY_PROPERTIES]
    if any(value not in (None, "") and not isinstance(value, Unknown) for value in values):
        return True
    return next((value for value in values if isinstance(value, Unknown)), False)


def read_copy(copy: PulumiResource, data_class: DataClass, graph: Graph) -> list[Fact]:
    """Return the bucket to which an object is copied.

    Args:
        copy: The copy.
        data_class: The data class of the bucket from which it is copied.
        graph: The resources of the stack.
    """
    target = DeliveryTarget(_bucket(copy, graph), as_text(copy.inputs.get("expectedBucketOwner")))
    return [ObjectCopy(copy.urn, data_class, (target,), graph.location_of(copy))]
