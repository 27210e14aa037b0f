"""Log groups that hold audit records: those that a trail writes to, and those that say so."""

from __future__ import annotations

from collections.abc import Callable

from hipaa.model.rule import RuleContext
from hipaa.model.values import Unknown
from hipaa.model.verdict import Finding, Status, failed, not_applicable, passed, unverified
from hipaa.services.kms.customer_managed_keys import encrypted
from hipaa.services.logs.facts import LogGroup


def customer_key(group: LogGroup, _: RuleContext) -> Finding:
    return _of_audit(group, lambda: encrypted(group.key))


def retention(group: LogGroup, context: RuleContext) -> Finding:
    return _of_audit(group, lambda: _kept(group, context.options["days"]))


def _of_audit(group: LogGroup, judge: Callable[[], Finding]) -> Finding:
    """Judged only if it holds audit records. What can't be told to be one fails for nothing that is sure."""
    if group.audit is False or group.audit is None:
        return not_applicable("it holds no audit records")
    finding = judge()
    if isinstance(group.audit, Unknown) and finding.status is Status.FAIL:
        return unverified(group.audit)
    return finding


def _kept(group: LogGroup, days: int) -> Finding:
    if isinstance(group.days, Unknown):
        return unverified(group.days)
    if not group.days:
        return passed("it is kept for ever")
    return (failed if group.days < days else passed)(f"it is kept for {group.days:g} days")
