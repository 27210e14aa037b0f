"""A YAML file as a model of it, or all that is wrong with it at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from phi.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)


def read_yaml(path: Path) -> Any:
    """What the file holds. Raises ConfigurationError where it can't be read or isn't YAML."""
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:  # ValueError: no UTF-8, or a date that there isn't
        raise ConfigurationError(f"{path} can't be read as YAML: {type(error).__name__}") from None


def to_model(kind: type[Model], content: Any, where: str) -> Model:
    """Raises ConfigurationError that names every fault of the content."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'it'}: {_told(each)}" for each in error.errors())
        raise ConfigurationError(f"{where} can't be used: {faults}") from None


def _told(fault: Any) -> str:
    known = {"extra_forbidden": "there is no such name", "missing": "is missing"}
    return known.get(fault["type"]) or str(fault["msg"]).removeprefix("Value error, ")
