"""What no API tells: what people have signed, written, taught and tried, each answered for by somebody, until a day.

https://www.ecfr.gov/current/title-45/subtitle-A/subchapter-C/part-164/subpart-C, and its appendix A of what is
required and what addressable. A standard that has specifications is met by them; one without is required.
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
    evidence: str,
    paragraphs: tuple[Paragraph, ...],
    severity: Severity,
    proposed_2025: bool = False,
) -> Control:
    return Control(
        id=id_,
        title=title,
        statement=statement,
        requirement=f"an attestation that isn't stale, whose evidence is {evidence}",
        paragraphs=paragraphs,
        severity=severity,
        remediation=f"do it, and add to the file that --attestations names: {{control: {id_}, owner: …, date: …, "
        "expires: …, evidence: …}",
        proposed_2025=proposed_2025,
        stages=LIVE_ONLY,
        rule=FactRule((Stack,), rules.attested(id_), needs_whole_stack=True),
    )


CONTROLS = (
    _attested(
        "attest-baa",
        title="AWS has signed a business associate agreement",
        statement="The account is under a business associate agreement with AWS, before any PHI is in it.",
        evidence="the agreement that is in force",
        paragraphs=(*required_by("308(b)(1)"), *required_by("308(b)(3)"), *required_by("314(a)(1)")),
        severity=Severity.CRITICAL,
    ),
    _attested(
        "attest-risk-analysis",
        title="The risks are analysed",
        statement="The risks to the PHI, and how likely and grave each is, are assessed accurately and thoroughly.",
        evidence="the analysis",
        paragraphs=required_by("308(a)(1)(ii)(A)"),
        severity=Severity.HIGH,
    ),
    _attested(
        "attest-access-review",
        title="Who has access is reviewed",
        statement="Each user's right of access is documented, reviewed and changed where it is no longer due.",
        evidence="the record of the last review",
        paragraphs=addressed_by("308(a)(4)(ii)(C)"),
        severity=Severity.MEDIUM,
    ),
    _attested(
        "attest-incident-plan",
        title="There is a plan for incidents",
        statement="What is done about an incident, by whom, and how it is documented, is written down and known.",
        evidence="the plan",
        paragraphs=(*required_by("308(a)(6)(i)"), *required_by("308(a)(6)(ii)")),
        severity=Severity.HIGH,
        proposed_2025=True,
    ),
    _attested(
        "attest-contingency-plan",
        title="There is a plan for the loss of a system",
        statement="How data is backed up and restored, and how work goes on meanwhile, is written down and known.",
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
        title="What is backed up was restored",
        statement="Objects were restored from their copies, whole and in time.",
        evidence="the file that `phi drill` wrote of a test that passed",
        paragraphs=(*addressed_by("308(a)(7)(ii)(D)"), *required_by("308(a)(7)(ii)(B)", own_mapping=True)),
        severity=Severity.HIGH,
        proposed_2025=True,
    ),
    _attested(
        "attest-training",
        title="The workforce is trained",
        statement="Everybody who works with PHI, management too, is trained to keep it safe.",
        evidence="the record of the training",
        paragraphs=required_by("308(a)(5)(i)"),
        severity=Severity.MEDIUM,
    ),
    _attested(
        "attest-evaluation",
        title="The safeguards are evaluated",
        statement="Whether the safeguards still meet the rule is evaluated periodically, and when things change.",
        evidence="the evaluation",
        paragraphs=required_by("308(a)(8)"),
        severity=Severity.MEDIUM,
    ),
)
