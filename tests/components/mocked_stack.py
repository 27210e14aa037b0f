"""Runs a part of the program, or all of it, on Pulumi's mocks, and returns the registered resources as plain data."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, settings

from phi_buckets.stack.settings import REQUIRED_SECURITY_SERVICES
from sandbox.folder import ROOT

ACCOUNT_ID = "111122223333"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/deployer"
ORGANIZATION_ID = "o-abcdefghij"
STACK_TYPE = "pulumi:pulumi:Stack"
# The service, and the part of the ARN before the name, of resources that have their physical name in their ARN.
ARN_PARTS = {
    "aws:cloudtrail/trail:Trail": ("cloudtrail", "trail/"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group:"),
    "aws:sns/topic:Topic": ("sns", ""),
}
DNS_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True)
class RegisteredResource:
    """A resource as the program registered it. An unknown value in `inputs` is the text pulumi.UNKNOWN."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str
    parent_urn: str
    provider: str
    protect: bool
    retain_on_delete: bool
    dependencies: frozenset[str]
    """The names of the resources that it depends on."""

    @property
    def parent_name(self) -> str:
        return self.parent_urn.rsplit("::", 1)[-1]

    @property
    def type_name(self) -> str:
        """The type without package and module, such as `Bucket`."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def is_component(self) -> bool:
        return self.type.startswith("phi:")

    @property
    def policy(self) -> dict[str, Any]:
        """The policy document in the input `policy`."""
        document: dict[str, Any] = json.loads(self.inputs["policy"])
        return document


class RecordingMonitor(mocks.MockMonitor):
    """A mock monitor that records the resources, the components' outputs and the stack's exports."""

    def __init__(self, aws: MockAws) -> None:
        super().__init__(aws)
        self.aws = aws
        self.registered: list[RegisteredResource] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        """The registered outputs by the component's name."""
        self.output_registrations: list[str] = []
        """The component's name for each registration of outputs."""
        self.exports: dict[str, Any] = {}

    def resource(self, type_name: str, name: str) -> RegisteredResource:
        """Return the only resource with this type and name."""
        (resource,) = [
            resource for resource in self.registered if (resource.type_name, resource.name) == (type_name, name)
        ]
        return resource

    def resources_of_type(self, type_name: str, parent: str | None = None) -> list[RegisteredResource]:
        """Return all resources of a type, or only those whose parent has this name."""
        return [
            resource
            for resource in self.registered
            if resource.type_name == type_name and parent in (None, resource.parent_name)
        ]

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type == STACK_TYPE:
            return response
        self.registered.append(
            RegisteredResource(
                request.type,
                request.name,
                json_format.MessageToDict(request.object),
                response.urn,
                request.parent,
                request.provider,
                request.protect,
                request.retainOnDelete,
                frozenset(urn.rsplit("::", 1)[-1] for urn in request.dependencies),
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        resource_type, name = request.urn.split("::")[-2:]
        if resource_type == STACK_TYPE:
            return super().RegisterResourceOutputs(request)
        self.output_registrations.append(name)
        self.outputs[name] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


SSO_PATH = "aws-reserved/sso.amazonaws.com/us-east-2/"
"""The path of the roles of IAM Identity Center."""


@dataclass
class MockAws(mocks.Mocks):
    """Responds as AWS would: a new resource has an ID and an ARN, but at preview neither is known."""

    preview: bool = False
    region: str = "us-east-1"
    partition: str = "aws"
    responses: Mapping[str, Any] = field(default_factory=dict)
    """Responses of functions by token, in place of the usual ones."""
    called_functions: set[str] = field(default_factory=set)
    """The tokens of the functions that were called."""
    _regions: dict[str, str] = field(default_factory=dict)
    """The regions of providers by name."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, args.inputs
        if args.typ == "pulumi:providers:aws":
            self._regions[args.name] = args.inputs["region"]
            return args.name, args.inputs
        if self.preview:
            return None, {**args.inputs, "arn": rpc.UNKNOWN, "keyId": rpc.UNKNOWN}
        if "bucket" in args.inputs:
            arn = f"arn:{self.partition}:s3:::{args.inputs['bucket']}"
            return args.inputs["bucket"], {**args.inputs, "arn": arn}
        return args.name, {**args.inputs, "arn": self._arn(args), "keyId": args.name}

    def _arn(self, args: mocks.MockResourceArgs) -> str:
        region = self._regions.get((args.provider or "").split("::")[-2:][0], self.region)
        service, prefix = ARN_PARTS.get(args.typ, ("kms", "key/"))
        name = args.inputs["name"] if args.typ in ARN_PARTS else args.name
        return f"arn:{self.partition}:{service}:{region}:{ACCOUNT_ID}:{prefix}{name}"

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        self.called_functions.add(args.token)
        return self.responses.get(args.token) or self._usual_response(args), []

    def _usual_response(self, args: mocks.MockCallArgs) -> dict[str, Any]:
        iam = f"arn:{self.partition}:iam::{ACCOUNT_ID}"
        session_arn = f"arn:{self.partition}:sts::{ACCOUNT_ID}:assumed-role/deployer/session"
        is_sso_role = str(args.args.get("name")).startswith("AWSReservedSSO_")
        responses = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID, "arn": session_arn},
            "aws:iam/getSessionContext:getSessionContext": {"issuerArn": f"{iam}:role/deployer"},
            "aws:index/getPartition:getPartition": {
                "partition": self.partition,
                "dnsSuffix": DNS_SUFFIXES[self.partition],
            },
            "aws:organizations/getOrganization:getOrganization": {"id": ORGANIZATION_ID},
            "aws:iam/getRole:getRole": {"arn": f"{iam}:role/{SSO_PATH if is_sso_role else ''}{args.args.get('name')}"},
            "aws:iam/getUser:getUser": {"arn": f"{iam}:user/{args.args.get('userName')}"},
        }
        return responses[args.token]


def run_program(
    program: Callable[[], object],
    *,
    preview: bool = False,
    stack: str = "dev",
    project: str = "phi",
    aws: MockAws | None = None,
) -> RecordingMonitor:
    """Run a program until all its registrations are complete, and return the monitor that recorded them."""
    aws = aws or MockAws(preview)
    monitor = RecordingMonitor(aws)
    settings.set_root_resource(None)  # otherwise this stack has the name and the outputs of the previous one
    pulumi.runtime.set_mocks(aws, project=project, stack=stack, preview=aws.preview, monitor=monitor)

    def run() -> pulumi.Output[None]:
        program()
        outputs = settings.get_root_resource().outputs
        return pulumi.Output.all(**outputs).apply(monitor.exports.update, run_with_unknowns=True)

    pulumi.runtime.test(run)()
    return monitor


def stack_config(stack: str, **overrides: str) -> dict[str, str]:
    """Return the configuration in a stack file of the repository, as Pulumi passes it to the program.

    Args:
        stack: The stack, `dev` or `prod`.
        overrides: Settings without the prefix `phi:`. A security service that `accountSecurityServices` leaves out is
            enabled elsewhere, since prod requires each in one place.
    """
    values = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    if services := overrides.get("accountSecurityServices"):
        elsewhere = [service for service in REQUIRED_SECURITY_SERVICES if service not in json.loads(services)]
        values["phi:accountSecurityElsewhere"] = elsewhere
    texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}
    return texts | {f"phi:{key}": value for key, value in overrides.items()}


def run_main(
    stack: str = "dev",
    *,
    name: str | None = None,
    project: str = "phi",
    preview: bool = False,
    partition: str = "aws",
    responses: Mapping[str, Any] | None = None,
    provider_settings: Mapping[str, str] | None = None,
    secret_keys: Sequence[str] = (),
    **overrides: str,
) -> RecordingMonitor:
    """Run the whole program for a stack of the repository, with some settings overridden.

    Args:
        stack: The stack, `dev` or `prod`.
        name: The name that the stack has instead.
        project: The name of the project.
        preview: Whether to run a first preview, at which no ARN or ID is known.
        partition: The partition of the mocked AWS.
        responses: Responses of AWS functions by token, in place of the usual ones.
        provider_settings: Settings of the AWS provider, without the prefix `aws:`.
        secret_keys: The keys of the settings that are secrets, with their prefixes.
        overrides: Settings without the prefix `phi:`, and `region`.
    """
    region = overrides.pop("region", "us-east-1")
    provider_settings = {"region": region, **(provider_settings or {})}
    values = stack_config(stack, **overrides) | {f"aws:{key}": value for key, value in provider_settings.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values, list(secret_keys))
        main = str(ROOT / "__main__.py")
        aws = MockAws(preview, region, partition, responses or {})
        return run_program(lambda: runpy.run_path(main), stack=name or stack, project=project, aws=aws)


def declared_types(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the type of each resource that a program declares is added."""
    types: list[str] = []
    register = RecordingMonitor.RegisterResource

    def recording(monitor, request):
        types.append(request.type)
        return register(monitor, request)

    monkeypatch.setattr(RecordingMonitor, "RegisterResource", recording)
    return types
