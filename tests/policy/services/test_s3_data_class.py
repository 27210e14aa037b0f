"""Which bucket a companion is of, what a bucket is for, and which controls that makes it answer to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, reported
from tests.policy.sample_stacks import (
    CUSTOMER_MANAGED_KEY,
    LOGGING,
    PUBLIC_ACCESS_BLOCK,
    SSE_CONFIGURATION,
    TLS_ONLY,
    VERSIONING,
    bucket_with_companions,
    with_inputs,
    without_type,
)


def test_two_buckets_of_which_one_is_wrong(basic_pack: PackProcess):
    stack = bucket_with_companions("first") + without_type(bucket_with_companions("second"), "BucketVersioning")
    assert reported(basic_pack.evaluate_stack(stack)) == {(VERSIONING, "second")}


def test_a_second_companion_is_judged_as_well(basic_pack: PackProcess):
    extra = Resource(
        "aws:s3/bucketVersioning:BucketVersioning",
        "again",
        {"bucket": "data", "versioningConfiguration": {"status": "Suspended"}},
    )
    assert reported(basic_pack.evaluate_stack([*bucket_with_companions(), extra])) == {(VERSIONING, "again")}


def test_a_log_bucket_need_not_log_nor_have_a_customer_key(basic_pack: PackProcess):
    logs = without_type(
        without_type(bucket_with_companions("logs", DataClass="S3AccessLog"), "BucketLogging"),
        "BucketServerSideEncryptionConfiguration",
    )
    assert basic_pack.evaluate_stack(bucket_with_companions() + logs) == []


def test_a_bucket_that_logs_are_delivered_to_is_a_log_bucket_without_a_tag(basic_pack: PackProcess):
    logs = with_inputs(without_type(bucket_with_companions("logs"), "BucketLogging"), "Bucket", tags={})
    assert basic_pack.evaluate_stack(bucket_with_companions() + logs) == []


def test_a_phi_tag_outweighs_that_logs_are_delivered_there(basic_pack: PackProcess):
    logs = without_type(bucket_with_companions("logs", DataClass="PHI"), "BucketLogging")
    assert reported(basic_pack.evaluate_stack(bucket_with_companions() + logs)) == {(LOGGING, "logs")}


def test_a_bucket_that_says_nothing_is_taken_to_hold_phi(basic_pack: PackProcess):
    stack = with_inputs(without_type(bucket_with_companions(), "BucketLogging"), "Bucket", tags={})
    assert reported(basic_pack.evaluate_stack(stack)) == {(LOGGING, "data")}


def test_a_bucket_of_another_class_must_only_be_closed(basic_pack: PackProcess):
    stack = [
        each
        for each in bucket_with_companions(DataClass="Public")
        if "Versioning" not in resource.type and "Logging" not in resource.type
    ]
    assert basic_pack.evaluate_stack(stack) == []
    assert reported(basic_pack.evaluate_stack(without_type(stack, "BucketPolicy"))) == {(TLS_ONLY, "data")}


V6 = {"Bucket", "BucketVersioning", "BucketServerSideEncryptionConfiguration", "BucketLogging"}


def v6(resource: Resource) -> Resource:
    kind = resource.type.rsplit(":", 1)[1]
    token = f"aws:s3/{kind[0].lower()}{kind[1:]}V2:{kind}V2"
    return replace(resource, type=token) if kind in V6 else resource


def test_pulumi_aws_6_is_judged_alike(basic_pack: PackProcess):
    stack = [v6(each) for each in bucket_with_companions(created=False)]
    assert stack[1].type == "aws:s3/bucketV2:BucketV2"
    assert basic_pack.evaluate_stack(stack) == []
    assert reported(
        basic_pack.evaluate_stack([resource for resource in stack if "Versioning" not in resource.type])
    ) == {(VERSIONING, "data")}


def test_a_companion_that_may_be_of_either_of_two_buckets_is_of_neither(basic_pack: PackProcess):
    stack = bucket_with_companions("first", created=False) + without_type(
        bucket_with_companions("second"), "BucketVersioning"
    )
    either = [
        replace(resource, comes_from={"bucket": ["first", "second"]}) if "Versioning" in resource.type else resource
        for each in stack
    ]
    assert reported(basic_pack.evaluate_stack(either)) == {(VERSIONING, "first"), (VERSIONING, "second")}


@pytest.mark.parametrize("tags", [{}, {"DataClass": ""}, {"DataClass": "Pubic"}, {"DataClass": " phi "}, None, 5])
@pytest.mark.parametrize("created", [False, True])
def test_logging_to_itself_makes_no_log_bucket(basic_pack: PackProcess, tags, created):
    target = {"targetBucket": "data" if created else UNKNOWN}
    stack = with_inputs(
        with_inputs(bucket_with_companions(created=created), "BucketLogging", **target), "Bucket", tags=tags
    )
    to_itself = [
        replace(resource, comes_from={**resource.comes_from, "targetBucket": ["data"]})
        if "Logging" in resource.type
        else resource
        for each in stack
    ]
    assert reported(basic_pack.evaluate_stack(to_itself)) == {(LOGGING, "data-BucketLogging")}


@pytest.mark.parametrize("tag", ["S3AccessLog", "access-log", "Access log"])
def test_a_class_is_read_however_it_is_written(basic_pack: PackProcess, tag):
    assert basic_pack.evaluate_stack(without_type(bucket_with_companions("logs", DataClass=tag), "BucketLogging")) == []


def derived(stack: list[Resource], kind: str, prop: str, value: str, source: str) -> list[Resource]:
    """The stack, with a property whose value is known and was made from another resource's."""
    return [
        replace(resource, inputs={**resource.inputs, prop: value}, comes_from={**resource.comes_from, prop: [source]})
        if resource.type.endswith(f":{kind}")
        else each
        for each in stack
    ]


