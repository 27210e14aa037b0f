"""The properties of IAM roles, identity policies, their attachments, and users."""

from __future__ import annotations

from collections.abc import Mapping

from crossguard.properties.type_properties import TypeProperties
from crossguard.resource_types import IAM_ROLE

USER_FAILS = "the resource fails because it gives access to a user, whatever it is set to"
ATTACHED_TO = "a policy is judged by itself, whatever it is attached to"
PATHS = "a name is unique in an account, whatever its path"

PROPERTIES: Mapping[str, TypeProperties] = {
    IAM_ROLE: TypeProperties(
        read=("assumeRolePolicy", "inlinePolicies.policy", "managedPolicyArns", "path"),
        irrelevant={
            "the name of a policy within the role": ("inlinePolicies.name",),
            "it lets Pulumi delete a role that has policies": ("forceDetachPolicies",),
            "IAM limits a session to 12 hours": ("maxSessionDuration",),
            "it only limits the role's permissions": ("permissionsBoundary",),
        },
    ),
    "aws:iam/policy:Policy": TypeProperties(
        read=("policy",), irrelevant={PATHS: ("path",), "how long Pulumi waits": ("delayAfterPolicyCreationInMs",)}
    ),
    "aws:iam/rolePolicy:RolePolicy": TypeProperties(read=("policy", "role")),
    "aws:iam/groupPolicy:GroupPolicy": TypeProperties(read=("group", "policy")),
    "aws:iam/userPolicy:UserPolicy": TypeProperties(read=("policy", "user")),
    "aws:iam/policyAttachment:PolicyAttachment": TypeProperties(
        read=("policyArn", "users"), irrelevant={ATTACHED_TO: ("groups", "roles")}
    ),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": TypeProperties(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("role",)}
    ),
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": TypeProperties(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("group",)}
    ),
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": TypeProperties(
        read=("policyArn",), irrelevant={ATTACHED_TO: ("user",)}
    ),
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": TypeProperties(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("roleName",)}
    ),
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": TypeProperties(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("groupName",)}
    ),
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": TypeProperties(
        read=("policyArns",), irrelevant={ATTACHED_TO: ("userName",)}
    ),
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": TypeProperties(
        read=("managedPolicyArn",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": TypeProperties(
        read=("managedPolicyArns",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": TypeProperties(
        read=("customerManagedPolicyReference.name",),
        irrelevant={
            ATTACHED_TO: ("instanceArn", "permissionSetArn"),
            PATHS: ("customerManagedPolicyReference.path",),
        },
    ),
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": TypeProperties(
        read=("customerManagedPolicyReferences.name",),
        irrelevant={
            ATTACHED_TO: ("instanceArn", "permissionSetArn"),
            PATHS: ("customerManagedPolicyReferences.path",),
        },
    ),
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": TypeProperties(
        read=("inlinePolicy",), irrelevant={ATTACHED_TO: ("instanceArn", "permissionSetArn")}
    ),
    "aws:iam/user:User": TypeProperties(
        read=("path",), irrelevant={USER_FAILS: ("forceDestroy", "permissionsBoundary")}
    ),
    "aws:iam/accessKey:AccessKey": TypeProperties(irrelevant={USER_FAILS: ("pgpKey", "status", "user")}),
    "aws:iam/userLoginProfile:UserLoginProfile": TypeProperties(
        irrelevant={USER_FAILS: ("passwordLength", "passwordResetRequired", "pgpKey", "user")}
    ),
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": TypeProperties(
        irrelevant={USER_FAILS: ("policyNames", "userName")}
    ),
    "aws:iam/userGroupMembership:UserGroupMembership": TypeProperties(irrelevant={USER_FAILS: ("groups", "user")}),
    "aws:iam/groupMembership:GroupMembership": TypeProperties(irrelevant={USER_FAILS: ("group", "users")}),
    "aws:iam/sshKey:SshKey": TypeProperties(irrelevant={USER_FAILS: ("encoding", "publicKey", "status", "username")}),
    "aws:iam/signingCertificate:SigningCertificate": TypeProperties(
        irrelevant={USER_FAILS: ("certificateBody", "status", "userName")}
    ),
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": TypeProperties(
        irrelevant={USER_FAILS: ("credentialAgeDays", "serviceName", "status", "userName")}
    ),
}
