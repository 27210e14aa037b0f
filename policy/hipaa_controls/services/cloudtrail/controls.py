"""Controls for CloudTrail trails."""

from hipaa_controls.model.control import Control, Severity, addressed_by, required_by
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.options import ACCOUNTS, BUCKETS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.model.stack import Stack
from hipaa_controls.services.cloudtrail import rules
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.s3.facts import Bucket

CONTROLS = (
    Control(
        id="cloudtrail-enabled",
        title="CloudTrail is enabled in all regions",
        statement=(
            "Every trail logs, and in a stack with PHI the trails together record all management events in all regions."
        ),
        rationale=(
            "Otherwise there is no record of who assumed a role, changed a key policy or opened a bucket. An attacker "
            "can work unseen in a region that the hospital doesn't use."
        ),
        requirement=(
            "enableLogging is not false; with PHI in the stack, also trails with isMultiRegionTrail true and "
            "includeGlobalServiceEvents not false, whose selectors together select every management event"
        ),
        paragraphs=required_by("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.CRITICAL,
        remediation=(
            'aws.cloudtrail.Trail("audit", s3_bucket_name=trail_bucket.id, is_multi_region_trail=True, '
            "include_global_service_events=True, enable_logging=True)"
        ),
        rule=FactRule((Trail, Stack), rules.enabled),
    ),
    Control(
        id="cloudtrail-s3-data-events",
        title="CloudTrail records S3 data events for PHI",
        statement="A trail records every read and every write of the objects in a bucket with PHI.",
        rationale=(
            "By default, trails record no reads or writes of objects. Without these events the hospital can't show "
            "which records a stolen credential has read, and may have to report a breach of all of them."
        ),
        requirement=(
            "the event selectors of trails that log cover reads and writes of all objects, without a field that "
            "narrows them further"
        ),
        data_classes=frozenset({DataClass.PHI}),
        paragraphs=required_by("312(b)"),
        severity=Severity.CRITICAL,
        remediation=(
            'aws.cloudtrail.Trail("audit", s3_bucket_name=trail_bucket.id, event_selectors=[{"read_write_type": "All", '
            '"include_management_events": True, "data_resources": [{"type": "AWS::S3::Object", "values": '
            '[f"arn:aws:s3:::{bucket_name}/"]}]}])'
        ),
        rule=FactRule((Bucket,), rules.s3_data_events, needs_whole_stack=True),
    ),
    Control(
        id="cloudtrail-customer-managed-key",
        title="CloudTrail logs use a customer managed KMS key",
        statement="Every trail encrypts its log files with a customer managed KMS key.",
        rationale=(
            "CloudTrail logs show object keys, user names and IP addresses. With SSE-S3, every principal that may get "
            "objects from the log bucket can read the logs; a key policy limits that to auditors."
        ),
        requirement="kmsKeyId is a customer managed key of the stack's account or of a trusted one ({accounts})",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remediation=(
            'aws.cloudtrail.Trail("audit", name="audit", s3_bucket_name=trail_bucket.id, kms_key_id=audit_key.arn), '
            'and in the key policy {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": '
            '["kms:GenerateDataKey*", "kms:DescribeKey"], "Resource": "*", "Condition": {"StringEquals": '
            '{"aws:SourceArn": f"arn:aws:cloudtrail:{region}:{account_id}:trail/audit"}}}'
        ),
        options=(ACCOUNTS,),
        rule=FactRule((Trail,), rules.customer_managed_key),
    ),
    Control(
        id="cloudtrail-log-validation",
        title="CloudTrail log file validation is enabled",
        statement="Every trail writes signed digest files, which show whether a log file was changed or deleted.",
        rationale=(
            "An intruder with access to the log bucket could remove the traces of reading PHI. Without digest files "
            "the change goes unnoticed, and the logs prove little."
        ),
        requirement="enableLogFileValidation is true",
        paragraphs=(*required_by("312(c)(1)"), *addressed_by("312(c)(2)")),
        severity=Severity.HIGH,
        remediation='aws.cloudtrail.Trail("audit", s3_bucket_name=trail_bucket.id, enable_log_file_validation=True)',
        rule=FactRule((Trail,), rules.log_validation),
    ),
    Control(
        id="cloudtrail-cloudwatch-logs",
        title="CloudTrail delivers to CloudWatch Logs",
        statement=(
            "Every trail also sends its events to CloudWatch Logs, where metric filters can match them and raise "
            "alarms."
        ),
        rationale=(
            "Log files in S3 raise no alarm by themselves. A disabled key or an unusual use of a role could go "
            "unnoticed until the files are next reviewed."
        ),
        requirement="cloudWatchLogsGroupArn is set",
        paragraphs=required_by("312(b)"),
        severity=Severity.MEDIUM,
        remediation=(
            'aws.cloudtrail.Trail("audit", s3_bucket_name=trail_bucket.id, '
            'cloud_watch_logs_group_arn=pulumi.Output.concat(log_group.arn, ":*"), cloud_watch_logs_role_arn=role.arn)'
        ),
        rule=FactRule((Trail,), rules.cloudwatch_logs),
    ),
    Control(
        id="cloudtrail-no-external-destinations",
        title="CloudTrail delivers log files only to trusted accounts",
        statement=(
            "Every trail delivers its log files to a bucket, and its notifications to a topic, of the stack's own "
            "account or a trusted one."
        ),
        rationale=(
            "The log files name every record that is read, and who reads it. In an outsider's bucket they are "
            "disclosed, and the hospital has no evidence of its own."
        ),
        requirement=(
            "the bucket is a bucket of the stack, or one that the option buckets lists ({buckets}); the topic belongs "
            "to the stack's account or a trusted one ({accounts})"
        ),
        paragraphs=required_by("312(b)", "312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.cloudtrail.Trail("audit", s3_bucket_name=trail_bucket.id); or list the bucket of the log archive: '
            '{"cloudtrail-no-external-destinations": {"buckets": ["log-archive"]}}'
        ),
        options=(ACCOUNTS, BUCKETS),
        rule=FactRule((Trail,), rules.no_external_destination, needs_whole_stack=True),
    ),
)
