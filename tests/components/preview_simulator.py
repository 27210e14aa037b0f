"""Simulates how the engine shows the program to the pack, at a first preview or at a preview of an existing stack.

The messages are those that the engine sends. A resource's URN contains the types of its parents. A resource has its
provider, its unknown values, and the resources that each property comes from. At the end, the engine sends the planned
state of every resource; for a component, that is only the outputs that it registered.
"""

from __future__ import annotations

import hashlib
import json
import runpy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pytest
from google.protobuf import json_format
from pulumi.runtime import mocks
from pulumi.runtime.proto import analyzer_pb2

from sandbox.folder import ROOT
from tests.components import mocked_stack
from tests.policy.pack_process import UNKNOWN, Finding, PackProcess, reported, start_pack, to_finding, to_struct

STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_TYPE = "pulumi:providers:aws"
# By resource type: the property with a policy document as JSON text, and the component input with the same document.
DOCUMENT_PROPERTIES = {
    "BucketPolicy": ("policy", "bucketPolicy"),
    "Key": ("policy", "keyPolicy"),
    "ReplicaKey": ("policy", "keyPolicy"),
    "Role": ("assumeRolePolicy", "trustPolicy"),
    "RolePolicy": ("policy", "identityPolicy"),
    "TopicPolicy": ("policy", "topicPolicy"),
}

Document = dict[str, Any]


