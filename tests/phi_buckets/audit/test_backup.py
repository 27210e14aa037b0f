"""The backup vaults and backup plans of a live account: the findings, and those that can't be read."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.backup.facts import BackupSelection, BackupTarget, BackupVault
from hipaa_controls.services.s3.facts import Bucket, DeclaredSetting, DefaultEncryption
from phi_buckets.audit.calls import backup as calls
from phi_buckets.audit.calls import kms as kms_calls
from phi_buckets.audit.collect import backup
from phi_buckets.audit.reader import AuditedAccount
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from sandbox.moto_fixes.backup import FIXES
from tests.phi_buckets.audit.reader_helpers import (
    OTHER_REGION,
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

KEY_CONTROL = "backup-vault-customer-managed-key"
LOCK_CONTROL = "backup-vault-lock"
ACCESS_CONTROL = "backup-no-external-access"
COPY_CONTROL = "backup-no-external-copies"
SEPARATION_CONTROL = "backup-vault-key-separation"
RECOVERY_CONTROL = "s3-replication-or-backup"
CONTROLS = (KEY_CONTROL, SEPARATION_CONTROL, LOCK_CONTROL, ACCESS_CONTROL, COPY_CONTROL, RECOVERY_CONTROL)
STACK = Scope({}, "phi-dev-")
LOCATION = Location("aws", REGION, ACCOUNT)
BUCKET_ARN = "arn:aws:s3:::phi-dev-phi"
VAULT = f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:phi-dev-vault"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
RETENTION_DAYS = 30
AUDITED_ACCOUNT = AuditedAccount(ACCOUNT, "aws", (REGION,))


@pytest.fixture
def client(session: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An account with a locked vault under a customer managed key, and a plan that backs up the bucket to it."""
    for owner, name, method in FIXES:
        monkeypatch.setattr(owner, name, method, raising=False)
    client: Any = session.client("backup")
    client.create_backup_vault(BackupVaultName="phi-dev-vault", EncryptionKeyArn=new_key(session))
    lock_vault(client, MinRetentionDays=7)
    create_plan(client)
    return client


def new_key(session: boto3.Session, region: str = REGION) -> str:
    return session.client("kms", region_name=region).create_key()["KeyMetadata"]["Arn"]


def aws_managed_key(session: boto3.Session) -> str:
    """Return an AWS managed key. moto has no alias/aws/backup, but the rules treat all of them alike."""
    aliases = session.client("kms").list_aliases()["Aliases"]
    [key_id] = [alias["TargetKeyId"] for alias in aliases if alias["AliasName"] == "alias/aws/ebs"]
    return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{key_id}"


def create_vault(client: Any, key: str | None = None, name: str = "phi-dev-other", **lock_days: Any) -> None:
    client.create_backup_vault(BackupVaultName=name, **({"EncryptionKeyArn": key} if key else {}))
    if lock_days:
        lock_vault(client, name, **lock_days)


def lock_vault(client: Any, name: str = "phi-dev-vault", **days: Any) -> None:
    client.put_backup_vault_lock_configuration(BackupVaultName=name, **days)


def create_plan(client: Any, name: str = "phi-dev-plan", **selection: Any) -> str:
    """Create a plan with one selection, by default of the bucket, and return its ARN."""
    rule = {
        "RuleName": "daily",
        "TargetBackupVaultName": "phi-dev-vault",
        "Lifecycle": {"DeleteAfterDays": RETENTION_DAYS},
    }
    plan = client.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": [rule]})
    add_selection(client, plan["BackupPlanId"], **(selection or {"Resources": [BUCKET_ARN]}))
    return plan["BackupPlanArn"]


def add_selection(client: Any, plan_id: str, **selection: Any) -> None:
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-backup-role"
    parameters = {"SelectionName": "selection", "IamRoleArn": role, **selection}
    client.create_backup_selection(BackupPlanId=plan_id, BackupSelection=parameters)


def plan_arns(client: Any) -> set[str]:
    return {plan["BackupPlanArn"] for plan in client.list_backup_plans()["BackupPlansList"]}


def delete_plans(client: Any) -> None:
    for plan in client.list_backup_plans()["BackupPlansList"]:
        client.delete_backup_plan(BackupPlanId=plan["BackupPlanId"])


