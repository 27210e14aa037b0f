"""`phi restore-test`: what it does, prints, writes and ends with."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.phi.restore_test.conftest import PHI, SCRATCH, encrypt

from phi import cli
from phi.errors import AccessDeniedError, ConfigurationError, NotFoundError, RequestRejectedError
from phi.restore_test import evidence, setup
from tests.phi.conftest import ACCOUNT

ROOT = Path(__file__).parents[3]
KEY = "MRN-123456 Müller"


@pytest.fixture
def drill(stack: Any, outputs_file: Path, tmp_path: Path, capsys: Any) -> Any:
    """Runs the command; its exit code, stdout and stderr, and the evidence that it wrote, if any."""

    def run(*options: str) -> Any:
        file = tmp_path / "evidence.json"
        code = cli._run(["restore-test", "--outputs", str(outputs_file), "--evidence", str(file), *options])
        told = capsys.readouterr()
        return code, told.out, told.err, evidence.load(file) if file.exists() else None

    return run


def test_a_drill_that_is_passed_ends_with_0(stack, drill, tmp_path):
    stack.put(KEY, b"content")
    code, out, err, written = drill("--objects", "3")
    assert code == 0
    assert not out
    assert written.passed
    assert written.principal.startswith(f"arn:aws:sts::{ACCOUNT}:")
    assert stat.S_IMODE((tmp_path / "evidence.json").stat().st_mode) == 0o600
    assert "Passed: 1 of 1 versions restored whole from the version" in err
    assert "an estimate, not measured" in err
    assert (
        "Left behind: 1" in err
    )  # what may be replicated; moto takes a lock of uploads alone, and has no default here
    assert "MRN" not in err


def test_the_evidence_on_stdout_is_what_is_written(stack, drill):
    stack.put(KEY, b"content")
    _, out, _, written = drill("--json")
    assert evidence.RestoreTestEvidence.model_validate_json(out) == written


def test_a_drill_that_isnt_passed_ends_with_1_and_says_why(stack, drill):
    version = stack.put(KEY, b"content")
    stack.replicate(KEY, version, b"CONTENT")
    code, _, err, written = drill("--source", "replica")
    assert code == 1
    assert written.sampled == 0  # it is younger than replication takes
    assert "NOT passed" in err
    assert "nothing is proven" in err


def test_the_same_seed_draws_the_same(stack, drill):
    for number in range(10):
        stack.put(f"record-{number}", b"content")
    drawn = [{each.version for each in drill("--objects", "3", "--seed", "7")[3].objects} for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 3


def test_another_bucket_may_be_restored_to(stack, scratch, drill):
    stack.put(KEY, b"content")
    code, _, err, written = drill("--scratch-bucket", SCRATCH)
    assert code == 0
    assert written.scratch_bucket == SCRATCH
    assert "Left behind" not in err


@pytest.mark.parametrize("default", [None, "", "alias/aws/s3"])
def test_a_bucket_without_a_key_of_the_customers_gets_no_phi(stack, drill, default):
    stack.put(KEY, b"content")
    stack.s3.create_bucket(Bucket=SCRATCH)
    if default is not None:
        encrypt(stack.s3, SCRATCH, default)
    stack.calls.clear()
    code, _, err, written = drill("--scratch-bucket", SCRATCH)
    assert code == RequestRejectedError.exit_code
    assert "customer managed key" in err
    assert written is None
    assert stack.left(SCRATCH, "") == ([], [])


def test_a_bucket_of_another_account_gets_no_phi(stack, scratch):
    """Which S3 tells apart by the owner that is expected."""
    session = setup.RestoreTestSession(stack.boto, "me", stack.outputs)
    setup.find_scratch_bucket(session, SCRATCH)
    [asked] = [params for _, name, params, _ in stack.calls if name == "GetBucketEncryption"]
    assert asked["ExpectedBucketOwner"] == ACCOUNT


def test_a_bucket_that_isnt_there_is_told(stack, drill):
    code, _, err, _ = drill("--scratch-bucket", "phi-test-nowhere")
    assert code == NotFoundError.exit_code
    assert "s3:GetEncryptionConfiguration" in err


@pytest.mark.parametrize(
    ("options", "told", "why"),
    [
        (["--source", "vault"], {}, "needs --scratch-bucket"),
        (["--source", "vault"], {"backup_vault_name": None}, "has no vault"),
        (["--source", "replica"], {"replica_bucket_name": None, "replica_region": None}, "has no replica"),
        (["--scratch-bucket", PHI], {}, "another than the stack's own"),
        (["--evidence", "/nowhere/at/all.json"], {}, "is no folder"),
        ([], {"phi_key_arn": f"arn:aws:kms:us-east-1:{int(ACCOUNT) + 1}:key/1"}, "take the role that runs drills"),
    ],
)
def test_what_cant_be_drilled_is_said_before_anything_is_done(stack, drill, outputs_file, options, told, why):
    outputs_file.write_text(json.dumps(json.loads(outputs_file.read_text()) | told))
    stack.put(KEY, b"content")
    code, _, err, written = drill(*options)
    assert code == ConfigurationError.exit_code
    assert why in err
    assert written is None
    assert stack.left() == ([], [])


@pytest.mark.parametrize("options", [["--source", "tape"], ["--objects", "0"], ["--rto-hours", "0"]])
def test_options_that_make_no_sense_are_refused(drill, options):
    code, _, err, written = drill(*options)
    assert code == 2
    assert options[0] in err
    assert written is None


def test_a_bucket_that_is_refused_ends_with_the_reason_and_evidence_of_failing(stack, drill, monkeypatch):
    stack.s3.delete_bucket(Bucket=PHI)
    code, _, err, written = drill()
    assert code == NotFoundError.exit_code != AccessDeniedError.exit_code
    assert "s3:ListBucketVersions" in err
    assert not written.passed


@pytest.mark.parametrize("source", ["version", "replica"])
def test_the_policy_is_printed_and_nothing_is_done(stack, drill, source):
    stack.put(KEY, b"content")
    code, out, _, written = drill("--source", source, "--print-policy")
    assert code == 0
    assert json.loads(out)["Statement"]
    assert ("phi-test-replica/*" in out) == (source == "replica")
    assert written is None
    assert stack.left() == ([], [])


def test_the_policy_of_the_vault_names_the_scratch_buckets_key(stack, scratch, drill):
    code, out, _, _ = drill("--source", "vault", "--scratch-bucket", SCRATCH, "--print-policy")
    assert code == 0
    assert scratch.key_arn in out


def test_accesses_are_logged_to_the_file_and_keys_are_not(stack, drill, tmp_path):
    stack.put(KEY, b"content")
    drill("--access-log", str(tmp_path / "access.log"))
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [each["action"] for each in lines[:2]] == ["drill-copy", "drill-compare"]
    assert "MRN" not in (tmp_path / "access.log").read_text()


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, cli.INTERRUPTED), (signal.SIGTERM, cli.TERMINATED)])
def test_a_drill_that_is_stopped_clears_up_and_says_so(stack, scratch, outputs_file, tmp_path, sent, code):
    for number in range(150):
        stack.put(f"record-{number}", b"content")
    file = tmp_path / "evidence.json"
    options = ["--outputs", str(outputs_file), "--evidence", str(file), "--objects", "150"]
    command = [sys.executable, "-m", "phi", "drill", *options, "--scratch-bucket", SCRATCH]
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not stack.left(SCRATCH, "")[0]:
            pass
        process.send_signal(sent)
        _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert "Traceback" not in err
    written = evidence.load(file)
    assert not written.passed
    assert written.sampled == 150
    assert written.restored < 150
    assert "ended by" in written.failure_reasons[0]
    assert stack.left(SCRATCH, "") == ([], [])
