"""Does a resource's policy let in somebody from outside?  Asked of callers that nobody meant to name.

A stranger has what no document names on purpose: an account, an organisation, a network address that AWS gives to
nobody. What identifies a caller or the network it comes from is set to the stranger's; what a caller chooses (a header,
a tag, the time) is left open, so that any value counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hipaa import evaluator
from hipaa.access.policy_queries import ParsedPolicy, may_allow, condition_values, requests_covered_by
from hipaa.evaluator.conditions import Condition
from hipaa.model.values import Location, Unknown
from hipaa.model.verdict import Finding, Status, failed, passed, unverified

FOREIGN_ACCOUNT = "000000000000"
FOREIGN_ORGANIZATION = "o-0000000000"
FOREIGN_ADDRESS = "203.0.113.113"  # of TEST-NET-3, RFC 5737

_ARN_PARTS = 6
_ANONYMOUS = evaluator.Principal("Anonymous")
# What AWS sets for a caller with an identity, and for no anonymous one.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_IDENTITY = (
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:userid",
    "aws:username",
    "aws:PrincipalServiceName",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "AWS:SourceIdentity",
    "kms:CallerAccount",
    "kms:ViaService",
)
# What AWS sets when a service calls for a resource: https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
_SOURCE_ACCOUNTS = ("aws:SourceAccount", "aws:SourceOwner", "kms:CallerAccount")
_OF_A_CALLER = (
    *(key for key in _IDENTITY if key != "kms:ViaService"),
    *("aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce"),
)
_NAMES_OF_ACCOUNTS = (
    *("aws:PrincipalAccount", "aws:PrincipalArn", "aws:SourceArn", *_SOURCE_ACCOUNTS),
    *("s3:DataAccessPointAccount", "s3:DataAccessPointArn"),
)


@dataclass(frozen=True)
class TrustedParties:
    """Who may be let in: the stack's own account (None while it can't be told) and those that the config names."""

    location: Location
    resource_name: str
    accounts: frozenset[str]
    organizations: frozenset[str]

    @staticmethod
    def from_options(options: Mapping[str, Any], place: Location, where: str) -> TrustedParties:
        accounts, organizations = options.get("accounts", ()), options.get("organizations", ())
        return TrustedParties(place, where.rsplit("::", 1)[-1], frozenset(accounts), frozenset(organizations))

    def trusts(self, account: str) -> bool:
        return account in self.accounts or account == self.location.account

    def untrusted_finding(self, account: str, what: str) -> Finding:
        """What to say of an account that is let in and isn't trusted: it may be the stack's own."""
        if self.location.account is None and re.fullmatch(r"\d{12}", account) and account != FOREIGN_ACCOUNT:
            return unverified(Unknown(f"the account of {self.resource_name} (the option accounts names those to trust), which"))
        return failed(what)


def public_access(parsed: ParsedPolicy, resources: Sequence[str]) -> Finding:
    """Whether an anonymous caller, or one of any account there is, may be let in.

    Anybody can give a role of an account the name that a condition asks for, so callers have those names too.
    """
    parsed = _without_canonical_users(parsed)
    arns = [None, *sorted({foreign_value(value) for value in condition_values(parsed, "aws:PrincipalArn")})]
    somebody = _principal(f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/{evaluator.ANY}")
    callers = [(_ANONYMOUS, _anonymous()), *((somebody, _caller(FOREIGN_ACCOUNT, arn=arn)) for arn in arns)]
    findings = (
        _asked(parsed, request, f"{_label(statement)} lets in anyone")
        for statement in parsed.possible_allows
        for who, context in callers
        for request in _requests(parsed, statement, who, context, resources)
    )
    return worst_finding(findings, "no stranger is let in")


def _without_canonical_users(parsed: ParsedPolicy) -> ParsedPolicy:
    """Each is one account under another name, and never everyone."""

    def kept(statement: evaluator.Statement) -> evaluator.Statement:
        if statement.effect == "Deny" or statement.not_principals or statement.principals is None:
            return statement
        return replace(statement, principals=tuple(each for each in statement.principals if each[0] != "CanonicalUser"))

    return replace(parsed, policy=evaluator.Policy(tuple(map(kept, parsed.statements))))


def external_principals(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Whether a principal, an account, an organisation or a service is let in that isn't trusted."""
    return worst_finding(_external(parsed, resources, trusted), "nobody from outside is let in")


