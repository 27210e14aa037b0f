"""Restoring from a version of the bucket itself, or from its replica: S3 copies it to scratch."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from boto3.s3.transfer import TransferConfig
from s3transfer.exceptions import S3CopyFailedError

from phi.errors import AccessDeniedError, IntegrityError, PhiError, RequestRejectedError, translate_aws_errors
from phi.object_keys import is_opaque, new_key
from phi.restore_test.bucket_access import Place
from phi.restore_test.evidence import LeftBehind, Source
from phi.restore_test.restore_source import Attempt, Patience
from phi.restore_test.sample import SCRATCH, Version, Window
from phi.restore_test.scratch import Names, entries, take_away

GIB = 1024**3
LARGEST_COPY = 5 * GIB  # https://docs.aws.amazon.com/AmazonS3/latest/userguide/copy-object.html
PART = GIB
LOCKED_FOR = timedelta(days=1)


@dataclass
class Copies:
    """origin: where the versions are copied from, by their ids, which a replica keeps:
    https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication.html

    drill: its id; echo: where S3 copies to all that is put into scratch; largest_copy, part: bytes.
    """

    source: Source
    drill: str
    origin: Place
    reference: Place
    scratch: Place
    names: Names
    patience: Patience
    window: Window = field(default_factory=Window)
    echo: Place | None = None
    largest_copy: int = LARGEST_COPY
    part: int = PART

    def prepare(self) -> tuple[int, list[LeftBehind]]:
        """Of earlier drills only what is older than their own lock: one that is under way isn't disturbed."""
        old = datetime.now(UTC) - LOCKED_FOR
        gone, left = 0, list[LeftBehind]()
        for place in [self.scratch, *([self.echo] if self.echo else [])]:
            of_drills = [each for each in entries(place, SCRATCH) if each.written < old and _of_a_drill(each.key)]
            went, stays = take_away(place, of_drills, self.names)
            gone, left = gone + went, left + stays
        return gone, left

    def restore(self, drawn: Sequence[Version]) -> Iterator[Attempt]:
        """Archived ones last: S3 gets them out meanwhile."""
        waiting: set[Version] = set()
        for version in drawn:
            with suppress(PhiError):  # it comes again with the copy
                if self._is_archived(version):
                    waiting.add(version)
        for version in sorted(drawn, key=waiting.__contains__):
            yield self._attempt(version, version in waiting)

    def clear(self) -> list[LeftBehind]:
        found = entries(self.scratch, f"{SCRATCH}{self.drill}/")
        _, left = take_away(self.scratch, found, self.names)
        return [*left, *self._echoed(found, left)]

    def _attempt(self, version: Version, archived: bool) -> Attempt:
        key = new_key(f"{SCRATCH}{self.drill}")
        try:
            if archived:
                self.patience.until(lambda: not self._is_archived(version), "the retrieval from the archive")
            began = time.monotonic()
            with self.origin.logged("drill-copy", version.key) as access:
                access.version = version.id
                self._copy(version, key)
        except PhiError as error:
            return Attempt(version, error=error)
        return Attempt(version, key, time.monotonic() - began)

    def _is_archived(self, version: Version) -> bool:
        places = [self.origin, *([self.reference] if self.reference != self.origin else [])]
        archived = [
            place.is_archived(version.key, version.id) for place in places
        ]  # each is asked, not the first alone
        return any(archived)

    def _copy(self, version: Version, key: str) -> None:
        """Locked for as short as can be, where the bucket locks and lets that be said; else as it locks by default."""
        locked = {"ObjectLockMode": "GOVERNANCE", "ObjectLockRetainUntilDate": datetime.now(UTC) + LOCKED_FOR}
        try:
            self._send(version, key, locked)
        except (AccessDeniedError, RequestRejectedError):
            self._send(version, key, {})

    def _send(self, version: Version, key: str, lock: dict[str, Any]) -> None:
        """Metadata and tags, which S3 doesn't encrypt, aren't copied: what is tested is the content."""
        with translate_aws_errors("s3:PutObject of s3:GetObjectVersion"):
            try:
                self.scratch.s3.copy(
                    {"Bucket": self.origin.bucket, "Key": version.key, "VersionId": version.id},
                    self.scratch.bucket,
                    key,
                    ExtraArgs={
                        "ServerSideEncryption": "aws:kms",
                        "SSEKMSKeyId": self.scratch.key_arn,
                        "ChecksumAlgorithm": "SHA256",
                        "MetadataDirective": "REPLACE",
                        "TaggingDirective": "REPLACE",
                        **lock,
                    },
                    SourceClient=self.origin.s3,
                    Config=TransferConfig(multipart_threshold=self.largest_copy, multipart_chunksize=self.part),
                )
            except S3CopyFailedError:  # its text holds the key
                raise IntegrityError("the version changed while it was copied") from None

    def _echoed(self, found: Sequence[Any], left: Sequence[LeftBehind]) -> list[LeftBehind]:
        """Replication copies what was put into scratch, and deletes no version."""
        if not (self.echo and found):
            return []
        return [
            LeftBehind(
                bucket=self.echo.bucket,
                object="all that this drill restored",
                version="",
                until=max((each.until for each in left if each.until), default=None),
                hidden=False,
                why="it is replicated as all else; the next drill takes it away once its lock has ended",
            )
        ]


def _of_a_drill(key: str) -> bool:
    """Whether a drill made it, rather than anybody who uses the same prefix."""
    return all(map(is_opaque, key.removeprefix(SCRATCH).split("/")))
