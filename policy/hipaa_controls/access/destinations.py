"""The check of a destination: that the account or the host to which a resource sends data is trusted."""

from __future__ import annotations

import re
from collections.abc import Collection

from hipaa_controls.access.parties import TrustedParties
from hipaa_controls.evaluator import account_of, is_account
from hipaa_controls.model.values import Ref, StackResource, Text, Unknown
from hipaa_controls.model.verdict import Finding, passed, unverified

# Stricter than a URL parser: where two parsers could find different hosts, none is found.
_URL = re.compile(r"https?://([^/?#@\\\s]*@)?(?P<host>[a-z0-9.-]+)(:\d+)?([/?#][^\\\s]*)?", re.ASCII | re.IGNORECASE)


def check_destination(content: str, target: Ref, trusted: TrustedParties) -> Finding:
    """Check the account in a destination's ARN.

    Args:
        content: What is sent, as the subject of a finding, such as `messages are sent`.
        target: The destination's ARN, or a resource of the stack, which is trusted.
        trusted: The trusted accounts.
    """
    untrusted = untrusted_owner(target, None, trusted)
    if untrusted is not None:
        return untrusted_finding(content, untrusted, trusted)
    if not isinstance(target, StackResource | Unknown) and not owner_of(target or "", None):
        return unverified(Unknown(f"the account to which {content}", reason="isn't in the ARN of the destination"))
    return passed(f"{content} to a trusted account")


def check_bucket(content: str, bucket: Ref, trusted_buckets: Collection[str]) -> Finding:
    """Check a bucket whose owner isn't known: any account can own a bucket of that name, and the ARN names no account.

    Args:
        content: What is sent, as the subject of a finding.
        bucket: The bucket's name or ARN, or a resource of the stack.
        trusted_buckets: The names of the trusted buckets.
    """
    if isinstance(bucket, Unknown):
        return unverified(bucket)
    if isinstance(bucket, StackResource) or (bucket or "").rsplit(":", 1)[-1] in trusted_buckets:
        return passed(f"{content} to a trusted bucket")
    reason = (
        "isn't known: declare the bucket in the stack, name the account in the destination if it has such a property, "
        "or list the bucket in the option buckets"
    )
    return unverified(Unknown(f"the account to whose bucket {content}", reason=reason))


def check_host(content: str, url: Ref, hosts: Collection[str]) -> Finding:
    """Check that a URL has a trusted host: a host name doesn't show who owns the host.

    Args:
        content: What is sent, as the subject of a finding.
        url: The URL, which may contain a secret. One that is built from a resource of the stack isn't known yet.
        hosts: The trusted hosts.
    """
    if isinstance(url, Unknown):
        return unverified(url)
    if isinstance(url, StackResource):
        return unverified(Unknown(f"the host to which {content}", (url.resource,)))
    parts = _URL.fullmatch(url or "")
    if parts and parts["host"].casefold() in {host.casefold() for host in hosts}:
        return passed(f"{content} to a trusted host")
    reason = "isn't known: list the host in the option hosts, once its owner may have the data"
    return unverified(Unknown(f"the party to whose host {content}", reason=reason))


def untrusted_owner(target: Ref, account: Text, trusted: TrustedParties) -> str | Unknown | None:
    """Return the account to which a destination belongs, if it isn't trusted.

    Args:
        target: The destination's name or ARN, or a resource of the stack, which is trusted.
        account: The account that the configuration names as the owner.
        trusted: The trusted accounts.

    Returns:
        The account, or Unknown; None for a trusted account, and for a destination whose account nothing names.
    """
    if isinstance(target, StackResource):
        return None
    if isinstance(target, Unknown):
        return target
    owner = owner_of(target or "", account)
    return None if isinstance(owner, str) and (not owner or trusted.trusts(owner)) else owner


def owner_of(target: str, account: Text) -> str | Unknown:
    """Return the account that a configuration names, or else the one in the destination's ARN, or an empty string."""
    return account or (account_of(target) if target.startswith("arn:") else "")


def untrusted_finding(content: str, account: str | Unknown, trusted: TrustedParties) -> Finding:
    """Return a failure, or an unverified finding if the account isn't known or may be the stack's own.

    Args:
        content: What is delivered.
        account: The result of `untrusted_owner`.
        trusted: The trusted accounts.
    """
    if isinstance(account, Unknown):
        return unverified(account)
    name = f"account {account}" if is_account(account) else "another account"
    return trusted.untrusted_finding(account, f"{content} to {name}, which isn't trusted")
