"""The Condition element.

From "IAM JSON policy elements: Condition operators" and "Single-valued vs. multivalued context keys".
"""

import base64
import ipaddress
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from hipaa_controls.evaluator.patterns import (
    ANY,
    UNKNOWN,
    Alternatives,
    Match,
    all_match,
    any_match,
    ascii_lower,
    compile_wildcards,
    complete_arn,
    expand_variables,
    match_pattern,
)
from hipaa_controls.evaluator.requests import Request, Unspecified

_ARN_PARTS = 6
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII)
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH = re.compile(r"\d{1,3}|\d{5,}", re.ASCII)


@dataclass(frozen=True)
class Operator:
    """A condition operator.

    Attributes:
        compare: Compares a value in the policy with a value in the request, in this order.
        validate: Raises ValueError for a value in the policy that is invalid for the operator.
        variables: Whether values may contain variables, as only those of the String and ARN operators do.
        wildcards: Whether values may contain wildcards.
        negated: Whether it is true if no value matches.
        name: Its name in the policy, with prefix and suffix.
        for_all_values: Whether it has the prefix ForAllValues.
        for_any_value: Whether it has the prefix ForAnyValue.
        if_exists: Whether it has the suffix IfExists.
    """

    compare: Callable[[str, str], Match]
    validate: Callable[[str], object] = str
    variables: bool = False
    wildcards: bool = False
    negated: bool = False
    name: str = ""
    for_all_values: bool = False
    for_any_value: bool = False
    if_exists: bool = False


@dataclass(frozen=True)
class Condition:
    """A condition operator, a condition key, and the values to compare it with, of which any may match.

    The key and the values may be UNKNOWN.
    """

    operator: Operator
    key: str
    values: tuple[str, ...]

    @cached_property
    def values_with_variables(self) -> tuple[str, ...]:
        return tuple(value for value in self.values if self.operator.variables and "${" in value)

    @cached_property
    def patterns(self) -> Alternatives:
        """The patterns of the values without variables."""
        values = [value for value in self.values if value not in self.values_with_variables]
        return Alternatives(map(compile_wildcards, values) if self.operator.wildcards else values)

    def patterns_for(self, value: str) -> Sequence[str]:
        """Return the patterns of the values without variables, except some that certainly don't match."""
        compares_text = self.operator.compare in (match_pattern, _match_arn)
        return self.patterns.candidates(value) if compares_text else self.patterns.patterns


def parse_operator(name: str) -> Operator:
    """Return the operator of this name; raise ValueError if IAM has none.

    IAM has no `NullIfExists`.
    """
    prefix, colon, rest = name.rpartition(":")
    base = rest.removesuffix("IfExists")
    if base not in _OPERATORS or (colon and prefix not in ("ForAllValues", "ForAnyValue")) or rest == "NullIfExists":
        raise ValueError("is not a condition operator")
    return replace(
        _OPERATORS[base],
        name=name,
        for_all_values=prefix == "ForAllValues",
        for_any_value=prefix == "ForAnyValue",
        if_exists=rest != base,
    )


def evaluate_condition(condition: Condition, request: Request, supports_variables: bool | None) -> Match:
    """Return whether the condition is true for the request.

    Args:
        condition: The condition.
        request: The request, which may be symbolic.
        supports_variables: Whether the policy's version has variables; None if the version isn't known.
    """
    condition_operator = condition.operator
    request_values = request.get(condition.key)
    if condition.key == UNKNOWN or request_values is Unspecified.UNSPECIFIED:
        return Match.MAYBE
    if condition_operator.name.endswith("Null"):
        return _evaluate_null(condition, request_values)
    if request_values is None:
        return _evaluate_absent_key(condition_operator)

    expanded = (
        expand_variables(
            value,
            request.variable_value,
            variables=supports_variables and condition_operator.variables,
            wildcards=condition_operator.wildcards,
        )
        for value in condition.values_with_variables
    )
    expanded_patterns = [pattern for pattern in expanded if pattern is not None]

    def compare(request_value: str) -> Match:
        patterns = [*condition.patterns_for(request_value), *expanded_patterns]
        matched = any_match(condition_operator.compare(pattern, request_value) for pattern in patterns)
        return ~matched if condition_operator.negated else matched

    results = [compare(value) for value in request_values]
    if condition_operator.for_all_values:
        return _evaluate_set(all_match(results), request_values, if_empty=Match.YES)
    if condition_operator.for_any_value:
        return _evaluate_set(any_match(results), request_values, if_empty=Match.NO)
    # AWS says that several values need a set operator, but not what happens without one.
    return results[0] if len(set(results)) == 1 else Match.MAYBE


