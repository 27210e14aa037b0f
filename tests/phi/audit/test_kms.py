"""Keys of a live account: what is read of them, what fails, and what can't be told."""

from __future__ import annotations

import pytest

from hipaa.model.values import Location, StackResource, Unknown
from hipaa.model.verdict import Status
from hipaa.services.kms.facts import Key, KeyPolicy
from hipaa.services.sns.facts import Topic
from phi.audit.calls import Call, ResourceType
from phi.audit.calls import kms as kms_calls
from phi.audit.collect import kms
from phi.audit.reader import AuditedAccount, FailedCall
from phi.audit.scope import Scope
from tests.phi.audit.sample_alert_pipeline import (
    ACCOUNT,
    KEY_POLICY,
    PUBLISHES,
    REGION,
    ROOT,
    SampleAccount,
    responding,
    assert_unverified,
    audit,
    document,
    new_key,
    denying,
    create_compliant_account,
    service,
    statement,
)

STACK = Scope({}, "phi-dev-")
WEST = "us-west-2"
PLACE = Location("aws", REGION, ACCOUNT)
POLICY_CONTROLS = {"kms-no-public-principal", "kms-confused-deputy", "kms-key-administrator"}
KEY_CONTROLS = {"kms-rotation", "kms-key-enabled", *POLICY_CONTROLS}


@pytest.fixture
def world(session) -> SampleAccount:
    return create_compliant_account(session)


def test_a_key_is_read_as_it_is_set(world):
    found = audit(world)
    assert found.fact(Key, world.audit) == Key(
        world.audit, world.audit, "symmetric", True, None, None, PLACE, state="Enabled"
    )
    policy = found.fact(KeyPolicy, world.audit)
    assert policy.key == StackResource(world.audit)
    assert policy.document.content == KEY_POLICY
    assert {each.resource for each in found.stack.facts_of_type(Key)} == {world.data, world.audit}
    assert found.controls_with(Status.FAIL) | found.controls_with(Status.UNVERIFIED) == set()
    assert found.controls_with(Status.PASS) >= KEY_CONTROLS


def put_policy(keys, key: str, *statements) -> None:
    keys.put_key_policy(KeyId=key, PolicyName="default", Policy=document(*statements))


EVERYONE = statement(
    Principal={"AWS": "*"}, Action="kms:Decrypt", Condition={"Bool": {"aws:PrincipalIsAWSService": "false"}}
)


@pytest.mark.parametrize(
    ("spoil", "control"),
    [
        (lambda keys, key: keys.disable_key_rotation(KeyId=key), "kms-rotation"),
        (lambda keys, key: keys.disable_key(KeyId=key.rsplit("/", 1)[-1]), "kms-key-enabled"),
        (lambda keys, key: keys.schedule_key_deletion(KeyId=key.rsplit("/", 1)[-1]), "kms-key-enabled"),
        (lambda keys, key: put_policy(keys, key, statement(), EVERYONE), "kms-no-public-principal"),
        (
            lambda keys, key: put_policy(keys, key, statement(), service("s3.amazonaws.com", Bool={"aws:x": "true"})),
            "kms-confused-deputy",
        ),
        (
            lambda keys, key: put_policy(keys, key, statement(Principal={"AWS": ROOT}, Action="kms:Encrypt")),
            "kms-key-administrator",
        ),
    ],
    ids=["doesn't rotate", "disabled", "to be deleted", "open to everyone", "any service", "nobody's"],
)
def test_a_setting_that_is_wrong_fails_its_own_control(world, spoil, control):
    spoil(world.client("kms"), world.data)
    found = audit(world)
    assert found.controls_with(Status.FAIL) == {control}
    assert found.controls_with(Status.UNVERIFIED) == set()
    assert found.statuses(control) == {world.data: Status.FAIL, world.audit: Status.PASS}


