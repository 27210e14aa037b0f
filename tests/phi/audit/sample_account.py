"""An account on moto whose buckets are as they should be, read by S3's collector and judged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse

from hipaa.catalogue import LIVE_CONTROLS, judge
from hipaa.model.data_class import DataClassTag
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Status, Verdict
from hipaa.services.s3.facts import Bucket
from phi.audit import assemble
from phi.audit.calls import Call
from phi.audit.collect import s3
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall, strip_account_prefix
from phi.audit.scope import WHOLE_ACCOUNT, Scope

ACCOUNT, REGION, REPLICA_REGION = "123456789012", "us-east-1", "us-west-2"
PHI, REPLICA, LOGS, REPLICA_LOGS = "phi-dev-phi", "phi-dev-replica", "phi-dev-logs", "phi-dev-replica-logs"
STACK = Scope({PHI: REGION, REPLICA: REPLICA_REGION, LOGS: REGION, REPLICA_LOGS: REPLICA_REGION}, "phi-dev-")
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
REPLICA_KEY = f"arn:aws:kms:{REPLICA_REGION}:{ACCOUNT}:key/0a1b2c3d-6666-7777-8888-999900001111"
BREAK_GLASS = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-break-glass"
POINT = f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/phi-dev-point"
ALL_BLOCKED = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
YEARS = 2557  # days
WEAKENING = (
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
CONTROLS = tuple(each for each in LIVE_CONTROLS if each.service == "s3")


def arn(bucket: str) -> str:
    return f"arn:aws:s3:::{bucket}"


def denials(bucket: str, key: str = KEY) -> dict[str, dict[str, Any]]:
    """The statements of a good policy, by what they refuse."""
    both, objects = [arn(bucket), f"{arn(bucket)}/*"], f"{arn(bucket)}/*"
    header = "s3:x-amz-server-side-encryption"
    wrong_key = {"Null": {header: "false"}, "StringNotEquals": {f"{header}-aws-kms-key-id": key}}
    others = {"ArnNotEquals": {"aws:PrincipalArn": BREAK_GLASS}}
    return {
        "plain HTTP": _deny("s3:*", both, {"Bool": {"aws:SecureTransport": "false"}}),
        "old TLS": _deny("s3:*", both, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}),
        "another key": _deny("s3:PutObject", objects, wrong_key),
        "a customer's key": _deny("s3:PutObject", objects, {"Null": {f"{header}-customer-algorithm": "false"}}),
        "weakening": _deny(list(WEAKENING), both, others),
    }


def _deny(action: str | list[str], resource: str | list[str], condition: Mapping[str, Any]) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": resource, "Condition": condition}


def allow(principal: Any, resource: str = f"{arn(PHI)}/*", action: str = "s3:GetObject") -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def lifecycle(**change: Any) -> dict[str, Any]:
    rule = {
        "ID": "keep",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": YEARS},
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


def lock(**retention: Any) -> dict[str, Any]:
    given = retention or {"Mode": "GOVERNANCE", "Days": 2192}
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": given}}


class SampleAccount:
    """An account, and what breaks it."""

    def __init__(self, session: boto3.Session) -> None:
        make: Any = session.client
        self.session = session
        self.s3 = make("s3")
        self.control = make("s3control")
        # As the reader has it: at an address no account goes before the host.
        self.control.meta.events.register("before-sign.s3-control", strip_account_prefix)

    def put_policy(self, *statements: Mapping[str, Any], bucket: str = PHI) -> None:
        self.s3.put_bucket_policy(Bucket=bucket, Policy=document(*statements))

    def without(self, refused: str) -> None:
        self.put_policy(*(each for what, each in denials(PHI).items() if what != refused))

    def letting(self, principal: Any) -> None:
        self.put_policy(*denials(PHI).values(), allow(principal))

    def tag(self, bucket: str, **tags: str) -> None:
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        self.s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": given})

    def log(self, bucket: str, target: str) -> None:
        to = {"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": ""}}
        self.s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus=to)

    def encrypt(self, bucket: str = PHI, **change: Any) -> None:
        given = encryption(**change)
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=given)

    def keep(self, bucket: str = PHI, **change: Any) -> None:
        self.s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=lifecycle(**change))

    def copy(self, **change: Any) -> None:
        self.s3.put_bucket_replication(Bucket=PHI, ReplicationConfiguration=replication(**change))

    def version(self, bucket: str, status: str = "Enabled") -> None:
        self.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": status})

    def own(self, bucket: str, rule: str) -> None:
        self.s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls={"Rules": [{"ObjectOwnership": rule}]})

    def measure(self, **filtered: Any) -> None:
        given = {"Id": "all", **({"Filter": filtered} if filtered else {})}
        self.s3.put_bucket_metrics_configuration(Bucket=PHI, Id="all", MetricsConfiguration=given)

    def list_to(self, target: str) -> None:
        """Has the PHI bucket's inventory written there."""
        given = {
            "Id": "all",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Weekly"},
            "Destination": {"S3BucketDestination": {"Bucket": arn(target), "Format": "CSV"}},
        }
        self.s3.put_bucket_inventory_configuration(Bucket=PHI, Id="all", InventoryConfiguration=given)

    def close(self, bucket: str = PHI, **change: bool) -> None:
        self.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=ALL_BLOCKED | change)

    def close_account(self, **change: bool) -> None:
        self.control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_BLOCKED | change)

    def put_point(self, name: str = "phi-dev-point", **change: bool) -> None:
        self.control.create_access_point(
            AccountId=ACCOUNT, Name=name, Bucket=PHI, PublicAccessBlockConfiguration=ALL_BLOCKED | change
        )

    def put_point_policy(self, *statements: Mapping[str, Any]) -> None:
        self.control.put_access_point_policy(AccountId=ACCOUNT, Name="phi-dev-point", Policy=document(*statements))


