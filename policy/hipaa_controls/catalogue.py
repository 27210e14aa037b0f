"""The catalogue: every control of the pack and the audit, and the function that judges one.

Each control names its rule, so a service is added only here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import islice

from hipaa_controls.attestations import controls as attestations
from hipaa_controls.model.control import Control, Stage
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, Status, Verdict, failed, unverified
from hipaa_controls.services.athena import controls as athena
from hipaa_controls.services.backup import controls as backup
from hipaa_controls.services.cloudtrail import controls as cloudtrail
from hipaa_controls.services.cloudwatch import controls as cloudwatch
from hipaa_controls.services.config import controls as config
from hipaa_controls.services.events import controls as events
from hipaa_controls.services.guardduty import controls as guardduty
from hipaa_controls.services.iam import controls as iam
from hipaa_controls.services.kms import controls as kms
from hipaa_controls.services.logs import controls as logs
from hipaa_controls.services.macie import controls as macie
from hipaa_controls.services.ram import controls as ram
from hipaa_controls.services.s3 import controls as s3
from hipaa_controls.services.s3.facts import Bucket
from hipaa_controls.services.sns import controls as sns
from hipaa_controls.services.sqs import controls as sqs

CONTROLS = (
    *s3.CONTROLS,  # first: the options of s3-data-class-tag determine the data classes, which the other controls need
    *kms.CONTROLS,
    *cloudtrail.CONTROLS,
    *logs.CONTROLS,
    *cloudwatch.CONTROLS,
    *events.CONTROLS,
    *sns.CONTROLS,
    *sqs.CONTROLS,
    *iam.CONTROLS,
    *backup.CONTROLS,
    *ram.CONTROLS,
    *athena.CONTROLS,
    *guardduty.CONTROLS,
    *macie.CONTROLS,
    *config.CONTROLS,
    *attestations.CONTROLS,
)
PREVIEW_CONTROLS = tuple(control for control in CONTROLS if Stage.PREVIEW in control.stages)
LIVE_CONTROLS = tuple(control for control in CONTROLS if Stage.LIVE in control.stages)
MAX_DOUBTS = 5  # in a message about a check that counts on other resources


def judge(control: Control, context: RuleContext) -> list[Verdict]:
    """Return the verdicts of a control: one for each fact that it checks, and one for each setting that is missing.

    A finding that passes fails if another resource overwrites the setting that it is about. It is unverified if there
    is a doubt about its resource, or about a resource without which it wouldn't pass.
    """
    if control.rule.needs_whole_stack and not context.stack.complete:
        return []
    findings = [
        (resource, (_overwritten(resource, control, context.stack) if _passes(finding) else None) or finding)
        for resource, finding in control.rule.findings(control.data_classes, context)
    ]
    doubts = _doubts_about_passes(control, findings, context) if context.stack.doubts else {}
    return [
        Verdict(
            control.id,
            resource,
            unverified(*doubts[resource]) if doubts.get(resource) and _passes(finding) else finding,
        )
        for resource, finding in findings
    ]


def _overwritten(resource: str, control: Control, stack: Stack) -> Finding | None:
    """Return a failure if another resource declares a setting that the control checks in this one."""
    overwrites = (stack.overwrites.get((resource, setting_type)) for setting_type in control.rule.fact_types)
    text = next(filter(None, overwrites), None)
    return failed(text) if text else None


def _doubts_about_passes(
    control: Control, findings: list[tuple[str, Finding]], context: RuleContext
) -> Mapping[str, tuple[Unknown, ...]]:
    """Return the doubts about the findings that pass, by their resource.

    In a whole stack, a check may count on other resources, so it is made again without those that are in doubt.
    """
    stack = context.stack
    if not stack.complete:
        return stack.doubts
    without_doubtful = replace(context, stack=_without_doubtful(stack))
    certain = Counter(
        resource
        for resource, finding in control.rule.findings(control.data_classes, without_doubtful)
        if _passes(finding)
    )
    passes = Counter(resource for resource, finding in findings if _passes(finding))
    all_doubts = tuple(islice((doubt for reasons in stack.doubts.values() for doubt in reasons), MAX_DOUBTS))
    return {
        resource: stack.doubts.get(resource, all_doubts)
        for resource, count in passes.items()
        if resource in stack.doubts or certain[resource] < count
    }


def _without_doubtful(stack: Stack) -> Stack:
    """Return a stack without the facts and settings that are in doubt. A bucket stays: what it holds isn't in doubt."""
    facts = [
        _without_doubtful_settings(fact, stack) if isinstance(fact, Bucket) else fact
        for fact in stack.facts
        if isinstance(fact, Bucket) or fact.resource not in stack.doubts
    ]
    return replace(stack, facts=tuple(facts))


def _without_doubtful_settings(bucket: Bucket, stack: Stack) -> Bucket:
    settings = tuple(declared for declared in bucket.settings if declared.resource not in stack.doubts)
    return replace(bucket, settings=settings)


def _passes(finding: Finding) -> bool:
    return finding.status is Status.PASS


def controls_for_resource(stack: Stack) -> frozenset[str]:
    """Return the ids of the controls that check something in the facts of one resource, before it exists."""
    settings = {type(declared.setting) for bucket in stack.facts_of_type(Bucket) for declared in bucket.settings}
    return _controls_for_types(frozenset({type(fact) for fact in stack.facts} | settings))


@cache
def _controls_for_types(types: frozenset[type]) -> frozenset[str]:
    return frozenset(
        control.id
        for control in CONTROLS
        if not control.rule.needs_whole_stack and types & set(control.rule.fact_types)
    )
