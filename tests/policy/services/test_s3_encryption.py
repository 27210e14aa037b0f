"""S3: how objects are encrypted, at rest and on the way, and what uploads may ask for. In each stack `it` is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

AT_REST, BUCKET_KEY, TLS = "s3-encryption-at-rest", "s3-bucket-key", "s3-tls-1-2"
ONE_KEY, NO_SSE_C = "s3-enforce-kms-key", "s3-deny-sse-c"

V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
SSE = "BucketServerSideEncryptionConfiguration"
DATA = "arn:aws:s3:::data"
ID = "0a1b2c3d-0000-1111-2222-333344445555"
KEYS = "arn:aws:kms:us-east-1:111122223333:key"
ARN, OTHER_ARN = f"{KEYS}/{ID}", f"{KEYS}/99999999-0000-1111-2222-333344445555"
KMS, DSSE = "aws:kms", "aws:kms:dsse"


def bucket(name: str = "bucket", token: str = V7, data_class: str = "PHI", **inputs: Any) -> Resource:
    return Resource(token, name, {"bucket": "data", "tags": {"DataClass": data_class}} | inputs)


def companion(kind: str, name: str = "it", **inputs: Any) -> Resource:
    return Resource(f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}", name, {"bucket": "data"} | inputs)


def joined(kind: str, **inputs: Any) -> Resource:
    """A companion whose bucket is told only by where its value comes from."""
    given = companion(kind, bucket=UNKNOWN, **inputs)
    return Resource(given.type, given.name, given.inputs, comes_from={"bucket": ["bucket"]})


def encrypted(default: Any, **rule: Any) -> list[list[Resource]]:
    """A rule of the default encryption in every way that it can be declared."""
    whole = {"applyServerSideEncryptionByDefault": default} | rule
    listed = {"applyServerSideEncryptionByDefaults": default if default == UNKNOWN else [default]} | rule
    return [
        [bucket(), companion(SSE, rules=[whole])],
        [bucket(token=V6), joined(f"{SSE}V2", rules=[whole])],
        [bucket("it", serverSideEncryptionConfiguration={"rule": whole})],
        [bucket("it", V6, serverSideEncryptionConfigurations=[{"rules": [listed]}])],
    ]


def unread(rules: Any) -> list[list[Resource]]:
    """The same where there may be no rule to read."""
    rule = rules[0] if isinstance(rules, list) and rules else rules
    return [
        [bucket(), companion(SSE, rules=rules)],
        [bucket("it", serverSideEncryptionConfiguration={"rule": rule})],
        [bucket("it", V6, serverSideEncryptionConfigurations=[{"rules": rules}])],
    ]


def policies(policy: Any, *others: Resource) -> list[list[Resource]]:
    return [
        [bucket(), companion("BucketPolicy", policy=policy), *others],
        [bucket(token=V6), joined("BucketPolicy", policy=policy), *others],
        [bucket("it", policy=policy), *others],
        [bucket("it", V6, policy=policy), *others],
    ]


def text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def component(*statements: Any) -> list[Resource]:
    """A policy whose text isn't known yet, within a component that declares the structure of its document."""
    around = Resource("example:x:Component", "around", {"bucketPolicy": {"Statement": list(statements)}})
    given = companion("BucketPolicy", policy=UNKNOWN)
    return [around, bucket(), Resource(given.type, "it", given.inputs, "around")]


def unknown(pack: PackProcess, control: str, stack: list[Resource]) -> set[str]:
    """The resources that can't be told yet, which blocks, but for a matter of cost."""
    findings = findings_for(pack, control, stack)
    assert all("known yet" in finding.message and finding.mandatory == (control != BUCKET_KEY) for finding in findings)
    return {finding.resource for finding in findings}


def alike(ask: Callable[..., set[str]], pack: PackProcess, control: str, stacks: list[list[Resource]]) -> set[str]:
    """What is answered of each of these stacks."""
    answers = [ask(pack, control, stack) for stack in stacks]
    assert answers == answers[:1] * len(stacks)
    return answers[0]


