"""Exceptions raised by `phi`, one class per way to respond. AWS and botocore errors are translated to them here.

No message contains an object key, a file name, a URL or content: each of them can identify a patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's)
    CredentialRetrievalError,
    FlexibleChecksumError,
    HTTPClientError,
    IncompleteReadError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from urllib3.exceptions import HTTPError


class PhiError(Exception):
    """Base class of all exceptions that `phi` raises. The message says what happened and what to do."""

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


class NotFoundError(PhiError):
    """The object, version, bucket or key doesn't exist."""

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
    """Some objects of a batch failed. All of them were attempted.

    Attributes:
        failures: The exception for each object that failed, by the object's index in the batch, from 0.
    """

    def __init__(self, failures: Mapping[int, PhiError], total: int) -> None:
        counts = Counter(type(error).__name__ for error in failures.values())
        summary = ", ".join(f"{count} {name}" for name, count in counts.items())
        super().__init__(f"{len(failures)} of {total} failed: {summary}")
        self.failures = dict(failures)
        self.exit_code = next(iter(failures.values())).exit_code


ACCESS_DENIED_CODES = frozenset(
    {"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation", "AuthorizationError"}
)
CREDENTIAL_CODES = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "SignatureDoesNotMatch",
    }
)
# 405: the version is a delete marker. https://docs.aws.amazon.com/AmazonS3/latest/userguide/DeleteMarker.html
NOT_FOUND_CODES = frozenset(
    {"404", "405", "MethodNotAllowed", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion", "NotFound"}
)
THROTTLING_CODES = frozenset(
    {
        "503",
        "BandwidthLimitExceeded",
        "KMS.ThrottlingException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
UNUSABLE_KEY_CODES = frozenset({"KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"})
CHECKSUM_CODES = frozenset({"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch"})
CREDENTIAL_ERRORS = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)


@contextmanager
def translate_aws_errors(action: str) -> Iterator[None]:
    """Turn botocore's exceptions into a PhiError. `action` is the IAM action attempted, such as `s3:PutObject`."""
    try:
        yield
    except ClientError as error:
        raise from_client_error(action, error) from None
    except CREDENTIAL_ERRORS:
        raise AccessDeniedError(
            f"{action}: no usable AWS credentials; check them with: aws sts get-caller-identity"
        ) from None
    except FlexibleChecksumError:
        raise IntegrityError(f"{action}: checksum mismatch reported by botocore; try again") from None
    except (ConnectionError, HTTPClientError, HTTPError, IncompleteReadError):  # the last two while reading a body
        raise UnavailableError(
            f"{action}: AWS can't be reached; check the network and the region, then try again"
        ) from None
    except BotoCoreError as error:
        raise RequestRejectedError(f"{action}: the request can't be made ({type(error).__name__})") from None


def from_client_error(action: str, error: ClientError) -> PhiError:
    """Return the PhiError for an error response. AWS's own message is left out: it may repeat the request's values."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    metadata = error.response.get("ResponseMetadata", {})
    translated = _error_for_code(action, code, int(metadata.get("HTTPStatusCode", 0)))
    translated.request_id = metadata.get("RequestId")
    return translated


def _error_for_code(action: str, code: str, status: int) -> PhiError:
    if code in CREDENTIAL_CODES:
        return AccessDeniedError(
            f"{action}: AWS rejected the credentials ({code}); get new ones and check them with: "
            "aws sts get-caller-identity"
        )
    if code == "InvalidObjectState":
        return RequestRejectedError(f"{action}: the object is archived; restore it with s3:RestoreObject first")
    if code == "PreconditionFailed" or status == 412:
        return RequestRejectedError(f"{action}: the object was replaced while it was read; start again")
    if code in ACCESS_DENIED_CODES or status == 403:
        return AccessDeniedError(f"{action}: AWS denied access ({code}): no policy allows it, or a policy denies it")
    if code in NOT_FOUND_CODES or status == 404:
        return NotFoundError(f"{action}: not found ({code})")
    if code in UNUSABLE_KEY_CODES:
        return WrongKeyError(
            f"{action}: the KMS key can't be used ({code}); check whether it is disabled or pending deletion"
        )
    if code in CHECKSUM_CODES:
        return IntegrityError(
            f"{action}: the data that arrived doesn't match its checksum ({code}); nothing was stored, send it again"
        )
    if code in THROTTLING_CODES or status == 429:
        return ThrottledError(f"{action}: AWS throttled the request ({code}); try again later or with less concurrency")
    if status >= 500:
        return UnavailableError(f"{action}: AWS failed to handle the request ({code or status}); try again later")
    return RequestRejectedError(f"{action}: AWS rejected the request ({code or status})")
