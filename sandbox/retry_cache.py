"""Replays the stored response when a client retries a call. Moto would run the call twice and reject the second run.

An SDK gives each call an ID, keeps it for retries, and counts the attempts:
https://docs.rs/aws-runtime/latest/aws_runtime/invocation_id/index.html
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from werkzeug.wrappers import Response

MAX_RESPONSES = 1000  # stored; the oldest are dropped
MAX_RESPONSE_BYTES = 10_000  # larger responses aren't stored

_RETRY = re.compile(r"attempt=(?!1\b)\d+")


class RetryCache:
    """Runs each call that changes something once, and replays its response to retries."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._responses: OrderedDict[str, Response] = OrderedDict()

    def __call__(self, application: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        invocation_id = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if invocation_id is None or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            body: Iterable[bytes] = application(environ, start_response)
            return body
        stored = self._responses.get(invocation_id)
        if stored and _RETRY.search(environ.get("HTTP_AMZ_SDK_REQUEST", "")):
            return stored(environ, start_response)
        response = Response.from_app(application, environ)
        size = response.content_length
        if response.status_code < 300 and size is not None and size <= MAX_RESPONSE_BYTES:
            response.make_sequence()
            with self._lock:
                self._responses[invocation_id] = response
                while len(self._responses) > MAX_RESPONSES:
                    self._responses.popitem(last=False)
        return response(environ, start_response)
