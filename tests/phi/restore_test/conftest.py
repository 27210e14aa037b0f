"""A stack in miniature: a locked bucket of PHI and its replica, each under its own key."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.backends import get_backend

from phi.object_keys import new_key
from phi.restore_test import setup
from phi.restore_test.evidence import RestoreTestEvidence
from phi.restore_test.restore_source import RestoreSource
from phi.restore_test.run import RestoreTestRequest, run_restore_test
from phi.restore_test.scratch import Pseudonyms
from phi.stack.outputs import Outputs
from tests.phi.conftest import ACCOUNT, REGION

THERE = "us-west-2"
PHI, REPLICA, SCRATCH = "phi-test-phi", "phi-test-replica", "phi-test-drills"
PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:role/driller"


@dataclass
class Stack:
    """The stack, and what is done to it. calls: each of boto3's calls: service, operation, parameters, status."""

    boto: boto3.Session
    outputs: Outputs
    s3: Any
    there: Any
    calls: list[tuple[str, str, dict[str, Any], int]] = field(default_factory=list)

    def put(self, key: str, content: bytes, **how: Any) -> str:
        return self.s3.put_object(Bucket=PHI, Key=key, Body=content, **how)["VersionId"]

    def replicate(self, key: str, version: str, content: bytes) -> None:
        """As S3 does it: the copy has the same id, which moto can't be told by its API."""
        made = self.there.put_object(Bucket=REPLICA, Key=key, Body=content)["VersionId"]
        for each in stored(REPLICA, key):
            if each.version_id == made:
                each._version_id = version

    def restoring(self, source: Any = "version", scratch: Any = None, **other: Any) -> RestoreSource:
        session = setup.RestoreTestSession(self.boto, PRINCIPAL, self.outputs)
        way = setup.restore_source(session, source, scratch, test_id=new_key(), rto_hours=1, pseudonyms=Pseudonyms())
        if source == "replica":
            way.window = type(way.window)(way.window.written_before + timedelta(hours=1))  # what was written just now too
        for name, value in other.items():
            setattr(way, name, value)
        return way

    def drill(self, way: RestoreSource, objects: int = 5, hours: float = 72) -> RestoreTestEvidence:
        return self.kept(way, objects, hours)[0]

    def kept(self, way: RestoreSource, objects: int = 5, hours: float = 72, say: Any = lambda *_: None) -> Any:
        """The evidence that was kept, and what was raised."""
        kept: list[RestoreTestEvidence] = []
        try:
            run_restore_test(way, RestoreTestRequest(way.drill, objects, hours, PRINCIPAL), Pseudonyms(), kept.append, say)
        except BaseException as error:  # noqa: BLE001 - an interrupt too
            return kept[0], error
        return kept[0], None

    def left(self, bucket: str = PHI, prefix: str = "restore-test/") -> tuple[list[Any], list[Any]]:
        """The versions and the delete markers that there are under a prefix."""
        s3 = self.there if bucket == REPLICA else self.s3
        told = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
        return told.get("Versions", []), told.get("DeleteMarkers", [])


def stored(bucket: str, key: str) -> list[Any]:
    return get_backend("s3")[ACCOUNT]["aws"].buckets[bucket].keys.getlist(key)


@contextmanager
def unlocked(bucket: str) -> Iterator[None]:
    """While it lasts every version may be deleted, as once its lock has ended."""
    for key in get_backend("s3")[ACCOUNT]["aws"].buckets[bucket].keys:
        for each in stored(bucket, key):
            each.lock_mode = each.lock_until = None
    yield


@pytest.fixture
def stack(session: boto3.Session) -> Stack:
    kms = session.client("kms")
    key = kms.create_key(MultiRegion=True)["KeyMetadata"]["Arn"]
    replica_key = kms.replicate_key(KeyId=key.split("/")[1], ReplicaRegion=THERE)["ReplicaKeyMetadata"]["Arn"]
    s3, there = session.client("s3"), session.client("s3", region_name=THERE)
    s3.create_bucket(Bucket=PHI, ObjectLockEnabledForBucket=True)
    there.create_bucket(
        Bucket=REPLICA, ObjectLockEnabledForBucket=True, CreateBucketConfiguration={"LocationConstraint": THERE}
    )
    for client, bucket, of_bucket in ((s3, PHI, key), (there, REPLICA, replica_key)):
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        encrypt(client, bucket, of_bucket)
    made = Stack(session, outputs_of(key), s3, there)
    record(session, made.calls)
    return made


def outputs_of(key: str) -> Outputs:
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-test-"
    return Outputs(
        resource_name_prefix="phi-test-",
        phi_bucket_name=PHI,
        phi_key_arn=key,
        replica_bucket_name=REPLICA,
        replica_region=THERE,
        access_log_bucket_name="phi-test-logs",
        trail_bucket_name="phi-test-trail",
        trail_arn=f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/phi-test-trail",
        alert_topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-test-alerts",
        application_role_arn=f"{role}application",
        auditor_role_arn=f"{role}auditor",
        break_glass_role_arn=f"{role}break-glass",
        backup_vault_name="phi-test-vault",
        backup_role_arn=f"{role}backup-role",
    )


@pytest.fixture
def scratch(stack: Stack) -> setup.ScratchBucket:
    """Another bucket to restore to: without a lock, under a key of its own."""
    key = stack.boto.client("kms").create_key()["KeyMetadata"]["Arn"]
    stack.s3.create_bucket(Bucket=SCRATCH)
    stack.s3.put_bucket_versioning(Bucket=SCRATCH, VersioningConfiguration={"Status": "Enabled"})
    encrypt(stack.s3, SCRATCH, key)
    stack.calls.clear()
    return setup.ScratchBucket(SCRATCH, key)


@pytest.fixture
def outputs_file(stack: Stack, tmp_path: Any) -> Any:
    file = tmp_path / "outputs.json"
    file.write_text(json.dumps(stack.outputs.model_dump()))
    return file


def encrypt(client: Any, bucket: str, key: str) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
    )


def record(boto: boto3.Session, calls: list[tuple[str, str, dict[str, Any], int]]) -> None:
    """Each call that this session's clients make from now on."""

    def begun(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)

    def ended(model: Any, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        calls.append((model.service_model.service_name, model.name, context["asked"], http_response.status_code))

    def spare_moto(params: dict[str, Any], **_: Any) -> None:
        """It asks of a copy with a lock what S3 asks of an upload with one."""
        params["headers"]["x-amz-sdk-checksum-algorithm"] = "SHA256"

    boto.events.register("before-call.s3.CopyObject", spare_moto)
    boto.events.register("before-call.s3.CreateMultipartUpload", spare_moto)
    boto.events.register("provide-client-params", begun)
    boto.events.register("after-call", ended)


def refuse(
    client: Any, operation: str, *, when: Callable[[dict[str, Any]], bool] = lambda _: True, code: str = "AccessDenied"
) -> None:
    """From now on AWS answers so to the calls that are meant."""
    status = {"AccessDenied": 403, "SlowDown": 503, "InvalidRequest": 400}[code]

    def begun(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["refused"] = when(params)

    def answer(context: dict[str, Any], **_: Any) -> Any:
        if not context.get("refused"):
            return None
        http = type("Http", (), {"status_code": status})()
        told = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return http, told

    client.meta.events.register(f"provide-client-params.s3.{operation}", begun)
    client.meta.events.register(f"before-call.s3.{operation}", answer)
