"""Resources of aws-native and CloudControl get the findings that the same resource of pulumi-aws gets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from crossguard.cloudformation.declared import TABLES
from tests.policy.cloudformation_forms import ACCOUNT, FORMS, NATIVE_PROVIDER, Form, cloud_control, in_every_form
from tests.policy.pack_process import UNKNOWN, Finding, PackProcess, Resource
from tests.policy.test_everything_unknown import MALFORMED_VALUES

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:it"
QUEUE_URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/it"
OTHER = "arn:aws:iam::999999999999:root"


def policy(*statements: Mapping[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"} | dict(statement) for statement in statements]}


OWN_KEY = policy({"Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"})
PUBLIC_KEY = policy({"Principal": "*", "Action": "kms:*", "Resource": "*"})
ADMIN = policy({"Action": "*", "Resource": "*"})
READ_ONE = policy({"Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/a"})
TRUST_ALL = policy({"Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"})
TRUST_OWN = policy({"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
ADMIN_ARN = "arn:aws:iam::aws:policy/AdministratorAccess"
MANAGEMENT = {"ReadWriteType": "All", "IncludeManagementEvents": True}
AUDIT = [{"Key": "DataClass", "Value": "CloudTrailLog"}]
PHI = [{"Key": "DataClass", "Value": "PHI"}]

# By name: CloudFormation's type and properties, and the type and inputs that pulumi-aws has for the same.
Case = tuple[str, Mapping[str, Any], str, Mapping[str, Any]]
CASES: Mapping[str, Case] = {
    "key": (
        "AWS::KMS::Key",
        {"EnableKeyRotation": True, "RotationPeriodInDays": 90, "PendingWindowInDays": 30, "KeyPolicy": OWN_KEY},
        "aws:kms/key:Key",
        {"enableKeyRotation": True, "rotationPeriodInDays": 90, "deletionWindowInDays": 30, "policy": OWN_KEY},
    ),
    "key that doesn't rotate": ("AWS::KMS::Key", {"KeyPolicy": OWN_KEY}, "aws:kms/key:Key", {"policy": OWN_KEY}),
    "key deleted soon": (
        "AWS::KMS::Key",
        {"EnableKeyRotation": True, "PendingWindowInDays": 7, "KeyPolicy": OWN_KEY},
        "aws:kms/key:Key",
        {"enableKeyRotation": True, "deletionWindowInDays": 7, "policy": OWN_KEY},
    ),
    "public key": ("AWS::KMS::Key", {"KeyPolicy": PUBLIC_KEY}, "aws:kms/key:Key", {"policy": PUBLIC_KEY}),
    "key without lockout check": (
        "AWS::KMS::Key",
        {"KeyPolicy": OWN_KEY, "BypassPolicyLockoutSafetyCheck": True},
        "aws:kms/key:Key",
        {"policy": OWN_KEY, "bypassPolicyLockoutSafetyCheck": True},
    ),
    "asymmetric key": (
        "AWS::KMS::Key",
        {"KeyPolicy": OWN_KEY, "KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        "aws:kms/key:Key",
        {"policy": OWN_KEY, "customerMasterKeySpec": "RSA_2048", "keyUsage": "SIGN_VERIFY"},
    ),
    "public replica key": (
        "AWS::KMS::ReplicaKey",
        {"KeyPolicy": PUBLIC_KEY, "PrimaryKeyArn": KEY, "PendingWindowInDays": 7},
        "aws:kms/replicaKey:ReplicaKey",
        {"policy": PUBLIC_KEY, "primaryKeyArn": KEY, "deletionWindowInDays": 7},
    ),
    "topic": (
        "AWS::SNS::Topic",
        {"TopicName": "it", "KmsMasterKeyId": KEY},
        "aws:sns/topic:Topic",
        {"name": "it", "kmsMasterKeyId": KEY},
    ),
    "topic without a key": ("AWS::SNS::Topic", {"TopicName": "it"}, "aws:sns/topic:Topic", {"name": "it"}),
    "topic policy": (
        "AWS::SNS::TopicInlinePolicy",
        {"TopicArn": TOPIC, "PolicyDocument": policy({"Principal": "*", "Action": "sns:Publish", "Resource": TOPIC})},
        "aws:sns/topicPolicy:TopicPolicy",
        {"arn": TOPIC, "policy": policy({"Principal": "*", "Action": "sns:Publish", "Resource": TOPIC})},
    ),
    "policy of one topic": (
        "AWS::SNS::TopicPolicy",
        {"Topics": [TOPIC], "PolicyDocument": policy({"Principal": OTHER, "Action": "sns:*", "Resource": TOPIC})},
        "aws:sns/topicPolicy:TopicPolicy",
        {"arn": TOPIC, "policy": policy({"Principal": OTHER, "Action": "sns:*", "Resource": TOPIC})},
    ),
    "queue": (
        "AWS::SQS::Queue",
        {"QueueName": "it", "KmsMasterKeyId": KEY, "Tags": PHI},
        "aws:sqs/queue:Queue",
        {"name": "it", "kmsMasterKeyId": KEY, "tags": {"DataClass": "PHI"}},
    ),
    "queue without encryption": (
        "AWS::SQS::Queue",
        {"QueueName": "it", "SqsManagedSseEnabled": False},
        "aws:sqs/queue:Queue",
        {"name": "it", "sqsManagedSseEnabled": False},
    ),
    "queue policy": (
        "AWS::SQS::QueueInlinePolicy",
        {"Queue": QUEUE_URL, "PolicyDocument": policy({"Principal": "*", "Action": "sqs:*", "Resource": "*"})},
        "aws:sqs/queuePolicy:QueuePolicy",
        {"queueUrl": QUEUE_URL, "policy": policy({"Principal": "*", "Action": "sqs:*", "Resource": "*"})},
    ),
    "policy of one queue": (
        "AWS::SQS::QueuePolicy",
        {"Queues": [QUEUE_URL], "PolicyDocument": policy({"Principal": "*", "Action": "sqs:*", "Resource": "*"})},
        "aws:sqs/queuePolicy:QueuePolicy",
        {"queueUrl": QUEUE_URL, "policy": policy({"Principal": "*", "Action": "sqs:*", "Resource": "*"})},
    ),
    "log group": (
        "AWS::Logs::LogGroup",
        {"LogGroupName": "it", "KmsKeyId": KEY, "RetentionInDays": 2557, "LogGroupClass": "STANDARD"},
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "it", "kmsKeyId": KEY, "retentionInDays": 2557},
    ),
    "log group for a day": (
        "AWS::Logs::LogGroup",
        {"LogGroupName": "it", "RetentionInDays": 1, "Tags": AUDIT},
        "aws:cloudwatch/logGroup:LogGroup",
        {"name": "it", "retentionInDays": 1, "tags": {"DataClass": "CloudTrailLog"}},
    ),
    "role": (
        "AWS::IAM::Role",
        {
            "RoleName": "it",
            "AssumeRolePolicyDocument": TRUST_OWN,
            "Policies": [{"PolicyName": "a", "PolicyDocument": READ_ONE}],
        },
        "aws:iam/role:Role",
        {"name": "it", "assumeRolePolicy": TRUST_OWN, "inlinePolicies": [{"name": "a", "policy": READ_ONE}]},
    ),
    "role that everybody may assume": (
        "AWS::IAM::Role",
        {"RoleName": "it", "AssumeRolePolicyDocument": TRUST_ALL},
        "aws:iam/role:Role",
        {"name": "it", "assumeRolePolicy": TRUST_ALL},
    ),
    "role with everything inline": (
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": TRUST_OWN, "Policies": [{"PolicyName": "a", "PolicyDocument": ADMIN}]},
        "aws:iam/role:Role",
        {"assumeRolePolicy": TRUST_OWN, "inlinePolicies": [{"name": "a", "policy": ADMIN}]},
    ),
    "administrator": (
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": TRUST_OWN, "ManagedPolicyArns": [ADMIN_ARN]},
        "aws:iam/role:Role",
        {"assumeRolePolicy": TRUST_OWN, "managedPolicyArns": [ADMIN_ARN]},
    ),
    "managed policy": (
        "AWS::IAM::ManagedPolicy",
        {"ManagedPolicyName": "it", "PolicyDocument": ADMIN},
        "aws:iam/policy:Policy",
        {"name": "it", "policy": ADMIN},
    ),
    "role policy": (
        "AWS::IAM::RolePolicy",
        {"PolicyName": "a", "RoleName": "r", "PolicyDocument": ADMIN},
        "aws:iam/rolePolicy:RolePolicy",
        {"name": "a", "role": "r", "policy": ADMIN},
    ),
    "user policy": (
        "AWS::IAM::UserPolicy",
        {"PolicyName": "a", "UserName": "u", "PolicyDocument": READ_ONE},
        "aws:iam/userPolicy:UserPolicy",
        {"name": "a", "user": "u", "policy": READ_ONE},
    ),
    "group policy": (
        "AWS::IAM::GroupPolicy",
        {"PolicyName": "a", "GroupName": "g", "PolicyDocument": ADMIN},
        "aws:iam/groupPolicy:GroupPolicy",
        {"name": "a", "group": "g", "policy": ADMIN},
    ),
    "user": ("AWS::IAM::User", {"UserName": "it"}, "aws:iam/user:User", {"name": "it"}),
    "trail": (
        "AWS::CloudTrail::Trail",
        {
            "IsLogging": True,
            "IsMultiRegionTrail": True,
            "IncludeGlobalServiceEvents": True,
            "EnableLogFileValidation": True,
            "KMSKeyId": KEY,
            "S3BucketName": "logs",
            "EventSelectors": [
                MANAGEMENT | {"DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::data/"]}]}
            ],
        },
        "aws:cloudtrail/trail:Trail",
        {
            "enableLogging": True,
            "isMultiRegionTrail": True,
            "includeGlobalServiceEvents": True,
            "enableLogFileValidation": True,
            "kmsKeyId": KEY,
            "s3BucketName": "logs",
            "eventSelectors": [
                {
                    "readWriteType": "All",
                    "includeManagementEvents": True,
                    "dataResources": [{"type": "AWS::S3::Object", "values": ["arn:aws:s3:::data/"]}],
                }
            ],
        },
    ),
    "trail with advanced selectors": (
        "AWS::CloudTrail::Trail",
        {
            "IsLogging": True,
            "S3BucketName": "logs",
            "AdvancedEventSelectors": [
                {
                    "Name": "all",
                    "FieldSelectors": [
                        {"Field": "eventCategory", "Equals": ["Management"]},
                        {"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]},
                    ],
                }
            ],
        },
        "aws:cloudtrail/trail:Trail",
        {
            "enableLogging": True,
            "s3BucketName": "logs",
            "advancedEventSelectors": [
                {
                    "name": "all",
                    "fieldSelectors": [
                        {"field": "eventCategory", "equals": ["Management"]},
                        {"field": "eventSource", "notEquals": ["kms.amazonaws.com"]},
                    ],
                }
            ],
        },
    ),
    "trail that is off": (
        "AWS::CloudTrail::Trail",
        {"IsLogging": False, "S3BucketName": "logs"},
        "aws:cloudtrail/trail:Trail",
        {"enableLogging": False, "s3BucketName": "logs"},
    ),
    "alarm without an action": (
        "AWS::CloudWatch::Alarm",
        {"AlarmName": "it", "Namespace": "AWS/S3", "MetricName": "4xxErrors", "EvaluationPeriods": 1},
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {"name": "it", "namespace": "AWS/S3", "metricName": "4xxErrors", "evaluationPeriods": 1},
    ),
    "alarm of a query that is off": (
        "AWS::CloudWatch::Alarm",
        {
            "AlarmActions": [TOPIC],
            "ActionsEnabled": False,
            "OKActions": [TOPIC],
            "Metrics": [
                {
                    "Id": "a",
                    "MetricStat": {
                        "Stat": "Sum",
                        "Period": 60,
                        "Metric": {
                            "Namespace": "Audit",
                            "MetricName": "Denied",
                            "Dimensions": [{"Name": "a", "Value": "b"}],
                        },
                    },
                }
            ],
        },
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        {
            "alarmActions": [TOPIC],
            "actionsEnabled": False,
            "okActions": [TOPIC],
            "metricQueries": [
                {
                    "id": "a",
                    "metric": {
                        "stat": "Sum",
                        "period": 60,
                        "namespace": "Audit",
                        "metricName": "Denied",
                        "dimensions": {"a": "b"},
                    },
                }
            ],
        },
    ),
    "composite alarm": (
        "AWS::CloudWatch::CompositeAlarm",
        {"AlarmName": "it", "AlarmRule": "ALARM(a)", "ActionsEnabled": False, "AlarmActions": [TOPIC]},
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        {"alarmName": "it", "alarmRule": "ALARM(a)", "actionsEnabled": False, "alarmActions": [TOPIC]},
    ),
    "access point": (
        "AWS::S3::AccessPoint",
        {
            "Name": "it",
            "Bucket": "data",
            "PublicAccessBlockConfiguration": {"BlockPublicPolicy": False, "BlockPublicAcls": True},
            "Policy": policy({"Principal": "*", "Action": "s3:GetObject", "Resource": "*"}),
        },
        "aws:s3/accessPoint:AccessPoint",
        {
            "name": "it",
            "bucket": "data",
            "publicAccessBlockConfiguration": {"blockPublicPolicy": False, "blockPublicAcls": True},
            "policy": json.dumps(policy({"Principal": "*", "Action": "s3:GetObject", "Resource": "*"})),
        },
    ),
}


def as_text(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return inputs of pulumi-aws with the policy documents as the JSON text that they are there."""
    return {
        name: json.dumps(value) if name in {"policy", "assumeRolePolicy"} and isinstance(value, dict) else value
        for name, value in inputs.items()
    } | (
        {"inlinePolicies": [entry | {"policy": json.dumps(entry["policy"])} for entry in inputs["inlinePolicies"]]}
        if "inlinePolicies" in inputs
        else {}
    )


