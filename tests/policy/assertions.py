"""The findings of one control about a stack."""

from __future__ import annotations

from collections.abc import Sequence

from hipaa_controls.catalogue import CONTROLS, PREVIEW_CONTROLS
from hipaa_controls.model.control import Severity
from tests.policy.pack_process import Finding, PackProcess, Resource


def findings_for(pack: PackProcess, control: str, stack: Sequence[Resource]) -> list[Finding]:
    """Return the findings of a control, after checking that the pack has it and that no resource has two findings."""
    assert control in {candidate.id for candidate in PREVIEW_CONTROLS}, control
    findings = [finding for finding in pack.evaluate_stack(stack) if finding.policy == control]
    assert len(findings) == len({finding.resource for finding in findings}), "reported twice"
    return findings


def failed_resources(pack: PackProcess, control: str, stack: Sequence[Resource]) -> set[str]:
    """Return the names of the resources that fail a control, after checking that none is unverified."""
    findings = findings_for(pack, control, stack)
    assert not any("\nUnverified: " in finding.message for finding in findings)
    return {finding.resource for finding in findings}


def unverified_resources(pack: PackProcess, control: str, stack: Sequence[Resource]) -> set[str]:
    """Return the names of the resources that a control can't verify, after checking that each one blocks.

    A control of low severity is advisory, and its findings never block.
    """
    findings = findings_for(pack, control, stack)
    blocks = next(candidate for candidate in CONTROLS if candidate.id == control).severity is not Severity.LOW
    assert all("\nUnverified: " in finding.message and finding.mandatory is blocks for finding in findings)
    return {finding.resource for finding in findings}
