"""Directory buckets, table buckets and Outposts buckets, and the exports of Storage Lens."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import ACCOUNT, ACCOUNT_KEY, bucket, companion, policy_text

FOREIGN = "999999999999"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/12345678-1234-1234-1234-123456789012"
NAME = "fast--use1-az4--x-s3"
TABLES = f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/records"
REPLICAS = f"arn:aws:s3tables:us-west-2:{ACCOUNT}:bucket/records"
OUTPOST = f"arn:aws:s3-outposts:us-east-1:{ACCOUNT}:outpost/op-0123456789abcdef0/bucket/ward"
DIRECTORY_ARN = f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/{NAME}"
TYPES = ("directory", "tables", "outposts")

ACCESS, KEY, RECOVERY, SNAPSHOTS = (
    "s3-no-external-access",
    "s3-customer-managed-key",
    "s3-recoverable-bucket-type",
    "s3-retention",
)


def tagged(data_class: str | None) -> dict[str, Any]:
    return {"tags": {"DataClass": data_class}} if data_class else {}


def directory(data_class: str | None = "PHI", *, protect: bool = True, **inputs: Any) -> Resource:
    location = {"name": "use1-az4"}
    declared = {"bucket": NAME, "location": location} | tagged(data_class) | inputs
    return Resource("aws:s3/directoryBucket:DirectoryBucket", "directory", declared, protect=protect)


def tables(data_class: str | None = "PHI", *, protect: bool = True, **inputs: Any) -> Resource:
    declared = {"name": "records"} | tagged(data_class) | inputs
    return Resource("aws:s3tables/tableBucket:TableBucket", "tables", declared, protect=protect, account=ACCOUNT)


def outposts(data_class: str | None = "PHI", *, protect: bool = True, **inputs: Any) -> Resource:
    declared = {"bucket": "ward", "outpostId": "op-0123456789abcdef0"} | tagged(data_class) | inputs
    outputs = {"arn": OUTPOST}
    return Resource("aws:s3control/bucket:Bucket", "outposts", declared, protect=protect, outputs=outputs)


BUCKETS = {"directory": directory, "tables": tables, "outposts": outposts}


def directory_policy(*statements: Any, name: Any = NAME) -> Resource:
    return companion("BucketPolicy", "policy", bucket=name, policy=policy_text(*statements))


def table_bucket_policy(*statements: Any, arn: Any = TABLES) -> Resource:
    inputs = {"tableBucketArn": arn, "resourcePolicy": policy_text(*statements)}
    return Resource("aws:s3tables/tableBucketPolicy:TableBucketPolicy", "policy", inputs)


def table_policy(*statements: Any, arn: Any = TABLES) -> Resource:
    inputs = {"tableBucketArn": arn, "namespace": "ehr", "name": "visits", "resourcePolicy": policy_text(*statements)}
    return Resource("aws:s3tables/tablePolicy:TablePolicy", "policy", inputs)


def outposts_policy(*statements: Any, arn: Any = OUTPOST) -> Resource:
    inputs = {"bucket": arn, "policy": policy_text(*statements)}
    return Resource("aws:s3control/bucketPolicy:BucketPolicy", "policy", inputs)


POLICIES = [
    (directory_policy, "s3express:CreateSession", DIRECTORY_ARN),
    (table_bucket_policy, "s3tables:GetTableData", f"{TABLES}/table/*"),
    (table_policy, "s3tables:GetTableData", f"{TABLES}/table/*"),
    (outposts_policy, "s3-outposts:GetObject", f"{OUTPOST}/object/*"),
]
each_policy = pytest.mark.parametrize(("declare", "action", "resource"), POLICIES)


def allow(principal: Any, action: str, resource: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource} | more


def account(number: str) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{number}:root"}


@each_policy
def test_policy_for_the_stacks_own_account_passes(pack: PackProcess, declare, action, resource):
    stack = [ACCOUNT_KEY, declare(allow(account(ACCOUNT), action, resource))]
    for control in (ACCESS, "s3-no-public-grant"):
        assert failed_resources(pack, control, stack) == set()


@each_policy
@pytest.mark.parametrize("number", [FOREIGN, "*"])
def test_policy_for_another_account_fails_before_it_is_created(pack: PackProcess, declare, action, resource, number):
    principal = "*" if number == "*" else account(number)
    policy = declare(allow(principal, action, resource))
    access = pack.only_for(ACCESS, "s3-no-public-grant")
    before = [] if number == FOREIGN else ["s3-no-public-grant"]
    assert {finding.policy for finding in access.check_resource(policy)} >= set(before)
    [finding] = findings_for(pack, ACCESS, [ACCOUNT_KEY, policy])
    assert finding.resource == "policy"
    assert action in finding.message


@each_policy
def test_policy_that_is_not_known_is_unverified(pack: PackProcess, declare, action, resource):
    known = declare(allow(account(ACCOUNT), action, resource))
    prop = next(name for name in known.inputs if name.lower().endswith("policy"))
    assert unverified_resources(
        pack, ACCESS, [ACCOUNT_KEY, replace(known, inputs={**known.inputs, prop: UNKNOWN})]
    ) == {"policy"}


@each_policy
@pytest.mark.parametrize("reference", [UNKNOWN, None])
def test_policy_of_a_bucket_that_is_not_known_is_still_searched(
    pack: PackProcess, declare, action, resource, reference
):
    foreign = declare(allow(account(FOREIGN), action, resource))
    prop = next(name for name in ("bucket", "tableBucketArn") if name in foreign.inputs)
    assert failed_resources(
        pack, ACCESS, [ACCOUNT_KEY, replace(foreign, inputs={**foreign.inputs, prop: reference})]
    ) == {"policy"}


def test_directory_bucket_is_recognized_by_its_name_or_by_reference(pack: PackProcess):
    foreign = allow(account(FOREIGN), "s3express:*", "*")
    for name in (NAME, UNKNOWN):
        policy = replace(directory_policy(foreign, name=name), comes_from={"bucket": ["directory"]})
        stack = [ACCOUNT_KEY, directory(), policy]
        assert failed_resources(pack, ACCESS, stack) == {"policy"}
        assert failed_resources(pack, "s3-tls-only", stack) == set()
        assert failed_resources(pack, "s3-tamper-protection", stack) == set()


def test_similar_name_is_no_directory_bucket(pack: PackProcess):
    policy = directory_policy(allow(account(ACCOUNT), "s3:GetObject", "*"), name="fast--x-s3-logs")
    assert failed_resources(pack, "s3-tls-only", [ACCOUNT_KEY, policy]) == {"policy"}


@pytest.mark.parametrize("kind", TYPES)
def test_aws_blocks_public_access_disables_acls_and_encrypts(pack: PackProcess, kind):
    for control in ("s3-public-access-block", "s3-acls-disabled", "s3-encryption-at-rest"):
        assert failed_resources(pack, control, [BUCKETS[kind]()]) == set()


@pytest.mark.parametrize("kind", TYPES)
def test_data_class_tag_is_required(pack: PackProcess, kind):
    assert failed_resources(pack, "s3-data-class-tag", [BUCKETS[kind]()]) == set()
    for data_class in (None, "Secret"):
        assert failed_resources(pack, "s3-data-class-tag", [BUCKETS[kind](data_class)]) == {kind}
    assert unverified_resources(pack, "s3-data-class-tag", [BUCKETS[kind](UNKNOWN)]) == {kind}


@pytest.mark.parametrize("kind", TYPES)
def test_bucket_is_protected_from_destruction(pack: PackProcess, kind):
    control, declare = "s3-no-force-destroy", BUCKETS[kind]
    assert failed_resources(pack, control, [declare()]) == set()
    assert failed_resources(pack, control, [declare("Internal", protect=False, forceDestroy=True)]) == set()
    assert failed_resources(pack, control, [declare(forceDestroy=True)]) == {kind}
    assert failed_resources(pack, control, [declare(protect=False)]) == {kind}
    assert unverified_resources(pack, control, [declare(forceDestroy=UNKNOWN)]) == {kind}


# The customer managed key


def encryption(key: Any = KEY_ARN, algorithm: Any = "aws:kms", name: Any = NAME) -> Resource:
    default = {"sseAlgorithm": algorithm} | ({"kmsMasterKeyId": key} if key else {})
    rules = [{"applyServerSideEncryptionByDefault": default}]
    return companion("BucketServerSideEncryptionConfiguration", "encryption", bucket=name, rules=rules)


@pytest.mark.parametrize("data_class", ["PHI", None])
def test_directory_bucket_without_a_customer_managed_key_fails(pack: PackProcess, data_class):
    phi = directory(data_class)
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, phi, encryption()]) == set()
    assert failed_resources(pack, KEY, [phi]) == {"directory"}
    assert failed_resources(pack, KEY, [phi, encryption(None, "AES256")]) == {"encryption"}
    foreign = encryption(KEY_ARN.replace(ACCOUNT, FOREIGN))
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, phi, foreign]) == {"encryption"}
    assert unverified_resources(pack, KEY, [phi, encryption(UNKNOWN)]) == {"encryption"}
    assert failed_resources(pack, KEY, [directory("Internal"), encryption(None, "AES256")]) == set()


def test_one_of_two_directory_buckets_without_a_key_fails(pack: PackProcess):
    other = replace(directory(bucket="second--use1-az4--x-s3"), name="other")
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, directory(), other, encryption()]) == {"other"}
    of_either = encryption(name=UNKNOWN)
    stack = [ACCOUNT_KEY, directory(), other, replace(of_either, comes_from={"bucket": ["directory", "other"]})]
    assert {finding.resource for finding in findings_for(pack, KEY, stack)} >= {"directory", "other"}


def test_encryption_of_a_directory_bucket_is_found_by_reference(pack: PackProcess):
    referring = replace(encryption(name=UNKNOWN), comes_from={"bucket": ["directory"]})
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, directory(), referring]) == set()


def test_bucket_key_is_not_required_of_a_directory_bucket(pack: PackProcess):
    """S3 always uses one there: https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-UsingKMSEncryption.html"""
    assert failed_resources(pack, "s3-bucket-key", [ACCOUNT_KEY, directory(), encryption()]) == set()


def test_wrong_encryption_of_a_directory_bucket_fails_before_it_is_created(pack: PackProcess):
    only = pack.only_for(KEY)
    assert only.check_resource(directory()) == []  # another resource may declare it
    assert [finding.resource for finding in only.check_resource(encryption(None, "AES256"))] == ["encryption"]
    only.check_resource(directory("Internal"))
    assert only.check_resource(encryption(None, "AES256")) == []


def test_encryption_of_another_stacks_directory_bucket_is_unverified_unless_it_is_right(pack: PackProcess):
    elsewhere = "other--use1-az4--x-s3"
    assert unverified_resources(pack, KEY, [encryption(None, "AES256", name=elsewhere)]) == {"encryption"}
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, encryption(name=elsewhere)]) == set()


def table_encryption(key: Any = KEY_ARN, algorithm: Any = "aws:kms") -> dict[str, Any]:
    return {"encryptionConfiguration": {"sseAlgorithm": algorithm, "kmsKeyArn": key}}


def table(*, by_name: bool = True, **inputs: Any) -> Resource:
    declared = {"namespace": "ehr", "name": "visits", "format": "ICEBERG", "tableBucketArn": TABLES} | inputs
    if by_name:
        return Resource("aws:s3tables/table:Table", "table", declared)
    declared["tableBucketArn"] = UNKNOWN
    return Resource("aws:s3tables/table:Table", "table", declared, comes_from={"tableBucketArn": ["tables"]})


@pytest.mark.parametrize("data_class", ["PHI", None])
def test_table_bucket_without_a_customer_managed_key_fails(pack: PackProcess, data_class):
    only = pack.only_for(KEY)
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, tables(data_class, **table_encryption())]) == set()
    assert failed_resources(pack, KEY, [tables("Internal")]) == set()
    for wrong in ({}, table_encryption(None, "AES256")):
        assert failed_resources(pack, KEY, [tables(data_class, **wrong)]) == {"tables"}
        assert [finding.resource for finding in only.check_resource(tables(data_class, **wrong))] == ["tables"]
    for unknown in (table_encryption(UNKNOWN), {"encryptionConfiguration": UNKNOWN}):
        assert unverified_resources(pack, KEY, [tables(data_class, **unknown)]) == {"tables"}


@pytest.mark.parametrize("by_name", [True, False])
def test_table_with_its_own_encryption_is_judged_by_the_data_class_of_its_bucket(pack: PackProcess, by_name):
    own = table(by_name=by_name, **table_encryption(None, "AES256"))
    right = tables(**table_encryption())
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, right, table(by_name=by_name)]) == set()
    assert failed_resources(pack, KEY, [ACCOUNT_KEY, right, own]) == {"table"}
    assert failed_resources(pack, KEY, [tables("Internal"), own]) == set()
    assert pack.only_for(KEY).check_resource(own) == []  # its bucket, and so its data class, isn't known yet


def test_outposts_bucket_has_no_customer_managed_key(pack: PackProcess):
    [finding] = findings_for(pack, KEY, [outposts()])
    assert finding.resource == "outposts"
    assert "S3 on Outposts doesn't encrypt with KMS keys" in finding.message
    assert failed_resources(pack, KEY, [outposts("Internal")]) == set()


# Recovery


@pytest.mark.parametrize("data_class", ["PHI", None])
def test_phi_in_a_directory_bucket_fails_before_it_is_created(pack: PackProcess, data_class):
    [finding] = pack.only_for(RECOVERY).check_resource(directory(data_class))
    assert finding.resource == "directory"
    assert "no versioning, replication or Object Lock, and is in one zone" in finding.message
    assert failed_resources(pack, RECOVERY, [directory(data_class)]) == {"directory"}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("data_class", ["Replica", "Internal"])
def test_bucket_without_phi_need_not_be_recoverable(pack: PackProcess, kind, data_class):
    assert failed_resources(pack, RECOVERY, [BUCKETS[kind](data_class)]) == set()


def test_recovery_of_an_outposts_bucket_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, RECOVERY, [outposts()]) == {"outposts"}


def replication(to: Any = REPLICAS, of: Any = TABLES) -> Resource:
    inputs = {"tableBucketArn": of, "role": "r", "rule": {"destinations": [{"destinationTableBucketArn": to}]}}
    return Resource("aws:s3tables/tableBucketReplication:TableBucketReplication", "replication", inputs)


def test_table_bucket_is_replicated_to_another_region(pack: PackProcess):
    assert failed_resources(pack, RECOVERY, [tables(), replication()]) == set()
    assert failed_resources(pack, RECOVERY, [tables()]) == {"tables"}
    assert failed_resources(pack, RECOVERY, [tables(), replication(TABLES)]) == {"tables"}
    other_bucket = replication(of=TABLES.replace("records", "others"))
    assert failed_resources(pack, RECOVERY, [tables(), other_bucket]) == {"tables"}
    assert unverified_resources(pack, RECOVERY, [tables(), replication(UNKNOWN)]) == {"tables"}
    assert unverified_resources(pack, RECOVERY, [tables(), replication(of=UNKNOWN)]) == {"tables"}
    unknown = replace(replication(), inputs={"tableBucketArn": TABLES, "rule": UNKNOWN})
    assert unverified_resources(pack, RECOVERY, [tables(), unknown]) == {"tables"}
    assert pack.only_for(RECOVERY).check_resource(tables()) == []  # another resource may declare the replication


def test_replicas_of_tables_are_found_by_reference(pack: PackProcess):
    replicas = replace(tables("Replica"), name="replicas", region="us-west-2", provider="west")
    by_reference = replace(
        replication(UNKNOWN, UNKNOWN), comes_from={"tableBucketArn": ["tables"], "rule": ["replicas"]}
    )
    assert failed_resources(pack, RECOVERY, [tables(), replicas, by_reference]) == set()
    beside = replace(replicas, region="us-east-1")
    assert failed_resources(pack, RECOVERY, [tables(), beside, by_reference]) == {"tables"}


# Retention


def expiry(days: Any) -> list[dict[str, Any]]:
    return [{"id": "old", "status": "Enabled", "filter": {}, "expiration": {"days": days}}]


def test_lifecycle_rule_of_a_directory_bucket_keeps_phi(pack: PackProcess):
    lifecycle = companion("BucketLifecycleConfiguration", bucket=NAME, rules=expiry(30))
    assert failed_resources(pack, SNAPSHOTS, [directory(), lifecycle]) == {"it"}
    assert failed_resources(pack, SNAPSHOTS, [directory(None), lifecycle]) == {"it"}
    assert failed_resources(pack, SNAPSHOTS, [directory("Internal"), lifecycle]) == set()


def test_lifecycle_rule_of_an_outposts_bucket_keeps_phi(pack: PackProcess):
    token = "aws:s3control/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    lifecycle = Resource(token, "it", {"bucket": OUTPOST, "rules": expiry(30)})
    assert failed_resources(pack, SNAPSHOTS, [outposts(), lifecycle]) == {"it"}
    assert failed_resources(pack, SNAPSHOTS, [lifecycle]) == {"it"}
    namesake = bucket("ward", "Internal")
    assert failed_resources(pack, SNAPSHOTS, [namesake, outposts(), lifecycle]) == {"it"}
    assert failed_resources(pack, SNAPSHOTS, [outposts("Internal"), lifecycle]) == set()


def snapshots(status: Any = "enabled", hours: Any = 24 * MIN_RETENTION_DAYS) -> dict[str, Any]:
    settings = {"maxSnapshotAgeHours": hours, "minSnapshotsToKeep": 1}
    return {"maintenanceConfiguration": {"icebergSnapshotManagement": {"status": status, "settings": settings}}}


@pytest.mark.parametrize("kept", [snapshots(), snapshots("disabled", 120), snapshots("disabled", UNKNOWN)])
def test_table_that_keeps_its_snapshots_passes(pack: PackProcess, kept):
    assert failed_resources(pack, SNAPSHOTS, [tables(), table(**kept)]) == set()


@pytest.mark.parametrize(
    "deleted", [{}, snapshots(hours=120), snapshots(hours=None), snapshots(hours=24 * MIN_RETENTION_DAYS - 1)]
)
def test_table_whose_snapshots_are_deleted_early_fails(pack: PackProcess, deleted):
    assert failed_resources(pack, SNAPSHOTS, [tables(), table(**deleted)]) == {"table"}
    assert failed_resources(pack, SNAPSHOTS, [tables("Internal"), table(**deleted)]) == set()
    assert failed_resources(pack, SNAPSHOTS, [tables(), table(**tagged("Internal"), **deleted)]) == set()
    assert unverified_resources(pack, SNAPSHOTS, [table(**deleted)]) == {"table"}


@pytest.mark.parametrize(
    "unknown", [snapshots(hours=UNKNOWN), snapshots(UNKNOWN, 120), {"maintenanceConfiguration": UNKNOWN}]
)
def test_table_whose_snapshots_are_not_known_is_unverified(pack: PackProcess, unknown):
    assert unverified_resources(pack, SNAPSHOTS, [tables(), table(**unknown)]) == {"table"}


# Transport


def outposts_deny(arn: str = f"{OUTPOST}*") -> dict[str, Any]:
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "s3-outposts:*", "Resource": arn, "Condition": condition}


def test_outposts_bucket_denies_plain_http(pack: PackProcess):
    control = "s3-tls-only"
    assert failed_resources(pack, control, [outposts(), outposts_policy(outposts_deny())]) == set()
    assert failed_resources(pack, control, [outposts()]) == {"outposts"}
    wrong = outposts_policy(outposts_deny(f"{OUTPOST}/object/private/*"))
    assert failed_resources(pack, control, [outposts(), wrong]) == {"policy"}
    assert unverified_resources(pack, control, [outposts_policy(outposts_deny(), arn=UNKNOWN)]) == {"policy"}
    for kind in ("directory", "tables"):  # S3 accepts only HTTPS for these
        assert failed_resources(pack, control, [BUCKETS[kind]()]) == set()


# Destinations


def lens(number: Any = ACCOUNT, arn: Any = "arn:aws:s3:::metrics", *, enabled: bool = True, export: str = "dataExport"):
    destination = {"accountId": number, "arn": arn, "format": "CSV", "outputSchemaVersion": "V_1"}
    configuration = {"enabled": enabled, "accountLevel": {}, export: {"s3BucketDestination": destination}}
    inputs = {"configId": "lens", "storageLensConfiguration": configuration}
    return Resource("aws:s3control/storageLensConfiguration:StorageLensConfiguration", "lens", inputs)


DESTINATIONS = "s3-no-external-destinations"


@pytest.mark.parametrize("export", ["dataExport", "expandedPrefixesDataExport"])
def test_storage_lens_export_to_another_account_fails(pack: PackProcess, export):
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, lens(export=export)]) == set()
    [finding] = findings_for(pack, DESTINATIONS, [ACCOUNT_KEY, lens(FOREIGN, export=export)])
    assert finding.resource == "lens"
    assert f"Storage Lens metrics are exported to account {FOREIGN}" in finding.message
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, lens(FOREIGN, enabled=False, export=export)]) == set()
    assert unverified_resources(pack, DESTINATIONS, [ACCOUNT_KEY, lens(UNKNOWN, export=export)]) == {"lens"}
    own_bucket = [ACCOUNT_KEY, bucket("metrics", "Inventory"), lens(export=export)]
    assert failed_resources(pack, DESTINATIONS, own_bucket) == set()


@pytest.mark.parametrize("configuration", [UNKNOWN, {"enabled": True, "dataExport": UNKNOWN}])
def test_storage_lens_configuration_that_is_not_known_is_unverified(pack: PackProcess, configuration):
    unknown = replace(lens(), inputs={"configId": "lens", "storageLensConfiguration": configuration})
    assert unverified_resources(pack, DESTINATIONS, [ACCOUNT_KEY, unknown]) == {"lens"}


def test_tables_replicated_to_another_account_fail(pack: PackProcess):
    foreign = REPLICAS.replace(ACCOUNT, FOREIGN)
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, tables(), replication()]) == set()
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, tables(), replication(foreign)]) == {"replication"}
    inputs = {"tableArn": f"{TABLES}/table/1", "role": "r"}
    rule = {"destinations": [{"destinationTableBucketArn": foreign}]}
    of_table = Resource("aws:s3tables/tableReplication:TableReplication", "one", {**inputs, "rule": rule})
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, of_table]) == {"one"}


def test_tables_replicated_to_a_table_bucket_of_another_provider_are_unverified(pack: PackProcess):
    replicas = replace(tables("Replica"), name="replicas", region="us-west-2")
    new = replace(replication(UNKNOWN), comes_from={"rule": ["replicas"]})
    assert failed_resources(pack, DESTINATIONS, [ACCOUNT_KEY, replicas, new]) == set()
    elsewhere = replace(replicas, account=FOREIGN, provider="other")
    assert unverified_resources(pack, DESTINATIONS, [ACCOUNT_KEY, elsewhere, new]) == {"replication"}


def test_second_policy_of_a_directory_bucket_overwrites_the_first(pack: PackProcess):
    first = directory_policy(allow(account(ACCOUNT), "s3express:CreateSession", "*"))
    second = replace(
        first, name="second", inputs=first.inputs | {"bucket": UNKNOWN}, comes_from={"bucket": ["directory"]}
    )
    assert failed_resources(pack, ACCESS, [ACCOUNT_KEY, directory(), first]) == set()
    assert failed_resources(pack, ACCESS, [ACCOUNT_KEY, directory(), first, second]) == {"policy", "second"}


def test_policies_of_two_tables_overwrite_nothing(pack: PackProcess):
    first = table_policy(allow(account(ACCOUNT), "s3tables:GetTable", "*"))
    second = replace(first, name="second", inputs=first.inputs | {"name": "scans"})
    assert failed_resources(pack, ACCESS, [ACCOUNT_KEY, tables(), first, second]) == set()
