"""Exceptions raised by `phi_buckets`, with one class for each way in which a caller can respond.

No message contains an object key, a file name, a URL or content, because each of them can identify a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class PhiError(Exception):
    """Base class of all exceptions that `phi_buckets` raises. The message says what happened and what to do."""

    exit_code = 1
    """The exit code of a command that fails with this exception."""
    request_id: str | None = None
    """The ID that AWS gave to the request that failed."""


class ConfigurationError(PhiError):
    """A setting, a file or an argument is invalid. Nothing was sent."""

    exit_code = 2


class IdentifyingValueError(ConfigurationError):
    """A value that may identify a patient was about to be stored where S3 doesn't encrypt it.

    The message doesn't contain the value.
    """


class AccessDeniedError(PhiError):
    """AWS denied access or rejected the credentials."""

    exit_code = 3


class NotScannedError(AccessDeniedError):
    """AWS denied the read, because the object isn't scanned for malware yet. Try again in a minute."""

    exit_code = 10


class UnsafeObjectError(AccessDeniedError):
    """AWS denied the read, because the malware scan found a threat or couldn't be made. Don't try again."""

    exit_code = 11


class NotFoundError(PhiError):
    """The object, version, bucket or multipart upload doesn't exist."""

    exit_code = 4


class WrongKeyError(PhiError):
    """The object isn't encrypted with the required KMS key, or that key can't be used."""

    exit_code = 5


class IntegrityError(PhiError):
    """The SHA-256 of what arrived doesn't match what was sent."""

    exit_code = 6


class ThrottledError(PhiError):
    """AWS throttled the request, and every retry of it."""

    exit_code = 7


class UnavailableError(PhiError):
    """AWS can't be reached or fails, even after all retries."""

    exit_code = 8


class RequestRejectedError(PhiError):
    """AWS rejected the request as invalid."""

    exit_code = 9


class BatchError(PhiError):
    """Some objects of a batch failed. All of them were attempted. The exit code is that of the first failure.

    Attributes:
        failures: The exception for each object that failed, by the object's index in the batch, from 0.
    """

    def __init__(self, failures: Mapping[int, PhiError], total: int) -> None:
        counts = Counter(type(error).__name__ for error in failures.values())
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        super().__init__(f"{len(failures)} of {total} failed: {summary}")
        self.failures = dict(failures)
        self.exit_code = next(iter(failures.values())).exit_code
