"""The program as the engine shows it to the pack, to change and to judge: its first preview, or one of what stands.

The messages are those that the engine sends: an URN with the types of its parents, the provider that a resource has,
what isn't known yet, which resources each property comes from; and at the end what is planned, of a component the
outputs that it registered alone.
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
from tests.policy.pack_process import UNKNOWN, Finding, PackProcess, to_finding, start_pack, to_struct, reported

REGION = "us-east-1"
STACK = "pulumi:pulumi:Stack"
PROVIDER = "pulumi:providers:aws"
# The property of a policy document, and the input of a component around it that has the same with its structure.
DOCUMENTS = {
    "BucketPolicy": ("policy", "bucketPolicy"),
    "Key": ("policy", "keyPolicy"),
    "ReplicaKey": ("policy", "keyPolicy"),
    "Role": ("assumeRolePolicy", "trustPolicy"),
    "RolePolicy": ("policy", "identityPolicy"),
    "TopicPolicy": ("policy", "topicPolicy"),
}

Document = dict[str, Any]
Told = set[tuple[str, str]]


@dataclass(frozen=True)
class PreviewedResource:
    """A resource: its inputs, what is planned of it, and by its URN what each property comes from."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    planned: dict[str, Any]
    parent: str = ""
    provider: str = ""
    protect: bool = False
    dependencies: frozenset[str] = frozenset()
    property_sources: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def type_name(self) -> str:
        return self.type.rsplit(":", 1)[-1]

    @property
    def label(self) -> str:
        """Its kind and name; a component's with its whole type, since an AWS resource may have the same."""
        return f"{self.type_name if self.type.startswith('aws:') else self.type} {self.name}"

    def without_references(self, urns: frozenset[str]) -> PreviewedResource:
        """The same, where it comes from none of these."""
        comes_from = {prop: of - urns for prop, of in self.property_sources.items() if of - urns}
        return replace(self, after=self.dependencies - urns, comes_from=comes_from)


@dataclass(frozen=True)
class Program:
    """Every resource in the order of its registration, and the programs that differ from it in one thing."""

    resources: tuple[PreviewedResource, ...]

    def __getitem__(self, label: str) -> PreviewedResource:
        (found,) = [each for each in self.resources if each.label == label]
        return found

    @property
    def root(self) -> PreviewedResource:
        (found,) = [each for each in self.resources if each.type == STACK]
        return found

    @property
    def unknown_documents(self) -> list[Any]:
        """What components have of documents that aren't known as JSON yet, by which these are judged till then."""
        components = (each.inputs for each in self.resources if each.type.startswith("phi:"))
        return [each for each in components if UNKNOWN in json.dumps(each)]

    @property
    def key_references(self) -> set[tuple[str, str]]:
        """Which resource has something of which key, by which it is judged while the ARN isn't known."""
        keys = {each.urn for each in self.resources if each.type.startswith("aws:kms/")}
        return {(each.label, urn) for each in self.resources for of in each.property_sources.values() for urn in of & keys}

    def without_resources(self, *labels: str) -> Program:
        gone = frozenset(self[label].urn for label in labels)
        return Program(tuple(each.without_references(gone) for each in self.resources if each.urn not in gone))

    def with_resource(self, type_: str, name: str, inputs: dict[str, Any], bucket: str = "") -> Program:
        """With one more resource of the root's, which sets something of a bucket where one is named."""
        urn = f"{self.root.urn.rsplit('::', 2)[0]}::{type_}::{name}"
        own = {"bucket": self[bucket].planned["id"], **inputs} if bucket else inputs
        comes_from = {"bucket": frozenset({self[bucket].urn})} if bucket else {}
        provider = next(each.urn for each in self.resources if each.type == PROVIDER)
        root = self.root.urn
        made = PreviewedResource(type_, name, urn, own, own | {"id": UNKNOWN}, root, provider, property_sources=comes_from)
        return Program((*self.resources, made))

    def unprotected(self, label: str) -> Program:
        return self._with_changed(replace(self[label], protect=False))

    def with_input(self, label: str, path: str, value: Any, comes_from: str = "") -> Program:
        """With another value in an input, at a path such as `rules.0.status`; None takes it out.

        comes_from: of which resource the value is, where it is of one.
        """
        shown = self[label]
        top = path.partition(".")[0]
        inputs = _put_at(shown.inputs, path.split("."), value)
        planned = shown.planned | {top: inputs.get(top)}
        sources = {prop: of for prop, of in shown.property_sources.items() if prop != top}
        if comes_from:
            sources[top] = frozenset({self[comes_from].urn})
        elif UNKNOWN in json.dumps(inputs.get(top)):
            sources[top] = shown.property_sources[top]
        return self._with_changed(replace(shown, inputs=inputs, planned=planned, comes_from=sources))

    def with_key(self, label: str, path: str, key: str) -> Program:
        """Encrypted with another key of the program."""
        return self.with_input(label, path, self[key].planned["arn"], key)

    def with_document(self, label: str, change: Callable[[Document], Document]) -> Program:
        """With a policy document changed, in the JSON where it is known, and as its component has it."""
        shown = self[label]
        prop, declared = DOCUMENTS[shown.type_name]
        program = self
        if shown.inputs[prop] != UNKNOWN:
            program = program.with_input(label, prop, json.dumps(change(json.loads(shown.inputs[prop]))))
        if component := self._around(shown, declared):
            changed = component.inputs | {declared: change(component.inputs[declared])}
            program = program._with_changed(replace(component, inputs=changed))
        assert program != self
        return program

    def with_statement_changed(self, label: str, which: str | int, change: Callable[[Document], Document]) -> Program:
        """With a statement changed, by its Sid or its position."""
        return self.with_document(label, lambda document: _statements(document, which, lambda one: [change(one)]))

    def without_statement(self, label: str, which: str | int) -> Program:
        return self.with_document(label, lambda document: _statements(document, which, lambda _: []))

    def with_added_statement(self, label: str, **statement: Any) -> Program:
        return self.with_document(
            label, lambda document: document | {"Statement": [*document["Statement"], {"Effect": "Allow"} | statement]}
        )

    def _around(self, shown: PreviewedResource, declared: str) -> PreviewedResource | None:
        """The nearest component that has an input of this name."""
        by_urn = {each.urn: each for each in self.resources}
        parent = by_urn.get(shown.parent)
        while parent and declared not in parent.inputs:
            parent = by_urn.get(parent.parent)
        return parent

    def _with_changed(self, changed: PreviewedResource) -> Program:
        return Program(tuple(changed if each.urn == changed.urn else each for each in self.resources))