@pytest.mark.parametrize(
    ("call", "controls"),
    [
        (kms_calls.LIST_KEYS, {*KEY_CONTROLS, "sns-customer-managed-key"}),
        (kms_calls.DESCRIBE_KEY, {*KEY_CONTROLS, "sns-customer-managed-key"}),
        (kms_calls.GET_KEY_ROTATION_STATUS, {"kms-rotation"}),
        # Whether what publishes to the topic may use its key.
        (kms_calls.GET_KEY_POLICY, {*POLICY_CONTROLS, "sns-customer-managed-key"}),
        # By an alias of AWS's own, a topic's key is known to be none of the customer's.
        (kms_calls.LIST_ALIASES, {"sns-customer-managed-key"}),
    ],
    ids=lambda value: getattr(value, "operation", ""),
)
def test_what_is_refused_is_unverified(world, call, controls):
    assert_unverified(audit(denying(world, call)), call, controls)


def test_no_key_is_asked_what_it_cant_tell(world):
    """AWS ends GetKeyRotationStatus of such a key in an error: it would be unverified rather than not applicable."""
    made = world.client("kms").create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", Policy=KEY_POLICY)
    found = audit(world)
    assert found.statuses("kms-rotation")[made["KeyMetadata"]["Arn"]] is Status.NOT_APPLICABLE
    assert found.call_counts[kms_calls.GET_KEY_ROTATION_STATUS] == 2


def test_a_replica_is_a_key_of_its_own_region_that_rotates_with_its_primary(world):
    keys = world.client("kms")
    primary = keys.create_key(MultiRegion=True, Policy=KEY_POLICY)["KeyMetadata"]
    keys.replicate_key(KeyId=primary["KeyId"], ReplicaRegion=WEST)
    found = audit(world, (REGION, WEST))
    replica = found.fact(Key, primary["Arn"].replace(REGION, WEST))
    assert (replica.kind, replica.place.region, replica.rotates) == ("replica", WEST, False)
    assert found.statuses("kms-rotation")[replica.resource] is Status.NOT_APPLICABLE


def test_the_keys_of_a_stack_are_those_that_its_aliases_name(world):
    other = new_key(world.session, "alias/other")
    world.client("kms").create_alias(AliasName="alias/phi-dev-again", TargetKeyId=world.data)
    found = audit(world, (REGION,), STACK)
    assert {each.resource for each in found.stack.facts_of_type(Key)} == {world.data, world.audit}
    assert kms_calls.LIST_KEYS not in found.call_counts
    assert other in {each.resource for each in audit(world).stack.facts_of_type(Key)}


def test_where_a_stacks_aliases_cant_be_read_nothing_is_known_of_its_keys(world):
    found = audit(denying(world, kms_calls.LIST_ALIASES), (REGION,), STACK)
    assert_unverified(found, kms_calls.LIST_ALIASES, {*KEY_CONTROLS, "sns-customer-managed-key"})


def test_a_region_that_cant_be_read_doesnt_hide_the_keys_of_another(world):
    there = new_key(world.session, "alias/there", WEST)
    found = audit(denying(world, kms_calls.LIST_KEYS, region=WEST), (REGION, WEST))
    everything = f"arn:aws:kms:{WEST}:{ACCOUNT}:key/*"
    assert found.statuses("kms-rotation") == {
        world.data: Status.PASS,
        world.audit: Status.PASS,
        everything: Status.UNVERIFIED,
    }
    assert found.fact(Key, everything).place.region == WEST
    assert audit(world, (REGION, WEST)).statuses("kms-rotation")[there] is Status.PASS


def test_all_pages_of_keys_are_read(world):
    listed = [{"KeyArn": arn, "KeyId": arn.rsplit("/", 1)[-1]} for arn in (world.data, world.audit)]
    pages = [
        {"Keys": listed[:1], "Truncated": True, "NextMarker": "more"},
        {"Keys": listed[1:], "Truncated": False},
    ]
    found = audit(responding(world, {kms_calls.LIST_KEYS: pages * 2}))  # monitoring asks what keys there are too
    assert {each.resource for each in found.stack.facts_of_type(Key)} == {world.data, world.audit}


