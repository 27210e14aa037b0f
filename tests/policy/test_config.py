"""The pack's config as the engine passes it: options, levels and exemptions, and the report of a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest

from hipaa_controls.catalogue import PREVIEW_CONTROLS
from tests.policy.pack_process import Finding, PackProcess, Resource
from tests.policy.sample_stacks import VERSIONING, bucket_with_companions, with_inputs

UNVERSIONED = with_inputs(bucket_with_companions(), "BucketVersioning", versioningConfiguration={"status": "Suspended"})
TODAY = datetime.now(UTC).date()
EXEMPTION = {
    "resource": "urn:pulumi:*::data-BucketVersioning",
    "reason": "The vendor's importer needs an unversioned bucket until its next release.",
    "approver": "security officer",
    "expires": (TODAY + timedelta(days=30)).isoformat(),
    "compensatingControl": "Nightly copies to the vault.",
}


@pytest.fixture
def pack(pack: PackProcess) -> Iterator[PackProcess]:
    """The process of this module, which has its default config again after each test."""
    yield pack
    pack.configure()


def messages_of(findings: list[Finding], policy: str) -> list[str]:
    assert policy in {"pack-config", "pack-notice", "pack-coverage", *(control.id for control in PREVIEW_CONTROLS)}, (
        policy
    )
    return [finding.message for finding in findings if finding.policy == policy]


def read_report(path: Path) -> dict[str, Any]:
    """Return the controls of a report by id."""
    return {control["id"]: control for control in json.loads(path.read_text())["controls"]}


def test_exempted_finding_is_reported_and_does_not_block(pack: PackProcess):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION]})
    findings = pack.evaluate_stack(UNVERSIONED)
    assert messages_of(findings, VERSIONING) == []
    (notice,) = [finding for finding in findings if finding.policy == "pack-notice"]
    assert not notice.mandatory
    assert notice.resource == "data-BucketVersioning"
    assert "versioning is Suspended; exempted until" in notice.message
    assert messages_of(findings, "pack-config") == []


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"expires": (TODAY - timedelta(days=1)).isoformat()}, "expired on"),
        ({"expires": (TODAY + timedelta(days=400)).isoformat()}, "more than a year"),
        ({"expires": "soon"}, "not a date"),
        ({"reason": "TODO"}, "too little detail in reason"),
        ({"reason": "xxxxxxxxxxxxxxxxxxxxxxxx"}, "too little detail in reason"),
        ({"approver": ""}, "has no approver"),
        ({"compensatingControl": None}, "has no compensatingControl"),
        ({"resource": "**"}, "write a URN or ARN"),
        ({"resource": "urn:pulumi:*::*::*::d*"}, "matches (nearly) every name"),
        ({"owner": "x"}, "has an unknown property"),
    ],
    ids=[
        "expired",
        "expires too late",
        "expires is not a date",
        "reason is a placeholder",
        "reason is filler",
        "no approver",
        "no compensating control",
        "matches every resource",
        "matches nearly every resource",
        "unknown property",
    ],
)
def test_invalid_exemption_covers_nothing_and_fails(pack: PackProcess, change, error):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION | change]})
    findings = pack.evaluate_stack(UNVERSIONED)
    assert len(messages_of(findings, VERSIONING)) == 1
    (message,) = messages_of(findings, "pack-config")
    assert error in message
    assert [finding.mandatory for finding in findings if finding.policy == "pack-config"] == [True]


@pytest.mark.parametrize(
    ("config", "hint"),
    [
        ({"s3_versionning": {"enforcementLevel": "mandatory"}}, "unknown control; the nearest is s3-versioning"),
        ({"S3_VERSIONING": {"enforcementLevel": "disabled"}}, "unknown control; the nearest is s3-versioning"),
        ({"pack_notise": {"report": "report.json"}}, "unknown control; the nearest is pack-notice"),
        ({"hunter2": {"hunter2": "hunter2"}}, "unknown control; rename or remove"),
        ({"hunter2" * 1000: {}}, "unknown control; rename or remove"),
        ({"s3_retention": {"hunter2": 3, "logdays": 3}}, "s3-retention: unknown option; the nearest is logDays"),
        ({"s3_retention": {"dias": 3, "enforcementLevel": "disabled"}}, "s3-retention: unknown option; the nearest is"),
        ({"iam_root_mfa": {"exemption": []}}, "iam-root-mfa: unknown option; the nearest is exemptions"),
        ({"pack_config": {"acount": "123456789012"}}, "pack-config: unknown option; the nearest is account"),
        ({"pack_notice": {"reports": "hunter2"}}, "pack-notice: unknown option; the nearest is report"),
        ({"all": {"days": 3}}, "all: has options"),
        ({"s3_versioning": {"unverifiedLevel": "advisry"}}, "unknown unverifiedLevel; the nearest is advisory"),
    ],
    ids=lambda value: next(iter(value))[:20] if isinstance(value, dict) else "",
)
def test_unknown_name_in_the_config_fails_and_names_the_nearest(pack: PackProcess, config, hint):
    pack.configure(**config)
    findings = [f for f in pack.evaluate_stack(bucket_with_companions()) if f.policy == "pack-config"]
    assert any(hint in finding.message for finding in findings)
    assert all(finding.mandatory for finding in findings)
    assert "hunter2" not in str(findings)


def test_all_unknown_names_in_the_config_are_reported_together(pack: PackProcess):
    pack.configure(s3_versionning={}, s3_retention={"dais": 3, "logDais": 3}, all={"days": 3})
    assert len(messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-config")) == 4


def test_config_of_a_control_that_only_the_audit_judges_is_valid(pack: PackProcess):
    pack.configure(iam_root_mfa={"exemptions": [EXEMPTION | {"resource": "123456789012"}]}, all={})
    assert messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-config") == []


def test_corrected_config_passes_again(pack: PackProcess):
    pack.configure(s3_versionning={})
    pack.configure()
    assert messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-config") == []


def test_unused_exemption_fails(pack: PackProcess):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION]})
    (message,) = messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-config")
    assert "covers no finding in this stack" in message


def test_unused_exemption_after_an_invalid_one_is_named_by_its_position_in_the_config(pack: PackProcess):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION | {"resource": "*"}, EXEMPTION]})
    messages = messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-config")
    assert any("exemption 2 covers no finding in this stack" in message for message in messages)


def test_tag_exempts_nothing(pack: PackProcess):
    tagged = with_inputs(UNVERSIONED, "Bucket", tags={"DataClass": "PHI", "hipaa:exempt": "s3-versioning"})
    assert len(messages_of(pack.evaluate_stack(tagged), VERSIONING)) == 1


@pytest.mark.parametrize(
    ("config", "notice"),
    [
        ({"s3_versioning": {"enforcementLevel": "disabled"}}, "s3-versioning: disabled"),
        ({"s3_versioning": {"enforcementLevel": "advisory"}}, "s3-versioning: made advisory"),
        ({"s3_retention": {"days": 30}}, "s3-retention: days is 30"),
        ({"s3_no_force_destroy": {"protect": False}}, "s3-no-force-destroy: protect is false"),
        ({"s3_no_external_access": {"accounts": ["444455556666"]}}, "accounts is 444455556666"),
        ({"s3_data_class_tag": {"untaggedAs": "other"}}, "untaggedAs is other"),
        ({"s3_versioning": {"unverifiedLevel": "advisory"}}, "unverified findings don't block"),
    ],
    ids=["disabled", "advisory", "fewer days", "flag off", "trusted account", "weaker choice", "unverified allowed"],
)
def test_every_relaxation_is_reported(pack: PackProcess, config, notice):
    pack.configure(**config)
    messages = messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-notice")
    assert any(notice in message for message in messages)


def test_stricter_options_are_not_reported(pack: PackProcess):
    pack.configure(s3_retention={"days": 9999}, s3_abort_multipart={"days": 1}, s3_object_lock={"mode": "COMPLIANCE"})
    assert messages_of(pack.evaluate_stack(bucket_with_companions()), "pack-notice") == []


def test_policies_about_the_pack_cannot_be_disabled(pack: PackProcess):
    disabled = {policy.name.replace("-", "_"): {"enforcementLevel": "disabled"} for policy in pack.policies()}
    pack.configure(**disabled)
    assert len(messages_of(pack.evaluate_stack(UNVERSIONED), "pack-notice")) == len(disabled) - 3


def test_option_changes_the_requirement(pack: PackProcess):
    rules = [{"id": "x", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 3000}}]
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    stack = [*bucket_with_companions(), Resource(token, "lifecycle", {"bucket": "data", "rules": rules})]
    assert messages_of(pack.evaluate_stack(stack), "s3-retention") == []
    pack.configure(s3_retention={"days": 3650})
    (message,) = messages_of(pack.evaluate_stack(stack), "s3-retention")
    assert "after 3000 days" in message
    assert "3650 days" in message


def test_report_has_every_verdict(pack: PackProcess, tmp_path: Path):
    path = tmp_path / "report.json"
    pack.configure(pack_notice={"report": str(path)}, s3_versioning={"exemptions": [EXEMPTION]})
    pack.evaluate_stack(UNVERSIONED)
    controls = read_report(path)
    assert set(controls) == {policy.name for policy in pack.policies()} - {
        "pack-config",
        "pack-notice",
        "pack-coverage",
    }
    (versioning,) = controls["s3-versioning"]["verdicts"]
    assert versioning["status"] == "fail"
    assert "security officer" in versioning["exempted"]
    assert {verdict["status"] for verdict in controls["s3-tls-only"]["verdicts"]} == {"pass"}


def test_report_that_cannot_be_written_ends_the_run_with_the_reason(pack: PackProcess, tmp_path: Path):
    pack.configure(pack_notice={"report": str(tmp_path / "missing" / "report.json")})
    with pytest.raises(grpc.RpcError, match=r"can't write the report to .* \(FileNotFoundError\). Create its folder"):
        pack.evaluate_stack(bucket_with_companions())


def test_companion_of_a_bucket_of_another_stack_is_not_applicable(pack: PackProcess, tmp_path: Path):
    path = tmp_path / "report.json"
    pack.configure(pack_notice={"report": str(path)})
    companions = [resource for resource in bucket_with_companions() if resource.type.endswith(":BucketVersioning")]
    pack.evaluate_stack([replace(companion, comes_from={}) for companion in companions])
    controls = read_report(path)
    need_the_whole_bucket = (
        "s3-deny-sse-c",
        "s3-replication-or-backup",
        "s3-request-metrics",
        "s3-data-class-tag",
        "s3-no-force-destroy",
    )
    statuses = {verdict["status"] for control in need_the_whole_bucket for verdict in controls[control]["verdicts"]}
    assert statuses == {"not applicable"}
