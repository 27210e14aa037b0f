"""The permissions and condition keys of a request to S3, and the sandbox's hooks into moto."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.models import FakeBucket
from reach.catalog import bundled

from sandbox.authorization.context import connection_context, s3_context
from sandbox.authorization.http_request import HttpRequest
from sandbox.authorization.middleware import AuthorizationMiddleware, permit_all
from sandbox.authorization.operations import _operations, find_operation
from sandbox.authorization.required_permissions import RequiredPermission, required_permissions

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SIGNED_HEADERS = {
    "authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20260102/us-east-1/s3/aws4_request, SignedHeaders=host"
}
DELETE_BODY = b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</Delete>'
GET_OBJECT = RequiredPermission("s3:GetObject", "b", "k")
TWO_OBJECTS = b"<Object><Key>a &amp; b</Key></Object><Object><Key>c</Key><VersionId>v</VersionId></Object>"


def permissions_for(method: str, target: str, body: bytes = b"", **headers: str) -> list[tuple[str, str]]:
    """Return the actions and resources that a request requires."""
    request = HttpRequest(method, target, {name.replace("_", "-"): value for name, value in headers.items()}, body=body)
    operation = find_operation(request)
    assert operation is not None
    required = required_permissions(operation, request)
    return [(permission.action.removeprefix("s3:"), permission.resource) for permission in required]


def test_every_operation_is_found_and_requires_known_actions():
    catalogue = bundled()
    assert catalogue is not None
    known_actions = set(catalogue.actions)
    for operation in _operations():
        query = "&".join(f"{name}=1" for name in operation.query)
        target = "/" + "/".join(["b", "k"][: operation.path_depth]) + "?" + query
        request = HttpRequest(
            operation.method, target, dict.fromkeys(operation.headers, "b/k"), body=DELETE_BODY % TWO_OBJECTS
        )
        assert find_operation(request) == operation.name
        required = required_permissions(operation.name, request)
        assert {permission.action for permission in required} <= known_actions


@pytest.mark.parametrize(
    ("method", "target", "headers", "expected"),
    [
        ("GET", "/", {}, ["ListAllMyBuckets *"]),
        ("HEAD", "/b", {}, ["ListBucket b"]),
        ("GET", "/b/", {}, ["ListBucket b"]),
        ("GET", "/b?list-type=2&prefix=p", {}, ["ListBucket b"]),
        ("GET", "/b?versions", {}, ["ListBucketVersions b"]),
        ("GET", "/b?encryption", {}, ["GetEncryptionConfiguration b"]),
        ("DELETE", "/b?encryption", {}, ["PutEncryptionConfiguration b"]),
        ("GET", "/b?metrics", {}, ["GetMetricsConfiguration b"]),
        ("DELETE", "/b?metrics&id=x", {}, ["PutMetricsConfiguration b"]),
        ("DELETE", "/b?lifecycle", {}, ["PutLifecycleConfiguration b"]),
        ("PUT", "/b?publicAccessBlock", {}, ["PutBucketPublicAccessBlock b"]),
        ("DELETE", "/b?policy", {}, ["DeleteBucketPolicy b"]),
        ("PUT", "/b?object-lock", {}, ["PutBucketObjectLockConfiguration b"]),
        (
            "PUT",
            "/b",
            {"x_amz_bucket_object_lock_enabled": "true"},
            ["CreateBucket b", "PutBucketObjectLockConfiguration b", "PutBucketVersioning b"],
        ),
        ("GET", "/b/k?x-id=GetObject", {}, ["GetObject b/k"]),
        ("GET", "/b/a%20b%2Fc+d", {}, ["GetObject b/a b/c+d"]),
        ("GET", "/b/k/", {}, ["GetObject b/k/"]),
        ("HEAD", "/b/k?versionId=v", {}, ["GetObjectVersion b/k"]),
        ("GET", "/b/k?acl&versionId=v", {}, ["GetObjectVersionAcl b/k"]),
        ("GET", "/b/k?tagging", {}, ["GetObjectTagging b/k"]),
        ("GET", "/b/k?attributes", {"x_amz_object_attributes": "ETag"}, ["GetObjectAttributes b/k", "GetObject b/k"]),
        ("DELETE", "/b/k", {}, ["DeleteObject b/k"]),
        ("DELETE", "/b/k?versionId=v", {}, ["DeleteObjectVersion b/k"]),
        ("DELETE", "/b/k?uploadId=u", {}, ["AbortMultipartUpload b/k"]),
        ("GET", "/b/k?uploadId=u", {}, ["ListMultipartUploadParts b/k"]),
        ("POST", "/b/k?uploads", {}, ["PutObject b/k"]),
        ("PUT", "/b/k?partNumber=1&uploadId=u", {}, ["PutObject b/k"]),
        (
            "DELETE",
            "/b/k?versionId=v",
            {"x_amz_bypass_governance_retention": "true"},
            ["DeleteObjectVersion b/k", "BypassGovernanceRetention b/k"],
        ),
        (
            "PUT",
            "/b/k",
            {"x_amz_tagging": "a=b", "x_amz_acl": "private", "x_amz_object_lock_legal_hold": "ON"},
            ["PutObject b/k", "PutObjectAcl b/k", "PutObjectTagging b/k", "PutObjectLegalHold b/k"],
        ),
        ("PUT", "/b/k", {"x_amz_copy_source": "/s/a%20b"}, ["PutObject b/k", "GetObject s/a b"]),
        ("PUT", "/b/k", {"x_amz_copy_source": "s/k?versionId=v"}, ["PutObject b/k", "GetObjectVersion s/k"]),
    ],
)
def test_required_permissions_of_request(method, target, headers, expected):
    permissions = permissions_for(method, target, **headers)
    assert [f"{action} {resource.removeprefix('arn:aws:s3:::')}" for action, resource in permissions] == expected


def test_delete_objects_requires_a_permission_for_each_object():
    assert permissions_for("POST", "/b?delete", DELETE_BODY % TWO_OBJECTS) == [
        ("DeleteObject", "arn:aws:s3:::b/a & b"),
        ("DeleteObjectVersion", "arn:aws:s3:::b/c"),
    ]


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/b"), ("GET", "/b?acl&tagging"), ("GET", "//b/k"), ("GET", "http://b/k"), ("PATCH", "/b/k")],
)
def test_find_operation_returns_none_without_a_single_match(method, target):
    assert find_operation(HttpRequest(method, target, {})) is None


@pytest.mark.parametrize(
    ("operation", "target", "headers", "body"),
    [
        ("DeleteObjects", "/b?delete", {}, b"not XML"),
        ("CopyObject", "/b/k", {"x-amz-copy-source": "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/k"}, b""),
        ("CopyObject", "/b/k", {"x-amz-copy-source": "nothing"}, b""),
    ],
)
def test_required_permissions_reject_an_invalid_body_or_source(operation, target, headers, body):
    with pytest.raises(ValueError, match=r"source|XML"):
        required_permissions(operation, HttpRequest("PUT", target, headers, body=body))


def condition_keys(request: HttpRequest, operation: str, permission: RequiredPermission) -> dict[str, Any]:
    return connection_context(request, NOW) | s3_context(operation, request, permission, "123456789012", NOW)


def test_condition_keys_of_connection():
    plain = condition_keys(HttpRequest("GET", "/b/k", SIGNED_HEADERS, tls=None), "GetObject", GET_OBJECT)
    assert (plain["aws:SecureTransport"], plain["s3:TlsVersion"], plain["aws:SourceIp"]) == ("false", None, "127.0.0.1")
    tls = condition_keys(HttpRequest("GET", "/b/k", SIGNED_HEADERS, tls="1.1"), "GetObject", GET_OBJECT)
    assert (tls["aws:SecureTransport"], tls["s3:TlsVersion"]) == ("true", "1.1")
    assert tls["aws:CurrentTime"] == "2026-01-02T00:00:00Z"
    assert (tls["aws:SourceArn"], tls["aws:RequestedRegion"]) == (None, "us-east-1")


def test_encryption_keys_apply_to_the_upload_not_the_source_of_a_copy():
    algorithm, key_id = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-copy-source": "s/k"}
    request = HttpRequest("PUT", "/b/k", headers)
    put, source = required_permissions("CopyObject", request)
    assert condition_keys(request, "CopyObject", put)[algorithm] == "aws:kms"
    assert condition_keys(request, "CopyObject", put)[key_id] is None
    assert condition_keys(request, "CopyObject", source)[algorithm] is None
    # AWS doesn't document the value for a key that isn't named by its ARN.
    by_alias = HttpRequest("PUT", "/b/k", headers | {"x-amz-server-side-encryption-aws-kms-key-id": "alias/x"})
    assert key_id not in condition_keys(by_alias, "PutObject", put)


def test_condition_keys_of_presigned_request_include_its_age():
    scope = "AKIAX%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=20260101T235959Z"
    request = HttpRequest("GET", f"/b/k?{query}", {})
    presigned = condition_keys(request, "GetObject", GET_OBJECT)
    assert request.access_key == "AKIAX"
    assert (presigned["s3:authType"], presigned["s3:signatureAge"]) == ("REST-QUERY-STRING", "1000")
    by_header = condition_keys(HttpRequest("GET", "/b/k", SIGNED_HEADERS), "GetObject", GET_OBJECT)
    assert (by_header["s3:authType"], by_header["s3:signatureversion"]) == ("REST-HEADER", "AWS4-HMAC-SHA256")


def test_condition_keys_of_tags_and_listing():
    tagging = HttpRequest("PUT", "/b/k", {"x-amz-tagging": "a=1&b=2"})
    tagged = condition_keys(tagging, "PutObject", RequiredPermission("s3:PutObject", "b", "k"))
    assert tagged["s3:RequestObjectTagKeys"] == ["a", "b"]
    assert tagged["s3:RequestObjectTag/b"] == ["2"]
    request = HttpRequest("GET", "/b?prefix=p&max-keys=9", {})
    listing = condition_keys(request, "ListObjects", RequiredPermission("s3:ListBucket", "b"))
    assert (listing["s3:prefix"], listing["s3:max-keys"], listing["s3:delimiter"]) == ("p", "9", None)


# The hooks into moto


def test_moto_still_ignores_conditions_and_permit_all_disables_its_check(monkeypatch):
    """If moto evaluated conditions, the middleware would be unnecessary. If its own check ran, it could deny what the
    middleware allows.
    """
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    never = {"StringEquals": {"aws:PrincipalAccount": "none"}}
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b-1/*", "Condition": never}
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        s3.create_bucket(Bucket="b-1")
        s3.put_object(Bucket="b-1", Key="k")
        s3.put_bucket_policy(Bucket="b-1", Policy=json.dumps({"Version": "2012-10-17", "Statement": deny}))
        with pytest.raises(ClientError, match="403"):
            s3.get_object(Bucket="b-1", Key="k")
        monkeypatch.setattr(FakeBucket, "get_permission", permit_all)
        s3.get_object(Bucket="b-1", Key="k")
        s3.delete_objects(Bucket="b-1", Delete={"Objects": [{"Key": "k"}]})
        assert "Contents" not in s3.list_objects_v2(Bucket="b-1")


@pytest.mark.parametrize(("key", "account"), [("210987654321", "210987654321"), ("AKIAX", None)])
def test_only_the_access_key_selects_the_account(monkeypatch, key, account):
    monkeypatch.setattr(
        FakeBucket, "get_permission", FakeBucket.get_permission
    )  # restores it: the middleware replaces it
    received: dict[str, Any] = {}

    class Moto:
        service = "ec2"

        def get_application(self, environ: dict[str, Any]) -> Moto:
            return self

        def __call__(self, environ: dict[str, Any], start_response: object) -> list[bytes]:
            received.update(environ)
            return []

    environ = {
        "REQUEST_METHOD": "GET",
        "REQUEST_URI": "/",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential={key}/20260102/us-east-1/ec2/aws4_request",
        "HTTP_X_MOTO_ACCOUNT_ID": "111111111111",
        "wsgi.input": io.BytesIO(),
    }
    AuthorizationMiddleware(Moto())(environ, lambda status, headers: None)
    assert received.get("HTTP_X_MOTO_ACCOUNT_ID") == account
