"""Nested components in two regions, by the providers that they inherit. Only a replica in another region counts."""

import json

import pulumi
import pulumi_aws as aws


def tls_policy(arn: str) -> str:
    """Return a bucket policy that requires TLS 1.2."""
    conditions = ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    return json.dumps(
        {"Version": "2012-10-17", "Statement": [deny | {"Condition": condition} for condition in conditions]}
    )


class Store(pulumi.ComponentResource):
    """A bucket with its companions."""

    def __init__(self, name: str, data_class: str, parent: pulumi.Resource) -> None:
        super().__init__("example:Store", name, None, pulumi.ResourceOptions(parent=parent))
        child = pulumi.ResourceOptions(parent=self)
        bucket_name = f"{name}-123456789012"
        self.bucket = aws.s3.Bucket(
            name,
            bucket=bucket_name,
            tags={"DataClass": data_class},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        aws.s3.BucketPublicAccessBlock(
            f"{name}-closed", bucket=self.bucket.id, **dict.fromkeys(flags, True), opts=child
        )
        ownership = {"object_ownership": "BucketOwnerEnforced"}
        aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=self.bucket.id, rule=ownership, opts=child)
        versioning = {"status": "Enabled"}
        aws.s3.BucketVersioning(f"{name}-v", bucket=self.bucket.id, versioning_configuration=versioning, opts=child)
        aws.s3.BucketPolicy(
            f"{name}-policy", bucket=self.bucket.id, policy=tls_policy(f"arn:aws:s3:::{bucket_name}"), opts=child
        )
        self.key = aws.kms.Key(f"{name}-key", enable_key_rotation=True, opts=child)
        default_encryption = {"sse_algorithm": "aws:kms", "kms_master_key_id": self.key.arn}
        rule = {"apply_server_side_encryption_by_default": default_encryption, "bucket_key_enabled": True}
        aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-sse", bucket=self.bucket.id, rules=[rule], opts=child)


class Region(pulumi.ComponentResource):
    """The stores in one region."""

    def __init__(self, name: str, stores: dict[str, str], provider: aws.Provider) -> None:
        super().__init__("example:Region", name, None, pulumi.ResourceOptions(providers={"aws": provider}))
        self.stores = {store: Store(store, data_class, self) for store, data_class in stores.items()}


def replicate(name: str, source: Store, target: Store, provider: aws.Provider) -> None:
    rule = {
        "id": "every-object",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "delete_marker_replication": {"status": "Enabled"},
        "source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}},
        "destination": {
            "bucket": target.bucket.arn,
            "encryption_configuration": {"replica_kms_key_id": target.key.arn},
        },
    }
    role = "arn:aws:iam::123456789012:role/replication"
    opts = pulumi.ResourceOptions(provider=provider)
    aws.s3.BucketReplicationConfig(name, bucket=source.bucket.id, role=role, rules=[rule], opts=opts)


east, west = (aws.Provider(region, region=region) for region in ("us-east-1", "us-west-2"))
primary = Region("primary", {"scans": "PHI", "notes": "PHI", "notes-copy": "Replica"}, east).stores
secondary = Region("secondary", {"scans-copy": "Replica"}, west).stores
replicate("scans-copied", primary["scans"], secondary["scans-copy"], east)
replicate("notes-copied", primary["notes"], primary["notes-copy"], east)  # fails: it is in the same region
