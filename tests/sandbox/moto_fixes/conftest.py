from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from sandbox import moto_fixes


@pytest.fixture
def fix(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Mends moto, for one test."""

    def apply() -> None:
        for owner, name, method in moto_fixes.FIXES:
            monkeypatch.setattr(owner, name, method, raising=False)

    return apply


@pytest.fixture
def both(fix, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], tuple[Any, Any]]:
    """What is answered by moto as it is, where it fails its error, and by moto mended."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")

    def ask(question: Callable[[], Any]) -> tuple[Any, Any]:
        with mock_aws():
            try:
                as_moto_has_it = question()
            except ClientError as error:
                as_moto_has_it = error.response["Error"]["Code"]
            except (NotImplementedError, AttributeError) as error:
                as_moto_has_it = type(error)
        fix()
        with mock_aws():
            return as_moto_has_it, question()

    return ask
