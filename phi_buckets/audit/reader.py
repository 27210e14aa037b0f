"""Reads an AWS account: concurrently, all pages, and within AWS's request limits.

A call that is denied, fails, or is still throttled after the last retry returns a FailedCall. Its `unknown` replaces
the value in the facts, so a rule that needs the value returns `unverified`. A failed call is never treated as an empty
result.
"""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, field
from time import sleep
from typing import Any, TypeVar

import boto3
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError, PaginationError
from urllib3.exceptions import NameResolutionError

from hipaa_controls.model.values import Location, Unknown
from phi_buckets.audit.calls import NO_SUCH_ENDPOINT, Call

MAX_CONCURRENCY = 32
MAX_ATTEMPTS = 8
MAX_BACKOFF_SECONDS = 20  # botocore's own maximum

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class FailedCall:
    """A call that returned no result.

    Attributes:
        resource: The ARN or name of the requested resource, never its content.
        error_code: AWS's error code, or the name of botocore's exception.
    """

    call: Call
    resource: str
    region: str
    error_code: str

    @property
    def unknown(self) -> Unknown:
        """The value that replaces the call's result in the facts."""
        reason = f"couldn't be read: {self.call.action} failed with {self.error_code}"
        return Unknown(self.resource or self.call.action, reason=reason)


