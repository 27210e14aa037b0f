"""S3: settings that a bucket declares itself: pulumi-aws 7 has each as an object, 6's BucketV2 as a list of one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import KEY_ARN, tls_only_policy

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
ADVISORY = ("s3-abort-multipart", "s3-bucket-key")
WEST_KEY = KEY_ARN.replace("us-east-1", "us-west-2")


def bucket(name: str = "data", token: str = V7, **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": name, "tags": {"DataClass": "PHI"}} | inputs)


COPY = replace(bucket("copy", tags={"DataClass": "Replica"}), region="us-west-2")
Inputs = dict[str, Any]


@dataclass(frozen=True)
class Property:
    """A property: how each version writes a value of it, and what a control makes of the values.

    companion: what sets the same from outside; absent: whether a bucket without it is right; any_good: whether a good
    one makes up for a bad one.
    """

    control: str
    v7: Callable[[Any], Inputs]
    v6: Callable[[Any], Inputs]
    right: list[Any]
    wrong: list[Any]
    unknown: list[Any]
    companion: Callable[[Any], tuple[str, Inputs]]
    absent: bool = False
    any_good: bool = False

    def bucket(self, value: Any, token: str = V7, name: str = "data") -> Resource:
        return bucket(name, token, **(self.v7 if token == V7 else self.v6)(value))

    @property
    def others(self) -> list[Resource]:
        return [COPY] if self.control == "s3-replication-or-backup" else []

    def apart(self, value: Any) -> Resource:
        kind, inputs = self.companion(value)
        return Resource(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", "it", {"bucket": "data"} | inputs)


def lists(value: Any, *names: str) -> Any:
    """The same with these properties in the plural, each a list of one."""
    if not isinstance(value, dict):
        return value
    return {
        name + "s" if name in names and name != "sseKmsEncryptedObjects" else name: [lists(each, *names)]
        if name in names
        else lists(each, *names)
        for name, each in value.items()
    }


def default(algorithm: Any = "aws:kms", key: Any = KEY_ARN, **rule: Any) -> Inputs:
    return {"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}} | rule


def encryption(control: str, right: list[Any], wrong: list[Any], unknown: list[Any]) -> Property:
    return Property(
        control,
        lambda rule: {"serverSideEncryptionConfiguration": {"rule": rule}},
        lambda rule: {
            "serverSideEncryptionConfigurations": [{"rules": [lists(rule, "applyServerSideEncryptionByDefault")]}]
        },
        right,
        wrong,
        unknown,
        lambda rule: ("BucketServerSideEncryptionConfiguration", {"rules": [rule]}),
    )


def lifecycle(control: str, right: list[Any], wrong: list[Any], unknown: list[Any], *, absent: bool) -> Property:
    def apart(rule: Any) -> tuple[str, Inputs]:
        given = {"status": "Enabled" if rule["enabled"] else "Disabled", "filter": {"prefix": rule.get("prefix", "")}}
        if "noncurrentVersionExpiration" in rule:
            given["noncurrentVersionExpiration"] = {"noncurrentDays": rule["noncurrentVersionExpiration"]["days"]}
        if "abortIncompleteMultipartUploadDays" in rule:
            after = rule["abortIncompleteMultipartUploadDays"]
            given["abortIncompleteMultipartUpload"] = {"daysAfterInitiation": after}
        return "BucketLifecycleConfiguration", {"rules": [given]}

    return Property(
        control,
        lambda rule: {"lifecycleRules": [rule]},
        lambda rule: {"lifecycleRules": [lists(rule, "expiration", "noncurrentVersionExpiration")]},
        right,
        wrong,
        unknown,
        apart,
        absent,
    )


def rule(**given: Any) -> Inputs:
    return {"enabled": True} | given


def kept(days: Any, **given: Any) -> Inputs:
    return rule(noncurrentVersionExpiration={"days": days}, **given)


def aborting(days: Any, **given: Any) -> Inputs:
    return rule(abortIncompleteMultipartUploadDays=days, **given)


def copying(key: Any = WEST_KEY, to: Any = "arn:aws:s3:::copy", kms: Any = True, **given: Any) -> Inputs:
    return {
        "status": "Enabled",
        "destination": {"bucket": to, "replicaKmsKeyId": key},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"enabled": kms}},
    } | given


def copied_apart(rule: Any) -> tuple[str, Inputs]:
    to = rule["destination"]
    given = {
        "status": rule["status"],
        "destination": {
            "bucket": to["bucket"],
            "encryptionConfiguration": {"replicaKmsKeyId": to["replicaKmsKeyId"]},
        },
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": "Enabled"}},
    }
    return "BucketReplicationConfig", {"rules": [given]}


def group(uri: Any) -> Inputs:
    return {"grants": [{"type": "Group", "uri": uri, "permissions": ["READ"]}]}


def grant(uri: Any) -> Inputs:
    return {"accessControlPolicy": {"grants": [{"grantee": {"type": "Group", "uri": uri}, "permission": "READ"}]}}


GROUPS = "http://acs.amazonaws.com/groups"
TABLE = {
    "encryption": encryption(
        "s3-encryption-at-rest",
        [default(), default("AES256", None)],
        [default(None, None), {"bucketKeyEnabled": True}],
        [UNKNOWN, default(UNKNOWN), {"applyServerSideEncryptionByDefault": UNKNOWN}],
    ),
    "key": encryption(
        "s3-customer-managed-key",
        [default(), default("aws:kms:dsse")],
        [default("AES256", None), default(key=None), default(key="alias/aws/s3")],
        [UNKNOWN, default(UNKNOWN), default(key=UNKNOWN), {"applyServerSideEncryptionByDefault": UNKNOWN}],
    ),
    "bucket key": encryption(
        "s3-bucket-key",
        [default(bucketKeyEnabled=True), default(bucketKeyEnabled="true")],
        [default(), default(bucketKeyEnabled=False)],
        [default(bucketKeyEnabled=UNKNOWN)],
    ),
    "versioning": Property(
        "s3-versioning",
        lambda enabled: {"versioning": {"enabled": enabled}},
        lambda enabled: {"versionings": [{"enabled": enabled}]},
        [True, "true"],
        [False, None, "Enabled"],
        [UNKNOWN],
        lambda enabled: ("BucketVersioning", {"versioningConfiguration": {"status": "Enabled" if enabled else "Off"}}),
    ),
    "logging": Property(
        "s3-access-logging",
        lambda target: {"logging": {"targetBucket": target}},
        lambda target: {"loggings": [{"targetBucket": target}]},
        ["logs", "copy"],
        ["data", "", None],
        [UNKNOWN],
        lambda target: ("BucketLogging", {"targetBucket": target}),
    ),
    "object lock": Property(
        "s3-object-lock",
        lambda retention: {"objectLockConfiguration": {"rule": {"defaultRetention": retention}}},
        lambda retention: {"objectLockConfiguration": {"rules": [{"defaultRetentions": [retention]}]}},
        [{"mode": "GOVERNANCE", "days": 2192}, {"mode": "COMPLIANCE", "years": 7}],
        [{"mode": "GOVERNANCE", "days": 2191}, {"mode": "COMPLIANCE"}, {"days": 2192}, None],
        [UNKNOWN, {"mode": UNKNOWN, "days": 2192}, {"mode": "GOVERNANCE", "days": UNKNOWN}],
        lambda retention: ("BucketObjectLockConfiguration", {"rule": {"defaultRetention": retention}}),
    ),
    "retention": lifecycle(
        "s3-retention",
        [kept(2192), rule(), kept(1, enabled=False), rule(expiration={"expiredObjectDeleteMarker": True})],
        [kept(2191), kept(1, prefix="scratch/"), rule(expiration={"days": 5000}), rule(expiration={"date": "2099"})],
        [
            UNKNOWN,
            kept(UNKNOWN),
            kept(1, enabled=UNKNOWN),
            rule(expiration={"days": UNKNOWN}),
            rule(expiration=UNKNOWN),
        ],
        absent=True,
    ),
    "abort": lifecycle(
        "s3-abort-multipart",
        [aborting(7), aborting(1, prefix="")],
        [aborting(8), aborting(0), aborting(7, enabled=False), aborting(7, prefix="a"), aborting(7, tags={"a": "b"})],
        [
            UNKNOWN,
            aborting(UNKNOWN),
            aborting(7, enabled=UNKNOWN),
            aborting(7, prefix=UNKNOWN),
            aborting(7, tags=UNKNOWN),
        ],
        absent=False,
    ),
    "replication": Property(
        "s3-replication-or-backup",
        lambda rule: {"replicationConfiguration": {"role": "role", "rules": [rule]}},
        lambda rule: {
            "replicationConfigurations": [
                {
                    "role": "role",
                    "rules": [
                        lists(rule, "destination", "filter", "sourceSelectionCriteria", "sseKmsEncryptedObjects")
                    ],
                }
            ]
        },
        [copying(), copying(filter={"prefix": ""}), copying(deleteMarkerReplicationStatus="Enabled")],
        [
            copying(status="Disabled"),
            copying("alias/aws/s3"),
            copying(None),
            copying(kms=False),
            copying(kms=None),
            copying(sourceSelectionCriteria=None),
            copying(to="arn:aws:s3:::data"),
            copying(KEY_ARN),
            copying(to=None),
            copying(prefix="phi/"),
            copying(filter={"prefix": "phi/"}),
            copying(filter={"tags": {"class": "phi"}}),
        ],
        [
            UNKNOWN,
            copying(UNKNOWN),
            copying(to=UNKNOWN),
            copying(kms=UNKNOWN),
            copying(status=UNKNOWN),
            copying(destination=UNKNOWN),
            copying(filter=UNKNOWN),
            copying(filter={"prefix": UNKNOWN}),
            copying(filter={"tags": UNKNOWN}),
        ],
        copied_apart,
        any_good=True,
    ),
    "website": Property(
        "s3-no-website",
        lambda website: {"website": website},
        lambda website: {"websites": [website] if website else []},
        [None],
        [{"indexDocument": "index.html"}, {"redirectAllRequestsTo": "example.com"}],
        [UNKNOWN],
        lambda website: ("BucketWebsiteConfiguration", website or {}),
        absent=True,
    ),
    "cors": Property(
        "s3-cors",
        lambda origins: {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": origins}]},
        lambda origins: {"corsRules": [{"allowedMethods": ["GET"], "allowedOrigins": origins}]},
        [["https://app.example.com"], []],
        [["*"], ["https://app.example.com", "*"], ["https://*"]],
        [UNKNOWN, [UNKNOWN], ["https://app.example.com", UNKNOWN]],
        lambda origins: ("BucketCorsConfiguration", {"corsRules": [{"allowedOrigins": origins}]}),
        absent=True,
    ),
    "acl": Property(
        "s3-no-public-grant",
        lambda acl: {"acl": acl},
        lambda acl: {"acl": acl},
        ["private", "log-delivery-write"],
        ["public-read", "public-read-write", "authenticated-read"],
        [UNKNOWN],
        lambda acl: ("BucketAcl", {"acl": acl}),
        absent=True,
    ),
    "grants": Property(
        "s3-no-public-grant",
        group,
        group,
        [None, f"{GROUPS}/s3/LogDelivery"],
        [f"{GROUPS}/global/AllUsers", f"{GROUPS}/global/AuthenticatedUsers"],
        [UNKNOWN],
        lambda uri: ("BucketAcl", grant(uri)),
        absent=True,
    ),
    "policy": Property(
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
    """Each property with each of its right, wrong or unknown values, as either version writes it."""
    rows = [
        pytest.param(each, value, token, id=f"{name}-{i}-v{version}")
        for name, each in TABLE.items()
        for i, value in enumerate(getattr(each, values))
        for version, token in ((7, V7), (6, V6))
    ]
    return pytest.mark.parametrize(("prop", "value", "token"), rows)


each_property = pytest.mark.parametrize("prop", TABLE.values(), ids=list(TABLE))
both_versions = pytest.mark.parametrize("token", [V7, V6])


def told(pack: PackProcess, control: str, stack: list[Resource]) -> set[str]:
    """What can't be told yet, which blocks unless the control is only advisory."""
    findings = findings_for(pack, control, stack)
    assert all(
        "known yet" in finding.message and finding.mandatory is (control not in ADVISORY) for finding in findings
    )
    return {finding.resource for finding in findings}


