"""What an SDK sends again, as it lost the answer."""

from __future__ import annotations

import json

CREATE = """
import http.client, json, os, sys
from urllib.parse import urlsplit

def create(call, attempt):
    connection = http.client.HTTPConnection(urlsplit(os.environ["SANDBOX_HTTP"]).netloc)
    scope = "Credential=sandbox/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 {scope}", "Content-Type": "application/x-www-form-urlencoded"}
    headers |= {"amz-sdk-invocation-id": call, "amz-sdk-request": f"attempt={attempt}; max=25"}
    connection.request("POST", "/", "Action=CreateUser&UserName=one&Version=2010-05-08", headers)
    answer = connection.getresponse()
    return answer.status, answer.getheader("Content-Type"), answer.read().decode()

print(json.dumps([create(*each) for each in json.loads(sys.argv[1])]))
"""


def created(sandbox, *sent):
    return json.loads(sandbox("python", "-c", CREATE, json.dumps(sent)).stdout)


def test_is_done_once_and_answered_alike(sandbox):
    first, second, twelfth = created(sandbox, ("a", 1), ("a", 2), ("a", 12))
    assert first == second == twelfth
    assert first[0] == 200
    assert "<UserName>one</UserName>" in first[2]


def test_but_not_another_call_nor_a_first_attempt_nor_one_that_was_refused(sandbox):
    told = created(sandbox, ("a", 1), ("b", 1), ("b", 2), ("a", 1))
    assert [status for status, *_ in told] == [200, 409, 409, 409]


def test_a_first_attempt_that_never_came_is_no_hindrance(sandbox):
    assert [status for status, *_ in created(sandbox, ("a", 2), ("a", 3))] == [200, 200]
