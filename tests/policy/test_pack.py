"""The pack judged from outside, over gRPC: what each control lets pass and what it tells, and when."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.policy.pack_process import Gate, Resource, told
from tests.policy.sample_stacks import (
    BASIC,
    BLOCK,
    KEY,
    KEY_ARN,
    LOGGING,
    SSE,
    TLS,
    VERSIONING,
    bucket,
    changed,
    tls_only,
    without,
)

ALL = set(BASIC)


@pytest.mark.parametrize("created", [False, True])
def test_a_good_bucket_passes_before_and_after_it_exists(gate: Gate, created):
    assert gate.judge(bucket(created=created)) == []


@pytest.mark.parametrize(
    ("kind", "control"),
    [
        ("BucketPublicAccessBlock", BLOCK),
        ("BucketServerSideEncryptionConfiguration", KEY),
        ("BucketPolicy", TLS),
        ("BucketVersioning", VERSIONING),
        ("BucketLogging", LOGGING),
    ],
)
@pytest.mark.parametrize("created", [False, True])
def test_what_is_missing_fails_its_control_alone(gate: Gate, kind, control, created):
    assert told(gate.judge(without(bucket(created=created), kind))) == {(control, "data")}


def test_a_bare_bucket_fails_all(gate: Gate):
    bare = [Resource("aws:s3/bucket:Bucket", "data", {})]
    assert told(gate.judge(bare)) == {(control, "data") for control in ALL}


ACCOUNT = "arn:aws:kms:us-east-1:111122223333"

FAULTS = [
    ("BucketPublicAccessBlock", {"restrictPublicBuckets": False}, BLOCK, "restrictPublicBuckets is not true"),
    ("BucketPublicAccessBlock", {"blockPublicAcls": None}, BLOCK, "blockPublicAcls is not true"),
    ("BucketVersioning", {"versioningConfiguration": {"status": "Suspended"}}, VERSIONING, "versioning is Suspended"),
    ("BucketVersioning", {"versioningConfiguration": {}}, VERSIONING, "versioning is not given"),
    ("BucketLogging", {"targetBucket": "data"}, LOGGING, "logged to the bucket itself"),
    ("BucketPolicy", {"policy": "{"}, TLS, "the policy can't be parsed"),
    ("BucketPolicy", {"policy": None}, TLS, "the policy can't be parsed"),
]


@pytest.mark.parametrize(("kind", "change", "control", "message"), FAULTS)
def test_what_is_wrong_fails_its_control_alone(gate: Gate, kind, change, control, message):
    findings = gate.judge(changed(bucket(), kind, **change))
    assert told(findings) == {(control, f"data-{kind}")}
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
def test_encryption_without_a_customer_key_fails(gate: Gate, default, message):
    rules = [{"applyServerSideEncryptionByDefault": default}]
    findings = gate.judge(changed(bucket(), "BucketServerSideEncryptionConfiguration", rules=rules))
    assert told(findings) == {(KEY, "data-BucketServerSideEncryptionConfiguration")}
    assert message in findings[0].message


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
@pytest.mark.parametrize("key", [KEY_ARN, KEY_ARN.rsplit("/", 1)[1], "alias/phi", "mrk-" + 32 * "0"])
def test_encryption_with_a_customer_key_passes(gate: Gate, algorithm, key):
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]
    assert gate.judge(changed(bucket(), "BucketServerSideEncryptionConfiguration", rules=rules)) == []


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
def test_a_policy_that_lets_some_plain_http_in_fails(gate: Gate, change):
    """None of these is shown by a statement's name: what the document denies is asked."""
    findings = gate.judge(
        changed(bucket(), "BucketPolicy", policy=json.dumps(tls_only("data", Sid="TlsOnly", **change)))
    )
    assert told(findings) == {(TLS, "data-BucketPolicy")}


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
def test_other_ways_to_refuse_plain_http_pass(gate: Gate, change):
    assert gate.judge(changed(bucket(), "BucketPolicy", policy=json.dumps(tls_only("data", **change)))) == []


def test_in_another_partition(gate: Gate):
    def gov(document):
        return json.dumps(document).replace("arn:aws:", "arn:aws-us-gov:")

    stack = changed(bucket(), "BucketPolicy", policy=gov(tls_only("data")))
    there = [replace(each, region="us-gov-west-1") for each in stack]
    assert gate.judge(there) == []


def test_companions_are_told_before_they_exist(gate: Gate):
    """So they are blocked with --skip-preview too."""
    stack = bucket()
    for each in stack[:2]:
        gate.before(each)
    wrong = {"versioningConfiguration": {"status": "Suspended"}}
    (versioning,) = [each for each in changed(stack, "BucketVersioning", **wrong) if "Versioning" in each.type]
    assert told(gate.before(versioning)) == {(VERSIONING, "data-BucketVersioning")}


def test_what_was_mended_since_is_judged_anew_at_the_end(gate: Gate):
    stack = bucket()
    wrong = changed(stack, "BucketPublicAccessBlock", blockPublicAcls=False)
    assert told(gate.judge(wrong)) == {(BLOCK, "data-BucketPublicAccessBlock")}
    assert gate.judge(stack) == []
    assert told(gate.judge(without(stack, "BucketPublicAccessBlock"))) == {(BLOCK, "data")}


