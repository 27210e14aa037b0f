"""An account on moto with a compliant alert pipeline: keys, a trail, a log group, alarms, an event rule and a topic."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from hipaa_controls.catalogue import LIVE_CONTROLS, judge
from hipaa_controls.model.data_class import DataClass, DataClassTag
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.values import Location
from hipaa_controls.model.verdict import Status, Verdict
from hipaa_controls.services.s3.facts import Bucket, DeclaredSetting, DefaultEncryption, RequestMetrics
from phi_buckets.audit import assemble
from phi_buckets.audit.calls import Call
from phi_buckets.audit.collect import alert_pipeline, kms
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope

ACCOUNT = "123456789012"
REGION, OTHER_REGION = "us-east-1", "us-west-2"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
PHI_BUCKET, TRAIL_BUCKET = "phi-dev-phi", "phi-dev-trail"
GROUP, TRAIL, TOPIC = "/audit/phi-dev-trail", "phi-dev-trail", "phi-dev-alerts"
TRAIL_ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{TRAIL}"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
TOPIC_ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{TOPIC}"
FILTER, METRIC, NAMESPACE = "phi-dev-everything", "everything", "phi-dev"
FILTER_ARN = f"{GROUP_ARN}:metric-filter:{FILTER}"
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:phi-dev-everything"
RULE_ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/phi-dev-everything"
SERVICES = ("kms", "cloudtrail", "logs", "cloudwatch", "events", "sns")
CONTROLS = tuple(control for control in LIVE_CONTROLS if control.service in SERVICES)
assert {control.service for control in CONTROLS} == set(SERVICES)


def statement(**change: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*", **change}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def service_statement(service: str, **condition: Any) -> dict[str, Any]:
    condition = condition or {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    actions = ["kms:Decrypt", "kms:GenerateDataKey*"]
    return statement(Principal={"Service": service}, Action=actions, Condition=condition)


# An alarm's request to KMS has the topic in its encryption context, and no source account:
# https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
ALARM_STATEMENT = service_statement(
    "cloudwatch.amazonaws.com", StringEquals={"kms:EncryptionContext:aws:sns:topicArn": TOPIC_ARN}
)
KEY_POLICY = document(statement(), ALARM_STATEMENT, service_statement("cloudtrail.amazonaws.com"))


def topic_policy(*statements: Mapping[str, Any], arn: str = TOPIC_ARN) -> str:
    """Return a compliant topic policy with further statements."""
    deny_insecure_transport = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sns:Publish",
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    allow_account = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "sns:Publish", "Resource": arn}
    return document(allow_account, deny_insecure_transport, *statements)


@dataclass(frozen=True)
class SampleAccount:
    """The account.

    Attributes:
        session: A session in it.
        phi_key: The ARN of the key for PHI.
        audit_key: The ARN of the key for audit logs.
    """

    session: boto3.Session
    phi_key: str
    audit_key: str
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)

    def client(self, name: str, region: str = REGION) -> Any:
        """Return the client of a service. Creating one takes longer than most calls, so it is kept."""
        if (name, region) not in self._clients:
            create_client: Any = self.session.client
            self._clients[name, region] = create_client(name, region_name=region)
        return self._clients[name, region]


def create_compliant_account(session: boto3.Session) -> SampleAccount:
    """Create two keys, a trail with a log group, a metric filter with an alarm, an event rule and a topic."""
    account = SampleAccount(session, new_key(session, "alias/phi-dev-phi"), new_key(session, "alias/phi-dev-audit"))
    for bucket in (PHI_BUCKET, TRAIL_BUCKET):
        account.client("s3").create_bucket(Bucket=bucket)
    logs = account.client("logs")
    logs.create_log_group(logGroupName=GROUP, kmsKeyId=account.audit_key)
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=2557)
    trails = account.client("cloudtrail")
    trails.create_trail(
        Name=TRAIL,
        S3BucketName=TRAIL_BUCKET,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
        KmsKeyId=account.audit_key,
        CloudWatchLogsLogGroupArn=f"{GROUP_ARN}:*",
        CloudWatchLogsRoleArn=f"arn:aws:iam::{ACCOUNT}:role/phi-dev-trail",
    )
    put_event_selector(account, resources=["arn:aws:s3:::"])
    trails.start_logging(Name=TRAIL)
    attributes = {"KmsMasterKeyId": account.audit_key, "Policy": topic_policy()}
    account.client("sns").create_topic(Name=TOPIC, Attributes=attributes)
    put_filter(account)
    put_alarm(account)
    put_rule(account)
    return account


def new_key(session: boto3.Session, alias: str, region: str = REGION, **parameters: Any) -> str:
    """Create a key with rotation and an alias, and return its ARN."""
    keys = session.client("kms", region_name=region)
    key = keys.create_key(Policy=KEY_POLICY, **parameters)["KeyMetadata"]
    keys.create_alias(AliasName=alias, TargetKeyId=key["KeyId"])
    keys.enable_key_rotation(KeyId=key["KeyId"])
    return str(key["Arn"])


def put_event_selector(account: SampleAccount, resources: list[str], **change: Any) -> None:
    objects = [{"Type": "AWS::S3::Object", "Values": resources}]
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": objects, **change}
    account.client("cloudtrail").put_event_selectors(TrailName=TRAIL, EventSelectors=[selector])


def put_filter(account: SampleAccount, pattern: str = "", **change: Any) -> None:
    """Replace the metric filter. moto would keep the old one too."""
    metric = {"metricName": METRIC, "metricNamespace": NAMESPACE, "metricValue": "1", **change}
    name = {"logGroupName": GROUP, "filterName": FILTER}
    logs = account.client("logs")
    if logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]:
        logs.delete_metric_filter(**name)
    logs.put_metric_filter(**name, filterPattern=pattern, metricTransformations=[metric])


def put_alarm(account: SampleAccount, **change: Any) -> None:
    parameters = {
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
        **change,
    }
    account.client("cloudwatch").put_metric_alarm(
        **{name: value for name, value in parameters.items() if value is not None}
    )


def put_rule(account: SampleAccount, target: str = TOPIC_ARN, **change: Any) -> None:
    """Put an event rule. Its target has a role, so the topic's key needn't allow EventBridge."""
    rule = {"Name": "phi-dev-everything", "EventPattern": json.dumps({"source": ["aws.kms"]}), **change}
    events = account.client("events")
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
        """Return the controls for which any resource has a status."""
        return {verdict.control for verdict in self.verdicts if verdict.status is status}

    @property
    def blocking(self) -> set[str]:
        return self.controls_with(Status.FAIL) | self.controls_with(Status.UNVERIFIED)

    def statuses(self, control: str) -> dict[str, Status]:
        """Return the status of each resource for a control."""
        return {verdict.resource: verdict.status for verdict in self.verdicts if verdict.control == control}

    def fact(self, fact_type: type[Any], resource: str) -> Any:
        """Return the only fact of a type about a resource."""
        [fact] = [fact for fact in self.stack.facts_of_type(fact_type) if fact.resource == resource]
        return fact

    def resources(self, fact_type: type[Any]) -> list[str]:
        """Return the resources that have a fact of a type."""
        return [fact.resource for fact in self.stack.facts_of_type(fact_type)]


def audit(
    account: SampleAccount, regions: Iterable[str] = (REGION,), scope: Scope = WHOLE_ACCOUNT, *facts: Fact
) -> AuditResult:
    """Run the collectors of KMS and of the alert pipeline, and evaluate their facts together with a PHI bucket."""
    with AccountReader(account.session, AuditedAccount(ACCOUNT, "aws", tuple(regions))) as reader:
        pipeline = alert_pipeline.collect(reader, scope)
        buckets = (phi_bucket(account), trail_bucket())
        collected = [Collected((*buckets, *facts)), kms.collect(reader, scope), pipeline]
        stack = assemble.build_stack(collected, ACCOUNT, DataClassTag())
        verdicts = [verdict for control in CONTROLS for verdict in judge(control, RuleContext(stack, control.defaults))]
        return AuditResult(
            stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts), pipeline.bucket_uses
        )


def phi_bucket(account: SampleAccount) -> Bucket:
    arn = f"arn:aws:s3:::{PHI_BUCKET}"
    settings = (DefaultEncryption("aws:kms", account.phi_key), RequestMetrics("all", True))
    return Bucket(
        arn,
        arn,
        DataClass.PHI,
        tuple(DeclaredSetting(arn, setting) for setting in settings),
        location=Location("aws", REGION, ACCOUNT),
        declared_here=True,
        tags={"DataClass": "PHI"},
    )


def trail_bucket() -> Bucket:
    arn = f"arn:aws:s3:::{TRAIL_BUCKET}"
    tags = {"DataClass": "CloudTrailLog"}
    return Bucket(arn, arn, DataClass.TRAIL_LOG, (), location=Location("aws", REGION, ACCOUNT), tags=tags)


def denying(account: SampleAccount, *calls: Call, region: str | None = None) -> SampleAccount:
    """Return the account with a session that is denied these calls, in one region or in all."""
    denied = {(call.service, call.operation.replace("_", "")) for call in calls}

    def respond(model: Any, context: Mapping[str, Any], **_: Any) -> tuple[AWSResponse, dict[str, Any]] | None:
        requested = (model.service_model.service_name, model.name.lower())
        if requested not in denied or region not in (None, context["client_region"]):
            return None
        return AWSResponse("", 403, {}, None), {"Error": {"Code": "AccessDenied"}}

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return replace(account, session=session)


def responding(account: SampleAccount, responses: Mapping[Call, Sequence[Mapping[str, Any]]]) -> SampleAccount:
    """Return the account with a session in which calls return these responses, in this order.

    A response with the key `Error` is an error response.
    """
    remaining = {(call.service, call.operation.replace("_", "")): list(queue) for call, queue in responses.items()}

    def respond(model: Any, **_: Any) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        requested = (model.service_model.service_name, model.name.lower())
        if requested not in remaining:
            return None
        response = remaining[requested].pop(0)
        return AWSResponse("", 400 if "Error" in response else 200, {}, None), response

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return replace(account, session=session)


def assert_unverified(result: AuditResult, call: Call, controls: Iterable[str]) -> None:
    """Assert that exactly these controls are unverified, each naming the call's permission, and that none fails."""
    unverified = [verdict for verdict in result.verdicts if verdict.status is Status.UNVERIFIED]
    assert {verdict.control for verdict in unverified} == set(controls)
    texts = [verdict.finding.text for verdict in unverified]
    assert [text for text in texts if f"{call.action} failed with AccessDenied" not in text] == []
    assert result.controls_with(Status.FAIL) == set()
    assert {failed.call.action for failed in result.failed_calls} == {call.action}
