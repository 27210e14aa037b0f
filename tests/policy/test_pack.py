"""The pack judged from outside, over gRPC: what each control lets pass and what it tells, and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.policy.pack_process import PackProcess, Resource, reported
from tests.policy.sample_stacks import (
    BASIC_CONTROLS,
    PUBLIC_ACCESS_BLOCK,
    CUSTOMER_MANAGED_KEY,
    KEY_ARN,
    LOGGING,
    SSE_CONFIGURATION,
    TLS_ONLY,
    VERSIONING,
    bucket_with_companions,
    with_inputs,
    tls_only_policy,
    without_type,
)

ALL = set(BASIC_CONTROLS)


@pytest.mark.parametrize("created", [False, True])
def test_a_good_bucket_passes_before_and_after_it_exists(basic_pack: PackProcess, created):
    assert basic_pack.evaluate_stack(bucket_with_companions(created=created)) == []


@pytest.mark.parametrize(
    ("kind", "control"),
    [
        ("BucketPublicAccessBlock", PUBLIC_ACCESS_BLOCK),
        ("BucketServerSideEncryptionConfiguration", CUSTOMER_MANAGED_KEY),
        ("BucketPolicy", TLS_ONLY),
        ("BucketVersioning", VERSIONING),
        ("BucketLogging", LOGGING),
    ],
)
@pytest.mark.parametrize("created", [False, True])
def test_what_is_missing_fails_its_control_alone(basic_pack: PackProcess, kind, control, created):
    assert reported(basic_pack.evaluate_stack(without_type(bucket_with_companions(created=created), kind))) == {(control, "data")}


def test_a_bare_bucket_fails_all(basic_pack: PackProcess):
    bare = [Resource("aws:s3/bucket:Bucket", "data", {})]
    assert reported(basic_pack.evaluate_stack(bare)) == {(control, "data") for control in ALL}


ACCOUNT = "arn:aws:kms:us-east-1:111122223333"

FAULTS = [
    ("BucketPublicAccessBlock", {"restrictPublicBuckets": False}, PUBLIC_ACCESS_BLOCK, "restrictPublicBuckets is not true"),
    ("BucketPublicAccessBlock", {"blockPublicAcls": None}, PUBLIC_ACCESS_BLOCK, "blockPublicAcls is not true"),
    ("BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}, VERSIONING, "versioning is Suspended"),
    ("BucketVersioning", {"versioningConfiguration": {}}, VERSIONING, "versioning is not given"),
    ("BucketLogging", {"targetBucket": "data"}, LOGGING, "logged to the bucket itself"),
    ("BucketPolicy", {"policy": "{"}, TLS_ONLY, "the policy can't be parsed"),
    ("BucketPolicy", {"policy": None}, TLS_ONLY, "the policy can't be parsed"),
]


@pytest.mark.parametrize(("kind", "change", "control", "message"), FAULTS)
def test_what_is_wrong_fails_its_control_alone(basic_pack: PackProcess, kind, change, control, message):
    findings = basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), kind, **change))
    assert reported(findings) == {(control, f"data-{kind}")}
    assert message in findings[0].message
    assert "45 CFR 164.3" in findings[0].message
    assert "Fix: aws.s3." in findings[0].message


@pytest.mark.parametrize(
    ("default", "message"),
    [
        ({"sseAlgorithm": "AES256"}, "default encryption is AES256"),
        ({"sseAlgorithm": "aws:kms"}, "with the AWS managed key aws/s3, since none is named"),
        ({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "alias/aws/s3"}, "with the AWS managed key aws/s3."),
        ({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": f"{ACCOUNT}:alias/aws/s3"}, "with the AWS managed key aws/s3."),
        ({"sseAlgorithm": "aws:kms", "kmsMasterKeyId": "not a key"}, "with what is neither a key's ARN or id nor an"),
        ({}, "default encryption is not given"),
    ],
)
def test_encryption_without_a_customer_key_fails(basic_pack: PackProcess, default, message):
    rules = [{"applyServerSideEncryptionByDefault": default}]
    findings = basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketServerSideEncryptionConfiguration", rules=rules))
    assert reported(findings) == {(CUSTOMER_MANAGED_KEY, "data-BucketServerSideEncryptionConfiguration")}
    assert message in findings[0].message


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("key", [KEY_ARN, KEY_ARN.rsplit("/", 1)[1], "alias/phi", "mrk-" + 32 * "0"])
def test_encryption_with_a_customer_key_passes(basic_pack: PackProcess, algorithm, key):
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]
    assert basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketServerSideEncryptionConfiguration", rules=rules)) == []


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
)
def test_a_policy_that_lets_some_plain_http_in_fails(basic_pack: PackProcess, change):
    """None of these is shown by a statement's name: what the document denies is asked."""
    findings = basic_pack.evaluate_stack(
        with_inputs(bucket_with_companions(), "BucketPolicy", policy=json.dumps(tls_only_policy("data", Sid="TlsOnly", **change)))
    )
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
)
def test_other_ways_to_refuse_plain_http_pass(basic_pack: PackProcess, change):
    assert basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketPolicy", policy=json.dumps(tls_only_policy("data", **change)))) == []


