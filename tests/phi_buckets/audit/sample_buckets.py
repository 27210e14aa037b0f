"""An account on moto whose S3 buckets, access points and public access blocks are compliant."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse

from hipaa_controls.catalogue import LIVE_CONTROLS, judge
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Status, Verdict
from hipaa_controls.services.s3.facts import Bucket
from phi_buckets.audit import assemble
from phi_buckets.audit.calls import Call
from phi_buckets.audit.collect import s3
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall, strip_account_prefix
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope

ACCOUNT, REGION, REPLICA_REGION = "123456789012", "us-east-1", "us-west-2"
PHI, REPLICA, LOGS, REPLICA_LOGS = "phi-dev-phi", "phi-dev-replica", "phi-dev-logs", "phi-dev-replica-logs"
STACK = Scope({PHI: REGION, REPLICA: REPLICA_REGION, LOGS: REGION, REPLICA_LOGS: REPLICA_REGION}, "phi-dev-")
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
REPLICA_KEY = f"arn:aws:kms:{REPLICA_REGION}:{ACCOUNT}:key/0a1b2c3d-6666-7777-8888-999900001111"
BREAK_GLASS_ROLE = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-break-glass"
ACCESS_POINT_NAME = "phi-dev-point"
ACCESS_POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/{ACCESS_POINT_NAME}"
ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
NONCURRENT_DAYS = 2557
# Written out, so that a change of the pack's own list shows here.
PROTECTION_ACTIONS = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucketPolicy",
    "s3:DeleteObjectVersion",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
# Without the one that judges only buckets of other types, which are another collector's.
CONTROLS = tuple(
    control for control in LIVE_CONTROLS if control.service == "s3" and control.id != "s3-recoverable-bucket-type"
)
assert CONTROLS


def arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def deny_statements(bucket: str, key: str = KEY) -> dict[str, dict[str, Any]]:
    """Return the Deny statements of a compliant bucket policy, by what they deny."""
    both, objects = [arn(bucket), f"{arn(bucket)}/*"], f"{arn(bucket)}/*"
    header = "s3:x-amz-server-side-encryption"
    wrong_key = {"StringNotEquals": {f"{header}-aws-kms-key-id": key}}
    other_principals = {"ArnNotEquals": {"aws:PrincipalArn": BREAK_GLASS_ROLE}}
    return {
        "plain HTTP": _deny("s3:*", both, {"Bool": {"aws:SecureTransport": "false"}}),
        "outdated TLS": _deny("s3:*", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        "wrong key": _deny("s3:PutObject", objects, {"Null": {header: "false"}, **wrong_key}),
        "update to wrong key": _deny("s3:UpdateObjectEncryption", objects, wrong_key),
        "SSE-C key": _deny("s3:PutObject", objects, {"Null": {f"{header}-customer-algorithm": "false"}}),
        "protection changes": _deny(list(PROTECTION_ACTIONS), both, other_principals),
    }


def _deny(action: str | list[str], resource: str | list[str], condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


def allow(principal: Any, resource: str = f"{arn(PHI)}/*", action: str = "s3:GetObject") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# Each of these returns a compliant configuration with changes. A change to None removes the property.


def lifecycle(**change: Any) -> dict[str, Any]:
    rule = {
        "ID": "keep",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": NONCURRENT_DAYS},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    return {"Rules": [{name: value for name, value in (rule | change).items() if value is not None}]}


def encryption(**change: Any) -> dict[str, Any]:
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": KEY}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True, **change}]}


def replication(**change: Any) -> dict[str, Any]:
    rule = {
        "ID": "all",
        "Status": "Enabled",
        "Priority": 1,
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {"Bucket": arn(REPLICA), "EncryptionConfiguration": {"ReplicaKmsKeyID": REPLICA_KEY}},
    }
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-replication"
    return {"Role": role, "Rules": [{name: value for name, value in (rule | change).items() if value is not None}]}


def object_lock(**retention: Any) -> dict[str, Any]:
    default = retention or {"Mode": "GOVERNANCE", "Days": 2192}
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}}


class SampleAccount:
    """The account, with methods that change one setting each."""

    def __init__(self, session: boto3.Session) -> None:
        create_client: Any = session.client
        self.session = session
        self.s3 = create_client("s3")
        self.s3control = create_client("s3control")
        # As in the reader: moto's endpoint is an IP address, which can't have a prefix.
        self.s3control.meta.events.register("before-sign.s3-control", strip_account_prefix)

    def put_policy(self, *statements: Mapping[str, Any], bucket: str = PHI) -> None:
        self.s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def remove_deny(self, denied: str) -> None:
        """Remove the statement that denies this, which is a key of deny_statements."""
        assert denied in deny_statements(PHI)
        self.put_policy(*(statement for name, statement in deny_statements(PHI).items() if name != denied))

    def allow_principal(self, principal: Any) -> None:
        self.put_policy(*deny_statements(PHI).values(), allow(principal))

    def put_tags(self, bucket: str, **tags: str) -> None:
        tag_set = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_set})

    def put_logging(self, bucket: str, target: str) -> None:
        status = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}}
        self.s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=status)

    def put_encryption(self, bucket: str = PHI, **change: Any) -> None:
        configuration = encryption(**change)
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=configuration)

    def put_lifecycle(self, bucket: str = PHI, **change: Any) -> None:
        self.s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=lifecycle(**change))

    def put_replication(self, **change: Any) -> None:
        self.s3.put_bucket_replication(Bucket=PHI, ReplicationConfiguration=replication(**change))

    def put_object_lock(self, configuration: Mapping[str, Any]) -> None:
        self.s3.put_object_lock_configuration(Bucket=PHI, ObjectLockConfiguration=configuration)

    def put_versioning(self, bucket: str, status: str = "Enabled") -> None:
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    def put_ownership(self, bucket: str, ownership: str) -> None:
        controls = {"Rules": [{"ObjectOwnership": ownership}]}
        self.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)

    def put_metrics(self, **metrics_filter: Any) -> None:
        configuration = {"Id": "all", **({"Filter": metrics_filter} if metrics_filter else {})}
        self.s3.put_bucket_metrics_configuration(Bucket=PHI, Id="all", MetricsConfiguration=configuration)

    def put_inventory(self, target: str, **destination: str) -> None:
        """Deliver the PHI bucket's inventory to a bucket."""
        bucket = {"Bucket": arn(target), "Format": "CSV", **destination}
        configuration = {
            "Id": "all",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Weekly"},
            "Destination": {"S3BucketDestination": bucket},
        }
        self.s3.put_bucket_inventory_configuration(Bucket=PHI, Id="all", InventoryConfiguration=configuration)

    def put_public_access_block(self, bucket: str = PHI, **change: bool) -> None:
        self.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=ALL_BLOCKED | change)

    def put_account_block(self, **change: bool) -> None:
        block = ALL_BLOCKED | change
        self.s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=block)

    def create_access_point(self, name: str = ACCESS_POINT_NAME, **change: bool) -> None:
        block = ALL_BLOCKED | change
        self.s3control.create_access_point(
            AccountId=ACCOUNT, Name=name, Bucket=PHI, PublicAccessBlockConfiguration=block
        )

    def put_access_point_policy(self, *statements: Mapping[str, Any]) -> None:
        policy = document(*statements)
        self.s3control.put_access_point_policy(AccountId=ACCOUNT, Name=ACCESS_POINT_NAME, Policy=policy)


