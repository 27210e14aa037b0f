"""The Principal and NotPrincipal elements (AWS JSON policy elements: Principal; NotPrincipal)."""

import re
from collections.abc import Iterable, Sequence

from hipaa.evaluator.patterns import ANY, UNKNOWN, Match, any_match, match_pattern, compile_wildcards
from hipaa.evaluator.requests import Principal

_COLONS = 5
_ACCOUNT = re.compile(r"arn:[^:]*:iam::(\d{12}):root|(\d{12})")
_ROLE = re.compile(r"arn:([^:]*):iam::(\d{12}):role/(?:.*/)?([^/]+)")
_SESSION = re.compile(r"arn:([^:]*):sts::(\d{12}):assumed-role/([^/]+)/.+")
_USER = re.compile(r"arn:([^:]*):iam::(\d{12}):user/.+")


def principal_matches(entries: Iterable[tuple[str, str]], who: Principal) -> Match:
    """Whether a Principal element with these entries is for `who`."""
    return any_match(_names(kind, entry, who) for kind, entry in entries)


def not_principal_matches(entries: Sequence[tuple[str, str]], who: Principal) -> Match:
    """Whether a NotPrincipal element with these entries leaves `who` out.

    A user is surely left out only where the account is listed too, and a session where account and role are: AWS
    "might" check each of them. A role's ARN stands for sessions of any name, which can't be listed.
    """
    listed = principal_matches(entries, who)
    if who.kind != "AWS" or ("AWS", "*") in entries or _ACCOUNT.fullmatch(who.id):
        return listed
    ids = [entry for kind, entry in entries if kind == "AWS" and _identity(entry, who) is Match.YES]
    surely = (
        who.id in ids
        and not _ROLE.fullmatch(who.id)
        and any(map(_ACCOUNT.fullmatch, ids))
        and (any(map(_ROLE.fullmatch, ids)) or not _SESSION.fullmatch(who.id))
    )
    return Match.YES if surely else listed & Match.MAYBE


def _names(kind: str, entry: str, who: Principal) -> Match:
    if (kind, entry) == ("AWS", "*"):
        return Match.YES
    if kind == UNKNOWN or who.kind == "Anyone" or (kind, entry) == ("AWS", UNKNOWN):
        return Match.MAYBE
    if {kind, who.kind} == {"AWS", "CanonicalUser"}:
        return Match.MAYBE  # Two names for one account, which nothing here translates.
    if kind != who.kind:
        return Match.NO
    if kind == "AWS":
        return _identity(entry, who)
    return match_pattern(compile_wildcards(entry), who.id)


def _identity(entry: str, who: Principal) -> Match:
    if account := _ACCOUNT.fullmatch(entry):
        return match_pattern(account[1] or account[2], _account_of(who))
    answer = match_pattern(entry, who.id)
    if role := _ROLE.fullmatch(entry):  # A session's ARN has the role's name without its path.
        answer |= match_pattern(compile_wildcards("arn:{}:sts::{}:assumed-role/{}/*".format(*role.groups())), who.id)
    if session := _SESSION.fullmatch(entry):  # A role's ARN stands for all its sessions, of which this is one.
        partition, account_id, name = session.groups()
        prefix = f"arn:{partition}:iam::{account_id}:role/"
        answer |= Match.MAYBE & any_match(match_pattern(compile_wildcards(prefix + path), who.id) for path in (name, f"*/{name}"))
    if user := _USER.fullmatch(entry):  # A federated user has the rights of a user that its ARN doesn't name.
        answer |= Match.MAYBE & match_pattern(compile_wildcards("arn:{}:sts::{}:federated-user/*".format(*user.groups())), who.id)
    in_account = match_pattern(entry.split(":")[4], _account_of(who)) if ":" in entry else Match.MAYBE
    return Match.NO if in_account is Match.NO else answer


def _account_of(who: Principal) -> str:
    if re.fullmatch(r"\d{12}", who.id):
        return who.id
    parts = who.id.split(":", _COLONS)
    if len(parts) > _COLONS and ANY not in "".join(parts[:_COLONS]):
        return parts[4]
    return who.account or ANY