def outcomes(findings: Sequence[Finding]) -> set[tuple[str, str, str]]:
    """Return each finding's policy, resource and text."""
    return {
        (finding.policy, finding.resource, finding.message.partition("\nFound: ")[2].partition("\nRequired: ")[0])
        for finding in findings
    }


@in_every_form
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_findings_are_those_of_pulumi_aws(pack: PackProcess, form: Form, case: Case):
    type_name, properties, token, inputs = case
    expected = outcomes(pack.evaluate_stack([Resource(token, "it", as_text(inputs), account=ACCOUNT)]))
    assert outcomes(pack.evaluate_stack([form(type_name, "it", properties)])) == expected


def test_cases_are_about_something(pack: PackProcess):
    """A case in which nothing is reported about the resource shows only that."""
    silent = {
        name
        for name, (_, _, token, inputs) in CASES.items()
        if not any(
            finding.resource == "it"
            for finding in pack.evaluate_stack([Resource(token, "it", as_text(inputs), account=ACCOUNT)])
        )
    }
    assert silent == {"key", "asymmetric key", "log group", "role"}


@in_every_form
@pytest.mark.parametrize(
    ("metric_name", "expected"), [("Denied", set()), ("Other", {"cloudwatch-alarm-metric-exists"})]
)
def test_metric_of_a_metric_filter_exists(pack: PackProcess, form: Form, metric_name, expected):
    group = form("AWS::Logs::LogGroup", "group", {"LogGroupName": "group"})
    metric = {"MetricName": metric_name, "MetricNamespace": "Audit", "MetricValue": "1"}
    metric_filter = form(
        "AWS::Logs::MetricFilter",
        "filter",
        {"LogGroupName": "group", "FilterPattern": "x", "MetricTransformations": [metric]},
    )
    alarm = form(
        "AWS::CloudWatch::Alarm", "it", {"Namespace": "Audit", "MetricName": "Denied", "AlarmActions": [TOPIC]}
    )
    findings = pack.only_for("cloudwatch-alarm-metric-exists").evaluate_stack([group, metric_filter, alarm])
    assert controls(findings) == expected


