"""The exact list of policies, their metadata, the page made from them; and that both ways to serve say the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa.catalogue import CONTROLS, RULES
from hipaa.controls_page import markdown
from sandbox.folder import ROOT
from tests.policy.pack_process import UNKNOWN, start_pack
from tests.policy.sample_stacks import bucket_with_companions, with_inputs

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
    "s3-no-website",
    "s3-cors",
    "s3-request-metrics",
    "s3-no-force-destroy",
    "s3-access-point-private",
    "kms-rotation",
    "kms-deletion-window",
    "kms-no-public-principal",
    "kms-confused-deputy",
    "kms-key-administrator",
    "kms-key-separation",
    "cloudtrail-enabled",
    "cloudtrail-s3-data-events",
    "cloudtrail-customer-managed-key",
    "cloudtrail-log-validation",
    "cloudtrail-cloudwatch-logs",
    "logs-customer-managed-key",
    "logs-retention",
    "cloudwatch-alarm-action",
    "cloudwatch-alarm-metric-exists",
    "cloudwatch-alarm-coverage",
    "sns-customer-managed-key",
    "sns-private",
    "iam-no-admin",
    "iam-no-broad-decrypt",
    "iam-least-privilege",
    "iam-role-trust-policy",
    "iam-condition-keys-apply",
    "iam-no-users",
    "backup-vault-customer-managed-key",
    "backup-vault-lock",
    "pack-config",
    "pack-notice",
]


def test_the_list_of_policies_and_their_metadata():
    with start_pack() as gate:
        policies = gate.policies()
    assert sorted(each.name for each in policies) == sorted(POLICIES)
    assert policies[0].name == "s3-data-class-tag"  # it says by which tag the others tell a bucket's role
    for policy in policies:
        assert policy.enforcementLevel == (0 if policy.severity == 1 else 1), policy.name  # only low ones are advisory
        assert policy.framework.name == "HIPAA Security Rule"
        assert policy.displayName
        assert policy.description
        assert policy.remediation_steps
        assert policy.url.startswith("https://www.ecfr.gov/")
        assert "hipaa" in policy.tags


def test_every_control_has_a_rule_and_every_rule_a_control():
    assert set(RULES) == {control.id for control in CONTROLS}


def test_the_page_is_up_to_date():
    assert (ROOT / "docs" / "controls.md").read_text(encoding="utf-8") == markdown(), "run: make docs"


PLAIN = f"""
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
        [replace(each, inputs={}) for each in bucket_with_companions()],
        [replace(each, inputs=dict.fromkeys(each.inputs, UNKNOWN)) for each in bucket_with_companions()],
    ],
    ids=["right", "unknown", "empty", "all unknown"],
)
def test_the_sdks_own_reading_gives_the_same(tmp_path, stack):
    (tmp_path / "__main__.py").write_text(PLAIN)
    with start_pack() as shared, start_pack(tmp_path) as plain:
        told = [[(each.policy, each.resource, each.message) for each in gate.evaluate_stack(stack)] for gate in (shared, plain)]
    assert told[0]
    assert told[0] == told[1]
