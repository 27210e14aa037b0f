"""The Condition element: as AWS documents it, and MAYBE for what AWS doesn't document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hipaa_controls.evaluator import ANY, Match
from tests.policy.policy_builders import (
    DAY,
    EARLIER,
    LATER,
    MAYBE,
    NO,
    YES,
    match_condition,
    match_statement,
    request,
    statement,
)

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/one"

# operator, the policy's values, a value that matches, a value that doesn't
OPERATOR_CASES: list[tuple[str, Any, str, str]] = [
    ("StringEquals", "Ab*", "Ab*", "Abc"),
    ("StringEquals", ["x", "y"], "y", "z"),
    ("StringEquals", "Ab", "Ab", "ab"),
    ("StringEqualsIgnoreCase", "Ab", "aB", "b"),
    ("StringLike", "A?c*", "Abc/d:e", "abc"),
    ("NumericEquals", 10, "10.0", "10.1"),
    ("NumericEquals", "1e1", "10", "1"),
    ("NumericLessThan", "1.2", "1.1", "1.2"),
    ("NumericLessThan", 1.2, "1.1", "1.3"),
    ("NumericLessThanEquals", "10", "10", "11"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    ("NumericLessThan", "10", "9", "10"),
    ("DateEquals", DAY, "2024-02-01T01:00:00+01:00", LATER),
    ("DateEquals", "2024-02-01T00:00:00.5Z", "2024-02-01T00:00:00.50+00:00", DAY),
    ("DateEquals", "2024-02-01T00:00Z", DAY, LATER),
    ("DateEquals", "0", "1970-01-01T00:00Z", DAY),
    ("DateEquals", DAY, "1706745600", "1706745601"),
    ("DateLessThan", DAY, EARLIER, DAY),
    ("DateLessThanEquals", DAY, DAY, LATER),
    ("DateGreaterThan", DAY, LATER, DAY),
    ("DateGreaterThanEquals", "1706745600", DAY, EARLIER),
    ("Bool", "TRUE", "true", "false"),
    ("Bool", False, "false", "true"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "YmluYXJ5"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.255", "203.0.114.0"),
    ("IpAddress", "203.0.113.7", "203.0.113.7", "203.0.113.8"),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1", "2001:db8:1234:5679::1"),
    ("IpAddress", ["2001:db8::/32", "10.0.0.0/8"], "10.1.1.1", "11.1.1.1"),
    ("IpAddress", "0.0.0.0/0", "10.1.1.1", "2001:db8::1"),
    ("IpAddress", "2001::/16", "2001:db8::1", "10.1.1.1"),
    ("ArnLike", "arn:aws:cloudtrail:*:111122223333:trail/*", ARN, ARN.replace("1111", "2222")),
    ("ArnEquals", "arn:aws:cloudtrail:*:111122223333:trail/*", ARN, "arn:aws:cloudtrail:x:y:111122223333:trail/a"),
    ("ArnLike", "arn:aws:*:*:*:trail/*", "arn:aws:a:b:c:trail/d:e", "arn:aws:a:b:c:d:trail/e"),
    ("ArnLike", "arn:aws:s3:::phi/*", "arn:aws:s3:::phi/a:b/c", "arn:aws:s3:::Phi/a"),
]
NEGATIONS = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnLike": "ArnNotLike",
    "ArnEquals": "ArnNotEquals",
}


@pytest.mark.parametrize(("operator", "values", "matching", "other"), OPERATOR_CASES)
def test_operator_matches_only_matching_value(operator: str, values: Any, matching: str, other: str) -> None:
    several = ["arn:aws:other:::x", "10", *([values] if not isinstance(values, list) else values)]
    assert match_condition(operator, values, [matching]) is YES
    assert match_condition(operator, values, [other]) is NO
    assert match_condition(operator, values, None) is NO
    assert match_condition(operator, values, []) is NO
    assert match_condition(f"{operator}IfExists", values, [matching]) is YES
    assert match_condition(f"{operator}IfExists", values, [other]) is NO
    assert match_condition(f"{operator}IfExists", values, None) is YES
    if operator.startswith("String"):
        assert match_condition(operator, several, [matching]) is YES


@pytest.mark.parametrize(
    ("operator", "values", "matching", "other"), [row for row in OPERATOR_CASES if row[0] in NEGATIONS]
)
def test_negated_operator_matches_other_value_and_absent_key(
    operator: str, values: Any, matching: str, other: str
) -> None:
    negated = NEGATIONS[operator]
    assert match_condition(negated, values, [matching]) is NO
    assert match_condition(negated, values, [other]) is YES
    assert match_condition(negated, values, None) is YES
    assert match_condition(f"{negated}IfExists", values, None) is YES
    assert match_condition(f"{negated}IfExists", values, [matching]) is NO


@pytest.mark.parametrize("negated", sorted(NEGATIONS.values()))
def test_negated_operators_each_have_a_case(negated: str) -> None:
    assert any(NEGATIONS.get(row[0]) == negated for row in OPERATOR_CASES)


@pytest.mark.parametrize(
    ("values", "request_values", "expected"),
    [
        ("true", None, YES),
        ("true", ["x"], NO),
        ("false", None, NO),
        (False, ["x"], YES),
        ("FALSE", ["x"], YES),
        (["true", "false"], ["x"], YES),
        ("false", [""], MAYBE),  # AWS calls an empty string null elsewhere.
        ("false", [ANY], MAYBE),
        ("false", [f"x{ANY}"], YES),
    ],
)
def test_null_operator_tests_presence_of_key(values: Any, request_values: Any, expected: Match) -> None:
    assert match_condition("Null", values, request_values) is expected


@pytest.mark.parametrize(
    ("operator", "request_values", "expected"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], YES),
        ("ForAllValues:StringEquals", ["a", "c"], NO),
        ("ForAllValues:StringEquals", None, YES),
        ("ForAllValues:StringEquals", [], YES),
        ("ForAllValues:StringEquals", [""], YES),
        ("ForAllValues:StringEquals", [ANY], MAYBE),
        ("ForAllValues:StringEquals", ["c", ANY], NO),
        ("ForAllValues:StringEqualsIfExists", None, YES),
        ("ForAllValues:StringNotEquals", ["c", "d"], YES),
        ("ForAllValues:StringNotEquals", ["a", "c"], NO),
        ("ForAllValues:StringNotEquals", None, YES),
        ("ForAnyValue:StringEquals", ["a", "c"], YES),
        ("ForAnyValue:StringEquals", ["c", "d"], NO),
        ("ForAnyValue:StringEquals", None, NO),
        ("ForAnyValue:StringEquals", [""], NO),
        ("ForAnyValue:StringEqualsIfExists", ["a"], YES),
        ("ForAnyValue:StringEqualsIfExists", None, MAYBE),
        # Each value equals one of the policy's: it isn't enough that it differs from the other.
        ("ForAnyValue:StringNotEquals", ["a", "b"], NO),
        ("ForAnyValue:StringNotEquals", ["a", "c"], YES),
        ("ForAnyValue:StringNotEquals", None, NO),
        ("ForAnyValue:StringNotEquals", [f"c{ANY}"], YES),
        ("ForAnyValue:StringLike", [ANY], MAYBE),
        ("ForAllValues:Null", ["a"], MAYBE),
        ("StringEquals", ["a", "b"], YES),
        ("StringEquals", ["c", "d"], NO),
        # AWS requires a set operator, and doesn't document the result without one.
        ("StringEquals", ["a", "c"], MAYBE),
        ("StringNotEquals", ["a", "c"], MAYBE),
    ],
)
def test_operator_with_several_request_values(operator: str, request_values: Any, expected: Match) -> None:
    values = ["false"] if operator.endswith("Null") else ["a", "b"]
    assert match_condition(operator, values, request_values) is expected


def test_for_any_value_with_any_may_be_an_empty_string() -> None:
    assert match_condition("ForAnyValue:StringLike", "*", [ANY]) is MAYBE
    assert match_condition("ForAnyValue:StringLike", "*", [f"a{ANY}"]) is YES
    assert match_condition("ForAllValues:StringLike", "*", [ANY]) is YES


@pytest.mark.parametrize(
    ("operator", "values", "request_value"),
    [
        ("NumericLessThan", "1.2", "TLSv1"),
        ("NumericNotEquals", "1", "x"),
        ("NumericEquals", "1", f"1{ANY}"),
        ("DateLessThan", DAY, "yesterday"),
        ("DateLessThan", DAY, "2024-13-01T00:00:00Z"),
        ("DateEquals", "2024", "2024-01-01T00:00:00Z"),  # A year or epoch time.
        ("DateEquals", "2024", "2024"),
        ("DateEquals", "2024-02", "2024-02-01T00:00:00Z"),  # The day, time and time zone aren't given.
        ("DateLessThan", "2024-02-01", EARLIER),
        ("DateEquals", DAY, "2024-02-01"),
        ("DateEquals", DAY, "2024-02-01T00:00:00"),  # A W3C date with a time has a time zone.
        ("DateEquals", "2024-02-01T00:00:00.0000000Z", DAY),
        ("DateLessThan", "1e3", DAY),
        ("DateLessThan", "-1.5", DAY),
        ("Bool", "true", "yes"),
        ("Bool", "${aws:x}", "true"),  # One page says that Bool supports variables, another that it doesn't.
        ("BinaryEquals", "QQ==", "not base64"),
        ("BinaryEquals", "YWI=", "YWJ="),  # The same bytes, encoded with a stray bit.
        ("BinaryEquals", "YWJ=", "YWI="),
        ("IpAddress", "10.0.0.0/8", "vpce-1"),
        ("NotIpAddress", "10.0.0.0/16", "10.0.0.0/8"),
        ("IpAddress", "10.0.0.0/8", "::ffff:10.0.0.1"),  # An IPv4-mapped IPv6 address.
        ("NotIpAddress", "10.0.0.0/8", "::ffff:10.0.0.1"),
        ("IpAddress", "::ffff:0:0/96", "::ffff:10.0.0.1"),
        ("IpAddress", "::ffff:10.0.0.0/104", "10.0.0.1"),
        ("NotIpAddress", "::/0", "10.0.0.1"),
        ("ArnLike", "*", ARN),
        ("ArnNotLike", "arn:*", ARN),
        ("ArnLike", "arn:aws:cloudtrail:*:*:*", f"arn:aws:{ANY}"),
        ("ArnLike", "arn:aws:iam::*:role/*", f"arn:aws:iam::{ANY}:role/app"),  # ANY may contain a colon.
    ],
)
def test_condition_undocumented_by_aws_is_maybe(operator: str, values: str, request_value: str) -> None:
    assert match_condition(operator, values, [request_value]) is MAYBE


@pytest.mark.parametrize(
    ("value", "request_value", "expected"),
    [
        ("Straße", "STRAßE", YES),
        ("ss", "ß", MAYBE),
        ("ß", "ss", MAYBE),
        ("É", "é", MAYBE),
        ("k", "\N{KELVIN SIGN}", MAYBE),
        ("aé", "bÉ", NO),
        ("aé", f"A{ANY}", MAYBE),
        ("aé", f"b{ANY}", NO),
        ("ab", f"A{ANY}C", NO),
    ],
)
def test_ignore_case_is_certain_only_for_ascii(value: str, request_value: str, expected: Match) -> None:
    assert match_condition("StringEqualsIgnoreCase", value, [request_value]) is expected
    assert match_condition("StringNotEqualsIgnoreCase", value, [request_value]) is ~expected


def test_arn_operator_compares_any_in_the_last_part_like_a_string() -> None:
    assert match_condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:s3:::phi/{ANY}"]) is YES
    assert match_condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:s3:::other/{ANY}"]) is NO
    assert match_condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:kms:{ANY}"]) is NO
    assert match_condition("ArnNotLike", "arn:aws:s3:::phi/a", [f"arn:aws:s3:::phi/{ANY}"]) is MAYBE


def test_statement_matches_only_if_all_conditions_are_true() -> None:
    block = {"StringEquals": {"a:x": "1", "a:y": "2"}, "Bool": {"a:z": "true"}}
    matching: dict[str, Sequence[str] | None] = {"a:x": ["1"], "a:y": ["2"], "a:z": ["true"]}
    assert match_statement(statement(Condition=block), request(context=matching)) is YES
    for key in matching:
        assert match_statement(statement(Condition=block), request(context=matching | {key: ["3"]})) is not YES
        assert match_statement(statement(Condition=block), request(context=matching | {key: None})) is NO


def test_missing_key_is_unspecified_unless_context_is_complete() -> None:
    deny = statement("Deny", Condition={"StringNotEquals": {"a:x": "1"}})
    assert match_statement(deny, request(context_is_complete=False)) is MAYBE
    assert match_statement(deny, request(context_is_complete=True)) is YES
    assert match_statement(deny, request(context={"A:X": None}, context_is_complete=False)) is YES


def test_request_keys_that_differ_only_in_case_raise() -> None:
    with pytest.raises(ValueError, match="differ only in case"):
        request(context={"a:x": ["1"], "A:X": ["2"]})


def test_request_string_counts_as_one_value() -> None:
    assert match_condition("StringEquals", "abc", "abc") is YES
