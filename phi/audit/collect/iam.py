"""Who may do what: roles, the policies of identities, and users. IAM tells everything in one call.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hipaa.model.stack import Fact
from hipaa.model.values import Document, Unknown
from hipaa.services.iam.facts import IamRole, IdentityPolicy, UserAccess
from phi.audit.calls import Call, ResourceType
from phi.audit.collected import Collected
from phi.audit.reader import AuditedAccount, AccountReader, FailedCall
from phi.audit.scope import Scope

DETAILS = Call("iam", "get_account_authorization_details", "iam:GetAccountAuthorizationDetails", ResourceType.ANY)
CALLS = (DETAILS,)

# AWS makes the roles of its services in this path, where nobody else can: who takes them, and what they may do, can't
# be changed. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
OF_SERVICES = "/aws-service-role/"
# IAM's name for each kind, what the answer calls them, and what it calls the inline policies of one.
ROLES = ("Role", "RoleDetailList")
GROUPS = ("Group", "GroupDetailList")
USERS = ("User", "UserDetailList")
POLICIES = ("LocalManagedPolicy", "Policies")

Details = Mapping[str, Any]


def collect(reader: AccountReader, scope: Scope) -> Collected:
    """All of the account, or the roles, groups and policies that are named as the stack's; it has no users."""
    kinds = (ROLES, GROUPS, POLICIES) if scope.prefix is not None else (ROLES, GROUPS, POLICIES, USERS)
    answers = dict(zip(kinds, reader.map(kinds, lambda kind: _listed(reader, *kind)), strict=True))
    account = reader.account
    told = {kind: [] if isinstance(answer, FailedCall) else answer for kind, answer in answers.items()}
    facts = [
        *facts_of(told[ROLES], told[GROUPS], told[POLICIES], scope, account),
        *(fact for user in told.get(USERS, ()) for fact in _user(user, account)),
    ]
    unread = {kind: answer.unknown for kind, answer in answers.items() if isinstance(answer, FailedCall)}
    return Collected((*facts, *_unread(unread, account)))


def _listed(reader: AccountReader, kind: str, result: str) -> list[Details] | FailedCall:
    return reader.pages(DETAILS, result, _everyone(reader.account), Filter=[kind])


def _everyone(account: AuditedAccount) -> str:
    return account.arn("iam", "", "*")


def facts_of(
    roles: Iterable[Details], groups: Iterable[Details], policies: Iterable[Details], scope: Scope, account: AuditedAccount
) -> list[Fact]:
    """From the answers of GetAccountAuthorizationDetails, whose documents botocore has decoded."""
    ours = [each for each in roles if scope.has(each["RoleName"]) and not each["Path"].startswith(OF_SERVICES)]
    shared = [each for each in groups if scope.has(each["GroupName"])]
    attached = {arn for each in (*ours, *shared) for arn in _attached(each)}
    return [
        *(fact for role in ours for fact in _role(role, account)),
        *(_identity(group, "GroupPolicyList", account) for group in shared),
        *(_policy(each, account) for each in policies if _grants(each, scope, attached)),
    ]


def _role(role: Details, account: AuditedAccount) -> tuple[Fact, ...]:
    trust = Document(role.get("AssumeRolePolicyDocument", ""))
    return IamRole(role["Arn"], trust, account.location()), _identity(role, "RolePolicyList", account)


def _user(user: Details, account: AuditedAccount) -> tuple[Fact, ...]:
    return UserAccess(user["Arn"], "an IAM user"), _identity(user, "UserPolicyList", account)


def _identity(holder: Details, inline: str, account: AuditedAccount) -> IdentityPolicy:
    documents = tuple(Document(each.get("PolicyDocument", "")) for each in holder.get(inline, ()))
    return IdentityPolicy(holder["Arn"], documents, _attached(holder), (), account.location())


def _attached(holder: Details) -> tuple[str, ...]:
    return tuple(each["PolicyArn"] for each in holder.get("AttachedManagedPolicies", ()))


def _grants(policy: Details, scope: Scope, attached: Collection[str]) -> bool:
    """Whether it is to be judged. What is used as a boundary alone lets nobody do anything.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
    """
    if ":iam::aws:" in policy["Arn"]:
        return False  # AWS's own are judged by their names; the emulator lists them among the account's
    bounds = policy.get("PermissionsBoundaryUsageCount", 0) > 0 and policy.get("AttachmentCount", 0) == 0
    return policy["Arn"] in attached or (scope.has(policy["Arn"]) and not bounds)


def _policy(policy: Details, account: AuditedAccount) -> IdentityPolicy:
    """Its default version, the only one in force."""
    documents = (each.get("Document", "") for each in policy["PolicyVersionList"] if each["IsDefaultVersion"])
    return IdentityPolicy(policy["Arn"], (Document(next(documents, "")),), (), (), account.location())


def _unread(kinds: Mapping[tuple[str, str], Unknown], account: AuditedAccount) -> Iterable[Fact]:
    """What stands for all that couldn't be listed."""
    for kind, unknown in kinds.items():
        name = kind[0].removeprefix("LocalManaged").lower()
        arn = account.arn("iam", "", f"{name}/*")
        if kind == ROLES:
            yield IamRole(arn, Document(unknown), account.location())
        if kind == USERS:
            yield UserAccess(arn, unknown)
        yield IdentityPolicy(arn, unknown, unknown, (), account.location())
