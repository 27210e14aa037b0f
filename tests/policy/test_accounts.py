"""The stack's own account: what gives it, what doesn't, and two sources that disagree."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator

import pulumi_aws
import pytest

from crossguard.accounts import account_sources, disagreements, known_account
from crossguard.providers import Provider
from crossguard.resource_types import BUCKET, OWNED_BY_CALLER
from crossguard.resources import PulumiResource
from tests.policy.assertions import failed_resources, findings_for, unverified_resources
from tests.policy.pack_process import PackProcess, Resource
from tests.policy.services.s3_stacks import companion, data_bucket, policy_text

OWN, OTHER = "111122223333", "999999999999"
NO_EXTERNAL_ACCESS = "s3-no-external-access"
ROLE, TOPIC, KEY = "aws:iam/role:Role", "aws:sns/topic:Topic", "aws:kms/key:Key"
EVENT_BUS = f"arn:aws:events:us-east-1:{OTHER}:event-bus/central"


def grant_to_role_of(account: str, **provider: str) -> list[Resource]:
    """Return a bucket that a role of this account may read, at a first preview."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:role/reader"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::data/*",
    }
    policy = companion("BucketPolicy", policy=policy_text(statement))
    return [data_bucket(), Resource(policy.type, policy.name, policy.inputs, provider_config=provider)]


def created(name: str = "created", type_: str = ROLE, account: str = OWN, **inputs: str) -> Resource:
    """Return a resource that exists, with an ARN of an account."""
    arn = f"arn:aws:iam::{account}:role/reader"
    return Resource(type_, name, {"path": "/"} | inputs, outputs={"arn": arn})


PROVIDERS = [
    {"allowedAccountIds": json.dumps([OWN])},
    {"assumeRole": json.dumps({"roleArn": f"arn:aws:iam::{OWN}:role/deployer"})},
    {"assumeRoleWithWebIdentity": json.dumps({"roleArn": f"arn:aws:iam::{OWN}:role/deployer"})},
    {"assumeRoles": json.dumps([{"roleArn": f"arn:aws:iam::{account}:role/deployer"} for account in (OTHER, OWN)])},
]
PROVIDER_IDS = ["allowedAccountIds", "assumeRole", "assumeRoleWithWebIdentity", "last of assumeRoles"]


@pytest.mark.parametrize("provider", PROVIDERS, ids=PROVIDER_IDS)
def test_provider_gives_the_account_at_the_first_preview(pack: PackProcess, provider):
    assert findings_for(pack, NO_EXTERNAL_ACCESS, grant_to_role_of(OWN, **provider)) == []
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, grant_to_role_of(OTHER, **provider)) == {"it"}


@pytest.fixture
def pack_with_account(pack: PackProcess) -> Iterator[PackProcess]:
    pack.configure(pack_config={"account": OWN})
    yield pack
    pack.configure()


def test_option_gives_the_account_at_the_first_preview(pack_with_account: PackProcess):
    assert findings_for(pack_with_account, NO_EXTERNAL_ACCESS, grant_to_role_of(OWN)) == []
    assert failed_resources(pack_with_account, NO_EXTERNAL_ACCESS, grant_to_role_of(OTHER)) == {"it"}


def test_arn_that_aws_chose_gives_the_account(pack: PackProcess):
    assert findings_for(pack, NO_EXTERNAL_ACCESS, [created(), *grant_to_role_of(OWN)]) == []
    assert failed_resources(pack, NO_EXTERNAL_ACCESS, [created(), *grant_to_role_of(OTHER)]) == {"it"}


NO_SOURCES = {
    "nothing": [],
    "an event target's ARN": [
        Resource("aws:cloudwatch/eventTarget:EventTarget", "target", {"arn": EVENT_BUS}, outputs={"arn": EVENT_BUS})
    ],
    "an ARN among the inputs": [created("other", account=OTHER, arn=f"arn:aws:iam::{OTHER}:role/reader")],
    "the ARN of a subscription to another account's topic": [
        created(
            "subscription",
            "aws:sns/topicSubscription:TopicSubscription",
            OTHER,
            topic=f"arn:aws:sns:us-east-1:{OTHER}:alerts",
        )
    ],
    "a key that the program only reads": [Resource(KEY, "read", {}, outputs={"arn": f"arn:aws:kms:r:{OTHER}:key/k"})],
    "a key policy": [
        Resource(
            KEY,
            "key",
            {
                "policy": policy_text(
                    {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": "kms:*", "Resource": "*"},
                )
            },
        )
    ],
    "a component's input": [Resource("example:x:Component", "component", {"account": OTHER})],
}


@pytest.mark.parametrize("resources", NO_SOURCES.values(), ids=NO_SOURCES.keys())
def test_input_gives_no_account(pack: PackProcess, resources):
    for account in (OWN, OTHER):
        stack = [*resources, *grant_to_role_of(account)]
        assert unverified_resources(pack, NO_EXTERNAL_ACCESS, stack) == {"it"}


def test_input_does_not_contradict_an_arn_that_aws_chose(pack: PackProcess):
    inputs = [resource for resources in NO_SOURCES.values() for resource in resources]
    findings = pack.evaluate_stack([created(), *inputs, *grant_to_role_of(OWN)])
    assert [finding for finding in findings if finding.policy in ("pack-config", NO_EXTERNAL_ACCESS)] == []


def test_sources_that_disagree_are_an_error_that_names_both(pack_with_account: PackProcess):
    stack = grant_to_role_of(OWN, allowedAccountIds=json.dumps([OTHER]))
    findings = pack_with_account.evaluate_stack(stack)
    (error,) = [finding for finding in findings if finding.policy == "pack-config"]
    assert error.mandatory
    for text in (
        f"{OTHER} according to allowedAccountIds of the provider default",
        f"{OWN} according to the option account of pack-config",
        "Fix: ",
    ):
        assert text in error.message
    assert unverified_resources(pack_with_account, NO_EXTERNAL_ACCESS, stack) == {"it"}


@pytest.mark.parametrize("account", [123456789012, "12345678901", "１１１１２２２２３３３３", ""])
def test_option_that_is_not_an_account_is_an_error(pack: PackProcess, account):
    pack.configure(pack_config={"account": account})
    findings = pack.evaluate_stack(grant_to_role_of(OWN))
    pack.configure()
    (error,) = [finding for finding in findings if finding.policy == "pack-config"]
    assert "12 digits" in error.message
    assert NO_EXTERNAL_ACCESS in {finding.policy for finding in findings}


def resource(type_: str, provider: Provider, arn: str) -> PulumiResource:
    return PulumiResource("urn::created", type_, {"name": "x"}, provider=provider, outputs={"arn": arn})


def test_account_sources_are_separate_for_each_provider():
    here = Provider("here", accounts={OWN: "allowedAccountIds of the provider here"})
    there = Provider("there")
    arn = f"arn:aws:sns:us-east-1:{OTHER}:alerts"
    sources = account_sources([resource(BUCKET, here, ""), resource(TOPIC, there, arn)], None)
    assert {provider: known_account(found) for provider, found in sources.items()} == {"here": OWN, "there": OTHER}
    assert disagreements(sources) == []


def test_two_arns_of_one_provider_that_disagree_give_no_account():
    arns = [f"arn:aws:sns:us-east-1:{account}:alerts" for account in (OWN, OTHER)]
    sources = account_sources([resource(TOPIC, Provider("here"), arn) for arn in arns], None)
    assert known_account(sources["here"]) is None
    (error,) = disagreements(sources)
    assert OWN in error
    assert OTHER in error


@pytest.mark.parametrize("token", sorted(OWNED_BY_CALLER))
def test_type_whose_arn_aws_chooses_has_no_arn_input(token):
    package, class_name = token.split(":")[1].split("/")[0], token.split(":")[2]
    module = getattr(pulumi_aws, {"lambda": "lambda_"}.get(package, package))
    assert "arn" not in inspect.signature(getattr(module, f"{class_name}Args").__init__).parameters
