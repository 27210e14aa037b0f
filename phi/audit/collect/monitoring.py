"""What records and raises alerts, in the order in which one needs what another told."""

from __future__ import annotations

from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.sns.facts import TopicPolicy
from phi.audit.collect import cloudtrail, cloudwatch, logs, s3_notifications, sns
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader
from phi.audit.scope import Scope


def collect(reader: AccountReader, scope: Scope) -> Collected:
    trails = cloudtrail.collect(reader, scope)
    groups = logs.collect(reader, scope, [each for each in trails.facts if isinstance(each, Trail)])
    alarms = cloudwatch.collect(reader, scope)
    topics = sns.collect(reader, scope)
    policies = [each for each in topics.facts if isinstance(each, TopicPolicy)]
    facts = tuple(fact for told in (trails, groups, alarms, topics) for fact in told.facts)
    publishers = (*alarms.publishers, *s3_notifications.publishers(reader, scope, policies))
    return Collected(facts, trails.bucket_uses, publishers=publishers)
