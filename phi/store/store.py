"""PhiStore: all that an application does with the stack's bucket, each access logged and each answer verified."""

from __future__ import annotations

import builtins
import io
import logging
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

import boto3

from phi import access_log
from phi.access_log import Access, PrincipalCache
from phi.errors import (
    ConfigurationError,
    IdentifyingValueError,
    NotFoundError,
    RequestRejectedError,
)
from phi.metadata import VOCABULARY, Vocabulary, checked
from phi.object_keys import PREFIXES, check_key, check_prefix, new_key
from phi.stack.outputs import Outputs
from phi.store import batch, download, listing, restore, upload
from phi.store.bucket import Answer, Bucket, client_of, request_id, version_of
from phi.store.download_stream import CHUNK, Verified, opened
from phi.store.objects import ListedObject, ObjectVersion, StoredObject
from phi.store.upload_source import Source

LOGGER = logging.getLogger("phi.store")
KEY_ARN = re.compile(r"arn:[a-z0-9-]+:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+")
LONGEST_URL = timedelta(days=7)  # of SigV4
SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=")
OF_MANY = 2  # parts of an object at once, where it is one of many

Progress = Callable[[int], object]


def _unheard(_count: int) -> None:
    """Who doesn't ask for progress."""


class PhiStore:
    """A client of one bucket. It may be used by several threads at once.

    key_arn: of the KMS key that all objects must be encrypted with, in full. owner: the account that the bucket must
    belong to. url_limit: the longest that a presigned URL may live. at_once: requests for one object, or objects of
    many, at a time. part_size: in bytes; what is shorter goes as a whole. An upload holds at_once parts in memory and
    one, however long it is; above 10,000 parts they are larger and fewer at once. vocabulary, prefixes: those that the
    application has of phi.metadata and phi.object_keys.

    Raises ConfigurationError with every setting that can't be used. Each method raises IdentifyingValueError for a key
    that phi.object_keys didn't make, and AWS's errors as phi.errors has them.
    """

    def __init__(
        self,
        bucket: str,
        key_arn: str,
        *,
        session: boto3.Session | None = None,
        region: str | None = None,
        owner: str | None = None,
        url_limit: timedelta = timedelta(hours=1),
        at_once: int = 8,
        part_size: int = 8 << 20,
        vocabulary: Vocabulary = VOCABULARY,
        prefixes: Collection[str] = PREFIXES,
    ) -> None:
        key = KEY_ARN.fullmatch(key_arn)
        faults = {
            "bucket: name it": not bucket,
            "key_arn: it must be the ARN of a KMS key in full, not its id or alias": key is None,
            f"url_limit: above 0, and at most {LONGEST_URL.days} days": not timedelta(0) < url_limit <= LONGEST_URL,
            "at_once: 1 or more": at_once < 1,
            f"part_size: {upload.LEAST_PART} bytes or more, and at most {upload.MOST_PART}": not (
                upload.LEAST_PART <= part_size <= upload.MOST_PART
            ),
        }
        if any(faults.values()):
            raise ConfigurationError(f"the store can't be used: {'; '.join(f for f, there in faults.items() if there)}")
        session = session or boto3.Session()
        region = region or (key["region"] if key else None) or ""  # the key is where its bucket is
        self._bucket = Bucket(client_of(session, region, at_once), bucket, key_arn, owner)
        self._principal = PrincipalCache(session, region)
        self._url_limit, self._at_once, self._part_size = url_limit, at_once, part_size
        self._vocabulary, self._prefixes = vocabulary, prefixes

    @classmethod
    def from_outputs(cls, outputs: Outputs, *, session: boto3.Session | None = None, **settings: Any) -> PhiStore:
        """The bucket and the key of a stack, as `phi.stack.outputs.read` tells them. settings: those of PhiStore."""
        known = {"region": outputs.region, "owner": outputs.account}
        return cls(outputs.phi_bucket_name, outputs.phi_key_arn, session=session, **{**known, **settings})

    def upload(
        self,
        source: Source,
        key: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Stores it, under a random key unless one is given; an object that has the key becomes an earlier version.

        Nothing shows of it until all is there. progress: called with the bytes that were sent since.
        Raises IntegrityError where the source changes as it is read, too.
        """
        return self._send(source, key, metadata, progress, self._at_once)

    def upload_many(
        self,
        sources: Iterable[tuple[Source, str | None]],
        *,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, StoredObject]]:
        """Stores each under its key, or a random one, side by side: what is stored, with its place from 0.

        progress may be called in several threads. Raises SomeFailedError at the end, once all were tried.
        """
        return batch.tried(
            (partial(self._send, source, key, metadata, progress, OF_MANY) for source, key in sources), self._at_once
        )

    def download(
        self, key: str, target: Path | IO[bytes], *, version: str | None = None, progress: Progress | None = None
    ) -> StoredObject:
        """Fetches the latest version, or this one, and verifies it.

        A file is replaced at once and only by what is verified. An open file gets what comes as it comes: where this
        raises, what it got must not be used. progress: called with the bytes that came since, perhaps in other threads
        but by one at a time.
        """
        return self._fetch(key, target, version, progress, self._at_once)

    def download_many(
        self, targets: Iterable[tuple[str, Path]], *, progress: Progress | None = None
    ) -> Iterator[tuple[int, StoredObject]]:
        """Fetches the object of each key into its file, as `upload_many` stores them."""
        return batch.tried(
            (partial(self._fetch, key, target, None, progress, OF_MANY) for key, target in targets), self._at_once
        )

    @contextmanager
    def open(self, key: str, *, version: str | None = None) -> Iterator[IO[bytes]]:
        """The content as a stream. Only who reads it to its end knows that it is right.

        Reading the last bytes raises IntegrityError instead of giving them, unless all is what was sent. A stream that
        is closed before is logged as `unverified`.
        """
        with self._access("open", key) as access:
            self._check(key)
            found = opened(self._bucket, key, version)
            access.version, access.request_id = found.stored.version, found.request_id
            with Verified(found) as stream, io.BufferedReader(stream, CHUNK) as reader:
                try:
                    yield reader
                finally:
                    access.bytes = stream.count
                if not stream.verified:
                    access.outcome = "unverified"

    def list(self, prefix: str = "") -> Iterator[ListedObject]:
        """The latest of all objects, or of those under a prefix of phi.object_keys, in the order of their keys.

        One whose key phi didn't make is left out, and a warning tells how many there are: such keys may tell whose.
        """
        with self._access("list", prefix) as access:
            asked, foreign = check_prefix(prefix, prefixes=self._prefixes), 0
            for page, found in listing.objects(self._bucket, asked):
                access.request_id = request_id(page)
                ours = [each for each in found if self._ours(each.key)]
                foreign += len(found) - len(ours)
                yield from ours
        if foreign:
            LOGGER.warning("objects left out, as phi didn't make their keys, which S3 doesn't encrypt: %d", foreign)

    def versions(self, key: str) -> Sequence[ObjectVersion]:
        """All versions of an object and its delete markers, the latest first. Raises NotFoundError if there is none."""
        with self._access("versions", key) as access:
            self._check(key)
            found: builtins.list[ObjectVersion] = []
            for page, of_page in listing.versions(self._bucket, key):
                access.request_id = request_id(page)
                found += of_page
            if not found:
                raise NotFoundError("s3:ListBucketVersions: there is none")
            return sorted(found, key=lambda each: (each.latest, each.modified), reverse=True)

    def restore(self, key: str, version: str) -> StoredObject:
        """Makes an earlier version the latest again, by a verified copy of it; those in between stay."""
        with self._access("restore", key) as access:
            self._check(key)
            return _logged(access, *restore.restored(self._bucket, key, version, self._at_once))

    def delete(self, key: str) -> str:
        """Marks the object as deleted, and tells the marker's version: all that there was stays as earlier versions.

        Raises RefusedError, with nothing deleted, where the bucket doesn't keep them.
        """
        with self._access("delete", key) as access:
            self._check(key)
            if version_of(self._bucket.ask("head_object", Key=key)) == "null":
                raise RequestRejectedError("s3:DeleteObject: nothing was deleted, as the bucket keeps no versions: enable them")
            answer = self._bucket.ask("delete_object", Key=key)
            access.version, access.request_id = version_of(answer), request_id(answer)
            if not answer.get("DeleteMarker"):
                raise RequestRejectedError("s3:DeleteObject: S3 made no delete marker: see whether the bucket keeps versions")
            return access.version

    def presigned_url(
        self,
        key: str,
        *,
        expires: timedelta = timedelta(minutes=15),
        method: Literal["get", "put"] = "get",
        sha256: str | None = None,
    ) -> str:
        """A URL by which whoever has it gets or puts the object, as the caller may, until it expires.

        It dies with the credentials that sign it, if those are temporary. What is put must be what has this sha256 (in
        base64) and be sent with it as the header `x-amz-checksum-sha256`, which S3 verifies.
        Raises ConfigurationError above url_limit.
        """
        with self._access(f"presign-{method}", key):
            self._check(key)
            if not timedelta(seconds=1) <= expires <= self._url_limit:
                raise ConfigurationError(f"expires: a second or more, at most url_limit, which is {self._url_limit}")
            # Nothing between S3 and who asked keeps what it answers.
            more = {"ResponseCacheControl": "private, no-store"}
            if method == "put":
                if not (sha256 and SHA256.fullmatch(sha256)):
                    raise ConfigurationError("sha256: a URL to put by needs the content's, in base64")
                more = {"ChecksumSHA256": sha256}
            return self._bucket.url(f"{method}_object", expires, Key=key, **more)

    def _send(
        self,
        source: Source,
        key: str | None,
        metadata: Mapping[str, str] | None,
        progress: Progress | None,
        at_once: int,
    ) -> StoredObject:
        key = new_key() if key is None else key
        with self._access("upload", key) as access:
            self._check(key)
            told = checked(metadata or {}, self._vocabulary)
            sending = upload.Upload(self._bucket, key, told, self._part_size, at_once, progress or _unheard)
            return _logged(access, *sending.send(source))

    def _fetch(
        self, key: str, target: Path | IO[bytes], version: str | None, progress: Progress | None, at_once: int
    ) -> StoredObject:
        with self._access("download", key) as access:
            self._check(key)
            found = opened(self._bucket, key, version)
            access.version, access.request_id = found.stored.version, found.request_id
            with closing(found.body):
                if isinstance(target, Path):
                    download.to_path(found, target, at_once, progress or _unheard)
                else:
                    download.to_file(found, target, progress or _unheard)
            access.bytes = found.stored.size
            return found.stored

    def _access(self, action: str, key: str) -> AbstractContextManager[Access]:
        return access_log.log_access(action, access_log.loggable_key(key, self._prefixes), self._principal)

    def _check(self, key: str) -> None:
        check_key(key, prefixes=self._prefixes)

    def _ours(self, key: str) -> bool:
        try:
            self._check(key)
        except IdentifyingValueError:
            return False
        return True


def _logged(access: Access, stored: StoredObject, answer: Answer) -> StoredObject:
    access.version, access.bytes, access.request_id = stored.version, stored.size, request_id(answer)
    return stored
