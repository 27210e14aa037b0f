"""Whether an event that CloudTrail recorded is picked out: by an EventBridge rule, or by a filter on its log.

EventBridge gets it in an envelope: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
The log gets it bare: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
What isn't understood, or depends on a value of the event that isn't known, is MAYBE.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from hipaa.evaluator import Match
from hipaa.evaluator.patterns import all_match, any_match
from hipaa.model.values import Unknown

Event = Mapping[str, Any]
WHATEVER: Final = object()
"""In an event: a value that a pattern chooses for itself, such as the ARN of the role that it is about."""
_ABSENT: Final = object()


class _RefusedError(ValueError):
    """AWS takes no such pattern."""


def by_rule(pattern: str, event: Event) -> Match:
    """Whether an EventBridge rule with this pattern picks out an event, which is in its envelope."""
    try:
        content = _json(pattern)
        return _object(content, event) if isinstance(content, Mapping) and content else Match.NO
    except (ValueError, RecursionError):
        return Match.NO


def enveloped(record: Event) -> Event:
    """A record of CloudTrail as EventBridge gets it."""
    service = str(record["eventSource"]).split(".", 1)[0]
    kind = "Console Sign In" if record["eventType"] == "AwsConsoleSignIn" else "API Call"
    return {
        "version": "0",
        "source": f"aws.{service}",
        "detail-type": f"AWS {kind} via CloudTrail",
        "account": record["recipientAccountId"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


@lru_cache(maxsize=1024)
def _json(pattern: str) -> Any:
    return json.loads(pattern)


def _object(pattern: Mapping[str, Any], event: Any) -> Match:
    """Every field of the pattern must be met."""
    if isinstance(event, Unknown):
        return Match.MAYBE
    fields = event if isinstance(event, Mapping) else {}
    return all_match(
        any_match(_object(each, event) for each in _alternatives(value))
        if name == "$or"
        else _field(value, fields.get(name, _ABSENT))
        for name, value in pattern.items()
    )


def _alternatives(value: Any) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(each, Mapping) and each for each in value):
        raise _RefusedError
    return value


def _field(pattern: Any, value: Any) -> Match:
    """Of a list in the event one entry is enough; of a list in the pattern one test is."""
    values = value if isinstance(value, list) else [value]
    if isinstance(pattern, Mapping):
        return any_match(_object(pattern, each) for each in values)
    if not isinstance(pattern, list) or not pattern:
        raise _RefusedError
    return any_match([_test(test, each) for test in pattern for each in values])


def _test(test: Any, value: Any) -> Match:
    operator, operand = ("equals", test) if not isinstance(test, Mapping) else _operator(test)
    if operator == "exists":
        return Match.from_bool(operand is (value is not _ABSENT))
    if operator not in _TESTS and operator != "anything-but":
        return Match.MAYBE
    if value is _ABSENT:
        return Match.NO
    if value is WHATEVER:
        return Match.YES
    return Match.MAYBE if isinstance(value, Unknown) else Match.from_bool(_holds(operator, operand, value))


def _operator(test: Mapping[str, Any]) -> tuple[str, Any]:
    if len(test) != 1:
        raise _RefusedError
    return next(iter(test.items()))


def _holds(operator: str, operand: Any, value: Any) -> bool:
    if operator == "anything-but":
        within, operand = _operator(operand) if isinstance(operand, Mapping) else ("equals", operand)
        return not any(_holds(within, each, value) for each in (operand if isinstance(operand, list) else [operand]))
    if isinstance(operand, Mapping):  # {"prefix": {"equals-ignore-case": "…"}}
        within, operand = _operator(operand)
        if within != "equals-ignore-case":
            raise _RefusedError
        operand, value = str(operand).casefold(), value.casefold() if isinstance(value, str) else value
    if operator not in _TESTS or (operator != "equals" and not isinstance(operand, str)):
        raise _RefusedError
    if operator == "equals":
        return operand == value and isinstance(operand, bool) == isinstance(value, bool)
    return isinstance(value, str) and _TESTS[operator](operand, value)


def _like(pattern: str, value: str) -> bool:
    r"""Whether a text is of a pattern in which `*` stands for any string, and `\*` for itself."""
    parts = [""]
    for each in re.findall(r"\\[\\*]|.", pattern, re.DOTALL):
        if each == "*":
            parts.append("")
        else:
            parts[-1] += each[-1]
    return _in_order(parts, value)


def _in_order(parts: list[str], value: str) -> bool:
    """Whether a text is these parts with anything between them. A regular expression of many `.*` may take forever."""
    if len(parts) == 1:
        return value == parts[0]
    first, *between, last = parts
    if not value.startswith(first):
        return False
    at = len(first)
    for part in between:
        found = value.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return value.endswith(last) and at + len(last) <= len(value)


_TESTS = {
    "equals": lambda operand, value: operand == value,
    "prefix": lambda operand, value: value.startswith(operand),
    "suffix": lambda operand, value: value.endswith(operand),
    "equals-ignore-case": lambda operand, value: value.casefold() == operand.casefold(),
    "wildcard": _like,
}


def by_filter(pattern: str, record: Event) -> Match:
    """Whether a metric filter with this pattern picks out a record in a log. One that isn't for JSON is MAYBE."""
    text = pattern.strip()
    if not text:
        return Match.YES
    try:
        return _Filter(_tokens(text), record).answer()
    except (ValueError, IndexError, RecursionError):
        return Match.MAYBE


