"""What guards an account, and what people attest: each flag on, off, not told and not known."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from hipaa.attestations import controls
from hipaa.attestations.facts import Attestation
from hipaa.catalogue import CONTROLS, LIVE_CONTROLS, PREVIEW_CONTROLS, controls_for_resource, judge
from hipaa.controls import account
from hipaa.model.control import Control, Severity, Specification, Stage
from hipaa.model.data_class import DataClass
from hipaa.model.rule import RuleContext
from hipaa.model.stack import Fact, Stack
from hipaa.model.values import Unknown
from hipaa.model.verdict import Status, Verdict
from hipaa.services.config.facts import ConfigurationRecorder
from hipaa.services.guardduty.facts import GuardDutyDetector
from hipaa.services.iam.facts import RootUser, UserAccess
from hipaa.services.macie.facts import MacieSession
from hipaa.services.s3.facts import Bucket

UNREAD = Unknown("arn", reason="couldn't be read: x:Get ended in AccessDenied")
RIGHT: dict[str, Any] = {
    "guardduty-s3-protection": GuardDutyDetector("arn", enabled=True, s3_protection=True),
    "macie-enabled": MacieSession("arn", enabled=True),
    "config-recorder-enabled": ConfigurationRecorder("arn", records_all_types=True, recording=True, delivery_failing=False),
    "iam-root-mfa": RootUser("arn", mfa_enabled=True, has_access_keys=False, has_signing_certificates=False, has_password=True),
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
EVERY = [each.id for each in controls.CONTROLS]


def control(id_: str) -> Control:
    return next(each for each in CONTROLS if each.id == id_)


def judged(id_: str, *facts: Fact) -> list[Verdict]:
    return judge(control(id_), RuleContext(Stack(facts, PEOPLE), {}))


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
    nothing = RootUser("arn", mfa_enabled=False, has_access_keys=False, has_signing_certificates=False, has_password=False)
    assert status("iam-root-mfa", nothing) is Status.PASS
    assert status("iam-root-mfa", replace(nothing, mfa=UNREAD)) is Status.PASS
    assert status("iam-root-mfa", replace(nothing, **{flag: value})) is Status.FAIL


@pytest.mark.parametrize("id_", EVERY)
def test_an_attestation_holds_until_its_last_day(id_):
    for days, expected in ((365, Status.PASS), (0, Status.PASS), (-1, Status.FAIL), (-900, Status.FAIL)):
        assert status(id_, Attestation("x", id_, "Security Officer", days)) is expected
    assert status(id_) is Status.FAIL, "none is ever assumed"


@pytest.mark.parametrize("id_", EVERY)
def test_an_attestation_is_of_its_own_control_alone(id_):
    others = [Attestation("x", each, "Security Officer", 30) for each in EVERY if each != id_]
    [verdict] = judged(id_, *others)
    assert (verdict.status, verdict.resource, verdict.finding.text) == (Status.FAIL, PEOPLE, "nobody attests it")


def test_it_is_told_since_when_and_by_whom():
    def found(*days: int) -> str:
        [verdict] = judged(EVERY[0], *(Attestation("x", EVERY[0], "Officer", each) for each in days))
        return verdict.finding.text

    assert found(-1) == "the attestation of Officer is stale since 1 day"
    assert found(-40) == "the attestation of Officer is stale since 40 days"
    assert found(1) == "attested by Officer, for another 1 day"
    assert found(-40, 20) == "attested by Officer, for another 20 days"


def test_a_user_that_cant_be_told_is_no_pass():
    assert status("iam-no-users", UserAccess("arn", UNREAD)) is Status.UNVERIFIED
    assert status("iam-no-users", UserAccess("arn", "an IAM user")) is Status.FAIL


LIVE = (*account.CONTROLS, *controls.CONTROLS)


@pytest.mark.parametrize("id_", [each.id for each in LIVE])
def test_the_pack_has_none_of_them(id_):
    assert control(id_).where == {Stage.LIVE}
    assert id_ in {each.id for each in LIVE_CONTROLS} - {each.id for each in PREVIEW_CONTROLS}


def test_no_resource_before_it_exists_concerns_them():
    one = Stack((Bucket("urn", "arn", DataClass.PHI, ()),), complete=False)
    assert controls_for_resource(one) & {each.id for each in LIVE} == set()
    assert [judge(each, RuleContext(one, {})) for each in LIVE] == [[]] * len(LIVE)


def test_the_paragraphs_are_the_rules_own_and_each_says_what_it_asks():
    """Required or addressable by appendix A to subpart C of part 164."""
    addressable = {"308(a)(4)(ii)(C)", "308(a)(7)(ii)(D)"}
    for each in LIVE:
        assert each.paragraphs, each.id
        assert not re.search(r"[{}]", each.asks({})), each.id
        for paragraph in each.paragraphs:
            expected = Specification.ADDRESSABLE if paragraph.number in addressable else Specification.REQUIRED
            assert paragraph.duty is expected, (each.id, paragraph.number)
        assert all(paragraph.ours for paragraph in each.paragraphs) == (each in account.CONTROLS), each.id
    assert {each.severity for each in account.CONTROLS} == {Severity.MEDIUM}
    assert [each.id for each in controls.CONTROLS if each.severity is Severity.CRITICAL] == ["attest-baa"]
