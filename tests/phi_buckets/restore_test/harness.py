"""Harnesses of a stack and a vault on moto, which fill them, run restore tests on them, and make calls fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.stub import ANY, Stubber
from moto.backends import get_backend

from phi_buckets.object_keys import new_key
from phi_buckets.restore_test import setup
from phi_buckets.restore_test.evidence import RestoreTestEvidence
from phi_buckets.restore_test.restore_source import RestoreSource
from phi_buckets.restore_test.run import RestoreTestRequest, run_restore_test
from phi_buckets.restore_test.scratch import Pseudonyms
from phi_buckets.restore_test.vault import RecoveryPoint, VaultRestoreSource
from phi_buckets.stack.outputs import Outputs, PhiBucketOutputs
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

REPLICA_REGION = "us-west-2"
PHI, REPLICA, SCRATCH = "phi-test-phi", "phi-test-replica", "phi-test-restore-tests"
PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:role/restore-tester"
BACKUP_ROLE = f"arn:aws:iam::{ACCOUNT}:role/phi-test-backup-role"
RECOVERY_POINT = f"arn:aws:backup:{REGION}:{ACCOUNT}:recovery-point:0"


@dataclass
class StackHarness:
    """The stack, with helpers to fill it and to run restore tests on it.

    Attributes:
        calls: Every call of the boto3 session: service, operation, parameters and HTTP status.
    """

    boto: boto3.Session
    outputs: Outputs
    s3: Any
    replica_s3: Any
    calls: list[tuple[str, str, dict[str, Any], int]] = field(default_factory=list)

    def put(self, key: str, content: bytes, **options: Any) -> str:
        """Write an object to the PHI bucket and return its version ID."""
        return self.s3.put_object(Bucket=PHI, Key=key, Body=content, **options)["VersionId"]

    def replicate(self, key: str, version: str, content: bytes) -> None:
        """Write an object to the replica with a given version ID, as S3 replication does. Moto's API can't."""
        new_version = self.replica_s3.put_object(Bucket=REPLICA, Key=key, Body=content)["VersionId"]
        for moto_version in moto_versions(REPLICA, key):
            if moto_version.version_id == new_version:
                moto_version._version_id = version

    def restore_source(self, kind: Any = "version", scratch: Any = None, **attributes: Any) -> Any:
        """Return a restore source, with attributes replaced."""
        session = setup.RestoreTestSession(self.boto, PRINCIPAL, self.outputs)
        source: Any = setup.restore_source(
            session, kind, scratch, test_id=new_key(), rto_hours=1, pseudonyms=Pseudonyms()
        )
        if kind == "replica":  # make versions eligible that were written just now
            source.window = type(source.window)(source.window.written_before + timedelta(hours=1))
        for name, value in attributes.items():
            setattr(source, name, value)
        return source

    def run_test(self, source: RestoreSource, objects: int = 5, hours: float = 72) -> RestoreTestEvidence:
        """Run a restore test and return its evidence, even if it raised an error."""
        evidence, _ = self.run_and_catch(source, objects, hours)
        return evidence

    def run_and_catch(
        self, source: Any, objects: int = 5, hours: float = 72, report_progress: Any = lambda *_: None
    ) -> tuple[RestoreTestEvidence, BaseException | None]:
        """Run a restore test and return the saved evidence and the error."""
        saved: list[RestoreTestEvidence] = []
        request = RestoreTestRequest(source.test_id, objects, hours, PRINCIPAL)
        try:
            run_restore_test(source, request, Pseudonyms(), saved.append, report_progress)
        except BaseException as error:  # noqa: BLE001 - an interrupt too
            return saved[0], error
        return saved[0], None

    def list_versions(self, bucket: str = PHI, prefix: str = "restore-test/") -> tuple[list[Any], list[Any]]:
        """Return the versions and the delete markers under a prefix."""
        s3 = self.replica_s3 if bucket == REPLICA else self.s3
        response = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
        return response.get("Versions", []), response.get("DeleteMarkers", [])


def moto_versions(bucket: str, key: str) -> list[Any]:
    """Return moto's own objects for the versions of a key."""
    return get_backend("s3")[ACCOUNT]["aws"].buckets[bucket].keys.getlist(key)


@contextmanager
def without_locks(bucket: str) -> Iterator[None]:
    """Remove the locks of all versions in a bucket, as if their retention had ended."""
    for key in get_backend("s3")[ACCOUNT]["aws"].buckets[bucket].keys:
        for version in moto_versions(bucket, key):
            version.lock_mode = version.lock_until = None
    yield


