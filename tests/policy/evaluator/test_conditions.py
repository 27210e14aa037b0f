"""The Condition element: what AWS documents, and that what it doesn't is unsure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from hipaa.evaluator import ANY, Match
from tests.policy.policy_builders import DAY, EARLIER, LATER, MAYBE, NO, YES, condition, matching, request, statement

ARN = "arn:aws:cloudtrail:us-east-1:111122223333:trail/one"

# operator, the document's values, a value that matches, one that doesn't
POSITIVE: list[tuple[str, Any, str, str]] = [
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


@pytest.mark.parametrize(("operator", "values", "right", "wrong"), POSITIVE)
def test_operator(operator: str, values: Any, right: str, wrong: str) -> None:
    several = ["arn:aws:other:::x", "10", *([values] if not isinstance(values, list) else values)]
    assert condition(operator, values, [right]) is YES
    assert condition(operator, values, [wrong]) is NO
    assert condition(operator, values, None) is NO
    assert condition(operator, values, []) is NO
    assert condition(f"{operator}IfExists", values, [right]) is YES
    assert condition(f"{operator}IfExists", values, [wrong]) is NO
    assert condition(f"{operator}IfExists", values, None) is YES
    if operator.startswith("String"):
        assert condition(operator, several, [right]) is YES


@pytest.mark.parametrize(("operator", "values", "right", "wrong"), [row for row in POSITIVE if row[0] in NEGATIONS])
def test_negated_operator_matches_when_no_value_does_or_the_key_is_absent(
    operator: str, values: Any, right: str, wrong: str
) -> None:
    negated = NEGATIONS[operator]
    assert condition(negated, values, [right]) is NO
    assert condition(negated, values, [wrong]) is YES
    assert condition(negated, values, None) is YES
    assert condition(f"{negated}IfExists", values, None) is YES
    assert condition(f"{negated}IfExists", values, [right]) is NO


@pytest.mark.parametrize("negated", sorted(NEGATIONS.values()))
def test_every_negation_is_tried(negated: str) -> None:
    assert any(NEGATIONS.get(row[0]) == negated for row in POSITIVE)


@pytest.mark.parametrize(
    ("values", "found", "expected"),
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
def test_null(values: Any, found: Any, expected: Match) -> None:
    assert condition("Null", values, found) is expected


@pytest.mark.parametrize(
    ("operator", "found", "expected"),
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
        ("ForAnyValue:StringNotEquals", ["a", "b"], NO),  # Each equals one of them: not "differs from either".
        ("ForAnyValue:StringNotEquals", ["a", "c"], YES),
        ("ForAnyValue:StringNotEquals", None, NO),
        ("ForAnyValue:StringNotEquals", [f"c{ANY}"], YES),
        ("ForAnyValue:StringLike", [ANY], MAYBE),
        ("ForAllValues:Null", ["a"], MAYBE),
        ("StringEquals", ["a", "b"], YES),
        ("StringEquals", ["c", "d"], NO),
        ("StringEquals", ["a", "c"], MAYBE),  # AWS asks for a set operator, and doesn't say what happens without.
        ("StringNotEquals", ["a", "c"], MAYBE),
    ],
)
def test_several_values_of_a_key(operator: str, found: Any, expected: Match) -> None:
    values = ["false"] if operator.endswith("Null") else ["a", "b"]
    assert condition(operator, values, found) is expected


def test_for_any_value_may_meet_an_empty_string() -> None:
    assert condition("ForAnyValue:StringLike", "*", [ANY]) is MAYBE
    assert condition("ForAnyValue:StringLike", "*", [f"a{ANY}"]) is YES
    assert condition("ForAllValues:StringLike", "*", [ANY]) is YES


@pytest.mark.parametrize(
    ("operator", "values", "found"),
    [
        ("NumericLessThan", "1.2", "TLSv1"),
        ("NumericNotEquals", "1", "x"),
        ("NumericEquals", "1", f"1{ANY}"),
        ("DateLessThan", DAY, "yesterday"),
        ("DateLessThan", DAY, "2024-13-01T00:00:00Z"),
        ("DateEquals", "2024", "2024-01-01T00:00:00Z"),  # A year, or epoch time.
        ("DateEquals", "2024", "2024"),
        ("DateEquals", "2024-02", "2024-02-01T00:00:00Z"),  # From when till when, in which zone?
        ("DateLessThan", "2024-02-01", EARLIER),
        ("DateEquals", DAY, "2024-02-01"),
        ("DateEquals", DAY, "2024-02-01T00:00:00"),  # W3C dates with a time have a zone.
        ("DateEquals", "2024-02-01T00:00:00.0000000Z", DAY),
        ("DateLessThan", "1e3", DAY),
        ("DateLessThan", "-1.5", DAY),
        ("Bool", "true", "yes"),
        ("Bool", "${aws:x}", "true"),  # One page says that Bool takes variables, another that it doesn't.
        ("BinaryEquals", "QQ==", "not base64"),
        ("BinaryEquals", "YWI=", "YWJ="),  # The same bytes, spelt with a stray bit.
        ("BinaryEquals", "YWJ=", "YWI="),
        ("IpAddress", "10.0.0.0/8", "vpce-1"),
        ("NotIpAddress", "10.0.0.0/16", "10.0.0.0/8"),
        ("IpAddress", "10.0.0.0/8", "::ffff:10.0.0.1"),  # An IPv4 address in IPv6.
        ("NotIpAddress", "10.0.0.0/8", "::ffff:10.0.0.1"),
        ("IpAddress", "::ffff:0:0/96", "::ffff:10.0.0.1"),
        ("IpAddress", "::ffff:10.0.0.0/104", "10.0.0.1"),
        ("NotIpAddress", "::/0", "10.0.0.1"),
        ("ArnLike", "*", ARN),
        ("ArnNotLike", "arn:*", ARN),
        ("ArnLike", "arn:aws:cloudtrail:*:*:*", f"arn:aws:{ANY}"),
        ("ArnLike", "arn:aws:iam::*:role/*", f"arn:aws:iam::{ANY}:role/app"),  # ANY may hold a colon.
    ],
)
def test_what_aws_does_not_tell_is_unsure(operator: str, values: str, found: str) -> None:
    assert condition(operator, values, [found]) is MAYBE


@pytest.mark.parametrize(
    ("value", "found", "expected"),
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
def test_ignoring_case_is_known_of_ascii_alone(value: str, found: str, expected: Match) -> None:
    assert condition("StringEqualsIgnoreCase", value, [found]) is expected
    assert condition("StringNotEqualsIgnoreCase", value, [found]) is ~expected


def test_arn_with_any_in_its_last_part_is_compared_exactly() -> None:
    assert condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:s3:::phi/{ANY}"]) is YES
    assert condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:s3:::other/{ANY}"]) is NO
    assert condition("ArnLike", "arn:aws:s3:::phi/*", [f"arn:aws:kms:{ANY}"]) is NO
    assert condition("ArnNotLike", "arn:aws:s3:::phi/a", [f"arn:aws:s3:::phi/{ANY}"]) is MAYBE


def test_conditions_all_have_to_hold() -> None:
    block = {"StringEquals": {"a:x": "1", "a:y": "2"}, "Bool": {"a:z": "true"}}
    right: dict[str, Sequence[str] | None] = {"a:x": ["1"], "a:y": ["2"], "a:z": ["true"]}
    assert matching(statement(Condition=block), request(context=right)) is YES
    for key in right:
        assert matching(statement(Condition=block), request(context=right | {key: ["3"]})) is not YES
        assert matching(statement(Condition=block), request(context=right | {key: None})) is NO


def test_an_open_key_may_be_anything_and_a_closed_one_is_absent() -> None:
    one = statement("Deny", Condition={"StringNotEquals": {"a:x": "1"}})
    assert matching(one, request(closed=False)) is MAYBE
    assert matching(one, request(closed=True)) is YES
    assert matching(one, request(context={"A:X": None}, closed=False)) is YES


def test_keys_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(ValueError, match="differ only in case"):
        request(context={"a:x": ["1"], "A:X": ["2"]})


def test_a_lone_string_is_one_value() -> None:
    assert condition("StringEquals", "abc", "abc") is YES
