"""Small programs on the real engine, each with the findings that it must be told: exactly those, each once.

A folder of programs/ is a Pulumi project with its `expected.txt`: a line for each finding, of the control, the
resource's name and the level, or `none`. It may have `pack.json`, the pack's config; `state.json`, what an earlier
program left; and `before.py`, which puts into AWS what is there already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.folder import ROOT
from tests.conftest import Sandbox

PROGRAMS = Path(__file__).parent / "programs"
STACK = ("--stack", "dev")
SECRET = "tell-nobody"  # what programs hold as one
NEXT_MONTH = (datetime.now(UTC).date() + timedelta(days=30)).isoformat()


@pytest.mark.parametrize(
    "program", sorted(each.parent for each in PROGRAMS.glob("*/Pulumi.yaml")), ids=lambda at: at.name
)
def test_a_program_is_told_what_is_wrong_with_it_and_nothing_else(sandbox: Sandbox, tmp_path: Path, program: Path):
    expected = [line for line in (program / "expected.txt").read_text().splitlines() if line != "none"]
    if (program / "before.py").exists():
        assert sandbox("python", program / "before.py").returncode == 0
    if (program / "state.json").exists():
        imported = sandbox("pulumi", "stack", "import", *STACK, "--file", "state.json", cwd=program)
        assert imported.returncode == 0, imported.stderr

    # The flag --json makes a summary without findings of it; this has it tell each of the engine's events instead.
    pulumi = ("env", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW=true", "pulumi")
    done = sandbox(*pulumi, "preview", "--json", *STACK, *gate(program, tmp_path), cwd=program)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    words = done.stderr + "".join(said(events))
    assert sorted(findings(events)) == sorted(expected), words
    assert done.returncode == any(line.endswith(" mandatory") for line in expected)
    for word in ("can't run policy", "Traceback", SECRET):
        assert word not in words


def gate(program: Path, tmp_path: Path) -> Iterator[str]:
    """The options that have the pack judge a program, by the config that the program has for it."""
    yield from ("--policy-pack", str(ROOT / "policy"))
    if (given := program / "pack.json").exists():
        config = tmp_path / "pack.json"
        config.write_text(given.read_text().replace("NEXT MONTH", NEXT_MONTH))
        yield from ("--policy-pack-config", str(config))


def findings(events: list[dict[str, Any]]) -> Iterator[str]:
    """Each finding that the engine tells of."""
    for event in events:
        if found := event.get("policyEvent"):
            yield f"{found['policyName']} {found['resourceUrn'].rsplit('::', 1)[-1]} {found['enforcementLevel']}"


def said(events: list[dict[str, Any]]) -> Iterator[str]:
    """What is said to the user, by the pack and by the engine."""
    for event in events:
        if said := event.get("policyEvent") or event.get("diagnosticEvent"):
            yield said["message"]
