"""Who reaches PHI: what each role may do and who may take it, and how a role is declared."""

from __future__ import annotations

import json

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN

from components import access
from components.access import Access, AccessArgs
from components.account import Account
from components.iam_role import IamRole
from components.stack_context import StackContext
from hipaa import evaluator
from phi.audit.calls.catalogue import CALLS, STACK_CALLS
from phi.stack.application_trust import ApplicationTrust
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_program

ALLOWED, IMPLICIT_DENY = evaluator.Outcome.ALLOWED, evaluator.Outcome.IMPLICIT_DENY
OTHER_ACCOUNT_ID = "444455556666"
HOME = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"

PHI, LOGS, TRAIL = (f"arn:aws:s3:::phi-dev-{each}-{ACCOUNT_ID}-us-east-1" for each in ("phi", "access-logs", "trail"))
PHI_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit"
KEYS = (PHI_KEY, AUDIT_KEY)
AUDIT_LOG = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-dev-trail"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-dev-alerts"

GITHUB = "token.actions.githubusercontent.com"
DEPLOYMENT = "repo:acme/records:environment:production"
PIPELINE = ApplicationTrust("oidc", GITHUB, audience="sts.amazonaws.com", subject=DEPLOYMENT)


def args(
    account: Account = HOME,
    phi_key: pulumi.Input[str] = PHI_KEY,
    audit_key: pulumi.Input[str] = AUDIT_KEY,
    boundary: str | None = None,
) -> AccessArgs:
    settings = Settings("prod", account.region, permissions_boundary=boundary)
    return {"site": StackContext(account, settings), "phi_key_arn": phi_key, "audit_key_arn": audit_key}


@pytest.fixture(autouse=True)
def project(monkeypatch):
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")


# What each role may do


def request_outcome(document, action, resource, **context) -> evaluator.Outcome:
    """Of a permissions document, asked by the role that has it.

    `via` and `of` are what S3 tells a key, `alias` is the key's own.
    """
    keys = {"via": "kms:ViaService", "of": "kms:EncryptionContext:aws:s3:arn", "alias": "kms:ResourceAliases"}
    told = {keys[name]: [value] for name, value in context.items()}
    who = evaluator.Principal("AWS", HOME.role_arn("somebody"), ACCOUNT_ID)
    return evaluator.evaluate(
        [evaluator.parse(document)], evaluator.Request(action, resource, who, told, context_is_complete=True)
    ).outcome


S3 = "s3.us-east-1.amazonaws.com"
VERSIONS = ("s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:ListBucketVersions", "s3:RestoreObject")
# What weakens a bucket or a version's lock, besides deleting versions.
WEAKENING = (
    "s3:BypassGovernanceRetention",
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
)
READING_SETTINGS = (
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
)
PERMISSIONS = {
    "application": access.application_permissions,
    "auditor": access.auditor_permissions,
    "break-glass": access.break_glass_permissions,
}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:GetObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:PutObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:DeleteObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:AbortMultipartUpload", f"{PHI}/{evaluator.ANY}"),
        ("s3:ListMultipartUploadParts", f"{PHI}/{evaluator.ANY}"),
        ("s3:ListBucket", PHI),
        ("s3:ListBucketMultipartUploads", PHI),
    ],
)
def test_the_application_reads_writes_and_deletes_in_its_bucket_alone(action, resource):
    document = access.application_permissions(args())
    assert request_outcome(document, action, resource) is ALLOWED
    for other in ("phi2", "logs", "trail"):
        assert request_outcome(document, action, resource.replace(":::phi", f":::{other}")) is IMPLICIT_DENY


@pytest.mark.parametrize(
    "action", [*VERSIONS, *WEAKENING, *READING_SETTINGS, "s3:PutObjectRetention", "s3:PutObjectAcl"]
)
def test_the_application_reaches_neither_versions_nor_settings(action):
    document = access.application_permissions(args())
    assert {request_outcome(document, action, each) for each in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_the_application_uses_its_key_through_s3_for_its_bucket_alone(action):
    document = access.application_permissions(args())
    assert request_outcome(document, action, PHI_KEY, via=S3, of=PHI) is ALLOWED
    assert request_outcome(document, action, PHI_KEY, via=S3, of=TRAIL) is IMPLICIT_DENY
    assert request_outcome(document, action, PHI_KEY, via=S3) is IMPLICIT_DENY
    assert request_outcome(document, action, PHI_KEY, of=PHI) is IMPLICIT_DENY
    assert request_outcome(document, action, PHI_KEY, via="s3.us-west-2.amazonaws.com", of=PHI) is IMPLICIT_DENY
    assert request_outcome(document, action, PHI_KEY, via="ec2.us-east-1.amazonaws.com", of=PHI) is IMPLICIT_DENY
    assert request_outcome(document, action, AUDIT_KEY, via=S3, of=PHI) is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["kms:Encrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"])
