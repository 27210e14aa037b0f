"""Distinguishes customer managed keys from AWS managed keys, and from keys of accounts that aren't trusted.

It does so by the way in which a resource refers to its key.
"""

from __future__ import annotations

import re
from typing import Protocol

from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.evaluator import account_of
from hipaa_controls.model.property_checks import Check
from hipaa_controls.model.rule import RuleContext
from hipaa_controls.model.values import Location, Ref, StackResource, Unknown
from hipaa_controls.model.verdict import Finding, failed, passed, unverified

# A key's ARN or its ID: a UUID, or mrk- and 32 hex digits for a multi-Region key.
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts-key-id.html
KEY_ID = re.compile(
    r"(arn:[\w-]+:kms:[\w-]+:\d{12}:key/)?(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.ASCII
)
CUSTOMER_ALIAS = re.compile(r"(arn:[\w-]+:kms:[\w-]+:\d{12}:)?alias/[\w/-]+", re.ASCII)
# AWS reserves these aliases for AWS managed keys, such as alias/aws/s3.
AWS_ALIAS = re.compile(r"alias/(aws/[a-z0-9]+)", re.ASCII)


class LocatedFact(Protocol):
    """A fact with a location."""

    @property
    def resource(self) -> str: ...

    @property
    def location(self) -> Location: ...


def customer_managed_key(field: str) -> Check:
    """Check that a fact's field refers to a customer managed key of a trusted account.

    The fact has a location. The control has the option `accounts`.
    """
    return lambda fact, context: check_customer_managed_key(getattr(fact, field), fact, context)


def check_customer_managed_key(key: Ref, fact: LocatedFact, context: RuleContext) -> Finding:
    problem = key_problem(key, TrustedParties.from_options(context.options, fact.location, fact.resource))
    if isinstance(problem, Unknown):
        return unverified(problem)
    if problem:
        return failed(f"it is encrypted {problem}")
    return passed("it is encrypted with a customer managed key")


def key_problem(key: Ref, trusted: TrustedParties) -> str | Unknown | None:
    """Return how a key differs from a customer managed key of a trusted account.

    The owner of a key of another account can disable it, and with it the access to whatever it encrypts.

    Args:
        key: The reference to the key.
        trusted: The account of the resource that uses the key, and the other trusted accounts.

    Returns:
        A phrase that follows "encrypted"; Unknown if that can't be determined yet; None for a customer managed key.
    """
    if isinstance(key, Unknown):
        return key
    if isinstance(key, StackResource):
        return None
    if not key:
        return "without a customer managed key"
    if "alias/aws/" in key:
        name = AWS_ALIAS.search(key)
        return f"with the AWS managed key {name[1]}" if name else "with an AWS managed key"
    if not (KEY_ID.fullmatch(key) or CUSTOMER_ALIAS.fullmatch(key)):
        return "with a value that is not a key ARN, key ID or alias"
    account = account_of(key) if key.startswith("arn:") else None
    if account is None or trusted.trusts(account):
        return None
    finding = trusted.untrusted_finding(account, f"with a key of account {account}, which isn't trusted")
    return next(iter(finding.unknowns), finding.text)
