"""S3 encryption: default encryption, Bucket Keys, TLS versions, and the headers that uploads may have.

In every stack, `it` is the noncompliant resource.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import (
    ALL_DATA_CLASSES,
    DATA,
    V6,
    companion,
    companion_by_reference,
    data_bucket,
    failed_in_all,
    policy_in_component,
    policy_text,
    unverified_in_all,
)

ENCRYPTION_AT_REST, BUCKET_KEY, TLS_1_2 = "s3-encryption-at-rest", "s3-bucket-key", "s3-tls-1-2"
ENFORCE_KMS_KEY, DENY_SSE_C = "s3-enforce-kms-key", "s3-deny-sse-c"

SSE_CONFIGURATION = "BucketServerSideEncryptionConfiguration"
KEY_ID = "0a1b2c3d-0000-1111-2222-333344445555"
KEY_ARN_PREFIX = "arn:aws:kms:us-east-1:111122223333:key"
KEY_ARN, OTHER_KEY_ARN = f"{KEY_ARN_PREFIX}/{KEY_ID}", f"{KEY_ARN_PREFIX}/99999999-0000-1111-2222-333344445555"
KMS, DSSE = "aws:kms", "aws:kms:dsse"


def encryption_in_every_form(by_default: Any, **rule: Any) -> list[list[Resource]]:
    """Return a stack for each way to declare a rule of default encryption."""
    v7_rule = {"applyServerSideEncryptionByDefault": by_default} | rule
    v6_rule = {"applyServerSideEncryptionByDefaults": by_default if by_default == UNKNOWN else [by_default]} | rule
    return [
        [data_bucket(), companion(SSE_CONFIGURATION, rules=[v7_rule])],
        [data_bucket(token=V6), companion_by_reference(f"{SSE_CONFIGURATION}V2", "bucket", rules=[v7_rule])],
        [data_bucket("it", serverSideEncryptionConfiguration={"rule": v7_rule})],
        [data_bucket("it", V6, serverSideEncryptionConfigurations=[{"rules": [v6_rule]}])],
    ]


def rules_in_every_form(rules: Any) -> list[list[Resource]]:
    """Return a stack for each way to declare rules, of which there may be none."""
    rule = rules[0] if isinstance(rules, list) and rules else rules
    return [
        [data_bucket(), companion(SSE_CONFIGURATION, rules=rules)],
        [data_bucket("it", serverSideEncryptionConfiguration={"rule": rule})],
        [data_bucket("it", V6, serverSideEncryptionConfigurations=[{"rules": rules}])],
    ]


def policies_in_every_form(policy: Any, *others: Resource) -> list[list[Resource]]:
    return [
        [data_bucket(), companion("BucketPolicy", policy=policy), *others],
        [data_bucket(token=V6), companion_by_reference("BucketPolicy", "bucket", policy=policy), *others],
        [data_bucket("it", policy=policy), *others],
        [data_bucket("it", V6, policy=policy), *others],
    ]


def component(*statements: Any) -> list[Resource]:
    """Return a stack with a bucket policy of unknown text, in a component that declares its structure."""
    return [data_bucket(), *policy_in_component({"Statement": list(statements)})]


def bucket_of(stack: list[Resource]) -> set[str]:
    """Return the bucket, which is the resource that s3-deny-sse-c reports."""
    return {stack[0].name}


@pytest.mark.parametrize("algorithm", ["AES256", KMS, DSSE])
@pytest.mark.parametrize("key", [{}, {"kmsMasterKeyId": KEY_ARN}, {"kmsMasterKeyId": UNKNOWN}])
def test_default_encryption_with_any_algorithm_passes(pack: PackProcess, algorithm, key):
    assert failed_in_all(pack, ENCRYPTION_AT_REST, encryption_in_every_form({"sseAlgorithm": algorithm} | key)) == set()


@pytest.mark.parametrize("control", [ENCRYPTION_AT_REST, BUCKET_KEY])
def test_missing_default_encryption_passes_because_s3_uses_sse_s3(pack: PackProcess, control):
    assert failed_resources(pack, control, [data_bucket("it")]) == set()
    for by_default in ({}, {"sseAlgorithm": ""}, {"sseAlgorithm": None}):
        assert failed_in_all(pack, control, encryption_in_every_form(by_default)) == set()
    for rules in ([], {}, None):
        assert failed_in_all(pack, control, rules_in_every_form(rules)) == set()


def test_default_encryption_with_another_algorithm_fails_and_does_not_show_it(pack: PackProcess):
    stacks = encryption_in_every_form({"sseAlgorithm": "hunter2"})
    assert failed_in_all(pack, ENCRYPTION_AT_REST, stacks) == {"it"}
    assert not any("hunter2" in finding.message for finding in pack.evaluate_stack(stacks[0]))


@pytest.mark.parametrize("by_default", [UNKNOWN, {"sseAlgorithm": UNKNOWN}])
def test_unknown_algorithm_is_unverified(pack: PackProcess, by_default):
    assert unverified_in_all(pack, ENCRYPTION_AT_REST, encryption_in_every_form(by_default)) == {"it"}
    assert unverified_in_all(pack, BUCKET_KEY, encryption_in_every_form(by_default)) == {"it"}
    assert unverified_in_all(pack, BUCKET_KEY, encryption_in_every_form(by_default, bucketKeyEnabled=False)) == {"it"}
    assert failed_in_all(pack, BUCKET_KEY, encryption_in_every_form(by_default, bucketKeyEnabled=True)) == set()


@pytest.mark.parametrize("control", [ENCRYPTION_AT_REST, BUCKET_KEY, DENY_SSE_C])
def test_unknown_rules_are_unverified(pack: PackProcess, control):
    v7_stack = [data_bucket("it", serverSideEncryptionConfiguration=UNKNOWN)]
    v6_stack = [data_bucket("it", V6, serverSideEncryptionConfigurations=UNKNOWN)]
    for stack in [*rules_in_every_form(UNKNOWN), *rules_in_every_form([UNKNOWN]), v7_stack, v6_stack]:
        assert unverified_resources(pack, control, stack) == (bucket_of(stack) if control == DENY_SSE_C else {"it"})


@pytest.mark.parametrize("on", [True, "true"])
def test_enabled_bucket_key_passes(pack: PackProcess, on):
    assert (
        failed_in_all(pack, BUCKET_KEY, encryption_in_every_form({"sseAlgorithm": KMS}, bucketKeyEnabled=on)) == set()
    )


@pytest.mark.parametrize("algorithm", ["AES256", DSSE])
@pytest.mark.parametrize("off", [False, None, UNKNOWN])
def test_algorithm_without_bucket_keys_passes(pack: PackProcess, algorithm, off):
    assert (
        failed_in_all(
            pack,
            BUCKET_KEY,
            encryption_in_every_form({"sseAlgorithm": algorithm}, bucketKeyEnabled=off),
        )
        == set()
    )


@pytest.mark.parametrize("off", [False, "false", None])
def test_disabled_bucket_key_fails(pack: PackProcess, off):
    assert failed_in_all(pack, BUCKET_KEY, encryption_in_every_form({"sseAlgorithm": KMS}, bucketKeyEnabled=off)) == {
        "it"
    }
    assert failed_in_all(pack, BUCKET_KEY, encryption_in_every_form({"sseAlgorithm": KMS})) == {"it"}


def test_unknown_bucket_key_is_unverified(pack: PackProcess):
    assert unverified_in_all(
        pack,
        BUCKET_KEY,
        encryption_in_every_form({"sseAlgorithm": KMS}, bucketKeyEnabled=UNKNOWN),
    ) == {"it"}


def deny_old_tls(below: str = "1.2", **change: Any) -> dict[str, Any]:
    """Return a Deny of requests over a TLS version below this one."""
    condition = {"NumericLessThan": {"s3:TlsVersion": below}}
    return DENY_UPLOAD | {"Action": "s3:*", "Resource": [DATA, f"{DATA}/*"], "Condition": condition} | change


DENY_UPLOAD = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{DATA}/*"}
TLS_1_2_POLICIES = [
    [deny_old_tls()],
    [deny_old_tls("1.3")],
    [deny_old_tls(Action="*", Resource="*")],
    [deny_old_tls(Principal={"AWS": "*"})],
    [deny_old_tls(Resource=DATA), deny_old_tls(Resource=f"{DATA}/*")],
    [deny_old_tls(Condition={"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}})],
    [deny_old_tls(Condition={"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}})],
    [deny_old_tls(Condition={"StringEquals": {"s3:TlsVersion": ["1.0", "1.1"]}})],
    [deny_old_tls(Condition={"StringNotEquals": {"s3:TlsVersion": ["1.2", "1.3"]}})],
]
OLD_TLS_POLICIES = [
    [deny_old_tls("1.1")],
    [deny_old_tls(Condition={"NumericGreaterThan": {"s3:TlsVersion": "1.2"}})],
    [deny_old_tls(Condition={"Bool": {"aws:SecureTransport": "false"}})],
    [deny_old_tls(Condition={"NumericEquals": {"s3:TlsVersion": "1.0"}})],
    [deny_old_tls(Effect="Allow", Condition={"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}})],
    [deny_old_tls(Action="s3:PutObject")],
    [deny_old_tls(Action=["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"])],
    [deny_old_tls(Resource=DATA)],
    [deny_old_tls(Resource=f"{DATA}/*")],
    [deny_old_tls(Resource=[DATA, f"{DATA}/reports/*"])],
    [deny_old_tls(Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"])],
    [deny_old_tls(Principal={"AWS": "arn:aws:iam::111122223333:root"})],
    [deny_old_tls(Condition=deny_old_tls()["Condition"] | {"StringNotEquals": {"aws:PrincipalTag/team": "ops"}})],
    [deny_old_tls(Condition=deny_old_tls()["Condition"] | {"Bool": {"aws:SecureTransport": "false"}})],
]


@pytest.mark.parametrize("statements", TLS_1_2_POLICIES)
def test_policy_that_denies_old_tls_passes(pack: PackProcess, statements):
    assert failed_in_all(pack, TLS_1_2, policies_in_every_form(policy_text(*statements))) == set()


@pytest.mark.parametrize("statements", OLD_TLS_POLICIES)
def test_policy_that_allows_some_old_tls_fails(pack: PackProcess, statements):
    assert failed_in_all(pack, TLS_1_2, policies_in_every_form(policy_text(*statements))) == {"it"}


@pytest.mark.parametrize(
    "change",
    [
        *({prop: UNKNOWN} for prop in ("Effect", "Principal", "Action", "Resource", "Condition")),
        {"Principal": {"AWS": UNKNOWN}},
        {"Action": [UNKNOWN]},
        {"Resource": [DATA, UNKNOWN]},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": UNKNOWN}}},
        {"Condition": deny_old_tls()["Condition"] | {"StringEquals": UNKNOWN}},
    ],
)
def test_deny_of_old_tls_with_unknown_element_is_unverified(pack: PackProcess, change):
    assert unverified_resources(pack, TLS_1_2, component(deny_old_tls(**change))) == {"it"}
    assert failed_resources(pack, TLS_1_2, component(deny_old_tls(**change), deny_old_tls())) == set()


ALGORITHM_KEY = "s3:x-amz-server-side-encryption"
KMS_KEY_ID_KEY = f"{ALGORITHM_KEY}-aws-kms-key-id"
CUSTOMER_ALGORITHM_KEY = f"{ALGORITHM_KEY}-customer-algorithm"


def with_condition(statement: dict[str, Any] | None = None, **condition: Any) -> dict[str, Any]:
    return (statement or DENY_UPLOAD) | {"Condition": condition}


def default_encryption(algorithm: str = KMS, key: Any = KEY_ARN, comes_from: str = "") -> Resource:
    """Return the companion with the default encryption of the bucket."""
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]
    sources = {"rules": [comes_from]} if comes_from else {}
    return replace(companion(SSE_CONFIGURATION, "sse", rules=rules), comes_from=sources)


HAS_ALGORITHM = {ALGORITHM_KEY: "false"}
DENY_OTHER_KEYS = with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN})


def deny_updates_to_other_keys(key: Any = KEY_ARN) -> dict[str, Any]:
    return with_condition(DENY_UPLOAD | {"Action": "s3:UpdateObjectEncryption"}, StringNotEquals={KMS_KEY_ID_KEY: key})


DENY_KEY_UPDATES = deny_updates_to_other_keys()
OWN_KEY_POLICIES = [
    [DENY_OTHER_KEYS],
    [DENY_OTHER_KEYS | {"Action": ["s3:PutObject", "s3:PutObjectAcl"], "Principal": {"AWS": "*"}}],
    [DENY_OTHER_KEYS | {"Action": "s3:Put*", "Resource": "*"}],
    [with_condition(Null=HAS_ALGORITHM, ArnNotEquals={KMS_KEY_ID_KEY: KEY_ARN})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: f"*{KEY_ID}"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotEqualsIfExists={KMS_KEY_ID_KEY: KEY_ARN})],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={ALGORITHM_KEY: KMS}), DENY_OTHER_KEYS],
    [
        with_condition(StringEquals={ALGORITHM_KEY: "AES256"}),
        with_condition(StringLike={ALGORITHM_KEY: "aws:*"}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
    [
        with_condition(Null=HAS_ALGORITHM | {KMS_KEY_ID_KEY: "true"}),
        with_condition(Null={KMS_KEY_ID_KEY: "false"}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
]
WRONG_KEY_POLICIES = [
    [],
    [with_condition(StringNotEquals={ALGORITHM_KEY: KMS})],  # denies uploads without the header
    [with_condition(StringNotEqualsIfExists={ALGORITHM_KEY: KMS})],
    [with_condition(StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN})],
    [with_condition(Null={ALGORITHM_KEY: "true"}), DENY_OTHER_KEYS],
    [DENY_UPLOAD],
    [with_condition(Null=HAS_ALGORITHM)],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={ALGORITHM_KEY: KMS})],
    [with_condition(StringEquals={ALGORITHM_KEY: "AES256"})],
    [
        with_condition(StringEquals={ALGORITHM_KEY: "AES256"}),
        with_condition(Null={KMS_KEY_ID_KEY: "false"}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
    [
        with_condition(StringEquals={ALGORITHM_KEY: "AES256"}),
        with_condition(StringEquals={ALGORITHM_KEY: KMS}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: OTHER_KEY_ARN})],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: [KEY_ARN, OTHER_KEY_ARN]})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: "*"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: f"{KEY_ARN_PREFIX}/*"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: f"{KEY_ARN[:-12]}*"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: "*:111122223333:key/*"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: f"*{KEY_ID[1:]}"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotLike={KMS_KEY_ID_KEY: f"*{KEY_ID[:-1]}?"})],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: KEY_ID})],
    [with_condition(Null={ALGORITHM_KEY: "true"}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN})],
    [with_condition(StringLike={ALGORITHM_KEY: "aws:*"}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN})],
    [DENY_OTHER_KEYS | {"Effect": "Allow"}],
    [DENY_OTHER_KEYS | {"Action": "s3:PutObjectAcl"}],
    [DENY_OTHER_KEYS | {"Resource": f"{DATA}/reports/*"}],
    [DENY_OTHER_KEYS | {"Resource": DATA}],
    [DENY_OTHER_KEYS | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
    [with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN, "aws:PrincipalTag/team": "ops"})],
]


@pytest.mark.parametrize("statements", OWN_KEY_POLICIES)
def test_policy_that_allows_only_the_buckets_key_passes(pack: PackProcess, statements):
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*statements, DENY_KEY_UPDATES), default_encryption()),
        )
        == set()
    )
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*statements, DENY_KEY_UPDATES), default_encryption(key=KEY_ID)),
        )
        == set()
    )


@pytest.mark.parametrize("statements", WRONG_KEY_POLICIES)
def test_policy_that_allows_another_key_or_denies_the_buckets_key_fails(pack: PackProcess, statements):
    assert failed_in_all(
        pack, ENFORCE_KMS_KEY, policies_in_every_form(policy_text(*statements, DENY_KEY_UPDATES), default_encryption())
    ) == {"it"}


def test_policy_may_require_only_the_buckets_algorithm(pack: PackProcess):
    dsse_only = [with_condition(Null=HAS_ALGORITHM, StringNotEquals={ALGORITHM_KEY: DSSE}), DENY_OTHER_KEYS]
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*dsse_only, DENY_KEY_UPDATES), default_encryption(DSSE)),
        )
        == set()
    )
    assert failed_in_all(
        pack, ENFORCE_KMS_KEY, policies_in_every_form(policy_text(*dsse_only, DENY_KEY_UPDATES), default_encryption())
    ) == {"it"}


@pytest.mark.parametrize("key", [KEY_ARN, OTHER_KEY_ARN])
def test_policy_is_compared_with_the_buckets_key_in_the_stack(pack: PackProcess, key):
    """While the key's ARN isn't known, the ARN that the policy names counts as the key's."""
    known_key, new_key = (
        Resource("aws:kms/key:Key", "key", inputs) for inputs in ({"arn": KEY_ARN, "keyId": KEY_ID}, {})
    )
    by_reference = default_encryption(key=UNKNOWN, comes_from="key")
    statements = [
        with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: key}),
        deny_updates_to_other_keys(key),
    ]
    expected = set() if key == KEY_ARN else {"it"}
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*statements), default_encryption(), known_key),
        )
        == expected
    )
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*statements), by_reference, known_key),
        )
        == expected
    )
    assert (
        failed_in_all(
            pack,
            ENFORCE_KMS_KEY,
            policies_in_every_form(policy_text(*statements), by_reference, new_key),
        )
        == set()
    )
    two_keys = policy_text(
        *statements, with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: f"{KEY_ARN_PREFIX}/x"})
    )
    assert failed_in_all(pack, ENFORCE_KMS_KEY, policies_in_every_form(two_keys, by_reference, new_key)) == {"it"}


