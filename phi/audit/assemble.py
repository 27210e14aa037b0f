"""From what each service tells to facts that know of each other: references become Here, buckets get their roles."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from typing import Any, TypeVar

from hipaa.model.data_class import DataClass, DataClassTag
from hipaa.model.stack import Fact, Stack
from hipaa.model.values import StackResource, Unknown
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector
from hipaa.services.s3.facts import AccessPoint, Bucket, list_destinations
from hipaa.services.sns.facts import Topic
from phi.audit.collected import Publisher, Collected

V = TypeVar("V")
# Their texts are prefixes and patterns of ARNs, which are judged as texts.
PATTERNS = (EventSelector, FieldSelector)


def stack(told: Iterable[Collected], account: str, data_class: DataClassTag) -> Stack:
    """All that is told of an account, to be judged together. account: what stands for the whole, in findings."""
    every = list(told)
    facts = [fact for each in every for fact in each.facts]
    here = {fact.resource for fact in facts}
    joined = [_joined(fact, here) for fact in facts]
    roles = _roles(joined, [use for each in every for use in each.bucket_uses], data_class)
    buckets_of = {point: bucket for each in every for point, bucket in each.access_point_buckets.items()}
    publishers = [publisher for each in every for publisher in each.publishers]
    return Stack(tuple(_completed(fact, roles, buckets_of, publishers, data_class.name) for fact in joined), account)


def _roles(
    facts: Iterable[Fact], used: Iterable[tuple[str, DataClass]], data_class: DataClassTag
) -> dict[str, DataClass]:
    """What each bucket is for, by its ARN."""
    buckets = [fact for fact in facts if isinstance(fact, Bucket)]
    uses: dict[str, set[DataClass]] = {}
    for bucket in buckets:
        for declared in bucket.settings:
            for target, role in list_destinations(declared.setting):
                if target != bucket.resource:
                    uses.setdefault(target, set()).add(role)
    for arn, role in used:
        uses.setdefault(arn, set()).add(role)
    return {each.resource: data_class.data_class_of(each.tags, uses.get(each.resource, set())) for each in buckets}


def _completed(
    fact: Fact,
    roles: Mapping[str, DataClass],
    buckets_of: Mapping[str, str],
    publishers: Iterable[Publisher],
    tag: str,
) -> Fact:
    """With what others tell of it."""
    match fact:
        case Bucket():
            data_class = fact.tags if isinstance(fact.tags, Unknown) else fact.tags.get(tag)
            return dataclasses.replace(fact, data_class=roles[fact.resource], data_class_tag=data_class)
        case AccessPoint():
            return dataclasses.replace(fact, data_class=roles.get(buckets_of.get(fact.resource, ""), DataClass.PHI))
        case Topic():
            services = (service for topic, service in publishers if _is_of(topic, fact.resource))
            return dataclasses.replace(fact, publishers=tuple(dict.fromkeys(services)))
        case _:
            return fact


def _is_of(topic: str, resource: str) -> bool:
    return topic == resource or (topic.endswith(":*") and resource.startswith(topic[:-1]))


def _joined(value: V, here: Collection[str]) -> V:
    """The same, where each reference to a fact by its ARN is a Here. A reference is what its field's type calls Ref."""
    if isinstance(value, tuple):
        return tuple(_joined(each, here) for each in value)  # type: ignore[return-value]
    if not dataclasses.is_dataclass(value) or isinstance(value, (type, *PATTERNS)):
        return value
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(value):
        own = getattr(value, field.name)
        changes[field.name] = _refer(own, here) if "Ref" in str(field.type) else _joined(own, here)
    return dataclasses.replace(value, **changes)


def _refer(value: Any, here: Collection[str]) -> Any:
    if isinstance(value, str):
        return StackResource(value) if value in here else value
    if isinstance(value, tuple):
        return tuple(_refer(each, here) for each in value)
    if isinstance(value, Mapping):
        return {name: _refer(each, here) for name, each in value.items()}
    return value
