"""What guards an account, and what people attest: each flag on, off, not told and not known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from hipaa.controls import AUDITED, CONTROLS, PREVIEWED, Control, Duty, Severity, Where, account, attestations
from hipaa.facts import (
    Attestation,
    Bucket,
    ConfigurationRecorder,
    DataDiscovery,
    Fact,
    Role,
    RootUser,
    Stack,
    ThreatDetection,
    Unknown,
    UserAccess,
)
from hipaa.rules import Case, concerned, judge
from hipaa.verdicts import Status, Verdict

UNREAD = Unknown("arn", why="couldn't be read: x:Get ended in AccessDenied")
RIGHT: dict[str, Any] = {
    "guardduty-s3-protection": ThreatDetection("arn", enabled=True, s3=True),
    "macie-enabled": DataDiscovery("arn", enabled=True),
    "config-recorder": ConfigurationRecorder("arn", everything=True, recording=True, failing=False),
    "root-mfa": RootUser("arn", mfa=True, access_keys=False, certificates=False, password=True),
}
GOOD_IF_OFF = ("failing", "access_keys")
UNASKED = ("certificates", "password")  # of root that has MFA
FLAGS = [
    (control, name)
    for control, fact in RIGHT.items()
    for name in vars(fact)
    if name != "resource" and name not in UNASKED
]
PEOPLE = "the organization"
EVERY = [each.id for each in attestations.CONTROLS]


def control(id_: str) -> Control:
    return next(each for each in CONTROLS if each.id == id_)


def judged(id_: str, *facts: Fact) -> list[Verdict]:
    return judge(control(id_), Case(Stack(facts, PEOPLE), {}))


def status(id_: str, *facts: Fact) -> Status:
    [verdict] = judged(id_, *facts)
    return verdict.status


@pytest.mark.parametrize("id_", RIGHT)
def test_what_is_right_passes(id_):
    assert status(id_, RIGHT[id_]) is Status.PASS


@pytest.mark.parametrize(("id_", "flag"), FLAGS)
def test_each_flag_counts(id_, flag):
    off = flag in GOOD_IF_OFF
    assert status(id_, replace(RIGHT[id_], **{flag: off})) is Status.FAIL
    assert status(id_, replace(RIGHT[id_], **{flag: None})) is Status.FAIL, "what isn't told isn't assumed"
    assert status(id_, replace(RIGHT[id_], **{flag: UNREAD})) is Status.UNVERIFIED


@pytest.mark.parametrize(("id_", "flag"), FLAGS)
def test_a_sure_failure_comes_before_what_isnt_known(id_, flag):
    names = {name for control_, name in FLAGS if control_ == id_}
    unknown = replace(RIGHT[id_], **dict.fromkeys(names, UNREAD))
    assert status(id_, unknown) is Status.UNVERIFIED
    assert status(id_, replace(unknown, **{flag: flag in GOOD_IF_OFF})) is Status.FAIL


@pytest.mark.parametrize("flag", ["password", "access_keys", "certificates"])
@pytest.mark.parametrize("value", [True, None, UNREAD])
def test_root_without_mfa_passes_only_where_it_surely_has_nothing_to_sign_in_with(flag, value):
    nothing = RootUser("arn", mfa=False, access_keys=False, certificates=False, password=False)
    assert status("root-mfa", nothing) is Status.PASS
    assert status("root-mfa", replace(nothing, mfa=UNREAD)) is Status.PASS
    assert status("root-mfa", replace(nothing, **{flag: value})) is Status.FAIL


@pytest.mark.parametrize("id_", EVERY)
def test_an_attestation_holds_until_its_last_day(id_):
    for days, expected in ((365, Status.PASS), (0, Status.PASS), (-1, Status.FAIL), (-900, Status.FAIL)):
        assert status(id_, Attestation("x", id_, "Security Officer", days)) is expected
    assert status(id_) is Status.FAIL, "none is ever assumed"


@pytest.mark.parametrize("id_", EVERY)
def test_an_attestation_is_of_its_own_control_alone(id_):
    others = [Attestation("x", each, "Security Officer", 30) for each in EVERY if each != id_]
    [verdict] = judged(id_, *others)
    assert (verdict.status, verdict.resource, verdict.finding.found) == (Status.FAIL, PEOPLE, "nobody attests it")


def test_it_is_told_since_when_and_by_whom():
    def found(*days: int) -> str:
        [verdict] = judged(EVERY[0], *(Attestation("x", EVERY[0], "Officer", each) for each in days))
        return verdict.finding.found

    assert found(-1) == "the attestation of Officer is stale since 1 day"
    assert found(-40) == "the attestation of Officer is stale since 40 days"
    assert found(1) == "attested by Officer, for another 1 day"
    assert found(-40, 20) == "attested by Officer, for another 20 days"


def test_a_user_that_cant_be_told_is_no_pass():
    assert status("iam-no-users", UserAccess("arn", UNREAD)) is Status.UNVERIFIED
    assert status("iam-no-users", UserAccess("arn", "an IAM user")) is Status.FAIL


LIVE = (*account.CONTROLS, *attestations.CONTROLS)


@pytest.mark.parametrize("id_", [each.id for each in LIVE])
def test_the_pack_has_none_of_them(id_):
    assert control(id_).where == {Where.LIVE}
    assert id_ in {each.id for each in AUDITED} - {each.id for each in PREVIEWED}


def test_no_resource_before_it_exists_concerns_them():
    one = Stack((Bucket("urn", "arn", Role.PHI, ()),), whole=False)
    assert concerned(one) & {each.id for each in LIVE} == set()
    assert [judge(each, Case(one, {})) for each in LIVE] == [[]] * len(LIVE)


def test_the_paragraphs_are_the_rules_own_and_each_says_what_it_asks():
    """Required or addressable by appendix A to subpart C of part 164."""
    addressable = {"308(a)(4)(ii)(C)", "308(a)(7)(ii)(D)"}
    for each in LIVE:
        assert each.paragraphs, each.id
        assert not re.search(r"[{}]", each.asks({})), each.id
        for paragraph in each.paragraphs:
            expected = Duty.ADDRESSABLE if paragraph.number in addressable else Duty.REQUIRED
            assert paragraph.duty is expected, (each.id, paragraph.number)
        assert all(paragraph.ours for paragraph in each.paragraphs) == (each in account.CONTROLS), each.id
    assert {each.severity for each in account.CONTROLS} == {Severity.MEDIUM}
    assert [each.id for each in attestations.CONTROLS if each.severity is Severity.CRITICAL] == ["attest-baa"]
