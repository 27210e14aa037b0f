"""Readers of IAM roles, identity policies and users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from crossguard.graph import FactReader, Graph
from crossguard.property_values import as_list, get_property
from crossguard.resource_types import IAM_ROLE
from crossguard.resources import PulumiResource
from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Ref, Unknown
from hipaa_controls.services.iam.facts import IamRole, IdentityPolicy, UserAccess

MANAGED_POLICY = "aws:iam/policy:Policy"
AWS_MANAGED = ":iam::aws:policy/"
# By type, the property that holds a policy document.
DOCUMENT_PROPERTIES = {
    MANAGED_POLICY: "policy",
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:ssoadmin/permissionSetInlinePolicy:PermissionSetInlinePolicy": "inlinePolicy",
}
KINDS: Mapping[str, Literal["managed", "role", "group", "user"]] = {
    MANAGED_POLICY: "managed",
    "aws:iam/rolePolicy:RolePolicy": "role",
    "aws:iam/groupPolicy:GroupPolicy": "group",
    "aws:iam/userPolicy:UserPolicy": "user",
}
# By type, the property that holds the ARN of a managed policy, or a list of ARNs.
ATTACHMENT_PROPERTIES = {
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
# By type, the property that refers to customer managed policies by their names. Each account has its own copy of these.
REFERENCE_PROPERTIES = {
    "aws:ssoadmin/customerManagedPolicyAttachment:CustomerManagedPolicyAttachment": "customerManagedPolicyReference",
    "aws:ssoadmin/customerManagedPolicyAttachmentsExclusive:CustomerManagedPolicyAttachmentsExclusive": (
        "customerManagedPolicyReferences"
    ),
}
# By type, the kind of access that it gives an IAM user.
USER_ACCESS = {
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


def _role(role: PulumiResource, graph: Graph) -> list[Fact]:
    location = graph.location_of(role)
    trust_policy = graph.policy_document(role, "assumeRolePolicy", "trustPolicy")
    facts: list[Fact] = [IamRole(role.urn, trust_policy, location)]
    inline_policies = as_list(role.inputs.get("inlinePolicies"))
    managed_policies = _managed_policies(role, "managedPolicyArns", graph)
    if inline_policies or managed_policies:
        documents = (
            inline_policies
            if isinstance(inline_policies, Unknown)
            else tuple(_inline_document(policy) for policy in inline_policies)
        )
        sources = _source_urns(role, "inlinePolicies")
        identity = _identity("role", role.output("name"), role)
        facts.append(IdentityPolicy(role.urn, documents, managed_policies, sources, location, "role", identity))
    return facts


def _inline_document(inline_policy: Any) -> Document:
    content = get_property(inline_policy, "policy")
    return Document(content if isinstance(content, str | Mapping | Unknown) else "")


def _policy(policy: PulumiResource, graph: Graph, prop: str) -> list[Fact]:
    document = graph.policy_document(policy, prop, "identityPolicy")
    sources, location, kind = _source_urns(policy, prop), graph.location_of(policy), KINDS.get(policy.type)
    return [IdentityPolicy(policy.urn, (document,), (), sources, location, kind, _identity_of(policy, graph))]


def _identity_of(policy: PulumiResource, graph: Graph) -> str | None:
    """Return the role, group or user of an inline policy, as in its ARN, if its name is known."""
    kind = KINDS.get(policy.type)
    if kind is None or kind == "managed":
        return None
    name = policy.inputs.get(kind)
    owner = graph.resource_for(graph.resolve(policy, name, kind, {f"aws:iam/{kind}:{kind.title()}"}))
    return _identity(kind, owner.output("name") if owner else name, owner)


def _identity(kind: str, name: Any, owner: PulumiResource | None) -> str | None:
    path = owner.inputs.get("path") if owner else None
    return f"{kind}{path if isinstance(path, str) else '/'}{name}" if isinstance(name, str) else None


def _attachment(attachment: PulumiResource, graph: Graph, prop: str) -> list[Fact]:
    managed_policies = _managed_policies(attachment, prop, graph)
    return [IdentityPolicy(attachment.urn, (), managed_policies, (), graph.location_of(attachment))]


def _managed_policies(resource: PulumiResource, prop: str, graph: Graph) -> tuple[Ref, ...] | Unknown:
    """Return the managed policies in a property, which has one ARN or reference or, if its name is a plural, a list."""
    value = resource.inputs.get(prop)
    policies = as_list(value) if prop.endswith("s") else [value]
    if isinstance(policies, Unknown):
        return policies
    names = [get_property(policy, "name") if isinstance(policy, Mapping) else policy for policy in policies]
    return tuple(_managed_policy(resource, name, prop, graph) for name in names)


def _managed_policy(resource: PulumiResource, name: Any, prop: str, graph: Graph) -> Ref:
    """Return an attached policy. A policy of the stack may have the same name as one of AWS."""
    if isinstance(name, str) and AWS_MANAGED in name:
        return name
    return graph.resolve(resource, name, prop, {MANAGED_POLICY})


def _source_urns(resource: PulumiResource, prop: str) -> tuple[str, ...]:
    return tuple(source.urn for source in resource.sources.get(prop, ()))


def _reader(token: str) -> FactReader:
    """Return the reader of a type, which may hold a document, attach policies and give access to a user."""

    def read(resource: PulumiResource, graph: Graph) -> list[Fact]:
        facts: list[Fact] = []
        if token in DOCUMENT_PROPERTIES:
            facts += _policy(resource, graph, DOCUMENT_PROPERTIES[token])
        if prop := ATTACHMENT_PROPERTIES.get(token) or REFERENCE_PROPERTIES.get(token):
            facts += _attachment(resource, graph, prop)
        attaches_to_users = token in ATTACHMENT_PROPERTIES and resource.inputs.get("users")
        kind = "a user's policy" if attaches_to_users else USER_ACCESS.get(token)
        if kind:
            facts.append(UserAccess(resource.urn, kind))
        return facts

    return read


TYPES = (*DOCUMENT_PROPERTIES, *ATTACHMENT_PROPERTIES, *REFERENCE_PROPERTIES, *USER_ACCESS)
READERS: Mapping[str, FactReader] = {
    IAM_ROLE: _role,
    **{token: _reader(token) for token in TYPES},
}
