"""Parser of policy documents ("Grammar of the IAM JSON policy language")."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from hipaa_controls.evaluator.conditions import UNKNOWN_CONDITION, Condition, parse_operator
from hipaa_controls.evaluator.patterns import RESERVED, UNKNOWN, Alternatives, ascii_lower, compile_wildcards
from hipaa_controls.evaluator.principals import PrincipalEntries

_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {
    *("Sid", "Effect", "Condition"),
    *("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource"),
}
_AWS_PRINCIPAL = re.compile(rf"\*|{UNKNOWN}|\d{{12}}|A[A-Z0-9]{{15,}}|arn:[^:]*:(?:iam|sts)::[^:]*:.+")
_PRINCIPAL_KINDS = {"AWS", "Service", "Federated", "CanonicalUser"}


class MalformedPolicy(ValueError):  # noqa: N818 - the name of S3's error
    """A document that IAM would reject. The message gives the place and the problem."""


@dataclass(frozen=True)
class Statement:
    """A statement. A value, or a whole element, that isn't known yet is UNKNOWN.

    Attributes:
        position: Its position in the policy, from 1.
        sid: The Sid; None if it has none or it isn't known yet.
        effect: "Allow", "Deny" or UNKNOWN.
        principals: Pairs of kind and ID; None in the policy of an identity, which has no Principal.
        actions: The patterns of Action or NotAction.
        resources: The patterns of Resource or NotResource; None if it has neither and so applies to the resource that
            the policy is attached to.
        conditions: The conditions, all of which must be true.
        not_principals: Whether the element is NotPrincipal.
        not_actions: Whether the element is NotAction.
        not_resources: Whether the element is NotResource.
        supports_variables: Whether the policy's version has variables; None if the version isn't known yet.
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

    @cached_property
    def action_patterns(self) -> Alternatives:
        """The patterns of the actions, in lower case."""
        return Alternatives(ascii_lower(compile_wildcards(action)) for action in self.actions)

    @cached_property
    def resources_with_variables(self) -> tuple[str, ...]:
        return tuple(resource for resource in self.resources or () if "${" in resource)

    @cached_property
    def resource_patterns(self) -> Alternatives:
        """The patterns of the resources without variables."""
        return Alternatives(compile_wildcards(resource) for resource in self.resources or () if "${" not in resource)

    @cached_property
    def principal_entries(self) -> PrincipalEntries:
        return PrincipalEntries(self.principals or ())

    @property
    def label(self) -> str:
        """ "statement " with the Sid, or with the position if it has none: "statement DenyInsecureTransport"."""
        return f"statement {self.sid or self.position}"


@dataclass(frozen=True)
class Policy:
    """A policy document."""

    statements: tuple[Statement, ...]


def parse(document: object) -> Policy:
    """Return the policy of a document.

    Args:
        document: JSON text, or its structure. A leaf of any type that JSON doesn't have is a value that isn't known
            yet.

    Raises:
        MalformedPolicy: IAM would reject the document.
    """
    if isinstance(document, str):
        document = _parse_json(document)
    if _is_unknown(document):
        return Policy((_parse_statement(1, document, None),))
    elements = _object(document, "policy", _POLICY_ELEMENTS)
    version = elements.get("Version", "2008-10-17")
    if version not in ("2012-10-17", "2008-10-17") and not _is_unknown(version):
        raise MalformedPolicy("policy: Version must be 2012-10-17 or 2008-10-17")
    if not isinstance(elements.get("Id", ""), str) and not _is_unknown(elements["Id"]):
        raise MalformedPolicy("policy: Id must be a string")
    if "Statement" not in elements:
        raise MalformedPolicy("policy: Statement is missing")
    supports_variables = None if _is_unknown(version) else version == "2012-10-17"
    statements = enumerate(_as_list(elements["Statement"]), 1)
    return Policy(
        tuple(_parse_statement(position, statement, supports_variables) for position, statement in statements)
    )


