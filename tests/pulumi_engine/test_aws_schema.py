"""Compares the AWS plugin with the SDK that programs import, type by type, including nested properties.

The plugin runs a Terraform provider behind Pulumi's bridge; the SDK was generated from a newer provider. For every
served resource and function, the plugin's schema must have the SDK's token, property names and types, with lists and
objects where the SDK has them.

aws_schema_differences.txt lists every difference, one per line, and the test requires exactly those. A resource that
this project uses may differ in one way only: the SDK has a property or an input that the mirror's Terraform provider
doesn't support yet. Such a line ends in "only in the SDK". No property of such a resource may be "only in the plugin",
because it could be one property under two names.

The test doesn't distinguish integers from other numbers, because both are numbers in the protocol. Nor does it
distinguish a string from an enumeration or a resource given for its name, because the SDK sends the string.
"""

import difflib
import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pulumi_aws
import pytest

from pulumi_engine.aws import sdk
from pulumi_engine.go import BUILD_FLAGS, go_environment
from tests.levels import unavailable

Schema = dict[str, Any]  # Pulumi's package schema or part of it

pytestmark = pytest.mark.usefixtures("go")

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "pulumi_engine" / "aws"
DIFFERENCES = Path(__file__).with_name("aws_schema_differences.txt")

# The types that this project uses, one line per service. As a list it would be three times as long.
USED = """
    athena/namedQuery:NamedQuery athena/workgroup:Workgroup
    backup/plan:Plan backup/selection:Selection backup/vault:Vault backup/vaultLockConfiguration:VaultLockConfiguration
    cfg/conformancePack:ConformancePack cfg/deliveryChannel:DeliveryChannel
    cfg/organizationConformancePack:OrganizationConformancePack
    cfg/recorder:Recorder cfg/recorderStatus:RecorderStatus
    cloudtrail/trail:Trail
    cloudwatch/dashboard:Dashboard cloudwatch/eventRule:EventRule cloudwatch/eventTarget:EventTarget
    cloudwatch/logGroup:LogGroup cloudwatch/logMetricFilter:LogMetricFilter cloudwatch/metricAlarm:MetricAlarm
    cloudwatch/queryDefinition:QueryDefinition
    glue/catalogDatabase:CatalogDatabase glue/catalogTable:CatalogTable
    guardduty/detector:Detector guardduty/detectorFeature:DetectorFeature
    guardduty/malwareProtectionPlan:MalwareProtectionPlan
    iam/instanceProfile:InstanceProfile
    iam/policy:Policy iam/role:Role iam/rolePolicy:RolePolicy iam/rolePolicyAttachment:RolePolicyAttachment
    kms/alias:Alias kms/key:Key kms/keyPolicy:KeyPolicy kms/replicaKey:ReplicaKey
    macie2/account:Account
    s3/accountPublicAccessBlock:AccountPublicAccessBlock s3/bucket:Bucket
    s3/bucketIntelligentTieringConfiguration:BucketIntelligentTieringConfiguration
    s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration s3/bucketLogging:BucketLogging
    s3/bucketMetric:BucketMetric s3/bucketNotification:BucketNotification
    s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration s3/bucketOwnershipControls:BucketOwnershipControls
    s3/bucketPolicy:BucketPolicy s3/bucketPublicAccessBlock:BucketPublicAccessBlock
    s3/bucketReplicationConfig:BucketReplicationConfig
    s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration
    s3/bucketVersioning:BucketVersioning s3/inventory:Inventory
    sns/topic:Topic sns/topicPolicy:TopicPolicy sns/topicSubscription:TopicSubscription
    index/getCallerIdentity:getCallerIdentity index/getPartition:getPartition index/getRegion:getRegion
    iam/getPolicyDocument:getPolicyDocument iam/getRole:getRole iam/getSessionContext:getSessionContext
    iam/getUser:getUser organizations/getOrganization:getOrganization
    kms/getKey:getKey s3/getBucket:getBucket s3/getBucketPolicy:getBucketPolicy
""".split()  # noqa: SIM905


