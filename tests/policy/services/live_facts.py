"""Helpers for the tests of controls that check one fact of a live account."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from hipaa_controls.catalogue import CONTROLS, judge
from hipaa_controls.model.control import Control
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Status, Verdict

STACK_RESOURCE = "the organization"
UNREAD = Unknown("arn", reason="couldn't be read: x:Get ended in AccessDenied")


def control_by_id(control_id: str) -> Control:
    return next(control for control in CONTROLS if control.id == control_id)


def verdicts_for(control_id: str, *facts: Fact) -> list[Verdict]:
    return judge(control_by_id(control_id), RuleContext(Stack(facts, STACK_RESOURCE), {}))


def status_for(control_id: str, *facts: Fact) -> Status:
    [verdict] = verdicts_for(control_id, *facts)
    return verdict.status


def assert_flag_is_required(control_id: str, compliant: Any, flag: str) -> None:
    """Assert that a compliant fact fails with the flag inverted or missing, and is unverified with it unread."""
    assert status_for(control_id, compliant) is Status.PASS
    assert status_for(control_id, replace(compliant, **{flag: not getattr(compliant, flag)})) is Status.FAIL
    assert status_for(control_id, replace(compliant, **{flag: None})) is Status.FAIL, "a missing value isn't assumed"
    assert status_for(control_id, replace(compliant, **{flag: UNREAD})) is Status.UNVERIFIED


def assert_failure_outranks_unread_flags(control_id: str, compliant: Any, flag: str, flags: Iterable[str]) -> None:
    """Assert that one inverted flag fails although every other flag is unread."""
    unread = replace(compliant, **dict.fromkeys(flags, UNREAD))
    assert status_for(control_id, unread) is Status.UNVERIFIED
    assert status_for(control_id, replace(unread, **{flag: not getattr(compliant, flag)})) is Status.FAIL
