"""The table of identities and acts as a Markdown page: `make docs` writes it to docs/who-can-destroy-what.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from destruction.acts import Act, acts
from destruction.aws_facts import FACTS
from destruction.declared_stack import (
    ACCOUNT,
    BACKUP_ACCOUNT,
    DEPLOYER,
    DeclaredStack,
    declared_backup_account,
    declared_stack,
)
from destruction.identities import Identity, identities
from destruction.judgment import Answer, judge, judge_after

STACK = "prod"
ORGANIZATION = "o-exampleorg1"
OTHER_ADMINISTRATOR = f"arn:aws:iam::{ACCOUNT}:role/storage-admin"
SETTINGS = {
    "organizationId": ORGANIZATION,
    "bucketAdministrators": [OTHER_ADMINISTRATOR],
    "backupCopyVault": f"arn:aws:backup:us-east-1:{BACKUP_ACCOUNT}:backup-vault:backup-account-prod-copies",
}
_CELLS = {Answer.YES: "yes", Answer.NO: "–", Answer.NOT_JUDGED: "not judged"}


def markdown(stack: DeclaredStack, copies: DeclaredStack, other_administrator: str, organization: str) -> str:
    """Return the page.

    Args:
        stack: The stack that it is about.
        copies: The program of the account that receives copies of the backups.
        other_administrator: The ARN of a role in `phi:bucketAdministrators` of the stack.
        organization: The ID of the organization that the stack trusts.
    """
    break_glass_role = next(role.arn for role in stack.roles if role.arn.endswith("-break-glass"))
    administrators = [DEPLOYER, other_administrator, break_glass_role]
    all_acts = acts(stack, copies, administrators)
    letters = dict(zip((act.id for act in all_acts), ascii_uppercase, strict=False))
    return f"""# Who can destroy what

`make docs` generates this page from the policies that the program declares. Don't edit it.

The stack is `{STACK}` with a replica, backups, an organization, another bucket administrator and malware protection.
The backups are copied to a vault of another account, which [`examples/backup-account`](../examples/backup-account)
declares. The stack's locks are in governance mode, the default, and the lock of that vault is in compliance mode.
[What AWS adds](#what-aws-adds) says what compliance mode changes.

## What the policies allow

A cell is *yes* if a search finds a request that the policies allow: the policy of the bucket, key, topic or vault, and
the policies of the identity. The request may be one with MFA, from any network, or for only some of the objects.
Administrators have the AWS managed policy `AdministratorAccess`, and the stack's roles have what the stack gives them.
Service control policies, permissions boundaries and session policies aren't judged. They can only allow less.

A cell is *after {letters["bucket-policy"]}* or *after {letters["named"]}* if a bucket policy denies the act, but the
identity can first do {letters["bucket-policy"]} or {letters["named"]}, which lifts the denial.

The acts:

| | act | permissions |
|---|---|---|
{_legend(all_acts, letters)}

The identities that can do them:

{_table(all_acts, identities(stack, organization, other_administrator, administrators), stack + copies)}

The bucket policies exempt the named administrators by their ARNs: the deployer, the break-glass role and those in
`phi:bucketAdministrators`. Any other administrator of the account can become one of them ({letters["named"]}). So the
denials hold against mistakes and against every lesser role. Against an administrator of the account, only a copy in
another account and a service control policy hold. Compliance mode keeps versions and backups, but not the key without
which they can't be read ({letters["key"]}).

## What AWS adds

| acts | fact | source |
|---|---|---|
{_facts(letters)}
"""


def _table(all_acts: Sequence[Act], rows: Sequence[Identity], stack: DeclaredStack) -> str:
    letters = ascii_uppercase[: len(all_acts)]
    lines = [f"| identity | {' | '.join(letters)} |", f"|---{'|---' * len(letters)}|"]
    for identity in rows:
        cells = (_cell(identity, act, all_acts, stack) for act in all_acts)
        lines.append(f"| {identity.title} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(identity: Identity, act: Act, all_acts: Sequence[Act], stack: DeclaredStack) -> str:
    lifting = [other for other in all_acts if other.id in ("bucket-policy", "named")]
    earlier = judge_after(identity, act, lifting, stack)
    return f"after {ascii_uppercase[all_acts.index(earlier)]}" if earlier else _CELLS[judge(identity, act, stack)]


def _legend(all_acts: Sequence[Act], letters: Mapping[str, str]) -> str:
    return "\n".join(f"| {letters[act.id]} | {act.title} | {_permissions(act)} |" for act in all_acts)


def _permissions(act: Act) -> str:
    """Return the actions of each way to do an act, without repetition."""
    ways = (" and ".join(f"`{permission.action}`" for permission in way) for way in act.ways)
    return ", ".join(dict.fromkeys(ways)) or "the stack has none"


def _facts(letters: Mapping[str, str]) -> str:
    return "\n".join(
        f"| {', '.join(letters[act] for act in fact.acts) or 'all'} | {fact.text} | <{fact.source}> |" for fact in FACTS
    )


def declared_programs() -> tuple[DeclaredStack, DeclaredStack]:
    """Return the stack, and the program of the account that receives copies of its backups."""
    stack = declared_stack(STACK, SETTINGS)
    (backup_role,) = [role.arn for role in stack.roles if role.arn.endswith("-backup-role")]
    return stack, declared_backup_account(backup_role)


if __name__ == "__main__":
    print(markdown(*declared_programs(), OTHER_ADMINISTRATOR, ORGANIZATION), end="")
