"""S3: what keeps versions and guards them. In each stack `data` is the bucket, and `it` what sets it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

LOCK, GUARDED, RETENTION = "s3-object-lock", "s3-tamper-protection", "s3-retention"

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
ACCOUNT = "111122223333"
DATA = "arn:aws:s3:::data"


def bucket(name: str = "data", data_class: str = "PHI", token: str = V7, **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": name, "tags": {"DataClass": data_class}} | inputs)


def companion(kind: str, of: str = "data", name: str = "it", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name, {"bucket": of} | inputs)


def ways(kind: str, v6_kind: str = "", data_class: str = "PHI", **inputs: Any) -> list[list[Resource]]:
    """A companion that names its bucket; and one of pulumi-aws 6, of the bucket that its value comes from."""
    joined = companion(v6_kind or kind, UNKNOWN, **inputs)
    joined = Resource(joined.type, joined.name, joined.inputs, comes_from={"bucket": ["data"]})
    return [
        [bucket(data_class=data_class), companion(kind, **inputs)],
        [bucket(data_class=data_class, token=V6), joined],
    ]


both_ways = pytest.mark.parametrize("way", [0, 1])


# Object Lock


def locks(rule: Any, data_class: str = "PHI") -> list[list[Resource]]:
    kind = "BucketObjectLockConfiguration"
    return ways(kind, f"{kind}V2", data_class, rule=rule)


def retention(mode: Any = "GOVERNANCE", **period: Any) -> dict[str, Any]:
    return {"defaultRetention": {"mode": mode} | (period or {"days": 2192})}


@both_ways
@pytest.mark.parametrize("data_class", ["PHI", "CloudTrailLog"])
@pytest.mark.parametrize(
    "rule", [retention(), retention("COMPLIANCE"), retention(days=36500), retention(days="2192"), retention(years=7)]
)
def test_a_lock_for_long_enough_passes(pack: PackProcess, rule, data_class, way):
    assert failed_resources(pack, LOCK, locks(rule, data_class)[way]) == set()


@both_ways
@pytest.mark.parametrize("data_class", ["PHI", "CloudTrailLog"])
@pytest.mark.parametrize(
    "rule",
    [
        None,
        {},
        {"defaultRetention": {}},
        retention(days=2191),
        retention(years=5),
        retention(days=0),
        retention(days=None),
        retention(None),
        retention(""),
        retention("NONE"),
        retention(UNKNOWN, days=30),
        retention("NONE", days=UNKNOWN),
    ],
)
def test_a_lock_that_is_none_or_too_short_fails(pack: PackProcess, rule, data_class, way):
    assert failed_resources(pack, LOCK, locks(rule, data_class)[way]) == {"it"}


@both_ways
@pytest.mark.parametrize(
    "rule",
    [
        UNKNOWN,
        {"defaultRetention": UNKNOWN},
        retention(UNKNOWN),
        retention(days=UNKNOWN),
        retention(years=UNKNOWN),
    ],
)
def test_a_lock_that_isnt_known_is_told(pack: PackProcess, rule, way):
    assert unverified_resources(pack, LOCK, locks(rule)[way]) == {"it"}


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    ("data_class", "asked"),
    [
        ("PHI", True),
        ("CloudTrailLog", True),
        ("Replica", False),
        ("S3AccessLog", False),
        ("Inventory", False),
        ("Other", False),
    ],
)
def test_without_a_lock_a_bucket_of_phi_or_of_trails_fails(pack: PackProcess, data_class, asked, token):
    assert failed_resources(pack, LOCK, [bucket(data_class=data_class, token=token)]) == ({"data"} if asked else set())


def test_object_lock_enabled_without_a_default_retention_locks_nothing(pack: PackProcess):
    assert failed_resources(pack, LOCK, [bucket(objectLockEnabled=True)]) == {"data"}


@both_ways
@pytest.mark.parametrize("rule", [None, retention(), retention(UNKNOWN), UNKNOWN])
def test_a_lock_keeps_access_logs_out(pack: PackProcess, rule, way):
    assert failed_resources(pack, LOCK, locks(rule, "S3AccessLog")[way]) == {"it"}


def test_a_lock_without_a_retention_keeps_access_logs_out_too(pack: PackProcess):
    logs = {"data_class": "S3AccessLog"}
    assert failed_resources(pack, LOCK, [bucket(objectLockEnabled=True, **logs)]) == {"data"}
    assert failed_resources(pack, LOCK, [bucket(objectLockEnabled=False, **logs)]) == set()
    assert unverified_resources(pack, LOCK, [bucket(objectLockEnabled=UNKNOWN, **logs)]) == {"data"}


@pytest.mark.parametrize("data_class", ["Replica", "Inventory", "Other"])
def test_the_lock_of_another_bucket_isnt_asked(pack: PackProcess, data_class):
    assert failed_resources(pack, LOCK, locks(retention(days=1), data_class)[0]) == set()


def test_two_buckets_of_which_one_is_locked(pack: PackProcess):
    right = [bucket("right"), companion("BucketObjectLockConfiguration", "right", "lock", rule=retention())]
    assert failed_resources(pack, LOCK, [*right, bucket()]) == {"data"}
    assert failed_resources(pack, LOCK, [*right, *locks(retention(days=1))[0]]) == {"it"}


# Deletion

BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
DELETE, BYPASS = "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"
ACTIONS = [
    DELETE,
    BYPASS,
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketVersioning",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutEncryptionConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutReplicationConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutBucketLogging",
]


def sparing(*who: str, operator: str = "ArnNotEquals", key: str = "aws:PrincipalArn") -> dict[str, Any]:
    return {"Condition": {operator: {key: list(who)}}}


GUARD = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ACTIONS,
    "Resource": [DATA, f"{DATA}/*"],
    **sparing(BREAK_GLASS),
}
UNDELETED = GUARD | {"Action": [each for each in ACTIONS if each != DELETE]}
# The policy of `account` tells which account the stack is of.
TELLS = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
KEY = Resource("aws:kms/key:Key", "account", {"policy": json.dumps({"Statement": [TELLS]})})


def document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def policies(policy: Any, data_class: str = "PHI") -> list[list[Resource]]:
    return [[KEY, *stack] for stack in ways("BucketPolicy", data_class=data_class, policy=policy)]


@both_ways
@pytest.mark.parametrize("data_class", ["PHI", "Replica", "CloudTrailLog"])
@pytest.mark.parametrize(
    "statements",
    [
        [GUARD],
        [{name: value for name, value in GUARD.items() if name != "Condition"}],
        [GUARD | {"Principal": {"AWS": "*"}}],
        [GUARD | {"Action": "s3:*", "Resource": "*"}],
        [GUARD | {"Action": ["s3:Put*", "s3:Delete*", "s3:BYPASS*"]}],
        [GUARD | sparing(BREAK_GLASS, BREAK_GLASS + "-2")],
        [GUARD | sparing(BREAK_GLASS, operator="ArnNotLike")],
        [GUARD | sparing(BREAK_GLASS, operator="StringNotEquals")],
        [GUARD | sparing("AROAEXAMPLEEXAMPLE00:*", operator="StringNotLike", key="aws:userid")],
        [GUARD | {"Action": [each]} for each in ACTIONS],
        [{name: GUARD[name] for name in ("Effect", "Principal", "Resource")} | {"NotAction": "s3:GetObject"}],
        [GUARD, {"Effect": "Allow", "Principal": {"AWS": BREAK_GLASS}, "Action": "s3:*", "Resource": DATA}],
    ],
)
def test_a_guarded_bucket_passes(pack: PackProcess, statements, data_class, way):
    assert failed_resources(pack, GUARDED, policies(document(*statements), data_class)[way]) == set()


@both_ways
@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_must_be_denied(pack: PackProcess, action, way):
    left = [each for each in ACTIONS if each != action]
    assert failed_resources(pack, GUARDED, policies(document(GUARD | {"Action": left}))[way]) == {"it"}


@both_ways
@pytest.mark.parametrize(
    "statements",
    [
        [],
        [GUARD | {"Effect": "Allow"}],
        [GUARD | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}}],
        [GUARD | {"Resource": DATA}],
        [GUARD | {"Resource": f"{DATA}/*"}],
        [GUARD | {"Resource": [DATA, f"{DATA}/phi/*"]}],
        [GUARD | {"Resource": [f"{DATA}2", f"{DATA}2/*"]}],
        [GUARD | sparing(BREAK_GLASS, operator="ArnEquals")],
        [GUARD | sparing(f"arn:aws:iam::{ACCOUNT}:role/*", operator="ArnNotLike")],
        [GUARD | sparing(f"arn:aws:iam::{ACCOUNT}:user/*", operator="ArnNotLike")],
        [GUARD | sparing(BREAK_GLASS, f"arn:aws:iam::{ACCOUNT}:root")],
        [GUARD | sparing(ACCOUNT, operator="StringNotEquals", key="aws:PrincipalAccount")],
        [GUARD | sparing("yes", operator="StringNotEquals", key="aws:PrincipalTag/admin")],
        [GUARD | {"Condition": GUARD["Condition"] | {"StringEquals": {"aws:PrincipalTag/team": "data"}}}],
        [GUARD | {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}],
        [GUARD | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
        [{name: value for name, value in GUARD.items() if name != "Principal"}],
    ],
)
def test_a_bucket_that_isnt_guarded_fails(pack: PackProcess, statements, way):
    assert failed_resources(pack, GUARDED, policies(document(*statements))[way]) == {"it"}


@pytest.mark.parametrize("policy", ["", "{", "[]", "{}", 5, None])
def test_a_policy_that_cant_be_read_guards_nothing(pack: PackProcess, policy):
    assert failed_resources(pack, GUARDED, policies(policy)[0]) == {"it"}


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    ("data_class", "asked"),
    [
        ("PHI", True),
        ("Replica", True),
        ("CloudTrailLog", True),
        ("S3AccessLog", False),
        ("Inventory", False),
        ("Other", False),
    ],
)
def test_without_a_policy_a_bucket_isnt_guarded(pack: PackProcess, data_class, asked, token):
    assert failed_resources(pack, GUARDED, [bucket(data_class=data_class, token=token)]) == (
        {"data"} if asked else set()
    )


@pytest.mark.parametrize("data_class", ["S3AccessLog", "Inventory", "Other"])
def test_the_guard_of_another_bucket_isnt_asked(pack: PackProcess, data_class):
    assert failed_resources(pack, GUARDED, policies(document(), data_class)[0]) == set()


@both_ways
def test_a_lock_in_compliance_mode_guards_versions_and_nothing_else(pack: PackProcess, way):
    def lock(mode: str, name: str = "lock") -> Resource:
        return companion("BucketObjectLockConfiguration", name=name, rule=retention(mode))

    stack = policies(document(UNDELETED))[way]
    assert failed_resources(pack, GUARDED, [*stack, lock("COMPLIANCE")]) == set()
    assert failed_resources(pack, GUARDED, [*stack, lock("GOVERNANCE")]) == {"it"}
    assert failed_resources(pack, GUARDED, [*stack, lock("COMPLIANCE"), lock("GOVERNANCE", "again")]) == {"it"}
    assert unverified_resources(pack, GUARDED, [*stack, lock(UNKNOWN)]) == {"it"}
    assert failed_resources(pack, GUARDED, [*policies(document(GUARD))[way], lock(UNKNOWN)]) == set()
    without_bypass = [each for each in ACTIONS if each not in (DELETE, BYPASS)]
    weak = policies(document(GUARD | {"Action": without_bypass}))[way]
    assert failed_resources(pack, GUARDED, [*weak, lock("COMPLIANCE")]) == {"it"}
    assert failed_resources(pack, GUARDED, [*weak, lock(UNKNOWN)]) == {"it"}
    assert failed_resources(pack, GUARDED, [bucket(), lock("COMPLIANCE")]) == {"data"}


@both_ways
def test_a_policy_that_isnt_known_is_told(pack: PackProcess, way):
    assert unverified_resources(pack, GUARDED, policies(UNKNOWN)[way]) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        UNKNOWN,
        *(GUARD | {name: UNKNOWN} for name in ("Effect", "Principal", "Action", "Resource", "Condition")),
        GUARD | {"Resource": [DATA, UNKNOWN]},
        GUARD | sparing(UNKNOWN),
    ],
)
def test_a_policy_with_an_unknown_leaf_is_told(pack: PackProcess, statement):
    around = Resource("example:x:Component", "around", {"bucketPolicy": {"Statement": [statement]}})
    given = companion("BucketPolicy", policy=UNKNOWN)
    stack = [KEY, around, bucket(), Resource(given.type, "it", given.inputs, "around")]
    assert unverified_resources(pack, GUARDED, stack) == {"it"}


def test_a_bucket_that_pulumi_names_is_told(pack: PackProcess):
    given = companion("BucketPolicy", UNKNOWN, policy=document(GUARD))
    named = Resource(V7, "data", {"tags": {"DataClass": "PHI"}})
    stack = [KEY, named, Resource(given.type, "it", given.inputs, comes_from={"bucket": ["data"]})]
    assert unverified_resources(pack, GUARDED, stack) == {"it"}


def test_two_buckets_of_which_one_is_guarded(pack: PackProcess):
    other = document(json.loads(json.dumps(GUARD).replace(DATA, "arn:aws:s3:::right")))
    right = [bucket("right"), companion("BucketPolicy", "right", "policy", policy=other)]
    assert failed_resources(pack, GUARDED, [KEY, *right, bucket()]) == {"data"}
    assert failed_resources(pack, GUARDED, [*right, *policies(other)[0]]) == {"it"}


# Lifecycles


def lifecycles(*rules: Any, data_class: str = "PHI") -> list[list[Resource]]:
    kind = "BucketLifecycleConfiguration"
    return ways(kind, f"{kind}V2", data_class, rules=list(rules))


def rule(**given: Any) -> dict[str, Any]:
    return {"id": "rule", "status": "Enabled", "filter": {}} | given


def kept(days: Any, **given: Any) -> dict[str, Any]:
    return rule(noncurrentVersionExpiration={"noncurrentDays": days}, **given)


def expiring(**expiration: Any) -> dict[str, Any]:
    return rule(expiration=expiration)


@both_ways
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [rule()],
        [kept(2192)],
        [kept(36500)],
        [kept("2192")],
        [kept(2192), kept(2193, filter={"prefix": "scratch/"})],
        [kept(30, status="Disabled")],
        [expiring(expiredObjectDeleteMarker=True)],
        [rule(transitions=[{"days": 30, "storageClass": "GLACIER"}])],
        [kept(2192, status=UNKNOWN)],
        [{**expiring(days=1), "status": "Disabled"}],
    ],
)
def test_what_keeps_data_passes(pack: PackProcess, rules, way):
    for data_class in ("PHI", "Replica", "S3AccessLog", "CloudTrailLog"):
        assert failed_resources(pack, RETENTION, lifecycles(*rules, data_class=data_class)[way]) == set()


@both_ways
@pytest.mark.parametrize("data_class", ["PHI", "Replica"])
@pytest.mark.parametrize(
    "rules",
    [
        [kept(2191)],
        [kept("30")],
        [kept(2191, filter={"prefix": "scratch/"})],
        [kept(2192), kept(1)],
        [rule(noncurrentVersionExpiration={"noncurrentDays": 30, "newerNoncurrentVersions": 100})],
        [expiring(days=1)],
        [expiring(days=36500)],
        [expiring(date="2099-01-01T00:00:00Z")],
        [{**expiring(days=1), "filter": {"tag": {"key": "scratch", "value": "yes"}}}],
        [UNKNOWN, kept(1)],
    ],
)
def test_what_expires_phi_fails(pack: PackProcess, rules, data_class, way):
    assert failed_resources(pack, RETENTION, lifecycles(*rules, data_class=data_class)[way]) == {"it"}


@both_ways
@pytest.mark.parametrize("data_class", ["S3AccessLog", "CloudTrailLog"])
@pytest.mark.parametrize(
    ("given", "fails"),
    [
        (kept(2192), False),
        (kept(2191), True),
        (expiring(days=2192), False),
        (expiring(days=2191), True),
        (expiring(date="2099-01-01T00:00:00Z"), True),
    ],
)
def test_logs_are_kept_for_six_years(pack: PackProcess, given, fails, data_class, way):
    assert failed_resources(pack, RETENTION, lifecycles(given, data_class=data_class)[way]) == (
        {"it"} if fails else set()
    )


@both_ways
@pytest.mark.parametrize(
    "given",
    [
        UNKNOWN,
        kept(UNKNOWN),
        kept(30, status=UNKNOWN),
        {**expiring(days=1), "status": UNKNOWN},
        rule(noncurrentVersionExpiration=UNKNOWN),
        rule(expiration=UNKNOWN),
        expiring(days=UNKNOWN),
        expiring(date=UNKNOWN),
    ],
)
def test_a_rule_that_isnt_known_is_told(pack: PackProcess, given, way):
    for data_class in ("PHI", "CloudTrailLog"):
        assert unverified_resources(pack, RETENTION, lifecycles(given, kept(2192), data_class=data_class)[way]) == {
            "it"
        }


@both_ways
def test_rules_that_arent_known_are_told(pack: PackProcess, way):
    kind = "BucketLifecycleConfiguration"
    assert unverified_resources(pack, RETENTION, ways(kind, f"{kind}V2", rules=UNKNOWN)[way]) == {"it"}


def test_without_a_lifecycle_nothing_expires(pack: PackProcess):
    assert failed_resources(pack, RETENTION, [bucket(), bucket("logs", "S3AccessLog", V6)]) == set()


@pytest.mark.parametrize("data_class", ["Inventory", "Other"])
def test_another_bucket_may_expire_its_objects(pack: PackProcess, data_class):
    assert failed_resources(pack, RETENTION, lifecycles(expiring(days=1), data_class=data_class)[0]) == set()


def test_two_buckets_of_which_one_keeps_its_data(pack: PackProcess):
    right = companion("BucketLifecycleConfiguration", "right", "lifecycle", rules=[kept(2192)])
    assert failed_resources(pack, RETENTION, [bucket("right"), right, *lifecycles(kept(1))[0]]) == {"it"}
