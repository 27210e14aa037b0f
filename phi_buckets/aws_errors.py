"""Translation of the errors of AWS and botocore to the exceptions of `phi_buckets`.

No message contains an object key, a file name, a URL or content, because each of them can identify a patient.
"""

from __future__ import annotations

from collections.abc import Iterator
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

from phi_buckets.errors import (
    AccessDeniedError,
    IntegrityError,
    NotFoundError,
    PhiError,
    RequestRejectedError,
    ThrottledError,
    UnavailableError,
    WrongKeyError,
)

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
    """Raise a PhiError in place of an exception that botocore or urllib3 raises in the block.

    Other exceptions pass through. `action` is the IAM action attempted, such as `s3:PutObject`, for the message.
    """
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
        raise RequestRejectedError(
            f"{action}: botocore can't make the request ({type(error).__name__}); check the arguments and the AWS "
            "configuration"
        ) from None


def from_client_error(action: str, error: ClientError) -> PhiError:
    """Return the PhiError for an error response. It leaves out AWS's message, which may repeat the request's values."""
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
        return RequestRejectedError(f"{action}: the object was replaced while it was read; try again")
    if code in ACCESS_DENIED_CODES or status == 403:
        return AccessDeniedError(
            f"{action}: AWS denied access ({code}); check that the caller's policies allow the action, and that no "
            "policy denies it"
        )
    if code in NOT_FOUND_CODES or status == 404:
        return NotFoundError(f"{action}: not found ({code}); check the names and IDs")
    if code in UNUSABLE_KEY_CODES:
        return WrongKeyError(
            f"{action}: the KMS key can't be used ({code}); check whether it is disabled or pending deletion"
        )
    if code in CHECKSUM_CODES:
        return IntegrityError(
            f"{action}: the data that arrived doesn't match its checksum ({code}); nothing was stored, so try again"
        )
    if code in THROTTLING_CODES or status == 429:
        return ThrottledError(f"{action}: AWS throttled the request ({code}); try again later or with less concurrency")
    if status >= 500:
        return UnavailableError(f"{action}: AWS failed to handle the request ({code or status}); try again later")
    return RequestRejectedError(
        f"{action}: AWS rejected the request ({code or status}); look up this code in the action's API reference"
    )
