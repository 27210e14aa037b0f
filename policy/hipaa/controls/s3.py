"""S3: buckets and access points."""

from hipaa.controls.model import AT_PREVIEW, EVERY_ROLE, Control, Option, Severity, Tightens, addressable, required
from hipaa.controls.options import ACCOUNTS, LOG_DAYS, ORGANIZATIONS, PHI_DAYS
from hipaa.facts import Role

PHI = frozenset({Role.PHI})
DATA = frozenset({Role.PHI, Role.REPLICA})
GUARDED = frozenset({Role.PHI, Role.REPLICA, Role.TRAIL_LOG})
KEPT = frozenset({Role.PHI, Role.REPLICA, Role.TRAIL_LOG, Role.ACCESS_LOG})
CLOSED = (
    *required("308(a)(3)(i)"),
    *addressable("308(a)(4)(ii)(B)"),
    *required("312(a)(1)", "312(e)(1)"),
)
FOUR_FLAGS = "block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True"
ENCRYPTED = (
    "aws.s3.BucketServerSideEncryptionConfiguration(…, bucket=bucket.id, "
    'rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn}}])'
)

CONTROLS = (
    # First: it says by which tag a bucket's role is told, to all the others.
    Control(
        id="s3-data-class",
        title="Data is classed",
        statement="A bucket says what class of data it holds.",
        required="the tag {tag} has one of the values {classes}",
        roles=EVERY_ROLE,
        paragraphs=required("308(a)(1)(ii)(A)", ours=True),
        severity=Severity.MEDIUM,
        remedy='aws.s3.Bucket(…, tags={"DataClass": "PHI"})',
        options=(
            Option("tag", "The tag that says a bucket's data class.", "DataClass", Tightens.FEWER),
            Option(
                "classes",
                "The values there are.",
                ("PHI", "Replica", "AccessLog", "TrailLog", "Inventory", "Public", "Internal", "Other"),
                Tightens.FEWER,
            ),
            Option(
                "untagged", "What a bucket without the tag is taken for.", "phi", Tightens.UP, words=("other", "phi")
            ),
        ),
        nprm=True,
    ),
    Control(
        id="s3-public-access-block",
        title="Public access is blocked",
        statement="A bucket blocks public access with all four flags.",
        required="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        roles=EVERY_ROLE,
        paragraphs=CLOSED,
        severity=Severity.CRITICAL,
        remedy=f"aws.s3.BucketPublicAccessBlock(…, bucket=bucket.id, {FOUR_FLAGS})",
    ),
    Control(
        id="s3-account-public-access-block",
        title="Public access is blocked for the account",
        statement="The account blocks public access with all four flags, where the stack sets them.",
        required="blockPublicAcls, blockPublicPolicy, ignorePublicAcls and restrictPublicBuckets are true",
        paragraphs=CLOSED,
        severity=Severity.MEDIUM,
        remedy=f"aws.s3.AccountPublicAccessBlock(…, {FOUR_FLAGS})",
    ),
    Control(
        id="s3-no-public-grant",
        title="Nothing is granted to the public",
        statement="No ACL and no policy lets in an anonymous caller, or any AWS account there is.",
        required="no canned ACL or grant for AllUsers or AuthenticatedUsers, and no Allow that a stranger meets",
        roles=EVERY_ROLE,
        paragraphs=required("312(a)(1)"),
        severity=Severity.CRITICAL,
        remedy="aws.s3.BucketPolicy that names its principals; no aws.s3.BucketAcl",
    ),
    Control(
        id="s3-acls-disabled",
        title="ACLs are off",
        statement="The bucket's owner owns every object, and ACLs have no effect.",
        required="object ownership is BucketOwnerEnforced",
        roles=EVERY_ROLE,
        paragraphs=required("312(a)(1)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketOwnershipControls(…, bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"})',
    ),
    Control(
        id="s3-no-external-access",
        title="Nobody from outside is let in",
        statement="A bucket's policy lets in its own account, those that the pack's config names, and AWS services "
        "that act for them.",
        required="each Allow is for the stack's account, trusted accounts ({accounts}) or organizations "
        "({organizations}), or a service bound by aws:SourceAccount or aws:SourceArn",
        roles=EVERY_ROLE,
        paragraphs=addressable("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.BucketPolicy whose Allow names principals of the account; for a service the condition "
        '{"StringEquals": {"aws:SourceAccount": account_id}}',
        options=(ACCOUNTS, ORGANIZATIONS),
    ),
    Control(
        id="s3-encryption-at-rest",
        title="Data is encrypted at rest",
        statement="A bucket has default encryption.",
        required="default encryption is configured",
        roles=EVERY_ROLE,
        paragraphs=addressable("312(a)(2)(iv)", "312(e)(2)(ii)"),
        severity=Severity.CRITICAL,
        remedy=ENCRYPTED,
    ),
    Control(
        id="s3-customer-key",
        title="A customer managed key encrypts",
        statement="A bucket that holds PHI, or the trail of its use, is encrypted with a customer managed key.",
        required="default encryption is aws:kms or aws:kms:dsse with a customer managed key",
        roles=GUARDED,
        paragraphs=addressable("312(a)(2)(iv)", ours=True),
        severity=Severity.HIGH,
        remedy=ENCRYPTED,
    ),
    Control(
        id="s3-bucket-key",
        title="The S3 Bucket Key is on",
        statement="A bucket asks KMS once for many objects, which costs less.",
        required="bucketKeyEnabled is true",
        roles=DATA,
        paragraphs=(),
        severity=Severity.LOW,
        remedy="aws.s3.BucketServerSideEncryptionConfiguration(…, "
        'rules=[{"bucket_key_enabled": True, "apply_server_side_encryption_by_default": …}])',
    ),
    Control(
        id="s3-tls-only",
        title="Plain HTTP is refused",
        statement="A bucket's policy denies every request over plain HTTP, by anyone, on the bucket and its objects.",
        required="a Deny of s3:* to everyone, on the bucket and its objects, where aws:SecureTransport is false",
        roles=EVERY_ROLE,
        paragraphs=(*required("312(e)(1)"), *addressable("312(e)(2)(i)", "312(e)(2)(ii)")),
        severity=Severity.CRITICAL,
        remedy='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        '"Resource": [arn, f"{arn}/*"], "Condition": {"Bool": {"aws:SecureTransport": "false"}}}',
    ),
    Control(
        id="s3-tls-1-2",
        title="TLS before 1.2 is refused",
        statement="A bucket's policy denies every request over TLS 1.0 or 1.1.",
        required="a Deny of s3:* to everyone, on the bucket and its objects, where s3:TlsVersion is less than 1.2",
        roles=EVERY_ROLE,
        paragraphs=addressable("312(e)(2)(ii)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:*", '
        '"Resource": [arn, f"{arn}/*"], "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}}',
    ),
    Control(
        id="s3-deny-wrong-encryption",
        title="Uploads under another key are refused",
        statement="An upload that asks for another algorithm or another key is denied; one that asks for none, or for "
        "the right one, is not.",
        required="PutObject with AES256, with another key, or with aws:kms and no key is denied, and with no header or "
        "the bucket's own key it isn't",
        roles=DATA,
        paragraphs=addressable("312(a)(2)(iv)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", '
        '"Resource": f"{arn}/*", "Condition": {"Null": {"s3:x-amz-server-side-encryption": "false"}, '
        '"StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": key_arn}}}',
    ),
    Control(
        id="s3-deny-sse-c",
        title="Uploads under a customer-provided key are refused",
        statement="No object is encrypted with a key that its uploader alone holds.",
        required="PutObject with a customer-provided key is denied, or SSE-C is a blocked encryption type",
        roles=DATA,
        paragraphs=required("308(a)(7)(i)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.s3.BucketServerSideEncryptionConfiguration(…, "
        'rules=[{"blocked_encryption_types": ["SSE-C"], …}]), or aws.s3.BucketPolicy that denies s3:PutObject where '
        '{"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}',
    ),
    Control(
        id="s3-versioning",
        title="Versioning is on",
        statement="A bucket keeps every version of its objects.",
        required="versioning is Enabled",
        roles=KEPT,
        paragraphs=required("308(a)(7)(ii)(A)", "312(c)(1)"),
        severity=Severity.CRITICAL,
        remedy='aws.s3.BucketVersioning(…, bucket=bucket.id, versioning_configuration={"status": "Enabled"})',
    ),
    Control(
        id="s3-object-lock",
        title="Versions are locked",
        statement="A version can't be deleted or overwritten before its time. A bucket for access logs has no lock, "
        "since S3 delivers none there.",
        required="a default retention of {days} days or more; none for access logs",
        roles=frozenset({Role.PHI, Role.TRAIL_LOG, Role.ACCESS_LOG}),
        paragraphs=required("312(c)(1)", "316(b)(2)(i)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.BucketObjectLockConfiguration(…, bucket=bucket.id, "
        'rule={"default_retention": {"mode": "GOVERNANCE", "days": 2192}}), on a bucket with object_lock_enabled=True',
        options=(
            Option("days", "Days that a version is locked at least: six years.", 2192, Tightens.UP),
            Option(
                "mode",
                "The least mode of the lock.",
                "GOVERNANCE",
                Tightens.UP,
                words=("GOVERNANCE", "COMPLIANCE"),
            ),
        ),
    ),
    Control(
        id="s3-deletion-guarded",
        title="Deletion is guarded",
        statement="Deleting a version, and weakening what guards the bucket, is denied to all but named principals.",
        required="s3:DeleteObjectVersion is denied, or the lock is in compliance mode; and changes of the bucket's "
        "policy, versioning, lock, encryption, ownership, public access block, replication, lifecycle and logging are "
        "denied, to all but named principals",
        roles=GUARDED,
        paragraphs=required("312(c)(1)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketPolicy with a statement {"Effect": "Deny", "Principal": "*", "Action": '
        '["s3:DeleteObjectVersion", "s3:PutBucketPolicy", …], "Resource": [arn, f"{arn}/*"], "Condition": '
        '{"ArnNotEquals": {"aws:PrincipalArn": break_glass_role_arn}}}',
    ),
    Control(
        id="s3-retention",
        title="Data is kept long enough",
        statement="No lifecycle rule expires what must be kept.",
        required="current versions of PHI don't expire, and earlier ones are kept {days} days or more; logs {logDays}",
        roles=KEPT,
        paragraphs=(*required("316(b)(2)(i)", ours=True), *addressable("310(d)(2)(iv)", ours=True)),
        severity=Severity.HIGH,
        remedy="aws.s3.BucketLifecycleConfiguration(…, "
        'rules=[{"noncurrent_version_expiration": {"noncurrent_days": 2555}, …}])',
        options=(PHI_DAYS, LOG_DAYS),
    ),
    Control(
        id="s3-abort-multipart",
        title="Incomplete uploads are aborted",
        statement="Parts of uploads that nobody finished don't stay, unseen.",
        required="a lifecycle rule for the whole bucket aborts incomplete uploads within {days} days",
        roles=PHI,
        paragraphs=required("310(d)(2)(i)", ours=True),
        severity=Severity.LOW,
        remedy="aws.s3.BucketLifecycleConfiguration(…, "
        'rules=[{"abort_incomplete_multipart_upload": {"days_after_initiation": 7}, …}])',
        options=(Option("days", "Days after which incomplete uploads are aborted at most.", 7, Tightens.DOWN),),
    ),
    Control(
        id="s3-access-logging",
        title="Access is logged",
        statement="Access to a bucket that holds PHI, or the trail of its use, is logged to another bucket.",
        required="access logging to another bucket",
        roles=GUARDED,
        paragraphs=required("312(b)", "308(a)(1)(ii)(D)"),
        severity=Severity.HIGH,
        remedy='aws.s3.BucketLogging(…, bucket=bucket.id, target_bucket=logs.id, target_prefix="…")',
    ),
    Control(
        id="s3-recoverable",
        title="Data is copied elsewhere",
        statement="Every object is copied to another region, or backed up to a vault.",
        required="an enabled replication rule for the whole bucket, to another region, encrypted there with a customer "
        "managed key; or an AWS Backup selection of the bucket, with a plan that names a vault",
        roles=PHI,
        paragraphs=required("308(a)(7)(ii)(A)", "308(a)(7)(ii)(B)"),
        severity=Severity.HIGH,
        remedy="aws.backup.Selection(…, plan_id=plan.id, resources=[bucket.arn]), or aws.s3.BucketReplicationConfig(…)",
    ),
    Control(
        id="s3-no-website",
        title="No website is hosted",
        statement="A bucket doesn't serve a website, which knows neither TLS nor callers.",
        required="no website configuration",
        roles=EVERY_ROLE,
        paragraphs=required("312(e)(1)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.BucketWebsiteConfiguration is taken away",
    ),
    Control(
        id="s3-cors",
        title="Browsers of any origin are kept out",
        statement="No CORS rule of a bucket with PHI allows any origin.",
        required="each CORS rule names its origins",
        roles=DATA,
        paragraphs=required("312(a)(1)", ours=True),
        severity=Severity.MEDIUM,
        remedy='aws.s3.BucketCorsConfiguration(…, cors_rules=[{"allowed_origins": ["https://app.example.com"], …}])',
    ),
    Control(
        id="s3-request-metrics",
        title="Requests are measured",
        statement="CloudWatch counts the requests to a whole bucket with PHI, so that alarms can be raised on them.",
        required="a metrics configuration without a filter",
        roles=PHI,
        paragraphs=required("312(b)", ours=True),
        severity=Severity.MEDIUM,
        remedy='aws.s3.BucketMetric(…, bucket=bucket.id, name="EntireBucket")',
    ),
    Control(
        id="s3-no-force-destroy",
        title="The bucket can't be destroyed by mistake",
        statement="A bucket with objects can't be destroyed, and Pulumi protects it.",
        required="forceDestroy is not true, and protect is {protect}",
        roles=frozenset({Role.PHI, Role.TRAIL_LOG}),
        paragraphs=required("308(a)(7)(i)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.Bucket(…, force_destroy=False, opts=pulumi.ResourceOptions(protect=True))",
        options=(Option("protect", "Whether Pulumi's `protect` is asked for; not in dev.", True, Tightens.UP),),
        where=AT_PREVIEW,  # both are Pulumi's own: AWS knows of neither
    ),
    Control(
        id="s3-access-point-private",
        title="Access points are private",
        statement="An access point of a bucket with PHI blocks public access, and its policy lets no stranger in.",
        required="the four flags are not off, and each Allow is for the stack's account, trusted accounts ({accounts}) "
        "or organizations ({organizations})",
        roles=PHI,
        paragraphs=required("312(a)(1)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.s3.AccessPoint(…, public_access_block_configuration={…all True}), with a policy that names "
        "principals",
        options=(ACCOUNTS, ORGANIZATIONS),
    ),
)
