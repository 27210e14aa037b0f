"""SNS topics and their policies."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Document, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Topic:
    """An SNS topic. publishers: the services that this stack has publish to it, such as `cloudwatch.amazonaws.com`.

    Unknown of a live account: what couldn't be read may have a service publish to it.
    """

    resource: str
    arn: Text
    kms_key: Ref
    publishers: tuple[str | Unknown, ...]
    location: Location = Location()


@dataclass(frozen=True)
class TopicPolicy:
    """A topic's policy, or what a topic says of its policy itself: document is None where that is nothing."""

    resource: str
    topic: Ref
    arn: Text
    document: Document | None
    location: Location = Location()
