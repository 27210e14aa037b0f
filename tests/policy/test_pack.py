"""The pack over gRPC, as the engine uses it: which stacks pass each basic control, and what is reported when."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.pack_process import PackProcess, Resource, reported
from tests.policy.sample_stacks import (
    BASIC_CONTROLS,
    CUSTOMER_MANAGED_KEY,
    KEY_ARN,
    LOGGING,
    PUBLIC_ACCESS_BLOCK,
    SSE_CONFIGURATION,
    TLS_ONLY,
    VERSIONING,
    bucket_with_companions,
    tls_only_policy,
    with_inputs,
    without_type,
)

KMS_ARN_PREFIX = "arn:aws:kms:us-east-1:111122223333"


def stack_with(type_name: str, **inputs: Any) -> list[Resource]:
    """Return the compliant bucket with inputs of one companion changed."""
    return with_inputs(bucket_with_companions(), type_name, **inputs)


def sse_rule(**default: Any) -> dict[str, Any]:
    return {"applyServerSideEncryptionByDefault": default}


@pytest.mark.parametrize("created", [False, True], ids=["before creation", "created"])
def test_compliant_bucket_passes(basic_pack: PackProcess, created):
    assert basic_pack.evaluate_stack(bucket_with_companions(created=created)) == []


@pytest.mark.parametrize(
    ("type_name", "control"),
    [
        ("BucketPublicAccessBlock", PUBLIC_ACCESS_BLOCK),
        ("BucketServerSideEncryptionConfiguration", CUSTOMER_MANAGED_KEY),
        ("BucketPolicy", TLS_ONLY),
        ("BucketVersioning", VERSIONING),
        ("BucketLogging", LOGGING),
    ],
)
@pytest.mark.parametrize("created", [False, True], ids=["before creation", "created"])
def test_missing_companion_fails_only_its_control(basic_pack: PackProcess, type_name, control, created):
    stack = without_type(bucket_with_companions(created=created), type_name)
    assert reported(basic_pack.evaluate_stack(stack)) == {(control, "data")}


def test_bucket_without_companions_fails_every_basic_control(basic_pack: PackProcess):
    bucket = Resource("aws:s3/bucket:Bucket", "data", {})
    assert reported(basic_pack.evaluate_stack([bucket])) == {(control, "data") for control in BASIC_CONTROLS}


@pytest.mark.parametrize(
    ("type_name", "inputs", "control", "message"),
    [
        (
            "BucketPublicAccessBlock",
            {"restrictPublicBuckets": False},
            PUBLIC_ACCESS_BLOCK,
            "restrictPublicBuckets is not true",
        ),
        ("BucketPublicAccessBlock", {"blockPublicAcls": None}, PUBLIC_ACCESS_BLOCK, "blockPublicAcls is not true"),
        (
            "BucketVersioning",
            {"versioningConfiguration": {"status": "Suspended"}},
            VERSIONING,
            "versioning is Suspended",
        ),
        ("BucketVersioning", {"versioningConfiguration": {}}, VERSIONING, "versioning is not set"),
        ("BucketLogging", {"targetBucket": "data"}, LOGGING, "logged to the bucket itself"),
        ("BucketPolicy", {"policy": "{"}, TLS_ONLY, "the policy can't be parsed"),
        ("BucketPolicy", {"policy": None}, TLS_ONLY, "the policy can't be parsed"),
    ],
    ids=[
        "flag false",
        "flag missing",
        "versioning suspended",
        "no versioning status",
        "logs to itself",
        "broken policy",
        "no policy",
    ],
)
def test_noncompliant_companion_fails_only_its_control(basic_pack: PackProcess, type_name, inputs, control, message):
    findings = basic_pack.evaluate_stack(stack_with(type_name, **inputs))
    assert reported(findings) == {(control, f"data-{type_name}")}
    assert message in findings[0].message
    assert "45 CFR 164.3" in findings[0].message
    fix = findings[0].message.partition("\nFix: ")[2]
    assert ('"aws:SecureTransport": "false"' if control == TLS_ONLY else "aws.s3.") in fix


@pytest.mark.parametrize(
    ("default", "message"),
    [
        ({"sseAlgorithm": "AES256"}, "default encryption is AES256"),
        ({"sseAlgorithm": "aws:kms"}, "aws:kms without a key, which means the AWS managed key aws/s3."),
        ({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/aws/s3"}, "with the AWS managed key aws/s3."),
        (
            {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": f"{KMS_ARN_PREFIX}:alias/aws/s3"},
            "with the AWS managed key aws/s3.",
        ),
        (
            {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "not a key"},
            "with a value that is not a key ARN, key ID or alias",
        ),
        ({}, "default encryption is not set"),
    ],
    ids=["AES256", "no key", "AWS managed key by alias", "AWS managed key by ARN", "not a key", "no default"],
)
def test_encryption_without_a_customer_managed_key_fails(basic_pack: PackProcess, default, message):
    stack = stack_with(SSE_CONFIGURATION, rules=[sse_rule(**default)])
    findings = basic_pack.evaluate_stack(stack)
    assert reported(findings) == {(CUSTOMER_MANAGED_KEY, f"data-{SSE_CONFIGURATION}")}
    assert message in findings[0].message


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("key", [KEY_ARN, KEY_ARN.rsplit("/", 1)[1], "alias/phi", "mrk-" + 32 * "0"])
def test_encryption_with_a_customer_managed_key_passes(basic_pack: PackProcess, algorithm, key):
    rules = [sse_rule(sseAlgorithm=algorithm, kmsMasterKeyId=key)]
    assert basic_pack.evaluate_stack(stack_with(SSE_CONFIGURATION, rules=rules)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Action": "s3:PutObject"},
        {"Action": ["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"]},
        {"Resource": "arn:aws:s3:::data/*"},
        {"Resource": "arn:aws:s3:::data"},
        {"Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/reports/*"]},
        {"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]},
        {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringNotEquals": {"aws:PrincipalTag/team": "ops"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ],
    ids=[
        "allows TLS only",
        "one action",
        "most actions",
        "objects only",
        "bucket only",
        "some objects",
        "another bucket",
        "one principal",
        "exception by tag",
        "denies TLS",
        "one network",
    ],
)
def test_policy_that_allows_some_plain_http_fails(basic_pack: PackProcess, change):
    """The statement ID is always TlsOnly, but only the effect of the document counts."""
    document = tls_only_policy("data", Sid="TlsOnly", **change)
    findings = basic_pack.evaluate_stack(stack_with("BucketPolicy", policy=json.dumps(document)))
    assert reported(findings) == {(TLS_ONLY, "data-BucketPolicy")}


@pytest.mark.parametrize(
    "change",
    [
        {"Principal": {"AWS": "*"}},
        {"Action": "*"},
        {"Resource": "*"},
        {"Resource": ["arn:aws:s3:::data*"]},
        {"Condition": {"BoolIfExists": {"aws:SecureTransport": "false"}}},
        {"Condition": {"Bool": {"AWS:securetransport": [False]}}},
    ],
    ids=["AWS principal", "any action", "any resource", "wildcard resource", "BoolIfExists", "other case and type"],
)
def test_equivalent_denial_of_plain_http_passes(basic_pack: PackProcess, change):
    document = tls_only_policy("data", **change)
    assert basic_pack.evaluate_stack(stack_with("BucketPolicy", policy=json.dumps(document))) == []


def test_policy_with_arns_of_the_stacks_partition_passes(basic_pack: PackProcess):
    document = json.dumps(tls_only_policy("data")).replace("arn:aws:", "arn:aws-us-gov:")
    stack = stack_with("BucketPolicy", policy=document)
    assert basic_pack.evaluate_stack([replace(resource, region="us-gov-west-1") for resource in stack]) == []


def test_companion_is_reported_before_it_exists(new_basic_pack: PackProcess):
    """So the engine doesn't create it, even with --skip-preview."""
    stack = stack_with("BucketVersioning", versioningConfiguration={"status": "Suspended"})
    for resource in stack[:2]:
        new_basic_pack.check_resource(resource)
    (versioning,) = [resource for resource in stack if "Versioning" in resource.type]
    assert reported(new_basic_pack.check_resource(versioning)) == {(VERSIONING, "data-BucketVersioning")}


