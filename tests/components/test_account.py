"""The account that the program deploys to, on mocks: its providers, its deployer, and the principals that it checks."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import _types

from components.account import Account, compliance_tags
from components.named_principals import check_administrators, check_organization
from tests.components.mocked_stack import (
    ACCOUNT_ID,
    DEPLOYER,
    ORGANIZATION_ID,
    RecordingMonitor,
    RegisteredResource,
    declared_types,
    run_main,
)

HOME = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)

SESSION_CONTEXT = "aws:iam/getSessionContext:getSessionContext"
ORGANIZATION = "aws:organizations/getOrganization:getOrganization"
ROLE, USER = "aws:iam/getRole:getRole", "aws:iam/getUser:getUser"

# The provider's settings in the form in which Pulumi passes them to a program and to the provider.
PROVIDER_SETTINGS = {
    "accessKey": "AKIAIOSFODNN7EXAMPLE",
    "assumeRoleWithWebIdentity": '{"roleArn": "arn:aws:iam::111122223333:role/ci", "webIdentityTokenFile": "/token"}',
    "assumeRoles": '[{"externalId": "acme", "roleArn": "arn:aws:iam::111122223333:role/deployer"}]',
    "customCaBundle": "/etc/ssl/hospital.pem",
    "ec2MetadataServiceEndpoint": "http://169.254.169.254",
    "ec2MetadataServiceEndpointMode": "IPv4",
    "endpoints": '[{"s3": "https://s3.internal"}]',
    "httpProxy": "http://proxy:3128",
    "httpsProxy": "http://proxy:3129",
    "ignoreTags": '{"keyPrefixes": ["aws-backup"]}',
    "insecure": "false",
    "maxRetries": "7",
    "noProxy": "localhost",
    "profile": "hospital",
    "retryMode": "adaptive",
    "s3UsEast1RegionalEndpoint": "regional",
    "s3UsePathStyle": "true",
    "secretKey": "wJalrXUtnFEMI",
    "sharedConfigFiles": '["/config"]',
    "sharedCredentialsFiles": '["/credentials"]',
    "skipCredentialsValidation": "true",
    "skipMetadataApiCheck": "true",
    "skipRegionValidation": "false",
    "skipRequestingAccountId": "true",
    "stsRegion": "us-east-1",
    "tagPolicyCompliance": "warning",
    "token": "session-token",
    "tokenBucketRateLimiterCapacity": "100",
    "useDualstackEndpoint": "true",
    "useFipsEndpoint": "true",
    "userAgents": '["phi"]',
}
DECIDED_BY_PROGRAM = {"region", "allowedAccountIds", "forbiddenAccountIds", "defaultTags"}
SECRETS = {"accessKey", "secretKey", "token"}
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # how Pulumi marks a secret in what it sends to the engine


def plain(value: object) -> object:
    """Return a provider's input without the mark of a secret, and parsed if it is JSON."""
    value = value["value"] if isinstance(value, dict) else value
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


def providers(**settings: str) -> list[RegisteredResource]:
    return run_main("prod", provider_settings=settings).resources_of_type("aws")


def test_provider_settings_of_these_tests_are_all_those_of_the_sdk():
    """A setting that a newer SDK adds must be tried here too."""
    names = set(_types.input_type_py_to_pulumi_names(aws.ProviderArgs).values())
    assert names == PROVIDER_SETTINGS.keys() | DECIDED_BY_PROGRAM
    assert len(names) == len(inspect.signature(aws.ProviderArgs).parameters)


@pytest.mark.parametrize("region", ["aws", "replica-region"])
def test_provider_of_each_region_has_every_setting_of_the_default_provider(region):
    (provider,) = [provider for provider in providers(**PROVIDER_SETTINGS) if provider.name == region]
    inputs = {name: plain(value) for name, value in provider.inputs.items() if name not in DECIDED_BY_PROGRAM}
    assert inputs == {name: plain(value) for name, value in PROVIDER_SETTINGS.items()}


def test_providers_have_only_the_programs_own_settings_if_none_are_configured():
    defaults = {"skipCredentialsValidation", "skipRegionValidation"}  # the SDK sets these itself
    assert {name for provider in providers() for name in provider.inputs} - defaults == {
        "region",
        "allowedAccountIds",
        "defaultTags",
    }


def test_providers_replace_the_configured_accounts_by_the_stacks_own():
    """The AWS provider accepts forbidden account IDs only without allowed ones."""
    for provider in providers(allowedAccountIds=f'["{ACCOUNT_ID}", "444455556666"]', forbiddenAccountIds='["5"]'):
        assert provider.inputs["allowedAccountIds"] == f'["{ACCOUNT_ID}"]'
        assert "forbiddenAccountIds" not in provider.inputs