def test_a_key_of_aws_isnt_judged_nor_one_that_is_gone(world):
    arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
    gone = {"Keys": [{"KeyArn": arn, "KeyId": arn.rsplit("/", 1)[-1]}], "Truncated": False}
    assert audit(responding(world, {kms_calls.LIST_KEYS: [gone] * 2})).stack.facts_of_type(Key) == []
    metadata = {"KeyMetadata": {"Arn": arn, "KeyId": "1", "KeyManager": "AWS", "KeyState": "Enabled"}}
    found = audit(responding(world, {kms_calls.DESCRIBE_KEY: [metadata] * 2}))
    assert found.stack.facts_of_type(Key) + found.stack.facts_of_type(KeyPolicy) == []
    assert found.failed_calls == ()


# As https://docs.aws.amazon.com/kms/latest/APIReference/API_DescribeKey.html answers.
PLAIN = {"Arn": "arn", "KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS"}


@pytest.mark.parametrize(
    ("change", "kind"),
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
def test_the_kind_of_a_key(change, kind):
    assert kms.parse_key({**PLAIN, **change}, {}, PLACE).key_type == kind


def test_how_often_a_key_rotates():
    rotation = {"KeyRotationEnabled": True, "RotationPeriodInDays": 90, "KeyId": "1"}
    read = kms.parse_key({**PLAIN, "KeyState": "PendingDeletion"}, rotation, PLACE)
    assert (read.rotation_enabled, read.rotation_period_days, read.state) == (True, 90, "PendingDeletion")
    assert kms.parse_key(PLAIN, {"KeyRotationEnabled": False}, PLACE).rotation_enabled is False


HERE = AuditedAccount(ACCOUNT, "aws", (REGION,))
ID, OWN = "0a1b2c3d-0000-1111-2222-333344445555", "9f1b2c3d-0000-1111-2222-333344445555"
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
ALIASES = {"alias/data": ID, "alias/aws/sns": OWN}


@pytest.mark.parametrize(
    ("name", "known"),
    [
        (None, None),
        ("", None),
        ("alias/data", f"{ARN}key/{ID}"),
        (f"{ARN}alias/data", f"{ARN}key/{ID}"),
        (ID, f"{ARN}key/{ID}"),
        (f"{ARN}key/{ID}", f"{ARN}key/{ID}"),
        ("alias/aws/sns", "alias/aws/sns"),
        (f"{ARN}key/{OWN}", "alias/aws/sns"),
        (OWN, "alias/aws/sns"),
        (f"arn:aws:kms:{REGION}:444455556666:key/{ID}", f"arn:aws:kms:{REGION}:444455556666:key/{ID}"),
        ("alias/nothing", Unknown("alias/nothing", reason="is the alias of no key")),
    ],
)
def test_a_key_is_known_by_its_arn_and_awss_own_by_its_alias(name, known):
    assert kms.canonical_key(name, ALIASES, HERE, REGION) == known


def test_what_is_known_of_a_key_where_its_names_cant_be_read():
    unread = FailedCall(
        Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY), "aliases", REGION, "AccessDenied"
    )
    assert kms.canonical_key(f"{ARN}key/{ID}", unread, HERE, REGION) == unread.unknown
    assert kms.canonical_key("alias/aws/sns", unread, HERE, REGION) == "alias/aws/sns"


@pytest.mark.parametrize("name", ["arn", "alias", "id"])
def test_a_topics_key_is_judged_whatever_it_is_called(world, name):
    """Its policy says nothing of who publishes to the topic, so that a judgement of it is seen."""
    other = new_key(world.session, "alias/phi-dev-other")
    put_policy(world.client("kms"), other, statement())
    called = {"arn": other, "alias": "alias/phi-dev-other", "id": other.rsplit("/", 1)[-1]}[name]
    [topic] = world.client("sns").list_topics()["Topics"]
    attribute = {"AttributeName": "KmsMasterKeyId", "AttributeValue": called}
    world.client("sns").set_topic_attributes(TopicArn=topic["TopicArn"], **attribute)
    found = audit(world)
    assert found.fact(Topic, topic["TopicArn"]).key == StackResource(other)
    assert found.controls_with(Status.FAIL) == {"sns-customer-managed-key"}
    put_policy(world.client("kms"), other, statement(), PUBLISHES)
    assert audit(world).controls_with(Status.FAIL) == set()
