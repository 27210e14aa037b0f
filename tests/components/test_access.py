"""The application, auditor, break-glass and legal hold roles: permissions, trust policies and settings."""

from __future__ import annotations

import json

import pulumi
import pytest
from pulumi.runtime.rpc import UNKNOWN

from components import access
from components.access import Access, AccessArgs, ApplicationRole
from components.account import Account
from components.iam_role import IamRole
from components.policy_document import PolicyDocument
from components.stack_context import StackContext
from hipaa_controls import evaluator
from phi_buckets.audit.calls.catalogue import CALLS, STACK_CALLS
from phi_buckets.stack.application_trust import ROLES_ANYWHERE, SERVICES, ApplicationTrust
from phi_buckets.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_main, run_program
from tests.components.preview_simulator import preview, running_preview_pack

ALLOWED, IMPLICIT_DENY = evaluator.Outcome.ALLOWED, evaluator.Outcome.IMPLICIT_DENY
OTHER_ACCOUNT_ID = "444455556666"
HOME = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"

PHI, LOGS, TRAIL = (
    f"arn:aws:s3:::phi-dev-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "access-logs", "trail")
)
REPLICA = f"arn:aws:s3:::phi-dev-replica-{ACCOUNT_ID}-us-west-2"
PHI_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi"
AUDIT_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/audit"
KEYS = (PHI_KEY, AUDIT_KEY)
AUDIT_LOG = f"arn:aws:logs:us-east-1:{ACCOUNT_ID}:log-group:/audit/phi-dev-trail"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:phi-dev-alerts"

GITHUB = "token.actions.githubusercontent.com"
DEPLOYMENT = "repo:acme/records:environment:production"
TRUST_ANCHOR = f"arn:aws:rolesanywhere:us-east-1:{ACCOUNT_ID}:trust-anchor/6f2c-0a"
PIPELINE = ApplicationTrust("oidc", GITHUB, audience="sts.amazonaws.com", subject=DEPLOYMENT)


APPLICATION = ApplicationRole("application", ApplicationTrust(), {"phi": PHI})


def access_args(
    account: Account = HOME,
    phi_key: pulumi.Input[str] = PHI_KEY,
    audit_key: pulumi.Input[str] = AUDIT_KEY,
    boundary: str | None = None,
) -> AccessArgs:
    return {
        "account": account,
        "application_roles": [APPLICATION],
        "break_glass_role_name": "phi-dev-break-glass",
        "legal_hold_role_name": "phi-dev-legal-hold",
        "held_bucket_arns": [PHI, REPLICA],
        "phi_bucket_arns": [PHI],
        "phi_key_arn": phi_key,
        "access_log_bucket_arn": LOGS,
        "trail_bucket_arn": TRAIL,
        "bucket_arns": [PHI, LOGS, TRAIL],
        "log_group_arn": account.arn("logs", "log-group:/audit/phi-dev-trail"),
        "topic_arn": account.arn("sns", "phi-dev-alerts"),
        "audit_key_arn": audit_key,
        "trail_replica": None,
        "query_permissions": [],
        "permissions_boundary": boundary,
    }


@pytest.fixture(autouse=True)
def project(monkeypatch):
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")


# Permissions.