def test_each_run_of_one_process_reports_the_current_stack(new_basic_pack: PackProcess):
    compliant = bucket_with_companions()
    failing = stack_with("BucketPublicAccessBlock", blockPublicAcls=False)
    missing = without_type(compliant, "BucketPublicAccessBlock")
    assert reported(new_basic_pack.evaluate_stack(failing)) == {(PUBLIC_ACCESS_BLOCK, "data-BucketPublicAccessBlock")}
    assert new_basic_pack.evaluate_stack(compliant) == []
    assert reported(new_basic_pack.evaluate_stack(missing)) == {(PUBLIC_ACCESS_BLOCK, "data")}


def test_finding_known_only_at_the_end_is_reported_again_in_a_later_run(new_basic_pack: PackProcess):
    """A preview and the `up` after it may use the same process."""
    tagged = stack_with("BucketVersioning", versioningConfiguration={"status": "Suspended"})
    assert reported(new_basic_pack.evaluate_stack(tagged)) == {(VERSIONING, "data-BucketVersioning")}
    untagged = with_inputs(tagged, "Bucket", tags={})
    assert reported(new_basic_pack.evaluate_stack(untagged)) == {(VERSIONING, "data-BucketVersioning")}


@pytest.mark.parametrize(
    ("type_name", "inputs", "control"),
    [
        ("BucketPublicAccessBlock", {"blockPublicAcls": "false"}, PUBLIC_ACCESS_BLOCK),
        ("BucketPublicAccessBlock", {"blockPublicAcls": 1}, PUBLIC_ACCESS_BLOCK),
        (
            SSE_CONFIGURATION,
            {"rules": [sse_rule(sseAlgorithm="aws:kms", kmsMasterKeyId=KEY_ARN), sse_rule(sseAlgorithm="AES256")]},
            CUSTOMER_MANAGED_KEY,
        ),
        (SSE_CONFIGURATION, {"rules": []}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": None}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": "aws:kms"}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [None]}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [{"applyServerSideEncryptionByDefault": "aws:kms"}]}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [sse_rule(sseAlgorithm="aws:kms", kmsMasterKeyId=5)]}, CUSTOMER_MANAGED_KEY),
        ("BucketVersioning", {"versioningConfiguration": "Enabled"}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": [{"status": "Enabled"}]}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": {"status": "enabled"}}, VERSIONING),
        ("BucketLogging", {"targetBucket": 5}, LOGGING),
        ("BucketLogging", {"targetBucket": {"name": "logs"}}, LOGGING),
        ("BucketPolicy", {"policy": [1]}, TLS_ONLY),
        ("BucketPolicy", {"policy": 5}, TLS_ONLY),
        ("BucketPolicy", {"policy": "[" * 50_000 + "]" * 50_000}, TLS_ONLY),
    ],
    ids=[
        "flag as string",
        "flag as number",
        "a second rule with AES256",
        "no rules",
        "rules missing",
        "rules as string",
        "empty rule",
        "rule without object",
        "key as number",
        "versioning as string",
        "versioning as list",
        "status in lower case",
        "target as number",
        "target as object",
        "policy as list",
        "policy as number",
        "policy nested too deep",
    ],
)
def test_value_of_another_type_fails_only_its_control(basic_pack: PackProcess, type_name, inputs, control):
    findings = basic_pack.evaluate_stack(stack_with(type_name, **inputs))
    assert reported(findings) == {(control, f"data-{type_name}")}


