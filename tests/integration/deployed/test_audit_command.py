"""`phi audit` of a deployed stack: its callers, its reports, drift since a preview, and several accounts."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from typing import Any

import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS
from phi_buckets.evidence.model import Report
from tests.aws import Aws, Credentials
from tests.integration.deployed.stack import ACCOUNT, DeployedStack, as_caller
from tests.integration.evidence import outcomes

OTHER_ACCOUNT = "210987654321"


@pytest.fixture(scope="module")
def auditor(aws: Aws, stack_outputs, mfa_user) -> Credentials:
    """A session of the stack's auditor role."""
    credentials, second_factor = mfa_user
    return aws.assume(stack_outputs["auditor_role_arn"], caller=credentials, **second_factor)


def test_auditor_role_has_every_permission_that_the_audit_needs(
    aws, deployed_stack, outputs_file, auditor, initial_evidence
):
    config = deployed_stack.project / "policy" / "config" / "dev.json"
    command = ["phi", "audit", "--outputs", outputs_file, "--config", config, "--json"]
    audit = aws.sandbox(*as_caller(auditor, *command))
    assert audit.returncode == 1, audit.stderr
    evidence = json.loads(audit.stdout)
    assert evidence["failed_calls"] == []
    assert outcomes(evidence) == outcomes(initial_evidence)
    assert "assumed-role/phi-dev-auditor/" in evidence["collection"]["principals"][0]


def test_setting_that_the_caller_may_not_read_is_unverified(aws, outputs_file, stack_outputs):
    """The evidence names the missing permissions."""
    application = aws.assume(stack_outputs["application_role_arn"])
    command = ["phi", "audit", "--outputs", outputs_file, "--json"]
    audit = aws.sandbox(*as_caller(application, *command))
    assert audit.returncode == 1, audit.stderr
    evidence = json.loads(audit.stdout)
    missing = {call["permission"] for call in evidence["failed_calls"]}
    assert {"s3:GetBucketPolicy", "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration"} <= missing
    s3_controls = {control.id for control in LIVE_CONTROLS if control.service == "s3"}
    assert s3_controls <= outcomes(evidence).keys()
    assert {outcomes(evidence)[control] for control in s3_controls} <= {"fail", "unverified", "not applicable"}
    versioning = next(control for control in evidence["controls"] if control["id"] == "s3-versioning")
    assert {observation["outcome"] for observation in versioning["observations"]} == {"unverified"}
    assert "s3:GetBucketVersioning failed with AccessDenied" in versioning["observations"][0]["text"]


def test_report_in_every_format_contains_the_evidence(aws, outputs_file, tmp_path):
    names = ("evidence.json", "evidence.html", "evidence.sarif", "evidence.xml", "evidence.txt")
    options = [option for name in names for option in ("--report", tmp_path / name)]
    audit = aws.sandbox("phi", "audit", "--outputs", outputs_file, *options)
    assert audit.returncode == 1, audit.stderr
    report = Report.model_validate_json((tmp_path / "evidence.json").read_bytes())
    assert report.digest_matches
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    assert report.digest in (tmp_path / "evidence.html").read_text()
    runs = json.loads((tmp_path / "evidence.sarif").read_text())["runs"]
    blocked = {control.id for control in report.controls if control.outcome.value in ("fail", "unverified")}
    assert blocked
    assert {result["ruleId"] for result in runs[0]["results"]} >= blocked
    assert ET.parse(tmp_path / "evidence.xml").getroot().tag == "testsuites"
    for control in report.controls:
        assert control.id in (tmp_path / "evidence.txt").read_text()
    assert "Not passed:" in audit.stdout


