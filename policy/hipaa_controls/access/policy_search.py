"""The searches for requests that one policy allows, and their findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from hipaa_controls import evaluator
from hipaa_controls.access import callers as access_callers
from hipaa_controls.access import networks, service_callers
from hipaa_controls.access.elements import may_be_everyone, variables_of
from hipaa_controls.access.parties import (
    RESOURCE_ORGANIZATION,
    NamedParties,
    TrustedParties,
    named_parties,
    untrusted,
)
from hipaa_controls.access.policy_queries import ParsedPolicy
from hipaa_controls.access.request_space import Caller
from hipaa_controls.access.scope import Scope
from hipaa_controls.access.search import Question, Search, Witness
from hipaa_controls.access.targets import Target
from hipaa_controls.access.text_search import SearchTooLong
from hipaa_controls.access.witness import describe
from hipaa_controls.evaluator.patterns import UNKNOWN
from hipaa_controls.model.values import Unknown
from hipaa_controls.model.verdict import Finding, unverified

# What ${aws:ResourceAccount} stands for while the account isn't known: no outsider's account.
_UNKNOWN_ACCOUNT = "the resource's account"
# A principal that a caller of an account can be: the account, or one of its identities by name.
_OF_ACCOUNT = re.compile(r"(?:arn:[^:]*:(?:iam|sts)::)?(\d{12})(?::[a-z-]+(?:/[\w+=,.@/-]+)?)?", re.ASCII)
# The services that accept requests without a signature; the last is a service that isn't known.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html ("Principal key values")
_UNSIGNED = ("s3:", "sns:", "sqs:", "any:")
# What has an owner, by the condition keys that require it: the option that trusts it, and its name.
_OWNED = (
    ({"aws:sourcevpce", "aws:sourcevpc", "aws:sourcevpcarn"}, "endpoints", "VPC endpoint"),
    ({"aws:sourceip"}, "networks", "network"),
)
_OWNED_ID = ("ids", "unique ID")


@dataclass(frozen=True)
class Found:
    """A request that the policy allows, or may allow."""

    witness: Witness

    @property
    def label(self) -> str:
        return statement_label(self.witness.statement)

    @property
    def accounts(self) -> list[str]:
        """The accounts of the caller, of the party that a service acts for, and of the access point."""
        context = self.witness.request.context
        keys = ("aws:principalaccount", "aws:sourceaccount", "s3:dataaccesspointaccount")
        contexts = [key for key in context if key.startswith("kms:encryptioncontext:")]
        return [evaluator.account_of(values[0]) for key in (*keys, *contexts) if (values := context.get(key))]

    @property
    def service(self) -> str:
        """The service, where the statement names it."""
        id_ = self.witness.request.principal.id
        named = [name for kind, name in self.witness.statement.principals or () if kind == "Service"]
        if self.witness.statement.not_principals or not named:
            return "any service"
        return id_ if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", id_) else "a service"


@dataclass(frozen=True)
class GivenUp:
    """A search that was given up, for the requests that a statement allows."""

    statement: evaluator.Statement


@dataclass(frozen=True)
class PolicySearch:
    """A policy, with what every search for a request that it allows needs.

    Attributes:
        parsed: The policy.
        question: What is searched for.
        partitions: The partition of the resource, and others that the policy names.
        named: The parties that the policy names.
        trusted: The parties that may have access.
        access_point: The ARN of the access point whose policy it is, if it is one's.
    """

    parsed: ParsedPolicy
    question: Question
    partitions: tuple[str, ...]
    named: NamedParties
    trusted: TrustedParties
    access_point: str | None

    @staticmethod
    def of(parsed: ParsedPolicy, targets: Sequence[Target], trusted: TrustedParties) -> PolicySearch:
        statements = parsed.statements
        partitions = _partitions(statements, trusted.location.partition)
        account = trusted.location.account
        variables = {
            "aws:resourceaccount": account or _UNKNOWN_ACCOUNT,
            "s3:resourceaccount": account or _UNKNOWN_ACCOUNT,
            "aws:resourceorgid": RESOURCE_ORGANIZATION,
        }
        question = Question(
            statements=statements,
            targets=tuple(targets),
            lookup=lambda key: variables.get(key.casefold(), UNKNOWN),
            constants={"aws:resourceaccount": account, "s3:resourceaccount": account} if account else {},
            minimum_addresses={},
            certainly=False,
            variables=tuple(dict.fromkeys(key.casefold() for key in variables_of(statements))),
        )
        return PolicySearch(parsed, question, partitions, named_parties(statements), trusted, _access_point(targets))

    def unnamed(self) -> Scope:
        """Return every party that the policy doesn't name."""
        scope = untrusted(self.trusted, self.named)
        return replace(
            scope,
            accounts=scope.accounts | self.named.accounts,
            organizations=scope.organizations | {name.removeprefix("o-") for name in self.named.organizations},
            endpoints=scope.endpoints | self.named.endpoints,
            ids=scope.ids | self.named.ids,
        )

    def from_anywhere(self) -> Scope:
        """Return everyone but the trusted parties, in trusted networks too."""
        scope = untrusted(self.trusted, self.named)
        return replace(scope, endpoints=frozenset(), networks=frozenset(), from_anywhere=True)

    def named_outsiders(self) -> tuple[list[Caller], list[Caller]]:
        """Return the callers of accounts, and those of organizations, that the policy names and that aren't trusted.

        They may call from anywhere: a policy that names a vendor and an endpoint of one's own lets the vendor in there.
        """
        anywhere = self.from_anywhere()
        let_in = named_parties([*self.parsed.possible_allows, *map(_spared, self.parsed.statements)])
        accounts = let_in.accounts - self.trusted.all_accounts
        organizations = frozenset(name.removeprefix("o-") for name in let_in.organizations)
        return (
            self._signed(replace(anywhere, only_accounts=accounts)) if accounts else [],
            self._signed(replace(anywhere, only_organizations=organizations))
            if organizations - anywhere.organizations
            else [],
        )

    def unsigned_and_signed(self, scope: Scope) -> list[Caller]:
        """Return callers that sign their requests and, where the service accepts it, those that don't."""
        signed = self._signed(scope)
        actions = [action for target in self.question.targets for action in target.actions]
        if any(action.startswith(_UNSIGNED) for action in actions):
            return [access_callers.anonymous(self.partitions[0], scope), *signed]
        return signed

    def _signed(self, scope: Scope) -> list[Caller]:
        return [caller for partition in self.partitions for caller in access_callers.outsiders(partition, scope)]

    def named_principals(self, scope: Scope) -> list[Caller]:
        """Return the principals that a statement names, and that are searched for by their ID alone."""
        entries = dict.fromkeys(
            (kind, id_)
            for statement in self.parsed.possible_allows
            if not statement.not_principals
            for kind, id_ in statement.principals or ()
            if _is_known_by_id(kind, id_) and id_ not in scope.ids
        )
        found: list[Caller] = []
        for kind, id_ in entries:
            account = re.search(r":(\d{12}):", id_)
            if account and self.trusted.trusts(account[1]):
                continue
            of_account = replace(scope, only_accounts=frozenset({account[1]})) if account else scope
            found += access_callers.named_principal(kind, id_, self.partitions[0], of_account)
        return found

    def services(self, scope: Scope) -> list[Caller]:
        keys = {
            condition.key.casefold()
            for statement in self.parsed.statements
            for condition in statement.conditions
            if condition.key.casefold().startswith("kms:encryptioncontext:")
        }
        return [
            caller
            for partition in self.partitions
            for caller in service_callers.services(partition, scope, tuple(sorted(keys)))
        ]

    def find(
        self, callers: Iterable[Caller], minimum_addresses: Mapping[int, int], *, certainly: bool
    ) -> Found | GivenUp | None:
        """Return a request by one of the callers that the policy allows.

        Args:
            callers: The callers.
            minimum_addresses: By IP version: the conditions on aws:SourceIp must leave more addresses than this.
            certainly: Whether the policy must certainly allow the request.

        Returns:
            The request; if there is none, what was given up, if anything.
        """
        question = replace(self.question, minimum_addresses=minimum_addresses, certainly=certainly)
        given_up = None
        statements = [
            statement for statement in self.parsed.possible_allows if statement.effect == "Allow" or not certainly
        ]
        if self.access_point:
            callers = [networks.through_access_point(caller, self.access_point) for caller in callers]
        for caller in callers:
            concerning = [(statement, _for_callers(statement, caller)) for statement in statements]
            search = Search(question, caller) if any(allow for _, allow in concerning) else None
            for statement, allow in concerning:
                if search is None or allow is None:
                    continue
                try:
                    witness = search.witness(allow) or (
                        self._with_variables(question, caller, allow) if certainly else None
                    )
                except SearchTooLong:
                    given_up = given_up or GivenUp(statement)
                    continue
                if witness:
                    return Found(replace(witness, statement=statement))
        return given_up

    def _with_variables(self, question: Question, caller: Caller, allow: evaluator.Statement) -> Witness | None:
        """Return a request that the policy certainly allows, with the values of its variables in a possible one."""
        dynamic = [key for key in question.variables if question.lookup(key) == UNKNOWN]
        if not dynamic:
            return None
        possible = Search(replace(question, certainly=False), caller).witness(allow)
        if possible is None:
            return None
        context = possible.request.context
        pinned = {key: (context.get(key) or (caller.some_value(key),))[0] for key in dynamic}
        return Search(replace(question, pinned=pinned), caller).witness(allow)

    def finding(self, found: Found, what: str) -> Finding:
        """Return that a request is allowed. An account that the policy names may be one's own: then it is unverified.

        Args:
            found: The request.
            what: What the statement allows, as a verb phrase. `{anyone}` stands for anyone, with or without conditions.
        """
        # The policy of an access point names that one's account to say through what its callers come.
        named = self.named.accounts - {evaluator.account_of(self.access_point or "")}
        account = next((account for account in found.accounts if account in named), "")
        has_conditions = bool(found.witness.statement.conditions)
        what = what.format(anyone="anyone who meets its conditions" if has_conditions else "anyone")
        return self.trusted.untrusted_finding(account, f"{found.label} {what}", describe(found.witness))

    def owned_or_undecided(self, callers: Iterable[Caller], possible: Found | GivenUp) -> Finding:
        """Return that only the owner of something that the policy names has access, or that it can't be decided."""
        owner = self.find(callers, {}, certainly=True)
        return self.owner_finding(owner) if isinstance(owner, Found) else self.undecided(possible)

    def owner_finding(self, found: Found) -> Finding:
        """Return that only the owner of something that the policy names has access."""
        required = {
            condition.key.casefold() for statement in self.parsed.statements for condition in statement.conditions
        }
        present = required & found.witness.request.context.keys()
        if not self.access_point and any(account in self.named.accounts for account in found.accounts):
            return self.finding(found, "allows callers through an untrusted account's access point")
        option, what = next(((option, what) for keys, option, what in _OWNED if keys & present), _OWNED_ID)
        reason = f"isn't known to be trusted; if it is, name it in the option {option}"
        return unverified(Unknown(f"the {what} in a condition of {found.label}", reason=reason))

    def undecided(self, possible: Found | GivenUp, subject: str = "") -> Finding:
        """Return that a request may be allowed, and what that depends on.

        Args:
            possible: The request, or what was given up.
            subject: What isn't decided, if it isn't the access that a statement grants.
        """
        if isinstance(possible, GivenUp):
            reason = "isn't decided: its conditions and the Deny statements can be combined in too many ways"
            return unverified(
                Unknown(subject or f"the access granted by {statement_label(possible.statement)}", reason=reason)
            )
        unknowns = [
            unknown
            for statement in self.parsed.statements
            if evaluator.statement_matches(statement, possible.witness.request) is evaluator.Match.MAYBE
            or statement is possible.witness.statement
            for unknown in self.parsed.unknowns_by_statement.get(statement.position, ())
        ]
        if unknowns:
            return unverified(*unknowns)
        # The reasons would name a statement by its Sid, which is the program's own text.
        unnamed = evaluator.Policy(tuple(replace(statement, sid=None) for statement in self.parsed.statements))
        decision = evaluator.evaluate([unnamed], possible.witness.request)
        reason = f"can't be decided: {decision.reasons[0]}" if decision.reasons else "can't be decided"
        return unverified(
            Unknown(subject or f"whether {possible.label} grants access to an untrusted party", reason=reason)
        )


