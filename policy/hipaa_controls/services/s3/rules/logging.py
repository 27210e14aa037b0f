"""Checks of access logging and request metrics."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.three_valued import all_of
from hipaa_controls.model.values import StackResource, Unknown, is_enabled
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
    unfiltered = list(_whole_bucket_is_counted(bucket.settings_of(RequestMetrics)))
    if True in unfiltered:
        return passed("requests to the whole bucket are counted")
    unknowns = [value for value in unfiltered if isinstance(value, Unknown)]
    return unverified(*unknowns) if unknowns else failed("no metrics configuration covers the whole bucket")


def _whole_bucket_is_counted(configurations: Sequence[RequestMetrics]) -> Iterator[bool | Unknown]:
    """Yield for each metrics configuration whether it covers the whole bucket.

    S3 keeps one configuration of each ID. Of two that a program declares by mistake, either may be lost.
    """
    for metrics in configurations:
        same_id = [other for other in configurations if isinstance(other.id, str) and other.id == metrics.id]
        yield all_of(is_enabled(other.applies_to_all_objects) for other in same_id or [metrics])
