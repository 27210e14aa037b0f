"""Resources of aws-native and CloudControl, judged as those of pulumi-aws.

In every stack, `it` is the resource that the controls are about, and its bucket is called `data`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.policy.cloudformation_forms import ACCOUNT, FORMS, NATIVE_PROVIDER, Form, cloud_control, in_every_form
from tests.policy.pack_process import UNKNOWN, Finding, PackProcess, Resource, start_pack
from tests.policy.services.s3_stacks import DATA, bucket, companion

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0a1b2c3d-0000-1111-2222-333344445555"
OTHER_ACCOUNT = "999999999999"
FLAGS = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
ABORT = {"DaysAfterInitiation": 7}


def tags(**values: Any) -> list[dict[str, Any]]:
    return [{"Key": key, "Value": value} for key, value in values.items()]


def encryption(algorithm: Any = "aws:kms", key: Any = KEY, **rule: Any) -> dict[str, Any]:
    by_default = {"SSEAlgorithm": algorithm} | ({"KMSMasterKeyID": key} if key else {})
    rule = {"ServerSideEncryptionByDefault": by_default, "BucketKeyEnabled": True} | rule
    return {"ServerSideEncryptionConfiguration": [rule]}


def lifecycle(**rule: Any) -> dict[str, Any]:
    return {"Rules": [{"Status": "Enabled", "AbortIncompleteMultipartUpload": ABORT} | rule]}


def retention(**values: Any) -> dict[str, Any]:
    return {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": values}}


def replication(bucket_arn: Any, account: str = ACCOUNT, **rule: Any) -> dict[str, Any]:
    destination = {"Bucket": bucket_arn, "Account": account, "EncryptionConfiguration": {"ReplicaKmsKeyID": KEY}}
    criteria = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
    rule = {"Status": "Enabled", "Destination": destination, "SourceSelectionCriteria": criteria} | rule
    return {"Role": f"arn:aws:iam::{ACCOUNT}:role/replication", "Rules": [rule]}


COMPLIANT: Mapping[str, Any] = {
    "BucketName": "data",
    "Tags": tags(DataClass="PHI"),
    "PublicAccessBlockConfiguration": dict.fromkeys(FLAGS, True),
    "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    "BucketEncryption": encryption(BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]}),
    "VersioningConfiguration": {"Status": "Enabled"},
    "ObjectLockEnabled": True,
    "ObjectLockConfiguration": retention(Mode="COMPLIANCE", Years=7),
    "LifecycleConfiguration": lifecycle(),
    "LoggingConfiguration": {"DestinationBucketName": "logs", "LogFilePrefix": ""},
    "MetricsConfigurations": [{"Id": "EntireBucket"}],
}
# What a bucket can't declare itself.
ELSEWHERE = frozenset(
    {
        "cloudtrail-s3-data-events",
        "s3-enforce-kms-key",
        "s3-replication-or-backup",
        "s3-tamper-protection",
        "s3-tls-1-2",
        "s3-tls-only",
    }
)
FAULTS: Mapping[str, tuple[Mapping[str, Any], set[str]]] = {
    "none": ({}, set()),
    "no tag": ({"Tags": []}, {"s3-data-class-tag"}),
    "another tag": ({"Tags": tags(Owner="x")}, {"s3-data-class-tag"}),
    "tag not known to be a class": ({"Tags": tags(DataClass="secret")}, {"s3-data-class-tag"}),
    "no block": ({"PublicAccessBlockConfiguration": None}, {"s3-public-access-block"}),
    "empty block": ({"PublicAccessBlockConfiguration": {}}, {"s3-public-access-block"}),
    **{
        f"without {flag}": (
            {"PublicAccessBlockConfiguration": dict.fromkeys(FLAGS, True) | {flag: False}},
            {"s3-public-access-block"},
        )
        for flag in FLAGS
    },
    "ACLs": ({"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}, {"s3-acls-disabled"}),
    "no ownership": ({"OwnershipControls": None}, {"s3-acls-disabled"}),
    "public ACL": ({"AccessControl": "PublicRead"}, {"s3-no-public-grant"}),
    "ACL for all of AWS": ({"AccessControl": "AuthenticatedRead"}, {"s3-no-public-grant"}),
    "SSE-S3": (
        {"BucketEncryption": encryption("AES256", None, BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})},
        {"s3-customer-managed-key"},
    ),
    "AWS managed key": (
        {"BucketEncryption": encryption(key="alias/aws/s3", BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})},
        {"s3-customer-managed-key"},
    ),
    "no bucket key": (
        {"BucketEncryption": encryption(BucketKeyEnabled=False, BlockedEncryptionTypes={"EncryptionType": ["SSE-C"]})},
        {"s3-bucket-key"},
    ),
    "SSE-C": ({"BucketEncryption": encryption()}, {"s3-deny-sse-c"}),
    "no versioning": ({"VersioningConfiguration": None}, {"s3-versioning"}),
    "suspended versioning": ({"VersioningConfiguration": {"Status": "Suspended"}}, {"s3-versioning"}),
    "no retention": ({"ObjectLockConfiguration": None}, {"s3-object-lock"}),
    "short retention": ({"ObjectLockConfiguration": retention(Mode="COMPLIANCE", Days=1)}, {"s3-object-lock"}),
    "no lifecycle": ({"LifecycleConfiguration": None}, {"s3-abort-multipart"}),
    "disabled rule": ({"LifecycleConfiguration": lifecycle(Status="Disabled")}, {"s3-abort-multipart"}),
    "rule with a prefix": ({"LifecycleConfiguration": lifecycle(Prefix="a/")}, {"s3-abort-multipart"}),
    "rule with a tag": (
        {"LifecycleConfiguration": lifecycle(TagFilters=tags(kind="x"))},
        {"s3-abort-multipart"},
    ),
    "rule with a size": ({"LifecycleConfiguration": lifecycle(ObjectSizeLessThan="5")}, {"s3-abort-multipart"}),
    "expiration": ({"LifecycleConfiguration": lifecycle(ExpirationInDays=30)}, {"s3-retention"}),
    "expiration on a day": (
        {"LifecycleConfiguration": lifecycle(ExpirationDate="2026-01-01T00:00:00Z")},
        {"s3-retention"},
    ),
    "expiration of versions": (
        {"LifecycleConfiguration": lifecycle(NoncurrentVersionExpiration={"NoncurrentDays": 30})},
        {"s3-retention"},
    ),
    "expiration of versions, old spelling": (
        {"LifecycleConfiguration": lifecycle(NoncurrentVersionExpirationInDays=30)},
        {"s3-retention"},
    ),
    "no logging": ({"LoggingConfiguration": None}, {"s3-access-logging"}),
    "logging to the bucket itself by default": ({"LoggingConfiguration": {}}, {"s3-access-logging"}),
    "logging to the bucket itself": (
        {"LoggingConfiguration": {"DestinationBucketName": "data"}},
        {"s3-access-logging"},
    ),
    "metrics of a prefix": ({"MetricsConfigurations": [{"Id": "a", "Prefix": "a/"}]}, {"s3-request-metrics"}),
    "metrics of an access point": (
        {"MetricsConfigurations": [{"Id": "a", "AccessPointArn": "arn:aws:s3:us-east-1:111122223333:accesspoint/a"}]},
        {"s3-request-metrics"},
    ),
    "no metrics": ({"MetricsConfigurations": []}, {"s3-request-metrics"}),
    "website": ({"WebsiteConfiguration": {"IndexDocument": "index.html"}}, {"s3-no-website"}),
    "empty website": ({"WebsiteConfiguration": {}}, {"s3-no-website"}),
    "CORS": (
        {"CorsConfiguration": {"CorsRules": [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]}},
        {"s3-cors"},
    ),
    "foreign replica": (
        {"ReplicationConfiguration": replication("arn:aws:s3:::theirs", OTHER_ACCOUNT)},
        {"s3-no-external-destinations"},
    ),
    "foreign inventory": (
        {
            "InventoryConfigurations": [
                {"Id": "a", "Destination": {"BucketArn": "arn:aws:s3:::theirs", "BucketAccountId": OTHER_ACCOUNT}}
            ]
        },
        {"s3-no-external-destinations"},
    ),
    "foreign analytics export": (
        {
            "AnalyticsConfigurations": [
                {
                    "Id": "a",
                    "StorageClassAnalysis": {
                        "DataExport": {
                            "OutputSchemaVersion": "V_1",
                            "Destination": {"BucketArn": "arn:aws:s3:::theirs", "BucketAccountId": OTHER_ACCOUNT},
                        }
                    },
                }
            ]
        },
        {"s3-no-external-destinations"},
    ),
    "foreign topic": (
        {
            "NotificationConfiguration": {
                "TopicConfigurations": [{"Event": "s3:*", "Topic": f"arn:aws:sns:us-east-1:{OTHER_ACCOUNT}:theirs"}]
            }
        },
        {"s3-no-external-destinations"},
    ),
    "foreign queue": (
        {
            "NotificationConfiguration": {
                "QueueConfigurations": [{"Event": "s3:*", "Queue": f"arn:aws:sqs:us-east-1:{OTHER_ACCOUNT}:theirs"}]
            }
        },
        {"s3-no-external-destinations"},
    ),
    "foreign function": (
        {
            "NotificationConfiguration": {
                "LambdaConfigurations": [
                    {"Event": "s3:*", "Function": f"arn:aws:lambda:us-east-1:{OTHER_ACCOUNT}:function:theirs"}
                ]
            }
        },
        {"s3-no-external-destinations"},
    ),
}


def a_bucket(form: Form, **changes: Any) -> Resource:
    properties = {name: value for name, value in {**COMPLIANT, **changes}.items() if value is not None}
    return form("AWS::S3::Bucket", "it", properties, protect=True)


def controls(findings: Sequence[Finding], *, unverified: bool, resource: str = "it") -> set[str]:
    """Return the controls with a finding about a resource: those that are unverified, or those that failed."""
    return {
        finding.policy
        for finding in findings
        if finding.resource == resource and ("\nUnverified: " in finding.message) is unverified
    } - ELSEWHERE


@in_every_form
@pytest.mark.parametrize(("changes", "expected"), FAULTS.values(), ids=FAULTS)
def test_bucket_fails_exactly_the_controls_of_a_fault(pack: PackProcess, form: Form, changes, expected):
    findings = pack.evaluate_stack([a_bucket(form, **changes)])
    assert controls(findings, unverified=False) == expected
    assert not controls(findings, unverified=True)


# By property that isn't known, the controls that can't be verified. All other settings are compliant.
UNKNOWN_PROPERTIES: Mapping[str, set[str]] = {
    "Tags": {"s3-data-class-tag"},
    "PublicAccessBlockConfiguration": {"s3-public-access-block"},
    "OwnershipControls": {"s3-acls-disabled"},
    "AccessControl": {"s3-no-public-grant"},
    "BucketEncryption": {"s3-encryption-at-rest", "s3-customer-managed-key", "s3-bucket-key", "s3-deny-sse-c"},
    "VersioningConfiguration": {"s3-versioning"},
    "ObjectLockConfiguration": {"s3-object-lock"},
    "LifecycleConfiguration": {"s3-abort-multipart", "s3-retention"},
    "LoggingConfiguration": {"s3-access-logging"},
    "ReplicationConfiguration": {"s3-no-external-destinations"},
    "InventoryConfigurations": {"s3-no-external-destinations"},
    "AnalyticsConfigurations": {"s3-no-external-destinations"},
    "NotificationConfiguration": {"s3-no-external-destinations"},
    "MetricsConfigurations": {"s3-request-metrics"},
    "WebsiteConfiguration": {"s3-no-website"},
    "CorsConfiguration": {"s3-cors"},
}
in_native_forms = pytest.mark.parametrize(
    "form", [FORMS["aws-native"], FORMS["extension"]], ids=["native", "extension"]
)


@in_native_forms
@pytest.mark.parametrize(("prop", "expected"), UNKNOWN_PROPERTIES.items())
def test_control_is_unverified_while_its_property_is_unknown(pack: PackProcess, form: Form, prop, expected):
    findings = pack.evaluate_stack([a_bucket(form, **{prop: UNKNOWN})])
    assert controls(findings, unverified=True) == expected
    assert not controls(findings, unverified=False)


# All controls about what a bucket declares itself.
S3_CONTROLS = {
    *(control for controls in UNKNOWN_PROPERTIES.values() for control in controls),
    "s3-no-external-access",
    "s3-no-force-destroy",
}
# Of these, those that a bucket passes because it has no such setting.
S3_OPTIONAL = {"s3-cors", "s3-no-external-access", "s3-no-external-destinations", "s3-no-public-grant", "s3-no-website"}


@pytest.mark.parametrize("text", [UNKNOWN, "", "{", "[]", "null", '{"BucketName": "a", "BucketName": "b"}'])
def test_every_control_is_unverified_while_the_desired_state_is_unknown_or_malformed(pack: PackProcess, text):
    findings = pack.evaluate_stack([cloud_control("AWS::S3::Bucket", "it", text, protect=True)])
    assert controls(findings, unverified=True) == S3_CONTROLS
    assert not controls(findings, unverified=False)


def test_every_control_is_unverified_while_the_properties_of_an_extension_are_unknown(pack: PackProcess):
    findings = pack.evaluate_stack([FORMS["extension"]("AWS::S3::Bucket", "it", UNKNOWN, protect=True)])
    assert controls(findings, unverified=True) == S3_CONTROLS
    assert not controls(findings, unverified=False)


def test_secret_desired_state_is_read(pack: PackProcess):
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}
    public = a_bucket(cloud_control, AccessControl="PublicRead")
    text = public.inputs["desiredState"]
    findings = pack.evaluate_stack(
        [replace(public, inputs={**public.inputs, "desiredState": secret | {"value": text}})]
    )
    assert controls(findings, unverified=False) == {"s3-no-public-grant"}


UNREAD: Mapping[str, Mapping[str, Any]] = {
    "property that CloudFormation doesn't have": {"Encryption": "on"},
    "small letters": {"bUCKETENCRYPTION": encryption()},
    "nested property that CloudFormation doesn't have": {"LifecycleConfiguration": lifecycle(ExpirationInHours=1)},
    "property of a list's entry": {"BucketEncryption": encryption(Algorithm="none")},
    "not an object": {"VersioningConfiguration": "Enabled"},
    "ABAC": {"AbacStatus": "Enabled"},
    "metadata table": {"MetadataTableConfiguration": {"S3TablesDestination": {"TableName": "t"}}},
    "metadata": {"MetadataConfiguration": {"JournalTableConfiguration": {}}},
    "two ways to say the same": {
        "LifecycleConfiguration": lifecycle(
            NoncurrentVersionExpirationInDays=9999, NoncurrentVersionExpiration={"NoncurrentDays": 1}
        )
    },
}


@in_every_form
@pytest.mark.parametrize("changes", UNREAD.values(), ids=UNREAD)
def test_nothing_passes_when_a_property_is_not_read(pack: PackProcess, form: Form, changes):
    findings = pack.evaluate_stack([a_bucket(form, **changes)])
    reported = controls(findings, unverified=True) | controls(findings, unverified=False)
    assert reported >= S3_CONTROLS - S3_OPTIONAL


IRRELEVANT: Mapping[str, Mapping[str, Any]] = {
    "acceleration": {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}},
    "ABAC is off": {"AbacStatus": "Disabled"},
    "tiering": {"IntelligentTieringConfigurations": [{"Id": "a", "Status": "Enabled", "Tierings": []}]},
    "transitions": {"LifecycleConfiguration": lifecycle(Transitions=[{"StorageClass": "GLACIER"}], Id="a")},
    "EventBridge": {"NotificationConfiguration": {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}},
    "own inventory": {
        "InventoryConfigurations": [
            {
                "Id": "a",
                "Enabled": True,
                "IncludedObjectVersions": "All",
                "ScheduleFrequency": "Daily",
                "Destination": {"BucketArn": "arn:aws:s3:::ours", "BucketAccountId": ACCOUNT, "Format": "CSV"},
            }
        ]
    },
    "own replica": {"ReplicationConfiguration": replication("arn:aws:s3:::ours")},
    "what AWS returns": {"Arn": DATA, "DomainName": "data.s3.amazonaws.com", "WebsiteURL": "http://data"},
}


@in_every_form
@pytest.mark.parametrize("changes", IRRELEVANT.values(), ids=IRRELEVANT)
def test_bucket_passes_with_properties_on_which_no_control_depends(pack: PackProcess, form: Form, changes):
    findings = pack.evaluate_stack([a_bucket(form, **changes)])
    assert not controls(findings, unverified=True) | controls(findings, unverified=False)


@in_every_form
def test_faulty_setting_of_a_bucket_is_refused_before_it_exists(pack: PackProcess, form: Form):
    found = pack.check_resource(a_bucket(form, PublicAccessBlockConfiguration={"BlockPublicAcls": False}))
    assert [finding.policy for finding in found] == ["s3-public-access-block"]


def test_public_bucket_of_cloudcontrol_is_refused_before_it_exists(pack: PackProcess):
    found = pack.only_for("s3-no-public-grant").check_resource(a_bucket(cloud_control, AccessControl="PublicRead"))
    assert [finding.policy for finding in found] == ["s3-no-public-grant"]


def test_unknown_policy_is_refused_at_up_before_it_exists():
    policy = cloud_control("AWS::S3::BucketPolicy", "policy", UNKNOWN)
    with start_pack(PULUMI_DRY_RUN="false") as pack:
        assert "s3-no-external-access" in {finding.policy for finding in pack.check_resource(policy)}


def tls_statement(bucket_name: str = "data") -> dict[str, Any]:
    arn = f"arn:aws:s3:::{bucket_name}"
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    return {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [arn, f"{arn}/*"], "Condition": condition}


PUBLIC = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{DATA}/*"}


def a_policy(form: Form, bucket_name: Any, *statements: Any, **more: Any) -> Resource:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return form("AWS::S3::BucketPolicy", "policy", {"Bucket": bucket_name, "PolicyDocument": document}, **more)


@in_every_form
def test_bucket_policy_belongs_to_the_bucket_of_its_name(pack: PackProcess, form: Form):
    pack = pack.only_for("s3-tls-only", "s3-no-public-grant")
    for data_bucket in (a_bucket(form), bucket()):
        assert not pack.evaluate_stack([data_bucket, a_policy(form, "data", tls_statement())])
        findings = pack.evaluate_stack([data_bucket, a_policy(form, "data", PUBLIC)])
        expected = {("s3-tls-only", "policy"), ("s3-no-public-grant", "policy")}
        assert {(finding.policy, finding.resource) for finding in findings} == expected


@in_native_forms
def test_bucket_policy_belongs_to_the_bucket_that_its_name_comes_from(pack: PackProcess, form: Form):
    pack = pack.only_for("s3-tls-only")
    unnamed = {name: value for name, value in COMPLIANT.items() if name != "BucketName"}
    sources = ["bucket"] if form is FORMS["aws-native"] else ["properties"]
    policy = a_policy(form, UNKNOWN, tls_statement(), comes_from={source: ["it"] for source in sources})
    findings = pack.evaluate_stack([form("AWS::S3::Bucket", "it", unnamed), policy])
    assert "it" not in {finding.resource for finding in findings}
    findings = pack.evaluate_stack([form("AWS::S3::Bucket", "it", unnamed), replace(policy, comes_from={})])
    assert "it" in {finding.resource for finding in findings}


def test_bucket_policy_of_cloudcontrol_belongs_to_the_bucket_that_its_text_comes_from(pack: PackProcess):
    policy = cloud_control("AWS::S3::BucketPolicy", "policy", UNKNOWN, comes_from={"desiredState": ["it"]})
    findings = pack.only_for("s3-tls-only").evaluate_stack([a_bucket(cloud_control), policy])
    assert [finding.resource for finding in findings] == ["policy"]
    assert "\nUnverified: " in findings[0].message


@in_every_form
def test_companion_of_pulumi_aws_belongs_to_the_bucket(pack: PackProcess, form: Form):
    pack = pack.only_for("s3-versioning")
    without = a_bucket(form, VersioningConfiguration=None)
    status = {"versioningConfiguration": {"status": "Enabled"}}
    assert {finding.resource for finding in pack.evaluate_stack([without])} == {"it"}
    assert not pack.evaluate_stack([without, companion("BucketVersioning", "versioning", **status)])
    by_reference = companion("BucketVersioning", "versioning", bucket=UNKNOWN, **status)
    assert not pack.evaluate_stack([without, replace(by_reference, comes_from={"bucket": ["it"]})])


@in_native_forms
def test_key_of_the_stack_is_customer_managed(pack: PackProcess, form: Form):
    pack = pack.only_for("s3-customer-managed-key")
    key = form("AWS::KMS::Key", "key", {"EnableKeyRotation": True})
    source = "bucketEncryption" if form is FORMS["aws-native"] else "properties"
    data_bucket = a_bucket(form, BucketEncryption=encryption(key=UNKNOWN))
    assert not pack.evaluate_stack([key, replace(data_bucket, comes_from={source: ["key"]})])
    assert controls(pack.evaluate_stack([key, data_bucket]), unverified=True) == {"s3-customer-managed-key"}


@pytest.mark.parametrize(
    ("token", "provider", "provider_type"),
    [
        ("aws-native:s3:BucketPolicy", None, ""),
        ("aws-native:s3:BucketPolicy", "default", "pulumi:providers:aws"),
        ("aws-native:s3:BucketPolicy", "default", "pulumi:providers:example"),
    ],
)
def test_resource_that_is_not_of_aws_native_does_not_count(pack: PackProcess, token, provider, provider_type):
    policy = a_policy(FORMS["aws-native"], "data", tls_statement())
    assert policy.type == token
    posing = replace(policy, provider=provider, provider_type=provider_type)
    findings = pack.only_for("s3-tls-only").evaluate_stack([bucket(), posing])
    assert [finding.resource for finding in findings] == ["data"]


@pytest.mark.parametrize("provider", [None, "default"])
def test_component_that_poses_as_cloudcontrol_does_not_count(pack: PackProcess, provider):
    policy = a_policy(cloud_control, "data", tls_statement())
    posing = replace(policy, provider=provider, provider_type="pulumi:providers:aws-native")
    findings = pack.only_for("s3-tls-only").evaluate_stack([bucket(), posing])
    assert [finding.resource for finding in findings] == ["data"]


def test_default_tag_of_aws_native_gives_no_data_class(pack: PackProcess):
    """aws-native adds its default tags to the inputs of each resource before the pack sees them."""
    config = {"defaultTags": json.dumps({"tags": {"DataClass": "Internal", "Team": "x"}})}
    pack = pack.only_for("s3-data-class-tag", "s3-versioning")
    added = tags(DataClass="Internal", Team="x")
    for declared in (added, []):
        data_bucket = a_bucket(FORMS["aws-native"], Tags=declared, VersioningConfiguration=None)
        findings = pack.evaluate_stack([replace(data_bucket, provider_config=config)])
        assert controls(findings, unverified=False) == {"s3-data-class-tag", "s3-versioning"}


def test_default_tag_is_not_added_to_a_resource_of_cloudcontrol(pack: PackProcess):
    """So the bucket has the data class that it declares, and no backup selects it by the default tag."""
    config = {"defaultTags": json.dumps({"tags": {"DataClass": "PHI", "backup": "yes"}})}
    pack = pack.only_for("s3-data-class-tag", "s3-versioning", "s3-replication-or-backup")
    internal = a_bucket(cloud_control, Tags=tags(DataClass="Internal"), VersioningConfiguration=None)
    assert not pack.evaluate_stack([replace(internal, provider_config=config)])
    phi = replace(a_bucket(cloud_control), provider_config=config)
    vault = Resource("aws:backup/vault:Vault", "vault", {"name": "vault"})
    rule = {"ruleName": "nightly", "targetVaultName": "vault"}
    plan = Resource("aws:backup/plan:Plan", "plan", {"name": "plan", "rules": [rule]})
    by_tag = {"type": "STRINGEQUALS", "key": "backup", "value": "yes"}
    inputs = {"planId": UNKNOWN, "iamRoleArn": "role", "selectionTags": [by_tag]}
    selection = Resource("aws:backup/selection:Selection", "selection", inputs, comes_from={"planId": ["plan"]})
    findings = pack.evaluate_stack([phi, vault, plan, selection])
    assert {finding.policy for finding in findings} == {"s3-replication-or-backup"}
    tagged = a_bucket(cloud_control, Tags=tags(DataClass="PHI", backup="yes"))
    assert not pack.evaluate_stack([tagged, vault, plan, selection])


@in_every_form
@pytest.mark.parametrize(
    "tags_value",
    [
        [{"Key": "DataClass", "Value": "PHI"}, {"Key": "DataClass", "Value": "Internal"}],
        [{"Key": "DataClass", "Value": "Internal"}, {"Key": "DataClass", "Value": "PHI"}],
    ],
)
def test_two_values_of_one_tag_give_no_data_class(pack: PackProcess, form: Form, tags_value):
    findings = pack.evaluate_stack([a_bucket(form, Tags=tags_value, VersioningConfiguration=None)])
    assert "s3-versioning" in controls(findings, unverified=False)
    assert "s3-data-class-tag" in controls(findings, unverified=True)


def test_native_provider_gives_the_account(pack: PackProcess):
    """A topic of the provider's account is no external destination."""
    for account, expected in ((ACCOUNT, set()), (OTHER_ACCOUNT, {"s3-no-external-destinations"})):
        topic = f"arn:aws:sns:us-east-1:{account}:topic"
        data_bucket = a_bucket(
            FORMS["aws-native"],
            NotificationConfiguration={"TopicConfigurations": [{"Event": "s3:ObjectCreated:*", "Topic": topic}]},
        )
        assert controls(pack.evaluate_stack([data_bucket]), unverified=False) == expected