def told(stack: list[Resource]) -> set[str]:
    """It is the bucket that takes a customer's key, whatever sets it."""
    return {stack[0].name}


@pytest.mark.parametrize("algorithm", ["AES256", KMS, DSSE])
@pytest.mark.parametrize("key", [{}, {"kmsMasterKeyId": ARN}, {"kmsMasterKeyId": UNKNOWN}])
def test_default_encryption_of_any_kind_passes(pack: PackProcess, algorithm, key):
    assert alike(failed_resources, pack, AT_REST, encrypted({"sseAlgorithm": algorithm} | key)) == set()


@pytest.mark.parametrize("default", [{}, {"sseAlgorithm": ""}, {"sseAlgorithm": None}, {"sseAlgorithm": "hunter2"}])
def test_no_default_encryption_fails(pack: PackProcess, default):
    assert alike(failed_resources, pack, AT_REST, encrypted(default)) == {"it"}
    assert not any("hunter2" in finding.message for finding in pack.evaluate_stack(encrypted(default)[0]))
    for rules in ([], {}, None):
        assert alike(failed_resources, pack, AT_REST, unread(rules)) == {"it"}


@pytest.mark.parametrize("default", [UNKNOWN, {"sseAlgorithm": UNKNOWN}])
def test_an_algorithm_that_is_not_known_is_told(pack: PackProcess, default):
    assert alike(unknown, pack, AT_REST, encrypted(default)) == {"it"}
    assert alike(unknown, pack, BUCKET_KEY, encrypted(default)) == {"it"}
    assert alike(unknown, pack, BUCKET_KEY, encrypted(default, bucketKeyEnabled=False)) == {"it"}
    assert alike(failed_resources, pack, BUCKET_KEY, encrypted(default, bucketKeyEnabled=True)) == set()


@pytest.mark.parametrize("control", [AT_REST, BUCKET_KEY, NO_SSE_C])
def test_rules_that_are_not_known_are_told(pack: PackProcess, control):
    own = [bucket("it", serverSideEncryptionConfiguration=UNKNOWN)]
    own_v6 = [bucket("it", V6, serverSideEncryptionConfigurations=UNKNOWN)]
    for stack in [*unread(UNKNOWN), *unread([UNKNOWN]), own, own_v6]:
        assert unknown(pack, control, stack) == (told(stack) if control == NO_SSE_C else {"it"})


@pytest.mark.parametrize("on", [True, "true"])
def test_a_bucket_key_that_is_on_passes(pack: PackProcess, on):
    assert alike(failed_resources, pack, BUCKET_KEY, encrypted({"sseAlgorithm": KMS}, bucketKeyEnabled=on)) == set()


@pytest.mark.parametrize("algorithm", ["AES256", DSSE])
@pytest.mark.parametrize("off", [False, None, UNKNOWN])
def test_what_can_have_no_bucket_key_needs_none(pack: PackProcess, algorithm, off):
    assert (
        alike(failed_resources, pack, BUCKET_KEY, encrypted({"sseAlgorithm": algorithm}, bucketKeyEnabled=off)) == set()
    )


@pytest.mark.parametrize("off", [False, "false", None])
def test_a_bucket_key_that_is_not_on_fails(pack: PackProcess, off):
    assert alike(failed_resources, pack, BUCKET_KEY, encrypted({"sseAlgorithm": KMS}, bucketKeyEnabled=off)) == {"it"}
    assert alike(failed_resources, pack, BUCKET_KEY, encrypted({"sseAlgorithm": KMS})) == {"it"}


def test_a_bucket_key_that_is_not_known_is_told(pack: PackProcess):
    assert alike(unknown, pack, BUCKET_KEY, encrypted({"sseAlgorithm": KMS}, bucketKeyEnabled=UNKNOWN)) == {"it"}


