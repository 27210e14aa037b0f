"""The pack's config file, as the audit takes it: the same options, levels and accepted risks as at preview."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hipaa.catalogue import LIVE_CONTROLS
from hipaa.model.control_config import ControlConfig, load_config
from hipaa.model.data_class import DataClassTag
from phi.errors import ConfigurationError

LEVELS = ("advisory", "disabled", "mandatory", "remediate")  # CrossGuard's, of which the last is as mandatory


@dataclass(frozen=True)
class Config:
    """terms: of each control that is judged, by its id; advisory: those that fail nothing; disabled: left out."""

    terms: Mapping[str, ControlConfig]
    advisory: frozenset[str]
    disabled: tuple[str, ...]

    @property
    def data_class(self) -> DataClassTag:
        told = self.terms.get("s3-data-class-tag")
        return DataClassTag.from_options(told.options) if told else DataClassTag()

    @property
    def faults(self) -> tuple[str, ...]:
        return tuple(fault for each in self.terms.values() for fault in each.errors)


def load(path: Path | None, today: date) -> Config:
    """The file that `--policy-pack-config` takes; without one the pack's own defaults.

    Raises ConfigurationError for a file that is no such config. What is wrong within a control is a fault, as in the
    pack: it is told with the findings, and the default holds.
    """
    return parse(_read(path) if path else {}, today)


def parse(given: Mapping[str, Any], today: date) -> Config:
    everything = _level(given.get("all"))
    judged: dict[str, ControlConfig] = {}
    advisory: set[str] = set()
    disabled: list[str] = []
    for control in LIVE_CONTROLS:
        told = given.get(control.id)
        level = _level(told) or everything or ("advisory" if control.severity.value == "low" else "mandatory")
        if level == "disabled":
            disabled.append(control.id)
            continue
        if level == "advisory":
            advisory.add(control.id)
        options = dict(told) if isinstance(told, Mapping) else {}
        options.pop("enforcementLevel", None)
        judged[control.id] = load_config(control, options, today)
    return Config(judged, frozenset(advisory), tuple(disabled))


def _level(told: Any) -> str | None:
    level = told.get("enforcementLevel") if isinstance(told, Mapping) else told
    return level if level in LEVELS else None


def _read(path: Path) -> Mapping[str, Any]:
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} can't be read as JSON: {type(error).__name__}") from None
    if not isinstance(given, dict):
        raise ConfigurationError(f"{path} holds no object: it must be {{CONTROL: {{OPTION: VALUE}}}}")
    known = {control.id for control in LIVE_CONTROLS}
    faults = [
        f"{name}: {'no level: ' + ', '.join(LEVELS) if isinstance(told, str) else 'neither a level nor an object'}"
        for name, told in given.items()
        if name in known and not (isinstance(told, Mapping) or _level(told))
    ]
    if faults:
        raise ConfigurationError(f"{path} can't be used: {'; '.join(faults)}")
    return given
