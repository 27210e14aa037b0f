"""Retries: an SDK repeats a call if it receives no response, and the sandbox replays the stored response."""

from __future__ import annotations

import json

CREATE_USERS = """
import http.client, json, os, sys
from urllib.parse import urlsplit

def create(invocation_id, attempt):
    connection = http.client.HTTPConnection(urlsplit(os.environ["SANDBOX_HTTP"]).netloc)
    scope = "Credential=sandbox/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Content-Type": "application/x-www-form-urlencoded"}
    headers |= {"amz-sdk-invocation-id": invocation_id, "amz-sdk-request": f"attempt={attempt}; max=25"}
    connection.request("POST", "/", "Action=CreateUser&UserName=one&Version=2010-05-08", headers)
    response = connection.getresponse()
    return response.status, response.getheader("Content-Type"), response.read().decode()

print(json.dumps([create(*request) for request in json.loads(sys.argv[1])]))
"""


def responses_to(sandbox, *requests):
    """Send CreateUser once for each invocation ID and attempt; return status, type and body of each response."""
    return json.loads(sandbox("python", "-c", CREATE_USERS, json.dumps(requests)).stdout)


def test_retries_get_the_first_response(sandbox):
    first, second, twelfth = responses_to(sandbox, ("a", 1), ("a", 2), ("a", 12))
    assert first == second == twelfth
    assert first[0] == 200
    assert "<UserName>one</UserName>" in first[2]


def test_only_retries_of_successful_calls_are_replayed(sandbox):
    responses = responses_to(sandbox, ("a", 1), ("b", 1), ("b", 2), ("a", 1))
    assert [status for status, *_ in responses] == [200, 409, 409, 409]


def test_retry_runs_if_the_first_attempt_never_arrived(sandbox):
    assert [status for status, *_ in responses_to(sandbox, ("a", 2), ("a", 3))] == [200, 200]
