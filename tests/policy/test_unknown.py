"""Nothing that can't be known passes, and nothing unknown silences another rule or resource."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import bucket_with_companions, with_inputs, tls_only_policy


def leaves_unknown(value):
    """Every structure that a value could be, with each of its leaves, and each level above them, unknown in turn."""
    yield UNKNOWN
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ({**value, key: each} for each in leaves_unknown(inner))
    if isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ([*value[:at], each, *value[at + 1 :]] for each in leaves_unknown(inner))


@pytest.mark.parametrize(
    ("kind", "control"),
    [
        ("BucketPublicAccessBlock", "s3-public-access-block"),
        ("BucketServerSideEncryptionConfiguration", "s3-customer-managed-key"),
        ("BucketPolicy", "s3-tls-only"),
        ("BucketVersioning", "s3-versioning"),
        ("BucketLogging", "s3-access-logging"),
    ],
)
def test_every_unknown_value_a_control_reads_is_unverified(basic_pack: PackProcess, kind, control):
    """`bucket` may be unknown: the companion is joined by where its value comes from."""
    good = next(each for each in bucket_with_companions() if each.type.endswith(f":{kind}"))
    ignored = {"targetPrefix", "bucket"}
    for prop, value in good.inputs.items():
        for unknown in leaves_unknown(value):
            stack = with_inputs(bucket_with_companions(), kind, **{prop: unknown})
            stack = [replace(each, comes_from={"bucket": each.comes_from.get("bucket", [])}) for each in stack]
            findings = basic_pack.evaluate_stack(stack)
            expected = set() if prop in ignored else {(control, good.name)}
            assert {(each.policy, each.resource) for each in findings} == expected, unknown
            assert all(each.mandatory and "known yet" in each.message for each in findings)


def test_all_unknown_at_once_tells_every_control_and_no_policy_gives_up(basic_pack: PackProcess):
    stack = [
        replace(each, inputs=dict.fromkeys(each.inputs, UNKNOWN), comes_from={"bucket": ["data"]}) for each in bucket_with_companions()
    ]
    findings = basic_pack.evaluate_stack(stack)
    assert {each.policy for each in findings} == {
        "s3-public-access-block",
        "s3-customer-managed-key",
        "s3-tls-only",
        "s3-versioning",
        "s3-access-logging",
    }
    assert all(each.mandatory for each in findings)
    assert not any("can't run policy" in each.message for each in findings)


def test_one_unknown_bucket_does_not_hide_another(basic_pack: PackProcess):
    hidden = with_inputs(bucket_with_companions("hidden"), "BucketVersioning", versioningConfiguration=UNKNOWN)
    wrong = with_inputs(bucket_with_companions("wrong"), "BucketVersioning", versioningConfiguration={"status": "Suspended"})
    findings = {each.resource for each in basic_pack.evaluate_stack(hidden + wrong)}
    assert findings == {"hidden-BucketVersioning", "wrong-BucketVersioning"}


def test_planned_outputs_do_not_hide_what_was_declared(basic_pack: PackProcess):
    """At the end of a preview all that AWS may fill in is unknown."""
    stack = bucket_with_companions(created=False)
    planned = {each.name: dict.fromkeys(each.inputs, UNKNOWN) for each in stack}
    assert basic_pack.evaluate_stack(stack, planned) == []


def component(document: object) -> list[Resource]:
    """A bucket whose policy's JSON isn't known yet, in a component that declares the document with its structure."""
    parent = Resource("example:storage:Component", "component", {"bucketPolicy": document})
    stack = with_inputs(bucket_with_companions(created=False), "BucketPolicy", policy=UNKNOWN)
    return [parent, *(replace(each, parent="component") if "Policy" in each.type else each for each in stack)]


def test_a_document_with_an_unknown_key_is_judged_by_its_component(basic_pack: PackProcess):
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
    assert basic_pack.evaluate_stack(component(document)) == []


def test_a_component_whose_document_lets_plain_http_in_fails(basic_pack: PackProcess):
    findings = basic_pack.evaluate_stack(component(tls_only_policy("data", Action="s3:GetObject")))
    assert [(each.policy, each.resource) for each in findings] == [("s3-tls-only", "data-BucketPolicy")]
    assert "isn't denied" in findings[0].message


def test_what_a_component_declared_does_not_stand_in_for_a_document_that_is_known(basic_pack: PackProcess):
    """At `up` the document itself is judged, before it is put in place."""
    stack = component(tls_only_policy("data"))
    real = json.dumps(tls_only_policy("data", Action="s3:GetObject"))
    put = next(each for each in with_inputs(stack, "BucketPolicy", policy=real, bucket="data") if "Policy" in each.type)
    basic_pack.check_resource(stack[0], stack)
    assert [each.policy for each in basic_pack.check_resource(put, stack)] == ["s3-tls-only"]


def test_a_key_that_comes_from_something_other_than_a_key_is_unverified(basic_pack: PackProcess):
    parameter = Resource("aws:ssm/parameter:Parameter", "parameter", {"name": "key"})
    stack = [
        replace(each, comes_from=each.comes_from | {"rules": ["parameter"]}) if "Encryption" in each.type else each
        for each in [parameter, *bucket_with_companions(created=False)]
    ]
    (finding,) = basic_pack.evaluate_stack(stack)
    assert (finding.policy, finding.resource) == (
        "s3-customer-managed-key",
        "data-BucketServerSideEncryptionConfiguration",
    )
    assert "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId isn't known yet" in finding.message


def test_a_document_of_which_the_deciding_part_is_unknown_is_unverified(basic_pack: PackProcess):
    (finding,) = basic_pack.evaluate_stack(component(tls_only_policy("data", Resource=["arn:aws:s3:::data", UNKNOWN])))
    assert (finding.policy, finding.resource) == ("s3-tls-only", "data-BucketPolicy")
    assert "bucketPolicy.Statement[0].Resource[1] isn't known yet" in finding.message
