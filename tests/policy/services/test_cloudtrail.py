"""CloudTrail: that a trail records everything, the use of PHI too, and that its record can be trusted."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.assertions import findings_for, unverified_resources, failed_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

ENABLED, EVENTS, KEY = "cloudtrail-enabled", "cloudtrail-s3-data-events", "cloudtrail-customer-managed-key"
VALIDATION, TO_LOGS = "cloudtrail-log-validation", "cloudtrail-cloudwatch-logs"
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
STACK = Resource("pulumi:pulumi:Stack", "stack", {})


def trail(name: str = "trail", comes_from: Any = None, region: str = "us-east-1", **inputs: Any) -> Resource:
    given = {"s3BucketName": "trails", "isMultiRegionTrail": True} | inputs
    return Resource("aws:cloudtrail/trail:Trail", name, given, comes_from=comes_from or {}, region=region)


def bucket(name: str = "data", data_class: str = "PHI", named: bool = True) -> Resource:
    inputs = {"tags": {"DataClass": data_class}} | ({"bucket": name} if named else {})
    return Resource("aws:s3/bucket:Bucket", name, inputs)


MANAGEMENT = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
DATA_ALONE = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}


def narrowed(field: str, **test: list[str]) -> dict[str, Any]:
    return {"fieldSelectors": [*MANAGEMENT["fieldSelectors"], {"field": field, **test}]}


# cloudtrail-enabled


@pytest.mark.parametrize(
    "trails",
    [
        [trail()],
        [trail(enableLogging=True, includeGlobalServiceEvents=True)],
        [trail(isMultiRegionTrail="true")],
        [trail("other", isMultiRegionTrail=False), trail()],
        [trail("other", isMultiRegionTrail=UNKNOWN), trail()],
        [trail(eventSelectors=[{"readWriteType": "WriteOnly"}, {"includeManagementEvents": True}])],
        [trail(advancedEventSelectors=[DATA_ALONE, MANAGEMENT])],
    ],
)
def test_a_trail_that_records_everything_passes(pack: PackProcess, trails):
    assert failed_resources(pack, ENABLED, [STACK, bucket(), *trails]) == set()


@pytest.mark.parametrize(
    "inputs",
    [
        {"isMultiRegionTrail": False},
        {"isMultiRegionTrail": None},
        {"includeGlobalServiceEvents": False},
        {"enableLogging": False},
        {"enableLogging": "false"},
        {"eventSelectors": [{"includeManagementEvents": False}]},
        {"eventSelectors": [{"readWriteType": "WriteOnly"}]},
        {"eventSelectors": [{"excludeManagementEventSources": ["kms.amazonaws.com"]}]},
        {"advancedEventSelectors": [DATA_ALONE]},
        {"advancedEventSelectors": [narrowed("readOnly", equals=["false"])]},
        {"advancedEventSelectors": [narrowed("eventSource", notEquals=["kms.amazonaws.com"])]},
    ],
)
def test_a_trail_that_leaves_something_out_fails(pack: PackProcess, inputs):
    assert failed_resources(pack, ENABLED, [STACK, bucket(), trail(**inputs)]) == {"trail"}


def test_no_trail_fails_the_stack_where_it_keeps_phi(pack: PackProcess):
    assert failed_resources(pack, ENABLED, [STACK, bucket()]) == {"stack"}
    assert failed_resources(pack, ENABLED, [STACK, bucket(data_class="Internal")]) == set()
    assert failed_resources(pack, ENABLED, [STACK]) == set()


def test_a_trail_of_a_stack_without_phi_need_only_log(pack: PackProcess):
    assert failed_resources(pack, ENABLED, [STACK, trail(isMultiRegionTrail=False)]) == set()
    assert failed_resources(pack, ENABLED, [STACK, trail(enableLogging=False)]) == {"trail"}
    assert failed_resources(pack, ENABLED, [STACK, trail(), trail("off", enableLogging=False)]) == {"off"}


def test_a_trail_that_is_off_is_told_before_it_exists(pack: PackProcess):
    assert [each.policy for each in pack.check_resource(trail(enableLogging=False)) if each.policy == ENABLED] == [ENABLED]
    assert [each for each in pack.check_resource(trail(isMultiRegionTrail=False)) if each.policy == ENABLED] == []


@pytest.mark.parametrize("prop", ["enableLogging", "isMultiRegionTrail", "includeGlobalServiceEvents"])
def test_a_trail_that_may_leave_something_out_is_unverified(pack: PackProcess, prop):
    assert unverified_resources(pack, ENABLED, [STACK, bucket(), trail(**{prop: UNKNOWN})]) == {"trail"}


@pytest.mark.parametrize(
    "selectors",
    [
        {"eventSelectors": UNKNOWN},
        {"eventSelectors": [{"includeManagementEvents": UNKNOWN}]},
        {"advancedEventSelectors": [{"fieldSelectors": UNKNOWN}]},
        {"advancedEventSelectors": [{"fieldSelectors": [{"field": "eventCategory", "equals": [UNKNOWN]}]}]},
    ],
)
def test_a_trail_whose_selectors_are_not_known_is_unverified(pack: PackProcess, selectors):
    assert unverified_resources(pack, ENABLED, [STACK, bucket(), trail(**selectors)]) == {"trail"}


def test_what_surely_fails_is_told_though_something_else_is_unknown(pack: PackProcess):
    given = trail(isMultiRegionTrail=False, includeGlobalServiceEvents=UNKNOWN)
    assert failed_resources(pack, ENABLED, [STACK, bucket(), given]) == {"trail"}


# cloudtrail-s3-data-events


def basic(*values: Any, kind: str = "AWS::S3::Object", **change: Any) -> dict[str, Any]:
    return {"readWriteType": "All", "dataResources": [{"type": kind, "values": list(values)}]} | change


def field(name: str, **tests: Any) -> dict[str, Any]:
    return {"field": name, **tests}


def advanced(*fields: Any, category: str = "Data", kind: str = "AWS::S3::Object") -> dict[str, Any]:
    base = [field("eventCategory", equals=[category]), field("resources.type", equals=[kind])]
    return {"fieldSelectors": [*base, *fields]}


def recording(*selectors: Any, **more: Any) -> Resource:
    prop = "advancedEventSelectors" if any("fieldSelectors" in each for each in selectors) else "eventSelectors"
    return trail(**{prop: list(selectors)}, **more)


READS, WRITES = field("readOnly", equals=["true"]), field("readOnly", equals=["false"])
OURS = "arn:aws:s3:::data/"


@pytest.mark.parametrize(
    "selectors",
    [
        [basic(OURS)],
        [basic(OURS, readWriteType=None)],
        [basic("arn:aws:s3")],
        [basic("arn:aws:s3:::")],
        [basic("arn:aws:s3:::other/", OURS)],
        [basic(OURS, readWriteType="ReadOnly"), basic(OURS, readWriteType="WriteOnly")],
        [advanced()],
        [advanced(READS), advanced(WRITES)],
        [advanced(field("readOnly", equals=["true", "false"]))],
        [advanced(field("resources.ARN", startsWiths=[OURS]))],
        [advanced(field("resources.ARN", startsWiths=["arn:aws:s3:::other/", "arn:aws:s3:::da"]))],
        [advanced(field("resources.ARN", notStartsWiths=["arn:aws:s3:::other/"]))],
        [advanced(field("resources.ARN", notEquals=["arn:aws:s3:::other/x"]))],
    ],
)
def test_selectors_that_cover_every_object_pass(pack: PackProcess, selectors):
    assert failed_resources(pack, EVENTS, [bucket(), recording(*selectors)]) == set()


@pytest.mark.parametrize(
    "selectors",
    [
        [],
        [{"readWriteType": "All", "includeManagementEvents": True}],
        [basic(OURS, readWriteType="ReadOnly")],
        [basic(OURS, readWriteType="WriteOnly")],
        [basic(OURS, readWriteType="all")],
        [basic(OURS, kind="AWS::Lambda::Function")],
        [basic("arn:aws:s3:::data")],
        [basic("arn:aws:s3:::data/reports/")],
        [basic("arn:aws:s3:::data-2/")],
        [basic()],
        [advanced(category="Management")],
        [advanced(kind="AWS::DynamoDB::Table")],
        [advanced(READS)],
        [advanced(field("readOnly", equals=["true", "false"], notEquals=["true"]))],
        [advanced(WRITES)],
        [advanced(READS), advanced(READS)],
        [advanced(field("resources.ARN", startsWiths=["arn:aws:s3:::other/"]))],
        [advanced(field("resources.ARN", startsWiths=["arn:aws:s3:::data/reports/"]))],
        [advanced(field("resources.ARN", equals=[OURS]))],
        [advanced(field("resources.ARN", endsWiths=[".json"]))],
        [advanced(field("resources.ARN", notEndsWiths=[".json"]))],
        [advanced(field("resources.ARN", notStartsWiths=["arn:aws:s3:::data/reports/"]))],
        [advanced(field("resources.ARN", notStartsWiths=["arn:aws:s3:::"]))],
        [advanced(field("resources.ARN", startsWiths=[OURS], notEndsWiths=[".tmp"]))],
        [advanced(field("eventName", equals=["GetObject", "PutObject"]))],
        [advanced(field("eventName", notEquals=["HeadObject"]))],
        [advanced(field("userIdentity.arn", notStartsWiths=["arn:aws:sts::111122223333:assumed-role/app"]))],
        [{"fieldSelectors": [field("resources.type", equals=["AWS::S3::Object"])]}],
        [{"fieldSelectors": [field("eventCategory", equals=["Data"])]}],
        [{"fieldSelectors": []}],
    ],
)
def test_selectors_that_leave_something_out_fail(pack: PackProcess, selectors):
    assert failed_resources(pack, EVENTS, [bucket(), recording(*selectors)]) == {"data"}


def test_two_trails_may_share_the_work(pack: PackProcess):
    reads, writes = basic(OURS, readWriteType="ReadOnly"), basic(OURS, readWriteType="WriteOnly")
    one, other = trail("one", eventSelectors=[reads]), trail("other", eventSelectors=[writes])
    assert failed_resources(pack, EVENTS, [bucket(), one, other]) == set()
    assert failed_resources(pack, EVENTS, [bucket(), one]) == {"data"}


def test_only_a_trail_that_logs_where_the_bucket_is_counts(pack: PackProcess):
    assert failed_resources(pack, EVENTS, [bucket(), recording(basic(OURS), enableLogging=False)]) == {"data"}
    assert failed_resources(pack, EVENTS, [bucket(), recording(basic(OURS), isMultiRegionTrail=False)]) == set()
    assert failed_resources(pack, EVENTS, [bucket(), recording(basic(OURS), region="us-west-2")]) == set()
    elsewhere = recording(basic(OURS), isMultiRegionTrail=False, region="us-west-2")
    assert failed_resources(pack, EVENTS, [bucket(), elsewhere]) == {"data"}


def test_of_two_buckets_the_one_that_isnt_recorded_is_told(pack: PackProcess):
    assert failed_resources(pack, EVENTS, [bucket(), bucket("more"), recording(basic(OURS))]) == {"more"}
    assert failed_resources(pack, EVENTS, [bucket("log", "Internal"), recording(basic(OURS))]) == set()
    assert failed_resources(pack, EVENTS, [bucket()]) == {"data"}


@pytest.mark.parametrize("prop", ["eventSelectors", "advancedEventSelectors"])
@pytest.mark.parametrize("named", [False, True])
def test_an_arn_that_comes_from_the_bucket_alone_is_the_buckets(pack: PackProcess, prop, named):
    selector = basic(UNKNOWN) if prop == "eventSelectors" else advanced(field("resources.ARN", startsWiths=[UNKNOWN]))
    stack = [bucket(named=named), bucket("more"), trail(comes_from={prop: ["data"]}, **{prop: [selector]})]
    assert failed_resources(pack, EVENTS, stack) == {"more"}
    both = [bucket(named=named), bucket("more"), trail(comes_from={prop: ["data", "more"]}, **{prop: [selector]})]
    assert unverified_resources(pack, EVENTS, both) == {"data", "more"}


@pytest.mark.parametrize(
    "given",
    [
        trail(eventSelectors=UNKNOWN),
        trail(advancedEventSelectors=UNKNOWN),
        recording(basic(UNKNOWN)),
        recording(basic(OURS, readWriteType=UNKNOWN)),
        recording(basic(OURS, dataResources=UNKNOWN)),
        recording(basic(OURS, kind=UNKNOWN)),
        recording({"fieldSelectors": UNKNOWN}),
        recording(advanced(field(UNKNOWN, equals=["true"]))),
        recording(advanced(field("readOnly", equals=UNKNOWN))),
        recording(advanced(field("readOnly", equals=[UNKNOWN]))),
        recording(advanced(field("resources.ARN", notStartsWiths=[UNKNOWN]))),
        recording(basic(OURS), enableLogging=UNKNOWN),
        recording(basic(OURS), isMultiRegionTrail=UNKNOWN, region="us-west-2"),
    ],
)
def test_selectors_that_may_leave_something_out_are_unverified(pack: PackProcess, given):
    assert unverified_resources(pack, EVENTS, [bucket(), given]) == {"data"}


def test_reads_that_surely_arent_recorded_fail_though_writes_are_unknown(pack: PackProcess):
    given = recording(basic(OURS, readWriteType="WriteOnly"), enableLogging=UNKNOWN)
    assert failed_resources(pack, EVENTS, [bucket(), given]) == {"data"}


# Of each trail by itself.


@pytest.mark.parametrize("key", [KEY_ARN, KEY_ARN.rsplit("/", 1)[1], "alias/audit"])
def test_a_trail_with_a_customer_key_passes(pack: PackProcess, key):
    assert failed_resources(pack, KEY, [trail(kmsKeyId=key)]) == set()


@pytest.mark.parametrize(
    "key", [None, "", "alias/aws/s3", "arn:aws:kms:us-east-1:111122223333:alias/aws/s3", "hunter2"]
)
def test_a_trail_without_a_customer_key_fails(pack: PackProcess, key):
    findings = findings_for(pack, KEY, [trail("right", kmsKeyId=KEY_ARN), trail(kmsKeyId=key)])
    assert {each.resource for each in findings} == {"trail"}
    assert not any("hunter2" in each.message for each in findings)


def test_a_trail_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    assert failed_resources(pack, KEY, [key, trail(kmsKeyId=UNKNOWN, comes_from={"kmsKeyId": ["key"]})]) == set()
    assert unverified_resources(pack, KEY, [key, trail(kmsKeyId=UNKNOWN)]) == {"trail"}


@pytest.mark.parametrize("value", [False, None, "false", "yes"])
def test_a_trail_whose_files_arent_signed_fails(pack: PackProcess, value):
    stack = [trail("right", enableLogFileValidation=True), trail(enableLogFileValidation=value)]
    assert failed_resources(pack, VALIDATION, stack) == {"trail"}


def test_a_trail_whose_files_may_be_signed_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, VALIDATION, [trail(enableLogFileValidation=UNKNOWN)]) == {"trail"}


GROUP_ARN = "arn:aws:logs:us-east-1:111122223333:log-group:/audit/trail:*"


def test_a_trail_that_goes_to_logs_too_passes(pack: PackProcess):
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "group", {})
    joined = trail("joined", comes_from={"cloudWatchLogsGroupArn": ["group"]}, cloudWatchLogsGroupArn=UNKNOWN)
    named = trail("named", cloudWatchLogsGroupArn=GROUP_ARN)
    assert failed_resources(pack, TO_LOGS, [group, joined, named]) == set()
    assert failed_resources(pack, TO_LOGS, [named, trail(), trail("empty", cloudWatchLogsGroupArn="")]) == {"trail", "empty"}
    assert unverified_resources(pack, TO_LOGS, [trail(cloudWatchLogsGroupArn=UNKNOWN)]) == {"trail"}
