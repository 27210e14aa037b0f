"""The state that the pack's policies share in one run: the facts, which are read once, and the verdicts so far."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

from pulumi_policy import ResourceValidationArgs, StackValidationArgs

from crossguard import read_stack
from crossguard.accounts import account_sources, disagreements
from crossguard.classified import ClassifiedStore, classified_stores, ignored_default_tags
from crossguard.coverage import CoveredResource, cover, cover_stack
from crossguard.resource_inputs import References, ResourceInputs
from crossguard.resources import PulumiResource
from hipaa_controls.catalogue import judge
from hipaa_controls.model.control import Control
from hipaa_controls.model.control_config import ControlConfig, load_config
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Status, Verdict


class Operation(Enum):
    """What the engine runs the pack for."""

    PREVIEW = "preview"
    UP = "up"
    ANALYSIS = "analysis"
    """Of a saved state, with `pulumi policy analyze`: nothing is created."""

    @staticmethod
    def current() -> Operation:
        """Return the operation of this process. The engine starts one for each, and sets PULUMI_DRY_RUN in it."""
        by_dry_run = {"true": Operation.PREVIEW, "false": Operation.UP}
        return by_dry_run.get(os.environ.get("PULUMI_DRY_RUN", ""), Operation.ANALYSIS)


@dataclass
class ControlRun:
    """A control's configuration and its verdicts on the whole stack."""

    control_config: ControlConfig
    verdicts: list[Verdict]


