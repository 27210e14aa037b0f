"""KMS: customer managed keys and their policies."""

from hipaa.model.control import (
    LIVE_ONLY,
    PREVIEW_ONLY,
    Control,
    Option,
    Severity,
    StricterWhen,
    addressed_by,
    required_by,
)
from hipaa.model.options import ACCOUNTS, ORGANIZATIONS
from hipaa.model.rule import FactRule
from hipaa.services.cloudtrail.facts import Trail
from hipaa.services.kms import rules
from hipaa.services.kms.facts import Key, KeyPolicy
from hipaa.services.logs.facts import LogGroup
from hipaa.services.s3.facts import Bucket

CONTROLS = (
    Control(
        id="kms-rotation",
        title="Keys rotate",
        statement="A symmetric key rotates by itself.",
        requirement="enableKeyRotation is true, with a period of {days} days or less",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remediation="aws.kms.Key(…, enable_key_rotation=True, rotation_period_in_days=365)",
        options=(Option("days", "Days between rotations at most.", 365, StricterWhen.LOWER),),
        rule=FactRule((Key,), rules.rotation),
    ),
    Control(
        id="kms-deletion-window",
        title="Keys are deleted late",
        statement="A key scheduled for deletion can still be saved for a while: without it the data is lost.",
        requirement="deletionWindowInDays is {days} or more",
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.kms.Key(…, deletion_window_in_days=30)",
        options=(
            Option("days", "Days before a key is deleted at least; AWS takes 30 at most.", 30, StricterWhen.HIGHER),
        ),
        stages=PREVIEW_ONLY,  # AWS tells it of a key only once its deletion is scheduled
        rule=FactRule((Key,), rules.deletion_window),
    ),
    Control(
        id="kms-key-enabled",
        title="Keys stay usable",
        statement="A key is enabled, and its deletion isn't pending: without it the data can't be read.",
        requirement="its state is Enabled",
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.CRITICAL,
        remediation="aws kms cancel-key-deletion --key-id …, then aws kms enable-key --key-id …",
        stages=LIVE_ONLY,  # no program declares it
        rule=FactRule((Key,), rules.key_enabled),
    ),
    Control(
        id="kms-no-public-principal",
        title="No key is open to everyone",
        statement="No statement of a key's policy lets in any principal there is.",
        requirement="no Allow that a caller of an unknown account meets: a wildcard is bound to the caller's account",
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.CRITICAL,
        remediation="aws.kms.Key(…, policy=…) that names its principals, or whose Allow has the condition "
        '{"StringEquals": {"kms:CallerAccount": account_id}}',
        rule=FactRule((KeyPolicy,), rules.no_public_principal),
    ),
    Control(
        id="kms-confused-deputy",
        title="Services use keys for the account alone",
        statement="An AWS service that a key's policy lets in may use the key for nobody else.",
        requirement="each Allow for a service is bound by aws:SourceAccount, aws:SourceArn, kms:ViaService with "
        "kms:CallerAccount or the service's encryption context, to the stack's account, trusted accounts ({accounts}) "
        "or organizations ({organizations})",
        paragraphs=addressed_by("308(a)(4)(ii)(B)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.kms.Key(…, policy=…) whose Allow for a service has the condition "
        '{"StringEquals": {"aws:SourceAccount": account_id}}',
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((KeyPolicy,), rules.confused_deputy),
    ),
    Control(
        id="kms-key-administrator",
        title="Keys stay manageable",
        statement="Somebody whom a key's policy names can still change the policy.",
        requirement="the account's root or a named administrator is allowed kms:PutKeyPolicy, and "
        "bypassPolicyLockoutSafetyCheck isn't true",
        paragraphs=required_by("312(a)(2)(ii)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.kms.Key(…, policy=…) with a statement {"Effect": "Allow", "Principal": {"AWS": '
        'f"arn:aws:iam::{account_id}:root"}, "Action": "kms:*", "Resource": "*"}',
        rule=FactRule((KeyPolicy,), rules.key_administrator),
    ),
    Control(
        id="kms-key-separation",
        title="Audit records have a key of their own",
        statement="What audits PHI isn't encrypted with the key of the data that it audits.",
        requirement="a trail, its bucket and its log group have another key than any bucket of PHI or a replica of it",
        paragraphs=required_by("308(a)(3)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.cloudtrail.Trail(…, kms_key_id=audit_key.arn) with an aws.kms.Key of its own",
        rule=FactRule((Trail, LogGroup, Bucket), rules.key_separation, needs_whole_stack=True),
    ),
)