@in_every_form
@pytest.mark.parametrize(
    ("change", "covered"),
    [
        ({}, True),
        ({"Threshold": 1000}, False),
        ({"ComparisonOperator": "LessThanThreshold"}, False),
        ({"EvaluationPeriods": 2}, False),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 1}, True),
        ({"Unit": "Bytes"}, False),
    ],
)
def test_alarm_counts_only_if_it_goes_off_at_one_event(pack: PackProcess, form: Form, change, covered):
    metric = {"MetricName": "Root", "MetricNamespace": "Audit", "MetricValue": "1", "DefaultValue": 0, "Unit": "Count"}
    settings = {"Namespace": "Audit", "MetricName": "Root", "Statistic": "Sum", "Period": 300, "Unit": "Count"}
    settings |= {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 0, "EvaluationPeriods": 1} | change
    stack = [
        Resource("pulumi:pulumi:Stack", "stack", {}),
        form("AWS::S3::Bucket", "phi", {"BucketName": "phi", "Tags": [{"Key": "DataClass", "Value": "PHI"}]}),
        form("AWS::CloudTrail::Trail", "trail", {"CloudWatchLogsLogGroupArn": "/audit", "S3BucketName": "logs"}),
        form(
            "AWS::Logs::MetricFilter",
            "filter",
            {
                "LogGroupName": "/audit",
                "FilterPattern": '{ $.userIdentity.type = "Root" }',
                "MetricTransformations": [metric],
            },
        ),
        form("AWS::CloudWatch::Alarm", "it", {**settings, "AlarmActions": [TOPIC]}),
    ]
    [finding] = pack.only_for("cloudwatch-alarm-coverage").evaluate_stack(stack)
    assert ("root user" not in finding.message.splitlines()[1]) is covered


