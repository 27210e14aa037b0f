"""What the sandbox lets in, over the wire: policies decide, with their conditions, and a refusal names its reason."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from sandbox.authorization import service_denial_reason
from tests.aws import Aws, Credentials

ACCOUNT, STRANGER = "123456789012", "210987654321"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def allow(*actions: str, on: str | list[str] = "*", **elements: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": on, **elements}


def deny(sid: str, action: str, on: str | list[str], **condition: Any) -> dict[str, Any]:
    return {
        "Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": on, "Condition": condition
    }  # fmt: skip


@dataclass(frozen=True)
class Bucket:
    """A bucket with a key of its own; `policy` are the statements that its policy starts with."""

    name: str
    key: str
    policy: list[dict[str, Any]]

    @property
    def arn(self) -> str:
        return f"arn:aws:s3:::{self.name}"

    @property
    def objects(self) -> str:
        return f"{self.arn}/*"


def made(aws: Aws, *, locked: bool = False) -> Bucket:
    """A bucket as the stack makes one: one key, used through S3 alone; TLS 1.2 alone."""
    name = f"phi-{uuid.uuid4().hex[:8]}"
    arn = f"arn:aws:s3:::{name}"
    through_s3 = {
        "StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com", "kms:CallerAccount": ACCOUNT},
        "ArnLike": {"kms:EncryptionContext:aws:s3:arn": [arn, f"{arn}/*"]},
    }
    key = aws("kms.create_key")["KeyMetadata"]["Arn"]
    use = allow("kms:Decrypt", "kms:GenerateDataKey", Sid="Use", Principal={"AWS": ROOT}, Condition=through_s3)
    aws("kms.put_key_policy", KeyId=key, PolicyName="default", Policy=document(use))
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
            deny("DenyOldTls", "s3:*", [arn, f"{arn}/*"], NumericLessThan={"s3:TlsVersion": "1.2"}),
            deny(
                "DenyWrongKmsKey",
                "s3:PutObject",
                f"{arn}/*",
                Null={encryption: "false"},
                StringNotEquals={f"{encryption}-aws-kms-key-id": key},
            ),
            deny("DenyOwnKey", "s3:PutObject", f"{arn}/*", Null={f"{encryption}-customer-algorithm": "false"}),
        ],
    )
    say(aws, bucket)
    aws("s3.put_object", Bucket=name, Key="one", Body=b"1")
    return bucket


def say(aws: Aws, bucket: Bucket, *more: dict[str, Any]) -> None:
    """Give the bucket its policy, with these statements besides."""
    aws("s3.put_bucket_policy", Bucket=bucket.name, Policy=document(*bucket.policy, *more))


@pytest.fixture(scope="module")
def phi(aws: Aws) -> Bucket:
    """A bucket whose policy no test changes."""
    return made(aws)


@pytest.fixture
def bucket(aws: Aws) -> Bucket:
    """A bucket of the test's own."""
    return made(aws)


def role(aws: Aws, *statements: dict[str, Any], account: str = ACCOUNT, **settings: Any) -> Credentials:
    """A session of a new role with these rights, for the administrator of its account."""
    name, boss = f"role-{uuid.uuid4().hex[:8]}", {"AccessKeyId": account, "SecretAccessKey": "x"}
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
    session = {"Policy": settings.pop("Policy")} if "Policy" in settings else {}
    made = aws("iam.create_role", caller=boss, RoleName=name, AssumeRolePolicyDocument=document(trust), **settings)
    aws("iam.put_role_policy", caller=boss, RoleName=name, PolicyName="own", PolicyDocument=document(*statements))
    return aws.assume(made["Role"]["Arn"], caller=boss, **session)


def user(aws: Aws, *statements: dict[str, Any]) -> tuple[str, Credentials]:
    """A new user's ARN and access key."""
    name = f"user-{uuid.uuid4().hex[:8]}"
    arn = aws("iam.create_user", UserName=name)["User"]["Arn"]
    if statements:
        aws("iam.put_user_policy", UserName=name, PolicyName="own", PolicyDocument=document(*statements))
    return arn, aws("iam.create_access_key", UserName=name)["AccessKey"]


def use_of(bucket: Bucket) -> dict[str, Any]:
    return allow("kms:Decrypt", "kms:GenerateDataKey", on=bucket.key)


# Transport


