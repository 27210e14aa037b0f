"""CloudTrail trails: what they record, where they deliver, their keys and log file validation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN

ENABLED, S3_DATA_EVENTS, CUSTOMER_MANAGED_KEY = (
    "cloudtrail-enabled",
    "cloudtrail-s3-data-events",
    "cloudtrail-customer-managed-key",
)
LOG_VALIDATION, CLOUDWATCH_LOGS = "cloudtrail-log-validation", "cloudtrail-cloudwatch-logs"
STACK = Resource("pulumi:pulumi:Stack", "stack", {})


def trail(name: str = "trail", comes_from: Any = None, region: str = "us-east-1", **inputs: Any) -> Resource:
    trail_inputs = {"s3BucketName": "trails", "isMultiRegionTrail": True} | inputs
    return Resource(
        "aws:cloudtrail/trail:Trail",
        name,
        trail_inputs,
        comes_from=comes_from or {},
        region=region,
        account=ACCOUNT,
    )


def bucket(name: str = "data", data_class: str = "PHI", named: bool = True) -> Resource:
    inputs = {"tags": {"DataClass": data_class}} | ({"bucket": name} if named else {})
    return Resource("aws:s3/bucket:Bucket", name, inputs)


MANAGEMENT_EVENTS = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
DATA_EVENTS = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Data"]}]}


def narrowed_management_events(field_selector: str, **test: list[str]) -> dict[str, Any]:
    return {"fieldSelectors": [*MANAGEMENT_EVENTS["fieldSelectors"], {"field": field_selector, **test}]}


MANAGEMENT_READS = narrowed_management_events("readOnly", equals=["true"])
MANAGEMENT_WRITES = narrowed_management_events("readOnly", equals=["false"])
KMS_SOURCE, DATA_API_SOURCE = "kms.amazonaws.com", "rdsdata.amazonaws.com"


NO_MANAGEMENT_EVENTS = {"includeManagementEvents": False}


def without_sources(*sources: str, **change: Any) -> dict[str, Any]:
    """Return a basic selector of management events that leaves out some event sources."""
    return {"excludeManagementEventSources": list(sources)} | change


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
        [trail(advancedEventSelectors=[DATA_EVENTS, MANAGEMENT_EVENTS])],
        [trail(eventSelectors=[{"readWriteType": "WriteOnly"}, {"readWriteType": "ReadOnly"}])],
        [trail(advancedEventSelectors=[MANAGEMENT_READS, MANAGEMENT_WRITES])],
        [trail(advancedEventSelectors=[narrowed_management_events("readOnly", equals=["true", "false"])])],
        [trail(eventSelectors=[without_sources(KMS_SOURCE), without_sources(DATA_API_SOURCE)])],
        [
            trail(
                advancedEventSelectors=[
                    narrowed_management_events("eventSource", notEquals=[KMS_SOURCE]),
                    narrowed_management_events("eventSource", notEquals=[DATA_API_SOURCE]),
                ]
            )
        ],
        [
            trail(eventSelectors=[{"readWriteType": "WriteOnly"}]),
            trail("reads", advancedEventSelectors=[MANAGEMENT_READS]),
        ],
    ],
)
def test_trails_that_together_record_all_management_events_pass(pack: PackProcess, trails):
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
        {"advancedEventSelectors": [DATA_EVENTS]},
        {"advancedEventSelectors": [narrowed_management_events("readOnly", equals=["false"])]},
        {"advancedEventSelectors": [narrowed_management_events("eventSource", notEquals=[KMS_SOURCE])]},
        {"advancedEventSelectors": [narrowed_management_events("eventSource", equals=[KMS_SOURCE])]},
        {"advancedEventSelectors": [MANAGEMENT_READS, MANAGEMENT_READS]},
        {
            "advancedEventSelectors": [
                MANAGEMENT_READS,
                narrowed_management_events("eventName", equals=["PutKeyPolicy"]),
            ]
        },
        {"eventSelectors": [without_sources(KMS_SOURCE), without_sources(KMS_SOURCE, DATA_API_SOURCE)]},
        {"eventSelectors": [without_sources(KMS_SOURCE), without_sources(DATA_API_SOURCE, readWriteType="ReadOnly")]},
        {"eventSelectors": [{"readWriteType": "WriteOnly"}, {"readWriteType": "ReadOnly", **NO_MANAGEMENT_EVENTS}]},
    ],
)
def test_trail_that_omits_management_events_fails(pack: PackProcess, inputs):
    assert failed_resources(pack, ENABLED, [STACK, bucket(), trail(**inputs)]) == {"trail"}


def test_trail_of_one_region_adds_nothing_to_the_other_trails(pack: PackProcess):
    writes = trail(eventSelectors=[{"readWriteType": "WriteOnly"}])
    for change in ({"isMultiRegionTrail": False}, {"includeGlobalServiceEvents": False}):
        reads = trail("reads", eventSelectors=[{"readWriteType": "ReadOnly"}], **change)
        assert failed_resources(pack, ENABLED, [STACK, bucket(), writes, reads]) == {"trail", "reads"}


def test_stack_with_phi_and_no_trail_fails(pack: PackProcess):
    assert failed_resources(pack, ENABLED, [STACK, bucket()]) == {"stack"}
    assert failed_resources(pack, ENABLED, [STACK, bucket(data_class="Internal")]) == set()
    assert failed_resources(pack, ENABLED, [STACK]) == set()


def test_trail_in_stack_without_phi_only_has_to_log(pack: PackProcess):
    assert failed_resources(pack, ENABLED, [STACK, trail(isMultiRegionTrail=False)]) == set()
    assert failed_resources(pack, ENABLED, [STACK, trail(enableLogging=False)]) == {"trail"}
    assert failed_resources(pack, ENABLED, [STACK, trail(), trail("off", enableLogging=False)]) == {"off"}


def test_disabled_trail_is_reported_before_it_exists(pack: PackProcess):
    assert [
        finding.policy for finding in pack.check_resource(trail(enableLogging=False)) if finding.policy == ENABLED
    ] == [ENABLED]
    assert [
        finding for finding in pack.check_resource(trail(isMultiRegionTrail=False)) if finding.policy == ENABLED
    ] == []


@pytest.mark.parametrize("prop", ["enableLogging", "isMultiRegionTrail", "includeGlobalServiceEvents"])
def test_trail_with_unknown_property_is_unverified(pack: PackProcess, prop):
    assert unverified_resources(pack, ENABLED, [STACK, bucket(), trail(**{prop: UNKNOWN})]) == {"trail"}


@pytest.mark.parametrize(
    "selectors",
    [
        {"eventSelectors": UNKNOWN},
        {"eventSelectors": [{"includeManagementEvents": UNKNOWN}]},
        {"eventSelectors": [{"excludeManagementEventSources": [UNKNOWN]}]},
        {"eventSelectors": [{"readWriteType": "WriteOnly"}, {"readWriteType": UNKNOWN}]},
        {"advancedEventSelectors": [{"fieldSelectors": UNKNOWN}]},
        {"advancedEventSelectors": [{"fieldSelectors": [{"field": "eventCategory", "equals": [UNKNOWN]}]}]},
        {"advancedEventSelectors": [MANAGEMENT_READS, narrowed_management_events("readOnly", equals=[UNKNOWN])]},
        {"advancedEventSelectors": [narrowed_management_events(UNKNOWN, equals=["true"])]},
        {"advancedEventSelectors": [narrowed_management_events("eventSource", notEquals=UNKNOWN)]},
    ],
)
def test_trail_with_unknown_selectors_is_unverified(pack: PackProcess, selectors):
    assert unverified_resources(pack, ENABLED, [STACK, bucket(), trail(**selectors)]) == {"trail"}


def test_certain_failure_outranks_unknown_property(pack: PackProcess):
    partly_unknown = trail(isMultiRegionTrail=False, includeGlobalServiceEvents=UNKNOWN)
    assert failed_resources(pack, ENABLED, [STACK, bucket(), partly_unknown]) == {"trail"}


# cloudtrail-s3-data-events


def basic_selector(*values: Any, kind: str = "AWS::S3::Object", **change: Any) -> dict[str, Any]:
    return {"readWriteType": "All", "dataResources": [{"type": kind, "values": list(values)}]} | change


def field_selector(name: str, **tests: Any) -> dict[str, Any]:
    return {"field": name, **tests}


def advanced_selector(*fields: Any, category: str = "Data", kind: str = "AWS::S3::Object") -> dict[str, Any]:
    base = [field_selector("eventCategory", equals=[category]), field_selector("resources.type", equals=[kind])]
    return {"fieldSelectors": [*base, *fields]}


def trail_with_selectors(*selectors: Any, **more: Any) -> Resource:
    prop = "advancedEventSelectors" if any("fieldSelectors" in selector for selector in selectors) else "eventSelectors"
    return trail(**{prop: list(selectors)}, **more)


ONLY_READS, ONLY_WRITES = field_selector("readOnly", equals=["true"]), field_selector("readOnly", equals=["false"])
BUCKET_OBJECTS = "arn:aws:s3:::data/"


@pytest.mark.parametrize(
    "selectors",
    [
        [basic_selector(BUCKET_OBJECTS)],
        [basic_selector(BUCKET_OBJECTS, readWriteType=None)],
        [basic_selector("arn:aws:s3")],
        [basic_selector("arn:aws:s3:::")],
        [basic_selector("arn:aws:s3:::other/", BUCKET_OBJECTS)],
        [
            basic_selector(BUCKET_OBJECTS, readWriteType="ReadOnly"),
            basic_selector(BUCKET_OBJECTS, readWriteType="WriteOnly"),
        ],
        [advanced_selector()],
        [advanced_selector(ONLY_READS), advanced_selector(ONLY_WRITES)],
        [advanced_selector(field_selector("readOnly", equals=["true", "false"]))],
        [advanced_selector(field_selector("resources.ARN", startsWiths=[BUCKET_OBJECTS]))],
        [advanced_selector(field_selector("resources.ARN", startsWiths=["arn:aws:s3:::other/", "arn:aws:s3:::da"]))],
        [advanced_selector(field_selector("resources.ARN", notStartsWiths=["arn:aws:s3:::other/"]))],
        *[
            [advanced_selector(field_selector("resources.ARN", notEquals=[arn]))]
            for arn in ("arn:aws:s3:::other/x", "arn:aws:s3:::", "arn:aws:s3:::data", BUCKET_OBJECTS)
        ],
    ],
)
def test_selectors_covering_every_object_pass(pack: PackProcess, selectors):
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), trail_with_selectors(*selectors)]) == set()


@pytest.mark.parametrize(
    "selectors",
    [
        [],
        [{"readWriteType": "All", "includeManagementEvents": True}],
        [basic_selector(BUCKET_OBJECTS, readWriteType="ReadOnly")],
        [basic_selector(BUCKET_OBJECTS, readWriteType="WriteOnly")],
        [basic_selector(BUCKET_OBJECTS, readWriteType="all")],
        [basic_selector(BUCKET_OBJECTS, kind="AWS::Lambda::Function")],
        [basic_selector("arn:aws:s3:::data")],
        [basic_selector("arn:aws:s3:::data/reports/")],
        [basic_selector("arn:aws:s3:::data-2/")],
        [basic_selector()],
        [advanced_selector(category="Management")],
        [advanced_selector(kind="AWS::DynamoDB::Table")],
        [advanced_selector(ONLY_READS)],
        [advanced_selector(field_selector("readOnly", equals=["true", "false"], notEquals=["true"]))],
        [advanced_selector(ONLY_WRITES)],
        [advanced_selector(ONLY_READS), advanced_selector(ONLY_READS)],
        [advanced_selector(field_selector("resources.ARN", startsWiths=["arn:aws:s3:::other/"]))],
        [advanced_selector(field_selector("resources.ARN", startsWiths=["arn:aws:s3:::data/reports/"]))],
        [advanced_selector(field_selector("resources.ARN", equals=[BUCKET_OBJECTS]))],
        [advanced_selector(field_selector("resources.ARN", endsWiths=[".json"]))],
        [advanced_selector(field_selector("resources.ARN", notEndsWiths=[".json"]))],
        [advanced_selector(field_selector("resources.ARN", notStartsWiths=["arn:aws:s3:::data/reports/"]))],
        [advanced_selector(field_selector("resources.ARN", notStartsWiths=["arn:aws:s3:::"]))],
        [advanced_selector(field_selector("resources.ARN", startsWiths=[BUCKET_OBJECTS], notEndsWiths=[".tmp"]))],
        [advanced_selector(field_selector("resources.ARN", notEquals=["arn:aws:s3:::data/reports/heartbeat"]))],
        [advanced_selector(field_selector("resources.ARN", notEquals=[BUCKET_OBJECTS, "arn:aws:s3:::data/x"]))],
        [advanced_selector(field_selector("eventName", equals=["GetObject", "PutObject"]))],
        [advanced_selector(field_selector("eventName", notEquals=["HeadObject"]))],
        [
            advanced_selector(
                field_selector("userIdentity.arn", notStartsWiths=["arn:aws:sts::111122223333:assumed-role/app"])
            )
        ],
        [{"fieldSelectors": [field_selector("resources.type", equals=["AWS::S3::Object"])]}],
        [{"fieldSelectors": [field_selector("eventCategory", equals=["Data"])]}],
        [{"fieldSelectors": []}],
    ],
)
def test_selectors_omitting_objects_or_events_fail(pack: PackProcess, selectors):
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), trail_with_selectors(*selectors)]) == {"data"}


def test_two_trails_together_cover_reads_and_writes(pack: PackProcess):
    reads, writes = (
        basic_selector(BUCKET_OBJECTS, readWriteType="ReadOnly"),
        basic_selector(BUCKET_OBJECTS, readWriteType="WriteOnly"),
    )
    read_trail, write_trail = trail("one", eventSelectors=[reads]), trail("other", eventSelectors=[writes])
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), read_trail, write_trail]) == set()
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), read_trail]) == {"data"}


def test_only_trails_that_log_in_the_buckets_region_count(pack: PackProcess):
    assert failed_resources(
        pack, S3_DATA_EVENTS, [bucket(), trail_with_selectors(basic_selector(BUCKET_OBJECTS), enableLogging=False)]
    ) == {"data"}
    assert (
        failed_resources(
            pack,
            S3_DATA_EVENTS,
            [bucket(), trail_with_selectors(basic_selector(BUCKET_OBJECTS), isMultiRegionTrail=False)],
        )
        == set()
    )
    assert (
        failed_resources(
            pack, S3_DATA_EVENTS, [bucket(), trail_with_selectors(basic_selector(BUCKET_OBJECTS), region="us-west-2")]
        )
        == set()
    )
    trail_in_other_region = trail_with_selectors(
        basic_selector(BUCKET_OBJECTS), isMultiRegionTrail=False, region="us-west-2"
    )
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), trail_in_other_region]) == {"data"}


def test_only_the_unrecorded_bucket_of_two_fails(pack: PackProcess):
    assert failed_resources(
        pack, S3_DATA_EVENTS, [bucket(), bucket("more"), trail_with_selectors(basic_selector(BUCKET_OBJECTS))]
    ) == {"more"}
    assert (
        failed_resources(
            pack, S3_DATA_EVENTS, [bucket("log", "Internal"), trail_with_selectors(basic_selector(BUCKET_OBJECTS))]
        )
        == set()
    )
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket()]) == {"data"}


@pytest.mark.parametrize("prop", ["eventSelectors", "advancedEventSelectors"])
@pytest.mark.parametrize("named", [False, True])
def test_unknown_arn_that_comes_from_one_bucket_covers_that_bucket(pack: PackProcess, prop, named):
    selector = (
        basic_selector(UNKNOWN)
        if prop == "eventSelectors"
        else advanced_selector(field_selector("resources.ARN", startsWiths=[UNKNOWN]))
    )
    stack = [bucket(named=named), bucket("more"), trail(comes_from={prop: ["data"]}, **{prop: [selector]})]
    assert failed_resources(pack, S3_DATA_EVENTS, stack) == {"more"}
    both = [bucket(named=named), bucket("more"), trail(comes_from={prop: ["data", "more"]}, **{prop: [selector]})]
    assert unverified_resources(pack, S3_DATA_EVENTS, both) == {"data", "more"}


def test_unknown_arn_that_a_selector_leaves_out_is_unverified(pack: PackProcess):
    """It may be the bucket's own ARN, which no object has, or an object's ARN."""
    selector = advanced_selector(field_selector("resources.ARN", notEquals=[UNKNOWN]))
    stack = [
        bucket(),
        bucket("more"),
        trail(comes_from={"advancedEventSelectors": ["data"]}, advancedEventSelectors=[selector]),
    ]
    assert unverified_resources(pack, S3_DATA_EVENTS, stack) == {"data"}


@pytest.mark.parametrize(
    "unknown_trail",
    [
        trail(eventSelectors=UNKNOWN),
        trail(advancedEventSelectors=UNKNOWN),
        trail_with_selectors(basic_selector(UNKNOWN)),
        trail_with_selectors(basic_selector(BUCKET_OBJECTS, readWriteType=UNKNOWN)),
        trail_with_selectors(basic_selector(BUCKET_OBJECTS, dataResources=UNKNOWN)),
        trail_with_selectors(basic_selector(BUCKET_OBJECTS, kind=UNKNOWN)),
        trail_with_selectors({"fieldSelectors": UNKNOWN}),
        trail_with_selectors(advanced_selector(field_selector(UNKNOWN, equals=["true"]))),
        trail_with_selectors(advanced_selector(field_selector("readOnly", equals=UNKNOWN))),
        trail_with_selectors(advanced_selector(field_selector("readOnly", equals=[UNKNOWN]))),
        trail_with_selectors(advanced_selector(field_selector("resources.ARN", notStartsWiths=[UNKNOWN]))),
        trail_with_selectors(basic_selector(BUCKET_OBJECTS), enableLogging=UNKNOWN),
        trail_with_selectors(basic_selector(BUCKET_OBJECTS), isMultiRegionTrail=UNKNOWN, region="us-west-2"),
    ],
)
def test_unknown_selectors_are_unverified(pack: PackProcess, unknown_trail):
    assert unverified_resources(pack, S3_DATA_EVENTS, [bucket(), unknown_trail]) == {"data"}


def test_unrecorded_reads_fail_although_writes_are_unknown(pack: PackProcess):
    write_trail = trail_with_selectors(basic_selector(BUCKET_OBJECTS, readWriteType="WriteOnly"), enableLogging=UNKNOWN)
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), write_trail]) == {"data"}


# cloudtrail-customer-managed-key, cloudtrail-log-validation, cloudtrail-cloudwatch-logs


@pytest.mark.parametrize("key", [KEY_ARN, KEY_ARN.rsplit("/", 1)[1], "alias/audit"])
def test_trail_with_customer_managed_key_passes(pack: PackProcess, key):
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [trail(kmsKeyId=key)]) == set()


@pytest.mark.parametrize(
    "key", [None, "", "alias/aws/s3", "arn:aws:kms:us-east-1:111122223333:alias/aws/s3", "hunter2"]
)
def test_trail_without_customer_managed_key_fails(pack: PackProcess, key):
    findings = findings_for(pack, CUSTOMER_MANAGED_KEY, [trail("right", kmsKeyId=KEY_ARN), trail(kmsKeyId=key)])
    assert {finding.resource for finding in findings} == {"trail"}
    assert not any("hunter2" in finding.message for finding in findings)


def test_trail_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    assert (
        failed_resources(pack, CUSTOMER_MANAGED_KEY, [key, trail(kmsKeyId=UNKNOWN, comes_from={"kmsKeyId": ["key"]})])
        == set()
    )
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [key, trail(kmsKeyId=UNKNOWN)]) == {"trail"}


@pytest.mark.parametrize("value", [False, None, "false", "yes"])
def test_trail_without_log_file_validation_fails(pack: PackProcess, value):
    stack = [trail("right", enableLogFileValidation=True), trail(enableLogFileValidation=value)]
    assert failed_resources(pack, LOG_VALIDATION, stack) == {"trail"}


def test_trail_with_unknown_log_file_validation_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, LOG_VALIDATION, [trail(enableLogFileValidation=UNKNOWN)]) == {"trail"}


GROUP_ARN = "arn:aws:logs:us-east-1:111122223333:log-group:/audit/trail:*"


def test_trail_has_to_deliver_to_a_log_group(pack: PackProcess):
    group = Resource("aws:cloudwatch/logGroup:LogGroup", "group", {})
    referring_trail = trail("joined", comes_from={"cloudWatchLogsGroupArn": ["group"]}, cloudWatchLogsGroupArn=UNKNOWN)
    named_trail = trail("named", cloudWatchLogsGroupArn=GROUP_ARN)
    assert failed_resources(pack, CLOUDWATCH_LOGS, [group, referring_trail, named_trail]) == set()
    assert failed_resources(
        pack, CLOUDWATCH_LOGS, [named_trail, trail(), trail("empty", cloudWatchLogsGroupArn="")]
    ) == {
        "trail",
        "empty",
    }
    assert unverified_resources(pack, CLOUDWATCH_LOGS, [trail(cloudWatchLogsGroupArn=UNKNOWN)]) == {"trail"}


def test_trail_of_another_account_records_a_bucket_only_as_an_organizations(pack: PackProcess):
    data = replace(bucket(), provider="other", account="999999999999")
    select_all = basic_selector("arn:aws:s3")
    assert failed_resources(pack, S3_DATA_EVENTS, [data, trail_with_selectors(select_all)]) == {"data"}
    organization_trail = trail_with_selectors(select_all, isOrganizationTrail=True)
    assert unverified_resources(pack, S3_DATA_EVENTS, [data, organization_trail]) == {"data"}
    assert failed_resources(pack, S3_DATA_EVENTS, [bucket(), organization_trail]) == set()


def test_trail_of_an_account_that_may_be_another_is_unverified(pack: PackProcess):
    own_trail = replace(trail_with_selectors(basic_selector("arn:aws:s3")), account=None)
    perhaps_other = replace(own_trail, provider="second", provider_config={"profile": "audit"})
    for either, expected in ((own_trail, set()), (perhaps_other, {"data"})):
        assert unverified_resources(pack, S3_DATA_EVENTS, [bucket(), either]) == expected


# cloudtrail-no-external-destinations

DESTINATIONS = "cloudtrail-no-external-destinations"
LOG_BUCKET = bucket("trails", "CloudTrailLog")
TOPIC = Resource("aws:sns/topic:Topic", "topic", {"name": "trail"}, account=ACCOUNT)


def topic_arn(account: str) -> str:
    return f"arn:aws:sns:us-east-1:{account}:trail"


@pytest.mark.parametrize(
    "right",
    [
        trail(),
        trail(s3BucketName=UNKNOWN, comes_from={"s3BucketName": ["trails"]}),
        trail(snsTopicName="trail"),
        trail(snsTopicName=topic_arn(ACCOUNT)),
        trail(snsTopicName=UNKNOWN, comes_from={"snsTopicName": ["topic"]}),
    ],
)
def test_trail_that_delivers_to_the_stack_passes(pack: PackProcess, right):
    assert findings_for(pack, DESTINATIONS, [STACK, LOG_BUCKET, TOPIC, right]) == []


def test_trail_with_a_topic_of_another_account_fails(pack: PackProcess):
    stack = [STACK, LOG_BUCKET, TOPIC, trail("right"), trail(snsTopicName=topic_arn("444455556666"))]
    assert failed_resources(pack, DESTINATIONS, stack) == {"trail"}


@pytest.mark.parametrize(
    "unknown",
    [
        trail(s3BucketName="elsewhere"),
        trail(s3BucketName=UNKNOWN),
        trail(s3BucketName=None),
        trail(snsTopicName=UNKNOWN),
    ],
)
def test_trail_whose_bucket_or_topic_may_be_of_another_account_is_unverified(pack: PackProcess, unknown):
    assert unverified_resources(pack, DESTINATIONS, [STACK, LOG_BUCKET, unknown]) == {"trail"}


def test_trail_that_delivers_to_a_trusted_bucket_and_account_passes():
    with start_pack() as pack:
        trusted = {"accounts": ["444455556666"], "buckets": ["log-archive"]}
        pack.configure(cloudtrail_no_external_destinations=trusted)
        central = trail(s3BucketName="log-archive", snsTopicName=topic_arn("444455556666"))
        assert findings_for(pack, DESTINATIONS, [STACK, central]) == []
