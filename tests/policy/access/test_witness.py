"""The words and the details of a witness, and what a report has of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from crossguard import report
from crossguard.run_state import ControlRun
from hipaa_controls import evaluator
from hipaa_controls.access import external_access
from hipaa_controls.access.policy_queries import ParsedPolicy, parse_resource_policy
from hipaa_controls.model.control_config import ControlConfig
from hipaa_controls.model.values import Document
from hipaa_controls.model.verdict import Finding, Verdict, Witness, failed, passed
from tests.policy.access.documents import (
    CLOUDTRAIL,
    EVERYONE,
    FAIL,
    GITHUB,
    SIGNED_BY_NO_SERVICE,
    allow,
    deny,
    findings_for,
    statuses_for,
    trust_tokens,
)
from tests.policy.access.generator import Statement
from tests.policy.access.harness import EXTERNAL, PUBLIC, SERVICES, TRUST
from tests.policy.access.parties import (
    ACCOUNT,
    BUCKET,
    ORGANIZATION,
    OTHER_ROLE_ID,
    PARTNER,
    PARTNER_ORGANIZATION,
    TOPIC,
)
from tests.policy.services.live_facts import control_by_id


def witness_of(finding: Finding) -> Witness:
    assert finding.status is FAIL, finding.text
    assert finding.witness is not None
    assert finding.text.endswith(f": for example, {finding.witness.text}")
    return finding.witness


READ = "may s3:GetObject on arn:aws:s3:::phi/*"
PARTNER_ROLE = f"arn:aws:iam::{PARTNER}:role/vendor"
WORDS: dict[str, tuple[str, list[Statement], str]] = {
    "anonymous": (PUBLIC, [allow(EVERYONE)], f"an anonymous caller from 198.51.100.7 {READ}"),
    "role": (
        EXTERNAL,
        [allow({"AWS": PARTNER_ROLE})],
        f"role/vendor of account {PARTNER} from 198.51.100.7 {READ}",
    ),
    "root": (
        EXTERNAL,
        [allow({"AWS": PARTNER}), deny(ArnNotLike={"aws:PrincipalArn": "arn:aws:iam::*:root"})],
        f"the root user of account {PARTNER} from 198.51.100.7 {READ}",
    ),
    "unique ID": (
        EXTERNAL,
        [allow({"AWS": OTHER_ROLE_ID})],
        f"a principal named by its unique ID from 198.51.100.7 {READ}",
    ),
    "organization": (
        EXTERNAL,
        [allow(EVERYONE, StringEquals={"aws:PrincipalOrgID": PARTNER_ORGANIZATION})],
        f"role/outsider of account 210987654321 in organization {PARTNER_ORGANIZATION} from 198.51.100.7 {READ}",
    ),
    "endpoint": (
        EXTERNAL,
        [allow({"AWS": PARTNER_ROLE}, StringEquals={"aws:SourceVpce": "vpce-0123"})],
        f"role/vendor of account {PARTNER} through vpce-0123 {READ}",
    ),
    "through a service": (
        EXTERNAL,
        [allow({"AWS": PARTNER_ROLE}, Bool={"aws:ViaAWSService": "true"})],
        f"role/vendor of account {PARTNER} through an AWS service {READ}",
    ),
    "service for an account": (
        SERVICES,
        [allow(CLOUDTRAIL, StringEquals={"aws:SourceAccount": PARTNER})],
        f"AWS service cloudtrail.amazonaws.com on behalf of account {PARTNER} {READ}",
    ),
    "service for nobody": (
        SERVICES,
        [allow(CLOUDTRAIL), *(deny(Null={key: "false"}) for key in ("aws:SourceArn", "aws:SourceAccount"))],
        f"AWS service cloudtrail.amazonaws.com without a source account {READ}",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_witness_text_says_who_from_where_and_what(name: str) -> None:
    control, statements, text = WORDS[name]
    assert witness_of(findings_for(*statements)[control]).text == text


def test_witness_text_tells_of_an_access_point() -> None:
    statements = [allow(EVERYONE, Null={"s3:DataAccessPointArn": "false"})]
    witness = witness_of(findings_for(*statements)[PUBLIC])
    assert "through an access point of its own" in witness.text
    assert str(witness.details["access point"]).startswith("arn:aws:s3:us-east-1:210987654321:accesspoint/")


def test_witness_text_tells_the_subject_of_a_token() -> None:
    finding = findings_for(trust_tokens(GITHUB, "repo:acme*"), kind="role", family="trust")[TRUST]
    witness = witness_of(finding)
    subject = witness.details["subject"]
    assert str(subject).startswith("repo:acme")
    assert f"a token for another subject with the subject {subject}" in witness.text
    assert "resource" not in witness.details


def test_witness_leaves_out_an_objects_key_and_what_the_caller_sends() -> None:
    secret = allow(EVERYONE, StringEquals={"aws:Referer": "a secret"}) | {"Resource": f"{BUCKET}/patients/doe.pdf"}
    witness = witness_of(findings_for(secret)[PUBLIC])
    assert "doe" not in witness.text + json.dumps(dict(witness.details))
    assert "secret" not in witness.text + json.dumps(dict(witness.details))
    assert witness.details["resource"] == f"{BUCKET}/*"
    assert witness.request.resource == f"{BUCKET}/patients/doe.pdf"


def test_witness_of_a_bucket_and_a_topic_names_it() -> None:
    listing = allow(EVERYONE) | {"Action": "s3:ListBucket", "Resource": BUCKET}
    assert witness_of(findings_for(listing)[PUBLIC]).details["resource"] == BUCKET
    publishing = findings_for(allow(EVERYONE, "topic"), kind="topic")[PUBLIC]
    assert witness_of(publishing).details["resource"] == TOPIC


def test_witness_of_a_resource_that_isnt_known_names_none() -> None:
    parsed = parse_resource_policy(Document({"Statement": [allow(EVERYONE, "topic") | {"Resource": "*"}]}))
    assert isinstance(parsed, ParsedPolicy)
    witness = witness_of(external_access.public_access(parsed, [evaluator.ANY]))
    assert "resource" not in witness.details
    assert witness.text == "an anonymous caller from 198.51.100.7 may sns:Publish"


def test_witness_details_are_those_of_its_request() -> None:
    own = allow({"AWS": ACCOUNT})
    witness = witness_of(findings_for(own, allow({"AWS": PARTNER_ROLE}))[EXTERNAL])
    assert witness.details == {
        "caller": "role/vendor",
        "account": PARTNER,
        "network": "from 198.51.100.7",
        "action": "s3:GetObject",
        "resource": f"{BUCKET}/*",
        "statement": 2,
    }
    request = witness.request
    assert request.context_is_complete
    assert request.principal.id.startswith(f"arn:aws:sts::{PARTNER}:assumed-role/vendor/")
    assert request.context["aws:principalarn"] == (PARTNER_ROLE,)


def test_services_finding_names_the_service_only_where_the_statement_does() -> None:
    assert "allows cloudtrail.amazonaws.com on behalf" in findings_for(allow(CLOUDTRAIL))[SERVICES].text
    assert "allows any service on behalf" in findings_for(allow(EVERYONE))[SERVICES].text
    some = findings_for(allow({"Service": "*"}))[SERVICES].text
    assert "on behalf of an untrusted account" in some


# Reports


def _verdict(finding: Finding) -> dict[str, Any]:
    control_run = ControlRun(ControlConfig(control_by_id("s3-no-external-access"), {}), [])
    return report._verdict(control_run, Verdict("s3-no-external-access", "urn", finding))


def test_report_has_the_details_of_a_witness_and_nothing_else_of_its_request() -> None:
    finding = findings_for(allow({"AWS": PARTNER_ROLE}))[EXTERNAL]
    written = json.loads(json.dumps(_verdict(finding)))
    assert written["witness"] == dict(witness_of(finding).details)
    assert written["found"] == finding.text
    assert "userid" not in json.dumps(written)


@pytest.mark.parametrize("finding", [passed("nobody gets in"), failed("the policy can't be parsed")])
def test_report_without_a_witness_has_null(finding: Finding) -> None:
    assert _verdict(finding)["witness"] is None


def test_no_control_shows_a_witness_for_what_passes_or_isnt_known() -> None:
    bound = allow(EVERYONE, StringEquals={"aws:PrincipalOrgID": ORGANIZATION})
    assert all(finding.witness is None for finding in findings_for(bound).values())
    unplaced = findings_for(allow(EVERYONE, StringEquals={"aws:SourceVpce": "vpce-0123"}, **SIGNED_BY_NO_SERVICE))
    assert all(finding.witness is None for finding in unplaced.values())
    assert FAIL not in statuses_for(bound).values()