def old(below: str = "1.2", **change: Any) -> dict[str, Any]:
    """A Deny of what comes over an older TLS."""
    condition = {"NumericLessThan": {"s3:TlsVersion": below}}
    return DENY | {"Action": "s3:*", "Resource": [DATA, f"{DATA}/*"], "Condition": condition} | change


DENY = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"{DATA}/*"}
MODERN = [
    [old()],
    [old("1.3")],
    [old(Action="*", Resource="*")],
    [old(Principal={"AWS": "*"})],
    [old(Resource=DATA), old(Resource=f"{DATA}/*")],
    [old(Condition={"NumericLessThanIfExists": {"s3:TlsVersion": 1.2}})],
    [old(Condition={"NumericLessThanEquals": {"s3:TlsVersion": "1.1"}})],
    [old(Condition={"StringEquals": {"s3:TlsVersion": ["1.0", "1.1"]}})],
    [old(Condition={"StringNotEquals": {"s3:TlsVersion": ["1.2", "1.3"]}})],
]
ANTIQUE = [
    [old("1.1")],
    [old(Condition={"NumericGreaterThan": {"s3:TlsVersion": "1.2"}})],
    [old(Condition={"Bool": {"aws:SecureTransport": "false"}})],
    [old(Condition={"NumericEquals": {"s3:TlsVersion": "1.0"}})],
    [old(Effect="Allow", Condition={"NumericGreaterThanEquals": {"s3:TlsVersion": "1.2"}})],
    [old(Action="s3:PutObject")],
    [old(Action=["s3:Get*", "s3:Put*", "s3:List*", "s3:Delete*"])],
    [old(Resource=DATA)],
    [old(Resource=f"{DATA}/*")],
    [old(Resource=[DATA, f"{DATA}/reports/*"])],
    [old(Resource=["arn:aws:s3:::other", "arn:aws:s3:::other/*"])],
    [old(Principal={"AWS": "arn:aws:iam::111122223333:root"})],
    [old(Condition=old()["Condition"] | {"StringNotEquals": {"aws:PrincipalTag/team": "ops"}})],
    [old(Condition=old()["Condition"] | {"Bool": {"aws:SecureTransport": "false"}})],
]


@pytest.mark.parametrize("statements", MODERN)
def test_a_policy_that_denies_old_tls_passes(pack: PackProcess, statements):
    assert alike(failed_resources, pack, TLS, policies(text(*statements))) == set()


@pytest.mark.parametrize("statements", ANTIQUE)
def test_a_policy_that_lets_some_old_tls_in_fails(pack: PackProcess, statements):
    assert alike(failed_resources, pack, TLS, policies(text(*statements))) == {"it"}


@pytest.mark.parametrize(
    "change",
    [
        *({prop: UNKNOWN} for prop in ("Effect", "Principal", "Action", "Resource", "Condition")),
        {"Principal": {"AWS": UNKNOWN}},
        {"Action": [UNKNOWN]},
        {"Resource": [DATA, UNKNOWN]},
        {"Condition": {"NumericLessThan": {"s3:TlsVersion": UNKNOWN}}},
        {"Condition": old()["Condition"] | {"StringEquals": UNKNOWN}},
    ],
)
def test_a_deny_of_old_tls_with_an_unknown_leaf_is_told(pack: PackProcess, change):
    assert unknown(pack, TLS, component(old(**change))) == {"it"}
    assert failed_resources(pack, TLS, component(old(**change), old())) == set()


ALGORITHM = "s3:x-amz-server-side-encryption"
KEY = f"{ALGORITHM}-aws-kms-key-id"
CUSTOMER = f"{ALGORITHM}-customer-algorithm"


def where(statement: dict[str, Any] | None = None, **condition: Any) -> dict[str, Any]:
    return (statement or DENY) | {"Condition": condition}


def default(algorithm: str = KMS, key: Any = ARN, comes_from: str = "") -> Resource:
    """The bucket's own encryption."""
    rules = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": algorithm, "kmsMasterKeyId": key}}]
    sources = {"rules": [comes_from]} if comes_from else {}
    given = companion(SSE, "sse", rules=rules)
    return Resource(given.type, given.name, given.inputs, comes_from=sources)


