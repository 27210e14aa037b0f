"""The command `phi restore-test`: its effects, its output, its evidence and its exit codes."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from phi_buckets import cli
from phi_buckets.errors import AccessDeniedError, ConfigurationError, NotFoundError, RequestRejectedError
from phi_buckets.object_keys import new_key
from phi_buckets.restore_test import evidence, setup
from tests.phi_buckets.emulated_account import ACCOUNT, REGION
from tests.phi_buckets.restore_test.harness import PHI, SCRATCH, set_default_encryption

ROOT = Path(__file__).parents[3]
KEY = "MRN-123456 Müller"
WITHOUT_REPLICA = {
    "phi_buckets": {
        "phi": {"phi_bucket_name": PHI, "application_role_arn": f"arn:aws:iam::{ACCOUNT}:role/phi-test-application"}
    },
    "replica_region": None,
}


@pytest.fixture
def run_command(stack: Any, outputs_file: Path, tmp_path: Path, capsys: Any) -> Any:
    """Return a function that runs the command and returns its exit code, stdout, stderr, and evidence if any."""

    def run(*options: str) -> Any:
        file = tmp_path / "evidence.json"
        code = cli._run(["restore-test", "--outputs", str(outputs_file), "--evidence", str(file), *options])
        output = capsys.readouterr()
        return code, output.out, output.err, evidence.load(file) if file.exists() else None

    return run


def test_passed_test_exits_with_0_and_writes_evidence(stack, run_command, tmp_path):
    stack.put(KEY, b"content")
    code, out, err, result = run_command("--objects", "3")
    assert code == 0
    assert not out
    assert result.passed
    assert result.principal.startswith(f"arn:aws:sts::{ACCOUNT}:")
    assert stat.S_IMODE((tmp_path / "evidence.json").stat().st_mode) == 0o600
    assert "Passed: 1 of 1 versions restored intact (source: version)" in err
    assert "an estimate, not a measurement" in err
    # The leftover is the possible replica. Moto accepts a lock only for uploads, and has no default lock here.
    assert "Leftovers: 1" in err
    assert "MRN" not in err


def test_json_option_prints_the_evidence(stack, run_command):
    stack.put(KEY, b"content")
    _, out, _, result = run_command("--json")
    assert evidence.RestoreTestEvidence.model_validate_json(out) == result


def test_failed_test_exits_with_1_and_prints_the_reason(stack, run_command):
    version = stack.put(KEY, b"content")
    stack.replicate(KEY, version, b"CONTENT")
    code, _, err, result = run_command("--source", "replica")
    assert code == 1
    assert result.sampled == 0  # it is younger than the replication lag
    assert "Not passed" in err
    assert "nothing is proven" in err


def test_same_seed_samples_the_same_versions(stack, run_command):
    for number in range(10):
        stack.put(f"record-{number}", b"content")
    samples = []
    for _ in range(2):
        *_, result = run_command("--objects", "3", "--seed", "7")
        samples.append({record.version_id for record in result.objects})
    assert samples[0] == samples[1]
    assert len(samples[0]) == 3


def test_scratch_bucket_option_restores_to_that_bucket(stack, scratch, run_command):
    stack.put(KEY, b"content")
    code, _, err, result = run_command("--scratch-bucket", SCRATCH)
    assert code == 0
    assert result.scratch_bucket == SCRATCH
    assert "Leftovers" not in err


def add_phi_bucket(stack: Any, outputs_file: Path) -> str:
    """Add a second PHI bucket `imaging`, without a replica, to a stack without replicas. Return its physical name."""
    name = "phi-test-imaging"
    stack.s3.create_bucket(Bucket=name)
    stack.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    set_default_encryption(stack.s3, name, stack.outputs.phi_key_arn)
    outputs = json.loads(outputs_file.read_text()) | WITHOUT_REPLICA
    phi = outputs["phi_buckets"]["phi"]
    outputs["phi_buckets"] = {"phi": phi, "imaging": phi | {"phi_bucket_name": name}}
    outputs["bucket_regions"][name] = REGION
    outputs_file.write_text(json.dumps(outputs))
    return name


def test_bucket_option_restores_the_versions_of_that_bucket(stack, run_command, outputs_file):
    imaging = add_phi_bucket(stack, outputs_file)
    stack.put(KEY, b"content")
    version = stack.s3.put_object(Bucket=imaging, Key="record", Body=b"image")["VersionId"]
    code, _, err, result = run_command("--bucket", "imaging")
    assert code == 0
    assert f"Bucket: {imaging}\n" in err
    assert (result.bucket, result.scratch_bucket) == (imaging, imaging)
    assert [record.version_id for record in result.objects] == [version]
    assert stack.list_versions() == ([], [])


def test_print_policy_is_about_the_named_bucket_only(stack, run_command, outputs_file):
    imaging = add_phi_bucket(stack, outputs_file)
    code, out, _, _ = run_command("--bucket", "imaging", "--print-policy")
    assert code == 0
    assert f"arn:aws:s3:::{imaging}/*" in out
    assert PHI not in out


def test_one_of_several_buckets_must_be_named(stack, run_command, outputs_file):
    add_phi_bucket(stack, outputs_file)
    code, _, err, result = run_command()
    assert code == ConfigurationError.exit_code
    assert "name one of phi, imaging with --bucket" in err
    assert result is None


def test_no_bucket_of_the_stack_is_a_scratch_bucket(stack, run_command, outputs_file):
    add_phi_bucket(stack, outputs_file)
    for bucket in json.loads(outputs_file.read_text())["bucket_regions"]:
        code, _, err, result = run_command("--bucket", "imaging", "--scratch-bucket", bucket)
        assert code == ConfigurationError.exit_code
        assert "must not be a bucket of the stack" in err
        assert result is None


@pytest.mark.parametrize("default_key", [None, "", "alias/aws/s3"])
def test_scratch_bucket_without_customer_managed_key_is_rejected(stack, run_command, default_key):
    stack.put(KEY, b"content")
    stack.s3.create_bucket(Bucket=SCRATCH)
    if default_key is not None:
        set_default_encryption(stack.s3, SCRATCH, default_key)
    stack.calls.clear()
    code, _, err, result = run_command("--scratch-bucket", SCRATCH)
    assert code == RequestRejectedError.exit_code
    assert "customer managed key" in err
    assert result is None
    assert stack.list_versions(SCRATCH, "") == ([], [])


def test_scratch_bucket_must_belong_to_the_stacks_account(stack, scratch):
    """S3 denies the request if the bucket belongs to another account than the expected owner."""
    session = setup.RestoreTestSession(stack.boto, "me", stack.outputs)
    setup.find_scratch_bucket(session, SCRATCH)
    [parameters] = [params for _, name, params, _ in stack.calls if name == "GetBucketEncryption"]
    assert parameters["ExpectedBucketOwner"] == ACCOUNT


def test_nonexistent_scratch_bucket_exits_with_not_found(stack, run_command):
    code, _, err, _ = run_command("--scratch-bucket", "phi-test-nowhere")
    assert code == NotFoundError.exit_code
    assert "s3:GetEncryptionConfiguration" in err


@pytest.mark.parametrize(
    ("options", "outputs", "message"),
    [
        (["--source", "vault"], {}, "requires --scratch-bucket"),
        (["--source", "vault"], {"backup_vault_name": None}, "has no backup vault"),
        (["--source", "replica"], WITHOUT_REPLICA, "has no replica"),
        (["--scratch-bucket", PHI], {}, "must not be a bucket of the stack"),
        (["--evidence", "/nowhere/at/all.json"], {}, "is not a folder"),
        (
            [],
            {"phi_key_arn": f"arn:aws:kms:us-east-1:{int(ACCOUNT) + 1}:key/1"},
            "assume the role for restore tests",
        ),
    ],
)
def test_invalid_configuration_is_reported_before_anything_is_done(
    stack, run_command, outputs_file, options, outputs, message
):
    outputs_file.write_text(json.dumps(json.loads(outputs_file.read_text()) | outputs))
    stack.put(KEY, b"content")
    code, _, err, result = run_command(*options)
    assert code == ConfigurationError.exit_code
    assert message in err
    assert result is None
    assert stack.list_versions() == ([], [])


@pytest.mark.parametrize("options", [["--source", "tape"], ["--objects", "0"], ["--rto-hours", "0"]])
def test_invalid_option_values_exit_with_2(run_command, options):
    code, _, err, result = run_command(*options)
    assert code == 2
    assert options[0] in err
    assert result is None


def test_nonexistent_phi_bucket_exits_with_not_found_and_writes_failed_evidence(stack, run_command):
    stack.s3.delete_bucket(Bucket=PHI)
    code, _, err, result = run_command()
    assert code == NotFoundError.exit_code != AccessDeniedError.exit_code
    assert "s3:ListBucketVersions" in err
    assert not result.passed


@pytest.mark.parametrize("source", ["version", "replica"])
def test_print_policy_prints_the_policy_and_restores_nothing(stack, run_command, source):
    stack.put(KEY, b"content")
    code, out, _, result = run_command("--source", source, "--print-policy")
    assert code == 0
    assert json.loads(out)["Statement"]
    assert ("phi-test-replica/*" in out) == (source == "replica")
    assert result is None
    assert stack.list_versions() == ([], [])


def test_policy_for_the_vault_names_the_scratch_buckets_key(stack, scratch, run_command):
    code, out, _, _ = run_command("--source", "vault", "--scratch-bucket", SCRATCH, "--print-policy")
    assert code == 0
    assert scratch.key_arn in out


def test_access_log_has_the_accesses_but_no_object_keys(stack, run_command, tmp_path):
    stack.put(KEY, b"content")
    run_command("--access-log", str(tmp_path / "access.log"))
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert [line["action"] for line in lines[:2]] == ["restore-test-copy", "restore-test-compare"]
    assert "MRN" not in (tmp_path / "access.log").read_text()


def test_access_log_has_the_user_reference_in_every_line(stack, run_command, tmp_path):
    stack.put(KEY, b"content")
    reference = new_key()
    run_command("--access-log", str(tmp_path / "access.log"), "--user-reference", reference)
    lines = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert len(lines) > 2
    assert {line["user_reference"] for line in lines} == {reference}


def test_identifying_user_reference_is_rejected_before_anything_is_done(stack, run_command):
    stack.put(KEY, b"content")
    code, _, err, result = run_command("--user-reference", "smith@hospital.example")
    assert code == ConfigurationError.exit_code
    assert "smith" not in err
    assert result is None
    assert stack.list_versions() == ([], [])


@pytest.mark.parametrize(("sent_signal", "code"), [(signal.SIGINT, cli.INTERRUPTED), (signal.SIGTERM, cli.TERMINATED)])
def test_signal_cleans_up_and_writes_failed_evidence(stack, scratch, outputs_file, tmp_path, sent_signal, code):
    for number in range(150):
        stack.put(f"record-{number}", b"content")
    file = tmp_path / "evidence.json"
    options = ["--outputs", str(outputs_file), "--evidence", str(file), "--objects", "150"]
    command = [sys.executable, "-m", "phi_buckets", "restore-test", *options, "--scratch-bucket", SCRATCH]
    with subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not stack.list_versions(SCRATCH, "")[0]:
            time.sleep(0.05)  # leaves the emulator to the command
        process.send_signal(sent_signal)
        _, err = process.communicate(timeout=120)
    assert process.returncode == code, err
    assert "Traceback" not in err
    result = evidence.load(file)
    assert not result.passed
    assert result.sampled == 150
    assert result.restored < 150
    assert "interrupted by" in result.failure_reasons[0]
    assert stack.list_versions(SCRATCH, "") == ([], [])
