"""The Condition element (IAM JSON policy elements: Condition operators; Single-valued vs. multivalued context keys)."""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from hipaa.evaluator.patterns import ANY, UNKNOWN, Match, all_match, any_match, expand_variables, ascii_lower, match_pattern
from hipaa.evaluator.requests import Unspecified, Request

_ARN_PARTS = 6
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_IPV4_IN_IPV6 = ipaddress.ip_network("::ffff:0:0/96")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = re.compile(r"\d{1,3}|\d{5,}", re.ASCII)


@dataclass(frozen=True)
class Operator:
    """How a condition operator compares a value of a document with one of a request.

    check: raises ValueError for a document's value that the operator can't have.
    text: whether values hold variables, which only those of "String" and "ARN" operators do.
    wild: whether values hold wildcards.
    every, some: the prefixes ForAllValues and ForAnyValue.
    """

    compare: Callable[[str, str], Match]
    check: Callable[[str], object] = str
    variables: bool = False
    wildcards: bool = False
    negated: bool = False
    name: str = ""
    for_all_values: bool = False
    for_any_value: bool = False
    if_exists: bool = False


@dataclass(frozen=True)
class Condition:
    """An operator on a key, with values of which any may match. UNKNOWN stands where a preview can't tell."""

    operator: Operator
    key: str
    values: tuple[str, ...]


def parse_operator(name: str) -> Operator:
    """Raises ValueError for an operator that IAM doesn't know."""
    prefix, colon, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if base not in _OPERATORS or (colon and prefix not in ("ForAllValues", "ForAnyValue")) or rest == "NullIfExists":
        raise ValueError("is no condition operator")
    return replace(
        _OPERATORS[base],
        name=name,
        every=prefix == "ForAllValues",
        some=prefix == "ForAnyValue",
        if_exists=rest != base,
    )


def evaluate_condition(condition: Condition, request: Request, variables: bool | None) -> Match:
    """Whether the condition is true of the request."""
    asked = condition.operator
    found = request.get(condition.key)
    if condition.key == UNKNOWN or found is Unspecified.UNSPECIFIED:
        return Match.MAYBE
    if asked.name.endswith("Null"):
        return _null(condition, found)
    if found is None:
        return _without_key(asked)

    wanted = [
        pattern
        for value in condition.values
        if (pattern := expand_variables(value, request.variable_value, variables=variables and asked.variables, wildcards=asked.wildcards)) is not None
    ]

    def one(value: str) -> Match:
        hit = any_match(asked.compare(pattern, value) for pattern in wanted)
        return ~hit if asked.negated else hit

    answers = [one(value) for value in found]
    if asked.for_all_values:
        return _of_set(all_match(answers), found, Match.YES)
    if asked.for_any_value:
        return _of_set(any_match(answers), found, Match.NO)
    # Several values need a set operator, says AWS, and not what happens without.
    return answers[0] if len(set(answers)) == 1 else Match.MAYBE


def _without_key(asked: Operator) -> Match:
    if asked.for_all_values:
        return Match.YES
    if asked.for_any_value:
        # ForAnyValue says no, IfExists yes; AWS doesn't say which wins.
        return Match.MAYBE if asked.if_exists else Match.NO
    # A negated operator matches an absent key, with IfExists as without.
    return Match.from_bool(asked.if_exists or asked.negated)


def _of_set(answer: Match, found: Sequence[str], if_empty: Match) -> Match:
    """A set operator takes an empty string for an empty set."""
    if not any(found):
        return if_empty
    return answer if answer is if_empty or any(value.strip(ANY) for value in found) else Match.MAYBE


def _null(condition: Condition, found: Sequence[str] | None) -> Match:
    # AWS doesn't say whether an empty string is null here, nor what a set operator does.
    of_set = condition.operator.for_all_values or condition.operator.for_any_value
    if of_set or (found is not None and not any(value.strip(ANY) for value in found)):
        return Match.MAYBE
    answers = {"true": Match.from_bool(found is None), "false": Match.from_bool(found is not None)}
    return any_match(answers.get(value.lower(), Match.MAYBE) for value in condition.values)


def _ignoring_case(pattern: str, value: str) -> Match:
    """A letter outside ASCII may be like any other text: "ignoring case" is all that AWS says."""
    pattern, value = ascii_lower(pattern), ascii_lower(value)
    may = match_pattern(_NOT_ASCII.sub(UNKNOWN, pattern), _NOT_ASCII.sub(ANY, value))
    return match_pattern(pattern, value) | (Match.MAYBE & may)


