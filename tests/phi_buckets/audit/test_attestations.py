"""The attestations file: what it accepts, each error in an invalid file, and which values errors leave out."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from hipaa_controls.catalogue import LIVE_CONTROLS, judge
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Status
from phi_buckets.audit.attestations import CONTROL_IDS, load
from phi_buckets.errors import ConfigurationError
from phi_buckets.restore_test.evidence import ObjectRecord, RestoreOutcome, RestoreTestEvidence, dump
from sandbox.folder import ROOT

TODAY = date(2026, 11, 24)
ATTESTED_ON = TODAY - timedelta(days=30)
MIDNIGHT = datetime.combine(ATTESTED_ON, time(), UTC)
FINISHED = MIDNIGHT + timedelta(hours=9)
ENTRY = {
    "control": "attest-baa",
    "owner": "Privacy Officer",
    "date": ATTESTED_ON.isoformat(),
    "expires": (ATTESTED_ON + timedelta(days=365)).isoformat(),
    "evidence": "https://records.example.com/agreements/aws-baa",
}
SECRET = "Eve Oplant 123-45-6789"
NOT_RESTORE_TEST_EVIDENCE = "evidence: not an unchanged file from a restore test"


def write_attestations(folder: Path, *entries: Mapping[str, Any]) -> Path:
    path = folder / "attestations.yaml"
    path.write_text(yaml.safe_dump({"attestations": list(entries)}, sort_keys=False))
    return path


def load_error(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path, TODAY)
    return str(caught.value)


def restore_test(
    failed: int = 0, finished: datetime = FINISHED, seconds: float = 12.375, **change: Any
) -> RestoreTestEvidence:
    """Return the evidence that `phi restore-test` writes after restoring five objects."""
    outcomes = [RestoreOutcome.FAILED] * failed + [RestoreOutcome.RESTORED] * (5 - failed)
    objects = tuple(
        ObjectRecord(object=f"object-{number}", version_id="v", bytes=1, seconds=1.5, outcome=outcome)
        for number, outcome in enumerate(outcomes)
    )
    return RestoreTestEvidence(
        test_id="d",
        started=finished - timedelta(hours=1),
        finished=finished,
        bucket="phi-dev-phi",
        source="version",
        scratch_bucket="phi-dev-phi",
        rto_hours=72,
        requested=5,
        eligible=5,
        eligible_bytes=5,
        written_before=None,
        sampled=5,
        restored=5 - failed,
        failed=failed,
        restored_bytes=5 - failed,
        duration_seconds=seconds,
        waited_seconds=0,
        estimated_full_restore_hours=None,
        estimate_basis="",
        objects=objects,
        principal="arn:aws:sts::123456789012:assumed-role/a/b",
        tool="phi restore-test",
        **{"passed": True} | change,
    ).with_digest()


def write_evidence(folder: Path, evidence: RestoreTestEvidence) -> Path:
    file = folder / "restore-test.json"
    file.write_text(dump(evidence), encoding="utf-8")
    return file


def write_restore_attestation(folder: Path, evidence: str = "restore-test.json", **change: Any) -> Path:
    return write_attestations(folder, ENTRY | {"control": "attest-restore-test", "evidence": evidence} | change)


def test_load_returns_a_fact_and_a_record(tmp_path):
    (fact,), (record,) = load(write_attestations(tmp_path, ENTRY), TODAY)
    assert (fact.control_id, fact.owner, fact.days_left) == ("attest-baa", "Privacy Officer", 335)
    assert record.model_dump() == {
        "control": "attest-baa",
        "owner": "Privacy Officer",
        "attested_on": ATTESTED_ON,
        "expires": ATTESTED_ON + timedelta(days=365),
        "evidence": ENTRY["evidence"],
        "days_left": 335,
    }


def test_expired_attestation_loads_and_fails_its_control(tmp_path):
    expires = TODAY - timedelta(days=10)
    facts, records = load(write_attestations(tmp_path, ENTRY | {"expires": expires.isoformat()}), TODAY)
    assert [loaded.days_left for loaded in (*facts, *records)] == [-10, -10]
    [baa] = [control for control in LIVE_CONTROLS if control.id == "attest-baa"]
    [verdict] = judge(baa, RuleContext(Stack(facts), {}))
    assert verdict.status is Status.FAIL
    assert verdict.finding.text.endswith("expired 10 days ago")


def test_load_accepts_an_empty_list(tmp_path):
    assert load(write_attestations(tmp_path), TODAY) == ((), ())


@pytest.mark.parametrize("days", [0, 366])
def test_load_accepts_the_shortest_and_the_longest_validity(tmp_path, days):
    dates = {"date": TODAY.isoformat(), "expires": (TODAY + timedelta(days=days)).isoformat()}
    [fact], _ = load(write_attestations(tmp_path, ENTRY | dates), TODAY)
    assert fact.days_left == days


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"control": "attest-nothing"}, "control: not a control that needs an attestation; those are attest-baa, "),
        ({"control": "s3-versioning"}, "control: not a control that needs an attestation"),
        ({"owner": "TODO"}, "owner: name the person or role responsible"),
        ({"owner": "  "}, "owner: name the person or role responsible"),
        ({"owner": "xxxxxx"}, "owner: name the person or role responsible"),
        ({"owner": "Officer\x1b[2J"}, "owner: name the person or role responsible"),
        ({"owner": 12345}, "owner: Input should be a valid string"),
        ({"owner": None}, "owner: Input should be a valid string"),
        ({"date": (TODAY + timedelta(days=1)).isoformat()}, "date: is in the future"),
        ({"date": "soon"}, "date: is not a date: write YYYY-MM-DD"),
        ({"date": "2026-02-30"}, "date: is not a date: write YYYY-MM-DD"),
        ({"date": 20260105}, "date: is not a date: write YYYY-MM-DD"),
        ({"date": "2026-01-05T10:00:00"}, "date: is not a date: write YYYY-MM-DD"),
        ({"expires": (ATTESTED_ON - timedelta(days=1)).isoformat()}, "expires: is before the date"),
        ({"expires": (ATTESTED_ON + timedelta(days=367)).isoformat()}, "expires: is more than a year after the date"),
        ({"evidence": "http://records.example.com/baa"}, "evidence: not an https link"),
        ({"evidence": "https://"}, "evidence: not an https link"),
        ({"evidence": "https://[records/baa"}, "evidence: not an https link"),
        ({"evidence": "https://records.example.com/b aa"}, "evidence: not an https link"),
        ({"evidence": "file:///etc/hosts"}, "evidence: not an https link"),
        ({"evidence": "https://me:pw@records.example.com/baa"}, "evidence: the link contains a secret"),
        ({"evidence": "https://b.s3.amazonaws.com/baa?X-Amz-Signature=1f"}, "evidence: the link contains a secret"),
        ({"evidence": "https://records.example.com/baa#access_token=1f"}, "evidence: the link contains a secret"),
        ({"evidence": "missing.pdf"}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": "."}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": ""}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": "../beyond.pdf"}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": "link.pdf"}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": "x" * 5000}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"evidence": "nul\0l"}, "evidence: neither an https link nor a file in the attestations file's folder"),
        ({"note": "more"}, "has an unknown property"),
    ],
)
def test_load_reports_each_error(tmp_path, change, error):
    (tmp_path / "beyond.pdf").touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.pdf").symlink_to(tmp_path / "beyond.pdf")
    message = load_error(write_attestations(folder, ENTRY | change))
    assert f"attestation 1: {error}" in message
    assert message.count("attestation 1: ") == 1, "only one error"


@pytest.mark.parametrize("name", ENTRY)
def test_load_requires_every_property(tmp_path, name):
    entry = {key: value for key, value in ENTRY.items() if key != name}
    assert f"attestation 1: {name}: missing" in load_error(write_attestations(tmp_path, entry))


def test_load_rejects_an_absolute_path_to_a_file_in_the_folder(tmp_path):
    (tmp_path / "baa.pdf").touch()
    absolute = write_attestations(tmp_path, ENTRY | {"evidence": str(tmp_path / "baa.pdf")})
    assert "neither" in load_error(absolute)
    relative = write_attestations(tmp_path, ENTRY | {"evidence": "baa.pdf"})
    assert load(relative, TODAY)[1][0].evidence == "baa.pdf"


def test_load_reports_all_errors_together(tmp_path):
    entries = (ENTRY | {"owner": "n/a", "expires": "never"}, "nothing", ENTRY | {"evidence": "x"}, ENTRY)
    message = load_error(write_attestations(tmp_path, *entries))
    assert "attestation 1: expires: is not a date" in message
    assert "attestation 2: must be an object" in message
    assert "attestation 3: evidence: neither" in message
    assert "attest-baa has more than one attestation" in message


@pytest.mark.parametrize(
    "change",
    [{name: SECRET} for name in (*ENTRY, SECRET)] + [{name: {SECRET: SECRET}} for name in ENTRY],
)
def test_errors_contain_no_value_of_an_entry(tmp_path, change):
    message = load_error(write_attestations(tmp_path, ENTRY | {"date": "never"} | change))
    assert not re.search(r"Eve|6789", message)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "attestations:",
        "attestations: {}",
        f"attestations: []\n{SECRET}: 1\n",
        "attestations: []\nattestations: []\n",
        f"attestations:\n- control: attest-baa\n  owner: {SECRET}\n  owner: Officer\n",
        f"attestations: [{SECRET}",
        f"attestations: !!python/object:{SECRET.split(maxsplit=1)[0]} {{}}",
        "attestations: !!timestamp 2026-13-45",
        "\x00",
        "[" * 1500,
    ],
)
def test_load_rejects_an_invalid_file_without_its_values(tmp_path, text):
    path = tmp_path / "attestations.yaml"
    path.write_text(text)
    message = load_error(path)
    assert str(path) in message
    assert not re.search(r"Eve|6789", message)


def test_load_reports_the_line_of_a_duplicate_key(tmp_path):
    path = tmp_path / "attestations.yaml"
    path.write_text("attestations:\n- control: attest-baa\n- control: attest-baa\n  owner: one\n  owner: two\n")
    assert "duplicate key in line 3" in load_error(path)


def test_load_rejects_a_missing_file_and_one_that_isnt_utf8(tmp_path):
    missing = tmp_path / "none.yaml"
    assert f"can't read {missing}" in load_error(missing)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"attestations: [\xe9]")
    assert f"can't read {latin}" in load_error(latin)


# The restore test.


def test_restore_test_evidence_is_accepted(tmp_path):
    write_evidence(tmp_path, restore_test())
    facts, _ = load(write_restore_attestation(tmp_path), TODAY)
    assert [fact.control_id for fact in facts] == ["attest-restore-test"]


def test_restore_test_with_failures_is_rejected(tmp_path):
    reasons = ("2 objects weren't restored",)
    write_evidence(tmp_path, restore_test(failed=2, passed=False, failure_reasons=reasons))
    assert "evidence: the restore test didn't pass" in load_error(write_restore_attestation(tmp_path))


def test_restore_test_that_exceeded_its_rto_is_rejected(tmp_path):
    reasons = ("it exceeded its RTO",)
    write_evidence(tmp_path, restore_test(seconds=72 * 3600 + 1, passed=False, failure_reasons=reasons))
    assert "evidence: the restore test didn't pass" in load_error(write_restore_attestation(tmp_path))


@pytest.mark.parametrize("hours", [-1, 23, 24, 47])
def test_date_must_be_the_utc_day_on_which_the_restore_test_finished(tmp_path, hours):
    other_timezone = timezone(timedelta(hours=-11))
    finished = (MIDNIGHT + timedelta(hours=hours)).astimezone(other_timezone)
    write_evidence(tmp_path, restore_test(finished=finished))
    if hours == 23:
        load(write_restore_attestation(tmp_path), TODAY)
    else:
        assert "date: must be the day" in load_error(write_restore_attestation(tmp_path))


@pytest.mark.parametrize(
    "change", [{"bucket": "another"}, {"duration_seconds": 1.0}, {"kind": "backup"}, {"more": 1}, {"digest": ""}]
)
def test_changed_restore_test_evidence_is_rejected(tmp_path, change):
    file = write_evidence(tmp_path, restore_test())
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert NOT_RESTORE_TEST_EVIDENCE in load_error(write_restore_attestation(tmp_path))


def test_failed_restore_test_that_was_edited_to_pass_is_rejected(tmp_path):
    slow = restore_test(seconds=72 * 3600 - 1, passed=False, failure_reasons=("copies were left behind",))
    file = write_evidence(tmp_path, slow)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"passed": True, "failure_reasons": []}))
    assert NOT_RESTORE_TEST_EVIDENCE in load_error(write_restore_attestation(tmp_path))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"restored"])
def test_file_that_is_not_restore_test_evidence_is_rejected(tmp_path, content):
    (tmp_path / "restore-test.json").write_bytes(content)
    assert NOT_RESTORE_TEST_EVIDENCE in load_error(write_restore_attestation(tmp_path))


def test_link_is_rejected_as_restore_test_evidence(tmp_path):
    message = load_error(write_restore_attestation(tmp_path, ENTRY["evidence"]))
    assert "must be a file from `phi restore-test`" in message


# The example.


def test_example_with_current_dates_is_valid(tmp_path):
    write_evidence(tmp_path, restore_test())
    text = (ROOT / "docs" / "attestations.example.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(    date:) .*$", rf"\1 {ATTESTED_ON}", text)
    text = re.sub(r"(?m)^(    expires:) .*$", rf"\1 {ATTESTED_ON + timedelta(days=365)}", text)
    path = tmp_path / "attestations.yaml"
    path.write_text(text)
    facts, records = load(path, TODAY)
    assert tuple(fact.control_id for fact in facts) == CONTROL_IDS
    assert all("xample" in f"{record.owner}{record.evidence}" for record in records)


def test_unchanged_example_contains_only_expired_attestations(tmp_path):
    text = (ROOT / "docs" / "attestations.example.yaml").read_text(encoding="utf-8")
    entries = [entry for entry in yaml.safe_load(text)["attestations"] if entry["control"] != "attest-restore-test"]
    as_text = [{name: str(value) for name, value in entry.items()} for entry in entries]
    facts, _ = load(write_attestations(tmp_path, *as_text), TODAY)
    assert len(facts) == len(CONTROL_IDS) - 1
    assert max(fact.days_left for fact in facts) < 0