ASKED = {ALGORITHM: "false"}
OWN_KEY = where(Null=ASKED, StringNotEquals={KEY: ARN})
RIGHT = [
    [OWN_KEY],
    [OWN_KEY | {"Action": ["s3:PutObject", "s3:PutObjectAcl"], "Principal": {"AWS": "*"}}],
    [OWN_KEY | {"Action": "s3:Put*", "Resource": "*"}],
    [where(Null=ASKED, ArnNotEquals={KEY: ARN})],
    [where(Null=ASKED, StringNotLike={KEY: f"*{ID}"})],
    [where(Null=ASKED, StringNotEqualsIfExists={KEY: ARN})],
    [where(Null=ASKED, StringNotEquals={ALGORITHM: KMS}), OWN_KEY],
    [where(StringEquals={ALGORITHM: "AES256"}), where(StringLike={ALGORITHM: "aws:*"}, StringNotEquals={KEY: ARN})],
    [where(Null=ASKED | {KEY: "true"}), where(Null={KEY: "false"}, StringNotEquals={KEY: ARN})],
]
WRONG = [
    [],
    [where(StringNotEquals={ALGORITHM: KMS})],  # the guide's: refuses what says nothing
    [where(StringNotEqualsIfExists={ALGORITHM: KMS})],
    [where(StringNotEquals={KEY: ARN})],
    [where(Null={ALGORITHM: "true"}), OWN_KEY],
    [DENY],
    [where(Null=ASKED)],
    [where(Null=ASKED, StringNotEquals={ALGORITHM: KMS})],
    [where(StringEquals={ALGORITHM: "AES256"})],
    [where(StringEquals={ALGORITHM: "AES256"}), where(Null={KEY: "false"}, StringNotEquals={KEY: ARN})],
    [where(StringEquals={ALGORITHM: "AES256"}), where(StringEquals={ALGORITHM: KMS}, StringNotEquals={KEY: ARN})],
    [where(Null=ASKED, StringNotEquals={KEY: OTHER_ARN})],
    [where(Null=ASKED, StringNotEquals={KEY: [ARN, OTHER_ARN]})],
    [where(Null=ASKED, StringNotLike={KEY: "*"})],
    [where(Null=ASKED, StringNotLike={KEY: f"{KEYS}/*"})],
    [where(Null=ASKED, StringNotLike={KEY: f"{ARN[:-12]}*"})],
    [where(Null=ASKED, StringNotLike={KEY: "*:111122223333:key/*"})],
    [where(Null=ASKED, StringNotLike={KEY: f"*{ID[1:]}"})],
    [where(Null=ASKED, StringNotLike={KEY: f"*{ID[:-1]}?"})],
    [where(Null=ASKED, StringNotEquals={KEY: ID})],
    [where(Null={ALGORITHM: "true"}, StringNotEquals={KEY: ARN})],
    [where(StringLike={ALGORITHM: "aws:*"}, StringNotEquals={KEY: ARN})],
    [OWN_KEY | {"Effect": "Allow"}],
    [OWN_KEY | {"Action": "s3:PutObjectAcl"}],
    [OWN_KEY | {"Resource": f"{DATA}/reports/*"}],
    [OWN_KEY | {"Resource": DATA}],
    [OWN_KEY | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
    [where(Null=ASKED, StringNotEquals={KEY: ARN, "aws:PrincipalTag/team": "ops"})],
]


@pytest.mark.parametrize("statements", RIGHT)
def test_a_policy_for_the_buckets_key_alone_passes(pack: PackProcess, statements):
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), default())) == set()
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), default(key=ID))) == set()


@pytest.mark.parametrize("statements", WRONG)
def test_a_policy_for_another_key_or_against_the_right_one_fails(pack: PackProcess, statements):
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), default())) == {"it"}


