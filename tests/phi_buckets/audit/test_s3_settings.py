"""The settings of a bucket parsed from responses as AWS documents them, including those that moto doesn't return."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.values import Location, Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.s3.facts import Acl, DefaultEncryption, LifecycleRule, ObjectLock, PublicAccessBlock
from hipaa_controls.services.s3.setting_rule import SettingRule
from phi_buckets.audit.collect.s3 import settings, unknown_settings

LOCATION = Location("aws-us-gov", "us-gov-west-1", "123456789012")
KEY_ID = "0a1b2c3d-0000-1111-2222-333344445555"
MULTI_REGION_KEY_ID = "mrk-0a1b2c3d00001111222233334444555a"
KEY = f"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{KEY_ID}"
TAG = {"Key": "class", "Value": "tmp"}
SETTING_RULES = {control.id: control.rule for control in LIVE_CONTROLS if isinstance(control.rule, SettingRule)}


@pytest.mark.parametrize(
    ("constraint", "region"),
    [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-west-1", "eu-west-1"), ("cn-north-1",) * 2],
)
def test_parse_region_maps_legacy_location_constraints(constraint: str | None, region: str):
    assert settings.parse_region({"LocationConstraint": constraint}) == region


def test_parse_public_access_block_leaves_missing_flags_unset():
    response = {"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}
    assert settings.parse_public_access_block(response) == PublicAccessBlock(True, None, None, None)


def test_parse_acl_returns_the_groups_of_its_grants():
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "0" * 64}, "Permission": "FULL_CONTROL"}
    public = {"Grantee": {"Type": "Group", "URI": everyone}, "Permission": "READ"}
    assert settings.parse_acl({"Grants": [owner]}) == Acl(None, ())
    assert settings.parse_acl({"Grants": [owner, public]}) == Acl(None, (everyone,))


def parse_encryption_rule(**rule: Any) -> tuple[DefaultEncryption, ...]:
    return settings.parse_encryption({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}, LOCATION)


def test_parse_encryption_of_the_default_since_2023():
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    assert parse_encryption_rule(**rule) == (DefaultEncryption("AES256", None, False, ()),)


@pytest.mark.parametrize("blocked", [("SSE-C",), ("NONE",)])
def test_parse_encryption_returns_blocked_encryption_types(blocked: tuple[str, ...]):
    default = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": KEY}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BlockedEncryptionTypes": {"EncryptionType": list(blocked)}}
    assert parse_encryption_rule(**rule) == (DefaultEncryption("aws:kms:dsse", KEY, None, blocked),)


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (KEY, KEY),
        (KEY_ID, KEY),
        (MULTI_REGION_KEY_ID, KEY.replace(KEY_ID, MULTI_REGION_KEY_ID)),
        ("alias/phi", "alias/phi"),
        ("alias/aws/s3", "alias/aws/s3"),
        (None, None),
    ],
)
def test_parse_encryption_expands_a_key_id_to_an_arn_of_the_buckets_account(key: str | None, expected: str | None):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    [encryption] = parse_encryption_rule(ApplyServerSideEncryptionByDefault=default)
    assert encryption.kms_key == expected


@pytest.mark.parametrize(("response", "status"), [({}, "Disabled"), ({"Status": "Suspended"}, "Suspended")])
def test_parse_versioning_without_a_status_is_disabled(response: dict[str, str], status: str):
    assert settings.parse_versioning(response).status == status


@pytest.mark.parametrize(
    ("retention", "expected"),
    [
        ({"Mode": "COMPLIANCE", "Days": 2192}, ObjectLock("COMPLIANCE", 2192)),
        ({"Mode": "GOVERNANCE", "Years": 7}, ObjectLock("GOVERNANCE", None, 7)),
        (None, None),
    ],
)
def test_parse_object_lock_converts_years_to_days(retention: dict[str, Any] | None, expected: ObjectLock | None):
    rule = {"Rule": {"DefaultRetention": retention}} if retention else {}
    response = {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}
    assert settings.parse_object_lock(response) == expected


def parse_lifecycle_rule(**rule: Any) -> LifecycleRule:
    lifecycle = settings.parse_lifecycle({"Rules": [{"Status": "Enabled", **rule}]})
    assert not isinstance(lifecycle.rules, Unknown)
    [parsed] = lifecycle.rules
    return parsed


def test_parse_lifecycle_returns_the_days_of_each_action():
    assert parse_lifecycle_rule(Filter={}) == LifecycleRule(True, True, False, None, None, None)
    rule = parse_lifecycle_rule(
        Filter={"Prefix": ""},
        Expiration={"Days": 30},
        NoncurrentVersionExpiration={"NoncurrentDays": 2555, "NewerNoncurrentVersions": 3},
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
    )
    assert rule == LifecycleRule(True, True, True, 30, 2555, 7)
    assert parse_lifecycle_rule(Status="Disabled").enabled is False


def test_parse_lifecycle_expires_current_versions_with_a_date_but_not_with_delete_markers_only():
    dated = parse_lifecycle_rule(Expiration={"Date": datetime(2030, 1, 1, tzinfo=UTC)})
    assert (dated.expires_current_versions, dated.expiration_days) == (True, None)
    markers_only = parse_lifecycle_rule(Expiration={"ExpiredObjectDeleteMarker": True})
    assert markers_only.expires_current_versions is False


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, True),
        ({"Prefix": ""}, True),
        ({"Filter": {}}, True),
        ({"Filter": {"Prefix": ""}}, True),
        ({"Filter": {"And": {"Prefix": "", "Tags": []}}}, True),
        ({"Prefix": "tmp/"}, False),
        ({"Filter": {"Prefix": "tmp/"}}, False),
        ({"Filter": {"Tag": TAG}}, False),
        ({"Filter": {"ObjectSizeGreaterThan": 0}}, False),
        ({"Filter": {"And": {"Prefix": "", "Tags": [TAG]}}}, False),
        ({"Filter": {"AccessPointArn": "arn:aws:s3:us-east-1:123456789012:accesspoint/phi"}}, False),
    ],
)
def test_rule_applies_to_all_objects_without_prefix_or_filter(rule: dict[str, Any], expected: bool):
    assert settings.applies_to_all_objects(rule) is expected
    assert parse_lifecycle_rule(**rule).applies_to_all_objects is expected
    [metrics] = settings.parse_request_metrics([{"Id": "all", **rule}])
    assert metrics.applies_to_all_objects is expected


def test_parse_access_logging_returns_the_arn_of_the_target_or_nothing():
    response = {"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}
    logging = settings.parse_access_logging(response, "aws-cn")
    assert logging
    assert logging.target_bucket == "arn:aws-cn:s3:::logs"
    assert settings.parse_access_logging({}, "aws") is None


def test_parse_replication_returns_destination_key_and_regions():
    destination = {"Bucket": "arn:aws:s3:::copy", "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY}}
    criteria = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    rule = {"Status": "Enabled", "Destination": destination, "SourceSelectionCriteria": criteria, "Filter": {}}
    response = {"ReplicationConfiguration": {"Role": "", "Rules": [rule, {"Status": "Disabled", "Destination": {}}]}}
    replication = settings.parse_replication(response, {"arn:aws:s3:::copy": "us-gov-east-1"})
    first, second = replication.rules  # type: ignore[misc]
    assert (first.enabled, first.applies_to_all_objects, first.replicates_kms_objects) == (True, True, True)
    assert (first.destination, first.destination_region) == ("arn:aws:s3:::copy", "us-gov-east-1")
    assert (first.replica_kms_key, first.replica_key_region) == (KEY, "us-gov-west-1")
    assert (second.enabled, second.destination) == (False, None)
    assert (second.replica_kms_key, second.replica_key_region, second.replicates_kms_objects) == (None, None, False)


@pytest.mark.parametrize("response", [{"IndexDocument": {"Suffix": "i"}}, {"RedirectAllRequestsTo": {"HostName": "h"}}])
def test_parse_website_returns_a_website_for_every_configuration(response: dict[str, Any]):
    assert settings.parse_website(response).hosted is True


def test_parse_cors_returns_the_origins_of_every_rule():
    rules = [{"AllowedOrigins": ["https://a.example", "https://b.example"]}, {"AllowedOrigins": ["*"]}]
    assert settings.parse_cors({"CORSRules": rules}).allowed_origins == ("https://a.example", "https://b.example", "*")


def test_parse_tags_returns_values_by_key():
    response = {"TagSet": [{"Key": "DataClass", "Value": "PHI"}, {"Key": "Team", "Value": ""}]}
    assert settings.parse_tags(response) == {"DataClass": "PHI", "Team": ""}
    assert settings.parse_tags({}) == {}


def test_every_setting_that_a_rule_checks_has_an_unknown_form():
    setting_types = {setting_type for rule in SETTING_RULES.values() for setting_type in rule.setting_types}
    assert setting_types <= set(unknown_settings.UNKNOWN_FACTORIES)
    for setting_type in unknown_settings.UNKNOWN_FACTORIES:
        assert isinstance(unknown_settings.unknown_setting(setting_type, Unknown("it")), setting_type)


def test_pass_when_absent_has_a_setting_of_each_control_that_passes_without_it():
    """A bucket that doesn't exist has no settings, and must not pass because of that."""
    passing = [
        set(rule.setting_types)
        for control_id, rule in SETTING_RULES.items()
        if rule.when_missing and control_id != "s3-object-lock"  # depends on the bucket
        if rule.when_missing(None).status is Status.PASS  # type: ignore[arg-type]
    ]
    assert all(setting_types & set(unknown_settings.PASS_WHEN_ABSENT) for setting_types in passing)
    assert set(unknown_settings.PASS_WHEN_ABSENT) <= set().union(*passing)
