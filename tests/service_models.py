"""AWS's service models, shared by the boto3 sessions of tests."""

from __future__ import annotations

from typing import Any

import botocore.loaders
import pytest

_models: dict[Any, Any] = {}


def share_service_models(patch: pytest.MonkeyPatch) -> None:
    """Let all boto3 sessions share what they read; by default, each session parses the models again.

    boto3 changes the models that it reads, so only the tests that a fixture selects share them.
    """

    def create_loader(search_path: str | None = None) -> botocore.loaders.Loader:
        loader = botocore.loaders.create_loader(search_path)
        loader._cache = _models
        return loader

    patch.setattr("botocore.session.create_loader", create_loader)
