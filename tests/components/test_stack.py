"""The whole program on mocks: what it declares, under which parent, and in which order."""

from __future__ import annotations

import json
import runpy

import pulumi
import pytest

from components.account import Account
from components.customer_key import key_policy
from hipaa import iam
from sandbox.folder import ROOT
from tests.airgap.test_aws_schema import USED
from tests.components.deployed import ACCOUNT_ID, DEPLOYER, Monitor, deployed

CONFIG = {"aws:region": "us-east-1", "phi:environment": "dev"}
PHI = f"phi-dev-phi-{ACCOUNT_ID}-us-east-1"
LOGS = f"phi-dev-access-logs-{ACCOUNT_ID}-us-east-1"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi-key"

NOT_ALLOWED = iam.Outcome.NOT_ALLOWED
APP = iam.Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:role/app", ACCOUNT_ID)
ALGORITHM = "s3:x-amz-server-side-encryption"
KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
CUSTOMER_ALGORITHM = "s3:x-amz-server-side-encryption-customer-algorithm"


def outcome(document, *, action, resource, principal, context) -> iam.Outcome:
    request = iam.Request(action, resource, principal, context, closed=True)
    return iam.decide([iam.parse(document)], request).outcome


def program(monkeypatch: pytest.MonkeyPatch, *, preview: bool = False, **config: str) -> Monitor:
    values = CONFIG | {f"phi:{key}": value for key, value in config.items()}
    monkeypatch.setenv("PULUMI_CONFIG", json.dumps(values))
    pulumi.runtime.set_all_config(values)
    return deployed(lambda: runpy.run_path(str(ROOT / "__main__.py")), preview=preview)


@pytest.fixture(scope="module")
def stack():
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield program(monkeypatch)


def one(stack: Monitor, name: str):
    (found,) = [each for each in stack.declared if each.name == name]
    return found


def test_what_is_declared_and_its_parents(stack):
    assert {(each.type.rsplit(":", 1)[-1], each.name, each.parent) for each in stack.declared} == {
        ("Stack", "phi-dev", ""),
        ("CustomerKey", "phi-key", "phi-dev"),
        ("Key", "phi-key", "phi-key"),
        ("Alias", "phi-key-alias", "phi-key"),
        ("AccessLogBucket", "access-logs", "phi-dev"),
        ("PhiBucket", "phi", "phi-dev"),
        ("BucketLogging", "phi-logging", "phi"),
        *(
            (kind, f"{name}{suffix}", name)
            for name in ("access-logs", "phi")
            for kind, suffix in (
                ("Bucket", ""),
                ("BucketPublicAccessBlock", "-public-access-block"),
                ("BucketOwnershipControls", "-ownership"),
                ("BucketVersioning", "-versioning"),
                ("BucketServerSideEncryptionConfiguration", "-encryption"),
                ("BucketPolicy", "-policy"),
                ("BucketLifecycleConfiguration", "-lifecycle"),
            )
        ),
    }


