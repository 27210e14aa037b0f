"""From a policy document to its statements (Grammar of the IAM JSON policy language)."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hipaa.evaluator.conditions import UNKNOWN_CONDITION, Condition, parse_operator
from hipaa.evaluator.patterns import RESERVED, UNKNOWN

_POLICY = {"Version", "Id", "Statement"}
_STATEMENT = {
    *("Sid", "Effect", "Condition"),
    *("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
}
_PRINCIPAL = re.compile(rf"\*|{UNKNOWN}|\d{{12}}|A[A-Z0-9]{{15,}}|arn:[^:]*:(?:iam|sts)::[^:]*:.+")
_PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}


class MalformedPolicy(ValueError):  # noqa: N818 - the name of the error that S3 gives
    """A document that IAM would refuse. The message says where and what."""


@dataclass(frozen=True)
class Statement:
    """One statement. UNKNOWN stands wherever a preview can't tell, also for a whole element.

    principals: pairs of kind and id; None in a policy without, which is an identity's.
    resources: None where there is none: the resource that the policy is attached to.
    variables: whether the version has policy variables; None when the version is not known.
    """

    position: int
    sid: str | None
    effect: str
    principals: tuple[tuple[str, str], ...] | None
    actions: tuple[str, ...]
    resources: tuple[str, ...] | None
    conditions: tuple[Condition, ...]
    not_principals: bool = False
    not_actions: bool = False
    not_resources: bool = False
    supports_variables: bool | None = True

    @property
    def label(self) -> str:
        """The Sid, else "statement 3" by position."""
        return self.sid or f"statement {self.position}"


@dataclass(frozen=True)
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]


def parse(document: object) -> Policy:
    """The policy of a document: JSON text, or its structure, whose leaves may be of a type of the caller's.

    Such a leaf, whatever it stands in for, is not known yet. Raises MalformedPolicy.
    """
    if isinstance(document, str):
        document = _json(document)
    if _unknown(document):
        return Policy((_statement(1, document, None),))
    elements = _object(document, "policy", _POLICY)
    version = elements.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17") and not _unknown(version):
        raise MalformedPolicy("policy: Version is neither 2012-10-17 nor 2008-10-17")
    if not isinstance(elements.get("Id", ""), str) and not _unknown(elements["Id"]):
        raise MalformedPolicy("policy: Id is no string")
    if "Statement" not in elements:
        raise MalformedPolicy("policy: has no Statement")
    variables = None if _unknown(version) else version == "2012-10-17"
    statements = _list(elements["Statement"])
    return Policy(tuple(_statement(i, statement, variables) for i, statement in enumerate(statements, 1)))


def _json(text: str) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            seen = [key for key, _ in pairs]
            raise MalformedPolicy(f"policy: {max(seen, key=seen.count)[:60]!r} appears twice in one object")
        return result

    def refuse(constant: str) -> None:
        raise MalformedPolicy(f"policy: {constant} is no JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except MalformedPolicy:
        raise
    except (ValueError, RecursionError) as error:
        raise MalformedPolicy(f"policy: is no JSON ({getattr(error, 'msg', 'too long or too deep')})") from None


def _statement(position: int, statement: Any, variables: bool | None) -> Statement:
    where = f"statement {position}"
    if _unknown(statement):
        return Statement(position, None, UNKNOWN, ((UNKNOWN, UNKNOWN),), (UNKNOWN,), None, (), supports_variables=variables)
    elements = _object(statement, where, _STATEMENT)
    sid = elements.get("Sid")
    if "Sid" in elements and not isinstance(sid, str) and not _unknown(sid):
        raise MalformedPolicy(f"{where}: Sid is no string")
    if "Effect" not in elements:
        raise MalformedPolicy(f"{where}: has no Effect")
    effect = UNKNOWN if _unknown(elements["Effect"]) else elements["Effect"]
    if effect not in ("Allow", "Deny", UNKNOWN):
        raise MalformedPolicy(f"{where}: Effect is neither Allow nor Deny")
    action, resource, principal = (_one_of(elements, name, where) for name in ("Action", "Resource", "Principal"))
    if action is None:
        raise MalformedPolicy(f"{where}: has neither Action nor NotAction")
    # The policy of a role or of some other resources needs none, an identity's does.
    if resource is None and principal is None:
        raise MalformedPolicy(f"{where}: has neither Resource nor NotResource")
    return Statement(
        position,
        sid if isinstance(sid, str) else None,
        effect,
        None if principal is None else _principals(elements[principal], f"{where}: {principal}"),
        tuple(_actions(elements[action], f"{where}: {action}")),
        None if resource is None else tuple(_resources(elements[resource], f"{where}: {resource}")),
        tuple(_conditions(elements.get("Condition", {}), f"{where}: Condition")),
        not_principals=principal == "NotPrincipal",
        not_actions=action == "NotAction",
        not_resources=resource == "NotResource",
        supports_variables=variables,
    )


def _one_of(elements: Mapping[str, Any], name: str, where: str) -> str | None:
    """Which of an element and its opposite there is."""
    given = [each for each in (name, f"Not{name}") if each in elements]
    if len(given) > 1:
        raise MalformedPolicy(f"{where}: has both {name} and Not{name}")
    return given[0] if given else None


def _actions(element: Any, where: str) -> Iterable[str]:
    for action in _strings(element, where):
        if ":" not in action.strip("*") and action.strip("*") and action != UNKNOWN:
            raise MalformedPolicy(f"{where}: an action without its service")
        yield action


def _resources(element: Any, where: str) -> Iterable[str]:
    for resource in _strings(element, where):
        if not resource.startswith(("arn:", "*", "${", UNKNOWN)):
            raise MalformedPolicy(f"{where}: a resource that is neither an ARN nor *")
        yield resource


def _principals(element: Any, where: str) -> tuple[tuple[str, str], ...]:
    if _unknown(element):
        return ((UNKNOWN, UNKNOWN),)
    if element == "*":
        return (("AWS", "*"),)
    kinds = _object(element, where, _PRINCIPALS)
    if not kinds:
        raise MalformedPolicy(f"{where}: an empty object")
    pairs = tuple((kind, id_) for kind, ids in kinds.items() for id_ in _strings(ids, f"{where}: {kind}"))
    for kind, id_ in pairs:
        if id_ != "*" and re.search(r"[*?]", id_):
            raise MalformedPolicy(f"{where}: {kind}: a wildcard in part of a principal")
        if kind == "AWS" and not _PRINCIPAL.fullmatch(id_):
            raise MalformedPolicy(f"{where}: AWS: neither *, an account, an ARN nor a unique id")
    return pairs


def _conditions(element: Any, where: str) -> Iterable[Condition]:
    if _unknown(element):
        yield UNKNOWN_CONDITION
        return
    for name, keys in _object(element, where).items():
        try:
            operator = parse_operator(name)
        except ValueError as error:
            raise MalformedPolicy(f"{where}: {name[:60]!r} {error}") from None
        for key, values in ({UNKNOWN: []} if _unknown(keys) else _object(keys, f"{where}: {name}")).items():
            here = f"{where}: {name}"  # the key is the program's own text, and may be anything
            if ":" not in key and key != UNKNOWN:
                raise MalformedPolicy(f"{here}: a key without its service")
            texts = tuple(_scalar(value, here) for value in _list(values))
            if not texts and key != UNKNOWN:
                raise MalformedPolicy(f"{here}: an empty list")
            try:
                for text in texts:
                    if text != UNKNOWN:
                        operator.check(text)
            except ValueError as error:
                raise MalformedPolicy(f"{here}: a value {str(error)[:120]}") from None
            yield Condition(operator, key, texts)


def _unknown(value: Any) -> bool:
    return not (value is None or isinstance(value, str | int | float | list | tuple | Mapping))


def _object(value: Any, where: str, names: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(f"{where}: is no object")
    for name in value:
        if not isinstance(name, str) or RESERVED.search(name):
            raise MalformedPolicy(f"{where}: a name that is no text")
        if names is not None and name not in names:
            raise MalformedPolicy(f"{where}: {name[:60]!r} is none of {', '.join(sorted(names))}")
    return value


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _strings(value: Any, where: str) -> Iterable[str]:
    if not _list(value):
        raise MalformedPolicy(f"{where}: an empty list")
    for each in _list(value):
        if not isinstance(each, str) and not _unknown(each):
            raise MalformedPolicy(f"{where}: a value that is no string")
        yield _scalar(each, where)


def _scalar(value: Any, where: str) -> str:
    """The text of a value; numbers and Booleans need no quotes."""
    if _unknown(value):
        return UNKNOWN
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, list | tuple | Mapping):
        raise MalformedPolicy(f"{where}: a value that is neither string, number nor Boolean")
    if RESERVED.search(str(value)):
        raise MalformedPolicy(f"{where}: a character that is none")
    return str(value)
