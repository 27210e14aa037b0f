"""YAML files that are validated against a pydantic model."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from phi_buckets.errors import ConfigurationError
from phi_buckets.validation_errors import format_validation_error

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """Return the content of a YAML file. Raises ConfigurationError if it can't be read or isn't valid YAML."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: not UTF-8, or an impossible date
        raise ConfigurationError(
            f"{path} can't be read as YAML ({type(error).__name__}): check that it exists and is valid"
        ) from None


def to_model(model: type[Model], content: Any, source: str) -> Model:
    """Return the content as an instance of the model.

    Args:
        model: The model to validate against.
        content: The parsed YAML.
        source: The name of the content's origin, for the error message.

    Raises:
        ConfigurationError: The content doesn't fit the model. The message lists every problem.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise ConfigurationError(f"{source} can't be used: {format_validation_error(error)}") from None