def audit_backup(
    session: boto3.Session,
    scope: Scope = WHOLE_ACCOUNT,
    regions: tuple[str, ...] = (REGION,),
    encryption: tuple[DeclaredSetting, ...] = (),
    **tags: str,
) -> AuditResult:
    """Audit AWS Backup in an account with a bucket that has PHI, this encryption and these tags."""
    bucket = Bucket(
        BUCKET_ARN,
        BUCKET_ARN,
        DataClass.PHI,
        encryption,
        tags={"DataClass": "PHI"} | tags,
        location=LOCATION,
        declared_here=True,
    )
    return audit(session, backup.collect, CONTROLS, [bucket], scope, regions)


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_compliant_vault_and_plan_pass(session, client, scope):
    result = audit_backup(session, scope)
    assert result.findings(Status.PASS) == {
        KEY_CONTROL: {VAULT},
        SEPARATION_CONTROL: {VAULT},
        LOCK_CONTROL: {VAULT},
        COPY_CONTROL: plan_arns(client),
        RECOVERY_CONTROL: {BUCKET_ARN},
    }
    assert (result.blocking, result.failed_calls) == ({}, ())


@pytest.mark.parametrize(
    ("change", "control", "resource"),
    [
        (
            lambda client: client.delete_backup_vault_lock_configuration(BackupVaultName="phi-dev-vault"),
            LOCK_CONTROL,
            VAULT,
        ),
        (lambda client: lock_vault(client, MaxRetentionDays=RETENTION_DAYS), LOCK_CONTROL, VAULT),
        (delete_plans, RECOVERY_CONTROL, BUCKET_ARN),
    ],
    ids=["no lock", "no minimum retention", "no plan"],
)
def test_weak_setting_fails_only_its_control(
    session: boto3.Session, client: Any, change: Callable[[Any], None], control: str, resource: str
):
    change(client)
    assert audit_backup(session).findings(Status.FAIL) == {control: {resource}}


def test_aws_managed_key_fails_although_its_arn_looks_like_that_of_a_customer_managed_key(session, client):
    create_vault(client, aws_managed_key(session), MinRetentionDays=7)
    result = audit_backup(session)
    assert result.findings(Status.FAIL) == {KEY_CONTROL: {f"{VAULT[: VAULT.rindex(':')]}:phi-dev-other"}}
    assert [text for _, status, text in result.blocking_texts if status is Status.FAIL] == [
        "it is encrypted with the AWS managed key aws/ebs"
    ]


@pytest.mark.parametrize(("shared", "status"), [(True, Status.FAIL), (False, Status.PASS)], ids=["one key", "two keys"])
def test_vault_with_the_key_of_the_bucket_fails(session, client, shared, status):
    vault_key = client.describe_backup_vault(BackupVaultName="phi-dev-vault")["EncryptionKeyArn"]
    encryption = DefaultEncryption("aws:kms", vault_key if shared else new_key(session))
    result = audit_backup(session, encryption=(DeclaredSetting(BUCKET_ARN, encryption),))
    assert result.findings(status)[SEPARATION_CONTROL] == {VAULT}


def test_vault_without_a_key_fails(session, client):
    create_vault(client, MinRetentionDays=7)
    assert set(audit_backup(session).findings(Status.FAIL)) == {KEY_CONTROL}


def test_stack_scope_includes_its_vaults_and_every_plan(session, client):
    create_vault(client, name="Default")
    delete_plans(client)
    create_plan(client, "organization-wide", Resources=["arn:aws:s3:::*"])
    result = audit_backup(session, STACK)
    assert result.blocking == {}
    passed = {control: {VAULT} for control in (KEY_CONTROL, SEPARATION_CONTROL, LOCK_CONTROL)}
    assert result.findings(Status.PASS) == passed | {RECOVERY_CONTROL: {BUCKET_ARN}}
    assert set(audit_backup(session).findings(Status.FAIL)) == {KEY_CONTROL, LOCK_CONTROL}


