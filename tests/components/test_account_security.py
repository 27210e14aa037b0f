"""The account's guards on mocks: what each setting switches on, in what order, and what its roles may do."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import files

import pulumi
import pytest
from pulumi.runtime import rpc

from components.access_log_bucket import AccessLogBucket
from components.account import Account
from components.account_security import AccountSecurity, delivery_permissions, malware_permissions, trust
from components.config_delivery import config_delivery
from components.conformance import COMMERCIAL, RULES, rules_of_account, rules_of_organization, template
from components.phi_bucket import PhiBucket
from components.stack_context import StackContext
from hipaa import evaluator
from phi.stack.settings import Settings
from tests.components.mocked_stack import ACCOUNT_ID, DEPLOYER, RecordingMonitor, run_program

ALLOWED, IMPLICIT_DENY = evaluator.Outcome.ALLOWED, evaluator.Outcome.IMPLICIT_DENY
OTHER_ACCOUNT_ID = "444455556666"
ACCOUNT = Account(ACCOUNT_ID, "us-east-1", "aws", "amazonaws.com", DEPLOYER)
PHI, LOGS = (f"phi-dev-{each}-{ACCOUNT_ID}-us-east-1" for each in ("phi", "access-logs"))
PHI_ARN, LOGS_ARN = f"arn:aws:s3:::{PHI}", f"arn:aws:s3:::{LOGS}"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/phi"
BOUNDARY = f"arn:aws:iam::{ACCOUNT_ID}:policy/boundary"
ROLE = evaluator.Principal("AWS", f"arn:aws:iam::{ACCOUNT_ID}:role/role", ACCOUNT_ID)
GUARDDUTY = "malware-protection-plan.guardduty.amazonaws.com"
EVERYTHING = ("publicAccessBlock", "guardDuty", "malwareProtection", "macie", "config")

ON = {
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


def site(guards: Sequence[str] = EVERYTHING, **settings) -> StackContext:
    return StackContext(ACCOUNT, Settings(settings.pop("environment", "dev"), "us-east-1", account_security_services=guards, **settings))


def account_stack(where: StackContext, *, preview: bool = False) -> RecordingMonitor:
    def program() -> None:
        key = pulumi.Output.from_input(rpc.UNKNOWN if preview else KEY_ARN)
        logs = AccessLogBucket("access-logs", {"site": where, "sources": [where.phi_arn]})
        phi = PhiBucket("phi", {"site": where, "data_class": "PHI", "key_arn": key, "log_bucket": logs.bucket})
        AccountSecurity("account", {"site": where, "log_bucket": logs.bucket, "phi": phi, "key_arn": key})

    return run_program(program, preview=preview)


@pytest.fixture(autouse=True)
def project(monkeypatch):
    monkeypatch.setattr("pulumi.get_project", lambda: "phi")
    monkeypatch.setattr("pulumi.get_stack", lambda: "dev")


@pytest.fixture
def stack():
    return account_stack(site())


def only_resource(stack: RecordingMonitor, kind: str):
    (found,) = [each for each in stack.resources if each.type.rsplit(":", 1)[-1] == kind]
    return found


def resource(stack: RecordingMonitor, name: str, token: str):
    (found,) = [each for each in stack.resources if (each.name, each.type) == (name, token)]
    return found


def switched_on(stack: RecordingMonitor):
    """The kinds of the resources under the guards and their roles, but for the components."""
    under = {"account", "account-malware", "account-recorder"}
    return [each for each in stack.resources if each.parent_name in under and not each.type.startswith("phi:")]


def request_outcome(document, action, resource, principal=ROLE, context=None) -> evaluator.Outcome:
    request = evaluator.Request(action, resource, principal, context or {}, context_is_complete=True)
    return evaluator.evaluate([evaluator.parse(document)], request).outcome


# What a setting switches on.


@pytest.mark.parametrize("guard", ON)
def test_a_guard_switches_on_its_own_and_nothing_else(guard):
    kinds = [each.type.rsplit(":", 1)[-1] for each in switched_on(account_stack(site([guard])))]
    assert sorted(kinds) == sorted(ON[guard])


def test_nothing_is_switched_on_that_nobody_asked_for():
    assert switched_on(account_stack(site([]))) == []


def test_it_is_a_component_of_its_own_type_and_says_when_it_is_done(stack):
    (component,) = [each for each in stack.resources if each.type == "phi:account:AccountGuards"]
    assert (component.name, component.parent_name) == ("account", "phi-dev")
    assert stack.output_registrations.count("account") == 1


def test_the_account_blocks_public_access_with_all_four_flags(stack):
    flags = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert only_resource(stack, "AccountPublicAccessBlock").inputs == dict.fromkeys(flags, True)


def test_guardduty_looks_for_threats_in_s3_and_tells_soon(stack):
    detector, feature = only_resource(stack, "Detector"), only_resource(stack, "DetectorFeature")
    assert detector.inputs == {"enable": True, "findingPublishingFrequency": "FIFTEEN_MINUTES"}
    assert feature.inputs == {"detectorId": detector.name, "name": "S3_DATA_EVENTS", "status": "ENABLED"}


def test_macie_is_enabled(stack):
    assert only_resource(stack, "Account").inputs == {"status": "ENABLED", "findingPublishingFrequency": "FIFTEEN_MINUTES"}


def test_the_bucket_of_phi_is_searched_for_malware_and_its_objects_tagged(stack):
    assert only_resource(stack, "MalwareProtectionPlan").inputs == {
        "role": f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-account-malware",
        "protectedResource": {"s3Bucket": {"bucketName": PHI}},
        "actions": [{"taggings": [{"status": "ENABLED"}]}],
    }


def test_malware_is_searched_for_once_the_bucket_and_the_role_are_ready(stack):
    after = only_resource(stack, "MalwareProtectionPlan").dependencies
    assert {"phi-policy", "phi-encryption", "account-malware-permissions"} <= after


def test_every_kind_of_resource_is_recorded_and_delivered_to_the_bucket_without_a_lock(stack):
    recorder, channel, status = (only_resource(stack, each) for each in ("Recorder", "DeliveryChannel", "RecorderStatus"))
    assert recorder.inputs["recordingGroup"] == {"allSupported": True, "includeGlobalResourceTypes": True}
    assert recorder.inputs["roleArn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/phi-dev-account-recorder"
    assert (channel.inputs["s3BucketName"], channel.inputs["s3KeyPrefix"]) == (LOGS, "config")
    assert (status.inputs["name"], status.inputs["isEnabled"]) == (recorder.inputs["name"], True)


def test_the_recorder_starts_when_it_can_deliver_and_rules_are_asked_when_it_has(stack):
    order = ["Recorder", "DeliveryChannel", "RecorderStatus", "ConformancePack"]
    recorder, channel, status, pack = (only_resource(stack, each) for each in order)
    assert {"account-recorder-permissions", "account-recorder-AWS_ConfigRole"} <= recorder.dependencies
    assert {recorder.name, "access-logs-policy"} <= channel.dependencies
    assert channel.name in status.dependencies
    assert status.name in pack.dependencies


def test_the_recorder_reads_what_awss_own_policy_for_it_says(stack):
    assert only_resource(stack, "RolePolicyAttachment").inputs["policyArn"].endswith(":aws:policy/service-role/AWS_ConfigRole")


def test_an_organisation_asks_its_rules_of_every_account_instead():
    stack = account_stack(site(["config", "organizationConfig"]))
    kinds = {each.type.rsplit(":", 1)[-1] for each in stack.resources}
    assert "ConformancePack" not in kinds
    pack = only_resource(stack, "OrganizationConformancePack")
    assert pack.inputs["templateBody"] == template(rules_of_organization(site(["config"])))
    assert "account-recording" in pack.dependencies


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_guards_stay_where_data_stays(environment):
    stays = environment == "prod"
    own = [each for each in switched_on(account_stack(site(environment=environment))) if ":iam/" not in each.type]
    assert {(each.protect, each.retain_on_delete) for each in own} == {(stays, stays)}


def test_what_a_role_may_do_is_bounded_where_the_account_bounds_it():
    stack = account_stack(site(permissions_boundary=BOUNDARY))
    roles = [each for each in stack.resources if each.type == "aws:iam/role:Role"]
    assert [each.inputs["permissionsBoundary"] for each in roles] == [BOUNDARY] * 2


def test_a_roles_documents_are_known_at_the_first_preview_but_for_the_key():
    stack = account_stack(site(), preview=True)
    for name, unknown in (("account-malware", 1), ("account-recorder", 0)):
        inputs = resource(stack, name, "phi:access:Role").inputs
        assert evaluator.parse(inputs["trustPolicy"]).statements
        resources = [each["Resource"] for each in inputs["identityPolicy"]["Statement"]]
        assert resources.count(rpc.UNKNOWN) == unknown


# Who takes the roles, and what they may do.


@pytest.mark.parametrize("service", [GUARDDUTY, "config.amazonaws.com"])
def test_a_service_takes_its_role_for_the_account_alone(service):
    document, principal = trust(service, ACCOUNT), evaluator.Principal("Service", service)
    own, others = ({"aws:SourceAccount": [each]} for each in (ACCOUNT_ID, OTHER_ACCOUNT_ID))
    assert request_outcome(document, "sts:AssumeRole", evaluator.ANY, principal, own) is ALLOWED
    assert request_outcome(document, "sts:AssumeRole", evaluator.ANY, principal, others) is IMPLICIT_DENY
    assert request_outcome(document, "sts:AssumeRole", evaluator.ANY, principal) is IMPLICIT_DENY
    other = evaluator.Principal("Service", "ec2.amazonaws.com")
    assert request_outcome(document, "sts:AssumeRole", evaluator.ANY, other, own) is IMPLICIT_DENY
    assert request_outcome(document, "sts:AssumeRole", evaluator.ANY, ROLE, own) is IMPLICIT_DENY


RULE = f"arn:aws:events:us-east-1:{ACCOUNT_ID}:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-1"
MANAGED = {"events:ManagedBy": [GUARDDUTY]}
THROUGH_S3 = {"kms:ViaService": ["s3.us-east-1.amazonaws.com"], "kms:EncryptionContext:aws:s3:arn": [PHI_ARN]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        *((f"events:{each}", RULE, MANAGED, ALLOWED) for each in ("PutRule", "DeleteRule")),
        *((f"events:{each}", RULE, MANAGED, ALLOWED) for each in ("PutTargets", "RemoveTargets")),
        *((f"events:{each}", RULE, {}, ALLOWED) for each in ("DescribeRule", "ListTargetsByRule")),
        ("events:PutRule", RULE, {}, IMPLICIT_DENY),
        ("events:PutRule", RULE, {"events:ManagedBy": ["other.amazonaws.com"]}, IMPLICIT_DENY),
        ("events:PutTargets", RULE.replace("DO-NOT-DELETE", "other"), MANAGED, IMPLICIT_DENY),
        ("events:DescribeRule", RULE.replace(ACCOUNT_ID, OTHER_ACCOUNT_ID), {}, IMPLICIT_DENY),
        ("events:DisableRule", RULE, MANAGED, IMPLICIT_DENY),
        *((f"s3:{each}", PHI_ARN, {}, ALLOWED) for each in ("ListBucket", "GetBucketNotification")),
        ("s3:PutBucketNotification", PHI_ARN, {}, ALLOWED),
        ("s3:PutBucketPolicy", PHI_ARN, {}, IMPLICIT_DENY),
        ("s3:ListBucket", "arn:aws:s3:::other", {}, IMPLICIT_DENY),
        *((f"s3:{each}", f"{PHI_ARN}/chart", {}, ALLOWED) for each in ("GetObject", "GetObjectVersion")),
        *((f"s3:{each}", f"{PHI_ARN}/chart", {}, ALLOWED) for each in ("PutObjectTagging", "GetObjectTagging")),
        ("s3:PutObjectVersionTagging", f"{PHI_ARN}/chart", {}, ALLOWED),
        ("s3:GetObjectVersionTagging", f"{PHI_ARN}/chart", {}, ALLOWED),
        ("s3:PutObject", f"{PHI_ARN}/malware-protection-resource-validation-object", {}, ALLOWED),
        ("s3:PutObject", f"{PHI_ARN}/chart", {}, IMPLICIT_DENY),
        ("s3:DeleteObject", f"{PHI_ARN}/chart", {}, IMPLICIT_DENY),
        ("s3:DeleteObject", f"{PHI_ARN}/malware-protection-resource-validation-object", {}, IMPLICIT_DENY),
        ("s3:GetObject", "arn:aws:s3:::other/chart", {}, IMPLICIT_DENY),
        *((f"kms:{each}", KEY_ARN, THROUGH_S3, ALLOWED) for each in ("Decrypt", "GenerateDataKey")),
        ("kms:Decrypt", KEY_ARN, THROUGH_S3 | {"kms:EncryptionContext:aws:s3:arn": [f"{PHI_ARN}/chart"]}, ALLOWED),
        ("kms:Decrypt", KEY_ARN, THROUGH_S3 | {"kms:EncryptionContext:aws:s3:arn": ["arn:aws:s3:::o"]}, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, THROUGH_S3 | {"kms:ViaService": ["rds.us-east-1.amazonaws.com"]}, IMPLICIT_DENY),
        ("kms:Decrypt", KEY_ARN, {}, IMPLICIT_DENY),
        ("kms:Decrypt", f"{KEY_ARN}x", THROUGH_S3, IMPLICIT_DENY),
        ("kms:Encrypt", KEY_ARN, THROUGH_S3, IMPLICIT_DENY),
    ],
)
def test_the_search_for_malware_reads_and_tags_one_bucket(action, resource, context, expected):
    document = malware_permissions(ACCOUNT, PHI_ARN, KEY_ARN)
    assert request_outcome(document, action, resource, context=context) is expected


FILE = f"{LOGS_ARN}/config/AWSLogs/{ACCOUNT_ID}/Config/us-east-1/2026/11/24/ConfigSnapshot/a.json.gz"
OWNED = {"s3:x-amz-acl": ["bucket-owner-full-control"]}


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:PutObject", FILE, OWNED, ALLOWED),
        ("s3:PutObjectAcl", FILE, OWNED, ALLOWED),
        ("s3:GetBucketAcl", LOGS_ARN, {}, ALLOWED),
        ("s3:PutObject", FILE, {}, IMPLICIT_DENY),
        ("s3:PutObjectAcl", FILE, {"s3:x-amz-acl": ["public-read"]}, IMPLICIT_DENY),
        ("s3:PutObject", f"{LOGS_ARN}/phi/log", OWNED, IMPLICIT_DENY),
        ("s3:PutObject", FILE.replace(f"/{ACCOUNT_ID}/", f"/{OTHER_ACCOUNT_ID}/"), OWNED, IMPLICIT_DENY),
        ("s3:GetObject", FILE, {}, IMPLICIT_DENY),
        ("s3:PutObject", f"{PHI_ARN}/chart", OWNED, IMPLICIT_DENY),
    ],
)
def test_the_recorder_writes_its_own_files_alone(action, resource, context, expected):
    assert request_outcome(delivery_permissions(ACCOUNT, LOGS_ARN), action, resource, context=context) is expected


OF_ACCOUNT, OF_OTHER = ({"aws:SourceAccount": [each]} for each in (ACCOUNT_ID, OTHER_ACCOUNT_ID))


@pytest.mark.parametrize(
    ("action", "resource", "context", "expected"),
    [
        ("s3:GetBucketAcl", LOGS_ARN, OF_ACCOUNT, ALLOWED),
        ("s3:ListBucket", LOGS_ARN, OF_ACCOUNT, ALLOWED),
        ("s3:PutObject", FILE, OF_ACCOUNT | OWNED, ALLOWED),
        ("s3:GetBucketAcl", LOGS_ARN, OF_OTHER, IMPLICIT_DENY),
        ("s3:ListBucket", LOGS_ARN, {}, IMPLICIT_DENY),
        ("s3:PutObject", FILE, OF_OTHER | OWNED, IMPLICIT_DENY),
        ("s3:PutObject", FILE, OWNED, IMPLICIT_DENY),
        ("s3:PutObject", FILE, OF_ACCOUNT, IMPLICIT_DENY),
        ("s3:PutObject", FILE, OF_ACCOUNT | {"s3:x-amz-acl": ["private"]}, IMPLICIT_DENY),
        ("s3:PutObject", FILE.replace(f"/{ACCOUNT_ID}/", f"/{OTHER_ACCOUNT_ID}/"), OF_ACCOUNT | OWNED, IMPLICIT_DENY),
        ("s3:PutObject", f"{LOGS_ARN}/AWSLogs/{ACCOUNT_ID}/Config/a", OF_ACCOUNT | OWNED, IMPLICIT_DENY),
        ("s3:GetObject", FILE, OF_ACCOUNT, IMPLICIT_DENY),
        ("s3:DeleteObject", FILE, OF_ACCOUNT, IMPLICIT_DENY),
    ],
)
def test_a_bucket_lets_in_the_accounts_own_aws_config(action, resource, context, expected):
    document = {"Version": "2012-10-17", "Statement": config_delivery(ACCOUNT, LOGS_ARN)}
    config, logging = (evaluator.Principal("Service", f"{each}.amazonaws.com") for each in ("config", "logging.s3"))
    assert request_outcome(document, action, resource, config, context) is expected
    assert request_outcome(document, action, resource, logging, context) is IMPLICIT_DENY


# What AWS Config asks.


@pytest.fixture(scope="module")
def managed_rules():
    """AWS Config's managed rules as moto has them, taken from AWS's documentation."""
    packed = files("moto.config").joinpath("resources/aws_managed_rules.json.gz").read_bytes()
    return json.loads(gzip.decompress(packed))["ManagedRules"]


def rules(where: StackContext, *, organization: bool = False):
    asked = rules_of_organization(where) if organization else rules_of_account(where)
    resources = json.loads(template(asked))["Resources"]
    assert {each["Type"] for each in resources.values()} == {"AWS::Config::ConfigRule"}
    return {each["Properties"]["Source"]["SourceIdentifier"]: each["Properties"] for each in resources.values()}


def test_a_pack_is_as_small_and_its_rules_are_named_as_aws_config_takes_them():
    where = site(replica_region="us-west-2")
    assert len(template(rules_of_account(where))) < 51_200
    assert len(rules(where)) == len(rules_of_account(where))
    for identifier, rule in rules(where).items():
        assert rule["ConfigRuleName"] == identifier.lower().replace("_", "-")
        assert rule["Source"]["Owner"] == "AWS"
        assert rule["Description"].startswith("45 CFR 164.3")


def test_every_rule_is_one_that_aws_config_has_and_its_parameters_too(managed_rules):
    for identifier, rule in rules(site(replica_region="us-west-2")).items():
        known = {each["Name"]: each for each in managed_rules[identifier]["Parameters"] if each}
        given = rule.get("InputParameters", {})
        assert given.keys() <= known.keys(), identifier
        assert {name for name, each in known.items() if not each["Optional"]} <= given.keys(), identifier


def test_only_a_rule_that_changes_trigger_is_asked_of_phi_alone(managed_rules):
    scoped = {name for name, rule in rules(site(replica_region="us-west-2")).items() if "Scope" in rule}
    assert scoped
    assert {managed_rules[each]["Trigger type"] for each in scoped} == {"Configuration changes"}


def test_rules_for_phi_are_asked_by_the_tag_that_the_bucket_has(stack):
    rule = rules(site())["S3_BUCKET_DEFAULT_LOCK_ENABLED"]
    assert rule["Scope"] == {"TagKey": "DataClass", "TagValue": "PHI"}
    assert resource(stack, "phi", "aws:s3/bucket:Bucket").inputs["tags"] == {"DataClass": "PHI"}
    assert "Scope" not in rules(site())["S3_BUCKET_VERSIONING_ENABLED"]


def test_an_account_is_asked_about_its_own_buckets_and_logs_and_an_organisation_about_none_of_them():
    own = rules(site())
    assert own["CLOUDTRAIL_S3_DATAEVENTS_ENABLED"]["InputParameters"] == {"S3BucketNames": PHI}
    asked = own["CW_LOGGROUP_RETENTION_PERIOD_CHECK"]["InputParameters"]
    assert asked == {"LogGroupNames": "/audit/phi-dev-trail", "MinRetentionTime": "1827"}
    everywhere = json.dumps(rules(site(), organization=True))
    assert ACCOUNT_ID not in everywhere
    assert "phi-dev" not in everywhere


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        ({"backup": True}, {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN"}),
        ({"backup": False, "replica_region": "us-west-2"}, {"S3_BUCKET_REPLICATION_ENABLED"}),
        (
            {"backup": True, "replica_region": "us-west-2"},
            {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "S3_BUCKET_REPLICATION_ENABLED"},
        ),
    ],
)
def test_copies_are_asked_for_as_the_stack_makes_them(settings, asked):
    copies = {"S3_RESOURCES_PROTECTED_BY_BACKUP_PLAN", "S3_BUCKET_REPLICATION_ENABLED"}
    assert rules(site(**settings)).keys() & copies == asked


def test_macies_discovery_is_asked_for_where_macie_is_switched_on():
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" in rules(site())
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" not in rules(site(["config"]))


@pytest.mark.parametrize("partition", ["aws-us-gov", "aws-cn"])
def test_a_rule_is_asked_where_aws_config_has_it(partition):
    elsewhere = replace(site(), account=replace(ACCOUNT, partition=partition))
    asked = rules(elsewhere)
    assert {each.identifier for each in RULES} <= asked.keys()
    assert not asked.keys() & {each.identifier for each in COMMERCIAL}
    assert "MACIE_AUTO_SENSITIVE_DATA_DISCOVERY_CHECK" not in asked
