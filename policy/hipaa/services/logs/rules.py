"""Log groups that hold audit records: those that a trail writes to, and those that say so."""

from __future__ import annotations

from collections.abc import Callable

from hipaa.model.rule import RuleContext
from hipaa.model.values import Unknown
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.kms.customer_managed_keys import check_customer_managed_key
from hipaa.services.logs.facts import LogGroup


def customer_managed_key(group: LogGroup, _: RuleContext) -> Finding:
    return _of_audit(group, lambda: check_customer_managed_key(group.kms_key))


def retention(group: LogGroup, context: RuleContext) -> Finding:
    return _of_audit(group, lambda: _kept(group, context.options["days"]))


def _of_audit(group: LogGroup, judge: Callable[[], Finding]) -> Finding:
    """Judged only if it holds audit records. What can't be told to be one fails for nothing that is sure."""
    if group.holds_audit_logs is False or group.holds_audit_logs is None:
        return not_applicable("it holds no audit records")
    finding = judge()
    if isinstance(group.holds_audit_logs, Unknown) and finding.status is Status.FAIL:
        return unverified(group.holds_audit_logs)
    return finding


def _kept(group: LogGroup, days: int) -> Finding:
    if isinstance(group.retention_days, Unknown):
        return unverified(group.retention_days)
    if not group.retention_days:
        return passed("it is kept for ever")
    return (failed if group.retention_days < days else passed)(f"it is kept for {group.retention_days:g} days")
