"""The audit of a live stack: what is broken by hand fails its controls alone. test_lifecycle compares it with the pack.

The emulator has no root MFA, GuardDuty, Config or account's public access block, and nobody attests anything: those
fail from the first, and are told apart by comparison with the untouched stack.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hipaa.catalogue import LIVE_CONTROLS
from tests.aws import Aws
from tests.integration.conftest import OF_THE_ACCOUNT, Up, outcomes

pytestmark = pytest.mark.xdist_group("safeguards")  # one stack is up for all of them

OF_PEOPLE = {control.id for control in LIVE_CONTROLS if control.service == "attest"}


def failing(evidence: dict[str, Any]) -> set[str]:
    return {control["id"] for control in evidence["controls"] if control["outcome"] == "fail"}


def test_the_stack_as_it_was_put_up_passes_all_but_what_is_the_accounts_and_peoples(untouched):
    assert failing(untouched) == OF_THE_ACCOUNT | OF_PEOPLE
    assert untouched["failed_calls"] == []
    assert "unverified" not in outcomes(untouched).values()
    assert untouched["collection"]["buckets"] == 3


# Each case breaks something as somebody might by hand, and mends it again. It names the controls that must notice.


class It:
    """The stack's resources by name, and what they were before."""

    def __init__(self, aws: Aws, outputs: dict[str, Any]) -> None:
        self.aws = aws
        self.bucket = outputs["phi_bucket_name"]
        self.key_arn = outputs["phi_key_arn"]
        self.key = self.key_arn.rsplit("/")[-1]
        self.trail = outputs["trail_arn"]
        self.topic = outputs["alert_topic_arn"]
        self.group = "/audit/phi-dev-trail"
        self.audit_key = aws("cloudtrail.get_trail", Name=self.trail)["Trail"]["KmsKeyId"].rsplit("/")[-1]

    def policy(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.aws("s3.get_bucket_policy", Bucket=self.bucket)["Policy"])
        return told

    def put_policy(self, document: dict[str, Any]) -> None:
        self.aws("s3.put_bucket_policy", Bucket=self.bucket, Policy=json.dumps(document))


CASES: list[Any] = []
Breaking = Callable[[Aws, It], Iterator[None]]


def fails(*controls: str) -> Callable[[Breaking], Breaking]:
    def register(case: Breaking) -> Breaking:
        CASES.append(pytest.param(case, set(controls), id=case.__name__))
        return case

    return register


@pytest.fixture(scope="module")
def it(aws: Aws, up: Up) -> It:
    return It(aws, up.outputs)


@fails("s3-public-access-block")
def public_access_is_let_in(aws: Aws, it: It) -> Iterator[None]:
    was = aws("s3.get_public_access_block", Bucket=it.bucket)["PublicAccessBlockConfiguration"]
    put = "s3.put_public_access_block"
    aws(put, Bucket=it.bucket, PublicAccessBlockConfiguration=was | {"BlockPublicPolicy": False})
    yield
    aws(put, Bucket=it.bucket, PublicAccessBlockConfiguration=was)


@fails("s3-acls-disabled")
def acls_are_on(aws: Aws, it: It) -> Iterator[None]:
    for ownership in ("ObjectWriter", "BucketOwnerEnforced"):
        rules = {"Rules": [{"ObjectOwnership": ownership}]}
        aws("s3.put_bucket_ownership_controls", Bucket=it.bucket, OwnershipControls=rules)
        if ownership == "ObjectWriter":
            yield


@fails("s3-tls-only", "s3-tls-1-2", "s3-enforce-kms-key", "s3-deny-sse-c", "s3-tamper-protection")
def the_bucket_policy_is_deleted(aws: Aws, it: It) -> Iterator[None]:
    was = it.policy()
    aws("s3.delete_bucket_policy", Bucket=it.bucket)
    yield
    it.put_policy(was)


def without(sid: str, *controls: str) -> None:
    def case(_: Aws, it: It) -> Iterator[None]:
        was = it.policy()
        kept = [each for each in was["Statement"] if each.get("Sid") != sid]
        assert len(kept) == len(was["Statement"]) - 1, [each.get("Sid") for each in was["Statement"]]
        it.put_policy(was | {"Statement": kept})
        yield
        it.put_policy(was)

    case.__name__ = f"the_bucket_policy_has_no_{sid}"
    fails(*controls)(case)


without("DenyInsecureTransport", "s3-tls-only")
without("DenyOutdatedTls", "s3-tls-1-2")
without("DenyProtectionChanges", "s3-tamper-protection")