def test_plain_http_is_refused_to_everyone(aws, phi, refused):
    assert aws("s3.get_object", Bucket=phi.name, Key="one")["Body"] == b"1"
    for operation, more in (("get_object", {"Key": "one"}), ("put_object", {"Key": "x"}), ("get_bucket_policy", {})):
        told = refused(f"s3.{operation}", Bucket=phi.name, plain=True, **more)
        assert told.endswith("with an explicit deny in a resource-based policy (statement DenyInsecureTransport)")
        assert told.startswith("User: arn:aws:sts::123456789012:user/moto is not authorized to perform: s3:")


def test_old_tls_is_refused(aws, phi):
    url = aws("s3.generate_presigned_url", ClientMethod="get_object", Params={"Bucket": phi.name, "Key": "one"})
    ask = """
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
    done = aws.sandbox("python", "-W", "ignore", "-c", ask, url)
    assert done.stdout.splitlines() == ["statement DenyOldTls", "1", "1"], done.stderr


# Encryption


def test_uploads_that_end_up_under_the_buckets_key_are_accepted(aws, phi):
    right = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": phi.key}
    aws("s3.put_object", Bucket=phi.name, Key="no-header", Body=b"2")
    aws("s3.put_object", Bucket=phi.name, Key="right-key", Body=b"2", **right)
    aws("s3.copy_object", Bucket=phi.name, Key="copy", CopySource=f"{phi.name}/one")
    upload = {"Bucket": phi.name, "Key": "parts"}
    upload["UploadId"] = aws("s3.create_multipart_upload", **upload)["UploadId"]
    part = aws("s3.upload_part", **upload, PartNumber=1, Body=b"2")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    aws("s3.complete_multipart_upload", **upload, MultipartUpload={"Parts": parts})
    for key in ("no-header", "right-key", "copy", "parts"):
        assert aws("s3.head_object", Bucket=phi.name, Key=key)["SSEKMSKeyId"] == phi.key


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
        ({"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}, "DenyOwnKey"),
    ],
    ids=["AES256", "aws:kms without a key", "another key", "SSE-C"],
)
def test_uploads_under_another_key_are_refused(phi, refused, operation, headers, statement):
    source = {"CopySource": f"{phi.name}/one"} if operation == "copy_object" else {}
    assert f"(statement {statement})" in refused(f"s3.{operation}", Bucket=phi.name, Key="x", **headers, **source)


def test_a_large_upload_hears_its_refusal(phi, refused):
    """The client is still sending: it must be heard to the end."""
    told = refused("s3.put_object", Bucket=phi.name, Key="x", Body=b"0" * 3_000_000, ServerSideEncryption="AES256")
    assert "DenyWrongKmsKey" in told


def test_the_key_must_let_s3_use_it_for_the_caller(aws, bucket, refused):
    without = role(aws, allow("s3:*"))
    told = refused("s3.put_object", caller=without, Bucket=bucket.name, Key="x")
    assert "kms:GenerateDataKey" in told
    assert "no identity-based policy allows" in told
    assert "kms:Decrypt" in refused("s3.get_object", caller=without, Bucket=bucket.name, Key="one")
    within = role(aws, allow("s3:*"), use_of(bucket))
    assert aws("s3.get_object", caller=within, Bucket=bucket.name, Key="one")["Body"] == b"1"

    other = made(aws)
    told = refused(
        "s3.put_object",
        Bucket=bucket.name,
        Key="x",
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=other.key,
        caller=within,
    )
    assert "DenyWrongKmsKey" in told
    # The key of another bucket is bound to that bucket's encryption context.
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": other.key}
    rules = [{"ApplyServerSideEncryptionByDefault": default}]
    aws("s3.put_bucket_encryption", Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": rules})
    told = refused("s3.put_object", Bucket=bucket.name, Key="x")
    assert "because no resource-based policy allows the kms:GenerateDataKey action" in told
    aws("kms.disable_key", KeyId=other.key.split("/")[-1])
    assert "isn't enabled" in refused("s3.put_object", Bucket=bucket.name, Key="x")
    aws("s3.delete_bucket_policy", Bucket=bucket.name)
    for none in ("alias/none", "arn:aws:kms:nowhere:123456789012:key/x", f"arn:aws:kms:us-east-1:{STRANGER}:alias/x"):
        told = refused("s3.put_object", Bucket=bucket.name, Key="x", ServerSideEncryption="aws:kms", SSEKMSKeyId=none)
        assert "isn't there" in told
    aws("s3.put_object", Bucket=bucket.name, Key="x", ServerSideEncryption="aws:kms")  # the AWS managed key


def test_a_bucket_key_is_used_for_the_bucket_and_another_for_each_object(aws, bucket, refused):
    """A key's policy that is bound to object ARNs stops working once a Bucket Key is on."""
    objects = {"ArnLike": {"kms:EncryptionContext:aws:s3:arn": bucket.objects}}
    use = allow("kms:*", Principal={"AWS": ROOT}, Condition=objects)
    aws("kms.put_key_policy", KeyId=bucket.key, PolicyName="default", Policy=document(use))
    assert "kms:GenerateDataKey" in refused("s3.put_object", Bucket=bucket.name, Key="x")
    assert "kms:Decrypt" in refused("s3.get_object", Bucket=bucket.name, Key="one")
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": bucket.key}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}]
    aws("s3.put_bucket_encryption", Bucket=bucket.name, ServerSideEncryptionConfiguration={"Rules": rules})
    aws("s3.put_object", Bucket=bucket.name, Key="x", Body=b"x")
    assert aws("s3.get_object", Bucket=bucket.name, Key="x")["Body"] == b"x"


