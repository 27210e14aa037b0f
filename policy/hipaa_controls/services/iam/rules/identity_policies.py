"""Checks of identity policies: the permissions that they grant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from hipaa_controls.access.policy_queries import ParsedPolicy, parse_identity_policy
from hipaa_controls.access.policy_size import IDENTITY_POLICIES, check_size
from hipaa_controls.evaluator import ANY, ANYONE, Match, Request, Statement, statement_matches
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, unverified, worst_finding
from hipaa_controls.services.iam import managed_policies
from hipaa_controls.services.iam.condition_keys import actions_supporting
from hipaa_controls.services.iam.facts import IdentityPolicy
from hipaa_controls.services.iam.permissions import DECRYPTION, ESCALATION, Permission
from hipaa_controls.services.iam.rules.breadth import (
    RESOURCE_TYPES,
    allows_part_of_service,
    allows_whole_service,
    covers_every_resource,
)
from hipaa_controls.services.iam.rules.unlimited import unlimited_permissions, with_limits
from hipaa_controls.services.s3.facts import Bucket
from hipaa_controls.services.s3.protection_actions import BYPASS, PROTECTION_ACTIONS

MAX_LISTED_PERMISSIONS = 3

# Returns what a statement shouldn't allow, as a verb phrase such as "allows all of s3"; None if there is nothing. It is
# called with the statement as it is known, and with the broadest one that its unknown values may turn it into.
StatementCheck = Callable[[Statement], str | None]


def no_admin(policy: IdentityPolicy, _: RuleContext) -> Finding:
    def allows_everything_of_a_service(statement: Statement) -> str | None:
        for service in RESOURCE_TYPES:
            if allows_whole_service(statement, service) is Match.YES and covers_every_resource(statement, service):
                return f"allows all of {service}"
        return None

    def check(parsed: ParsedPolicy) -> Iterator[Finding]:
        yield from _check_statements(parsed, allows_everything_of_a_service)
        for service in RESOURCE_TYPES:
            yield from _statements_that_together_allow(parsed, service)

    return _check_policy(policy, check, managed_policies.ADMIN, "no statement allows everything")


def _statements_that_together_allow(parsed: ParsedPolicy, service: str) -> Iterator[Finding]:
    """Yield a finding if several statements together allow a whole service. NotAction does so in one statement."""
    known = [item for item in parsed.possible_allows if item.effect == "Allow" and not item.not_actions]
    if positions := _positions_that_together_allow(known, service):
        yield failed(f"statements {' and '.join(map(str, positions))} together allow all of {service}")
    elif unknowns := dict(parsed.unknowns_by_statement):
        possible = [_broadest(item) if unknowns.get(item.position) else item for item in parsed.possible_allows]
        positions = _positions_that_together_allow([item for item in possible if not item.not_actions], service)
        if positions:
            yield unverified(*(unknown for position in positions for unknown in unknowns.get(position, ())))


def _positions_that_together_allow(statements: list[Statement], service: str) -> list[int]:
    def together(allows: list[Statement]) -> bool:
        actions = tuple(action for statement in allows for action in statement.actions)
        return len(allows) > 1 and allows_whole_service(replace(allows[0], actions=actions), service) is Match.YES

    if not together(statements):
        return []
    broad = [
        item for item in statements if allows_part_of_service(item, service) and covers_every_resource(item, service)
    ]
    return [statement.position for statement in broad] if together(broad) else []


def no_broad_decrypt(policy: IdentityPolicy, _: RuleContext) -> Finding:
    return _check_policy(
        policy,
        lambda parsed: _check_limits(parsed, DECRYPTION, None),
        managed_policies.BROAD_DECRYPT,
        "no statement allows the use of every key",
    )


def no_privilege_escalation(policy: IdentityPolicy, _: RuleContext) -> Finding:
    return _check_policy(
        policy,
        lambda parsed: _check_limits(parsed, ESCALATION, policy.identity),
        managed_policies.ESCALATION,
        "no statement lets its identity give itself more permissions",
    )


def _check_limits(parsed: ParsedPolicy, permissions: tuple[Permission, ...], identity: str | None) -> Iterator[Finding]:
    """Yield a finding for each statement that allows one of these permissions without a limit, or on its identity."""
    limited = with_limits(parsed)

    def allows_without_limit(statement: Statement) -> str | None:
        found = unlimited_permissions(statement, limited, permissions, identity)
        listed = ", ".join(found[:MAX_LISTED_PERMISSIONS])
        more = len(found) - MAX_LISTED_PERMISSIONS
        return f"allows {listed}{f' and {more} more such actions' if more > 0 else ''}" if found else None

    yield from _check_statements(limited, allows_without_limit)


def least_privilege(policy: IdentityPolicy, context: RuleContext) -> Finding:
    buckets = [bucket for bucket in context.stack.facts_of_type(Bucket) if bucket.data_class is DataClass.PHI]
    return _check_policy(
        policy,
        lambda parsed: (finding for bucket in buckets for finding in _bucket_findings(parsed, bucket, policy, context)),
        None,
        "access to PHI buckets is limited to named actions",
    )


def condition_keys_apply(policy: IdentityPolicy, _: RuleContext) -> Finding:
    return _check_policy(
        policy, _condition_key_findings, None, "every action supports the condition keys of its statement"
    )


def _check_policy(
    policy: IdentityPolicy,
    check: Callable[[ParsedPolicy], Iterable[Finding]],
    failing_managed_policies: frozenset[str] | None,
    success: str,
) -> Finding:
    """Return the worst finding about the documents and the managed policies of a resource.

    Args:
        policy: The documents and managed policies that one resource gives to identities.
        check: Yields the findings about one document.
        failing_managed_policies: The names of AWS managed policies that fail; None if attached policies aren't checked.
        success: The finding's text if nothing fails.
    """

    if policy.kind and not isinstance(policy.documents, Unknown):
        too_large = check_size(IDENTITY_POLICIES[policy.kind], *policy.documents)
        if too_large:
            return too_large

    def findings() -> Iterator[Finding]:
        documents = policy.documents
        attached = () if failing_managed_policies is None else policy.managed_policies
        yield from (unverified(value) for value in (documents, attached) if isinstance(value, Unknown))
        for document in () if isinstance(documents, Unknown) else documents:
            parsed = parse_identity_policy(document)
            yield from check(parsed) if isinstance(parsed, ParsedPolicy) else [parsed]
        for arn in () if isinstance(attached, Unknown) else attached:
            if isinstance(arn, Unknown):
                yield unverified(arn)
            elif isinstance(arn, str):
                yield from _managed_policy_findings(arn, failing_managed_policies or frozenset())

    return worst_finding(findings(), success)


def _managed_policy_findings(arn: str, failing: frozenset[str]) -> Iterator[Finding]:
    """Yield a finding about an attached policy that isn't a fact of its own, unless it is known to comply.

    Args:
        arn: The policy's ARN, or the name of a customer managed policy.
        failing: The names of the AWS managed policies that fail.
    """
    name = arn.partition(":iam::aws:policy/")[2]
    if name in failing:
        yield failed(f"the AWS managed policy {name} is attached")
    elif name and name not in managed_policies.NAMES:
        reason = "isn't known to the controls: upgrade them, or attach a policy of your own with the same statements"
        yield unverified(Unknown(f"the AWS managed policy {name}", reason=reason))
    elif not name:
        reason = "isn't known, because this stack doesn't declare it: declare it here, or use an inline policy instead"
        path = f"the content of the customer managed policy {arn.rpartition('/')[2]}"
        yield unverified(Unknown(path, reason=reason))


def _check_statements(parsed: ParsedPolicy, check: StatementCheck) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        unknowns = parsed.unknowns_by_statement.get(statement.position)
        if statement.effect == "Allow" and (excess := check(statement)):
            yield failed(f"statement {statement.position} {excess}")
        elif unknowns and check(_broadest(statement)):
            yield unverified(*unknowns)


def _broadest(statement: Statement) -> Statement:
    """Return the broadest statement that this one may become once its unknown values are known.

    An unknown value counts as `*`. In NotAction and NotResource it is left out, as is a condition that contains one.
    """

    def broadest(values: tuple[str, ...], *, excludes: bool) -> tuple[str, ...]:
        if excludes:
            return tuple(value for value in values if UNKNOWN not in value)
        return tuple(value.replace(UNKNOWN, "*") for value in values)

    return replace(
        statement,
        effect="Allow",
        principals=None,
        actions=broadest(statement.actions, excludes=statement.not_actions),
        resources=broadest(statement.resources or ("*",), excludes=statement.not_resources),
        conditions=tuple(
            condition for condition in statement.conditions if UNKNOWN not in (condition.key, *condition.values)
        ),
    )


EVERY_ACTION = "s3:*"


@dataclass(frozen=True)
class ExcessivePermission:
    """An action that no identity policy may allow on a PHI bucket, and whether it is an action on objects."""

    name: str
    action: str
    on_objects: bool


EXCESSIVE_PERMISSIONS = (
    ExcessivePermission("everything", EVERY_ACTION, on_objects=False),
    ExcessivePermission("everything", EVERY_ACTION, on_objects=True),
    *(ExcessivePermission(action, action, on_objects=action == BYPASS) for action in PROTECTION_ACTIONS),
)


def _bucket_findings(
    parsed: ParsedPolicy, bucket: Bucket, policy: IdentityPolicy, context: RuleContext
) -> Iterator[Finding]:
    source_buckets = [source for source in policy.sources if context.stack.fact(source, Bucket)]
    only_source = source_buckets == [bucket.resource]
    for statement in parsed.possible_allows:
        unknowns = parsed.unknowns_by_statement.get(statement.position, ())
        for permission in EXCESSIVE_PERMISSIONS:
            covers_bucket = _covers_bucket(statement, bucket, on_objects=permission.on_objects)
            if covers_bucket is Match.MAYBE and only_source and not isinstance(bucket.arn, str):
                covers_bucket = Match.YES  # the unknown ARN in the policy can only come from this bucket
            allows = Match.YES if statement.effect == "Allow" else Match.MAYBE
            match _covers_action(statement, permission.action) & covers_bucket & allows:
                case Match.YES:
                    yield failed(f"statement {statement.position} allows {permission.name} on a PHI bucket")
                case Match.MAYBE:
                    causes = unknowns or ((bucket.arn,) if isinstance(bucket.arn, Unknown) else ())
                    yield unverified(*causes)


def _covers_action(statement: Statement, action: str) -> Match:
    if action == EVERY_ACTION:
        return allows_whole_service(statement, "s3")
    actions_only = replace(statement, principals=None, resources=None, conditions=())
    return statement_matches(actions_only, Request(action, ANY, ANYONE, {}))


def _covers_bucket(statement: Statement, bucket: Bucket, *, on_objects: bool) -> Match:
    """Return whether a statement covers a bucket, or some of its objects."""
    arn_is_known = isinstance(bucket.arn, str)
    arn = bucket.arn if isinstance(bucket.arn, str) else f"arn:{ANY}:s3:::{ANY}"
    request = Request("s3:*", f"{arn}/{ANY}" if on_objects else arn, ANYONE, {})
    resources_only = replace(statement, principals=None, actions=("*",), not_actions=False, conditions=())
    if statement.not_resources or statement.resources is None:
        return Match.NO if statement_matches(resources_only, request) is Match.NO else Match.YES
    matches = [Match.NO]
    for pattern in statement.resources:
        match = statement_matches(replace(resources_only, resources=(pattern,)), request)
        if match is Match.MAYBE and UNKNOWN not in pattern:
            if arn_is_known:
                match = Match.YES
            elif not re.search(r"[*?$]", pattern.split("/", 1)[0]):
                match = Match.NO  # Pulumi will name the bucket, so no policy can name it beforehand
        matches.append(match)
    return max(matches, key=lambda match: match.value)


def _condition_key_findings(parsed: ParsedPolicy) -> Iterator[Finding]:
    for statement in parsed.possible_allows:
        for condition in statement.conditions:
            supporting = actions_supporting(condition.key)
            without_key = Request("s3:*", ANY, ANYONE, {condition.key: None})
            condition_only = Statement(0, None, "Allow", None, ("*",), None, (condition,))
            needs_key = statement_matches(condition_only, without_key) is Match.NO
            if supporting is None or statement.not_actions or not needs_key:
                continue
            for action in statement.actions:
                if UNKNOWN in action:
                    yield unverified(*parsed.unknowns_by_statement.get(statement.position, ()))
                elif not any(_patterns_overlap(action, supported) for supported in supporting):
                    key = _redacted_key(condition.key)
                    yield failed(f"statement {statement.position} requires {key} for an action that doesn't support it")


def _redacted_key(key: str) -> str:
    """Return a condition key without the part that the program chooses, such as a tag's name."""
    return key if key[-1] == ":" else re.sub(r"(?<=[/:])[^/:]*$", "…", key)


def _patterns_overlap(pattern: str, action: str) -> bool:
    """Return whether a pattern matches an action, or some action that `action` matches if it is a pattern too."""
    statement = Statement(0, None, "Allow", None, (pattern,), None, ())
    request = Request(action.replace("*", ANY), ANY, ANYONE, {})
    return statement_matches(statement, request) is not Match.NO
