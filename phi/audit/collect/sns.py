"""Topics and their policies. Who publishes to them, others tell."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa.model.stack import Fact
from hipaa.model.values import Document, Text, Unknown
from hipaa.services.sns.facts import Topic, TopicPolicy
from phi.audit.calls import Call, ResourceType
from phi.audit.collect import kms
from phi.audit.collected import Collected
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.scope import Scope

LIST_TOPICS = Call("sns", "list_topics", "sns:ListTopics", ResourceType.ANY)
ATTRIBUTES = Call("sns", "get_topic_attributes", "sns:GetTopicAttributes", ResourceType.TOPIC, not_found_errors=("NotFound",))
CALLS = (LIST_TOPICS, ATTRIBUTES)


def collect(reader: AccountReader, scope: Scope) -> Collected:
    account = reader.account
    listed = reader.map(
        account.regions,
        lambda region: reader.pages(LIST_TOPICS, "Topics", account.arn("sns", region, "*"), region),
    )
    unlisted = [_facts(reader, each.subject, each.unknown, each.unknown) for each in listed if isinstance(each, FailedCall)]
    arns = [topic["TopicArn"] for found in listed if not isinstance(found, FailedCall) for topic in found]
    ours = [arn for arn in arns if scope.has(arn.rsplit(":", 1)[-1])]
    topics = list(zip(ours, reader.map(ours, lambda arn: _attributes(reader, arn)), strict=True))
    encrypted = sorted({_region(arn) for arn, told in topics if isinstance(told, Mapping) and KEY in told})
    names = dict(zip(encrypted, reader.map(encrypted, lambda region: kms.names(reader, scope, region)), strict=True))
    read = [_topic(reader, arn, told, names) for arn, told in topics if told is not None]
    return Collected(tuple(fact for facts in (*read, *unlisted) for fact in facts))


# Not there where the topic has no key: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
KEY = "KmsMasterKeyId"


def _attributes(reader: AccountReader, arn: str) -> Mapping[str, str] | FailedCall | None:
    told = reader.call(ATTRIBUTES, arn, _region(arn), TopicArn=arn)
    return told["Attributes"] if isinstance(told, Mapping) else told


def _topic(
    reader: AccountReader,
    arn: str,
    told: Mapping[str, str] | FailedCall,
    names: Mapping[str, Mapping[str, str] | FailedCall],
) -> tuple[Fact, ...]:
    if isinstance(told, FailedCall):
        return _facts(reader, arn, told.unknown, told.unknown)
    region = _region(arn)
    key = kms.known_as(told[KEY], names[region], reader.account, region) if KEY in told else None
    return _facts(reader, arn, key, told.get("Policy", ""))


def _facts(reader: AccountReader, arn: str, key: Text, policy: str | Unknown) -> tuple[Fact, ...]:
    place = reader.account.location(_region(arn))
    return Topic(arn, arn, key, (), place), TopicPolicy(arn, arn, arn, Document(policy), place)


def _region(arn: str) -> str:
    return arn.split(":")[3]
