"""What is recorded of a bucket, and what it says of itself."""

from __future__ import annotations

from hipaa.facts import AccessLogging, Bucket, Here, RequestMetrics, Unknown, spelled
from hipaa.rules.registry import Case, rule, setting_rule
from hipaa.verdicts import Finding, failed, not_applicable, passed, unverified


@setting_rule("s3-access-logging", AccessLogging)
def access_logging(logging: AccessLogging, bucket: Bucket, _: Case) -> Finding:
    if isinstance(logging.target, Unknown):
        return unverified(logging.target)
    if not logging.target:
        return failed("no target bucket")
    if logging.target == Here(bucket.resource) or logging.target == bucket.name:
        return failed("access is logged to the bucket itself")
    return passed("access is logged to another bucket")


@rule("s3-request-metrics", Bucket, joins=True)
def request_metrics(bucket: Bucket, _: Case) -> Finding:
    if not bucket.exists:
        return not_applicable("a bucket of another stack")
    everywhere = [each.everywhere for each in bucket.declaring(RequestMetrics)]
    if True in everywhere:
        return passed("requests to the whole bucket are measured")
    unknown = [each for each in everywhere if isinstance(each, Unknown)]
    return unverified(*unknown) if unknown else failed("no metrics configuration is for the whole bucket")


@rule("s3-data-class", Bucket)
def data_class(bucket: Bucket, case: Case) -> Finding:
    if not bucket.exists:
        return not_applicable("a bucket of another stack")
    found = bucket.data_class
    if isinstance(found, Unknown):
        return unverified(found)
    if not found:
        return failed(f"there is no tag {case.options['tag']}")
    if spelled(found) not in {spelled(each) for each in case.options["classes"]}:
        return failed(f"the tag {case.options['tag']} has another value")
    return passed("the data class is one of those")
