"""One account is read: every page, and again where AWS fails; what can't be read is never taken for nothing."""

from __future__ import annotations

import io
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import boto3
import botocore.endpoint
import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from phi.audit import reader as module
from phi.audit.calls import Call, ResourceType
from phi.audit.reader import MAX_ATTEMPTS, AuditedAccount, AccountReader, FailedCall, strip_account_prefix

REGION = "us-east-1"
ACCOUNT = AuditedAccount("123456789012", "aws", (REGION, "us-west-2"))
POLICY = Call(
    "s3", "get_bucket_policy", "s3:GetBucketPolicy", ResourceType.BUCKET, not_found_errors=("NoSuchBucketPolicy",)
)
BUCKETS = Call("s3", "list_buckets", "s3:ListAllMyBuckets", ResourceType.ANY)
METRICS = Call("s3", "list_bucket_metrics_configurations", "s3:GetMetricsConfiguration", ResourceType.BUCKET)
POINTS = Call("s3control", "list_access_points", "s3:ListAccessPoints", ResourceType.ANY)
ALIASES = Call("kms", "list_aliases", "kms:ListAliases", ResourceType.ANY)


class Body(io.BytesIO):
    def stream(self) -> Iterator[bytes]:
        yield self.read()


@dataclass
class Network:
    """Fails the first requests of each address in this way, and answers the rest."""

    times: int
    status: int
    code: str
    sent: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        with self.lock:
            self.sent[request.url] += 1
            fails = self.sent[request.url] <= self.times
        if fails:
            body = f"<Error><Code>{self.code}</Code><Message>no</Message></Error>".encode()
            return AWSResponse(request.url, self.status, {}, Body(body))
        return AWSResponse(request.url, 200, {}, Body(b'{"Statement": []}'))

    def session(self) -> boto3.Session:
        session = boto3.Session(region_name=REGION)
        session.events.register("before-send.s3", self.answer)
        return session


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> list[float]:
    """What would have been waited for between attempts."""
    waited: list[float] = []
    monkeypatch.setattr(botocore.endpoint, "time", SimpleNamespace(sleep=waited.append))
    monkeypatch.setattr(module, "sleep", waited.append)
    return waited


def policy(reader: AccountReader, bucket: str = "phi") -> Mapping[str, Any] | FailedCall | None:
    return reader.call(POLICY, f"arn:aws:s3:::{bucket}", Bucket=bucket)


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (503, "ServiceUnavailable"), (429, "Throttling")]
)
def test_what_fails_or_asks_to_go_slower_is_asked_again(waits: list[float], status: int, code: str):
    network = Network(2, status, code)
    with AccountReader(network.session(), ACCOUNT) as reader:
        told = policy(reader)
    assert isinstance(told, Mapping)
    assert told["Policy"] == '{"Statement": []}'
    assert list(network.sent.values()) == [3]
    assert len(waits) == 2
    assert reader.failed_calls == []


def test_nothing_is_lost_where_more_fails_than_botocores_quota_of_retries_allows(waits: list[float]):
    """Each retry of a failure takes 14 of 500: without more, some of these would stay unread."""
    network = Network(3, 500, "InternalError")
    names = [f"bucket-{number}" for number in range(60)]
    with AccountReader(network.session(), ACCOUNT) as reader:
        told = reader.map(names, lambda name: policy(reader, name))
    assert [isinstance(each, Mapping) for each in told] == [True] * len(names)
    assert reader.failed_calls == []
    assert set(network.sent.values()) == {4}


def test_what_always_fails_is_given_up_and_isnt_known(waits: list[float]):
    network = Network(1000, 500, "InternalError")
    with AccountReader(network.session(), ACCOUNT) as reader:
        told = policy(reader)
    assert told == FailedCall(POLICY, "arn:aws:s3:::phi", REGION, "InternalError")
    assert reader.failed_calls == [told]
    assert list(network.sent.values()) == [MAX_ATTEMPTS]


