"""What is read of S3, and what the pack's rules find of it: each setting right, broken, and not to be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from hipaa.model.data_class import DataClass, DataClassTag
from hipaa.model.values import Document, StackResource, Unknown
from hipaa.model.verdict import Status
from hipaa.services.s3.facts import AccessPoint, AccountPublicAccessBlock, Bucket
from hipaa.services.sns.facts import TopicPolicy
from phi.audit.calls import Call
from phi.audit.calls import s3 as calls
from phi.audit.collect.s3 import listing, notifications
from phi.audit.reader import AuditedAccount, AccountReader
from phi.audit.scope import Scope
from sandbox.moto_fixes import s3 as fixes
from tests.phi.audit.sample_account import (
    ACCOUNT,
    ALL_BLOCKED,
    CONTROLS,
    REPLICA_REGION,
    LOGS,
    PHI,
    POINT,
    REGION,
    REPLICA,
    REPLICA_LOGS,
    STACK,
    SampleAccount,
    allow,
    session_failing,
    arn,
    audit,
    bucket_of,
    denials,
    document,
    lock,
    create_compliant_account,
    taking_logs,
)

STRANGER = {"AWS": "arn:aws:iam::999988887777:root"}
BY_POLICY = {"s3-tls-only", "s3-tls-1-2", "s3-enforce-kms-key", "s3-deny-sse-c", "s3-tamper-protection"}
OF_POLICY = BY_POLICY | {"s3-no-public-grant", "s3-no-external-access"}


@cache
def world_at(endpoint: str) -> SampleAccount:
    return SampleAccount(boto3.Session(region_name=REGION))  # its clients take longer to make than all that is in it


@pytest.fixture
def world(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> SampleAccount:
    for owner, name, method in fixes.FIXES:  # moto keeps no metrics, and tells half of a replication
        monkeypatch.setattr(owner, name, method)
    world = world_at(endpoint)
    create_compliant_account(world)
    return world


def test_an_account_that_is_right_passes_every_control(world: SampleAccount):
    found = audit(world.session)
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == set()
    assert {each.control for each in found.verdicts if each.status is Status.PASS} == {each.id for each in CONTROLS}
    assert found.failed_calls == ()


def test_a_bucket_is_told_with_its_place_its_tags_and_what_it_is_for(world: SampleAccount):
    stack = audit(world.session)
    phi, replica, logs = (stack.bucket(each) for each in (PHI, REPLICA, LOGS))
    assert (phi.data_class, replica.data_class, logs.data_class) == (
        DataClass.PHI,
        DataClass.REPLICA,
        DataClass.ACCESS_LOG,
    )
    assert (phi.location.region, replica.location.region) == (REGION, REPLICA_REGION)
    assert (phi.location.partition, phi.location.account) == ("aws", ACCOUNT)
    assert (phi.tags, phi.data_class_tag) == ({"DataClass": "PHI"}, "PHI")
    assert (phi.object_lock_enabled, replica.object_lock_enabled) == (True, False)
    assert phi.declared_here
    assert phi.complete


BROKEN: list[tuple[str, Callable[[SampleAccount], Any], set[str]]] = [
    ("no block", lambda w: w.s3.delete_public_access_block(Bucket=PHI), {"s3-public-access-block"}),
    *[
        (f"without {each}", lambda w, each=each: w.close(**{each: False}), {"s3-public-access-block"})
        for each in ALL_BLOCKED
    ],
    ("ACLs have effect", lambda w: w.own(PHI, "BucketOwnerPreferred"), {"s3-acls-disabled"}),
    ("ownership unsaid", lambda w: w.s3.delete_bucket_ownership_controls(Bucket=PHI), {"s3-acls-disabled"}),
    (
        "an ACL for everyone",
        lambda w: (w.own(PHI, "ObjectWriter"), w.s3.put_bucket_acl(Bucket=PHI, ACL="public-read")),
        {"s3-acls-disabled", "s3-no-public-grant"},
    ),
    (
        "an ACL for every account",
        lambda w: (w.own(PHI, "ObjectWriter"), w.s3.put_bucket_acl(Bucket=PHI, ACL="authenticated-read")),
        {"s3-acls-disabled", "s3-no-public-grant"},
    ),
    ("a policy for everyone", lambda w: w.letting("*"), {"s3-no-public-grant", "s3-no-external-access"}),
    ("a policy for another account", lambda w: w.letting(STRANGER), {"s3-no-external-access"}),
    ("no policy", lambda w: w.s3.delete_bucket_policy(Bucket=PHI), BY_POLICY),
    ("plain HTTP", lambda w: w.without("plain HTTP"), {"s3-tls-only"}),
    ("old TLS", lambda w: w.without("old TLS"), {"s3-tls-1-2"}),
    ("another key", lambda w: w.without("another key"), {"s3-enforce-kms-key"}),
    ("a customer's key", lambda w: w.without("a customer's key"), {"s3-deny-sse-c"}),
    ("weakening", lambda w: w.without("weakening"), {"s3-tamper-protection"}),
    (
        "no default encryption",
        lambda w: w.s3.delete_bucket_encryption(Bucket=PHI),
        {"s3-encryption-at-rest", "s3-customer-managed-key", "s3-bucket-key"},
    ),
    (
        "S3's own keys",
        lambda w: w.encrypt(ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "AES256"}),
        {"s3-customer-managed-key"},
    ),
    (
        "AWS's key",
        lambda w: w.encrypt(ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "aws:kms"}),
        {"s3-customer-managed-key"},
    ),
    ("no bucket key", lambda w: w.encrypt(BucketKeyEnabled=False), {"s3-bucket-key"}),
    (
        "a shorter lock",
        lambda w: w.s3.put_object_lock_configuration(
            Bucket=PHI, ObjectLockConfiguration=lock(Mode="GOVERNANCE", Days=30)
        ),
        {"s3-object-lock"},
    ),
    (
        "no default lock",
        lambda w: w.s3.put_object_lock_configuration(
            Bucket=PHI, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"}
        ),
        {"s3-object-lock"},
    ),
    ("no lifecycle", lambda w: w.s3.delete_bucket_lifecycle(Bucket=PHI), {"s3-abort-multipart"}),
    ("PHI expires", lambda w: w.keep(Expiration={"Days": 9999}), {"s3-retention"}),
    ("versions go soon", lambda w: w.keep(NoncurrentVersionExpiration={"NoncurrentDays": 30}), {"s3-retention"}),
    ("a rule that is off", lambda w: w.keep(Status="Disabled"), {"s3-abort-multipart"}),
    ("a rule for some objects", lambda w: w.keep(Filter={"Prefix": "tmp/"}), {"s3-abort-multipart"}),
    ("parts stay", lambda w: w.keep(AbortIncompleteMultipartUpload=None), {"s3-abort-multipart"}),
    ("no log", lambda w: w.s3.put_bucket_logging(Bucket=PHI, BucketLoggingStatus={}), {"s3-access-logging"}),
    ("no copy", lambda w: w.s3.delete_bucket_replication(Bucket=PHI), {"s3-replication-or-backup"}),
    ("a copy that is off", lambda w: w.copy(Status="Disabled"), {"s3-replication-or-backup"}),
    ("a copy of some objects", lambda w: w.copy(Filter={"Prefix": "tmp/"}), {"s3-replication-or-backup"}),
    ("a copy but of what KMS encrypts", lambda w: w.copy(SourceSelectionCriteria=None), {"s3-replication-or-backup"}),
    ("a copy under AWS's key", lambda w: w.copy(Destination={"Bucket": arn(REPLICA)}), {"s3-replication-or-backup"}),
    (
        "a website",
        lambda w: w.s3.put_bucket_website(Bucket=PHI, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}),
        {"s3-no-website"},
    ),
    (
        "any origin",
        lambda w: w.s3.put_bucket_cors(
            Bucket=PHI, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
        ),
        {"s3-cors"},
    ),
    (
        "no metrics",
        lambda w: w.s3.delete_bucket_metrics_configuration(Bucket=PHI, Id="all"),
        {"s3-request-metrics"},
    ),
    ("metrics of some objects", lambda w: w.measure(Prefix="tmp/"), {"s3-request-metrics"}),
    ("no tags", lambda w: w.s3.delete_bucket_tagging(Bucket=PHI), {"s3-data-class-tag"}),
    ("no class", lambda w: w.tag(PHI, Team="billing"), {"s3-data-class-tag"}),
    ("no class of ours", lambda w: w.tag(PHI, DataClass="Secret"), {"s3-data-class-tag"}),
]


@pytest.mark.parametrize(("breaks", "controls"), [each[1:] for each in BROKEN], ids=[each[0] for each in BROKEN])
def test_what_is_broken_fails_exactly_its_controls(
    world: SampleAccount, breaks: Callable[[SampleAccount], Any], controls: set[str]
):
    breaks(world)
    found = audit(world.session, Scope({PHI: REGION}))
    assert found.findings(Status.FAIL) == {(each, arn(PHI)) for each in controls}
    assert found.findings(Status.UNVERIFIED) == set()


OTHERS: list[tuple[str, Callable[[SampleAccount], Any], set[tuple[str, str]]]] = [
    ("a replica's versions", lambda w: w.version(REPLICA, "Suspended"), {("s3-versioning", arn(REPLICA))}),
    (
        "a log of itself",
        lambda w: (w.put_policy(*denials(PHI).values(), taking_logs(PHI)), w.log(PHI, PHI)),
        {("s3-access-logging", arn(PHI))},
    ),
    (
        "logs go soon",
        lambda w: w.keep(LOGS, Expiration={"Days": 90}),
        {("s3-retention", arn(LOGS))},
    ),
    (
        "the account",
        lambda w: w.control.delete_public_access_block(AccountId=ACCOUNT),
        {("s3-account-public-access-block", ACCOUNT)},
    ),
    (
        "a flag of the account's",
        lambda w: w.close_account(RestrictPublicBuckets=False),
        {("s3-account-public-access-block", ACCOUNT)},
    ),
    (
        "an access point for a stranger",
        lambda w: w.put_point_policy(allow(STRANGER, f"{POINT}/object/*")),
        {("s3-access-point-private", POINT)},
    ),
    (
        "an access point for everyone",
        lambda w: w.put_point_policy(allow("*", f"{POINT}/object/*")),
        {("s3-access-point-private", POINT), ("s3-no-public-grant", POINT)},
    ),
    (
        "an open access point",
        lambda w: w.put_point("phi-dev-open", BlockPublicPolicy=False),
        {("s3-access-point-private", POINT.replace("point/phi-dev-point", "point/phi-dev-open"))},
    ),
]


@pytest.mark.parametrize(("breaks", "failing"), [each[1:] for each in OTHERS], ids=[each[0] for each in OTHERS])
def test_what_else_is_broken_fails_exactly_its_controls(
    world: SampleAccount, breaks: Callable[[SampleAccount], Any], failing: set[tuple[str, str]]
):
    breaks(world)
    found = audit(world.session)
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == failing


def test_a_log_bucket_with_object_lock_gets_no_logs(world: SampleAccount):
    world.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    world.tag("locked", DataClass="S3AccessLog")
    assert ("s3-object-lock", arn("locked")) in audit(world.session).findings(Status.FAIL)


# What is left open where a call about the bucket with PHI is refused.
UNVERIFIED: dict[Call, set[str]] = {
    calls.GET_BUCKET_VERSIONING: {"s3-versioning"},
    calls.GET_BUCKET_TAGGING: {"s3-data-class-tag"},
    calls.GET_PUBLIC_ACCESS_BLOCK: {"s3-public-access-block"},
    calls.GET_BUCKET_OWNERSHIP_CONTROLS: {"s3-acls-disabled"},
    calls.GET_BUCKET_POLICY: OF_POLICY,
    # Without the key a policy can't be held to it.
    calls.GET_BUCKET_ENCRYPTION: {
        "s3-encryption-at-rest",
        "s3-customer-managed-key",
        "s3-bucket-key",
        "s3-enforce-kms-key",
    },
    calls.GET_OBJECT_LOCK_CONFIGURATION: {"s3-object-lock"},
    calls.GET_BUCKET_LIFECYCLE_CONFIGURATION: {"s3-retention", "s3-abort-multipart"},
    calls.GET_BUCKET_LOGGING: {"s3-access-logging"},
    calls.GET_BUCKET_REPLICATION: {"s3-replication-or-backup"},
    calls.GET_BUCKET_WEBSITE: {"s3-no-website"},
    calls.GET_BUCKET_CORS: {"s3-cors"},
    calls.LIST_BUCKET_METRICS_CONFIGURATIONS: {"s3-request-metrics"},
}


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_what_cant_be_read_of_a_bucket_is_unverified_and_names_the_permission(world: SampleAccount, code: str):
    assert set(UNVERIFIED) == {each for each in audit(world.session, STACK).call_counts if each.service == "s3"}
    for call, controls in UNVERIFIED.items():
        found = audit(session_failing(call, code, bucket=PHI), Scope({PHI: REGION}))
        assert found.findings(Status.FAIL) == set(), call
        assert found.findings(Status.UNVERIFIED) == {(each, arn(PHI)) for each in controls}, call
        for control in controls:
            assert any(
                f"{call.action} failed with {code}" in each for each in found.finding_texts(control, arn(PHI))
            ), control
        told = [(each.call, each.resource, each.region, each.error_code) for each in found.failed_calls]
        assert told == [(call, arn(PHI), REGION, code)]


def test_an_acl_that_cant_be_read_leaves_open_whom_it_lets_in_where_it_has_effect(world: SampleAccount):
    world.own(PHI, "ObjectWriter")
    found = audit(session_failing(calls.GET_BUCKET_ACL))
    assert found.findings(Status.UNVERIFIED) == {("s3-no-public-grant", arn(PHI))}
    assert found.findings(Status.FAIL) == {("s3-acls-disabled", arn(PHI))}


def test_a_log_buckets_lock_that_cant_be_read_is_unverified(world: SampleAccount):
    found = audit(session_failing(calls.GET_OBJECT_LOCK_CONFIGURATION, bucket=LOGS))
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == {("s3-object-lock", arn(LOGS))}
    assert found.findings(Status.FAIL) == set()


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (calls.GET_ACCESS_POINT, {("s3-access-point-private", POINT)}),
        (calls.GET_ACCESS_POINT_POLICY, {("s3-access-point-private", POINT), ("s3-no-public-grant", POINT)}),
        (calls.GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, {("s3-account-public-access-block", ACCOUNT)}),
        (
            calls.LIST_ACCESS_POINTS,
            {
                (control, f"arn:aws:s3:{region}:{ACCOUNT}:accesspoint/*")
                for control in ("s3-access-point-private", "s3-no-public-grant")
                for region in (REGION, REPLICA_REGION)
            },
        ),
    ],
    ids=lambda each: each.action if isinstance(each, Call) else "",
)
def test_what_cant_be_read_of_access_points_and_the_account_is_unverified(
    world: SampleAccount, call: Call, controls: set[tuple[str, str]]
):
    found = audit(session_failing(call))
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == controls
    assert found.findings(Status.FAIL) == set()
    assert {each.call for each in found.failed_calls} == {call}
    assert all(
        f"{call.action} failed with AccessDenied" in each for one in controls for each in found.finding_texts(*one)
    )


def test_buckets_whose_names_cant_be_read_leave_every_control_of_buckets_unverified(world: SampleAccount):
    found = audit(session_failing(calls.LIST_BUCKETS))
    every = {each.id for each in CONTROLS} - {"s3-account-public-access-block", "s3-access-point-private"}
    assert found.findings(Status.UNVERIFIED) == {(each, "arn:aws:s3:::*") for each in every}
    assert found.findings(Status.FAIL) == set()
    [unread] = found.failed_calls
    assert (unread.call.action, unread.error_code) == ("s3:ListAllMyBuckets", "AccessDenied")


def without_regions(session: boto3.Session) -> boto3.Session:
    """Where the list of buckets doesn't tell their regions."""
    session.events.register(
        "after-call.s3.ListBuckets",
        lambda parsed, **_: [each.pop("BucketRegion", None) for each in parsed["Buckets"]] and None,
    )
    return session