# Who


def test_the_application_reads_writes_and_deletes_and_no_more(aws, bucket, refused):
    app = role(aws, allow("s3:GetObject", "s3:PutObject", "s3:DeleteObject", on=bucket.objects), use_of(bucket))
    here = {"caller": app, "Bucket": bucket.name}
    version = aws("s3.put_object", **here, Key="a", Body=b"a")["VersionId"]
    assert aws("s3.get_object", **here, Key="a")["Body"] == b"a"
    aws("s3.delete_object", **here, Key="a")
    for operation, action, more in (
        ("delete_object", "s3:DeleteObjectVersion", {"Key": "a", "VersionId": version}),
        ("get_object", "s3:GetObjectVersion", {"Key": "a", "VersionId": version}),
        ("delete_objects", "s3:DeleteObjectVersion", {"Delete": {"Objects": [{"Key": "a", "VersionId": version}]}}),
        ("put_object_tagging", "s3:PutObjectTagging", {"Key": "a", "Tagging": {"TagSet": []}}),
        ("list_objects_v2", "s3:ListBucket", {}),
        ("delete_bucket", "s3:DeleteBucket", {}),
        ("delete_bucket_policy", "s3:DeleteBucketPolicy", {}),
        ("put_bucket_versioning", "s3:PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
    ):
        told = refused(f"s3.{operation}", **here, **more)
        assert f"is not authorized to perform: {action} on" in told
        assert f"because no identity-based policy allows the {action} action" in told
    aws("s3.delete_objects", **here, Delete={"Objects": [{"Key": "a"}, {"Key": "b & c"}]})


def test_the_auditor_reads_settings_and_no_object(aws, phi, refused):
    auditor = role(aws, allow("s3:GetBucket*", "s3:GetEncryptionConfiguration", on=phi.arn))
    assert "DenyInsecureTransport" in aws("s3.get_bucket_policy", caller=auditor, Bucket=phi.name)["Policy"]
    aws("s3.get_bucket_encryption", caller=auditor, Bucket=phi.name)
    assert "s3:GetObject on" in refused("s3.get_object", caller=auditor, Bucket=phi.name, Key="one")


def test_break_glass_needs_mfa_of_ones_own(aws, bucket, refused):
    arn, keys = user(aws)
    _, other = user(aws)
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "sts:AssumeRole",
        "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    }
    name = f"glass-{bucket.name}"
    glass = aws("iam.create_role", RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    aws("iam.put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=document(allow("s3:*")))
    serial = aws("iam.create_virtual_mfa_device", VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    aws("iam.enable_mfa_device", UserName=arn.split("/")[-1], SerialNumber=serial, **codes)

    ask = {"RoleArn": glass, "RoleSessionName": "test"}
    verified = {"SerialNumber": serial, "TokenCode": "345678"}
    no_trust = "because no resource-based policy allows the sts:AssumeRole action"
    assert no_trust in refused("sts.assume_role", caller=keys, **ask)
    assert no_trust in refused("sts.assume_role", caller=keys, **ask, SerialNumber="arn:x-another", TokenCode="345678")
    assert no_trust in refused("sts.assume_role", caller=other, **ask, **verified)
    session = aws.assume(glass, caller=keys, **verified)
    version = aws("s3.list_object_versions", Bucket=bucket.name)["Versions"][0]["VersionId"]
    aws("s3.delete_object", caller=session, Bucket=bucket.name, Key="one", VersionId=version)


def test_a_role_may_ask_for_an_external_id(aws, refused):
    _, keys = user(aws, allow("sts:AssumeRole"))
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": ROOT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "e-1"}},
    }
    name = f"vendor-{uuid.uuid4().hex[:8]}"
    arn = aws("iam.create_role", RoleName=name, AssumeRolePolicyDocument=document(trust))["Role"]["Arn"]
    ask = {"caller": keys, "RoleArn": arn, "RoleSessionName": "test"}
    for wrong in ({}, {"ExternalId": "e-2"}):
        assert "no resource-based policy allows" in refused("sts.assume_role", **ask, **wrong)
    aws("sts.assume_role", **ask, ExternalId="e-1")
    # What moto would drop would make a wider session than AWS's.
    dropped = {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}]}
    assert "doesn't keep" in refused("sts.assume_role", **ask, ExternalId="e-1", **dropped)


def test_another_account_needs_both_sides(aws, bucket, refused):
    stranger = role(aws, allow("s3:*"), account=STRANGER)
    here = {"Bucket": bucket.name, "Key": "one"}
    assert "no resource-based policy allows the s3:GetObjectTagging" in refused(
        "s3.get_object_tagging", caller=stranger, **here
    )
    say(aws, bucket, allow("s3:*", on=bucket.objects, Principal={"AWS": f"arn:aws:iam::{STRANGER}:root"}))
    aws("s3.get_object_tagging", caller=stranger, **here)
    weak = role(aws, allow("s3:PutObject"), account=STRANGER)
    assert "no identity-based policy allows" in refused("s3.get_object_tagging", caller=weak, **here)
    told = refused("s3.get_object", caller=stranger, **here)  # the key's policy is for its own account
    assert "no resource-based policy allows the kms:Decrypt" in told


def test_a_bucket_policy_that_names_a_caller_of_its_account_is_enough(aws, bucket, refused):
    arn, keys = user(aws)
    ask = {"caller": keys, "Bucket": bucket.name, "Key": "one"}
    say(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal={"AWS": ROOT}))
    assert "no identity-based policy" in refused("s3.get_object_tagging", **ask)
    say(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal={"AWS": arn}))
    aws("s3.get_object_tagging", **ask)
    _, other = user(aws)
    but = {**allow("s3:GetObjectTagging", on=bucket.objects), "NotPrincipal": {"AWS": [ROOT, arn]}}
    say(aws, bucket, but)
    refused("s3.get_object_tagging", **ask | {"caller": other})


