"""`phi audit` of a stack that is up: in whose name, what it writes, what has drifted, and several accounts."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from hipaa.catalogue import LIVE_CONTROLS
from phi.evidence.model import Report
from tests.aws import Aws, Credentials
from tests.integration.conftest import ACCOUNT, Up, as_caller

pytestmark = pytest.mark.xdist_group("safeguards")  # one stack is up for all of them

OTHER = "210987654321"


def outcomes(evidence: dict[str, Any]) -> dict[str, str]:
    return {control["id"]: control["outcome"] for control in evidence["controls"]}


@pytest.fixture(scope="module")
def auditor(aws: Aws, stack, verified) -> Credentials:
    """A session of the stack's auditor."""
    keys, factor = verified
    return aws.assume(stack["auditor_role_arn"], caller=keys, **factor)


def test_the_stacks_auditor_reads_all_that_the_audit_asks(aws, up, outputs, auditor, untouched):
    config = up.project / "policy" / "config" / "dev.json"
    command = ["python", "-m", "phi", "audit", "--outputs", outputs, "--config", config, "--json"]
    done = aws.sandbox(*as_caller(auditor, *command))
    assert done.returncode == 1, done.stderr
    evidence = json.loads(done.stdout)
    assert evidence["failed_calls"] == []
    assert outcomes(evidence) == outcomes(untouched)
    assert "assumed-role/phi-dev-auditor/" in evidence["collection"]["principals"][0]


def test_what_its_caller_may_not_read_is_unverified_and_the_permission_is_named(aws, outputs, stack):
    application = aws.assume(stack["application_role_arn"])
    command = ["python", "-m", "phi", "audit", "--outputs", outputs, "--json"]
    done = aws.sandbox(*as_caller(application, *command))
    assert done.returncode == 1, done.stderr
    evidence = json.loads(done.stdout)
    missing = {each["permission"] for each in evidence["failed_calls"]}
    assert {"s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"} <= missing
    told = outcomes(evidence)
    assert {name for name in told if name.startswith("s3-") and told[name] == "pass"} == set()
    versioning = next(each for each in evidence["controls"] if each["id"] == "s3-versioning")
    assert {each["outcome"] for each in versioning["observations"]} == {"unverified"}
    assert "s3:GetBucketVersioning failed with AccessDenied" in versioning["observations"][0]["text"]


def test_one_audit_writes_the_same_evidence_in_every_format(aws, outputs, tmp_path):
    names = ("evidence.json", "evidence.html", "evidence.sarif", "evidence.xml", "evidence.txt")
    reports = [option for name in names for option in ("--report", tmp_path / name)]
    done = aws.sandbox("python", "-m", "phi", "audit", "--outputs", outputs, *reports)
    assert done.returncode == 1, done.stderr
    report = Report.model_validate_json((tmp_path / "evidence.json").read_bytes())
    assert report.digest_matches
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert report.digest in (tmp_path / "evidence.html").read_text()
    runs = json.loads((tmp_path / "evidence.sarif").read_text())["runs"]
    wrong = {each.id for each in report.controls if each.outcome.value in ("fail", "unverified")}
    assert {each["ruleId"] for each in runs[0]["results"]} >= wrong
    assert ET.parse(tmp_path / "evidence.xml").getroot().tag == "testsuites"
    for control in report.controls:
        assert control.id in (tmp_path / "evidence.txt").read_text()
    assert "The audit fails" in done.stdout