def test_a_bucket_is_asked_for_its_region_where_the_list_doesnt_tell_it(world: SampleAccount):
    found = audit(without_regions(boto3.Session(region_name=REGION)))
    assert (found.bucket(PHI).location.region, found.bucket(REPLICA).location.region) == (REGION, REPLICA_REGION)
    assert found.call_counts[calls.GET_BUCKET_LOCATION] == 4
    assert calls.GET_BUCKET_LOCATION not in audit(world.session).call_counts


def test_a_bucket_whose_region_cant_be_read_is_read_but_for_what_the_region_decides(world: SampleAccount):
    found = audit(without_regions(session_failing(calls.GET_BUCKET_LOCATION, bucket=PHI)))
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == {("s3-replication-or-backup", arn(PHI))}
    assert found.bucket(PHI).location.region is None
    assert [each.call.action for each in found.failed_calls] == ["s3:GetBucketLocation"]


def test_tags_that_cant_be_read_make_it_a_bucket_of_phi(world: SampleAccount):
    found = audit(session_failing(calls.GET_BUCKET_TAGGING, bucket=LOGS))
    assert found.bucket(LOGS).data_class is DataClass.PHI
    assert isinstance(found.bucket(LOGS).tags, Unknown)
    assert ("s3-data-class-tag", arn(LOGS)) in found.findings(Status.UNVERIFIED)
    assert ("s3-customer-managed-key", arn(LOGS)) in found.findings(Status.FAIL)


