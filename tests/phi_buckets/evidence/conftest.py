"""A real browser, offline: Debian's Chromium, headless."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.levels import unavailable


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium, by one of the names that its packages give it. .ci/run looks for the same names."""
    paths = filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome")))
    path = next(paths, None) or unavailable("Chromium isn't on PATH: apt-get install chromium")
    # As root, such as in a container, Chromium only starts without its sandbox.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
