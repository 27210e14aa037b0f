"""Unknown values: a control never passes on one, and one never hides a finding of another control or resource."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import BASIC_CONTROLS, bucket_with_companions, tls_only_policy, with_inputs


def with_one_unknown(value: Any) -> Iterator[Any]:
    """Yield the value with each of its parts replaced by an unknown in turn: the whole, each level and each leaf."""
    yield UNKNOWN
    if isinstance(value, dict):
        for key, item in value.items():
            yield from ({**value, key: changed} for changed in with_one_unknown(item))
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from ([*value[:index], changed, *value[index + 1 :]] for changed in with_one_unknown(item))


@pytest.mark.parametrize(
    ("type_name", "control"),
    [
        ("BucketPublicAccessBlock", "s3-public-access-block"),
        ("BucketServerSideEncryptionConfiguration", "s3-customer-managed-key"),
        ("BucketPolicy", "s3-tls-only"),
        ("BucketVersioning", "s3-versioning"),
        ("BucketLogging", "s3-access-logging"),
    ],
)
def test_every_unknown_value_that_a_control_reads_is_unverified(basic_pack: PackProcess, type_name, control):
    """`bucket` may be unknown, because the companion also belongs to the bucket that the value comes from."""
    companion = next(resource for resource in bucket_with_companions() if resource.type.endswith(f":{type_name}"))
    not_read = {"targetPrefix", "bucket"}
    for prop, value in companion.inputs.items():
        for changed in with_one_unknown(value):
            stack = [
                replace(resource, comes_from={"bucket": resource.comes_from.get("bucket", [])})
                for resource in with_inputs(bucket_with_companions(), type_name, **{prop: changed})
            ]
            findings = basic_pack.evaluate_stack(stack)
            expected = set() if prop in not_read else {(control, companion.name)}
            assert {(finding.policy, finding.resource) for finding in findings} == expected, changed
            assert all(finding.mandatory and "known yet" in finding.message for finding in findings)


def test_every_control_reports_a_stack_whose_values_are_all_unknown(basic_pack: PackProcess):
    stack = [
        replace(resource, inputs=dict.fromkeys(resource.inputs, UNKNOWN), comes_from={"bucket": ["data"]})
        for resource in bucket_with_companions()
    ]
    findings = basic_pack.evaluate_stack(stack)
    assert {finding.policy for finding in findings} == set(BASIC_CONTROLS)
    assert all(finding.mandatory for finding in findings)
    assert not any("can't run policy" in finding.message for finding in findings)


def test_unknown_bucket_does_not_hide_the_failure_of_another(basic_pack: PackProcess):
    suspended = {"status": "Suspended"}
    unknown = with_inputs(bucket_with_companions("unknown"), "BucketVersioning", versioningConfiguration=UNKNOWN)
    failing = with_inputs(bucket_with_companions("failing"), "BucketVersioning", versioningConfiguration=suspended)
    findings = {finding.resource for finding in basic_pack.evaluate_stack(unknown + failing)}
    assert findings == {"unknown-BucketVersioning", "failing-BucketVersioning"}


def test_planned_outputs_do_not_hide_the_declared_inputs(basic_pack: PackProcess):
    """At the end of a preview, every output that AWS may fill in is unknown."""
    stack = bucket_with_companions(created=False)
    planned = {resource.name: dict.fromkeys(resource.inputs, UNKNOWN) for resource in stack}
    assert basic_pack.evaluate_stack(stack, planned) == []


def in_component(document: object) -> list[Resource]:
    """Return a bucket in a component that declares the bucket policy as a structure; its JSON isn't known yet."""
    component = Resource("example:storage:Component", "component", {"bucketPolicy": document})
    stack = with_inputs(bucket_with_companions(created=False), "BucketPolicy", policy=UNKNOWN)
    children = [replace(resource, parent="component") if "Policy" in resource.type else resource for resource in stack]
    return [component, *children]


def test_document_with_an_unknown_key_is_checked_by_its_structure(basic_pack: PackProcess):
    document = tls_only_policy("data")
    document["Statement"].append(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::data/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": UNKNOWN}},
        }
    )
    assert basic_pack.evaluate_stack(in_component(document)) == []


def test_structure_that_allows_plain_http_fails(basic_pack: PackProcess):
    findings = basic_pack.evaluate_stack(in_component(tls_only_policy("data", Action="s3:GetObject")))
    assert [(finding.policy, finding.resource) for finding in findings] == [("s3-tls-only", "data-BucketPolicy")]
    assert "isn't denied" in findings[0].message


def test_known_document_is_checked_instead_of_the_declared_structure(new_basic_pack: PackProcess):
    """At `up`, the document itself is checked before it is put on the bucket."""
    stack = in_component(tls_only_policy("data"))
    known = json.dumps(tls_only_policy("data", Action="s3:GetObject"))
    known_stack = with_inputs(stack, "BucketPolicy", policy=known, bucket="data")
    policy = next(resource for resource in known_stack if "Policy" in resource.type)
    new_basic_pack.check_resource(stack[0], stack)
    assert [finding.policy for finding in new_basic_pack.check_resource(policy, stack)] == ["s3-tls-only"]


def test_encryption_key_from_another_type_of_resource_is_unverified(basic_pack: PackProcess):
    parameter = Resource("aws:ssm/parameter:Parameter", "parameter", {"name": "key"})
    stack = [
        replace(resource, comes_from=resource.comes_from | {"rules": ["parameter"]})
        if "Encryption" in resource.type
        else resource
        for resource in [parameter, *bucket_with_companions(created=False)]
    ]
    (finding,) = basic_pack.evaluate_stack(stack)
    assert (finding.policy, finding.resource) == (
        "s3-customer-managed-key",
        "data-BucketServerSideEncryptionConfiguration",
    )
    assert "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId isn't known yet" in finding.message
    assert "It depends on parameter." in finding.message


def test_structure_whose_result_depends_on_an_unknown_is_unverified(basic_pack: PackProcess):
    document = tls_only_policy("data", Resource=["arn:aws:s3:::data", UNKNOWN])
    (finding,) = basic_pack.evaluate_stack(in_component(document))
    assert (finding.policy, finding.resource) == ("s3-tls-only", "data-BucketPolicy")
    assert "bucketPolicy.Statement[0].Resource[1] isn't known yet" in finding.message
