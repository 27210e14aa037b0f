from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws


def session_after_update() -> tuple[str, str]:
    macie = boto3.client("macie2", "us-east-1")
    macie.enable_macie(findingPublishingFrequency="ONE_HOUR", status="PAUSED")
    macie.update_macie_session(findingPublishingFrequency="SIX_HOURS")
    session = macie.get_macie_session()
    return session["findingPublishingFrequency"], session["status"]


def test_update_changes_only_the_named_settings(in_both):
    assert in_both(session_after_update) == (NotImplementedError, ("SIX_HOURS", "PAUSED"))


def test_update_fails_if_macie_is_not_enabled(fix):
    fix()
    with mock_aws():
        macie = boto3.client("macie2", "us-east-1")
        macie.disable_macie()
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            macie.update_macie_session(status="PAUSED")
