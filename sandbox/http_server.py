"""An HTTP server that keeps connections, as AWS does: moto's own, werkzeug's, closes each after one answer."""

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
AT_ONCE = 8  # requests that are answered; more wait, as more threads would for the interpreter
KEPT = 1000  # connections
PATIENCE = 3600  # seconds; a connection that is closed as its client sends anew has the client send twice
CONNECTION = "sandbox.connection"  # a request's socket, in its environment


def listening(application: Any, tls: ssl.SSLContext | None) -> Server:
    """A server of a WSGI application on a free port, `bind_addr`; its `serve` answers."""
    server = Server((LOOPBACK, 0), application, numthreads=AT_ONCE, request_queue_size=128, timeout=PATIENCE)
    server.gateway = _Gateway
    server.ConnectionClass = _Connection
    server.keep_alive_conn_limit = KEPT
    server.ssl_adapter = _Tls(tls) if tls else None
    server.prepare()
    return server


class _Connection(HTTPConnection):
    """With files of the standard library: cheroot's own take a new buffer of all that is wanted for each TLS record."""

    def __init__(self, server: Server, accepted: socket, _makefile: object) -> None:
        super().__init__(server, accepted, _file)


class _Reader(io.BufferedReader):
    bytes_read = 0  # a figure that isn't asked for

    def has_data(self) -> bool:
        """Whether another request is here already: no SDK sends one before it has its answer."""
        return False


class _Writer(io.BufferedWriter):
    bytes_written = 0

    def write(self, data: Any) -> int:
        written = super().write(data)
        self.flush()
        return written


def _file(connection: socket, mode: str, _size: int) -> _Reader | _Writer:
    raw = SocketIO(connection, mode)  # type: ignore[arg-type]  # "rb" or "wb"
    return _Reader(raw) if mode == "rb" else _Writer(raw)


class _Gateway(Gateway_10):
    """A request's environment as moto's own server makes it."""

    def get_environ(self) -> dict[str, Any]:  # type: ignore[override]  # cheroot's types say None
        environ: dict[str, Any] = super().get_environ()  # type: ignore[no-untyped-call]
        # cheroot leaves %2F in it, and moto's routes expect a slash.
        path = unquote_to_bytes(environ["REQUEST_URI"].partition("?")[0])
        environ["PATH_INFO"] = path.decode("latin-1")
        environ["RAW_URI"] = environ["REQUEST_URI"]  # moto reads S3's keys from it
        environ[CONNECTION] = self.req.conn.socket
        # User metadata may have underscores, which WSGI's names don't tell from hyphens: moto takes a list of them, and
        # of two that differ in that alone the hyphens'.
        sent = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.req.inheaders.items()}
        plain = {environ_key_for_header(name): value for name, value in sent.items() if "_" not in name}
        underscored = {
            environ_key_for_header(name): name for name in sent if should_preserve_original_header_name(name)
        }
        preserved = {key: name for key, name in underscored.items() if key not in plain}
        return environ | plain | {PRESERVED_HEADER_NAMES_ENVIRON_KEY: preserved}


class _Tls(Adapter):
    """TLS by a context whose key is in no file. A client's handshake is done with its first request, in its thread."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.context = context

    def bind(self, listener: socket) -> socket:
        return listener

    def wrap(self, accepted: socket) -> tuple[ssl.SSLSocket, dict[str, str]]:
        try:
            secure = self.context.wrap_socket(accepted, server_side=True, do_handshake_on_connect=False)
        except OSError as error:  # who called has gone already
            raise FatalSSLAlert(*error.args) from error
        return secure, self.get_environ()

    def get_environ(self) -> dict[str, str]:
        return {"wsgi.url_scheme": "https", "HTTPS": "on"}

    def makefile(self, secure: ssl.SSLSocket, mode: str = "rb", bufsize: int = -1) -> _Reader | _Writer:
        return _file(secure, mode, bufsize)
