"""The trusted parties, and the parties that a policy names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from hipaa_controls import evaluator
from hipaa_controls.access.scope import Scope
from hipaa_controls.evaluator.patterns import names_in_full
from hipaa_controls.model.values import Location, Unknown
from hipaa_controls.model.verdict import Finding, Witness, failed, unverified

# What ${aws:ResourceOrgID} stands for: an organization that can't be named otherwise.
RESOURCE_ORGANIZATION = "o-oftheresource"
_ENDPOINT = re.compile(r"vpce?-\w+")
_ID_KEYS = ("aws:userid", "aws:principalid")


@dataclass(frozen=True)
class TrustedParties:
    """Who may have access to a resource.

    Attributes:
        location: The resource's location, whose account is trusted; the account is None while it isn't known.
        resource_name: The resource's name, for messages.
        accounts: Other accounts, from the pack's config.
        organizations: Organizations, from the pack's config.
        networks: CIDR ranges, from the pack's config.
        endpoints: VPC endpoints and VPCs, from the pack's config.
        ids: Unique IDs of principals, canonical users and origin access identities, from the pack's config.
    """

    location: Location
    resource_name: str
    accounts: frozenset[str]
    organizations: frozenset[str]
    networks: frozenset[str] = frozenset()
    endpoints: frozenset[str] = frozenset()
    ids: frozenset[str] = frozenset()

    @staticmethod
    def from_options(options: Mapping[str, Any], location: Location, resource: str) -> TrustedParties:
        """Return the parties that a control's options name, and the account of the resource.

        Args:
            options: The options of the control.
            location: The resource's location.
            resource: The resource's URN or ARN.
        """
        names = ("accounts", "organizations", "networks", "endpoints", "ids")
        return TrustedParties(
            location, resource.rsplit("::", 1)[-1], *(frozenset(options.get(name, ())) for name in names)
        )

    @property
    def all_accounts(self) -> frozenset[str]:
        own = self.location.account
        return self.accounts | {own} if own else self.accounts

    def trusts(self, account: str) -> bool:
        return account in self.all_accounts

    def untrusted_finding(self, account: str, failure: str, witness: Witness | None = None) -> Finding:
        """Return a failure, or an unverified finding where the account may be the stack's own."""
        if self.location.account is None and re.fullmatch(r"\d{12}", account):
            reason = (
                "isn't known yet; give it in allowedAccountIds of the provider or in the option account of pack-config "
                "(to trust another account, name it in the option accounts)"
            )
            return unverified(Unknown(f"the account of {self.resource_name}", reason=reason))
        return failed(failure, witness)


@dataclass(frozen=True)
class NamedParties:
    """The parties that a policy names in full, without a wildcard, whether it lets them in or not.

    Attributes:
        accounts: Account IDs.
        organizations: IDs of organizations.
        endpoints: VPC endpoints and VPCs.
        ids: Unique IDs of principals.
        principals: The ARNs of users and roles, and names of users.
        own_names: Names that only their owner can have: the ARNs of buckets and other values that conditions on the
            source of a service's request compare with. A policy that has one means the resource's owner.
    """

    accounts: frozenset[str]
    organizations: frozenset[str]
    endpoints: frozenset[str]
    ids: frozenset[str]
    principals: frozenset[str]
    own_names: frozenset[str]


def named_parties(statements: Iterable[evaluator.Statement]) -> NamedParties:
    """Return the parties that a policy names."""
    values = [
        (condition.key.casefold(), value)
        for statement in statements
        for condition in statement.conditions
        for value in condition.values
    ]
    principals = [id_ for statement in statements for _, id_ in statement.principals or ()]
    texts = [*principals, *(value for _, value in values)]
    return NamedParties(
        accounts=frozenset(account for text in texts for account in re.findall(r"(?<!\d)\d{12}(?!\d)", text, re.ASCII)),
        organizations=frozenset(
            organization for text in texts for organization in re.findall(r"\bo-[a-z0-9]{4,32}\b", text, re.ASCII)
        ),
        endpoints=frozenset(text for _, value in values for text in _ENDPOINT.findall(value) if names_in_full(value)),
        ids=frozenset(_ids(values, principals)),
        principals=frozenset(
            text
            for text in (*principals, *(value for key, value in values if key in ("aws:principalarn", "aws:username")))
            if names_in_full(text)
        ),
        own_names=frozenset(
            value
            for key, value in values
            if (key == "aws:sourcearn" or key.startswith("kms:encryptioncontext:")) and names_in_full(value)
        ),
    )


def _ids(values: Iterable[tuple[str, str]], principals: Iterable[str]) -> Iterator[str]:
    for key, value in values:
        id_ = value.partition(":")[0]
        if key in _ID_KEYS and names_in_full(id_):
            yield id_
    yield from (id_ for id_ in principals if re.fullmatch(r"A[A-Z0-9]{15,}", id_))


def untrusted(trusted: TrustedParties, named: NamedParties) -> Scope:
    """Return everyone but the trusted parties."""
    organizations = {*trusted.organizations, RESOURCE_ORGANIZATION}
    return Scope(
        accounts=trusted.all_accounts,
        organizations=frozenset(organization.removeprefix("o-") for organization in organizations),
        endpoints=trusted.endpoints,
        ids=trusted.ids,
        own_names=named.own_names,
        networks=trusted.networks,
    )
