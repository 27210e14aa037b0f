"""GuardDuty's S3 Protection: each flag on, off, missing and unread."""

from __future__ import annotations

import pytest

from hipaa_controls.services.guardduty.facts import GuardDutyDetector
from tests.policy.services.live_facts import assert_failure_outranks_unread_flags, assert_flag_is_required

CONTROL = "guardduty-s3-protection"
COMPLIANT = GuardDutyDetector("arn", enabled=True, s3_protection=True)
FLAGS = ("enabled", "s3_protection")


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_required(flag):
    assert_flag_is_required(CONTROL, COMPLIANT, flag)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_failing_flag_outranks_unread_flags(flag):
    assert_failure_outranks_unread_flags(CONTROL, COMPLIANT, flag, FLAGS)
