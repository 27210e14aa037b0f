"""AWS Backup: vaults, their key and their lock, and what plans back up into them."""

from __future__ import annotations

from typing import Any

import pytest

from crossguard.graph import Graph
from crossguard.readers.backup import READERS
from crossguard.resources import ResourceInputs
from crossguard.resources import PulumiResource as Read
from hipaa.model.values import StackResource, Unknown
from hipaa.services.backup.facts import BackupSelection
from tests.policy.assertions import unverified_resources, failed_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource

KEY, LOCKED = "backup-vault-customer-managed-key", "backup-vault-lock"
KEY_ARN = "arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0000-1111-2222-333344445555"
VAULT, PLAN, SELECTION = "aws:backup/vault:Vault", "aws:backup/plan:Plan", "aws:backup/selection:Selection"
AIR_GAPPED = "aws:backup/logicallyAirGappedVault:LogicallyAirGappedVault"


def vault(name: str = "vault", **inputs: Any) -> Resource:
    return Resource(VAULT, name, {"name": f"the-{name}", "kmsKeyArn": KEY_ARN} | inputs)


def lock(of: str = "the-vault", *sources: str, name: str = "lock", **inputs: Any) -> Resource:
    given = {"backupVaultName": of, "minRetentionDays": 7} | inputs
    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    return Resource(token, name, given, comes_from={"backupVaultName": sources})


@pytest.mark.parametrize(
    "key", [None, "", "alias/aws/backup", "arn:aws:kms:us-east-1:111122223333:alias/aws/backup", "x"]
)
def test_a_vault_without_a_customer_key_fails(pack: PackProcess, key):
    assert failed_resources(pack, KEY, [vault("right"), vault(kmsKeyArn=key)]) == {"vault"}


def test_a_vault_with_a_key_of_the_stack_passes(pack: PackProcess):
    key = Resource("aws:kms/key:Key", "key", {})
    joined = Resource(VAULT, "vault", {"kmsKeyArn": UNKNOWN}, comes_from={"kmsKeyArn": ["key"]})
    assert failed_resources(pack, KEY, [key, joined]) == set()
    assert unverified_resources(pack, KEY, [key, vault(kmsKeyArn=UNKNOWN)]) == {"vault"}


@pytest.mark.parametrize(
    "given", [lock(), lock(UNKNOWN, "vault"), lock(minRetentionDays=1), lock(minRetentionDays="1")]
)
def test_a_vault_with_a_lock_passes(pack: PackProcess, given):
    assert failed_resources(pack, LOCKED, [vault(), given]) == set()
    assert failed_resources(pack, LOCKED, [vault(), vault("other"), given]) == {"other"}


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
def test_a_vault_that_isnt_locked_fails(pack: PackProcess, locks):
    assert failed_resources(pack, LOCKED, [vault(), *locks]) == {"vault"}


def test_a_vault_that_may_be_locked_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, LOCKED, [vault(), lock(minRetentionDays=UNKNOWN)]) == {"vault"}
    assert unverified_resources(pack, LOCKED, [vault(), vault("other"), lock(UNKNOWN, "vault", "other")]) == {"vault", "other"}


def test_an_air_gapped_vault_is_locked_by_itself(pack: PackProcess):
    given = Resource(AIR_GAPPED, "vault", {"minRetentionDays": 7, "maxRetentionDays": 30})
    assert failed_resources(pack, LOCKED, [given]) == set()
    assert failed_resources(pack, KEY, [given]) == {"vault"}
    assert failed_resources(pack, KEY, [Resource(AIR_GAPPED, "vault", {"encryptionKeyArn": KEY_ARN})]) == set()


def selected(*plans: Read, sources: Any = None, **inputs: Any) -> BackupSelection:
    selection = Read("urn::selection", SELECTION, inputs, sources=sources or {})
    (fact,) = READERS[SELECTION](selection, Graph([selection, *plans], ResourceInputs()))
    assert isinstance(fact, BackupSelection)
    return fact


def plan(**rule: Any) -> Read:
    return Read("urn::plan", PLAN, {"rules": [rule], "name": "nightly"})


def test_what_a_plan_selects_goes_to_the_vaults_of_its_rules():
    nightly = plan(targetVaultName="vault")
    fact = selected(nightly, planId=Unknown("planId"), resources=["arn:aws:s3:::*"], sources={"planId": (nightly,)})
    assert fact.resources == ("arn:aws:s3:::*",)
    assert fact.vaults == ("vault",)
    assert fact.conditions == ()
    assert (fact.excluded, fact.tags) == ((), ())


def test_a_bucket_is_selected_by_reference():
    bucket = Read("urn::bucket", "aws:s3/bucket:Bucket", {})
    fact = selected(resources=[Unknown("a")], notResources=[Unknown("b")], sources={"resources": (bucket,)})
    assert fact.resources == (StackResource("urn::bucket"),)
    assert fact.excluded == (Unknown("b"),)


def test_a_table_of_a_buckets_name_is_no_bucket():
    bucket = Read("urn::bucket", "aws:s3/bucket:Bucket", {"bucket": "data"})
    table = "arn:aws:dynamodb:us-east-1:111122223333:table/data"
    selection = Read("urn::selection", SELECTION, {"resources": [table]})
    (fact,) = READERS[SELECTION](selection, Graph([selection, bucket], ResourceInputs()))
    assert isinstance(fact, BackupSelection)
    assert fact.resources == (table,)


def test_tags_select_and_conditions_narrow():
    tags = [{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}]
    assert selected(selectionTags=tags).tags == tuple(tags)
    assert selected(selectionTags=Unknown("t")).tags == Unknown("t")
    assert selected(selectionTags=[*tags, Unknown("t")]).tags == Unknown("t")
    given = [{"stringEquals": [{"key": "aws:ResourceTag/backup", "value": "yes"}]}]
    assert selected(conditions=given).conditions == (("stringEquals", "aws:ResourceTag/backup", "yes"),)
    assert selected(conditions=Unknown("c")).conditions == Unknown("c")
    assert selected(conditions=[]).conditions == ()


def test_the_vaults_of_a_plan_that_isnt_here_arent_known():
    assert isinstance(selected(planId="of-another-stack").vaults, Unknown)
    nightly = Read("urn::plan", PLAN, {"rules": Unknown("rules")})
    assert selected(nightly, planId=Unknown("p"), sources={"planId": (nightly,)}).vaults == Unknown("rules")
    none = plan()
    assert selected(none, planId=Unknown("p"), sources={"planId": (none,)}).vaults == ()
