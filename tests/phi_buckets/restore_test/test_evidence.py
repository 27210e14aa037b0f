"""The evidence file of a restore test, and its validation."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import Any

import pytest

from phi_buckets.atomic_files import write_atomically
from phi_buckets.errors import ConfigurationError
from phi_buckets.restore_test import evidence


@pytest.fixture
def passed(stack: Any) -> Any:
    """Return the evidence of a test that passed."""
    stack.put("record", b"content")
    return stack.run_test(stack.restore_source())


def test_load_returns_the_dumped_evidence(passed, tmp_path):
    file = tmp_path / "restore-test.json"
    write_atomically(file, evidence.dump(passed))
    assert evidence.load(file) == passed
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    data = json.loads(file.read_text())
    assert (data["kind"], data["schema_version"], data["passed"]) == ("restore-test", "1.0", True)


def test_digest_is_the_sha256_of_the_canonical_json(passed):
    """A whole number has no fraction there: https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2.3"""
    changes = {
        "objects": tuple(record.model_copy(update={"seconds": 0.25}) for record in passed.objects),
        "duration_seconds": 1.5,
        "waited_seconds": 0.5,
        "rto_hours": 72.0,
        "estimated_full_restore_hours": None,
    }
    data = json.loads(evidence.dump(passed.model_copy(update=changes).with_digest()))
    data["rto_hours"] = 72
    digest = data.pop("digest")
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest


@pytest.mark.parametrize(
    "change",
    [
        {"finished": "2040-01-01T00:00:00Z"},
        {"rto_hours": 100.0},
        {"principal": "arn:aws:iam::1:role/x"},
        {"leftovers": []},
        {"digest": ""},
    ],
)
def test_load_rejects_changed_evidence(passed, tmp_path, change):
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
        {"duration_seconds": 1e9},
        {"eligible_bytes": 2**53},
        {"rto_hours": float("inf")},
        {"failure_reasons": ["something"]},
        {"sampled": 0, "restored": 0, "objects": []},
        {"started": "2026-01-01T00:00:00"},
        {"more": 1},
    ],
)
def test_load_rejects_invalid_or_inconsistent_evidence(passed, tmp_path, change):
    file = tmp_path / "restore-test.json"
    file.write_text(json.dumps(json.loads(evidence.dump(passed)) | change))
    with pytest.raises(ConfigurationError, match="not evidence of a restore test"):
        evidence.load(file)


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"\xff\xfe", b"[]"],
    ids=["missing", "empty", "truncated", "not UTF-8", "not an object"],
)
def test_load_of_any_other_file_raises_an_error_that_names_it(tmp_path, content):
    file = tmp_path / "restore-test.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"restore-test\.json"):
        evidence.load(file)
