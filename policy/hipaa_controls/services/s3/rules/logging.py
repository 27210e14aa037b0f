"""Checks of access logging and request metrics."""

from __future__ import annotations

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa_controls.services.s3.facts import AccessLogging, Bucket, RequestMetrics


def access_logging(logging: AccessLogging, bucket: Bucket, _: RuleContext) -> Finding:
    target = logging.target_bucket
    if isinstance(target, Unknown):
        return unverified(target)
    if not target:
        return failed("access logging has no target bucket")
    if target == StackResource(bucket.resource) or target == bucket.name:
        return failed("access is logged to the bucket itself")
    return passed("access is logged to another bucket")


def request_metrics(bucket: Bucket, _: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("the bucket belongs to another stack")
    unfiltered = [metrics.applies_to_all_objects for metrics in bucket.settings_of(RequestMetrics)]
    if True in unfiltered:
        return passed("requests to the whole bucket are counted")
    unknowns = [value for value in unfiltered if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("no metrics configuration covers the whole bucket")
