"""Checks of trails: the use of PHI is recorded, and the record can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hipaa_controls.model.property_checks import is_set, is_true
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Ref, StackResource, Unknown, is_enabled, iter_unknowns
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified
from hipaa_controls.services.cloudtrail.facts import EventSelector, FieldSelector, Trail
from hipaa_controls.services.kms import customer_managed_keys
from hipaa_controls.services.s3.facts import Bucket, phi_buckets

OBJECT_TYPE = "AWS::S3::Object"
# For reads and for writes of objects: whether an event selector with this readWriteType records them.
READS = {"All": True, "ReadOnly": True, "WriteOnly": False}
WRITES = {"All": True, "ReadOnly": False, "WriteOnly": True}

customer_managed_key = customer_managed_keys.customer_managed_key("kms_key")
log_validation = is_true(
    "log_file_validation", if_true="log files are signed", if_false="enableLogFileValidation is not true"
)
cloudwatch_logs = is_set(
    "log_group", if_set="the trail also delivers to a log group", if_missing="the trail delivers to no log group"
)


def enabled(fact: Trail | Stack, context: RuleContext) -> Finding:
    """Check that every trail logs and, where the stack holds PHI, that one of its trails records everything."""
    if isinstance(fact, Stack):
        return _check_trail_exists(fact)
    logging = _logging(fact)
    if logging is False:
        return failed("enableLogging is false")
    if context.stack.complete and phi_buckets(context.stack):
        return _check_everything_is_recorded(fact, context.stack)
    return unverified(logging) if isinstance(logging, Unknown) else passed("the trail logs")


def _check_trail_exists(stack: Stack) -> Finding:
    if not phi_buckets(stack):
        return not_applicable("the stack holds no PHI")
    # Where trails can't be listed, one fact stands for them. It is unverified, so here it counts as a trail.
    return passed("each trail is checked") if stack.facts_of_type(Trail) else failed("the stack has no trail")


def _check_everything_is_recorded(trail: Trail, stack: Stack) -> Finding:
    """Return a pass if some trail of the stack records everything, else what this trail doesn't record."""
    gaps = {other.resource: _gaps(other) for other in stack.facts_of_type(Trail)}
    if not all(gaps.values()):
        return passed("a trail of the stack records everything")
    # A trail whose gaps are all unknown may still turn out to record everything.
    undecided = [trail_gaps for trail_gaps in gaps.values() if not any(isinstance(gap, str) for gap in trail_gaps)]
    unknowns = list(iter_unknowns(undecided))
    if unknowns:
        return unverified(*unknowns)
    return failed(" and ".join(gap for gap in gaps[trail.resource] if isinstance(gap, str)))


def _gaps(trail: Trail) -> list[str | Unknown]:
    """Return what a trail doesn't record, as phrases; Unknown for a property that isn't known yet."""
    global_events = True if trail.global_service_events is None else trail.global_service_events
    properties = {
        "enableLogging is false": _logging(trail),
        "isMultiRegionTrail is not true": is_enabled(trail.multi_region),
        "includeGlobalServiceEvents is false": is_enabled(global_events),
        "its event selectors exclude management events": is_enabled(trail.records_management_events),
    }
    return [value if isinstance(value, Unknown) else gap for gap, value in properties.items() if value is not True]


def _logging(trail: Trail) -> bool | Unknown:
    return is_enabled(True if trail.logging is None else trail.logging)


def s3_data_events(bucket: Bucket, context: RuleContext) -> Finding:
    """Check that the trails of the stack together record every read and every write of the bucket's objects."""
    if not bucket.declared_here:
        return not_applicable("the bucket belongs to another stack")
    unknowns: list[Unknown] = []
    missing = []
    for operation, mode in (("reads", READS), ("writes", WRITES)):
        answers = [
            recorded for trail in context.stack.facts_of_type(Trail) for recorded in _records(trail, bucket, mode)
        ]
        undecided = [answer for answer in answers if isinstance(answer, Unknown)]
        if True not in answers:
            unknowns += undecided
            missing += [] if undecided else [operation]
    if missing:
        return failed(f"no active trail records {' and '.join(missing)} of all its objects")
    return unverified(*unknowns) if unknowns else passed("trails record reads and writes of all its objects")


