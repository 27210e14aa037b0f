"""Small programs on the real engine. For each program, the pack must report every expected finding once and no other.

Each folder of programs/ is a Pulumi project. Its `expected.txt` has one line for each finding, with the control, the
resource's name and the level, or `none`. Three more files are optional: `pack.json`, the pack's config; `state.json`,
the state of an earlier deployment; and `before.py`, which creates what is already in AWS.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.folder import ROOT
from tests.sandboxes import Sandbox

PROGRAMS = Path(__file__).parent / "programs"
STACK = ("--stack", "dev")
SECRET = "hunter2"  # the value of every secret in the programs
NEXT_MONTH = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


@pytest.mark.parametrize(
    "program", sorted(path.parent for path in PROGRAMS.glob("*/Pulumi.yaml")), ids=lambda folder: folder.name
)
def test_pack_reports_exactly_the_expected_findings(sandbox: Sandbox, tmp_path: Path, program: Path):
    expected = [line for line in (program / "expected.txt").read_text().splitlines() if line != "none"]
    if (program / "before.py").exists():
        assert sandbox("python", program / "before.py").returncode == 0
    if (program / "state.json").exists():
        imported = sandbox("pulumi", "stack", "import", *STACK, "--file", "state.json", cwd=program)
        assert imported.returncode == 0, imported.stderr

    # --json prints a summary, which has no findings. With this variable it prints each of the engine's events instead.
    pulumi = ("env", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true", "pulumi")
    preview = sandbox(*pulumi, "preview", "--json", *STACK, *pack_options(program, tmp_path), cwd=program)

    events = [json.loads(line) for line in preview.stdout.splitlines()]
    text = preview.stderr + "".join(messages(events))
    assert sorted(findings(events)) == sorted(expected), text
    assert preview.returncode == any(line.endswith(" mandatory") for line in expected)
    for word in ("can't run policy", "Traceback", SECRET):
        assert word not in text


def pack_options(program: Path, tmp_path: Path) -> Iterator[str]:
    """Yield the options that run the pack, with the program's own config for it if there is one."""
    yield from ("--policy-pack", str(ROOT / ".venv" / "policy"))
    if (template := program / "pack.json").exists():
        config = tmp_path / "pack.json"
        config.write_text(template.read_text().replace("NEXT MONTH", NEXT_MONTH))
        yield from ("--policy-pack-config", str(config))


def findings(events: list[dict[str, Any]]) -> Iterator[str]:
    """Yield each finding among the engine's events, as a line of expected.txt."""
    for event in events:
        if finding := event.get("policyEvent"):
            name = finding["resourceUrn"].rsplit("::", 1)[-1]
            yield f"{finding['policyName']} {name} {finding['enforcementLevel']}"


def messages(events: list[dict[str, Any]]) -> Iterator[str]:
    """Yield each message to the user, from the pack and from the engine."""
    for event in events:
        if details := event.get("policyEvent") or event.get("diagnosticEvent"):
            yield details["message"]
