from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws


def session() -> tuple[str, str]:
    macie = boto3.client("macie2", "us-east-1")
    macie.enable_macie(findingPublishingFrequency="ONE_HOUR", status="PAUSED")
    macie.update_macie_session(findingPublishingFrequency="SIX_HOURS")
    told = macie.get_macie_session()
    return told["findingPublishingFrequency"], told["status"]


def test_an_account_is_changed_in_what_is_named(both):
    assert both(session) == (NotImplementedError, ("SIX_HOURS", "PAUSED"))


def test_an_account_without_macie_is_not_changed(fix):
    fix()
    with mock_aws():
        macie = boto3.client("macie2", "us-east-1")
        macie.disable_macie()
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            macie.update_macie_session(status="PAUSED")