def test_change_since_a_preview_is_reported_as_drift(aws, deployed_stack, run_audit, stack_outputs, tmp_path):
    report = tmp_path / "preview.json"
    command = ["pulumi", "preview", "--stack", "dev", "--skip-config-validation", "--policy-pack", "policy"]
    command += ["--policy-pack-config", "policy/config/dev.json"]
    preview = aws.sandbox(*command, cwd=deployed_stack.project, HIPAA_REPORT=str(report))
    assert preview.returncode == 0, preview.stdout
    assert run_audit("--against", report)["drift"] == []
    bucket = stack_outputs["phi_bucket_name"]
    original = aws("s3.get_bucket_logging", Bucket=bucket)["LoggingEnabled"]
    aws("s3.put_bucket_logging", Bucket=bucket, BucketLoggingStatus={})
    try:
        drift = run_audit("--against", report)["drift"]
    finally:
        aws("s3.put_bucket_logging", Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": original})
    assert [(entry["control"], entry["resources"]) for entry in drift] == [
        ("s3-access-logging", [f"arn:aws:s3:::{bucket}"])
    ]


def test_report_includes_every_account_of_the_accounts_file(aws, stack_outputs, tmp_path):
    """One role lacks most permissions, and the other can't be assumed. Neither makes a control pass."""
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text(
        "accounts:\n"
        f"- role_arn: {stack_outputs['application_role_arn']}\n  regions: [us-east-1]\n"
        f"- role_arn: arn:aws:iam::{OTHER_ACCOUNT}:role/missing\n  regions: [us-east-1]\n"
    )
    audit = aws.sandbox("phi", "audit", "--all", "--accounts", accounts, "--json")
    assert audit.returncode == 1, audit.stderr
    evidence = json.loads(audit.stdout)
    assert evidence["collection"]["accounts"] == [ACCOUNT, OTHER_ACCOUNT]
    denied = [call for call in evidence["failed_calls"] if call["permission"] == "sts:AssumeRole"]
    assert [call["account"] for call in denied] == [OTHER_ACCOUNT]
    for control in evidence["controls"]:
        if not control["id"].startswith("attest-"):
            observations = [entry for entry in control["observations"] if entry["account"] == OTHER_ACCOUNT]
            assert [observation["outcome"] for observation in observations] == ["unverified"], control["id"]


def test_audit_of_the_whole_account_evaluates_every_bucket_and_control(account_evidence):
    assert account_evidence["collection"]["buckets"] == 3
    assert outcomes(account_evidence)["s3-tls-only"] == "pass"
    assert {control["id"] for control in account_evidence["controls"]} == {control.id for control in LIVE_CONTROLS}


@pytest.fixture(scope="module")
def account_evidence(aws: Aws, deployed_stack: DeployedStack) -> dict[str, Any]:
    """The evidence of an audit of the whole account."""
    config = deployed_stack.project / "policy" / "config" / "dev.json"
    command = ["phi", "audit", "--all", "--region", "us-east-1", "--config", config, "--json"]
    audit = aws.sandbox(*command)
    assert audit.returncode == 1, audit.stderr
    evidence: dict[str, Any] = json.loads(audit.stdout)
    return evidence


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--all", "--stack", "dev"], "don't combine it with --outputs or --stack"),
        (["--region", "us-east-1"], "require --all"),
        (["--report", "evidence.doc"], "unknown report format"),
        (["--config", "none.json"], "can't read none.json"),
        (["--attestations", "none.yaml"], "none.yaml"),
        (["--against", "none.json"], "HIPAA_REPORT"),
        (["--outputs", "none.json"], "none.json can't be read"),
    ],
    ids=[
        "--all with --stack",
        "--region without --all",
        "unknown report format",
        "missing config",
        "missing attestations",
        "missing preview report",
        "missing outputs",
    ],
)
def test_invalid_option_is_reported_without_output(aws, outputs_file, options, message):
    default = [] if "--all" in options or "--outputs" in options else ["--outputs", outputs_file]
    audit = aws.sandbox("phi", "audit", *default, *options)
    assert audit.returncode == 2, audit.stdout + audit.stderr
    assert message in audit.stderr
    assert "Traceback" not in audit.stderr
    assert audit.stdout == ""


def test_credentials_of_another_account_are_rejected(aws, outputs_file):
    command = ["phi", "audit", "--outputs", outputs_file]
    audit = aws.sandbox("env", f"AWS_ACCESS_KEY_ID={OTHER_ACCOUNT}", *command)
    assert audit.returncode == 2
    assert f"the credentials belong to account {OTHER_ACCOUNT}, but the stack is in account {ACCOUNT}" in audit.stderr


def test_auditor_role_has_every_statement_of_the_printed_policy(aws, outputs_file):
    audit = aws.sandbox("phi", "audit", "--outputs", outputs_file, "--print-policy")
    assert audit.returncode == 0, audit.stderr
    printed = json.loads(audit.stdout)["Statement"]
    role = aws("iam.get_role_policy", RoleName="phi-dev-auditor", PolicyName="permissions")["PolicyDocument"]
    assert printed
    assert all(statement in role["Statement"] for statement in printed)
