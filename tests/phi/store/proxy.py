"""A proxy before the emulator, in which a test makes the network or S3 fail."""

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
class Answer:
    """cut: so many bytes of the body are sent, then, once `until` is set, the connection is closed."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: int | None = None
    until: threading.Event | None = None

    def saying(self, **headers: str | None) -> Answer:
        """With these headers in the place of those there are; None for without."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in named}
        return replace(self, headers=kept | {name: value for name, value in named.items() if value is not None})


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    upstream: str

    @property
    def operation(self) -> str:
        """S3's name of it, as far as the store uses them."""
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
        if self.method == "DELETE" and "uploadId" in self.query:
            return "AbortMultipartUpload"
        return {"GET": "GetObject", "HEAD": "HeadObject", "DELETE": "DeleteObject"}[self.method]

    def forward(self) -> Answer:
        connection = http.client.HTTPConnection(urlsplit(self.upstream).netloc, timeout=60)
        try:
            connection.request(self.method, self.target, self.body, self.headers)
            got = connection.getresponse()
            return Answer(got.status, dict(got.getheaders()), got.read())
        finally:
            connection.close()

    @property
    def target(self) -> str:
        return self._target

    _target: str = field(default="", repr=False)


Fault = Callable[[Request], Answer | None]


@dataclass
class Proxy:
    """faults: the first that gives an answer is the one that is sent; else the emulator's is."""

    upstream: str
    address: str = ""
    faults: list[Fault] = field(default_factory=list)
    seen: list[Request] = field(default_factory=list)

    def on(self, operation: str, fault: Fault, times: int = 1 << 30, after: int = 0) -> None:
        """Has the fault at so many of the operation's requests, after so many without."""
        counted = iter(range(1 << 30))

        def once(request: Request) -> Answer | None:
            if request.operation != operation:
                return None
            return fault(request) if after <= next(counted) < after + times else None

        self.faults.append(once)

    @property
    def operations(self) -> list[str]:
        return [each.operation for each in self.seen]


def error(status: int, code: str, request_id: str = "REQUESTID") -> Fault:
    """S3's answer of this code."""
    body = f"<Error><Code>{code}</Code><Message>about jane-doe-mrn</Message></Error>".encode()
    return lambda _request: Answer(status, {"x-amz-request-id": request_id, "Content-Type": "application/xml"}, body)


def cut(at: int) -> Fault:
    return lambda request: replace(request.forward(), cut=at)


def saying(**headers: str | None) -> Fault:
    return lambda request: request.forward().saying(**headers)


def spoiled(request: Request) -> Answer:
    """The content with its last bit changed."""
    answer = request.forward()
    return replace(answer, body=answer.body[:-1] + bytes([answer.body[-1] ^ 1]))


def answer_of_other_key(request: Request) -> Answer:
    return request.forward().saying(x_amz_server_side_encryption_aws_kms_key_id=OTHER_ARN)


@contextmanager
def proxying(upstream: str) -> Iterator[Proxy]:
    proxy = Proxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request(self) -> None:
            with suppress(ConnectionError):
                super().handle_one_request()

        def answer(self) -> None:
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
            found = next((told for fault in list(proxy.faults) if (told := fault(request))), None) or request.forward()
            self.send(found)

        def send(self, found: Answer) -> None:
            self.send_response_only(found.status)
            headers = {n: v for n, v in found.headers.items() if n.lower() not in ("connection", "transfer-encoding")}
            if "content-length" not in {name.lower() for name in headers}:
                headers["Content-Length"] = str(len(found.body))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body[: found.cut])
            if found.cut is not None:
                self.wfile.flush()
                if found.until:
                    found.until.wait(60)
                self.close_connection = True

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815

        def log_message(self, *_args: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_args: Any) -> None:
            """A client that went away is what some tests are about."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        proxy.address = f"http://127.0.0.1:{server.server_port}"
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
