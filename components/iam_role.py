"""An IAM role with its trust policy and its permissions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.policy_document import PolicyDocument
from hipaa_controls.access.policy_size import IDENTITY_POLICIES

MAX_POLICY_LENGTH = IDENTITY_POLICIES["role"].maximum
UNKNOWN_ARN_LENGTH = len("arn:aws-us-gov:kms:ap-southeast-1:111122223333:key/mrk-") + 32
"""The length of a key's ARN, which is all that isn't known before a key exists."""
HOUR_SECONDS = 3600  # the smallest value that IAM allows for a role's maximum session duration


class IamRoleArgs(TypedDict):
    """The inputs of an IAM role."""

    account: Account
    """The account that the role belongs to."""
    role_name: str
    """The physical name, so that policies can name the role before it exists."""
    description: str
    trust: PolicyDocument
    """The trust policy."""
    permissions: PolicyDocument | None
    """The inline policy, which may contain ARNs that aren't known yet; None if managed policies grant everything."""
    managed_policies: NotRequired[Sequence[str]]
    """The ARNs of managed policies to attach."""
    permissions_boundary: str | None
    """The ARN of the permissions boundary, if the account requires one."""
    max_session_seconds: NotRequired[int]
    """The maximum session duration in seconds; one hour by default."""


class IamRole(pulumi.ComponentResource):
    """A role with its trust policy, permissions, boundary and session duration."""

    arn: pulumi.Output[str]
    """Known at the first preview. Resources that use it wait until the role has all its permissions."""

    def __init__(self, name: str, args: IamRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        trust, permissions = args["trust"], args["permissions"]
        if permissions:
            _check_length(args["role_name"], permissions)
        # Structured inputs stay readable at the first preview. A key's ARN in a document is unknown then, and so is the
        # whole JSON text made from the document.
        documents = {"trustPolicy": trust} | ({"identityPolicy": permissions} if permissions else {})
        super().__init__("phi:access:IamRole", name, documents, opts)

        role = aws.iam.Role(
            name,
            name=args["role_name"],
            description=args["description"],
            assume_role_policy=pulumi.Output.json_dumps(trust),
            permissions_boundary=args["permissions_boundary"],
            max_session_duration=args.get("max_session_seconds", HOUR_SECONDS),
            opts=pulumi.ResourceOptions(parent=self),
        )
        resources: list[pulumi.Resource] = [role]
        if permissions:
            resources.append(
                aws.iam.RolePolicy(
                    f"{name}-permissions",
                    name="permissions",
                    role=role.name,
                    policy=pulumi.Output.json_dumps(permissions),
                    opts=pulumi.ResourceOptions(parent=self),
                )
            )
        resources += [
            aws.iam.RolePolicyAttachment(
                f"{name}-{policy_arn.rpartition('/')[2]}",
                role=role.name,
                policy_arn=policy_arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for policy_arn in args.get("managed_policies", ())
        ]

        arn = args["account"].role_arn(args["role_name"])
        self.arn = pulumi.Output.all(*(resource.urn for resource in resources)).apply(lambda _: arn)
        self.register_outputs({"arn": self.arn})


def check_permissions_boundary(account: Account, policy_arn: str | None) -> None:
    """Check that the account's roles can have the permissions boundary, before the first resource is declared.

    It is a customer managed policy of the same account, or one of AWS.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html

    Raises:
        pulumi.RunError: The policy belongs to another account or partition.
    """
    if policy_arn is None:
        return
    _, partition, _, _, owner, resource = policy_arn.split(":", 5)
    if partition != account.partition or owner not in (account.id, "aws"):
        own = f"arn:{account.partition}:iam::{account.id}:{resource}"
        raise pulumi.RunError(
            f"phi:permissionsBoundary is {policy_arn}; it must be a policy of account {account.id} or of AWS in the "
            f"partition {account.partition}, because IAM rejects a role with any other. "
            f"Set it with: pulumi config set phi:permissionsBoundary {own}"
        )


def _check_length(role_name: str, permissions: PolicyDocument) -> None:
    """Check the length of an inline policy, which grows with the number of PHI buckets.

    Raises:
        pulumi.RunError: It is longer than IAM allows. IAM doesn't count whitespace.
    """
    length = len(json.dumps(permissions, separators=(",", ":"), default=lambda _: "?" * UNKNOWN_ARN_LENGTH))
    if length > MAX_POLICY_LENGTH:
        raise pulumi.RunError(
            f"the policy of the role {role_name} has {length} characters; IAM allows at most {MAX_POLICY_LENGTH}. "
            "It lists each bucket of phi:buckets. Move some of them to another stack, created with: pulumi stack init"
        )