def controls(findings: Sequence[Finding], resource: str = "it") -> set[str]:
    return {finding.policy for finding in findings if finding.resource == resource}


def unverified(findings: Sequence[Finding]) -> set[str]:
    return {finding.policy for finding in findings if finding.resource == "it" and "\nUnverified: " in finding.message}


@in_every_form
def test_each_policy_in_a_user_or_group_is_judged(pack: PackProcess, form: Form):
    pack = pack.only_for("iam-no-admin", "iam-no-users")
    documents = [{"PolicyName": "a", "PolicyDocument": READ_ONE}, {"PolicyName": "b", "PolicyDocument": ADMIN}]
    for properties in ({"Policies": documents}, {"ManagedPolicyArns": [ADMIN_ARN]}):
        assert controls(pack.evaluate_stack([form("AWS::IAM::Group", "it", properties)])) == {"iam-no-admin"}
        user = form("AWS::IAM::User", "it", {"UserName": "it"} | properties)
        assert controls(pack.evaluate_stack([user])) == {"iam-no-admin", "iam-no-users"}


@in_every_form
def test_resource_policy_in_a_log_group_is_judged(pack: PackProcess, form: Form):
    pack = pack.only_for("logs-no-external-access")
    for principal, expected in (("999999999999", {"it"}), (ACCOUNT, set())):
        document = policy({"Principal": {"AWS": principal}, "Action": "logs:PutLogEvents", "Resource": "*"})
        group = form("AWS::Logs::LogGroup", "it", {"LogGroupName": "it", "ResourcePolicyDocument": document})
        for findings in (pack.evaluate_stack([group]), pack.check_resource(group)):
            assert {finding.resource for finding in findings} == expected


