"""AWS and botocore errors become PhiErrors whose messages repeat nothing of the request."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    FlexibleChecksumError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
    ResponseStreamingError,
    TokenRetrievalError,
)
from urllib3.exceptions import IncompleteRead, ProtocolError

from phi_buckets import errors
from phi_buckets.aws_errors import translate_aws_errors
from phi_buckets.errors import BatchError, PhiError

SECRET = "jane-doe-mrn-12345"
URL = f"https://bucket.example/{SECRET}?X-Amz-Signature=abc"


def client_error(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": f"no {SECRET}", "Key": SECRET},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ"},
    }
    return ClientError(response, "GetObject")


@pytest.mark.parametrize(
    ("code", "status", "error_type"),
    [
        ("AccessDenied", 403, errors.AccessDeniedError),
        ("403", 403, errors.AccessDeniedError),
        ("AllAccessDisabled", 403, errors.AccessDeniedError),
        ("ExpiredToken", 400, errors.AccessDeniedError),
        ("InvalidToken", 400, errors.AccessDeniedError),
        ("SignatureDoesNotMatch", 403, errors.AccessDeniedError),
        ("NoSuchKey", 404, errors.NotFoundError),
        ("NoSuchVersion", 404, errors.NotFoundError),
        ("404", 404, errors.NotFoundError),
        ("MethodNotAllowed", 405, errors.NotFoundError),
        ("KMS.DisabledException", 400, errors.WrongKeyError),
        ("KMS.KMSInvalidStateException", 400, errors.WrongKeyError),
        ("BadDigest", 400, errors.IntegrityError),
        ("XAmzContentChecksumMismatch", 400, errors.IntegrityError),
        ("SlowDown", 503, errors.ThrottledError),
        ("503", 503, errors.ThrottledError),
        ("ThrottlingException", 400, errors.ThrottledError),
        ("SomethingNew", 429, errors.ThrottledError),
        ("InternalError", 500, errors.UnavailableError),
        ("ServiceUnavailable", 503, errors.UnavailableError),
        ("InvalidObjectState", 403, errors.RequestRejectedError),
        ("PreconditionFailed", 412, errors.RequestRejectedError),
        ("412", 412, errors.RequestRejectedError),
        ("EntityTooLarge", 400, errors.RequestRejectedError),
        ("", 400, errors.RequestRejectedError),
    ],
)
def test_error_response_is_translated_by_code_and_status(code: str, status: int, error_type: type[PhiError]) -> None:
    raised = assert_translated(client_error(code, status), error_type)
    assert raised.request_id == "REQ"


@pytest.mark.parametrize(
    ("raised", "error_type"),
    [
        (NoCredentialsError(), errors.AccessDeniedError),
        (PartialCredentialsError(provider="env", cred_var=SECRET), errors.AccessDeniedError),
        (TokenRetrievalError(provider="sso", error_msg=SECRET), errors.AccessDeniedError),
        (EndpointConnectionError(endpoint_url=URL), errors.UnavailableError),
        (ConnectTimeoutError(endpoint_url=URL), errors.UnavailableError),
        (ReadTimeoutError(endpoint_url=URL), errors.UnavailableError),
        (ResponseStreamingError(error=URL), errors.UnavailableError),
        (IncompleteReadError(actual_bytes=1, expected_bytes=2), errors.UnavailableError),
        (ProtocolError(URL), errors.UnavailableError),
        (IncompleteRead(1, 2), errors.UnavailableError),
        (FlexibleChecksumError(error_msg=SECRET), errors.IntegrityError),
        (ParamValidationError(report=SECRET), errors.RequestRejectedError),
    ],
)
def test_botocore_exception_is_translated(raised: Exception, error_type: type[PhiError]) -> None:
    assert_translated(raised, error_type)


def test_other_exceptions_pass_through() -> None:
    with pytest.raises(ZeroDivisionError), translate_aws_errors("s3:GetObject"):
        raise ZeroDivisionError


def test_every_error_class_has_its_own_exit_code() -> None:
    error_types = [
        error_type
        for error_type in vars(errors).values()
        if isinstance(error_type, type) and issubclass(error_type, PhiError)
    ]
    codes = [
        error_type.exit_code
        for error_type in error_types
        if error_type not in (errors.IdentifyingValueError, BatchError)
    ]
    assert len(set(codes)) == len(codes) > 8
    assert all(0 < code < 64 for code in codes)


def test_batch_error_counts_failures_by_class() -> None:
    failures: dict[int, PhiError] = {
        3: errors.NotFoundError("s3:GetObject: not found"),
        5: errors.NotFoundError("s3:GetObject: not found"),
        8: errors.ThrottledError("throttled"),
    }
    error = BatchError(failures, 10)
    assert str(error) == "3 of 10 failed: 2 NotFoundError, 1 ThrottledError"
    assert (error.failures, error.exit_code) == (failures, errors.NotFoundError.exit_code)


def assert_translated(raised: Exception, error_type: type[PhiError]) -> PhiError:
    """Return the translated error, which must have exactly this type and show only the action."""
    with pytest.raises(PhiError) as caught, translate_aws_errors("s3:GetObject"):
        raise raised
    error: Any = caught.value
    assert type(error) is error_type
    assert str(error).startswith("s3:GetObject: ")
    assert SECRET not in "".join(traceback.format_exception(error))
    return caught.value