@pytest.mark.parametrize("role", PERMISSIONS)
def test_nobody_administers_a_key(role, action):
    document = PERMISSIONS[role](args())
    assert {request_outcome(document, action, key, via=S3, of=PHI) for key in (PHI_KEY, AUDIT_KEY)} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", READING_SETTINGS)
def test_the_auditor_reads_the_settings_of_the_stacks_buckets(action):
    document = access.auditor_permissions(args())
    assert {request_outcome(document, action, each) for each in (PHI, LOGS, TRAIL)} == {ALLOWED}
    assert request_outcome(document, action, "arn:aws:s3:::another") is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging", *VERSIONS])
def test_the_auditor_sees_nothing_of_phi(action):
    document = access.auditor_permissions(args())
    assert {request_outcome(document, action, each) for each in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("of", [PHI, f"{PHI}/object", TRAIL, f"{TRAIL}/file"])
def test_the_auditor_never_decrypts_with_the_key_of_phi(of):
    document = access.auditor_permissions(args())
    assert request_outcome(document, "kms:Decrypt", PHI_KEY, via=S3, of=of) is IMPLICIT_DENY
    assert request_outcome(document, "kms:GenerateDataKey", PHI_KEY, via=S3, of=of) is IMPLICIT_DENY


@pytest.mark.parametrize("bucket", [LOGS, TRAIL])
def test_the_auditor_reads_the_logs_and_changes_none(bucket):
    document = access.auditor_permissions(args())
    assert request_outcome(document, "s3:ListBucket", bucket) is ALLOWED
    assert request_outcome(document, "s3:GetObject", f"{bucket}/{evaluator.ANY}") is ALLOWED
    assert request_outcome(document, "s3:GetObjectVersion", f"{bucket}/{evaluator.ANY}") is ALLOWED
    for action in (*WEAKENING, "s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention"):
        assert {request_outcome(document, action, each) for each in (bucket, f"{bucket}/{evaluator.ANY}")} == {IMPLICIT_DENY}


def test_the_auditor_decrypts_the_trails_files_through_s3_alone():
    document = access.auditor_permissions(args())
    assert request_outcome(document, "kms:Decrypt", AUDIT_KEY, via=S3, of=f"{TRAIL}/AWSLogs/file") is ALLOWED
    assert request_outcome(document, "kms:Decrypt", AUDIT_KEY, via=S3, of=f"{PHI}/object") is IMPLICIT_DENY
    assert request_outcome(document, "kms:Decrypt", AUDIT_KEY, of=f"{TRAIL}/AWSLogs/file") is IMPLICIT_DENY
    assert request_outcome(document, "kms:Decrypt", AUDIT_KEY, via="logs.us-east-1.amazonaws.com") is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("action", "resource", "another"),
    [
        ("cloudtrail:GetTrailStatus", HOME.arn("cloudtrail", "trail/phi-dev-trail"), HOME.arn("cloudtrail", "trail/x")),
        ("cloudtrail:GetEventSelectors", HOME.arn("cloudtrail", "trail/phi-dev-trail"), None),
        ("cloudtrail:DescribeTrails", "*", None),
        ("cloudtrail:LookupEvents", "*", None),
        ("logs:FilterLogEvents", AUDIT_LOG, HOME.arn("logs", "log-group:/other")),
        ("logs:GetLogEvents", f"{AUDIT_LOG}:log-stream:one", HOME.arn("logs", "log-group:/other:log-stream:one")),
        ("logs:DescribeLogGroups", HOME.arn("logs", "log-group::log-stream:"), None),
        ("cloudwatch:DescribeAlarms", HOME.arn("cloudwatch", "alarm:*"), None),
        ("events:ListTargetsByRule", HOME.arn("events", "rule/phi-dev-root-used"), HOME.arn("events", "rule/x")),
        ("sns:GetTopicAttributes", TOPIC, HOME.arn("sns", "other")),
        (
            "backup:ListRecoveryPointsByBackupVault",
            HOME.arn("backup", "backup-vault:phi-dev-backup-vault"),
            HOME.arn("backup", "backup-vault:other"),
        ),
        ("backup:GetBackupPlan", HOME.arn("backup", "backup-plan:5dca7fe5"), None),
    ],
)
def test_the_auditor_reads_what_guards_phi(action, resource, another):
    document = access.auditor_permissions(args())
    assert request_outcome(document, action, resource) is ALLOWED
    if another:
        assert request_outcome(document, action, another) is IMPLICIT_DENY


