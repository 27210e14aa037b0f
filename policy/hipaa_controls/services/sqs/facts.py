"""SQS queues and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Document, Flag, Location, Ref, Unknown


@dataclass(frozen=True)
class Queue:
    """An SQS queue, standard or FIFO. A dead-letter queue is a queue like any other.

    Attributes:
        kms_key: None for a queue without SSE-KMS.
        sse_sqs: Whether SSE-SQS is on. None for a queue that doesn't declare it.
        data_class: The data class of its messages, by the data-class tag.
    """

    resource: str
    arn: str | Unknown
    kms_key: Ref
    sse_sqs: Flag
    data_class: DataClass = DataClass.PHI
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    location: Location = Location()


@dataclass(frozen=True)
class QueuePolicy:
    """The policy of a queue.

    Attributes:
        arn: The queue's ARN.
        document: None for a queue that declares no policy itself.
    """

    resource: str
    queue: Ref
    arn: str | Unknown
    document: Document | None
    location: Location = Location()
