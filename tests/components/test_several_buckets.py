"""A stack with several PHI buckets: what each has of its own, and what they share."""

from __future__ import annotations

import json

import pulumi
import pytest

from components.access import application_permissions, recent_mfa_trust
from components.account import Account
from components.customer_key import CustomerKey
from components.iam_role import IamRole
from tests.components.mocked_stack import ACCOUNT_ID, RecordingMonitor, declared_types, run_main, run_program
from tests.components.policy_requests import ALLOWED, IMPLICIT_DENY, ROOT, request_outcome, role, service

BUCKETS = {
    "phi": {},
    "imaging": {
        "noncurrentRetentionDays": 3653,
        "noncurrentArchiveDays": 30,
        "objectLockMode": "COMPLIANCE",
        "objectLockDays": 3000,
        "intelligentTiering": True,
        "applicationTrust": {"service": "lambda.amazonaws.com"},
    },
}
ACCOUNT = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", "")
PHI, IMAGING = (f"phi-prod-{name}-{ACCOUNT_ID}-us-east-1" for name in ("phi", "imaging"))
IMAGING_REPLICA = f"phi-prod-imaging-replica-{ACCOUNT_ID}-us-west-2"
PHI_ARN, IMAGING_ARN, REPLICA_ARN = map(ACCOUNT.bucket_arn, (PHI, IMAGING, IMAGING_REPLICA))
VIA_S3 = {"kms:ViaService": ["s3.us-east-1.amazonaws.com"], "kms:CallerAccount": [ACCOUNT_ID]}
LOCK_RULE = "BucketObjectLockConfiguration"


@pytest.fixture(scope="module")
def two() -> RecordingMonitor:
    return run_main("prod", buckets=json.dumps(BUCKETS))


@pytest.mark.parametrize(("stack", "count"), [("dev", 15), ("prod", 34)])  # docs/settings.md, Several buckets
def test_second_bucket_adds_only_its_own_resources(stack, count):
    one, two = run_main(stack), run_main(stack, buckets=json.dumps({"phi": {}, "imaging": {}}))
    urns = {resource.urn for resource in one.registered}
    assert urns <= {resource.urn for resource in two.registered}  # none is replaced
    added = {resource.name for resource in two.registered if resource.urn not in urns}
    assert len([r for r in two.registered if r.urn not in urns and not r.is_component]) == count
    assert all(name.startswith(("imaging", "alerts-imaging-")) for name in added)
    # A key, a trail, a topic or a vault would cost more than the bucket's own content.
    assert len(two.resources_of_type("Key")) == len(one.resources_of_type("Key"))


def test_each_bucket_has_its_own_lock_retention_and_tiering(two):
    for name, replica, mode, days, retention, classes in (
        ("phi", "replica", "GOVERNANCE", 2192, 2555, ["GLACIER"]),
        ("imaging", "imaging-replica", "COMPLIANCE", 3000, 3653, ["GLACIER", "INTELLIGENT_TIERING"]),
    ):
        for bucket in (name, replica):
            lock = two.resource(LOCK_RULE, f"{bucket}-lock").inputs["rule"]["defaultRetention"]
            assert (lock["mode"], lock["days"]) == (mode, days)
            rules = two.resource("BucketLifecycleConfiguration", f"{bucket}-lifecycle").inputs["rules"]
            assert rules[0]["noncurrentVersionExpiration"]["noncurrentDays"] == retention
            transitions = [
                transition["storageClass"]
                for rule in rules
                for kind in ("noncurrentVersionTransitions", "transitions")
                for transition in rule.get(kind, [])
            ]
            assert transitions == classes
    trail_lock = two.resource(LOCK_RULE, "trail-files-lock").inputs["rule"]["defaultRetention"]
    assert (trail_lock["mode"], trail_lock["days"]) == ("GOVERNANCE", 2192)


