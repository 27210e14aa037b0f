"""What can go wrong, as few kinds as there are things to do about it. AWS's own errors end here.

No message holds a key, a file's name, a URL or any content: what isn't PHI by itself tells whose it is.
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
    """The root of all that `phi` raises. Its message says what happened and what to do.

    exit_code: what a command ends with. request_id: AWS's, of the request that it refused or failed at.
    """

    exit_code = 1
    request_id: str | None = None


class ConfigurationError(PhiError):
    """A setting, a file or an argument can't be used. Nothing was sent."""

    exit_code = 2


class IdentifyingValueError(ConfigurationError):
    """A value that may tell whose record it is was to go where S3 doesn't encrypt it. The value isn't told."""


class AccessDeniedError(PhiError):
    """AWS refuses the caller."""

    exit_code = 3


class NotFoundError(PhiError):
    """There is no such object, version, bucket or key."""

    exit_code = 4


class WrongKeyError(PhiError):
    """The object isn't encrypted with the key that it must be."""

    exit_code = 5


class IntegrityError(PhiError):
    """What arrived isn't what was sent, by its SHA-256."""

    exit_code = 6


class ThrottledError(PhiError):
    """AWS asks to go slower, and still did after every retry."""

    exit_code = 7


class UnavailableError(PhiError):
    """AWS can't be reached, or fails, after every retry."""

    exit_code = 8


class RequestRejectedError(PhiError):
    """AWS doesn't take the request as it stands."""

    exit_code = 9


class BatchError(PhiError):
    """Of many objects some failed; all were tried. failed: why, by their place among what was given, from 0."""

    def __init__(self, failed: Mapping[int, PhiError], tried: int) -> None:
        kinds = Counter(type(error).__name__ for error in failed.values())
        super().__init__(f"{len(failed)} of {tried} failed: {', '.join(f'{n} {kind}' for kind, n in kinds.items())}")
        self.failed = dict(failed)
        self.exit_code = next(iter(failed.values())).exit_code


ACCESS_DENIED_CODES = frozenset({"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation", "AuthorizationError"})
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
    """Turns what botocore raises within it into ours. action: what was done, such as `s3:PutObject`."""
    try:
        yield
    except ClientError as error:
        raise from_client_error(action, error) from None
    except CREDENTIAL_ERRORS:
        raise AccessDeniedError(
            f"{action}: there are no usable AWS credentials; see: aws sts get-caller-identity"
        ) from None
    except FlexibleChecksumError:
        raise IntegrityError(f"{action}: what arrived isn't what was sent, by botocore's own check") from None
    except (ConnectionError, HTTPClientError, HTTPError, IncompleteReadError):  # the last two as a body is read
        raise UnavailableError(f"{action}: AWS can't be reached; try again, see network and region") from None
    except BotoCoreError as error:
        raise RequestRejectedError(f"{action}: the request can't be made ({type(error).__name__})") from None


def from_client_error(action: str, error: ClientError) -> PhiError:
    """AWS's answer as one of ours. Its own message is left out: it may repeat what was asked."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    about = error.response.get("ResponseMetadata", {})
    mapped = _error_for_code(action, code, int(about.get("HTTPStatusCode", 0)))
    mapped.request_id = about.get("RequestId")
    return mapped


def _error_for_code(action: str, code: str, status: int) -> PhiError:
    if code in CREDENTIAL_CODES:
        return AccessDeniedError(f"{action}: AWS doesn't take these credentials ({code}); get new ones")
    if code == "InvalidObjectState":
        return RequestRejectedError(f"{action}: it is archived; have it brought back first, with s3:RestoreObject")
    if code == "PreconditionFailed" or status == 412:
        return RequestRejectedError(f"{action}: the object was replaced while it was read; begin again")
    if code in ACCESS_DENIED_CODES or status == 403:
        return AccessDeniedError(f"{action}: AWS refuses it ({code}); no policy allows it, or one denies it")
    if code in NOT_FOUND_CODES or status == 404:
        return NotFoundError(f"{action}: there is none ({code})")
    if code in UNUSABLE_KEY_CODES:
        return WrongKeyError(f"{action}: the key can't be used ({code}); see whether it is disabled or to be deleted")
    if code in CHECKSUM_CODES:
        return IntegrityError(f"{action}: what arrived isn't what was sent ({code}); nothing was kept, send it again")
    if code in THROTTLING_CODES or status == 429:
        return ThrottledError(f"{action}: AWS asks to go slower ({code}); try again later, or with fewer at once")
    if status >= 500:
        return UnavailableError(f"{action}: AWS fails ({code or status}); try again later")
    return RequestRejectedError(f"{action}: AWS doesn't take it ({code or status})")