def test_only_s3_writes_logs_and_only_for_the_phi_bucket(stack):
    delivery = {
        "action": "s3:PutObject",
        "resource": f"arn:aws:s3:::{LOGS}/2026/11/24/log",
        "principal": iam.Principal("Service", "logging.s3.amazonaws.com"),
    }
    source = {"aws:SecureTransport": ["true"], "aws:SourceAccount": [ACCOUNT_ID]}
    from_phi = source | {"aws:SourceArn": [f"arn:aws:s3:::{PHI}"]}
    policy = one(stack, "access-logs-policy").policy
    assert outcome(policy, **delivery, context=from_phi) is iam.Outcome.ALLOWED
    assert outcome(policy, **delivery, context=from_phi | {"aws:SourceAccount": ["444455556666"]}) is NOT_ALLOWED
    assert outcome(policy, **delivery, context=source | {"aws:SourceArn": ["arn:aws:s3:::other"]}) is NOT_ALLOWED
    assert outcome(policy, **delivery, context=from_phi | {"aws:SecureTransport": ["false"]}) is iam.Outcome.DENIED
    reading = delivery | {"action": "s3:GetObject"}
    assert outcome(policy, **reading, context=from_phi) is NOT_ALLOWED


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, NOT_ALLOWED),
        ({ALGORITHM: ["aws:kms"], KEY_HEADER: [KEY_ARN]}, NOT_ALLOWED),
        ({ALGORITHM: ["AES256"]}, iam.Outcome.DENIED),
        ({ALGORITHM: ["aws:kms"]}, iam.Outcome.DENIED),
        ({ALGORITHM: ["aws:kms"], KEY_HEADER: [KEY_ARN + "x"]}, iam.Outcome.DENIED),
        ({CUSTOMER_ALGORITHM: ["AES256"]}, iam.Outcome.DENIED),
    ],
)
def test_an_upload_takes_the_buckets_key_or_is_refused(stack, headers, expected):
    """The bucket's policy allows nothing itself: what it doesn't deny is left to the caller's own IAM policy."""
    policy = one(stack, "phi-policy").policy
    context = {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.3"]} | headers
    resource = f"arn:aws:s3:::{PHI}/object"
    assert outcome(policy, action="s3:PutObject", resource=resource, principal=APP, context=context) is expected


@pytest.mark.parametrize("name", ["phi", "access-logs"])
@pytest.mark.parametrize(
    "transport", [{"aws:SecureTransport": ["false"]}, {"aws:SecureTransport": ["true"], "s3:TlsVersion": ["1.1"]}]
)
def test_neither_plain_http_nor_old_tls_is_let_in(stack, name, transport):
    policy = iam.parse(one(stack, f"{name}-policy").policy)
    arn = f"arn:aws:s3:::{PHI if name == 'phi' else LOGS}"
    for resource in (arn, f"{arn}/{iam.ANY}"):
        request = iam.Request("s3:" + iam.ANY, resource, iam.ANYONE, transport)
        assert iam.decide([policy], request).outcome is iam.Outcome.DENIED


@pytest.mark.parametrize(
    ("action", "change", "expected"),
    [
        ("kms:GenerateDataKey", {}, iam.Outcome.ALLOWED),
        ("kms:Decrypt", {}, iam.Outcome.ALLOWED),
        ("kms:Decrypt", {"kms:EncryptionContext:aws:s3:arn": [f"arn:aws:s3:::{PHI}/object"]}, iam.Outcome.ALLOWED),
        ("kms:Decrypt", {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::other"]}, NOT_ALLOWED),
        ("kms:Decrypt", {"kms:ViaService": ["ec2.us-east-1.amazonaws.com"]}, NOT_ALLOWED),
        ("kms:Decrypt", {"kms:ViaService": None}, NOT_ALLOWED),
        ("kms:Decrypt", {"kms:CallerAccount": ["444455556666"]}, NOT_ALLOWED),
        ("kms:CreateGrant", {}, NOT_ALLOWED),
        ("kms:PutKeyPolicy", {}, iam.Outcome.ALLOWED),
    ],
)
def test_the_key_serves_s3_for_this_bucket_alone(stack, action, change, expected):
    context = {
        "kms:ViaService": ["s3.us-east-1.amazonaws.com"],
        "kms:CallerAccount": [ACCOUNT_ID],
        "kms:EncryptionContext:aws:s3:arn": [f"arn:aws:s3:::{PHI}"],
    } | change
    key = next(each for each in stack.declared if each.type == "aws:kms/key:Key")
    assert outcome(key.policy, action=action, resource=KEY_ARN, principal=APP, context=context) is expected


def test_the_key_rotates_and_is_slow_to_go(stack):
    key = next(each for each in stack.declared if each.type == "aws:kms/key:Key").inputs
    assert (key["enableKeyRotation"], key["rotationPeriodInDays"], key["deletionWindowInDays"]) == (True, 365, 30)


def test_encryption(stack):
    phi = one(stack, "phi-encryption").inputs["rules"]
    logs = one(stack, "access-logs-encryption").inputs["rules"]
    assert phi == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN},
            "bucketKeyEnabled": True,
        }
    ]
    assert logs[0]["applyServerSideEncryptionByDefault"] == {"sseAlgorithm": "AES256"}


