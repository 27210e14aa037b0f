from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sandbox import moto_fixes
from tests.service_models import share_service_models


@pytest.fixture(autouse=True)
def _share_service_models(monkeypatch: pytest.MonkeyPatch) -> None:
    share_service_models(monkeypatch)


@pytest.fixture
def fix(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return a function that applies every fix to moto until the end of the test."""

    def apply() -> None:
        for owner, name, method in moto_fixes.FIXES:
            monkeypatch.setattr(owner, name, method, raising=False)

    return apply


@pytest.fixture
def in_both(fix, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], tuple[Any, Any]]:
    """Return a function that makes a call in moto and in fixed moto, and returns both results or moto's error."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def call_twice(call: Callable[[], Any]) -> tuple[Any, Any]:
        with mock_aws():
            try:
                in_moto = call()
            except ClientError as error:
                in_moto = error.response["Error"]["Code"]
            except (NotImplementedError, AttributeError) as error:
                in_moto = type(error)
        fix()
        with mock_aws():
            return in_moto, call()

    return call_twice
