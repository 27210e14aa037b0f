"""Access log: one line of JSON per access to an object, sent to the logger `phi_buckets.access`.

Each line records the principal, action, object, time and outcome, as 45 CFR 164.312(b) requires:
https://www.ecfr.gov/current/title-45/part-164#p-164.312(b)
If the application passes one, it also has the opaque reference of the person who uses the application. The reference is
never sent to AWS, so CloudTrail doesn't have it.
A line never contains object content, metadata, file names or URLs. The application decides where the lines go by adding
a handler to the logger. A process that is killed writes no line, but CloudTrail data events record every request, and
the request ID links the two logs.
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

from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import PhiError
from phi_buckets.object_keys import is_opaque_id

LOGGER = logging.getLogger("phi_buckets.access")
LOGGER.setLevel(logging.INFO)  # log successes too, even if the root logger accepts only warnings
SUCCESS = "success"
STS_RETRY_SECONDS = 60.0  # wait this long after a failed call before calling STS again

_PROCESS_SECRET = secrets.token_bytes(32)


@dataclass
class Access:
    """Details of one access, filled in while it runs."""

    version: str | None = None
    """The version ID that S3 returned; never the requested one, which can be arbitrary text."""
    request_id: str | None = None
    """The ID that AWS gave to the last request of the access."""
    bytes: int | None = None
    """How many bytes of content were transferred."""
    outcome: str = SUCCESS
    """`success` unless the block sets another outcome. An exception replaces it."""


@contextmanager
def log_access(
    action: str, key: str | None, get_principal: Callable[[], str | None], user_reference: str | None = None
) -> Iterator[Access]:
    """Write a log line when the block ends, whether it succeeds or fails.

    The outcome is the class name of the exception that the block raised, or the outcome that the block set.

    Args:
        action: What is done, such as `upload`.
        key: The object key, or the prefix of a listing, as returned by `loggable_key`.
        get_principal: Returns the caller's ARN, or None if it is unknown.
        user_reference: The reference of the person on whose behalf it is done, as returned by `check_user_reference`.

    Yields:
        The access, for the block to fill in.
    """
    access = Access()
    principal = get_principal()
    started_at, start = datetime.now(UTC), time.monotonic()
    try:
        yield access
    except GeneratorExit:  # the caller stopped reading a listing early, which isn't a failure
        raise
    except BaseException as error:
        access.outcome = type(error).__name__
        access.request_id = getattr(error, "request_id", None) or access.request_id
        raise
    finally:
        line = {
            "time": started_at.isoformat(timespec="milliseconds"),
            "principal": principal,
            "user_reference": user_reference,
            "action": action,
            "object": key,
            "version": access.version,
            "outcome": access.outcome,
            "request_id": access.request_id,
            "duration": round(time.monotonic() - start, 6),
            "bytes": access.bytes,
        }
        LOGGER.log(logging.INFO if access.outcome == SUCCESS else logging.WARNING, "%s", json.dumps(line))


def loggable_key(key: str, prefixes: Collection[str]) -> str | None:
    """Return the key if it is safe to log, or else a pseudonym that is stable only within this process.

    The pseudonym is a keyed hash: a plain hash of an MRN can be reversed by hashing every possible MRN. An empty key,
    such as the prefix of a listing of the whole bucket, returns None.
    """
    if not key:
        return None
    if all(part in prefixes or is_opaque_id(part) for part in key.removesuffix("/").split("/")):
        return key
    return f"other:{hmac.digest(_PROCESS_SECRET, key.encode(errors='surrogatepass'), 'sha256').hex()[:32]}"


class PrincipalCache:
    """The ARN of the session's principal, read from STS at the first access.

    An access is never refused because STS fails: patient care may depend on it, and CloudTrail records the principal.
    """

    def __init__(self, session: boto3.Session, region: str) -> None:
        # Short timeouts: the first access waits for this call.
        config = Config(connect_timeout=5, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
        self._sts: Any = session.client("sts", region_name=region, config=config)
        self._lock = threading.Lock()
        self._arn: str | None = None
        self._retry_at = 0.0

    def get(self) -> str | None:
        """Return the ARN, or None while STS can't be called."""
        with self._lock:
            if self._arn is None and time.monotonic() >= self._retry_at:
                try:
                    with translate_aws_errors("sts:GetCallerIdentity"):
                        self._arn = self._sts.get_caller_identity().get("Arn")
                except PhiError:
                    self._retry_at = time.monotonic() + STS_RETRY_SECONDS
            return self._arn