# Which buckets.


def test_a_stack_is_read_without_listing_and_without_others(world: SampleAccount):
    world.s3.create_bucket(Bucket="another")
    world.control.create_access_point(AccountId=ACCOUNT, Name="another", Bucket="another")
    found = audit(world.session, STACK)
    assert calls.LIST_BUCKETS not in found.call_counts
    assert calls.GET_BUCKET_LOCATION not in found.call_counts
    assert {each.resource for each in found.collected.facts} == {
        *map(arn, (PHI, REPLICA, LOGS, REPLICA_LOGS)),
        POINT,
        ACCOUNT,
    }
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == set()


def test_a_stacks_bucket_that_is_gone_passes_nothing(world: SampleAccount):
    gone = Scope({**(STACK.buckets or {}), "phi-dev-gone": REGION}, "phi-dev-")
    found = audit(world.session, gone)
    wrong = {
        control
        for control, resource in found.findings(Status.FAIL, Status.UNVERIFIED)
        if resource == arn("phi-dev-gone")
    }
    assert wrong == {each.id for each in CONTROLS} - {"s3-account-public-access-block", "s3-access-point-private"}
    assert ("s3-versioning", arn("phi-dev-gone")) in found.findings(Status.FAIL)
    assert any("doesn't exist" in each for each in found.finding_texts("s3-no-website", arn("phi-dev-gone")))


