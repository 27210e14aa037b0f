"""The bucket of a companion and the data class of a bucket, which decide the controls that apply."""

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


def test_only_the_noncompliant_bucket_of_two_fails(basic_pack: PackProcess):
    stack = bucket_with_companions("first") + without_type(bucket_with_companions("second"), "BucketVersioning")
    assert reported(basic_pack.evaluate_stack(stack)) == {(VERSIONING, "second")}


def test_second_companion_is_checked_too(basic_pack: PackProcess):
    second_versioning = Resource(
        "aws:s3/bucketVersioning:BucketVersioning",
        "again",
        {"bucket": "data", "versioningConfiguration": {"status": "Suspended"}},
    )
    stack = bucket_with_companions()
    (first,) = (resource.name for resource in stack if resource.type == second_versioning.type)
    assert reported(basic_pack.evaluate_stack([*stack, second_versioning])) == {
        (VERSIONING, "again"),
        (VERSIONING, first),  # the second overwrites it
    }


def test_log_bucket_needs_neither_logging_nor_customer_managed_key(basic_pack: PackProcess):
    logs = without_type(
        without_type(bucket_with_companions("logs", DataClass="S3AccessLog"), "BucketLogging"),
        "BucketServerSideEncryptionConfiguration",
    )
    assert basic_pack.evaluate_stack(bucket_with_companions() + logs) == []


def test_untagged_target_of_logging_is_a_log_bucket(basic_pack: PackProcess):
    logs = with_inputs(without_type(bucket_with_companions("logs"), "BucketLogging"), "Bucket", tags={})
    assert basic_pack.evaluate_stack(bucket_with_companions() + logs) == []


def test_phi_tag_outweighs_being_a_target_of_logging(basic_pack: PackProcess):
    logs = without_type(bucket_with_companions("logs", DataClass="PHI"), "BucketLogging")
    assert reported(basic_pack.evaluate_stack(bucket_with_companions() + logs)) == {(LOGGING, "logs")}


def test_untagged_bucket_counts_as_phi(basic_pack: PackProcess):
    stack = with_inputs(without_type(bucket_with_companions(), "BucketLogging"), "Bucket", tags={})
    assert reported(basic_pack.evaluate_stack(stack)) == {(LOGGING, "data")}


def test_bucket_without_phi_needs_only_access_controls(basic_pack: PackProcess):
    stack = [
        resource
        for resource in bucket_with_companions(DataClass="Public")
        if "Versioning" not in resource.type and "Logging" not in resource.type
    ]
    assert basic_pack.evaluate_stack(stack) == []
    assert reported(basic_pack.evaluate_stack(without_type(stack, "BucketPolicy"))) == {(TLS_ONLY, "data")}


RENAMED_IN_V6 = {"Bucket", "BucketVersioning", "BucketServerSideEncryptionConfiguration", "BucketLogging"}


def as_v6(resource: Resource) -> Resource:
    """Return the resource with its type in pulumi-aws 6."""
    type_name = resource.type.rsplit(":", 1)[1]
    token = f"aws:s3/{type_name[0].lower()}{type_name[1:]}V2:{type_name}V2"
    return replace(resource, type=token) if type_name in RENAMED_IN_V6 else resource


def test_types_of_pulumi_aws_6_are_checked_too(basic_pack: PackProcess):
    stack = [as_v6(resource) for resource in bucket_with_companions(created=False)]
    assert stack[1].type == "aws:s3/bucketV2:BucketV2"
    assert basic_pack.evaluate_stack(stack) == []
    assert reported(
        basic_pack.evaluate_stack([resource for resource in stack if "Versioning" not in resource.type])
    ) == {(VERSIONING, "data")}


def test_companion_of_either_of_two_buckets_counts_for_neither(basic_pack: PackProcess):
    stack = bucket_with_companions("first", created=False) + without_type(
        bucket_with_companions("second"), "BucketVersioning"
    )
    either = [
        replace(resource, comes_from={"bucket": ["first", "second"]}) if "Versioning" in resource.type else resource
        for resource in stack
    ]
    assert reported(basic_pack.evaluate_stack(either)) == {(VERSIONING, "first"), (VERSIONING, "second")}


@pytest.mark.parametrize("tags", [{}, {"DataClass": ""}, {"DataClass": "Pubic"}, {"DataClass": " phi "}, None, 5])
@pytest.mark.parametrize("created", [False, True])
def test_bucket_that_logs_to_itself_is_not_a_log_bucket(basic_pack: PackProcess, tags, created):
    target = {"targetBucket": "data" if created else UNKNOWN}
    stack = with_inputs(
        with_inputs(bucket_with_companions(created=created), "BucketLogging", **target), "Bucket", tags=tags
    )
    to_itself = [
        replace(resource, comes_from={**resource.comes_from, "targetBucket": ["data"]})
        if "Logging" in resource.type
        else resource
        for resource in stack
    ]
    assert reported(basic_pack.evaluate_stack(to_itself)) == {(LOGGING, "data-BucketLogging")}


