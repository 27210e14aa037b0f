"""A symbolic answer holds for everything it stands for. The letters are few, so that much of it matches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from hipaa.evaluator import ANY, ANYONE, Outcome, Principal, Request, evaluate, statement_matches, parse
from hipaa.evaluator.requests import Unspecified
from tests.policy.policy_builders import (
    ACCOUNT,
    ANONYMOUS,
    DAY,
    DENIED,
    LATER,
    MAYBE,
    NOT_ALLOWED,
    OUTSIDER,
    ROLE,
    ROOT,
    SESSION,
    UNSURE,
    USER,
    Unknown,
    document,
    naive,
    steady,
)

EVE = "arn:aws:iam::777788889999:user/eve"
ACTIONS = ["s3:a", "s3:A", "s3:ab", "kms:a"]
PEOPLE = [
    *(
        Principal("AWS", each)
        for each in (USER, ROOT, SESSION, OUTSIDER, EVE, f"arn:aws:sts::{ACCOUNT}:assumed-role/b/x")
    ),
    *(ANONYMOUS, Principal("Service", "s3.amazonaws.com"), Principal("Service", "b"), Principal("Federated", "b")),
]
words = st.text("aA*?", min_size=1, max_size=3)
ARNS = ["arn:aws:s3:::a", "arn:aws:s3:::a/a", "arn:aws:s3:a::a/b", "arn:aws:s3:::a/a:a"]
VARIABLES = ["${t:s}", "${t:none}", "${t:s, 'a'}", "${*}", "${$}", "${t:s}*"]

# condition key: what a request may have for it, and what a document asks of it with which operators
KEYS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "t:s": (
        ["a", "A", "aa", "*", "a?"],
        ["a", "A*", "*", "?", "${t:other}", "${t:none}", "${t:none, 'a'}", "${*}"],
        ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
    ),
    "t:other": (["a", "*"], ["a", "${t:s}", "a*"], ["StringEquals", "StringNotLike", "StringNotEqualsIgnoreCase"]),
    "t:arn": (
        ARNS,
        ["arn:aws:s3:::a*", "arn:aws:s3:*:*:a/*", "arn:*:*:*:*:*", "arn:aws:s3:::a/${t:s}"],
        ["ArnLike", "ArnNotEquals"],
    ),
    "t:n": (["1", "1.2", "2"], ["1", "1.20", "2"], ["NumericLessThan", "NumericNotEquals", "NumericEquals"]),
    "t:d": ([DAY, LATER], [DAY, "1706745600"], ["DateGreaterThan", "DateEquals", "DateLessThanEquals"]),
    "t:b": (["true", "false"], ["true", "false"], ["Bool"]),
    "t:ip": (["10.0.0.1", "::1"], ["10.0.0.0/8", "::1", "10.0.0.1"], ["IpAddress", "NotIpAddress"]),
}


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Any]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 2))):
        key = draw(st.sampled_from(sorted(KEYS)))
        _, values, operators = KEYS[key]
        name = draw(st.sampled_from([*operators, "Null"]))
        asked = st.sampled_from(["true", "false"] if name == "Null" else values)
        prefix, suffix = "", ""
        if name != "Null":
            prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
            suffix = draw(st.sampled_from(["", "IfExists"])) if prefix != "ForAnyValue:" else ""
        block.setdefault(prefix + name + suffix, {})[key] = draw(st.lists(asked, min_size=1, max_size=2))
    return block


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Any]:
    resources = st.one_of(
        st.sampled_from(["*", *ARNS]),
        st.builds("arn:aws:s3:::{}".format, words),
        st.builds("arn:aws:s3:::a/{}".format, st.sampled_from(VARIABLES)),
    )
    name, principal = draw(
        st.sampled_from(
            [
                ("Principal", "*"),
                ("Principal", {"AWS": "*"}),
                ("Principal", {"AWS": [ROOT]}),
                ("Principal", {"AWS": [USER, ROLE]}),
                ("Principal", {"AWS": [SESSION], "Service": "s3.amazonaws.com"}),
                ("Principal", {"Service": "*"}),
                ("NotPrincipal", {"Service": "s3.amazonaws.com"}),
                ("NotPrincipal", {"AWS": [EVE, EVE.split(":")[4]]}),
                ("NotPrincipal", {"AWS": "*"}),
            ]
        )
    )
    return {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        draw(st.sampled_from(["Action", "Action", "NotAction"])): draw(
            st.lists(st.builds("s3:{}".format, words) | st.sampled_from(["*", "kms:a"]), min_size=1, max_size=2)
        ),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(
            st.lists(resources, min_size=1, max_size=2)
        ),
        name: principal,
        "Condition": draw(conditions()),
    }


documents = st.builds(
    lambda each, version: document(*each, version=version),
    st.lists(statements(), min_size=1, max_size=3),
    st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    def blur(text: str) -> str:
        """The text, or a symbolic one that may be it."""
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        return draw(st.sampled_from([text, text[:start] + ANY + text[end:]]))

    who = draw(st.sampled_from(PEOPLE))
    principals = [who, ANYONE, Principal(who.kind, blur(who.id), ACCOUNT), Principal(who.kind, blur(who.id))]
    context: dict[str, Sequence[str] | None] = {}
    for key, (values, *_) in KEYS.items():
        kind = draw(st.sampled_from(["open", "absent", "given", "given"]))
        if kind != "open":
            context[key] = [blur(draw(st.sampled_from(values)))] if kind == "given" else None
    return Request(
        blur(draw(st.sampled_from(ACTIONS))),
        blur(draw(st.sampled_from(ARNS))),
        draw(st.sampled_from(principals)),
        context,
    )


def some_of(symbolic: Request, seed: int, many: int = 10) -> Iterator[Request]:
    """Some of the requests that a symbolic one stands for."""
    random = Random(seed)

    def text(pattern: str) -> str:
        first, *others = pattern.split(ANY)
        return first + "".join(
            random.choice(["", "a", "A", "*", "/", ":a", "b:", "s3:a", "1"]) + each for each in others
        )

    def values(key: str) -> Sequence[str] | None:
        found = symbolic.get(key)
        if found is Unspecified.UNSPECIFIED:
            return random.choice([None, *([value] for value in KEYS[key][0])])
        return found and [text(value) for value in found]

    who = symbolic.principal
    people = [each for each in PEOPLE if who == ANYONE or stands_for(who, each)]
    for _ in range(many if people else 0):
        yield Request(
            text(symbolic.action),
            text(symbolic.resource),
            random.choice(people),
            {key: values(key) for key in KEYS},
            context_is_complete=True,
        )


def stands_for(symbolic: Principal, who: Principal) -> bool:
    in_account = symbolic.account is None or symbolic.kind != "AWS" or symbolic.account in who.id
    return symbolic.kind == who.kind and naive(symbolic.id.replace(ANY, "*"), who.id) and in_account


def allows(claimed: Outcome, found: Outcome) -> bool:
    """Whether a claim about many requests leaves room for what is found of one."""
    return claimed in (UNSURE, found) or (claimed is NOT_ALLOWED and found is DENIED)


seeds = st.integers(0, 1 << 32)


@steady
@given(documents, requests(), seeds)
def test_a_definite_answer_holds_for_every_request_it_stands_for(
    policy: dict[str, Any], symbolic: Request, seed: int
) -> None:
    parsed = parse(policy)
    claimed = evaluate([parsed], symbolic).outcome
    claims = [statement_matches(one, symbolic) for one in parsed.statements]
    for asked in some_of(symbolic, seed):
        assert allows(claimed, evaluate([parsed], asked).outcome)
        found = [statement_matches(one, asked) for one in parsed.statements]
        assert all(claim in (MAYBE, each) or each is MAYBE for claim, each in zip(claims, found, strict=True))


@steady
@given(documents, seeds)
def test_a_concrete_request_is_decided(policy: dict[str, Any], seed: int) -> None:
    parsed = parse(policy)
    random = Random(seed)
    for who in PEOPLE:
        one_of_many = Request(random.choice(ACTIONS), random.choice(ARNS), who, {})
        for asked in some_of(one_of_many, seed, 2):
            decision = evaluate([parsed], asked)
            assert decision.outcome is not UNSURE, decision.reasons
            assert not decision.reasons
            assert (decision.statement is None) is (decision.outcome is NOT_ALLOWED)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a document that a preview may not know: the container and the key in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield value, key
        yield from places(inner)


@steady
@given(documents, requests(), seeds)
def test_what_is_said_of_a_document_with_an_unknown_part_holds_whatever_it_is(
    policy: dict[str, Any], symbolic: Request, seed: int
) -> None:
    known = parse(policy)
    hidden = cast("dict[str, Any]", json.loads(json.dumps(policy)))
    container, key = Random(seed).choice(list(places(hidden)))
    container[key] = Unknown()
    unknown = parse(hidden)
    claimed = evaluate([unknown], symbolic).outcome
    for asked in some_of(symbolic, seed):
        found = evaluate([known], asked).outcome
        assert allows(claimed, found)
        assert allows(evaluate([unknown], asked).outcome, found)