class PreviewPack:
    """Asks the pack as the engine does. What a resource was told before is asked again only where it differs."""

    def __init__(self, pack: PackProcess) -> None:
        self._pack = pack
        self._stub = pack._stub
        self._before: dict[str, tuple[PreviewedResource, list[Finding]]] = {}
        self._planned: dict[str, tuple[PreviewedResource, analyzer_pb2.AnalyzerResource]] = {}

    def controls(self) -> set[str]:
        return {each.name for each in self._pack.policies()}

    def findings(self, program: Program) -> Told:
        """What is told of a program, the control and the resource."""
        providers = {each.urn: each for each in program.resources if each.type == PROVIDER}
        labels = {each.urn: each.label for each in program.resources}
        found = [told for each in program.resources for told in self._told_before(each, providers)]
        resources = [self._plan(each, providers) for each in program.resources]
        answer = self._stub.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=resources))
        return reported(found + [to_finding(each, labels[each.urn]) for each in answer.diagnostics])

    def _told_before(self, shown: PreviewedResource, providers: Mapping[str, PreviewedResource]) -> list[Finding]:
        seen, found = self._before.get(shown.urn, (None, []))
        if seen != shown:
            answer = self._stub.Analyze(_before(shown, providers))
            found = [to_finding(each, shown.label) for each in answer.diagnostics]
            self._before[shown.urn] = shown, found
        return found

    def _plan(self, shown: PreviewedResource, providers: Mapping[str, PreviewedResource]) -> analyzer_pb2.AnalyzerResource:
        seen, plan = self._planned.get(shown.urn, (None, None))
        if seen != shown or plan is None:
            plan = _planned(shown, providers)
            self._planned[shown.urn] = shown, plan
        return plan


@contextmanager
def running_preview_pack() -> Iterator[PreviewPack]:
    with start_pack() as gate:
        yield PreviewPack(gate)


def preview(stack: str, *, first: bool) -> Program:
    """The program with a stack's settings: before anything exists, or once it stands."""
    values = mocked_stack.stack_config(stack)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mocked_stack, "Monitor", PreviewMonitor)
        patch.setenv("PULUMI_CONFIG", json.dumps(values))
        pulumi.runtime.set_all_config(values)
        main = str(ROOT / "__main__.py")
        monitor = mocked_stack.run_program(
            lambda: runpy.run_path(main), stack=stack, aws=Aws(first, values["aws:region"])
        )
    assert isinstance(monitor, PreviewMonitor)
    return Program((_default_provider(values, monitor.previewed[0]), *monitor.registered_with_outputs()))