def evaluate(document, action, resource, **keys) -> evaluator.Outcome:
    """Return the outcome that a permissions document gives a request of its role.

    Args:
        document: The permissions document.
        action: The action, such as `s3:GetObject`.
        resource: The ARN of the resource.
        keys: The only condition keys in the request: `via` (the service) and `context` (the encryption context) of a
            request through S3, and the `alias` of a KMS key.
    """
    names = {
        "via": "kms:ViaService",
        "context": "kms:EncryptionContext:aws:s3:arn",
        "alias": "kms:ResourceAliases",
    }
    context = {names[name]: [value] for name, value in keys.items()}
    principal = evaluator.Principal("AWS", HOME.role_arn("role"), ACCOUNT_ID)
    request = evaluator.Request(action, resource, principal, context, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


S3 = "s3.us-east-1.amazonaws.com"
VERSION_ACTIONS = ("s3:GetObjectVersion", "s3:DeleteObjectVersion", "s3:ListBucketVersions", "s3:RestoreObject")
# The actions, other than deleting versions, that change a bucket's protection or bypass a version's lock.
PROTECTION_CHANGES = (
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
SETTING_READS = (
    "s3:GetBucketLogging",
    "s3:GetBucketObjectLockConfiguration",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:GetReplicationConfiguration",
)


def application_permissions(args: AccessArgs) -> PolicyDocument:
    (role,) = args["application_roles"]
    return access.application_permissions(args["account"], list(role.bucket_arns.values()), args["phi_key_arn"])


PERMISSIONS = {
    "application": application_permissions,
    "auditor": access.auditor_permissions,
    "break-glass": access.break_glass_permissions,
    "legal-hold": access.legal_hold_permissions,
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
def test_application_reads_writes_and_deletes_only_in_its_bucket(action, resource):
    document = application_permissions(access_args())
    assert evaluate(document, action, resource) is ALLOWED
    for other in ("phi2", "logs", "trail"):
        assert evaluate(document, action, resource.replace(":::phi", f":::{other}")) is IMPLICIT_DENY


@pytest.mark.parametrize(
    "action", [*VERSION_ACTIONS, *PROTECTION_CHANGES, *SETTING_READS, "s3:PutObjectRetention", "s3:PutObjectAcl"]
)
def test_application_may_access_neither_versions_nor_settings(action):
    document = application_permissions(access_args())
    assert {evaluate(document, action, resource) for resource in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_application_uses_its_key_only_via_s3_and_only_for_its_bucket(action):
    document = application_permissions(access_args())
    assert evaluate(document, action, PHI_KEY, via=S3, context=PHI) is ALLOWED
    assert evaluate(document, action, PHI_KEY, via=S3, context=TRAIL) is IMPLICIT_DENY
    assert evaluate(document, action, PHI_KEY, via=S3) is IMPLICIT_DENY
    assert evaluate(document, action, PHI_KEY, context=PHI) is IMPLICIT_DENY
    assert evaluate(document, action, PHI_KEY, via="s3.us-west-2.amazonaws.com", context=PHI) is IMPLICIT_DENY
    assert evaluate(document, action, PHI_KEY, via="ec2.us-east-1.amazonaws.com", context=PHI) is IMPLICIT_DENY
    assert evaluate(document, action, AUDIT_KEY, via=S3, context=PHI) is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["kms:Encrypt", "kms:CreateGrant", "kms:ScheduleKeyDeletion", "kms:PutKeyPolicy"])
@pytest.mark.parametrize("role", PERMISSIONS)
def test_role_may_not_administer_keys(role, action):
    document = PERMISSIONS[role](access_args())
    assert {evaluate(document, action, key, via=S3, context=PHI) for key in (PHI_KEY, AUDIT_KEY)} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", SETTING_READS)
def test_auditor_reads_settings_of_the_stacks_buckets_only(action):
    document = access.auditor_permissions(access_args())
    assert {evaluate(document, action, bucket) for bucket in (PHI, LOGS, TRAIL)} == {ALLOWED}
    assert evaluate(document, action, "arn:aws:s3:::another") is IMPLICIT_DENY


@pytest.mark.parametrize("action", ["s3:ListBucket", "s3:GetObject", "s3:GetObjectTagging", *VERSION_ACTIONS])
def test_auditor_may_not_read_phi_objects(action):
    document = access.auditor_permissions(access_args())
    assert {evaluate(document, action, resource) for resource in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("context", [PHI, f"{PHI}/object", TRAIL, f"{TRAIL}/file"])
def test_auditor_may_not_use_the_phi_key(context):
    document = access.auditor_permissions(access_args())
    assert evaluate(document, "kms:Decrypt", PHI_KEY, via=S3, context=context) is IMPLICIT_DENY
    assert evaluate(document, "kms:GenerateDataKey", PHI_KEY, via=S3, context=context) is IMPLICIT_DENY


@pytest.mark.parametrize("bucket", [LOGS, TRAIL])
def test_auditor_reads_log_files_but_may_not_change_them(bucket):
    document = access.auditor_permissions(access_args())
    assert evaluate(document, "s3:ListBucket", bucket) is ALLOWED
    assert evaluate(document, "s3:GetObject", f"{bucket}/{evaluator.ANY}") is ALLOWED
    assert evaluate(document, "s3:GetObjectVersion", f"{bucket}/{evaluator.ANY}") is ALLOWED
    for action in (
        *PROTECTION_CHANGES,
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:DeleteObjectVersion",
        "s3:PutObjectRetention",
    ):
        assert {evaluate(document, action, resource) for resource in (bucket, f"{bucket}/{evaluator.ANY}")} == {
            IMPLICIT_DENY
        }


def test_auditor_decrypts_trail_files_only_via_s3():
    document = access.auditor_permissions(access_args())
    assert evaluate(document, "kms:Decrypt", AUDIT_KEY, via=S3, context=f"{TRAIL}/AWSLogs/file") is ALLOWED
    assert evaluate(document, "kms:Decrypt", AUDIT_KEY, via=S3, context=f"{PHI}/object") is IMPLICIT_DENY
    assert evaluate(document, "kms:Decrypt", AUDIT_KEY, context=f"{TRAIL}/AWSLogs/file") is IMPLICIT_DENY
    assert evaluate(document, "kms:Decrypt", AUDIT_KEY, via="logs.us-east-1.amazonaws.com") is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("action", "resource", "other_resource"),
    [
        ("cloudtrail:GetTrailStatus", HOME.arn("cloudtrail", "trail/phi-dev-trail"), HOME.arn("cloudtrail", "trail/x")),
        ("cloudtrail:GetEventSelectors", HOME.arn("cloudtrail", "trail/phi-dev-trail"), None),
        ("cloudtrail:DescribeTrails", "*", None),
        ("cloudtrail:LookupEvents", "*", None),
        ("s3:GetAccessPoint", "*", None),  # accepts no resource
        ("logs:FilterLogEvents", AUDIT_LOG, HOME.arn("logs", "log-group:/other")),
        ("logs:GetLogEvents", f"{AUDIT_LOG}:log-stream:one", HOME.arn("logs", "log-group:/other:log-stream:one")),
        ("logs:DescribeLogGroups", HOME.arn("logs", "log-group::log-stream:"), None),
        ("cloudwatch:DescribeAlarms", HOME.arn("cloudwatch", "alarm:*"), None),
        ("events:ListTargetsByRule", HOME.arn("events", "rule/phi-dev-root-used"), HOME.arn("events", "rule/x")),
        ("sns:GetTopicAttributes", TOPIC, HOME.arn("sns", "other")),
        ("sns:ListSubscriptionsByTopic", TOPIC, HOME.arn("sns", "other")),
        ("sqs:GetQueueAttributes", HOME.arn("sqs", "phi-dev-results"), HOME.arn("sqs", "other")),
        (
            "backup:ListRecoveryPointsByBackupVault",
            HOME.arn("backup", "backup-vault:phi-dev-backups"),
            HOME.arn("backup", "backup-vault:other"),
        ),
        (
            "backup:GetBackupVaultAccessPolicy",
            HOME.arn("backup", "backup-vault:phi-dev-backups"),
            HOME.arn("backup", "backup-vault:other"),
        ),
        ("backup:GetBackupPlan", HOME.arn("backup", "backup-plan:5dca7fe5"), None),
    ],
)
def test_auditor_reads_settings_of_the_stacks_other_resources(action, resource, other_resource):
    document = access.auditor_permissions(access_args())
    assert evaluate(document, action, resource) is ALLOWED
    if other_resource:
        assert evaluate(document, action, other_resource) is IMPLICIT_DENY


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
def test_role_may_change_neither_auditing_nor_access(role, action):
    assert evaluate(PERMISSIONS[role](access_args()), action, evaluator.ANY) is IMPLICIT_DENY


@pytest.mark.parametrize(
    "action", ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListGrants"]
)
@pytest.mark.parametrize("key", [PHI_KEY, AUDIT_KEY])
def test_auditor_reads_only_keys_with_the_stacks_aliases(action, key):
    document = access.auditor_permissions(access_args())
    assert evaluate(document, action, key, alias="alias/phi-dev-phi-key") is ALLOWED
    assert evaluate(document, action, key, alias="alias/phi-prod-phi-key") is IMPLICIT_DENY
    assert evaluate(document, action, key) is IMPLICIT_DENY


def test_auditor_may_make_every_call_of_a_stack_audit_and_no_call_that_only_an_account_audit_makes():
    document = access.auditor_permissions(access_args())
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert {call.action for call in STACK_CALLS} <= actions
    account_audit_actions = {call.action for call in set(CALLS) - set(STACK_CALLS)}
    assert account_audit_actions
    assert account_audit_actions.isdisjoint(actions)


def args_with_replica() -> AccessArgs:
    args = access_args()
    args["bucket_arns"] = StackContext(
        HOME, Settings(environment="prod", region=HOME.region, replica_region="us-west-2")
    ).bucket_arns
    return args


def test_auditor_reads_settings_of_the_replica():
    assert evaluate(access.auditor_permissions(args_with_replica()), "s3:GetBucketPolicy", REPLICA) is ALLOWED


def test_auditor_permissions_fit_an_inline_policy():
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"""
    text = json.dumps(access.auditor_permissions(args_with_replica()), separators=(",", ":"))
    assert len(text) < 10_240 * 0.75


# The actions for which IAM accepts no resource.
WITHOUT_RESOURCE = {
    "athena:ListWorkGroups",
    "backup:ListBackupJobs",
    "backup:ListBackupPlans",
    "backup:ListBackupVaults",
    "cloudtrail:DescribeTrails",
    "cloudtrail:ListPublicKeys",
    "cloudtrail:LookupEvents",
    "cloudwatch:DescribeAlarms",
    "config:DescribeConfigurationRecorderStatus",
    "config:DescribeConfigurationRecorders",
    "config:GetDiscoveredResourceCounts",
    "events:ListApiDestinations",
    "events:ListEventBuses",
    "events:ListRules",
    "guardduty:ListDetectors",
    "iam:GetAccountAuthorizationDetails",
    "iam:GetAccountSummary",
    "kms:ListAliases",
    "logs:DescribeAccountPolicies",
    "logs:DescribeDeliveryDestinations",
    "logs:DescribeDestinations",
    "logs:DescribeQueryDefinitions",
    "logs:DescribeResourcePolicies",
    "logs:GetQueryResults",
    "macie2:GetMacieSession",
    "ram:GetResourceShareAssociations",
    "ram:GetResourceShares",
    "s3:GetAccessPoint",
    "s3:GetAccountPublicAccessBlock",
    "s3:ListAccessGrantsInstances",
    "s3:ListAccessPoints",
    "s3:ListAccessPointsForObjectLambda",
    "s3:ListMultiRegionAccessPoints",
    "sns:ListTopics",
    "sqs:ListQueues",
    "tag:GetResources",
}


@pytest.mark.parametrize(
    ("role", "without_resource"),
    [("application", set()), ("auditor", WITHOUT_RESOURCE), ("break-glass", set()), ("legal-hold", set())],
)
def test_permissions_have_no_wildcard_action_and_name_every_resource_that_iam_accepts(role, without_resource):
    document = PERMISSIONS[role](access_args())
    actions = {action for statement in document["Statement"] for action in statement["Action"]}
    assert "*" not in "".join(actions)
    on_any_resource = {
        action for action in actions if evaluate(document, action, evaluator.ANY, via=S3, context=PHI) is ALLOWED
    }
    assert on_any_resource == without_resource


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
def test_break_glass_role_accesses_versions_only_in_the_phi_bucket(action, resource):
    document = access.break_glass_permissions(access_args())
    assert evaluate(document, action, resource) is ALLOWED
    for other in ("phi2", "logs", "trail"):
        assert evaluate(document, action, resource.replace(":::phi", f":::{other}")) is IMPLICIT_DENY


@pytest.mark.parametrize("action", [*PROTECTION_CHANGES, "s3:DeleteObject", "s3:BypassGovernanceRetention"])
def test_break_glass_role_may_neither_change_protection_nor_delete_current_versions(action):
    document = access.break_glass_permissions(access_args())
    assert {evaluate(document, action, resource) for resource in (PHI, f"{PHI}/{evaluator.ANY}")} == {IMPLICIT_DENY}


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:GenerateDataKey"])
def test_break_glass_role_uses_the_phi_key_only_via_s3(action):
    """The encryption context of a version that was written without a Bucket Key is its own ARN."""
    document = access.break_glass_permissions(access_args())
    for context in (PHI, f"{PHI}/object"):
        assert evaluate(document, action, PHI_KEY, via=S3, context=context) is ALLOWED
    assert evaluate(document, action, PHI_KEY, context=PHI) is IMPLICIT_DENY
    assert evaluate(document, action, PHI_KEY, via=S3, context="arn:aws:s3:::phi2/object") is IMPLICIT_DENY
    assert evaluate(document, action, AUDIT_KEY, via=S3, context=PHI) is IMPLICIT_DENY


@pytest.mark.parametrize("bucket", [PHI, REPLICA])
def test_legal_hold_role_holds_versions_without_reading_them(bucket):
    document = access.legal_hold_permissions(access_args())
    assert evaluate(document, "s3:ListBucketVersions", bucket) is ALLOWED
    for action in ("s3:GetObjectLegalHold", "s3:PutObjectLegalHold"):
        assert evaluate(document, action, f"{bucket}/{evaluator.ANY}") is ALLOWED
        assert evaluate(document, action, f"{TRAIL}/object") is IMPLICIT_DENY
    for action in (
        "s3:GetObject",
        "s3:GetObjectVersion",
        "s3:PutObject",
        "s3:DeleteObjectVersion",
        *PROTECTION_CHANGES,
    ):
        assert {evaluate(document, action, on) for on in (bucket, f"{bucket}/object")} == {IMPLICIT_DENY}
    assert evaluate(document, "kms:Decrypt", PHI_KEY, via=S3, context=PHI) is IMPLICIT_DENY


# Trust policies.


def evaluate_trust(document, principal, *, action="sts:AssumeRole", **context) -> evaluator.Outcome:
    """Return the outcome that a trust policy gives a principal, with these condition keys only."""
    keys = {key: [value] for key, value in context.items()}
    request = evaluator.Request(action, HOME.role_arn("role"), principal, keys, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


def caller(account: str = ACCOUNT_ID) -> evaluator.Principal:
    return evaluator.Principal("AWS", f"arn:aws:iam::{account}:user/user", account)


def service(name: str) -> evaluator.Principal:
    return evaluator.Principal("Service", name)


@pytest.mark.parametrize("name", ["ecs-tasks.amazonaws.com", "lambda.amazonaws.com"])
def test_service_assumes_the_application_role_only_on_behalf_of_the_account(name):
    document = access.application_trust(HOME, ApplicationTrust(principal=name))
    assert evaluate_trust(document, service(name), **{"aws:SourceAccount": ACCOUNT_ID}) is ALLOWED
    assert evaluate_trust(document, service(name), **{"aws:SourceAccount": OTHER_ACCOUNT_ID}) is IMPLICIT_DENY
    assert evaluate_trust(document, service(name)) is IMPLICIT_DENY
    assert evaluate_trust(document, service("glue.amazonaws.com"), **{"aws:SourceAccount": ACCOUNT_ID}) is IMPLICIT_DENY
    assert evaluate_trust(document, caller(), **{"aws:SourceAccount": ACCOUNT_ID}) is IMPLICIT_DENY


def test_application_trust_defaults_to_ecs_tasks():
    assert access.application_trust(HOME, ApplicationTrust()) == access.application_trust(
        HOME, ApplicationTrust("service", "ecs-tasks.amazonaws.com")
    )


@pytest.mark.parametrize(
    ("name", "actions"),
    [
        ("pods.eks.amazonaws.com", {"sts:AssumeRole", "sts:TagSession"}),
        ("rolesanywhere.amazonaws.com", {"sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"}),
        ("lambda.amazonaws.com", {"sts:AssumeRole"}),
    ],
)
def test_service_may_do_what_it_needs_to_start_a_session_and_no_more(name, actions):
    anchor = TRUST_ANCHOR if name == ROLES_ANYWHERE else None
    document = access.application_trust(HOME, ApplicationTrust(principal=name, trust_anchor=anchor))
    context = {"aws:SourceAccount": ACCOUNT_ID, "aws:SourceArn": TRUST_ANCHOR}
    candidates = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession", "sts:SetContext")
    allowed = {
        action for action in candidates if evaluate_trust(document, service(name), action=action, **context) is ALLOWED
    }
    assert allowed == actions


def test_roles_anywhere_assumes_the_application_role_only_for_its_trust_anchor():
    document = access.application_trust(HOME, ApplicationTrust(principal=ROLES_ANYWHERE, trust_anchor=TRUST_ANCHOR))
    assert evaluate_trust(document, service(ROLES_ANYWHERE), **{"aws:SourceArn": TRUST_ANCHOR}) is ALLOWED
    assert evaluate_trust(document, service(ROLES_ANYWHERE), **{"aws:SourceArn": f"{TRUST_ANCHOR}0"}) is IMPLICIT_DENY
    assert evaluate_trust(document, service(ROLES_ANYWHERE), **{"aws:SourceAccount": ACCOUNT_ID}) is IMPLICIT_DENY


@pytest.mark.parametrize("old", [ACCOUNT_ID, "arn:aws:"])
def test_trust_anchor_of_another_account_raises_run_error(old):
    anchor = TRUST_ANCHOR.replace(old, OTHER_ACCOUNT_ID if old == ACCOUNT_ID else "arn:aws-cn:")
    with pytest.raises(pulumi.RunError, match="aws rolesanywhere list-trust-anchors"):
        access.application_trust(HOME, ApplicationTrust(principal=ROLES_ANYWHERE, trust_anchor=anchor))


def test_role_for_ec2_has_an_instance_profile_and_no_other_role_has_one():
    assert run_main("dev").resources_of_type("InstanceProfile") == []
    stack = run_main("dev", applicationTrust='{"service": "ec2.amazonaws.com"}')
    (profile,) = stack.resources_of_type("InstanceProfile")
    assert profile.inputs["role"] == stack.resource("Role", "access-application").inputs["name"]
    assert "access-application" in profile.dependencies
    assert stack.exports["instance_profile_name"] == profile.inputs["name"] == "phi-dev-application"


@pytest.fixture(scope="module")
def preview_pack():
    with running_preview_pack() as pack:
        yield pack


@pytest.mark.parametrize("name", SERVICES)
def test_pack_accepts_the_trust_of_every_service(preview_pack, name):
    anchor = {"trustAnchor": TRUST_ANCHOR} if name == ROLES_ANYWHERE else {}
    program = preview("prod", first=True, applicationTrust=json.dumps({"service": name, **anchor}))
    assert preview_pack.findings(program) == set()


def test_ec2_assumes_the_application_role_without_a_source_account():
    document = access.application_trust(HOME, ApplicationTrust(principal="ec2.amazonaws.com"))
    assert evaluate_trust(document, service("ec2.amazonaws.com")) is ALLOWED
    assert evaluate_trust(document, caller()) is IMPLICIT_DENY


def test_another_account_assumes_the_application_role_only_with_the_external_id():
    document = access.application_trust(HOME, ApplicationTrust("account", OTHER_ACCOUNT_ID, external_id="right"))
    assert evaluate_trust(document, caller(OTHER_ACCOUNT_ID), **{"sts:ExternalId": "right"}) is ALLOWED
    assert evaluate_trust(document, caller(OTHER_ACCOUNT_ID), **{"sts:ExternalId": "wrong"}) is IMPLICIT_DENY
    assert evaluate_trust(document, caller(OTHER_ACCOUNT_ID)) is IMPLICIT_DENY
    assert evaluate_trust(document, caller("777788889999"), **{"sts:ExternalId": "right"}) is IMPLICIT_DENY
    assert evaluate_trust(document, caller(), **{"sts:ExternalId": "right"}) is IMPLICIT_DENY


@pytest.mark.parametrize("external_id", [None, ""])
def test_another_account_without_external_id_raises_run_error(external_id):
    with pytest.raises(pulumi.RunError, match="no external ID for account 444455556666"):
        access.application_trust(HOME, ApplicationTrust("account", OTHER_ACCOUNT_ID, external_id=external_id))


def test_own_account_assumes_the_application_role_without_an_external_id():
    document = access.application_trust(HOME, ApplicationTrust("account", ACCOUNT_ID))
    assert evaluate_trust(document, caller()) is ALLOWED
    assert evaluate_trust(document, caller(OTHER_ACCOUNT_ID)) is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({}, ALLOWED),
        ({"sub": "repo:acme/records:environment:test"}, IMPLICIT_DENY),
        ({"sub": f"{DEPLOYMENT}-2"}, IMPLICIT_DENY),
        ({"sub": None}, IMPLICIT_DENY),
        ({"aud": "https://github.com/acme"}, IMPLICIT_DENY),
        ({"aud": None}, IMPLICIT_DENY),
    ],
)
def test_identity_provider_assumes_the_application_role_only_with_audience_and_subject(overrides, expected):
    document = access.application_trust(HOME, PIPELINE)
    token = {"aud": "sts.amazonaws.com", "sub": DEPLOYMENT} | overrides
    context = {f"{GITHUB}:{name}": value for name, value in token.items() if value}
    provider = evaluator.Principal("Federated", f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{GITHUB}")
    outcome = evaluate_trust(document, provider, action="sts:AssumeRoleWithWebIdentity", **context)
    assert outcome is expected


def test_identity_provider_of_another_account_or_name_is_not_trusted():
    document = access.application_trust(HOME, PIPELINE)
    context = {f"{GITHUB}:aud": "sts.amazonaws.com", f"{GITHUB}:sub": DEPLOYMENT}
    for arn in (
        f"arn:aws:iam::{OTHER_ACCOUNT_ID}:oidc-provider/{GITHUB}",
        f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/other",
    ):
        provider = evaluator.Principal("Federated", arn)
        outcome = evaluate_trust(document, provider, action="sts:AssumeRoleWithWebIdentity", **context)
        assert outcome is IMPLICIT_DENY


@pytest.mark.parametrize(
    ("principal", "context", "auditor", "break_glass"),
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
def test_principals_of_the_account_assume_auditor_and_break_glass_roles_only_with_mfa(
    principal, context, auditor, break_glass
):
    assert evaluate_trust(access.auditor_trust(HOME), principal, **context) is auditor
    assert evaluate_trust(access.recent_mfa_trust(HOME), principal, **context) is break_glass


# Resources.


def access_stack(boundary: str | None = None, *, preview: bool = False) -> RecordingMonitor:
    def program() -> None:
        phi_key, audit_key = (pulumi.Output.from_input(pulumi.UNKNOWN) if preview else key for key in KEYS)
        Access("access", access_args(phi_key=phi_key, audit_key=audit_key, boundary=boundary))

    return run_program(program, preview=preview)


def resources_by_name(stack: RecordingMonitor, token: str):
    return {resource.name: resource for resource in stack.registered if resource.type == token}


def test_access_declares_four_roles_with_their_policies():
    stack = access_stack()
    roles = resources_by_name(stack, "aws:iam/role:Role").values()
    policies = resources_by_name(stack, "aws:iam/rolePolicy:RolePolicy").values()
    assert {role.inputs["name"]: role.parent_name for role in roles} == {
        "phi-dev-application": "access-application",
        "phi-dev-auditor": "access-auditor",
        "phi-dev-break-glass": "access-break-glass",
        "phi-dev-legal-hold": "access-legal-hold",
    }
    assert {policy.inputs["role"]: policy.policy for policy in policies} == {
        f"phi-dev-{role}": permissions(access_args()) for role, permissions in PERMISSIONS.items()
    }
    trust_policies = {role.inputs["name"]: json.loads(role.inputs["assumeRolePolicy"]) for role in roles}
    assert trust_policies == {
        "phi-dev-application": access.application_trust(HOME, ApplicationTrust()),
        "phi-dev-auditor": access.auditor_trust(HOME),
        "phi-dev-break-glass": access.recent_mfa_trust(HOME),
        "phi-dev-legal-hold": access.recent_mfa_trust(HOME),
    }
    assert {role.inputs["maxSessionDuration"] for role in roles} == {3600}
    components = resources_by_name(stack, "phi:access:IamRole").values()
    assert {component.parent_name for component in components} == {"access"}


@pytest.mark.parametrize("boundary", [None, BOUNDARY])
def test_every_role_has_the_permissions_boundary(boundary):
    roles = resources_by_name(access_stack(boundary), "aws:iam/role:Role").values()
    assert [role.inputs.get("permissionsBoundary") for role in roles] == [boundary] * 4


@pytest.mark.parametrize("preview", [True, False])
def test_role_arns_are_known_at_the_first_preview(preview):
    stack = access_stack(preview=preview)
    assert stack.outputs["access"] == {
        "applicationRoleArns": {"phi": HOME.role_arn("phi-dev-application")},
        "auditorRoleArn": HOME.role_arn("phi-dev-auditor"),
        "breakGlassRoleArn": HOME.role_arn("phi-dev-break-glass"),
        "legalHoldRoleArn": HOME.role_arn("phi-dev-legal-hold"),
    }
    assert sorted(stack.output_registrations) == [
        "access",
        "access-application",
        "access-auditor",
        "access-break-glass",
        "access-legal-hold",
    ]
    context = StackContext(HOME, Settings(environment="dev", region="us-east-1"))
    assert context.break_glass_role_arn == HOME.role_arn("phi-dev-break-glass")


def test_documents_keep_their_structure_while_a_key_is_unknown():
    preview, applied = access_stack(preview=True), access_stack()
    for name, component in resources_by_name(preview, "phi:access:IamRole").items():
        known_inputs = resources_by_name(applied, "phi:access:IamRole")[name].inputs
        text = json.dumps(component.inputs)
        if name.endswith("-legal-hold"):  # the only role that uses no key
            assert component.inputs == known_inputs
            continue
        assert UNKNOWN in text
        own_key = AUDIT_KEY if name.endswith("-auditor") else PHI_KEY  # the only one that the role may use
        assert json.loads(text.replace(UNKNOWN, own_key)) == known_inputs
        policy = resources_by_name(preview, "aws:iam/rolePolicy:RolePolicy")[f"{name}-permissions"].inputs["policy"]
        assert policy == UNKNOWN


MANAGED_POLICY = "arn:aws:iam::aws:policy/AWSBackupServiceRolePolicyForS3Backup"


def test_role_can_have_managed_policies_without_an_inline_policy():
    def program() -> None:
        role = IamRole(
            "backup",
            {
                "account": HOME,
                "role_name": "phi-dev-backup-role",
                "description": "backs up",
                "trust": access.auditor_trust(HOME),
                "permissions": None,
                "managed_policies": [MANAGED_POLICY],
                "permissions_boundary": None,
                "max_session_seconds": 7200,
            },
        )
        pulumi.ComponentResource("test:test:User", "user", {"role": role.arn})

    stack = run_program(program)
    attachment_name = "backup-AWSBackupServiceRolePolicyForS3Backup"
    assert {resource.name for resource in stack.registered if resource.type.startswith("aws:")} == {
        "backup",
        attachment_name,
    }
    (attachment,) = resources_by_name(stack, "aws:iam/rolePolicyAttachment:RolePolicyAttachment").values()
    assert (attachment.inputs["role"], attachment.inputs["policyArn"]) == ("phi-dev-backup-role", MANAGED_POLICY)
    assert resources_by_name(stack, "aws:iam/role:Role")["backup"].inputs["maxSessionDuration"] == 7200
    # A resource that uses the role waits until the role has its permissions.
    assert {"backup", attachment_name} <= resources_by_name(stack, "test:test:User")["user"].dependencies


def test_policies_contain_no_fixed_partition_or_region():
    china = Account(ACCOUNT_ID, "cn-north-1", "aws-cn", "amazonaws.com.cn", DEPLOYER)
    args = access_args(china, "arn:aws-cn:kms:key", "arn:aws-cn:kms:audit")
    phi, args["access_log_bucket_arn"], args["trail_bucket_arn"] = (
        china.bucket_arn(purpose) for purpose in ("phi", "access-logs", "trail")
    )
    args["application_roles"] = [ApplicationRole("application", ApplicationTrust(), {"phi": phi})]
    args["phi_bucket_arns"] = args["bucket_arns"] = args["held_bucket_arns"] = [phi]
    documents = [permissions(args) for permissions in PERMISSIONS.values()]
    documents += [
        access.auditor_trust(china),
        access.recent_mfa_trust(china),
        access.application_trust(china, PIPELINE),
    ]
    text = json.dumps(documents)
    assert "arn:aws:" not in text
    assert "us-east-1" not in text
    assert "s3.cn-north-1.amazonaws.com.cn" in text