def test_unknown_key_passes_if_policy_and_default_come_from_the_same_key(pack: PackProcess):
    data, around, policy = component(
        with_condition(Null=HAS_ALGORITHM, StringNotEquals={KMS_KEY_ID_KEY: UNKNOWN}),
        deny_updates_to_other_keys(UNKNOWN),
    )
    kms_key, sse = Resource("aws:kms/key:Key", "key", {}), default_encryption(key=UNKNOWN, comes_from="key")
    policy_from_key = replace(policy, comes_from={"policy": ["key"]})
    assert failed_resources(pack, ENFORCE_KMS_KEY, [kms_key, around, data, sse, policy_from_key]) == set()
    assert unverified_resources(pack, ENFORCE_KMS_KEY, [around, data, default_encryption(), policy]) == {"it"}
    assert unverified_in_all(
        pack,
        ENFORCE_KMS_KEY,
        policies_in_every_form(policy_text(DENY_OTHER_KEYS, DENY_KEY_UPDATES), default_encryption(key=UNKNOWN)),
    ) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        UNKNOWN,
        DENY_OTHER_KEYS | {"Resource": UNKNOWN},
        DENY_OTHER_KEYS | {"Condition": UNKNOWN},
        with_condition(Null={ALGORITHM_KEY: UNKNOWN}, StringNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
)
def test_deny_of_other_keys_with_unknown_element_is_unverified(pack: PackProcess, statement):
    assert unverified_resources(
        pack, ENFORCE_KMS_KEY, [*component(statement, DENY_KEY_UPDATES), default_encryption()]
    ) == {"it"}


