"""An account on moto in which all that records and raises alerts is as it should be, read and judged."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from hipaa.catalogue import LIVE_CONTROLS, judge
from hipaa.model.data_class import DataClass, DataClassTag
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Fact, Stack
from hipaa.model.values import Location
from hipaa.model.verdict import Status, Verdict
from hipaa.services.s3.facts import Bucket, DeclaredSetting, DefaultEncryption, RequestMetrics
from phi.audit import assemble
from phi.audit.calls import Call
from phi.audit.collect import alert_pipeline, kms
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.audit.scope import WHOLE_ACCOUNT, Scope

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
PHI, FILES = "phi-dev-phi", "phi-dev-trail"
GROUP, TRAIL, TOPIC = "/audit/phi-dev-trail", "phi-dev-trail", "phi-dev-alerts"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}"
FILTER, METRIC, NAMESPACE = "phi-dev-everything", "everything", "phi-dev"
FILTER_ARN = f"{GROUP_ARN}:metric-filter:{FILTER}"
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:phi-dev-everything"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/phi-dev-everything"
SERVICES = ("kms", "cloudtrail", "logs", "alarm", "sns")
CONTROLS = tuple(each for each in LIVE_CONTROLS if each.service in SERVICES)


def statement(**change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", **change}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service(name: str, **condition: Any) -> dict[str, Any]:
    bound = condition or {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    return statement(Principal={"Service": name}, Action=["kms:Decrypt", "kms:GenerateDataKey*"], Condition=bound)


# An alarm doesn't send its account to KMS, but the topic that it is for:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
PUBLISHES = service("cloudwatch.amazonaws.com", StringEquals={"kms:EncryptionContext:aws:sns:topicArn": TOPIC_ARN})
KEY_POLICY = document(statement(), PUBLISHES, service("cloudtrail.amazonaws.com"))


def topic_policy(*statements: Mapping[str, Any], arn: str = TOPIC_ARN) -> str:
    secure = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    own = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sns:Publish", "Resource": arn}
    return document(own, secure, *statements)


@dataclass(frozen=True)
class SampleAccount:
    """data, audit: the ARNs of its keys."""

    session: boto3.Session
    data: str
    audit: str

    def client(self, name: str, region: str = REGION) -> Any:
        make: Any = self.session.client
        return make(name, region_name=region)


def create_compliant_account(session: boto3.Session) -> SampleAccount:
    """A key for data and one for its audit, a trail to a log group, a filter of it whose alarm notifies, and a rule."""
    make: Any = session.client
    world = SampleAccount(session, new_key(session, "alias/phi-dev-phi"), new_key(session, "alias/phi-dev-audit"))
    for bucket in (PHI, FILES):
        make("s3").create_bucket(Bucket=bucket)
    logs = make("logs")
    logs.create_log_group(logGroupName=GROUP, kmsKeyId=world.audit)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=2557)
    trails = make("cloudtrail")
    trails.create_trail(
        Name=TRAIL,
        S3BucketName=FILES,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        KmsKeyId=world.audit,
        CloudWatchLogsLogGroupArn=f"{GROUP_ARN}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/phi-dev-trail",
    )
    select(world, resources=["arn:aws:s3:::"])
    trails.start_logging(Name=TRAIL)
    make("sns").create_topic(Name=TOPIC, Attributes={"KmsMasterKeyId": world.audit, "Policy": topic_policy()})
    put_filter(world)
    put_alarm(world)
    put_rule(world)
    return world


def new_key(session: boto3.Session, alias: str, region: str = REGION, **given: Any) -> str:
    keys = session.client("kms", region_name=region)
    made = keys.create_key(Policy=KEY_POLICY, **given)["KeyMetadata"]
    keys.create_alias(AliasName=alias, TargetKeyId=made["KeyId"])
    keys.enable_key_rotation(KeyId=made["KeyId"])
    return str(made["Arn"])


def select(world: SampleAccount, resources: list[str], **change: Any) -> None:
    objects = [{"Type": "AWS::S3::Object", "Values": resources}]
    basic = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": objects, **change}
    world.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[basic])


def put_filter(world: SampleAccount, pattern: str = "", **change: Any) -> None:
    """Instead of the one that there is: moto would keep that beside it."""
    metric = {"metricName": METRIC, "metricNamespace": NAMESPACE, "metricValue": "1", **change}
    named = {"logGroupName": GROUP, "filterName": FILTER}
    logs = world.client("logs")
    if logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]:
        logs.delete_metric_filter(**named)
    logs.put_metric_filter(**named, filterPattern=pattern, metricTransformations=[metric])


def put_alarm(world: SampleAccount, **change: Any) -> None:
    given = {
        "AlarmName": "phi-dev-everything",
        "Namespace": NAMESPACE,
        "MetricName": METRIC,
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "ActionsEnabled": True,
        "AlarmActions": [TOPIC_ARN],
    }
    world.client("cloudwatch").put_metric_alarm(**{k: v for k, v in (given | change).items() if v is not None})


def put_rule(world: SampleAccount, target: str = TOPIC_ARN, **change: Any) -> None:
    """With a role, so that it needs no leave of the topic's key."""
    rule = {"Name": "phi-dev-everything", "EventPattern": json.dumps({"source": ["aws.kms"]}), **change}
    events = world.client("events")
    events.put_rule(**rule)
    role = f"arn:aws:iam::{ACCOUNT}:role/phi-dev-alerts"
    bus = {"EventBusName": rule["EventBusName"]} if "EventBusName" in rule else {}
    events.put_targets(Rule=rule["Name"], Targets=[{"Id": "alerts", "Arn": target, "RoleArn": role}], **bus)