@pytest.mark.parametrize(
    ("role_name", "own", "other"),
    [("application", PHI_ARN, IMAGING_ARN), ("imaging-application", IMAGING_ARN, PHI_ARN)],
)
def test_application_role_uses_only_its_own_buckets(two, role_name, own, other):
    """The buckets share a key, so its use is bound to the bucket by the encryption context."""
    document = two.resource("RolePolicy", f"access-{role_name}-permissions").policy
    key = two.exports["phi_key_arn"]
    for bucket, expected in ((own, ALLOWED), (other, IMPLICIT_DENY)):
        principal = role(f"phi-prod-{role_name}")
        assert request_outcome(document, principal, "s3:GetObject", f"{bucket}/chart") is expected
        assert request_outcome(document, principal, "s3:ListBucket", bucket) is expected
        context = VIA_S3 | {"kms:EncryptionContext:aws:s3:arn": [bucket]}
        assert request_outcome(document, principal, "kms:Decrypt", key, context) is expected


def test_own_trust_decides_who_may_assume_the_role(two):
    own = json.loads(two.resource("Role", "access-imaging-application").inputs["assumeRolePolicy"])
    shared = json.loads(two.resource("Role", "access-application").inputs["assumeRolePolicy"])
    context = {"aws:SourceAccount": [ACCOUNT_ID]}
    for document, lambda_outcome, ecs_outcome in ((own, ALLOWED, IMPLICIT_DENY), (shared, IMPLICIT_DENY, ALLOWED)):
        for name, expected in (("lambda", lambda_outcome), ("ecs-tasks", ecs_outcome)):
            assert request_outcome(document, service(name), "sts:AssumeRole", "*", context) is expected


@pytest.mark.parametrize(
    "trust",
    [
        {"account": "444455556666"},
        {
            "service": "rolesanywhere.amazonaws.com",
            "trustAnchor": "arn:aws:rolesanywhere:us-east-1:444455556666:trust-anchor/6f2c-0a",
        },
    ],
)
def test_trust_that_the_account_cannot_have_names_its_own_setting_before_any_resource(monkeypatch, trust):
    """The command must not change who may assume the role of the other buckets."""
    types = declared_types(monkeypatch)
    with pytest.raises(pulumi.RunError, match=r"^phi:buckets\.imaging\.applicationTrust has ") as raised:
        run_main("dev", buckets=json.dumps({"phi": {}, "imaging": {"applicationTrust": trust}}))
    assert "'phi:applicationTrust" not in str(raised.value)
    assert set(types) <= {"pulumi:pulumi:Stack"}


def test_bucket_named_phi_may_have_its_own_role_next_to_the_shared_one():
    stack = run_main(
        "dev", buckets=json.dumps({"phi": {"applicationTrust": {"service": "ec2.amazonaws.com"}}, "labs": {}})
    )
    roles = {
        name: outputs["application_role_arn"].rpartition("/")[2]
        for name, outputs in stack.exports["phi_buckets"].items()
    }
    assert roles == {"phi": "phi-dev-phi-application", "labs": "phi-dev-application"}


