"""The properties of directory buckets, table buckets and Outposts buckets, and of Storage Lens configurations."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.s3 import OWN_ACCOUNT
from crossguard.properties.type_properties import TypeProperties
from crossguard.readers.s3_bucket_types import OUTPOSTS_BUCKET, TABLE, TABLE_BUCKET, TABLE_BUCKET_REPLICATION
from crossguard.readers.s3_settings import OUTPOSTS_LIFECYCLE
from crossguard.resource_types import DIRECTORY_BUCKET

ENCRYPTION = ("encryptionConfiguration.kmsKeyArn", "encryptionConfiguration.sseAlgorithm")
REPLICAS = "rule.destinations.destinationTableBucketArn"
REPLICATION_ROLE = {"S3 replicates as this role, which gives no one access to a replica": ("role",)}
EXPORTS = tuple(f"storageLensConfiguration.{name}" for name in ("dataExport", "expandedPrefixesDataExport"))

PROPERTIES: Mapping[str, TypeProperties] = {
    DIRECTORY_BUCKET: TypeProperties(
        read=("forceDestroy", "tags"),
        irrelevant={
            "a directory bucket is always in one zone, of whatever kind": ("dataRedundancy", "location", "type")
        },
    ),
    OUTPOSTS_BUCKET: TypeProperties(read=("tags",), irrelevant={"on which Outpost the bucket is": ("outpostId",)}),
    "aws:s3control/bucketPolicy:BucketPolicy": TypeProperties(read=("policy",)),
    OUTPOSTS_LIFECYCLE: TypeProperties(
        read=(
            "rules.abortIncompleteMultipartUpload.daysAfterInitiation",
            "rules.expiration.date",
            "rules.expiration.days",
            "rules.filter",
            "rules.status",
        ),
        irrelevant={
            "names of rules": ("rules.id",),
            "a delete marker deletes no version": ("rules.expiration.expiredObjectDeleteMarker",),
        },
    ),
    TABLE_BUCKET: TypeProperties(
        read=(*ENCRYPTION, "forceDestroy", "tags"),
        irrelevant={
            "the files that are removed are in no snapshot, and the snapshots of tables are read": (
                "maintenanceConfiguration",
            )
        },
    ),
    "aws:s3tables/tableBucketPolicy:TableBucketPolicy": TypeProperties(read=("resourcePolicy", "tableBucketArn")),
    TABLE: TypeProperties(
        read=(
            *ENCRYPTION,
            "maintenanceConfiguration.icebergSnapshotManagement.settings.maxSnapshotAgeHours",
            "maintenanceConfiguration.icebergSnapshotManagement.status",
            "tableBucketArn",
            "tags",
        ),
        irrelevant={
            "what the table is called and which columns it has": ("format", "metadata", "namespace"),
            "compaction deletes no row": ("maintenanceConfiguration.icebergCompaction",),
            "it only keeps snapshots that are older": (
                "maintenanceConfiguration.icebergSnapshotManagement.settings.minSnapshotsToKeep",
            ),
        },
    ),
    "aws:s3tables/tablePolicy:TablePolicy": TypeProperties(
        read=("resourcePolicy", "tableBucketArn"),
        irrelevant={"the policy is judged as if it were of every table of the bucket": ("namespace",)},
    ),
    TABLE_BUCKET_REPLICATION: TypeProperties(read=(REPLICAS, "tableBucketArn"), irrelevant=REPLICATION_ROLE),
    "aws:s3tables/tableReplication:TableReplication": TypeProperties(
        read=(REPLICAS,),
        irrelevant={**REPLICATION_ROLE, "the destinations are judged, of whichever table": ("tableArn",)},
    ),
    "aws:s3control/storageLensConfiguration:StorageLensConfiguration": TypeProperties(
        read=(
            "storageLensConfiguration.enabled",
            *(f"{export}.s3BucketDestination.{name}" for export in EXPORTS for name in ("accountId", "arn")),
        ),
        irrelevant={
            "names": ("configId", *(f"{export}.s3BucketDestination.prefix" for export in EXPORTS)),
            **OWN_ACCOUNT,
            "which metrics there are, and of what": (
                "storageLensConfiguration.accountLevel",
                "storageLensConfiguration.awsOrg",
                "storageLensConfiguration.exclude",
                "storageLensConfiguration.include",
                "storageLensConfiguration.prefixDelimiter",
            ),
            # https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-lens-s3-tables-permissions.html
            "CloudWatch and the table bucket that AWS manages are the account's own": (
                "storageLensConfiguration.dataExport.cloudWatchMetrics",
                *(f"{export}.storageLensTableDestination" for export in EXPORTS),
            ),
            "S3 encrypts every export, with the bucket's default encryption if nothing is set": tuple(
                f"{export}.s3BucketDestination.encryption" for export in EXPORTS
            ),
            "the format of the export": tuple(
                f"{export}.s3BucketDestination.{name}"
                for export in EXPORTS
                for name in ("format", "outputSchemaVersion")
            ),
        },
    ),
}
