"""Every resource type that the program declares is billed by a line of the estimate, or is free for a reason."""

from __future__ import annotations

import json
import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from phi_buckets.cost.billed_items import REPLICATION_METRICS, REQUEST_METRICS
from phi_buckets.cost.estimate import Estimate, estimate
from phi_buckets.cost.volumes import Volumes
from phi_buckets.stack.settings import load_settings
from tests.components.mocked_stack import RecordingMonitor, run_main, stack_config

COMPONENTS = Path(__file__).resolve().parents[3] / "components"

COUNTED = {
    "cloudwatch/dashboard:Dashboard": ("dashboard",),
    "cloudwatch/metricAlarm:MetricAlarm": ("alarms", "replica_alarms"),
    "kms/key:Key": ("kms_keys", "backup_kms_keys"),
    "kms/replicaKey:ReplicaKey": ("replica_kms_keys",),
    "s3/bucket:Bucket": ("macie_buckets",),
}
"""Types of which the estimate has the number: the lines whose quantities add up to it."""

BILLED = {
    "athena/workgroup:Workgroup": ("athena_scanned",),
    "backup/plan:Plan": ("backup_storage", "backup_copy_storage", "backup_copy_transfer"),
    "cfg/conformancePack:ConformancePack": ("config_evaluations",),
    "cfg/organizationConformancePack:OrganizationConformancePack": ("config",),
    "cfg/recorder:Recorder": ("config_items",),
    "cloudtrail/trail:Trail": ("data_events", "replica_data_events", "insights", "trail_storage", "trail_writes"),
    "cloudwatch/logGroup:LogGroup": ("logs_ingestion", "logs_storage"),
    "cloudwatch/logMetricFilter:LogMetricFilter": ("metrics",),
    "guardduty/detector:Detector": ("guardduty_management_events", "guardduty"),
    "guardduty/detectorFeature:DetectorFeature": ("guardduty_data_events",),
    "guardduty/malwareProtectionPlan:MalwareProtectionPlan": (
        *("malware_scans", "malware_scanned_gb", "malware_reads"),
        *("malware_tagging", "malware_tags", "malware_kms_requests"),
    ),
    "macie2/account:Account": ("macie_buckets", "macie"),
    "s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("glacier_transitions", "tiering_transitions"),
    "s3/bucketLogging:BucketLogging": ("access_logs", "replica_access_logs"),
    "s3/bucketMetric:BucketMetric": ("metrics", "replica_metrics"),
    "s3/bucketNotification:BucketNotification": ("bucket_events", "replica_bucket_events"),
    "s3/bucketReplicationConfig:BucketReplicationConfig": (
        *("replica_writes", "replica_transfer", "replication_time_control", "replica_metrics"),
        *("replica_trail_storage", "replica_trail_kms_requests"),
    ),
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": ("kms_requests",),
    "s3/bucketVersioning:BucketVersioning": ("noncurrent_standard", "noncurrent_glacier"),
    "s3/inventory:Inventory": ("inventory", "replica_inventory"),
}
"""Types that are billed by use: the lines for it."""

SETTING = "a setting without a price of its own"
IAM = "IAM is free: https://aws.amazon.com/iam/faqs/"
NEGLIGIBLE = "SNS is left out as negligible, as the report says"
FREE = {
    "athena/namedQuery:NamedQuery": "a saved query isn't billed, only what it scans when it runs",
    "backup/selection:Selection": SETTING,
    "backup/vault:Vault": "billed for what is in it: see the plan",
    "backup/vaultLockConfiguration:VaultLockConfiguration": SETTING,
    "cfg/deliveryChannel:DeliveryChannel": "what AWS Config delivers to S3 is left out as negligible",
    "cfg/recorderStatus:RecorderStatus": SETTING,
    "cloudwatch/eventRule:EventRule": "rules aren't billed, nor are events of AWS services that aren't opt-in: "
    "https://aws.amazon.com/eventbridge/pricing/",
    "cloudwatch/eventTarget:EventTarget": "delivery to SNS isn't billed: https://aws.amazon.com/eventbridge/pricing/",
    "cloudwatch/queryDefinition:QueryDefinition": "a saved query isn't billed, only what it scans when it runs",
    "glue/catalogDatabase:CatalogDatabase": "the first million objects are free: https://aws.amazon.com/glue/pricing/",
    "glue/catalogTable:CatalogTable": "the first million objects are free: https://aws.amazon.com/glue/pricing/",
    "iam/instanceProfile:InstanceProfile": IAM,
    "iam/role:Role": IAM,
    "iam/rolePolicy:RolePolicy": IAM,
    "iam/rolePolicyAttachment:RolePolicyAttachment": IAM,
    "kms/alias:Alias": SETTING,
    "s3/accountPublicAccessBlock:AccountPublicAccessBlock": SETTING,
    "s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration": SETTING,
    "s3/bucketOwnershipControls:BucketOwnershipControls": SETTING,
    "s3/bucketPolicy:BucketPolicy": SETTING,
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock": SETTING,
    "sns/topic:Topic": NEGLIGIBLE,
    "sns/topicPolicy:TopicPolicy": SETTING,
    "sns/topicSubscription:TopicSubscription": NEGLIGIBLE,
}

