"""S3 buckets, their settings, and access points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Document, Flag, Location, Number, Ref, StackResource, Text, Unknown


@dataclass(frozen=True)
class PublicAccessBlock:
    """The four flags of Block Public Access.

    A flag that isn't set (None) is off for a bucket, and on for an access point.
    """

    block_public_acls: Flag
    block_public_policy: Flag
    ignore_public_acls: Flag
    restrict_public_buckets: Flag


@dataclass(frozen=True)
class ObjectOwnership:
    """Object Ownership: `BucketOwnerEnforced` (ACLs are disabled), `BucketOwnerPreferred` or `ObjectWriter`."""

    object_ownership: Text


@dataclass(frozen=True)
class Acl:
    """An ACL.

    Attributes:
        canned: A canned ACL, such as `private`.
        grantees: The group URIs of its other grants.
    """

    canned: Text
    grantees: tuple[Text, ...] = ()


@dataclass(frozen=True)
class DefaultEncryption:
    """How S3 encrypts an upload that has no encryption header.

    Attributes:
        algorithm: `AES256`, `aws:kms` or `aws:kms:dsse`.
        blocked_encryption_types: The encryption types that no upload may request, such as `SSE-C`.
    """

    algorithm: Text
    kms_key: Ref
    bucket_key_enabled: Flag = None
    blocked_encryption_types: tuple[Text, ...] = ()


@dataclass(frozen=True)
class Versioning:
    """The versioning state: `Enabled`, `Suspended` or `Disabled`."""

    status: Text


@dataclass(frozen=True)
class ObjectLock:
    """The default retention of Object Lock: the mode, `GOVERNANCE` or `COMPLIANCE`, and the period in days or years."""

    mode: Text
    days: Number
    years: Number = None


@dataclass(frozen=True)
class LifecycleRule:
    """A lifecycle rule. A number of days is None where the rule doesn't have that action.

    Attributes:
        expires_current_versions: False for a rule that only removes expired delete markers.
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
    """Server access logging to another bucket."""

    target_bucket: Ref


@dataclass(frozen=True)
class ReplicationRule:
    """A replication rule.

    Attributes:
        destination: The bucket that receives the replicas.
        destination_account: The account that the rule names as the owner of that bucket; None if it names none.
        replicates_kms_objects: Whether objects encrypted with a KMS key are replicated.
        destination_region: The destination's region, where it is a bucket of this stack.
        replica_key_region: The region of the replicas' key, where it is a key of this stack.
    """

    enabled: Flag
    applies_to_all_objects: Flag
    destination: Ref
    destination_account: Text
    replica_kms_key: Ref
    replicates_kms_objects: Flag
    destination_region: Text
    replica_key_region: Text


@dataclass(frozen=True)
class Replication:
    rules: tuple[ReplicationRule, ...] | Unknown


@dataclass(frozen=True)
class DeliveryTarget:
    """A bucket, topic, queue or function that S3 delivers something to.

    Attributes:
        account: The account that the configuration names as its owner; None if it names none.
    """

    resource: Ref
    account: Text = None


@dataclass(frozen=True)
class Inventory:
    """The target of an inventory, a list of a bucket's objects."""

    targets: tuple[DeliveryTarget, ...] | Unknown


@dataclass(frozen=True)
class AnalyticsExport:
    """The target of the data of a storage class analysis."""

    targets: tuple[DeliveryTarget, ...] | Unknown


@dataclass(frozen=True)
class EventNotifications:
    """The targets of a bucket's event notifications, which name its objects."""

    targets: tuple[DeliveryTarget, ...] | Unknown


Delivery = Inventory | AnalyticsExport | EventNotifications


@dataclass(frozen=True)
class Website:
    """Static website hosting.

    Attributes:
        hosted: Unknown where the bucket may have none.
    """

    hosted: bool | Unknown = True


@dataclass(frozen=True)
class Cors:
    """The allowed origins of all CORS rules."""

    allowed_origins: tuple[Text, ...]


@dataclass(frozen=True)
class RequestMetrics:
    """A request metrics configuration."""

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
    | Inventory
    | AnalyticsExport
    | EventNotifications
    | Website
    | Cors
    | RequestMetrics
    | BucketPolicy
)
S = TypeVar("S", bound=BucketSetting)


@dataclass(frozen=True)
class DeclaredSetting:
    """A setting of a bucket, and the resource that declares it."""

    resource: str
    setting: BucketSetting


