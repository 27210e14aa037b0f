"""Each control as a CrossGuard policy: one name, judged on a resource before it exists and on the whole stack."""

from __future__ import annotations

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyComplianceFramework,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy import Severity as PolicySeverity

from crossguard import s3
from crossguard.resources import Inputs, Resource
from hipaa.controls import CONTROLS, Control, Severity
from hipaa.rules import judge, judge_declared
from hipaa.verdicts import Status, Verdict

FRAMEWORK = "HIPAA Security Rule"


class ControlPolicy(ResourceValidationPolicy, StackValidationPolicy):
    """A control, asked twice by the engine.

    Before a resource exists (and so even with --skip-preview) what it declares for itself is judged. At the end the
    whole stack is: what is missing, how resources join, and what could not be told before.
    """

    def __init__(self, control: Control, inputs: Inputs) -> None:
        # Either base's own __init__ asks for one callback; this class answers for both.
        Policy.__init__(
            self,
            control.id,
            f"{control.statement} ({control.citation})",
            EnforcementLevel.ADVISORY if control.severity is Severity.LOW else EnforcementLevel.MANDATORY,
            display_name=control.title,
            severity=PolicySeverity(control.severity.value),
            framework=PolicyComplianceFramework(name=FRAMEWORK, reference=control.citation),
            tags=["hipaa", "s3"],
            remediation_steps=control.remedy,
            url="https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C",
        )
        self.control = control
        self.inputs = inputs
        self.reported: set[str] = set()  # resources found wrong before they existed; not said again at the end

    def has_validation(self) -> bool:
        return True

    def has_remediation(self) -> bool:
        return False

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, report_violation: ReportViolation) -> None:
        """The SDK calls a resource policy and a stack policy by the same name, with arguments of its kind."""
        if isinstance(args, ResourceValidationArgs):
            for verdict in self.before(self.inputs.remember(args)):
                report_violation(message(self.control, verdict), None)
        else:
            for verdict in self.at_the_end(self.inputs.whole_stack(args.resources)):
                report_violation(message(self.control, verdict), verdict.resource)

    def before(self, resource: Resource) -> list[Verdict]:
        """What a resource gets wrong by itself. What can't be told of it yet is told at the end."""
        bucket = s3.companion(resource, self.inputs)
        verdicts = judge_declared(self.control, bucket) if bucket else []
        failures = [verdict for verdict in verdicts if verdict.status is Status.FAIL]
        if failures:
            self.reported.add(resource.urn)
        else:
            self.reported.discard(resource.urn)
        return failures

    def at_the_end(self, resources: list[Resource]) -> list[Verdict]:
        """What is wrong, missing or not known in the whole stack, and hasn't been said before."""
        verdicts = [verdict for bucket in s3.buckets(resources, self.inputs) for verdict in judge(self.control, bucket)]
        return [
            verdict
            for verdict in verdicts
            if verdict.status in (Status.FAIL, Status.UNVERIFIED) and verdict.resource not in self.reported
        ]


def policies() -> list[Policy]:
    """The pack's policies, a control each."""
    inputs = Inputs()
    return [ControlPolicy(control, inputs) for control in CONTROLS]


def message(control: Control, verdict: Verdict) -> str:
    """What was found, what is required and how to mend it. It follows the policy's description."""
    lines = [f"Found: {verdict.finding.found}.", f"Required: {control.required}."]
    if verdict.status is Status.UNVERIFIED:
        lines.append(
            "What isn't known can't pass. Make it from values that are known at preview, such as a bucket's own name, "
            "or pass a policy document to the component that declares it, as the input bucketPolicy."
        )
    else:
        lines.append(f"Fix: {control.remedy}")
    return "\n".join(lines)