@pytest.mark.parametrize(
    "code", ["AccessDenied", "AuthFailure", "UnrecognizedClientException", "InvalidClientTokenId", "OptInRequired"]
)
def test_what_is_refused_or_opted_out_of_isnt_asked_again(waits: list[float], code: str):
    network = Network(1000, 403, code)
    with AccountReader(network.session(), ACCOUNT) as reader:
        told = reader.call(POLICY, "arn:aws:s3:::phi", "me-south-1", Bucket="phi")
    assert told == FailedCall(POLICY, "arn:aws:s3:::phi", "me-south-1", code)
    assert list(network.sent.values()) == [1]
    assert waits == []


def test_an_address_that_cant_be_reached_isnt_known(waits: list[float], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with AccountReader(boto3.Session(region_name=REGION), ACCOUNT) as reader:
        told = reader.call(ALIASES, "the aliases", "me-south-1")
    assert told == FailedCall(ALIASES, "the aliases", "me-south-1", "EndpointConnectionError")


def test_what_aws_says_is_not_there_is_none_and_no_gap(waits: list[float]):
    with AccountReader(Network(1000, 404, "NoSuchBucketPolicy").session(), ACCOUNT) as reader:
        assert policy(reader) is None
        assert reader.list_all(POLICY, "Policy", Bucket="phi") == []
        assert reader.failed_calls == []


def test_a_request_that_cant_be_made_isnt_known(endpoint: str):
    with AccountReader(boto3.Session(region_name=REGION), ACCOUNT) as reader:
        told = reader.call(POLICY, "it", NoSuchParameter="x")
    assert isinstance(told, FailedCall)
    assert told.error_code == "ParamValidationError"


def test_an_unread_call_says_what_was_asked_of_what_and_how_it_ended():
    unknown = FailedCall(POLICY, "arn:aws:s3:::phi", REGION, "AccessDenied").unknown
    assert (
        f"{unknown.path} {unknown.reason}"
        == "arn:aws:s3:::phi couldn't be read: s3:GetBucketPolicy failed with AccessDenied"
    )
    assert FailedCall(BUCKETS, "", REGION, "SlowDown").unknown.path == "s3:ListAllMyBuckets"


# Pages.

Answer = tuple[SimpleNamespace, dict[str, Any]]


def answered(answer: Callable[[dict[str, Any]], Answer]) -> boto3.Session:
    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", lambda params, **_: answer(params))
    return session


def good(**told: Any) -> Answer:
    return SimpleNamespace(status_code=200), told


def bad(code: str) -> Answer:
    return SimpleNamespace(status_code=403), {"Error": {"Code": code}}


# For each way of naming the token of the next page a call, and what an answer and a request call it.
PAGED = [
    (BUCKETS, "Buckets", {}, "ContinuationToken", "continuation-token"),
    (METRICS, "MetricsConfigurationList", {"Bucket": "phi"}, "NextContinuationToken", "continuation-token"),
    (POINTS, "AccessPointList", {"AccountId": ACCOUNT.id}, "NextToken", "nextToken"),
]


@pytest.mark.parametrize(("call", "result", "given", "told", "asked"), PAGED, ids=[each[3] for each in PAGED])
def test_every_page_is_read(endpoint: str, call: Call, result: str, given: dict[str, Any], told: str, asked: str):
    def answer(params: dict[str, Any]) -> Answer:
        page = int(params["query_string"].get(asked, 0))
        return good(**{result: [page, page + 0.5]}, **({told: str(page + 1)} if page < 2 else {}))

    with AccountReader(answered(answer), ACCOUNT) as reader:
        assert reader.list_all(call, result, **given) == [0, 0.5, 1, 1.5, 2, 2.5]
        assert reader.call_counts == {call: 3}


@pytest.mark.parametrize(("call", "result", "given", "told", "asked"), PAGED, ids=[each[3] for each in PAGED])
def test_a_page_that_cant_be_read_leaves_all_unread(
    endpoint: str, call: Call, result: str, given: dict[str, Any], told: str, asked: str
):
    def answer(params: dict[str, Any]) -> Answer:
        return bad("AccessDenied") if asked in params["query_string"] else good(**{result: [1], told: "more"})

    with AccountReader(answered(answer), ACCOUNT) as reader:
        assert reader.list_all(call, result, "it", **given) == FailedCall(call, "it", REGION, "AccessDenied")


@pytest.mark.parametrize(("call", "result", "given", "told", "asked"), PAGED, ids=[each[3] for each in PAGED])
def test_a_page_that_is_told_again_ends_it(
    endpoint: str, call: Call, result: str, given: dict[str, Any], told: str, asked: str
):
    with AccountReader(answered(lambda _: good(**{result: [1], told: "again"})), ACCOUNT) as reader:
        assert reader.list_all(call, result, "it", **given) == FailedCall(call, "it", REGION, "PaginationError")


# At once.


def test_all_are_read_at_once_in_order_and_counted(endpoint: str):
    together = threading.Barrier(4, timeout=30)

    def answer(params: dict[str, Any]) -> Answer:
        together.wait()  # no one is answered before four have asked
        return good(Policy=params["url"].split("?")[0].rsplit("/", 1)[-1])

    names = [f"bucket-{number:03}" for number in range(200)]
    with AccountReader(answered(answer), ACCOUNT, max_concurrency=4) as reader:
        told = reader.map(names, lambda name: policy(reader, name))
    assert [each["Policy"] for each in told if isinstance(each, Mapping)] == names
    assert reader.call_counts == {POLICY: 200}


def test_every_gap_is_told_once(endpoint: str):
    names = [f"bucket-{number:03}" for number in range(100)]
    with AccountReader(answered(lambda _: bad("AccessDenied")), ACCOUNT) as reader:
        reader.map(names, lambda name: policy(reader, name))
    assert sorted(each.resource for each in reader.failed_calls) == [f"arn:aws:s3:::{name}" for name in names]


def test_there_is_a_client_for_each_region_which_slows_down_when_asked(endpoint: str):
    made: list[tuple[str, Mapping[str, Any]]] = []
    session = boto3.Session(region_name=REGION)
    session.events.register(
        "before-call.kms",
        lambda context, **_: (made.append((context["client_region"], context["client_config"].retries)), good())[1],
    )
    with AccountReader(session, ACCOUNT) as reader:
        for region in (None, "us-west-2", "us-west-2"):
            reader.call(ALIASES, "", region)
    assert [region for region, _ in made] == [REGION, "us-west-2", "us-west-2"]
    assert all(retries == {"mode": "adaptive", "total_max_attempts": MAX_ATTEMPTS} for _, retries in made)


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://123456789012.127.0.0.1:5000/v20180820/x", "http://127.0.0.1:5000/v20180820/x"),
        ("https://123456789012.10.0.0.7/v20180820/x", "https://10.0.0.7/v20180820/x"),
        *[("https://123456789012.s3-control.us-east-1.amazonaws.com/v20180820/x",) * 2],
    ],
)
def test_no_account_goes_before_an_address(url: str, sent: str):
    request = AWSRequest("GET", url)
    strip_account_prefix(request)
    assert request.url == sent


def test_s3_control_is_asked_by_one_thread_at_a_time():
    """botocore changes its model of an operation in its first call: two at once end in a KeyError of its own."""
    busy, together = threading.Lock(), []

    def answer(request: Any, **_: Any) -> AWSResponse:
        alone = busy.acquire(blocking=False)
        together.append(not alone)
        threading.Event().wait(0.01)  # long enough for another to come
        if alone:
            busy.release()
        return AWSResponse(request.url, 200, {}, Body(b"<ListAccessPointsResult/>"))

    session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing", region_name=REGION)
    session.events.register("before-send.s3-control", answer)
    with AccountReader(session, ACCOUNT) as reader:
        found = reader.map(
            range(16),
            lambda at: reader.list_all(POINTS, "AccessPointList", "", ACCOUNT.regions[at % 2], AccountId=ACCOUNT.id),
        )
    assert found == [[]] * 16
    assert together == [False] * 16