def create_compliant_buckets(account: SampleAccount) -> None:
    """Create a PHI bucket with its replica, the access log buckets of both, an access point and the account's block."""
    for bucket, region, data_class, key in (
        (PHI, REGION, "PHI", KEY),
        (REPLICA, REPLICA_REGION, "Replica", REPLICA_KEY),
        (LOGS, REGION, "S3AccessLog", None),
        (REPLICA_LOGS, REPLICA_REGION, "S3AccessLog", None),
    ):
        location = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        account.s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == PHI, **location)
        account.put_ownership(bucket, "BucketOwnerEnforced")
        account.put_public_access_block(bucket)
        account.put_versioning(bucket)
        account.put_tags(bucket, DataClass=data_class)
        account.put_lifecycle(bucket)
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        account.put_encryption(bucket, ApplyServerSideEncryptionByDefault=default)
        account.put_policy(*_compliant_statements(bucket, key), bucket=bucket)
    account.put_logging(PHI, LOGS)
    account.put_logging(REPLICA, REPLICA_LOGS)
    account.put_object_lock(object_lock())
    account.put_replication()
    account.put_metrics()
    account.put_account_block()
    account.create_access_point()


def _compliant_statements(bucket: str, key: str | None) -> list[dict[str, Any]]:
    """Return the bucket policy of a bucket with data, or without a key, that of an access log bucket."""
    if key:
        return list(deny_statements(bucket, key).values())
    denials = deny_statements(bucket)
    for name in ("wrong key", "update to wrong key", "SSE-C key"):
        del denials[name]
    return [*denials.values(), allow_log_delivery(bucket)]


def allow_log_delivery(bucket: str) -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    return allow({"Service": "logging.s3.amazonaws.com"}, f"{arn(bucket)}/*", "s3:PutObject") | condition


@dataclass(frozen=True)
class AuditResult:
    collected: Collected
    stack: Stack
    verdicts: tuple[Verdict, ...]
    failed_calls: tuple[FailedCall, ...]
    call_counts: Mapping[Call, int]

    def findings(self, *statuses: Status) -> set[tuple[str, str]]:
        """Return the controls and resources with one of these statuses."""
        return {(verdict.control, verdict.resource) for verdict in self.verdicts if verdict.status in statuses}

    @property
    def blocking(self) -> set[tuple[str, str]]:
        return self.findings(Status.FAIL, Status.UNVERIFIED)

    def finding_texts(self, control: str, resource: str) -> list[str]:
        return [
            verdict.finding.text
            for verdict in self.verdicts
            if (verdict.control, verdict.resource) == (control, resource)
        ]

    def bucket(self, name: str) -> Bucket:
        [bucket] = [bucket for bucket in self.stack.facts_of_type(Bucket) if bucket.resource == arn(name)]
        return bucket


def audit(
    session: boto3.Session,
    scope: Scope = WHOLE_ACCOUNT,
    regions: tuple[str, ...] = (REGION, REPLICA_REGION),
    data_class_tag: DataClassTag | None = None,
) -> AuditResult:
    """Run the collector of S3 and evaluate the controls of S3."""
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        collected = s3.collect(reader, scope)
        stack = assemble.build_stack([collected], ACCOUNT, data_class_tag or DataClassTag())
        verdicts = [verdict for control in CONTROLS for verdict in judge(control, RuleContext(stack, control.defaults))]
        return AuditResult(collected, stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts))


def requested_bucket(params: Mapping[str, Any]) -> str:
    """Return the bucket in the URL of a request."""
    return urlsplit(params["url"]).path.strip("/")


def session_failing(call: Call, code: str = "AccessDenied", status: int = 403, bucket: str = "") -> boto3.Session:
    """Return a session in which a call fails with an error code, for one bucket or for all."""

    def respond(model: Any, params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        requested = (model.service_model.service_name, model.name.lower())
        if requested != (call.service, call.operation.replace("_", "")):
            return None
        if bucket not in ("", requested_bucket(params)):
            return None
        return AWSResponse("", status, {}, None), {"Error": {"Code": code}}

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return session
