"""The evidence as SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/): what is wrong, for code scanning.

Only what is wrong is a result: GitHub reads no `kind`, and would raise an alert for each control that holds
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning).
What can't be verified is a result of the kind `fail` too: `open` would name it better, but must have the level `none`
(3.27.10), which viewers hide, and an account that can't be read would look clean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from phi.evidence.model import Citation, ControlResult, Observation, Outcome, Report
from phi.evidence.sanitize import visible

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note"}
# In the middle of GitHub's bands for each of them.
SCORES = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0"}
WRONG = (Outcome.FAIL, Outcome.UNVERIFIED, Outcome.EXEMPTED)
# A live resource is in no file, and GitHub refuses a result without one. What declares a stack is its project's file.
DECLARED = {"artifactLocation": {"uri": "Pulumi.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 1}}


def render(report: Report) -> str:
    collection = report.collection
    run = {
        "tool": {
            "driver": {
                "name": "phi audit",
                "fullName": visible(collection.tool),
                "rules": [_rule(each) for each in report.controls],
            }
        },
        "automationDetails": {
            # Up to the last slash it is GitHub's category: each scope's alerts are kept apart from the others'.
            "id": visible(f"phi-audit/{collection.scope}/{'+'.join(collection.accounts)}/{_time(collection.started)}")
        },
        "invocations": [_invocation(report)],
        "results": [
            _result(index, control, each)
            for index, control in enumerate(report.controls)
            for each in control.observations
            if each.outcome in WRONG
        ],
        "columnKind": "unicodeCodePoints",
        "properties": {"digest": report.digest, "evidenceSchemaVersion": report.schema_version},
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _rule(control: ControlResult) -> dict[str, Any]:
    cited = ", ".join(map(_cited, control.citations))
    rule: dict[str, Any] = {
        "id": control.id,
        "name": "".join(part.capitalize() for part in control.id.split("-")),
        "shortDescription": {"text": visible(control.title)},
        "fullDescription": {"text": visible(control.statement)},
        "defaultConfiguration": {"level": _level(control)},
        "help": {
            "text": visible(f"Required: {control.required}. Fix: {control.remedy}. 45 CFR: {cited or 'no paragraph'}."),
            "markdown": f"**Required:** {_literal(control.required)}\n\n**Fix:** {_literal(control.remedy)}\n\n"
            f"**45 CFR:** {cited or 'no paragraph: good practice'}\n",
        },
        "properties": {
            "tags": ["security", "hipaa", control.service],
            "precision": "very-high",
            "security-severity": SCORES[control.severity],
            "severity": control.severity,
            "level": control.level,
            "citations": [each.model_dump() for each in control.citations],
        },
    }
    if control.citations:
        rule["helpUri"] = control.citations[0].url
    return rule


def _cited(citation: Citation) -> str:
    return f"{citation.paragraph} {citation.duty}{' †' if citation.ours else ''}"


def _literal(text: str) -> str:
    """As Markdown code: nothing in it is a link or markup."""
    fence = "`" * (max((len(run) for run in _runs(text)), default=0) + 1)
    return f"{fence} {visible(text)} {fence}"


def _runs(text: str) -> list[str]:
    return "".join(each if each == "`" else " " for each in text).split()


def _level(control: ControlResult) -> str:
    return "note" if control.level == "advisory" else LEVELS[control.severity]


def _result(index: int, control: ControlResult, seen: Observation) -> dict[str, Any]:
    what = "Can't be verified" if seen.outcome is Outcome.UNVERIFIED else "Found"
    message = f"{what}: {seen.found}. Required: {control.required}. Resource: {seen.resource}."
    fingerprint = hashlib.sha256(f"{control.id}\n{seen.account}\n{seen.resource}".encode()).hexdigest()
    result: dict[str, Any] = {
        "ruleId": control.id,
        "ruleIndex": index,
        "kind": "fail",
        "level": _level(control),
        # A text may link, [so](1), and have placeholders, {0}: what an account says is neither (3.11.5, 3.11.6).
        "message": {"text": _unlinked(visible(message))},
        "locations": [
            {
                "physicalLocation": DECLARED,
                "logicalLocations": [
                    {
                        "fullyQualifiedName": visible(seen.resource),
                        "name": visible(seen.resource.rsplit(":", 1)[-1]),
                        "kind": "resource",
                    }
                ],
            }
        ],
        "partialFingerprints": {
            "controlAndResource/v1": fingerprint,
            # The only one that GitHub compares: without it two resources in one line of a file would be one alert.
            "primaryLocationLineHash": fingerprint,
        },
        "properties": {"account": seen.account, "outcome": seen.outcome.value}
        | ({"region": seen.region} if seen.region else {}),
    }
    if seen.exemption:
        result["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": visible(
                    f"{seen.exemption.reason} Until {seen.exemption.expires}, by {seen.exemption.approver}. "
                    f"Instead: {seen.exemption.compensating_control}"
                ),
            }
        ]
    return result


def _unlinked(text: str) -> str:
    return "".join(f"\\{each}" if each in "[]" else each * 2 if each in "{}" else each for each in text)


def _invocation(report: Report) -> dict[str, Any]:
    """An audit that couldn't read everything isn't a success, though what it did read is told."""
    unread = [
        f"{each.permission} on {each.about or 'the account'} in {each.account} {each.region}: {each.code}"
        for each in report.unread
    ]
    return {
        "startTimeUtc": _time(report.collection.started),
        "endTimeUtc": _time(report.collection.finished),
        "executionSuccessful": not (report.unread or report.amiss),
        "toolExecutionNotifications": _notifications(unread),
        "toolConfigurationNotifications": _notifications(report.amiss),
    }


def _notifications(texts: Iterable[str]) -> list[dict[str, Any]]:
    return [{"level": "error", "message": {"text": _unlinked(visible(each))}} for each in texts]


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
