"""Tables of roles, users, groups and their policies.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from __future__ import annotations

from crossguard.cloudformation.tables import ONLY_NAMES, READ_ONLY, TAGS, Part, ResourceTable, Table, To

POLICY: Table = {"PolicyName": To("name"), "PolicyDocument": To("policy")}
ATTACHMENT = "aws:iam/policyAttachment:PolicyAttachment"
ROLE_POLICY, USER_POLICY, GROUP_POLICY = (
    "aws:iam/rolePolicy:RolePolicy",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/groupPolicy:GroupPolicy",
)
TABLES = {
    "AWS::IAM::Role": ResourceTable(
        "aws:iam/role:Role",
        {
            "RoleName": To("name"),
            "Path": To("path"),
            "AssumeRolePolicyDocument": To("assumeRolePolicy"),
            "Policies": To("inlinePolicies", POLICY),
            "ManagedPolicyArns": To("managedPolicyArns"),
            "PermissionsBoundary": To("permissionsBoundary"),
            "MaxSessionDuration": To("maxSessionDuration"),
            "Description": ONLY_NAMES,
            "Tags": TAGS,
            "Arn": READ_ONLY,
            "RoleId": READ_ONLY,
        },
        {"arn": "Arn", "name": "RoleName"},
    ),
    "AWS::IAM::User": ResourceTable(
        "aws:iam/user:User",
        {
            "UserName": To("name"),
            "Path": To("path"),
            "Policies": Part(USER_POLICY, POLICY, each=True, owner="user"),
            "ManagedPolicyArns": Part(
                "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive", To("policyArns")
            ),
            "Groups": Part("aws:iam/userGroupMembership:UserGroupMembership", To("groups")),
            "LoginProfile": Part(
                "aws:iam/userLoginProfile:UserLoginProfile",
                {"Password": ONLY_NAMES, "PasswordResetRequired": To("passwordResetRequired")},
            ),
            "PermissionsBoundary": To("permissionsBoundary"),
            "Tags": TAGS,
            "Arn": READ_ONLY,
        },
        {"arn": "Arn", "name": "UserName"},
    ),
    "AWS::IAM::Group": ResourceTable(
        "aws:iam/group:Group",
        {
            "GroupName": To("name"),
            "Path": To("path"),
            "Policies": Part(GROUP_POLICY, POLICY, each=True, owner="group"),
            "ManagedPolicyArns": Part(
                "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive", To("policyArns")
            ),
            "Arn": READ_ONLY,
        },
        {"arn": "Arn", "name": "GroupName"},
    ),
    "AWS::IAM::ManagedPolicy": ResourceTable(
        "aws:iam/policy:Policy",
        {
            "ManagedPolicyName": To("name"),
            "Path": To("path"),
            "PolicyDocument": To("policy"),
            "Users": Part(ATTACHMENT, To("users")),
            "Roles": Part(ATTACHMENT, To("roles")),
            "Groups": Part(ATTACHMENT, To("groups")),
            "Description": ONLY_NAMES,
            "PolicyArn": READ_ONLY,
            "AttachmentCount": READ_ONLY,
            "CreateDate": READ_ONLY,
            "DefaultVersionId": READ_ONLY,
            "IsAttachable": READ_ONLY,
            "PermissionsBoundaryUsageCount": READ_ONLY,
            "PolicyId": READ_ONLY,
            "UpdateDate": READ_ONLY,
        },
        {"arn": "PolicyArn", "name": "ManagedPolicyName"},
    ),
    "AWS::IAM::RolePolicy": ResourceTable(ROLE_POLICY, {**POLICY, "RoleName": To("role")}),
    "AWS::IAM::UserPolicy": ResourceTable(USER_POLICY, {**POLICY, "UserName": To("user")}),
    "AWS::IAM::GroupPolicy": ResourceTable(GROUP_POLICY, {**POLICY, "GroupName": To("group")}),
}