@dataclass(frozen=True)
class PreviewedResource:
    """A resource as the engine shows it."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    planned: dict[str, Any]
    """The planned state."""
    parent: str = ""
    """The parent's URN."""
    provider: str = ""
    """The provider's URN."""
    protect: bool = False
    dependencies: frozenset[str] = frozenset()
    """The URNs of the resources that it depends on."""
    property_sources: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The URNs of the resources that each property comes from."""

    @property
    def type_name(self) -> str:
        """The type without package and module, such as `Bucket`."""
        return self.type.rsplit(":", 1)[-1]

    @property
    def label(self) -> str:
        """The type name (for a component the whole type, since an AWS resource may have the same name) and the name."""
        return f"{self.type_name if self.type.startswith('aws:') else self.type} {self.name}"

    def without_references(self, urns: frozenset[str]) -> PreviewedResource:
        """Return the resource without references to the resources with these URNs."""
        property_sources = {name: sources - urns for name, sources in self.property_sources.items() if sources - urns}
        return replace(self, dependencies=self.dependencies - urns, property_sources=property_sources)


@dataclass(frozen=True)
class Program:
    """All resources of a program, in the order of their registration. Each method returns a changed program."""

    resources: tuple[PreviewedResource, ...]

    def __getitem__(self, label: str) -> PreviewedResource:
        (resource,) = [resource for resource in self.resources if resource.label == label]
        return resource

    @property
    def root(self) -> PreviewedResource:
        (root,) = [resource for resource in self.resources if resource.type == STACK_TYPE]
        return root

    @property
    def unknown_documents(self) -> list[Any]:
        """The inputs of components with documents whose JSON text isn't known yet; the pack evaluates these instead."""
        components = (resource.inputs for resource in self.resources if resource.type.startswith("phi:"))
        return [inputs for inputs in components if UNKNOWN in json.dumps(inputs)]

    @property
    def key_references(self) -> set[tuple[str, str]]:
        """The references to KMS keys, as label and key URN; the pack follows these while the key's ARN is unknown."""
        key_urns = {resource.urn for resource in self.resources if resource.type.startswith("aws:kms/")}
        return {
            (resource.label, urn)
            for resource in self.resources
            for sources in resource.property_sources.values()
            for urn in sources & key_urns
        }

    def without_resources(self, *labels: str) -> Program:
        urns = frozenset(self[label].urn for label in labels)
        return Program(
            tuple(resource.without_references(urns) for resource in self.resources if resource.urn not in urns)
        )

    def with_resource(self, type_: str, name: str, inputs: dict[str, Any], bucket: str = "") -> Program:
        """Add a child of the root; it is a setting of the bucket with this label, if there is one."""
        urn = f"{self.root.urn.rsplit('::', 2)[0]}::{type_}::{name}"
        inputs = {"bucket": self[bucket].planned["id"], **inputs} if bucket else inputs
        resource = PreviewedResource(
            type_,
            name,
            urn,
            inputs,
            planned=inputs | {"id": UNKNOWN},
            parent=self.root.urn,
            provider=next(resource.urn for resource in self.resources if resource.type == PROVIDER_TYPE),
            property_sources={"bucket": frozenset({self[bucket].urn})} if bucket else {},
        )
        return Program((*self.resources, resource))

    def unprotected(self, label: str) -> Program:
        return self._replace(replace(self[label], protect=False))

    def with_input(self, label: str, path: str, value: Any, source: str = "") -> Program:
        """Change one input.

        Args:
            label: The label of the resource.
            path: The path of the input, such as `rules.0.status`.
            value: The new value; None removes the input.
            source: The label of the resource that the value comes from, if it comes from one.
        """
        resource = self[label]
        name = path.partition(".")[0]
        inputs = _with_value_at(resource.inputs, path.split("."), value)
        planned = resource.planned | {name: inputs.get(name)}
        property_sources = {other: sources for other, sources in resource.property_sources.items() if other != name}
        if source:
            property_sources[name] = frozenset({self[source].urn})
        elif UNKNOWN in json.dumps(inputs.get(name)):
            property_sources[name] = resource.property_sources[name]
        return self._replace(replace(resource, inputs=inputs, planned=planned, property_sources=property_sources))

    def with_key(self, label: str, path: str, key: str) -> Program:
        """Change one input to the ARN of the KMS key with this label."""
        return self.with_input(label, path, self[key].planned["arn"], key)

    def with_document(self, label: str, change: Callable[[Document], Document]) -> Program:
        """Change a policy document, in the component's input and, if it is known, in the JSON text."""
        resource = self[label]
        text_property, component_input = DOCUMENT_PROPERTIES[resource.type_name]
        program = self
        if resource.inputs[text_property] != UNKNOWN:
            document = change(json.loads(resource.inputs[text_property]))
            program = program.with_input(label, text_property, json.dumps(document))
        if component := self._enclosing_component(resource, component_input):
            inputs = component.inputs | {component_input: change(component.inputs[component_input])}
            program = program._replace(replace(component, inputs=inputs))
        assert program != self
        return program

    def with_statement_changed(
        self, label: str, statement: str | int, change: Callable[[Document], Document]
    ) -> Program:
        """Change the statement with a Sid or an index."""
        return self.with_document(
            label, lambda document: _with_statements(document, statement, lambda original: [change(original)])
        )

    def without_statement(self, label: str, statement: str | int) -> Program:
        """Remove the statement with a Sid or an index."""
        return self.with_document(label, lambda document: _with_statements(document, statement, lambda _: []))

    def with_added_statement(self, label: str, **elements: Any) -> Program:
        """Add a statement, whose effect is Allow by default."""
        statement = {"Effect": "Allow"} | elements
        return self.with_document(label, lambda document: document | {"Statement": [*document["Statement"], statement]})

    def _enclosing_component(self, resource: PreviewedResource, input_name: str) -> PreviewedResource | None:
        """Return the nearest ancestor that has this input."""
        by_urn = {ancestor.urn: ancestor for ancestor in self.resources}
        parent = by_urn.get(resource.parent)
        while parent and input_name not in parent.inputs:
            parent = by_urn.get(parent.parent)
        return parent

    def _replace(self, changed: PreviewedResource) -> Program:
        return Program(tuple(changed if resource.urn == changed.urn else resource for resource in self.resources))