EVERYTHING = {
    "buckets": json.dumps({"phi": {"intelligentTiering": True}, "imaging": {}}),
    "backupCopyVault": "arn:aws:backup:us-west-2:444455556666:backup-vault:phi-copies",
    "athenaEnabled": "true",
    "alertSubscribers": json.dumps(["security@example.com"]),
    "applicationTrust": json.dumps({"service": "ec2.amazonaws.com"}),
}
ORGANIZATION = json.dumps(
    ["publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config", "organizationConfig"]
)


@pytest.fixture(scope="module")
def stacks() -> list[RecordingMonitor]:
    """Return the prod stack with every setting that declares resources: for the account, and for its organization."""
    return [run_main("prod", **EVERYTHING), run_main("prod", **EVERYTHING, accountSecurityServices=ORGANIZATION)]


def declared_types(stack: RecordingMonitor) -> Counter[str]:
    return Counter(
        resource.type.removeprefix("aws:") for resource in stack.registered if resource.type.startswith("aws:")
    )


@pytest.fixture
def estimates(volumes, price_file) -> list[Estimate]:
    """Return the estimates of these stacks."""
    configurations = (
        stack_config("prod", **EVERYTHING),
        stack_config("prod", **EVERYTHING, accountSecurityServices=ORGANIZATION),
    )
    return [
        estimate(volumes, load_settings(configuration | {"aws:region": "us-east-1"}), price_file)
        for configuration in configurations
    ]


def test_settings_of_this_test_declare_every_type_of_the_components(stacks):
    """A type that no setting here declares couldn't be found missing below."""
    constructed = {
        (module, name)
        for path in COMPONENTS.glob("*.py")
        for module, name in re.findall(r"\baws\.(\w+)\.([A-Z]\w+)\(", path.read_text(encoding="utf-8"))
    }
    declared = {
        (type_.partition("/")[0], type_.rpartition(":")[2]) for stack in stacks for type_ in declared_types(stack)
    }
    assert constructed == declared


def test_every_declared_type_is_billed_or_free_for_a_reason(stacks):
    declared = {type_ for stack in stacks for type_ in declared_types(stack)}
    assert declared == {*COUNTED, *BILLED, *FREE}
    assert len(declared) == len(COUNTED) + len(BILLED) + len(FREE)


def test_every_billed_type_has_lines_with_a_quantity(estimates):
    quantities: dict[str, Decimal] = {}
    for result in estimates:
        for line in result.lines:
            quantities[line.id] = max(quantities.get(line.id, Decimal(0)), *line.quantities)
    for type_, line_ids in (COUNTED | BILLED).items():
        for line_id in line_ids:
            assert quantities[line_id] > 0, (type_, line_id)


@pytest.mark.parametrize("type_", COUNTED)
def test_number_of_billed_resources_is_that_of_the_program(stacks, estimates, type_):
    for stack, result in zip(stacks, estimates, strict=True):
        billed = sum(line.quantities[0] for line in result.lines if line.id in COUNTED[type_])
        assert billed == declared_types(stack)[type_]


def test_default_evaluations_are_more_than_one_a_day_for_each_rule(stacks):
    templates = [json.loads(pack.inputs["templateBody"]) for pack in stacks[0].resources_of_type("ConformancePack")]
    rules = sum(len(template["Resources"]) for template in templates)
    assert rules > 0
    assert Volumes().config_evaluations > rules * Decimal(365) / 12


def test_number_of_metrics_is_that_of_what_the_program_declares(stacks, estimates):
    for stack, result in zip(stacks, estimates, strict=True):
        declared = declared_types(stack)
        billed = sum(line.quantities[0] for line in result.lines if line.id in {"metrics", "replica_metrics"})
        assert billed == (
            declared["cloudwatch/logMetricFilter:LogMetricFilter"]
            + declared["s3/bucketMetric:BucketMetric"] * REQUEST_METRICS
            + declared["s3/bucketReplicationConfig:BucketReplicationConfig"] * REPLICATION_METRICS
        )