@pytest.fixture(scope="session")
def plugin(go: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built from its sources."""
    binary = tmp_path_factory.mktemp("plugin") / "pulumi-resource-aws"
    command = [go, "build", *BUILD_FLAGS, "-ldflags=-s -w", "-o", str(binary), "."]
    built = subprocess.run(command, cwd=SOURCE, env=go_environment(), check=False, capture_output=True, text=True)
    if built.returncode:
        unavailable(f"the plugin can't be built: {built.stderr}")
    return binary


@pytest.fixture(scope="session")
def terraform_version(plugin: Path) -> str:
    """The version of the mirror's Terraform provider: …/<version>/<os>_<arch>/<binary>."""
    done = subprocess.run([plugin, "terraform"], check=False, capture_output=True, text=True)
    if done.returncode:
        unavailable(done.stderr)
    return Path(done.stdout.strip()).parts[-3]


@pytest.fixture(scope="session")
def schema(plugin: Path, terraform_version: str) -> Schema:
    printed = subprocess.run([plugin, "schema"], capture_output=True, check=True).stdout
    return cast(Schema, json.loads(printed))


@pytest.fixture(scope="session")
def differences(schema: Schema) -> list[str]:
    return sorted(schema_differences(schema))


def test_plugin_version_is_the_sdks(plugin: Path) -> None:
    version = subprocess.run([plugin, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert version == sdk_version()


def sdk_version() -> str:
    return str(json.loads((Path(pulumi_aws.__file__).parent / "pulumi-plugin.json").read_text())["version"])


@pytest.mark.parametrize("used_type", USED)
def test_used_types_lack_only_what_the_terraform_provider_lacks(
    used_type: str, differences: list[str], schema: Schema
) -> None:
    token = f"aws:{used_type}"
    assert token in schema["resources"] or token in schema["functions"]
    unexpected = [line for line in differences if line.startswith(f"{token} ") and not line.endswith("only in the SDK")]
    assert unexpected == []


def test_differences_are_the_recorded_ones(differences: list[str], terraform_version: str) -> None:
    header = (
        f"# The pulumi-aws SDK {sdk_version()} against the plugin over Terraform's AWS provider {terraform_version}"
    )
    actual = [header, *differences]
    if os.environ.get("WRITE_DIFFERENCES"):
        DIFFERENCES.write_text("\n".join(actual) + "\n")
    recorded = DIFFERENCES.read_text().splitlines()
    if recorded[0] != header:
        unavailable(f"{DIFFERENCES.name} is for other versions: {recorded[0]}; installed: {header}")
    change = "\n".join(difflib.unified_diff(recorded, actual, "recorded", "actual", lineterm="", n=0))
    assert not change, (
        f"the plugin and the SDK don't differ as recorded in {DIFFERENCES}:\n{change}\n"
        "If these changes are correct, record them: "
        f"WRITE_DIFFERENCES=1 .venv/bin/python -m pytest {Path(__file__).relative_to(ROOT)}"
    )


def schema_differences(schema: Schema) -> Iterator[str]:
    """Yield every difference as a line."""
    config = shapes(schema, schema["provider"]["inputProperties"])
    yield from type_differences("aws:provider", sdk.provider().inputs, config)
    resources = {
        token: sdk.Type(shapes(schema, spec["inputProperties"]), shapes(schema, spec["properties"]))
        for token, spec in schema["resources"].items()
    }
    yield from member_differences(sdk.resources(), resources)
    functions = {
        token: sdk.Type(*(shapes(schema, spec.get(side, {}).get("properties", {})) for side in ("inputs", "outputs")))
        for token, spec in schema["functions"].items()
        if token.startswith("aws:")  # the bridge adds a method to the provider
    }
    yield from member_differences(sdk.functions(), functions)


def member_differences(sdk_types: dict[str, sdk.Type], plugin_types: dict[str, sdk.Type]) -> Iterator[str]:
    """Yield the differences between the resources or functions of the SDK and of the plugin."""
    for token in sdk_types.keys() - plugin_types.keys():
        yield f"{token}: only in the SDK"
    for token in plugin_types.keys() - sdk_types.keys():
        yield f"{token}: only in the plugin"
    for token in sdk_types.keys() & plugin_types.keys():
        in_plugin, in_sdk = plugin_types[token], sdk_types[token]
        plugin_properties = in_plugin.state | in_plugin.inputs
        yield from type_differences(token, in_sdk.state | in_sdk.inputs, plugin_properties)
        for name in in_sdk.inputs.keys() & plugin_properties.keys() - in_plugin.inputs.keys():
            yield f"{token} {name}: an input only in the SDK"
        for name in in_plugin.inputs.keys() & in_sdk.state.keys() - in_sdk.inputs.keys():
            yield f"{token} {name}: an input only in the plugin"


def type_differences(path: str, in_sdk: sdk.Shape, in_plugin: sdk.Shape) -> Iterator[str]:
    """Yield the differences between two shapes."""
    match in_sdk, in_plugin:
        case dict(), dict():
            for name in in_sdk.keys() - in_plugin.keys():
                yield f"{path} {name}: only in the SDK"
            for name in in_plugin.keys() - in_sdk.keys():
                yield f"{path} {name}: only in the plugin"
            for name in in_sdk.keys() & in_plugin.keys():
                yield from type_differences(f"{path} {name}", in_sdk[name], in_plugin[name])
        case (("list" | "map") as kind, sdk_element), (plugin_kind, plugin_element) if kind == plugin_kind:
            yield from type_differences(f"{path}[]", sdk_element, plugin_element)
        case sdk.DOCUMENT, "string":  # the Go tests show that the plugin accepts an object too
            return
        case _ if in_sdk != in_plugin:
            yield f"{path}: {describe(in_sdk)} in the SDK, {describe(in_plugin)} in the plugin"


def describe(shape: sdk.Shape) -> str:
    match shape:
        case dict():
            return "an object"
        case (kind, element):
            return f"{kind} of {describe(element)}"
    return shape


def shapes(schema: Schema, properties: Schema) -> sdk.Object:
    return {name: shape(schema, spec) for name, spec in properties.items()}


def shape(schema: Schema, spec: Schema) -> sdk.Shape:
    """Return the shape of a property in a Pulumi schema, as sdk.py does for the SDK."""
    if reference := spec.get("$ref"):
        if reference == "pulumi.json#/Any":
            return "any"
        return shapes(schema, schema["types"][reference.removeprefix("#/types/")].get("properties", {}))
    match spec["type"]:
        case "array":
            return ("list", shape(schema, spec["items"]))
        case "object":
            return ("map", shape(schema, spec["additionalProperties"]))
        case "integer":
            return "number"
        case kind:
            return str(kind)
