"""S3 Object Lock, tamper protection and retention.

In every stack, `data` is the bucket and `it` its companion.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    ACCOUNT,
    ACCOUNT_KEY,
    DATA,
    V6,
    V7,
    both_forms,
    both_versions,
    bucket,
    companion,
    companion_by_reference,
    in_both_forms,
    policy_in_component,
    policy_text,
)

OBJECT_LOCK, TAMPER_PROTECTION, RETENTION = "s3-object-lock", "s3-tamper-protection", "s3-retention"


# s3-object-lock


def lock_in_both_forms(rule: Any, data_class: str = "PHI") -> list[list[Resource]]:
    type_name = "BucketObjectLockConfiguration"
    return in_both_forms(type_name, f"{type_name}V2", data_class, rule=rule)


def lock_rule(mode: Any = "GOVERNANCE", **period: Any) -> dict[str, Any]:
    return {"defaultRetention": {"mode": mode} | (period or {"days": 2192})}


@both_forms
@pytest.mark.parametrize("data_class", ["PHI", "CloudTrailLog"])
@pytest.mark.parametrize(
    "rule", [lock_rule(), lock_rule("COMPLIANCE"), lock_rule(days=36500), lock_rule(days="2192"), lock_rule(years=7)]
)
def test_sufficient_lock_passes(pack: PackProcess, rule, data_class, form):
    assert failed_resources(pack, OBJECT_LOCK, lock_in_both_forms(rule, data_class)[form]) == set()


@both_forms
@pytest.mark.parametrize("data_class", ["PHI", "CloudTrailLog"])
@pytest.mark.parametrize(
    "rule",
    [
        None,
        {},
        {"defaultRetention": {}},
        lock_rule(days=2191),
        lock_rule(years=5),
        lock_rule(years=6),
        lock_rule(days=0),
        lock_rule(days=None),
        lock_rule(None),
        lock_rule(""),
        lock_rule("NONE"),
        lock_rule(UNKNOWN, days=30),
        lock_rule("NONE", days=UNKNOWN),
    ],
)
def test_missing_or_short_lock_fails(pack: PackProcess, rule, data_class, form):
    assert failed_resources(pack, OBJECT_LOCK, lock_in_both_forms(rule, data_class)[form]) == {"it"}


def test_lock_of_six_years_is_reported_in_years_with_its_days(pack: PackProcess):
    [finding] = findings_for(pack, OBJECT_LOCK, lock_in_both_forms(lock_rule(years=6))[0])
    assert "6 years, which may be only 2190 days" in finding.message
    assert "2192 days or more" in finding.message


@both_forms
@pytest.mark.parametrize(
    "rule",
    [
        UNKNOWN,
        {"defaultRetention": UNKNOWN},
        lock_rule(UNKNOWN),
        lock_rule(days=UNKNOWN),
        lock_rule(years=UNKNOWN),
    ],
)
def test_unknown_lock_is_unverified(pack: PackProcess, rule, form):
    assert unverified_resources(pack, OBJECT_LOCK, lock_in_both_forms(rule)[form]) == {"it"}


@both_versions
@pytest.mark.parametrize(
    ("data_class", "applies"),
    [
        ("PHI", True),
        ("CloudTrailLog", True),
        ("Replica", False),
        ("S3AccessLog", False),
        ("Inventory", False),
        ("Other", False),
    ],
)
def test_bucket_of_phi_or_trail_logs_without_lock_fails(pack: PackProcess, data_class, applies, token):
    assert failed_resources(pack, OBJECT_LOCK, [bucket(data_class=data_class, token=token)]) == (
        {"data"} if applies else set()
    )


def test_object_lock_without_default_retention_fails(pack: PackProcess):
    assert failed_resources(pack, OBJECT_LOCK, [bucket(objectLockEnabled=True)]) == {"data"}


@both_forms
@pytest.mark.parametrize("rule", [None, lock_rule(), lock_rule(UNKNOWN), UNKNOWN])
def test_lock_on_access_log_bucket_fails(pack: PackProcess, rule, form):
    assert failed_resources(pack, OBJECT_LOCK, lock_in_both_forms(rule, "S3AccessLog")[form]) == {"it"}


def test_object_lock_enabled_on_access_log_bucket_fails(pack: PackProcess):
    logs = {"data_class": "S3AccessLog"}
    assert failed_resources(pack, OBJECT_LOCK, [bucket(objectLockEnabled=True, **logs)]) == {"data"}
    assert failed_resources(pack, OBJECT_LOCK, [bucket(objectLockEnabled=False, **logs)]) == set()
    assert unverified_resources(pack, OBJECT_LOCK, [bucket(objectLockEnabled=UNKNOWN, **logs)]) == {"data"}


@pytest.mark.parametrize("data_class", ["Replica", "Inventory", "Other"])
def test_lock_of_other_data_classes_is_not_checked(pack: PackProcess, data_class):
    assert failed_resources(pack, OBJECT_LOCK, lock_in_both_forms(lock_rule(days=1), data_class)[0]) == set()


def test_only_the_bucket_without_lock_fails(pack: PackProcess):
    locked_bucket = [
        bucket("right"),
        companion("BucketObjectLockConfiguration", "lock", bucket="right", rule=lock_rule()),
    ]
    assert failed_resources(pack, OBJECT_LOCK, [*locked_bucket, bucket()]) == {"data"}
    assert failed_resources(pack, OBJECT_LOCK, [*locked_bucket, *lock_in_both_forms(lock_rule(days=1))[0]]) == {"it"}


# s3-tamper-protection

BREAK_GLASS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/break-glass"
DELETE_VERSION, BYPASS_GOVERNANCE = "s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"
ACTIONS = [
    DELETE_VERSION,
    BYPASS_GOVERNANCE,
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


def condition_excluding(*values: str, operator: str = "ArnNotEquals", key: str = "aws:PrincipalArn") -> dict[str, Any]:
    """Return a condition that excludes the principals with one of these values."""
    return {"Condition": {operator: {key: list(values)}}}


DENY_TAMPERING = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": ACTIONS,
    "Resource": [DATA, f"{DATA}/*"],
    **condition_excluding(BREAK_GLASS_ROLE),
}
DENY_SETTING_CHANGES = DENY_TAMPERING | {"Action": [action for action in ACTIONS if action != DELETE_VERSION]}


def policy_in_both_forms(policy: Any, data_class: str = "PHI") -> list[list[Resource]]:
    return [[ACCOUNT_KEY, *stack] for stack in in_both_forms("BucketPolicy", data_class=data_class, policy=policy)]


@both_forms
@pytest.mark.parametrize("data_class", ["PHI", "Replica", "CloudTrailLog"])
@pytest.mark.parametrize(
    "statements",
    [
        [DENY_TAMPERING],
        [{name: value for name, value in DENY_TAMPERING.items() if name != "Condition"}],
        [DENY_TAMPERING | {"Principal": {"AWS": "*"}}],
        [DENY_TAMPERING | {"Action": "s3:*", "Resource": "*"}],
        [DENY_TAMPERING | {"Action": ["s3:Put*", "s3:Delete*", "s3:BYPASS*"]}],
        [DENY_TAMPERING | condition_excluding(BREAK_GLASS_ROLE, BREAK_GLASS_ROLE + "-2")],
        [DENY_TAMPERING | condition_excluding(BREAK_GLASS_ROLE, operator="ArnNotLike")],
        [DENY_TAMPERING | condition_excluding(BREAK_GLASS_ROLE, operator="StringNotEquals")],
        [DENY_TAMPERING | condition_excluding("AROAEXAMPLEEXAMPLE00:*", operator="StringNotLike", key="aws:userid")],
        [DENY_TAMPERING | {"Action": [action]} for action in ACTIONS],
        [{name: DENY_TAMPERING[name] for name in ("Effect", "Principal", "Resource")} | {"NotAction": "s3:GetObject"}],
        [
            DENY_TAMPERING,
            {"Effect": "Allow", "Principal": {"AWS": BREAK_GLASS_ROLE}, "Action": "s3:*", "Resource": DATA},
        ],
    ],
)
def test_policy_that_denies_tampering_passes(pack: PackProcess, statements, data_class, form):
    assert (
        failed_resources(pack, TAMPER_PROTECTION, policy_in_both_forms(policy_text(*statements), data_class)[form])
        == set()
    )


@both_forms
@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_has_to_be_denied(pack: PackProcess, action, form):
    denied = [other for other in ACTIONS if other != action]
    assert failed_resources(
        pack, TAMPER_PROTECTION, policy_in_both_forms(policy_text(DENY_TAMPERING | {"Action": denied}))[form]
    ) == {"it"}


@both_forms
@pytest.mark.parametrize(
    "statements",
    [
        [],
        [DENY_TAMPERING | {"Effect": "Allow"}],
        [DENY_TAMPERING | {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}}],
        [DENY_TAMPERING | {"Resource": DATA}],
        [DENY_TAMPERING | {"Resource": f"{DATA}/*"}],
        [DENY_TAMPERING | {"Resource": [DATA, f"{DATA}/phi/*"]}],
        [DENY_TAMPERING | {"Resource": [f"{DATA}2", f"{DATA}2/*"]}],
        [DENY_TAMPERING | condition_excluding(BREAK_GLASS_ROLE, operator="ArnEquals")],
        [DENY_TAMPERING | condition_excluding(f"arn:aws:iam::{ACCOUNT}:role/*", operator="ArnNotLike")],
        [DENY_TAMPERING | condition_excluding(f"arn:aws:iam::{ACCOUNT}:user/*", operator="ArnNotLike")],
        [DENY_TAMPERING | condition_excluding(BREAK_GLASS_ROLE, f"arn:aws:iam::{ACCOUNT}:root")],
        [DENY_TAMPERING | condition_excluding(ACCOUNT, operator="StringNotEquals", key="aws:PrincipalAccount")],
        [DENY_TAMPERING | condition_excluding("yes", operator="StringNotEquals", key="aws:PrincipalTag/admin")],
        [
            DENY_TAMPERING
            | {"Condition": DENY_TAMPERING["Condition"] | {"StringEquals": {"aws:PrincipalTag/team": "data"}}}
        ],
        [DENY_TAMPERING | {"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}],
        [DENY_TAMPERING | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}],
        [{name: value for name, value in DENY_TAMPERING.items() if name != "Principal"}],
    ],
)
def test_policy_that_allows_tampering_fails(pack: PackProcess, statements, form):
    assert failed_resources(pack, TAMPER_PROTECTION, policy_in_both_forms(policy_text(*statements))[form]) == {"it"}


@pytest.mark.parametrize("policy", ["", "{", "[]", "{}", 5, None])
def test_malformed_policy_fails(pack: PackProcess, policy):
    assert failed_resources(pack, TAMPER_PROTECTION, policy_in_both_forms(policy)[0]) == {"it"}


@both_versions
@pytest.mark.parametrize(
    ("data_class", "applies"),
    [
        ("PHI", True),
        ("Replica", True),
        ("CloudTrailLog", True),
        ("S3AccessLog", False),
        ("Inventory", False),
        ("Other", False),
    ],
)
def test_bucket_without_policy_fails(pack: PackProcess, data_class, applies, token):
    assert failed_resources(pack, TAMPER_PROTECTION, [bucket(data_class=data_class, token=token)]) == (
        {"data"} if applies else set()
    )


@pytest.mark.parametrize("data_class", ["S3AccessLog", "Inventory", "Other"])
def test_policy_of_other_data_classes_is_not_checked(pack: PackProcess, data_class):
    assert failed_resources(pack, TAMPER_PROTECTION, policy_in_both_forms(policy_text(), data_class)[0]) == set()


@both_forms
def test_compliance_mode_replaces_only_the_deny_of_version_deletion(pack: PackProcess, form):
    def lock(mode: str, name: str = "lock") -> Resource:
        return companion("BucketObjectLockConfiguration", name=name, rule=lock_rule(mode))

    stack = policy_in_both_forms(policy_text(DENY_SETTING_CHANGES))[form]
    assert failed_resources(pack, TAMPER_PROTECTION, [*stack, lock("COMPLIANCE")]) == set()
    assert failed_resources(pack, TAMPER_PROTECTION, [*stack, lock("GOVERNANCE")]) == {"it"}
    assert failed_resources(pack, TAMPER_PROTECTION, [*stack, lock("COMPLIANCE"), lock("GOVERNANCE", "again")]) == {
        "it"
    }
    assert unverified_resources(pack, TAMPER_PROTECTION, [*stack, lock(UNKNOWN)]) == {"it"}
    assert (
        failed_resources(
            pack, TAMPER_PROTECTION, [*policy_in_both_forms(policy_text(DENY_TAMPERING))[form], lock(UNKNOWN)]
        )
        == set()
    )
    without_bypass = [action for action in ACTIONS if action not in (DELETE_VERSION, BYPASS_GOVERNANCE)]
    allows_bypass = policy_in_both_forms(policy_text(DENY_TAMPERING | {"Action": without_bypass}))[form]
    assert failed_resources(pack, TAMPER_PROTECTION, [*allows_bypass, lock("COMPLIANCE")]) == {"it"}
    assert failed_resources(pack, TAMPER_PROTECTION, [*allows_bypass, lock(UNKNOWN)]) == {"it"}
    assert failed_resources(pack, TAMPER_PROTECTION, [bucket(), lock("COMPLIANCE")]) == {"data"}


@both_forms
def test_unknown_policy_is_unverified(pack: PackProcess, form):
    assert unverified_resources(pack, TAMPER_PROTECTION, policy_in_both_forms(UNKNOWN)[form]) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        UNKNOWN,
        *(DENY_TAMPERING | {name: UNKNOWN} for name in ("Effect", "Principal", "Action", "Resource", "Condition")),
        DENY_TAMPERING | {"Resource": [DATA, UNKNOWN]},
        DENY_TAMPERING | condition_excluding(UNKNOWN),
    ],
)
def test_policy_with_unknown_element_is_unverified(pack: PackProcess, statement):
    stack = [ACCOUNT_KEY, bucket(), *policy_in_component({"Statement": [statement]})]
    assert unverified_resources(pack, TAMPER_PROTECTION, stack) == {"it"}


def test_policy_of_a_bucket_that_pulumi_names_is_unverified(pack: PackProcess):
    unnamed_bucket = Resource(V7, "data", {"tags": {"DataClass": "PHI"}})
    stack = [ACCOUNT_KEY, unnamed_bucket, companion_by_reference("BucketPolicy", policy=policy_text(DENY_TAMPERING))]
    assert unverified_resources(pack, TAMPER_PROTECTION, stack) == {"it"}


def test_only_the_bucket_without_tamper_protection_fails(pack: PackProcess):
    other_policy = policy_text(json.loads(json.dumps(DENY_TAMPERING).replace(DATA, "arn:aws:s3:::right")))
    protected_bucket = [bucket("right"), companion("BucketPolicy", "policy", bucket="right", policy=other_policy)]
    assert failed_resources(pack, TAMPER_PROTECTION, [ACCOUNT_KEY, *protected_bucket, bucket()]) == {"data"}
    assert failed_resources(pack, TAMPER_PROTECTION, [*protected_bucket, *policy_in_both_forms(other_policy)[0]]) == {
        "it"
    }


# s3-retention


def lifecycle_in_both_forms(*rules: Any, data_class: str = "PHI") -> list[list[Resource]]:
    type_name = "BucketLifecycleConfiguration"
    return in_both_forms(type_name, f"{type_name}V2", data_class, rules=list(rules))


def lifecycle_rule(**properties: Any) -> dict[str, Any]:
    return {"id": "rule", "status": "Enabled", "filter": {}} | properties


def noncurrent_expiration(days: Any, **properties: Any) -> dict[str, Any]:
    return lifecycle_rule(noncurrentVersionExpiration={"noncurrentDays": days}, **properties)


def current_expiration(**expiration: Any) -> dict[str, Any]:
    return lifecycle_rule(expiration=expiration)


@both_forms
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [lifecycle_rule()],
        [noncurrent_expiration(2192)],
        [noncurrent_expiration(36500)],
        [noncurrent_expiration("2192")],
        [noncurrent_expiration(2192), noncurrent_expiration(2193, filter={"prefix": "scratch/"})],
        [noncurrent_expiration(30, status="Disabled")],
        [current_expiration(expiredObjectDeleteMarker=True)],
        [lifecycle_rule(transitions=[{"days": 30, "storageClass": "GLACIER"}])],
        [noncurrent_expiration(2192, status=UNKNOWN)],
        [{**current_expiration(days=1), "status": "Disabled"}],
    ],
)
def test_rules_that_retain_data_pass(pack: PackProcess, rules, form):
    for data_class in ("PHI", "Replica", "S3AccessLog", "CloudTrailLog"):
        assert failed_resources(pack, RETENTION, lifecycle_in_both_forms(*rules, data_class=data_class)[form]) == set()


@both_forms
@pytest.mark.parametrize("data_class", ["PHI", "Replica"])
@pytest.mark.parametrize(
    "rules",
    [
        [noncurrent_expiration(2191)],
        [noncurrent_expiration("30")],
        [noncurrent_expiration(2191, filter={"prefix": "scratch/"})],
        [noncurrent_expiration(2192), noncurrent_expiration(1)],
        [lifecycle_rule(noncurrentVersionExpiration={"noncurrentDays": 30, "newerNoncurrentVersions": 100})],
        [current_expiration(days=1)],
        [current_expiration(days=36500)],
        [current_expiration(date="2099-01-01T00:00:00Z")],
        [{**current_expiration(days=1), "filter": {"tag": {"key": "scratch", "value": "yes"}}}],
        [UNKNOWN, noncurrent_expiration(1)],
    ],
)
def test_rules_that_expire_phi_fail(pack: PackProcess, rules, data_class, form):
    assert failed_resources(pack, RETENTION, lifecycle_in_both_forms(*rules, data_class=data_class)[form]) == {"it"}


@both_forms
@pytest.mark.parametrize("data_class", ["S3AccessLog", "CloudTrailLog"])
@pytest.mark.parametrize(
    ("expiration", "fails"),
    [
        (noncurrent_expiration(2192), False),
        (noncurrent_expiration(2191), True),
        (current_expiration(days=2192), False),
        (current_expiration(days=2191), True),
        (current_expiration(date="2099-01-01T00:00:00Z"), True),
    ],
)
def test_rule_that_expires_logs_before_six_years_fails(pack: PackProcess, expiration, fails, data_class, form):
    assert failed_resources(pack, RETENTION, lifecycle_in_both_forms(expiration, data_class=data_class)[form]) == (
        {"it"} if fails else set()
    )


@both_forms
@pytest.mark.parametrize(
    "unknown_rule",
    [
        UNKNOWN,
        noncurrent_expiration(UNKNOWN),
        noncurrent_expiration(30, status=UNKNOWN),
        {**current_expiration(days=1), "status": UNKNOWN},
        lifecycle_rule(noncurrentVersionExpiration=UNKNOWN),
        lifecycle_rule(expiration=UNKNOWN),
        current_expiration(days=UNKNOWN),
        current_expiration(date=UNKNOWN),
    ],
)
def test_unknown_rule_is_unverified(pack: PackProcess, unknown_rule, form):
    for data_class in ("PHI", "CloudTrailLog"):
        assert unverified_resources(
            pack,
            RETENTION,
            lifecycle_in_both_forms(unknown_rule, noncurrent_expiration(2192), data_class=data_class)[form],
        ) == {"it"}


@both_forms
def test_unknown_rules_are_unverified(pack: PackProcess, form):
    type_name = "BucketLifecycleConfiguration"
    assert unverified_resources(pack, RETENTION, in_both_forms(type_name, f"{type_name}V2", rules=UNKNOWN)[form]) == {
        "it"
    }


def test_bucket_without_lifecycle_passes(pack: PackProcess):
    assert failed_resources(pack, RETENTION, [bucket(), bucket("logs", "S3AccessLog", V6)]) == set()


@pytest.mark.parametrize("data_class", ["Inventory", "Other"])
def test_other_data_classes_may_expire(pack: PackProcess, data_class):
    assert (
        failed_resources(pack, RETENTION, lifecycle_in_both_forms(current_expiration(days=1), data_class=data_class)[0])
        == set()
    )


def test_only_the_bucket_that_expires_data_fails(pack: PackProcess):
    retaining_lifecycle = companion(
        "BucketLifecycleConfiguration", "lifecycle", bucket="right", rules=[noncurrent_expiration(2192)]
    )
    assert failed_resources(
        pack, RETENTION, [bucket("right"), retaining_lifecycle, *lifecycle_in_both_forms(noncurrent_expiration(1))[0]]
    ) == {"it"}
