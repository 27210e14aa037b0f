"""AWS Backup vaults, their keys, locks and policies, the copies of backups, and the facts about backup selections."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from crossguard.graph import Graph
from crossguard.readers.backup import READERS
from crossguard.resource_inputs import ResourceInputs
from crossguard.resources import PulumiResource
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget
from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN

CUSTOMER_MANAGED_KEY, VAULT_LOCK = "backup-vault-customer-managed-key", "backup-vault-lock"
KEY_SEPARATION = "backup-vault-key-separation"
VAULT, PLAN, SELECTION = "aws:backup/vault:Vault", "aws:backup/plan:Plan", "aws:backup/selection:Selection"
VAULT_POLICY = "aws:backup/vaultPolicy:VaultPolicy"
AIR_GAPPED = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"


def vault(name: str = "vault", **inputs: Any) -> Resource:
    return Resource(VAULT, name, {"name": f"the-{name}", "kmsKeyArn": KEY_ARN} | inputs, account=ACCOUNT)


def lock(vault_name: str = "the-vault", *sources: str, name: str = "lock", **inputs: Any) -> Resource:
    lock_inputs = {"backupVaultName": vault_name, "minRetentionDays": 7} | inputs
    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    return Resource(token, name, lock_inputs, comes_from={"backupVaultName": sources})


@pytest.mark.parametrize(
    "key", [None, "", "alias/aws/backup", "arn:aws:kms:us-east-1:111122223333:alias/aws/backup", "x"]
)
def test_vault_without_customer_managed_key_fails(pack: PackProcess, key):
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [vault("right"), vault(kmsKeyArn=key)]) == {"vault"}


def test_vault_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    referring_vault = Resource(VAULT, "vault", {"kmsKeyArn": UNKNOWN}, comes_from={"kmsKeyArn": ["key"]})
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [key, referring_vault]) == set()
    assert unverified_resources(pack, CUSTOMER_MANAGED_KEY, [key, vault(kmsKeyArn=UNKNOWN)]) == {"vault"}


@pytest.mark.parametrize(
    "vault_lock", [lock(), lock(UNKNOWN, "vault"), lock(minRetentionDays=1), lock(minRetentionDays="1")]
)
def test_vault_with_lock_passes(pack: PackProcess, vault_lock):
    assert failed_resources(pack, VAULT_LOCK, [vault(), vault_lock]) == set()
    assert failed_resources(pack, VAULT_LOCK, [vault(), vault("other"), vault_lock]) == {"other"}


@pytest.mark.parametrize(
    "locks",
    [
        [],
        [lock(minRetentionDays=None)],
        [lock(minRetentionDays=0)],
        [lock("of-another-stack")],
        [lock(), lock(name="more", minRetentionDays=0)],
        [lock(name="more", minRetentionDays=UNKNOWN), lock(minRetentionDays=0)],
    ],
)
def test_vault_without_sufficient_lock_fails(pack: PackProcess, locks):
    assert failed_resources(pack, VAULT_LOCK, [vault(), *locks]) == {"vault"}


@pytest.mark.parametrize("place", [{"region": "us-west-2"}, {"account": "444455556666"}], ids=["region", "account"])
def test_lock_of_another_accounts_or_regions_vault_does_not_count(pack: PackProcess, place):
    named, unknown = (
        replace(lock(name, "vault"), provider="elsewhere", **{"account": ACCOUNT} | place)
        for name in ("the-vault", UNKNOWN)
    )
    assert failed_resources(pack, VAULT_LOCK, [vault(), named]) == {"vault"}
    assert unverified_resources(pack, VAULT_LOCK, [vault(), unknown]) == {"vault"}


def test_vault_with_unknown_lock_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, VAULT_LOCK, [vault(), lock(minRetentionDays=UNKNOWN)]) == {"vault"}
    assert unverified_resources(pack, VAULT_LOCK, [vault(), vault("other"), lock(UNKNOWN, "vault", "other")]) == {
        "vault",
        "other",
    }


def test_air_gapped_vault_needs_no_separate_lock(pack: PackProcess):
    air_gapped_vault = Resource(AIR_GAPPED, "vault", {"minRetentionDays": 7, "maxRetentionDays": 30})
    assert failed_resources(pack, VAULT_LOCK, [air_gapped_vault]) == set()
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [air_gapped_vault]) == {"vault"}
    with_key = Resource(AIR_GAPPED, "vault", {"encryptionKeyArn": KEY_ARN}, account=ACCOUNT)
    assert failed_resources(pack, CUSTOMER_MANAGED_KEY, [with_key]) == set()


@pytest.mark.parametrize(
    ("locks", "failed", "unverified"),
    [
        ([lock(changeableForDays=3)], set(), set()),
        ([lock()], {"vault"}, set()),
        ([lock(changeableForDays=0)], {"vault"}, set()),
        ([lock(changeableForDays=3), lock(name="second")], {"vault"}, set()),
        ([lock(changeableForDays=UNKNOWN)], set(), {"vault"}),
        ([], {"vault"}, set()),
    ],
    ids=["compliance", "governance", "no grace days", "two locks", "unknown", "no lock"],
)
def test_vault_lock_in_governance_mode_fails_only_where_compliance_mode_is_required(
    pack: PackProcess, locks, failed, unverified
):
    stack = [vault(), *locks]
    if locks:
        assert findings_for(pack, VAULT_LOCK, stack) == []
    with start_pack() as strict_pack:
        strict_pack.configure(backup_vault_lock={"mode": "COMPLIANCE"})
        assert unverified_resources(strict_pack, VAULT_LOCK, stack) == unverified if unverified else True
        assert unverified or failed_resources(strict_pack, VAULT_LOCK, stack) == failed


def test_air_gapped_vault_is_in_compliance_mode():
    with start_pack() as pack:
        pack.configure(backup_vault_lock={"mode": "COMPLIANCE"})
        air_gapped_vault = Resource(AIR_GAPPED, "vault", {"minRetentionDays": 7, "maxRetentionDays": 30})
        assert findings_for(pack, VAULT_LOCK, [air_gapped_vault]) == []


# The vault's key and that of the bucket.


def encrypted_bucket(key: Any, *sources: str, data_class: str = "PHI") -> list[Resource]:
    """Return a bucket and its default encryption with a key."""
    encryption = [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}}]
    token = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    return [
        Resource("aws:s3/bucket:Bucket", "bucket", {"bucket": "data", "tags": {"DataClass": data_class}}),
        Resource(token, "encryption", {"bucket": "data", "rules": encryption}, comes_from={"rules": sources}),
    ]


OTHER_KEY_ARN = KEY_ARN.rpartition("/")[0] + "/0a1b2c3d-9999-1111-2222-333344445555"


@pytest.mark.parametrize(
    ("bucket", "failed"),
    [
        (encrypted_bucket(KEY_ARN), {"vault"}),
        (encrypted_bucket(KEY_ARN, data_class="replica"), {"vault"}),
        (encrypted_bucket(KEY_ARN.rpartition("/")[2]), {"vault"}),
        (encrypted_bucket(OTHER_KEY_ARN), set()),
        (encrypted_bucket(KEY_ARN, data_class="internal"), set()),
        ([], set()),
    ],
    ids=["one key", "the replica's key", "one key by its ID", "two keys", "no PHI", "no bucket"],
)
def test_vault_with_the_key_of_a_bucket_with_phi_fails(pack: PackProcess, bucket, failed):
    assert failed_resources(pack, KEY_SEPARATION, [vault(), *bucket]) == failed


def test_vault_whose_key_may_be_that_of_a_bucket_is_unverified(pack: PackProcess):
    bucket = encrypted_bucket(KEY_ARN)
    assert unverified_resources(pack, KEY_SEPARATION, [vault(kmsKeyArn=UNKNOWN), *bucket]) == {"vault"}


def test_vault_with_another_key_of_the_stack_passes(pack: PackProcess):
    keys = [Resource("aws:kms/key:Key", name, {}) for name in ("data-key", "backup-key")]
    own, shared = (
        Resource(VAULT, name, {"kmsKeyArn": UNKNOWN}, comes_from={"kmsKeyArn": [key]})
        for name, key in (("own", "backup-key"), ("shared", "data-key"))
    )
    stack = [*keys, own, shared, *encrypted_bucket(UNKNOWN, "data-key")]
    assert failed_resources(pack, KEY_SEPARATION, stack) == {"shared"}


def selection_fact(*plans: PulumiResource, sources: Any = None, **inputs: Any) -> BackupSelection:
    """Return the fact that the reader makes of a selection with these inputs."""
    selection = PulumiResource("urn::selection", SELECTION, inputs, sources=sources or {})
    (fact,) = READERS[SELECTION](selection, Graph([selection, *plans], ResourceInputs(), DataClassTag()))
    assert isinstance(fact, BackupSelection)
    return fact


def plan(**rule: Any) -> PulumiResource:
    return PulumiResource("urn::plan", PLAN, {"rules": [rule], "name": "nightly"})


def test_selection_has_the_vaults_of_its_plans_rules():
    nightly = plan(targetVaultName="vault", lifecycle={"deleteAfter": 35})
    fact = selection_fact(
        nightly, planId=Unknown("planId"), resources=["arn:aws:s3:::*"], sources={"planId": (nightly,)}
    )
    assert fact.resources == ("arn:aws:s3:::*",)
    assert fact.targets == (BackupTarget("vault", 35),)
    assert fact.conditions == ()
    assert (fact.excluded, fact.tags) == ((), ())


def test_selection_refers_to_a_bucket_of_the_stack():
    bucket = PulumiResource("urn::bucket", "aws:s3/bucket:Bucket", {})
    fact = selection_fact(resources=[Unknown("a")], notResources=[Unknown("b")], sources={"resources": (bucket,)})
    assert fact.resources == (StackResource("urn::bucket"),)
    assert fact.excluded == (Unknown("b"),)


def test_selection_keeps_the_arn_of_a_table_named_like_a_bucket():
    bucket = PulumiResource("urn::bucket", "aws:s3/bucket:Bucket", {"bucket": "data"})
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/data"
    selection = PulumiResource("urn::selection", SELECTION, {"resources": [table]})
    (fact,) = READERS[SELECTION](selection, Graph([selection, bucket], ResourceInputs(), DataClassTag()))
    assert isinstance(fact, BackupSelection)
    assert fact.resources == (table,)


def test_selection_has_tags_and_conditions():
    tags = [{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}]
    assert selection_fact(selectionTags=tags).tags == ({"key": "backup", "value": "yes"},)
    assert selection_fact(selectionTags=Unknown("t")).tags == Unknown("t")
    assert selection_fact(selectionTags=[*tags, Unknown("t")]).tags == Unknown("t")
    conditions = [{"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "yes"}]}]
    assert selection_fact(conditions=conditions).conditions == (("stringEquals", "aws:ResourceTag/backup", "yes"),)
    assert selection_fact(conditions=Unknown("c")).conditions == Unknown("c")
    assert selection_fact(conditions=[]).conditions == ()


def test_selection_by_a_plan_of_another_stack_or_an_unknown_plan_has_unknown_vaults():
    assert isinstance(selection_fact(planId="of-another-stack").targets, Unknown)
    nightly = PulumiResource("urn::plan", PLAN, {"rules": Unknown("rules")})
    assert selection_fact(nightly, planId=Unknown("p"), sources={"planId": (nightly,)}).targets == Unknown("rules")
    plan_without_vault = plan()
    assert (
        selection_fact(plan_without_vault, planId=Unknown("p"), sources={"planId": (plan_without_vault,)}).targets == ()
    )


# Access policies.

EXTERNAL_ACCESS, EXTERNAL_COPIES, FORCE_DESTROY = (
    "backup-no-external-access",
    "backup-no-external-copies",
    "backup-vault-no-force-destroy",
)
OTHER_ACCOUNT = "444455556666"
AIR_GAPPED_TARGET = "targetLogicallyAirGappedBackupVaultArn"
OTHER_VAULT = f"arn:aws:backup:us-west-2:{OTHER_ACCOUNT}:backup-vault:the-vault"
OWN_VAULT = OTHER_VAULT.replace(OTHER_ACCOUNT, ACCOUNT)
ORGANIZATION_ONLY = {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}


def vault_policy(name: str = "policy", **elements: Any) -> Resource:
    statement = {"Effect": "Allow", "Action": "backup:CopyIntoBackupVault", "Resource": "*"} | elements
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Resource(VAULT_POLICY, name, {"backupVaultName": "the-vault", "policy": text}, account=ACCOUNT)


OWN_POLICY = vault_policy("own", Principal={"AWS": ACCOUNT})


@pytest.mark.parametrize(
    "policy",
    [
        vault_policy(Principal="*"),
        vault_policy(Principal={"AWS": OTHER_ACCOUNT}),
        vault_policy(Principal="*", Condition=ORGANIZATION_ONLY),
        vault_policy(Principal={"Service": "events.amazonaws.com"}),
        vault_policy(Principal={"AWS": OTHER_ACCOUNT}, Action="backup:DeleteRecoveryPoint"),
        vault_policy(Principal={"AWS": OTHER_ACCOUNT}, Resource="arn:aws:ec2:us-east-1::snapshot/*"),
        vault_policy(Principal={"AWS": OTHER_ACCOUNT}, Resource=OWN_VAULT.replace("us-west-2", "us-east-1")),
        replace(OWN_POLICY, name="policy", inputs={"policy": "{"}),
    ],
    ids=[
        "everyone",
        "another account",
        "an organization",
        "a service for anyone",
        "another action",
        "backups only",
        "the vault only",
        "broken JSON",
    ],
)
def test_vault_policy_for_an_external_principal_fails(pack: PackProcess, policy):
    assert failed_resources(pack, EXTERNAL_ACCESS, [vault(), OWN_POLICY, policy]) == {"policy"}


@pytest.mark.parametrize(
    "policy",
    [
        vault_policy(Effect="Deny", Principal="*", Action="backup:DeleteRecoveryPoint"),
        vault_policy(
            Principal={"Service": "backup.amazonaws.com"}, Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}
        ),
    ],
    ids=["a Deny for everyone", "a service for the account"],
)
def test_vault_policy_for_the_own_account_passes(pack: PackProcess, policy):
    assert findings_for(pack, EXTERNAL_ACCESS, [vault(), OWN_POLICY, policy]) == []


def test_unknown_vault_policy_is_unverified(pack: PackProcess):
    unknown = replace(OWN_POLICY, inputs={"policy": UNKNOWN})
    assert unverified_resources(pack, EXTERNAL_ACCESS, [unknown]) == {"own"}


def test_vault_policy_for_a_trusted_account_passes():
    policy = vault_policy(Principal={"AWS": OTHER_ACCOUNT})
    with start_pack() as pack:
        pack.configure(backup_no_external_access={"accounts": [OTHER_ACCOUNT]})
        assert findings_for(pack, EXTERNAL_ACCESS, [policy]) == []


# Copy actions.


def copying_plan(*destinations: Any, name: str = "plan", sources: Sequence[str] = (), **inputs: Any) -> Resource:
    actions = [{"destinationVaultArn": destination} for destination in destinations]
    rules = [{"ruleName": "daily", "targetVaultName": "the-vault", "copyActions": actions}]
    return Resource(PLAN, name, {"rules": rules} | inputs, comes_from={"rules": sources}, account=ACCOUNT)


def test_copy_to_a_vault_of_another_account_fails_even_if_a_vault_of_the_stack_has_its_name(pack: PackProcess):
    stack = [vault(), copying_plan(OWN_VAULT, name="right"), copying_plan(OWN_VAULT, OTHER_VAULT)]
    assert failed_resources(pack, EXTERNAL_COPIES, stack) == {"plan"}


@pytest.mark.parametrize(
    "plan", [copying_plan(), copying_plan(rules=None), copying_plan(UNKNOWN, sources=["vault", "second"])]
)
def test_plan_that_copies_to_vaults_of_the_stack_or_nowhere_passes(pack: PackProcess, plan):
    findings = pack.check_stack([vault(), vault("second"), plan], {})
    assert [finding for finding in findings if finding.policy == EXTERNAL_COPIES] == []


@pytest.mark.parametrize(
    "plan",
    [
        copying_plan(UNKNOWN),
        copying_plan(UNKNOWN, sources=["vault", "elsewhere"]),
        copying_plan(UNKNOWN, sources=["elsewhere"]),
        copying_plan("the-vault"),
        copying_plan(""),
        copying_plan(rules=UNKNOWN),
        copying_plan(rules=[UNKNOWN]),
        copying_plan(rules=[{"copyActions": UNKNOWN}]),
    ],
)
def test_copy_whose_vault_may_be_of_another_account_is_unverified(pack: PackProcess, plan):
    elsewhere = replace(vault("elsewhere"), account=OTHER_ACCOUNT, provider="other")
    assert unverified_resources(pack, EXTERNAL_COPIES, [vault(), elsewhere, plan]) == {"plan"}


def test_copy_in_an_air_gapped_vault_of_another_account_fails(pack: PackProcess):
    own, foreign = (
        copying_plan(name=name, rules=[{"targetVaultName": "the-vault", AIR_GAPPED_TARGET: arn}])
        for name, arn in (("own", OWN_VAULT), ("foreign", OTHER_VAULT))
    )
    assert failed_resources(pack, EXTERNAL_COPIES, [vault(), own, foreign]) == {"foreign"}


def test_copy_to_a_trusted_account_passes():
    with start_pack() as pack:
        pack.configure(backup_no_external_copies={"accounts": [OTHER_ACCOUNT]})
        assert findings_for(pack, EXTERNAL_COPIES, [copying_plan(OTHER_VAULT)]) == []


SAME_PLACE, OTHER_REGION = OWN_VAULT.replace("us-west-2", "us-east-1"), OWN_VAULT
TWO_RULES = copying_plan(rules=[{"copyActions": [{"destinationVaultArn": OTHER_VAULT}]}, {"targetVaultName": "a"}])


@pytest.mark.parametrize(
    ("place", "plan", "failed"),
    [
        ("otherRegion", copying_plan(), True),
        ("otherRegion", copying_plan(SAME_PLACE), True),
        ("otherRegion", copying_plan(OTHER_REGION), False),
        ("otherRegion", copying_plan(SAME_PLACE, OTHER_REGION), False),
        ("otherRegion", copying_plan(OTHER_VAULT.replace("us-west-2", "us-east-1")), False),
        ("otherRegion", TWO_RULES, True),
        ("otherAccount", copying_plan(), True),
        ("otherAccount", copying_plan(OTHER_REGION), True),
        ("otherAccount", copying_plan(OTHER_VAULT), False),
        ("otherAccount", TWO_RULES, True),
        ("anywhere", TWO_RULES, False),
    ],
)
def test_plan_fails_without_a_copy_in_the_place_that_the_option_requires(place, plan, failed):
    with start_pack() as pack:
        pack.configure(backup_no_external_copies={"accounts": [OTHER_ACCOUNT], "place": place})
        located = replace(plan, region="us-east-1")
        assert failed_resources(pack, EXTERNAL_COPIES, [located]) == ({"plan"} if failed else set())


def test_copy_to_a_vault_of_the_stack_is_in_the_place_of_that_vault():
    with start_pack() as pack:
        pack.configure(backup_no_external_copies={"place": "otherRegion"})
        here = replace(vault("here"), region="us-east-1")
        there = replace(vault("there"), region="us-west-2", provider="there")
        plans = [
            replace(copying_plan(UNKNOWN, name=f"to-{name}", sources=[name]), region="us-east-1")
            for name in ("here", "there")
        ]
        assert failed_resources(pack, EXTERNAL_COPIES, [here, there, *plans]) == {"to-here"}


@pytest.mark.parametrize(
    ("sources", "rules", "failed"),
    [
        (["here", "there"], [("the-here", UNKNOWN)], set()),
        (["there", "here"], [("the-here", UNKNOWN)], set()),
        (["there", "second"], [("x", UNKNOWN), ("x", UNKNOWN)], {"plan"}),
    ],
    ids=["target first", "target last", "one of two copies elsewhere"],
)
def test_copy_that_may_be_in_one_of_several_vaults_is_in_the_place_that_is_certain(sources, rules, failed):
    with start_pack() as pack:
        pack.configure(backup_no_external_copies={"place": "otherRegion"})
        here, second = (replace(vault(name), region="us-east-1") for name in ("here", "second"))
        there = replace(vault("there"), region="us-west-2", provider="there")
        values = [{"targetVaultName": target, "copyActions": [{"destinationVaultArn": arn}]} for target, arn in rules]
        plan = replace(copying_plan(sources=sources, rules=values), region="us-east-1")
        assert failed_resources(pack, EXTERNAL_COPIES, [here, second, there, plan]) == failed


# forceDestroy.


def test_only_the_vault_with_force_destroy_fails(pack: PackProcess):
    stack = [vault("right"), vault("off", forceDestroy=False), vault(forceDestroy=True)]
    assert failed_resources(pack, FORCE_DESTROY, stack) == {"vault"}
    assert unverified_resources(pack, FORCE_DESTROY, [vault(forceDestroy=UNKNOWN)]) == {"vault"}