def _parse_json(text: str) -> Any:
    def require_unique_names(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            names = [name for name, _ in pairs]
            raise MalformedPolicy(f"policy: {max(names, key=names.count)[:60]!r} appears twice in one object")
        return result

    def reject_constant(constant: str) -> None:
        raise MalformedPolicy(f"policy: {constant} is not valid JSON")

    try:
        return json.loads(text, object_pairs_hook=require_unique_names, parse_constant=reject_constant)
    except MalformedPolicy:
        raise
    except (ValueError, RecursionError) as error:
        problem = getattr(error, "msg", "too long or too deeply nested")
        raise MalformedPolicy(f"policy: not valid JSON ({problem})") from None


def _parse_statement(position: int, statement: Any, supports_variables: bool | None) -> Statement:
    path = f"statement {position}"
    if _is_unknown(statement):
        return Statement(
            position,
            sid=None,
            effect=UNKNOWN,
            principals=((UNKNOWN, UNKNOWN),),
            actions=(UNKNOWN,),
            resources=None,
            conditions=(),
            supports_variables=supports_variables,
        )
    elements = _object(statement, path, _STATEMENT_ELEMENTS)
    sid = elements.get("Sid")
    if "Sid" in elements and not isinstance(sid, str) and not _is_unknown(sid):
        raise MalformedPolicy(f"{path}: Sid must be a string")
    if "Effect" not in elements:
        raise MalformedPolicy(f"{path}: Effect is missing")
    effect = UNKNOWN if _is_unknown(elements["Effect"]) else elements["Effect"]
    if effect not in ("Allow", "Deny", UNKNOWN):
        raise MalformedPolicy(f"{path}: Effect must be Allow or Deny")
    action, resource, principal = (_element_name(elements, name, path) for name in ("Action", "Resource", "Principal"))
    if action is None:
        raise MalformedPolicy(f"{path}: needs Action or NotAction")
    # A role's trust policy and the policies of some resources need no Resource. An identity's policy does.
    if resource is None and principal is None:
        raise MalformedPolicy(f"{path}: needs Resource or NotResource")
    return Statement(
        position,
        sid=sid if isinstance(sid, str) else None,
        effect=effect,
        principals=None if principal is None else _parse_principals(elements[principal], f"{path}: {principal}"),
        actions=tuple(_parse_actions(elements[action], f"{path}: {action}")),
        resources=None if resource is None else tuple(_parse_resources(elements[resource], f"{path}: {resource}")),
        conditions=tuple(_parse_conditions(elements.get("Condition", {}), f"{path}: Condition")),
        not_principals=principal == "NotPrincipal",
        not_actions=action == "NotAction",
        not_resources=resource == "NotResource",
        supports_variables=supports_variables,
    )


def _element_name(elements: Mapping[str, Any], name: str, path: str) -> str | None:
    """Return which of an element and its Not variant the statement has, or None."""
    present = [variant for variant in (name, f"Not{name}") if variant in elements]
    if len(present) > 1:
        raise MalformedPolicy(f"{path}: has both {name} and Not{name}")
    return present[0] if present else None


def _parse_actions(element: Any, path: str) -> Iterable[str]:
    for action in _strings(element, path):
        if ":" not in action.strip("*") and action.strip("*") and action != UNKNOWN:
            raise MalformedPolicy(f"{path}: an action needs a service prefix, such as s3:")
        yield action


def _parse_resources(element: Any, path: str) -> Iterable[str]:
    for resource in _strings(element, path):
        if not resource.startswith(("arn:", "*", "${", UNKNOWN)):
            raise MalformedPolicy(f"{path}: a resource must be an ARN or *")
        yield resource


def _parse_principals(element: Any, path: str) -> tuple[tuple[str, str], ...]:
    if _is_unknown(element):
        return ((UNKNOWN, UNKNOWN),)
    if element == "*":
        return (("AWS", "*"),)
    ids_by_kind = _object(element, path, _PRINCIPAL_KINDS)
    if not ids_by_kind:
        raise MalformedPolicy(f"{path}: must not be an empty object")
    pairs = tuple((kind, id_) for kind, ids in ids_by_kind.items() for id_ in _strings(ids, f"{path}: {kind}"))
    for kind, id_ in pairs:
        if id_ != "*" and re.search(r"[*?]", id_):
            raise MalformedPolicy(f"{path}: {kind}: a principal must not contain a wildcard")
        if kind == "AWS" and not _AWS_PRINCIPAL.fullmatch(id_):
            raise MalformedPolicy(f"{path}: AWS: a principal must be *, an account ID, an ARN or a unique ID")
    return pairs


def _parse_conditions(element: Any, path: str) -> Iterable[Condition]:
    if _is_unknown(element):
        yield UNKNOWN_CONDITION
        return
    for name, block in _object(element, path).items():
        try:
            operator = parse_operator(name)
        except ValueError as error:
            raise MalformedPolicy(f"{path}: {name[:60]!r} {error}") from None
        # The messages leave the condition key out: it is the author's own text, and may contain anything.
        operator_path = f"{path}: {name}"
        values_by_key = {UNKNOWN: []} if _is_unknown(block) else _object(block, operator_path)
        for key, values in values_by_key.items():
            if ":" not in key and key != UNKNOWN:
                raise MalformedPolicy(f"{operator_path}: a condition key needs a service prefix, such as aws:")
            texts = tuple(_scalar(value, operator_path) for value in _as_list(values))
            if not texts and key != UNKNOWN:
                raise MalformedPolicy(f"{operator_path}: must not be an empty list")
            try:
                for text in texts:
                    if text != UNKNOWN:
                        operator.validate(text)
            except ValueError as error:
                raise MalformedPolicy(f"{operator_path}: a value {str(error)[:120]}") from None
            yield Condition(operator, key, texts)


def _is_unknown(value: Any) -> bool:
    return not (value is None or isinstance(value, str | int | float | list | tuple | Mapping))


def _object(value: Any, path: str, allowed_names: set[str] | None = None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise MalformedPolicy(f"{path}: must be an object")
    for name in value:
        if not isinstance(name, str) or RESERVED.search(name):
            raise MalformedPolicy(f"{path}: a name must be a string without Unicode noncharacters")
        if allowed_names is not None and name not in allowed_names:
            raise MalformedPolicy(f"{path}: {name[:60]!r} is not one of {', '.join(sorted(allowed_names))}")
    return value


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _strings(value: Any, path: str) -> Iterable[str]:
    items = _as_list(value)
    if not items:
        raise MalformedPolicy(f"{path}: must not be an empty list")
    for item in items:
        if not isinstance(item, str) and not _is_unknown(item):
            raise MalformedPolicy(f"{path}: a value must be a string")
        yield _scalar(item, path)


def _scalar(value: Any, path: str) -> str:
    """Return the text of a string, number or Boolean, or UNKNOWN. IAM accepts numbers and Booleans without quotes."""
    if _is_unknown(value):
        return UNKNOWN
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or isinstance(value, list | tuple | Mapping):
        raise MalformedPolicy(f"{path}: a value must be a string, a number or a Boolean")
    if RESERVED.search(str(value)):
        raise MalformedPolicy(f"{path}: a value must not contain Unicode noncharacters")
    return str(value)
