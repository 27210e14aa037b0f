"""The KMS keys and grants of a live account: the facts, the findings, and what can't be read."""

from __future__ import annotations

import pytest

from hipaa_controls.model.values import Location, StackResource, Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from hipaa_controls.services.sns.facts import Topic
from phi_buckets.audit.calls import kms as calls
from phi_buckets.audit.collect import kms
from phi_buckets.audit.reader import AuditedAccount, FailedCall
from phi_buckets.audit.scope import Scope
from tests.phi_buckets.audit.sample_alert_pipeline import (
    ACCOUNT,
    ALARM_STATEMENT,
    KEY_POLICY,
    OTHER_REGION,
    REGION,
    ROOT,
    SampleAccount,
    assert_unverified,
    audit,
    create_compliant_account,
    denying,
    document,
    new_key,
    responding,
    service_statement,
    statement,
)

STACK = Scope({}, "phi-dev-")
LOCATION = Location("aws", REGION, ACCOUNT)
POLICY_CONTROLS = {
    "kms-no-public-principal",
    "kms-no-external-access",
    "kms-confused-deputy",
    "kms-key-administrator",
}
KEY_CONTROLS = {"kms-rotation", "kms-key-enabled", *POLICY_CONTROLS}


@pytest.fixture
def account(session) -> SampleAccount:
    return create_compliant_account(session)


def test_key_is_collected_with_its_settings_and_policy(account):
    result = audit(account)
    assert result.fact(Key, account.audit_key) == Key(
        account.audit_key, account.audit_key, "symmetric", True, None, None, LOCATION, state="Enabled"
    )
    policy = result.fact(KeyPolicy, account.audit_key)
    assert policy.key == StackResource(account.audit_key)
    assert policy.document.content == KEY_POLICY
    assert set(result.resources(Key)) == {account.phi_key, account.audit_key}
    assert result.blocking == set()
    assert result.controls_with(Status.PASS) >= KEY_CONTROLS


def put_policy(keys, key: str, *statements) -> None:
    keys.put_key_policy(KeyId=key, PolicyName="default", Policy=document(*statements))


EXTERNAL_ROLE = "arn:aws:iam::444455556666:role/vendor"
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/app"
EVERYONE = statement(
    Principal={"AWS": "*"}, Action="kms:Decrypt", Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}
)


