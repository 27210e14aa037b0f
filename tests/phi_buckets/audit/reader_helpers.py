"""Runs one collector on moto and evaluates controls on its facts. A session can replace the response of a call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from hipaa_controls.catalogue import LIVE_CONTROLS, judge
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.stack import Fact, Stack
from hipaa_controls.model.verdict import Status, Verdict
from phi_buckets.audit import assemble
from phi_buckets.audit.calls import Call
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

OTHER_REGION = "us-west-2"


@dataclass(frozen=True)
class AuditResult:
    stack: Stack
    verdicts: tuple[Verdict, ...]
    failed_calls: tuple[FailedCall, ...]
    call_counts: Mapping[Call, int]

    def findings(self, *statuses: Status) -> dict[str, set[str]]:
        """Return the resources with one of these statuses, by control."""
        resources: dict[str, set[str]] = {}
        for verdict in self.verdicts:
            if verdict.status in statuses:
                resources.setdefault(verdict.control, set()).add(verdict.resource)
        return resources

    @property
    def blocking(self) -> dict[str, set[str]]:
        """The resources that fail or are unverified, by control."""
        return self.findings(Status.FAIL, Status.UNVERIFIED)

    @property
    def blocking_texts(self) -> list[tuple[str, Status, str]]:
        """The control, status and text of each finding that blocks."""
        return [
            (verdict.control, verdict.status, verdict.finding.text)
            for verdict in self.verdicts
            if verdict.blocks_by_default
        ]


def audit(
    session: boto3.Session,
    collect: Callable[[AccountReader, Scope], Collected],
    controls: Collection[str],
    facts: Iterable[Fact] = (),
    scope: Scope = WHOLE_ACCOUNT,
    regions: tuple[str, ...] = (REGION,),
) -> AuditResult:
    """Run one collector and evaluate controls.

    Args:
        session: The session.
        collect: The collector.
        controls: The IDs of the controls.
        facts: Facts of other services, which other collectors would return.
        scope: The scope of the audit.
        regions: The regions to read.
    """
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        stack = assemble.build_stack([Collected(tuple(facts)), collect(reader, scope)], ACCOUNT, DataClassTag())
        selected = [control for control in LIVE_CONTROLS if control.id in controls]
        assert {control.id for control in selected} == set(controls)
        verdicts = [verdict for control in selected for verdict in judge(control, RuleContext(stack, control.defaults))]
        return AuditResult(stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts))


def session_with_response(
    call: Call,
    response: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]],
    status: int = 200,
    region: str | None = None,
) -> boto3.Session:
    """Return a session in which a call returns a fixed response.

    Args:
        call: The call.
        response: The response, or a function that returns it from the request body.
        status: The HTTP status.
        region: The only region with this response; by default, all regions.
    """

    def respond(
        model: Any, params: Mapping[str, Any], context: Mapping[str, Any], **_: Any
    ) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        requested = (model.service_model.service_name, model.name.lower())
        if requested != (call.service, call.operation.replace("_", "")):
            return None
        if region not in (None, context["client_region"]):
            return None
        # botocore decodes the policy documents of a response in place.
        return AWSResponse("", status, {}, None), response(params["body"]) if callable(response) else deepcopy(response)

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", respond)
    return session


def session_denying(
    call: Call, code: str = "AccessDenied", message: str = "", region: str | None = None
) -> boto3.Session:
    """Return a session in which a call fails with an error code."""
    return session_with_response(call, {"Error": {"Code": code, "Message": message}}, status=403, region=region)


def assert_unverified(result: AuditResult, call: Call, controls: Iterable[str]) -> None:
    """Assert that exactly these controls are unverified, each naming the call's permission, and that none fails."""
    assert result.findings(Status.FAIL) == {}
    assert set(result.findings(Status.UNVERIFIED)) == set(controls)
    texts = [verdict.finding.text for verdict in result.verdicts if verdict.status is Status.UNVERIFIED]
    assert [text for text in texts if f"{call.action} failed with AccessDenied" not in text] == []
    assert {failed.call for failed in result.failed_calls} == {call}
