"""The rule of a control: the facts that it checks, and the function that checks one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.verdict import Finding, not_applicable


@dataclass(frozen=True)
class RuleContext:
    """The context of a check: the stack that declares the fact, and the control's options with their values."""

    stack: Stack
    options: Mapping[str, Any]


class Rule(Protocol):
    """The facts that a control checks, and how: a FactRule, or a SettingRule for the settings of a bucket."""

    @property
    def needs_whole_stack(self) -> bool:
        """Whether the check also looks at other resources, and so needs the whole stack."""

    @property
    def fact_types(self) -> tuple[type[Any], ...]:
        """The types of facts, and of the settings in a bucket, that are checked."""

    def findings(self, data_classes: frozenset[DataClass], context: RuleContext) -> Iterator[tuple[str, Finding]]:
        """Yield the URN or ARN of each resource that was checked, with what was found.

        Args:
            data_classes: The data classes that the control applies to; empty if it applies to all.
            context: The stack and the control's options.
        """


@dataclass(frozen=True)
class FactRule:
    """Checks each fact of some types. The type Stack stands for the stack itself, if it is complete."""

    fact_types: tuple[type[Any], ...]
    check: Callable[[Any, RuleContext], Finding]
    needs_whole_stack: bool = False

    def findings(self, data_classes: frozenset[DataClass], context: RuleContext) -> Iterator[tuple[str, Finding]]:
        for fact_type in self.fact_types:
            for fact in self._facts(fact_type, context.stack):
                data_class = getattr(fact, "data_class", None)
                if data_classes and data_class is not None and data_class not in data_classes:
                    yield fact.resource, not_required_for(data_class)
                else:
                    yield fact.resource, self.check(fact, context)

    def _facts(self, fact_type: type[Any], stack: Stack) -> list[Any]:
        if fact_type is Stack:
            return [stack] if stack.complete else []
        return stack.facts_of_type(fact_type)


def not_required_for(data_class: DataClass) -> Finding:
    return not_applicable(f"doesn't apply to the data class {data_class.value}")