@pytest.mark.parametrize(
    ("change", "control"),
    [
        (lambda keys, key: keys.disable_key_rotation(KeyId=key), "kms-rotation"),
        (lambda keys, key: keys.disable_key(KeyId=key.rsplit("/", 1)[-1]), "kms-key-enabled"),
        (lambda keys, key: keys.schedule_key_deletion(KeyId=key.rsplit("/", 1)[-1]), "kms-key-enabled"),
        (
            lambda keys, key: put_policy(keys, key, statement(), statement(Principal={"AWS": EXTERNAL_ROLE})),
            "kms-no-external-access",
        ),
        (
            lambda keys, key: put_policy(
                keys, key, statement(), service_statement("s3.amazonaws.com", Bool={"aws:x": "true"})
            ),
            "kms-confused-deputy",
        ),
        (
            lambda keys, key: put_policy(keys, key, statement(Principal={"AWS": ROOT}, Action="kms:Encrypt")),
            "kms-key-administrator",
        ),
    ],
    ids=[
        "no rotation",
        "disabled",
        "pending deletion",
        "another account",
        "any service",
        "no administrator",
    ],
)
def test_weak_setting_fails_only_its_control(account, change, control):
    change(account.client("kms"), account.phi_key)
    result = audit(account)
    assert result.controls_with(Status.FAIL) == {control}
    assert result.controls_with(Status.UNVERIFIED) == set()
    assert result.statuses(control) == {account.phi_key: Status.FAIL, account.audit_key: Status.PASS}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (calls.LIST_KEYS, {*KEY_CONTROLS, "sns-customer-managed-key"}),
        (calls.DESCRIBE_KEY, {*KEY_CONTROLS, "sns-customer-managed-key"}),
        (calls.GET_KEY_ROTATION_STATUS, {"kms-rotation"}),
        # The policy decides whether the topic's publishers may use the key.
        (calls.GET_KEY_POLICY, {*POLICY_CONTROLS, "sns-customer-managed-key"}),
        (calls.LIST_GRANTS, {"kms-no-external-access"}),
        # Only an alias identifies an AWS managed key.
        (calls.LIST_ALIASES, {"sns-customer-managed-key"}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_denied_call_is_unverified_and_names_the_permission(account, call, controls):
    assert_unverified(audit(denying(account, call)), call, controls)


def test_key_that_is_open_to_everyone_fails_the_controls_of_public_and_of_external_access(account):
    put_policy(account.client("kms"), account.phi_key, statement(), EVERYONE)
    assert audit(account).blocking == {"kms-no-public-principal", "kms-no-external-access"}


def create_grant(account: SampleAccount, grantee: str, **parameters) -> str:
    """Create a grant of the PHI key, and return the name that it has in findings."""
    operations = parameters.pop("Operations", ["Decrypt"])
    created = account.client("kms").create_grant(
        KeyId=account.phi_key, GranteePrincipal=grantee, Operations=operations, **parameters
    )
    return f"{account.phi_key}:{created['GrantId']}"


def test_grant_is_collected_with_its_principals_operations_and_constraint(account):
    grant = create_grant(
        account,
        OWN_ROLE,
        RetiringPrincipal=ROOT,
        Operations=["Decrypt", "DescribeKey"],
        Constraints={"EncryptionContextSubset": {"Department": "radiology"}},
    )
    assert audit(account).fact(Grant, grant) == Grant(
        grant, account.phi_key, OWN_ROLE, ROOT, ("Decrypt", "DescribeKey"), {"Department": "radiology"}, LOCATION
    )


def test_grant_to_another_account_fails_and_grants_to_the_account_and_to_services_pass(account):
    service_role = f"arn:aws:sts::{ACCOUNT}:assumed-role/aws:ec2-infrastructure/i-0123456789abcdef0"
    own = [create_grant(account, grantee) for grantee in (OWN_ROLE, service_role, "rds.us-east-1.amazonaws.com")]
    external = [create_grant(account, EXTERNAL_ROLE), create_grant(account, OWN_ROLE, RetiringPrincipal=EXTERNAL_ROLE)]
    result = audit(account)
    assert result.blocking == {"kms-no-external-access"}
    assert result.statuses("kms-no-external-access") == {
        **dict.fromkeys((account.phi_key, account.audit_key, *own), Status.PASS),
        **dict.fromkeys(external, Status.FAIL),
    }


def test_grants_that_cant_be_read_are_unverified_apart_from_the_key_policy(account):
    statuses = audit(denying(account, calls.LIST_GRANTS)).statuses("kms-no-external-access")
    keys = (account.phi_key, account.audit_key)
    assert statuses == {
        **dict.fromkeys(keys, Status.PASS),
        **{f"{key}:*": Status.UNVERIFIED for key in keys},
    }


def test_grants_of_all_pages_are_read(account):
    entries = [{"GrantId": id_, "GranteePrincipal": OWN_ROLE, "Operations": ["Decrypt"]} for id_ in ("1", "2")]
    pages = [
        {"Grants": entries[:1], "Truncated": True, "NextMarker": "more"},
        {"Grants": entries[1:], "Truncated": False},
    ]
    other_key = {"Keys": [{"KeyArn": account.phi_key, "KeyId": account.phi_key}], "Truncated": False}
    result = audit(responding(account, {calls.LIST_GRANTS: pages, calls.LIST_KEYS: [other_key] * 2}))
    assert result.resources(Grant) == [f"{account.phi_key}:1", f"{account.phi_key}:2"]


# Entries as in https://docs.aws.amazon.com/kms/latest/APIReference/API_GrantListEntry.html
GRANT = {"GrantId": "1", "GranteePrincipal": OWN_ROLE, "Operations": ["Decrypt"]}


def test_parse_grant_returns_a_service_principal_from_either_field():
    service = "rds.amazonaws.com"
    assert kms.parse_grant("arn", {**GRANT, "GranteePrincipal": service}, LOCATION).grantee == service
    entry = {
        "GrantId": "1",
        "GranteeServicePrincipal": service,
        "RetiringServicePrincipal": service,
        "Operations": ["Decrypt"],
        "Constraints": {"SourceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:records"},
    }
    grant = kms.parse_grant("arn", entry, LOCATION)
    assert (grant.grantee, grant.retiring_principal, grant.encryption_context) == (service, service, {})


def test_parse_grant_without_a_grantee_returns_an_unknown():
    entry = {name: value for name, value in GRANT.items() if name != "GranteePrincipal"}
    assert isinstance(kms.parse_grant("arn", entry, LOCATION).grantee, Unknown)


def test_rotation_status_is_requested_only_for_symmetric_keys(account):
    """For an asymmetric key GetKeyRotationStatus fails, and the control would be unverified, not `not applicable`."""
    created = account.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Policy=KEY_POLICY)
    result = audit(account)
    assert result.statuses("kms-rotation")[created["KeyMetadata"]["Arn"]] is Status.NOT_APPLICABLE
    assert result.call_counts[calls.GET_KEY_ROTATION_STATUS] == 2


