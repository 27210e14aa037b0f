"""On what terms a control is judged: its options, and the risks that are accepted, as the config says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from hipaa.controls import Control
from hipaa.exemptions import Exemption, read
from hipaa.verdicts import Status, Verdict


@dataclass(frozen=True)
class Terms:
    """A control's config: its options, the exemptions that hold today, and what is wrong or looser than it would be."""

    control: Control
    options: Mapping[str, Any]
    exemptions: tuple[Exemption, ...] = ()
    faults: tuple[str, ...] = ()
    relaxed: bool = False
    loosened: tuple[str, ...] = ()

    def exemption(self, verdict: Verdict) -> Exemption | None:
        return next((each for each in self.exemptions if each.covers(verdict)), None)

    def blocks(self, verdict: Verdict) -> bool:
        """Whether a verdict is a violation."""
        allowed = self.relaxed and verdict.status is Status.UNVERIFIED
        return verdict.wrong and not allowed and self.exemption(verdict) is None


def terms(control: Control, config: Mapping[str, Any] | None, today: date) -> Terms:
    """What the pack's config says of a control. A value that can't be used is a fault, and the default holds."""
    given = dict(config or {})
    exemptions, faults = read(control.id, given.pop("exemptions", []), today)
    relaxed = given.pop("unverified", "mandatory") == "advisory"
    options = dict(control.defaults)
    loosened = ["what isn't known doesn't fail"] if relaxed else []
    for option in control.options:
        if option.name not in given:
            continue
        value = given.pop(option.name)
        value = int(value) if isinstance(value, float) and value == int(value) else value
        if not option.takes(value):
            faults.append(f"{control.id}: {option.name} can't be used: {option.meaning}")
            continue
        options[option.name] = value
        if option.looser(value):
            shown = ", ".join(value) if isinstance(value, list | tuple) else value
            loosened.append(f"{option.name} is {shown}")
    faults += [f"{control.id}: there is no option of one of the names given" for _ in given]
    return Terms(control, options, tuple(exemptions), tuple(faults), relaxed, tuple(loosened))
