"""A restore test from end to end: sample versions, restore and verify them, clean up, and write the evidence.

The cleanup and the evidence are guaranteed, even after an error or an interrupt.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version as package_version

from phi_buckets.errors import PhiError
from phi_buckets.restore_test.bucket_access import verify_copy
from phi_buckets.restore_test.evidence import Leftover, ObjectRecord, RestoreOutcome, RestoreTestEvidence
from phi_buckets.restore_test.restore_source import RestoreAttempt, RestoreSource
from phi_buckets.restore_test.sample import Sample, Version, eligible_versions, sample_versions
from phi_buckets.restore_test.scratch import Pseudonyms

TOOL = f"phi restore-test with boto3 {package_version('boto3')}"
SECONDS_PER_HOUR = 3600
NOT_TRIED_REASON = "the test ended before this version was tried"

ReportProgress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class RestoreTestRequest:
    """The parameters of a restore test.

    Attributes:
        object_count: The maximum number of versions to restore.
        rng: The source of randomness for the sample.
    """

    test_id: str
    object_count: int
    rto_hours: float
    principal: str
    rng: random.Random = field(default_factory=random.SystemRandom)


@dataclass
class RestoreTestProgress:
    """The results of a restore test so far."""

    sample: Sample = Sample((), 0, 0)
    records: dict[Version, ObjectRecord] = field(default_factory=dict)
    duration_seconds: float = 0.0
    leftovers: list[Leftover] = field(default_factory=list)
    earlier_leftovers_deleted: int = 0
    failure_reasons: list[str] = field(default_factory=list)


def run_restore_test(
    source: RestoreSource,
    request: RestoreTestRequest,
    pseudonyms: Pseudonyms,
    save: Callable[[RestoreTestEvidence], None],
    report_progress: ReportProgress = lambda *_: None,
) -> RestoreTestEvidence:
    """Run a restore test and return its evidence.

    A version that can't be restored is a result, not an error.

    Args:
        source: What to restore from, and where to.
        request: The parameters of the test.
        pseudonyms: Replace the object keys in the evidence.
        save: Receives the evidence, even if an error is raised.
        report_progress: Receives the current step, the number of versions done and their total.

    Raises:
        PhiError: The test couldn't be run.
    """
    started = datetime.now(UTC)
    progress = RestoreTestProgress()
    try:
        report_progress("preparing", 0, 0)
        progress.earlier_leftovers_deleted, leftovers = source.prepare()
        progress.leftovers += leftovers
        report_progress("sampling", 0, 0)
        versions = eligible_versions(source.reference.s3, source.reference.bucket, source.window)
        progress.sample = sample_versions(versions, request.object_count, request.rng)
        _restore(source, pseudonyms, progress, report_progress)
    except PhiError as error:
        progress.failure_reasons.append(str(error))
        raise
    except BaseException as error:
        progress.failure_reasons.append(f"the test was interrupted by {type(error).__name__}")
        raise
    finally:
        report_progress("cleaning up", 0, 0)
        try:
            progress.leftovers += source.clean_up()
        except BaseException as error:
            progress.failure_reasons.append(f"the restored objects weren't cleaned up: {_describe(error)}")
            raise
        finally:
            evidence = _evidence(source, request, pseudonyms, progress, started)
            save(evidence)
    return evidence


def _restore(
    source: RestoreSource, pseudonyms: Pseudonyms, progress: RestoreTestProgress, report_progress: ReportProgress
) -> None:
    start = time.monotonic()
    versions = progress.sample.versions
    try:
        for attempt in source.restore(versions):
            progress.records[attempt.version] = _verify(source, pseudonyms, attempt)
            report_progress("restoring", len(progress.records), len(versions))
    finally:
        progress.duration_seconds = time.monotonic() - start


def _verify(source: RestoreSource, pseudonyms: Pseudonyms, attempt: RestoreAttempt) -> ObjectRecord:
    version = attempt.version
    if attempt.error is not None:
        return _record(pseudonyms, version, RestoreOutcome.FAILED, str(attempt.error))
    try:
        with source.reference.log_access("restore-test-compare", version.key) as access:
            access.version, access.bytes = version.id, version.size
            head = source.scratch.head(attempt.key)
            verify_copy(source.reference, version, source.scratch, attempt.key, head)
    except PhiError as error:
        return _record(pseudonyms, version, RestoreOutcome.FAILED, str(error))
    return _record(pseudonyms, version, RestoreOutcome.RESTORED, seconds=attempt.seconds)


def _record(
    pseudonyms: Pseudonyms, version: Version, outcome: RestoreOutcome, reason: str = "", seconds: float = 0.0
) -> ObjectRecord:
    return ObjectRecord(
        object=pseudonyms.for_key(version.key),
        version_id=version.id,
        bytes=version.size,
        seconds=seconds,
        outcome=outcome,
        reason=reason,
    )


def _evidence(
    source: RestoreSource,
    request: RestoreTestRequest,
    pseudonyms: Pseudonyms,
    progress: RestoreTestProgress,
    started: datetime,
) -> RestoreTestEvidence:
    sample = progress.sample
    records = [
        progress.records.get(version) or _record(pseudonyms, version, RestoreOutcome.NOT_TRIED, NOT_TRIED_REASON)
        for version in sample.versions
    ]
    restored = [record for record in records if record.outcome is RestoreOutcome.RESTORED]
    failed = sum(record.outcome is RestoreOutcome.FAILED for record in records)
    hours = progress.duration_seconds / SECONDS_PER_HOUR
    failure_reasons = [*progress.failure_reasons, *_shortfalls(len(records), len(restored), failed, hours, request)]
    estimate, basis = _full_restore_estimate(source, sample, restored)
    return RestoreTestEvidence(
        test_id=request.test_id,
        started=started,
        finished=datetime.now(UTC),
        bucket=source.reference.bucket,
        source=source.source,
        scratch_bucket=source.scratch.bucket,
        rto_hours=request.rto_hours,
        requested=request.object_count,
        eligible=sample.eligible,
        eligible_bytes=sample.eligible_bytes,
        written_before=source.window.written_before,
        sampled=len(records),
        restored=len(restored),
        failed=failed,
        restored_bytes=sum(record.bytes for record in restored),
        duration_seconds=progress.duration_seconds,
        waited_seconds=source.deadline.waited_seconds,
        estimated_full_restore_hours=estimate,
        estimate_basis=basis,
        passed=not failure_reasons,
        failure_reasons=tuple(failure_reasons),
        objects=tuple(records),
        leftovers=tuple(progress.leftovers),
        earlier_leftovers_deleted=progress.earlier_leftovers_deleted,
        principal=request.principal,
        tool=TOOL,
    ).with_digest()


def _shortfalls(sampled: int, restored: int, failed: int, hours: float, request: RestoreTestRequest) -> list[str]:
    reasons: list[str] = []
    if not sampled:
        reasons.append(
            "nothing was restored, so nothing is proven: no version is eligible; test again once the source has one"
        )
    if failed:
        reasons.append(f"{failed} of {sampled} versions weren't restored intact")
    if not_tried := sampled - restored - failed:
        reasons.append(f"{not_tried} of {sampled} versions weren't tried")
    if hours > request.rto_hours:
        reasons.append(f"the restore took {hours:.1f} hours, longer than the RTO of {request.rto_hours:g} hours")
    return reasons


def _full_restore_estimate(
    source: RestoreSource, sample: Sample, restored: list[ObjectRecord]
) -> tuple[float | None, str]:
    """Return an estimate of the hours that a restore of all eligible versions takes, or None, and its basis."""
    if source.source == "vault":
        return None, "none: AWS Backup restores a whole bucket in one job, so a few objects don't predict its duration"
    if not restored:
        return None, "none: nothing was restored"
    seconds, size = sum(record.seconds for record in restored), sum(record.bytes for record in restored)
    by_count = seconds / len(restored) * sample.eligible
    by_bytes = seconds / size * sample.eligible_bytes if size else 0.0
    basis = (
        f"an estimate, not a measurement: {sample.eligible} versions with {sample.eligible_bytes} bytes, copied one by "
        f"one at the speed of the {len(restored)} restored versions (by count or by bytes, whichever takes longer), "
        "plus the time waited. Concurrent copies take less time"
    )
    return (max(by_count, by_bytes) + source.deadline.waited_seconds) / SECONDS_PER_HOUR, basis


def _describe(error: BaseException) -> str:
    return str(error) if isinstance(error, PhiError) else type(error).__name__
