"""An audit from end to end: accounts are entered, read, judged, and told as evidence."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version

from hipaa.attestations.facts import Attestation
from hipaa.model.data_class import DataClassTag
from hipaa.model.stack import Stack
from hipaa.services.s3.facts import Bucket
from phi import __version__
from phi.audit import assemble, checklist, drift
from phi.audit.accounts import OpenAccount, InaccessibleAccount
from phi.audit.collectors import COLLECTORS
from phi.audit.config import Config
from phi.audit.reader import AccountReader, FailedCall
from phi.audit.results import Seen, results, unused
from phi.audit.scope import Scope
from phi.evidence.model import AttestationRecord, Collection, Report, UnreadCall

PEOPLE = "the organization"  # stands for it in findings about what people attest
TOOL = f"phi {__version__} with boto3 {version('boto3')}"


@dataclass(frozen=True)
class Attested:
    """What people answer for: the facts that are judged, and how the evidence shows them."""

    facts: tuple[Attestation, ...] = ()
    records: tuple[AttestationRecord, ...] = ()


NOBODY = Attested()


@dataclass(frozen=True)
class Read:
    """An account's facts, what of them couldn't be read, and how many calls that took."""

    stack: Stack
    unread: tuple[FailedCall, ...]
    calls: int


def read(entered: OpenAccount, scope: Scope, data_class: DataClassTag) -> Read:
    """Everything that the controls ask of one account, its services side by side."""
    with AccountReader(entered.session, entered.account) as reader, ThreadPoolExecutor(len(COLLECTORS)) as services:
        told = list(services.map(lambda collect: collect(reader, scope), COLLECTORS))
        stack = assemble.stack(told, entered.account.id, data_class)
        return Read(stack, tuple(reader.unread), sum(reader.made.values()))


def audit(
    accounts: Sequence[OpenAccount | InaccessibleAccount],
    scope: Scope,
    config: Config,
    attested: Attested,
    preview: drift.Preview | None = None,
) -> Report:
    """The evidence of one audit. preview: what has drifted since then is told."""
    started = datetime.now(UTC)
    found = [(each, read(each, scope, config.data_class) if isinstance(each, OpenAccount) else None) for each in accounts]
    seen = [_seen(one, told) for one, told in found]
    judged = results(seen, Seen(PEOPLE, Stack(attested.facts, PEOPLE)), config)
    stacks = [told.stack for _, told in found if told]
    return Report(
        collection=Collection(
            started=started,
            finished=datetime.now(UTC),
            scope=scope.prefix or "account",
            accounts=tuple(each.account for each in seen),
            regions=tuple(
                sorted({region for one, _ in found if isinstance(one, OpenAccount) for region in one.account.regions})
            ),
            principals=tuple(one.principal for one, _ in found),
            tool=TOOL,
            calls=sum(told.calls for _, told in found if told),
            buckets=sum(len(stack.facts_of_type(Bucket)) for stack in stacks),
        ),
        controls=judged,
        attestations=attested.records,
        checklist=checklist.rows(judged),
        unread=tuple(each for one, told in found for each in _unread(one, told)),
        drift=drift.since(preview, judged) if preview else (),
        disabled=config.disabled,
        faults=(*config.faults, *unused(judged, config)),
    ).sealed()


def _seen(one: OpenAccount | InaccessibleAccount, told: Read | None) -> Seen:
    if isinstance(one, InaccessibleAccount):
        return Seen(one.account, None, one.reason)
    return Seen(one.account.id, told.stack if told else None)


def _unread(one: OpenAccount | InaccessibleAccount, told: Read | None) -> list[UnreadCall]:
    if isinstance(one, InaccessibleAccount):
        return [
            UnreadCall(account=one.account, region="", permission="sts:AssumeRole", about=one.principal, code=one.reason)
        ]
    calls = (
        UnreadCall(
            account=one.account.id,
            region=each.region,
            permission=each.call.action,
            about=each.subject,
            code=each.error_code,
        )
        for each in (told.unread if told else ())
    )
    return list(dict.fromkeys(calls))  # two that ask the same need it twice
