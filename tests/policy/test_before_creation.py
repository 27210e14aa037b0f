"""Findings that stop a resource from being created: about who has access, also those that are only unverified."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from hipaa_controls.catalogue import PREVIEW_CONTROLS
from tests.policy.pack_process import UNKNOWN, PackProcess, Resource, start_pack
from tests.policy.services.s3_stacks import companion, data_bucket, policy_text

OWN, OTHER = "111122223333", "999999999999"
NO_EXTERNAL_ACCESS = "s3-no-external-access"


@pytest.fixture(scope="module")
def up() -> Iterator[PackProcess]:
    with start_pack(PULUMI_DRY_RUN="false") as pack:
        yield pack


@pytest.fixture(scope="module")
def preview() -> Iterator[PackProcess]:
    with start_pack(PULUMI_DRY_RUN="true") as pack:
        yield pack


def policy_of(resource: str, account: str = OTHER, action: str = "*") -> str:
    """Return a policy that grants an account access to a resource."""
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return policy_text({"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource})


def trust_policy(account: str) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:root"}
    return policy_text({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def acting_for(account: str) -> str:
    return policy_text(
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": "kms:GenerateDataKey*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        }
    )


def topic_policy(account: str) -> str:
    allow = json.loads(policy_of(TOPIC, account, "sns:Publish"))["Statement"][0]
    plain_http = {"Bool": {"aws:SecureTransport": "false"}}
    return policy_text(allow, allow | {"Effect": "Deny", "Principal": "*", "Action": "sns:*", "Condition": plain_http})


TOPIC, QUEUE = f"arn:aws:sns:us-east-1:{OWN}:alerts", f"arn:aws:sqs:us-east-1:{OWN}:results"
ACCESS_POINT = f"arn:aws:s3:us-east-1:{OWN}:accesspoint/point"


def grants_to(account: str) -> dict[str, Resource]:
    """Return a resource that grants an account access, by the control that checks it."""
    point = {"bucket": "data", "name": "point", "policy": policy_of(f"{ACCESS_POINT}/object/*", account)}
    return {
        NO_EXTERNAL_ACCESS: companion("BucketPolicy", policy=policy_of("arn:aws:s3:::data/*", account)),
        "s3-access-point-private": Resource("aws:s3/accessPoint:AccessPoint", "point", point),
        "kms-no-external-access": Resource("aws:kms/key:Key", "key", {"policy": policy_of("*", account, "kms:*")}),
        "kms-confused-deputy": Resource("aws:kms/key:Key", "key", {"policy": acting_for(account)}),
        "sns-private": Resource(
            "aws:sns/topicPolicy:TopicPolicy", "topic", {"arn": TOPIC, "policy": topic_policy(account)}
        ),
        "sqs-no-external-access": Resource(
            "aws:sqs/queue:Queue", "queue", {"name": "results", "policy": policy_of(QUEUE, account)}
        ),
        "iam-role-trust-policy": Resource("aws:iam/role:Role", "role", {"assumeRolePolicy": trust_policy(account)}),
    }


def controls_that_stop(pack: PackProcess, resource: Resource, *shown_before: Resource) -> set[str]:
    """Return the controls of which a finding stops the creation of a resource."""
    for other in shown_before:
        pack.check_resource(other, shown_before)
    return {finding.policy for finding in pack.check_resource(resource, shown_before) if finding.mandatory}


@pytest.mark.parametrize("control", grants_to(OTHER))
def test_up_refuses_a_grant_to_an_account_that_may_not_be_the_stacks_own(up: PackProcess, control):
    up.check_resource(data_bucket())
    (finding,) = up.only_for(control).check_resource(grants_to(OTHER)[control])
    assert finding.mandatory
    assert "known yet" in finding.message


@pytest.mark.parametrize("control", grants_to(OWN))
def test_up_creates_a_grant_to_the_stacks_own_account(up: PackProcess, control):
    grant = grants_to(OWN)[control]
    own_provider = {"allowedAccountIds": json.dumps([OWN])}
    up.check_resource(data_bucket())
    assert up.only_for(control).check_resource(replace(grant, provider_config=own_provider)) == []
    assert up.only_for(control).check_resource(grant) != []


def test_up_refuses_an_access_grant_to_an_account_that_may_not_be_the_stacks_own(up: PackProcess):
    grantee = {"granteeType": "IAM", "granteeIdentifier": f"arn:aws:iam::{OTHER}:role/vendor"}
    grant = Resource("aws:s3control/accessGrant:AccessGrant", "grant", {"grantee": grantee})
    assert controls_that_stop(up, grant) == {NO_EXTERNAL_ACCESS}


def test_up_checks_the_document_itself_although_the_component_declares_another(up: PackProcess):
    clean = json.loads(policy_of("arn:aws:s3:::data/*", OWN))
    component = Resource("example:x:Component", "around", {"bucketPolicy": clean | {"Statement": []}})
    policy = companion("BucketPolicy", policy=policy_of("arn:aws:s3:::data/*"))
    child = replace(policy, parent="around")
    assert NO_EXTERNAL_ACCESS in controls_that_stop(up, child, data_bucket(), component)


def test_preview_leaves_a_document_that_is_not_known_yet_to_the_check_of_the_stack(preview: PackProcess):
    policy = companion("BucketPolicy", policy=UNKNOWN)
    assert controls_that_stop(preview, policy) == set()
    assert {NO_EXTERNAL_ACCESS} <= {finding.policy for finding in preview.evaluate_stack([data_bucket(), policy])}


def test_preview_reports_an_account_that_up_does_not_know_either(preview: PackProcess):
    """An ARN that AWS chose gives the account only to the check of the whole stack."""
    policy = companion("BucketPolicy", policy=policy_of("arn:aws:s3:::data/*", OWN))
    assert NO_EXTERNAL_ACCESS in controls_that_stop(preview, policy)


def test_analysis_of_a_saved_state_leaves_what_is_unverified_to_the_check_of_the_stack(pack: PackProcess):
    policy = companion("BucketPolicy", policy=policy_of("arn:aws:s3:::data/*", OWN))
    assert NO_EXTERNAL_ACCESS not in controls_that_stop(pack, policy)


def test_up_allows_an_unverified_finding_that_the_config_allows(up: PackProcess):
    up.configure(s3_no_external_access={"unverifiedLevel": "advisory"})
    policy = companion("BucketPolicy", policy=policy_of("arn:aws:s3:::data/*"))
    stopped = controls_that_stop(up, policy)
    up.configure()
    assert NO_EXTERNAL_ACCESS not in stopped


def test_up_leaves_other_controls_to_the_check_of_the_stack(up: PackProcess):
    """Only a grant does harm before the whole stack is checked."""
    verified_before = {control.id for control in PREVIEW_CONTROLS if control.verified_before_creation}
    stopped = controls_that_stop(up, companion("BucketPolicy", policy=UNKNOWN))
    assert stopped
    assert stopped <= verified_before
