"""S3: that every object is copied elsewhere, by replication or by AWS Backup. In each stack `data` is the bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

CONTROL = "s3-replication-or-backup"
V7, V6 = "aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2"
WEST, EAST = "us-west-2", "us-east-1"
KEY_ID = "0a1b2c3d-0000-1111-2222-333344445555"


def bucket(name: str = "data", data_class: str = "PHI", token: str = V7, region: str = EAST, **inputs: Any) -> Resource:
    given = {"bucket": name, "tags": {"DataClass": data_class}} | inputs
    return Resource(token, name, given, region=region)


def key_arn(region: str = WEST, key: str = f"key/{KEY_ID}") -> str:
    return f"arn:aws:kms:{region}:111122223333:{key}"


COPY = bucket("copy", "Replica", region=WEST)
COPY_KEY = Resource("aws:kms/key:Key", "copy-key", {}, region=WEST)
ELSEWHERE = "arn:aws:s3:::of-another-stack"


def rule(key: Any = None, to: Any = "arn:aws:s3:::copy", kms: Any = "Enabled", **given: Any) -> dict[str, Any]:
    return {
        "status": "Enabled",
        "filter": {},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": kms}},
        "destination": {"bucket": to, "encryptionConfiguration": {"replicaKmsKeyId": key or key_arn()}},
    } | given


def replicated(*rules: Any, token: str = V7) -> list[Resource]:
    config = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    return [bucket(token=token), COPY, Resource(config, "it", {"bucket": "data", "rules": list(rules)})]


def joined(*rules: Any, sources: list[str], bucket_from: str = "data") -> list[Resource]:
    *stack, config = replicated(*rules)
    inputs = config.inputs | {"bucket": UNKNOWN}
    comes_from = {"bucket": [bucket_from], "rules": sources}
    return [*stack, COPY_KEY, replace(config, inputs=inputs, comes_from=comes_from)]


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    "rules",
    [
        [rule()],
        [rule(filter=None)],
        [rule(filter={"prefix": ""})],
        [rule(filter=None, prefix="")],
        [rule(deleteMarkerReplication={"status": "Enabled"})],
        [rule(deleteMarkerReplication={"status": "Disabled"}, existingObjectReplication={"status": "Enabled"})],
        [rule(key_arn(key="alias/copy"))],
        [rule(key_arn(key="key/mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9"))],
        [rule(KEY_ID)],
        [rule(to="copy")],
        [rule(to=ELSEWHERE)],
        [rule(filter={"prefix": "phi/"}, priority=2), rule(priority=1)],
        [rule(status="Disabled"), rule()],
        [rule(UNKNOWN), rule()],
    ],
)
def test_a_bucket_that_is_replicated_as_a_whole_passes(pack: PackProcess, rules, token):
    assert failed_resources(pack, CONTROL, replicated(*rules, token=token)) == set()


def test_a_replica_and_its_key_by_reference(pack: PackProcess):
    whole = rule(UNKNOWN, UNKNOWN)
    stack = joined(whole, sources=["copy", "copy-key"])
    assert failed_resources(pack, CONTROL, stack) == set()
    assert failed_resources(pack, CONTROL, [replace(each, region=EAST) for each in stack]) == {"data"}
    assert failed_resources(pack, CONTROL, [replace(e, region=EAST) if e.name == "copy-key" else e for e in stack]) == {
        "data"
    }


def test_a_replica_that_says_itself_where_it_is(pack: PackProcess):
    data, copy, config = replicated(rule())
    there = replace(copy, region=EAST, inputs=copy.inputs | {"region": WEST})
    assert failed_resources(pack, CONTROL, [data, there, config]) == set()
    here = replace(copy, inputs=copy.inputs | {"region": EAST})
    assert failed_resources(pack, CONTROL, [data, here, config]) == {"data"}


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{}],
        [rule(status="Disabled")],
        [rule(status=None)],
        [rule(filter={"prefix": "phi/"})],
        [rule(filter=None, prefix="phi/")],
        [rule(filter={"tag": {"key": "class", "value": "phi"}})],
        [rule(filter={"and": {"prefix": "", "tags": {"class": "phi"}}})],
        [rule(kms="Disabled")],
        [rule(kms=None)],
        [rule(sourceSelectionCriteria=None)],
        [rule(sourceSelectionCriteria={"replicaModifications": {"status": "Enabled"}})],
        [rule(destination={"bucket": "arn:aws:s3:::copy"})],
        [rule(destination={"encryptionConfiguration": {"replicaKmsKeyId": key_arn()}})],
        [rule(to="")],
        [rule("alias/aws/s3")],
        [rule(key_arn(key="alias/aws/s3"))],
        [rule("hunter2")],
        [rule(to="arn:aws:s3:::data")],
        [rule(key_arn(EAST), to=ELSEWHERE)],
        [rule(key_arn(EAST))],
        [rule(key_arn("eu-west-1"))],
        [rule(filter={"prefix": "a"}), rule(filter={"prefix": "b"})],
        [rule(status="Disabled"), rule(filter={"prefix": "phi/"})],
        [rule(kms="Disabled"), rule(filter={"prefix": "phi/"})],
        [rule(UNKNOWN, status="Disabled")],
        [rule(UNKNOWN, filter={"prefix": "phi/"})],
        [rule(to=UNKNOWN, kms="Disabled")],
    ],
)
def test_a_bucket_that_is_not_or_badly_replicated_fails(pack: PackProcess, rules, token):
    assert failed_resources(pack, CONTROL, replicated(*rules, token=token)) == {"data"}


def test_replicas_in_the_same_region_are_not_elsewhere(pack: PackProcess):
    data, copy, config = replicated(rule(key_arn(EAST)))
    assert failed_resources(pack, CONTROL, [data, replace(copy, region=EAST), config]) == {"data"}


@pytest.mark.parametrize(
    "given",
    [
        UNKNOWN,
        rule(status=UNKNOWN),
        rule(filter=UNKNOWN),
        rule(filter={"prefix": UNKNOWN}),
        rule(sourceSelectionCriteria=UNKNOWN),
        rule(kms=UNKNOWN),
        rule(UNKNOWN),
        rule(to=UNKNOWN),
        rule(destination=UNKNOWN),
        rule(destination={"bucket": "arn:aws:s3:::copy", "encryptionConfiguration": UNKNOWN}),
        rule(KEY_ID, to=ELSEWHERE),
    ],
)
def test_a_replication_that_isnt_known_is_told(pack: PackProcess, given):
    assert unverified_resources(pack, CONTROL, replicated(given)) == {"data"}
    assert unverified_resources(pack, CONTROL, replicated(rule(status="Disabled"), given)) == {"data"}


def test_rules_that_arent_known_are_told(pack: PackProcess):
    data, copy, config = replicated()
    assert unverified_resources(
        pack, CONTROL, [data, copy, replace(config, inputs={"bucket": "data", "rules": UNKNOWN})]
    ) == {"data"}


def test_a_key_that_may_be_either_of_two_is_told(pack: PackProcess):
    more = replace(COPY_KEY, name="more-key")
    assert unverified_resources(pack, CONTROL, [more, *joined(rule(UNKNOWN), sources=["copy-key", "more-key"])]) == {
        "data"
    }


# AWS Backup

VAULT = Resource("aws:backup/vault:Vault", "vault", {"name": "vault"})


def plan(*rules: Any) -> Resource:
    return Resource("aws:backup/plan:Plan", "plan", {"rules": list(rules)})


def selection(region: str = EAST, sources: tuple[str, ...] = (), **inputs: Any) -> Resource:
    comes_from = {"planId": ["plan"], "resources": sources, "notResources": sources}
    kind = "aws:backup/selection:Selection"
    return Resource(
        kind, "it", {"planId": UNKNOWN, "iamRoleArn": "role"} | inputs, comes_from=comes_from, region=region
    )


def backed_up(
    *rules: Any, data: Resource | None = None, region: str = EAST, sources: tuple[str, ...] = (), **inputs: Any
) -> list[Resource]:
    it = selection(region, sources, **inputs)
    nightly = plan(*rules or [{"ruleName": "nightly", "targetVaultName": "vault"}])
    return [data or bucket(), bucket("other", "Other"), VAULT, nightly, it]


def tagged(key: Any, value: Any) -> dict[str, Any]:
    return {"type": "STRINGEQUALS", "key": key, "value": value}


def only(operator: str, key: Any, value: Any) -> list[dict[str, Any]]:
    """The conditions of a selection of everything."""
    return [{operator: [{"key": key, "value": value}]}]


TAGS = {"DataClass": "PHI", "backup": "yes"}
TAG = "aws:ResourceTag/backup"


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    "inputs",
    [
        {"resources": ["arn:aws:s3:::data"]},
        {"resources": ["arn:aws:s3:::other", "arn:aws:s3:::da*"]},
        {"resources": ["arn:aws:s3:::*"]},
        {"resources": ["*"]},
        {"resources": [UNKNOWN], "sources": ("data",)},
        {"resources": ["*"], "notResources": ["arn:aws:s3:::data2", "arn:aws:ec2:*:*:volume/*"]},
        {"resources": ["*"], "notResources": [UNKNOWN], "sources": ("other",)},
        {"selectionTags": [tagged("backup", "yes")]},
        {"selectionTags": [tagged("tier", "gold"), tagged("backup", "yes")]},
        {"selectionTags": [tagged("tier", UNKNOWN), tagged("backup", "yes")]},
        {"selectionTags": [tagged("backup", "no")], "resources": ["arn:aws:s3:::data"]},
        {"resources": ["*"], "conditions": []},
        {"resources": ["*"], "conditions": [{"stringEquals": []}]},
        {"resources": ["*"], "conditions": only("stringEquals", TAG, "yes")},
        {"resources": ["*"], "conditions": only("stringLikes", TAG, "y*")},
        {"resources": ["*"], "conditions": only("stringNotEquals", TAG, "no")},
        {"resources": ["*"], "conditions": only("stringNotLikes", TAG, "n*")},
    ],
)
def test_a_bucket_that_is_backed_up_passes(pack: PackProcess, inputs, token):
    assert failed_resources(pack, CONTROL, backed_up(data=bucket(token=token, tags=TAGS), **inputs)) == set()


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize(
    "inputs",
    [
        {},
        {"resources": []},
        {"resources": [""]},
        {"resources": ["data"]},
        {"resources": ["arn:aws:s3:::other"]},
        {"resources": ["arn:aws:s3:::data-*"]},
        {"resources": ["arn:aws:s3:::data/*"]},
        {"resources": ["arn:aws:dynamodb:*:*:table/*"]},
        {"resources": [UNKNOWN], "sources": ("other",)},
        {"resources": ["*"], "notResources": ["arn:aws:s3:::data"]},
        {"resources": ["*"], "notResources": ["arn:aws:s3:::d*"]},
        {"resources": ["*"], "notResources": [UNKNOWN, "*"]},
        {"resources": ["*"], "notResources": [UNKNOWN], "sources": ("data",)},
        {"resources": ["*"], "region": WEST},
        {"selectionTags": []},
        {"selectionTags": [tagged("backup", "no")]},
        {"selectionTags": [tagged("backup", "YES")]},
        {"selectionTags": [tagged("Backup", "yes")]},
        {"selectionTags": [tagged("backup", "yes")], "notResources": ["arn:aws:s3:::*"]},
        {"resources": ["*"], "conditions": only("stringEquals", TAG, "no")},
        {"resources": ["*"], "conditions": only("stringEquals", "aws:ResourceTag/tier", "gold")},
        {"resources": ["*"], "conditions": only("stringEquals", "backup", "yes")},
        {"resources": ["*"], "conditions": only("stringLikes", TAG, "n*")},
        {"resources": ["*"], "conditions": only("stringNotEquals", TAG, "yes")},
        {"resources": ["*"], "conditions": only("stringNotLikes", TAG, "*")},
        {"resources": ["*"], "conditions": only("stringEquals", TAG, "yes") + only("stringLikes", TAG, "n*")},
        {"resources": ["*"], "conditions": only("somethingElse", TAG, "yes")},
    ],
)
def test_a_bucket_that_isnt_backed_up_fails(pack: PackProcess, inputs, token):
    assert failed_resources(pack, CONTROL, backed_up(data=bucket(token=token, tags=TAGS), **inputs)) == {"data"}


@pytest.mark.parametrize("rules", [[{}], [{"targetVaultName": ""}], [{"targetVaultName": None}]])
def test_a_plan_without_a_vault_backs_nothing_up(pack: PackProcess, rules):
    assert failed_resources(pack, CONTROL, backed_up(*rules, resources=["*"])) == {"data"}
    *stack, _, it = backed_up(resources=["*"])
    assert failed_resources(pack, CONTROL, [*stack, plan(), it]) == {"data"}


@pytest.mark.parametrize(
    "inputs",
    [
        {"resources": UNKNOWN},
        {"resources": [UNKNOWN]},
        {"resources": [UNKNOWN], "sources": ("data", "other")},
        {"resources": ["*"], "notResources": UNKNOWN},
        {"resources": ["*"], "notResources": [UNKNOWN], "sources": ("data", "other")},
        {"selectionTags": UNKNOWN},
        {"selectionTags": [UNKNOWN]},
        {"selectionTags": [tagged("backup", UNKNOWN)]},
        {"selectionTags": [tagged(UNKNOWN, "yes")]},
        {"resources": ["*"], "conditions": UNKNOWN},
        {"resources": ["*"], "conditions": [UNKNOWN]},
        {"resources": ["*"], "conditions": [{"stringEquals": UNKNOWN}]},
        {"resources": ["*"], "conditions": only("stringEquals", TAG, UNKNOWN)},
        {"resources": ["*"], "conditions": only("stringEquals", UNKNOWN, "yes")},
        {"resources": ["*"], "planId": "of-another-stack"},
        {"resources": ["*"], "data": bucket(tags=UNKNOWN), "conditions": only("stringEquals", TAG, "yes")},
        {"selectionTags": [tagged("backup", "yes")], "data": bucket(tags=UNKNOWN)},
        {"selectionTags": [tagged("backup", "yes")], "data": bucket(tags={"DataClass": "PHI", "backup": UNKNOWN})},
    ],
)
def test_a_backup_that_isnt_known_is_told(pack: PackProcess, inputs):
    assert unverified_resources(pack, CONTROL, backed_up(**{"data": bucket(tags=TAGS), **inputs})) == {"data"}


@pytest.mark.parametrize("rules", [UNKNOWN, [UNKNOWN], [{"targetVaultName": UNKNOWN}]])
def test_a_vault_that_isnt_known_is_told(pack: PackProcess, rules):
    *stack, nightly, it = backed_up(resources=["*"])
    assert unverified_resources(pack, CONTROL, [*stack, replace(nightly, inputs={"rules": rules}), it]) == {"data"}


def test_a_vault_by_reference(pack: PackProcess):
    *stack, nightly, it = backed_up({"targetVaultName": UNKNOWN}, resources=["*"])
    assert failed_resources(pack, CONTROL, [*stack, replace(nightly, comes_from={"rules": ["vault"]}), it]) == set()


@pytest.mark.parametrize(
    ("inputs", "judge", "answer"),
    [
        ({"resources": ["*"]}, failed_resources, set()),
        ({"resources": ["arn:aws:s3:::*"]}, failed_resources, set()),
        ({"resources": [UNKNOWN], "sources": ("data",)}, failed_resources, set()),
        ({"resources": ["arn:aws:ec2:*:*:volume/*"]}, failed_resources, {"data"}),
        ({"resources": ["*"], "notResources": ["arn:aws:s3:::*"]}, failed_resources, {"data"}),
        ({"resources": ["*"], "notResources": ["arn:aws:s3:::d*"]}, unverified_resources, {"data"}),
        ({"resources": ["arn:aws:s3:::data*"]}, unverified_resources, {"data"}),
    ],
)
def test_a_bucket_that_pulumi_names(pack: PackProcess, inputs, judge, answer):
    unnamed = Resource(V7, "data", {"tags": TAGS})
    assert judge(pack, CONTROL, backed_up(data=unnamed, **inputs)) == answer


# Either of them


@pytest.mark.parametrize("token", [V7, V6])
@pytest.mark.parametrize("data_class", ["PHI", "Replica", "CloudTrailLog", "S3AccessLog", "Inventory", "Other"])
def test_what_is_nowhere_copied_fails_if_it_is_phi(pack: PackProcess, data_class, token):
    stack = [bucket(data_class=data_class, token=token)]
    assert failed_resources(pack, CONTROL, stack) == ({"data"} if data_class == "PHI" else set())


def test_either_is_enough(pack: PackProcess):
    bad = rule(filter={"prefix": "phi/"})
    assert failed_resources(pack, CONTROL, [*replicated(bad), *backed_up(resources=["*"])[2:]]) == set()
    open_ = replicated(rule(status=UNKNOWN))
    assert failed_resources(pack, CONTROL, [*open_, *backed_up(resources=["*"])[2:]]) == set()


def test_two_buckets_of_which_one_is_copied(pack: PackProcess):
    two = bucket("two")
    assert failed_resources(pack, CONTROL, [two, *replicated(rule())]) == {"two"}
    assert failed_resources(pack, CONTROL, [two, *backed_up(resources=["arn:aws:s3:::data"])]) == {"two"}
    assert failed_resources(pack, CONTROL, [two, *joined(rule(), sources=[], bucket_from="two")]) == {"data"}
