"""Checks of lifecycle rules: data is kept long enough, and incomplete uploads are aborted."""

from __future__ import annotations

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.three_valued import all_of, any_of
from hipaa_controls.model.values import Unknown, is_enabled
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified, worst_finding
from hipaa_controls.services.s3.facts import Bucket, Lifecycle, LifecycleRule


def retention(lifecycle: Lifecycle, bucket: Bucket, context: RuleContext) -> Finding:
    if isinstance(lifecycle.rules, Unknown):
        return unverified(lifecycle.rules)
    holds_phi = bucket.data_class in (DataClass.PHI, DataClass.REPLICA)
    days = context.options["days" if holds_phi else "logDays"]
    findings = (_only_if_enabled(rule, _check_expiration(rule, days, holds_phi=holds_phi)) for rule in lifecycle.rules)
    return worst_finding(findings, f"nothing expires before {days} days")


def _only_if_enabled(rule: LifecycleRule, finding: Finding) -> Finding:
    """Return the finding about a rule if the rule is enabled. If it may be enabled, a failure becomes unverified."""
    if rule.enabled is False:
        return passed("")
    return unverified(rule.enabled) if isinstance(rule.enabled, Unknown) and finding.status is Status.FAIL else finding


def _check_expiration(rule: LifecycleRule, days: int, *, holds_phi: bool) -> Finding:
    expires = rule.expires_current_versions
    if isinstance(expires, Unknown):
        return unverified(expires)
    if expires and holds_phi:
        return failed("a lifecycle rule expires current versions")
    periods = [rule.noncurrent_expiration_days] + ([rule.expiration_days] if expires else [])
    for period in periods:
        if isinstance(period, int | float) and period < days:
            return failed(f"a lifecycle rule expires versions after {period:g} days")
    if expires and rule.expiration_days is None:
        return failed("a lifecycle rule expires current versions on a date")
    unknowns = [period for period in periods if isinstance(period, Unknown)]
    return unverified(*unknowns) if unknowns else passed("")


def abort_multipart(lifecycle: Lifecycle, _: Bucket, context: RuleContext) -> Finding:
    if isinstance(lifecycle.rules, Unknown):
        return unverified(lifecycle.rules)
    days = context.options["days"]
    aborts = any_of(_aborts_within(rule, days) for rule in lifecycle.rules)
    if isinstance(aborts, Unknown):
        return unverified(aborts)
    if not aborts:
        return failed(f"no rule for the whole bucket aborts incomplete uploads within {days} days")
    return passed(f"incomplete uploads are aborted within {days} days")


def _aborts_within(rule: LifecycleRule, days: int) -> bool | Unknown:
    """Return whether a rule aborts every incomplete upload in time.

    In a bucket's inline rule, 0 days means that the rule doesn't abort, because the provider ignores the 0.
    """
    after = rule.abort_multipart_days
    in_time = after if isinstance(after, Unknown) else after is not None and 0 < after <= days
    return all_of([is_enabled(rule.enabled), is_enabled(rule.applies_to_all_objects), in_time])
