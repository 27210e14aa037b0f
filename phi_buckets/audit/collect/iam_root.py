"""Collects the credentials of the account's root user.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountSummary.html
"""

from __future__ import annotations

from collections.abc import Mapping

from hipaa_controls.model.values import Flag
from hipaa_controls.services.iam.facts import RootUser
from phi_buckets.audit.calls.iam import GET_ACCOUNT_SUMMARY
from phi_buckets.audit.collected import Collected
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.scope import Scope


def collect(reader: AccountReader, _: Scope) -> Collected:
    """Collect the root user. An audit of one stack includes it, because it has access to the stack."""
    return Collected((_root_user(reader),))


def _root_user(reader: AccountReader) -> RootUser:
    arn = reader.account.arn("iam", "", "root")
    response = reader.call(GET_ACCOUNT_SUMMARY, arn)
    if isinstance(response, FailedCall):
        unknown = response.unknown
        return RootUser(arn, unknown, unknown, unknown, unknown)
    return parse_root_user(arn, (response or {}).get("SummaryMap", {}))


def parse_root_user(arn: str, summary: Mapping[str, int]) -> RootUser:
    def has(name: str) -> Flag:
        return summary[name] > 0 if name in summary else None

    return RootUser(
        arn,
        has("AccountMFAEnabled"),
        has("AccountAccessKeysPresent"),
        has("AccountSigningCertificatesPresent"),
        has("AccountPasswordPresent"),
    )