@pytest.mark.parametrize(
    ("selection", "backed_up"),
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
def test_bucket_is_backed_up_only_if_a_plan_selects_it(session, client, selection, backed_up):
    delete_plans(client)
    create_plan(client, **selection)
    assert audit_backup(session, Backup="daily").findings(Status.PASS if backed_up else Status.FAIL)[
        RECOVERY_CONTROL
    ] == {BUCKET_ARN}


def test_one_of_several_selections_suffices(session, client):
    delete_plans(client)
    plan_id = create_plan(client, Resources=["arn:aws:s3:::another"]).rsplit(":", 1)[-1]
    add_selection(client, plan_id, Resources=[BUCKET_ARN])
    result = audit_backup(session)
    assert result.blocking == {}
    assert len({selection.resource for selection in result.stack.facts_of_type(BackupSelection)}) == 2


def test_plan_selects_only_resources_of_its_region(session, client):
    delete_plans(client)
    other_client: Any = session.client("backup", region_name=OTHER_REGION)
    create_vault(other_client, new_key(session, OTHER_REGION), MinRetentionDays=7)
    create_plan(other_client)
    result = audit_backup(session, regions=(REGION, OTHER_REGION))
    assert result.findings(Status.FAIL) == {RECOVERY_CONTROL: {BUCKET_ARN}}
    other_vault = VAULT.replace(REGION, OTHER_REGION).replace("phi-dev-vault", "phi-dev-other")
    assert result.findings(Status.PASS)[KEY_CONTROL] == {VAULT, other_vault}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (calls.LIST_BACKUP_VAULTS, {KEY_CONTROL, LOCK_CONTROL, ACCESS_CONTROL}),
        (calls.GET_BACKUP_VAULT_ACCESS_POLICY, {ACCESS_CONTROL}),
        (kms_calls.LIST_ALIASES, {KEY_CONTROL}),
        (calls.LIST_BACKUP_PLANS, {COPY_CONTROL, RECOVERY_CONTROL}),
        (calls.GET_BACKUP_PLAN, {COPY_CONTROL, RECOVERY_CONTROL}),
        (calls.LIST_BACKUP_SELECTIONS, {RECOVERY_CONTROL}),
        (calls.GET_BACKUP_SELECTION, {RECOVERY_CONTROL}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_denied_call_is_unverified_and_names_the_permission(client, call, controls, scope):
    assert_unverified(audit_backup(session_denying(call), scope), call, controls)


def test_vault_key_is_unverified_if_keys_cant_be_listed(client):
    assert_unverified(audit_backup(session_denying(kms_calls.LIST_KEYS)), kms_calls.LIST_KEYS, {KEY_CONTROL})


def set_vault_policy(client: Any, principal: Any) -> None:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "backup:CopyIntoBackupVault", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    client.put_backup_vault_access_policy(BackupVaultName="phi-dev-vault", Policy=policy)


@pytest.mark.parametrize(("principal", "status"), [({"AWS": ACCOUNT}, Status.PASS), ("*", Status.FAIL)])
def test_vault_policy_fails_only_if_it_grants_access_to_others(session, client, principal, status):
    set_vault_policy(client, principal)
    assert audit_backup(session).findings(status)[ACCESS_CONTROL] == {VAULT}


@pytest.mark.parametrize(("account", "status"), [(ACCOUNT, Status.PASS), ("444455556666", Status.FAIL)])
def test_copy_fails_only_if_its_vault_belongs_to_another_account(session, client, account, status):
    [plan_arn] = plan_arns(client)
    copy = {"DestinationBackupVaultArn": VAULT.replace(ACCOUNT, account)}
    rule = {"RuleName": "daily", "TargetBackupVaultName": "phi-dev-vault", "CopyActions": [copy]}
    document = {"BackupPlanName": "phi-dev-plan", "Rules": [rule]}
    client.update_backup_plan(BackupPlanId=plan_arn.rpartition(":")[2], BackupPlan=document)
    assert audit_backup(session, STACK).findings(status)[COPY_CONTROL] == {plan_arn}


def test_unread_region_leaves_the_vaults_of_the_others(session, client):
    result = audit_backup(
        session_denying(calls.LIST_BACKUP_VAULTS, region=OTHER_REGION), regions=(REGION, OTHER_REGION)
    )
    all_vaults = VAULT.replace(REGION, OTHER_REGION).replace("phi-dev-vault", "*")
    assert result.findings(Status.UNVERIFIED) == {
        control: {all_vaults} for control in (KEY_CONTROL, LOCK_CONTROL, ACCESS_CONTROL)
    }
    assert result.findings(Status.PASS) == {
        KEY_CONTROL: {VAULT},
        SEPARATION_CONTROL: {VAULT, all_vaults},  # no bucket has a key
        LOCK_CONTROL: {VAULT},
        COPY_CONTROL: plan_arns(client),
        RECOVERY_CONTROL: {BUCKET_ARN},
    }


def test_collector_makes_exactly_the_listed_calls(session, client):
    assert set(audit_backup(session).call_counts) == {*calls.CALLS, kms_calls.LIST_KEYS, kms_calls.LIST_ALIASES}


# Responses that moto doesn't return, as AWS documents them:
# https://docs.aws.amazon.com/aws-backup/latest/devguide/API_BackupVaultListMember.html


def vault_entry(**change: Any) -> dict[str, Any]:
    return {"BackupVaultArn": VAULT, "BackupVaultName": "phi-dev-vault", "EncryptionKeyArn": KEY_ARN, **change}


def test_air_gapped_vault_is_always_locked_and_may_have_an_aws_owned_key():
    entry = vault_entry(
        VaultType="LOGICALLY_AIR_GAPPED_BACKUP_VAULT", MinRetentionDays=7, MaxRetentionDays=30, Locked=False
    )
    assert backup.parse_vault(entry, {}, AUDITED_ACCOUNT, REGION) == BackupVault(
        VAULT, KEY_ARN, (7,), LOCATION, max_retention_days=(30,), lock_modes=("COMPLIANCE",)
    )
    entry["EncryptionKeyType"] = "AWS_OWNED_KMS_KEY"
    assert backup.parse_vault(entry, {}, AUDITED_ACCOUNT, REGION) == BackupVault(
        VAULT, None, (7,), LOCATION, max_retention_days=(30,), lock_modes=("COMPLIANCE",)
    )


@pytest.mark.parametrize(
    ("entry", "min_retention_days"),
    [(vault_entry(Locked=False, MinRetentionDays=7), ()), (vault_entry(Locked=True), (None,))],
    ids=["unlocked", "locked without a minimum"],
)
def test_only_a_locked_vault_has_a_minimum_retention(entry, min_retention_days):
    vault = backup.parse_vault(entry, {}, AUDITED_ACCOUNT, REGION)
    assert vault.min_retention_days == min_retention_days


@pytest.mark.parametrize(
    ("entry", "modes"),
    [
        (vault_entry(Locked=True, MinRetentionDays=7), ("GOVERNANCE",)),
        (vault_entry(Locked=True, MinRetentionDays=7, LockDate="2026-01-01"), ("COMPLIANCE",)),
        (vault_entry(Locked=False), ()),
    ],
    ids=["governance", "compliance", "unlocked"],
)
def test_lock_with_a_lock_date_is_in_compliance_mode(entry, modes):
    assert backup.parse_vault(entry, {}, AUDITED_ACCOUNT, REGION).lock_modes == modes


def test_copy_vaults_returns_the_vaults_of_each_rule():
    air_gapped = VAULT.replace("phi-dev-vault", "air-gapped")
    rules = [
        {"CopyActions": [{"DestinationBackupVaultArn": VAULT}], "TargetLogicallyAirGappedBackupVaultArn": air_gapped},
        {"RuleName": "weekly"},
    ]
    assert backup.copy_vaults(rules) == ((VAULT, air_gapped), ())


def test_key_of_another_account_keeps_its_arn():
    another = KEY_ARN.replace(ACCOUNT, "444455556666")
    assert backup.parse_vault(vault_entry(EncryptionKeyArn=another), {}, AUDITED_ACCOUNT, REGION).kms_key == another


def test_restore_access_vault_is_left_out(client):
    entries = [vault_entry(VaultType="RESTORE_ACCESS_BACKUP_VAULT"), vault_entry(Locked=False)]
    result = audit_backup(session_with_response(calls.LIST_BACKUP_VAULTS, {"BackupVaultList": entries}))
    assert [vault.resource for vault in result.stack.facts_of_type(BackupVault)] == [VAULT]


@pytest.mark.parametrize(
    "limits",
    [{"MinRetentionDays": RETENTION_DAYS + 1}, {"MinRetentionDays": 7, "MaxRetentionDays": RETENTION_DAYS - 1}],
)
def test_backups_that_the_lock_of_the_vault_refuses_dont_count(session, client, limits):
    lock_vault(client, **limits)
    assert audit_backup(session).findings(Status.FAIL) == {RECOVERY_CONTROL: {BUCKET_ARN}}


def test_read_targets_skips_rules_without_a_vault():
    nightly = {"TargetBackupVaultName": "phi-dev-vault"}
    rules = [
        {"RuleName": "x"},
        nightly,
        {**nightly, "Lifecycle": {"DeleteAfterDays": 7}},
        {"TargetBackupVaultName": ""},
    ]
    targets = (BackupTarget(VAULT, None), BackupTarget(VAULT, 7))
    assert backup.read_targets(rules, AUDITED_ACCOUNT, REGION) == targets
