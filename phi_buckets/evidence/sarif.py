"""The evidence as SARIF 2.1.0 for code scanning: https://docs.oasis-open.org/sarif/sarif/v2.1.0/

Only findings become results: GitHub ignores `kind` and would raise an alert for each control that passes
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
An unverified finding has the kind `fail` too. `open` would describe it better, but requires the level `none` (3.27.10),
which viewers hide, and an account that can't be read would look clean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from phi_buckets.evidence.model import Citation, ControlResult, Coverage, CoverageGap, Observation, Outcome, Report
from phi_buckets.evidence.sanitize import escape_unprintable

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# GitHub's `security-severity` for each severity: the middle of its range.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
REPORTED_OUTCOMES = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
# GitHub requires a file for each result, and a live resource has none: name the Pulumi project file.
PLACEHOLDER_LOCATION = {
    "artifactLocation": {"uri": "Pulumi.yaml", "uriBaseId": "%SRCROOT%"},
    "region": {"startLine": 1},
}


# What isn't judged becomes results only if it fails the audit, and notifications otherwise.
NOT_JUDGED_RULE = {
    "id": "not-judged",
    "name": "NotJudged",
    "shortDescription": {"text": "Every resource is judged"},
    "fullDescription": {
        "text": "Each resource of the account has a type that a control judges or that needs no judgment."
    },
    "defaultConfiguration": {"level": "warning"},
    "properties": {"tags": ["security", "hipaa", "coverage"]},
}


def render(report: Report) -> str:
    collection = report.collection
    run = {
        "tool": {
            "driver": {
                "name": "phi audit",
                "fullName": escape_unprintable(collection.tool),
                "rules": [*(_rule(control) for control in report.controls), NOT_JUDGED_RULE],
            }
        },
        "automationDetails": {
            # GitHub takes the part up to the last slash as the category, so each scope keeps its own alerts.
            "id": escape_unprintable(
                f"phi-audit/{collection.scope}/{'+'.join(collection.accounts)}/{_utc(collection.started)}"
            )
        },
        "invocations": [_invocation(report)],
        "results": [
            *(
                _result(index, control, observation)
                for index, control in enumerate(report.controls)
                for observation in control.observations
                if observation.outcome in REPORTED_OUTCOMES
            ),
            *(_not_judged_result(len(report.controls), gap) for gap in _blocking_gaps(report.coverage)),
        ],
        "columnKind": "unicodeCodePoints",
        "properties": {"digest": report.digest, "evidenceSchemaVersion": report.schema_version},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(control: ControlResult) -> dict[str, Any]:
    citations = ", ".join(map(_citation_text, control.citations)) or "none (good practice)"
    rule: dict[str, Any] = {
        "id": control.id,
        "name": "".join(word.capitalize() for word in control.id.split("-")),
        "shortDescription": {"text": escape_unprintable(control.title)},
        "fullDescription": {"text": escape_unprintable(f"{control.statement} {control.rationale}".strip())},
        "defaultConfiguration": {"level": _level(control)},
        "help": {
            "text": escape_unprintable(
                f"Required: {control.requirement}. Fix: {control.remediation}. 45 CFR: {citations}."
            ),
            "markdown": (
                f"**Required:** {_code_span(control.requirement)}\n\n"
                f"**Fix:** {_code_span(control.remediation)}\n\n"
                f"**45 CFR:** {citations}\n"
            ),
        },
        "properties": {
            "tags": ["security", "hipaa", control.service],
            "precision": "very-high",
            "security-severity": SCORES[control.severity],
            "severity": control.severity,
            "level": control.level,
            "citations": [citation.model_dump() for citation in control.citations],
        },
    }
    if control.citations:
        rule["helpUri"] = control.citations[0].url
    return rule


def _citation_text(citation: Citation) -> str:
    return f"{citation.paragraph} {citation.specification}{' †' if citation.own_mapping else ''}"


def _code_span(text: str) -> str:
    """Return a text as a Markdown code span, in which nothing is a link or markup."""
    fence = "`" * (max((len(run) for run in _backtick_runs(text)), default=0) + 1)
    return f"{fence} {escape_unprintable(text)} {fence}"


def _backtick_runs(text: str) -> list[str]:
    return "".join(character if character == "`" else " " for character in text).split()


def _level(control: ControlResult) -> str:
    return "note" if control.level == "advisory" else LEVELS[control.severity]


def _result(index: int, control: ControlResult, observation: Observation) -> dict[str, Any]:
    label = "Can't be verified" if observation.outcome is Outcome.UNVERIFIED else "Found"
    message = f"{label}: {observation.text}. Required: {control.requirement}. Resource: {observation.resource}."
    identity = f"{control.id}\n{observation.account}\n{observation.resource}"
    fingerprint = hashlib.sha256(identity.encode()).hexdigest()
    result: dict[str, Any] = {
        "ruleId": control.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _level(control),
        # SARIF messages may contain links, [text](1), and placeholders, {0}: escape both (3.11.5, 3.11.6).
        "message": {"text": _escape_message(escape_unprintable(message))},
        "locations": [
            {
                "physicalLocation": PLACEHOLDER_LOCATION,
                "logicalLocations": [
                    {
                        "fullyQualifiedName": escape_unprintable(observation.resource),
                        "name": escape_unprintable(observation.resource.rsplit(":", 1)[-1]),
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {
            "controlAndResource/v1": fingerprint,
            # The only fingerprint that GitHub compares. Without it, all results on one line would be one alert.
            "primaryLocationLineHash": fingerprint,
        },
        "properties": {"account": observation.account, "outcome": observation.outcome.value}
        | ({"region": observation.region} if observation.region else {}),
    }
    if exemption := observation.exemption:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": escape_unprintable(
                    f"{exemption.reason} Accepted until {exemption.expires} by {exemption.approver}. "
                    f"Compensating control: {exemption.compensating_control}"
                ),
            }
        ]
    return result


def _blocking_gaps(coverage: Coverage) -> tuple[CoverageGap, ...]:
    return coverage.gaps if coverage.blocks else ()


def _not_judged_result(index: int, gap: CoverageGap) -> dict[str, Any]:
    fingerprint = hashlib.sha256(f"not-judged\n{gap.subject}".encode()).hexdigest()
    return {
        "ruleId": NOT_JUDGED_RULE["id"],
        "ruleIndex": index,
        "kind": "fail",
        "level": "warning",
        "message": {"text": _gap_text(gap)},
        "locations": [{"physicalLocation": PLACEHOLDER_LOCATION}],
        "partialFingerprints": {"controlAndResource/v1": fingerprint, "primaryLocationLineHash": fingerprint},
    }


def _gap_text(gap: CoverageGap) -> str:
    return _escape_message(escape_unprintable(f"{gap.subject}: {gap.text}."))


def _escape_message(text: str) -> str:
    return "".join(
        f"\\{character}" if character in "[]" else character * 2 if character in "{}" else character
        for character in text
    )


def _invocation(report: Report) -> dict[str, Any]:
    """Describe the audit run. It isn't successful if a call failed, even though its results are reported."""
    failed_calls = [
        f"{call.permission} on {call.resource or 'the account'} in {call.account} {call.region}: {call.error_code}"
        for call in report.failed_calls
    ]
    return {
        "startTimeUtc": _utc(report.collection.started),
        "endTimeUtc": _utc(report.collection.finished),
        "executionSuccessful": not (report.failed_calls or report.errors),
        "toolExecutionNotifications": [
            *_notifications(failed_calls),
            *({"level": "note", "message": {"text": _gap_text(gap)}} for gap in report.coverage.gaps),
        ],
        "toolConfigurationNotifications": _notifications(report.errors),
    }


def _notifications(texts: Iterable[str]) -> list[dict[str, Any]]:
    return [{"level": "error", "message": {"text": _escape_message(escape_unprintable(text))}} for text in texts]


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
