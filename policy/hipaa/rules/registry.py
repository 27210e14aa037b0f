"""How a rule is tied to its control, and what it is asked about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, get_args

from hipaa.facts import AccessPoint, Bucket, Stack
from hipaa.verdicts import Finding, failed


@dataclass(frozen=True)
class Case:
    """What a rule is told besides: the stack that a fact is of, and the control's options with their defaults."""

    stack: Stack
    options: Mapping[str, Any]


@dataclass(frozen=True)
class Rule:
    """The kind of fact that a control is about, and the judgement of one.

    of_bucket: whether that is a setting of a bucket, and the judgement takes the bucket too.
    joins: whether others of the stack have a part in it, so that one resource alone can't be judged.
    absent: what is found where a bucket has no such setting.
    points: the judgement of an access point, where it is about those of buckets too.
    """

    about: type[Any] | UnionType
    judge: Callable[..., Finding]
    of_bucket: bool = False
    joins: bool = False
    absent: Callable[[Bucket], Finding] | None = None
    points: Callable[[AccessPoint, Case], Finding] | None = None

    @property
    def kinds(self) -> tuple[type[Any], ...]:
        return (*(get_args(self.about) or (self.about,)), *([AccessPoint] if self.points else []))


RULES: dict[str, Rule] = {}
J = TypeVar("J", bound=Callable[..., Finding])


def rule(control: str, about: type[Any] | UnionType, *, joins: bool = False) -> Callable[[J], J]:
    """Ties a judgement `(fact, case)` to a control. Of Stack there is one, judged where the whole is known."""

    def tie(judge: J) -> J:
        RULES[control] = Rule(about, judge, joins=joins)
        return judge

    return tie


def setting_rule(
    control: str,
    about: type[Any] | UnionType,
    *,
    absent: Callable[[Bucket], Finding] | None = None,
    points: Callable[[AccessPoint, Case], Finding] | None = None,
) -> Callable[[J], J]:
    """Ties a judgement `(setting, bucket, case)` to a control. A bucket without the setting fails, unless `absent`."""

    def tie(judge: J) -> J:
        missing = failed(f"no {getattr(about, '__name__', about)} is declared")
        RULES[control] = Rule(about, judge, of_bucket=True, absent=absent or (lambda _: missing), points=points)
        return judge

    return tie
