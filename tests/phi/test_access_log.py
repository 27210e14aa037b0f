"""The access log: a line for each access, however it ends, and nothing in it that tells whose it was."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from phi import access_log
from phi.access_log import PrincipalCache, log_access, loggable_key
from phi.errors import NotFoundError
from phi.object_keys import DEFAULT_PREFIXES, new_key


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    kept: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = kept.append  # type: ignore[method-assign,assignment]
    access_log.LOGGER.addHandler(handler)
    yield kept
    access_log.LOGGER.removeHandler(handler)


def test_a_line_tells_who_did_what_and_how_it_went(records: list[logging.LogRecord]) -> None:
    key = new_key()
    with log_access("upload", key, lambda: "arn:aws:sts::123456789012:assumed-role/app/a") as access:
        access.version, access.request_id, access.bytes = "v1", "REQ", 12
    line = json.loads(records[0].getMessage())
    assert line.pop("time").endswith("+00:00")
    assert 0 <= line.pop("duration") < 60
    assert line == {
        "principal": "arn:aws:sts::123456789012:assumed-role/app/a",
        "action": "upload",
        "object": key,
        "version": "v1",
        "outcome": "success",
        "request_id": "REQ",
        "bytes": 12,
    }
    assert "\n" not in records[0].getMessage()
    assert records[0].levelno == logging.INFO


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit, NotFoundError])
def test_a_failure_is_told_by_its_kind_alone(kind: type[BaseException], records: list[logging.LogRecord]) -> None:
    error = kind("jane-doe")
    if isinstance(error, NotFoundError):
        error.request_id = "REQ"
    with pytest.raises(kind), log_access("download", None, lambda: None):
        raise error
    line = json.loads(records[0].getMessage())
    assert (line["outcome"], line["principal"]) == (kind.__name__, None)
    assert line["request_id"] == ("REQ" if kind is NotFoundError else None)
    assert "jane" not in records[0].getMessage()
    assert records[0].exc_info is None
    assert records[0].levelno == logging.WARNING


def test_who_stops_a_listing_early_has_not_failed(records: list[logging.LogRecord]) -> None:
    def listing() -> Iterator[int]:
        with log_access("list", None, lambda: None):
            yield from range(9)

    some = listing()
    next(some)
    some.close()  # type: ignore[attr-defined]
    assert json.loads(records[0].getMessage())["outcome"] == "success"


def test_a_success_is_logged_where_only_warnings_are_wanted() -> None:
    assert access_log.LOGGER.isEnabledFor(logging.INFO)


def test_a_key_that_phi_made_is_told_as_it_is() -> None:
    key = new_key()
    for each in (key, f"{key}/{new_key()}", f"restore-test/{key}", f"{key}/", "restore-test/"):
        assert loggable_key(each, DEFAULT_PREFIXES) == each
    assert loggable_key("", DEFAULT_PREFIXES) is None


@pytest.mark.parametrize(
    "key", ["mrn-12345", "12345", "jane@example.com", "\ud800", "restore-test/jane", "a/" + "b" * 48]
)
def test_any_other_is_told_by_what_nobody_can_undo(key: str) -> None:
    stands = loggable_key(key, DEFAULT_PREFIXES)
    assert stands is not None
    assert stands.startswith("other:")
    assert stands == loggable_key(key, DEFAULT_PREFIXES) != loggable_key(key + "x", DEFAULT_PREFIXES)
    assert key not in stands


def test_it_isnt_the_same_in_another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    here = loggable_key("12345", DEFAULT_PREFIXES)
    monkeypatch.setattr(access_log, "_PROCESS_SECRET", bytes(32))
    assert loggable_key("12345", DEFAULT_PREFIXES) != here


def test_the_principal_is_asked_once(session: boto3.Session) -> None:
    asked: list[Any] = []
    session.events.register("before-call.sts.GetCallerIdentity", lambda **_: asked.append(1))
    principal = PrincipalCache(session, "us-east-1")
    assert not asked
    assert principal.get() == principal.get() == "arn:aws:sts::123456789012:user/moto"
    assert len(asked) == 1


def test_where_sts_doesnt_answer_it_isnt_known_and_asked_again_later(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(access_log, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    fails = [True]

    def answer(**_: Any) -> Any:
        if fails[0]:
            raise EndpointConnectionError(endpoint_url="https://sts.example/")

    session.events.register("before-call.sts.GetCallerIdentity", answer)
    principal = PrincipalCache(session, "us-east-1")
    assert principal.get() is None
    fails[0] = False
    clock[0] += access_log.STS_RETRY_SECONDS - 1
    assert principal.get() is None
    clock[0] += 2
    assert principal.get() == "arn:aws:sts::123456789012:user/moto"