def _records(trail: Trail, bucket: Bucket, mode: dict[str, bool]) -> Iterator[bool | Unknown]:
    """Yield, for each event selector of a trail, whether it records all reads, or writes, of a bucket's objects."""
    if isinstance(trail.selectors, Unknown):
        yield trail.selectors
        return
    preconditions = [_logging(trail), _covers_region(trail, bucket)]
    for selector in trail.selectors:
        if selector.field_selectors is None:
            conditions = _basic_conditions(selector, bucket, mode)
        else:
            conditions = _advanced_conditions(selector.field_selectors, bucket, mode)
        yield all_of([*preconditions, *conditions])


def _covers_region(trail: Trail, bucket: Bucket) -> bool | Unknown:
    """Return whether a trail records events of the bucket's region. A single-Region trail records only its own."""
    if trail.location.region == bucket.location.region:
        return True
    return is_enabled(trail.multi_region)


def _basic_conditions(selector: EventSelector, bucket: Bucket, mode: dict[str, bool]) -> Iterator[bool | Unknown]:
    read_write_type = selector.read_write_type
    yield read_write_type if isinstance(read_write_type, Unknown) else mode.get(read_write_type or "", False)
    if isinstance(selector.arn_prefixes, Unknown):
        yield selector.arn_prefixes
    else:
        yield any_of(_prefix_covers(prefix, bucket) for prefix in selector.arn_prefixes)


def _prefix_covers(prefix: Ref, bucket: Bucket) -> bool | Unknown:
    """Return whether the ARN prefix of a basic event selector covers every object of a bucket.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DataResource.html
    """
    all_buckets = f"arn:{bucket.location.partition}:s3"
    if prefix in (all_buckets, f"{all_buckets}:::"):
        return True
    return _compare_objects(prefix, bucket, lambda value, objects: value == objects)


def _advanced_conditions(
    selectors: tuple[FieldSelector, ...] | Unknown, bucket: Bucket, mode: dict[str, bool]
) -> Iterator[bool | Unknown]:
    """Yield whether each field selector holds. A field other than these four is assumed to narrow the selection."""
    if isinstance(selectors, Unknown):
        yield selectors
        return
    names = [selector.name for selector in selectors]
    yield from (name for name in names if isinstance(name, Unknown))
    yield "eventCategory" in names
    yield "resources.type" in names
    for selector in selectors:
        match selector.name:
            case "eventCategory":
                yield _equals(selector, lambda values: set(values) == {"Data"})
            case "resources.type":
                yield _equals(selector, lambda values: OBJECT_TYPE in values)
            case "readOnly":
                read_only = "true" if mode is READS else "false"
                yield _equals(selector, lambda values, read_only=read_only: read_only in values)  # type: ignore[misc]
            case "resources.ARN":
                yield from _arn_conditions(selector, bucket)
            case str() | None:
                yield False


def _equals(selector: FieldSelector, holds: Callable[[tuple[Ref, ...]], bool]) -> bool | Unknown:
    """Return whether the values of a field selector satisfy `holds`. AWS accepts only Equals for these fields.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
    """
    values = selector.operators.get("equals", ())
    if isinstance(values, Unknown) or set(selector.operators) != {"equals"}:
        return values if isinstance(values, Unknown) else False
    unknowns = [value for value in values if isinstance(value, Unknown)]
    return unknowns[0] if unknowns else holds(values)


def _arn_conditions(selector: FieldSelector, bucket: Bucket) -> Iterator[bool | Unknown]:
    for operator, values in selector.operators.items():
        if isinstance(values, Unknown):
            yield values
        elif operator == "startsWith":
            yield any_of(
                _compare_objects(value, bucket, lambda prefix, objects: objects.startswith(prefix)) for value in values
            )
        elif operator in ("notStartsWith", "notEquals"):
            overlaps = [_overlaps(value, bucket) for value in values]
            yield all_of([overlap if isinstance(overlap, Unknown) else not overlap for overlap in overlaps])
        else:
            yield False


def _overlaps(value: Ref, bucket: Bucket) -> bool | Unknown:
    return _compare_objects(value, bucket, lambda text, objects: text.startswith(objects) or objects.startswith(text))


def _compare_objects(value: Ref, bucket: Bucket, compare: Callable[[str, str], bool]) -> bool | Unknown:
    """Compare a string with the ARN prefix of a bucket's objects. A reference to the bucket itself always matches."""
    if isinstance(value, StackResource):
        return value.resource == bucket.resource
    if isinstance(value, Unknown):
        return value
    if value is None:
        return False
    return compare(value, f"{bucket.arn}/") if isinstance(bucket.arn, str) else bucket.arn or False
