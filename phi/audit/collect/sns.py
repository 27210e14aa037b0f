"""Topics and their policies. Who publishes to them, others tell."""

from __future__ import annotations

from collections.abc import Mapping

from hipaa.model.stack import Fact
from hipaa.model.values import Document, Text, Unknown
from hipaa.services.sns.facts import Topic, TopicPolicy
from phi.audit.calls import Call, On
from phi.audit.collect import kms
from phi.audit.collected import Told
from phi.audit.reader import Reader, Unread
from phi.audit.scope import Scope

LIST_TOPICS = Call("sns", "list_topics", "sns:ListTopics", On.ANYTHING)
ATTRIBUTES = Call("sns", "get_topic_attributes", "sns:GetTopicAttributes", On.TOPIC, absent=("NotFound",))
CALLS = (LIST_TOPICS, ATTRIBUTES)


def collect(reader: Reader, scope: Scope) -> Told:
    account = reader.account
    listed = reader.each(
        account.regions,
        lambda region: reader.pages(LIST_TOPICS, "Topics", account.arn("sns", region, "*"), region),
    )
    unlisted = [_facts(reader, each.about, each.unknown, each.unknown) for each in listed if isinstance(each, Unread)]
    arns = [topic["TopicArn"] for found in listed if not isinstance(found, Unread) for topic in found]
    ours = [arn for arn in arns if scope.has(arn.rsplit(":", 1)[-1])]
    topics = list(zip(ours, reader.each(ours, lambda arn: _attributes(reader, arn)), strict=True))
    encrypted = sorted({_region(arn) for arn, told in topics if isinstance(told, Mapping) and KEY in told})
    names = dict(zip(encrypted, reader.each(encrypted, lambda region: kms.names(reader, scope, region)), strict=True))
    read = [_topic(reader, arn, told, names) for arn, told in topics if told is not None]
    return Told(tuple(fact for facts in (*read, *unlisted) for fact in facts))


# Not there where the topic has no key: https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
KEY = "KmsMasterKeyId"


def _attributes(reader: Reader, arn: str) -> Mapping[str, str] | Unread | None:
    told = reader.ask(ATTRIBUTES, arn, _region(arn), TopicArn=arn)
    return told["Attributes"] if isinstance(told, Mapping) else told


def _topic(
    reader: Reader,
    arn: str,
    told: Mapping[str, str] | Unread,
    names: Mapping[str, Mapping[str, str] | Unread],
) -> tuple[Fact, ...]:
    if isinstance(told, Unread):
        return _facts(reader, arn, told.unknown, told.unknown)
    region = _region(arn)
    key = kms.known_as(told[KEY], names[region], reader.account, region) if KEY in told else None
    return _facts(reader, arn, key, told.get("Policy", ""))


def _facts(reader: Reader, arn: str, key: Text, policy: str | Unknown) -> tuple[Fact, ...]:
    place = reader.account.place(_region(arn))
    return Topic(arn, arn, key, (), place), TopicPolicy(arn, arn, arn, Document(policy), place)


def _region(arn: str) -> str:
    return arn.split(":")[3]