def letting_in(principal: Any, *controls: str) -> None:
    """Besides what keeps outsiders out, which would refuse them still."""

    def case(_: Aws, it: It) -> Iterator[None]:
        was = it.policy()
        more = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject"}
        kept = [each for each in was["Statement"] if each["Sid"] != "DenyExternalPrincipals"]
        it.put_policy(was | {"Statement": [*kept, more | {"Resource": f"arn:aws:s3:::{it.bucket}/*"}]})
        yield
        it.put_policy(was)

    case.__name__ = f"the_bucket_policy_lets_in_{principal}"
    fails(*controls)(case)


letting_in("*", "s3-no-public-grant", "s3-no-external-access")
letting_in({"AWS": "arn:aws:iam::210987654321:root"}, "s3-no-external-access")


def encrypted_so(name: str, rule: dict[str, Any], *controls: str) -> None:
    def case(aws: Aws, it: It) -> Iterator[None]:
        was = aws("s3.get_bucket_encryption", Bucket=it.bucket)["ServerSideEncryptionConfiguration"]
        put = "s3.put_bucket_encryption"
        own = was["Rules"][0]
        aws(put, Bucket=it.bucket, ServerSideEncryptionConfiguration={"Rules": [own | rule]})
        yield
        aws(put, Bucket=it.bucket, ServerSideEncryptionConfiguration=was)

    case.__name__ = name
    fails(*controls)(case)


S3_OWN = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
AWS_OWN = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
encrypted_so("encryption_is_s3s_own", S3_OWN, "s3-customer-managed-key")
encrypted_so("encryption_is_by_a_key_of_aws", AWS_OWN, "s3-customer-managed-key")
encrypted_so("the_bucket_key_is_off", {"BucketKeyEnabled": False}, "s3-bucket-key")


@fails("s3-abort-multipart")
def there_is_no_lifecycle(aws: Aws, it: It) -> Iterator[None]:
    was = aws("s3.get_bucket_lifecycle_configuration", Bucket=it.bucket)["Rules"]
    aws("s3.delete_bucket_lifecycle", Bucket=it.bucket)
    yield
    aws("s3.put_bucket_lifecycle_configuration", Bucket=it.bucket, LifecycleConfiguration={"Rules": was})


@fails("s3-retention")
def objects_expire(aws: Aws, it: It) -> Iterator[None]:
    was = aws("s3.get_bucket_lifecycle_configuration", Bucket=it.bucket)["Rules"]
    more = {"ID": "gone", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 30}}
    put = "s3.put_bucket_lifecycle_configuration"
    aws(put, Bucket=it.bucket, LifecycleConfiguration={"Rules": [*was, more]})
    yield
    aws(put, Bucket=it.bucket, LifecycleConfiguration={"Rules": was})


@fails("s3-access-logging")
def access_isnt_logged(aws: Aws, it: It) -> Iterator[None]:
    was = aws("s3.get_bucket_logging", Bucket=it.bucket)["LoggingEnabled"]
    aws("s3.put_bucket_logging", Bucket=it.bucket, BucketLoggingStatus={})
    yield
    aws("s3.put_bucket_logging", Bucket=it.bucket, BucketLoggingStatus={"LoggingEnabled": was})


@fails("s3-no-website")
def it_is_a_website(aws: Aws, it: It) -> Iterator[None]:
    aws("s3.put_bucket_website", Bucket=it.bucket, WebsiteConfiguration={"IndexDocument": {"Suffix": "index.html"}})
    yield
    aws("s3.delete_bucket_website", Bucket=it.bucket)