class PackRun:
    """The state of one run of the pack.

    Attributes:
        operation: What the run is for.
        inputs: The inputs of the resources that the engine has shown.
        control_runs: By control, its configuration and its verdicts on the whole stack.
        already_reported: By URN and control, the resources whose findings were reported before they existed. The
            check of the whole stack doesn't repeat those.
        levels: By control, the enforcement level, which the pack's config may have changed.
        own_account: The stack's own account, if the pack's config gives it.
        hidden_references: The references of each resource to resources that the program only reads.
        config_errors: What is wrong with the entries of the pack's config that no enabled control reads.
        account_errors: What is wrong with the sources of the stack's own account.
        requires_judgment: Whether a resource that isn't judged blocks, by the option notJudged of pack-notice.
    """

    def __init__(self) -> None:
        self.operation = Operation.current()
        self.inputs = ResourceInputs(of_saved_state=self.operation is Operation.ANALYSIS)
        self.control_runs: dict[str, ControlRun] = {}
        self.already_reported: dict[str, dict[str, frozenset[str]]] = {}
        self.levels: dict[str, str] = {}
        self.own_account: str | None = None
        self.hidden_references: Mapping[str, References] = {}
        self.config_errors: list[str] = []
        self.account_errors: list[str] = []
        self.requires_judgment = False
        self._resources: list[PulumiResource] = []
        self._stack = Stack(())
        self._control_configs: dict[str, ControlConfig] = {}
        self._raw_configs: dict[str, Any] = {}
        self._last_read = threading.local()

    def config_for(self, control: Control, raw_config: Mapping[str, Any] | None) -> ControlConfig:
        """Return a control's configuration, parsed again only if it has changed."""
        if control.id not in self._control_configs or self._raw_configs[control.id] != raw_config:
            self._raw_configs[control.id] = raw_config
            self._control_configs[control.id] = load_config(control, raw_config, datetime.now(UTC).date())
        return self._control_configs[control.id]

    @property
    def data_class_tag(self) -> DataClassTag:
        """The tag in the options of s3-data-class-tag, which are loaded first: it is the pack's first control."""
        control_config = self._control_configs.get("s3-data-class-tag")
        return DataClassTag.from_options(control_config.options) if control_config else DataClassTag()

    def resource_facts(self, args: ResourceValidationArgs) -> Stack:
        """Return the facts of one resource, read once for all policies that get the same properties."""

        def read() -> Stack:
            resource = self.inputs.remember(args)
            return read_stack.resource_facts(resource, self.inputs, self.data_class_tag, self.own_account)

        return self._read_once(args.props, read)

    def stack_facts(self, args: StackValidationArgs) -> Stack:
        """Return the facts of the whole stack, read once for all policies that get the same resources."""

        def read() -> Stack:
            resources = self.inputs.join_stack(args.resources, self.hidden_references)
            self.account_errors = disagreements(account_sources(resources, self.own_account))
            self._resources = resources
            self._stack = read_stack.stack_facts(resources, self.inputs, self.data_class_tag, self.own_account)
            return self._stack

        return self._read_once(args.resources, read)

    def _read_once(self, request_data: object, read: Callable[[], Stack]) -> Stack:
        if getattr(self._last_read, "request_data", None) is not request_data:
            self._last_read.facts = read()
            self._last_read.request_data = request_data
        facts: Stack = self._last_read.facts
        return facts

    def check_resource(self, control_config: ControlConfig, stack: Stack, urn: str) -> list[Verdict]:
        """Return the findings about one resource by itself that stop its creation."""
        control = control_config.control
        verdicts = judge(control, RuleContext(stack, control_config.options))
        findings = [
            verdict for verdict in verdicts if control_config.blocks(verdict) and self._stops_creation(control, verdict)
        ]
        self.already_reported.setdefault(urn, {})[control.id] = frozenset(verdict.resource for verdict in findings)
        return findings

    def _stops_creation(self, control: Control, verdict: Verdict) -> bool:
        """Return whether a blocking verdict on one resource by itself is reported before the resource exists.

        An unverified one is left to the check of the whole stack, where more values are known. But `up` makes that
        check after the resource exists, which is too late for a control about who has access. A preview reports what
        will also be unverified then, so that `up` doesn't stop halfway.
        """
        if verdict.status is Status.FAIL:
            return True
        if not control.verified_before_creation:
            return False
        match self.operation:
            case Operation.UP:
                return True
            case Operation.PREVIEW:
                return not any(unknown.awaits_deployment for unknown in verdict.finding.unknowns)
            case Operation.ANALYSIS:
                return False

    @property
    def verdicts(self) -> list[Verdict]:
        """The verdicts of all controls on the whole stack."""
        return [verdict for control_run in self.control_runs.values() for verdict in control_run.verdicts]

    def covered_resource(self, urn: str) -> CoveredResource | None:
        """Return what the pack does about a resource that the engine has shown before its creation."""
        resource = self.inputs.get(urn)
        return cover(resource) if resource else None

    def covered_resources(self) -> list[CoveredResource]:
        """Return what the pack does about each resource of the stack."""
        return cover_stack(self._resources, self.verdicts)

    def classified_stores(self) -> list[ClassifiedStore]:
        """Return the data stores of the stack to which controls don't apply because of their data class."""
        return classified_stores(self._stack, self._resources, self.data_class_tag, self.verdicts)

    def ignored_default_tags(self) -> list[str]:
        """Return the URNs of the data stores that have the data-class tag only from default tags, which don't count."""
        return list(ignored_default_tags(self._stack, self._resources, self.data_class_tag))

    def discard(self, urn: str) -> None:
        """Forget the findings about a resource, because the engine shows it again and it may have changed."""
        self.already_reported.pop(urn, None)

    def check_stack(self, control_config: ControlConfig, stack: Stack) -> list[Verdict]:
        """Return the blocking verdicts on the whole stack that weren't reported before the resources existed."""
        control = control_config.control
        verdicts = judge(control, RuleContext(stack, control_config.options))
        self.control_runs[control.id] = ControlRun(control_config, verdicts)
        reported: set[str] = set()
        for resources_by_control in self.already_reported.values():
            reported |= resources_by_control.get(control.id, frozenset())
        return [verdict for verdict in verdicts if control_config.blocks(verdict) and verdict.resource not in reported]
