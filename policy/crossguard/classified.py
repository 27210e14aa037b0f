"""The data stores of a stack whose data class isn't PHI, so that some controls don't apply to them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClass, DataClassTag
from hipaa_controls.model.rule import not_required_for
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Verdict


@dataclass(frozen=True)
class ClassifiedStore:
    """A data store whose data class isn't PHI.

    Attributes:
        given_by: What gives the class, as words for a message.
        controls_off: The ids of the controls that don't apply because of the class.
    """

    urn: str
    data_class: DataClass
    given_by: str
    controls_off: tuple[str, ...]


def classified_stores(
    stack: Stack, resources: Iterable[PulumiResource], tag: DataClassTag, verdicts: Iterable[Verdict]
) -> list[ClassifiedStore]:
    """Return the data stores to which at least one control doesn't apply because of their class.

    Args:
        stack: The facts.
        resources: The resources that the facts were read from.
        tag: The tag that gives the data class.
        verdicts: All verdicts on the stack.
    """
    by_urn = {resource.urn: resource for resource in resources}
    controls_off: dict[str, dict[str, None]] = {}
    classes: dict[str, DataClass] = {
        fact.resource: fact.data_class  # type: ignore[attr-defined]
        for fact in stack.facts
        if _is_data_store(fact)
    }
    for verdict in verdicts:
        data_class = classes.get(verdict.resource)
        if data_class is not None and verdict.finding == not_required_for(data_class):
            controls_off.setdefault(verdict.resource, {})[verdict.control] = None
    return [
        ClassifiedStore(urn, classes[urn], _given_by(by_urn[urn], classes[urn], tag), tuple(controls))
        for urn, controls in controls_off.items()
        if urn in by_urn and classes[urn] is not DataClass.PHI
    ]


def _is_data_store(fact: Fact) -> bool:
    """Return whether a fact is a data store, whose class its tags give. An object has the class of its bucket."""
    return hasattr(fact, "data_class") and hasattr(fact, "tags")


def _given_by(resource: PulumiResource, data_class: DataClass, tag: DataClassTag) -> str:
    own = tag.declared_data_class(resource.own_tags)
    if own is data_class:
        return f"its tag {tag.name}"
    return "the option untaggedAs" if own is None and data_class is tag.untagged_as else "its use"


def ignored_default_tags(stack: Stack, resources: Iterable[PulumiResource], tag: DataClassTag) -> Iterator[str]:
    """Yield the URN of each data store that has the data-class tag only from its provider's default tags."""
    stores = {fact.resource for fact in stack.facts if _is_data_store(fact)}
    for resource in resources:
        own, default = resource.own_tags, resource.provider.tags
        has_own_tag = isinstance(own, Unknown) or own.get(tag.name) not in (None, "")
        if resource.urn in stores and not has_own_tag and not isinstance(default, Unknown) and default.get(tag.name):
            yield resource.urn
