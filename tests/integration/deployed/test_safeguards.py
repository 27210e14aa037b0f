"""The deployed stack's policies, tested with calls: each denial names the statement that denies it."""

from __future__ import annotations

import pytest

from sandbox.authorization import service_denial_reason
from tests.aws import Aws, Credentials

ACCOUNT, EXTERNAL_ACCOUNT = "123456789012", "210987654321"
OTHER_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"


@pytest.fixture(scope="module")
def phi_bucket(stack_outputs) -> str:
    return stack_outputs["phi_bucket_name"]


@pytest.fixture(scope="module")
def application(aws: Aws, stack_outputs) -> Credentials:
    return aws.assume(stack_outputs["application_role_arn"])


@pytest.mark.parametrize("bucket", ["phi_bucket_name", "access_log_bucket_name"])
def test_plain_http_is_denied(stack_outputs, denied, bucket):
    for operation in ("list_objects_v2", "get_bucket_policy"):
        message = denied(f"s3.{operation}", Bucket=stack_outputs[bucket], plain_http=True)
        assert "(statement DenyInsecureTransport)" in message


def test_upload_encrypted_with_the_buckets_key_is_allowed(aws, stack_outputs, phi_bucket, application):
    request = {"caller": application, "Bucket": phi_bucket}
    aws("s3.put_object", **request, Key="no-header", Body=b"1")
    headers = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": stack_outputs["phi_key_arn"]}
    aws("s3.put_object", **request, Key="right-key", Body=b"1", **headers)
    aws("s3.copy_object", **request, Key="copy", CopySource=f"{phi_bucket}/no-header")
    upload = {**request, "Key": "parts"}
    upload["UploadId"] = aws("s3.create_multipart_upload", **upload)["UploadId"]
    part = aws("s3.upload_part", **upload, PartNumber=1, Body=b"1")
    aws(
        "s3.complete_multipart_upload",
        **upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    for object_key in ("no-header", "right-key", "copy", "parts"):
        assert aws("s3.head_object", **request, Key=object_key)["SSEKMSKeyId"] == stack_outputs["phi_key_arn"]


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
def test_upload_encrypted_otherwise_is_denied(phi_bucket, application, denied, headers, statement):
    for operation in ("put_object", "create_multipart_upload"):
        message = denied(f"s3.{operation}", caller=application, Bucket=phi_bucket, Key="x", **headers)
        assert f"(statement {statement})" in message


def test_application_may_only_read_write_and_delete(aws, phi_bucket, application, denied):
    request = {"caller": application, "Bucket": phi_bucket}
    version = aws("s3.put_object", **request, Key="a", Body=b"a")["VersionId"]
    assert aws("s3.get_object", **request, Key="a")["Body"] == b"a"
    aws("s3.list_objects_v2", **request)
    aws("s3.delete_object", **request, Key="a")
    suspended = {"VersioningConfiguration": {"Status": "Suspended"}}
    for operation, action, parameters in (
        ("delete_object", "s3:DeleteObjectVersion", {"Key": "a", "VersionId": version}),
        ("delete_bucket_policy", "s3:DeleteBucketPolicy", {}),
        ("put_bucket_versioning", "s3:PutBucketVersioning", suspended),
        ("delete_bucket", "s3:DeleteBucket", {}),
    ):
        message = denied(f"s3.{operation}", **request, **parameters)
        assert f"is not authorized to perform: {action} on" in message
        assert "(statement DenyProtectionChanges)" in message
    message = denied("s3.get_object", **request, Key="a", VersionId=version)
    assert "no identity-based policy allows the s3:GetObjectVersion action" in message


def test_auditor_needs_mfa_and_reads_settings_but_no_phi(aws, stack_outputs, phi_bucket, mfa_user, denied):
    credentials, second_factor = mfa_user
    session = {"RoleArn": stack_outputs["auditor_role_arn"], "RoleSessionName": "test"}
    assert "no resource-based policy allows" in denied("sts.assume_role", caller=credentials, **session)
    auditor = aws.assume(stack_outputs["auditor_role_arn"], caller=credentials, **second_factor)
    aws("s3.put_object", Bucket=phi_bucket, Key="b", Body=b"b")
    assert "DenyInsecureTransport" in aws("s3.get_bucket_policy", caller=auditor, Bucket=phi_bucket)["Policy"]
    aws("s3.get_bucket_encryption", caller=auditor, Bucket=phi_bucket)
    message = denied("s3.get_object", caller=auditor, Bucket=phi_bucket, Key="b")
    assert "no identity-based policy" in message


def test_break_glass_role_needs_mfa_and_reads_versions(aws, stack_outputs, phi_bucket, mfa_user, denied):
    credentials, second_factor = mfa_user
    session = {"RoleArn": stack_outputs["break_glass_role_arn"], "RoleSessionName": "test"}
    assert "no resource-based policy allows" in denied("sts.assume_role", caller=credentials, **session)
    version = aws("s3.put_object", Bucket=phi_bucket, Key="c", Body=b"c")["VersionId"]
    break_glass = aws.assume(stack_outputs["break_glass_role_arn"], caller=credentials, **second_factor)
    aws("s3.list_object_versions", caller=break_glass, Bucket=phi_bucket)
    stored = aws("s3.get_object", caller=break_glass, Bucket=phi_bucket, Key="c", VersionId=version)
    assert stored["Body"] == b"c"


def test_locked_version_cannot_be_deleted(aws, phi_bucket, stack_outputs, mfa_user, denied):
    version = aws("s3.put_object", Bucket=phi_bucket, Key="locked", Body=b"d")["VersionId"]
    request = {"Bucket": phi_bucket, "Key": "locked", "VersionId": version}
    credentials, second_factor = mfa_user
    break_glass = aws.assume(stack_outputs["break_glass_role_arn"], caller=credentials, **second_factor)
    assert denied("s3.delete_object", caller=break_glass, **request) == "Access Denied"  # Object Lock's own message
    message = denied("s3.delete_object", caller=break_glass, **request, BypassGovernanceRetention=True)
    assert "BypassGovernanceRetention" in message
    assert denied("s3.delete_object", **request) == "Access Denied"  # the lock holds for the administrator as well


def test_external_account_is_denied(phi_bucket, denied):
    """Policies in the external account can't override the explicit deny."""
    external = {"AccessKeyId": EXTERNAL_ACCOUNT, "SecretAccessKey": "x"}
    for operation, parameters in (("list_objects_v2", {}), ("get_object_tagging", {"Key": "no-header"})):
        message = denied(f"s3.{operation}", caller=external, Bucket=phi_bucket, **parameters)
        assert "(statement DenyExternalPrincipals)" in message


def test_service_access_is_limited_to_the_stacks_own_resources(aws, stack_outputs, phi_bucket):
    log_bucket = stack_outputs["access_log_bucket_name"]
    policy = aws("s3.get_bucket_policy", Bucket=log_bucket)["Policy"]
    source = {"aws:SourceArn": f"arn:aws:s3:::{phi_bucket}", "aws:SourceAccount": ACCOUNT}

    def denial_reason(service: str, **condition_keys: str) -> str | None:
        log_object = f"arn:aws:s3:::{log_bucket}/{phi_bucket}/x"
        return service_denial_reason(service, "s3:PutObject", log_object, policy, condition_keys)

    assert denial_reason("logging.s3.amazonaws.com", **source) is None
    for reason in (
        denial_reason("logging.s3.amazonaws.com"),
        denial_reason("logging.s3.amazonaws.com", **source | {"aws:SourceArn": "arn:aws:s3:::another"}),
        denial_reason("logging.s3.amazonaws.com", **source | {"aws:SourceAccount": EXTERNAL_ACCOUNT}),
        denial_reason("cloudtrail.amazonaws.com", **source),
    ):
        assert reason is not None
        assert "no resource-based policy allows the s3:PutObject action" in reason
