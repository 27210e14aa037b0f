"""The report of `phi access`: each question with its findings, as data and for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from hipaa_controls import evaluator
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy
from hipaa_controls.model.verdict import Finding, Status, unverified
from phi_buckets.evidence.model import Outcome
from phi_buckets.evidence.sanitize import escape_unprintable
from phi_buckets.evidence.terminal import MARKERS
from phi_buckets.policy_access.kinds import Question, Resource

_CONCLUSIONS = {
    Status.PASS: ("This policy grants access only to trusted parties.", "bold green"),
    Status.FAIL: ("This policy grants access to a party that isn't trusted.", "bold red"),
    Status.UNVERIFIED: (
        "This policy may grant access to a party that isn't trusted: see what isn't known.",
        "bold yellow",
    ),
}


@dataclass(frozen=True)
class Answer:
    """The answer to a question about a policy.

    Attributes:
        question: The question.
        findings: One pass, or everything else that was found, failures first.
    """

    question: Question
    findings: tuple[Finding, ...]

    @property
    def status(self) -> Status:
        return self.findings[0].status


@dataclass(frozen=True)
class AccessReport:
    """The access that the policy of a resource grants."""

    resource: Resource
    account: str | None
    answers: tuple[Answer, ...]

    @property
    def status(self) -> Status:
        """The worst answer to a question about outsiders."""
        statuses = {answer.status for answer in self.answers if answer.question.about_outsiders}
        return next((status for status in (Status.FAIL, Status.UNVERIFIED) if status in statuses), Status.PASS)

    @property
    def passed(self) -> bool:
        return self.status is Status.PASS


def who_gets_in(parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties) -> AccessReport:
    """Return the access that a policy grants.

    Args:
        parsed: The policy.
        resource: The resource that it belongs to.
        trusted: The parties that may have access.
    """
    answers = (
        Answer(question, _sorted(_findings(question, parsed, resource, trusted)))
        for question in resource.kind.questions
    )
    return AccessReport(resource, trusted.location.account, tuple(answers))


def _findings(
    question: Question, parsed: ParsedPolicy, resource: Resource, trusted: TrustedParties
) -> Iterator[Finding]:
    """Yield what is found, then what is found without the statements to blame, until there are none."""
    while True:
        findings = [_name_option(finding, trusted) for finding in question.ask(parsed, resource, trusted)]
        yield from findings
        blamed = {finding.witness.details.get("statement") for finding in findings if finding.witness}
        statements = tuple(statement for statement in parsed.statements if statement.position not in blamed)
        if len(statements) == len(parsed.statements):
            return
        parsed = replace(parsed, policy=evaluator.Policy(statements))


def _name_option(finding: Finding, trusted: TrustedParties) -> Finding:
    """Return a finding that says how to give the resource's account to this command, instead of to the pack."""
    path = f"the account of {trusted.resource_name}"
    if all(unknown.path != path for unknown in finding.unknowns):
        return finding
    reason = "isn't known; pass it with --account, or name an account to trust anyway with --accounts"
    return unverified(
        *(replace(unknown, reason=reason) if unknown.path == path else unknown for unknown in finding.unknowns)
    )


def _sorted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the failures, then what is unverified; a pass only if there is neither."""
    distinct = tuple(dict.fromkeys(findings))
    failures, undecided = (
        tuple(finding for finding in distinct if finding.status is status)
        for status in (Status.FAIL, Status.UNVERIFIED)
    )
    return (*failures, *undecided) or distinct[:1]


def to_json(report: AccessReport) -> dict[str, Any]:
    """Return the report as one JSON document."""
    return {
        "kind": report.resource.kind.name,
        "resource": report.resource.arn,
        "account": report.account,
        "verdict": report.status.value,
        "answers": [
            {
                "question": answer.question.id,
                "about_outsiders": answer.question.about_outsiders,
                "verdict": answer.status.value,
                "findings": [_finding_to_json(finding) for finding in answer.findings],
            }
            for answer in report.answers
        ],
    }


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    witness = finding.witness
    details = {name.replace(" ", "_"): value for name, value in witness.details.items()} if witness else {}
    return {
        "verdict": finding.status.value,
        "text": finding.text,
        "witness": {"text": witness.text, **details} if witness else None,
    }


def print_report(report: AccessReport, console: Console) -> None:
    """Print the report: each question with its verdict and findings, and a conclusion."""
    resource = report.resource
    whose = f"{resource.arn}, a {resource.kind.title}" if resource.arn else f"a {resource.kind.title}"
    where = f"in account {report.account}" if report.account else "in an account that isn't known (--account)"
    console.print(Text(f"The policy of {whose} {where}"), soft_wrap=True)
    for answer in report.answers:
        _, style = _marker(answer.question, answer.status)
        verdict = answer.status.value if answer.question.about_outsiders else "for information"
        console.print(Text.assemble((answer.question.title, "bold"), ": ", (verdict, style)))
        findings = Table.grid(padding=(0, 1))
        findings.add_column(width=3, justify="right")
        findings.add_column(overflow="fold")
        for finding in answer.findings:
            sign, style = _marker(answer.question, finding.status)
            findings.add_row(Text(sign, style), Text(escape_unprintable(finding.text)))
        console.print(findings)
    console.print(Text(*_CONCLUSIONS[report.status]))


def _marker(question: Question, status: Status) -> tuple[str, str]:
    """Return the sign of a verdict and its style. What isn't about outsiders is no failure."""
    return MARKERS[Outcome(status.value) if question.about_outsiders else Outcome.NOT_APPLICABLE]