@fails("s3-cors")
def any_page_may_read_it(aws: Aws, it: It) -> Iterator[None]:
    rules = [{"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}]
    aws("s3.put_bucket_cors", Bucket=it.bucket, CORSConfiguration={"CORSRules": rules})
    yield
    aws("s3.delete_bucket_cors", Bucket=it.bucket)


@fails("s3-request-metrics", "cloudwatch-alarm-metric-exists")
def requests_arent_measured(aws: Aws, it: It) -> Iterator[None]:
    [was] = aws("s3.list_bucket_metrics_configurations", Bucket=it.bucket)["MetricsConfigurationList"]
    aws("s3.delete_bucket_metrics_configuration", Bucket=it.bucket, Id=was["Id"])
    yield
    aws("s3.put_bucket_metrics_configuration", Bucket=it.bucket, Id=was["Id"], MetricsConfiguration=was)


@fails("s3-data-class-tag")
def it_has_no_data_class(aws: Aws, it: It) -> Iterator[None]:
    was = aws("s3.get_bucket_tagging", Bucket=it.bucket)["TagSet"]
    rest = [each for each in was if each["Key"] != "DataClass"]
    aws("s3.put_bucket_tagging", Bucket=it.bucket, Tagging={"TagSet": rest})
    yield
    aws("s3.put_bucket_tagging", Bucket=it.bucket, Tagging={"TagSet": was})


@fails("kms-rotation")
def the_key_doesnt_rotate(aws: Aws, it: It) -> Iterator[None]:
    aws("kms.disable_key_rotation", KeyId=it.key)
    yield
    aws("kms.enable_key_rotation", KeyId=it.key, RotationPeriodInDays=365)


@fails("kms-key-enabled")
def the_key_is_disabled(aws: Aws, it: It) -> Iterator[None]:
    aws("kms.disable_key", KeyId=it.key)
    yield
    aws("kms.enable_key", KeyId=it.key)


@fails("kms-key-enabled")
def the_key_is_to_be_deleted(aws: Aws, it: It) -> Iterator[None]:
    aws("kms.schedule_key_deletion", KeyId=it.audit_key, PendingWindowInDays=30)
    yield
    aws("kms.cancel_key_deletion", KeyId=it.audit_key)
    aws("kms.enable_key", KeyId=it.audit_key)


def key_policy_with(name: str, change: Callable[[list[Any]], list[Any]], *controls: str) -> None:
    def case(aws: Aws, it: It) -> Iterator[None]:
        was = aws("kms.get_key_policy", KeyId=it.key, PolicyName="default")["Policy"]
        document = json.loads(was)
        changed = document | {"Statement": change(document["Statement"])}
        aws("kms.put_key_policy", KeyId=it.key, PolicyName="default", Policy=json.dumps(changed))
        yield
        aws("kms.put_key_policy", KeyId=it.key, PolicyName="default", Policy=was)

    case.__name__ = name
    fails(*controls)(case)


def _let(principal: Any, action: str) -> Callable[[list[Any]], list[Any]]:
    return lambda was: [*was, {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": "*"}]


key_policy_with(
    "the_key_is_open_to_all", _let({"AWS": "*"}, "kms:Decrypt"), "kms-no-public-principal", "kms-confused-deputy"
)
key_policy_with(
    "a_service_may_use_the_key_for_anybody",
    _let({"Service": "sns.amazonaws.com"}, "kms:Decrypt"),
    "kms-confused-deputy",
)
key_policy_with(
    "nobody_may_change_the_keys_policy",
    lambda was: [each for each in was if "kms:PutKeyPolicy" not in each["Action"] and each["Action"] != "kms:*"],
    "kms-key-administrator",
)


@fails("cloudtrail-enabled", "cloudtrail-s3-data-events")
def the_trail_is_stopped(aws: Aws, it: It) -> Iterator[None]:
    aws("cloudtrail.stop_logging", Name=it.trail)
    yield
    aws("cloudtrail.start_logging", Name=it.trail)


@fails("cloudtrail-log-validation")
def the_trails_files_arent_signed(aws: Aws, it: It) -> Iterator[None]:
    aws("cloudtrail.update_trail", Name=it.trail, EnableLogFileValidation=False)
    yield
    aws("cloudtrail.update_trail", Name=it.trail, EnableLogFileValidation=True)


@fails("cloudtrail-s3-data-events")
def the_trail_records_no_reading(aws: Aws, it: It) -> Iterator[None]:
    was = aws("cloudtrail.get_event_selectors", TrailName=it.trail)
    put, name = "cloudtrail.put_event_selectors", it.trail
    narrowed = json.loads(json.dumps(was["AdvancedEventSelectors"]))
    for selector in narrowed:
        if any(each.get("Equals") == ["Data"] for each in selector["FieldSelectors"]):
            selector["FieldSelectors"].append({"Field": "readOnly", "Equals": ["false"]})
    aws(put, TrailName=name, AdvancedEventSelectors=narrowed)
    yield
    aws(put, TrailName=name, AdvancedEventSelectors=was["AdvancedEventSelectors"])


@fails("logs-retention")
def the_log_is_kept_a_month(aws: Aws, it: It) -> Iterator[None]:
    aws("logs.put_retention_policy", logGroupName=it.group, retentionInDays=30)
    yield
    aws("logs.put_retention_policy", logGroupName=it.group, retentionInDays=2192)


@fails("kms-key-separation")
def the_trail_has_the_key_of_phi(aws: Aws, it: It) -> Iterator[None]:
    aws("cloudtrail.update_trail", Name=it.trail, KmsKeyId=it.key_arn)
    yield
    aws("cloudtrail.update_trail", Name=it.trail, KmsKeyId=it.audit_key)


@fails("cloudwatch-alarm-action")
def an_alarm_tells_nobody(aws: Aws, it: It) -> Iterator[None]:
    name = aws("cloudwatch.describe_alarms")["MetricAlarms"][0]["AlarmName"]
    aws("cloudwatch.disable_alarm_actions", AlarmNames=[name])
    yield
    aws("cloudwatch.enable_alarm_actions", AlarmNames=[name])


@fails("cloudwatch-alarm-coverage", "cloudwatch-alarm-metric-exists")
def nothing_counts_what_root_does(aws: Aws, it: It) -> Iterator[None]:
    it_is = {"logGroupName": it.group, "filterName": "phi-dev-root-used"}
    [was] = aws("logs.describe_metric_filters", logGroupName=it.group, filterNamePrefix="phi-dev-root-used")[
        "metricFilters"
    ]
    aws("logs.delete_metric_filter", **it_is)
    yield
    kept = {name: was[name] for name in ("filterPattern", "metricTransformations")}
    aws("logs.put_metric_filter", **it_is, **kept)


@fails("sns-customer-managed-key")
def the_topic_has_no_key(aws: Aws, it: It) -> Iterator[None]:
    told = aws("sns.get_topic_attributes", TopicArn=it.topic)["Attributes"]["KmsMasterKeyId"]
    aws("sns.set_topic_attributes", TopicArn=it.topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    yield
    aws("sns.set_topic_attributes", TopicArn=it.topic, AttributeName="KmsMasterKeyId", AttributeValue=told)


@fails("sns-private")
def anybody_may_subscribe(aws: Aws, it: It) -> Iterator[None]:
    was = aws("sns.get_topic_attributes", TopicArn=it.topic)["Attributes"]["Policy"]
    document = json.loads(was)
    more = {"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", "Resource": it.topic}
    opened = json.dumps(document | {"Statement": [*document["Statement"], more]})
    aws("sns.set_topic_attributes", TopicArn=it.topic, AttributeName="Policy", AttributeValue=opened)
    yield
    aws("sns.set_topic_attributes", TopicArn=it.topic, AttributeName="Policy", AttributeValue=was)


def may(name: str, statement: dict[str, Any], *controls: str) -> None:
    """The application's role gets one more policy."""

    def case(aws: Aws, it: It) -> Iterator[None]:
        told = json.loads(json.dumps(statement).replace("BUCKET", it.bucket))
        document = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", **told}})
        more = {"RoleName": "phi-dev-application", "PolicyName": "more"}
        aws("iam.put_role_policy", **more, PolicyDocument=document)
        yield
        aws("iam.delete_role_policy", **more)

    case.__name__ = name
    fails(*controls)(case)


ALL = {"Action": "*", "Resource": "*"}
EVERY_KEY = {"Action": "kms:Decrypt", "Resource": "*"}
ADMINISTERING = {"Action": "s3:PutBucketPolicy", "Resource": "arn:aws:s3:::BUCKET"}
may("the_application_may_do_all", ALL, "iam-no-admin", "iam-no-broad-decrypt", "iam-least-privilege")
may("the_application_may_decrypt_all", EVERY_KEY, "iam-no-broad-decrypt")
may("the_application_may_change_the_bucket", ADMINISTERING, "iam-least-privilege")


@fails("iam-role-trust-policy")
def anybody_may_take_a_role(aws: Aws, it: It) -> Iterator[None]:
    role = "phi-dev-auditor"
    was = aws("iam.get_role", RoleName=role)["Role"]["AssumeRolePolicyDocument"]
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    opened = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    aws("iam.update_assume_role_policy", RoleName=role, PolicyDocument=opened)
    yield
    aws("iam.update_assume_role_policy", RoleName=role, PolicyDocument=json.dumps(was))


@fails("backup-vault-lock")
def the_vault_isnt_locked(aws: Aws, it: It) -> Iterator[None]:
    name = "phi-dev-backup-vault"
    was = aws("backup.describe_backup_vault", BackupVaultName=name)["MinRetentionDays"]
    aws("backup.delete_backup_vault_lock_configuration", BackupVaultName=name)
    yield
    aws("backup.put_backup_vault_lock_configuration", BackupVaultName=name, MinRetentionDays=was)


@pytest.mark.parametrize(("case", "controls"), CASES)
def test_what_is_broken_by_hand_fails_its_controls_alone(aws, it, audit, untouched, case, controls):
    broken = case(aws, it)
    next(broken)
    try:
        evidence = audit()
    finally:
        assert next(broken, None) is None
    assert failing(evidence) - failing(untouched) == controls
    assert "unverified" not in outcomes(evidence).values()


def test_then_all_is_as_it_was(audit, untouched):
    assert outcomes(audit()) == outcomes(untouched)