@in_every_form
def test_policy_in_a_user_is_refused_before_it_exists(pack: PackProcess, form: Form):
    user = form("AWS::IAM::User", "it", {"Policies": [{"PolicyName": "a", "PolicyDocument": ADMIN}]})
    assert "iam-no-admin" in controls(pack.check_resource(user))


@in_every_form
@pytest.mark.parametrize(("type_name", "kind"), [("AWS::IAM::User", "User"), ("AWS::IAM::Group", "Group")])
def test_policy_in_a_user_or_group_may_not_change_its_own_policies(pack: PackProcess, form: Form, type_name, kind):
    pack = pack.only_for("iam-no-privilege-escalation")
    for name, expected in (("it", {"it"}), ("another", set())):
        resource = f"arn:aws:iam::{ACCOUNT}:{kind.lower()}/{name}"
        document = policy({"Action": f"iam:Put{kind}Policy", "Resource": resource})
        properties = {f"{kind}Name": "it", "Policies": [{"PolicyName": "a", "PolicyDocument": document}]}
        findings = pack.evaluate_stack([form(type_name, "it", properties)])
        assert {finding.resource for finding in findings} == expected


def test_queue_policy_of_aws_native_belongs_to_the_queue_that_its_url_comes_from(pack: PackProcess):
    form = FORMS["aws-native"]
    queue = form("AWS::SQS::Queue", "it", {"QueueName": "it", "Tags": PHI})
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:it",
    }
    document = policy(statement | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}})
    queue_policy = form("AWS::SQS::QueueInlinePolicy", "policy", {"Queue": UNKNOWN, "PolicyDocument": document})
    pack = pack.only_for("sqs-tls-only")
    assert pack.evaluate_stack([queue, queue_policy])
    assert not pack.evaluate_stack([queue, replace(queue_policy, comes_from={"queue": ["it"]})])


