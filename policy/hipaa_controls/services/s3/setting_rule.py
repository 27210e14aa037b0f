"""The rule of a control that checks one setting of a bucket, such as its encryption or its policy.

It may check other facts by the same requirement too: the policy of an access point, the key of an object.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.rule import FactRule, RuleContext, not_required_for
from hipaa_controls.model.verdict import Finding, failed
from hipaa_controls.services.s3.facts import Bucket


@dataclass(frozen=True)
class SettingRule:
    """Checks each setting of some types in every bucket, and every bucket that has none of them.

    Attributes:
        setting_types: The types of settings that are checked.
        check: Called with a setting, the bucket that it belongs to and the context.
        when_missing: The finding for a bucket without such a setting; by default it fails.
        fact_checks: For other types of facts that the control is about, such as access points: called with each fact
            and the context.
    """

    setting_types: tuple[type[Any], ...]
    check: Callable[[Any, Bucket, RuleContext], Finding]
    when_missing: Callable[[Bucket], Finding] | None = None
    fact_checks: Mapping[type[Any], Callable[[Any, RuleContext], Finding]] = field(default_factory=dict, hash=False)

    needs_whole_stack = False

    @property
    def fact_types(self) -> tuple[type[Any], ...]:
        return (*self.setting_types, *self.fact_checks)

    def findings(self, data_classes: frozenset[DataClass], context: RuleContext) -> Iterator[tuple[str, Finding]]:
        for bucket in context.stack.facts_of_type(Bucket):
            if bucket.data_class in data_classes:
                yield from self._bucket_findings(bucket, context)
            else:
                yield bucket.resource, not_required_for(bucket.data_class)
        for fact_type, check in self.fact_checks.items():
            yield from FactRule((fact_type,), check).findings(data_classes, context)

    def _bucket_findings(self, bucket: Bucket, context: RuleContext) -> Iterator[tuple[str, Finding]]:
        settings = [declared for declared in bucket.settings if type(declared.setting) in self.setting_types]
        findings: list[tuple[str, Finding]] = []
        for declared in settings:
            finding = (declared.resource, self.check(declared.setting, bucket, context))
            if finding not in findings:  # of several settings in one resource, some may be wrong in the same way
                findings.append(finding)
        yield from findings
        if not settings and bucket.complete:
            yield bucket.resource, self.when_missing(bucket) if self.when_missing else self._missing()

    def _missing(self) -> Finding:
        names = " or ".join(_to_words(setting_type.__name__) for setting_type in self.setting_types)
        return failed(f"no {names} is declared")


def _to_words(class_name: str) -> str:
    """Return a class name as words for a finding's text, such as `default encryption` for `DefaultEncryption`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", class_name).lower()
