"""Controls for safeguards that no API reports: agreements, plans, reviews, training and tests.

An attestation meets such a control: a named person confirms, until an expiry date, that the safeguard is in place.
The Security Rule, with its appendix A of required and addressable specifications:
https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C
A standard with implementation specifications is met by meeting those; a standard without them is itself required.
"""

from __future__ import annotations

from hipaa_controls.attestations import rules
from hipaa_controls.model.control import LIVE_ONLY, Control, Paragraph, Severity, addressed_by, required_by
from hipaa_controls.model.rule import FactRule
from hipaa_controls.model.stack import Stack


def _attestation_control(
    control_id: str,
    *,
    title: str,
    statement: str,
    rationale: str,
    evidence: str,
    paragraphs: tuple[Paragraph, ...],
    severity: Severity,
    proposed_2025: bool = False,
) -> Control:
    """Return a control that a current attestation meets. The attestation must point to `evidence`."""
    return Control(
        id=control_id,
        title=title,
        statement=statement,
        rationale=rationale,
        requirement=f"a current attestation, with {evidence} as evidence",
        paragraphs=paragraphs,
        severity=severity,
        remediation=(
            "once this is done, add to the --attestations file: "
            f"- {{control: {control_id}, owner: …, date: …, expires: …, evidence: …}}"
        ),
        proposed_2025=proposed_2025,
        stages=LIVE_ONLY,
        rule=FactRule((Stack,), rules.attested(control_id), needs_whole_stack=True),
    )


CONTROLS = (
    _attestation_control(
        "attest-baa",
        title="A business associate agreement with AWS is in force",
        statement="A business associate agreement with AWS covers the account before any PHI is stored in it.",
        rationale=(
            "Storing PHI with a cloud provider without an agreement violates HIPAA, whatever the technical safeguards "
            "are, and has led to settlements with HHS."
        ),
        evidence="the agreement in force",
        paragraphs=(*required_by("308(b)(1)"), *required_by("308(b)(3)"), *required_by("314(a)(1)")),
        severity=Severity.CRITICAL,
    ),
    _attestation_control(
        "attest-risk-analysis",
        title="A risk analysis is done",
        statement="The risks to PHI, and the likelihood and impact of each, are assessed accurately and thoroughly.",
        rationale=(
            "Without an analysis, safeguards miss the systems where PHI really is. Its absence is among the most "
            "frequent findings in HHS investigations."
        ),
        evidence="the analysis",
        paragraphs=required_by("308(a)(1)(ii)(A)"),
        severity=Severity.HIGH,
    ),
    _attestation_control(
        "attest-access-review",
        title="Access to PHI is reviewed",
        statement="Each user's access is documented and reviewed, and changed when it is no longer needed.",
        rationale=(
            "People change jobs and leave. Without reviews their access adds up, and a former employee can still open "
            "records."
        ),
        evidence="the record of the last review",
        paragraphs=addressed_by("308(a)(4)(ii)(C)"),
        severity=Severity.MEDIUM,
    ),
    _attestation_control(
        "attest-incident-plan",
        title="An incident response plan exists",
        statement=(
            "A written plan says how an incident is handled, who handles it and how it is documented, and staff know "
            "the plan."
        ),
        rationale=(
            "A breach leaves no time to decide who may shut down a system, and the 60 days to notify patients "
            "(164.404) start with its discovery."
        ),
        evidence="the plan",
        paragraphs=(*required_by("308(a)(6)(i)"), *required_by("308(a)(6)(ii)")),
        severity=Severity.HIGH,
        proposed_2025=True,
    ),
    _attestation_control(
        "attest-contingency-plan",
        title="Contingency plans exist",
        statement=(
            "Written plans say how data is backed up and restored, and how work continues in the meantime, and staff "
            "know the plans."
        ),
        rationale=(
            "In an outage or a ransomware attack, staff without a plan lose hours deciding what to restore first, "
            "while clinicians work without records."
        ),
        evidence="the plans",
        paragraphs=(
            *required_by("308(a)(7)(ii)(A)"),
            *required_by("308(a)(7)(ii)(B)"),
            *required_by("308(a)(7)(ii)(C)"),
        ),
        severity=Severity.HIGH,
    ),
    _attestation_control(
        "attest-restore-test",
        title="Restores are tested",
        statement="A test restored objects from their copies, completely and within the recovery time objective (RTO).",
        rationale=(
            "A backup that was never restored may be incomplete, too slow, or encrypted with a key that no longer "
            "exists. Without a test the hospital finds out in an emergency."
        ),
        evidence="the file that phi restore-test wrote about a test that passed",
        paragraphs=(*addressed_by("308(a)(7)(ii)(D)"), *required_by("308(a)(7)(ii)(B)", own_mapping=True)),
        severity=Severity.HIGH,
        proposed_2025=True,
    ),
    _attestation_control(
        "attest-training",
        title="The workforce is trained",
        statement="All members of the workforce, including management, are trained to protect PHI.",
        rationale=(
            "An employee who falls for phishing, or exports records to an unprotected place, bypasses every technical "
            "safeguard."
        ),
        evidence="the training record",
        paragraphs=required_by("308(a)(5)(i)"),
        severity=Severity.MEDIUM,
    ),
    _attestation_control(
        "attest-evaluation",
        title="Safeguards are evaluated periodically",
        statement=(
            "The safeguards are evaluated against the Security Rule periodically, and after environmental or "
            "operational changes."
        ),
        rationale=(
            "Safeguards that were enough at launch may fail as systems, staff and threats change. Without an "
            "evaluation, an attacker or an auditor finds the gap first."
        ),
        evidence="the evaluation",
        paragraphs=required_by("308(a)(8)"),
        severity=Severity.MEDIUM,
    ),
)