@pytest.mark.parametrize(
    "call", [calls.GET_BUCKET_LOCATION, calls.GET_BUCKET_VERSIONING], ids=lambda call: call.operation
)
def test_a_bucket_that_is_gone_after_it_was_listed_is_left_out(world: SampleAccount, call: Call):
    found = audit(without_regions(session_failing(call, "NoSuchBucket", 404, bucket=LOGS)))
    assert arn(LOGS) not in {each.resource for each in found.collected.facts}
    assert arn(PHI) in {each.resource for each in found.collected.facts}
    assert found.failed_calls == ()


def test_a_bucket_that_goes_while_it_is_read_is_unverified(world: SampleAccount):
    found = audit(session_failing(calls.GET_BUCKET_WEBSITE, "NoSuchBucket", 404, bucket=PHI))
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == {("s3-no-website", arn(PHI))}


def test_a_bucket_outside_the_audited_regions_is_read_in_its_own(world: SampleAccount):
    found = audit(world.session, regions=(REGION,))
    assert found.bucket(REPLICA).location.region == REPLICA_REGION
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == set()


def test_the_account_is_named_as_the_owner_of_each_bucket(world: SampleAccount):
    """A bucket of that name that somebody else made refuses."""
    owners: list[tuple[str, str | None]] = []
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "before-call.s3",
        lambda model, params, **_: owners.append((model.name, params["headers"].get("x-amz-expected-bucket-owner"))),
    )
    audit(session, STACK)
    assert len(owners) > len(calls.CALLS)
    assert {owner for _, owner in owners} == {ACCOUNT}