def test_the_right_algorithm_is_the_buckets(pack: PackProcess):
    dual = [where(Null=ASKED, StringNotEquals={ALGORITHM: DSSE}), OWN_KEY]
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*dual), default(DSSE))) == set()
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*dual), default())) == {"it"}


@pytest.mark.parametrize("statements", [[OWN_KEY], [where(Null=ASKED, StringNotEquals={KEY: OTHER_ARN})]])
def test_the_key_is_the_stacks_own(pack: PackProcess, statements):
    """While its ARN isn't known, the one that the policy names is taken for it."""
    known, new = (Resource("aws:kms/key:Key", "key", given) for given in ({"arn": ARN, "keyId": ID}, {}))
    joined_key = default(key=UNKNOWN, comes_from="key")
    expected = set() if statements == [OWN_KEY] else {"it"}
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), default(), known)) == expected
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), joined_key, known)) == expected
    assert alike(failed_resources, pack, ONE_KEY, policies(text(*statements), joined_key, new)) == set()
    two = text(*statements, where(Null=ASKED, StringNotEquals={KEY: f"{KEYS}/x"}))
    assert alike(failed_resources, pack, ONE_KEY, policies(two, joined_key, new)) == {"it"}


def test_a_key_that_is_not_known_in_the_policy_and_as_the_default(pack: PackProcess):
    around, data, policy = component(where(Null=ASKED, StringNotEquals={KEY: UNKNOWN}))
    key, own = Resource("aws:kms/key:Key", "key", {}), default(key=UNKNOWN, comes_from="key")
    of_key = Resource(policy.type, "it", policy.inputs, "around", {"policy": ["key"]})
    assert failed_resources(pack, ONE_KEY, [key, around, data, own, of_key]) == set()
    assert unknown(pack, ONE_KEY, [around, data, default(), policy]) == {"it"}
    assert alike(unknown, pack, ONE_KEY, policies(text(OWN_KEY), default(key=UNKNOWN))) == {"it"}


@pytest.mark.parametrize(
    "statement",
    [
        UNKNOWN,
        OWN_KEY | {"Resource": UNKNOWN},
        OWN_KEY | {"Condition": UNKNOWN},
        where(Null={ALGORITHM: UNKNOWN}, StringNotEquals={KEY: ARN}),
    ],
)
def test_a_deny_of_another_key_with_an_unknown_leaf_is_told(pack: PackProcess, statement):
    assert unknown(pack, ONE_KEY, [*component(statement), default()]) == {"it"}


def test_a_deny_that_may_be_of_the_right_upload_is_told(pack: PackProcess):
    assert unknown(pack, ONE_KEY, [*component(OWN_KEY, where(Null={ALGORITHM: UNKNOWN})), default()]) == {"it"}


