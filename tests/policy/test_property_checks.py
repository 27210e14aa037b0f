"""Checks of one property: correct, wrong, absent and unknown values, and no value of a program in a finding."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hipaa_controls.model.property_checks import all_true, at_least, is_set, is_true, negated, one_of, require_all
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Flag, Number, Text, Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified

UNKNOWN = Unknown("thing.property")


@dataclass(frozen=True)
class Thing:
    status: Text = None
    first: Flag = None
    second: Flag = None
    days: Number = None


def check(function, thing: Thing, **options: int) -> Finding:
    return function(thing, RuleContext(Stack(()), options))


STATUS = one_of("status", ("Enabled",), "versioning", other_values=("Suspended",))


@pytest.mark.parametrize(
    ("status", "finding"),
    [
        ("Enabled", passed("versioning is Enabled")),
        ("Suspended", failed("versioning is Suspended")),
        ("hunter2", failed("versioning is not one of Enabled, Suspended")),
        ("", failed("versioning is not set")),
        (None, failed("versioning is not set")),
        (UNKNOWN, unverified(UNKNOWN)),
    ],
)
def test_one_of_shows_only_values_that_aws_defines(status, finding):
    assert check(STATUS, Thing(status)) == finding


BOTH = all_true({"first": "first is off", "second": "second is off"}, "both are on")


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        (True, True, passed("both are on")),
        (False, True, failed("first is off")),
        (True, None, failed("second is off")),
        (UNKNOWN, False, failed("second is off")),
        (UNKNOWN, True, unverified(UNKNOWN)),
    ],
)
def test_all_true_prefers_a_certain_failure_to_an_unknown_flag(first, second, finding):
    assert check(BOTH, Thing(first=first, second=second)) == finding


@pytest.mark.parametrize(("flag", "status"), [(True, Status.PASS), (False, Status.FAIL), (None, Status.FAIL)])
def test_is_true_fails_for_an_absent_flag(flag, status):
    assert check(is_true("first", if_true="on", if_false="off"), Thing(first=flag)).status is status


@pytest.mark.parametrize(
    ("value", "finding"),
    [("x", passed("set")), ("", failed("missing")), (None, failed("missing")), (UNKNOWN, unverified(UNKNOWN))],
)
def test_is_set_fails_for_an_empty_value(value, finding):
    assert check(is_set("status", if_set="set", if_missing="missing"), Thing(value)) == finding


@pytest.mark.parametrize(
    ("days", "finding"),
    [
        (30, passed("30 days")),
        (29, failed("29 days")),
        (None, passed("30 days")),
        (30.5, passed("30.5 days")),
        (UNKNOWN, unverified(UNKNOWN)),
    ],
)
def test_at_least_compares_with_the_option_and_uses_the_default(days, finding):
    assert check(at_least("days", "limit", "{value} days", default=30), Thing(days=days), limit=30) == finding


@pytest.mark.parametrize(("flag", "opposite"), [(True, False), (False, True), (None, False), (UNKNOWN, UNKNOWN)])
def test_negated_does_not_assume_that_an_unreported_flag_is_off(flag, opposite):
    assert negated(flag) == opposite


def test_require_all_names_every_unknown_flag():
    other = Unknown("thing.other")
    assert require_all([(UNKNOWN, "a"), (other, "b")], "both") == unverified(UNKNOWN, other)
