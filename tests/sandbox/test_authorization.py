"""Authorization of requests to the emulator: policies with conditions decide, and a denial states its reason."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.authorization import service_denial_reason
from tests.aws import Aws, Credentials

ACCOUNT, OTHER_ACCOUNT = "123456789012", "210987654321"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def policy_document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(*actions: str, on: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": on, **elements}


def deny(sid: str, action: str, on: str | list[str], **condition: Any) -> dict[str, Any]:
    return {
        "Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": on, "Condition": condition
    }  # fmt: skip


@dataclass(frozen=True)
class Bucket:
    """A bucket with its own KMS key.

    Attributes:
        name: The bucket's name.
        key: The ARN of its key.
        policy: The statements of its policy.
    """

    name: str
    key: str
    policy: list[dict[str, Any]]

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"

    @property
    def objects(self) -> str:
        """The ARN pattern of its objects."""
        return f"{self.arn}/*"


def create_bucket(aws: Aws, *, locked: bool = False) -> Bucket:
    """Create a bucket like the stack's: with one key that is used only through S3, and TLS 1.2 or newer required."""
    name = f"phi-{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:s3:::{name}"
    via_s3 = {
        "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [arn, f"{arn}/*"]},
    }
    key = aws("kms.create_key")["KeyMetadata"]["Arn"]
    use = allow("kms:Decrypt", "kms:GenerateDataKey", Sid="Use", Principal={"AWS": ROOT}, Condition=via_s3)
    aws("kms.put_key_policy", KeyId=key, PolicyName="default", Policy=policy_document(use))
    aws("s3.create_bucket", Bucket=name, ObjectLockEnabledForBucket=locked)
    aws("s3.put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}
    aws("s3.put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": [rule]})
    encryption = "s3:x-amz-server-side-encryption"
    bucket = Bucket(
        name,
        key,
        [
            deny("DenyInsecureTransport", "s3:*", [arn, f"{arn}/*"], Bool={"aws:SecureTransport": "false"}),
            deny("DenyOutdatedTls", "s3:*", [arn, f"{arn}/*"], NumericLessThan={"s3:TlsVersion": "1.2"}),
            deny(
                "DenyWrongKmsKey",
                "s3:PutObject",
                f"{arn}/*",
                Null={encryption: "false"},
                StringNotEquals={f"{encryption}-aws-kms-key-id": key},
            ),
            deny("DenySseC", "s3:PutObject", f"{arn}/*", Null={f"{encryption}-customer-algorithm": "false"}),
        ],
    )
    put_policy(aws, bucket)
    aws("s3.put_object", Bucket=name, Key="one", Body=b"1")
    return bucket


def put_policy(aws: Aws, bucket: Bucket, *statements: dict[str, Any]) -> None:
    """Put the bucket's policy, with further statements."""
    aws("s3.put_bucket_policy", Bucket=bucket.name, Policy=policy_document(*bucket.policy, *statements))


@pytest.fixture(scope="module")
def phi(aws: Aws) -> Bucket:
    """A bucket that tests share and don't change."""
    return create_bucket(aws)


@pytest.fixture
def bucket(aws: Aws) -> Bucket:
    """A bucket for one test."""
    return create_bucket(aws)


def role_session(aws: Aws, *statements: dict[str, Any], account: str = ACCOUNT, **settings: Any) -> Credentials:
    """Create a role with these permissions, and assume it as the administrator of its account."""
    name, administrator = f"role-{uuid.uuid4().hex[:8]}", {"AccessKeyId": account, "SecretAccessKey": "x"}
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    session = {"Policy": settings.pop("Policy")} if "Policy" in settings else {}
    role = aws(
        "iam.create_role",
        caller=administrator,
        RoleName=name,
        AssumeRolePolicyDocument=policy_document(trust),
        **settings,
    )
    aws(
        "iam.put_role_policy",
        caller=administrator,
        RoleName=name,
        PolicyName="own",
        PolicyDocument=policy_document(*statements),
    )
    return aws.assume(role["Role"]["Arn"], caller=administrator, **session)


def create_user(aws: Aws, *statements: dict[str, Any]) -> tuple[str, Credentials]:
    """Create a user with these permissions; return its ARN and access key."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    arn = aws("iam.create_user", UserName=name)["User"]["Arn"]
    if statements:
        aws("iam.put_user_policy", UserName=name, PolicyName="own", PolicyDocument=policy_document(*statements))
    return arn, aws("iam.create_access_key", UserName=name)["AccessKey"]


def allow_key_of(bucket: Bucket) -> dict[str, Any]:
    return allow("kms:Decrypt", "kms:GenerateDataKey", on=bucket.key)


# Transport


def test_plain_http_is_denied_for_administrator(aws, phi, denied):
    assert aws("s3.get_object", Bucket=phi.name, Key="one")["Body"] == b"1"
    for operation, parameters in (
        ("get_object", {"Key": "one"}),
        ("put_object", {"Key": "x"}),
        ("get_bucket_policy", {}),
    ):
        message = denied(f"s3.{operation}", Bucket=phi.name, plain_http=True, **parameters)
        assert message.endswith("with an explicit deny in a resource-based policy (statement DenyInsecureTransport)")
        assert message.startswith("User: arn:aws:iam::123456789012:user/moto is not authorized to perform: s3:")


def test_outdated_tls_is_denied(aws, phi):
    url = aws("s3.generate_presigned_url", ClientMethod="get_object", Params={"Bucket": phi.name, "Key": "one"})
    program = """
import os, ssl, sys, urllib.error, urllib.request
for version in (ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
    tls = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    tls.minimum_version, tls.maximum_version = ssl.TLSVersion.TLSv1, version
    try:
        print(urllib.request.urlopen(sys.argv[1], context=tls).read().decode())
    except urllib.error.HTTPError as error:
        print(error.read().decode().split("(")[-1].split(")")[0])
"""
    done = aws.sandbox("python", "-W", "ignore", "-c", program, url)
    assert done.stdout.splitlines() == ["statement DenyOutdatedTls", "1", "1"], done.stderr


# Encryption


def test_uploads_that_use_the_buckets_key_are_allowed(aws, phi):
    bucket_key = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": phi.key}
    aws("s3.put_object", Bucket=phi.name, Key="no-header", Body=b"2")
    aws("s3.put_object", Bucket=phi.name, Key="right-key", Body=b"2", **bucket_key)
    aws("s3.copy_object", Bucket=phi.name, Key="copy", CopySource=f"{phi.name}/one")
    upload = {"Bucket": phi.name, "Key": "parts"}
    upload["UploadId"] = aws("s3.create_multipart_upload", **upload)["UploadId"]
    part = aws("s3.upload_part", **upload, PartNumber=1, Body=b"2")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    aws("s3.complete_multipart_upload", **upload, MultipartUpload={"Parts": parts})
    for object_key in ("no-header", "right-key", "copy", "parts"):
        assert aws("s3.head_object", Bucket=phi.name, Key=object_key)["SSEKMSKeyId"] == phi.key


@pytest.mark.parametrize("operation", ["put_object", "create_multipart_upload", "copy_object"])
@pytest.mark.parametrize(
    ("headers", "statement"),
    [
        ({"ServerSideEncryption": "AES256"}, "DenyWrongKmsKey"),
        ({"ServerSideEncryption": "aws:kms"}, "DenyWrongKmsKey"),
        (
            {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/x"},
            "DenyWrongKmsKey",
        ),
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}, "DenySseC"),
    ],
    ids=["AES256", "aws:kms without a key", "another key", "SSE-C"],
)
def test_uploads_with_another_key_are_denied(phi, denied, operation, headers, statement):
    source = {"CopySource": f"{phi.name}/one"} if operation == "copy_object" else {}
    assert f"(statement {statement})" in denied(f"s3.{operation}", Bucket=phi.name, Key="x", **headers, **source)


def test_large_upload_receives_the_denial(phi, denied):
    """A client that is still sending reads no response, so the server must read the whole body."""
    message = denied("s3.put_object", Bucket=phi.name, Key="x", Body=b"0" * 3_000_000, ServerSideEncryption="AES256")
    assert "DenyWrongKmsKey" in message


def test_caller_needs_permission_for_the_buckets_key(aws, bucket, denied):
    without_key = role_session(aws, allow("s3:*"))
    message = denied("s3.put_object", caller=without_key, Bucket=bucket.name, Key="x")
    assert "kms:GenerateDataKey" in message
    assert "no identity-based policy allows" in message
    assert "kms:Decrypt" in denied("s3.get_object", caller=without_key, Bucket=bucket.name, Key="one")
    with_key = role_session(aws, allow("s3:*"), allow_key_of(bucket))
    assert aws("s3.get_object", caller=with_key, Bucket=bucket.name, Key="one")["Body"] == b"1"

    other = create_bucket(aws)
    message = denied(
        "s3.put_object",
        Bucket=bucket.name,
        Key="x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=other.key,
        caller=with_key,
    )
    assert "DenyWrongKmsKey" in message
    # The policy of the other bucket's key requires that bucket's encryption context.
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": other.key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    aws("s3.put_bucket_encryption", Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": rules})
    message = denied("s3.put_object", Bucket=bucket.name, Key="x")
    assert "because no resource-based policy allows the kms:GenerateDataKey action" in message
    aws("kms.disable_key", KeyId=other.key.split("/")[-1])
    assert "doesn't exist or isn't enabled" in denied("s3.put_object", Bucket=bucket.name, Key="x")
    aws("s3.delete_bucket_policy", Bucket=bucket.name)
    for missing in (
        "alias/none",
        "arn:aws:kms:nowhere:123456789012:key/x",
        f"arn:aws:kms:us-east-1:{OTHER_ACCOUNT}:alias/x",
    ):
        message = denied(
            "s3.put_object", Bucket=bucket.name, Key="x", ServerSideEncryption="aws:kms", SSEKMSKeyId=missing
        )
        assert "doesn't exist or isn't enabled" in message
    aws("s3.put_object", Bucket=bucket.name, Key="x", ServerSideEncryption="aws:kms")  # the AWS managed key


def test_encryption_context_is_the_buckets_arn_with_a_bucket_key(aws, bucket, denied):
    """A key policy that requires object ARNs stops working when an S3 Bucket Key is enabled."""
    objects = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": bucket.objects}}
    use = allow("kms:*", Principal={"AWS": ROOT}, Condition=objects)
    aws("kms.put_key_policy", KeyId=bucket.key, PolicyName="default", Policy=policy_document(use))
    assert "kms:GenerateDataKey" in denied("s3.put_object", Bucket=bucket.name, Key="x")
    assert "kms:Decrypt" in denied("s3.get_object", Bucket=bucket.name, Key="one")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": bucket.key}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}]
    aws("s3.put_bucket_encryption", Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": rules})
    aws("s3.put_object", Bucket=bucket.name, Key="x", Body=b"x")
    assert aws("s3.get_object", Bucket=bucket.name, Key="x")["Body"] == b"x"


# Callers


def test_application_reads_writes_and_deletes_only(aws, bucket, denied):
    application = role_session(
        aws, allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=bucket.objects), allow_key_of(bucket)
    )
    call = {"caller": application, "Bucket": bucket.name}
    version = aws("s3.put_object", **call, Key="a", Body=b"a")["VersionId"]
    assert aws("s3.get_object", **call, Key="a")["Body"] == b"a"
    aws("s3.delete_object", **call, Key="a")
    for operation, action, parameters in (
        ("delete_object", "s3:DeleteObjectVersion", {"Key": "a", "VersionId": version}),
        ("get_object", "s3:GetObjectVersion", {"Key": "a", "VersionId": version}),
        ("delete_objects", "s3:DeleteObjectVersion", {"Delete": {"Objects": [{"Key": "a", "VersionId": version}]}}),
        ("put_object_tagging", "s3:PutObjectTagging", {"Key": "a", "Tagging": {"TagSet": []}}),
        ("list_objects_v2", "s3:ListBucket", {}),
        ("delete_bucket", "s3:DeleteBucket", {}),
        ("delete_bucket_policy", "s3:DeleteBucketPolicy", {}),
        ("put_bucket_versioning", "s3:PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    ):
        message = denied(f"s3.{operation}", **call, **parameters)
        assert f"is not authorized to perform: {action} on" in message
        assert f"because no identity-based policy allows the {action} action" in message
    aws("s3.delete_objects", **call, Delete={"Objects": [{"Key": "a"}, {"Key": "b & c"}]})


def test_auditor_reads_settings_but_no_objects(aws, phi, denied):
    auditor = role_session(aws, allow("s3:GetBucket*", "s3:GetEncryptionConfiguration", on=phi.arn))
    assert "DenyInsecureTransport" in aws("s3.get_bucket_policy", caller=auditor, Bucket=phi.name)["Policy"]
    aws("s3.get_bucket_encryption", caller=auditor, Bucket=phi.name)
    assert "s3:GetObject on" in denied("s3.get_object", caller=auditor, Bucket=phi.name, Key="one")


def test_break_glass_role_requires_the_callers_own_mfa_device(aws, bucket, denied):
    arn, keys = create_user(aws)
    _, other = create_user(aws)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    name = f"break-glass-{bucket.name}"
    role_arn = aws("iam.create_role", RoleName=name, AssumeRolePolicyDocument=policy_document(trust))["Role"]["Arn"]
    aws("iam.put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=policy_document(allow("s3:*")))
    serial = aws("iam.create_virtual_mfa_device", VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    aws("iam.enable_mfa_device", UserName=arn.split("/")[-1], SerialNumber=serial, **codes)

    request = {"RoleArn": role_arn, "RoleSessionName": "test"}
    mfa = {"SerialNumber": serial, "TokenCode": "345678"}
    no_trust = "because no resource-based policy allows the sts:AssumeRole action"
    assert no_trust in denied("sts.assume_role", caller=keys, **request)
    assert no_trust in denied(
        "sts.assume_role", caller=keys, **request, SerialNumber="arn:x-another", TokenCode="345678"
    )
    assert no_trust in denied("sts.assume_role", caller=other, **request, **mfa)
    session = aws.assume(role_arn, caller=keys, **mfa)
    version = aws("s3.list_object_versions", Bucket=bucket.name)["Versions"][0]["VersionId"]
    aws("s3.delete_object", caller=session, Bucket=bucket.name, Key="one", VersionId=version)


def test_role_can_require_an_external_id(aws, denied):
    _, keys = create_user(aws, allow("sts:AssumeRole"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "e-1"}},
    }
    name = f"vendor-{uuid.uuid4().hex[:8]}"
    arn = aws("iam.create_role", RoleName=name, AssumeRolePolicyDocument=policy_document(trust))["Role"]["Arn"]
    request = {"caller": keys, "RoleArn": arn, "RoleSessionName": "test"}
    for parameters in ({}, {"ExternalId": "e-2"}):
        assert "no resource-based policy allows" in denied("sts.assume_role", **request, **parameters)
    aws("sts.assume_role", **request, ExternalId="e-1")
    # Moto ignores these, so the session would have more permissions than AWS's.
    unsupported = {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
    assert "doesn't support them" in denied("sts.assume_role", **request, ExternalId="e-1", **unsupported)


def test_cross_account_access_requires_both_policies(aws, bucket, denied):
    external = role_session(aws, allow("s3:*"), account=OTHER_ACCOUNT)
    request = {"Bucket": bucket.name, "Key": "one"}
    assert "no resource-based policy allows the s3:GetObjectTagging" in denied(
        "s3.get_object_tagging", caller=external, **request
    )
    put_policy(aws, bucket, allow("s3:*", on=bucket.objects, Principal={"AWS": f"arn:aws:iam::{OTHER_ACCOUNT}:root"}))
    aws("s3.get_object_tagging", caller=external, **request)
    unprivileged = role_session(aws, allow("s3:PutObject"), account=OTHER_ACCOUNT)
    assert "no identity-based policy allows" in denied("s3.get_object_tagging", caller=unprivileged, **request)
    message = denied("s3.get_object", caller=external, **request)  # the key's policy is for its own account
    assert "no resource-based policy allows the kms:Decrypt" in message


def test_bucket_policy_that_names_a_caller_in_its_account_is_sufficient(aws, bucket, denied):
    arn, keys = create_user(aws)
    request = {"caller": keys, "Bucket": bucket.name, "Key": "one"}
    put_policy(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal={"AWS": ROOT}))
    assert "no identity-based policy" in denied("s3.get_object_tagging", **request)
    put_policy(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal={"AWS": arn}))
    aws("s3.get_object_tagging", **request)
    _, other = create_user(aws)
    not_principal = {**allow("s3:GetObjectTagging", on=bucket.objects), "NotPrincipal": {"AWS": [ROOT, arn]}}
    put_policy(aws, bucket, not_principal)
    denied("s3.get_object_tagging", **request | {"caller": other})


def test_objects_are_unreadable_until_they_are_tagged_as_scanned(aws, bucket, denied):
    """The stack's policy with Malware Protection. GuardDuty's role sets the tag."""
    scanner = role_session(aws, allow("s3:PutObjectTagging", "s3:PutObjectVersionTagging", on=bucket.objects))
    status, scanner_arn = "GuardDutyMalwareScanStatus", aws("sts.get_caller_identity", caller=scanner)["Arn"]
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{scanner_arn.split('/')[1]}"
    unscanned = {"StringNotEquals": {f"s3:ExistingObjectTag/{status}": "NO_THREATS_FOUND"}}
    by_others = {
        "ForAnyValue:StringEqualsIgnoreCase": {"s3:RequestObjectTagKeys": status},
        "ArnNotEquals": {"aws:PrincipalArn": role_arn},
    }
    put_policy(
        aws,
        bucket,
        deny("DenyReadsUnlessScanned", "s3:GetObject", bucket.objects, **unscanned),
        deny("DenyScanTags", "s3:PutObject", bucket.objects, **by_others),
    )
    upload = {"Bucket": bucket.name, "Key": "new", "Body": b"2"}
    for name in (status, status.lower()):
        assert denied("s3.put_object", **upload, Tagging=f"{name}=NO_THREATS_FOUND").endswith(
            "(statement DenyScanTags)"
        )
    aws("s3.put_object", **upload, Tagging="record=1")
    for status_of_scan in (None, "THREATS_FOUND", "NO_THREATS_FOUND"):
        if status_of_scan:
            tags = {"TagSet": [{"Key": status, "Value": status_of_scan}]}
            aws("s3.put_object_tagging", caller=scanner, Bucket=bucket.name, Key="new", Tagging=tags)
        if status_of_scan != "NO_THREATS_FOUND":
            assert denied("s3.get_object", Bucket=bucket.name, Key="new").endswith("(statement DenyReadsUnlessScanned)")
            source = {"Bucket": bucket.name, "Key": "new"}
            assert denied("s3.copy_object", Bucket=bucket.name, Key="copy", CopySource=source)
    assert aws("s3.get_object", Bucket=bucket.name, Key="new")["Body"] == b"2"
    aws("s3.put_object", **upload)  # a new version isn't scanned yet
    assert denied("s3.get_object", Bucket=bucket.name, Key="new").endswith("(statement DenyReadsUnlessScanned)")


def test_only_the_root_user_may_replace_a_policy_that_denies_it(aws, bucket, denied):
    """S3 ignores the bucket policy for the root user of its own account, but only in requests about that policy."""
    root = {"AccessKeyId": "root", "SecretAccessKey": "x"}
    put_policy(aws, bucket, deny("DenyAll", "s3:*", [bucket.arn, bucket.objects]))
    assert denied("s3.delete_bucket_policy", Bucket=bucket.name).endswith("(statement DenyAll)")
    assert denied("s3.delete_bucket_policy", caller={**root, "AccessKeyId": OTHER_ACCOUNT}, Bucket=bucket.name)
    assert denied("s3.get_object", caller=root, Bucket=bucket.name, Key="one").endswith("(statement DenyAll)")
    assert denied("s3.get_bucket_versioning", caller=root, Bucket=bucket.name).endswith("(statement DenyAll)")
    assert "DenyAll" in aws("s3.get_bucket_policy", caller=root, Bucket=bucket.name)["Policy"]
    policy = policy_document(*bucket.policy, deny("DenyMore", "s3:*", [bucket.arn, bucket.objects]))
    aws("s3.put_bucket_policy", caller=root, Bucket=bucket.name, Policy=policy)
    aws("s3.delete_bucket_policy", caller=root, Bucket=bucket.name)
    assert aws("s3.get_object", Bucket=bucket.name, Key="one")["Body"] == b"1"


def test_attached_and_group_policies_apply(aws, phi, denied):
    arn, keys = create_user(aws)
    name, group = arn.split("/")[-1], f"group-{uuid.uuid4().hex[:8]}"
    read_policy = policy_document(allow("s3:GetBucketPolicy"))
    attached = aws("iam.create_policy", PolicyName=group, PolicyDocument=read_policy)["Policy"]["Arn"]
    aws("iam.create_group", GroupName=group)
    aws(
        "iam.put_group_policy",
        GroupName=group,
        PolicyName="own",
        PolicyDocument=policy_document(allow("s3:ListBucket")),
    )
    assert "no identity-based policy" in denied("s3.get_bucket_policy", caller=keys, Bucket=phi.name)
    aws("iam.attach_user_policy", UserName=name, PolicyArn=attached)
    aws("iam.add_user_to_group", UserName=name, GroupName=group)
    aws("s3.get_bucket_policy", caller=keys, Bucket=phi.name)
    aws("s3.list_objects_v2", caller=keys, Bucket=phi.name)


def test_permissions_boundaries_and_session_policies_limit_permissions(aws, phi, denied):
    limit = policy_document(allow("s3:GetBucket*"))
    boundary = aws("iam.create_policy", PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=limit)["Policy"]["Arn"]
    for kind, session in (
        ("permissions boundary", role_session(aws, allow("s3:*"), PermissionsBoundary=boundary)),
        ("session policy", role_session(aws, allow("s3:*"), Policy=limit)),
    ):
        aws("s3.get_bucket_policy", caller=session, Bucket=phi.name)
        message = denied("s3.list_objects_v2", caller=session, Bucket=phi.name)
        assert f"because no {kind} allows the s3:ListBucket action" in message


def test_unknown_access_key_is_denied_and_anonymous_caller_needs_public_access(aws, bucket, denied):
    message = denied("s3.list_buckets", caller={"AccessKeyId": "AKIANOBODY", "SecretAccessKey": "x"})
    assert message == "The access key belongs to no user or session in this sandbox; the administrator's is sandbox."
    program = """
import os, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""
    command = ("python", "-c", program, f"/{bucket.name}/one?tagging")
    assert "User: anonymous is not authorized" in aws.sandbox(*command).stdout
    put_policy(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal="*"))
    assert aws.sandbox(*command).stdout == "200\n"


# Requests that can't be evaluated


def test_unknown_condition_key_denies(aws, bucket, denied):
    put_policy(aws, bucket, deny("DenyTagged", "s3:GetObject", bucket.objects, StringEquals={"aws:ResourceTag/x": "y"}))
    message = denied("s3.get_object", Bucket=bucket.name, Key="one")
    assert "can't determine whether a resource-based policy denies it" in message
    assert "DenyTagged: condition key aws:ResourceTag/x is not specified" in message
    aws("s3.list_objects_v2", Bucket=bucket.name)


def test_request_without_a_single_operation_is_denied(aws, phi):
    program = """
import os, sys, urllib.error, urllib.request
for path, host in ((sys.argv[1] + "?acl&tagging", None), ("/one", f"{sys.argv[1][1:]}.s3.amazonaws.com")):
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=sandbox/20260101/us-east-1/s3/aws4_request, x"}
    request = urllib.request.Request(os.environ["AWS_ENDPOINT_URL"] + path, headers=headers)
    if host:
        request.add_header("Host", host)
    try:
        urllib.request.urlopen(request)
    except urllib.error.HTTPError as error:
        print(error.read().decode().split("<Message>")[1].split("<")[0])
"""
    message = "The sandbox can't determine the S3 operation of GET with this path and host."
    assert aws.sandbox("python", "-c", program, f"/{phi.name}").stdout.splitlines() == [message, message]


# Services and Object Lock


def test_service_is_allowed_only_for_its_source(aws, bucket):
    for_source = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    logging = {"Service": "logging.s3.amazonaws.com"}
    put_policy(
        aws, bucket, allow("s3:PutObject", on=bucket.objects, Principal=logging, Condition=for_source, Sid="Logs")
    )
    policy = aws("s3.get_bucket_policy", Bucket=bucket.name)["Policy"]

    def denial(name: str, **keys: Any) -> str | None:
        return service_denial_reason(name, "s3:PutObject", f"{bucket.arn}/x", policy, keys)

    source = {"aws:SourceArn": "arn:aws:s3:::source", "aws:SourceAccount": ACCOUNT}
    assert denial("logging.s3.amazonaws.com", **source) is None
    for message in (
        denial("logging.s3.amazonaws.com"),
        denial("logging.s3.amazonaws.com", **source | {"aws:SourceAccount": OTHER_ACCOUNT}),
        denial("cloudtrail.amazonaws.com", **source),
    ):
        assert message is not None
        assert "because no resource-based policy allows the s3:PutObject action" in message
    assert "DenyInsecureTransport" in (
        denial("logging.s3.amazonaws.com", **source, **{"aws:SecureTransport": "false"}) or ""
    )


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_locked_version_cannot_be_deleted(aws, denied, mode):
    bucket = create_bucket(aws, locked=True)
    until = "2999-01-01T00:00:00Z"
    locked = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
    application = role_session(aws, allow("s3:DeleteObjectVersion", "s3:PutObject"), allow_key_of(bucket))
    message = denied("s3.put_object", caller=application, Bucket=bucket.name, Key="kept", **locked)
    assert "no identity-based policy allows the s3:PutObjectRetention action" in message
    version = aws("s3.put_object", Bucket=bucket.name, Key="kept", **locked)["VersionId"]
    locked_version = {"Bucket": bucket.name, "Key": "kept", "VersionId": version}
    assert denied("s3.delete_object", caller=application, **locked_version) == "Access Denied"  # the lock's own message
    message = denied("s3.delete_object", caller=application, **locked_version, BypassGovernanceRetention=True)
    assert "no identity-based policy allows the s3:BypassGovernanceRetention action" in message
    if mode == "COMPLIANCE":
        assert denied("s3.delete_object", **locked_version, BypassGovernanceRetention=True) == "Access Denied"
    else:
        aws("s3.delete_object", **locked_version, BypassGovernanceRetention=True)


def test_policy_can_limit_the_retention_of_a_lock(aws, denied):
    bucket = create_bucket(aws, locked=True)
    version = aws("s3.list_object_versions", Bucket=bucket.name)["Versions"][0]["VersionId"]
    object_version = {"Bucket": bucket.name, "Key": "one", "VersionId": version}
    minimum = {"s3:object-lock-remaining-retention-days": "2192"}
    put_policy(aws, bucket, deny("DenyShort", "s3:PutObjectRetention", bucket.objects, NumericLessThan=minimum))
    long_retention = {"Mode": "GOVERNANCE", "RetainUntilDate": "2999-01-01T00:00:00Z"}
    aws("s3.put_object_retention", **object_version, Retention=long_retention)
    short_retention = {"Mode": "GOVERNANCE", "RetainUntilDate": "2020-01-01T00:00:00Z"}
    assert "(statement DenyShort)" in denied("s3.put_object_retention", **object_version, Retention=short_retention)
