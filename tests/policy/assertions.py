"""One control of the pack asked about a stack."""

from __future__ import annotations

from collections.abc import Sequence

from tests.policy.pack_process import Finding, PackProcess, Resource


def findings_for(pack: PackProcess, control: str, stack: Sequence[Resource]) -> list[Finding]:
    findings = [each for each in pack.evaluate_stack(stack) if each.policy == control]
    assert len(findings) == len({each.resource for each in findings}), "told twice"
    return findings


def failed_resources(pack: PackProcess, control: str, stack: Sequence[Resource]) -> set[str]:
    """The resources that surely fail."""
    findings = findings_for(pack, control, stack)
    assert not any("known yet" in each.message for each in findings)
    return {each.resource for each in findings}


def unverified_resources(pack: PackProcess, control: str, stack: Sequence[Resource]) -> set[str]:
    """The resources that can't be told yet, which blocks."""
    findings = findings_for(pack, control, stack)
    assert all("known yet" in each.message and each.mandatory for each in findings)
    return {each.resource for each in findings}
