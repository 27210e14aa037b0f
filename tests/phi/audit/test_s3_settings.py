"""AWS's answers as it documents them, also those that the emulator doesn't give, and what they mean to the pack."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from hipaa.catalogue import RULES
from hipaa.model.values import Location, Unknown
from hipaa.services.s3.facts import Acl, DefaultEncryption, LifecycleRule, ObjectLock, PublicAccessBlock
from phi.audit.collect.s3 import settings, unknown_settings

PLACE = Location("aws-us-gov", "us-gov-west-1", "123456789012")
ID = "0a1b2c3d-0000-1111-2222-333344445555"
MULTI_REGION = "mrk-0a1b2c3d00001111222233334444555a"
KEY = f"arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/{ID}"
TAG = {"Key": "class", "Value": "tmp"}


@pytest.mark.parametrize(
    ("told", "region"), [(None, "us-east-1"), ("EU", "eu-west-1"), ("eu-west-1", "eu-west-1"), ("cn-north-1",) * 2]
)
def test_a_location_is_a_region(told: str | None, region: str):
    assert settings.parse_region({"LocationConstraint": told}) == region


def test_flags_that_arent_told_are_off():
    assert settings.parse_public_access_block({"PublicAccessBlockConfiguration": {"BlockPublicAcls": True}}) == (
        PublicAccessBlock(True, None, None, None)
    )


def test_an_acl_is_the_groups_that_it_lets_in():
    everyone = "http://acs.amazonaws.com/groups/global/AllUsers"
    owner = {"Grantee": {"Type": "CanonicalUser", "ID": "0" * 64}, "Permission": "FULL_CONTROL"}
    public = {"Grantee": {"Type": "Group", "URI": everyone}, "Permission": "READ"}
    assert settings.parse_acl({"Grants": [owner]}) == Acl(None, ())
    assert settings.parse_acl({"Grants": [owner, public]}) == Acl(None, (everyone,))


def encrypted(**rule: Any) -> tuple[DefaultEncryption, ...]:
    return settings.parse_encryption({"ServerSideEncryptionConfiguration": {"Rules": [rule]}}, PLACE)


def test_what_every_bucket_has_since_2023():
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    assert encrypted(**rule) == (DefaultEncryption("AES256", None, False, ()),)


@pytest.mark.parametrize("blocked", [("SSE-C",), ("NONE",)])
def test_blocked_encryption_types_are_told(blocked: tuple[str, ...]):
    default = {"SSEAlgorithm": "aws:kms:dsse", "KMSMasterKeyID": KEY}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BlockedEncryptionTypes": {"EncryptionType": list(blocked)}}
    assert encrypted(**rule) == (DefaultEncryption("aws:kms:dsse", KEY, None, blocked),)


@pytest.mark.parametrize(
    ("told", "key"),
    [
        (KEY, KEY),
        (ID, KEY),
        (MULTI_REGION, KEY.replace(ID, MULTI_REGION)),
        ("alias/phi", "alias/phi"),
        ("alias/aws/s3", "alias/aws/s3"),
        (None, None),
    ],
)
def test_a_key_that_is_told_by_its_id_is_one_of_the_buckets_account_and_region(told: str | None, key: str | None):
    [found] = encrypted(ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": told})
    assert found.kms_key == key


@pytest.mark.parametrize(("answer", "status"), [({}, "Disabled"), ({"Status": "Suspended"}, "Suspended")])
def test_a_bucket_that_never_had_versions_says_nothing(answer: dict[str, str], status: str):
    assert settings.parse_versioning(answer).status == status


@pytest.mark.parametrize(
    ("retention", "found"),
    [
        ({"Mode": "COMPLIANCE", "Days": 2192}, ObjectLock("COMPLIANCE", 2192)),
        ({"Mode": "GOVERNANCE", "Years": 7}, ObjectLock("GOVERNANCE", 2555)),
        (None, None),
    ],
)
def test_a_lock_is_in_days(retention: dict[str, Any] | None, found: ObjectLock | None):
    rule = {"Rule": {"DefaultRetention": retention}} if retention else {}
    assert settings.parse_object_lock({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", **rule}}) == found


def kept(**rule: Any) -> LifecycleRule:
    lifecycle = settings.parse_lifecycle({"Rules": [{"Status": "Enabled", **rule}]})
    assert not isinstance(lifecycle.rules, Unknown)
    [found] = lifecycle.rules
    return found


def test_a_lifecycle_rule_says_what_expires_and_when():
    assert kept(Filter={}) == LifecycleRule(True, True, False, None, None, None)
    found = kept(
        Filter={"Prefix": ""},
        Expiration={"Days": 30},
        NoncurrentVersionExpiration={"NoncurrentDays": 2555, "NewerNoncurrentVersions": 3},
        AbortIncompleteMultipartUpload={"DaysAfterInitiation": 7},
    )
    assert found == LifecycleRule(True, True, True, 30, 2555, 7)
    assert kept(Status="Disabled").enabled is False


def test_what_expires_on_a_date_expires_and_a_marker_alone_doesnt():
    dated = kept(Expiration={"Date": datetime(2030, 1, 1, tzinfo=UTC)})
    assert (dated.expires_current_versions, dated.expiration_days) == (True, None)
    assert kept(Expiration={"ExpiredObjectDeleteMarker": True}).expires_current_versions is False


@pytest.mark.parametrize(
    ("rule", "everywhere"),
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
def test_a_rule_is_for_every_object_where_nothing_narrows_it(rule: dict[str, Any], everywhere: bool):
    assert settings.applies_to_all_objects(rule) is everywhere
    assert kept(**rule).applies_to_all_objects is everywhere
    assert [each.applies_to_all_objects for each in settings.parse_request_metrics([{"Id": "all", **rule}])] == [
        everywhere
    ]


def test_access_is_logged_to_a_bucket_by_its_arn_or_not_at_all():
    logging = settings.parse_access_logging({"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": ""}}, "aws-cn")
    assert logging
    assert logging.target_bucket == "arn:aws-cn:s3:::logs"
    assert settings.parse_access_logging({}, "aws") is None


def test_a_copy_is_told_with_where_it_goes_and_by_which_key():
    destination = {"Bucket": "arn:aws:s3:::copy", "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY}}
    selected = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    rule = {"Status": "Enabled", "Destination": destination, "SourceSelectionCriteria": selected, "Filter": {}}
    answer = {"ReplicationConfiguration": {"Role": "", "Rules": [rule, {"Status": "Disabled", "Destination": {}}]}}
    first, second = settings.parse_replication(answer, {"arn:aws:s3:::copy": "us-gov-east-1"}).rules  # type: ignore[misc]
    assert (first.enabled, first.applies_to_all_objects, first.replicates_kms_objects) == (True, True, True)
    assert (first.destination, first.destination_region) == ("arn:aws:s3:::copy", "us-gov-east-1")
    assert (first.replica_kms_key, first.replica_key_region) == (KEY, "us-gov-west-1")
    assert (second.enabled, second.destination, second.replica_kms_key, second.replicates_kms_objects) == (
        False,
        None,
        None,
        False,
    )


@pytest.mark.parametrize("answer", [{"IndexDocument": {"Suffix": "i"}}, {"RedirectAllRequestsTo": {"HostName": "h"}}])
def test_every_website_is_one(answer: dict[str, Any]):
    assert settings.parse_website(answer).hosted is True


def test_the_origins_of_every_cors_rule():
    rules = [{"AllowedOrigins": ["https://a.example", "https://b.example"]}, {"AllowedOrigins": ["*"]}]
    assert settings.parse_cors({"CORSRules": rules}).allowed_origins == ("https://a.example", "https://b.example", "*")


def test_tags_by_their_keys():
    assert settings.parse_tags({"TagSet": [{"Key": "DataClass", "Value": "PHI"}, {"Key": "Team", "Value": ""}]}) == {
        "DataClass": "PHI",
        "Team": "",
    }
    assert settings.parse_tags({}) == {}


def test_every_kind_of_setting_that_a_rule_asks_for_can_be_unread():
    asked = {kind for rule in RULES.values() if rule.of_bucket for kind in rule.kinds}
    assert {kind for kind in asked if kind in unknown_settings.UNKNOWN_FACTORIES} == asked - {
        kind for kind in asked if kind.__name__ == "AccessPoint"
    }
    assert all(
        isinstance(unknown_settings.unknown_setting(kind, Unknown("it")), kind)
        for kind in unknown_settings.UNKNOWN_FACTORIES
    )


def test_the_kinds_whose_lack_passes_are_those():
    """A bucket that isn't there mustn't pass for having none of these."""
    passing = {
        kind
        for control, rule in RULES.items()
        if rule.of_bucket and rule.absent and control != "s3-object-lock"
        for kind in rule.kinds
        if kind in unknown_settings.UNKNOWN_FACTORIES and rule.absent(None).status.name == "PASS"  # type: ignore[arg-type]
    }
    assert passing == set(unknown_settings.PASS_WHEN_ABSENT)