class Aws(mocked_stack.MockAws):
    """Gives keys ARNs of the form that KMS gives."""

    def _arn(self, args: mocks.MockResourceArgs) -> str:
        arn = super()._arn(args)
        key_id = f"mrk-{hashlib.sha256(args.name.encode()).hexdigest()[:32]}"
        return arn.replace(f":key/{args.name}", f":key/{key_id}") if args.typ.startswith("aws:kms/") else arn


class PreviewMonitor(mocked_stack.RecordingMonitor):
    """Keeps what the engine would show of each resource."""

    def __init__(self, aws: mocked_stack.MockAws) -> None:
        super().__init__(aws)
        self.previewed: list[PreviewedResource] = []
        self.registered_outputs: dict[str, dict[str, Any]] = {}

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """As the engine makes it: with the types of all its parents but the stack."""
        of_parent = [] if f"::{STACK}::" in parent or not parent else [parent.split("::")[2]]
        return super().make_urn("", "$".join((*of_parent, type_)), name)

    def RegisterResource(self, request: Any) -> Any:
        response = super().RegisterResource(request)
        planned = json_format.MessageToDict(response.object)
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
                {prop: frozenset(of.urns) for prop, of in request.propertyDependencies.items() if of.urns},
            )
        )
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:
        self.registered_outputs[request.urn] = json_format.MessageToDict(request.outputs)
        return super().RegisterResourceOutputs(request)

    def registered_with_outputs(self) -> Iterator[PreviewedResource]:
        for each in self.previewed:
            own = replace(each, planned=self.registered_outputs[each.urn]) if each.urn in self.registered_outputs else each
            yield own if own.provider or not own.type.startswith("aws:") else replace(own, provider=self._default)

    @property
    def _default(self) -> str:
        return default_urn(self.previewed[0].urn)


def default_urn(of: str) -> str:
    return f"{of.rsplit('::', 2)[0]}::{PROVIDER}::default"


def _default_provider(values: Mapping[str, str], root: PreviewedResource) -> PreviewedResource:
    given = {"region": values["aws:region"], "defaultTags": values["aws:defaultTags"]}
    return PreviewedResource(PROVIDER, "default", default_urn(root.urn), given, given)


def _before(shown: PreviewedResource, providers: Mapping[str, PreviewedResource]) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        type=shown.type,
        properties=to_struct(shown.inputs),
        urn=shown.urn,
        name=shown.name,
        options=analyzer_pb2.AnalyzerResourceOptions(parent=shown.parent, protect=shown.protect),
        provider=_provider(shown, providers),
    )


def _planned(shown: PreviewedResource, providers: Mapping[str, PreviewedResource]) -> analyzer_pb2.AnalyzerResource:
    return analyzer_pb2.AnalyzerResource(
        type=shown.type,
        properties=to_struct(shown.planned),
        urn=shown.urn,
        name=shown.name,
        options=analyzer_pb2.AnalyzerResourceOptions(parent=shown.parent, protect=shown.protect),
        provider=_provider(shown, providers),
        parent=shown.parent,
        dependencies=sorted(shown.dependencies),
        propertyDependencies={
            prop: analyzer_pb2.AnalyzerPropertyDependencies(urns=sorted(of)) for prop, of in shown.property_sources.items()
        },
    )


def _provider(shown: PreviewedResource, providers: Mapping[str, PreviewedResource]) -> analyzer_pb2.AnalyzerProviderResource | None:
    of = providers.get(shown.provider)
    if of is None:
        return None
    return analyzer_pb2.AnalyzerProviderResource(type=of.type, properties=to_struct(of.inputs), urn=of.urn, name=of.name)


def _put_at(values: Any, path: Sequence[str], value: Any) -> Any:
    first, *rest = path
    if isinstance(values, list):
        return [_put_at(each, rest, value) if at == int(first) else each for at, each in enumerate(values)]
    if rest:
        return values | {first: _put_at(values[first], rest, value)}
    left = {key: each for key, each in values.items() if key != first}
    return left if value is None else left | {first: value}


def _statements(document: Document, which: str | int, change: Callable[[Document], Iterable[Document]]) -> Document:
    every = document["Statement"]
    at = which if isinstance(which, int) else [each.get("Sid") for each in every].index(which)
    return document | {"Statement": [*every[:at], *change(every[at]), *every[at + 1 :]]}
