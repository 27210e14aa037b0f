"""The emulator's HTTP server: persistent connections, and requests that arrive as they were sent."""

from __future__ import annotations

from tests.aws import Aws

# http.client reconnects if the server has closed the connection, so the sockets are compared.
SEVERAL_REQUESTS_ON_ONE_CONNECTION = """
import http.client, os, ssl
from urllib.parse import urlsplit

def send(connection, method, path, body=None):
    connection.request(method, path, body)
    socket, response = connection.sock, connection.getresponse()
    response.read()
    return socket, response.status

plain, secure = (urlsplit(os.environ[name]).netloc for name in ("SANDBOX_HTTP", "AWS_ENDPOINT_URL"))
trust = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
for connection in (http.client.HTTPConnection(plain), http.client.HTTPSConnection(secure, context=trust)):
    first_socket, status = send(connection, "PUT", "/bucket/key", b"x" * 1_000_000)
    second_socket, other_status = send(connection, "PUT", "/bucket/key", iter([b"x" * 100_000, b"x"]))
    last_status = send(connection, "GET", "/bucket/key")[1]
    print(status, other_status, last_status, first_socket is second_socket is connection.sock is not None)
"""
CALL_WHILE_ANOTHER_CLIENT_IS_SILENT = """
import os, socket, boto3
host, port = os.environ["AWS_ENDPOINT_URL"].removeprefix("https://").split(":")
with socket.create_connection((host, port)):
    print(boto3.client("sts").get_caller_identity()["Account"])
"""


def test_connection_is_kept_after_a_denied_upload(sandbox):
    assert sandbox("python", "-c", SEVERAL_REQUESTS_ON_ONE_CONNECTION).stdout == 2 * "403 403 403 True\n"


def test_silent_client_does_not_delay_others(sandbox):
    assert sandbox("python", "-c", CALL_WHILE_ANOTHER_CLIENT_IS_SILENT).stdout == "123456789012\n"


def test_object_keys_and_metadata_arrive_as_sent(sandbox):
    object_key = "a b/%2F//+é?x=1&y"
    with Aws(sandbox) as aws:
        aws("s3.create_bucket", Bucket="bucket")
        aws("s3.put_object", Bucket="bucket", Key=object_key, Body=b"", Metadata={"of_it": "1", "of-that": "2"})
        contents = aws("s3.list_objects_v2", Bucket="bucket")["Contents"]
        assert [item["Key"] for item in contents] == [object_key]
        assert aws("s3.head_object", Bucket="bucket", Key=object_key)["Metadata"] == {"of_it": "1", "of-that": "2"}


def test_hyphenated_metadata_name_wins_over_the_same_name_with_underscores(sandbox):
    with Aws(sandbox) as aws:
        aws("s3.create_bucket", Bucket="bucket")
        for metadata in ({"of_it": "1", "of-it": "2"}, {"of-it": "2", "of_it": "1"}):
            aws("s3.put_object", Bucket="bucket", Key="key", Body=b"", Metadata=metadata)
            assert aws("s3.head_object", Bucket="bucket", Key="key")["Metadata"] == {"of-it": "2"}
