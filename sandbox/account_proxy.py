"""A proxy that reaches only the emulator, under the names that S3 Control gives it.

S3 Control's API has the account's ID in the host name, so AWS SDKs put it before the emulator's address:
`123456789012.127.0.0.1`. No resolver knows that name, but a client leaves names to its proxy. Every other request is
refused, so that none reaches real AWS.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
"""

from __future__ import annotations

import re
import socket
import threading
from socketserver import StreamRequestHandler, ThreadingTCPServer

from sandbox.http_server import LOOPBACK

CHUNK_BYTES = 65_536
TUNNEL = re.compile(rb"CONNECT [0-9]{12}\.127\.0\.0\.1:(?P<port>[0-9]{1,5}) HTTP/1\.[01]\r\n")


def create_proxy(emulator_port: int) -> ThreadingTCPServer:
    """Return a proxy, bound to a free port, for one port of the emulator. Call its `serve_forever` to start it."""

    class Handler(StreamRequestHandler):
        rbufsize = 0  # what follows the request's head belongs to the emulator

        def handle(self) -> None:
            request = self.rfile.readline(CHUNK_BYTES)
            while self.rfile.readline(CHUNK_BYTES) not in (b"\r\n", b""):
                pass
            tunnel = TUNNEL.fullmatch(request)
            if tunnel is None or int(tunnel["port"]) != emulator_port:
                self.wfile.write(b"HTTP/1.1 403 The sandbox reaches no other address\r\n\r\n")
                return
            with socket.create_connection((LOOPBACK, emulator_port)) as emulator:
                self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
                answers = threading.Thread(target=_copy, args=(emulator, self.connection), daemon=True)
                answers.start()
                _copy(self.connection, emulator)
                answers.join()

    server = ThreadingTCPServer((LOOPBACK, 0), Handler)
    server.daemon_threads = True
    return server


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Copy what one socket receives to another, until either is closed."""
    try:
        while data := source.recv(CHUNK_BYTES):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the other end is closed, and there is nothing left to copy