class PreviewPack:
    """A pack that evaluates programs in the way that the engine calls it.

    If a resource is the same as in the previous program, its findings before creation are reused.
    """

    def __init__(self, pack: PackProcess) -> None:
        self._pack = pack
        self._stub = pack._stub
        self._resource_findings: dict[str, tuple[PreviewedResource, list[Finding]]] = {}
        self._planned: dict[str, tuple[PreviewedResource, analyzer_pb2.AnalyzerResource]] = {}

    def policies(self) -> set[str]:
        return {policy.name for policy in self._pack.policies()}

    def findings(self, program: Program) -> set[tuple[str, str]]:
        """Return the findings about a program, as policy and label of the resource, without the notices."""
        providers = {resource.urn: resource for resource in program.resources if resource.type == PROVIDER_TYPE}
        labels = {resource.urn: resource.label for resource in program.resources}
        findings = [
            finding for resource in program.resources for finding in self._findings_of_resource(resource, providers)
        ]
        planned = [self._planned_resource(resource, providers) for resource in program.resources]
        response = self._stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=planned))
        findings += [
            to_finding(diagnostic, labels[diagnostic.urn])
            for diagnostic in response.diagnostics
            if diagnostic.policyName != "pack-notice"
        ]
        return reported(findings)

    def _findings_of_resource(
        self, resource: PreviewedResource, providers: Mapping[str, PreviewedResource]
    ) -> list[Finding]:
        previous, findings = self._resource_findings.get(resource.urn, (None, []))
        if previous != resource:
            response = self._stub.Analyze(_resource_request(resource, providers))
            findings = [to_finding(diagnostic, resource.label) for diagnostic in response.diagnostics]
            self._resource_findings[resource.urn] = resource, findings
        return findings

    def _planned_resource(
        self, resource: PreviewedResource, providers: Mapping[str, PreviewedResource]
    ) -> analyzer_pb2.AnalyzerResource:
        previous, planned = self._planned.get(resource.urn, (None, None))
        if previous != resource or planned is None:
            planned = _analyzer_resource(resource, providers)
            self._planned[resource.urn] = resource, planned
        return planned


@contextmanager
def running_preview_pack() -> Iterator[PreviewPack]:
    with start_pack(PULUMI_DRY_RUN="true") as pack:
        yield PreviewPack(pack)


def preview(stack: str, *, first: bool, **overrides: str) -> Program:
    """Preview the program for a stack of the repository.

    Args:
        stack: The stack, `dev` or `prod`.
        first: Whether it is the first preview, before any resource exists; otherwise all resources exist.
        overrides: Settings without the prefix `phi:`.
    """
    values = mocked_stack.stack_config(stack, **overrides)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mocked_stack, "RecordingMonitor", PreviewMonitor)
        patch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values)
        main = str(ROOT / "__main__.py")
        aws = MockAwsWithKeyIds(first, values["aws:region"])
        monitor = mocked_stack.run_program(lambda: runpy.run_path(main), stack=stack, aws=aws)
    assert isinstance(monitor, PreviewMonitor)
    return Program((_default_provider(values, monitor.previewed[0]), *monitor.planned_resources()))


class MockAwsWithKeyIds(mocked_stack.MockAws):
    """A mocked AWS that gives KMS keys ARNs of the form that KMS gives them."""

    def _arn(self, args: mocks.MockResourceArgs) -> str:
        arn = super()._arn(args)
        key_id = f"mrk-{hashlib.sha256(args.name.encode()).hexdigest()[:32]}"
        return arn.replace(f":key/{args.name}", f":key/{key_id}") if args.typ.startswith("aws:kms/") else arn


