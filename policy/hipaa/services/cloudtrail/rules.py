"""Trails: whether the use of PHI is recorded, and whether the record can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hipaa.model.data_class import DataClass
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.three_valued import all_of, any_of
from hipaa.model.values import Ref, StackResource, Unknown, is_enabled, iter_unknowns
from hipaa.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from hipaa.services.kms.customer_managed_keys import check_customer_managed_key
from hipaa.services.s3.facts import Bucket

OBJECTS = "AWS::S3::Object"
# The values of readWriteType, and of readOnly, by what they let be recorded.
READS = {"All": True, "ReadOnly": True, "WriteOnly": False}
WRITES = {"All": True, "ReadOnly": False, "WriteOnly": True}


def phi_buckets(stack: Stack) -> list[Bucket]:
    return [each for each in stack.facts_of_type(Bucket) if each.declared_here and each.data_class is DataClass.PHI]


def enabled(fact: Trail | Stack, context: RuleContext) -> Finding:
    """A trail must log; and where the stack keeps PHI, one of its trails must record everything."""
    if isinstance(fact, Stack):
        if not phi_buckets(fact):
            return not_applicable("the stack keeps no PHI")
        # A trail may stand for those that couldn't be listed: whether there is one is then unverified of it alone.
        return (
            passed("each trail is asked by itself")
            if fact.facts_of_type(Trail)
            else failed("there is no trail in the stack")
        )
    if _logging(fact) is False:
        return failed("enableLogging is false")
    if context.stack.complete and phi_buckets(context.stack):
        return _recorded(fact, context.stack)
    logging = _logging(fact)
    return unverified(logging) if isinstance(logging, Unknown) else passed("it logs")


def _recorded(trail: Trail, stack: Stack) -> Finding:
    """Whether some trail of the stack records everything; where none does, what this one leaves out."""
    faults = {each.resource: _faults(each) for each in stack.facts_of_type(Trail)}
    if not all(faults.values()):
        return passed("a trail of the stack records everything")
    unknown = [each for found in faults.values() if not any(isinstance(one, str) for one in found) for each in found]
    waiting = list(iter_unknowns(unknown))
    if waiting:
        return unverified(*waiting)
    return failed(" and ".join(each for each in faults[trail.resource] if isinstance(each, str)))


def _faults(trail: Trail) -> list[str | Unknown]:
    settings = {
        "enableLogging is false": _logging(trail),
        "isMultiRegionTrail is not true": is_enabled(trail.multi_region),
        "includeGlobalServiceEvents is false": is_enabled(
            True if trail.global_service_events is None else trail.global_service_events
        ),
        "its selectors leave management events out": is_enabled(trail.records_management_events),
    }
    return [value if isinstance(value, Unknown) else fault for fault, value in settings.items() if value is not True]


def _logging(trail: Trail) -> bool | Unknown:
    return is_enabled(True if trail.logging is None else trail.logging)


def customer_managed_key(trail: Trail, _: RuleContext) -> Finding:
    return check_customer_managed_key(trail.kms_key)


def log_validation(trail: Trail, _: RuleContext) -> Finding:
    validated = is_enabled(trail.log_file_validation)
    if isinstance(validated, Unknown):
        return unverified(validated)
    return passed("its files are signed") if validated else failed("enableLogFileValidation is not true")


def cloudwatch_logs(trail: Trail, _: RuleContext) -> Finding:
    if isinstance(trail.log_group, Unknown):
        return unverified(trail.log_group)
    return passed("it also goes to a log group") if trail.log_group else failed("it goes to no log group")


def s3_data_events(bucket: Bucket, context: RuleContext) -> Finding:
    if not bucket.declared_here:
        return not_applicable("a bucket of another stack")
    doubts: list[Unknown] = []
    missing = []
    for what, mode in (("reads", READS), ("writes", WRITES)):
        found = [each for trail in context.stack.facts_of_type(Trail) for each in _records(trail, bucket, mode)]
        unknown = [each for each in found if isinstance(each, Unknown)]
        if True not in found:
            doubts += unknown
            missing += [] if unknown else [what]
    if missing:
        return failed(f"no trail that logs records {' and '.join(missing)} of all its objects")
    return unverified(*doubts) if doubts else passed("a trail records reads and writes of all its objects")


def _records(trail: Trail, bucket: Bucket, mode: dict[str, bool]) -> Iterator[bool | Unknown]:
    """Of each of a trail's selectors, whether it records all of a bucket's reads, or writes."""
    if isinstance(trail.selectors, Unknown):
        yield trail.selectors
        return
    rest = [_logging(trail), _sees(trail, bucket)]
    for selector in trail.selectors:
        parts = _basic(selector, bucket, mode) if selector.field_selectors is None else _advanced(selector.field_selectors, bucket, mode)
        yield all_of([*rest, *parts])


def _sees(trail: Trail, bucket: Bucket) -> bool | Unknown:
    """A trail of one region records that region alone."""
    if trail.location.region == bucket.location.region:
        return True
    return is_enabled(trail.multi_region)


def _basic(selector: EventSelector, bucket: Bucket, mode: dict[str, bool]) -> Iterator[bool | Unknown]:
    kind = selector.read_write_type
    yield kind if isinstance(kind, Unknown) else mode.get(kind or "", False)
    if isinstance(selector.arn_prefixes, Unknown):
        yield selector.arn_prefixes
    else:
        yield any_of(_basic_prefix(each, bucket) for each in selector.arn_prefixes)


def _basic_prefix(prefix: Ref, bucket: Bucket) -> bool | Unknown:
    """https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html"""
    every = f"arn:{bucket.location.partition}:s3"
    if prefix in (every, f"{every}:::"):
        return True
    return _is_of(prefix, bucket, lambda value, objects: value == objects)


def _advanced(
    fields: tuple[FieldSelector, ...] | Unknown, bucket: Bucket, mode: dict[str, bool]
) -> Iterator[bool | Unknown]:
    """Every field must hold. What isn't one of these four narrows the selector, as far as we know."""
    if isinstance(fields, Unknown):
        yield fields
        return
    told = [each.name for each in fields]
    yield from (each for each in told if isinstance(each, Unknown))
    yield "eventCategory" in told
    yield "resources.type" in told
    for each in fields:
        match each.name:
            case "eventCategory":
                yield _equals(each, lambda values: set(values) == {"Data"})
            case "resources.type":
                yield _equals(each, lambda values: OBJECTS in values)
            case "readOnly":
                wanted = "true" if mode is READS else "false"
                yield _equals(each, lambda values, wanted=wanted: wanted in values)  # type: ignore[misc]
            case "resources.ARN":
                yield from _arns(each, bucket)
            case str() | None:
                yield False


