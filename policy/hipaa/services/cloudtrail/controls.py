"""CloudTrail: the record of who did what."""

from hipaa.model.control import Control, Severity, addressed_by, required_by
from hipaa.model.data_class import DataClass
from hipaa.model.rule import FactRule
from hipaa.model.stack import Stack
from hipaa.services.cloudtrail import rules
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.s3.facts import Bucket

CONTROLS = (
    Control(
        id="cloudtrail-enabled",
        title="A trail records everything",
        statement="A trail logs the account's use in all regions, global services too, and none is switched off.",
        requirement="enableLogging isn't false; where there is PHI, some trail has isMultiRegionTrail true and "
        "includeGlobalServiceEvents not false, and its selectors leave no management events out",
        paragraphs=required_by("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.CRITICAL,
        remediation="aws.cloudtrail.Trail(…, is_multi_region_trail=True, include_global_service_events=True, "
        "enable_logging=True)",
        rule=FactRule((Trail, Stack), rules.enabled),
    ),
    Control(
        id="cloudtrail-s3-data-events",
        title="Each use of PHI is recorded",
        statement="A trail records every read and every write of a bucket's objects.",
        requirement="selectors of trails that log cover reads and writes of all objects, narrowed by nothing",
        data_classes=frozenset({DataClass.PHI}),
        paragraphs=required_by("312(b)"),
        severity=Severity.CRITICAL,
        remediation='aws.cloudtrail.Trail(…, event_selectors=[{"read_write_type": "All", "include_management_events": True, '
        '"data_resources": [{"type": "AWS::S3::Object", "values": [f"{bucket_arn}/"]}]}])',
        rule=FactRule((Bucket,), rules.s3_data_events, needs_whole_stack=True),
    ),
    Control(
        id="cloudtrail-customer-managed-key",
        title="A customer managed key encrypts the trail",
        statement="A trail is encrypted with a customer managed key.",
        requirement="kmsKeyId is a customer managed key",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remediation="aws.cloudtrail.Trail(…, kms_key_id=key.arn)",
        rule=FactRule((Trail,), rules.customer_managed_key),
    ),
    Control(
        id="cloudtrail-log-validation",
        title="A changed trail is noticed",
        statement="A trail signs its files, so that a change of one is noticed.",
        requirement="enableLogFileValidation is true",
        paragraphs=(*required_by("312(c)(1)"), *addressed_by("312(c)(2)")),
        severity=Severity.HIGH,
        remediation="aws.cloudtrail.Trail(…, enable_log_file_validation=True)",
        rule=FactRule((Trail,), rules.log_validation),
    ),
    Control(
        id="cloudtrail-cloudwatch-logs",
        title="The trail is watched",
        statement="A trail also goes to CloudWatch Logs, where filters and alarms see it at once.",
        requirement="cloudWatchLogsGroupArn is given",
        paragraphs=required_by("312(b)"),
        severity=Severity.MEDIUM,
        remediation='aws.cloudtrail.Trail(…, cloud_watch_logs_group_arn=f"{log_group.arn}:*", '
        "cloud_watch_logs_role_arn=role.arn)",
        rule=FactRule((Trail,), rules.cloudwatch_logs),
    ),
)