def test_access_is_logged_to_the_log_bucket(stack):
    logging = one(stack, "phi-logging").inputs
    assert (logging["bucket"], logging["targetBucket"], logging["targetPrefix"]) == (PHI, LOGS, f"{PHI}/")


def test_earlier_versions_are_archived_and_kept(stack):
    (rule,) = one(stack, "phi-lifecycle").inputs["rules"]
    assert rule["noncurrentVersionTransitions"] == [{"noncurrentDays": 90, "storageClass": "GLACIER"}]
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 2555}
    assert "expiration" not in rule


@pytest.mark.parametrize("name", ["phi", "access-logs"])
def test_order_in_which_s3_wants_it(stack, name):
    assert f"{name}-public-access-block" in one(stack, f"{name}-ownership").after
    assert f"{name}-ownership" in one(stack, f"{name}-policy").after
    assert f"{name}-versioning" in one(stack, f"{name}-lifecycle").after


def test_logs_are_delivered_only_once_the_log_bucket_is_guarded(stack):
    assert {"access-logs-policy", "access-logs-encryption"} <= one(stack, "phi-logging").after


@pytest.mark.parametrize(("environment", "kept"), [("dev", False), ("prod", True)])
def test_outside_dev_all_that_data_hangs_on_is_kept(monkeypatch, environment, kept):
    """A bucket that is left behind without its policy, or without its key, is worse than none."""
    stack = program(monkeypatch, environment=environment)
    children = [each for each in stack.declared if each.type.startswith("aws:")]
    assert len(children) == 17
    assert {(each.protect, each.retain_on_delete) for each in children} == {(kept, kept)}
    buckets = [each for each in children if each.type == "aws:s3/bucket:Bucket"]
    assert {each.name: each.inputs.get("forceDestroy") for each in buckets} == {"phi": False, "access-logs": not kept}


def test_at_preview_the_policy_keeps_its_structure_where_only_the_key_is_unknown(monkeypatch):
    stack = program(monkeypatch, preview=True)
    declared = next(each for each in stack.declared if each.type == "phi:storage:PhiBucket").inputs["bucketPolicy"]
    applied = program(monkeypatch).declared
    whole = next(each for each in applied if each.name == "phi-policy").policy
    assert json.loads(json.dumps(declared).replace(pulumi.runtime.rpc.UNKNOWN, KEY_ARN)) == whole
    assert pulumi.runtime.rpc.UNKNOWN in json.dumps(declared)


def test_each_component_registers_its_outputs_once(stack):
    components = [each.name for each in stack.declared if each.type.startswith("phi:")]
    assert sorted(components) == ["access-logs", "phi", "phi-key"]
    assert [stack.registered.count(name) for name in components] == [1, 1, 1]
    assert stack.outputs["phi-key"] == {"arn": KEY_ARN}
    assert stack.outputs["access-logs"] == {"bucket": LOGS}
    assert stack.outputs["phi"] == {"bucket": PHI, "arn": f"arn:aws:s3:::{PHI}"}


def test_a_name_too_long_for_s3_is_told(monkeypatch):
    account = Account(ACCOUNT_ID, "ap-southeast-1", "aws", "amazonaws.com", DEPLOYER)
    monkeypatch.setattr("pulumi.get_stack", lambda: "a-stack-with-a-very-long-name")
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    with pytest.raises(pulumi.RunError, match="S3 allows 63; give the stack a shorter name"):
        account.bucket_name("access-logs")


def test_no_partition_is_written_in(stack):
    account = Account(ACCOUNT_ID, "us-gov-west-1", "aws-us-gov", "amazonaws.com", DEPLOYER)
    assert account.root == f"arn:aws-us-gov:iam::{ACCOUNT_ID}:root"
    assert account.bucket_arn("b") == "arn:aws-us-gov:s3:::b"
    assert '"arn:aws:' not in json.dumps(key_policy(account, account.bucket_arn("b")))


def test_every_type_is_one_that_the_plugins_schema_is_held_to_wholly(stack):
    used = {each.type.removeprefix("aws:") for each in stack.declared if each.type.startswith("aws:")}
    assert used <= set(USED)
