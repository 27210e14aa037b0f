"""The catalogue: every control of the pack and the audit, and the function that judges one.

Each control names its rule, so a service is added only here.
"""

from __future__ import annotations

from functools import cache

from hipaa_controls.attestations import controls as attestations
from hipaa_controls.model.control import Control, Stage
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Status, Verdict, unverified
from hipaa_controls.services.backup import controls as backup
from hipaa_controls.services.cloudtrail import controls as cloudtrail
from hipaa_controls.services.cloudwatch import controls as cloudwatch
from hipaa_controls.services.config import controls as config
from hipaa_controls.services.guardduty import controls as guardduty
from hipaa_controls.services.iam import controls as iam
from hipaa_controls.services.kms import controls as kms
from hipaa_controls.services.logs import controls as logs
from hipaa_controls.services.macie import controls as macie
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
    *sns.CONTROLS,
    *sqs.CONTROLS,
    *iam.CONTROLS,
    *backup.CONTROLS,
    *guardduty.CONTROLS,
    *macie.CONTROLS,
    *config.CONTROLS,
    *attestations.CONTROLS,
)
PREVIEW_CONTROLS = tuple(control for control in CONTROLS if Stage.PREVIEW in control.stages)
LIVE_CONTROLS = tuple(control for control in CONTROLS if Stage.LIVE in control.stages)


def judge(control: Control, context: RuleContext) -> list[Verdict]:
    """Return the verdicts of a control: one for each fact that it checks, and one for each setting that is missing.

    A finding that passes is unverified if there is a doubt about its resource.
    """
    if control.rule.needs_whole_stack and not context.stack.complete:
        return []
    verdicts: list[Verdict] = []
    for resource, finding in control.rule.findings(control.data_classes, context):
        doubts = context.stack.doubts.get(resource, ())
        verdicts.append(
            Verdict(control.id, resource, unverified(*doubts) if doubts and finding.status is Status.PASS else finding)
        )
    return verdicts


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