@dataclass(frozen=True)
class AuditResult:
    stack: Stack
    verdicts: tuple[Verdict, ...]
    failed_calls: tuple[FailedCall, ...]
    call_counts: Mapping[Call, int]
    bucket_uses: tuple[tuple[str, DataClass], ...]

    def controls_with(self, status: Status) -> set[str]:
        """The controls by which something is found so."""
        return {each.control for each in self.verdicts if each.status is status}

    def statuses(self, control: str) -> dict[str, Status]:
        return {each.resource: each.status for each in self.verdicts if each.control == control}

    def fact(self, kind: type[Any], resource: str) -> Any:
        """The one fact of this kind about it; told twice is wrong."""
        [fact] = [each for each in self.stack.facts_of_type(kind) if each.resource == resource]
        return fact


def audit(
    world: SampleAccount, regions: Iterable[str] = (REGION,), scope: Scope = WHOLE_ACCOUNT, *facts: Fact
) -> AuditResult:
    """Read by KMS's collector and those of monitoring, beside a bucket of PHI, and judged."""
    with AccountReader(world.session, AuditedAccount(ACCOUNT, "aws", tuple(regions))) as reader:
        watching = alert_pipeline.collect(reader, scope)
        told = [Collected((phi_bucket(world), *facts)), kms.collect(reader, scope), watching]
        stack = assemble.build_stack(told, ACCOUNT, DataClassTag())
        verdicts = [verdict for each in CONTROLS for verdict in judge(each, RuleContext(stack, each.defaults))]
        return AuditResult(
            stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts), watching.bucket_uses
        )


def phi_bucket(world: SampleAccount) -> Bucket:
    arn = f"arn:aws:s3:::{PHI}"
    settings = (DefaultEncryption("aws:kms", world.data), RequestMetrics("all", True))
    declared = tuple(DeclaredSetting(arn, each) for each in settings)
    place = Location("aws", REGION, ACCOUNT)
    return Bucket(arn, arn, DataClass.PHI, declared, location=place, declared_here=True, tags={"DataClass": "PHI"})


def denying(world: SampleAccount, *calls: Call, region: str | None = None) -> SampleAccount:
    """The same account for somebody to whom AWS refuses these calls, in one region or everywhere."""
    denied = {(each.service, each.operation.replace("_", "")) for each in calls}

    def answer(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        asked = (model.service_model.service_name, model.name.lower())
        if asked not in denied or region not in (None, context["client_region"]):
            return None
        return AWSResponse("", 403, {}, None), {"Error": {"Code": "AccessDenied"}}

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", answer)
    return replace(world, session=session)


def responding(world: SampleAccount, answers: Mapping[Call, Sequence[Mapping[str, Any]]]) -> SampleAccount:
    """The same account, where AWS gives these answers to a call, one after the other; one with an `Error` is one."""
    left = {(call.service, call.operation.replace("_", "")): list(every) for call, every in answers.items()}

    def answer(model: Any, **_: Any) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        asked = (model.service_model.service_name, model.name.lower())
        if asked not in left:
            return None
        told = left[asked].pop(0)
        return AWSResponse("", 400 if "Error" in told else 200, {}, None), told

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", answer)
    return replace(world, session=session)


def assert_unverified(found: AuditResult, call: Call, controls: Iterable[str]) -> None:
    """Just these controls, for want of that one permission, which is named; nothing fails of it."""
    doubtful = [each for each in found.verdicts if each.status is Status.UNVERIFIED]
    assert {each.control for each in doubtful} == set(controls)
    assert [each for each in doubtful if f"{call.action} failed with AccessDenied" not in each.finding.text] == []
    assert found.controls_with(Status.FAIL) == set()
    assert {each.call.action for each in found.failed_calls} == {call.action}