def test_deny_that_may_apply_to_compliant_uploads_is_unverified(pack: PackProcess):
    assert unverified_resources(
        pack,
        ENFORCE_KMS_KEY,
        [
            *component(DENY_OTHER_KEYS, DENY_KEY_UPDATES, with_condition(Null={ALGORITHM_KEY: UNKNOWN})),
            default_encryption(),
        ],
    ) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        DENY_KEY_UPDATES | {"Action": "s3:PutObject"},
        DENY_KEY_UPDATES | {"Resource": f"{DATA}/reports/*"},
        DENY_KEY_UPDATES | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}},
        DENY_KEY_UPDATES | {"Condition": DENY_OTHER_KEYS["Condition"]},  # the algorithm's key may be absent
        deny_updates_to_other_keys([KEY_ARN, OTHER_KEY_ARN]),
    ],
)
def test_policy_that_allows_changes_to_another_key_fails(pack: PackProcess, statement):
    text = policy_text(DENY_OTHER_KEYS, statement)
    assert failed_in_all(pack, ENFORCE_KMS_KEY, policies_in_every_form(text, default_encryption())) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        DENY_KEY_UPDATES | {"Condition": {}},
        DENY_KEY_UPDATES | {"Action": "s3:Update*", "Resource": "*"},
        with_condition(DENY_KEY_UPDATES, ArnNotEquals={KMS_KEY_ID_KEY: KEY_ARN}),
    ],
)
def test_policy_that_denies_changes_to_another_key_passes(pack: PackProcess, statement):
    text = policy_text(DENY_OTHER_KEYS, statement)
    assert failed_in_all(pack, ENFORCE_KMS_KEY, policies_in_every_form(text, default_encryption())) == set()


