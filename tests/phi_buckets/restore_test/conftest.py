"""A small stack on moto: a locked PHI bucket and its replica, each encrypted with its own key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from phi_buckets.restore_test import setup
from tests.phi_buckets.restore_test.harness import (
    PHI,
    REPLICA,
    REPLICA_REGION,
    SCRATCH,
    StackHarness,
    VaultHarness,
    outputs_with_key,
    record_calls,
    set_default_encryption,
)


@pytest.fixture
def stack(session: boto3.Session) -> StackHarness:
    kms = session.client("kms")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica_key = kms.replicate_key(KeyId=key.split("/")[1], ReplicaRegion=REPLICA_REGION)["ReplicaKeyMetadata"]["Arn"]
    s3, replica_s3 = session.client("s3"), session.client("s3", region_name=REPLICA_REGION)
    s3.create_bucket(Bucket=PHI, ObjectLockEnabledForBucket=True)
    replica_s3.create_bucket(
        Bucket=REPLICA,
        ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REPLICA_REGION},
    )
    for client, bucket, bucket_key in ((s3, PHI, key), (replica_s3, REPLICA, replica_key)):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        set_default_encryption(client, bucket, bucket_key)
    harness = StackHarness(session, outputs_with_key(key), s3, replica_s3)
    record_calls(session, harness.calls)
    return harness


@pytest.fixture
def scratch(stack: StackHarness) -> setup.ScratchBucket:
    """Create a separate scratch bucket, without Object Lock, encrypted with its own key."""
    key = stack.boto.client("kms").create_key()["KeyMetadata"]["Arn"]
    stack.s3.create_bucket(Bucket=SCRATCH)
    stack.s3.put_bucket_versioning(Bucket=SCRATCH, VersioningConfiguration={"Status": "Enabled"})
    set_default_encryption(stack.s3, SCRATCH, key)
    stack.calls.clear()
    return setup.ScratchBucket(SCRATCH, key)


@pytest.fixture
def backup(session: boto3.Session) -> Iterator[tuple[Any, Stubber]]:
    """Return a client of AWS Backup and its stubber, because moto has no restore jobs."""
    client = session.client("backup")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def vault(stack: StackHarness, scratch: setup.ScratchBucket, backup: tuple[Any, Stubber]) -> VaultHarness:
    return VaultHarness(stack, scratch, backup)


@pytest.fixture
def outputs_file(stack: StackHarness, tmp_path: Any) -> Any:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(stack.outputs.model_dump()))
    return file