def test_replica_key_needs_no_rotation_of_its_own(account):
    keys = account.client("kms")
    primary = keys.create_key(MultiRegion=True, Policy=KEY_POLICY)["KeyMetadata"]
    keys.replicate_key(KeyId=primary["KeyId"], ReplicaRegion=OTHER_REGION)
    result = audit(account, (REGION, OTHER_REGION))
    replica = result.fact(Key, primary["Arn"].replace(REGION, OTHER_REGION))
    assert (replica.key_type, replica.location.region, replica.rotation_enabled) == ("replica", OTHER_REGION, False)
    assert result.statuses("kms-rotation")[replica.resource] is Status.NOT_APPLICABLE


def test_stack_scope_includes_keys_by_alias(account):
    other = new_key(account.session, "alias/other")
    account.client("kms").create_alias(AliasName="alias/phi-dev-again", TargetKeyId=account.phi_key)
    result = audit(account, (REGION,), STACK)
    assert set(result.resources(Key)) == {account.phi_key, account.audit_key}
    assert calls.LIST_KEYS not in result.call_counts
    assert other in audit(account).resources(Key)


def test_stack_keys_are_unverified_if_aliases_cant_be_read(account):
    result = audit(denying(account, calls.LIST_ALIASES), (REGION,), STACK)
    assert_unverified(result, calls.LIST_ALIASES, {*KEY_CONTROLS, "sns-customer-managed-key"})


def test_unread_region_leaves_the_keys_of_the_others(account):
    other_key = new_key(account.session, "alias/other", OTHER_REGION)
    result = audit(denying(account, calls.LIST_KEYS, region=OTHER_REGION), (REGION, OTHER_REGION))
    all_keys = f"arn:aws:kms:{OTHER_REGION}:{ACCOUNT}:key/*"
    assert result.statuses("kms-rotation") == {
        account.phi_key: Status.PASS,
        account.audit_key: Status.PASS,
        all_keys: Status.UNVERIFIED,
    }
    assert result.fact(Key, all_keys).location.region == OTHER_REGION
    assert audit(account, (REGION, OTHER_REGION)).statuses("kms-rotation")[other_key] is Status.PASS


def test_all_pages_are_read(account):
    listed = [{"KeyArn": arn, "KeyId": arn.rsplit("/", 1)[-1]} for arn in (account.phi_key, account.audit_key)]
    pages = [
        {"Keys": listed[:1], "Truncated": True, "NextMarker": "more"},
        {"Keys": listed[1:], "Truncated": False},
    ]
    # The collector of topics lists the keys too.
    result = audit(responding(account, {calls.LIST_KEYS: pages * 2}))
    assert set(result.resources(Key)) == {account.phi_key, account.audit_key}


def test_aws_managed_keys_and_deleted_keys_are_left_out(account):
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
    deleted = {"Keys": [{"KeyArn": arn, "KeyId": arn.rsplit("/", 1)[-1]}], "Truncated": False}
    assert audit(responding(account, {calls.LIST_KEYS: [deleted] * 2})).resources(Key) == []
    metadata = {"KeyMetadata": {"Arn": arn, "KeyId": "1", "KeyManager": "AWS", "KeyState": "Enabled"}}
    result = audit(responding(account, {calls.DESCRIBE_KEY: [metadata] * 2}))
    assert result.resources(Key) + result.resources(KeyPolicy) + result.resources(Grant) == []
    assert result.failed_calls == ()


# Responses as in https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html
SYMMETRIC = {"Arn": "arn", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}


