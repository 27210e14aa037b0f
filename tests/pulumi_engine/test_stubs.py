"""What the built engine lacks: it says so, and what to use instead."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pulumi_engine.engine import Engine, cache_folder

USER = {"githubLogin": "someone", "name": "Someone", "email": "someone@example.com", "organizations": []}
OPERATIONS = {"openapi": "3.0.3", "info": {"title": "Pulumi Cloud", "version": "1"}, "paths": {}}


class PulumiCloud(BaseHTTPRequestHandler):
    """A Pulumi Cloud that has one user, and describes its operations."""

    def do_GET(self) -> None:
        body = json.dumps(OPERATIONS if "openapi" in self.path else USER).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the test's output free of requests."""


@pytest.fixture
def pulumi_cloud() -> Iterator[str]:
    """The address of a Pulumi Cloud."""
    with HTTPServer(("127.0.0.1", 0), PulumiCloud) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_pulumi_api_says_that_it_is_not_built_in(engine: Engine, pulumi_cloud: str, tmp_path: Path) -> None:
    if cache_folder() not in engine.bin.parents:
        pytest.skip("the installed Pulumi is used, which has everything")
    settings = {
        "PULUMI_HOME": str(tmp_path),
        "PULUMI_BACKEND_URL": pulumi_cloud,
        "PULUMI_ACCESS_TOKEN": "a-token",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "NO_PROXY": "127.0.0.1",
    }
    command = [engine.bin / "pulumi", "api", "list"]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, check=False, timeout=60)
    output = done.stdout + done.stderr
    assert done.returncode != 0
    assert "this pulumi is built without the OpenAPI parser that `pulumi api` needs" in output
    assert "https://www.pulumi.com/docs/install/" in output
    assert "panic" not in output
