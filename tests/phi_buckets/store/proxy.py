"""A proxy in front of the emulator, with which tests simulate failures of the network and of S3."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

OTHER_ARN = "arn:aws:kms:us-east-1:123456789012:key/99999999-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Response:
    """An HTTP response.

    Attributes:
        cut: If set, close the connection after this many bytes of the body.
        until: With `cut`, the event to wait for before closing the connection.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    until: threading.Event | None = None

    def with_headers(self, **headers: str | None) -> Response:
        """Return the response with these headers replaced, or removed if None."""
        changes = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in changes}
        return replace(self, headers=kept | {name: value for name, value in changes.items() if value is not None})


@dataclass(frozen=True)
class Request:
    """A request that the proxy received.

    Attributes:
        headers: The headers; the names of those that start with `x-amz` are in lowercase.
        upstream: The emulator's address.
        target: The path with the query, which is sent to the emulator.
    """

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    upstream: str
    target: str

    @property
    def operation(self) -> str:
        """The name of the API operation, for the operations that the store uses."""
        copy, part = "x-amz-copy-source" in self.headers, "partNumber" in self.query
        if self.method == "PUT":
            return {(0, 0): "PutObject", (1, 0): "CopyObject", (0, 1): "UploadPart", (1, 1): "UploadPartCopy"}[
                copy, part
            ]
        if self.method == "POST":
            if "Action=" in self.body.decode(errors="replace"):
                return "GetCallerIdentity"
            return "CreateMultipartUpload" if "uploads" in self.query else "CompleteMultipartUpload"
        if self.method == "GET" and "/" not in self.path.strip("/"):
            return "ListObjectVersions" if "versions" in self.query else "ListObjectsV2"
        if "tagging" in self.query:
            return "GetObjectTagging"
        if self.method == "DELETE" and "uploadId" in self.query:
            return "AbortMultipartUpload"
        return {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[self.method]

    def forward(self) -> Response:
        """Send the request to the emulator and return its response."""
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=60)
        try:
            connection.request(self.method, self.target, self.body, self.headers)
            response = connection.getresponse()
            return Response(response.status, dict(response.getheaders()), response.read())
        finally:
            connection.close()


Fault = Callable[[Request], Response | None]
"""A function that returns the response to send instead of the emulator's, or None to leave the request alone."""


@dataclass
class Proxy:
    """A running proxy. It sends the response of the first fault that returns one, or else the emulator's.

    Attributes:
        upstream: The emulator's address.
        seen: The requests received so far.
    """

    upstream: str
    address: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)

    def on(self, operation: str, fault: Fault, times: int = 1 << 30, after: int = 0) -> None:
        """Apply the fault to the next `times` requests for the operation, except the first `after`."""
        count = iter(range(1 << 30))

        def apply(request: Request) -> Response | None:
            if request.operation != operation:
                return None
            return fault(request) if after <= next(count) < after + times else None

        self.faults.append(apply)

    @property
    def operations(self) -> list[str]:
        return [request.operation for request in self.seen]


def error(status: int, code: str, request_id: str = "REQUESTID") -> Fault:
    """Return a fault that responds with this S3 error."""
    body = f"<Error><Code>{code}</Code><Message>about jane-doe-mrn</Message></Error>".encode()
    headers = {"x-amz-request-id": request_id, "Content-Type": "application/xml"}
    return _named(code, lambda _request: Response(status, headers, body))


def cut(at: int) -> Fault:
    """Return a fault that closes the connection after `at` bytes of the body."""
    return _named(f"cut at {at}", lambda request: replace(request.forward(), cut=at))


def with_headers(**headers: str | None) -> Fault:
    """Return a fault that replaces headers of the response, or removes those that are None."""
    name = " ".join(f"{header.removeprefix('x_amz_')}={value}" for header, value in headers.items())
    return _named(name, lambda request: request.forward().with_headers(**headers))


def _named(name: str, fault: Fault) -> Fault:
    """Set the name that pytest shows in the IDs of parametrized tests."""
    fault.__name__ = name
    return fault


def corrupt_last_bit(request: Request) -> Response:
    """Flip the last bit of the body. A fault."""
    response = request.forward()
    return replace(response, body=response.body[:-1] + bytes([response.body[-1] ^ 1]))


def other_kms_key(request: Request) -> Response:
    """Name another KMS key in the response. A fault."""
    return request.forward().with_headers(x_amz_server_side_encryption_aws_kms_key_id=OTHER_ARN)


@contextmanager
def start_proxy(upstream: str) -> Iterator[Proxy]:
    """Run a proxy in front of `upstream` until the block ends."""
    proxy = Proxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            with suppress(ConnectionError):
                super().handle_one_request()

        def handle_request(self) -> None:
            query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
            request = Request(
                self.command,
                urlsplit(self.path).path,
                {name: values[0] for name, values in query.items()},
                {
                    name.lower() if name.lower().startswith("x-amz") else name: value
                    for name, value in self.headers.items()
                },
                self.rfile.read(int(self.headers.get("Content-Length", 0))),
                upstream,
                self.path,
            )
            proxy.seen.append(request)
            faulty = (response for fault in list(proxy.faults) if (response := fault(request)))
            self.send(next(faulty, None) or request.forward())

        def send(self, response: Response) -> None:
            self.send_response_only(response.status)
            headers = {
                name: value
                for name, value in response.headers.items()
                if name.lower() not in ("connection", "transfer-encoding")
            }
            if "content-length" not in {name.lower() for name in headers}:
                headers["Content-Length"] = str(len(response.body))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body[: response.cut])
            if response.cut is not None:
                self.wfile.flush()
                if response.until:
                    response.until.wait(60)
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_request  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """Ignore clients that disconnect, which some tests provoke."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        proxy.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
