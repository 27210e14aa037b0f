"""The airgap AWS plugin against the SDK that programs import, type by type, to the last nested property.

The plugin puts a Terraform provider behind Pulumi's bridge; the SDK was generated from a newer one. For every resource
of the services that it serves, and for every function, the plugin's schema must have the SDK's token, property names,
lists where the SDK has lists and objects where it has objects, and the same kinds of values.

Where they differ is written in aws_schema_differences.txt, a line each, and held to exactly. A resource that this
project uses may differ in one way only: the SDK has a property, or takes it as an input, that the Terraform provider of
the mirror doesn't have or take yet. Such a line ends in "only in the SDK", and no property of that resource may be
"only in the plugin": then it could be one property under two names.

Not told apart: whole numbers and fractions (both are numbers on the wire), a string and an enumeration's members or a
resource that stands for its name (the SDK sends the string).
"""

import difflib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn, cast

import pulumi_aws
import pytest

from pulumi_engine.aws import sdk

Schema = dict[str, Any]  # Pulumi's package schema, or a part of it

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "pulumi_engine" / "aws"
DIFFERENCES = Path(__file__).with_name("aws_schema_differences.txt")

# A line for each service; split, since a list would be three times as long.
USED = """
    backup/plan:Plan backup/selection:Selection backup/vault:Vault backup/vaultLockConfiguration:VaultLockConfiguration
    cfg/conformancePack:ConformancePack cfg/deliveryChannel:DeliveryChannel
    cfg/organizationConformancePack:OrganizationConformancePack
    cfg/recorder:Recorder cfg/recorderStatus:RecorderStatus
    cloudtrail/trail:Trail
    cloudwatch/dashboard:Dashboard cloudwatch/eventRule:EventRule cloudwatch/eventTarget:EventTarget
    cloudwatch/logGroup:LogGroup cloudwatch/logMetricFilter:LogMetricFilter cloudwatch/metricAlarm:MetricAlarm
    guardduty/detector:Detector guardduty/detectorFeature:DetectorFeature
    guardduty/malwareProtectionPlan:MalwareProtectionPlan
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
    iam/getPolicyDocument:getPolicyDocument iam/getSessionContext:getSessionContext
    kms/getKey:getKey s3/getBucket:getBucket s3/getBucketPolicy:getBucketPolicy
""".split()  # noqa: SIM905


@pytest.fixture(scope="session")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin, built from the sources."""
    if not shutil.which("go"):
        unavailable("go isn't installed")
    binary = tmp_path_factory.mktemp("plugin") / "pulumi-resource-aws"
    command = ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", str(binary), "."]
    built = subprocess.run(command, cwd=SOURCE, check=False, capture_output=True, text=True)
    if built.returncode:
        unavailable(f"the plugin doesn't build here: {built.stderr}")
    return binary


@pytest.fixture(scope="session")
def terraform_version(plugin: Path) -> str:
    """The version of the mirror's Terraform provider: …/<version>/<os>_<arch>/<binary>."""
    found = subprocess.run([plugin, "terraform"], check=False, capture_output=True, text=True)
    if found.returncode:
        unavailable(found.stderr)
    return Path(found.stdout.strip()).parts[-3]


@pytest.fixture(scope="session")
def schema(plugin: Path, terraform_version: str) -> Schema:
    printed = subprocess.run([plugin, "schema"], capture_output=True, check=True).stdout
    return cast(Schema, json.loads(printed))


@pytest.fixture(scope="session")
def differences(schema: Schema) -> list[str]:
    return sorted(compared(schema))


