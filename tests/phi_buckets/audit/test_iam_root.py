"""The root user of a live account. moto can't enable its MFA, so these tests replace the account summary."""

from __future__ import annotations

import boto3
import pytest

from hipaa_controls.model.verdict import Status
from hipaa_controls.services.iam.facts import RootUser
from phi_buckets.audit.calls.iam import GET_ACCOUNT_SUMMARY
from phi_buckets.audit.collect import iam_root
from phi_buckets.audit.scope import WHOLE_ACCOUNT, Scope
from tests.phi_buckets.audit.reader_helpers import assert_unverified, audit, session_denying, session_with_response
from tests.phi_buckets.emulated_account import ACCOUNT

CONTROL = "iam-root-mfa"
STACK = Scope({}, "phi-dev-")
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"
SECURE = {"AccountMFAEnabled": 1, "AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0}


def session_with_summary(**change: int) -> boto3.Session:
    return session_with_response(GET_ACCOUNT_SUMMARY, {"SummaryMap": SECURE | change})


@pytest.mark.parametrize("scope", [WHOLE_ACCOUNT, STACK], ids=["account", "stack"])
def test_secure_root_user_passes_for_an_account_and_for_a_stack(endpoint, scope):
    result = audit(session_with_summary(), iam_root.collect, [CONTROL], scope=scope)
    assert (result.blocking, result.failed_calls) == ({}, ())
    assert result.findings(Status.PASS) == {CONTROL: {ROOT_ARN}}
    assert set(result.call_counts) == {GET_ACCOUNT_SUMMARY}


@pytest.mark.parametrize(
    ("summary", "text", "status"),
    [
        ({}, "the root user has MFA and no access key", Status.PASS),
        ({"AccountMFAEnabled": 0}, "the root user has no MFA", Status.FAIL),
        ({"AccountAccessKeysPresent": 1}, "the root user has an access key", Status.FAIL),
        ({"AccountMFAEnabled": 0, "AccountPasswordPresent": 1}, "the root user has no MFA", Status.FAIL),
        ({"AccountMFAEnabled": 0, "AccountPasswordPresent": 0}, "the root user has no credentials", Status.PASS),
        (
            {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountAccessKeysPresent": 1},
            "the root user has an access key",
            Status.FAIL,
        ),
        (
            {"AccountMFAEnabled": 0, "AccountPasswordPresent": 0, "AccountSigningCertificatesPresent": 1},
            "the root user has no MFA",
            Status.FAIL,
        ),
    ],
)
def test_root_user_status_follows_its_credentials(endpoint, summary, text, status):
    [verdict] = audit(session_with_summary(**summary), iam_root.collect, [CONTROL]).verdicts
    assert (verdict.resource, verdict.status, verdict.finding.text) == (ROOT_ARN, status, text)


def test_root_user_with_an_incomplete_summary_fails(endpoint):
    """A missing value never counts as MFA."""
    assert iam_root.parse_root_user("arn", {}) == RootUser("arn", None, None, None, None)
    result = audit(session_with_response(GET_ACCOUNT_SUMMARY, {"SummaryMap": {}}), iam_root.collect, [CONTROL])
    assert result.findings(Status.FAIL) == {CONTROL: {ROOT_ARN}}


def test_denied_call_is_unverified_and_names_the_permission(endpoint):
    result = audit(session_denying(GET_ACCOUNT_SUMMARY), iam_root.collect, [CONTROL])
    assert_unverified(result, GET_ACCOUNT_SUMMARY, {CONTROL})
