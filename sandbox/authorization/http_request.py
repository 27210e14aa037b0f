"""HTTP requests, parsed from the WSGI environ."""

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

_V4_SCOPE = re.compile(r"([^/,\s]+)/\d+/([^/]+)/")  # of signature version 4: access key, date, region
_V2_SIGNATURE = re.compile(r"AWS ([^:\s]+):")


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request.

    Attributes:
        method: The HTTP method.
        target: The path and query as they were sent.
        headers: The headers by lower-case name.
        tls: The TLS version, such as "1.3"; None over plain HTTP.
        source_ip: The client's address.
        body: The body; empty unless it has been read.
    """

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
        """The access key that signed the request and the region it was signed for; None if it is anonymous."""
        query, header = self.query, self.headers.get("authorization", "")
        if v4 := _V4_SCOPE.match(query.get("X-Amz-Credential") or header.partition("Credential=")[2]):
            return v4[1], v4[2]
        v2 = _V2_SIGNATURE.match(header)
        access_key = query.get("AWSAccessKeyId") or (v2[1] if v2 else None)
        return (access_key, REGION) if access_key else None

    @property
    def access_key(self) -> str | None:
        return self.signing_scope[0] if self.signing_scope else None

    @cached_property
    def _path(self) -> tuple[str, str]:
        """The bucket and object key. The sandbox's endpoint is an IP address, so the bucket is always in the path."""
        bucket, _, object_key = self.target.partition("?")[0].removeprefix("/").partition("/")
        return unquote(bucket), unquote(object_key)


def parse_request(environ: Mapping[str, Any]) -> HttpRequest:
    """Return the request in a WSGI environ, without reading its body."""
    connection = environ.get(CONNECTION_KEY)
    version = connection.version() if isinstance(connection, ssl.SSLSocket) else None
    variables = {name.removeprefix("HTTP_"): value for name, value in environ.items() if isinstance(value, str)}
    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ["REQUEST_URI"],
        {name.lower().replace("_", "-"): value for name, value in variables.items() if not name.startswith("wsgi.")},
        {"TLSv1": "1.0"}.get(version, version.removeprefix("TLSv")) if version else None,
        environ["REMOTE_ADDR"],
    )


def read_body(environ: dict[str, Any]) -> bytes:
    """Return the body, and put it back into the environ for the application."""
    size = () if environ.get("wsgi.input_terminated") else (int(environ.get("CONTENT_LENGTH") or 0),)
    body: bytes = environ["wsgi.input"].read(*size)
    environ["wsgi.input"] = io.BytesIO(body)
    return body
