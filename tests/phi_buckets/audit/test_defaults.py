"""A resource without settings has the same verdicts in a program, before it exists, and in the account, live.

Where AWS has a default, both sides must know it. Otherwise a control passes in one place and fails in the other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS, PREVIEW_CONTROLS, judge
from hipaa_controls.model.control import EVERY_STAGE
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.rule import RuleContext
from phi_buckets.audit.accounts import OpenAccount
from phi_buckets.audit.calls import s3_bucket_types as calls
from phi_buckets.audit.reader import AuditedAccount, strip_account_prefix
from phi_buckets.audit.run import read_account
from phi_buckets.audit.scope import WHOLE_ACCOUNT
from sandbox import moto_fixes
from tests.phi_buckets.audit import test_s3_bucket_types as bucket_types
from tests.phi_buckets.emulated_account import ACCOUNT, REGION
from tests.policy.pack_process import Resource, start_pack

CONTROLS = {control.id for control in PREVIEW_CONTROLS if control.stages == EVERY_STAGE}
ALLOW_EC2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
ALLOW_READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::records/reports/*"}
TRUST_POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_EC2]})
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_READ]})
ALARM = {
    "namespace": "AWS/S3",
    "metricName": "4xxErrors",
    "period": 300,
    "statistic": "Sum",
    "evaluationPeriods": 1,
    "threshold": 1,
    "comparisonOperator": "GreaterThanThreshold",
}
LOG_GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail-logs"
LOG_ROLE = f"arn:aws:iam::{ACCOUNT}:role/role"
WHOLE_STACK = "the whole stack"
# What these judge has no default of AWS: a policy that exists, a target, an endpoint, the scope of a location, or a
# principal of a share. Pulumi
# itself has the default of a share's allowExternalPrincipals.
WITHOUT_DEFAULT = {
    "backup-no-external-access",
    "backup-no-external-copies",
    "events-no-external-access",
    "events-no-external-targets",
    "logs-no-external-access",
    "logs-no-external-destinations",
    "ram-no-external-sharing",
    "s3-access-grants-location",
    "sns-no-external-subscriptions",
    "sns-subscription-tls",
}


@dataclass(frozen=True)
class BareResource:
    """A resource with only the settings that AWS requires.

    Attributes:
        type: Its type in pulumi-aws.
        inputs: The required inputs.
        create: Creates the resource in an account, and returns its ARN.
    """

    type: str
    inputs: Mapping[str, Any]
    create: Callable[[boto3.Session], str]


def create_bucket(session: boto3.Session, name: str) -> str:
    """Create a bucket with the settings that S3 gives each new one. moto doesn't keep that SSE-C is blocked.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/create-bucket-faq.html
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
    """
    s3: Any = session.client("s3")
    s3.create_bucket(Bucket=name)
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=dict.fromkeys(flags, True))
    s3.put_bucket_ownership_controls(
        Bucket=name, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    sse_s3 = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": [sse_s3]})
    return f"arn:aws:s3:::{name}"


def create_trail(session: boto3.Session, name: str, **settings: str) -> str:
    """Create a trail as pulumi-aws does: it also starts logging, unless `enableLogging` is false."""
    client: Any = session.client("cloudtrail")
    trail = client.create_trail(Name=name, S3BucketName="trail-files", **settings)
    client.start_logging(Name=name)
    return str(trail["TrailARN"])


def create_log_group(session: boto3.Session) -> str:
    session.client("logs").create_log_group(logGroupName="trail-logs")
    return LOG_GROUP


def create_queue(session: boto3.Session) -> str:
    session.client("sqs").create_queue(QueueName="queue")
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"


def create_workgroup(session: boto3.Session) -> str:
    session.client("athena").create_work_group(Name="workgroup", Configuration={})
    return f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/workgroup"


def create_alarm(session: boto3.Session) -> str:
    client: Any = session.client("cloudwatch")
    client.put_metric_alarm(AlarmName="alarm", **{name[0].upper() + name[1:]: value for name, value in ALARM.items()})
    return f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:alarm"


def create_access_point(session: boto3.Session) -> str:
    client: Any = session.client("s3control")
    # As in the reader: moto's endpoint is an IP address, which can't have a prefix.
    client.meta.events.register("before-sign.s3-control", strip_account_prefix)
    client.create_access_point(AccountId=ACCOUNT, Name="access-point", Bucket="records")
    return f"arn:aws:s3:{REGION}:{ACCOUNT}:accesspoint/access-point"


def creating(service: str, method: str, path: tuple[str, str], **parameters: str) -> Callable[[boto3.Session], str]:
    """Return a function that makes one call and returns the ARN at this path of its response."""

    def create(session: boto3.Session) -> str:
        client: Any = session.client(service)  # type: ignore[call-overload]
        response = getattr(client, method)(**parameters)
        return str(response[path[0]][path[1]] if path[1] else response[path[0]])

    return create


BARE_RESOURCES = {
    "records": BareResource(
        "aws:s3/bucket:Bucket", {"bucket": "records"}, lambda session: create_bucket(session, "records")
    ),
    "trail-files": BareResource(
        "aws:s3/bucket:Bucket", {"bucket": "trail-files"}, lambda session: create_bucket(session, "trail-files")
    ),
    "access-point": BareResource(
        "aws:s3/accessPoint:AccessPoint", {"name": "access-point", "bucket": "records"}, create_access_point
    ),
    "key": BareResource("aws:kms/key:Key", {}, creating("kms", "create_key", ("KeyMetadata", "Arn"))),
    "topic": BareResource(
        "aws:sns/topic:Topic", {"name": "topic"}, creating("sns", "create_topic", ("TopicArn", ""), Name="topic")
    ),
    "queue": BareResource("aws:sqs/queue:Queue", {"name": "queue"}, create_queue),
    "role": BareResource(
        "aws:iam/role:Role",
        {"name": "role", "assumeRolePolicy": TRUST_POLICY},
        creating("iam", "create_role", ("Role", "Arn"), RoleName="role", AssumeRolePolicyDocument=TRUST_POLICY),
    ),
    "user": BareResource(
        "aws:iam/user:User", {"name": "user"}, creating("iam", "create_user", ("User", "Arn"), UserName="user")
    ),
    "group": BareResource(
        "aws:iam/group:Group", {"name": "group"}, creating("iam", "create_group", ("Group", "Arn"), GroupName="group")
    ),
    "policy": BareResource(
        "aws:iam/policy:Policy",
        {"name": "policy", "policy": POLICY},
        creating("iam", "create_policy", ("Policy", "Arn"), PolicyName="policy", PolicyDocument=POLICY),
    ),
    "trail-logs": BareResource("aws:cloudwatch/logGroup:LogGroup", {"name": "trail-logs"}, create_log_group),
    "trail": BareResource(
        "aws:cloudtrail/trail:Trail",
        {"name": "trail", "s3BucketName": "trail-files"},
        lambda session: create_trail(session, "trail"),
    ),
    "trail-to-logs": BareResource(
        "aws:cloudtrail/trail:Trail",
        {
            "name": "trail-to-logs",
            "s3BucketName": "trail-files",
            "cloudWatchLogsGroupArn": f"{LOG_GROUP}:*",
            "cloudWatchLogsRoleArn": LOG_ROLE,
        },
        lambda session: create_trail(
            session,
            "trail-to-logs",
            CloudWatchLogsLogGroupArn=f"{LOG_GROUP}:*",
            CloudWatchLogsRoleArn=LOG_ROLE,
        ),
    ),
    "alarm": BareResource("aws:cloudwatch/metricAlarm:MetricAlarm", {"name": "alarm", **ALARM}, create_alarm),
    "directory-bucket": BareResource(
        "aws:s3/directoryBucket:DirectoryBucket",
        {"bucket": bucket_types.NAME, "location": {"name": "use1-az4"}},
        lambda _: bucket_types.DIRECTORY,
    ),
    "table-bucket": BareResource(
        "aws:s3tables/tableBucket:TableBucket", {"name": "records"}, lambda _: bucket_types.TABLES
    ),
    "vault": BareResource(
        "aws:backup/vault:Vault",
        {"name": "vault"},
        creating("backup", "create_backup_vault", ("BackupVaultArn", ""), BackupVaultName="vault"),
    ),
    "workgroup": BareResource("aws:athena/workgroup:Workgroup", {"name": "workgroup"}, create_workgroup),
}

# moto has neither directory buckets nor the settings of table buckets. S3 encrypts both with SSE-S3 by default:
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-bucket-encryption.html
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-kms-specify.html
RESPONSES: bucket_types.Responses = {
    **bucket_types.NONE,
    calls.LIST_DIRECTORY_BUCKETS: {"Buckets": [{"Name": bucket_types.NAME}]},
    calls.LIST_DIRECTORY_BUCKET_TAGS: {"Tags": []},
    calls.GET_DIRECTORY_BUCKET_ENCRYPTION: bucket_types.default_encryption(SSEAlgorithm="AES256"),
    calls.GET_DIRECTORY_BUCKET_POLICY: bucket_types.error("NoSuchBucketPolicy"),
    calls.GET_DIRECTORY_BUCKET_LIFECYCLE: bucket_types.error("NoSuchLifecycleConfiguration"),
    calls.LIST_DIRECTORY_BUCKET_INVENTORIES: {"InventoryConfigurationList": []},
    calls.LIST_TABLE_BUCKETS: {"tableBuckets": [{"arn": bucket_types.TABLES, "name": "records", "type": "customer"}]},
    calls.LIST_TABLES_TAGS: {"tags": {}},
    calls.GET_TABLE_BUCKET_ENCRYPTION: bucket_types.table_encryption(sseAlgorithm="AES256"),
    calls.GET_TABLE_BUCKET_POLICY: bucket_types.error("NotFoundException"),
    calls.GET_TABLE_BUCKET_REPLICATION: bucket_types.error("NotFoundException"),
    calls.LIST_TABLES: {"tables": []},
}

Verdicts = dict[tuple[str, str], str]
"""By control and resource, the status."""
NOT_APPLICABLE = "not applicable"
"""The status of a control that doesn't apply to a resource. A resource without a verdict counts as this too."""
Difference = tuple[str, str]
"""The status in the program and live."""

