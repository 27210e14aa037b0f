"""The Macie sessions of a live account: the findings, and sessions that can't be read."""

from __future__ import annotations

import boto3
import pytest

from hipaa_controls.model.verdict import Status
from phi_buckets.audit.calls import macie as calls
from phi_buckets.audit.collect import macie
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import (
    OTHER_REGION,
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

CONTROL = "macie-enabled"
STACK = Scope({}, "phi-dev-")


def macie_session(region: str) -> str:
    return f"arn:aws:macie2:{region}:{ACCOUNT}:session"


def audit_macie(
    session: boto3.Session, regions: tuple[str, ...] = (REGION,), scope: Scope = WHOLE_ACCOUNT
) -> AuditResult:
    return audit(session, macie.collect, [CONTROL], scope=scope, regions=regions)


# In moto, Macie is enabled from the start.


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_enabled_session_passes_for_an_account_and_for_a_stack(session, scope):
    result = audit_macie(session, scope=scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert set(result.findings(Status.PASS)) == {CONTROL}
    assert set(result.call_counts) == set(calls.CALLS)


def test_disabled_session_fails(session):
    session.client("macie2").disable_macie()
    assert audit_macie(session).blocking_texts == [(CONTROL, Status.FAIL, "Macie isn't enabled")]


def test_each_region_has_its_own_session(session):
    result = audit_macie(session, (REGION, OTHER_REGION))
    assert result.findings(Status.PASS) == {CONTROL: {macie_session(REGION), macie_session(OTHER_REGION)}}


def test_denied_call_is_unverified_and_names_the_permission(endpoint):
    assert_unverified(audit_macie(session_denying(calls.GET_MACIE_SESSION)), calls.GET_MACIE_SESSION, {CONTROL})


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Macie is not enabled.", Status.FAIL),
        ("Macie is not enabled", Status.FAIL),
        (
            "User: arn:aws:sts::1:assumed-role/a/b is not authorized to perform: macie2:GetMacieSession",
            Status.UNVERIFIED,
        ),
        ("Access is denied: Macie is not enabled.", Status.UNVERIFIED),
        ("", Status.UNVERIFIED),
    ],
)
def test_access_denied_fails_only_with_the_message_that_macie_is_not_enabled(endpoint, message, status):
    result = audit_macie(session_denying(calls.GET_MACIE_SESSION, "AccessDeniedException", message))
    assert result.findings(status) == {CONTROL: {macie_session(REGION)}}
    assert len(result.failed_calls) == (status is Status.UNVERIFIED)


def test_paused_session_fails(endpoint):
    result = audit_macie(session_with_response(calls.GET_MACIE_SESSION, {"status": "PAUSED"}))
    assert result.findings(Status.FAIL) == {CONTROL: {macie_session(REGION)}}