def _arn(pattern: str, value: str) -> Match:
    """Each of the six parts for itself; only the last may hold a colon."""
    as_text = match_pattern(pattern, value)
    wanted, found = pattern.split(":", 5), value.split(":", 5)
    known = UNKNOWN not in "".join(wanted[:-1]) and ANY not in "".join(found[:-1])
    if len(wanted) == len(found) == _ARN_PARTS and known:
        return all_match(map(match_pattern, wanted, found))
    # Text that can't match part by part either does not match; AWS doesn't say what one does that is no ARN.
    return as_text & Match.MAYBE


def _typed(read: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Callable[[str, str], Match]:
    def typed(wanted: str, found: str) -> Match:
        try:
            return Match.from_bool(compare(read(found), read(wanted)))
        except ValueError:
            # ANY or UNKNOWN is in it, or a value of the wrong type: AWS doesn't say what that does.
            return Match.MAYBE

    return typed


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is no number")
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent past what Decimal holds
        raise ValueError("is no number") from None


def _moment(text: str) -> Decimal:
    """Seconds since 1970, of epoch time or of a W3C date with its time and zone.

    A date without them spans a day or more: AWS doesn't say what equals or precedes that. Four digits may be a year or
    epoch time.
    """
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    if not _MOMENT.fullmatch(text):
        raise ValueError("is no moment")
    return Decimal(str(datetime.fromisoformat(text).timestamp()))


def _may_be_date(text: str) -> None:
    if _DATE.fullmatch(text):
        datetime.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    else:
        _number(text)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    if not re.fullmatch(r"[^/]+(/\d+)?", text, re.ASCII):
        raise ValueError("is no IP address or CIDR range")
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:  # whose own words repeat the value
        raise ValueError("is no IP address or CIDR range") from None


def _within(address: Any, network: Any) -> bool:
    if address.num_addresses > 1:
        raise ValueError("is no single address")
    if _IPV4_IN_IPV6.overlaps(address) or (address.version == 4 and _IPV4_IN_IPV6.overlaps(network)):
        raise ValueError("is an IPv4 address in IPv6, of which AWS says nothing")
    return bool(address.version == network.version and address.subnet_of(network))


def _may_be_variable(text: str) -> None:
    """The page on operators says that Bool takes variables, the one on variables that it does not."""
    if "${" not in text:
        _truth(text)


def _truth(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text.lower() == "true"


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _bytes(text: str) -> bytes:
    """AWS doesn't say whether base64 with stray bits at its end, another spelling of the same bytes, equals them."""
    found = _base64(text)
    if base64.b64encode(found).decode() != text:
        raise ValueError("is not how base64 spells its bytes")
    return found


def _ordered(kind: str, read: Callable[[str], Any], check: Callable[[str], object]) -> dict[str, Operator]:
    orders = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    operators = {kind + name: Operator(_typed(read, order), check) for name, order in orders.items()}
    return operators | {f"{kind}NotEquals": Operator(_typed(read, operator.eq), check, negated=True)}


_OPERATORS = {
    "StringEquals": Operator(match_pattern, variables=True),
    "StringNotEquals": Operator(match_pattern, variables=True, negated=True),
    "StringEqualsIgnoreCase": Operator(_ignoring_case, variables=True),
    "StringNotEqualsIgnoreCase": Operator(_ignoring_case, variables=True, negated=True),
    "StringLike": Operator(match_pattern, variables=True, wildcards=True),
    "StringNotLike": Operator(match_pattern, variables=True, wildcards=True, negated=True),
    "ArnEquals": Operator(_arn, variables=True, wildcards=True),
    "ArnLike": Operator(_arn, variables=True, wildcards=True),
    "ArnNotEquals": Operator(_arn, variables=True, wildcards=True, negated=True),
    "ArnNotLike": Operator(_arn, variables=True, wildcards=True, negated=True),
    **_ordered("Numeric", _number, _number),
    **_ordered("Date", _moment, _may_be_date),
    "Bool": Operator(_typed(_truth, operator.eq), _may_be_variable),
    "BinaryEquals": Operator(_typed(_bytes, operator.eq), _base64),
    "IpAddress": Operator(_typed(_network, _within), _network),
    "NotIpAddress": Operator(_typed(_network, _within), _network, negated=True),
    "Null": Operator(match_pattern, _truth),
}
UNKNOWN_CONDITION = Condition(Operator(match_pattern), UNKNOWN, ())
