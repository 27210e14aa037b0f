"""CloudTrail: the record of who did what."""

from hipaa.controls.model import Control, Severity, addressable, required
from hipaa.facts import Role

CONTROLS = (
    Control(
        id="cloudtrail-enabled",
        title="A trail records everything",
        statement="A trail logs the account's use in all regions, global services too, and none is switched off.",
        required="enableLogging isn't false; where there is PHI, some trail has isMultiRegionTrail true and "
        "includeGlobalServiceEvents not false, and its selectors leave no management events out",
        paragraphs=required("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.CRITICAL,
        remedy="aws.cloudtrail.Trail(…, is_multi_region_trail=True, include_global_service_events=True, "
        "enable_logging=True)",
    ),
    Control(
        id="cloudtrail-s3-data-events",
        title="Each use of PHI is recorded",
        statement="A trail records every read and every write of a bucket's objects.",
        required="selectors of trails that log cover reads and writes of all objects, narrowed by nothing",
        roles=frozenset({Role.PHI}),
        paragraphs=required("312(b)"),
        severity=Severity.CRITICAL,
        remedy='aws.cloudtrail.Trail(…, event_selectors=[{"read_write_type": "All", "include_management_events": True, '
        '"data_resources": [{"type": "AWS::S3::Object", "values": [f"{bucket_arn}/"]}]}])',
    ),
    Control(
        id="cloudtrail-customer-key",
        title="A customer managed key encrypts the trail",
        statement="A trail is encrypted with a customer managed key.",
        required="kmsKeyId is a customer managed key",
        paragraphs=addressable("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remedy="aws.cloudtrail.Trail(…, kms_key_id=key.arn)",
    ),
    Control(
        id="cloudtrail-log-validation",
        title="A changed trail is noticed",
        statement="A trail signs its files, so that a change of one is noticed.",
        required="enableLogFileValidation is true",
        paragraphs=(*required("312(c)(1)"), *addressable("312(c)(2)")),
        severity=Severity.HIGH,
        remedy="aws.cloudtrail.Trail(…, enable_log_file_validation=True)",
    ),
    Control(
        id="cloudtrail-to-logs",
        title="The trail is watched",
        statement="A trail also goes to CloudWatch Logs, where filters and alarms see it at once.",
        required="cloudWatchLogsGroupArn is given",
        paragraphs=required("312(b)"),
        severity=Severity.MEDIUM,
        remedy='aws.cloudtrail.Trail(…, cloud_watch_logs_group_arn=f"{log_group.arn}:*", '
        "cloud_watch_logs_role_arn=role.arn)",
    ),
)
