"""The CloudTrail trails of a live account: the facts, the findings, and trails that can't be read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Location, StackResource
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from phi_buckets.audit.calls import cloudtrail as cloudtrail_calls
from phi_buckets.audit.collect import cloudtrail
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    GROUP_ARN,
    OTHER_REGION,
    PHI_BUCKET,
    REGION,
    TRAIL,
    TRAIL_ARN,
    TRAIL_BUCKET,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    put_event_selector,
    responding,
)

TRAIL_CONTROLS = {
    "cloudtrail-enabled",
    "cloudtrail-customer-managed-key",
    "cloudtrail-log-validation",
    "cloudtrail-cloudwatch-logs",
    "cloudtrail-no-external-destinations",
}
DATA_EVENTS_CONTROL = "cloudtrail-s3-data-events"


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


def test_trail_is_collected_with_its_settings(account):
    result = audit(account)
    assert result.fact(Trail, TRAIL_ARN) == Trail(
        TRAIL_ARN,
        logging=True,
        multi_region=True,
        global_service_events=True,
        log_file_validation=True,
        kms_key=StackResource(account.audit_key),
        log_group=StackResource(GROUP_ARN),
        selectors=(EventSelector("All", ("arn:aws:s3:::",), management_events=True),),
        location=Location("aws", REGION, ACCOUNT),
        bucket=StackResource(f"arn:aws:s3:::{TRAIL_BUCKET}"),
    )
    assert result.bucket_uses == ((f"arn:aws:s3:::{TRAIL_BUCKET}", DataClass.TRAIL_LOG),)
    assert result.controls_with(Status.PASS) >= {*TRAIL_CONTROLS, DATA_EVENTS_CONTROL}
    assert result.blocking == set()


def update_trail(**change):
    return lambda account: account.client("cloudtrail").update_trail(Name=TRAIL, **change)


def select_objects(*resources: str, **change):
    return lambda account: put_event_selector(account, list(resources), **change)


@pytest.mark.parametrize(
    ("change", "controls"),
    [
        (
            lambda account: account.client("cloudtrail").stop_logging(Name=TRAIL),
            {"cloudtrail-enabled", DATA_EVENTS_CONTROL},
        ),
        (update_trail(IsMultiRegionTrail=False), {"cloudtrail-enabled"}),
        (update_trail(IncludeGlobalServiceEvents=False), {"cloudtrail-enabled"}),
        (update_trail(EnableLogFileValidation=False), {"cloudtrail-log-validation"}),
        (lambda account: update_trail(KmsKeyId=account.phi_key)(account), {"kms-key-separation"}),
        (update_trail(KmsKeyId=""), {"cloudtrail-customer-managed-key"}),
        # The metric filter that raises alerts is on that log group.
        (update_trail(CloudWatchLogsLogGroupArn=""), {"cloudtrail-cloudwatch-logs", "cloudwatch-alarm-coverage"}),
        (select_objects(f"arn:aws:s3:::{PHI_BUCKET}/a"), {DATA_EVENTS_CONTROL}),
        (
            select_objects(f"arn:aws:s3:::{PHI_BUCKET}/", ReadWriteType="WriteOnly"),
            {"cloudtrail-enabled", DATA_EVENTS_CONTROL},
        ),
        (select_objects("arn:aws:s3", IncludeManagementEvents=False), {"cloudtrail-enabled"}),
        (select_objects("arn:aws:s3", ExcludeManagementEventSources=["kms.amazonaws.com"]), {"cloudtrail-enabled"}),
        (select_objects(f"arn:aws:s3:::{PHI_BUCKET}/"), set()),
    ],
)
def test_weak_setting_fails_only_its_controls(account, change, controls):
    change(account)
    result = audit(account)
    assert result.controls_with(Status.FAIL) == controls
    assert result.controls_with(Status.UNVERIFIED) == set()


def test_account_without_a_trail_fails(account):
    account.client("cloudtrail").delete_trail(Name=TRAIL)
    result = audit(account)
    assert result.statuses("cloudtrail-enabled") == {ACCOUNT: Status.FAIL}
    assert result.controls_with(Status.FAIL) == {"cloudtrail-enabled", DATA_EVENTS_CONTROL, "cloudwatch-alarm-coverage"}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (
            cloudtrail_calls.DESCRIBE_TRAILS,
            {*TRAIL_CONTROLS, DATA_EVENTS_CONTROL, "kms-key-separation", "cloudwatch-alarm-coverage"},
        ),
        (cloudtrail_calls.GET_TRAIL_STATUS, {"cloudtrail-enabled", DATA_EVENTS_CONTROL}),
        (cloudtrail_calls.GET_EVENT_SELECTORS, {"cloudtrail-enabled", DATA_EVENTS_CONTROL}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_denied_call_is_unverified_and_names_the_permission(account, call, controls):
    assert_unverified(audit(denying(account, call)), call, controls)


def test_multi_region_trail_is_collected_once(account):
    result = audit(account, (OTHER_REGION, REGION))
    assert result.resources(Trail) == [TRAIL_ARN]
    assert result.call_counts[cloudtrail_calls.GET_TRAIL_STATUS] == 1
    assert result.bucket_uses == ((f"arn:aws:s3:::{TRAIL_BUCKET}", DataClass.TRAIL_LOG),)


def with_trails(account: SampleAccount, *trails) -> SampleAccount:
    """Return the account with these trails. Each is logging, and records only management events."""
    management_events = {"EventSelectors": []}
    responses = {
        cloudtrail_calls.DESCRIBE_TRAILS: [{"trailList": list(trails)}],
        cloudtrail_calls.GET_TRAIL_STATUS: [{"IsLogging": True}] * len(trails),
        cloudtrail_calls.GET_EVENT_SELECTORS: [management_events] * len(trails),
    }
    return responding(account, responses)


def test_multi_region_trail_of_an_unaudited_region_counts(account):
    """It also records the audited region, where AWS returns its status for its ARN."""
    assert audit(account, (OTHER_REGION,)).resources(Trail) == [TRAIL_ARN]
    arn = TRAIL_ARN.replace(REGION, OTHER_REGION)
    result = audit(with_trails(account, trail_description(account, TrailARN=arn, HomeRegion=OTHER_REGION)))
    assert result.statuses("cloudtrail-enabled") == {arn: Status.PASS, ACCOUNT: Status.PASS}


def trail_description(account: SampleAccount, **change):
    """Return the trail's entry of DescribeTrails, with changes."""
    [trail] = account.client("cloudtrail").describe_trails()["trailList"]
    return {**trail, **change}


