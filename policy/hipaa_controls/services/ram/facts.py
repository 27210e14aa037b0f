"""Resource shares of AWS Resource Access Manager (RAM), and the principals that they are shared with."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa_controls.model.values import Flag, Location, Text


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
