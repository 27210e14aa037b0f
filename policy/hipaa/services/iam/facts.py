"""Who may do what: roles, identity policies and users."""

from __future__ import annotations

from dataclasses import dataclass

from hipaa.model.values import Document, Flag, Location, Ref, Unknown


@dataclass(frozen=True)
class IamRole:
    """An IAM role and its trust policy."""

    resource: str
    trust_policy: Document
    location: Location = Location()


@dataclass(frozen=True)
class IdentityPolicy:
    """What a resource lets identities do: documents of its own, and managed policies that it attaches by their ARNs.

    sources: the resources of the stack that the documents are made from, whose ARNs may not be known yet.
    """

    resource: str
    documents: tuple[Document, ...] | Unknown
    managed_policies: tuple[Ref, ...] | Unknown = ()
    sources: tuple[str, ...] = ()
    location: Location = Location()


@dataclass(frozen=True)
class UserAccess:
    """A long-lived access of a person or program: an IAM user, its keys, login, policies or memberships.

    what: Unknown where it can't be told whether there is one.
    """

    resource: str
    kind: str | Unknown


@dataclass(frozen=True)
class RootUser:
    """The account's root; password: None where AWS doesn't tell whether it has one."""

    resource: str
    mfa_enabled: Flag
    has_access_keys: Flag
    has_signing_certificates: Flag
    has_password: Flag
