"""Trails of a live account: what is read of them, what fails, and what can't be told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa.model.data_class import DataClass
from hipaa.model.values import Location, StackResource
from hipaa.model.verdict import Status
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from phi.audit.calls import cloudtrail as cloudtrail_calls
from phi.audit.collect import cloudtrail
from phi.audit.scope import Scope
from tests.phi.audit.sample_alert_pipeline import (
    ACCOUNT,
    FILES,
    GROUP_ARN,
    PHI,
    REGION,
    TRAIL,
    TRAIL_ARN,
    SampleAccount,
    responding,
    assert_unverified,
    audit,
    denying,
    create_compliant_account,
    select,
)

WEST = "us-west-2"
OWN = {
    "cloudtrail-enabled",
    "cloudtrail-customer-managed-key",
    "cloudtrail-log-validation",
    "cloudtrail-cloudwatch-logs",
}
EVENTS = "cloudtrail-s3-data-events"


@pytest.fixture
def world(session) -> SampleAccount:
    return create_compliant_account(session)


def test_a_trail_is_read_as_it_is_set(world):
    found = audit(world)
    assert found.fact(Trail, TRAIL_ARN) == Trail(
        TRAIL_ARN,
        logging=True,
        multi_region=True,
        global_service_events=True,
        log_file_validation=True,
        kms_key=StackResource(world.audit),
        log_group=StackResource(GROUP_ARN),
        selectors=(EventSelector("All", ("arn:aws:s3:::",)),),
        records_management_events=True,
        location=Location("aws", REGION, ACCOUNT),
    )
    assert found.bucket_uses == ((f"arn:aws:s3:::{FILES}", DataClass.TRAIL_LOG),)
    assert found.controls_with(Status.PASS) >= {*OWN, EVENTS}
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()


def update(**change):
    return lambda world: world.client("cloudtrail").update_trail(Name=TRAIL, **change)


def of_objects(*resources: str, **change):
    return lambda world: select(world, list(resources), **change)


@pytest.mark.parametrize(
    ("spoil", "controls"),
    [
        (lambda world: world.client("cloudtrail").stop_logging(Name=TRAIL), {"cloudtrail-enabled", EVENTS}),
        (update(IsMultiRegionTrail=False), {"cloudtrail-enabled"}),
        (update(IncludeGlobalServiceEvents=False), {"cloudtrail-enabled"}),
        (update(EnableLogFileValidation=False), {"cloudtrail-log-validation"}),
        (lambda world: update(KmsKeyId=world.data)(world), {"kms-key-separation"}),
        (update(KmsKeyId=""), {"cloudtrail-customer-managed-key"}),
        # The filter that raises alerts is on the log that it went to.
        (update(CloudWatchLogsLogGroupArn=""), {"cloudtrail-cloudwatch-logs", "cloudwatch-alarm-coverage"}),
        (of_objects(f"arn:aws:s3:::{PHI}/a"), {EVENTS}),
        (of_objects(f"arn:aws:s3:::{PHI}/", ReadWriteType="WriteOnly"), {"cloudtrail-enabled", EVENTS}),
        (of_objects("arn:aws:s3", IncludeManagementEvents=False), {"cloudtrail-enabled"}),
        (of_objects("arn:aws:s3", ExcludeManagementEventSources=["kms.amazonaws.com"]), {"cloudtrail-enabled"}),
        (of_objects(f"arn:aws:s3:::{PHI}/"), set()),
    ],
)
def test_a_setting_that_is_wrong_fails_its_own_controls(world, spoil, controls):
    spoil(world)
    found = audit(world)
    assert found.controls_with(Status.FAIL) == controls
    assert found.controls_with(Status.UNVERIFIED) == set()


def test_an_account_without_a_trail_fails(world):
    world.client("cloudtrail").delete_trail(Name=TRAIL)
    found = audit(world)
    assert found.statuses("cloudtrail-enabled") == {ACCOUNT: Status.FAIL}
    assert found.controls_with(Status.FAIL) == {"cloudtrail-enabled", EVENTS, "cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (cloudtrail_calls.DESCRIBE_TRAILS, {*OWN, EVENTS, "kms-key-separation", "cloudwatch-alarm-coverage"}),
        (cloudtrail_calls.GET_TRAIL_STATUS, {"cloudtrail-enabled", EVENTS}),
        (cloudtrail_calls.GET_EVENT_SELECTORS, {"cloudtrail-enabled", EVENTS}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_what_is_refused_is_unverified(world, call, controls):
    assert_unverified(audit(denying(world, call)), call, controls)


def test_a_trail_of_every_region_is_told_once(world):
    found = audit(world, (WEST, REGION))
    assert [each.resource for each in found.stack.facts_of_type(Trail)] == [TRAIL_ARN]
    assert found.call_counts[cloudtrail_calls.GET_TRAIL_STATUS] == 1
    assert found.bucket_uses == ((f"arn:aws:s3:::{FILES}", DataClass.TRAIL_LOG),)


def seeing(world: SampleAccount, *trails) -> SampleAccount:
    """The account where these are its trails; each logs, and records management events alone."""
    everything = {"EventSelectors": []}
    answers = {
        cloudtrail_calls.DESCRIBE_TRAILS: [{"trailList": list(trails)}],
        cloudtrail_calls.GET_TRAIL_STATUS: [{"IsLogging": True}] * len(trails),
        cloudtrail_calls.GET_EVENT_SELECTORS: [everything] * len(trails),
    }
    return responding(world, answers)


def test_a_trail_counts_whose_own_region_isnt_audited(world):
    """It records the audited one too, and tells its status there by its ARN."""
    assert [each.resource for each in audit(world, (WEST,)).stack.facts_of_type(Trail)] == [TRAIL_ARN]
    arn = TRAIL_ARN.replace(REGION, WEST)
    found = audit(seeing(world, told(world, TrailARN=arn, HomeRegion=WEST)))
    assert found.statuses("cloudtrail-enabled") == {arn: Status.PASS, ACCOUNT: Status.PASS}


def told(world: SampleAccount, **change):
    """As DescribeTrails tells it."""
    [trail] = world.client("cloudtrail").describe_trails()["trailList"]
    return {**trail, **change}


def test_a_trail_of_the_organization_counts_after_the_accounts_own(world):
    """A member account sees it only as a shadow, and must ask for it by its ARN."""
    arn = TRAIL_ARN.replace(ACCOUNT, "444455556666").replace(TRAIL, "organization")
    organizations = told(world, TrailARN=arn, Name="organization", IsOrganizationTrail=True)
    found = audit(seeing(world, organizations, told(world)))
    assert [each.resource for each in found.stack.facts_of_type(Trail)] == [TRAIL_ARN, arn]
    assert found.fact(Trail, arn).place.account == "444455556666"
    alone = audit(seeing(world, organizations))
    assert alone.statuses("cloudtrail-enabled") == {arn: Status.PASS, ACCOUNT: Status.PASS}


def test_a_region_that_cant_be_read_may_hold_the_trail_that_is_missing(world):
    there = f"arn:aws:cloudtrail:{WEST}:{ACCOUNT}:trail/*"
    without = denying(world, cloudtrail_calls.DESCRIBE_TRAILS, region=WEST)
    found = audit(without, (REGION, WEST))
    assert found.statuses("cloudtrail-cloudwatch-logs") == {TRAIL_ARN: Status.PASS, there: Status.UNVERIFIED}
    assert found.statuses(EVENTS) == {f"arn:aws:s3:::{PHI}": Status.PASS}  # whatever is there besides
    world.client("cloudtrail").delete_trail(Name=TRAIL)
    found = audit(without, (REGION, WEST))
    assert found.statuses("cloudtrail-enabled")[there] is Status.UNVERIFIED
    assert found.statuses(EVENTS) == {f"arn:aws:s3:::{PHI}": Status.UNVERIFIED}
    assert found.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.UNVERIFIED}
    assert found.controls_with(Status.FAIL) == set()


def test_a_stacks_trail_is_told_by_its_name(world):
    world.client("cloudtrail").create_trail(Name="another", S3BucketName=FILES)
    assert {each.resource for each in audit(world).stack.facts_of_type(Trail)} == {
        TRAIL_ARN,
        TRAIL_ARN.replace(TRAIL, "another"),
    }
    stack = audit(world, (REGION,), Scope({}, "phi-dev-"))
    assert [each.resource for each in stack.stack.facts_of_type(Trail)] == [TRAIL_ARN]


# As https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html answers.
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]


def advanced(*fields):
    return {"AdvancedEventSelectors": [{"Name": "selector", "FieldSelectors": list(each)} for each in fields]}


def test_advanced_selectors_are_read_by_field_and_operator():
    arns = {"Field": "resources.ARN", "StartsWith": ["arn:aws:s3:::a/"], "NotEndsWith": ["b"], "NotEquals": []}
    [selector] = cloudtrail.parse_event_selectors(advanced([*DATA, arns]))
    assert selector == EventSelector(
        field_selectors=(
            FieldSelector("eventCategory", {"equals": ("Data",)}),
            FieldSelector("resources.type", {"equals": ("AWS::S3::Object",)}),
            FieldSelector("resources.ARN", {"startsWith": ("arn:aws:s3:::a/",), "notEndsWith": ("b",)}),
        )
    )
    assert selector.field_selectors[2].operators == {"startsWith": ("arn:aws:s3:::a/",), "notEndsWith": ("b",)}


def test_basic_selectors_are_read_of_objects_alone():
    resources = [
        {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]},
    ]
    selectors = {"EventSelectors": [{"ReadWriteType": "ReadOnly", "DataResources": resources}, {}]}
    assert cloudtrail.parse_event_selectors(selectors) == (
        EventSelector("ReadOnly", ("arn:aws:s3:::a/", "arn:aws:s3:::b/")),
        EventSelector("All", ()),
    )


@pytest.mark.parametrize(
    ("selectors", "everything"),
    [
        ({}, True),
        ({"EventSelectors": [], "AdvancedEventSelectors": []}, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, False),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}, False),
        (
            {
                "EventSelectors": [
                    {"IncludeManagementEvents": True, "ExcludeManagementEventSources": ["kms.amazonaws.com"]}
                ]
            },
            False,
        ),
        (advanced([MANAGEMENT]), True),
        (advanced(DATA, [MANAGEMENT]), True),
        (advanced(DATA), False),
        (advanced([MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}]), False),
        (advanced([{"Field": "eventCategory", "Equals": ["Data"]}]), False),
    ],
)
def test_whether_all_management_events_are_recorded(selectors, everything):
    assert cloudtrail.records_all_management_events(selectors) is everything


def test_data_events_by_advanced_selectors_count(world):
    bucket = {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{PHI}/"]}
    found = audit(responding(world, {cloudtrail_calls.GET_EVENT_SELECTORS: [advanced([MANAGEMENT], [*DATA, bucket])]}))
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()
    reads = {"Field": "readOnly", "Equals": ["true"]}
    found = audit(
        responding(world, {cloudtrail_calls.GET_EVENT_SELECTORS: [advanced([MANAGEMENT], [*DATA, bucket, reads])]})
    )
    assert found.controls_with(Status.FAIL) == {EVENTS}


def test_a_trail_that_says_little_is_taken_as_set_so():
    bare = cloudtrail.parse_trail({"TrailARN": TRAIL_ARN, "Name": TRAIL}, {}, {})
    assert replace(bare, selectors=()) == Trail(
        TRAIL_ARN, False, False, False, False, None, None, (), True, Location("aws", REGION, ACCOUNT)
    )