@pytest.mark.parametrize(
    "action",
    [
        "cloudtrail:StopLogging",
        "cloudtrail:DeleteTrail",
        "cloudtrail:PutEventSelectors",
        "logs:DeleteLogGroup",
        "logs:PutRetentionPolicy",
        "cloudwatch:DeleteAlarms",
        "cloudwatch:DisableAlarmActions",
        "events:DisableRule",
        "sns:SetTopicAttributes",
        "sns:Subscribe",
        "backup:DeleteRecoveryPoint",
        "backup:StartRestoreJob",
        "iam:PutRolePolicy",
        "iam:PassRole",
        "sts:AssumeRole",
    ],
)
@pytest.mark.parametrize("role", PERMISSIONS)
def test_nobody_changes_what_audits_or_who_has_access(role, action):
    assert request_outcome(PERMISSIONS[role](args()), action, evaluator.ANY) is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"])
@pytest.mark.parametrize("key", [PHI_KEY, AUDIT_KEY])
def test_the_auditor_reads_keys_by_the_stacks_aliases(action, key):
    document = access.auditor_permissions(args())
    assert request_outcome(document, action, key, alias="alias/phi-dev-phi-key") is ALLOWED
    assert request_outcome(document, action, key, alias="alias/phi-prod-phi-key") is IMPLICIT_DENY
    assert request_outcome(document, action, key) is IMPLICIT_DENY


def test_the_auditor_may_make_every_call_of_the_audit_and_none_that_only_the_whole_account_takes():
    document = access.auditor_permissions(args())
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert {call.action for call in STACK_CALLS} <= actions
    assert {call.action for call in set(CALLS) - set(STACK_CALLS)} & actions == set()


def test_the_auditor_reads_the_replica_too():
    site = StackContext(HOME, Settings("prod", HOME.region, replica_region="us-west-2"))
    document = access.auditor_permissions(args() | {"site": site})
    assert request_outcome(document, "s3:GetBucketPolicy", site.in_region("us-west-2").replica_arn) is ALLOWED


def test_the_auditors_policy_fits_a_role():
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    site = StackContext(HOME, Settings("prod", HOME.region, replica_region="us-west-2"))
    text = json.dumps(access.auditor_permissions(args() | {"site": site}), separators=(",", ":"))
    assert len(text) < 10_240 * 0.75


# What IAM has no resource to name for.
ANYWHERE = {
    "backup:ListBackupJobs",
    "backup:ListBackupPlans",
    "backup:ListBackupVaults",
    "cloudtrail:DescribeTrails",
    "cloudtrail:ListPublicKeys",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeConfigurationRecorders",
    "events:ListEventBuses",
    "events:ListRules",
    "guardduty:ListDetectors",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "kms:ListAliases",
    "logs:GetQueryResults",
    "macie2:GetMacieSession",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAccessPoints",
    "sns:ListTopics",
    "tag:GetResources",
}


@pytest.mark.parametrize(("role", "anywhere"), [("application", set()), ("auditor", ANYWHERE), ("break-glass", set())])
def test_actions_are_named_and_so_is_every_resource_that_can_be(role, anywhere):
    document = PERMISSIONS[role](args())
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert "*" not in "".join(actions)
    assert {action for action in actions if request_outcome(document, action, evaluator.ANY, via=S3, of=PHI) is ALLOWED} == anywhere


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:ListBucketVersions", PHI),
        ("s3:GetObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:GetObjectVersion", f"{PHI}/{evaluator.ANY}"),
        ("s3:DeleteObjectVersion", f"{PHI}/{evaluator.ANY}"),
        ("s3:RestoreObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:PutObject", f"{PHI}/{evaluator.ANY}"),
        ("s3:AbortMultipartUpload", f"{PHI}/{evaluator.ANY}"),
        ("s3:PutObjectRetention", f"{PHI}/{evaluator.ANY}"),
    ],
)
def test_who_breaks_the_glass_reaches_versions_of_phi_alone(action, resource):
    document = access.break_glass_permissions(args())
    assert request_outcome(document, action, resource) is ALLOWED
    for other in ("phi2", "logs", "trail"):
        assert request_outcome(document, action, resource.replace(":::phi", f":::{other}")) is IMPLICIT_DENY