def created(resource: Resource, properties: Mapping[str, Any]) -> Resource:
    """Return a resource after AWS has created it, with these properties in addition to those that the program set."""
    if resource.type == "aws:cloudcontrol/resource:Resource":
        return replace(resource, outputs={"properties": json.dumps(properties)})
    if resource.type == "aws-native:index:ExtensionResource":
        return replace(resource, outputs={"outputs": properties})
    names = {name[0].lower() + name[1:]: value for name, value in properties.items()}
    return replace(resource, outputs=names | {"__inputs": {"hidden": True}})


@in_every_form
def test_created_bucket_is_known_by_the_name_that_aws_gave_it(pack: PackProcess, form: Form):
    pack = pack.only_for("s3-versioning", "s3-tls-only")
    unnamed = a_bucket(form, BucketName=None, VersioningConfiguration=None)
    unnamed = created(unnamed, {"BucketName": "chosen", "Arn": "arn:aws:s3:::chosen"})
    for name, expected in (("chosen", set()), ("another", {("s3-versioning", "it"), ("s3-tls-only", "it")})):
        status = {"versioningConfiguration": {"status": "Enabled"}}
        versioning = companion("BucketVersioning", "versioning", bucket=name, **status)
        findings = pack.evaluate_stack([unnamed, versioning, a_policy(form, name, tls_statement(name))])
        assert {(finding.policy, finding.resource) for finding in findings} == expected


