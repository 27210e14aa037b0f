"""Buckets: what they are for, and how they are set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hipaa.model.data_class import DataClass
from hipaa.model.values import Document, Flag, Location, Number, Ref, StackResource, Text, Unknown


@dataclass(frozen=True)
class PublicAccessBlock:
    """The four flags. None: not given, which AWS takes as off, but for an access point as on."""

    block_public_acls: Flag
    block_public_policy: Flag
    ignore_public_acls: Flag
    restrict_public_buckets: Flag


@dataclass(frozen=True)
class ObjectOwnership:
    """Who owns objects: `BucketOwnerEnforced` (no ACLs), `BucketOwnerPreferred` or `ObjectWriter`."""

    object_ownership: Text


@dataclass(frozen=True)
class Acl:
    """A canned ACL such as `private`, and the group URIs (or Unknown) that further grants name."""

    canned: Text
    grantees: tuple[Text, ...] = ()


@dataclass(frozen=True)
class DefaultEncryption:
    """What S3 encrypts an upload with that doesn't say: `AES256`, `aws:kms` or `aws:kms:dsse`, and the key.

    blocked: the encryption types that no upload may ask for, of which `SSE-C` is one.
    """

    algorithm: Text
    kms_key: Ref
    bucket_key_enabled: Flag = None
    blocked_encryption_types: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Versioning:
    """`Enabled`, `Suspended` or `Disabled`."""

    status: Text


@dataclass(frozen=True)
class ObjectLock:
    """The default retention: mode (`GOVERNANCE`, `COMPLIANCE`) and its time, in days."""

    mode: Text
    days: Number


@dataclass(frozen=True)
class LifecycleRule:
    """A rule; everywhere: whether it is for every object. Days are None where the rule doesn't say.

    expires: whether it expires current versions (a rule for markers alone does not).
    """

    enabled: Flag
    applies_to_all_objects: Flag
    expires_current_versions: Flag
    expiration_days: Number
    noncurrent_expiration_days: Number
    abort_multipart_days: Number


@dataclass(frozen=True)
class Lifecycle:
    rules: tuple[LifecycleRule, ...] | Unknown


@dataclass(frozen=True)
class AccessLogging:
    """The bucket that access is logged to."""

    target_bucket: Ref


@dataclass(frozen=True)
class ReplicationRule:
    """A rule; everywhere: whether it is for every object; kms_objects: whether those under a KMS key are copied.

    region and key_region: where the target and the key are, if they are of the stack.
    """

    enabled: Flag
    applies_to_all_objects: Flag
    destination: Ref
    replica_kms_key: Ref
    replicates_kms_objects: Flag
    destination_region: Text
    replica_key_region: Text


@dataclass(frozen=True)
class Replication:
    rules: tuple[ReplicationRule, ...] | Unknown


@dataclass(frozen=True)
class Website:
    """Static website hosting, of whatever kind; hosted: Unknown where it isn't known whether there is any."""

    hosted: bool | Unknown = True


@dataclass(frozen=True)
class Cors:
    """The origins of every rule."""

    allowed_origins: tuple[Text, ...]


@dataclass(frozen=True)
class RequestMetrics:
    """A metrics configuration: its id, and whether it is for every object."""

    id: Text
    applies_to_all_objects: Flag


@dataclass(frozen=True)
class BucketPolicy:
    document: Document


BucketSetting = (
    PublicAccessBlock
    | ObjectOwnership
    | Acl
    | DefaultEncryption
    | Versioning
    | ObjectLock
    | Lifecycle
    | AccessLogging
    | Replication
    | Website
    | Cors
    | RequestMetrics
    | BucketPolicy
)
S = TypeVar("S", bound=BucketSetting)


@dataclass(frozen=True)
class DeclaredSetting:
    """A setting and the resource that declares it."""

    resource: str
    setting: BucketSetting


@dataclass(frozen=True)
class Bucket:
    """A bucket, its ARN and what sets it.

    whole: whether all that sets it is here; of a bucket of another stack only some is, and nothing is missing.
    exists: whether the bucket itself is a resource of the stack, with the properties below.
    lockable: whether Object Lock is enabled, with or without a default retention; protected: whether Pulumi's
    `protect` is on; data_class: its tag; tags: all of them.
    """

    resource: str
    arn: str | Unknown
    data_class: DataClass
    settings: tuple[DeclaredSetting, ...] = ()
    complete: bool = True
    location: Location = Location()
    declared_here: bool = False
    force_destroy: Flag = None
    object_lock_enabled: Flag = None
    pulumi_protected: bool = False
    data_class_tag: Text = None
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)

    def settings_of(self, kind: type[S]) -> tuple[S, ...]:
        """Every setting of one kind. More than one is a fault of the program, and each is judged."""
        return tuple(each.setting for each in self.settings if isinstance(each.setting, kind))

    @property
    def name(self) -> str | Unknown:
        return self.arn.rsplit(":", 1)[-1] if isinstance(self.arn, str) else self.arn


@dataclass(frozen=True)
class AccountPublicAccessBlock:
    resource: str
    public_access_block: PublicAccessBlock


@dataclass(frozen=True)
class AccessPoint:
    """An access point, or a policy of one that is declared apart; role: its bucket's, None where it can't be told."""

    resource: str
    arn: Text
    data_class: DataClass | None
    public_access_block: PublicAccessBlock | Unknown | None
    document: Document | None
    location: Location = Location()


def list_destinations(setting: BucketSetting) -> list[tuple[str, DataClass]]:
    """The buckets that a setting has something sent to, by URN or name, and what that makes them."""
    if isinstance(setting, AccessLogging):
        refs = [(setting.target_bucket, DataClass.ACCESS_LOG)]
    elif isinstance(setting, Replication) and not isinstance(setting.rules, Unknown):
        refs = [(rule.destination, DataClass.REPLICA) for rule in setting.rules]
    else:
        refs = []
    return [
        (each.resource if isinstance(each, StackResource) else each, role)
        for each, role in refs
        if isinstance(each, StackResource | str)
    ]