DENY_CUSTOMER_KEYS = with_condition(Null={CUSTOMER_ALGORITHM_KEY: "false"})
SSE_C_DENIED_POLICIES = [
    [DENY_CUSTOMER_KEYS],
    [with_condition(StringEquals={CUSTOMER_ALGORITHM_KEY: "AES256"})],
    [DENY_CUSTOMER_KEYS | {"Action": "s3:*", "Resource": "*", "Principal": {"AWS": "*"}}],
]
SSE_C_ALLOWED_POLICIES = [
    [],
    [DENY_OTHER_KEYS],
    [with_condition(Null={CUSTOMER_ALGORITHM_KEY: "true"})],
    [with_condition(StringNotEquals={CUSTOMER_ALGORITHM_KEY: "AES256"})],
    [with_condition(Null={CUSTOMER_ALGORITHM_KEY: "false"}, StringEquals={"aws:PrincipalTag/team": "ops"})],
    [DENY_CUSTOMER_KEYS | {"Effect": "Allow"}],
    [DENY_CUSTOMER_KEYS | {"Action": "s3:GetObject"}],
    [DENY_CUSTOMER_KEYS | {"Resource": f"{DATA}/reports/*"}],
    [DENY_CUSTOMER_KEYS | {"Resource": DATA}],
    [DENY_CUSTOMER_KEYS | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
]


@pytest.mark.parametrize("statements", SSE_C_DENIED_POLICIES)
def test_policy_that_denies_sse_c_passes(pack: PackProcess, statements):
    for others in ([], [default_encryption()]):
        assert failed_in_all(pack, DENY_SSE_C, policies_in_every_form(policy_text(*statements), *others)) == set()


@pytest.mark.parametrize("statements", SSE_C_ALLOWED_POLICIES)
def test_policy_that_allows_some_sse_c_fails(pack: PackProcess, statements):
    for stack in policies_in_every_form(policy_text(*statements), default_encryption()):
        assert failed_resources(pack, DENY_SSE_C, stack) == bucket_of(stack)


@pytest.mark.parametrize("statements", SSE_C_ALLOWED_POLICIES)
def test_each_of_two_policies_has_to_deny_sse_c(pack: PackProcess, statements):
    """A bucket has only one, so one of the two is lost."""
    right = companion("BucketPolicy", "right", policy=policy_text(DENY_CUSTOMER_KEYS))
    other = companion("BucketPolicy", "other", policy=policy_text(*statements))
    unknown = companion("BucketPolicy", "other", policy=UNKNOWN)
    for one, two in ((right, other), (other, right)):
        assert failed_resources(pack, DENY_SSE_C, [data_bucket(), one, two]) == {"bucket"}
    for one, two in ((right, unknown), (unknown, right)):
        assert unverified_resources(pack, DENY_SSE_C, [data_bucket(), one, two]) == {"bucket"}
    assert failed_resources(pack, DENY_SSE_C, [data_bucket(), right, replace(right, name="other")]) == set()


def test_policy_has_to_enforce_the_key_of_each_of_two_default_encryptions(pack: PackProcess):
    """A bucket has only one, so one of the two is lost."""
    policy = companion("BucketPolicy", policy=policy_text(DENY_OTHER_KEYS, DENY_KEY_UPDATES))
    first, second = default_encryption(), default_encryption(key=OTHER_KEY_ARN)
    second = replace(second, name="second")
    for one, two in ((first, second), (second, first)):
        assert failed_resources(pack, ENFORCE_KMS_KEY, [data_bucket(), policy, one, two]) == {"it"}
    assert failed_resources(pack, ENFORCE_KMS_KEY, [data_bucket(), policy, first]) == set()


@pytest.mark.parametrize(
    ("blocked_types", "resources_of", "passes"),
    [
        (["SSE-C"], failed_resources, True),
        ([UNKNOWN, "SSE-C"], failed_resources, True),
        ([], failed_resources, False),
        (None, failed_resources, False),
        (["NONE"], failed_resources, False),
        (UNKNOWN, unverified_resources, False),
        ([UNKNOWN], unverified_resources, False),
    ],
)
def test_sse_c_as_blocked_encryption_type_passes(pack: PackProcess, blocked_types, resources_of, passes):
    for stack in encryption_in_every_form({"sseAlgorithm": KMS}, blockedEncryptionTypes=blocked_types):
        assert resources_of(pack, DENY_SSE_C, stack) == (set() if passes else bucket_of(stack))
        with_policy = [*stack, companion("BucketPolicy", "policy", policy=policy_text(DENY_CUSTOMER_KEYS))]
        assert failed_resources(pack, DENY_SSE_C, with_policy) == set()


def test_deny_of_sse_c_with_unknown_element_is_unverified(pack: PackProcess):
    for statement in (
        UNKNOWN,
        DENY_CUSTOMER_KEYS | {"Resource": UNKNOWN},
        with_condition(Null={CUSTOMER_ALGORITHM_KEY: UNKNOWN}),
    ):
        assert unverified_resources(pack, DENY_SSE_C, component(statement)) == {"bucket"}


@pytest.mark.parametrize("control", [TLS_1_2, ENFORCE_KMS_KEY, DENY_SSE_C])
def test_malformed_policy_fails_and_unknown_policy_is_unverified(pack: PackProcess, control):
    for stack in policies_in_every_form("{", default_encryption()):
        assert failed_resources(pack, control, stack) == (bucket_of(stack) if control == DENY_SSE_C else {"it"})
    for stack in policies_in_every_form(UNKNOWN, default_encryption()):
        assert unverified_resources(pack, control, stack) == (bucket_of(stack) if control == DENY_SSE_C else {"it"})


@pytest.mark.parametrize(
    ("control", "statement"),
    [(TLS_1_2, deny_old_tls()), (ENFORCE_KMS_KEY, DENY_OTHER_KEYS), (DENY_SSE_C, DENY_CUSTOMER_KEYS)],
)
def test_policy_of_a_bucket_of_unknown_name_is_unverified(pack: PackProcess, control, statement):
    stack = [data_bucket("it", bucket=None, policy=policy_text(statement)), default_encryption()]
    assert unverified_resources(pack, control, stack) == {"it"}


OTHER_ALGORITHM = {"rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "other"}}}
COMPLIANT_STATEMENTS = [deny_old_tls(), DENY_OTHER_KEYS, DENY_KEY_UPDATES, DENY_CUSTOMER_KEYS]
DATA_CLASSES_BY_CONTROL = {
    ENCRYPTION_AT_REST: ALL_DATA_CLASSES,
    BUCKET_KEY: ALL_DATA_CLASSES[:2],
    TLS_1_2: ALL_DATA_CLASSES,
    ENFORCE_KMS_KEY: ALL_DATA_CLASSES[:2],
    DENY_SSE_C: ALL_DATA_CLASSES[:2],
}


@pytest.mark.parametrize("control", DATA_CLASSES_BY_CONTROL)
@pytest.mark.parametrize("data_class", ALL_DATA_CLASSES)
def test_control_applies_by_data_class(pack: PackProcess, control, data_class):
    bucket_without_settings = [data_bucket("it", data_class=data_class)]
    noncompliant = {
        "policy": policy_text(DENY_UPLOAD | {"Action": "s3:GetObject"}),
        "serverSideEncryptionConfiguration": OTHER_ALGORITHM,
    }
    expected = {"it"} if data_class in DATA_CLASSES_BY_CONTROL[control] else set()
    assert failed_resources(pack, control, [data_bucket("it", data_class=data_class, **noncompliant)]) == expected
    if control not in (ENCRYPTION_AT_REST, BUCKET_KEY):
        assert failed_resources(pack, control, bucket_without_settings) == expected


@pytest.mark.parametrize("control", DATA_CLASSES_BY_CONTROL)
def test_only_the_noncompliant_bucket_of_two_fails(pack: PackProcess, control):
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": KMS}, "bucketKeyEnabled": True}
    encryption = {"serverSideEncryptionConfiguration": {"rule": rule}}
    compliant_bucket = data_bucket(
        "right",
        bucket="right",
        policy=policy_text(*COMPLIANT_STATEMENTS).replace(DATA, "arn:aws:s3:::right"),
        **encryption,
    )
    noncompliant_bucket = data_bucket("it", serverSideEncryptionConfiguration=OTHER_ALGORITHM)
    assert failed_resources(pack, control, [compliant_bucket, noncompliant_bucket]) == {"it"}
