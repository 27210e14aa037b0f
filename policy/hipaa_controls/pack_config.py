"""The entries of the pack's config, as both the pack and the audit check them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hipaa_controls.catalogue import CONTROLS
from hipaa_controls.model.control_config import option_errors, unknown_option_errors
from hipaa_controls.model.nearest import nearest_hint

LEVELS = ("advisory", "disabled", "mandatory", "remediate")
"""CrossGuard's enforcement levels. No policy of the pack remediates, so `remediate` counts as `mandatory`."""
ALL = "all"
"""The entry whose level is the default for each policy."""
NOT_JUDGED_LEVELS = ("advisory", "mandatory")
REPORTING_POLICIES: Mapping[str, dict[str, dict[str, Any]]] = {
    "pack-config": {
        "account": {
            "description": "The stack's own account, as a text of 12 digits, where no provider gives it in "
            "allowedAccountIds.",
            "type": "string",
            "pattern": "^[0-9]{12}$",
        }
    },
    "pack-notice": {
        "report": {"description": "The file to which every verdict is written, as JSON.", "type": "string"},
        "notJudged": {
            "description": "Whether a resource that isn't judged blocks (mandatory) or is only reported (advisory).",
            "type": "string",
            "enum": list(NOT_JUDGED_LEVELS),
            "default": "advisory",
        },
    },
    "pack-coverage": {},
}
"""The policies that report on the config and the run, with the JSON schema of each option."""
_CONTROLS = {control.id: control for control in CONTROLS}
NAMES = (*_CONTROLS, *REPORTING_POLICIES, ALL)


def entry_errors(name: str, options: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with an entry of the config, except with its level and its exemptions.

    Args:
        name: The entry's name: a control's ID, the name of a policy that reports, or `all`.
        options: Its options, without the enforcement level.
    """
    if name in _CONTROLS:
        return option_errors(_CONTROLS[name], options)
    if name in REPORTING_POLICIES:
        return unknown_option_errors(name, options, list(REPORTING_POLICIES[name]))
    if name == ALL:
        return [f"{ALL}: has options, but only its level is read: move them to a control"] if options else []
    hint = nearest_hint(name, NAMES)
    return [f"unknown control{hint}; rename or remove the entry, which has no effect; docs/controls.md has the names"]
