"""The AWS account and region that a program deploys to, and the physical names and ARNs in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import pulumi
import pulumi_aws as aws

from components.provider_settings import provider_inputs

T = TypeVar("T")

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*", re.ASCII)
"""The characters that the names of every kind of resource may have: buckets allow the fewest."""
MAX_ROLE_NAME_LENGTH = 64  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_BUCKET_NAME_LENGTH = 63  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html


@dataclass(frozen=True)
class Account:
    """An AWS account and region.

    All of it is known at the first preview. So are the policy documents that name ARNs of this account.
    """

    id: str
    region: str
    partition: str
    dns_suffix: str
    """The domain of the partition's services, such as `amazonaws.com`."""
    deployer: str
    """The ARN of the IAM role or user that deploys the stack; not the ARN of a role session."""

    @classmethod
    def current(cls, region: str) -> Account:
        """Return the account of the current credentials.

        Raises:
            pulumi.RunError: The credentials are missing, AWS rejects them, or they can't deploy the stack.
        """
        check_credentials = "Working AWS credentials are required. Check yours with: aws sts get-caller-identity"
        partition = look_up("the AWS account", aws.get_partition, check_credentials)
        identity = look_up("the AWS account", aws.get_caller_identity, check_credentials)
        # The ARN of a session has no path, but that of its role may have one, as those of IAM Identity Center do.
        # Bucket policies compare the role's ARN (aws:PrincipalArn).
        # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
        session = look_up(
            "the IAM role that deploys the stack",
            lambda: aws.iam.get_session_context(arn=identity.arn),
            "The deployer needs iam:GetRole for its own role. "
            f"Check it with: aws iam get-role --role-name {identity.arn.partition('/')[2].partition('/')[0]}",
        )
        deployer = session.issuer_arn
        in_account = f"arn:{partition.partition}:iam::{identity.account_id}"
        if not deployer.startswith((f"{in_account}:role/", f"{in_account}:user/")):
            raise pulumi.RunError(
                f"the stack would be deployed by {deployer}; it must be deployed by an IAM role or user of account "
                f"{identity.account_id}, because the bucket policies exempt the deployer by the ARN of a role or user. "
                "Use the credentials of a role, and check them with: aws sts get-caller-identity"
            )
        return cls(identity.account_id, region, partition.partition, partition.dns_suffix, deployer)

    def provider(
        self, name: str, default_tags: Mapping[str, str], opts: pulumi.ResourceOptions | None = None
    ) -> aws.Provider:
        """Return a provider of this region that rejects the credentials of any other account.

        So the policy pack knows at the first preview which account is the stack's own. The stack's other `aws:`
        settings apply as they do to Pulumi's default provider.

        Args:
            name: The logical name of the provider.
            default_tags: The tags of every resource of the provider that can be tagged, in addition to `Compliance`.
            opts: The options of the provider.
        """
        return aws.Provider(
            name,
            region=self.region,
            allowed_account_ids=[self.id],
            default_tags=aws.ProviderDefaultTagsArgs(tags=compliance_tags(default_tags)),
            opts=opts,
            **provider_inputs(),
        )

    @property
    def root(self) -> str:
        """The principal that stands for the whole account: its IAM policies then decide."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def role_arn(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:role/{name}"

    def name(self, purpose: str) -> str:
        """Return the physical name of a resource whose name must be unique only within the account."""
        return f"{pulumi.get_project()}-{pulumi.get_stack()}-{purpose}"

    def bucket_name(self, purpose: str) -> str:
        """Return a bucket's physical name, which must be unique in all of AWS.

        Raises:
            pulumi.RunError: The name is longer than S3 allows.
        """
        return check_length(f"{self.name(purpose)}-{self.id}-{self.region}", "bucket", MAX_BUCKET_NAME_LENGTH)

    def role_name(self, purpose: str) -> str:
        """Return a role's physical name.

        Raises:
            pulumi.RunError: The name is longer than IAM allows.
        """
        return check_length(self.name(purpose), "role", MAX_ROLE_NAME_LENGTH)

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"


def look_up(subject: str, call: Callable[[], T], requirement: str) -> T:
    """Return the result of a call to AWS.

    Args:
        subject: What the call determines, for the error message.
        call: The call.
        requirement: The sentences that say what is required, and how to check it.

    Raises:
        pulumi.RunError: The call fails.
    """
    try:
        return call()
    except Exception as error:  # Pulumi raises no narrower class if a call fails
        reason = str(error).splitlines()[0].rsplit("returned an error: ", 1)[-1]
        raise pulumi.RunError(f"can't determine {subject}: {reason}. {requirement}") from error


def compliance_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return the tags with `Compliance: HIPAA`, unless they have a tag of that name in any case, as IAM compares them.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html#id_tags_rules_creating
    """
    own_names = {name.casefold() for name in tags}
    return dict(tags) if "compliance" in own_names else {"Compliance": "HIPAA", **tags}


def check_stack_name() -> None:
    """Check that resources can be named after the project and the stack.

    A dot would be valid in a bucket's name, but not in a vault's or in the certificate of virtual-hosted buckets.
    A conformance pack's name starts with a letter.

    Raises:
        pulumi.RunError: The name of the project or of the stack can't be used. The message has one line for each.
    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    meaning = "lower-case letters and digits, joined by single hyphens"
    errors = []
    if not NAME.fullmatch(project) or not project[0].isalpha():
        errors.append(
            f"the project is called '{project}'; its name must have {meaning}, and start with a letter, because its "
            "resources are named after it. Change it in Pulumi.yaml to: name: phi"
        )
    if not NAME.fullmatch(stack):
        valid = re.sub("[^a-z0-9]+", "-", stack.lower()).strip("-") or "dev"
        errors.append(
            f"the stack is called '{stack}'; its name must have {meaning}, because its resources are named after it. "
            f"Before it has any, rename it with: pulumi stack rename {valid}"
        )
    if errors:
        raise pulumi.RunError("\n".join(errors))


def check_length(name: str, kind: str, maximum: int) -> str:
    """Return a physical name that starts with the names of the project and the stack, if it isn't too long.

    Raises:
        pulumi.RunError: It is too long.
    """
    if len(name) <= maximum:
        return name
    project, stack = pulumi.get_project(), pulumi.get_stack()
    raise pulumi.RunError(
        f"the {kind} name {name} has {len(name)} characters; AWS allows at most {maximum}. Shorten the name of the "
        f"project ({project}) in Pulumi.yaml, that of a bucket in phi:buckets or, before the stack has resources, "
        f"that of the stack ({stack}), by {len(name) - maximum} characters. Rename the stack with: "
        "pulumi stack rename dev"
    )
