"""Reading one account: pages, retries, concurrency, and failed calls, which never count as empty results."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from phi_buckets.audit import reader as reader_module
from phi_buckets.audit.calls import NO_SUCH_ENDPOINT, Call, ResourceType
from phi_buckets.audit.reader import MAX_ATTEMPTS, AccountReader, AuditedAccount, FailedCall, strip_account_prefix

REGION = "us-east-1"
ACCOUNT = AuditedAccount("123456789012", "aws", (REGION, "us-west-2"))
GET_POLICY = Call(
    "s3", "get_bucket_policy", "s3:GetBucketPolicy", ResourceType.BUCKET, not_found_errors=("NoSuchBucketPolicy",)
)
LIST_BUCKETS = Call("s3", "list_buckets", "s3:ListAllMyBuckets", ResourceType.ANY)
LIST_METRICS = Call("s3", "list_bucket_metrics_configurations", "s3:GetMetricsConfiguration", ResourceType.BUCKET)
LIST_ACCESS_POINTS = Call("s3control", "list_access_points", "s3:ListAccessPoints", ResourceType.ANY)
LIST_ALIASES = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)


class Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


@dataclass
class FlakyNetwork:
    """Fails the first requests to each URL with an error, and answers the rest."""

    failures: int
    status: int
    code: str
    requests: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Any, **_: Any) -> AWSResponse:
        with self.lock:
            self.requests[request.url] += 1
            fails = self.requests[request.url] <= self.failures
        if fails:
            body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
            return AWSResponse(request.url, self.status, {}, Body(body))
        return AWSResponse(request.url, 200, {}, Body(b'{"Statement": []}'))

    def session(self) -> boto3.Session:
        session = boto3.Session(region_name=REGION)
        session.events.register("before-send.s3", self.respond)
        return session


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> list[float]:
    """Record the delays between attempts instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr(reader_module, "sleep", waited.append)
    return waited


def get_policy(reader: AccountReader, bucket: str = "phi") -> Mapping[str, Any] | FailedCall | None:
    return reader.call(GET_POLICY, f"arn:aws:s3:::{bucket}", Bucket=bucket)


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (503, "ServiceUnavailable"), (429, "Throttling")]
)
def test_call_retries_on_server_errors_and_throttling(waits: list[float], status: int, code: str):
    network = FlakyNetwork(2, status, code)
    with AccountReader(network.session(), ACCOUNT) as reader:
        response = get_policy(reader)
    assert isinstance(response, Mapping)
    assert response["Policy"] == '{"Statement": []}'
    assert list(network.requests.values()) == [3]
    assert len(waits) == 2
    assert reader.failed_calls == []


def test_call_retries_beyond_botocores_retry_quota(waits: list[float]):
    """Each retry costs 14 of a client's 500 tokens, so botocore alone would stop retrying some calls."""
    network = FlakyNetwork(3, 500, "InternalError")
    names = [f"bucket-{number}" for number in range(60)]
    with AccountReader(network.session(), ACCOUNT) as reader:
        responses = reader.map(names, lambda name: get_policy(reader, name))
    assert [isinstance(response, Mapping) for response in responses] == [True] * len(names)
    assert reader.failed_calls == []
    assert set(network.requests.values()) == {4}


def test_call_returns_a_failed_call_after_the_last_attempt(waits: list[float]):
    network = FlakyNetwork(1000, 500, "InternalError")
    with AccountReader(network.session(), ACCOUNT) as reader:
        result = get_policy(reader)
    assert result == FailedCall(GET_POLICY, "arn:aws:s3:::phi", REGION, "InternalError")
    assert reader.failed_calls == [result]
    assert list(network.requests.values()) == [MAX_ATTEMPTS]


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"]
)
def test_call_does_not_retry_when_access_is_denied_or_the_region_is_disabled(waits: list[float], code: str):
    network = FlakyNetwork(1000, 403, code)
    with AccountReader(network.session(), ACCOUNT) as reader:
        result = reader.call(GET_POLICY, "arn:aws:s3:::phi", "me-south-1", Bucket="phi")
    assert result == FailedCall(GET_POLICY, "arn:aws:s3:::phi", "me-south-1", code)
    assert list(network.requests.values()) == [1]
    assert waits == []


