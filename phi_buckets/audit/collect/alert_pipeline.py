"""Collects the services that turn activity into alerts: trails, log groups, alarms, event rules and topics.

They run in order, because log groups need the trails.
"""

from __future__ import annotations

from hipaa_controls.services.cloudtrail.facts import Trail
from phi_buckets.audit.collect import cloudtrail, cloudwatch, events, logs, sns
from phi_buckets.audit.collected import Collected, merge
from phi_buckets.audit.reader import AccountReader
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, scope: Scope) -> Collected:
    trails = cloudtrail.collect(reader, scope)
    log_groups = logs.collect(reader, scope, [fact for fact in trails.facts if isinstance(fact, Trail)])
    alarms = cloudwatch.collect(reader, scope)
    event_rules = events.collect(reader, scope)
    topics = sns.collect(reader, scope)
    return merge([trails, log_groups, alarms, event_rules, topics])
