"""What a rule sees: resources and how they are set, whoever says so.

A program at preview, a saved state and a live account all become these. A value that can't be known yet is Unknown;
a setting that is nowhere declared is not there at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from hipaa.facts.account import Attestation, ConfigurationRecorder, DataDiscovery, RootUser, ThreatDetection
from hipaa.facts.auditing import (
    AUDIT,
    Alarm,
    DataEvents,
    EventRule,
    FieldSelector,
    LogGroup,
    Metric,
    MetricFilter,
    Topic,
    TopicPolicy,
    Trail,
)
from hipaa.facts.backup import Selection, Vault
from hipaa.facts.encryption import STANDS_FOR, Key, KeyPolicy
from hipaa.facts.identity import IdentityPolicy, UserAccess
from hipaa.facts.identity import Role as IamRole
from hipaa.facts.storage import (
    AccessLogging,
    AccessPoint,
    AccountPublicAccessBlock,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    Declared,
    DefaultEncryption,
    Lifecycle,
    LifecycleRule,
    ObjectLock,
    Ownership,
    PublicAccessBlock,
    Replication,
    ReplicationRule,
    RequestMetrics,
    Role,
    Setting,
    Versioning,
    Website,
    spelled,
)
from hipaa.facts.values import Document, Flag, Here, Number, Place, Ref, Text, Unknown, on, unknowns

__all__ = [
    "AUDIT",
    "STANDS_FOR",
    "AccessLogging",
    "AccessPoint",
    "AccountPublicAccessBlock",
    "Acl",
    "Alarm",
    "Attestation",
    "Bucket",
    "BucketPolicy",
    "ConfigurationRecorder",
    "Cors",
    "DataDiscovery",
    "DataEvents",
    "Declared",
    "DefaultEncryption",
    "Document",
    "EventRule",
    "Fact",
    "FieldSelector",
    "Flag",
    "Here",
    "IamRole",
    "IdentityPolicy",
    "Key",
    "KeyPolicy",
    "Lifecycle",
    "LifecycleRule",
    "LogGroup",
    "Metric",
    "MetricFilter",
    "Number",
    "ObjectLock",
    "Ownership",
    "Place",
    "PublicAccessBlock",
    "Ref",
    "Replication",
    "ReplicationRule",
    "RequestMetrics",
    "Role",
    "RootUser",
    "Selection",
    "Setting",
    "Stack",
    "Text",
    "ThreatDetection",
    "Topic",
    "TopicPolicy",
    "Trail",
    "Unknown",
    "UserAccess",
    "Vault",
    "Versioning",
    "Website",
    "on",
    "spelled",
    "unknowns",
]

Fact = (
    Bucket
    | AccountPublicAccessBlock
    | AccessPoint
    | Key
    | KeyPolicy
    | Trail
    | LogGroup
    | MetricFilter
    | Alarm
    | EventRule
    | Topic
    | TopicPolicy
    | IamRole
    | IdentityPolicy
    | UserAccess
    | Vault
    | Selection
    | ThreatDetection
    | DataDiscovery
    | ConfigurationRecorder
    | RootUser
    | Attestation
)
F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Stack:
    """All that is judged together.

    resource: what stands for the whole of it, in findings about what is nowhere.
    whole: whether everything is here, rather than one resource before it exists.
    """

    facts: tuple[Fact, ...]
    resource: str = ""
    whole: bool = True

    def of(self, kind: type[F]) -> list[F]:
        return self._by_kind.get(kind, [])

    def get(self, resource: str, kind: type[F]) -> F | None:
        return self._by_resource.get((kind, resource))

    @cached_property
    def _by_kind(self) -> dict[type, list[Any]]:
        kinds: dict[type, list[Any]] = {}
        for fact in self.facts:
            kinds.setdefault(type(fact), []).append(fact)
        return kinds

    @cached_property
    def _by_resource(self) -> dict[tuple[type, str], Any]:
        return {(type(fact), fact.resource): fact for fact in self.facts}
