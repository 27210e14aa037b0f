"""The AWS Config recorder: each flag on, off, missing and unread."""

from __future__ import annotations

import pytest

from hipaa_controls.services.config.facts import ConfigurationRecorder
from tests.policy.services.live_facts import assert_failure_outranks_unread_flags, assert_flag_is_required

CONTROL = "config-recorder-enabled"
COMPLIANT = ConfigurationRecorder("arn", records_all_types=True, recording=True, delivery_failing=False)
FLAGS = ("records_all_types", "recording", "delivery_failing")


@pytest.mark.parametrize("flag", FLAGS)
def test_each_flag_is_required(flag):
    assert_flag_is_required(CONTROL, COMPLIANT, flag)


@pytest.mark.parametrize("flag", FLAGS)
def test_a_failing_flag_outranks_unread_flags(flag):
    assert_failure_outranks_unread_flags(CONTROL, COMPLIANT, flag, FLAGS)
