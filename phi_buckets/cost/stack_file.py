"""The stack's settings, as far as they affect the cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from phi_buckets.errors import ConfigurationError
from phi_buckets.stack import settings
from phi_buckets.stack.settings import Settings, SettingsError
from phi_buckets.yaml_files import read_yaml

DEFAULT_SETTINGS = Settings(
    environment="prod",
    region="us-east-1",
    replica_region="us-west-2",
    account_security_services=settings.REQUIRED_SECURITY_SERVICES,
)
"""The settings in Pulumi.prod.yaml, used if no file is given."""


def load_settings(path: Path) -> Settings:
    """Return the settings in a stack's settings file, such as Pulumi.prod.yaml, by the same rules as the program.

    Raises:
        ConfigurationError: Lists every problem.
    """
    content = read_yaml(path)
    config = content.get("config") if isinstance(content, dict) else None
    if not isinstance(config, dict):
        raise ConfigurationError(f"{path} has no config section: it is not a stack's settings file")
    try:
        return settings.load_settings({str(name): _as_pulumi_text(value) for name, value in config.items()})
    except SettingsError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _as_pulumi_text(value: Any) -> str:
    """Return a value in the form in which Pulumi passes it to the program."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
