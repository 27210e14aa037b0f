"""The evidence's file: what a reader may count on."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import Any

import pytest

from phi.atomic_files import write_atomically
from phi.errors import ConfigurationError
from phi.restore_test import evidence


@pytest.fixture
def passed(stack: Any) -> Any:
    stack.put("record", b"content")
    return stack.drill(stack.restoring())


def test_it_is_read_as_it_was_written_by_its_owner_alone(passed, tmp_path):
    file = tmp_path / "restore-test.json"
    write_atomically(file, evidence.dump(passed))
    assert evidence.load(file) == passed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    told = json.loads(file.read_text())
    assert (told["kind"], told["schema_version"], told["passed"]) == ("restore-test", "1.0", True)


def test_the_digest_is_of_canonical_json_that_any_tool_can_make(passed):
    """In which a whole number has no fraction: https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.3"""
    objects = tuple(each.model_copy(update={"seconds": 0.25}) for each in passed.objects)
    times = {"seconds": 1.5, "waited_seconds": 0.5, "objective_hours": 72.0, "estimated_full_restore_hours": None}
    data = json.loads(evidence.dump(passed.model_copy(update={"objects": objects, **times}).sealed()))
    data["objective_hours"] = 72
    told = data.pop("digest")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == told


@pytest.mark.parametrize(
    "change",
    [
        {"finished": "2040-01-01T00:00:00Z"},
        {"objective_hours": 100.0},
        {"principal": "arn:aws:iam::1:role/x"},
        {"left_behind": []},
        {"digest": ""},
    ],
)
def test_a_change_is_noticed(passed, tmp_path, change):
    file = tmp_path / "restore-test.json"
    file.write_text(json.dumps(json.loads(evidence.dump(passed)) | change))
    with pytest.raises(ConfigurationError, match="was changed"):
        evidence.load(file)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"schema_version": "2.0"},
        {"sampled": 2},
        {"failed": 1},
        {"finished": "2000-01-01T00:00:00Z"},
        {"seconds": 1e9},
        {"listed_bytes": 2**53},
        {"objective_hours": float("inf")},
        {"why": ["something"]},
        {"sampled": 0, "restored": 0, "objects": []},
        {"started": "2026-01-01T00:00:00"},
        {"more": 1},
    ],
)
def test_what_it_says_must_fit_together(passed, tmp_path, change):
    told = json.loads(evidence.dump(passed)) | change
    file = tmp_path / "restore-test.json"
    file.write_text(json.dumps(told))
    with pytest.raises(ConfigurationError, match="no evidence of a restore test"):
        evidence.load(file)


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff\xfe", b"[]"])
def test_what_is_no_such_file_is_told(tmp_path, content):
    file = tmp_path / "restore-test.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"drill\.json"):
        evidence.load(file)
