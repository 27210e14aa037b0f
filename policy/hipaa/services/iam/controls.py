"""IAM: what identities may do, who may take a role, and users."""

from hipaa.model.control import LIVE_ONLY, Control, Severity, addressed_by, required_by
from hipaa.model.options import ACCOUNTS
from hipaa.model.rule import FactRule
from hipaa.services.iam import rules
from hipaa.services.iam.facts import IamRole, IdentityPolicy, RootUser, UserAccess

CONTROLS = (
    Control(
        id="iam-no-admin",
        title="No policy allows everything",
        statement="No policy of an identity allows everything, or all of S3, KMS or IAM.",
        requirement="no Allow of s3:*, kms:* or iam:* on every resource, whether by name, by * or by NotAction, and no "
        "managed policy of AWS that allows it",
        paragraphs=(
            *required_by("308(a)(3)(i)"),
            *addressed_by("308(a)(4)(ii)(B)"),
            *required_by("312(a)(1)"),
        ),
        severity=Severity.CRITICAL,
        remediation="aws.iam.Policy(…) that names the actions and resources that are needed",
        rule=FactRule((IdentityPolicy,), rules.no_admin),
    ),
    Control(
        id="iam-no-broad-decrypt",
        title="No policy decrypts with every key",
        statement="A policy of an identity uses keys that it names, or those of an alias or through a service.",
        requirement="no Allow of kms:Decrypt, kms:ReEncrypt* or kms:GenerateDataKey* on every key, unless bound by "
        "kms:ResourceAliases, kms:RequestAlias or kms:ViaService",
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation='aws.iam.Policy(…) with "Resource": key_arn, or the condition {"StringEquals": {"kms:ViaService": '
        'f"s3.{region}.amazonaws.com"}}',
        rule=FactRule((IdentityPolicy,), rules.no_broad_decrypt),
    ),
    Control(
        id="iam-least-privilege",
        title="PHI is used by named actions",
        statement="A policy of an identity that reaches PHI names its actions, and doesn't administer the bucket.",
        requirement="no Allow on a bucket of PHI by s3:*, * or NotAction, nor of an action that changes what guards the "
        "bucket",
        paragraphs=addressed_by("308(a)(4)(ii)(B)"),
        severity=Severity.HIGH,
        remediation='aws.iam.Policy(…) with "Action": ["s3:GetObject", "s3:PutObject"] on the objects of the bucket',
        rule=FactRule((IdentityPolicy,), rules.least_privilege, needs_whole_stack=True),
    ),
    Control(
        id="iam-role-trust-policy",
        title="Roles are taken by those they are for",
        statement="A role's trust policy names who may take it; one of another account or an identity provider is "
        "bound further.",
        requirement="no wildcard principal; for a principal of another account than the stack's and the trusted "
        "({accounts}) sts:ExternalId or an organization; for a federated one its audience and its subject",
        paragraphs=addressed_by("308(a)(4)(ii)(B)", own_mapping=True),
        severity=Severity.HIGH,
        remediation="aws.iam.Role(…, assume_role_policy=…) with the condition "
        '{"StringEquals": {"sts:ExternalId": external_id}}',
        options=(ACCOUNTS,),
        rule=FactRule((IamRole,), rules.role_trust_policy),
    ),
    Control(
        id="iam-condition-keys-apply",
        title="Grants apply",
        statement="No Allow has a condition that its actions can't meet: it would never apply.",
        requirement="each action of an Allow has the S3 and KMS keys that its conditions ask for",
        paragraphs=(),
        severity=Severity.LOW,
        remediation="aws.iam.Policy(…) whose conditions are in a statement of the actions that have their keys",
        rule=FactRule((IdentityPolicy,), rules.condition_keys_apply),
    ),
    Control(
        id="iam-no-users",
        title="No users",
        statement="Nobody has long-lived access: people and programs take roles.",
        requirement="no IAM user, nor access key, login, policy or membership of one",
        paragraphs=required_by("312(d)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="aws.iam.Role in place of aws.iam.User",
        rule=FactRule((UserAccess,), rules.no_users),
    ),
    Control(
        id="iam-root-mfa",
        title="Nobody is root by a password or a key alone",
        statement="The account's root has MFA and no access keys, or nothing at all to sign in with.",
        requirement="MFA for root, and no access key of its",
        paragraphs=required_by("312(d)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation="sign in as root, assign an MFA device under Security credentials, and delete each access key there; or "
        "remove root's credentials by AWS Organizations' central root access",
        proposed_2025=True,
        stages=LIVE_ONLY,
        rule=FactRule((RootUser,), rules.root_mfa),
    ),
)
