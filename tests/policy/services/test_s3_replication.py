"""S3 replication and backups of buckets. In every stack, `data` is the bucket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.sample_stacks import ACCOUNT
from tests.policy.services.s3_stacks import V7, both_versions

CONTROL = "s3-replication-or-backup"
WEST, EAST = "us-west-2", "us-east-1"
KEY_ID = "0a1b2c3d-0000-1111-2222-333344445555"


def bucket(name: str = "data", data_class: str = "PHI", token: str = V7, region: str = EAST, **inputs: Any) -> Resource:
    bucket_inputs = {"bucket": name, "tags": {"DataClass": data_class}} | inputs
    return Resource(token, name, bucket_inputs, region=region, account=ACCOUNT)


def key_arn(region: str = WEST, key: str = f"key/{KEY_ID}") -> str:
    return f"arn:aws:kms:{region}:111122223333:{key}"


REPLICA_BUCKET = bucket("copy", "Replica", region=WEST)
REPLICA_KEY = Resource("aws:kms/key:Key", "copy-key", {}, region=WEST)
FOREIGN_BUCKET_ARN = "arn:aws:s3:::of-another-stack"


def replication_rule(
    key: Any = None, to: Any = "arn:aws:s3:::copy", kms: Any = "Enabled", **properties: Any
) -> dict[str, Any]:
    return {
        "status": "Enabled",
        "filter": {},
        "sourceSelectionCriteria": {"sseKmsEncryptedObjects": {"status": kms}},
        "destination": {"bucket": to, "encryptionConfiguration": {"replicaKmsKeyId": key or key_arn()}},
    } | properties


def replicated_stack(*rules: Any, token: str = V7) -> list[Resource]:
    config = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
    return [bucket(token=token), REPLICA_BUCKET, Resource(config, "it", {"bucket": "data", "rules": list(rules)})]


def replicated_by_reference(*rules: Any, sources: list[str], bucket_from: str = "data") -> list[Resource]:
    *stack, config = replicated_stack(*rules)
    inputs = config.inputs | {"bucket": UNKNOWN}
    comes_from = {"bucket": [bucket_from], "rules": sources}
    return [*stack, REPLICA_KEY, replace(config, inputs=inputs, comes_from=comes_from)]


@both_versions
@pytest.mark.parametrize(
    "rules",
    [
        [replication_rule()],
        [replication_rule(filter=None)],
        [replication_rule(filter={"prefix": ""})],
        [replication_rule(filter=None, prefix="")],
        [replication_rule(deleteMarkerReplication={"status": "Enabled"})],
        [
            replication_rule(
                deleteMarkerReplication={"status": "Disabled"}, existingObjectReplication={"status": "Enabled"}
            )
        ],
        [replication_rule(key_arn(key="alias/copy"))],
        [replication_rule(key_arn(key="key/mrk-0a1b2c3d4e5f60718293a4b5c6d7e8f9"))],
        [replication_rule(KEY_ID)],
        [replication_rule(to="copy")],
        [replication_rule(to=FOREIGN_BUCKET_ARN)],
        [replication_rule(filter={"prefix": "phi/"}, priority=2), replication_rule(priority=1)],
        [replication_rule(status="Disabled"), replication_rule()],
        [replication_rule(UNKNOWN), replication_rule()],
    ],
)
def test_replication_of_the_whole_bucket_passes(pack: PackProcess, rules, token):
    assert failed_resources(pack, CONTROL, replicated_stack(*rules, token=token)) == set()


@pytest.mark.parametrize(
    ("other_rules", "resources_of", "expected"),
    [
        ([replication_rule()], failed_resources, set()),
        ([replication_rule(status="Disabled")], failed_resources, {"data"}),
        ([], failed_resources, {"data"}),
        (UNKNOWN, unverified_resources, {"data"}),
    ],
)
def test_each_of_two_replication_configurations_has_to_copy_every_object(
    pack: PackProcess, other_rules, resources_of, expected
):
    """A bucket has only one, so one of the two is lost."""
    *stack, config = replicated_stack(replication_rule())
    other = replace(config, name="other", inputs=config.inputs | {"rules": other_rules})
    for configurations in ([config, other], [other, config]):
        assert resources_of(pack, CONTROL, [*stack, *configurations]) == expected


def test_replication_may_refer_to_destination_and_key(pack: PackProcess):
    stack = replicated_by_reference(replication_rule(UNKNOWN, UNKNOWN), sources=["copy", "copy-key"])
    assert failed_resources(pack, CONTROL, stack) == set()
    assert failed_resources(pack, CONTROL, [replace(resource, region=EAST) for resource in stack]) == {"data"}
    *others, key, config = stack
    assert key.name == "copy-key"
    assert failed_resources(pack, CONTROL, [*others, replace(key, region=EAST), config]) == {"data"}


def test_region_property_of_the_replica_outweighs_its_provider(pack: PackProcess):
    data, copy, config = replicated_stack(replication_rule())
    west_replica = replace(copy, region=EAST, inputs=copy.inputs | {"region": WEST})
    assert failed_resources(pack, CONTROL, [data, west_replica, config]) == set()
    east_replica = replace(copy, inputs=copy.inputs | {"region": EAST})
    assert failed_resources(pack, CONTROL, [data, east_replica, config]) == {"data"}


@both_versions
@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{}],
        [replication_rule(status="Disabled")],
        [replication_rule(status=None)],
        [replication_rule(filter={"prefix": "phi/"})],
        [replication_rule(filter=None, prefix="phi/")],
        [replication_rule(filter={"tag": {"key": "class", "value": "phi"}})],
        [replication_rule(filter={"and": {"prefix": "", "tags": {"class": "phi"}}})],
        [replication_rule(kms="Disabled")],
        [replication_rule(kms=None)],
        [replication_rule(sourceSelectionCriteria=None)],
        [replication_rule(sourceSelectionCriteria={"replicaModifications": {"status": "Enabled"}})],
        [replication_rule(destination={"bucket": "arn:aws:s3:::copy"})],
        [replication_rule(destination={"encryptionConfiguration": {"replicaKmsKeyId": key_arn()}})],
        [replication_rule(to="")],
        [replication_rule("alias/aws/s3")],
        [replication_rule(key_arn(key="alias/aws/s3"))],
        [replication_rule("hunter2")],
        [replication_rule(to="arn:aws:s3:::data")],
        [replication_rule(key_arn(EAST), to=FOREIGN_BUCKET_ARN)],
        [replication_rule(key_arn(EAST))],
        [replication_rule(key_arn("eu-west-1"))],
        [replication_rule(filter={"prefix": "a"}), replication_rule(filter={"prefix": "b"})],
        [replication_rule(status="Disabled"), replication_rule(filter={"prefix": "phi/"})],
        [replication_rule(kms="Disabled"), replication_rule(filter={"prefix": "phi/"})],
        [replication_rule(UNKNOWN, status="Disabled")],
        [replication_rule(UNKNOWN, filter={"prefix": "phi/"})],
        [replication_rule(to=UNKNOWN, kms="Disabled")],
    ],
)
def test_missing_or_insufficient_replication_fails(pack: PackProcess, rules, token):
    assert failed_resources(pack, CONTROL, replicated_stack(*rules, token=token)) == {"data"}


def test_replication_in_the_same_region_fails(pack: PackProcess):
    data, copy, config = replicated_stack(replication_rule(key_arn(EAST)))
    assert failed_resources(pack, CONTROL, [data, replace(copy, region=EAST), config]) == {"data"}


@pytest.mark.parametrize(
    "unknown_rule",
    [
        UNKNOWN,
        replication_rule(status=UNKNOWN),
        replication_rule(filter=UNKNOWN),
        replication_rule(filter={"prefix": UNKNOWN}),
        replication_rule(sourceSelectionCriteria=UNKNOWN),
        replication_rule(kms=UNKNOWN),
        replication_rule(UNKNOWN),
        replication_rule(to=UNKNOWN),
        replication_rule(destination=UNKNOWN),
        replication_rule(destination={"bucket": "arn:aws:s3:::copy", "encryptionConfiguration": UNKNOWN}),
        replication_rule(KEY_ID, to=FOREIGN_BUCKET_ARN),
    ],
)
def test_unknown_replication_is_unverified(pack: PackProcess, unknown_rule):
    assert unverified_resources(pack, CONTROL, replicated_stack(unknown_rule)) == {"data"}
    assert unverified_resources(pack, CONTROL, replicated_stack(replication_rule(status="Disabled"), unknown_rule)) == {
        "data"
    }


def test_unknown_rules_are_unverified(pack: PackProcess):
    data, copy, config = replicated_stack()
    assert unverified_resources(
        pack, CONTROL, [data, copy, replace(config, inputs={"bucket": "data", "rules": UNKNOWN})]
    ) == {"data"}


def test_replica_key_that_may_be_either_of_two_is_unverified(pack: PackProcess):
    second_key = replace(REPLICA_KEY, name="more-key")
    assert unverified_resources(
        pack,
        CONTROL,
        [second_key, *replicated_by_reference(replication_rule(UNKNOWN), sources=["copy-key", "more-key"])],
    ) == {"data"}


# AWS Backup

VAULT = Resource("aws:backup/vault:Vault", "vault", {"name": "vault"})


def plan(*rules: Any) -> Resource:
    return Resource("aws:backup/plan:Plan", "plan", {"rules": list(rules)})


def selection(region: str = EAST, sources: tuple[str, ...] = (), **inputs: Any) -> Resource:
    comes_from = {"planId": ["plan"], "resources": sources, "notResources": sources}
    token = "aws:backup/selection:Selection"
    return Resource(
        token, "it", {"planId": UNKNOWN, "iamRoleArn": "role"} | inputs, comes_from=comes_from, region=region
    )


def backed_up_stack(
    *rules: Any, data: Resource | None = None, region: str = EAST, sources: tuple[str, ...] = (), **inputs: Any
) -> list[Resource]:
    backup_selection = selection(region, sources, **inputs)
    backup_plan = plan(*rules or [{"ruleName": "nightly", "targetVaultName": "vault"}])
    return [data or bucket(), bucket("other", "Other"), VAULT, backup_plan, backup_selection]


def selection_tag(key: Any, value: Any) -> dict[str, Any]:
    return {"type": "STRINGEQUALS", "key": key, "value": value}


def condition(operator: str, key: Any, value: Any) -> list[dict[str, Any]]:
    """Return the conditions of a selection: one, on a tag."""
    return [{operator: [{"key": key, "value": value}]}]


TAGS = {"DataClass": "PHI", "backup": "yes"}
TAG_CONDITION_KEY = "aws:ResourceTag/backup"


@both_versions
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
        {"selectionTags": [selection_tag("backup", "yes")]},
        {"selectionTags": [selection_tag("tier", "gold"), selection_tag("backup", "yes")]},
        {"selectionTags": [selection_tag("tier", UNKNOWN), selection_tag("backup", "yes")]},
        {"selectionTags": [selection_tag("backup", "no")], "resources": ["arn:aws:s3:::data"]},
        {"resources": ["*"], "conditions": []},
        {"resources": ["*"], "conditions": [{"stringEquals": []}]},
        {"resources": ["*"], "conditions": condition("stringEquals", TAG_CONDITION_KEY, "yes")},
        {"resources": ["*"], "conditions": condition("stringLikes", TAG_CONDITION_KEY, "y*")},
        {"resources": ["*"], "conditions": condition("stringNotEquals", TAG_CONDITION_KEY, "no")},
        {"resources": ["*"], "conditions": condition("stringNotLikes", TAG_CONDITION_KEY, "n*")},
    ],
)
def test_selected_bucket_passes(pack: PackProcess, inputs, token):
    assert failed_resources(pack, CONTROL, backed_up_stack(data=bucket(token=token, tags=TAGS), **inputs)) == set()


@both_versions
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
        {"selectionTags": [selection_tag("backup", "no")]},
        {"selectionTags": [selection_tag("backup", "YES")]},
        {"selectionTags": [selection_tag("Backup", "yes")]},
        {"selectionTags": [selection_tag("backup", "yes")], "notResources": ["arn:aws:s3:::*"]},
        {"resources": ["*"], "conditions": condition("stringEquals", TAG_CONDITION_KEY, "no")},
        {"resources": ["*"], "conditions": condition("stringEquals", "aws:ResourceTag/tier", "gold")},
        {"resources": ["*"], "conditions": condition("stringEquals", "backup", "yes")},
        {"resources": ["*"], "conditions": condition("stringLikes", TAG_CONDITION_KEY, "n*")},
        {"resources": ["*"], "conditions": condition("stringNotEquals", TAG_CONDITION_KEY, "yes")},
        {"resources": ["*"], "conditions": condition("stringNotLikes", TAG_CONDITION_KEY, "*")},
        {
            "resources": ["*"],
            "conditions": condition("stringEquals", TAG_CONDITION_KEY, "yes")
            + condition("stringLikes", TAG_CONDITION_KEY, "n*"),
        },
        {"resources": ["*"], "conditions": condition("somethingElse", TAG_CONDITION_KEY, "yes")},
    ],
)
def test_bucket_that_is_not_selected_fails(pack: PackProcess, inputs, token):
    assert failed_resources(pack, CONTROL, backed_up_stack(data=bucket(token=token, tags=TAGS), **inputs)) == {"data"}


def locked_stack(*lifecycles: Any, **limits: Any) -> list[Resource]:
    """Return a stack with a lock on the vault, and a plan with a rule for each lifecycle."""
    rules = [{"ruleName": "nightly", "targetVaultName": "vault", "lifecycle": lifecycle} for lifecycle in lifecycles]
    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    return [*backed_up_stack(*rules, resources=["*"]), Resource(token, "lock", {"backupVaultName": "vault"} | limits)]


@pytest.mark.parametrize(
    ("lifecycles", "limits"),
    [
        ([{"deleteAfter": 7}], {"minRetentionDays": 8}),
        ([{"deleteAfter": 7}, {"deleteAfter": 1}], {"minRetentionDays": 8}),
        ([{"deleteAfter": 36}], {"minRetentionDays": 7, "maxRetentionDays": 35}),
        ([None], {"minRetentionDays": 7, "maxRetentionDays": 35}),
        ([{"deleteAfter": 0}], {"minRetentionDays": 7, "maxRetentionDays": 35}),
    ],
)
def test_backups_that_the_lock_of_the_vault_refuses_dont_count(pack: PackProcess, lifecycles, limits):
    assert failed_resources(pack, CONTROL, locked_stack(*lifecycles, **limits)) == {"data"}


@pytest.mark.parametrize(
    ("lifecycles", "limits"),
    [
        ([{"deleteAfter": 7}], {"minRetentionDays": 7, "maxRetentionDays": 7}),
        ([{"deleteAfter": 1}, {"deleteAfter": 8}], {"minRetentionDays": 8}),
        ([None], {"minRetentionDays": 8}),
        ([{"deleteAfter": 1}], {}),
    ],
)
def test_backups_that_the_lock_of_the_vault_accepts_count(pack: PackProcess, lifecycles, limits):
    stack = locked_stack(*lifecycles, **limits)
    assert failed_resources(pack, CONTROL, stack) == unverified_resources(pack, CONTROL, stack) == set()


@pytest.mark.parametrize(
    ("lifecycle", "limits"),
    [({"deleteAfter": UNKNOWN}, {"minRetentionDays": 7}), ({"deleteAfter": 7}, {"minRetentionDays": UNKNOWN})],
)
def test_backups_with_unknown_retention_are_unverified(pack: PackProcess, lifecycle, limits):
    assert unverified_resources(pack, CONTROL, locked_stack(lifecycle, **limits)) == {"data"}


@pytest.mark.parametrize("rules", [[{}], [{"targetVaultName": ""}], [{"targetVaultName": None}]])
def test_plan_without_vault_fails(pack: PackProcess, rules):
    assert failed_resources(pack, CONTROL, backed_up_stack(*rules, resources=["*"])) == {"data"}
    *stack, _, backup_selection = backed_up_stack(resources=["*"])
    assert failed_resources(pack, CONTROL, [*stack, plan(), backup_selection]) == {"data"}


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
        {"selectionTags": [selection_tag("backup", UNKNOWN)]},
        {"selectionTags": [selection_tag(UNKNOWN, "yes")]},
        {"resources": ["*"], "conditions": UNKNOWN},
        {"resources": ["*"], "conditions": [UNKNOWN]},
        {"resources": ["*"], "conditions": [{"stringEquals": UNKNOWN}]},
        {"resources": ["*"], "conditions": condition("stringEquals", TAG_CONDITION_KEY, UNKNOWN)},
        {"resources": ["*"], "conditions": condition("stringEquals", UNKNOWN, "yes")},
        {"resources": ["*"], "planId": "of-another-stack"},
        {
            "resources": ["*"],
            "data": bucket(tags=UNKNOWN),
            "conditions": condition("stringEquals", TAG_CONDITION_KEY, "yes"),
        },
        {"selectionTags": [selection_tag("backup", "yes")], "data": bucket(tags=UNKNOWN)},
        {
            "selectionTags": [selection_tag("backup", "yes")],
            "data": bucket(tags={"DataClass": "PHI", "backup": UNKNOWN}),
        },
    ],
)
def test_unknown_selection_is_unverified(pack: PackProcess, inputs):
    assert unverified_resources(pack, CONTROL, backed_up_stack(**{"data": bucket(tags=TAGS), **inputs})) == {"data"}


@pytest.mark.parametrize("rules", [UNKNOWN, [UNKNOWN], [{"targetVaultName": UNKNOWN}]])
def test_plan_with_unknown_vault_is_unverified(pack: PackProcess, rules):
    *stack, backup_plan, backup_selection = backed_up_stack(resources=["*"])
    assert unverified_resources(
        pack, CONTROL, [*stack, replace(backup_plan, inputs={"rules": rules}), backup_selection]
    ) == {"data"}


def test_plan_may_refer_to_its_vault(pack: PackProcess):
    *stack, backup_plan, backup_selection = backed_up_stack({"targetVaultName": UNKNOWN}, resources=["*"])
    assert (
        failed_resources(
            pack, CONTROL, [*stack, replace(backup_plan, comes_from={"rules": ["vault"]}), backup_selection]
        )
        == set()
    )


@pytest.mark.parametrize(
    ("inputs", "resources_of", "expected"),
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
def test_selection_of_a_bucket_that_pulumi_names(pack: PackProcess, inputs, resources_of, expected):
    unnamed = Resource(V7, "data", {"tags": TAGS})
    assert resources_of(pack, CONTROL, backed_up_stack(data=unnamed, **inputs)) == expected


# Replication or backup


@both_versions
@pytest.mark.parametrize("data_class", ["PHI", "Replica", "CloudTrailLog", "S3AccessLog", "Inventory", "Other"])
def test_bucket_without_copies_fails_only_if_it_holds_phi(pack: PackProcess, data_class, token):
    stack = [bucket(data_class=data_class, token=token)]
    assert failed_resources(pack, CONTROL, stack) == ({"data"} if data_class == "PHI" else set())


def test_replication_or_backup_is_enough(pack: PackProcess):
    partial_rule = replication_rule(filter={"prefix": "phi/"})
    assert (
        failed_resources(pack, CONTROL, [*replicated_stack(partial_rule), *backed_up_stack(resources=["*"])[2:]])
        == set()
    )
    unverified_stack = replicated_stack(replication_rule(status=UNKNOWN))
    assert failed_resources(pack, CONTROL, [*unverified_stack, *backed_up_stack(resources=["*"])[2:]]) == set()


def test_only_the_bucket_without_copies_fails(pack: PackProcess):
    second_bucket = bucket("two")
    assert failed_resources(pack, CONTROL, [second_bucket, *replicated_stack(replication_rule())]) == {"two"}
    assert failed_resources(pack, CONTROL, [second_bucket, *backed_up_stack(resources=["arn:aws:s3:::data"])]) == {
        "two"
    }
    assert failed_resources(
        pack, CONTROL, [second_bucket, *replicated_by_reference(replication_rule(), sources=[], bucket_from="two")]
    ) == {"data"}


def test_backup_plan_of_another_account_does_not_count(pack: PackProcess):
    for account, expected in ((ACCOUNT, set()), ("999999999999", {"data"})):
        data = replace(bucket(), account=ACCOUNT)
        stack = [
            replace(resource, provider=account, account=account)
            if resource.type.startswith("aws:backup/")
            else resource
            for resource in backed_up_stack(data=data, resources=["*"])
        ]
        assert failed_resources(pack, CONTROL, stack) == expected
