"""Controls for S3 buckets and access points."""

import json

from hipaa_controls.model.control import (
    EVERY_DATA_CLASS,
    PREVIEW_ONLY,
    Control,
    Option,
    Severity,
    StricterWhen,
    addressed_by,
    required_by,
)
from hipaa_controls.model.data_class import DataClass
from hipaa_controls.model.options import ACCOUNTS, BUCKETS, LOG_DAYS, ONLY_TRUSTED_PARTIES, PHI_DAYS, TRUSTED_PARTIES
from hipaa_controls.model.retention import MIN_RETENTION_DAYS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.model.verdict import passed
from hipaa_controls.services.s3.bucket_types import (
    SpecialBucket,
    SpecialBucketEncryption,
    SpecialBucketPolicy,
    StorageLensExports,
    TableReplication,
    TableSnapshots,
)
from hipaa_controls.services.s3.facts import (
    AccessGrant,
    AccessGrantsLocation,
    AccessGrantsPolicy,
    AccessLogging,
    AccessPoint,
    AccessPointBuckets,
    AccountPublicAccessBlock,
    Acl,
    AnalyticsExport,
    Bucket,
    BucketObject,
    BucketPolicy,
    Cors,
    DefaultEncryption,
    EventNotifications,
    Inventory,
    Lifecycle,
    ObjectCopy,
    ObjectLambdaFunctions,
    ObjectLock,
    ObjectOwnership,
    ObjectUpload,
    PublicAccessBlock,
    Replication,
    Versioning,
    Website,
)
from hipaa_controls.services.s3.protection_actions import DELETE_VERSION, REQUIRED_PROTECTION_ACTIONS
from hipaa_controls.services.s3.rules import (
    access,
    access_grants,
    classification,
    copies,
    destinations,
    encryption,
    lifecycle,
    logging,
    objects,
    protection,
    special_buckets,
)
from hipaa_controls.services.s3.setting_rule import SettingRule

PHI = frozenset({DataClass.PHI})
PHI_AND_REPLICAS = PHI | {DataClass.REPLICA}
PHI_AND_TRAIL_LOGS = PHI_AND_REPLICAS | {DataClass.TRAIL_LOG}
PHI_AND_LOGS = PHI_AND_TRAIL_LOGS | {DataClass.ACCESS_LOG}
PUBLIC_ACCESS_PARAGRAPHS = (
    *required_by("308(a)(3)(i)"),
    *addressed_by("308(a)(4)(ii)(B)"),
    *required_by("312(a)(1)", "312(e)(1)"),
)
ALL_FLAGS_ON = "block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True"
# Terraform's provider has blocked_encryption_types since 6.22.0, and pulumi-aws since 7.13.0:
# https://github.com/hashicorp/terraform-provider-aws/issues/45157
KMS_DEFAULT_ENCRYPTION = (
    'aws.s3.BucketServerSideEncryptionConfiguration("phi", bucket=bucket.id, '
    'rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}, '
    '"bucket_key_enabled": True, "blocked_encryption_types": ["SSE-C"]}]), where blocked_encryption_types needs '
    "pulumi-aws 7.13 with Terraform's AWS provider 6.22: leave it out with an older one"
)
DEFAULT_OF_BUCKET = "for an object, remove server_side_encryption and kms_key_id, so that the bucket's default applies"
LIFECYCLE_RULE = (
    'aws.s3.BucketLifecycleConfiguration("phi", bucket=bucket.id, rules=[{"id": "retention", "status": "Enabled", '
    f'"filter": {{"prefix": ""}}, "noncurrent_version_expiration": {{"noncurrent_days": {MIN_RETENTION_DAYS}}}, '
    '"abort_incomplete_multipart_upload": {"days_after_initiation": 7}}])'
)
KEPT_SNAPSHOTS = (
    'aws.s3tables.Table("visits", table_bucket_arn=tables.arn, namespace="ehr", name="visits", format="ICEBERG", '
    'maintenance_configuration={"iceberg_compaction": {"status": "enabled", "settings": {"target_file_size_mb": 512}}, '
    '"iceberg_snapshot_management": {"status": "enabled", "settings": {"min_snapshots_to_keep": 1, '
    f'"max_snapshot_age_hours": {24 * MIN_RETENTION_DAYS}}}}}}})'
)

