"""The type tokens of the resources that more than one module reads, in the spelling of pulumi-aws 7."""

from __future__ import annotations

BUCKET = "aws:s3/bucket:Bucket"
BUCKET_V2 = "aws:s3/bucketV2:BucketV2"
DIRECTORY_BUCKET = "aws:s3/directoryBucket:DirectoryBucket"
BUCKET_METRIC = "aws:s3/bucketMetric:BucketMetric"
ACCOUNT_PUBLIC_ACCESS_BLOCK = "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock"
KMS_KEY = "aws:kms/key:Key"
KMS_ALIAS = "aws:kms/alias:Alias"
KMS_KEY_POLICY = "aws:kms/keyPolicy:KeyPolicy"
TRAIL = "aws:cloudtrail/trail:Trail"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
METRIC_FILTER = "aws:cloudwatch/logMetricFilter:LogMetricFilter"
METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE_ALARM = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
EVENT_TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC = "aws:sns/topic:Topic"
QUEUE = "aws:sqs/queue:Queue"
WORKGROUP = "aws:athena/workgroup:Workgroup"
FUNCTION = "aws:lambda/function:Function"
KINESIS_STREAM = "aws:kinesis/stream:Stream"
FIREHOSE = "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream"
IAM_ROLE = "aws:iam/role:Role"

# A key or an alias that a program declares is customer managed: AWS reserves the aliases of its own keys.
KMS_KEYS = frozenset(
    {
        KMS_KEY,
        KMS_ALIAS,
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
    }
)

# Types that a program may declare without any input. Each other one has an input that is required, or a name that
# Pulumi chooses, unless the project turns that off (`pulumi:autonaming`). So in a saved state, a resource of it without
# inputs is one that the program only reads.
VALID_WITHOUT_INPUTS = frozenset({KMS_KEY, "aws:kms/externalKey:ExternalKey", ACCOUNT_PUBLIC_ACCESS_BLOCK})

# Types whose ARN AWS chooses, in the account of the caller that creates the resource. The ARN of another type may be an
# input, as an event target's is, or name another account, as a subscription's does if its topic is there.
OWNED_BY_CALLER = frozenset(
    {
        KMS_KEY,
        TRAIL,
        LOG_GROUP,
        METRIC_ALARM,
        TOPIC,
        IAM_ROLE,
        "aws:backup/vault:Vault",
        "aws:dynamodb/table:Table",
        "aws:iam/policy:Policy",
        "aws:iam/user:User",
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:lambda/function:Function",
        "aws:secretsmanager/secret:Secret",
        "aws:sqs/queue:Queue",
    }
)


def v7_token(resource_type: str) -> str:
    """Return the token of pulumi-aws 7 for a type: 6's BucketVersioningV2 is 7's BucketVersioning."""
    return resource_type.replace("V2:", ":").removesuffix("V2")
