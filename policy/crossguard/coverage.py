"""The coverage of a stack's resources: each is judged, needs no judgment, or isn't judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from crossguard.no_judgment import reason_for
from crossguard.read_stack import is_read
from crossguard.resources import READ_PREFIX, PulumiResource
from hipaa_controls.model.verdict import Status, Verdict


class Coverage(Enum):
    """What the pack does about a resource."""

    JUDGED = "judged"
    NO_JUDGMENT_NEEDED = "needs no judgment"
    NOT_JUDGED = "not judged"


@dataclass(frozen=True)
class CoveredResource:
    """A resource, and what the pack does about it.

    Attributes:
        controls: For a judged resource, the ids of the controls whose verdicts name it. There are none for a resource
            that only the verdicts on the whole stack, or on another resource, depend on.
        reason: Why it needs no judgment; empty for any other resource.
    """

    urn: str
    type: str
    coverage: Coverage
    controls: tuple[str, ...] = ()
    reason: str = ""


def cover(resource: PulumiResource, controls: Iterable[str] = ()) -> CoveredResource:
    """Return the coverage of one resource.

    Args:
        resource: The resource.
        controls: The ids of the controls whose verdicts name it.
    """
    if is_read(resource):
        return CoveredResource(resource.urn, resource.declared_type, Coverage.JUDGED, tuple(controls))
    is_component = not resource.provider.urn and not resource.only_read
    if reason := reason_for(resource.type.removeprefix(READ_PREFIX), is_component=is_component):
        return CoveredResource(resource.urn, resource.declared_type, Coverage.NO_JUDGMENT_NEEDED, reason=reason)
    return CoveredResource(resource.urn, resource.declared_type, Coverage.NOT_JUDGED)


def cover_stack(resources: Iterable[PulumiResource], verdicts: Iterable[Verdict]) -> list[CoveredResource]:
    """Return the coverage of each resource of a stack, given the verdicts on that stack."""
    controls: dict[str, dict[str, None]] = {}
    for verdict in verdicts:
        if verdict.status is not Status.NOT_APPLICABLE:
            controls.setdefault(verdict.resource, {})[verdict.control] = None
    return [cover(resource, controls.get(resource.urn, ())) for resource in resources]


def count_not_judged(resources: Iterable[CoveredResource]) -> Mapping[str, int]:
    """Return the number of resources that aren't judged, by type, in the order of the types."""
    types = Counter(resource.type for resource in resources if resource.coverage is Coverage.NOT_JUDGED)
    return dict(sorted(types.items()))