SSE_C = where(Null={CUSTOMER: "false"})
REFUSED = [
    [SSE_C],
    [where(StringEquals={CUSTOMER: "AES256"})],
    [SSE_C | {"Action": "s3:*", "Resource": "*", "Principal": {"AWS": "*"}}],
]
TAKEN = [
    [],
    [OWN_KEY],
    [where(Null={CUSTOMER: "true"})],
    [where(StringNotEquals={CUSTOMER: "AES256"})],
    [where(Null={CUSTOMER: "false"}, StringEquals={"aws:PrincipalTag/team": "ops"})],
    [SSE_C | {"Effect": "Allow"}],
    [SSE_C | {"Action": "s3:GetObject"}],
    [SSE_C | {"Resource": f"{DATA}/reports/*"}],
    [SSE_C | {"Resource": DATA}],
    [SSE_C | {"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}],
]


@pytest.mark.parametrize("statements", REFUSED)
def test_a_policy_that_refuses_customer_keys_passes(pack: PackProcess, statements):
    for others in ([], [default()]):
        assert alike(failed_resources, pack, NO_SSE_C, policies(text(*statements), *others)) == set()


@pytest.mark.parametrize("statements", TAKEN)
def test_a_policy_that_takes_some_customer_keys_fails(pack: PackProcess, statements):
    for stack in policies(text(*statements), default()):
        assert failed_resources(pack, NO_SSE_C, stack) == told(stack)


@pytest.mark.parametrize(
    ("blocked", "ask", "blocks"),
    [
        (["SSE-C"], failed_resources, True),
        ([UNKNOWN, "SSE-C"], failed_resources, True),
        ([], failed_resources, False),
        (None, failed_resources, False),
        (["NONE"], failed_resources, False),
        (UNKNOWN, unknown, False),
        ([UNKNOWN], unknown, False),
    ],
)
def test_sse_c_may_be_a_blocked_type(pack: PackProcess, blocked, ask, blocks):
    for stack in encrypted({"sseAlgorithm": KMS}, blockedEncryptionTypes=blocked):
        assert ask(pack, NO_SSE_C, stack) == (set() if blocks else told(stack))
        of_policy = [*stack, companion("BucketPolicy", "policy", policy=text(SSE_C))]
        assert failed_resources(pack, NO_SSE_C, of_policy) == set()


def test_a_deny_of_customer_keys_with_an_unknown_leaf_is_told(pack: PackProcess):
    for statement in (UNKNOWN, SSE_C | {"Resource": UNKNOWN}, where(Null={CUSTOMER: UNKNOWN})):
        assert unknown(pack, NO_SSE_C, component(statement)) == {"bucket"}


@pytest.mark.parametrize("control", [TLS, ONE_KEY, NO_SSE_C])
def test_a_policy_that_can_not_be_read(pack: PackProcess, control):
    for stack in policies("{", default()):
        assert failed_resources(pack, control, stack) == (told(stack) if control == NO_SSE_C else {"it"})
    for stack in policies(UNKNOWN, default()):
        assert unknown(pack, control, stack) == (told(stack) if control == NO_SSE_C else {"it"})


@pytest.mark.parametrize(("control", "statement"), [(TLS, old()), (ONE_KEY, OWN_KEY), (NO_SSE_C, SSE_C)])
def test_a_policy_of_a_bucket_whose_name_is_not_known_is_told(pack: PackProcess, control, statement):
    stack = [bucket("it", bucket=None, policy=text(statement)), default()]
    assert unknown(pack, control, stack) == {"it"}


EVERY = ("PHI", "Replica", "S3AccessLog", "CloudTrailLog", "Inventory", "Public", "Internal", "Other")
RIGHT_ONES = [old(), OWN_KEY, SSE_C]
FAULTS = {AT_REST: EVERY, BUCKET_KEY: EVERY[:2], TLS: EVERY, ONE_KEY: EVERY[:2], NO_SSE_C: EVERY[:2]}


@pytest.mark.parametrize("control", FAULTS)
@pytest.mark.parametrize("data_class", EVERY)
def test_a_bucket_is_asked_by_what_it_is_for(pack: PackProcess, control, data_class):
    bare = [bucket("it", data_class=data_class)]
    faulty = {"policy": text(DENY | {"Action": "s3:GetObject"}), "serverSideEncryptionConfiguration": {"rule": {}}}
    for stack in (bare, [bucket("it", data_class=data_class, **faulty)]):
        assert failed_resources(pack, control, stack) == ({"it"} if data_class in FAULTS[control] else set())


@pytest.mark.parametrize("control", FAULTS)
def test_two_buckets_of_which_one_is_wrong(pack: PackProcess, control):
    rule = {"applyServerSideEncryptionByDefault": {"sseAlgorithm": KMS}, "bucketKeyEnabled": True}
    encryption = {"serverSideEncryptionConfiguration": {"rule": rule}}
    right = bucket("right", bucket="right", policy=text(*RIGHT_ONES).replace(DATA, "arn:aws:s3:::right"), **encryption)
    for token in (V6, V7):
        assert failed_resources(pack, control, [right, bucket("it", token)]) == {"it"}
