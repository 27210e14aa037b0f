"""KMS: customer managed keys and their policies."""

from hipaa.controls.model import AT_PREVIEW, LIVE, Control, Option, Severity, Tightens, addressable, required
from hipaa.controls.options import ACCOUNTS, ORGANIZATIONS

CONTROLS = (
    Control(
        id="kms-rotation",
        title="Keys rotate",
        statement="A symmetric key rotates by itself.",
        required="enableKeyRotation is true, with a period of {days} days or less",
        paragraphs=addressable("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remedy="aws.kms.Key(…, enable_key_rotation=True, rotation_period_in_days=365)",
        options=(Option("days", "Days between rotations at most.", 365, Tightens.DOWN),),
    ),
    Control(
        id="kms-deletion-window",
        title="Keys are deleted late",
        statement="A key scheduled for deletion can still be saved for a while: without it the data is lost.",
        required="deletionWindowInDays is {days} or more",
        paragraphs=required("308(a)(7)(i)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.kms.Key(…, deletion_window_in_days=30)",
        options=(Option("days", "Days before a key is deleted at least; AWS takes 30 at most.", 30, Tightens.UP),),
        where=AT_PREVIEW,  # AWS tells it of a key only once its deletion is scheduled
    ),
    Control(
        id="kms-not-pending-deletion",
        title="Keys stay usable",
        statement="A key is enabled, and its deletion isn't pending: without it the data can't be read.",
        required="its state is Enabled",
        paragraphs=required("308(a)(7)(i)", ours=True),
        severity=Severity.CRITICAL,
        remedy="aws kms cancel-key-deletion --key-id …, then aws kms enable-key --key-id …",
        where=LIVE,  # no program declares it
    ),
    Control(
        id="kms-no-public-principal",
        title="No key is open to everyone",
        statement="No statement of a key's policy lets in any principal there is.",
        required="no Allow that a caller of an unknown account meets: a wildcard is bound to the caller's account",
        paragraphs=required("312(a)(1)", ours=True),
        severity=Severity.CRITICAL,
        remedy="aws.kms.Key(…, policy=…) that names its principals, or whose Allow has the condition "
        '{"StringEquals": {"kms:CallerAccount": account_id}}',
    ),
    Control(
        id="kms-confused-deputy",
        title="Services use keys for the account alone",
        statement="An AWS service that a key's policy lets in may use the key for nobody else.",
        required="each Allow for a service is bound by aws:SourceAccount, aws:SourceArn, kms:ViaService with "
        "kms:CallerAccount or the service's encryption context, to the stack's account, trusted accounts ({accounts}) "
        "or organizations ({organizations})",
        paragraphs=addressable("308(a)(4)(ii)(B)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.kms.Key(…, policy=…) whose Allow for a service has the condition "
        '{"StringEquals": {"aws:SourceAccount": account_id}}',
        options=(ACCOUNTS, ORGANIZATIONS),
    ),
    Control(
        id="kms-administrable",
        title="Keys stay manageable",
        statement="Somebody whom a key's policy names can still change the policy.",
        required="the account's root or a named administrator is allowed kms:PutKeyPolicy, and "
        "bypassPolicyLockoutSafetyCheck isn't true",
        paragraphs=required("312(a)(2)(ii)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.kms.Key(…, policy=…) with a statement {"Effect": "Allow", "Principal": {"AWS": '
        'f"arn:aws:iam::{account_id}:root"}, "Action": "kms:*", "Resource": "*"}',
    ),
    Control(
        id="kms-key-separation",
        title="Audit records have a key of their own",
        statement="What audits PHI isn't encrypted with the key of the data that it audits.",
        required="a trail, its bucket and its log group have another key than any bucket of PHI or a replica of it",
        paragraphs=required("308(a)(3)(i)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.cloudtrail.Trail(…, kms_key_id=audit_key.arn) with an aws.kms.Key of its own",
    ),
)
