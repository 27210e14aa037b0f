"""What the policies of the pack share in one run: the facts, read once, and the verdicts that have been given."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from pulumi_policy import ResourceValidationArgs, StackValidationArgs

from crossguard import read_stack
from crossguard.resources import Inputs
from hipaa.catalogue import judge
from hipaa.model.control import Control
from hipaa.model.control_config import ControlConfig, load_config
from hipaa.model.data_class import DataClassTag
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Stack
from hipaa.model.verdict import Status, Verdict


@dataclass
class ControlRun:
    """A control's part in a run."""

    terms: ControlConfig
    verdicts: list[Verdict] = field(default_factory=list)


class PackRun:
    """The state of a run."""

    def __init__(self) -> None:
        self.inputs = Inputs()
        self.records: dict[str, ControlRun] = {}
        # By resource and control, what was told before the resource existed; it is not said again at the end.
        self.reported: dict[str, dict[str, frozenset[str]]] = {}
        self.levels: dict[str, str] = {}
        self._terms: dict[str, ControlConfig] = {}
        self._given: dict[str, Any] = {}
        self._read = threading.local()

    @property
    def today(self) -> date:
        return datetime.now(UTC).date()

    def config_for(self, control: Control, config: Mapping[str, Any] | None) -> ControlConfig:
        """A control's terms, which stay the same all through a run; those of s3-data-class-tag are needed first."""
        if control.id not in self._terms or self._given[control.id] != config:
            self._given[control.id] = config
            self._terms[control.id] = load_config(control, config, self.today)
        return self._terms[control.id]

    @property
    def data_class(self) -> DataClassTag:
        """As the config of s3-data-class-tag says, the first of the pack's policies."""
        told = self._terms.get("s3-data-class-tag")
        return DataClassTag.from_options(told.options) if told else DataClassTag()

    def before(self, args: ResourceValidationArgs) -> Stack:
        """A resource's facts, read once for all policies that are handed the same properties."""
        if getattr(self._read, "of", None) is not args.props:
            resource = self.inputs.remember(args)
            self._read.facts = read_stack.resource_facts(resource, self.inputs, self.data_class)
            self._read.of = args.props
        facts: Stack = self._read.facts
        return facts

    def whole(self, args: StackValidationArgs) -> Stack:
        """The stack's facts, read once for all policies that are handed the same resources."""
        if getattr(self._read, "of", None) is not args.resources:
            resources = self.inputs.whole_stack(args.resources)
            self._read.facts = read_stack.stack_facts(resources, self.inputs, self.data_class)
            self._read.of = args.resources
        facts: Stack = self._read.facts
        return facts

    def judge_before(self, terms: ControlConfig, stack: Stack, urn: str) -> list[Verdict]:
        """What a resource gets wrong by itself. What can't be told of it yet is told at the end."""
        verdicts = judge(terms.control, RuleContext(stack, terms.options))
        wrong = [each for each in verdicts if each.status is Status.FAIL and terms.blocks(each)]
        self.reported.setdefault(urn, {})[terms.control.id] = frozenset(each.resource for each in wrong)
        return wrong

    def forget(self, urn: str) -> None:
        """A resource may be shown again, changed: what was told of it holds no more."""
        self.reported.pop(urn, None)

    def judge_whole(self, terms: ControlConfig, stack: Stack) -> list[Verdict]:
        """What is wrong, missing or not known in the whole stack, and hasn't been said before."""
        verdicts = judge(terms.control, RuleContext(stack, terms.options))
        self.records[terms.control.id] = ControlRun(terms, verdicts)
        told = set().union(*(told.get(terms.control.id, ()) for told in self.reported.values()))
        return [each for each in verdicts if terms.blocks(each) and each.resource not in told]
