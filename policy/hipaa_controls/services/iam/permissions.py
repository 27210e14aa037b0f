"""The permissions that are too much with every resource: decryption, and those that give an identity more permissions.

The condition keys that each action supports are from the Service Authorization Reference:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Permission:
    """An action, and how a statement can limit it.

    Attributes:
        action: The action.
        resource_types: The last segments of the ARNs of its resources, with {} for the name.
        noun: What the resources are, such as `role`.
        condition_keys: The condition keys that limit it to named resources or values, in lower case.
        unlimiting_keys: Condition keys that the action supports but that don't limit it.
        on_itself: Whether it gives an identity more permissions even if it may only be used on that identity.
    """

    action: str
    resource_types: tuple[str, ...]
    noun: str
    condition_keys: tuple[str, ...] = ()
    unlimiting_keys: tuple[str, ...] = ()
    on_itself: bool = False

    @property
    def service(self) -> str:
        """The service of the resources. The resources of sts:AssumeRole are IAM roles."""
        return self.action.partition(":")[0].replace("sts", "iam")


# A tag on the resource limits an action to the resources that someone else has tagged.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_iam-tags.html
RESOURCE_TAG, IAM_RESOURCE_TAG = "aws:resourcetag/", "iam:resourcetag/"
TAGS = (RESOURCE_TAG, IAM_RESOURCE_TAG)
KEY_CONDITIONS = ("kms:resourcealiases", "kms:requestalias", "kms:viaservice", RESOURCE_TAG)
BOUNDARY, POLICY_ARN = "iam:permissionsboundary", "iam:policyarn"
GRANT_CONDITIONS = ("kms:grantisforawsresource", "kms:granteeprincipal")

# Multi-Region keys have IDs of their own: https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html
KEYS = ("key/{}", "key/mrk-{}")
ROLES, USERS, GROUPS, POLICIES = ("role/{}",), ("user/{}",), ("group/{}",), ("policy/{}",)

DECRYPTION = tuple(
    Permission(action, KEYS, "key", KEY_CONDITIONS)
    for action in (
        *("kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
        *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
        *("kms:GenerateDataKeyPair", "kms:GenerateDataKeyPairWithoutPlaintext"),
    )
)
# These lists by others agree on most of the actions of IAM:
# https://rhinosecuritylabs.com/aws/aws-privilege-escalation-methods-mitigation/
# https://bishopfox.com/blog/privilege-escalation-in-aws
# https://github.com/DataDog/pathfinding.cloud
# Paths through a new function, instance or job of a service need iam:PassRole. Paths through what already runs with a
# role, such as lambda:UpdateFunctionCode, aren't included. Nor is the key iam:PassedToService: it limits the service,
# but every role that trusts that service can still be passed to it.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
# iam:PermissionsBoundary doesn't limit an identity that may delete its own boundary: it has that boundary.
ESCALATION = (
    Permission("iam:PutRolePolicy", ROLES, "role", (BOUNDARY, *TAGS), on_itself=True),
    Permission("iam:PutUserPolicy", USERS, "user", (BOUNDARY, *TAGS), on_itself=True),
    Permission("iam:PutGroupPolicy", GROUPS, "group", on_itself=True),
    Permission("iam:AttachRolePolicy", ROLES, "role", (BOUNDARY, POLICY_ARN, *TAGS), on_itself=True),
    Permission("iam:AttachUserPolicy", USERS, "user", (BOUNDARY, POLICY_ARN, *TAGS), on_itself=True),
    Permission("iam:AttachGroupPolicy", GROUPS, "group", (POLICY_ARN,), on_itself=True),
    Permission("iam:CreatePolicyVersion", POLICIES, "policy", TAGS),
    Permission("iam:SetDefaultPolicyVersion", POLICIES, "policy", TAGS),
    Permission("iam:PutRolePermissionsBoundary", ROLES, "role", (BOUNDARY, *TAGS), on_itself=True),
    Permission("iam:PutUserPermissionsBoundary", USERS, "user", (BOUNDARY, *TAGS), on_itself=True),
    Permission("iam:DeleteRolePermissionsBoundary", ROLES, "role", TAGS, (BOUNDARY,), on_itself=True),
    Permission("iam:DeleteUserPermissionsBoundary", USERS, "user", TAGS, (BOUNDARY,), on_itself=True),
    Permission("iam:AddUserToGroup", GROUPS, "group"),
    Permission("iam:CreateAccessKey", USERS, "user", TAGS),
    Permission("iam:CreateLoginProfile", USERS, "user", TAGS),
    Permission("iam:UpdateLoginProfile", USERS, "user", TAGS),
    Permission("iam:UpdateAssumeRolePolicy", ROLES, "role", TAGS),
    Permission("iam:PassRole", ROLES, "role", TAGS),
    Permission("sts:AssumeRole", ROLES, "role", TAGS),
    Permission("kms:PutKeyPolicy", KEYS, "key", KEY_CONDITIONS),
    Permission("kms:CreateGrant", KEYS, "key", (*KEY_CONDITIONS, *GRANT_CONDITIONS)),
    Permission("s3:PutBucketPolicy", ("{}",), "bucket", (RESOURCE_TAG,)),
    Permission("s3:PutAccessPointPolicy", ("accesspoint/{}",), "access point", (RESOURCE_TAG,)),
)
