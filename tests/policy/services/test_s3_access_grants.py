"""S3 Access Grants: the resource policy of the instance, the grantees and the locations."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource
from tests.policy.services.s3_stacks import ACCOUNT, ACCOUNT_KEY, ROOT, policy_text

CONTROL, LOCATION = "s3-no-external-access", "s3-access-grants-location"
FOREIGN = "999999999999"
INSTANCE = f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"
DIRECTORY_ID = "a1b2c3d4-5678-90ab-cdef-111111111111"


def resource(type_name: str, **inputs: Any) -> Resource:
    return Resource(f"aws:s3control/{type_name[0].lower()}{type_name[1:]}:{type_name}", "it", inputs)


def policy_for(principal: Any, action: Any = "s3:GetDataAccess", **elements: Any) -> Resource:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": INSTANCE} | elements
    return resource("AccessGrantsInstanceResourcePolicy", policy=policy_text(statement))


def grant_to(identifier: Any, kind: Any = "IAM") -> Resource:
    grantee = {"granteeType": kind, "granteeIdentifier": identifier}
    return resource("AccessGrant", grantee=grantee, permission="READ", accessGrantsLocationId="default")


def test_grant_to_a_role_of_the_stack_passes_only_if_it_is_in_the_same_account(pack: PackProcess):
    role = Resource("aws:iam/role:Role", "role", {"name": "reader"}, account=ACCOUNT)
    grant = replace(grant_to(UNKNOWN), comes_from={"grantee": ["role"]}, account=ACCOUNT)
    assert findings_for(pack, CONTROL, [role, grant]) == []
    elsewhere = replace(role, account=FOREIGN, provider="other")
    assert unverified_resources(pack, CONTROL, [elsewhere, grant]) == {"it"}


def location_of(scope: Any) -> Resource:
    return resource("AccessGrantsLocation", iamRoleArn=f"arn:aws:iam::{ACCOUNT}:role/grants", locationScope=scope)


def test_instance_itself_needs_no_judgment(pack: PackProcess):
    findings = pack.evaluate_stack([resource("AccessGrantsInstance", identityCenterArn=UNKNOWN)])
    assert not [finding for finding in findings if finding.resource == "it"]


@pytest.mark.parametrize("action", ["s3:GetDataAccess", "s3:*", "*", ["s3:ListAccessGrants"]])
def test_resource_policy_for_another_account_fails(pack: PackProcess, action):
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, policy_for({"AWS": ROOT}, action)]) == set()
    for principal in ({"AWS": f"arn:aws:iam::{FOREIGN}:root"}, {"AWS": FOREIGN}, "*", {"AWS": "*"}):
        (finding,) = findings_for(pack, CONTROL, [ACCOUNT_KEY, policy_for(principal, action)])
        assert finding.resource == "it"
        assert "access-grants/" in finding.message


def test_witness_of_a_resource_policy_requests_credentials(pack: PackProcess):
    (finding,) = findings_for(pack, CONTROL, [ACCOUNT_KEY, policy_for("*", "s3:*")])
    assert "s3:GetDataAccess" in finding.message


def test_resource_policy_for_a_trusted_account_or_the_own_organization_passes(pack: PackProcess):
    organization = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}
    pack.configure(s3_no_external_access={"accounts": [FOREIGN], "organizations": ["o-1234567890"]})
    failed = [
        failed_resources(pack, CONTROL, [ACCOUNT_KEY, policy])
        for policy in (policy_for({"AWS": FOREIGN}), policy_for("*", **organization))
    ]
    pack.configure()
    assert failed == [set(), set()]


def test_resource_policy_in_a_region_or_account_that_is_not_known_is_still_searched(pack: PackProcess):
    policy = replace(policy_for("*"), region=None)
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, policy]) == {"it"}
    assert failed_resources(pack, CONTROL, [policy_for("*", "s3:*", Resource=f"{INSTANCE}/location/*")]) == {"it"}
    assert unverified_resources(pack, CONTROL, [policy_for({"AWS": FOREIGN})]) == {"it"}


@pytest.mark.parametrize("text", [UNKNOWN, "{", ""])
def test_resource_policy_that_is_unknown_or_malformed_does_not_pass(pack: PackProcess, text):
    policy = resource("AccessGrantsInstanceResourcePolicy", policy=text)
    unverified = text == UNKNOWN
    assert (unverified_resources if unverified else failed_resources)(pack, CONTROL, [ACCOUNT_KEY, policy]) == {"it"}


def test_grant_to_a_role_or_user_of_another_account_fails(pack: PackProcess):
    for path in ("role/app", "user/bob"):
        assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, grant_to(f"arn:aws:iam::{ACCOUNT}:{path}")]) == set()
        (finding,) = findings_for(pack, CONTROL, [ACCOUNT_KEY, grant_to(f"arn:aws:iam::{FOREIGN}:{path}")])
        assert finding.resource == "it"
        assert f"account {FOREIGN}, which isn't trusted" in finding.message


def test_grant_to_an_account_is_unverified_while_the_stacks_own_is_unknown(pack: PackProcess):
    assert unverified_resources(pack, CONTROL, [grant_to(f"arn:aws:iam::{FOREIGN}:role/app")]) == {"it"}


def test_grant_to_an_account_of_the_config_passes(pack: PackProcess):
    pack.configure(s3_no_external_access={"accounts": [FOREIGN]})
    failed = failed_resources(pack, CONTROL, [ACCOUNT_KEY, grant_to(f"arn:aws:iam::{FOREIGN}:role/app")])
    pack.configure()
    assert failed == set()


@pytest.mark.parametrize("token", ["aws:iam/role:Role", "aws:iam/user:User"])
def test_grant_to_a_role_or_user_of_the_stack_passes(pack: PackProcess, token):
    grant = replace(grant_to(UNKNOWN), comes_from={"grantee": ["grantee"]})
    stack = [ACCOUNT_KEY, Resource(token, "grantee", {"name": "app"}), grant]
    assert failed_resources(pack, CONTROL, stack) == set()


def test_role_of_the_stack_does_not_hide_a_role_of_that_name_in_another_account(pack: PackProcess):
    role = Resource("aws:iam/role:Role", "role", {"name": "app"})
    assert failed_resources(pack, CONTROL, [ACCOUNT_KEY, role, grant_to(f"arn:aws:iam::{FOREIGN}:role/app")]) == {"it"}


@pytest.mark.parametrize("kind", ["DIRECTORY_USER", "DIRECTORY_GROUP"])
def test_grant_to_a_directory_identity_is_unverified_unless_the_config_lists_it(pack: PackProcess, kind):
    stack = [ACCOUNT_KEY, grant_to(DIRECTORY_ID, kind)]
    assert unverified_resources(pack, CONTROL, stack) == {"it"}
    pack.configure(s3_no_external_access={"ids": [DIRECTORY_ID]})
    failed = failed_resources(pack, CONTROL, stack)
    pack.configure()
    assert failed == set()


@pytest.mark.parametrize(
    ("identifier", "kind"), [(UNKNOWN, "IAM"), (UNKNOWN, UNKNOWN), (f"arn:aws:iam::{ACCOUNT}:role/app", UNKNOWN)]
)
def test_grant_to_an_unknown_grantee_is_unverified(pack: PackProcess, identifier, kind):
    assert unverified_resources(pack, CONTROL, [ACCOUNT_KEY, grant_to(identifier, kind)]) == {"it"}
    assert unverified_resources(pack, CONTROL, [ACCOUNT_KEY, resource("AccessGrant", grantee=UNKNOWN)]) == {"it"}


@pytest.mark.parametrize("identifier", [None, "", "app", "arn:aws:iam::*:role/app"])
def test_grantee_that_is_no_arn_fails_and_is_not_shown(pack: PackProcess, identifier):
    (finding,) = findings_for(pack, CONTROL, [ACCOUNT_KEY, grant_to(identifier)])
    assert finding.resource == "it"
    assert "is not the ARN of a user or role" in finding.message


def test_location_has_to_name_a_bucket(pack: PackProcess):
    for scope in ("s3://data", "s3://data/*", "s3://data/reports/*", "S3://data/"):
        assert failed_resources(pack, LOCATION, [location_of(scope)]) == set()
    for scope in ("s3://", "s3://*", "", None):
        assert failed_resources(pack, LOCATION, [location_of(scope)]) == {"it"}
    assert unverified_resources(pack, LOCATION, [location_of(UNKNOWN)]) == {"it"}


def test_grant_and_policy_are_judged_before_they_exist(pack: PackProcess):
    own_account = {"allowedAccountIds": f'["{ACCOUNT}"]'}
    for grant in (grant_to(f"arn:aws:iam::{FOREIGN}:role/app"), policy_for({"AWS": FOREIGN})):
        findings = pack.check_resource(replace(grant, provider_config=own_account))
        assert CONTROL in {finding.policy for finding in findings if finding.mandatory}
