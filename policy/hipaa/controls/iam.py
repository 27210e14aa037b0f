"""IAM: what identities may do, who may take a role, and users."""

from hipaa.controls.model import Control, Severity, addressable, required
from hipaa.controls.options import ACCOUNTS

CONTROLS = (
    Control(
        id="iam-no-admin",
        title="No policy allows everything",
        statement="No policy of an identity allows everything, or all of S3, KMS or IAM.",
        required="no Allow of s3:*, kms:* or iam:* on every resource, whether by name, by * or by NotAction, and no "
        "managed policy of AWS that allows it",
        paragraphs=(
            *required("308(a)(3)(i)"),
            *addressable("308(a)(4)(ii)(B)"),
            *required("312(a)(1)"),
        ),
        severity=Severity.CRITICAL,
        remedy="aws.iam.Policy(…) that names the actions and resources that are needed",
    ),
    Control(
        id="iam-no-broad-decrypt",
        title="No policy decrypts with every key",
        statement="A policy of an identity uses keys that it names, or those of an alias or through a service.",
        required="no Allow of kms:Decrypt, kms:ReEncrypt* or kms:GenerateDataKey* on every key, unless bound by "
        "kms:ResourceAliases, kms:RequestAlias or kms:ViaService",
        paragraphs=required("312(a)(1)", ours=True),
        severity=Severity.HIGH,
        remedy='aws.iam.Policy(…) with "Resource": key_arn, or the condition {"StringEquals": {"kms:ViaService": '
        'f"s3.{region}.amazonaws.com"}}',
    ),
    Control(
        id="iam-least-privilege",
        title="PHI is used by named actions",
        statement="A policy of an identity that reaches PHI names its actions, and doesn't administer the bucket.",
        required="no Allow on a bucket of PHI by s3:*, * or NotAction, nor of an action that changes what guards the "
        "bucket",
        paragraphs=addressable("308(a)(4)(ii)(B)"),
        severity=Severity.HIGH,
        remedy='aws.iam.Policy(…) with "Action": ["s3:GetObject", "s3:PutObject"] on the objects of the bucket',
    ),
    Control(
        id="iam-trust",
        title="Roles are taken by those they are for",
        statement="A role's trust policy names who may take it; one of another account or an identity provider is "
        "bound further.",
        required="no wildcard principal; for a principal of another account than the stack's and the trusted "
        "({accounts}) sts:ExternalId or an organization; for a federated one its audience and its subject",
        paragraphs=addressable("308(a)(4)(ii)(B)", ours=True),
        severity=Severity.HIGH,
        remedy="aws.iam.Role(…, assume_role_policy=…) with the condition "
        '{"StringEquals": {"sts:ExternalId": external_id}}',
        options=(ACCOUNTS,),
    ),
    Control(
        id="iam-grant-applies",
        title="Grants apply",
        statement="No Allow has a condition that its actions can't meet: it would never apply.",
        required="each action of an Allow has the S3 and KMS keys that its conditions ask for",
        paragraphs=(),
        severity=Severity.LOW,
        remedy="aws.iam.Policy(…) whose conditions are in a statement of the actions that have their keys",
    ),
    Control(
        id="iam-no-users",
        title="No users",
        statement="Nobody has long-lived access: people and programs take roles.",
        required="no IAM user, nor access key, login, policy or membership of one",
        paragraphs=required("312(d)", ours=True),
        severity=Severity.MEDIUM,
        remedy="aws.iam.Role in place of aws.iam.User",
    ),
)
