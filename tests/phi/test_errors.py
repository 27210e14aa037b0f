"""Each of AWS's errors becomes one that says what to do, and none repeats what was asked."""

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

from phi import errors
from phi.errors import PhiError, BatchError, translate_aws_errors

SECRET = "jane-doe-mrn-12345"
URL = f"https://bucket.example/{SECRET}?X-Amz-Signature=abc"


def answer(code: str, status: int) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": f"no {SECRET}", "Key": SECRET},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ"},
    }
    return ClientError(response, "GetObject")


@pytest.mark.parametrize(
    ("code", "status", "kind"),
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
def test_what_aws_answers(code: str, status: int, kind: type[PhiError]) -> None:
    raised = through(answer(code, status), kind)
    assert raised.request_id == "REQ"


@pytest.mark.parametrize(
    ("raised", "kind"),
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
def test_what_botocore_raises(raised: Exception, kind: type[PhiError]) -> None:
    through(raised, kind)


def test_what_is_neither_passes() -> None:
    with pytest.raises(ZeroDivisionError), translate_aws_errors("s3:GetObject"):
        raise ZeroDivisionError


def test_each_kind_has_an_exit_code_of_its_own() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, PhiError)]
    codes = [kind.exit_code for kind in kinds if kind not in (errors.IdentifyingValueError, BatchError)]
    assert len(set(codes)) == len(codes) > 8
    assert all(0 < code < 64 for code in codes)


def test_many_failures_are_one_that_counts_them() -> None:
    failed: dict[int, PhiError] = {
        3: errors.NotFoundError("s3:GetObject: there is none"),
        5: errors.NotFoundError("s3:GetObject: there is none"),
        8: errors.ThrottledError("slow"),
    }
    told = BatchError(failed, 10)
    assert str(told) == "3 of 10 failed: 2 NotFoundError, 1 ThrottledError"
    assert (told.failures, told.exit_code) == (failed, errors.NotFoundError.exit_code)


def through(raised: Exception, kind: type[PhiError]) -> PhiError:
    """What the boundary makes of it: of exactly this kind, which names the action and shows nothing else."""
    with pytest.raises(PhiError) as caught, translate_aws_errors("s3:GetObject"):
        raise raised
    told: Any = caught.value
    assert type(told) is kind
    assert str(told).startswith("s3:GetObject: ")
    assert SECRET not in "".join(traceback.format_exception(told))
    return caught.value
