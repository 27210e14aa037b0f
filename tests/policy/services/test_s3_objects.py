"""Objects that a program uploads or copies: their own ACL, key, retention and destination."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    ACCOUNT,
    ACCOUNT_KEY,
    V6,
    bucket,
    companion,
    data_bucket,
)

FOREIGN = "999999999999"
PUBLIC, EXTERNAL, KEY, ENFORCE = (
    "s3-no-public-grant",
    "s3-no-external-access",
    "s3-customer-managed-key",
    "s3-enforce-kms-key",
)
SSE_C, LOCK, FORCE_DESTROY, DESTINATION = (
    "s3-deny-sse-c",
    "s3-object-lock",
    "s3-no-force-destroy",
    "s3-no-external-destinations",
)
OBJECT_CONTROLS = (PUBLIC, EXTERNAL, KEY, ENFORCE, SSE_C, LOCK, FORCE_DESTROY, DESTINATION)
TOKENS = ("bucketObject:BucketObject", "bucketObjectv2:BucketObjectv2", "objectCopy:ObjectCopy")
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/99999999-2222-3333-4444-555555555555"
FOREIGN_KEY = f"arn:aws:kms:us-east-1:{FOREIGN}:key/11111111-2222-3333-4444-555555555555"
GROUPS = "http://acs.amazonaws.com/groups"
each_type = pytest.mark.parametrize("token", TOKENS)


def object_of(token: str = TOKENS[1], name: str = "it", **inputs: Any) -> Resource:
    source = {"source": "data/template"} if token.startswith("objectCopy") else {}
    return Resource(f"aws:s3/{token}", name, {"bucket": "data", "key": "config.json"} | source | inputs)


def copy_of(**inputs: Any) -> Resource:
    return object_of(TOKENS[2], **inputs)


def default_encryption(key: Any = KEY_ARN) -> Resource:
    default = {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}
    rules = [{"applyServerSideEncryptionByDefault": default}]
    return companion("BucketServerSideEncryptionConfiguration", "encryption", rules=rules)


def stack_with(*objects: Resource, data_class: str = "PHI") -> list[Resource]:
    return [ACCOUNT_KEY, data_bucket(data_class=data_class), default_encryption(), *objects]


def failures(pack: PackProcess, control: str, stack: list[Resource]) -> set[str]:
    """Return which of the objects fail; the sample's bucket lacks most other settings."""
    return {finding.resource for finding in findings_for(pack, control, stack)} & {"it", "other"}


def unverified_objects(pack: PackProcess, control: str, stack: list[Resource]) -> set[str]:
    found = [finding for finding in findings_for(pack, control, stack) if finding.resource in ("it", "other")]
    assert all("\nUnverified: " in finding.message for finding in found)
    return {finding.resource for finding in found}


@each_type
@pytest.mark.parametrize("control", OBJECT_CONTROLS)
def test_object_without_settings_of_its_own_passes(pack: PackProcess, token, control):
    assert failures(pack, control, stack_with(object_of(token))) == set()


@each_type
@pytest.mark.parametrize("acl", ["public-read", "public-read-write", "authenticated-read"])
def test_object_with_a_public_acl_fails_whatever_its_bucket_holds(pack: PackProcess, token, acl):
    for data_class in ("PHI", "Public"):
        objects = object_of(token, acl=acl), object_of(token, "other", acl="private")
        assert failures(pack, PUBLIC, stack_with(*objects, data_class=data_class)) == {"it"}


@each_type
def test_object_with_an_unknown_acl_is_unverified(pack: PackProcess, token):
    assert unverified_objects(pack, PUBLIC, stack_with(object_of(token, acl=UNKNOWN))) == {"it"}


@pytest.mark.parametrize("group", ["AllUsers", "AuthenticatedUsers"])
def test_grant_of_an_object_to_a_public_group_fails(pack: PackProcess, group):
    grant = {"type": "Group", "permissions": ["READ"], "uri": f"{GROUPS}/global/{group}"}
    assert failures(pack, PUBLIC, stack_with(copy_of(grants=[grant]))) == {"it"}
    assert failures(pack, EXTERNAL, stack_with(copy_of(grants=[grant]))) == set()


