"""The access log: one line per access, whether it succeeds or fails, and no PHI in it."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from phi_buckets import access_log
from phi_buckets.access_log import PrincipalCache, log_access, loggable_key
from phi_buckets.errors import NotFoundError
from phi_buckets.object_keys import DEFAULT_PREFIXES, new_key


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    logged: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = logged.append  # type: ignore[method-assign,assignment]
    access_log.LOGGER.addHandler(handler)
    yield logged
    access_log.LOGGER.removeHandler(handler)


def test_log_access_writes_all_fields_in_one_line(records: list[logging.LogRecord]) -> None:
    key = new_key()
    with log_access("upload", key, lambda: "arn:aws:sts::123456789012:assumed-role/app/a", "reference") as access:
        access.version, access.request_id, access.bytes = "v1", "REQ", 12
    line = json.loads(records[0].getMessage())
    assert line.pop("time").endswith("+00:00")
    assert 0 <= line.pop("duration") < 60
    assert line == {
        "principal": "arn:aws:sts::123456789012:assumed-role/app/a",
        "user_reference": "reference",
        "action": "upload",
        "object": key,
        "version": "v1",
        "outcome": "success",
        "request_id": "REQ",
        "bytes": 12,
    }
    assert "\n" not in records[0].getMessage()
    assert records[0].levelno == logging.INFO


@pytest.mark.parametrize("error_type", [ValueError, KeyboardInterrupt, SystemExit, NotFoundError])
def test_log_access_records_only_the_class_of_an_exception(
    error_type: type[BaseException], records: list[logging.LogRecord]
) -> None:
    error = error_type("jane-doe")
    if isinstance(error, NotFoundError):
        error.request_id = "REQ"
    with pytest.raises(error_type), log_access("download", None, lambda: None):
        raise error
    line = json.loads(records[0].getMessage())
    assert (line["outcome"], line["principal"]) == (error_type.__name__, None)
    assert line["request_id"] == ("REQ" if error_type is NotFoundError else None)
    assert "jane" not in records[0].getMessage()
    assert records[0].exc_info is None
    assert records[0].levelno == logging.WARNING


def test_log_access_records_success_when_a_generator_is_closed(records: list[logging.LogRecord]) -> None:
    def listing() -> Iterator[int]:
        with log_access("list", None, lambda: None):
            yield from range(9)

    numbers = listing()
    next(numbers)
    numbers.close()  # type: ignore[attr-defined]
    assert json.loads(records[0].getMessage())["outcome"] == "success"


def test_logger_is_enabled_for_info_by_default() -> None:
    assert access_log.LOGGER.isEnabledFor(logging.INFO)


def test_loggable_key_returns_keys_made_by_phi_unchanged() -> None:
    opaque = new_key()
    for key in (opaque, f"{opaque}/{new_key()}", f"restore-test/{opaque}", f"{opaque}/", "restore-test/"):
        assert loggable_key(key, DEFAULT_PREFIXES) == key
    assert loggable_key("", DEFAULT_PREFIXES) is None


@pytest.mark.parametrize(
    "key", ["mrn-12345", "12345", "jane@example.com", "\ud800", "restore-test/jane", "a/" + "b" * 48]
)
def test_loggable_key_returns_stable_pseudonym_for_other_keys(key: str) -> None:
    pseudonym = loggable_key(key, DEFAULT_PREFIXES)
    assert pseudonym is not None
    assert pseudonym.startswith("other:")
    assert pseudonym == loggable_key(key, DEFAULT_PREFIXES) != loggable_key(key + "x", DEFAULT_PREFIXES)
    assert key not in pseudonym


def test_loggable_key_pseudonym_differs_between_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudonym = loggable_key("12345", DEFAULT_PREFIXES)
    monkeypatch.setattr(access_log, "_PROCESS_SECRET", bytes(32))
    assert loggable_key("12345", DEFAULT_PREFIXES) != pseudonym


def test_principal_cache_calls_sts_once(session: boto3.Session) -> None:
    calls: list[Any] = []
    session.events.register("before-call.sts.GetCallerIdentity", lambda **_: calls.append(1))
    principal = PrincipalCache(session, "us-east-1")
    assert not calls
    assert principal.get() == principal.get() == "arn:aws:sts::123456789012:user/moto"
    assert len(calls) == 1


def test_principal_cache_returns_none_and_retries_later_when_sts_fails(
    session: boto3.Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(access_log, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    sts_fails = [True]

    def fail_call(**_: Any) -> Any:
        if sts_fails[0]:
            raise EndpointConnectionError(endpoint_url="https://sts.example/")

    session.events.register("before-call.sts.GetCallerIdentity", fail_call)
    principal = PrincipalCache(session, "us-east-1")
    assert principal.get() is None
    sts_fails[0] = False
    clock[0] += access_log.STS_RETRY_SECONDS - 1
    assert principal.get() is None
    clock[0] += 2
    assert principal.get() == "arn:aws:sts::123456789012:user/moto"
