"""S3: what runs a bucket: its class, its uploads, its metrics, its end. `data` is the bucket, and `it` what sets it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

CLASS, METRICS = "s3-data-class-tag", "s3-request-metrics"
ABORT, DESTROY = "s3-abort-multipart", "s3-no-force-destroy"

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
CLASSES = ("PHI", "Replica", "CloudTrailLog", "S3AccessLog", "Inventory", "Other")
both_ways = pytest.mark.parametrize("way", [0, 1])
both_versions = pytest.mark.parametrize("token", [V7, V6])


def bucket(name: str = "data", data_class: str = "PHI", token: str = V7, **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": name, "tags": {"DataClass": data_class}} | inputs)


def companion(kind: str, of: str = "data", name: str = "it", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name, {"bucket": of} | inputs)


def ways(kind: str, v6_kind: str = "", **inputs: Any) -> list[list[Resource]]:
    """A companion that names its bucket; and one of pulumi-aws 6, of the bucket that its value comes from."""
    joined = companion(v6_kind or kind, UNKNOWN, **inputs)
    return [
        [bucket(), companion(kind, **inputs)],
        [bucket(token=V6), replace(joined, comes_from={"bucket": ["data"]})],
    ]


def asked(data_class: str, *classes: str) -> set[str]:
    return {"data"} if data_class in classes else set()


# Data class


@both_versions
@pytest.mark.parametrize("data_class", [*CLASSES, "Public", "Internal", "phi", "access-log", "Trail Log"])
def test_a_class_that_there_is_passes(pack: PackProcess, data_class, token):
    assert failed_resources(pack, CLASS, [bucket(data_class=data_class, token=token)]) == set()


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
def test_a_bucket_without_a_class_fails(pack: PackProcess, tags, token):
    stack = [bucket("right"), bucket(token=token, tags=tags)]
    assert failed_resources(pack, CLASS, stack) == {"data"}
    assert not any("hunter2" in finding.message for finding in findings_for(pack, CLASS, stack))


@both_versions
@pytest.mark.parametrize("tags", [UNKNOWN, {"DataClass": UNKNOWN}])
def test_a_class_that_isnt_known_is_told(pack: PackProcess, tags, token):
    assert unverified_resources(pack, CLASS, [bucket("right"), bucket(token=token, tags=tags)]) == {"data"}


def test_use_is_no_class(pack: PackProcess):
    logging = companion("BucketLogging", "right", targetBucket="data")
    assert failed_resources(pack, CLASS, [bucket("right"), logging, bucket(tags={})]) == {"data"}


def test_a_bucket_of_another_stack_has_no_class_here(pack: PackProcess):
    assert failed_resources(pack, CLASS, [companion("BucketMetric", "elsewhere")]) == set()


# Uploads


def lifecycles(*rules: Any) -> list[list[Resource]]:
    return ways("BucketLifecycleConfiguration", "BucketLifecycleConfigurationV2", rules=list(rules))


def rule(**given: Any) -> dict[str, Any]:
    return {"id": "rule", "status": "Enabled", "filter": {}} | given


def told(pack: PackProcess, stack: list[Resource]) -> set[str]:
    """What can't be told yet: the control is only advisory."""
    findings = findings_for(pack, ABORT, stack)
    assert all("known yet" in finding.message and not finding.mandatory for finding in findings)
    return {finding.resource for finding in findings}


def aborting(days: Any, **given: Any) -> dict[str, Any]:
    return rule(abortIncompleteMultipartUpload={"daysAfterInitiation": days}, **given)


@both_ways
@pytest.mark.parametrize(
    "rules",
    [
        [aborting(7)],
        [aborting(1)],
        [aborting("7")],
        [aborting(7, filter=None)],
        [aborting(7, filter={"prefix": ""})],
        [aborting(7, filter=None, prefix="")],
        [aborting(30, filter={"prefix": "scratch/"}), rule(), aborting(7)],
        [aborting(UNKNOWN), aborting(7)],
    ],
)
def test_uploads_that_are_aborted_pass(pack: PackProcess, rules, way):
    assert failed_resources(pack, ABORT, lifecycles(*rules)[way]) == set()


