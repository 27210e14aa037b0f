"""Vaults and backup plans of a live account: each thing that is wrong fails its own controls alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from hipaa.model.data_class import DataClass
from hipaa.model.values import Location
from hipaa.model.verdict import Status
from hipaa.services.backup.facts import BackupSelection, BackupVault
from hipaa.services.s3.facts import Bucket
from phi.audit.calls import Call
from phi.audit.calls import backup as backup_calls
from phi.audit.calls import kms as kms_calls
from phi.audit.collect import backup, kms
from phi.audit.reader import AuditedAccount
from phi.audit.scope import WHOLE_ACCOUNT, Scope
from sandbox.moto_fixes.backup import FIXES, RECOVERY_POINTS
from tests.phi.audit.reader_helpers import AuditResult, session_with_response, assert_unverified, audit, session_denying
from tests.phi.conftest import ACCOUNT, REGION

KEY, LOCKED, RECOVERABLE = "backup-vault-customer-managed-key", "backup-vault-lock", "s3-replication-or-backup"
CONTROLS = (KEY, LOCKED, RECOVERABLE)
STACK = Scope({}, "phi-dev-")
ELSEWHERE = "us-west-2"
PLACE = Location("aws", REGION, ACCOUNT)
BUCKET_ARN = "arn:aws:s3:::phi-dev-phi"
BUCKET = Bucket(
    BUCKET_ARN, BUCKET_ARN, DataClass.PHI, (), tags={"DataClass": "PHI"}, location=PLACE, declared_here=True
)
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:phi-dev-vault"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
HERE = AuditedAccount(ACCOUNT, "aws", (REGION,))


@pytest.fixture
def client(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Of an account with a locked vault under a customer's key, and a plan that backs the bucket up into it."""
    for owner, name, method in FIXES:
        if RECOVERY_POINTS not in (method if isinstance(method, dict) else ()):
            monkeypatch.setattr(owner, name, method, raising=False)
    client: Any = session.client("backup")
    client.create_backup_vault(BackupVaultName="phi-dev-vault", EncryptionKeyArn=new_key(session))
    lock(client, MinRetentionDays=7)
    plan(client)
    return client


def new_key(session: boto3.Session, region: str = REGION) -> str:
    return session.client("kms", region_name=region).create_key()["KeyMetadata"]["Arn"]


def aws_own_key(session: boto3.Session) -> str:
    """moto has no alias/aws/backup; any other key of AWS looks as much like a customer's."""
    aliases = session.client("kms").list_aliases()["Aliases"]
    [own] = [each["TargetKeyId"] for each in aliases if each["AliasName"] == "alias/aws/ebs"]
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{own}"


def vault(client: Any, key: str | None = None, name: str = "phi-dev-other", **locked: Any) -> None:
    client.create_backup_vault(BackupVaultName=name, **({"EncryptionKeyArn": key} if key else {}))
    if locked:
        lock(client, name, **locked)


def lock(client: Any, name: str = "phi-dev-vault", **days: Any) -> None:
    client.put_backup_vault_lock_configuration(BackupVaultName=name, **days)


def plan(client: Any, name: str = "phi-dev-plan", **selected: Any) -> str:
    rule = {"RuleName": "daily", "TargetBackupVaultName": "phi-dev-vault"}
    made = client.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": [rule]})
    select(client, made["BackupPlanId"], **(selected or {"Resources": [BUCKET_ARN]}))
    return made["BackupPlanArn"]


def select(client: Any, plan_id: str, **selected: Any) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-backup-role"
    selection = {"SelectionName": "selection", "IamRoleArn": role, **selected}
    client.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)


def no_plan(client: Any) -> None:
    for each in client.list_backup_plans()["BackupPlansList"]:
        client.delete_backup_plan(BackupPlanId=each["BackupPlanId"])


def judged(
    session: boto3.Session, scope: Scope = WHOLE_ACCOUNT, regions: tuple[str, ...] = (REGION,), **tags: str
) -> AuditResult:
    tagged = Bucket(
        BUCKET_ARN, BUCKET_ARN, DataClass.PHI, (), tags={"DataClass": "PHI"} | tags, location=PLACE, declared_here=True
    )
    return audit(session, backup.collect, CONTROLS, [tagged], scope, regions)


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK])
def test_what_is_right_passes(session, client, scope):
    found = judged(session, scope)
    assert found.findings(Status.PASS) == {KEY: {VAULT}, LOCKED: {VAULT}, RECOVERABLE: {BUCKET_ARN}}
    assert (found.blocking, found.failed_calls) == ({}, ())


