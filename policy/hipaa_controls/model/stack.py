"""The facts that are judged together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

from hipaa_controls.model.values import Unknown


class Fact(Protocol):
    """A resource and its settings. Each service declares its facts as frozen dataclasses, in its `facts.py`."""

    @property
    def resource(self) -> str:
        """The resource's URN in a program or a saved state, or its ARN in a live account."""


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Stack:
    """The facts of a program, a saved state or an account.

    Attributes:
        facts: The facts.
        resource: The URN or ARN that findings about the whole stack name.
        complete: Whether every resource is here. It is False for one resource that is judged before it exists.
        doubts: By URN or ARN, why a resource may not have the settings in its facts, such as a property that no reader
            reads. A finding about it can't pass.
        overwrites: By URN and type of setting, a text about the other resources that declare the same setting of the
            same owner. A finding about the setting can't pass.
    """

    facts: tuple[Fact, ...]
    resource: str = ""
    complete: bool = True
    doubts: Mapping[str, tuple[Unknown, ...]] = field(default_factory=dict, hash=False)
    overwrites: Mapping[tuple[str, type[Any]], str] = field(default_factory=dict, hash=False)

    def facts_of_type(self, fact_type: type[F]) -> list[F]:
        return self._by_type.get(fact_type, [])

    def fact(self, resource: str, fact_type: type[F]) -> F | None:
        return self._by_resource.get((fact_type, resource))

    @cached_property
    def _by_type(self) -> dict[type, list[Any]]:
        facts: dict[type, list[Any]] = {}
        for fact in self.facts:
            facts.setdefault(type(fact), []).append(fact)
        return facts

    @cached_property
    def _by_resource(self) -> dict[tuple[type, str], Any]:
        return {(type(fact), fact.resource): fact for fact in self.facts}