@in_every_form
def test_managed_policy_of_a_user_is_reported(pack: PackProcess, form: Form):
    pack = pack.only_for("iam-no-users")
    for users, expected in (([], set()), (["u"], {"iam-no-users"})):
        properties = {"PolicyDocument": READ_ONE, "Users": users}
        assert controls(pack.evaluate_stack([form("AWS::IAM::ManagedPolicy", "it", properties)])) == expected


@in_every_form
def test_policy_of_two_queues_is_judged_for_each(pack: PackProcess, form: Form):
    """The document denies plain HTTP for one queue, or for both."""
    queues = [form("AWS::SQS::Queue", name, {"QueueName": name, "Tags": PHI}) for name in ("a", "b")]
    arns = [f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}" for name in ("a", "b")]
    urls = [f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}" for name in ("a", "b")]
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    for denied, expected in ((arns, set()), (arns[:1], {"it"}), (arns[1:], {"it"})):
        document = policy(deny | {"Resource": denied})
        queue_policy = form("AWS::SQS::QueuePolicy", "it", {"Queues": urls, "PolicyDocument": document})
        findings = pack.only_for("sqs-tls-only").evaluate_stack([*queues, queue_policy])
        assert {finding.resource for finding in findings} == expected


@in_every_form
@pytest.mark.parametrize(
    ("type_name", "properties", "control"),
    [
        ("AWS::KMS::Key", {"KeyPolicy": OWN_KEY, "EnableKeyRotation": True, "Origin": "EXTERNAL"}, "kms-rotation"),
        (
            "AWS::SNS::Topic",
            {"KmsMasterKeyId": KEY, "Subscription": [{"Endpoint": "http://a", "Protocol": "http"}]},
            "sns-customer-managed-key",
        ),
        (
            "AWS::Logs::LogGroup",
            {"KmsKeyId": KEY, "RetentionInDays": 2557, "BearerTokenAuthenticationEnabled": True, "Tags": AUDIT},
            "logs-customer-managed-key",
        ),
        (
            "AWS::Logs::LogGroup",
            {"RetentionInDays": 2557, "LogGroupClass": "DELIVERY", "Tags": AUDIT},
            "logs-retention",
        ),
        (
            "AWS::Logs::LogGroup",
            {"RetentionInDays": 2557, "LogGroupClass": "INFREQUENT_ACCESS", "Tags": AUDIT},
            "logs-retention",
        ),
        ("AWS::IAM::Role", {"AssumeRolePolicyDocument": TRUST_OWN, "Trust": "*"}, "iam-role-trust-policy"),
    ],
)
def test_nothing_passes_when_a_property_is_not_read(pack: PackProcess, form: Form, type_name, properties, control):
    assert control in unverified(pack.evaluate_stack([form(type_name, "it", properties)]))


