"""From verdicts to evidence: outcomes, exemptions, what blocks, and the guide's checklist."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hipaa.catalogue import LIVE_CONTROLS
from hipaa.model.data_class import DataClass
from hipaa.model.stack import Stack
from hipaa.model.values import Location, Unknown
from hipaa.services.s3.facts import Bucket, DeclaredSetting, Versioning
from phi.audit import checklist, pack_config
from phi.audit.results import AccountView, control_results, unused_exemptions
from phi.evidence.model import ControlResult, Outcome, worst_outcome

TODAY = date(2026, 11, 24)
ACCOUNT = "123456789012"
PEOPLE = AccountView("the organization", Stack((), "the organization"))
EXEMPTION = {
    "resource": "arn:aws:s3:::importer",
    "reason": "The importer's vendor needs it until its next release.",
    "approver": "security officer",
    "expires": "2027-03-31",
    "compensatingControl": "Nightly copies to the vault.",
}


def bucket(name: str, status: Any) -> Bucket:
    arn = f"arn:aws:s3:::{name}"
    return Bucket(
        arn,
        arn,
        DataClass.PHI,
        (DeclaredSetting(arn, Versioning(status)),),
        location=Location("aws", "us-east-1", ACCOUNT),
    )


def versioning(
    *buckets: Bucket, given: dict[str, Any] | None = None, accounts: list[AccountView] | None = None
) -> ControlResult:
    told = pack_config.parse({"s3-versioning": given or {}}, TODAY)
    seen = accounts or [AccountView(ACCOUNT, Stack(buckets, ACCOUNT))]
    return next(each for each in control_results(seen, PEOPLE, told) if each.id == "s3-versioning")


def test_a_control_is_as_good_as_its_worst_resource():
    result = versioning(bucket("good", "Enabled"), bucket("bad", "Suspended"))
    assert [each.outcome for each in result.observations] == [Outcome.PASS, Outcome.FAIL]
    assert result.outcome is Outcome.FAIL
    assert result.blocks


def test_what_cant_be_read_blocks_too_and_says_why():
    unread = Unknown("arn:aws:s3:::phi", reason="couldn't be read: s3:GetBucketVersioning failed with AccessDenied")
    result = versioning(bucket("phi", unread))
    assert result.outcome is Outcome.UNVERIFIED
    assert result.blocks
    assert "s3:GetBucketVersioning failed with AccessDenied" in result.observations[0].text
    assert not versioning(bucket("phi", unread), given={"unverifiedLevel": "advisory"}).blocks


def test_an_advisory_control_fails_nothing():
    result = versioning(bucket("bad", "Suspended"), given={"enforcementLevel": "advisory"})
    assert (result.outcome, result.level, result.blocks) == (Outcome.FAIL, "advisory", False)


def test_an_accepted_risk_shows_as_exempted_with_who_answers_for_it():
    result = versioning(bucket("importer", "Suspended"), given={"exemptions": [EXEMPTION]})
    [found] = result.observations
    assert (found.outcome, result.blocks) == (Outcome.EXEMPTED, False)
    assert found.exemption is not None
    assert found.exemption.approver == "security officer"


def test_an_exemption_that_excuses_nothing_is_told_but_not_the_packs():
    for resource, told in (("arn:aws:s3:::other", 1), ("urn:pulumi:prod::app::*", 0), ("arn:aws:s3:::importer", 0)):
        given = {"s3-versioning": {"exemptions": [EXEMPTION | {"resource": resource}]}}
        judged_by = pack_config.parse(given, TODAY)
        found = control_results(
            [AccountView(ACCOUNT, Stack((bucket("importer", "Suspended"),), ACCOUNT))], PEOPLE, judged_by
        )
        assert len(unused_exemptions(found, judged_by)) == told, resource


def test_an_account_that_cant_be_entered_leaves_every_control_unverified_but_peoples():
    told = pack_config.parse({}, TODAY)
    good = AccountView(ACCOUNT, Stack((bucket("good", "Enabled"),), ACCOUNT))
    found = {
        each.id: each
        for each in control_results([good, AccountView("2", None, "sts:AssumeRole: refused")], PEOPLE, told)
    }
    assert set(found) == {control.id for control in LIVE_CONTROLS}
    for name, result in found.items():
        if name.startswith("attest-"):
            assert {each.account for each in result.observations} == {"the organization"}
        else:
            assert [each.text for each in result.observations if each.account == "2"] == ["sts:AssumeRole: refused"]
            assert result.outcome in (Outcome.UNVERIFIED, Outcome.FAIL)


def test_several_accounts_become_one_result():
    one = AccountView("1", Stack((bucket("a", "Enabled"),), "1"))
    two = AccountView("2", Stack((bucket("b", "Suspended"),), "2"))
    result = versioning(accounts=[one, two])
    assert [(each.account, each.outcome) for each in result.observations] == [("1", Outcome.PASS), ("2", Outcome.FAIL)]


def test_the_region_is_told_where_an_arn_has_one():
    told = pack_config.parse({}, TODAY)
    found = control_results([AccountView(ACCOUNT, Stack((bucket("a", "Enabled"),), ACCOUNT))], PEOPLE, told)
    regions = {each.region for result in found for each in result.observations}
    assert regions == {None}


def test_each_line_of_the_guides_checklist_is_answered_by_controls_that_there_are():
    known = {control.id for control in LIVE_CONTROLS}
    assert len(checklist.CHECKLIST) == 13
    for text, controls in checklist.CHECKLIST:
        assert set(controls) <= known, text


def test_a_line_is_as_good_as_its_worst_control():
    passes = [_outcome(name, Outcome.PASS) for _, names in checklist.CHECKLIST for name in names]
    assert {row.outcome for row in checklist.rows(passes)} == {Outcome.PASS}
    changed = [_outcome("s3-tls-1-2", Outcome.FAIL) if each.id == "s3-tls-1-2" else each for each in passes]
    failing = [row.text for row in checklist.rows(changed) if row.outcome is Outcome.FAIL]
    assert failing == ["Bucket policy requires HTTPS/TLS"]


def test_a_line_whose_control_wasnt_judged_is_unverified():
    assert {row.outcome for row in checklist.rows([])} == {Outcome.UNVERIFIED}


@pytest.mark.parametrize("graver", list(Outcome))
def test_the_worst(graver):
    assert worst_outcome([]) is Outcome.NOT_APPLICABLE
    assert worst_outcome([Outcome.PASS, Outcome.NOT_APPLICABLE]) is Outcome.PASS
    assert worst_outcome([graver, Outcome.FAIL, Outcome.PASS]) is Outcome.FAIL
    assert worst_outcome([Outcome.EXEMPTED, Outcome.UNVERIFIED]) is Outcome.UNVERIFIED


def _outcome(name: str, outcome: Outcome) -> ControlResult:
    return ControlResult(
        id=name,
        title="",
        statement="",
        rationale="",
        citations=(),
        severity="high",
        requirement="",
        remediation="",
        outcome=outcome,
    )
