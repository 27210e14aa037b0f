"""Detection of public and external access in the policy of a resource.

The policy is evaluated for test callers. Their account, organization and IP address are values that AWS never assigns,
so a policy can't name them on purpose. What identifies a caller or its network has such a foreign value; what a caller
chooses (a header, a tag, the time) is unspecified, so that any value counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access.policy_queries import (
    Allowed,
    NotAllowed,
    ParsedPolicy,
    Undetermined,
    condition_values,
    may_allow,
    requests_covered_by,
)
from hipaa_controls.evaluator.conditions import Condition
from hipaa_controls.model.values import Location, Unknown
from hipaa_controls.model.verdict import Finding, Status, failed, passed, unverified, worst_finding

FOREIGN_ACCOUNT = "000000000000"
FOREIGN_ORGANIZATION = "o-0000000000"
FOREIGN_ADDRESS = "203.0.113.113"  # in TEST-NET-3, RFC 5737
_FOREIGN = "foreign"

_ARN_PARTS = 6
_ANONYMOUS = evaluator.Principal("Anonymous")
# Keys that AWS sets for a caller with an identity, and never for an anonymous caller.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
_IDENTITY_KEYS = (
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
# Keys that contain an account when a service calls on behalf of a resource:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
_SOURCE_ACCOUNT_KEYS = ("aws:SourceAccount", "aws:SourceOwner", "kms:CallerAccount")
# Keys that are absent from a request that a service makes.
_CALLER_KEYS = (
    *(key for key in _IDENTITY_KEYS if key != "kms:ViaService"),
    *("aws:SourceIp", "aws:VpcSourceIp", "aws:SourceVpc", "aws:SourceVpce"),
)
_ACCOUNT_KEYS = (
    *("aws:PrincipalAccount", "aws:PrincipalArn", "aws:SourceArn", *_SOURCE_ACCOUNT_KEYS),
    *("s3:DataAccessPointAccount", "s3:DataAccessPointArn"),
)


@dataclass(frozen=True)
class TrustedParties:
    """The accounts and organizations that may have access to a resource.

    Attributes:
        location: The resource's location, whose account is trusted; the account is None while it isn't known.
        resource_name: The resource's name, for messages.
        accounts: Other accounts, from the pack's config.
        organizations: Organizations, from the pack's config.
    """

    location: Location
    resource_name: str
    accounts: frozenset[str]
    organizations: frozenset[str]

    @staticmethod
    def from_options(options: Mapping[str, Any], location: Location, resource: str) -> TrustedParties:
        """Return the parties that a control's options name, and the account of the resource.

        Args:
            options: The options of the control.
            location: The resource's location.
            resource: The resource's URN or ARN.
        """
        accounts, organizations = options.get("accounts", ()), options.get("organizations", ())
        return TrustedParties(location, resource.rsplit("::", 1)[-1], frozenset(accounts), frozenset(organizations))

    def trusts(self, account: str) -> bool:
        return account in self.accounts or account == self.location.account

    def untrusted_finding(self, account: str, failure: str) -> Finding:
        """Return a failure, or an unverified finding where the account may be the stack's own."""
        if self.location.account is None and re.fullmatch(r"\d{12}", account) and account != FOREIGN_ACCOUNT:
            reason = "isn't known yet; to trust an account anyway, name it in the option accounts"
            return unverified(Unknown(f"the account of {self.resource_name}", reason=reason))
        return failed(failure)


def public_access(parsed: ParsedPolicy, resources: Sequence[str]) -> Finding:
    """Check that the policy allows neither anonymous callers nor callers of any account.

    Anyone can create a role with the name that a condition requires, so test callers with those names are used too.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
    """
    parsed = _without_canonical_users(parsed)
    caller_arns = [None, *sorted({foreign_value(value) for value in condition_values(parsed, "aws:PrincipalArn")})]
    foreign_role = _any_role_of(FOREIGN_ACCOUNT)
    callers = [
        (_ANONYMOUS, _anonymous_context()),
        *((foreign_role, _caller_context(FOREIGN_ACCOUNT, arn=arn)) for arn in caller_arns),
    ]
    findings = (
        _access_finding(parsed, request, f"{_label(statement)} allows public access")
        for statement in parsed.possible_allows
        for principal, context in callers
        for request in _requests(parsed, statement, principal, context, resources)
    )
    return worst_finding(findings, "public access isn't allowed")


