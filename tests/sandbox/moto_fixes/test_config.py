from __future__ import annotations

import boto3


def records_everything() -> bool:
    config = boto3.client("config", "us-east-1")
    recorder = {
        "name": "all",
        "roleARN": "arn:aws:iam::123456789012:role/recorder",
        "recordingGroup": {
            "allSupported": True,
            "includeGlobalResourceTypes": True,
            "exclusionByResourceTypes": {},
            "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
        },
    }
    config.put_configuration_recorder(ConfigurationRecorder=recorder)
    return config.describe_configuration_recorders()["ConfigurationRecorders"][0]["recordingGroup"]["allSupported"]


def test_recorder_without_exclusions_is_accepted(in_both):
    assert in_both(records_everything) == ("InvalidRecordingGroupException", True)