def outputs_with_key(key: str) -> Outputs:
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-test-"
    return Outputs(
        resource_name_prefix="phi-test-",
        phi_buckets={
            "phi": PhiBucketOutputs(
                phi_bucket_name=PHI, replica_bucket_name=REPLICA, application_role_arn=f"{role}application"
            )
        },
        bucket_regions={PHI: REGION, REPLICA: REPLICA_REGION},
        phi_key_arn=key,
        replica_region=REPLICA_REGION,
        trail_arn=f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/phi-test-trail",
        alert_topic_arn=f"arn:aws:sns:{REGION}:{ACCOUNT}:phi-test-alerts",
        auditor_role_arn=f"{role}auditor",
        break_glass_role_arn=f"{role}break-glass",
        backup_vault_name="phi-test-vault",
        backup_role_arn=BACKUP_ROLE,
    )


class VaultHarness:
    """A VaultRestoreSource with a stubbed AWS Backup."""

    def __init__(self, stack: StackHarness, scratch: setup.ScratchBucket, backup: tuple[Any, Stubber]) -> None:
        client, self.stubber = backup
        self.stack, self.scratch = stack, scratch
        copies = stack.restore_source(scratch=scratch)
        copies.deadline.sleep = lambda _: None
        now = datetime.now(UTC) + timedelta(minutes=1)  # makes versions eligible that were written just now
        self.source: Any = VaultRestoreSource(
            client,
            RecoveryPoint(RECOVERY_POINT, now, now),
            BACKUP_ROLE,
            new_key(),
            copies.reference,
            copies.scratch,
            copies.pseudonyms,
            copies.deadline,
        )

    def expect_job(self, number: int, *statuses: str) -> None:
        """Expect a restore job, and respond to requests for its status with these statuses."""
        parameters = {
            "RecoveryPointArn": RECOVERY_POINT,
            "IamRoleArn": BACKUP_ROLE,
            "ResourceType": "S3",
            "IdempotencyToken": ANY,
            "Metadata": {
                "DestinationBucketName": SCRATCH,
                "EncryptionType": "SSE-KMS",
                "KMSKey": self.scratch.key_arn,
                "ItemsToRestore": ANY,
            },
        }
        self.stubber.add_response("start_restore_job", {"RestoreJobId": f"job-{number}"}, parameters)
        for status in statuses:
            self.stubber.add_response(
                "describe_restore_job", {"RestoreJobId": f"job-{number}", "Status": status}, {"RestoreJobId": ANY}
            )

    def restore_on_start(self, *keys: str, content: bytes = b"content", **options: Any) -> None:
        """Write these objects to the scratch bucket whenever a restore job starts, and record its items."""
        self.requested_items: list[Any] = []

        def put(params: dict[str, Any], **_: Any) -> None:
            self.requested_items.append(json.loads(params["Metadata"]["ItemsToRestore"]))
            for key in keys:
                self.stack.s3.put_object(Bucket=SCRATCH, Key=key, Body=content, **options)

        self.source.backup.meta.events.register_first("provide-client-params.backup.StartRestoreJob", put)


def set_default_encryption(client: Any, bucket: str, key: str) -> None:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    client.put_bucket_encryption(
        Bucket=bucket,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
        },
    )


def record_calls(boto: boto3.Session, calls: list[tuple[str, str, dict[str, Any], int]]) -> None:
    """Append every call that clients of this session make from now on."""

    def before_call(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["recorded_params"] = dict(params)

    def after_call(model: Any, http_response: Any, context: dict[str, Any], **_: Any) -> None:
        service = model.service_model.service_name
        calls.append((service, model.name, context["recorded_params"], http_response.status_code))

    def add_checksum_header(params: dict[str, Any], **_: Any) -> None:
        """Satisfy moto, which requires of a locked copy what S3 requires only of a locked upload."""
        params["headers"]["x-amz-sdk-checksum-algorithm"] = "SHA256"

    boto.events.register("before-call.s3.CopyObject", add_checksum_header)
    boto.events.register("before-call.s3.CreateMultipartUpload", add_checksum_header)
    boto.events.register("provide-client-params", before_call)
    boto.events.register("after-call", after_call)


def fail_calls(
    client: Any, operation: str, *, when: Callable[[dict[str, Any]], bool] = lambda _: True, code: str = "AccessDenied"
) -> None:
    """Make an operation fail with an error code, if `when` is true for its parameters."""
    status = {"AccessDenied": 403, "SlowDown": 503, "InvalidRequest": 400}[code]

    def mark(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        context["must_fail"] = when(params)

    def error_response(context: dict[str, Any], **_: Any) -> Any:
        if not context.get("must_fail"):
            return None
        http_response = type("HttpResponse", (), {"status_code": status})()
        response = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return http_response, response

    client.meta.events.register(f"provide-client-params.s3.{operation}", mark)
    client.meta.events.register(f"before-call.s3.{operation}", error_response)
