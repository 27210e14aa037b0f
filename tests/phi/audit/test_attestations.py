"""The file of what people answer for: what it takes, every fault of one that can't be used, and what stays untold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from hipaa.catalogue import LIVE_CONTROLS, judge
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Status
from phi.audit.attestations import CONTROLS, load
from phi.errors import ConfigurationError
from phi.restore_test.evidence import RestoreTestEvidence, ObjectRecord, RestoreOutcome, dump
from sandbox.folder import ROOT

TODAY = date(2026, 11, 24)
MADE = TODAY - timedelta(days=30)
MIDNIGHT = datetime.combine(MADE, time(), UTC)
FINISHED = MIDNIGHT + timedelta(hours=9)
ENTRY = {
    "control": "attest-baa",
    "owner": "Privacy Officer",
    "date": MADE.isoformat(),
    "expires": (MADE + timedelta(days=365)).isoformat(),
    "evidence": "https://records.example.com/agreements/aws-baa",
}
SECRET = "Eve Oplant 123-45-6789"


def written(folder: Path, *entries: Mapping[str, Any]) -> Path:
    path = folder / "attestations.yaml"
    path.write_text(yaml.safe_dump({"attestations": list(entries)}, sort_keys=False))
    return path


def refused(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(path, TODAY)
    return str(caught.value)


def drill(
    failed: int = 0, finished: datetime = FINISHED, seconds: float = 12.375, **change: Any
) -> RestoreTestEvidence:
    """As `phi restore-test` makes it, of five objects."""
    told = [RestoreOutcome.FAILED] * failed + [RestoreOutcome.RESTORED] * (5 - failed)
    objects = tuple(
        ObjectRecord(object=f"object-{i}", version_id="v", bytes=1, seconds=1.5, outcome=each)
        for i, each in enumerate(told)
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


def put(folder: Path, evidence: RestoreTestEvidence) -> Path:
    file = folder / "restore-test.json"
    file.write_text(dump(evidence), encoding="utf-8")
    return file


def restore(folder: Path, evidence: str = "restore-test.json", **change: Any) -> Path:
    return written(folder, ENTRY | {"control": "attest-restore-test", "evidence": evidence} | change)


def test_an_attestation_becomes_a_fact_and_a_record(tmp_path):
    (fact,), (record,) = load(written(tmp_path, ENTRY), TODAY)
    assert (fact.control_id, fact.owner, fact.days_left) == ("attest-baa", "Privacy Officer", 335)
    assert record.model_dump() == {
        "control": "attest-baa",
        "owner": "Privacy Officer",
        "attested_on": MADE,
        "expires": MADE + timedelta(days=365),
        "evidence": ENTRY["evidence"],
        "days_left": 335,
    }


def test_a_stale_one_is_read_and_fails(tmp_path):
    day = TODAY - timedelta(days=10)
    facts, records = load(written(tmp_path, ENTRY | {"expires": day.isoformat()}), TODAY)
    assert [each.days_left for each in (*facts, *records)] == [-10, -10]
    [baa] = [each for each in LIVE_CONTROLS if each.id == "attest-baa"]
    [verdict] = judge(baa, RuleContext(Stack(facts), {}))
    assert verdict.status is Status.FAIL
    assert verdict.finding.text.endswith("stale since 10 days")


def test_none_at_all_is_no_fault(tmp_path):
    assert load(written(tmp_path), TODAY) == ((), ())


@pytest.mark.parametrize("days", [0, 366])
def test_the_days_that_just_do(tmp_path, days):
    dates = {"date": TODAY.isoformat(), "expires": (TODAY + timedelta(days=days)).isoformat()}
    [fact], _ = load(written(tmp_path, ENTRY | dates), TODAY)
    assert fact.days_left == days


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"control": "attest-nothing"}, "is of no control that people attest: attest-baa, "),
        ({"control": "s3-versioning"}, "is of no control that people attest"),
        ({"owner": "TODO"}, "says too little of its owner"),
        ({"owner": "  "}, "says too little of its owner"),
        ({"owner": "xxxxxx"}, "says too little of its owner"),
        ({"owner": "Officer\x1b[2J"}, "says too little of its owner"),
        ({"owner": 12345}, "owner: Input should be a valid string"),
        ({"owner": None}, "owner: Input should be a valid string"),
        ({"date": (TODAY + timedelta(days=1)).isoformat()}, "has a date in the future"),
        ({"date": "soon"}, "date: is no date: write YYYY-MM-DD"),
        ({"date": "2026-02-30"}, "date: is no date: write YYYY-MM-DD"),
        ({"date": 20260105}, "date: is no date: write YYYY-MM-DD"),
        ({"date": "2026-01-05T10:00:00"}, "date: is no date: write YYYY-MM-DD"),
        ({"expires": (MADE - timedelta(days=1)).isoformat()}, "expires before its date"),
        ({"expires": (MADE + timedelta(days=367)).isoformat()}, "expires more than a year after its date"),
        ({"evidence": "http://records.example.com/baa"}, "is no https link"),
        ({"evidence": "https://"}, "is no https link"),
        ({"evidence": "https://[records/baa"}, "is no https link"),
        ({"evidence": "https://records.example.com/b aa"}, "is no https link"),
        ({"evidence": "file:///etc/hosts"}, "is no https link"),
        ({"evidence": "https://me:pw@records.example.com/baa"}, "a link with a secret in it"),
        ({"evidence": "https://b.s3.amazonaws.com/baa?X-Amz-Signature=1f"}, "a link with a secret in it"),
        ({"evidence": "https://records.example.com/baa#access_token=1f"}, "a link with a secret in it"),
        ({"evidence": "missing.pdf"}, "neither an https link nor a file in this one's folder"),
        ({"evidence": "."}, "neither an https link nor a file in this one's folder"),
        ({"evidence": ""}, "neither an https link nor a file in this one's folder"),
        ({"evidence": "../beyond.pdf"}, "neither an https link nor a file in this one's folder"),
        ({"evidence": "link.pdf"}, "neither an https link nor a file in this one's folder"),
        ({"evidence": "x" * 5000}, "neither an https link nor a file in this one's folder"),
        ({"evidence": "nul\0l"}, "neither an https link nor a file in this one's folder"),
        ({"note": "more"}, "has an unknown property"),
    ],
)
def test_each_fault_is_told(tmp_path, change, fault):
    (tmp_path / "beyond.pdf").touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link.pdf").symlink_to(tmp_path / "beyond.pdf")
    told = refused(written(folder, ENTRY | change))
    assert f"attestation 1: {fault}" in told or fault in told
    assert told.count(";") == 0, "one fault alone"


@pytest.mark.parametrize("name", ENTRY)
def test_each_is_needed(tmp_path, name):
    entry = {key: value for key, value in ENTRY.items() if key != name}
    assert f"attestation 1: {name}: missing" in refused(written(tmp_path, entry))


def test_an_absolute_path_is_refused_even_to_a_file_of_the_folder(tmp_path):
    (tmp_path / "baa.pdf").touch()
    assert "neither" in refused(written(tmp_path, ENTRY | {"evidence": str(tmp_path / "baa.pdf")}))
    assert load(written(tmp_path, ENTRY | {"evidence": "baa.pdf"}), TODAY)[1][0].evidence == "baa.pdf"


def test_every_fault_is_told_at_once(tmp_path):
    entries = (ENTRY | {"owner": "n/a", "expires": "never"}, "nothing", ENTRY | {"evidence": "x"}, ENTRY)
    told = refused(written(tmp_path, *entries))
    assert "attestation 1: expires: is no date" in told
    assert "attestation 2: Input should be" in told
    assert "attestation 3 has evidence that is neither" in told
    assert "attest-baa is attested twice" in told


@pytest.mark.parametrize(
    "change",
    [{name: SECRET} for name in (*ENTRY, SECRET)] + [{name: {SECRET: SECRET}} for name in ENTRY],
)
def test_no_value_is_repeated(tmp_path, change):
    told = refused(written(tmp_path, ENTRY | {"date": "never"} | change))
    assert not re.search(r"Eve|6789", told)


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
def test_what_is_no_such_file(tmp_path, text):
    path = tmp_path / "attestations.yaml"
    path.write_text(text)
    told = refused(path)
    assert str(path) in told
    assert not re.search(r"Eve|6789", told)


def test_a_key_that_is_given_twice_is_told_with_its_line(tmp_path):
    path = tmp_path / "attestations.yaml"
    path.write_text("attestations:\n- control: attest-baa\n- control: attest-baa\n  owner: one\n  owner: two\n")
    assert "a key is given twice in line 3" in refused(path)


def test_a_file_that_isnt_there(tmp_path):
    assert "can't be read" in refused(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes(b"attestations: [\xe9]")
    assert "can't be read" in refused(tmp_path / "latin.yaml")


# The restore test.


def test_a_restore_test_is_attested_by_what_the_drill_wrote(tmp_path):
    put(tmp_path, drill())
    facts, _ = load(restore(tmp_path), TODAY)
    assert [each.control_id for each in facts] == ["attest-restore-test"]


def test_a_restore_test_that_failed_proves_nothing(tmp_path):
    put(tmp_path, drill(failed=2, passed=False, failure_reasons=("2 objects weren't restored",)))
    assert "that didn't pass" in refused(restore(tmp_path))


def test_a_restore_test_that_took_too_long_proves_nothing(tmp_path):
    put(tmp_path, drill(seconds=72 * 3600 + 1, passed=False, failure_reasons=("it took longer than its objective",)))
    assert "that didn't pass" in refused(restore(tmp_path))


@pytest.mark.parametrize("hours", [-1, 23, 24, 47])
def test_the_day_is_that_on_which_it_finished(tmp_path, hours):
    """In UTC, wherever it ran."""
    there = timezone(timedelta(hours=-11))
    put(tmp_path, drill(finished=(MIDNIGHT + timedelta(hours=hours)).astimezone(there)))
    if hours == 23:
        load(restore(tmp_path), TODAY)
    else:
        assert "has another date" in refused(restore(tmp_path))


@pytest.mark.parametrize(
    "change", [{"bucket": "another"}, {"seconds": 1.0}, {"kind": "backup"}, {"more": 1}, {"digest": ""}]
)
def test_a_changed_evidence_is_noticed(tmp_path, change):
    file = put(tmp_path, drill())
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    assert "`phi restore-test` didn't write, or that was changed since" in refused(restore(tmp_path))


def test_a_failed_test_that_was_made_to_pass_is_noticed(tmp_path):
    slow = drill(seconds=72 * 3600 - 1, passed=False, failure_reasons=("there is something left behind",))
    file = put(tmp_path, slow)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"passed": True, "why": []}))
    assert "`phi restore-test` didn't write, or that was changed since" in refused(restore(tmp_path))


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b"restored"])
def test_what_the_drill_didnt_write(tmp_path, content):
    (tmp_path / "restore-test.json").write_bytes(content)
    assert "that `phi restore-test` didn't write, or" in refused(restore(tmp_path))


def test_a_link_is_no_evidence_of_a_restore_test(tmp_path):
    assert "must have the file that `phi restore-test` wrote" in refused(restore(tmp_path, ENTRY["evidence"]))


# The example.


def test_the_example_can_be_used_with_days_of_ones_own(tmp_path):
    put(tmp_path, drill())
    text = (ROOT / "docs" / "attestations.example.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(?m)^(    date:) .*$", rf"\1 {MADE}", text)
    text = re.sub(r"(?m)^(    expires:) .*$", rf"\1 {MADE + timedelta(days=365)}", text)
    path = tmp_path / "attestations.yaml"
    path.write_text(text)
    facts, records = load(path, TODAY)
    assert tuple(each.control_id for each in facts) == CONTROLS
    assert all("xample" in f"{each.owner}{each.evidence}" for each in records)


def test_the_example_as_it_is_attests_nothing_today(tmp_path):
    """Whoever uses it unchanged passes nothing."""
    text = (ROOT / "docs" / "attestations.example.yaml").read_text(encoding="utf-8")
    kept = [each for each in yaml.safe_load(text)["attestations"] if each["control"] != "attest-restore-test"]
    facts, _ = load(written(tmp_path, *({k: str(v) for k, v in each.items()} for each in kept)), TODAY)
    assert len(facts) == len(CONTROLS) - 1
    assert max(each.days_left for each in facts) < 0
