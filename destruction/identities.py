"""The identities that may destroy something, with what their own policies allow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from destruction.declared_stack import ACCOUNT, BACKUP_ACCOUNT, DEPLOYER, DeclaredStack, Role
from hipaa_controls import evaluator
from hipaa_controls.access.callers import insiders, outsiders
from hipaa_controls.access.policy_search import PolicySearch
from hipaa_controls.access.request_space import Caller, Variant
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.text_search import Requirement, pattern_set

PARTITION = "aws"
_EVERY_PRINCIPAL = (("AWS", "*"),)  # an identity policy has no Principal
_ADMINISTRATOR_ACCESS = (evaluator.Statement(0, None, "Allow", _EVERY_PRINCIPAL, ("*",), ("*",), ()),)


@dataclass(frozen=True)
class Identity:
    """An identity, or every identity of a kind."""

    title: str
    callers: Callable[[PolicySearch], Sequence[Caller]]
    """Return the callers that it can be, in the search of a policy."""
    statements: tuple[evaluator.Statement, ...] | None
    """The statements of its own policies; None for a service, which has none."""
    account: str | None
    """Its account, where its own policies suffice unless a resource requires more; None if it has none or any other."""
    is_root: bool = False
    """Whether it is the root user of its account."""


def identities(
    stack: DeclaredStack, organization: str, other_administrator: str, administrators: Sequence[str]
) -> list[Identity]:
    """Return the identities that the page is about.

    Administrators have the AWS managed policy AdministratorAccess, and roles of the stack what the stack gives them.

    Args:
        stack: The stack.
        organization: The ID of the organization that the stack trusts.
        other_administrator: The ARN of a role in `phi:bucketAdministrators`.
        administrators: The ARNs of all principals that bucket policies exempt from their denials.
    """
    root = [caller for caller in insiders(PARTITION, ACCOUNT, Scope()) if caller.description == "the root user"]
    named = Scope(ids=frozenset((*administrators, *(role.arn for role in stack.roles))))
    unnamed = [caller for caller in insiders(PARTITION, ACCOUNT, named) if caller.description != "the root user"]
    in_backup_account = insiders(PARTITION, BACKUP_ACCOUNT, Scope())
    elsewhere = Scope(accounts=frozenset({ACCOUNT, BACKUP_ACCOUNT}), from_anywhere=True)
    in_organization = replace(elsewhere, only_organizations=frozenset({organization.removeprefix("o-")}))
    outside = replace(elsewhere, organizations=frozenset({organization.removeprefix("o-")}))
    return [
        Identity("Root user of the account", lambda _: root, _ADMINISTRATOR_ACCESS, ACCOUNT, is_root=True),
        _administrator("Deployer", DEPLOYER),
        _administrator("Another bucket administrator", other_administrator),
        Identity("Any other administrator of the account", lambda _: unnamed, _ADMINISTRATOR_ACCESS, ACCOUNT),
        *map(_role, stack.roles),
        Identity(
            "Administrator of the backup account", lambda _: in_backup_account, _ADMINISTRATOR_ACCESS, BACKUP_ACCOUNT
        ),
        _outsider("Administrator of another member account of the organization", in_organization),
        _outsider("Administrator of any other account", outside),
        Identity("AWS services", lambda policy: policy.services(Scope()), None, None),
    ]


def _administrator(title: str, role_arn: str) -> Identity:
    return Identity(title, lambda _: [session_of(role_arn)], _ADMINISTRATOR_ACCESS, ACCOUNT)


def _role(role: Role) -> Identity:
    statements = tuple(statement for document in role.policies for statement in _statements(document))
    title = f"`{role.arn.rpartition('/')[2]}`"
    return Identity(title, lambda _: [session_of(role.arn)], statements, ACCOUNT)


def _outsider(title: str, scope: Scope) -> Identity:
    return Identity(title, lambda _: outsiders(PARTITION, scope), _ADMINISTRATOR_ACCESS, None)


def session_of(role_arn: str) -> Caller:
    """Return the sessions of one role."""
    (session,) = [caller for caller in insiders(PARTITION, ACCOUNT, Scope()) if caller.description == "a role session"]
    variants = tuple(_with_role(variant, role_arn) for variant in session.groups["who"])
    return replace(session, groups={**session.groups, "who": variants})


def _with_role(variant: Variant, role_arn: str) -> Variant:
    template = variant.keys["aws:principalarn"]
    assert isinstance(template, tuple)
    requirement = Requirement(template, pattern_set([role_arn]), matches=True)
    return replace(variant, requirements=(*variant.requirements, requirement))


def _statements(document: str) -> Iterator[evaluator.Statement]:
    for statement in evaluator.parse(document).statements:
        yield replace(statement, principals=_EVERY_PRINCIPAL)
