"""Controls for IAM policies, roles, users and the root user."""

from hipaa_controls.model.control import LIVE_ONLY, Control, Severity, addressed_by, required_by
from hipaa_controls.model.options import ACCOUNTS
from hipaa_controls.model.rule import FactRule
from hipaa_controls.services.iam.facts import IamRole, IdentityPolicy, RootUser, UserAccess
from hipaa_controls.services.iam.rules import credentials, identity_policies, role_trust

CONTROLS = (
    Control(
        id="iam-no-admin",
        title="IAM policies grant no administrative access",
        statement="No identity policy allows all actions, or all of S3, KMS or IAM, on every resource.",
        rationale=(
            "With a single stolen credential of such an identity, an attacker can read every patient record, delete "
            "the keys and remove the logs."
        ),
        requirement=(
            "no Allow of s3:*, kms:* or iam:* on every resource, whether by one pattern, by several together or by "
            "NotAction, even with a condition; and no AWS managed policy that has one"
        ),
        paragraphs=(
            *required_by("308(a)(3)(i)"),
            *addressed_by("308(a)(4)(ii)(B)"),
            *required_by("312(a)(1)"),
        ),
        severity=Severity.CRITICAL,
        remediation=(
            'aws.iam.Policy("app", policy=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
            '"Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"arn:aws:s3:::{bucket_name}/*"}]}))'
        ),
        rule=FactRule((IdentityPolicy,), identity_policies.no_admin),
    ),
    Control(
        id="iam-no-broad-decrypt",
        title="IAM policies allow decryption only with named KMS keys",
        statement="An identity policy that allows decryption limits it to named keys, to aliases or to a service.",
        rationale=(
            "An identity that can decrypt with every key can read each encrypted copy of PHI that it has access to, "
            "now and under keys created later."
        ),
        requirement=(
            "no Allow of kms:Decrypt, kms:ReEncrypt* or kms:GenerateDataKey* on every key, or on a pattern that names "
            "none, unless limited by a Deny or by kms:ResourceAliases, kms:RequestAlias, kms:ViaService or "
            "aws:ResourceTag; and no AWS managed policy that has one"
        ),
        paragraphs=required_by("312(a)(1)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'name the key in the statement: "Resource": key.arn; or add "Condition": {"StringEquals": '
            '{"kms:ViaService": f"s3.{region}.amazonaws.com"}}'
        ),
        rule=FactRule((IdentityPolicy,), identity_policies.no_broad_decrypt),
    ),
    Control(
        id="iam-no-privilege-escalation",
        title="IAM policies let no identity give itself more permissions",
        statement=(
            "An identity policy lets its identity change policies, trust, credentials and permissions boundaries, and "
            "pass and assume roles, only on resources that it names, and never lets it change its own permissions."
        ),
        rationale=(
            "An identity that can attach a policy to any role, pass any role to a service, or change any key's policy "
            "has every permission in the account, whatever its other statements say. One stolen session is then enough "
            "to read every patient record."
        ),
        requirement=(
            "no Allow on every resource, or on a pattern that fixes no name, of iam:Put*Policy, "
            "iam:Attach*Policy, iam:CreatePolicyVersion, iam:SetDefaultPolicyVersion, iam:Put*PermissionsBoundary, "
            "iam:Delete*PermissionsBoundary, iam:AddUserToGroup, iam:CreateAccessKey, iam:CreateLoginProfile, "
            "iam:UpdateLoginProfile, iam:UpdateAssumeRolePolicy, iam:PassRole, sts:AssumeRole, kms:PutKeyPolicy, "
            "kms:CreateGrant, s3:PutBucketPolicy or s3:PutAccessPointPolicy, unless limited by a Deny, by a tag of the "
            "resource, or by the condition key that AWS has for it (iam:PermissionsBoundary, iam:PolicyARN, "
            "kms:ViaService, kms:GrantIsForAWSResource and others); and no AWS managed policy with such an Allow"
        ),
        paragraphs=(
            *required_by("308(a)(3)(i)", own_mapping=True),
            *addressed_by("308(a)(4)(ii)(B)", "308(a)(4)(ii)(C)", own_mapping=True),
        ),
        severity=Severity.HIGH,
        remediation=(
            'name the resources in the statement: {"Effect": "Allow", "Action": "iam:PassRole", "Resource": '
            'task_role.arn, "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}}; to let '
            'a team administer roles, add "Condition": {"StringEquals": {"iam:PermissionsBoundary": boundary.arn}}'
        ),
        rule=FactRule((IdentityPolicy,), identity_policies.no_privilege_escalation),
    ),
    Control(
        id="iam-least-privilege",
        title="IAM policies grant least privilege on PHI",
        statement=(
            "An identity policy for a bucket with PHI names its S3 actions, and allows none that change the bucket's "
            "protection."
        ),
        rationale=(
            "Clinical applications only read and write objects. With more permissions, a bug or a stolen session can "
            "suspend versioning, turn off logging or open the bucket."
        ),
        requirement=(
            "no Allow of s3:*, * or NotAction on a bucket with PHI, and none of an action that changes its protection "
            "settings"
        ),
        paragraphs=addressed_by("308(a)(4)(ii)(B)"),
        severity=Severity.HIGH,
        remediation=(
            'list the actions in the statement: "Action": ["s3:GetObject", "s3:PutObject"], "Resource": '
            'f"arn:aws:s3:::{bucket_name}/*"'
        ),
        rule=FactRule((IdentityPolicy,), identity_policies.least_privilege, needs_whole_stack=True),
    ),
    Control(
        id="iam-role-trust-policy",
        title="IAM role trust policies name trusted principals",
        statement=(
            "A trust policy names the principals that may assume the role, and limits those of other accounts and "
            "identity providers by conditions."
        ),
        rationale=(
            "A role that anyone can assume gives everyone its access to PHI. Without an external ID, a vendor can be "
            "tricked into using its access for another customer. Without a condition on the subject, every repository "
            "on GitHub can assume a role for GitHub Actions."
        ),
        requirement=(
            "no wildcard principal; for an account other than the stack's and trusted ones ({accounts}), a condition "
            "on sts:ExternalId, aws:PrincipalOrgID or aws:PrincipalOrgPaths; for an identity provider, conditions on "
            "the audience and, except for SAML, on the subject; for IAM Roles Anywhere, one on aws:SourceArn or "
            "on the certificate (aws:PrincipalTag/x509…)"
        ),
        paragraphs=addressed_by("308(a)(4)(ii)(B)", own_mapping=True),
        severity=Severity.HIGH,
        remediation=(
            'name the principals in assume_role_policy; for another account add "Condition": {"StringEquals": '
            '{"sts:ExternalId": external_id}}; for GitHub Actions add "Condition": {"StringEquals": '
            '{"token.actions.githubusercontent.com:aud": "sts.amazonaws.com", '
            '"token.actions.githubusercontent.com:sub": f"repo:{repository}:ref:refs/heads/main"}}'
        ),
        options=(ACCOUNTS,),
        rule=FactRule((IamRole,), role_trust.role_trust_policy),
        verified_before_creation=True,
    ),
    Control(
        id="iam-condition-keys-apply",
        title="IAM conditions use keys that their actions support",
        statement="No Allow has a condition on a key that its actions don't support.",
        rationale=(
            "A request never contains a key that its action doesn't support, so the condition never matches and the "
            "statement doesn't grant that action. The application is denied access to records in production, and a "
            "hasty fix tends to grant too much."
        ),
        requirement="each action of an Allow supports the S3 and KMS condition keys that the statement requires",
        paragraphs=(),
        severity=Severity.LOW,
        remediation=(
            'move the condition to a statement with only the actions that support its key, such as {"Effect": "Allow", '
            '"Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket_name}", "Condition": {"StringLike": '
            '{"s3:prefix": "records/*"}}}'
        ),
        rule=FactRule((IdentityPolicy,), identity_policies.condition_keys_apply),
    ),
    Control(
        id="iam-no-users",
        title="IAM roles are used instead of users",
        statement="There are no IAM users, access keys or login profiles: people and programs assume roles.",
        rationale=(
            "A user's password and access keys stay valid until they are revoked. An access key that is committed to a "
            "repository, or kept by a former employee, gives access to PHI for years. The session of a role ends "
            "within hours."
        ),
        requirement="no IAM user, and no access key, login profile, policy or group membership of one",
        paragraphs=required_by("312(d)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=(
            'replace the aws.iam.User; for people: aws.iam.Role("clinician", assume_role_policy=json.dumps({"Version": '
            '"2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Federated": saml_provider_arn}, "Action": '
            '"sts:AssumeRoleWithSAML", "Condition": {"StringEquals": {"SAML:aud": '
            '"https://signin.aws.amazon.com/saml"}}}]})); for programs: a role with "Principal": {"Service": '
            '"ecs-tasks.amazonaws.com"} and "Action": "sts:AssumeRole"'
        ),
        rule=FactRule((UserAccess,), credentials.no_users),
    ),
    Control(
        id="iam-root-mfa",
        title="Root user has MFA and no access keys",
        statement="The account's root user has MFA and no access keys, or no credentials at all.",
        rationale=(
            "IAM policies don't limit the root user: its password or an access key is enough to take over every "
            "record, key and log in the account."
        ),
        requirement="MFA for the root user and no root access keys, or no root credentials at all",
        paragraphs=required_by("312(d)", own_mapping=True),
        severity=Severity.MEDIUM,
        remediation=(
            "sign in as root, assign an MFA device under Security credentials, and delete each access key there; or "
            "remove the root credentials through centralized root access in AWS Organizations"
        ),
        proposed_2025=True,
        stages=LIVE_ONLY,
        rule=FactRule((RootUser,), credentials.root_mfa),
    ),
)