def test_credentials_and_settings_that_are_secrets_stay_secrets():
    stack = run_main("prod", provider_settings=PROVIDER_SETTINGS, secret_keys=["aws:httpProxy", "aws:assumeRoles"])
    for provider in stack.resources_of_type("aws"):
        secret = {name for name, value in provider.inputs.items() if SECRET_SIGNATURE in json.dumps(value)}
        assert secret == {*SECRETS, "httpProxy", "assumeRoles"}


@pytest.mark.parametrize(("name", "hint"), [("assumeRole", "did you mean aws:assumeRoles\\? "), ("zzz", "")])
def test_provider_setting_that_the_sdk_does_not_know_raises_run_error(name, hint):
    with pytest.raises(pulumi.RunError, match=rf"aws:{name} isn't a setting of the AWS provider; {hint}Remove it"):
        run_main("dev", provider_settings={name: "hunter2"})


def test_settings_of_the_package_are_no_settings_of_a_provider():
    """Pulumi reads them itself, to find the plugin."""
    stack = run_main("dev", provider_settings={"version": "7.51.1", "pluginDownloadURL": "https://plugins.internal"})
    (provider,) = [resource for resource in stack.registered if resource.type == "pulumi:providers:aws"]
    assert not {"version", "pluginDownloadURL"} & provider.inputs.keys()


def test_provider_setting_that_is_not_json_raises_run_error_without_its_value():
    with pytest.raises(pulumi.RunError, match=r"aws:endpoints is invalid.*pulumi config rm aws:endpoints") as raised:
        run_main("dev", provider_settings={"endpoints": "https://hunter2"})
    assert "hunter2" not in str(raised.value)


# Tags.


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({}, {"Compliance": "HIPAA"}),
        ({"Project": "phi"}, {"Compliance": "HIPAA", "Project": "phi"}),
        ({"Compliance": "HITRUST"}, {"Compliance": "HITRUST"}),
        ({"compliance": "hipaa"}, {"compliance": "hipaa"}),
    ],
)
def test_compliance_tags_add_the_tag_unless_the_stack_has_its_own(tags, expected):
    assert compliance_tags(tags) == expected


# The deployer.


@pytest.mark.parametrize(
    "deployer",
    [
        f"arn:aws:iam::{ACCOUNT_ID}:role/aws-reserved/sso.amazonaws.com/us-east-1/AWSReservedSSO_Admin_0123456789abcdef",
        f"arn:aws:iam::{ACCOUNT_ID}:role/deployment/ci",
        f"arn:aws:iam::{ACCOUNT_ID}:user/people/alice",
    ],
)
def test_deployer_is_exempted_by_its_whole_arn(deployer):
    stack = run_main("dev", responses={SESSION_CONTEXT: {"issuerArn": deployer}})
    for policy in stack.resources_of_type("BucketPolicy"):
        (statement,) = [
            statement for statement in policy.policy["Statement"] if statement["Sid"] == "DenyProtectionChanges"
        ]
        assert statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"][0] == deployer


@pytest.mark.parametrize(
    "deployer",
    [
        f"arn:aws:iam::{ACCOUNT_ID}:root",
        f"arn:aws:sts::{ACCOUNT_ID}:federated-user/alice",
        f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployer/session",
        "arn:aws:iam::444455556666:role/deployer",
        f"arn:aws-cn:iam::{ACCOUNT_ID}:role/deployer",
    ],
)
def test_deployer_that_is_no_role_or_user_of_the_account_raises_run_error(deployer):
    with pytest.raises(pulumi.RunError, match="must be deployed by an IAM role or user of account"):
        run_main("dev", responses={SESSION_CONTEXT: {"issuerArn": deployer}})


def failing(reason: str) -> Callable[..., object]:
    """Return a function of the SDK that fails as Pulumi's do."""

    def call(**_: object) -> object:
        raise Exception(f"invoke of aws:a/b:c failed: invocation of aws:a/b:c returned an error: {reason}")

    return call


def test_deployer_whose_role_cannot_be_read_raises_run_error_with_the_permission(monkeypatch):
    monkeypatch.setattr(aws.iam, "get_session_context", failing("AccessDenied: iam:GetRole"))
    with pytest.raises(
        pulumi.RunError, match=r"deploys the stack: AccessDenied.*needs iam:GetRole.*get-role --role-name deployer"
    ):
        run_main("dev")


# The organization and the bucket administrators.


def test_organization_of_the_account_is_accepted():
    stack = run_main("dev", organizationId=ORGANIZATION_ID)
    assert ORGANIZATION in stack.aws.called_functions


