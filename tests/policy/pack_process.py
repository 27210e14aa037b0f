"""The pack as the engine runs it: a process of its own that gets the SDK's messages over gRPC."""

from __future__ import annotations

import json
import os
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

from crossguard.resource_types import VALID_WITHOUT_INPUTS
from sandbox.folder import ROOT

UNKNOWN = UNKNOWN_STRING_VALUE
LEVELS = {
    "advisory": analyzer_pb2.ADVISORY,
    "mandatory": analyzer_pb2.MANDATORY,
    "disabled": analyzer_pb2.DISABLED,
}


@dataclass(frozen=True)
class Resource:
    """A resource as a program declares it.

    Attributes:
        comes_from: For each property, the names of the resources that its value comes from.
        region: The region of its provider.
        provider: The name of its provider; None for a component, which has none.
        provider_type: The type of its provider.
        provider_config: The other properties of its provider, where lists and objects are JSON text.
        outputs: The properties that AWS has chosen, if the resource exists.
        account: The account that its provider names.
        left_out: Whether --target or --exclude left it out of the run: the engine then shows no properties.
        only_read: Whether the program only reads it: the engine then shows only what refers to it.
        autonamed: Whether Pulumi chooses a name if the program doesn't.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    parent: str | None = None
    comes_from: Mapping[str, Sequence[str]] = field(default_factory=dict)
    region: str | None = "us-east-1"
    protect: bool = False
    provider: str | None = "default"
    provider_type: str = "pulumi:providers:aws"
    provider_config: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    account: str | None = None
    left_out: bool = False
    only_read: bool = False
    autonamed: bool = True

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::test::{self.type}::{self.name}"

    @property
    def shown_inputs(self) -> dict[str, Any]:
        """The inputs that the engine shows: the provider chooses a name for a new resource that has none."""
        if self.left_out:
            return {}
        is_new = self.type.startswith("aws:") and not self.inputs and not self.outputs
        if not is_new or not self.autonamed or self.type in VALID_WITHOUT_INPUTS:
            return dict(self.inputs)
        return {"bucket" if self.type.startswith("aws:s3/bucket") else "name": f"{self.name}-0123456"}


@dataclass(frozen=True)
class Finding:
    """A diagnostic of the pack. `resource` is the resource's name; it is empty for the stack."""

    policy: str
    resource: str
    message: str = field(compare=False)
    mandatory: bool = True


