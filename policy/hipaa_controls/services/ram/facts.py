"""Resource shares of AWS Resource Access Manager (RAM): what they share, and with which principals."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag, Location, Ref, Text


@dataclass(frozen=True)
class ResourceShare:
    """A resource share.

    Attributes:
        allows_external_principals: Whether principals outside the organization can be added. Pulumi's default (None) is
            false.
    """

    resource: str
    allows_external_principals: Flag


@dataclass(frozen=True)
class SharePrincipal:
    """A principal of a resource share.

    Attributes:
        principal: An account ID, the ARN of an organization, an organizational unit, a role or a user, or a service.
    """

    resource: str
    principal: Text
    location: Location


@dataclass(frozen=True)
class SharedResource:
    """A resource that is added to a share. Of a live account, the shares are enough: all of them are there."""

    resource: str
    share: Ref
