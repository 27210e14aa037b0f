"""Controls for KMS customer managed keys, their policies and their grants."""

from hipaa_controls.model.control import (
    LIVE_ONLY,
    PREVIEW_ONLY,
    Control,
    Option,
    Severity,
    StricterWhen,
    addressed_by,
    required_by,
)
from hipaa_controls.model.options import ACCOUNTS, ORGANIZATIONS, TRUSTED_PARTIES
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.cloudtrail.facts import Trail
from hipaa_controls.services.kms import rules
from hipaa_controls.services.kms.facts import Grant, Key, KeyPolicy
from hipaa_controls.services.logs.facts import LogGroup
from hipaa_controls.services.s3.facts import Bucket

CONTROLS = (
    Control(
        id="kms-rotation",
        title="KMS keys rotate automatically",
        statement="AWS rotates the key material of every symmetric KMS key automatically.",
        rationale=(
            "A key that never rotates encrypts all its records under the same key material. Rotation limits how many "
            "of them a compromise of that material exposes."
        ),
        requirement="enableKeyRotation is true, and rotationPeriodInDays (365 by default) is {days} or less",
        paragraphs=addressed_by("312(a)(2)(iv)"),
        severity=Severity.HIGH,
        remediation=(
            'aws.kms.Key("phi", enable_key_rotation=True, rotation_period_in_days=365); replace an aws.kms.ExternalKey '
            "with such a key, because AWS doesn't rotate imported key material"
        ),
        options=(Option("days", "Maximum rotation period in days.", 365, StricterWhen.LOWER),),
        rule=FactRule((Key,), rules.rotation),
    ),
    Control(
        id="kms-deletion-window",
        title="KMS key deletion has a long waiting period",
        statement="The deletion of every KMS key has a waiting period that is long enough to notice and cancel it.",
        rationale=(
            "Deleting a key is final: nothing that is encrypted with it can be decrypted again. If a change to the "
            "program deletes a key by mistake, the waiting period is the only time to cancel that."
        ),
        requirement="deletionWindowInDays (30 by default) is {days} or more",
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation='aws.kms.Key("phi", deletion_window_in_days=30)',
        options=(Option("days", "Minimum waiting period in days. AWS allows 7 to 30.", 30, StricterWhen.HIGHER),),
        stages=PREVIEW_ONLY,  # AWS reports it only once deletion is scheduled
        rule=FactRule((Key,), rules.deletion_window),
    ),
    Control(
        id="kms-key-enabled",
        title="KMS keys are enabled",
        statement="Every KMS key is enabled and not pending deletion.",
        rationale=(
            "While a key is disabled or pending deletion, none of the records encrypted with it can be read. Once it "
            "is deleted, they are lost."
        ),
        requirement="the key's state is Enabled or Updating",
        paragraphs=required_by("308(a)(7)(i)", own_mapping=True),
        severity=Severity.CRITICAL,
        remediation=(
            "aws kms enable-key --key-id KEY_ID; if the key is pending deletion, first: aws kms cancel-key-deletion "
            "--key-id KEY_ID"
        ),
        stages=LIVE_ONLY,  # a program doesn't declare it
        rule=FactRule((Key,), rules.key_enabled),
    ),
    Control(
        id="kms-no-public-principal",
        title="KMS key policies grant nothing to the public",
        statement="No KMS key policy grants access to anonymous callers or to arbitrary AWS accounts.",
        rationale=(
            'A statement with the principal "*" and no condition lets every AWS account use the key. Encryption then '
            "no longer protects a copy of PHI that leaves the account."
        ),
        requirement=(
            "no Allow that applies to callers of any AWS account: a wildcard principal needs a condition, such as on "
            "kms:CallerAccount"
        ),
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.CRITICAL,
        remediation=(
            'name the principals in the Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}; or add '
            '"Condition": {"StringEquals": {"kms:CallerAccount": account_id}}'
        ),
        rule=FactRule((KeyPolicy,), rules.no_public_principal),
        verified_before_creation=True,
    ),
    Control(
        id="kms-no-external-access",
        title="KMS key policies and grants give access only to trusted accounts",
        statement=(
            "The policy and the grants of a KMS key give access only to the stack's own account and to trusted "
            "accounts and organizations."
        ),
        rationale=(
            "A principal of an external account that may use the key can decrypt every copy of PHI that it gets hold "
            "of. A grant does the same and isn't part of the policy, so a review of the policy doesn't show it."
        ),
        requirement=(
            "each AWS principal that the key policy allows belongs to the stack's account, trusted accounts "
            "({accounts}) or organizations ({organizations}), calls from a trusted network ({networks}) or endpoint "
            "({endpoints}), or has a trusted ID ({ids}); each AWS principal that a grant names belongs to one of these "
            "accounts"
        ),
        paragraphs=(
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
            *required_by("312(a)(1)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'name principals of the account in each Allow: "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"}, '
            'and in each grant: aws.kms.Grant("phi", key_id=key.key_id, grantee_principal=role.arn, '
            'operations=["Decrypt"]); to revoke a grant: aws kms revoke-grant --key-id KEY_ID --grant-id GRANT_ID'
        ),
        options=TRUSTED_PARTIES,
        rule=FactRule((KeyPolicy, Grant), rules.no_external_access),
        verified_before_creation=True,
    ),
    Control(
        id="kms-confused-deputy",
        title="KMS key policies prevent the confused deputy problem",
        statement="An AWS service that a key policy allows can use the key only on behalf of trusted accounts.",
        rationale=(
            "Without a source condition, any AWS customer can make the service use the key, for example through a "
            "trail or a topic in their own account."
        ),
        requirement=(
            "each Allow for a service, except of kms:DescribeKey, has a condition that limits it to the stack's "
            "account, trusted accounts ({accounts}) or organizations ({organizations}), on aws:SourceAccount, "
            "aws:SourceArn, aws:SourceOrgID, kms:CallerAccount or the service's encryption context"
        ),
        paragraphs=addressed_by("308(a)(4)(ii)(B)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'add to the Allow for the service: "Condition": {"StringEquals": {"aws:SourceAccount": account_id}}; for '
            'CloudWatch Logs: "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": '
            'f"arn:aws:logs:{region}:{account_id}:*"}}; for EventBridge: "Condition": {"StringEquals": '
            '{"kms:EncryptionContext:aws:sns:topicArn": topic_arn}}'
        ),
        options=(ACCOUNTS, ORGANIZATIONS),
        rule=FactRule((KeyPolicy,), rules.confused_deputy),
        verified_before_creation=True,
    ),
    Control(
        id="kms-key-administrator",
        title="KMS keys have an administrator",
        statement="Every key policy names a principal that may change the policy.",
        rationale=(
            "If no principal may call kms:PutKeyPolicy, only AWS Support can recover the key. Until then access to PHI "
            "can be neither granted nor revoked, not even in an emergency."
        ),
        requirement=(
            "the account or a named principal in it is allowed kms:PutKeyPolicy, and bypassPolicyLockoutSafetyCheck is "
            "not true"
        ),
        paragraphs=required_by("312(a)(2)(ii)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'add to the Statement of the key policy: {"Effect": "Allow", "Principal": {"AWS": '
            'f"arn:aws:iam::{account_id}:root"}, "Action": "kms:*", "Resource": "*"}'
        ),
        rule=FactRule((KeyPolicy,), rules.key_administrator),
    ),
    Control(
        id="kms-key-separation",
        title="Audit logs and PHI have separate KMS keys",
        statement="Audit logs are encrypted with a different KMS key than the PHI whose use they record.",
        rationale=(
            "With one key for both, a principal that may decrypt PHI can also decrypt the audit logs. Disabling the "
            "key to stop a leak makes the evidence unreadable."
        ),
        requirement=(
            "no trail, log group with audit logs or bucket with logs uses a key that encrypts a bucket with PHI or "
            "replicas"
        ),
        paragraphs=required_by("308(a)(3)(i)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=(
            'audit_key = aws.kms.Key("audit", enable_key_rotation=True, policy=audit_key_policy), with '
            "kms_key_id=audit_key.arn for the trail and its log group, and kms_master_key_id=audit_key.arn for the "
            "trail's bucket; the policy lets CloudTrail and CloudWatch Logs use the key"
        ),
        rule=FactRule((Trail, LogGroup, Bucket), rules.key_separation, needs_whole_stack=True),
    ),
)