@pytest.mark.parametrize("tag", ["S3AccessLog", "s3-access-log", "S3 access log"])
def test_spelling_of_the_data_class_is_normalized(basic_pack: PackProcess, tag):
    assert basic_pack.evaluate_stack(without_type(bucket_with_companions("logs", DataClass=tag), "BucketLogging")) == []


def with_derived_value(stack: list[Resource], type_name: str, prop: str, value: str, source: str) -> list[Resource]:
    """Return the stack with a property of one type set to a known value that comes from another resource."""
    return [
        replace(resource, inputs={**resource.inputs, prop: value}, comes_from={**resource.comes_from, prop: [source]})
        if resource.type.endswith(f":{type_name}")
        else resource
        for resource in stack
    ]


@pytest.mark.parametrize(
    ("type_name", "control"),
    [
        ("BucketPublicAccessBlock", PUBLIC_ACCESS_BLOCK),
        ("BucketVersioning", VERSIONING),
        (SSE_CONFIGURATION, CUSTOMER_MANAGED_KEY),
        ("BucketLogging", LOGGING),
        ("BucketPolicy", TLS_ONLY),
    ],
)
def test_known_bucket_name_outweighs_the_source_of_its_value(basic_pack: PackProcess, type_name, control):
    stack = with_derived_value(bucket_with_companions(), type_name, "bucket", "data-copy", "data")
    assert (control, "data") in reported(basic_pack.evaluate_stack(stack))


def test_logging_to_a_bucket_named_after_this_one_passes(basic_pack: PackProcess):
    assert (
        basic_pack.evaluate_stack(
            with_derived_value(bucket_with_companions(), "BucketLogging", "targetBucket", "data-logs", "data")
        )
        == []
    )


@pytest.mark.parametrize(
    "tags", [{"DataClass": "Replica"}, {"DataClass": "CloudTrailLog"}, {"DataClass": "ePHI"}, UNKNOWN]
)
def test_target_of_logging_that_may_hold_phi_keeps_its_controls(basic_pack: PackProcess, tags):
    logs = with_inputs(
        without_type(without_type(bucket_with_companions("logs"), "BucketLogging"), SSE_CONFIGURATION),
        "Bucket",
        tags=tags,
    )
    assert reported(basic_pack.evaluate_stack(bucket_with_companions() + logs)) == {
        (LOGGING, "logs"),
        (CUSTOMER_MANAGED_KEY, "logs"),
    }


@pytest.mark.parametrize("logging_inputs", [{"bucket": "elsewhere"}, {"bucket": "elsewhere", "targetBucket": 5}])
def test_logging_without_target_makes_no_log_bucket(basic_pack: PackProcess, logging_inputs):
    unnamed = with_inputs(
        without_type(bucket_with_companions(created=False), "BucketLogging"), "Bucket", bucket=None, tags={}
    )
    logging = Resource("aws:s3/bucketLogging:BucketLogging", "stray", logging_inputs)
    assert (LOGGING, "data") in reported(basic_pack.evaluate_stack([*unnamed, logging]))


def test_logging_of_an_unknown_bucket_makes_no_log_bucket(basic_pack: PackProcess):
    stack = with_inputs(without_type(bucket_with_companions(), "BucketLogging"), "Bucket", tags={})
    possibly_itself = Resource(
        "aws:s3/bucketLogging:BucketLogging", "itself", {"bucket": UNKNOWN, "targetBucket": "data"}
    )
    assert (LOGGING, "data") in reported(basic_pack.evaluate_stack([*stack, possibly_itself]))


@pytest.mark.parametrize("name", ["elsewhere", UNKNOWN])
def test_companion_of_a_bucket_outside_the_stack_is_checked_as_phi(basic_pack: PackProcess, name):
    suspended = {"bucket": name, "versioningConfiguration": {"status": "Suspended"}}
    outside_versioning = Resource("aws:s3/bucketVersioning:BucketVersioning", "extra", suspended)
    assert reported(basic_pack.evaluate_stack([*bucket_with_companions(), outside_versioning])) == {
        (VERSIONING, "extra")
    }


def test_bucket_name_from_the_outputs_counts(basic_pack: PackProcess):
    stack = [
        replace(resource, inputs={"bucketPrefix": "da", "tags": {"DataClass": "PHI"}})
        if resource.name == "data"
        else resource
        for resource in bucket_with_companions()
    ]
    assert basic_pack.evaluate_stack(stack, {"data": {"bucket": "data"}}) == []
