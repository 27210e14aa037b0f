"""What of the stack's settings decides its cost, from the project's own file of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from phi.errors import ConfigurationError
from phi.stack.settings import Settings, SettingsError
from phi.stack.settings import load_settings as settings_of
from phi.yaml_files import read_yaml

DEFAULT_SETTINGS = Settings(environment="prod", region="us-east-1", replica_region="us-west-2")
"""As Pulumi.prod.yaml has it, for who names no file."""


def load_settings(path: Path) -> Settings:
    """The settings of a file such as Pulumi.prod.yaml, by the program's own rules.

    Raises ConfigurationError with every fault.
    """
    content = read_yaml(path)
    values = content.get("config") if isinstance(content, dict) else None
    if not isinstance(values, dict):
        raise ConfigurationError(f"{path} has no config: it is no settings file of a stack, such as Pulumi.prod.yaml")
    try:
        return settings_of({str(name): _text(value) for name, value in values.items()})
    except SettingsError as error:
        raise ConfigurationError(f"{path}: {error}") from None


def _text(value: Any) -> str:
    """As Pulumi hands a setting to the program."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
