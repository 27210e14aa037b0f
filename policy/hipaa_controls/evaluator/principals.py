"""The Principal and NotPrincipal elements ("AWS JSON policy elements: Principal" and "NotPrincipal")."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from hipaa_controls.evaluator.patterns import ANY, UNKNOWN, Match, any_match, compile_wildcards, match_pattern
from hipaa_controls.evaluator.requests import Principal

_ARN_PARTS = 6
ACCOUNT_PRINCIPAL = re.compile(r"arn:[^:]*:iam::(\d{12}):root|(\d{12})")
_NAMED_ACCOUNT = re.compile(r"(?:arn:[^:]*:[^:]*:[^:]*:)?(\d{12})(?![^:])", re.ASCII)
ROLE_ARN = re.compile(r"arn:([^:]*):iam::(\d{12}):role/(?:.*/)?([^/]+)")
SESSION_ARN = re.compile(r"arn:([^:]*):sts::(\d{12}):assumed-role/([^/]+)/.+")
USER_ARN = re.compile(r"arn:([^:]*):iam::(\d{12}):user/.+")


class PrincipalEntries:
    """The entries of a Principal element, which are pairs of kind and ID, by the account that an ID names."""

    def __init__(self, entries: Iterable[tuple[str, str]]) -> None:
        self.entries = tuple(entries)
        self._without_account: list[tuple[str, str]] = []
        self._by_account: dict[str, list[tuple[str, str]]] = {}
        for kind, id_ in self.entries:
            named = _NAMED_ACCOUNT.match(id_) if kind == "AWS" else None
            (self._by_account.setdefault(named[1], []) if named else self._without_account).append((kind, id_))

    def candidates(self, principal: Principal) -> Iterable[tuple[str, str]]:
        """Return the entries, except those for another account than the principal's."""
        account = _principal_account(principal)
        if principal.kind != "AWS" or ANY in account:
            return self.entries
        return [*self._without_account, *self._by_account.get(account, ())]


@lru_cache(maxsize=1 << 14)
def principal_matches(entries: PrincipalEntries, principal: Principal) -> Match:
    """Return whether a Principal element with these entries includes the principal."""
    return any_match(_entry_matches(kind, id_, principal) for kind, id_ in entries.candidates(principal))


def not_principal_matches(entries: Sequence[tuple[str, str]], principal: Principal) -> Match:
    """Return whether a NotPrincipal element with these entries excludes the principal.

    A user is certain to be excluded only if its account is listed too, and a session only if its account and role are:
    AWS "might" check each of them. A role's ARN stands for sessions of any name, which can't all be listed.
    """
    listed = any_match(_entry_matches(kind, id_, principal) for kind, id_ in entries)
    if principal.kind != "AWS" or ("AWS", "*") in entries or ACCOUNT_PRINCIPAL.fullmatch(principal.id):
        return listed
    matching_ids = [id_ for kind, id_ in entries if kind == "AWS" and _aws_id_matches(id_, principal) is Match.YES]
    is_role = ROLE_ARN.fullmatch(principal.id)
    is_session = SESSION_ARN.fullmatch(principal.id)
    certain = (
        principal.id in matching_ids
        and not is_role
        and any(map(ACCOUNT_PRINCIPAL.fullmatch, matching_ids))
        and (any(map(ROLE_ARN.fullmatch, matching_ids)) or not is_session)
    )
    return Match.YES if certain else listed & Match.MAYBE


def is_account(value: object) -> bool:
    """Return whether a value is the ID of an account."""
    return isinstance(value, str) and re.fullmatch(r"[0-9]{12}", value) is not None


def account_of(arn: str) -> str:
    """Return the account in an ARN. Text that isn't an ARN, such as an account ID, is returned unchanged."""
    parts = arn.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else arn


def _entry_matches(kind: str, id_: str, principal: Principal) -> Match:
    if (kind, id_) == ("AWS", "*"):
        return Match.YES
    if kind == UNKNOWN or principal.kind == "Anyone" or (kind, id_) == ("AWS", UNKNOWN):
        return Match.MAYBE
    if {kind, principal.kind} == {"AWS", "CanonicalUser"}:
        return Match.MAYBE  # Both kinds can name the same account, and nothing here translates one into the other.
    if kind != principal.kind:
        return Match.NO
    if kind == "AWS":
        return _aws_id_matches(id_, principal)
    return match_pattern(compile_wildcards(id_), principal.id)


def _aws_id_matches(id_: str, principal: Principal) -> Match:
    if account := ACCOUNT_PRINCIPAL.fullmatch(id_):
        return match_pattern(account[1] or account[2], _principal_account(principal))
    result = match_pattern(id_, principal.id)
    if role := ROLE_ARN.fullmatch(id_):
        # The ARN of a session contains the role's name without its path.
        sessions = "arn:{}:sts::{}:assumed-role/{}/*".format(*role.groups())
        result |= match_pattern(compile_wildcards(sessions), principal.id)
    if session := SESSION_ARN.fullmatch(id_):
        # The principal may be a role, whose ARN stands for all its sessions; this is one of them.
        partition, account_id, name = session.groups()
        roles = (f"arn:{partition}:iam::{account_id}:role/{path}" for path in (name, f"*/{name}"))
        result |= Match.MAYBE & any_match(match_pattern(compile_wildcards(arn), principal.id) for arn in roles)
    if user := USER_ARN.fullmatch(id_):
        # A federated user has the permissions of a user that its own ARN doesn't name.
        federated_users = "arn:{}:sts::{}:federated-user/*".format(*user.groups())
        result |= Match.MAYBE & match_pattern(compile_wildcards(federated_users), principal.id)
    in_account = match_pattern(id_.split(":")[4], _principal_account(principal)) if ":" in id_ else Match.MAYBE
    return Match.NO if in_account is Match.NO else result


@lru_cache(maxsize=1 << 12)
def _principal_account(principal: Principal) -> str:
    """Return the principal's account, or ANY if it isn't known."""
    if re.fullmatch(r"\d{12}", principal.id):
        return principal.id
    parts = principal.id.split(":", _ARN_PARTS - 1)
    if len(parts) == _ARN_PARTS and ANY not in "".join(parts[:-1]):
        return parts[4]
    return principal.account or ANY
