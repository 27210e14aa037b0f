"""The outcome for a symbolic request holds for every request that it stands for.

The generated policies and requests use few letters, so that they often match.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from hipaa_controls.evaluator import ANY, ANYONE, Outcome, Principal, Request, evaluate, parse, statement_matches
from hipaa_controls.evaluator.requests import Unspecified
from tests.policy.policy_builders import (
    ACCOUNT,
    ANONYMOUS,
    DAY,
    EXPLICIT_DENY,
    EXTERNAL_ROLE,
    IMPLICIT_DENY,
    INDETERMINATE,
    LATER,
    MAYBE,
    ROLE,
    ROOT,
    SESSION,
    USER,
    UnknownValue,
    deterministic,
    document,
    naive_match,
)

EVE = "arn:aws:iam::777788889999:user/eve"
ACTIONS = ["s3:a", "s3:A", "s3:ab", "kms:a"]
PRINCIPALS = [
    *(
        Principal("AWS", arn)
        for arn in (USER, ROOT, SESSION, EXTERNAL_ROLE, EVE, f"arn:aws:sts::{ACCOUNT}:assumed-role/b/x")
    ),
    *(ANONYMOUS, Principal("Service", "s3.amazonaws.com"), Principal("Service", "b"), Principal("Federated", "b")),
]
words = st.text("aA*?", min_size=1, max_size=3)
ARNS = ["arn:aws:s3:::a", "arn:aws:s3:::a/a", "arn:aws:s3:a::a/b", "arn:aws:s3:::a/a:a"]
VARIABLES = ["${t:s}", "${t:none}", "${t:s, 'a'}", "${*}", "${$}", "${t:s}*"]

# condition key: its values in requests, its values in policies, and the operators
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
        policy_values = st.sampled_from(["true", "false"] if name == "Null" else values)
        prefix, suffix = "", ""
        if name != "Null":
            prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
            suffix = draw(st.sampled_from(["", "IfExists"])) if prefix != "ForAnyValue:" else ""
        block.setdefault(prefix + name + suffix, {})[key] = draw(st.lists(policy_values, min_size=1, max_size=2))
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
    lambda contents, version: document(*contents, version=version),
    st.lists(statements(), min_size=1, max_size=3),
    st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17"]),
)


@st.composite
def requests(draw: st.DrawFn) -> Request:
    def blur(text: str) -> str:
        """Return the text, or a symbolic text that may stand for it."""
        start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
        return draw(st.sampled_from([text, text[:start] + ANY + text[end:]]))

    exact = draw(st.sampled_from(PRINCIPALS))
    principals = [exact, ANYONE, Principal(exact.kind, blur(exact.id), ACCOUNT), Principal(exact.kind, blur(exact.id))]
    context: dict[str, Sequence[str] | None] = {}
    for key, (values, *_) in KEYS.items():
        presence = draw(st.sampled_from(["unspecified", "absent", "present", "present"]))
        if presence != "unspecified":
            context[key] = [blur(draw(st.sampled_from(values)))] if presence == "present" else None
    return Request(
        blur(draw(st.sampled_from(ACTIONS))),
        blur(draw(st.sampled_from(ARNS))),
        draw(st.sampled_from(principals)),
        context,
    )


def sample_requests(symbolic: Request, seed: int, count: int = 10) -> Iterator[Request]:
    """Yield random requests that a symbolic one stands for."""
    random = Random(seed)

    def text(pattern: str) -> str:
        first, *others = pattern.split(ANY)
        return first + "".join(
            random.choice(["", "a", "A", "*", "/", ":a", "b:", "s3:a", "1"]) + other for other in others
        )

    def values(key: str) -> Sequence[str] | None:
        symbolic_values = symbolic.get(key)
        if symbolic_values is Unspecified.UNSPECIFIED:
            return random.choice([None, *([value] for value in KEYS[key][0])])
        return symbolic_values and [text(value) for value in symbolic_values]

    principals = [
        principal
        for principal in PRINCIPALS
        if symbolic.principal == ANYONE or stands_for(symbolic.principal, principal)
    ]
    for _ in range(count if principals else 0):
        yield Request(
            text(symbolic.action),
            text(symbolic.resource),
            random.choice(principals),
            {key: values(key) for key in KEYS},
            context_is_complete=True,
        )


def stands_for(symbolic: Principal, principal: Principal) -> bool:
    in_account = symbolic.account is None or symbolic.kind != "AWS" or symbolic.account in principal.id
    same_kind = symbolic.kind == principal.kind
    return same_kind and naive_match(symbolic.id.replace(ANY, "*"), principal.id) and in_account


def is_consistent(symbolic_outcome: Outcome, outcome: Outcome) -> bool:
    """Return whether the outcome for a symbolic request admits this outcome for a request that it stands for."""
    return symbolic_outcome in (INDETERMINATE, outcome) or (
        symbolic_outcome is IMPLICIT_DENY and outcome is EXPLICIT_DENY
    )


seeds = st.integers(0, 1 << 32)


@deterministic
@given(documents, requests(), seeds)
def test_evaluate_symbolic_outcome_holds_for_every_request(
    policy: dict[str, Any], symbolic: Request, seed: int
) -> None:
    parsed = parse(policy)
    symbolic_outcome = evaluate([parsed], symbolic).outcome
    symbolic_matches = [statement_matches(statement, symbolic) for statement in parsed.statements]
    for concrete in sample_requests(symbolic, seed):
        assert is_consistent(symbolic_outcome, evaluate([parsed], concrete).outcome)
        for statement, symbolic_match in zip(parsed.statements, symbolic_matches, strict=True):
            match = statement_matches(statement, concrete)
            assert symbolic_match in (MAYBE, match) or match is MAYBE


@deterministic
@given(documents, seeds)
def test_evaluate_concrete_request_is_never_indeterminate(policy: dict[str, Any], seed: int) -> None:
    parsed = parse(policy)
    random = Random(seed)
    for principal in PRINCIPALS:
        without_context = Request(random.choice(ACTIONS), random.choice(ARNS), principal, {})
        for concrete in sample_requests(without_context, seed, 2):
            decision = evaluate([parsed], concrete)
            assert decision.outcome is not INDETERMINATE, decision.reasons
            assert not decision.reasons
            assert (decision.statement is None) is (decision.outcome is IMPLICIT_DENY)


def replaceable_values(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the container and key of every value in a policy that a preview may not know."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield value, key
        yield from replaceable_values(inner)


@deterministic
@given(documents, requests(), seeds)
def test_evaluate_policy_with_unknown_value_holds_for_every_value(
    policy: dict[str, Any], symbolic: Request, seed: int
) -> None:
    known = parse(policy)
    partly_unknown = cast("dict[str, Any]", json.loads(json.dumps(policy)))
    container, key = Random(seed).choice(list(replaceable_values(partly_unknown)))
    container[key] = UnknownValue()
    unknown = parse(partly_unknown)
    symbolic_outcome = evaluate([unknown], symbolic).outcome
    for concrete in sample_requests(symbolic, seed):
        outcome = evaluate([known], concrete).outcome
        assert is_consistent(symbolic_outcome, outcome)
        assert is_consistent(evaluate([unknown], concrete).outcome, outcome)