@in_every_form
def test_created_key_gives_the_account_of_its_provider(pack: PackProcess, form: Form):
    topic = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"
    notifications = {"TopicConfigurations": [{"Event": "s3:ObjectCreated:*", "Topic": topic}]}
    data_bucket = replace(a_bucket(form, NotificationConfiguration=notifications), account=None)
    key = replace(form("AWS::KMS::Key", "key", {"EnableKeyRotation": True}), account=None)
    pack = pack.only_for("s3-no-external-destinations")
    for account, expected in ((ACCOUNT, False), (OTHER_ACCOUNT, True)):
        arn = f"arn:aws:kms:us-east-1:{account}:key/1"
        assert bool(pack.evaluate_stack([data_bucket, created(key, {"Arn": arn, "KeyId": "1"})])) is expected


def test_bucket_of_aws_native_in_a_saved_state_is_judged_by_its_outputs():
    """The engine shows only the outputs there: all properties, and the provider's own record of the inputs."""
    outputs = {"arn": DATA, "domainName": "data.s3.amazonaws.com", "__inputs": {"bucketName": "data"}}
    with start_pack() as pack:
        saved = replace(a_bucket(FORMS["aws-native"]), outputs=outputs)
        findings = pack.check_stack([saved], {})
        assert not controls(findings, unverified=True) | controls(findings, unverified=False)
        faulty = replace(a_bucket(FORMS["aws-native"], AccessControl="PublicRead"), outputs=outputs)
        assert controls(pack.check_stack([faulty], {}), unverified=False) == {"s3-no-public-grant"}


