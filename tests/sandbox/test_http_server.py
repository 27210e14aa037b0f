"""The emulator's own side of HTTP: connections that last, and requests that arrive as they were sent."""

from __future__ import annotations

from tests.aws import Aws

# http.client opens a connection anew where the server has closed it, so the sockets are compared.
ON_ONE_CONNECTION = """
import http.client, os, ssl
from urllib.parse import urlsplit

def ask(connection, method, path, body=None):
    connection.request(method, path, body)
    socket, answer = connection.sock, connection.getresponse()
    answer.read()
    return socket, answer.status

plain, secure = (urlsplit(os.environ[name]).netloc for name in ("SANDBOX_HTTP", "AWS_ENDPOINT_URL"))
trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
for connection in (http.client.HTTPConnection(plain), http.client.HTTPSConnection(secure, context=trust)):
    refused, status = ask(connection, "PUT", "/bucket/key", b"x" * 1_000_000)
    chunked, other = ask(connection, "PUT", "/bucket/key", iter([b"x" * 100_000, b"x"]))
    print(status, other, ask(connection, "GET", "/bucket/key")[1], refused is chunked is connection.sock is not None)
"""
BESIDE_ONE_THAT_IS_SILENT = """
import os, socket, boto3
host, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("https://").split(":")
with socket.create_connection((host, port)):
    print(boto3.client("sts").get_caller_identity()["Account"])
"""


def test_a_connection_is_kept_though_a_request_is_refused_with_its_body_unread(sandbox):
    assert sandbox("python", "-c", ON_ONE_CONNECTION).stdout == 2 * "403 403 403 True\n"


def test_a_client_that_connects_and_says_nothing_keeps_nobody_waiting(sandbox):
    assert sandbox("python", "-c", BESIDE_ONE_THAT_IS_SILENT).stdout == "123456789012\n"


def test_keys_and_metadata_arrive_as_they_were_sent(sandbox):
    key = "a b/%2F//+é?x=1&y"
    with Aws(sandbox) as aws:
        aws("s3.create_bucket", Bucket="bucket")
        aws("s3.put_object", Bucket="bucket", Key=key, Body=b"", Metadata={"of_it": "1", "of-that": "2"})
        assert [each["Key"] for each in aws("s3.list_objects_v2", Bucket="bucket")["Contents"]] == [key]
        assert aws("s3.head_object", Bucket="bucket", Key=key)["Metadata"] == {"of_it": "1", "of-that": "2"}


def test_of_metadata_whose_names_differ_in_a_hyphen_alone_that_ones_value_stays(sandbox):
    with Aws(sandbox) as aws:
        aws("s3.create_bucket", Bucket="bucket")
        for both in ({"of_it": "1", "of-it": "2"}, {"of-it": "2", "of_it": "1"}):
            aws("s3.put_object", Bucket="bucket", Key="key", Body=b"", Metadata=both)
            assert aws("s3.head_object", Bucket="bucket", Key="key")["Metadata"] == {"of-it": "2"}
