"""Matches CloudTrail records against the patterns of EventBridge rules and of metric filters.

EventBridge receives a record in an envelope: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
A log group receives it without the envelope: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
The answer is MAYBE where a pattern isn't understood, or depends on a value of the record that isn't known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from hipaa_controls.evaluator import Match
from hipaa_controls.evaluator.patterns import all_match, any_match
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.wildcards import contains_in_order

Event = Mapping[str, Any]
ANY_VALUE: Final = object()
"""In a record: a value that equals any value in a pattern, such as the ARN of a role that only the pattern names."""
_ABSENT: Final = object()


class _InvalidPatternError(ValueError):
    """AWS rejects the pattern."""


def rule_matches(pattern: str, event: Event) -> Match:
    """Return whether an EventBridge rule with this pattern matches an event, which is in its envelope.

    A pattern that AWS rejects matches nothing.
    """
    try:
        content = _json(pattern)
        return _object_matches(content, event) if isinstance(content, Mapping) and content else Match.NO
    except (ValueError, RecursionError):
        return Match.NO


def in_envelope(record: Event) -> Event:
    """Return a CloudTrail record in the envelope in which EventBridge receives it."""
    service = str(record["eventSource"]).split(".", 1)[0]
    detail_type = "Console Sign In" if record["eventType"] == "AwsConsoleSignIn" else "API Call"
    return {
        "version": "0",
        "source": f"aws.{service}",
        "detail-type": f"AWS {detail_type} via CloudTrail",
        "account": record["recipientAccountId"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


@lru_cache(maxsize=1024)
def _json(pattern: str) -> Any:
    return json.loads(pattern)


def _object_matches(pattern: Mapping[str, Any], event: Any) -> Match:
    """Return whether every field of the pattern matches."""
    if isinstance(event, Unknown):
        return Match.MAYBE
    fields = event if isinstance(event, Mapping) else {}
    return all_match(
        any_match(_object_matches(alternative, event) for alternative in _alternatives(value))
        if name == "$or"
        else _field_matches(value, fields.get(name, _ABSENT))
        for name, value in pattern.items()
    )


def _alternatives(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(item, Mapping) and item for item in value):
        raise _InvalidPatternError
    return value


def _field_matches(pattern: Any, value: Any) -> Match:
    """Return whether a field matches. One item of a list in the event is enough, as is one test of the pattern's."""
    values = value if isinstance(value, list) else [value]
    if isinstance(pattern, Mapping):
        return any_match(_object_matches(pattern, item) for item in values)
    if not isinstance(pattern, list) or not pattern:
        raise _InvalidPatternError
    return any_match([_test_matches(test, item) for test in pattern for item in values])


def _test_matches(test: Any, value: Any) -> Match:
    operator, operand = ("equals", test) if not isinstance(test, Mapping) else _operator(test)
    if operator == "exists":
        return Match.from_bool(operand is (value is not _ABSENT))
    if operator not in _TESTS and operator != "anything-but":
        return Match.MAYBE
    if value is _ABSENT:
        return Match.NO
    if value is ANY_VALUE:
        return Match.YES
    return Match.MAYBE if isinstance(value, Unknown) else Match.from_bool(_holds(operator, operand, value))


def _operator(test: Mapping[str, Any]) -> tuple[str, Any]:
    if len(test) != 1:
        raise _InvalidPatternError
    return next(iter(test.items()))


def _holds(operator: str, operand: Any, value: Any) -> bool:
    if operator == "anything-but":
        negated, operand = _operator(operand) if isinstance(operand, Mapping) else ("equals", operand)
        return not any(_holds(negated, item, value) for item in (operand if isinstance(operand, list) else [operand]))
    if isinstance(operand, Mapping):  # {"prefix": {"equals-ignore-case": "…"}}
        modifier, operand = _operator(operand)
        if modifier != "equals-ignore-case":
            raise _InvalidPatternError
        operand, value = str(operand).casefold(), value.casefold() if isinstance(value, str) else value
    if operator not in _TESTS or (operator != "equals" and not isinstance(operand, str)):
        raise _InvalidPatternError
    if operator == "equals":
        return operand == value and isinstance(operand, bool) == isinstance(value, bool)
    return isinstance(value, str) and _TESTS[operator](operand, value)


def _wildcard_matches(pattern: str, value: str) -> bool:
    r"""Return whether a text matches a pattern in which `*` stands for any string, and `\*` for itself."""
    parts = [""]
    for symbol in re.findall(r"\\[\\*]|.", pattern, re.DOTALL):
        if symbol == "*":
            parts.append("")
        else:
            parts[-1] += symbol[-1]
    return contains_in_order(parts, value)


_TESTS = {
    "equals": lambda operand, value: operand == value,
    "prefix": lambda operand, value: value.startswith(operand),
    "suffix": lambda operand, value: value.endswith(operand),
    "equals-ignore-case": lambda operand, value: value.casefold() == operand.casefold(),
    "wildcard": _wildcard_matches,
}


# AWS refuses a longer one: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
MAX_FILTER_LENGTH = 1024


def filter_matches(pattern: str, record: Event) -> Match:
    """Return whether a metric filter with this pattern matches a record.

    An empty pattern matches every record. A pattern that isn't for JSON events is MAYBE.
    """
    text = pattern.strip()
    if not text:
        return Match.YES
    if len(text) > MAX_FILTER_LENGTH:
        return Match.MAYBE
    try:
        return _FilterParser(_tokens(text), record).evaluate()
    except (ValueError, IndexError, RecursionError):
        return Match.MAYBE


