"""The check of a bucket's data-class tag."""

from __future__ import annotations

from hipaa_controls.model.data_class import normalize_data_class
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa_controls.services.s3.bucket_types import SpecialBucket
from hipaa_controls.services.s3.facts import Bucket


def data_class_tag(bucket: Bucket | SpecialBucket, context: RuleContext) -> Finding:
    if isinstance(bucket, Bucket) and not bucket.declared_here:
        return not_applicable("the bucket belongs to another stack")
    value = bucket.data_class_tag
    if isinstance(value, Unknown):
        return unverified(value)
    tag = context.options["tag"]
    if not value:
        return failed(f"the tag {tag} is missing")
    allowed_values = {normalize_data_class(allowed) for allowed in context.options["allowedValues"]}
    if normalize_data_class(value) not in allowed_values:
        return failed(f"the tag {tag} doesn't have an allowed value")
    return passed("the data class is an allowed value")
