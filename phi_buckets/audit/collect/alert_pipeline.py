"""Collects the services that turn activity into alerts: trails, log groups, alarms, event rules and topics.

Some of their collectors need another's facts, so they run in order: log groups need the trails, and finding the topics
that S3 publishes to needs the topic policies.
"""

from __future__ import annotations

from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.sns.facts import TopicPolicy
from phi_buckets.audit.collect import cloudtrail, cloudwatch, events, logs, sns
from phi_buckets.audit.collect.s3 import notifications
from phi_buckets.audit.collected import Collected, merge
from phi_buckets.audit.reader import AccountReader
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, scope: Scope) -> Collected:
    trails = cloudtrail.collect(reader, scope)
    log_groups = logs.collect(reader, scope, [fact for fact in trails.facts if isinstance(fact, Trail)])
    alarms = cloudwatch.collect(reader, scope)
    event_rules = events.collect(reader, scope)
    topics = sns.collect(reader, scope)
    topic_policies = [fact for fact in topics.facts if isinstance(fact, TopicPolicy)]
    s3_publishers = Collected(publishers=notifications.collect_publishers(reader, scope, topic_policies))
    return merge([trails, log_groups, alarms, event_rules, topics, s3_publishers])
