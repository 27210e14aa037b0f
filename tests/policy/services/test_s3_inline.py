"""S3 settings declared on the bucket itself: objects in pulumi-aws 7, lists of one in BucketV2 of pulumi-aws 6."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN, tls_only_policy
from tests.policy.services.s3_stacks import V6, V7, both_versions, companion

WEST_KEY_ARN = KEY_ARN.replace("us-east-1", "us-west-2")


def bucket(name: str = "data", token: str = V7, **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": name, "tags": {"DataClass": "PHI"}} | inputs, account=ACCOUNT)


REPLICA_BUCKET = replace(bucket("copy", tags={"DataClass": "Replica"}), region="us-west-2")
Inputs = dict[str, Any]


@dataclass(frozen=True)
class InlineProperty:
    """A property of a bucket, and values of it that a control passes, fails or can't verify.

    Attributes:
        v7: The inputs of a bucket of pulumi-aws 7 with a value.
        v6: The inputs of a bucket of pulumi-aws 6 with a value.
        companion: The type and the inputs of a companion that declares the same.
        passes_if_absent: Whether a bucket without the property passes.
        reports_bucket: Whether the findings are about the bucket, whichever resource declares the value.
    """

    control: str
    v7: Callable[[Any], Inputs]
    v6: Callable[[Any], Inputs]
    compliant: list[Any]
    noncompliant: list[Any]
    unknown: list[Any]
    companion: Callable[[Any], tuple[str, Inputs]]
    passes_if_absent: bool = False
    reports_bucket: bool = False

    def bucket(self, value: Any, token: str = V7, name: str = "data") -> Resource:
        return bucket(name, token, **(self.v7 if token == V7 else self.v6)(value))

    @property
    def other_resources(self) -> list[Resource]:
        return [REPLICA_BUCKET] if self.control == "s3-replication-or-backup" else []

    def as_companion(self, value: Any) -> Resource:
        type_name, inputs = self.companion(value)
        return companion(type_name, **inputs)


def pluralize(value: Any, *names: str) -> Any:
    """Return the value with these properties renamed to their plural and put in a list of one."""
    if not isinstance(value, dict):
        return value
    return {
        name + "s" if name in names and name != "sseKmsEncryptedObjects" else name: [pluralize(item, *names)]
        if name in names
        else pluralize(item, *names)
        for name, item in value.items()
    }


def encryption_rule(algorithm: Any = "aws:kms", key: Any = KEY_ARN, **properties: Any) -> Inputs:
    return {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}} | properties


def encryption_property(
    control: str, compliant: list[Any], noncompliant: list[Any], unknown: list[Any], *, passes_if_absent: bool = False
) -> InlineProperty:
    return InlineProperty(
        control,
        lambda rule: {"serverSideEncryptionConfiguration": {"rule": rule}},
        lambda rule: {
            "serverSideEncryptionConfigurations": [{"rules": [pluralize(rule, "applyServerSideEncryptionByDefault")]}]
        },
        compliant,
        noncompliant,
        unknown,
        lambda rule: ("BucketServerSideEncryptionConfiguration", {"rules": [rule]}),
        passes_if_absent=passes_if_absent,
    )


def lifecycle_property(
    control: str, compliant: list[Any], noncompliant: list[Any], unknown: list[Any], *, passes_if_absent: bool
) -> InlineProperty:
    def as_companion(rule: Any) -> tuple[str, Inputs]:
        properties = {
            "status": "Enabled" if rule["enabled"] else "Disabled",
            "filter": {"prefix": rule.get("prefix", "")},
        }
        if "noncurrentVersionExpiration" in rule:
            properties["noncurrentVersionExpiration"] = {"noncurrentDays": rule["noncurrentVersionExpiration"]["days"]}
        if "abortIncompleteMultipartUploadDays" in rule:
            after = rule["abortIncompleteMultipartUploadDays"]
            properties["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": after}
        return "BucketLifecycleConfiguration", {"rules": [properties]}

    return InlineProperty(
        control,
        lambda rule: {"lifecycleRules": [rule]},
        lambda rule: {"lifecycleRules": [pluralize(rule, "expiration", "noncurrentVersionExpiration")]},
        compliant,
        noncompliant,
        unknown,
        as_companion,
        passes_if_absent,
    )


def lifecycle_rule(**properties: Any) -> Inputs:
    return {"enabled": True} | properties


def noncurrent_expiration(days: Any, **properties: Any) -> Inputs:
    return lifecycle_rule(noncurrentVersionExpiration={"days": days}, **properties)


def abort_rule(days: Any, **properties: Any) -> Inputs:
    return lifecycle_rule(abortIncompleteMultipartUploadDays=days, **properties)


def replication_rule(
    key: Any = WEST_KEY_ARN, to: Any = "arn:aws:s3:::copy", kms: Any = True, **properties: Any
) -> Inputs:
    return {
        "status": "Enabled",
        "destination": {"bucket": to, "replicaKmsKeyId": key},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"enabled": kms}},
    } | properties


def replication_companion(rule: Any) -> tuple[str, Inputs]:
    destination = rule["destination"]
    properties = {
        "status": rule["status"],
        "destination": {
            "bucket": destination["bucket"],
            "encryptionConfiguration": {"replicaKmsKeyId": destination["replicaKmsKeyId"]},
        },
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
    }
    return "BucketReplicationConfig", {"rules": [properties]}


def bucket_grant(uri: Any) -> Inputs:
    return {"grants": [{"type": "Group", "uri": uri, "permissions": ["READ"]}]}


def companion_grant(uri: Any) -> Inputs:
    return {"accessControlPolicy": {"grants": [{"grantee": {"type": "Group", "uri": uri}, "permission": "READ"}]}}


GROUPS = "http://acs.amazonaws.com/groups"
PROPERTIES = {
    "encryption": encryption_property(
        "s3-encryption-at-rest",
        [encryption_rule(), encryption_rule("AES256", None)],
        [encryption_rule("other", None), encryption_rule("other")],
        [UNKNOWN, encryption_rule(UNKNOWN), {"applyServerSideEncryptionByDefault": UNKNOWN}],
        passes_if_absent=True,
    ),
    "key": encryption_property(
        "s3-customer-managed-key",
        [encryption_rule(), encryption_rule("aws:kms:dsse")],
        [encryption_rule("AES256", None), encryption_rule(key=None), encryption_rule(key="alias/aws/s3")],
        [
            UNKNOWN,
            encryption_rule(UNKNOWN),
            encryption_rule(key=UNKNOWN),
            {"applyServerSideEncryptionByDefault": UNKNOWN},
        ],
    ),
    "bucket key": encryption_property(
        "s3-bucket-key",
        [encryption_rule(bucketKeyEnabled=True), encryption_rule(bucketKeyEnabled="true")],
        [encryption_rule(), encryption_rule(bucketKeyEnabled=False)],
        [encryption_rule(bucketKeyEnabled=UNKNOWN)],
        passes_if_absent=True,
    ),
    "versioning": InlineProperty(
        "s3-versioning",
        lambda enabled: {"versioning": {"enabled": enabled}},
        lambda enabled: {"versionings": [{"enabled": enabled}]},
        [True, "true"],
        [False, None, "Enabled"],
        [UNKNOWN],
        lambda enabled: ("BucketVersioning", {"versioningConfiguration": {"status": "Enabled" if enabled else "Off"}}),
    ),
    "logging": InlineProperty(
        "s3-access-logging",
        lambda target: {"logging": {"targetBucket": target}},
        lambda target: {"loggings": [{"targetBucket": target}]},
        ["logs", "copy"],
        ["data", "", None],
        [UNKNOWN],
        lambda target: ("BucketLogging", {"targetBucket": target}),
    ),
    "object lock": InlineProperty(
        "s3-object-lock",
        lambda retention: {"objectLockConfiguration": {"rule": {"defaultRetention": retention}}},
        lambda retention: {"objectLockConfiguration": {"rules": [{"defaultRetentions": [retention]}]}},
        [{"mode": "GOVERNANCE", "days": 2192}, {"mode": "COMPLIANCE", "years": 7}],
        [{"mode": "GOVERNANCE", "days": 2191}, {"mode": "COMPLIANCE"}, {"days": 2192}, None],
        [UNKNOWN, {"mode": UNKNOWN, "days": 2192}, {"mode": "GOVERNANCE", "days": UNKNOWN}],
        lambda retention: ("BucketObjectLockConfiguration", {"rule": {"defaultRetention": retention}}),
    ),
    "retention": lifecycle_property(
        "s3-retention",
        [
            noncurrent_expiration(2192),
            lifecycle_rule(),
            noncurrent_expiration(1, enabled=False),
            lifecycle_rule(expiration={"expiredObjectDeleteMarker": True}),
        ],
        [
            noncurrent_expiration(2191),
            noncurrent_expiration(1, prefix="scratch/"),
            lifecycle_rule(expiration={"days": 5000}),
            lifecycle_rule(expiration={"date": "2099"}),
        ],
        [
            UNKNOWN,
            noncurrent_expiration(UNKNOWN),
            noncurrent_expiration(1, enabled=UNKNOWN),
            lifecycle_rule(expiration={"days": UNKNOWN}),
            lifecycle_rule(expiration=UNKNOWN),
        ],
        passes_if_absent=True,
    ),
    "abort": lifecycle_property(
        "s3-abort-multipart",
        [abort_rule(7), abort_rule(1, prefix="")],
        [
            abort_rule(8),
            abort_rule(0),
            abort_rule(7, enabled=False),
            abort_rule(7, prefix="a"),
            abort_rule(7, tags={"a": "b"}),
        ],
        [
            UNKNOWN,
            abort_rule(UNKNOWN),
            abort_rule(7, enabled=UNKNOWN),
            abort_rule(7, prefix=UNKNOWN),
            abort_rule(7, tags=UNKNOWN),
        ],
        passes_if_absent=False,
    ),
    "replication": InlineProperty(
        "s3-replication-or-backup",
        lambda rule: {"replicationConfiguration": {"role": "role", "rules": [rule]}},
        lambda rule: {
            "replicationConfigurations": [
                {
                    "role": "role",
                    "rules": [
                        pluralize(rule, "destination", "filter", "sourceSelectionCriteria", "sseKmsEncryptedObjects")
                    ],
                }
            ]
        },
        [
            replication_rule(),
            replication_rule(filter={"prefix": ""}),
            replication_rule(deleteMarkerReplicationStatus="Enabled"),
        ],
        [
            replication_rule(status="Disabled"),
            replication_rule("alias/aws/s3"),
            replication_rule(None),
            replication_rule(kms=False),
            replication_rule(kms=None),
            replication_rule(sourceSelectionCriteria=None),
            replication_rule(to="arn:aws:s3:::data"),
            replication_rule(KEY_ARN),
            replication_rule(to=None),
            replication_rule(prefix="phi/"),
            replication_rule(filter={"prefix": "phi/"}),
            replication_rule(filter={"tags": {"class": "phi"}}),
        ],
        [
            UNKNOWN,
            replication_rule(UNKNOWN),
            replication_rule(to=UNKNOWN),
            replication_rule(kms=UNKNOWN),
            replication_rule(status=UNKNOWN),
            replication_rule(destination=UNKNOWN),
            replication_rule(filter=UNKNOWN),
            replication_rule(filter={"prefix": UNKNOWN}),
            replication_rule(filter={"tags": UNKNOWN}),
        ],
        replication_companion,
        reports_bucket=True,
    ),
    "website": InlineProperty(
        "s3-no-website",
        lambda website: {"website": website},
        lambda website: {"websites": [website] if website else []},
        [None],
        [{"indexDocument": "index.html"}, {"redirectAllRequestsTo": "example.com"}],
        [UNKNOWN],
        lambda website: ("BucketWebsiteConfiguration", website or {}),
        passes_if_absent=True,
    ),
    "cors": InlineProperty(
        "s3-cors",
        lambda origins: {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": origins}]},
        lambda origins: {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": origins}]},
        [["https://app.example.com"], []],
        [["*"], ["https://app.example.com", "*"], ["https://*"]],
        [UNKNOWN, [UNKNOWN], ["https://app.example.com", UNKNOWN]],
        lambda origins: ("BucketCorsConfiguration", {"corsRules": [{"allowedOrigins": origins}]}),
        passes_if_absent=True,
    ),
    "acl": InlineProperty(
        "s3-no-public-grant",
        lambda acl: {"acl": acl},
        lambda acl: {"acl": acl},
        ["private", "log-delivery-write"],
        ["public-read", "public-read-write", "authenticated-read"],
        [UNKNOWN],
        lambda acl: ("BucketAcl", {"acl": acl}),
        passes_if_absent=True,
    ),
    "grants": InlineProperty(
        "s3-no-public-grant",
        bucket_grant,
        bucket_grant,
        [None, f"{GROUPS}/s3/LogDelivery"],
        [f"{GROUPS}/global/AllUsers", f"{GROUPS}/global/AuthenticatedUsers"],
        [UNKNOWN],
        lambda uri: ("BucketAcl", companion_grant(uri)),
        passes_if_absent=True,
    ),
    "policy": InlineProperty(
        "s3-tls-only",
        lambda policy: {"policy": policy},
        lambda policy: {"policy": policy},
        [json.dumps(tls_only_policy("data")), json.dumps(tls_only_policy("data", Resource="*"))],
        [json.dumps(tls_only_policy("data", Action="s3:GetObject")), json.dumps(tls_only_policy("other")), "", "{"],
        [UNKNOWN],
        lambda policy: ("BucketPolicy", {"policy": policy}),
    ),
}


def cases(values: str) -> Any:
    """Parametrize a test by each property, each of its values in this list, and each version."""
    rows = [
        pytest.param(prop, value, token, id=f"{name}-{index}-v{version}")
        for name, prop in PROPERTIES.items()
        for index, value in enumerate(getattr(prop, values))
        for version, token in ((7, V7), (6, V6))
    ]
    return pytest.mark.parametrize(("prop", "value", "token"), rows)


every_property = pytest.mark.parametrize("prop", PROPERTIES.values(), ids=list(PROPERTIES))


@cases("compliant")
def test_compliant_value_passes(pack: PackProcess, prop, value, token):
    assert failed_resources(pack, prop.control, [prop.bucket(value, token), *prop.other_resources]) == set()


@cases("noncompliant")
def test_noncompliant_value_fails(pack: PackProcess, prop, value, token):
    assert failed_resources(pack, prop.control, [prop.bucket(value, token), *prop.other_resources]) == {"data"}


@cases("unknown")
def test_unknown_value_is_unverified(pack: PackProcess, prop, value, token):
    assert unverified_resources(pack, prop.control, [prop.bucket(value, token), *prop.other_resources]) == {"data"}


@both_versions
@every_property
def test_unknown_property_is_unverified(pack: PackProcess, prop, token):
    name, value = next(iter((prop.v7 if token == V7 else prop.v6)(prop.noncompliant[0]).items()))
    for unknown in [UNKNOWN, [UNKNOWN]] if isinstance(value, list) else [UNKNOWN]:
        assert unverified_resources(
            pack, prop.control, [bucket(token=token, **{name: unknown}), *prop.other_resources]
        ) == {"data"}


@both_versions
@every_property
def test_empty_property_counts_as_absent(pack: PackProcess, prop, token):
    (name,) = (prop.v7 if token == V7 else prop.v6)(prop.noncompliant[0])
    for empty in (None, [], {}):
        expected = set() if prop.passes_if_absent else {"data"}
        assert (
            failed_resources(pack, prop.control, [bucket(token=token, **{name: empty}), *prop.other_resources])
            == expected
        )


@both_versions
@every_property
def test_companion_and_property_both_fail_even_if_they_comply(pack: PackProcess, prop, token):
    """A program that declares a setting twice is at fault: AWS keeps whichever it receives last."""
    good, bad = prop.compliant[0], prop.noncompliant[0]
    for inline, other in itertools.product((good, bad), repeat=2):
        stack = [prop.bucket(inline, token), *prop.other_resources, prop.as_companion(other)]
        if prop.control == "s3-no-website":  # the compliant bucket declares none
            assert failed_resources(pack, prop.control, stack) == ({"it"} if inline == good else {"data", "it"})
        elif not prop.reports_bucket:
            assert failed_resources(pack, prop.control, stack) == {"data", "it"}
        elif bad in (inline, other):
            assert failed_resources(pack, prop.control, stack) == {"data"}


@both_versions
@every_property
def test_only_the_noncompliant_bucket_of_two_fails(pack: PackProcess, prop, token):
    compliant_bucket = prop.bucket(prop.compliant[0], token, "right")
    if prop.control == "s3-tls-only":
        compliant_bucket = prop.bucket(json.dumps(tls_only_policy("right")), token, "right")
    assert failed_resources(
        pack, prop.control, [compliant_bucket, prop.bucket(prop.noncompliant[0], token), *prop.other_resources]
    ) == {"data"}


@both_versions
@every_property
def test_noncompliant_value_is_reported_before_the_bucket_exists(pack: PackProcess, prop, token):
    policies = {finding.policy for finding in pack.check_resource(prop.bucket(prop.noncompliant[0], token))}
    # Replication or backup involves several resources, so it is checked only in the whole stack.
    assert (prop.control in policies) is not prop.reports_bucket


@both_versions
def test_logging_may_refer_to_its_target(pack: PackProcess, token):
    prop = PROPERTIES["logging"]
    name = "logging" if token == V7 else "loggings"
    for source, expected in (("logs", set()), ("data", {"data"})):
        referring_bucket = replace(prop.bucket(UNKNOWN, token), comes_from={name: [source]})
        assert (
            failed_resources(pack, prop.control, [bucket("logs", tags={"DataClass": "S3AccessLog"}), referring_bucket])
            == expected
        )


@both_versions
def test_replication_may_refer_to_its_destination_and_key(pack: PackProcess, token):
    """The value of the same property also comes from the replication role."""
    prop = PROPERTIES["replication"]
    key = Resource("aws:kms/key:Key", "key", {}, region="us-west-2")
    role = Resource("aws:iam/role:Role", "role", {})
    referring_bucket = prop.bucket(replication_rule(UNKNOWN, UNKNOWN), token)
    name = "replicationConfiguration" if token == V7 else "replicationConfigurations"
    stack = [REPLICA_BUCKET, key, role, replace(referring_bucket, comes_from={name: ["copy", "key", "role"]})]
    assert failed_resources(pack, prop.control, stack) == set()


@both_versions
def test_compliance_mode_on_the_bucket_replaces_the_deny_of_version_deletion(pack: PackProcess, token):
    """Without a policy the bucket fails. With one that denies all but version deletion, the lock's mode decides."""
    lock_property = PROPERTIES["object lock"]
    assert failed_resources(
        pack, "s3-tamper-protection", [lock_property.bucket(lock_property.compliant[1], token)]
    ) == {"data"}
    deny = json.dumps(tls_only_policy("data", NotAction="s3:DeleteObjectVersion", Condition={}) | {})
    for mode, expected in (("COMPLIANCE", set()), ("GOVERNANCE", {"data"})):
        locked_bucket = lock_property.bucket({"mode": mode, "days": 2192}, token)
        inputs = {**locked_bucket.inputs, "policy": deny.replace('"Action": "s3:*", ', "")}
        assert failed_resources(pack, "s3-tamper-protection", [replace(locked_bucket, inputs=inputs)]) == expected


@both_versions
def test_sse_c_as_blocked_encryption_type_passes(pack: PackProcess, token):
    prop = PROPERTIES["key"]
    for blocked_types, expected in ((["SSE-C"], set()), (["NONE"], {"data"}), ([], {"data"})):
        encrypted_bucket = prop.bucket(encryption_rule(blockedEncryptionTypes=blocked_types), token)
        assert failed_resources(pack, "s3-deny-sse-c", [encrypted_bucket]) == expected