@pytest.mark.parametrize(("key", "buckets"), [("phi-key", (PHI_ARN, IMAGING_ARN)), ("replica-key", (REPLICA_ARN,))])
def test_key_serves_every_bucket_of_its_region(two, key, buckets):
    region = "us-east-1" if key == "phi-key" else "us-west-2"
    (document,) = [item.policy for item in two.registered if item.name == key and not item.is_component]
    context = {"kms:ViaService": [f"s3.{region}.amazonaws.com"], "kms:CallerAccount": [ACCOUNT_ID]}
    for bucket in buckets:
        for encryption_context in (bucket, f"{bucket}/chart"):
            keys = context | {"kms:EncryptionContext:aws:s3:arn": [encryption_context]}
            assert request_outcome(document, ROOT, "kms:Decrypt", "*", keys) is ALLOWED
    keys = context | {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::other"]}
    assert request_outcome(document, ROOT, "kms:Decrypt", "*", keys) is IMPLICIT_DENY


def test_trail_logs_alarms_and_backups_cover_every_bucket(two):
    selectors = two.resource("Trail", "trail").inputs["advancedEventSelectors"]
    recorded = {arn for selector in selectors for f in selector["fieldSelectors"] for arn in f.get("startsWiths", [])}
    assert {f"{arn}/" for arn in (PHI_ARN, IMAGING_ARN, REPLICA_ARN)} <= recorded
    for log_bucket, source in (("access-logs", IMAGING_ARN), ("replica-logs", REPLICA_ARN)):
        policy = two.resource("BucketPolicy", f"{log_bucket}-policy").policy
        bucket = f"arn:aws:s3:::{two.resource('Bucket', log_bucket).inputs['bucket']}"
        context = {"aws:SourceArn": [source], "aws:SourceAccount": [ACCOUNT_ID]}
        assert request_outcome(policy, service("logging.s3"), "s3:PutObject", f"{bucket}/x", context) is ALLOWED
    alarms = {
        alarm.inputs["dimensions"]["BucketName"]
        for alarm in two.resources_of_type("MetricAlarm")
        if alarm.inputs["metricName"] == "4xxErrors"
    }
    assert alarms == {PHI, IMAGING}
    selected = {selection.name: selection.inputs["resources"] for selection in two.resources_of_type("Selection")}
    assert selected == {"backup-selection": [PHI_ARN], "imaging-backup-selection": [IMAGING_ARN]}
    scanned = {
        plan.inputs["protectedResource"]["s3Bucket"]["bucketName"]
        for plan in two.resources_of_type("MalwareProtectionPlan")
    }
    assert {PHI, IMAGING} <= scanned


def test_break_glass_role_recovers_versions_of_every_bucket(two):
    document = two.resource("RolePolicy", "access-break-glass-permissions").policy
    for bucket in (PHI_ARN, IMAGING_ARN):
        principal = role("phi-prod-break-glass")
        assert request_outcome(document, principal, "s3:GetObjectVersion", f"{bucket}/chart") is ALLOWED


def test_each_bucket_is_replicated_with_its_own_role(two):
    for name, source, target in (("replica", PHI, None), ("imaging-replica", IMAGING, IMAGING_REPLICA)):
        replication = two.resource("BucketReplicationConfig", f"{name}-replication").inputs
        assert replication["bucket"] == source
        if target:
            assert replication["rules"][0]["destination"]["bucket"] == ACCOUNT.bucket_arn(target)
    roles = {replication.inputs["role"] for replication in two.resources_of_type("BucketReplicationConfig")}
    assert len(roles) == len(two.resources_of_type("BucketReplicationConfig"))


def test_existing_bucket_keeps_its_name():
    """`pulumi import` can't rename a bucket, and another name would replace it."""
    stack = run_main("dev", buckets=json.dumps({"phi": {"bucketName": "acme-charts"}}))
    assert stack.resource("Bucket", "phi").inputs["bucket"] == "acme-charts"
    assert stack.exports["phi_bucket_name"] == "acme-charts"
    assert not [resource for resource in stack.registered if "phi-dev-phi-111122223333" in json.dumps(resource.inputs)]


def test_outputs_name_each_bucket_and_none_as_the_only_one(two):
    outputs = two.exports["phi_buckets"]["imaging"]
    assert (outputs["phi_bucket_name"], outputs["replica_bucket_name"]) == (IMAGING, IMAGING_REPLICA)
    assert outputs["application_role_arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/phi-prod-imaging-application"
    assert "phi_bucket_name" not in two.exports
    assert set(two.exports["bucket_regions"]) == {bucket.inputs["bucket"] for bucket in two.resources_of_type("Bucket")}


@pytest.mark.parametrize("preview", [True, False])
def test_policy_that_names_more_buckets_than_iam_allows_is_refused_at_the_preview(preview):
    """At the first preview, the key's ARN isn't known, and so neither is the text that the pack would measure."""

    def declare(count: int) -> RecordingMonitor:
        def program() -> None:
            key = CustomerKey("key", {"account": ACCOUNT, "data_class": "PHI", "statements": [], "keeps_data": False})
            arns = [ACCOUNT.bucket_arn(f"{number:063}") for number in range(count)]
            permissions = application_permissions(ACCOUNT, arns, key.arn)
            IamRole(
                "role",
                {
                    "account": ACCOUNT,
                    "role_name": "phi-prod-application",
                    "description": "",
                    "trust": recent_mfa_trust(ACCOUNT),
                    "permissions": permissions,
                    "permissions_boundary": None,
                },
            )

        return run_program(program, preview=preview)

    assert declare(30).resources_of_type("RolePolicy")
    with pytest.raises(pulumi.RunError, match=r"role phi-prod-application has .* at most 10240\..* pulumi stack init"):
        declare(50)
