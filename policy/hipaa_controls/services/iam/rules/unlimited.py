"""The permissions that a statement grants without a limit: on every resource, whatever the values of its conditions.

A condition limits a permission if a request with *arbitrary* values of its keys, which no policy can contain, doesn't
meet it. A Deny in the same document limits it too.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from hipaa_controls.access.policy_queries import ParsedPolicy, keep_conditions
from hipaa_controls.evaluator import ANY, ANYONE, Match, Request, Statement, statement_matches
from hipaa_controls.services.iam.permissions import DECRYPTION, ESCALATION, Permission
from hipaa_controls.services.iam.rules.breadth import ARBITRARY_NAME, arns, broaden, broaden_statement, locations

Context = dict[str, str | None]
ANY_REGION = "us-east-1"
MAX_CONTEXTS = 1000
LIMITING_KEYS = frozenset(key for permission in (*DECRYPTION, *ESCALATION) for key in permission.condition_keys)


def with_limits(parsed: ParsedPolicy) -> ParsedPolicy:
    """Return the policy with only those conditions of its Allow statements that can limit a permission."""
    mentioned = {condition.key.casefold() for statement in parsed.statements for condition in statement.conditions}
    return keep_conditions(parsed, {key for key in mentioned if _family(key, LIMITING_KEYS)})


def unlimited_permissions(
    statement: Statement, parsed: ParsedPolicy, permissions: Iterable[Permission], identity: str | None
) -> list[str]:
    """Return the permissions that an Allow grants without a limit, such as "iam:PassRole on every role".

    Args:
        statement: The Allow, with only the conditions that can limit a permission.
        parsed: The policy, whose Deny statements are taken into account.
        permissions: The permissions to look for.
        identity: The identity that has the policy, such as `role/app`; None if it isn't known.
    """
    actions_only = replace(statement, resources=None, conditions=())
    allowed = [item for item in permissions if _matches(actions_only, Request(item.action, ANY, ANYONE, {}))]
    if not allowed:
        return []
    broad = broaden_statement(statement)
    denies = [item for item in parsed.statements if item.effect == "Deny"]
    return [
        f"{permission.action} on {scope}"
        for permission in allowed
        if (scope := _unlimited_scope(broad, denies, permission, identity or ""))
    ]


def _unlimited_scope(broad: Statement, denies: list[Statement], permission: Permission, identity: str) -> str | None:
    """Return the resources on which a broadened Allow grants a permission without a limit; None if it doesn't."""
    conditions = [item for item in broad.conditions if not _family(item.key.casefold(), permission.unlimiting_keys)]
    broad = replace(broad, conditions=tuple(conditions))
    contexts = list(itertools.islice(_contexts(broad, denies, permission), MAX_CONTEXTS + 1))
    if len(contexts) > MAX_CONTEXTS:
        denies = []  # Whether a Deny limits the permission would take too long to find out, so it doesn't count.

    patterns = [pattern for statement in (broad, *denies) for pattern in statement.resources or ()]

    def is_unlimited(name: str, user: Context) -> bool:
        requests = (
            Request(permission.action, arn, ANYONE, context | user)
            for resource_type in permission.resource_types
            for arn in arns(patterns, permission.service, resource_type, name)
            for context in contexts
        )
        return any(
            _matches(broad, request) and not any(_denies(deny, request) for deny in denies) for request in requests
        )

    if is_unlimited(ANY, {}):
        return f"every {permission.noun}"
    # A policy can name its own user by a variable, and any identity by its name.
    kind, _, own_name = identity.partition("/")
    is_own_kind = permission.on_itself and kind == permission.noun
    variable: Context = {"aws:username": ARBITRARY_NAME}
    if (is_own_kind and is_unlimited(own_name, {})) or (
        permission.on_itself and is_unlimited(ARBITRARY_NAME, variable)
    ):
        return f"the {permission.noun} itself"
    return None


def _denies(deny: Statement, request: Request) -> bool:
    """Return whether a Deny denies a request. One with NotResource denies what it doesn't name."""
    if deny.not_resources:
        excluded = replace(
            deny,
            resources=tuple(map(broaden, deny.resources or ())),
            not_resources=False,
            actions=("*",),
            not_actions=False,
            conditions=(),
        )
        return not _matches(excluded, request) and _matches(replace(deny, resources=None, not_resources=False), request)
    return _matches(deny, request)


def _contexts(broad: Statement, denies: Iterable[Statement], permission: Permission) -> Iterator[Context]:
    """Yield the contexts that meet an Allow's conditions with the limiting keys absent or with arbitrary values.

    A key that the action doesn't support is absent from its requests.
    """
    patterns: dict[str, dict[str, list[str]]] = {}
    absent: Context = {}
    for statement in (broad, *denies):
        for condition in statement.conditions:
            key = condition.key.casefold()
            if family := _family(key, permission.condition_keys):
                patterns.setdefault(family, {}).setdefault(key, []).extend(condition.values)
            elif _family(key, LIMITING_KEYS) and not _family(key, permission.unlimiting_keys):
                absent[key] = None
    choices = [[absent]] if _meets_conditions(broad, absent) else [[]]
    for family, values_by_key in patterns.items():
        values = _arbitrary_values(family, list(itertools.chain(*values_by_key.values())))
        contexts: list[Context] = [dict.fromkeys(values_by_key, value) for value in (None, *values)]
        choices.append([context for context in contexts if _meets_conditions(broad, context)])
    for combination in itertools.product(*choices):
        yield dict(itertools.chain(*(context.items() for context in combination)))


def _meets_conditions(statement: Statement, context: Context) -> bool:
    """Return whether a context meets those conditions of a statement whose keys it has."""
    conditions = tuple(condition for condition in statement.conditions if condition.key.casefold() in context)
    conditions_only = replace(statement, actions=("*",), not_actions=False, resources=None, conditions=conditions)
    return _matches(conditions_only, Request("*", ANY, ANYONE, context))


def _family(key: str, limiting: Iterable[str]) -> str | None:
    """Return the limiting key that a condition key is, or of which it is one if that ends in a slash."""
    return next((name for name in limiting if key == name or (name.endswith("/") and key.startswith(name))), None)


def _arbitrary_values(key: str, patterns: Sequence[str]) -> list[str]:
    """Return values of a condition key that contain an arbitrary name.

    Args:
        key: The condition key, in lower case.
        patterns: The values that the policy compares it with. Their regions and accounts are used too.
    """
    name = ARBITRARY_NAME
    match key:
        case "kms:viaservice":
            text = " ".join(re.sub(r"\*+", "any", pattern).replace("?", "1") for pattern in patterns)
            regions = dict.fromkeys((ANY_REGION, *re.findall(r"[a-z]{2}(?:-[a-z]+)+(?:-\d)?", text)))
            return [f"{name}.{region}.amazonaws.com{suffix}" for region in regions for suffix in ("", ".cn")]
        case "kms:resourcealiases" | "kms:requestalias":
            return [f"alias/{name}"]
        case "kms:grantisforawsresource":
            return ["false"]
        case "iam:permissionsboundary" | "iam:policyarn" | "kms:granteeprincipal":
            kind = "role" if key == "kms:granteeprincipal" else "policy"
            return [f"arn:{partition}:iam::{account}:{kind}/{name}" for partition, _, account in locations(patterns)]
        case _:
            return [name]


def _matches(statement: Statement, request: Request) -> bool:
    return statement_matches(statement, request) is Match.YES
