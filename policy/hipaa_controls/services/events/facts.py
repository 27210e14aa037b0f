"""EventBridge: the policies of event buses, and where events are sent. Its rules are among the facts of CloudWatch."""

from __future__ import annotations

from dataclasses import dataclass, field

from hipaa_controls.model.values import Document, Location, Ref, Text


@dataclass(frozen=True)
class EventBusPolicy:
    """The policy of an event bus, or a permission that becomes a statement of it."""

    resource: str
    document: Document
    location: Location


@dataclass(frozen=True)
class EventTarget:
    """A target of an EventBridge rule.

    Attributes:
        destinations: The ARN of the target, and that of the dead-letter queue for events that it doesn't receive.
    """

    resource: str
    destinations: tuple[Ref, ...]
    location: Location


@dataclass(frozen=True)
class ApiDestination:
    """An API destination, to which a rule or a pipe may send events.

    Attributes:
        endpoint: The URL, which may contain a secret.
    """

    resource: str
    endpoint: Text = field(repr=False)