def _external(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Iterator[Finding]:
    accounts = _accounts(parsed)
    organizations = condition_values(parsed, "aws:PrincipalOrgID") - trusted.organizations
    for statement in parsed.possible_allows:
        for kind, id_ in dict.fromkeys(statement.principals or ()):
            if kind == "AWS" and id_ != "*" and not statement.not_principals:
                account = account_of(id_)
                if trusted.trusts(account):
                    continue
                what = f"{_label(statement)} lets in a principal of another account"
                for request in _requests(parsed, statement, _principal(id_), _caller(account, arn=id_), resources):
                    answer = _asked(parsed, request, what)
                    yield trusted.untrusted_finding(account, what) if answer.status is Status.FAIL else answer
            elif kind in ("Federated", "CanonicalUser") and id_ != "*":
                what = f"{_label(statement)} lets in a principal whose account can't be told"
                who = evaluator.Principal("Federated" if kind == "Federated" else "CanonicalUser", id_)
                yield from (_asked(parsed, each, what) for each in requests_covered_by(statement, who, {}, resources))
        # A wildcard that conditions narrow to an account or an organisation that isn't trusted.
        for account in (each for each in accounts if not trusted.trusts(each)):
            what = f"{_label(statement)} lets in another account"
            who = _principal(f"arn:aws:iam::{account}:role/{evaluator.ANY}")
            for request in _requests(parsed, statement, who, _caller(account), resources):
                answer = _asked(parsed, request, what)
                yield trusted.untrusted_finding(account, what) if answer.status is Status.FAIL else answer
        for organization in organizations:
            what = f"{_label(statement)} lets in an organization that isn't trusted"
            who = _principal(f"arn:aws:iam::{FOREIGN_ACCOUNT}:role/{evaluator.ANY}")
            context = _caller(FOREIGN_ACCOUNT, organization)
            yield from (_asked(parsed, each, what) for each in _requests(parsed, statement, who, context, resources))


def service_access(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Whether an AWS service is let in that acts for a resource of an account that isn't trusted."""
    return worst_finding(_services(parsed, resources, trusted), "each service acts for trusted accounts alone")


def _services(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Iterator[Finding]:
    accounts = [FOREIGN_ACCOUNT, *(each for each in _accounts(parsed) if not trusted.trusts(each))]
    organizations = [FOREIGN_ORGANIZATION, *sorted(condition_values(parsed, "aws:SourceOrgID") - trusted.organizations)]
    for statement in parsed.possible_allows:
        for service, name in _services_of(statement):
            for account, organization in ((account, each) for account in accounts for each in organizations):
                what = f"{_label(statement)} lets {name} in, whoever it acts for"
                for context in _deputies(parsed, statement, service, account, organization):
                    who = evaluator.Principal("Service", service)
                    for request in _requests(parsed, statement, who, context, resources):
                        answer = _asked(parsed, request, what)
                        yield trusted.untrusted_finding(account, what) if answer.status is Status.FAIL else answer


def _services_of(statement: evaluator.Statement) -> list[tuple[str, str]]:
    """The services that a statement names, each with how to call it; where it names everyone, any service there is."""
    principals = statement.principals or ()
    if statement.not_principals or ("AWS", "*") in principals:
        return [(evaluator.ANY, "any service")]
    return [(id_, _shown(id_)) for id_ in sorted({id_ for kind, id_ in principals if kind == "Service"})]


def _shown(service: str) -> str:
    return service if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", service) else "a service"


def _deputies(
    parsed: ParsedPolicy, statement: evaluator.Statement, service: str, account: str, organization: str
) -> Iterator[dict[str, Any]]:
    """What a service tells when it acts for an account: for each kind of source that the document expects, one of it.

    A service has no account, and calls from no network of a customer's.
    """
    for source in sorted({foreign_value(value, account) for value in condition_values(parsed, "aws:SourceArn")} or {_arn_of(account)}):
        yield {
            **dict.fromkeys(_OF_A_CALLER),
            **_encryption_context(statement, account),
            "s3:DataAccessPointAccount": account,
            **dict.fromkeys(_SOURCE_ACCOUNTS, account),
            "aws:SourceArn": source,
            "aws:SourceOrgID": organization,
            "aws:SourceOrgPaths": f"{organization}/r-0000/",
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": service,
            "aws:SecureTransport": "true",
        }


def _encryption_context(statement: evaluator.Statement, account: str) -> dict[str, str]:
    """For each part of it that a statement asks for, what that account could have: best what the statement takes."""
    asked: dict[str, list[Condition]] = {}
    for condition in statement.conditions:
        if _of_context(condition):
            asked.setdefault(condition.key.casefold(), []).append(condition)
    chosen = {}
    for key, conditions in asked.items():
        values = [foreign_value(value, account) for condition in conditions for value in condition.values]
        alone = evaluator.Statement(0, None, "Allow", None, ("*",), None, tuple(conditions))
        asking = {value: evaluator.Request("kms:*", evaluator.ANY, evaluator.ANYONE, {key: value}) for value in values}
        taken = (value for value, each in asking.items() if evaluator.statement_matches(alone, each) is not evaluator.Match.NO)
        chosen[key] = next(taken, values[0])
    return chosen


def foreign_value(value: str, account: str = FOREIGN_ACCOUNT) -> str:
    """The nearest to a value of a condition that somebody else could have: an ARN of that account, what `*` takes."""
    text = re.sub(r"[*?]+", "strange", value)
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return "strange" if text == value else text
    if parts[4]:
        parts[4] = account
    elif not re.search(r"[*?]", value.split(":", _ARN_PARTS - 1)[-1].split("/", 1)[0]):
        parts[5] = "strange"  # a bucket, say: its name is the owner's alone
    return ":".join(parts)


def worst_finding(findings: Iterable[Finding], otherwise: str) -> Finding:
    """A failure, else what isn't known, else a pass."""
    unknown = None
    for finding in findings:
        if finding.status is Status.FAIL:
            return finding
        if finding.status is Status.UNVERIFIED and unknown is None:
            unknown = finding
    return unknown or passed(otherwise)


def _requests(
    parsed: ParsedPolicy,
    statement: evaluator.Statement,
    who: evaluator.Principal,
    context: Mapping[str, Any],
    resources: Sequence[str],
) -> Iterator[evaluator.Request]:
    """Each through an access point of the stranger's own, of every kind that the document expects.

    Through one of the stack's account its own policy lets in, which is judged apart.
    """
    account = context["s3:DataAccessPointAccount"]
    expected = {foreign_value(value, account) for value in condition_values(parsed, "s3:DataAccessPointArn")}
    for arn in sorted(expected or {f"arn:aws:s3:strange:{account}:accesspoint/strange"}):
        yield from requests_covered_by(statement, who, {**context, "s3:DataAccessPointArn": arn}, resources)


def _asked(parsed: ParsedPolicy, request: evaluator.Request, what: str) -> Finding:
    match may_allow(parsed, request):
        case None:
            return passed("")
        case tuple(unknown):
            return unverified(*unknown)
        case _:
            return failed(what)


def _accounts(parsed: ParsedPolicy) -> list[str]:
    """Every account that a condition names."""
    contexts = {each.key for statement in parsed.statements for each in statement.conditions if _of_context(each)}
    values = condition_values(parsed, *_NAMES_OF_ACCOUNTS, *contexts)
    return sorted({account_of(value) for value in values if re.fullmatch(r"\d{12}", account_of(value))})


def _of_context(condition: Condition) -> bool:
    return condition.key.casefold().startswith("kms:encryptioncontext:")


def account_of(principal: str) -> str:
    parts = principal.split(":", _ARN_PARTS - 1)
    return parts[4] if len(parts) == _ARN_PARTS else principal


def _principal(id_: str) -> evaluator.Principal:
    return evaluator.Principal("AWS", id_)


def _caller(account: str, organization: str = FOREIGN_ORGANIZATION, arn: str | None = None) -> dict[str, Any]:
    return {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": arn or f"arn:aws:iam::{account}:role/strange",
        "aws:PrincipalOrgID": organization,
        "aws:PrincipalOrgPaths": f"{organization}/r-0000/",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": "AROA0000000000000000:strange",
        "aws:SourceAccount": None,
        "aws:SourceArn": None,
        "aws:SourceOwner": account,
        "kms:CallerAccount": account,
        "s3:DataAccessPointAccount": account,
        **_network(),
    }


def _anonymous() -> dict[str, Any]:
    context = dict.fromkeys(_IDENTITY)
    return {**context, "aws:PrincipalIsAWSService": "false", "s3:DataAccessPointAccount": FOREIGN_ACCOUNT, **_network()}


def _network() -> dict[str, Any]:
    return {
        "aws:SourceIp": FOREIGN_ADDRESS,
        "aws:VpcSourceIp": None,
        "aws:SourceVpc": "vpc-00000000000000000",
        "aws:SourceVpce": "vpce-00000000000000000",
        "aws:SecureTransport": "true",
    }


def _arn_of(account: str) -> str:
    return f"arn:aws:strange:strange:{account}:strange"


def _label(statement: evaluator.Statement) -> str:
    return f"statement {statement.position}"