def test_organization_trail_is_listed_after_the_accounts_own_trails(account):
    """A member account can request it only by its ARN."""
    arn = TRAIL_ARN.replace(ACCOUNT, "444455556666").replace(TRAIL, "organization")
    organization_trail = trail_description(account, TrailARN=arn, Name="organization", IsOrganizationTrail=True)
    result = audit(with_trails(account, organization_trail, trail_description(account)))
    assert result.resources(Trail) == [TRAIL_ARN, arn]
    assert result.fact(Trail, arn).location.account == "444455556666"
    organization_only = audit(with_trails(account, organization_trail))
    assert organization_only.statuses("cloudtrail-enabled") == {arn: Status.PASS, ACCOUNT: Status.PASS}


def test_missing_trail_is_unverified_while_a_region_is_unread(account):
    all_trails = f"arn:aws:cloudtrail:{OTHER_REGION}:{ACCOUNT}:trail/*"
    one_region_denied = denying(account, cloudtrail_calls.DESCRIBE_TRAILS, region=OTHER_REGION)
    result = audit(one_region_denied, (REGION, OTHER_REGION))
    assert result.statuses("cloudtrail-cloudwatch-logs") == {TRAIL_ARN: Status.PASS, all_trails: Status.UNVERIFIED}
    phi_bucket = f"arn:aws:s3:::{PHI_BUCKET}"
    assert result.statuses(DATA_EVENTS_CONTROL)[phi_bucket] is Status.PASS  # by the trail that was read
    account.client("cloudtrail").delete_trail(Name=TRAIL)
    result = audit(one_region_denied, (REGION, OTHER_REGION))
    assert result.statuses("cloudtrail-enabled")[all_trails] is Status.UNVERIFIED
    assert result.statuses(DATA_EVENTS_CONTROL)[phi_bucket] is Status.UNVERIFIED
    assert result.statuses("cloudwatch-alarm-coverage") == {ACCOUNT: Status.UNVERIFIED}
    assert result.controls_with(Status.FAIL) == set()


def test_stack_scope_includes_trails_by_name(account):
    account.client("cloudtrail").create_trail(Name="another", S3BucketName=TRAIL_BUCKET)
    assert set(audit(account).resources(Trail)) == {
        TRAIL_ARN,
        TRAIL_ARN.replace(TRAIL, "another"),
    }
    result = audit(account, (REGION,), Scope({}, "phi-dev-"))
    assert result.resources(Trail) == [TRAIL_ARN]