@pytest.mark.parametrize(
    ("change", "key_type"),
    [
        ({}, "symmetric"),
        ({"MultiRegion": True, "MultiRegionConfiguration": {"MultiRegionKeyType": "PRIMARY"}}, "symmetric"),
        ({"MultiRegion": True, "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"}}, "replica"),
        ({"Origin": "EXTERNAL"}, "imported"),
        ({"Origin": "EXTERNAL", "MultiRegionConfiguration": {"MultiRegionKeyType": "REPLICA"}}, "imported"),
        ({"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"}, "other"),
        ({"Origin": "EXTERNAL_KEY_STORE"}, "other"),
        ({"KeySpec": "RSA_4096"}, "other"),
        ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "other"),
    ],
)
def test_parse_key_returns_the_key_type(change, key_type):
    assert kms.parse_key({**SYMMETRIC, **change}, {}, LOCATION).key_type == key_type


def test_parse_key_returns_the_rotation_and_the_state():
    rotation = {"KeyRotationEnabled": True, "RotationPeriodInDays": 90, "KeyId": "1"}
    key = kms.parse_key({**SYMMETRIC, "KeyState": "PendingDeletion"}, rotation, LOCATION)
    assert (key.rotation_enabled, key.rotation_period_days, key.state) == (True, 90, "PendingDeletion")
    assert kms.parse_key(SYMMETRIC, {"KeyRotationEnabled": False}, LOCATION).rotation_enabled is False


AUDITED_ACCOUNT = AuditedAccount(ACCOUNT, "aws", (REGION,))
KEY_ID, AWS_KEY_ID = "0a1b2c3d-0000-1111-2222-333344445555", "9f1b2c3d-0000-1111-2222-333344445555"
ARN_PREFIX = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
ALIASES = {"alias/data": KEY_ID, "alias/aws/sns": AWS_KEY_ID}


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        (None, None),
        ("", None),
        ("alias/data", f"{ARN_PREFIX}key/{KEY_ID}"),
        (f"{ARN_PREFIX}alias/data", f"{ARN_PREFIX}key/{KEY_ID}"),
        (KEY_ID, f"{ARN_PREFIX}key/{KEY_ID}"),
        (f"{ARN_PREFIX}key/{KEY_ID}", f"{ARN_PREFIX}key/{KEY_ID}"),
        ("alias/aws/sns", "alias/aws/sns"),
        (f"{ARN_PREFIX}key/{AWS_KEY_ID}", "alias/aws/sns"),
        (AWS_KEY_ID, "alias/aws/sns"),
        (f"arn:aws:kms:{REGION}:444455556666:key/{KEY_ID}", f"arn:aws:kms:{REGION}:444455556666:key/{KEY_ID}"),
        ("alias/nothing", Unknown("alias/nothing", reason="is an alias without a key")),
    ],
)
def test_canonical_key_is_the_keys_arn_or_the_alias_of_an_aws_managed_key(name, canonical):
    assert kms.canonical_key(name, ALIASES, AUDITED_ACCOUNT, REGION) == canonical


def test_canonical_key_is_unknown_if_aliases_cant_be_read():
    failed = FailedCall(calls.LIST_ALIASES, "aliases", REGION, "AccessDenied")
    assert kms.canonical_key(f"{ARN_PREFIX}key/{KEY_ID}", failed, AUDITED_ACCOUNT, REGION) == failed.unknown
    assert kms.canonical_key("alias/aws/sns", failed, AUDITED_ACCOUNT, REGION) == "alias/aws/sns"


@pytest.mark.parametrize("form", ["arn", "alias", "id"])
def test_key_of_a_topic_is_found_by_arn_alias_and_id(account, form):
    """The key's policy doesn't allow the topic's publisher, so the control fails only if the key is found."""
    other = new_key(account.session, "alias/phi-dev-other")
    put_policy(account.client("kms"), other, statement())
    key_name = {"arn": other, "alias": "alias/phi-dev-other", "id": other.rsplit("/", 1)[-1]}[form]
    [topic] = account.client("sns").list_topics()["Topics"]
    attribute = {"AttributeName": "KmsMasterKeyId", "AttributeValue": key_name}
    account.client("sns").set_topic_attributes(TopicArn=topic["TopicArn"], **attribute)
    result = audit(account)
    assert result.fact(Topic, topic["TopicArn"]).kms_key == StackResource(other)
    assert result.controls_with(Status.FAIL) == {"sns-customer-managed-key"}
    put_policy(account.client("kms"), other, statement(), ALARM_STATEMENT)
    assert audit(account).controls_with(Status.FAIL) == set()
