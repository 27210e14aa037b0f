"""The AWS provider of a resource: its region, its default tags, and what gives its account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi_policy import PolicyProviderResource

from crossguard.proxies import parse_json, unwrap
from hipaa_controls.evaluator import is_account
from hipaa_controls.model.values import Text, Unknown

# The properties of the AWS provider that say nothing about whose resources it manages, and where. Any other may.
# https://www.pulumi.com/registry/packages/aws/api-docs/provider/
NOT_ABOUT_CREDENTIALS = frozenset(
    {
        "allowedAccountIds",  # only a check of the account that the credentials belong to
        "autoNaming",
        "defaultTags",
        "endpoints",  # compared by itself, because even providers of the same account may differ in it
        "forbiddenAccountIds",
        "ignoreTags",
        "maxRetries",
        "region",
        "retryMode",
        "skipCredentialsValidation",
        "skipGetEc2Platforms",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "tokenBucketRateLimiterCapacity",
        "version",
    }
)


@dataclass(frozen=True)
class Provider:
    """The provider of a resource.

    Attributes:
        region: None where it isn't configured.
        accounts: The accounts that its configuration gives, each with the property that gives it, for messages.
        tags: The default tags.
        credentials: The properties that decide in which account it works. The environment may decide it too.
        endpoints: The URLs that it sends requests to, instead of AWS's, as the program gives them.
    """

    urn: str = ""
    region: Text = None
    accounts: Mapping[str, str] = field(default_factory=dict, hash=False)
    tags: Mapping[str, Any] | Unknown = field(default_factory=dict, hash=False)
    credentials: tuple[tuple[str, Any], ...] = field(default=(), hash=False, repr=False)
    endpoints: Any = field(default=None, hash=False)


def read_provider(provider: PolicyProviderResource | None) -> Provider:
    if provider is None:
        return Provider()
    props = unwrap(provider.props, provider.name)
    region = props.get("region")
    default_tags = parse_json(props.get("defaultTags"))
    tags = default_tags.get("tags") if isinstance(default_tags, Mapping) else default_tags
    return Provider(
        provider.urn,
        region if isinstance(region, str | Unknown) else None,
        _provider_accounts(provider.name, props),
        tags if isinstance(tags, Mapping | Unknown) else {},
        tuple((name, value) for name, value in sorted(props.items()) if name not in NOT_ABOUT_CREDENTIALS),
        parse_json(props.get("endpoints")) or None,
    )


def _provider_accounts(provider: str, props: Mapping[str, Any]) -> dict[str, str]:
    """Return the accounts that the AWS provider can only work in, each with the property that says so.

    With `allowedAccountIds`, it rejects the credentials of any other account. The last role that it assumes is the one
    that it works with.
    """
    accounts: dict[str, str] = {}
    allowed = parse_json(props.get("allowedAccountIds"))
    if isinstance(allowed, list) and len(allowed) == 1 and is_account(allowed[0]):
        accounts[allowed[0]] = f"allowedAccountIds of the provider {provider}"
    roles = parse_json(props.get("assumeRoles")) or [
        parse_json(props.get("assumeRole") or props.get("assumeRoleWithWebIdentity"))
    ]
    last_role = roles[-1] if isinstance(roles, list) else None
    if isinstance(last_role, Mapping) and (account := account_in_arn(last_role.get("roleArn"))):
        accounts.setdefault(account, f"the role that the provider {provider} assumes")
    return accounts


def account_in_arn(arn: Any) -> str | None:
    """Return the account in an ARN, or None if there is none."""
    parts = arn.split(":", 5) if isinstance(arn, str) else []
    return parts[4] if len(parts) == 6 and is_account(parts[4]) else None
