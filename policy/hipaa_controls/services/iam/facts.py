"""IAM roles, identity policies, users and the root user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hipaa_controls.model.values import Document, Flag, Location, Ref, Unknown


@dataclass(frozen=True)
class IamRole:
    """An IAM role and its trust policy."""

    resource: str
    trust_policy: Document
    location: Location = Location()


@dataclass(frozen=True)
class IdentityPolicy:
    """The permissions that a resource gives to identities.

    Attributes:
        documents: Its own policy documents.
        managed_policies: The managed policies that it attaches, by ARN.
        sources: The resources of this stack whose values the documents contain, even if not known yet.
        kind: "managed" if the document is a managed policy; otherwise whose inline policies the documents are. None if
            it is neither.
        identity: The role, user or group that has the documents, as in its ARN, such as `role/app`. None for a managed
            policy, and while the name isn't known.
    """

    resource: str
    documents: tuple[Document, ...] | Unknown
    managed_policies: tuple[Ref, ...] | Unknown = ()
    sources: tuple[str, ...] = ()
    location: Location = Location()
    kind: Literal["managed", "role", "group", "user"] | None = None
    identity: str | None = None


@dataclass(frozen=True)
class UserAccess:
    """Long-lived access: an IAM user, or its access key, login profile, policy or group membership.

    Attributes:
        kind: Which of these it is, such as `an IAM user`. Unknown where there may be none.
    """

    resource: str
    kind: str | Unknown


@dataclass(frozen=True)
class RootUser:
    """The root user of an account.

    Attributes:
        has_password: None where AWS doesn't report it.
    """

    resource: str
    mfa_enabled: Flag
    has_access_keys: Flag
    has_signing_certificates: Flag
    has_password: Flag
