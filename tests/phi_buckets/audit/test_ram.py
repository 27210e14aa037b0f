"""The resource shares of a live account: the findings, and shares that can't be read."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from hipaa_controls.model.verdict import Status
from phi_buckets.audit.calls import ram as calls
from phi_buckets.audit.collect import ram
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import (
    AuditResult,
    assert_unverified,
    audit,
    session_denying,
    session_with_response,
)
from tests.phi_buckets.emulated_account import ACCOUNT, REGION

CONTROL = "ram-no-external-sharing"
FOREIGN = "444455556666"
SHARE = f"arn:aws:ram:{REGION}:{ACCOUNT}:resource-share/7a3f0c52"


def audit_ram(session: boto3.Session, scope: Scope = WHOLE_ACCOUNT) -> AuditResult:
    return audit(session, ram.collect, [CONTROL], scope=scope)


def create_share(session: boto3.Session, name: str, **parameters: Any) -> str:
    client: Any = session.client("ram")
    share = client.create_resource_share(name=name, **{"allowExternalPrincipals": False} | parameters)
    return str(share["resourceShare"]["resourceShareArn"])


def test_account_without_a_share_has_no_findings(session):
    assert audit_ram(session).verdicts == ()


def test_share_with_another_account_or_open_to_others_fails(session):
    own = create_share(session, "phi-dev-own", principals=[ACCOUNT])
    foreign = create_share(session, "phi-dev-foreign", principals=[FOREIGN])
    any_account = create_share(session, "any-account", allowExternalPrincipals=True)
    result = audit_ram(session)
    assert result.findings(Status.FAIL) == {CONTROL: {f"{foreign}:principal:{FOREIGN}", any_account}}
    assert result.findings(Status.PASS) == {CONTROL: {own, f"{own}:principal:{ACCOUNT}", foreign}}
    in_stack = audit_ram(session, Scope({}, "phi-dev-"))
    assert in_stack.findings(Status.FAIL) == {CONTROL: {f"{foreign}:principal:{FOREIGN}"}}


@pytest.mark.parametrize("call", calls.CALLS, ids=lambda call: call.operation)
def test_denied_call_is_unverified_and_names_the_permission(session, call):
    assert_unverified(audit_ram(session_denying(call)), call, {CONTROL})


def test_deleted_share_is_left_out_with_its_principals(session):
    """moto still lists its principals as associated."""
    share = create_share(session, "old", principals=[FOREIGN], allowExternalPrincipals=True)
    session.client("ram").delete_resource_share(resourceShareArn=share)
    assert audit_ram(session).verdicts == ()


def test_removed_principal_is_left_out(session):
    association = {
        "resourceShareArn": SHARE,
        "resourceShareName": "old",
        "associatedEntity": FOREIGN,
        "status": "DISASSOCIATED",
    }
    response = {"resourceShareAssociations": [association]}
    assert audit_ram(session_with_response(calls.GET_RESOURCE_SHARE_ASSOCIATIONS, response)).verdicts == ()
