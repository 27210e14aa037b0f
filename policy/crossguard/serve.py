"""The pack's server: the SDK's own, which reads each request once instead of once for every policy.

With some fifty policies the SDK would deserialise each resource fifty times. What is replaced is its private servicer,
so only of the version that this was written for and is tested with. With another the SDK serves as it always does: the
same verdicts, in more time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import pulumi_policy.policy as sdk
from pulumi.runtime import proto
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

from crossguard.policies import ControlPolicy, policies
from hipaa.catalogue import controls_for_resource

SDK = "1.21.0"
Plain: Any = sdk._PolicyAnalyzerServicer


class Reader(ResourceValidationPolicy, StackValidationPolicy):
    """Keeps what the SDK read of a request, for the policies to share."""

    def __init__(self) -> None:
        Policy.__init__(self, "reader", "Reads.")
        self.taken = threading.local()

    def has_validation(self) -> bool:
        return True

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, _: ReportViolation) -> None:
        self.taken.args = args


class Servicer(Plain):  # type: ignore[misc]
    """Answers as the SDK's does, with one reading. An exception ends the run: nothing is made advisory by it."""

    def __init__(self, name: str, pack_version: str, policies: list[Policy], *rest: Any) -> None:
        super().__init__(name, pack_version, policies, *rest)
        self._policies = policies
        self._controls = [policy for policy in policies if isinstance(policy, ControlPolicy)]
        self._reader = Reader()
        self._sdk = Plain(name, pack_version, [self._reader], *rest)

    def Configure(self, request: Any, context: Any) -> Any:
        """What the config makes of each level is told too, for the gate to show, and every control's terms."""
        answer = super().Configure(request, context)
        for policy in self._controls:
            policy.gate.levels[policy.name] = self._get_enforcement_level(policy).value
            policy.gate.config_for(policy.control, self._get_policy_config(policy.name))
        return answer

    def Analyze(self, request: Any, context: Any) -> Any:
        """Asks only the policies whose controls the resource concerns, and most resources concern few."""
        self._sdk.Analyze(request, context)
        read: ResourceValidationArgs = self._reader.taken.args
        gate = self._controls[0].gate
        concern = controls_for_resource(gate.before(read))
        gate.forget(read.urn)
        asked = [policy for policy in self._controls if policy.name in concern]
        response = proto.AnalyzeResponse()
        for policy, config, report in self._asked(asked, response):
            shared = (read.resource_type, read.props, read.urn, read.name, read.opts, read.provider)
            policy.validate(ResourceValidationArgs(*shared, config), report)
        return response

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        self._sdk.AnalyzeStack(request, context)
        resources = self._reader.taken.args.resources
        response = proto.AnalyzeResponse()
        for policy, config, report in self._asked(self._policies, response):
            policy.validate(StackValidationArgs(resources, config), report)
        return response

    def Remediate(self, _request: Any, _context: Any) -> Any:
        """No policy of this pack remediates."""
        return proto.RemediateResponse()

    def _asked(self, policies: Iterable[Any], response: Any) -> Iterator[tuple[Any, Any, ReportViolation]]:
        """Those of the policies that the config lets run, with their config and how they report."""
        for policy in policies:
            level = self._get_enforcement_level(policy)
            if not isinstance(policy, ControlPolicy):
                level = policy.enforcement_level  # the gate's own show what the config does, so it can't silence them
            if level is EnforcementLevel.DISABLED:
                continue
            level = EnforcementLevel.MANDATORY if level is EnforcementLevel.REMEDIATE else level
            about = (policy.name, policy.description, level, policy.severity)
            yield policy, self._get_policy_config(policy.name), self._create_report_violation(response, *about)


def serve() -> None:
    """Serves the pack until the engine has done with it."""
    if version("pulumi-policy") == SDK:
        sdk._PolicyAnalyzerServicer = Servicer  # type: ignore[misc, assignment]
    PolicyPack(name="hipaa", policies=policies())
