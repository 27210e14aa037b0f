"""Who did what to which object, when, and how it ended: one line of JSON each, to the logger `phi.access`.

45 CFR 164.312(b) asks for it: https://www.ecfr.gov/current/title-45/part-164#p-164.312(b)
A line holds no content, no metadata, no file's name and no URL. Where the lines go is the application's to say, by a
handler of that logger. A process that is killed writes none: CloudTrail's data events have every request, and the
request id joins the two.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.config import Config

from phi.errors import PhiError, translate_aws_errors
from phi.object_keys import is_opaque

LOGGER = logging.getLogger("phi.access")
LOGGER.setLevel(logging.INFO)  # successes too, where the root logger takes warnings alone
SUCCESS = "success"
STS_RETRY_SECONDS = 60.0  # seconds until STS is asked again after it didn't answer

_SECRET = secrets.token_bytes(32)


@dataclass
class Access:
    """What is told of an access, filled in as it goes on."""

    version: str | None = None
    """As AWS answered it; never as it was asked for, which may be anything."""
    request_id: str | None = None
    bytes: int | None = None
    outcome: str = SUCCESS


@contextmanager
def log_access(action: str, about: str | None, principal: Callable[[], str | None]) -> Iterator[Access]:
    """Writes the line as it ends, in whatever way: outcome is `success`, or the class of what was raised.

    about: the object, or the prefix of several, as `told` gives it.
    """
    access = Access()
    who = principal()
    begun, clock = datetime.now(UTC), time.monotonic()
    try:
        yield access
    except GeneratorExit:  # who reads a listing has read enough
        raise
    except BaseException as error:
        access.outcome = type(error).__name__
        access.request_id = getattr(error, "request_id", None) or access.request_id
        raise
    finally:
        line = {
            "time": begun.isoformat(timespec="milliseconds"),
            "principal": who,
            "action": action,
            "object": about,
            "version": access.version,
            "outcome": access.outcome,
            "request_id": access.request_id,
            "duration": round(time.monotonic() - clock, 6),
            "bytes": access.bytes,
        }
        LOGGER.log(logging.INFO if access.outcome == SUCCESS else logging.WARNING, "%s", json.dumps(line))


def loggable_key(key: str, prefixes: Collection[str]) -> str | None:
    """The key, if it tells nothing; else what stands for it in this process alone.

    Not a plain hash: of an MRN anybody undoes that, who counts through all MRNs.
    """
    if not key:
        return None
    if all(part in prefixes or is_opaque(part) for part in key.removesuffix("/").split("/")):
        return key
    return f"other:{hmac.digest(_SECRET, key.encode(errors='surrogatepass'), 'sha256').hex()[:32]}"


class PrincipalCache:
    """The ARN of whoever the session is, from STS at the first access; None where STS doesn't tell.

    An access isn't refused for that: care may hang on it, and CloudTrail knows who it was.
    """

    def __init__(self, session: boto3.Session, region: str) -> None:
        # Short: the first access waits for it.
        config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
        self._sts: Any = session.client("sts", region_name=region, config=config)
        self._lock = threading.Lock()
        self._arn: str | None = None
        self._not_before = 0.0

    def __call__(self) -> str | None:
        with self._lock:
            if self._arn is None and time.monotonic() >= self._not_before:
                try:
                    with translate_aws_errors("sts:GetCallerIdentity"):
                        self._arn = self._sts.get_caller_identity().get("Arn")
                except PhiError:
                    self._not_before = time.monotonic() + STS_RETRY_SECONDS
            return self._arn