# Reviewed differences, by control and resource.
IDENTITY_CONTROLS = (
    "iam-no-admin",
    "iam-no-broad-decrypt",
    "iam-no-privilege-escalation",
    "iam-least-privilege",
    "iam-condition-keys-apply",
)
KEY_POLICY_CONTROLS = (
    "kms-no-public-principal",
    "kms-no-external-access",
    "kms-confused-deputy",
    "kms-key-administrator",
)
REVIEWED: dict[tuple[str, str], Difference] = {
    # S3 has these defaults only for buckets created since April 2023. A program can also have an older bucket, and what
    # it doesn't declare, Pulumi doesn't restore.
    **{
        (control, bucket): ("fail", "pass")
        for control in ("s3-public-access-block", "s3-acls-disabled")
        for bucket in ("records", "trail-files")
    },
    # A program declares each policy of an identity as a resource. Live, the identity is listed with all its policies.
    **{
        (control, identity): (NOT_APPLICABLE, "pass")
        for control in IDENTITY_CONTROLS
        for identity in ("role", "user", "group")
    },
    # KMS's default key policy grants access to the key's own account only. The program doesn't contain that document.
    # https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
    **{(control, "key"): (NOT_APPLICABLE, "pass") for control in KEY_POLICY_CONTROLS},
    # The block belongs to the account, and one stack of many declares it. Live, every account is checked.
    ("s3-account-public-access-block", WHOLE_STACK): (NOT_APPLICABLE, "fail"),
}