class PackProcess:
    """The client of a running pack.

    Args:
        stub: The gRPC stub of the process.
        only: The policies whose findings are returned; every policy if it is empty.
    """

    def __init__(self, stub: analyzer_pb2_grpc.AnalyzerStub, only: Collection[str] = ()) -> None:
        self._stub = stub
        self._only = only

    def only_for(self, *controls: str) -> PackProcess:
        """Return a client of the same process that returns only the findings of these controls."""
        assert set(controls) <= {policy.name for policy in self.policies()}, controls
        return PackProcess(self._stub, controls)

    def policies(self) -> list[Any]:
        return list(self._stub.GetAnalyzerInfo(empty_pb2.Empty()).policies)

    def check_resource(self, resource: Resource, stack: Sequence[Resource] = ()) -> list[Finding]:
        """Return the findings about a resource before it exists. Its parent is looked up in `stack`."""
        urns = {parent.name: parent.urn for parent in stack}
        request = analyzer_pb2.AnalyzeRequest(
            type=resource.type,
            properties=to_struct(resource.shown_inputs),
            urn=resource.urn,
            name=resource.name,
            options=analyzer_pb2.AnalyzerResourceOptions(
                parent=urns.get(resource.parent or "", ""), protect=resource.protect
            ),
            provider=to_provider(resource),
        )
        diagnostics = self._stub.Analyze(request).diagnostics
        return self._filtered(to_finding(diagnostic, resource.name) for diagnostic in diagnostics)

    def check_stack(self, stack: Sequence[Resource], planned: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
        """Return the findings about the whole stack, at the end of a preview.

        Args:
            stack: All resources of the stack.
            planned: The outputs of resources by name, where they differ from the inputs.
        """
        urns = {resource.name: resource.urn for resource in stack}
        resources = [
            analyzer_pb2.AnalyzerResource(
                type=resource.type,
                properties=to_struct(
                    {}
                    if resource.left_out
                    else {"id": UNKNOWN} | planned.get(resource.name, resource.shown_inputs | resource.outputs)
                ),
                urn=resource.urn,
                name=resource.name,
                options=analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
                provider=to_provider(resource),
                parent=urns.get(resource.parent or "", ""),
                dependencies=sorted({urns[name] for names in resource.comes_from.values() for name in names}),
                propertyDependencies={
                    prop: analyzer_pb2.AnalyzerPropertyDependencies(urns=[urns[name] for name in names])
                    for prop, names in resource.comes_from.items()
                },
            )
            for resource in stack
            if not resource.only_read
        ]
        names = {urn: name for name, urn in urns.items()}
        response = self._stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
        return self._filtered(
            to_finding(diagnostic, names.get(diagnostic.urn, "")) for diagnostic in response.diagnostics
        )

    def _filtered(self, findings: Iterable[Finding]) -> list[Finding]:
        return [finding for finding in findings if not self._only or finding.policy in self._only]

    def configure(self, **controls: Mapping[str, Any]) -> None:
        """Send the pack's config: for each control or other name, with _ for -, its enforcement level and options."""
        changes = {name.replace("_", "-"): dict(options) for name, options in controls.items()}
        levels = {policy.name: policy.enforcementLevel for policy in self.policies()}
        config = {}
        for name in {**levels, **changes}:
            options = changes.get(name, {})
            level = options.pop("enforcementLevel", levels.get(name, "mandatory"))
            config[name] = analyzer_pb2.PolicyConfig(
                enforcementLevel=LEVELS.get(level, level), properties=to_struct(options)
            )
        self._stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=config))

    def evaluate_stack(
        self, stack: Sequence[Resource], planned: Mapping[str, Mapping[str, Any]] | None = None
    ) -> list[Finding]:
        """Return all findings of a preview: about each resource before it exists, then about the whole stack."""
        shown = [resource for resource in stack if not resource.only_read]
        findings = [finding for resource in shown for finding in self.check_resource(resource, stack)]
        return findings + self.check_stack(stack, planned or {})


@contextmanager
def start_pack(pack: Path = ROOT / "policy", **env: str) -> Iterator[PackProcess]:
    """Run a pack, by default the one of this checkout, as Pulumi's language host starts it.

    Args:
        pack: The pack's folder.
        env: More variables of its environment, such as PULUMI_DRY_RUN. Without that one, it analyzes a saved state.
    """
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(pack)]
    with subprocess.Popen(command, cwd=pack, env=os.environ | env, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield PackProcess(analyzer_pb2_grpc.AnalyzerStub(channel))
        finally:
            process.kill()


def to_struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(values))
    return struct


def to_provider(resource: Resource) -> analyzer_pb2.AnalyzerProviderResource | None:
    if resource.provider is None:
        return None
    accounts = json.dumps([resource.account]) if resource.account else None
    properties = {"region": resource.region, "allowedAccountIds": accounts, **resource.provider_config}
    return analyzer_pb2.AnalyzerProviderResource(
        type=resource.provider_type,
        properties=to_struct({name: value for name, value in properties.items() if value}),
        urn=f"urn:pulumi:dev::test::{resource.provider_type}::{resource.provider}",
        name=resource.provider,
    )


def to_finding(diagnostic: Any, resource: str) -> Finding:
    mandatory = diagnostic.enforcementLevel == analyzer_pb2.MANDATORY
    return Finding(diagnostic.policyName, resource, diagnostic.message, mandatory)


def reported(findings: list[Finding]) -> set[tuple[str, str]]:
    """Return the policy and the resource of each finding, after checking that none is reported twice."""
    pairs = [(finding.policy, finding.resource) for finding in findings]
    assert len(set(pairs)) == len(pairs), "reported twice"
    return set(pairs)