def _evaluate_absent_key(condition_operator: Operator) -> Match:
    if condition_operator.for_all_values:
        return Match.YES
    if condition_operator.for_any_value:
        # ForAnyValue is false and IfExists is true for an absent key; AWS doesn't document which one wins.
        return Match.MAYBE if condition_operator.if_exists else Match.NO
    # A negated operator matches an absent key, with or without IfExists.
    return Match.from_bool(condition_operator.if_exists or condition_operator.negated)


def _evaluate_set(result: Match, request_values: Sequence[str], *, if_empty: Match) -> Match:
    """Return the result of a set operator, which treats an empty string as an empty set."""
    if not any(request_values):
        return if_empty
    if result is if_empty or any(value.strip(ANY) for value in request_values):
        return result
    return Match.MAYBE


def _evaluate_null(condition: Condition, request_values: Sequence[str] | None) -> Match:
    # AWS doesn't document whether an empty string is null here, nor the effect of a set operator.
    has_set_operator = condition.operator.for_all_values or condition.operator.for_any_value
    may_be_empty = request_values is not None and not any(value.strip(ANY) for value in request_values)
    if has_set_operator or may_be_empty:
        return Match.MAYBE
    results = {"true": Match.from_bool(request_values is None), "false": Match.from_bool(request_values is not None)}
    return any_match(results.get(value.lower(), Match.MAYBE) for value in condition.values)


def _match_ignoring_case(pattern: str, value: str) -> Match:
    """Compare without regard to case.

    AWS says "ignoring case" and no more, so a letter outside ASCII may equal any text.
    """
    pattern, value = ascii_lower(pattern), ascii_lower(value)
    may_match = match_pattern(_NOT_ASCII.sub(UNKNOWN, pattern), _NOT_ASCII.sub(ANY, value))
    return match_pattern(pattern, value) | (Match.MAYBE & may_match)


def _match_arn(pattern: str, value: str) -> Match:
    """Compare each of the six parts of an ARN separately. Only the last part may contain a colon."""
    pattern_parts, value_parts = pattern.split(":", 5), value.split(":", 5)
    parts_are_known = UNKNOWN not in "".join(pattern_parts[:-1]) and ANY not in "".join(value_parts[:-1])
    if len(pattern_parts) == len(value_parts) == _ARN_PARTS and parts_are_known:
        return all_match(map(match_pattern, pattern_parts, value_parts))
    # AWS doesn't document how text that isn't an ARN compares, nor whether it completes an ARN here. If the whole
    # doesn't match, its parts can't either.
    return Match.MAYBE & (match_pattern(pattern, value) | match_pattern(complete_arn(pattern), value))


def _comparison(convert: Callable[[str], Any], compare: Callable[[Any, Any], bool]) -> Callable[[str, str], Match]:
    """Return a function that converts a policy's and a request's value, and compares the request's with the policy's.

    Args:
        convert: Raises ValueError for text that isn't of its type.
        compare: Called with the request's value first.
    """
    convert = lru_cache(maxsize=1 << 12)(convert)  # a document is evaluated for many requests

    def compare_texts(policy_value: str, request_value: str) -> Match:
        try:
            return Match.from_bool(compare(convert(request_value), convert(policy_value)))
        except ValueError:
            # The text contains ANY or UNKNOWN, or isn't of this type; AWS doesn't document how the latter compares.
            return Match.MAYBE

    return compare_texts


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError("is not a number")
    try:
        return Decimal(text)
    except ArithmeticError:  # an exponent out of Decimal's range
        raise ValueError("is not a number") from None


def _timestamp(text: str) -> Decimal:
    """Return seconds since 1970 for epoch time, or for a W3C date with a time and a time zone.

    A date without them spans a day or more, and AWS doesn't document what equals or precedes it. Four digits may be a
    year or epoch time. Both raise ValueError.
    """
    if _EPOCH.fullmatch(text):
        return Decimal(text)
    if not _TIMESTAMP.fullmatch(text):
        raise ValueError("is not a date with a time and a time zone")
    return Decimal(str(datetime.fromisoformat(text).timestamp()))