def test_in_another_partition(basic_pack: PackProcess):
    def gov(document):
        return json.dumps(document).replace("arn:aws:", "arn:aws-us-gov:")

    stack = with_inputs(bucket_with_companions(), "BucketPolicy", policy=gov(tls_only_policy("data")))
    there = [replace(each, region="us-gov-west-1") for each in stack]
    assert basic_pack.evaluate_stack(there) == []


def test_companions_are_told_before_they_exist(basic_pack: PackProcess):
    """So they are blocked with --skip-preview too."""
    stack = bucket_with_companions()
    for each in stack[:2]:
        basic_pack.check_resource(each)
    wrong = {"versioningConfiguration": {"status": "Suspended"}}
    (versioning,) = [each for each in with_inputs(stack, "BucketVersioning", **wrong) if "Versioning" in each.type]
    assert reported(basic_pack.check_resource(versioning)) == {(VERSIONING, "data-BucketVersioning")}


def test_what_was_mended_since_is_judged_anew_at_the_end(basic_pack: PackProcess):
    stack = bucket_with_companions()
    wrong = with_inputs(stack, "BucketPublicAccessBlock", blockPublicAcls=False)
    assert reported(basic_pack.evaluate_stack(wrong)) == {(PUBLIC_ACCESS_BLOCK, "data-BucketPublicAccessBlock")}
    assert basic_pack.evaluate_stack(stack) == []
    assert reported(basic_pack.evaluate_stack(without_type(stack, "BucketPublicAccessBlock"))) == {(PUBLIC_ACCESS_BLOCK, "data")}


def test_what_could_not_be_told_before_is_told_at_the_end_though_it_was_told_in_an_earlier_run(basic_pack: PackProcess):
    """A preview and the `up` after it may ask one process."""
    wrong = with_inputs(bucket_with_companions(), "BucketVersioning", versioningConfiguration={"status": "Suspended"})
    assert reported(basic_pack.evaluate_stack(wrong)) == {(VERSIONING, "data-BucketVersioning")}
    untagged = with_inputs(wrong, "Bucket", tags={})
    assert reported(basic_pack.evaluate_stack(untagged)) == {(VERSIONING, "data-BucketVersioning")}


CUSTOMER_KEY = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}


def rule(**default) -> dict:
    return {"applyServerSideEncryptionByDefault": default}


@pytest.mark.parametrize(
    ("kind", "change", "control"),
    [
        ("BucketPublicAccessBlock", {"blockPublicAcls": "false"}, PUBLIC_ACCESS_BLOCK),
        ("BucketPublicAccessBlock", {"blockPublicAcls": 1}, PUBLIC_ACCESS_BLOCK),
        (SSE_CONFIGURATION, {"rules": [rule(**CUSTOMER_KEY), rule(sseAlgorithm="AES256")]}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": []}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": None}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": "aws:kms"}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [None]}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [{"applyServerSideEncryptionByDefault": "aws:kms"}]}, CUSTOMER_MANAGED_KEY),
        (SSE_CONFIGURATION, {"rules": [rule(sseAlgorithm="aws:kms", kmsMasterKeyId=5)]}, CUSTOMER_MANAGED_KEY),
        ("BucketVersioning", {"versioningConfiguration": "Enabled"}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": [{"status": "Enabled"}]}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": {"status": "enabled"}}, VERSIONING),
        ("BucketLogging", {"targetBucket": 5}, LOGGING),
        ("BucketLogging", {"targetBucket": {"name": "logs"}}, LOGGING),
        ("BucketPolicy", {"policy": [1]}, TLS_ONLY),
        ("BucketPolicy", {"policy": 5}, TLS_ONLY),
        ("BucketPolicy", {"policy": "[" * 50_000 + "]" * 50_000}, TLS_ONLY),
    ],
)
def test_a_value_of_another_kind_fails_and_stops_nothing(basic_pack: PackProcess, kind, change, control):
    assert reported(basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), kind, **change))) == {(control, f"data-{kind}")}