def create_compliant_account(world: SampleAccount) -> None:
    """A bucket of PHI with its replica, the access logs of both, an access point, and an account that is closed."""
    for bucket, region, data_class, key in (
        (PHI, REGION, "PHI", KEY),
        (REPLICA, REPLICA_REGION, "Replica", REPLICA_KEY),
        (LOGS, REGION, "S3AccessLog", None),
        (REPLICA_LOGS, REPLICA_REGION, "S3AccessLog", None),
    ):
        made = {} if region == REGION else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        world.s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=bucket == PHI, **made)
        world.own(bucket, "BucketOwnerEnforced")
        world.close(bucket)
        world.version(bucket)
        world.tag(bucket, DataClass=data_class)
        world.keep(bucket)
        default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key} if key else {"SSEAlgorithm": "AES256"}
        world.encrypt(bucket, ApplyServerSideEncryptionByDefault=default)
        world.put_policy(*_policy(bucket, key), bucket=bucket)
    world.log(PHI, LOGS)
    world.log(REPLICA, REPLICA_LOGS)
    world.s3.put_object_lock_configuration(Bucket=PHI, ObjectLockConfiguration=lock())
    world.copy()
    world.measure()
    world.close_account()
    world.put_point()


def _policy(bucket: str, key: str | None) -> list[dict[str, Any]]:
    if key:
        return list(denials(bucket, key).values())
    return [*(each for what, each in denials(bucket).items() if "key" not in what), taking_logs(bucket)]


def taking_logs(bucket: str) -> dict[str, Any]:
    bound = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    return allow({"Service": "logging.s3.amazonaws.com"}, f"{arn(bucket)}/*", "s3:PutObject") | bound


@dataclass(frozen=True)
class AuditResult:
    collected: Collected
    stack: Stack
    verdicts: tuple[Verdict, ...]
    failed_calls: tuple[FailedCall, ...]
    call_counts: Mapping[Call, int]

    def findings(self, *statuses: Status) -> set[tuple[str, str]]:
        """The controls and the resources of which something is found so."""
        return {(each.control, each.resource) for each in self.verdicts if each.status in statuses}

    def finding_texts(self, control: str, resource: str) -> list[str]:
        return [each.finding.text for each in self.verdicts if (each.control, each.resource) == (control, resource)]

    def bucket(self, name: str) -> Bucket:
        [bucket] = [each for each in self.stack.facts_of_type(Bucket) if each.resource == arn(name)]
        return bucket


def audit(
    session: boto3.Session,
    scope: Scope = WHOLE_ACCOUNT,
    regions: tuple[str, ...] = (REGION, REPLICA_REGION),
    data_class: DataClassTag | None = None,
) -> AuditResult:
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        told = s3.collect(reader, scope)
        stack = assemble.build_stack([told], ACCOUNT, data_class or DataClassTag())
        verdicts = [verdict for each in CONTROLS for verdict in judge(each, RuleContext(stack, each.defaults))]
        return AuditResult(told, stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts))


def bucket_of(params: Mapping[str, Any]) -> str:
    """Which one a request is about, by its address."""
    return urlsplit(params["url"]).path.strip("/")


def session_failing(call: Call, code: str = "AccessDenied", status: int = 403, bucket: str = "") -> boto3.Session:
    """A session to which AWS answers a call with an error, about every bucket or this one alone."""

    def answer(model: Any, params: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        asked = (model.service_model.service_name, model.name.lower())
        wanted = (call.service, call.operation.replace("_", ""))
        if asked != wanted or bucket not in ("", bucket_of(params)):
            return None
        return AWSResponse("", status, {}, None), {"Error": {"Code": code}}

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", answer)
    return session
