"""Checks of trails: the use of PHI is recorded, and the record can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from hipaa_controls.access.destinations import check_bucket, check_destination
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.model.property_checks import is_set, is_true
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Ref, StackResource, Unknown, is_enabled, iter_unknowns
from hipaa_controls.model.verdict import Finding, failed, not_applicable, passed, unverified, worst_finding
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


def no_external_destination(trail: Trail, context: RuleContext) -> Finding:
    """Check the owners of the trail's bucket and topic. A topic's name without an ARN is that of an own topic.

    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_CreateTrail.html (SnsTopicName)
    """
    if trail.bucket is None:
        return not_applicable("the trail belongs to the organization's account")
    trusted = TrustedParties.from_options(context.options, trail.location, trail.resource)
    findings = [check_bucket("log files are delivered", trail.bucket, context.options["buckets"])]
    names_own_topic = trail.topic is None or (isinstance(trail.topic, str) and not trail.topic.startswith("arn:"))
    if not names_own_topic:
        findings.append(check_destination("notifications are sent", trail.topic, trusted))
    return worst_finding(findings, "log files and notifications go only to trusted accounts")


def enabled(fact: Trail | Stack, context: RuleContext) -> Finding:
    """Check that every trail logs and, where the stack holds PHI, that its trails together record everything."""
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
    """Return a pass if the trails of the stack together record everything, else what this trail doesn't record."""
    unknowns: list[Unknown] = []
    for mode in (READS, WRITES):
        answer, undecided = _management_events_recorded(stack.facts_of_type(Trail), mode)
        if answer is False:
            return failed(" and ".join(_gaps(trail)))
        unknowns += undecided
    if unknowns:
        return unverified(*dict.fromkeys(unknowns))
    return passed("the trails of the stack record all management events in all regions")


def _management_events_recorded(trails: list[Trail], mode: dict[str, bool]) -> tuple[bool | None, list[Unknown]]:
    """Return whether the trails together record every management event that reads, or that writes.

    A selector may leave out some event sources. Another selector then has to record those.

    Returns:
        True or False, and no values; or None, and the values that decide.
    """
    exclusions: list[frozenset[Ref]] = []
    undecided: list[Unknown] = []
    for trail in trails:
        preconditions = _records_all_regions(trail)
        for conditions, excluded_sources in _management_selections(trail, mode):
            answers = [*preconditions, *conditions]
            if False in answers:
                continue
            unknowns = list(iter_unknowns([answers, excluded_sources]))
            undecided += unknowns
            if not unknowns:
                exclusions.append(frozenset(excluded_sources))
    if exclusions and not frozenset.intersection(*exclusions):
        return True, []
    return (None, undecided) if undecided else (False, [])


def _management_selections(trail: Trail, mode: dict[str, bool]) -> Iterator[tuple[list[bool | Unknown], Sequence[Ref]]]:
    """Yield, for each event selector, whether it selects all management reads, or writes, except of some event sources.

    Without a selector, a trail records all management events:
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
    """
    if isinstance(trail.selectors, Unknown):
        yield [trail.selectors], ()
    elif not trail.selectors:
        yield [True], ()
    else:
        for selector in trail.selectors:
            if selector.field_selectors is None:
                included = True if selector.management_events is None else is_enabled(selector.management_events)
                conditions = [included, _selects_mode(selector, mode)]
                excluded_sources: Sequence[Ref] | Unknown = selector.excluded_sources
            else:
                conditions, excluded_sources = _advanced_management_selection(selector.field_selectors, mode)
            if isinstance(excluded_sources, Unknown):
                yield [*conditions, excluded_sources], ()
            else:
                yield conditions, excluded_sources


def _advanced_management_selection(
    selectors: tuple[FieldSelector, ...] | Unknown, mode: dict[str, bool]
) -> tuple[list[bool | Unknown], Sequence[Ref] | Unknown]:
    """Return the conditions of an advanced event selector, and the event sources that it leaves out.

    A field other than these three is assumed to narrow the selection. AWS accepts eventSource only with NotEquals:
    https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_AdvancedFieldSelector.html
    """
    if isinstance(selectors, Unknown):
        return [selectors], ()
    conditions: list[bool | Unknown] = ["eventCategory" in [selector.name for selector in selectors]]
    excluded_sources: Sequence[Ref] | Unknown = ()
    for selector in selectors:
        match selector.name:
            case "eventCategory":
                conditions.append(_equals(selector, lambda values: set(values) == {"Management"}))
            case "readOnly":
                conditions.append(_equals_mode(selector, mode))
            case "eventSource" if set(selector.operators) == {"notEquals"} and not excluded_sources:
                excluded_sources = selector.operators["notEquals"]
            case Unknown():
                conditions.append(selector.name)
            case _:
                conditions.append(False)
    return conditions, excluded_sources