@dataclass(frozen=True)
class Bucket:
    """A bucket and its settings.

    Attributes:
        settings: Its settings, each with the resource that declares it.
        complete: Whether `settings` is complete. For a bucket of another stack it isn't, so a setting that isn't there
            doesn't count as missing.
        declared_here: Whether the bucket is a resource of this stack. The attributes below are set only then.
        object_lock_enabled: Whether Object Lock is on, with or without a default retention.
        pulumi_protected: Whether the resource option `protect` is on.
        data_class_tag: The value of the data-class tag.
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

    def settings_of(self, setting_type: type[S]) -> tuple[S, ...]:
        """Return every setting of a type. A program may declare several by mistake, and each is checked."""
        return tuple(declared.setting for declared in self.settings if isinstance(declared.setting, setting_type))

    @property
    def name(self) -> str | Unknown:
        return self.arn.rsplit(":", 1)[-1] if isinstance(self.arn, str) else self.arn


@dataclass(frozen=True)
class AccountPublicAccessBlock:
    resource: str
    public_access_block: PublicAccessBlock


@dataclass(frozen=True)
class AccessPoint:
    """An access point of any kind, or the policy of one where it is a resource of its own.

    The kinds are access points, Object Lambda Access Points and Multi-Region Access Points.

    Attributes:
        data_class: The data class of its bucket; None where that can't be determined.
    """

    resource: str
    arn: Text
    data_class: DataClass | None
    public_access_block: PublicAccessBlock | Unknown | None
    document: Document | None
    location: Location = Location()


@dataclass(frozen=True)
class ObjectDelivery:
    """What gets a bucket's objects without a setting of the bucket.

    Attributes:
        data_class: The data class of the bucket; None where that can't be determined.
    """

    resource: str
    data_class: DataClass | None
    targets: tuple[DeliveryTarget, ...] | Unknown
    location: Location = Location()


@dataclass(frozen=True)
class ObjectLambdaFunctions(ObjectDelivery):
    """The functions to which an Object Lambda Access Point sends the objects that are read through it."""


@dataclass(frozen=True)
class AccessPointBuckets(ObjectDelivery):
    """The buckets of other accounts to which an access point sends the objects that are written to it."""


@dataclass(frozen=True)
class ObjectCopy(ObjectDelivery):
    """The bucket to which a program copies an object of another bucket, whose data class this is."""


@dataclass(frozen=True)
class ObjectUpload(ObjectDelivery):
    """The bucket to which a program uploads an object, whose data class this is."""


@dataclass(frozen=True)
class ObjectEncryption:
    """The encryption that a program requests for one object. Without a request, the bucket's default applies.

    Attributes:
        algorithm: None where only a key is requested, which means `aws:kms`.
        customer_provided_key: Whether the object is encrypted with SSE-C.
    """

    algorithm: Text
    kms_key: Ref
    customer_provided_key: Flag = None


@dataclass(frozen=True)
class BucketObject:
    """An object that a program uploads or copies into a bucket, with what it sets only for this object.

    Attributes:
        bucket: Its bucket.
        data_class: The data class of its bucket.
        acl: Its ACL.
        grantees: The canonical users and email addresses in its grants.
        encryption: The encryption that it requests.
        lock_mode: The mode of its own retention; None if the bucket's default applies.
        retain_until: The end of its own retention, in RFC 3339; None if the bucket's default applies.
        force_destroy: Whether destroying it removes legal holds and bypasses GOVERNANCE retention.
    """

    resource: str
    bucket: Ref
    data_class: DataClass | None
    acl: Acl
    grantees: tuple[Text, ...]
    encryption: ObjectEncryption
    lock_mode: Text = None
    retain_until: Text = None
    force_destroy: Flag = None
    location: Location = Location()


@dataclass(frozen=True)
class AccessGrantsPolicy:
    """The resource policy of an S3 Access Grants instance.

    Attributes:
        arn: The instance's ARN.
    """

    resource: str
    arn: str | Unknown
    document: Document
    location: Location = Location()


@dataclass(frozen=True)
class AccessGrant:
    """A grant of S3 Access Grants.

    Attributes:
        grantee_type: `IAM`, `DIRECTORY_USER` or `DIRECTORY_GROUP`.
        grantee: The ARN of a user or role, or the ID of a directory identity.
    """

    resource: str
    grantee_type: Text
    grantee: Ref
    location: Location = Location()


@dataclass(frozen=True)
class AccessGrantsLocation:
    """A location of S3 Access Grants: a bucket or prefix, or `s3://` for every bucket of the account in its region."""

    resource: str
    scope: Text


def list_destinations(setting: BucketSetting) -> list[tuple[str, DataClass]]:
    """Return the buckets that receive data because of a setting, by URN or name, with the data class of that data."""
    if isinstance(setting, AccessLogging):
        refs = [(setting.target_bucket, DataClass.ACCESS_LOG)]
    elif isinstance(setting, Replication) and not isinstance(setting.rules, Unknown):
        refs = [(rule.destination, DataClass.REPLICA) for rule in setting.rules]
    elif isinstance(setting, Inventory) and not isinstance(setting.targets, Unknown):
        refs = [(target.resource, DataClass.INVENTORY) for target in setting.targets]
    else:
        refs = []
    return [
        (ref.resource if isinstance(ref, StackResource) else ref, data_class)
        for ref, data_class in refs
        if isinstance(ref, StackResource | str)
    ]


def phi_buckets(stack: Stack) -> list[Bucket]:
    """Return the buckets that the stack declares and that hold PHI."""
    buckets = stack.facts_of_type(Bucket)
    return [bucket for bucket in buckets if bucket.declared_here and bucket.data_class is DataClass.PHI]
