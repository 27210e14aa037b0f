"""Buckets that aren't general purpose buckets: directory buckets, table buckets and Outposts buckets.

AWS itself decides some of what a program decides for a general purpose bucket:

- Public access to them is always blocked, and they have no ACLs.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-differences.html
  https://docs.aws.amazon.com/AmazonS3/latest/API/API_OwnershipControlsRule.html
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-security-overview.html
  https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/S3OutpostsIAM.html
- Each is encrypted with SSE-S3 by default.
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-data-protection.html
  https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-encryption.html
  https://docs.aws.amazon.com/AmazonS3/latest/s3-outposts/s3-outposts-data-encryption.html
- Directory buckets and tables can be reached only over HTTPS (the same pages).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.values import Document, Flag, Location, Number, Ref, Text, Unknown
from hipaa_controls.services.s3.facts import DefaultEncryption, DeliveryTarget


class BucketType(Enum):
    DIRECTORY = "directory bucket"
    TABLE = "table bucket"
    OUTPOSTS = "Outposts bucket"


@dataclass(frozen=True)
class SpecialBucket:
    """A bucket that isn't a general purpose bucket.

    Attributes:
        data_class: The data class of its objects or tables, by the data-class tag.
        data_class_tag: The value of that tag.
        force_destroy: Whether a destroy deletes its content.
        pulumi_protected: Whether the resource option `protect` is on.
        exists: Unknown for the buckets of a region that couldn't be listed.
    """

    resource: str
    type: BucketType
    data_class: DataClass = DataClass.PHI
    data_class_tag: Text = None
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    force_destroy: Flag = None
    pulumi_protected: bool = False
    location: Location = Location()
    exists: Literal[True] | Unknown = True


@dataclass(frozen=True)
class SpecialBucketEncryption:
    """The default encryption of a special bucket, or the encryption of one table.

    Attributes:
        bucket: The bucket, also for the encryption of a table.
        data_class: None where neither the tags of a table nor the bucket give it.
        encryption: None for a bucket that declares none itself: another resource may, and else it is SSE-S3.
        tags: For the encryption of a table, the table's tags.
    """

    resource: str
    type: BucketType
    bucket: Ref
    data_class: DataClass | None
    encryption: DefaultEncryption | None
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    location: Location = Location()


@dataclass(frozen=True)
class SpecialBucketPolicy:
    """The policy of a special bucket, or of one table.

    Attributes:
        bucket: The bucket, also for the policy of a table.
        arn: The bucket's ARN.
    """

    resource: str
    type: BucketType
    bucket: Ref
    arn: str | Unknown
    document: Document
    location: Location = Location()


@dataclass(frozen=True)
class TableSnapshots:
    """How long S3 keeps the snapshots of a table.

    Attributes:
        data_class: The data class of the table; None where neither its tags nor its bucket give it.
        expire: Whether S3 deletes old snapshots. None stands for AWS's default, which is that it does.
        max_age_hours: The age at which it may. None stands for AWS's default.
        tags: The table's tags.
    """

    resource: str
    bucket: Ref
    data_class: DataClass | None
    expire: Flag
    max_age_hours: Number
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class TableReplication:
    """The replication of all tables of a table bucket, or of one table.

    Attributes:
        table_bucket: The bucket whose tables are all replicated; None for the replication of one table.
        targets: The table buckets that receive the replicas.
        regions: Their regions, where they are known.
    """

    resource: str
    table_bucket: Ref
    targets: tuple[DeliveryTarget, ...] | Unknown
    regions: tuple[Text, ...] = ()
    location: Location = Location()


@dataclass(frozen=True)
class StorageLensExports:
    """The buckets that a Storage Lens configuration exports its metrics to.

    S3 encrypts the exports as the configuration says, or else with the default encryption of their bucket.
    """

    resource: str
    targets: tuple[DeliveryTarget, ...] | Unknown
    location: Location = Location()
