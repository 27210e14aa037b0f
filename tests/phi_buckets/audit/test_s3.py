"""The S3 buckets of a live account: compliant settings, weak settings, and settings that can't be read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import SimpleNamespace
from typing import Any

import boto3
import pytest

from hipaa_controls.model.data_class import DataClass, DataClassTag
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.s3.facts import (
    AccessLogging,
    AccessPoint,
    AccountPublicAccessBlock,
    Bucket,
    DeliveryTarget,
    Inventory,
)
from phi_buckets.audit.calls import Call
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import listing
from phi_buckets.audit.reader import FailedCall
from phi_buckets.audit.scope import Scope
from sandbox.moto_fixes import s3 as fixes
from tests.phi_buckets.audit.sample_buckets import (
    ACCESS_POINT,
    ACCOUNT,
    ALL_BLOCKED,
    CONTROLS,
    LOGS,
    PHI,
    REGION,
    REPLICA,
    REPLICA_KEY,
    REPLICA_LOGS,
    REPLICA_REGION,
    STACK,
    SampleAccount,
    allow,
    allow_log_delivery,
    arn,
    audit,
    create_compliant_buckets,
    deny_statements,
    object_lock,
    requested_bucket,
    session_failing,
)

OTHER_ACCOUNT = {"AWS": "arn:aws:iam::999988887777:root"}
DENY_CONTROLS = {"s3-tls-only", "s3-tls-1-2", "s3-enforce-kms-key", "s3-deny-sse-c", "s3-tamper-protection"}
POLICY_CONTROLS = DENY_CONTROLS | {"s3-no-public-grant", "s3-no-external-access"}


@cache
def cached_account(endpoint: str) -> SampleAccount:
    """Return an account whose clients are shared by all tests: creating clients is slower than creating buckets."""
    return SampleAccount(boto3.Session(region_name=REGION))


@pytest.fixture
def account(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> SampleAccount:
    for owner, name, method in fixes.FIXES:  # moto keeps no metrics and returns only part of a replication
        monkeypatch.setattr(owner, name, method)
    account = cached_account(endpoint)
    create_compliant_buckets(account)
    return account


def test_compliant_account_passes_every_control(account: SampleAccount):
    result = audit(account.session)
    assert result.blocking == set()
    of_access_grants = {"s3-access-grants-location"}  # the account has none
    assert {control for control, _ in result.findings(Status.PASS)} == {
        control.id for control in CONTROLS
    } - of_access_grants
    assert result.failed_calls == ()


def test_bucket_is_collected_with_location_tags_and_data_class(account: SampleAccount):
    result = audit(account.session)
    phi, replica, logs = (result.bucket(name) for name in (PHI, REPLICA, LOGS))
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


WEAK_SETTINGS: list[tuple[str, Callable[[SampleAccount], Any], set[str]]] = [
    ("no public access block", lambda a: a.s3.delete_public_access_block(Bucket=PHI), {"s3-public-access-block"}),
    *[
        (f"without {flag}", lambda a, flag=flag: a.put_public_access_block(**{flag: False}), {"s3-public-access-block"})
        for flag in ALL_BLOCKED
    ],
    ("ACLs enabled", lambda a: a.put_ownership(PHI, "BucketOwnerPreferred"), {"s3-acls-disabled"}),
    ("no object ownership", lambda a: a.s3.delete_bucket_ownership_controls(Bucket=PHI), {"s3-acls-disabled"}),
    (
        "ACL for everyone",
        lambda a: (a.put_ownership(PHI, "ObjectWriter"), a.s3.put_bucket_acl(Bucket=PHI, ACL="public-read")),
        {"s3-acls-disabled", "s3-no-public-grant"},
    ),
    (
        "ACL for every AWS account",
        lambda a: (a.put_ownership(PHI, "ObjectWriter"), a.s3.put_bucket_acl(Bucket=PHI, ACL="authenticated-read")),
        {"s3-acls-disabled", "s3-no-public-grant"},
    ),
    ("policy for everyone", lambda a: a.allow_principal("*"), {"s3-no-public-grant", "s3-no-external-access"}),
    ("policy for another account", lambda a: a.allow_principal(OTHER_ACCOUNT), {"s3-no-external-access"}),
    ("no policy", lambda a: a.s3.delete_bucket_policy(Bucket=PHI), DENY_CONTROLS),
    ("plain HTTP", lambda a: a.remove_deny("plain HTTP"), {"s3-tls-only"}),
    ("outdated TLS", lambda a: a.remove_deny("outdated TLS"), {"s3-tls-1-2"}),
    ("wrong key", lambda a: a.remove_deny("wrong key"), {"s3-enforce-kms-key"}),
    ("update to wrong key", lambda a: a.remove_deny("update to wrong key"), {"s3-enforce-kms-key"}),
    ("SSE-C key", lambda a: a.remove_deny("SSE-C key"), {"s3-deny-sse-c"}),
    ("protection changes", lambda a: a.remove_deny("protection changes"), {"s3-tamper-protection"}),
    (
        "no default encryption",
        lambda a: a.s3.delete_bucket_encryption(Bucket=PHI),
        {"s3-customer-managed-key"},
    ),
    (
        "SSE-S3",
        lambda a: a.put_encryption(ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "AES256"}),
        {"s3-customer-managed-key"},
    ),
    (
        "AWS managed key",
        lambda a: a.put_encryption(ApplyServerSideEncryptionByDefault={"SSEAlgorithm": "aws:kms"}),
        {"s3-customer-managed-key"},
    ),
    ("no bucket key", lambda a: a.put_encryption(BucketKeyEnabled=False), {"s3-bucket-key"}),
    (
        "short Object Lock retention",
        lambda a: a.put_object_lock(object_lock(Mode="GOVERNANCE", Days=30)),
        {"s3-object-lock"},
    ),
    (
        "no default retention",
        lambda a: a.put_object_lock({"ObjectLockEnabled": "Enabled"}),
        {"s3-object-lock"},
    ),
    ("no lifecycle", lambda a: a.s3.delete_bucket_lifecycle(Bucket=PHI), {"s3-abort-multipart"}),
    ("PHI expires", lambda a: a.put_lifecycle(Expiration={"Days": 9999}), {"s3-retention"}),
    (
        "noncurrent versions expire early",
        lambda a: a.put_lifecycle(NoncurrentVersionExpiration={"NoncurrentDays": 30}),
        {"s3-retention"},
    ),
    ("disabled lifecycle rule", lambda a: a.put_lifecycle(Status="Disabled"), {"s3-abort-multipart"}),
    ("lifecycle rule for some objects", lambda a: a.put_lifecycle(Filter={"Prefix": "tmp/"}), {"s3-abort-multipart"}),
    (
        "incomplete uploads are kept",
        lambda a: a.put_lifecycle(AbortIncompleteMultipartUpload=None),
        {"s3-abort-multipart"},
    ),
    ("no access logging", lambda a: a.s3.put_bucket_logging(Bucket=PHI, BucketLoggingStatus={}), {"s3-access-logging"}),
    ("no replication", lambda a: a.s3.delete_bucket_replication(Bucket=PHI), {"s3-replication-or-backup"}),
    ("disabled replication", lambda a: a.put_replication(Status="Disabled"), {"s3-replication-or-backup"}),
    (
        "replication of some objects",
        lambda a: a.put_replication(Filter={"Prefix": "tmp/"}),
        {"s3-replication-or-backup"},
    ),
    (
        "replication without KMS objects",
        lambda a: a.put_replication(SourceSelectionCriteria=None),
        {"s3-replication-or-backup"},
    ),
    (
        "replicas under an AWS managed key",
        lambda a: a.put_replication(Destination={"Bucket": arn(REPLICA)}),
        {"s3-replication-or-backup"},
    ),
    (
        "website",
        lambda a: a.s3.put_bucket_website(Bucket=PHI, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}}),
        {"s3-no-website"},
    ),
    (
        "CORS for any origin",
        lambda a: a.s3.put_bucket_cors(
            Bucket=PHI, CORSConfiguration={"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
        ),
        {"s3-cors"},
    ),
    (
        "no request metrics",
        lambda a: a.s3.delete_bucket_metrics_configuration(Bucket=PHI, Id="all"),
        {"s3-request-metrics"},
    ),
    ("request metrics of some objects", lambda a: a.put_metrics(Prefix="tmp/"), {"s3-request-metrics"}),
    ("no tags", lambda a: a.s3.delete_bucket_tagging(Bucket=PHI), {"s3-data-class-tag"}),
    ("no data-class tag", lambda a: a.put_tags(PHI, Team="billing"), {"s3-data-class-tag"}),
    ("unrecognised data class", lambda a: a.put_tags(PHI, DataClass="Secret"), {"s3-data-class-tag"}),
]


@pytest.mark.parametrize(
    ("weaken", "controls"), [case[1:] for case in WEAK_SETTINGS], ids=[case[0] for case in WEAK_SETTINGS]
)
def test_weak_setting_fails_only_its_controls(
    account: SampleAccount, weaken: Callable[[SampleAccount], Any], controls: set[str]
):
    weaken(account)
    result = audit(account.session, Scope({PHI: REGION, REPLICA: REPLICA_REGION}))
    assert result.findings(Status.FAIL) == {(control, arn(PHI)) for control in controls}
    assert result.findings(Status.UNVERIFIED) == set()


WEAK_ELSEWHERE: list[tuple[str, Callable[[SampleAccount], Any], set[tuple[str, str]]]] = [
    ("replica without versioning", lambda a: a.put_versioning(REPLICA, "Suspended"), {("s3-versioning", arn(REPLICA))}),
    (
        "bucket that logs to itself",
        lambda a: (a.put_policy(*deny_statements(PHI).values(), allow_log_delivery(PHI)), a.put_logging(PHI, PHI)),
        {("s3-access-logging", arn(PHI))},
    ),
    (
        "logs expire early",
        lambda a: a.put_lifecycle(LOGS, Expiration={"Days": 90}),
        {("s3-retention", arn(LOGS))},
    ),
    (
        "no account block",
        lambda a: a.s3control.delete_public_access_block(AccountId=ACCOUNT),
        {("s3-account-public-access-block", ACCOUNT)},
    ),
    (
        "account block without a flag",
        lambda a: a.put_account_block(RestrictPublicBuckets=False),
        {("s3-account-public-access-block", ACCOUNT)},
    ),
    (
        "access point for another account",
        lambda a: a.put_access_point_policy(allow(OTHER_ACCOUNT, f"{ACCESS_POINT}/object/*")),
        {("s3-access-point-private", ACCESS_POINT)},
    ),
    (
        "access point for everyone",
        lambda a: a.put_access_point_policy(allow("*", f"{ACCESS_POINT}/object/*")),
        {("s3-access-point-private", ACCESS_POINT), ("s3-no-public-grant", ACCESS_POINT)},
    ),
    (
        "access point without a flag",
        lambda a: a.create_access_point("phi-dev-open", BlockPublicPolicy=False),
        {("s3-access-point-private", ACCESS_POINT.replace("point/phi-dev-point", "point/phi-dev-open"))},
    ),
]


@pytest.mark.parametrize(
    ("weaken", "failing"), [case[1:] for case in WEAK_ELSEWHERE], ids=[case[0] for case in WEAK_ELSEWHERE]
)
def test_weak_setting_outside_the_phi_bucket_fails_only_its_controls(
    account: SampleAccount, weaken: Callable[[SampleAccount], Any], failing: set[tuple[str, str]]
):
    weaken(account)
    result = audit(account.session)
    assert result.blocking == failing


def test_log_bucket_with_object_lock_fails(account: SampleAccount):
    account.s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    account.put_tags("locked", DataClass="S3AccessLog")
    assert ("s3-object-lock", arn("locked")) in audit(account.session).findings(Status.FAIL)


# The controls that are unverified if a call for the PHI bucket is denied.
UNVERIFIED: dict[Call, set[str]] = {
    calls.GET_BUCKET_VERSIONING: {"s3-versioning"},
    calls.GET_BUCKET_TAGGING: {"s3-data-class-tag"},
    calls.GET_PUBLIC_ACCESS_BLOCK: {"s3-public-access-block"},
    calls.GET_BUCKET_OWNERSHIP_CONTROLS: {"s3-acls-disabled"},
    calls.GET_BUCKET_POLICY: POLICY_CONTROLS,
    # Without the key, it isn't known which key the policy must enforce.
    calls.GET_BUCKET_ENCRYPTION: {
        "s3-encryption-at-rest",
        "s3-customer-managed-key",
        "s3-bucket-key",
        "s3-enforce-kms-key",
    },
    calls.GET_OBJECT_LOCK_CONFIGURATION: {"s3-object-lock"},
    calls.GET_BUCKET_LIFECYCLE_CONFIGURATION: {"s3-retention", "s3-abort-multipart"},
    calls.GET_BUCKET_LOGGING: {"s3-access-logging"},
    calls.GET_BUCKET_REPLICATION: {"s3-replication-or-backup", "s3-no-external-destinations"},
    calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS: {"s3-no-external-destinations"},
    calls.LIST_BUCKET_ANALYTICS_CONFIGURATIONS: {"s3-no-external-destinations"},
    calls.GET_BUCKET_NOTIFICATION_CONFIGURATION: {"s3-no-external-destinations"},
    calls.GET_BUCKET_WEBSITE: {"s3-no-website"},
    calls.GET_BUCKET_CORS: {"s3-cors"},
    calls.LIST_BUCKET_METRICS_CONFIGURATIONS: {"s3-request-metrics"},
}


@pytest.mark.parametrize("code", ["AccessDenied", "InternalError"])
def test_denied_bucket_call_is_unverified_and_names_the_permission(account: SampleAccount, code: str):
    assert set(UNVERIFIED) == {call for call in audit(account.session, STACK).call_counts if call.service == "s3"}
    for call, controls in UNVERIFIED.items():
        result = audit(session_failing(call, code, bucket=PHI), Scope({PHI: REGION, REPLICA: REPLICA_REGION}))
        assert result.findings(Status.FAIL) == set(), call
        assert result.findings(Status.UNVERIFIED) == {(control, arn(PHI)) for control in controls}, call
        for control in controls:
            texts = result.finding_texts(control, arn(PHI))
            assert any(f"{call.action} failed with {code}" in text for text in texts), control
        assert result.failed_calls == (FailedCall(call, arn(PHI), REGION, code),)


def test_unread_acl_is_unverified_only_if_acls_are_enabled(account: SampleAccount):
    account.put_ownership(PHI, "ObjectWriter")
    result = audit(session_failing(calls.GET_BUCKET_ACL))
    assert result.findings(Status.UNVERIFIED) == {("s3-no-public-grant", arn(PHI))}
    assert result.findings(Status.FAIL) == {("s3-acls-disabled", arn(PHI))}


def test_unread_object_lock_of_a_log_bucket_is_unverified(account: SampleAccount):
    result = audit(session_failing(calls.GET_OBJECT_LOCK_CONFIGURATION, bucket=LOGS))
    assert result.blocking == {("s3-object-lock", arn(LOGS))}
    assert result.findings(Status.FAIL) == set()


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (calls.GET_ACCESS_POINT, {("s3-access-point-private", ACCESS_POINT)}),
        (
            calls.GET_ACCESS_POINT_POLICY,
            {("s3-access-point-private", ACCESS_POINT), ("s3-no-public-grant", ACCESS_POINT)},
        ),
        (calls.GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, {("s3-account-public-access-block", ACCOUNT)}),
        (
            calls.LIST_ACCESS_POINTS,
            {
                (control, f"arn:aws:s3:{region}:{ACCOUNT}:accesspoint/*")
                for control in ("s3-access-point-private", "s3-no-public-grant", "s3-no-external-destinations")
                for region in (REGION, REPLICA_REGION)
            },
        ),
    ],
    ids=lambda value: getattr(value, "action", ""),
)
def test_denied_call_for_access_points_or_the_account_is_unverified(
    account: SampleAccount, call: Call, controls: set[tuple[str, str]]
):
    result = audit(session_failing(call))
    assert result.blocking == controls
    assert result.findings(Status.FAIL) == set()
    assert {failed.call for failed in result.failed_calls} == {call}
    for control, resource in controls:
        [text] = result.finding_texts(control, resource)
        assert f"{call.action} failed with AccessDenied" in text


def test_unlisted_buckets_leave_every_bucket_control_unverified(account: SampleAccount):
    result = audit(session_failing(calls.LIST_BUCKETS))
    bucket_controls = {control.id for control in CONTROLS} - {
        "s3-account-public-access-block",
        "s3-access-point-private",
        "s3-access-grants-location",
    }
    assert result.findings(Status.UNVERIFIED) == {(control, "arn:aws:s3:::*") for control in bucket_controls}
    assert result.findings(Status.FAIL) == set()
    [failed] = result.failed_calls
    assert (failed.call.action, failed.error_code) == ("s3:ListAllMyBuckets", "AccessDenied")


def without_regions(session: boto3.Session) -> boto3.Session:
    """Remove the regions from the response of ListBuckets."""
    session.events.register(
        "after-call.s3.ListBuckets",
        lambda parsed, **_: [bucket.pop("BucketRegion", None) for bucket in parsed["Buckets"]] and None,
    )
    return session


def test_bucket_location_is_requested_only_if_the_list_lacks_regions(account: SampleAccount):
    result = audit(without_regions(boto3.Session(region_name=REGION)))
    assert (result.bucket(PHI).location.region, result.bucket(REPLICA).location.region) == (REGION, REPLICA_REGION)
    assert result.call_counts[calls.GET_BUCKET_LOCATION] == 4
    assert calls.GET_BUCKET_LOCATION not in audit(account.session).call_counts


def test_bucket_with_an_unread_region_is_unverified_only_by_the_replication_control(account: SampleAccount):
    result = audit(without_regions(session_failing(calls.GET_BUCKET_LOCATION, bucket=PHI)))
    assert result.blocking == {("s3-replication-or-backup", arn(PHI))}
    assert result.bucket(PHI).location.region is None
    assert [failed.call.action for failed in result.failed_calls] == ["s3:GetBucketLocation"]


def test_bucket_with_unread_tags_counts_as_phi(account: SampleAccount):
    result = audit(session_failing(calls.GET_BUCKET_TAGGING, bucket=LOGS))
    assert result.bucket(LOGS).data_class is DataClass.PHI
    assert isinstance(result.bucket(LOGS).tags, Unknown)
    assert ("s3-data-class-tag", arn(LOGS)) in result.findings(Status.UNVERIFIED)
    assert ("s3-customer-managed-key", arn(LOGS)) in result.findings(Status.FAIL)


# Buckets in scope.


def test_stack_scope_reads_only_its_own_buckets(account: SampleAccount):
    account.s3.create_bucket(Bucket="another")
    account.s3control.create_access_point(AccountId=ACCOUNT, Name="another", Bucket="another")
    result = audit(account.session, STACK)
    assert calls.LIST_BUCKETS not in result.call_counts
    assert calls.GET_BUCKET_LOCATION not in result.call_counts
    assert {fact.resource for fact in result.collected.facts} == {
        *map(arn, (PHI, REPLICA, LOGS, REPLICA_LOGS)),
        ACCESS_POINT,
        ACCOUNT,
    }
    assert result.blocking == set()


def test_missing_bucket_of_a_stack_passes_no_control(account: SampleAccount):
    scope = Scope({**(STACK.buckets or {}), "phi-dev-missing": REGION}, "phi-dev-")
    result = audit(account.session, scope)
    blocking = {control for control, resource in result.blocking if resource == arn("phi-dev-missing")}
    assert blocking == {control.id for control in CONTROLS} - {
        "s3-account-public-access-block",
        "s3-access-point-private",
        "s3-access-grants-location",
    }
    assert ("s3-versioning", arn("phi-dev-missing")) in result.findings(Status.FAIL)
    assert any("doesn't exist" in text for text in result.finding_texts("s3-no-website", arn("phi-dev-missing")))


@pytest.mark.parametrize(
    "call", [calls.GET_BUCKET_LOCATION, calls.GET_BUCKET_VERSIONING], ids=lambda call: call.operation
)
def test_bucket_deleted_since_it_was_listed_is_left_out(account: SampleAccount, call: Call):
    result = audit(without_regions(session_failing(call, "NoSuchBucket", 404, bucket=LOGS)))
    assert arn(LOGS) not in {fact.resource for fact in result.collected.facts}
    assert arn(PHI) in {fact.resource for fact in result.collected.facts}
    assert result.failed_calls == ()


def test_bucket_deleted_while_it_is_read_is_unverified(account: SampleAccount):
    result = audit(session_failing(calls.GET_BUCKET_WEBSITE, "NoSuchBucket", 404, bucket=PHI))
    assert result.blocking == {("s3-no-website", arn(PHI))}


def test_bucket_outside_the_audited_regions_is_read_in_its_own_region(account: SampleAccount):
    result = audit(account.session, regions=(REGION,))
    assert result.bucket(REPLICA).location.region == REPLICA_REGION
    assert result.blocking == set()


def test_every_bucket_call_names_the_expected_owner(account: SampleAccount):
    """S3 then denies access to a bucket of the same name in another account."""
    owners: list[tuple[str, str | None]] = []
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "before-call.s3",
        lambda model, params, **_: owners.append((model.name, params["headers"].get("x-amz-expected-bucket-owner"))),
    )
    audit(session, STACK)
    assert len(owners) > len(calls.CALLS)
    assert {owner for _, owner in owners} == {ACCOUNT}


# Data classes of buckets.


def test_untagged_bucket_has_the_data_class_of_its_use(account: SampleAccount):
    for bucket in (LOGS, REPLICA):
        account.s3.delete_bucket_tagging(Bucket=bucket)
    result = audit(account.session)
    assert (result.bucket(LOGS).data_class, result.bucket(REPLICA).data_class) == (
        DataClass.ACCESS_LOG,
        DataClass.REPLICA,
    )
    assert result.blocking == {("s3-data-class-tag", arn(name)) for name in (LOGS, REPLICA)}


def test_data_class_follows_the_configured_tag(account: SampleAccount):
    account.put_tags(PHI, Class="PHI")
    account.s3.delete_bucket_tagging(Bucket=LOGS)
    account.s3.put_bucket_logging(Bucket=PHI, BucketLoggingStatus={})
    result = audit(account.session, data_class_tag=DataClassTag("Class", DataClass.OTHER))
    assert (result.bucket(PHI).data_class, result.bucket(PHI).data_class_tag) == (DataClass.PHI, "PHI")
    assert (result.bucket(LOGS).data_class, result.bucket(LOGS).data_class_tag) == (DataClass.OTHER, None)


def test_untagged_inventory_bucket_has_the_data_class_inventory(account: SampleAccount):
    account.s3.create_bucket(Bucket="lists")
    account.put_inventory("lists")
    result = audit(account.session)
    assert result.bucket("lists").data_class is DataClass.INVENTORY
    [inventory] = result.bucket(PHI).settings_of(Inventory)
    assert inventory == Inventory((DeliveryTarget(StackResource(arn("lists"))),))


def test_bucket_that_receives_its_own_inventory_keeps_its_data_class(account: SampleAccount):
    account.s3.delete_bucket_tagging(Bucket=PHI)
    account.put_inventory(PHI)
    assert audit(account.session).bucket(PHI).data_class is DataClass.PHI


def test_untagged_bucket_counts_as_phi_if_inventories_cant_be_read(account: SampleAccount):
    account.s3.create_bucket(Bucket="lists")
    account.put_inventory("lists")
    result = audit(session_failing(calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS))
    assert result.bucket("lists").data_class is DataClass.PHI
    assert {failed.call for failed in result.failed_calls} == {calls.LIST_BUCKET_INVENTORY_CONFIGURATIONS}


# Destinations in other accounts.

DESTINATIONS = "s3-no-external-destinations"
FOREIGN = "999988887777"


def put_analytics(account: SampleAccount, **destination: str) -> None:
    export = {"OutputSchemaVersion": "V_1", "Destination": {"S3BucketDestination": {"Format": "CSV", **destination}}}
    configuration = {"Id": "all", "StorageClassAnalysis": {"DataExport": export} if destination else {}}
    account.s3.put_bucket_analytics_configuration(Bucket=PHI, Id="all", AnalyticsConfiguration=configuration)


def put_notification(account: SampleAccount, owner: str) -> None:
    """Send events to a topic, a queue and a function of an account. The emulator checks none of them."""
    configuration = {
        name: [{key: f"arn:aws:{service}:{REGION}:{owner}:{target}", "Events": ["s3:ObjectRemoved:*"]}]
        for name, key, service, target in (
            ("TopicConfigurations", "TopicArn", "sns", "alerts"),
            ("QueueConfigurations", "QueueArn", "sqs", "events"),
            ("LambdaFunctionConfigurations", "LambdaFunctionArn", "lambda", "function:scan"),
        )
    }
    account.s3.put_bucket_notification_configuration(
        Bucket=PHI, NotificationConfiguration=configuration, SkipDestinationValidation=True
    )


def put_foreign_replication(account: SampleAccount, owner: str) -> None:
    """Replicate to a bucket of an account, which becomes the owner of the replicas."""
    ownership = {"Account": owner, "AccessControlTranslation": {"Owner": "Destination"}}
    encrypted = {"EncryptionConfiguration": {"ReplicaKmsKeyID": REPLICA_KEY}}
    account.put_replication(Destination={"Bucket": arn("elsewhere"), **ownership, **encrypted})


DELIVERIES: list[Callable[[SampleAccount, str], Any]] = [
    lambda a, owner: a.put_inventory("elsewhere", AccountId=owner),
    lambda a, owner: put_analytics(a, Bucket=arn("elsewhere"), BucketAccountId=owner),
    put_notification,
    put_foreign_replication,
]


@pytest.mark.parametrize("deliver", DELIVERIES, ids=["inventory", "analytics", "notification", "replication"])
def test_destination_in_another_account_fails(account: SampleAccount, deliver):
    deliver(account, ACCOUNT)
    assert (DESTINATIONS, arn(PHI)) not in audit(account.session).blocking
    deliver(account, FOREIGN)
    result = audit(account.session)
    assert (DESTINATIONS, arn(PHI)) in result.findings(Status.FAIL)
    assert any(f"account {FOREIGN}" in text for text in result.finding_texts(DESTINATIONS, arn(PHI)))


def test_destination_whose_account_nothing_names_is_unverified(account: SampleAccount):
    account.put_inventory("elsewhere")
    put_analytics(account)
    assert audit(account.session).blocking == {(DESTINATIONS, arn(PHI))}
    assert audit(account.session).findings(Status.FAIL) == set()


def test_replication_to_another_account_is_no_safeguard(account: SampleAccount):
    put_foreign_replication(account, FOREIGN)
    assert ("s3-replication-or-backup", arn(PHI)) in audit(account.session).findings(Status.FAIL)


def test_acl_is_requested_only_if_acls_are_enabled(account: SampleAccount):
    assert calls.GET_BUCKET_ACL not in audit(account.session).call_counts
    account.put_ownership(PHI, "ObjectWriter")
    assert audit(account.session).call_counts[calls.GET_BUCKET_ACL] == 1


def test_log_bucket_is_a_reference_only_if_it_is_in_scope(account: SampleAccount):
    result = audit(account.session)
    assert result.bucket(PHI).settings_of(AccessLogging) == (AccessLogging(StackResource(arn(LOGS))),)
    without_logs = audit(account.session, Scope({PHI: REGION}, "phi-dev-"))
    assert without_logs.bucket(PHI).settings_of(AccessLogging) == (AccessLogging(arn(LOGS)),)


def test_access_point_has_the_data_class_of_its_bucket(account: SampleAccount):
    result = audit(account.session)
    assert result.collected.access_point_buckets == {ACCESS_POINT: (arn(PHI),)}
    [point] = result.stack.facts_of_type(AccessPoint)
    assert (point.data_class, point.arn, point.document) == (DataClass.PHI, ACCESS_POINT, None)
    account.put_tags(PHI, DataClass="Other")
    [point] = audit(account.session).stack.facts_of_type(AccessPoint)
    assert point.data_class is DataClass.OTHER


def test_access_point_of_another_accounts_bucket_counts_as_phi_and_fails(account: SampleAccount):
    account.put_tags(PHI, DataClass="Other")
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "after-call.s3-control.ListAccessPoints",
        lambda parsed, **_: [entry.update(BucketAccountId="999988887777") for entry in parsed["AccessPointList"]],
    )
    result = audit(session)
    [point] = result.stack.facts_of_type(AccessPoint)
    assert point.data_class is DataClass.PHI
    assert result.findings(Status.FAIL) == {("s3-no-external-destinations", ACCESS_POINT)}


def test_access_point_deleted_since_it_was_listed_is_left_out(account: SampleAccount):
    result = audit(session_failing(calls.GET_ACCESS_POINT, "NoSuchAccessPoint", 404))
    assert result.stack.facts_of_type(AccessPoint) == []
    assert result.failed_calls == ()


def test_account_block_is_collected_with_its_flags(account: SampleAccount):
    account.put_account_block(BlockPublicAcls=False)
    [fact] = audit(account.session).stack.facts_of_type(AccountPublicAccessBlock)
    block = fact.public_access_block
    assert (block.block_public_acls, block.block_public_policy) == (False, True)


# Topics that S3 publishes events to.

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-dev-events"


@pytest.fixture
def account_with_events(account: SampleAccount) -> SampleAccount:
    account.session.client("sns", region_name=REGION).create_topic(Name="phi-dev-events")
    configuration = {"TopicConfigurations": [{"TopicArn": TOPIC, "Events": ["s3:ObjectRemoved:*"]}]}
    account.s3.put_bucket_notification_configuration(Bucket=PHI, NotificationConfiguration=configuration)
    return account


def test_s3_publishes_to_the_topics_of_bucket_notifications(account_with_events: SampleAccount):
    assert audit(account_with_events.session).collected.publishers == ((TOPIC, "s3.amazonaws.com"),)
    assert audit(account_with_events.session, Scope({LOGS: REGION})).collected.publishers == ()


def test_bucket_with_unread_notifications_may_publish_to_any_topic_of_its_region(account_with_events: SampleAccount):
    session = session_failing(calls.GET_BUCKET_NOTIFICATION_CONFIGURATION, bucket=PHI)
    [(topic, unknown)] = audit(session).collected.publishers
    assert topic == f"arn:aws:sns:{REGION}:{ACCOUNT}:*"
    assert "s3:GetBucketNotification failed with AccessDenied" in unknown.reason
    publishers = audit(session_failing(calls.LIST_BUCKETS)).collected.publishers
    assert [topic for topic, _ in publishers] == [
        f"arn:aws:sns:{region}:{ACCOUNT}:*" for region in (REGION, REPLICA_REGION)
    ]
    assert "s3:ListAllMyBuckets failed with AccessDenied" in publishers[0][1].reason


# Many buckets.


def test_all_pages_of_a_thousand_buckets_are_read(endpoint: str):
    """The responses come from within botocore. Like those of AWS, they include the region of each bucket."""
    names = [f"bucket-{number:04}" for number in range(1000)]
    pages = [names[:400], names[400:800], names[800:]]
    success = SimpleNamespace(status_code=200)

    def respond(model: Any, params: dict[str, Any], **_: Any) -> Any:
        if model.name == "ListBuckets":
            assert params["query_string"]["max-buckets"] == listing.PAGE_SIZE
            number = int(params["query_string"].get("continuation-token", 0))
            buckets = [{"Name": name, "BucketRegion": REPLICA_REGION} for name in pages[number]]
            next_page = {"ContinuationToken": str(number + 1)} if number < 2 else {}
            return success, {"Buckets": buckets, **next_page}
        name = requested_bucket(params)
        responses = {
            "GetBucketTagging": {"TagSet": [{"Key": "Name", "Value": name}]},
            "GetBucketVersioning": {"Status": "Enabled" if name != "bucket-0999" else "Suspended"},
        }
        return success, responses.get(model.name, {})

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    result = audit(session, regions=(REGION,))
    buckets = result.stack.facts_of_type(Bucket)
    assert [bucket.tags["Name"] for bucket in buckets if isinstance(bucket.tags, dict)] == names
    assert {bucket.location.region for bucket in buckets} == {REPLICA_REGION}
    assert {name for control, name in result.findings(Status.FAIL) if control == "s3-versioning"} == {arn(names[-1])}
    assert result.call_counts[calls.LIST_BUCKETS] == 3
    assert calls.GET_BUCKET_LOCATION not in result.call_counts
    assert result.failed_calls == ()
