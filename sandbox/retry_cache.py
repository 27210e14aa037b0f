"""A call that its client sends again is answered as it was: moto would do it twice, and refuse what is there by then.

An SDK gives each call an id, keeps it when it sends the call again, and counts the attempts:
https://docs.rs/aws-runtime/latest/aws_runtime/invocation_id/index.html
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from threading import Lock
from typing import Any

from werkzeug.wrappers import Response

CALLS = 1000  # the last are kept
LARGEST = 10_000  # bytes of an answer that is kept

_LATER = re.compile(r"attempt=(?!1\b)\d+")


class Once:
    """Asks an application once a call, of what changes something."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: OrderedDict[str, Response] = OrderedDict()

    def __call__(self, application: Any, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        call = environ.get("HTTP_AMZ_SDK_INVOCATION_ID")
        if call is None or environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            read: Iterable[bytes] = application(environ, start_response)
            return read
        earlier = self._answers.get(call)
        if earlier and _LATER.search(environ.get("HTTP_AMZ_SDK_REQUEST", "")):
            return earlier(environ, start_response)
        answer = Response.from_app(application, environ)
        size = answer.content_length
        if answer.status_code < 300 and size is not None and size <= LARGEST:
            answer.make_sequence()
            with self._lock:
                self._answers[call] = answer
                while len(self._answers) > CALLS:
                    self._answers.popitem(last=False)
        return answer(environ, start_response)