@cases("right")
def test_a_right_setting_passes(pack: PackProcess, prop, value, token):
    assert failed_resources(pack, prop.control, [prop.bucket(value, token), *prop.others]) == set()


@cases("wrong")
def test_a_wrong_setting_fails(pack: PackProcess, prop, value, token):
    assert failed_resources(pack, prop.control, [prop.bucket(value, token), *prop.others]) == {"data"}


@cases("unknown")
def test_a_setting_that_isnt_known_is_told(pack: PackProcess, prop, value, token):
    assert told(pack, prop.control, [prop.bucket(value, token), *prop.others]) == {"data"}


@both_versions
@each_property
def test_a_property_that_isnt_known_at_all_is_told(pack: PackProcess, prop, token):
    name, value = next(iter((prop.v7 if token == V7 else prop.v6)(prop.wrong[0]).items()))
    for hidden in [UNKNOWN, [UNKNOWN]] if isinstance(value, list) else [UNKNOWN]:
        assert told(pack, prop.control, [bucket(token=token, **{name: hidden}), *prop.others]) == {"data"}


@both_versions
@each_property
def test_an_empty_property_sets_nothing(pack: PackProcess, prop, token):
    (name,) = (prop.v7 if token == V7 else prop.v6)(prop.wrong[0])
    for empty in (None, [], {}):
        expected = set() if prop.absent else {"data"}
        assert failed_resources(pack, prop.control, [bucket(token=token, **{name: empty}), *prop.others]) == expected