def test_organization_is_not_looked_up_without_the_setting():
    assert ORGANIZATION not in run_main("dev").aws.called_functions


def test_other_organization_raises_run_error_before_any_resource_is_declared(monkeypatch):
    declared: list[str] = []
    register = RecordingMonitor.RegisterResource

    def recording(monitor, request):
        declared.append(request.type)
        return register(monitor, request)

    monkeypatch.setattr(RecordingMonitor, "RegisterResource", recording)
    with pytest.raises(pulumi.RunError, match=r"pulumi config set phi:organizationId o-zzzzzzzzzz"):
        run_main("dev", organizationId=ORGANIZATION_ID, responses={ORGANIZATION: {"id": "o-zzzzzzzzzz"}})
    assert set(declared) <= {"pulumi:pulumi:Stack"}


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("AWSOrganizationsNotInUseException", r"NotInUseException.*pulumi config rm phi:organizationId"),
        ("AccessDeniedException", r"needs organizations:DescribeOrganization.*aws organizations describe-organization"),
    ],
)
def test_organization_that_aws_does_not_confirm_raises_run_error(monkeypatch, reason, message):
    monkeypatch.setattr(aws.organizations, "get_organization", failing(reason))
    with pytest.raises(pulumi.RunError, match=message):
        check_organization(ORGANIZATION_ID)


FOREIGN = "arn:aws:iam::444455556666:role/admin"


def test_administrators_that_exist_are_accepted():
    users = [DEPLOYER, f"arn:aws:iam::{ACCOUNT_ID}:user/alice"]
    assert {ROLE, USER} <= run_main("dev", bucketAdministrators=json.dumps(users)).aws.called_functions


def test_administrator_of_another_account_is_accepted_only_with_an_organization():
    run_main("dev", bucketAdministrators=json.dumps([FOREIGN]), organizationId=ORGANIZATION_ID)
    with pytest.raises(
        pulumi.RunError, match=rf"\[0\] is {FOREIGN}; it must be a role or a user of account {ACCOUNT_ID}"
    ):
        run_main("dev", bucketAdministrators=json.dumps([FOREIGN]))


def test_administrator_in_another_partition_raises_run_error():
    with pytest.raises(pulumi.RunError, match=r"bucketAdministrators\[0\]"):
        run_main(
            "dev",
            bucketAdministrators=json.dumps([f"arn:aws-cn:iam::{ACCOUNT_ID}:role/admin"]),
            organizationId=ORGANIZATION_ID,
        )


def test_administrator_with_another_path_raises_run_error_with_the_arn_that_exists():
    existing = f"arn:aws:iam::{ACCOUNT_ID}:role/teams/admin"
    with pytest.raises(pulumi.RunError, match=rf"--path 'phi:bucketAdministrators\[0\]' {existing}"):
        run_main(
            "dev",
            bucketAdministrators=json.dumps([f"arn:aws:iam::{ACCOUNT_ID}:role/admin"]),
            responses={ROLE: {"arn": existing}},
        )


@pytest.mark.parametrize("kind", ["role", "user"])
def test_administrator_that_does_not_exist_raises_run_error(monkeypatch, kind):
    monkeypatch.setattr(aws.iam, f"get_{kind}", failing("NoSuchEntity"))
    with pytest.raises(pulumi.RunError, match=rf"NoSuchEntity.*aws iam get-{kind} --{kind}-name ghost"):
        check_administrators(HOME, [f"arn:aws:iam::{ACCOUNT_ID}:{kind}/people/ghost"], None)


@pytest.mark.parametrize(
    "arn", [f"arn:aws:iam::{ACCOUNT_ID}:policy/team/boundary", "arn:aws:iam::aws:policy/PowerUserAccess"]
)
def test_permissions_boundary_of_the_account_or_of_aws_is_accepted(arn):
    roles = run_main("dev", permissionsBoundary=arn).resources_of_type("Role")
    assert {role.inputs["permissionsBoundary"] for role in roles} == {arn}


@pytest.mark.parametrize(
    "arn", ["arn:aws:iam::444455556666:policy/boundary", f"arn:aws-us-gov:iam::{ACCOUNT_ID}:policy/boundary"]
)
def test_permissions_boundary_of_another_account_raises_run_error_before_any_resource(monkeypatch, arn):
    types = declared_types(monkeypatch)
    fix = f"pulumi config set phi:permissionsBoundary arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
    with pytest.raises(pulumi.RunError, match=f"^phi:permissionsBoundary is {arn}; .* {fix}$"):
        run_main("dev", permissionsBoundary=arn)
    assert set(types) <= {"pulumi:pulumi:Stack"}
