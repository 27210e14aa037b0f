"""What is recorded of a bucket, and what it says of itself."""

from __future__ import annotations

from hipaa.model.data_class import normalize_data_class
from hipaa.model.rule import RuleContext
from hipaa.model.values import StackResource, Unknown
from hipaa.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa.services.s3.facts import AccessLogging, Bucket, RequestMetrics


def access_logging(logging: AccessLogging, bucket: Bucket, _: RuleContext) -> Finding:
    if isinstance(logging.target_bucket, Unknown):
        return unverified(logging.target_bucket)
    if not logging.target_bucket:
        return failed("no target bucket")
    if logging.target_bucket == StackResource(bucket.resource) or logging.target_bucket == bucket.name:
        return failed("access is logged to the bucket itself")
    return passed("access is logged to another bucket")


def request_metrics(bucket: Bucket, _: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("a bucket of another stack")
    everywhere = [each.applies_to_all_objects for each in bucket.settings_of(RequestMetrics)]
    if True in everywhere:
        return passed("requests to the whole bucket are measured")
    unknown = [each for each in everywhere if isinstance(each, Unknown)]
    return unverified(*unknown) if unknown else failed("no metrics configuration is for the whole bucket")


def data_class_tag(bucket: Bucket, context: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("a bucket of another stack")
    found = bucket.data_class_tag
    if isinstance(found, Unknown):
        return unverified(found)
    if not found:
        return failed(f"there is no tag {context.options['tag']}")
    if normalize_data_class(found) not in {normalize_data_class(each) for each in context.options["allowedValues"]}:
        return failed(f"the tag {context.options['tag']} has another value")
    return passed("the data class is one of those")