def test_attached_policies_and_those_of_groups_count(aws, phi, refused):
    arn, keys = user(aws)
    name, group = arn.split("/")[-1], f"group-{uuid.uuid4().hex[:8]}"
    reads = document(allow("s3:GetBucketPolicy"))
    attached = aws("iam.create_policy", PolicyName=group, PolicyDocument=reads)["Policy"]["Arn"]
    aws("iam.create_group", GroupName=group)
    aws("iam.put_group_policy", GroupName=group, PolicyName="own", PolicyDocument=document(allow("s3:ListBucket")))
    assert "no identity-based policy" in refused("s3.get_bucket_policy", caller=keys, Bucket=phi.name)
    aws("iam.attach_user_policy", UserName=name, PolicyArn=attached)
    aws("iam.add_user_to_group", UserName=name, GroupName=group)
    aws("s3.get_bucket_policy", caller=keys, Bucket=phi.name)
    aws("s3.list_objects_v2", caller=keys, Bucket=phi.name)


def test_boundaries_and_session_policies_limit(aws, phi, refused):
    only = document(allow("s3:GetBucket*"))
    boundary = aws("iam.create_policy", PolicyName=f"b-{uuid.uuid4().hex[:8]}", PolicyDocument=only)["Policy"]["Arn"]
    for kind, limited in (
        ("permissions boundary", role(aws, allow("s3:*"), PermissionsBoundary=boundary)),
        ("session policy", role(aws, allow("s3:*"), Policy=only)),
    ):
        aws("s3.get_bucket_policy", caller=limited, Bucket=phi.name)
        told = refused("s3.list_objects_v2", caller=limited, Bucket=phi.name)
        assert f"because no {kind} allows the s3:ListBucket action" in told


