"""The names of the project and the stack, after which every resource is named."""

from __future__ import annotations

import json
import re

import botocore.session
import pulumi
import pytest

from tests.components.mocked_stack import RecordingMonitor, declared_types, run_main

ALL_SERVICES = json.dumps(["publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config"])
LONGEST_PREFIX = "p" * 15, "s" * 10
"""The longest names of a project and a stack: with the shortest region, no longer ones fit into every bucket's name."""

LAMBDA_ON_OLD_BUCKET = {"bucketName": "an-old-bucket", "applicationTrust": {"service": "lambda.amazonaws.com"}}

# Where the AWS SDK describes the name of each type: the service, the operation, and the path of the parameter.
DESCRIBED_NAMES = {
    "Vault": ("backup", "CreateBackupVault", "BackupVaultName"),
    "Selection": ("backup", "CreateBackupSelection", "BackupSelection", "SelectionName"),
    "Role": ("iam", "CreateRole", "RoleName"),
    "InstanceProfile": ("iam", "CreateInstanceProfile", "InstanceProfileName"),
    "EventRule": ("events", "PutRule", "Name"),
    "MetricAlarm": ("cloudwatch", "PutMetricAlarm", "AlarmName"),
    "LogGroup": ("logs", "CreateLogGroup", "logGroupName"),
    "LogMetricFilter": ("logs", "PutMetricFilter", "filterName"),
    "QueryDefinition": ("logs", "PutQueryDefinition", "name"),
    "Workgroup": ("athena", "CreateWorkGroup", "Name"),
    "NamedQuery": ("athena", "CreateNamedQuery", "Name"),
    "Alias": ("kms", "CreateAlias", "AliasName"),
    "ConformancePack": ("config", "PutConformancePack", "ConformancePackName"),
    "Recorder": ("config", "PutConfigurationRecorder", "ConfigurationRecorder", "name"),
    "DeliveryChannel": ("config", "PutDeliveryChannel", "DeliveryChannel", "name"),
}
# Where it doesn't, AWS's pages do.
NAME_PATTERNS = {
    "Bucket": r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
    "Plan": r"[a-zA-Z0-9_.-]{1,50}",  # API_BackupPlan
    "Topic": r"[a-zA-Z0-9_-]{1,256}",  # API_CreateTopic
    "Trail": r"[a-zA-Z0-9]([._-]?[a-zA-Z0-9]){2,127}",  # API_CreateTrail
    "Dashboard": r"[a-zA-Z0-9_-]{1,255}",  # API_PutDashboard
}
NAME_PROPERTIES = {"Bucket": "bucket", "Dashboard": "dashboardName"}


def valid_name(type_name: str) -> re.Pattern[str]:
    """Return the pattern of the names that AWS accepts for a type."""
    if type_name in NAME_PATTERNS:
        return re.compile(NAME_PATTERNS[type_name], re.ASCII)
    service, operation, *path = DESCRIBED_NAMES[type_name]
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    for member in path:
        shape = shape.members[member]
    limits = shape.metadata
    length = rf"(?=.{{{limits.get('min', 0)},{limits['max']}}}$)" if "max" in limits else ""
    return re.compile(length + limits.get("pattern", ".*").removeprefix("^").removesuffix("$"), re.ASCII)


@pytest.fixture(scope="module")
def longest() -> RecordingMonitor:
    project, stack = LONGEST_PREFIX
    return run_main(
        "prod",
        project=project,
        name=stack,
        region="eu-west-1",
        replicaRegion="eu-west-2",
        accountSecurityServices=ALL_SERVICES,
        athenaEnabled="true",
        applicationTrust='{"service": "ec2.amazonaws.com"}',
    )


@pytest.mark.parametrize("type_name", [*DESCRIBED_NAMES, *NAME_PATTERNS])
def test_longest_names_of_project_and_stack_make_names_that_aws_accepts(longest, type_name):
    resources = longest.resources_of_type(type_name)
    assert resources
    for resource in resources:
        name = resource.inputs[NAME_PROPERTIES.get(type_name, "name")]
        assert valid_name(type_name).fullmatch(name), name


def test_every_type_that_is_named_after_the_stack_is_compared_with_aws(longest):
    prefix = "-".join(LONGEST_PREFIX)
    named = {
        resource.type_name
        for resource in longest.registered
        if not resource.is_component and prefix in str(resource.inputs.get("name", ""))
    }
    same_as_another = {"RecorderStatus"}
    assert named - same_as_another <= DESCRIBED_NAMES.keys() | NAME_PATTERNS.keys()


@pytest.mark.parametrize(
    ("stack", "valid"),
    [("dev_1", "dev-1"), ("eu.prod", "eu-prod"), ("Prod", "prod"), ("a--b", "a-b"), ("-dev", "dev"), ("_", "dev")],
)
def test_stack_name_that_a_resource_cannot_have_raises_run_error(stack, valid):
    with pytest.raises(pulumi.RunError, match=rf"the stack is called '{stack}'.*pulumi stack rename {valid}$"):
        run_main("dev", name=stack)


@pytest.mark.parametrize("project", ["Phi", "phi.eu", "phi_eu", "1phi", "phi-"])
def test_project_name_that_a_resource_cannot_have_raises_run_error(project):
    with pytest.raises(pulumi.RunError, match=rf"the project is called '{project}'.*Pulumi\.yaml to: name: phi"):
        run_main("dev", project=project)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("s" * 29, {}, r"access-logs-111122223333-us-east-1 has 68 characters; AWS allows at most 63.*by 5 characters"),
        ("s" * 26, {"replicaRegion": "us-west-2"}, r"replica-logs-111122223333-us-west-2 has 66 characters"),
        ("dev", {"buckets": json.dumps({"b" * 50: LAMBDA_ON_OLD_BUCKET})}, r"role name .*at most 64"),
    ],
    ids=["bucket", "replica's bucket", "role of a bucket with its own name"],
)
def test_name_that_becomes_too_long_raises_run_error_before_any_resource(monkeypatch, name, settings, message):
    types = declared_types(monkeypatch)
    with pytest.raises(pulumi.RunError, match=message):
        run_main("dev", name=name, **settings)
    assert set(types) <= {"pulumi:pulumi:Stack"}


@pytest.mark.parametrize(
    "name",
    [
        *(f"phi-prod-{purpose}-111122223333-us-east-1" for purpose in ("phi", "trail", "access-logs")),
        *(f"phi-prod-{purpose}-111122223333-us-west-2" for purpose in ("replica", "old-replica", "replica-logs")),
    ],
)
def test_bucket_name_of_another_bucket_of_the_stack_raises_run_error_before_any_resource(monkeypatch, name):
    types = declared_types(monkeypatch)
    with pytest.raises(pulumi.RunError, match=rf"^phi:buckets\.old\.bucketName is {name}, .* config rm --path"):
        run_main("prod", buckets=json.dumps({"phi": {}, "old": {"bucketName": name}}))
    assert set(types) <= {"pulumi:pulumi:Stack"}


def test_bucket_may_have_the_name_that_the_stack_would_give_it():
    """An existing bucket may have it already, for example from a stack whose state was lost."""
    name = "phi-prod-phi-111122223333-us-east-1"
    stack = run_main("prod", buckets=json.dumps({"phi": {"bucketName": name}}))
    assert stack.resource("Bucket", "phi").inputs["bucket"] == name