def test_what_was_changed_since_a_preview_has_drifted(aws, up, audit, stack, tmp_path):
    report = tmp_path / "preview.json"
    command = ["pulumi", "preview", "--stack", "dev", "--skip-config-validation", "--policy-pack", "policy"]
    command += ["--policy-pack-config", "policy/config/dev.json"]
    previewed = aws.sandbox(*command, cwd=up.project, HIPAA_REPORT=str(report))
    assert previewed.returncode == 0, previewed.stdout
    assert audit("--against", report)["drift"] == []
    bucket = stack["phi_bucket_name"]
    was = aws("s3.get_bucket_logging", Bucket=bucket)["LoggingEnabled"]
    aws("s3.put_bucket_logging", Bucket=bucket, BucketLoggingStatus={})
    try:
        drift = audit("--against", report)["drift"]
    finally:
        aws("s3.put_bucket_logging", Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": was})
    assert [(each["control"], each["resources"]) for each in drift] == [
        ("s3-access-logging", [f"arn:aws:s3:::{bucket}"])
    ]


def test_several_accounts_become_one_report(aws, stack, tmp_path):
    """One through a role that may read little, and one whose role can't be taken: neither makes anything pass."""
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text(
        "accounts:\n"
        f"- role_arn: {stack['application_role_arn']}\n  regions: [us-east-1]\n"
        f"- role_arn: arn:aws:iam::{OTHER}:role/nobody\n  regions: [us-east-1]\n"
    )
    done = aws.sandbox("python", "-m", "phi", "audit", "--all", "--accounts", accounts, "--json")
    assert done.returncode == 1, done.stderr
    evidence = json.loads(done.stdout)
    assert evidence["collection"]["accounts"] == [ACCOUNT, OTHER]
    refused = [each for each in evidence["failed_calls"] if each["permission"] == "sts:AssumeRole"]
    assert [each["account"] for each in refused] == [OTHER]
    for control in evidence["controls"]:
        if not control["id"].startswith("attest-"):
            of_other = [each["outcome"] for each in control["observations"] if each["account"] == OTHER]
            assert of_other == ["unverified"], control["id"]


def test_all_buckets_of_an_account_are_judged_by_their_roles(aws, audit_all):
    evidence = audit_all
    assert evidence["collection"]["buckets"] == 3
    assert outcomes(evidence)["s3-tls-only"] == "pass"
    assert {control["id"] for control in evidence["controls"]} == {control.id for control in LIVE_CONTROLS}


@pytest.fixture(scope="module")
def audit_all(aws: Aws, up: Up) -> dict[str, Any]:
    config = up.project / "policy" / "config" / "dev.json"
    command = ["python", "-m", "phi", "audit", "--all", "--region", "us-east-1", "--config", config, "--json"]
    done = aws.sandbox(*command)
    assert done.returncode == 1, done.stderr
    evidence: dict[str, Any] = json.loads(done.stdout)
    return evidence


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--all", "--stack", "dev"], "leave --outputs and --stack out"),
        (["--region", "us-east-1"], "go with --all"),
        (["--report", "evidence.doc"], "tells no format"),
        (["--config", "none.json"], "none.json can't be read as JSON"),
        (["--attestations", "none.yaml"], "none.yaml"),
        (["--against", "none.json"], "HIPAA_REPORT"),
        (["--outputs", "none.json"], "none.json can't be read"),
    ],
)
def test_what_cant_be_used_is_told_before_anything_is_read(aws, outputs, options, told):
    given = [] if "--all" in options or "--outputs" in options else ["--outputs", outputs]
    done = aws.sandbox("python", "-m", "phi", "audit", *given, *options)
    assert done.returncode == 2, done.stdout + done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_credentials_of_another_account_are_told(aws, outputs):
    command = ["python", "-m", "phi", "audit", "--outputs", outputs]
    done = aws.sandbox("env", f"AWS_ACCESS_KEY_ID={OTHER}", *command)
    assert done.returncode == 2
    assert f"the credentials are of account {OTHER} and the stack is in {ACCOUNT}" in done.stderr


def test_the_policy_that_it_needs(aws, outputs, stack):
    """Printed for a stack it is the audit's part of the auditor's role."""
    done = aws.sandbox("python", "-m", "phi", "audit", "--outputs", outputs, "--print-policy")
    assert done.returncode == 0, done.stderr
    printed = json.loads(done.stdout)["Statement"]
    role = aws("iam.get_role_policy", RoleName="phi-dev-auditor", PolicyName="permissions")["PolicyDocument"]
    assert all(statement in role["Statement"] for statement in printed)
