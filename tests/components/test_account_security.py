"""The account's security services on mocks: resources, order, roles, and the rules of AWS Config."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files

import pulumi
import pytest
from pulumi.runtime import rpc

from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.account_security import (
    AccountSecurity,
    AccountSecurityArgs,
    config_delivery_permissions,
    malware_scan_permissions,
    service_trust,
)
from components.config_delivery import allow_config_delivery
from components.conformance import (
    ACCOUNT_RULES,
    COMMERCIAL_ACCOUNT_RULES,
    COMMERCIAL_REGIONAL_RULES,
    REGIONAL_RULES,
    common_rules,
    stack_rules,
    template,
)
from components.hardened_bucket import BucketProtection, ObjectLock
from components.phi_bucket import PhiBucket, VersionLifecycle
from components.stack_context import StackContext
from hipaa_controls import evaluator
from phi_buckets.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_main, run_program

ALLOWED, IMPLICIT_DENY = evaluator.Outcome.ALLOWED, evaluator.Outcome.IMPLICIT_DENY
OTHER_ACCOUNT_ID = "444455556666"
ACCOUNT = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
PHI, LOGS = (f"phi-dev-{purpose}-{ACCOUNT_ID}-us-east-1" for purpose in ("phi", "access-logs"))
PHI_ARN, LOGS_ARN = f"arn:aws:s3:::{PHI}", f"arn:aws:s3:::{LOGS}"
REPLICA = f"phi-prod-replica-{ACCOUNT_ID}-us-west-2"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
ROLE = evaluator.Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:role/role", ACCOUNT_ID)
GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"
ALL_SERVICES = ("publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config")

RESOURCES_OF_SERVICE = {
    "publicAccessBlock": {"AccountPublicAccessBlock"},
    "guardDuty": {"Detector", "DetectorFeature"},
    "malwareProtection": {"MalwareProtectionPlan", "Role", "RolePolicy"},
    "macie": {"Account"},
    "config": {
        "Recorder",
        "DeliveryChannel",
        "RecorderStatus",
        "ConformancePack",
        "Role",
        "RolePolicy",
        "RolePolicyAttachment",
    },
    "organizationConfig": {"OrganizationConformancePack"},
}


LOG_GROUP = "/audit/phi-dev-trail"


def account_stack(
    services: Sequence[str] = ALL_SERVICES,
    *,
    preview: bool = False,
    keeps_data: bool = False,
    permissions_boundary: str | None = None,
) -> RecordingMonitor:
    protection = BucketProtection((DEPLOYER,), None, keeps_data)
    context = StackContext(ACCOUNT, Settings(environment="dev", region="us-east-1"))

    def program() -> None:
        key_arn = pulumi.Output.from_input(rpc.UNKNOWN if preview else KEY_ARN)
        logs = AccessLogBucket(
            "access-logs",
            {
                "account": ACCOUNT,
                "bucket_name": LOGS,
                "source_bucket_arns": [PHI_ARN],
                "receives_config": True,
                "protection": protection,
                "noncurrent_retention_days": 2192,
            },
        )
        phi = PhiBucket(
            "phi",
            {
                "account": ACCOUNT,
                "bucket_name": PHI,
                "data_class": "PHI",
                "key_arn": key_arn,
                "log_bucket": logs.bucket,
                "protection": protection,
                "object_access": context.object_access("phi"),
                "object_lock": ObjectLock("GOVERNANCE", 1),
                "lifecycle": VersionLifecycle(90, 2555, intelligent_tiering=False),
            },
        )
        args: AccountSecurityArgs = {
            "account": ACCOUNT,
            "services": services,
            "account_wide": True,
            "phi_buckets": {"phi": PHI},
            "data_class": "PHI",
            "phi_buckets_ready": phi.ready,
            "phi_key_arn": key_arn,
            "config_bucket": logs.bucket,
            "config_bucket_arn": LOGS_ARN,
            "log_group_name": LOG_GROUP,
            "backup": True,
            "replication": False,
            "keeps_data": keeps_data,
            "permissions_boundary": permissions_boundary,
        }
        AccountSecurity("account", args)

    return run_program(program, preview=preview)


@pytest.fixture(autouse=True)
def project(monkeypatch):
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")


@pytest.fixture
def stack():
    return account_stack()


def only_resource(stack: RecordingMonitor, type_name: str):
    (resource,) = [resource for resource in stack.registered if resource.type_name == type_name]
    return resource


def resource_with(stack: RecordingMonitor, name: str, token: str):
    (resource,) = [resource for resource in stack.registered if (resource.name, resource.type) == (name, token)]
    return resource


def enabled_resources(stack: RecordingMonitor):
    """Return the AWS resources of the component and of its roles."""
    parents = {"account", "account-malware-scan-role", "account-recorder"}
    return [resource for resource in stack.registered if resource.parent_name in parents and not resource.is_component]


def request_outcome(document, action, resource, principal=ROLE, context=None) -> evaluator.Outcome:
    request = evaluator.Request(action, resource, principal, context or {}, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


# Services.


@pytest.mark.parametrize("service", RESOURCES_OF_SERVICE)
def test_service_declares_only_its_own_resources(service):
    type_names = [resource.type_name for resource in enabled_resources(account_stack([service]))]
    assert sorted(type_names) == sorted(RESOURCES_OF_SERVICE[service])


def test_nothing_is_declared_without_services():
    assert enabled_resources(account_stack([])) == []


def test_account_security_is_a_component_that_registers_its_outputs_once(stack):
    (component,) = [resource for resource in stack.registered if resource.type == "phi:account:AccountSecurity"]
    assert (component.name, component.parent_name) == ("account", "phi-dev")
    assert stack.output_registrations.count("account") == 1


def test_public_access_block_sets_all_four_flags(stack):
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert only_resource(stack, "AccountPublicAccessBlock").inputs == dict.fromkeys(flags, True)


def test_guardduty_detects_threats_in_s3_and_publishes_every_fifteen_minutes(stack):
    detector, feature = only_resource(stack, "Detector"), only_resource(stack, "DetectorFeature")
    assert detector.inputs == {"enable": True, "findingPublishingFrequency": "FIFTEEN_MINUTES"}
    assert feature.inputs == {"detectorId": detector.name, "name": "S3_DATA_EVENTS", "status": "ENABLED"}


def test_macie_is_enabled_and_publishes_every_fifteen_minutes(stack):
    macie = only_resource(stack, "Account").inputs
    assert macie == {"status": "ENABLED", "findingPublishingFrequency": "FIFTEEN_MINUTES"}


def test_malware_protection_scans_the_phi_bucket_and_tags_its_objects(stack):
    assert only_resource(stack, "MalwareProtectionPlan").inputs == {
        "role": f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-account-malware-scan-role",
        "protectedResource": {"s3Bucket": {"bucketName": PHI}},
        "actions": [{"taggings": [{"status": "ENABLED"}]}],
    }


def test_malware_protection_waits_for_the_bucket_and_the_role(stack):
    dependencies = only_resource(stack, "MalwareProtectionPlan").dependencies
    assert {"phi-policy", "phi-encryption", "account-malware-scan-role-permissions"} <= dependencies


def test_config_records_all_resources_and_delivers_to_the_bucket_without_object_lock(stack):
    recorder, channel, status = (
        only_resource(stack, type_name) for type_name in ("Recorder", "DeliveryChannel", "RecorderStatus")
    )
    assert recorder.inputs["recordingGroup"] == {"allSupported": True, "includeGlobalResourceTypes": True}
    assert recorder.inputs["roleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-account-recorder"
    assert (channel.inputs["s3BucketName"], channel.inputs["s3KeyPrefix"]) == (LOGS, "config")
    assert (status.inputs["name"], status.inputs["isEnabled"]) == (recorder.inputs["name"], True)


def test_recorder_starts_after_its_channel_and_the_conformance_pack_after_the_recorder(stack):
    order = ["Recorder", "DeliveryChannel", "RecorderStatus", "ConformancePack"]
    recorder, channel, status, pack = (only_resource(stack, type_name) for type_name in order)
    assert {"account-recorder-permissions", "account-recorder-AWS_ConfigRole"} <= recorder.dependencies
    assert {recorder.name, "access-logs-policy"} <= channel.dependencies
    assert channel.name in status.dependencies
    assert status.name in pack.dependencies


def test_config_role_has_the_aws_managed_policy(stack):
    policy_arn = only_resource(stack, "RolePolicyAttachment").inputs["policyArn"]
    assert policy_arn.endswith(":aws:policy/service-role/AWS_ConfigRole")


def test_organization_pack_replaces_the_account_pack():
    stack = account_stack(["config", "organizationConfig"])
    assert "ConformancePack" not in {resource.type_name for resource in stack.registered}
    pack = only_resource(stack, "OrganizationConformancePack")
    rules = common_rules("aws", account_wide=True, macie=False, backup=True, replication=False)
    assert pack.inputs["templateBody"] == template(rules, "PHI")
    assert "account-recording" in pack.dependencies


@pytest.mark.parametrize("keeps_data", [False, True])
def test_services_are_protected_and_retained_if_the_stack_keeps_data(keeps_data):
    resources = [
        resource for resource in enabled_resources(account_stack(keeps_data=keeps_data)) if ":iam/" not in resource.type
    ]
    assert {(resource.protect, resource.retain_on_delete) for resource in resources} == {(keeps_data, keeps_data)}


def test_roles_have_the_permissions_boundary():
    stack = account_stack(permissions_boundary=BOUNDARY)
    roles = [resource for resource in stack.registered if resource.type == "aws:iam/role:Role"]
    assert [role.inputs["permissionsBoundary"] for role in roles] == [BOUNDARY] * 2


def test_role_documents_are_known_at_the_first_preview_except_for_the_key():
    stack = account_stack(preview=True)
    for name, unknown_count in (("account-malware-scan-role", 1), ("account-recorder", 0)):
        inputs = resource_with(stack, name, "phi:access:IamRole").inputs
        assert evaluator.parse(inputs["trustPolicy"]).statements
        resources = [statement["Resource"] for statement in inputs["identityPolicy"]["Statement"]]
        assert resources.count(rpc.UNKNOWN) == unknown_count


# Trust policies and permissions of the roles.


FOR_ACCOUNT, FOR_OTHER_ACCOUNT = ({"aws:SourceAccount": [account]} for account in (ACCOUNT_ID, OTHER_ACCOUNT_ID))


@pytest.mark.parametrize("service", [GUARDDUTY, "config.amazonaws.com"])
def test_service_assumes_its_role_only_on_behalf_of_the_account(service):
    document, principal = service_trust(service, ACCOUNT), evaluator.Principal("Service", service)
    request = ("sts:AssumeRole", evaluator.ANY)
    assert request_outcome(document, *request, principal, FOR_ACCOUNT) is ALLOWED
    assert request_outcome(document, *request, principal, FOR_OTHER_ACCOUNT) is IMPLICIT_DENY
    assert request_outcome(document, *request, principal) is IMPLICIT_DENY
    other_service = evaluator.Principal("Service", "ec2.amazonaws.com")
    assert request_outcome(document, *request, other_service, FOR_ACCOUNT) is IMPLICIT_DENY
    assert request_outcome(document, *request, ROLE, FOR_ACCOUNT) is IMPLICIT_DENY


RULE = f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1"
MANAGED_BY_GUARDDUTY = {"events:ManagedBy": [GUARDDUTY]}
VIA_S3 = {"kms:ViaService": ["s3.us-east-1.amazonaws.com"], "kms:EncryptionContext:aws:s3:arn": [PHI_ARN]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        *((f"events:{action}", RULE, MANAGED_BY_GUARDDUTY, ALLOWED) for action in ("PutRule", "DeleteRule")),
        *((f"events:{action}", RULE, MANAGED_BY_GUARDDUTY, ALLOWED) for action in ("PutTargets", "RemoveTargets")),
        *((f"events:{action}", RULE, {}, ALLOWED) for action in ("DescribeRule", "ListTargetsByRule")),
        ("events:PutRule", RULE, {}, IMPLICIT_DENY),
        ("events:PutRule", RULE, {"events:ManagedBy": ["other.amazonaws.com"]}, IMPLICIT_DENY),
        ("events:PutTargets", RULE.replace("DO-NOT-DELETE", "other"), MANAGED_BY_GUARDDUTY, IMPLICIT_DENY),
        ("events:DescribeRule", RULE.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID), {}, IMPLICIT_DENY),
        ("events:DisableRule", RULE, MANAGED_BY_GUARDDUTY, IMPLICIT_DENY),
        *((f"s3:{action}", PHI_ARN, {}, ALLOWED) for action in ("ListBucket", "GetBucketNotification")),
        ("s3:PutBucketNotification", PHI_ARN, {}, ALLOWED),
        ("s3:PutBucketPolicy", PHI_ARN, {}, IMPLICIT_DENY),
        ("s3:ListBucket", "arn:aws:s3:::other", {}, IMPLICIT_DENY),
        *((f"s3:{action}", f"{PHI_ARN}/chart", {}, ALLOWED) for action in ("GetObject", "GetObjectVersion")),
        *((f"s3:{action}", f"{PHI_ARN}/chart", {}, ALLOWED) for action in ("PutObjectTagging", "GetObjectTagging")),
        ("s3:PutObjectVersionTagging", f"{PHI_ARN}/chart", {}, ALLOWED),
        ("s3:GetObjectVersionTagging", f"{PHI_ARN}/chart", {}, ALLOWED),
        ("s3:PutObject", f"{PHI_ARN}/malware-protection-resource-validation-object", {}, ALLOWED),
        ("s3:PutObject", f"{PHI_ARN}/chart", {}, IMPLICIT_DENY),
        ("s3:DeleteObject", f"{PHI_ARN}/chart", {}, IMPLICIT_DENY),
        ("s3:DeleteObject", f"{PHI_ARN}/malware-protection-resource-validation-object", {}, IMPLICIT_DENY),
        ("s3:GetObject", "arn:aws:s3:::other/chart", {}, IMPLICIT_DENY),
        *((f"kms:{action}", KEY_ARN, VIA_S3, ALLOWED) for action in ("Decrypt", "GenerateDataKey")),
        ("kms:Decrypt", KEY_ARN, VIA_S3 | {"kms:EncryptionContext:aws:s3:arn": [f"{PHI_ARN}/chart"]}, ALLOWED),
        ("kms:Decrypt", KEY_ARN, VIA_S3 | {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::o"]}, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, VIA_S3 | {"kms:ViaService": ["rds.us-east-1.amazonaws.com"]}, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, {}, IMPLICIT_DENY),
        ("kms:Decrypt", f"{KEY_ARN}x", VIA_S3, IMPLICIT_DENY),
        ("kms:Encrypt", KEY_ARN, VIA_S3, IMPLICIT_DENY),
    ],
)
def test_malware_scan_role_reads_and_tags_only_one_bucket(action, resource, context, expected):
    document = malware_scan_permissions(ACCOUNT, [PHI_ARN], KEY_ARN)
    assert request_outcome(document, action, resource, context=context) is expected


FILE = f"{LOGS_ARN}/config/AWSLogs/{ACCOUNT_ID}/Config/us-east-1/2026/11/24/ConfigSnapshot/a.json.gz"
OTHER_ACCOUNT_FILE = FILE.replace(f"/{ACCOUNT_ID}/", f"/{OTHER_ACCOUNT_ID}/")
OWNER_ACL = {"s3:x-amz-acl": ["bucket-owner-full-control"]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:PutObject", FILE, OWNER_ACL, ALLOWED),
        ("s3:PutObjectAcl", FILE, OWNER_ACL, ALLOWED),
        ("s3:GetBucketAcl", LOGS_ARN, {}, ALLOWED),
        ("s3:PutObject", FILE, {}, IMPLICIT_DENY),
        ("s3:PutObjectAcl", FILE, {"s3:x-amz-acl": ["public-read"]}, IMPLICIT_DENY),
        ("s3:PutObject", f"{LOGS_ARN}/phi/log", OWNER_ACL, IMPLICIT_DENY),
        (
            "s3:PutObject",
            OTHER_ACCOUNT_FILE,
            OWNER_ACL,
            IMPLICIT_DENY,
        ),
        ("s3:GetObject", FILE, {}, IMPLICIT_DENY),
        ("s3:PutObject", f"{PHI_ARN}/chart", OWNER_ACL, IMPLICIT_DENY),
    ],
)
def test_recorder_role_writes_only_its_own_files(action, resource, context, expected):
    assert (
        request_outcome(config_delivery_permissions(ACCOUNT, LOGS_ARN), action, resource, context=context) is expected
    )


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetBucketAcl", LOGS_ARN, FOR_ACCOUNT, ALLOWED),
        ("s3:ListBucket", LOGS_ARN, FOR_ACCOUNT, ALLOWED),
        ("s3:PutObject", FILE, FOR_ACCOUNT | OWNER_ACL, ALLOWED),
        ("s3:GetBucketAcl", LOGS_ARN, FOR_OTHER_ACCOUNT, IMPLICIT_DENY),
        ("s3:ListBucket", LOGS_ARN, {}, IMPLICIT_DENY),
        ("s3:PutObject", FILE, FOR_OTHER_ACCOUNT | OWNER_ACL, IMPLICIT_DENY),
        ("s3:PutObject", FILE, OWNER_ACL, IMPLICIT_DENY),
        ("s3:PutObject", FILE, FOR_ACCOUNT, IMPLICIT_DENY),
        ("s3:PutObject", FILE, FOR_ACCOUNT | {"s3:x-amz-acl": ["private"]}, IMPLICIT_DENY),
        (
            "s3:PutObject",
            OTHER_ACCOUNT_FILE,
            FOR_ACCOUNT | OWNER_ACL,
            IMPLICIT_DENY,
        ),
        (
            "s3:PutObject",
            f"{LOGS_ARN}/AWSLogs/{ACCOUNT_ID}/Config/a",
            FOR_ACCOUNT | OWNER_ACL,
            IMPLICIT_DENY,
        ),
        ("s3:GetObject", FILE, FOR_ACCOUNT, IMPLICIT_DENY),
        ("s3:DeleteObject", FILE, FOR_ACCOUNT, IMPLICIT_DENY),
    ],
)
def test_bucket_policy_allows_only_the_accounts_own_aws_config(action, resource, context, expected):
    document = {"Version": "2012-10-17", "Statement": allow_config_delivery(ACCOUNT, LOGS_ARN)}
    config, logging = (
        evaluator.Principal("Service", f"{service}.amazonaws.com") for service in ("config", "logging.s3")
    )
    assert request_outcome(document, action, resource, config, context) is expected
    assert request_outcome(document, action, resource, logging, context) is IMPLICIT_DENY


# The rules of AWS Config.


@pytest.fixture(scope="module")
def managed_rules():
    """Return AWS Config's managed rules from moto's data, which comes from AWS's documentation."""
    packed = files("moto.config").joinpath("resources/aws_managed_rules.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))["ManagedRules"]


def rule_properties(partition="aws", *, macie=True, backup=True, replication=False, organization=False):
    """Return the properties of each rule in the conformance pack, by the rule's identifier."""
    rules = common_rules(partition, account_wide=True, macie=macie, backup=backup, replication=replication)
    if not organization:
        rules += stack_rules([PHI], LOG_GROUP)
    resources = json.loads(template(rules, "PHI"))["Resources"].values()
    assert len(resources) == len(rules)
    assert {resource["Type"] for resource in resources} == {"AWS::Config::ConfigRule"}
    return {resource["Properties"]["Source"]["SourceIdentifier"]: resource["Properties"] for resource in resources}


def test_account_pack_has_the_common_rules_and_those_of_the_stack(stack):
    rules = common_rules("aws", account_wide=True, macie=True, backup=True, replication=False)
    rules += stack_rules([PHI], LOG_GROUP)
    assert only_resource(stack, "ConformancePack").inputs["templateBody"] == template(rules, "PHI")


def test_pack_meets_the_limits_and_naming_of_aws_config():
    rules = common_rules("aws", account_wide=True, macie=True, backup=True, replication=True)
    assert len(template(rules + stack_rules([PHI], LOG_GROUP), "PHI")) < 51_200
    for identifier, rule in rule_properties(replication=True).items():
        assert rule["ConfigRuleName"] == identifier.lower().replace("_", "-")
        assert rule["Source"]["Owner"] == "AWS"
        assert rule["Description"].startswith("45 CFR 164.3")


def test_rules_and_their_parameters_exist_in_aws_config(managed_rules):
    for identifier, rule in rule_properties(replication=True).items():
        known = {parameter["Name"]: parameter for parameter in managed_rules[identifier]["Parameters"] if parameter}
        parameters = rule.get("InputParameters", {})
        assert parameters.keys() <= known.keys(), identifier
        assert {name for name in known if not known[name]["Optional"]} <= parameters.keys(), identifier


def test_only_rules_triggered_by_changes_have_a_scope(managed_rules):
    scoped = {identifier for identifier, rule in rule_properties(replication=True).items() if "Scope" in rule}
    assert scoped
    assert {managed_rules[identifier]["Trigger type"] for identifier in scoped} == {"Configuration changes"}


def test_rules_for_phi_have_the_tag_of_the_phi_bucket_as_scope(stack):
    rule = rule_properties()["S3_BUCKET_DEFAULT_LOCK_ENABLED"]
    assert rule["Scope"] == {"TagKey": "DataClass", "TagValue": "PHI"}
    assert resource_with(stack, "phi", "aws:s3/bucket:Bucket").inputs["tags"] == {"DataClass": "PHI"}
    assert "Scope" not in rule_properties()["S3_BUCKET_VERSIONING_ENABLED"]


def test_account_rules_name_the_stacks_bucket_and_log_group_and_organization_rules_do_not():
    rules = rule_properties()
    assert rules["CLOUDTRAIL_S3_DATAEVENTS_ENABLED"]["InputParameters"] == {"S3BucketNames": PHI}
    parameters = rules["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]["InputParameters"]
    assert parameters == {"LogGroupNames": "/audit/phi-dev-trail", "MinRetentionTime": "1827"}
    organization_rules = json.dumps(rule_properties(organization=True))
    assert ACCOUNT_ID not in organization_rules
    assert "phi-dev" not in organization_rules


@pytest.mark.parametrize(
    ("copies", "expected"),
    [
        ({"backup": True}, {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN"}),
        ({"backup": False, "replication": True}, {"S3_BUCKET_REPLICATION_ENABLED"}),
        (
            {"backup": True, "replication": True},
            {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "S3_BUCKET_REPLICATION_ENABLED"},
        ),
    ],
)
def test_rules_check_only_the_copies_that_the_stack_makes(copies, expected):
    identifiers = {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "S3_BUCKET_REPLICATION_ENABLED"}
    assert rule_properties(**copies).keys() & identifiers == expected


def test_rules_check_macie_discovery_only_with_macie():
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" in rule_properties()
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" not in rule_properties(macie=False)


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_pack_omits_rules_that_the_partition_does_not_have(partition):
    identifiers = rule_properties(partition).keys()
    assert {rule.identifier for rule in (*REGIONAL_RULES, *ACCOUNT_RULES)} <= identifiers
    commercial_identifiers = {rule.identifier for rule in (*COMMERCIAL_REGIONAL_RULES, *COMMERCIAL_ACCOUNT_RULES)}
    assert commercial_identifiers
    assert commercial_identifiers.isdisjoint(identifiers)
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" not in identifiers


# The replica's region.


@pytest.fixture(scope="module")
def both_regions() -> RecordingMonitor:
    return run_main("prod", accountSecurityServices=json.dumps([*ALL_SERVICES, "organizationConfig"]))


@pytest.fixture(scope="module")
def account_packs() -> dict[str, dict[str, dict[str, object]]]:
    """Return the rules of the conformance pack of each region, by identifier."""
    packs = run_main("prod").resources_of_type("ConformancePack")
    return {
        pack.parent_name: {
            rule["Properties"]["Source"]["SourceIdentifier"]: rule["Properties"]
            for rule in json.loads(pack.inputs["templateBody"])["Resources"].values()
        }
        for pack in packs
    }


def resources_of(stack: RecordingMonitor, component: str):
    """Return the AWS resources of a component and of its children."""
    children = {resource.urn for resource in stack.registered if resource.parent_name == component}
    return [
        resource
        for resource in stack.registered
        if not resource.is_component and (resource.urn in children or resource.parent_urn in children)
    ]


def test_replica_region_has_every_service_except_the_public_access_block(both_regions):
    first, replica = (
        Counter(resource.type_name for resource in resources_of(both_regions, component))
        for component in ("account", "replica-account")
    )
    assert first["AccountPublicAccessBlock"] == 1
    assert replica == first - Counter(["AccountPublicAccessBlock"])


def test_services_of_the_replica_use_its_provider(both_regions):
    providers = {
        component: {resource.provider.split("::")[-2] for resource in resources_of(both_regions, component)}
        for component in ("account", "replica-account")
    }
    assert providers == {"account": {"aws"}, "replica-account": {"replica-region"}}


def test_services_of_both_regions_are_kept_on_destroy(both_regions):
    services = [
        resource
        for component in ("account", "replica-account")
        for resource in resources_of(both_regions, component)
        if not resource.type_name.startswith("Role")
    ]
    assert {(resource.protect, resource.retain_on_delete) for resource in services} == {(True, True)}


def test_replica_bucket_is_scanned_for_malware_with_its_own_key(both_regions):
    """GuardDuty scans replicas when they are written; S3 doesn't replicate the tag with the result of a scan."""
    plan = both_regions.resource("MalwareProtectionPlan", "replica-account-malware-plan").inputs
    assert plan["protectedResource"] == {"s3Bucket": {"bucketName": REPLICA}}
    assert plan["role"].endswith("role/phi-prod-replica-account-malware-scan-role")
    policy = both_regions.resource("RolePolicy", "replica-account-malware-scan-role-permissions").inputs["policy"]
    assert "us-east-1" not in policy
    assert f"arn:aws:kms:us-west-2:{ACCOUNT_ID}:key/replica-key" in policy


@pytest.mark.parametrize(("bucket", "region"), [("phi", "account"), ("replica", "replica-account")])
def test_malware_scan_role_of_the_region_may_read_and_tag_objects_before_they_are_scanned(both_regions, bucket, region):
    document = both_regions.resource("BucketPolicy", f"{bucket}-policy").policy
    objects = [statement["Resource"] for statement in document["Statement"] if statement["Sid"] == "DenyScanTags"]
    assert objects
    role = both_regions.resource("Role", f"{region}-malware-scan-role").inputs["name"]
    for name, expected in ((role, IMPLICIT_DENY), ("phi-prod-application", evaluator.Outcome.EXPLICIT_DENY)):
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/{name}"
        context = {
            "aws:PrincipalArn": [arn],
            "aws:PrincipalAccount": [ACCOUNT_ID],
            "aws:SecureTransport": ["true"],
            "s3:TlsVersion": ["1.3"],
            "s3:RequestObjectTagKeys": ["GuardDutyMalwareScanStatus"],
        }
        principal = evaluator.Principal("AWS", arn, ACCOUNT_ID)
        for action in ("s3:GetObjectVersion", "s3:PutObjectVersionTagging"):
            assert request_outcome(document, action, objects[0].replace("*", "a"), principal, context) is expected, name


def test_global_resources_are_recorded_in_one_region_only(both_regions):
    recorders = both_regions.resources_of_type("Recorder")
    assert {recorder.name: recorder.inputs["recordingGroup"] for recorder in recorders} == {
        "account-recorder": {"allSupported": True, "includeGlobalResourceTypes": True},
        "replica-account-recorder": {"allSupported": True, "includeGlobalResourceTypes": False},
    }


def test_config_delivers_to_the_log_bucket_of_its_region(both_regions):
    channels = {
        channel.name: channel.inputs["s3BucketName"] for channel in both_regions.resources_of_type("DeliveryChannel")
    }
    assert channels == {
        "account-channel": f"phi-prod-access-logs-{ACCOUNT_ID}-us-east-1",
        "replica-account-channel": f"phi-prod-replica-logs-{ACCOUNT_ID}-us-west-2",
    }
    for bucket in ("access-logs", "replica-logs"):
        sids = {
            statement["Sid"]
            for statement in both_regions.resource("BucketPolicy", f"{bucket}-policy").policy["Statement"]
        }
        assert "AWSConfigBucketDelivery" in sids


def test_replica_pack_checks_the_replica_and_nothing_that_the_account_has_once(account_packs):
    rules = account_packs["replica-account"]
    assert rules["CLOUDTRAIL_S3_DATAEVENTS_ENABLED"]["InputParameters"] == {"S3BucketNames": REPLICA}
    assert {rule["Scope"]["TagValue"] for rule in rules.values() if "Scope" in rule} == {"Replica"}
    only_once = {rule.identifier for rule in (*ACCOUNT_RULES, *COMMERCIAL_ACCOUNT_RULES)} | {
        "CW_LOGGROUP_RETENTION_PERIOD_CHECK",
        "S3_BUCKET_REPLICATION_ENABLED",
        "S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN",
    }
    assert account_packs["account"].keys() - rules.keys() == only_once
    assert rules.keys() <= account_packs["account"].keys()


def test_replica_region_has_no_services_if_only_the_public_access_block_is_enabled():
    stack = run_main("prod", accountSecurityServices='["publicAccessBlock"]')
    assert resources_of(stack, "replica-account") == []
    assert len(resources_of(stack, "account")) == 1