@pytest.mark.parametrize(
    ("change", "control", "resource"),
    [
        (lambda client: client.delete_backup_vault_lock_configuration(BackupVaultName="phi-dev-vault"), LOCKED, VAULT),
        (lambda client: lock(client, MaxRetentionDays=30), LOCKED, VAULT),
        (no_plan, RECOVERABLE, BUCKET_ARN),
    ],
    ids=["no lock", "no least retention", "no plan"],
)
def test_each_thing_that_is_wrong_fails_its_own_control(
    session: boto3.Session, client: Any, change: Callable[[Any], None], control: str, resource: str
):
    change(client)
    assert judged(session).findings(Status.FAIL) == {control: {resource}}


def test_aws_own_key_is_no_customers_though_its_arn_looks_like_one(session, client):
    vault(client, aws_own_key(session), MinRetentionDays=7)
    found = judged(session)
    assert found.findings(Status.FAIL) == {KEY: {f"{VAULT[: VAULT.rindex(':')]}:phi-dev-other"}}
    [told] = [each.finding.text for each in found.verdicts if each.status is Status.FAIL]
    assert told == "it is encrypted with the AWS managed key aws/ebs"


def test_a_vault_without_a_key_fails(session, client):
    vault(client, MinRetentionDays=7)
    assert set(judged(session).findings(Status.FAIL)) == {KEY}


def test_of_a_stack_its_own_vaults_are_judged_and_every_plan(session, client):
    vault(client, name="Default")
    no_plan(client)
    plan(client, "everything-of-the-organization", Resources=["arn:aws:s3:::*"])
    found = judged(session, STACK)
    assert found.blocking == {}
    assert found.findings(Status.PASS) == {KEY: {VAULT}, LOCKED: {VAULT}, RECOVERABLE: {BUCKET_ARN}}
    assert set(judged(session).findings(Status.FAIL)) == {KEY, LOCKED}


