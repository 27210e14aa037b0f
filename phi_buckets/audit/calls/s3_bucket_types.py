"""Calls about directory buckets, table buckets and Storage Lens.

Actions: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3express.html,
list_amazons3tables.html and list_amazons3.html
"""

from __future__ import annotations

from phi_buckets.audit.calls import NO_SUCH_ENDPOINT, Call, ResourceType


def _directory_call(service: str, operation: str, action: str, *not_found_errors: str) -> Call:
    return Call(service, operation, f"s3express:{action}", ResourceType.DIRECTORY_BUCKET, not_found_errors)


def _tables_call(operation: str, action: str) -> Call:
    return Call("s3tables", operation, f"s3tables:{action}", ResourceType.TABLE_BUCKET, ("NotFoundException",))


# S3 Express One Zone and S3 Tables aren't in every region, and their endpoints exist only where they are:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-Endpoints.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-regions-quotas.html
LIST_DIRECTORY_BUCKETS = Call(
    "s3", "list_directory_buckets", "s3express:ListAllMyDirectoryBuckets", ResourceType.ANY, (NO_SUCH_ENDPOINT,)
)
GET_DIRECTORY_BUCKET_ENCRYPTION = _directory_call(
    "s3",
    "get_bucket_encryption",
    "GetEncryptionConfiguration",
    "NoSuchBucket",
    "ServerSideEncryptionConfigurationNotFoundError",
)
GET_DIRECTORY_BUCKET_POLICY = _directory_call(
    "s3", "get_bucket_policy", "GetBucketPolicy", "NoSuchBucket", "NoSuchBucketPolicy"
)
GET_DIRECTORY_BUCKET_LIFECYCLE = _directory_call(
    "s3",
    "get_bucket_lifecycle_configuration",
    "GetLifecycleConfiguration",
    "NoSuchBucket",
    "NoSuchLifecycleConfiguration",
)
LIST_DIRECTORY_BUCKET_INVENTORIES = _directory_call(
    "s3", "list_bucket_inventory_configurations", "GetInventoryConfiguration", "NoSuchBucket"
)
LIST_DIRECTORY_BUCKET_TAGS = _directory_call(
    "s3control", "list_tags_for_resource", "ListTagsForResource", "NoSuchBucket"
)

LIST_TABLE_BUCKETS = Call(
    "s3tables", "list_table_buckets", "s3tables:ListTableBuckets", ResourceType.ANY, (NO_SUCH_ENDPOINT,)
)
GET_TABLE_BUCKET_ENCRYPTION = _tables_call("get_table_bucket_encryption", "GetTableBucketEncryption")
GET_TABLE_BUCKET_POLICY = _tables_call("get_table_bucket_policy", "GetTableBucketPolicy")
GET_TABLE_BUCKET_REPLICATION = _tables_call("get_table_bucket_replication", "GetTableBucketReplication")
LIST_TABLES = _tables_call("list_tables", "ListTables")
GET_TABLE_ENCRYPTION = _tables_call("get_table_encryption", "GetTableEncryption")
GET_TABLE_POLICY = _tables_call("get_table_policy", "GetTablePolicy")
GET_TABLE_MAINTENANCE_CONFIGURATION = _tables_call(
    "get_table_maintenance_configuration", "GetTableMaintenanceConfiguration"
)
GET_TABLE_REPLICATION = _tables_call("get_table_replication", "GetTableReplication")
LIST_TABLES_TAGS = _tables_call("list_tags_for_resource", "ListTagsForResource")

LIST_STORAGE_LENS_CONFIGURATIONS = Call(
    "s3control", "list_storage_lens_configurations", "s3:ListStorageLensConfigurations", ResourceType.ANY
)
GET_STORAGE_LENS_CONFIGURATION = Call(
    "s3control",
    "get_storage_lens_configuration",
    "s3:GetStorageLensConfiguration",
    ResourceType.STORAGE_LENS_CONFIGURATION,
    ("NoSuchConfiguration",),
)
CALLS = (
    LIST_DIRECTORY_BUCKETS,
    GET_DIRECTORY_BUCKET_ENCRYPTION,
    GET_DIRECTORY_BUCKET_POLICY,
    GET_DIRECTORY_BUCKET_LIFECYCLE,
    LIST_DIRECTORY_BUCKET_INVENTORIES,
    LIST_DIRECTORY_BUCKET_TAGS,
    LIST_TABLE_BUCKETS,
    GET_TABLE_BUCKET_ENCRYPTION,
    GET_TABLE_BUCKET_POLICY,
    GET_TABLE_BUCKET_REPLICATION,
    LIST_TABLES,
    GET_TABLE_ENCRYPTION,
    GET_TABLE_POLICY,
    GET_TABLE_MAINTENANCE_CONFIGURATION,
    GET_TABLE_REPLICATION,
    LIST_TABLES_TAGS,
    LIST_STORAGE_LENS_CONFIGURATIONS,
    GET_STORAGE_LENS_CONFIGURATION,
)
