"""What one collector tells of an account on moto, judged; and the same account where AWS answers otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from hipaa.catalogue import LIVE_CONTROLS, judge
from hipaa.model.data_class import DataClassTag
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Fact, Stack
from hipaa.model.verdict import Status, Verdict
from phi.audit import assemble
from phi.audit.calls import Call
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi.conftest import ACCOUNT, REGION


@dataclass(frozen=True)
class AuditResult:
    stack: Stack
    verdicts: tuple[Verdict, ...]
    failed_calls: tuple[FailedCall, ...]
    call_counts: Mapping[Call, int]

    def findings(self, status: Status) -> dict[str, set[str]]:
        """The controls that find it so, each with what it finds it of."""
        found: dict[str, set[str]] = {}
        for each in self.verdicts:
            if each.status is status:
                found.setdefault(each.control, set()).add(each.resource)
        return found

    @property
    def blocking(self) -> dict[str, set[str]]:
        return {**self.findings(Status.FAIL), **self.findings(Status.UNVERIFIED)}


def audit(
    session: boto3.Session,
    collect: Callable[[AccountReader, Scope], Collected],
    controls: Collection[str],
    facts: Iterable[Fact] = (),
    scope: Scope = WHOLE_ACCOUNT,
    regions: tuple[str, ...] = (REGION,),
) -> AuditResult:
    """facts: what other collectors told."""
    with AccountReader(session, AuditedAccount(ACCOUNT, "aws", regions)) as reader:
        stack = assemble.build_stack([Collected(tuple(facts)), collect(reader, scope)], ACCOUNT, DataClassTag())
        asked = [each for each in LIVE_CONTROLS if each.id in controls]
        verdicts = [verdict for each in asked for verdict in judge(each, RuleContext(stack, each.defaults))]
        return AuditResult(stack, tuple(verdicts), tuple(reader.failed_calls), dict(reader.call_counts))


def session_with_response(
    call: Call,
    answer: Mapping[str, Any] | Callable[[Mapping[str, Any]], Mapping[str, Any]],
    status: int = 200,
    region: str | None = None,
) -> boto3.Session:
    """A session that gets this answer to a call, or one by the body of what is asked, in a region or in all."""

    def answered(
        model: Any, params: Mapping[str, Any], context: Mapping[str, Any], **_: Any
    ) -> tuple[AWSResponse, Mapping[str, Any]] | None:
        asked = (model.service_model.service_name, model.name.lower())
        if asked != (call.service, call.operation.replace("_", "")) or region not in (None, context["client_region"]):
            return None
        # botocore decodes the documents in an answer where they are.
        return AWSResponse("", status, {}, None), answer(params["body"]) if callable(answer) else deepcopy(answer)

    session = boto3.Session(region_name=REGION)
    session.events.register("before-call", answered)
    return session


def session_denying(call: Call, code: str = "AccessDenied", message: str = "", region: str | None = None) -> boto3.Session:
    return session_with_response(call, {"Error": {"Code": code, "Message": message}}, status=403, region=region)


def assert_unverified(found: AuditResult, call: Call, controls: Iterable[str]) -> None:
    """Just these, each for want of the call's permission, which is named; none fails."""
    assert found.findings(Status.FAIL) == {}
    assert set(found.findings(Status.UNVERIFIED)) == set(controls)
    told = [each.finding.text for each in found.verdicts if each.status is Status.UNVERIFIED]
    assert [each for each in told if f"{call.action} ended in AccessDenied" not in each] == []
    assert {each.call for each in found.failed_calls} == {call}