@pytest.mark.parametrize(
    ("selected", "recoverable"),
    [
        ({"Resources": ["arn:aws:s3:::phi-dev-*"]}, True),
        ({"Resources": ["arn:aws:s3:::another"]}, False),
        ({"Resources": ["*"], "NotResources": [BUCKET_ARN]}, False),
        ({"Resources": ["*"], "NotResources": ["arn:aws:s3:::another"]}, True),
        (
            {"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "daily"}]},
            True,
        ),
        ({"ListOfTags": [{"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "no"}]}, False),
        *(
            (
                {
                    "Resources": [BUCKET_ARN],
                    "Conditions": {operator: [{"ConditionKey": "aws:ResourceTag/Backup", "ConditionValue": value}]},
                },
                holds,
            )
            for operator, value, holds in (
                ("StringEquals", "daily", True),
                ("StringEquals", "no", False),
                ("StringNotEquals", "daily", False),
                ("StringNotEquals", "no", True),
                ("StringLike", "d*", True),
                ("StringLike", "n*", False),
                ("StringNotLike", "d*", False),
                ("StringNotLike", "n*", True),
            )
        ),
    ],
)
def test_what_a_plan_selects(session, client, selected, recoverable):
    no_plan(client)
    plan(client, **selected)
    assert judged(session, Backup="daily").findings(Status.PASS if recoverable else Status.FAIL)[RECOVERABLE] == {
        BUCKET_ARN
    }


def test_one_of_several_selections_is_enough(session, client):
    no_plan(client)
    plan_id = plan(client, Resources=["arn:aws:s3:::another"]).rsplit(":", 1)[-1]
    select(client, plan_id, Resources=[BUCKET_ARN])
    found = judged(session)
    assert found.blocking == {}
    assert len({each.resource for each in found.stack.facts_of_type(BackupSelection)}) == 2


def test_a_plan_selects_in_its_own_region_alone(session, client):
    no_plan(client)
    there: Any = session.client("backup", region_name=ELSEWHERE)
    vault(there, new_key(session, ELSEWHERE), MinRetentionDays=7)
    plan(there)
    found = judged(session, regions=(REGION, ELSEWHERE))
    assert found.findings(Status.FAIL) == {RECOVERABLE: {BUCKET_ARN}}
    there_too = VAULT.replace(REGION, ELSEWHERE).replace("phi-dev-vault", "phi-dev-other")
    assert found.findings(Status.PASS)[KEY] == {VAULT, there_too}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (backup_calls.LIST_BACKUP_VAULTS, {KEY, LOCKED}),
        (kms_calls.LIST_ALIASES, {KEY}),
        (backup_calls.LIST_BACKUP_PLANS, {RECOVERABLE}),
        (backup_calls.GET_BACKUP_PLAN, {RECOVERABLE}),
        (backup_calls.LIST_BACKUP_SELECTIONS, {RECOVERABLE}),
        (backup_calls.GET_BACKUP_SELECTION, {RECOVERABLE}),
    ],
    ids=lambda each: each.operation if isinstance(each, Call) else "",
)
@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK])
def test_what_cant_be_read_is_unverified_and_names_the_permission(client, call, controls, scope):
    assert_unverified(judged(session_denying(call), scope), call, controls)


def test_a_key_cant_be_told_apart_where_the_accounts_keys_cant_be_listed(client):
    assert_unverified(judged(session_denying(kms_calls.LIST_KEYS)), kms_calls.LIST_KEYS, {KEY})


def test_what_cant_be_read_in_one_region_leaves_the_other_as_it_is(session, client):
    found = judged(session_denying(backup_calls.LIST_BACKUP_VAULTS, region=ELSEWHERE), regions=(REGION, ELSEWHERE))
    every = VAULT.replace(REGION, ELSEWHERE).replace("phi-dev-vault", "*")
    assert found.findings(Status.UNVERIFIED) == {KEY: {every}, LOCKED: {every}}
    assert found.findings(Status.PASS) == {KEY: {VAULT}, LOCKED: {VAULT}, RECOVERABLE: {BUCKET_ARN}}


def test_every_call_is_made_and_no_other(session, client):
    assert set(judged(session).call_counts) == set(backup.CALLS)


# What moto doesn't tell, as AWS documents it:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupVaultListMember.html


def listed(**change: Any) -> dict[str, Any]:
    return {"BackupVaultArn": VAULT, "BackupVaultName": "phi-dev-vault", "EncryptionKeyArn": KEY_ARN, **change}


def test_an_air_gapped_vault_is_locked_by_itself_and_may_have_aws_own_key():
    told = listed(VaultType="LOGICALLY_AIR_GAPPED_BACKUP_VAULT", MinRetentionDays=7, Locked=False)
    assert backup.parse_vault(told, {}, HERE, REGION) == BackupVault(VAULT, KEY_ARN, (7,))
    told["EncryptionKeyType"] = "AWS_OWNED_KMS_KEY"
    assert backup.parse_vault(told, {}, HERE, REGION) == BackupVault(VAULT, None, (7,))


def test_a_lock_that_isnt_on_keeps_nothing():
    assert backup.parse_vault(listed(Locked=False, MinRetentionDays=7), {}, HERE, REGION).min_retention_days == ()
    assert backup.parse_vault(listed(Locked=True), {}, HERE, REGION).min_retention_days == (None,)


def test_the_key_of_another_account_keeps_its_arn():
    another = KEY_ARN.replace(ACCOUNT, "444455556666")
    assert backup.parse_vault(listed(EncryptionKeyArn=another), {}, HERE, REGION).kms_key == another


def test_a_view_of_another_accounts_vault_isnt_judged(client):
    told = {"BackupVaultList": [listed(VaultType="RESTORE_ACCESS_BACKUP_VAULT"), listed(Locked=False)]}
    assert [
        each.resource
        for each in judged(session_with_response(backup_calls.LIST_BACKUP_VAULTS, told)).stack.facts_of_type(
            BackupVault
        )
    ] == [VAULT]


def test_a_rule_without_a_vault_of_its_own_names_none():
    rules = [{"RuleName": "x"}, {"TargetBackupVaultName": "phi-dev-vault"}, {"TargetBackupVaultName": ""}]
    assert backup.target_vaults({"Rules": rules}, HERE, REGION) == (VAULT,)