_TOKEN = re.compile(
    r'\s*(?:(?P<selector>\$[.\[](?:"[^"]*"|[^\s=!<>()&|])*)'
    r"|(?P<sign>&&|\|\||<=|>=|!=|[=<>(){}])"
    r'|"(?P<text>(?:[^"\\]|\\.)*)"'
    r'|(?P<word>[^\s()&|"=<>!{}]+))\s*',
    re.DOTALL,
)


@lru_cache(maxsize=1024)
def _tokens(text: str) -> tuple[tuple[str, str], ...]:
    found, at = [], 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise ValueError("no token")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return tuple(found)


class _Filter:
    """Reads a pattern from left to right, and answers for one record. `&&` binds closer than `||`."""

    def __init__(self, tokens: tuple[tuple[str, str], ...], record: Event) -> None:
        self._tokens = tokens
        self._record = record
        self._at = 0

    def answer(self) -> Match:
        self._want("{")
        found = self._either()
        self._want("}")
        if self._at < len(self._tokens):
            raise ValueError("more than one expression")
        return found

    def _either(self) -> Match:
        found = self._both()
        while self._takes("sign", "||"):
            found |= self._both()
        return found

    def _both(self) -> Match:
        found = self._one()
        while self._takes("sign", "&&"):
            found &= self._one()
        return found

    def _one(self) -> Match:
        if self._takes("sign", "("):
            found = self._either()
            self._want(")")
            return found
        value = self._selected(self._next("selector"))
        if self._takes("word", "EXISTS"):
            return Match.from_bool(value is not _ABSENT)
        if self._takes("word", "NOT"):
            self._next("word", "EXISTS")
            return Match.from_bool(value is _ABSENT)
        if self._takes("word", "IS"):
            return _is(value, self._next("word"))
        operator = self._next("sign")
        kind, operand = self._tokens[self._at]
        self._at += 1
        if kind not in ("text", "word") or operator not in ("=", "!=", "<", ">", "<=", ">="):
            raise ValueError("no comparison")
        return _compared(value, operator, re.sub(r"\\(.)", r"\1", operand) if kind == "text" else operand, kind)

    def _selected(self, selector: str) -> Any:
        value: Any = self._record
        rest = re.sub(r'\.?([\w-]+)|\[(\d+)\]|\["([^"]*)"\]', "", selector[1:])
        if rest:
            raise ValueError("no plain selector")
        for name, index, quoted in re.findall(r'\.?([\w-]+)|\[(\d+)\]|\["([^"]*)"\]', selector[1:]):
            if value is WHATEVER or isinstance(value, Unknown):
                return value
            if index or name.isdecimal():
                at = int(index or name)
                value = value[at] if isinstance(value, list) and at < len(value) else _ABSENT
            else:
                value = value.get(name or quoted, _ABSENT) if isinstance(value, Mapping) else _ABSENT
        return value

    def _takes(self, kind: str, text: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == (kind, text)
        self._at += taken
        return taken

    def _want(self, sign: str) -> None:
        self._next("sign", sign)

    def _next(self, kind: str, text: str | None = None) -> str:
        found, value = self._tokens[self._at]
        if found != kind or text not in (None, value):
            raise ValueError("not expected")
        self._at += 1
        return value


def _is(value: Any, what: str) -> Match:
    if value is _ABSENT:
        return Match.NO
    if value is WHATEVER or isinstance(value, Unknown) or what not in ("TRUE", "FALSE", "NULL"):
        return Match.MAYBE
    return Match.from_bool(value is {"TRUE": True, "FALSE": False, "NULL": None}[what])


def _compared(value: Any, operator: str, operand: str, kind: str) -> Match:
    """AWS doesn't say whether `!=` holds of a field that isn't there."""
    if value is _ABSENT:
        return Match.MAYBE if operator == "!=" else Match.NO
    if value is WHATEVER:
        return Match.YES
    if isinstance(value, Unknown | list | Mapping | bool | None) or (kind == "word" and operand.startswith("%")):
        return Match.MAYBE
    if operator in ("=", "!=") and isinstance(value, str):
        same = _in_order(operand.split("*"), value)
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
