"""Policy documents, and the names that they are made from: what is known before anything exists can be judged."""

ACCOUNT, REGION = "123456789012", "us-east-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMINISTRATORS = [f"arn:aws:iam::{ACCOUNT}:role/{each}" for each in ("deployer", "break-glass")]
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"
OF_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
OF_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL}}

WEAKENING = [
    *("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutBucket*", "s3:DeleteBucketPolicy"),
    *("s3:PutEncryptionConfiguration", "s3:PutReplicationConfiguration", "s3:PutLifecycleConfiguration"),
]


def named(bucket):
    return f"{bucket}-{ACCOUNT}-{REGION}"


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal, action, resource="*", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def service(name, action, condition, resource="*"):
    return allow({"Service": f"{name}.amazonaws.com"}, action, resource, condition)


def trust(name, condition=None):
    statement = service(name, "sts:AssumeRole", condition)
    return document({key: value for key, value in statement.items() if key != "Resource" and value})


def deny(action, resource, condition):
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


def of_key(*statements):
    return document(allow({"AWS": ROOT}, "kms:*"), *statements)


def of_bucket(name, *statements):
    """TLS 1.2 at least, and the administrators alone weaken what guards the bucket."""
    arn = f"arn:aws:s3:::{named(name)}"
    every = [arn, f"{arn}/*"]
    return document(
        deny("s3:*", every, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("s3:*", every, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        deny(WEAKENING, every, {"ArnNotEquals": {"aws:PrincipalArn": ADMINISTRATORS}}),
        *statements,
    )


def uploads(name, key):
    """Those that name no algorithm, or the bucket's key."""
    header, objects = "s3:x-amz-server-side-encryption", f"arn:aws:s3:::{named(name)}/*"
    other_key = {"Null": {header: "false"}, "StringNotEquals": {f"{header}-aws-kms-key-id": key}}
    return (
        deny("s3:PutObject", objects, other_key),
        deny("s3:PutObject", objects, {"Null": {f"{header}-customer-algorithm": "false"}}),
    )