@in_native_forms
def test_output_that_is_unknown_does_not_hide_a_name_that_the_program_sets(pack: PackProcess, form: Form):
    """At the end of a preview, a queue's name is planned, or all outputs are unknown."""
    queue = form("AWS::SQS::Queue", "queue", {"QueueName": "data", "Tags": tags(DataClass="PHI")})
    outputs = {"queueName": UNKNOWN, "arn": UNKNOWN} if form is FORMS["aws-native"] else {"outputs": UNKNOWN}
    url = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/data"
    deny = tls_statement() | {"Action": "sqs:*", "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:data"}
    document = {"Version": "2012-10-17", "Statement": [deny]}
    policy = form("AWS::SQS::QueueInlinePolicy", "policy", {"Queue": url, "PolicyDocument": document})
    assert not pack.only_for("sqs-tls-only").evaluate_stack([replace(queue, outputs=outputs), policy])


def test_region_of_a_resource_of_cloudcontrol_is_its_own(pack: PackProcess):
    """Its inputs have a region, as those of all resources of pulumi-aws 7. Replicas have to be in another region."""
    replica = {**COMPLIANT, "BucketName": "replica", "Tags": tags(DataClass="Replica")}
    destination = cloud_control("AWS::S3::Bucket", "replica", replica)
    elsewhere = replace(destination, inputs={**destination.inputs, "region": "us-west-2"})
    source = a_bucket(cloud_control, ReplicationConfiguration=replication("arn:aws:s3:::replica"))
    messages = []
    for target in (destination, elsewhere):
        findings = pack.only_for("s3-replication-or-backup").evaluate_stack([source, target])
        messages += [finding.message for finding in findings if finding.resource == "it"]
    assert ["in the same region" in message for message in messages] == [True, False]


@pytest.mark.parametrize("token", ["aws-native:s3:Bucket", "aws-native:s3:BucketPolicy"])
def test_resource_that_the_run_leaves_out_gets_the_findings_of_pulumi_aws(token):
    """--target or --exclude left it out, so the engine shows none of its properties."""
    classic = "aws:s3/bucket:Bucket" if token.endswith(":Bucket") else "aws:s3/bucketPolicy:BucketPolicy"
    found = []
    for resource in (Resource(classic, "it", {}), Resource(token, "it", {}, **NATIVE_PROVIDER)):
        with start_pack() as pack:
            findings = pack.evaluate_stack([replace(resource, left_out=True, account=ACCOUNT)])
        found.append({(finding.policy, finding.message) for finding in findings if finding.resource == "it"})
    assert found[0] == found[1] != set()