def test_call_to_an_unreachable_endpoint_returns_a_failed_call(waits: list[float], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with AccountReader(boto3.Session(region_name=REGION), ACCOUNT) as reader:
        result = reader.call(LIST_ALIASES, "the aliases", "me-south-1")
    assert result == FailedCall(LIST_ALIASES, "the aliases", "me-south-1", "EndpointConnectionError")


def test_missing_endpoint_is_an_empty_result_only_of_a_service_that_is_not_in_every_region(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://s3express-control.invalid")  # RFC 6761: never resolves
    regional = replace(LIST_ALIASES, not_found_errors=(NO_SUCH_ENDPOINT,))
    with AccountReader(boto3.Session(region_name=REGION), ACCOUNT) as reader:
        assert reader.call(regional, "the aliases") is None
        assert reader.failed_calls == []
        result = reader.call(LIST_ALIASES, "the aliases")
    assert result == FailedCall(LIST_ALIASES, "the aliases", REGION, NO_SUCH_ENDPOINT)


def test_not_found_error_is_an_empty_result(waits: list[float]):
    with AccountReader(FlakyNetwork(1000, 404, "NoSuchBucketPolicy").session(), ACCOUNT) as reader:
        assert get_policy(reader) is None
        assert reader.list_all(GET_POLICY, "Policy", Bucket="phi") == []
        assert reader.failed_calls == []


def test_call_with_invalid_parameters_returns_a_failed_call(endpoint: str):
    with AccountReader(boto3.Session(region_name=REGION), ACCOUNT) as reader:
        result = reader.call(GET_POLICY, "it", NoSuchParameter="x")
    assert isinstance(result, FailedCall)
    assert result.error_code == "ParamValidationError"


def test_failed_call_unknown_names_the_resource_the_permission_and_the_error():
    unknown = FailedCall(GET_POLICY, "arn:aws:s3:::phi", REGION, "AccessDenied").unknown
    assert unknown.path == "arn:aws:s3:::phi"
    assert unknown.reason == "couldn't be read: s3:GetBucketPolicy failed with AccessDenied"
    assert FailedCall(LIST_BUCKETS, "", REGION, "SlowDown").unknown.path == "s3:ListAllMyBuckets"


# Pages.

Response = tuple[SimpleNamespace, dict[str, Any]]


def session_responding(respond: Callable[[dict[str, Any]], Response]) -> boto3.Session:
    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", lambda params, **_: respond(params))
    return session


def success(**content: Any) -> Response:
    return SimpleNamespace(status_code=200), content


def failure(code: str) -> Response:
    return SimpleNamespace(status_code=403), {"Error": {"Code": code}}


# For each pagination style: a call, the key of its items, its parameters, the key of the token in the response, and
# the name of the token in the request.
PAGED = [
    (LIST_BUCKETS, "Buckets", {}, "ContinuationToken", "continuation-token"),
    (LIST_METRICS, "MetricsConfigurationList", {"Bucket": "phi"}, "NextContinuationToken", "continuation-token"),
    (LIST_ACCESS_POINTS, "AccessPointList", {"AccountId": ACCOUNT.id}, "NextToken", "nextToken"),
]
for_each_pagination_style = pytest.mark.parametrize(
    ("call", "result_key", "parameters", "response_token", "request_token"), PAGED, ids=[style[3] for style in PAGED]
)


@for_each_pagination_style
def test_list_all_returns_the_items_of_every_page(
    endpoint: str,
    call: Call,
    result_key: str,
    parameters: dict[str, Any],
    response_token: str,
    request_token: str,
):
    def respond(params: dict[str, Any]) -> Response:
        page = int(params["query_string"].get(request_token, 0))
        next_page = {response_token: str(page + 1)} if page < 2 else {}
        return success(**{result_key: [page, page + 0.5]}, **next_page)

    with AccountReader(session_responding(respond), ACCOUNT) as reader:
        assert reader.list_all(call, result_key, **parameters) == [0, 0.5, 1, 1.5, 2, 2.5]
        assert reader.call_counts == {call: 3}


@for_each_pagination_style
def test_list_all_returns_a_failed_call_if_any_page_fails(
    endpoint: str,
    call: Call,
    result_key: str,
    parameters: dict[str, Any],
    response_token: str,
    request_token: str,
):
    def respond(params: dict[str, Any]) -> Response:
        first_page = request_token not in params["query_string"]
        return success(**{result_key: [1], response_token: "more"}) if first_page else failure("AccessDenied")

    with AccountReader(session_responding(respond), ACCOUNT) as reader:
        result = reader.list_all(call, result_key, "it", **parameters)
    assert result == FailedCall(call, "it", REGION, "AccessDenied")


@for_each_pagination_style
def test_list_all_returns_a_failed_call_if_a_page_token_repeats(
    endpoint: str,
    call: Call,
    result_key: str,
    parameters: dict[str, Any],
    response_token: str,
    request_token: str,
):
    session = session_responding(lambda _: success(**{result_key: [1], response_token: "again"}))
    with AccountReader(session, ACCOUNT) as reader:
        result = reader.list_all(call, result_key, "it", **parameters)
    assert result == FailedCall(call, "it", REGION, "PaginationError")


# Concurrency.


def test_map_reads_concurrently_in_order_and_counts_calls(endpoint: str):
    four_requests = threading.Barrier(4, timeout=30)

    def respond(params: dict[str, Any]) -> Response:
        four_requests.wait()  # no request gets a response before four have arrived
        return success(Policy=params["url"].split("?")[0].rsplit("/", 1)[-1])

    names = [f"bucket-{number:03}" for number in range(200)]
    with AccountReader(session_responding(respond), ACCOUNT, max_concurrency=4) as reader:
        responses = reader.map(names, lambda name: get_policy(reader, name))
    assert [response["Policy"] for response in responses if isinstance(response, Mapping)] == names
    assert reader.call_counts == {GET_POLICY: 200}


def test_each_failed_call_is_recorded_once(endpoint: str):
    names = [f"bucket-{number:03}" for number in range(100)]
    with AccountReader(session_responding(lambda _: failure("AccessDenied")), ACCOUNT) as reader:
        reader.map(names, lambda name: get_policy(reader, name))
    assert sorted(failed.resource for failed in reader.failed_calls) == [f"arn:aws:s3:::{name}" for name in names]


def test_clients_are_regional_and_use_adaptive_retries(endpoint: str):
    clients: list[tuple[str, Mapping[str, Any]]] = []

    def respond(context: Mapping[str, Any], **_: Any) -> Response:
        clients.append((context["client_region"], context["client_config"].retries))
        return success()

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call.kms", respond)
    with AccountReader(session, ACCOUNT) as reader:
        for region in (None, "us-west-2", "us-west-2"):
            reader.call(LIST_ALIASES, "", region)
    assert [region for region, _ in clients] == [REGION, "us-west-2", "us-west-2"]
    assert all(retries == {"mode": "adaptive", "total_max_attempts": MAX_ATTEMPTS} for _, retries in clients)


@pytest.mark.parametrize(
    ("url", "stripped"),
    [
        ("http://123456789012.127.0.0.1:5000/v20180820/x", "http://127.0.0.1:5000/v20180820/x"),
        ("https://123456789012.10.0.0.7/v20180820/x", "https://10.0.0.7/v20180820/x"),
        *[("https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/x",) * 2],
    ],
)
def test_strip_account_prefix_changes_only_ip_addresses(url: str, stripped: str):
    request = AWSRequest("GET", url)
    strip_account_prefix(request)
    assert request.url == stripped


def test_s3_control_calls_are_made_one_at_a_time():
    """botocore changes an operation's model during its first call, and two concurrent first calls raise a KeyError."""
    busy = threading.Lock()
    overlaps: list[bool] = []

    def respond(request: Any, **_: Any) -> AWSResponse:
        acquired = busy.acquire(blocking=False)
        overlaps.append(not acquired)
        threading.Event().wait(0.01)  # long enough for another request to arrive
        if acquired:
            busy.release()
        return AWSResponse(request.url, 200, {}, Body(b"<ListAccessPointsResult/>"))

    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    session.events.register("before-send.s3-control", respond)

    def list_access_points(number: int) -> list[Any] | FailedCall:
        region = ACCOUNT.regions[number % 2]
        return reader.list_all(LIST_ACCESS_POINTS, "AccessPointList", "", region, AccountId=ACCOUNT.id)

    with AccountReader(session, ACCOUNT) as reader:
        results = reader.map(range(16), list_access_points)
    assert results == [[]] * 16
    assert overlaps == [False] * 16
