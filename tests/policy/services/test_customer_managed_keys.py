"""The account of the key that each kind of resource is encrypted with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import PackProcess, Resource
from tests.policy.sample_stacks import ACCOUNT, KEY_ARN

FOREIGN = "999999999999"
FOREIGN_KEYS = [KEY_ARN.replace(ACCOUNT, FOREIGN), f"arn:aws:kms:us-east-1:{FOREIGN}:alias/phi"]
# By control: the resource that it reports, encrypted with a key.
ENCRYPTED: dict[str, Any] = {
    "s3-customer-managed-key": lambda key: Resource(
        "aws:s3/bucket:Bucket",
        "it",
        {
            "bucket": "data",
            "tags": {"DataClass": "PHI"},
            "serverSideEncryptionConfiguration": {
                "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": key}}
            },
        },
    ),
    "cloudtrail-customer-managed-key": lambda key: Resource("aws:cloudtrail/trail:Trail", "it", {"kmsKeyId": key}),
    "logs-customer-managed-key": lambda key: Resource(
        "aws:cloudwatch/logGroup:LogGroup", "it", {"tags": {"DataClass": "AuditLog"}, "kmsKeyId": key}
    ),
    "sns-customer-managed-key": lambda key: Resource("aws:sns/topic:Topic", "it", {"kmsMasterKeyId": key}),
    "sqs-customer-managed-key": lambda key: Resource(
        "aws:sqs/queue:Queue", "it", {"tags": {"DataClass": "PHI"}, "kmsMasterKeyId": key}
    ),
    "backup-vault-customer-managed-key": lambda key: Resource("aws:backup/vault:Vault", "it", {"kmsKeyArn": key}),
}
every_control = pytest.mark.parametrize("control", ENCRYPTED)


@every_control
@pytest.mark.parametrize("key", FOREIGN_KEYS, ids=["key", "alias"])
def test_key_of_another_account_fails_before_the_resource_exists(pack: PackProcess, control, key):
    encrypted = replace(ENCRYPTED[control](key), account=ACCOUNT)
    [finding] = [finding for finding in pack.check_resource(encrypted) if finding.policy == control]
    assert f"with a key of account {FOREIGN}, which isn't trusted" in finding.message
    pack.check_stack([], {})  # ends the run


@every_control
@pytest.mark.parametrize("key", FOREIGN_KEYS, ids=["key", "alias"])
def test_key_is_unverified_while_the_stacks_account_is_unknown(pack: PackProcess, control, key):
    stack = [ENCRYPTED[control](key)]
    assert unverified_resources(pack, control, stack) == {"it"}
    [finding] = findings_for(pack, control, stack)
    assert "name it in the option accounts" in finding.message


@every_control
def test_key_of_the_own_or_a_trusted_account_passes(pack: PackProcess, control):
    own_keys = (KEY_ARN, KEY_ARN.rsplit("/", 1)[-1], "alias/phi")
    for key in own_keys:
        assert failed_resources(pack, control, [replace(ENCRYPTED[control](key), account=ACCOUNT)]) == set()
    pack.configure(**{control.replace("-", "_"): {"accounts": [FOREIGN]}})
    try:
        for key in FOREIGN_KEYS:
            assert failed_resources(pack, control, [ENCRYPTED[control](key)]) == set()
    finally:
        pack.configure()


@every_control
def test_aws_managed_key_of_another_account_fails_as_such(pack: PackProcess, control):
    key = f"arn:aws:kms:us-east-1:{FOREIGN}:alias/aws/s3"
    assert failed_resources(pack, control, [ENCRYPTED[control](key)]) == {"it"}
