"""From verdicts to evidence: outcomes, exemptions, blocking, and the checklist."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from hipaa_controls.catalogue import LIVE_CONTROLS
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.stack import Stack
from hipaa_controls.model.values import Location, Unknown
from hipaa_controls.model.verdict import Status
from hipaa_controls.services.s3.facts import Bucket, DeclaredSetting, Versioning
from phi_buckets.audit import checklist, pack_config
from phi_buckets.audit.results import AccountFacts, control_results, unused_exemptions
from phi_buckets.evidence.model import ControlResult, Outcome, worst_outcome

TODAY = date(2026, 11, 24)
ACCOUNT = "123456789012"
ORGANIZATION = AccountFacts("the organization", Stack((), "the organization"))
EXEMPTION = {
    "resource": "arn:aws:s3:::importer",
    "reason": "The importer's vendor needs it until its next release.",
    "approver": "security officer",
    "expires": "2027-03-31",
    "compensatingControl": "Nightly copies to the vault.",
}


def bucket(name: str, versioning: Any) -> Bucket:
    arn = f"arn:aws:s3:::{name}"
    return Bucket(
        arn,
        arn,
        DataClass.PHI,
        (DeclaredSetting(arn, Versioning(versioning)),),
        location=Location("aws", "us-east-1", ACCOUNT),
    )


def versioning_result(
    *buckets: Bucket, config: dict[str, Any] | None = None, accounts: list[AccountFacts] | None = None
) -> ControlResult:
    """Return the result of s3-versioning, by default for one account with these buckets."""
    pack = pack_config.parse({"s3-versioning": config or {}}, TODAY)
    account_facts = accounts or [AccountFacts(ACCOUNT, Stack(buckets, ACCOUNT))]
    return next(result for result in control_results(account_facts, ORGANIZATION, pack) if result.id == "s3-versioning")


def test_every_status_has_an_outcome_of_the_same_name():
    assert {status.value for status in Status} | {"exempted"} == {outcome.value for outcome in Outcome}


def test_control_has_the_outcome_of_its_worst_resource():
    result = versioning_result(bucket("good", "Enabled"), bucket("bad", "Suspended"))
    assert [observation.outcome for observation in result.observations] == [Outcome.PASS, Outcome.FAIL]
    assert result.outcome is Outcome.FAIL
    assert result.blocks


def test_unread_value_blocks_unless_the_unverified_level_is_advisory():
    reason = "couldn't be read: s3:GetBucketVersioning failed with AccessDenied"
    phi = bucket("phi", Unknown("arn:aws:s3:::phi", reason=reason))
    result = versioning_result(phi)
    assert result.outcome is Outcome.UNVERIFIED
    assert result.blocks
    assert "s3:GetBucketVersioning failed with AccessDenied" in result.observations[0].text
    assert not versioning_result(phi, config={"unverifiedLevel": "advisory"}).blocks


def test_advisory_control_does_not_block():
    result = versioning_result(bucket("bad", "Suspended"), config={"enforcementLevel": "advisory"})
    assert (result.outcome, result.level, result.blocks) == (Outcome.FAIL, "advisory", False)


def test_exempted_resource_does_not_block_and_names_the_approver():
    result = versioning_result(bucket("importer", "Suspended"), config={"exemptions": [EXEMPTION]})
    [observation] = result.observations
    assert (observation.outcome, result.blocks) == (Outcome.EXEMPTED, False)
    assert observation.exemption is not None
    assert observation.exemption.approver == "security officer"


@pytest.mark.parametrize(
    ("resource", "count"),
    [("arn:aws:s3:::other", 1), ("urn:pulumi:*::importer", 0), ("arn:aws:s3:::importer", 0)],
    ids=["matches no finding", "of a program", "matches a finding"],
)
def test_unused_exemptions_reports_only_those_of_live_resources(resource, count):
    pack = pack_config.parse({"s3-versioning": {"exemptions": [EXEMPTION | {"resource": resource}]}}, TODAY)
    facts = AccountFacts(ACCOUNT, Stack((bucket("importer", "Suspended"),), ACCOUNT))
    assert len(unused_exemptions(control_results([facts], ORGANIZATION, pack), pack)) == count


def test_inaccessible_account_leaves_every_control_unverified_except_attestations():
    pack = pack_config.parse({}, TODAY)
    good = AccountFacts(ACCOUNT, Stack((bucket("good", "Enabled"),), ACCOUNT))
    inaccessible = AccountFacts("2", None, "sts:AssumeRole: access denied")
    results = {result.id: result for result in control_results([good, inaccessible], ORGANIZATION, pack)}
    assert set(results) == {control.id for control in LIVE_CONTROLS}
    for name, result in results.items():
        if name.startswith("attest-"):
            assert {observation.account for observation in result.observations} == {"the organization"}
        else:
            texts = [observation.text for observation in result.observations if observation.account == "2"]
            assert texts == ["sts:AssumeRole: access denied"]
            assert result.outcome in (Outcome.UNVERIFIED, Outcome.FAIL)


def test_result_combines_all_accounts():
    first = AccountFacts("1", Stack((bucket("a", "Enabled"),), "1"))
    second = AccountFacts("2", Stack((bucket("b", "Suspended"),), "2"))
    result = versioning_result(accounts=[first, second])
    observed = [(observation.account, observation.outcome) for observation in result.observations]
    assert observed == [("1", Outcome.PASS), ("2", Outcome.FAIL)]


def test_observation_has_no_region_if_its_arn_has_no_region():
    facts = AccountFacts(ACCOUNT, Stack((bucket("a", "Enabled"),), ACCOUNT))
    results = control_results([facts], ORGANIZATION, pack_config.parse({}, TODAY))
    assert {observation.region for result in results for observation in result.observations} == {None}


def test_checklist_items_name_existing_controls():
    control_ids = {control.id for control in LIVE_CONTROLS}
    assert len(checklist.CHECKLIST) == 13
    for text, controls in checklist.CHECKLIST:
        assert set(controls) <= control_ids, text


def test_checklist_item_has_the_outcome_of_its_worst_control():
    passing = [result_with(name, Outcome.PASS) for _, names in checklist.CHECKLIST for name in names]
    assert {row.outcome for row in checklist.rows(passing)} == {Outcome.PASS}
    changed = [result_with("s3-tls-1-2", Outcome.FAIL) if result.id == "s3-tls-1-2" else result for result in passing]
    failing = [row.text for row in checklist.rows(changed) if row.outcome is Outcome.FAIL]
    assert failing == ["Bucket policy requires HTTPS/TLS"]


def test_checklist_item_without_results_is_unverified():
    assert {row.outcome for row in checklist.rows([])} == {Outcome.UNVERIFIED}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_worst_outcome_is_the_most_urgent(outcome):
    assert worst_outcome([]) is Outcome.NOT_APPLICABLE
    assert worst_outcome([Outcome.PASS, Outcome.NOT_APPLICABLE]) is Outcome.PASS
    assert worst_outcome([outcome, Outcome.FAIL, Outcome.PASS]) is Outcome.FAIL
    assert worst_outcome([Outcome.EXEMPTED, Outcome.UNVERIFIED]) is Outcome.UNVERIFIED


def result_with(control_id: str, outcome: Outcome) -> ControlResult:
    return ControlResult(
        id=control_id,
        title="",
        statement="",
        rationale="",
        citations=(),
        severity="high",
        requirement="",
        remediation="",
        outcome=outcome,
    )
