"""Three-valued logic, wildcards and policy variables."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hipaa_controls.evaluator import ANY, Match, Principal, patterns
from hipaa_controls.evaluator.patterns import (
    UNKNOWN,
    Alternatives,
    all_match,
    any_match,
    compile_wildcards,
    match_pattern,
    match_resource,
)
from tests.policy.cpu_time import at_most_cpu_seconds
from tests.policy.policy_builders import (
    ACCOUNT,
    BUCKET,
    MAYBE,
    NO,
    OBJECTS,
    ROLE,
    SESSION,
    USERNAME_CONTEXT,
    YES,
    UnknownValue,
    deterministic,
    match_condition,
    match_statement,
    naive_match,
    request,
    statement,
)

# Three-valued logic


@pytest.mark.parametrize(("left", "right"), list(product(Match, Match)))
def test_match_operators_follow_kleene_logic(left: Match, right: Match) -> None:
    def possible_values(match: Match) -> set[bool]:
        return {YES: {True}, NO: {False}, MAYBE: {True, False}}[match]

    def to_match(values: set[bool]) -> Match:
        return MAYBE if len(values) > 1 else YES if True in values else NO

    pairs = list(product(possible_values(left), possible_values(right)))
    assert (left & right) is to_match({a and b for a, b in pairs})
    assert (left | right) is to_match({a or b for a, b in pairs})
    assert ~left is to_match({not value for value in possible_values(left)})
    assert all_match([left, right]) is left & right
    assert any_match([left, right]) is left | right


def test_all_match_of_nothing_is_yes_and_any_match_is_no() -> None:
    assert all_match([]) is YES
    assert any_match([]) is NO


# Wildcards


def strings_up_to(max_length: int) -> list[str]:
    return ["".join(letters) for length in range(max_length + 1) for letters in product("abz", repeat=length)]


@deterministic
@given(st.text("ab*?", max_size=6), st.text("ab*?:/", max_size=6))
def test_match_pattern_agrees_with_naive_match(pattern: str, text: str) -> None:
    assert match_pattern(compile_wildcards(pattern), text) is Match.from_bool(naive_match(pattern, text))


@deterministic
@given(st.text("ab*?", max_size=4), st.text("ab", max_size=3), st.text("ab", max_size=3))
@example("?*", "", "a")
@example("*?", "a", "")
@example("*?", "", "")
@example("a?*b", "a", "ab")
@example("*a*", "", "a")
def test_match_pattern_with_one_any_agrees_with_every_text(pattern: str, before: str, after: str) -> None:
    results = {naive_match(pattern, before + middle + after) for middle in strings_up_to(5)}
    expected = MAYBE if len(results) > 1 else Match.from_bool(results.pop())
    assert match_pattern(compile_wildcards(pattern), before + ANY + after) is expected


@deterministic
@given(st.text("ab*?", max_size=4), st.lists(st.text("ab", max_size=2), min_size=3, max_size=3))
def test_match_pattern_with_two_anys_agrees_with_every_text(pattern: str, parts: list[str]) -> None:
    results = {
        naive_match(pattern, parts[0] + first + parts[1] + second + parts[2])
        for first, second in product(strings_up_to(3), strings_up_to(3))
    }
    result = match_pattern(compile_wildcards(pattern), ANY.join(parts))
    # Strings of three letters can't show every difference that four tokens make, so a single result may still be MAYBE.
    assert result in ((MAYBE,) if len(results) > 1 else (Match.from_bool(results.pop()), MAYBE))


@deterministic
@given(st.text("a*?:", max_size=6), st.text("a:", max_size=4), st.text("a:", max_size=4), st.booleans())
def test_match_resource_definite_result_holds_for_every_text(
    pattern: str, before: str, after: str, in_identity_policy: bool
) -> None:
    def match(value: str) -> Match:
        return match_resource(compile_wildcards(pattern), value, in_identity_policy=in_identity_policy)

    symbolic_result = match(before + ANY + after)
    for middle in map("".join, product("az:", repeat=2)):
        result = match(before + middle + after)
        assert symbolic_result in (MAYBE, result)
        assert result in (MAYBE, Match.from_bool(naive_match(pattern, before + middle + after)))


@deterministic
@given(st.text("a*?:", max_size=5), st.text("a:", max_size=7))
def test_match_resource_incomplete_arn_agrees_with_completed_arn(rest: str, value: str) -> None:
    pattern, value = f"arn:{rest}", f"arn:{value}"
    completed = pattern + ":*" * (5 - pattern.count(":"))
    as_it_is, as_completed = (Match.from_bool(naive_match(text, value)) for text in (pattern, completed))
    in_identity_policy, in_resource_policy = (
        match_resource(compile_wildcards(pattern), value, in_identity_policy=kind) for kind in (True, False)
    )
    assert in_identity_policy in (MAYBE, as_completed)
    assert in_resource_policy in ((MAYBE, as_it_is) if as_it_is is as_completed else (MAYBE,))


# Values of up to 10,000 characters, for which matching by trial takes longer than the age of the universe.
HOSTILE_PATTERNS = [
    ("*:" + "?" * 3000, ANY, MAYBE),
    ("*:" + "?" * 3000, f"a{ANY}:" + "b" * 3000, YES),
    ("*a" * 3000, ANY, MAYBE),
    ("*a" * 3000, "a" * 10_000, YES),
    ("*a" * 3000 + "b", "ab" * 3000 + "a", NO),
    ("*a" * 3000, f"{ANY}a" * 3000, YES),
    ("*a?" * 2000 + "*", f"{ANY}a" * 4000, MAYBE),
    ("?" * 6000 + "*", ANY + "b" * 6000, YES),
    ("?" * 6000 + "*", ANY + "b" * 5999, MAYBE),
    ("*" * 3000 + "?" * 3000 + "*a", ANY + "a" * 3001, YES),
]


@pytest.mark.parametrize(("pattern", "value", "expected"), HOSTILE_PATTERNS)
def test_hostile_pattern_is_matched_exactly_and_quickly(pattern: str, value: str, expected: Match) -> None:
    with at_most_cpu_seconds(1):
        assert match_pattern(compile_wildcards(pattern), value) is expected


@pytest.mark.parametrize("pattern", [pattern for pattern, _, _ in HOSTILE_PATTERNS])
@pytest.mark.parametrize("prefix", ["arn:", "arn:aws:s3:::phi/"])
def test_hostile_resource_is_matched_quickly(prefix: str, pattern: str) -> None:
    with at_most_cpu_seconds(1):
        for value in (ANY, prefix + ANY, f"{prefix}{ANY}a" * 2000, f"{prefix}{ANY}:{ANY}"):
            match_resource(compile_wildcards(prefix + pattern), value, in_identity_policy=True)


@deterministic
@given(st.text("aab*?:", max_size=12), st.text(["a", "a", "b", ":", ANY], max_size=9))
@example("a*?b:*", f"a{ANY}b:{ANY}")
def test_match_pattern_given_up_is_maybe(pattern: str, value: str) -> None:
    compiled = compile_wildcards(pattern)
    with pytest.MonkeyPatch.context() as patch:
        match_pattern.cache_clear()
        patch.setattr(patterns, "_MAX_STEPS", 1)
        limited = match_pattern(compiled, value)
        match_pattern.cache_clear()
    assert limited in (MAYBE, match_pattern(compiled, value))


texts = st.builds(str.__add__, st.sampled_from(["", "arn:"]), st.text(["a", "b", ":", "*", "?", UNKNOWN], max_size=4))


@deterministic
@given(
    st.lists(texts), st.builds(str.__add__, st.sampled_from(["", "arn:"]), st.text(["a", "b", ":", ANY], max_size=4))
)
@example(["arn:a", "arn:*", "b", "ba", f"a{UNKNOWN}"], f"arn:a{ANY}")
def test_alternatives_candidates_include_each_pattern_that_may_match(texts: list[str], value: str) -> None:
    compiled = [compile_wildcards(text) for text in texts]
    others = set(compiled) - set(Alternatives(compiled).candidates(value))
    for pattern in others:
        assert match_pattern(pattern, value) is NO
        for in_identity_policy in (True, False):
            assert match_resource(pattern, value, in_identity_policy=in_identity_policy) is NO


@pytest.mark.parametrize("text", ["${" * 5000, "${'" * 5000, "${" + " " * 10_000 + "'}", "${a" + " " * 10_000 + "''}"])
def test_hostile_variable_is_parsed_quickly(text: str) -> None:
    with at_most_cpu_seconds(1):
        match_statement(statement(Resource=f"{BUCKET}/{text}"), request())


@pytest.mark.parametrize(
    ("pattern", "action", "expected"),
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
def test_action_ignores_case_and_not_action_is_opposite(pattern: Any, action: str, expected: Match) -> None:
    assert match_statement(statement(Action=pattern), request(action)) is expected
    assert match_statement(statement(NotAction=pattern), request(action)) is ~expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        (OBJECTS, f"{BUCKET}/a/b:c", YES),  # A wildcard matches slashes and colons.
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
def test_resource_is_case_sensitive_and_not_resource_is_opposite(pattern: Any, resource: str, expected: Match) -> None:
    assert match_statement(statement(Resource=pattern), request(resource=resource)) is expected
    assert match_statement(statement(NotResource=pattern), request(resource=resource)) is ~expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        # Only for a * at the end of a segment, AWS says that it "can expand to match beyond the colon boundaries".
        ("arn:aws:s3:*:*:phi", "arn:aws:s3:::a:phi", YES),
        ("arn:aws:s3:*", f"{BUCKET}/a:b", YES),
        ("arn:aws:s3:a*::phi", "arn:aws:s3:ab:c::phi", YES),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a1b::phi", YES),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a:b::phi", MAYBE),
        ("arn:aws:s3:a?b::phi", "arn:aws:s3:a1b::phi", YES),
        ("arn:aws:s3:a?b::phi", "arn:aws:s3:a:b::phi", MAYBE),
        ("arn:aws:s3:a*b::phi", "arn:aws:s3:a:c::phi", NO),
        ("*phi", BUCKET, MAYBE),
        ("*phi*", "phi:a", YES),
        ("arn:aws:s3:a*b::phi", f"arn:aws:s3:a{ANY}b::phi", MAYBE),
        ("arn:aws:s3:a*:*:phi", f"arn:aws:s3:a{ANY}b::phi", YES),
        # The last segment may contain colons.
        ("arn:aws:s3:::*/*.txt", f"{BUCKET}/a:b.txt", YES),
        ("arn:aws:s3:::*/?b", f"{BUCKET}/:b", YES),
        ("arn:aws:s3:::*/*", f"arn:aws:s3:::{ANY}/{ANY}", YES),
    ],
)
def test_resource_wildcard_matches_colon_where_documented(pattern: str, resource: str, expected: Match) -> None:
    assert match_statement(statement(Resource=pattern), request(resource=resource)) is expected
    assert match_statement(statement(NotResource=pattern), request(resource=resource)) is ~expected


@pytest.mark.parametrize(
    ("pattern", "resource", "expected", "expected_in_resource_policy"),
    [
        ("arn:aws:s3", f"{BUCKET}/a:b", YES, MAYBE),
        ("arn:aws:s3", f"arn:aws:s3:::{ANY}", YES, MAYBE),
        ("arn:aws:s3", f"arn:aws:kms:{ANY}", NO, NO),
        ("arn:aws:s3", f"arn:aws:s3{ANY}", MAYBE, MAYBE),
        ("arn:aws:s3:", BUCKET, YES, MAYBE),
        ("arn:aws:s3:::", BUCKET, NO, NO),  # six segments, the last of which is empty
        ("arn:aws:s3:eu-*:1", "arn:aws:s3:eu-west-1:1:phi", YES, MAYBE),
        ("arn:aws:s3:*", BUCKET, YES, YES),
        ("arn:*", BUCKET, YES, YES),
        # AWS doesn't document whether a * of such an ARN matches beyond a colon.
        ("arn:*:phi*", BUCKET, MAYBE, MAYBE),
        ("arn:aws:s3:a*:phi", "arn:aws:s3:ab:c:phi", MAYBE, MAYBE),
        ("arn:aws:s3:a*:phi", "arn:aws:s3:ab:c:phi:x", YES, MAYBE),
        ("arn:aws:s3:a*:phi", "arn:aws:s3:ab:c:other", NO, NO),
        (UnknownValue(), BUCKET, MAYBE, MAYBE),
        ("*", BUCKET, YES, YES),
    ],
)
def test_incomplete_arn_is_completed_in_identity_policy(
    pattern: Any, resource: str, expected: Match, expected_in_resource_policy: Match
) -> None:
    concrete = request(resource=resource)
    assert match_statement(statement(Principal=None, Resource=pattern), concrete) is expected
    assert match_statement(statement(Principal=None, NotResource=pattern), concrete) is ~expected
    assert match_statement(statement(Resource=pattern), concrete) is expected_in_resource_policy
    assert match_statement(statement(NotResource=pattern), concrete) is ~expected_in_resource_policy


def test_arn_that_is_partly_unknown_may_be_incomplete() -> None:
    matches = [
        match_resource(pattern, BUCKET, in_identity_policy=True)
        for pattern in (UNKNOWN, f"arn:aws:{UNKNOWN}3", f"arn:aws:s3:::{UNKNOWN}x")
    ]
    assert matches == [MAYBE, MAYBE, NO]


def test_incomplete_arn_in_condition_may_match() -> None:
    assert match_condition("ArnLike", "arn:aws:s3", [BUCKET]) is MAYBE
    assert match_condition("ArnNotLike", "arn:aws:s3", [BUCKET]) is MAYBE
    assert match_condition("ArnLike", "arn:aws:kms", [BUCKET]) is NO
    assert match_condition("StringLike", "arn:aws:s3", [BUCKET]) is NO


def test_statement_without_resource_matches_attached_resource() -> None:
    trust = statement(Resource=None, Principal={"Service": "s3.amazonaws.com"}, Action="sts:AssumeRole")
    assert match_statement(trust, request("sts:AssumeRole", ROLE, Principal("Service", "s3.amazonaws.com"))) is YES


def test_statement_without_principal_matches_attached_identity() -> None:
    assert match_statement(statement(Principal=None), request(principal=Principal("AWS", SESSION))) is YES


# Policy variables


@pytest.mark.parametrize(
    ("pattern", "resource", "expected"),
    [
        ("${aws:username}/*", "b*b/x", YES),
        ("${AWS:UserName}/*", "b*b/x", YES),
        ("${aws:username}/*", "bxb/x", NO),  # The value of a variable has no wildcards.
        ("${aws:userid}/*", "b*b/x", NO),
        ("${aws:userid, 'all'}/*", "all/x", YES),
        ("${aws:userid, '}'}", "}", YES),
        ("${aws:userid, ''}x", "x", YES),
        ("${aws:userid, 'it''s'}", "it's", MAYBE),  # AWS puts a default in quotes, and doesn't document a quote within.
        ("${aws:userid, 'it's'}", "it's", MAYBE),
        ("${aws:username, 'it''s'}", "b*b", MAYBE),
        ("${aws:username, 'all'}", "b*b", YES),
        ("${aws:username, 'all'}", "all", NO),
        ("${*}${?}${$}", "*?$", YES),
        ("${*}", "x", NO),
        ("${a b, }", "x", MAYBE),
        ("${aws:username", "${aws:username", YES),
        ("${aws:PrincipalTag/cost center}", "7", YES),
        ("${aws:TagKeys}", "a", MAYBE),  # A key with several values can't be a variable.
        ("${aws:empty}", "", MAYBE),
        ("${aws:any}x", "y", NO),
        ("${aws:any}x", "yx", MAYBE),
    ],
)
def test_resource_with_variables(pattern: str, resource: str, expected: Match) -> None:
    context = USERNAME_CONTEXT | {
        "aws:PrincipalTag/cost center": ["7"],
        "aws:TagKeys": ["a", "b"],
        "aws:empty": [""],
        "aws:any": [ANY],
    }
    positive = statement(Resource=f"{BUCKET}/{pattern}")
    negative = statement(NotResource=f"{BUCKET}/{pattern}")
    concrete = request(resource=f"{BUCKET}/{resource}", context=context)
    assert match_statement(positive, concrete) is expected
    assert match_statement(negative, concrete) is ~expected


def test_resource_unspecified_variable_may_match() -> None:
    own_folder = statement(Resource=f"{BUCKET}/${{aws:username, 'all'}}/*")
    assert match_statement(own_folder, request(resource=f"{BUCKET}/x/y", context_is_complete=False)) is MAYBE
    assert match_statement(own_folder, request(resource="arn:aws:s3:::other/x/y", context_is_complete=False)) is NO


def test_resource_variable_before_fifth_colon_is_maybe() -> None:
    misplaced = statement(Resource="arn:aws:sqs:us-east-1:${aws:PrincipalAccount}:queue")
    context = {"aws:PrincipalAccount": [ACCOUNT]}
    concrete = request(resource=f"arn:aws:sqs:us-east-1:{ACCOUNT}:queue", context=context)
    assert match_statement(misplaced, concrete) is MAYBE
    assert match_statement(misplaced, concrete, version="2008-10-17") is NO


@pytest.mark.parametrize("version", ["2008-10-17", None])
def test_variables_in_older_version_are_literal_text(version: str | None) -> None:
    literal = statement(Resource=f"{BUCKET}/${{aws:username}}*")
    same_text, expanded = (
        request(resource=f"{BUCKET}/{folder}/x", context=USERNAME_CONTEXT) for folder in ("${aws:username}", "b*b")
    )
    assert match_statement(literal, same_text, version) is YES
    assert match_statement(literal, expanded, version) is NO
    assert match_condition("StringEquals", "${aws:username}", ["${aws:username}"], USERNAME_CONTEXT, version) is YES


def test_condition_with_variables() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:user/"
    assert match_condition("StringEquals", "${aws:username}", ["b*b"], USERNAME_CONTEXT) is YES
    assert match_condition("StringLike", "${aws:username}", ["bxb"], USERNAME_CONTEXT) is NO
    assert match_condition("StringLike", "${aws:username}*", ["b*b/x"], USERNAME_CONTEXT) is YES
    assert match_condition("ArnLike", f"{arn}${{aws:username}}", [f"{arn}b*b"], USERNAME_CONTEXT) is YES
    assert match_condition("StringEquals", "${*}", ["*"]) is YES


def test_condition_absent_variable_equals_nothing() -> None:
    assert match_condition("StringEquals", "${aws:userid}", ["x"]) is NO
    assert match_condition("StringEquals", "${aws:userid}", [""]) is NO
    assert match_condition("StringEquals", ["${aws:userid}", "x"], ["x"]) is YES
    assert match_condition("StringNotEquals", "${aws:userid}", ["x"]) is YES
    assert match_condition("StringEquals", "${aws:userid, 'x'}", ["x"]) is YES