def test_what_could_not_be_told_before_is_told_at_the_end_though_it_was_told_in_an_earlier_run(gate: Gate):
    """A preview and the `up` after it may ask one process."""
    wrong = changed(bucket(), "BucketVersioning", versioningConfiguration={"status": "Suspended"})
    assert told(gate.judge(wrong)) == {(VERSIONING, "data-BucketVersioning")}
    untagged = changed(wrong, "Bucket", tags={})
    assert told(gate.judge(untagged)) == {(VERSIONING, "data-BucketVersioning")}


CUSTOMER_KEY = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}


def rule(**default) -> dict:
    return {"applyServerSideEncryptionByDefault": default}


@pytest.mark.parametrize(
    ("kind", "change", "control"),
    [
        ("BucketPublicAccessBlock", {"blockPublicAcls": "false"}, BLOCK),
        ("BucketPublicAccessBlock", {"blockPublicAcls": 1}, BLOCK),
        (SSE, {"rules": [rule(**CUSTOMER_KEY), rule(sseAlgorithm="AES256")]}, KEY),
        (SSE, {"rules": []}, KEY),
        (SSE, {"rules": None}, KEY),
        (SSE, {"rules": "aws:kms"}, KEY),
        (SSE, {"rules": [None]}, KEY),
        (SSE, {"rules": [{"applyServerSideEncryptionByDefault": "aws:kms"}]}, KEY),
        (SSE, {"rules": [rule(sseAlgorithm="aws:kms", kmsMasterKeyId=5)]}, KEY),
        ("BucketVersioning", {"versioningConfiguration": "Enabled"}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": [{"status": "Enabled"}]}, VERSIONING),
        ("BucketVersioning", {"versioningConfiguration": {"status": "enabled"}}, VERSIONING),
        ("BucketLogging", {"targetBucket": 5}, LOGGING),
        ("BucketLogging", {"targetBucket": {"name": "logs"}}, LOGGING),
        ("BucketPolicy", {"policy": [1]}, TLS),
        ("BucketPolicy", {"policy": 5}, TLS),
        ("BucketPolicy", {"policy": "[" * 50_000 + "]" * 50_000}, TLS),
    ],
)
def test_a_value_of_another_kind_fails_and_stops_nothing(gate: Gate, kind, change, control):
    assert told(gate.judge(changed(bucket(), kind, **change))) == {(control, f"data-{kind}")}


def test_the_text_true_is_true(gate: Gate):
    assert gate.judge(changed(bucket(), "BucketPublicAccessBlock", blockPublicAcls="true")) == []


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (SSE, {"rules": [rule(sseAlgorithm="hunter2")]}),
        (SSE, {"rules": [rule(sseAlgorithm="aws:kms", kmsMasterKeyId="hunter2")]}),
        ("BucketVersioning", {"versioningConfiguration": {"status": "hunter2"}}),
        ("BucketPolicy", {"policy": '{"Statement": "hunter2"}'}),
        ("BucketPolicy", {"policy": "hunter2"}),
        ("BucketPublicAccessBlock", {"blockPublicAcls": "hunter2"}),
    ],
)
def test_what_a_program_put_in_the_wrong_place_is_not_shown(gate: Gate, kind, change):
    """It may be a secret: the SDK hands it over as plain text."""
    (finding,) = gate.judge(changed(bucket(), kind, **change))
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
def test_a_policy_that_s3_would_refuse_fails(gate: Gate, change):
    """NotX stands in for X, None for its absence."""
    document = tls_only("data", **change)
    (statement,) = document["Statement"]
    for name, value in change.items():
        statement.pop(name.removeprefix("Not") if name.startswith("Not") else "", None)
        if value is None:
            del statement[name]
    findings = gate.judge(changed(bucket(), "BucketPolicy", policy=json.dumps(document)))
    assert told(findings) == {(TLS, "data-BucketPolicy")}


@pytest.mark.parametrize(
    "condition",
    [
        {"NumericLessThan": {"a:x": "1e9999999999999999999"}},
        {"DateLessThan": {"a:x": "1e9999999999999999999"}},
        {"StringEquals": {"\ud800": "x"}},
        {"IpAddress": {"aws:SourceIp": "203.0.113.7/33"}},
    ],
)
def test_odd_values_of_a_condition_end_nothing_and_are_not_shown(gate: Gate, condition):
    document = json.dumps(tls_only("data", Condition=condition))
    (finding,) = gate.judge(changed(bucket(), "BucketPolicy", policy=document))
    assert finding.policy == TLS
    assert "203.0.113.7" not in finding.message


@pytest.mark.parametrize("name", [["data"], {"name": "data"}])
def test_a_bucket_whose_name_is_no_text_ends_nothing(gate: Gate, name):
    assert told(gate.judge(changed(bucket(created=False), "Bucket", bucket=name))) == {(TLS, "data-BucketPolicy")}


def test_a_long_chain_of_resources_ends_nothing(gate: Gate):
    chain = [
        Resource("aws:sns/topic:Topic", f"topic-{i}", {"name": "x"}, comes_from={"name": [f"topic-{i + 1}"]})
        for i in range(1500)
    ]
    assert gate.at_the_end([*chain, Resource("aws:sns/topic:Topic", "topic-1500", {}), *bucket()], {}) == []


def test_the_key_of_an_alias_of_the_stack_is_a_customers(gate: Gate):
    alias = Resource("aws:kms/alias:Alias", "alias", {"name": "alias/phi"})
    stack = [
        replace(each, comes_from={**each.comes_from, "rules": ["alias"]}) if "Encryption" in each.type else each
        for each in bucket(created=False)
    ]
    assert gate.judge([alias, *stack]) == []