# What buckets are used for.


def test_an_untagged_bucket_is_what_it_is_used_for(world: SampleAccount):
    for bucket in (LOGS, REPLICA):
        world.s3.delete_bucket_tagging(Bucket=bucket)
    found = audit(world.session)
    assert (found.bucket(LOGS).data_class, found.bucket(REPLICA).data_class) == (
        DataClass.ACCESS_LOG,
        DataClass.REPLICA,
    )
    assert found.findings(Status.FAIL, Status.UNVERIFIED) == {
        ("s3-data-class-tag", arn(each)) for each in (LOGS, REPLICA)
    }


def test_the_configs_tag_and_its_word_for_untagged_buckets_hold(world: SampleAccount):
    world.tag(PHI, Class="PHI")
    world.s3.delete_bucket_tagging(Bucket=LOGS)
    world.s3.put_bucket_logging(Bucket=PHI, BucketLoggingStatus={})
    found = audit(world.session, data_class=DataClassTag("Class", DataClass.OTHER))
    assert (found.bucket(PHI).data_class, found.bucket(PHI).data_class_tag) == (DataClass.PHI, "PHI")
    assert (found.bucket(LOGS).data_class, found.bucket(LOGS).data_class_tag) == (DataClass.OTHER, None)


def deliver(bucket: str) -> dict[str, Any]:
    return allow({"Service": "s3.amazonaws.com"}, f"{arn(bucket)}/*", "s3:PutObject")