def test_the_text_true_is_true(basic_pack: PackProcess):
    assert basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketPublicAccessBlock", blockPublicAcls="true")) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (SSE_CONFIGURATION, {"rules": [rule(sseAlgorithm="hunter2")]}),
        (SSE_CONFIGURATION, {"rules": [rule(sseAlgorithm="aws:kms", kmsMasterKeyId="hunter2")]}),
        ("BucketVersioning", {"versioningConfiguration": {"status": "hunter2"}}),
        ("BucketPolicy", {"policy": '{"Statement": "hunter2"}'}),
        ("BucketPolicy", {"policy": "hunter2"}),
        ("BucketPublicAccessBlock", {"blockPublicAcls": "hunter2"}),
    ],
)
def test_what_a_program_put_in_the_wrong_place_is_not_shown(basic_pack: PackProcess, kind, change):
    """It may be a secret: the SDK hands it over as plain text."""
    (finding,) = basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), kind, **change))
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
)
def test_a_policy_that_s3_would_refuse_fails(basic_pack: PackProcess, change):
    """NotX stands in for X, None for its absence."""
    document = tls_only_policy("data", **change)
    (statement,) = document["Statement"]
    for name, value in change.items():
        statement.pop(name.removeprefix("Not") if name.startswith("Not") else "", None)
        if value is None:
            del statement[name]
    findings = basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketPolicy", policy=json.dumps(document)))
    assert reported(findings) == {(TLS_ONLY, "data-BucketPolicy")}


@pytest.mark.parametrize(
    "condition",
    [
        {"NumericLessThan": {"a:x": "1e9999999999999999999"}},
        {"DateLessThan": {"a:x": "1e9999999999999999999"}},
        {"StringEquals": {"\ud800": "x"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.7/33"}},
    ],
)
def test_odd_values_of_a_condition_end_nothing_and_are_not_shown(basic_pack: PackProcess, condition):
    document = json.dumps(tls_only_policy("data", Condition=condition))
    (finding,) = basic_pack.evaluate_stack(with_inputs(bucket_with_companions(), "BucketPolicy", policy=document))
    assert finding.policy == TLS_ONLY
    assert "203.0.113.7" not in finding.message


@pytest.mark.parametrize("name", [["data"], {"name": "data"}])
def test_a_bucket_whose_name_is_no_text_ends_nothing(basic_pack: PackProcess, name):
    assert reported(basic_pack.evaluate_stack(with_inputs(bucket_with_companions(created=False), "Bucket", bucket=name))) == {(TLS_ONLY, "data-BucketPolicy")}


def test_a_long_chain_of_resources_ends_nothing(basic_pack: PackProcess):
    chain = [
        Resource("aws:sns/topic:Topic", f"topic-{i}", {"name": "x"}, comes_from={"name": [f"topic-{i + 1}"]})
        for i in range(1500)
    ]
    assert basic_pack.check_stack([*chain, Resource("aws:sns/topic:Topic", "topic-1500", {}), *bucket_with_companions()], {}) == []


def test_the_key_of_an_alias_of_the_stack_is_a_customers(basic_pack: PackProcess):
    alias = Resource("aws:kms/alias:Alias", "alias", {"name": "alias/phi"})
    stack = [
        replace(each, comes_from={**each.comes_from, "rules": ["alias"]}) if "Encryption" in each.type else each
        for each in bucket_with_companions(created=False)
    ]
    assert basic_pack.evaluate_stack([alias, *stack]) == []
