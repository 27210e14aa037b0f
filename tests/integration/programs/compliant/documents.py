"""Policy documents, built from names that are known before the first deployment, so the pack can check them."""

ACCOUNT, REGION = "123456789012", "us-east-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
ADMINISTRATORS = [f"arn:aws:iam::{ACCOUNT}:role/{role}" for role in ("deployer", "break-glass")]
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/audit"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:audit"
FROM_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
FROM_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL}}

PROTECTION_ACTIONS = [
    *("s3:DeleteObjectVersion", "s3:BypassGovernanceRetention", "s3:PutBucket*", "s3:DeleteBucketPolicy"),
    *("s3:PutEncryptionConfiguration", "s3:PutReplicationConfiguration", "s3:PutLifecycleConfiguration"),
]


def bucket_name(bucket):
    return f"{bucket}-{ACCOUNT}-{REGION}"


def policy_document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal, action, resource="*", condition=None):
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


def allow_service(service, action, condition, resource="*"):
    return allow({"Service": f"{service}.amazonaws.com"}, action, resource, condition)


def trust_policy(service, condition=None):
    statement = allow_service(service, "sts:AssumeRole", condition)
    return policy_document({name: value for name, value in statement.items() if name != "Resource" and value})


def deny(action, resource, condition):
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


def key_policy(*statements):
    return policy_document(allow({"AWS": ROOT}, "kms:*"), *statements)


def bucket_policy(name, *statements):
    """Return a policy that requires TLS 1.2 and lets only the administrators change the protection settings."""
    arn = f"arn:aws:s3:::{bucket_name(name)}"
    resources = [arn, f"{arn}/*"]
    return policy_document(
        deny("s3:*", resources, {"Bool": {"aws:SecureTransport": "false"}}),
        deny("s3:*", resources, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        deny(PROTECTION_ACTIONS, resources, {"ArnNotEquals": {"aws:PrincipalArn": ADMINISTRATORS}}),
        *statements,
    )


def deny_other_encryption(name, key_arn):
    """Return statements that deny uploads encrypted with a key other than the bucket's."""
    header, objects = "s3:x-amz-server-side-encryption", f"arn:aws:s3:::{bucket_name(name)}/*"
    other_key = {"StringNotEquals": {f"{header}-aws-kms-key-id": key_arn}}
    return (
        deny("s3:PutObject", objects, {"Null": {header: "false"}, **other_key}),
        deny("s3:UpdateObjectEncryption", objects, other_key),
        deny("s3:PutObject", objects, {"Null": {f"{header}-customer-algorithm": "false"}}),
    )
