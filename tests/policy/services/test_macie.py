"""Macie: each flag on, off, missing and unread."""

from __future__ import annotations

import pytest

from hipaa_controls.services.macie.facts import MacieSession
from tests.policy.services.live_facts import assert_failure_outranks_unread_flags, assert_flag_is_required

CONTROL = "macie-enabled"
COMPLIANT = MacieSession("arn", enabled=True)
FLAGS = ("enabled",)


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_required(flag):
    assert_flag_is_required(CONTROL, COMPLIANT, flag)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_failing_flag_outranks_unread_flags(flag):
    assert_failure_outranks_unread_flags(CONTROL, COMPLIANT, flag, FLAGS)