@both_versions
@each_property
def test_a_companion_is_judged_besides(pack: PackProcess, prop, token):
    """Two that set the same are a fault of the program: whichever AWS was told last holds."""
    good, bad = prop.right[0], prop.wrong[0]
    judged = [
        failed_resources(pack, prop.control, [prop.bucket(own, token), *prop.others, prop.apart(bad)])
        for own in (good, bad)
    ]
    assert judged == ([set(), {"data"}] if prop.any_good else [{"it"}, {"data", "it"}])
    if prop.control != "s3-no-website":  # a companion always hosts one
        judged = [
            failed_resources(pack, prop.control, [prop.bucket(own, token), *prop.others, prop.apart(good)])
            for own in (good, bad)
        ]
        assert judged == [set(), set() if prop.any_good else {"data"}]


@both_versions
@each_property
def test_two_buckets_of_which_one_is_right(pack: PackProcess, prop, token):
    right = prop.bucket(prop.right[0], token, "right")
    if prop.control == "s3-tls-only":
        right = prop.bucket(json.dumps(tls_only_policy("right")), token, "right")
    assert failed_resources(pack, prop.control, [right, prop.bucket(prop.wrong[0], token), *prop.others]) == {"data"}


@both_versions
@each_property
def test_a_wrong_setting_is_told_before_the_bucket_exists(pack: PackProcess, prop, token):
    policies = {finding.policy for finding in pack.check_resource(prop.bucket(prop.wrong[0], token))}
    assert (prop.control in policies) is not prop.any_good  # what joins resources waits for the others


