"""The `phi` commands on a deployed stack, with the access that its policies give each caller."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws import Aws, Credentials
from tests.integration.deployed.stack import as_caller

CONTENT = b"content of the object"
RunPhi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def phi(aws: Aws, outputs_file: Path) -> RunPhi:
    """A function that runs a command, as the administrator or another caller."""

    def run(name: str, *options: str | Path, caller: Credentials | None = None) -> subprocess.CompletedProcess[str]:
        command = ["phi", name, *options, "--outputs", outputs_file]
        return aws.sandbox(*(as_caller(caller, *command) if caller else command))

    return run


@pytest.fixture(scope="module")
def application(aws: Aws, stack_outputs) -> Credentials:
    return aws.assume(stack_outputs["application_role_arn"])


@pytest.fixture(scope="module")
def object_key(phi: RunPhi, application: Credentials, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The key of an object that the application has stored."""
    file = tmp_path_factory.mktemp("put") / "content"
    file.write_bytes(CONTENT)
    put = phi("put", file, "--meta", "content-kind=lab-report", "--json", caller=application)
    assert put.returncode == 0, put.stderr
    [stored] = json_output(put)["objects"]
    return str(stored["key"])


def json_output(completed: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    output: dict[str, Any] = json.loads(completed.stdout)
    return output


def test_get_returns_what_the_application_put(phi, object_key, application, tmp_path):
    get = phi("get", object_key, tmp_path / "copy", caller=application)
    assert get.returncode == 0, get.stderr
    assert (tmp_path / "copy").read_bytes() == CONTENT


def test_object_is_encrypted_with_the_stacks_key(aws, stack_outputs, object_key):
    head = aws("s3.head_object", Bucket=stack_outputs["phi_bucket_name"], Key=object_key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", stack_outputs["phi_key_arn"])


def test_versions_is_denied_to_the_application(phi, object_key, application):
    versions = phi("versions", object_key, caller=application)
    assert versions.returncode == 3
    assert "s3:ListBucketVersions" in versions.stderr
    assert object_key not in versions.stderr


def test_break_glass_role_restores_a_removed_object(
    aws, stack_outputs, mfa_user, phi, object_key, application, tmp_path
):
    user, second_factor = mfa_user
    break_glass = aws.assume(stack_outputs["break_glass_role_arn"], caller=user, **second_factor)
    assert phi("rm", object_key, "--yes", caller=application).returncode == 0
    removed = phi("get", object_key, tmp_path / "removed", caller=application)
    assert removed.returncode == 4
    assert not (tmp_path / "removed").exists()
    versions = json_output(phi("versions", object_key, "--json", caller=break_glass))["versions"]
    [version_id] = [version["version"] for version in versions if not version["deleted"]]
    assert phi("restore", object_key, version_id, caller=application).returncode == 3
    restore = phi("restore", object_key, version_id, caller=break_glass)
    assert restore.returncode == 0, restore.stderr
    get = phi("get", object_key, tmp_path / "restored", caller=application)
    assert get.returncode == 0, get.stderr
    assert (tmp_path / "restored").read_bytes() == CONTENT


def test_url_returns_the_content_and_expires(aws, phi, object_key, application):
    url = phi("url", object_key, caller=application).stdout.strip()
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=900" in url
    program = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.stdin.readline()).read())"
    fetched = subprocess.run(
        aws.sandbox.command("python", "-c", program), input=url, capture_output=True, text=True, check=False
    )
    assert fetched.stdout.encode() == CONTENT, fetched.stderr


def test_unknown_metadata_field_is_rejected_and_not_repeated(phi, application, tmp_path):
    (tmp_path / "content").write_bytes(CONTENT)
    put = phi("put", tmp_path / "content", "--meta", "patient=Jane-Roe", caller=application)
    assert put.returncode == 2
    assert "Jane" not in put.stdout + put.stderr


def test_audit_accepts_the_evidence_of_a_restore_test(phi, object_key, run_audit, tmp_path):
    evidence_file = tmp_path / "restore-test.json"
    restore_test = phi("restore-test", "--objects", "1", "--evidence", evidence_file)
    assert restore_test.returncode == 0, restore_test.stdout + restore_test.stderr
    evidence = json.loads(evidence_file.read_text())
    assert (evidence["passed"], evidence["restored"]) == (True, 1)
    assert object_key not in evidence_file.read_text()

    day = date.fromisoformat(evidence["finished"][:10])
    attestations = tmp_path / "attestations.yaml"
    attestations.write_text(
        "attestations:\n"
        f"- control: attest-restore-test\n  owner: compliance officer\n  date: {day}\n"
        f"  expires: {day + timedelta(days=90)}\n  evidence: restore-test.json\n"
    )
    controls = run_audit("--attestations", attestations)["controls"]
    outcomes = {control["id"]: control["outcome"] for control in controls}
    assert outcomes["attest-restore-test"] == "pass"
    assert outcomes["attest-baa"] == "fail"
