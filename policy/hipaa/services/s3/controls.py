"""S3: buckets and access points."""

from hipaa.model.control import (
    EVERY_DATA_CLASS,
    PREVIEW_ONLY,
    Control,
    Option,
    Severity,
    StricterWhen,
    addressed_by,
    required_by,
)
from hipaa.model.data_class import DataClass
from hipaa.model.options import ACCOUNTS, LOG_DAYS, ORGANIZATIONS, PHI_DAYS
from hipaa.model.rule import FactRule
from hipaa.model.verdict import passed
from hipaa.services.s3.facts import (
    AccessLogging,
    AccessPoint,
    AccountPublicAccessBlock,
    Acl,
    Bucket,
    BucketPolicy,
    Cors,
    DefaultEncryption,
    Lifecycle,
    ObjectLock,
    ObjectOwnership,
    PublicAccessBlock,
    Versioning,
    Website,
)
from hipaa.services.s3.rules import access, encryption, logging, recovery
from hipaa.services.s3.setting_rule import SettingRule

PHI = frozenset({DataClass.PHI})
DATA = frozenset({DataClass.PHI, DataClass.REPLICA})
GUARDED = frozenset({DataClass.PHI, DataClass.REPLICA, DataClass.TRAIL_LOG})
KEPT = frozenset({DataClass.PHI, DataClass.REPLICA, DataClass.TRAIL_LOG, DataClass.ACCESS_LOG})
CLOSED = (
    *required_by("308(a)(3)(i)"),
    *addressed_by("308(a)(4)(ii)(B)"),
    *required_by("312(a)(1)", "312(e)(1)"),
)
FOUR_FLAGS = "block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True"
ENCRYPTED = (
    "aws.s3.BucketServerSideEncryptionConfiguration(…, bucket=bucket.id, "
    'rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}])'
)

