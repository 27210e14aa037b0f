"""A request as it came in."""

from __future__ import annotations

import io
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl, unquote

from sandbox.environment import REGION
from sandbox.http_server import CONNECTION_KEY

_SCOPE = re.compile(r"([^/,\s]+)/\d+/([^/]+)/")  # of version 4: access key, date, region
_OLD_SIGNATURE = re.compile(r"AWS ([^:\s]+):")


@dataclass(frozen=True)
class HttpRequest:
    """target: path and query as sent; headers: by lower-case names; tls: such as "1.3", None over plain HTTP."""

    method: str
    target: str
    headers: Mapping[str, str]
    tls: str | None = "1.3"
    source_ip: str = "127.0.0.1"
    body: bytes = b""

    @cached_property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def bucket(self) -> str:
        return self._path[0]

    @property
    def object_key(self) -> str:
        return self._path[1]

    @property
    def presigned(self) -> bool:
        return not {"X-Amz-Credential", "AWSAccessKeyId"}.isdisjoint(self.query)

    @cached_property
    def signing_scope(self) -> tuple[str, str] | None:
        """The access key that signed it, and the region; None for an anonymous request."""
        query, header = self.query, self.headers.get("authorization", "")
        if new := _SCOPE.match(query.get("X-Amz-Credential") or header.partition("Credential=")[2]):
            return new[1], new[2]
        old = _OLD_SIGNATURE.match(header)
        key = query.get("AWSAccessKeyId") or (old[1] if old else None)
        return (key, REGION) if key else None

    @property
    def access_key(self) -> str | None:
        return self.signing_scope[0] if self.signing_scope else None

    @cached_property
    def _path(self) -> tuple[str, str]:
        """Bucket and key: the sandbox's endpoint is an address, so every bucket is in the path."""
        bucket, _, key = self.target.partition("?")[0].removeprefix("/").partition("/")
        return unquote(bucket), unquote(key)


def parse_request(environ: Mapping[str, Any]) -> HttpRequest:
    """The request of a WSGI environment, its body left unread."""
    connection = environ.get(CONNECTION_KEY)
    version = connection.version() if isinstance(connection, ssl.SSLSocket) else None
    named = {name.removeprefix("HTTP_"): value for name, value in environ.items() if isinstance(value, str)}
    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ["REQUEST_URI"],
        {name.lower().replace("_", "-"): value for name, value in named.items() if not name.startswith("wsgi.")},
        {"TLSv1": "1.0"}.get(version, version.removeprefix("TLSv")) if version else None,
        environ["REMOTE_ADDR"],
    )


def read_body(environ: dict[str, Any]) -> bytes:
    """The body, left in place for whoever comes after."""
    size = () if environ.get("wsgi.input_terminated") else (int(environ.get("CONTENT_LENGTH") or 0),)
    body: bytes = environ["wsgi.input"].read(*size)
    environ["wsgi.input"] = io.BytesIO(body)
    return body
