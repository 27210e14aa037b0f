"""Controls for safeguards that no API reports: agreements, plans, reviews, training and tests.

Each is met by an attestation: a named person confirms it until a date.
The rule, with its appendix A of required and addressable specifications:
https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C
A standard with specifications is met by meeting these; one without is itself required.
"""

from __future__ import annotations

from hipaa.attestations import rules
from hipaa.model.control import LIVE_ONLY, Control, Paragraph, Severity, addressed_by, required_by
from hipaa.model.rule import FactRule
from hipaa.model.stack import Stack


def _attested(
    id_: str,
    *,
    title: str,
    statement: str,
    rationale: str,
    evidence: str,
    paragraphs: tuple[Paragraph, ...],
    severity: Severity,
    proposed_2025: bool = False,
) -> Control:
    return Control(
        id=id_,
        title=title,
        statement=statement,
        rationale=rationale,
        requirement=f"a current attestation, with {evidence} as evidence",
        paragraphs=paragraphs,
        severity=severity,
        remediation=(
            "once it is done, add to the --attestations file: "
            f"- {{control: {id_}, owner: …, date: …, expires: …, evidence: …}}"
        ),
        proposed_2025=proposed_2025,
        stages=LIVE_ONLY,
        rule=FactRule((Stack,), rules.attested(id_), needs_whole_stack=True),
    )


CONTROLS = (
    _attested(
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
    _attested(
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
    _attested(
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
    _attested(
        "attest-incident-plan",
        title="An incident response plan exists",
        statement=(
            "A written plan says how an incident is handled, by whom, and how it is documented, and staff know "
            "it."
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
    _attested(
        "attest-contingency-plan",
        title="Contingency plans exist",
        statement=(
            "Written plans say how data is backed up and restored and how work goes on meanwhile, and staff know "
            "them."
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
    _attested(
        "attest-restore-test",
        title="Restores are tested",
        statement="Objects were restored from their copies, completely and within the RTO.",
        rationale=(
            "A backup that was never restored may be incomplete, too slow, or encrypted with a key that is gone. "
            "Without a test the hospital finds out in the emergency."
        ),
        evidence="the file that phi restore-test wrote for a test that passed",
        paragraphs=(*addressed_by("308(a)(7)(ii)(D)"), *required_by("308(a)(7)(ii)(B)", own_mapping=True)),
        severity=Severity.HIGH,
        proposed_2025=True,
    ),
    _attested(
        "attest-training",
        title="The workforce is trained",
        statement="Everyone who works with PHI, management included, is trained to protect it.",
        rationale=(
            "An employee who falls for phishing, or exports records to an unprotected place, bypasses every technical "
            "safeguard."
        ),
        evidence="the training record",
        paragraphs=required_by("308(a)(5)(i)"),
        severity=Severity.MEDIUM,
    ),
    _attested(
        "attest-evaluation",
        title="Safeguards are evaluated periodically",
        statement="The safeguards are evaluated against the Security Rule periodically, and when conditions change.",
        rationale=(
            "Safeguards that were enough at launch stop being so as systems, staff and threats change. Without an "
            "evaluation, an attacker or an auditor finds the gap."
        ),
        evidence="the evaluation",
        paragraphs=required_by("308(a)(8)"),
        severity=Severity.MEDIUM,
    ),
)