def _spared(statement: evaluator.Statement) -> evaluator.Statement:
    """Return the statement with only those elements that name the principals that a Deny doesn't apply to."""
    return replace(
        statement,
        principals=statement.principals if statement.not_principals else None,
        conditions=tuple(condition for condition in statement.conditions if condition.operator.negated),
    )


def _access_point(targets: Iterable[Target]) -> str | None:
    """Return the ARN of the access point that the targets are, or are reached through."""
    texts = ("".join(part for part in target.template if isinstance(part, str)) for target in targets)
    return next((match[0] for text in texts if (match := re.match(r"arn:.*:accesspoint/[^/]+", text))), None)


def _is_known_by_id(kind: str, id_: str) -> bool:
    """Return whether a principal is searched for by its ID alone: the ID has no account, or AWS gave it its name.

    No role or user can have a name with other characters. Sessions of AWS's own infrastructure have some.
    """
    if kind == "AWS":
        return id_ != "*" and UNKNOWN not in id_ and _OF_ACCOUNT.fullmatch(id_) is None
    return kind in ("CanonicalUser", "Federated")


def _for_callers(statement: evaluator.Statement, caller: Caller) -> evaluator.Statement | None:
    """Return the statement as it concerns these callers, or None if it names only others."""
    if statement.not_principals or caller.principal_kind == "CanonicalUser":
        return statement
    # A canonical user is one account's, so it is searched for by its own ID alone.
    named = tuple(entry for entry in statement.principals or () if entry[0] != "CanonicalUser")
    return replace(statement, principals=named) if any(_may_be(caller, *entry) for entry in named) else None


def _may_be(caller: Caller, kind: str, id_: str) -> bool:
    """Return whether a caller may be a principal that a statement names."""
    if (kind, id_) == ("AWS", "*") or may_be_everyone(kind, id_):
        return True
    if kind != caller.principal_kind:
        return False
    of_account = _OF_ACCOUNT.fullmatch(id_) if kind == "AWS" else None
    return of_account is None or of_account[1] in caller.accounts


def _partitions(statements: Iterable[evaluator.Statement], own: str) -> tuple[str, ...]:
    """Return the partition of the resource, and any other that the policy names: the resource's may be a guess."""
    texts = (
        text
        for statement in statements
        for values in (
            [id_ for _, id_ in statement.principals or ()],
            statement.resources or (),
            *(condition.values for condition in statement.conditions),
        )
        for text in values
    )
    named = {match[1] for text in texts if (match := re.match(r"arn:(aws[a-z-]*):", text))}
    return (own, *sorted(named - {own}))


def statement_label(statement: evaluator.Statement) -> str:
    """Return the name of a statement in findings: its position, and never its Sid, which is the program's own text."""
    return f"statement {statement.position}"
