"""Roles, policies of identities, and users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from crossguard.graph import Graph, get, items
from crossguard.resources import Resource
from hipaa.model.stack import Fact
from hipaa.model.values import Document, Ref, Unknown
from hipaa.services.iam.facts import IamRole, IdentityPolicy, UserAccess

POLICY = "aws:iam/policy:Policy"
# The property that holds a document, and those that name managed policies by their ARNs.
DOCUMENTS = {
    POLICY: "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
ATTACHMENTS = {
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": "policyArns",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns",
    "aws:ssoadmin/managedPolicyAttachment:ManagedPolicyAttachment": "managedPolicyArn",
    "aws:ssoadmin/managedPolicyAttachmentsExclusive:ManagedPolicyAttachmentsExclusive": "managedPolicyArns",
}
USERS = {
    "aws:iam/user:User": "an IAM user",
    "aws:iam/accessKey:AccessKey": "an access key",
    "aws:iam/userLoginProfile:UserLoginProfile": "a user's login",
    "aws:iam/userPolicy:UserPolicy": "a user's policy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "a user's policy",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "a user's policy",
    "aws:iam/userPoliciesExclusive:UserPoliciesExclusive": "a user's policy",
    "aws:iam/userGroupMembership:UserGroupMembership": "a user's membership",
    "aws:iam/groupMembership:GroupMembership": "a user's membership",
    "aws:iam/sshKey:SshKey": "a user's SSH key",
    "aws:iam/signingCertificate:SigningCertificate": "a user's certificate",
    "aws:iam/serviceSpecificCredential:ServiceSpecificCredential": "a user's credential",
}


def _role(role: Resource, graph: Graph) -> list[Fact]:
    place = graph.place(role)
    found: list[Fact] = [IamRole(role.urn, graph.document(role, "assumeRolePolicy", "trustPolicy"), place)]
    documents = items(role.inputs.get("inlinePolicies"))
    attached = _attached(role, "managedPolicyArns", graph)
    if documents or attached:
        inline = documents if isinstance(documents, Unknown) else tuple(_inline(each) for each in documents)
        found.append(IdentityPolicy(role.urn, inline, attached, _sources(role, "inlinePolicies"), place))
    return found


def _inline(given: Any) -> Document:
    content = get(given, "policy")
    return Document(content if isinstance(content, str | Mapping | Unknown) else "")


def _policy(policy: Resource, graph: Graph, prop: str) -> list[Fact]:
    document = graph.document(policy, prop, "identityPolicy")
    return [IdentityPolicy(policy.urn, (document,), (), _sources(policy, prop), graph.place(policy))]


def _attachment(attachment: Resource, graph: Graph, prop: str) -> list[Fact]:
    return [IdentityPolicy(attachment.urn, (), _attached(attachment, prop, graph), (), graph.place(attachment))]


def _attached(resource: Resource, prop: str, graph: Graph) -> tuple[Ref, ...] | Unknown:
    """One managed policy, or each of a list of them."""
    given = resource.inputs.get(prop)
    arns = items(given) if prop.endswith("s") else [given]
    return arns if isinstance(arns, Unknown) else tuple(graph.resolve(resource, arn, prop, {POLICY}) for arn in arns)


def _sources(resource: Resource, prop: str) -> tuple[str, ...]:
    return tuple(source.urn for source in resource.sources.get(prop, ()))


def _reader(token: str) -> Callable[[Resource, Graph], list[Fact]]:
    def read(resource: Resource, graph: Graph) -> list[Fact]:
        found: list[Fact] = []
        if token in DOCUMENTS:
            found += _policy(resource, graph, DOCUMENTS[token])
        if token in ATTACHMENTS:
            found += _attachment(resource, graph, ATTACHMENTS[token])
        what = "a user's policy" if resource.inputs.get("users") and token in ATTACHMENTS else USERS.get(token)
        if what:
            found.append(UserAccess(resource.urn, what))
        return found

    return read


READERS: dict[str, Callable[[Resource, Graph], list[Fact]]] = {
    "aws:iam/role:Role": _role,
    **{token: _reader(token) for token in (*DOCUMENTS, *ATTACHMENTS, *USERS)},
}
