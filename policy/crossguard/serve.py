"""The pack's gRPC server: the SDK's own, changed to read each request once instead of once for every policy.

The SDK would deserialize each resource once for each of some fifty policies. The class that does so is private, so it
is replaced only in the SDK version that this module was written for and is tested with. With any other version the
SDK's own class serves the pack: the verdicts are the same, but take longer.
"""

from __future__ import annotations

import sys
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

from crossguard.policies import ControlPolicy, CoveragePolicy, policies, requires_judgment
from crossguard.resource_inputs import hidden_references
from hipaa_controls.catalogue import CONTROLS, PREVIEW_CONTROLS, controls_for_resource
from hipaa_controls.evaluator import is_account
from hipaa_controls.pack_config import entry_errors

EXPECTED_SDK_VERSION = "1.21.0"
SdkServicer: Any = sdk._PolicyAnalyzerServicer


class RequestReader(ResourceValidationPolicy, StackValidationPolicy):
    """A policy that reports nothing and keeps the arguments that the SDK read from a request."""

    def __init__(self) -> None:
        Policy.__init__(self, "request-reader", "Keeps what the SDK read from a request.")
        self.last_request = threading.local()

    def has_validation(self) -> bool:
        return True

    def validate(self, args: ResourceValidationArgs | StackValidationArgs, _: ReportViolation) -> None:
        self.last_request.args = args


class ReadOnceServicer(SdkServicer):  # type: ignore[misc]
    """Responds as the SDK's servicer does, but reads each request once.

    An exception ends the run. The SDK would report it as an advisory note.
    """

    def __init__(self, name: str, pack_version: str, policies: list[Policy], *rest: Any) -> None:
        super().__init__(name, pack_version, policies, *rest)
        self._policies = policies
        self._control_policies = [policy for policy in policies if isinstance(policy, ControlPolicy)]
        self._coverage_policy = next(policy for policy in policies if isinstance(policy, CoveragePolicy))
        self._run = self._coverage_policy.run
        self._reader = RequestReader()
        self._read_servicer = SdkServicer(name, pack_version, [self._reader], *rest)

    def Configure(self, request: Any, context: Any) -> Any:
        """Apply the config, and keep what every resource needs before it is created: each control's level and config,
        the stack's own account, whether a resource that isn't judged blocks, and the config's errors.

        The engine also passes an entry whose name is that of no policy (observed with 3.259). It refuses an unknown
        level itself, and such an entry with options and no level: `invalid enforcement level ""`.
        """
        response = super().Configure(request, context)
        self._run.requires_judgment = requires_judgment(self._get_policy_config("pack-notice"))
        account = (self._get_policy_config("pack-config") or {}).get("account")
        self._run.own_account = account if is_account(account) else None
        for policy in self._control_policies:
            self._run.levels[policy.name] = self._get_enforcement_level(policy).value
            self._run.config_for(policy.control, self._get_policy_config(policy.name))
        enabled = {name for name, level in self._run.levels.items() if level != "disabled"}
        self._run.config_errors = [
            error
            for name in sorted(set(request.policyConfig) - enabled)
            for error in entry_errors(name, self._get_policy_config(name) or {})
        ]
        return response

    def Analyze(self, request: Any, context: Any) -> Any:
        """Check one resource. Only the policies whose controls check its facts run: most resources need few."""
        self._read_servicer.Analyze(request, context)
        args: ResourceValidationArgs = self._reader.last_request.args
        control_ids = controls_for_resource(self._run.resource_facts(args))
        self._run.discard(args.urn)
        relevant = [policy for policy in self._control_policies if policy.name in control_ids]
        response = proto.AnalyzeResponse()
        for policy, config, report_violation in self._enabled([*relevant, self._coverage_policy], response):
            shared_args = (args.resource_type, args.props, args.urn, args.name, args.opts, args.provider)
            policy.validate(ResourceValidationArgs(*shared_args, config), report_violation)
        return response

    def AnalyzeStack(self, request: Any, context: Any) -> Any:
        """Check the whole stack."""
        self._read_servicer.AnalyzeStack(request, context)
        resources = self._reader.last_request.args.resources
        self._run.hidden_references = hidden_references(request.resources)
        response = proto.AnalyzeResponse()
        for policy, config, report_violation in self._enabled(self._policies, response):
            policy.validate(StackValidationArgs(resources, config), report_violation)
        return response

    def Remediate(self, _request: Any, _context: Any) -> Any:
        """Return an empty response, because no policy of this pack remediates."""
        return proto.RemediateResponse()

    def _enabled(self, policies: Iterable[Any], response: Any) -> Iterator[tuple[Any, Any, ReportViolation]]:
        """Yield each policy that the config doesn't disable, with its config and the function that reports for it.

        The policies about the pack always run, at their own levels: they report what the config does, so it can't
        disable them.
        """
        for policy in policies:
            is_control = isinstance(policy, ControlPolicy)
            level = self._get_enforcement_level(policy) if is_control else policy.enforcement_level
            if level is EnforcementLevel.DISABLED:
                continue
            level = EnforcementLevel.MANDATORY if level is EnforcementLevel.REMEDIATE else level
            metadata = (policy.name, policy.description, level, policy.severity)
            yield policy, self._get_policy_config(policy.name), self._create_report_violation(response, *metadata)


def serve() -> None:
    """Serve the pack until the engine stops it."""
    install_servicer(version("pulumi-policy"))
    # The pack has no policies for the controls that only the audit judges. Their entries in the config would be refused
    # without a level, as Configure says.
    live_only: dict[str, EnforcementLevel | dict[str, Any]] = {
        control.id: EnforcementLevel.MANDATORY for control in CONTROLS if control not in PREVIEW_CONTROLS
    }
    PolicyPack(name="hipaa", policies=policies(), initial_config=live_only)


def install_servicer(sdk_version: str) -> None:
    """Replace the SDK's servicer, or print a warning on stderr if the SDK's version isn't the expected one.

    The engine reads the server's port from the first line of stdout, so nothing else may be printed there.
    """
    if sdk_version == EXPECTED_SDK_VERSION:
        sdk._PolicyAnalyzerServicer = ReadOnceServicer  # type: ignore[misc, assignment]
        return
    print(
        f"hipaa pack: pulumi-policy {sdk_version} is installed, but this pack expects {EXPECTED_SDK_VERSION}. "
        "The SDK's own server is used instead. It takes longer, ignores the option account of pack-config, doesn't "
        "report unknown names in the pack's config, lets the config disable pack-config and pack-notice, and gives "
        "pack-notice and the report no enforcement levels. Otherwise the verdicts are the same. "
        f"To fix: pip install pulumi-policy=={EXPECTED_SDK_VERSION}",
        file=sys.stderr,
    )
