"""The stack as it stands in the sandbox, tried from outside: each refusal names the statement that refuses."""

from __future__ import annotations

import pytest

from sandbox.authorization import service_denial_reason
from tests.aws import Aws, Credentials

pytestmark = pytest.mark.xdist_group("safeguards")  # they share one stack that is up

ACCOUNT, STRANGER = "123456789012", "210987654321"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"


@pytest.fixture(scope="module")
def phi(stack) -> str:
    return stack["phi_bucket_name"]


@pytest.fixture(scope="module")
def application(aws: Aws, stack) -> Credentials:
    return aws.assume(stack["application_role_arn"])


@pytest.mark.parametrize("bucket", ["phi_bucket_name", "access_log_bucket_name"])
def test_plain_http_is_refused(stack, refused, bucket):
    for operation in ("list_objects_v2", "get_bucket_policy"):
        told = refused(f"s3.{operation}", Bucket=stack[bucket], plain=True)
        assert "(statement DenyInsecureTransport)" in told


def test_what_ends_up_under_the_buckets_key_is_accepted(aws, stack, phi, application):
    here = {"caller": application, "Bucket": phi}
    aws("s3.put_object", **here, Key="no-header", Body=b"1")
    right = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": stack["phi_key_arn"]}
    aws("s3.put_object", **here, Key="right-key", Body=b"1", **right)
    aws("s3.copy_object", **here, Key="copy", CopySource=f"{phi}/no-header")
    upload = {**here, "Key": "parts"}
    upload["UploadId"] = aws("s3.create_multipart_upload", **upload)["UploadId"]
    part = aws("s3.upload_part", **upload, PartNumber=1, Body=b"1")
    aws(
        "s3.complete_multipart_upload",
        **upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    for key in ("no-header", "right-key", "copy", "parts"):
        assert aws("s3.head_object", **here, Key=key)["SSEKMSKeyId"] == stack["phi_key_arn"]


@pytest.mark.parametrize(
    ("headers", "statement"),
    [
        ({"ServerSideEncryption": "AES256"}, "DenyWrongKmsKey"),
        ({"ServerSideEncryption": "aws:kms"}, "DenyWrongKmsKey"),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": OTHER_KEY}, "DenyWrongKmsKey"),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}, "DenySseC"),
    ],
    ids=["AES256", "aws:kms without a key", "another key", "SSE-C"],
)
def test_what_would_not_is_refused(phi, application, refused, headers, statement):
    for operation in ("put_object", "create_multipart_upload"):
        told = refused(f"s3.{operation}", caller=application, Bucket=phi, Key="x", **headers)
        assert f"(statement {statement})" in told


def test_the_application_reads_writes_and_deletes_and_no_more(aws, phi, application, refused):
    here = {"caller": application, "Bucket": phi}
    version = aws("s3.put_object", **here, Key="a", Body=b"a")["VersionId"]
    assert aws("s3.get_object", **here, Key="a")["Body"] == b"a"
    aws("s3.list_objects_v2", **here)
    aws("s3.delete_object", **here, Key="a")
    suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
    for operation, action, more in (
        ("delete_object", "s3:DeleteObjectVersion", {"Key": "a", "VersionId": version}),
        ("delete_bucket_policy", "s3:DeleteBucketPolicy", {}),
        ("put_bucket_versioning", "s3:PutBucketVersioning", suspended),
        ("delete_bucket", "s3:DeleteBucket", {}),
    ):
        told = refused(f"s3.{operation}", **here, **more)
        assert f"is not authorized to perform: {action} on" in told
        assert "(statement DenyProtectionChanges)" in told
    told = refused("s3.get_object", **here, Key="a", VersionId=version)
    assert "no identity-based policy allows the s3:GetObjectVersion action" in told


def test_the_auditor_reads_settings_and_no_phi(aws, stack, phi, verified, refused):
    keys, factor = verified
    ask = {"RoleArn": stack["auditor_role_arn"], "RoleSessionName": "test"}
    assert "no resource-based policy allows" in refused("sts.assume_role", caller=keys, **ask)
    auditor = aws.assume(stack["auditor_role_arn"], caller=keys, **factor)
    aws("s3.put_object", Bucket=phi, Key="b", Body=b"b")
    assert "DenyInsecureTransport" in aws("s3.get_bucket_policy", caller=auditor, Bucket=phi)["Policy"]
    aws("s3.get_bucket_encryption", caller=auditor, Bucket=phi)
    assert "no identity-based policy" in refused("s3.get_object", caller=auditor, Bucket=phi, Key="b")


def test_breaking_the_glass_takes_a_second_factor(aws, stack, phi, verified, refused):
    keys, factor = verified
    ask = {"RoleArn": stack["break_glass_role_arn"], "RoleSessionName": "test"}
    assert "no resource-based policy allows" in refused("sts.assume_role", caller=keys, **ask)
    version = aws("s3.put_object", Bucket=phi, Key="c", Body=b"c")["VersionId"]
    session = aws.assume(stack["break_glass_role_arn"], caller=keys, **factor)
    aws("s3.list_object_versions", caller=session, Bucket=phi)
    assert aws("s3.get_object", caller=session, Bucket=phi, Key="c", VersionId=version)["Body"] == b"c"


def test_a_locked_version_stays(aws, phi, stack, verified, refused):
    version = aws("s3.put_object", Bucket=phi, Key="locked", Body=b"d")["VersionId"]
    it = {"Bucket": phi, "Key": "locked", "VersionId": version}
    session = aws.assume(stack["break_glass_role_arn"], caller=verified[0], **verified[1])
    assert refused("s3.delete_object", caller=session, **it) == "Access Denied"  # as the lock says it
    assert "BypassGovernanceRetention" in refused(
        "s3.delete_object", caller=session, **it, BypassGovernanceRetention=True
    )
    assert refused("s3.delete_object", **it) == "Access Denied"  # who deploys is an administrator, and no exception


def test_another_account_is_refused_whatever_its_own_policies_say(phi, refused):
    stranger = {"AccessKeyId": STRANGER, "SecretAccessKey": "x"}
    for operation, more in (("list_objects_v2", {}), ("get_object_tagging", {"Key": "no-header"})):
        assert "(statement DenyExternalPrincipals)" in refused(f"s3.{operation}", caller=stranger, Bucket=phi, **more)


def test_services_are_let_in_for_the_stacks_own_alone(aws, stack, phi):
    logs = stack["access_log_bucket_name"]
    policy = aws("s3.get_bucket_policy", Bucket=logs)["Policy"]
    source = {"aws:SourceArn": f"arn:aws:s3:::{phi}", "aws:SourceAccount": ACCOUNT}

    def ask(name: str, **keys: str) -> str | None:
        return service_denial_reason(name, "s3:PutObject", f"arn:aws:s3:::{logs}/{phi}/x", policy, keys)

    assert ask("logging.s3.amazonaws.com", **source) is None
    for told in (
        ask("logging.s3.amazonaws.com"),
        ask("logging.s3.amazonaws.com", **source | {"aws:SourceArn": "arn:aws:s3:::another"}),
        ask("logging.s3.amazonaws.com", **source | {"aws:SourceAccount": STRANGER}),
        ask("cloudtrail.amazonaws.com", **source),
    ):
        assert told is not None
        assert "no resource-based policy allows the s3:PutObject action" in told