@both_ways
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [rule()],
        [aborting(8)],
        [aborting(0)],
        [aborting(None)],
        [aborting(7, status="Disabled")],
        [aborting(7, status=None)],
        [aborting(7, filter={"prefix": "scratch/"})],
        [aborting(7, filter=None, prefix="scratch/")],
        [aborting(7, filter={"tag": {"key": "scratch", "value": "yes"}})],
        [aborting(7, filter={"and": {"prefix": "a", "tags": {"scratch": "yes"}}})],
        [aborting(7, filter={"objectSizeGreaterThan": 1024})],
        [aborting(7, filter={"prefix": "a"}), aborting(7, filter={"prefix": "b"})],
        [aborting(UNKNOWN, filter={"prefix": "a"})],
        [aborting(8, filter=UNKNOWN)],
    ],
)
def test_uploads_that_stay_fail(pack: PackProcess, rules, way):
    assert failed_resources(pack, ABORT, lifecycles(*rules)[way]) == {"it"}


@both_ways
@pytest.mark.parametrize(
    "given",
    [
        UNKNOWN,
        aborting(UNKNOWN),
        aborting(7, status=UNKNOWN),
        aborting(7, filter=UNKNOWN),
        aborting(7, filter={"prefix": UNKNOWN}),
        aborting(7, filter={"tag": {"key": UNKNOWN, "value": UNKNOWN}}),
        rule(abortIncompleteMultipartUpload=UNKNOWN),
    ],
)
def test_uploads_that_may_be_aborted_are_told(pack: PackProcess, given, way):
    assert told(pack, lifecycles(given, rule())[way]) == {"it"}


@both_ways
def test_rules_that_arent_known_are_told(pack: PackProcess, way):
    kind = "BucketLifecycleConfiguration"
    assert told(pack, ways(kind, f"{kind}V2", rules=UNKNOWN)[way]) == {"it"}


@both_versions
@pytest.mark.parametrize("data_class", CLASSES)
def test_uploads_to_a_bucket_of_phi_alone_must_be_aborted(pack: PackProcess, data_class, token):
    assert failed_resources(pack, ABORT, [bucket(data_class=data_class, token=token)]) == asked(data_class, "PHI")


def test_two_buckets_of_which_one_aborts(pack: PackProcess):
    right = companion("BucketLifecycleConfiguration", "right", "lifecycle", rules=[aborting(7)])
    assert failed_resources(pack, ABORT, [bucket("right"), right, *lifecycles(aborting(8))[0]]) == {"it"}


# Metrics


def measured(of: str = "data", name: str = "it", **inputs: Any) -> Resource:
    return companion("BucketMetric", of, name, **inputs)


@both_ways
@pytest.mark.parametrize(
    "inputs",
    [{}, {"name": "EntireBucket"}, {"name": UNKNOWN}, {"filter": None}, {"filter": {}}, {"filter": {"prefix": ""}}],
)
def test_a_bucket_that_is_measured_as_a_whole_passes(pack: PackProcess, inputs, way):
    stack = ways("BucketMetric", **inputs)[way]
    assert failed_resources(pack, METRICS, stack) == set()
    assert failed_resources(pack, METRICS, [*stack, bucket("other")]) == {"other"}
    assert failed_resources(pack, METRICS, [*stack, measured(name="part", filter={"prefix": UNKNOWN})]) == set()


NARROW = [
    {"prefix": "phi/"},
    {"tags": {"class": "phi"}},
    {"accessPoint": "arn:aws:s3:us-east-1:111122223333:accesspoint/data"},
    {"prefix": "phi/", "tags": {"class": UNKNOWN}},
]


