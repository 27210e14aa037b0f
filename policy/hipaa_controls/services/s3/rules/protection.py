"""Checks of the protection of object versions: versioning, Object Lock, tamper protection and forceDestroy."""

from __future__ import annotations

from collections.abc import Iterable

from hipaa_controls import evaluator
from hipaa_controls.access.insiders import denied_to_unnamed_administrators
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_bucket_policy
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.property_checks import one_of, redact
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.three_valued import all_of
from hipaa_controls.model.values import Unknown, is_enabled, iter_unknowns
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified, worst_finding
from hipaa_controls.services.s3.bucket_types import SpecialBucket
from hipaa_controls.services.s3.facts import Bucket, BucketObject, BucketPolicy, ObjectLock
from hipaa_controls.services.s3.protection_actions import BYPASS, DELETE_VERSION, REQUIRED_PROTECTION_ACTIONS

# From the weakest to the strictest.
LOCK_MODES = ("GOVERNANCE", "COMPLIANCE")
SHORTEST_YEAR_DAYS = 365

versioning = one_of("status", ("Enabled",), "versioning", other_values=("Suspended", "Disabled"))


def object_lock(lock: ObjectLock, bucket: Bucket, context: RuleContext) -> Finding:
    """Check the default retention. S3 delivers no access logs to a bucket with Object Lock.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
    """
    if bucket.data_class is DataClass.ACCESS_LOG:
        # The audit couldn't read the setting, so the bucket may have no Object Lock.
        unread = all(isinstance(value, Unknown) for value in (lock.mode, lock.days, bucket.object_lock_enabled))
        return unverified(*iter_unknowns([bucket.object_lock_enabled])) if unread else failed("Object Lock is enabled")
    if not isinstance(lock.mode, Unknown):
        if lock.mode not in LOCK_MODES:
            return failed(f"the mode of the lock is {redact(lock.mode, *LOCK_MODES)}")
        if LOCK_MODES.index(lock.mode) < LOCK_MODES.index(context.options["mode"]):
            return failed(f"the mode of the lock is {lock.mode}")
    unknown_period = next(iter_unknowns([lock.days, lock.years]), None)
    if unknown_period:
        return unverified(unknown_period)
    days, text = _locked_days(lock)
    if days < context.options["days"]:
        return failed(text)
    return unverified(lock.mode) if isinstance(lock.mode, Unknown) else passed(text)


def _locked_days(lock: ObjectLock) -> tuple[float, str]:
    """Return the days for which versions are locked at least, and a text.

    AWS doesn't say how many days S3 counts for a year, so it is taken to be the shortest, and six years then fall short
    of the two leap days that six years may contain.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DefaultRetention.html
    """
    if isinstance(lock.years, int | float) and lock.years:
        days = lock.years * SHORTEST_YEAR_DAYS
        period = f"{lock.years:g} {'year' if lock.years == 1 else 'years'}"
        return days, f"versions are locked for {period}, which may be only {days:g} days without the leap days"
    days = lock.days if isinstance(lock.days, int | float) else 0
    return days, f"versions are locked for {days:g} days"


def without_object_lock(bucket: Bucket) -> Finding:
    if bucket.data_class is not DataClass.ACCESS_LOG:
        return failed("no Object Lock configuration is declared")
    enabled = is_enabled(bucket.object_lock_enabled)
    if isinstance(enabled, Unknown):
        return unverified(enabled)
    return failed("Object Lock is enabled") if enabled else passed("Object Lock is off, so S3 can deliver access logs")


def tamper_protection(policy: BucketPolicy, bucket: Bucket, _: RuleContext) -> Finding:
    """Check that no administrator of the bucket's account that the policy doesn't name can weaken its protection."""
    parsed = parse_bucket_policy(policy.document)
    if not isinstance(parsed, ParsedPolicy):
        return parsed
    if isinstance(bucket.arn, Unknown):
        return unverified(bucket.arn)
    findings = _denied_to_administrators(parsed, bucket, REQUIRED_PROTECTION_ACTIONS)
    locks = bucket.settings_of(ObjectLock)
    in_compliance_mode = all_of(_in_compliance_mode(lock) for lock in locks) if locks else False
    if bucket.complete and in_compliance_mode is not True:
        (deletion,) = _denied_to_administrators(parsed, bucket, (DELETE_VERSION,))
        if isinstance(in_compliance_mode, Unknown) and deletion.status is Status.FAIL:
            deletion = unverified(in_compliance_mode)
        findings.append(deletion)
    return worst_finding(findings, "version deletion and protection changes are denied to all but named principals")


def _in_compliance_mode(lock: ObjectLock) -> bool | Unknown:
    return lock.mode if isinstance(lock.mode, Unknown) else lock.mode == "COMPLIANCE"


def _denied_to_administrators(parsed: ParsedPolicy, bucket: Bucket, actions: Iterable[str]) -> list[Finding]:
    """Return a finding about the actions on the bucket, and one about those on its objects."""
    by_resource: dict[str, list[str]] = {}
    for action in actions:
        on_objects = action in (BYPASS, DELETE_VERSION)
        by_resource.setdefault(f"{bucket.arn}/{evaluator.ANY}" if on_objects else str(bucket.arn), []).append(action)
    return [
        denied_to_unnamed_administrators(parsed, resource, of_resource, bucket.location)
        for resource, of_resource in by_resource.items()
    ]


def no_force_destroy(fact: Bucket | SpecialBucket | BucketObject, context: RuleContext) -> Finding:
    """Check a bucket, or an object that a program declares.

    To destroy an object with forceDestroy, the provider removes legal holds and bypasses governance retention:
    https://www.pulumi.com/registry/packages/aws/api-docs/s3/bucketobjectv2/#forcedestroy_python
    """
    if isinstance(fact, Bucket) and not fact.declared_here:
        return not_applicable("the bucket belongs to another stack")
    force_destroy = is_enabled(fact.force_destroy)
    if force_destroy is True:
        return failed("forceDestroy is true")
    if not isinstance(fact, BucketObject) and context.options["protect"] and not fact.pulumi_protected:
        return failed("the resource option protect is off")
    if isinstance(force_destroy, Unknown):
        return unverified(force_destroy)
    return passed("it can't be destroyed while it holds objects or locked versions")
