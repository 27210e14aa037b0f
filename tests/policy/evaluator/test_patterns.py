"""Three values, wildcards and policy variables."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hipaa.evaluator import ANY, Match, Principal
from hipaa.evaluator.patterns import all_match, any_match, match_pattern, match_resource, compile_wildcards
from tests.policy.policy_builders import (
    ACCOUNT,
    BUCKET,
    MAYBE,
    NAMED,
    NO,
    OBJECTS,
    ROLE,
    SESSION,
    YES,
    condition,
    matching,
    naive,
    request,
    statement,
    steady,
)

# Three values


@pytest.mark.parametrize(("left", "right"), list(product(Match, Match)))
def test_kleene_logic(left: Match, right: Match) -> None:
    def outcomes(one: Match) -> set[bool]:
        return {YES: {True}, NO: {False}, MAYBE: {True, False}}[one]

    def of(values: set[bool]) -> Match:
        return MAYBE if len(values) > 1 else YES if True in values else NO

    assert (left & right) is of({a and b for a, b in product(outcomes(left), outcomes(right))})
    assert (left | right) is of({a or b for a, b in product(outcomes(left), outcomes(right))})
    assert ~left is of({not a for a in outcomes(left)})
    assert all_match([left, right]) is left & right
    assert any_match([left, right]) is left | right


def test_of_nothing_all_hold_and_none_does() -> None:
    assert all_match([]) is YES
    assert any_match([]) is NO


# Wildcards


def strings(longest: int) -> list[str]:
    return ["".join(letters) for length in range(longest + 1) for letters in product("abz", repeat=length)]


@steady
@given(st.text("ab*?", max_size=6), st.text("ab*?:/", max_size=6))
def test_wildcards_match_like_the_naive_reference(pattern: str, text: str) -> None:
    assert match_pattern(compile_wildcards(pattern), text) is Match.from_bool(naive(pattern, text))


@steady
@given(st.text("ab*?", max_size=4), st.text("ab", max_size=3), st.text("ab", max_size=3))
@example("?*", "", "a")
@example("*?", "a", "")
@example("*?", "", "")
@example("a?*b", "a", "ab")
@example("*a*", "", "a")
def test_one_any_is_matched_exactly(pattern: str, before: str, after: str) -> None:
    answers = {naive(pattern, before + middle + after) for middle in strings(5)}
    expected = MAYBE if len(answers) > 1 else Match.from_bool(answers.pop())
    assert match_pattern(compile_wildcards(pattern), before + ANY + after) is expected


@steady
@given(st.text("ab*?", max_size=4), st.lists(st.text("ab", max_size=2), min_size=3, max_size=3))
def test_two_anys_are_matched_exactly(pattern: str, parts: list[str]) -> None:
    answers = {
        naive(pattern, parts[0] + one + parts[1] + two + parts[2]) for one, two in product(strings(3), strings(3))
    }
    found = match_pattern(compile_wildcards(pattern), ANY.join(parts))
    # Strings of three letters can't show all that four tokens may tell apart, so only one way round is exact.
    assert found in ((MAYBE,) if len(answers) > 1 else (Match.from_bool(answers.pop()), MAYBE))


@steady
@given(st.text("a*?:", max_size=6), st.text("a:", max_size=4), st.text("a:", max_size=4))
def test_a_definite_answer_about_a_resource_holds_whatever_any_is(pattern: str, before: str, after: str) -> None:
    claimed = match_resource(compile_wildcards(pattern), before + ANY + after)
    for middle in map("".join, product("az:", repeat=2)):
        found = match_resource(compile_wildcards(pattern), before + middle + after)
        assert claimed in (MAYBE, found)
        assert found in (MAYBE, Match.from_bool(naive(pattern, before + middle + after)))


@pytest.mark.parametrize(
    ("action", "asked", "expected"),
    [
        ("s3:getobject", "s3:GetObject", YES),
        ("S3:*", "s3:GetObject", YES),
        ("s3:Get*", f"s3:{ANY}", MAYBE),
        ("s3:*", f"s3:{ANY}", YES),
        ("*", ANY, YES),
        ("s3:GetObject?", "s3:GetObject", NO),
        ("kms:*", f"s3:{ANY}", NO),
        (["s3:Put*", "s3:Get*"], "s3:GetObject", YES),
    ],
)
def test_action_ignores_case_and_not_action_is_its_opposite(action: Any, asked: str, expected: Match) -> None:
    assert matching(statement(Action=action), request(asked)) is expected
    assert matching(statement(NotAction=action), request(asked)) is ~expected


@pytest.mark.parametrize(
    ("resource", "asked", "expected"),
    [
        (OBJECTS, f"{BUCKET}/a/b:c", YES),  # A wildcard goes across slashes and colons.
        (OBJECTS, BUCKET, NO),
        (BUCKET, f"{BUCKET}/{ANY}", NO),
        (OBJECTS, f"{BUCKET}/{ANY}", YES),
        (f"{BUCKET}*", BUCKET, YES),
        (f"{BUCKET}/Record", f"{BUCKET}/record", NO),
        (f"{BUCKET}/recor?", f"{BUCKET}/record", YES),
        ([BUCKET, OBJECTS], f"{BUCKET}{ANY}", MAYBE),
        ("*", ANY, YES),
    ],
)
def test_resource_heeds_case_and_not_resource_is_its_opposite(resource: Any, asked: str, expected: Match) -> None:
    assert matching(statement(Resource=resource), request(resource=asked)) is expected
    assert matching(statement(NotResource=resource), request(resource=asked)) is ~expected


@pytest.mark.parametrize(
    ("resource", "asked", "expected"),
    [
        # A * at the end of a segment "can expand to match beyond the colon boundaries"; of others AWS doesn't say it.
        ("arn:aws:s3:*:*:phi", "arn:aws:s3:::a:phi", YES),
        ("arn:aws:s3:*", f"{BUCKET}/a:b", YES),
        ("arn:aws:s3:a*:phi", "arn:aws:s3:ab:c:phi", YES),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a1b::phi", YES),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a:b::phi", MAYBE),
        ("arn:aws:s3:a?b::phi", "arn:aws:s3:a1b::phi", YES),
        ("arn:aws:s3:a?b::phi", "arn:aws:s3:a:b::phi", MAYBE),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a:c::phi", NO),
        ("*phi", BUCKET, MAYBE),
        ("*phi*", "phi:a", YES),
        ("arn:aws:s3:a*b::phi", f"arn:aws:s3:a{ANY}b::phi", MAYBE),
        ("arn:aws:s3:a*:*:phi", f"arn:aws:s3:a{ANY}b::phi", YES),
        # The last segment may hold colons.
        ("arn:aws:s3:::*/*.txt", f"{BUCKET}/a:b.txt", YES),
        ("arn:aws:s3:::*/?b", f"{BUCKET}/:b", YES),
        ("arn:aws:s3:::*/*", f"arn:aws:s3:::{ANY}/{ANY}", YES),
    ],
)
def test_a_wildcard_goes_beyond_a_colon(resource: str, asked: str, expected: Match) -> None:
    assert matching(statement(Resource=resource), request(resource=asked)) is expected
    assert matching(statement(NotResource=resource), request(resource=asked)) is ~expected


def test_a_policy_without_resource_is_about_what_it_is_attached_to() -> None:
    trust = statement(Resource=None, Principal={"Service": "s3.amazonaws.com"}, Action="sts:AssumeRole")
    assert matching(trust, request("sts:AssumeRole", ROLE, Principal("Service", "s3.amazonaws.com"))) is YES


def test_a_policy_without_principal_is_about_whom_it_is_attached_to() -> None:
    assert matching(statement(Principal=None), request(principal=Principal("AWS", SESSION))) is YES


# Policy variables


@pytest.mark.parametrize(
    ("resource", "asked", "expected"),
    [
        ("${aws:username}/*", "b*b/x", YES),
        ("${AWS:UserName}/*", "b*b/x", YES),
        ("${aws:username}/*", "bxb/x", NO),  # What a variable stands for holds no wildcard.
        ("${aws:userid}/*", "b*b/x", NO),
        ("${aws:userid, 'all'}/*", "all/x", YES),
        ("${aws:userid, '}'}", "}", YES),
        ("${aws:userid, ''}x", "x", YES),
        ("${aws:userid, 'it''s'}", "it's", MAYBE),  # A default stands in quotes, says AWS, and not what one in it does.
        ("${aws:userid, 'it's'}", "it's", MAYBE),
        ("${aws:username, 'it''s'}", "b*b", MAYBE),
        ("${aws:username, 'all'}", "b*b", YES),
        ("${aws:username, 'all'}", "all", NO),
        ("${*}${?}${$}", "*?$", YES),
        ("${*}", "x", NO),
        ("${a b, }", "x", MAYBE),
        ("${aws:username", "${aws:username", YES),
        ("${aws:PrincipalTag/cost center}", "7", YES),
        ("${aws:TagKeys}", "a", MAYBE),  # A key of several values can't be a variable.
        ("${aws:empty}", "", MAYBE),
        ("${aws:any}x", "y", NO),
        ("${aws:any}x", "yx", MAYBE),
    ],
)
def test_variables_in_resource(resource: str, asked: str, expected: Match) -> None:
    context = NAMED | {
        "aws:PrincipalTag/cost center": ["7"],
        "aws:TagKeys": ["a", "b"],
        "aws:empty": [""],
        "aws:any": [ANY],
    }
    one = statement(Resource=f"{BUCKET}/{resource}")
    opposite = statement(NotResource=f"{BUCKET}/{resource}")
    asking = request(resource=f"{BUCKET}/{asked}", context=context)
    assert matching(one, asking) is expected
    assert matching(opposite, asking) is ~expected


def test_an_open_variable_may_match() -> None:
    one = statement(Resource=f"{BUCKET}/${{aws:username, 'all'}}/*")
    assert matching(one, request(resource=f"{BUCKET}/x/y", closed=False)) is MAYBE
    assert matching(one, request(resource="arn:aws:s3:::other/x/y", closed=False)) is NO


def test_a_variable_before_the_fifth_colon_is_unsure() -> None:
    one = statement(Resource="arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:queue")
    context = {"aws:PrincipalAccount": [ACCOUNT]}
    asked = request(resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue", context=context)
    assert matching(one, asked) is MAYBE
    assert matching(one, asked, version="2008-10-17") is NO


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_older_versions_have_no_variables(version: str | None) -> None:
    one = statement(Resource=f"{BUCKET}/${{aws:username}}*")
    assert matching(one, request(resource=f"{BUCKET}/${{aws:username}}/x", context=NAMED), version) is YES
    assert matching(one, request(resource=f"{BUCKET}/b*b/x", context=NAMED), version) is NO
    assert condition("StringEquals", "${aws:username}", ["${aws:username}"], NAMED, version) is YES


def test_variables_in_conditions() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/"
    assert condition("StringEquals", "${aws:username}", ["b*b"], NAMED) is YES
    assert condition("StringLike", "${aws:username}", ["bxb"], NAMED) is NO
    assert condition("StringLike", "${aws:username}*", ["b*b/x"], NAMED) is YES
    assert condition("ArnLike", f"{arn}${{aws:username}}", [f"{arn}b*b"], NAMED) is YES
    assert condition("StringEquals", "${*}", ["*"]) is YES


def test_an_absent_variable_equals_nothing() -> None:
    assert condition("StringEquals", "${aws:userid}", ["x"]) is NO
    assert condition("StringEquals", "${aws:userid}", [""]) is NO
    assert condition("StringEquals", ["${aws:userid}", "x"], ["x"]) is YES
    assert condition("StringNotEquals", "${aws:userid}", ["x"]) is YES
    assert condition("StringEquals", "${aws:userid, 'x'}", ["x"]) is YES
