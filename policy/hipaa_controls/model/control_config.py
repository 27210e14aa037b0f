"""The configuration of one control: the values of its options, and its exemptions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hipaa_controls.model.control import Control, value_text
from hipaa_controls.model.exemption import Exemption, load_exemptions
from hipaa_controls.model.verdict import Status, Verdict


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
    entries = dict(config or {})
    exemptions, errors = load_exemptions(control.id, entries.pop("exemptions", []), today)
    allows_unverified = entries.pop("unverifiedLevel", "mandatory") == "advisory"
    options = dict(control.defaults)
    relaxations = ["unverified findings don't block"] if allows_unverified else []
    for option in control.options:
        if option.name not in entries:
            continue
        value = entries.pop(option.name)
        value = int(value) if isinstance(value, float) and value == int(value) else value
        if not option.accepts(value):
            errors.append(f"{control.id}: the value of {option.name} can't be used: {option.description}")
            continue
        options[option.name] = value
        if option.is_weaker(value):
            relaxations.append(f"{option.name} is {value_text(value)}")
    # The names aren't shown, because a config may contain a secret by mistake.
    errors += [f"{control.id}: unknown option; the options are {_names(control)}" for _ in entries]
    return ControlConfig(control, options, tuple(exemptions), tuple(errors), allows_unverified, tuple(relaxations))


def _names(control: Control) -> str:
    return ", ".join([*(option.name for option in control.options), "unverifiedLevel", "exemptions"])
