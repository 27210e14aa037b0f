"""The pack's config: options, levels, exemptions and the report, as the engine hands them over."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.policy.pack_process import Finding, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import VERSIONING, bucket_with_companions, with_inputs

WRONG = with_inputs(bucket_with_companions(), "BucketVersioning", versioningConfiguration={"status": "Suspended"})
TODAY = datetime.now(UTC).date()
EXEMPTION = {
    "resource": "urn:pulumi:*::data-BucketVersioning",
    "reason": "The vendor's importer needs an unversioned bucket until its next release.",
    "approver": "security officer",
    "expires": (TODAY + timedelta(days=30)).isoformat(),
    "compensatingControl": "Nightly copies to the vault.",
}


@pytest.fixture
def pack():
    with start_pack() as gate:
        yield gate


def of(findings: list[Finding], policy: str) -> list[str]:
    return [each.message for each in findings if each.policy == policy]


def test_an_exempted_finding_is_shown_and_does_not_block(pack: PackProcess):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION]})
    findings = pack.evaluate_stack(WRONG)
    assert of(findings, VERSIONING) == []
    (notice,) = [each for each in findings if each.policy == "pack-notice"]
    assert not notice.mandatory
    assert notice.resource == "data-BucketVersioning"
    assert "versioning is Suspended; exempted until" in notice.message
    assert of(findings, "pack-config") == []


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"expires": (TODAY - timedelta(days=1)).isoformat()}, "expired on"),
        ({"expires": (TODAY + timedelta(days=400)).isoformat()}, "more than a year"),
        ({"expires": "soon"}, "is no date"),
        ({"reason": "TODO"}, "reason says too little"),
        ({"reason": "xxxxxxxxxxxxxxxxxxxxxxxx"}, "reason says too little"),
        ({"approver": ""}, "has no approver"),
        ({"compensatingControl": None}, "has no compensatingControl"),
        ({"resource": "**"}, "is of everything"),
        ({"owner": "x"}, "a property that there isn't"),
    ],
)
def test_an_exemption_that_is_not_in_order_excuses_nothing_and_fails(pack: PackProcess, change, fault):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION | change]})
    findings = pack.evaluate_stack(WRONG)
    assert len(of(findings, VERSIONING)) == 1
    (message,) = of(findings, "pack-config")
    assert fault in message
    assert all(each.mandatory for each in findings if each.policy == "pack-config")


def test_an_exemption_that_excuses_nothing_fails(pack: PackProcess):
    pack.configure(s3_versioning={"exemptions": [EXEMPTION]})
    (message,) = of(pack.evaluate_stack(bucket_with_companions()), "pack-config")
    assert "excuses nothing" in message


def test_a_tag_exempts_nothing(pack: PackProcess):
    tagged = with_inputs(WRONG, "Bucket", tags={"DataClass": "PHI", "hipaa:exempt": "s3-versioning"})
    assert len(of(pack.evaluate_stack(tagged), VERSIONING)) == 1


@pytest.mark.parametrize(
    ("config", "notice"),
    [
        ({"s3_versioning": {"enforcementLevel": "disabled"}}, "s3-versioning: disabled"),
        ({"s3_versioning": {"enforcementLevel": "advisory"}}, "s3-versioning: only advisory"),
        ({"s3_retention": {"days": 30}}, "s3-retention: days is 30"),
        ({"s3_no_force_destroy": {"protect": False}}, "s3-no-force-destroy: protect is False"),
        ({"s3_no_external_access": {"accounts": ["444455556666"]}}, "accounts is 444455556666"),
        ({"s3_data_class_tag": {"untaggedAs": "other"}}, "untaggedAs is other"),
        ({"s3_versioning": {"unverifiedLevel": "advisory"}}, "unverified findings don't block"),
    ],
)
def test_every_loosening_is_seen(pack: PackProcess, config, notice):
    pack.configure(**config)
    assert any(notice in message for message in of(pack.evaluate_stack(bucket_with_companions()), "pack-notice"))


def test_what_tightens_is_not_told(pack: PackProcess):
    pack.configure(s3_retention={"days": 9999}, s3_abort_multipart={"days": 1}, s3_object_lock={"mode": "COMPLIANCE"})
    assert of(pack.evaluate_stack(bucket_with_companions()), "pack-notice") == []


def test_the_gates_own_policies_cannot_be_silenced(pack: PackProcess):
    off = {name.name.replace("-", "_"): {"enforcementLevel": "disabled"} for name in pack.policies()}
    pack.configure(**off)
    assert len(of(pack.evaluate_stack(WRONG), "pack-notice")) == len(off) - 2


def test_an_option_decides(pack: PackProcess):
    rules = [{"id": "x", "status": "Enabled", "noncurrentVersionExpiration": {"noncurrentDays": 3000}}]
    token = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    stack = [*bucket_with_companions(), Resource(token, "lifecycle", {"bucket": "data", "rules": rules})]
    assert of(pack.evaluate_stack(stack), "s3-retention") == []
    pack.configure(s3_retention={"days": 3650})
    (message,) = of(pack.evaluate_stack(stack), "s3-retention")
    assert "after 3000 days" in message
    assert "3650 days" in message


def test_the_report_has_every_verdict(pack: PackProcess, tmp_path):
    path = tmp_path / "report.json"
    pack.configure(pack_notice={"report": str(path)}, s3_versioning={"exemptions": [EXEMPTION]})
    pack.evaluate_stack(WRONG)
    controls = {each["id"]: each for each in json.loads(path.read_text())["controls"]}
    assert set(controls) == {each.name for each in pack.policies()} - {"pack-config", "pack-notice"}
    (versioning,) = controls["s3-versioning"]["verdicts"]
    assert versioning["status"] == "fail"
    assert "security officer" in versioning["exempted"]
    assert {each["status"] for each in controls["s3-tls-only"]["verdicts"]} == {"pass"}


def test_what_is_declared_elsewhere_is_no_pass(pack: PackProcess, tmp_path):
    path = tmp_path / "report.json"
    pack.configure(pack_notice={"report": str(path)})
    pack.evaluate_stack([replace(each, comes_from={}) for each in bucket_with_companions() if each.type.endswith(":BucketVersioning")])
    controls = {each["id"]: each for each in json.loads(path.read_text())["controls"]}
    of_another_stack = (
        "s3-deny-sse-c",
        "s3-replication-or-backup",
        "s3-request-metrics",
        "s3-data-class-tag",
        "s3-no-force-destroy",
    )
    assert {each["status"] for id_ in of_another_stack for each in controls[id_]["verdicts"]} == {"not applicable"}
