"""What the built engine lacks: it says so, and what to use instead."""

from __future__ import annotations

import os
import subprocess
import uuid
from pathlib import Path

import pytest

from pulumi_engine.engine import Engine, cache_folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A PULUMI_HOME that has the list of Pulumi Cloud's operations already, so that no network is needed."""
    host = f"{uuid.uuid4()}.invalid"
    cached = tmp_path / "cloud-api-cache" / host / "spec.json"
    cached.parent.mkdir(parents=True)
    cached.write_text('{"openapi": "3.0.3", "info": {"title": "Pulumi", "version": "1"}, "paths": {}}')
    return tmp_path


def test_pulumi_api_says_that_it_is_not_built_in(engine: Engine, home: Path) -> None:
    if cache_folder() not in engine.bin.parents:
        pytest.skip("the installed Pulumi is used, which has everything")
    (host,) = (folder.name for folder in (home / "cloud-api-cache").iterdir())
    done = subprocess.run(
        [engine.bin / "pulumi", "api", "list"],
        env=os.environ
        | {
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"https://{host}",
            "PULUMI_ACCESS_TOKEN": "pul-none",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "this pulumi is built without the OpenAPI parser that `pulumi api` needs" in done.stdout + done.stderr
    assert "https://www.pulumi.com/docs/install/" in done.stdout + done.stderr
    assert "panic" not in done.stdout + done.stderr
