"""One IAM role with what it may do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.account import Account
from components.policy_document import PolicyDocument

HOUR = 3600  # seconds: the shortest that a role's longest session may be


class RoleArgs(TypedDict):
    account: Account
    """Whose role it is."""
    role_name: str
    """Its physical name, by which policies name it before it exists."""
    description: str
    trust: PolicyDocument
    """Who may take it."""
    permissions: PolicyDocument | None
    """What it may do; nothing of its own where managed policies say it all. May hold ARNs that aren't known yet."""
    managed_policies: NotRequired[Sequence[str]]
    """The ARNs of managed policies that it has besides."""
    permissions_boundary: str | None
    """The ARN of the policy that bounds all that it may do, where the account has one."""
    max_session_seconds: NotRequired[int]
    """How long a session lasts at most; an hour unless told."""


class Role(pulumi.ComponentResource):
    """A role: who takes it, what it may do, and for how long."""

    arn: pulumi.Output[str]
    """Known at the first preview; what depends on it waits until the role may do all that it should."""

    def __init__(self, name: str, args: RoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        trust, permissions = args["trust"], args["permissions"]
        # As inputs with their structure, the documents can be judged at the first preview, when a key's ARN in them
        # is not known yet and the JSON text made from them is not known at all.
        documents = {"trustPolicy": trust, "identityPolicy": permissions}
        super().__init__("phi:access:Role", name, {key: each for key, each in documents.items() if each}, opts)

        role = aws.iam.Role(
            name,
            name=args["role_name"],
            description=args["description"],
            assume_role_policy=pulumi.Output.json_dumps(trust),
            permissions_boundary=args["permissions_boundary"],
            max_session_duration=args.get("max_session_seconds", HOUR),
            opts=pulumi.ResourceOptions(parent=self),
        )
        parts: list[pulumi.Resource] = [role]
        if permissions:
            parts.append(
                aws.iam.RolePolicy(
                    f"{name}-permissions",
                    name="permissions",
                    role=role.name,
                    policy=pulumi.Output.json_dumps(permissions),
                    opts=pulumi.ResourceOptions(parent=self),
                )
            )
        parts += [
            aws.iam.RolePolicyAttachment(
                f"{name}-{arn.rpartition('/')[2]}",
                role=role.name,
                policy_arn=arn,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for arn in args.get("managed_policies", ())
        ]

        known = args["account"].role_arn(args["role_name"])
        self.arn = pulumi.Output.all(*(each.urn for each in parts)).apply(lambda _: known)
        self.register_outputs({"arn": self.arn})
