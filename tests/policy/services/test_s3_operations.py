"""S3 data class tags, multipart uploads, request metrics and protection from destruction.

In every stack, `data` is the bucket and `it` its companion.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    both_forms,
    both_versions,
    bucket,
    companion,
    in_both_forms,
)

DATA_CLASS_TAG, REQUEST_METRICS = "s3-data-class-tag", "s3-request-metrics"
ABORT_MULTIPART, NO_FORCE_DESTROY = "s3-abort-multipart", "s3-no-force-destroy"

DATA_CLASSES = ("PHI", "Replica", "CloudTrailLog", "S3AccessLog", "Inventory", "Other")


def expected_for(data_class: str, *data_classes: str) -> set[str]:
    """Return the bucket if the control applies to its data class, else nothing."""
    return {"data"} if data_class in data_classes else set()


# s3-data-class-tag


@both_versions
@pytest.mark.parametrize("data_class", [*DATA_CLASSES, "Public", "Internal", "phi", "s3-access-log", "CloudTrail Log"])
def test_known_data_class_passes(pack: PackProcess, data_class, token):
    assert failed_resources(pack, DATA_CLASS_TAG, [bucket(data_class=data_class, token=token)]) == set()


@both_versions
@pytest.mark.parametrize(
    "tags",
    [
        None,
        {},
        [],
        "PHI",
        {"DataClass": ""},
        {"DataClass": None},
        {"DataClass": 5},
        {"DataClass": "hunter2"},
        {"DataClass": "PHI2"},
        {"dataclass": "PHI"},
        {"Name": "PHI", "Owner": UNKNOWN},
    ],
)
def test_bucket_without_known_data_class_fails(pack: PackProcess, tags, token):
    stack = [bucket("right"), bucket(token=token, tags=tags)]
    assert failed_resources(pack, DATA_CLASS_TAG, stack) == {"data"}
    assert not any("hunter2" in finding.message for finding in findings_for(pack, DATA_CLASS_TAG, stack))


@both_versions
@pytest.mark.parametrize("tags", [UNKNOWN, {"DataClass": UNKNOWN}])
def test_unknown_data_class_is_unverified(pack: PackProcess, tags, token):
    assert unverified_resources(pack, DATA_CLASS_TAG, [bucket("right"), bucket(token=token, tags=tags)]) == {"data"}


def test_target_of_logging_still_needs_a_data_class(pack: PackProcess):
    logging = companion("BucketLogging", bucket="right", targetBucket="data")
    assert failed_resources(pack, DATA_CLASS_TAG, [bucket("right"), logging, bucket(tags={})]) == {"data"}


def test_bucket_outside_the_stack_needs_no_data_class(pack: PackProcess):
    assert failed_resources(pack, DATA_CLASS_TAG, [companion("BucketMetric", bucket="elsewhere")]) == set()


# s3-abort-multipart


def lifecycle_in_both_forms(*rules: Any) -> list[list[Resource]]:
    return in_both_forms("BucketLifecycleConfiguration", "BucketLifecycleConfigurationV2", rules=list(rules))


def lifecycle_rule(**properties: Any) -> dict[str, Any]:
    return {"id": "rule", "status": "Enabled", "filter": {}} | properties


def abort_rule(days: Any, **properties: Any) -> dict[str, Any]:
    return lifecycle_rule(abortIncompleteMultipartUpload={"daysAfterInitiation": days}, **properties)


@both_forms
@pytest.mark.parametrize(
    "rules",
    [
        [abort_rule(7)],
        [abort_rule(1)],
        [abort_rule("7")],
        [abort_rule(7, filter=None)],
        [abort_rule(7, filter={"prefix": ""})],
        [abort_rule(7, filter=None, prefix="")],
        [abort_rule(30, filter={"prefix": "scratch/"}), lifecycle_rule(), abort_rule(7)],
        [abort_rule(UNKNOWN), abort_rule(7)],
    ],
)
def test_rule_that_aborts_uploads_in_time_passes(pack: PackProcess, rules, form):
    assert failed_resources(pack, ABORT_MULTIPART, lifecycle_in_both_forms(*rules)[form]) == set()


@both_forms
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [lifecycle_rule()],
        [abort_rule(8)],
        [abort_rule(0)],
        [abort_rule(None)],
        [abort_rule(7, status="Disabled")],
        [abort_rule(7, status=None)],
        [abort_rule(7, filter={"prefix": "scratch/"})],
        [abort_rule(7, filter=None, prefix="scratch/")],
        [abort_rule(7, filter={"tag": {"key": "scratch", "value": "yes"}})],
        [abort_rule(7, filter={"and": {"prefix": "a", "tags": {"scratch": "yes"}}})],
        [abort_rule(7, filter={"objectSizeGreaterThan": 1024})],
        [abort_rule(7, filter={"prefix": "a"}), abort_rule(7, filter={"prefix": "b"})],
        [abort_rule(UNKNOWN, filter={"prefix": "a"})],
        [abort_rule(8, filter=UNKNOWN)],
    ],
)
def test_rules_that_leave_uploads_fail(pack: PackProcess, rules, form):
    assert failed_resources(pack, ABORT_MULTIPART, lifecycle_in_both_forms(*rules)[form]) == {"it"}


@both_forms
@pytest.mark.parametrize(
    "unknown_rule",
    [
        UNKNOWN,
        abort_rule(UNKNOWN),
        abort_rule(7, status=UNKNOWN),
        abort_rule(7, filter=UNKNOWN),
        abort_rule(7, filter={"prefix": UNKNOWN}),
        abort_rule(7, filter={"tag": {"key": UNKNOWN, "value": UNKNOWN}}),
        lifecycle_rule(abortIncompleteMultipartUpload=UNKNOWN),
    ],
)
def test_rule_that_may_abort_uploads_is_unverified(pack: PackProcess, unknown_rule, form):
    assert unverified_resources(
        pack, ABORT_MULTIPART, lifecycle_in_both_forms(unknown_rule, lifecycle_rule())[form]
    ) == {"it"}


@both_forms
def test_unknown_rules_are_unverified(pack: PackProcess, form):
    type_name = "BucketLifecycleConfiguration"
    assert unverified_resources(
        pack, ABORT_MULTIPART, in_both_forms(type_name, f"{type_name}V2", rules=UNKNOWN)[form]
    ) == {"it"}


@both_versions
@pytest.mark.parametrize("data_class", DATA_CLASSES)
def test_abort_multipart_applies_only_to_phi(pack: PackProcess, data_class, token):
    assert failed_resources(pack, ABORT_MULTIPART, [bucket(data_class=data_class, token=token)]) == expected_for(
        data_class, "PHI"
    )


def test_only_the_bucket_that_leaves_uploads_fails(pack: PackProcess):
    compliant_lifecycle = companion("BucketLifecycleConfiguration", "lifecycle", bucket="right", rules=[abort_rule(7)])
    assert failed_resources(
        pack, ABORT_MULTIPART, [bucket("right"), compliant_lifecycle, *lifecycle_in_both_forms(abort_rule(8))[0]]
    ) == {"it"}


# s3-request-metrics


def metrics(bucket_name: str = "data", name: str = "it", **inputs: Any) -> Resource:
    return companion("BucketMetric", name, bucket=bucket_name, **inputs)


@both_forms
@pytest.mark.parametrize(
    "inputs",
    [{}, {"name": "EntireBucket"}, {"name": UNKNOWN}, {"filter": None}, {"filter": {}}, {"filter": {"prefix": ""}}],
)
def test_metrics_for_the_whole_bucket_pass(pack: PackProcess, inputs, form):
    stack = in_both_forms("BucketMetric", **inputs)[form]
    assert failed_resources(pack, REQUEST_METRICS, stack) == set()
    assert failed_resources(pack, REQUEST_METRICS, [*stack, bucket("other")]) == {"other"}
    assert failed_resources(pack, REQUEST_METRICS, [*stack, metrics(name="part", filter={"prefix": UNKNOWN})]) == set()


NARROW_FILTERS = [
    {"prefix": "phi/"},
    {"tags": {"class": "phi"}},
    {"accessPoint": "arn:aws:s3:us-east-1:111122223333:accesspoint/data"},
    {"prefix": "phi/", "tags": {"class": UNKNOWN}},
]


@both_forms
@pytest.mark.parametrize("metrics_filter", NARROW_FILTERS)
def test_metrics_for_part_of_the_bucket_fail(pack: PackProcess, metrics_filter, form):
    stack = in_both_forms("BucketMetric", name="EntireBucket", filter=metrics_filter)[form]
    assert failed_resources(pack, REQUEST_METRICS, stack) == {"data"}
    assert failed_resources(pack, REQUEST_METRICS, [*stack, metrics(name="more", filter={"prefix": "logs/"})]) == {
        "data"
    }


@both_forms
@pytest.mark.parametrize(
    "metrics_filter", [UNKNOWN, {"prefix": UNKNOWN}, {"tags": UNKNOWN}, {"tags": {"class": UNKNOWN}}]
)
def test_metrics_with_unknown_filter_are_unverified(pack: PackProcess, metrics_filter, form):
    assert unverified_resources(pack, REQUEST_METRICS, in_both_forms("BucketMetric", filter=metrics_filter)[form]) == {
        "data"
    }


@both_versions
@pytest.mark.parametrize("data_class", DATA_CLASSES)
def test_request_metrics_apply_only_to_phi(pack: PackProcess, data_class, token):
    assert failed_resources(pack, REQUEST_METRICS, [bucket(data_class=data_class, token=token)]) == expected_for(
        data_class, "PHI"
    )


def test_metrics_of_another_bucket_do_not_count(pack: PackProcess):
    assert failed_resources(pack, REQUEST_METRICS, [bucket(), bucket("other"), metrics("other")]) == {"data"}
    assert failed_resources(pack, REQUEST_METRICS, [bucket(), metrics("elsewhere")]) == {"data"}


def test_metrics_configuration_that_another_of_its_id_may_replace_fails(pack: PackProcess):
    everything, reports = metrics(name="one"), metrics(name="other", filter={"prefix": "reports/"})
    for ids, expected in ((("id", "id"), {"data"}), (("id", "other-id"), set())):
        stack = [
            replace(one, inputs=one.inputs | {"name": id_}) for one, id_ in zip((everything, reports), ids, strict=True)
        ]
        for order in (stack, stack[::-1]):
            assert failed_resources(pack, REQUEST_METRICS, [bucket(), *order]) == expected


# s3-no-force-destroy


def protected_bucket(**arguments: Any) -> Resource:
    return replace(bucket(**arguments), protect=True)


@both_versions
@pytest.mark.parametrize("inputs", [{}, {"forceDestroy": None}, {"forceDestroy": False}, {"forceDestroy": "false"}])
def test_protected_bucket_without_force_destroy_passes(pack: PackProcess, inputs, token):
    for data_class in ("PHI", "CloudTrailLog"):
        assert (
            failed_resources(pack, NO_FORCE_DESTROY, [protected_bucket(data_class=data_class, token=token, **inputs)])
            == set()
        )


@both_versions
@pytest.mark.parametrize(
    ("make_bucket", "force_destroy"),
    [(protected_bucket, True), (protected_bucket, "true"), (bucket, False), (bucket, UNKNOWN)],
)
def test_unprotected_bucket_or_force_destroy_fails(pack: PackProcess, make_bucket, force_destroy, token):
    for data_class in ("PHI", "CloudTrailLog"):
        destroyable = make_bucket(data_class=data_class, token=token, forceDestroy=force_destroy)
        assert failed_resources(pack, NO_FORCE_DESTROY, [protected_bucket(name="right"), destroyable]) == {"data"}


@both_versions
def test_unknown_force_destroy_is_unverified(pack: PackProcess, token):
    assert unverified_resources(pack, NO_FORCE_DESTROY, [protected_bucket(forceDestroy=UNKNOWN, token=token)]) == {
        "data"
    }


@both_versions
@pytest.mark.parametrize("data_class", DATA_CLASSES)
def test_no_force_destroy_applies_only_to_phi_and_trail_logs(pack: PackProcess, data_class, token):
    stack = [bucket(data_class=data_class, token=token, forceDestroy=True)]
    assert failed_resources(pack, NO_FORCE_DESTROY, stack) == expected_for(data_class, "PHI", "CloudTrailLog")


def test_no_force_destroy_applies_to_the_bucket_of_a_trail(pack: PackProcess):
    trail = Resource("aws:cloudtrail/trail:Trail", "trail", {"s3BucketName": "data"})
    assert failed_resources(pack, NO_FORCE_DESTROY, [bucket(data_class="Other"), trail]) == {"data"}


def test_protect_is_not_required_if_the_option_is_off(pack: PackProcess):
    pack.configure(s3_no_force_destroy={"protect": False})
    try:
        assert failed_resources(pack, NO_FORCE_DESTROY, [bucket()]) == set()
        assert failed_resources(pack, NO_FORCE_DESTROY, [bucket(forceDestroy=True)]) == {"data"}
    finally:
        pack.configure()
