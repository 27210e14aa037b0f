"""Runs a piece of the program on Pulumi's mocks and answers with what it declared, as plain data to assert on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pulumi
from google.protobuf import json_format
from pulumi.runtime import mocks, rpc

ACCOUNT_ID = "111122223333"
DEPLOYER = f"arn:aws:iam::{ACCOUNT_ID}:role/deployer"
SESSION = f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployer/somebody"


@dataclass(frozen=True)
class Declared:
    """A resource as it was registered. In `inputs` an unknown value is pulumi.UNKNOWN's text."""

    type: str
    name: str
    inputs: dict[str, Any]
    parent: str
    protect: bool
    retain_on_delete: bool
    after: frozenset[str]

    @property
    def policy(self) -> dict[str, Any]:
        """Its policy document."""
        document: dict[str, Any] = json.loads(self.inputs["policy"])
        return document


class Monitor(mocks.MockMonitor):
    def __init__(self, aws: Aws) -> None:
        super().__init__(aws)
        self.declared: list[Declared] = []
        self.outputs: dict[str, dict[str, Any]] = {}
        self.registered: list[str] = []

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        self.declared.append(
            Declared(
                request.type,
                request.name,
                json_format.MessageToDict(request.object),
                request.parent.rsplit("::", 1)[-1],
                request.protect,
                request.retainOnDelete,
                frozenset(urn.rsplit("::", 1)[-1] for urn in request.dependencies),
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        name = request.urn.rsplit("::", 1)[-1]
        self.registered.append(name)
        self.outputs[name] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)


class Aws(mocks.Mocks):
    """Answers as AWS would: a new resource has an id and an ARN, except at preview, where neither is known."""

    def __init__(self, *, preview: bool) -> None:
        self.preview = preview

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        if not args.custom:
            return None, args.inputs
        if self.preview:
            return None, {**args.inputs, "arn": rpc.UNKNOWN, "keyId": rpc.UNKNOWN}
        if "bucket" in args.inputs:
            return args.inputs["bucket"], {**args.inputs, "arn": f"arn:aws:s3:::{args.inputs['bucket']}"}
        arn = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/{args.name}"
        return args.name, {**args.inputs, "arn": arn, "keyId": args.name}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        answers = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT_ID, "arn": SESSION},
            "aws:iam/getSessionContext:getSessionContext": {"issuerArn": DEPLOYER},
            "aws:index/getPartition:getPartition": {"partition": "aws", "dnsSuffix": "amazonaws.com"},
        }
        return answers[args.token], []


def deployed(program: Callable[[], object], *, preview: bool = False) -> Monitor:
    """What the program declares, once every registration has been made."""
    aws = Aws(preview=preview)
    monitor = Monitor(aws)
    pulumi.runtime.set_mocks(aws, project="phi", stack="dev", preview=preview, monitor=monitor)

    def run() -> None:  # what a program returns would be taken for an output
        program()

    pulumi.runtime.test(run)()
    return monitor
