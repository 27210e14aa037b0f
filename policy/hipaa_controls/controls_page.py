"""The catalogue as a Markdown page: `make docs` writes it to docs/controls.md."""

from __future__ import annotations

import re

from hipaa_controls.catalogue import CONTROLS
from hipaa_controls.model.control import EVERY_DATA_CLASS, Control, Option, Paragraph, Stage, value_text


def markdown() -> str:
    """Return the page: an overview table, then a section for each control."""
    overview = "\n".join(map(_overview_row, CONTROLS))
    sections = "\n".join(map(_section, CONTROLS))
    return f"""# Controls

`make docs` generates this page from the catalogue. Don't edit it.

- **Severity**: controls of low severity are advisory. All others are mandatory.
- **Stages**: at *preview* the pack checks the program, and *live* the audit checks the account.
- **Data classes**: a control with this line checks only buckets and queues of these data classes. The tag that
  `s3-data-class-tag` requires gives the data class: S3AccessLog is `access-log`, and CloudTrailLog is `trail-log`.
- **Paragraphs** are from 45 CFR 164: each is required or addressable. † marks our own mapping or accepted practice, as
  opposed to a published mapping.
- **Options** are set in the pack's config. Each control also accepts `enforcementLevel`, `unverifiedLevel` (`mandatory`
  or `advisory`) and `exemptions`.

The pack has three more policies. `pack-config` fails if the config or an exemption is invalid, or if two sources of the
stack's own account disagree; its option `account` is one source. `pack-notice` reports everything that the config
relaxes or exempts, the data classes other than PHI, and the resources that aren't judged. With its option
`notJudged` set to `mandatory`, `pack-coverage` fails for each of those.

| control | title | severity | stages |
|---|---|---|---|
{overview}

{sections}"""


def _overview_row(control: Control) -> str:
    title = _escape(control.title)
    return f"| [`{control.id}`](#{control.id}) | {title} | {control.severity.value} | {_stages(control)} |"


def _section(control: Control) -> str:
    details = {
        "Required": _escape(control.requirement_text(control.defaults)),
        "Fix": f"`{control.remediation}`",
        "Paragraphs": ", ".join(map(_paragraph, control.paragraphs)) or "none: good practice",
        "Data classes": _data_classes(control),
        "Severity": control.severity.value,
        "Stages": _stages(control),
    }
    options = "\n- **Options**:" + "".join(map(_option, control.options)) if control.options else ""
    details_list = "\n".join(f"- **{name}**: {value}" for name, value in details.items() if value)
    return f"""## {control.id}

**{_escape(control.title)}.** {_escape(control.statement)}

{_escape(control.rationale)}

{details_list}{options}
"""


def _escape(text: str) -> str:
    """Return text in which `*` and `|` are escaped for Markdown."""
    return re.sub(r"([*|])", r"\\\1", text)


def _stages(control: Control) -> str:
    return ", ".join(stage.value for stage in Stage if stage in control.stages)


def _paragraph(paragraph: Paragraph) -> str:
    return f"{paragraph} ({paragraph.specification.value})"


def _data_classes(control: Control) -> str:
    if control.data_classes == EVERY_DATA_CLASS:
        return "all"
    return ", ".join(sorted(data_class.value for data_class in control.data_classes))


def _option(option: Option) -> str:
    return f"\n  - `{option.name}`: {option.description} Default: {value_text(option.default)}."


if __name__ == "__main__":
    print(markdown(), end="")
