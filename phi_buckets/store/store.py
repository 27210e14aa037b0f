"""PhiStore: the application's client for the stack's bucket. It logs every access and verifies every response."""

from __future__ import annotations

import builtins
import copy
import io
import logging
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal

import boto3

from phi_buckets.access_log import Access, PrincipalCache, log_access, loggable_key
from phi_buckets.errors import (
    AccessDeniedError,
    ConfigurationError,
    IdentifyingValueError,
    NotFoundError,
    PhiError,
    RequestRejectedError,
)
from phi_buckets.metadata import DEFAULT_VOCABULARY, Vocabulary, validate_metadata
from phi_buckets.object_keys import DEFAULT_PREFIXES, check_key, new_key, normalize_prefix
from phi_buckets.stack.outputs import Outputs
from phi_buckets.store import download, listing, upload
from phi_buckets.store.batch import run_batch
from phi_buckets.store.bucket import Bucket, Response, create_client, request_id, version_id
from phi_buckets.store.download_stream import CHUNK_BYTES, VerifiedStream, open_object
from phi_buckets.store.objects import ListedObject, ObjectVersion, Progress, StoredObject
from phi_buckets.store.restore import restore_version
from phi_buckets.store.upload_source import Source
from phi_buckets.user_references import check_user_reference

LOGGER = logging.getLogger("phi_buckets.store")
KMS_KEY_ARN = re.compile(r"arn:[a-z0-9-]+:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:key/[A-Za-z0-9-]+")
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html
MAX_SIGV4_LIFETIME = timedelta(days=7)
SHA256 = re.compile(r"[A-Za-z0-9+/]{43}=")
BATCH_PART_CONCURRENCY = 2  # how many parts of each object in a batch to transfer at a time


def _ignore_progress(_count: int) -> None:
    """Do nothing, for a caller that doesn't pass a progress callback."""


