"""PHI goes into the stack's bucket and comes out of it by the commands, as the stack's policies let each caller."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws import Aws, Credentials
from tests.integration.conftest import as_caller

pytestmark = pytest.mark.xdist_group("safeguards")  # one stack is up for all of them

CONTENT = b"not what it was"
Phi = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def phi(aws: Aws, outputs: Path) -> Phi:
    """Runs a command, in the administrator's name or another's."""

    def run(name: str, *rest: str | Path, caller: Credentials | None = None) -> subprocess.CompletedProcess[str]:
        command = ["python", "-m", "phi", name, *rest, "--outputs", outputs]
        return aws.sandbox(*(as_caller(caller, *command) if caller else command))

    return run


@pytest.fixture(scope="module")
def application(aws: Aws, stack) -> Credentials:
    return aws.assume(stack["application_role_arn"])


@pytest.fixture(scope="module")
def key(phi: Phi, application: Credentials, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Of an object that the application has stored."""
    file = tmp_path_factory.mktemp("put") / "content"
    file.write_bytes(CONTENT)
    done = phi("put", file, "--meta", "content-kind=lab-report", "--json", caller=application)
    assert done.returncode == 0, done.stderr
    [stored] = told(done)["objects"]
    return str(stored["key"])


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_application_gets_what_it_put(phi, key, application, tmp_path):
    done = phi("get", key, tmp_path / "back", caller=application)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back").read_bytes() == CONTENT


def test_it_is_encrypted_with_the_stacks_key(aws, stack, key):
    head = aws("s3.head_object", Bucket=stack["phi_bucket_name"], Key=key)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", stack["phi_key_arn"])


def test_earlier_versions_are_out_of_the_applications_reach(phi, key, application, tmp_path):
    done = phi("versions", key, caller=application)
    assert done.returncode == 3
    assert "s3:ListBucketVersions" in done.stderr
    assert key not in done.stderr


def test_what_is_removed_is_restored_by_who_breaks_the_glass(aws, stack, verified, phi, key, application, tmp_path):
    user, factor = verified
    rescuer = aws.assume(stack["break_glass_role_arn"], caller=user, **factor)
    assert phi("rm", key, "--yes", caller=application).returncode == 0
    gone = phi("get", key, tmp_path / "gone", caller=application)
    assert gone.returncode == 4
    assert not (tmp_path / "gone").exists()
    versions = told(phi("versions", key, "--json", caller=rescuer))["versions"]
    [kept] = [each["version"] for each in versions if not each["deleted"]]
    assert phi("restore", key, kept, caller=application).returncode == 3
    restored = phi("restore", key, kept, caller=rescuer)
    assert restored.returncode == 0, restored.stderr
    back = phi("get", key, tmp_path / "back", caller=application)
    assert back.returncode == 0, back.stderr
    assert (tmp_path / "back").read_bytes() == CONTENT


def test_a_url_gives_the_content_for_a_while(aws, phi, key, application):
    url = phi("url", key, caller=application).stdout.strip()
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=900" in url
    read = "import sys, urllib.request; sys.stdout.buffer.write(urllib.request.urlopen(sys.stdin.readline()).read())"
    fetched = subprocess.run(
        aws.sandbox.command("python", "-c", read), input=url, capture_output=True, text=True, check=False
    )
    assert fetched.stdout.encode() == CONTENT, fetched.stderr


def test_a_metadata_field_that_there_isnt_is_refused_and_not_repeated(phi, application, tmp_path):
    (tmp_path / "content").write_bytes(CONTENT)
    done = phi("put", tmp_path / "content", "--meta", "patient=Jane-Roe", caller=application)
    assert done.returncode == 2
    assert "Jane" not in done.stdout + done.stderr


def test_a_drill_is_evidence_that_the_audit_takes(phi, key, audit, tmp_path):
    evidence = tmp_path / "restore-test.json"
    done = phi("restore-test", "--objects", "1", "--evidence", evidence)
    assert done.returncode == 0, done.stdout + done.stderr
    drilled = json.loads(evidence.read_text())
    assert (drilled["passed"], drilled["restored"]) == (True, 1)
    assert key not in evidence.read_text()

    day = date.fromisoformat(drilled["finished"][:10])
    attestations = tmp_path / "attestations.yaml"
    attestations.write_text(
        "attestations:\n"
        f"- control: attest-restore-test\n  owner: compliance officer\n  date: {day}\n"
        f"  expires: {day + timedelta(days=90)}\n  evidence: restore-test.json\n"
    )
    outcomes = {each["id"]: each["outcome"] for each in audit("--attestations", attestations)["controls"]}
    assert outcomes["attest-restore-test"] == "pass"
    assert outcomes["attest-baa"] == "fail"
