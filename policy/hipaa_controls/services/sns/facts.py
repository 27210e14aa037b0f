"""SNS topics, their policies and their subscriptions."""

from __future__ import annotations

from dataclasses import dataclass, field

from hipaa_controls.model.values import Document, Location, Ref, Text, Unknown


@dataclass(frozen=True)
class Topic:
    """An SNS topic.

    Attributes:
        publishers: The AWS services that publish to it because of a resource of this stack, such as
            `cloudwatch.amazonaws.com`. Unknown stands for a live resource that couldn't be read, and because of which a
            service may publish.
    """

    resource: str
    arn: Text
    kms_key: Ref
    publishers: tuple[str | Unknown, ...]
    location: Location = Location()


@dataclass(frozen=True)
class TopicPolicy:
    """The policy of a topic.

    Attributes:
        document: None for a topic that declares no policy itself.
    """

    resource: str
    topic: Ref
    arn: Text
    document: Document | None
    location: Location = Location()


@dataclass(frozen=True)
class Subscription:
    """A subscription of an endpoint to a topic.

    Attributes:
        protocol: Such as `https`, `email` or `sqs`.
        endpoint: The address to which SNS sends the messages: an ARN, a URL, an email address or a phone number. A URL
            may contain a secret.
    """

    resource: str
    protocol: Text
    endpoint: Ref = field(repr=False)
    location: Location