@pytest.mark.parametrize(
    "type_name", [name for name in TABLES if name not in {"AWS::KMS::Alias", "AWS::Logs::MetricFilter"}]
)
def test_resource_of_unknown_properties_is_unverified(pack: PackProcess, type_name):
    assert unverified(pack.evaluate_stack([cloud_control(type_name, "it", UNKNOWN)]))


@in_every_form
@pytest.mark.parametrize("value", MALFORMED_VALUES.values(), ids=MALFORMED_VALUES)
def test_policies_run_when_every_property_has_this_value(pack: PackProcess, form: Form, value):
    stack = [form(name, f"r{i}", dict.fromkeys(TABLES[name].properties, value)) for i, name in enumerate(TABLES)]
    findings = pack.evaluate_stack(stack)
    assert not [finding.message for finding in findings if "can't run policy" in finding.message]
    assert "s3-public-access-block" in {finding.policy for finding in findings}


@pytest.mark.parametrize("type_name", TABLES)
def test_policies_run_when_one_property_is_unknown(pack: PackProcess, type_name):
    for i, name in enumerate(TABLES[type_name].properties):
        for value in (UNKNOWN, [UNKNOWN], {"Rule": UNKNOWN, "Rules": [UNKNOWN]}):
            findings = pack.evaluate_stack([FORMS["extension"](type_name, f"resource-{i}", {name: value})])
            assert not [finding for finding in findings if "can't run policy" in finding.message]


@pytest.mark.parametrize(
    ("resource", "expected"),
    [
        (cloud_control("AWS::S3::StorageLens", "it", {}), "aws:cloudcontrol/resource:Resource (AWS::S3::StorageLens)"),
        (
            FORMS["extension"]("AWS::S3Tables::TableBucket", "it", {}),
            "aws-native:index:ExtensionResource (AWS::S3Tables::TableBucket)",
        ),
        (Resource("aws-native:s3:StorageLens", "it", {}, **NATIVE_PROVIDER), "aws-native:s3:StorageLens"),
        (Resource("aws:cloudformation/stack:Stack", "it", {"templateBody": "{}"}), "aws:cloudformation/stack:Stack"),
    ],
)
def test_resource_of_a_type_without_a_table_is_not_judged(pack: PackProcess, resource, expected):
    (notice,) = [finding.message for finding in pack.evaluate_stack([resource]) if "not judged" in finding.message]
    assert expected in notice


@in_every_form
def test_resource_of_a_type_with_a_table_is_judged(pack: PackProcess, form: Form):
    findings = pack.evaluate_stack([form("AWS::KMS::Key", "it", {"KeyPolicy": OWN_KEY})])
    assert not [finding.message for finding in findings if "not judged" in finding.message]