CONTROLS = (
    # First, because its options decide how every other control determines a bucket's data class.
    Control(
        id="s3-data-class-tag",
        title="S3 buckets have a data class tag",
        statement="Every bucket has a tag that gives the class of the data in it.",
        rationale=(
            "Without the tag there is no list of where PHI is stored: a risk analysis misses buckets, and a breach "
            "investigation can't tell which data was exposed."
        ),
        requirement=(
            "the tag {tag} on the bucket itself with one of the values {allowedValues}; a default tag of the provider "
            "doesn't count"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("308(a)(1)(ii)(A)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.s3.Bucket("phi", tags={"DataClass": "PHI"})',
        options=(
            Option(
                "tag",
                "The name of the tag that gives the data class of a bucket or queue.",
                "DataClass",
                StricterWhen.FEWER,
            ),
            Option(
                "allowedValues",
                "The values that the tag may have. No value exempts a bucket from the controls against public access.",
                ("PHI", "Replica", "S3AccessLog", "CloudTrailLog", "Inventory", "Public", "Internal", "Other"),
                StricterWhen.FEWER,
            ),
            Option(
                "untaggedAs",
                "The data class of a bucket or queue without the tag.",
                "phi",
                StricterWhen.HIGHER,
                choices=("other", "phi"),
            ),
        ),
        proposed_2025=True,
        rule=FactRule((Bucket, SpecialBucket), classification.data_class_tag),
    ),
    Control(
        id="s3-public-access-block",
        title="S3 buckets block public access",
        statement="Every bucket has all four Block Public Access flags on.",
        rationale=(
            "With a flag off, one mistaken ACL or bucket policy makes patient records readable from the internet. "
            "Block Public Access rejects or ignores such a grant."
        ),
        requirement="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=PUBLIC_ACCESS_PARAGRAPHS,
        severity=Severity.CRITICAL,
        remediation=f'aws.s3.BucketPublicAccessBlock("phi", bucket=bucket.id, {ALL_FLAGS_ON})',
        rule=SettingRule(
            (PublicAccessBlock,),
            access.public_access_block,
            fact_checks={SpecialBucket: special_buckets.public_access_blocked},
        ),
    ),
    Control(
        id="s3-account-public-access-block",
        title="The AWS account blocks public access to S3",
        statement=(
            "All four Block Public Access flags of the AWS account are on; the pack checks them only if the stack "
            "declares them."
        ),
        rationale=(
            "A bucket that another team or a script creates may lack its own Block Public Access. The account's flags "
            "keep that bucket private too, even if PHI is copied to it by mistake."
        ),
        requirement="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        paragraphs=PUBLIC_ACCESS_PARAGRAPHS,
        severity=Severity.MEDIUM,
        remediation=f'aws.s3.AccountPublicAccessBlock("account", {ALL_FLAGS_ON})',
        rule=FactRule((AccountPublicAccessBlock,), access.account_public_access_block),
    ),
    Control(
        id="s3-no-public-grant",
        title="S3 buckets grant nothing to the public",
        statement=(
            "No ACL of a bucket or object, bucket policy or access point policy grants access to anonymous callers or "
            "to arbitrary AWS accounts."
        ),
        rationale=(
            'A grant to AllUsers or to the principal "*" opens patient records to everyone, and AuthenticatedUsers '
            "means every AWS account in the world. Block Public Access only masks such a grant: the grant takes effect "
            "as soon as a flag is turned off."
        ),
        requirement=(
            "no ACL, canned or with grants, that gives AllUsers or AuthenticatedUsers access, and no Allow that "
            "applies to anonymous callers or to callers of any AWS account"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(a)(1)"),
        severity=Severity.CRITICAL,
        remediation=(
            "remove the aws.s3.BucketAcl or the acl and grants arguments, and name the principals in each "
            'Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}'
        ),
        rule=SettingRule(
            (Acl, BucketPolicy),
            access.no_public_grant,
            when_missing=lambda _: passed("no ACL and no policy grants access"),
            fact_checks={
                AccessPoint: access.no_public_grant_by_access_point,
                SpecialBucketPolicy: special_buckets.no_public_grant,
                BucketObject: objects.no_public_grant,
            },
        ),
        verified_before_creation=True,
    ),
    Control(
        id="s3-acls-disabled",
        title="S3 ACLs are disabled",
        statement="Every bucket has the Object Ownership setting BucketOwnerEnforced, which disables ACLs.",
        rationale=(
            "With ACLs enabled, an uploader can grant access to a record in a way that neither IAM nor the bucket "
            "policy shows. Under ObjectWriter, an object uploaded from another account belongs to that account, and "
            "the hospital may be unable to read or protect it."
        ),
        requirement="objectOwnership is BucketOwnerEnforced",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.s3.BucketOwnershipControls("phi", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})'
        ),
        rule=SettingRule(
            (ObjectOwnership,), access.acls_disabled, fact_checks={SpecialBucket: special_buckets.acls_disabled}
        ),
    ),
    Control(
        id="s3-no-external-access",
        title="S3 grants access only to trusted accounts",
        statement=(
            "A bucket policy, an object's ACL, S3 Access Grants and their resource policy grant access only to the "
            "stack's own account, to trusted accounts and organizations, and to AWS services acting for them."
        ),
        rationale=(
            "Block Public Access doesn't stop a grant that names an external account: a former vendor, or the owner "
            "of a mistyped account ID, can then read every record. Without a source condition, any AWS customer can "
            "make the service use the bucket."
        ),
        requirement=f"{ONLY_TRUSTED_PARTIES}; each grantee is a user or role of these accounts or has a trusted ID",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; '
            'for a service add "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}; for a grant: '
            'grantee={"grantee_type": "IAM", "grantee_identifier": role.arn}'
        ),
        options=TRUSTED_PARTIES,
        rule=SettingRule(
            (BucketPolicy,),
            access.no_external_access,
            when_missing=lambda _: passed("no policy grants access"),
            fact_checks={
                SpecialBucketPolicy: special_buckets.no_external_access,
                BucketObject: objects.no_external_grant,
                AccessGrantsPolicy: access_grants.policy_for_trusted_accounts,
                AccessGrant: access_grants.grantee_is_trusted,
            },
        ),
        verified_before_creation=True,
    ),
    Control(
        id="s3-encryption-at-rest",
        title="S3 buckets encrypt data at rest",
        statement="Every bucket encrypts new objects, with SSE-S3, which is S3's own default, or with a KMS key.",
        rationale=(
            "PHI that isn't encrypted counts as unsecured, so losing a copy of it is presumed to be a reportable "
            "breach. S3 encrypts each new object with SSE-S3 if no default encryption is declared, so such a bucket "
            "passes; s3-customer-managed-key requires a key for PHI."
        ),
        requirement="default encryption with AES256, aws:kms or aws:kms:dsse; if none is declared, S3 uses AES256",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("312(a)(2)(iv)", "312(e)(2)(ii)"),
        severity=Severity.CRITICAL,
        remediation=(
            "for S3 access logs, remove the aws.s3.BucketServerSideEncryptionConfiguration, and S3 uses SSE-S3; for "
            f"PHI: {KMS_DEFAULT_ENCRYPTION}"
        ),
        rule=SettingRule(
            (DefaultEncryption,),
            encryption.encryption_at_rest,
            when_missing=encryption.sse_s3_by_default,
            fact_checks={SpecialBucketEncryption: special_buckets.encryption_at_rest},
        ),
    ),
    Control(
        id="s3-customer-managed-key",
        title="S3 buckets with PHI use a customer managed KMS key",
        statement=(
            "Buckets with PHI, replicas or CloudTrail logs use a customer managed KMS key for default encryption, and "
            "so does each object in them that the program declares with an encryption of its own."
        ),
        rationale=(
            "With SSE-S3 or the AWS managed key aws/s3, a principal that may read an object can also decrypt it. The "
            "policy of a customer managed key is a second access check, and disabling the key stops access to PHI in "
            "an incident."
        ),
        requirement=(
            "aws:kms or aws:kms:dsse with a customer managed key of the stack's account or of a trusted one "
            "({accounts}), as default encryption and for each object that declares its own encryption"
        ),
        data_classes=PHI_AND_TRAIL_LOGS,
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            f'{KMS_DEFAULT_ENCRYPTION}; for a table bucket: aws.s3tables.TableBucket("phi", encryption_configuration='
            '{"sse_algorithm": "aws:kms", "kms_key_arn": key.arn}); an Outposts bucket has no KMS key: keep PHI in '
            f"an aws.s3.Bucket; {DEFAULT_OF_BUCKET}"
        ),
        options=(ACCOUNTS,),
        rule=SettingRule(
            (DefaultEncryption,),
            encryption.customer_managed_key,
            fact_checks={
                SpecialBucketEncryption: special_buckets.customer_managed_key,
                BucketObject: objects.customer_managed_key,
            },
        ),
    ),
    Control(
        id="s3-bucket-key",
        title="S3 Bucket Keys are enabled",
        statement="Buckets with PHI or replicas that use SSE-KMS have an S3 Bucket Key.",
        rationale=(
            "Without a Bucket Key, each read or write of an object is also a request to KMS. That costs more, and "
            "restoring many records at once can exceed KMS's request quota."
        ),
        requirement="bucketKeyEnabled is true if default encryption uses aws:kms",
        data_classes=PHI_AND_REPLICAS,
        paragraphs=(),
        severity=Severity.LOW,
        remediation=KMS_DEFAULT_ENCRYPTION,
        rule=SettingRule((DefaultEncryption,), encryption.bucket_key, when_missing=encryption.sse_s3_by_default),
    ),
    Control(
        id="s3-tls-only",
        title="S3 buckets deny plain HTTP",
        statement=(
            "Every bucket policy denies all requests over plain HTTP, from every principal, on the bucket and its "
            "objects."
        ),
        rationale=(
            "S3 accepts plain HTTP unless the bucket policy denies it. A client with an http:// endpoint then sends "
            "patient records in clear text through every network on the way."
        ),
        requirement=(
            "a Deny of s3:* for all principals, on the bucket and its objects, where aws:SecureTransport is false"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=(*required_by("312(e)(1)"), *addressed_by("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.CRITICAL,
        remediation=(
            'add to the Statement of the bucket policy: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
            '"Resource": [f"arn:aws:s3:::{bucket_name}", f"arn:aws:s3:::{bucket_name}/*"], "Condition": {"Bool": '
            '{"aws:SecureTransport": "false"}}}; for an Outposts bucket, with "Action": "s3-outposts:*" and '
            '"Resource": [bucket_arn, f"{bucket_arn}/*"]'
        ),
        rule=SettingRule(
            (BucketPolicy,),
            access.tls_only,
            fact_checks=dict.fromkeys((SpecialBucket, SpecialBucketPolicy), special_buckets.tls_only),
        ),
    ),
    Control(
        id="s3-tls-1-2",
        title="S3 buckets require TLS 1.2 or later",
        statement="Every bucket policy denies all requests over TLS 1.0 and TLS 1.1.",
        rationale=(
            "TLS 1.0 and 1.1 have known weaknesses (RFC 8996), and PHI intercepted over them may count as unsecured: "
            "HHS's guidance refers to NIST SP 800-52, which requires TLS 1.2. AWS's endpoints require TLS 1.2 too; the "
            "Deny makes it the bucket's own rule."
        ),
        requirement=(
            "a Deny of s3:* for all principals, on the bucket and its objects, where s3:TlsVersion is less than 1.2"
        ),
        data_classes=EVERY_DATA_CLASS,
        paragraphs=addressed_by("312(e)(2)(ii)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the bucket policy: {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
            '"Resource": [f"arn:aws:s3:::{bucket_name}", f"arn:aws:s3:::{bucket_name}/*"], "Condition": '
            '{"NumericLessThan": {"s3:TlsVersion": "1.2"}}}'
        ),
        rule=SettingRule((BucketPolicy,), access.tls_1_2),
    ),
    Control(
        id="s3-enforce-kms-key",
        title="S3 uploads use the bucket's KMS key",
        statement=(
            "The policy of a bucket with PHI or replicas denies uploads that request SSE-S3 or a KMS key other than "
            "the bucket's, and no other uploads; it denies changes of an object to another key; the objects that the "
            "program declares use no other key either."
        ),
        rationale=(
            "Upload headers override default encryption. A client that requests aws:kms without a key gets the AWS "
            "managed key aws/s3. A record encrypted with another account's key becomes unreadable when that account "
            "revokes access."
        ),
        requirement=(
            "PutObject is denied with AES256, with another key, and with aws:kms or aws:kms:dsse without a key; it "
            "isn't denied without encryption headers or with the bucket's key; UpdateObjectEncryption is denied with "
            "another key; an object that the program declares has no kmsKeyId and serverSideEncryption, or those of "
            "the bucket"
        ),
        data_classes=PHI_AND_REPLICAS,
        paragraphs=addressed_by("312(a)(2)(iv)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the bucket policy: {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", '
            '"Resource": f"arn:aws:s3:::{bucket_name}/*", "Condition": {"Null": {"s3:x-amz-server-side-encryption": '
            '"false"}, "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key.arn}}}, and '
            '{"Effect": "Deny", "Principal": "*", "Action": "s3:UpdateObjectEncryption", '
            '"Resource": f"arn:aws:s3:::{bucket_name}/*", "Condition": {"StringNotEquals": '
            '{"s3:x-amz-server-side-encryption-aws-kms-key-id": key.arn}}}; '
            f"{DEFAULT_OF_BUCKET}"
        ),
        rule=SettingRule(
            (BucketPolicy,), encryption.enforce_kms_key, fact_checks={BucketObject: objects.bucket_key_is_used}
        ),
    ),
    Control(
        id="s3-deny-sse-c",
        title="S3 buckets block SSE-C",
        statement="Buckets with PHI or replicas reject uploads with a customer-provided key (SSE-C).",
        rationale=(
            "S3 doesn't store a customer-provided key: if the uploader loses it, the record can never be decrypted "
            "again. Attackers with stolen credentials have used SSE-C to encrypt buckets and demand a ransom."
        ),
        requirement=(
            "SSE-C in blockedEncryptionTypes, or a Deny for all principals of PutObject with a customer-provided key, "
            "in every bucket policy that the program declares for the bucket; no object that the program declares has "
            "such a key"
        ),
        data_classes=PHI_AND_REPLICAS,
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=(
            f"{KMS_DEFAULT_ENCRYPTION}, and add to the Statement of the bucket policy: "
            '{"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", '
            '"Resource": f"arn:aws:s3:::{bucket_name}/*", "Condition": {"Null": '
            '{"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}}'
        ),
        rule=FactRule((Bucket, BucketObject), encryption.deny_sse_c, needs_whole_stack=True),
    ),
    Control(
        id="s3-versioning",
        title="S3 versioning is enabled",
        statement=(
            "Buckets with PHI, replicas or logs keep the earlier versions of an object that is overwritten or deleted."
        ),
        rationale=(
            "Without versioning an overwrite or a delete is final, whether by mistake or by ransomware: the earlier "
            "record can't be restored."
        ),
        requirement="versioning is Enabled",
        data_classes=PHI_AND_LOGS,
        paragraphs=required_by("308(a)(7)(ii)(A)", "312(c)(1)"),
        severity=Severity.CRITICAL,
        remediation='aws.s3.BucketVersioning("phi", bucket=bucket.id, versioning_configuration={"status": "Enabled"})',
        rule=SettingRule((Versioning,), protection.versioning),
    ),
    Control(
        id="s3-object-lock",
        title="S3 Object Lock retains object versions",
        statement=(
            "Buckets with PHI or CloudTrail logs have a default Object Lock retention, and buckets with S3 access logs "
            "have no Object Lock."
        ),
        rationale=(
            "An attacker or administrator who can delete versions can destroy patient records, and the logs that would "
            "show it. S3 delivers no access logs to a bucket with Object Lock."
        ),
        requirement=(
            "a default retention of {days} days or more in {mode} mode or a stricter one, and the same for an object "
            "that the program declares with a retention of its own; a year counts as 365 days, because AWS doesn't say "
            "that S3 counts leap days; for access logs, no Object Lock"
        ),
        data_classes=frozenset({DataClass.PHI, DataClass.TRAIL_LOG, DataClass.ACCESS_LOG}),
        paragraphs=required_by("312(c)(1)", "316(b)(2)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.s3.BucketObjectLockConfiguration("phi", bucket=bucket.id, rule={"default_retention": {"mode": '
            f'"GOVERNANCE", "days": {MIN_RETENTION_DAYS}}}}}, opts=pulumi.ResourceOptions(depends_on=[versioning])), '
            "where versioning is the bucket's aws.s3.BucketVersioning; for an object, remove object_lock_mode and "
            "object_lock_retain_until_date, so that the bucket's default applies; for S3 access logs: a new bucket, "
            "because Object Lock can't be turned off"
        ),
        options=(
            Option(
                "days",
                "Minimum default retention in days: six years.",
                MIN_RETENTION_DAYS,
                StricterWhen.HIGHER,
            ),
            Option(
                "mode",
                "The weakest Object Lock mode that is accepted.",
                "GOVERNANCE",
                StricterWhen.HIGHER,
                choices=("GOVERNANCE", "COMPLIANCE"),
            ),
        ),
        rule=SettingRule(
            (ObjectLock,),
            protection.object_lock,
            when_missing=protection.without_object_lock,
            fact_checks={BucketObject: objects.object_lock},
        ),
    ),
    Control(
        id="s3-tamper-protection",
        title="S3 versions and protection settings resist tampering",
        statement=(
            "The policies of buckets with PHI, replicas or CloudTrail logs deny version deletion and changes to the "
            "protection settings, except for named principals."
        ),
        rationale=(
            "With a stolen administrator session, an attacker could otherwise suspend versioning, shorten retention or "
            "rewrite the bucket policy, and then delete patient records for good. A bucket policy binds the root user "
            "too, except that S3 always lets root read, replace and delete the policy itself: iam-root-mfa protects "
            "root, and an SCP can deny it."
        ),
        requirement=(
            "a Deny for all but named principals of s3:DeleteObjectVersion (unless Object Lock is in COMPLIANCE mode), "
            "of s3:BypassGovernanceRetention, and of changes to the bucket's policy, versioning, Object Lock, "
            "encryption, ownership, public access block, replication, lifecycle and logging"
        ),
        data_classes=PHI_AND_TRAIL_LOGS,
        paragraphs=required_by("312(c)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the bucket policy: {"Effect": "Deny", "Principal": "*", "Action": '
            f"{json.dumps([DELETE_VERSION, *REQUIRED_PROTECTION_ACTIONS])}, "
            '"Resource": [f"arn:aws:s3:::{bucket_name}", f"arn:aws:s3:::{bucket_name}/*"], "Condition": '
            '{"ArnNotEquals": {"aws:PrincipalArn": administrator_role_arns}}}, with the ARN of the role that deploys '
            "the stack among administrator_role_arns"
        ),
        rule=SettingRule((BucketPolicy,), protection.tamper_protection),
    ),
    Control(
        id="s3-retention",
        title="S3 lifecycle rules retain data long enough",
        statement=(
            "No lifecycle rule expires PHI, replicas or logs before the end of their retention, and S3 deletes no "
            "snapshots of tables with PHI or replicas before it."
        ),
        rationale=(
            "Lifecycle rules delete without approval, and nothing brings back a noncurrent version that they delete. A "
            "rule with too short a period destroys records that state law still requires, or logs that a breach "
            "investigation needs."
        ),
        requirement=(
            "no expiration of current versions of PHI or replicas, and none of logs on a date; noncurrent versions of "
            "PHI and replicas kept for {days} days or more, and all versions of logs for {logDays} days or more; "
            "snapshots of tables kept for {days} days or more"
        ),
        data_classes=PHI_AND_LOGS,
        paragraphs=(*required_by("316(b)(2)(i)", own_mapping=True), *addressed_by("310(d)(2)(iv)", own_mapping=True)),
        severity=Severity.HIGH,
        remediation=f"{LIFECYCLE_RULE}; for a table: {KEPT_SNAPSHOTS}",
        options=(PHI_DAYS, LOG_DAYS),
        rule=SettingRule(
            (Lifecycle,),
            lifecycle.retention,
            when_missing=lambda _: passed("nothing expires"),
            fact_checks={TableSnapshots: special_buckets.snapshots_kept},
        ),
    ),
    Control(
        id="s3-abort-multipart",
        title="Incomplete multipart uploads are aborted",
        statement="A lifecycle rule aborts incomplete multipart uploads in every bucket with PHI.",
        rationale=(
            "The parts of an unfinished upload hold PHI but appear in no object listing, so retention, inventories and "
            "deletion requests miss them. S3 keeps them, and bills for them, until the upload is aborted."
        ),
        requirement="a lifecycle rule for the whole bucket that aborts incomplete multipart uploads within {days} days",
        data_classes=PHI,
        paragraphs=required_by("310(d)(2)(i)", own_mapping=True),
        severity=Severity.LOW,
        remediation=LIFECYCLE_RULE,
        options=(Option("days", "Maximum age in days of an incomplete upload.", 7, StricterWhen.LOWER),),
        rule=SettingRule((Lifecycle,), lifecycle.abort_multipart),
    ),
    Control(
        id="s3-access-logging",
        title="S3 server access logging is enabled",
        statement="Buckets with PHI, replicas or CloudTrail logs send server access logs to another bucket.",
        rationale=(
            "Server access logs record events that CloudTrail doesn't, such as requests with invalid credentials and "
            "deletions by lifecycle rules. Without them, some access to and loss of records can't be reconstructed."
        ),
        requirement="targetBucket is another bucket",
        data_classes=PHI_AND_TRAIL_LOGS,
        paragraphs=required_by("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.HIGH,
        remediation='aws.s3.BucketLogging("phi", bucket=bucket.id, target_bucket=log_bucket.id, target_prefix="phi/")',
        rule=SettingRule((AccessLogging,), logging.access_logging),
    ),
    Control(
        id="s3-replication-or-backup",
        title="PHI is replicated or backed up",
        statement=(
            "Every object in a bucket with PHI is replicated to another region or backed up to an AWS Backup vault."
        ),
        rationale=(
            "If the only bucket or its key is lost, or its region is down, clinicians have no records and the hospital "
            "has nothing to restore."
        ),
        requirement=(
            "an enabled replication rule for the whole bucket, including objects encrypted with KMS, to another region "
            "in the stack's account or a trusted one ({accounts}), and with a customer managed key there; or an AWS "
            "Backup selection of the bucket, by a plan that names a vault whose Vault Lock allows the plan's retention"
        ),
        data_classes=PHI,
        paragraphs=required_by("308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)"),
        severity=Severity.HIGH,
        remediation=(
            'aws.backup.Selection("phi", plan_id=plan.id, iam_role_arn=role.arn, resources=[bucket.arn]); or '
            'aws.s3.BucketReplicationConfig("phi", bucket=bucket.id, role=role.arn, rules=[{"status": "Enabled", '
            '"filter": {"prefix": ""}, "delete_marker_replication": {"status": "Enabled"}, '
            '"source_selection_criteria": {"sse_kms_encrypted_objects": {"status": "Enabled"}}, "destination": '
            '{"bucket": replica_bucket.arn, "encryption_configuration": {"replica_kms_key_id": replica_key.arn}}}]), '
            "with the bucket and the key in another region"
        ),
        options=(ACCOUNTS,),
        rule=FactRule((Bucket,), copies.replication_or_backup, needs_whole_stack=True),
    ),
    Control(
        id="s3-recoverable-bucket-type",
        title="PHI is in buckets from which it can be recovered",
        statement=(
            "No directory bucket holds PHI, every table bucket with PHI is replicated to another region, and every "
            "Outposts bucket with PHI is versioned and replicated, which the pack can't verify."
        ),
        rationale=(
            "S3 can't version, replicate or lock the objects of a directory bucket, and stores them in one zone. An "
            "overwrite, a deletion or the loss of the zone destroys the only copy of a record."
        ),
        requirement="a general purpose bucket, or a table bucket that is replicated to another region",
        data_classes=PHI,
        paragraphs=required_by("308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)", "312(c)(1)", own_mapping=True),
        severity=Severity.CRITICAL,
        remediation=(
            "keep PHI in an aws.s3.Bucket, and tag a directory bucket that holds only copies of it with "
            '{"DataClass": "Replica"}; for a table bucket: aws.s3tables.TableBucketReplication("phi", '
            'table_bucket_arn=tables.arn, role=role.arn, rule={"destinations": [{"destination_table_bucket_arn": '
            "replica_tables.arn}]})"
        ),
        rule=FactRule((SpecialBucket,), special_buckets.recoverable),
    ),
    Control(
        id="s3-no-external-destinations",
        title="S3 delivers data only to trusted accounts",
        statement=(
            "S3 sends data only to the stack's own account and to trusted accounts: the replicas, inventories, "
            "analytics exports and event notifications of buckets with PHI, replicas or logs; replicas of tables; "
            "Storage Lens exports; copied or uploaded objects; and objects that pass through an access point."
        ),
        rationale=(
            "Replication to a mistyped or a former vendor's account copies every record there. Inventories and event "
            "notifications carry object keys, and reveal to an outsider which records exist and when they change."
        ),
        requirement=(
            "each destination is a resource of the stack, or belongs to the stack's account or a trusted one "
            "({accounts}), or is a bucket that the option buckets lists ({buckets})"
        ),
        data_classes=PHI_AND_LOGS,
        paragraphs=required_by("312(a)(1)", "308(a)(4)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'deliver to a resource of the stack: destination={"bucket": {"bucket_arn": log_bucket.arn, "account_id": '
            'account_id, "format": "Parquet"}}; or list the account, or the bucket of another stack, in the options of '
            "s3-no-external-destinations"
        ),
        options=(ACCOUNTS, BUCKETS),
        rule=SettingRule(
            (Replication, Inventory, AnalyticsExport, EventNotifications),
            destinations.no_external_destination,
            when_missing=lambda _: passed("S3 delivers nothing elsewhere"),
            fact_checks=dict.fromkeys(
                (
                    TableReplication,
                    StorageLensExports,
                    ObjectLambdaFunctions,
                    AccessPointBuckets,
                    ObjectCopy,
                    ObjectUpload,
                ),
                destinations.no_external_delivery,
            ),
        ),
    ),
    Control(
        id="s3-no-website",
        title="S3 static website hosting is off",
        statement="No bucket hosts a static website.",
        rationale=(
            "S3 website endpoints support neither HTTPS nor authentication: whatever they serve is public, and travels "
            "in clear text."
        ),
        requirement="no website configuration",
        data_classes=EVERY_DATA_CLASS,
        paragraphs=required_by("312(e)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="remove the aws.s3.BucketWebsiteConfiguration or the bucket's website argument",
        rule=SettingRule((Website,), access.no_website, when_missing=lambda _: passed("no website is hosted")),
    ),
    Control(
        id="s3-cors",
        title="S3 CORS rules name their origins",
        statement="No CORS rule of a bucket with PHI or replicas allows any origin.",
        rationale=(
            'With "*", a script on any website that obtains a presigned URL can read the record. It does so through a '
            "clinician's browser, and so from inside the hospital's network."
        ),
        requirement=(
            "the allowedOrigins of every CORS rule contain neither null nor a pattern that matches any origin, such as "
            '"*" or "https://*"'
        ),
        data_classes=PHI_AND_REPLICAS,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=(
            'aws.s3.BucketCorsConfiguration("phi", bucket=bucket.id, cors_rules=[{"allowed_methods": ["GET", "PUT"], '
            '"allowed_origins": ["https://app.example.com"]}])'
        ),
        rule=SettingRule((Cors,), access.cors, when_missing=lambda _: passed("no CORS rule is declared")),
    ),
    Control(
        id="s3-request-metrics",
        title="S3 request metrics are enabled",
        statement="Every bucket with PHI has request metrics for the whole bucket.",
        rationale=(
            "S3 publishes no metric of denied requests (4xxErrors) without a metrics configuration, so an alarm on "
            "denied attempts to read records would never go off."
        ),
        requirement="a metrics configuration without a filter",
        data_classes=PHI,
        paragraphs=required_by("312(b)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.s3.BucketMetric("phi", bucket=bucket.id, name="EntireBucket")',
        rule=FactRule((Bucket,), logging.request_metrics, needs_whole_stack=True),
    ),
    Control(
        id="s3-no-force-destroy",
        title="S3 buckets are protected from destruction",
        statement=(
            "Buckets with PHI or CloudTrail logs can't be destroyed while they hold objects or locked versions, and "
            "have Pulumi's resource option protect."
        ),
        rationale=(
            "With forceDestroy, removing the bucket from the program deletes every version of every record without "
            "asking. Without protect, renaming the resource in the program puts an empty bucket in its place."
        ),
        requirement=(
            "forceDestroy of the bucket and its objects is not true, and the bucket's resource option protect is on "
            "(the control's option protect is {protect})"
        ),
        data_classes=frozenset({DataClass.PHI, DataClass.TRAIL_LOG}),
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.s3.Bucket("phi", force_destroy=False, opts=pulumi.ResourceOptions(protect=True)); for an object: no '
            "force_destroy"
        ),
        options=(
            Option(
                "protect",
                "Whether Pulumi's resource option `protect` is required. Turn it off only for development.",
                True,
                StricterWhen.HIGHER,
            ),
        ),
        stages=PREVIEW_ONLY,  # AWS has neither property
        rule=FactRule((Bucket, SpecialBucket, BucketObject), protection.no_force_destroy),
    ),
    Control(
        id="s3-access-point-private",
        title="S3 access points are private",
        statement=(
            "Access points of buckets with PHI, including Object Lambda and Multi-Region ones, block public access, "
            "and their policies grant access only to trusted accounts and to AWS services acting for them."
        ),
        rationale=(
            "A bucket policy often delegates access control to access points, whose own policies then decide who reads "
            "the records. An access point's Block Public Access flags can't be changed after its creation."
        ),
        requirement=(
            "none of the four flags is false, and each Allow is for the stack's account, trusted accounts ({accounts}) "
            "or organizations ({organizations}), for a service with a condition that limits it to them, such as on "
            "aws:SourceAccount or aws:SourceArn, or for callers from a trusted network ({networks}) or endpoint "
            "({endpoints}) or with a trusted ID ({ids})"
        ),
        data_classes=PHI,
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'aws.s3.AccessPoint("phi", bucket=bucket.id, public_access_block_configuration={"block_public_acls": True, '
            '"block_public_policy": True, "ignore_public_acls": True, "restrict_public_buckets": True}), and in '
            'its policy "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((AccessPoint,), access.access_point_private),
        verified_before_creation=True,
    ),
    Control(
        id="s3-access-grants-location",
        title="S3 Access Grants locations are limited to a bucket",
        statement="Every location that is registered with S3 Access Grants is a bucket or a prefix.",
        rationale=(
            "The role of the default location s3:// reads and writes every bucket of the account in its region, so one "
            "mistaken grant can give access to the patient records in any of them."
        ),
        requirement="locationScope names a bucket",
        paragraphs=addressed_by("308(a)(4)(ii)(B)", own_mapping=True),
        severity=Severity.LOW,  # AWS recommends the default location, where a grant always names a bucket or prefix
        remediation=(
            'aws.s3control.AccessGrantsLocation("phi", iam_role_arn=role.arn, location_scope=f"s3://{bucket_name}/*")'
        ),
        rule=FactRule((AccessGrantsLocation,), access_grants.location_names_a_bucket),
    ),
)
