"""What the audit looked at: each listed type is judged, needs no judgment, or isn't judged."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.values import Unknown
from phi_buckets.audit.collected import ResourceListing
from phi_buckets.audit.coverage import AccountListings, coverage_of_accounts
from phi_buckets.audit.judged_types import WHOLE_ACCOUNT_TYPES
from phi_buckets.evidence.model import Coverage, NotJudged

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
EAST, WEST = "us-east-1", "us-west-2"
CONFIG, TAGS = "AWS Config", "Resource Groups Tagging API"
DENIED = Unknown("tag:GetResources", reason="couldn't be read: tag:GetResources failed with AccessDenied")
OFF = "isn't recording"

Counts = Mapping[str, int] | Unknown | None


def listing(source: str, counts: Counts, region: str = EAST, limit: str = "") -> ResourceListing:
    return ResourceListing(source, region, counts, limit)


def coverage(*listings: ResourceListing, level: str = "mandatory") -> Coverage:
    return coverage_of_accounts({ACCOUNT: AccountListings(listings)}, LIVE_CONTROLS, level)


def test_each_type_is_judged_needs_no_judgment_or_is_not_judged():
    counts = {"AWS::S3::Bucket": 3, "AWS::KMS::Alias": 2, "AWS::RDS::DBInstance": 1}
    result = coverage(listing(CONFIG, counts))
    assert [(entry.type, entry.count) for entry in result.judged] == [("AWS::S3::Bucket", 3)]
    assert "s3-versioning" in result.judged[0].controls
    assert [(entry.type, entry.count) for entry in result.no_judgment_needed] == [("AWS::KMS::Alias", 2)]
    assert result.not_judged == (NotJudged(account=ACCOUNT, region=EAST, type="AWS::RDS::DBInstance", count=1),)
    assert result.blocks


def test_sources_are_united_by_type_and_region():
    """Each lists a part of the resources, and some are in both."""
    result = coverage(
        listing(CONFIG, {"AWS::RDS::DBInstance": 1, "AWS::EC2::Volume": 4}),
        listing(TAGS, {"AWS::RDS::DBInstance": 2, "bedrock:*": 1}),
        listing(TAGS, {"AWS::RDS::DBInstance": 5}, WEST),
    )
    assert [(entry.type, entry.region, entry.count) for entry in result.not_judged] == [
        ("AWS::EC2::Volume", EAST, 4),
        ("AWS::RDS::DBInstance", EAST, 2),
        ("AWS::RDS::DBInstance", WEST, 5),
        ("bedrock:*", EAST, 1),
    ]


def test_resources_that_aws_config_records_in_every_region_are_counted_once():
    counts = {"AWS::IAM::Role": 30, "AWS::IAM::ServerCertificate": 1}
    result = coverage(listing(CONFIG, counts), listing(CONFIG, counts, WEST))
    assert [(entry.type, entry.count) for entry in result.judged] == [("AWS::IAM::Role", 30)]
    assert [(entry.region, entry.count) for entry in result.not_judged] == [("global", 1)]


def test_type_without_resources_is_not_counted():
    result = coverage(listing(CONFIG, {"AWS::RDS::DBInstance": 0, "AWS::S3::Bucket": 0}))
    assert (result.not_judged, result.judged, result.gaps) == ((), (), ())


def test_type_that_only_an_audit_of_the_account_reads_is_not_judged_in_one_of_a_stack():
    listings = {ACCOUNT: AccountListings((listing(TAGS, dict.fromkeys(WHOLE_ACCOUNT_TYPES, 1)),))}
    of_account = coverage_of_accounts(listings, LIVE_CONTROLS, "advisory")
    of_stack = coverage_of_accounts(listings, LIVE_CONTROLS, "advisory", WHOLE_ACCOUNT_TYPES)
    assert {entry.type for entry in of_account.judged} == WHOLE_ACCOUNT_TYPES
    assert {entry.type for entry in of_stack.not_judged} == WHOLE_ACCOUNT_TYPES


def test_type_of_a_disabled_control_is_not_judged():
    controls = [control for control in LIVE_CONTROLS if control.service != "sqs"]
    listings = AccountListings((listing(TAGS, {"AWS::SQS::Queue": 1}),))
    result = coverage_of_accounts({ACCOUNT: listings}, controls, "advisory")
    assert [entry.type for entry in result.not_judged] == ["AWS::SQS::Queue"]


@pytest.mark.parametrize(
    ("listings", "unlisted", "gap"),
    [
        ((listing(CONFIG, None, limit=OFF), listing(TAGS, DENIED)), True, "it isn't known what wasn't looked at"),
        ((listing(CONFIG, DENIED), listing(TAGS, DENIED)), True, "it isn't known what wasn't looked at"),
        ((listing(CONFIG, {}), listing(TAGS, DENIED)), False, "there may be more that isn't judged"),
        ((listing(CONFIG, DENIED), listing(TAGS, {})), False, "there may be more that isn't judged"),
    ],
    ids=["off and denied", "both denied", "tags denied", "config denied"],
)
def test_list_that_cant_be_read_is_a_gap_that_blocks(listings, unlisted, gap):
    result = coverage(*listings)
    assert result.unlisted == ((f"{ACCOUNT} {EAST}",) if unlisted else ())
    [found] = result.gaps
    assert (found.subject, found.unknown) == (f"{ACCOUNT} {EAST}", True)
    assert found.text.startswith(gap)
    assert "tag:GetResources failed with AccessDenied" in found.text
    assert result.blocks


def test_gap_of_one_region_remains_if_another_is_listed():
    result = coverage(listing(TAGS, {"AWS::S3::Bucket": 1}), listing(TAGS, DENIED, WEST))
    assert result.unlisted == (f"{ACCOUNT} {WEST}",)


def test_recorder_that_is_off_is_a_limit_while_tags_are_listed():
    result = coverage(listing(CONFIG, None, limit=OFF), listing(TAGS, {"AWS::S3::Bucket": 1}))
    assert (result.gaps, result.blocks) == ((), False)
    assert result.limits == (f"AWS Config isn't recording ({ACCOUNT} {EAST})",)


def test_inaccessible_account_is_a_gap():
    accounts = {
        ACCOUNT: AccountListings((listing(TAGS, {"AWS::S3::Bucket": 1}),)),
        OTHER_ACCOUNT: AccountListings((), "sts:AssumeRole failed with AccessDenied"),
    }
    result = coverage_of_accounts(accounts, LIVE_CONTROLS, "mandatory")
    [gap] = result.gaps
    assert gap.subject == OTHER_ACCOUNT
    assert gap.text.endswith("the account couldn't be read: sts:AssumeRole failed with AccessDenied")
    assert result.blocks


def test_types_of_several_accounts_are_counted_by_account():
    listings = AccountListings((listing(TAGS, {"AWS::RDS::DBInstance": 1, "AWS::S3::Bucket": 2}),))
    result = coverage_of_accounts({ACCOUNT: listings, OTHER_ACCOUNT: listings}, LIVE_CONTROLS, "advisory")
    assert [(entry.account, entry.count) for entry in result.not_judged] == [(ACCOUNT, 1), (OTHER_ACCOUNT, 1)]
    assert [entry.count for entry in result.judged] == [4]


def test_gaps_of_the_default_level_do_not_block():
    result = coverage(listing(TAGS, {"AWS::RDS::DBInstance": 1}), listing(CONFIG, DENIED), level="advisory")
    assert len(result.gaps) == 2
    assert not result.blocks


def test_coverage_without_any_source_blocks():
    assert coverage().blocks
