"""Controls for Athena workgroups."""

from hipaa_controls.model.control import EVERY_DATA_CLASS, Control, Severity, addressed_by, required_by
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.options import ACCOUNTS, BUCKETS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.athena import rules
from hipaa_controls.services.athena.facts import Workgroup

CONTROLS = (
    Control(
        id="athena-customer-managed-key",
        title="Athena workgroups encrypt query results with a customer managed KMS key",
        statement="The results of queries of PHI or of audit logs are encrypted with a customer managed KMS key.",
        rationale=(
            "Athena stores the result of each query as a file: a copy of what the query has read. With SSE-S3, "
            "a principal that may read the file can also decrypt it. The policy of a customer managed key is a second "
            "access check, and disabling the key stops access in an incident."
        ),
        requirement=(
            "resultConfiguration.encryptionConfiguration is SSE_KMS or CSE_KMS, or managedQueryResultsConfiguration "
            "has a key, with a customer managed key of the stack's account or of a trusted one ({accounts})"
        ),
        data_classes=frozenset({DataClass.PHI, DataClass.REPLICA, DataClass.TRAIL_LOG, DataClass.ACCESS_LOG}),
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.athena.Workgroup("reports", configuration={"result_configuration": {"output_location": '
            'f"s3://{bucket_name}/", "encryption_configuration": {"encryption_option": "SSE_KMS", "kms_key_arn": '
            'key.arn}}}); for a workgroup without PHI, tags={"DataClass": "Internal"}'
        ),
        options=(ACCOUNTS,),
        rule=FactRule((Workgroup,), rules.customer_managed_key),
    ),
    Control(
        id="athena-settings-enforced",
        title="Athena workgroups enforce their settings",
        statement="The settings of a workgroup override those of the queries in it.",
        rationale=(
            "Otherwise every query chooses the bucket for its result and the encryption of it, so the workgroup's own "
            "settings protect nothing."
        ),
        requirement="configuration.enforceWorkgroupConfiguration isn't false (it is true by default)",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=(
            *addressed_by("312(a)(2)(iv)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.MEDIUM,
        remediation='aws.athena.Workgroup("reports", configuration={"enforce_workgroup_configuration": True, ...})',
        rule=FactRule((Workgroup,), rules.settings_enforced),
    ),
    Control(
        id="athena-no-external-results",
        title="Athena workgroups store query results only in trusted accounts",
        statement="The results of queries are stored in a bucket of the stack's own account or of a trusted one.",
        rationale=(
            "A result is a copy of PHI or of the audit trail. In another account's bucket, that account decides who "
            "reads it and how long it is kept."
        ),
        requirement=(
            "outputLocation is a bucket of the stack or one that the option buckets lists ({buckets}), or "
            "expectedBucketOwner is the stack's account or a trusted one ({accounts})"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'in result_configuration, add "expected_bucket_owner": account_id; or list the bucket in the option '
            "buckets of athena-no-external-results"
        ),
        options=(ACCOUNTS, BUCKETS),
        rule=FactRule((Workgroup,), rules.no_external_results),
    ),
)