def _validate_date(text: str) -> None:
    if _DATE.fullmatch(text):
        datetime.fromisoformat(text + {4: "-01-01", 7: "-01"}.get(len(text), ""))
    else:
        _number(text)


class _AddressRange(NamedTuple):
    version: int
    first: int
    last: int


def _address_range(text: str) -> _AddressRange:
    """Return the range of an address, or of addresses in CIDR notation."""
    if not re.fullmatch(r"[^/]+(/\d+)?", text, re.ASCII):
        raise ValueError("is not an IP address or a CIDR range")
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:  # its own message repeats the value
        raise ValueError("is not an IP address or a CIDR range") from None
    return _AddressRange(network.version, int(network.network_address), int(network.broadcast_address))


_IPV4_IN_IPV6 = _address_range("::ffff:0:0/96")


def _is_in_range(address: _AddressRange, network: _AddressRange) -> bool:
    if address.first < address.last:
        raise ValueError("is not a single address")
    if _may_be_ipv4_in_ipv6(address) or (address.version == 4 and _may_be_ipv4_in_ipv6(network)):
        raise ValueError("is an IPv4-mapped IPv6 address, which AWS doesn't document")
    return address.version == network.version and network.first <= address.first <= network.last


def _may_be_ipv4_in_ipv6(addresses: _AddressRange) -> bool:
    return addresses.version == 6 and addresses.first <= _IPV4_IN_IPV6.last and addresses.last >= _IPV4_IN_IPV6.first


def _validate_boolean(text: str) -> None:
    """Accept true, false, and text with a variable.

    AWS's page on operators says that Bool supports variables; its page on variables says that it doesn't.
    """
    if "${" not in text:
        _boolean(text)


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("is neither true nor false")
    return text.lower() == "true"


def _base64(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _canonical_base64(text: str) -> bytes:
    """Return the decoded bytes; raise ValueError if base64 would encode them differently.

    Stray bits at the end give a second encoding of the same bytes. AWS doesn't document whether the two are equal.
    """
    decoded = _base64(text)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("is not the canonical base64 of its bytes")
    return decoded


def _ordering_operators(
    prefix: str, convert: Callable[[str], Any], validate: Callable[[str], object]
) -> dict[str, Operator]:
    """Return the operators that compare values by their order, such as NumericLessThan, by name."""
    comparisons = {
        "Equals": operator.eq,
        "LessThan": operator.lt,
        "LessThanEquals": operator.le,
        "GreaterThan": operator.gt,
        "GreaterThanEquals": operator.ge,
    }
    operators = {
        prefix + name: Operator(_comparison(convert, compare), validate) for name, compare in comparisons.items()
    }
    return operators | {f"{prefix}NotEquals": Operator(_comparison(convert, operator.eq), validate, negated=True)}


_OPERATORS = {
    "StringEquals": Operator(match_pattern, variables=True),
    "StringNotEquals": Operator(match_pattern, variables=True, negated=True),
    "StringEqualsIgnoreCase": Operator(_match_ignoring_case, variables=True),
    "StringNotEqualsIgnoreCase": Operator(_match_ignoring_case, variables=True, negated=True),
    "StringLike": Operator(match_pattern, variables=True, wildcards=True),
    "StringNotLike": Operator(match_pattern, variables=True, wildcards=True, negated=True),
    "ArnEquals": Operator(_match_arn, variables=True, wildcards=True),
    "ArnLike": Operator(_match_arn, variables=True, wildcards=True),
    "ArnNotEquals": Operator(_match_arn, variables=True, wildcards=True, negated=True),
    "ArnNotLike": Operator(_match_arn, variables=True, wildcards=True, negated=True),
    **_ordering_operators("Numeric", _number, _number),
    **_ordering_operators("Date", _timestamp, _validate_date),
    "Bool": Operator(_comparison(_boolean, operator.eq), _validate_boolean),
    "BinaryEquals": Operator(_comparison(_canonical_base64, operator.eq), _base64),
    "IpAddress": Operator(_comparison(_address_range, _is_in_range), _address_range),
    "NotIpAddress": Operator(_comparison(_address_range, _is_in_range), _address_range, negated=True),
    "Null": Operator(match_pattern, _boolean),
}
UNKNOWN_CONDITION = Condition(Operator(match_pattern), UNKNOWN, ())