def preview_verdicts(report: Path) -> Verdicts:
    """Return the pack's verdicts on a program that declares the bare resources."""
    stack = [Resource(bare.type, name, bare.inputs, account=ACCOUNT) for name, bare in BARE_RESOURCES.items()]
    with start_pack(HIPAA_REPORT=str(report), PULUMI_DRY_RUN="true") as pack:
        pack.evaluate_stack(stack)
    return {
        (control["id"], verdict["resource"].rsplit("::", 1)[-1] or WHOLE_STACK): verdict["status"]
        for control in json.loads(report.read_text())["controls"]
        for verdict in control["verdicts"]
    }


def live_verdicts(session: boto3.Session) -> Verdicts:
    """Return the audit's verdicts on an account that has the bare resources."""
    names = {bare.create(session): name for name, bare in BARE_RESOURCES.items()} | {ACCOUNT: WHOLE_STACK}
    account = OpenAccount(session, AuditedAccount(ACCOUNT, "aws", (REGION,)), f"arn:aws:iam::{ACCOUNT}:role/auditor")
    stack = read_account(account, WHOLE_ACCOUNT, DataClassTag()).stack
    assert stack is not None
    return {
        (control.id, names[verdict.resource]): verdict.status.value
        for control in LIVE_CONTROLS
        if control.id in CONTROLS
        for verdict in judge(control, RuleContext(stack, control.defaults))
    }


@pytest.mark.usefixtures("session")
def test_verdicts_on_bare_resources_are_the_same_in_the_program_and_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    # moto has no vault access policies, and no list of the tags of a workgroup without any.
    for owner, name, method in (*moto_fixes.backup.FIXES, *moto_fixes.athena.FIXES):
        monkeypatch.setattr(owner, name, method, raising=False)
    preview, live = preview_verdicts(tmp_path / "report.json"), live_verdicts(bucket_types.session_with(RESPONSES))
    judged = {key for key in {*preview, *live} if key[0] in CONTROLS}
    statuses = {key: (preview.get(key, NOT_APPLICABLE), live.get(key, NOT_APPLICABLE)) for key in judged}
    assert {key: both for key, both in statuses.items() if both[0] != both[1]} == REVIEWED
    assert {control for control, _ in judged} | WITHOUT_DEFAULT == CONTROLS, (
        "add a bare resource that the control judges"
    )
    # The program declares no encryption, and GetBucketEncryption reports SSE-S3.
    assert {side["s3-encryption-at-rest", "records"] for side in (preview, live)} == {"pass"}