_TOKEN = re.compile(
    r'\s*(?:(?P<selector>\$[.\[](?:"[^"]*"|[^\s=!<>()&|"])*)'
    r"|(?P<sign>&&|\|\||<=|>=|!=|[=<>(){}])"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"'
    r'|(?P<word>[^\s()&|"=<>!{}]+))\s*',
    re.DOTALL,
)


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    tokens, position = [], 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise ValueError("not a token")
        tokens.append((token.lastgroup, token[token.lastgroup]))
        position = token.end()
    return tuple(tokens)


class _FilterParser:
    """Evaluates a filter pattern for one record as it parses it, left to right. `&&` binds tighter than `||`."""

    def __init__(self, tokens: tuple[tuple[str, str], ...], record: Event) -> None:
        self._tokens = tokens
        self._record = record
        self._position = 0

    def evaluate(self) -> Match:
        self._expect("sign", "{")
        match = self._disjunction()
        self._expect("sign", "}")
        if self._position < len(self._tokens):
            raise ValueError("more than one expression")
        return match

    def _disjunction(self) -> Match:
        match = self._conjunction()
        while self._accept("sign", "||"):
            match |= self._conjunction()
        return match

    def _conjunction(self) -> Match:
        match = self._term()
        while self._accept("sign", "&&"):
            match &= self._term()
        return match

    def _term(self) -> Match:
        if self._accept("sign", "("):
            match = self._disjunction()
            self._expect("sign", ")")
            return match
        value = self._select(self._expect("selector"))
        if self._accept("word", "EXISTS"):
            return Match.from_bool(value is not _ABSENT)
        if self._accept("word", "NOT"):
            self._expect("word", "EXISTS")
            return Match.from_bool(value is _ABSENT)
        if self._accept("word", "IS"):
            return _is_constant(value, self._expect("word"))
        operator = self._expect("sign")
        symbol_type, operand = self._tokens[self._position]
        self._position += 1
        if symbol_type not in ("text", "word") or operator not in ("=", "!=", "<", ">", "<=", ">="):
            raise ValueError("not a comparison")
        operand = re.sub(r"\\(.)", r"\1", operand) if symbol_type == "text" else operand
        return _compare(value, operator, operand, symbol_type)

    def _select(self, selector: str) -> Any:
        """Return the value that a selector such as `$.userIdentity.type` names in the record."""
        value: Any = self._record
        rest = re.sub(r'\.?([\w-]+)|\[(\d+)\]|\["([^"]*)"\]', "", selector[1:])
        if rest:
            raise ValueError("not a plain selector")
        for name, index, quoted in re.findall(r'\.?([\w-]+)|\[(\d+)\]|\["([^"]*)"\]', selector[1:]):
            if value is ANY_VALUE or isinstance(value, Unknown):
                return value
            if index or name.isdecimal():
                number = int(index or name)
                value = value[number] if isinstance(value, list) and number < len(value) else _ABSENT
            else:
                value = value.get(name or quoted, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        return value

    def _accept(self, symbol_type: str, text: str) -> bool:
        """Consume the next token if it is this one, and return whether it was."""
        accepted = self._position < len(self._tokens) and self._tokens[self._position] == (symbol_type, text)
        self._position += accepted
        return accepted

    def _expect(self, symbol_type: str, text: str | None = None) -> str:
        """Consume the next token and return its text. Raise ValueError if it isn't of this type and text."""
        next_type, value = self._tokens[self._position]
        if next_type != symbol_type or text not in (None, value):
            raise ValueError("unexpected token")
        self._position += 1
        return value


def _is_constant(value: Any, constant: str) -> Match:
    if value is _ABSENT:
        return Match.NO
    if value is ANY_VALUE or isinstance(value, Unknown) or constant not in ("TRUE", "FALSE", "NULL"):
        return Match.MAYBE
    return Match.from_bool(value is {"TRUE": True, "FALSE": False, "NULL": None}[constant])


def _compare(value: Any, operator: str, operand: str, symbol_type: str) -> Match:
    """Return whether a comparison holds. AWS doesn't document whether `!=` holds for an absent field."""
    if value is _ABSENT:
        return Match.MAYBE if operator == "!=" else Match.NO
    if value is ANY_VALUE:
        return Match.YES
    if isinstance(value, Unknown | list | Mapping | bool | None) or (symbol_type == "word" and operand.startswith("%")):
        return Match.MAYBE
    if operator in ("=", "!=") and isinstance(value, str):
        same = contains_in_order(operand.split("*"), value)
    elif isinstance(value, int | float) and re.fullmatch(r"-?\d+(\.\d+)?", operand, re.ASCII):
        return Match.from_bool(_ORDER[operator](value, float(operand)))
    else:
        return Match.MAYBE
    return Match.from_bool(same is (operator == "="))


_ORDER = {
    "=": lambda value, operand: value == operand,
    "!=": lambda value, operand: value != operand,
    "<": lambda value, operand: value < operand,
    ">": lambda value, operand: value > operand,
    "<=": lambda value, operand: value <= operand,
    ">=": lambda value, operand: value >= operand,
}
