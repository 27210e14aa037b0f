"""The pack's CrossGuard policies: one for each control, and two that report on the pack's config."""

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
from crossguard.resources import is_account
from crossguard.run_state import PackRun
from hipaa_controls.catalogue import PREVIEW_CONTROLS
from hipaa_controls.model.control import Control, Severity
from hipaa_controls.model.control_config import ControlConfig
from hipaa_controls.model.exemption import SCHEMA
from hipaa_controls.model.verdict import Status, Verdict

FRAMEWORK = PolicyComplianceFramework(name="HIPAA Security Rule")
SECURITY_RULE_URL = "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C"
UNVERIFIED_LEVEL_SCHEMA = {
    "description": "Whether an unverified finding blocks (mandatory) or is only reported (advisory).",
    "type": "string",
    "enum": ["mandatory", "advisory"],
    "default": "mandatory",
}
ACCOUNT_SCHEMA = {
    "description": "The stack's own account, as a text of 12 digits, where no provider gives it in allowedAccountIds.",
    "type": "string",
    "pattern": "^[0-9]{12}$",
}


class ControlPolicy(ResourceValidationPolicy, StackValidationPolicy):
    """A control as a policy, which the engine runs twice.

    Before a resource is created, even with --skip-preview, it checks what the resource declares by itself. At the end
    it checks the whole stack: missing resources, references between resources, and values that weren't known before.
    """

    def __init__(self, control: Control, run: PackRun) -> None:
        # The __init__ of each base requires a callback. This class overrides `validate` instead.
        Policy.__init__(
            self,
            control.id,
            f"{control.statement} ({control.citation})",
            EnforcementLevel.ADVISORY if control.severity is Severity.LOW else EnforcementLevel.MANDATORY,
            PolicyConfigSchema(
                {option.name: option.schema for option in control.options}
                | {"unverifiedLevel": UNVERIFIED_LEVEL_SCHEMA, "exemptions": SCHEMA}
            ),
            display_name=control.title,
            severity=PolicySeverity(control.severity.value),
            framework=PolicyComplianceFramework(
                name=FRAMEWORK.name, version="45 CFR 164 Subpart C", reference=control.citation
            ),
            tags=["hipaa", control.service, *(["nprm"] if control.proposed_2025 else [])],
            remediation_steps=control.remediation,
            url=SECURITY_RULE_URL,
        )
        self.control = control
        self.run = run

    def has_validation(self) -> bool:
        return True

    def has_remediation(self) -> bool:
        return False

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, report_violation: ReportViolation) -> None:
        """Check one resource or the whole stack. The SDK calls this method for both, with different arguments."""
        control_config = self.run.config_for(self.control, args.get_config())
        if isinstance(args, ResourceValidationArgs):
            stack = self.run.resource_facts(args)
            for verdict in self.run.check_resource(control_config, stack, args.urn) if stack.facts else []:
                report_violation(violation_message(control_config, verdict), None)
        else:
            for verdict in self.run.check_stack(control_config, self.run.stack_facts(args)):
                report_violation(violation_message(control_config, verdict), verdict.resource)


class ConfigPolicy(StackValidationPolicy):
    """Reports errors in the pack's config: an exemption that is invalid, expired or unused, or a wrong account."""

    def __init__(self, run: PackRun) -> None:
        super().__init__(
            "pack-config",
            "The pack's config is valid, each exemption is in force and covers a finding, and all sources of the "
            "stack's own account agree.",
            enforcement_level=EnforcementLevel.MANDATORY,
            config_schema=PolicyConfigSchema({"account": ACCOUNT_SCHEMA}),
            display_name="The pack's config is valid",
            severity=PolicySeverity.HIGH,
            framework=FRAMEWORK,
            tags=["hipaa", "pack"],
            remediation_steps="Fix the file that --policy-pack-config names, or the provider's configuration.",
            url=SECURITY_RULE_URL,
        )
        self.run = run

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        account = args.get_config().get("account")
        if account is not None and not is_account(account):
            report_violation(
                'pack-config: the value of account can\'t be used: 12 digits, as text: "123456789012"', None
            )
        for error in self.run.account_errors:
            report_violation(error, None)
        for control_run in self.run.control_runs.values():
            for error in control_run.control_config.errors:
                report_violation(error, None)
            for position, exemption in enumerate(control_run.control_config.exemptions, 1):
                if exemption.for_audit:
                    continue  # only the audit sees the live resource that it names
                if not any(exemption.covers(verdict) for verdict in control_run.verdicts if verdict.blocks_by_default):
                    text = f"exemption {position} covers no finding in this stack: remove it"
                    report_violation(f"{exemption.control}: {text}", None)