CONTROLS = (
    # First: it says by which tag a bucket's role is told, to all the others.
    Control(
        id="s3-data-class-tag",
        title="Data is classed",
        statement="A bucket says what class of data it holds.",
        requirement="the tag {tag} has one of the values {allowedValues}",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("308(a)(1)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.s3.Bucket(…, tags={"DataClass": "PHI"})',
        options=(
            Option("tag", "The tag that says a bucket's data class.", "DataClass", StricterWhen.FEWER),
            Option(
                "allowedValues",
                "The values there are.",
                ("PHI", "Replica", "S3AccessLog", "CloudTrailLog", "Inventory", "Public", "Internal", "Other"),
                StricterWhen.FEWER,
            ),
            Option(
                "untaggedAs",
                "What a bucket without the tag is taken for.",
                "phi",
                StricterWhen.HIGHER,
                choices=("other", "phi"),
            ),
        ),
        proposed_2025=True,
        rule=FactRule((Bucket,), logging.data_class_tag),
    ),
    Control(
        id="s3-public-access-block",
        title="Public access is blocked",
        statement="A bucket blocks public access with all four flags.",
        requirement="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=CLOSED,
        severity=Severity.CRITICAL,
        remediation=f"aws.s3.BucketPublicAccessBlock(…, bucket=bucket.id, {FOUR_FLAGS})",
        rule=SettingRule((PublicAccessBlock,), access.public_access_block),
    ),
    Control(
        id="s3-account-public-access-block",
        title="Public access is blocked for the account",
        statement="The account blocks public access with all four flags, where the stack sets them.",
        requirement="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        paragraphs=CLOSED,
        severity=Severity.MEDIUM,
        remediation=f"aws.s3.AccountPublicAccessBlock(…, {FOUR_FLAGS})",
        rule=FactRule((AccountPublicAccessBlock,), access.account_public_access_block),
    ),
    Control(
        id="s3-no-public-grant",
        title="Nothing is granted to the public",
        statement="No ACL and no policy lets in an anonymous caller, or any AWS account there is.",
        requirement="no canned ACL or grant for AllUsers or AuthenticatedUsers, and no Allow that a stranger meets",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(a)(1)"),
        severity=Severity.CRITICAL,
        remediation="aws.s3.BucketPolicy that names its principals; no aws.s3.BucketAcl",
        rule=SettingRule(
            (Acl, BucketPolicy),
            access.no_public_grant,
            when_missing=lambda _: passed("no ACL and no policy lets anybody in"),
            access_point_check=access.no_public_grant_by,
        ),
    ),
    Control(
        id="s3-acls-disabled",
        title="ACLs are off",
        statement="The bucket's owner owns every object, and ACLs have no effect.",
        requirement="object ownership is BucketOwnerEnforced",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketOwnershipControls(…, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})',
        rule=SettingRule((ObjectOwnership,), access.acls_disabled),
    ),
    Control(
        id="s3-no-external-access",
        title="Nobody from outside is let in",
        statement="A bucket's policy lets in its own account, those that the pack's config names, and AWS services "
        "that act for them.",
        requirement="each Allow is for the stack's account, trusted accounts ({accounts}) or organizations "
        "({organizations}), or a service bound by aws:SourceAccount or aws:SourceArn",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.s3.BucketPolicy whose Allow names principals of the account; for a service the condition "
        '{"StringEquals": {"aws:SourceAccount": account_id}}',
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=SettingRule(
            (BucketPolicy,), access.no_external_access, when_missing=lambda _: passed("no policy lets anybody in")
        ),
    ),
    Control(
        id="s3-encryption-at-rest",
        title="Data is encrypted at rest",
        statement="A bucket has default encryption.",
        requirement="default encryption is configured",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("312(a)(2)(iv)", "312(e)(2)(ii)"),
        severity=Severity.CRITICAL,
        remediation=ENCRYPTED,
        rule=SettingRule((DefaultEncryption,), encryption.encryption_at_rest),
    ),
    Control(
        id="s3-customer-managed-key",
        title="A customer managed key encrypts",
        statement="A bucket that holds PHI, or the trail of its use, is encrypted with a customer managed key.",
        requirement="default encryption is aws:kms or aws:kms:dsse with a customer managed key",
        data_classes=GUARDED,
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=ENCRYPTED,
        rule=SettingRule((DefaultEncryption,), encryption.customer_managed_key),
    ),
    Control(
        id="s3-bucket-key",
        title="The S3 Bucket Key is on",
        statement="A bucket asks KMS once for many objects, which costs less.",
        requirement="bucketKeyEnabled is true",
        data_classes=DATA,
        paragraphs=(),
        severity=Severity.LOW,
        remediation="aws.s3.BucketServerSideEncryptionConfiguration(…, "
        'rules=[{"bucket_key_enabled": True, "apply_server_side_encryption_by_default": …}])',
        rule=SettingRule((DefaultEncryption,), encryption.bucket_key),
    ),
    Control(
        id="s3-tls-only",
        title="Plain HTTP is refused",
        statement="A bucket's policy denies every request over plain HTTP, by anyone, on the bucket and its objects.",
        requirement="a Deny of s3:* to everyone, on the bucket and its objects, where aws:SecureTransport is false",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=(*required_by("312(e)(1)"), *addressed_by("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.CRITICAL,
        remediation='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        '"Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
        rule=SettingRule((BucketPolicy,), access.tls_only),
    ),
    Control(
        id="s3-tls-1-2",
        title="TLS before 1.2 is refused",
        statement="A bucket's policy denies every request over TLS 1.0 or 1.1.",
        requirement="a Deny of s3:* to everyone, on the bucket and its objects, where s3:TlsVersion is less than 1.2",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("312(e)(2)(ii)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        '"Resource": [arn, f"{arn}/*"], "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}',
        rule=SettingRule((BucketPolicy,), access.tls_1_2),
    ),
    Control(
        id="s3-enforce-kms-key",
        title="Uploads under another key are refused",
        statement="An upload that asks for another algorithm or another key is denied; one that asks for none, or for "
        "the right one, is not.",
        requirement="PutObject with AES256, with another key, or with aws:kms and no key is denied, and with no header or "
        "the bucket's own key it isn't",
        data_classes=DATA,
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", '
        '"Resource": f"{arn}/*", "Condition": {"Null": {"s3:x-amz-server-side-encryption": "false"}, '
        '"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn}}}',
        rule=SettingRule((BucketPolicy,), encryption.enforce_kms_key),
    ),
    Control(
        id="s3-deny-sse-c",
        title="Uploads under a customer-provided key are refused",
        statement="No object is encrypted with a key that its uploader alone holds.",
        requirement="PutObject with a customer-provided key is denied, or SSE-C is a blocked encryption type",
        data_classes=DATA,
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.s3.BucketServerSideEncryptionConfiguration(…, "
        'rules=[{"blocked_encryption_types": ["SSE-C"], …}]), or aws.s3.BucketPolicy that denies s3:PutObject where '
        '{"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}',
        rule=FactRule((Bucket,), encryption.deny_sse_c, needs_whole_stack=True),
    ),
    Control(
        id="s3-versioning",
        title="Versioning is on",
        statement="A bucket keeps every version of its objects.",
        requirement="versioning is Enabled",
        data_classes=KEPT,
        paragraphs=required_by("308(a)(7)(ii)(A)", "312(c)(1)"),
        severity=Severity.CRITICAL,
        remediation='aws.s3.BucketVersioning(…, bucket=bucket.id, versioning_configuration={"status": "Enabled"})',
        rule=SettingRule((Versioning,), recovery.versioning),
    ),
    Control(
        id="s3-object-lock",
        title="Versions are locked",
        statement="A version can't be deleted or overwritten before its time. A bucket for access logs has no lock, "
        "since S3 delivers none there.",
        requirement="a default retention of {days} days or more; none for access logs",
        data_classes=frozenset({DataClass.PHI, DataClass.TRAIL_LOG, DataClass.ACCESS_LOG}),
        paragraphs=required_by("312(c)(1)", "316(b)(2)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.s3.BucketObjectLockConfiguration(…, bucket=bucket.id, "
        'rule={"default_retention": {"mode": "GOVERNANCE", "days": 2192}}), on a bucket with object_lock_enabled=True',
        options=(
            Option("days", "Days that a version is locked at least: six years.", 2192, StricterWhen.HIGHER),
            Option(
                "mode",
                "The least mode of the lock.",
                "GOVERNANCE",
                StricterWhen.HIGHER,
                choices=("GOVERNANCE", "COMPLIANCE"),
            ),
        ),
        rule=SettingRule((ObjectLock,), recovery.object_lock, when_missing=recovery._no_lock),
    ),
    Control(
        id="s3-tamper-protection",
        title="Deletion is guarded",
        statement="Deleting a version, and weakening what guards the bucket, is denied to all but named principals.",
        requirement="s3:DeleteObjectVersion is denied, or the lock is in compliance mode; and changes of the bucket's "
        "policy, versioning, lock, encryption, ownership, public access block, replication, lifecycle and logging are "
        "denied, to all but named principals",
        data_classes=GUARDED,
        paragraphs=required_by("312(c)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": '
        '["s3:DeleteObjectVersion", "s3:PutBucketPolicy", …], "Resource": [arn, f"{arn}/*"], "Condition": '
        '{"ArnNotEquals": {"aws:PrincipalArn": break_glass_role_arn}}}',
        rule=SettingRule((BucketPolicy,), recovery.tamper_protection),
    ),
    Control(
        id="s3-retention",
        title="Data is kept long enough",
        statement="No lifecycle rule expires what must be kept.",
        requirement="current versions of PHI don't expire, and earlier ones are kept {days} days or more; logs {logDays}",
        data_classes=KEPT,
        paragraphs=(*required_by("316(b)(2)(i)", own_mapping=True), *addressed_by("310(d)(2)(iv)", own_mapping=True)),
        severity=Severity.HIGH,
        remediation="aws.s3.BucketLifecycleConfiguration(…, "
        'rules=[{"noncurrent_version_expiration": {"noncurrent_days": 2555}, …}])',
        options=(PHI_DAYS, LOG_DAYS),
        rule=SettingRule((Lifecycle,), recovery.retention, when_missing=lambda _: passed("nothing expires")),
    ),
    Control(
        id="s3-abort-multipart",
        title="Incomplete uploads are aborted",
        statement="Parts of uploads that nobody finished don't stay, unseen.",
        requirement="a lifecycle rule for the whole bucket aborts incomplete uploads within {days} days",
        data_classes=PHI,
        paragraphs=required_by("310(d)(2)(i)", own_mapping=True),
        severity=Severity.LOW,
        remediation="aws.s3.BucketLifecycleConfiguration(…, "
        'rules=[{"abort_incomplete_multipart_upload": {"days_after_initiation": 7}, …}])',
        options=(Option("days", "Days after which incomplete uploads are aborted at most.", 7, StricterWhen.LOWER),),
        rule=SettingRule((Lifecycle,), recovery.abort_multipart),
    ),
    Control(
        id="s3-access-logging",
        title="Access is logged",
        statement="Access to a bucket that holds PHI, or the trail of its use, is logged to another bucket.",
        requirement="access logging to another bucket",
        data_classes=GUARDED,
        paragraphs=required_by("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketLogging(…, bucket=bucket.id, target_bucket=logs.id, target_prefix="…")',
        rule=SettingRule((AccessLogging,), logging.access_logging),
    ),
    Control(
        id="s3-replication-or-backup",
        title="Data is copied elsewhere",
        statement="Every object is copied to another region, or backed up to a vault.",
        requirement="an enabled replication rule for the whole bucket, to another region, encrypted there with a customer "
        "managed key; or an AWS Backup selection of the bucket, with a plan that names a vault",
        data_classes=PHI,
        paragraphs=required_by("308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)"),
        severity=Severity.HIGH,
        remediation="aws.backup.Selection(…, plan_id=plan.id, resources=[bucket.arn]), or aws.s3.BucketReplicationConfig(…)",
        rule=FactRule((Bucket,), recovery.replication_or_backup, needs_whole_stack=True),
    ),
    Control(
        id="s3-no-website",
        title="No website is hosted",
        statement="A bucket doesn't serve a website, which knows neither TLS nor callers.",
        requirement="no website configuration",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(e)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.s3.BucketWebsiteConfiguration is taken away",
        rule=SettingRule((Website,), access.no_website, when_missing=lambda _: passed("no website is hosted")),
    ),
    Control(
        id="s3-cors",
        title="Browsers of any origin are kept out",
        statement="No CORS rule of a bucket with PHI allows any origin.",
        requirement="each CORS rule names its origins",
        data_classes=DATA,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.s3.BucketCorsConfiguration(…, cors_rules=[{"allowed_origins": ["https://app.example.com"], …}])',
        rule=SettingRule((Cors,), access.cors, when_missing=lambda _: passed("no CORS rule is declared")),
    ),
    Control(
        id="s3-request-metrics",
        title="Requests are measured",
        statement="CloudWatch counts the requests to a whole bucket with PHI, so that alarms can be raised on them.",
        requirement="a metrics configuration without a filter",
        data_classes=PHI,
        paragraphs=required_by("312(b)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.s3.BucketMetric(…, bucket=bucket.id, name="EntireBucket")',
        rule=FactRule((Bucket,), logging.request_metrics, needs_whole_stack=True),
    ),
    Control(
        id="s3-no-force-destroy",
        title="The bucket can't be destroyed by mistake",
        statement="A bucket with objects can't be destroyed, and Pulumi protects it.",
        requirement="forceDestroy is not true, and protect is {protect}",
        data_classes=frozenset({DataClass.PHI, DataClass.TRAIL_LOG}),
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.s3.Bucket(…, force_destroy=False, opts=pulumi.ResourceOptions(protect=True))",
        options=(Option("protect", "Whether Pulumi's `protect` is asked for; not in dev.", True, StricterWhen.HIGHER),),
        stages=PREVIEW_ONLY,  # both are Pulumi's own: AWS knows of neither
        rule=FactRule((Bucket,), recovery.no_force_destroy),
    ),
    Control(
        id="s3-access-point-private",
        title="Access points are private",
        statement="An access point of a bucket with PHI blocks public access, and its policy lets no stranger in.",
        requirement="the four flags are not off, and each Allow is for the stack's account, trusted accounts ({accounts}) "
        "or organizations ({organizations})",
        data_classes=PHI,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.s3.AccessPoint(…, public_access_block_configuration={…all True}), with a policy that names "
        "principals",
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((AccessPoint,), access.access_point_private),
    ),
)
