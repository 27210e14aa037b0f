"""A second evaluator of policy documents, for concrete requests only.

It shares no code with `hipaa_controls.evaluator` except `Request` and `Principal`, which are data: it reads the
document itself, and matches patterns with regular expressions. The pages of the IAM User Guide are the same. Where AWS
documents no answer, the answer is None.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from hipaa_controls.evaluator import Principal, Request

Answer = bool | None
Check = Callable[[Request], Answer]

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_ROLE_ARN = re.compile(r"arn:aws:iam::(\d{12}):role/(?:.*/)?([^/]+)")
_MAPPED = ipaddress.ip_network("::ffff:0:0/96")


@dataclass(frozen=True)
class CompiledStatement:
    """A statement.

    Attributes:
        effect: "Allow" or "Deny".
        principal: Whether the statement names the caller.
        action: Whether it names an action.
        resource: Whether it names a resource in a request, whose keys are those of its variables.
        conditions: Pairs of a condition key in lower case and whether the request meets the condition.
    """

    effect: str
    principal: Check
    action: Callable[[str], bool]
    resource: Callable[[str, Request], Answer]
    conditions: tuple[tuple[str, Check], ...]

    def matches(self, request: Request) -> Answer:
        if not self.action(request.action):
            return False
        return _all(self._answers(request))

    def _answers(self, request: Request) -> Iterator[Answer]:
        yield self.principal(request)
        yield self.resource(request.resource, request)
        for _, check in self.conditions:
            yield check(request)


def compile_document(document: Mapping[str, Any]) -> list[CompiledStatement]:
    has_variables = document.get("Version") == "2012-10-17"
    return [_compile(statement, has_variables) for statement in _listed(document["Statement"])]


def allows(statements: Sequence[CompiledStatement], request: Request) -> Answer:
    """Return whether the document alone allows the request."""
    denied, allowed = _answers(statements, request)
    return _all([_not(denied), allowed])


def denies(statements: Sequence[CompiledStatement], request: Request) -> Answer:
    """Return whether the document explicitly denies the request."""
    return _answers(statements, request)[0]


def _answers(statements: Sequence[CompiledStatement], request: Request) -> tuple[Answer, Answer]:
    answers = [(statement.effect, statement.matches(request)) for statement in statements]
    return tuple(_any(answer for effect, answer in answers if effect == wanted) for wanted in ("Deny", "Allow"))  # type: ignore[return-value]


def _compile(statement: Mapping[str, Any], has_variables: bool) -> CompiledStatement:
    conditions = [
        (key.casefold(), _condition(operator, key, [_text(value) for value in _listed(values)], has_variables))
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    ]
    return CompiledStatement(
        statement["Effect"],
        _principal(statement),
        _action(statement),
        _resource(statement, has_variables),
        tuple(conditions),
    )


# Principals


def _principal(statement: Mapping[str, Any]) -> Check:
    if "NotPrincipal" in statement:
        entries = _entries(statement["NotPrincipal"])
        return lambda request: _not(_excluded(entries, request.principal))
    entries = _entries(statement["Principal"])
    return lambda request: _any(_names(entry, request.principal) for entry in entries)


def _entries(element: Any) -> list[tuple[str, str]]:
    if element == "*":
        return [("AWS", "*")]
    return [(kind, id_) for kind, ids in element.items() for id_ in _listed(ids)]


def _names(entry: tuple[str, str], principal: Principal) -> Answer:
    kind, id_ = entry
    if entry == ("AWS", "*"):
        return True
    if {kind, principal.kind} == {"AWS", "CanonicalUser"}:
        return None  # both may name the same account
    if kind != principal.kind:
        return False
    if kind != "AWS":
        return id_ in ("*", principal.id)
    parts = principal.id.split(":", 5)
    account, name = parts[4], parts[5]
    if id_ in (account, f"arn:aws:iam::{account}:root"):
        return True
    if (role := _ROLE_ARN.fullmatch(id_)) and name.startswith("assumed-role/"):
        return role[1] == account and name.split("/")[1] == role[2]
    if name.startswith("federated-user/") and id_.startswith(f"arn:aws:iam::{account}:user/"):
        return None  # the federated user has the permissions of a user that its ARN doesn't name
    return id_ == principal.id


def _excluded(entries: list[tuple[str, str]], principal: Principal) -> Answer:
    """Return whether NotPrincipal excludes the caller; AWS "might" check the account and the role as well."""
    listed = _any(_names(entry, principal) for entry in entries)
    if not listed or principal.kind != "AWS" or ("AWS", "*") in entries or principal.id.endswith(":root"):
        return listed
    account = principal.id.split(":")[4]
    ids = {id_ for kind, id_ in entries if kind == "AWS"}
    certain = principal.id in ids and bool({account, f"arn:aws:iam::{account}:root"} & ids)
    if ":assumed-role/" in principal.id:
        role_name = principal.id.split("/")[1]
        certain = certain and any((role := _ROLE_ARN.fullmatch(id_)) and role[2] == role_name for id_ in ids)
    return True if certain else None


# Actions and resources


def _action(statement: Mapping[str, Any]) -> Callable[[str], bool]:
    negated = "NotAction" in statement
    patterns = [_regex(text.lower()) for text in _listed(statement["NotAction" if negated else "Action"])]
    return lambda action: any(pattern.fullmatch(action.lower()) for pattern in patterns) is not negated


def _resource(statement: Mapping[str, Any], has_variables: bool) -> Callable[[str, Request], Answer]:
    texts = _listed(statement.get("Resource", statement.get("NotResource", "*")))  # a trust policy has neither

    def check(resource: str, request: Request) -> Answer:
        answer = _any(_resource_matches(text, resource, request, has_variables) for text in texts)
        return _not(answer) if "NotResource" in statement else answer

    return check


def _resource_matches(text: str, resource: str, request: Request, has_variables: bool) -> Answer:
    pattern = _expand(text, request, _escape) if has_variables else _escape(text)
    if pattern is None:
        return False
    if not _compiled(pattern).fullmatch(resource):
        return False
    # Only a * at the end of a segment is documented to match beyond a colon.
    *heads, last = pattern.split(":", 5)
    confined = [re.sub(r"\.(?:\*(?=.)|(?!\*))", lambda match: "[^:]" + match[0][1:], head) for head in heads]
    return True if _compiled(":".join([*confined, last])).fullmatch(resource) else None


# Conditions


def _condition(operator: str, key: str, values: list[str], has_variables: bool) -> Check:
    prefix, _, name = operator.rpartition(":")
    base = name.removesuffix("IfExists")
    if base == "Null":
        return lambda request: _null(prefix, values, request.get(key))
    positive = base.replace("Not", "", 1)
    negated = positive != base
    if_absent = _if_absent(prefix, if_exists=name != base, negated=negated)
    compare_all = _comparison(positive, values, has_variables)

    def check(request: Request) -> Answer:
        request_values: Any = request.get(key)
        if request_values is None:
            return if_absent
        answers = [compare_all(value, request) for value in request_values]
        if negated:
            answers = [_not(answer) for answer in answers]
        if prefix == "ForAllValues":
            return _all(answers)
        if prefix == "ForAnyValue":
            return _any(answers)
        return answers[0] if len(set(answers)) == 1 else None

    return check


def _null(prefix: str, values: list[str], request_values: Any) -> Answer:
    if prefix and request_values is not None:
        return None
    if prefix:
        return True if prefix == "ForAllValues" else None
    return any((value.lower() == "true") == (request_values is None) for value in values)


def _if_absent(prefix: str, *, if_exists: bool, negated: bool) -> Answer:
    if prefix == "ForAnyValue":
        return None if if_exists else False
    return prefix == "ForAllValues" or if_exists or negated


def _comparison(operator: str, values: list[str], has_variables: bool) -> Callable[[str, Request], Answer]:
    """Return whether a request's value equals, matches or is within any of the policy's values."""
    if operator.startswith(("String", "Arn")):
        compare_text = _arn_matches if operator.startswith("Arn") else _text_comparison(operator)
        escape = re.escape if operator.startswith("StringEquals") else _escape  # there, a * is only a star
        fixed = [escape(value) for value in values] if not has_variables or "${" not in "".join(values) else None

        def compare(value: str, request: Request) -> Answer:
            patterns = fixed if fixed is not None else [_expand(text, request, escape) for text in values]
            return _any(compare_text(pattern, value) for pattern in patterns if pattern is not None)

        return compare
    compare_value = _VALUE_COMPARISONS.get(operator) or _ordering(operator)
    return lambda value, _: _any(compare_value(policy_value, value) for policy_value in values)


def _text_comparison(operator: str) -> Callable[[str, str], Answer]:
    flags = re.DOTALL | (re.IGNORECASE if operator == "StringEqualsIgnoreCase" else re.NOFLAG)
    return lambda pattern, value: bool(re.fullmatch(pattern, value, flags))


def _arn_matches(pattern: str, value: str) -> Answer:
    parts, value_parts = pattern.split(":", 5), value.split(":", 5)
    if len(parts) == len(value_parts) == 6:
        return all(_compiled(part).fullmatch(text) for part, text in zip(parts, value_parts, strict=True))
    return None if _compiled(pattern).fullmatch(value) else False  # AWS says nothing about what isn't an ARN


def _in_network(policy_value: str, value: str) -> Answer:
    network, address = ipaddress.ip_network(policy_value, strict=False), ipaddress.ip_address(value)
    if address.version == 4 and network.version == 6 and network.overlaps(_MAPPED):
        return None  # AWS doesn't say how IPv4 relates to the mapped addresses
    if address.version == 6 and address in _MAPPED:
        return None
    return address.version == network.version and address in network


def _ordering(operator: str) -> Callable[[str, str], Answer]:
    convert = _date if operator.startswith("Date") else float
    name = operator.removeprefix("Date").removeprefix("Numeric")
    compare: Callable[[float, float], bool] = {
        "Equals": lambda a, b: a == b,
        "LessThan": lambda a, b: a < b,
        "LessThanEquals": lambda a, b: a <= b,
        "GreaterThan": lambda a, b: a > b,
        "GreaterThanEquals": lambda a, b: a >= b,
    }[name]
    return lambda policy_value, value: compare(convert(value), convert(policy_value))


def _date(text: str) -> float:
    return float(text) if text.isdecimal() else datetime.fromisoformat(text).timestamp()


_VALUE_COMPARISONS: dict[str, Callable[[str, str], Answer]] = {
    "Bool": lambda policy_value, value: policy_value.lower() == value.lower(),
    "IpAddress": _in_network,
}


# Text


def _expand(text: str, request: Request, escape: Callable[[str], str]) -> str | None:
    """Return the regular expression of a value with its variables; None if one has no value, as it matches nothing."""
    pieces = _VARIABLE.split(text)
    for position, piece in enumerate(pieces):
        if position % 2 == 0:
            pieces[position] = escape(piece)
            continue
        if piece in ("*", "?", "$"):
            pieces[position] = re.escape(piece)
            continue
        key, comma, default = piece.partition(",")
        values: Any = request.get(key.strip())
        if values is None and not comma:
            return None
        value = default.strip().strip("'") if values is None else values[0]
        pieces[position] = re.escape(value)
    return "".join(pieces)


@lru_cache(maxsize=1 << 14)
def _escape(text: str) -> str:
    return re.escape(re.sub(r"\*+", "*", text)).replace(r"\*", ".*").replace(r"\?", ".")


@lru_cache(maxsize=1 << 14)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


def _regex(text: str) -> re.Pattern[str]:
    return _compiled(_escape(text))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# Kleene's logic, with None for what isn't documented


def _not(answer: Answer) -> Answer:
    return None if answer is None else not answer


def _any(answers: Iterable[Answer]) -> Answer:
    result: Answer = False
    for answer in answers:
        if answer:
            return True
        if answer is None:
            result = None
    return result


def _all(answers: Iterable[Answer]) -> Answer:
    return _not(_any(_not(answer) for answer in answers))
