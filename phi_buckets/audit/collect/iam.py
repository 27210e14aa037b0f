"""Collects IAM roles, identity policies and users. One call returns all of them.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hipaa_controls.model.stack import Fact
from hipaa_controls.model.values import Document, Unknown
from hipaa_controls.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from phi_buckets.audit.calls.iam import GET_ACCOUNT_AUTHORIZATION_DETAILS
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, AuditedAccount, FailedCall
from phi_buckets.audit.scope import Scope

# The path of service-linked roles, which only AWS can create. Their trust policy and permissions can't be changed:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
SERVICE_LINKED_PATH = "/aws-service-role/"
# For each entity type: its name as a filter, and the key of its entities in the response.
EntityType = tuple[str, str]
ROLES: EntityType = ("Role", "RoleDetailList")
GROUPS: EntityType = ("Group", "GroupDetailList")
USERS: EntityType = ("User", "UserDetailList")
POLICIES: EntityType = ("LocalManagedPolicy", "Policies")

Details = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """Collect all entities of the account, or the roles, groups and policies of a stack, which has no users."""
    account = reader.account
    entity_types = (ROLES, GROUPS, POLICIES) if scope.prefix is not None else (ROLES, GROUPS, POLICIES, USERS)
    results = dict(
        zip(entity_types, reader.map(entity_types, lambda entity_type: _list(reader, *entity_type)), strict=True)
    )
    listed = {entity_type: [] if isinstance(result, FailedCall) else result for entity_type, result in results.items()}
    unknowns = {
        entity_type: result.unknown for entity_type, result in results.items() if isinstance(result, FailedCall)
    }
    return Collected(
        (
            *parse_details(listed[ROLES], listed[GROUPS], listed[POLICIES], scope, account),
            *(fact for user in listed.get(USERS, ()) for fact in _user(user, account)),
            *_unknown_facts(unknowns, account),
        )
    )


def _list(reader: AccountReader, name: str, result_key: str) -> list[Details] | FailedCall:
    all_entities = reader.account.arn("iam", "", "*")
    return reader.list_all(GET_ACCOUNT_AUTHORIZATION_DETAILS, result_key, all_entities, Filter=[name])


def parse_details(
    roles: Iterable[Details],
    groups: Iterable[Details],
    policies: Iterable[Details],
    scope: Scope,
    account: AuditedAccount,
) -> list[Fact]:
    """Return the facts in scope from the response of GetAccountAuthorizationDetails.

    botocore has already decoded the policy documents.
    """
    roles = [
        role for role in roles if scope.includes(role["RoleName"]) and not role["Path"].startswith(SERVICE_LINKED_PATH)
    ]
    groups = [group for group in groups if scope.includes(group["GroupName"])]
    attached = {arn for entity in (*roles, *groups) for arn in _attached_policies(entity)}
    return [
        *(fact for role in roles for fact in _role(role, account)),
        *(_identity_policy(group, "GroupPolicyList", account) for group in groups),
        *(_managed_policy(policy, account) for policy in policies if _grants_access(policy, scope, attached)),
    ]


def _role(role: Details, account: AuditedAccount) -> tuple[Fact, ...]:
    trust_policy = Document(role.get("AssumeRolePolicyDocument", ""))
    return (
        IamRole(role["Arn"], trust_policy, account.location()),
        _identity_policy(role, "RolePolicyList", account),
    )


def _user(user: Details, account: AuditedAccount) -> tuple[Fact, ...]:
    return UserAccess(user["Arn"], "an IAM user"), _identity_policy(user, "UserPolicyList", account)


def _identity_policy(entity: Details, inline_policies_key: str, account: AuditedAccount) -> IdentityPolicy:
    """Return the inline and attached policies of a role, group or user."""
    documents = tuple(Document(policy.get("PolicyDocument", "")) for policy in entity.get(inline_policies_key, ()))
    identity = entity["Arn"].split(":", 5)[-1]
    return IdentityPolicy(entity["Arn"], documents, _attached_policies(entity), (), account.location(), None, identity)


def _attached_policies(entity: Details) -> tuple[str, ...]:
    return tuple(policy["PolicyArn"] for policy in entity.get("AttachedManagedPolicies", ()))


def _grants_access(policy: Details, scope: Scope, attached: Collection[str]) -> bool:
    """Return whether to evaluate a managed policy. A policy used only as a permissions boundary grants nothing.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if ":iam::aws:" in policy["Arn"]:
        return False  # AWS managed policies are evaluated by name; the emulator lists them among the account's own
    boundary_only = policy.get("PermissionsBoundaryUsageCount", 0) > 0 and policy.get("AttachmentCount", 0) == 0
    return policy["Arn"] in attached or (scope.includes(policy["Arn"]) and not boundary_only)


def _managed_policy(policy: Details, account: AuditedAccount) -> IdentityPolicy:
    """Return a managed policy with its default version, the only version in effect."""
    documents = (version.get("Document", "") for version in policy["PolicyVersionList"] if version["IsDefaultVersion"])
    return IdentityPolicy(policy["Arn"], (Document(next(documents, "")),), (), (), account.location())


def _unknown_facts(unknowns: Mapping[EntityType, Unknown], account: AuditedAccount) -> Iterable[Fact]:
    """Yield the facts that represent the entities that couldn't be listed."""
    for entity_type, unknown in unknowns.items():
        name = entity_type[0].removeprefix("LocalManaged").lower()
        arn = account.arn("iam", "", f"{name}/*")
        if entity_type == ROLES:
            yield IamRole(arn, Document(unknown), account.location())
        if entity_type == USERS:
            yield UserAccess(arn, unknown)
        yield IdentityPolicy(arn, unknown, unknown, (), account.location())
