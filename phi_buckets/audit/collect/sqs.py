"""Collects SQS queues and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Location, Unknown
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy
from phi_buckets.audit.arns import region_of
from phi_buckets.audit.calls.sqs import GET_QUEUE_ATTRIBUTES, LIST_QUEUE_TAGS, LIST_QUEUES
from phi_buckets.audit.collect import kms
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope

# SQS returns a token for the next page only if the request limits the number of results (to at most 1,000):
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ListQueues.html
PAGE_SIZE = 1000
# Absent if the queue has no key:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
KEY_ATTRIBUTE = "KmsMasterKeyId"
ATTRIBUTES = [KEY_ATTRIBUTE, "SqsManagedSseEnabled", "Policy"]


@dataclass(frozen=True)
class _Responses:
    """The responses of AWS about a queue.

    Attributes:
        attributes: The queue's attributes; None if it was deleted since it was listed.
        tags: The queue's tags; None if it was deleted since it was listed.
    """

    arn: str
    attributes: Mapping[str, str] | FailedCall | None
    tags: Mapping[str, Any] | FailedCall | None


def collect(reader: AccountReader, scope: Scope) -> Collected:
    account = reader.account
    listed = reader.map(account.regions, lambda region: _list_urls(reader, region))
    unknown_queues = [
        _unknown_queue(result.resource, result.unknown, result.unknown, account.location(result.region))
        for result in listed
        if isinstance(result, FailedCall)
    ]
    queues = [
        (account.arn("sqs", region, name), url)
        for region, result in zip(account.regions, listed, strict=True)
        if not isinstance(result, FailedCall)
        for url in result
        if scope.includes(name := url.rsplit("/", 1)[-1])
    ]
    responses = reader.map(queues, lambda queue: _read(reader, *queue))
    regions_with_keys = (
        region_of(response.arn)
        for response in responses
        if isinstance(response.attributes, Mapping) and KEY_ATTRIBUTE in response.attributes
    )
    aliases_by_region = kms.aliases_by_region(reader, scope, regions_with_keys)
    facts = (*(_queue(reader, response, aliases_by_region) for response in responses), *unknown_queues)
    return Collected(tuple(fact for queue_facts in facts for fact in queue_facts))


def _list_urls(reader: AccountReader, region: str) -> list[str] | FailedCall:
    all_queues = reader.account.arn("sqs", region, "*")
    return reader.list_all(LIST_QUEUES, "QueueUrls", all_queues, region, MaxResults=PAGE_SIZE)


def _read(reader: AccountReader, arn: str, url: str) -> _Responses:
    region = region_of(arn)
    attributes = reader.call(GET_QUEUE_ATTRIBUTES, arn, region, QueueUrl=url, AttributeNames=ATTRIBUTES)
    tags = reader.call(LIST_QUEUE_TAGS, arn, region, QueueUrl=url)
    return _Responses(
        arn,
        attributes.get("Attributes", {}) if isinstance(attributes, Mapping) else attributes,
        tags.get("Tags", {}) if isinstance(tags, Mapping) else tags,
    )


def _queue(
    reader: AccountReader, response: _Responses, aliases_by_region: Mapping[str, Mapping[str, str] | FailedCall]
) -> tuple[Fact, ...]:
    """Return a queue and its policy; nothing for a queue that was deleted since it was listed."""
    arn, attributes = response.arn, response.attributes
    if attributes is None or response.tags is None:
        return ()
    region = region_of(arn)
    location = reader.account.location(region)
    tags = response.tags.unknown if isinstance(response.tags, FailedCall) else response.tags
    if isinstance(attributes, FailedCall):
        return _unknown_queue(arn, attributes.unknown, tags, location)
    key = (
        kms.canonical_key(attributes[KEY_ATTRIBUTE], aliases_by_region[region], reader.account, region)
        if KEY_ATTRIBUTE in attributes
        else None
    )
    sse_sqs = attributes.get("SqsManagedSseEnabled") == "true"
    policy = attributes.get("Policy")
    document = Document(policy) if policy else None
    queue = Queue(arn, arn, key, sse_sqs, tags=tags, location=location)
    return queue, QueuePolicy(arn, arn, arn, document, location)


def _unknown_queue(
    arn: str, unknown: Unknown, tags: Mapping[str, Any] | Unknown, location: Location
) -> tuple[Fact, ...]:
    queue = Queue(arn, arn, unknown, unknown, tags=tags, location=location)
    return queue, QueuePolicy(arn, arn, arn, Document(unknown), location)
