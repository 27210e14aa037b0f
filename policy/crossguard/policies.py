"""Each control as a CrossGuard policy, and two of the gate itself: one for its config, one for what it lets through."""

from __future__ import annotations

from collections.abc import Iterable

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    PolicyConfigSchema,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PolicySeverity

from crossguard import report
from crossguard.run_state import PackRun
from hipaa.catalogue import PREVIEW_CONTROLS
from hipaa.model.control import Control, Severity
from hipaa.model.control_config import ControlConfig
from hipaa.model.exemption import SCHEMA
from hipaa.model.verdict import Status, Verdict

FRAMEWORK = PolicyComplianceFramework(name="HIPAA Security Rule")
RULE = "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C"
UNVERIFIED = {
    "description": "Whether what isn't known yet fails (mandatory), or is only told (advisory).",
    "type": "string",
    "enum": ["mandatory", "advisory"],
    "default": "mandatory",
}


class ControlPolicy(ResourceValidationPolicy, StackValidationPolicy):
    """A control, asked twice by the engine.

    Before a resource exists (and so even with --skip-preview) what it declares for itself is judged. At the end the
    whole stack is: what is missing, how resources join, and what could not be told before.
    """

    def __init__(self, control: Control, gate: PackRun) -> None:
        # Either base's own __init__ asks for one callback; this class answers for both.
        Policy.__init__(
            self,
            control.id,
            f"{control.statement} ({control.citation})",
            EnforcementLevel.ADVISORY if control.severity is Severity.LOW else EnforcementLevel.MANDATORY,
            PolicyConfigSchema(
                {option.name: option.schema for option in control.options}
                | {"unverifiedLevel": UNVERIFIED, "exemptions": SCHEMA}
            ),
            display_name=control.title,
            severity=PolicySeverity(control.severity.value),
            framework=PolicyComplianceFramework(
                name=FRAMEWORK.name, version="45 CFR 164 Subpart C", reference=control.citation
            ),
            tags=["hipaa", control.service, *(["nprm"] if control.proposed_2025 else [])],
            remediation_steps=control.remediation,
            url=RULE,
        )
        self.control = control
        self.gate = gate

    def has_validation(self) -> bool:
        return True

    def has_remediation(self) -> bool:
        return False

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, report_violation: ReportViolation) -> None:
        """The SDK calls a resource policy and a stack policy by the same name, with arguments of its kind."""
        terms = self.gate.config_for(self.control, args.get_config())
        if isinstance(args, ResourceValidationArgs):
            stack = self.gate.before(args)
            for verdict in self.gate.judge_before(terms, stack, args.urn) if stack.facts else []:
                report_violation(message(terms, verdict), None)
        else:
            for verdict in self.gate.judge_whole(terms, self.gate.whole(args)):
                report_violation(message(terms, verdict), verdict.resource)


class ConfigPolicy(StackValidationPolicy):
    """Fails for what is wrong with the pack's config: an exemption that is malformed, expired or excuses nothing."""

    def __init__(self, gate: PackRun) -> None:
        super().__init__(
            "pack-config",
            "The pack's config can be used, and each exemption is in force and excuses something.",
            enforcement_level=EnforcementLevel.MANDATORY,
            display_name="The gate's config is sound",
            severity=PolicySeverity.HIGH,
            framework=FRAMEWORK,
            tags=["hipaa", "gate"],
            remediation_steps="Mend the file that --policy-pack-config names.",
            url=RULE,
        )
        self.gate = gate

    def validate(self, _: StackValidationArgs, report_violation: ReportViolation) -> None:
        for record in self.gate.records.values():
            for fault in record.terms.errors:
                report_violation(fault, None)
            for position, exemption in enumerate(record.terms.exemptions, 1):
                if exemption.for_audit:
                    continue  # the audit's
                if not any(exemption.covers(each) for each in record.verdicts if each.blocks):
                    text = f"exemption {position} excuses nothing in this stack: take it out"
                    report_violation(f"{exemption.control}: {text}", None)


class NoticePolicy(StackValidationPolicy):
    """Tells what the gate lets through because its config says so, and writes the report. The last policy of a run."""

    def __init__(self, gate: PackRun) -> None:
        super().__init__(
            "pack-notice",
            "What the pack's config lets through is seen.",
            enforcement_level=EnforcementLevel.ADVISORY,
            config_schema=PolicyConfigSchema(
                {"report": {"description": "A file to write every verdict to, as JSON.", "type": "string"}}
            ),
            display_name="What the gate lets through",
            severity=PolicySeverity.LOW,
            framework=FRAMEWORK,
            tags=["hipaa", "gate"],
            remediation_steps="Look whether each is still wanted.",
            url=RULE,
        )
        self.gate = gate

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for control in PREVIEW_CONTROLS:
            record = self.gate.records.get(control.id)
            if record is None:
                report_violation(f"{control.id}: disabled by the pack's config", None)
                continue
            if control.severity is not Severity.LOW and self.gate.levels.get(control.id) == "advisory":
                report_violation(f"{control.id}: only advisory, by the pack's config", None)
            for loosened in record.terms.relaxations:
                report_violation(f"{control.id}: {loosened}, by the pack's config", None)
            for verdict in record.verdicts:
                if (note := _let_through(record.terms, verdict)) is not None:
                    report_violation(f"{control.id}: {note}", verdict.resource)
        report.write(self.gate.records.values(), args.get_config(), self.gate.levels)
        self.gate.records.clear()


def _let_through(terms: ControlConfig, verdict: Verdict) -> str | None:
    if not verdict.blocks or terms.blocks(verdict):
        return None
    exemption = terms.exemption_for(verdict)
    return f"{verdict.finding.text}; {exemption.summary if exemption else 'allowed as not known yet'}"


def policies() -> list[Policy]:
    """The pack's policies: a control each in the order of the catalogue, and the gate's own two last."""
    gate = PackRun()
    return [*(ControlPolicy(control, gate) for control in PREVIEW_CONTROLS), ConfigPolicy(gate), NoticePolicy(gate)]


def message(terms: ControlConfig, verdict: Verdict) -> str:
    """What was found, what is required and how to mend it. It follows the policy's description."""
    lines = [f"Found: {verdict.finding.text}.", f"Required: {terms.control.requirement_text(terms.options)}."]
    if verdict.status is Status.UNVERIFIED:
        lines.append(_how_to_know(verdict))
    lines.append(f"Fix: {terms.control.remediation}")
    return "\n".join(lines)


def _how_to_know(verdict: Verdict) -> str:
    sources = dict.fromkeys(source for each in verdict.finding.unknowns for source in each.sources)
    waits = f"It waits for {_names(sources)}. " if sources else ""
    return (
        f"What isn't known can't pass. {waits}Make it from values that are known at preview, such as a physical name "
        "that the program gives, or pass the document to the component around it as a structured input, such as "
        "bucketPolicy."
    )


def _names(urns: Iterable[str]) -> str:
    return ", ".join(urn.rsplit("::", 1)[-1] for urn in urns)
