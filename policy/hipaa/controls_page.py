"""The catalogue as a page: `make docs` writes it to docs/controls.md."""

from __future__ import annotations

from hipaa.catalogue import CONTROLS
from hipaa.model.control import Control, Severity, Stage


def markdown() -> str:
    """A table of every control, and the options that the pack's config may set."""
    rows = "\n".join(map(_row, CONTROLS))
    options = "\n".join(
        f"| `{control.id}` | `{option.name}` | {option.description} | {_default(option.default)} |"
        for control in CONTROLS
        for option in control.options
    )
    return f"""# The controls

Made by `make docs` from the catalogue. Paragraphs are of 45 CFR 164; R: required, A: addressable, †: our own mapping or
accepted practice. L is advisory, all others are mandatory.

| control | what must hold | roles | paragraphs | severity | judged |
|---|---|---|---|---|---|
{rows}

Besides these the pack has `pack-config`, which fails for a config or an exemption that isn't in order, and
`pack-notice`, which tells what the config lets through.

## Options

Each control also takes `enforcementLevel`, `unverified` (`mandatory` or `advisory`) and `exemptions`.

| control | option | what it is | default |
|---|---|---|---|
{options}
"""


def _row(control: Control) -> str:
    roles = (
        "all"
        if len(control.data_classes) == 6
        else ", ".join(sorted(role.value for role in control.data_classes)) or "–"
    )
    paragraphs = ", ".join(
        f"{each.number} {each.specification.value[0].upper()}{'†' if each.own_mapping else ''}"
        for each in control.paragraphs
    )
    severity = {Severity.LOW: "L", Severity.MEDIUM: "M", Severity.HIGH: "H", Severity.CRITICAL: "C"}[control.severity]
    statement = control.statement.replace("|", "\\|")
    judged = ", ".join(each.value for each in Stage if each in control.stages)
    return f"| `{control.id}` | {statement} | {roles} | {paragraphs or 'none'} | {severity} | {judged} |"


def _default(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)


if __name__ == "__main__":
    print(markdown(), end="")