# Responses as in https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html
MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
DATA = [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]}]


def advanced(*selectors):
    return {"AdvancedEventSelectors": [{"Name": "selector", "FieldSelectors": list(fields)} for fields in selectors]}


def test_parse_event_selectors_keeps_field_and_operator_of_advanced_selectors():
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


def test_parse_event_selectors_keeps_only_s3_objects_of_basic_selectors():
    resources = [
        {"Type": "AWS::Lambda::Function", "Values": ["arn:aws:lambda"]},
        {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::a/", "arn:aws:s3:::b/"]},
    ]
    selectors = {"EventSelectors": [{"ReadWriteType": "ReadOnly", "DataResources": resources}, {}]}
    assert cloudtrail.parse_event_selectors(selectors) == (
        EventSelector("ReadOnly", ("arn:aws:s3:::a/", "arn:aws:s3:::b/")),
        EventSelector("All", ()),
    )


def test_parse_event_selectors_keeps_what_basic_selectors_say_of_management_events():
    selectors = [
        {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True},
        {"IncludeManagementEvents": False, "ExcludeManagementEventSources": ["kms.amazonaws.com"]},
    ]
    assert cloudtrail.parse_event_selectors({"EventSelectors": selectors}) == (
        EventSelector("WriteOnly", management_events=True),
        EventSelector("All", management_events=False, excluded_sources=("kms.amazonaws.com",)),
    )


@pytest.mark.parametrize(
    ("selectors", "status"),
    [
        ({}, Status.PASS),
        ({"EventSelectors": [], "AdvancedEventSelectors": []}, Status.PASS),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}, {"ReadWriteType": "ReadOnly"}]}, Status.PASS),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, Status.FAIL),
        (advanced(DATA, [MANAGEMENT]), Status.PASS),
        (advanced([MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}]), Status.FAIL),
        (
            advanced(
                [MANAGEMENT, {"Field": "readOnly", "Equals": ["false"]}],
                [MANAGEMENT, {"Field": "readOnly", "Equals": ["true"]}],
            ),
            Status.PASS,
        ),
        (advanced([MANAGEMENT, {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}]), Status.FAIL),
    ],
)
def test_selectors_of_a_live_trail_record_management_events(account, selectors, status):
    result = audit(responding(account, {cloudtrail_calls.GET_EVENT_SELECTORS: [selectors]}))
    assert result.statuses("cloudtrail-enabled")[TRAIL_ARN] is status


def test_advanced_selectors_record_data_events(account):
    bucket = {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{PHI_BUCKET}/"]}
    result = audit(
        responding(account, {cloudtrail_calls.GET_EVENT_SELECTORS: [advanced([MANAGEMENT], [*DATA, bucket])]})
    )
    assert result.blocking == set()
    reads_only = {"Field": "readOnly", "Equals": ["true"]}
    result = audit(
        responding(
            account, {cloudtrail_calls.GET_EVENT_SELECTORS: [advanced([MANAGEMENT], [*DATA, bucket, reads_only])]}
        )
    )
    assert result.controls_with(Status.FAIL) == {DATA_EVENTS_CONTROL}


def test_parse_trail_with_minimal_responses_returns_the_defaults():
    minimal = cloudtrail.parse_trail({"TrailARN": TRAIL_ARN, "Name": TRAIL}, {}, {})
    assert replace(minimal, selectors=()) == Trail(
        TRAIL_ARN, False, False, False, False, None, None, (), Location("aws", REGION, ACCOUNT)
    )


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, Status.PASS),
        ({"SnsTopicARN": f"arn:aws:sns:{REGION}:{ACCOUNT}:trail"}, Status.PASS),
        ({"SnsTopicARN": f"arn:aws:sns:{REGION}:444455556666:trail"}, Status.FAIL),
        ({"S3BucketName": "log-archive"}, Status.UNVERIFIED),
        ({"TrailARN": TRAIL_ARN.replace(ACCOUNT, "444455556666"), "S3BucketName": "theirs"}, Status.NOT_APPLICABLE),
    ],
    ids=["own bucket", "own topic", "another account's topic", "a bucket that isn't listed", "organization's trail"],
)
def test_destination_of_a_trail_is_checked(account, change, status):
    result = audit(with_trails(account, trail_description(account, **change)))
    assert set(result.statuses("cloudtrail-no-external-destinations").values()) == {status}