def test_an_untagged_bucket_that_inventories_are_written_to_is_one_of_those(world: SampleAccount):
    world.s3.create_bucket(Bucket="lists")
    world.put_policy(deliver("lists"), bucket="lists")
    world.list_to("lists")
    found = audit(world.session)
    assert found.collected.bucket_uses == ((arn("lists"), DataClass.INVENTORY),)
    assert found.bucket("lists").data_class is DataClass.INVENTORY
    assert found.call_counts[calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS] == 5


def test_a_bucket_that_lists_itself_isnt_used_for_lists(world: SampleAccount):
    world.put_policy(*denials(PHI).values(), deliver(PHI))
    world.list_to(PHI)
    assert audit(world.session).collected.bucket_uses == ()


def test_inventories_arent_asked_for_where_no_bucket_may_take_any(world: SampleAccount):
    assert calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS not in audit(world.session).call_counts


def test_inventories_are_asked_for_where_a_policy_cant_be_read(world: SampleAccount):
    assert (
        audit(session_failing(calls.GET_BUCKET_POLICY, bucket=LOGS)).call_counts[
            calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS
        ]
        == 4
    )


def test_a_bucket_whose_inventories_cant_be_read_gives_none_away(world: SampleAccount):
    world.s3.create_bucket(Bucket="lists")
    world.put_policy(deliver("lists"), bucket="lists")
    world.list_to("lists")
    found = audit(session_failing(calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS))
    assert found.bucket("lists").data_class is DataClass.PHI
    assert {each.call for each in found.failed_calls} == {calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS}


def test_acls_are_asked_for_only_where_they_have_effect(world: SampleAccount):
    assert calls.GET_BUCKET_ACL not in audit(world.session).call_counts
    world.own(PHI, "ObjectWriter")
    assert audit(world.session).call_counts[calls.GET_BUCKET_ACL] == 1


def test_a_target_is_the_bucket_itself_where_it_is_in_scope(world: SampleAccount):
    found = audit(world.session)
    [logging] = [each.setting for each in found.bucket(PHI).settings if hasattr(each.setting, "target")]
    assert logging.target_bucket == StackResource(arn(LOGS))
    other = audit(world.session, Scope({PHI: REGION}, "phi-dev-"))
    [logging] = [each.setting for each in other.bucket(PHI).settings if hasattr(each.setting, "target")]
    assert logging.target_bucket == arn(LOGS)


def test_access_points_lead_to_their_buckets(world: SampleAccount):
    found = audit(world.session)
    assert found.collected.access_point_buckets == {POINT: arn(PHI)}
    [point] = found.stack.facts_of_type(AccessPoint)
    assert (point.data_class, point.arn, point.document) == (DataClass.PHI, POINT, None)
    world.tag(PHI, DataClass="Other")
    [point] = audit(world.session).stack.facts_of_type(AccessPoint)
    assert point.data_class is DataClass.OTHER


def test_an_access_point_of_another_accounts_bucket_is_one_of_phi(world: SampleAccount):
    world.tag(PHI, DataClass="Other")
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "after-call.s3-control.ListAccessPoints",
        lambda parsed, **_: [each.update(BucketAccountId="999988887777") for each in parsed["AccessPointList"]],
    )
    [point] = audit(session).stack.facts_of_type(AccessPoint)
    assert point.data_class is DataClass.PHI


def test_an_access_point_that_is_gone_by_now_is_left_out(world: SampleAccount):
    found = audit(session_failing(calls.GET_ACCESS_POINT, "NoSuchAccessPoint", 404))
    assert found.stack.facts_of_type(AccessPoint) == []
    assert found.failed_calls == ()