@dataclass(frozen=True)
class AuditedAccount:
    """The account that is read, and the regions in which it is read."""

    id: str
    partition: str
    regions: tuple[str, ...]

    def location(self, region: str | None = None) -> Location:
        return Location(self.partition, region or self.regions[0], self.id)

    def arn(self, service: str, region: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{region}:{self.id}:{resource}"

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"


@dataclass
class AccountReader:
    """Makes calls in an account. Safe to use from several threads.

    Attributes:
        failed_calls: Every call that returned no result.
        call_counts: The number of requests for each call. Each page is one request.
    """

    session: boto3.Session
    account: AuditedAccount
    max_concurrency: int = MAX_CONCURRENCY
    failed_calls: list[FailedCall] = field(default_factory=list)
    call_counts: dict[Call, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        # botocore changes its S3 Control model during the first use of each call, and two concurrent first uses fail
        # (botocore.handlers, remove_accid_host_prefix_from_model). There are few such calls, so they are made serially.
        self._service_locks: dict[str, threading.Lock] = {"s3control": threading.Lock()}
        self._pool = ThreadPoolExecutor(self.max_concurrency, thread_name_prefix="audit")

    def __enter__(self) -> AccountReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, items: Iterable[T], read: Callable[[T], R]) -> list[R]:
        """Apply `read` to all items concurrently and return the results in order.

        `read` may use `call` and `list_all`. It must not use `map`: all threads could then wait for a free one.
        """
        return list(self._pool.map(read, items))

    def call(
        self, call: Call, resource: str, region: str | None = None, **parameters: Any
    ) -> Mapping[str, Any] | FailedCall | None:
        """Make a call that returns a single page.

        Args:
            call: The call.
            resource: The ARN or name of what is requested, for the report of a failure.
            region: The region; by default the account's first.
            parameters: The boto3 parameters.

        Returns:
            The response; None if AWS reports that the item doesn't exist; a FailedCall if there is no result.
        """
        return self._run(
            call,
            resource,
            region or self.account.regions[0],
            lambda client: getattr(client, call.operation)(**parameters),
        )

    def list_all(
        self, call: Call, result_key: str, resource: str = "", region: str | None = None, **parameters: Any
    ) -> list[Any] | FailedCall:
        """Make a call that returns pages.

        Args:
            call: The call.
            result_key: The key of the response that holds the items.
            resource: The ARN or name of what is requested, for the report of a failure.
            region: The region; by default the account's first.
            parameters: The boto3 parameters.

        Returns:
            The items of all pages; a FailedCall if any page can't be read.
        """

        def read_pages(client: Any) -> list[Any]:
            items: list[Any] = []
            for number, page in enumerate(_pages(client, call.operation, parameters)):
                items += page.get(result_key) or []
                if number:
                    self._count(call)
            return items

        items = self._run(call, resource, region or self.account.regions[0], read_pages)
        return [] if items is None else items

    def _run(self, call: Call, resource: str, region: str, request: Callable[[Any], R]) -> R | FailedCall | None:
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                sleep(min(2**attempt, MAX_BACKOFF_SECONDS) * random.random())  # noqa: S311  (not a secret)
            try:
                self._count(call)
                with self._service_locks.get(call.service) or nullcontext():
                    return request(self._client(call.service, region))
            except ClientError as error:
                details = error.response.get("Error", {})
                error_code = str(details.get("Code", "an unknown error"))
                if _means_not_found(call, error_code, str(details.get("Message", ""))):
                    return None
                if not _retry_quota_reached(error):
                    break
            except BotoCoreError as error:
                error_code = NO_SUCH_ENDPOINT if _is_unresolved(error) else type(error).__name__
                if error_code in call.not_found_errors:
                    return None
                break
        failed = FailedCall(call, resource, region, error_code)
        with self._lock:
            self.failed_calls.append(failed)
        return failed

    def _count(self, call: Call) -> None:
        with self._lock:
            self.call_counts[call] = self.call_counts.get(call, 0) + 1

    def _client(self, service: str, region: str) -> Any:
        with self._lock:  # creating clients from one session isn't thread-safe
            if (service, region) not in self._clients:
                # In adaptive mode botocore slows down when AWS throttles, and retries.
                # https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html
                config = Config(
                    retries={"mode": "adaptive", "total_max_attempts": MAX_ATTEMPTS},
                    max_pool_connections=self.max_concurrency,
                    connect_timeout=10,
                    read_timeout=30,
                )
                create_client: Any = self.session.client  # the stubs accept only literal service names
                client = create_client(service, region_name=region, config=config)
                client.meta.events.register("before-sign.s3-control", strip_account_prefix)
                self._clients[service, region] = client
            return self._clients[service, region]


def strip_account_prefix(request: AWSRequest, **_: Any) -> None:
    """Remove the account ID that botocore puts before the host of S3 Control, where the host is an IP address.

    An emulator's endpoint is an IP address, which can't have a prefix.
    """
    request.url = re.sub(r"//\d{12}\.(?=(\d{1,3}\.){3}\d{1,3}[:/])", "//", str(request.url), count=1)


def _retry_quota_reached(error: ClientError) -> bool:
    """Return whether botocore stopped retrying early, because all calls of a client share one retry quota.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    return bool(error.response.get("ResponseMetadata", {}).get("RetryQuotaReached"))


def _is_unresolved(error: BotoCoreError) -> bool:
    """Return whether there is no endpoint of that name. A network that is down or closed fails in other ways."""
    cause = error.kwargs.get("error") if isinstance(error, EndpointConnectionError) else None
    return isinstance(cause, NameResolutionError)


# The request parameter for the next page, by the name of the token in the response.
REQUEST_TOKENS = {"NextToken": "NextToken", "nextToken": "nextToken", "NextContinuationToken": "ContinuationToken"}


def _pages(client: Any, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the pages of an operation.

    botocore has no paginator for some operations that return pages: ListEventBuses, ListAccessPoints,
    GetDiscoveredResourceCounts and others.
    """
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**parameters)
        return
    token: dict[str, Any] = {}
    while True:
        page = getattr(client, operation)(**parameters, **token)
        yield page
        next_token = {parameter: page[key] for key, parameter in REQUEST_TOKENS.items() if page.get(key)}
        if not next_token:
            return
        if next_token == token:
            raise PaginationError(message=f"{operation} returned the same page token twice")
        token = next_token


def _means_not_found(call: Call, error_code: str, message: str) -> bool:
    with_message = tuple(error for error in call.not_found_errors if ": " in error)
    return error_code in call.not_found_errors or f"{error_code}: {message}".startswith(with_message)
