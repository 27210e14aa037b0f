"""The configuration of one control: the values of its options, and its exemptions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from hipaa_controls.model.control import Control, value_text
from hipaa_controls.model.exemption import Exemption, load_exemptions
from hipaa_controls.model.nearest import nearest_hint
from hipaa_controls.model.verdict import Status, Verdict

UNVERIFIED_LEVELS = ("mandatory", "advisory")


@dataclass(frozen=True)
class ControlConfig:
    """The configuration of one control.

    Attributes:
        options: The value of each option, by name.
        exemptions: The exemptions that are in force today.
        errors: What is wrong with the configuration.
        allows_unverified: Whether an unverified finding doesn't block.
        relaxations: The ways in which the configuration is weaker than the default.
    """

    control: Control
    options: Mapping[str, Any]
    exemptions: tuple[Exemption, ...] = ()
    errors: tuple[str, ...] = ()
    allows_unverified: bool = False
    relaxations: tuple[str, ...] = ()

    def exemption_for(self, verdict: Verdict) -> Exemption | None:
        return next((exemption for exemption in self.exemptions if exemption.covers(verdict)), None)

    def blocks(self, verdict: Verdict) -> bool:
        """Return whether a verdict is a violation."""
        allowed = self.allows_unverified and verdict.status is Status.UNVERIFIED
        return verdict.blocks_by_default and not allowed and self.exemption_for(verdict) is None


def load_config(control: Control, config: Mapping[str, Any] | None, today: date) -> ControlConfig:
    """Return a control's configuration from the pack's config.

    A value that can't be used is reported in `errors`, and the option keeps its default.

    Args:
        control: The control.
        config: The control's entry in the pack's config: options, `unverifiedLevel` and `exemptions`.
        today: The day on which exemptions must be in force.
    """
    entries = config or {}
    exemptions, errors = load_exemptions(control.id, entries.get("exemptions", []), today)
    allows_unverified = entries.get("unverifiedLevel") == "advisory"
    options = dict(control.defaults)
    relaxations = ["unverified findings don't block"] if allows_unverified else []
    for option in control.options:
        if option.name not in entries or not option.accepts(value := _whole_number(entries[option.name])):
            continue
        options[option.name] = value
        if option.is_weaker(value):
            relaxations.append(f"{option.name} is {value_text(value)}")
    errors += option_errors(control, entries)
    return ControlConfig(control, options, tuple(exemptions), tuple(errors), allows_unverified, tuple(relaxations))


def option_errors(control: Control, config: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with the options in a control's entry, but not with its exemptions."""
    errors = [
        f"{control.id}: the value of {option.name} can't be used: {option.description}"
        for option in control.options
        if option.name in config and not option.accepts(_whole_number(config[option.name]))
    ]
    level = config.get("unverifiedLevel", "mandatory")
    if level not in UNVERIFIED_LEVELS:
        hint = nearest_hint(level, UNVERIFIED_LEVELS)
        errors.append(f"{control.id}: unknown unverifiedLevel{hint}; write {' or '.join(UNVERIFIED_LEVELS)}")
    names = [*(option.name for option in control.options), "unverifiedLevel", "exemptions"]
    return errors + unknown_option_errors(control.id, config, names)


def unknown_option_errors(policy: str, config: Iterable[str], names: Sequence[str]) -> list[str]:
    """Return an error for each option in a policy's entry that has none of these names."""
    fix = f"rename or remove it; the options are {', '.join(names)}" if names else "remove it: there are no options"
    return [f"{policy}: unknown option{nearest_hint(name, names)}; {fix}" for name in config if name not in names]


def _whole_number(value: Any) -> Any:
    """Return the value of an option, with a number as an int: the engine passes each number as a float."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
