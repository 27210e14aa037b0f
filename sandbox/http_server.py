"""An HTTP server that keeps connections open, as AWS does. Moto's own (werkzeug's) closes each after one response."""

from __future__ import annotations

import io
import ssl
from socket import SocketIO, socket
from typing import Any
from urllib.parse import unquote_to_bytes

from cheroot.errors import FatalSSLAlert
from cheroot.server import HTTPConnection
from cheroot.ssl import Adapter
from cheroot.wsgi import Gateway_10, Server
from moto.core.request import (
    PRESERVED_HEADER_NAMES_ENVIRON_KEY,
    environ_key_for_header,
    should_preserve_original_header_name,
)

LOOPBACK = "127.0.0.1"
MAX_CONCURRENCY = 8  # requests handled together; more threads would only wait for the interpreter lock
MAX_CONNECTIONS = 1000  # kept open
# Long, because a client that reuses a connection while the server closes it sends its request twice.
IDLE_TIMEOUT_SECONDS = 3600
CONNECTION_KEY = "sandbox.connection"  # the WSGI environ key of a request's socket


def create_server(application: Any, tls: ssl.SSLContext | None) -> Server:
    """Return a server for a WSGI application, bound to a free port (`bind_addr`). Call its `serve` to start it."""
    server = Server(
        (LOOPBACK, 0), application, numthreads=MAX_CONCURRENCY, request_queue_size=128, timeout=IDLE_TIMEOUT_SECONDS
    )
    server.gateway = _Gateway
    server.ConnectionClass = _Connection
    server.keep_alive_conn_limit = MAX_CONNECTIONS
    server.ssl_adapter = _Tls(tls) if tls else None
    server.prepare()
    return server


class _Connection(HTTPConnection):
    """A connection with the standard library's files: cheroot's allocate a full-size buffer for each TLS record."""

    def __init__(self, server: Server, accepted: socket, _makefile: object) -> None:
        super().__init__(server, accepted, _open_file)


class _Reader(io.BufferedReader):
    bytes_read = 0  # cheroot's statistics need it, but aren't enabled

    def has_data(self) -> bool:
        """Return whether another request has arrived: never, because no SDK pipelines requests."""
        return False


class _Writer(io.BufferedWriter):
    bytes_written = 0

    def write(self, data: Any) -> int:
        written = super().write(data)
        self.flush()
        return written


def _open_file(connection: socket, mode: str, _size: int) -> _Reader | _Writer:
    raw = SocketIO(connection, mode)  # type: ignore[arg-type]  # "rb" or "wb"
    return _Reader(raw) if mode == "rb" else _Writer(raw)


class _Gateway(Gateway_10):
    """Builds a request's WSGI environ as moto's own server does."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's types say None
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        # cheroot keeps %2F in the path, but moto's routes expect a slash.
        path = unquote_to_bytes(environ["REQUEST_URI"].partition("?")[0])
        environ["PATH_INFO"] = path.decode("latin-1")
        environ["RAW_URI"] = environ["REQUEST_URI"]  # moto reads S3's keys from it
        environ[CONNECTION_KEY] = self.req.conn.socket
        # WSGI maps both underscores and hyphens in header names to underscores, but user metadata may have either. Moto
        # reads a list of the names with underscores; of two names that differ only in this, the hyphenated one wins.
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.req.inheaders.items()
        }
        hyphenated = {environ_key_for_header(name): value for name, value in headers.items() if "_" not in name}
        underscored = {
            environ_key_for_header(name): name for name in headers if should_preserve_original_header_name(name)
        }
        preserved = {key: name for key, name in underscored.items() if key not in hyphenated}
        return environ | hyphenated | {PRESERVED_HEADER_NAMES_ENVIRON_KEY: preserved}


class _Tls(Adapter):
    """TLS with a context whose key isn't in a file. The thread of the first request does the handshake."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, listener: socket) -> socket:
        return listener

    def wrap(self, accepted: socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        try:
            secure = self.context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        except OSError as error:  # the client has disconnected
            raise FatalSSLAlert(*error.args) from error
        return secure, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, secure: ssl.SSLSocket, mode: str = "rb", bufsize: int = -1) -> _Reader | _Writer:
        return _open_file(secure, mode, bufsize)
