"""Each fix does what AWS does, and moto without it still doesn't: a newer moto that needs it no more fails here."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sandbox import moto_fixes

ARN = "arn:aws:s3:::phi-logs"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ARN},
        {
            "Effect": "Allow",
            "Principal": {"Service": "logging.s3.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{ARN}/*",
        },
    ],
}
LOGGING = {
    "TargetBucket": "phi-logs",
    "TargetPrefix": "x/",
    "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
}


def rotation_period() -> int:
    kms = boto3.client("kms", "us-east-1")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    return kms.get_key_rotation_status(KeyId=key).get("RotationPeriodInDays", 0)


def logging_set_up(policy: dict[str, Any]) -> dict[str, Any]:
    s3 = boto3.client("s3", "us-east-1")
    for bucket in ("phi-logs", "phi-data"):
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(Bucket="phi-logs", Policy=json.dumps(policy))
    s3.put_bucket_logging(Bucket="phi-data", BucketLoggingStatus={"LoggingEnabled": LOGGING})
    return s3.get_bucket_logging(Bucket="phi-data")["LoggingEnabled"]


def logging_past_a_statement_about_everyone() -> bool:
    try:
        return bool(logging_set_up(POLICY))
    except AttributeError:
        return False


def logging_key_format() -> bool:
    return "TargetObjectKeyFormat" in logging_set_up({"Version": "2012-10-17", "Statement": POLICY["Statement"][1:]})


@pytest.fixture
def fixed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Applies the fixes, for one test."""

    def apply() -> None:
        for owner, name, method in moto_fixes.FIXES:
            monkeypatch.setattr(owner, name, method)

    return apply


@pytest.mark.parametrize(
    ("ask", "as_moto_has_it", "as_aws_has_it"),
    [
        (rotation_period, 0, 100),
        (logging_past_a_statement_about_everyone, False, True),
        (logging_key_format, False, True),
    ],
)
def test_a_fix_is_needed_and_works(fixed, monkeypatch, ask, as_moto_has_it, as_aws_has_it):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        assert ask() == as_moto_has_it
    fixed()
    with mock_aws():
        assert ask() == as_aws_has_it


def test_a_target_without_a_policy_is_refused_still(fixed, monkeypatch):
    fixed()
    with mock_aws():
        s3 = boto3.client("s3", "us-east-1")
        for bucket in ("phi-logs", "phi-data"):
            s3.create_bucket(Bucket=bucket)
        with pytest.raises(s3.exceptions.ClientError, match="InvalidTargetBucket"):
            s3.put_bucket_logging(Bucket="phi-data", BucketLoggingStatus={"LoggingEnabled": LOGGING})