def test_the_accounts_own_block_is_told_as_it_is(world: SampleAccount):
    world.close_account(BlockPublicAcls=False)
    [block] = audit(world.session).stack.facts_of_type(AccountPublicAccessBlock)
    assert (block.public_access_block.block_public_acls, block.public_access_block.block_public_policy) == (False, True)


# Topics that S3 publishes to.

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-dev-events"


def published(session: boto3.Session, *statements: dict[str, Any], scope: Scope = STACK) -> tuple[Any, ...]:
    policy = TopicPolicy(TOPIC, TOPIC, TOPIC, Document(document(*statements)))
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", (REGION,))) as reader:
        told = notifications.collect_publishers(reader, scope, [policy])
        return told, reader.call_counts.get(calls.GET_BUCKET_NOTIFICATION_CONFIGURATION, 0)


LET_IN = allow({"Service": "s3.amazonaws.com"}, TOPIC, "sns:Publish")


@pytest.fixture
def notifying(world: SampleAccount) -> SampleAccount:
    world.session.client("sns", region_name=REGION).create_topic(Name="phi-dev-events")
    told = {"TopicConfigurations": [{"TopicArn": TOPIC, "Events": ["s3:ObjectRemoved:*"]}]}
    world.s3.put_bucket_notification_configuration(Bucket=PHI, NotificationConfiguration=told)
    return world


def test_s3_publishes_to_the_topics_that_buckets_name(notifying: SampleAccount):
    assert published(notifying.session, LET_IN) == (((TOPIC, "s3.amazonaws.com"),), 4)
    assert published(notifying.session, LET_IN, scope=Scope({LOGS: REGION})) == ((), 1)


def test_buckets_arent_asked_where_no_topic_lets_s3_in(notifying: SampleAccount):
    assert published(notifying.session, allow({"Service": "events.amazonaws.com"}, TOPIC, "sns:Publish")) == ((), 0)


def test_topics_of_a_bucket_that_cant_be_read_may_be_any_of_its_region(notifying: SampleAccount):
    [(topic, why)] = published(session_failing(calls.GET_BUCKET_NOTIFICATION_CONFIGURATION, bucket=PHI), LET_IN)[0]
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:*"
    assert "s3:GetBucketNotification failed with AccessDenied" in why.why
    [(topic, why)] = published(session_failing(calls.LIST_BUCKETS), LET_IN, scope=Scope())[0]
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:*"
    assert "s3:ListAllMyBuckets failed with AccessDenied" in why.why


# Many.


def test_a_thousand_buckets_of_three_pages(endpoint: str):
    """Answered within botocore, as AWS does: each page with its regions, of which none is asked for again."""
    names = [f"bucket-{number:04}" for number in range(1000)]
    pages = [names[:400], names[400:800], names[800:]]
    good = SimpleNamespace(status_code=200)

    def answer(model: Any, params: dict[str, Any], **_: Any) -> Any:
        if model.name == "ListBuckets":
            assert params["query_string"]["max-buckets"] == listing.PAGE_SIZE
            number = int(params["query_string"].get("continuation-token", 0))
            buckets = [{"Name": each, "BucketRegion": REPLICA_REGION} for each in pages[number]]
            more = {"ContinuationToken": str(number + 1)} if number < 2 else {}
            return good, {"Buckets": buckets, **more}
        name = bucket_of(params)
        told = {
            "GetBucketTagging": {"TagSet": [{"Key": "Name", "Value": name}]},
            "GetBucketVersioning": {"Status": "Enabled" if name != "bucket-0999" else "Suspended"},
        }
        return good, told.get(model.name, {})

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", answer)
    found = audit(session, regions=(REGION,))
    assert [each.tags["Name"] for each in found.stack.facts_of_type(Bucket) if isinstance(each.tags, dict)] == names
    assert {each.location.region for each in found.stack.facts_of_type(Bucket)} == {REPLICA_REGION}
    assert {name for control, name in found.findings(Status.FAIL) if control == "s3-versioning"} == {arn(names[-1])}
    assert found.call_counts[calls.LIST_BUCKETS] == 3
    assert calls.GET_BUCKET_LOCATION not in found.call_counts
    assert found.failed_calls == ()
