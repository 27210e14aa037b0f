"""Runs a piece of the program, or all of it, on Pulumi's mocks and answers with what it declared, as plain data."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pytest
import yaml
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc, settings

from sandbox.folder import ROOT

ACCOUNT_ID = "111122223333"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/deployer"
STACK = "pulumi:pulumi:Stack"
# Of a resource that is named: its service, and what its ARN has before its name.
ARNS = {
    "aws:cloudtrail/trail:Trail": ("cloudtrail", "trail/"),
    "aws:cloudwatch/logGroup:LogGroup": ("logs", "log-group:"),
    "aws:sns/topic:Topic": ("sns", ""),
}
DNS_SUFFIXES = {"aws": "amazonaws.com", "aws-us-gov": "amazonaws.com", "aws-cn": "amazonaws.com.cn"}


@dataclass(frozen=True)
class Declared:
    """A resource as it was registered. In `inputs` an unknown value is pulumi.UNKNOWN's text."""

    type: str
    name: str
    inputs: dict[str, Any]
    urn: str
    parent_urn: str
    provider: str
    protect: bool
    retain_on_delete: bool
    after: frozenset[str]

    @property
    def parent(self) -> str:
        return self.parent_urn.rsplit("::", 1)[-1]

    @property
    def kind(self) -> str:
        """Its type without package and module."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def policy(self) -> dict[str, Any]:
        """Its policy document."""
        document: dict[str, Any] = json.loads(self.inputs["policy"])
        return document


class Monitor(mocks.MockMonitor):
    def __init__(self, aws: Aws) -> None:
        super().__init__(aws)
        self.aws = aws
        self.declared: list[Declared] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        self.registered: list[str] = []
        self.exports: dict[str, Any] = {}

    def one(self, kind: str, name: str) -> Declared:
        """The one resource of the kind that has the name."""
        (found,) = [each for each in self.declared if (each.kind, each.name) == (kind, name)]
        return found

    def of(self, kind: str, parent: str | None = None) -> list[Declared]:
        """All of a kind, or those of them with a parent of this name."""
        return [each for each in self.declared if each.kind == kind and parent in (None, each.parent)]

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        if request.type == STACK:
            return response
        self.declared.append(
            Declared(
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
        kind, name = request.urn.split("::")[-2:]
        if kind == STACK:
            return super().RegisterResourceOutputs(request)
        self.registered.append(name)
        self.outputs[name] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


@dataclass
class Aws(mocks.Mocks):
    """Answers as AWS would: a new resource has an id and an ARN, except at preview, where neither is known."""

    preview: bool = False
    region: str = "us-east-1"
    partition: str = "aws"
    called: set[str] = field(default_factory=set)
    """The tokens of the functions that were called."""
    _regions: dict[str, str] = field(default_factory=dict)
    """Of each provider by its name."""

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
        service, resource = ARNS.get(args.typ, ("kms", "key/"))
        name = args.inputs["name"] if args.typ in ARNS else args.name
        return f"arn:{self.partition}:{service}:{region}:{ACCOUNT_ID}:{resource}{name}"

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        self.called.add(args.token)
        session = f"arn:{self.partition}:sts::{ACCOUNT_ID}:assumed-role/deployer/somebody"
        deployer = f"arn:{self.partition}:iam::{ACCOUNT_ID}:role/deployer"
        where = {"partition": self.partition, "dnsSuffix": DNS_SUFFIXES[self.partition]}
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID, "arn": session},
            "aws:iam/getSessionContext:getSessionContext": {"issuerArn": deployer},
            "aws:index/getPartition:getPartition": where,
        }
        return answers[args.token], []


def deployed(
    program: Callable[[], object], *, preview: bool = False, stack: str = "dev", aws: Aws | None = None
) -> Monitor:
    """What the program declares, once every registration has been made."""
    aws = aws or Aws(preview)
    monitor = Monitor(aws)
    settings.set_root_resource(None)  # else this stack has the name and the outputs of the last
    pulumi.runtime.set_mocks(aws, project="phi", stack=stack, preview=aws.preview, monitor=monitor)

    def run() -> pulumi.Output[None]:
        program()
        outputs = settings.get_root_resource().outputs
        return pulumi.Output.all(**outputs).apply(monitor.exports.update, run_with_unknowns=True)

    pulumi.runtime.test(run)()
    return monitor


def configuration(stack: str) -> dict[str, str]:
    """What a stack file sets, as Pulumi hands it to the program."""
    values = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in values.items()}


def whole_program(stack: str = "dev", *, preview: bool = False, partition: str = "aws", **changed: str) -> Monitor:
    """What the program declares for a stack of the repository, with other settings where `changed` has them."""
    region = changed.pop("region", "us-east-1")
    values = configuration(stack) | {"aws:region": region} | {f"phi:{key}": value for key, value in changed.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values)
        main = str(ROOT / "__main__.py")
        return deployed(lambda: runpy.run_path(main), stack=stack, aws=Aws(preview, region, partition))
