"""The AWS account and region that a program deploys to, and the physical names and ARNs in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

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
            pulumi.RunError: The credentials are missing, or AWS rejects them.
        """
        try:
            partition = aws.get_partition()
            identity = aws.get_caller_identity()
            deployer = aws.iam.get_session_context(arn=identity.arn)
        except Exception as error:  # Pulumi raises no narrower class if a call fails
            reason = str(error).splitlines()[0].rsplit("returned an error: ", 1)[-1]
            raise pulumi.RunError(
                f"can't determine the AWS account: {reason}. Working AWS credentials are required. "
                "Check yours with: aws sts get-caller-identity"
            ) from error
        return cls(identity.account_id, region, partition.partition, partition.dns_suffix, deployer.issuer_arn)

    def provider(
        self, name: str, default_tags: Mapping[str, str], opts: pulumi.ResourceOptions | None = None
    ) -> aws.Provider:
        """Return a provider of this region that rejects the credentials of any other account.

        So the policy pack knows at the first preview which account is the stack's own.

        Args:
            name: The logical name of the provider.
            default_tags: The tags of every resource of the provider that can be tagged.
            opts: The options of the provider.
        """
        return aws.Provider(
            name,
            region=self.region,
            allowed_account_ids=[self.id],
            default_tags=aws.ProviderDefaultTagsArgs(tags=dict(default_tags)),
            opts=opts,
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
        return f"{pulumi.get_project()}-{pulumi.get_stack()}-{purpose}".lower()

    def bucket_name(self, purpose: str) -> str:
        """Return a bucket's physical name, which must be unique in all of AWS.

        Raises:
            pulumi.RunError: The name is longer than S3 allows.
        """
        name = f"{self.name(purpose)}-{self.id}-{self.region}"
        if len(name) > MAX_BUCKET_NAME_LENGTH:
            raise pulumi.RunError(
                f"the bucket name {name} has {len(name)} characters; S3 allows at most {MAX_BUCKET_NAME_LENGTH}. "
                "Give the stack a shorter name, such as dev, with: pulumi stack rename dev"
            )
        return name

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"