class PreviewMonitor(mocked_stack.RecordingMonitor):
    """A monitor that records what the engine would show of each resource."""

    def __init__(self, aws: mocked_stack.MockAws) -> None:
        super().__init__(aws)
        self.previewed: list[PreviewedResource] = []
        self.outputs_by_urn: dict[str, dict[str, Any]] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return a URN as the engine makes it: with the types of all parents except the stack."""
        parent_types = [] if f"::{STACK_TYPE}::" in parent or not parent else [parent.split("::")[2]]
        return super().make_urn("", "$".join((*parent_types, type_)), name)

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        planned = json_format.MessageToDict(response.object)
        sources = request.propertyDependencies.items()
        self.previewed.append(
            PreviewedResource(
                request.type,
                request.name,
                response.urn,
                json_format.MessageToDict(request.object),
                planned | {"id": response.id or UNKNOWN} if request.custom else planned,
                request.parent,
                request.provider.rpartition("::")[0],
                request.protect,
                frozenset(request.dependencies),
                {name: frozenset(dependencies.urns) for name, dependencies in sources if dependencies.urns},
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.outputs_by_urn[request.urn] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)

    def planned_resources(self) -> Iterator[PreviewedResource]:
        """Yield the resources with the registered outputs of components and the provider of AWS resources."""
        default_provider = default_provider_urn(self.previewed[0].urn)
        for resource in self.previewed:
            planned = self.outputs_by_urn.get(resource.urn, resource.planned)
            needs_provider = resource.type.startswith("aws:") and not resource.provider
            yield replace(resource, planned=planned, provider=default_provider if needs_provider else resource.provider)


def default_provider_urn(urn: str) -> str:
    """Return the URN of the default AWS provider in the stack of another URN."""
    return f"{urn.rsplit('::', 2)[0]}::{PROVIDER_TYPE}::default"


def _default_provider(config: Mapping[str, str], root: PreviewedResource) -> PreviewedResource:
    inputs = {"region": config["aws:region"], "defaultTags": config["aws:defaultTags"]}
    return PreviewedResource(PROVIDER_TYPE, "default", default_provider_urn(root.urn), inputs, inputs)


def _resource_request(
    resource: PreviewedResource, providers: Mapping[str, PreviewedResource]
) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=resource.type,
        properties=to_struct(resource.inputs),
        urn=resource.urn,
        name=resource.name,
        options=analyzer_pb2.AnalyzerResourceOptions(parent=resource.parent, protect=resource.protect),
        provider=_analyzer_provider(resource, providers),
    )


def _analyzer_resource(
    resource: PreviewedResource, providers: Mapping[str, PreviewedResource]
) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=resource.type,
        properties=to_struct(resource.planned),
        urn=resource.urn,
        name=resource.name,
        options=analyzer_pb2.AnalyzerResourceOptions(parent=resource.parent, protect=resource.protect),
        provider=_analyzer_provider(resource, providers),
        parent=resource.parent,
        dependencies=sorted(resource.dependencies),
        propertyDependencies={
            name: analyzer_pb2.AnalyzerPropertyDependencies(urns=sorted(urns))
            for name, urns in resource.property_sources.items()
        },
    )


def _analyzer_provider(
    resource: PreviewedResource, providers: Mapping[str, PreviewedResource]
) -> analyzer_pb2.AnalyzerProviderResource | None:
    provider = providers.get(resource.provider)
    if provider is None:
        return None
    return analyzer_pb2.AnalyzerProviderResource(
        type=provider.type, properties=to_struct(provider.inputs), urn=provider.urn, name=provider.name
    )


def _with_value_at(container: Any, path: Sequence[str], value: Any) -> Any:
    """Return a dictionary or a list with another value at a path; None removes a key of a dictionary."""
    first, *rest = path
    if isinstance(container, list):
        return [
            _with_value_at(item, rest, value) if index == int(first) else item for index, item in enumerate(container)
        ]
    if rest:
        return container | {first: _with_value_at(container[first], rest, value)}
    others = {key: item for key, item in container.items() if key != first}
    return others if value is None else others | {first: value}


def _with_statements(
    document: Document, statement: str | int, change: Callable[[Document], Iterable[Document]]
) -> Document:
    """Return a document with one statement, by Sid or index, replaced by others."""
    statements = document["Statement"]
    index = statement if isinstance(statement, int) else [item.get("Sid") for item in statements].index(statement)
    return document | {"Statement": [*statements[:index], *change(statements[index]), *statements[index + 1 :]]}
