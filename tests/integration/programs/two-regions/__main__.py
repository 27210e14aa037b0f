"""Components in components, in two regions by the providers that they inherit: which region a copy is in decides."""

import json

import pulumi
import pulumi_aws as aws


def denied(arn: str) -> str:
    """A policy that has everybody use TLS 1.2 at least."""
    old = ({"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    every = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"]}
    return json.dumps({"Version": "2012-10-17", "Statement": [every | {"Condition": each} for each in old]})


class Store(pulumi.ComponentResource):
    """A bucket with its companions."""

    def __init__(self, name: str, data_class: str, parent: pulumi.Resource) -> None:
        super().__init__("example:Store", name, None, pulumi.ResourceOptions(parent=parent))
        own = pulumi.ResourceOptions(parent=self)
        physical = f"{name}-123456789012"
        self.bucket = aws.s3.Bucket(
            name,
            bucket=physical,
            tags={"DataClass": data_class},
            opts=pulumi.ResourceOptions(parent=self, protect=True),
        )
        flags = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        on = dict.fromkeys(flags, True)
        aws.s3.BucketPublicAccessBlock(f"{name}-closed", bucket=self.bucket.id, **on, opts=own)
        owner = {"object_ownership": "BucketOwnerEnforced"}
        aws.s3.BucketOwnershipControls(f"{name}-owner", bucket=self.bucket.id, rule=owner, opts=own)
        versioned = {"status": "Enabled"}
        aws.s3.BucketVersioning(f"{name}-v", bucket=self.bucket.id, versioning_configuration=versioned, opts=own)
        aws.s3.BucketPolicy(
            f"{name}-policy", bucket=self.bucket.id, policy=denied(f"arn:aws:s3:::{physical}"), opts=own
        )
        self.key = aws.kms.Key(f"{name}-key", enable_key_rotation=True, opts=own)
        default = {"sse_algorithm": "aws:kms", "kms_master_key_id": self.key.arn}
        rule = {"apply_server_side_encryption_by_default": default, "bucket_key_enabled": True}
        aws.s3.BucketServerSideEncryptionConfiguration(f"{name}-sse", bucket=self.bucket.id, rules=[rule], opts=own)


class Site(pulumi.ComponentResource):
    """The stores of a region."""

    def __init__(self, name: str, stores: dict[str, str], provider: aws.Provider) -> None:
        super().__init__("example:Site", name, None, pulumi.ResourceOptions(providers={"aws": provider}))
        self.stores = {each: Store(each, data_class, self) for each, data_class in stores.items()}


def copy(name: str, source: Store, target: Store, provider: aws.Provider) -> None:
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
here = Site("here", {"scans": "PHI", "notes": "PHI", "notes-copy": "Replica"}, east).stores
there = Site("there", {"scans-copy": "Replica"}, west).stores
copy("scans-copied", here["scans"], there["scans-copy"], east)
copy("notes-copied", here["notes"], here["notes-copy"], east)  # wrong: in the same region
