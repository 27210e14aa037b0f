"""Checks of identity policies: the permissions that they grant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import ParsedPolicy, keep_conditions, parse_identity_policy
from hipaa_controls.access.policy_size import IDENTITY_POLICIES, check_size
from hipaa_controls.evaluator import ANY, ANYONE, Match, Request, Statement, statement_matches
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, unverified, worst_finding
from hipaa_controls.services.iam.condition_keys import actions_supporting
from hipaa_controls.services.iam.facts import IdentityPolicy
from hipaa_controls.services.iam.managed_policies import ADMIN_POLICIES, BROAD_DECRYPT_POLICIES
from hipaa_controls.services.s3.facts import Bucket
from hipaa_controls.services.s3.protection_actions import BYPASS, PROTECTION_ACTIONS

# The resource types of each service, as the last segment of their ARNs.
RESOURCE_TYPES = {
    "s3": (ANY, f"{ANY}/{ANY}"),
    "kms": (f"key/{ANY}",),
    "iam": (ANY,),
}
DECRYPT_ACTIONS = (
    *("kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
    *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"),
)
# The condition keys that narrow the use of keys, in lower case.
KEY_CONDITIONS = ("kms:resourcealiases", "kms:requestalias", "kms:viaservice")
UNNAMED = "some"  # stands for a partition, region or account that a statement doesn't name
ARN_SEGMENTS = 6

# Returns what a statement shouldn't allow, as a verb phrase such as "allows all of s3"; None if there is nothing. It is
# called with the statement as it is known, and with the broadest one that its unknown values may turn it into.
StatementCheck = Callable[[Statement], str | None]


def no_admin(policy: IdentityPolicy, _: RuleContext) -> Finding:
    def allows_whole_service(statement: Statement) -> str | None:
        unconditional = replace(statement, conditions=())
        for service in RESOURCE_TYPES:
            resources = _all_resources(unconditional, service)
            if any(_covers(unconditional, f"{service}:{ANY}", resource, {}) for resource in resources):
                return f"allows all of {service}"
        return None

    return _check_policy(
        policy,
        lambda parsed: _check_statements(parsed, allows_whole_service),
        ADMIN_POLICIES,
        "no statement allows everything",
    )


def no_broad_decrypt(policy: IdentityPolicy, _: RuleContext) -> Finding:
    """Check with requests that have none of the narrowing condition keys, and with values that no policy names."""
    contexts: tuple[dict[str, str | None], ...] = (
        dict.fromkeys(KEY_CONDITIONS),
        dict.fromkeys(KEY_CONDITIONS, "alias/foreign"),
    )

    def check(parsed: ParsedPolicy) -> Iterator[Finding]:
        narrowed = keep_conditions(parsed, KEY_CONDITIONS)

        def allows_every_key(statement: Statement) -> str | None:
            for action in DECRYPT_ACTIONS:
                for key in _all_resources(statement, "kms"):
                    for context in contexts:
                        covers = _covers(statement, action, key, context)
                        if covers and not _is_denied(narrowed, action, key, context):
                            return f"allows {action} with every key"
            return None

        yield from _check_statements(narrowed, allows_every_key)

    return _check_policy(policy, check, BROAD_DECRYPT_POLICIES, "no statement allows the use of every key")


def least_privilege(policy: IdentityPolicy, context: RuleContext) -> Finding:
    buckets = [bucket for bucket in context.stack.facts_of_type(Bucket) if bucket.data_class is DataClass.PHI]
    return _check_policy(
        policy,
        lambda parsed: (finding for bucket in buckets for finding in _bucket_findings(parsed, bucket, policy, context)),
        frozenset(),
        "access to PHI buckets is limited to named actions",
    )


def condition_keys_apply(policy: IdentityPolicy, _: RuleContext) -> Finding:
    return _check_policy(
        policy, _condition_key_findings, frozenset(), "every action supports the condition keys of its statement"
    )


def _check_policy(
    policy: IdentityPolicy,
    check: Callable[[ParsedPolicy], Iterable[Finding]],
    failing_managed_policies: frozenset[str],
    success: str,
) -> Finding:
    """Return the worst finding about the documents and the managed policies of a resource.

    Args:
        policy: The documents and managed policies that one resource gives to identities.
        check: Yields the findings about one document.
        failing_managed_policies: The names of AWS managed policies that fail; empty if they aren't checked.
        success: The finding's text if nothing fails.
    """

    if policy.kind and not isinstance(policy.documents, Unknown):
        too_large = check_size(IDENTITY_POLICIES[policy.kind], *policy.documents)
        if too_large:
            return too_large

    def findings() -> Iterator[Finding]:
        documents = policy.documents
        attached = policy.managed_policies if failing_managed_policies else ()
        yield from (unverified(value) for value in (documents, attached) if isinstance(value, Unknown))
        for document in () if isinstance(documents, Unknown) else documents:
            parsed = parse_identity_policy(document)
            yield from check(parsed) if isinstance(parsed, ParsedPolicy) else [parsed]
        for arn in () if isinstance(attached, Unknown) else attached:
            if isinstance(arn, Unknown):
                yield unverified(arn)
            elif isinstance(arn, str):
                name = arn.partition(":iam::aws:policy/")[2]
                if name in failing_managed_policies:
                    yield failed(f"the AWS managed policy {name} is attached")

    return worst_finding(findings(), success)


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


def _all_resources(statement: Statement, service: str) -> Iterator[str]:
    """Yield an ARN for every resource type of a service, in each region and account that the statement mentions."""
    for pattern in statement.resources or ("*",):
        segments = re.sub(r"\*+", UNNAMED, pattern).split(":", ARN_SEGMENTS - 1)
        named = segments[1:5] if len(segments) == ARN_SEGMENTS else segments[1:-1]
        partition, _, region, account = [*named, *[UNNAMED] * 4][:4]
        for resource in RESOURCE_TYPES[service]:
            yield ":".join(("arn", partition, service, region, account, resource))


def _expand_short_arn(pattern: str) -> str:
    """Return a pattern cut after its first wildcard if it has fewer segments than an ARN.

    Such a pattern can only match if a wildcard crosses a colon. AWS documents that only for a wildcard at the end of a
    segment; here, what other wildcards would then cover counts as well.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
    """
    is_short = pattern.count(":") < ARN_SEGMENTS - 1
    return pattern[: pattern.index("*") + 1] if is_short and "*" in pattern else pattern


def _covers(statement: Statement, action: str, resource: str, context: dict[str, str | None]) -> bool:
    """Return whether a statement covers every such request. A NotResource counts as `*`."""
    if statement.not_resources:
        resources: tuple[str, ...] = ("*",)
    else:
        resources = tuple(map(_expand_short_arn, statement.resources or ("*",)))
    expanded = replace(statement, resources=resources, not_resources=False)
    return statement_matches(expanded, Request(action, resource, ANYONE, context)) is Match.YES


def _is_denied(parsed: ParsedPolicy, action: str, resource: str, context: dict[str, str | None]) -> bool:
    decision = evaluator.evaluate([parsed.policy], Request(action, resource, ANYONE, context))
    return decision.outcome is evaluator.Outcome.EXPLICIT_DENY


@dataclass(frozen=True)
class ExcessivePermission:
    """An action that no identity policy may allow on a PHI bucket, and whether it is an action on objects."""

    name: str
    action: str
    on_objects: bool


EXCESSIVE_PERMISSIONS = (
    ExcessivePermission("everything", f"s3:{ANY}", on_objects=False),
    ExcessivePermission("everything", f"s3:{ANY}", on_objects=True),
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
    """Return whether a statement covers an action.

    `s3:*` counts as covered only by a `*` or a NotAction, and not by a long list of names.
    """
    actions_only = replace(statement, principals=None, resources=None, conditions=())
    match = statement_matches(actions_only, Request(action, ANY, ANYONE, {}))
    if match is not Match.MAYBE:
        return match
    if statement.not_actions:
        return Match.YES
    return Match.MAYBE if any(UNKNOWN in name for name in statement.actions) else Match.NO


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
