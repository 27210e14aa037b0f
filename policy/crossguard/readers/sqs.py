"""Readers of SQS queues and their policies."""

from __future__ import annotations

import re
from collections.abc import Mapping

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_flag
from crossguard.resource_types import KMS_KEYS, QUEUE
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Flag, StackResource, Unknown
from hipaa_controls.services.sqs.facts import Queue, QueuePolicy

# A queue's URL ends with its account and name, on each of the hosts that SQS has:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
QUEUE_URL = re.compile(r"https?://[^/]+/(\d{12})/([\w-]+(?:\.fifo)?)", re.ASCII)


def _queue(queue: PulumiResource, graph: Graph) -> list[Fact]:
    kms_key = graph.resolve(queue, queue.inputs.get("kmsMasterKeyId"), "kmsMasterKeyId", KMS_KEYS)
    data_class = graph.data_class_tag.data_class_of(queue.own_tags, ())
    has_policy = queue.inputs.get("policy") not in (None, "")
    document = graph.policy_document(queue, "policy", "queuePolicy") if has_policy else None
    arn, location = _queue_arn(queue, graph), graph.location_of(queue)
    return [
        Queue(queue.urn, arn, kms_key, _sse_sqs(queue), data_class, queue.own_tags, location),
        QueuePolicy(queue.urn, StackResource(queue.urn), arn, document, location),
    ]


def _sse_sqs(queue: PulumiResource) -> Flag:
    """Return whether SSE-SQS is on: as declared, else as AWS has it.

    The provider leaves the setting of an existing queue alone if the program doesn't declare it.
    """
    declared, actual = as_flag(queue.inputs.get("sqsManagedSseEnabled")), as_flag(queue.output("sqsManagedSseEnabled"))
    return actual if declared is None and isinstance(actual, bool) else declared


def _queue_arn(queue: PulumiResource, graph: Graph) -> str | Unknown:
    """Return the queue's ARN, built from its name until AWS has returned it."""
    arn, name, location = queue.output("arn"), queue.inputs.get("name"), graph.location_of(queue)
    if isinstance(arn, str):
        return arn
    if isinstance(name, str) and location.region and location.account:
        return f"arn:{location.partition}:sqs:{location.region}:{location.account}:{name}"
    return Unknown(f"{queue.name}.arn")


def _queue_policy(policy: PulumiResource, graph: Graph) -> list[Fact]:
    url = policy.inputs.get("queueUrl")
    url_arn = _arn_of_url(url, policy, graph)
    named = url if isinstance(url_arn, Unknown) else url_arn  # unlike a URL's last part, an ARN names the account
    queue_ref = graph.resolve(policy, named, "queueUrl", {QUEUE}, same_place=True)
    queue = graph.resource_for(queue_ref)
    arn = _queue_arn(queue, graph) if queue else url_arn
    document = graph.policy_document(policy, "policy", "queuePolicy")
    return [QueuePolicy(policy.urn, queue_ref, arn, document, graph.location_of(policy))]


def _arn_of_url(url: object, policy: PulumiResource, graph: Graph) -> str | Unknown:
    location = graph.location_of(policy)
    parts = QUEUE_URL.fullmatch(url) if isinstance(url, str) else None
    if parts and location.region:
        return f"arn:{location.partition}:sqs:{location.region}:{parts[1]}:{parts[2]}"
    return Unknown(f"the ARN of the queue of {policy.name}")


READERS: Mapping[str, FactReader] = {
    QUEUE: _queue,
    "aws:sqs/queuePolicy:QueuePolicy": _queue_policy,
}