def _records_all_regions(trail: Trail) -> list[bool | Unknown]:
    """Return whether a trail logs, in all regions, and whether it records global service events."""
    global_events = True if trail.global_service_events is None else trail.global_service_events
    return [_logging(trail), is_enabled(trail.multi_region), is_enabled(global_events)]


def _gaps(trail: Trail) -> list[str]:
    """Return what a trail certainly doesn't record by itself, as phrases."""
    phrases = ("enableLogging is false", "isMultiRegionTrail is not true", "includeGlobalServiceEvents is false")
    gaps = [phrase for phrase, answer in zip(phrases, _records_all_regions(trail), strict=True) if answer is False]
    in_all_regions = replace(trail, logging=True, multi_region=True, global_service_events=True)
    if any(_management_events_recorded([in_all_regions], mode)[0] is False for mode in (READS, WRITES)):
        gaps.append("its event selectors exclude management events")
    return gaps


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
    """Return whether a trail records events of the bucket's account and region. A single-Region trail has only its own.

    The trail of another account has this one's if it is an organization's and this account is a member:
    https://docs.aws.amazon.com/awscloudtrail/latest/userguide/creating-trail-organization.html
    """
    includes_account = not trail.location.in_other_account(bucket.location) or is_enabled(trail.of_organization)
    if includes_account is not True:
        return includes_account
    if trail.location.region == bucket.location.region:
        return True
    return is_enabled(trail.multi_region)


def _basic_conditions(selector: EventSelector, bucket: Bucket, mode: dict[str, bool]) -> Iterator[bool | Unknown]:
    yield _selects_mode(selector, mode)
    if isinstance(selector.arn_prefixes, Unknown):
        yield selector.arn_prefixes
    else:
        yield any_of(_prefix_covers(prefix, bucket) for prefix in selector.arn_prefixes)


def _selects_mode(selector: EventSelector, mode: dict[str, bool]) -> bool | Unknown:
    """Return whether a basic event selector selects reads, or writes."""
    read_write_type = selector.read_write_type
    return read_write_type if isinstance(read_write_type, Unknown) else mode.get(read_write_type or "", False)


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
                yield _equals_mode(selector, mode)
            case "resources.ARN":
                yield from _arn_conditions(selector, bucket)
            case str() | None:
                yield False


def _equals_mode(selector: FieldSelector, mode: dict[str, bool]) -> bool | Unknown:
    """Return whether the field readOnly of an advanced event selector selects reads, or writes."""
    read_only = "true" if mode is READS else "false"
    return _equals(selector, lambda values: read_only in values)


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
            excludes = _excludes_by_prefix if operator == "notStartsWith" else _excludes_by_arn
            answers = [excludes(value, bucket) for value in values]
            yield all_of([answer if isinstance(answer, Unknown) else not answer for answer in answers])
        else:
            yield False


def _excludes_by_prefix(prefix: Ref, bucket: Bucket) -> bool | Unknown:
    """Return whether the ARN of some object in the bucket may start with a prefix."""
    return _compare_objects(prefix, bucket, lambda text, objects: text.startswith(objects) or objects.startswith(text))


def _excludes_by_arn(arn: Ref, bucket: Bucket) -> bool | Unknown:
    """Return whether an ARN may be that of an object in the bucket. An object key has at least one character.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    if arn == StackResource(bucket.resource):
        # Both the bucket's own ARN, which no object has, and an object's ARN are built from the bucket.
        return Unknown("the ARN that an event selector leaves out", (bucket.resource,))
    return _compare_objects(arn, bucket, lambda text, objects: text.startswith(objects) and text != objects)


def _compare_objects(value: Ref, bucket: Bucket, compare: Callable[[str, str], bool]) -> bool | Unknown:
    """Compare a string with the ARN prefix of a bucket's objects. A reference to the bucket itself always matches."""
    if isinstance(value, StackResource):
        return value.resource == bucket.resource
    if isinstance(value, Unknown):
        return value
    if value is None:
        return False
    return compare(value, f"{bucket.arn}/") if isinstance(bucket.arn, str) else bucket.arn or False