class PhiStore:
    """A client for one bucket. It is thread-safe.

    Every method raises IdentifyingValueError for an object key that phi_buckets.object_keys didn't make, WrongKeyError
    for an object that another KMS key encrypts, and the other exceptions in phi_buckets.errors for errors of AWS.
    """

    def __init__(
        self,
        bucket: str,
        key_arn: str,
        *,
        session: boto3.Session | None = None,
        region: str | None = None,
        owner: str | None = None,
        malware_protection: bool = False,
        max_url_lifetime: timedelta = timedelta(hours=1),
        max_concurrency: int = 8,
        part_size: int = 8 << 20,
        vocabulary: Vocabulary = DEFAULT_VOCABULARY,
        prefixes: Collection[str] = DEFAULT_PREFIXES,
        user_reference: str | None = None,
    ) -> None:
        """Create a client.

        Args:
            bucket: The bucket's name.
            key_arn: The ARN of the KMS key that all objects must be encrypted with.
            session: The boto3 session; a new one by default.
            region: The bucket's region; the key's by default.
            owner: The ID of the account that must own the bucket; not checked by default.
            malware_protection: Whether the bucket policy denies the read of an object until a scan has found no
                malware. The client then says why a read was denied.
            max_url_lifetime: The longest time that a presigned URL may be valid.
            max_concurrency: How many parts of one object, or objects of a batch, to transfer at a time.
            part_size: In bytes. Shorter objects are uploaded in one request. An upload holds at most
                `max_concurrency` + 1 parts in memory. An object that would have more than 10,000 parts is uploaded in
                larger parts, and in fewer at a time.
            vocabulary: The metadata fields that the application uses.
            prefixes: The key prefixes that the application uses.
            user_reference: The opaque reference of the person who uses this client, for the access log; see
                `on_behalf_of`.

        Raises:
            ConfigurationError: A setting is invalid. The message lists every problem.
            IdentifyingValueError: The user reference may identify the person.
        """
        kms_key = KMS_KEY_ARN.fullmatch(key_arn)
        errors: list[str] = []
        if not bucket:
            errors.append("bucket: must not be empty")
        if kms_key is None:
            errors.append("key_arn: must be the full ARN of a KMS key, not a key ID or an alias")
        if not timedelta(0) < max_url_lifetime <= MAX_SIGV4_LIFETIME:
            errors.append(f"max_url_lifetime: must be more than 0 and at most {MAX_SIGV4_LIFETIME.days} days")
        if max_concurrency < 1:
            errors.append("max_concurrency: must be at least 1")
        if not upload.MIN_PART_BYTES <= part_size <= upload.MAX_PART_BYTES:
            errors.append(f"part_size: must be from {upload.MIN_PART_BYTES} to {upload.MAX_PART_BYTES} bytes")
        if errors:
            raise ConfigurationError(f"the store's settings are invalid: {'; '.join(errors)}")
        session = session or boto3.Session()
        region = region or (kms_key["region"] if kms_key else None) or ""  # the bucket is in its key's region
        client = create_client(session, region, max_concurrency)
        self._bucket = Bucket(client, bucket, key_arn, owner, malware_protection)
        self._principal = PrincipalCache(session, region)
        self._max_url_lifetime, self._max_concurrency, self._part_size = max_url_lifetime, max_concurrency, part_size
        self._vocabulary, self._prefixes = vocabulary, prefixes
        self._user_reference = None if user_reference is None else check_user_reference(user_reference)

    @classmethod
    def from_outputs(
        cls, outputs: Outputs, bucket: str | None = None, *, session: boto3.Session | None = None, **settings: Any
    ) -> PhiStore:
        """Create a client for a PHI bucket of a stack.

        Args:
            outputs: The stack's outputs, from `phi_buckets.stack.outputs.read_outputs`.
            bucket: The bucket's name in `phi:buckets`; may be None if the stack has only one.
            session: The boto3 session; a new one by default.
            settings: Further arguments of PhiStore.

        Raises:
            ConfigurationError: No bucket has that name, or it is None and the stack has several.
        """
        name = outputs.phi_bucket(bucket).phi_bucket_name
        defaults = {
            "region": outputs.region,
            "owner": outputs.account,
            "malware_protection": outputs.malware_protection,
        }
        return cls(name, outputs.phi_key_arn, session=session, **{**defaults, **settings})

    def on_behalf_of(self, user_reference: str) -> PhiStore:
        """Return a client whose lines in the access log carry the reference of one person.

        It shares this client's connections and costs no request, so make one for each request that the application
        serves. This client doesn't change, and no state belongs to a thread or a task: a line can only carry the
        reference of the client that was called, also in the threads of a batch and in a stream that is read later.

        Args:
            user_reference: An ID made by `phi_buckets.user_references.reference_for_user`, or a random UUID. It is
                written to the access log only, and never sent to AWS.

        Raises:
            IdentifyingValueError: The reference may identify the person. The message doesn't contain it.
        """
        store = copy.copy(self)
        store._user_reference = check_user_reference(user_reference)
        return store

    def upload(
        self,
        source: Source,
        key: str | None = None,
        *,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> StoredObject:
        """Upload an object. It appears only once it is complete.

        Args:
            source: The content.
            key: The object key; a random one by default. An existing object with this key becomes an earlier version.
            metadata: Fields of the vocabulary.
            progress: Called with the number of bytes sent since the last call.

        Raises:
            IntegrityError: S3 didn't confirm the checksum, or the source changed while it was read.
        """
        return self._upload(source, key, metadata, progress, self._max_concurrency)

    def upload_many(
        self,
        sources: Iterable[tuple[Source, str | None]],
        *,
        metadata: Mapping[str, str] | None = None,
        progress: Progress | None = None,
    ) -> Iterator[tuple[int, StoredObject]]:
        """Upload several objects concurrently.

        Args:
            sources: The content and the key of each object; a key of None means a random one.
            metadata: Fields of the vocabulary, for every object.
            progress: Called with the number of bytes sent since the last call, possibly from several threads at a time.

        Yields:
            The index of each source, from 0, and its stored object, in the order of the sources.

        Raises:
            BatchError: At the end, if any object failed. All were attempted.
        """
        tasks = (
            partial(self._upload, source, key, metadata, progress, BATCH_PART_CONCURRENCY) for source, key in sources
        )
        return run_batch(tasks, self._max_concurrency)

    def download(
        self, key: str, target: Path | IO[bytes], *, version: str | None = None, progress: Progress | None = None
    ) -> StoredObject:
        """Download an object and verify its content.

        Args:
            key: The object key.
            target: A file, which is replaced atomically once the content is verified; or an open file, which is written
                as the content arrives. If this method raises, discard what was written to an open file.
            version: The version; the latest one by default.
            progress: Called with the number of bytes received since the last call, possibly from other threads, but
                never concurrently.

        Raises:
            NotFoundError: The object or the version doesn't exist.
            NotScannedError: The object isn't scanned for malware yet.
            UnsafeObjectError: The malware scan found a threat or couldn't be made.
            IntegrityError: The content doesn't match its SHA-256, or the object has none.
            ConfigurationError: The target can't be written.
        """
        return self._download(key, target, version, progress, self._max_concurrency)

    def download_many(
        self, targets: Iterable[tuple[str, Path]], *, progress: Progress | None = None
    ) -> Iterator[tuple[int, StoredObject]]:
        """Download several objects concurrently.

        Args:
            targets: The object key and the target file of each object.
            progress: As in `download`.

        Yields:
            The index of each target, from 0, and its object, in the order of the targets.

        Raises:
            BatchError: At the end, if any object failed. All were attempted.
        """
        tasks = (
            partial(self._download, key, target, None, progress, BATCH_PART_CONCURRENCY) for key, target in targets
        )
        return run_batch(tasks, self._max_concurrency)

    @contextmanager
    def open(self, key: str, *, version: str | None = None) -> Iterator[IO[bytes]]:
        """Open an object's content as a stream. The content is verified only when the stream is read to its end.

        Reading the last bytes raises IntegrityError if the content doesn't match its checksum. If the stream is closed
        earlier, the access log records the outcome `unverified`.
        """
        with self._log_access("open", key) as access:
            self._check_key(key)
            source = open_object(self._bucket, key, version)
            access.version, access.request_id = source.stored.version, source.request_id
            with VerifiedStream(source) as stream, io.BufferedReader(stream, CHUNK_BYTES) as reader:
                try:
                    yield reader
                finally:
                    access.bytes = stream.bytes_read
                if not stream.verified:
                    access.outcome = "unverified"

    def list(self, prefix: str = "") -> Iterator[ListedObject]:
        """Yield every object, or those under a prefix, in the order of their keys. Deleted objects are left out.

        Objects whose keys phi didn't make are left out, because such keys may identify patients. A warning counts them.
        """
        with self._log_access("list", prefix) as access:
            prefix = normalize_prefix(prefix, prefixes=self._prefixes)
            foreign = 0
            for page, listed in listing.object_pages(self._bucket, prefix):
                access.request_id = request_id(page)
                objects = [listed_object for listed_object in listed if self._is_made_by_phi(listed_object.key)]
                foreign += len(listed) - len(objects)
                yield from objects
        if foreign:
            LOGGER.warning(
                "objects left out, because phi didn't make their keys and S3 doesn't encrypt keys: %d", foreign
            )

    def versions(self, key: str) -> Sequence[ObjectVersion]:
        """Return all versions and delete markers of an object, the latest first.

        Raises:
            NotFoundError: The object has neither versions nor delete markers.
        """
        with self._log_access("versions", key) as access:
            self._check_key(key)
            versions: builtins.list[ObjectVersion] = []
            for page, page_versions in listing.version_pages(self._bucket, key):
                access.request_id = request_id(page)
                versions += page_versions
            if not versions:
                raise NotFoundError("s3:ListBucketVersions: the object was not found; check its key")
            return sorted(versions, key=lambda version: (version.latest, version.modified), reverse=True)

    def restore(self, key: str, version: str) -> StoredObject:
        """Make an earlier version the latest one again, with a verified copy. The versions in between are kept.

        Args:
            key: The object key.
            version: The version to restore.

        Raises:
            NotFoundError: The version doesn't exist.
            IntegrityError: The version has no SHA-256, or the copy has a different one.
        """
        with self._log_access("restore", key) as access:
            self._check_key(key)
            return _record_access(access, *restore_version(self._bucket, key, version, self._max_concurrency))

    def delete(self, key: str) -> str:
        """Mark an object as deleted and return the delete marker's version. All versions are kept.

        Raises:
            RequestRejectedError: The bucket has no versioning, and nothing was deleted; or S3 created no delete marker.
        """
        with self._log_access("delete", key) as access:
            self._check_key(key)
            if self._current_version(key) == "null":
                raise RequestRejectedError(
                    "s3:DeleteObject: nothing was deleted, because the bucket doesn't keep versions; enable versioning"
                )
            response = self._bucket.call("delete_object", Key=key)
            access.version, access.request_id = version_id(response), request_id(response)
            if not response.get("DeleteMarker"):
                raise RequestRejectedError(
                    "s3:DeleteObject: S3 created no delete marker; check whether the bucket's versioning is enabled"
                )
            return access.version

    def presigned_url(
        self,
        key: str,
        *,
        expires: timedelta = timedelta(minutes=15),
        method: Literal["get", "put"] = "get",
        sha256: str | None = None,
    ) -> str:
        """Return a URL with which anyone can get or put the object until it expires, with the caller's permissions.

        The URL expires earlier if temporary credentials signed it and they expire.

        Args:
            key: The object key.
            expires: How long the URL is valid, from one second to `max_url_lifetime`.
            method: Whether the URL is for a GET or a PUT request.
            sha256: The SHA-256 of the content to put, in base64. The PUT request must send it as the header
                `x-amz-checksum-sha256`, and S3 verifies it.

        Raises:
            ConfigurationError: `expires` is out of range, or `sha256` is missing or malformed for a PUT request.
        """
        with self._log_access(f"presign-{method}", key):
            self._check_key(key)
            if not timedelta(seconds=1) <= expires <= self._max_url_lifetime:
                raise ConfigurationError(
                    f"expires: must be from 1 second to max_url_lifetime, which is {self._max_url_lifetime}"
                )
            # No cache between S3 and the client may store the response.
            parameters = {"ResponseCacheControl": "private, no-store"}
            if method == "put":
                if not (sha256 and SHA256.fullmatch(sha256)):
                    raise ConfigurationError("sha256: a URL for PUT requires the content's SHA-256 in base64")
                parameters = {"ChecksumSHA256": sha256}
            return self._bucket.presign(f"{method}_object", expires, Key=key, **parameters)

    def _upload(
        self,
        source: Source,
        key: str | None,
        metadata: Mapping[str, str] | None,
        progress: Progress | None,
        max_concurrency: int,
    ) -> StoredObject:
        key = new_key() if key is None else key
        with self._log_access("upload", key) as access:
            self._check_key(key)
            fields = validate_metadata(metadata or {}, self._vocabulary)
            sender = upload.Upload(
                self._bucket, key, fields, self._part_size, max_concurrency, progress or _ignore_progress
            )
            return _record_access(access, *sender.send(source))

    def _download(
        self, key: str, target: Path | IO[bytes], version: str | None, progress: Progress | None, max_concurrency: int
    ) -> StoredObject:
        with self._log_access("download", key) as access:
            self._check_key(key)
            source = open_object(self._bucket, key, version)
            access.version, access.request_id = source.stored.version, source.request_id
            with closing(source.body):
                if isinstance(target, Path):
                    download.to_path(source, target, max_concurrency, progress or _ignore_progress)
                else:
                    download.to_file(source, target, progress or _ignore_progress)
            access.bytes = source.stored.size
            return source.stored

    def _current_version(self, key: str) -> str:
        """Return the version ID of an object, also if the malware scan keeps it from being read.

        The tags are readable nevertheless, and their response names the version too:
        https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectTagging.html
        """
        try:
            return version_id(self._bucket.call("head_object", Key=key))
        except AccessDeniedError as denied:
            if not self._bucket.malware_protection:
                raise
            try:
                return version_id(self._bucket.call("get_object_tagging", Key=key))
            except PhiError:
                raise denied from None

    def _log_access(self, action: str, key: str) -> AbstractContextManager[Access]:
        return log_access(action, loggable_key(key, self._prefixes), self._principal.get, self._user_reference)

    def _check_key(self, key: str) -> None:
        check_key(key, prefixes=self._prefixes)

    def _is_made_by_phi(self, key: str) -> bool:
        try:
            self._check_key(key)
        except IdentifyingValueError:
            return False
        return True


def _record_access(access: Access, stored: StoredObject, response: Response) -> StoredObject:
    access.version, access.bytes, access.request_id = stored.version, stored.size, request_id(response)
    return stored
