"""The judgment of an identity and an act: a search for a request that the policies allow."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import Enum

from destruction.acts import POLICY_CHANGES, Act, Permission
from destruction.declared_stack import DeclaredStack
from destruction.identities import PARTITION, Identity
from hipaa_controls import evaluator
from hipaa_controls.access.callers import NAME
from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.access.policy_queries import ParsedPolicy
from hipaa_controls.access.policy_search import Found, PolicySearch
from hipaa_controls.access.targets import Target
from hipaa_controls.access.text_search import Template
from hipaa_controls.evaluator.principals import ACCOUNT_PRINCIPAL
from hipaa_controls.model.values import Location


class Answer(Enum):
    """Whether policies allow something."""

    YES = "yes"
    NO = "no"
    NOT_JUDGED = "not judged"


def judge(identity: Identity, act: Act, stack: DeclaredStack) -> Answer:
    """Return whether the policies allow an identity to do an act in one of its ways.

    A request counts as allowed if the policies may allow it, such as with MFA or from some network.
    """
    if not act.ways:
        return Answer.NOT_JUDGED
    return _any(_all(_allowed(identity, permission, stack) for permission in way) for way in act.ways)


def judge_after(identity: Identity, act: Act, earlier: Iterable[Act], stack: DeclaredStack) -> Act | None:
    """Return the act that lifts the denial of an act by bucket policies; None if no act does.

    Args:
        identity: The identity.
        act: The act that bucket policies may deny the identity.
        earlier: The acts that can lift such a denial.
        stack: The stack.
    """
    without_denials = DeclaredStack(
        tuple(resource for resource in stack.resources if resource.type_name != "BucketPolicy")
    )
    if judge(identity, act, stack) is not Answer.NO or judge(identity, act, without_denials) is not Answer.YES:
        return None
    return next((lifting for lifting in earlier if judge(identity, lifting, stack) is Answer.YES), None)


def _allowed(identity: Identity, permission: Permission, stack: DeclaredStack) -> Answer:
    """Return whether an identity may have a permission.

    Within the account, an Allow of either policy suffices. An Allow of the whole account in a resource's policy
    doesn't: it leaves the decision to the identity's own policies. The policy of a key must always allow the request.
    From another account, both policies must. S3 ignores a bucket policy when the root user of the account
    replaces or deletes it.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
    """
    ignored = identity.is_root and permission.action in POLICY_CHANGES
    document = None if ignored else stack.policies.get(permission.policy_owner)
    of_resource = evaluator.parse(document).statements if document else ()
    own = identity.statements
    if own is None:
        return _search(identity, permission, of_resource)
    if identity.account == permission.account and not permission.action.startswith("kms:"):
        return _search(identity, permission, [*own, *map(_without_accounts, of_resource)])
    denials = [statement for statement in of_resource if statement.effect == "Deny"]
    return _all(_search(identity, permission, statements) for statements in (of_resource, [*own, *denials]))


def _without_accounts(statement: evaluator.Statement) -> evaluator.Statement:
    """Return the statement without the accounts that it allows something."""
    if statement.effect == "Deny" or statement.not_principals:
        return statement
    principals = tuple(entry for entry in statement.principals or () if not ACCOUNT_PRINCIPAL.fullmatch(entry[1]))
    return replace(statement, principals=principals)


def _search(identity: Identity, permission: Permission, statements: Sequence[evaluator.Statement]) -> Answer:
    """Return whether these statements, as one policy, may allow the identity what the permission names."""
    before, wildcard, after = permission.resource.partition(evaluator.ANY)
    template: Template = (before, NAME, after) if wildcard else (before,)
    policy = PolicySearch.of(
        ParsedPolicy(evaluator.Policy(tuple(statements)), {}),
        [Target.of(template, (permission.action,))],
        TrustedParties(Location(partition=PARTITION, account=permission.account), "", frozenset(), frozenset()),
    )
    match policy.find(identity.callers(policy), {}, certainly=False):
        case None:
            return Answer.NO
        case Found():
            return Answer.YES
        case _:
            return Answer.NOT_JUDGED


def _any(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return next((answer for answer in (Answer.YES, Answer.NOT_JUDGED) if answer in found), Answer.NO)


def _all(answers: Iterable[Answer]) -> Answer:
    found = set(answers)
    return next((answer for answer in (Answer.NO, Answer.NOT_JUDGED) if answer in found), Answer.YES)
