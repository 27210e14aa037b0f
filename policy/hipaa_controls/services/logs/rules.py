"""Checks of log groups that hold audit logs, of policies, and of where log events are sent.

A log group holds audit logs if its data-class tag says so, or if a trail delivers to it.
"""

from __future__ import annotations

from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.destinations import check_bucket, check_destination
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import parse_resource_policy
from hipaa_controls.model.property_checks import Check
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa_controls.services.kms.customer_managed_keys import (
    customer_managed_key as encrypted_with_customer_managed_key,
)
from hipaa_controls.services.logs.facts import LogDestination, LogGroup, LogsPolicy


def _for_audit_logs(check: Check) -> Check:
    """Return a check that applies only to log groups with audit logs.

    A failure is unverified if it isn't known whether a log group holds audit logs.
    """

    def check_audit_logs(group: LogGroup, context: RuleContext) -> Finding:
        if group.holds_audit_logs is False or group.holds_audit_logs is None:
            return not_applicable("it holds no audit logs")
        finding = check(group, context)
        if isinstance(group.holds_audit_logs, Unknown) and finding.status is Status.FAIL:
            return unverified(group.holds_audit_logs)
        return finding

    return check_audit_logs


def _check_retention(group: LogGroup, context: RuleContext) -> Finding:
    if isinstance(group.retention_days, Unknown):
        return unverified(group.retention_days)
    if not group.retention_days:
        return passed("events are kept forever")
    text = f"events are kept for {group.retention_days:g} days"
    return failed(text) if group.retention_days < context.options["days"] else passed(text)


customer_managed_key = _for_audit_logs(encrypted_with_customer_managed_key("kms_key"))
retention = _for_audit_logs(_check_retention)


def no_external_access(policy: LogsPolicy, context: RuleContext) -> Finding:
    trusted = TrustedParties.from_options(context.options, policy.location, policy.resource)
    return external_access.only_trusted_access(parse_resource_policy(policy.document), [evaluator.ANY], trusted)


def no_external_destination(destination: LogDestination, context: RuleContext) -> Finding:
    content, target = "log events are sent", destination.target
    if isinstance(target, str) and ":s3:::" in target:
        return check_bucket(content, target, context.options["buckets"])
    trusted = TrustedParties.from_options(context.options, destination.location, destination.resource)
    return check_destination(content, target, trusted)