@both_versions
def test_where_logs_go_by_reference(pack: PackProcess, token):
    prop = TABLE["logging"]
    name = "logging" if token == V7 else "loggings"
    for source, expected in (("logs", set()), ("data", {"data"})):
        own = replace(prop.bucket(UNKNOWN, token), comes_from={name: [source]})
        assert (
            failed_resources(pack, prop.control, [bucket("logs", tags={"DataClass": "S3AccessLog"}), own]) == expected
        )


@both_versions
def test_where_copies_go_by_reference(pack: PackProcess, token):
    """The role that makes them is of the same property."""
    prop = TABLE["replication"]
    key = Resource("aws:kms/key:Key", "key", {}, region="us-west-2")
    role = Resource("aws:iam/role:Role", "role", {})
    own = prop.bucket(copying(UNKNOWN, UNKNOWN), token)
    name = "replicationConfiguration" if token == V7 else "replicationConfigurations"
    stack = [COPY, key, role, replace(own, comes_from={name: ["copy", "key", "role"]})]
    assert failed_resources(pack, prop.control, stack) == set()


@both_versions
def test_a_lock_of_its_own_guards_versions(pack: PackProcess, token):
    """No policy is declared, so the bucket fails; with one that guards all but versions only the lock's mode counts."""
    lock = TABLE["object lock"]
    assert failed_resources(pack, "s3-tamper-protection", [lock.bucket(lock.right[1], token)]) == {"data"}
    deny = json.dumps(tls_only_policy("data", NotAction="s3:DeleteObjectVersion", Condition={}) | {})
    for mode, expected in (("COMPLIANCE", set()), ("GOVERNANCE", {"data"})):
        own = lock.bucket({"mode": mode, "days": 2192}, token)
        inputs = {**own.inputs, "policy": deny.replace('"Action": "s3:*", ', "")}
        assert failed_resources(pack, "s3-tamper-protection", [replace(own, inputs=inputs)]) == expected


@both_versions
def test_a_blocked_encryption_type(pack: PackProcess, token):
    prop = TABLE["key"]
    for blocked, expected in ((["SSE-C"], set()), (["NONE"], {"data"}), ([], {"data"})):
        own = prop.bucket(default(blockedEncryptionTypes=blocked), token)
        assert failed_resources(pack, "s3-deny-sse-c", [own]) == expected
