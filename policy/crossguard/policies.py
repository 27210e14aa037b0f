"""The pack's CrossGuard policies: one for each control, and three about the pack: its config, notices and coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

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

from crossguard import notices, report
from crossguard.coverage import Coverage
from crossguard.engine_log import log_info
from crossguard.run_state import PackRun
from hipaa_controls.catalogue import PREVIEW_CONTROLS
from hipaa_controls.evaluator import is_account
from hipaa_controls.model.control import Control, Severity
from hipaa_controls.model.control_config import UNVERIFIED_LEVELS, ControlConfig
from hipaa_controls.model.exemption import SCHEMA
from hipaa_controls.model.verdict import Status, Verdict
from hipaa_controls.pack_config import REPORTING_POLICIES

FRAMEWORK = PolicyComplianceFramework(name="HIPAA Security Rule")
SECURITY_RULE_URL = "https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C"
UNVERIFIED_LEVEL_SCHEMA = {
    "description": "Whether an unverified finding blocks (mandatory) or is only reported (advisory).",
    "type": "string",
    "enum": list(UNVERIFIED_LEVELS),
    "default": "mandatory",
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
    """Reports errors in the pack's config: unknown names; invalid, expired or unused exemptions; a wrong account."""

    def __init__(self, run: PackRun) -> None:
        super().__init__(
            "pack-config",
            "The pack's config is valid, each exemption is in force and covers a finding, and all sources of the "
            "stack's own account agree.",
            enforcement_level=EnforcementLevel.MANDATORY,
            config_schema=PolicyConfigSchema(REPORTING_POLICIES["pack-config"]),
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
        for error in (*self.run.config_errors, *self.run.account_errors):
            report_violation(error, None)
        for control_run in self.run.control_runs.values():
            for error in control_run.control_config.errors:
                report_violation(error, None)
            for exemption in control_run.control_config.exemptions:
                if exemption.for_audit:
                    continue  # only the audit sees the live resource that it names
                if not any(exemption.covers(verdict) for verdict in control_run.verdicts if verdict.blocks_by_default):
                    text = f"exemption {exemption.position} covers no finding in this stack: remove it"
                    report_violation(f"{exemption.control}: {text}", None)


class NoticePolicy(StackValidationPolicy):
    """Reports what the pack's config and data classes relax, and what isn't judged; writes the report of the run."""

    def __init__(self, run: PackRun) -> None:
        super().__init__(
            "pack-notice",
            "What the pack's config relaxes or exempts, what a data class relaxes, and what isn't judged is reported.",
            enforcement_level=EnforcementLevel.ADVISORY,
            config_schema=PolicyConfigSchema(REPORTING_POLICIES["pack-notice"]),
            display_name="What is relaxed, and what isn't judged",
            severity=PolicySeverity.LOW,
            framework=FRAMEWORK,
            tags=["hipaa", "pack"],
            remediation_steps="Check that each relaxation and exemption is still needed.",
            url=SECURITY_RULE_URL,
        )
        self.run = run

    def validate(self, args: StackValidationArgs, report_violation: ReportViolation) -> None:
        config = args.get_config()
        for text, resource in self._config_notices():
            report_violation(text, resource)
        stores, covered_resources = self.run.classified_stores(), self.run.covered_resources()
        for text in notices.data_classes(stores, self.run.data_class_tag.name, self.run.ignored_default_tags()):
            report_violation(text, None)
        self.run.requires_judgment = requires_judgment(config)
        if not self.run.requires_judgment and (notice := notices.not_judged(covered_resources)):
            report_violation(notice, None)
        run_report = report.contents(self.run.control_runs.values(), self.run.levels, covered_resources, stores)
        report.write(run_report, config)
        log_info(notices.summary(run_report["summary"]))

    def _config_notices(self) -> Iterator[tuple[str, str | None]]:
        """Yield what the pack's config relaxes, each with the URN of the resource that it is about, if there is one."""
        for control in PREVIEW_CONTROLS:
            control_run = self.run.control_runs.get(control.id)
            if control_run is None:
                yield f"{control.id}: disabled by the pack's config", None
                continue
            if control.severity is not Severity.LOW and self.run.levels.get(control.id) == "advisory":
                yield f"{control.id}: made advisory by the pack's config", None
            for relaxation in control_run.control_config.relaxations:
                yield f"{control.id}: {relaxation}, by the pack's config", None
            for verdict in control_run.verdicts:
                if (notice := notices.allowed_verdict(control_run.control_config, verdict)) is not None:
                    yield f"{control.id}: {notice}", verdict.resource


class CoveragePolicy(ResourceValidationPolicy, StackValidationPolicy):
    """Reports each resource that isn't judged, if the option notJudged of pack-notice is mandatory.

    It is a policy of its own because a policy has one enforcement level: that of pack-notice is advisory. It is the
    last policy of a run.
    """

    def __init__(self, run: PackRun) -> None:
        Policy.__init__(
            self,
            "pack-coverage",
            "If the option notJudged of pack-notice is mandatory, every resource is judged or needs no judgment.",
            EnforcementLevel.MANDATORY,
            display_name="Every resource is judged",
            severity=PolicySeverity.HIGH,
            framework=FRAMEWORK,
            tags=["hipaa", "pack"],
            remediation_steps="Remove the resource, or set the option notJudged of pack-notice to advisory.",
            url=SECURITY_RULE_URL,
        )
        self.run = run
        self._reported: set[str] = set()

    def has_validation(self) -> bool:
        return True

    def has_remediation(self) -> bool:
        return False

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, report_violation: ReportViolation) -> None:
        """Report one resource before its creation or, at the end, those that weren't reported then."""
        if isinstance(args, ResourceValidationArgs):
            resource = self.run.covered_resource(args.urn)
            if self.run.requires_judgment and resource and resource.coverage is Coverage.NOT_JUDGED:
                report_violation(notices.not_judged_violation(resource.type), None)
                self._reported.add(resource.urn)
            return
        for resource in self.run.covered_resources() if self.run.requires_judgment else ():
            if resource.coverage is Coverage.NOT_JUDGED and resource.urn not in self._reported:
                report_violation(notices.not_judged_violation(resource.type), resource.urn)
        self._reported.clear()
        self.run.control_runs.clear()


def requires_judgment(notice_config: Mapping[str, Any] | None) -> bool:
    """Return whether a resource that isn't judged blocks, by the config of pack-notice."""
    return bool((notice_config or {}).get("notJudged", "advisory") != "advisory")


def policies() -> list[Policy]:
    """Return the pack's policies: each control in the order of the catalogue, then those about the pack itself."""
    run = PackRun()
    controls = [ControlPolicy(control, run) for control in PREVIEW_CONTROLS]
    return [*controls, ConfigPolicy(run), NoticePolicy(run), CoveragePolicy(run)]


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
