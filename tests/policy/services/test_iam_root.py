"""The root user's MFA and credentials: present, absent, missing and unread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_controls.model.verdict import Status
from hipaa_controls.services.iam.facts import RootUser
from tests.policy.services.live_facts import (
    UNREAD,
    assert_failure_outranks_unread_flags,
    assert_flag_is_required,
    status_for,
)

CONTROL = "iam-root-mfa"
COMPLIANT = RootUser("arn", mfa_enabled=True, has_access_keys=False, has_signing_certificates=False, has_password=True)
NO_CREDENTIALS = RootUser(
    "arn", mfa_enabled=False, has_access_keys=False, has_signing_certificates=False, has_password=False
)
FLAGS = ("mfa_enabled", "has_access_keys")  # with MFA, a password and certificates are allowed


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_required(flag):
    assert_flag_is_required(CONTROL, COMPLIANT, flag)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_failing_flag_outranks_unread_flags(flag):
    assert_failure_outranks_unread_flags(CONTROL, COMPLIANT, flag, FLAGS)


@pytest.mark.parametrize("credential", ["has_password", "has_access_keys", "has_signing_certificates"])
@pytest.mark.parametrize("value", [True, None, UNREAD])
def test_root_without_mfa_passes_only_if_it_certainly_has_no_credentials(credential, value):
    assert status_for(CONTROL, NO_CREDENTIALS) is Status.PASS
    assert status_for(CONTROL, replace(NO_CREDENTIALS, mfa_enabled=UNREAD)) is Status.PASS
    assert status_for(CONTROL, replace(NO_CREDENTIALS, **{credential: value})) is Status.FAIL