def _equals(selector: FieldSelector, holds: Callable[[tuple[Ref, ...]], bool]) -> bool | Unknown:
    """AWS takes only Equals for these: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html"""
    values = selector.operators.get("equals", ())
    if isinstance(values, Unknown) or set(selector.operators) != {"equals"}:
        return values if isinstance(values, Unknown) else False
    unknown = [each for each in values if isinstance(each, Unknown)]
    return unknown[0] if unknown else holds(values)


def _arns(selector: FieldSelector, bucket: Bucket) -> Iterator[bool | Unknown]:
    for operator, values in selector.operators.items():
        if isinstance(values, Unknown):
            yield values
        elif operator == "startsWith":
            yield any_of(_is_of(each, bucket, lambda value, objects: objects.startswith(value)) for each in values)
        elif operator in ("notStartsWith", "notEquals"):
            touched = [_touches(each, bucket) for each in values]
            yield all_of([each if isinstance(each, Unknown) else not each for each in touched])
        else:
            yield False


def _touches(value: Ref, bucket: Bucket) -> bool | Unknown:
    return _is_of(value, bucket, lambda text, objects: text.startswith(objects) or objects.startswith(text))


def _is_of(value: Ref, bucket: Bucket, holds: Callable[[str, str], bool]) -> bool | Unknown:
    """Whether a text, or the bucket that it is made from, holds for the ARN of the bucket's objects."""
    if isinstance(value, StackResource):
        return value.resource == bucket.resource
    if isinstance(value, Unknown):
        return value
    if value is None:
        return False
    return holds(value, f"{bucket.arn}/") if isinstance(bucket.arn, str) else bucket.arn or False
