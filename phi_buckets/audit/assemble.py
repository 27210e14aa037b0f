"""Assembles the facts of all services into one stack.

The ARN of a collected resource becomes a StackResource, each bucket gets its data class, and each topic its publishers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from hipaa_controls.model.data_class import DataClass, DataClassTag, first_class
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.services.athena.facts import Workgroup
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from hipaa_controls.services.s3.bucket_types import SpecialBucket, SpecialBucketEncryption, TableSnapshots
from hipaa_controls.services.s3.facts import AccessPoint, Bucket, ObjectDelivery, list_destinations
from hipaa_controls.services.sns.facts import Topic
from hipaa_controls.services.sqs.facts import Queue
from phi_buckets.audit.collected import Collected, Publisher

V = TypeVar("V")
# These hold ARN prefixes and patterns, which the rules match as text. A pattern that equals a resource's ARN also
# matches other resources.
PATTERN_CLASSES = (EventSelector, FieldSelector)


def build_stack(collected: Iterable[Collected], account_id: str, data_class_tag: DataClassTag) -> Stack:
    """Return a stack of all facts of an account.

    AWS doesn't always list resources in the same order, and evidence has to be the same from run to run, so the facts
    are in the order of their ARNs. An organization's trail comes after the account's own trails, because it can be
    stopped only in another account.

    Args:
        collected: The results of the collectors.
        account_id: The account ID, which findings about the whole account name as their resource.
        data_class_tag: The tag that gives the data class of a data store.
    """
    results = list(collected)
    facts = [fact for result in results for fact in result.facts]
    resources = {fact.resource for fact in facts}
    facts = [resolve_references(fact, resources) for fact in facts]
    data_classes = _data_classes(facts, [use for result in results for use in result.bucket_uses], data_class_tag)
    buckets_by_access_point = {
        access_point: arns for result in results for access_point, arns in result.access_point_buckets.items()
    }
    publishers = [publisher for result in results for publisher in result.publishers]
    enriched = (_enrich(fact, data_classes, buckets_by_access_point, publishers, data_class_tag) for fact in facts)
    return Stack(tuple(sorted(enriched, key=lambda fact: _order(fact, account_id))), account_id)


def _order(fact: Fact, account_id: str) -> tuple[bool, str]:
    belongs_to_another_account = isinstance(fact, Trail) and fact.location.account != account_id
    return belongs_to_another_account, fact.resource


def _data_classes(
    facts: Collection[Fact], bucket_uses: Iterable[tuple[str, DataClass]], data_class_tag: DataClassTag
) -> dict[str, DataClass]:
    """Return the data class of each bucket, by ARN."""
    buckets = [fact for fact in facts if isinstance(fact, Bucket)]
    uses: dict[str, set[DataClass]] = {}
    for bucket in buckets:
        for declared in bucket.settings:
            for destination, use in list_destinations(declared.setting):
                if destination != bucket.resource:
                    uses.setdefault(destination, set()).add(use)
    for arn, use in bucket_uses:
        uses.setdefault(arn, set()).add(use)
    return {
        fact.resource: data_class_tag.data_class_of(fact.tags, uses.get(fact.resource, set()))
        for fact in facts
        if isinstance(fact, Bucket | SpecialBucket)
    }


def _enrich(
    fact: Fact,
    data_classes: Mapping[str, DataClass],
    buckets_by_access_point: Mapping[str, tuple[str, ...]],
    publishers: Iterable[Publisher],
    data_class_tag: DataClassTag,
) -> Fact:
    """Return a fact with the values that depend on other facts.

    Args:
        fact: The fact.
        data_classes: The data class of each bucket, by ARN.
        buckets_by_access_point: The ARNs of each access point's buckets.
        publishers: The publishers of all topics.
        data_class_tag: The tag that gives the data class of a data store.
    """
    match fact:
        case Bucket() | SpecialBucket():
            tag_value = fact.tags if isinstance(fact.tags, Unknown) else fact.tags.get(data_class_tag.name)
            return dataclasses.replace(fact, data_class=data_classes[fact.resource], data_class_tag=tag_value)
        case AccessPoint() | ObjectDelivery():
            arns = buckets_by_access_point.get(fact.resource) or ("",)
            return dataclasses.replace(
                fact, data_class=first_class(data_classes.get(arn, DataClass.PHI) for arn in arns)
            )
        case SpecialBucketEncryption() | TableSnapshots():
            bucket_class = data_classes.get(fact.bucket.resource) if isinstance(fact.bucket, StackResource) else None
            data_class = data_class_tag.declared_data_class(fact.tags) or bucket_class
            return dataclasses.replace(fact, data_class=data_class)
        case Queue() | Workgroup():
            return dataclasses.replace(fact, data_class=data_class_tag.data_class_of(fact.tags, ()))
        case Topic():
            services = (service for topic, service in publishers if _matches_topic(topic, fact.resource))
            return dataclasses.replace(fact, publishers=tuple(sorted(set(services), key=repr)))
        case _:
            return fact


def _matches_topic(pattern: str, topic: str) -> bool:
    return pattern == topic or (pattern.endswith(":*") and topic.startswith(pattern[:-1]))


def resolve_references(value: V, resources: Collection[str]) -> V:
    """Return a fact in which every reference to one of the resources is a StackResource instead of an ARN.

    Args:
        value: A fact, a dataclass within one, or a tuple of these.
        resources: The ARNs of all facts.
    """
    if isinstance(value, tuple):
        return tuple(resolve_references(item, resources) for item in value)  # type: ignore[return-value]
    if not dataclasses.is_dataclass(value) or isinstance(value, (type, *PATTERN_CLASSES)):
        return value
    references = _reference_fields(type(value))
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        resolve = _resolve if field.name in references else resolve_references
        changes[field.name] = resolve(getattr(value, field.name), resources)
    return dataclasses.replace(value, **changes)


@cache
def _reference_fields(fact_type: type) -> frozenset[str]:
    """Return the names of the fields that hold a reference, or a tuple or mapping of references."""
    hints = get_type_hints(fact_type)
    return frozenset(field.name for field in dataclasses.fields(fact_type) if _includes_reference(hints[field.name]))


def _includes_reference(hint: Any) -> bool:
    return hint is StackResource or any(map(_includes_reference, get_args(hint)))


def _resolve(value: Any, resources: Collection[str]) -> Any:
    """Return the value of a reference field with each ARN of a resource replaced by a StackResource."""
    if isinstance(value, str):
        return StackResource(value) if value in resources else value
    if isinstance(value, tuple):
        return tuple(_resolve(item, resources) for item in value)
    if isinstance(value, Mapping):
        return {name: _resolve(item, resources) for name, item in value.items()}
    return value
