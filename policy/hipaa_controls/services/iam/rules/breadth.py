"""Whether a statement names what it allows, or leaves the names open.

A policy can allow "everything" without a `*`: `s3:?*` matches every action of S3, `key/*-*` every key, because each
key ID is a UUID, and `a*` to `z*` together every bucket. So the rules ask what a statement allows on *arbitrary*
resources, whose names no policy can contain, after this reading of its patterns:

- **A name** is a part of an ARN between colons or slashes. A wildcard pattern of a name fixes it only with at least
  three characters in a row, of which two are letters or digits, such as `hr-*`, or with a policy variable. Fewer
  characters are found in names by chance: of 100 key IDs, 6 begin with a given digit and 89 contain it, but fewer than
  one contains three given digits in a row. Such a pattern counts as `*`.
- **An action** is one of a service's finite list. Wildcard patterns allow the whole service if together they allow
  each kind of use in WHOLE_SERVICE. A list of actions by name doesn't: its author chose each of them. NotAction names
  nothing that it allows, so it allows the whole service unless it excludes the whole service.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from hipaa_controls.evaluator import ANY, ANYONE, Match, Request, Statement, statement_matches
from hipaa_controls.evaluator.conditions import Condition
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.services.iam.permissions import GROUPS, KEYS, POLICIES, ROLES, USERS

# A statement that allows all of these with wildcards allows the whole service: to read, write and delete what it keeps,
# and to change who has access.
WHOLE_SERVICE = {
    "s3": ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"),
    "kms": ("kms:Decrypt", "kms:GenerateDataKey", "kms:ScheduleKeyDeletion", "kms:CreateGrant", "kms:PutKeyPolicy"),
    "iam": ("iam:CreateRole", "iam:DeleteRole", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PassRole"),
}
# The resource types of each service, as the last segment of their ARNs with {} for the name.
RESOURCE_TYPES = {
    "s3": ("{}", "{}/{}"),
    "kms": KEYS,
    "iam": (*ROLES, *USERS, *GROUPS, *POLICIES),
}
ARN_SEGMENTS = 6
UNNAMED = "some"  # stands for a region or account that a statement doesn't name
# A name of the length of a key ID, which only wildcards match: `parse` rejects a document that contains this character.
ARBITRARY_NAME = 36 * "\ufdef"

_VARIABLE = r"\$\{[^}]*\}"
_NAME = re.compile(rf"(?<=:key/)mrk-|(?:{_VARIABLE}|[^:/])+")  # the ID of every multi-Region key begins with mrk-
_NAME_IN_DOMAIN = re.compile(rf"(?:{_VARIABLE}|[^.])+")
_FIXED_TEXT = re.compile(rf"{_VARIABLE}|[^*?:/]{{3,}}")


def broaden(pattern: str) -> str:
    """Return a pattern of ARNs in which each name that isn't fixed is `*`."""
    return re.sub(r"(/\*)+", "/*", _broaden_names(pattern, _NAME))  # `*/*/*` is every object whose key has a slash


def broaden_condition(condition: Condition) -> Condition:
    """Return a condition of an Allow in which each name that isn't fixed is `*`."""
    if not condition.operator.wildcards or condition.operator.negated:
        return condition
    separated = _NAME_IN_DOMAIN if condition.key.casefold() == "kms:viaservice" else _NAME
    return replace(condition, values=tuple(_broaden_names(value, separated) for value in condition.values))


def _broaden_names(pattern: str, name: re.Pattern[str]) -> str:
    return name.sub(lambda part: part[0] if _fixes_name(part[0]) else "*", pattern)


def _fixes_name(pattern: str) -> bool:
    return not re.search("[*?]", pattern) or any(
        len(re.findall(r"[^\W_]", text)) > 1 for text in _FIXED_TEXT.findall(pattern)
    )


def broaden_statement(statement: Statement) -> Statement:
    """Return an Allow with broadened resources and conditions. NotResource names nothing that it allows: it is `*`."""
    resources = ("*",) if statement.not_resources else statement.resources or ("*",)
    return replace(
        statement,
        resources=tuple(_expand_short_arn(broaden(pattern)) for pattern in resources),
        not_resources=False,
        conditions=tuple(map(broaden_condition, statement.conditions)),
    )


def _expand_short_arn(pattern: str) -> str:
    """Return a pattern cut after its first wildcard if it has fewer segments than an ARN.

    Such a pattern can only match if a wildcard crosses a colon. AWS documents that only for a wildcard at the end of a
    segment; here, what other wildcards would then cover counts as well.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    is_short = pattern.count(":") < ARN_SEGMENTS - 1
    return pattern[: pattern.index("*") + 1] if is_short and "*" in pattern else pattern


def locations(patterns: Iterable[str]) -> dict[tuple[str, str, str], None]:
    """Return the partition, region and account that each ARN pattern mentions, each combination once."""
    found: dict[tuple[str, str, str], None] = {}
    for pattern in patterns:
        segments = re.sub(r"\*+", UNNAMED, pattern).split(":", ARN_SEGMENTS - 1)
        partition, _, region, account = [*segments[1:5], *[UNNAMED] * 4][:4]
        found["aws" if partition == UNNAMED else partition, region, account] = None
    return found


def arns(patterns: Iterable[str], service: str, resource_type: str, name: str) -> Iterator[str]:
    """Yield the ARN of a resource of this name in each region and account that ARN patterns mention."""
    has_account = service != "s3" or resource_type.startswith("accesspoint/")
    for partition, region, account in locations(patterns):
        resource = resource_type.format(name, name)
        if not has_account:
            yield f"arn:{partition}:{service}:::{resource}"
        elif account:
            yield f"arn:{partition}:{service}:{'' if service == 'iam' else region}:{account}:{resource}"


def covers_every_resource(statement: Statement, service: str) -> bool:
    """Return whether a statement's resources include every resource of some type of the service."""
    broad = replace(broaden_statement(statement), actions=("*",), not_actions=False, conditions=())
    return any(
        statement_matches(broad, Request("*", arn, ANYONE, {})) is Match.YES
        for resource_type in RESOURCE_TYPES[service]
        for arn in arns(broad.resources or (), service, resource_type, ANY)
    )


def allows_whole_service(statement: Statement, service: str) -> Match:
    """Return whether a statement's actions include the whole service, whatever its resources."""
    if statement.not_actions:
        excluded = ~_matches_action(statement, statement.actions, f"{service}:{ANY}")
        depends_on_unknown = excluded is Match.MAYBE and any(UNKNOWN in name for name in statement.actions)
        return Match.MAYBE if depends_on_unknown else Match.from_bool(excluded is not Match.YES)
    matches = _matches_by_wildcard(statement, service)
    return min(matches, key=lambda match: match.value)


def allows_part_of_service(statement: Statement, service: str) -> bool:
    """Return whether a statement's wildcards allow some kind of use of the service."""
    return Match.YES in _matches_by_wildcard(statement, service)


def _matches_by_wildcard(statement: Statement, service: str) -> list[Match]:
    wildcards = tuple(action for action in statement.actions if re.search(f"[*?{UNKNOWN}]", action))
    if not wildcards:
        return [Match.NO]
    return [_matches_action(statement, wildcards, action) for action in WHOLE_SERVICE[service]]


def _matches_action(statement: Statement, patterns: tuple[str, ...], action: str) -> Match:
    actions_only = replace(statement, principals=None, actions=patterns, resources=None, conditions=())
    return statement_matches(actions_only, Request(action, ANY, ANYONE, {}))
