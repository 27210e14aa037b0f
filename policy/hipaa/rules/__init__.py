"""The judgement of facts by the catalogue's controls. A module for each subject; each rule names its control."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from hipaa.controls import Control
from hipaa.facts import AccessPoint, Bucket, Stack
from hipaa.rules import (  # noqa: F401 - each is imported for its rules
    account,
    alerts,
    attestations,
    backup,
    coverage,
    identity,
    keys,
    log_groups,
    s3_access,
    s3_encryption,
    s3_logging,
    s3_recovery,
    topics,
    trails,
)
from hipaa.rules.registry import RULES, Case, Rule
from hipaa.verdicts import Finding, Verdict, not_applicable

__all__ = ["RULES", "Case", "concerned", "judge"]


def concerned(stack: Stack) -> frozenset[str]:
    """The controls, by id, that judge something in what one resource tells before it exists."""
    settings = {type(each.setting) for bucket in stack.of(Bucket) for each in bucket.declared}
    return _about(frozenset({type(fact) for fact in stack.facts} | settings))


@cache
def _about(kinds: frozenset[type]) -> frozenset[str]:
    alone = {control: rule for control, rule in RULES.items() if not rule.joins}
    return frozenset(control for control, rule in alone.items() if kinds & set(rule.kinds))


def judge(control: Control, case: Case) -> list[Verdict]:
    """A control's verdicts: one for each fact of its kind, and one for each setting that a bucket lacks."""
    rule = RULES[control.id]
    if rule.joins and not case.stack.whole:
        return []
    return [Verdict(control.id, resource, finding) for resource, finding in _findings(control, rule, case)]


def _findings(control: Control, rule: Rule, case: Case) -> Iterator[tuple[str, Finding]]:
    if rule.of_bucket:
        for bucket in case.stack.of(Bucket):
            yield from _of_bucket(control, rule, bucket, case)
        if rule.points:
            yield from ((point.resource, rule.points(point, case)) for point in case.stack.of(AccessPoint))
    else:
        for fact in _facts(rule, case.stack):
            role = getattr(fact, "role", None)
            asked = not control.roles or role is None or role in control.roles
            yield fact.resource, rule.judge(fact, case) if asked else _of_another_role(role)


def _facts(rule: Rule, stack: Stack) -> Iterator[Any]:
    """What a rule is asked about: facts of each kind, and of Stack the stack itself, once the whole is known."""
    for kind in rule.kinds:
        yield from ([stack] if stack.whole else []) if kind is Stack else stack.of(kind)


def _of_bucket(control: Control, rule: Rule, bucket: Bucket, case: Case) -> Iterator[tuple[str, Finding]]:
    if bucket.role not in control.roles:
        yield bucket.resource, _of_another_role(bucket.role)
        return
    declared = [each for each in bucket.declared if type(each.setting) in rule.kinds]
    for each in declared:
        yield each.resource, rule.judge(each.setting, bucket, case)
    if not declared and bucket.whole and rule.absent:
        yield bucket.resource, rule.absent(bucket)


def _of_another_role(role: object) -> Finding:
    return not_applicable(f"not asked of a bucket for {getattr(role, 'value', role)}")
