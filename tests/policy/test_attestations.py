"""Attestations: valid until they expire, each for its own control."""

from __future__ import annotations

import pytest

from hipaa_controls.attestations.controls import CONTROLS
from hipaa_controls.attestations.facts import Attestation
from hipaa_controls.model.verdict import Status
from tests.policy.services.live_facts import STACK_RESOURCE, status_for, verdicts_for

IDS = [control.id for control in CONTROLS]


@pytest.mark.parametrize("control_id", IDS)
def test_an_attestation_is_valid_until_its_last_day(control_id):
    for days, expected in ((365, Status.PASS), (0, Status.PASS), (-1, Status.FAIL), (-900, Status.FAIL)):
        assert status_for(control_id, Attestation("x", control_id, "Security Officer", days)) is expected
    assert status_for(control_id) is Status.FAIL, "an attestation is never assumed"


@pytest.mark.parametrize("control_id", IDS)
def test_an_attestation_counts_only_for_its_own_control(control_id):
    others = [Attestation("x", other, "Security Officer", 30) for other in IDS if other != control_id]
    [verdict] = verdicts_for(control_id, *others)
    assert (verdict.status, verdict.resource, verdict.finding.text) == (
        Status.FAIL,
        STACK_RESOURCE,
        "there is no attestation",
    )


@pytest.mark.parametrize(
    ("days_left", "text"),
    [
        ((-1,), "the attestation by Officer expired 1 day ago"),
        ((-40,), "the attestation by Officer expired 40 days ago"),
        ((1,), "attested by Officer, valid for another 1 day"),
        ((-40, 20), "attested by Officer, valid for another 20 days"),
    ],
)
def test_the_finding_names_the_owner_and_the_days(days_left, text):
    [verdict] = verdicts_for(IDS[0], *(Attestation("x", IDS[0], "Officer", days) for days in days_left))
    assert verdict.finding.text == text
