"""What a request asks for, by its method, path, query and headers alone; and where the sandbox hooks into moto."""

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
SIGNED = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIAX/20260102/us-east-1/s3/aws4_request, SignedHeaders=host"}
DELETE = b'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">%s</Delete>'
TWO = b"<Object><Key>a &amp; b</Key></Object><Object><Key>c</Key><VersionId>v</VersionId></Object>"


def asked(method: str, target: str, body: bytes = b"", **headers: str) -> list[tuple[str, str]]:
    """The actions and resources that a request needs."""
    request = HttpRequest(method, target, {name.replace("_", "-"): value for name, value in headers.items()}, body=body)
    operation = find_operation(request)
    assert operation is not None
    return [(need.action.removeprefix("s3:"), need.resource) for need in required_permissions(operation, request)]


def test_every_operation_is_told_from_the_others_and_needs_an_action_that_aws_has():
    catalogue = bundled()
    assert catalogue is not None
    known = set(catalogue.actions)
    for each in _operations():
        target = "/" + "/".join(["b", "k"][: each.path_depth]) + "?" + "&".join(f"{name}=1" for name in each.query)
        request = HttpRequest(each.method, target, dict.fromkeys(each.headers, "b/k"), body=DELETE % TWO)
        assert find_operation(request) == each.name
        assert {need.action for need in required_permissions(each.name, request)} <= known


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
def test_a_request_needs_actions_on_resources(method, target, headers, expected):
    found = [
        f"{action} {resource.removeprefix('arn:aws:s3:::')}" for action, resource in asked(method, target, **headers)
    ]
    assert found == expected


def test_deleting_many_needs_an_action_for_each():
    assert asked("POST", "/b?delete", DELETE % TWO) == [
        ("DeleteObject", "arn:aws:s3:::b/a & b"),
        ("DeleteObjectVersion", "arn:aws:s3:::b/c"),
    ]


@pytest.mark.parametrize(
    ("method", "target"),
    [("POST", "/b"), ("GET", "/b?acl&tagging"), ("GET", "//b/k"), ("GET", "http://b/k"), ("PATCH", "/b/k")],
)
def test_what_fits_no_operation_or_two_is_none(method, target):
    assert find_operation(HttpRequest(method, target, {})) is None


@pytest.mark.parametrize(
    ("operation", "target", "headers", "body"),
    [
        ("DeleteObjects", "/b?delete", {}, b"no XML"),
        ("CopyObject", "/b/k", {"x-amz-copy-source": "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/k"}, b""),
        ("CopyObject", "/b/k", {"x-amz-copy-source": "nothing"}, b""),
    ],
)
def test_what_can_not_be_read_is_told(operation, target, headers, body):
    with pytest.raises(ValueError, match=r"source|XML"):
        required_permissions(operation, HttpRequest("PUT", target, headers, body=body))


def keys(request: HttpRequest, operation: str, need: RequiredPermission) -> dict[str, Any]:
    return connection_context(request, NOW) | s3_context(operation, request, need, "123456789012", NOW)


def test_the_connection_is_told():
    plain = keys(HttpRequest("GET", "/b/k", SIGNED, tls=None), "GetObject", RequiredPermission("s3:GetObject", "b", "k"))
    assert (plain["aws:SecureTransport"], plain["s3:TlsVersion"], plain["aws:SourceIp"]) == ("false", None, "127.0.0.1")
    over = keys(HttpRequest("GET", "/b/k", SIGNED, tls="1.1"), "GetObject", RequiredPermission("s3:GetObject", "b", "k"))
    assert (over["aws:SecureTransport"], over["s3:TlsVersion"]) == ("true", "1.1")
    assert over["aws:CurrentTime"] == "2026-01-02T00:00:00Z"
    assert (over["aws:SourceArn"], over["aws:RequestedRegion"]) == (None, "us-east-1")


def test_encryption_is_of_the_upload_and_not_of_the_source_of_a_copy():
    algorithm, key_id = "s3:x-amz-server-side-encryption", "s3:x-amz-server-side-encryption-aws-kms-key-id"
    headers = {"x-amz-server-side-encryption": "aws:kms", "x-amz-copy-source": "s/k"}
    request = HttpRequest("PUT", "/b/k", headers)
    put, source = required_permissions("CopyObject", request)
    assert keys(request, "CopyObject", put)[algorithm] == "aws:kms"
    assert keys(request, "CopyObject", put)[key_id] is None
    assert keys(request, "CopyObject", source)[algorithm] is None
    # What a policy sees of a key that isn't named by its ARN isn't documented.
    named = HttpRequest("PUT", "/b/k", headers | {"x-amz-server-side-encryption-aws-kms-key-id": "alias/x"})
    assert key_id not in keys(named, "PutObject", put)


def test_a_presigned_request_has_an_age():
    scope = "AKIAX%2F20260101%2Fus-east-1%2Fs3%2Faws4_request"
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=20260101T235959Z"
    request = HttpRequest("GET", f"/b/k?{query}", {})
    found = keys(request, "GetObject", RequiredPermission("s3:GetObject", "b", "k"))
    assert request.access_key == "AKIAX"
    assert (found["s3:authType"], found["s3:signatureAge"]) == ("REST-QUERY-STRING", "1000")
    by_header = keys(HttpRequest("GET", "/b/k", SIGNED), "GetObject", RequiredPermission("s3:GetObject", "b", "k"))
    assert (by_header["s3:authType"], by_header["s3:signatureversion"]) == ("REST-HEADER", "AWS4-HMAC-SHA256")


def test_tags_and_listing_are_told():
    tagged = keys(HttpRequest("PUT", "/b/k", {"x-amz-tagging": "a=1&b=2"}), "PutObject", RequiredPermission("s3:PutObject", "b", "k"))
    assert tagged["s3:RequestObjectTagKeys"] == ["a", "b"]
    assert tagged["s3:RequestObjectTag/b"] == ["2"]
    listing = keys(HttpRequest("GET", "/b?prefix=p&max-keys=9", {}), "ListObjects", RequiredPermission("s3:ListBucket", "b"))
    assert (listing["s3:prefix"], listing["s3:max-keys"], listing["s3:delimiter"]) == ("p", "9", None)


# The hooks into moto


def test_moto_ignores_conditions_still_and_asks_nothing_once_it_is_told_not_to(monkeypatch):
    """Without the first the layer could go; without the second moto's own check would refuse what the layer lets in."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    never = {"StringEquals": {"aws:PrincipalAccount": "no one's"}}
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
def test_no_header_but_the_layers_own_chooses_the_account(monkeypatch, key, account):
    monkeypatch.setattr(FakeBucket, "get_permission", FakeBucket.get_permission)  # the layer exchanges it
    seen: dict[str, Any] = {}

    class Moto:
        service = "ec2"

        def get_application(self, environ: dict[str, Any]) -> Moto:
            return self

        def __call__(self, environ: dict[str, Any], start_response: object) -> list[bytes]:
            seen.update(environ)
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
    assert seen.get("HTTP_X_MOTO_ACCOUNT_ID") == account
