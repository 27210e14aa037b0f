"""What can go wrong, as few kinds as there are things to do about it. AWS's own errors end here.

No message holds a key, a file's name, a URL or any content: what isn't PHI by itself tells whose it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004  (botocore's)
    HTTPClientError,
    NoCredentialsError,
)


class PhiError(Exception):
    """The root of all that `phi` raises. Its message says what happened and what to do.

    exit_code: what a command ends with.
    """

    exit_code = 1


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


class RefusedError(PhiError):
    """AWS doesn't take the request as it stands."""

    exit_code = 9


DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "UnauthorizedOperation", "AuthorizationError"})
CREDENTIALS = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "InvalidAccessKeyId", "SignatureDoesNotMatch"}
)
MISSING = frozenset({"404", "NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NoSuchUpload", "NotFound"})
THROTTLED = frozenset(
    {"SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "503"}
)
KEY_UNUSABLE = frozenset({"KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"})
INTEGRITY = frozenset({"BadDigest", "XAmzContentChecksumMismatch", "InvalidDigest"})


@contextmanager
def boundary(action: str) -> Iterator[None]:
    """Turns what botocore raises within it into ours. action: what was done, such as `s3:PutObject`."""
    try:
        yield
    except ClientError as error:
        raise of(action, error) from None
    except NoCredentialsError:
        raise AccessDeniedError(f"{action}: there are no AWS credentials; see: aws sts get-caller-identity") from None
    except (ConnectionError, HTTPClientError):
        raise UnavailableError(f"{action}: AWS can't be reached; try again, see network and region") from None
    except BotoCoreError as error:
        raise RefusedError(f"{action}: the request can't be made ({type(error).__name__})") from None


def of(action: str, error: ClientError) -> PhiError:
    """AWS's answer as one of ours. Its own message is left out: it may repeat what was asked."""
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in CREDENTIALS:
        return AccessDeniedError(f"{action}: AWS doesn't take these credentials ({code}); get new ones")
    if code in DENIED or status == 403:
        return AccessDeniedError(f"{action}: AWS refuses it ({code}); no policy allows it, or one denies it")
    if code in MISSING or status == 404:
        return NotFoundError(f"{action}: there is none ({code})")
    if code in KEY_UNUSABLE:
        return WrongKeyError(f"{action}: the key can't be used ({code}); see whether it is disabled or to be deleted")
    if code in INTEGRITY:
        return IntegrityError(f"{action}: what arrived isn't what was sent ({code}); nothing was kept, send it again")
    if code in THROTTLED or status == 429:
        return ThrottledError(f"{action}: AWS asks to go slower ({code}); try again later, or with fewer at once")
    if status >= 500:
        return UnavailableError(f"{action}: AWS fails ({code or status}); try again later")
    return RefusedError(f"{action}: AWS doesn't take it ({code or status})")
