"""The policy pack's config file as the audit reads it: the same options, levels and exemptions as at preview."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.control_config import ControlConfig, load_config
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.nearest import nearest_hint
from hipaa_controls.pack_config import ALL, LEVELS, NAMES, NOT_JUDGED_LEVELS, entry_errors
from phi_buckets.errors import ConfigurationError


@dataclass(frozen=True)
class PackConfig:
    """The configuration of all live controls.

    Attributes:
        control_configs: The configuration of each enabled control, by control ID.
        advisory: The IDs of the controls whose findings don't fail the audit.
        disabled: The IDs of the controls that aren't evaluated.
        not_judged_level: Whether resources that aren't judged fail the audit: one of NOT_JUDGED_LEVELS.
        notice_errors: Errors in the entry of pack-notice.
    """

    control_configs: Mapping[str, ControlConfig]
    advisory: frozenset[str]
    disabled: tuple[str, ...]
    not_judged_level: str = "advisory"
    notice_errors: tuple[str, ...] = ()

    @property
    def data_class_tag(self) -> DataClassTag:
        control_config = self.control_configs.get("s3-data-class-tag")
        return DataClassTag.from_options(control_config.options) if control_config else DataClassTag()

    @property
    def errors(self) -> tuple[str, ...]:
        control_errors = (error for control_config in self.control_configs.values() for error in control_config.errors)
        return (*control_errors, *self.notice_errors)


def load(path: Path | None, today: date) -> PackConfig:
    """Return the configuration in a file for `--policy-pack-config`; without a file, the pack's defaults.

    An invalid exemption covers nothing, as in the pack, and `PackConfig.errors` reports it.

    Raises:
        ConfigurationError: The file can't be read, or an entry's name, options or enforcement level are invalid. The
            message has all errors of the file.
    """
    content = _read(path) if path else {}
    config = parse(content, today)
    errors = [error for name, entry in content.items() for error in _entry_errors(name, entry)]
    if errors or config.notice_errors:
        all_errors = dict.fromkeys([*errors, *config.errors])
        lines = [f"{path} is not a valid policy pack config:", *(f"  - {error}" for error in all_errors)]
        raise ConfigurationError("\n".join(lines))
    return config


def parse(content: Mapping[str, Any], today: date) -> PackConfig:
    """Return the configuration in the content of a config file.

    Args:
        content: The options or the enforcement level of each control, by control ID; `all` is the default level.
        today: The day on which exemptions must not have expired.
    """
    default_level = _level(content.get(ALL))
    control_configs: dict[str, ControlConfig] = {}
    advisory: set[str] = set()
    disabled: list[str] = []
    for control in LIVE_CONTROLS:
        entry = content.get(control.id)
        level = _level(entry) or default_level or ("advisory" if control.severity.value == "low" else "mandatory")
        if level == "disabled":
            disabled.append(control.id)
            continue
        if level == "advisory":
            advisory.add(control.id)
        control_configs[control.id] = load_config(control, _options(entry), today)
    not_judged_level, notice_errors = _not_judged_level(content.get("pack-notice"))
    return PackConfig(control_configs, frozenset(advisory), tuple(disabled), not_judged_level, notice_errors)


def _not_judged_level(notice: Any) -> tuple[str, tuple[str, ...]]:
    """Return the level in the entry of pack-notice, and errors. An invalid level fails the audit as an error."""
    level = notice.get("notJudged", "advisory") if isinstance(notice, Mapping) else "advisory"
    if level in NOT_JUDGED_LEVELS:
        return level, ()
    return "advisory", (f"pack-notice: the value of notJudged can't be used: {' or '.join(NOT_JUDGED_LEVELS)}",)


def _level(entry: Any) -> str | None:
    level = entry.get("enforcementLevel") if isinstance(entry, Mapping) else entry
    return level if level in LEVELS else None


def _options(entry: Any) -> dict[str, Any]:
    """Return an entry without its level."""
    options = dict(entry) if isinstance(entry, Mapping) else {}
    options.pop("enforcementLevel", None)
    return options


def _entry_errors(name: str, entry: Any) -> list[str]:
    """Return what is wrong with an entry, except with its exemptions. Unknown names and levels aren't repeated."""
    if name == "environments":
        # https://www.pulumi.com/docs/esc/environments/syntax/reserved-properties/policy-config/
        return ["environments: the audit can't read Pulumi ESC: copy their policyConfig into the file, and remove them"]
    errors = entry_errors(name, _options(entry))
    return errors + _level_errors(name, entry) if name in NAMES else errors


def _level_errors(name: str, entry: Any) -> list[str]:
    if not isinstance(entry, Mapping | str):
        return [f"{name}: must be an enforcement level or an object"]
    level = entry.get("enforcementLevel", "mandatory") if isinstance(entry, Mapping) else entry
    if level in LEVELS:
        return []
    return [f"{name}: unknown enforcement level{nearest_hint(level, LEVELS)}; write one of {', '.join(LEVELS)}"]


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique_names)
    except OSError as error:
        problem = f"can't read {path} ({type(error).__name__}): check that the file exists and may be read"
        raise ConfigurationError(problem) from None
    except (ValueError, RecursionError) as error:
        line = f": fix line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ConfigurationError(f"can't read {path} as JSON{line}") from None
    if not isinstance(content, dict):
        raise ConfigurationError(f"{path} is not a JSON object: it must have the form {{CONTROL: {{OPTION: VALUE}}}}")
    return content


def _unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object. Of two entries for a control, the first would be ignored, with the options that it sets."""
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ConfigurationError(
            "the policy pack config has a name twice in an object, and only the last would count: join the two"
        )
    return content
