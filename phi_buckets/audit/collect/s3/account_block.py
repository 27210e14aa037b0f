"""Collects the account's public access block."""

from __future__ import annotations

from hipaa_controls.services.s3.facts import AccountPublicAccessBlock, PublicAccessBlock
from phi_buckets.audit.calls import s3 as calls
from phi_buckets.audit.collect.s3 import settings
from phi_buckets.audit.reader import AccountReader, FailedCall


def collect_account_block(reader: AccountReader) -> AccountPublicAccessBlock:
    """Return the account's public access block. An account that never set it blocks nothing."""
    account = reader.account.id
    response = reader.call(calls.GET_ACCOUNT_PUBLIC_ACCESS_BLOCK, account, AccountId=account)
    if isinstance(response, FailedCall):
        unknown = response.unknown
        return AccountPublicAccessBlock(account, PublicAccessBlock(unknown, unknown, unknown, unknown))
    return AccountPublicAccessBlock(account, settings.parse_public_access_block(response or {}))