@pytest.mark.parametrize(
    ("kind", "control"),
    [
        ("BucketPublicAccessBlock", PUBLIC_ACCESS_BLOCK),
        ("BucketVersioning", VERSIONING),
        (SSE_CONFIGURATION, CUSTOMER_MANAGED_KEY),
        ("BucketLogging", LOGGING),
        ("BucketPolicy", TLS_ONLY),
    ],
)
def test_a_companion_is_of_the_bucket_that_it_names_whatever_the_name_was_made_from(
    basic_pack: PackProcess, kind, control
):
    stack = derived(bucket_with_companions(), kind, "bucket", "data-copy", "data")
    assert (control, "data") in reported(basic_pack.evaluate_stack(stack))


def test_logs_to_a_bucket_named_after_this_one_are_not_logs_to_itself(basic_pack: PackProcess):
    assert (
        basic_pack.evaluate_stack(
            derived(bucket_with_companions(), "BucketLogging", "targetBucket", "data-logs", "data")
        )
        == []
    )


@pytest.mark.parametrize(
    "tags", [{"DataClass": "Replica"}, {"DataClass": "CloudTrailLog"}, {"DataClass": "ePHI"}, UNKNOWN]
)
def test_being_logged_to_takes_no_control_off_what_may_hold_phi(basic_pack: PackProcess, tags):
    logs = with_inputs(
        without_type(without_type(bucket_with_companions("logs"), "BucketLogging"), SSE_CONFIGURATION),
        "Bucket",
        tags=tags,
    )
    assert reported(basic_pack.evaluate_stack(bucket_with_companions() + logs)) == {
        (LOGGING, "logs"),
        (CUSTOMER_MANAGED_KEY, "logs"),
    }


@pytest.mark.parametrize("stray", [{"bucket": "elsewhere"}, {"bucket": "elsewhere", "targetBucket": 5}])
def test_logging_without_a_target_makes_no_log_bucket(basic_pack: PackProcess, stray):
    unnamed = with_inputs(
        without_type(bucket_with_companions(created=False), "BucketLogging"), "Bucket", bucket=None, tags={}
    )
    logging = Resource("aws:s3/bucketLogging:BucketLogging", "stray", stray)
    assert (LOGGING, "data") in reported(basic_pack.evaluate_stack([*unnamed, logging]))


def test_logging_of_a_bucket_that_is_not_known_makes_no_log_bucket(basic_pack: PackProcess):
    stack = with_inputs(without_type(bucket_with_companions(), "BucketLogging"), "Bucket", tags={})
    itself = Resource("aws:s3/bucketLogging:BucketLogging", "itself", {"bucket": UNKNOWN, "targetBucket": "data"})
    assert (LOGGING, "data") in reported(basic_pack.evaluate_stack([*stack, itself]))


@pytest.mark.parametrize("name", ["elsewhere", UNKNOWN])
def test_a_companion_of_no_bucket_here_is_judged_as_if_of_phi(basic_pack: PackProcess, name):
    wrong = {"bucket": name, "versioningConfiguration": {"status": "Suspended"}}
    extra = Resource("aws:s3/bucketVersioning:BucketVersioning", "extra", wrong)
    assert reported(basic_pack.evaluate_stack([*bucket_with_companions(), extra])) == {(VERSIONING, "extra")}


def test_a_name_that_only_the_outputs_tell_is_taken(basic_pack: PackProcess):
    stack = [
        replace(resource, inputs={"bucketPrefix": "da", "tags": {"DataClass": "PHI"}})
        if resource.name == "data"
        else resource
        for each in bucket_with_companions()
    ]
    assert basic_pack.evaluate_stack(stack, {"data": {"bucket": "data"}}) == []