def test_flag_as_the_string_true_passes(basic_pack: PackProcess):
    assert basic_pack.evaluate_stack(stack_with("BucketPublicAccessBlock", blockPublicAcls="true")) == []


@pytest.mark.parametrize(
    ("type_name", "inputs"),
    [
        (SSE_CONFIGURATION, {"rules": [sse_rule(sseAlgorithm="hunter2")]}),
        (SSE_CONFIGURATION, {"rules": [sse_rule(sseAlgorithm="aws:kms", kmsMasterKeyId="hunter2")]}),
        ("BucketVersioning", {"versioningConfiguration": {"status": "hunter2"}}),
        ("BucketPolicy", {"policy": '{"Statement": "hunter2"}'}),
        ("BucketPolicy", {"policy": "hunter2"}),
        ("BucketPublicAccessBlock", {"blockPublicAcls": "hunter2"}),
    ],
    ids=["algorithm", "key", "versioning status", "statement", "policy", "flag"],
)
def test_value_that_may_be_a_secret_is_not_shown(basic_pack: PackProcess, type_name, inputs):
    """The SDK passes secrets as plain text, and a program may put one into the wrong property."""
    (finding,) = basic_pack.evaluate_stack(stack_with(type_name, **inputs))
    assert "hunter2" not in finding.message


