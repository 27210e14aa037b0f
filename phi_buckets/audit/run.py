"""Runs an audit: reads the accounts, evaluates the controls and returns the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from hipaa_controls.attestations.facts import Attestation
from hipaa_controls.model.data_class import DataClassTag
from hipaa_controls.model.stack import Stack
from hipaa_controls.services.s3.facts import Bucket
from phi_buckets.audit import assemble, checklist, coverage, drift
from phi_buckets.audit.accounts import InaccessibleAccount, OpenAccount
from phi_buckets.audit.collect import COLLECTORS
from phi_buckets.audit.collected import ResourceListing
from phi_buckets.audit.judged_types import WHOLE_ACCOUNT_TYPES
from phi_buckets.audit.pack_config import PackConfig
from phi_buckets.audit.reader import AccountReader, FailedCall
from phi_buckets.audit.results import AccountFacts, control_results, unused_exemptions
from phi_buckets.audit.scope import Scope
from phi_buckets.evidence.model import AttestationRecord, Collection, FailedCallRecord, Report

ORGANIZATION = "the organization"  # the resource that findings about attestations name
TOOL = f"phi {version('phi-buckets')} with boto3 {version('boto3')}"


@dataclass(frozen=True)
class Attestations:
    """The contents of the attestations file.

    Attributes:
        facts: The facts that the controls are evaluated on.
        records: The same attestations as the evidence shows them.
    """

    facts: tuple[Attestation, ...] = ()
    records: tuple[AttestationRecord, ...] = ()


NO_ATTESTATIONS = Attestations()


@dataclass(frozen=True)
class AccountRead:
    """An account and what was read from it.

    Attributes:
        source: The account, open or inaccessible.
        stack: The facts; None if the account is inaccessible.
        failed_calls: The calls that returned no result.
        call_count: The number of API requests.
        listings: The resources of the account by type.
    """

    source: OpenAccount | InaccessibleAccount
    stack: Stack | None = None
    failed_calls: tuple[FailedCall, ...] = ()
    call_count: int = 0
    listings: tuple[ResourceListing, ...] = ()

    @property
    def facts(self) -> AccountFacts:
        if isinstance(self.source, InaccessibleAccount):
            return AccountFacts(self.source.account_id, None, self.source.reason)
        return AccountFacts(self.source.account.id, self.stack)

    @property
    def regions(self) -> tuple[str, ...]:
        return () if isinstance(self.source, InaccessibleAccount) else self.source.account.regions


def read_account(source: OpenAccount | InaccessibleAccount, scope: Scope, data_class_tag: DataClassTag) -> AccountRead:
    """Return the facts that the controls need from one account. All services are read concurrently."""
    if isinstance(source, InaccessibleAccount):
        return AccountRead(source)
    with AccountReader(source.session, source.account) as reader, ThreadPoolExecutor(len(COLLECTORS)) as executor:
        collected = list(executor.map(lambda collect: collect(reader, scope), COLLECTORS))
        stack = assemble.build_stack(collected, source.account.id, data_class_tag)
        listings = tuple(listing for result in collected for listing in result.listings)
        return AccountRead(source, stack, tuple(reader.failed_calls), sum(reader.call_counts.values()), listings)


def audit(
    accounts: Sequence[OpenAccount | InaccessibleAccount],
    scope: Scope,
    config: PackConfig,
    attestations: Attestations,
    preview: drift.Preview | None = None,
) -> Report:
    """Audit accounts, and return the evidence.

    Args:
        accounts: The accounts to read, one after the other.
        scope: The part of each account that is audited.
        config: The policy pack's config.
        attestations: The contents of the attestations file.
        preview: The pack's report of a preview. The evidence lists what has drifted since.
    """
    started = datetime.now(UTC)
    reads = [read_account(account, scope, config.data_class_tag) for account in accounts]
    audited = [read.facts for read in reads]
    controls = control_results(audited, AccountFacts(ORGANIZATION, Stack(attestations.facts, ORGANIZATION)), config)
    return Report(
        collection=Collection(
            started=started,
            finished=datetime.now(UTC),
            scope=scope.prefix or "account",
            accounts=tuple(account.account_id for account in audited),
            regions=tuple(sorted({region for read in reads for region in read.regions})),
            principals=tuple(read.source.principal for read in reads),
            tool=TOOL,
            api_calls=sum(read.call_count for read in reads),
            buckets=sum(len(account.stack.facts_of_type(Bucket)) for account in audited if account.stack),
        ),
        controls=controls,
        coverage=coverage.coverage_of_accounts(
            {read.facts.account_id: coverage.AccountListings(read.listings, read.facts.reason) for read in reads},
            (control_config.control for control_config in config.control_configs.values()),
            config.not_judged_level,
            unread_types=WHOLE_ACCOUNT_TYPES if scope.prefix else (),
        ),
        attestations=attestations.records,
        checklist=checklist.rows(controls),
        failed_calls=tuple(record for read in reads for record in _failed_call_records(read)),
        drift=drift.find_drift(preview, controls) if preview else (),
        disabled_controls=config.disabled,
        configuration_errors=(*config.errors, *unused_exemptions(controls, config)),
    ).with_digest()


def _failed_call_records(read: AccountRead) -> list[FailedCallRecord]:
    source = read.source
    if isinstance(source, InaccessibleAccount):
        failed_assumption = FailedCallRecord(
            account=source.account_id,
            region="",
            permission="sts:AssumeRole",
            resource=source.principal,
            error_code=source.reason,
        )
        return [failed_assumption]
    records = (
        FailedCallRecord(
            account=source.account.id,
            region=failed.region,
            permission=failed.call.action,
            resource=failed.resource,
            error_code=failed.error_code,
        )
        for failed in read.failed_calls
    )
    # Different calls can require the same permission. They are made concurrently, so their order is a matter of chance.
    return sorted(
        set(records), key=lambda record: (record.region, record.permission, record.resource, record.error_code)
    )
