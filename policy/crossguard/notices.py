"""The texts of pack-notice and pack-coverage: what is relaxed, what isn't judged, and the summary of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from crossguard.classified import ClassifiedStore
from crossguard.coverage import CoveredResource, count_not_judged
from hipaa_controls.model.control_config import ControlConfig
from hipaa_controls.model.verdict import Verdict

REQUIRE_JUDGMENT = '{"pack-notice": {"notJudged": "mandatory"}}'


def allowed_verdict(control_config: ControlConfig, verdict: Verdict) -> str | None:
    """Return the finding of an exempted or allowed verdict, and why it doesn't block; None for any other verdict."""
    if not verdict.blocks_by_default or control_config.blocks(verdict):
        return None
    exemption = control_config.exemption_for(verdict)
    return f"{verdict.finding.text}; {exemption.summary if exemption else 'allowed while it is unverified'}"


def data_classes(stores: Iterable[ClassifiedStore], tag: str, ignored_default_tags: Iterable[str]) -> Iterator[str]:
    """Yield a notice for each data class other than PHI, and one for the default tags that give no data class.

    Args:
        stores: The data stores whose class isn't PHI.
        tag: The name of the data-class tag.
        ignored_default_tags: The URNs of the data stores that have it only as a default tag of their provider.
    """
    names_by_notice: dict[tuple[str, str, int], list[str]] = {}
    for store in stores:
        key = (store.data_class.value, store.given_by, len(store.controls_off))
        names_by_notice.setdefault(key, []).append(_name_and_type(store.urn))
    for (data_class, given_by, number), names in sorted(names_by_notice.items()):
        yield (
            f"because of the data class {data_class}, given by {given_by}, {_count(number, 'control')} "
            f"{'does' if number == 1 else 'do'}n't apply to {', '.join(names)}"
        )
    if names := [_name_and_type(urn) for urn in ignored_default_tags]:
        yield (
            f"the default tag {tag} of the provider gives no data class, so these count as untagged: "
            f"{', '.join(names)}. Give each data store its own tag"
        )


def not_judged(covered_resources: Iterable[CoveredResource]) -> str | None:
    """Return a notice of the resources that aren't judged, by type and number; None if there are none."""
    counts = count_not_judged(covered_resources)
    if not counts:
        return None
    types = ", ".join(f"{resource_type} ({number})" for resource_type, number in counts.items())
    return (
        f"{_count(sum(counts.values()), 'resource')} not judged, because no control reads the type: {types}. Check by "
        f"other means that PHI is safe there. To make this block: {REQUIRE_JUDGMENT}"
    )


def not_judged_violation(resource_type: str) -> str:
    """Return the violation for a resource that isn't judged, where the config requires that every resource is."""
    return (
        f"Found: no control reads the type {resource_type}, so this resource isn't judged.\n"
        f"Required: each resource is judged or needs no judgment, by the pack's config {REQUIRE_JUDGMENT}.\n"
        "Fix: remove the resource, move it to a stack without PHI, or set notJudged to advisory and check by other "
        "means that PHI is safe there."
    )


def summary(counts: Mapping[str, int]) -> str:
    """Return one line on the whole run, from the numbers in `report.summary`."""
    return (
        f"hipaa: {_count(counts['controls'], 'control')} judged {counts['judged']} of "
        f"{_count(counts['resources'], 'resource')}: {counts['passed']} passed, {counts['failed']} failed, "
        f"{counts['unverified']} unverified, {counts['exempted']} exempted or allowed, {counts['notApplicable']} not "
        f"applicable. Of the other resources, {counts['needNoJudgment']} need no judgment, and {counts['notJudged']} "
        "are not judged."
    )


def _name_and_type(urn: str) -> str:
    return f"{urn.rsplit('::', 1)[-1]} ({urn.split('::')[2].rsplit('$', 1)[-1]})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