GRANTEES = {"id": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be", "email": "vendor@example.com"}


@pytest.mark.parametrize("name", GRANTEES)
def test_grant_of_an_object_to_an_external_account_fails_unless_the_config_lists_it(pack: PackProcess, name):
    stack = stack_with(copy_of(grants=[{"permissions": ["READ"], name: GRANTEES[name]}]))
    (finding,) = findings_for(pack, EXTERNAL, stack)
    assert finding.resource == "it"
    assert GRANTEES[name] not in finding.message
    pack.configure(s3_no_external_access={"ids": [GRANTEES[name]]})
    trusted = failed_resources(pack, EXTERNAL, stack)
    pack.configure()
    assert trusted == set()


@pytest.mark.parametrize("grants", [UNKNOWN, [UNKNOWN], [{"permissions": ["READ"], "id": UNKNOWN}]])
def test_unknown_grants_of_an_object_are_unverified(pack: PackProcess, grants):
    assert unverified_objects(pack, EXTERNAL, stack_with(copy_of(grants=grants))) == {"it"}


WEAK_ENCRYPTION = [
    {"serverSideEncryption": "AES256"},
    {"serverSideEncryption": "AES256", "kmsKeyId": KEY_ARN},
    {"serverSideEncryption": "aws:kms"},
    {"serverSideEncryption": "aws:kms", "kmsKeyId": "alias/aws/s3"},
    {"kmsKeyId": FOREIGN_KEY},
]


@each_type
@pytest.mark.parametrize("encryption", WEAK_ENCRYPTION)
def test_object_without_a_customer_managed_key_of_its_account_fails(pack: PackProcess, token, encryption):
    stack = stack_with(object_of(token, **encryption), object_of(token, "other", kmsKeyId=KEY_ARN))
    assert failures(pack, KEY, stack) == {"it"}
    if encryption.get("kmsKeyId") != "alias/aws/s3":
        assert failures(pack, ENFORCE, stack) == {"it"}


@pytest.mark.parametrize("encryption", WEAK_ENCRYPTION)
def test_object_of_a_bucket_without_phi_may_have_any_encryption(pack: PackProcess, encryption):
    assert failures(pack, KEY, stack_with(object_of(**encryption), data_class="Internal")) == set()


@pytest.mark.parametrize("control", [KEY, ENFORCE])
@pytest.mark.parametrize("encryption", [{"kmsKeyId": UNKNOWN}, {"serverSideEncryption": UNKNOWN}])
def test_unknown_encryption_of_an_object_is_unverified(pack: PackProcess, control, encryption):
    assert unverified_objects(pack, control, stack_with(object_of(**encryption))) == {"it"}


def test_object_has_to_request_the_key_of_its_bucket(pack: PackProcess):
    same, other = object_of(kmsKeyId=KEY_ARN), object_of(name="other", kmsKeyId=OTHER_KEY)
    assert failures(pack, ENFORCE, stack_with(same, other)) == {"other"}
    assert failures(pack, KEY, stack_with(same, other)) == set()


def test_object_has_to_request_every_key_that_the_program_declares_for_its_bucket(pack: PackProcess):
    """Any of the declarations may be the one that takes effect."""
    second = replace(default_encryption(OTHER_KEY), name="second")
    assert failures(pack, ENFORCE, [*stack_with(object_of(kmsKeyId=KEY_ARN)), second]) == {"it"}


def test_object_may_request_the_key_of_its_bucket_before_the_key_exists(pack: PackProcess):
    keys = [Resource("aws:kms/key:Key", name, {}) for name in ("key", "another")]
    encryption = replace(default_encryption(UNKNOWN), comes_from={"rules": ["key"]})
    objects = [
        replace(object_of(name=name, kmsKeyId=UNKNOWN), comes_from={"kmsKeyId": [key]})
        for name, key in (("it", "key"), ("other", "another"))
    ]
    assert failures(pack, ENFORCE, [ACCOUNT_KEY, data_bucket(), *keys, encryption, *objects]) == {"other"}


@pytest.mark.parametrize("name", ["alias/phi", f"arn:aws:kms:us-east-1:{ACCOUNT}:alias/phi"])
def test_alias_of_a_key_outside_the_stack_is_unverified(pack: PackProcess, name):
    assert unverified_objects(pack, ENFORCE, stack_with(object_of(kmsKeyId=name))) == {"it"}


@pytest.mark.parametrize("name", ["customerAlgorithm", "customerKey", "customerKeyMd5"])
def test_object_with_a_customer_provided_key_fails(pack: PackProcess, name):
    secret = "c2VjcmV0LWtleS1tYXRlcmlhbA=="
    stack = stack_with(copy_of(**{name: secret}))
    assert failures(pack, SSE_C, stack) == {"it"}
    assert not any(secret in finding.message for finding in pack.evaluate_stack(stack))
    assert "it" in unverified_objects(pack, SSE_C, stack_with(copy_of(**{name: UNKNOWN})))


FAR, NEAR = "2999-01-01T00:00:00Z", "2021-01-01T00:00:00Z"


def in_preview(pack: PackProcess, retention: dict[str, Any]) -> list[str]:
    """Return the messages about an object with a retention."""
    stack = stack_with(object_of(**retention))
    return [finding.message for finding in findings_for(pack, LOCK, stack) if finding.resource == "it"]


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_long_retention_of_an_object_passes(pack: PackProcess, mode):
    assert in_preview(pack, {"objectLockMode": mode, "objectLockRetainUntilDate": FAR}) == []


def test_weaker_mode_of_an_object_fails(pack: PackProcess):
    pack.configure(s3_object_lock={"mode": "COMPLIANCE"})
    messages = in_preview(pack, {"objectLockMode": "GOVERNANCE", "objectLockRetainUntilDate": FAR})
    pack.configure()
    (message,) = messages
    assert "own mode is GOVERNANCE" in message


@pytest.mark.parametrize(
    "retention", [{"objectLockRetainUntilDate": FAR}, {"objectLockMode": "GOVERNANCE"}, {"objectLockMode": "NONE"}]
)
def test_incomplete_retention_of_an_object_fails(pack: PackProcess, retention):
    (message,) = in_preview(pack, retention)
    assert "\nUnverified: " not in message


@pytest.mark.parametrize(("mode", "until"), [("GOVERNANCE", NEAR), ("GOVERNANCE", UNKNOWN), (UNKNOWN, FAR)])
def test_retention_of_an_object_that_may_be_short_is_unverified(pack: PackProcess, mode, until):
    (message,) = in_preview(pack, {"objectLockMode": mode, "objectLockRetainUntilDate": until})
    assert "\nUnverified: " in message


def test_retention_in_a_saved_state_may_be_the_buckets_default(pack: PackProcess):
    """The provider writes into the state what S3 returns, so the date is there although no program declares it."""
    stored = object_of(name="stored", objectLockMode="GOVERNANCE", objectLockRetainUntilDate=NEAR)
    findings = pack.check_stack([*stack_with(), stored], {})
    assert not [finding for finding in findings if (finding.policy, finding.resource) == (LOCK, "stored")]


@each_type
def test_object_with_force_destroy_fails(pack: PackProcess, token):
    stack = stack_with(object_of(token, forceDestroy=True), object_of(token, "other", forceDestroy=False))
    assert failures(pack, FORCE_DESTROY, stack) == {"it"}
    assert unverified_objects(pack, FORCE_DESTROY, stack_with(object_of(token, forceDestroy=UNKNOWN))) == {"it"}


def test_object_of_a_bucket_of_pulumi_aws_6_is_found_by_what_its_bucket_comes_from(pack: PackProcess):
    unnamed = replace(object_of(bucket=UNKNOWN, serverSideEncryption="AES256"), comes_from={"bucket": ["bucket"]})
    for data_class, expected in (("PHI", {"it"}), ("Internal", set())):
        stack = [ACCOUNT_KEY, data_bucket(token=V6, data_class=data_class), default_encryption(), unnamed]
        assert failures(pack, KEY, stack) == expected


def test_object_of_a_bucket_outside_the_stack_counts_as_phi(pack: PackProcess):
    stack = [ACCOUNT_KEY, object_of(bucket="elsewhere", serverSideEncryption="AES256", acl="public-read")]
    assert failures(pack, KEY, stack) == {"it"}
    assert failures(pack, PUBLIC, stack) == {"it"}


def test_copy_into_a_bucket_of_another_account_fails(pack: PackProcess):
    stack = stack_with(copy_of(bucket="elsewhere", expectedBucketOwner=FOREIGN))
    (finding,) = findings_for(pack, DESTINATION, stack)
    assert finding.resource == "it"
    assert f"an object is copied to account {FOREIGN}, which isn't trusted" in finding.message


def test_copy_into_a_bucket_of_the_own_account_or_of_the_stack_passes(pack: PackProcess):
    own = copy_of(bucket="elsewhere", expectedBucketOwner=ACCOUNT)
    within = copy_of(name="other", bucket="copies")
    assert failures(pack, DESTINATION, [*stack_with(own, within), bucket("copies")]) == set()


@pytest.mark.parametrize("target", [{"bucket": "elsewhere"}, {"bucket": UNKNOWN}])
def test_copy_into_a_bucket_whose_owner_is_not_known_is_unverified(pack: PackProcess, target):
    assert unverified_resources(pack, DESTINATION, stack_with(copy_of(**target))) == {"it"}


@pytest.mark.parametrize("token", TOKENS[:2])
@pytest.mark.parametrize("target", ["elsewhere", UNKNOWN])
def test_upload_into_a_bucket_whose_owner_is_not_known_is_unverified_unless_it_is_trusted(
    pack: PackProcess, token, target
):
    stack = stack_with(object_of(token, bucket=target), object_of(token, "other"))
    assert unverified_resources(pack, DESTINATION, stack) == {"it"}
    pack.configure(s3_no_external_destinations={"buckets": ["elsewhere"]})
    trusted = failures(pack, DESTINATION, stack)
    pack.configure()
    assert trusted == ({"it"} if target == UNKNOWN else set())


@pytest.mark.parametrize("source", ["data/key", "/data/key", UNKNOWN])
def test_copy_is_checked_by_the_data_class_of_the_bucket_that_it_reads(pack: PackProcess, source):
    for data_class, expected in (("PHI", {"it"}), ("Internal", set())):
        copy = copy_of(bucket="elsewhere", source=source, expectedBucketOwner=FOREIGN)
        copy = replace(copy, comes_from={"source": ["bucket"]} if source == UNKNOWN else {})
        assert failed_resources(pack, DESTINATION, stack_with(copy, data_class=data_class)) == expected


def test_copy_from_an_unknown_bucket_counts_as_phi(pack: PackProcess):
    for source in ("elsewhere/key", UNKNOWN, f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/it/object/key"):
        copy = copy_of(bucket="partner", source=source, expectedBucketOwner=FOREIGN)
        assert failed_resources(pack, DESTINATION, stack_with(copy, data_class="Internal")) == {"it"}


def test_no_message_has_the_contents_of_an_object(pack: PackProcess):
    contents = dict.fromkeys(("content", "contentBase64", "source", "metadata"), "Jane Doe 1970-01-01")
    weak = object_of(acl="public-read", kmsKeyId=FOREIGN_KEY, forceDestroy=True, key="Jane Doe", **contents)
    findings = [finding for finding in pack.evaluate_stack(stack_with(weak)) if finding.resource == "it"]
    assert {PUBLIC, KEY, FORCE_DESTROY} <= {finding.policy for finding in findings}
    assert not any("Jane" in finding.message for finding in findings)


def test_object_is_judged_before_it_exists(pack: PackProcess):
    pack.check_resource(data_bucket())
    weak = object_of(acl="public-read", serverSideEncryption="AES256", objectLockMode="NONE", forceDestroy=True)
    findings = {finding.policy for finding in pack.check_resource(weak) if finding.mandatory}
    assert {PUBLIC, KEY, ENFORCE, LOCK, FORCE_DESTROY} <= findings


def test_object_is_accounted_for_with_its_bucket_and_not_as_a_data_store_of_its_own(pack: PackProcess):
    internal = stack_with(object_of(name="an-upload"), copy_of(name="a-copy"), data_class="Internal")
    notices = [finding.message for finding in pack.evaluate_stack(internal) if finding.policy == "pack-notice"]
    assert any("bucket" in message for message in notices)
    assert not any("an-upload" in message or "a-copy" in message for message in notices)


@pytest.mark.parametrize(
    ("source_class", "target_class", "is_judged"),
    [("PHI", "Public", True), ("PHI", "Inventory", True), ("Public", "Public", False)],
)
def test_copy_of_phi_makes_a_bucket_without_phi_one_of_replicas(
    pack: PackProcess, source_class, target_class, is_judged
):
    stack = [data_bucket(data_class=source_class), bucket("assets", target_class)]
    assert "assets" not in {finding.resource for finding in findings_for(pack, ENFORCE, stack)}
    findings = findings_for(pack, ENFORCE, [*stack, copy_of(bucket="assets")])
    assert ("assets" in {finding.resource for finding in findings}) is is_judged
