"""The properties of IAM roles, identity policies, their attachments, and users."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.account import PropertyAccount
from crossguard.resource_types import IAM_ROLE

USER_FAILS = "the resource fails because it gives access to a user, whatever it is set to"
ATTACHED_TO = "a policy is judged by itself, whatever it is attached to"
PATHS = "a name is unique in an account, whatever its path"

PROPERTIES: Mapping[str, PropertyAccount] = {
    IAM_ROLE: PropertyAccount(
        read=("assumeRolePolicy", "inlinePolicies.policy", "managedPolicyArns", "path"),
        irrelevant={
            "the name of a policy within the role": ("inlinePolicies.name",),
            "it lets Pulumi delete a role that has policies": ("forceDetachPolicies",),
            "IAM limits a session to 12 hours": ("maxSessionDuration",),
            "it only limits the role's permissions": ("permissionsBoundary",),
        },
    ),
    "aws:iam/policy:Policy": PropertyAccount(
        read=("policy",), irrelevant={PATHS: ("path",), "how long Pulumi waits": ("delayAfterPolicyCreationInMs",)}
    ),
    "aws:iam/rolePolicy:RolePolicy": PropertyAccount(read=("policy", "role")),
    "aws:iam/groupPolicy:GroupPolicy": PropertyAccount(read=("group", "policy")),
    "aws:iam/userPolicy:UserPolicy": PropertyAccount(read=("policy", "user")),
    "aws:iam/policyAttachment:PolicyAttachment": PropertyAccount(
        read=("policyArn", "users"), irrelevant={ATTACHED_TO: ("groups", "roles")}
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": PropertyAccount(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("role",)}
    ),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": PropertyAccount(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("group",)}
    ),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": PropertyAccount(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("user",)}
    ),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": PropertyAccount(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("roleName",)}
    ),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": PropertyAccount(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("groupName",)}
    ),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": PropertyAccount(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("userName",)}
    ),
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": PropertyAccount(
        read=("managedPolicyArn",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": PropertyAccount(
        read=("managedPolicyArns",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": PropertyAccount(
        read=("customerManagedPolicyReference.name",),
        irrelevant={
            ATTACHED_TO: ("instanceArn", "permissionSetArn"),
            PATHS: ("customerManagedPolicyReference.path",),
        },
    ),
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": PropertyAccount(
        read=("customerManagedPolicyReferences.name",),
        irrelevant={
            ATTACHED_TO: ("instanceArn", "permissionSetArn"),
            PATHS: ("customerManagedPolicyReferences.path",),
        },
    ),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": PropertyAccount(
        read=("inlinePolicy",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:iam/user:User": PropertyAccount(
        read=("path",), irrelevant={USER_FAILS: ("forceDestroy", "permissionsBoundary")}
    ),
    "aws:iam/accessKey:AccessKey": PropertyAccount(irrelevant={USER_FAILS: ("pgpKey", "status", "user")}),
    "aws:iam/userLoginProfile:UserLoginProfile": PropertyAccount(
        irrelevant={USER_FAILS: ("passwordLength", "passwordResetRequired", "pgpKey", "user")}
    ),
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": PropertyAccount(
        irrelevant={USER_FAILS: ("policyNames", "userName")}
    ),
    "aws:iam/userGroupMembership:UserGroupMembership": PropertyAccount(irrelevant={USER_FAILS: ("groups", "user")}),
    "aws:iam/groupMembership:GroupMembership": PropertyAccount(irrelevant={USER_FAILS: ("group", "users")}),
    "aws:iam/sshKey:SshKey": PropertyAccount(irrelevant={USER_FAILS: ("encoding", "publicKey", "status", "username")}),
    "aws:iam/signingCertificate:SigningCertificate": PropertyAccount(
        irrelevant={USER_FAILS: ("certificateBody", "status", "userName")}
    ),
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": PropertyAccount(
        irrelevant={USER_FAILS: ("credentialAgeDays", "serviceName", "status", "userName")}
    ),
}
