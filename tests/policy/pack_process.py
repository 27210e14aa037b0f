"""The pack as the engine runs it: a process of its own, asked over gRPC with the SDK's own messages."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from sandbox.folder import ROOT

UNKNOWN = UNKNOWN_STRING_VALUE


@dataclass(frozen=True)
class Resource:
    """A resource as a program declares it; `comes_from` names the resources that a property's value comes from."""

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    comes_from: Mapping[str, Sequence[str]] = field(default_factory=dict)
    region: str | None = "us-east-1"
    protect: bool = False

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::test::{self.type}::{self.name}"


@dataclass(frozen=True)
class Finding:
    """What the pack told, the policy and the resource's name, and when."""

    policy: str
    resource: str
    message: str = field(compare=False)
    mandatory: bool = True


class PackProcess:
    def __init__(self, stub: analyzer_pb2_grpc.AnalyzerStub, only: Collection[str] = ()) -> None:
        self._stub = stub
        self._only = only

    def only_for(self, *controls: str) -> PackProcess:
        """The same gate, of which only what it tells of these controls is heard."""
        return PackProcess(self._stub, controls)

    def policies(self) -> list[Any]:
        return list(self._stub.GetAnalyzerInfo(empty_pb2.Empty()).policies)

    def check_resource(self, resource: Resource, stack: Sequence[Resource] = ()) -> list[Finding]:
        """What is told of a resource before it exists."""
        parents = {each.name: each.urn for each in stack}
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            properties=to_struct(resource.inputs),
            urn=resource.urn,
            name=resource.name,
            options=analyzer_pb2.AnalyzerResourceOptions(
                parent=parents.get(resource.parent or "", ""), protect=resource.protect
            ),
            provider=aws_provider(resource),
        )
        return self._filtered(to_finding(each, resource.name) for each in self._stub.Analyze(request).diagnostics)

    def check_stack(self, stack: Sequence[Resource], planned: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
        """What is told of the whole stack. `planned` has the outputs of a resource, where they are not its inputs."""
        urns = {each.name: each.urn for each in stack}
        resources = [
            analyzer_pb2.AnalyzerResource(
                type=each.type,
                properties=to_struct(planned.get(each.name, each.inputs)),
                urn=each.urn,
                name=each.name,
                options=analyzer_pb2.AnalyzerResourceOptions(protect=each.protect),
                provider=aws_provider(each),
                parent=urns.get(each.parent or "", ""),
                dependencies=sorted({urns[name] for names in each.comes_from.values() for name in names}),
                propertyDependencies={
                    prop: analyzer_pb2.AnalyzerPropertyDependencies(urns=[urns[name] for name in names])
                    for prop, names in each.comes_from.items()
                },
            )
            for each in stack
        ]
        names = {urn: name for name, urn in urns.items()}
        response = self._stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
        return self._filtered(to_finding(each, names.get(each.urn, "")) for each in response.diagnostics)

    def _filtered(self, findings: Iterable[Finding]) -> list[Finding]:
        return [each for each in findings if not self._only or each.policy in self._only]

    def configure(self, **controls: Mapping[str, Any]) -> None:
        """The pack's config, as the engine hands it over: for each control its level and its options."""
        levels = {"advisory": analyzer_pb2.ADVISORY, "mandatory": analyzer_pb2.MANDATORY}
        levels["disabled"] = analyzer_pb2.DISABLED
        defaults = {policy.name: {"enforcementLevel": policy.enforcementLevel} for policy in self.policies()}
        given = {name.replace("_", "-"): dict(config) for name, config in controls.items()}
        config = {}
        for name, default in defaults.items():
            own = given.get(name, {})
            level = own.pop("enforcementLevel", default["enforcementLevel"])
            config[name] = analyzer_pb2.PolicyConfig(enforcementLevel=levels.get(level, level), properties=to_struct(own))
        self._stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))

    def evaluate_stack(self, stack: Sequence[Resource], planned: Mapping[str, Mapping[str, Any]] | None = None) -> list[Finding]:
        """All that a preview of the stack is told."""
        before = [told for resource in stack for told in self.check_resource(resource, stack)]
        return before + self.check_stack(stack, planned or {})


@contextmanager
def start_pack(pack: Path = ROOT / "policy") -> Iterator[PackProcess]:
    """A pack, that of this checkout, started as the language host starts it."""
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)]
    with subprocess.Popen(command, cwd=pack, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield PackProcess(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(dict(values))
    return made


def aws_provider(resource: Resource) -> analyzer_pb2.AnalyzerProviderResource:
    return analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:aws",
        properties=to_struct({"region": resource.region} if resource.region else {}),
        urn="urn:pulumi:dev::test::pulumi:providers:aws::default",
        name="default",
    )


def to_finding(diagnostic: Any, resource: str) -> Finding:
    mandatory = diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    return Finding(diagnostic.policyName, resource, diagnostic.message, mandatory)


def reported(findings: list[Finding]) -> set[tuple[str, str]]:
    pairs = [(each.policy, each.resource) for each in findings]
    assert len(set(pairs)) == len(pairs), "told twice"
    return set(pairs)
