"""A drill from end to end: versions are drawn, restored, checked and taken away, and what was found is told.

However it ends, by an error or an interrupt too, what it restored is cleared away and its evidence is kept.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as version_of

from phi.errors import PhiError
from phi.restore_test.bucket_access import compare
from phi.restore_test.evidence import DrillEvidence, LeftBehind, ObjectRecord, Outcome
from phi.restore_test.restore_source import Attempt, Restoring
from phi.restore_test.sample import Sample, Version, draw, versions
from phi.restore_test.scratch import Names

TOOL = f"phi drill with boto3 {version_of('boto3')}"
HOUR = 3600
UNTRIED = "the drill ended before"


@dataclass(frozen=True)
class Asked:
    """What is asked of a drill. objects: how many versions it restores, at most; drill: its id."""

    drill: str
    objects: int
    objective_hours: float
    principal: str
    chance: random.Random = field(default_factory=random.SystemRandom)


@dataclass
class Found:
    """What is found, as the drill goes on."""

    sample: Sample = Sample((), 0, 0)
    records: dict[Version, ObjectRecord] = field(default_factory=dict)
    seconds: float = 0.0
    left: list[LeftBehind] = field(default_factory=list)
    taken_away: int = 0
    why: list[str] = field(default_factory=list)


def run(
    restoring: Restoring,
    asked: Asked,
    names: Names,
    keep: Callable[[DrillEvidence], None],
    say: Callable[[str, int, int], None] = lambda *_: None,
) -> DrillEvidence:
    """The evidence, which `keep` has got too, whatever is raised. say: hears of each step, and how much of it is done.

    Raises PhiError where no drill could be made; that a version can't be restored is a finding.
    """
    started = datetime.now(UTC)
    found = Found()
    try:
        say("preparing", 0, 0)
        found.taken_away, left = restoring.prepare()
        found.left += left
        say("drawing", 0, 0)
        listing = versions(restoring.reference.s3, restoring.reference.bucket, restoring.window)
        found.sample = draw(listing, asked.objects, asked.chance)
        _restore(restoring, names, found, say)
    except PhiError as error:
        found.why.append(str(error))
        raise
    except BaseException as error:
        found.why.append(f"it was ended by {type(error).__name__} before it was done")
        raise
    finally:
        say("clearing", 0, 0)
        try:
            found.left += restoring.clear()
        except BaseException as error:
            found.why.append(f"what it restored isn't cleared away: {_told(error)}")
            raise
        finally:
            evidence = _evidence(restoring, asked, names, found, started)
            keep(evidence)
    return evidence


def _restore(restoring: Restoring, names: Names, found: Found, say: Callable[[str, int, int], None]) -> None:
    began = time.monotonic()
    drawn = found.sample.drawn
    try:
        for attempt in restoring.restore(drawn):
            found.records[attempt.version] = _judge(restoring, names, attempt)
            say("restoring", len(found.records), len(drawn))
    finally:
        found.seconds = time.monotonic() - began


def _judge(restoring: Restoring, names: Names, attempt: Attempt) -> ObjectRecord:
    version = attempt.version
    if attempt.error is None:
        try:
            with restoring.reference.logged("drill-compare", version.key) as access:
                access.version, access.bytes = version.id, version.size
                head = restoring.scratch.head(attempt.key)
                compare(restoring.reference, version, restoring.scratch, attempt.key, head)
        except PhiError as error:
            return _record(names, version, Outcome.FAILED, str(error))
        return _record(names, version, Outcome.RESTORED, seconds=attempt.seconds)
    return _record(names, version, Outcome.FAILED, str(attempt.error))


def _record(names: Names, version: Version, outcome: Outcome, why: str = "", seconds: float = 0.0) -> ObjectRecord:
    return ObjectRecord(
        object=names.of(version.key),
        version=version.id,
        bytes=version.size,
        seconds=seconds,
        outcome=outcome,
        why=why,
    )


def _evidence(restoring: Restoring, asked: Asked, names: Names, found: Found, started: datetime) -> DrillEvidence:
    sample = found.sample
    records = [found.records.get(each) or _record(names, each, Outcome.NOT_TRIED, UNTRIED) for each in sample.drawn]
    restored = [each for each in records if each.outcome is Outcome.RESTORED]
    failed = sum(each.outcome is Outcome.FAILED for each in records)
    why = [*found.why, *_shortcomings(len(records), len(restored), failed, found.seconds / HOUR, asked)]
    estimate, basis = _estimate(restoring, sample, restored)
    return DrillEvidence(
        drill=asked.drill,
        started=started,
        finished=datetime.now(UTC),
        bucket=restoring.reference.bucket,
        source=restoring.source,
        scratch_bucket=restoring.scratch.bucket,
        objective_hours=asked.objective_hours,
        requested=asked.objects,
        listed=sample.listed,
        listed_bytes=sample.listed_bytes,
        written_before=restoring.window.before,
        sampled=len(records),
        restored=len(restored),
        failed=failed,
        bytes=sum(each.bytes for each in restored),
        seconds=found.seconds,
        waited_seconds=restoring.patience.waited,
        estimated_full_restore_hours=estimate,
        estimate_basis=basis,
        passed=not why,
        why=tuple(why),
        objects=tuple(records),
        left_behind=tuple(found.left),
        taken_away=found.taken_away,
        principal=asked.principal,
        tool=TOOL,
    ).sealed()


def _shortcomings(sampled: int, restored: int, failed: int, hours: float, asked: Asked) -> list[str]:
    told: list[str] = []
    if not sampled:
        told.append("nothing could be drawn, so nothing is proven: no version of the bucket can be restored from there")
    if failed:
        told.append(f"{failed} of {sampled} versions weren't restored whole")
    if untried := sampled - restored - failed:
        told.append(f"{untried} of {sampled} versions weren't tried")
    if hours > asked.objective_hours:
        told.append(f"it took {hours:.1f} hours, more than the objective of {asked.objective_hours:g}")
    return told


def _estimate(restoring: Restoring, sample: Sample, restored: list[ObjectRecord]) -> tuple[float | None, str]:
    """Hours for all that was listed, and what that is made of."""
    if restoring.source == "vault":
        return None, "none: AWS Backup restores a bucket in one job, of which a few objects' time tells nothing"
    if not restored:
        return None, "none: nothing was restored"
    seconds, size = sum(each.seconds for each in restored), sum(each.bytes for each in restored)
    by_count = seconds / len(restored) * sample.listed
    by_bytes = seconds / size * sample.listed_bytes if size else 0.0
    basis = (
        f"an estimate, not measured: {sample.listed} versions of {sample.listed_bytes} bytes, copied one after the "
        f"other as the {len(restored)} of the sample were; the longer of by count and by bytes, and what was waited. "
        "Many copied at once take less"
    )
    return (max(by_count, by_bytes) + restoring.patience.waited) / HOUR, basis


def _told(error: BaseException) -> str:
    return str(error) if isinstance(error, PhiError) else type(error).__name__
