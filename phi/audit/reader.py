"""Reads one account: concurrently, all pages, within AWS's limits, and never mistakes what it can't read for nothing.

What is refused, throttled past every retry or broken becomes an Unread, whose `unknown` stands in the facts for the
value: a rule then answers `unverified`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from hipaa.facts import Place, Unknown
from phi.audit.calls import Call

AT_ONCE = 16
ATTEMPTS = 8

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Unread:
    """A call that got no answer: about what (an ARN or a name, never content), where, and AWS's error code."""

    call: Call
    about: str
    region: str
    code: str

    @property
    def unknown(self) -> Unknown:
        """What stands in the facts for what it would have told."""
        why = f"couldn't be read: {self.call.action} ended in {self.code}"
        return Unknown(self.about or self.call.action, why=why)


@dataclass(frozen=True)
class Account:
    """The account that is read, and the regions of it."""

    id: str
    partition: str
    regions: tuple[str, ...]

    def place(self, region: str | None = None) -> Place:
        return Place(self.partition, region or self.regions[0], self.id)

    def arn(self, service: str, region: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{region}:{self.id}:{resource}"

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"


@dataclass
class Reader:
    """Makes calls in an account's name. Safe to use from several threads."""

    session: boto3.Session
    account: Account
    at_once: int = AT_ONCE
    unread: list[Unread] = field(default_factory=list)
    made: dict[Call, int] = field(default_factory=dict)
    """How many of each were made, pages counted."""

    def __post_init__(self) -> None:
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(self.at_once, thread_name_prefix="audit")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def each(self, items: Iterable[T], read: Callable[[T], R]) -> list[R]:
        """`read` of every item, at once, in order. `read` may call `ask` and `pages`, but not `each`."""
        return list(self._pool.map(read, items))

    def ask(
        self, call: Call, about: str, region: str | None = None, **parameters: Any
    ) -> Mapping[str, Any] | Unread | None:
        """The answer; None where AWS says that there is none; Unread where it doesn't say."""
        where = region or self.account.regions[0]
        return self._told(call, about, where, lambda client: getattr(client, call.operation)(**parameters))

    def pages(
        self, call: Call, result: str, about: str = "", region: str | None = None, **parameters: Any
    ) -> list[Any] | Unread:
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

    def _told(self, call: Call, about: str, region: str, make: Callable[[Any], R]) -> R | Unread | None:
        try:
            self._count(call)
            return make(self._client(call.service, region))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "an unknown error"))
            if code in call.absent:
                return None
        except BotoCoreError as error:
            code = type(error).__name__
        unread = Unread(call, about, region, code)
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
                self._clients[service, region] = make(service, region_name=region, config=config)
            return self._clients[service, region]


def _pages(client: Any, operation: str, parameters: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if client.can_paginate(operation):
        yield from client.get_paginator(operation).paginate(**parameters)
        return
    page = getattr(client, operation)(**parameters)
    yield page
    while page.get("NextToken"):  # botocore doesn't know of every operation that has pages: not of ListEventBuses
        page = getattr(client, operation)(**parameters, NextToken=page["NextToken"])
        yield page
