"""Where the stack is deployed: what physical names and ARNs are made of."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

BUCKET_NAME_LIMIT = 63  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html


@dataclass(frozen=True)
class Account:
    """An AWS account and region. All of it is known at the first preview, so that every policy document is too."""

    id: str
    region: str
    partition: str
    dns_suffix: str
    deployer: str
    """The ARN of the IAM role or user that deploys the stack; not that of a role's session."""

    @classmethod
    def current(cls, region: str) -> Account:
        """The account of the stack's credentials. Raises pulumi.RunError where they are missing or refused."""
        try:
            partition = aws.get_partition()
            identity = aws.get_caller_identity()
            deployer = aws.iam.get_session_context(arn=identity.arn)
        except Exception as error:  # Pulumi has no narrower one for a call that fails
            why = str(error).splitlines()[0].rsplit("returned an error: ", 1)[-1]
            raise pulumi.RunError(
                f"AWS doesn't tell which account this is: {why}. "
                "See whether your credentials work with: aws sts get-caller-identity"
            ) from error
        return cls(identity.account_id, region, partition.partition, partition.dns_suffix, deployer.issuer_arn)

    @property
    def root(self) -> str:
        """The principal that stands for the whole account: its IAM policies then decide."""
        return f"arn:{self.partition}:iam::{self.id}:root"

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.id}:{resource}"

    def role_arn(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.id}:role/{name}"

    def name(self, purpose: str) -> str:
        """The physical name of something that is unique in the account alone."""
        return f"{pulumi.get_project()}-{pulumi.get_stack()}-{purpose}".lower()

    def bucket_name(self, purpose: str) -> str:
        """A bucket's name, unique in all of AWS. Raises pulumi.RunError past S3's 63 characters."""
        name = f"{self.name(purpose)}-{self.id}-{self.region}"
        if len(name) > BUCKET_NAME_LIMIT:
            raise pulumi.RunError(
                f"the bucket name {name} has {len(name)} characters and S3 allows {BUCKET_NAME_LIMIT}; "
                "give the stack a shorter name"
            )
        return name

    def bucket_arn(self, name: str) -> str:
        return f"arn:{self.partition}:s3:::{name}"