@pytest.mark.parametrize(
    "change",
    [
        {"NotPrincipal": {}},
        {"NotPrincipal": {"AWS": []}},
        {"NotAction": []},
        {"NotResource": []},
        {"Condition": {"StringNotEquals": {"aws:SecureTransport": []}}},
        {"Action": "\u017f3:*"},
        {"Principal": None},
        {"Resource": None},
    ],
    ids=[
        "empty NotPrincipal",
        "NotPrincipal without values",
        "empty NotAction",
        "empty NotResource",
        "condition without values",
        "non-ASCII action",
        "no Principal",
        "no Resource",
    ],
)
def test_policy_that_s3_would_reject_fails(basic_pack: PackProcess, change):
    """Each NotX element replaces X, and None removes the element."""
    document = tls_only_policy("data", **change)
    (statement,) = document["Statement"]
    for name, value in change.items():
        if name.startswith("Not"):
            del statement[name.removeprefix("Not")]
        if value is None:
            del statement[name]
    findings = basic_pack.evaluate_stack(stack_with("BucketPolicy", policy=json.dumps(document)))
    assert reported(findings) == {(TLS_ONLY, "data-BucketPolicy")}


@pytest.mark.parametrize(
    "condition",
    [
        {"NumericLessThan": {"a:x": "1e9999999999999999999"}},
        {"DateLessThan": {"a:x": "1e9999999999999999999"}},
        {"StringEquals": {"\ud800": "x"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.7/33"}},
    ],
    ids=["huge number", "huge date", "lone surrogate", "impossible prefix"],
)
def test_malformed_condition_value_fails_and_is_not_shown(basic_pack: PackProcess, condition):
    document = json.dumps(tls_only_policy("data", Condition=condition))
    (finding,) = basic_pack.evaluate_stack(stack_with("BucketPolicy", policy=document))
    assert finding.policy == TLS_ONLY
    assert "203.0.113.7" not in finding.message


@pytest.mark.parametrize("name", [["data"], {"name": "data"}], ids=["list", "object"])
def test_bucket_name_that_is_not_a_string_fails(basic_pack: PackProcess, name):
    stack = with_inputs(bucket_with_companions(created=False), "Bucket", bucket=name)
    assert reported(basic_pack.evaluate_stack(stack)) == {(TLS_ONLY, "data-BucketPolicy")}


def test_long_chain_of_dependencies_is_checked(new_basic_pack: PackProcess):
    topic = "aws:sns/topic:Topic"
    chain = [Resource(topic, f"topic-{i}", {"name": "x"}, comes_from={"name": [f"topic-{i + 1}"]}) for i in range(1500)]
    stack = [*chain, Resource(topic, "topic-1500", {}), *bucket_with_companions()]
    assert new_basic_pack.check_stack(stack, {}) == []


def test_encryption_with_the_key_of_an_alias_passes(basic_pack: PackProcess):
    alias = Resource("aws:kms/alias:Alias", "alias", {"name": "alias/phi"})
    stack = [
        replace(resource, comes_from={**resource.comes_from, "rules": ["alias"]})
        if "Encryption" in resource.type
        else resource
        for resource in bucket_with_companions(created=False)
    ]
    assert basic_pack.evaluate_stack([alias, *stack]) == []
