"""RAM: the principals with which resources are shared."""

from __future__ import annotations

from typing import Any

import pytest

from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.sample_stacks import ACCOUNT

CONTROL = "ram-no-external-sharing"
OTHER_ACCOUNT = "444455556666"
ORGANIZATION = f"arn:aws:organizations::{OTHER_ACCOUNT}:organization/o-abcdefghij"
UNIT = f"arn:aws:organizations::{OTHER_ACCOUNT}:ou/o-abcdefghij/ou-ab12-11111111"


def share(**inputs: Any) -> Resource:
    return Resource("aws:ram/resourceShare:ResourceShare", "share", {"name": "vaults"} | inputs, account=ACCOUNT)


def principal(value: Any, name: str = "principal", account: str | None = ACCOUNT) -> Resource:
    inputs = {"principal": value, "resourceShareArn": UNKNOWN}
    return Resource("aws:ram/principalAssociation:PrincipalAssociation", name, inputs, account=account)


@pytest.mark.parametrize(
    "value",
    [
        OTHER_ACCOUNT,
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/reader",
        f"arn:aws:iam::{OTHER_ACCOUNT}:user/path/reader",
        ORGANIZATION,
        UNIT,
    ],
)
def test_only_the_share_with_an_untrusted_principal_fails(pack: PackProcess, value):
    stack = [share(), principal(ACCOUNT, "own"), principal(f"arn:aws:iam::{ACCOUNT}:role/x", "role"), principal(value)]
    assert failed_resources(pack, CONTROL, stack) == {"principal"}


@pytest.mark.parametrize(
    "value", [UNKNOWN, None, "", "pca-connector-ad.amazonaws.com", "4444555566667", f"{ORGANIZATION}\n"]
)
def test_principal_that_is_not_known_is_unverified(pack: PackProcess, value):
    assert unverified_resources(pack, CONTROL, [principal(value)]) == {"principal"}


def test_account_is_unverified_while_the_own_account_is_not_known(pack: PackProcess):
    assert unverified_resources(pack, CONTROL, [principal(OTHER_ACCOUNT, account=None)]) == {"principal"}


def shared_resource(share_arn: Any, *sources: str, name: str = "shared") -> Resource:
    inputs = {"resourceArn": f"arn:aws:backup:us-east-1:{ACCOUNT}:backup-vault:phi", "resourceShareArn": share_arn}
    comes_from = {"resourceShareArn": sources}
    return Resource(
        "aws:ram/resourceAssociation:ResourceAssociation", name, inputs, comes_from=comes_from, account=ACCOUNT
    )


def test_resource_in_a_share_of_the_stack_passes(pack: PackProcess):
    arn = f"arn:aws:ram:us-east-1:{ACCOUNT}:resource-share/12345678"
    created = Resource(share().type, "created", {"name": "vaults"}, account=ACCOUNT, outputs={"arn": arn})
    stack = [share(), shared_resource(UNKNOWN, "share"), created, shared_resource(arn, name="second")]
    assert findings_for(pack, CONTROL, stack) == []


@pytest.mark.parametrize("sources", [(), ("share", "other")])
def test_resource_in_a_share_of_another_stack_is_unverified(pack: PackProcess, sources):
    other = Resource("pulumi:pulumi:StackReference", "other", {"name": "other"}, provider=None)
    arn = f"arn:aws:ram:us-east-1:{ACCOUNT}:resource-share/12345678"
    for value in (UNKNOWN, arn):
        assert unverified_resources(pack, CONTROL, [share(), other, shared_resource(value, *sources)]) == {"shared"}


@pytest.mark.parametrize(("allowed", "fails"), [(True, True), ("true", True), (False, False), (None, False)])
def test_share_fails_only_if_it_allows_external_principals(pack: PackProcess, allowed, fails):
    stack = [share(allowExternalPrincipals=allowed)]
    assert failed_resources(pack, CONTROL, stack) == ({"share"} if fails else set())
    assert unverified_resources(pack, CONTROL, [share(allowExternalPrincipals=UNKNOWN)]) == {"share"}


@pytest.mark.parametrize(("retains", "unverified"), [(True, True), (UNKNOWN, True), (False, False)])
def test_share_that_may_outlast_the_organization_is_unverified(pack: PackProcess, retains, unverified):
    stack = [share(resourceShareConfiguration={"retainSharingOnAccountLeaveOrganization": retains})]
    assert unverified_resources(pack, CONTROL, stack) == ({"share"} if unverified else set())
    assert findings_for(pack, CONTROL, [share(resourceShareConfiguration={})]) == []


def test_share_whose_configuration_is_not_known_is_unverified(pack: PackProcess):
    assert unverified_resources(pack, CONTROL, [share(resourceShareConfiguration=UNKNOWN)]) == {"share"}


def test_trusted_account_and_organization_pass():
    with start_pack() as pack:
        pack.configure(ram_no_external_sharing={"accounts": [OTHER_ACCOUNT], "organizations": ["o-abcdefghij"]})
        values = (OTHER_ACCOUNT, ORGANIZATION, UNIT)
        principals = [principal(value, f"principal-{number}") for number, value in enumerate(values)]
        assert findings_for(pack, CONTROL, [share(allowExternalPrincipals=True), *principals]) == []
        other = principal(ORGANIZATION.replace("o-abc", "o-xyz"))
        assert failed_resources(pack, CONTROL, [other]) == {"principal"}
