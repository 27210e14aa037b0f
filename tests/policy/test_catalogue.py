"""The catalogue: its policies and their metadata, the page made from it, and controls for live accounts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from hipaa_controls.attestations import controls as attestations
from hipaa_controls.catalogue import CONTROLS, LIVE_CONTROLS, PREVIEW_CONTROLS, controls_for_resource, judge
from hipaa_controls.controls_page import markdown
from hipaa_controls.model.control import Severity, Specification, Stage
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.config import controls as config
from hipaa_controls.services.guardduty import controls as guardduty
from hipaa_controls.services.macie import controls as macie
from hipaa_controls.services.s3.facts import Bucket
from hipaa_controls.services.sqs.facts import Queue
from sandbox.folder import ROOT
from tests.policy.pack_process import UNKNOWN, start_pack
from tests.policy.sample_stacks import bucket_with_companions, with_inputs
from tests.policy.services.live_facts import control_by_id

POLICIES = [
    "s3-data-class-tag",
    "s3-public-access-block",
    "s3-account-public-access-block",
    "s3-no-public-grant",
    "s3-acls-disabled",
    "s3-no-external-access",
    "s3-encryption-at-rest",
    "s3-customer-managed-key",
    "s3-bucket-key",
    "s3-tls-only",
    "s3-tls-1-2",
    "s3-enforce-kms-key",
    "s3-deny-sse-c",
    "s3-versioning",
    "s3-object-lock",
    "s3-tamper-protection",
    "s3-retention",
    "s3-abort-multipart",
    "s3-access-logging",
    "s3-replication-or-backup",
    "s3-recoverable-bucket-type",
    "s3-no-external-destinations",
    "s3-no-website",
    "s3-cors",
    "s3-request-metrics",
    "s3-no-force-destroy",
    "s3-access-point-private",
    "s3-access-grants-location",
    "kms-rotation",
    "kms-deletion-window",
    "kms-no-public-principal",
    "kms-no-external-access",
    "kms-confused-deputy",
    "kms-key-administrator",
    "kms-key-separation",
    "cloudtrail-enabled",
    "cloudtrail-s3-data-events",
    "cloudtrail-customer-managed-key",
    "cloudtrail-log-validation",
    "cloudtrail-cloudwatch-logs",
    "cloudtrail-no-external-destinations",
    "logs-customer-managed-key",
    "logs-retention",
    "logs-no-external-access",
    "logs-no-external-destinations",
    "cloudwatch-alarm-action",
    "cloudwatch-alarm-metric-exists",
    "cloudwatch-alarm-coverage",
    "events-no-external-access",
    "events-no-external-targets",
    "sns-customer-managed-key",
    "sns-private",
    "sns-subscription-tls",
    "sns-no-external-subscriptions",
    "sqs-encryption",
    "sqs-customer-managed-key",
    "sqs-no-external-access",
    "sqs-tls-only",
    "iam-no-admin",
    "iam-no-broad-decrypt",
    "iam-no-privilege-escalation",
    "iam-least-privilege",
    "iam-role-trust-policy",
    "iam-condition-keys-apply",
    "iam-no-users",
    "backup-vault-customer-managed-key",
    "backup-vault-key-separation",
    "backup-vault-lock",
    "backup-vault-no-force-destroy",
    "backup-no-external-access",
    "backup-no-external-copies",
    "ram-no-external-sharing",
    "athena-customer-managed-key",
    "athena-settings-enforced",
    "athena-no-external-results",
    "pack-config",
    "pack-notice",
    "pack-coverage",
]


# Controls of account-wide safeguards, and attestations. No program declares them.
ACCOUNT_CONTROLS = (
    *guardduty.CONTROLS,
    *macie.CONTROLS,
    *config.CONTROLS,
    control_by_id("iam-root-mfa"),
)
LIVE_ONLY_CONTROLS = (*ACCOUNT_CONTROLS, *attestations.CONTROLS)


def test_pack_lists_each_policy_with_metadata():
    with start_pack() as pack:
        policies = pack.policies()
    assert sorted(policy.name for policy in policies) == sorted(POLICIES)
    assert policies[0].name == "s3-data-class-tag"  # its options decide how every other control finds the data class
    for policy in policies:
        assert policy.enforcementLevel == (0 if policy.severity == 1 else 1), policy.name  # only low is advisory
        assert policy.framework.name == "HIPAA Security Rule"
        assert policy.displayName
        assert policy.description
        assert policy.remediation_steps
        assert policy.url.startswith("https://www.ecfr.gov/")
        assert "hipaa" in policy.tags


def test_control_ids_are_unique_and_each_rule_checks_facts():
    assert len({control.id for control in CONTROLS}) == len(CONTROLS)
    assert all(control.rule.fact_types for control in CONTROLS)


@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: control.id)
def test_control_text_is_complete(control):
    for text in (control.title, control.statement, control.rationale, control.requirement, control.remediation):
        assert text.strip() == text
        assert text
    assert control.statement.endswith(".")
    assert control.rationale.endswith(".")
    assert not control.title.endswith(".")
    assert not re.search(r"[{}]", control.requirement_text(control.defaults))


def test_controls_page_is_up_to_date():
    assert (ROOT / "docs" / "controls.md").read_text(encoding="utf-8") == markdown(), "run: make docs"


@pytest.mark.parametrize("control", LIVE_ONLY_CONTROLS, ids=lambda control: control.id)
def test_live_only_control_is_not_in_the_pack(control):
    assert control.stages == {Stage.LIVE}
    assert control in LIVE_CONTROLS
    assert control not in PREVIEW_CONTROLS


def test_live_only_controls_check_nothing_of_a_resource_before_it_exists():
    stack = Stack((Bucket("urn", "arn", DataClass.PHI, ()),), complete=False)
    assert controls_for_resource(stack)
    assert controls_for_resource(stack).isdisjoint(control.id for control in LIVE_ONLY_CONTROLS)
    assert [judge(control, RuleContext(stack, {})) for control in LIVE_ONLY_CONTROLS] == [[]] * len(LIVE_ONLY_CONTROLS)


def test_live_only_controls_cite_paragraphs_by_their_specification():
    """Check each paragraph against appendix A to subpart C of part 164."""
    addressable = {"308(a)(4)(ii)(C)", "308(a)(7)(ii)(D)"}
    assert addressable <= {paragraph.number for control in LIVE_ONLY_CONTROLS for paragraph in control.paragraphs}
    for control in LIVE_ONLY_CONTROLS:
        assert control.paragraphs, control.id
        assert not re.search(r"[{}]", control.requirement_text({})), control.id
        for paragraph in control.paragraphs:
            expected = Specification.ADDRESSABLE if paragraph.number in addressable else Specification.REQUIRED
            assert paragraph.specification is expected, (control.id, paragraph.number)
        own_mapping = all(paragraph.own_mapping for paragraph in control.paragraphs)
        assert own_mapping == (control in ACCOUNT_CONTROLS), control.id
    assert {control.severity for control in ACCOUNT_CONTROLS} == {Severity.MEDIUM}
    critical = [control.id for control in attestations.CONTROLS if control.severity is Severity.CRITICAL]
    assert critical == ["attest-baa"]


# The pack, served by the SDK's PolicyPack instead of crossguard.serve.
PLAIN_PACK = f"""
import sys
sys.path.insert(0, {str(ROOT / "policy")!r})
from pulumi_policy import PolicyPack
from crossguard.policies import policies
PolicyPack(name="hipaa", policies=policies())
"""


@pytest.mark.parametrize(
    "stack",
    [
        bucket_with_companions(),
        with_inputs(bucket_with_companions(created=False), "BucketVersioning", versioningConfiguration=UNKNOWN),
        [replace(resource, inputs={}) for resource in bucket_with_companions()],
        [replace(resource, inputs=dict.fromkeys(resource.inputs, UNKNOWN)) for resource in bucket_with_companions()],
    ],
    ids=["compliant", "one value unknown", "no inputs", "all values unknown"],
)
def test_pack_reports_the_same_as_with_the_sdks_own_serving(tmp_path, stack):
    (tmp_path / "__main__.py").write_text(PLAIN_PACK)
    with start_pack() as pack, start_pack(tmp_path) as plain_pack:
        reports = [
            [(finding.policy, finding.resource, finding.message) for finding in process.evaluate_stack(stack)]
            for process in (pack, plain_pack)
        ]
    assert reports[0]
    assert reports[0] == reports[1]


def test_judge_doubt_about_a_resource_turns_a_pass_into_unverified():
    doubt = Unknown("results.newProperty", reason="isn't read by this pack")
    queues = tuple(Queue(f"urn:{name}", Unknown("arn"), None, True) for name in ("doubtful", "sure"))
    encryption = control_by_id("sqs-encryption")

    verdicts = judge(encryption, RuleContext(Stack(queues, doubts={"urn:doubtful": (doubt,)}), {}))

    assert [verdict.status for verdict in verdicts] == [Status.UNVERIFIED, Status.PASS]
    assert verdicts[0].finding.unknowns == (doubt,)
