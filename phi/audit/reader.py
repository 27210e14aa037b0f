"""Reads one account: concurrently, all pages, within AWS's limits, and never mistakes what it can't read for nothing.

What is refused, throttled past every retry or broken becomes an Unread, whose `unknown` stands in the facts for the
value: a rule then answers `unverified`.
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
from botocore.exceptions import BotoCoreError, ClientError, PaginationError

from hipaa.model.values import Location, Unknown
from phi.audit.calls import Call

AT_ONCE = 32
ATTEMPTS = 8
LONGEST = 20  # seconds between two attempts, as botocore has it

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class FailedCall:
    """A call that got no answer: about what (an ARN or a name, never content), where, and AWS's error code."""

    call: Call
    subject: str
    region: str
    error_code: str

    @property
    def unknown(self) -> Unknown:
        """What stands in the facts for what it would have told."""
        why = f"couldn't be read: {self.call.action} ended in {self.error_code}"
        return Unknown(self.subject or self.call.action, reason=why)


@dataclass(frozen=True)
class AuditedAccount:
    """The account that is read, and the regions of it."""

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
    """Makes calls in an account's name. Safe to use from several threads."""

    session: boto3.Session
    account: AuditedAccount
    at_once: int = AT_ONCE
    unread: list[FailedCall] = field(default_factory=list)
    made: dict[Call, int] = field(default_factory=dict)
    """How many of each were made, pages counted."""

    def __post_init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        # botocore changes its model of S3 Control in each call's first use, and two at once fail (botocore.handlers,
        # remove_accid_host_prefix_from_model): its few calls are made one after the other.
        self._turns: dict[str, threading.Lock] = {"s3control": threading.Lock()}
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="audit")

    def __enter__(self) -> AccountReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def map(self, items: Iterable[T], read: Callable[[T], R]) -> list[R]:
        """`read` of every item, at once, in order. `read` may call `ask` and `pages`, but not `each`."""
        return list(self._pool.map(read, items))

    def call(
        self, call: Call, about: str, region: str | None = None, **parameters: Any
    ) -> Mapping[str, Any] | FailedCall | None:
        """The answer; None where AWS says that there is none; Unread where it doesn't say."""
        where = region or self.account.regions[0]
        return self._told(call, about, where, lambda client: getattr(client, call.operation)(**parameters))

    def pages(
        self, call: Call, result: str, about: str = "", region: str | None = None, **parameters: Any
    ) -> list[Any] | FailedCall:
        """All that every page has under `result`; none of it where one page can't be read."""
        where = region or self.account.regions[0]

        def read(client: Any) -> list[Any]:
            found: list[Any] = []
            for number, page in enumerate(_pages(client, call.operation, parameters)):
                found += page.get(result) or []
                if number:
                    self._count(call)
            return found

        answer = self._told(call, about, where, read)
        return [] if answer is None else answer

    def _told(self, call: Call, about: str, region: str, make: Callable[[Any], R]) -> R | FailedCall | None:
        for attempt in range(ATTEMPTS):
            if attempt:
                sleep(min(2**attempt, LONGEST) * random.random())  # noqa: S311  (no secret)
            try:
                self._count(call)
                with self._turns.get(call.service) or nullcontext():
                    return make(self._client(call.service, region))
            except ClientError as error:
                told = error.response.get("Error", {})
                code = str(told.get("Code", "an unknown error"))
                if _says_there_is_none(call, code, str(told.get("Message", ""))):
                    return None
                if not _gave_up_early(error):
                    break
            except BotoCoreError as error:
                code = type(error).__name__
                break
        unread = FailedCall(call, about, region, code)
        with self._lock:
            self.unread.append(unread)
        return unread

    def _count(self, call: Call) -> None:
        with self._lock:
            self.made[call] = self.made.get(call, 0) + 1

    def _client(self, service: str, region: str) -> Any:
        with self._lock:  # a session isn't safe to make clients from in several threads
            if (service, region) not in self._clients:
                # Adaptive: botocore slows down on its own when AWS asks, and tries again.
                # https://boto3.amazonaws.com/v1/documentation/api/latest/guide/retries.html
                config = Config(
                    retries={"mode": "adaptive", "total_max_attempts": ATTEMPTS},
                    max_pool_connections=self.at_once,
                    connect_timeout=10,
                    read_timeout=30,
                )
                make: Any = self.session.client  # typed for each service by its name alone
                client = make(service, region_name=region, config=config)
                client.meta.events.register("before-sign.s3-control", at_an_address)
                self._clients[service, region] = client
            return self._clients[service, region]


def at_an_address(request: AWSRequest, **_: Any) -> None:
    """An endpoint that is an address, as an emulator's, takes no account before it; botocore puts it before any."""
    request.url = re.sub(r"//\d{12}\.(?=(\d{1,3}\.){3}\d{1,3}[:/])", "//", str(request.url), count=1)


def _gave_up_early(error: ClientError) -> bool:
    """Whether botocore didn't try as often as it may: all calls of a client share one quota of retries.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """
    return bool(error.response.get("ResponseMetadata", {}).get("RetryQuotaReached"))


# What an answer calls the token of the page after it, and what the next request calls it.
TOKENS = {"NextToken": "NextToken", "NextContinuationToken": "ContinuationToken"}


def _pages(client: Any, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """botocore doesn't know of every operation that has pages: not of ListEventBuses, ListAccessPoints and others."""
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**parameters)
        return
    token: dict[str, Any] = {}
    while True:
        page = getattr(client, operation)(**parameters, **token)
        yield page
        following = {asked: page[told] for told, asked in TOKENS.items() if page.get(told)}
        if not following:
            return
        if following == token:
            raise PaginationError(message=f"{operation} tells the same page again")
        token = following


def _says_there_is_none(call: Call, code: str, message: str) -> bool:
    in_words = tuple(each for each in call.not_found_errors if ": " in each)
    return code in call.not_found_errors or f"{code}: {message}".startswith(in_words)