def _without_canonical_users(parsed: ParsedPolicy) -> ParsedPolicy:
    """Return the policy without its canonical users: each stands for one account, so none makes it public."""

    def without(statement: evaluator.Statement) -> evaluator.Statement:
        if statement.effect == "Deny" or statement.not_principals or statement.principals is None:
            return statement
        principals = tuple((kind, id_) for kind, id_ in statement.principals if kind != "CanonicalUser")
        return replace(statement, principals=principals)

    return replace(parsed, policy=evaluator.Policy(tuple(map(without, parsed.statements))))


def external_principals(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Check that the policy allows no principal, account or organization that isn't trusted.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
        trusted: The parties that may have access.
    """
    findings = _external_principal_findings(parsed, resources, trusted)
    return worst_finding(findings, "no untrusted principal is allowed")


def _external_principal_findings(
    parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties
) -> Iterator[Finding]:
    accounts = _accounts_in_conditions(parsed)
    organizations = condition_values(parsed, "aws:PrincipalOrgID") - trusted.organizations
    for statement in parsed.possible_allows:
        for kind, id_ in dict.fromkeys(statement.principals or ()):
            if kind == "AWS" and id_ != "*" and not statement.not_principals:
                account = evaluator.account_of(id_)
                if trusted.trusts(account):
                    continue
                failure = f"{_label(statement)} allows a principal of an untrusted account"
                principal, context = evaluator.Principal("AWS", id_), _caller_context(account, arn=id_)
                for request in _requests(parsed, statement, principal, context, resources):
                    yield _account_finding(parsed, request, account, trusted, failure)
            elif kind in ("Federated", "CanonicalUser") and id_ != "*":
                failure = f"{_label(statement)} allows a principal whose account can't be determined"
                principal = evaluator.Principal("Federated" if kind == "Federated" else "CanonicalUser", id_)
                for request in requests_covered_by(statement, principal, {}, resources):
                    yield _access_finding(parsed, request, failure)
        # A wildcard principal that conditions restrict to an account or an organization that isn't trusted.
        for account in (account for account in accounts if not trusted.trusts(account)):
            failure = f"{_label(statement)} allows an untrusted account"
            principal, context = _any_role_of(account), _caller_context(account)
            for request in _requests(parsed, statement, principal, context, resources):
                yield _account_finding(parsed, request, account, trusted, failure)
        for organization in organizations:
            failure = f"{_label(statement)} allows an untrusted organization"
            principal, context = _any_role_of(FOREIGN_ACCOUNT), _caller_context(FOREIGN_ACCOUNT, organization)
            for request in _requests(parsed, statement, principal, context, resources):
                yield _access_finding(parsed, request, failure)


def untrusted_access_findings(
    parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties
) -> tuple[Finding, ...]:
    """Return the findings about public access, untrusted principals, and services that act for untrusted accounts."""
    return (
        public_access(parsed, resources),
        external_principals(parsed, resources, trusted),
        service_access(parsed, resources, trusted),
    )


def service_access(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Finding:
    """Check that the policy allows no AWS service to act on behalf of an account that isn't trusted.

    Args:
        parsed: The policy.
        resources: The ARNs that the policy controls access to.
        trusted: The parties that services may act for.
    """
    findings = _service_findings(parsed, resources, trusted)
    return worst_finding(findings, "services are allowed only on behalf of trusted accounts")


def _service_findings(parsed: ParsedPolicy, resources: Sequence[str], trusted: TrustedParties) -> Iterator[Finding]:
    untrusted_accounts = [account for account in _accounts_in_conditions(parsed) if not trusted.trusts(account)]
    untrusted_organizations = sorted(condition_values(parsed, "aws:SourceOrgID") - trusted.organizations)
    source_owners = [
        (account, organization)
        for account in [FOREIGN_ACCOUNT, *untrusted_accounts]
        for organization in [FOREIGN_ORGANIZATION, *untrusted_organizations]
    ]
    for statement in parsed.possible_allows:
        for service, display_name in _services_named_by(statement):
            failure = f"{_label(statement)} allows {display_name} on behalf of an untrusted account"
            for account, organization in source_owners:
                for context in _service_contexts(parsed, statement, service, account, organization):
                    principal = evaluator.Principal("Service", service)
                    for request in _requests(parsed, statement, principal, context, resources):
                        yield _account_finding(parsed, request, account, trusted, failure)


def _services_named_by(statement: evaluator.Statement) -> list[tuple[str, str]]:
    """Return the principal and display name of each service that a statement names; ANY if it names everyone."""
    principals = statement.principals or ()
    if statement.not_principals or ("AWS", "*") in principals:
        return [(evaluator.ANY, "any service")]
    services = sorted({id_ for kind, id_ in principals if kind == "Service"})
    return [(service, _service_display_name(service)) for service in services]


def _service_display_name(service: str) -> str:
    return service if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", service) else "a service"


def _service_contexts(
    parsed: ParsedPolicy, statement: evaluator.Statement, service: str, account: str, organization: str
) -> Iterator[dict[str, Any]]:
    """Yield the condition keys that a service sends when it acts for an account.

    A service has no account of its own, and doesn't call from a customer's network.

    Args:
        parsed: The policy. There is one result for each kind of source that its conditions expect.
        statement: The statement that allows the service.
        service: The service principal.
        account: The account of the source.
        organization: The organization of the source.
    """
    expected_sources = {foreign_value(value, account) for value in condition_values(parsed, "aws:SourceArn")}
    for source_arn in sorted(expected_sources or {f"arn:aws:{_FOREIGN}:{_FOREIGN}:{account}:{_FOREIGN}"}):
        yield {
            **dict.fromkeys(_CALLER_KEYS),
            **_encryption_context(statement, account),
            "s3:DataAccessPointAccount": account,
            **dict.fromkeys(_SOURCE_ACCOUNT_KEYS, account),
            "aws:SourceArn": source_arn,
            "aws:SourceOrgID": organization,
            "aws:SourceOrgPaths": f"{organization}/r-0000/",
            "aws:PrincipalIsAWSService": "true",
            "aws:PrincipalServiceName": service,
            "aws:SecureTransport": "true",
        }


def _encryption_context(statement: evaluator.Statement, account: str) -> dict[str, str]:
    """Return an encryption context that an account could send, with the keys that a statement's conditions require.

    A value that satisfies the conditions is preferred.
    """
    conditions_by_key: dict[str, list[Condition]] = {}
    for condition in statement.conditions:
        if _is_on_encryption_context(condition):
            conditions_by_key.setdefault(condition.key.casefold(), []).append(condition)
    encryption_context = {}
    for key, conditions in conditions_by_key.items():
        values = [foreign_value(value, account) for condition in conditions for value in condition.values]
        only_conditions = evaluator.Statement(0, None, "Allow", None, ("*",), None, tuple(conditions))
        requests = (evaluator.Request("kms:*", evaluator.ANY, evaluator.ANYONE, {key: value}) for value in values)
        matching = (
            value
            for value, request in zip(values, requests, strict=True)
            if evaluator.statement_matches(only_conditions, request) is not evaluator.Match.NO
        )
        encryption_context[key] = next(matching, values[0])
    return encryption_context


def foreign_value(value: str, account: str = FOREIGN_ACCOUNT) -> str:
    """Return the closest value to a condition's that a resource or caller of another account could have.

    Args:
        value: The value of a condition, which may contain wildcards.
        account: The account for ARNs.
    """
    text = re.sub(r"[*?]+", _FOREIGN, value)
    parts = text.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return _FOREIGN if text == value else text
    if parts[4]:
        parts[4] = account
    elif not re.search(r"[*?]", value.split(":", _ARN_PARTS - 1)[-1].split("/", 1)[0]):
        parts[5] = _FOREIGN  # The ARN has no account, as a bucket's. Another account's resource has another name.
    return ":".join(parts)


def _requests(
    parsed: ParsedPolicy,
    statement: evaluator.Statement,
    principal: evaluator.Principal,
    context: Mapping[str, Any],
    resources: Sequence[str],
) -> Iterator[evaluator.Request]:
    """Yield the requests that a statement covers, each through an access point of the caller's own account.

    There is one for each kind of access point that the policy expects. An access point of the stack's account has a
    policy of its own, which is checked separately.
    """
    account = context["s3:DataAccessPointAccount"]
    expected = {foreign_value(value, account) for value in condition_values(parsed, "s3:DataAccessPointArn")}
    for arn in sorted(expected or {f"arn:aws:s3:{_FOREIGN}:{account}:accesspoint/{_FOREIGN}"}):
        yield from requests_covered_by(statement, principal, {**context, "s3:DataAccessPointArn": arn}, resources)


def _access_finding(parsed: ParsedPolicy, request: evaluator.Request, failure: str) -> Finding:
    """Return a failure with this text if the policy may allow the request, else a pass or an unverified finding."""
    match may_allow(parsed, request):
        case NotAllowed():
            return passed("")
        case Undetermined(unknowns):
            return unverified(*unknowns)
        case Allowed():
            return failed(failure)


def _account_finding(
    parsed: ParsedPolicy, request: evaluator.Request, account: str, trusted: TrustedParties, failure: str
) -> Finding:
    """Return the finding about a request that an account makes, or that a service makes on its behalf."""
    finding = _access_finding(parsed, request, failure)
    return trusted.untrusted_finding(account, failure) if finding.status is Status.FAIL else finding


def _accounts_in_conditions(parsed: ParsedPolicy) -> list[str]:
    """Return every account that a condition names."""
    encryption_context_keys = {
        condition.key
        for statement in parsed.statements
        for condition in statement.conditions
        if _is_on_encryption_context(condition)
    }
    values = condition_values(parsed, *_ACCOUNT_KEYS, *encryption_context_keys)
    accounts = {evaluator.account_of(value) for value in values}
    return sorted(account for account in accounts if re.fullmatch(r"\d{12}", account))


def _is_on_encryption_context(condition: Condition) -> bool:
    return condition.key.casefold().startswith("kms:encryptioncontext:")


def _any_role_of(account: str) -> evaluator.Principal:
    return evaluator.Principal("AWS", f"arn:aws:iam::{account}:role/{evaluator.ANY}")


def _caller_context(account: str, organization: str = FOREIGN_ORGANIZATION, arn: str | None = None) -> dict[str, Any]:
    return {
        "aws:PrincipalAccount": account,
        "aws:PrincipalArn": arn or f"arn:aws:iam::{account}:role/{_FOREIGN}",
        "aws:PrincipalOrgID": organization,
        "aws:PrincipalOrgPaths": f"{organization}/r-0000/",
        "aws:PrincipalIsAWSService": "false",
        "aws:userid": f"AROA0000000000000000:{_FOREIGN}",
        "aws:SourceAccount": None,
        "aws:SourceArn": None,
        "aws:SourceOwner": account,
        "kms:CallerAccount": account,
        "s3:DataAccessPointAccount": account,
        **_foreign_network_context(),
    }


def _anonymous_context() -> dict[str, Any]:
    return {
        **dict.fromkeys(_IDENTITY_KEYS),
        "aws:PrincipalIsAWSService": "false",
        "s3:DataAccessPointAccount": FOREIGN_ACCOUNT,
        **_foreign_network_context(),
    }


def _foreign_network_context() -> dict[str, Any]:
    return {
        "aws:SourceIp": FOREIGN_ADDRESS,
        "aws:VpcSourceIp": None,
        "aws:SourceVpc": "vpc-00000000000000000",
        "aws:SourceVpce": "vpce-00000000000000000",
        "aws:SecureTransport": "true",
    }


def _label(statement: evaluator.Statement) -> str:
    """Return the name of a statement in findings: its position, and never its Sid, which is the program's own text."""
    return f"statement {statement.position}"