def test_no_ones_key_is_refused_and_nobody_sees_what_is_public_alone(aws, bucket, refused):
    assert refused("s3.list_buckets", caller={"AccessKeyId": "AKIANOBODY", "SecretAccessKey": "x"}).endswith(
        "no one's."
    )
    ask = """
import os, sys, urllib.error, urllib.request
try:
    print(urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + sys.argv[1]).status)
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""
    look = ("python", "-c", ask, f"/{bucket.name}/one?tagging")
    assert "User: anonymous is not authorized" in aws.sandbox(*look).stdout
    say(aws, bucket, allow("s3:GetObjectTagging", on=bucket.objects, Principal="*"))
    assert aws.sandbox(*look).stdout == "200\n"


# What can't be told is refused


def test_a_condition_that_the_sandbox_does_not_know_refuses(aws, bucket, refused):
    say(aws, bucket, deny("DenyTagged", "s3:GetObject", bucket.objects, StringEquals={"s3:ExistingObjectTag/x": "y"}))
    told = refused("s3.get_object", Bucket=bucket.name, Key="one")
    assert "can't tell whether a resource-based policy denies it" in told
    assert "DenyTagged: condition key s3:ExistingObjectTag/x is not specified" in told
    aws("s3.list_objects_v2", Bucket=bucket.name)


def test_what_no_operation_is_is_refused(aws, phi):
    ask = """
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
    told = "The sandbox doesn't know what GET of this path and host asks for."
    assert aws.sandbox("python", "-c", ask, f"/{phi.name}").stdout.splitlines() == [told, told]


# Services, and locks


def test_a_service_is_let_in_for_its_source_alone(aws, bucket):
    bound = {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::source"}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    logs = {"Service": "logging.s3.amazonaws.com"}
    say(aws, bucket, allow("s3:PutObject", on=bucket.objects, Principal=logs, Condition=bound, Sid="Logs"))
    policy = aws("s3.get_bucket_policy", Bucket=bucket.name)["Policy"]

    def ask(name: str, **keys: Any) -> str | None:
        return service_denial_reason(name, "s3:PutObject", f"{bucket.arn}/x", policy, keys)

    source = {"aws:SourceArn": "arn:aws:s3:::source", "aws:SourceAccount": ACCOUNT}
    assert ask("logging.s3.amazonaws.com", **source) is None
    for told in (
        ask("logging.s3.amazonaws.com"),
        ask("logging.s3.amazonaws.com", **source | {"aws:SourceAccount": STRANGER}),
        ask("cloudtrail.amazonaws.com", **source),
    ):
        assert told is not None
        assert "because no resource-based policy allows the s3:PutObject action" in told
    assert "DenyInsecureTransport" in (
        ask("logging.s3.amazonaws.com", **source, **{"aws:SecureTransport": "false"}) or ""
    )


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_locked_version_stays(aws, refused, mode):
    bucket = made(aws, locked=True)
    until = "2999-01-01T00:00:00Z"
    locked = {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": until}
    app = role(aws, allow("s3:DeleteObjectVersion", "s3:PutObject"), use_of(bucket))
    told = refused("s3.put_object", caller=app, Bucket=bucket.name, Key="kept", **locked)
    assert "no identity-based policy allows the s3:PutObjectRetention action" in told
    version = aws("s3.put_object", Bucket=bucket.name, Key="kept", **locked)["VersionId"]
    it = {"Bucket": bucket.name, "Key": "kept", "VersionId": version}
    assert refused("s3.delete_object", caller=app, **it) == "Access Denied"  # as the lock says it
    told = refused("s3.delete_object", caller=app, **it, BypassGovernanceRetention=True)
    assert "no identity-based policy allows the s3:BypassGovernanceRetention action" in told
    if mode == "COMPLIANCE":
        assert refused("s3.delete_object", **it, BypassGovernanceRetention=True) == "Access Denied"
    else:
        aws("s3.delete_object", **it, BypassGovernanceRetention=True)


def test_a_policy_can_cap_how_a_version_is_locked(aws, refused):
    bucket = made(aws, locked=True)
    version = aws("s3.list_object_versions", Bucket=bucket.name)["Versions"][0]["VersionId"]
    it = {"Bucket": bucket.name, "Key": "one", "VersionId": version}
    least = {"s3:object-lock-remaining-retention-days": "2192"}
    say(aws, bucket, deny("DenyShort", "s3:PutObjectRetention", bucket.objects, NumericLessThan=least))
    kept = {"Mode": "GOVERNANCE", "RetainUntilDate": "2999-01-01T00:00:00Z"}
    aws("s3.put_object_retention", **it, Retention=kept)
    brief = {"Mode": "GOVERNANCE", "RetainUntilDate": "2020-01-01T00:00:00Z"}
    assert "(statement DenyShort)" in refused("s3.put_object_retention", **it, Retention=brief)