class NoticePolicy(StackValidationPolicy):
    """Reports what the pack's config relaxes, and writes the report of the run. It is the last policy of a run."""

    def __init__(self, run: PackRun) -> None:
        super().__init__(
            "pack-notice",
            "Everything that the pack's config relaxes or exempts is reported.",
            enforcement_level=EnforcementLevel.ADVISORY,
            config_schema=PolicyConfigSchema(
                {"report": {"description": "The file to which every verdict is written, as JSON.", "type": "string"}}
            ),
            display_name="What the pack's config relaxes",
            severity=PolicySeverity.LOW,
            framework=FRAMEWORK,
            tags=["hipaa", "pack"],
            remediation_steps="Check that each relaxation and exemption is still needed.",
            url=SECURITY_RULE_URL,
        )
        self.run = run

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        for control in PREVIEW_CONTROLS:
            control_run = self.run.control_runs.get(control.id)
            if control_run is None:
                report_violation(f"{control.id}: disabled by the pack's config", None)
                continue
            if control.severity is not Severity.LOW and self.run.levels.get(control.id) == "advisory":
                report_violation(f"{control.id}: made advisory by the pack's config", None)
            for relaxation in control_run.control_config.relaxations:
                report_violation(f"{control.id}: {relaxation}, by the pack's config", None)
            for verdict in control_run.verdicts:
                if (notice := _allowed_notice(control_run.control_config, verdict)) is not None:
                    report_violation(f"{control.id}: {notice}", verdict.resource)
        report.write(self.run.control_runs.values(), args.get_config(), self.run.levels)
        self.run.control_runs.clear()


def _allowed_notice(control_config: ControlConfig, verdict: Verdict) -> str | None:
    """Return the finding of an exempted or allowed verdict, and why it doesn't block; None for any other verdict."""
    if not verdict.blocks_by_default or control_config.blocks(verdict):
        return None
    exemption = control_config.exemption_for(verdict)
    return f"{verdict.finding.text}; {exemption.summary if exemption else 'allowed while it is unverified'}"


def policies() -> list[Policy]:
    """Return the pack's policies: each control in the order of the catalogue, then pack-config and pack-notice."""
    run = PackRun()
    return [*(ControlPolicy(control, run) for control in PREVIEW_CONTROLS), ConfigPolicy(run), NoticePolicy(run)]


def violation_message(control_config: ControlConfig, verdict: Verdict) -> str:
    """Return what was found, what is required and how to fix it. The engine prints the policy's description first."""
    control = control_config.control
    lines = [f"Found: {verdict.finding.text}.", f"Required: {control.requirement_text(control_config.options)}."]
    if verdict.status is Status.UNVERIFIED:
        lines.append(_unverified_explanation(verdict))
    lines.append(f"Fix: {control.remediation}")
    return "\n".join(lines)


def _unverified_explanation(verdict: Verdict) -> str:
    explanation = "Unverified: a value that isn't known can't pass."
    unknowns = verdict.finding.unknowns
    if not any(unknown.awaits_deployment for unknown in unknowns):
        return explanation  # the reasons, which are in the finding's text, say what to do
    source_urns = dict.fromkeys(urn for unknown in unknowns for urn in unknown.sources)
    depends_on = f" It depends on {_resource_names(source_urns)}." if source_urns else ""
    return (
        f"{explanation}{depends_on} Build it from values that are known at preview, such as a physical name that the "
        "program sets, or pass the document to the component around it as a structured input, such as bucketPolicy."
    )


def _resource_names(urns: Iterable[str]) -> str:
    return ", ".join(urn.rsplit("::", 1)[-1] for urn in urns)