@pytest.mark.parametrize("action", [*WEAKENING, "s3:DeleteObject", "s3:BypassGovernanceRetention"])
def test_who_breaks_the_glass_changes_no_guard_and_hides_no_object(action):
    document = access.break_glass_permissions(args())
    assert {request_outcome(document, action, each) for each in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_who_breaks_the_glass_uses_the_key_through_s3_alone(action):
    """A version that was written without a Bucket Key has its own ARN for its encryption context."""
    document = access.break_glass_permissions(args())
    assert {request_outcome(document, action, PHI_KEY, via=S3, of=of) for of in (PHI, f"{PHI}/object")} == {ALLOWED}
    assert request_outcome(document, action, PHI_KEY, of=PHI) is IMPLICIT_DENY
    assert request_outcome(document, action, PHI_KEY, via=S3, of="arn:aws:s3:::phi2/object") is IMPLICIT_DENY
    assert request_outcome(document, action, AUDIT_KEY, via=S3, of=PHI) is IMPLICIT_DENY


# Who may take each role


def assume_role_outcome(document, who, *, action="sts:AssumeRole", **context) -> evaluator.Outcome:
    told = {key: [value] for key, value in context.items()}
    request = evaluator.Request(action, HOME.role_arn("role"), who, told, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


def caller(account: str = ACCOUNT_ID) -> evaluator.Principal:
    return evaluator.Principal("AWS", f"arn:aws:iam::{account}:user/somebody", account)


def service(name: str) -> evaluator.Principal:
    return evaluator.Principal("Service", name)


@pytest.mark.parametrize("name", ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"])
def test_a_service_takes_the_role_for_its_own_account_alone(name):
    document = access.application_trust(HOME, ApplicationTrust(principal=name))
    assert assume_role_outcome(document, service(name), **{"aws:SourceAccount": ACCOUNT_ID}) is ALLOWED
    assert assume_role_outcome(document, service(name), **{"aws:SourceAccount": OTHER_ACCOUNT_ID}) is IMPLICIT_DENY
    assert assume_role_outcome(document, service(name)) is IMPLICIT_DENY
    assert assume_role_outcome(document, service("glue.amazonaws.com"), **{"aws:SourceAccount": ACCOUNT_ID}) is IMPLICIT_DENY
    assert assume_role_outcome(document, caller(), **{"aws:SourceAccount": ACCOUNT_ID}) is IMPLICIT_DENY


def test_tasks_of_ecs_take_it_unless_told():
    assert access.application_trust(HOME, ApplicationTrust()) == access.application_trust(
        HOME, ApplicationTrust("service", "ecs-tasks.amazonaws.com")
    )


def test_ec2_takes_it_though_it_tells_no_account():
    document = access.application_trust(HOME, ApplicationTrust(principal="ec2.amazonaws.com"))
    assert assume_role_outcome(document, service("ec2.amazonaws.com")) is ALLOWED
    assert assume_role_outcome(document, caller()) is IMPLICIT_DENY


def test_another_account_takes_it_with_the_right_external_id_alone():
    document = access.application_trust(HOME, ApplicationTrust("account", OTHER_ACCOUNT_ID, external_id="right"))
    assert assume_role_outcome(document, caller(OTHER_ACCOUNT_ID), **{"sts:ExternalId": "right"}) is ALLOWED
    assert assume_role_outcome(document, caller(OTHER_ACCOUNT_ID), **{"sts:ExternalId": "wrong"}) is IMPLICIT_DENY
    assert assume_role_outcome(document, caller(OTHER_ACCOUNT_ID)) is IMPLICIT_DENY
    assert assume_role_outcome(document, caller("777788889999"), **{"sts:ExternalId": "right"}) is IMPLICIT_DENY
    assert assume_role_outcome(document, caller(), **{"sts:ExternalId": "right"}) is IMPLICIT_DENY


@pytest.mark.parametrize("external_id", [None, ""])
def test_another_account_without_an_external_id_is_refused(external_id):
    with pytest.raises(pulumi.RunError, match="444455556666 isn't the stack's own"):
        access.application_trust(HOME, ApplicationTrust("account", OTHER_ACCOUNT_ID, external_id=external_id))


def test_the_own_account_takes_it_and_no_other():
    document = access.application_trust(HOME, ApplicationTrust("account", ACCOUNT_ID))
    assert assume_role_outcome(document, caller()) is ALLOWED
    assert assume_role_outcome(document, caller(OTHER_ACCOUNT_ID)) is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, ALLOWED),
        ({"sub": "repo:acme/records:environment:test"}, IMPLICIT_DENY),
        ({"sub": f"{DEPLOYMENT}-2"}, IMPLICIT_DENY),
        ({"sub": None}, IMPLICIT_DENY),
        ({"aud": "https://github.com/acme"}, IMPLICIT_DENY),
        ({"aud": None}, IMPLICIT_DENY),
    ],
)
def test_an_identity_provider_is_bound_by_audience_and_subject(change, expected):
    document = access.application_trust(HOME, PIPELINE)
    token = {"aud": "sts.amazonaws.com", "sub": DEPLOYMENT} | change
    told = {f"{GITHUB}:{name}": value for name, value in token.items() if value}
    provider = evaluator.Principal("Federated", f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{GITHUB}")
    assert assume_role_outcome(document, provider, action="sts:AssumeRoleWithWebIdentity", **told) is expected


def test_an_identity_provider_of_another_account_or_name_is_refused():
    document = access.application_trust(HOME, PIPELINE)
    told = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": DEPLOYMENT}
    for arn in (f"arn:aws:iam::{OTHER_ACCOUNT_ID}:oidc-provider/{GITHUB}", f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/other"):
        provider = evaluator.Principal("Federated", arn)
        assert assume_role_outcome(document, provider, action="sts:AssumeRoleWithWebIdentity", **told) is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("who", "context", "auditor", "break_glass"),
    [
        (caller(), {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}, ALLOWED, ALLOWED),
        (caller(), {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "3600"}, ALLOWED, IMPLICIT_DENY),
        (caller(), {"aws:MultiFactorAuthPresent": "true"}, ALLOWED, IMPLICIT_DENY),
        (caller(), {"aws:MultiFactorAuthPresent": "false"}, IMPLICIT_DENY, IMPLICIT_DENY),
        (caller(), {"aws:MultiFactorAuthAge": "60"}, IMPLICIT_DENY, IMPLICIT_DENY),
        (caller(), {}, IMPLICIT_DENY, IMPLICIT_DENY),  # a long-lived access key
        (
            caller(OTHER_ACCOUNT_ID),
            {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"},
            IMPLICIT_DENY,
            IMPLICIT_DENY,
        ),
    ],
)
def test_people_of_the_account_take_a_role_with_a_second_factor_alone(who, context, auditor, break_glass):
    assert assume_role_outcome(access.auditor_trust(HOME), who, **context) is auditor
    assert assume_role_outcome(access.break_glass_trust(HOME), who, **context) is break_glass


# What is declared


def access_stack(boundary: str | None = None, *, preview: bool = False) -> RecordingMonitor:
    def program() -> None:
        phi_key, audit_key = (pulumi.Output.from_input(pulumi.UNKNOWN) if preview else each for each in KEYS)
        Access("access", args(phi_key=phi_key, audit_key=audit_key, boundary=boundary))

    return run_program(program, preview=preview)


def of_type(stack: RecordingMonitor, token: str):
    return {each.name: each for each in stack.resources if each.type == token}


def test_three_roles_with_what_each_may_do():
    stack = access_stack()
    roles, policies = of_type(stack, "aws:iam/role:Role"), of_type(stack, "aws:iam/rolePolicy:RolePolicy")
    assert {each.inputs["name"]: each.parent_name for each in roles.values()} == {
        "phi-dev-application": "access-application",
        "phi-dev-auditor": "access-auditor",
        "phi-dev-break-glass": "access-break-glass",
    }
    assert {each.inputs["role"]: each.policy for each in policies.values()} == {
        f"phi-dev-{role}": document(args()) for role, document in PERMISSIONS.items()
    }
    trusts = {each.inputs["name"]: json.loads(each.inputs["assumeRolePolicy"]) for each in roles.values()}
    assert trusts == {
        "phi-dev-application": access.application_trust(HOME, ApplicationTrust()),
        "phi-dev-auditor": access.auditor_trust(HOME),
        "phi-dev-break-glass": access.break_glass_trust(HOME),
    }
    assert {each.inputs["maxSessionDuration"] for each in roles.values()} == {3600}
    assert {each.parent_name for each in of_type(stack, "phi:access:Role").values()} == {"access"}


@pytest.mark.parametrize("boundary", [None, BOUNDARY])
def test_the_boundary_is_every_roles_or_none(boundary):
    roles = of_type(access_stack(boundary), "aws:iam/role:Role").values()
    assert [each.inputs.get("permissionsBoundary") for each in roles] == [boundary] * 3


@pytest.mark.parametrize("preview", [True, False])
def test_each_role_is_known_by_its_arn_at_the_first_preview(preview):
    stack = access_stack(preview=preview)
    assert stack.outputs["access"] == {
        "applicationRoleArn": HOME.role_arn("phi-dev-application"),
        "auditorRoleArn": HOME.role_arn("phi-dev-auditor"),
        "breakGlassRoleArn": HOME.role_arn("phi-dev-break-glass"),
    }
    assert sorted(stack.output_registrations) == ["access", "access-application", "access-auditor", "access-break-glass"]
    assert StackContext(HOME, Settings("dev", "us-east-1")).break_glass_arn == HOME.role_arn("phi-dev-break-glass")


def test_documents_keep_their_structure_where_only_a_key_is_unknown():
    preview, applied = access_stack(preview=True), access_stack()
    for name, component in of_type(preview, "phi:access:Role").items():
        whole = of_type(applied, "phi:access:Role")[name].inputs
        told = json.dumps(component.inputs)
        assert UNKNOWN in told
        own = AUDIT_KEY if name.endswith("-auditor") else PHI_KEY  # of the two, the one that it may use
        assert json.loads(told.replace(UNKNOWN, own)) == whole
        policy = of_type(preview, "aws:iam/rolePolicy:RolePolicy")[f"{name}-permissions"].inputs["policy"]
        assert policy == UNKNOWN


MANAGED = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"


def test_a_role_with_managed_policies_alone():
    def program() -> None:
        role = IamRole(
            "keeper",
            {
                "account": HOME,
                "role_name": "phi-dev-keeper",
                "description": "keeps",
                "trust": access.auditor_trust(HOME),
                "permissions": None,
                "managed_policies": [MANAGED],
                "permissions_boundary": None,
                "max_session_seconds": 7200,
            },
        )
        pulumi.ComponentResource("test:test:User", "user", {"role": role.arn})

    stack = run_program(program)
    assert {each.name for each in stack.resources if each.type.startswith("aws:")} == {
        "keeper",
        "keeper-AWSBackupServiceRolePolicyForS3Backup",
    }
    (attachment,) = of_type(stack, "aws:iam/rolePolicyAttachment:RolePolicyAttachment").values()
    assert (attachment.inputs["role"], attachment.inputs["policyArn"]) == ("phi-dev-keeper", MANAGED)
    assert of_type(stack, "aws:iam/role:Role")["keeper"].inputs["maxSessionDuration"] == 7200
    # Who uses the role waits until it may do what it is for.
    assert {"keeper", "keeper-AWSBackupServiceRolePolicyForS3Backup"} <= of_type(stack, "test:test:User")["user"].dependencies


def test_no_partition_or_region_is_written_in():
    china = Account(ACCOUNT_ID, "cn-north-1", "aws-cn", "amazonaws.com.cn", DEPLOYER)
    given = args(china, "arn:aws-cn:kms:key", "arn:aws-cn:kms:audit")
    given["log_group_arn"], given["topic_arn"] = china.arn("logs", "log-group:x"), china.arn("sns", "x")
    documents = [document(given) for document in PERMISSIONS.values()]
    documents += [
        access.auditor_trust(china),
        access.break_glass_trust(china),
        access.application_trust(china, PIPELINE),
    ]
    text = json.dumps(documents)
    assert "arn:aws:" not in text
    assert "us-east-1" not in text
    assert "s3.cn-north-1.amazonaws.com.cn" in text