@both_ways
@pytest.mark.parametrize("narrow", NARROW)
def test_a_bucket_that_is_measured_in_part_fails(pack: PackProcess, narrow, way):
    stack = ways("BucketMetric", name="EntireBucket", filter=narrow)[way]
    assert failed_resources(pack, METRICS, stack) == {"data"}
    assert failed_resources(pack, METRICS, [*stack, measured(name="more", filter={"prefix": "logs/"})]) == {"data"}


@both_ways
@pytest.mark.parametrize("filtered", [UNKNOWN, {"prefix": UNKNOWN}, {"tags": UNKNOWN}, {"tags": {"class": UNKNOWN}}])
def test_a_bucket_that_may_be_measured_as_a_whole_is_told(pack: PackProcess, filtered, way):
    assert unverified_resources(pack, METRICS, ways("BucketMetric", filter=filtered)[way]) == {"data"}


@both_versions
@pytest.mark.parametrize("data_class", CLASSES)
def test_a_bucket_of_phi_alone_must_be_measured(pack: PackProcess, data_class, token):
    assert failed_resources(pack, METRICS, [bucket(data_class=data_class, token=token)]) == asked(data_class, "PHI")


def test_the_metrics_of_another_bucket_measure_nothing_here(pack: PackProcess):
    assert failed_resources(pack, METRICS, [bucket(), bucket("other"), measured("other")]) == {"data"}
    assert failed_resources(pack, METRICS, [bucket(), measured("elsewhere")]) == {"data"}


# The end


def protected(**given: Any) -> Resource:
    return replace(bucket(**given), protect=True)


@both_versions
@pytest.mark.parametrize("inputs", [{}, {"forceDestroy": None}, {"forceDestroy": False}, {"forceDestroy": "false"}])
def test_a_bucket_that_cant_be_destroyed_passes(pack: PackProcess, inputs, token):
    for data_class in ("PHI", "CloudTrailLog"):
        assert failed_resources(pack, DESTROY, [protected(data_class=data_class, token=token, **inputs)]) == set()


@both_versions
@pytest.mark.parametrize(
    "wrongly",
    [
        lambda **given: protected(forceDestroy=True, **given),
        lambda **given: protected(forceDestroy="true", **given),
        lambda **given: bucket(forceDestroy=False, **given),
        lambda **given: bucket(forceDestroy=UNKNOWN, **given),
    ],
)
def test_a_bucket_that_can_be_destroyed_fails(pack: PackProcess, wrongly, token):
    for data_class in ("PHI", "CloudTrailLog"):
        assert failed_resources(
            pack, DESTROY, [protected(name="right"), wrongly(data_class=data_class, token=token)]
        ) == {"data"}


@both_versions
def test_a_bucket_that_may_be_destroyed_is_told(pack: PackProcess, token):
    assert unverified_resources(pack, DESTROY, [protected(forceDestroy=UNKNOWN, token=token)]) == {"data"}


@both_versions
@pytest.mark.parametrize("data_class", CLASSES)
def test_a_bucket_of_phi_or_of_trails_alone_must_not_be_destroyed(pack: PackProcess, data_class, token):
    stack = [bucket(data_class=data_class, token=token, forceDestroy=True)]
    assert failed_resources(pack, DESTROY, stack) == asked(data_class, "PHI", "CloudTrailLog")


def test_a_bucket_that_a_trail_writes_to_must_not_be_destroyed(pack: PackProcess):
    trail = Resource("aws:cloudtrail/trail:Trail", "trail", {"s3BucketName": "data"})
    assert failed_resources(pack, DESTROY, [bucket(data_class="Other"), trail]) == {"data"}


def test_dev_need_not_protect_its_buckets(pack: PackProcess):
    pack.configure(s3_no_force_destroy={"protect": False})
    try:
        assert failed_resources(pack, DESTROY, [bucket()]) == set()
        assert failed_resources(pack, DESTROY, [bucket(forceDestroy=True)]) == {"data"}
    finally:
        pack.configure()