def unavailable(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_version_is_the_sdks(plugin: Path) -> None:
    version = subprocess.run([plugin, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    assert version == sdk_version()


def sdk_version() -> str:
    return str(json.loads((Path(pulumi_aws.__file__).parent / "pulumi-plugin.json").read_text())["version"])


@pytest.mark.parametrize("used", USED)
def test_used_types_lack_only_what_the_terraform_provider_lacks(
    used: str, differences: list[str], schema: Schema
) -> None:
    token = f"aws:{used}"
    assert token in schema["resources"] or token in schema["functions"]
    wrong = [line for line in differences if line.startswith(f"{token} ") and not line.endswith("only in the SDK")]
    assert wrong == []


def test_differences_are_those_written_down(differences: list[str], terraform_version: str) -> None:
    header = (
        f"# The pulumi-aws SDK {sdk_version()} against the plugin over Terraform's AWS provider {terraform_version}"
    )
    found = [header, *differences]
    if os.environ.get("WRITE_DIFFERENCES"):
        DIFFERENCES.write_text("\n".join(found) + "\n")
    written = DIFFERENCES.read_text().splitlines()
    if written[0] != header:
        unavailable(f"{DIFFERENCES.name} is about other versions: {written[0]}; here: {header}")
    change = "\n".join(difflib.unified_diff(written, found, "written down", "found", lineterm="", n=0))
    assert not change, (
        f"the plugin and the SDK differ in other ways than {DIFFERENCES} says:\n{change}\n"
        f"If all of these are as they should be: WRITE_DIFFERENCES=1 pytest {Path(__file__).relative_to(ROOT)}"
    )


def compared(schema: Schema) -> Iterator[str]:
    """Every difference, as a line."""
    config = shapes(schema, schema["provider"]["inputProperties"])
    yield from unlike("aws:provider", sdk.provider().inputs, config)
    resources = {
        token: sdk.Type(shapes(schema, spec["inputProperties"]), shapes(schema, spec["properties"]))
        for token, spec in schema["resources"].items()
    }
    yield from unlike_members(sdk.resources(), resources)
    functions = {
        token: sdk.Type(*(shapes(schema, spec.get(side, {}).get("properties", {})) for side in ("inputs", "outputs")))
        for token, spec in schema["functions"].items()
        if token.startswith("aws:")  # the bridge adds a method of the provider
    }
    yield from unlike_members(sdk.functions(), functions)


def unlike_members(wanted: dict[str, sdk.Type], got: dict[str, sdk.Type]) -> Iterator[str]:
    for token in wanted.keys() - got.keys():
        yield f"{token}: only in the SDK"
    for token in got.keys() - wanted.keys():
        yield f"{token}: only in the plugin"
    for token in wanted.keys() & got.keys():
        ours, theirs = got[token], wanted[token]
        all_ours = ours.state | ours.inputs
        yield from unlike(token, theirs.state | theirs.inputs, all_ours)
        for name in theirs.inputs.keys() & all_ours.keys() - ours.inputs.keys():
            yield f"{token} {name}: an input only in the SDK"
        for name in ours.inputs.keys() & theirs.state.keys() - theirs.inputs.keys():
            yield f"{token} {name}: an input only in the plugin"


def unlike(where: str, wanted: sdk.Shape, got: sdk.Shape) -> Iterator[str]:
    match wanted, got:
        case dict(), dict():
            for name in wanted.keys() - got.keys():
                yield f"{where} {name}: only in the SDK"
            for name in got.keys() - wanted.keys():
                yield f"{where} {name}: only in the plugin"
            for name in wanted.keys() & got.keys():
                yield from unlike(f"{where} {name}", wanted[name], got[name])
        case (("list" | "map") as kind, one), (other, another) if kind == other:
            yield from unlike(f"{where}[]", one, another)
        case sdk.DOCUMENT, "string":  # Go's tests show that the plugin takes an object there
            return
        case _ if wanted != got:
            yield f"{where}: {named(wanted)} in the SDK, {named(got)} in the plugin"


def named(shape: sdk.Shape) -> str:
    match shape:
        case dict():
            return "an object"
        case (kind, of):
            return f"{kind} of {named(of)}"
    return shape


def shapes(schema: Schema, properties: Schema) -> sdk.Object:
    return {name: shape(schema, spec) for name, spec in properties.items()}


def shape(schema: Schema, spec: Schema) -> sdk.Shape:
    """A property of a Pulumi schema, as sdk.py tells the SDK's."""
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
